"""Tables of contacts: which program, which columns, which people; what spreadsheets did to them."""

from __future__ import annotations

import csv

import pytest

from addressbook.charsets import decoded
from addressbook.contact import Address, Contact, Name, Organisation, Value
from addressbook.csv_file import cells
from addressbook.csv_file.headings import meanings, program_of
from addressbook.csv_file.people import Finding, RowReader
from addressbook.csv_file.table import MAX_ROW_LINES, layout_of, rows
from addressbook.csv_file.targets import Target, all_targets, read_target
from addressbook.csv_file.writing import PROGRAMS, harmless, table
from gateway.core.errors import BadRequest
from tests.fakes import tables


def people(text: str) -> list[Contact]:
    layout = layout_of(text)
    assert layout is not None
    reader = RowReader(layout.targets, layout.headings)
    return [reader.read(row.cells)[0] for row in rows(text, layout.separator, layout.first_line)]


@pytest.mark.parametrize(
    ("text", "program"),
    [
        (tables.GOOGLE, "google"),
        (tables.GOOGLE_OLD, "google-old"),
        (tables.OUTLOOK, "outlook"),
        (tables.OUTLOOK_ZH, "outlook-zh"),
        (tables.WINDOWS, "windows"),
        (tables.WINDOWS_ZH, "windows-zh"),
        (tables.FOXMAIL, "foxmail"),
        (tables.THUNDERBIRD, "thunderbird"),
        ("姓名,电话\n张三,13800138000\n", "table"),
    ],
)
def test_the_program_is_known_by_its_headings(text: str, program: str) -> None:
    layout = layout_of(text)
    assert layout is not None
    assert program_of(layout.headings) == program


@pytest.mark.parametrize(
    "text",
    [tables.GOOGLE_OLD, tables.WINDOWS, tables.WINDOWS_ZH, tables.FOXMAIL, tables.THUNDERBIRD, tables.OUTLOOK_ZH],
)
def test_every_program_says_the_same_person(text: str) -> None:
    found = people(text)[0]
    assert found.shown in ("张三", "张三先生")
    assert (found.name.family, found.name.given) == ("张", "三")
    assert found.mails[0].value == "zhang@example.org"
    assert "13800138000" in [one.value for one in found.numbers if "cell" in one.types]
    assert found.organisation.name == "彩邮公司"
    assert found.title == "工程师"


def test_google() -> None:
    zhang, john = people(tables.GOOGLE)
    assert zhang == Contact(
        shown="张三",
        name=Name("张", "三"),
        nicknames=("老三",),
        organisation=Organisation("彩邮公司", ("研发部",)),
        title="工程师",
        numbers=(
            Value("+86 138-0013-8000", ("cell",)),
            Value("13900139000", ("cell",)),
            Value("010-12345678", (), "Zentrale"),
        ),
        mails=(Value("zhang@example.org", ("work",), preferred=True), Value("san@example.net", ("home",))),
        addresses=(Address("", "3层", "中关村大街1号", "北京", "北京", "100080", "中国", ("work",)),),
        urls=(Value("https://example.org/san"),),
        birthday="1985-04-12",
        note="第一行\n第二行",
        categories=("同事",),
    )
    assert john == Contact(
        shown="Dr. John Q. Public Jr.", name=Name("Public", "John", "Q.", "Dr.", "Jr."), birthday="--07-04"
    )


def test_outlook() -> None:
    john, zhang = people(tables.OUTLOOK)
    assert john == Contact(
        shown="Mr. John Q. Public Jr.",
        name=Name("Public", "John", "Q.", "Mr.", "Jr."),
        organisation=Organisation("Example Ltd", ("Sales",)),
        title="Director",
        numbers=(
            Value("+44 20 7946 0001", ("work", "fax")),
            Value("+44 20 7946 0000", ("work",)),
            Value("+44 7700 900000", ("cell",)),
        ),
        mails=(Value("john@example.org"),),
        addresses=(
            Address(
                street="1 High Street Floor 3",
                locality="London",
                code="W1A 1AA",
                country="United Kingdom",
                types=("work",),
            ),
        ),
        urls=(Value("http://example.org"),),
        related=(Value("Mary", ("spouse",)),),
        birthday="1985-04-12",
        note="First line\r\nsecond",
        categories=("Friends", "Work"),
    )
    assert zhang.shown == "张三"


def test_outlook_in_chinese() -> None:
    (zhang,) = people(tables.OUTLOOK_ZH)
    assert zhang.name == Name("张", "三", "", "", "先生")
    assert zhang.birthday == "1985-04-12"
    assert zhang.categories == ("同事", "朋友")
    assert zhang.addresses[0].parts == ("", "", "中关村大街1号 3层", "北京", "北京", "100080", "中国")
    assert [one.value for one in zhang.mails] == ["zhang@example.org", "san@example.net"]


