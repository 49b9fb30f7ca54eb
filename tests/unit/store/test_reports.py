"""Delivery reports: early, late, twice, unknown, out of order, and in the same batch as the answer they belong to."""

from __future__ import annotations

import asyncio
import itertools
import threading
from typing import Any

import pytest
import sqlalchemy as sa

from gateway.core.attempts import Answer, Attempt
from gateway.core.messages import DeliveryReport, ReportState
from gateway.store.database import Store, StoreConfig, open_store
from gateway.store.reports import LATE_REPORT_MS, PARKED_MS
from gateway.store.schema import reports
from tests.fakes.desk import Bench, Outcome, attempt, record, reports_of


def accepted(bench: Bench, *ids: str, **more: Any) -> int:
    message_id = bench.add_long(len(ids), **more) if len(ids) > 1 else bench.add(**more)
    bench.send(bench.claim()[0], *ids)
    return message_id


def parked(bench: Bench) -> list[Any]:
    statement = sa.select(reports.c.carrier_id).where(reports.c.message_id.is_(None)).order_by(reports.c.id)
    return bench.ask(lambda b: list(b.tx.read(statement).scalars()))


def test_a_parked_report_is_let_go_of_in_the_end_and_no_other(bench: Bench) -> None:
    message_id = accepted(bench, "x1")
    bench.report(("x1", "delivered"), ("unknown", "delivered"))
    bench.clock.ms += PARKED_MS - 1
    bench.report(("young", "delivered"))
    assert bench.run(lambda b: b.reports.forget_parked()) == 0
    bench.clock.ms += 2
    assert bench.run(lambda b: b.reports.forget_parked()) == 1
    assert parked(bench) == ["young"]
    assert len(bench.ask(lambda b: b.reports.of([message_id]))) == 1


@pytest.mark.parametrize("state", ["delivered", "failed", "expired"])
def test_a_report_settles_its_message_and_is_told_with_the_tag(bench: Bench, state: str) -> None:
    message_id = accepted(bench, "x1", tag="mine")
    (told,) = bench.report(("x1", state))
    assert (told.message_id, told.state, told.tag, told.code) == (message_id, state, "mine", state.upper())
    assert bench.state(message_id) == state
    assert bench.row(message_id)["settled_ms"] == bench.clock.ms
    assert bench.steps(message_id)[-2:] == ["report", state]


def test_an_intermediate_report_is_kept_and_changes_nothing(bench: Bench) -> None:
    message_id = accepted(bench, "x1")
    assert bench.report(("x1", "enroute")) == []
    assert bench.state(message_id) == "accepted"
    assert bench.report(("x1", "delivered"))


def test_a_report_that_comes_twice_is_told_once(bench: Bench) -> None:
    message_id = accepted(bench, "x1")
    assert len(bench.report(("x1", "delivered"), ("x1", "delivered"))) == 1
    assert bench.report(("x1", "delivered")) == []
    assert len(bench.ask(lambda b: b.reports.of([message_id]))) == 3


@pytest.mark.parametrize("worse", ["failed", "expired", "enroute"])
def test_delivered_is_never_left(bench: Bench, worse: str) -> None:
    message_id = accepted(bench, "x1")
    bench.report(("x1", "delivered"), ("x1", worse))
    bench.report(("x1", worse))
    assert (bench.state(message_id), bench.segment_states(message_id)) == ("delivered", ["delivered"])


@pytest.mark.parametrize("first", ["failed", "expired"])
def test_delivered_after_all(bench: Bench, first: str) -> None:
    message_id = accepted(bench, "x1")
    bench.report(("x1", first))
    other = "expired" if first == "failed" else "failed"
    assert bench.report(("x1", other)) == []
    assert [t.state for t in bench.report(("x1", "delivered"))] == ["delivered"]
    assert bench.state(message_id) == "delivered"


def test_a_report_before_the_answer_is_parked_and_then_settles_it(bench: Bench) -> None:
    message_id = bench.add(tag="mine")
    (message,) = bench.claim()
    assert bench.report(("x1", "delivered")) == []
    assert parked(bench) == ["x1"]
    (told,) = bench.send(message, "x1")
    assert (told.state, told.tag) == ("delivered", "mine")
    assert (bench.state(message_id), parked(bench), bench.bill(message_id)) == ("delivered", [], [1])


def test_a_report_for_nobody_is_kept(bench: Bench) -> None:
    message_id = accepted(bench, "x1")
    assert bench.report(("other", "delivered")) == []
    assert (parked(bench), bench.state(message_id)) == (["other"], "accepted")


