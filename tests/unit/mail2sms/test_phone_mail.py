"""Mail to a phone: the SMS, who may not send one, and what the sender learns when it fails."""

from __future__ import annotations

import pytest

from gateway.core.accounts import Account
from gateway.core.events import MessageSettled
from gateway.core.outbox import NewSms, Purpose
from tests.fakes.mail2sms import ACCESS, ANN, ANN_PHONE, STRANGER, World, mail, read

OUTSIDE = "wang@example.org"


def fails(world: World, state: str = "failed", code: str = "UNDELIV") -> None:
    message_id = max(world.books.outbox.rows)
    row = world.books.outbox.rows[message_id]
    event = MessageSettled(message_id, row["account_id"], state, code)
    world.phone_mail.report_failure(event, world.books)


def with_postmaster(world: World) -> World:
    world.books.accounts.all[9] = Account(9, "postmaster@hub.cn", "", "zh", "Asia/Shanghai", 0)
    return world


def test_a_members_mail_becomes_an_sms() -> None:
    world = World()
    data = mail("到了吗", "我在门口", sender="ann@hub.cn")
    mail_id = world.mails_phone(data, envelope="ann@hub.cn", account_id=ANN)
    (sms,) = world.books.outbox.sent
    assert sms.text == "【彩邮】安娜 12:00 到了吗：我在门口"
    assert (sms.recipient, sms.sender, sms.purpose, sms.account_id) == (
        STRANGER,
        ACCESS + "00",
        Purpose.PHONE_MAIL,
        ANN,
    )
    (notice,) = world.books.notices.all
    assert (notice.account_id, notice.reply_to, notice.mail_id) == (ANN, "ann@hub.cn", mail_id)


def test_a_long_mail_takes_the_segments_it_may() -> None:
    world = World()
    world.mails_phone(
        mail("长", "一二三四五六七八九十" * 100, sender="ann@hub.cn"), envelope="ann@hub.cn", account_id=ANN
    )
    assert len(world.books.outbox.sent[0].text) == 201


def test_a_strangers_mail_to_a_members_phone_is_kept_for_the_member() -> None:
    world = World()
    world.mails_phone(mail(), ANN_PHONE, envelope=OUTSIDE)
    (sms,) = world.books.outbox.sent
    assert (sms.account_id, sms.recipient) == (0, ANN_PHONE)
    assert world.books.notices.all[0].account_id == ANN


def test_a_strangers_mail_to_a_strangers_phone_is_kept_for_the_postmaster() -> None:
    world = with_postmaster(World())
    world.mails_phone(mail(), envelope=OUTSIDE)
    assert world.books.notices.all[0].account_id == 9


def test_with_nobody_to_keep_it_for_the_sms_goes_out_all_the_same() -> None:
    world = World()
    world.mails_phone(mail(), envelope=OUTSIDE)
    assert world.books.outbox.sent[0].sender == ACCESS
    assert not world.books.notices.all


@pytest.mark.parametrize(
    ("data", "envelope"),
    [
        (mail(), ""),
        (mail(X_Caiyou_Loop="bounce"), OUTSIDE),
        (mail(X_Spam_Flag="YES"), OUTSIDE),
        (b"Received: x\r\n" * 31 + mail(), OUTSIDE),
    ],
)
def test_what_never_becomes_an_sms(data: bytes, envelope: str) -> None:
    world = World()
    world.mails_phone(data, envelope=envelope)
    assert not world.books.outbox.sent
    assert not world.books.mails


def test_a_phone_that_said_stop_is_left_alone_and_the_sender_told() -> None:
    world = World()
    world.books.stops.stop(STRANGER, "T")
    world.mails_phone(mail(), envelope=OUTSIDE)
    assert not world.books.outbox.sent
    (sent,) = world.books.mails
    assert (sent.sender, sent.recipients) == ("", (OUTSIDE,))
    message = read(sent.data)
    assert message["Subject"] == "邮件没有送达：合同评审"
    assert message["Auto-Submitted"] == "auto-replied"
    assert "对方已退订短信" in message.get_content()
    assert "13700137000@hub.cn" in message.get_content()


def test_a_program_is_told_nothing() -> None:
    world = World()
    world.books.stops.stop(STRANGER, "T")
    world.mails_phone(mail(Auto_Submitted="auto-generated"), envelope=OUTSIDE)
    world.mails_phone(mail(Precedence="bulk"), envelope=OUTSIDE)
    assert not world.books.mails


