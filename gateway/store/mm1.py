"""MMS that phones are told of and fetch here: who was told how often, who fetched, what became of it."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

import sqlalchemy as sa

from gateway.store.columns import fitting
from gateway.store.database import Transaction
from gateway.store.schema import inbox, links, mm1_notifications, mms, outbox

#: Characters of a token: 12 of 31 that nobody mistakes, 2^59 of them.
TOKEN_ALPHABET: Final = "23456789abcdefghjkmnpqrstuvwxyz"  # noqa: S105
TOKEN_LENGTH: Final = 12
#: States in which something is still to come, and those after which the same MMS is not told a second time.
OPEN: Final = ("told", "fetched", "deferred")
STANDING: Final = (*OPEN, "done")

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


_COLUMNS = tuple(mm1_notifications.c[name] for name in Notification._fields)
_GET = sa.select(*_COLUMNS).where(mm1_notifications.c.token == sa.bindparam("token"))
_DUE = (
    sa.select(*_COLUMNS)
    .where(
        sa.text("mm1_notifications.state IN ('told', 'fetched', 'deferred')"),
        mm1_notifications.c.next_ms <= sa.bindparam("now"),
    )
    .order_by(mm1_notifications.c.next_ms)
    .limit(sa.bindparam("limit"))
)


class Notifications:
    """Notifications within one transaction."""

    def __init__(self, tx: Transaction, now_ms: int) -> None:
        self._tx = tx
        self._now_ms = now_ms

    def add(
        self, token: str, *, message_id: int, link: str, number: str, expires_ms: int, next_ms: int, push_id: int
    ) -> None:
        """Note that a phone is being told of an MMS."""
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
                "push_id": push_id,
                "made_ms": self._now_ms,
            },
        )

    def get(self, token: str) -> Notification | None:
        """The notification of that token."""
        self._tx.flush()
        rows = self._tx.ask(_GET, {"token": token})
        return Notification(*tuple(rows[0])) if rows else None

    def standing(self, message_ids: Sequence[int]) -> dict[int, str]:
        """Tokens of these messages whose phones are told already, or have fetched: by message."""
        self._tx.flush()
        rows = self._tx.read(
            sa.select(mm1_notifications.c.message_id, mm1_notifications.c.token).where(
                mm1_notifications.c.message_id.in_(list(message_ids)), mm1_notifications.c.state.in_(STANDING)
            )
        )
        return {row.message_id: row.token for row in rows}

    def update(self, token: str, befores: Sequence[str], **values: Any) -> bool:
        """Change one that stands in one of these states; False when it does not."""
        self._tx.flush()
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
        return [Notification(*tuple(row)) for row in self._tx.ask(_DUE, {"now": self._now_ms, "limit": limit})]

    def group_of(self, link: str) -> str:
        """The group of a link, under which reports about its messages are filed."""
        found = self._tx.read(sa.select(links.c.link_group).where(links.c.name == link)).scalar()
        return str(found or link)

    def refitted(self, one: Notification, blob: str, handset: str, receipt: str) -> None:
        """Note that an MMS was fitted anew to the phone that came for it."""
        self._tx.execute(sa.update(outbox).where(outbox.c.id == one.message_id).values(blob=blob))
        self._tx.execute(
            sa.update(mms).where(mms.c.message_id == one.message_id).values(handset=handset, receipt=receipt)
        )

    def handed_in(self, link: str, fingerprint: str) -> int | None:
        """The inbox id of an MMS that a phone handed in before."""
        self._tx.flush()
        return self._tx.read(
            sa.select(inbox.c.id)
            .where(inbox.c.fingerprint == fingerprint, inbox.c.link_group == link)
            .order_by(inbox.c.id.desc())
            .limit(1)
        ).scalar()


def new_token(choose: Callable[[str], str] = secrets.choice) -> str:
    """A token nobody can foresee."""
    return "".join(choose(TOKEN_ALPHABET) for _ in range(TOKEN_LENGTH))
