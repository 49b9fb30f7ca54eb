"""Messages of MM4 as JSON for people, and back."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.core.errors import BadRequest
from mms.codec.mm4_mail import read_mm4
from mms.codec.mm4_wire import decode_line, encode_line
from tests.unit.mms.codec.mm4_mails import VECTORS, as_sent


@pytest.mark.parametrize("name", VECTORS)
def test_a_message_goes_there_and_back(name: str) -> None:
    mail = as_sent(VECTORS[name][0])
    line = json.loads(json.dumps(decode_line(mail)))
    assert encode_line(line) == mail
    del line["octets"]  # in our own spelling then
    ours = encode_line(line)
    line["message_id"] = line.get("message_id") or decode_line(ours).get("message_id")  # of the mail: made if none was
    assert decode_line(ours) == {
        name: value for name, value in line.items() if value is not None or name != "message_id"
    }
    assert encode_line(decode_line(ours)) == ours


def test_texts_are_shown() -> None:
    line = decode_line(as_sent(VECTORS["Mbuni forwards"][0]))
    assert line["message"] == "MM4_forward.REQ"
    assert line["body"]["parts"][0]["text"] == "Hi there"
    assert line["message_class"] == "Informational"


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ({}, "message"),
        ({"message": "MM4_forward.REQ"}, "transaction_id"),
        ({"message": "MM4_forward.REQ", "recipients": "x"}, "recipients"),
        ({"message": "MM4_forward.REQ", "body": {"parts": [{"hex": "0"}]}}, "body hex"),
        ({"octets": "0"}, "octets"),
        ({"message": "MM4_forward.REQ", "priority": "Urgent"}, "priority"),
        ({"message": "MM4_forward.REQ", "date": "2026-01-01"}, "date"),
        ({"message": "MM4_delivery_report.REQ", "status": "Lost"}, "status"),
        ({"message": "MM4_forward.REQ", "expiry": 10**400}, "expiry"),
    ],
)
def test_what_cannot_be_is_refused(line: dict[str, object], says: str) -> None:
    with pytest.raises(BadRequest, match=says):
        encode_line(line)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.sampled_from(["Read", "related", "00"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
NAMES = sorted({name for mail, _ in VECTORS.values() for name in decode_line(as_sent(mail))})
KINDS = ["MM4_forward.REQ", "MM4_forward.RES", "MM4_delivery_report.REQ", "MM4_read_reply_report.REQ"]


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(KINDS), st.dictionaries(st.sampled_from(NAMES), JSON, max_size=6))
def test_any_json_gives_a_mail_or_the_one_error(kind: str, line: dict[str, object]) -> None:
    try:
        mail = encode_line({"transaction_id": "t", "sender": "+1234", **line, "message": kind})
    except BadRequest:
        return
    read_mm4(mail)
