"""What numbers of cards are, however they were written."""

from __future__ import annotations

import pytest

from addressbook.numbers import Kind, is_same_line, match_key, read

SAME = (
    "13800138000", "+86 138-0013-8000", "0086 13800138000", "8613800138000", "1795113800138000", "12520 138 0013 8000",
    "１３８００１３８０００", "tel:+8613800138000", " (138) 0013 8000 ", "13800138000;ext=5",
    "13800138000p123", "13800138000,,12#",
)  # fmt: skip


@pytest.mark.parametrize("raw", SAME)
def test_one_mobile_number_in_many_spellings(raw: str) -> None:
    number = read(raw)
    assert (number.number, number.kind, number.match_key) == ("+8613800138000", Kind.MOBILE, "0138000")
    assert number.raw == raw


@pytest.mark.parametrize(
    ("raw", "region", "number", "kind", "extension"),
    [
        ("010-62345678-801", "CN", "+861062345678", Kind.FIXED, "801"),
        ("(010)62345678", "CN", "+861062345678", Kind.FIXED, ""),
        ("+86 (0)10 6234 5678", "CN", "+861062345678", Kind.FIXED, ""),
        ("010 6234 5678 转 801", "CN", "+861062345678", Kind.FIXED, "801"),
        ("(010)12345678-801", "CN", "+861012345678", Kind.FIXED, "801"),
        ("10086", "CN", "10086", Kind.SHORT, ""),
        ("+8610086", "CN", "10086", Kind.SHORT, ""),
        ("95555", "CN", "95555", Kind.SHORT, ""),
        ("106575550001", "CN", "106575550001", Kind.SHORT, ""),
        ("400-800-1234", "CN", "4008001234", Kind.SHORT, ""),
        ("+852 9123 4567", "CN", "+85291234567", Kind.MOBILE, ""),
        ("9123 4567", "HK", "+85291234567", Kind.MOBILE, ""),
        ("+44 20 7946 0958", "CN", "+442079460958", Kind.FIXED, ""),
        ("+1 (415) 555-2671 x12", "CN", "+14155552671", Kind.MOBILE, "12"),
        ("0501 123 4567", "PL", "05011234567", Kind.UNKNOWN, ""),
        ("501 123 456", "PL", "+48501123456", Kind.MOBILE, ""),
        ("62345678", "CN", "62345678", Kind.UNKNOWN, ""),
    ],
)
def test_what_a_number_is(raw: str, region: str, number: str, kind: Kind, extension: str) -> None:
    found = read(raw, region)
    assert (found.number, found.kind, found.extension) == (number, kind, extension)


@pytest.mark.parametrize("raw", ["", "abc", "+", "p", "12", "9" * 5000, "\ud800", "x" * 70, ";ext=5", "转", "٣٤٥٦٧٨٩"])
def test_nonsense_is_unknown_and_bounded(raw: str) -> None:
    found = read(raw)
    assert found.kind is Kind.UNKNOWN
    assert len(found.number) <= 20
    assert len(found.match_key) <= 16


def test_a_local_number_is_the_end_of_a_whole_one() -> None:
    local, whole, mobile, short = read("62345678"), read("01062345678"), read("13800138000"), read("10086")
    assert local.match_key == whole.match_key
    assert is_same_line(local.number, whole.number)
    assert is_same_line(whole.number, local.number)
    assert not is_same_line("+8613800138000", "+8613900138000")
    assert match_key(mobile.number) == mobile.match_key
    assert match_key(short.number) == short.match_key == "*10086"
    assert not is_same_line("+861062310086", "10086")
