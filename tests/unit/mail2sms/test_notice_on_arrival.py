"""Notice on arrival: what goes out at once, what is held, what never goes out, and what is told of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.events import MailArrived
from gateway.core.outbox import Purpose
from tests.fakes.mail2sms import ACCESS, ANN, ANN_PHONE, BOB_PHONE, DAY_MS, MINUTE_MS, NOON, World, at, mail


def test_a_mail_is_told_with_sender_time_subject_and_body() -> None:
    world = World()
    world.rule()
    mail_id = world.arrives(mail())
    (sms,) = world.books.outbox.sent
    assert sms.text == "【彩邮】王五 12:00 合同评审：请准备材料"
    assert (sms.recipient, sms.sender, sms.purpose) == (ANN_PHONE, ACCESS + "00", Purpose.NOTICE)
    assert (sms.account_id, sms.mail_id) == (ANN, mail_id)
    (notice,) = world.books.notices.all
    assert (notice.state, notice.reply_to, notice.extension) == ("sent", "wang@example.org", "00")
    assert world.books.outbox.get(notice.message_id or 0) is not None
    assert world.books.timeline.of(mail_id) == [f"told by SMS {notice.message_id}, 1 segment(s)"]


def test_the_address_book_name_goes_first_and_reply_to_is_answered() -> None:
    world = World()
    world.rule()
    world.books.contacts.add(ANN, "老王", ["wang@example.org"])
    world.arrives(mail(Reply_To="team@example.org"))
    assert "老王 12:00" in world.books.outbox.sent[0].text
    assert world.books.notices.all[0].reply_to == "team@example.org"


def test_without_a_rule_nothing_is_told() -> None:
    world = World()
    mail_id = world.arrives(mail())
    assert not world.books.outbox.sent
    assert not world.books.timeline.of(mail_id)


@pytest.mark.parametrize(
    ("data", "envelope", "why"),
    [
        (mail(), "", "a bounce"),
        (mail(Return_Path="<>"), "x@y.org", "a bounce"),
        (mail(X_Caiyou_Loop="report"), "x@y.org", "a notice of our own"),
        (mail(X_Spam_Flag="YES"), "x@y.org", "marked as spam"),
        (mail(X_Spam_Status="Yes, score=9"), "x@y.org", "marked as spam"),
        (b"Received: x\r\n" * 31 + mail(), "x@y.org", "it runs in circles"),
        (mail(List_Id="<l.example.org>"), "x@y.org", "no rule wants it told"),
        (mail(Precedence="bulk"), "x@y.org", "no rule wants it told"),
    ],
)
def test_what_is_never_told(data: bytes, envelope: str, why: str) -> None:
    world = World()
    world.rule()
    mail_id = world.arrives(data, envelope=envelope)
    assert not world.books.outbox.sent
    assert not world.books.notices.all
    assert world.books.timeline.of(mail_id) == [f"none: {why}"]


def test_a_program_that_writes_to_people_is_told() -> None:
    world = World()
    world.rule(lists=True)
    world.arrives(mail(Auto_Submitted="auto-generated", List_Id="<l.example.org>"))
    assert len(world.books.outbox.sent) == 1


def test_an_unproved_number_gets_nothing() -> None:
    world = World()
    world.rule(number=BOB_PHONE)
    mail_id = world.arrives(mail())
    assert not world.books.outbox.sent
    assert "none: the number of the rule is not proved" in world.books.timeline.of(mail_id)
    world.books.phones.all.clear()
    world.books.rules.all.clear()
    world.rule()
    assert "none: no proved number" in world.books.timeline.of(world.arrives(mail()))


def test_a_phone_that_said_stop_gets_nothing() -> None:
    world = World()
    world.rule()
    world.books.stops.stop(ANN_PHONE, "T")
    mail_id = world.arrives(mail())
    assert not world.books.outbox.sent
    assert "none: the phone said stop" in world.books.timeline.of(mail_id)


def test_a_rule_that_cannot_be_read_does_not_hide_the_next() -> None:
    world = World()
    world.rule(colour="red")
    world.rule()
    mail_id = world.arrives(mail())
    assert len(world.books.outbox.sent) == 1
    assert any("colour" in detail for detail in world.books.timeline.of(mail_id))


def test_one_phone_is_told_once_and_two_phones_each() -> None:
    world = World()
    world.prove(ANN, BOB_PHONE)
    world.rule(number=ANN_PHONE)
    world.rule(number=ANN_PHONE, segments=2)
    world.rule(number=BOB_PHONE)
    world.arrives(mail())
    assert [sms.recipient for sms in world.books.outbox.sent] == [ANN_PHONE, BOB_PHONE]


def test_codes_are_shown_only_where_the_rule_allows_it() -> None:
    world = World()
    world.rule(allow_codes=True, senders=["bank@example.org"])
    world.rule()
    world.arrives(mail("登录", "验证码 482913", sender="bank@example.org"))
    world.arrives(mail("登录", "验证码 482913", sender="shop@example.org"))
    assert ["482913" in sms.text for sms in world.books.outbox.sent] == [True, False]


def test_the_cap_ends_the_day_with_one_sms_and_silence() -> None:
    world = World()
    world.rule(daily_cap=3)
    ids = [world.arrives(mail(message_id=f"<{n}@x>")) for n in range(6)]
    texts = [sms.text for sms in world.books.outbox.sent]
    assert len(texts) == 4
    assert texts[3] == "【彩邮】今日提醒已达3条，其余见信箱"
    assert [notice.state for notice in world.books.notices.all] == ["sent"] * 3 + ["dropped"] * 3
    assert world.books.timeline.of(ids[5]) == ["none: daily cap of 3 reached"]
    world.later(days=1)
    world.arrives(mail())
    assert len(world.books.outbox.sent) == 5


def test_the_accounts_own_cap_holds_for_every_rule() -> None:
    world = World()
    world.rule(daily_cap=500)
    for _ in range(30):
        world.arrives(mail())
    assert len(world.books.outbox.sent) == 21


def test_the_cap_is_not_told_at_night() -> None:
    world = World(at("2026-01-05T23:00"))
    world.rule(daily_cap=1, quiet_from="22:30", quiet_until="07:00", wake_senders=["wang@example.org"])
    world.arrives(mail())
    world.arrives(mail())
    assert [sms.not_before_ms for sms in world.books.outbox.sent] == [0, at("2026-01-06T07:00")]


def test_quiet_hours_hold_and_the_morning_tells_them_one_by_one() -> None:
    world = World(at("2026-01-05T23:00"))
    world.rule(quiet_from="22:30", quiet_until="07:00")
    ids = [world.arrives(mail("第一")), world.arrives(mail("第二"))]
    assert world.books.timeline.of(ids[0]) == ["held: quiet hours until 07:00"]
    assert world.notifier.release_held(world.books) == 0
    world.books.now_ms = at("2026-01-06T07:00")
    assert world.notifier.release_held(world.books) == 2
    assert [sms.text for sms in world.books.outbox.sent] == [
        "【彩邮】王五 昨23:00 第一：请准备材料",
        "【彩邮】王五 昨23:00 第二：请准备材料",
    ]
    assert world.notifier.release_held(world.books) == 0
    sent = [notice for notice in world.books.notices.all if notice.state == "sent"]
    assert [notice.extension for notice in sent] == ["00", "01"]


def test_quiet_hours_with_a_digest_tell_the_morning_in_one_sms() -> None:
    world = World(at("2026-01-05T23:00"))
    world.rule(quiet_from="22:30", quiet_until="07:00", digest="when held")
    ids = [
        world.arrives(mail("合同")),
        world.arrives(mail("再次", sender="张三 <zhang@example.org>")),
        world.arrives(mail("三", sender="张三 <zhang@example.org>")),
    ]
    world.books.now_ms = at("2026-01-06T07:00")
    assert world.notifier.release_held(world.books) == 3
    (sms,) = world.books.outbox.sent
    assert sms.text == "【彩邮】07:00前3封：王五(合同)、张三2 回1看列表"
    assert (sms.purpose, sms.sender) == (Purpose.DIGEST, ACCESS)
    assert {notice.state for notice in world.books.notices.all} == {"digested"}
    assert len({notice.message_id for notice in world.books.notices.all}) == 1
    assert world.books.timeline.of(ids[2])[-1].startswith("told in the digest")
    assert world.books.notices.count_sent(ANN, world.books.now_ms - DAY_MS) == 1


def test_a_single_held_mail_is_told_in_full() -> None:
    world = World(at("2026-01-05T23:00"))
    world.rule(quiet_from="22:30", quiet_until="07:00", digest="when held")
    world.arrives(mail())
    world.books.now_ms = at("2026-01-06T07:00")
    world.notifier.release_held(world.books)
    assert world.books.outbox.sent[0].text == "【彩邮】王五 昨23:00 合同评审：请准备材料"


def test_a_digest_gathers_for_its_minutes() -> None:
    world = World()
    world.rule(digest=30)
    world.arrives(mail())
    world.later(minutes=20)
    world.arrives(mail("二"))
    assert {notice.due_ms for notice in world.books.notices.all} == {NOON + 30 * MINUTE_MS}
    world.later(minutes=9)
    assert world.notifier.release_held(world.books) == 0
    world.later(minutes=1)
    assert world.notifier.release_held(world.books) == 2
    world.arrives(mail("三"))
    assert world.books.notices.all[-1].due_ms == world.books.now_ms + 30 * MINUTE_MS


def test_a_busy_conversation_rings_once_in_its_pause() -> None:
    world = World()
    world.rule(thread_minutes=30)
    first = world.arrives(mail())
    world.later(minutes=10)
    second = world.arrives(mail("Re: 合同评审"), thread=first)
    world.arrives(mail("other"))
    assert world.books.timeline.of(second) == ["none: thread told until 12:30"]
    world.later(minutes=20)
    world.arrives(mail("Re: 合同评审"), thread=first)
    assert len(world.books.outbox.sent) == 3


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda world: world.books.stops.stop(ANN_PHONE, "T"), "the phone said stop"),
        (lambda world: world.books.phones.all.clear(), "the number is not proved"),
        (lambda world: world.unprove(ANN, ANN_PHONE), "the number is not proved"),
        (lambda world: world.books.bodies.clear(), "the mail is gone"),
    ],
)
def test_what_changes_while_a_notice_is_held_counts(change, reason: str) -> None:
    world = World(at("2026-01-05T23:00"))
    world.rule(quiet_from="22:30", quiet_until="07:00")
    mail_id = world.arrives(mail())
    change(world)
    world.books.now_ms = at("2026-01-06T07:00")
    assert world.notifier.release_held(world.books) == 1
    assert not world.books.outbox.sent
    assert (world.books.notices.all[0].state, world.books.notices.all[0].reason) == ("dropped", reason)
    assert world.books.timeline.of(mail_id)[-1] == f"none: {reason}"


def test_the_morning_after_a_flood_keeps_to_the_cap() -> None:
    world = World(at("2026-01-05T23:00"))
    world.rule(quiet_from="22:30", quiet_until="07:00", daily_cap=5)
    for _ in range(40):
        world.arrives(mail())
    world.books.now_ms = at("2026-01-06T07:00")
    assert world.notifier.release_held(world.books) == 40
    assert len(world.books.outbox.sent) == 6
    assert world.books.outbox.sent[-1].text == "【彩邮】今日提醒已达5条，其余见信箱"


def extensions(world: World) -> str:
    return " ".join(sms.sender.removeprefix(ACCESS) for sms in world.books.outbox.sent)


def test_a_conversation_keeps_its_extension() -> None:
    world = World()
    world.rule()
    first = world.arrives(mail())
    world.arrives(mail(message_id="<2@x>"))
    world.arrives(mail(message_id="<3@x>"), thread=first)
    assert extensions(world) == "00 01 00"


def test_of_extensions_all_in_use_the_oldest_is_given_anew() -> None:
    world = World(extension_digits=1)
    world.rule()
    threads = []
    for n in range(10):
        threads.append(world.arrives(mail(message_id=f"<{n}@x>")))
        world.later(minutes=7)
    for n in (0, 1, 5, 3):  # used again, out of turn
        world.arrives(mail(), thread=threads[n])
        world.later(minutes=7)
    for n in range(6):
        world.arrives(mail(message_id=f"<new{n}@x>"))
        world.later(minutes=7)
    assert extensions(world) == "0 1 2 3 4 5 6 7 8 9 0 1 5 3 2 4 6 7 8 9"


def test_extensions_are_free_again_when_no_reply_is_expected_any_more() -> None:
    world = World(extension_digits=1)
    world.rule()
    world.arrives(mail())
    world.later(days=15)
    world.arrives(mail())
    assert [sms.sender for sms in world.books.outbox.sent] == [ACCESS + "0"] * 2


@pytest.mark.parametrize("config", [{"access_number": ""}, {"extension_digits": 0}])
def test_without_extensions_the_number_stands_alone(config: dict[str, object]) -> None:
    world = World(**config)
    world.rule()
    world.arrives(mail())
    assert world.books.outbox.sent[0].sender == (config.get("access_number", ACCESS))
    assert world.books.notices.all[0].extension == ""


def test_a_route_that_signs_gets_the_text_without_signature() -> None:
    world = World(route_signs=True)
    world.rule()
    world.arrives(mail())
    assert world.books.outbox.sent[0].text.startswith("王五 12:00")


def test_a_mail_with_an_endless_reply_address_is_told_and_cannot_be_answered() -> None:
    world = World()
    world.rule()
    world.arrives(mail(Reply_To="a" * 300 + "@example.org"))
    assert len(world.books.outbox.sent) == 1
    assert world.books.notices.all[0].reply_to == ""


field = st.binary(max_size=60).map(lambda raw: raw.replace(b"\r", b"").replace(b"\n", b""))


@given(field, field, field, st.binary(max_size=300))
def test_any_bytes_are_told_in_what_a_phone_and_a_database_can_hold(
    sender: bytes, subject: bytes, reply_to: bytes, body: bytes
) -> None:
    world = World()
    world.rule()
    data = b"From: %s\r\nSubject: %s\r\nReply-To: %s\r\n\r\n%s" % (sender, subject, reply_to, body)
    mail_id = world.books.new_id()
    event = MailArrived(mail_id, ANN, ANN, mail_id, "INBOX", "x@example.org", "ann@hub.cn", data, NOON)
    world.notifier.notify_on_arrival(event, world.books)
    assert len(world.books.outbox.sent) == 1
    world.texts("好的")


@pytest.mark.parametrize("name", [b"=?utf-8?q?a=00b?=", b'"a\0b"', b"=?utf-16?b?3ADcAA==?=", b"\xed\xa0\x80"])
def test_a_name_that_no_database_holds_is_told_without(name: bytes) -> None:
    world = World()
    world.rule()
    data = b"From: %s <a@example.org>\r\nSubject: %s\r\n\r\nx" % (name, name)
    event = MailArrived(5, ANN, ANN, 5, "INBOX", "x@example.org", "ann@hub.cn", data, NOON)
    world.notifier.notify_on_arrival(event, world.books)
    assert len(world.books.outbox.sent) == 1
