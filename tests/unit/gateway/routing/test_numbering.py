"""Whose a number is: the table that comes with the hub, imports over it, ported numbers over both."""

from __future__ import annotations

import pytest

from gateway.core.errors import BadRequest
from gateway.core.numbering import COLUMNS, PORTED_COLUMNS, Numbering, NumberRange, read_ported, read_ranges
from gateway.core.phone import CN_MOBILE
from gateway.store.numbering import built_in

HEADER = ",".join(COLUMNS)
PORTED_HEADER = ",".join(PORTED_COLUMNS)


@pytest.fixture(scope="module")
def table() -> Numbering:
    return Numbering(built_in())


# Network codes and H0 digits as published by MIIT, state of March 2023.
@pytest.mark.parametrize(
    ("number", "country", "operator", "kind"),
    [
        ("+8613800138000", "CN", "cmcc", "mobile"),
        ("+8613481234567", "CN", "cmcc", "mobile"),
        ("+8613491234567", "CN", "", "country"),  # 1349 is of satellites, and 13491 is not given out
        ("+8613492234567", "CN", "telecom", "satellite"),
        ("+8613300000000", "CN", "telecom", "mobile"),
        ("+8618600000000", "CN", "unicom", "mobile"),
        ("+8619200000000", "CN", "cbn", "mobile"),
        ("+8619100000000", "CN", "telecom", "mobile"),
        ("+8619700000000", "CN", "cmcc", "mobile"),
        ("+8619600000000", "CN", "unicom", "mobile"),
        ("+8617001234567", "CN", "telecom", "virtual"),
        ("+8617031234567", "CN", "cmcc", "virtual"),
        ("+8617041234567", "CN", "unicom", "virtual"),
        ("+8617051234567", "CN", "cmcc", "virtual"),
        ("+8617061234567", "CN", "cmcc", "virtual"),
        ("+8617091234567", "CN", "unicom", "virtual"),
        ("+8617112345678", "CN", "unicom", "virtual"),
        ("+8616212345678", "CN", "telecom", "virtual"),
        ("+8616512345678", "CN", "cmcc", "virtual"),
        ("+8616712345678", "CN", "unicom", "virtual"),
        ("+8614812345678", "CN", "cmcc", "iot"),
        ("+861440123456789", "CN", "cmcc", "iot"),
        ("+8617401234567", "CN", "telecom", "satellite"),
        ("10690001", "CN", "", "service"),
        ("+85291234567", "HK", "", "country"),
        ("+14165550100", "CA", "", "country"),
        ("+12125550100", "US", "", "country"),
        ("+77012345678", "KZ", "", "country"),
        ("+79012345678", "RU", "", "country"),
        ("+447400123456", "GB", "", "country"),
        ("+4915112345678", "DE", "", "country"),
    ],
)
def test_the_table_that_comes_with_the_hub(
    table: Numbering, number: str, country: str, operator: str, kind: str
) -> None:
    assert table.whose(number) == (country, operator)
    line = table.owner(number).line
    assert line is not None
    assert line.kind == kind
    assert line.source
    assert line.dated


def test_every_mobile_prefix_has_an_owner(table: Numbering) -> None:
    """But 140, 141, 144, 145 …, of which some thousands are not given out."""
    without = {
        f"{code}{digit}"
        for code in CN_MOBILE - {"140", "141", "144", "174"}
        for digit in range(10)
        if not table.whose(f"+86{code}{digit}0000000")[1]
    }
    assert without == {"1349"}  # satellites have 13492, 13493, 13499 of it


def test_an_unknown_number_is_nobodys() -> None:
    assert Numbering().whose("+8613800138000") == ("", "")
    assert Numbering(built_in()).whose("+999123456789") == ("", "")
    assert Numbering(built_in()).owner("+999123456789").line is None


def test_an_import_goes_before_and_a_ported_number_before_both() -> None:
    table = Numbering(built_in())
    table.set_ranges([NumberRange("+8619", "CN", "newco", "mobile", "us", "2026-01-01")])
    assert table.whose("+8619500000000")[1] == "cmcc"  # the longer beginning goes before
    table.set_ranges([NumberRange("+86195", "CN", "newco", "mobile", "us", "2026-01-01")])
    assert table.whose("+8619500000000")[1] == "newco"
    assert table.owner("+8619500000000").imported
    table.port([("+8619500000000", "unicom")])
    assert table.whose("+8619500000000") == ("CN", "unicom")
    assert table.owner("+8619500000000").ported
    assert table.whose("+8619500000001")[1] == "newco"
    table.port([("+8619500000000", "")])
    assert table.whose("+8619500000000")[1] == "newco"
    table.set_ranges([])
    assert table.whose("+8619500000000")[1] == "cmcc"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("+86x,CN,a,mobile,s,2026-01-01", "prefix"),
        ("+86,China,a,mobile,s,2026-01-01", "country"),
        ("+86,CN,A B,mobile,s,2026-01-01", "operator"),
        ("+86,CN,a,,s,2026-01-01", "kind"),
        ("+86,CN,a,mobile,,2026-01-01", "source"),
        ("+86,CN,a,mobile,s,yesterday", "dated"),
        ("+86,CN,a,mobile,s", "columns"),
        ("+86,CN,a,mobile,s,2026-01-01,more", "columns"),
        ('+86,CN,"a', "CSV"),
        ("+86," + "x" * 600, "longer"),
    ],
)
def test_a_wrong_line_is_named(line: str, words: str) -> None:
    with pytest.raises(BadRequest, match="line 3") as error:
        read_ranges([HEADER, "+1,US,,country,s,2026-01-01", line])
    assert words in str(error.value)


def test_a_file_without_header_or_with_a_line_twice_is_refused() -> None:
    with pytest.raises(BadRequest, match="line 1"):
        read_ranges(["+1,US,,country,s,2026-01-01"])
    line = "+1,US,,country,s,2026-01-01"
    with pytest.raises(BadRequest, match="twice"):
        read_ranges([HEADER, line, line])


def test_ported_numbers_are_read_one_by_one() -> None:
    rows = [PORTED_HEADER, "+8613800138000,unicom,dip,2026-11-01", "", "+8613800138001,,back,2026-11-02"]
    assert [(row.number, row.operator) for row in read_ported(rows)] == [
        ("+8613800138000", "unicom"),
        ("+8613800138001", ""),
    ]
    with pytest.raises(BadRequest, match="line 2: number"):
        list(read_ported([PORTED_HEADER, "13800138000,unicom,dip,2026-11-01"]))
