"""A desk over a store of the test, with a clock that stands still until it is told to go on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from gateway.core.attempts import Answer, Attempt, Claimed
from gateway.core.errors import NotFound
from gateway.core.events import MessageSettled
from gateway.core.ids import IdSource
from gateway.core.messages import DeliveryReport, Outcome, ReportState
from gateway.core.outbox import NewSms, Priority, Purpose, State, Uncertain
from gateway.core.routing import LinkFacts, Route, Router
from gateway.journal import Journal
from gateway.mail.facts import read_facts
from gateway.store.blobs import Blobs
from gateway.store.database import Store
from gateway.store.desk import Desk, Reactions
from gateway.store.schema import ledger, outbox, segments

#: 2026-03-01T00:00:00Z.
START_MS = 1_772_323_200_000
PHONE = "+8613800138000"


@dataclass
class StoppedClock:
    """Unix milliseconds."""

    ms: int = START_MS

    def __call__(self) -> int:
        return self.ms

    def pass_s(self, seconds: float) -> None:
        self.ms += int(seconds * 1000)


@dataclass
class Bench:
    """The desk, and short words for what the tests do with it: each is a transaction of its own."""

    store: Store
    clock: StoppedClock = field(default_factory=StoppedClock)
    links: Sequence[str] = ("a", "b")
    reactions: Reactions = field(default_factory=dict)
    node: int = 0
    owner: str = "one"
    told: list[MessageSettled] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.router = Router()
        self.router.set_routes([Route("", link, cost=5, preference=n) for n, link in enumerate(self.links)])
        for link in self.links:
            self.router.set_link(link, LinkFacts(up=True))
        self.desk = Desk(
            self.store,
            Blobs(Path(self.store.data_dir)),
            self.router,
            Journal(),
            new_id=IdSource(self.clock, self.node),
            now_ms=self.clock,
            read_facts=read_facts,
            reactions=self.reactions,
        )
        self.run = self.desk.run_now
        self.ask = self.desk.read_now

    def close(self) -> None:
        self.desk.blobs.close()

    # --- the outbox -------------------------------------------------------------------------------------------

    def add(self, text: str = "hello", recipient: str = PHONE, **more: Any) -> int:
        values = {"purpose": Purpose.API, "account_id": 1, **more}
        return self.run(lambda books: books.outbox.add(NewSms(recipient, text, **values)))

    def add_long(self, parts: int = 2, **more: Any) -> int:
        return self.add("x" * (153 * (parts - 1) + 20), **more)

    def claim(self, link: str = "a", limit: int = 100, owner: str = "") -> list[Claimed]:
        return self.run(lambda books: books.outbox.claim(link, link, owner or self.owner, limit))

    def answer(self, *attempts: Attempt, link: str = "a", uncertain: Uncertain = Uncertain.RESEND) -> list[Any]:
        def work(books: Any) -> list[Any]:
            return record(books, attempts, link=link, uncertain=uncertain)

        settled = self.run(work)
        self.told += settled
        return settled

    def send(self, message: Claimed, *outcomes: Outcome | str, link: str = "a", **more: Any) -> list[Any]:
        """Answer every open segment of a claimed message; a text is the id under which it was accepted."""
        return self.answer(attempt(message, *outcomes), link=link, **more)

    def report(self, *reports: tuple[str, str], link: str = "a", recipient: str = PHONE) -> list[Any]:
        settled = self.run(lambda books: books.reports.file(link, link, reports_of(reports, recipient)))
        self.told += settled
        return settled

    # --- questions ----------------------------------------------------------------------------------------------

    def row(self, message_id: int) -> Any:
        found = self.ask(lambda books: books.outbox.get(message_id))
        if found is None:
            raise NotFound(str(message_id))
        return found

    def state(self, message_id: int) -> str:
        return str(self.row(message_id)["state"])

    def segment_states(self, message_id: int) -> list[str]:
        return [row["state"] for row in self.ask(lambda books: books.outbox.segments_of([message_id]))]

    def steps(self, subject_id: int) -> list[str]:
        return [step.step for step in self.ask(lambda books: books.timeline.of([subject_id]))[subject_id]]

    def bill(self, message_id: int) -> list[int]:
        """Segments billed, in order."""
        return sorted(
            self.ask(
                lambda b: b.tx.read(sa.select(ledger.c.segment).where(ledger.c.message_id == message_id)).scalars()
            )
        )

    def everything(self) -> dict[int, Any]:
        return {row.id: row for row in self.ask(lambda books: books.tx.read(sa.select(outbox)).all())}

    def all_segments(self) -> list[Any]:
        return list(self.ask(lambda books: books.tx.read(sa.select(segments)).all()))


def attempt(message: Claimed, *outcomes: Outcome | str) -> Attempt:
    """A claimed message with an answer for each of its open segments."""
    answers = []
    for number, outcome in zip(message.open_numbers, outcomes, strict=True):
        if isinstance(outcome, Outcome):
            answers.append(Answer(number, outcome, code=outcome.value))
        else:
            answers.append(Answer(number, Outcome.ACCEPTED, (outcome,)))
    return Attempt(message, tuple(answers))


def record(
    books: Any, attempts: Iterable[Attempt], *, link: str = "a", uncertain: Uncertain = Uncertain.RESEND
) -> list[MessageSettled]:
    """What a lane does with answers: write them, then look for reports that were faster."""
    attempts = list(attempts)
    settled: list[MessageSettled] = books.outbox.record(
        link,
        link,
        attempts,
        uncertain=uncertain,
        uncertain_wait_s=60,
        price=lambda recipient: 5,
    )
    ids = [carrier_id for a in attempts for answer in a.answers for carrier_id in answer.carrier_ids]
    return settled + books.reports.settle_parked(link, ids)


def reports_of(pairs: Iterable[tuple[str, str]], recipient: str = PHONE) -> list[DeliveryReport]:
    """Reports from (carrier's id, state)."""
    return [DeliveryReport(an_id, ReportState(state), state.upper(), recipient.lstrip("+")) for an_id, state in pairs]


def look_after(books: Any, link: str, policy: Uncertain) -> None:
    """What the dispatcher does with UNCERTAIN messages whose time has come."""
    for message in books.outbox.uncertain_due(link):
        settled = None
        if message.segments == 1:
            settled = books.reports.adopt_for(message.id, link, message.recipient, message.created_ms)
        if settled is None:
            settled = books.outbox.settle_uncertain(message, policy)
        books.tell_owners(settled)


__all__ = [
    "PHONE",
    "START_MS",
    "Bench",
    "Outcome",
    "Priority",
    "Purpose",
    "State",
    "StoppedClock",
    "Uncertain",
    "attempt",
    "look_after",
    "record",
    "reports_of",
]
