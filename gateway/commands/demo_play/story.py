"""The story of the demo, scene by scene, each checked: what stands on the phones, in the mailboxes, in the books."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import Final

from gateway import stories_text
from gateway.commands.demo_play.mms_scenes import MmsScenes
from gateway.commands.demo_play.player import ACCOUNTS, ZONE, Player, body_of, first_line, message_id_of, row_of
from gateway.commands.demo_play.post import ask_api, read_maildir
from gateway.commands.demo_play.screen import JournalEar, Screen
from gateway.commands.demo_play.stage import (
    ANN,
    ANN_PHONE,
    DOMAIN,
    LILI,
    LILI_PHONE,
    MAMA_PHONE,
    MOBILE,
    UNICOM,
    ZHOU,
    ZHOU_PHONE,
    Stage,
)
from gateway.core.errors import NotFound
from gateway.core.outbox import State
from gateway.store.desk import BooksOfStore
from gateway.store.stories import Stories

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


class Story:
    """Plays the scenes in order; every one raises StepFailed when it does not come out as it should."""

    def __init__(self, stage: Stage, screen: Screen, ear: JournalEar, pause_s: float) -> None:
        self._stage = stage
        self._screen = screen
        self._player = Player(stage, screen, ear)
        self._mms = MmsScenes(self._player)
        self._pause_s = pause_s
        self._traced = 0  # the message whose story is told at the end

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
            ("一张照片寄给三部手机", "One photo, mailed to three phones", self._mms.photo),
            ("手机没有彩信，到网页上看", "The phone has no MMS: its owner looks at a page", self._mms.page),
            ("妈妈用短信做一张贺卡", "Mother makes a card by SMS", self._mms.card),
            ("对账：一条不少", "The books: nothing is lost", self._accounts),
        )
        for number, (zh, en, scene) in enumerate(scenes, 1):
            self._player.step = f"step {number} ({en})"
            self._screen.title(f"{number}. {zh}", f"{number}. {en}")
            await scene()
            await asyncio.sleep(self._pause_s)
        self._screen.title("一条短信的全部经过", "The whole story of one SMS")
        self._screen.plain(f"  caiyou trace {self._traced}")
        self._screen.plain(await self._stage.app.desk.read(self._trace))

    # --- scenes -------------------------------------------------------------------------------------------------

    async def _lines_up(self) -> None:
        lanes = self._stage.app.dispatcher.lanes
        await self._player.until(
            lambda: all(lane.link.is_up for lane in lanes.values()),
            lambda: {name: lane.link.state for name, lane in lanes.items()},
        )
        self._screen.good(
            f"{MOBILE}（CMPP）、{UNICOM}（SMPP）、彩信中心（MM7）",
            f"{MOBILE} (CMPP), {UNICOM} (SMPP), an MMS centre (MM7)",
        )

    async def _proof(self) -> None:
        ports, token = self._stage.ports, self._stage.token
        await ask_api(ports.http, token, "POST", "/api/v1/phones", {"number": LILI_PHONE})
        got = (await self._player.ring(LILI_PHONE)).text
        code = re.search(r"验证码(\d{6})，", got)
        self._player.require(code is not None, f"the SMS should hold a code of six digits; the phone shows {got!r}")
        assert code is not None
        path = f"/api/v1/phones/{LILI_PHONE}/proof"
        await ask_api(ports.http, token, "POST", path, {"code": code[1]})
        phones = (await ask_api(ports.http, token, "GET", "/api/v1/phones"))["phones"]
        self._player.require(
            bool(phones and phones[0]["proved"]), f"the number should be proved; the API says {phones}"
        )
        self._screen.good("号码已验证", "the number is hers")

    async def _broken_charset(self) -> None:
        await self._player.mail("broken_gb2312", ZHOU, LILI)
        await self._player.rings(LILI_PHONE, TEXT_GB2312)

    async def _answer(self) -> None:
        self._player.write(LILI_PHONE, "工位已备好，喆哥放心")
        mail = await self._player.arrives(ZHOU, 1)
        original = message_id_of("broken_gb2312")
        self._player.compare("From", mail["From"].addresses[0].addr_spec, LILI)
        self._player.compare("Subject", mail["Subject"], "Re: 李镕的入职材料")
        self._player.compare("In-Reply-To", mail["In-Reply-To"], original)
        self._player.compare("References", mail["References"], original)
        self._player.compare("the first line", first_line(mail), "工位已备好，喆哥放心")
        self._screen.good("周喆的信箱：Re: 李镕的入职材料", "in Zhou Zhe's mailbox: Re: 李镕的入职材料")

    async def _newsletter(self) -> None:
        await self._player.mail("newsletter", "news@ferry.example", ANN)
        text = await self._player.rings(ANN_PHONE, TEXT_NEWSLETTER)
        self._player.compare("the segments", text.total, 2)

    async def _photo(self) -> None:
        await self._player.mail("photo", "mama@family.example", LILI)
        await self._player.rings(LILI_PHONE, TEXT_PHOTO)

    async def _invite(self) -> None:
        await self._player.mail("invite", "wang@corp.example", LILI)
        await self._player.rings(LILI_PHONE, TEXT_INVITE)

    async def _code(self) -> None:
        await self._player.mail("code", "no-reply@bank.example", LILI)
        text = await self._player.rings(LILI_PHONE, TEXT_CODE)
        self._player.require("482913" not in text.text, "the code must not stand on the phone")
        mails = read_maildir(self._stage.maildir(LILI))
        self._player.require(
            any("482913" in body_of(mail) for mail in mails), "the mail with the code should be in the mailbox"
        )

    async def _note(self) -> None:
        await self._player.submit("note", ZHOU)
        await self._player.rings(ZHOU_PHONE, TEXT_NOTE)
        before = len(read_maildir(self._stage.maildir(LILI)))
        self._player.write(ZHOU_PHONE, "好，十点见")
        mail = await self._player.arrives(LILI, before + 1)
        self._player.compare("In-Reply-To", mail["In-Reply-To"], message_id_of("note"))
        self._player.compare("the first line", first_line(mail), "好，十点见")
        await self._player.same_thread("note", str(mail["Message-ID"]))
        await self._player.rings(LILI_PHONE, TEXT_ANSWER_OF_ZHOU)  # an answer is a mail like any other

    async def _to_phone(self) -> None:
        address = f"{MAMA_PHONE.removeprefix('+86')}@{DOMAIN}"
        await self._player.submit("to_phone", address)
        text = await self._player.rings(MAMA_PHONE, TEXT_TO_PHONE)
        self._player.require(text.total > 1, "a mail to a phone may take several segments, this one needs two")
        before = len(read_maildir(self._stage.maildir(LILI)))
        self._player.write(MAMA_PHONE, "知道了，路上小心❤️")
        mail = await self._player.arrives(LILI, before + 1)
        self._player.compare("From", mail["From"].addresses[0].addr_spec, address)
        self._player.compare("the first line", first_line(mail), "知道了，路上小心❤️")
        await self._player.same_thread("to_phone", str(mail["Message-ID"]))
        await self._player.rings(LILI_PHONE, TEXT_ANSWER_OF_MAMA)

    async def _stop(self) -> None:
        self._player.write(ZHOU_PHONE, "TD")
        answer = await self._player.rings(ZHOU_PHONE, TEXT_STOPPED)
        self._player.compare("the carrier of the answer", ACCOUNTS[answer.segments[0].account], UNICOM)
        before = len(read_maildir(self._stage.maildir(LILI)))
        count = len(self._stage.texts(ZHOU_PHONE))
        await self._player.submit("note_after_stop", ZHOU)
        report = await self._player.arrives(LILI, before + 1)
        self._player.require(
            ZHOU in body_of(report), f"Li Li should be told who was not; she reads {body_of(report)!r}"
        )
        self._player.compare("texts on the phone that said stop", len(self._stage.texts(ZHOU_PHONE)), count)
        self._screen.good("不再打扰，并告诉了李丽", "the phone stays silent, and Li Li is told so")

    async def _api(self) -> None:
        message_id = await self._player.post_sms(ANN_PHONE, TEXT_API)
        await self._player.rings(ANN_PHONE, TEXT_API)
        await self._player.settled([message_id])

    async def _take_over(self) -> None:
        """Two submits are on the wire when the line of one carrier breaks, two wait, and two come afterwards."""
        operator = self._stage.simulator.operator
        mobile = self._stage.app.dispatcher.lanes[MOBILE]
        numbers = [f"+861370000000{digit}" for digit in range(6)]
        self._screen.say(
            f"{MOBILE} 的线路不再应答，两条短信正在途中……", f"the line to {MOBILE} goes silent with two SMS under way …"
        )
        operator.faults.half_open = True
        early = [await self._player.post_sms(number, f"第{n}号通知") for n, number in enumerate(numbers[:4], 1)]
        await self._player.until(lambda: mobile.in_flight == 4, lambda: f"{mobile.in_flight} messages on their way")
        operator.faults.half_open = False
        operator.faults.refuse_login = 5  # "other error": may pass
        self._stage.break_line("900001")
        await self._player.until(lambda: not mobile.link.is_up, lambda: mobile.link.state)
        late = [await self._player.post_sms(number, f"第{n}号通知") for n, number in enumerate(numbers[4:], 5)]
        for n, number in enumerate(numbers[2:], 3):
            await self._player.rings(number, f"第{n}号通知")
        self._screen.good(
            f"排队的两条和后来的两条改走 {UNICOM}", f"the two that waited and the two that came later went by {UNICOM}"
        )
        operator.faults.refuse_login = 0
        for n, number in enumerate(numbers[:2], 1):
            await self._player.rings(number, f"第{n}号通知")
        await self._player.settled(early + late)
        links = await self._stage.app.desk.read(lambda books: [row_of(books, one)["link"] for one in early + late])
        self._player.compare(
            "the links", links[2:], [UNICOM] * 4
        )  # those in doubt take whichever is up when the wait is over
        self._player.compare("copies", [len(self._stage.texts(number)) for number in numbers], [1] * 6)
        self._traced = early[0]
        self._screen.good("断线时在途的两条也已送达，各一次", "the two caught by the break arrived too, once each")
        await self._player.until(lambda: mobile.link.is_up, lambda: mobile.link.state)

    async def _accounts(self) -> None:
        handsets = self._stage.simulator.operator.handsets

        def work(books: BooksOfStore) -> tuple[list[str], int]:
            stories = [story for number in handsets for story in Stories(books.tx).of_number(number)]
            return [story.state for story in stories if story.kind == "sms"], books.failures.count()

        desk = self._stage.app.desk
        await self._player.until(
            lambda: set(desk.read_now(work)[0]) == {State.DELIVERED.value}, lambda: f"states {desk.read_now(work)[0]}"
        )
        states, failures = desk.read_now(work)
        self._player.compare("SMS in the books", len(states), len(self._player.all_texts()))
        self._player.compare("reactions that failed", failures, 0)
        # The carrier that lost its line let nobody in for a while: somebody may have been told of it, and rightly.
        troubles = [
            trouble
            for trouble in self._player.ear.troubles
            if not trouble.startswith("alarm_raised where=login-refused")
        ]
        self._player.compare("troubles in the journal", troubles, [])
        unread = {number: len(self._stage.texts(number)) - seen for number, seen in self._player.read_of.items()}
        self._player.compare("texts nobody expected", {n: count for n, count in unread.items() if count}, {})
        self._player.compare("texts on the phones", len(self._player.all_texts()), sum(self._player.read_of.values()))
        self._screen.good(
            f"{self._player.sent} 封邮件，{len(self._player.all_texts())} 条短信，4 条彩信，全部送达",
            f"{self._player.sent} mails, {len(self._player.all_texts())} SMS, 4 MMS, all delivered",
        )

    def _trace(self, books: BooksOfStore) -> str:
        story = Stories(books.tx).of(self._traced)
        if story is None:
            raise NotFound(f"nothing is known of {self._traced}")
        return stories_text.render(story, ZONE)
