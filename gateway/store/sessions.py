"""Sessions of browsers, kept under the digest of their secret."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from typing import Any, Final

import sqlalchemy as sa

from gateway.core.sessions import MAX_SESSIONS, Session
from gateway.store.database import Transaction
from gateway.store.schema import web_sessions

#: Whether somebody is there is noted once in so many milliseconds.
TOUCH_MS: Final = 60_000
_FIND: Final = sa.select(web_sessions).where(web_sessions.c.digest == sa.bindparam("digest"))


class Sessions:
    """Sessions within one transaction."""

    def __init__(self, tx: Transaction, new_id: Callable[[], int], now_ms: int) -> None:
        self._tx = tx
        self._new_id = new_id
        self._now_ms = now_ms

    def open(self, account_id: int, *, is_kept: bool, is_whole: bool, address: str, agent: str) -> str:
        """Open a session; the secret that the browser carries. The oldest beyond MAX_SESSIONS end."""
        secret = secrets.token_urlsafe(32)
        self._tx.execute(
            sa.insert(web_sessions),
            {
                "id": self._new_id(),
                "account_id": account_id,
                "digest": _digest(secret),
                "csrf": secrets.token_urlsafe(24),
                "is_kept": is_kept,
                "is_whole": is_whole,
                "address": address[:64],
                "agent": agent[:255],
                "created_ms": self._now_ms,
                "seen_ms": self._now_ms,
            },
        )
        for session in self.of_account(account_id)[MAX_SESSIONS:]:
            self.end(account_id, session.id)
        return secret

    def find(self, secret: str) -> Session | None:
        """The session of a browser, unless it is over."""
        row = self._tx.ask(_FIND, {"digest": _digest(secret)}).first()
        if row is None:
            return None
        session = _session(row)
        return None if session.is_over(self._now_ms) else session

    def touch(self, session: Session) -> None:
        """Somebody has just used it."""
        self._tx.execute(sa.update(web_sessions).where(web_sessions.c.id == session.id), {"seen_ms": self._now_ms})

    def complete(self, session_id: int) -> str:
        """The second factor was shown. The secret changes with it; the new one is given back."""
        secret = secrets.token_urlsafe(32)
        self._tx.execute(
            sa.update(web_sessions).where(web_sessions.c.id == session_id),
            {"is_whole": True, "digest": _digest(secret), "csrf": secrets.token_urlsafe(24)},
        )
        return secret

    def end(self, account_id: int, session_id: int) -> None:
        """End one session of an account."""
        self._tx.execute(
            sa.delete(web_sessions).where(web_sessions.c.id == session_id, web_sessions.c.account_id == account_id)
        )

    def end_all(self, account_id: int, but: int = 0) -> None:
        """End all sessions of an account, but one."""
        self._tx.execute(
            sa.delete(web_sessions).where(web_sessions.c.account_id == account_id, web_sessions.c.id != but)
        )

    def of_account(self, account_id: int) -> list[Session]:
        """The sessions of an account, the one used last first."""
        rows = self._tx.read(
            sa.select(web_sessions)
            .where(web_sessions.c.account_id == account_id)
            .order_by(web_sessions.c.seen_ms.desc(), web_sessions.c.id.desc())
        )
        return [_session(row) for row in rows]

    def sweep(self, limit: int = 1000) -> int:
        """Forget sessions that are over; how many."""
        rows = self._tx.read(sa.select(web_sessions).order_by(web_sessions.c.seen_ms).limit(limit))
        over = [row.id for row in rows if _session(row).is_over(self._now_ms)]
        if over:
            self._tx.execute(sa.delete(web_sessions).where(web_sessions.c.id.in_(over)))
        return len(over)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def _session(row: Any) -> Session:
    return Session(
        id=row.id,
        account_id=row.account_id,
        csrf=row.csrf,
        is_kept=bool(row.is_kept),
        is_whole=bool(row.is_whole),
        address=row.address,
        agent=row.agent,
        created_ms=row.created_ms,
        seen_ms=row.seen_ms,
    )
