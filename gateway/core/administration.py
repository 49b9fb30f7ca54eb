"""Domains and accounts as their administrators see them. Pure."""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass
from typing import Final

from gateway.core.accounts import Account
from gateway.core.errors import BadRequest
from gateway.core.sessions import Role

#: Days between deleting something and its being gone; until then it can be restored.
GRACE_DAYS: Final = 14
GRACE_MS: Final = GRACE_DAYS * 86_400_000
MAX_QUOTA_MB: Final = 1_048_576
MAX_DAILY_CAP: Final = 1_000_000

_DOMAIN: Final = re.compile(
    r"(?=.{1,253}$)(?:[a-z0-9](?:[a-z0-9\-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9\-]{0,61}[a-z0-9])?"
)


class Standing(enum.StrEnum):
    """How an account or a domain stands."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    UNCLAIMED = "unclaimed"  # an account opened for a number whose owner has not come yet
    DELETING = "deleting"  # it is gone when its time of grace is over


@dataclass(frozen=True, slots=True)
class Member:
    """An account with what administrators may change."""

    account: Account
    domain_id: int
    role: Role
    standing: Standing
    quota_octets: int
    used_octets: int
    mails: int
    number: str  # proved last; "" = none
    has_password: bool
    second_factor: str  # "" | sms | totp
    created_ms: int
    delete_ms: int | None
    seen_ms: int | None  # when it was last seen in a browser


@dataclass(frozen=True, slots=True)
class Domain:
    """A mail domain with its settings and figures."""

    id: int
    name: str
    standing: Standing
    language: str
    zone: str
    phone_mail: bool  # number@domain becomes an SMS
    created_ms: int
    delete_ms: int | None
    accounts: int = 0
    used_octets: int = 0


@dataclass(frozen=True, slots=True)
class Alias:
    """Another name in a domain; "*" catches what has no account."""

    id: int
    name: str
    target: str  # an address, ours or elsewhere


@dataclass(frozen=True, slots=True)
class Administrator:
    """Who administers, and how far it reaches."""

    account_id: int
    role: Role
    domain_id: int  # of its own account

    @property
    def reach(self) -> int | None:
        """The one domain it may see; None = every domain."""
        return None if self.role is Role.SYSTEM else self.domain_id

    def may_see(self, domain_id: int) -> bool:
        """Whether what belongs to a domain is its business."""
        return self.reach in (None, domain_id)

    def may_change(self, member: Member) -> bool:
        """Whether it may change an account: within its reach, and none above itself."""
        return self.may_see(member.domain_id) and (self.role is Role.SYSTEM or member.role is not Role.SYSTEM)

    def may_end(self, member: Member) -> bool:
        """Whether it may suspend, delete or degrade an account: nobody locks himself out."""
        return self.may_change(member) and member.account.id != self.account_id

    def roles_to_give(self) -> tuple[Role, ...]:
        """The roles it may give."""
        return tuple(Role) if self.role is Role.SYSTEM else (Role.MEMBER, Role.DOMAIN)


def read_domain(text: str) -> str:
    """A domain name in lower-case ASCII (IDNA). Raises BadRequest."""
    plain = text.strip().rstrip(".").lower()
    try:
        name = plain if plain.isascii() else plain.encode("idna").decode()
    except UnicodeError:
        name = ""
    if not _DOMAIN.fullmatch(name):
        raise BadRequest("This is no domain name.")
    return name


def read_megabytes(text: str) -> int:
    """A quota given in megabytes, in octets. Raises BadRequest."""
    return read_count(text, MAX_QUOTA_MB, 1) << 20


def read_count(text: str, most: int, least: int = 0) -> int:
    """A whole number between two bounds. Raises BadRequest."""
    plain = text.strip()
    if not (plain.isascii() and plain.isdigit() and len(plain) <= 12 and least <= int(plain) <= most):
        raise BadRequest("A number is too large, too small, or no number.")
    return int(plain)
