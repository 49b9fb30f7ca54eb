"""Phones of the simulator with an MMS program, each with its habits, and the hub as their MMS centre."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from carriers.simulator.mms_phones import MAKES, Habit
from gateway.core.mms import CanMms, NewMms
from gateway.core.outbox import Purpose
from mms.assembly import assemble, content_of
from mms.codec.codes import ResponseStatus, Status
from mms.codec.pdu import DeliveryInd, ReadOrigInd
from mms.content import Content, Part
from mms.handsets.evidence import Stated
from tests.fakes.mm1 import Town, open_town


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    async with open_town(tmp_path) as made:
        yield made


@pytest.mark.parametrize(
    ("habit", "make", "state"),
    [
        (Habit.FETCH, "android", "delivered"),
        (Habit.FETCH, "nokia-6610", "delivered"),
        (Habit.TWICE, "k750", "delivered"),
        (Habit.HANGS_UP, "android", "delivered"),
        (Habit.REJECT, "k750", "failed"),
        (Habit.LATER, "k750", "accepted"),
        (Habit.NO_ACK, "k750", "accepted"),
        (Habit.SILENT, "k750", "accepted"),
    ],
)
async def test_habits(town: Town, habit: Habit, make: str, state: str) -> None:
    phone = town.phones.phone("+8613800000001")
    phone.habit, phone.make = habit, MAKES[make]
    message_id = await town.send(phone.number)
    await town.until(lambda: phone.told)
    await town.until(lambda: town.state(message_id) == state)
    fetches = habit not in (Habit.REJECT, Habit.LATER, Habit.SILENT)
    if fetches:
        (one,) = await town.until(lambda: list(town.phones.received))
        assert one.message.body is not None
        assert content_of(one.message.body).parts[0].media_type == "image/jpeg"
        assert one.message.version == phone.make.version
        known = town.app.desk.read_now(lambda books: books.handsets.of(phone.number))
        assert known.mms is CanMms.YES
        await town.phones.read(one)
        facts = town.app.desk.read_now(lambda books: books.mms.facts([message_id]))[message_id]
        assert facts["read_ms"]
    if habit is Habit.NO_ACK:
        row = town.app.desk.read_now(lambda books: books.mm1.get(phone.told[0].transaction_id))
        assert row is not None
        assert row.state == "fetched"
    assert not town.phones.errors
    assert len(phone.told) == 1


async def test_from_phone_to_phone_with_reports_back(town: Town) -> None:
    anna, ben = town.phones.phone("+8613800000001"), town.phones.phone("+8613800000002")
    stated = Stated(town.app.desk.now_ms(), "sony-ericsson-k750")
    town.app.desk.run_now(lambda books: books.handsets.learn(ben.number, stated))
    ben.make = MAKES["k750"]
    page = f"http://127.0.0.1:{town.simulator.web_port}"
    async with aiohttp.ClientSession(page) as session:
        asked = {"to": ben.number, "text": "see you", "subject": "cat", "reports": True}
        async with session.post(f"/api/phones/{anna.number}/mms", json=asked) as answer:
            sent = await answer.json()
            assert (answer.status, sent["status"]) == (201, "ok"), sent
        (got,) = await town.until(lambda: [one for one in town.phones.received if one.number == ben.number])
        assert got.message.sender == anna.number
        assert got.message.read_report
        async with session.get("/api/phones/mms") as answer:
            (line,) = await answer.json()
        assert (line["number"], line["subject"]) == (ben.number, "cat")
        (place,) = [at for at, part in enumerate(line["parts"]) if part["type"] == "text/plain"]
        async with session.get(f"/api/phones/mms/0/{place}") as answer:
            assert (await answer.read()).decode() == "see you"
    (delivery,) = await town.until(lambda: anna.reports)
    assert isinstance(delivery, DeliveryInd)
    assert (delivery.message_id, delivery.to, delivery.status) == (sent["id"], ben.number, Status.RETRIEVED)
    await town.phones.read(got)
    _, read = await town.until(lambda: anna.reports if len(anna.reports) > 1 else None)
    assert isinstance(read, ReadOrigInd)
    assert (read.message_id, read.sender) == (sent["id"], ben.number)
    await town.phones.read(got)
    await asyncio.sleep(0.3)
    assert len(anna.reports) == 2


async def test_what_is_no_recipient_is_refused(town: Town) -> None:
    body = assemble(Content((Part("text/plain", b"hi", "a.txt", "", "utf-8"),)), screen=(176, 220))
    conf = await town.phones.send("+8613800000001", body, ("nobody-at-all",))
    assert conf.response_status in (ResponseStatus.ADDRESS_UNRESOLVED, ResponseStatus.OLD_ADDRESS_UNRESOLVED)
    conf = await town.phones.send("+8613800000001", body, tuple(f"+86138{n:08d}" for n in range(21)))
    assert not conf.response_status.is_ok


@pytest.mark.slow
async def test_a_thousand_phones_fetch_at_once(town: Town, capsys: pytest.CaptureFixture[str]) -> None:
    message_id = await town.send("+8613800000001")
    await town.until(lambda: town.state(message_id) == "delivered")
    row = town.app.desk.read_now(lambda books: books.outbox.get(message_id))
    assert row is not None
    numbers = [f"+86139{n:08d}" for n in range(1000)]
    letter = town.app.desk.read_now(lambda books: books.mms.facts([message_id]))[message_id]["letter"]
    stated = Stated(town.app.desk.now_ms(), "smartphone-today")

    def queue(books: Any) -> list[int]:
        ids = []
        for number in numbers:
            books.handsets.learn(number, stated)
            message = NewMms(number, letter, 1000, Purpose.API, not_before_ms=books.now_ms + 86_400_000)
            ids.append(books.mms.add(message))
        return ids

    ids = await town.app.desk.commit(queue)
    blob = row["blob"]

    def ready(books: Any) -> None:
        for one in ids:
            books.mms.fitted(one, blob=blob, handset="smartphone-today", receipt="", story="as the first")

    began = asyncio.get_running_loop().time()
    await town.app.desk.commit(ready)
    await town.until(lambda: len(town.phones.received) == 1001, 60)
    fetched_s = asyncio.get_running_loop().time() - began
    await town.until(lambda: all(town.state(one) == "delivered" for one in (ids[0], ids[500], ids[-1])), 30)
    states = {town.state(one) for one in ids}
    seconds = asyncio.get_running_loop().time() - began
    assert states == {"delivered"}
    assert not town.phones.errors
    with capsys.disabled():
        print(f"\n1000 phones told and fetched in {fetched_s:.1f} s, all delivered after {seconds:.1f} s")
