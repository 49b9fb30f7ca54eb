"""Fetching pictures for readers: what is fetched, and what the hub cannot be made to fetch."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from gateway.core.errors import Refused
from gateway.web.picture_fetching import MAX_OCTETS, PictureFetching

PNG = b"\x89PNG\r\n\x1a\n" + bytes(100)
seen: list[web.Request] = []


async def _answer(request: web.Request) -> web.StreamResponse:
    seen.append(request)
    match request.path:
        case "/dot.png":
            return web.Response(body=PNG, content_type="text/html")  # what it says of itself does not count
        case "/page":
            return web.Response(body=b"<svg onload=alert(1)>", content_type="image/png")
        case "/large":
            return web.Response(body=PNG + bytes(MAX_OCTETS))
        case "/away":
            raise web.HTTPFound("/dot.png")
        case "/inside":
            raise web.HTTPFound("http://127.0.0.1:22/")
        case "/round":
            raise web.HTTPFound("/round")
        case _:
            raise web.HTTPNotFound


@pytest.fixture
async def base() -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_get("/{tail:.*}", _answer)
    async with TestServer(app) as server:
        seen.clear()
        yield str(server.make_url("")).rstrip("/")


async def test_pictures_are_fetched_without_a_word_about_the_reader(base: str) -> None:
    fetching = PictureFetching(allow_private=True, ports=None)
    assert await fetching.fetch(f"{base}/dot.png") == (PNG, "image/png")
    assert await fetching.fetch(f"{base}/away") == (PNG, "image/png")
    for request in seen:
        assert not {"Cookie", "Referer", "Authorization"} & set(request.headers)


async def test_what_is_no_picture_is_not_handed_on(base: str) -> None:
    fetching = PictureFetching(allow_private=True, ports=None)
    for path in ("/page", "/large", "/round", "/none"):
        with pytest.raises(Refused):
            await fetching.fetch(base + path)


async def test_the_network_of_the_hub_is_out_of_reach(base: str) -> None:
    port = base.rpartition(":")[2]
    fetching = PictureFetching(ports=None)
    for host in ("127.0.0.1", "localhost", "127.1", "2130706433", "0x7f000001", "[::1]", "[::ffff:127.0.0.1]",
                 "0.0.0.0", "169.254.169.254", "10.0.0.1"):  # fmt: skip
        with pytest.raises(Refused):
            await fetching.fetch(f"http://{host}:{port}/dot.png")
    assert seen == []
    outside = PictureFetching()
    for address in (
        "http://example.com:22/",
        "ftp://example.com/a.png",
        "file:///etc/passwd",
        "http://a:b@example.com/",
        "x",
    ):
        with pytest.raises(Refused):
            await outside.fetch(address)


async def test_a_redirect_into_odd_ports_is_not_followed(base: str) -> None:
    port = int(base.rpartition(":")[2])
    with pytest.raises(Refused, match="port 22"):
        await PictureFetching(allow_private=True, ports=(port,)).fetch(f"{base}/inside")
