"""Coming in: by password, by a code to the phone, with a second factor; registering; a forgotten password.

What is said to strangers does not tell who has an account here.
"""

from __future__ import annotations

import secrets
from typing import Final

from aiohttp import web

from gateway.core import phone
from gateway.core.accounts import Account, ToPhone
from gateway.core.addresses import Address
from gateway.core.errors import BadRequest, Conflict, NotFound
from gateway.core.outbox import NewSms, Priority
from gateway.core.outbox import Purpose as SmsPurpose
from gateway.core.sessions import SecondFactor
from gateway.passwords import MAX_PASSWORD, check_password, hash_password
from gateway.store.desk import BooksOfStore
from gateway.store.sign_in_codes import GOOD_MS, CodeResult, Purpose
from gateway.web.messages_json import MessageRules
from gateway.web.site import totp
from gateway.web.site.routing import Access, Route
from gateway.web.site.visit import Visit
from gateway.web.site.words import N_
from templates.engine import sms_texts

COOKIE: Final = "caiyou"
MIN_PASSWORD: Final = 8
#: Codes one network address may have sent a day, once it has had its CODES_AT_ONCE.
CODES_A_DAY: Final = 20
_PASSWORD_SAID: Final = N_("A password has at least 8 characters.")


# --- with a password ------------------------------------------------------------------------------------------


async def show(visit: Visit) -> web.StreamResponse:
    """The form."""
    if visit.session is not None and visit.session.is_whole:
        return visit.move(_next(visit.query("next")))
    return visit.page("site/login.html", next=visit.query("next"), name="", trouble="")


async def enter(visit: Visit) -> web.StreamResponse:
    """Name or number, and password."""
    name, password = visit.form.get("name").strip()[:320], visit.form.get("password")
    guard, now = visit.services.guard, visit.services.clock()
    key = name.lower()
    wait_s = guard.wait_s(visit.address, key, now)
    if wait_s:
        said = visit.say("Too many tries. Wait %(seconds)s seconds.", seconds=int(wait_s) + 1)
        return visit.page("site/login.html", 429, next=visit.form.get("next"), name=name, trouble=said)
    found = await visit.desk.read(lambda books: _account_named(books, name, visit.services.region))
    checked = await check_password(found[1] if found else None, password)
    if found is None or not checked.ok:
        guard.failed(visit.address, key, now)
        visit.desk.journal.login_failed("web", visit.address)
        said = visit.say("Name or password is wrong.")
        return visit.page("site/login.html", 403, next=visit.form.get("next"), name=name, trouble=said)
    guard.succeeded(key)
    if checked.new_hash:
        new_hash = checked.new_hash
        await visit.desk.commit(lambda books: books.accounts.set_password(found[0].id, new_hash))
    return await _come_in(visit, found[0], is_kept=visit.form.has("keep"), where=visit.form.get("next"))


def _account_named(books: BooksOfStore, name: str, region: str) -> tuple[Account, str] | None:
    """The account and password hash behind an address, a name in the first domain, or a proved number."""
    if "@" in name:
        return books.accounts.login(name)
    number = phone.normalise(name, region)
    if number is not None:
        for account_id in books.phones.accounts_of(number):
            account = books.accounts.by_id(account_id)
            found = books.accounts.login(account.address) if account is not None else None
            if found is not None:
                return found
    return books.accounts.login(f"{name}@{books.first_domain()}") if name else None


async def _come_in(visit: Visit, account: Account, *, is_kept: bool, where: str = "") -> web.StreamResponse:
    """Open a session; the second factor is asked for where the account wants one."""
    agent = visit.request.headers.get("User-Agent", "")
    code = _new_code()

    def work(books: BooksOfStore) -> tuple[str, SecondFactor]:
        factor, _, _ = books.accounts.second_factor(account.id)
        secret = books.sessions.open(
            account.id, is_kept=is_kept, is_whole=factor is SecondFactor.NONE, address=visit.address, agent=agent
        )
        if factor is SecondFactor.SMS:
            number = books.phones.proved(account.id)
            if number is not None:
                _send_code(visit, books, Purpose.SECOND, number, code, account)
        return secret, factor

    secret, factor = await visit.desk.commit(work)
    target = _next(where)
    answer = visit.move(target if factor is SecondFactor.NONE else f"/login/second?next={target}")
    set_cookie(visit, answer, secret, is_kept=is_kept)
    return answer


