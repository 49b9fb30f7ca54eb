"""Cards as mails that keep them: a picture for any mail program, the source, and the photo as it came. Pure.

Who keeps one has the job done that draws its picture, and writes the letter from what came back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from gateway.core.errors import BadRequest
from mms.cards.card import Card
from mms.content import Part
from mms.drafts import Draft
from mms.fitting import FittingJob
from mms.handsets.catalogue import resolve
from mms.letters import read_letter, write_letter

#: Of the mail, in the books.
KIND: Final = "card"
#: Folder of cards where none is named.
FOLDER: Final = "Cards"
#: What the photo is called in a letter: no part that is drawn has such a name.
PHOTO: Final = "card-source-photo"
#: The handset for whose screen cards are drawn as mails.
_SCREEN: Final = "unknown"


def draft_to_keep(card: Card, photos: Sequence[Part], before: Draft | None = None) -> Draft:
    """The draft of a card and its photo; a card that names PHOTO and comes without takes that of `before`.

    Raises BadRequest.
    """
    if before is not None and not photos and card.photo == PHOTO:
        photos = before.parts
    if card.photo:
        if [part.name for part in photos] != [card.photo]:
            raise BadRequest("parts: the one part of a card is the photo it names")
        card, photos = replace(card, photo=PHOTO), (replace(photos[0], name=PHOTO),)
    return Draft(parts=tuple(photos), card=card)


def drawing_of(draft: Draft, *, sender: str, date_ms: int, letter_id: int, max_octets: int) -> FittingJob:
    """The job that draws the card; `sender` is a mail address. Raises BadRequest."""
    letter = draft.letter(sender=sender, recipients=(), date_ms=date_ms, letter_id=letter_id)
    return FittingJob(letter, resolve(_SCREEN), max_octets, "", "", date_ms, as_letter=True)


def kept_letter(draft: Draft, drawn: bytes, *, sender: str) -> bytes:
    """The letter that keeps the card, of what the job came to."""
    letter = read_letter(drawn)
    body = replace(letter.body, parts=(*letter.body.parts, *draft.parts))
    return write_letter(replace(letter, body=body), domain=sender.rpartition("@")[2])


def card_of(letter: bytes) -> Card:
    """What a card that is kept is made of. Raises BadRequest where the letter keeps none."""
    source = read_letter(letter).source
    if source is None:
        raise BadRequest("saved: this mail keeps no card")
    return Card.from_json(source)


def draft_of_card(letter: bytes) -> Draft:
    """The draft of a card that is kept, with its photo. Raises BadRequest where the letter keeps none."""
    kept, card = read_letter(letter), card_of(letter)
    photo = tuple(part for part in kept.body.parts if card.photo and part.name == card.photo)[:1]
    return Draft(subject=kept.subject, parts=photo, card=card)
