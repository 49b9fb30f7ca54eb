"""What stands in the elements of MM7: addresses, times, statuses. Pure."""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Final


class AddressKind(enum.StrEnum):
    """Which element an address stands in."""

    NUMBER = "Number"
    SHORT_CODE = "ShortCode"
    MAIL = "RFC2822Address"


@dataclass(frozen=True, slots=True)
class Address:
    """One address, without "/TYPE=PLMN"."""

    value: str
    kind: AddressKind = AddressKind.NUMBER
    #: The message does not go there; it is there to be shown.
    display_only: bool = False
    #: "encrypted" or "obfuscated": no number anybody can read.
    coding: str = ""
    id: str = ""


@dataclass(frozen=True, slots=True)
class SenderIdentification:
    """Who submits, and what phones see as sender."""

    vasp_id: str = ""
    vas_id: str = ""
    address: Address | None = None


@dataclass(frozen=True, slots=True)
class Recipients:
    """To whom."""

    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    bcc: tuple[Address, ...] = ()

    @property
    def all(self) -> tuple[Address, ...]:
        """Everybody the message goes to, in order."""
        return tuple(it for it in self.to + self.cc + self.bcc if not it.display_only)


@dataclass(frozen=True, slots=True)
class Status:
    """How a request went (3GPP TS 23.140 8.7.8)."""

    code: int
    text: str = ""
    details: str = ""


#: A moment with a zone, or a time from now on.
When = datetime | timedelta


@dataclass(frozen=True, slots=True)
class ReplyCharging:
    """The sender pays for an answer of at most `size` octets (0 = any), until the deadline."""

    size: int = 0
    deadline: When | None = None


@dataclass(frozen=True, slots=True)
class ContentReference:
    """Which MIME part is the content."""

    href: str
    type: str = ""
    allow_adaptations: bool | None = None


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What the MMS centre knows of a phone: the address of its UAProf and when it was seen."""

    profile: str = ""
    at: When | None = None


_PLMN: Final = re.compile(r"/TYPE=[A-Za-z0-9]+(@.*)?$", re.IGNORECASE)
_NUMBER: Final = re.compile(r"\+?[0-9*#]{2,32}")
_TIME: Final = re.compile(
    r"(\d{4})-(\d{1,2})-(\d{1,2})[Tt ]\s?(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:[.,]\d{1,9})?)?"
    r"\s*(?:([Zz])|([+-])(\d{2}):?(\d{2}))?"
)
_DURATION: Final = re.compile(
    r"P(?:(\d{1,4})Y)?(?:(\d{1,4})M)?(?:(\d{1,6})D)?(?:T(?:(\d{1,7})H)?(?:(\d{1,8})M)?(?:(\d{1,9})(?:\.\d{1,9})?S)?)?"
)
#: Lengths of Y, M, D, H, M, S of a duration, seconds; a year has 365 days and a month 30.
_UNITS: Final = (31_536_000, 2_592_000, 86_400, 3600, 60, 1)


def parse_address(text: str, kind: AddressKind | None = None) -> Address | None:
    """The address in the text of an element; None for none.

    What it is is seen by what stands there: some centres write numbers as mail addresses. A short code stays one.
    """
    value = _PLMN.sub("", text.strip()).strip()[:256]
    if not value:
        return None
    if kind is AddressKind.SHORT_CODE:
        return Address(value, kind)
    plain = re.sub(r"[ ().-]", "", value)
    if _NUMBER.fullmatch(plain):
        return Address(plain, AddressKind.NUMBER)
    return Address(value, AddressKind.MAIL if "@" in value else AddressKind.SHORT_CODE)


def parse_time(text: str, zone: tzinfo = UTC) -> When | None:
    """A moment (xs:dateTime, also with single digits; of `zone` when it names none) or a duration; None for neither."""
    text = text.strip()
    if match := _TIME.fullmatch(text):
        year, month, day, hour, minute, second, utc, sign, hours, minutes = match.groups()
        if utc:
            zone = UTC
        elif sign:
            offset = timedelta(hours=int(hours), minutes=int(minutes))
            zone = timezone(-offset if sign == "-" else offset) if offset < timedelta(hours=24) else zone
        try:
            return datetime(int(year), int(month), int(day), int(hour), int(minute), int(second or 0), tzinfo=zone)
        except ValueError:
            return None
    match = _DURATION.fullmatch(text)
    if match is None or not any(match.groups()):
        return None
    return timedelta(seconds=sum(int(it or 0) * unit for it, unit in zip(match.groups(), _UNITS, strict=True)))


def time_text(when: When, zone: tzinfo = UTC) -> str:
    """A moment as xs:dateTime in that zone, or a duration as xs:duration in seconds."""
    if isinstance(when, timedelta):
        return f"PT{max(0, int(when.total_seconds()))}S"
    return when.astimezone(zone).isoformat(timespec="seconds").replace("+00:00", "Z")


def parse_flag(text: str) -> bool | None:
    """true or false in any case, also 1 and 0; None for anything else."""
    return {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}.get(text.strip().lower())
