"""A hub with its pages, an operator with phones, and a browser that knows forms: for tests of the pages."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

from carriers.simulator.config import Account, SimulatorConfig
from carriers.simulator.server import Simulator
from gateway.app import App, build
from gateway.config import read_tables
from gateway.passwords import hash_password_now

ACCESS = "10657000"
PASSWORD = "correct horse"
DOMAIN = "example.cn"


class Browser:
    """Loads pages, fills in their forms with the token of the session, and follows where it is sent."""

    def __init__(self, client: aiohttp.ClientSession) -> None:
        self.client = client
        self.status = 0
        self.page = ""
        self.path = ""
        self.headers: Mapping[str, str] = {}

    async def get(self, path: str, **options: Any) -> str:
        """The page at a path."""
        async with self.client.get(path, **options) as answer:
            return await self._read(answer)

    async def post(self, path: str, fields: Any = None, **options: Any) -> str:
        """Send a form; the token is that of the page seen last."""
        data = dict(fields or {}) if not isinstance(fields, aiohttp.FormData) else fields
        if isinstance(data, dict):
            data.setdefault("csrf", self.csrf)
        async with self.client.post(path, data=data, **options) as answer:
            return await self._read(answer)

    async def sign_in(self, name: str, password: str = PASSWORD) -> str:
        """Come in by the form."""
        await self.get("/login")
        return await self.post("/login", {"name": name, "password": password})

    @property
    def csrf(self) -> str:
        """The token in the page seen last."""
        found = re.search(r'<meta name="csrf" content="([^"]*)"', self.page)
        return found[1] if found else ""

    async def _read(self, answer: aiohttp.ClientResponse) -> str:
        self.status, self.headers, self.path = answer.status, answer.headers, answer.url.path
        self.page = (await answer.read()).decode("utf-8", "replace")
        return self.page


class SiteHub:
    """A hub whose pages are asked by browsers."""

    def __init__(self, app: App, simulator: Simulator) -> None:
        self.app = app
        self.simulator = simulator
        self.url = f"http://127.0.0.1:{app.web.port}"
        self._clients: list[aiohttp.ClientSession] = []

    def browser(self, language: str = "en", **headers: str) -> Browser:
        """A browser of its own."""
        client = aiohttp.ClientSession(
            self.url,
            headers={"Accept-Language": language, "User-Agent": "Mozilla/5.0 (test)"} | headers,
            cookie_jar=aiohttp.CookieJar(unsafe=True),
        )
        self._clients.append(client)
        return Browser(client)

    def member(
        self, name: str, *, number: str = "", password: str = PASSWORD, language: str = "en", **more: Any
    ) -> int:
        """A member with a password, and a proved number where one is given; the account's id."""
        password_hash = hash_password_now(password)

        def work(books: Any) -> int:
            account = books.accounts.add(f"{name}@{DOMAIN}", password_hash=password_hash, language=language, **more)
            if number:
                books.phones.prove_number(account.id, number)
            return int(account.id)

        return self.app.desk.run_now(work)

    def texts(self, number: str) -> list[str]:
        """What a phone got by SMS, oldest first."""
        handset = self.simulator.operator.handset(number)
        return [text.text for text in handset.texts if text.is_whole and not text.from_phone]

    def say(self, number: str, text: str, to: str = ACCESS) -> None:
        """A phone writes an SMS."""
        self.simulator.operator.say(number, text, to, asyncio.get_running_loop().time())

    async def code_on(self, number: str, count: int = 1) -> str:
        """The six digits of the newest SMS on a phone, once it has so many."""
        await self.until(lambda: len(self.texts(number)) >= count)
        found = re.search(r"\d{6}", self.texts(number)[-1])
        assert found is not None, self.texts(number)
        return found[0]

    async def until(self, what: Callable[[], Any], seconds: float = 15) -> Any:
        """Wait for something to be there."""
        end = asyncio.get_running_loop().time() + seconds
        while not (found := what()):
            assert asyncio.get_running_loop().time() < end, "not in time"
            await asyncio.sleep(0.02)
        return found

    async def close(self) -> None:
        """Close the browsers."""
        for client in self._clients:
            await client.close()


@asynccontextmanager
async def site_hub(directory: Path, store: Mapping[str, Any] | None = None, **tables: Any) -> AsyncIterator[SiteHub]:
    """A hub of one domain with an SMPP operator; `tables` are more tables of the configuration."""
    simulator = Simulator(
        SimulatorConfig(
            smpp_port=0, web_port=-1, report_delay_s=0.05,
            accounts=(Account("smpp", "caiyou", "secret08", access_number=ACCESS),),
        )
    )  # fmt: skip
    await simulator.start()
    config = read_tables(
        {
            "store": dict(store or {"data_dir": str(directory / "data")}),
            "smtp": {"port": 0, "phone_mail_from": "anyone"},
            "submission": {"port": 0, "allow_plain_auth": True},
            "web": {"port": 0},
            "notices": {"access_number": ACCESS},
            "mms": {"access_number": ACCESS, "page_url": "http://c.example"},
            "link": [
                {
                    "name": "sms", "protocol": "smpp", "host": "127.0.0.1", "port": simulator.ports["smpp"],
                    "system_id": "caiyou", "password": "secret08", "access_number": ACCESS,
                }
            ],
        }
        | tables,
        "test",
    )  # fmt: skip
    app = build(config)
    app.desk.run_now(lambda books: books.accounts.add_domain(DOMAIN))
    await app.start()
    hub = SiteHub(app, simulator)
    await hub.until(lambda: all(facts.up for facts in app.desk.router.links.values()))
    try:
        yield hub
    finally:
        await hub.close()
        await app.stop()
        await simulator.stop()
