"""Who administers in this request, how far it reaches, and the accounts and domains within its reach."""

from __future__ import annotations

from gateway.core.administration import Administrator, Domain, Member
from gateway.core.audit import Actor
from gateway.core.errors import NotFound
from gateway.store.desk import BooksOfStore
from gateway.web.site.visit import Visit

#: What is said of anything that is not there, or not within reach: which of both is nobody's business.
NOTHING = "There is no such page."


def administrator(visit: Visit, books: BooksOfStore) -> Administrator:
    """Who is at the browser."""
    domain_id = books.accounts.domain_id(visit.member.domain)
    if domain_id is None:
        raise NotFound(NOTHING)
    return Administrator(visit.member.id, visit.role, domain_id)


def actor(visit: Visit) -> Actor:
    """Who is at the browser, for the log of acts."""
    return Actor(visit.member.id, visit.member.address, visit.address)


def member_within(visit: Visit, books: BooksOfStore, account_id: int) -> Member:
    """An account within the administrator's reach. Raises NotFound."""
    member = books.members.get(account_id)
    if member is None or not administrator(visit, books).may_see(member.domain_id):
        raise NotFound(NOTHING)
    return member


def domain_within(visit: Visit, books: BooksOfStore, domain_id: int) -> Domain:
    """A domain within the administrator's reach, with its figures. Raises NotFound."""
    domain = books.domains.get(domain_id) if administrator(visit, books).may_see(domain_id) else None
    if domain is None:
        raise NotFound(NOTHING)
    return domain


def domains_within(visit: Visit, books: BooksOfStore) -> list[Domain]:
    """The domains within the administrator's reach."""
    who = administrator(visit, books)
    return [domain for domain in books.domains.all() if who.may_see(domain.id)]
