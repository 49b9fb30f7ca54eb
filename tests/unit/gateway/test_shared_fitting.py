"""A letter to many phones is fitted once for those that show the same; nothing of one phone is seen by another."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

import pytest

from gateway.core.errors import MalformedPdu, NotFound
from gateway.fitting import FittingDied
from gateway.shared_fitting import SharedFitting
from mms.codec.codes import Status
from mms.codec.pdu import DeliveryInd, RetrieveConf, decode
from mms.content import Arrangement, Body, Part
from mms.fitting import Fitted, FittingJob, MessageRefused
from mms.handsets.catalogue import resolve
from mms.readdressing import for_phone

BODY = Body((Part("text/plain", "贺卡".encode(), "t.txt", "t.txt", "utf-8"),), Arrangement.MIXED)
LETTERS = {"one": b"first letter", "two": b"second letter"}
JOB = FittingJob(b"", resolve("unknown"), 300_000, "10657000", "+8613800000001", 1_000_000)


def made_for(job: FittingJob) -> Fitted:
    pdu = RetrieveConf(body=BODY, date_s=job.date_ms // 1000, to=(job.recipient,), subject="贺卡", sender=job.sender)
    return Fitted(pdu.encode(), "[]", job.letter.decode())


class Pool:
    def __init__(self) -> None:
        self.jobs: list[FittingJob] = []
        self.answer: Callable[[FittingJob], Fitted] = made_for
        self.gate = asyncio.Event()
        self.gate.set()

    async def fit(self, job: FittingJob) -> Fitted:
        self.jobs.append(job)
        await self.gate.wait()
        return self.answer(job)

    async def close(self) -> None:
        self.gate.set()


def read(reference: str) -> bytes:
    if reference not in LETTERS:
        raise NotFound(reference)
    return LETTERS[reference]


def sharing(pool: Pool, at_once: int = 2, kept_octets: int = 1000) -> SharedFitting:
    return SharedFitting(pool, read, at_once, kept_octets)


async def test_phones_that_show_the_same_share_and_each_is_addressed_alone() -> None:
    pool = Pool()
    shared = sharing(pool)
    jobs = [replace(JOB, recipient=f"+861380000000{n}", date_ms=JOB.date_ms + n * 1000) for n in range(5)]
    found = await asyncio.gather(*(shared.fit("one", job) for job in jobs))
    assert [job.letter for job in pool.jobs] == [b"first letter"]
    assert [one.pdu for one in found] == [made_for(job).pdu for job in jobs]
    assert (await shared.fit("one", jobs[3])).pdu == found[3].pdu
    assert len(pool.jobs) == 1
    await shared.close()


@pytest.mark.parametrize(
    "other",
    [
        replace(JOB, handset=resolve("nokia-6610")),
        replace(JOB, max_octets=100_000),
        replace(JOB, sender="10658"),
        replace(JOB, as_letter=True),
    ],
    ids=["handset", "budget", "sender", "letter"],
)
async def test_what_would_look_otherwise_is_fitted_by_itself(other: FittingJob) -> None:
    pool = Pool()
    shared = sharing(pool)
    await shared.fit("one", JOB)
    await shared.fit("one", other)
    await shared.fit("two", JOB)
    assert len(pool.jobs) == 3
    await shared.close()


async def test_no_more_letters_are_in_memory_than_may_be() -> None:
    pool = Pool()
    pool.gate.clear()
    shared = sharing(pool, at_once=1)
    tasks = [asyncio.create_task(shared.fit(letter, JOB)) for letter in LETTERS]
    async with asyncio.timeout(5):
        while not pool.jobs:
            await asyncio.sleep(0)
    assert len(pool.jobs) == 1
    pool.gate.set()
    assert [one.story for one in await asyncio.gather(*tasks)] == ["first letter", "second letter"]
    await shared.close()


async def test_what_fails_fails_for_all_who_wait_and_is_tried_again_by_the_next() -> None:
    pool = Pool()

    def refuse(job: FittingJob) -> Fitted:
        raise MessageRefused("no")

    pool.answer = refuse
    shared = sharing(pool)
    found = await asyncio.gather(*(shared.fit("one", JOB) for _ in range(3)), return_exceptions=True)
    assert [type(one) for one in found] == [MessageRefused] * 3
    pool.answer = made_for
    assert (await shared.fit("one", JOB)).story == "first letter"
    assert len(pool.jobs) == 2
    with pytest.raises(NotFound):
        await shared.fit("gone", JOB)
    await shared.close()


async def test_who_is_cancelled_ends_it_for_nobody_else() -> None:
    pool = Pool()
    pool.gate.clear()
    shared = sharing(pool)
    first, second = (asyncio.create_task(shared.fit("one", JOB)) for _ in range(2))
    async with asyncio.timeout(5):
        while not pool.jobs:
            await asyncio.sleep(0)
    first.cancel()
    pool.gate.set()
    assert (await second).story == "first letter"
    await shared.close()


async def test_the_oldest_are_forgotten_when_too_much_is_kept() -> None:
    pool = Pool()
    shared = sharing(pool, kept_octets=len(made_for(JOB).pdu))
    for letter in ("one", "two", "two", "one"):
        await shared.fit(letter, JOB)
    assert [job.letter for job in pool.jobs] == [b"first letter", b"second letter", b"first letter"]
    await shared.close()


async def test_what_is_no_message_for_a_phone_is_no_answer() -> None:
    pool = Pool()
    pool.answer = lambda job: Fitted(b"pdu", "", "")
    shared = sharing(pool)
    await shared.fit("one", JOB)
    with pytest.raises(FittingDied):
        await shared.fit("one", replace(JOB, recipient="+8613800000002"))
    await shared.close()


def test_only_phone_and_moment_differ_after_readdressing() -> None:
    before = decode(made_for(JOB).pdu)
    after = decode(for_phone(made_for(JOB).pdu, "+8613911111111", 2_000_000))
    assert isinstance(before, RetrieveConf)
    assert after == replace(before, to=("+8613911111111",), date_s=2000)
    report = DeliveryInd(message_id="1", to="+8613800000001", date_s=1, status=Status.RETRIEVED)
    with pytest.raises(MalformedPdu):
        for_phone(report.encode(), "+86139", 0)
