"""Letters made into messages: a card is drawn for the very phone, its photo in it; a broken one is refused in words."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from mms.assembly import content_of
from mms.cards.card import Card
from mms.cards.catalogue import template
from mms.cards.composition import compose
from mms.codec.pdu import RetrieveConf, decode
from mms.content import Body, Content, Part
from mms.fitting import FittingJob, MessageRefused
from mms.handsets.catalogue import resolve
from mms.letter_fitting import fit_letter
from mms.letters import Letter, write_letter
from mms.media.fitting import HEADERS, HEADROOM
from tests.fakes.media import jpeg

#: 128 x 128 pixels.
SMALL = "nokia-6610"
ROOM = 30_000


def fitted(source: bytes, *parts: Part, handset: str = SMALL) -> Content:
    letter = Letter("贺卡", "+8613800138000", ("+8613900139000",), Body(parts), 1_772_323_200_000, "<a@b.example>",
                    source=source)  # fmt: skip
    job = FittingJob(
        letter=write_letter(letter), handset=resolve(handset), max_octets=ROOM, sender="10658000",
        recipient="+8613900139000", date_ms=1_772_323_200_000,
    )  # fmt: skip
    made = fit_letter(job)
    assert len(made.pdu) <= ROOM
    pdu = decode(made.pdu)
    assert isinstance(pdu, RetrieveConf)
    assert pdu.body is not None
    return content_of(pdu.body)


def pictures(content: Content) -> list[bytes]:
    return [part.data for part in content.parts if part.media_type.startswith("image/")]


WORDS = Part("text/plain", b"words", "card.txt", "card", "utf-8")


@pytest.mark.parametrize("key", ["spring-festival", "business-plain"])
def test_a_phone_of_128_pixels_gets_its_own_drawing(key: str) -> None:
    card = template(key).example("zh")
    handset = resolve(SMALL)
    assert handset.screen == (128, 128)
    drawn = compose(card, handset, int(ROOM * (1 - HEADROOM)) - HEADERS)
    got = pictures(fitted(card.to_json(), WORDS))
    assert got == pictures(drawn)
    assert all(max(Image.open(io.BytesIO(data)).size) <= 128 for data in got)


def test_the_photo_of_a_card_is_drawn_into_it() -> None:
    card = template("postcard").example("zh")
    with_photo = Card(card.template, card.language, card.fields, photo="me.jpg")
    photo = Part("image/jpeg", jpeg((800, 600)), "me.jpg")
    plain, pictured = pictures(fitted(card.to_json(), WORDS)), pictures(fitted(with_photo.to_json(), WORDS, photo))
    assert pictured
    assert pictured != plain


@pytest.mark.parametrize(
    "source", [b"{}", b"not json", Card("no-such", "zh").to_json(), Card("postcard", "zh", photo="gone.jpg").to_json()]
)
def test_what_is_no_card_is_refused_with_a_reason(source: bytes) -> None:
    with pytest.raises(MessageRefused, match=r"\w"):
        fitted(source, WORDS)
