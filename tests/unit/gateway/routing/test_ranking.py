"""Routes in their order: what fits, what goes first, how equals share, and the words for it."""

from __future__ import annotations

import itertools
from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.errors import BadRequest
from gateway.core.health import Breaker
from gateway.core.ranking import LinkFacts, considered, rank
from gateway.core.routes import Enquiry, Route, RouteTable, checked, mismatch

PHONE = "+8613800138000"
UP = {name: LinkFacts(up=True) for name in "abcdef"}
NOON = 1_795_579_200_000 // 60_000  # 2026-11-25T12:00 in Shanghai


def enquiry(**more: Any) -> Enquiry:
    return Enquiry(PHONE, "CN", "cmcc", minute=NOON, **more)


def order(
    routes: list[Route], facts: dict[str, LinkFacts] | None = None, tried: tuple[str, ...] = (), **more: Any
) -> str:
    asked = enquiry(**more)
    known = facts or UP
    ranked = rank(asked, RouteTable(routes).fitting(asked), known, tried=tried)
    return "".join(one.route.link for equals in ranked for one in equals.in_turn(asked.message_id))


@pytest.mark.parametrize(
    ("routes", "expected"),
    [
        ([Route("", "a"), Route("+86138", "b"), Route("+86", "c")], "bca"),  # the longer beginning first
        ([Route("", "a", preference=1), Route("", "b")], "ba"),
        ([Route("", "a", cost=2), Route("", "b", cost=1)], "ba"),
        ([Route("", "a", cost=1, preference=1), Route("", "b", cost=9)], "ba"),  # preference before cost
        ([Route("+1", "a"), Route("", "b")], "b"),
        ([Route("+861380013800012", "a")], ""),  # longer than the number
        ([Route("+86", "a"), Route("", "b", operator="cmcc")], "ba"),  # an operator is narrower than a country code
        ([Route("+86138", "a", preference=1), Route("", "b", operator="cmcc")], "ba"),  # and as narrow as 3 digits
        ([Route("+8613800", "a"), Route("", "b", operator="cmcc")], "ab"),
        ([Route("", "a", operator="unicom"), Route("", "b", country="CN"), Route("", "c", country="US")], "b"),
        ([Route("+86138", "a"), Route("", "b", purpose="code")], "a"),
        ([Route("", "a", hours="00:00-06:00 Asia/Shanghai"), Route("", "b")], "b"),
        ([Route("", "a", hours="11:00-13:00 Asia/Shanghai"), Route("+86138", "b")], "ab"),
        ([Route("+86138", "a"), Route("", "a"), Route("", "b")], "ab"),  # each link once, by its best line
        ([Route("", "unknown"), Route("", "a")], "a"),
    ],
)
def test_order(routes: list[Route], expected: str) -> None:
    assert order(routes) == expected


def test_conditions_on_the_message_go_before_those_on_the_number() -> None:
    routes = [
        Route("+86138", "a"),
        Route("", "b", account_id=5),
        Route("", "c", purpose="code"),
        Route("", "d", account_id=5, purpose="code"),
        Route("", "e", sender="106*"),
        Route("", "f", tag="vip"),
    ]
    assert order(routes, account_id=5, purpose="code") in ("dbca", "dcba")
    assert order(routes, account_id=6, purpose="api") == "a"
    assert order(routes, sender="10690001") == "ea"
    assert order(routes, sender="20690001") == "a"
    assert order(routes, tag="vip") == "fa"


def test_what_is_against_a_link_puts_it_behind_but_leaves_it_in() -> None:
    routes = [Route("", name, preference=n) for n, name in enumerate("abcd")]
    facts = {
        "a": LinkFacts(up=False),
        "b": LinkFacts(up=True, breaker=Breaker.OPEN),
        "c": LinkFacts(up=True, report=False),
        "d": LinkFacts(up=True),
    }
    assert order(routes, facts, want_report=True) == "dcba"
    assert order(routes, facts, want_report=False) == "cdba"
    assert order(routes, facts, tried=("d", "c")) == "bacd"


def test_a_probe_lets_a_message_try_a_half_open_link() -> None:
    routes = [Route("", "a"), Route("", "b", preference=1)]
    facts = {"a": LinkFacts(up=True, breaker=Breaker.HALF_OPEN), "b": LinkFacts(up=True)}
    lines = RouteTable(routes).fitting(enquiry())
    assert [one.ranks[0].route.link for one in rank(enquiry(), lines, facts)] == ["b", "a"]
    assert [one.ranks[0].route.link for one in rank(enquiry(), lines, facts, probe="a")] == ["a", "b"]


