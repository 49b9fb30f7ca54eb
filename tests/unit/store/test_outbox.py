"""The outbox: what leaves when, over which link, and what an answer, a crash or an old process may change."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import sqlalchemy as sa

from gateway.core.attempts import Answer, Attempt
from gateway.core.errors import StoreUnavailable
from gateway.core.events import MessageSettled
from gateway.core.outbox import NewSms
from gateway.core.routing import LinkFacts
from gateway.store.schema import segments
from tests.fakes.desk import (
    PHONE,
    Bench,
    Outcome,
    Priority,
    Purpose,
    Uncertain,
    attempt,
    look_after,
    record,
    reports_of,
)

_NO_TABLE = sa.text("INSERT INTO nothing (n) VALUES (:n)")

TEMPORARY, PERMANENT, UNCERTAIN, THROTTLED = (
    Outcome.TEMPORARY,
    Outcome.PERMANENT,
    Outcome.UNCERTAIN,
    Outcome.THROTTLED,
)


def test_a_message_is_queued_for_the_best_link_with_its_parts_counted(bench: Bench) -> None:
    row = bench.row(bench.add_long(3, tag="order 7"))
    assert (row["state"], row["link"], row["segments"], row["alphabet"]) == ("queued", "a", 3, "gsm7")
    assert row["expires_ms"] == bench.clock.ms + 172_800_000
    assert bench.steps(row["id"]) == ["queued"]


def test_urgent_goes_first_then_what_is_due_longest(bench: Bench) -> None:
    bulk = bench.add(priority=Priority.BULK)
    bench.clock.pass_s(1)
    first, second = bench.add(), bench.add()
    code = bench.add(priority=Priority.URGENT)
    later = bench.add(not_before_ms=bench.clock.ms + 60_000)
    other = bench.add(link="b")
    assert [m.id for m in bench.claim(limit=3)] == [code, first, second]
    assert [m.id for m in bench.claim()] == [bulk]
    assert bench.claim() == []
    bench.clock.pass_s(60)
    assert [m.id for m in bench.claim()] == [later]
    assert [m.id for m in bench.claim("b")] == [other]


def test_a_claimed_message_is_not_claimed_again(bench: Bench) -> None:
    message_id = bench.add_long(2)
    (message,) = bench.claim()
    assert (message.attempt, message.open_numbers) == (1, (1, 2))
    assert bench.state(message_id) == "sending"
    assert bench.segment_states(message_id) == ["sending", "sending"]
    assert bench.claim(owner="two") == []


def test_an_accepted_message_is_billed_by_segment(bench: Bench) -> None:
    message_id = bench.add_long(2)
    assert bench.send(bench.claim()[0], "x1", "x2") == []
    assert bench.state(message_id) == "accepted"
    assert bench.bill(message_id) == [1, 2]
    lines = bench.ask(lambda b: list(b.ledger.export(since_ms=0, until_ms=bench.clock.ms + 1, account_id=1)))
    assert {(line["link"], line["price"], line["party"]) for line in lines} == {("a", 5, PHONE)}


def test_without_a_report_wanted_acceptance_is_the_end_and_told_with_its_tag(bench: Bench) -> None:
    bench.add(want_report=False, tag="mine")
    (told,) = bench.send(bench.claim()[0], "x1")
    assert (told.state, told.tag) == ("accepted", "mine")


def test_a_refusal_ends_it_and_is_told_with_its_tag(bench: Bench) -> None:
    message_id = bench.add(tag="mine")
    (told,) = bench.send(bench.claim()[0], PERMANENT)
    assert (told.message_id, told.state, told.code, told.tag) == (message_id, "failed", "permanent", "mine")
    assert bench.row(message_id)["settled_ms"] == bench.clock.ms
    assert bench.bill(message_id) == []


@pytest.mark.parametrize(("outcome", "pause_s"), [(THROTTLED, 1), (TEMPORARY, 5)])
def test_not_now_means_later_on_the_only_link(store: Any, outcome: Outcome, pause_s: int) -> None:
    bench = Bench(store, links=("a",))
    message_id = bench.add()
    bench.send(bench.claim()[0], outcome)
    assert bench.row(message_id)["due_ms"] == bench.clock.ms + pause_s * 1000
    assert bench.claim() == []
    bench.clock.pass_s(pause_s)
    (again,) = bench.claim()
    assert (again.attempt, again.open_numbers) == (2, (1,))
    bench.send(again, "x1")
    assert (bench.state(message_id), bench.bill(message_id)) == ("accepted", [1])
    bench.close()


def test_a_refused_link_is_left_at_once_and_its_segments_forgotten(bench: Bench) -> None:
    message_id = bench.add_long(2)
    bench.send(bench.claim()[0], TEMPORARY, TEMPORARY)
    row = bench.row(message_id)
    assert (row["link"], row["due_ms"], row["tried"]) == ("b", bench.clock.ms, "a")
    assert bench.segment_states(message_id) == []
    (again,) = bench.claim("b")
    assert again.open_numbers == (1, 2)


def test_every_link_is_asked_once_in_a_round_and_the_next_round_waits(store: Any) -> None:
    bench = Bench(store, links=("a", "b", "c"))
    message_id = bench.add()
    asked, waited = [], []
    for _ in range(9):
        row = bench.row(message_id)
        waited.append(row["due_ms"] > bench.clock.ms)
        bench.clock.ms = max(bench.clock.ms, row["due_ms"])
        asked.append(row["link"])
        bench.send(bench.claim(row["link"])[0], TEMPORARY, link=row["link"])
    assert asked == ["a", "b", "c"] * 3
    assert waited == [False, False, False, True, False, False, True, False, False]
    bench.close()


def test_two_links_that_both_refuse_do_not_use_up_the_attempts_in_a_moment(bench: Bench) -> None:
    message_id = bench.add()
    start = bench.clock.ms
    for _ in range(60):
        row = bench.row(message_id)
        if row["state"] != "queued":
            break
        bench.clock.ms = max(bench.clock.ms, row["due_ms"])
        bench.send(bench.claim(row["link"])[0], TEMPORARY, link=row["link"])
    assert bench.clock.ms - start > 3600 * 1000


def test_a_storm_of_too_fast_gives_up_no_message(bench: Bench) -> None:
    message_id = bench.add()
    for _ in range(200):
        bench.send(bench.claim()[0], THROTTLED)
        bench.clock.pass_s(1)
    assert bench.state(message_id) == "queued"


def test_a_long_message_of_which_a_part_was_taken_stays_on_its_link(bench: Bench) -> None:
    message_id = bench.add_long(3)
    bench.send(bench.claim()[0], "x1", TEMPORARY, "x3")
    assert bench.row(message_id)["link"] == "a"
    assert bench.segment_states(message_id) == ["accepted", "queued", "accepted"]
    bench.clock.pass_s(5)
    (again,) = bench.claim()
    assert again.open_numbers == (2,)
    assert bench.segment_states(message_id) == ["accepted", "sending", "accepted"]
    bench.send(again, TEMPORARY)
    assert bench.row(message_id)["link"] == "a"
    bench.clock.pass_s(15)
    bench.send(bench.claim()[0], "x2")
    assert (bench.state(message_id), bench.bill(message_id)) == ("accepted", [1, 2, 3])


@pytest.mark.parametrize(("known", "state"), [("accepted", "accepted"), ("delivered", "delivered")])
def test_what_waits_though_all_of_it_was_taken_is_not_sent_and_does_not_wait_for_ever(
    bench: Bench, known: str, state: str
) -> None:
    message_id = bench.add_long(2)
    bench.send(bench.claim()[0], "x1", Outcome.TEMPORARY)
    bench.run(lambda b: b.tx.execute(sa.update(segments).values(state=known)))  # it was taken after all
    bench.clock.pass_s(3600)
    assert bench.claim() == []
    assert bench.state(message_id) == state
    assert bench.steps(message_id)[-1] == state


def test_validity_ends_it_before_a_link_takes_it_and_its_owner_is_told(bench: Bench) -> None:
    told: list[Any] = []
    bench.desk.reactions = {MessageSettled: (lambda event, books: told.append(event),)}
    message_id = bench.add(validity_s=60, tag="mine")
    bench.clock.pass_s(60)
    assert bench.claim() == []
    assert bench.state(message_id) == "expired"
    assert [(event.message_id, event.state, event.tag) for event in told] == [(message_id, "expired", "mine")]


def test_what_no_link_takes_expires_too(bench: Bench) -> None:
    waiting, no_longer = bench.add(validity_s=60), bench.add(validity_s=60)
    bench.clock.pass_s(61)
    overdue = bench.ask(lambda b: b.outbox.overdue())
    assert sorted(overdue) == [waiting, no_longer]
    bench.run(lambda b: b.outbox.cancel(no_longer))
    told = bench.run(lambda b: b.outbox.expire(overdue))
    assert [(t.message_id, t.state) for t in told] == [(waiting, "expired")]
    assert bench.run(lambda b: b.outbox.expire(overdue)) == []


def test_a_retry_that_would_come_too_late_is_not_made(bench: Bench) -> None:
    message_id = bench.add_long(2, validity_s=4)
    (told,) = bench.send(bench.claim()[0], "x1", TEMPORARY)
    assert (told.state, bench.state(message_id)) == ("expired", "expired")


def test_only_what_waits_can_be_taken_back(bench: Bench) -> None:
    waiting, sent = bench.add(), bench.add(link="b")
    bench.claim("b")
    assert bench.run(lambda b: b.outbox.cancel(waiting)) is True
    assert bench.run(lambda b: b.outbox.cancel(waiting)) is False
    assert bench.run(lambda b: b.outbox.cancel(sent)) is False
    assert bench.claim() == []
    assert bench.steps(waiting) == ["queued", "cancelled"]


def test_what_was_claimed_and_not_sent_is_given_back(bench: Bench) -> None:
    message_id = bench.add()
    (message,) = bench.claim()
    bench.run(lambda b: b.outbox.release([message], "link a went down"))
    assert bench.state(message_id) == "queued"
    (again,) = bench.claim()
    assert (again.attempt, again.open_numbers, again.maybe_twice) == (2, (1,), False)
    bench.send(again, "x1")
    bench.run(lambda b: b.outbox.release([again], "too late"))
    assert bench.state(message_id) == "accepted"


def test_a_message_without_a_route_waits_for_one(store: Any) -> None:
    bench = Bench(store, links=())
    message_id = bench.add()
    assert bench.ask(lambda b: b.outbox.has_unrouted())
    assert bench.run(lambda b: b.outbox.reroute()) == (0, None)
    other = Bench(store, clock=bench.clock, node=1)
    assert other.run(lambda b: b.outbox.reroute()) == (1, None)
    assert [m.id for m in other.claim()] == [message_id]
    assert not bench.ask(lambda b: b.outbox.has_unrouted())


def test_what_waits_for_a_dead_link_goes_to_another_but_not_what_it_has_begun(bench: Bench) -> None:
    fresh = bench.add()
    tried = bench.add_long(2)
    claimed = {m.id: m for m in bench.claim()}
    bench.send(claimed[tried], "x1", TEMPORARY)
    bench.run(lambda b: b.outbox.release([claimed[fresh]], "down"))
    never = bench.add()
    assert bench.run(lambda b: b.outbox.leave_link("a")) == (0, None), "it is up"
    bench.router.set_link("a", LinkFacts(up=False))
    assert bench.run(lambda b: b.outbox.leave_link("a")) == (2, None)
    assert bench.row(never)["link"] == "b"
    assert bench.row(fresh)["link"] == "b"
    assert bench.row(tried)["link"] == "a"


def test_a_dead_link_is_left_page_by_page(bench: Bench) -> None:
    begun = bench.add_long(2)
    bench.send({m.id: m for m in bench.claim()}[begun], "x1", TEMPORARY)
    others = [bench.add() for _ in range(5)]
    bench.router.set_link("a", LinkFacts(up=False))
    after: int | None = 0
    moved = 0
    while after is not None:
        more, after = bench.run(lambda b, start=after: b.outbox.leave_link("a", start, limit=2))
        moved += more
    assert moved == 5
    assert {bench.row(message_id)["link"] for message_id in others} == {"b"}


# --- uncertain ------------------------------------------------------------------------------------------------


def in_doubt(bench: Bench, **more: Any) -> int:
    message_id = bench.add(**more)
    bench.send(bench.claim()[0], UNCERTAIN)
    assert bench.state(message_id) == "uncertain"
    return message_id


def settle_doubt(bench: Bench, policy: Uncertain) -> None:
    bench.run(lambda b: look_after(b, "a", policy))


def test_resend_waits_for_a_report_then_sends_again_with_a_mark(bench: Bench) -> None:
    message_id = in_doubt(bench)
    settle_doubt(bench, Uncertain.RESEND)
    assert bench.state(message_id) == "uncertain"
    bench.clock.pass_s(60)
    settle_doubt(bench, Uncertain.RESEND)
    (again,) = bench.claim()
    assert (again.attempt, again.maybe_twice) == (2, True)
    assert bench.steps(message_id)[-2:] == ["resend", "sending"]


def test_resend_at_once_does_not_wait(bench: Bench) -> None:
    message_id = bench.add()
    bench.send(bench.claim()[0], UNCERTAIN, uncertain=Uncertain.RESEND_AT_ONCE)
    settle_doubt(bench, Uncertain.RESEND_AT_ONCE)
    assert bench.state(message_id) == "queued"


def test_wait_gives_up_when_no_report_comes(bench: Bench) -> None:
    message_id = in_doubt(bench)
    bench.clock.pass_s(60)
    settle_doubt(bench, Uncertain.WAIT)
    assert bench.state(message_id) == "failed"


def test_an_uncertain_message_out_of_its_time_expires(bench: Bench) -> None:
    message_id = in_doubt(bench, validity_s=30)
    bench.clock.pass_s(60)
    settle_doubt(bench, Uncertain.RESEND)
    assert bench.state(message_id) == "expired"


@pytest.mark.parametrize("written", [PHONE, PHONE[1:], PHONE[3:]])
def test_a_report_to_the_number_is_adopted_and_billed(bench: Bench, written: str) -> None:
    message_id = in_doubt(bench)
    bench.report(("unheard-of", "delivered"), recipient=written)
    bench.clock.pass_s(60)
    settle_doubt(bench, Uncertain.RESEND)
    assert (bench.state(message_id), bench.bill(message_id)) == ("delivered", [1])


def test_a_report_that_two_could_call_their_own_is_adopted_by_neither(bench: Bench) -> None:
    """Taken for the wrong one, that one would never be sent; both go again, and are known to be in doubt."""
    first, second = bench.add(), bench.add()
    for message in bench.claim():
        bench.send(message, UNCERTAIN)
    bench.report(("unheard-of", "delivered"))
    bench.clock.pass_s(60)
    settle_doubt(bench, Uncertain.RESEND)
    assert [bench.state(first), bench.state(second)] == ["queued", "queued"]


def test_a_report_is_adopted_once(bench: Bench) -> None:
    first = in_doubt(bench)
    bench.report(("unheard-of", "delivered"))
    bench.clock.pass_s(60)
    settle_doubt(bench, Uncertain.RESEND)
    bench.clock.pass_s(3600)
    second = in_doubt(bench)
    bench.clock.pass_s(60)
    settle_doubt(bench, Uncertain.RESEND)
    assert [bench.state(first), bench.state(second)] == ["delivered", "queued"]


@pytest.mark.parametrize(
    ("recipient", "when_s", "link"), [("+8613900000000", 0, "a"), (PHONE, -100, "a"), (PHONE, 0, "b")]
)
def test_a_report_to_another_number_of_another_time_or_carrier_is_not_adopted(
    bench: Bench, recipient: str, when_s: int, link: str
) -> None:
    bench.clock.pass_s(when_s)
    bench.report(("unheard-of", "delivered"), recipient=recipient, link=link)
    bench.clock.pass_s(-when_s)
    message_id = in_doubt(bench)
    bench.clock.pass_s(60)
    settle_doubt(bench, Uncertain.RESEND)
    assert bench.state(message_id) == "queued"


def test_an_intermediate_report_is_not_adopted(bench: Bench) -> None:
    message_id = in_doubt(bench)
    bench.report(("unheard-of", "enroute"))
    bench.clock.pass_s(60)
    settle_doubt(bench, Uncertain.WAIT)
    assert bench.state(message_id) == "failed"


# --- crashes and old processes --------------------------------------------------------------------------------


def test_after_a_crash_what_was_being_sent_is_in_doubt(bench: Bench) -> None:
    crashed, other = bench.add_long(2), bench.add(link="b")
    bench.claim()
    bench.claim("b")
    assert bench.run(lambda b: b.outbox.recover("one", "a")) == 0
    assert bench.run(lambda b: b.outbox.recover("two", "a", 60)) == 1
    assert (bench.state(crashed), bench.state(other)) == ("uncertain", "sending")
    assert bench.segment_states(crashed) == ["uncertain", "uncertain"]
    assert bench.row(crashed)["due_ms"] == bench.clock.ms + 60_000
    assert bench.steps(crashed)[-1] == "uncertain"


def test_a_crash_while_a_part_is_sent_again_puts_that_part_in_doubt(bench: Bench) -> None:
    message_id = bench.add_long(2)
    bench.send(bench.claim()[0], "x1", TEMPORARY)
    bench.clock.pass_s(5)
    bench.claim()
    bench.run(lambda b: b.outbox.recover("two", "a"))
    assert bench.segment_states(message_id) == ["accepted", "uncertain"]
    settle_doubt(bench, Uncertain.RESEND)
    assert bench.claim(owner="two")[0].open_numbers == (2,)


def test_an_answer_that_comes_while_it_is_in_doubt_counts(bench: Bench) -> None:
    message_id = bench.add()
    (message,) = bench.claim()
    bench.run(lambda b: b.outbox.recover("two", "a"))
    bench.send(message, "x1")
    assert (bench.state(message_id), bench.bill(message_id)) == ("accepted", [1])


def test_an_answer_to_an_attempt_that_was_given_up_changes_no_state(bench: Bench) -> None:
    """A process that slept through the loss of its lease wakes up with an answer in hand."""
    message_id = bench.add()
    (stale,) = bench.claim()
    bench.run(lambda b: b.outbox.recover("two", "a"))
    settle_doubt(bench, Uncertain.RESEND)
    bench.send(stale, "stale")
    assert (bench.state(message_id), bench.segment_states(message_id)) == ("queued", ["uncertain"])
    (again,) = bench.claim(owner="two")
    assert again.open_numbers == (1,)
    bench.send(stale, PERMANENT)
    assert bench.state(message_id) == "sending"
    bench.send(again, "x1")
    bench.report(("x1", "delivered"))
    bench.send(stale, TEMPORARY)
    assert (bench.state(message_id), bench.segment_states(message_id)) == ("delivered", ["delivered"])
    assert bench.bill(message_id) == [1, 1]  # the carrier took it twice, and bills it twice
    assert bench.steps(message_id).count("late-answer") == 3


def test_an_answer_after_another_segment_was_reported_failed_leaves_it_failed(bench: Bench) -> None:
    message_id = bench.add_long(2)
    bench.send(bench.claim()[0], "x1", TEMPORARY)
    bench.clock.pass_s(5)
    (again,) = bench.claim()
    bench.report(("x1", "failed"))
    assert bench.state(message_id) == "failed"
    bench.send(again, "x2")
    assert (bench.state(message_id), bench.bill(message_id)) == ("failed", [1, 2])


def test_a_report_on_one_segment_does_not_queue_a_message_that_is_being_sent(bench: Bench) -> None:
    message_id = bench.add_long(2)
    bench.send(bench.claim()[0], "x1", TEMPORARY)
    bench.clock.pass_s(5)
    (again,) = bench.claim()
    bench.report(("x1", "delivered"))
    assert bench.state(message_id) == "sending"
    assert bench.claim() == []
    bench.send(again, "x2")
    bench.report(("x2", "delivered"))
    assert bench.state(message_id) == "delivered"


def test_a_carrier_that_gives_one_id_to_every_segment_stops_nothing(bench: Bench) -> None:
    message_id, other = bench.add_long(2), bench.add()
    long, short = sorted(bench.claim(), key=lambda m: m.id)
    bench.answer(
        Attempt(long, tuple(Answer(n, Outcome.ACCEPTED, ("0", "00")) for n in (1, 2))),
        Attempt(short, (Answer(1, Outcome.ACCEPTED, ("0", "00")),)),
    )
    assert (bench.state(message_id), bench.state(other)) == ("accepted", "accepted")


def test_ids_and_codes_of_any_length_and_letters_are_kept(bench: Bench) -> None:
    message_id = bench.add()
    (message,) = bench.claim()
    bench.answer(Attempt(message, (Answer(1, Outcome.ACCEPTED, ("9" * 80, "\0\ud800")),)))
    bench.report(("9" * 80, "delivered"))
    assert bench.state(message_id) == "delivered"
    failed = bench.add()
    bench.answer(Attempt(bench.claim()[0], (Answer(1, PERMANENT, code="\0" * 90),)))
    assert bench.row(failed)["code"] == "\ufffd" * 64


# --- several works in one batch -------------------------------------------------------------------------------


async def test_one_idempotency_key_in_one_batch_makes_one_message(bench: Bench) -> None:
    def put(books: Any) -> int:
        known = books.outbox.with_key(1, ["k"])
        return known["k"]["id"] if known else books.outbox.add(NewSms(PHONE, "hi", Purpose.API, 1, key="k"))

    ids = await asyncio.gather(*(bench.desk.commit(put) for _ in range(5)))
    assert len(set(ids)) == 1
    assert len(bench.everything()) == 1
    with pytest.raises(StoreUnavailable):
        await bench.desk.commit(lambda b: b.outbox.add(NewSms(PHONE, "hi", Purpose.API, 1, key="k")))
    await bench.desk.close()


@pytest.mark.parametrize("second", ["leave", "expire", "cancel", "reroute"])
async def test_what_is_claimed_in_a_batch_is_not_taken_away_in_it(bench: Bench, second: str) -> None:
    message_id = bench.add()
    works = {
        "leave": lambda b: b.outbox.leave_link("a")[0],
        "expire": lambda b: len(b.outbox.expire([message_id])),
        "cancel": lambda b: b.outbox.cancel(message_id),
        "reroute": lambda b: b.outbox.reroute()[0],
    }
    claimed, result = await asyncio.gather(
        bench.desk.commit(lambda b: b.outbox.claim("a", "a", "one", 10)), bench.desk.commit(works[second])
    )
    assert bench.store.figures.commits == 1
    assert ([m.id for m in claimed], int(result)) == ([message_id], 0)
    row = bench.row(message_id)
    assert (row["state"], row["link"]) == ("sending", "a")
    await bench.desk.close()


async def test_a_doubt_settled_in_a_batch_is_not_settled_again_in_it(bench: Bench) -> None:
    message_id = bench.add_long(2)
    bench.send(bench.claim()[0], "x1", UNCERTAIN)
    bench.clock.pass_s(60)
    await asyncio.gather(
        bench.desk.commit(lambda b: b.reports.file("a", "a", reports_of([("x1", "failed")]))),
        bench.desk.commit(lambda b: look_after(b, "a", Uncertain.RESEND)),
    )
    assert bench.state(message_id) == "failed"
    await bench.desk.close()


async def test_a_batch_with_an_answer_that_cannot_be_written_writes_the_others(bench: Bench) -> None:
    ids = [bench.add() for _ in range(3)]
    claimed = bench.claim()

    def broken(books: Any) -> None:
        record(books, [attempt(claimed[1], "x-1")])
        books.tx.defer(_NO_TABLE, {"n": 1})  # found out only when it is sent

    results = await asyncio.gather(
        bench.desk.commit(lambda b: record(b, [attempt(claimed[0], "x-0")])),
        bench.desk.commit(broken),
        bench.desk.commit(lambda b: record(b, [attempt(claimed[2], "x-2")])),
        return_exceptions=True,
    )
    assert [isinstance(result, Exception) for result in results] == [False, True, False]
    assert [bench.state(i) for i in ids] == ["accepted", "sending", "accepted"]
    await bench.desk.close()
