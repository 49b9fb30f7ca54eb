"""Notices, numbers, stops, contacts, the ledger, mail for other servers, and calls of webhooks."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.core.billing import Fact, LedgerLine
from tests.fakes.desk import PHONE, Bench

OTHER = "+8613900139000"


@pytest.fixture
def account(bench: Bench) -> int:
    def work(b: Any) -> int:
        b.accounts.add_domain("mail.example")
        return int(b.accounts.add("anna@mail.example").id)

    return bench.run(work)


def notice(bench: Bench, account: int, **more: Any) -> int:
    values = {"number": PHONE, "mail_id": 1, "thread_id": 1, "reply_to": "b@c.example", "state": "sent", **more}
    return bench.run(lambda b: b.notices.add(account_id=account, **values))


def test_a_digest_counts_once_and_what_was_held_back_not(bench: Bench, account: int) -> None:
    notice(bench, account, message_id=5)
    notice(bench, account, message_id=6)
    notice(bench, account, message_id=6)
    notice(bench, account, state="held")
    notice(bench, account, state="dropped")
    assert bench.ask(lambda b: b.notices.count_sent(account, 0)) == 2
    assert bench.ask(lambda b: b.notices.count_sent(account, bench.clock.ms + 1)) == 0
    assert bench.ask(lambda b: b.notices.count_sent(account + 1, 0)) == 0


def test_a_notice_is_counted_in_the_work_that_adds_it(bench: Bench, account: int) -> None:
    def work(b: Any) -> int:
        b.notices.add(
            account_id=account, number=PHONE, mail_id=1, thread_id=1, reply_to="x", state="sent", message_id=9
        )
        return int(b.notices.count_sent(account, 0))

    assert bench.run(work) == 1


def test_the_newest_notice_is_the_one_a_reply_is_for(bench: Bench, account: int) -> None:
    notice(bench, account, message_id=5, extension="01", thread_id=7)
    bench.clock.pass_s(1)
    notice(bench, account, message_id=6, extension="02", thread_id=8)
    notice(bench, account, number=OTHER, message_id=7, extension="01")
    notice(bench, account, state="held", extension="01")
    assert bench.ask(lambda b: b.notices.last_to(PHONE).message_id) == 6
    assert bench.ask(lambda b: b.notices.last_to(PHONE, "01").message_id) == 5
    assert bench.ask(lambda b: b.notices.last_to(PHONE, "09")) is None
    assert bench.ask(lambda b: b.notices.last_to(PHONE, "01", bench.clock.ms)) is None
    assert bench.ask(lambda b: b.notices.last_in_thread(account, 7, 0).message_id) == 5
    assert bench.ask(lambda b: b.notices.by_message(7).number) == OTHER
    assert bench.ask(lambda b: b.notices.extensions_in_use(PHONE, 0))["02"] == 8


def test_held_notices_go_out_when_due_and_only_once(bench: Bench, account: int) -> None:
    late = notice(bench, account, state="held", due_ms=bench.clock.ms + 60_000)
    soon = notice(bench, account, state="held", due_ms=bench.clock.ms)
    assert [n.id for n in bench.ask(lambda b: b.notices.held_due())] == [soon]
    bench.clock.pass_s(60)
    assert [n.id for n in bench.ask(lambda b: b.notices.held_due())] == [soon, late]
    bench.run(lambda b: b.notices.settle([soon], "digested", 12))
    assert [n.id for n in bench.ask(lambda b: b.notices.held_for(account, PHONE))] == [late]
    bench.run(lambda b: b.notices.drop_held(PHONE, "stopped"))
    assert bench.ask(lambda b: b.notices.held_due()) == []
    assert bench.ask(lambda b: b.notices.by_message(12).state) == "digested"


def test_a_number_is_an_accounts_once_it_is_proved(bench: Bench, account: int) -> None:
    bench.run(lambda b: b.phones.start_proof(account, PHONE, "digest", 99))
    phone = bench.ask(lambda b: b.phones.get(account, PHONE))
    assert (phone.proved_ms, phone.code_digest, phone.codes_sent) == (None, "digest", 1)
    assert bench.ask(lambda b: (b.phones.proved(account), b.phones.accounts_of(PHONE))) == (None, [])
    bench.run(lambda b: b.phones.count_try(phone.id))
    bench.run(lambda b: b.phones.start_proof(account, PHONE, "second", 99))
    phone = bench.ask(lambda b: b.phones.get(account, PHONE))
    assert (phone.code_digest, phone.code_tries, phone.codes_sent) == ("second", 0, 2)
    bench.run(lambda b: b.phones.prove(phone.id))
    assert bench.ask(lambda b: (b.phones.proved(account), b.phones.accounts_of(PHONE))) == (PHONE, [account])
    bench.run(lambda b: b.phones.remove(account, PHONE))
    assert bench.ask(lambda b: b.phones.get(account, PHONE)) is None


def test_a_stop_lasts_until_the_phone_takes_it_back(bench: Bench) -> None:
    bench.run(lambda b: b.stops.stop(PHONE, "退订", 1))
    bench.run(lambda b: b.stops.stop(PHONE, "T", 2))
    assert bench.ask(lambda b: b.stops.among([PHONE, OTHER])) == {PHONE}
    assert bench.run(lambda b: b.stops.start(PHONE)) is True
    assert bench.run(lambda b: b.stops.start(PHONE)) is False
    assert bench.ask(lambda b: b.stops.among([PHONE])) == set()


def test_contacts_belong_to_one_account(bench: Bench, account: int) -> None:
    bench.run(lambda b: b.contacts.add(account, "李丽", ["Li@c.example"], [PHONE, OTHER]))
    other = bench.run(lambda b: b.accounts.add("bert@mail.example").id)
    assert bench.ask(lambda b: b.contacts.numbers_of(account, ["LI@c.example", "x@y.example"])) == {
        "li@c.example": PHONE
    }
    assert bench.ask(lambda b: b.contacts.name_of_mail(account, "li@C.example")) == "李丽"
    assert bench.ask(lambda b: b.contacts.name_of_number(account, OTHER)) == "李丽"
    assert bench.ask(lambda b: (b.contacts.of(other), b.contacts.name_of_number(other, PHONE))) == ([], None)


def test_the_ledger_gives_a_span_of_time_in_order(bench: Bench) -> None:
    began = bench.clock.ms
    for n in range(5):
        bench.run(lambda b, n=n: b.ledger.add(LedgerLine(n % 2, Fact.SMS_SENT, n, link="a", price=n)))
        bench.clock.pass_s(1)
    bench.run(lambda b: b.ledger.add(LedgerLine(0, Fact.SMS_RECEIVED, 9)))
    span = {"since_ms": began + 1000, "until_ms": began + 4000}
    assert [line["price"] for line in bench.ask(lambda b: list(b.ledger.export(**span)))] == [1, 2, 3]
    assert [line["price"] for line in bench.ask(lambda b: list(b.ledger.export(**span, account_id=1)))] == [1, 3]
    assert bench.ask(lambda b: b.ledger.sms_sent_since(0, began)) == 3


def test_mail_for_other_servers_is_claimed_once_and_again_when_its_owner_is_gone(bench: Bench) -> None:
    (one, two) = bench.run(
        lambda b: b.relay.add(sender="a@mail.example", recipients=["x@c.example", "y@D.example"], blob="b", mail_id=7)
    )
    first = bench.run(lambda b: b.relay.claim("one", 1, lease_s=60))
    second = bench.run(lambda b: b.relay.claim("two", 5, lease_s=60))
    assert ([e.id for e in first], [e.id for e in second]) == ([one], [two])
    assert second[0].domain == "d.example"
    bench.run(lambda b: b.relay.delivered(first[0], "250 ok"))
    bench.clock.pass_s(61)
    (again,) = bench.run(lambda b: b.relay.claim("three", 5))
    assert (again.id, again.attempt) == (two, 2)
    bench.run(lambda b: b.relay.retry(again, "451 later", bench.clock.ms + 5000))
    assert bench.run(lambda b: b.relay.claim("three", 5)) == []
    bench.clock.pass_s(5)
    (last,) = bench.run(lambda b: b.relay.claim("three", 5))
    bench.run(lambda b: b.relay.failed(last, "550 no"))
    assert bench.ask(lambda b: b.relay.depth()) == 0
    assert bench.steps(7) == ["relay", "relay", "relayed", "relay-retry", "relay-failed"]


def test_what_was_being_relayed_at_a_crash_is_due_again(bench: Bench) -> None:
    (entry_id,) = bench.run(lambda b: b.relay.add(sender="a@b.example", recipients=["x@c.example"], blob="b"))
    bench.run(lambda b: b.relay.claim("dead", 5))
    bench.run(lambda b: b.relay.recover("alive"))
    assert [e.id for e in bench.run(lambda b: b.relay.claim("alive", 5))] == [entry_id]
    bench.run(lambda b: b.relay.recover("alive"))
    assert bench.run(lambda b: b.relay.claim("alive", 5)) == []


def test_the_story_of_each_is_its_own_and_in_order(bench: Bench) -> None:
    for n, step in enumerate(["one", "two", "three"]):
        bench.run(lambda b, n=n, step=step: b.timeline.step(n % 2, step, "d\0"))
    stories = bench.ask(lambda b: b.timeline.of([0, 1, 2]))
    assert {subject: [s.step for s in steps] for subject, steps in stories.items()} == {
        0: ["one", "three"],
        1: ["two"],
        2: [],
    }
    assert stories[1][0].detail == "d\ufffd"
