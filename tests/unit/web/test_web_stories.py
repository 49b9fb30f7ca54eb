"""Stories from the books, and the words they are told in."""

from __future__ import annotations

from datetime import UTC
from pathlib import Path

import pytest
import sqlalchemy as sa

from gateway import stories_text
from gateway.core.attempts import Answer, Attempt
from gateway.core.ids import LAST_ID, IdSource, first_id_at
from gateway.core.messages import Concat, DeliveryReport, IncomingSms, Outcome, ReportState
from gateway.core.outbox import NewSms, Purpose, Uncertain
from gateway.core.routing import LinkFacts, Route, Router
from gateway.core.stories import Step, Story
from gateway.core.text import Alphabet
from gateway.journal import Journal
from gateway.mail.facts import read_facts
from gateway.store.blobs import Blobs
from gateway.store.database import Store
from gateway.store.desk import Desk
from gateway.store.listings import Listings
from gateway.store.stories import Stories

NUMBER = "+8613800138000"
START_MS = 1_750_000_000_000
_FAIL = sa.text("UPDATE outbox SET state = 'failed' WHERE id = :id")


class Clock:
    """A clock that is a second later each time it is told so."""

    def __init__(self) -> None:
        self.now_ms = START_MS

    def __call__(self) -> int:
        return self.now_ms


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def desk(store: Store, tmp_path: Path, clock: Clock) -> Desk:
    router = Router()
    router.set_routes([Route("", "sim")])
    router.set_link("sim", LinkFacts(up=True))
    return Desk(
        store, Blobs(tmp_path), router, Journal(),
        new_id=IdSource(clock), now_ms=clock, read_facts=read_facts, reactions={},
    )  # fmt: skip


def send(desk: Desk, text: str = "hello", **more: object) -> int:
    sms = NewSms(recipient=NUMBER, text=text, purpose=Purpose.API, **more)  # type: ignore[arg-type]
    return desk.run_now(lambda books: books.outbox.add(sms))


def test_the_story_of_a_long_sms(desk: Desk, clock: Clock) -> None:
    message_id = send(desk, "字" * 100, tag="t")
    clock.now_ms += 1000
    (claimed,) = desk.run_now(lambda books: books.outbox.claim("sim", "sim", "me", 10))
    attempts = [Attempt(claimed, tuple(Answer(n, Outcome.ACCEPTED, (f"A{n}",)) for n in (1, 2)))]
    clock.now_ms += 1000
    desk.run_now(
        lambda books: books.outbox.record(
            "sim", "sim", attempts, uncertain=Uncertain.RESEND, uncertain_wait_s=60, price=lambda number: 0
        )
    )
    clock.now_ms += 1000
    reports = [DeliveryReport("A2", ReportState.FAILED, "UNDELIV", NUMBER)]
    desk.run_now(lambda books: books.reports.file("sim", "sim", reports))
    story = desk.read_now(lambda books: Stories(books.tx).of(message_id))
    assert story is not None
    assert (story.kind, story.state, story.facts["account"]) == ("sms", "failed", "the hub")
    assert "text" not in story.facts
    assert [step.at_ms for step in story.steps] == sorted((step.at_ms for step in story.steps), reverse=True)
    assert story.steps[-1].step == "queued"
    assert [(part["number"], part["carrier_id"], len(part["reports"])) for part in story.segments] == [
        (1, "A1", 0),
        (2, "A2", 1),
    ]
    assert desk.read_now(lambda books: Stories(books.tx).of(5)) is None
    words = stories_text.render(story, UTC)
    assert "it will not arrive" in words
    assert "report: failed (UNDELIV)" in words
    assert "2025-06-15 15:06:43.000+00:00" in words
    assert NUMBER not in words
    assert "+86138****8000" in words
    assert NUMBER in stories_text.render(story, UTC, reveal=True)


def test_all_that_passed_with_a_number(desk: Desk, clock: Clock) -> None:
    first = send(desk, "one")
    clock.now_ms += 1000
    parts = [
        IncomingSms("", NUMBER, "8878", text, Alphabet.UCS2, Concat(7, 2, number))
        for number, text in ((2, "world"), (1, "hello "))
    ]
    for part in parts:
        desk.run_now(lambda books, part=part: books.inbox.file("sim", "sim", part, NUMBER))  # type: ignore[misc]
    clock.now_ms += 1000
    last = send(desk, "two")
    stories = desk.read_now(lambda books: Stories(books.tx, with_texts=True).of_number(NUMBER))
    assert [(story.kind, story.facts["text"]) for story in stories] == [
        ("sms", "two"),
        ("incoming", "hello world"),
        ("sms", "one"),
    ]
    assert (stories[0].subject_id, stories[2].subject_id) == (last, first)
    assert len(stories[1].related) == 2
    text = stories_text.render_all(stories, UTC)
    assert text.count("\n\n") == 2
    assert "hello world" not in text
    assert "hello world" in stories_text.render_all(stories, UTC, reveal=True)


def test_the_story_of_a_mail(desk: Desk) -> None:
    desk.run_now(lambda books: books.accounts.add_domain("example.org"))
    desk.run_now(lambda books: books.accounts.add("ann@example.org"))
    data = b"From: bob@example.net\r\nTo: ann@example.org\r\nSubject: secret\r\n\r\nwords\r\n"
    mail_id = desk.run_now(
        lambda books: books.send_mail(
            data, sender="bob@example.net", recipients=["ann@example.org", "carl@example.com"]
        )
    )
    told = send(desk, "a mail came", mail_id=mail_id)
    story = desk.read_now(lambda books: Stories(books.tx).of(mail_id))
    assert story is not None
    assert (story.kind, story.state, story.related) == ("mail", "filed", (told,))
    assert [part["to"] for part in story.segments] == ["carl@example.com"]
    assert "subject" not in story.facts
    assert "sent on to carl@example.com: queued" in stories_text.render(story, UTC)
    sms = desk.read_now(lambda books: Stories(books.tx).of_sms(told))
    assert sms is not None
    assert sms.related == (mail_id,)


def test_a_number_within_words_is_masked() -> None:
    story = Story(7, "sms", "queued", {"to": NUMBER}, (Step(START_MS, "routed", "to 13800138000 and +14155550100"),))
    words = stories_text.render(story, UTC)
    assert "138****8000" in words
    assert "13800138000" not in words
    assert "+14155550100" not in words


def test_a_state_of_another_version_is_told_all_the_same() -> None:
    assert "does not know" in stories_text.render(Story(7, "sms", "odd", {}, ()), UTC)


def test_failures_are_found_newest_first(desk: Desk) -> None:
    ids = [send(desk, str(place), validity_s=1) for place in range(3)]
    desk.run_now(lambda books: books.outbox.cancel(ids[1]))
    for message_id in (ids[0], ids[2]):
        desk.run_now(
            lambda books, message_id=message_id: books.tx.execute(  # type: ignore[misc]
                _FAIL, {"id": message_id}
            )
        )
    found = desk.read_now(lambda books: Listings(books.tx).failures())
    assert [row["id"] for row in found] == [ids[2], ids[0]]


def test_ids_of_a_moment() -> None:
    source = IdSource(lambda: START_MS)
    assert first_id_at(START_MS) <= source() < first_id_at(START_MS + 1)
    assert first_id_at(0) == 0
    assert first_id_at(10**15) == LAST_ID
