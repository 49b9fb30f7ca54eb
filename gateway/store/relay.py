"""The part of the outbox that holds mail for other servers: one row per envelope recipient."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import sqlalchemy as sa

from gateway.core.outbox import State
from gateway.store.columns import fitting
from gateway.store.database import Transaction
from gateway.store.schema import relay
from gateway.store.timeline import Timeline

#: How long a mail is tried (RFC 5321 4.5.4.1: at least four to five days).
LIFETIME_S = 5 * 86400

_WAITING = sa.text(
    "SELECT id, mail_id, domain, state, attempt, answer, due_ms, created_ms FROM relay "
    "WHERE state IN ('queued', 'sending') ORDER BY due_ms LIMIT :limit"
)
_INSERT = sa.insert(relay)
_KEEP = sa.insert(relay)


@dataclass(frozen=True, slots=True)
class RelayEntry:
    """A mail for one recipient elsewhere."""

    id: int
    account_id: int
    mail_id: int | None
    sender: str  # "" for a bounce
    recipient: str
    domain: str
    blob: str
    attempt: int  # from 1 once claimed
    expires_ms: int
    created_ms: int


class Relay:
    """Mail that must leave, within one transaction."""

    def __init__(self, tx: Transaction, new_id: Callable[[], int], now_ms: int, timeline: Timeline) -> None:
        self._tx = tx
        self._new_id = new_id
        self._now_ms = now_ms
        self._timeline = timeline

    def add(
        self,
        *,
        sender: str,
        recipients: Iterable[str],
        blob: str,
        account_id: int = 0,
        mail_id: int | None = None,
    ) -> list[int]:
        """Queue a mail whose bytes are stored under `blob`; returns an id per recipient."""
        ids = []
        for recipient in recipients:
            relay_id = self._new_id()
            self._tx.defer(
                _INSERT,
                {
                    "id": relay_id,
                    "account_id": account_id,
                    "mail_id": mail_id,
                    "state": State.QUEUED.value,
                    "sender": sender,
                    "recipient": recipient,
                    "domain": recipient.rpartition("@")[2].lower(),
                    "blob": blob,
                    "due_ms": self._now_ms,
                    "expires_ms": self._now_ms + LIFETIME_S * 1000,
                    "created_ms": self._now_ms,
                },
            )
            self._timeline.step(mail_id or relay_id, "relay", f"queued for {recipient.rpartition('@')[2]}")
            ids.append(relay_id)
        return ids

    def keep(self, *, sender: str, recipient: str, blob: str, mail_id: int) -> None:
        """Keep the bytes of a mail that goes to a phone and has no mailbox: an entry with nothing left to do."""
        self._tx.defer(
            _KEEP,
            {
                "id": self._new_id(),
                "mail_id": mail_id,
                "state": State.DELIVERED.value,
                "sender": sender,
                "recipient": recipient,
                "domain": recipient.rpartition("@")[2].lower(),
                "blob": blob,
                "due_ms": 0,
                "expires_ms": self._now_ms,
                "answer": "goes to a phone",
                "created_ms": self._now_ms,
            },
        )

    def claim(self, owner: str, limit: int, lease_s: int = 900) -> list[RelayEntry]:
        """Take what is due, and what another process left behind when its lease ran out."""
        suffix = "" if self._tx.dialect == "sqlite" else " FOR UPDATE SKIP LOCKED"
        rows = self._tx.read(
            sa.text(
                "SELECT * FROM relay WHERE state IN ('queued', 'sending') AND due_ms <= :now "  # noqa: S608
                "AND (state = 'queued' OR lease_until_ms < :now) ORDER BY due_ms LIMIT :limit" + suffix
            ),
            {"now": self._now_ms, "limit": limit},
        ).all()
        for row in rows:
            self._tx.execute(
                sa.update(relay)
                .where(relay.c.id == row.id)
                .values(
                    state=State.SENDING.value,
                    attempt=row.attempt + 1,
                    lease_by=owner,
                    lease_until_ms=self._now_ms + lease_s * 1000,
                )
            )
        return [
            RelayEntry(
                row.id,
                row.account_id,
                row.mail_id,
                row.sender,
                row.recipient,
                row.domain,
                row.blob,
                row.attempt + 1,
                row.expires_ms,
                row.created_ms,
            )
            for row in rows
        ]

    def recover(self, owner: str) -> None:
        """At the start of a process that is alone: what was being sent is due again (a mail may arrive twice)."""
        self._tx.execute(
            sa.update(relay)
            .where(relay.c.state == State.SENDING.value, relay.c.lease_by != owner)
            .values(state=State.QUEUED.value, due_ms=self._now_ms)
        )

    def delivered(self, entry: RelayEntry, answer: str) -> None:
        """The other server took it."""
        self._set(entry, State.DELIVERED, answer, 0)
        self._timeline.step(entry.mail_id or entry.id, "relayed", f"{entry.domain} took it: {answer}")

    def retry(self, entry: RelayEntry, answer: str, due_ms: int) -> None:
        """Not now; again at `due_ms`."""
        self._set(entry, State.QUEUED, answer, due_ms)
        self._timeline.step(entry.mail_id or entry.id, "relay-retry", f"{entry.domain}: {answer}")

    def failed(self, entry: RelayEntry, answer: str) -> None:
        """Never; the caller sends the bounce."""
        self._set(entry, State.FAILED, answer, 0)
        self._timeline.step(entry.mail_id or entry.id, "relay-failed", f"{entry.domain}: {answer}")

    def _set(self, entry: RelayEntry, state: State, answer: str, due_ms: int) -> None:
        self._tx.execute(
            sa.update(relay)
            .where(relay.c.id == entry.id)
            .values(state=state.value, answer=fitting(answer, 512), due_ms=due_ms, lease_by="", lease_until_ms=0)
        )

    def get(self, relay_id: int) -> sa.RowMapping | None:
        """The row of an entry."""
        return self._tx.read(sa.select(relay).where(relay.c.id == relay_id)).mappings().first()

    def about_mail(self, mail_id: int) -> list[sa.RowMapping]:
        """Where a mail was sent on to."""
        return list(self._tx.read(sa.select(relay).where(relay.c.mail_id == mail_id)).mappings())

    def depth(self) -> int:
        """Mails that wait."""
        return int(
            self._tx.read(sa.text("SELECT count(*) FROM relay WHERE state IN ('queued', 'sending')")).scalar_one()
        )

    def waiting(self, limit: int) -> list[sa.RowMapping]:
        """Mails that wait, those due first: where to, how often tried, what the other server said."""
        return list(self._tx.read(_WAITING, {"limit": limit}).mappings())
