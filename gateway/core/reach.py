"""Whether a recipient can be reached by SMS and by MMS, in words that programs and pages show."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from gateway.core.mms import CanMms


class BySms(StrEnum):
    """What stands between a member and the phone of a recipient."""

    YES = "yes"
    STOPPED = "stopped"  # its owner wants no messages
    NO_NUMBER = "no_number"  # no mobile number is known


@dataclass(frozen=True, slots=True)
class Reach:
    """One recipient."""

    asked: str  # as it was written
    name: str  # as the member's book calls it; "" where it does not
    number: str  # E.164; "" where none is known
    mail: str
    sms: BySms
    mms: CanMms
    handset: str  # name of the phone, where it is known


@dataclass(frozen=True, slots=True)
class Members:
    """Whom a group of a member's book means, for messages."""

    numbers: tuple[str, ...]  # mobile numbers, each once
    without_number: tuple[str, ...]  # names of those who have none
