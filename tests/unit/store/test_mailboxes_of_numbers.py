"""Mailboxes opened for numbers: once, whoever comes; their three months; and what becomes of MMS nobody took."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from gateway.core.events import MessageSettled
from gateway.core.messages import Outcome as Answered
from gateway.core.mms import AutomaticState, NewMms, PickupState, Way
from gateway.core.outbox import Purpose
from gateway.core.routing import LinkFacts, Route
from gateway.housekeeping import NewPhones
from gateway.store.database import Store
from gateway.store.stories import Stories
from gateway.web.pickup import lock_after
from mms.config import MmsConfig
from mms.handsets.evidence import Refused, Stated
from mms.outcome import Outcome
from mms.pickup import DAY_MS, Mailboxes, Waiting
from tests.fakes.desk import PHONE, Bench

BODY = b"From: a@x.example\r\nTo: b@x.example\r\nSubject: a card\r\n\r\nhello\r\n"
CONFIG = MmsConfig(page_url="https://c.example")


class Hub(Bench):
    """A desk with a domain, a link for MMS, a member, and the rules of mailboxes."""

    def __post_init__(self) -> None:
        self.mailboxes = Mailboxes(CONFIG, lambda pin: f"hash of {pin}", "")
        self.reactions = {MessageSettled: (Outcome(self.mailboxes).settled,)}
        super().__post_init__()
        self.router.set_routes([Route("", "m"), Route("", "a")])
        self.router.set_link("m", LinkFacts(up=True, mms=True))
        self.run(lambda books: books.accounts.add_domain("x.example"))
        self.member = self.run(lambda books: books.accounts.add("m@x.example"))

    def add_mms(self, **more: object) -> int:
        blob = self.desk.blobs.put_now(self.desk.new_id(), BODY)
        values = {
            "recipient": PHONE, "letter": blob, "size_octets": len(BODY), "purpose": Purpose.CARD,
            "account_id": self.member.id, "from_name": "Anna", **more,
        }  # fmt: skip
        return self.run(lambda books: books.mms.add(NewMms(**values)))  # type: ignore[arg-type]

    def file(self, message_id: int) -> object:
        def work(books: object) -> object:
            (message,) = [one for one in books.mms.claim("one", 100, 60) if one.id == message_id]  # type: ignore[attr-defined]
            waiting = Waiting(
                message_id=message_id, number=PHONE, letter=message.letter, data=BODY, from_name=message.from_name,
                handset="unknown", why="no MMS",
            )  # fmt: skip
            return self.mailboxes.file(waiting, books)  # type: ignore[arg-type]

        return self.run(work)

    def filed(self) -> int:
        message_id = self.add_mms()
        assert self.file(message_id) is None
        return message_id

    def sms(self) -> list[str]:
        return [one.text for one in self.everything().values() if one.purpose == Purpose.PICKUP]

    def box(self) -> object:
        return self.ask(lambda books: books.pickups.of_number(PHONE))

    def box_state(self) -> AutomaticState:
        return self.box().state  # type: ignore[attr-defined, no-any-return]

    def pass_days(self, days: float) -> None:
        self.clock.ms += int(days * DAY_MS)
        while self.ask(self.mailboxes.has_due):
            bodies, boxes = self.run(self.mailboxes.pass_time)
            self.desk.blobs.forget(bodies, boxes)

    def mails_of_member(self) -> list[str]:
        mailbox_id = self.ask(lambda books: books.mails.mailbox_of(self.member.id))
        return [row["subject"] for row in self.ask(lambda books: books.mails.in_folder(mailbox_id, "INBOX"))]


@pytest.fixture
def hub(store: Store) -> Iterator[Hub]:
    made = Hub(store)
    yield made
    made.close()


def test_the_first_opens_a_mailbox_and_says_where_with_a_pin(hub: Hub) -> None:
    hub.filed()
    (text,) = hub.sms()
    (pickup,) = hub.ask(lambda books: books.pickups.waiting_of(PHONE))
    assert f"https://c.example/p/{pickup.token}" in text
    assert "Anna" in text
    assert hub.ask(lambda books: books.pickups.pin(pickup.account_id))[0] == f"hash of {text.split('密码')[1][:6]}"
    assert hub.ask(lambda books: books.mail(pickup.mail_id))["kind"] == "mms"


def test_more_in_a_moment_are_told_of_together_after_the_pause(hub: Hub) -> None:
    for _ in range(5):
        hub.filed()
    assert len(hub.sms()) == 1
    assert not hub.ask(hub.mailboxes.has_untold)
    hub.clock.pass_s(600)
    assert hub.run(hub.mailboxes.tell_later) == 1
    assert "4条" in hub.sms()[1]
    assert "密码" not in hub.sms()[1]
    assert not hub.ask(hub.mailboxes.has_untold)


def test_the_three_months_of_a_mailbox(hub: Hub) -> None:
    message_id = hub.filed()
    pickup = hub.ask(lambda books: books.pickups.waiting_of(PHONE))[0]
    mail = hub.ask(lambda books: books.mail(pickup.mail_id))
    hub.pass_days(6.9)
    assert (hub.box_state(), hub.state(message_id), hub.mails_of_member()) == (AutomaticState.OPEN, "accepted", [])
    hub.pass_days(0.2)
    assert (hub.box_state(), hub.state(message_id)) == (AutomaticState.SUSPENDED, "expired")
    assert hub.mails_of_member() == ["彩信没有送达：（无主题）"]
    assert hub.ask(lambda books: books.pickups.by_token(pickup.token)).state is PickupState.OVERDUE
    hub.pass_days(82)
    assert hub.box_state() is AutomaticState.SUSPENDED
    assert hub.desk.blobs.path(mail["blob"]).exists()
    hub.pass_days(1)
    assert hub.box() is None
    assert hub.ask(lambda books: books.accounts.by_id(pickup.account_id)) is None
    assert hub.ask(lambda books: books.mail(pickup.mail_id)) is None
    assert not hub.desk.blobs.path(mail["blob"]).exists()
    assert hub.mails_of_member() == ["彩信没有送达：（无主题）"]


def test_an_owner_who_comes_late_has_the_mailbox_for_good(hub: Hub) -> None:
    message_id = hub.filed()
    pickup = hub.ask(lambda books: books.pickups.waiting_of(PHONE))[0]
    hub.pass_days(30)
    assert hub.box_state() is AutomaticState.SUSPENDED
    hub.run(lambda books: hub.mailboxes.looked_at([pickup], books))
    assert (hub.box_state(), hub.state(message_id)) == (AutomaticState.ACTIVE, "delivered")
    hub.pass_days(300)
    assert hub.box_state() is AutomaticState.ACTIVE
    assert hub.ask(lambda books: books.mail(pickup.mail_id)) is not None


def test_a_number_that_comes_again_after_the_purge_gets_a_new_mailbox(hub: Hub) -> None:
    hub.filed()
    before = hub.ask(lambda books: books.pickups.of_number(PHONE))
    hub.pass_days(91)
    hub.filed()
    after = hub.ask(lambda books: books.pickups.of_number(PHONE))
    assert after.account_id != before.account_id
    assert "密码" in hub.sms()[-1]


def test_mail_to_the_number_still_goes_to_the_phone_until_its_owner_comes(hub: Hub) -> None:
    hub.filed()
    address = f"{PHONE.lstrip('+')}@x.example"
    assert [type(one).__name__ for one in hub.ask(lambda books: books.accounts.resolve(address))] == ["ToPhone"]
    pickup = hub.ask(lambda books: books.pickups.waiting_of(PHONE))[0]
    hub.run(lambda books: hub.mailboxes.looked_at([pickup], books))
    assert [type(one).__name__ for one in hub.ask(lambda books: books.accounts.resolve(address))] == ["ToMailbox"]


def test_a_member_gets_it_in_the_mailbox_they_have(hub: Hub) -> None:
    def prove(books: object) -> None:
        books.phones.start_proof(hub.member.id, PHONE, "x", hub.clock.ms + 1)  # type: ignore[attr-defined]
        books.phones.prove(books.phones.get(hub.member.id, PHONE).id)  # type: ignore[attr-defined]

    hub.run(prove)
    message_id = hub.filed()
    assert (hub.state(message_id), hub.box()) == ("delivered", None)
    assert hub.mails_of_member() == ["a card"]
    assert "https://c.example" in hub.sms()[0]


def test_a_phone_that_said_stop_is_left_alone(hub: Hub) -> None:
    hub.run(lambda books: books.stops.stop(PHONE, "0"))
    message_id = hub.add_mms()
    assert hub.file(message_id) is not None
    assert (hub.sms(), hub.box()) == ([], None)


def test_a_full_mailbox_takes_no_more(store: Store) -> None:
    hub = Hub(store)
    hub.mailboxes = Mailboxes(MmsConfig(mailbox_octets=len(BODY) + 1), lambda pin: pin, "")
    hub.filed()
    assert hub.file(hub.add_mms()).code == "mailbox full"  # type: ignore[attr-defined]
    hub.close()


def fit_and_claim(hub: Hub) -> tuple[int, object]:
    message_id = hub.add_mms()
    hub.run(lambda books: books.mms.claim("one", 10, 60))
    hub.run(lambda books: books.mms.fitted(message_id, blob="2026/03/01/00/9", handset="h", receipt="", story=""))
    (claimed,) = hub.claim("m")
    return message_id, claimed


def refused(hub: Hub) -> int:
    message_id, claimed = fit_and_claim(hub)
    settled = hub.send(claimed, Answered.PERMANENT, link="m")  # type: ignore[arg-type]
    hub.run(lambda books: books.tell_owners(settled))
    return message_id


def test_an_mms_the_phone_did_not_take_goes_to_the_mailbox_and_its_sender_hears_nothing_yet(hub: Hub) -> None:
    message_id = refused(hub)
    assert hub.state(message_id) == "failed"
    (pickup,) = hub.ask(lambda books: books.pickups.waiting_of(PHONE))
    assert pickup.message_id == message_id
    assert hub.mails_of_member() == []
    hub.run(lambda books: hub.mailboxes.looked_at([pickup], books))
    assert hub.state(message_id) == "delivered"
    assert hub.mails_of_member() == []


def test_nobody_looks_at_it_there_either_and_its_sender_hears_of_it_once(hub: Hub) -> None:
    message_id = refused(hub)
    hub.pass_days(8)
    hub.pass_days(8)
    assert hub.state(message_id) == "failed"
    assert hub.mails_of_member() == ["彩信没有送达：（无主题）"]


def test_what_a_rule_of_ours_refuses_goes_to_no_mailbox(hub: Hub) -> None:
    message_id = hub.add_mms()
    hub.run(lambda books: books.mms.claim("one", 10, 60))
    hub.run(lambda books: books.tell_owners(books.mms.refuse(message_id, "media refused", "a bomb")))
    assert hub.box() is None
    assert hub.mails_of_member() == ["彩信没有送达：（无主题）"]


def test_a_phone_that_turns_out_to_show_mms_gets_what_waits(hub: Hub) -> None:
    first, second = hub.filed(), hub.filed()
    assert hub.run(lambda books: hub.mailboxes.send_waiting(PHONE, books)) == 2
    taken = hub.run(lambda books: books.mms.claim("one", 10, 60))
    assert [(one.id, one.way) for one in taken] == [(first, Way.MMS), (second, Way.MMS)]
    hub.pass_days(8)
    assert hub.mails_of_member() == []


@pytest.mark.parametrize("count", [50])
def test_fifty_at_once_open_one_mailbox_with_one_pin(store: Store, count: int) -> None:
    """On PostgreSQL by eight processes' worth of threads, each with a connection of its own."""
    hub = Hub(store)
    ids = [hub.add_mms() for _ in range(count)]
    by_id = {one.id: one for one in hub.run(lambda books: books.mms.claim("one", 100, 600))}

    def file(message_id: int) -> object:
        message = by_id[message_id]
        waiting = Waiting(
            message_id=message_id, number=PHONE, letter=message.letter, data=BODY, from_name="Anna",
            handset="unknown", why="no MMS",
        )  # fmt: skip
        return hub.run(lambda books: hub.mailboxes.file(waiting, books))

    with ThreadPoolExecutor(1 if store.is_sqlite else 8) as threads:
        assert list(threads.map(file, ids)) == [None] * count
    waiting = hub.ask(lambda books: books.pickups.waiting_of(PHONE))
    assert sorted(one.message_id for one in waiting) == sorted(ids)
    assert len({one.account_id for one in waiting}) == 1
    assert sum("密码" in text for text in hub.sms()) == 1
    assert len({one.token for one in waiting}) == count
    hub.close()


