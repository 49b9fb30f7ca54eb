"""Programs that come for address books over CardDAV, and the passwords of devices, within one transaction."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import sqlalchemy as sa

from gateway.core.dav_clients import DavClient, DavPassword, SetUpState, Trouble, set_up_state
from gateway.core.errors import Conflict, NotFound
from gateway.store.accounts import Accounts
from gateway.store.database import Transaction
from gateway.store.schema import accounts, dav_clients, tokens

#: What the token of a device's password may do.
SCOPE: Final = "dav"
#: Passwords of devices of one account.
MAX_PASSWORDS: Final = 50

_c = dav_clients.c


class DavClients:
    """Passwords of devices, and who came with them."""

    def __init__(self, tx: Transaction, new_id: Callable[[], int], now_ms: int, accounts: Accounts) -> None:
        self._tx = tx
        self._new_id = new_id
        self._now_ms = now_ms
        self._accounts = accounts

    # --- passwords ------------------------------------------------------------------------------------------

    def add_password(self, account_id: int, name: str) -> tuple[int, str]:
        """Make a password for a device, and return its id and itself: it is kept nowhere. Raises Conflict for many."""
        if len(self.passwords(account_id)) >= MAX_PASSWORDS:
            raise Conflict(f"an account has at most {MAX_PASSWORDS} passwords of devices; take one back first")
        secret = self._accounts.add_token(account_id, name[:64], SCOPE)
        token = self._accounts.token(secret)
        if token is None:
            raise NotFound("there is no such account, or it is suspended")
        return token.id, secret

    def passwords(self, account_id: int) -> list[DavPassword]:
        """The passwords of an account's devices, oldest first."""
        rows = self._tx.read(
            sa.select(tokens.c.id, tokens.c.name, tokens.c.created_ms)
            .where(tokens.c.account_id == account_id, tokens.c.scopes == SCOPE, tokens.c.revoked_ms.is_(None))
            .order_by(tokens.c.id)
        )
        return [DavPassword(row.id, row.name, row.created_ms) for row in rows]

    def take_back(self, account_id: int, password_id: int) -> bool:
        """Make a device's password useless; False when the account has no such password."""
        if all(one.id != password_id for one in self.passwords(account_id)):
            return False
        self._accounts.revoke_token(password_id)
        self._tx.execute(sa.delete(dav_clients).where(_c.account_id == account_id, _c.password_id == password_id))
        return True

    # --- programs -------------------------------------------------------------------------------------------

    def note(
        self, account_id: int, password_id: int, agent: str, *, synced: bool = False, trouble: Trouble | None = None
    ) -> None:
        """Write down that a program came, and what became of it. A wrong password is nobody's coming."""
        columns: dict[str, object] = {}
        if trouble is not Trouble.PASSWORD:
            columns["seen_ms"] = self._now_ms
        if synced:
            columns["synced_ms"] = self._now_ms
        if trouble is not None:
            columns |= {"trouble": trouble.value, "trouble_ms": self._now_ms}
        # Two requests of one program may be the first at the same moment, in two processes.
        self._tx.execute(sa.select(accounts.c.id).where(accounts.c.id == account_id).with_for_update())
        this = (_c.account_id == account_id, _c.password_id == password_id, _c.agent == agent)
        changed = self._tx.execute(sa.update(dav_clients).where(*this).values(columns))
        if not changed.rowcount:
            fixed = {"id": self._new_id(), "account_id": account_id, "password_id": password_id, "agent": agent}
            empty = {"seen_ms": 0, "synced_ms": 0, "trouble": "", "trouble_ms": 0}
            self._tx.execute(sa.insert(dav_clients), {**fixed, **empty, **columns})

    def of(self, account_id: int) -> list[DavClient]:
        """Every program that came for an account."""
        rows = self._tx.read(sa.select(dav_clients).where(_c.account_id == account_id).order_by(_c.id))
        return [
            DavClient(
                row.password_id, row.agent, row.seen_ms, row.synced_ms, Trouble(row.trouble) if row.trouble else None,
                row.trouble_ms,
            )
            for row in rows
        ]  # fmt: skip

    def state(self, account_id: int, password_id: int, since_ms: int = 0) -> SetUpState:
        """How far the device with that password (0: the member's own) has come since then."""
        return set_up_state(self.of(account_id), password_id, since_ms)
