"""MMS that phones are told of and fetch here: who was told how often, who fetched, what became of it."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa

from gateway.store.columns import fitting
from gateway.store.database import Transaction
from gateway.store.schema import links, mm1_notifications

#: Characters of a token: 12 of 31 that nobody mistakes, 2^59 of them.
TOKEN_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"  # noqa: S105
TOKEN_LENGTH = 12

_INSERT = sa.insert(mm1_notifications)


class Notification(NamedTuple):
    """What a phone is told of."""

    token: str  # of the address to fetch from, and transaction id
    message_id: int  # in the outbox
    link: str
    number: str
    state: str  # told | fetched | deferred | done | rejected | expired
    tries: int
    next_ms: int
    expires_ms: int
    fetched_ms: int | None
    push_id: int | None
    made_ms: int


_SELECT = sa.select(*(mm1_notifications.c[name] for name in Notification._fields))
_OPEN = sa.text("mm1_notifications.state IN ('told', 'fetched', 'deferred')")


class Notifications:
    """Notifications within one transaction."""

    def __init__(self, tx: Transaction, now_ms: int) -> None:
        self._tx = tx
        self._now_ms = now_ms

    def add(self, *, message_id: int, link: str, number: str, expires_ms: int, next_ms: int) -> str:
        """Note that a phone is being told of an MMS; returns the token."""
        token = new_token()
        self._tx.defer(
            _INSERT,
            {
                "token": token,
                "message_id": message_id,
                "link": link,
                "number": number,
                "state": "told",
                "tries": 1,
                "next_ms": next_ms,
                "expires_ms": expires_ms,
                "made_ms": self._now_ms,
            },
        )
        return token

    def get(self, token: str) -> Notification | None:
        """The notification of that token."""
        self._tx.flush()
        row = self._tx.read(_SELECT.where(mm1_notifications.c.token == token)).first()
        return None if row is None else Notification(*tuple(row))

    def update(self, token: str, befores: Sequence[str], **values: Any) -> bool:
        """Change one that stands in one of these states; False when it does not."""
        if "user_agent" in values:
            values["user_agent"] = fitting(values["user_agent"], 255)
        return bool(
            self._tx.execute(
                sa.update(mm1_notifications)
                .where(mm1_notifications.c.token == token, mm1_notifications.c.state.in_(list(befores)))
                .values(**values)
            ).rowcount
        )

    def due(self, limit: int = 200) -> list[Notification]:
        """Those that are to be told again, or whose time or patience is over."""
        self._tx.flush()
        rows = self._tx.read(
            _SELECT.where(_OPEN, mm1_notifications.c.next_ms <= self._now_ms)
            .order_by(mm1_notifications.c.next_ms)
            .limit(limit)
        )
        return [Notification(*tuple(row)) for row in rows]

    def group_of(self, link: str) -> str:
        """The group of a link, under which reports about its messages are filed."""
        found = self._tx.read(sa.select(links.c.link_group).where(links.c.name == link)).scalar()
        return str(found or link)


def new_token(choose: Callable[[str], str] = secrets.choice) -> str:
    """A token nobody can foresee."""
    return "".join(choose(TOKEN_ALPHABET) for _ in range(TOKEN_LENGTH))