async def test_what_waits_goes_out_once_its_phone_is_known_to_show_mms(hub: Hub) -> None:
    first = hub.filed()
    chore = NewPhones(hub.desk, hub.mailboxes)
    assert await chore.send() == 0
    hub.clock.pass_s(5)
    hub.run(lambda books: books.handsets.learn(PHONE, Refused(hub.clock.ms, "E5")))
    assert await chore.send() == 0
    hub.clock.pass_s(5)
    hub.run(lambda books: books.handsets.learn(PHONE, Stated(hub.clock.ms, mms=True)))
    assert await chore.send() == 1
    (claimed,) = hub.run(lambda books: books.mms.claim("one", 10, 60))
    assert (claimed.id, claimed.way) == (first, Way.MMS)
    assert await chore.send() == 0


def test_one_that_comes_back_from_its_phone_waits_as_the_mail_it_was(hub: Hub) -> None:
    message_id = hub.filed()
    (pickup,) = hub.ask(lambda books: books.pickups.waiting_of(PHONE))
    hub.run(lambda books: hub.mailboxes.send_waiting(PHONE, books))
    hub.run(lambda books: books.mms.claim("one", 10, 60))
    hub.run(lambda books: books.mms.fitted(message_id, blob="2026/03/01/00/9", handset="h", receipt="", story=""))
    (claimed,) = hub.claim("m")
    settled = hub.send(claimed, Answered.PERMANENT, link="m")  # type: ignore[arg-type]
    hub.run(lambda books: books.tell_owners(settled))
    (again,) = hub.ask(lambda books: books.pickups.waiting_of(PHONE))
    assert (again.id, again.mail_id) == (pickup.id, pickup.mail_id)
    assert hub.run(lambda books: hub.mailboxes.send_waiting(PHONE, books)) == 0


