"""Files of contacts: recognised, taken apart, compared with who is known, and written again."""

from __future__ import annotations

from itertools import count

import pytest

from addressbook.contact import Contact, Name, Organisation, Value
from addressbook.exports import KINDS, exported, kind_of
from addressbook.imports.checking import Checker, columns
from addressbook.imports.decisions import Doubles, Kept, Outcome, decide, wanted
from addressbook.imports.sameness import Known, Reason, keys_of
from addressbook.imports.source import Aside, Entry, Format, UnknownFile, recognise
from addressbook.joining import joined
from addressbook.vcard.composing import write
from addressbook.vcard.meaning import contact_of
from gateway.core.errors import BadRequest
from tests.fakes import tables

CARD = "BEGIN:VCARD\r\nVERSION:2.1\r\nN:张;三\r\nTEL;CELL:13800138000\r\nEND:VCARD\r\n"
ZHANG = Contact(uid="z", shown="张三", name=Name("张", "三"), numbers=(Value("13800138000", ("cell",)),))


def entries(octets: bytes) -> list[Entry | Aside]:
    return list(recognise(octets).entries())


@pytest.mark.parametrize(
    ("octets", "format_", "program"),
    [
        (CARD.encode("gb18030"), Format.VCARD, ""),
        (CARD.encode("utf-16"), Format.VCARD, ""),
        (tables.LDIF_MOZILLA.encode(), Format.LDIF, ""),
        (tables.OUTLOOK_ZH.encode("gb18030"), Format.CSV, "outlook-zh"),
        (tables.GOOGLE.encode("utf-16"), Format.CSV, "google"),
        ("姓名,電話,公司\n張小明,13800138000,香港電訊有限公司\n".encode("big5hkscs"), Format.CSV, "table"),
    ],
)
def test_files_are_recognised(octets: bytes, format_: Format, program: str) -> None:
    source = recognise(octets)
    assert (source.format, source.program) == (format_, program)
    first = next(source.entries())
    assert isinstance(first, Entry)
    assert first.contact.numbers[0].value in ("13800138000", "010-12345679", "+86 138-0013-8000", "010-12345678")


@pytest.mark.parametrize(
    ("octets", "advice"),
    [
        (b"", "empty"),
        (b"\xff\xfe\n\0", "empty"),
        (b"PK\x03\x04xl/workbook", "save the list as CSV"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1....", "save it as CSV"),
        (b"!BDN....", "export contacts as CSV"),
        (b"\x9c\xcb\xcb\x8d\x13\x75\xd2\x11....", "export it as CSV"),
        (b"<?xml version='1.0'?><contact/>", "XML"),
        (b"Dear Sir or Madam,\n\nthis is a letter\n", "vCard, CSV and LDIF"),
    ],
)
def test_what_is_none_says_what_helps(octets: bytes, advice: str) -> None:
    with pytest.raises(UnknownFile, match=advice):
        recognise(octets)


def test_bad_cards_are_set_aside_with_their_lines() -> None:
    text = (
        "rubbish\n"
        + CARD
        + "BEGIN:VCARD\nVERSION:3.0\nFN:cut off\n"
        + CARD
        + "BEGIN:VCARD\nVERSION:3.0\nEND:VCARD\n"
        + CARD[:-14]
    )
    found = entries(text.encode())
    assert [(one.line, one.reason) for one in found if isinstance(one, Aside)] == [
        (1, "no card begins here: rubbish"),
        (7, "no END:VCARD before the next card begins"),
        (15, "no name, number or mail address in it can be used"),
        (18, "no END:VCARD"),
    ]
    assert [one.line for one in found if isinstance(one, Entry)] == [2, 10]


def test_cards_keep_their_octets_and_get_a_uid() -> None:
    (found,) = entries(
        (CARD + "X-UNKNOWN;A=b:c\r\n")
        .replace("END:VCARD\r\nX-UNKNOWN;A=b:c\r\n", "X-UNKNOWN;A=b:c\r\nEND:VCARD\r\n")
        .encode()
    )
    assert isinstance(found, Entry)
    assert b"TEL;CELL:13800138000\r\nX-UNKNOWN;A=b:c\r\n" in found.card
    assert found.contact.uid
    assert contact_of(found.card) == found.contact
    again = entries(CARD.replace("\r\n", "\n").encode())[0]
    assert isinstance(again, Entry)
    assert again.contact.uid == found.contact.uid  # the same words, the same UID


def test_cards_without_a_charset_can_be_read_alone() -> None:
    (found,) = entries(CARD.encode("gb18030"))
    assert isinstance(found, Entry)
    assert contact_of(found.card).name == Name("张", "三")
    found.card.decode()


def test_rows_that_say_nobody_are_set_aside() -> None:
    text = "姓名,手机,备注\n,1.38E+10,x\n张三,1.38E+10,\n"
    aside, zhang = entries(text.encode())
    assert aside == Aside(2, "no name, number or mail address in it can be used (手机: 1.38E+10)", ",1.38E+10,x")
    assert isinstance(zhang, Entry)
    assert [(one.code, one.column) for one in zhang.findings] == [("digits_lost", "手机")]


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        (Contact(uid="z", shown="Somebody"), Reason.UID),
        (Contact(shown="张 三", numbers=(Value("+86 138 0013 8000"),)), Reason.NAME_AND_NUMBER),
        (Contact(shown="李四", numbers=(Value("+86 138 0013 8000"),)), Reason.MAYBE_NUMBER),
        (Contact(numbers=(Value("008613800138000"),)), Reason.NUMBER),
        (Contact(shown="张三"), None),
        (Contact(shown="张三", numbers=(Value("13900139000"),)), None),
    ],
)
def test_who_is_the_same(other: Contact, reason: Reason | None) -> None:
    known = Known()
    known.add(7, keys_of(ZHANG))
    match = known.find(keys_of(other))
    assert (match and match.reason) == reason
    back = Known()
    back.add(7, keys_of(other))
    match = back.find(keys_of(ZHANG))
    assert (match and match.reason) == reason


