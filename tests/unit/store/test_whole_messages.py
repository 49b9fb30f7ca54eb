"""Long SMS that went to a carrier in one submit: every segment has the same id, and one report is about them all."""

from __future__ import annotations

import pytest

from gateway.store.outbox import CARRIER_ID_LENGTH
from tests.fakes.desk import Bench


def sent_whole(bench: Bench, carrier_id: str, parts: int = 3) -> int:
    message_id = bench.add_long(parts)
    bench.send(bench.claim()[0], *[carrier_id] * parts)
    return message_id


@pytest.mark.parametrize("state", ["delivered", "failed", "expired"])
def test_one_report_settles_all_segments(bench: Bench, state: str) -> None:
    message_id = sent_whole(bench, "x1")
    (told,) = bench.report(("x1", state))
    assert (told.message_id, told.state) == (message_id, state)
    segments = bench.ask(lambda books: books.outbox.segments_of([message_id]))
    assert [(row["number"], row["state"]) for row in segments] == [(1, state), (2, state), (3, state)]
    assert bench.steps(message_id)[-2:] == ["report", state]  # one report is one step
    assert bench.report(("x1", state)) == []


def test_a_report_that_came_before_the_answer(bench: Bench) -> None:
    bench.report(("x1", "delivered"))
    message_id = sent_whole(bench, "x1")
    assert bench.state(message_id) == "delivered"


def test_an_id_used_again_stands_for_the_newest_message_alone(bench: Bench) -> None:
    older = sent_whole(bench, "x1")
    newer = sent_whole(bench, "x1", 2)
    bench.report(("x1", "delivered"))
    assert (bench.state(older), bench.state(newer)) == ("accepted", "delivered")


def test_an_id_of_any_length(bench: Bench) -> None:
    carrier_id = "x" * (CARRIER_ID_LENGTH + 10)
    message_id = sent_whole(bench, carrier_id)
    bench.report((carrier_id, "delivered"))
    assert bench.state(message_id) == "delivered"
