"""Handsets by the API: the catalogue, and what members may know and state of their own phones."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa

from gateway.core.accounts import Account
from gateway.store.database import Store
from gateway.store.schema import phones
from gateway.web import handsets
from gateway.web.asking import Handler
from gateway.web.messages_json import MessageRules
from gateway.web.openapi import EXAMPLES
from gateway.web.problems import Problem
from mms.handsets.evidence import Seen
from mms.handsets.values import FIELDS
from tests.fakes.desk import PHONE, START_MS, Bench

OTHER = "+8613900139000"
Call = Callable[..., Any]


@pytest.fixture
def bench(store: Store) -> Iterator[Bench]:
    made = Bench(store)
    yield made
    made.close()


@pytest.fixture
def call(bench: Bench) -> Call:
    """Calls a handler as the owner of PHONE, or as an administrator; gives the JSON of the answer."""
    bench.run(lambda books: books.accounts.add_domain("example.org"))
    account: Account = bench.run(lambda books: books.accounts.add("ann@example.org"))
    bench.run(lambda books: books.phones.start_proof(account.id, PHONE, "digest", START_MS))
    bench.run(lambda books: books.tx.execute(sa.update(phones).values(proved_ms=START_MS)))

    async def ask(handler: Handler, *names: str, body: Any = None, admin: bool = False, **query: str) -> Any:
        async def an_object(_fields: tuple[str, ...]) -> Any:
            return body

        desk = SimpleNamespace(read=_later(bench.ask), commit=_later(bench.run))
        made: Any = SimpleNamespace(
            api=SimpleNamespace(desk=desk, rules=MessageRules.of("CN", (), 10)),
            account_id=account.id,
            names=names,
            sees_all=admin,
            an_object=an_object,
            text=lambda name: query.get(name, ""),
            whole=lambda name, default, _least, _most: int(query.get(name, default)),
        )
        answer: Any = await handler(made)
        return json.loads(answer.body)

    return ask


def _later(work: Callable[[Any], Any]) -> Callable[[Any], Any]:
    async def run(argument: Any) -> Any:
        return work(argument)

    return run


async def test_the_catalogue_is_searched(call: Call) -> None:
    found = await call(handsets.list_handsets, query="nokia 6610", limit="3")
    assert found["handsets"][0] == {
        "key": "nokia-6610",
        "name": "Nokia 6610",
        "kind": "model",
        "parent": "nokia-s40-1",
        "year": 2002,
        "mms": True,
    }


async def test_a_handset_is_shown_with_its_sources(call: Call) -> None:
    found = await call(handsets.get_handset, "nokia-6610")
    assert set(found["values"]) == set(found["sources"]) == set(FIELDS)
    assert (found["values"]["screen"], found["sources"]["screen"]) == ([128, 128], "class colour-2003")
    with pytest.raises(Problem, match="typewriter"):
        await call(handsets.get_handset, "typewriter")


async def test_a_member_states_and_takes_back_which_phone_it_is(call: Call, bench: Bench) -> None:
    found = await call(handsets.get_phone_handset, "13800138000")
    assert (found["number"], found["mms"], found["since"]) == (PHONE, "unknown", None)
    found = await call(handsets.put_phone_handset, PHONE, body=EXAMPLES["handset"])
    assert (found["handset"]["key"], found["mms"]) == ("nokia-6610", "yes")
    assert found["why"] == "member said 2026-03-01 it takes MMS"
    found = await call(handsets.put_phone_handset, PHONE, body={"mms": False})
    assert (found["handset"]["key"], found["mms"]) == ("nokia-6610", "no")
    bench.run(lambda books: books.handsets.learn(PHONE, Seen(START_MS, "SIE-S55/04")))
    found = await call(handsets.delete_phone_handset, PHONE)
    assert (found["handset"]["key"], found["mms"]) == ("siemens-s55", "yes")
    found = await call(handsets.delete_phone_handset, PHONE, everything="true")
    assert (found["handset"]["key"], found["mms"]) == ("unknown", "unknown")


@pytest.mark.parametrize("body", [{}, {"handset": "typewriter"}, {"handset": 7}, {"mms": "yes"}, {"handset": None}])
async def test_what_cannot_be_stated(call: Call, body: dict[str, Any]) -> None:
    with pytest.raises(Problem):
        await call(handsets.put_phone_handset, PHONE, body=body)


@pytest.mark.parametrize(
    "handler", [handsets.get_phone_handset, handsets.put_phone_handset, handsets.delete_phone_handset]
)
async def test_phones_of_others_are_for_administrators(call: Call, handler: Handler) -> None:
    with pytest.raises(Problem, match="not the account's"):
        await call(handler, OTHER, body={"mms": True})
    assert (await call(handler, OTHER, body={"mms": True}, admin=True))["number"] == OTHER


async def test_what_an_administrator_states_of_another_is_the_operators_word(call: Call) -> None:
    found = await call(handsets.put_phone_handset, OTHER, body={"mms": True}, admin=True)
    assert found["why"] == "operator said 2026-03-01 it takes MMS"
    found = await call(handsets.put_phone_handset, PHONE, body={"mms": True}, admin=True)
    assert found["why"] == "member said 2026-03-01 it takes MMS"
