"""Domains as administrators see and change them; deleted with a time of grace."""

from __future__ import annotations

from typing import Any, Final

import sqlalchemy as sa

from gateway.core.administration import GRACE_MS, Alias, Domain, Standing
from gateway.store.address_books import delete_books
from gateway.store.database import Transaction
from gateway.store.schema import accounts, address_books, aliases, domains, mailboxes, number_lists, web_sessions

#: Aliases of one page.
ALIASES: Final = 100

_FIGURES = (
    sa.select(
        accounts.c.domain_id,
        sa.func.count().label("accounts"),
        sa.func.coalesce(sa.func.sum(mailboxes.c.used_octets), 0).label("used_octets"),
    )
    .join(mailboxes, mailboxes.c.account_id == accounts.c.id)
    .group_by(accounts.c.domain_id)
)


class Domains:
    """Domains within one transaction."""

    def __init__(self, tx: Transaction, now_ms: int) -> None:
        self._tx = tx
        self._now_ms = now_ms

    def all(self) -> list[Domain]:
        """Every domain by name, without figures."""
        return [_domain(row) for row in self._tx.read(sa.select(domains).order_by(domains.c.name))]

    def get(self, domain_id: int) -> Domain | None:
        """One domain with its figures."""
        row = self._tx.read(sa.select(domains).where(domains.c.id == domain_id)).first()
        if row is None:
            return None
        figures = self._tx.read(_FIGURES.where(accounts.c.domain_id == domain_id)).first()
        return _domain(row) if figures is None else _domain(row, figures.accounts, int(figures.used_octets))

    def sizes(self) -> dict[int, int]:
        """Accounts of each domain that has any."""
        rows = self._tx.read(sa.select(accounts.c.domain_id, sa.func.count().label("n")).group_by(accounts.c.domain_id))
        return {row.domain_id: row.n for row in rows}

    def change(self, domain_id: int, *, language: str, zone: str, phone_mail: bool) -> None:
        """Settings of a domain: what new accounts begin with, and whether number@domain becomes an SMS."""
        self._tx.execute(
            sa.update(domains)
            .where(domains.c.id == domain_id)
            .values(language=language, zone=zone, phone_mail=phone_mail)
        )

    def aliases(self, domain_id: int, after: str = "", limit: int = ALIASES) -> list[Alias]:
        """Aliases of a domain by name, those behind a name."""
        rows = self._tx.read(
            sa.select(aliases)
            .where(aliases.c.domain_id == domain_id, aliases.c.name > after)
            .order_by(aliases.c.name, aliases.c.target)
            .limit(limit)
        )
        return [Alias(row.id, row.name, row.target) for row in rows]

    def aliases_named(self, domain_id: int, name: str) -> list[Alias]:
        """Where mail for one alias goes."""
        rows = self._tx.read(sa.select(aliases).where(aliases.c.domain_id == domain_id, aliases.c.name == name))
        return [Alias(row.id, row.name, row.target) for row in rows]

    def remove_alias(self, domain_id: int, alias_id: int) -> Alias | None:
        """Take an alias of a domain away; what it was, None where there is none."""
        here = sa.and_(aliases.c.id == alias_id, aliases.c.domain_id == domain_id)
        row = self._tx.read(sa.select(aliases).where(here)).first()
        if row is None:
            return None
        self._tx.execute(sa.delete(aliases).where(here))
        return Alias(row.id, row.name, row.target)

    def set_standing(self, domain_id: int, standing: Standing) -> None:
        """Suspend, resume, delete (gone when the time of grace is over) or restore; its members are signed out."""
        delete_ms = self._now_ms + GRACE_MS if standing is Standing.DELETING else None
        self._tx.execute(
            sa.update(domains).where(domains.c.id == domain_id).values(state=standing.value, delete_ms=delete_ms)
        )
        if standing is not Standing.ACTIVE:
            members = sa.select(accounts.c.id).where(accounts.c.domain_id == domain_id)
            self._tx.execute(sa.delete(web_sessions).where(web_sessions.c.account_id.in_(members)))

    def overdue(self) -> list[Domain]:
        """Domains whose time of grace is over and which have no account left."""
        left = sa.exists().where(accounts.c.domain_id == domains.c.id)
        rows = self._tx.read(
            sa.select(domains).where(domains.c.delete_ms.is_not(None), domains.c.delete_ms <= self._now_ms, ~left)
        )
        return [_domain(row) for row in rows]

    def purge(self, domain_id: int) -> None:
        """Forget a domain that has no account any more, with its aliases, books and lists."""
        self._tx.execute(sa.delete(aliases).where(aliases.c.domain_id == domain_id))
        delete_books(self._tx, sa.select(address_books.c.id).where(address_books.c.domain_id == domain_id))
        self._tx.execute(
            sa.delete(number_lists).where(number_lists.c.scope == "domain", number_lists.c.scope_id == domain_id)
        )
        self._tx.execute(sa.delete(domains).where(domains.c.id == domain_id))


def _domain(row: Any, count: int = 0, used_octets: int = 0) -> Domain:
    return Domain(
        row.id,
        row.name,
        Standing(row.state),
        row.language,
        row.zone,
        bool(row.phone_mail),
        row.created_ms,
        row.delete_ms,
        count,
        used_octets,
    )
