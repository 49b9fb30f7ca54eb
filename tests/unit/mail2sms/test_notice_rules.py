"""Rules: read strictly, written back whole, and asked in the cheap order."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.errors import BadRequest
from mail2sms.rules import Facts, Rule, fits, matches, read_rule, wakes, write_rule

clocks = st.builds(lambda h, m: f"{h:02}:{m:02}", st.integers(0, 23), st.integers(0, 59))
words = st.lists(st.text("abc@.*王五", min_size=1, max_size=8), max_size=3).map(tuple)
quiet = st.one_of(st.just(("", "")), st.tuples(clocks, clocks).filter(lambda pair: pair[0] != pair[1]))


@st.composite
def any_rule(draw: st.DrawFn) -> Rule:
    start, end = draw(quiet)
    return Rule(
        senders=draw(words),
        high_only=draw(st.booleans()),
        keywords=draw(words),
        all_keywords=draw(st.booleans()),
        folder=draw(st.sampled_from(["", "INBOX", "Work"])),
        contacts_only=draw(st.booleans()),
        lists=draw(st.booleans()),
        segments=draw(st.integers(1, 10)),
        signature=draw(st.sampled_from(["", "【王】"])),
        allow_codes=draw(st.booleans()),
        quiet_from=start,
        quiet_until=end,
        wake_high=draw(st.booleans()),
        wake_senders=draw(words),
        daily_cap=draw(st.integers(0, 1000)),
        digest=draw(st.one_of(st.sampled_from(["off", "when held"]), st.integers(1, 1440))),
        thread_minutes=draw(st.integers(0, 1440)),
        number=draw(st.sampled_from(["", "+8613800138000"])),
        told_as=draw(st.sampled_from(["sms", "mms"])),
    )


@given(any_rule())
def test_what_is_written_is_read_back(rule: Rule) -> None:
    assert read_rule(write_rule(rule)) == rule


def test_a_plain_rule_has_no_settings() -> None:
    assert write_rule(Rule()) == {}
    assert read_rule({}) == Rule()


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"sender": ["x"]}, "sender"),
        ({"senders": "wang@example.org"}, "senders"),
        ({"senders": [""]}, "senders"),
        ({"told_as": "fax"}, "told_as"),
        ({"told_as": ["mms"]}, "told_as"),
        ({"senders": [7]}, "senders"),
        ({"senders": ["x"] * 101}, "senders"),
        ({"keywords": ["a\nb"]}, "keywords"),
        ({"high_only": 1}, "high_only"),
        ({"segments": 0}, "segments"),
        ({"segments": 11}, "segments"),
        ({"segments": True}, "segments"),
        ({"segments": "2"}, "segments"),
        ({"quiet_from": "22:00"}, "quiet_from"),
        ({"quiet_until": "07:00"}, "quiet_from"),
        ({"quiet_from": "24:00", "quiet_until": "07:00"}, "quiet_from"),
        ({"quiet_from": "7:00", "quiet_until": "08:00"}, "quiet_from"),
        ({"quiet_from": "07:00", "quiet_until": "07:00"}, "quiet_until"),
        ({"digest": "daily"}, "digest"),
        ({"digest": 0}, "digest"),
        ({"digest": True}, "digest"),
        ({"digest": ["off"]}, "digest"),
        ({"daily_cap": -1}, "daily_cap"),
        ({"thread_minutes": 1441}, "thread_minutes"),
        ({"number": "12345"}, "number"),
        ({"number": 13800138000}, "number"),
        ({"signature": "x" * 21}, "signature"),
    ],
)
def test_a_bad_setting_is_named(settings: dict[str, object], named: str) -> None:
    with pytest.raises(BadRequest, match=f"^{named}: "):
        read_rule(settings)


@given(
    st.dictionaries(
        st.sampled_from(list(Rule.__slots__)), st.one_of(st.none(), st.text(), st.integers(), st.lists(st.text()))
    )
)
def test_anything_else_is_read_or_refused(settings: dict[str, object]) -> None:
    try:
        rule = read_rule(settings)
    except BadRequest:
        return
    assert read_rule(write_rule(rule)) == rule


def test_a_number_is_kept_in_its_one_spelling() -> None:
    assert read_rule({"number": "138 0013 8000"}).number == "+8613800138000"


@pytest.mark.parametrize(
    ("pattern", "meant"),
    [
        ("wang@example.org", True),
        ("WANG@Example.org", True),
        ("ang@example.org", False),
        ("@example.org", True),
        ("@ample.org", False),
        ("@example", False),
        ("@sub.example.org", False),
        ("*@example.org", True),
        ("*@*.org", True),
        ("w?ng@*", True),
        ("w*", True),
        ("x*", False),
        ("*.org", False),
        ("王五", True),
        ("五", True),
        ("李", False),
        ("老王", True),
        ("example", False),
        ("wan", True),
    ],
)
def test_senders(pattern: str, meant: bool) -> None:
    assert fits((pattern,), "Wang@example.org", "王五 (销售)", lambda: "老王") is meant


def test_a_wildcard_is_no_bomb() -> None:
    started = time.perf_counter()
    fits(("*a" * 100 + "@x",), "a" * 300 + "@example.org")
    assert time.perf_counter() - started < 0.5


def facts(**changes: object) -> Facts:
    values: dict[str, object] = {
        "address": "wang@example.org",
        "name": "王五",
        "subject": "Contract Review",
        "folder": "INBOX",
        "is_high": False,
        "is_list": False,
        "contact": lambda: None,
        "text": lambda: "please bring the PAPERS",
    }
    return Facts(**(values | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("rule", "changes", "wanted"),
    [
        (Rule(), {}, True),
        (Rule(), {"folder": "Spam"}, False),
        (Rule(folder=""), {"folder": "Spam"}, True),
        (Rule(folder="Work"), {"folder": "Work"}, True),
        (Rule(), {"is_list": True}, False),
        (Rule(lists=True), {"is_list": True}, True),
        (Rule(high_only=True), {}, False),
        (Rule(high_only=True), {"is_high": True}, True),
        (Rule(contacts_only=True), {}, False),
        (Rule(contacts_only=True), {"contact": lambda: "老王"}, True),
        (Rule(senders=("@other.org",)), {}, False),
        (Rule(senders=("@other.org", "王五")), {}, True),
        (Rule(keywords=("review",)), {}, True),
        (Rule(keywords=("papers",)), {}, True),
        (Rule(keywords=("invoice",)), {}, False),
        (Rule(keywords=("invoice", "papers")), {}, True),
        (Rule(keywords=("invoice", "papers"), all_keywords=True), {}, False),
        (Rule(keywords=("contract", "papers"), all_keywords=True), {}, True),
        (Rule(keywords=("合同",)), {"subject": "关于合同的通知"}, True),
    ],
)
def test_conditions(rule: Rule, changes: dict[str, object], wanted: bool) -> None:
    assert matches(rule, facts(**changes)) is wanted


def test_the_body_is_not_read_unless_a_keyword_needs_it() -> None:
    def text() -> str:
        raise AssertionError("read")

    assert matches(Rule(keywords=("review", "invoice")), facts(text=text))
    assert not matches(Rule(keywords=("x",), senders=("@other.org",)), facts(text=text))
    assert matches(Rule(keywords=("contract", "review"), all_keywords=True), facts(text=text))
    with pytest.raises(AssertionError, match="read"):
        matches(Rule(keywords=("invoice",)), facts(text=text))


@pytest.mark.parametrize(
    ("rule", "changes", "awake"),
    [
        (Rule(), {"is_high": True}, False),
        (Rule(wake_high=True), {"is_high": True}, True),
        (Rule(wake_high=True), {}, False),
        (Rule(wake_senders=("王五",)), {}, True),
        (Rule(wake_senders=("boss@example.org",)), {}, False),
    ],
)
def test_who_may_wake(rule: Rule, changes: dict[str, object], awake: bool) -> None:
    assert wakes(rule, facts(**changes)) is awake
