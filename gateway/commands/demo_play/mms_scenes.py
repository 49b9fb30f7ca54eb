"""The demo with MMS: a photo on three phones, a page for the one that shows no MMS, a card made by SMS."""

from __future__ import annotations

import asyncio
import http.client
import re
from typing import Final
from urllib.parse import urlencode, urlsplit

from carriers.simulator.mmsc import ReceivedMms
from gateway.commands.demo_play.player import PATIENCE_S, Player, row_of
from gateway.commands.demo_play.post import HOST
from gateway.commands.demo_play.stage import DAD_PHONE, DOMAIN, LILI_PHONE, MAMA_PHONE, PHONES, SISTER_PHONE
from gateway.core.outbox import State
from gateway.core.phone import mask
from gateway.store.desk import BooksOfStore
from mms.cards.catalogue import templates
from mms.content import Medium, Part
from mms.handsets.catalogue import resolve
from mms.preview.fonts import FontMissing
from mms.preview.rendering import render

_THREE: Final = (SISTER_PHONE, MAMA_PHONE, DAD_PHONE)
_CARD: Final = "spring-festival"
#: The computer at home: a phone of 2000 has no browser.
_AGENT: Final = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Safari/537.36"
_LINK: Final = re.compile(r"(http://\S+?)\s密码(\d{6})")


class MmsScenes:
    """Plays them in order; the second looks at what the first has sent."""

    def __init__(self, player: Player) -> None:
        self._player = player
        self._stage = player.stage
        self._screen = player.screen
        self._link = self._pin = ""

    async def photo(self) -> None:
        """A mail with a photo to three phones: two MMS, each made for its phone, and an SMS."""
        player = self._player
        await player.submit("lake", *(f"{it.removeprefix('+86')}@{DOMAIN}" for it in _THREE))
        large = await self._shown(SISTER_PHONE)
        small = await self._shown(MAMA_PHONE)
        player.require(b"Exif" not in large.data + small.data, "place and camera must not go out with the photo")
        player.require(
            len(small.data) < len(large.data), f"the small phone got {len(small.data)} octets, too many for it"
        )
        text = (await player.ring(DAD_PHONE)).text
        found = _LINK.search(text)
        player.require(found is not None, f"the SMS should hold a link and a code; the phone shows {text!r}")
        assert found is not None
        self._link, self._pin = found[1], found[2]
        await self._ended(State.DELIVERED, SISTER_PHONE, MAMA_PHONE)
        await self._ended(State.ACCEPTED, DAD_PHONE)

    async def page(self) -> None:
        """The owner of the phone without MMS opens the link on a computer, gives the code, and sees the photo."""
        player = self._player
        status, _, before = await self._browse("GET", self._link)
        player.compare("the page", status, 200)
        player.require("西湖".encode() not in before, "before the code the page must say nothing of the MMS")
        status, inside, _ = await self._browse("POST", self._link, {"pin": self._pin})
        player.compare("the answer to the code", status, 303)
        status, _, page = await self._browse("GET", inside)
        player.require("桂花开得正好".encode() in page, "the page should show the words of the mail")
        picture = re.search(rb'<img src="([^"]+)"', page)
        player.require(picture is not None, "the page should show the photo")
        assert picture is not None
        status, _, octets = await self._browse("GET", picture[1].decode().replace("&amp;", "&"))
        player.compare("the photo on the page", (status, octets[:2]), (200, b"\xff\xd8"))
        await self._ended(State.DELIVERED, DAD_PHONE)
        self._screen.good(
            f"{len(page)} 字节的网页和 {len(octets)} 字节的照片：{self._link} 密码 {self._pin}",
            f"a page of {len(page)} octets and a photo of {len(octets)}: {self._link} code {self._pin}",
        )

    async def card(self) -> None:
        """A phone with nothing but SMS makes a card; another one shows it as an MMS."""
        player = self._player
        place, look = next((place, it) for place, it in enumerate(templates(), 1) if it.key == _CARD)
        example = look.example("zh")
        player.write(MAMA_PHONE, "8878")
        for said in (str(place), *(example.value(it.key) or "跳过" for it in look.fields), LILI_PHONE[3:], "OK"):
            await player.ring(MAMA_PHONE)
            player.write(MAMA_PHONE, said)
        sent = (await player.ring(MAMA_PHONE)).text
        player.require("正在发往" in sent, f"the card should be on its way; the phone shows {sent!r}")
        card = await self._shown(LILI_PHONE)
        told = (await player.ring(MAMA_PHONE)).text
        player.require("已收到" in told, f"mother should be told that it arrived; the phone shows {told!r}")
        await self._ended(State.DELIVERED, LILI_PHONE)
        self._screen.good(f"贺卡：{len(card.data)} 字节的 {card.media_type}", f"a card: {card.media_type}")

    async def _shown(self, number: str) -> Part:
        """The picture of the MMS that a phone got, drawn as the phone shows it; kept as a PNG file."""
        player = self._player
        mms = await self._got(number)
        seen = resolve(PHONES[number])
        try:
            preview = render(mms.body, seen, sender=mms.sender, subject=mms.subject, language=self._screen.language)
        except FontMissing as error:
            self._screen.say(f"没有字体，不画屏幕：{error}", f"no picture of the screen: {error}")
        else:
            file = self._stage.directory / f"{seen.key}-{player.sent}.png"
            file.write_bytes(preview.screens[0].png)
            label = f"📱 {mask(number)} · {seen.name} · {seen.screen[0]}x{seen.screen[1]} · {file}"
            self._screen.picture(label, preview.screens[0].png)
        pictures = [part for part in mms.body.parts if part.medium is Medium.IMAGE]
        player.require(bool(pictures), f"{mask(number)} should have got a picture")
        return pictures[0]

    async def _got(self, number: str) -> ReceivedMms:
        mmsc = self._stage.simulator.mmsc
        assert mmsc is not None, "the stage has a centre"

        def received() -> list[ReceivedMms]:
            return [one for one in mmsc.received if one.number == number]

        await self._player.until(received, lambda: f"no MMS on {mask(number)}")
        return received()[-1]

    async def _ended(self, state: State, *numbers: str) -> None:
        """The books say this of the last MMS to each of these phones."""

        def states(books: BooksOfStore) -> list[str]:
            rows = [[row_of(books, one) for one in books.outbox.to_number(number)] for number in numbers]
            return [next(row["state"] for row in some if row["kind"] == "mms") for some in rows]

        desk = self._stage.app.desk
        await self._player.until(
            lambda: set(desk.read_now(states)) == {state.value}, lambda: f"states {desk.read_now(states)}"
        )

    async def _browse(self, method: str, url: str, form: dict[str, str] | None = None) -> tuple[int, str, bytes]:
        """What a browser gets: status, where it is sent, the page."""
        parts = urlsplit(url)

        def talk() -> tuple[int, str, bytes]:
            connection = http.client.HTTPConnection(HOST, self._stage.ports.http, timeout=PATIENCE_S)
            try:
                headers = {"User-Agent": _AGENT}
                if form is not None:
                    headers["Content-Type"] = "application/x-www-form-urlencoded"
                connection.request(method, parts.path, urlencode(form) if form else None, headers)
                answer = connection.getresponse()
                return answer.status, answer.headers.get("Location", ""), answer.read()
            finally:
                connection.close()

        return await asyncio.to_thread(talk)