def test_many_wrong_pins_at_once_are_all_counted(hub: Hub) -> None:
    """On PostgreSQL by eight connections at once."""
    hub.filed()
    account_id = hub.box().account_id  # type: ignore[attr-defined]

    def guess(_: int) -> bool:
        return hub.run(lambda books: books.pickups.try_pin(account_id, lock_after)) is not None

    with ThreadPoolExecutor(1 if hub.store.is_sqlite else 8) as threads:
        assert sum(threads.map(guess, range(40))) == 5
    hub.clock.ms += 15 * 60_000 + 1
    assert sum(guess(n) for n in range(10)) == 5
    hub.clock.ms += 15 * 60_000 + 1
    assert not guess(0)
    hub.clock.ms += 15 * 60_000
    assert guess(0)


def test_the_story_of_an_mms_says_how_it_went(hub: Hub) -> None:
    message_id = hub.filed()
    story = hub.ask(lambda books: Stories(books.tx, with_texts=True).of_sms(message_id))
    assert (story.kind, story.facts["way"], story.facts["handset"]) == ("mms", "mailbox", "unknown")
    assert (story.facts["subject"], story.facts["read_ms"], story.facts["receipt"]) == ("", None, None)
    hub.run(lambda books: books.mms.was_read(message_id))
    assert hub.ask(lambda books: Stories(books.tx).of_sms(message_id)).facts["read_ms"] == hub.clock.ms
