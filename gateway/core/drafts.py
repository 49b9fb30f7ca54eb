"""Mails that are being written in the pages, and those that leave soon."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Final

#: Drafts of one account.
MAX_DRAFTS: Final = 500
#: Files of one draft, and their octets together.
MAX_FILES: Final = 50
MAX_FILES_OCTETS: Final = 25_000_000
#: Signatures of one account.
MAX_SIGNATURES: Final = 3


class DraftState(enum.StrEnum):
    """Where a draft stands."""

    WRITING = "writing"
    LEAVING = "leaving"  # sent by its writer; leaves when its time has come, and can be taken back before
    LEFT = "left"  # kept for a day, without its text, so that what a member sends can be counted


class Priority(enum.StrEnum):
    """How a mail is marked."""

    NORMAL = ""
    HIGH = "high"
    LOW = "low"


@dataclass(frozen=True, slots=True)
class DraftText:
    """What was filled in."""

    to: str = ""  # as typed
    cc: str = ""
    bcc: str = ""
    subject: str = ""
    text: str = ""
    priority: str = Priority.NORMAL
    notify: str = ""  # "sms", "mms" or "": whether recipients are told on their phones
    answers: int = 0  # the mail it answers or hands on; 0 for none
    is_forward: bool = False


@dataclass(frozen=True, slots=True)
class DraftFile:
    """A file of a draft; its octets lie under `blob`."""

    id: int
    name: str
    media_type: str
    size_octets: int
    blob: str


@dataclass(frozen=True, slots=True)
class Draft:
    """A mail that has not left."""

    id: int
    account_id: int
    state: DraftState
    due_ms: int  # when it leaves; 0 while it is being written
    content: DraftText
    changed_ms: int
    trouble: str  # why it came back; "" when it did not
    files: tuple[DraftFile, ...] = ()


@dataclass(frozen=True, slots=True)
class Signature:
    """Words under a mail."""

    place: int  # 1 to MAX_SIGNATURES
    name: str
    text: str
    is_default: bool
