"""Notices: every mail in tests/data/mail gives its line, character for character; and the rules one by one."""

import dataclasses
import datetime
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.core import text
from gateway.core.text import Alphabet
from gateway.mail.mime.reader import read_mail
from mail2sms import secrets, summary
from mail2sms.cleaning import LeftOut, clean_body, clean_subject
from mail2sms.summary import DigestEntry, Notice, NoticeFacts, NoticeOptions

MAILS = Path(__file__).parents[2] / "data" / "mail"
CHINA = datetime.timezone(datetime.timedelta(hours=8))
NOW = datetime.datetime(2026, 11, 24, 9, 6, tzinfo=CHINA)
ZH = NoticeOptions(now=NOW, zone=CHINA)
EN = NoticeOptions(now=NOW, zone=CHINA, language="en")
FACTS = NoticeFacts(received=NOW - datetime.timedelta(minutes=1), name="张三")

LINES = [
    tuple(row.split("\t"))
    for row in (MAILS / "notices.tsv").read_text(encoding="utf-8").splitlines()
    if not row.startswith("#")
]


def notice_of(name: str, language: str) -> Notice:
    mail = read_mail((MAILS / f"{name}.eml").read_bytes())
    facts = NoticeFacts(
        received=mail.headers.date or NOW,
        address=mail.headers.from_.address,
        name=mail.headers.from_.name,
        subject=mail.headers.subject,
        body=mail.text,
        attachments=mail.attachment_count,
    )
    return summary.compose_notice(facts, EN if language == "en" else ZH)


@pytest.mark.parametrize(("name", "language", "line"), LINES, ids=[name for name, _, _ in LINES])
def test_each_mail_gives_its_line(name: str, language: str, line: str) -> None:
    assert notice_of(name, language).text == line


def test_every_mail_on_file_has_a_line() -> None:
    assert sorted(path.stem for path in MAILS.glob("*.eml")) == sorted(name for name, _, _ in LINES)


def test_seventy_units_are_used_to_the_last() -> None:
    facts = dataclasses.replace(
        FACTS,
        subject="Re: 回复：关于明天下午三点合同评审会议的通知",
        body="各位同事：\n\n请提前准备材料，会议室改到五楼。附件是最新的合同文本，请先看第三章和第五章。\n\n-- \n张三",
    )
    notice = summary.compose_notice(facts, ZH)
    assert notice.text == (
        "【彩邮】张三 09:05 关于明天下午三点合同评审会议的通知："
        "各位同事：请提前准备材料，会议室改到五楼。附件是最新的合同文本，请先看第三章…"
    )
    assert text.units(notice.text, notice.alphabet) == 70
    assert notice.segments == 1
    assert notice.left_out == {LeftOut.REST, LeftOut.SIGNATURE}


def test_an_english_notice_uses_160_septets() -> None:
    body = "“Joe’s” is fine. " * 20
    facts = dataclasses.replace(FACTS, name="Alice", subject="Re: [dev] Lunch – tomorrow?", body=body)
    notice = summary.compose_notice(facts, EN)
    assert notice.alphabet is Alphabet.GSM7
    assert notice.text.startswith('[Caiyou] Alice 09:05 Lunch - tomorrow? "Joe\'s" is fine.')
    assert text.units(notice.text, Alphabet.GSM7) == 160


def test_one_chinese_character_in_view_makes_it_ucs2() -> None:
    facts = dataclasses.replace(FACTS, name="Alice", subject="Lunch", body="at 老王 " + "a" * 200)
    notice = summary.compose_notice(facts, EN)
    assert notice.alphabet is Alphabet.UCS2
    assert text.units(notice.text, Alphabet.UCS2) == 70


def test_chinese_out_of_view_leaves_it_gsm7() -> None:
    facts = dataclasses.replace(FACTS, name="Alice", subject="Lunch", body="abcd " * 40 + "老王")
    assert summary.compose_notice(facts, EN).alphabet is Alphabet.GSM7


def test_the_signature_of_the_route_is_counted_but_not_sent() -> None:
    facts = dataclasses.replace(FACTS, subject="会议", body="请" * 100)
    ours = summary.compose_notice(facts, ZH)
    theirs = summary.compose_notice(facts, dataclasses.replace(ZH, route_signs=True))
    assert ours.text == "【彩邮】" + theirs.text


