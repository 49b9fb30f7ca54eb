"""The cards a mail carries: attached as sources, or as the mails they are in a mailbox; or the mail is one. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from gateway.core.errors import BadRequest, NotFound
from gateway.mail.mime.reader import MailContent, read_mail
from mms.cards.card import MAX_OCTETS, MEDIA_TYPE, Card
from mms.cards.catalogue import template
from mms.cards.fields import CardIncomplete, Problem
from mms.cards.texts import card_texts
from mms.content import Part
from mms.letters import is_letter, read_letter

#: Cards of one mail that are sent.
MAX_CARDS: Final = 5
#: Octets of an attached mail that is looked at.
MAX_LETTER: Final = 32 << 20


@dataclass(frozen=True, slots=True)
class CardOnMail:
    """A card and the photo it names, if it names one."""

    card: Card
    media: tuple[Part, ...] = ()
    #: What the mail says that it was attached as; a mail of no words of its own is taken to say it too.
    text: str = ""


@dataclass(frozen=True, slots=True)
class CardsOnMail:
    """The cards of a mail in its order, and for each that cannot be sent a sentence."""

    cards: tuple[CardOnMail, ...]
    refused: tuple[str, ...]


def may_carry_cards(data: bytes) -> bool:
    """Whether it is worth to read the mail for cards: it names one of the types they come as. Quick."""
    return MEDIA_TYPE.encode() in data or b"message/rfc822" in data.lower() or is_letter(data)


def cards_of(data: bytes) -> CardsOnMail:
    """The cards a mail carries, MAX_CARDS at most. Never raises."""
    found: list[CardOnMail] = []
    refused: list[str] = []
    if is_letter(data):
        _take_letter(data, found, refused)
        return CardsOnMail(tuple(found), tuple(refused))
    mail = read_mail(data)
    for attachment in mail.attachments:
        if attachment.type == MEDIA_TYPE:
            _take_source(attachment.content() if attachment.size_octets <= MAX_OCTETS else b"", mail, found, refused)
        elif attachment.type == "message/rfc822" and attachment.size_octets <= MAX_LETTER:
            letter = attachment.content()
            if is_letter(letter):
                _take_letter(letter, found, refused)
    if len(found) > MAX_CARDS:
        refused.append(f"{len(found) - MAX_CARDS} more than the {MAX_CARDS} a mail may carry")
    return CardsOnMail(tuple(found[:MAX_CARDS]), tuple(refused))


def _take_source(data: bytes, mail: MailContent, found: list[CardOnMail], refused: list[str]) -> None:
    try:
        card = _checked(data)
        media = tuple(
            Part(one.type, one.content(), one.name)
            for one in mail.attachments
            if card.photo and one.name == card.photo and one.type.startswith("image/")
        )[:1]
        _check_photo(card, media)
    except (BadRequest, NotFound) as error:
        refused.append(str(error))
        return
    found.append(CardOnMail(card, media))


def _take_letter(data: bytes, found: list[CardOnMail], refused: list[str]) -> None:
    try:
        letter = read_letter(data)
        if letter.source is None:
            return
        card = _checked(letter.source)
        media = tuple(part for part in letter.body.parts if card.photo and part.name == card.photo)[:1]
        _check_photo(card, media)
    except (BadRequest, NotFound) as error:
        refused.append(str(error))
        return
    found.append(CardOnMail(card, media, read_mail(data).text.strip()))


def _checked(source: bytes) -> Card:
    card = Card.from_json(source)
    template(card.template).check(card)
    return card


def _check_photo(card: Card, media: tuple[Part, ...]) -> None:
    if card.photo and not media:
        raise CardIncomplete([Problem("photo", card_texts(card.language).render("no_photo", name=card.photo))])
