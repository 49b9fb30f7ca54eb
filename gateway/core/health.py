"""How well links do, from what really happened: a score of 0 to 100, and a breaker per link and per operator on it.

Submits are counted in a sliding minute, reports in a sliding quarter of an hour. A breaker that is open puts the link
behind others; after a while some messages may try it (half-open), and what becomes of them closes or opens it again.
Pure: `now` is seconds that only grow; what happened is told by the dispatcher.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from gateway.core.link_figures import LinkReading
from gateway.core.messages import Outcome, ReportState


class Breaker(enum.StrEnum):
    """Whether a link is trusted."""

    CLOSED = "closed"
    HALF_OPEN = "half-open"  # some messages may try it
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class HealthRules:
    """When a breaker opens and closes."""

    slot_s: float = 5.0  # of submits
    slots: int = 12
    report_slot_s: float = 60.0
    report_slots: int = 15
    report_wait_s: float = 300.0  # a report that has not come after this long counts as none
    least_submits: int = 20  # below this nothing is concluded from shares
    error_share: float = 0.5  # of submits not answered or put off: the breaker opens
    refused_share: float = 0.9  # of submits refused for good: the fault is the link's, not the numbers'
    errors_in_a_row: int = 10
    least_reports: int = 50
    undelivered_share: float = 0.9  # of reports that say no, and reports that never came
    open_s: float = 30.0  # the first time; doubled each time the trial fails
    longest_open_s: float = 600.0
    probes: int = 3  # messages that may try a half-open link at once; so many accepted in a row close it
    probe_again_s: float = 10.0  # probes of which nothing is heard so long are given out again
    slow_s: float = 1.0  # answers slower than this cost points
    slowest_s: float = 10.0


DEFAULT_RULES: Final = HealthRules()

_ERRORS: Final = frozenset({Outcome.TEMPORARY, Outcome.UNCERTAIN})


class Figures(NamedTuple):
    """What a score is made of, over the window."""

    submits: int
    errors: int
    refused: int
    throttled: int
    answer_s: float  # mean of the answers timed last
    delivered: int
    undelivered: int
    unreported: int  # accepted, a report was due, and none came in time


class Ring:
    """Counters in slots of time; what is older than the window is forgotten."""

    __slots__ = ("_names", "_rows", "_slot", "_slot_s")

    def __init__(self, slots: int, slot_s: float, names: int) -> None:
        self._rows = [[0] * names for _ in range(slots)]
        self._slot_s = slot_s
        self._slot = 0
        self._names = names

    def turn(self, now: float) -> None:
        """Forget what has become too old."""
        slot = int(now / self._slot_s)
        for passed in range(min(slot - self._slot, len(self._rows))):
            self._rows[(slot - passed) % len(self._rows)] = [0] * self._names
        self._slot = max(slot, self._slot)

    def add(self, name: int, count: int) -> None:
        """Count in the slot of now."""
        self._rows[self._slot % len(self._rows)][name] += count

    def sums(self, skip: int = 0) -> list[int]:
        """The counts of the window, without its newest `skip` slots."""
        rows = [self._rows[(self._slot - age) % len(self._rows)] for age in range(skip, len(self._rows))]
        return [sum(column) for column in zip(*rows, strict=True)]

    def take_newest(self, name: int, count: int) -> None:
        """Take counts away, from the newest slot back, never below zero."""
        for age in range(len(self._rows)):
            row = self._rows[(self._slot - age) % len(self._rows)]
            taken = min(row[name], count)
            row[name] -= taken
            count -= taken
            if not count:
                return


_ACCEPTED, _ERROR, _REFUSED, _THROTTLED = range(4)
_NAME_OF: Final = {
    Outcome.ACCEPTED: _ACCEPTED, Outcome.TEMPORARY: _ERROR, Outcome.UNCERTAIN: _ERROR,
    Outcome.PERMANENT: _REFUSED, Outcome.THROTTLED: _THROTTLED,
}  # fmt: skip
_DELIVERED, _UNDELIVERED, _WAITING = range(3)


class Condition:
    """One link, or one operator's numbers on it."""

    def __init__(self, rules: HealthRules, now: float) -> None:
        self._rules = rules
        self._submits = Ring(rules.slots, rules.slot_s, 4)
        self._reports = Ring(rules.report_slots, rules.report_slot_s, 3)
        self._submits.turn(now)
        self._reports.turn(now)
        self.breaker = Breaker.CLOSED
        self.why = ""  # in words, for the last change of the breaker
        self.since = now
        self._open_s = rules.open_s
        self._errors_in_a_row = 0
        self._accepted_in_a_row = 0
        self._probes = 0  # given out
        self._probed_at = now
        self.answer_s = 0.0
        self.score = 100

    def answered(self, counts: Mapping[Outcome, int], reports_due: int, now: float) -> None:
        """Count answers to submits; `reports_due` of the accepted ones asked for a report."""
        self._submits.turn(now)
        self._reports.turn(now)
        errors = sum(count for outcome, count in counts.items() if outcome in _ERRORS)
        accepted = counts.get(Outcome.ACCEPTED, 0)
        for outcome, count in counts.items():
            self._submits.add(_NAME_OF[outcome], count)
        self._reports.add(_WAITING, reports_due)
        self._errors_in_a_row = 0 if accepted else self._errors_in_a_row + errors
        self._accepted_in_a_row = 0 if errors else self._accepted_in_a_row + accepted
        if accepted != sum(counts.values()) or self.breaker is not Breaker.CLOSED:
            self._judge(now)  # what is well is judged by the tick: this runs for every answer

    def reported(self, delivered: int, undelivered: int, now: float) -> None:
        """Count final reports."""
        self._reports.turn(now)
        self._reports.add(_DELIVERED, delivered)
        self._reports.add(_UNDELIVERED, undelivered)
        # Which message a report is about is not known here: most come soon, so it is taken for one of the newest.
        self._reports.take_newest(_WAITING, delivered + undelivered)

    def tick(self, now: float) -> None:
        """Let time pass."""
        self._submits.turn(now)
        self._reports.turn(now)
        if self.breaker is Breaker.OPEN and now - self.since >= self._open_s:
            self._change(
                Breaker.HALF_OPEN, f"open for {self._open_s:.0f} s; {self._rules.probes} messages may try", now
            )
            self._probes = 0
            self._probed_at = now
        elif self.breaker is Breaker.HALF_OPEN and now - self._probed_at >= self._rules.probe_again_s:
            self._probes = 0
            self._probed_at = now
        else:
            self._judge(now)
        self.score = self._score()

    def may_probe(self) -> bool:
        """Whether a message may try this half-open link."""
        return self.breaker is Breaker.HALF_OPEN and self._probes < self._rules.probes

    def take_probe(self) -> None:
        """A message tries it."""
        self._probes += 1

    def figures(self) -> Figures:
        """What the score is made of."""
        accepted, errors, refused, throttled = self._submits.sums()
        delivered, undelivered, _ = self._reports.sums()
        late = self._reports.sums(int(self._rules.report_wait_s / self._rules.report_slot_s))
        return Figures(
            accepted + errors + refused + throttled, errors, refused, throttled,
            self.answer_s, delivered, undelivered, late[_WAITING],
        )  # fmt: skip

    def _judge(self, now: float) -> None:
        rules = self._rules
        if self.breaker is not Breaker.CLOSED:
            if self._errors_in_a_row and self.breaker is Breaker.HALF_OPEN:
                self._open_s = min(self._open_s * 2, rules.longest_open_s)
                self._change(Breaker.OPEN, "the trial failed", now)
            elif self._accepted_in_a_row >= rules.probes:
                self._open_s = rules.open_s
                self._forget(now)
                self._change(Breaker.CLOSED, f"{self._accepted_in_a_row} accepted in a row", now)
            return
        why = self._trouble()
        if why:
            self._change(Breaker.OPEN, why, now)

    def _trouble(self) -> str:
        rules = self._rules
        if self._errors_in_a_row >= rules.errors_in_a_row:
            return f"{self._errors_in_a_row} submits in a row not taken"
        figures = self.figures()
        if figures.submits >= rules.least_submits:
            if figures.errors >= rules.error_share * figures.submits:
                return f"{figures.errors} of {figures.submits} submits not taken"
            if figures.refused >= rules.refused_share * figures.submits:
                return f"{figures.refused} of {figures.submits} submits refused"
        told = figures.delivered + figures.undelivered + figures.unreported
        bad = figures.undelivered + figures.unreported
        if told >= rules.least_reports and bad >= rules.undelivered_share * told:
            return f"{figures.undelivered} of {told} not delivered and {figures.unreported} never reported"
        return ""

    def _score(self) -> int:
        """100, less up to 60 for submits not taken, 30 for messages not delivered, 10 for slow answers."""
        figures, rules = self.figures(), self._rules
        lost = 0.0
        if figures.submits:
            lost += 60 * (figures.errors + figures.refused / 2) / figures.submits
        told = figures.delivered + figures.undelivered + figures.unreported
        if told:
            lost += 30 * (figures.undelivered + figures.unreported) / told
        slowness = (figures.answer_s - rules.slow_s) / (rules.slowest_s - rules.slow_s)
        lost += 10 * min(max(slowness, 0.0), 1.0)
        return max(0, round(100 - lost))

    def _change(self, breaker: Breaker, why: str, now: float) -> None:
        self.breaker, self.why, self.since = breaker, why, now
        self._errors_in_a_row = self._accepted_in_a_row = 0

    def _forget(self, now: float) -> None:
        """Begin to count anew: what opened the breaker must not open it again."""
        self._submits = Ring(self._rules.slots, self._rules.slot_s, 4)
        self._reports = Ring(self._rules.report_slots, self._rules.report_slot_s, 3)
        self._submits.turn(now)
        self._reports.turn(now)