@pytest.mark.parametrize("segments", [1, 2])
def test_a_signature_beyond_reason_still_fits(segments: int) -> None:
    options = dataclasses.replace(ZH, signature="【" + "彩" * 300 + "】", segments=segments)
    notice = summary.compose_notice(dataclasses.replace(FACTS, subject="会议", body="请来"), options)
    assert notice.segments == segments
    assert text.units(notice.text, notice.alphabet) == text.capacity(Alphabet.UCS2, segments)


@pytest.mark.parametrize("segments", [1, 2, 3, 5])
def test_more_segments_show_more(segments: int) -> None:
    facts = dataclasses.replace(FACTS, subject="会议", body="请准备材料" * 100, attachments=2)
    notice = summary.compose_notice(facts, dataclasses.replace(ZH, segments=segments))
    assert text.units(notice.text, notice.alphabet) == text.capacity(Alphabet.UCS2, segments)
    assert notice.segments == segments
    assert notice.text.endswith("…+2附件")


@pytest.mark.parametrize(
    ("hours_ago", "shown"),
    [(0, "09:06"), (9, "00:06"), (10, "昨23:06"), (34, "11/22"), (24 * 365, "2025/11/24"), (-2, "11:06")],
)
def test_the_time_is_that_of_the_member(hours_ago: int, shown: str) -> None:
    received = (NOW - datetime.timedelta(hours=hours_ago)).astimezone(datetime.UTC)
    facts = NoticeFacts(received=received, name="a", subject="b", body="c")
    assert summary.compose_notice(facts, ZH).text == f"【彩邮】a {shown} b：c"


@pytest.mark.parametrize(
    ("facts", "sender"),
    [
        ({"contact_name": "老张", "name": "Zhang San", "address": "z@x.cn"}, "老张"),
        ({"name": "Zhang San", "address": "z@x.cn"}, "Zhang San"),
        ({"address": "zhang.san@x.cn"}, "zhang.san"),
        ({"name": "z@x.cn", "address": "z@x.cn"}, "z"),
        ({"name": "中国某某股份有限公司客户服务中心"}, "中国某某股份有限公司"),
        ({"name": "一二三四五六七八九👍"}, "一二三四五六七八九"),
        ({"address": "+8613800138000@x.cn"}, "13800138000"),
        ({}, "?"),
    ],
)
def test_the_sender_is_named_as_the_member_knows_them(facts: dict[str, str], sender: str) -> None:
    whole = NoticeFacts(received=NOW, subject="s", body="b", **facts)
    assert summary.compose_notice(whole, ZH).text == f"【彩邮】{sender} 09:06 s：b"


@pytest.mark.parametrize(
    ("subject", "clean"),
    [
        ("Re: Fwd: RE: FW: 你好", "你好"),
        ("回复：转发：答复: 你好", "你好"),
        ("Re[2]: 你好", "你好"),
        ("回复(3)：你好", "你好"),
        ("[dev-list] Re: [dev-list] hello", "hello"),
        ("[紧急] 停电", "[紧急] 停电"),
        ("Re:", "Re:"),
        ("[list]", "[list]"),
        ("Report: all fine", "Report: all fine"),
        ("a\tb\r\n c", "a b c"),
        ("", ""),
    ],
)
def test_a_subject_loses_its_chain(subject: str, clean: str) -> None:
    assert clean_subject(subject) == clean


