"""Cards on handsets: what parts there are, in which formats, and never more octets than there is room for."""

from __future__ import annotations

import codecs
import io
from dataclasses import replace

import pytest
from PIL import Image

from gateway.core.errors import Refused
from mms.assembly import assemble
from mms.cards.card import LANGUAGES, SILENT, Card
from mms.cards.catalogue import CardTemplate, Genre, template, templates
from mms.cards.composition import compose
from mms.cards.fields import CardIncomplete
from mms.cards.pictures import thumbnail
from mms.cards.vcard import Version, vcard
from mms.codec.multipart import encoded_size
from mms.content import Content, Part
from mms.handsets.handset import Handset
from mms.preview.opening import open_picture
from mms.preview.pages import room_for_picture
from tests.unit.mms.preview.phones import ALL, COLOUR, MONO, QVGA, SMART

TEMPLATES = templates()


def size(content: Content, handset: Handset) -> int:
    return encoded_size(assemble(content, screen=handset.screen, text_first=handset.text_first))


def part(content: Content, name: str) -> Part:
    found = content.part(name)
    assert found is not None
    return found


@pytest.mark.parametrize("look", TEMPLATES, ids=[one.key for one in TEMPLATES])
@pytest.mark.parametrize("handset", [MONO, COLOUR, QVGA], ids=lambda one: one.key)
def test_every_card_fits_every_handset(look: CardTemplate, handset: Handset) -> None:
    for language in LANGUAGES:
        content = compose(look.example(language), handset)
        assert size(content, handset) < handset.max_octets
        assert content.slides
        for one in content.parts:
            if one.media_type.startswith("image/"):
                assert one.media_type in handset.images
                shown = open_picture(one.data).size
                room = room_for_picture(handset)
                assert shown[0] <= handset.screen[0]
                assert shown[1] <= max(room[1], handset.screen[1])
            elif one.media_type.startswith("audio/"):
                assert one.media_type in handset.sounds
        names = [one.name for one in content.parts]
        assert len(set(names)) == len(names)
        for slide in content.slides:
            assert {slide.visual, slide.text, slide.audio} - {""} <= set(names)


@pytest.mark.parametrize("octets", [2_000, 4_000, 8_000, 15_000, 30_000, 100_000])
@pytest.mark.parametrize("key", ["christmas", "business-ink"])
def test_it_keeps_to_what_the_network_carries(key: str, octets: int) -> None:
    content = compose(template(key).example("zh"), QVGA, octets)
    assert size(content, QVGA) <= octets
    assert content.slides[0].text


def test_too_little_room_for_the_words_is_refused() -> None:
    with pytest.raises(Refused, match="1600 octets are too few"):
        compose(template("love").example("en"), QVGA, 1_600)


def test_more_room_is_used() -> None:
    card = template("christmas").example("zh")
    pictures = [compose(card, QVGA, octets).parts[1] for octets in (12_000, 55_000, 80_000, 120_000)]
    sizes = [len(one.data) for one in pictures]
    assert sizes == sorted(set(sizes))
    assert [len(open_picture(one.data).frames) for one in pictures] == [1, 4, 6, 8]


def test_a_greeting_moves_where_gifs_move() -> None:
    card = template("mid-autumn").example("zh")
    moving = open_picture(part(compose(card, COLOUR), "card.gif").data)
    assert len(moving.frames) >= 4
    still = compose(card, replace(COLOUR, animation=False))
    assert len(open_picture(part(still, "card.png").data).frames) == 1


def test_a_smartphone_gets_a_large_baseline_jpeg() -> None:
    octets = part(compose(template("new-year").example("en"), SMART), "card.jpg").data
    opened = open_picture(octets)
    assert opened.size[0] == 1080
    assert not opened.is_progressive


def test_a_black_and_white_phone_gets_a_bitmap() -> None:
    content = compose(template("wedding").example("zh"), MONO)
    assert part(content, "card.wbmp").media_type == "image/vnd.wap.wbmp"


def test_a_phone_without_pictures_gets_the_headline_in_words() -> None:
    content = compose(template("love").example("en"), replace(MONO, images=frozenset()))
    assert part(content, "words.txt").data.decode().splitlines()[0] == "I Love You"


