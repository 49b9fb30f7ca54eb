"""Whether a mail that a rule wants told is told now, later or not at all. Pure; times are Unix milliseconds."""

from __future__ import annotations

import datetime
import enum
import functools
from dataclasses import dataclass
from typing import Final

from mail2sms.quiet import QuietHours
from mail2sms.rules import DIGEST_OFF, Facts, Rule, wakes

_MINUTE_MS: Final = 60_000


class Action(enum.StrEnum):
    """What happens to a notice."""

    SEND = "send"
    HOLD = "hold"
    DROP = "drop"


@dataclass(frozen=True, slots=True)
class History:
    """What was told before."""

    sent_today: int = 0
    cap: int = 0  # of the account; 0 = none
    told_thread_ms: int | None = None  # when this conversation was told last
    digest_due_ms: int | None = None  # when the digest that is being gathered for this phone goes out


@dataclass(frozen=True, slots=True)
class Verdict:
    """What happens to a notice, and why where it is not sent; the reason has at most 32 characters."""

    action: Action
    until_ms: int = 0
    reason: str = ""
    over_cap: int = 0  # the cap that was reached


def decide(rule: Rule, facts: Facts, history: History, now_ms: int, zone: datetime.tzinfo) -> Verdict:
    """Send, hold or drop the notice of a mail that fits the rule.

    The cap goes before all, so that a flood is never held for later; then quiet hours, then the pause within a
    conversation, then the digest. What is held never comes due in quiet hours.
    """
    cap = cap_of(rule, history.cap)
    if cap and history.sent_today >= cap:
        return Verdict(Action.DROP, reason=f"daily cap of {cap} reached", over_cap=cap)
    is_awake = wakes(rule, facts)
    if not is_awake and (end_ms := quiet_end(rule, now_ms, zone)):
        return Verdict(Action.HOLD, end_ms, f"quiet hours until {_clock(end_ms, zone)}")
    if rule.thread_minutes and history.told_thread_ms is not None:
        free_ms = history.told_thread_ms + rule.thread_minutes * _MINUTE_MS
        if now_ms < free_ms:
            if rule.digest == DIGEST_OFF:
                return Verdict(Action.DROP, reason=f"thread told until {_clock(free_ms, zone)}")
            return _held(rule, free_ms, "thread waits until", zone)
    if isinstance(rule.digest, int) and not is_awake:
        due_ms = now_ms + rule.digest * _MINUTE_MS
        if history.digest_due_ms is not None:
            due_ms = min(due_ms, max(history.digest_due_ms, now_ms))
        return _held(rule, due_ms, "digest at", zone)
    return Verdict(Action.SEND)


def cap_of(rule: Rule, account_cap: int) -> int:
    """The tighter of the two caps; 0 for none."""
    return min((cap for cap in (rule.daily_cap, account_cap) if cap), default=0)


def quiet_end(rule: Rule, at_ms: int, zone: datetime.tzinfo) -> int:
    """When the quiet hours of a rule around a moment end; 0 when it is not quiet."""
    if not rule.quiet_from:
        return 0
    return QuietHours(_time(rule.quiet_from), _time(rule.quiet_until)).end_after(at_ms, zone)


def day_start(now_ms: int, zone: datetime.tzinfo) -> int:
    """When the member's day began."""
    local = datetime.datetime.fromtimestamp(now_ms / 1000, zone)
    midnight = datetime.datetime.combine(local.date(), datetime.time(), zone)
    return min(round(midnight.timestamp() * 1000), now_ms)


def _held(rule: Rule, due_ms: int, why: str, zone: datetime.tzinfo) -> Verdict:
    due_ms = quiet_end(rule, due_ms, zone) or due_ms
    return Verdict(Action.HOLD, due_ms, f"{why} {_clock(due_ms, zone)}")


@functools.lru_cache(maxsize=2048)
def _time(clock: str) -> datetime.time:
    return datetime.time.fromisoformat(clock)


def _clock(at_ms: int, zone: datetime.tzinfo) -> str:
    return f"{datetime.datetime.fromtimestamp(at_ms / 1000, zone):%H:%M}"