@pytest.mark.parametrize(
    ("body", "clean", "left_out"),
    [
        ("好的\n> 引用\n谢谢", "好的 谢谢", {"quote"}),
        ("好的\n\n-----原始邮件-----\n旧", "好的", {"quote"}),
        ("ok\n\n-----Original Message-----\nold", "ok", {"quote"}),
        ("ok\n\nOn Mon, Nov 23, 2026 at 9:00 AM Bob <b@x.com> wrote:\nold", "ok", {"quote"}),
        ("ok\n\nOn Mon, Nov 23, 2026 at 9:00 AM\nBob <b@x.com> wrote:\nold", "ok", {"quote"}),
        ('好\n在 2026-11-23 09:00:00，"李四" <l@x.cn> 写道：\n旧', "好", {"quote"}),
        ("好\n李四 <l@x.cn> 于2026年11月23日周一 09:00写道：\n旧", "好", {"quote"}),
        ("好\n发件人：李四\n发送时间：昨天\n旧", "好", {"quote"}),
        ("ok\nFrom: Bob\nSent: Monday\nold", "ok", {"quote"}),
        ("ok\n---- Replied Message ----\nold", "ok", {"quote"}),
        ("ok\n-- \nBob\n+86 10", "ok", {"signature"}),
        ("好\n发自我的iPhone", "好", {"signature"}),
        ("News.\nYou are receiving this email because you asked for it. Unsubscribe", "News.", {"disclaimer"}),
        ("好\n\n（由手机 +8613800138000 短信回复）\n", "好", {"signature"}),
        ("OK\n\n(answered by SMS from +447700900123)\n", "OK", {"signature"}),
        ("好\n\n发自我的华为手机\n", "好", {"signature"}),
        ("ok\nSent from my iPhone", "ok", {"signature"}),
        ("ok\nGet Outlook for iOS<https://aka.example/x>", "ok", {"signature"}),
        ("ok\nCONFIDENTIALITY NOTICE: this is secret", "ok", {"disclaimer"}),
        ("ok\nThis e-mail and any attachments are confidential.", "ok", {"disclaimer"}),
        ("好\n免责声明：……", "好", {"disclaimer"}),
        ("看 https://x.example/a?b=c，谢谢", "看 \ue000，谢谢", {"link"}),
        ("a <https://x.example/1> https://x.example/2 b", "a \ue000 b", {"link"}),
        ("图\n" + "QUJD" * 30 + "\n完", "图 完", {"noise"}),
        ("a\n==========\nb", "a b", {"noise"}),
        ("a [cid:image001.png@01D] b", "a b", {"noise"}),
        ("多\u200b余\u3000\u3000空  格\u00a0\n\n\n行", "多余 空 格 行", set()),
        (
            "这一行写得很长很长所以被邮件程序在中间硬折成了两行，但意思没\n断",
            "这一行写得很长很长所以被邮件程序在中间硬折成了两行，但意思没断",
            set(),
        ),
        ("This message is what I wrote: yes", "This message is what I wrote: yes", {"disclaimer"}),
        ("本邮件由系统自动发出\n您的订单已发货", "您的订单已发货", {"disclaimer"}),
        ("时间：三点\n地点：五楼", "时间：三点 地点：五楼", set()),
        ("---------- 转发的邮件 ----------\n发件人：甲\n日期：乙\n主题：丙\n正文在此", "正文在此", set()),
    ],
)
def test_a_body_keeps_what_is_new(body: str, clean: str, left_out: set[str]) -> None:
    found = clean_body(body, 400)
    assert found.text == clean
    assert {kind.value for kind in found.left_out} == left_out


@pytest.mark.parametrize(
    ("body", "has_code"),
    [
        ("您的验证码是384756", True),
        ("验证码：３８４７５６", True),
        ("384756（登录验证码），请勿泄露", True),
        ("G-384756 is your Google verification code", True),
        ("Use one-time code AB12CD to log in", True),
        ("your code is 482 913", True),
        ("请输入验证码后继续", False),
        ("会议在2026年11月24日", False),
        ("订单号12345678已发货", False),
        ("zip code 100080", False),
    ],
)
def test_one_time_codes_are_seen(body: str, has_code: bool) -> None:
    assert secrets.has_code(body) is has_code


@pytest.mark.parametrize(
    ("body", "has_password"),
    [
        ("初始密码：Ab3#9kQz", True),
        ("密码是 hunter22", True),
        ("Password: correct-horse", True),
        ("您的密码将于三天后过期", False),
        ("Your password was changed", False),
        ("password reset for your account", False),
    ],
)
def test_passwords_are_seen(body: str, has_password: bool) -> None:
    assert secrets.has_password(body) is has_password


