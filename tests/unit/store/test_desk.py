"""Reactions that fail alone, mail of our own making, and what follows a commit."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from gateway.core.errors import Conflict, NotFound, StoreUnavailable
from gateway.core.events import MailArrived, MessageSettled, PhoneMailArrived, SmsReceived
from gateway.core.outbox import NewSms, Purpose
from gateway.core.ports import Books
from gateway.store.failures import MAX_TRIES
from tests.fakes.desk import PHONE, Bench

MAIL = b"From: Bert <bert@elsewhere.example>\r\nTo: anna@mail.example\r\nSubject: =?utf-8?b?5L2g5aW9?=\r\n\r\nHello\r\n"
KEPT = '{"event": "SmsReceived", "inbox_id": 1, "link": "", "sender": "", "recipient": "", "text": ""}'
SMS = SmsReceived(7, "a", PHONE, "10657000", "hi", 1)


class Reactions:
    """Reactions of the tests, which fail as long as they are told to."""

    def __init__(self) -> None:
        self.broken = True
        self.seen: list[Any] = []

    def stop_first(self, event: Any, books: Any) -> None:
        """Writes at once, so that undoing it needs a savepoint."""
        books.stops.stop(event.sender, "T")
        self._end(event)

    def step_first(self, event: Any, books: Any) -> None:
        """Defers only."""
        books.timeline.step(7, "reacted")
        self._end(event)

    def mail_first(self, event: Any, books: Any) -> None:
        books.send_mail(MAIL, sender="", recipients=["anna@mail.example", "x@elsewhere.example"])
        self._end(event)

    def steady(self, event: Any, books: Books) -> None:
        books.timeline.step(7, "steady")

    def _end(self, event: Any) -> None:
        if self.broken:
            raise ZeroDivisionError("broken")
        self.seen.append(event)


@pytest.fixture
def reactions() -> Reactions:
    return Reactions()


@pytest.fixture
def anna(bench: Bench) -> int:
    """Mailbox of anna@mail.example."""

    def work(b: Any) -> int:
        b.accounts.add_domain("mail.example")
        return b.mails.mailbox_of(b.accounts.add("anna@mail.example").id)

    return bench.run(work)


def use(bench: Bench, *of_sms: Any) -> None:
    bench.desk.reactions = {SmsReceived: of_sms}


async def publish(bench: Bench, *events: Any) -> None:
    await asyncio.gather(*(bench.desk.commit(lambda b, e=e: b.publish(e)) for e in events))
    assert bench.store.figures.commits == 1


@pytest.mark.parametrize("name", ["stop_first", "step_first"])
async def test_a_reaction_that_fails_is_undone_alone_and_kept(bench: Bench, reactions: Reactions, name: str) -> None:
    use(bench, getattr(reactions, name), reactions.steady)
    await publish(bench, SMS)
    assert bench.steps(7) == ["steady"]
    assert bench.ask(lambda b: b.stops.among([PHONE])) == set()
    assert bench.ask(lambda b: b.failures.count()) == 1
    assert bench.run(lambda b: b.try_again()) == 0  # not yet
    bench.clock.pass_s(5)
    reactions.broken = False
    assert await bench.desk.commit(lambda b: b.try_again()) == 1
    assert reactions.seen == [SMS]
    assert bench.ask(lambda b: b.failures.count()) == 0
    assert (bench.steps(7) == ["steady", "reacted"]) is (name == "step_first")
    await bench.desk.close()


async def test_the_works_of_a_batch_do_not_suffer_from_each_others_reactions(
    bench: Bench, reactions: Reactions
) -> None:
    use(bench, reactions.stop_first, reactions.steady)
    await publish(bench, *(SmsReceived(n, "a", f"+861380013{n:04}", "1", "hi", 1) for n in range(10)))
    assert bench.steps(7) == ["steady"] * 10
    assert bench.ask(lambda b: b.failures.count()) == 10
    assert bench.store.figures.replays == 1
    await bench.desk.close()


async def test_a_reaction_that_keeps_failing_is_given_up_but_not_forgotten(bench: Bench, reactions: Reactions) -> None:
    use(bench, reactions.step_first)
    await publish(bench, SMS)
    tries = 1
    for _ in range(20):
        bench.clock.pass_s(24 * 3600)
        due = bench.ask(lambda b: len(b.failures.due()))
        tries += due
        assert await bench.desk.commit(lambda b: b.try_again()) == 0
    assert tries == MAX_TRIES
    assert bench.ask(lambda b: b.failures.count()) == 1
    await bench.desk.close()


@pytest.mark.parametrize("case", ["no such reaction", "no such event", "no such mail"])
async def test_a_kept_reaction_that_fits_nothing_any_more_stays_kept(
    bench: Bench, reactions: Reactions, case: str
) -> None:
    steady = f"{Reactions.__module__}.Reactions.steady"
    name, event = {
        "no such reaction": ("gone", KEPT),
        "no such event": (steady, '{"event": "Forgotten"}'),
        "no such mail": (steady, '{"event": "MailArrived", "mail_id": 1}'),
    }[case]
    use(bench, reactions.steady)
    bench.run(lambda b: b.failures.keep(name, event, "x"))
    bench.run(lambda b: b.failures.keep(steady, KEPT, "x"))
    bench.clock.pass_s(5)
    assert await bench.desk.commit(lambda b: b.try_again()) == 1
    assert bench.ask(lambda b: b.failures.count()) == 1
    await bench.desk.close()


async def test_a_mail_sent_by_a_reaction_that_fails_appears_nowhere(
    bench: Bench, reactions: Reactions, anna: int
) -> None:
    use(bench, reactions.mail_first)
    await publish(bench, SMS)
    await placed(bench)
    assert maildir(bench) == []
    assert bench.ask(lambda b: (b.mails.in_folder(anna, "INBOX"), b.mails.quota(anna)[0], b.relay.depth())) == (
        [],
        0,
        0,
    )
    reactions.broken = False
    bench.clock.pass_s(5)
    assert await bench.desk.commit(lambda b: b.try_again()) == 1
    await placed(bench)
    assert len(maildir(bench)) == 1
    await bench.desk.close()


async def test_a_kept_event_of_a_mail_gets_its_bytes_back(bench: Bench, reactions: Reactions, anna: int) -> None:
    bench.desk.reactions = {MailArrived: (reactions.step_first,)}
    await bench.desk.commit(lambda b: b.send_mail(MAIL, sender="b@c.example", recipients=["anna@mail.example"]))
    bench.clock.pass_s(5)
    reactions.broken = False
    assert await bench.desk.commit(lambda b: b.try_again()) == 1
    (event,) = reactions.seen
    assert (event.content, event.envelope_sender, event.mailbox_id) == (MAIL, "b@c.example", anna)
    await bench.desk.close()


async def test_a_mail_of_ours_is_filed_for_members_and_queued_for_others(bench: Bench, anna: int) -> None:
    bench.run(lambda b: b.accounts.add("bert@mail.example"))
    bench.run(lambda b: b.accounts.add_alias("both@mail.example", "anna@mail.example"))
    bench.run(lambda b: b.accounts.add_alias("both@mail.example", "far@elsewhere.example"))
    mail_id = await bench.desk.commit(
        lambda b: b.send_mail(MAIL, sender="", recipients=["both@mail.example", "bert@mail.example", "x@y.example"])
    )
    await placed(bench)
    assert len(maildir(bench)) == 2
    assert {row["recipient"] for row in bench.ask(lambda b: b.relay.about_mail(mail_id))} == {
        "far@elsewhere.example",
        "x@y.example",
    }
    (row,) = bench.ask(lambda b: b.mails.in_folder(anna, "INBOX"))
    assert (row["id"], row["subject"], row["placed"]) == (mail_id, "你好", True)
    assert bench.ask(lambda b: b.body(mail_id)) == MAIL
    assert bench.ask(lambda b: b.mails.quota(anna))[0] == len(MAIL)
    blob = bench.desk.blobs.path(row["blob"])
    assert blob.stat().st_nlink == 1 + 2  # the body and a link for each member
    await bench.desk.close()


async def test_a_mail_that_only_goes_elsewhere_keeps_its_bytes(bench: Bench) -> None:
    mail_id = await bench.desk.commit(lambda b: b.send_mail(MAIL, sender="", recipients=["x@y.example"]))
    assert bench.ask(lambda b: (b.mail(mail_id), b.body(mail_id))) == (None, MAIL)
    with pytest.raises(NotFound):
        bench.ask(lambda b: b.body(1))
    await bench.desk.close()


async def test_a_commit_wakes_the_links_that_have_work_and_a_failed_one_does_not(bench: Bench) -> None:
    woken: list[str] = []
    bench.desk.work_for_link = woken.append

    def fail(books: Any) -> None:
        books.outbox.add(_sms("b"))
        raise Conflict("no")

    await bench.desk.commit(lambda b: b.outbox.add(_sms("a")))
    with pytest.raises(Conflict):
        await bench.desk.commit(fail)
    assert woken == ["a"]
    await bench.desk.close()


def _sms(link: str) -> NewSms:
    return NewSms(PHONE, "x", Purpose.API, link=link)


async def test_owners_are_told_of_states_they_asked_for(bench: Bench, reactions: Reactions, anna: int) -> None:
    account_id = bench.ask(lambda b: b.accounts.by_address("anna@mail.example").id)
    bench.run(lambda b: b.webhooks.add(account_id, "https://h.example/", "s", events="state"))
    bench.run(lambda b: b.webhooks.add(account_id, "https://h.example/mo", "s", events="mo"))
    reactions.broken = False
    bench.desk.reactions = {MessageSettled: (reactions.step_first,)}
    events = [MessageSettled(1, account_id, "delivered", "", "t"), MessageSettled(2, 0, "failed", "x")]
    await bench.desk.commit(lambda b: b.tell_owners(events))
    assert bench.ask(lambda b: b.webhooks.depth()) == 1
    assert [event.message_id for event in reactions.seen] == [2]
    await bench.desk.close()


async def test_links_forgotten_by_an_earlier_run_are_made_and_seen_mail_is_not_made_new_again(
    bench: Bench, anna: int
) -> None:
    for _ in range(3):  # run_now follows nothing: as if the process had been killed after the commit
        bench.run(lambda b: b.send_mail(MAIL, sender="", recipients=["anna@mail.example"]))
    assert maildir(bench) == []
    rows = bench.ask(lambda b: b.mails.unplaced())
    blobs = bench.desk.blobs
    blobs.place(rows[:2])
    new = blobs.maildir(anna, "INBOX") / "new"
    (new / rows[0].file_name).rename(new.parent / "cur" / f"{rows[0].file_name}:2,S")  # a mail client saw it
    assert await bench.desk.place_forgotten() == 3
    assert sorted(path.name.partition(":")[0] for path in maildir(bench)) == sorted(p.file_name for p in rows)
    assert bench.ask(lambda b: b.mails.unplaced()) == []
    assert await bench.desk.place_forgotten() == 0
    await bench.desk.close()


async def test_a_body_that_is_gone_stays_known_as_unplaced(bench: Bench, anna: int) -> None:
    bench.run(lambda b: b.send_mail(MAIL, sender="", recipients=["anna@mail.example"]))
    (lost,) = bench.ask(lambda b: b.mails.unplaced())
    bench.desk.blobs.path(lost.blob).unlink()
    await bench.desk.place_forgotten()
    assert bench.ask(lambda b: len(b.mails.unplaced())) == 1
    await bench.desk.close()


async def test_a_mail_that_cannot_be_stored_is_not_taken(
    bench: Bench, anna: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(files: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("gateway.store.durable.write_all", full)
    with pytest.raises(StoreUnavailable):
        await bench.desk.blobs.put(bench.desk.new_id(), MAIL)
    with pytest.raises(StoreUnavailable):
        await bench.desk.commit(lambda b: b.send_mail(MAIL, sender="", recipients=["anna@mail.example"]))
    assert bench.ask(lambda b: b.mails.in_folder(anna, "INBOX")) == []
    await bench.desk.close()


async def placed(bench: Bench) -> None:
    if bench.desk._placing is not None:
        await bench.desk._placing


def maildir(bench: Bench) -> list[Path]:
    return [path for path in bench.desk.blobs.mailboxes.rglob("*") if path.is_file()]


async def test_a_mail_of_ours_to_a_phones_address_is_told_to_the_phone(bench: Bench, anna: int) -> None:
    told: list[PhoneMailArrived] = []
    bench.desk.reactions = {PhoneMailArrived: (lambda event, books: told.append(event),)}
    to = ["13800138000@mail.example"]
    await bench.desk.commit(lambda b: b.send_mail(MAIL, sender="anna@mail.example", recipients=to, account_id=3))
    assert [(event.number, event.envelope_sender, event.account_id) for event in told] == [
        ("+8613800138000", "anna@mail.example", 3)
    ]
    assert bench.ask(lambda b: b.body(told[0].mail_id)) == MAIL
    await bench.desk.commit(lambda b: b.send_mail(MAIL, sender="", recipients=to))
    assert len(told) == 1, "a report of ours rings no phone"
