"""What is asked of those who make a letter into the message a phone gets, and what they answer.

`mms.letter_fitting` does it, in a process of its own: the hub itself loads no library that reads media.
"""

from __future__ import annotations

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