async def enter_by_link(visit: Visit) -> web.StreamResponse:
    """A link that signs in once, as the operator of the hub makes them. Raises NotFound."""
    secret = visit.names["secret"][:100]

    def work(books: BooksOfStore) -> Account | None:
        account_id = books.entry_links.use(secret)
        return books.accounts.by_id(account_id) if account_id is not None else None

    account = await visit.desk.commit(work)
    if account is None:
        raise NotFound("This link is good no more.")
    return await _come_in(visit, account, is_kept=False)


async def show_second(visit: Visit) -> web.StreamResponse:
    """The second factor is asked for."""
    return await _second_page(visit, visit.query("next"), "", 200)


async def enter_second(visit: Visit) -> web.StreamResponse:
    """The code of the authenticator, or from the SMS."""
    session, account = visit.session, visit.member
    assert session is not None
    given, now = visit.form.get("code").strip()[:12], visit.services.clock()
    key = f"second {account.id}"
    wait_s = visit.services.guard.wait_s(visit.address, key, now)
    if wait_s:
        said = visit.say("Too many tries. Wait %(seconds)s seconds.", seconds=int(wait_s) + 1)
        return await _second_page(visit, visit.form.get("next"), said, 429)

    def work(books: BooksOfStore) -> str:
        factor, shared, used_step = books.accounts.second_factor(account.id)
        if factor is SecondFactor.TOTP:
            step = totp.check(shared, given, visit.desk.now_ms() / 1000, used_step)
            if not step:
                return ""
            books.accounts.use_step(account.id, step)
        elif factor is SecondFactor.SMS:
            number = books.phones.proved(account.id) or ""
            if books.sign_in_codes.check(Purpose.SECOND, number, given, account.id) is not CodeResult.GOOD:
                return ""
        return books.sessions.complete(session.id)

    secret = await visit.desk.commit(work)
    if not secret:
        visit.services.guard.failed(visit.address, key, now)
        return await _second_page(visit, visit.form.get("next"), visit.say("This is not the code."), 403)
    visit.services.guard.succeeded(key)
    answer = visit.move(_next(visit.form.get("next")))
    set_cookie(visit, answer, secret, is_kept=session.is_kept)
    return answer


async def _second_page(visit: Visit, where: str, trouble: str, status: int) -> web.StreamResponse:
    account_id = visit.member.id
    factor, _, _ = await visit.desk.read(lambda books: books.accounts.second_factor(account_id))
    return visit.page("site/second.html", status, next=where, trouble=trouble, factor=factor.value)


async def leave(visit: Visit) -> web.StreamResponse:
    """Sign out."""
    session = visit.session
    if session is not None:
        await visit.desk.commit(lambda books: books.sessions.end(session.account_id, session.id))
    answer = visit.move("/login", visit.say("You are signed out."))
    answer.del_cookie(cookie_of(visit), path="/", secure=visit.is_private)
    return answer


# --- with a code to the phone -----------------------------------------------------------------------------------


async def show_register(visit: Visit) -> web.StreamResponse:
    """Step one: the number."""
    domain = await visit.desk.read(lambda books: books.first_domain())
    return _register_page(visit, "number", 200, domain=domain)


async def send_register_code(visit: Visit) -> web.StreamResponse:
    """A code goes to the number, whoever has it."""
    number = _number(visit)
    domain = await visit.desk.read(lambda books: books.first_domain())
    if number is None:
        said = visit.say("This is no mobile number that can get a code.")
        return _register_page(visit, "number", 422, trouble=said, domain=domain)
    said = await _ask_for_code(visit, Purpose.REGISTER, number)
    return _register_page(visit, "code", 200 if not said else 429, trouble=said, number=number, domain=domain)


