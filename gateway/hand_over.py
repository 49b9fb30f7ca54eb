"""Handing work to Celery workers: the one place where the hub speaks to their broker."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from celery import Celery

#: Ids in one task: a task for each would cost more than the work it stands for.
BATCH = 20


def hand_over_to(broker: str) -> Callable[[list[int]], Awaitable[None]]:
    """Who gives ids of MMS to the workers behind a broker. What a broker loses is due again when its claim is over."""
    app = Celery("caiyou", broker=broker)
    app.conf.task_default_queue = "caiyou"

    def send(message_ids: list[int]) -> None:
        for start in range(0, len(message_ids), BATCH):
            app.send_task("caiyou.prepare", args=[message_ids[start : start + BATCH]], retry=False)

    async def hand_over(message_ids: list[int]) -> None:
        await asyncio.to_thread(send, message_ids)

    return hand_over