@pytest.mark.parametrize(("year", "version"), [(2003, Version.OLD), (2020, Version.NEW)])
def test_a_business_card_brings_the_contact_the_phone_reads(year: int, version: Version) -> None:
    card = template("business-dark").example("zh")
    content = compose(card, replace(COLOUR, year=year))
    contact = part(content, "contact.vcf")
    assert contact.media_type == "text/x-vcard"
    assert contact.data == vcard(card, version)
    assert "contact.vcf" not in {slide.text for slide in content.slides}
    assert any(slide.visual.startswith("code.") for slide in content.slides)
    assert compose(card, replace(COLOUR, others=frozenset())).part("contact.vcf") is None


def test_a_greeting_brings_no_contact_and_no_code() -> None:
    content = compose(template("birthday").example("en"), SMART)
    assert content.part("contact.vcf") is None
    assert len(content.slides) == 1


def test_a_tune_in_a_format_the_phone_plays() -> None:
    card = template("birthday").example("en")
    assert compose(card, COLOUR).slides[0].audio == "tune.mid"
    only = replace(COLOUR, sounds=frozenset({"audio/imelody"}))
    melody = part(compose(card, only), "tune.imy")
    assert melody.data.startswith(b"BEGIN:IMELODY")
    assert compose(card, SMART).slides[0].audio == ""
    assert compose(replace(card, tune=SILENT), COLOUR).slides[0].audio == ""
    assert part(compose(replace(card, tune="jasmine"), COLOUR), "tune.mid") != part(compose(card, COLOUR), "tune.mid")


def test_text_in_a_character_set_the_phone_reads() -> None:
    chinese = template("birthday").example("zh")
    assert part(compose(chinese, COLOUR), "words.txt").charset == "utf-8"
    old = replace(COLOUR, charsets=frozenset({"us-ascii", "utf-16"}))
    words = part(compose(chinese, old), "words.txt")
    assert words.charset == "utf-16"
    assert words.data.startswith(codecs.BOM_UTF16_BE)
    assert part(compose(Card.of("birthday", "en", {"words": "Hello"}), old), "words.txt").charset == "us-ascii"


def photo(name: str = "me.jpg") -> Part:
    out = io.BytesIO()
    Image.linear_gradient("L").convert("RGB").resize((640, 480)).save(out, "JPEG")
    return Part("image/jpeg", out.getvalue(), name)


def test_a_photo_has_a_page_where_the_card_has_no_place_for_it() -> None:
    card = replace(template("birthday").example("en"), photo="me.jpg")
    content = compose(card, QVGA, media=[photo()])
    assert [slide.visual for slide in content.slides] == ["card.gif", "photo.png"]
    business = replace(template("business-plain").example("en"), photo="me.jpg")
    slides = compose(business, QVGA, media=[photo()]).slides
    assert [slide.visual for slide in slides] == ["card.png", "code.png"]


def test_a_photo_that_is_missing_or_broken_is_told() -> None:
    card = replace(template("birthday").example("zh"), photo="me.jpg")
    with pytest.raises(CardIncomplete, match=r"找不到照片“me\.jpg”"):
        compose(card, QVGA)
    with pytest.raises(CardIncomplete, match="照片打不开"):
        compose(card, QVGA, media=[Part("image/jpeg", b"broken", "me.jpg")])


def test_a_tune_that_is_not_there_is_told() -> None:
    with pytest.raises(CardIncomplete, match="没有“polka”这首曲子"):
        compose(replace(template("birthday").example("zh"), tune="polka"), QVGA)


def test_a_card_that_is_not_whole_is_refused() -> None:
    with pytest.raises(CardIncomplete, match="请填写姓名"):
        compose(Card.of("business-ink", "zh", {"phone": "13800138000"}), COLOUR)


def test_the_same_card_gives_the_same_octets() -> None:
    card = template("spring-festival").example("zh")
    assert compose(card, COLOUR) == compose(card, COLOUR)


@pytest.mark.parametrize("look", TEMPLATES, ids=[one.key for one in TEMPLATES])
def test_it_has_a_thumbnail(look: CardTemplate) -> None:
    octets = thumbnail(look.key, "zh")
    assert open_picture(octets).size == (160, 128)
    assert len(octets) < 60_000


@pytest.mark.parametrize("handset", ALL, ids=lambda one: one.key)
def test_long_words_are_all_in_the_text(handset: Handset) -> None:
    words = "祝您万事如意" * 30
    content = compose(Card.of("mid-autumn", "zh", {"words": words}), handset)
    assert part(content, "words.txt").data.decode() == words
    assert content.slides[0].duration_ms > 10_000


def test_genres_are_as_they_are_asked_for() -> None:
    assert {one.genre for one in TEMPLATES} == set(Genre)
