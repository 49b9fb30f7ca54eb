"""Notices: mail told by SMS, and the rules that decide on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Notice:
    """One notice, told or held back."""

    id: int
    account_id: int
    number: str
    mail_id: int
    thread_id: int
    reply_to: str  # where a reply by SMS goes
    state: str  # sent | held | digested | dropped
    message_id: int | None = None
    extension: str = ""
    due_ms: int = 0
    reason: str = ""
    made_ms: int = 0


@dataclass(frozen=True, slots=True)
class StoredRule:
    """A rule as it is kept."""

    id: int
    settings: Mapping[str, Any]
