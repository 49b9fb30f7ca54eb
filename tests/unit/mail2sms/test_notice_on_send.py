"""Notice on send: who is told, who cannot be told, and how the sender learns of it."""

from __future__ import annotations

import pytest

from gateway.core.events import MailSubmitted
from tests.fakes.mail2sms import ACCESS, ANN, ANN_PHONE, BOB, BOB_PHONE, STRANGER, World, mail, read


def asked(subject: str = "合同评审", **fields: str) -> bytes:
    return mail(subject, sender="ann@hub.cn", to="bob@hub.cn", X_Caiyou_Notify="sms", **fields)


def world_with_contacts(**config: object) -> World:
    world = World(**config)
    world.books.contacts.add(ANN, "Bob", ["Bob@hub.cn", "bob@home.example"], [BOB_PHONE])
    world.books.contacts.add(ANN, "赵六", ["zhao@example.org"], [STRANGER])
    world.books.contacts.add(ANN, "无号", ["none@example.org"])
    return world


def test_every_recipient_with_a_number_is_told() -> None:
    world = world_with_contacts()
    mail_id = world.submits(asked(), "bob@hub.cn", "ZHAO@example.org")
    assert [sms.recipient for sms in world.books.outbox.sent] == [BOB_PHONE, STRANGER]
    assert {sms.text for sms in world.books.outbox.sent} == {"【彩邮】安娜 12:00 合同评审：请准备材料"}
    assert {(sms.account_id, sms.sender, sms.mail_id) for sms in world.books.outbox.sent} == {
        (ANN, ACCESS + "00", mail_id)
    }
    assert {notice.reply_to for notice in world.books.notices.all} == {"ann@hub.cn"}
    assert not world.books.mails


def test_one_phone_behind_two_addresses_rings_once() -> None:
    world = world_with_contacts()
    world.submits(asked(), "bob@hub.cn", "bob@home.example")
    assert len(world.books.outbox.sent) == 1


def test_nobody_is_told_unasked() -> None:
    world = world_with_contacts()
    world.submits(mail(sender="ann@hub.cn"), "bob@hub.cn")
    world.submits(mail(sender="ann@hub.cn", X_Caiyou_Notify="no"), "bob@hub.cn")
    assert not world.books.outbox.sent
    assert not world.books.mails


@pytest.mark.parametrize(
    ("settings", "data", "told"),
    [
        ({}, mail(sender="ann@hub.cn"), [BOB_PHONE, STRANGER]),
        ({"senders": ["bob@hub.cn"]}, mail(sender="ann@hub.cn"), [BOB_PHONE]),
        ({"senders": ["赵六"]}, mail(sender="ann@hub.cn"), [STRANGER]),
        ({"high_only": True}, mail(sender="ann@hub.cn"), []),
        ({"high_only": True}, mail(sender="ann@hub.cn", X_Priority="1"), [BOB_PHONE, STRANGER]),
        ({"keywords": ["材料"]}, mail(sender="ann@hub.cn"), [BOB_PHONE, STRANGER]),
        ({"colour": "red"}, mail(sender="ann@hub.cn"), []),
    ],
)
def test_a_rule_may_ask_for_it(settings: dict[str, object], data: bytes, told: list[str]) -> None:
    world = world_with_contacts()
    world.rule("send", **settings)
    world.submits(data, "bob@hub.cn", "zhao@example.org")
    assert [sms.recipient for sms in world.books.outbox.sent] == told
    assert not world.books.mails


def test_who_has_no_number_is_named_to_the_sender() -> None:
    world = world_with_contacts()
    world.submits(asked(), "bob@hub.cn", "none@example.org", "who@example.org", "13700137000@hub.cn")
    (sent,) = world.books.mails
    assert (sent.sender, sent.recipients, sent.account_id) == ("", ("ann@hub.cn",), ANN)
    message = read(sent.data)
    assert message["From"].addresses[0].addr_spec == "postmaster@hub.cn"
    assert message["To"].addresses[0].addr_spec == "ann@hub.cn"
    assert message["Subject"] == "以下收件人没有收到短信提醒：合同评审"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["In-Reply-To"] == "<m1@example.org>"
    text = message.get_content()
    assert "none@example.org\r\nwho@example.org" in text
    assert "bob@hub.cn" not in text
    assert "13700137000" not in text
    assert len(world.books.outbox.sent) == 1


def test_the_report_is_never_told_by_sms() -> None:
    world = world_with_contacts()
    world.rule()
    world.submits(asked(), "none@example.org")
    world.arrives(world.books.mails[0].data, envelope="x@example.org")
    assert not world.books.outbox.sent


def test_a_phone_that_said_stop_is_left_alone_and_reported() -> None:
    world = world_with_contacts()
    world.books.stops.stop(BOB_PHONE, "T")
    world.submits(asked(), "bob@hub.cn", "zhao@example.org")
    assert [sms.recipient for sms in world.books.outbox.sent] == [STRANGER]
    assert "对方已退订短信:\r\n\r\nbob@hub.cn" in read(world.books.mails[0].data).get_content()


def test_the_cap_is_kept_and_reported() -> None:
    world = world_with_contacts()
    for n in range(30):
        world.books.contacts.add(ANN, str(n), [f"p{n}@example.org"], [f"+86138{n:08}"])
    world.submits(asked(), *(f"p{n}@example.org" for n in range(19)))
    world.submits(asked(), *(f"p{n}@example.org" for n in range(19, 22)))
    assert len(world.books.outbox.sent) == 20
    text = read(world.books.mails[0].data).get_content()
    assert "您今日的短信已达上限（20条）:\r\n\r\np20@example.org\r\np21@example.org" in text
    world.later(days=1)
    world.submits(asked(), "bob@hub.cn")
    assert len(world.books.outbox.sent) == 21


