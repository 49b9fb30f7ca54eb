"""Addresses of phones in mails: every spelling that is seen means the same number."""

from __future__ import annotations

import pytest

from gateway.core.addresses import Address
from mms.codec.device_address import device_address, is_number, read_address, read_addresses


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("+8613800138000/TYPE=PLMN", "+8613800138000"),
        ("+8613800138000/TYPE=PLMN@mmsc.a.example", "+8613800138000"),
        ("+8613800138000/type=plmn@mmsc.a.example", "+8613800138000"),
        ('"+8613800138000/TYPE=PLMN"@mmsc.a.example', "+8613800138000"),
        ("<+8613800138000/TYPE=PLMN@mmsc.a.example>", "+8613800138000"),
        ('"Anna, B." <+8613800138000/TYPE=PLMN@mmsc.a.example>', "+8613800138000"),
        ("10086/TYPE=PLMN", "10086"),
        ("+86 138-0013-8000", "+8613800138000"),
        ("13800138000", "13800138000"),
        ("+8613800138000@gw.example", "+8613800138000"),
        ("13800138000@GW.example.", "13800138000"),
        ("13800138000@other.example", "13800138000@other.example"),
        ("Anna <anna@Other.Example>", "anna@other.example"),
        ('"a b"@other.example', '"a b"@other.example'),
        ("anna@other.example/TYPE=EMAIL", "anna@other.example"),
        ("192.0.2.1/TYPE=IPv4", "192.0.2.1"),
        ("Anna", ""),
        ("", ""),
        ("<>", ""),
        ("@", ""),
    ],
)
def test_every_spelling_is_read(text: str, meant: str) -> None:
    assert read_address(text, {"gw.example"}) == meant


@pytest.mark.parametrize(
    "text",
    [
        "+4411/TYPE=PLMN, +4422/TYPE=PLMN@b.example",
        "+4411/TYPE=PLMN;+4422/TYPE=PLMN",
        "+4411/TYPE=PLMN.+4422/TYPE=PLMN",
        "+4411/TYPE=PLMN@a.example.+4422/TYPE=PLMN@b.example",
        '"One, first" <+4411/TYPE=PLMN@a.example>, "+4422/TYPE=PLMN"@b.example, +4411/TYPE=PLMN',
        "+4411, +4422",
    ],
)
def test_many_in_one_field(text: str) -> None:
    assert read_addresses(text) == ("+4411", "+4422")


def test_a_field_of_thousands_is_bounded() -> None:
    assert len(read_addresses(",".join(f"+{1000000 + n}" for n in range(5000)))) == 1000
    assert read_addresses('"' * 50_000) == ()
    assert read_addresses("<" * 50_000) == ()


def test_what_is_written_is_an_smtp_address() -> None:
    assert device_address("+8613800138000") == "+8613800138000/TYPE=PLMN"
    written = device_address("+8613800138000", "mms.example")
    assert str(Address.parse(written)) == written
    assert read_address(written) == "+8613800138000"
    assert device_address("anna@x.example", "mms.example") == "anna@x.example"
    assert is_number("10086")
    assert not is_number("China Mobile")
