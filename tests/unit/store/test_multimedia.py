"""MMS in the outbox: they wait to be fitted, go to a link that carries MMS, or to the mailbox of their number."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from gateway.core.billing import Fact
from gateway.core.messages import Outcome
from gateway.core.mms import MAILBOX, PREPARING, NewMms, Way
from gateway.core.outbox import Kind, NewSms, Purpose
from gateway.core.routing import LinkFacts, Route
from gateway.store import strays
from gateway.store.blobs import reference
from gateway.store.database import Store
from gateway.store.multimedia import MAX_FITTINGS, Unfitted
from tests.fakes.desk import PHONE, Bench, Priority

LETTER = "2026/03/01/00/77"
LEASE_S = 60


@pytest.fixture
def hub(store: Store) -> Iterator[Bench]:
    """Links a for SMS and m, n for MMS, each with a route for every number."""
    made = Bench(store)
    made.router.set_routes([Route("", link, preference=place) for place, link in enumerate("amn")])
    for link in "mn":
        made.router.set_link(link, LinkFacts(up=True, mms=True))
    yield made
    made.close()


def add(hub: Bench, **more: object) -> int:
    values = {"recipient": PHONE, "letter": LETTER, "size_octets": 9, "purpose": Purpose.API, "account_id": 1, **more}
    return hub.run(lambda books: books.mms.add(NewMms(**values)))  # type: ignore[arg-type]


def claim(hub: Bench, owner: str = "one") -> list[Unfitted]:
    return hub.run(lambda books: books.mms.claim(owner, 10, LEASE_S))


def fit(hub: Bench, message_id: int) -> str:
    claim(hub)
    return hub.run(
        lambda books: books.mms.fitted(message_id, blob="2026/03/01/00/78", handset="h", receipt="[]", story="as it is")
    )


def test_an_mms_waits_to_be_fitted_and_no_link_takes_it_before(hub: Bench) -> None:
    message_id = add(hub, subject="祝福")
    row = hub.row(message_id)
    assert (row["kind"], row["state"], row["link"], row["text"]) == (Kind.MMS, "queued", PREPARING, "祝福")
    assert not any(hub.claim(link) for link in "amn")


def test_a_claim_runs_out_and_the_third_is_the_last(hub: Bench) -> None:
    message_id = add(hub)
    assert [one.attempt for one in claim(hub)] == [1]
    assert claim(hub) == []
    for attempt in range(2, MAX_FITTINGS + 2):
        hub.clock.pass_s(LEASE_S)
        assert [(one.id, one.attempt) for one in claim(hub, "two")] == [(message_id, attempt)]
    assert not hub.ask(lambda books: books.mms.is_claimed(message_id, "one"))
    assert hub.ask(lambda books: books.mms.is_claimed(message_id, "two"))


def test_what_a_dead_process_claimed_is_due_at_once(hub: Bench) -> None:
    held, other = add(hub), add(hub)
    hub.run(lambda books: books.mms.claim("dead", 1, LEASE_S))
    hub.run(lambda books: books.mms.claim("alive", 1, LEASE_S))
    assert sorted(hub.ask(lambda books: books.mms.claimers())) == ["alive", "dead"]
    hub.run(lambda books: books.mms.free(["dead"]))
    assert [(one.id, one.attempt) for one in claim(hub, "next")] == [(held, 1)]  # it killed nobody
    assert hub.ask(lambda books: books.mms.is_claimed(other, "alive"))


def test_messages_of_few_letters_are_claimed_together(hub: Bench) -> None:
    ids = {letter: [add(hub, letter=letter) for _ in range(2)] for letter in ("a", "b", "c")}

    def claims(letters: int, *known: str) -> list[int]:
        return [one.id for one in hub.run(lambda books: books.mms.claim("one", 10, 60, letters=letters, known=known))]

    assert claims(1, "b") == ids["a"] + ids["b"]
    assert claims(0) == []
    assert claims(2) == ids["c"]


def test_urgent_ones_are_fitted_first_and_later_ones_at_their_time(hub: Bench) -> None:
    normal = add(hub)
    urgent = add(hub, priority=Priority.URGENT)
    later = add(hub, not_before_ms=hub.clock.ms + 5_000)
    assert [one.id for one in claim(hub)] == [urgent, normal]
    hub.clock.pass_s(5)
    assert [one.id for one in claim(hub)] == [later]


def test_what_workers_take_is_what_still_waits(hub: Bench) -> None:
    message_id, cancelled = add(hub), add(hub)
    claim(hub, "the hub")
    assert hub.run(lambda books: books.outbox.cancel(cancelled))
    taken = hub.run(lambda books: books.mms.take([message_id, cancelled, 5], "a worker", LEASE_S))
    assert [(one.id, one.attempt, one.letter) for one in taken] == [(message_id, 1, LETTER)]
    assert hub.ask(lambda books: books.mms.is_claimed(message_id, "a worker"))


def test_fitted_it_goes_to_a_link_for_mms_though_an_sms_link_is_preferred(hub: Bench) -> None:
    message_id = add(hub)
    assert fit(hub, message_id) == "m"
    (claimed,) = hub.claim("m")
    assert (claimed.kind, claimed.blob, claimed.segments) == (Kind.MMS, "2026/03/01/00/78", 1)
    hub.send(claimed, "id-1", link="m")
    assert hub.state(message_id) == "accepted"
    hub.report(("id-1", "delivered"), link="m")
    assert hub.state(message_id) == "delivered"
    assert hub.steps(message_id) == ["queued", "fitted", "sending", "accepted", "report", "delivered"]
    lines = hub.ask(lambda books: list(books.ledger.export(since_ms=0, until_ms=1 << 60)))
    assert [line["fact"] for line in lines] == [Fact.MMS_SENT]


def test_no_sms_takes_a_link_for_mms(hub: Bench) -> None:
    hub.router.set_link("a", LinkFacts(up=False))
    assert hub.row(hub.add())["link"] == "a"
    assert hub.router.plan(NewSms(PHONE, "x", Purpose.API, data=b"x")).link == "a"
    hub.router.drop_link("a")
    assert hub.row(hub.add())["link"] == ""


def test_refused_for_the_moment_it_goes_over_to_the_other_link_for_mms(hub: Bench) -> None:
    message_id = add(hub)
    fit(hub, message_id)
    (claimed,) = hub.claim("m")
    hub.send(claimed, Outcome.TEMPORARY, link="m")
    assert (hub.state(message_id), hub.row(message_id)["link"]) == ("queued", "n")


def test_a_link_that_goes_down_is_left(hub: Bench) -> None:
    message_id = add(hub)
    fit(hub, message_id)
    hub.router.set_link("m", LinkFacts(up=False, mms=True))
    assert hub.run(lambda books: books.outbox.leave_link("m"))[0] == 1
    assert hub.row(message_id)["link"] == "n"


def test_without_a_link_for_mms_a_fitted_one_waits_for_a_route(hub: Bench) -> None:
    for link in "mn":
        hub.router.drop_link(link)
    assert not hub.router.carries_mms
    message_id = add(hub)
    assert fit(hub, message_id) == ""
    hub.router.set_link("n", LinkFacts(up=True, mms=True))
    hub.run(lambda books: books.outbox.reroute())
    assert hub.row(message_id)["link"] == "n"


def test_asked_for_by_name_the_link_is_kept(hub: Bench) -> None:
    message_id = add(hub, link="n")
    assert claim(hub)[0].link == "n"
    assert fit(hub, message_id) == "n"


def test_in_a_mailbox_it_is_delivered_when_looked_at(hub: Bench) -> None:
    message_id = add(hub, way=Way.MAILBOX)
    assert claim(hub)[0].way is Way.MAILBOX
    hub.run(lambda books: books.mms.in_mailbox(message_id, handset="h", story="no MMS"))
    assert (hub.state(message_id), hub.row(message_id)["link"]) == ("accepted", MAILBOX)
    (settled,) = hub.run(lambda books: books.mms.has_arrived(message_id, "looked at"))
    assert (settled.state, hub.state(message_id)) == ("delivered", "delivered")
    assert hub.run(lambda books: books.mms.has_arrived(message_id, "again")) == []


def test_looked_at_late_it_is_still_delivered(hub: Bench) -> None:
    message_id = add(hub)
    claim(hub)
    hub.run(lambda books: books.mms.in_mailbox(message_id, handset="h", story=""))
    (overdue,) = hub.run(lambda books: books.mms.overdue(message_id))
    assert overdue.state == "expired"
    assert [one.state for one in hub.run(lambda books: books.mms.has_arrived(message_id, ""))] == ["delivered"]


def test_out_of_the_mailbox_it_is_fitted_again(hub: Bench) -> None:
    message_id = add(hub)
    claim(hub)
    hub.run(lambda books: books.mms.in_mailbox(message_id, handset="h", story=""))
    assert hub.run(lambda books: books.mms.out_of_mailbox(message_id))
    assert not hub.run(lambda books: books.mms.out_of_mailbox(message_id))
    (again,) = claim(hub)
    assert (again.id, again.attempt, again.way) == (message_id, 1, Way.MMS)


def test_what_is_refused_is_failed_with_its_reason(hub: Bench) -> None:
    message_id = add(hub)
    claim(hub)
    (settled,) = hub.run(lambda books: books.mms.refuse(message_id, "media refused", "a picture of 90 megapixels"))
    assert (settled.state, settled.code, hub.state(message_id)) == ("failed", "media refused", "failed")


def test_put_off_it_is_due_after_a_pause(hub: Bench) -> None:
    message_id = add(hub)
    (claimed,) = claim(hub)
    hub.run(lambda books: books.mms.again(message_id, claimed.attempt, "its process died"))
    assert claim(hub) == []
    hub.clock.pass_s(5)
    assert [one.attempt for one in claim(hub)] == [2]


def test_one_that_nobody_fits_expires(hub: Bench) -> None:
    message_id = add(hub, validity_s=60)
    hub.clock.pass_s(61)
    assert hub.ask(lambda books: books.outbox.overdue()) == [message_id]


def test_letters_and_what_is_sent_are_no_strays(hub: Bench) -> None:
    letter = reference(hub.desk.new_id())
    message_id = add(hub, letter=letter)
    mine, stray = reference(message_id), reference(hub.desk.new_id())
    assert hub.ask(lambda books: strays.without_row(books.tx, [letter, mine, stray])) == [stray]
