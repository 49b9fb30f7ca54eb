"""Mail to a phone that carries pictures, sound, film or cards goes out as MMS (mission A5, C1)."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, replace
from typing import Final

from gateway.core.events import PhoneMailArrived
from gateway.core.mms import NewMms
from gateway.core.outbox import Purpose
from gateway.core.ports import Books
from mms.assembly import assemble, words_of
from mms.card_letters import letter_of
from mms.cards.card import MEDIA_TYPE
from mms.cards_on_mail import CardOnMail, cards_of, may_carry_cards
from mms.config import MmsConfig
from mms.content import Content, Medium
from mms.letters import Letter, is_letter, write_letter
from mms.mail_mapping.fields import Envelope, mms_headers
from mms.mail_mapping.reading import mms_of_mail
from mms.receipts import receipt_to
from mms.terms import MmsHeaders

#: The screen a letter is laid out for before anybody knows the phone.
SCREEN: Final = (640, 480)
_SHOWN: Final = frozenset({Medium.IMAGE, Medium.AUDIO, Medium.VIDEO})


@dataclass(frozen=True, slots=True)
class _From:
    """Who an MMS comes from."""

    account_id: int
    sender: str
    name: str


class PhoneMms:
    """Makes MMS of mails for phones."""

    def __init__(self, config: MmsConfig) -> None:
        self._config = config

    def send(
        self, event: PhoneMailArrived, books: Books, *, account_id: int, sender: str, from_name: str, key: str | None
    ) -> int | None:
        """Queue the MMS of a mail and of the cards on it; None where an SMS is to say its words.

        `sender` is the number the phone shows and answers to. The caller has checked the right to send. Of people who
        are no members one card of a mail is taken.
        """
        if not self._config.from_mail:
            return None
        cards, content, subject = self._read(event, books, of_member=bool(account_id))
        from_ = _From(account_id, sender, from_name)
        is_seen = has_media(content)
        # The key goes to what stands for the mail itself: its MMS, its SMS, else the first card.
        first_key = None if is_seen or has_words(content) else key
        sent = [
            self._queue(self._card(one, event, books), Purpose.CARD, from_, event, books, None if n else first_key)
            for n, one in enumerate(cards)
        ]
        if not is_seen:
            return sent[0] if sent and not has_words(content) else None
        letter = Letter(
            subject=subject,
            sender=event.envelope_sender,
            recipients=(event.number,),
            body=assemble(content, screen=SCREEN, charset=""),
            date_ms=event.received_ms or books.now_ms,
            message_id=_message_id("mms", event, books),
            mms=_asked(event, books),
        )
        return self._queue(letter, Purpose.PHONE_MAIL, from_, event, books, key)

    def _read(
        self, event: PhoneMailArrived, books: Books, *, of_member: bool
    ) -> tuple[tuple[CardOnMail, ...], Content, str]:
        """The cards on a mail, what else it shows, and its subject."""
        cards: tuple[CardOnMail, ...] = ()
        if may_carry_cards(event.content):
            on_mail = cards_of(event.content)
            cards = on_mail.cards if of_member else on_mail.cards[:1]
            for reason in on_mail.refused:
                books.timeline.step(event.mail_id, "left-out", f"a card: {reason}")
            if cards and is_letter(event.content):
                return cards, Content(()), ""
        made = mms_of_mail(event.content)
        for left_out in made.left_out[:20]:
            if left_out.media_type not in (MEDIA_TYPE, "message/rfc822"):
                detail = f"{left_out.media_type}, {left_out.size_octets} octets"
                books.timeline.step(event.mail_id, "left-out", detail)
        photos = {part.data for one in cards for part in one.media}
        texts = {one.text for one in cards if one.text}
        rest = tuple(
            part
            for part in made.content.parts
            if part.data not in photos and not (part.medium is Medium.TEXT and words_of(part) in texts)
        )
        return cards, replace(made.content, parts=rest), made.subject

    def _card(self, one: CardOnMail, event: PhoneMailArrived, books: Books) -> Letter:
        return letter_of(
            one.card,
            sender=event.envelope_sender,
            recipients=(event.number,),
            date_ms=event.received_ms or books.now_ms,
            message_id=_message_id("card", event, books),
            media=one.media,
        )

    def _queue(
        self,
        letter: Letter,
        purpose: Purpose,
        from_: _From,
        event: PhoneMailArrived,
        books: Books,
        key: str | None,
    ) -> int:
        data = write_letter(letter)
        return books.mms.add(
            NewMms(
                recipient=event.number,
                letter=books.keep(data),
                size_octets=len(data),
                purpose=purpose,
                subject=letter.subject,
                account_id=from_.account_id,
                sender=from_.sender,
                from_name=from_.name,
                mail_id=event.mail_id,
                want_read=letter.mms.read_report,
                key=key,
                tag=event.recipient[:128],
            )
        )


def has_media(content: Content) -> bool:
    """Whether there is anything to see or hear."""
    return any(part.medium in _SHOWN or part.is_locked for part in content.parts)


def has_words(content: Content) -> bool:
    """Whether it says anything."""
    return any(part.medium is Medium.TEXT and words_of(part) for part in content.parts)


def _asked(event: PhoneMailArrived, books: Books) -> MmsHeaders:
    """What the mail asks for that a phone knows: its priority, its class, word of reading."""
    now = datetime.datetime.fromtimestamp((event.received_ms or books.now_ms) / 1000, datetime.UTC)
    asked = mms_headers(event.content, Envelope(event.envelope_sender, (event.recipient,)), now)
    return MmsHeaders(
        message_class=asked.message_class,
        priority=asked.priority,
        read_report=bool(receipt_to(event.content, event.envelope_sender)),
    )


def _message_id(kind: str, event: PhoneMailArrived, books: Books) -> str:
    return f"<{books.new_id()}.{kind}@{event.recipient.rpartition('@')[2]}>"
