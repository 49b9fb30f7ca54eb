"""A card made by SMS over the whole hub: the number for cards, wrong answers, a restart half way, and what is told."""

from __future__ import annotations

import asyncio
import io
import re

import aiohttp
from PIL import Image

from gateway.app import build
from mms.cards.catalogue import templates
from tests.e2e.test_mms_hub import ACCESS, MAKER, PLAIN, SMALL, Hub, hub

__all__ = ["hub"]

CARDS = ACCESS + "8878"
PLACE, LOOK = next((place, look) for place, look in enumerate(templates(), 1) if look.genre == "business")


async def says(hub: Hub, text: str, to: str = ACCESS) -> str:
    """What the phone is answered."""
    before = len(hub.texts(MAKER))
    hub.simulator.operator.say(MAKER, text, to, asyncio.get_running_loop().time())
    await hub.wait_for(lambda: len(hub.texts(MAKER)) > before)
    assert len(hub.texts(MAKER)) == before + 1
    return hub.texts(MAKER)[-1]


async def restart(hub: Hub) -> None:
    await hub.app.stop()
    hub.app = build(hub.app.config)
    await hub.app.start()
    hub.url = f"http://127.0.0.1:{hub.app.web.port}"
    await hub.wait_for(lambda: all(facts.up for facts in hub.app.desk.router.links.values()))


async def test_from_the_number_for_cards_to_a_small_phone_over_a_restart(hub: Hub) -> None:
    example = LOOK.example("zh")
    listed = await says(hub, "你好", CARDS)
    assert f"{PLACE}{LOOK.names['zh']}" in listed
    assert hub.simulator.operator.handset(MAKER).last_sender == CARDS
    assert "编号" in await says(hub, "我要做贺卡吗", CARDS)
    assert LOOK.fields[0].prompts["zh"] in await says(hub, str(PLACE), CARDS)
    await says(hub, example.value("company"), CARDS)
    await restart(hub)
    assert LOOK.fields[2].prompts["zh"] in await says(hub, example.value("title"), CARDS)
    assert LOOK.names["zh"] in await says(hub, "8878", CARDS)
    assert LOOK.fields[2].prompts["zh"] in await says(hub, "继续", CARDS)
    assert LOOK.fields[1].prompts["zh"] in await says(hub, "返回", CARDS)
    await says(hub, example.value("title"), CARDS)
    assert "必须" in await says(hub, "跳过", CARDS)
    for field in LOOK.fields[2:]:
        await says(hub, example.value(field.key) or "跳过", CARDS)
    assert "手机号码" in await says(hub, "不知道", CARDS)
    preview = await says(hub, SMALL.removeprefix("+86"), CARDS)
    assert example.value("name") in preview
    assert "王小明" in await says(hub, "3 王小明", CARDS)
    assert "正在发往" in await says(hub, "OK", CARDS)
    first = (await hub.wait_for(lambda: hub.pictures(SMALL)))[0]
    assert max(first.size) <= 160
    await hub.wait_for(lambda: "已收到" in hub.texts(MAKER)[-1])
    assert hub.state_of(SMALL) == [("mmsc", "delivered")]


async def test_a_phone_without_mms_and_its_maker_hears_both_that_it_waits_and_that_it_was_seen(hub: Hub) -> None:
    place, look = next((n, one) for n, one in enumerate(templates(), 1) if one.genre == "greeting")
    await says(hub, "CARD")
    await says(hub, str(place))
    example = look.example("en")
    for field in look.fields:
        await says(hub, example.value(field.key) or "skip")
    await says(hub, PLAIN)
    await says(hub, "yes")
    await hub.wait_for(lambda: "shows no cards" in hub.texts(MAKER)[-1])
    (text,) = await hub.wait_for(lambda: hub.texts(PLAIN))
    found = re.search(r"(/p/\w+) 密码(\d{6})", text)
    assert found is not None, text
    async with aiohttp.ClientSession(hub.url) as browser:
        async with browser.post(found[1], data={"pin": found[2]}) as answer:
            page = await answer.text()
        source = page.split('<img src="')[1].split('"')[0]
        async with browser.get(source) as answer:
            assert Image.open(io.BytesIO(await answer.read())).width > 200
    await hub.wait_for(lambda: "has arrived" in hub.texts(MAKER)[-1])
