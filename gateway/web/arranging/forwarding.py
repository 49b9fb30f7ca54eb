"""Addresses mail may be sent on to: each proves by a code sent there that its owner wants it."""

from __future__ import annotations

import datetime
import hashlib
import hmac
import secrets
from typing import Any, Final

from aiohttp import web

from gateway.core.addresses import Address
from gateway.core.errors import BadRequest
from gateway.store.desk import BooksOfStore
from gateway.web.site.routing import Access, Route
from gateway.web.site.visit import Visit
from mail2sms.letters import Letter
from mail2sms.sending import HOP_MARK

MAX_ADDRESSES: Final = 10
#: Codes that are sent out within a day, and times one may be guessed.
MAX_ASKED: Final = 5
MAX_TRIES: Final = 5
DAY_MS: Final = 86_400_000
Settings = list[tuple[dict[str, Any], bool]]


async def show(visit: Visit) -> web.StreamResponse:
    """Addresses that are proved, and those that wait for their code."""
    return await _page(visit)


async def ask(visit: Visit) -> web.StreamResponse:
    """Send a code to an address."""
    account = visit.member
    try:
        address = str(Address.parse(visit.form.get("address").strip()))
    except BadRequest:
        return await _page(visit, visit.say("This is no mail address."), 422)
    if address.lower() == account.address:
        return await _page(visit, visit.say("This is the mailbox itself."), 422)
    code = f"{secrets.randbelow(10**8):08d}"
    subject = visit.say("Code %(code)s: mail from %(address)s", code=code, address=account.address)
    text = visit.say(
        "%(address)s wants to have mail sent on to you. If that is right, this code allows it: %(code)s\n\n"
        "If you know nothing of it, do nothing.",
        address=account.address,
        code=code,
    )
    domain = account.domain

    def work(books: BooksOfStore) -> str:
        waiting = _of(books, account.id, "forward-asked")
        recent = [one for one in waiting if one[0]["asked_ms"] > books.now_ms - DAY_MS]
        if len(recent) >= MAX_ASKED:
            return visit.say("Too many codes were sent today.")
        proved = _of(books, account.id, "forward")
        if len(proved) >= MAX_ADDRESSES:
            return visit.say("There are too many addresses. Take some of them away.")
        kept = {"address": address, "digest": _digest(account.id, address, code), "tries": 0, "asked_ms": books.now_ms}
        books.rules.replace(account.id, "forward-asked", [*recent, (kept, True)])
        letter = Letter(
            from_address=f"postmaster@{domain}",
            to_address=address,
            subject=subject,
            text=text,
            message_id=f"<{books.new_id()}.code@{domain}>",
            date=datetime.datetime.fromtimestamp(books.now_ms / 1000, datetime.UTC),
            marks={"Auto-Submitted": "auto-generated", HOP_MARK: "code"},
        )
        books.send_mail(letter.encode(), sender="", recipients=[address], account_id=account.id)
        return ""

    trouble = await visit.desk.commit(work)
    if trouble:
        return await _page(visit, trouble, 429)
    return visit.move("/settings/forwarding", visit.say("A code is on its way to %(address)s.", address=address))


async def prove(visit: Visit) -> web.StreamResponse:
    """The code that was sent there."""
    account_id = visit.member.id
    address, code = visit.form.get("address"), visit.form.get("code").strip()

    def work(books: BooksOfStore) -> bool:
        waiting, is_right = [], False
        for kept, _ in _of(books, account_id, "forward-asked"):
            if kept["address"] == address and kept["tries"] < MAX_TRIES and not is_right:
                given = _digest(account_id, address, code)
                is_right = hmac.compare_digest(given, str(kept["digest"]))
                kept["tries"] = MAX_TRIES if is_right else kept["tries"] + 1
            waiting.append((kept, True))
        books.rules.replace(account_id, "forward-asked", waiting)
        if is_right:
            proved = [one for one in _of(books, account_id, "forward") if one[0]["address"] != address]
            books.rules.replace(account_id, "forward", [*proved, ({"address": address}, True)])
        return is_right

    if await visit.desk.commit(work):
        return visit.move("/settings/forwarding", visit.say("Mail may be sent on to %(address)s.", address=address))
    return await _page(visit, visit.say("This is not the code."), 422)


async def remove(visit: Visit) -> web.StreamResponse:
    """Nothing is sent on there any more."""
    account_id, address = visit.member.id, visit.form.get("address")

    def work(books: BooksOfStore) -> None:
        left = [one for one in _of(books, account_id, "forward") if one[0]["address"] != address]
        books.rules.replace(account_id, "forward", left)

    await visit.desk.commit(work)
    return visit.move("/settings/forwarding")


async def _page(visit: Visit, trouble: str = "", status: int = 200) -> web.StreamResponse:
    def work(books: BooksOfStore) -> tuple[list[str], list[str]]:
        proved = [kept["address"] for kept, _ in _of(books, visit.member.id, "forward")]
        waiting = [
            kept["address"]
            for kept, _ in _of(books, visit.member.id, "forward-asked")
            if kept["tries"] < MAX_TRIES and kept["asked_ms"] > books.now_ms - DAY_MS
        ]
        return proved, list(dict.fromkeys(waiting))

    proved, waiting = await visit.desk.read(work)
    return visit.page("arranging/forwarding.html", status, proved=proved, waiting=waiting, trouble=trouble)


def _of(books: BooksOfStore, account_id: int, kind: str) -> Settings:
    return [(dict(one.settings), is_on) for one, is_on in books.rules.all_of(account_id, kind)]


def _digest(account_id: int, address: str, code: str) -> str:
    return hashlib.sha256(f"{account_id}\n{address}\n{code}".encode()).hexdigest()


ROUTES: Final = (
    Route("GET", "/settings/forwarding", Access.MEMBER, show),
    Route("POST", "/settings/forwarding/ask", Access.MEMBER, ask),
    Route("POST", "/settings/forwarding/prove", Access.MEMBER, prove),
    Route("POST", "/settings/forwarding/remove", Access.MEMBER, remove),
)
