"""The story of the demo, scene by scene, each checked: what stands on the phones, in the mailboxes, in the books."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Awaitable, Callable
from datetime import datetime
from email.message import EmailMessage
from typing import Any, Final
from zoneinfo import ZoneInfo

from carriers.simulator.handsets import Text
from gateway import stories_text
from gateway.commands.demo_play.post import ask_api, read_maildir, sample, send_mail
from gateway.commands.demo_play.screen import JournalEar, Screen
from gateway.commands.demo_play.stage import (
    ANN,
    ANN_PHONE,
    DOMAIN,
    LILI,
    LILI_PHONE,
    MAMA_PHONE,
    MOBILE,
    PASSWORD,
    UNICOM,
    ZHOU,
    ZHOU_PHONE,
    Stage,
)
from gateway.core import text as sms_text
from gateway.core.errors import CaiyouError, NotFound
from gateway.core.outbox import State
from gateway.core.phone import mask
from gateway.core.text import Alphabet
from gateway.store.desk import BooksOfStore
from gateway.store.stories import Stories

ZONE: Final = ZoneInfo("Asia/Shanghai")
#: Seconds a step may take before it counts as failed.
PATIENCE_S: Final = 8.0
#: The operator's name of the hub's CMPP line, as the simulated carrier tells it.
_ACCOUNTS: Final = {"900001": MOBILE, UNICOM: UNICOM}
_MESSAGE_ID: Final = re.compile(rb"^Message-I[Dd]: (<[^>]+>)", re.MULTILINE)

# What stands on the phones; {time} is when the mail came.
TEXT_GB2312: Final = (
    "【彩邮】周喆 {time} 李镕的入职材料：李丽：李镕明天上午九点报到，工位和电脑请今天备好，合同在我桌上。周喆"
)
TEXT_NEWSLETTER: Final = (
    "[Caiyou] Harbour Fe {time} Winter timetable from 1 December: Winter timetable Dear Ann, from 1 December the ferry "
    "leaves at 07:10, 12:40 and 18:05. The café on board opens again; season tickets stay at 48 €. See the whole "
    "timetable"
)
TEXT_PHOTO: Final = "【彩邮】妈妈 {time} 我们到西湖了，荷花早谢了，桂花还香😀+1附件"
TEXT_INVITE: Final = "【彩邮】王工 {time} 接口评审会：明天14:00在三楼小会议室，请带上各自的接口清单。"
TEXT_CODE: Final = "【彩邮】江南银行 {time} 网银登录验证：含验证码，请登录查看"
TEXT_NOTE: Final = "【彩邮】李丽 {time} 明天的会改到十点：九点会议室有人，我们改到十点，地点不变。"
TEXT_TO_PHONE: Final = (
    "【彩邮】李丽 {time} 周末：妈，我周六上午到家，火车十点二十进站，不用来接。冰箱里的药记得按时吃，"
    "上次的检查单我带回去。周日陪您去看外婆，想吃她做的桂花糕。爸的眼镜也修好了。"
)
TEXT_ANSWER_OF_ZHOU: Final = "【彩邮】周喆 {time} 明天的会改到十点：好，十点见"
TEXT_ANSWER_OF_MAMA: Final = "【彩邮】妈妈 {time} 周末：知道了，路上小心❤️"
TEXT_STOPPED: Final = "【彩邮】邮件提醒已暂停。回KT重新开通。"
TEXT_API: Final = "您的快件已到前台，取件柜 A12 🙂"


class StepFailed(CaiyouError):
    """A step of the demo did not come out as it should."""


class Story:
    """Plays the scenes in order; every one raises StepFailed when it does not come out as it should."""

    def __init__(self, stage: Stage, screen: Screen, ear: JournalEar, pause_s: float) -> None:
        self._stage = stage
        self._screen = screen
        self._ear = ear
        self._pause_s = pause_s
        self._read: dict[str, int] = {}  # texts seen on each phone
        self._sent = 0
        self._traced = 0  # the message whose story is told at the end
        self._step = ""

    async def play(self) -> None:
        """All scenes, then what must be true at the end."""
        scenes: tuple[tuple[str, str, Callable[[], Awaitable[None]]], ...] = (
            ("两家运营商接通", "Two carriers let the hub in", self._lines_up),
            ("李丽验证手机号", "Li Li proves her number", self._proof),
            ("标错编码的 GB2312 邮件（含镕、喆）", "A mail that says GB2312 and is not (镕, 喆)", self._broken_charset),
            ("李丽用短信回信", "Li Li answers by SMS", self._answer),
            ("HTML 简报，英文，两段短信", "An HTML newsletter, two segments", self._newsletter),
            ("手机发来的照片", "A photo from a phone", self._photo),
            ("一家运营商断线，另一家接手", "One carrier drops its line, the other takes over", self._take_over),
            ("会议邀请", "A calendar invite", self._invite),
            ("验证码邮件：不上短信", "A code by mail: withheld", self._code),
            ("发信时提醒收件人，短信回信进同一会话", "Notice on send; the answer joins the thread", self._note),
            ("寄给手机号码的邮件", "A mail to a phone number", self._to_phone),
            ("周喆回 TD 退订", "Zhou Zhe says stop", self._stop),
            ("接口发短信", "An SMS by the HTTP API", self._api),
            ("对账：一条不少", "The books: nothing is lost", self._accounts),
        )
        for number, (zh, en, scene) in enumerate(scenes, 1):
            self._step = f"step {number} ({en})"
            self._screen.title(f"{number}. {zh}", f"{number}. {en}")
            await scene()
            await asyncio.sleep(self._pause_s)
        self._screen.title("一条短信的全部经过", "The whole story of one SMS")
        self._screen.plain(f"  caiyou trace {self._traced}")
        self._screen.plain(await self._stage.app.desk.read(self._trace))

    # --- scenes -------------------------------------------------------------------------------------------------

    async def _lines_up(self) -> None:
        lanes = self._stage.app.dispatcher.lanes
        await self._until(
            lambda: all(lane.link.is_up for lane in lanes.values()),
            lambda: {name: lane.link.state for name, lane in lanes.items()},
        )
        self._screen.good(f"{MOBILE}（CMPP）与 {UNICOM}（SMPP）", f"{MOBILE} (CMPP) and {UNICOM} (SMPP)")

    async def _proof(self) -> None:
        ports, token = self._stage.ports, self._stage.token
        await ask_api(ports.http, token, "POST", "/api/v1/phones", {"number": LILI_PHONE})
        got = (await self._ring(LILI_PHONE)).text
        code = re.search(r"验证码(\d{6})，", got)
        self._require(code is not None, f"the SMS should hold a code of six digits; the phone shows {got!r}")
        assert code is not None
        path = f"/api/v1/phones/{LILI_PHONE}/proof"
        await ask_api(ports.http, token, "POST", path, {"code": code[1]})
        phones = (await ask_api(ports.http, token, "GET", "/api/v1/phones"))["phones"]
        self._require(bool(phones and phones[0]["proved"]), f"the number should be proved; the API says {phones}")
        self._screen.good("号码已验证", "the number is hers")

    async def _broken_charset(self) -> None:
        await self._mail("broken_gb2312", ZHOU, LILI)
        await self._rings(LILI_PHONE, TEXT_GB2312)

    async def _answer(self) -> None:
        self._write(LILI_PHONE, "工位已备好，喆哥放心")
        mail = await self._arrives(ZHOU, 1)
        original = _message_id("broken_gb2312")
        self._compare("From", mail["From"].addresses[0].addr_spec, LILI)
        self._compare("Subject", mail["Subject"], "Re: 李镕的入职材料")
        self._compare("In-Reply-To", mail["In-Reply-To"], original)
        self._compare("References", mail["References"], original)
        self._compare("the first line", _first_line(mail), "工位已备好，喆哥放心")
        self._screen.good("周喆的信箱：Re: 李镕的入职材料", "in Zhou Zhe's mailbox: Re: 李镕的入职材料")

    async def _newsletter(self) -> None:
        await self._mail("newsletter", "news@ferry.example", ANN)
        text = await self._rings(ANN_PHONE, TEXT_NEWSLETTER)
        self._compare("the segments", text.total, 2)

    async def _photo(self) -> None:
        await self._mail("photo", "mama@family.example", LILI)
        await self._rings(LILI_PHONE, TEXT_PHOTO)

    async def _invite(self) -> None:
        await self._mail("invite", "wang@corp.example", LILI)
        await self._rings(LILI_PHONE, TEXT_INVITE)

    async def _code(self) -> None:
        await self._mail("code", "no-reply@bank.example", LILI)
        text = await self._rings(LILI_PHONE, TEXT_CODE)
        self._require("482913" not in text.text, "the code must not stand on the phone")
        mails = read_maildir(self._stage.maildir(LILI))
        self._require(any("482913" in _body(mail) for mail in mails), "the mail with the code should be in the mailbox")

    async def _note(self) -> None:
        await self._submit("note", ZHOU)
        await self._rings(ZHOU_PHONE, TEXT_NOTE)
        before = len(read_maildir(self._stage.maildir(LILI)))
        self._write(ZHOU_PHONE, "好，十点见")
        mail = await self._arrives(LILI, before + 1)
        self._compare("In-Reply-To", mail["In-Reply-To"], _message_id("note"))
        self._compare("the first line", _first_line(mail), "好，十点见")
        await self._same_thread("note", str(mail["Message-ID"]))
        await self._rings(LILI_PHONE, TEXT_ANSWER_OF_ZHOU)  # an answer is a mail like any other

    async def _to_phone(self) -> None:
        address = f"{MAMA_PHONE.removeprefix('+86')}@{DOMAIN}"
        await self._submit("to_phone", address)
        text = await self._rings(MAMA_PHONE, TEXT_TO_PHONE)
        self._require(text.total > 1, "a mail to a phone may take several segments, this one needs two")
        before = len(read_maildir(self._stage.maildir(LILI)))
        self._write(MAMA_PHONE, "知道了，路上小心❤️")
        mail = await self._arrives(LILI, before + 1)
        self._compare("From", mail["From"].addresses[0].addr_spec, address)
        self._compare("the first line", _first_line(mail), "知道了，路上小心❤️")
        await self._same_thread("to_phone", str(mail["Message-ID"]))
        await self._rings(LILI_PHONE, TEXT_ANSWER_OF_MAMA)

    async def _stop(self) -> None:
        self._write(ZHOU_PHONE, "TD")
        answer = await self._rings(ZHOU_PHONE, TEXT_STOPPED)
        self._compare("the carrier of the answer", _ACCOUNTS[answer.segments[0].account], UNICOM)
        before = len(read_maildir(self._stage.maildir(LILI)))
        count = len(self._stage.texts(ZHOU_PHONE))
        await self._submit("note_after_stop", ZHOU)
        report = await self._arrives(LILI, before + 1)
        self._require(ZHOU in _body(report), f"Li Li should be told who was not; she reads {_body(report)!r}")
        self._compare("texts on the phone that said stop", len(self._stage.texts(ZHOU_PHONE)), count)
        self._screen.good("不再打扰，并告诉了李丽", "the phone stays silent, and Li Li is told so")

    async def _api(self) -> None:
        message_id = await self._post_sms(ANN_PHONE, TEXT_API)
        await self._rings(ANN_PHONE, TEXT_API)
        await self._settled([message_id])

    async def _take_over(self) -> None:
        """Two submits are on the wire when the line of one carrier breaks, two wait, and two come afterwards."""
        operator = self._stage.simulator.operator
        mobile = self._stage.app.dispatcher.lanes[MOBILE]
        numbers = [f"+861370000000{digit}" for digit in range(6)]
        self._screen.say(
            f"{MOBILE} 的线路不再应答，两条短信正在途中……", f"the line to {MOBILE} goes silent with two SMS under way …"
        )
        operator.faults.half_open = True
        early = [await self._post_sms(number, f"第{n}号通知") for n, number in enumerate(numbers[:4], 1)]
        await self._until(lambda: mobile.in_flight == 4, lambda: f"{mobile.in_flight} messages on their way")
        operator.faults.half_open = False
        operator.faults.refuse_login = 5  # "other error": may pass
        self._stage.break_line("900001")
        await self._until(lambda: not mobile.link.is_up, lambda: mobile.link.state)
        late = [await self._post_sms(number, f"第{n}号通知") for n, number in enumerate(numbers[4:], 5)]
        for n, number in enumerate(numbers[2:], 3):
            await self._rings(number, f"第{n}号通知")
        self._screen.good(
            f"排队的两条和后来的两条改走 {UNICOM}", f"the two that waited and the two that came later went by {UNICOM}"
        )
        operator.faults.refuse_login = 0
        for n, number in enumerate(numbers[:2], 1):
            await self._rings(number, f"第{n}号通知")
        await self._settled(early + late)
        links = await self._stage.app.desk.read(lambda books: [_row(books, one)["link"] for one in early + late])
        self._compare("the links", links[2:], [UNICOM] * 4)  # those in doubt take whichever is up when the wait is over
        self._compare("copies", [len(self._stage.texts(number)) for number in numbers], [1] * 6)
        self._traced = early[0]
        self._screen.good("断线时在途的两条也已送达，各一次", "the two caught by the break arrived too, once each")
        await self._until(lambda: mobile.link.is_up, lambda: mobile.link.state)

    async def _accounts(self) -> None:
        handsets = self._stage.simulator.operator.handsets

        def work(books: BooksOfStore) -> tuple[list[str], int]:
            stories = [story for number in handsets for story in Stories(books.tx).of_number(number)]
            return [story.state for story in stories if story.kind == "sms"], books.failures.count()

        states, failures = await self._stage.app.desk.read(work)
        self._compare("states in the books", set(states), {State.DELIVERED.value})
        self._compare("SMS in the books", len(states), len(self._all_texts()))
        self._compare("reactions that failed", failures, 0)
        # The carrier that lost its line let nobody in for a while: somebody may have been told of it, and rightly.
        troubles = [
            trouble for trouble in self._ear.troubles if not trouble.startswith("alarm_raised where=login-refused")
        ]
        self._compare("troubles in the journal", troubles, [])
        unread = {number: len(self._stage.texts(number)) - seen for number, seen in self._read.items()}
        self._compare("texts nobody expected", {n: count for n, count in unread.items() if count}, {})
        self._compare("texts on the phones", len(self._all_texts()), sum(self._read.values()))
        self._screen.good(
            f"{self._sent} 封邮件，{len(self._all_texts())} 条短信，全部送达",
            f"{self._sent} mails, {len(self._all_texts())} SMS, all delivered",
        )

    # --- what people do -----------------------------------------------------------------------------------------

    async def _mail(self, name: str, sender: str, recipient: str) -> None:
        self._screen.say(f"✉ {sender} → {recipient}（SMTP）", f"✉ {sender} → {recipient} (SMTP)")
        await send_mail(self._stage.ports.smtp, sample(name), sender, recipient)
        await self._is_filed(name, recipient)

    async def _submit(self, name: str, recipient: str) -> None:
        shown = masked(recipient)
        self._screen.say(f"✉ {LILI} → {shown}（登录投递）", f"✉ {LILI} → {shown} (submission, logged in)")
        port = self._stage.ports.submission
        await send_mail(port, sample(name), LILI, recipient, login=(LILI, PASSWORD))
        self._sent += 1

    async def _post_sms(self, number: str, text: str) -> int:
        document = {"to": number, "text": text}
        answer = await ask_api(self._stage.ports.http, self._stage.token, "POST", "/api/v1/messages", document)
        return int(answer["id"])

    def _write(self, number: str, text: str) -> None:
        now = asyncio.get_running_loop().time()
        written = self._stage.simulator.operator.say(number, text, None, now)
        self._screen.phone(number, written)
        self._stage.simulator.touch()

    # --- what is looked at --------------------------------------------------------------------------------------

    async def _rings(self, number: str, expected: str) -> Text:
        """The phone shows exactly this text, in exactly these octets."""
        before = datetime.now(ZONE)
        text = await self._ring(number)
        times = {f"{moment:%H:%M}" for moment in (before, datetime.now(ZONE))}
        wanted = {expected.replace("{time}", time) for time in times}
        self._require(text.text in wanted, f"expected {expected!r}; the phone shows {text.text!r}")
        alphabet = sms_text.choose(text.text)
        octets = [
            segment.data for segment in sorted(text.segments, key=lambda it: it.concat.number if it.concat else 1)
        ]
        coded = [sms_text.encode(part, alphabet) for part in sms_text.split(text.text, alphabet)]
        self._compare("the octets on the phone", octets, coded)
        if alphabet is Alphabet.UCS2:
            self._compare("the octets on the phone", b"".join(octets), text.text.encode("utf-16-be"))
        return text

    async def _ring(self, number: str) -> Text:
        """The next text on the phone, whole and delivered."""
        place = self._read.get(number, 0)

        def texts() -> list[Text]:
            return self._stage.texts(number)

        await self._until(
            lambda: len(texts()) > place and texts()[place].is_whole and texts()[place].word == "DELIVRD",
            lambda: f"{len(texts())} texts on {masked(number)}, the last in state {[t.word for t in texts()][-1:]}",
        )
        self._read[number] = place + 1
        text = texts()[place]
        self._screen.phone(number, text, _ACCOUNTS[text.segments[0].account])
        return text

    async def _arrives(self, address: str, count: int) -> EmailMessage:
        """The last mail in the mailbox once it holds that many."""
        directory = self._stage.maildir(address)
        await self._until(
            lambda: len(read_maildir(directory)) >= count, lambda: f"{len(read_maildir(directory))} mails of {address}"
        )
        mails = read_maildir(directory)
        self._compare(f"mails of {address}", len(mails), count)
        self._screen.plain(f"  ✉ {address}: {mails[-1]['Subject']}")
        return mails[-1]

    async def _is_filed(self, name: str, address: str) -> None:
        """The mail lies in the mailbox as it came, octet for octet, below our own trace line."""
        self._sent += 1
        directory = self._stage.maildir(address)
        sent = sample(name)
        await self._until(
            lambda: any(file.read_bytes().endswith(sent) for file in directory.glob("new/*")),
            lambda: f"{len(read_maildir(directory))} mails of {address}, none of them this one",
        )

    async def _same_thread(self, name: str, answer_id: str) -> None:
        """The answer lies in the inbox under the conversation of the mail it answers, which lies in Sent."""

        def work(books: BooksOfStore) -> set[int]:
            mailbox_id = books.mails.mailbox_of(self._stage.people[LILI].id)
            assert mailbox_id is not None
            rows = [*books.mails.in_folder(mailbox_id, "INBOX"), *books.mails.in_folder(mailbox_id, "Sent")]
            wanted = {_message_id(name), answer_id}
            return {row["thread_id"] if row["message_id"] in wanted else 0 for row in rows} - {0}

        threads = await self._stage.app.desk.read(work)
        self._compare("conversations of the mail and its answer", len(threads), 1)
        self._screen.good("同一会话", "in the same conversation")

    async def _settled(self, ids: list[int]) -> None:
        """The books say "delivered" of these messages."""

        def states() -> list[str]:
            return self._stage.app.desk.read_now(lambda books: [_row(books, one)["state"] for one in ids])

        await self._until(lambda: set(states()) == {State.DELIVERED.value}, states)

    def _all_texts(self) -> list[Text]:
        return [text for number in self._stage.simulator.operator.handsets for text in self._stage.texts(number)]

    def _trace(self, books: BooksOfStore) -> str:
        story = Stories(books.tx).of(self._traced)
        if story is None:
            raise NotFound(f"nothing is known of {self._traced}")
        return stories_text.render(story, ZONE)

    # --- checks -------------------------------------------------------------------------------------------------

    def _require(self, is_so: bool, otherwise: str) -> None:
        if not is_so:
            raise StepFailed(f"{self._step} failed: {otherwise}")

    def _compare(self, what: str, seen: object, expected: object) -> None:
        self._require(seen == expected, f"{what}: expected {expected!r}, saw {seen!r}")

    async def _until(self, is_so: Callable[[], object], seen: Callable[[], object]) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not is_so():
            trouble = f"; the journal says: {'; '.join(self._ear.troubles)}" if self._ear.troubles else ""
            self._require(
                time.monotonic() < deadline, f"nothing more within {PATIENCE_S:.0f} s; seen: {seen()}{trouble}"
            )
            await asyncio.sleep(0.02)


def masked(recipient: str) -> str:
    """An address or a number as it may stand in the trace."""
    name, at, domain = recipient.partition("@")
    return f"{mask(name)}{at}{domain}" if name.lstrip("+").isdigit() else recipient


def _message_id(name: str) -> str:
    found = _MESSAGE_ID.search(sample(name))
    assert found is not None, "every sample has one"
    return found[1].decode()


def _body(mail: EmailMessage) -> str:
    part = mail.get_body(("plain", "html"))
    return "" if part is None else str(part.get_content())


def _first_line(mail: EmailMessage) -> str:
    return _body(mail).partition("\n")[0].rstrip()


def _row(books: BooksOfStore, message_id: int) -> Any:
    row = books.outbox.get(message_id)
    assert row is not None, "messages are kept"
    return row