def entry(contact: Contact, line: int = 2) -> Entry:
    return Entry(line, contact, write(contact))


def kept(contact: Contact) -> Kept:
    return Kept(f"{contact.uid}.vcf", contact, write(contact))


TWIN = Contact(
    uid="t",
    shown="张三",
    numbers=(Value("+86 138 0013 8000"), Value("010-12345678")),
    organisation=Organisation("彩邮公司"),
)


@pytest.mark.parametrize(
    ("rule", "outcome", "numbers"),
    [
        (Doubles.MERGE, Outcome.MERGED, ["13800138000", "010-12345678"]),
        (Doubles.REPLACE, Outcome.REPLACED, ["+86 138 0013 8000", "010-12345678"]),
        (Doubles.ADD, Outcome.ADDED, ["+86 138 0013 8000", "010-12345678"]),
    ],
)
def test_who_is_known_already(rule: Doubles, outcome: Outcome, numbers: list[str]) -> None:
    (found,) = decide([entry(TWIN)], {9: kept(ZHANG)}, rule, lambda: "new").writes
    assert found.outcome == outcome
    assert found.href == (None if rule is Doubles.ADD else "z.vcf")
    contact = contact_of(found.card)
    assert [one.value for one in contact.numbers] == numbers
    assert contact.organisation.name == "彩邮公司"
    assert contact.uid == ("t" if rule is Doubles.ADD else "z")


def test_who_is_known_already_is_skipped() -> None:
    decided = decide([entry(TWIN)], {9: kept(ZHANG)}, Doubles.SKIP, lambda: "new")
    assert (decided.writes, decided.outcomes) == ([], {Outcome.SKIPPED: 1})


@pytest.mark.parametrize("rule", [Doubles.MERGE, Doubles.REPLACE])
def test_a_file_that_comes_twice_changes_nothing(rule: Doubles) -> None:
    decided = decide([entry(ZHANG)], {9: kept(ZHANG)}, rule, lambda: "new")
    assert (decided.writes, decided.outcomes) == ([], {Outcome.SAME: 1})


def test_beside_the_one_that_is_known_goes_a_uid_of_its_own() -> None:
    (found,) = decide([entry(ZHANG)], {9: kept(ZHANG)}, Doubles.ADD, lambda: "new").writes
    assert contact_of(found.card).uid == "new"


