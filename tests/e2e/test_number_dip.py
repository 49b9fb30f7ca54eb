"""Somebody is asked by HTTP where numbers are; messages do not wait for it, whatever it does."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from gateway.core.errors import ConfigError
from gateway.core.lookups import MAX_ASKED, MAX_WAITING, Lookups
from gateway.core.outbox import NewSms, Purpose
from gateway.core.routing import Route
from gateway.store.database import StoreConfig, create_tables, open_store
from gateway.store.numbering import built_in
from gateway.web.number_dip import NumberConfig, NumberDips, operator_in
from tests.fakes.desk import PHONE, Bench
from tests.fakes.hub import until


@dataclass
class Service:
    """A portability service that does what a test wants."""

    answer: Any = field(default_factory=lambda: {"data": {"operator": 2}})
    status: int = 200
    delay_s: float = 0.0
    asked: list[str] = field(default_factory=list)
    port: int = 0

    async def answered(self, request: web.BaseRequest) -> web.Response:
        self.asked.append(request.query["n"])
        await asyncio.sleep(self.delay_s)
        return web.json_response(self.answer, status=self.status)


@pytest.fixture
async def service() -> AsyncIterator[Service]:
    made = Service()
    server = web.ServerRunner(web.Server(made.answered))
    await server.setup()
    site = web.TCPSite(server, "127.0.0.1", 0)
    await site.start()
    made.port = server.addresses[0][1]
    yield made
    await server.cleanup()


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    store = open_store(StoreConfig(data_dir=str(tmp_path)))
    create_tables(store)
    made = Bench(store)
    made.router.numbering.set_ranges([], built_in())
    made.router.set_routes([Route("", "a", operator="cmcc"), Route("", "b", operator="unicom")])
    yield made
    await made.desk.close()


def dips(bench: Bench, service: Service, **more: Any) -> NumberDips:
    config = NumberConfig(
        lookup_url=f"http://127.0.0.1:{service.port}/?n={{number}}",
        lookup_field="data.operator",
        lookup_words=("2=unicom", "1=cmcc"),
        **more,
    )
    return NumberDips(bench.desk, config)


async def put(bench: Bench) -> str:
    """The link a message takes."""
    message_id = await bench.desk.commit(lambda b: b.outbox.add(NewSms(PHONE, "x", Purpose.API)))
    return str(bench.row(message_id)["link"])


async def test_the_next_message_takes_the_way_of_the_answer(bench: Bench, service: Service) -> None:
    asking = dips(bench, service)
    await asking.start()
    assert await put(bench) == "a", "the first does not wait"
    await until(lambda: bench.ask(lambda b: b.numbers.ported(PHONE)), 5)
    assert await put(bench) == "b"
    ported = bench.ask(lambda b: b.numbers.ported(PHONE))
    assert ported is not None
    assert (ported.operator, ported.source, ported.dated) == ("unicom", f"127.0.0.1:{service.port}", "2026-03-01")
    await asyncio.sleep(0.6)
    assert service.asked == [PHONE], "once, until its answer is old"
    bench.clock.pass_s(8 * 86_400)
    await put(bench)
    await until(lambda: len(service.asked) == 2, 5)
    await asking.stop()


@pytest.mark.parametrize("trouble", ["slow", "away", "error", "nonsense", "huge"])
async def test_trouble_there_is_none_here(bench: Bench, service: Service, trouble: str) -> None:
    if trouble == "slow":
        service.delay_s = 1.0
    elif trouble == "error":
        service.status = 500
    elif trouble == "nonsense":
        service.answer = {"data": {"operator": {"x": [1]}}}
    elif trouble == "huge":
        service.answer = {"pad": "x" * 100_000, "data": {"operator": 2}}
    elif trouble == "away":
        service.port = 1
    asking = dips(bench, service, lookup_timeout_s=0.2)
    await asking.start()
    began = time.monotonic()
    for _ in range(20):
        assert await put(bench) == "a"
    assert time.monotonic() - began < 1.0
    await asyncio.sleep(0.8)
    assert bench.ask(lambda b: b.numbers.ported(PHONE)) is None
    assert len(service.asked) <= 2, "it is left alone for a while"
    await asking.stop()
    assert bench.router.lookups is None


async def test_without_an_address_nobody_asks(bench: Bench) -> None:
    asking = NumberDips(bench.desk, NumberConfig())
    await asking.start()
    assert bench.router.lookups is None
    await asking.stop()


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (b'{"operator": "CMCC"}', "cmcc"), (b'{"operator": "1"}', "unicom"), (b'{"operator": 1}', "unicom"),
        (b'{"operator": true}', None), (b'{"operator": "a b"}', None), (b'{"operator": ""}', None),
        (b'{}', None), (b"[]", None), (b"", None), (b"\xff", None), (b"[" * 4000, None), (b'{"operator": null}', None),
    ],
)  # fmt: skip
def test_answers(answer: bytes, expected: str | None) -> None:
    assert operator_in(answer, "operator", {"1": "unicom"}) == expected


@pytest.mark.parametrize(
    "options",
    [
        {"lookup_url": "https://dip.example/"}, {"lookup_url": "ftp://dip.example/{number}"},
        {"lookup_words": ("1",)}, {"lookup_timeout_s": 0.0},
    ],
)  # fmt: skip
def test_options_that_cannot_be(options: dict[str, Any]) -> None:
    with pytest.raises(ConfigError):
        NumberConfig(**options)


def test_what_is_wanted_is_bounded() -> None:
    lookups = Lookups(60)
    for n in range(MAX_WAITING + 10):
        lookups.want(str(n), 0)
    assert len(lookups.take(MAX_ASKED)) == MAX_WAITING
    lookups.want("0", 59_999)
    assert lookups.take(1) == []
    lookups.want("0", 60_000)
    assert lookups.take(1) == ["0"]
    lookups.missed("0")
    lookups.want("0", 60_001)
    assert lookups.take(1) == ["0"]
