"""Alarms: what is wrong for long enough is told once, again after a while, and once more when it is over. Pure."""

from __future__ import annotations

import enum
from collections import deque
from dataclasses import dataclass, field, replace
from typing import Final

HOUR_MS: Final = 3_600_000
DAY_MS: Final = 86_400_000
#: Characters of a detail that are kept.
DETAIL_LENGTH: Final = 255
SUBJECT_LENGTH: Final = 64


class Kind(enum.StrEnum):
    """What can be wrong."""

    LINK_DOWN = "link-down"
    LOGIN_REFUSED = "login-refused"
    BREAKER_OPEN = "breaker-open"  # a link fails so often that it is left alone
    QUEUE_OLD = "queue-old"
    QUEUE_LONG = "queue-long"
    REPORTS_FEW = "reports-few"
    STORE_SLOW = "store-slow"
    STORE_AWAY = "store-away"
    DISK_LOW = "disk-low"
    SIM_SPENT = "sim-spent"
    TEST = "test"


#: Kinds whose subject is a link: it is not the one to tell of its own illness.
OF_LINKS: Final = frozenset(
    {Kind.LINK_DOWN, Kind.LOGIN_REFUSED, Kind.BREAKER_OPEN, Kind.QUEUE_OLD, Kind.QUEUE_LONG, Kind.REPORTS_FEW}
)


class AlarmState(enum.StrEnum):
    """Where an alarm stands."""

    PENDING = "pending"  # seen, but not for long enough
    OPEN = "open"
    CLEARING = "clearing"  # well again, but not for long enough
    CLEARED = "cleared"


class Word(enum.StrEnum):
    """What there is to tell of an alarm."""

    RAISED = "raised"
    AGAIN = "again"
    CLEARED = "cleared"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is wrong now."""

    kind: Kind
    subject: str  # a link, a host, a SIM
    detail: str = ""
    after_s: float = 0.0  # how long it must last to be an alarm

    @property
    def key(self) -> str:
        """What it is known by."""
        return key_of(self.kind, self.subject)


@dataclass(frozen=True, slots=True)
class Alarm:
    """One thing that is or was wrong. Times are Unix milliseconds."""

    kind: Kind
    subject: str
    detail: str
    state: AlarmState
    since_ms: int
    by_name: bool = False  # raised and cleared by a part of the hub, not seen by the watch
    well_ms: int = 0
    told_ms: int = 0
    tellings: int = 0  # since it was raised

    @property
    def key(self) -> str:
        """What it is known by."""
        return key_of(self.kind, self.subject)


def key_of(kind: Kind, subject: str) -> str:
    """What an alarm is known by."""
    return f"{kind.value}:{subject[:SUBJECT_LENGTH]}"


@dataclass(frozen=True, slots=True)
class Pace:
    """How patient the watch is."""

    clear_after_s: float = 120.0
    #: The first repetition comes after this, each later one after twice the pause, at most a day.
    repeat_s: float = 3600.0
    #: Tellings an hour in all; what is beyond waits.
    per_hour: int = 20


def step(alarm: Alarm | None, finding: Finding | None, now_ms: int, pace: Pace) -> Alarm | None:
    """The alarm after another look; None when there is nothing to remember."""
    if finding is not None:
        return _sick(alarm, finding, now_ms)
    if alarm is None or alarm.state is AlarmState.PENDING:
        return None
    if alarm.by_name or alarm.state is AlarmState.CLEARED:
        return alarm
    if alarm.kind is Kind.TEST:
        return replace(alarm, state=AlarmState.CLEARED, well_ms=now_ms) if alarm.tellings else alarm
    if alarm.state is AlarmState.OPEN:
        return replace(alarm, state=AlarmState.CLEARING, well_ms=now_ms)
    # A clock that was set back must not keep it open for as long.
    if now_ms - alarm.well_ms >= pace.clear_after_s * 1000 or now_ms < alarm.well_ms:
        return replace(alarm, state=AlarmState.CLEARED)
    return alarm


def _sick(alarm: Alarm | None, finding: Finding, now_ms: int) -> Alarm:
    detail = finding.detail[:DETAIL_LENGTH]
    if alarm is None or alarm.state is AlarmState.CLEARED:
        state = AlarmState.OPEN if finding.after_s <= 0 else AlarmState.PENDING
        return Alarm(finding.kind, finding.subject[:SUBJECT_LENGTH], detail, state, now_ms)
    if alarm.state is AlarmState.PENDING and 0 <= now_ms - alarm.since_ms < finding.after_s * 1000:
        return alarm
    return replace(alarm, state=AlarmState.OPEN, detail=detail, well_ms=0)


def to_tell(alarm: Alarm, now_ms: int, pace: Pace) -> Word | None:
    """What there is to tell of an alarm now."""
    if alarm.state is AlarmState.OPEN:
        if not alarm.tellings:
            return Word.RAISED
        pause_ms = min(pace.repeat_s * 1000 * 2 ** min(alarm.tellings - 1, 16), DAY_MS)
        return Word.AGAIN if pace.repeat_s and now_ms - alarm.told_ms >= pause_ms else None
    if alarm.state is AlarmState.CLEARED and alarm.tellings and alarm.kind is not Kind.TEST:
        return Word.CLEARED
    return None


def after_telling(alarm: Alarm, word: Word, now_ms: int) -> Alarm:
    """The alarm once that was told."""
    return replace(alarm, told_ms=now_ms, tellings=0 if word is Word.CLEARED else alarm.tellings + 1)


@dataclass(slots=True)
class Budget:
    """How much may still be told in this hour."""

    per_hour: int
    _told: deque[int] = field(default_factory=deque)

    def room(self, now_ms: int) -> int:
        """Tellings that are left."""
        while self._told and not 0 <= now_ms - self._told[0] < HOUR_MS:
            self._told.popleft()
        return max(0, self.per_hour - len(self._told))

    def spend(self, count: int, now_ms: int) -> None:
        """So many were told."""
        self._told.extend([now_ms] * count)