def test_one_mail_cannot_ring_more_than_a_hundred_phones() -> None:
    world = World()
    world.books.accounts.all[ANN] = type(world.books.accounts.all[ANN])(
        ANN, "ann@hub.cn", "安娜", "zh", "Asia/Shanghai", 0
    )
    for n in range(120):
        world.books.contacts.add(ANN, str(n), [f"p{n}@example.org"], [f"+86138{n:08}"])
    world.submits(asked(), *(f"p{n}@example.org" for n in range(120)))
    assert len(world.books.outbox.sent) == 100
    assert len(world.books.mails) == 1


def test_a_mail_of_the_hub_itself_rings_nobody() -> None:
    world = world_with_contacts()
    world.submits(asked(X_Caiyou_Loop="report"), "bob@hub.cn")
    assert not world.books.outbox.sent


def test_a_hostile_subject_stays_a_subject() -> None:
    world = world_with_contacts()
    data = asked().replace(b"\r\n\r\n", b"\r\nX-Note: 1\r\n\r\n", 1)
    world.submits(data, "none@example.org\r\nBcc: evil@example.org")
    assert set(read(world.books.mails[0].data)) >= {"Subject"}
    assert "Bcc" not in read(world.books.mails[0].data)


def test_the_members_own_phone_in_the_book_is_told_too() -> None:
    world = World()
    world.books.contacts.add(ANN, "ich", ["ann@hub.cn"], [ANN_PHONE])
    world.submits(asked(), "ann@hub.cn")
    assert [sms.recipient for sms in world.books.outbox.sent] == [ANN_PHONE]


# --- told by the sender and by the recipient's own rule ---------------------------------------------------------------


def world_of_two() -> World:
    """Bob has Ann's phone in his address book; Ann has new mail told."""
    world = World()
    world.books.contacts.add(BOB, "Ann", ["ann@hub.cn"], [ANN_PHONE])
    world.rule()
    return world


BOBS = mail(sender="Bob <bob@hub.cn>", message_id="<b1@hub.cn>", X_Caiyou_Notify="sms")


def bob_submits(world: World, data: bytes = BOBS) -> int:
    mail_id = world.books.new_id()
    world.books.bodies[mail_id] = data
    event = MailSubmitted(mail_id, BOB, ("ann@hub.cn",), data, world.books.now_ms)
    world.on_send.notify_on_send(event, world.books)
    return mail_id


def test_what_was_told_when_it_was_sent_is_not_told_when_it_arrives() -> None:
    world = world_of_two()
    bob_submits(world)
    world.later(minutes=59)
    mail_id = world.arrives(b"Received: by hub.cn\r\n" + BOBS, envelope="bob@hub.cn")
    assert len(world.books.outbox.sent) == 1
    assert world.books.notices.all[-1].reason == "told when it was sent"
    assert world.books.timeline.of(mail_id) == ["none: told when it was sent"]


def test_after_an_hour_or_for_another_mail_it_is_told() -> None:
    world = world_of_two()
    bob_submits(world)
    world.arrives(mail(sender="bob@hub.cn", message_id="<b2@hub.cn>"), envelope="bob@hub.cn")
    world.later(minutes=61)
    world.arrives(BOBS, envelope="bob@hub.cn")
    assert len(world.books.outbox.sent) == 3


def test_without_a_message_id_nothing_is_the_same_mail() -> None:
    world = world_of_two()
    data = BOBS.replace(b"Message-ID: <b1@hub.cn>\r\n", b"")
    bob_submits(world, data)
    world.arrives(data, envelope="bob@hub.cn")
    assert len(world.books.outbox.sent) == 2


def test_two_arrivals_of_one_mail_are_both_told() -> None:
    world = world_of_two()
    world.arrives(BOBS, envelope="bob@hub.cn")
    world.arrives(BOBS, envelope="bob@hub.cn")
    assert len(world.books.outbox.sent) == 2


def test_another_phone_is_told_all_the_same() -> None:
    world = world_of_two()
    world.prove(ANN, STRANGER)
    world.books.rules.all.clear()
    world.rule(number=STRANGER)
    bob_submits(world)
    world.arrives(BOBS, envelope="bob@hub.cn")
    assert [sms.recipient for sms in world.books.outbox.sent] == [ANN_PHONE, STRANGER]


@pytest.mark.parametrize("settings", [{}, {"digest": 30}])
def test_what_its_own_rule_tells_or_holds_is_not_told_again_for_the_sender(settings: dict[str, object]) -> None:
    """Within the hub a mail is filed before its sending is told of."""
    world = world_of_two()
    world.books.rules.all.clear()
    world.rule(**settings)
    world.arrives(BOBS, envelope="bob@hub.cn")
    mail_id = bob_submits(world)
    assert len(world.books.outbox.sent) == (0 if settings else 1)
    assert world.books.timeline.of(mail_id) == ["ann@hub.cn not told again: told when it arrived"]
    assert not world.books.mails
    world.later(minutes=30)
    world.notifier.release_held(world.books)
    assert len(world.books.outbox.sent) == 1


def test_what_its_own_rule_drops_is_told_for_the_sender() -> None:
    world = world_of_two()
    world.books.rules.all.clear()
    world.rule(senders=["@elsewhere.example"])
    world.arrives(BOBS, envelope="bob@hub.cn")
    bob_submits(world)
    assert len(world.books.outbox.sent) == 1