async def finish_register(visit: Visit) -> web.StreamResponse:
    """Step two: the code, a name and a password. A mailbox that was opened for the number becomes its owner's."""
    number, code = _number(visit), visit.form.get("code")
    name, password = visit.form.get("name").strip().lower()[:64], visit.form.get("password")
    domain = await visit.desk.read(lambda books: books.first_domain())

    if number is None:
        return visit.move("/register")

    def again(said: str, status: int = 422) -> web.StreamResponse:
        return _register_page(visit, "code", status, trouble=said, number=number or "", name=name, domain=domain)

    if not is_password(password):
        return again(visit.say(_PASSWORD_SAID))
    try:
        address = str(Address.parse(f"{name or number.lstrip('+')}@{domain}"))
    except BadRequest:
        return again(visit.say("This cannot be the name of a mailbox."))
    guard, now = visit.services.guard, visit.services.clock()
    if guard.wait_s(visit.address, number, now):
        return again(visit.say("Too many tries. Wait %(seconds)s seconds.", seconds=60), 429)
    password_hash = await hash_password(password)
    language = visit.language

    def work(books: BooksOfStore) -> Account | str:
        box = books.pickups.of_number(number)
        waiting = box if box is not None and not books.accounts.has_password(box.account_id) else None
        taken = books.accounts.resolve(address) if name else None
        if taken and not any(isinstance(one, ToPhone) for one in taken):
            return N_("This name is taken. Choose another.")
        if books.sign_in_codes.check(Purpose.REGISTER, number, code) is not CodeResult.GOOD:
            return N_("This is not the code.")
        account = None
        if waiting is not None:
            books.pickups.activate(waiting.account_id)
            account = books.accounts.by_id(waiting.account_id)
        if account is None:
            try:
                account = books.accounts.add(address, password_hash=password_hash, language=language)
            except Conflict:
                return N_("This name is taken. Choose another.")
        elif name:
            books.accounts.add_alias(address, account.address)
        books.accounts.set_password(account.id, password_hash)
        books.phones.prove_number(account.id, number)
        return account

    made = await visit.desk.commit(work)
    if isinstance(made, str):
        guard.failed(visit.address, number, now)
        return again(visit.say(made), 403)
    return await _come_in(visit, made, is_kept=False)


async def show_reset(visit: Visit) -> web.StreamResponse:
    """A forgotten password: step one, the number."""
    return visit.page("site/reset.html", step="number", number="", trouble="")


async def send_reset_code(visit: Visit) -> web.StreamResponse:
    """A code goes to the number if an account has proved it; the page is the same if none has."""
    number = _number(visit)
    if number is None:
        said = visit.say("This is no mobile number that can get a code.")
        return visit.page("site/reset.html", 422, step="number", number="", trouble=said)
    owners = await visit.desk.read(lambda books: books.phones.accounts_of(number))
    said = await _ask_for_code(visit, Purpose.RESET, number, really=bool(owners))
    return visit.page("site/reset.html", 200 if not said else 429, step="code", number=number, trouble=said)


async def finish_reset(visit: Visit) -> web.StreamResponse:
    """Step two: the code and a new password; every session of the account ends."""
    number, code, password = _number(visit), visit.form.get("code"), visit.form.get("password")
    if number is None:
        return visit.move("/reset")

    def again(said: str, status: int = 422) -> web.StreamResponse:
        return visit.page("site/reset.html", status, step="code", number=number, trouble=visit.say(said))

    if not is_password(password):
        return again(_PASSWORD_SAID)
    guard, now = visit.services.guard, visit.services.clock()
    if guard.wait_s(visit.address, number, now):
        return again(N_("Too many tries. Wait a minute."), 429)
    password_hash = await hash_password(password)

    def work(books: BooksOfStore) -> Account | None:
        if books.sign_in_codes.check(Purpose.RESET, number, code) is not CodeResult.GOOD:
            return None
        owners = books.phones.accounts_of(number)
        account = books.accounts.by_id(owners[0]) if owners else None
        if account is not None:
            books.accounts.set_password(account.id, password_hash)
            books.sessions.end_all(account.id)
        return account

    account = await visit.desk.commit(work)
    if account is None:
        guard.failed(visit.address, number, now)
        return again(N_("This is not the code."), 403)
    return await _come_in(visit, account, is_kept=False)


# --- shared -----------------------------------------------------------------------------------------------------