def test_a_report_is_matched_within_its_link_group_only(bench: Bench) -> None:
    message_id = accepted(bench, "x1")
    bench.report(("x1", "delivered"), link="b")
    assert bench.state(message_id) == "accepted"


def test_a_report_under_another_form_of_the_id_is_found(bench: Bench) -> None:
    message_id = bench.add()
    (message,) = bench.claim()
    bench.answer(Attempt(message, (Answer(1, Outcome.ACCEPTED, ("1f", "31")),)))
    assert [t.state for t in bench.report(("31", "failed"), ("1f", "delivered"))] == ["delivered"]
    assert bench.state(message_id) == "delivered"


def test_a_parked_report_under_another_form_of_the_id_is_found(bench: Bench) -> None:
    bench.add()
    (message,) = bench.claim()
    bench.report(("31", "delivered"))
    assert bench.answer(Attempt(message, (Answer(1, Outcome.ACCEPTED, ("1f", "31")),)))[0].state == "delivered"


def test_a_long_message_is_delivered_when_every_segment_is(bench: Bench) -> None:
    message_id = accepted(bench, "x1", "x2", "x3")
    assert bench.report(("x3", "delivered")) == []
    assert bench.report(("x1", "delivered")) == []
    assert [t.state for t in bench.report(("x2", "delivered"))] == ["delivered"]
    assert bench.state(message_id) == "delivered"


def test_a_long_message_with_a_hole_has_failed_until_the_hole_is_filled(bench: Bench) -> None:
    message_id = accepted(bench, "x1", "x2", "x3")
    bench.report(("x1", "delivered"), ("x2", "expired"))
    assert bench.state(message_id) == "expired"
    assert bench.report(("x3", "delivered")) == []
    assert [t.state for t in bench.report(("x2", "delivered"))] == ["delivered"]
    assert bench.state(message_id) == "delivered"


def test_reports_of_a_long_message_in_any_order_agree(bench: Bench) -> None:
    for order in itertools.permutations([("1", "delivered"), ("2", "failed"), ("2", "delivered"), ("3", "delivered")]):
        prefix = "".join(number + state[0] for number, state in order)
        message_id = accepted(bench, f"{prefix}1", f"{prefix}2", f"{prefix}3")
        for number, state in order:
            bench.report((prefix + number, state))
        assert bench.state(message_id) == "delivered", order


def test_a_segment_that_expires_after_the_message_failed_leaves_it_failed(bench: Bench) -> None:
    message_id = accepted(bench, "x1", "x2")
    bench.report(("x1", "expired"))
    assert bench.report(("x2", "failed")) == []
    assert bench.state(message_id) == "expired"


def test_a_report_long_after_its_message_expired_still_counts(bench: Bench) -> None:
    message_id = accepted(bench, "x1")
    bench.report(("x1", "expired"))
    bench.clock.pass_s(172_800 + 86_400)
    bench.report(("x1", "delivered"))
    assert bench.state(message_id) == "delivered"


def test_an_id_used_again_stands_for_the_newer_message(bench: Bench) -> None:
    old = accepted(bench, "x1")
    bench.clock.pass_s(3600)
    new = accepted(bench, "x1")
    bench.report(("x1", "delivered"))
    assert (bench.state(old), bench.state(new)) == ("accepted", "delivered")


def test_an_early_report_under_an_id_of_last_year_waits_for_its_answer(bench: Bench) -> None:
    old = accepted(bench, "x1")
    bench.clock.ms += 172_800_000 + LATE_REPORT_MS + 1
    new = bench.add()
    (message,) = bench.claim()
    bench.report(("x1", "delivered"))
    assert (bench.state(old), parked(bench)) == ("accepted", ["x1"])
    bench.send(message, "x1")
    assert bench.state(new) == "delivered"


def test_a_parked_report_of_last_year_settles_no_new_message(bench: Bench) -> None:
    bench.report(("x1", "failed"))
    bench.clock.pass_s(365 * 86_400)
    message_id = accepted(bench, "x1")
    assert bench.state(message_id) == "accepted"
    bench.report(("x1", "delivered"))
    assert bench.state(message_id) == "delivered"


def test_words_of_a_carrier_of_any_kind_are_kept(bench: Bench) -> None:
    message_id = accepted(bench, "x1")
    odd = DeliveryReport("x1", ReportState.DELIVERED, "c\0" * 60, "9" * 90, text="stat:\0 \ud83d")
    bench.run(lambda b: b.reports.file("a", "a", [odd]))
    (row,) = bench.ask(lambda b: b.reports.of([message_id]))
    assert (row["text"], len(row["code"]), len(row["recipient"])) == ("stat:\ufffd \ufffd", 64, 32)


