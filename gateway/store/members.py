"""Accounts as administrators see and change them: found page by page, deleted with a time of grace."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from gateway.core.accounts import Account
from gateway.core.administration import GRACE_MS, Member, Standing
from gateway.core.phone import normalise
from gateway.core.sessions import Role
from gateway.store.accounts import Accounts
from gateway.store.database import Transaction
from gateway.store.schema import (
    accounts,
    automatic_mailboxes,
    domains,
    mailboxes,
    mails,
    phones,
    pickups,
    web_sessions,
)

PAGE: Final = 50
#: Accounts a page looks at where no index serves the question.
WINDOW: Final = 20_000

_NUMBER = (
    sa.select(phones.c.number)
    .where(phones.c.account_id == accounts.c.id, phones.c.proved_ms.is_not(None))
    .order_by(phones.c.proved_ms.desc())
    .limit(1)
    .correlate(accounts)
    .scalar_subquery()
)
_SEEN = (
    sa.select(sa.func.max(web_sessions.c.seen_ms))
    .where(web_sessions.c.account_id == accounts.c.id)
    .correlate(accounts)
    .scalar_subquery()
)
_MEMBER = (
    sa.select(
        accounts,
        domains.c.name.label("domain"),
        mailboxes.c.quota_octets,
        mailboxes.c.used_octets,
        mailboxes.c.used_count,
        _NUMBER.label("number"),
        _SEEN.label("seen_ms"),
    )
    .join(domains, domains.c.id == accounts.c.domain_id)
    .join(mailboxes, mailboxes.c.account_id == accounts.c.id)
)


@dataclass(frozen=True, slots=True)
class MemberQuery:
    """Which accounts are looked for; "" asks for nothing."""

    domain_id: int | None = None  # None = of every domain
    text: str = ""  # beginning of a name, part of a shown name, an address, a number
    standing: str = ""
    role: str = ""
    after: tuple[int, str] = (0, "")  # domain and name the page begins behind


@dataclass(frozen=True, slots=True)
class MemberPage:
    """Accounts by domain and name, and where the next page begins; None after the last."""

    members: list[Member]
    after: tuple[int, str] | None


class Members:
    """Accounts within one transaction."""

    def __init__(self, tx: Transaction, new_id: Callable[[], int], now_ms: int) -> None:
        self._tx = tx
        self._new_id = new_id
        self._now_ms = now_ms

    def get(self, account_id: int) -> Member | None:
        """One account."""
        row = self._tx.read(_MEMBER.where(accounts.c.id == account_id)).first()
        return None if row is None else _member(row)

    def page(self, wanted: MemberQuery, limit: int = PAGE) -> MemberPage:
        """Accounts that fit.

        Where no index serves the question a page looks at WINDOW accounts: it may be short although others follow.
        """
        number = normalise(wanted.text) if wanted.text else None
        if number is not None and wanted.text.lstrip("+").replace(" ", "").isdigit():
            return self._of_number(number, wanted)
        keys, after = self._keys(wanted, limit)
        if not keys:
            return MemberPage([], after)
        rows = self._tx.read(_MEMBER.where(accounts.c.id.in_(keys)).order_by(accounts.c.domain_id, accounts.c.name))
        return MemberPage([_member(row) for row in rows], after)

    def _of_number(self, number: str, wanted: MemberQuery) -> MemberPage:
        owners = sa.select(phones.c.account_id).where(phones.c.number == number)
        statement = _MEMBER.where(accounts.c.id.in_(owners))
        if wanted.domain_id is not None:
            statement = statement.where(accounts.c.domain_id == wanted.domain_id)
        rows = self._tx.read(statement.order_by(accounts.c.domain_id, accounts.c.name).limit(PAGE))
        return MemberPage([_member(row) for row in rows], None)

    def _keys(self, wanted: MemberQuery, limit: int) -> tuple[list[int], tuple[int, str] | None]:
        """The ids of a page, and where the next one begins."""
        a = accounts.c
        place = sa.tuple_(a.domain_id, a.name)
        window = sa.select(a.id, a.domain_id, a.name, a.display_name, a.state, a.role).where(
            place > sa.tuple_(sa.literal(wanted.after[0]), sa.literal(wanted.after[1]))
        )
        if wanted.domain_id is not None:
            window = window.where(a.domain_id == wanted.domain_id)
        window = window.order_by(a.domain_id, a.name).limit(WINDOW)
        seen = window.subquery()
        conditions = []
        if wanted.text:
            conditions.append(self._text(seen, wanted.text))
        if wanted.standing:
            conditions.append(seen.c.state == wanted.standing)
        if wanted.role:
            conditions.append(seen.c.role == wanted.role)
        found = self._tx.read(
            sa.select(seen.c.id, seen.c.domain_id, seen.c.name)
            .where(*conditions)
            .order_by(seen.c.domain_id, seen.c.name)
            .limit(limit)
        ).all()
        if len(found) == limit:
            return [row.id for row in found], (found[-1].domain_id, found[-1].name)
        edge = None
        if conditions:
            edge = self._tx.read(sa.select(seen.c.domain_id, seen.c.name).offset(WINDOW - 1).limit(1)).first()
        return [row.id for row in found], None if edge is None else (edge.domain_id, edge.name)

    def _text(self, seen: sa.Subquery, text: str) -> sa.ColumnElement[bool]:
        name, at, domain = text.lower().rpartition("@")
        if at:
            domain_id = sa.select(domains.c.id).where(domains.c.name == domain).scalar_subquery()
            return sa.and_(seen.c.domain_id == domain_id, seen.c.name == name)
        return sa.or_(
            seen.c.name.startswith(text.lower(), autoescape=True),
            seen.c.display_name.contains(text, autoescape=True),
        )

    # --- changes ------------------------------------------------------------------------------------------------

    def change(self, account_id: int, *, display_name: str, quota_octets: int, sms_daily_cap: int) -> None:
        """What an administrator sets of an account."""
        self._tx.execute(
            sa.update(accounts)
            .where(accounts.c.id == account_id)
            .values(display_name=display_name, sms_daily_cap=sms_daily_cap)
        )
        self._tx.execute(
            sa.update(mailboxes).where(mailboxes.c.account_id == account_id).values(quota_octets=quota_octets)
        )

    def set_standing(self, account_id: int, standing: Standing) -> None:
        """Suspend, resume, delete (gone when the time of grace is over) or restore; who is not active is signed out."""
        delete_ms = self._now_ms + GRACE_MS if standing is Standing.DELETING else None
        self._tx.execute(
            sa.update(accounts).where(accounts.c.id == account_id).values(state=standing.value, delete_ms=delete_ms)
        )
        if standing is not Standing.ACTIVE:
            self._tx.execute(sa.delete(web_sessions).where(web_sessions.c.account_id == account_id))

    def counts(self, domain_id: int | None) -> dict[str, int]:
        """Accounts by standing, of a domain or of all."""
        statement = sa.select(accounts.c.state, sa.func.count().label("n")).group_by(accounts.c.state)
        if domain_id is not None:
            statement = statement.where(accounts.c.domain_id == domain_id)
        return {row.state: row.n for row in self._tx.read(statement)}

    # --- gone for good ------------------------------------------------------------------------------------------

    def overdue(self, limit: int = 20) -> list[Member]:
        """Accounts whose time of grace is over, and those of domains whose time of grace is over."""
        a, d = accounts.c, domains.c
        due = a.delete_ms.is_not(None) & (a.delete_ms <= self._now_ms)
        rows = self._tx.read(_MEMBER.where(due).order_by(a.delete_ms).limit(limit)).all()
        if not rows:
            gone = sa.select(d.id).where(d.delete_ms.is_not(None), d.delete_ms <= self._now_ms)
            rows = self._tx.read(_MEMBER.where(a.domain_id.in_(gone)).limit(limit)).all()
        return [_member(row) for row in rows]

    def purge(self, account_id: int) -> tuple[list[str], list[int]]:
        """Forget an account and its mails; returns (bodies nobody speaks of any more, ids of mailboxes)."""
        self._tx.flush()
        boxes = list(self._tx.read(sa.select(mailboxes.c.id).where(mailboxes.c.account_id == account_id)).scalars())
        bodies = set(self._tx.read(sa.select(mails.c.blob).where(mails.c.mailbox_id.in_(boxes))).scalars())
        self._tx.execute(sa.delete(mails).where(mails.c.mailbox_id.in_(boxes)))
        kept = set()
        for begin in range(0, len(bodies), 500):
            some = sorted(bodies)[begin : begin + 500]
            kept |= set(self._tx.read(sa.select(mails.c.blob).where(mails.c.blob.in_(some))).scalars())
        self._tx.execute(sa.delete(pickups).where(pickups.c.account_id == account_id))
        self._tx.execute(sa.delete(automatic_mailboxes).where(automatic_mailboxes.c.account_id == account_id))
        Accounts(self._tx, self._new_id, self._now_ms).forget(account_id)
        return sorted(bodies - kept), boxes


def _member(row: Any) -> Member:
    return Member(
        account=Account(
            row.id, f"{row.name}@{row.domain}", row.display_name, row.language, row.zone, row.sms_daily_cap
        ),
        domain_id=row.domain_id,
        role=Role(row.role),
        standing=Standing(row.state),
        quota_octets=row.quota_octets,
        used_octets=row.used_octets,
        mails=row.used_count,
        number=row.number or "",
        has_password=bool(row.password_hash),
        second_factor=row.second_factor,
        created_ms=row.created_ms,
        delete_ms=row.delete_ms,
        seen_ms=row.seen_ms,
    )