def test_parts_of_an_address_and_of_a_date_come_together() -> None:
    (zhang,) = people(tables.THUNDERBIRD)
    assert zhang.birthday == "1985-04-12"
    assert zhang.addresses == (
        Address(street="1 Lane Flat 2", locality="Beijing", code="100080", country="China", types=("home",)),
    )


@pytest.mark.parametrize("charset", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "big5hkscs"])
def test_every_charset_is_told(charset: str) -> None:
    text = "姓名,電話,公司\n" + "".join(f"張小明{n},1380013800{n},香港電訊有限公司\n" for n in range(5))
    assert [one.organisation.name for one in people(decoded(text.encode(charset)))] == ["香港電訊有限公司"] * 5


@pytest.mark.parametrize(
    ("text", "separator"),
    [
        ("姓名;手机\n张三;13800138000\n", ";"),
        ("sep=;\n姓名;手机\n张三;13800138000\n", ";"),
        ("姓名\t手机\n张三\t13800138000\n", "\t"),
        ("\n\n姓名，手机\n张三，13800138000\n", "，"),
        ("姓名|手机\n张三|13800138000\n", "|"),
    ],
)
def test_separators(text: str, separator: str) -> None:
    layout = layout_of(text)
    assert layout is not None
    assert layout.separator == separator
    assert [one.numbers[0].value for one in people(text)] == ["13800138000"]


def test_a_table_without_headings_is_told_by_what_is_in_it() -> None:
    layout = layout_of("张三,13800138000,zhang@example.org\n李四,13900139000,li@example.org\n")
    assert layout is not None
    assert layout.first_line == 1
    assert [str(target) for target in layout.targets] == ["shown", "number:cell", "mail"]


def test_headings_nobody_knows_are_told_by_what_is_below_them() -> None:
    layout = layout_of("Wer,Womit,Sonst\n张三,13800138000,x1\n李四,13900139000,x2\n")
    assert layout is not None
    assert [str(target) for target in layout.targets] == ["shown", "number:cell", "None"]
    assert layout.first_line == 2


@pytest.mark.parametrize("text", ["", "\n\n", "just some words\n", "<html><body>no table</body></html>", "a,b,c\n"])
def test_what_is_no_table(text: str) -> None:
    assert layout_of(text) is None


def test_a_quote_that_nobody_closes_takes_one_row_with_it() -> None:
    text = '姓名,手机\n张三,13800138000\n"李四,13900139000\n' + "王五,13700137000\n" * (MAX_ROW_LINES + 100)
    found = list(rows(text, ",", 2))
    assert [row.line for row in found if row.error] == [3]
    assert len([row for row in found if not row.error]) == MAX_ROW_LINES + 101


def test_only_line_ends_end_lines() -> None:
    text = "姓名,附注\n张\u2028三,a\x0cb\x85c\r李四,d"
    assert [(row.line, row.cells) for row in rows(text, ",", 2)] == [
        (2, ("张\u2028三", "a\x0cb\x85c")),
        (3, ("李四", "d")),
    ]


def test_rows_know_their_lines() -> None:
    text = '姓名,附注\n张三,"a\nb"\n\n李四,c\n'
    assert [(row.line, row.cells[0]) for row in rows(text, ",", 2)] == [(2, "张三"), (5, "李四")]


@pytest.mark.parametrize(
    ("cell", "numbers", "code"),
    [
        ('="13800138000"', ["13800138000"], ""),
        ("'13800138000", ["13800138000"], ""),
        ("13800138000.0", ["13800138000"], ""),
        ("13800138000;010-12345678", ["13800138000", "010-12345678"], ""),
        ("13800138000、13900139000", ["13800138000", "13900139000"], ""),
        ("13800138000/13900139000", ["13800138000", "13900139000"], ""),
        ("010-12345678转801", ["010-12345678转801"], ""),
        ("+86 (10) 1234/5678", ["+86 (10) 1234/5678"], ""),
        ("1.38E+10", [], "digits_lost"),
        ("8.61E+12", [], "digits_lost"),
        ("########", [], "digits_lost"),
        ("无", [], "no_number"),
    ],
)
def test_what_spreadsheets_and_hands_do_to_numbers(cell: str, numbers: list[str], code: str) -> None:
    contact, findings = RowReader([Target("shown"), Target("number")], ["姓名", "电话"]).read(["张三", cell])
    assert [one.value for one in contact.numbers] == numbers
    assert findings == ([Finding(code, "电话", cell)] if code else [])


