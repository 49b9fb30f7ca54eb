"""Mail addresses: RFC 5321 mailboxes in one spelling."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.addresses import Address, is_phone_address
from gateway.core.errors import BadRequest


@pytest.mark.parametrize(
    ("text", "local", "domain"),
    [
        ("a@b.cn", "a", "b.cn"),
        ("Zhang.San+list@Example.COM", "Zhang.San+list", "example.com"),
        ("a@b.cn.", "a", "b.cn"),
        ('"zhang san"@b.cn', "zhang san", "b.cn"),
        ('"a@b"@c.cn', "a@b", "c.cn"),
        (r'"a\"\\b"@c.cn', r'a"\b', "c.cn"),
        ('""@c.cn', "", "c.cn"),
        ("张三@例子.中国", "张三", "xn--fsqu00a.xn--fiqs8s"),
        ("zhang@例子。中国", "zhang", "xn--fsqu00a.xn--fiqs8s"),
        ("a@[192.0.2.1]", "a", "[192.0.2.1]"),
        ("a@[IPv6:2001:DB8::1]", "a", "[IPv6:2001:db8::1]"),
        ("13800138000@caiyou.example", "13800138000", "caiyou.example"),
    ],
)
def test_an_address_is_read_and_written_back(text: str, local: str, domain: str) -> None:
    address = Address.parse(text)
    assert (address.local, address.domain) == (local, domain)
    assert Address.parse(str(address)) == address


@pytest.mark.parametrize(
    "text",
    [
        "", "@", "a@", "@b.cn", "a", "a b@c.cn", ".a@b.cn", "a.@b.cn", "a..b@c.cn", "<a@b.cn>", "a@-b.cn",
        "a@[IPv6:fe80::1%a> b]",
        "a@b..cn",        "a@b_c.cn",
        "a@[1.2.3]", "a@[1.2.3.4", "a@[x]", '"a@b.cn', '"a"b@c.cn', "a@b.cn\r\nRCPT TO:<x@y.cn>",
        "a\x00@b.cn", "a@b\u2028.cn", "\ud800@b.cn", "a" * 65 + "@b.cn", "a@" + "b" * 64 + ".cn",
        "a@" + "b." * 130 + "cn",
        "张" * 22 + "@b.cn", "a" * 64 + "@" + ("b" * 60 + ".") * 3 + "example",
    ],
)  # fmt: skip
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(BadRequest):
        Address.parse(text)


def test_our_own_mailboxes_are_found_in_any_case() -> None:
    assert Address.parse("Zhang@Example.com").key == Address.parse("zhang@EXAMPLE.com").key


def test_a_domain_is_shown_in_its_own_script() -> None:
    assert Address.parse("a@例子.中国").domain_for_people == "例子.中国"
    assert Address.parse("a@[192.0.2.1]").domain_for_people == "[192.0.2.1]"


def test_only_local_parts_need_smtputf8() -> None:
    assert Address.parse("张三@b.cn").needs_smtputf8
    assert not Address.parse("a@例子.中国").needs_smtputf8


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("13800138000@caiyou.example", "+8613800138000"),
        ("+8613800138000@caiyou.example", "+8613800138000"),
        ("+85291234567@caiyou.example", "+85291234567"),
        ("10086@caiyou.example", None),
        ("01087654321@caiyou.example", None),
        ("zhang@caiyou.example", None),
        ('""@caiyou.example', None),
    ],
)
def test_a_phone_address_names_its_number(text: str, number: str | None) -> None:
    address = Address.parse(text)
    assert address.phone_number == number
    assert is_phone_address(address) is (number is not None)


@given(st.text(max_size=340))
def test_anything_is_an_address_or_refused(text: str) -> None:
    try:
        address = Address.parse(text)
    except BadRequest:
        return
    assert Address.parse(str(address)) == address


@given(local=st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), min_size=1, max_size=16))
def test_any_local_part_survives_quoting(local: str) -> None:
    address = Address(local, "b.cn")
    assert Address.parse(str(address)) == address
