"""Reminders: SMS that come at a time, once or again and again."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reminder:
    """What is to be said to which phone, and when. Times ending in `_ms` are Unix milliseconds."""

    id: int
    account_id: int
    number: str
    text: str
    start: str  # local time of the first one, ISO 8601 without offset
    rule: str  # RFC 5545 recurrence rule; "" = once
    zone: str  # IANA time zone the times are read in
    next_ms: int  # when it comes next; 0 once it has ended
    handled_ms: int  # when `next_ms` was worked out
    state: str  # active | ended | stopped
    reason: str = ""  # why it was stopped
    created_ms: int = 0
