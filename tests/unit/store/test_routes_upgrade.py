"""Routes and messages of the first schema keep their meaning."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import command

from gateway.store.database import StoreConfig, open_store
from gateway.store.upgrade import _config, upgrade
from tests.fakes.desk import PHONE, Bench

_MESSAGE = (
    "INSERT INTO outbox (id, account_id, purpose, state, link, priority, due_ms, expires_ms, recipient, text, "
    "alphabet, segments, want_report, created_ms) VALUES (5, 1, 'api', 'queued', 'a', 1, 0, 9999999999999, :phone, "
    "'hi', 'gsm7', 1, true, 0)"
)


def test_a_table_made_before_goes_on(store_config: StoreConfig) -> None:
    store = open_store(store_config)
    with store.engine.connect() as plain:
        connection = plain.execution_options(caiyou_write=True)
        config = _config()
        config.attributes["connection"] = connection
        with connection.begin():
            command.upgrade(config, "0001")
    with store.engine.connect() as plain:
        connection = plain.execution_options(caiyou_write=True)
        with connection.begin():
            connection.execute(
                sa.text(
                    "INSERT INTO routes (id, prefix, link, cost, preference, weight) VALUES (1, '+86', 'b', 7, 1, 2)"
                )
            )
            connection.execute(sa.text("INSERT INTO routes (id, prefix, link) VALUES (2, '', 'a')"))
            connection.execute(sa.text(_MESSAGE), {"phone": PHONE})
    upgrade(store)
    bench = Bench(store)
    known = bench.ask(lambda b: b.routes.known(-1, 0))
    assert [(r.id, r.prefix, r.link, r.cost, r.preference, r.weight, r.conditions) for r in known.routes or ()] == [
        (2, "", "a", 0, 0, 1, 0),
        (1, "+86", "b", 7, 1, 2, 0),
    ]
    bench.router.learn(known, [])
    assert bench.router.choose(PHONE) == "b"
    (claimed,) = bench.claim()
    assert (claimed.id, claimed.text) == (5, "hi")
    bench.close()
    store.engine.dispose()