@pytest.mark.parametrize(
    ("cell", "mails", "code"),
    [
        ("a@example.org; B <b@example.org>", ["a@example.org", "b@example.org"], ""),
        ("mailto:a@example.org.", ["a@example.org"], ""),
        ("/o=ExchangeLabs/ou=X/cn=Recipients/cn=zhang", [], "exchange"),
        ("none", [], "no_mail"),
    ],
)
def test_mail_addresses_of_a_cell(cell: str, mails: list[str], code: str) -> None:
    contact, findings = RowReader([Target("mail")], ["E-mail"]).read([cell])
    assert [one.value for one in contact.mails] == mails
    assert [one.code for one in findings] == ([code] if code else [])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1985-4-12", "1985-04-12"),
        ("1985年4月12日", "1985-04-12"),
        ("19850412", "1985-04-12"),
        ("1985/4/12 0:00:00", "1985-04-12"),
        ("4/12/1985", "1985-04-12"),
        ("13/4/1985", "1985-04-13"),
        ("12.4.1985", "1985-04-12"),
        ("--04-12", "--04-12"),
        ("4月12日", "--04-12"),
        ("soon", ""),
        ("1985-13-40", ""),
    ],
)
def test_dates(text: str, said: str) -> None:
    assert cells.date(text) == said


def test_columns_that_become_the_note_say_which_they_are() -> None:
    reader = RowReader([Target("shown"), Target("note"), Target("note")], ["Name", "Hobby", "Notes"])
    assert reader.read(["A", "chess", "text"])[0].note == "Hobby: chess\ntext"


def test_every_target_can_be_written_and_read() -> None:
    for text in all_targets():
        assert str(read_target(text)) == text
    for text in ("number.label@2", "address.city@1", "birthday.year", "messenger.service@3"):
        assert str(read_target(text)) == text
    assert read_target("") is None
    for text in ("phone", "number.city", "shown:home", "address", "mail@", "number:" + "x" * 99, "🙂"):
        with pytest.raises(BadRequest):
            read_target(text)


def test_a_job_title_makes_title_the_salutation() -> None:
    assert [str(one) for one in meanings(["Title", "Job Title"])[0]] == ["prefix", "title"]
    assert [str(one) for one in meanings(["Title", "Name"])[0]] == ["title", "shown"]


# --- out again -----------------------------------------------------------------------------------------------

PERSON = Contact(
    shown="张三",
    name=Name("张", "三"),
    nicknames=("老三",),
    organisation=Organisation("彩邮公司", ("研发部",)),
    title="工程师",
    numbers=(Value("13800138000", ("cell",)), Value("010-12345678", ("work",))),
    mails=(Value("zhang@example.org"),),
    addresses=(Address(street="中关村大街1号", locality="北京", code="100080", types=("work",)),),
    birthday="1985-04-12",
    note="第一行\n第二行",
    categories=("同事",),
)


@pytest.mark.parametrize("program", PROGRAMS)
def test_what_is_written_for_a_program_is_known_as_its_and_says_the_same(program: str) -> None:
    text = decoded(b"".join(table(lambda: [PERSON], program)))
    layout = layout_of(text)
    assert layout is not None
    assert program_of(layout.headings) == program
    (again,) = people(text)
    assert {one.value for one in again.numbers} == {one.value for one in PERSON.numbers}
    for attribute in ("shown", "name", "organisation", "title", "mails", "addresses", "birthday", "note"):
        assert getattr(again, attribute) == getattr(PERSON, attribute), attribute


def test_google_holds_everything() -> None:
    (john,) = people(tables.OUTLOOK)[:1]
    (again,) = people(decoded(b"".join(table(lambda: [john], "google"))))
    assert again == john


@pytest.mark.parametrize("program", PROGRAMS)
def test_no_cell_is_a_formula(program: str) -> None:
    evil = "=cmd|' /C calc'!A0"
    contact = Contact(
        shown=evil,
        name=Name(evil, "+1+cmd"),
        note="\t=1+1",
        title="@SUM(A1)",
        organisation=Organisation("-2+3+cmd"),
        numbers=(Value("+8613800138000", ("cell",)),),
        categories=("\r=1",),
    )
    octets = b"".join(table(lambda: [contact], program))
    for row in csv.reader(decoded(octets).splitlines(keepends=True)):
        for cell in row:
            assert cell[:1] not in "=+-@\t\r" or cell in ("", "+8613800138000")
    assert people(decoded(octets))[0].name == contact.name  # and it comes back as it was


@pytest.mark.parametrize(
    ("text", "cell"),
    [("+86 138-0013-8000", "+86 138-0013-8000"), ("-1+1", "'-1+1"), ("=1", "'=1"), ("a=1", "a=1"), ("@a", "'@a")],
)
def test_harmless(text: str, cell: str) -> None:
    assert harmless(text) == cell
