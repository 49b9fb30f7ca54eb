"""The router as a whole: plans, what it remembers, and what makes it forget."""

from __future__ import annotations

import itertools
from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.content import Place, read_template
from gateway.core.explanation import as_lines, explain
from gateway.core.health import Breaker
from gateway.core.lists import Entry, ListKind, Lists, Scope
from gateway.core.messages import Outcome
from gateway.core.numbering import Ported
from gateway.core.outbox import NewSms, Purpose
from gateway.core.profiles import LinkRules, Profile
from gateway.core.routing import LinkFacts, Route, Router
from gateway.core.shaping import Limit
from gateway.store.numbering import built_in

PHONE = "+8613800138000"


def router(*routes: Route, links: str = "ab", rules: dict[str, LinkRules] | None = None) -> Router:
    made = Router()
    made.numbering.set_ranges([], built_in())
    made.set_routes(routes or [Route("", name, preference=n) for n, name in enumerate(links)])
    for name in links:
        made.set_link(name, LinkFacts(up=True))
    if rules:
        made.set_rules(rules)
    return made


def sms(text: str = "您好", recipient: str = PHONE, **more: Any) -> NewSms:
    return NewSms(recipient, text, Purpose.API, **more)


def break_link(made: Router, link: str, number: str = PHONE, now: float = 0.0) -> None:
    made.note_answers(link, [(number, Outcome.UNCERTAIN, True)] * 10, now)


def test_a_plan_without_any_rule() -> None:
    plan = router().plan(sms())
    assert plan == ("a", "", "您好", "ucs2", 1, None)
    assert router(links="").plan(sms()).link == ""
    assert router(Route("+1", "a")).plan(sms()) == ("", "", "您好", "ucs2", 1, None)


def test_what_is_remembered_is_forgotten_when_anything_changes() -> None:
    made = router(links="abc")
    assert made.plan(sms()).link == "a"
    made.set_link("a", LinkFacts(up=False))
    assert made.plan(sms()).link == "b"
    break_link(made, "b")
    assert made.plan(sms()).link == "c"
    made.set_link("a", LinkFacts(up=True))
    assert made.plan(sms()).link == "a"
    made.set_routes([Route("", "c")])
    assert made.plan(sms()).link == "c"
    made.drop_link("c")
    assert made.plan(sms()).link == ""


def test_an_operators_breaker_moves_only_its_numbers() -> None:
    made = router()
    made.note_answers("a", [("+8613000000000", Outcome.ACCEPTED, True)] * 100, 0)
    for _ in range(12):
        made.note_answers("a", [(PHONE, Outcome.TEMPORARY, True), ("+8613000000000", Outcome.ACCEPTED, True)], 0)
    assert made.plan(sms()).link == "b"
    assert made.plan(sms(recipient="+8613000000000")).link == "a"
    assert made.choose(PHONE) == "b"


def test_carriers_write_numbers_in_their_own_way() -> None:
    made = router()
    assert {made.operator_of(text) for text in (PHONE, "8613800138000", "13800138000")} == {"cmcc"}
    assert made.operator_of("Caiyou") == ""
    assert made.operator_of("") == ""


def test_a_half_open_link_gets_its_few_messages() -> None:
    made = router()
    break_link(made, "a")
    made.health.tick(30)
    assert made.health.breaker("a", "cmcc") is Breaker.HALF_OPEN
    assert [made.plan(sms(), n).link for n in range(6)] == ["a", "a", "a", "b", "b", "b"]
    explain(made, sms(), now_ms=0)
    made.note_answers("a", [(PHONE, Outcome.ACCEPTED, True)] * 3, 31)
    assert made.plan(sms()).link == "a"


def test_asking_why_takes_no_probe() -> None:
    made = router()
    break_link(made, "a")
    made.health.tick(30)
    for _ in range(10):
        explain(made, sms(), now_ms=0)
    assert made.health.may_probe("a", "cmcc")


