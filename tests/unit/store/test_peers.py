"""Peers in the store: what they submit, what they pay, what they are told."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from gateway.core.errors import BadRequest, Conflict, NotFound
from gateway.core.events import MessageSettled
from gateway.core.lists import Entry, ListKind, Lists, Scope
from gateway.core.messages import Concat, Outcome
from gateway.core.peers import Destination, Peer, Refusal, Submitted
from gateway.core.text import Alphabet
from gateway.store import peer_submits
from gateway.store.parts import generations
from tests.fakes.desk import PHONE, Bench, attempt, record, reports_of

_handed = itertools.count(1000)


@pytest.fixture
def peer(bench: Bench) -> Peer:
    return add_peer(bench)


def add_peer(bench: Bench, name: str = "kite", **fields: Any) -> Peer:
    def work(books: Any) -> Peer:
        if books.accounts.by_address(f"{name}@example.cn") is None:
            if books.accounts.domain_id("example.cn") is None:
                books.accounts.add_domain("example.cn")
            books.accounts.add(f"{name}@example.cn")
        account = books.accounts.by_address(f"{name}@example.cn")
        found: Peer = books.peers.add(Peer(**{"name": name, "account_id": account.id, "secret": "s3cret", **fields}))
        return found

    return bench.run(work)


def submitted(bench: Bench, peer: Peer, text: str = "hello", *recipients: str, **fields: Any) -> Submitted:
    places = tuple(
        Destination(bench.desk.new_id(), to, str(next(_handed)), {"dest": to, "source": "1065"})
        for to in recipients or (PHONE,)
    )
    return Submitted(peer, places, "1065", text, **{"report": 1, **fields})


def take(bench: Bench, *submits: Submitted) -> list[tuple[Refusal | None, ...]]:
    return bench.run(lambda books: books.peer_submits.take(submits))


def parts(bench: Bench, peer: Peer, texts: list[str], reference: int = 7, **fields: Any) -> list[Submitted]:
    return [
        submitted(bench, peer, text, concat=Concat(reference, len(texts), number), **fields)
        for number, text in enumerate(texts, 1)
    ]


def told(bench: Bench, peer: Peer) -> list[dict[str, Any]]:
    return [dict(d.body) for d in bench.ask(lambda books: books.peer_deliveries.waiting(peer.id, 0, 100))]


def open_of(bench: Bench, peer: Peer) -> dict[str, int]:
    return bench.ask(lambda books: books.peers.figures(peer.id))


def balance(bench: Bench, peer: Peer) -> int | None:
    return bench.ask(lambda books: books.peers.by_name(peer.name)).balance


def end(bench: Bench, message_id: int, state: str = "delivered") -> None:
    """Send a message and let its report say so."""
    (claimed,) = [one for one in bench.claim() if one.id == message_id]
    ids = [f"{message_id}-{number}" for number in claimed.open_numbers]
    bench.send(claimed, *ids)
    bench.run(lambda books: books.tell_owners(books.reports.file("a", "a", reports(ids, state))))


def reports(ids: list[str], state: str) -> Any:
    return reports_of([(an_id, state) for an_id in ids])


# --- peers ----------------------------------------------------------------------------------------------------


def test_a_peer_comes_back_as_it_was_kept(bench: Bench) -> None:
    peer = add_peer(
        bench, networks=("192.0.2.0/24", "2001:db8::/32"), binds=2, window=9, rate_per_s=50, balance=7, refund=True,
        senders=("1065*", "ACME"), forced_sender="106500", prefixes=("+86138",), numbers=("1065",),
        alphabet=Alphabet.LATIN1, protocols=("smpp",), enabled=False,
    )  # fmt: skip
    assert bench.ask(lambda books: books.peers.by_name("kite")) == peer
    assert bench.ask(lambda books: books.peers.all()) == [peer]
    assert bench.ask(lambda books: books.peers.listening()) == []
    assert "s3cret" not in repr(peer)


def test_names_are_taken_once_and_accounts_must_be_there(bench: Bench, peer: Peer) -> None:
    with pytest.raises(Conflict):
        add_peer(bench)
    with pytest.raises(NotFound):
        bench.run(lambda books: books.peers.add(replace(peer, name="other", account_id=5)))
    with pytest.raises(NotFound):
        bench.ask(lambda books: books.peers.by_name("nobody"))


def test_a_change_leaves_alone_what_it_does_not_name(bench: Bench) -> None:
    peer = add_peer(bench, balance=10)
    take(bench, submitted(bench, peer))
    bench.run(lambda books: books.peers.change("kite", {"window": 3}))
    assert bench.ask(lambda books: books.peers.by_name("kite")) == replace(peer, window=3, balance=9)
    with pytest.raises(BadRequest):
        bench.run(lambda books: books.peers.change("kite", {"networks": ("everywhere",)}))
    assert bench.run(lambda books: books.peers.top_up("kite", 5)).balance == 14


def test_a_suspended_account_has_no_peers(bench: Bench, peer: Peer) -> None:
    assert bench.ask(lambda books: books.peers.served()) == [peer]
    bench.run(lambda books: books.accounts.set_state(peer.account_id, "suspended"))
    assert bench.ask(lambda books: books.peers.served()) == []


def test_a_lease_is_held_by_one_process_until_it_is_old_or_its_owner_gone(bench: Bench, peer: Peer) -> None:
    def lease(owner: str, is_gone: Callable[[str], bool] = lambda _: False) -> set[int]:
        return bench.run(lambda books: books.peers.lease([peer.id], owner, is_gone))

    assert lease("one") == {peer.id}
    assert lease("two") == set()
    bench.clock.pass_s(9)
    assert lease("one") == {peer.id}
    bench.clock.pass_s(9)
    assert lease("two") == set()
    assert lease("two", lambda owner: owner == "one") == {peer.id}
    bench.clock.pass_s(11)
    assert lease("one") == {peer.id}
    bench.run(lambda books: books.peers.let_go("one"))
    assert lease("two") == {peer.id}


def test_a_peer_removed_leaves_its_messages(bench: Bench, peer: Peer) -> None:
    one = submitted(bench, peer)
    take(bench, one)
    bench.run(lambda books: books.peers.remove("kite"))
    assert bench.state(one.destinations[0].id) == "queued"
    end(bench, one.destinations[0].id)
    assert bench.state(one.destinations[0].id) == "delivered"


# --- submits --------------------------------------------------------------------------------------------------


def test_a_message_and_its_report(bench: Bench, peer: Peer) -> None:
    one = submitted(bench, peer, "a text longer than twenty characters")
    assert take(bench, one) == [(None,)]
    place = one.destinations[0]
    row = bench.row(place.id)
    assert (row["account_id"], row["purpose"], row["sender"]) == (peer.account_id, "peer", "1065")
    bench.clock.pass_s(5)
    end(bench, place.id)
    (report,) = told(bench, peer)
    assert (report["kind"], report["handed"], report["state"]) == ("report", place.handed, "delivered")
    assert report["text"] == "a text longer than t"
    assert report["done_ms"] - report["submitted_ms"] == 5000
    assert report["terms"] == {"dest": PHONE, "source": "1065"}
    assert open_of(bench, peer) == {"parts": 0, "messages": 0, "deliveries": 1}


@pytest.mark.parametrize(
    ("wanted", "state", "is_told"),
    [
        (0, "delivered", False), (0, "failed", False),
        (1, "delivered", True), (1, "failed", True), (1, "expired", True),
        (2, "delivered", False), (2, "failed", True), (2, "expired", True),
        (3, "delivered", True), (3, "failed", False),
    ],
)  # fmt: skip
def test_only_ends_asked_for_are_told(bench: Bench, peer: Peer, wanted: int, state: str, is_told: bool) -> None:
    one = submitted(bench, peer, report=wanted)
    take(bench, one)
    end(bench, one.destinations[0].id, state)
    assert [report["state"] for report in told(bench, peer)] == ([state] if is_told else [])
    assert open_of(bench, peer)["messages"] == 0


def test_another_message_of_the_account_is_no_business_of_the_peer(bench: Bench, peer: Peer) -> None:
    message_id = bench.add(account_id=peer.account_id)
    end(bench, message_id)
    assert told(bench, peer) == []


def test_a_report_in_the_batch_of_its_submit_is_told(bench: Bench, peer: Peer) -> None:
    one = submitted(bench, peer)

    def work(books: Any) -> None:
        books.peer_submits.take([one])
        books.tell_owners([MessageSettled(one.destinations[0].id, peer.account_id, "failed", "UNDELIV")])

    bench.run(work)
    assert [report["code"] for report in told(bench, peer)] == ["UNDELIV"]


def test_a_group_is_taken_whole_or_not_at_all(bench: Bench) -> None:
    peer = add_peer(bench, balance=2)
    three = submitted(bench, peer, "hello", PHONE, "+8613800138001", "+8613800138002")
    assert take(bench, three) == [(Refusal.BALANCE,) * 3]
    assert (balance(bench, peer), bench.everything()) == (2, {})
    assert take(bench, three._replace(all_or_none=False)) == [(None, None, Refusal.BALANCE)]
    assert (balance(bench, peer), len(bench.everything())) == (0, 2)


def test_phones_that_want_nothing_get_nothing(bench: Bench, peer: Peer) -> None:
    bench.run(lambda books: books.stops.stop(PHONE, "TD"))
    assert take(bench, submitted(bench, peer)) == [(Refusal.STOPPED,)]
    assert bench.everything() == {}


def test_units_are_taken_by_segment_and_given_back_for_what_failed(bench: Bench) -> None:
    peer = add_peer(bench, balance=10, refund=True)
    good, bad = submitted(bench, peer, "x" * 161, report=0), submitted(bench, peer, "y" * 161, report=0)
    take(bench, good)
    end(bench, good.destinations[0].id, "delivered")
    take(bench, bad)
    assert balance(bench, peer) == 6
    (claimed,) = bench.claim()
    bench.run(lambda books: books.tell_owners(settled_by(books, claimed)))
    assert balance(bench, peer) == 8
    assert told(bench, peer) == []


def settled_by(books: Any, claimed: Any) -> Any:
    return record(books, [attempt(claimed, Outcome.PERMANENT, Outcome.PERMANENT)])


def test_without_refund_what_failed_stays_paid(bench: Bench) -> None:
    peer = add_peer(bench, balance=3)
    one = submitted(bench, peer)
    take(bench, one)
    end(bench, one.destinations[0].id, "failed")
    assert balance(bench, peer) == 2


def test_two_works_of_one_batch_share_a_balance(bench: Bench) -> None:
    peer = add_peer(bench, balance=3)

    def work(books: Any) -> list[Any]:
        return [books.peer_submits.take([submitted(bench, peer)])[0][0] for _ in range(5)]

    assert bench.run(work) == [None, None, None, Refusal.BALANCE, Refusal.BALANCE]
    assert balance(bench, peer) == 0


def test_what_a_rule_of_the_hub_refuses_is_not_paid(bench: Bench) -> None:
    peer = add_peer(bench, balance=3)
    bench.router.set_lists(Lists([Entry(1, ListKind.BLACK, Scope.HUB, 0, PHONE, "")]))
    assert take(bench, submitted(bench, peer)) == [(Refusal.RULE,)]
    assert open_of(bench, peer)["messages"] == 0
    assert balance(bench, peer) == 3
    # Of a long one every part was answered with yes: the reports say what became of it.
    assert take(bench, *parts(bench, peer, ["one ", "two"])) == [(None,), (None,)]
    bench.run(lambda books: books.outbox.reroute())
    assert [report["state"] for report in told(bench, peer)] == ["failed", "failed"]


# --- parts ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_parts_in_any_order_are_one_message(bench: Bench, peer: Peer, order: tuple[int, ...]) -> None:
    texts = ["the first part, ", "the second one, ", "and the third"]
    submits = parts(bench, peer, texts)
    for place in order:
        assert bench.everything() == {}
        take(bench, submits[place])
    (message,) = bench.everything().values()
    assert message.text == "".join(texts)
    end(bench, message.id)
    assert {report["handed"] for report in told(bench, peer)} == {one.destinations[0].handed for one in submits}
    assert {report["state"] for report in told(bench, peer)} == {"delivered"}
    assert open_of(bench, peer) == {"parts": 0, "messages": 0, "deliveries": 3}


def test_parts_of_different_senders_phones_and_peers_are_kept_apart(bench: Bench, peer: Peer) -> None:
    other = add_peer(bench, "crow")
    one, two = parts(bench, peer, ["a", "b"])
    strangers = [
        two._replace(sender="1066"),
        submitted(bench, peer, "b", "+8613900139000", concat=Concat(7, 2, 2)),
        submitted(bench, other, "b", concat=Concat(7, 2, 2)),
        submitted(bench, peer, "b", concat=Concat(8, 2, 2)),
        submitted(bench, peer, "b", concat=Concat(7, 3, 2)),
    ]
    strangers[0] = strangers[0]._replace(destinations=submitted(bench, peer).destinations)
    take(bench, one, *strangers)
    assert bench.everything() == {}
    take(bench, two)
    assert [row.text for row in bench.everything().values()] == ["ab"]


def test_a_part_sent_again_is_in_the_text_once_and_both_ids_are_told(bench: Bench, peer: Peer) -> None:
    one, two = parts(bench, peer, ["a", "b"])
    again = submitted(bench, peer, "a", concat=Concat(7, 2, 1))
    take(bench, one)
    take(bench, again)
    take(bench, two)
    (message,) = bench.everything().values()
    assert message.text == "ab"
    end(bench, message.id)
    assert len(told(bench, peer)) == 3


def test_a_reference_used_again_begins_another_message(bench: Bench, peer: Peer) -> None:
    take(bench, parts(bench, peer, ["old 1", "old 2"])[0])
    take(bench, *parts(bench, peer, ["new 1 ", "new 2"]))
    assert [row.text for row in bench.everything().values()] == ["new 1 new 2"]
    bench.clock.pass_s(121)
    assert give_up(bench) == 1
    assert sorted(row.text for row in bench.everything().values()) == ["new 1 new 2", "old 1"]


def give_up(bench: Bench, wait_s: int = 120) -> int:
    return bench.run(lambda books: books.peer_submits.give_up_parts(books.now_ms - wait_s * 1000))


def test_parts_that_never_complete_are_sent_as_they_are(bench: Bench, peer: Peer) -> None:
    submits = parts(bench, peer, ["one ", "two ", "three ", "four ", "five"])
    take(bench, submits[0], submits[1], submits[3])
    bench.clock.pass_s(119)
    assert not bench.ask(lambda books: books.peer_submits.overdue(books.now_ms - 120_000))
    assert give_up(bench) == 0
    bench.clock.pass_s(2)
    assert bench.ask(lambda books: books.peer_submits.overdue(books.now_ms - 120_000))
    assert give_up(bench) == 2
    messages = {row.text: row.id for row in bench.everything().values()}
    assert set(messages) == {"one two ", "four "}
    assert give_up(bench) == 0
    for claimed in bench.claim():
        bench.send(claimed, f"id {claimed.id}")
    bench.run(
        lambda books: books.tell_owners(
            books.reports.file("a", "a", reports([f"id {an_id}" for an_id in messages.values()], "delivered"))
        )
    )
    assert len(told(bench, peer)) == 3


def test_what_is_still_growing_is_waited_for(bench: Bench, peer: Peer) -> None:
    submits = parts(bench, peer, ["one ", "two ", "three"])
    take(bench, submits[0])
    bench.clock.pass_s(100)
    take(bench, submits[1])
    bench.clock.pass_s(50)
    assert give_up(bench) == 0
    take(bench, submits[2])
    assert [row.text for row in bench.everything().values()] == ["one two three"]


def test_a_part_costs_one_unit(bench: Bench) -> None:
    peer = add_peer(bench, balance=2)
    assert take(bench, *parts(bench, peer, ["x" * 153, "y" * 153, "z"])) == [(None,), (None,), (Refusal.BALANCE,)]


# --- deliveries -----------------------------------------------------------------------------------------------


def test_deliveries_are_read_in_order_until_they_are_done(bench: Bench, peer: Peer) -> None:
    def add(books: Any) -> set[int]:
        for number in range(5):
            books.peer_deliveries.add(peer.id, {"kind": "sms", "text": f"文 {number}"})
        found: set[int] = books.aftermath.peers
        return found

    assert bench.run(add) == {peer.id}

    def waiting(after: int = 0, limit: int = 100) -> list[Any]:
        return bench.ask(lambda books: books.peer_deliveries.waiting(peer.id, after, limit))

    found = waiting()
    assert [one.body["text"] for one in found] == [f"文 {number}" for number in range(5)]
    assert waiting(found[1].id, 2) == found[2:4]
    bench.run(lambda books: books.peer_deliveries.done([found[0].id, found[2].id]))
    bench.run(lambda books: books.peer_deliveries.again(found[1].id, 1))
    assert waiting() == found[3:]
    bench.clock.pass_s(6)
    assert [(one.id, one.attempt) for one in waiting()] == [(found[n].id, 1 if n == 1 else 0) for n in (1, 3, 4)]
    bench.clock.pass_s(86_400)
    assert bench.run(lambda books: books.peer_deliveries.forget(books.now_ms - 2 * 86_400_000)) == 0
    assert bench.run(lambda books: books.peer_deliveries.forget(books.now_ms - 3600_000)) == 3
    assert waiting() == []


def test_ids_that_never_end_are_forgotten_at_last(bench: Bench, peer: Peer) -> None:
    take(bench, submitted(bench, peer))
    bench.clock.pass_s(29 * 86_400)
    assert bench.run(lambda books: books.peer_submits.forget()) == 0
    bench.clock.pass_s(2 * 86_400)
    assert bench.run(lambda books: books.peer_submits.forget()) == 1


def test_generations_are_told_apart_by_their_words() -> None:
    class Part:
        def __init__(self, number: int, text: str) -> None:
            self.number = number
            self.text = text

    rows = [Part(1, "a"), Part(2, "b"), Part(1, "a"), Part(1, "c"), Part(2, "d")]
    found = generations(rows)
    assert [[part.text for part in generation] for generation in found] == [["a", "b", "a"], ["c", "d"]]
    runs = peer_submits._runs([Part(4, "d"), Part(1, "a"), Part(2, "b"), Part(1, "a")])
    assert [[part.number for part in run] for run in runs] == [[1, 1, 2], [4]]


# --- data -------------------------------------------------------------------------------------------------------


def test_data_goes_on_as_it_came(bench: Bench, peer: Peer) -> None:
    take(bench, submitted(bench, peer, "", data=b"\0\1", port=2948, source_port=9200))
    (row,) = bench.everything().values()
    assert (row.kind, bytes(row.data), row.port, row.source_port, row.text) == ("data", b"\0\1", 2948, 9200, "")
    end(bench, row.id)
    assert told(bench, peer)[0]["text"] == ""


def test_parts_of_data_are_put_together_and_never_with_those_of_a_text(bench: Bench, peer: Peer) -> None:
    data = [bytes(range(128)), b"\xff\0rest"]
    ports = {"port": 2948, "source_port": 0}
    of_data = [
        submitted(bench, peer, "", concat=Concat(7, 2, number), data=piece, **ports)
        for number, piece in enumerate(data, 1)
    ]
    of_text = parts(bench, peer, ["one ", "two"])
    take(bench, of_data[1], of_text[0])
    assert bench.everything() == {}
    take(bench, of_text[1], of_data[0])
    by_kind = {row.kind: row for row in bench.everything().values()}
    assert by_kind["sms"].text == "one two"
    row = by_kind["data"]
    assert (bytes(row.data), row.port, row.source_port, row.segments) == (b"".join(data), 2948, 0, 2)
    end(bench, row.id)
    assert [one["text"] for one in told(bench, peer)] == ["", ""]


def test_parts_of_data_whose_others_never_came(bench: Bench, peer: Peer) -> None:
    take(bench, submitted(bench, peer, "", concat=Concat(7, 2, 2), data=b"rest", port=2948))
    bench.clock.pass_s(400)
    assert bench.run(lambda books: books.peer_submits.give_up_parts(books.now_ms)) == 1
    (row,) = bench.everything().values()
    assert (row.kind, bytes(row.data), row.port) == ("data", b"rest", 2948)