@dataclass(slots=True)
class Health:
    """All links. `version` counts up when a breaker changes or a score crosses a tenth: older rankings are void."""

    rules: HealthRules = DEFAULT_RULES
    version: int = 0
    _conditions: dict[tuple[str, str], Condition] = field(default_factory=dict)
    _timed: dict[str, tuple[int, float]] = field(default_factory=dict)  # answers timed so far, and their sum
    _watched: dict[tuple[str, str], tuple[Breaker, int]] = field(default_factory=dict)
    _troubled: dict[tuple[str, str], Breaker] = field(default_factory=dict)  # breakers that are not closed

    def answered(
        self,
        link: str,
        answers: Iterable[tuple[str, Outcome, bool]],
        operator_of: Callable[[str], str],
        now: float,
    ) -> None:
        """Count answers: (recipient, outcome, report wanted)."""
        tallies: dict[str, dict[Outcome, int]] = {}
        due: dict[str, int] = {}
        for recipient, outcome, wants_report in answers:
            operator = operator_of(recipient)
            tally = tallies.get(operator)
            if tally is None:
                tally = tallies[operator] = {}
            tally[outcome] = tally.get(outcome, 0) + 1
            if wants_report and outcome is Outcome.ACCEPTED:
                due[operator] = due.get(operator, 0) + 1
        whole: dict[Outcome, int] = {}
        for operator, tally in tallies.items():
            if operator:
                self._of(link, operator, now).answered(tally, due.get(operator, 0), now)
                self._note((link, operator))
            for outcome, count in tally.items():
                whole[outcome] = whole.get(outcome, 0) + count
        self._of(link, "", now).answered(whole, sum(due.values()), now)
        self._note((link, ""))

    def reported(
        self, link: str, reports: Iterable[tuple[str, ReportState]], operator_of: Callable[[str], str], now: float
    ) -> None:
        """Count reports: (recipient, state); intermediate ones do not count."""
        tallies: dict[str, list[int]] = {}
        for recipient, state in reports:
            if state is ReportState.ENROUTE:
                continue
            tally = tallies.setdefault(operator_of(recipient), [0, 0])
            tally[0 if state is ReportState.DELIVERED else 1] += 1
        for operator, (delivered, undelivered) in tallies.items():
            if operator:
                self._of(link, operator, now).reported(delivered, undelivered, now)
            self._of(link, "", now).reported(delivered, undelivered, now)

    def timed(self, link: str, reading: LinkReading, now: float) -> None:
        """Take the mean time of the answers since the reading before."""
        answers, sum_s = sum(reading.times), reading.time_sum_s
        before, sum_before = self._timed.get(link, (0, 0.0))
        self._timed[link] = answers, sum_s
        if answers > before:
            self._of(link, "", now).answer_s = (sum_s - sum_before) / (answers - before)

    def tick(self, now: float) -> None:
        """Let time pass: breakers that were open long enough let messages try, scores follow the window."""
        for place, condition in self._conditions.items():
            condition.tick(now)
            self._note(place)

    def forget(self, link: str) -> None:
        """The link is no more."""
        for place in [place for place in self._conditions if place[0] == link]:
            del self._conditions[place]
            self._watched.pop(place, None)
            self._troubled.pop(place, None)
        self._timed.pop(link, None)
        self.version += 1

    # --- questions ----------------------------------------------------------------------------------------------

    def breaker(self, link: str, operator: str) -> Breaker:
        """The worse of the link's breaker and that of the operator on it."""
        if not self._troubled:
            return Breaker.CLOSED
        both = self._troubled.get((link, "")), self._troubled.get((link, operator))
        if Breaker.OPEN in both:
            return Breaker.OPEN
        return Breaker.HALF_OPEN if Breaker.HALF_OPEN in both else Breaker.CLOSED

    def knows(self, link: str) -> bool:
        """Whether anything of a link was seen here."""
        return (link, "") in self._conditions

    def score(self, link: str) -> int:
        """0 to 100; 100 for a link of which nothing is known."""
        condition = self._conditions.get((link, ""))
        return 100 if condition is None else condition.score

    def may_probe(self, link: str, operator: str) -> bool:
        """Whether a message may try a link whose breaker is half-open."""
        return all(
            condition.may_probe()
            for place in ((link, ""), (link, operator))
            if (condition := self._conditions.get(place)) is not None and condition.breaker is not Breaker.CLOSED
        )

    def take_probe(self, link: str, operator: str) -> None:
        """A message tries it."""
        for place in {(link, ""), (link, operator)}:
            condition = self._conditions.get(place)
            if condition is not None and condition.breaker is Breaker.HALF_OPEN:
                condition.take_probe()

    @property
    def has_trouble(self) -> bool:
        """Whether any breaker is not closed."""
        return bool(self._troubled)

    def half_open_links(self) -> list[str]:
        """Links with a breaker that is half-open, for everybody or for an operator."""
        return sorted({link for (link, _), breaker in self._troubled.items() if breaker is Breaker.HALF_OPEN})

    def open_links(self) -> list[str]:
        """Links with a breaker that is open, for everybody or for an operator."""
        return sorted({link for (link, _), breaker in self._troubled.items() if breaker is Breaker.OPEN})

    def conditions(self) -> list[tuple[str, str, Condition]]:
        """(link, operator, condition) of everything known; operator "" is the link as a whole."""
        return [(link, operator, condition) for (link, operator), condition in sorted(self._conditions.items())]

    def _of(self, link: str, operator: str, now: float) -> Condition:
        condition = self._conditions.get((link, operator))
        if condition is None:
            condition = self._conditions[link, operator] = Condition(self.rules, now)
        return condition

    def _note(self, place: tuple[str, str]) -> None:
        condition = self._conditions[place]
        now = condition.breaker, condition.score // 10
        if self._watched.get(place, (Breaker.CLOSED, 10)) != now:
            self._watched[place] = now
            self.version += 1
            if condition.breaker is Breaker.CLOSED:
                self._troubled.pop(place, None)
            else:
                self._troubled[place] = condition.breaker
