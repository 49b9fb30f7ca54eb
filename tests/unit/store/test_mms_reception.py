"""What becomes of MMS that come in: answers, members, other phones, mail addresses; and who is told what."""

from __future__ import annotations

import dataclasses
import email
import email.message
import email.policy
import json
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from gateway.core.events import MessageSettled, MmsRead, MmsReceived, SmsReceived
from gateway.core.mms import NewMms
from gateway.core.outbox import NewSms, Purpose, State
from gateway.mmsc.told_back import ToldBack
from gateway.store.database import Store
from gateway.store.schema import relay
from mms.codec import mm4
from mms.content import FORWARD_LOCKED, Body, Part
from mms.incoming import IncomingMms, ReadState
from mms.incoming_letter import fingerprint_of, letter_of
from mms.letters import read_letter
from mms.reception import OwnNumber, Reception
from mms.terms import MessageClass, MmsHeaders
from tests.fakes.desk import PHONE, Bench
from tests.fakes.media import jpeg

ACCESS = "10657000"
FRIEND = "+8613900000009"
PICTURE = Part("image/jpeg", jpeg((30, 20)), "a.jpg")
WORDS = Part("text/plain", "你好".encode(), "t.txt", charset="utf-8")
LOCKED = Part(FORWARD_LOCKED, b"\xff\xd8 only here", "song.dm")
ALL_ASKED = MmsHeaders(delivery_report=True, read_report=True, mms_id="abc@other.example")


class Hub(Bench):
    """A desk with a member, and MMS that come in over a link to another centre."""

    def __post_init__(self) -> None:
        self.words: list[SmsReceived] = []
        self.told_centre: list[tuple[str, Any]] = []
        told_back = ToldBack(None)
        self.reactions = {
            MmsReceived: (Reception(OwnNumber(ACCESS, 2, 30), told_back.refused).received,),
            SmsReceived: (lambda event, books: self.words.append(event),),
            MessageSettled: (told_back.settled,),
            MmsRead: (told_back.read,),
        }
        super().__post_init__()
        self.run(lambda books: books.accounts.add_domain("x.example"))
        self.ann = self.run(lambda books: books.accounts.add("ann@x.example", display_name="安娜"))
        self.run(lambda books: books.phones.prove_number(self.ann.id, PHONE))
        self.run(lambda books: books.links.lease("centre", "centre", "mm4", "one"))

    def comes(self, *parts: Part, to: tuple[str, ...], sender: str = FRIEND, subject: str = "看", **more: Any) -> int:
        """Let an MMS come in; returns its id."""
        mms = IncomingMms(
            carrier_id=more.pop("carrier_id", ""), sender=sender, recipients=to, body=Body(parts), subject=subject,
            mms=more.pop("mms", MmsHeaders()),
        )  # fmt: skip
        inbox_id = self.desk.new_id()
        letter = letter_of(mms, sender=sender, now_ms=self.clock.ms)
        blob = self.desk.blobs.put_now(inbox_id, letter)

        def work(books: Any) -> Any:
            books.take_mms(
                inbox_id, link=more.pop("link", "centre"), group="centre", carrier_id=mms.carrier_id, sender=sender,
                recipients=to, subject=subject, blob=blob, letter=letter, fingerprint=fingerprint_of(mms),
            )  # fmt: skip
            return books.aftermath.reports

        self.told_centre += self.run(work)
        return inbox_id

    def mails(self, folder: str = "INBOX") -> list[dict[str, Any]]:
        def work(books: Any) -> list[dict[str, Any]]:
            return [dict(row) for row in books.mails.in_folder(books.mails.mailbox_of(self.ann.id), folder)]

        return self.ask(work)

    def message(self, row: dict[str, Any]) -> email.message.EmailMessage:
        return email.message_from_bytes(self.desk.blobs.get(row["blob"]), policy=email.policy.default)

    def relayed(self) -> list[dict[str, Any]]:
        return [row._asdict() for row in self.ask(lambda books: books.tx.read(sa.select(relay)).all())]

    def handed_on(self) -> list[Any]:
        rows = self.everything().values()
        return [row for row in rows if row.purpose == Purpose.HANDED_ON]

    def letter_of(self, message_id: int) -> Any:
        facts = self.ask(lambda books: books.mms.facts([message_id]))[message_id]
        return read_letter(self.desk.blobs.get(facts["letter"]))

    def note_notice(self, number: str = PHONE, reply_to: str = "wang@far.example", **more: Any) -> None:
        """The phone was told of a mail of Wang's."""

        def work(books: Any) -> None:
            message_id = books.outbox.add(NewSms(number, "新邮件", more.get("purpose", Purpose.NOTICE)))
            books.notices.add(
                account_id=self.ann.id, number=number, mail_id=1, thread_id=1, reply_to=reply_to, state="sent",
                message_id=message_id,
            )  # fmt: skip

        self.run(work)


