"""Mails told by MMS: what the MMS shows, one body for many phones, cards on it, and the SMS where no phone takes it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gateway.core.events import MessageSettled
from gateway.core.mms import Way
from gateway.core.outbox import Kind, Purpose, State
from gateway.core.routing import LinkFacts, Route
from gateway.journal import Journal
from gateway.preparer import NO_MMS, Preparer
from gateway.store.database import Store, StoreConfig, create_tables, open_store
from mail2sms.by_mms import Telling
from mms.assembly import content_of, text_of_part
from mms.cards.card import Card
from mms.config import MmsConfig
from mms.content import Content, Medium
from mms.fitting import Fitted, FittingJob, MessageRefused
from mms.handsets.evidence import Stated
from mms.letters import Letter, read_letter
from mms.notices import MAX_PICTURES, MmsNotices
from mms.outcome import Outcome
from mms.pickup import Mailboxes
from mms.terms import MessageClass
from tests.fakes.desk import PHONE, Bench
from tests.fakes.media import jpeg
from tests.unit.mms.test_cards_on_mail import BUSINESS, GREETING, mail
from tests.unit.mms.test_phone_mms import pictured

OTHER = "+8613900139000"
CONFIG = MmsConfig(unknown_phones=Way.MMS)


class Pool:
    """Fits at once, or refuses."""

    def __init__(self) -> None:
        self.jobs: list[FittingJob] = []
        self.refuses = False

    async def fit(self, job: FittingJob) -> Fitted:
        self.jobs.append(job)
        if self.refuses:
            raise MessageRefused("nothing this phone shows")
        return Fitted(b"pdu", "[]", "as it is")

    async def close(self) -> None:
        pass


class Table(Bench):
    """A desk that tells mails by MMS."""

    def __post_init__(self) -> None:
        self.mailboxes = Mailboxes(CONFIG, lambda pin: pin, "")
        self.reactions = {MessageSettled: (Outcome(self.mailboxes).settled,)}
        super().__post_init__()
        self.router.set_routes([Route("", "m"), Route("", "a")])
        self.router.set_link("m", LinkFacts(up=True, mms=True))
        self.pool = Pool()
        self.preparer = Preparer(self.desk, Journal(), CONFIG, self.mailboxes, self.pool, owner=self.owner)

    def tell(self, data: bytes, *numbers: str, is_sent: bool = False) -> list[int]:
        telling = Telling(
            account_id=1, mail_id=77, from_name="安娜", from_address="ann@hub.cn", subject="安娜的邮件",
            text="安娜 12:00 看：我们在海边", sms="【彩邮】安娜 12:00 看", mail=data, is_sent=is_sent,
        )  # fmt: skip
        phones = [(number, "106501") for number in numbers or (PHONE,)]
        return self.run(lambda books: MmsNotices(CONFIG).tell(telling, phones, books))

    def facts(self, message_id: int) -> Any:
        return self.ask(lambda books: books.mms.facts([message_id]))[message_id]

    def letter(self, message_id: int) -> Letter:
        return read_letter(self.desk.blobs.get(self.facts(message_id)["letter"]))

    def sms(self, number: str = PHONE) -> list[Any]:
        rows = self.ask(lambda books: [books.outbox.get(one) for one in books.outbox.to_number(number)])
        return [row for row in rows if row is not None and row["kind"] == Kind.SMS]

    async def prepare(self) -> None:
        for message in self.run(lambda books: books.mms.claim(self.owner, 10, 60)):
            await self.preparer.prepare(message)


@pytest.fixture
def table(store: Store) -> Iterator[Table]:
    made = Table(store)
    yield made
    made.close()


@pytest.fixture
async def running(tmp_path: Path) -> Any:
    """One whose preparer may be awaited."""
    store = open_store(StoreConfig(data_dir=str(tmp_path / "data")))
    create_tables(store)
    made = Table(store)
    yield made
    await made.desk.close()


def pictures(content: Content) -> list[bytes]:
    return [part.data for part in content.parts if part.medium is Medium.IMAGE]


def test_it_shows_the_words_under_the_first_pictures(table: Table) -> None:
    photos = [jpeg((40 + n, 30)) for n in range(MAX_PICTURES + 2)]
    (message_id,) = table.tell(pictured(mail("正文"), *((f"{n}.jpg", one) for n, one in enumerate(photos))))
    row, letter = table.row(message_id), table.letter(message_id)
    assert (row["purpose"], row["sender"], row["mail_id"], row["account_id"]) == (Purpose.NOTICE, "106501", 77, 1)
    assert letter.mms.message_class is MessageClass.INFORMATIONAL
    content = content_of(letter.body)
    assert pictures(content) == photos[:MAX_PICTURES]
    first, *others = content.slides
    words = content.part(first.text)
    assert words is not None
    assert text_of_part(words) == "安娜 12:00 看：我们在海边"
    assert first.visual
    assert [bool(one.visual) for one in others] == [True] * (MAX_PICTURES - 1)


def test_without_pictures_it_is_words(table: Table) -> None:
    (message_id,) = table.tell(mail("正文").as_bytes())
    content = content_of(table.letter(message_id).body)
    assert [part.medium for part in content.parts] == [Medium.TEXT]


def test_many_phones_share_one_body(table: Table) -> None:
    first, second = table.tell(pictured(mail("正文"), ("a.jpg", jpeg((40, 30)))), PHONE, OTHER)
    assert table.facts(first)["letter"] == table.facts(second)["letter"]
    assert table.letter(first).recipients == ()


def test_cards_go_out_as_they_are_when_a_member_sent_them(table: Table) -> None:
    data = mail("附上", GREETING, BUSINESS, Card("no-such", "zh")).as_bytes()
    (message_id,) = table.tell(data, is_sent=True)
    row = table.row(message_id)
    assert (row["purpose"], table.facts(message_id)["instead"]) == (Purpose.CARD, "")
    ids = table.ask(lambda books: books.outbox.to_number(PHONE))
    sources = [Card.from_json(table.letter(one).source or b"") for one in sorted(ids)]
    assert sources == [GREETING, BUSINESS]
    (arrived,) = table.tell(data)
    assert table.row(arrived)["purpose"] == Purpose.NOTICE


async def test_a_phone_that_shows_mms_gets_it_small(running: Table) -> None:
    (message_id,) = running.tell(mail("正文").as_bytes())
    await running.prepare()
    assert running.row(message_id)["link"] == "m"
    assert running.pool.jobs[0].max_octets == CONFIG.notice_octets
    assert running.sms() == []


async def test_a_phone_that_shows_none_gets_the_sms_and_no_mailbox(running: Table) -> None:
    running.run(lambda books: books.handsets.learn(PHONE, Stated(books.now_ms, "nokia-3310")))
    (message_id,) = running.tell(mail("正文").as_bytes())
    await running.prepare()
    row = running.row(message_id)
    assert (row["state"], row["code"]) == (State.FAILED, NO_MMS)
    (sms,) = running.sms()
    assert (sms["text"], sms["purpose"], sms["mail_id"], sms["account_id"]) == (
        "【彩邮】安娜 12:00 看", Purpose.NOTICE, 77, 1
    )  # fmt: skip
    assert (sms["asked_sender"] or sms["sender"]) == "106501"
    assert running.ask(lambda books: books.pickups.of_number(PHONE)) is None
    assert any("no MMS" in one.detail for one in running.ask(lambda books: books.timeline.of([77]))[77])


async def test_one_that_cannot_be_fitted_is_told_by_sms(running: Table) -> None:
    running.pool.refuses = True
    running.tell(mail("正文").as_bytes())
    await running.prepare()
    assert len(running.sms()) == 1


def test_one_the_phone_refused_is_told_by_sms_once(table: Table) -> None:
    (message_id,) = table.tell(mail("正文").as_bytes())
    event = MessageSettled(message_id, 1, State.FAILED, "4444")
    for _ in range(2):
        table.run(lambda books: Outcome(table.mailboxes).settled(event, books))
    assert len(table.sms()) == 1


def test_a_phone_that_said_stop_meanwhile_is_told_nothing(table: Table) -> None:
    (message_id,) = table.tell(mail("正文").as_bytes())
    table.run(lambda books: books.stops.stop(PHONE, "TD"))
    event = MessageSettled(message_id, 1, State.EXPIRED, "")
    table.run(lambda books: Outcome(table.mailboxes).settled(event, books))
    assert table.sms() == []
