"""Mail addresses and phone numbers: BadRequest, None, or one spelling that reads as itself."""

from __future__ import annotations

from collections.abc import Iterator

from gateway.core import phone
from gateway.core.addresses import MAX_ADDRESS, Address
from gateway.core.errors import BadRequest
from tests.fuzz.target import Target, assert_storable, at_most

_TIME_S = 1.0


def check(data: bytes) -> None:
    text = data.decode("utf-8", "surrogateescape" if data[:1] == b"\xed" else "replace")
    with at_most(_TIME_S):
        _check_address(text)
        for region in phone.REGIONS:
            _check_number(text, region)
        phone.mask(text)
        phone.is_mobile(text)
        phone.is_service(text)


def _check_address(text: str) -> None:
    try:
        address = Address.parse(text)
    except BadRequest:
        return
    written = str(address)
    assert_storable(written, address.key, address.domain_for_people)
    assert len(written.encode()) <= MAX_ADDRESS
    assert not set(address.domain) & set(' <>()"\\,;@\r\n')
    assert address.domain.isascii()
    assert Address.parse(written) == address
    number = address.phone_number
    assert number is None or phone.is_mobile(number)


def _check_number(text: str, region: str) -> None:
    number = phone.normalise(text, region)
    if number is None:
        return
    assert number.removeprefix("+").isdigit()
    assert number.isascii()
    assert len(number) <= (phone.MAX_DIGITS + 1 if number[0] == "+" else phone.MAX_SERVICE_DIGITS)
    if number[0] == "+" or region == "CN":  # a service number belongs to its country and has no code to say so
        assert phone.normalise(number, region) == number
    assert number not in phone.mask(number) or phone.is_service(number)


def seeds() -> Iterator[bytes]:
    for text in (
        "a@b.cn", "A.b+c@Example.COM.", '"a b"@x.cn', '"a\\"b"@x.cn', "张三@例子.中国", "a@bücher.example",
        "a@xn--bcher-kva.de",
        "a@[127.0.0.1]", "a@[IPv6:::1]", "a@[IPv6:fe80::1%a> b]", "13800138000@caiyou.example", "+8613800138000@x.cn",
        "a@b。cn", "a@" + "x" * 63 + ".cn", "x" * 64 + "@b.cn", "13800138000", "+86 138-0013-8000",
        "tel:+86(0)10-12345678",
        "１３８００１３８０００", "12593 13800138000", "10086", "106575501234", "0085212345678", "4008001234",
        "01088886666",
    ):  # fmt: skip
        yield text.encode()


TARGET = Target(
    check,
    seeds,
    max_len=400,
    words=(
        b"@",
        b"xn--",
        b"[IPv6:",
        b"]",
        b'"@',
        b"\\",
        "。".encode(),
        b"+86",
        b"0086",
        b"tel:",
        b"(0)",
        b"12593",
        b"%",
    ),
)
