"""Codes sent by SMS to whoever wants to come in: to register, to set a new password, as second factor, to claim.

A code is good for ten minutes and five tries. How many a number is sent is bounded here, in the transaction that sends:
whoever asks for codes to a stranger's number costs money and annoys.
"""

from __future__ import annotations

import enum
import hashlib
import hmac
from collections.abc import Callable
from typing import Final

import sqlalchemy as sa

from gateway.store.database import Transaction
from gateway.store.schema import sign_in_codes

GOOD_MS: Final = 600_000
TRIES: Final = 5
#: A number is sent one code in so many milliseconds, and so many a day.
PAUSE_MS: Final = 60_000
PER_DAY: Final = 5
_DAY_MS: Final = 86_400_000


class Purpose(enum.StrEnum):
    """What a code is good for."""

    REGISTER = "register"
    RESET = "reset"
    SECOND = "second"
    CLAIM = "claim"


class CodeResult(enum.StrEnum):
    """What became of asking for a code, or of giving one."""

    SENT = "sent"
    TOO_SOON = "too soon"
    TOO_MANY = "too many"
    GOOD = "good"
    WRONG = "wrong"
    NONE = "none"  # no code is open


class SignInCodes:
    """Codes within one transaction."""

    def __init__(self, tx: Transaction, new_id: Callable[[], int], now_ms: int) -> None:
        self._tx = tx
        self._new_id = new_id
        self._now_ms = now_ms

    def start(self, purpose: Purpose, number: str, code: str, account_id: int | None = None) -> CodeResult:
        """Remember a code that is about to be sent: SENT, or why none may be. An earlier code is void."""
        table = sign_in_codes
        recent = list(
            self._tx.read(
                sa.select(table.c.created_ms)
                .where(table.c.number == number, table.c.created_ms > self._now_ms - _DAY_MS)
                .order_by(table.c.created_ms.desc())
            ).scalars()
        )
        if recent and recent[0] > self._now_ms - PAUSE_MS:
            return CodeResult.TOO_SOON
        if len(recent) >= PER_DAY:
            return CodeResult.TOO_MANY
        self._close(purpose, number)
        self._tx.execute(
            sa.insert(table),
            {
                "id": self._new_id(),
                "purpose": purpose.value,
                "number": number,
                "account_id": account_id,
                "digest": _digest(purpose, number, code),
                "tries": 0,
                "is_open": True,
                "created_ms": self._now_ms,
            },
        )
        return CodeResult.SENT

    def check(self, purpose: Purpose, number: str, code: str, account_id: int | None = None) -> CodeResult:
        """Whether this is the code that was sent; it is good once. Counts the try before it looks."""
        table = sign_in_codes
        row = self._tx.read(
            sa.select(table)
            .where(table.c.number == number, table.c.purpose == purpose.value, table.c.is_open)
            .order_by(table.c.id.desc())
            .limit(1)
        ).first()
        if row is None or row.created_ms < self._now_ms - GOOD_MS or row.tries >= TRIES or row.account_id != account_id:
            return CodeResult.NONE
        self._tx.execute(sa.update(table).where(table.c.id == row.id), {"tries": row.tries + 1})
        if not hmac.compare_digest(row.digest, _digest(purpose, number, code.strip())):
            return CodeResult.WRONG
        self._close(purpose, number)
        return CodeResult.GOOD

    def sweep(self) -> None:
        """Forget those nobody counts any more."""
        self._tx.execute(sa.delete(sign_in_codes).where(sign_in_codes.c.created_ms < self._now_ms - 2 * _DAY_MS))

    def _close(self, purpose: Purpose, number: str) -> None:
        self._tx.execute(
            sa.update(sign_in_codes).where(
                sign_in_codes.c.number == number, sign_in_codes.c.purpose == purpose.value, sign_in_codes.c.is_open
            ),
            {"is_open": False},
        )


def _digest(purpose: Purpose, number: str, code: str) -> str:
    return hashlib.sha256(f"{purpose.value} {number} {code}".encode("utf-8", "replace")).hexdigest()
