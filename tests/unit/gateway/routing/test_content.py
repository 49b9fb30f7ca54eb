"""Signatures in their place exactly once, templates, forbidden words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.content import (
    ForbiddenWords,
    Place,
    place_signature,
    read_template,
    read_word,
    split_signature,
)
from gateway.core.errors import BadRequest


@pytest.mark.parametrize(
    ("text", "place", "expected"),
    [
        ("您好", Place.FRONT, "【彩邮】您好"),
        ("您好", Place.BACK, "您好【彩邮】"),
        ("您好", Place.AS_IS, "您好"),
        ("您好", Place.NONE, "您好"),
        ("【银行】您好", Place.FRONT, "【银行】您好"),
        ("【银行】您好", Place.BACK, "您好【银行】"),
        ("您好【银行】", Place.FRONT, "【银行】您好"),
        ("您好【银行】", Place.BACK, "您好【银行】"),
        ("您好【银行】", Place.NONE, "您好"),
        ("【银行】您好", Place.NONE, "您好"),
        ("【银行】您好【银行】", Place.FRONT, "【银行】您好"),
        ("【银行】【银行】您好", Place.FRONT, "【银行】您好"),
        ("【银行】您好【银行】", Place.BACK, "您好【银行】"),
        ("  【银行】 您好", Place.FRONT, "【银行】您好"),
        ("会议【重要】改期", Place.FRONT, "【彩邮】会议【重要】改期"),
        ("【】您好", Place.FRONT, "【彩邮】【】您好"),
        ("【银行】您好", Place.AS_IS, "【银行】您好"),
    ],
)
def test_the_signature_goes_to_its_place(text: str, place: Place, expected: str) -> None:
    assert place_signature(text, place, "彩邮") == expected


def test_without_a_signature_to_add_the_text_stays() -> None:
    assert place_signature("您好", Place.FRONT) == "您好"


_TEXTS = st.lists(st.sampled_from(["【a】", "【b】", "【", "】", "x", " ", "您"]), max_size=8).map("".join)


@given(_TEXTS, st.sampled_from([Place.FRONT, Place.BACK, Place.AS_IS]))
def test_placing_it_again_changes_nothing(text: str, place: Place) -> None:
    once = place_signature(text, place, "彩邮")
    assert place_signature(once, place, "彩邮") == once


@given(_TEXTS, st.sampled_from([Place.FRONT, Place.BACK]))
def test_a_placed_signature_stands_where_it_was_asked(text: str, place: Place) -> None:
    placed = place_signature(text, place, "彩邮")
    signature = split_signature(placed, place).signature
    assert signature
    whole = f"【{signature}】"
    assert placed.startswith(whole) if place is Place.FRONT else placed.rstrip().endswith(whole)


@pytest.mark.parametrize(
    ("pattern", "text", "fits"),
    [
        ("您的验证码是{code}，{minutes}分钟内有效。", "您的验证码是482913，5分钟内有效。", True),
        ("您的验证码是{code}，{minutes}分钟内有效。", "您的验证码是，5分钟内有效。", False),  # nothing in a place
        ("您的验证码是{code}，{minutes}分钟内有效。", "您的验证码是1，5分钟内有效。退订回T", False),
        ("您的验证码是{code}，{minutes}分钟内有效。", "改签成功", False),
        ("固定文本", "固定文本", True),
        ("固定文本", "固定文本 ", False),
        ("{name}您好", "王先生您好", True),
        ("{name}您好", "您好", False),
        ("您好{name}", "您好王先生", True),
        ("{a}-{b}-{c}", "1-2-3", True),
        ("{a}-{b}-{c}", "1-2", False),
        ("{a}aa{b}", "xaaa", True),
        ("{a}aa{b}", "xaa", False),
        ("【彩邮】验证码{}", "验证码1", True),  # the signature is no part of a template
    ],
)
def test_templates(pattern: str, text: str, fits: bool) -> None:
    assert read_template(pattern).fits(text) is fits


@given(st.lists(st.text("ab-", min_size=1, max_size=3), min_size=1, max_size=5), st.data())
def test_a_template_filled_in_fits(literals: list[str], data: st.DataObject) -> None:
    template = read_template("{}".join(["", *literals, ""]))
    filled = "".join(data.draw(st.text("ab-", min_size=1, max_size=4)) + literal for literal in literals) + "x"
    assert template.fits(filled)


def test_a_hostile_template_is_matched_in_linear_time() -> None:
    template = read_template("{}a" * 32 + "b")
    assert not template.fits("a" * 100_000)


@pytest.mark.parametrize("pattern", ["", " ", "{a}{b}x", "{a}", "x" * 1001, "{}-" * 40])
def test_what_is_no_template_is_refused(pattern: str) -> None:
    with pytest.raises(BadRequest):
        read_template(pattern)


def test_forbidden_words_are_found_whatever_their_looks() -> None:
    words = ForbiddenWords(["贷款", "Free Money", "办证"])
    assert words.forbidden("低息贷款找我") == "贷款"
    assert words.forbidden("低息贷 款") == "贷款"
    assert words.forbidden("get ＦＲＥＥ money now") == "freemoney"
    assert words.forbidden("借书") is None
    assert ForbiddenWords().is_empty
    with pytest.raises(BadRequest):
        read_word("  ")
