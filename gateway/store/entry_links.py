"""Links that let somebody in once: to choose a new password, to sign in."""

from __future__ import annotations

import enum
import hashlib
import secrets
from typing import Final

import sqlalchemy as sa

from gateway.store.database import Transaction
from gateway.store.schema import entry_links

#: Milliseconds a link is good for.
GOOD_MS: Final = 86_400_000


class EntryPurpose(enum.StrEnum):
    """What a link is good for."""

    PASSWORD = "password"  # noqa: S105 - no password
    SIGN_IN = "sign-in"


class EntryLinks:
    """Links within one transaction; kept under the digest of their secret."""

    def __init__(self, tx: Transaction, now_ms: int) -> None:
        self._tx = tx
        self._now_ms = now_ms

    def open(self, purpose: EntryPurpose, account_id: int) -> str:
        """The secret of a new link; an earlier one for the same is void."""
        self.close(purpose, account_id)
        secret = secrets.token_urlsafe(24)
        self._tx.execute(
            sa.insert(entry_links),
            {
                "digest": _digest(secret),
                "purpose": purpose.value,
                "account_id": account_id,
                "expires_ms": self._now_ms + GOOD_MS,
                "created_ms": self._now_ms,
            },
        )
        return secret

    def account_of(self, secret: str) -> int | None:
        """Whose password a link lets somebody choose; None when it is good no more."""
        row = self._find(EntryPurpose.PASSWORD, secret)
        return None if row is None else int(row.account_id)

    def use(self, secret: str) -> int | None:
        """Who signs in by a link, which is good no more afterwards; None when it was not."""
        row = self._find(EntryPurpose.SIGN_IN, secret)
        if row is None:
            return None
        gone = self._tx.execute(sa.delete(entry_links).where(entry_links.c.digest == row.digest))
        return int(row.account_id) if gone.rowcount else None

    def close(self, purpose: EntryPurpose, account_id: int) -> None:
        """No link for this is good any more."""
        self._tx.execute(
            sa.delete(entry_links).where(entry_links.c.purpose == purpose.value, entry_links.c.account_id == account_id)
        )

    def sweep(self) -> None:
        """Forget those that are over."""
        self._tx.execute(sa.delete(entry_links).where(entry_links.c.expires_ms < self._now_ms))

    def _find(self, purpose: EntryPurpose, secret: str) -> sa.Row[tuple[object, ...]] | None:
        return self._tx.read(
            sa.select(entry_links).where(
                entry_links.c.digest == _digest(secret),
                entry_links.c.purpose == purpose.value,
                entry_links.c.expires_ms >= self._now_ms,
            )
        ).first()


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()
