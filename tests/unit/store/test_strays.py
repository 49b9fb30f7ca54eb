"""Files that a killed hub left behind go; whatever a row speaks of stays, and whatever is young."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from gateway.core.ids import IdSource
from gateway.store import strays
from gateway.store.blobs import reference
from tests.fakes.desk import START_MS, Bench

NOW_S = START_MS / 1000


@pytest.fixture
def new_id() -> IdSource:
    return IdSource(lambda: START_MS - 2 * 3600 * 1000)


def body(bench: Bench, an_id: int, *, age_s: float = 7200, name: str = "") -> Path:
    path = bench.desk.blobs.root / reference(an_id)
    path = path.with_name(name) if name else path
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"a body")
    os.utime(path, (NOW_S - age_s, NOW_S - age_s))
    return path


def found(bench: Bench) -> tuple[list[str], list[str]]:
    temporary, bodies = strays.candidates(bench.desk.blobs.root, NOW_S)
    without = bench.ask(lambda b: strays.without_row(b.tx, bodies)) if bodies else []
    return [path.name for path in temporary], without


def test_a_body_without_a_row_is_a_stray(bench: Bench, new_id: IdSource) -> None:
    an_id = new_id()
    body(bench, an_id)
    assert found(bench) == ([], [reference(an_id)])


def test_a_body_of_a_mail_for_the_relay_stays(bench: Bench, new_id: IdSource) -> None:
    an_id = new_id()
    body(bench, an_id)
    bench.run(lambda b: b.queue_relay(sender="a@x.example", recipients=["b@y.example"], blob=reference(an_id)))
    assert found(bench) == ([], [])


def test_a_body_of_a_filed_mail_stays_though_its_file_in_the_maildir_is_gone(bench: Bench, new_id: IdSource) -> None:
    bench.run(lambda b: b.accounts.add_domain("x.example"))
    account = bench.run(lambda b: b.accounts.add("m@x.example"))
    (target,) = bench.ask(lambda b: b.accounts.resolve(account.address))
    own, shared = new_id(), new_id()
    for blob_id, mail_id in ((own, own), (shared, new_id())):  # a row of its own id, and one of a second recipient
        body(bench, blob_id)
        bench.run(
            lambda b, blob_id=blob_id, mail_id=mail_id: b.file_mail(
                target, blob=reference(blob_id), data=b"a body", facts=b._desk.read_facts(b"", 0), mail_id=mail_id
            )
        )
    assert found(bench) == ([], [])


def test_what_is_young_or_has_a_second_name_is_not_looked_at(bench: Bench, new_id: IdSource) -> None:
    body(bench, new_id(), age_s=60)
    linked = body(bench, new_id())
    os.link(linked, linked.with_name("in-a-maildir"))
    body(bench, new_id(), name=".1.tmp", age_s=60)
    assert found(bench) == ([], [])


def test_a_temporary_file_goes(bench: Bench, new_id: IdSource) -> None:
    path = body(bench, new_id(), name=".77.tmp")
    temporary, _ = strays.candidates(bench.desk.blobs.root, NOW_S)
    assert strays.remove(temporary) == 1
    assert not path.exists()
