"""What routing makes of messages in the outbox: dressed for their link, refused, put off, moved."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.core.content import Place, read_template
from gateway.core.events import MessageSettled
from gateway.core.health import Health
from gateway.core.lists import ListKind, Scope
from gateway.core.messages import Outcome
from gateway.core.outbox import Uncertain
from gateway.core.profiles import LinkRules, Profile
from gateway.core.routing import LinkFacts
from gateway.core.shaping import Limit
from gateway.store.numbering import built_in
from tests.fakes.desk import PHONE, Bench, look_after

UNICOM = "+8613000000000"
FRONT = LinkRules(Profile(signature_place=Place.FRONT, signature="彩邮"))
BACK = LinkRules(Profile(signature_place=Place.BACK, signature="彩邮", forced_sender="10690001"))


@pytest.fixture(autouse=True)
def _numbers(bench: Bench) -> None:
    bench.router.numbering.set_ranges([], built_in())


def down(bench: Bench, link: str) -> None:
    bench.router.set_link(link, LinkFacts(up=False))


def up(bench: Bench, link: str) -> None:
    bench.router.set_link(link, LinkFacts(up=True))


def open_breaker(bench: Bench, link: str, *others: str) -> None:
    """Errors of a link with the numbers of one operator; `others` are numbers it takes."""
    for _ in range(20):
        answers = [(PHONE, Outcome.TEMPORARY, True), *((number, Outcome.ACCEPTED, True) for number in others)]
        bench.router.note_answers(link, answers, 0.0)


def text_of(bench: Bench, message_id: int) -> tuple[str, str, int]:
    row = bench.row(message_id)
    return row["text"], row["sender"], row["segments"]


def test_a_message_is_dressed_for_its_link_and_again_for_another(bench: Bench) -> None:
    bench.router.set_rules({"a": FRONT, "b": BACK})
    message_id = bench.add("好" * 65)
    assert text_of(bench, message_id) == ("【彩邮】" + "好" * 65, "", 1)
    claimed = bench.claim()
    assert claimed[0].text == "【彩邮】" + "好" * 65
    bench.send(claimed[0], Outcome.TEMPORARY)
    assert bench.row(message_id)["link"] == "b"
    assert text_of(bench, message_id) == ("好" * 65 + "【彩邮】", "10690001", 1)
    (again,) = bench.claim("b")
    assert (again.text, again.sender) == ("好" * 65 + "【彩邮】", "10690001")


def test_a_longer_signature_makes_another_segment_on_the_other_link(bench: Bench) -> None:
    bench.router.set_rules({"b": LinkRules(Profile(signature_place=Place.BACK, signature="一个很长的签名"))})
    message_id = bench.add("好" * 65)
    assert text_of(bench, message_id)[2] == 1
    down(bench, "a")
    assert bench.run(lambda b: b.outbox.leave_link("a")) == (1, None)
    assert text_of(bench, message_id) == ("好" * 65 + "【一个很长的签名】", "", 2)
    (claimed,) = bench.claim("b")
    assert claimed.open_numbers == (1, 2)
    up(bench, "a")
    down(bench, "b")
    bench.run(lambda b: b.outbox.release([claimed], "down"))
    bench.run(lambda b: b.outbox.leave_link("b"))
    assert text_of(bench, message_id) == ("好" * 65, "", 1), "from what was asked, not from what the other made of it"


def test_a_repeated_request_is_known_by_what_was_asked(bench: Bench) -> None:
    bench.router.set_rules({"a": FRONT})
    message_id = bench.add("您好", key="k1", sender="106")
    row = bench.row(message_id)
    assert (row["asked_text"], row["text"]) == ("您好", "【彩邮】您好")
    assert row["asked_sender"] is None


def test_what_a_rule_refuses_fails_with_its_code_and_its_owner_is_told(bench: Bench) -> None:
    told: list[MessageSettled] = []
    bench.desk.reactions = {MessageSettled: (lambda event, books: told.append(event),)}
    bench.run(lambda b: b.lists.add(ListKind.BLACK, Scope.HUB, 0, PHONE, "complained"))
    lists = bench.ask(lambda b: b.routes.known(-1, 0)).lists
    assert lists is not None
    bench.router.set_lists(lists)
    message_id = bench.add()
    assert bench.state(message_id) == "queued"
    assert bench.run(lambda b: b.outbox.reroute()) == (1, None)
    assert (bench.state(message_id), bench.row(message_id)["code"]) == ("failed", "blacklisted")
    assert [(event.message_id, event.code) for event in told] == [(message_id, "blacklisted")]
    details = bench.ask(lambda b: b.timeline.of([message_id]))[message_id]
    assert any("complained" in step.detail for step in details)


def test_a_domains_list_is_found_by_the_account(bench: Bench) -> None:
    def people(books: Any) -> tuple[int, int]:
        books.accounts.add_domain("one.example")
        books.accounts.add_domain("two.example")
        one = books.accounts.add("x@one.example", password_hash="", display_name="", language="zh")
        two = books.accounts.add("x@two.example", password_hash="", display_name="", language="zh")
        domain_id = books.accounts.domain_id("one.example")
        books.lists.add(ListKind.BLACK, Scope.DOMAIN, domain_id, "+86138*")
        return one.id, two.id

    one, two = bench.run(people)
    lists = bench.ask(lambda b: b.routes.known(-1, 0)).lists
    assert lists is not None
    bench.router.set_lists(lists)
    assert bench.row(bench.add(account_id=one))["link"] == ""
    assert bench.row(bench.add(account_id=two))["link"] == "a"


def test_a_text_that_fits_no_template_goes_over_the_other_link(bench: Bench) -> None:
    strict = LinkRules(Profile(templates_required=True), (read_template("验证码{}"),))
    bench.router.set_rules({"a": strict})
    assert bench.row(bench.add("验证码1"))["link"] == "a"
    assert bench.row(bench.add("改期"))["link"] == "b"
    bench.router.set_rules({"a": strict, "b": strict})
    message_id = bench.add("改期")
    bench.run(lambda b: b.outbox.reroute())
    assert bench.row(message_id)["code"] == "no_template"


def test_messages_without_a_route_do_not_hide_others_behind_them(bench: Bench) -> None:
    from gateway.core.routes import Route

    bench.router.set_routes([Route("+1", "a")])
    waiting = [bench.add() for _ in range(3)]
    found = bench.add(recipient="+12025550100", link="")
    bench.router.set_routes([Route("+9", "a")])
    late = bench.add(recipient="+999123456789")
    assert bench.row(late)["link"] == "a"
    bench.router.set_routes([Route("+8613", "b")])
    moved, after = bench.run(lambda b: b.outbox.reroute(limit=2))
    assert (moved, after) == (2, waiting[1])
    assert bench.run(lambda b: b.outbox.reroute(after, limit=2)) == (1, None)
    assert bench.row(found)["link"] == "a"


def test_an_open_breaker_moves_the_numbers_of_its_operator_only(bench: Bench) -> None:
    bench.router.health = Health()
    cmcc, unicom = bench.add(), bench.add(recipient=UNICOM)
    open_breaker(bench, "a", UNICOM, UNICOM)
    assert bench.run(lambda b: b.outbox.leave_link("a")) == (1, None)
    assert (bench.row(cmcc)["link"], bench.row(unicom)["link"]) == ("b", "a")
    details = bench.ask(lambda b: b.timeline.of([cmcc]))[cmcc]
    assert any("not trusted" in step.detail for step in details)


def test_nothing_moves_to_a_link_that_is_no_better(bench: Bench) -> None:
    message_id = bench.add()
    open_breaker(bench, "a")
    open_breaker(bench, "b")
    assert bench.run(lambda b: b.outbox.leave_link("a")) == (0, None)
    assert bench.row(message_id)["link"] == "a"


def test_what_is_sent_again_after_doubt_goes_to_a_link_that_is_up(bench: Bench) -> None:
    message_id = bench.add()
    bench.send(bench.claim()[0], Outcome.UNCERTAIN)
    down(bench, "a")
    bench.clock.pass_s(61)
    bench.run(lambda b: look_after(b, "a", Uncertain.RESEND))
    row = bench.row(message_id)
    assert (row["state"], row["link"], bool(row["maybe_twice"])) == ("queued", "b", True)


def test_a_part_that_is_accepted_keeps_its_message_where_it_is(bench: Bench) -> None:
    message_id = bench.add_long(2)
    bench.send(bench.claim()[0], "x1", Outcome.UNCERTAIN)
    down(bench, "a")
    bench.clock.pass_s(61)
    bench.run(lambda b: look_after(b, "a", Uncertain.RESEND))
    assert bench.row(message_id)["link"] == "a"


def test_a_rate_puts_off_and_lets_others_through(bench: Bench) -> None:
    bench.router.shaping.set_limits([Limit("account", "1", 10)])
    slow = [bench.add() for _ in range(20)]
    other = bench.add(account_id=2)
    claimed = [message.id for message in bench.claim(limit=5)]
    assert claimed == [slow[0], other], "those that wait do not take the places of a claim"
    assert "waits" in bench.steps(slow[1])
    bench.clock.pass_s(0.5)
    assert [message.id for message in bench.claim()] == slow[1:6]
    bench.clock.pass_s(2)
    assert [message.id for message in bench.claim()] == slow[6:]


def test_a_rate_for_a_destination_counts_segments(bench: Bench) -> None:
    bench.router.shaping.set_limits([Limit("operator", "unicom", 1)])
    first, second = (bench.add_long(3, recipient=UNICOM) for _ in range(2))
    third = bench.add()
    assert [message.id for message in bench.claim()] == [first, third]
    bench.clock.pass_s(2)
    assert bench.claim() == []
    bench.clock.pass_s(1.01)
    assert [message.id for message in bench.claim()] == [second]