@pytest.fixture
def hub(store: Store) -> Iterator[Hub]:
    made = Hub(store)
    yield made
    made.close()


# --- to our number ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("parts", "subject", "words"),
    [
        ((WORDS,), "", "你好"),
        ((WORDS,), "主题", "你好"),  # a word or a code must stand alone
        ((), "TD", "TD"),
        ((dataclasses.replace(WORDS, data="很长的一段话".encode() * 5),), "主题", "主题\n" + "很长的一段话" * 5),
    ],
)
def test_words_alone_are_what_an_sms_is(hub: Hub, parts: tuple[Part, ...], subject: str, words: str) -> None:
    inbox_id = hub.comes(*parts, to=(ACCESS + "01",), sender=PHONE, subject=subject)
    (said,) = hub.words
    assert (said.inbox_id, said.sender, said.recipient, said.text) == (inbox_id, PHONE, ACCESS + "01", words)
    assert not hub.mails()


def test_a_picture_answers_the_last_notice_in_the_members_name(hub: Hub) -> None:
    hub.note_notice()
    hub.comes(PICTURE, to=("+86" + ACCESS,), sender=PHONE, subject="", mms=ALL_ASKED)
    (queued,) = hub.relayed()
    assert (queued["sender"], queued["recipient"]) == ("ann@x.example", "wang@far.example")
    message = hub.message(queued)
    assert message["From"].addresses[0].addr_spec == "ann@x.example"
    assert message["From"].addresses[0].display_name == "安娜"
    assert PHONE.lstrip("+") not in str(message["From"])
    pictures = [part for part in message.walk() if part.get_content_type() == "image/jpeg"]
    assert [one.get_payload(decode=True) for one in pictures] == [PICTURE.data]
    assert len(hub.mails("Sent")) == 1
    assert not hub.words


def test_a_picture_that_answers_nothing_is_filed_for_its_writer_and_rings_nobody(hub: Hub) -> None:
    hub.comes(PICTURE, to=(ACCESS,), sender=PHONE)
    (row,) = hub.mails()
    assert (row["kind"], row["subject"], row["sender"]) == ("mms", "看", f"{PHONE}@x.example")


@pytest.mark.parametrize(
    ("sender", "mms"), [(FRIEND, MmsHeaders()), (PHONE, MmsHeaders(message_class=MessageClass.AUTO))]
)
def test_nobody_answers_programs_and_strangers(hub: Hub, sender: str, mms: MmsHeaders) -> None:
    hub.note_notice()
    inbox_id = hub.comes(PICTURE, to=(ACCESS,), sender=sender, mms=mms)
    assert not hub.relayed()
    assert not hub.mails()
    assert not hub.words
    assert "reception" in hub.steps(inbox_id)


# --- to phones --------------------------------------------------------------------------------------------------


