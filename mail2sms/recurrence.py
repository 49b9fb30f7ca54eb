"""When something comes again: the recurrence rules of iCalendar (RFC 5545 3.3.10), by the clock on the wall. Pure.

A rule is read and bounded here and worked out by python-dateutil. Local time counts: "every day at eight" stays at
eight when the clocks change. A time that the change leaves out comes as much later as the clock was put forward; one
that comes twice counts once, the first time.
"""

from __future__ import annotations

import datetime
import functools
import itertools
import re
from dataclasses import dataclass
from typing import Final

from dateutil.rrule import rrulestr

from gateway.core.errors import BadRequest

MAX_RULE: Final = 200  # characters
#: A rule without an end is followed so far; a reminder that is wanted after that is set anew.
HORIZON: Final = datetime.timedelta(days=5 * 366)
FREQUENCIES: Final = ("HOURLY", "DAILY", "WEEKLY", "MONTHLY", "YEARLY")
_PARTS: Final = frozenset(
    (
        "FREQ",
        "INTERVAL",
        "COUNT",
        "UNTIL",
        "BYDAY",
        "BYMONTHDAY",
        "BYMONTH",
        "BYSETPOS",
        "BYYEARDAY",
        "BYWEEKNO",
        "WKST",
    )
)
#: Least and most of each number, sign aside.
_RANGES: Final = {
    "BYMONTH": (1, 12), "BYMONTHDAY": (1, 31), "BYYEARDAY": (1, 366), "BYWEEKNO": (1, 53), "BYSETPOS": (1, 31)
}  # fmt: skip
_LONGEST: Final = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_WEEKDAY: Final = re.compile(r"([+-]?[1-5])?(MO|TU|WE|TH|FR|SA|SU)")
_SHAPE: Final = re.compile(r"[A-Z]+=[A-Z0-9+,:-]+(;[A-Z]+=[A-Z0-9+,:-]+)*")


@dataclass(frozen=True, slots=True)
class Recurrence:
    """A first time, and a rule for the others; without a rule it comes once."""

    start: datetime.datetime  # local, without zone
    rule: str  # RRULE without its name; "" = once
    zone: datetime.tzinfo

    @classmethod
    def read(cls, start: datetime.datetime, rule: str, zone: datetime.tzinfo) -> Recurrence:
        """Check a rule and its start. Raises BadRequest that says what cannot be used."""
        rule = rule.strip().upper().removeprefix("RRULE:")
        found = cls(start.replace(tzinfo=None, microsecond=0, fold=0), rule, zone)
        if rule:
            _check(rule)
            try:
                following = found._occurrences()
                first = following[0] if following else None
            except (ValueError, TypeError, OverflowError, IndexError) as error:
                raise BadRequest(f"this rule cannot be followed: {error}") from error
            if first is None:
                raise BadRequest("this rule has no time in the next five years")
        return found

    def after(self, moment_ms: int) -> int | None:
        """The first time later than a moment, in Unix milliseconds; None when there is none any more."""
        return next((at_ms for at_ms in self._moments() if at_ms > moment_ms), None)

    def next_after(self, moment_ms: int, count: int) -> list[int]:
        """As `after`, the first so many."""
        return list(itertools.islice((at_ms for at_ms in self._moments() if at_ms > moment_ms), count))

    def _moments(self) -> list[int]:
        return _moments(self)

    def _occurrences(self) -> list[datetime.datetime]:
        if not self.rule:
            return [self.start]
        rule, count = _ended(self.rule, self.start)
        return list(itertools.islice(rrulestr(rule, dtstart=self.start, ignoretz=True), count))


@functools.lru_cache(maxsize=512)
def _moments(recurrence: Recurrence) -> list[int]:
    # Two local times around a change of the clocks may be one moment, and come in the wrong order.
    return sorted({_moment_ms(local, recurrence.zone) for local in recurrence._occurrences()})


def _moment_ms(local: datetime.datetime, zone: datetime.tzinfo) -> int:
    return round(local.replace(tzinfo=zone, fold=0).timestamp() * 1000)


