"""A member's own account: name, language, password, second factor, sessions."""

from __future__ import annotations

from typing import Final
from zoneinfo import available_timezones

from aiohttp import web

from gateway.core.sessions import SecondFactor, Session
from gateway.passwords import MAX_PASSWORD, check_password, hash_password
from gateway.store.desk import BooksOfStore
from gateway.web.site import totp
from gateway.web.site.agents import browser_of
from gateway.web.site.qr import svg_of
from gateway.web.site.routing import Access, Route
from gateway.web.site.sign_in import MIN_PASSWORD
from gateway.web.site.visit import Visit


async def show(visit: Visit) -> web.StreamResponse:
    """Who I am here, and where I am signed in."""
    return await _page(visit)


async def change(visit: Visit) -> web.StreamResponse:
    """Name, language, time zone."""
    name, language, zone = visit.form.get("name").strip()[:128], visit.form.get("language"), visit.form.get("zone")
    if language not in ("zh", "en") or zone not in available_timezones() or not name.isprintable():
        return await _page(visit, visit.say("Something is missing, or cannot be."), 422)
    account_id = visit.member.id
    await visit.desk.commit(lambda books: books.accounts.change(account_id, name=name, language=language, zone=zone))
    visit.language = language
    return visit.move("/account", visit.say("Saved."))


async def change_password(visit: Visit) -> web.StreamResponse:
    """A new password; every other session ends."""
    account, session = visit.member, visit.session
    assert session is not None
    new = visit.form.get("new")
    if len(new) < MIN_PASSWORD or len(new.encode("utf-8", "replace")) > MAX_PASSWORD:
        return await _page(visit, visit.say("A password has at least 8 characters."), 422)
    if not await _is_really(visit):
        return await _page(visit, visit.say("The password is wrong."), 403)
    password_hash = await hash_password(new)

    def work(books: BooksOfStore) -> None:
        books.accounts.set_password(account.id, password_hash)
        books.sessions.end_all(account.id, but=session.id)

    await visit.desk.commit(work)
    return visit.move("/account", visit.say("The password is changed; everywhere else you are signed out."))


async def start_totp(visit: Visit) -> web.StreamResponse:
    """Show the secret of an authenticator as QR code; it counts once a code of it was given."""
    if not await _is_really(visit):
        return await _page(visit, visit.say("The password is wrong."), 403)
    secret = totp.new_secret()
    picture = svg_of(totp.link(secret, visit.member.address))
    return visit.page("site/totp.html", secret=secret, picture=picture, trouble="")


async def finish_totp(visit: Visit) -> web.StreamResponse:
    """The first code of the authenticator."""
    account_id, secret, code = visit.member.id, visit.form.get("secret"), visit.form.get("code")
    try:
        step = totp.check(secret, code, visit.desk.now_ms() / 1000)
        is_whole = len(secret) == 32
    except ValueError:
        step, is_whole = 0, False
    if not step or not is_whole:
        picture = svg_of(totp.link(secret, visit.member.address)) if is_whole else ""
        return visit.page(
            "site/totp.html", 422, secret=secret, picture=picture, trouble=visit.say("This is not the code.")
        )
    await visit.desk.commit(lambda books: books.accounts.set_second_factor(account_id, SecondFactor.TOTP, secret, step))
    return visit.move("/account", visit.say("The authenticator is asked for from now on."))


async def set_sms_factor(visit: Visit) -> web.StreamResponse:
    """A code by SMS as second factor, or none."""
    if not await _is_really(visit):
        return await _page(visit, visit.say("The password is wrong."), 403)
    account_id = visit.member.id
    factor = SecondFactor.SMS if visit.form.get("factor") == "sms" else SecondFactor.NONE
    if factor is SecondFactor.SMS and await visit.desk.read(lambda books: books.phones.proved(account_id)) is None:
        return await _page(visit, visit.say("Prove a number first: codes have to go somewhere."), 422)
    await visit.desk.commit(lambda books: books.accounts.set_second_factor(account_id, factor, "", 0))
    return visit.move("/account", visit.say("Saved."))


async def end_session(visit: Visit) -> web.StreamResponse:
    """End one session, or all others."""
    account_id, session = visit.member.id, visit.session
    assert session is not None
    wanted = visit.form.get("session")
    if wanted == "others":
        await visit.desk.commit(lambda books: books.sessions.end_all(account_id, but=session.id))
    elif wanted.isascii() and wanted.isdigit() and len(wanted) < 20:
        await visit.desk.commit(lambda books: books.sessions.end(account_id, int(wanted)))
    return visit.move("/account", visit.say("Signed out there."))


async def _is_really(visit: Visit) -> bool:
    """Whether whoever sits at the browser knows the password: asked before what matters is changed."""
    account, guard, now = visit.member, visit.services.guard, visit.services.clock()
    key = account.address
    if guard.wait_s(visit.address, key, now):
        return False
    found = await visit.desk.read(lambda books: books.accounts.login(account.address))
    checked = await check_password(found[1] if found else None, visit.form.get("password"))
    if not checked.ok:
        guard.failed(visit.address, key, now)
    return checked.ok


async def _page(visit: Visit, trouble: str = "", status: int = 200) -> web.Response:
    account_id = visit.member.id

    def work(books: BooksOfStore) -> tuple[list[Session], SecondFactor, str | None]:
        return (
            books.sessions.of_account(account_id),
            books.accounts.second_factor(account_id)[0],
            books.phones.proved(account_id),
        )

    sessions, factor, number = await visit.desk.read(work)
    return visit.page(
        "site/account.html", status, trouble=trouble, sessions=sessions, factor=str(factor), number=number or "",
        zones=_ZONES, browser_of=browser_of,
    )  # fmt: skip


_ZONES: Final = tuple(sorted(zone for zone in available_timezones() if "/" in zone and not zone.startswith("Etc/")))

ROUTES: Final = (
    Route("GET", "/account", Access.MEMBER, show),
    Route("POST", "/account", Access.MEMBER, change),
    Route("POST", "/account/password", Access.MEMBER, change_password),
    Route("POST", "/account/totp", Access.MEMBER, start_totp),
    Route("POST", "/account/totp/finish", Access.MEMBER, finish_totp),
    Route("POST", "/account/factor", Access.MEMBER, set_sms_factor),
    Route("POST", "/account/sessions/end", Access.MEMBER, end_session),
)
