"""Passwords."""

from __future__ import annotations

import time

import pytest
from argon2 import PasswordHasher

from gateway.passwords import (
    MAX_PASSWORD,
    check_password,
    check_password_now,
    hash_password,
    hash_password_now,
)


async def test_a_password_fits_its_hash_and_no_other() -> None:
    stored = await hash_password("correct horse 电池")
    assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert await check_password(stored, "correct horse 电池") == check_password_now(stored, "correct horse 电池")
    assert (await check_password(stored, "correct horse 电池")).ok
    assert not (await check_password(stored, "correct horse")).ok
    assert stored != await hash_password("correct horse 电池")


@pytest.mark.parametrize("stored", [None, "", "x", "$argon2id$v=19$m=1", "$1$abc"])
def test_no_hash_fits_nothing(stored: str | None) -> None:
    assert not check_password_now(stored, "nobody").ok
    assert not check_password_now(stored, "").ok


def test_nobody_takes_as_long_as_somebody() -> None:
    stored = hash_password_now("a")
    check_password_now(None, "a")

    def fastest(password_hash: str | None) -> float:
        times = []
        for _ in range(5):
            began = time.thread_time()
            check_password_now(password_hash, "wrong")
            times.append(time.thread_time() - began)
        return min(times)

    somebody, nobody = fastest(stored), fastest(None)
    assert nobody > somebody / 2
    assert somebody > nobody / 2


def test_an_old_hash_is_renewed_at_login() -> None:
    old = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1).hash("secret")
    checked = check_password_now(old, "secret")
    assert checked.ok
    assert "m=19456" in checked.new_hash
    renewed = check_password_now(checked.new_hash, "secret")
    assert renewed.ok
    assert renewed.new_hash == ""
    assert check_password_now(old, "wrong").new_hash == ""


def test_a_password_too_long_is_refused() -> None:
    with pytest.raises(ValueError, match="at most"):
        hash_password_now("x" * (MAX_PASSWORD + 1))
    stored = hash_password_now("x" * MAX_PASSWORD)
    assert check_password_now(stored, "x" * MAX_PASSWORD).ok
    assert not check_password_now(stored, "x" * (MAX_PASSWORD + 1)).ok