async def _ask_for_code(visit: Visit, purpose: Purpose, number: str, *, really: bool = True) -> str:
    """Have a code sent; what is wrong, in words, or "". Networks that ask for many codes are held up."""
    if visit.services.codes.take(visit.address, CODES_A_DAY / 86_400, visit.services.clock()):
        return visit.say("Too many codes were asked for from your network. Try again later.")
    if not really:
        return ""
    code = _new_code()
    result = await visit.desk.commit(lambda books: _send_code(visit, books, purpose, number, code, None))
    if result is CodeResult.TOO_SOON:
        return visit.say("A code is on its way. Wait a minute before you ask for another.")
    if result is CodeResult.TOO_MANY:
        return visit.say("This number has got too many codes today. Try again tomorrow.")
    return ""


def _send_code(
    visit: Visit, books: BooksOfStore, purpose: Purpose, number: str, code: str, account: Account | None
) -> CodeResult:
    result = books.sign_in_codes.start(purpose, number, code, account.id if account is not None else None)
    if result is not CodeResult.SENT:
        return result
    signature = visit.services.signature
    more = {} if signature is None else {"signature": signature}
    text = sms_texts(visit.language).render("number_code", code=code, minutes=GOOD_MS // 60_000, **more)
    books.outbox.add(
        NewSms(
            recipient=number,
            text=text,
            purpose=SmsPurpose.CODE,
            account_id=account.id if account is not None else 0,
            priority=Priority.URGENT,
            validity_s=GOOD_MS // 1000,
        )
    )
    return result


def set_cookie(visit: Visit, answer: web.Response, secret: str, *, is_kept: bool) -> None:
    """Give the browser what it shows from now on."""
    answer.set_cookie(
        cookie_of(visit),
        secret,
        path="/",
        httponly=True,
        samesite="Lax",  # so that links in SMS and mails find their reader signed in; forms carry a token
        secure=visit.is_private,
        max_age=90 * 86_400 if is_kept else None,
    )


def cookie_of(visit: Visit) -> str:
    """The name of the cookie; by TLS one that no other host and no plain connection can set."""
    return cookie_name(visit.is_private)


def cookie_name(is_private: bool) -> str:
    """As `cookie_of`, before there is a visit."""
    return f"__Host-{COOKIE}" if is_private else COOKIE


def _number(visit: Visit) -> str | None:
    """The mobile number that was filled in, where this hub sends to its country."""
    services = visit.services
    number = phone.normalise(visit.form.get("number").strip()[:40], services.region)
    prefixes = MessageRules.of(services.region, services.allowed_prefixes, services.max_segments).prefixes
    if number is None or not phone.is_mobile(number) or (prefixes and not number.startswith(prefixes)):
        return None
    return number


def _register_page(
    visit: Visit, step: str, status: int, *, trouble: str = "", number: str = "", name: str = "", domain: str = ""
) -> web.Response:
    return visit.page("site/register.html", status, step=step, trouble=trouble, number=number, name=name, domain=domain)


def is_password(password: str) -> bool:
    """Whether a password is long enough, and not too long to be looked at."""
    return len(password) >= MIN_PASSWORD and len(password.encode("utf-8", "replace")) <= MAX_PASSWORD


def _new_code() -> str:
    return f"{secrets.randbelow(10**6):06d}"


def _next(where: str) -> str:
    """A path of ours to go on to."""
    return where if where.startswith("/") and not where.startswith(("//", "/\\")) and where.isprintable() else "/"


ROUTES: Final = (
    Route("GET", "/login", Access.OPEN, show),
    Route("POST", "/login", Access.OPEN, enter),
    Route("GET", "/login/second", Access.HALF, show_second),
    Route("POST", "/login/second", Access.HALF, enter_second),
    Route("GET", "/come-in/{secret}", Access.OPEN, enter_by_link),
    Route("POST", "/logout", Access.HALF, leave),
    Route("GET", "/register", Access.OPEN, show_register),
    Route("POST", "/register", Access.OPEN, send_register_code),
    Route("POST", "/register/finish", Access.OPEN, finish_register),
    Route("GET", "/reset", Access.OPEN, show_reset),
    Route("POST", "/reset", Access.OPEN, send_reset_code),
    Route("POST", "/reset/finish", Access.OPEN, finish_reset),
)
