from __future__ import annotations

import io
from dataclasses import replace

import pytest
from PIL import Image

from mms.content import FORWARD_LOCKED, Part
from mms.handsets.handset import Handset
from mms.preview.pages import bar, bar_height, line_count, paginate, room_for_picture, rows
from mms.preview.reading import Reader, Shown, Sign, Words
from mms.preview.symbols import Symbol
from mms.preview.texts import preview_texts
from tests.unit.mms.preview.phones import ALL, COLOUR, MONO, QVGA, SMART

ROOM = (128, 100)


def picture(form: str = "JPEG", size: tuple[int, int] = (64, 48), **options: object) -> bytes:
    out = io.BytesIO()
    Image.linear_gradient("L").convert("RGB").resize(size).save(out, form, **options)
    return out.getvalue()


def moving(count: int = 4) -> bytes:
    frames = [Image.new("RGB", (32, 32), (60 * number, 0, 0)) for number in range(count)]
    out = io.BytesIO()
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:], duration=80)
    return out.getvalue()


def reader(handset: Handset = COLOUR, language: str = "en") -> Reader:
    return Reader(handset, preview_texts(language))


def test_a_picture_is_shown_within_its_room() -> None:
    reads = reader()
    block = reads.read(Part("image/jpeg", picture(size=(640, 480)), "a.jpg"), ROOM)
    assert isinstance(block, Shown)
    assert block.frames[0].size == (128, 96)
    assert reads.take_notes() == ("a.jpg: 640×480, brought down to 128×96 on this screen",)
    assert reads.warnings == ["a.jpg: 640×480, more than the 160×120 this phone takes"]
    assert reads.take_notes() == ()


def test_a_small_picture_is_never_enlarged_on_an_old_phone_and_is_on_a_dense_screen() -> None:
    part = Part("image/jpeg", picture(), "a.jpg")
    old, dense = reader().read(part, ROOM), reader(SMART).read(part, (1080, 2000))
    assert isinstance(old, Shown)
    assert isinstance(dense, Shown)
    assert old.frames[0].size == (64, 48)
    assert dense.frames[0].size == (192, 144)


def test_other_names_of_a_format_are_the_format() -> None:
    assert isinstance(reader().read(Part("image/jpg", picture(), "a.jpg"), ROOM), Shown)
    block = reader().read(Part("text/x-imelody", b"BEGIN:IMELODY", "t.imy"), ROOM)
    assert isinstance(block, Sign)
    assert block.symbol is Symbol.SOUND


@pytest.mark.parametrize(
    ("part", "says"),
    [
        (Part("image/webp", b"RIFF", "a.webp"), "a.webp: this phone does not show image/webp"),
        (Part("video/mp4", b"", "v.mp4"), "v.mp4: this phone does not show video/mp4"),
        (Part("audio/mpeg", b"", "s.mp3"), "s.mp3: this phone does not show audio/mpeg"),
        (Part("application/pdf", b"", ""), "application/pdf: this phone does not show application/pdf"),
        (Part("image/jpeg", b"not a picture", "a.jpg"), "a.jpg: cannot be opened (it is no JPEG"),
    ],
)
def test_what_is_not_shown_stands_as_a_sign_with_the_reason(part: Part, says: str) -> None:
    reads = reader()
    block = reads.read(part, ROOM)
    assert isinstance(block, Sign)
    assert block.is_missing
    assert block.symbol is Symbol.BROKEN
    assert block.label.startswith(says)
    assert reads.warnings == [block.label]


def test_a_gif_moves_where_gifs_move() -> None:
    part = Part("image/gif", moving(), "a.gif")
    block = reader().read(part, ROOM)
    assert isinstance(block, Shown)
    assert len(block.frames) == 4
    assert block.durations_ms == (80,) * 4
    reads = reader(replace(COLOUR, animation=False))
    still = reads.read(part, ROOM)
    assert isinstance(still, Shown)
    assert len(still.frames) == 1
    assert reads.take_notes() == ("a.gif: does not move on this phone, the first frame stands",)


def test_a_progressive_picture_is_warned_of() -> None:
    reads = reader()
    reads.read(Part("image/jpeg", picture(progressive=True), "a.jpg"), ROOM)
    assert reads.warnings == ["a.jpg: progressive JPEG, which this phone may not show"]
    reads = reader(SMART)
    reads.read(Part("image/jpeg", picture(progressive=True), "a.jpg"), ROOM)
    assert reads.warnings == []


def test_a_locked_part_is_a_lock() -> None:
    block = reader().read(Part(FORWARD_LOCKED, b"", "song.dm"), ROOM)
    assert isinstance(block, Sign)
    assert block.symbol is Symbol.LOCK


def test_text_is_read_whatever_its_character_set() -> None:
    reads = reader()
    block = reads.read(Part("text/plain", "你好，世界".encode("gbk"), "t.txt", charset="gbk"), ROOM)
    assert block == Words("你好，世界")
    assert reads.warnings == ["t.txt: character set gbk, which this phone may garble"]


def test_attachments_have_a_name_and_a_size() -> None:
    block = reader().read(Part("text/x-vcard", b"x" * 2048, "ming.vcf"), ROOM)
    assert block == Sign(Symbol.CONTACT, "Contact ming.vcf 2.0 KB")
    assert reader(QVGA).read(Part("video/3gpp", b"", "v.3gp"), ROOM) == Sign(Symbol.FILM, "v.3gp")


def test_pixels_of_a_message_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mms.preview.reading.MAX_PIXELS", 5_000)
    reads = reader()
    part = Part("image/jpeg", picture(), "a.jpg")
    kinds = [type(reads.read(part, ROOM)) for _ in range(3)]
    assert kinds == [Shown, Sign, Sign]


def test_remarks_are_said_in_chinese() -> None:
    reads = reader(MONO, "zh")
    reads.read(Part("image/gif", b"", "a.gif"), ROOM)
    assert reads.warnings == ["a.gif：手机不支持image/gif"]


def test_pages_break_between_lines() -> None:
    strips = rows([Words("行\n" * 20)], COLOUR)
    assert len(strips) == 20
    pages = paginate(strips, 100)
    assert [len(page) for page in pages] == [6, 6, 6, 2]
    assert paginate([], 100) == [[]]


def test_a_strip_higher_than_a_page_has_its_own() -> None:
    strips = rows([Words("a"), Shown((Image.new("RGB", (10, 300)),), (0,)), Words("b")], COLOUR)
    assert [len(page) for page in paginate(strips, 100)] == [1, 1, 1]


@pytest.mark.parametrize("handset", ALL, ids=lambda one: one.key)
def test_picture_and_its_lines_fit_one_screen(handset: Handset) -> None:
    for lines in range(8):
        wide, high = room_for_picture(handset, lines)
        assert wide == handset.screen[0]
        assert 0 < high <= handset.screen[1] - bar_height(handset)
    assert room_for_picture(COLOUR, 1)[1] > room_for_picture(COLOUR, 2)[1] > 40


@pytest.mark.parametrize("handset", ALL, ids=lambda one: one.key)
def test_the_bar_is_as_wide_as_the_screen(handset: Handset) -> None:
    drawn = bar(handset, "+8613800138000" * 3, "主题" * 60, "1/3")
    assert drawn.size == (handset.screen[0], bar_height(handset))


def test_lines_are_counted_as_they_are_set() -> None:
    text = "但愿人长久，千里共婵娟。" * 3
    assert line_count(text, COLOUR) == len(rows([Words(text)], COLOUR))