# --- in one batch ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("report_first", [True, False])
@pytest.mark.parametrize("parts", [1, 2])
async def test_the_answer_and_its_report_in_one_batch(bench: Bench, report_first: bool, parts: int) -> None:
    message_id = bench.add_long(parts) if parts > 1 else bench.add()
    (message,) = bench.claim()
    ids = [f"x{n}" for n in range(parts)]

    def answer(books: Any) -> list[Any]:
        return record(books, [attempt(message, *ids)])

    def report(books: Any) -> list[Any]:
        return books.reports.file("a", "a", reports_of([(an_id, "delivered") for an_id in ids]))

    works = [report, answer] if report_first else [answer, report]
    told = await asyncio.gather(*map(bench.desk.commit, works))
    assert bench.store.figures.commits == 1
    assert [t.state for t in itertools.chain(*told)] == ["delivered"]
    assert bench.state(message_id) == "delivered"
    assert bench.bill(message_id) == list(range(1, parts + 1))
    assert parked(bench) == []
    await bench.desk.close()


@pytest.mark.parametrize("states", [("delivered", "failed"), ("delivered", "delivered"), ("expired", "delivered")])
async def test_two_reports_of_one_segment_in_one_batch(bench: Bench, states: tuple[str, str]) -> None:
    message_id = accepted(bench, "x1")
    told = await asyncio.gather(
        *(bench.desk.commit(lambda b, s=s: b.reports.file("a", "a", reports_of([("x1", s)]))) for s in states)
    )
    assert bench.store.figures.commits == 1
    assert bench.state(message_id) == "delivered"
    assert [t.state for t in itertools.chain(*told)] == list(dict.fromkeys(states))[
        : 1 if states[0] != "expired" else 2
    ]
    await bench.desk.close()


async def test_reports_of_many_segments_in_many_works_of_a_batch(bench: Bench) -> None:
    ids = [accepted(bench, f"{n}-1", f"{n}-2", f"{n}-3") for n in range(10)]
    works = [[(f"{n}-{part}", "delivered")] for part in (1, 2, 3) for n in range(10)]
    told = await asyncio.gather(
        *(bench.desk.commit(lambda b, w=w: b.reports.file("a", "a", reports_of(w))) for w in works)
    )
    assert sorted(t.message_id for t in itertools.chain(*told)) == ids
    assert {bench.state(i) for i in ids} == {"delivered"}
    await bench.desk.close()


# --- in two processes at once -----------------------------------------------------------------------------------


def test_reports_of_two_segments_in_two_processes_at_once(bench: Bench, store_config: StoreConfig) -> None:
    """Each transaction sees the other's segment undelivered, unless one waits for the other."""
    if bench.store.is_sqlite:
        pytest.skip("SQLite lets one transaction write at a time")
    ids = [accepted(bench, f"{n}-1", f"{n}-2") for n in range(40)]
    second = Bench(open_store(store_config), clock=bench.clock, node=1)
    barrier = threading.Barrier(2)

    def deliver(desk: Bench, part: int) -> None:
        for n in range(40):
            barrier.wait(10)
            desk.report((f"{n}-{part}", "delivered"))

    threads = [threading.Thread(target=deliver, args=(desk, part)) for desk, part in ((bench, 1), (second, 2))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {bench.state(i) for i in ids} == {"delivered"}
    assert sorted(t.message_id for t in bench.told + second.told) == ids
    second.store.engine.dispose()
    second.close()


async def test_two_processes_that_lock_each_other_out_both_get_their_way(
    bench: Bench, store: Store, store_config: StoreConfig
) -> None:
    if store.is_sqlite:
        pytest.skip("SQLite lets one transaction write at a time")
    ids = [accepted(bench, f"{n}") for n in range(30)]
    second = Bench(open_store(store_config), clock=bench.clock, node=1)
    forwards = [(str(n), "delivered") for n in range(30)]

    async def deliver(desk: Bench, order: list[tuple[str, str]]) -> None:
        await asyncio.gather(
            *(desk.desk.commit(lambda b, pair=pair: b.reports.file("a", "a", reports_of([pair]))) for pair in order)
        )

    await asyncio.gather(deliver(bench, forwards), deliver(second, forwards[::-1]))
    assert {bench.state(i) for i in ids} == {"delivered"}
    await bench.desk.close()
    await second.desk.close()
