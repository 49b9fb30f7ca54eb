"""What TP-ST says became of a short message: one table (3GPP TS 23.040 9.2.3.15)."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Final

from gateway.core.messages import ReportState


class Fate(enum.StrEnum):
    """The four kinds of TP-ST."""

    DELIVERED = "delivered"
    TRYING = "trying"  # not yet; the message centre goes on, another report will come
    FAILED_TEMPORARY = "failed temporary"  # the message centre gave up on what might pass
    FAILED_PERMANENT = "failed permanent"


@dataclass(frozen=True, slots=True)
class Status:
    """One value of TP-ST."""

    number: int
    fate: Fate
    meaning: str

    @property
    def state(self) -> ReportState:
        """What it is to the hub."""
        return ReportState.EXPIRED if self.number == VALIDITY_EXPIRED else _STATES[self.fate]


VALIDITY_EXPIRED: Final = 0x46

_STATES: Final = {
    Fate.DELIVERED: ReportState.DELIVERED,
    Fate.TRYING: ReportState.ENROUTE,
    Fate.FAILED_TEMPORARY: ReportState.FAILED,
    Fate.FAILED_PERMANENT: ReportState.FAILED,
}

_DONE: Final = (
    "received by the phone",
    "forwarded, the message centre cannot tell whether it arrived",
    "replaced by the message centre",
)
_PASSING: Final = (
    "congestion",
    "phone busy",
    "no answer from the phone",
    "service rejected",
    "quality of service not available",
    "error in the phone",
)
_FINAL: Final = (
    "remote procedure error",
    "incompatible destination",
    "connection rejected by the phone",
    "not obtainable",
    "quality of service not available",
    "no interworking available",
    "validity expired",
    "deleted by the sender",
    "deleted by the message centre",
    "message does not exist",
)
#: Per range of 32: its fate, the meanings of its first values; the upper 16 are the message centre's own.
_RANGES: Final = (
    (Fate.DELIVERED, _DONE),
    (Fate.TRYING, _PASSING),
    (Fate.FAILED_PERMANENT, _FINAL),
    (Fate.FAILED_TEMPORARY, _PASSING),
)


def _status(number: int) -> Status:
    if number < 0x80:
        fate, meanings = _RANGES[number >> 5]
        place = number & 0x1F
        if place < len(meanings):
            return Status(number, fate, meanings[place])
        if place >= 0x10:
            return Status(number, fate, "of the message centre's own making")
    # Reserved values are to be taken for 0x63, "service rejected", whatever range they stand in.
    return Status(number, Fate.FAILED_TEMPORARY, "reserved, to be taken for service rejected")


STATUSES: Final = tuple(map(_status, range(256)))


def status_of(number: int) -> Status:
    """What a TP-ST says; every octet has a meaning."""
    return STATUSES[number]
