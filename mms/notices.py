"""Mails told by MMS (mission A3): more of the words than an SMS holds, and the first pictures. Small.

Whether a phone takes it turns out when the MMS is prepared; until then the SMS that says the same lies beside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final, Protocol

from gateway.core.mms import NewMms
from gateway.core.outbox import Purpose
from gateway.core.ports import Books
from mms.assembly import assemble
from mms.card_letters import letter_of
from mms.cards_on_mail import CardOnMail, cards_of, may_carry_cards
from mms.config import MmsConfig
from mms.content import Content, Medium, Part, Slide
from mms.letters import Letter, write_letter
from mms.mail_mapping.reading import mms_of_mail
from mms.terms import MessageClass, MmsHeaders

#: Pictures of a mail that are shown, and octets of them that are taken along.
MAX_PICTURES: Final = 3
MAX_PICTURE_OCTETS: Final = 8 << 20
#: Seconds in which the phone must have it; then an SMS says the same.
VALIDITY_S: Final = 21_600
#: Seconds in which a card must have reached its phone.
CARD_VALIDITY_S: Final = 604_800
#: The screen a letter is laid out for before anybody knows the phone.
SCREEN: Final = (640, 480)
STEP: Final = "notice"


class Telling(Protocol):
    """What is to be told."""

    @property
    def account_id(self) -> int: ...
    @property
    def mail_id(self) -> int: ...
    @property
    def from_name(self) -> str: ...
    @property
    def from_address(self) -> str: ...
    @property
    def subject(self) -> str: ...
    @property
    def text(self) -> str: ...
    @property
    def sms(self) -> str: ...
    @property
    def mail(self) -> bytes: ...
    @property
    def is_sent(self) -> bool: ...


class MmsNotices:
    """Tells mails by MMS."""

    def __init__(self, config: MmsConfig) -> None:
        self._config = config

    def tell(self, telling: Telling, phones: Sequence[tuple[str, str]], books: Books) -> list[int]:
        """Queue the notice of a mail for phones, or the cards on it where a member sent it.

        `phones` are (number, sender shown). Returns a message for each: of several cards the first.
        """
        if telling.is_sent and may_carry_cards(telling.mail):
            on_mail = cards_of(telling.mail)
            for reason in on_mail.refused:
                books.timeline.step(telling.mail_id, STEP, f"a card was left out: {reason}")
            sent = [self._send(self._card(one, telling, books), telling, phones, books) for one in on_mail.cards]
            if sent:
                return sent[0]
        return self._send(self._notice(telling, books), telling, phones, books)

    def _send(self, letter: Letter, telling: Telling, phones: Sequence[tuple[str, str]], books: Books) -> list[int]:
        data = write_letter(letter)
        blob = books.keep(data)
        is_card = letter.source is not None
        return [
            books.mms.add(
                NewMms(
                    recipient=number,
                    letter=blob,
                    size_octets=len(data),
                    purpose=Purpose.CARD if is_card else Purpose.NOTICE,
                    subject=letter.subject,
                    account_id=telling.account_id,
                    sender=sender,
                    from_name=telling.from_name,
                    validity_s=CARD_VALIDITY_S if is_card else VALIDITY_S,
                    mail_id=telling.mail_id,
                    instead="" if is_card else telling.sms,
                )
            )
            for number, sender in phones
        ]

    def _notice(self, telling: Telling, books: Books) -> Letter:
        content = shown(telling.text, mms_of_mail(telling.mail).content.parts)
        return Letter(
            subject=telling.subject,
            sender=telling.from_address or telling.from_name,
            recipients=(),
            body=assemble(content, screen=SCREEN),
            date_ms=books.now_ms,
            message_id=f"<{books.new_id()}.notice@mms.caiyou.invalid>",
            mms=MmsHeaders(message_class=MessageClass.INFORMATIONAL),
        )

    def _card(self, one: CardOnMail, telling: Telling, books: Books) -> Letter:
        return letter_of(
            one.card,
            sender=telling.from_address or telling.from_name,
            recipients=(),
            date_ms=books.now_ms,
            message_id=f"<{books.new_id()}.card@mms.caiyou.invalid>",
            media=one.media,
        )


def shown(text: str, parts: Iterable[Part]) -> Content:
    """The words with the first pictures: the first above the words, each other on a page of its own."""
    pictures: list[Part] = []
    room = MAX_PICTURE_OCTETS
    for part in parts:
        if part.medium is Medium.IMAGE and not part.is_locked and len(part.data) <= room:
            room -= len(part.data)
            pictures.append(replace(part, name=f"picture{len(pictures) + 1}", content_id=""))
            if len(pictures) == MAX_PICTURES:
                break
    words = Part("text/plain", text.encode("utf-8", "replace"), "notice.txt", "", "utf-8")
    first = Slide(pictures[0].name if pictures else "", words.name)
    return Content((words, *pictures), (first, *(Slide(one.name) for one in pictures[1:])))
