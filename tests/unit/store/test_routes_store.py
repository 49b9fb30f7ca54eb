"""Routes, rules, lists, numbers and rates in the books, and routers that learn them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gateway.core.content import Place
from gateway.core.errors import BadRequest, Conflict, NotFound
from gateway.core.health import Health
from gateway.core.ids import LAST_ID
from gateway.core.lists import ListKind, Scope
from gateway.core.messages import Outcome
from gateway.core.numbering import NumberRange, Ported
from gateway.core.profiles import Profile
from gateway.core.routes import Route
from gateway.core.routing import LinkFacts, Router
from gateway.core.shaping import Limit
from gateway.store import numbering
from tests.fakes.desk import PHONE, Bench

FULL = Route(
    "+86138", "a", 30, 2, 5, operator="cmcc", country="CN", sender="106*", account_id=9, purpose="code", tag="t",
    hours="09:00-21:00 Asia/Shanghai",
)  # fmt: skip


def learn(bench: Bench, router: Router | None = None) -> Router:
    made = router or Router()
    if not made.links:
        for name in bench.links:
            made.set_link(name, LinkFacts(up=True))
    has_more = True
    while has_more:
        known = bench.ask(lambda b: b.routes.known(made.version, made.ported_upto))
        made.learn(known, [Route("", name, preference=n) for n, name in enumerate(bench.links)])
        has_more = known.has_more
    return made


def without_ids(routes: list[Route]) -> list[Route]:
    import dataclasses

    return [dataclasses.replace(route, id=0) for route in routes]


def test_a_route_is_kept_with_all_it_asks(bench: Bench) -> None:
    route_id = bench.run(lambda b: b.routes.add(FULL))
    (found,) = bench.ask(lambda b: b.routes.all())
    assert found.id == route_id
    assert without_ids([found]) == [FULL]
    assert bench.ask(lambda b: b.routes.get(route_id)) == found


def test_routes_are_changed_removed_and_replaced(bench: Bench) -> None:
    first = bench.run(lambda b: b.routes.add(Route("+86", "a")))
    second = bench.run(lambda b: b.routes.add(Route("+86", "a", purpose="code")))
    with pytest.raises(Conflict):
        bench.run(lambda b: b.routes.add(Route("+86", "a", cost=9)))
    with pytest.raises(Conflict):
        bench.run(lambda b: b.routes.change(Route("+86", "a", id=second)))
    bench.run(lambda b: b.routes.change(Route("+86", "a", cost=7, id=first)))
    assert bench.ask(lambda b: b.routes.get(first)).cost == 7
    bench.run(lambda b: b.routes.remove(first))
    for work in (b_remove(first), b_change(Route("+1", "a", id=first))):
        with pytest.raises(NotFound):
            bench.run(work)
    wanted = [Route("", "a", 1), Route("+86", "b", 2, 1, 3), Route("", "a", 1)]
    bench.run(lambda b: b.routes.replace_all(wanted))
    assert without_ids(bench.ask(lambda b: b.routes.all())) == [Route("", "a", 1), Route("+86", "b", 2, 1, 3)]


def b_remove(route_id: int) -> Any:
    return lambda b: b.routes.remove(route_id)


def b_change(route: Route) -> Any:
    return lambda b: b.routes.change(route)


def test_a_router_learns_only_what_is_new(bench: Bench) -> None:
    router = learn(bench)
    assert router.choose(PHONE) == "a"
    assert router.numbering.whose(PHONE) == ("CN", "cmcc")
    before = router.version
    assert bench.ask(lambda b: b.routes.known(before, router.ported_upto)).routes is None
    bench.run(lambda b: b.routes.add(Route("+86", "b")))
    learn(bench, router)
    assert router.version > before
    assert router.choose(PHONE) == "b"
    bench.run(lambda b: b.routes.replace_all([]))
    assert learn(bench, router).choose(PHONE) == "a", "every number over every link again"


def test_links_that_come_change_the_default_table_only(bench: Bench) -> None:
    router = learn(bench)
    router.set_link("c", LinkFacts(up=True))
    known = bench.ask(lambda b: b.routes.known(router.version, router.ported_upto))
    router.learn(known, [Route("", "c")])
    assert router.choose(PHONE) == "c"
    bench.run(lambda b: b.routes.add(Route("", "b")))
    learn(bench, router)
    router.learn(bench.ask(lambda b: b.routes.known(router.version, router.ported_upto)), [Route("", "c")])
    assert router.choose(PHONE) == "b"


def test_rules_templates_words_lists_and_rates_reach_the_router(bench: Bench) -> None:
    router = learn(bench)

    def work(books: Any) -> int:
        books.routes.set_profile("a", Profile(templates_required=True, signature_place=Place.FRONT, signature="彩邮"))
        books.lists.add(ListKind.BLACK, Scope.HUB, 0, "+1*", "abroad")
        books.lists.add_word("贷款")
        books.routes.set_limit(Limit("operator", "cmcc", 5.5, 3))
        return int(books.routes.add_template("a", "验证码{code}"))

    template_id = bench.run(work)
    learn(bench, router)
    assert router.rules["a"].profile.signature == "彩邮"
    assert [template.id for template in router.rules["a"].templates] == [template_id]
    assert router.lists.refusal("+12025550100", 0) is not None
    assert router.words is not None
    assert router.words.forbidden("贷款") == "贷款"
    assert [bucket.limit for bucket in router.shaping.buckets_for(PHONE, "cmcc", 0)] == [
        Limit("operator", "cmcc", 5.5, 3)
    ]

    def undo(books: Any) -> None:
        books.routes.set_profile("a", Profile())
        books.routes.remove_template(template_id)
        assert books.lists.remove(ListKind.BLACK, Scope.HUB, 0, "+1*")
        assert not books.lists.remove(ListKind.BLACK, Scope.HUB, 0, "+1*")
        assert books.lists.remove_word("贷款")
        books.routes.set_limit(Limit("operator", "cmcc", 0))

    bench.run(undo)
    learn(bench, router)
    assert (dict(router.rules), router.lists.is_empty, router.words, router.shaping.is_empty) == ({}, True, None, True)


def test_a_list_holds_a_pattern_once_with_its_newest_reason(bench: Bench) -> None:
    for reason in ("first", "second"):
        bench.run(lambda b, r=reason: b.lists.add(ListKind.BLACK, Scope.ACCOUNT, 5, "+86170*", r))
    ((entry),) = bench.ask(lambda b: b.lists.entries())
    assert (entry.reason, entry.scope, entry.scope_id) == ("second", Scope.ACCOUNT, 5)


def test_a_template_that_is_none_is_not_kept(bench: Bench) -> None:
    with pytest.raises(BadRequest):
        bench.run(lambda b: b.routes.add_template("a", "{x}{y}"))
    with pytest.raises(NotFound):
        bench.run(lambda b: b.routes.remove_template(1))
    assert bench.ask(lambda b: b.routes.templates()) == []


def test_imported_ranges_and_ported_numbers(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(numbering, "PAGE", 10)
    router = learn(bench)

    def work(books: Any) -> None:
        books.numbers.set_ranges([NumberRange("+86138", "CN", "newco", "mobile", "us", "2026-01-01")])
        books.routes.changed()
        assert (
            books.numbers.port([Ported(f"+86139000000{n:02}", "unicom", "dip", "2026-11-01") for n in range(35)]) == 35
        )

    bench.run(work)
    learn(bench, router)
    assert router.numbering.whose(PHONE)[1] == "newco"
    assert router.numbering.ported_count == 35
    assert bench.ask(lambda b: b.numbers.ported("+8613900000007")) == Ported(
        "+8613900000007", "unicom", "dip", "2026-11-01"
    )
    bench.clock.pass_s(1)
    bench.run(lambda b: b.numbers.port([Ported("+8613900000007", "", "back", "2026-11-02")]))
    learn(bench, router)
    assert router.numbering.whose("+8613900000007")[1] == "cmcc"
    assert router.numbering.ported_count == 34
    bench.clock.pass_s(100)
    learn(bench, router)
    assert bench.ask(lambda b: b.routes.known(router.version, router.ported_upto)).ported == []
    assert bench.ask(lambda b: b.routes.known(router.version, LAST_ID)).ported == []


def test_health_is_written_for_others(bench: Bench) -> None:
    health = Health()
    health.answered("a", [(PHONE, Outcome.TEMPORARY, True)] * 10, lambda number: "cmcc", 0.0)
    health.tick(1.0)
    for _ in range(2):
        bench.run(lambda b: b.routes.note_health(health.conditions()))
    rows = bench.ask(lambda b: b.routes.health())
    assert [(row["link"], row["operator"], row["breaker"], row["score"]) for row in rows] == [
        ("a", "", "open", 40),
        ("a", "cmcc", "open", 40),
    ]
    assert rows[0]["figures"]["submits"] == 10
    assert json.dumps(rows[0]["figures"])
