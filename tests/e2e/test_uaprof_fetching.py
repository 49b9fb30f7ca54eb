"""UAProf documents are fetched from the addresses phones give: what is one is kept, what is none is remembered too."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web

from gateway.store.database import StoreConfig, create_tables, open_store
from gateway.store.handsets import ProfileRow
from gateway.web import uaprof
from gateway.web.uaprof import ProfileFetching
from mms.handsets.evidence import Seen
from mms.handsets.uaprof import MAX_OCTETS
from tests.fakes.desk import PHONE, START_MS, Bench

PROFILE = "<r><Vendor>Acme</Vendor><Model>1</Model><MmsMaxMessageSize>51200</MmsMaxMessageSize></r>"


class Maker:
    """The server of a maker of phones."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.url = ""

    async def answered(self, request: web.BaseRequest) -> web.StreamResponse:
        self.asked.append(request.path)
        match request.path:
            case "/good.xml":
                return web.Response(text=PROFILE)
            case "/moved.xml":
                raise web.HTTPFound("good.xml")
            case "/scheme.xml":
                raise web.HTTPFound("file:///etc/passwd")
            case "/round.xml":
                raise web.HTTPFound("/round.xml")
            case "/large.xml":
                return web.Response(text=PROFILE + " " * MAX_OCTETS)
            case "/slow.xml":
                await asyncio.sleep(30)
            case "/gone.html":
                return web.Response(text="<html><body>We have a new site!</body></html>")
        raise web.HTTPNotFound


@pytest.fixture
async def maker() -> AsyncIterator[Maker]:
    made = Maker()
    server = web.ServerRunner(web.Server(made.answered), shutdown_timeout=0.1)
    await server.setup()
    site = web.TCPSite(server, "127.0.0.1", 0)
    await site.start()
    made.url = f"http://127.0.0.1:{server.addresses[0][1]}"
    yield made
    await server.cleanup()


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    store = open_store(StoreConfig(data_dir=str(tmp_path)))
    create_tables(store)
    made = Bench(store)
    yield made
    await made.desk.close()


async def fetched(bench: Bench, url: str, *, allow_private: bool = True) -> ProfileRow:
    seen = Seen(START_MS, "Acme1/1.0", profile=f'"{url}"')
    await bench.desk.commit(lambda books: books.handsets.learn(PHONE, seen))
    fetching = ProfileFetching(bench.desk, allow_private=allow_private)
    assert await fetching.fetch_due() == 1
    assert await fetching.fetch_due() == 0
    row = await bench.desk.read(lambda books: books.handsets.profile(url))
    assert row is not None
    return row


@pytest.mark.parametrize("path", ["/good.xml", "/moved.xml"])
async def test_a_profile_is_fetched_and_used(bench: Bench, maker: Maker, path: str) -> None:
    row = await fetched(bench, maker.url + path)
    assert row.profile is not None
    assert (row.profile.vendor, row.reason) == ("Acme", "")
    known = await bench.desk.read(lambda books: books.handsets.of(PHONE))
    assert known.handset.max_octets == 51_200
    assert str(known.sources["max_octets"]) == f"UAProf 2026-03-01 {maker.url}{path}"


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("/none.xml", "the answer is 404"),
        ("/gone.html", "no property"),
        ("/large.xml", "the document has more than 524288 octets"),
        ("/round.xml", "more than 3 redirects"),
        ("/scheme.xml", "https://host/path"),
        ("/slow.xml", "no answer within"),
    ],
)
async def test_why_there_is_none_is_remembered(
    bench: Bench, maker: Maker, path: str, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uaprof, "TIMEOUT_S", 0.5)
    row = await fetched(bench, maker.url + path)
    assert row.profile is None
    assert reason in row.reason
    assert row.fresh_until_ms == START_MS + 86_400_000


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "[::1]", "169.254.169.254", "10.0.0.1", "127.1", "2130706433"]
)
async def test_the_hubs_own_network_is_not_asked(bench: Bench, maker: Maker, host: str) -> None:
    row = await fetched(bench, maker.url.replace("127.0.0.1", host) + "/good.xml", allow_private=False)
    assert row.profile is None
    assert row.reason
    assert maker.asked == []
