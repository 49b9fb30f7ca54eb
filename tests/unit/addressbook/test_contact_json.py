"""Contacts as JSON: what is told can be sent back, and what cannot be is refused by the name of its field."""

from __future__ import annotations

from typing import Any

import pytest

from addressbook.contact import Address, Contact, Name, Organisation, Photo, Value
from addressbook.contact_json import FIELDS, as_json, changed
from gateway.core.errors import BadRequest

FULL = Contact(
    uid="u1",
    shown="张三",
    name=Name("张", "三", prefix="Dr."),
    nicknames=("小三",),
    organisation=Organisation("彩邮有限公司", ("研发部",)),
    title="工程师",
    numbers=(
        Value("+8613800138000", ("cell",), preferred=True),
        Value("010-12345678", ("work",)),
        Value("021 8765 4321", ("home",)),
        Value("+8613900139000", ("cell",), label="备用"),
    ),
    mails=(Value("zhang@x.example", ("work",)), Value("san@y.example", ("home",))),
    addresses=(Address(street="长安街 1", locality="北京", code="100000", types=("home",)),),
    birthday="1980-05-01",
    note="一个很长很长很长很长的备注",
    categories=("朋友", "同事"),
    photo=Photo(b"\xff\xd8 a photo", "image/jpeg"),
)


def test_what_is_told_can_be_sent_back() -> None:
    document = as_json(FULL)
    assert set(document) == set(FIELDS)
    assert document["numbers"][1] == {
        "value": "010-12345678", "types": ["work"], "label": "", "preferred": False, "number": "+861012345678",
        "kind": "fixed",
    }  # fmt: skip
    assert changed(FULL, document) == FULL
    assert changed(Contact(uid="u1"), document) == FULL


def test_what_is_not_named_stays() -> None:
    made = changed(FULL, {"numbers": ["10086", {"value": "110", "types": ["WORK"]}], "title": "总监"})
    assert made.numbers == (Value("10086"), Value("110", ("work",)))
    assert (made.title, made.mails, made.photo) == ("总监", FULL.mails, FULL.photo)
    assert changed(FULL, {"parts": {"family": "李", "given": "四"}}).shown == "李四"
    assert changed(FULL, {"name": "老张"}).name == FULL.name
    assert changed(FULL, {"units": []}).organisation == Organisation("彩邮有限公司")
    assert changed(FULL, {"photo": {"data": "eA==", "type": "image/png"}}).photo == Photo(b"x", "image/png")
    assert changed(FULL, {"photo": None}).photo is None


@pytest.mark.parametrize(
    ("document", "field"),
    [
        ({"nme": "x"}, "nme"),
        ({"name": 7}, "name"),
        ({"name": "a\nb"}, "name"),
        ({"parts": {"first": "x"}}, "parts"),
        ({"numbers": "110"}, "numbers"),
        ({"numbers": ["x"] * 101}, "numbers"),
        ({"numbers": [""]}, "numbers[0].value"),
        ({"numbers": [7]}, "numbers[0]"),
        ({"mails": ["nobody"]}, "mails[0].value"),
        ({"mails": [{"value": "a@b.c", "types": ["a b"]}]}, "mails[0].types"),
        ({"mails": [{"value": "a@b.c", "preferred": 1}]}, "mails[0].preferred"),
        ({"photo": {"data": "%"}}, "photo.data"),
        ({"photo": {"data": ""}}, "photo.data"),
        ({"addresses": [{"city": "x"}]}, "addresses[0]"),
    ],
)
def test_what_cannot_be_used_is_named(document: dict[str, Any], field: str) -> None:
    with pytest.raises(BadRequest) as raised:
        changed(FULL, document)
    assert str(raised.value).startswith(f"{field}: ")


def test_a_contact_has_something_to_be_called_by() -> None:
    with pytest.raises(BadRequest, match=r"^name: "):
        changed(Contact(name=Name()), {"note": "x"})