def test_codes_travel_only_with_leave() -> None:
    facts = dataclasses.replace(FACTS, subject="验证码 384756", body="您的验证码是384756。")
    withheld = summary.compose_notice(facts, ZH)
    assert withheld.text == "【彩邮】张三 09:05 验证码 ****：含验证码，请登录查看"
    assert withheld.left_out == {LeftOut.CODE}
    allowed = summary.compose_notice(facts, dataclasses.replace(ZH, show_codes=True))
    assert "384756" in allowed.text


def test_card_numbers_never_travel_whole() -> None:
    facts = dataclasses.replace(FACTS, subject="账单", body="卡号4111111111111111，订单4111111111111112")
    notice = summary.compose_notice(facts, dataclasses.replace(ZH, show_codes=True))
    assert notice.text == "【彩邮】张三 09:05 账单：卡号****1111，订单4111111111111112"
    assert LeftOut.CARD in notice.left_out


@pytest.mark.parametrize(
    ("subject", "body", "attachments", "rest"),
    [
        ("照片", "", 2, "照片 (无正文，附件2)"),
        ("照片", "", 0, "照片 (无正文)"),
        ("", "", 0, "(无主题) (无正文)"),
        ("", "正文", 0, "正文"),
        ("停电通知", "停电通知：今晚八点", 0, "停电通知：今晚八点"),
        ("停电通知", "停电通知", 0, "停电通知"),
        ("停电通知", "停电通知", 1, "停电通知+1附件"),
        ("几点？", "三点", 0, "几点？三点"),
        ("a" * 60, "正文", 0, "a" * 53 + "…：正文"),
    ],
)
def test_what_stands_after_the_time(subject: str, body: str, attachments: int, rest: str) -> None:
    facts = dataclasses.replace(FACTS, subject=subject, body=body, attachments=attachments)
    assert summary.compose_notice(facts, ZH).text == "【彩邮】张三 09:05 " + rest


@pytest.mark.parametrize(
    "line",
    ["-" * 4000 + "original", "On " * 2000, "a@" * 2000, "http://" * 2000, "[" * 4000, "<" * 4000, "re:" * 2000,
     "password " * 900, "code is " * 900, "1 " * 4000, "写道" * 2000, "from " * 900, "在 " * 2000 + "写道："],
)  # fmt: skip
def test_hostile_text_takes_bounded_time(line: str) -> None:
    started = time.process_time()
    summary.compose_notice(dataclasses.replace(FACTS, subject=line, body="\n".join([line] * 15)), ZH)
    assert time.process_time() - started < 0.25


def test_a_long_subject_leaves_half_to_the_body() -> None:
    facts = dataclasses.replace(FACTS, subject="题" * 60, body="文" * 60)
    shown = summary.compose_notice(facts, ZH).text.removeprefix("【彩邮】张三 09:05 ")
    assert shown == "题" * 27 + "…：" + "文" * 27 + "…"


def test_a_digest_names_whom_it_can() -> None:
    options = dataclasses.replace(ZH, now=NOW.replace(hour=8, minute=0))
    entries = [DigestEntry("张三", 2), DigestEntry("王五", 1, "Re: 合同"), DigestEntry("支付宝", 4)]
    assert summary.compose_digest(entries, options).text == ("【彩邮】08:00前7封：张三2、王五(合同)、支付宝4 回1看列表")
    many = summary.compose_digest(entries * 20, options)
    assert many.text.endswith("… 回1看列表")
    assert many.segments == 1
    assert LeftOut.REST in many.left_out


def test_over_the_cap_one_line_and_silence() -> None:
    assert summary.compose_over_cap(20, ZH).text == "【彩邮】今日提醒已达20条，其余见信箱"
    signed_by_route = dataclasses.replace(ZH, route_signs=True)
    assert summary.compose_over_cap(20, signed_by_route).text == "今日提醒已达20条，其余见信箱"