def test_a_members_is_filed_and_handed_on(hub: Hub) -> None:
    hub.comes(PICTURE, WORDS, to=(PHONE, PHONE, "13700000001"), mms=ALL_ASKED)
    (row,) = hub.mails()
    assert (row["kind"], row["sender"]) == ("mms", f"{FRIEND}@x.example")  # an address answers come in at
    first, second = sorted(hub.handed_on(), key=lambda one: one.recipient)
    assert (first.recipient, second.recipient) == ("+8613700000001", PHONE)
    assert (first.sender, first.kind, first.link) == (FRIEND, "mms", "~preparing")
    assert hub.letter_of(first.id).body.parts[0].data == PICTURE.data


def test_who_hides_stays_hidden(hub: Hub) -> None:
    hub.comes(PICTURE, to=(PHONE,), mms=MmsHeaders(sender_visible=False))
    (row,) = hub.mails()
    assert FRIEND[1:] not in hub.desk.blobs.get(row["blob"]).decode()
    (handed,) = hub.handed_on()
    assert (handed.sender, hub.letter_of(handed.id).sender) == ("", "")


def test_locked_parts_stay_and_words_stand_for_them(hub: Hub) -> None:
    hub.comes(WORDS, LOCKED, to=(PHONE, "wang@far.example"))
    (row,) = hub.mails()
    assert LOCKED in [
        dataclasses.replace(part, content_id="") for part in read_letter(hub.desk.blobs.get(row["blob"])).body.parts
    ]
    (handed,) = hub.handed_on()
    (queued,) = hub.relayed()
    parts = hub.letter_of(handed.id).body.parts
    assert not any(part.is_locked for part in parts)
    assert "[song.dm：版权保护，不可转发]" in [part.data.decode() for part in parts]
    body = hub.message(queued).get_body(("plain",))
    assert body is not None
    assert "song.dm：版权保护" in body.get_content()
    assert b"only here" not in hub.desk.blobs.get(queued["blob"])


def test_what_goes_in_circles_is_stopped_and_what_people_repeat_is_not(hub: Hub) -> None:
    for number in range(5):
        hub.comes(PICTURE, to=("13700000001",), carrier_id=f"round {number}", mms=ALL_ASKED)
    assert len(hub.handed_on()) == 3
    assert [report.status for _, report in hub.told_centre] == [mm4.MmStatus.REJECTED] * 2
    for number in range(5):
        hub.comes(dataclasses.replace(PICTURE, data=PICTURE.data + bytes([number])), to=("13700000001",))
    assert len(hub.handed_on()) == 8
    hub.clock.pass_s(3700)
    hub.comes(PICTURE, to=("13700000001",), carrier_id="again")
    assert len(hub.handed_on()) == 9


def test_a_phone_that_wants_nothing_gets_nothing(hub: Hub) -> None:
    hub.run(lambda books: books.stops.stop("+8613700000001", "TD"))
    hub.comes(PICTURE, to=("13700000001",), mms=ALL_ASKED)
    assert not hub.handed_on()
    ((link, report),) = hub.told_centre
    assert (link, report.status, report.mms_id, report.sender, report.recipients) == (
        "centre", mm4.MmStatus.REJECTED, "abc@other.example", "+8613700000001", (FRIEND,)
    )  # fmt: skip


def test_the_same_again_changes_nothing(hub: Hub) -> None:
    hub.comes(PICTURE, to=(PHONE,), carrier_id="one")
    hub.comes(PICTURE, to=(PHONE,), carrier_id="one")
    assert len(hub.mails()) == len(hub.handed_on()) == 1


# --- to mail addresses ------------------------------------------------------------------------------------------


