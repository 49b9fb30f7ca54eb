"""Numbers that members have proved to be theirs, and phones that want nothing more."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import sqlalchemy as sa

from gateway.core.accounts import Phone
from gateway.store.database import Transaction
from gateway.store.schema import phones, stops

_NAMED = sa.select(phones).where(
    phones.c.account_id == sa.bindparam("account_id"), phones.c.number == sa.bindparam("number")
)
_PROVED = (
    sa.select(phones.c.number)
    .where(phones.c.account_id == sa.bindparam("account_id"), phones.c.proved_ms.is_not(None))
    .order_by(phones.c.proved_ms.desc())
    .limit(1)
)
_STOPPED = sa.select(stops.c.number).where(stops.c.number.in_(sa.bindparam("numbers", expanding=True)))


class Phones:
    """Numbers of members within one transaction."""

    def __init__(self, tx: Transaction, new_id: Callable[[], int], now_ms: int) -> None:
        self._tx = tx
        self._new_id = new_id
        self._now_ms = now_ms

    def get(self, account_id: int, number: str) -> Phone | None:
        """What is known of a number an account has named."""
        return _phone(self._tx.ask(_NAMED, {"account_id": account_id, "number": number}).first())

    def proved(self, account_id: int) -> str | None:
        """The number an account proved last; None when it has none."""
        number: str | None = self._tx.ask(_PROVED, {"account_id": account_id}).scalar()
        return number

    def accounts_of(self, number: str) -> list[int]:
        """Accounts that have proved a number."""
        return list(
            self._tx.read(
                sa.select(phones.c.account_id)
                .where(phones.c.number == number, phones.c.proved_ms.is_not(None))
                .order_by(phones.c.proved_ms.desc())
            ).scalars()
        )

    def start_proof(self, account_id: int, number: str, code_digest: str, expires_ms: int) -> None:
        """Remember the code that was sent to a number; an earlier code is void."""
        known = self.get(account_id, number)
        if known is None:
            self._tx.execute(
                sa.insert(phones),
                {
                    "id": self._new_id(),
                    "account_id": account_id,
                    "number": number,
                    "code_digest": code_digest,
                    "code_expires_ms": expires_ms,
                    "codes_sent": 1,
                    "created_ms": self._now_ms,
                },
            )
            return
        self._tx.execute(
            sa.update(phones)
            .where(phones.c.id == known.id)
            .values(
                code_digest=code_digest,
                code_expires_ms=expires_ms,
                code_tries=0,
                codes_sent=phones.c.codes_sent + 1,
            )
        )

    def count_try(self, phone_id: int) -> None:
        """One more wrong code."""
        self._tx.execute(sa.update(phones).where(phones.c.id == phone_id).values(code_tries=phones.c.code_tries + 1))

    def prove(self, phone_id: int) -> None:
        """The code was right: the number is the account's."""
        self._tx.execute(
            sa.update(phones)
            .where(phones.c.id == phone_id)
            .values(proved_ms=self._now_ms, code_digest=None, code_expires_ms=None, code_tries=0, codes_sent=0)
        )

    def prove_number(self, account_id: int, number: str) -> None:
        """A number is an account's without a code: what only its owner knows was sent to it."""
        known = self.get(account_id, number)
        if known is None:
            self.start_proof(account_id, number, "", self._now_ms)
            known = self.get(account_id, number)
        if known is not None:
            self.prove(known.id)

    def remove(self, account_id: int, number: str) -> None:
        """Forget a number of an account."""
        self._tx.execute(sa.delete(phones).where(phones.c.account_id == account_id, phones.c.number == number))


class Stops:
    """Phones that want nothing more from the hub; only the phone itself takes it back."""

    def __init__(self, tx: Transaction, now_ms: int) -> None:
        self._tx = tx
        self._now_ms = now_ms

    def among(self, numbers: Iterable[str]) -> set[str]:
        """Which of these numbers have said stop."""
        wanted = list(numbers)
        return set(self._tx.ask_among(_STOPPED, "numbers", wanted).scalars())

    def stop(self, number: str, word: str, inbox_id: int | None = None) -> None:
        """Remember that a phone said stop, with the word it used."""
        if number in self.among([number]):
            return
        self._tx.execute(
            sa.insert(stops),
            {"number": number, "stopped_ms": self._now_ms, "word": word[:32], "inbox_id": inbox_id},
        )

    def start(self, number: str) -> bool:
        """The phone takes its stop back; False when it had not said it."""
        return bool(self._tx.execute(sa.delete(stops).where(stops.c.number == number)).rowcount)


def _phone(row: Any) -> Phone | None:
    if row is None:
        return None
    return Phone(
        row.id,
        row.account_id,
        row.number,
        row.proved_ms,
        row.code_digest,
        row.code_expires_ms,
        row.code_tries,
        row.codes_sent,
    )
