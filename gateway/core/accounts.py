"""Who is behind an address: domains, members, and where mail for an address goes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Account:
    """A member."""

    id: int
    address: str  # name@domain
    display_name: str
    language: str  # zh | en
    zone: str  # IANA time zone
    sms_daily_cap: int

    @property
    def domain(self) -> str:
        """The mail domain."""
        return self.address.rpartition("@")[2]


@dataclass(frozen=True, slots=True)
class ToMailbox:
    """Mail for this address is filed in a mailbox of ours."""

    account_id: int
    mailbox_id: int
    address: str  # the member's own address
    free_octets: int  # quota left when it was looked up


@dataclass(frozen=True, slots=True)
class ToPhone:
    """Mail for this address becomes an SMS on this phone."""

    number: str


@dataclass(frozen=True, slots=True)
class ToAddress:
    """Mail for this address goes on to another server."""

    address: str


Target = ToMailbox | ToPhone | ToAddress


@dataclass(frozen=True, slots=True)
class Token:
    """What a token of the API may do, and for whom."""

    id: int
    account_id: int
    scopes: frozenset[str]
    rate_per_s: int  # 0 = no limit
    name: str = ""


@dataclass(frozen=True, slots=True)
class Phone:
    """A number an account has named; `proved_ms` is None until its code was given."""

    id: int
    account_id: int
    number: str
    proved_ms: int | None
    code_digest: str | None
    code_expires_ms: int | None
    code_tries: int
    codes_sent: int
