import pytest
from hypothesis import given
from hypothesis import strategies as st

from carriers.gsm import at
from carriers.gsm.at import LineReader, Notice, fields, final_result, notice_of, number, octets


def lines(data, *, piece=0, awaits_prompt=False):
    reader = LineReader()
    reader.awaits_prompt = awaits_prompt
    found = []
    for start in range(0, len(data), piece or len(data) or 1):
        reader.feed(data[start : start + (piece or len(data))])
        while (line := reader.next()) is not None:
            found.append(line)
    return found


#: What modems say -> the lines in it.
STREAMS = [
    (b"\r\nOK\r\n", ["OK"]),
    (b"AT\r\r\nOK\r\n", ["AT", "OK"]),  # echo on
    (b"AT+CSQ\r\r\n+CSQ: 20,99\r\n\r\nOK\r\n", ["AT+CSQ", "+CSQ: 20,99", "OK"]),
    (b"\nOK\n", ["OK"]),  # LF alone
    (b"OK\r", ["OK"]),  # CR alone
    (b"\x00\x00\r\nRDY\r\n", ["RDY"]),  # noise of the start
    (b"\r\n+CMTI: \"SM\",1\r\n\r\nOK\r\n", ['+CMTI: "SM",1', "OK"]),
    (b"\xff\xfe\r\nOK\r\n", ["\xff\xfe", "OK"]),  # no UTF-8
    (b"> \r\nOK\r\n", ["OK"]),  # a prompt nobody waits for
    (b"\r\n> +CMGS: 1\r\nOK\r\n", ["+CMGS: 1", "OK"]),
    (b"half", []),
]  # fmt: skip


@pytest.mark.parametrize(("data", "expected"), STREAMS)
@pytest.mark.parametrize("piece", [0, 1, 3])
def test_lines_come_out_whole_however_they_came(data, expected, piece):
    assert lines(data, piece=piece) == expected


@pytest.mark.parametrize("piece", [0, 1])
@pytest.mark.parametrize("data", [b"\r\n> ", b">", b"AT+CMGS=12\r\r\n> ", b"\r\n>\r\n"])
def test_the_prompt_needs_no_line_end_when_it_is_awaited(data, piece):
    assert lines(data, piece=piece, awaits_prompt=True)[-1] == at.PROMPT


def test_a_prompt_is_taken_once():
    reader = LineReader()
    reader.awaits_prompt = True
    reader.feed(b"> ")
    assert reader.next() == at.PROMPT
    assert reader.next() is None
    reader.feed(b"> \r\nOK\r\n")
    assert reader.next() == "OK"


@pytest.mark.parametrize("piece", [0, 1, 1000])
def test_a_line_without_end_is_dropped_and_counted_once(piece):
    reader = LineReader()
    data = b"x" * (3 * at.MAX_LINE) + b"\r\nOK\r\n"
    found = []
    for start in range(0, len(data), piece or len(data)):
        reader.feed(data[start : start + (piece or len(data))])
        while (line := reader.next()) is not None:
            found.append(line)
    assert found == ["OK"]
    assert reader.overflows == 1


def test_the_longest_line_is_kept():
    assert lines(b"x" * at.MAX_LINE + b"\r\n") == ["x" * at.MAX_LINE]


@given(st.lists(st.binary(max_size=40), max_size=20))
def test_any_octets_are_lines_of_some_kind(pieces):
    reader = LineReader()
    for piece in pieces:
        reader.feed(piece)
        while (line := reader.next()) is not None:
            assert line
            assert "\r" not in line
            assert "\n" not in line
            fields(line)
            final_result(line)
            notice_of(line)
            octets(line)


@pytest.mark.parametrize(
    ("line", "family", "code"),
    [
        ("OK", None, None),
        ("ERROR", "", -1),
        ("COMMAND NOT SUPPORT", "", -1),
        ("+CMS ERROR: 38", "CMS", 38),
        ("+CME ERROR: 10", "CME", 10),
        ("+CMS ERROR: Network timeout", "CMS", 332),  # words, though numbers were asked for
        ("+CMS ERROR:500", "CMS", 500),
    ],
)
def test_final_results(line, family, code):
    final = final_result(line)
    assert final is not None
    if family is None:
        assert final.error is None
    else:
        assert (final.error.family, final.error.number) == (family, code)


@pytest.mark.parametrize("line", ["OKAY", "+CMS: 1", "+CMGS: 5", "ok", "", "+CXX ERROR: 3"])
def test_other_lines_end_nothing(line):
    assert final_result(line) is None


@pytest.mark.parametrize(
    ("line", "notice"),
    [
        ('+CMTI: "SM",3', Notice.STORED),
        ('+CDSI: "SR",1', Notice.STORED_REPORT),
        ("+CMT: ,24", Notice.MESSAGE),
        ("+CDS: 25", Notice.REPORT),
        ("+CREG: 1", Notice.REGISTRATION),
        ('+CUSD: 0,"x",15', Notice.USSD),
        ("RING", Notice.CALL),
        ('^SMMEMFULL: "SM"', Notice.FULL),
        ('+QIND: "smsfull","ME"', Notice.FULL),
        ("+SMS FULL", Notice.FULL),
        ("RDY", Notice.STARTED),
        ("^SYSSTART", Notice.STARTED),
        ("OK", None),
        ("+CMGS: 1", None),
        ("861234050000017", None),
    ],
)
def test_notices(line, notice):
    assert notice_of(line) is notice


def test_values_of_a_line():
    assert fields('+COPS: 0,0,"A, B"') == ["0", "0", "A, B"]
    assert fields('+CPMS: ("SM","ME"),("SM")') == ['("SM","ME")', '("SM")']
    assert fields("+CREG: 1") == ["1"]
    assert fields("no colon") == [""]
    assert len(fields("+X: " + "," * 500)) == at.MAX_FIELDS


@pytest.mark.parametrize(("text", "value"), [("7", 7), ("", None), ("-1", None), ("²", None), ("1" * 10, None)])
def test_numbers_are_digits_and_not_too_many(text, value):
    assert number(text) == value


@pytest.mark.parametrize(
    ("text", "value"), [("00FF", b"\0\xff"), ("0", None), ("00 FF", None), ("OK", None), ("٠٠", None)]
)
def test_octets_are_pairs_of_hexadecimal_digits(text, value):
    assert octets(text) == value
