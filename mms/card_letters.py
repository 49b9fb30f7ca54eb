"""Cards as the letters they go out as: words that stand for the card, its photo, and its source.

The card is drawn for the phone it goes to, when that is known (`mms.letter_fitting`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from mms.cards import wording
from mms.cards.card import Card
from mms.content import Body, Part
from mms.letters import Letter

#: Units of the words that stand for a card.
MAX_WORDS: Final = 1_000


def letter_of(
    card: Card,
    *,
    sender: str,
    recipients: tuple[str, ...],
    date_ms: int,
    message_id: str,
    media: Sequence[Part] = (),
    subject: str = "",
) -> Letter:
    """The letter of a card; of `media` its photo goes along. Raises NotFound for its template."""
    words = Part("text/plain", wording.text(card, MAX_WORDS).encode(), "card.txt", "card", "utf-8")
    photo = [part for part in media if card.photo and part.name == card.photo][:1]
    return Letter(
        subject=subject or wording.subject(card),
        sender=sender,
        recipients=recipients,
        body=Body((words, *photo)),
        date_ms=date_ms,
        message_id=message_id,
        source=card.to_json(),
    )
