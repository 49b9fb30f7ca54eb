"""What the lines of answers say: numbers of modem and SIM, registration, signal, storages. Pure; never raises."""

from __future__ import annotations

import enum
import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from carriers.gsm import at
from carriers.gsm.tpdu import semi_octets

_DIGITS: Final = re.compile(r"\d{14,20}F?", re.IGNORECASE)
_MAX_WORD: Final = 80


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the modem and its SIM are; empty where the modem does not say."""

    manufacturer: str = ""
    model: str = ""
    revision: str = ""
    imei: str = ""
    imsi: str = ""
    iccid: str = ""
    number: str = ""  # the SIM's own, where it knows it
    smsc: str = ""

    @property
    def key(self) -> str:
        """The name of this modem with this SIM, on whatever port they appear.

        Boxes with many modems may have one IMEI for all: the SIM is part of the name.
        """
        return f"{self.imei or '?'}-{self.iccid or self.imsi or '?'}"


class Registration(enum.IntEnum):
    """The second value of +CREG (TS 27.007 7.2)."""

    IDLE = 0
    HOME = 1
    SEARCHING = 2
    DENIED = 3
    UNKNOWN = 4
    ROAMING = 5
    HOME_SMS_ONLY = 6
    ROAMING_SMS_ONLY = 7

    @property
    def is_registered(self) -> bool:
        """Can messages be sent?"""
        return self in (
            Registration.HOME,
            Registration.ROAMING,
            Registration.HOME_SMS_ONLY,
            Registration.ROAMING_SMS_ONLY,
        )


@dataclass(frozen=True, slots=True)
class Listed:
    """One stored message: +CMGL or +CMGR with the PDU behind it."""

    index: int
    status: int  # 0 unread, 1 read, 2 to be sent, 3 sent
    pdu: str  # as it came; not always hexadecimal


def word(lines: Sequence[str]) -> str:
    """The one value of an answer, with or without its prefix (`+CGMM: "EC25"`, `EC25`)."""
    for line in lines:
        bare = line.partition(":")[2] if line[:1] in "+^*$" else line
        value = bare.strip().strip('"').strip()
        if value:
            return value[:_MAX_WORD]
    return ""


def digits(lines: Sequence[str]) -> str:
    """The IMEI, IMSI or ICCID in an answer, without the fill of its last half octet."""
    for line in lines:
        found = _DIGITS.search(line)
        if found is not None:
            return found[0].rstrip("Ff")
    return ""


def iccid(lines: Sequence[str]) -> str:
    """The number of the SIM card; it begins with 89, and some modems give it with the halves of octets exchanged."""
    found = digits(lines)
    if found.startswith("98") and len(found) % 2 == 0:
        return semi_octets.digits_of(bytes.fromhex(found), len(found))
    return found


def values(lines: Sequence[str]) -> list[str]:
    """The values of the first line."""
    return at.fields(lines[0]) if lines else []


def value(lines: Sequence[str], position: int) -> str:
    """One value of the first line; "" when there is none."""
    found = values(lines)
    return found[position] if position < len(found) else ""


def own_number(lines: Sequence[str]) -> str:
    """The number in +CNUM: its name comes first, the number second."""
    for line in lines:
        found = at.fields(line)
        if len(found) > 1 and found[1].lstrip("+").isdigit():
            return found[1][:_MAX_WORD]
    return ""


def signal(lines: Sequence[str]) -> int | None:
    """The signal in +CSQ, 0 to 31; None when the modem does not know it."""
    strength = at.number(value(lines, 0))
    return strength if strength is not None and strength <= 31 else None


def registration(lines: Sequence[str]) -> Registration | None:
    """The registration in the answer to +CREG?, +CEREG? or +CGREG?."""
    return _registration(value(lines, 1))


def noticed_registration(line: str) -> Registration | None:
    """The registration in a notice, where it is the first value."""
    found = at.fields(line)
    return None if answers_a_question(line) else _registration(found[0])


def answers_a_question(line: str) -> bool:
    """Is this +CREG line an answer (`n,stat…`) and not a notice (`stat` or `stat,"lac","ci"`)?"""
    bare = line.partition(":")[2].split(",")
    return len(bare) > 1 and len(bare[1].strip()) == 1 and bare[1].strip().isdigit()


def _registration(text: str) -> Registration | None:
    state = at.number(text)
    return Registration(state) if state is not None and state <= max(Registration) else None


def storages(lines: Sequence[str]) -> list[tuple[str, ...]]:
    """The storages in the answer to +CPMS=?: to read from, to write to, to receive into."""
    return [tuple(re.findall(r"[A-Z]{2}", group)) for group in values(lines)[:3]]


def filling(lines: Sequence[str]) -> list[tuple[int, int]]:
    """Used and total of each storage in the answer to +CPMS=…; names, which +CPMS? adds, are passed over."""
    numbers = [it for it in map(at.number, values(lines)) if it is not None]
    return list(zip(numbers[::2], numbers[1::2], strict=False))


def located(line: str) -> tuple[str, int] | None:
    """Storage and index of +CMTI or +CDSI."""
    found = at.fields(line)
    index = at.number(found[1]) if len(found) > 1 else None
    return None if index is None else (found[0][:2].upper(), index)


def listed(lines: Sequence[str]) -> list[Listed]:
    """The messages of +CMGL in PDU mode: `index,status,[name],length`, each with a PDU in the next line.

    Headers whose PDU is missing, and lines that are neither, are passed over.
    """
    found = []
    for header, pdu in itertools.pairwise(lines):
        if header.startswith("+CMGL:") and not pdu.startswith("+"):
            numbers = [at.number(it) for it in at.fields(header)[:2]]
            if len(numbers) == 2 and numbers[0] is not None and numbers[1] is not None:
                found.append(Listed(numbers[0], numbers[1], pdu))
    return found


def read(index: int, lines: Sequence[str]) -> Listed | None:
    """The message of +CMGR in PDU mode: `status,[name],length`, the PDU in the next line."""
    if len(lines) < 2 or not lines[0].startswith("+CMGR:"):
        return None
    status = at.number(value(lines, 0))
    return None if status is None else Listed(index, status, lines[1])