def test_lists_and_words_refuse_before_any_link() -> None:
    made = router()
    made.set_lists(Lists([Entry(9, ListKind.BLACK, Scope.HUB, 0, PHONE, "asked for it")]), ["贷款"])
    refusal = made.plan(sms()).refusal
    assert refusal is not None
    assert (refusal.code, "entry 9" in refusal.rule) == ("blacklisted", True)
    word = made.plan(sms("贷 款", recipient="+8613800138001")).refusal
    assert word is not None
    assert word.code == "forbidden_word"
    assert made.plan(sms(recipient="+8613800138001")).link == "a"


def test_a_link_whose_rules_refuse_is_passed_over_and_the_last_word_is_the_first_refusal() -> None:
    rules = {
        "a": LinkRules(Profile(templates_required=True), (read_template("验证码{}"),)),
        "b": LinkRules(Profile(alphanumeric=False, signature_place=Place.BACK, signature="彩邮")),
    }
    made = router(rules=rules)
    assert made.plan(sms("验证码1")).link == "a"
    plan = made.plan(sms("改期"))
    assert (plan.link, plan.text) == ("b", "改期【彩邮】")
    refused = made.plan(sms("改期", sender="Caiyou"))
    assert refused.link == ""
    assert refused.text == "改期"
    assert refused.refusal is not None
    assert refused.refusal.code == "no_template"
    assert refused.refusal.rule.startswith("link a: ")


def test_a_message_for_a_named_link_keeps_to_it_and_its_rules() -> None:
    made = router(rules={"b": LinkRules(Profile(forced_sender="10690001"))})
    assert made.plan(sms(link="b"))[:2] == ("b", "10690001")
    made.set_rules({"b": LinkRules(Profile(unicode=False))})
    refusal = made.plan(sms(link="b")).refusal
    assert refusal is not None
    assert refusal.code == "link_cannot"


def test_a_link_without_reports_comes_last_for_who_wants_one() -> None:
    made = router(rules={"a": LinkRules(Profile(report=False))})
    assert made.plan(sms()).link == "b"
    assert made.plan(sms(want_report=False)).link == "a"


def test_equals_share_and_a_message_keeps_its_link() -> None:
    made = router(Route("", "a", weight=2), Route("", "b"))
    picks = Counter(made.plan(sms(), n).link for n in range(3000))
    assert picks["a"] / 3000 == pytest.approx(2 / 3, abs=0.04)
    assert [made.plan(sms(), 77).link for _ in range(3)] == [made.plan(sms(), 77).link] * 3


def test_ported_numbers_take_the_routes_of_their_operator() -> None:
    made = router(Route("", "a", operator="cmcc"), Route("", "b", operator="unicom"))
    assert made.plan(sms()).link == "a"
    made.numbering.port([(PHONE, "unicom")])
    assert made.plan(sms()).link == "b"
    assert made.price(PHONE, "b") == 0


def test_hours_are_those_when_it_goes() -> None:
    made = router(Route("", "a", hours="09:00-10:00 UTC"), Route("", "b"))
    hour = 3_600_000
    assert made.plan(sms(), now_ms=8 * hour).link == "b"
    assert made.plan(sms(), now_ms=9 * hour).link == "a"
    assert made.plan(sms(not_before_ms=9 * hour), now_ms=8 * hour).link == "a"


def test_prices() -> None:
    made = router(
        Route("", "a", cost=1),
        Route("+86", "a", cost=2),
        Route("+86138", "a", cost=3, account_id=9),
        Route("", "b", cost=4, operator="cmcc"),
        Route("+86", "b", cost=5),
        Route("+86", "b", cost=6, purpose="code"),
    )
    assert made.price(PHONE, "a") == 3
    assert made.price("+8613000000000", "a") == 2
    assert made.price("+12025550100", "a") == 1
    assert made.price(PHONE, "b") == 4
    assert made.price("+8613000000000", "b") == 5, "what asks for nothing of the message stands for the price"
    assert made.price(PHONE, "nowhere") == 0


