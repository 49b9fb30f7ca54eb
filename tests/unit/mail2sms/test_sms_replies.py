"""What phones write: words, codes, replies with the right headers, and never a loop."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.core.events import MailArrived
from gateway.core.outbox import Purpose
from mail2sms.proof import start_proof
from tests.fakes.mail2sms import ACCESS, ANN, ANN_PHONE, BOB, BOB_PHONE, STRANGER, World, mail, read


def told(**config: object) -> World:
    """Ann was told of a mail from Wang."""
    world = World(**config)
    world.rule()
    world.arrives(mail(References="<m0@example.org>"))
    return world


def answers(world: World) -> list[str]:
    return [sms.text for sms in world.books.outbox.sent if sms.purpose is Purpose.REPLY]


def test_a_reply_becomes_a_mail_in_the_conversation() -> None:
    world = told()
    world.later(minutes=5)
    inbox_id = world.texts("好的，明天见", to=ACCESS + "00")
    (sent,) = world.books.mails
    assert (sent.sender, sent.recipients, sent.account_id) == ("ann@hub.cn", ("wang@example.org",), ANN)
    message = read(sent.data)
    assert message["From"].addresses[0].addr_spec == "ann@hub.cn"
    assert message["From"].addresses[0].display_name == "安娜"
    assert message["To"].addresses[0].addr_spec == "wang@example.org"
    assert message["To"].addresses[0].display_name == "王五"
    assert message["Subject"] == "Re: 合同评审"
    assert message["In-Reply-To"] == "<m1@example.org>"
    assert message["References"].split() == ["<m0@example.org>", "<m1@example.org>"]
    assert message["Date"].datetime.timestamp() * 1000 == world.books.now_ms
    assert "Auto-Submitted" not in message
    assert message.get_content() == "好的，明天见\r\n\r\n（由手机 +8613800138000 短信回复）\r\n"
    assert not answers(world)
    assert world.books.timeline.of(inbox_id)[0].startswith("sent on as mail")


@pytest.mark.parametrize("to", [ACCESS, ACCESS + "00", "86" + ACCESS + "00", "+86" + ACCESS + "00", "", "10690000"])
def test_a_plain_reply_finds_the_last_notice(to: str) -> None:
    world = told()
    world.texts("好的", to=to)
    assert len(world.books.mails) == 1


def test_a_members_answer_is_kept_in_their_folder_sent() -> None:
    world = told()
    world.books.reactions[MailArrived] = [world.notifier.notify_on_arrival]
    world.texts("好的")
    (row,) = [row for row in world.books.rows.values() if row.get("folder") == "Sent"]
    assert (row["mailbox_id"], row["flags"], row["subject"]) == (ANN, "S", "Re: 合同评审")
    assert world.books.bodies[row["id"]] == world.books.mails[0].data
    assert len(world.books.outbox.sent) == 1  # the copy is announced to nobody


def test_an_answer_under_a_phones_address_is_kept_for_nobody() -> None:
    world = World()
    world.mails_phone(mail(), ANN_PHONE, envelope="wang@example.org")
    world.texts("好的")
    assert len(world.books.mails) == 1
    assert not [row for row in world.books.rows.values() if row["folder"] == "Sent"]


def test_the_extension_finds_an_older_conversation() -> None:
    world = told()
    world.later(minutes=1)
    world.arrives(mail("茶", sender="zhao@example.org", message_id="<z@example.org>"))
    world.texts("一", to=ACCESS + "00")
    world.texts("二", to=ACCESS + "01")
    world.texts("三", to=ACCESS)
    to = [sent.recipients[0] for sent in world.books.mails]
    assert to == ["wang@example.org", "zhao@example.org", "zhao@example.org"]


def test_an_extension_that_stands_for_nothing_answers_nothing() -> None:
    world = told()
    world.texts("好的", to=ACCESS + "77")
    assert not world.books.mails
    assert answers(world) == ["【彩邮】没有找到您要回复的邮件，短信未转发。回?看帮助。"]


def test_after_two_weeks_a_reply_answers_nothing() -> None:
    world = told()
    world.later(days=14, minutes=-1)
    world.texts("好的")
    assert len(world.books.mails) == 1
    world.later(minutes=2)
    world.texts("好的")
    assert len(world.books.mails) == 1


def test_reply_to_is_answered() -> None:
    world = World()
    world.rule()
    world.arrives(mail(Reply_To="Team <team@example.org>"))
    world.texts("好的")
    assert world.books.mails[0].recipients == ("team@example.org",)


def test_a_mail_without_references_gives_what_it_answers_and_itself() -> None:
    world = World()
    world.rule()
    world.arrives(mail(In_Reply_To="<before@hub.cn>"))
    world.texts("好的")
    assert read(world.books.mails[0].data)["References"].split() == ["<before@hub.cn>", "<m1@example.org>"]


def test_a_plain_reply_to_a_digest_goes_to_nobody() -> None:
    world = World()
    world.rule(digest=30)
    world.arrives(mail())
    world.arrives(mail(sender="zhao@example.org"))
    world.later(minutes=30)
    world.notifier.release_held(world.books)
    world.texts("好的")
    assert not world.books.mails
    assert len(answers(world)) == 1


def test_a_contact_told_on_send_answers_under_the_phones_address() -> None:
    world = World()
    world.books.contacts.add(ANN, "赵六", ["zhao@example.org"], [STRANGER])
    world.rule("send")
    world.submits(mail(sender="ann@hub.cn", to="zhao@example.org", message_id="<s1@hub.cn>"), "zhao@example.org")
    world.texts("收到", sender=STRANGER, to=ACCESS + "00")
    (sent,) = world.books.mails
    message = read(sent.data)
    assert (sent.sender, sent.recipients) == ("13700137000@hub.cn", ("ann@hub.cn",))
    assert message["From"].addresses[0].addr_spec == "13700137000@hub.cn"
    assert message["From"].addresses[0].display_name == "赵六"
    assert message["In-Reply-To"] == "<s1@hub.cn>"


def test_a_phone_that_got_a_mail_answers_its_sender() -> None:
    world = World()
    world.mails_phone(mail(sender="ann@hub.cn", message_id="<p1@hub.cn>"), envelope="ann@hub.cn", account_id=ANN)
    world.texts("在路上", sender=STRANGER, to=ACCESS + "00")
    (sent,) = world.books.mails
    assert (sent.sender, sent.recipients) == ("13700137000@hub.cn", ("ann@hub.cn",))
    assert read(sent.data)["In-Reply-To"] == "<p1@hub.cn>"


def test_a_member_who_got_a_strangers_mail_by_phone_answers_as_the_phone() -> None:
    world = World()
    world.mails_phone(mail(), ANN_PHONE, envelope="wang@example.org")
    world.texts("好的")
    assert (world.books.mails[0].sender, world.books.mails[0].recipients) == (
        "13800138000@hub.cn",
        ("wang@example.org",),
    )


def test_two_members_talk_by_sms_through_mail() -> None:
    world = World()
    world.prove(BOB, BOB_PHONE)
    world.rule()
    world.rule(account_id=BOB)
    world.books.reactions[MailArrived] = [world.notifier.notify_on_arrival]
    world.arrives(mail("Tea", "at five?", sender="Bob <bob@hub.cn>", message_id="<b1@hub.cn>"), envelope="bob@hub.cn")
    world.texts("yes", to=ACCESS + "00")
    assert world.books.outbox.sent[-1].recipient == BOB_PHONE
    assert "Tea" in world.books.outbox.sent[-1].text
    world.texts("good", sender=BOB_PHONE, to=world.books.outbox.sent[-1].sender)
    last = read(world.books.mails[-1].data)
    assert last["To"].addresses[0].addr_spec == "ann@hub.cn"
    assert last["References"].split()[0] == "<b1@hub.cn>"
    assert len(last["References"].split()) == 2


def test_the_new_owner_of_a_number_answers_nothing() -> None:
    world = told()
    world.books.phones.all.clear()
    world.texts("好的")
    assert not world.books.mails


@pytest.mark.parametrize("reply_to", ["", "nobody", "a b@example.org", "a@example.org\r\nBcc: evil@example.org"])
def test_an_address_that_is_none_is_not_answered(reply_to: str) -> None:
    world = World()
    world.books.notices.add(
        account_id=ANN, number=ANN_PHONE, mail_id=5, thread_id=5, reply_to=reply_to, state="sent", message_id=6
    )
    world.texts("好的")
    assert not world.books.mails


def test_a_mail_that_is_gone_can_still_be_answered() -> None:
    world = told()
    world.books.bodies.clear()
    world.texts("好的")
    message = read(world.books.mails[0].data)
    assert message["Subject"] == "Re: 合同评审"
    assert "In-Reply-To" not in message


@settings(max_examples=50)
@given(st.text(max_size=300))
def test_any_text_makes_a_clean_mail_or_none(text: str) -> None:
    world = told()
    world.texts(text)
    for sent in world.books.mails:
        read(sent.data)


# --- words ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("word", ["T", "退订", "０", "Stop."])
def test_stop_is_confirmed_once_and_honoured(word: str) -> None:
    world = told()
    world.texts(word)
    assert answers(world) == ["【彩邮】邮件提醒已暂停。回KT重新开通。"]
    assert world.books.stops.among([ANN_PHONE]) == {ANN_PHONE}
    world.later(minutes=1)
    world.texts(word)
    world.arrives(mail())
    assert len(world.books.outbox.sent) == 2
    assert not world.books.mails


def test_stop_drops_what_is_held() -> None:
    world = World()
    world.rule(digest=30)
    world.arrives(mail())
    world.texts("T")
    world.later(minutes=30)
    assert world.notifier.release_held(world.books) == 0
    assert world.books.notices.all[0].state == "dropped"


def test_start_takes_it_back() -> None:
    world = told()
    world.texts("T")
    world.later(minutes=1)
    world.texts("开通")
    assert answers(world)[1] == "【彩邮】邮件提醒已开通。回0暂停。"
    world.arrives(mail())
    assert world.books.outbox.sent[-1].purpose is Purpose.NOTICE


def test_help_is_given_in_the_members_language() -> None:
    world = told()
    world.prove(BOB, BOB_PHONE)
    world.texts("？")
    world.texts("help", sender=BOB_PHONE)
    assert [text[:8] for text in answers(world)] == ["【彩邮】直接回复", "[Caiyou]"]


def test_answers_leave_by_the_link_the_sms_came_by() -> None:
    world = World()
    world.texts("?")
    assert (world.books.outbox.sent[0].link, world.books.outbox.sent[0].sender) == ("cmpp1", ACCESS)


# --- the list -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["1", "１"])
def test_one_gets_the_list_of_mails_told_and_held(text: str) -> None:
    world = told()
    world.later(minutes=5)
    world.rule(digest=30)
    world.books.rules.all.reverse()  # the digest decides from here on
    world.arrives(mail("茶", sender="zhao@example.org", message_id="<z@example.org>"))
    world.texts(text)
    assert answers(world) == ["【彩邮】近3天的邮件：\n1 12:05 zhao 茶\n2 12:00 王五 合同评审"]
    assert not world.books.mails


def test_the_list_is_in_the_members_language_and_unsigned_where_the_route_signs() -> None:
    world = World(route_signs=True)
    world.prove(BOB, BOB_PHONE)
    world.texts("1", sender=BOB_PHONE)
    assert answers(world) == ["Nothing new in the last 3 days."]


def test_the_list_knows_the_address_book_and_names_nine() -> None:
    world = World()
    world.rule()
    world.books.contacts.add(ANN, "老王", ["wang@example.org"])
    for n in range(12):
        world.arrives(mail(f"第{n}", message_id=f"<{n}@x>"))
        world.later(minutes=1)
    world.texts("1")
    lines = answers(world)[0].split("\n")[1:]
    assert lines[0] == "1 12:11 老王 第11"
    assert lines[-1] == "9 12:03 老王 第3"
    assert len(lines) == 9


def test_what_is_old_dropped_gone_or_a_code_is_not_listed() -> None:
    world = told()
    world.later(days=3, minutes=1)
    gone = world.arrives(mail("gone", message_id="<g@x>"))
    del world.books.bodies[gone]
    start_proof(world.books, BOB, ANN_PHONE, "482913")
    world.books.rules.all.clear()
    world.rule(daily_cap=1)
    world.arrives(mail("over the cap", message_id="<o@x>"))
    world.texts("1")
    assert answers(world) == ["【彩邮】近3天没有新邮件提醒。"]


def test_a_code_stays_withheld_in_the_list() -> None:
    world = World()
    world.rule(allow_codes=True)
    world.arrives(mail("登录", "您的验证码是 482913"))
    world.texts("1")
    assert "482913" in world.books.outbox.sent[0].text
    assert "482913" not in answers(world)[0]
    world.arrives(mail("482913", "是您的验证码", message_id="<c@x>"))
    world.later(minutes=1)
    world.texts("1")
    assert "482913" not in answers(world)[1]


def test_who_had_the_number_before_is_not_shown_to_who_has_it_now() -> None:
    world = told()
    world.rule(digest=30)
    world.books.rules.all.reverse()
    world.arrives(mail("held", message_id="<h@x>"))
    world.books.phones.all.clear()
    world.later(hours=1)
    world.prove(BOB, ANN_PHONE)
    world.texts("1")
    assert answers(world) == ["[Caiyou] Nothing new in the last 3 days."]


def test_a_mail_a_member_had_told_is_on_the_list_of_who_got_it() -> None:
    world = World()
    world.prove(BOB, BOB_PHONE)
    world.books.contacts.add(ANN, "Bob", ["bob@hub.cn"], [BOB_PHONE])
    world.rule("send")
    world.submits(mail("Tea", sender="Ann <ann@hub.cn>", to="bob@hub.cn"), "bob@hub.cn")
    world.texts("1", sender=BOB_PHONE)
    assert answers(world) == ["[Caiyou] Mails of the last 3 days:\n1 12:00 Ann Tea"]


@pytest.mark.parametrize("text", ["2", "9", "12", "1 ok"])
def test_other_digits_are_replies(text: str) -> None:
    world = told()
    world.texts(text)
    assert len(world.books.mails) == 1
    assert not answers(world)


def test_one_from_a_phone_of_no_member_is_a_reply() -> None:
    world = World()
    world.books.contacts.add(ANN, "赵六", ["zhao@example.org"], [STRANGER])
    world.rule("send")
    world.submits(mail(sender="ann@hub.cn", to="zhao@example.org"), "zhao@example.org")
    world.texts("1", sender=STRANGER)
    assert len(world.books.mails) == 1
    assert not answers(world)


def test_a_stopped_phone_gets_no_list() -> None:
    world = told()
    world.texts("T")
    world.later(minutes=1)
    world.texts("1")
    assert len(answers(world)) == 1
    assert not world.books.mails


def test_lists_are_given_thirty_times_a_day_ten_seconds_apart() -> None:
    world = told()
    for _ in range(40):
        world.texts("1")
        world.later(seconds=9)
        world.texts("1")
        world.later(seconds=2)
    assert len(answers(world)) == 30
    world.later(days=1)
    world.texts("1")
    assert len(answers(world)) == 31


def test_a_list_that_comes_back_is_not_answered() -> None:
    world = World(route_signs=True)
    world.rule()
    world.arrives(mail())
    world.texts("1")
    world.later(minutes=1)
    world.texts(answers(world)[0])
    assert len(answers(world)) == 1
    assert not world.books.mails


# --- codes ----------------------------------------------------------------------------------------------------------


def test_a_code_by_sms_proves_the_number() -> None:
    world = World()
    start_proof(world.books, BOB, BOB_PHONE, "482913")
    world.texts("４８２９１３", sender=BOB_PHONE)
    assert world.books.phones.proved(BOB) == BOB_PHONE
    assert answers(world) == [
        "[Caiyou] Your number is confirmed; new mail will be told by SMS. Reply 0 to pause, 1 for the list."
    ]


def test_a_code_from_another_phone_proves_nothing() -> None:
    world = World()
    start_proof(world.books, BOB, BOB_PHONE, "482913")
    world.texts("482913", sender=STRANGER)
    assert world.books.phones.proved(BOB) is None


def test_six_digits_that_are_no_code_are_a_reply() -> None:
    world = told()
    start_proof(world.books, BOB, ANN_PHONE, "482913")
    world.texts("123456")
    assert len(world.books.mails) == 1
    assert world.books.phones.get(BOB, ANN_PHONE).code_tries == 1


# --- loops ----------------------------------------------------------------------------------------------------------


def test_a_stranger_is_told_why_but_not_often() -> None:
    world = World()
    for _ in range(3):
        world.texts("你好", sender=STRANGER)
        world.later(seconds=4)
    assert len(answers(world)) == 1
    for _ in range(20):
        world.later(seconds=11)
        world.texts("你好", sender=STRANGER)
    assert len(answers(world)) == 5
    world.later(days=1)
    world.texts("你好", sender=STRANGER)
    assert len(answers(world)) == 6


@pytest.mark.parametrize("sender", ["CMCC", "10086", "106912345", "95588", "", "0", "+12", "Bank 1"])
def test_names_and_short_codes_are_not_answered(sender: str) -> None:
    world = World()
    for text in ("你好", "T", "?", "482913"):
        world.texts(text, sender=sender)
    assert not world.books.outbox.sent
    assert not world.books.mails
    assert not world.books.stops.all


@pytest.mark.parametrize(
    "text",
    [
        "自动回复：我在开会",
        "【彩邮】没有找到您要回复的邮件，短信未转发。回?看帮助。",
        "没有找到您要回复的邮件，短信未转发。回?看帮助。",
        "邮件提醒已暂停。回KT重新开通。",
        "[Caiyou] Mail notices are on. Reply 0 to pause.",
        "【某银行】您的余额",
    ],
)
def test_programs_are_not_answered_and_write_no_mail(text: str) -> None:
    world = told()
    world.texts(text)
    assert not answers(world)
    assert not world.books.mails


def test_two_hubs_do_not_talk_to_each_other() -> None:
    one, two = World(), World()
    text = "hello"
    for turn in range(50):
        world = (one, two)[turn % 2]
        world.later(seconds=30)
        before = len(world.books.outbox.sent)
        world.texts(text, sender=STRANGER)
        if len(world.books.outbox.sent) == before:
            break
        text = world.books.outbox.sent[-1].text
    assert turn < 3


def test_a_stopped_phone_is_not_told_why() -> None:
    world = World()
    world.texts("T", sender=STRANGER)
    world.later(minutes=1)
    world.texts("你好", sender=STRANGER)
    assert len(answers(world)) == 1


@pytest.mark.parametrize("text", ["", "   ", "\n"])
def test_an_empty_sms_is_no_reply(text: str) -> None:
    world = told()
    world.texts(text)
    assert not world.books.mails


# --- the address book -------------------------------------------------------------------------------------------------


def owner(**config: object) -> World:
    """Ann's phone is proved."""
    world = told(**config)
    world.books.contacts.add(ANN, "张三", ["san@x.example"], ["+8613700137000"])
    return world


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("查 张三", "张三 13700137000 san@x.example"),
        ("查：张", "张三 13700137000 san@x.example"),
        ("查 李四", "通讯录里没有“李四”"),
        ("加 李四 139-0013-9000", "已存入通讯录：李四 13900139000"),
        ("add 李四 li@x.example 13900139000", "已存入通讯录：李四 13900139000"),
        ("加 张三 13700137000", "通讯录里已有13700137000：张三"),
    ],
)
def test_the_address_book_by_sms(text: str, said: str) -> None:
    world = owner()
    world.texts(text)
    assert [answer for answer in answers(world) if said in answer], answers(world)
    assert not world.books.mails


def test_who_is_added_by_sms_is_there_with_the_address() -> None:
    world = owner()
    world.texts("加 李四 li@x.example 13900139000")
    assert world.books.contacts.all[-1] == (ANN, "李四", ("li@x.example",), ("+8613900139000",))


@pytest.mark.parametrize(
    "text", ["查一下库存", "查 " + "字" * 30, "加油", "加 李四", "查 张三\n谢谢", "加 13900139000"]
)
def test_what_only_looks_like_it_is_an_answer(text: str) -> None:
    world = owner()
    world.texts(text)
    assert len(world.books.mails) == 1


def test_the_book_is_asked_by_its_owners_phone_alone_and_not_within_a_conversation() -> None:
    world = owner()
    world.texts("查 张三", sender=STRANGER)
    world.texts("查 张三", to=ACCESS + "00")
    assert not any("张三" in answer for answer in answers(world))
    assert len(world.books.mails) == 1