def test_one_person_in_several_rows_becomes_one() -> None:
    again = Contact(shown="张三", numbers=(Value("13800138000"),), mails=(Value("zhang@example.org"),))
    decided = decide([entry(ZHANG), entry(TWIN), entry(again)], {}, Doubles.MERGE, count().__next__)  # type: ignore[arg-type]
    (found,) = decided.writes
    assert found.outcome is Outcome.ADDED
    assert decided.outcomes == {Outcome.MERGED: 2}
    contact = contact_of(found.card)
    assert [one.value for one in contact.numbers] == ["13800138000", "010-12345678"]
    assert [one.value for one in contact.mails] == ["zhang@example.org"]


def test_somebody_of_another_name_is_added_and_counted() -> None:
    li = Contact(shown="李四", numbers=(Value("13800138000"),))
    decided = decide([entry(li)], {9: kept(ZHANG)}, Doubles.MERGE, lambda: "new")
    assert [one.outcome for one in decided.writes] == [Outcome.ADDED]
    assert decided.maybe == 1


def test_what_the_book_is_asked_for() -> None:
    group = Contact(uid="g", kind="group", shown="朋友")
    assert wanted([entry(TWIN), entry(group), Aside(1, "", "")]) == (
        {"t", "g"},
        set(),
        {"+8613800138000", "+861012345678"},
        {"朋友"},
    )


def test_joined_loses_nothing_and_is_stable() -> None:
    both = joined(ZHANG, TWIN)
    assert [one.value for one in both.numbers] == ["13800138000", "010-12345678"]
    assert joined(both, TWIN) == both
    assert joined(Contact(note="a"), Contact(note="b")).note == "a\nb"
    assert joined(Contact(note="a\nb"), Contact(note="b")).note == "a\nb"


def test_a_dry_run_counts_and_shows() -> None:
    text = "姓名,手机,爱好\n张三,13800138000,x\n"
    text += "李四,13900139000,\n李四,13900139000,\n王五,13900139000,\n,,y\n赵六,1.38E+10,\n"
    source = recognise(text.encode())
    checker = Checker()
    checker.look(list(source.entries()), {9: kept(ZHANG)})
    check = checker.check
    assert check.counts() == {
        "entries": 6, "people": 5, "groups": 0, "new": 3, "known": 1, "doubled": 1, "maybe": 1, "aside": 1,
        "not_taken": 1,
    }  # fmt: skip
    assert [(one["line"], one["reason"], one["sure"]) for one in check.doubles] == [
        (2, "name and number", True),
        (4, "uid", True),
        (5, "number of somebody of another name", False),
    ]
    assert check.doubles[0]["other"]["id"] == "9"
    assert check.doubles[1]["other"] == {"line": 3}
    assert [one["line"] for one in check.asides] == [6]
    assert check.findings[0]["problem"] == "a spreadsheet has shortened the number, its digits are lost"
    assert source.layout is not None
    assert columns(source, source.layout.targets, [["张三", "13800138000", "x"]])[2] == {
        "heading": "爱好", "target": "", "known": False, "values": ["x"],
    }  # fmt: skip


@pytest.mark.parametrize("name", sorted(KINDS))
def test_every_format_comes_back(name: str) -> None:
    people = [
        Contact(
            uid=f"u{n}",
            shown=f"张{n}",
            name=Name("张", str(n)),
            numbers=(Value(f"1380013800{n}", ("cell",)),),
            mails=(Value(f"z{n}@example.org"),),
            title="工程师",
        )
        for n in range(3)
    ]
    octets = b"".join(exported([write(one) for one in people], kind_of(name)))
    found = entries(octets)
    assert [(one.contact.name, one.contact.numbers, one.contact.title) for one in found if isinstance(one, Entry)] == [
        (one.name, one.numbers, one.title) for one in people
    ]


def test_cards_are_exported_as_they_are_kept() -> None:
    card = b"BEGIN:VCARD\nVERSION:2.1\nN:A\nX-ODD;B:c\nEND:VCARD"
    assert b"".join(exported([card], kind_of("vcard"))) == card + b"\r\n"
    with pytest.raises(BadRequest):
        kind_of("xlsx")