@settings(max_examples=150, deadline=None)
@given(
    name=st.text(max_size=20),
    subject=st.text(max_size=120),
    body=st.one_of(st.text(max_size=400), st.text("各位请\n 。，👍\u200d👨🇨🇳>-:ab€", max_size=400)),
    attachments=st.integers(0, 30),
    segments=st.integers(1, 4),
    language=st.sampled_from(["zh", "en"]),
    route_signs=st.booleans(),
)
def test_any_mail_fits_its_segments(
    name: str, subject: str, body: str, attachments: int, segments: int, language: str, route_signs: bool
) -> None:
    facts = NoticeFacts(received=NOW, name=name, subject=subject, body=body, attachments=attachments)
    options = NoticeOptions(now=NOW, zone=CHINA, language=language, segments=segments, route_signs=route_signs)
    notice = summary.compose_notice(facts, options)
    signature = {"zh": "【彩邮】", "en": "[Caiyou] "}[language] if route_signs else ""
    assert len(text.split(signature + notice.text, notice.alphabet)) == notice.segments <= segments
    assert not set(notice.text) & set("\r\n\x00\ue000")


# --- the list -----------------------------------------------------------------------------------------------------

LIST = dataclasses.replace(ZH, segments=3)


def listed(*mails: NoticeFacts, options: NoticeOptions = LIST) -> Notice:
    return summary.compose_list(mails, 3, options)


def test_the_list_has_a_line_for_each_mail() -> None:
    mails = [
        dataclasses.replace(FACTS, subject="Re: 回复：合同评审", body="请看"),
        dataclasses.replace(FACTS, received=NOW - datetime.timedelta(days=1), name="Very Long Sender", subject="Tea"),
        dataclasses.replace(FACTS, received=NOW - datetime.timedelta(days=2), contact_name="老王", body="没有主题"),
        dataclasses.replace(FACTS, subject="", body=""),
    ]
    assert listed(*mails).text.split("\n") == [
        "【彩邮】近3天的邮件：",
        "1 09:05 张三 合同评审",
        "2 昨09:06 Very Long Tea",
        "3 11/22 老王 没有主题",
        "4 09:05 张三 (无主题)",
    ]
    assert listed(*mails).segments == 2
    assert LeftOut.REST not in listed(*mails).left_out


def test_an_empty_list_says_so() -> None:
    assert listed().text == "【彩邮】近3天没有新邮件提醒。"
    assert listed(options=dataclasses.replace(EN, route_signs=True)).text == "Nothing new in the last 3 days."


def test_a_list_withholds_what_a_notice_withholds() -> None:
    shown = listed(
        dataclasses.replace(FACTS, subject="482913", body="是您的验证码"),
        dataclasses.replace(FACTS, subject="", body="您的验证码是 482913"),
        dataclasses.replace(FACTS, subject="密码：geheim77", body=""),
        dataclasses.replace(FACTS, subject="卡 4111111111111111", body=""),
    )
    assert shown.text.split("\n")[1:] == [
        "1 09:05 张三 ****",
        "2 09:05 张三 含验证码，请登录查看",
        "3 09:05 张三 含密码，请登录查看",
        "4 09:05 张三 卡 ****1111",
    ]
    assert shown.left_out >= {LeftOut.CODE, LeftOut.PASSWORD, LeftOut.CARD}


def test_subjects_give_way_before_lines_do() -> None:
    nine = [dataclasses.replace(FACTS, subject=f"关于第{n}次合同评审会议的通知和材料") for n in range(9)]
    shown = listed(*nine)
    assert (shown.segments, shown.text.count("\n")) == (3, 9)
    assert len(shown.text) > 190
    assert all(line.endswith("…") for line in shown.text.split("\n")[1:])
    wide = [dataclasses.replace(mail, name="十个字的名字就是这样", received=NOW.replace(year=2025)) for mail in nine]
    shown = listed(*wide)
    assert shown.segments == 3
    assert 4 <= shown.text.count("\n") < 9
    assert LeftOut.REST in shown.left_out


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.tuples(st.text(max_size=20), st.text(max_size=60), st.text(max_size=60)), max_size=9),
    st.sampled_from(["zh", "en"]),
    st.booleans(),
)
def test_a_list_never_takes_more_than_its_segments(
    mails: list[tuple[str, str, str]], language: str, route_signs: bool
) -> None:
    options = dataclasses.replace(LIST, language=language, route_signs=route_signs)
    facts = [NoticeFacts(received=NOW, name=name, subject=subject, body=body) for name, subject, body in mails]
    shown = listed(*facts, options=options)
    assert 1 <= shown.segments <= 3
    assert text.fits(shown.text, 3)
    assert shown.text.count("\n") <= len(mails)
