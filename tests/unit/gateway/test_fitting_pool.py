"""The pool of processes that fit MMS: real ones, and ones that hang, die or talk nonsense."""

from __future__ import annotations

import asyncio
import io
import os
import signal
import sys
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from PIL import Image

from gateway.fitting import FittingDied, FittingPool
from mms.assembly import assemble, content_of
from mms.cards.catalogue import template
from mms.codec.pdu import RetrieveConf, decode
from mms.content import Body, Content, Part
from mms.fitting import DrawingJob, FittingJob, MessageRefused, Picturing
from mms.handsets.catalogue import resolve
from mms.letters import Letter, read_letter, write_letter
from mms.media.plan import Plan
from tests.fakes.media import jpeg


def letter(*parts: Part) -> bytes:
    body = assemble(Content(parts), screen=(640, 480))
    return write_letter(
        Letter("生日快乐", "+8613800138000", ("+8613900139000",), body, 1_772_323_200_000, "<a@b.example>")
    )


def job(data: bytes, handset: str = "nokia-6610") -> FittingJob:
    return FittingJob(
        letter=data, handset=resolve(handset), max_octets=30_000, sender="10658000", recipient="+8613900139000",
        date_ms=1_772_323_200_000,
    )  # fmt: skip


PHOTO = Part("image/jpeg", jpeg((1200, 900)), "a.jpg")


@pytest.fixture
async def pool() -> AsyncIterator[FittingPool]:
    made = FittingPool(2, 60)
    yield made
    await made.close()


async def test_a_letter_becomes_the_message_of_its_phone(pool: FittingPool) -> None:
    made = await pool.fit(job(letter(PHOTO)))
    pdu = decode(made.pdu)
    assert isinstance(pdu, RetrieveConf)
    assert (pdu.subject, pdu.sender, pdu.to, pdu.date_s) == ("生日快乐", "10658000", ("+8613900139000",), 1_772_323_200)
    assert len(made.pdu) <= 30_000
    assert pdu.body is not None
    assert [part.media_type for part in content_of(pdu.body).parts] == ["image/jpeg"]
    assert Plan.from_json(made.receipt).handset == "nokia-6610"
    assert "a.jpg" in made.story


async def test_what_cannot_be_sent_is_refused_with_a_reason_and_the_process_goes_on(pool: FittingPool) -> None:
    with pytest.raises(MessageRefused, match="nothing of it"):
        await pool.fit(job(letter(Part("image/jpeg", PHOTO.data[:100], "a.jpg"))))
    with pytest.raises(MessageRefused):
        await pool.fit(job(b"Subject: no MMS\r\n\r\nhello"))
    assert (await pool.fit(job(letter(PHOTO)))).pdu


async def test_several_at_once_each_gets_its_own(pool: FittingPool) -> None:
    keys = ["nokia-6610", "unknown", "iphone-13", "nokia-n73"] * 2
    made = await asyncio.gather(*(pool.fit(job(letter(PHOTO), key)) for key in keys))
    assert [Plan.from_json(one.receipt).handset for one in made] == keys


async def test_a_process_that_dies_costs_one_job() -> None:
    pool = FittingPool(1, 60)
    await pool.fit(job(letter(PHOTO)))
    slot = pool._free.get_nowait()
    assert slot.process is not None
    os.kill(slot.process.pid, signal.SIGKILL)
    pool._free.put_nowait(slot)
    try:
        await pool.fit(job(letter(PHOTO)))
    except FittingDied:
        await pool.fit(job(letter(PHOTO)))
    await pool.close()


async def test_a_process_that_hangs_is_killed() -> None:
    pool = FittingPool(1, 0.3, (sys.executable, "-c", "import time; time.sleep(60)"))
    with pytest.raises(FittingDied, match=r"not done in 0\.3 s"):
        await pool.fit(job(b"x"))
    await pool.close()


@pytest.mark.parametrize(
    "answer",
    [
        "b''",
        "b'\\xff' * 8",
        "(5).to_bytes(4) + bytes(4) + b'hello'",
        "(2).to_bytes(4) + bytes(4) + b'[]'",
        "(100).to_bytes(4) + bytes(4) + b'{}'",
    ],
)
async def test_what_is_no_answer_is_nobodys_message(answer: str) -> None:
    code = f"import sys; sys.stdin.buffer.read(8); sys.stdout.buffer.write({answer})"
    pool = FittingPool(1, 20, (sys.executable, "-c", code))
    with pytest.raises(FittingDied):
        await pool.fit(job(b"x"))
    await pool.close()


