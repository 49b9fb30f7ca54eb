"""A message from JSON: every field, every way to get it wrong, and the words that say so."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.outbox import Priority
from gateway.web.messages_json import FIELDS, MAX_AHEAD_MS, MessageRules, read_key, read_message
from gateway.web.problems import Problem

RULES = MessageRules.of("CN", (), 10)
NOW_MS = 1_750_000_000_000  # 2025-06-15T15:06:40Z
GOOD = {"to": "13800138000", "text": "hello"}


def test_the_least_message() -> None:
    assert read_message(GOOD, RULES, NOW_MS) == {"recipient": "+8613800138000", "text": "hello"}


def test_every_field() -> None:
    fields = read_message(
        {
            **GOOD,
            "from": "10690001",
            "key": "k-1",
            "priority": "urgent",
            "not_before": "2025-06-16T08:00:00+08:00",
            "validity_s": 60,
            "report": False,
            "tag": "订单",
            "link": "main",
        },
        RULES,
        NOW_MS,
    )
    assert fields == {
        "recipient": "+8613800138000",
        "text": "hello",
        "sender": "10690001",
        "key": "k-1",
        "priority": Priority.URGENT,
        "not_before_ms": 1_750_032_000_000,
        "validity_s": 60,
        "want_report": False,
        "tag": "订单",
        "link": "main",
    }


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"to": 13800138000}, "a number is a text"),
        ({"to": "abc"}, "this is no phone number"),
        ({"to": "+8612345678901"}, "this is no phone number"),
        ({"to": "10086"}, "this number cannot take an SMS"),
        ({"to": "010-62345678"}, "this number cannot take an SMS"),
        ({"text": ""}, "the text is empty"),
        ({"text": 5}, "the text must be a text"),
        ({"text": "a\x00b"}, "the text holds a NUL character"),
        ({"text": "a" * 1531}, "the text takes more than 10 segments"),
        ({"text": "字" * 671}, "the text takes more than 10 segments"),
        ({"text": "x" * 3_000_000}, "the text takes more than 10 segments"),
        ({"from": "a name that is too long"}, "a sender is a number of at most 20 digits or a name"),
        ({"from": "名字"}, "a sender is a number of at most 20 digits or a name"),
        ({"key": ""}, "a key is 1 to 128 printable ASCII characters"),
        ({"key": "k" * 129}, "a key is 1 to 128 printable ASCII characters"),
        ({"key": "a b"}, "a key is 1 to 128 printable ASCII characters"),
        ({"priority": "high"}, "there is no such priority"),
        ({"priority": []}, "there is no such priority"),
        ({"not_before": "2025-06-16T08:00:00"}, "this is no time with an offset from UTC"),
        ({"not_before": 1_750_032_000}, "this is no time with an offset from UTC"),
        ({"not_before": "tomorrow"}, "this is no time with an offset from UTC"),
        ({"not_before": "2027-06-16T08:00:00Z"}, "this time is more than a year ahead"),
        ({"validity_s": 0}, "this is no time a message can be valid for"),
        ({"validity_s": True}, "this is no time a message can be valid for"),
        ({"validity_s": 1.5}, "this is no time a message can be valid for"),
        ({"validity_s": 604_801}, "this is no time a message can be valid for"),
        ({"report": 1}, "this is true or false"),
        ({"tag": "t" * 129}, "a tag is a text of at most 128 characters"),
        ({"tag": "\x00"}, "a tag is a text of at most 128 characters"),
        ({"link": ""}, "this is no name of a link"),
        ({"txt": "hello"}, "there is no such field"),
    ],
)
def test_what_is_wrong_is_said(change: dict[str, Any], what: str) -> None:
    with pytest.raises(Problem) as caught:
        read_message({**GOOD, **change}, RULES, NOW_MS, "messages[3].")
    problem = caught.value
    assert problem.status == 422
    assert [error.field for error in problem.errors] == [f"messages[3].{next(iter(change))}"]
    assert problem.errors[0].what.startswith(what)
    assert problem.errors[0].remedy
    assert problem.document()["errors"][0]["field"] == f"messages[3].{next(iter(change))}"


def test_every_wrong_field_is_named_at_once() -> None:
    with pytest.raises(Problem) as caught:
        read_message({"text": "", "priority": "x", "extra": 1}, RULES, NOW_MS)
    assert [error.field for error in caught.value.errors] == ["text", "priority", "extra", "to"]
    assert "(and 3 more)" in caught.value.detail


@pytest.mark.parametrize("value", [None, [], "to", 5])
def test_a_message_is_an_object(value: object) -> None:
    with pytest.raises(Problem) as caught:
        read_message(value, RULES, NOW_MS, "messages[0].")
    assert caught.value.errors[0].field == "messages[0]"


@pytest.mark.parametrize("text", ["a" * 1530, "字" * 670, "😀" * 330])
def test_the_longest_texts_pass(text: str) -> None:
    assert read_message({**GOOD, "text": text}, RULES, NOW_MS)["text"] == text


@pytest.mark.parametrize(
    ("prefixes", "number", "allowed"),
    [
        ((), "+8613800138000", True),
        ((), "+14155550100", False),
        (("*",), "+14155550100", True),
        (("+86138", "+1"), "+14155550100", True),
        (("+86138", "+1"), "+8613900139000", False),
    ],
)
def test_where_the_hub_sends(prefixes: tuple[str, ...], number: str, allowed: bool) -> None:
    rules = MessageRules.of("CN", prefixes, 10)
    if allowed:
        assert read_message({**GOOD, "to": number}, rules, NOW_MS)["recipient"] == number
        return
    with pytest.raises(Problem) as caught:
        read_message({**GOOD, "to": number}, rules, NOW_MS)
    assert (caught.value.status, caught.value.code) == (403, "destination_not_allowed")
    assert number not in caught.value.detail


def test_a_time_long_ago_is_now() -> None:
    assert read_message({**GOOD, "not_before": "0001-01-01T00:00:00+23:00"}, RULES, NOW_MS)["not_before_ms"] == 0


def test_a_year_ahead_is_the_limit() -> None:
    assert MAX_AHEAD_MS == 366 * 86_400_000


def test_a_key_from_a_header() -> None:
    assert read_key("abc") == "abc"
    with pytest.raises(Problem) as caught:
        read_key("a b")
    assert caught.value.errors[0].field == "Idempotency-Key"


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from(FIELDS) | st.text(), _JSON, max_size=12))
def test_any_json_is_a_message_or_a_problem(value: dict[str, Any]) -> None:
    try:
        fields = read_message(value, RULES, NOW_MS)
    except Problem as error:
        fields, status = None, error.status
    assert fields["recipient"].startswith("+86") if fields else status in (403, 422)


DATA = {"to": "13800138000", "data": "AQYBrg==", "port": 2948}


def test_data() -> None:
    assert read_message(DATA, RULES, NOW_MS) == {
        "recipient": "+8613800138000",
        "text": "",
        "data": b"\1\6\1\xae",
        "port": 2948,
    }
    found = read_message({"to": "13800138000", "data": "AA==", "source_port": 0}, RULES, NOW_MS)
    assert (found["data"], found.get("port"), found["source_port"]) == (b"\0", None, 0)


@pytest.mark.parametrize(
    ("change", "field", "what"),
    [
        ({"text": "hello"}, "data", "a text or data"),
        ({"data": ""}, "data", "Base64"),
        ({"data": "AA"}, "data", "Base64"),
        ({"data": "A A="}, "data", "Base64"),
        ({"data": "é==="}, "data", "Base64"),
        ({"data": 7}, "data", "Base64"),
        ({"data": "AAAA" * 427}, "data", "11 segments"),
        ({"port": 65536}, "port", "65535"),
        ({"port": True}, "port", "65535"),
        ({"source_port": "9200"}, "source_port", "65535"),
    ],
)
def test_data_that_is_wrong(change: dict[str, Any], field: str, what: str) -> None:
    with pytest.raises(Problem) as caught:
        read_message({**DATA, **change}, RULES, NOW_MS)
    (error,) = caught.value.errors
    assert error.field == field
    assert what in error.what


def test_a_port_without_data() -> None:
    with pytest.raises(Problem) as caught:
        read_message({**GOOD, "port": 2948}, RULES, NOW_MS)
    assert [error.field for error in caught.value.errors] == ["port"]
