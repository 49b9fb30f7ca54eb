"""Cards made by SMS over the store: who is heard, who is told what, what a day may hold, and what time ends."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from gateway.core.errors import ConfigError
from gateway.core.events import MessageSettled, SmsReceived
from gateway.core.outbox import Kind, Purpose, State
from gateway.core.routing import LinkFacts, Route
from gateway.store.database import Store
from mms import makers
from mms.cards.card import Card
from mms.cards.catalogue import templates
from mms.config import MmsConfig
from mms.dialogue import card_by_sms
from mms.dialogue.card_by_sms import CardBySms
from mms.letters import read_letter
from mms.outcome import Outcome
from mms.pickup import Mailboxes, Waiting
from templates.engine import sms_texts
from tests.fakes.desk import Bench

ACCESS = "10657520"
MAKER, FRIEND = "+8613900139000", "+8613700137000"
CONFIG = MmsConfig(access_number=ACCESS, cards_per_day=2, page_url="https://c.example")
GREETING = next(place for place, look in enumerate(templates(), 1) if look.genre == "greeting")


class Table(Bench):
    """A desk at which phones make cards."""

    def __post_init__(self) -> None:
        self.cards = CardBySms(CONFIG, "")
        self.mailboxes = Mailboxes(CONFIG, lambda pin: f"hash of {pin}", "")
        self.reactions = {MessageSettled: (Outcome(self.mailboxes).settled,)}
        super().__post_init__()
        self.router.set_routes([Route("", "m"), Route("", "a")])
        self.router.set_link("m", LinkFacts(up=True, mms=True))
        self.run(lambda books: books.accounts.add_domain("x.example"))
        self.inbox_id = 0

    def say(self, text: str, *, sender: str = MAKER, to: str = ACCESS) -> bool:
        self.inbox_id += 1
        event = SmsReceived(self.inbox_id, "a", sender, to, text)
        self.clock.pass_s(1)
        return self.run(lambda books: self.cards.take(event, books))

    def said(self, number: str = MAKER) -> list[str]:
        """What a phone was told."""
        rows = self.ask(lambda books: [books.outbox.get(one) for one in books.outbox.to_number(number)])
        mine = [row for row in rows if row is not None and row["kind"] == Kind.SMS]
        return [row["text"] for row in sorted(mine, key=lambda row: row["id"])]

    def last(self) -> str:
        return self.said()[-1]

    def cards_for(self, number: str = FRIEND) -> list[int]:
        ids = self.ask(lambda books: books.outbox.to_number(number))
        return [one for one in ids if self.ask(lambda books, one=one: books.outbox.get(one))["kind"] == Kind.MMS]

    def make(self) -> None:
        """A whole greeting, with every field it may leave empty left empty."""
        look = templates()[GREETING - 1]
        example = look.example("zh")
        for text in ("8878", str(GREETING)):
            assert self.say(text)
        for field in look.fields:
            assert self.say(example.value(field.key) if field.required else "跳过")
        assert self.say(FRIEND)
        assert self.say("OK")


@pytest.fixture
def table(store: Store) -> Iterator[Table]:
    made = Table(store)
    yield made
    made.close()


def test_a_card_is_queued_as_a_letter_with_its_source(table: Table) -> None:
    table.make()
    (message_id,) = table.cards_for()
    row = table.ask(lambda books: books.outbox.get(message_id))
    assert row["purpose"] == Purpose.CARD
    facts = table.ask(lambda books: books.mms.facts([message_id]))[message_id]
    letter = read_letter(table.desk.blobs.get(facts["letter"]))
    assert letter.source is not None
    assert Card.from_json(letter.source).template == templates()[GREETING - 1].key
    assert letter.recipients == (FRIEND,)
    assert table.ask(lambda books: books.dialogues.of(MAKER)) is None


def test_every_answer_is_signed_in_its_language(table: Table) -> None:
    table.cards = CardBySms(CONFIG)
    for text in ("8878", str(GREETING), "什么都不是" * 30, "帮助", "取消"):
        table.say(text)
    assert all(said.startswith("【彩邮】") for said in table.said())
    table.say("card")
    assert table.last().startswith(sms_texts("en").render("signature"))


def test_every_sms_has_one_answer_and_strangers_to_cards_have_none(table: Table) -> None:
    assert not table.say("你好")
    assert not table.say("8878", sender="10086")
    assert table.said() == []
    table.make()
    assert len(table.said()) == table.inbox_id - 2


def test_the_number_for_cards_begins_with_any_word_and_answers_from_there(table: Table) -> None:
    assert table.say("你好", to=ACCESS + "8878")
    assert str(GREETING) in table.last()
    assert table.say(str(GREETING), to=ACCESS + "8878")
    rows = table.ask(lambda books: [books.outbox.get(one) for one in books.outbox.to_number(MAKER)])
    assert {row["asked_sender"] or row["sender"] for row in rows if row is not None} == {ACCESS + "8878"}
    assert table.say("取消", to=ACCESS + "8878")
    count = len(table.said())
    assert table.say("取消", to=ACCESS + "8878")
    assert len(table.said()) == count


def test_beginning_anew_asks_whether_to_go_on(table: Table) -> None:
    look = templates()[GREETING - 1]
    table.say("8878")
    table.say("贺卡")
    assert str(GREETING) in table.last()  # nothing was chosen: there is nothing to go on with
    table.say(str(GREETING))
    asked = table.last()
    table.say("8878")
    assert look.names["zh"] in table.last()
    table.say("啊")
    assert look.names["zh"] in table.last()
    table.say("1")
    assert table.last() == asked
    table.say("8878")
    table.say("8878")
    table.say("2")
    assert table.last() == table.said()[0]


def test_an_answer_to_a_mail_is_no_answer_to_us(table: Table) -> None:
    table.say("8878")
    asked = table.said()
    assert not table.say("好的，明天见", to=ACCESS + "07")
    assert table.said() == asked
    assert table.say("贺卡", to=ACCESS + "07")


def test_stop_words_win_and_end_it(table: Table) -> None:
    table.say("8878")
    assert not table.say("退订")
    assert table.ask(lambda books: books.dialogues.of(MAKER)) is None
    table.run(lambda books: books.stops.stop(MAKER, "退订"))
    assert not table.say("8878")


def test_nothing_goes_to_who_said_stop(table: Table) -> None:
    table.run(lambda books: books.stops.stop(FRIEND, "退订"))
    table.make()
    assert table.cards_for() == []
    assert FRIEND[3:] in table.last()
    assert table.ask(lambda books: books.dialogues.of(MAKER)) is None


def test_a_day_holds_so_many_cards(table: Table) -> None:
    for _ in range(3):
        table.make()
    assert len(table.cards_for()) == 2
    assert "明天" in table.last()
    table.clock.pass_s(86_400)
    table.make()
    assert len(table.cards_for()) == 3


def test_a_day_holds_so_many_answers(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(card_by_sms, "ANSWERS_PER_DAY", 4)
    for _ in range(6):
        assert table.say("8878")
    assert len(table.said()) == 4


def test_silence_ends_it_and_is_told_once(table: Table) -> None:
    table.say("8878")
    table.say(str(GREETING))
    table.clock.pass_s(CONFIG.dialogue_minutes * 60 - 1)
    assert not table.ask(table.cards.has_overdue)
    table.clock.pass_s(2)
    assert table.ask(table.cards.has_overdue)
    count = len(table.said())
    table.run(table.cards.give_up)
    table.run(table.cards.give_up)
    assert len(table.said()) == count + 1
    assert "8878" in table.last()
    assert not table.say("张三")


def test_a_dialogue_of_another_version_is_dropped(table: Table) -> None:
    table.say("8878")
    table.say(str(GREETING))

    def spoil(books: object) -> None:
        found = books.dialogues.of(MAKER)  # type: ignore[attr-defined]
        answers = {**found.answers, "template": "no-such-template"}
        books.dialogues.save(type(found)(**{  # type: ignore[attr-defined]
            name: answers if name == "answers" else getattr(found, name) for name in found.__slots__
        }))  # fmt: skip

    table.run(spoil)
    assert not table.say("张三")
    assert table.say("8878")


def test_the_maker_hears_where_the_card_went_each_once(table: Table) -> None:
    table.make()
    (message_id,) = table.cards_for()

    def file(books: object) -> None:
        (message,) = books.mms.claim("one", 1, 60)  # type: ignore[attr-defined]
        waiting = Waiting(
            message_id=message_id, number=FRIEND, letter=message.letter, data=b"x", from_name="", handset="unknown",
            why="no MMS",
        )  # fmt: skip
        assert table.mailboxes.file(waiting, books) is None  # type: ignore[arg-type]

    table.run(file)
    assert "网页" in table.last()
    for state in (State.FAILED, State.DELIVERED, State.DELIVERED):
        table.run(lambda books, state=state: makers.tell(
            message_id, makers.ARRIVED if state is State.DELIVERED else makers.FAILED, books, signature=""
        ))  # fmt: skip
    told = table.said()[-3:]
    assert ["网页" in told[0], "没有送达" in told[1], "已收到" in told[2]] == [True] * 3


def test_a_card_code_is_three_digits_at_least() -> None:
    MmsConfig(card_code="")
    for wrong in ("88", "card", "８８７８"):
        with pytest.raises(ConfigError):
            MmsConfig(card_code=wrong)
