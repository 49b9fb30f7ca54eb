"""LDIF: what Mozilla's programs and directories write, and what we write for them."""

from __future__ import annotations

import pytest

from addressbook.contact import Address, Contact, Name, Organisation, Photo, Value
from addressbook.ldif.people import contact_of, ldif, uid_of
from addressbook.ldif.records import is_ldif, records
from tests.fakes.tables import LDIF_MOZILLA

ZHANG = Contact(
    uid=uid_of("cn=Zhang San,mail=zhang@example.org"),
    shown="张三",
    name=Name("张", "三"),
    nicknames=("老三",),
    organisation=Organisation("彩邮公司", ("研发部",)),
    title="工程师",
    numbers=(Value("010-12345678", ("work",)), Value("13800138000", ("cell",))),
    mails=(Value("zhang@example.org"), Value("san@example.net")),
    addresses=(Address(street="1 Lane", locality="Beijing", types=("home",)),),
    birthday="1985-04-12",
    note="a long note",
)


def test_people_and_groups_of_thunderbird() -> None:
    zhang, li, friends = (contact_of(record)[0] for record in records(LDIF_MOZILLA))
    assert zhang == ZHANG
    assert (li.shown, li.mails) == ("Li Si", (Value("li@example.org"),))
    assert friends.is_group
    assert friends.shown == "Friends"
    assert friends.members == (zhang.uid,)


def test_what_is_written_is_read() -> None:
    person = Contact(
        uid="1",
        shown=" 李, #四 ",
        name=Name("李", "四"),
        numbers=(Value("13900139000", ("cell",)), Value("010-1", ("fax",)), Value("020-1", ("home",))),
        mails=(Value("li@example.org"),),
        addresses=(Address("PO 1", "3F", "Street", "City", "Region", "100", "China", ("work",)),),
        urls=(Value("http://a.example", ("home",)),),
        birthday="1985-04-12",
        note="one\ntwo " + "x" * 200,
        categories=("a", "b"),
        photo=Photo(b"\xff\xd8\xff" * 100, "image/jpeg"),
    )
    group = Contact(uid="2", kind="group", shown="朋友", members=("1", "gone"))
    octets = b"".join(ldif(lambda: [person, group]))
    assert all(len(line) <= 76 for line in octets.split(b"\r\n"))
    text = octets.decode("ascii")
    assert is_ldif(text)
    again, friends = (contact_of(record)[0] for record in records(text))
    assert friends.members == (again.uid,)
    assert sorted(one.value for one in again.numbers) == ["010-1", "020-1", "13900139000"]
    for attribute in ("name", "mails", "addresses", "urls", "birthday", "note", "categories", "photo"):
        assert getattr(again, attribute) == getattr(person, attribute), attribute
    assert again.shown == "李, #四"


@pytest.mark.parametrize(
    ("text", "line", "error"),
    [
        ("dn: cn=A\ncn: A\nnonsense\n", 1, "line 3 is no attribute: nonsense"),
        ("dn: cn=A\ncn:: ***\n", 1, "line 2: cn is no Base64"),
        ("\ncn: A\n", 2, "a record without dn"),
        ("dn: cn=A\nchangetype: modify\nreplace: cn\ncn: B\n-\n", 1, "a change to a directory (modify), no contact"),
        ("dn: cn=A\nchangetype: delete\n", 1, "a change to a directory (delete), no contact"),
    ],
)
def test_bad_records_say_why_and_where(text: str, line: int, error: str) -> None:
    found = list(records(text + "\ndn: cn=B\ncn: B\n"))
    assert [(record.line, record.error) for record in found if record.error] == [(line, error)]
    assert [contact_of(record)[0].shown for record in found if not record.error] == ["B"]


@pytest.mark.parametrize(
    ("text", "is_it"),
    [
        ("version: 1\n\ndn: cn=A\n", True),
        ("# a comment\ndn:: Y249QQ==\n", True),
        ("BEGIN:VCARD\n", False),
        ("dn,cn\n", False),
        ("", False),
    ],
)
def test_is_ldif(text: str, is_it: bool) -> None:
    assert is_ldif(text) is is_it


def test_comments_and_folded_lines() -> None:
    text = "# one\n  two\ndn: cn=\n A\n# three\ncn: A\n B\nmail:< file:///etc/passwd\n"
    (record,) = records(text)
    assert (record.dn, record.values) == ("cn=A", {"cn": ["AB"]})
