"""The outbox under everything that can happen to it in any order, crashes and old processes included."""

from __future__ import annotations

import itertools
import shutil
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from gateway.core.attempts import Answer, Attempt, Claimed
from gateway.core.messages import Outcome
from gateway.core.outbox import STEPS, State
from gateway.core.routing import LinkFacts
from gateway.store.database import StoreConfig, _run_together, create_tables, open_store
from gateway.store.desk import BooksOfStore
from tests.fakes.desk import Bench, Priority, Uncertain, look_after, record, reports_of

#: Steps of a story that say in which state the message is from then on.
STATE_OF_STEP = {
    "queued": State.QUEUED,
    "released": State.QUEUED,
    "retry": State.QUEUED,
    "resend": State.QUEUED,
    "sending": State.SENDING,
    "uncertain": State.UNCERTAIN,
    "accepted": State.ACCEPTED,
    "delivered": State.DELIVERED,
    "failed": State.FAILED,
    "expired": State.EXPIRED,
    "cancelled": State.CANCELLED,
}
LINKS = ("a", "b")
#: What is asked here has nothing to do with disks, and a thousand commits have.
IN_MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None
OUTCOMES = st.sampled_from(list(Outcome))
REPORTS = st.sampled_from(["delivered", "delivered", "failed", "expired", "enroute"])