def test_equals_share_by_weight_and_health_and_each_message_keeps_its_choice() -> None:
    routes = [Route("", "a", weight=3), Route("", "b", weight=1)]
    picks = Counter(order(routes, message_id=n)[0] for n in range(20_000))
    assert picks["a"] / 20_000 == pytest.approx(0.75, abs=0.015)
    assert order(routes, message_id=77) == order(routes, message_id=77)
    ill = {"a": LinkFacts(up=True, score=10), "b": LinkFacts(up=True)}
    picks = Counter(order(routes, ill, message_id=n)[0] for n in range(20_000))
    assert picks["a"] / 20_000 == pytest.approx(3 / 13, abs=0.015)


_ROUTES = st.builds(
    Route,
    prefix=st.sampled_from(["", "+86", "+861", "+86138", "+8613800138000", "+1"]),
    link=st.sampled_from(list("abcdef")),
    cost=st.integers(0, 2),
    preference=st.integers(0, 2),
    weight=st.integers(1, 3),
    operator=st.sampled_from(["", "cmcc", "unicom"]),
    country=st.sampled_from(["", "CN", "US"]),
    sender=st.sampled_from(["", "106", "106*", "2*"]),
    account_id=st.sampled_from([0, 1, 2]),
    purpose=st.sampled_from(["", "api", "code"]),
    tag=st.sampled_from(["", "x"]),
    hours=st.sampled_from(["", "00:00-24:00 UTC", "00:00-01:00 UTC"]),
)


@given(
    st.lists(_ROUTES, max_size=12),
    st.builds(
        enquiry,
        sender=st.sampled_from(["", "106", "1069"]),
        account_id=st.sampled_from([0, 1]),
        purpose=st.sampled_from(["api", "code"]),
        tag=st.sampled_from(["", "x"]),
        message_id=st.integers(0, 1 << 62),
    ),
)
def test_the_table_finds_just_what_fits_and_every_route_has_a_reason(routes: list[Route], asked: Enquiry) -> None:
    found = RouteTable(routes).fitting(asked)
    assert Counter(route for _, route, _ in found) == Counter(r for r in routes if not mismatch(r, asked))
    ranked = rank(asked, found, UP)
    flat = [one for equals in ranked for one in equals.ranks]
    assert {one.route.link for one in flat} == {route.link for _, route, _ in found}
    for before, after in itertools.pairwise(flat):
        assert (before.against, before.order) <= (after.against, after.order)
    told = considered(asked, routes, ranked, UP)
    assert {candidate.route for candidate in told} == set(routes)
    assert all(candidate.reason for candidate in told)
    assert [candidate.place for candidate in told if candidate.place] == list(range(1, len(flat) + 1))


def test_reasons_are_words() -> None:
    routes = [
        Route("+86138", "a", id=1),
        Route("+86", "b", id=2),
        Route("+1", "c", id=3),
        Route("", "nowhere", id=4),
        Route("", "d", hours="00:00-01:00 Asia/Shanghai", id=5),
        Route("", "a", id=6),
        Route("", "e", id=7),
        Route("", "f", id=8),
    ]
    facts = {**UP, "b": LinkFacts(up=False)}
    asked = enquiry()
    told = {
        c.route.id: c.reason
        for c in considered(asked, routes, rank(asked, RouteTable(routes).fitting(asked), facts), facts)
    }
    assert told[1] == "first: prefix +86138, preference 0, cost 0"
    assert told[2] == "down; behind all that have nothing against them"
    assert told[3] == "for numbers that begin with +1"
    assert told[4] == "there is no link nowhere"
    assert told[5] == "open 00:00-01:00 Asia/Shanghai"
    assert told[6] == "another line for the same link goes before"
    assert sorted((told[7], told[8])) == [
        "equal to the one before; takes 50% of the messages among equals, by their ids",
        "less narrow; takes 50% of the messages among equals, by their ids",
    ]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("prefix", "86138"), ("prefix", "+86x"), ("operator", "China Mobile"), ("country", "cn"), ("purpose", "spam"),
        ("weight", 0), ("cost", -1), ("hours", "always"), ("sender", "x" * 33), ("tag", "x" * 129),
    ],
)  # fmt: skip
def test_what_cannot_be_a_route_is_one_error(field: str, value: Any) -> None:
    values = {"prefix": "+86", "link": "a", field: value}
    if field == "prefix" and value == "86138":
        assert checked(Route(**values)).prefix == "86138"  # a service number
        return
    with pytest.raises(BadRequest, match=field):
        checked(Route(**values))
