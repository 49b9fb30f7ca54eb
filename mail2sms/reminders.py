"""Reminders come due: each time once, whatever the clock or the hub has been through.

The message of a time carries that time in its idempotency key, so that no time is sent twice. Times that passed while
the hub was down are not made up for, but for one that is less than an hour late.
"""

from __future__ import annotations

import datetime
from typing import Final

from gateway.core import text as sms_text
from gateway.core.errors import BadRequest
from gateway.core.outbox import NewSms, Purpose
from gateway.core.ports import Books
from gateway.core.reminders import Reminder
from mail2sms.limits import was_sent
from mail2sms.quiet import zone_of
from mail2sms.recurrence import Recurrence

#: How late a reminder may be and still be worth sending.
LATE_MS: Final = 3_600_000
VALIDITY_S: Final = 3600
MAX_ACTIVE: Final = 100
MAX_SEGMENTS: Final = 4


def plan(
    books: Books, *, account_id: int, number: str, text: str, start: datetime.datetime, rule: str, zone: str
) -> Reminder:
    """Keep a reminder. `start` without offset is local time in `zone`. Raises BadRequest that says what is wrong."""
    known = zone_of(zone)
    if known is datetime.UTC and zone != "UTC":
        raise BadRequest(f"there is no time zone {zone[:64]!r}; write one like Asia/Shanghai")
    if not text.strip() or "\0" in text or not sms_text.fits(text, MAX_SEGMENTS):
        raise BadRequest(f"the text must be 1 to {MAX_SEGMENTS} segments long")
    if start.tzinfo is not None:
        start = start.astimezone(known)
    recurrence = Recurrence.read(start, rule, known)
    next_ms = recurrence.after(books.now_ms - 1)
    if next_ms is None:
        raise BadRequest("all its times are over")
    if books.reminders.count(account_id) >= MAX_ACTIVE:
        raise BadRequest(f"an account has at most {MAX_ACTIVE} reminders")
    return books.reminders.add(
        account_id=account_id,
        number=number,
        text=text,
        start=recurrence.start.isoformat(),
        rule=recurrence.rule,
        zone=zone,
        next_ms=next_ms,
    )


def times(reminder: Reminder, after_ms: int, count: int = 5) -> list[int]:
    """When a reminder comes after a moment, the first so many, in Unix milliseconds."""
    return _recurrence(reminder).next_after(after_ms, count)


def fire_due(books: Books) -> int:
    """Put what has come due into the outbox; returns how many reminders were looked at. Call it every second or so."""
    due = books.reminders.due()
    for reminder in due:
        _fire(reminder, books)
    return len(due)


def _fire(reminder: Reminder, books: Books) -> None:
    now_ms = books.now_ms
    if books.stops.among([reminder.number]):
        books.reminders.stop(reminder.id, "the phone said stop")
        books.timeline.step(reminder.id, "reminder", "stopped: the phone said stop")
        return
    if reminder.next_ms <= now_ms:
        _send(reminder, books)
    # Worked out again where the clock was set back: a time that was skipped then may lie ahead now.
    after_ms = max(reminder.next_ms, now_ms - LATE_MS) if reminder.next_ms <= now_ms else now_ms
    books.reminders.go_on(reminder.id, _recurrence(reminder).after(after_ms))


def _send(reminder: Reminder, books: Books) -> None:
    late_ms = books.now_ms - reminder.next_ms
    key = f"reminder {reminder.id} {reminder.next_ms}"
    if late_ms > LATE_MS:
        books.timeline.step(reminder.id, "reminder", f"left out: {late_ms // 60_000} minutes late")
    elif not was_sent(books, reminder.account_id, key):
        message_id = books.outbox.add(
            NewSms(
                recipient=reminder.number,
                text=reminder.text,
                purpose=Purpose.REMINDER,
                account_id=reminder.account_id,
                validity_s=VALIDITY_S,
                key=key,
            )
        )
        books.timeline.step(reminder.id, "reminder", f"sent by SMS {message_id}")


def _recurrence(reminder: Reminder) -> Recurrence:
    return Recurrence(datetime.datetime.fromisoformat(reminder.start), reminder.rule, zone_of(reminder.zone))
