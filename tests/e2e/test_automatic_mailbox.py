"""The page of a number's mailbox as browsers of 2005 and of today get it; what waits when the phone changes."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable
from xml.etree import ElementTree

import aiohttp
import pytest

from gateway.core.mms import AutomaticState
from mms.handsets.evidence import Stated
from tests.e2e.test_mms_hub import OLD_AGENT, PLAIN, Hub, hub

__all__ = ["hub"]

_XHTML = "{http://www.w3.org/1999/xhtml}"
_BLOCKS = {"h1", "h2", "p", "div", "form", "ul"}
_INLINE = {"br", "a", "strong", "img", "input"}
#: What XHTML Mobile Profile 1.0 lets stand in what, as far as our page needs it.
_INSIDE = {
    "html": {"head", "body"}, "head": {"title", "meta", "link"}, "body": _BLOCKS, "div": _BLOCKS, "ul": {"li"},
    "form": _BLOCKS - {"form"}, "li": _INLINE, "p": _INLINE, "h1": _INLINE, "h2": _INLINE, "a": _INLINE - {"a"},
    "strong": _INLINE,
}  # fmt: skip
_WITH_TEXT = {"title", "li", "p", "h1", "h2", "a", "strong"}
_ATTRIBUTES = {
    "html": {"{http://www.w3.org/XML/1998/namespace}lang"}, "meta": {"name", "content", "http-equiv"},
    "link": {"rel", "type", "href"}, "form": {"action", "method"}, "a": {"href"}, "img": {"src", "alt"},
    "input": {"type", "name", "size", "maxlength", "value"}, "p": {"class"}, "div": {"class"},
}  # fmt: skip
_NEEDED = {"form": {"action"}, "img": {"src", "alt"}, "meta": {"content"}}


def check_xhtml_mp(page: str) -> None:
    """Fails unless a page is well-formed, has the doctype of XHTML MP 1.0 and holds only what that allows."""
    assert '"-//WAPFORUM//DTD XHTML Mobile 1.0//EN" "http://www.wapforum.org/DTD/xhtml-mobile10.dtd"' in page
    assert len(page.encode()) < 10_240
    root = ElementTree.fromstring(page)
    assert root.tag == f"{_XHTML}html"
    assert [one.tag for one in root] == [f"{_XHTML}head", f"{_XHTML}body"]
    for element in root.iter():
        name = element.tag.removeprefix(_XHTML)
        assert set(element.attrib) <= _ATTRIBUTES.get(name, set()), ElementTree.tostring(element)
        assert _NEEDED.get(name, set()) <= set(element.attrib), ElementTree.tostring(element)
        assert {child.tag.removeprefix(_XHTML) for child in element} <= _INSIDE.get(name, set()), name
        texts: Iterable[str | None] = [element.text, *(child.tail for child in element)]
        assert name in _WITH_TEXT or not "".join(text or "" for text in texts).strip(), f"a text stands in <{name}>"


async def told(hub: Hub, count: int = 1) -> tuple[str, str]:
    """(path, PIN) of the first SMS, once so many have come."""
    texts = await hub.wait_for(lambda: hub.texts(PLAIN) if len(hub.texts(PLAIN)) >= count else None)
    found = re.search(r"http://c\.example(/p/\w+) 密码(\d{6})", texts[0])
    assert found is not None, texts
    return found[1], found[2]


@pytest.mark.parametrize("language", ["", "en"])
async def test_every_page_is_xhtml_mobile_profile_and_says_nothing_to_strangers(hub: Hub, language: str) -> None:
    await hub.mail(PLAIN)
    path, pin = await told(hub)
    headers = {"User-Agent": OLD_AGENT} | ({"Accept-Language": language} if language else {})
    async with aiohttp.ClientSession(hub.url, headers=headers, cookie_jar=aiohttp.DummyCookieJar()) as browser:
        async with browser.get(path) as answer:
            page = await answer.text()
            assert answer.headers["Cache-Control"] == "no-store"
            assert answer.headers["Referrer-Policy"] == "no-referrer"
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert "Set-Cookie" not in answer.headers
        check_xhtml_mp(page)
        assert ("Look" in page) is bool(language)
        for stranger in (f"{path}/1-a", f"{path}/%C3%A9-%C3%A9", f"{path}/ffffffff-aaaa", f"{path}/ffffffff-a/0"):
            async with browser.get(stranger, allow_redirects=False) as answer:
                assert (answer.status, answer.headers["Location"]) == (303, path)
        for nonsense in (b"pin=" + b"1" * 5000, b"&".join(b"a=1" for _ in range(50)), b"\xff\x00", b""):
            async with browser.post(path, data=nonsense, headers={"Content-Type": "text/plain"}) as answer:
                assert answer.status in (403, 429)
                check_xhtml_mp(await answer.text())
        async with browser.post(path, data={"pin": pin}) as answer:
            inside = answer.url.path
            check_xhtml_mp(await answer.text())
        async with browser.post(inside, data={"password": "short"}) as answer:
            assert answer.status == 400
            check_xhtml_mp(await answer.text())
        for nothing in (f"{inside}/99", f"{inside}/x", f"{inside}/0/1", "/p/", "/p/none"):
            async with browser.get(nothing, allow_redirects=False) as answer:
                assert answer.status == 404, nothing
                check_xhtml_mp(await answer.text())
        (source,) = re.findall(r'<img src="([^"]+)"', await (await browser.get(inside)).text())
        async with browser.get(source) as answer:
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert "public" not in answer.headers["Cache-Control"]


async def test_what_waits_is_listed_and_a_suspended_mailbox_opens_for_its_owner(hub: Hub) -> None:
    await hub.mail(PLAIN)
    path, pin = await told(hub)
    await hub.mail(PLAIN)
    await hub.wait_for(lambda: len(hub.state_of(PLAIN)) == 2 and {s for _, s in hub.state_of(PLAIN)} == {"accepted"})
    account_id = hub.app.desk.read_now(lambda books: books.pickups.of_number(PLAIN)).account_id
    hub.app.desk.run_now(lambda books: books.pickups.suspend(account_id))
    async with aiohttp.ClientSession(hub.url, cookie_jar=aiohttp.DummyCookieJar()) as browser:
        async with browser.post(path, data={"pin": pin}) as answer:
            page = await answer.text()
        (other,) = re.findall(r'<li><a href="([^"]+)"', page)
        assert "<strong>" in page.split("<ul>")[1]
        assert sorted(state for _, state in hub.state_of(PLAIN)) == ["accepted", "delivered"]
        async with browser.get(other) as answer:
            assert "我们在海边" in await answer.text()
    assert sorted(state for _, state in hub.state_of(PLAIN)) == ["delivered", "delivered"]
    assert hub.app.desk.read_now(lambda books: books.pickups.of_number(PLAIN)).state is AutomaticState.ACTIVE


async def test_a_phone_that_is_replaced_by_one_with_mms_gets_what_waits_for_it(hub: Hub) -> None:
    await hub.mail(PLAIN)
    await told(hub)
    await asyncio.sleep(0.01)
    hub.app.desk.run_now(lambda books: books.handsets.learn(PLAIN, Stated(books.now_ms, "iphone-13")))
    (picture,) = await hub.wait_for(lambda: hub.pictures(PLAIN))
    assert picture.width >= 1000
    await hub.wait_for(lambda: hub.state_of(PLAIN) == [("mmsc", "delivered")])
    assert len(hub.texts(PLAIN)) == 1
