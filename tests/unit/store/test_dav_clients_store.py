"""Passwords of devices and what their programs got, on both databases."""

from __future__ import annotations

import pytest

from gateway.core.dav_clients import DavClient, Step, Trouble
from gateway.core.errors import Conflict
from gateway.store.dav_clients import MAX_PASSWORDS
from tests.fakes.desk import START_MS, Bench


@pytest.fixture
def account_id(bench: Bench) -> int:
    bench.run(lambda b: b.accounts.add_domain("x.example"))
    return int(bench.run(lambda b: b.accounts.add("m@x.example")).id)


def test_passwords_open_the_books_alone_and_are_taken_back(bench: Bench, account_id: int) -> None:
    password_id, secret = bench.run(lambda b: b.dav_clients.add_password(account_id, "手机" * 40))
    token = bench.ask(lambda b: b.accounts.token(secret))
    assert (token.id, token.account_id, token.scopes, len(token.name)) == (password_id, account_id, {"dav"}, 64)
    # Tokens of the API are none.
    bench.run(lambda b: b.accounts.add_token(account_id, "api", "send read"))
    assert [one.id for one in bench.ask(lambda b: b.dav_clients.passwords(account_id))] == [password_id]
    other = bench.run(lambda b: b.accounts.add("o@x.example")).id
    assert not bench.run(lambda b: b.dav_clients.take_back(other, password_id))
    bench.run(lambda b: b.dav_clients.note(account_id, password_id, "DAVx5", synced=True))
    assert bench.run(lambda b: b.dav_clients.take_back(account_id, password_id))
    assert bench.ask(lambda b: b.accounts.token(secret)) is None
    assert bench.ask(lambda b: b.dav_clients.of(account_id)) == []
    assert not bench.run(lambda b: b.dav_clients.take_back(account_id, password_id))


def test_an_account_has_only_so_many_passwords(bench: Bench, account_id: int) -> None:
    def fill(books: object) -> None:
        for number in range(MAX_PASSWORDS):
            books.dav_clients.add_password(account_id, f"phone {number}")  # type: ignore[attr-defined]

    bench.run(fill)
    with pytest.raises(Conflict):
        bench.run(lambda b: b.dav_clients.add_password(account_id, "one more"))


def test_what_was_seen_of_a_program_is_one_row(bench: Bench, account_id: int) -> None:
    bench.run(lambda b: b.dav_clients.note(account_id, 7, "Mac"))
    bench.clock.ms = START_MS + 1_000
    bench.run(lambda b: b.dav_clients.note(account_id, 7, "Mac", synced=True))
    bench.clock.ms = START_MS + 2_000
    bench.run(lambda b: b.dav_clients.note(account_id, 7, "Mac", trouble=Trouble.FULL))
    bench.run(lambda b: b.dav_clients.note(account_id, 0, "", trouble=Trouble.PASSWORD))
    assert bench.ask(lambda b: b.dav_clients.of(account_id)) == [
        DavClient(7, "Mac", START_MS + 2_000, START_MS + 1_000, Trouble.FULL, START_MS + 2_000),
        DavClient(0, "", 0, 0, Trouble.PASSWORD, START_MS + 2_000),
    ]
    state = bench.ask(lambda b: b.dav_clients.state(account_id, 7, START_MS))
    assert (state.step, state.trouble, state.at_ms) == (Step.SYNCED, Trouble.FULL, START_MS + 1_000)
    assert bench.ask(lambda b: b.dav_clients.state(account_id, 7, START_MS + 3_000)).step is Step.WAITING
    # It goes with the account.
    bench.run(lambda b: b.accounts.forget(account_id))
    assert bench.ask(lambda b: b.dav_clients.of(account_id)) == []
