"""Passwords: argon2id, checked in threads of their own, at most two at a time.

19 MiB and two passes (OWASP's second choice) take about 24 ms here; two threads bound the memory to 38 MiB however
many log in at once. Checking against no hash takes as long as against one, so that time does not tell who exists.
"""

from __future__ import annotations

import asyncio
import functools
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

#: Checks at the same time; each needs 19 MiB.
MAX_AT_ONCE = 2
#: Octets of a password that are looked at: more would be a way to keep a core busy.
MAX_PASSWORD = 1024

_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


@dataclass(frozen=True, slots=True)
class Checked:
    """The result of a check."""

    ok: bool
    new_hash: str = ""  # to be stored when the parameters have changed since the password was set


def hash_password_now(password: str) -> str:
    """The hash to store, computed in this thread (command line, tests). Raises ValueError for a password too long."""
    octets = password.encode()
    if len(octets) > MAX_PASSWORD:
        raise ValueError(f"a password has at most {MAX_PASSWORD} octets")
    return _HASHER.hash(octets)


def check_password_now(password_hash: str | None, password: str) -> Checked:
    """Whether the password fits, computed in this thread; None for somebody who does not exist."""
    octets = password.encode("utf-8", "surrogateescape")[: MAX_PASSWORD + 1]
    try:
        _HASHER.verify(password_hash or _hash_of_nobody(), octets)
    except (VerificationError, InvalidHashError):
        return Checked(False)
    if not password_hash or len(octets) > MAX_PASSWORD:
        return Checked(False)
    return Checked(True, _HASHER.hash(octets) if _HASHER.check_needs_rehash(password_hash) else "")


async def hash_password(password: str) -> str:
    """As `hash_password_now`, in a thread."""
    return await asyncio.get_running_loop().run_in_executor(_threads(), hash_password_now, password)


async def check_password(password_hash: str | None, password: str) -> Checked:
    """As `check_password_now`, in a thread."""
    return await asyncio.get_running_loop().run_in_executor(_threads(), check_password_now, password_hash, password)


@functools.cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(MAX_AT_ONCE, thread_name_prefix="password")


@functools.cache
def _hash_of_nobody() -> str:
    return _HASHER.hash(b"nobody")
