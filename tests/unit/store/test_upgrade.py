"""Migrations: an empty database becomes what the schema says, on both databases, and a second run changes nothing."""

from __future__ import annotations

import sqlalchemy as sa

from gateway.store.database import StoreConfig, open_store
from gateway.store.schema import metadata
from gateway.store.upgrade import differences, upgrade


def test_migrations_lead_to_the_schema(store_config: StoreConfig) -> None:
    store = open_store(store_config)
    assert differences(store)
    upgrade(store)
    assert differences(store) == []
    upgrade(store)
    tables = set(sa.inspect(store.engine).get_table_names())
    assert tables == {table.name for table in metadata.sorted_tables} | {"alembic_version"}
    store.engine.dispose()


def test_partial_indexes_are_partial(store_config: StoreConfig) -> None:
    """The queue stays quick with millions of settled messages only while its index holds the waiting ones alone."""
    store = open_store(store_config)
    upgrade(store)
    if store.is_sqlite:
        query = "SELECT sql FROM sqlite_master WHERE name = 'ix_outbox_ready'"
    else:
        query = "SELECT indexdef FROM pg_indexes WHERE indexname = 'ix_outbox_ready'"
    with store.engine.connect() as connection:
        definition = str(connection.exec_driver_sql(query).scalar())
    assert "WHERE" in definition
    assert "queued" in definition
    store.engine.dispose()
