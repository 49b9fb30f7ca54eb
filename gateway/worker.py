"""Celery workers: slow work of many hubs on many machines, over one store.

    CAIYOU_CONFIG=/etc/caiyou/caiyou.toml celery -A gateway.worker worker

A task is a batch of ids and says nothing else: what is to be done stands in the store, a task may come twice, and one
that a broker loses is found again by the claim that runs out. Without a broker in the configuration the hub does all
of this itself.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Coroutine
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from celery import Celery
from celery.signals import worker_process_shutdown

from gateway.app import build_desk, build_preparer
from gateway.config import read_config
from gateway.core.errors import ConfigError
from gateway.importing import Importer
from gateway.journal import Journal

if TYPE_CHECKING:
    from gateway.preparer import Preparer

#: Seconds a batch may take before its task is taken for dead.
BATCH_S = 1800

app = Celery("caiyou")
app.conf.update(
    broker_connection_retry_on_startup=True,
    task_acks_late=True,
    task_ignore_result=True,
    task_serializer="json",
    accept_content=["json"],
    worker_prefetch_multiplier=1,
    task_default_queue="caiyou",
    broker_url=os.environ.get("CAIYOU_BROKER"),
)


@app.task(name="caiyou.prepare")  # type: ignore[untyped-decorator]
def prepare(message_ids: list[int]) -> int:
    """Fit these MMS to their phones; returns how many still waited for it."""
    running = _Running.get()
    return running.wait(running.preparer.prepare_these(message_ids))


@app.task(name="caiyou.import")  # type: ignore[untyped-decorator]
def import_contacts(batch_ids: list[int]) -> int:
    """Work through these imports of contacts; returns how many were still open."""
    running = _Running.get()
    return running.wait(running.importer.finish_these(batch_ids))


class _Running:
    """A loop in a thread of its own, with what the tasks of this process need."""

    _lock = threading.Lock()

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, name="tasks", daemon=True)
        self._thread.start()
        self.preparer, self.importer = asyncio.run_coroutine_threadsafe(_make(), self.loop).result(60)

    @classmethod
    def get(cls) -> _Running:
        with cls._lock:  # made after the fork, with the first task
            return _running()

    def wait(self, work: Coroutine[Any, Any, int]) -> int:
        """What comes of work in the loop."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(BATCH_S)

    def close(self) -> None:
        asyncio.run_coroutine_threadsafe(self.preparer.stop(), self.loop).result(30)
        self.loop.call_soon_threadsafe(self.loop.stop)


@cache
def _running() -> _Running:
    return _Running()


async def _make() -> tuple[Preparer, Importer]:
    name = os.environ.get("CAIYOU_CONFIG")
    if not name:
        raise ConfigError("set CAIYOU_CONFIG to the configuration file of the hub")
    config, journal = read_config(Path(name)), Journal()
    desk = build_desk(config, journal)
    return build_preparer(config, journal, desk), Importer(desk)


@worker_process_shutdown.connect  # type: ignore[untyped-decorator]
def _close(**_: Any) -> None:
    if _running.cache_info().currsize:
        _running().close()