def test_a_mail_address_gets_a_mail_from_an_address_that_leads_back(hub: Hub) -> None:
    hub.comes(PICTURE, WORDS, to=("wang@far.example", "ann@x.example"), mms=MmsHeaders(read_report=True))
    (queued,) = hub.relayed()
    assert queued["sender"] == f"{FRIEND}@x.example"
    message = hub.message(queued)
    assert message["Disposition-Notification-To"] == f"<{FRIEND}@x.example>"
    assert not [name for name in message.keys() if name.lower().startswith("x-mms")]  # noqa: SIM118
    (row,) = hub.mails()
    assert row["subject"] == "看"


def test_hidden_senders_write_no_mails_and_are_told(hub: Hub) -> None:
    hidden = dataclasses.replace(ALL_ASKED, sender_visible=False)
    hub.comes(PICTURE, to=("wang@far.example",), mms=hidden)
    assert not hub.relayed()
    assert [report.status for _, report in hub.told_centre] == [mm4.MmStatus.REJECTED]


# --- what senders are told --------------------------------------------------------------------------------------


def settle(hub: Hub, message_id: int, state: State, code: str = "") -> list[Any]:
    def work(books: Any) -> list[Any]:
        row = books.outbox.get(message_id)
        books.tell_owners([MessageSettled(message_id, 0, state, code, row["tag"])])
        return list(books.aftermath.reports)

    return hub.run(work)


@pytest.mark.parametrize(
    ("state", "code", "status"),
    [
        (State.DELIVERED, "", mm4.MmStatus.RETRIEVED),
        (State.EXPIRED, "", mm4.MmStatus.EXPIRED),
        (State.FAILED, "Rejected", mm4.MmStatus.REJECTED),
        (State.FAILED, "2004", mm4.MmStatus.INDETERMINATE),
    ],
)
def test_another_centre_is_told_what_became_of_its_mms(hub: Hub, state: State, code: str, status: mm4.MmStatus) -> None:
    hub.comes(PICTURE, to=("13700000001",), mms=ALL_ASKED)
    (handed,) = hub.handed_on()
    ((link, report),) = settle(hub, handed.id, state, code)
    assert (link, report.status, report.mms_id) == ("centre", status, "abc@other.example")
    assert (report.sender, report.recipients) == ("+8613700000001", (FRIEND,))


def test_nobody_is_told_who_did_not_ask(hub: Hub) -> None:
    hub.comes(PICTURE, to=("13700000001",))
    (handed,) = hub.handed_on()
    assert settle(hub, handed.id, State.FAILED, "Rejected") == []


@pytest.mark.parametrize("state", [ReadState.READ, ReadState.DELETED])
def test_another_centre_is_told_that_it_was_read(hub: Hub, state: ReadState) -> None:
    hub.comes(PICTURE, to=("13700000001",), mms=ALL_ASKED)
    (handed,) = hub.handed_on()

    def work(books: Any) -> list[Any]:
        books.note_read(handed.id, state)
        if state is ReadState.READ:
            books.note_read(handed.id, state)  # centres say it twice
        return list(books.aftermath.reports)

    ((_, report),) = hub.run(work)
    wanted = mm4.ReadStatus.READ if state is ReadState.READ else mm4.ReadStatus.DELETED
    assert (report.status, report.mms_id, report.recipients) == (wanted, "abc@other.example", (FRIEND,))


def test_programs_hear_that_an_mms_was_read(hub: Hub) -> None:
    def work(books: Any) -> list[str]:
        books.webhooks.add(self_id, "https://app.example/hook", "s", "read")
        blob = self_blob
        message_id = books.mms.add(NewMms("+8613700000001", blob, 3, Purpose.API, account_id=self_id, tag="t1"))
        books.tx.flush()
        books.note_read(message_id, ReadState.READ)
        books.tx.flush()
        return [call.body for call in books.webhooks.claim(10, lease_s=60, each=10, busy={})]

    self_id, self_blob = hub.ann.id, hub.desk.blobs.put_now(hub.desk.new_id(), b"abc")
    (body,) = hub.run(work)
    said = json.loads(body)
    assert (said["event"], said["read"], said["tag"]) == ("read", True, "t1")
