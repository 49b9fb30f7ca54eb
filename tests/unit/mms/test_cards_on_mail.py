"""Cards that mails carry: as sources, as mails, the mail itself; what cannot be sent is named."""

from __future__ import annotations

import email.policy
from email.message import EmailMessage

import pytest

from mms.card_letters import letter_of
from mms.cards.card import MEDIA_TYPE, Card
from mms.cards.catalogue import template
from mms.cards_on_mail import MAX_CARDS, cards_of, may_carry_cards
from mms.content import Part
from mms.letters import write_letter
from tests.fakes.media import jpeg

GREETING = template("mid-autumn").example("zh")
BUSINESS = template("business-plain").example("en")
PHOTO = jpeg((80, 60))
POSTCARD = Card(GREETING.template, "zh", GREETING.fields, photo="我.jpg")


def mail(text: str = "你好", *cards: Card) -> EmailMessage:
    message = EmailMessage(policy=email.policy.SMTP)
    message["From"], message["To"], message["Subject"] = "ann@hub.cn", "bob@hub.cn", "节日快乐"
    message.set_content(text)
    for card in cards:
        attach(message, card.to_json())
    return message


def attach(message: EmailMessage, source: bytes) -> None:
    maintype, _, subtype = MEDIA_TYPE.partition("/")
    message.add_attachment(source, maintype=maintype, subtype=subtype, filename="card.json")


def letter(card: Card, *media: Part) -> bytes:
    return write_letter(
        letter_of(card, sender="ann@hub.cn", recipients=(), date_ms=1_772_323_200_000, message_id="<1@hub.cn>",
                  media=media)
    )  # fmt: skip


def with_letter(*letters: bytes) -> bytes:
    message = mail()
    for one in letters:
        message.add_attachment(email.message_from_bytes(one, policy=email.policy.SMTP))
    return message.as_bytes()


def test_a_mail_without_cards_is_not_read() -> None:
    assert not may_carry_cards(mail().as_bytes())
    assert cards_of(mail().as_bytes()).cards == ()


def test_sources_come_in_their_order() -> None:
    data = mail("你好", GREETING, BUSINESS).as_bytes()
    assert may_carry_cards(data)
    assert [one.card for one in cards_of(data).cards] == [GREETING, BUSINESS]


def test_a_photo_goes_with_the_card_that_names_it() -> None:
    message = mail("你好", POSTCARD, GREETING)
    message.add_attachment(PHOTO, maintype="image", subtype="jpeg", filename="我.jpg")
    pictured, plain = cards_of(message.as_bytes()).cards
    assert [part.data for part in pictured.media] == [PHOTO]
    assert plain.media == ()


def test_cards_of_a_mailbox_are_attached_as_the_mails_they_are() -> None:
    data = with_letter(letter(GREETING), letter(POSTCARD, Part("image/jpeg", PHOTO, "我.jpg")))
    assert may_carry_cards(data)
    first, second = cards_of(data).cards
    assert (first.card, second.card) == (GREETING, POSTCARD)
    assert [part.data for part in second.media] == [PHOTO]


def test_the_mail_itself_may_be_the_card() -> None:
    data = letter(BUSINESS)
    assert may_carry_cards(data)
    assert [one.card for one in cards_of(data).cards] == [BUSINESS]


@pytest.mark.parametrize(
    "source",
    [
        b"{",
        b"",
        Card("no-such", "zh").to_json(),
        Card("business-plain", "zh").to_json(),
        POSTCARD.to_json(),
        b"[" * 9999,
    ],
)
def test_what_cannot_be_sent_is_named_and_the_others_go(source: bytes) -> None:
    message = mail()
    attach(message, source)
    attach(message, GREETING.to_json())
    found = cards_of(message.as_bytes())
    assert [one.card for one in found.cards] == [GREETING]
    assert len(found.refused) == 1
    assert found.refused[0]


def test_a_mail_carries_so_many_cards() -> None:
    found = cards_of(mail("你好", *[GREETING] * (MAX_CARDS + 3)).as_bytes())
    assert len(found.cards) == MAX_CARDS
    assert "3 more" in found.refused[0]


def test_other_mails_attached_are_no_cards() -> None:
    message = mail()
    message.add_attachment(mail("innen"))
    assert cards_of(message.as_bytes()) == cards_of(mail().as_bytes())
