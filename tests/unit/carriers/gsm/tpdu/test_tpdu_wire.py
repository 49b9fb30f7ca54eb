"""The line tools of TPDUs: what cannot be shown as text, and lines that say nothing usable."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tpdu_vectors import VECTORS

from carriers.gsm.tpdu.deliver import Deliver
from carriers.gsm.tpdu.status_report import StatusReport
from carriers.gsm.tpdu.submit import Submit
from carriers.wire import TOOLS, decode_lines, encode_lines

TOOL_OF = {Submit: "sms-submit", Deliver: "sms-deliver", StatusReport: "sms-status"}
LINES = [
    (name, json.loads(next(decode_lines(TOOLS[name], [vector.digits]))))
    for vector in VECTORS
    for name in [TOOL_OF[type(vector.message)]]
]
SUBMIT = next(line for name, line in LINES if name == "sms-submit")
HEAD = "00" + "01" + "07"  # no message centre, a plain SMS-SUBMIT, its reference


def show(name: str, digits: str) -> dict[str, Any]:
    (line,) = decode_lines(TOOLS[name], [digits])
    shown: dict[str, Any] = json.loads(line)
    assert list(encode_lines(TOOLS[name], [line])) == [digits.replace(" ", "")]
    return shown


def refused(name: str, line: dict[str, Any]) -> str:
    (out,) = encode_lines(TOOLS[name], [json.dumps(line)])
    reason: str = json.loads(out)["error"]["reason"]
    return reason


def test_what_text_would_not_give_again() -> None:
    line = show("sms-submit", "0391f312" + "0107" + "0591 214303" + "0004" + "021f20")
    assert line["SMSC"] == {"hex": "91f312"}
    assert line["TP-DA"] == {"type": 0x91, "length": 5, "hex": "214303", "text": "+12343"}
    assert line["Reading"] == {"alphabet": "binary", "data": "1f20"}
    line = show("sms-deliver", "00" + "14" + "0191f1" + "0000" + "00" * 7 + "00")
    assert (line["TP-SCTS"], line["spare"]) == ({"hex": "00" * 7}, 0x10)
    assert show("sms-deliver", "00" + "07" + "0191f1" + "0000" + "00" * 7 + "00")["TP-MTI"] == 3


def test_every_validity() -> None:
    body = "0581 0180f6 0000 {} 00"
    for first, form, vp, shown, validity in (
        ("01", "none", "", None, None),
        ("11", "relative", "a7", 167, 86_400),
        ("09", "enhanced", "421e0000000000", {"hex": "421e0000000000"}, 30),
        ("19", "absolute", "62115221000023", "2026-11-25T12:00:00+08:00", None),
        ("19", "absolute", "ff115221000023", {"hex": "ff115221000023"}, None),
    ):
        line = show("sms-submit", "00" + first + "07" + body.format(vp))
        assert (line["TP-VPF"], line["TP-VP"]) == (form, shown)
        assert line["Reading"].get("validity_s") == validity


def test_what_a_header_says() -> None:
    line = show(
        "sms-submit", "00" + "4107" + "05810180f6" + "0015" + "0e" + "0b" + "0003090201" + "05040b8423f0" + "0102"
    )
    assert line["Reading"] == {
        "user_data_header": [{"element": "0x00", "octets": "090201"}, {"element": "0x05", "octets": "0b8423f0"}],
        "part": "1 of 2, reference 9",
        "ports": {"destination": 2948, "source": 9200},
        "alphabet": "binary",
        "class": 1,
        "data": "0102",
    }
    assert show("sms-submit", HEAD + "05810180f6" + "0020" + "01ff")["Reading"]["compressed"] is True


def test_a_status_report_with_everything() -> None:
    head = "00" + "46" + "18" + "0581 0180f6" + "62115221000023" * 2 + "00"
    line = show("sms-status", head + "8f01 40 00 06 027000e83401 fe")
    assert (line["TP-PI"], line["rest"], line["TP-UDHI"]) == ("8f01", "fe", 1)
    assert line["Reading"]["user_data_header"] == [{"element": "0x70", "octets": ""}]
    line = show("sms-status", head)
    assert (line["TP-UDHI"], line["spare"]) == (0, 0x40)
    line = show("sms-status", head + "07 00 08 08 05 0003 01 02 01 4e2d")
    assert (line["TP-UDHI"], line["Reading"]["text"], line["Reading"]["part"]) == (1, "中", "1 of 2, reference 1")


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"TP-DA": 5}, "TP-DA"),
        ({"TP-DA": "1" * 21}, "TP-DA"),
        ({"TP-DA": {"type": 145, "length": 30, "hex": ""}}, "semi-octets"),
        ({"TP-DA": {"length": 2, "hex": "21"}}, "type"),
        ({"TP-MR": 256}, "TP-MR"),
        ({"TP-MR": True}, "TP-MR"),
        ({"TP-MR": None}, "TP-MR"),
        ({"TP-RD": 2}, "TP-RD"),
        ({"TP-UD": "zz"}, "TP-UD"),
        ({"TP-UD": None}, "TP-UD"),
        ({"TP-UDL": 9}, "TP-UDL"),
        ({"TP-VPF": "some"}, "TP-VPF"),
        ({"TP-VPF": "enhanced"}, "TP-VPF"),
        ({"TP-VPF": "absolute", "TP-VP": "today"}, "TP-VP"),
        ({"TP-VPF": "absolute", "TP-VP": "2026-01-01T00:00:00"}, "TP-VP"),
        ({"TP-VPF": "absolute", "TP-VP": {"hex": "00"}}, "7 octets"),
        ({"SMSC": "x"}, "SMSC"),
        ({"SMSC": {"hex": "00" * 12}}, "message centre"),
    ],
)
def test_lines_that_cannot_be_written(change: dict[str, Any], named: str) -> None:
    assert named in refused("sms-submit", SUBMIT | change)


def test_more_lines_that_cannot_be_written() -> None:
    deliver = next(line for name, line in LINES if name == "sms-deliver")
    status = next(line for name, line in LINES if name == "sms-status")
    assert "SMS-DELIVER" in refused("sms-deliver", deliver | {"TP-MTI": 1})
    assert "TP-SCTS" in refused("sms-deliver", deliver | {"TP-SCTS": 5})
    assert "TP-PI" in refused("sms-status", status | {"TP-PI": "8080"})
    assert "announces" in refused("sms-status", status | {"TP-PI": "", "rest": "00"})


KEYS = sorted({key for _, line in LINES for key in line} | {"TP-PI", "spare", "rest"})
VALUES = (
    st.none() | st.booleans() | st.integers(-1, 300) | st.floats() | st.text(max_size=5)
    | st.sampled_from(["", "00", "8080", "+1", "absolute", "enhanced", "relative", {"hex": "00"}, {"hex": 5}, [], {}])
)  # fmt: skip


@given(st.sampled_from(LINES), st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=4))
def test_changed_lines_are_octets_that_can_be_read_or_an_error(case: tuple[str, Any], change: dict[str, Any]) -> None:
    name, line = case
    (out,) = encode_lines(TOOLS[name], [json.dumps(line | change)])
    if out.startswith("{"):
        assert json.loads(out)["error"]["reason"]
    else:
        (again,) = decode_lines(TOOLS[name], [out])
        assert "error" not in json.loads(again), (out, again)
        assert list(encode_lines(TOOLS[name], [again])) == [out]
