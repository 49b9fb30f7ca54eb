"""Mailboxes opened for numbers, and the MMS that wait there for somebody to look."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa

from gateway.core.errors import NotFound
from gateway.core.mms import AutomaticMailbox, AutomaticState, Pickup, PickupState
from gateway.store.accounts import Accounts
from gateway.store.database import Transaction
from gateway.store.schema import automatic_mailboxes, mailboxes, mails, pickups

#: Characters of a link in an SMS: 10 of them from 31 letters and digits that nobody mistakes for another: 2^49 links.
TOKEN_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"  # noqa: S105
TOKEN_LENGTH = 10

# Two that open the mailbox of a number at once: the second waits for the first, and finds its row.
_OPEN = sa.text(
    "INSERT INTO automatic_mailboxes (account_id, number, state, pin_hash, opened_ms, look_by_ms, purge_ms) "
    "VALUES (:account_id, :number, :state, :pin_hash, :now, 0, :purge_ms) ON CONFLICT (number) DO NOTHING"
)


_PICKUP = sa.select(*(pickups.c[name] for name in Pickup._fields))


class Pickups:
    """Mailboxes of numbers within one transaction."""

    def __init__(self, tx: Transaction, new_id: Callable[[], int], now_ms: int, accounts_: Accounts) -> None:
        self._tx = tx
        self._new_id = new_id
        self._now_ms = now_ms
        self._accounts = accounts_

    # --- mailboxes ------------------------------------------------------------------------------------------

    def of_number(self, number: str) -> AutomaticMailbox | None:
        """The mailbox opened for a number."""
        row = self._tx.read(sa.select(automatic_mailboxes).where(automatic_mailboxes.c.number == number)).first()
        return None if row is None else _mailbox(row)

    def of_account(self, account_id: int) -> AutomaticMailbox | None:
        """The same by its account."""
        row = self._tx.read(
            sa.select(automatic_mailboxes).where(automatic_mailboxes.c.account_id == account_id)
        ).first()
        return None if row is None else _mailbox(row)

    def open(
        self, number: str, domain: str, *, pin_hash: str, quota_octets: int, purge_ms: int, language: str
    ) -> tuple[AutomaticMailbox, bool]:
        """The mailbox of a number, opened when there is none; and whether it was. Raises NotFound for the domain.

        An account that somebody has already under the number's name is taken: it is the same person's, for no one else
        can register a number.
        """
        account_id = self._new_id()
        values = {"account_id": account_id, "number": number, "state": AutomaticState.OPEN.value}
        self._tx.flush()
        made = self._tx.execute(
            _OPEN, values | {"pin_hash": pin_hash, "now": self._now_ms, "purge_ms": purge_ms}
        ).rowcount
        if made:
            address = f"{number.lstrip('+')}@{domain}"
            account = self._accounts.by_address(address)
            if account is None:
                account = self._accounts.add(address, language=language, quota_octets=quota_octets, state="unclaimed")
            self._tx.execute(
                sa.update(automatic_mailboxes)
                .where(automatic_mailboxes.c.number == number)
                .values(account_id=account.id)
            )
        box = self.of_number(number)
        if box is None:
            raise NotFound(f"no mailbox could be opened for {number}")
        return box, bool(made)

    def pin(self, account_id: int) -> tuple[str, int, int]:
        """(hash of the PIN, wrong tries in a row, locked until)."""
        row = self._tx.read(
            sa.select(
                automatic_mailboxes.c.pin_hash, automatic_mailboxes.c.pin_tries, automatic_mailboxes.c.locked_until_ms
            ).where(automatic_mailboxes.c.account_id == account_id)
        ).first()
        return ("", 0, 0) if row is None else (row.pin_hash, row.pin_tries, row.locked_until_ms)

    def try_pin(self, account_id: int, lock_after: Callable[[int], int]) -> tuple[str, int] | None:
        """Count a try; gives (hash of the PIN, tries in a row with this one), None while the mailbox is locked.

        `lock_after` says for how many milliseconds so many tries lock it.
        """
        box = automatic_mailboxes.c
        counted = self._tx.execute(
            sa.update(automatic_mailboxes)
            .where(box.account_id == account_id, box.locked_until_ms <= self._now_ms)
            .values(pin_tries=box.pin_tries + 1)
        ).rowcount
        if not counted:
            return None
        pin_hash, tries, _ = self.pin(account_id)
        if lock_ms := lock_after(tries):
            self._tx.execute(
                sa.update(automatic_mailboxes)
                .where(box.account_id == account_id)
                .values(locked_until_ms=self._now_ms + lock_ms)
            )
        return pin_hash, tries

    def set_pin(self, account_id: int, pin_hash: str) -> None:
        """Another PIN; tries are forgotten."""
        self._tx.execute(
            sa.update(automatic_mailboxes)
            .where(automatic_mailboxes.c.account_id == account_id)
            .values(pin_hash=pin_hash, pin_tries=0, locked_until_ms=0)
        )

    def activate(self, account_id: int) -> None:
        """Its owner has come, in time or late: the mailbox is theirs for good."""
        self._tx.execute(
            sa.update(automatic_mailboxes)
            .where(
                automatic_mailboxes.c.account_id == account_id,
                automatic_mailboxes.c.state.in_((AutomaticState.OPEN.value, AutomaticState.SUSPENDED.value)),
            )
            .values(state=AutomaticState.ACTIVE.value, activated_ms=self._now_ms, look_by_ms=0, pin_tries=0)
        )
        self._accounts.set_state(account_id, "active")

    def suspend(self, account_id: int) -> None:
        """Nobody looked in time. What comes later is still filed, and told of; only its owner's coming changes that."""
        self._tx.execute(
            sa.update(automatic_mailboxes)
            .where(
                automatic_mailboxes.c.account_id == account_id,
                automatic_mailboxes.c.state == AutomaticState.OPEN.value,
            )
            .values(state=AutomaticState.SUSPENDED.value, look_by_ms=0)
        )

    def due(self, limit: int = 100) -> list[AutomaticMailbox]:
        """Mailboxes whose deadline, or whose last day, has come."""
        box = automatic_mailboxes.c
        rows = self._tx.read(
            sa.select(automatic_mailboxes)
            .where(
                sa.or_(
                    sa.and_(box.state == "open", box.look_by_ms > 0, box.look_by_ms <= self._now_ms),
                    sa.and_(box.state.in_(("open", "suspended")), box.purge_ms <= self._now_ms),
                )
            )
            .order_by(box.purge_ms)
            .limit(limit)
        )
        return [_mailbox(row) for row in rows]

    def purge(self, account_id: int) -> tuple[list[str], list[int]]:
        """Forget a mailbox, its account and its mails; returns (bodies nobody speaks of any more, ids of mailboxes)."""
        self._tx.flush()
        mailbox_ids = list(
            self._tx.read(sa.select(mailboxes.c.id).where(mailboxes.c.account_id == account_id)).scalars()
        )
        bodies = set(self._tx.read(sa.select(mails.c.blob).where(mails.c.mailbox_id.in_(mailbox_ids))).scalars())
        self._tx.execute(sa.delete(mails).where(mails.c.mailbox_id.in_(mailbox_ids)))
        others = set(self._tx.read(sa.select(mails.c.blob).where(mails.c.blob.in_(bodies))).scalars())
        self._tx.execute(sa.delete(pickups).where(pickups.c.account_id == account_id))
        self._tx.execute(sa.delete(automatic_mailboxes).where(automatic_mailboxes.c.account_id == account_id))
        self._accounts.forget(account_id)
        return sorted(bodies - others), mailbox_ids

    # --- MMS that wait ----------------------------------------------------------------------------------------

    def add(self, box: AutomaticMailbox, *, mail_id: int, message_id: int, look_by_ms: int) -> Pickup:
        """An MMS waits in a mailbox, under a link of its own."""
        pickup = Pickup(
            self._new_id(), _token(), box.account_id, mail_id, message_id, box.number, PickupState.WAITING, look_by_ms,
            None, self._now_ms, None,
        )  # fmt: skip
        self._tx.execute(sa.insert(pickups), pickup._asdict() | {"state": pickup.state.value})
        if box.state is AutomaticState.OPEN:
            self._tx.execute(
                sa.update(automatic_mailboxes)
                .where(automatic_mailboxes.c.account_id == box.account_id, automatic_mailboxes.c.look_by_ms == 0)
                .values(look_by_ms=look_by_ms)
            )
        return pickup

    def wait_again(self, account_id: int, message_id: int, look_by_ms: int) -> bool:
        """An MMS that was sent to its phone from the mailbox came back: it waits there as before; False for others."""
        found = pickups.c
        return bool(
            self._tx.execute(
                sa.update(pickups)
                .where(
                    found.account_id == account_id,
                    found.message_id == message_id,
                    found.state == PickupState.SENT.value,
                )
                .values(state=PickupState.WAITING.value, look_by_ms=look_by_ms, notice_id=None)
            ).rowcount
        )

    def by_token(self, token: str) -> Pickup | None:
        """The MMS behind a link."""
        return _pickup(self._tx.read(_PICKUP.where(pickups.c.token == token)).first())

    def waiting_of(self, number: str, limit: int = 200) -> list[Pickup]:
        """What a number has not looked at, oldest first."""
        rows = self._tx.read(
            _PICKUP.where(pickups.c.number == number, pickups.c.state == PickupState.WAITING.value)
            .order_by(pickups.c.id)
            .limit(limit)
        )
        return [found for row in rows if (found := _pickup(row)) is not None]

    def all_of(self, account_id: int, limit: int = 200) -> list[Pickup]:
        """Everything that came for a number, newest first."""
        rows = self._tx.read(
            _PICKUP.where(pickups.c.account_id == account_id).order_by(pickups.c.id.desc()).limit(limit)
        )
        return [found for row in rows if (found := _pickup(row)) is not None]

    def last_told_ms(self, number: str) -> int:
        """When a number was last told of something waiting; 0 = never."""
        return self._tx.read(sa.select(sa.func.max(pickups.c.told_ms)).where(pickups.c.number == number)).scalar() or 0

    def told(self, pickup_ids: Sequence[int], notice_id: int) -> None:
        """An SMS tells of these."""
        self._tx.execute(
            sa.update(pickups)
            .where(pickups.c.id.in_(list(pickup_ids)))
            .values(notice_id=notice_id, told_ms=self._now_ms)
        )

    def untold(self, before_ms: int, limit: int = 100) -> list[str]:
        """Numbers that have something waiting they were not told of, and were last told before a time."""
        rows = self._tx.read(
            sa.text(
                "SELECT DISTINCT number FROM pickups p WHERE state = 'waiting' AND notice_id IS NULL AND NOT EXISTS "
                "(SELECT 1 FROM pickups q WHERE q.number = p.number AND q.told_ms > :before) LIMIT :limit"
            ),
            {"before": before_ms, "limit": limit},
        )
        return list(rows.scalars())

    def settle(self, pickup_id: int, state: PickupState) -> bool:
        """Note what became of an MMS that waits; False when it was at that point already."""
        values: dict[str, Any] = {"state": state.value}
        if state is PickupState.READ:
            values["read_ms"] = self._now_ms
        befores = [PickupState.WAITING.value]
        if state is PickupState.READ:
            befores.append(PickupState.OVERDUE.value)
        return bool(
            self._tx.execute(
                sa.update(pickups).where(pickups.c.id == pickup_id, pickups.c.state.in_(befores)).values(**values)
            ).rowcount
        )

    def with_news(self, since_ms: int) -> list[tuple[str, int]]:
        """Numbers of whose phones something was learnt since a time, and since something waits: (number, when)."""
        rows = self._tx.read(
            sa.text(
                "SELECT DISTINCT h.number, h.changed_ms FROM pickups p JOIN handset_memories h ON h.number = p.number "
                "WHERE p.state = 'waiting' AND p.made_ms <= h.changed_ms AND h.changed_ms >= :since"
            ),
            {"since": since_ms},
        )
        return [(row.number, row.changed_ms) for row in rows]

    def all(self, states: Sequence[AutomaticState], limit: int = 1000) -> list[AutomaticMailbox]:
        """Mailboxes in one of these states, the newest first."""
        rows = self._tx.read(
            sa.select(automatic_mailboxes)
            .where(automatic_mailboxes.c.state.in_([state.value for state in states]))
            .order_by(automatic_mailboxes.c.opened_ms.desc())
            .limit(limit)
        )
        return [_mailbox(row) for row in rows]

    def overdue(self, limit: int = 200) -> list[Pickup]:
        """MMS whose time to be looked at is over."""
        rows = self._tx.read(
            _PICKUP.where(sa.text("pickups.state = 'waiting'"), pickups.c.look_by_ms <= self._now_ms)
            .order_by(pickups.c.look_by_ms)
            .limit(limit)
        )
        return [found for row in rows if (found := _pickup(row)) is not None]


def _token() -> str:
    return "".join(secrets.choice(TOKEN_ALPHABET) for _ in range(TOKEN_LENGTH))


def _mailbox(row: Any) -> AutomaticMailbox:
    return AutomaticMailbox(
        row.account_id, row.number, AutomaticState(row.state), row.opened_ms, row.look_by_ms, row.purge_ms
    )


def _pickup(row: Any) -> Pickup | None:
    return None if row is None else Pickup(*row)._replace(state=PickupState(row.state))
