"""Data SMS in the outbox: kept with their ports, claimed with them, and only for links that carry them."""

from __future__ import annotations

from typing import Any

from gateway.core.messages import Outcome
from gateway.core.profiles import LinkRules, Profile
from gateway.core.routing import LinkFacts
from tests.fakes.desk import Bench

DATA = bytes(range(256))


def add_data(bench: Bench, data: bytes = DATA, **more: Any) -> int:
    return bench.add("", data=data, **{"port": 2948, "source_port": 9200, **more})


def test_a_data_sms_is_kept_and_claimed_as_it_was_put_in(bench: Bench) -> None:
    message_id = add_data(bench)
    row = bench.row(message_id)
    assert (row["kind"], row["text"], row["alphabet"], row["segments"]) == ("data", "", "binary", 2)
    assert (bytes(row["data"]), row["port"], row["source_port"]) == (DATA, 2948, 9200)
    (message,) = bench.claim()
    assert (message.kind, message.data, message.port, message.source_port) == ("data", DATA, 2948, 9200)
    assert message.open_numbers == (1, 2)


def test_texts_and_data_side_by_side(bench: Bench) -> None:
    ids = [bench.add("hello"), add_data(bench, b"\0\1", port=None, source_port=None), bench.add("again")]
    claimed = bench.claim()
    assert [message.id for message in claimed] == ids
    assert [(message.kind, message.text, message.data) for message in claimed] == [
        ("sms", "hello", b""),
        ("data", "", b"\0\1"),
        ("sms", "again", b""),
    ]
    assert bench.row(ids[0])["data"] is None


def test_what_was_refused_goes_on_with_its_data(bench: Bench) -> None:
    message_id = add_data(bench)
    bench.send(bench.claim()[0], Outcome.TEMPORARY, Outcome.TEMPORARY)
    assert bench.row(message_id)["link"] == "b"
    (message,) = bench.claim("b")
    assert (message.data, message.port) == (DATA, 2948)
    assert message.segments == 2


def test_links_that_carry_text_only_are_passed_over(bench: Bench) -> None:
    bench.router.set_link("a", LinkFacts(up=True, data=False))
    assert bench.row(add_data(bench))["link"] == "b"
    assert bench.row(bench.add("hello"))["link"] == "a"
    bench.router.set_rules({"b": LinkRules(Profile(binary=False))})
    refused = bench.row(add_data(bench))
    assert refused["link"] == ""
    bench.run(lambda books: books.outbox.reroute())
    assert bench.row(refused["id"])["code"] == "link_cannot"


def test_a_link_that_goes_down_gives_data_to_one_that_carries_it(bench: Bench) -> None:
    message_id = add_data(bench)
    bench.router.set_link("a", LinkFacts(up=False))
    assert bench.run(lambda books: books.outbox.leave_link("a")) == (1, None)
    assert bench.row(message_id)["link"] == "b"
    other = add_data(bench, link="a")
    bench.router.set_link("b", LinkFacts(up=True, data=False))
    assert bench.run(lambda books: books.outbox.leave_link("a")) == (0, None)
    assert bench.row(other)["link"] == "a"
