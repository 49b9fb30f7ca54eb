"""Those who make cards by SMS, and what they are told of them: by SMS, in the language they made it in."""

from __future__ import annotations

from typing import Final

from gateway.core.mms import AWAITED
from gateway.core.outbox import NewSms, Purpose
from gateway.core.ports import Books
from templates.engine import LANGUAGES, sms_texts

ARRIVED: Final = "card_delivered"
IN_MAILBOX: Final = "card_in_mailbox"
FAILED: Final = "card_failed"


def tag_of(number: str, language: str) -> str:
    """The tag of an MMS whose maker is to be told what becomes of it."""
    return f"{AWAITED}{number} {language}"


def tell(message_id: int, what: str, books: Books, *, signature: str | None) -> None:
    """Tell the maker of an MMS one of the above, once each; nothing where no maker waits or it wants no SMS.

    `signature` is what the text begins with, None for that of the language.
    """
    row = books.outbox.get(message_id)
    if row is None or not str(row["tag"]).startswith(AWAITED):
        return
    maker, _, language = str(row["tag"]).removeprefix(AWAITED).partition(" ")
    key = f"{what} {message_id}"
    if books.stops.among([maker]) or books.outbox.with_key(0, [key]):
        return
    texts = sms_texts(language if language in LANGUAGES else "zh")
    text = texts.render(
        what,
        signature=texts.render("signature") if signature is None else signature,
        recipient=row["recipient"].removeprefix("+86"),
    )
    books.outbox.add(NewSms(maker, text, Purpose.REPLY, sender=row["sender"], key=key))
    books.timeline.step(message_id, "outcome", "its maker was told by SMS")
