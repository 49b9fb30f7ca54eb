"""Previews made from encoded messages."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from PIL import Image

from mms.assembly import assemble
from mms.cards.catalogue import template
from mms.cards.composition import compose
from mms.codec.errors import MmsFormatError
from mms.codec.multipart import encode_body
from mms.codec.pdu import RetrieveConf, SendReq
from mms.content import Body, Content, Part, Slide
from mms.handsets.handset import Handset, Smil
from mms.preview.casing import framed
from mms.preview.rendering import MAX_PARTS, MAX_SCREENS, Preview, render
from mms.preview.sheet import contact_sheet
from tests.unit.mms.preview.phones import ALL, COLOUR, MONO, QVGA, SMART


def picture(colour: tuple[int, int, int], size: tuple[int, int] = (100, 60)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, "PNG")
    return out.getvalue()


RED, BLUE = (230, 20, 20), (20, 20, 230)
TWO = Content(
    (
        Part("image/png", picture(RED), "one.png"),
        Part("text/plain", "第一页".encode(), "one.txt", charset="utf-8"),
        Part("image/png", picture(BLUE), "two.png"),
        Part("text/plain", b"second", "two.txt", charset="us-ascii"),
        Part("text/x-vcard", b"BEGIN:VCARD\r\nEND:VCARD\r\n", "ming.vcf"),
    ),
    (Slide("one.png", "one.txt", duration_ms=3_000), Slide("two.png", "two.txt", duration_ms=4_000)),
)


def body(content: Content, handset: Handset) -> Body:
    return assemble(content, screen=handset.screen, text_first=handset.text_first)


def shown(preview: Preview, number: int = 0) -> Image.Image:
    return Image.open(io.BytesIO(preview.screens[number].png)).convert("RGB")


def has(image: Image.Image, colour: tuple[int, int, int]) -> int:
    return sum(
        count
        for count, found in image.getcolors(1 << 16) or ()
        if max(abs(a - b) for a, b in zip(found, colour, strict=True)) < 20  # type: ignore[arg-type]
    )


@pytest.mark.parametrize("handset", ALL, ids=lambda one: one.key)
def test_screens_are_as_large_as_the_handsets(handset: Handset) -> None:
    preview = render(body(TWO, handset), handset)
    assert preview.screens
    assert all(shown(preview, number).size == handset.screen for number in range(len(preview.screens)))


def test_slides_come_one_by_one() -> None:
    preview = render(body(TWO, COLOUR), COLOUR)
    assert len(preview.screens) == 3  # the last: the attachment
    assert [screen.duration_ms for screen in preview.screens[:2]] == [3_000, 4_000]
    assert has(shown(preview, 0), RED) > 4_000
    assert has(shown(preview, 0), BLUE) == 0
    assert has(shown(preview, 1), BLUE) > 4_000
    assert preview.warnings == ()


def test_a_phone_that_scrolls_has_all_below_one_another() -> None:
    preview = render(body(TWO, SMART), SMART)
    assert len(preview.screens) == 1
    assert has(shown(preview), RED) > 10_000
    assert has(shown(preview), BLUE) > 10_000


def test_a_phone_that_ignores_smil_shows_the_parts_in_order() -> None:
    handset = replace(QVGA, smil=Smil.PARTS)
    preview = render(body(TWO, handset), handset)
    tops = [
        (number, y)
        for colour in (RED, BLUE)
        for number in range(len(preview.screens))
        for y in range(0, 320, 4)
        if has(shown(preview, number).crop((0, y, 240, y + 1)), colour) > 50
    ]
    assert tops == sorted(tops)
    assert len(tops) == 30  # 60 pixels each
    assert [screen.duration_ms for screen in preview.screens] == [5_000] * len(preview.screens)


def test_text_first_stands_above_the_picture() -> None:
    below = shown(render(body(TWO, COLOUR), COLOUR))
    handset = replace(COLOUR, text_first=True)
    above = shown(render(body(TWO, handset), handset))

    def top(image: Image.Image) -> int:
        return next(y for y in range(128) if has(image.crop((0, y, 128, y + 1)), RED) > 50)

    assert top(above) > top(below) + 10


def pdus() -> list[bytes]:
    parts = body(TWO, COLOUR)
    sent = SendReq(transaction_id="t1", body=parts, sender="+8613800138000", to=("+8613900139000",), subject="你好")
    got = RetrieveConf(transaction_id="t1", body=parts, date_s=1_700_000_000, sender="+8613800138000", subject="你好")
    return [sent.encode(), got.encode()]


@pytest.mark.parametrize("number", [0, 1])
def test_it_is_made_from_the_octets_of_the_pdu(number: int) -> None:
    octets = pdus()[number]
    from_octets = render(octets, COLOUR)
    from_body = render(body(TWO, COLOUR), COLOUR, sender="+8613800138000", subject="你好")
    assert [screen.png for screen in from_octets.screens] == [screen.png for screen in from_body.screens]


def test_octets_that_carry_no_message_are_one_error() -> None:
    for octets in (b"", b"\x8c\x82", pdus()[0][:20], b"\x8c\x81\x98t1\0\x8d\x92\x92\x80"):
        with pytest.raises(MmsFormatError):
            render(octets, COLOUR)


def test_a_message_too_large_for_the_handset_is_warned_of() -> None:
    parts = body(TWO, COLOUR)
    head, octets = encode_body(parts)
    handset = replace(COLOUR, max_octets=400)
    assert render(parts, handset).warnings == (
        f"The message has {len(head) + len(octets)} octets, this phone takes 400.",
    )


def test_a_phone_without_mms_is_told_of() -> None:
    assert render(body(TWO, MONO), MONO, language="zh").warnings[0].startswith("这部手机不能接收彩信")


def test_what_moves_moves_in_the_animated_picture() -> None:
    card = template("mid-autumn").example("zh")
    preview = render(body(compose(card, COLOUR), COLOUR), COLOUR)
    with Image.open(io.BytesIO(preview.animated)) as animated:
        assert animated.format == "PNG"
        assert animated.n_frames > 8
        assert animated.size == COLOUR.screen


def test_parts_and_screens_are_bounded() -> None:
    many = Content(tuple(Part("text/plain", b"x\n" * 60, f"t{number}.txt") for number in range(MAX_PARTS + 20)))
    preview = render(body(many, COLOUR), replace(COLOUR, max_octets=1 << 20))
    assert len(preview.screens) == MAX_SCREENS
    assert len(preview.warnings) == 2


def test_an_empty_message_is_an_empty_screen() -> None:
    preview = render(Body((Part("text/plain", b"", "t.txt"),)), COLOUR)
    assert len(preview.screens) == 1


@pytest.mark.parametrize(
    "text",
    [
        "\U0001f1e8\U0001f1f3" * 5_000,
        "e" + "\u0301" * 10_000,
        "\u200d" * 10_000,
        "字" * 20_000,
        "\n" * 20_000,
        "W" * 20_000,
    ],
    ids=["flags", "accents", "joiners", "Chinese", "lines", "one word"],
)
def test_hostile_text_is_shown_somehow(text: str) -> None:
    hostile = Content((Part("text/plain", text.encode(), "t.txt", charset="utf-8"),), (Slide(text="t.txt"),))
    assert 1 <= len(render(body(hostile, COLOUR), COLOUR).screens) <= MAX_SCREENS


@pytest.mark.parametrize("handset", ALL, ids=lambda one: one.key)
def test_a_phone_stands_around_its_screen(handset: Handset) -> None:
    phone = framed(render(body(TWO, handset), handset))
    assert phone.width > 200
    assert phone.height > 250
    assert has(phone, (255, 255, 255)) > 500


def test_phones_stand_side_by_side() -> None:
    previews = [render(body(TWO, handset), handset, language="zh") for handset in ALL]
    one, all_four = contact_sheet(previews[:1]), contact_sheet(previews, title="两页", language="zh", colours=128)
    with Image.open(io.BytesIO(one)) as single, Image.open(io.BytesIO(all_four)) as sheet:
        assert sheet.width > 3 * single.width
        assert sheet.mode == "P"
    assert contact_sheet(previews, screen=7)
    with pytest.raises(ValueError, match="phones"):
        contact_sheet([])
    with pytest.raises(ValueError, match="phones"):
        contact_sheet(previews * 4)
