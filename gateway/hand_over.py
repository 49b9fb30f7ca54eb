"""Handing work to Celery workers: the one place where the hub speaks to their broker."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from celery import Celery

#: Ids in one task: a task for each would cost more than the work it stands for.
BATCH = 20


def hand_over_to(broker: str) -> Callable[[list[int]], Awaitable[None]]:
    """Who gives ids of MMS to the workers behind a broker. What a broker loses is due again when its claim is over."""
    return _handing("caiyou.prepare", broker, BATCH)


def hand_imports_over_to(broker: str) -> Callable[[list[int]], Awaitable[None]]:
    """Who gives ids of imports to the workers behind a broker, each as a task of its own."""
    return _handing("caiyou.import", broker, 1)


def _handing(task: str, broker: str, at_once: int) -> Callable[[list[int]], Awaitable[None]]:
    app = Celery("caiyou", broker=broker)
    app.conf.task_default_queue = "caiyou"

    def send(ids: list[int]) -> None:
        for start in range(0, len(ids), at_once):
            app.send_task(task, args=[ids[start : start + at_once]], retry=False)

    async def hand_over(ids: list[int]) -> None:
        await asyncio.to_thread(send, ids)

    return hand_over