class OutboxMachine(RuleBasedStateMachine):
    """A hub, two carriers and their faults; `flying` is what is with a carrier, `stale` what a dead process had."""

    @initialize()
    def begin(self) -> None:
        self.directory = tempfile.mkdtemp(prefix="caiyou-machine-", dir=IN_MEMORY)
        self.store = open_store(StoreConfig(data_dir=self.directory))
        create_tables(self.store)
        self.bench = Bench(self.store)
        self.accepted: set[int] = set()
        self.attempts: dict[int, int] = defaultdict(int)
        self.final_segments: set[tuple[int, int]] = set()
        self.flying: list[tuple[str, Claimed, dict[int, str]]] = []
        self.stale: list[tuple[str, Claimed, dict[int, str]]] = []
        self.ids: dict[str, list[str]] = {link: [] for link in LINKS}
        self.billed: Counter[int] = Counter()
        self.count = 0

    def teardown(self) -> None:
        if hasattr(self, "store"):
            self.bench.close()
            self.store.engine.dispose()
            shutil.rmtree(self.directory)

    def together(self, *works: Callable[[Any], Any]) -> list[Any]:
        """Works of one batch of the writer."""
        connection = self.store._begin()
        try:
            desk = self.bench.desk
            results = _run_together(connection, [lambda tx, w=w: w(BooksOfStore(desk, tx)) for w in works])
            connection.commit()
        finally:
            connection.close()
        for result in results:
            if isinstance(result, Exception):
                raise result
        return results

    # --- what happens ---------------------------------------------------------------------------------------

    @rule(
        parts=st.integers(1, 3),
        validity_s=st.sampled_from([30, 3600, 172_800]),
        priority=st.sampled_from(list(Priority)),
        link=st.sampled_from(["", "a", "b"]),
    )
    def add(self, parts: int, validity_s: int, priority: Priority, link: str) -> None:
        more = {"validity_s": validity_s, "priority": priority, "link": link}
        self.accepted.add(self.bench.add_long(parts, **more) if parts > 1 else self.bench.add(**more))

    @rule(link=st.sampled_from(LINKS), limit=st.integers(1, 5))
    def claim(self, link: str, limit: int) -> None:
        (claimed,) = self.together(lambda b: b.outbox.claim(link, link, self.bench.owner, limit))
        for message in claimed:
            assert message.open_numbers, "a message with nothing to send would be in flight for ever"
            ids = {}
            for number in message.open_numbers:
                self.count += 1
                ids[number] = f"{link}{self.count}"
                self.ids[link].append(ids[number])
            self.flying.append((link, message, ids))

    @precondition(lambda self: self.flying or self.stale)
    @rule(data=st.data(), report=REPORTS, batch=st.sampled_from(["answer", "answer, report", "report, answer"]))
    def answer(self, data: st.DataObject, report: str, batch: str) -> None:
        pool = data.draw(st.sampled_from([pool for pool in (self.flying, self.stale) if pool]))
        link, message, ids = pool.pop(data.draw(st.integers(0, len(pool) - 1)))
        outcomes = {number: data.draw(OUTCOMES) for number in message.open_numbers}
        answers = tuple(
            Answer(number, outcome, (ids[number], f"alias-{ids[number]}") if outcome is Outcome.ACCEPTED else (), "c")
            for number, outcome in outcomes.items()
        )
        self.billed[message.id] += sum(outcome is Outcome.ACCEPTED for outcome in outcomes.values())
        reported = data.draw(st.sampled_from(sorted(ids.values())))
        works = {
            "answer": lambda b: record(b, [Attempt(message, answers)], link=link),
            "report": lambda b: b.reports.file(link, link, reports_of([(reported, report)])),
        }
        self.together(*(works[name] for name in batch.split(", ")))

    @rule(data=st.data(), link=st.sampled_from(LINKS), states=st.lists(REPORTS, min_size=1, max_size=3))
    def report(self, data: st.DataObject, link: str, states: list[str]) -> None:
        known = self.ids[link] or ["unknown"]
        pairs = [(data.draw(st.sampled_from(known)), state) for state in states]
        if data.draw(st.booleans()):
            pairs = [(f"alias-{an_id}", state) for an_id, state in pairs]
        self.together(*(lambda b, p=p: b.reports.file(link, link, reports_of([p])) for p in pairs))

    @rule(seconds=st.sampled_from([1, 5, 61, 4000, 200_000]))
    def time_passes(self, seconds: int) -> None:
        self.bench.clock.pass_s(seconds)

    @rule(link=st.sampled_from(LINKS), policy=st.sampled_from(list(Uncertain)))
    def settle_doubts(self, link: str, policy: Uncertain) -> None:
        self.together(lambda b: look_after(b, link, policy))

    @rule(data=st.data())
    def cancel_or_expire(self, data: st.DataObject) -> None:
        if not self.accepted:
            return
        message_id = data.draw(st.sampled_from(sorted(self.accepted)))
        self.together(lambda b: b.outbox.cancel(message_id), lambda b: b.outbox.expire(b.outbox.overdue()))

    @rule(link=st.sampled_from(LINKS))
    def the_link_goes_down(self, link: str) -> None:
        lost = [(which, message) for which, message, _ in self.flying if which == link]
        self.flying = [flight for flight in self.flying if flight[0] != link]
        self.bench.router.set_link(link, LinkFacts(up=False))
        self.together(
            lambda b: b.outbox.release([message for _, message in lost], "down"), lambda b: b.outbox.leave_link(link)
        )
        self.bench.router.set_link(link, LinkFacts(up=True))

    @rule(wait_s=st.sampled_from([0, 60]), survives=st.booleans())
    def crash(self, wait_s: int, survives: bool) -> None:
        """Another process takes over; the old one is dead, or only asleep and answers later."""
        self.stale = [*self.stale, *self.flying] if survives else []
        self.flying = []
        clock = self.bench.clock
        self.bench.close()
        self.store.engine.dispose()
        self.store = open_store(StoreConfig(data_dir=self.directory))
        node = (self.bench.node + 1) % 512
        self.bench = Bench(self.store, clock=clock, node=node, owner=f"{node}")
        for link in LINKS:
            self.bench.run(lambda b, link=link: b.outbox.recover(self.bench.owner, link, wait_s))

    # --- what must always hold ------------------------------------------------------------------------------

    @invariant()
    def everything_is_in_its_place(self) -> None:
        if not hasattr(self, "store"):
            return
        rows = self.bench.everything()
        segments: dict[int, dict[int, str]] = defaultdict(dict)
        for row in self.bench.all_segments():
            segments[row.message_id][row.number] = row.state
        stories = self.bench.ask(lambda b: b.timeline.of(list(rows)))
        assert set(rows) == self.accepted  # I1: none is lost, none is there that nobody asked for
        flying = {message.id for _, message, _ in self.flying}
        for message_id, row in rows.items():
            steps = [step.step for step in stories[message_id]]
            states = [STATE_OF_STEP[step] for step in steps if step in STATE_OF_STEP]
            for before, after in itertools.pairwise(states):  # I3
                assert after in STEPS[before], (before, after, steps)
            assert row.state == states[-1], (row.state, steps)
            assert row.attempt >= self.attempts[message_id]
            self.attempts[message_id] = row.attempt
            bill = self.bench.bill(message_id)
            assert len(bill) == self.billed[message_id] + steps.count("adopted"), steps  # I4
            if max(Counter(bill).values(), default=0) > 1:
                assert row.maybe_twice, steps  # I6: never silently twice
            if row.state == State.SENDING:
                assert message_id in flying, steps
                assert row.lease_by == self.bench.owner, steps
            if row.state == State.DELIVERED:
                assert segments[message_id] == dict.fromkeys(range(1, row.segments + 1), "delivered"), steps
            for number, state in segments[message_id].items():
                if state == State.DELIVERED:
                    self.final_segments.add((message_id, number))
                else:
                    assert (message_id, number) not in self.final_segments
            assert bool(row.settled_ms) or row.state in ("queued", "sending", "uncertain", "accepted")


TestOutboxMachine = OutboxMachine.TestCase
TestOutboxMachine.settings = settings(
    max_examples=60,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)
