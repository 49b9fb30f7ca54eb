"""Who asks over CardDAV: name and password of a member, or a device's own password.

argon2 takes 24 ms, and clients send the password with every request; so a login that was good is remembered for five
minutes, under a keyed digest of what was given. It holds only while the account is active and its password the same,
which is asked of the store when two seconds have passed.

A device's password is a token with the scope `dav`: the member can take it back without changing theirs.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import secrets
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from addressbook.dav.errors import DavError
from addressbook.dav.headers import Credentials
from gateway.core.accounts import Account, Token
from gateway.passwords import check_password
from gateway.store.dav_clients import SCOPE
from gateway.store.desk import BooksOfStore, Desk
from gateway.web.limits import Buckets

#: Seconds a good login is remembered, and for how long nothing is asked about it.
LIFE_S: Final = 300.0
FRESH_S: Final = 2.0
MAX_REMEMBERED: Final = 10_000
#: Wrong logins of one address, and of one account, at once and a second.
WRONG, WRONG_PER_S = 20.0, 0.1
WRONG_OF_ACCOUNT, WRONG_OF_ACCOUNT_PER_S = 10.0, 1 / 6
#: What the password of a device begins with.
_DEVICE: Final = "cy_"
MAX_USER: Final = 320


class TooManyLogins(DavError):
    """Somebody guesses; the seconds to wait are in `retry_after_s`."""

    def __init__(self, retry_after_s: int) -> None:
        super().__init__(429, "too many wrong logins came from this address, or for this account")
        self.retry_after_s = retry_after_s


@dataclass(frozen=True, slots=True)
class Login:
    """Who has come in; `device` by whose password, None for the member's own."""

    account: Account
    device: Token | None


@dataclass(frozen=True, slots=True)
class _Good:
    login: Login
    password_hash: str  # "" for the password of a device
    until: float
    fresh_until: float


class Logins:
    """The logins that were good of late. `clock` gives seconds that only grow; `door` is named in the journal."""

    def __init__(self, desk: Desk, clock: Callable[[], float], door: str = "carddav") -> None:
        self._desk = desk
        self._clock = clock
        self._door = door
        self._key = secrets.token_bytes(32)
        self._good: OrderedDict[bytes, _Good] = OrderedDict()
        self._asking: dict[bytes, asyncio.Task[Login | None]] = {}
        self._wrong = Buckets(WRONG)
        self._wrong_of_account = Buckets(WRONG_OF_ACCOUNT)

    async def find(self, given: Credentials, address: str) -> Login | None:
        """The member, or None when name or password is wrong. Raises TooManyLogins for who guesses.

        Many who ask the same at once are one check.
        """
        if len(given.user) > MAX_USER:
            return None
        digest = hmac.digest(self._key, f"{given.user.lower()}\0{given.password}".encode(), hashlib.sha256)
        good = self._good.get(digest)
        if good is not None and good.fresh_until > self._clock():
            return good.login
        task = self._asking.get(digest)
        if task is None:
            task = asyncio.ensure_future(self._check(digest, given, address))
            self._asking[digest] = task
            task.add_done_callback(lambda _: self._asking.pop(digest, None))
        return await asyncio.shield(task)

    async def _check(self, digest: bytes, given: Credentials, address: str) -> Login | None:
        good = self._good.get(digest)
        if good is not None and good.until > self._clock():
            # Who is remembered is not made to wait because somebody else guesses.
            found = await self._ask(given)
            if found is not None and found[1] == good.password_hash:
                self._remember(digest, replace(good, login=found[0], fresh_until=self._clock() + FRESH_S))
                return found[0]
        self._good.pop(digest, None)
        self.bar(given.user, address)
        found = await self._ask(given)
        if found is None or found[1]:
            checked = await check_password(found[1] if found else None, given.password)
            if found is None or not checked.ok:
                self.count_wrong(given.user, address)
                return None
            if checked.new_hash:
                account_id, new_hash = found[0].account.id, checked.new_hash
                await self._desk.commit(lambda books: books.accounts.set_password(account_id, new_hash))
                found = (found[0], new_hash)
        now = self._clock()
        self._remember(digest, _Good(*found, until=now + LIFE_S, fresh_until=now + FRESH_S))
        return found[0]

    async def _ask(self, given: Credentials) -> tuple[Login, str] | None:
        """The member and the hash that the password has to fit; "" where a device's password fitted already."""

        def ask(books: BooksOfStore) -> tuple[Login, str] | None:
            if given.password.startswith(_DEVICE):
                token = books.accounts.token(given.password)
                account = None if token is None else books.accounts.by_id(token.account_id)
                if token is not None and account is not None and account.address == given.user.lower():
                    return (Login(account, token), "") if SCOPE in token.scopes else None
            found = books.accounts.login(given.user)
            return None if found is None else (Login(found[0], None), found[1])

        return await self._desk.read(ask)

    def bar(self, user: str, address: str) -> None:
        """Raises TooManyLogins for who guesses."""
        now = self._clock()
        wait_s = max(
            self._wrong.take(address, WRONG_PER_S, now, 0),
            self._wrong_of_account.take((user.lower(), address), WRONG_OF_ACCOUNT_PER_S, now, 0),
        )
        if wait_s:
            raise TooManyLogins(wait_s)

    def count_wrong(self, user: str, address: str) -> None:
        """A wrong password came for this account from there."""
        now = self._clock()
        self._wrong.take(address, WRONG_PER_S, now)
        self._wrong_of_account.take((user.lower(), address), WRONG_OF_ACCOUNT_PER_S, now)
        self._desk.journal.login_failed(self._door, address)

    def _remember(self, digest: bytes, good: _Good) -> None:
        self._good[digest] = good
        self._good.move_to_end(digest)
        if len(self._good) > MAX_REMEMBERED:
            self._good.popitem(last=False)
