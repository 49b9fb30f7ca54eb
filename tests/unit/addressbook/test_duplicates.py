"""Who may be one person and why, and several cards made one."""

from __future__ import annotations

import pytest

from addressbook.contact import Contact, Name, Organisation, Photo, Value
from addressbook.duplicates import MAX_SHARED, Facts, Reason, clusters, is_same_name, likeness
from addressbook.merge import united
from addressbook.vcard.composing import write
from addressbook.vcard.meaning import contact_of

M, N = "+8613800138000", "+8613900139000"


def facts(an_id: int, name: str, *, mobiles: str = "", mails: str = "", org: str = "", group: bool = False) -> Facts:
    return Facts(an_id, name, org, group, frozenset(mobiles.split()), frozenset(mails.split()))


@pytest.mark.parametrize(
    ("one", "other", "reasons", "certain"),
    [
        (facts(1, "张三", mobiles=M), facts(2, "张三", mobiles=M), "number name", True),
        (facts(1, "张三", mobiles=M), facts(2, "张三(公司)", mobiles=M), "number", True),
        (facts(1, "张三", mobiles=M), facts(2, "13800138000", mobiles=M), "number", True),
        (facts(1, "张三", mobiles=M), facts(2, "李四", mobiles=M), "number", False),
        (facts(1, "Li Ming", mails="a@x.y"), facts(2, "Ming, Li", mails="a@x.y"), "mail name", True),
        (facts(1, "张三", mobiles=M), facts(2, "张三先生", mails="a@x.y"), "name", False),
        (facts(1, "张伟", mobiles=M), facts(2, "张伟", mobiles=N), None, False),
        (facts(1, "张伟", mobiles=M, org="彩邮"), facts(2, "张伟", mobiles=N, org="彩邮"), "name", False),
        (facts(1, "张伟", mobiles=M, org="彩邮"), facts(2, "张伟", org="别家"), None, False),
        (facts(1, "朋友", group=True), facts(2, "朋友"), None, False),
        (facts(1, "朋友", group=True), facts(2, "朋友", group=True), "name", False),
        (facts(1, ""), facts(2, ""), None, False),
    ],
)
def test_reasons(one: Facts, other: Facts, reasons: str | None, certain: bool) -> None:
    told = likeness(one, other)
    if reasons is None:
        assert told is None
    else:
        assert told is not None
        assert (" ".join(reason for reason, _ in told.reasons), told.certain) == (reasons, certain)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("张三", "张 三", True),
        ("张三", "三张", False),
        ("ＡＢＣ", "abc", True),
        ("O'Neil, Pat", "Pat O Neil", True),
        ("张三丰先生", "张三丰", True),
    ],
)
def test_names(one: str, other: str, same: bool) -> None:
    assert is_same_name(one, other) is same


def test_what_hangs_together_is_told_once() -> None:
    people = [
        facts(1, "张三", mobiles=M),
        facts(2, "张三", mobiles=M, mails="z@x.y"),
        facts(3, "小张", mails="z@x.y"),
        facts(4, "王五", mobiles=N),
        facts(5, "王五"),
        facts(9, "别人"),
    ]
    sure, maybe = sorted(clusters(people), key=lambda one: one.ids)
    assert (sure.ids, maybe.ids) == ((1, 2, 3), (4, 5))
    assert (sure.certain, maybe.certain) == (False, False)
    assert sure.likenesses[0].reasons == ((Reason.NUMBER, M), (Reason.NAME, "张三"))
    assert [one.ids for one in clusters(people, [(5, 4), (2, 3)])] == [(1, 2)]
    assert clusters(people, [(5, 4), (2, 3)])[0].certain


def test_the_line_of_a_company_says_nothing() -> None:
    assert clusters([facts(n, f"人{n}", mobiles=M) for n in range(MAX_SHARED + 1)]) == []


def test_several_cards_become_one() -> None:
    first = write(
        Contact(
            uid="a", shown="张三", name=Name("张", "三"), numbers=(Value("13800138000", ("cell",)),), note="老同学"
        ),
        "3.0",
    )
    second = write(
        Contact(
            uid="b", shown="小张", numbers=(Value("+86 138-0013-8000", ("home",)), Value("10086")),
            mails=(Value("z@x.y"),), organisation=Organisation("彩邮"), birthday="1980-05-01", note="住北京",
            categories=("朋友",), photo=Photo(b"\xff\xd8x", "image/jpeg"),
        ),
        "4.0",
    ).replace(b"END:VCARD", b"X-FOO:bar\r\nEND:VCARD")  # fmt: skip
    third = write(Contact(uid="c", shown="张三", birthday="1990-01-01", numbers=(Value("10086"),)), "2.1")
    told = united([first, second, third])
    assert b"VERSION:3.0" in told.card
    assert b"X-FOO:bar" in told.card
    made = contact_of(told.card)
    assert (made.uid, made.shown, made.nicknames) == ("a", "张三", ("小张",))
    assert [one.value for one in made.numbers] == ["13800138000", "10086"]
    assert (made.organisation.name, made.birthday, made.note) == ("彩邮", "1980-05-01", "老同学\n住北京")
    assert made.categories == ("朋友",)
    assert made.photo == Photo(b"\xff\xd8x", "image/jpeg")
    assert told.left_out == (("birthday", "1990-01-01"),)
