"""TP-DCS: alphabet, class and message waiting (3GPP TS 23.038 4)."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Final

from gateway.core.errors import LocalProtocolError
from gateway.core.text import Alphabet


class Waiting(enum.StrEnum):
    """What waits for the owner of the phone elsewhere."""

    VOICE = "voice"
    FAX = "fax"
    MAIL = "mail"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Coding:
    """What one TP-DCS says."""

    alphabet: Alphabet  # GSM7, BINARY or UCS2
    compressed: bool = False  # then the user data are octets that we keep and do not read
    message_class: int | None = None  # 0 shown at once and not kept, 1 phone, 2 SIM, 3 terminal
    deletes_itself: bool = False  # after it was read
    waiting: Waiting | None = None
    indicator_on: bool = False  # with `waiting`: something waits, or nothing any more
    discard: bool = False  # with `waiting`: the text need not be kept

    @property
    def in_septets(self) -> bool:
        """Does TP-UDL count septets?"""
        return self.alphabet is Alphabet.GSM7 and not self.compressed


_ALPHABETS: Final = (Alphabet.GSM7, Alphabet.BINARY, Alphabet.UCS2, Alphabet.GSM7)
_WAITING: Final = tuple(Waiting)


def _read(octet: int) -> Coding:
    group = octet >> 4
    if group < 8:
        return Coding(
            alphabet=_ALPHABETS[octet >> 2 & 3],
            compressed=bool(octet & 0x20),
            message_class=octet & 3 if octet & 0x10 else None,
            deletes_itself=group >= 4,
        )
    if group == 0xF:
        return Coding(Alphabet.BINARY if octet & 4 else Alphabet.GSM7, message_class=octet & 3)
    if group >= 0xC:
        return Coding(
            Alphabet.UCS2 if group == 0xE else Alphabet.GSM7,
            waiting=_WAITING[octet & 3],
            indicator_on=bool(octet & 8),
            discard=group == 0xC,
        )
    return Coding(Alphabet.GSM7)  # reserved groups are to be taken for the default alphabet


_CODINGS: Final = tuple(map(_read, range(256)))
_OCTETS: Final = {Alphabet.GSM7: 0x00, Alphabet.BINARY: 0x04, Alphabet.UCS2: 0x08}


def coding_of(octet: int) -> Coding:
    """What the octet says; every value has a meaning."""
    return _CODINGS[octet]


def octet_of(alphabet: Alphabet, message_class: int | None = None) -> int:
    """TP-DCS of the general group; raises LocalProtocolError for an alphabet or class that it does not have."""
    octet = _OCTETS.get(alphabet)
    if octet is None or message_class not in (None, 0, 1, 2, 3):
        raise LocalProtocolError(f"no TP-DCS says {alphabet.value} with class {message_class}")
    return octet if message_class is None else octet | 0x10 | message_class
