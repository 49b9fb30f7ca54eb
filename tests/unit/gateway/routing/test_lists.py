"""Black and white lists, by number and beginning, for the hub, a domain, an account."""

from __future__ import annotations

import itertools

import pytest

from gateway.core.errors import BadRequest
from gateway.core.lists import Entry, ListKind, Lists, Scope, read_pattern

PHONE = "+8613800138000"
_ids = itertools.count(1)


def entry(kind: str, pattern: str, scope: Scope = Scope.HUB, scope_id: int = 0, reason: str = "") -> Entry:
    return Entry(next(_ids), ListKind(kind), scope, scope_id, pattern, reason)


def code(lists: Lists, number: str = PHONE, account: int = 1, domain: int = 7) -> str:
    found = lists.refusal(number, account, domain)
    return "" if found is None else found.code


def test_nothing_listed_refuses_nobody() -> None:
    assert Lists().is_empty
    assert code(Lists()) == ""


@pytest.mark.parametrize("pattern", [PHONE, "+86138*", "+8613800138000*"])
def test_a_black_entry_refuses(pattern: str) -> None:
    lists = Lists([entry("black", pattern), entry("black", "+1*")])
    assert code(lists) == "blacklisted"
    assert code(lists, "+4915112345678") == ""


def test_a_number_is_no_beginning() -> None:
    assert code(Lists([entry("black", "+86138001380")])) == ""


def test_entries_hold_for_their_scope_only() -> None:
    lists = Lists([entry("black", PHONE, Scope.DOMAIN, 7), entry("black", "+1*", Scope.ACCOUNT, 2)])
    assert lists.needs_domain
    assert code(lists, domain=7) == "blacklisted"
    assert code(lists, domain=8) == ""
    assert code(lists, "+12125550100", account=2) == "blacklisted"
    assert code(lists, "+12125550100", account=1) == ""


def test_a_white_list_refuses_all_others_in_its_scope_and_takes_no_black_entry_back() -> None:
    lists = Lists([entry("white", "+86138*", Scope.ACCOUNT, 1), entry("black", PHONE)])
    assert code(lists, account=1) == "blacklisted"
    assert code(lists, "+8613900139000", account=1) == "not_whitelisted"
    assert code(lists, "+8613800138001", account=1) == ""
    assert code(lists, "+8613900139000", account=2) == ""


def test_the_refusal_names_the_rule_but_not_the_number() -> None:
    lists = Lists([entry("black", PHONE, reason="complained on 2026-11-01")])
    refusal = lists.refusal(PHONE, 0)
    assert refusal is not None
    assert "black list of hub, entry" in refusal.rule
    assert "complained on 2026-11-01" in refusal.rule
    assert "0013" not in refusal.rule


@pytest.mark.parametrize("text", ["", "*", "+", "abc", "+86*138", "+8613800138000**", "+" + "1" * 30])
def test_what_is_no_pattern_is_refused(text: str) -> None:
    with pytest.raises(BadRequest):
        read_pattern(text)
