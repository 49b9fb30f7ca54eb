"""What every test may use: a store on either database, and the desk over it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.store.database import Store, StoreConfig, create_tables, open_store
from tests.fakes.postgres import Postgres, find_binaries


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """One server for the run."""
    if find_binaries() is None:
        reason = "PostgreSQL is not installed (deploy/system-packages.sh installs it)"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    server = Postgres()
    yield server
    server.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def store_config(request: pytest.FixtureRequest, tmp_path: Path) -> StoreConfig:
    """An empty place for rows and files, once on each database."""
    if request.param == "sqlite":
        return StoreConfig(data_dir=str(tmp_path / "data"))
    server: Postgres = request.getfixturevalue("postgres")
    return StoreConfig(url=server.url(), data_dir=str(tmp_path / "data"))


@pytest.fixture
def store(store_config: StoreConfig) -> Iterator[Store]:
    """A store with every table, on each database."""
    opened = open_store(store_config)
    create_tables(opened)
    yield opened
    opened.engine.dispose()
