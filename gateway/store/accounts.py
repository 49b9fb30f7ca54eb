"""Domains, members, aliases and tokens; where mail for an address goes."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from gateway.core.accounts import Account, Target, ToAddress, Token, ToMailbox, ToPhone
from gateway.core.errors import Conflict, NotFound
from gateway.core.phone import is_mobile, normalise
from gateway.core.sessions import Role, SecondFactor
from gateway.store.address_books import delete_books_of
from gateway.store.database import Transaction
from gateway.store.schema import (
    accounts,
    aliases,
    domains,
    folders,
    mailboxes,
    metadata,
    tokens,
    webhook_calls,
    webhooks,
)

#: How far aliases may point at one another.
MAX_ALIAS_DEPTH = 8

_ACCOUNT = sa.select(
    accounts.c.id,
    accounts.c.name,
    accounts.c.display_name,
    accounts.c.language,
    accounts.c.zone,
    accounts.c.sms_daily_cap,
    domains.c.name.label("domain"),
).join(domains, domains.c.id == accounts.c.domain_id)

_ROLE = sa.select(accounts.c.role).where(accounts.c.id == sa.bindparam("id"))
_DOMAIN = sa.select(domains.c.id, domains.c.phone_mail, domains.c.state).where(domains.c.name == sa.bindparam("domain"))
_ALIASES = sa.select(aliases.c.target).where(
    aliases.c.domain_id == sa.bindparam("domain_id"), aliases.c.name == sa.bindparam("name")
)
_ACCOUNT_BY_ID = _ACCOUNT.where(accounts.c.id == sa.bindparam("id"))
_ACCOUNT_BY_NAME = _ACCOUNT.where(domains.c.name == sa.bindparam("domain"), accounts.c.name == sa.bindparam("name"))

_MAILBOX = (
    sa.select(
        accounts.c.id.label("account_id"),
        mailboxes.c.id.label("mailbox_id"),
        mailboxes.c.quota_octets,
        mailboxes.c.used_octets,
        accounts.c.state,
    )
    .join(domains, domains.c.id == accounts.c.domain_id)
    .join(mailboxes, mailboxes.c.account_id == accounts.c.id)
    .where(domains.c.name == sa.bindparam("domain"), accounts.c.name == sa.bindparam("name"))
)


class Accounts:
    """Members and their domains within one transaction."""

    def __init__(self, tx: Transaction, new_id: Callable[[], int], now_ms: int) -> None:
        self._tx = tx
        self._new_id = new_id
        self._now_ms = now_ms

    # --- domains --------------------------------------------------------------------------------------------

    def add_domain(
        self, name: str, *, language: str = "zh", zone: str = "Asia/Shanghai", phone_mail: bool = True
    ) -> int:
        """Open a mail domain and return its id. Raises Conflict when it is there."""
        if self.domain_id(name) is not None:
            raise Conflict(f"the domain {name} is there already")
        domain_id = self._new_id()
        self._tx.execute(
            sa.insert(domains),
            {
                "id": domain_id,
                "name": name.lower(),
                "language": language,
                "zone": zone,
                "phone_mail": phone_mail,
                "created_ms": self._now_ms,
            },
        )
        return domain_id

    def domain_id(self, name: str) -> int | None:
        """The id of a domain of ours."""
        row = self._tx.ask(_DOMAIN, {"domain": name.lower()}).first()
        return None if row is None else row.id

    def domain_names(self) -> list[str]:
        """Every domain of ours."""
        return list(self._tx.read(sa.select(domains.c.name).order_by(domains.c.name)).scalars())

    def first_domain(self) -> str:
        """The oldest domain of ours; "" when there is none."""
        return self._tx.read(sa.select(domains.c.name).order_by(domains.c.id).limit(1)).scalar() or ""

    # --- members --------------------------------------------------------------------------------------------

    def add(
        self,
        address: str,
        *,
        password_hash: str = "",
        display_name: str = "",
        language: str = "zh",
        zone: str = "Asia/Shanghai",
        quota_octets: int = 1 << 30,
        state: str = "active",
    ) -> Account:
        """Open an account with its mailbox. Raises NotFound for a foreign domain, Conflict for a name in use.

        One that is opened for a number unasked is "unclaimed" until its owner comes: mail to the number's address goes
        to the phone as before.
        """
        name, _, domain = address.lower().rpartition("@")
        domain_id = self.domain_id(domain)
        if domain_id is None:
            raise NotFound(f"{domain} is no domain of this hub; open it first (caiyou domain add {domain})")
        if self.by_address(address) is not None:
            raise Conflict(f"the account {address} is there already")
        account_id, mailbox_id = self._new_id(), self._new_id()
        self._tx.execute(
            sa.insert(accounts),
            {
                "id": account_id,
                "domain_id": domain_id,
                "name": name,
                "password_hash": password_hash,
                "display_name": display_name,
                "state": state,
                "language": language,
                "zone": zone,
                "created_ms": self._now_ms,
            },
        )
        self._tx.execute(
            sa.insert(mailboxes), {"id": mailbox_id, "account_id": account_id, "quota_octets": quota_octets}
        )
        self._tx.execute(sa.insert(folders), {"id": self._new_id(), "mailbox_id": mailbox_id, "name": "INBOX"})
        account = self.by_id(account_id)
        assert account is not None
        return account

    def by_id(self, account_id: int) -> Account | None:
        """The member with this id."""
        return _account(self._tx.ask(_ACCOUNT_BY_ID, {"id": account_id}).first())

    def by_address(self, address: str) -> Account | None:
        """The member with exactly this address (aliases not followed)."""
        name, _, domain = address.lower().rpartition("@")
        return _account(self._tx.ask(_ACCOUNT_BY_NAME, {"domain": domain, "name": name}).first())

    def login(self, address: str) -> tuple[Account, str] | None:
        """An active member and the password hash to check against; None when there is none to log in."""
        account = self.by_address(address)
        if account is None or not self.is_active(account.id):
            return None
        asked = sa.select(accounts.c.password_hash).where(accounts.c.id == account.id)
        password_hash = self._tx.read(asked).scalar()
        return (account, password_hash) if password_hash else None

    def is_active(self, account_id: int) -> bool:
        """Whether neither an account nor its domain is suspended."""
        row = self._tx.read(
            sa.select(accounts.c.state, domains.c.state.label("domain_state"))
            .join(domains, domains.c.id == accounts.c.domain_id)
            .where(accounts.c.id == account_id)
        ).first()
        return row is not None and row.state == "active" and row.domain_state == "active"

    def set_password(self, account_id: int, password_hash: str) -> None:
        """Replace the password hash."""
        self._tx.execute(sa.update(accounts).where(accounts.c.id == account_id).values(password_hash=password_hash))

    def has_password(self, account_id: int) -> bool:
        """Whether somebody can sign in to an account with a password."""
        return bool(self._tx.read(sa.select(accounts.c.password_hash).where(accounts.c.id == account_id)).scalar())

    def set_state(self, account_id: int, state: str) -> None:
        """Suspend or resume an account: "active" or "suspended" ("unclaimed" becomes "active" when its owner comes)."""
        self._tx.execute(sa.update(accounts).where(accounts.c.id == account_id).values(state=state))

    def role(self, account_id: int) -> Role:
        """What an account may do beyond its own affairs."""
        return Role(self._tx.ask(_ROLE, {"id": account_id}).scalar() or Role.MEMBER)

    def set_role(self, account_id: int, role: Role) -> None:
        """Make an account an administrator, or a member again."""
        self._tx.execute(sa.update(accounts).where(accounts.c.id == account_id).values(role=role.value))

    def change(self, account_id: int, *, name: str, language: str, zone: str) -> None:
        """What a member says of itself: shown name, language, time zone."""
        self._tx.execute(
            sa.update(accounts)
            .where(accounts.c.id == account_id)
            .values(display_name=name, language=language, zone=zone)
        )

    def set_language(self, account_id: int, language: str) -> None:
        """Speak another language from now on."""
        self._tx.execute(sa.update(accounts).where(accounts.c.id == account_id).values(language=language))

    def second_factor(self, account_id: int) -> tuple[SecondFactor, str, int]:
        """What is asked for after the password, the secret of the authenticator, the newest step used of it."""
        row = self._tx.read(
            sa.select(accounts.c.second_factor, accounts.c.totp_secret, accounts.c.totp_step).where(
                accounts.c.id == account_id
            )
        ).one()
        return SecondFactor(row.second_factor), row.totp_secret, row.totp_step

    def set_second_factor(self, account_id: int, factor: SecondFactor, secret: str, step: int) -> None:
        """Ask for this from now on; `step` is the one whose code was just used."""
        self._tx.execute(
            sa.update(accounts)
            .where(accounts.c.id == account_id)
            .values(second_factor=factor.value, totp_secret=secret, totp_step=step)
        )

    def use_step(self, account_id: int, step: int) -> None:
        """No code of this step, or of an older one, is good any more."""
        self._tx.execute(sa.update(accounts).where(accounts.c.id == account_id).values(totp_step=step))

    def forget(self, account_id: int) -> None:
        """Delete an account, its mailbox and all that hangs on it but mails; those go first."""
        mailbox_ids = sa.select(mailboxes.c.id).where(mailboxes.c.account_id == account_id)
        self._tx.execute(sa.delete(folders).where(folders.c.mailbox_id.in_(mailbox_ids)))
        delete_books_of(self._tx, account_id)
        calls = sa.select(webhooks.c.id).where(webhooks.c.account_id == account_id)
        self._tx.execute(sa.delete(webhook_calls).where(webhook_calls.c.webhook_id.in_(calls)))
        for table in reversed(metadata.sorted_tables):
            if any(key.target_fullname == "accounts.id" for key in table.foreign_keys):
                self._tx.execute(sa.delete(table).where(table.c.account_id == account_id))
        self._tx.execute(sa.delete(accounts).where(accounts.c.id == account_id))

    # --- where mail goes --------------------------------------------------------------------------------------

    def add_alias(self, address: str, target: str) -> None:
        """Let mail for an address of ours go to another address; `*@domain` catches what has no account."""
        name, _, domain = address.lower().rpartition("@")
        domain_id = self.domain_id(domain)
        if domain_id is None:
            raise NotFound(f"{domain} is no domain of this hub")
        self._tx.execute(
            sa.insert(aliases), {"id": self._new_id(), "domain_id": domain_id, "name": name, "target": target}
        )

    def resolve(self, address: str) -> list[Target] | None:
        """Where mail for an address goes; None for a domain that is not ours, an empty list for an unknown user."""
        found: dict[Target, None] = {}
        # Breadth first and each address once: aliases that point at one another in many ways would otherwise be
        # followed along every one of them.
        seen = {address.lower()}
        level = [address]
        for _ in range(MAX_ALIAS_DEPTH):
            following: list[str] = []
            for wanted in level:
                for target in self._step(wanted, found):
                    if target.lower() not in seen:
                        seen.add(target.lower())
                        following.append(target)
            if ToAddress(address) in found:
                return None  # only its own first step says so: an address is followed once
            level = following
        return list(found)

    def _step(self, address: str, found: dict[Target, None]) -> list[str]:
        """Add the targets an address stands for itself; return those its aliases name."""
        local, _, domain = address.rpartition("@")
        name, domain = local.lower(), domain.lower()
        row = self._tx.ask(_DOMAIN, {"domain": domain}).first()
        if row is None:
            found[ToAddress(address)] = None
            return []
        if row.state != "active":
            return []
        mailbox = self._tx.ask(_MAILBOX, {"domain": domain, "name": name}).first()
        if mailbox is not None and mailbox.state != "unclaimed":
            if mailbox.state == "active":
                free = mailbox.quota_octets - mailbox.used_octets
                found[ToMailbox(mailbox.account_id, mailbox.mailbox_id, f"{name}@{domain}", free)] = None
            return []
        number = _phone(name) if row.phone_mail else None
        for wanted in (name, "*") if number is None else (name,):
            following = self._tx.ask(_ALIASES, {"domain_id": row.id, "name": wanted}).scalars()
            if following:
                return following
        if number is not None:
            found[ToPhone(number)] = None
        return []

    # --- tokens -----------------------------------------------------------------------------------------------

    def add_token(self, account_id: int, name: str, scopes: str, rate_per_s: int = 0) -> str:
        """Make a token of the API and return its secret, which is shown once and kept nowhere."""
        secret = "cy_" + secrets.token_urlsafe(32)
        self._tx.execute(
            sa.insert(tokens),
            {
                "id": self._new_id(),
                "account_id": account_id,
                "digest": _digest(secret),
                "name": name,
                "scopes": scopes,
                "rate_per_s": rate_per_s,
                "created_ms": self._now_ms,
            },
        )
        return secret

    def token(self, secret: str) -> Token | None:
        """What a token may do; None for one that is unknown or revoked."""
        row = self._tx.read(
            sa.select(tokens, accounts.c.state)
            .join(accounts, accounts.c.id == tokens.c.account_id)
            .where(
                tokens.c.digest == _digest(secret),
                tokens.c.revoked_ms.is_(None),
                accounts.c.state == "active",
            )
        ).first()
        if row is None:
            return None
        return Token(row.id, row.account_id, frozenset(row.scopes.split()), row.rate_per_s, row.name)

    def revoke_token(self, token_id: int) -> None:
        """Make a token useless."""
        self._tx.execute(sa.update(tokens).where(tokens.c.id == token_id).values(revoked_ms=self._now_ms))


def _account(row: Any) -> Account | None:
    if row is None:
        return None
    return Account(row.id, f"{row.name}@{row.domain}", row.display_name, row.language, row.zone, row.sms_daily_cap)


def _phone(name: str) -> str | None:
    """The number a local part spells, when a phone can have it."""
    if not name.lstrip("+").isascii() or not name.lstrip("+").isdigit():
        return None
    number = normalise(name)
    return number if number is not None and is_mobile(number) else None


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
