"""Tokens: the header, and what is remembered for how long."""

from __future__ import annotations

import asyncio

import pytest

from gateway.core.accounts import Token
from gateway.web.problems import Problem
from gateway.web.tokens import LIFE_S, Tokens, bearer

TOKEN = Token(1, 2, frozenset({"send"}), 0)


class Store:
    """A store that counts questions."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.known = {"cy_good": TOKEN}
        self.now = 0.0

    async def look_up(self, secret: str) -> Token | None:
        self.asked.append(secret)
        await asyncio.sleep(0)
        return self.known.get(secret)

    def clock(self) -> float:
        return self.now


@pytest.fixture
def store() -> Store:
    return Store()


@pytest.fixture
def tokens(store: Store) -> Tokens:
    return Tokens(store.look_up, store.clock)


@pytest.mark.parametrize("header", ["Bearer cy_abc", "bearer cy_abc", "BEARER  cy_abc "])
def test_headers_that_hold_a_token(header: str) -> None:
    assert bearer(header) == "cy_abc"


@pytest.mark.parametrize("header", [None, "", "Bearer ", "Basic abc", "Bearer", "Bearer é", "Bearer " + "x" * 200])
def test_headers_that_hold_none(header: str | None) -> None:
    with pytest.raises(Problem) as caught:
        bearer(header)
    assert caught.value.status == 401


async def test_a_token_is_asked_for_once_in_its_life(store: Store, tokens: Tokens) -> None:
    assert tokens.remembered("cy_good") is None
    assert await tokens.find("cy_good") is TOKEN
    assert await tokens.find("cy_good") is TOKEN
    assert tokens.remembered("cy_good") is TOKEN
    assert store.asked == ["cy_good"]


async def test_a_revoked_token_ends_within_its_life(store: Store, tokens: Tokens) -> None:
    await tokens.find("cy_good")
    store.known.clear()
    store.now = LIFE_S - 0.01
    assert await tokens.find("cy_good") is TOKEN
    store.now = LIFE_S
    assert tokens.remembered("cy_good") is None
    assert await tokens.find("cy_good") is None


async def test_unknown_ones_are_remembered_too(store: Store, tokens: Tokens) -> None:
    assert await tokens.find("cy_bad") is None
    assert await tokens.find("cy_bad") is None
    assert store.asked == ["cy_bad"]


async def test_many_who_ask_at_once_are_one_question(store: Store, tokens: Tokens) -> None:
    found = await asyncio.gather(*(tokens.find("cy_good") for _ in range(64)))
    assert found == [TOKEN] * 64
    assert store.asked == ["cy_good"]


async def test_what_is_remembered_holds_no_secret(tokens: Tokens) -> None:
    await tokens.find("cy_good")
    assert "cy_good" not in repr(tokens.__dict__["_known"])
