"""Notice on send: who is told, who cannot be told, and how the sender learns of it."""

from __future__ import annotations

import pytest

from tests.fakes.mail2sms import ACCESS, ANN, ANN_PHONE, BOB_PHONE, STRANGER, World, mail, read


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