def _check(rule: str) -> None:
    if len(rule) > MAX_RULE or not _SHAPE.fullmatch(rule):
        raise BadRequest("this is no rule; write one like FREQ=WEEKLY;BYDAY=MO,WE")
    parts = [part.partition("=")[::2] for part in rule.split(";")]
    names = [name for name, _ in parts]
    unknown = sorted(set(names) - _PARTS)
    if unknown:
        raise BadRequest(f"{unknown[0]} cannot be used in a rule; use {', '.join(sorted(_PARTS))}")
    if len(set(names)) < len(names):
        raise BadRequest("a part of the rule comes twice")
    values = dict(parts)
    if values.get("FREQ") not in FREQUENCIES:
        raise BadRequest(f"FREQ must be one of {', '.join(FREQUENCIES)}")
    if values["FREQ"] == "HOURLY" and values.keys() - {"FREQ", "INTERVAL", "COUNT", "UNTIL"}:
        raise BadRequest("an hourly rule has INTERVAL, COUNT and UNTIL only")
    _check_days(values)
    for name in ("INTERVAL", "COUNT"):
        if name in values and not (values[name].isdigit() and 1 <= int(values[name]) <= 10_000):
            raise BadRequest(f"{name} must be a number from 1 to 10000")
    if "COUNT" in values and "UNTIL" in values:
        raise BadRequest("a rule has COUNT or UNTIL, not both")


def _check_days(values: dict[str, str]) -> None:
    """Refuse days that never come: the library would look for them up to the year 9999."""
    for name, (least, most) in _RANGES.items():
        for number in values.get(name, "").split(",") if name in values else ():
            if not re.fullmatch(r"[+-]?\d{1,3}", number) or not least <= abs(int(number)) <= most:
                raise BadRequest(f"{name} cannot be {number[:8] or 'empty'}")
    if int(values.get("BYMONTH", "1").split(",")[0]) < 0:
        raise BadRequest("BYMONTH counts from the beginning of the year only")
    days = values["BYDAY"].split(",") if "BYDAY" in values else []
    if not all(_WEEKDAY.fullmatch(day) for day in days):
        raise BadRequest("BYDAY cannot be followed: write MO,TU,WE,TH,FR,SA,SU, in months and years also 1MO or -1FR")
    has_ordinal = any(len(day) > 2 for day in days)
    frequency, given = values["FREQ"], values.keys()
    if has_ordinal and (frequency in ("DAILY", "WEEKLY") or given & {"BYMONTHDAY", "BYYEARDAY", "BYWEEKNO"}):
        raise BadRequest("BYDAY with a number goes with FREQ=MONTHLY or YEARLY, and without other days")
    of_year = given & {"BYYEARDAY", "BYWEEKNO"}
    if len(of_year) == 2 or (of_year and (frequency != "YEARLY" or given & {"BYMONTH", "BYMONTHDAY"})):
        raise BadRequest("BYYEARDAY or BYWEEKNO goes with FREQ=YEARLY, and without BYMONTH and BYMONTHDAY")
    if "BYMONTHDAY" in values and "BYMONTH" in values:
        longest = max(_LONGEST[int(month) - 1] for month in values["BYMONTH"].split(","))
        if min(abs(int(day)) for day in values["BYMONTHDAY"].split(",")) > longest:
            raise BadRequest("this rule has no time: there is no such day in these months")
    if "BYSETPOS" in values:
        if frequency != "MONTHLY" or has_ordinal or bool(days) == ("BYMONTHDAY" in values):
            raise BadRequest("BYSETPOS goes with FREQ=MONTHLY and either plain weekdays or days of the month")
        size = 4 * len(days) if days else len(values["BYMONTHDAY"].split(","))
        if max(abs(int(place)) for place in values["BYSETPOS"].split(",")) > size:
            raise BadRequest("this rule has no time: BYSETPOS counts beyond the days there are")


def _ended(rule: str, start: datetime.datetime) -> tuple[str, int | None]:
    """The rule with an end in time, its own but none beyond the horizon, and how many times it counts itself.

    COUNT is not left to the library: a rule that never comes would be searched for up to the year 9999.
    """
    end, count = start + HORIZON, None
    kept = []
    for part in rule.split(";"):
        name, _, value = part.partition("=")
        if name == "UNTIL":
            until = value.removesuffix("Z")
            moment = datetime.datetime.strptime(until, "%Y%m%dT%H%M%S" if "T" in until else "%Y%m%d")  # noqa: DTZ007
            end = min(end, moment if "T" in until else moment.replace(hour=23, minute=59, second=59))
        elif name == "COUNT":
            count = int(value)
        else:
            kept.append(part)
    return ";".join([*kept, f"UNTIL={end:%Y%m%dT%H%M%S}"]), count
