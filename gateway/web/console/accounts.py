"""Accounts: found, opened, changed, suspended, deleted and restored; roles, passwords."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlencode

from aiohttp import web

from gateway.core.accounts import Account
from gateway.core.addresses import Address
from gateway.core.administration import (
    GRACE_DAYS,
    MAX_DAILY_CAP,
    Administrator,
    Domain,
    Member,
    Standing,
    read_count,
    read_megabytes,
)
from gateway.core.audit import Act, Entry
from gateway.core.errors import BadRequest, Conflict, NotFound
from gateway.core.outbox import NewSms, Priority, Purpose
from gateway.core.sessions import Role, SecondFactor
from gateway.passwords import hash_password
from gateway.store.audit import AuditQuery
from gateway.store.desk import BooksOfStore
from gateway.store.entry_links import GOOD_MS, EntryPurpose
from gateway.store.members import MemberPage, MemberQuery
from gateway.web.console.administrator import NOTHING, actor, administrator, domains_within, member_within
from gateway.web.console.phrases import ACTS, FIELDS, ROLES, STANDINGS
from gateway.web.site.routing import Access, Route
from gateway.web.site.sign_in import is_password
from gateway.web.site.visit import Visit
from gateway.web.site.words import N_
from templates.engine import sms_texts

_MOVES: Final = {
    # from the form: standing afterwards, act, standings it may have before
    "suspend": (Standing.SUSPENDED, Act.ACCOUNT_SUSPENDED, (Standing.ACTIVE,)),
    "resume": (Standing.ACTIVE, Act.ACCOUNT_RESUMED, (Standing.SUSPENDED,)),
    "delete": (Standing.DELETING, Act.ACCOUNT_DELETED, (Standing.ACTIVE, Standing.SUSPENDED, Standing.UNCLAIMED)),
    "restore": (Standing.ACTIVE, Act.ACCOUNT_RESTORED, (Standing.DELETING,)),
}
_TAKEN: Final = N_("This name is taken. Choose another.")


async def show_all(visit: Visit) -> web.StreamResponse:
    """Accounts, page by page."""
    wanted_domain = visit.query("domain")
    standing, role, text = visit.query("standing"), visit.query("role"), visit.query("q").strip()

    def work(books: BooksOfStore) -> tuple[list[Domain], MemberPage]:
        who, domains = administrator(visit, books), domains_within(visit, books)
        reach = who.reach
        if reach is None and wanted_domain:
            reach = next((domain.id for domain in domains if domain.name == wanted_domain), 0)
        query = MemberQuery(
            reach,
            text,
            standing if standing in STANDINGS else "",
            role if role in ROLES else "",
            _after(visit.query("after")),
        )
        return domains, books.members.page(query)

    domains, page = await visit.desk.read(work)
    more = ""
    if page.after is not None:
        values = {"q": text, "domain": wanted_domain, "standing": standing, "role": role}
        place = f"{page.after[0]}:{page.after[1]}"
        more = "?" + urlencode({name: value for name, value in values.items() if value} | {"after": place})
    return visit.page(
        "console/accounts.html", members=page.members, more=more, domains=domains, q=text, domain=wanted_domain,
        standing=standing, wanted_role=role, standings=STANDINGS, roles=ROLES,
    )  # fmt: skip


def _after(text: str) -> tuple[int, str]:
    domain, _, name = text.partition(":")
    return (int(domain), name[:64]) if domain.isascii() and domain.isdigit() and len(domain) < 20 else (0, "")


# --- opening ------------------------------------------------------------------------------------------------------


async def show_new(visit: Visit) -> web.StreamResponse:
    """The form for a new account."""
    return await _new_page(visit)


async def add(visit: Visit) -> web.StreamResponse:
    """Open an account; without a password it gets a link to choose one."""
    form = visit.form
    name, shown = form.get("name").strip().lower(), form.get("display_name").strip()[:128]
    language, password = form.get("language"), form.get("password")
    try:
        quota = read_megabytes(form.get("quota_mb"))
        address = str(Address.parse(f"{name}@{form.get('domain')}"))
    except BadRequest as error:
        return await _new_page(visit, visit.say(str(error)), 422)
    if language not in ("zh", "en") or not shown.isprintable():
        return await _new_page(visit, visit.say("Something is missing, or cannot be."), 422)
    if password and not is_password(password):
        return await _new_page(visit, visit.say("A password has at least 8 characters."), 422)
    password_hash = await hash_password(password) if password else ""

    def work(books: BooksOfStore) -> Account | str:
        domain = _domain_named(visit, books, address.rpartition("@")[2])
        if domain.standing is Standing.DELETING:
            return N_("The domain is deleted.")
        try:
            account = books.accounts.add(
                address,
                password_hash=password_hash,
                display_name=shown,
                language=language,
                zone=domain.zone,
                quota_octets=quota,
            )
        except Conflict:
            return _TAKEN
        after = {"name": shown, "quota": quota, "language": language}
        books.audit.note(actor(visit), Act.ACCOUNT_ADDED, account.address, domain_id=domain.id, after=after)
        return account

    made = await visit.desk.commit(work)
    if isinstance(made, str):
        return await _new_page(visit, visit.say(made), 409)
    return visit.move(f"/admin/accounts/{made.id}", visit.say("The account is open."))


def _domain_named(visit: Visit, books: BooksOfStore, name: str) -> Domain:
    for domain in domains_within(visit, books):
        if domain.name == name:
            return domain
    raise NotFound(NOTHING)


async def _new_page(visit: Visit, trouble: str = "", status: int = 200) -> web.Response:
    domains = await visit.desk.read(lambda books: domains_within(visit, books))
    return visit.page("console/account_new.html", status, trouble=trouble, domains=domains, form=visit.form)


# --- one account --------------------------------------------------------------------------------------------------


async def show(visit: Visit) -> web.StreamResponse:
    """One account."""
    return await _page(visit, visit.number("id"))


async def change(visit: Visit) -> web.StreamResponse:
    """Name, quota, SMS a day."""
    account_id = visit.number("id")
    try:
        quota = read_megabytes(visit.form.get("quota_mb"))
        cap = read_count(visit.form.get("sms_daily_cap"), MAX_DAILY_CAP)
    except BadRequest as error:
        return await _page(visit, account_id, visit.say(str(error)), 422)
    name = visit.form.get("display_name").strip()[:128]
    if not name.isprintable():
        return await _page(visit, account_id, visit.say("Something is missing, or cannot be."), 422)

    def work(books: BooksOfStore) -> None:
        member = _changeable(visit, books, account_id)
        books.members.change(account_id, display_name=name, quota_octets=quota, sms_daily_cap=cap)
        books.audit.note(
            actor(visit),
            Act.ACCOUNT_CHANGED,
            member.account.address,
            domain_id=member.domain_id,
            before={
                "name": member.account.display_name,
                "quota": member.quota_octets,
                "daily_cap": member.account.sms_daily_cap,
            },
            after={"name": name, "quota": quota, "daily_cap": cap},
        )

    await visit.desk.commit(work)
    return visit.move(f"/admin/accounts/{account_id}", visit.say("Saved."))


async def set_standing(visit: Visit) -> web.StreamResponse:
    """Suspend, resume, delete, restore."""
    account_id = visit.number("id")
    move = _MOVES.get(visit.form.get("move"))
    if move is None:
        raise BadRequest("This page does not take that.")
    standing, act, before = move

    def work(books: BooksOfStore) -> bool:
        member = _changeable(visit, books, account_id, ends=True)
        if member.standing not in before:
            return False
        books.members.set_standing(account_id, standing)
        books.audit.note(actor(visit), act, member.account.address, domain_id=member.domain_id)
        return True

    done = await visit.desk.commit(work)
    return visit.move(f"/admin/accounts/{account_id}", visit.say("Saved.") if done else "")


async def set_role(visit: Visit) -> web.StreamResponse:
    """Make an account an administrator, or a member again."""
    account_id, wanted = visit.number("id"), visit.form.get("role")

    def work(books: BooksOfStore) -> None:
        member = _changeable(visit, books, account_id, ends=True)
        role = next((role for role in administrator(visit, books).roles_to_give() if role.value == wanted), None)
        if role is None:
            raise NotFound(NOTHING)
        books.accounts.set_role(account_id, role)
        books.audit.note(
            actor(visit),
            Act.ROLE_SET,
            member.account.address,
            domain_id=member.domain_id,
            before={"role": member.role.value},
            after={"role": role.value},
        )

    await visit.desk.commit(work)
    return visit.move(f"/admin/accounts/{account_id}", visit.say("Saved."))


async def make_password_link(visit: Visit) -> web.StreamResponse:
    """A link with which its owner chooses a new password: shown, or sent to the phone."""
    account_id = visit.number("id")
    by_sms = visit.form.get("way") == "sms"
    base = f"{'https' if visit.is_private else 'http'}://{visit.request.host}"

    def work(books: BooksOfStore) -> tuple[str, bool]:
        member = _changeable(visit, books, account_id)
        secret = books.entry_links.open(EntryPurpose.PASSWORD, account_id)
        link = f"{base}/enter/{secret}"
        sent = by_sms and bool(member.number)
        if sent:
            _send_link(visit, books, member, link)
        books.audit.note(
            actor(visit),
            Act.PASSWORD_LINK,
            member.account.address,
            domain_id=member.domain_id,
            after={"number": member.number} if sent else {},
        )
        return link, sent

    link, sent = await visit.desk.commit(work)
    if sent:
        return visit.move(f"/admin/accounts/{account_id}", visit.say("The link is on its way by SMS."))
    return await _page(visit, account_id, link=link)


def _send_link(visit: Visit, books: BooksOfStore, member: Member, link: str) -> None:
    signature = visit.services.signature
    more = {} if signature is None else {"signature": signature}
    text = sms_texts(member.account.language).render("password_link", link=link, hours=GOOD_MS // 3_600_000, **more)
    books.outbox.add(
        NewSms(
            recipient=member.number,
            text=text,
            purpose=Purpose.CODE,
            account_id=member.account.id,
            priority=Priority.URGENT,
            validity_s=3600,
        )
    )


async def drop_second_step(visit: Visit) -> web.StreamResponse:
    """Ask for the password alone, for somebody who has lost phone or authenticator."""
    account_id = visit.number("id")

    def work(books: BooksOfStore) -> None:
        member = _changeable(visit, books, account_id)
        books.accounts.set_second_factor(account_id, SecondFactor.NONE, "", 0)
        books.audit.note(actor(visit), Act.SECOND_STEP_OFF, member.account.address, domain_id=member.domain_id)

    await visit.desk.commit(work)
    return visit.move(f"/admin/accounts/{account_id}", visit.say("Saved."))


def _changeable(visit: Visit, books: BooksOfStore, account_id: int, *, ends: bool = False) -> Member:
    """An account that this administrator may change; `ends`: and that may lose its access by it."""
    member = member_within(visit, books, account_id)
    who = administrator(visit, books)
    if not (who.may_end(member) if ends else who.may_change(member)):
        raise NotFound(NOTHING)
    return member


async def _page(
    visit: Visit, account_id: int, trouble: str = "", status: int = 200, *, link: str = ""
) -> web.StreamResponse:
    def work(books: BooksOfStore) -> tuple[Member, Administrator, list[Entry]]:
        member = member_within(visit, books, account_id)
        acts = books.audit.page(AuditQuery(member.domain_id, subject=member.account.address), limit=10)
        return member, administrator(visit, books), acts

    member, who, acts = await visit.desk.read(work)
    return visit.page(
        "console/account.html", status, trouble=trouble, member=member, may_change=who.may_change(member),
        may_end=who.may_end(member), roles=[role.value for role in who.roles_to_give()], names_of_roles=ROLES,
        standings=STANDINGS, acts=acts, names_of_acts=ACTS, fields=FIELDS, link=link, grace_days=GRACE_DAYS,
        is_system=who.role is Role.SYSTEM,
    )  # fmt: skip


ROUTES: Final = (
    Route("GET", "/admin/accounts", Access.DOMAIN, show_all),
    Route("GET", "/admin/accounts/new", Access.DOMAIN, show_new),
    Route("POST", "/admin/accounts/new", Access.DOMAIN, add),
    Route("GET", "/admin/accounts/{id}", Access.DOMAIN, show),
    Route("POST", "/admin/accounts/{id}", Access.DOMAIN, change),
    Route("POST", "/admin/accounts/{id}/standing", Access.DOMAIN, set_standing),
    Route("POST", "/admin/accounts/{id}/role", Access.DOMAIN, set_role),
    Route("POST", "/admin/accounts/{id}/password", Access.DOMAIN, make_password_link),
    Route("POST", "/admin/accounts/{id}/factor", Access.DOMAIN, drop_second_step),
)