async def test_one_who_no_longer_waits_leaves_no_answer_for_the_next(pool: FittingPool) -> None:
    waiting = asyncio.create_task(pool.fit(job(letter(PHOTO))))
    await asyncio.sleep(0.05)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    made = await asyncio.gather(*(pool.fit(job(letter(PHOTO), "iphone-13")) for _ in range(2)))
    assert {Plan.from_json(one.receipt).handset for one in made} == {"iphone-13"}


def card_letter() -> bytes:
    card = template("spring-festival").example("zh")
    body = Body((Part("text/plain", "新春快乐".encode(), "card.txt", "card", "utf-8"),))
    sent_ms = 1_772_323_200_000
    return write_letter(
        Letter("新春快乐", "+8613800138000", ("+8613900139000",), body, sent_ms, "<c@b.example>", source=card.to_json())
    )


async def test_a_card_is_drawn_for_the_very_phone(pool: FittingPool) -> None:
    sizes = {}
    for key in ("nokia-6610", "iphone-13"):
        pdu = decode((await pool.fit(job(card_letter(), key))).pdu)
        assert isinstance(pdu, RetrieveConf)
        assert pdu.body is not None
        pictures = [part.data for part in pdu.body.parts if part.media_type.startswith("image/")]
        assert pictures
        sizes[key] = max(Image.open(io.BytesIO(picture)).width for picture in pictures)
    assert sizes["nokia-6610"] <= 160 < sizes["iphone-13"]


async def test_for_a_page_the_letter_of_a_card_gets_its_pictures(pool: FittingPool) -> None:
    asked = replace(job(card_letter(), "unknown"), as_letter=True, max_octets=200_000)
    drawn = read_letter((await pool.fit(asked)).pdu)
    assert drawn.source is not None
    assert any(part.media_type.startswith("image/") for part in drawn.body.parts)
    assert drawn.message_id == "<c@b.example>"


async def test_a_message_is_drawn_as_its_phone_shows_it(pool: FittingPool) -> None:
    made = await pool.fit(job(letter(PHOTO)))
    drawn = await pool.draw(DrawingJob(Picturing.MESSAGE, made.pdu, resolve("nokia-6610"), language="zh"))
    assert [Image.open(io.BytesIO(screen.png)).size for screen in drawn.screens] == [(128, 128)]
    assert Image.open(io.BytesIO(drawn.animated)).size == (128, 128)
    with pytest.raises(MessageRefused):
        await pool.draw(DrawingJob(Picturing.MESSAGE, b"no PDU", resolve("nokia-6610")))


async def test_a_card_is_drawn_from_its_source_and_from_its_letter(pool: FittingPool) -> None:
    source = template("business-plain").example("zh").to_json()
    kept = write_letter(
        Letter("名片", "a@b.example", (), Body((Part("text/plain", b"x", "card.txt"),)), 0, "<a@b.example>",
               source=source)
    )  # fmt: skip
    drawings = [await pool.draw(DrawingJob(Picturing.CARD, data, width=160)) for data in (source, kept)]
    assert drawings[0] == drawings[1]
    assert Image.open(io.BytesIO(drawings[0].screens[0].png)).size == (160, 100)
    with pytest.raises(MessageRefused, match="no card template"):
        await pool.draw(DrawingJob(Picturing.CARD, source.replace(b"business-plain", b"business-none"), width=160))


@pytest.mark.parametrize(
    "words",
    ['{"screens": [[9, 1, []]], "warnings": []}', '{"screens": [[0, 1, []]], "warnings": []}', '{"screens": 5}', "{}"],
)
async def test_pictures_that_are_not_there_are_nobodys(words: str) -> None:
    header = "len(words).to_bytes(4) + (4).to_bytes(4)"
    code = (
        f"import sys; words = {words.encode()!r}; sys.stdin.buffer.read(8); "
        f"sys.stdout.buffer.write({header} + words + bytes(4))"
    )
    pool = FittingPool(1, 20, (sys.executable, "-c", code))
    with pytest.raises(FittingDied):
        await pool.draw(DrawingJob(Picturing.CARD, b"x"))
    await pool.close()
