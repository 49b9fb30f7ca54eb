"""An MMS as its sender wrote it, made into the letter that is sent; and cards as mails that keep them."""

from __future__ import annotations

import pytest

from gateway.core.errors import BadRequest
from mms.assembly import content_of
from mms.cards.card import Card
from mms.content import Part
from mms.drafts import Draft, DraftSlide, named
from mms.handsets.media_types import of_file
from mms.kept_cards import PHOTO, card_of, draft_of_card, draft_to_keep, drawing_of, kept_letter
from mms.letters import read_letter
from tests.fakes.media import jpeg

PICTURE = Part("image/jpeg", jpeg((40, 30)), "a.jpg")
SOUND = Part("audio/amr", b"#!AMR\n", "b.amr")
CARD = Card.of("business-plain", "zh", {"name": "王芳", "phone": "13800138000"})
SENDER = "ann@example.cn"


def letter_of(draft: Draft) -> bytes:
    return draft.letter(sender=SENDER, recipients=("+8613800138000",), date_ms=1_700_000_000_000, letter_id=7)


def test_words_stand_with_the_first_picture() -> None:
    letter = read_letter(letter_of(Draft("海边", "我们在海边。", (PICTURE, SOUND))))
    assert (letter.subject, letter.sender, letter.recipients) == ("海边", SENDER, ("+8613800138000",))
    (slide,) = content_of(letter.body).slides
    assert (bool(slide.visual), bool(slide.text), bool(slide.audio)) == (True, True, True)


def test_slides_stand_as_asked_for_and_the_rest_behind_them() -> None:
    second = Part("image/jpeg", PICTURE.data, "c.jpg")
    draft = Draft(parts=(PICTURE, second, SOUND), slides=(DraftSlide("一", "c.jpg", "b.amr", 9000), DraftSlide("二")))
    content = content_of(read_letter(letter_of(draft)).body)
    shown = [(slide.visual, slide.text, slide.audio) for slide in content.slides]
    assert shown == [("c.jpg", "slide-1.txt", "b.amr"), ("", "slide-2.txt", ""), ("a.jpg", "", "")]
    assert content.slides[0].duration_ms == 9000


def test_files_have_names_of_their_own_and_types_by_them() -> None:
    parts = named([Part("", b"x", "a.JPG"), Part("application/octet-stream", b"y", "a.JPG"), Part("image/gif", b"z")])
    assert [(part.name, part.media_type) for part in parts] == [
        ("a.JPG", "image/jpeg"),
        ("2-a.JPG", "image/jpeg"),
        ("part-3", "image/gif"),
    ]
    assert of_file("", "jpg") == of_file("", "a.exe") == "application/octet-stream"


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({}, "parts"),
        ({"subject": "x" * 201, "text": "x"}, "subject"),
        ({"text": "x" * 10_001}, "text"),
        ({"text": "x\udcff"}, "text"),
        ({"subject": "\x00", "text": "x"}, "subject"),
        ({"slides": (DraftSlide("x\x00"),)}, "text"),
        ({"text": "x", "slides": (DraftSlide("y"),)}, "text"),
        ({"slides": (DraftSlide(),)}, "slides"),
        ({"slides": (DraftSlide("x", duration_ms=499),)}, "slides"),
        ({"slides": (DraftSlide(visual="b.amr"),), "parts": (SOUND,)}, "slides"),
        ({"card": CARD, "parts": (PICTURE,)}, "parts"),
        ({"card": CARD, "text": "x"}, "card"),
    ],
)
def test_what_cannot_be_sent_names_its_field(wrong: dict[str, object], field: str) -> None:
    with pytest.raises(BadRequest) as caught:
        Draft(**wrong)  # type: ignore[arg-type]
    assert str(caught.value).startswith(f"{field}: ")


def test_a_card_keeps_its_photo_for_the_next_time() -> None:
    draft = draft_to_keep(Card.of("postcard", "en", {"from": "Ann"}, photo="a.jpg"), (PICTURE,))
    assert [part.name for part in draft.parts] == [PHOTO]
    job = drawing_of(draft, sender=SENDER, date_ms=0, letter_id=7, max_octets=100_000)
    assert job.as_letter
    data = kept_letter(draft, job.letter, sender=SENDER)
    again = draft_of_card(data)
    assert card_of(data) == again.card
    assert [part.data for part in again.parts] == [PICTURE.data]
    edited = draft_to_keep(Card.of("postcard", "en", {"from": "Bob"}, photo=PHOTO), (), again)
    assert edited.parts == draft.parts
    with pytest.raises(BadRequest):
        draft_to_keep(Card.of("postcard", "en", {"from": "Bob"}, photo="b.jpg"), (), again)
    with pytest.raises(BadRequest):
        card_of(letter_of(Draft(text="x")))