def test_a_member_over_the_cap_is_told() -> None:
    world = World()
    for n in range(22):
        world.mails_phone(mail(sender="ann@hub.cn", message_id=f"<{n}@x>"), envelope="ann@hub.cn", account_id=ANN)
    assert len(world.books.outbox.sent) == 20
    assert len(world.books.mails) == 2
    assert "20" in read(world.books.mails[0].data).get_content()


def test_strangers_share_a_limit_per_phone_and_day() -> None:
    world = World(phone_mail_per_day=3)
    for n in range(5):
        world.mails_phone(mail(), envelope=f"x{n}@example.org")
    world.mails_phone(mail(), ANN_PHONE, envelope=OUTSIDE)
    assert [sms.recipient for sms in world.books.outbox.sent] == [STRANGER] * 3 + [ANN_PHONE]
    assert len(world.books.mails) == 2
    world.later(days=1)
    world.mails_phone(mail(), envelope=OUTSIDE)
    assert len(world.books.outbox.sent) == 5


@pytest.mark.parametrize(("state", "words"), [("failed", "UNDELIV"), ("expired", "有效期")])
def test_a_failed_sms_is_reported_to_the_sender_once(state: str, words: str) -> None:
    world = World()
    mail_id = world.mails_phone(mail(sender="ann@hub.cn"), envelope="ann@hub.cn", account_id=ANN)
    fails(world, state)
    fails(world, state)
    (sent,) = world.books.mails
    assert (sent.sender, sent.recipients) == ("", ("ann@hub.cn",))
    message = read(sent.data)
    assert words in message.get_content()
    assert "13700137000@hub.cn" in message.get_content()
    assert message["In-Reply-To"] == "<m1@example.org>"
    assert any("told" in detail for detail in world.books.timeline.of(mail_id))


def test_a_stranger_learns_of_a_failure_too() -> None:
    world = World()
    world.mails_phone(mail(), envelope=OUTSIDE)
    fails(world)
    assert world.books.mails[0].recipients == (OUTSIDE,)


def test_other_sms_and_other_ends_are_not_reported() -> None:
    world = World()
    world.mails_phone(mail(), envelope=OUTSIDE)
    fails(world, "delivered")
    mail_id = max(world.books.bodies)
    world.books.outbox.add(NewSms(STRANGER, "x", Purpose.NOTICE, mail_id=mail_id, tag="13700137000@hub.cn"))
    fails(world)
    world.books.outbox.add(NewSms(STRANGER, "x", Purpose.PHONE_MAIL, tag="13700137000@hub.cn"))
    fails(world)
    world.books.bodies.clear()
    world.books.outbox.add(NewSms(STRANGER, "x", Purpose.PHONE_MAIL, mail_id=mail_id, tag="13700137000@hub.cn"))
    fails(world)
    world.phone_mail.report_failure(MessageSettled(424242, 0, "failed", ""), world.books)
    assert not world.books.mails


@pytest.mark.parametrize("sender", ["a b <a b@example.org>", "<a\r\n b@example.org>", "nobody", ""])
def test_an_address_that_is_none_gets_no_report(sender: str) -> None:
    world = World()
    world.mails_phone(mail(), envelope=sender or "a@example.org")
    world.books.senders[max(world.books.bodies)] = sender
    fails(world)
    assert not world.books.mails


def test_a_report_goes_to_the_envelope_never_to_from() -> None:
    world = World()
    world.mails_phone(mail(sender="innocent@example.net", Reply_To="innocent@example.net"), envelope=OUTSIDE)
    fails(world)
    assert [sent.recipients for sent in world.books.mails] == [(OUTSIDE,)]


def test_without_an_envelope_nobody_outside_is_told() -> None:
    world = World()
    mail_id = world.mails_phone(mail(sender="innocent@example.net"), envelope=OUTSIDE)
    world.books.senders.clear()
    fails(world)
    assert not world.books.mails
    assert world.books.timeline.of(mail_id)[-1] == "the sender is not told: no envelope says who it is"


def test_a_member_who_logged_in_is_told_without_an_envelope_too() -> None:
    world = World()
    world.mails_phone(mail(sender="innocent@example.net"), envelope="ann@hub.cn", account_id=ANN)
    world.books.senders.clear()
    fails(world)
    assert [sent.recipients for sent in world.books.mails] == [("ann@hub.cn",)]
