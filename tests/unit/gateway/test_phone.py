"""Phone numbers: what people write, what the hub keeps."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core import phone

WRITTEN = [
    ("13800138000", "+8613800138000"),
    ("+8613800138000", "+8613800138000"),
    ("8613800138000", "+8613800138000"),
    ("008613800138000", "+8613800138000"),
    ("+86 138-0013-8000", "+8613800138000"),
    ("(+86) 138 0013 8000", "+8613800138000"),
    ("138 0013 8000", "+8613800138000"),
    ("１３８００１３８０００", "+8613800138000"),
    ("＋８６ １３８００１３８０００", "+8613800138000"),
    ("tel:+86-138-0013-8000;phone-context=x", "+8613800138000"),
    ("\u202a13800138000\u202c", "+8613800138000"),
    ("1259313800138000", "+8613800138000"),
    ("17951 13800138000", "+8613800138000"),
    ("1790913800138000", "+8613800138000"),
    ("1791113800138000", "+8613800138000"),
    ("17951 010 87654321", "+861087654321"),
    ("010-87654321", "+861087654321"),
    ("020 87310323", "+862087310323"),
    ("0755-26650000", "+8675526650000"),
    ("+86 (0)10 62345678", "+861062345678"),
    ("10086", "10086"),
    ("95555", "95555"),
    ("+8610086", "10086"),
    ("8610086", "10086"),
    ("12306", "12306"),
    ("8878", "8878"),
    ("106575123456", "106575123456"),
    ("10690123456789012345", "10690123456789012345"),
    ("86106575123456", "106575123456"),
    ("400-810-1234", "4008101234"),
    ("+852 9123 4567", "+85291234567"),
    ("0085291234567", "+85291234567"),
    ("+1 (415) 555-2671", "+14155552671"),
    ("+44 (0)20 7946 0958", "+442079460958"),
    ("15400138000", None),
    ("1380013800", None),
    ("138001380001", None),
    ("+1234567890123456", None),
    ("+", None),
    ("", None),
    ("ALIPAY", None),
    ("13800138000p123", None),
    ("010-12345678-801", None),
    ("1" * 65, None),
    ("¹³⁸⁰⁰¹³⁸⁰⁰⁰", None),
    ("١٣٨٠٠١٣٨٠٠٠", None),
]


@pytest.mark.parametrize(("raw", "key"), WRITTEN)
def test_every_way_of_writing_a_number_gives_one_key(raw: str, key: str | None) -> None:
    assert phone.normalise(raw) == key


@pytest.mark.parametrize("key", sorted({key for _, key in WRITTEN if key}))
def test_a_key_is_its_own_key(key: str) -> None:
    assert phone.normalise(key) == key


@pytest.mark.parametrize(
    ("raw", "region", "key"),
    [
        ("9123 4567", "HK", "+85291234567"),
        ("0912-345-678", "TW", "+886912345678"),
        ("(415) 555-2671", "US", "+14155552671"),
        ("07400 123456", "GB", "+447400123456"),
        ("13800138000", "XX", None),
        ("88787", "HK", "88787"),
        ("+8613800138000", "US", "+8613800138000"),
    ],
)
def test_numbers_without_a_country_code_are_read_by_region(raw: str, region: str, key: str | None) -> None:
    assert phone.normalise(raw, region) == key


@pytest.mark.parametrize(
    ("number", "mobile"),
    [
        ("+8613800138000", True),
        ("+8619900138000", True),
        ("+8615400138000", False),
        ("+861087654321", False),
        ("+85291234567", True),
        ("10086", False),
        ("106575123456", False),
        ("+", False),
    ],
)
def test_which_numbers_can_take_an_sms(number: str, mobile: bool) -> None:
    assert phone.is_mobile(number) is mobile


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("+8613800138000", "+86138****8000"),
        ("13800138000", "138****8000"),
        ("+85291234567", "+852****4567"),
        ("+14155552671", "+141****2671"),
        ("10086", "10086"),
        ("106575123456", "106575123456"),
        ("+6512345", "****45"),
        ("my secret", "****"),
        ("", "****"),
    ],
)
def test_a_masked_number_hides_the_middle(number: str, shown: str) -> None:
    assert phone.mask(number) == shown


@given(st.text(max_size=80))
def test_anything_is_a_key_or_none(raw: str) -> None:
    key = phone.normalise(raw)
    if key is not None:
        assert phone.normalise(key) == key
        assert key.removeprefix("+").isdigit()
        assert len(key) <= 20
    phone.mask(raw)
    phone.is_mobile(raw)
