from __future__ import annotations

import pytest
from PIL import Image

from mms.preview import fonts
from mms.preview.fonts import Face, FontMissing, can_write, set_in
from mms.preview.lettering import NOT_FIRST, NOT_LAST, Align, fit, shorten, wrap

SANS = set_in(Face.SANS, 16)
MIXED = "他说：“彩邮（Caiyou）很好用！”于是，《日报》在2027年1月1日写道……价格￥100.50，真的。"


@pytest.mark.parametrize("width", range(32, 320, 8))
def test_no_line_begins_or_ends_with_the_wrong_mark(width: int) -> None:
    lines = wrap(MIXED, width, SANS.length)
    assert "".join(lines).replace(" ", "") == MIXED.replace(" ", "")
    for line in lines:
        # A run of marks wider than the line must be cut somewhere.
        if len(line) > 2 and width >= 100:
            assert line[0] not in NOT_FIRST
        if line is not lines[-1] and width >= 100:
            assert line[-1] not in NOT_LAST
        assert SANS.length(line) <= width


def test_latin_breaks_at_blanks_only() -> None:
    assert wrap("the quick brown fox", 80, lambda text: 8.0 * len(text)) == ["the quick", "brown fox"]


def test_a_word_wider_than_the_line_is_cut() -> None:
    assert wrap("abcdefghij kl", 40, lambda text: 10.0 * len(text)) == ["abcd", "efgh", "ij", "kl"]


def test_line_ends_and_empty_lines_stay() -> None:
    assert wrap("a\n\nb", 100, lambda text: 10.0 * len(text)) == ["a", "", "b"]
    assert wrap("", 100, len) == [""]


def test_no_cut_falls_inside_a_character() -> None:
    family = "👨‍👩‍👧‍👦"
    for line in wrap(family * 5, 3.0, lambda text: float(len(text))):
        assert line.replace(family, "") == ""


def test_text_shrinks_before_it_is_cut() -> None:
    large = fit("春节", 200, 60, largest=40, smallest=11)
    small = fit("春节快乐万事如意", 200, 40, largest=40, smallest=11)
    cut = fit("祝福" * 100, 60, 40, largest=40, smallest=11)
    assert large.type.size == 40
    assert 11 <= small.type.size < 40
    assert not small.is_cut
    assert cut.is_cut
    assert cut.type.size == 11
    assert cut.lines[-1].endswith("…")
    assert cut.height <= 40
    assert cut.width <= 60


def test_balanced_lines_are_about_as_long() -> None:
    lines = fit("中秋快乐", 56, 60, largest=16, smallest=16, balanced=True).lines
    assert lines == ("中秋", "快乐")


def test_what_is_shortened_keeps_its_beginning() -> None:
    assert shorten("short", 500, SANS) == "short"
    short = shorten("a rather long line of words", 80, SANS)
    assert short.endswith("…")
    assert SANS.length(short) <= 80


def test_a_box_wider_than_nothing_takes_anything() -> None:
    assert fit("x", 1, 1, largest=20, smallest=11).lines


def test_letters_stand_where_they_are_told() -> None:
    edges = []
    for align in Align:
        image = Image.new("L", (200, 30))
        fit("邮", 200, 30, largest=16, smallest=16).draw(image, (0, 0, 200, 30), 255, align)
        box = image.getbbox()
        assert box is not None
        assert 2 <= box[1] < box[3] <= 24
        edges.append(box[0])
    assert edges[0] < 5 < 80 < edges[1] < 110 < 170 < edges[2]


def test_what_no_typeface_has_is_a_box() -> None:
    assert can_write("彩邮 Caiyou 2027 ☺")
    assert not can_write("\U0001fae8")
    assert SANS.length("\U0001fae8") > 0
    assert can_write("\u200d\ufe0f")
    assert SANS.length("a\u200d\ufe0fb") == SANS.length("ab")


def test_without_chinese_typefaces_latin_is_still_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for cached in (fonts.files, fonts._place, fonts._font, fonts._nothing):
        cached.cache_clear()
    monkeypatch.setattr(fonts, "_CHINESE", dict.fromkeys(Face, ()))
    try:
        assert [path.name for path, _ in fonts.files(Face.BOLD)] == ["DejaVuSans-Bold.ttf"]
        assert set_in(Face.BOLD, 16).length("Caiyou") > 30
        assert not can_write("彩")
    finally:
        for cached in (fonts.files, fonts._place, fonts._font, fonts._nothing):
            cached.cache_clear()


def test_without_any_typeface_the_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    fonts.files.cache_clear()
    monkeypatch.setattr(fonts, "FOLDERS", ())
    try:
        with pytest.raises(FontMissing, match="fonts-noto-cjk"):
            fonts.files(Face.SANS)
    finally:
        fonts.files.cache_clear()
