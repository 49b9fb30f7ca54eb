"""Mails to phones as MMS: pictures, cards, both; what stays an SMS; which message has the key of the day's limit."""

from __future__ import annotations

import email.policy
from collections.abc import Iterator
from email.message import EmailMessage

import pytest

from gateway.core.events import PhoneMailArrived
from gateway.core.outbox import Purpose
from gateway.store.database import Store
from mms.assembly import content_of
from mms.cards.card import Card
from mms.config import MmsConfig
from mms.letters import Letter, read_letter
from mms.phone_mail import PhoneMms
from tests.fakes.desk import PHONE, Bench
from tests.fakes.media import jpeg
from tests.unit.mms.test_cards_on_mail import BUSINESS, GREETING, PHOTO, POSTCARD, letter, mail, with_letter

MAIL_ID = 77


class Table(Bench):
    """A desk where mails come for a phone."""

    def take(self, data: bytes, *, account_id: int = 1, config: MmsConfig = MmsConfig()) -> int | None:  # noqa: B008
        event = PhoneMailArrived(
            MAIL_ID, PHONE, "ann@hub.cn", "13800138000@hub.cn", account_id or None, data, self.clock.ms
        )
        return self.run(
            lambda books: PhoneMms(config).send(
                event, books, account_id=account_id, sender="1065", from_name="Ann", key="k 1"
            )
        )

    def sent(self) -> list[tuple[str, str | None, Letter]]:
        """(purpose, key, letter) of every MMS, in order."""

        def work(books: object) -> list[tuple[str, str | None, Letter]]:
            found = []
            for one in sorted(books.outbox.to_number(PHONE)):  # type: ignore[attr-defined]
                row, facts = books.outbox.get(one), books.mms.facts([one])[one]  # type: ignore[attr-defined]
                found.append((row["purpose"], row["key"], read_letter(self.desk.blobs.get(facts["letter"]))))
            return found

        return self.ask(work)


@pytest.fixture
def table(store: Store) -> Iterator[Table]:
    made = Table(store)
    yield made
    made.close()


def pictured(message: EmailMessage, *pictures: tuple[str, bytes]) -> bytes:
    for name, data in pictures:
        message.add_attachment(data, maintype="image", subtype="jpeg", filename=name)
    return message.as_bytes()


def test_words_alone_stay_an_sms(table: Table) -> None:
    assert table.take(mail().as_bytes()) is None
    assert table.sent() == []


def test_a_photo_is_an_mms_with_its_words(table: Table) -> None:
    photo = jpeg((90, 70))
    message_id = table.take(pictured(mail("看"), ("a.jpg", photo)))
    ((purpose, key, sent),) = table.sent()
    assert message_id is not None
    assert (purpose, key, sent.subject) == (Purpose.PHONE_MAIL, "k 1", "节日快乐")
    content = content_of(sent.body)
    assert [part.data for part in content.parts if part.media_type == "image/jpeg"] == [photo]
    assert any("看".encode() in part.data for part in content.parts)


def test_switched_off_everything_stays_an_sms(table: Table) -> None:
    data = pictured(mail("看", GREETING), ("a.jpg", jpeg((90, 70))))
    assert table.take(data, config=MmsConfig(from_mail=False)) is None
    assert table.sent() == []


def test_cards_alone_are_the_mail(table: Table) -> None:
    assert table.take(mail("", GREETING, BUSINESS).as_bytes()) is not None
    assert [(purpose, key) for purpose, key, _ in table.sent()] == [(Purpose.CARD, "k 1"), (Purpose.CARD, None)]
    assert [Card.from_json(one.source or b"") for _, _, one in table.sent()] == [GREETING, BUSINESS]


def test_words_beside_cards_are_left_to_the_sms(table: Table) -> None:
    assert table.take(mail("附上贺卡", GREETING).as_bytes()) is None
    assert [(purpose, key) for purpose, key, _ in table.sent()] == [(Purpose.CARD, None)]


def test_a_card_its_photo_and_another_photo(table: Table) -> None:
    other = jpeg((120, 70))
    table.take(pictured(mail("看", POSTCARD), ("我.jpg", PHOTO), ("b.jpg", other)))
    (card, _, drawn), (purpose, key, rest) = table.sent()
    assert (card, purpose, key) == (Purpose.CARD, Purpose.PHONE_MAIL, "k 1")
    assert [part.data for part in drawn.body.parts if part.name == "我.jpg"] == [PHOTO]
    assert [part.data for part in rest.body.parts if part.media_type == "image/jpeg"] == [other]


def test_a_card_from_a_mailbox_attached_or_sent_itself(table: Table) -> None:
    table.take(with_letter(letter(GREETING)))
    table.take(letter(BUSINESS))
    assert [Card.from_json(one.source or b"") for _, _, one in table.sent()] == [GREETING, BUSINESS]


def test_the_words_of_an_attached_card_are_not_those_of_the_mail(table: Table) -> None:
    message = mail("")
    message.add_attachment(email.message_from_bytes(letter(GREETING), policy=email.policy.SMTP))
    assert table.take(message.as_bytes()) is not None
    assert [purpose for purpose, _, _ in table.sent()] == [Purpose.CARD]


def test_strangers_send_one_card_with_a_mail(table: Table) -> None:
    table.take(mail("", GREETING, BUSINESS).as_bytes(), account_id=0)
    assert [(purpose, key) for purpose, key, _ in table.sent()] == [(Purpose.CARD, "k 1")]


def test_a_card_that_cannot_be_sent_is_in_the_story(table: Table) -> None:
    assert table.take(mail("看", Card("no-such", "zh")).as_bytes()) is None
    assert table.sent() == []
    steps = table.ask(lambda books: books.timeline.of([MAIL_ID]))[MAIL_ID]
    assert any("no-such" in one.detail for one in steps)
