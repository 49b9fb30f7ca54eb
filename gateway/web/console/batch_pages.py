"""Opening many accounts from a table: a look at what it would do, then the doing, then the result as a table."""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import replace
from typing import Final

from aiohttp import web

from gateway.core.administration import Domain
from gateway.core.audit import Act
from gateway.core.errors import BadRequest, Conflict, NotFound
from gateway.passwords import hash_password
from gateway.store.desk import BooksOfStore
from gateway.web.answers import text_answer
from gateway.web.console import batch
from gateway.web.console.administrator import NOTHING, actor, domains_within
from gateway.web.site.routing import Access, Route
from gateway.web.site.visit import Visit
from gateway.web.site.words import N_

#: Accounts opened in one transaction: other works wait for it.
_AT_ONCE: Final = 25
_THERE: Final = N_("There is such an account already.")


async def show(visit: Visit) -> web.StreamResponse:
    """The form that takes a file."""
    return await _page(visit)


async def look(visit: Visit) -> web.StreamResponse:
    """What the file would open; nothing is done yet."""
    upload = next(iter(visit.form.files("file")), None)
    data = upload.data if upload is not None else visit.form.get("table").encode("utf-8", "replace")
    domain, domains = await _domains(visit)
    if not data:
        return await _page(visit, visit.say("Choose a file, or write lines into the field."), 422)
    try:
        table = _read(visit, data, domain, domains)
    except BadRequest as error:
        return await _page(visit, visit.say(str(error)), 422)
    lines = await visit.desk.read(lambda books: _with_those_there(books, table.lines))
    good = [line for line in lines if not line.trouble]
    return visit.page(
        "console/batch_look.html", domain=domain.name, columns=table.columns, lines=lines, good=good,
        table=batch.as_csv(good),
    )  # fmt: skip


async def open_all(visit: Visit) -> web.StreamResponse:
    """Open the accounts of the lines that were looked at; lines that fail are told, the others are opened."""
    domain, domains = await _domains(visit)
    try:
        table = _read(visit, visit.form.get("table").encode("utf-8", "replace"), domain, domains)
    except BadRequest as error:
        return await _page(visit, visit.say(str(error)), 422)
    hashes = await asyncio.gather(*(hash_password(line.password) for line in table.good))
    by_name = {one.name: one for one in domains}

    results = {line.number: line.trouble for line in table.lines}
    made = list(zip(table.good, hashes, strict=True))
    for begin in range(0, len(made), _AT_ONCE):
        some = made[begin : begin + _AT_ONCE]
        results |= await visit.desk.commit(
            lambda books, some=some: {line.number: _open(visit, books, line, hash_, by_name) for line, hash_ in some}  # type: ignore[misc]
        )
    told = [(line, results[line.number]) for line in table.lines]
    opened = sum(not trouble for _, trouble in told)
    return visit.page(
        "console/batch_done.html", results=told, opened=opened, table=batch.result_csv(
            (line, visit.say(trouble) if trouble else "") for line, trouble in told
        ),
    )  # fmt: skip


def _open(visit: Visit, books: BooksOfStore, line: batch.Line, password_hash: str, domains: dict[str, Domain]) -> str:
    """Open one account; what is wrong, or ""."""
    domain = domains[line.address.rpartition("@")[2]]
    try:
        account = books.accounts.add(
            line.address,
            password_hash=password_hash,
            display_name=line.display_name,
            language=line.language or domain.language,
            zone=domain.zone,
            quota_octets=line.quota_mb << 20,
        )
    except Conflict:
        return _THERE
    if line.phone:
        books.phones.prove_number(account.id, line.phone)
    after = {"name": line.display_name, "quota": line.quota_mb << 20, "number": line.phone, "batch": True}
    books.audit.note(actor(visit), Act.ACCOUNT_ADDED, account.address, domain_id=domain.id, after=after)
    return ""


async def result(visit: Visit) -> web.StreamResponse:
    """The result as a file: what the page carried comes back as a table for spreadsheets."""
    answer = text_answer(visit.form.get("table"), content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = 'attachment; filename="accounts.csv"'
    return answer


async def sample(visit: Visit) -> web.StreamResponse:
    """An empty table with the columns that are understood."""
    domain, _ = await _domains(visit)
    text = batch.as_csv([batch.Line(2, f"zhangsan@{domain.name}", "张三", phone="+8613800138000", language="zh")])
    answer = text_answer("\ufeff" + text, content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = 'attachment; filename="accounts-sample.csv"'
    return answer


def _read(visit: Visit, data: bytes, domain: Domain, domains: list[Domain]) -> batch.Table:
    return batch.read_table(
        data,
        domain=domain.name,
        domains={one.name for one in domains},
        region=visit.services.region,
        new_password=_new_password,
    )


def _new_password() -> str:
    return "".join(secrets.choice(batch.PASSWORD_CHARACTERS) for _ in range(batch.PASSWORD_LENGTH))


async def _domains(visit: Visit) -> tuple[Domain, list[Domain]]:
    """The domain of names without one, and all that may be opened in."""
    domains = await visit.desk.read(lambda books: domains_within(visit, books))
    if not domains:
        raise NotFound(NOTHING)
    wanted = visit.form.get("domain")
    return next((one for one in domains if one.name == wanted), domains[0]), domains


def _with_those_there(books: BooksOfStore, lines: tuple[batch.Line, ...]) -> list[batch.Line]:
    """The lines, those marked whose account is there already."""
    return [
        replace(line, trouble=_THERE)
        if not line.trouble and books.accounts.by_address(line.address) is not None
        else line
        for line in lines
    ]


async def _page(visit: Visit, trouble: str = "", status: int = 200) -> web.Response:
    domains = await visit.desk.read(lambda books: domains_within(visit, books))
    return visit.page(
        "console/batch.html", status, trouble=trouble, domains=domains, most=batch.MAX_LINES,
        domain=visit.form.get("domain"), table=visit.form.get("table"),
    )  # fmt: skip


ROUTES: Final = (
    Route("GET", "/admin/batch", Access.DOMAIN, show),
    Route("POST", "/admin/batch", Access.DOMAIN, look, 2 * batch.MAX_OCTETS),
    Route("POST", "/admin/batch/open", Access.DOMAIN, open_all, 4 * batch.MAX_OCTETS),
    Route("POST", "/admin/batch/result", Access.DOMAIN, result, 4 * batch.MAX_OCTETS),
    Route("GET", "/admin/batch/sample", Access.DOMAIN, sample),
)
