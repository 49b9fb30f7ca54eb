"""What links remember."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.core.errors import StoreUnavailable
from gateway.store.database import StoreConfig, create_tables, open_store
from gateway.store.link_memory import StoredMemory


async def test_what_is_saved_is_there_after_a_restart(tmp_path: Path) -> None:
    store = open_store(StoreConfig(data_dir=str(tmp_path)))
    create_tables(store)
    memory = StoredMemory(store, "pool", lambda: 1)
    assert await memory.load("sim/1") == ""
    await memory.save({"sim/1": '{"sent_today": 1}', "sim/2": "{}"})
    await memory.save({"sim/1": '{"sent_today": 2}'})
    await memory.save({})
    await store.close()
    again = open_store(StoreConfig(data_dir=str(tmp_path)))
    assert await StoredMemory(again, "pool", lambda: 2).load("sim/1") == '{"sent_today": 2}'
    assert await StoredMemory(again, "pool", lambda: 2).load("sim/2") == "{}"
    assert await StoredMemory(again, "other", lambda: 2).load("sim/1") == ""
    await again.close()


async def test_a_store_that_is_away_is_told_of(tmp_path: Path) -> None:
    store = open_store(StoreConfig(data_dir=str(tmp_path)))
    memory = StoredMemory(store, "pool", lambda: 1)
    with pytest.raises(StoreUnavailable):
        await memory.save({"sim/1": "{}"})  # there is no table
    await store.close()