_ROUTES = st.lists(
    st.builds(
        Route,
        prefix=st.sampled_from(["", "+86", "+86138", "+1"]),
        link=st.sampled_from(["a", "b", "c"]),
        preference=st.integers(0, 1),
        weight=st.integers(1, 3),
    ),
    max_size=6,
)


@given(_ROUTES, st.lists(st.booleans(), min_size=3, max_size=3), st.integers(0, 1 << 62), st.booleans())
def test_the_quick_way_and_the_whole_way_agree(
    routes: list[Route], ups: list[bool], message_id: int, want_report: bool
) -> None:
    quick, whole = Router(), Router()
    for made in (quick, whole):
        for name, up in zip("abc", ups, strict=True):
            made.set_link(name, LinkFacts(up=up))
        made.set_routes(routes)
    whole.set_rules({"x": LinkRules(Profile(long=False))})  # so that nothing is plain any more
    asked = sms(want_report=want_report)
    for _ in range(2):
        assert quick.plan(asked, message_id) == whole.plan(asked, message_id)
    found = explain(whole, asked, now_ms=0, message_id=message_id)
    assert (found["chosen"] or {"link": ""})["link"] == quick.plan(asked, message_id).link


def test_an_explanation_tells_everything() -> None:
    made = router(
        Route("+86138", "a", cost=30, id=1), Route("", "b", hours="00:00-00:01 UTC", id=2), Route("+1", "b", id=3),
        rules={"a": LinkRules(Profile(signature_place=Place.FRONT, signature="彩邮", forced_sender="10690001"))},
    )  # fmt: skip
    made.shaping.set_limits([Limit("operator", "unicom", 5, 2)])
    figures = {
        "why": "w", "submits": 9, "errors": 8, "refused": 0, "delivered": 1, "undelivered": 0, "unreported": 0,
    }  # fmt: skip
    health = [{"link": "b", "operator": "", "breaker": "open", "score": 12, "figures": figures}]
    found = explain(
        made, sms("好" * 70), now_ms=600_000, ported=Ported(PHONE, "unicom", "dip", "2026-11-01"), health=health
    )
    assert found["chosen"] == {
        "link": "a", "sender": "10690001", "text": "【彩邮】" + "好" * 70, "alphabet": "ucs2", "segments": 2,
        "price_per_segment": 30, "price": 60,
    }  # fmt: skip
    assert found["operator"] == "unicom"
    assert found["range"]["prefix"] == "+86138"
    assert found["ported"]["source"] == "dip"
    assert [(entry["route"], entry["place"]) for entry in found["routes"]] == [(1, 1), (2, None), (3, None)]
    assert found["rates"] == [{"kind": "operator", "value": "unicom", "per_s": 5, "burst": 2, "next": 0.0}]
    words = "\n".join(as_lines(found))
    for expected in (
        "ported to unicom: dip, 2026-11-01", "MIIT", "goes over a, from 10690001, 2 segment(s) ucs2, price 60",
        "text: 【彩邮】", "open 00:00-00:01 UTC", "for numbers that begin with +1", "unicom: 5 segments/s, burst 2",
        "health: b: score 12, breaker open (w); of 9 submits 8 not taken",
    ):  # fmt: skip
        assert expected in words
    made.set_lists(Lists([Entry(9, ListKind.BLACK, Scope.HUB, 0, "+86138*", "x")]))
    refused = explain(made, sms(), now_ms=0)
    assert refused["chosen"] is None
    assert "REFUSED blacklisted: black list of hub, entry 9 (+86138*): x" in as_lines(refused)


def test_every_pair_of_a_thousand_messages_is_spread_alike() -> None:
    """Ids made in one millisecond differ in few bits: the shares must not follow them."""
    made = router(*(Route("", name) for name in "abcd"), links="abcd")
    base = 1_772_323_200_000 << 22
    picks = Counter(made.plan(sms(), base + n).link for n in range(4000))
    assert min(picks.values()) > 850
    pairs = Counter(itertools.pairwise(made.plan(sms(), base + n).link for n in range(4000)))
    assert min(pairs.values()) > 150
