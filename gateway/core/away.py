"""Answers of members who are away. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from gateway.core.errors import BadRequest

MAX_TEXT: Final = 4000
MAX_SUBJECT: Final = 200
#: Somebody who writes often is answered once in so many milliseconds.
APART_MS: Final = 7 * 86_400_000


@dataclass(frozen=True, slots=True)
class Away:
    """What is answered, and when: from and until are moments, 0 for no bound."""

    text: str
    subject: str = ""  # "" = that of the mail
    from_ms: int = 0
    until_ms: int = 0
    known_only: bool = False  # only people in the member's address book

    def holds(self, now_ms: int) -> bool:
        """Whether it is answered now."""
        return self.from_ms <= now_ms and (not self.until_ms or now_ms < self.until_ms)


def read_away(settings: Mapping[str, Any]) -> Away:
    """The answer in these settings. Raises BadRequest."""
    text, subject = settings.get("text"), settings.get("subject", "")
    bounds = settings.get("from_ms", 0), settings.get("until_ms", 0)
    if not isinstance(text, str) or not text.strip() or len(text) > MAX_TEXT:
        raise BadRequest("The answer says nothing, or too much.")
    if not isinstance(subject, str) or len(subject) > MAX_SUBJECT or not subject.isprintable():
        raise BadRequest("The subject is too long.")
    if not all(type(bound) is int and 0 <= bound < 1 << 52 for bound in bounds):
        raise BadRequest("The days cannot be read.")
    return Away(text, subject, bounds[0], bounds[1], settings.get("known_only", False) is True)


def write_away(away: Away) -> dict[str, Any]:
    """The settings of an answer, fit for JSON."""
    return {
        "text": away.text,
        "subject": away.subject,
        "from_ms": away.from_ms,
        "until_ms": away.until_ms,
        "known_only": away.known_only,
    }
