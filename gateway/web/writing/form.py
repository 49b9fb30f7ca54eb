"""The form of a mail: what was filled in, and what the page shows again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from gateway.core.drafts import DraftFile, DraftText, Priority
from gateway.core.errors import BadRequest
from gateway.web.site.visit import Form

#: Characters of a text, of a line of recipients, of a subject.
MAX_TEXT: Final = 500_000
MAX_PEOPLE_TEXT: Final = 32_768
MAX_SUBJECT: Final = 500
#: What goes along of the mail that is answered: all of it as a file.
WHOLE: Final = "eml"


@dataclass(frozen=True, slots=True)
class Carried:
    """A file of the mail that is handed on, which may go along."""

    key: str  # its place among the attachments, or WHOLE
    name: str
    size_octets: int


@dataclass(frozen=True, slots=True)
class Writing:
    """What the page of a mail shows."""

    content: DraftText
    draft_id: int = 0
    files: Sequence[DraftFile] = ()
    carried: Sequence[Carried] = field(default=())
    signature: int = 0  # place of the one under the text; 0 for none


def content_of(form: Form) -> DraftText:
    """What was filled in. Raises BadRequest."""
    text = form.get("text").replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
    if len(text) > MAX_TEXT:
        raise BadRequest("The text is too long.")
    people = [form.get(name).replace("\0", "") for name in ("to", "cc", "bcc")]
    if max(map(len, people)) > MAX_PEOPLE_TEXT:
        raise BadRequest("There are too many recipients.")
    priority, notify = form.get("priority"), form.get("notify")
    return DraftText(
        to=people[0].strip(),
        cc=people[1].strip(),
        bcc=people[2].strip(),
        subject=" ".join(form.get("subject").replace("\0", "").split())[:MAX_SUBJECT],
        text=text,
        priority=priority if priority in tuple(Priority) else Priority.NORMAL,
        notify=notify if notify in ("sms", "mms") else "",
        answers=number_of(form.get("answers")),
        is_forward=form.has("is_forward"),
    )


def number_of(text: str) -> int:
    """An id as a form carries it; 0 for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 19 else 0


def moment_of(text: str, zone: str) -> int | None:
    """A local time as browsers write it (2026-11-25T08:00), in milliseconds; None for what is none."""
    try:
        local = datetime.fromisoformat(text[:32])
        return int(local.replace(tzinfo=local.tzinfo or ZoneInfo(zone)).timestamp() * 1000)
    except (ValueError, ZoneInfoNotFoundError, OverflowError):
        return None
