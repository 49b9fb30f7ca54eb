"""What is asked of those who make a letter into the message a phone gets or draw one, and what they answer.

`mms.letter_fitting` and `mms.drawing` do it, in processes of their own: the hub itself loads no library that reads
media.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field

from gateway.core.errors import CaiyouError
from mms.handsets.handset import Handset


class MessageRefused(CaiyouError):
    """This MMS cannot be sent as it is."""


@dataclass(frozen=True, slots=True)
class FittingJob:
    """What is to be fitted."""

    letter: bytes = field(repr=False)
    handset: Handset
    max_octets: int
    sender: str  # as the phone shows it: a number, a mail address
    recipient: str
    date_ms: int
    #: Give the letter back, a card on it drawn for a large screen, in place of a message for the phone.
    as_letter: bool = False


@dataclass(frozen=True, slots=True)
class Fitted:
    """An MMS as its phone gets it."""

    pdu: bytes = field(repr=False)  # an m-retrieve.conf without transaction id; or the letter, where that was asked for
    receipt: str  # JSON: what was made of each part
    story: str  # the same in one line


class Picturing(enum.StrEnum):
    """What is to be drawn."""

    MESSAGE = "message"  # an encoded message, on a handset's screen
    CARD = "card"  # the picture of a card alone


@dataclass(frozen=True, slots=True)
class DrawingJob:
    """What is to be drawn for people to look at before, or after, it is sent."""

    what: Picturing
    #: An encoded m-retrieve.conf or m-send.req; of a card its source, or the letter that keeps it.
    data: bytes = field(repr=False)
    #: Of a message: whose screen.
    handset: Handset | None = None
    #: Of a card: pixels.
    width: int = 0
    language: str = "en"


@dataclass(frozen=True, slots=True)
class PlayingJob:
    """A sound that a browser is to play."""

    data: bytes = field(repr=False)
    media_type: str


@dataclass(frozen=True, slots=True)
class Screen:
    """One screen of a handset."""

    png: bytes = field(repr=False)
    duration_ms: int = 0
    #: What is to be said about it.
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Drawn:
    """The screens of a message in the order they are seen; of a card one."""

    screens: tuple[Screen, ...]
    #: All screens one after the other with what moves on them, as APNG; empty of a card.
    animated: bytes = field(default=b"", repr=False)
    #: What its sender should know before it goes out.
    warnings: tuple[str, ...] = ()
