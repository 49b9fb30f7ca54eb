"""Handlers for what was used and what came in: the ledger and the inbox."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any, Final

from aiohttp import web

from gateway.store.desk import BooksOfStore
from gateway.store.listings import Listings, Page
from gateway.web.answers import iso, json_answer, text_answer
from gateway.web.asking import Ask
from gateway.web.messages_json import read_number
from gateway.web.problems import FieldError, invalid

COLUMNS: Final = ("id", "at", "account_id", "fact", "message_id", "segment", "link", "party", "units", "price")
DAY_MS: Final = 86_400_000


async def get_ledger(ask: Ask) -> web.StreamResponse:
    """Detail records in order of time, as JSON or CSV."""
    now_ms = ask.api.desk.now_ms()
    since_ms = ask.moment("since", now_ms - 31 * DAY_MS)
    until_ms = ask.moment("until", now_ms)
    after = ask.whole("after", 0, 0, (1 << 63) - 1)
    limit = ask.whole("limit", 1000, 1, 10_000)
    form = ask.text("format") or ("csv" if "text/csv" in ask.request.headers.get("Accept", "") else "json")
    if form not in ("json", "csv"):
        raise invalid([FieldError("format", "there is no such format", "Use json or csv.")])
    account_id = None if ask.sees_all else ask.account_id
    rows = await ask.api.desk.read(
        lambda books: Listings(books.tx).ledger_lines(
            account_id, since_ms=since_ms, until_ms=until_ms, after=after, limit=limit
        )
    )
    following = str(rows[-1]["id"]) if len(rows) == limit else None
    if form == "json":
        return json_answer({"lines": [_line(row) for row in rows], "next": following})
    answer = text_answer(ledger_csv(rows), content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = 'attachment; filename="ledger.csv"'
    if following:
        answer.headers["X-Caiyou-Next"] = following
    return answer


def ledger_csv(rows: Sequence[Mapping[str, Any]]) -> str:
    """Detail records as CSV (RFC 4180) with a header line; a party that a spreadsheet would compute gets a quote."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for row in rows:
        line = _line(row)
        party = line["party"]
        if party[:1] in ("=", "@", "-", "\t", "\r") or (party[:1] == "+" and not party[1:].isdigit()):
            line["party"] = "'" + party
        writer.writerow([line[name] for name in COLUMNS])
    return out.getvalue()


def _line(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": str(row["id"]),
        "at": iso(row["at_ms"]),
        "account_id": str(row["account_id"]),
        "fact": row["fact"],
        "message_id": str(row["message_id"]),
        "segment": row["segment"],
        "link": row["link"],
        "party": row["party"],
        "units": row["units"],
        "price": row["price"],
    }


async def get_inbox(ask: Ask) -> web.StreamResponse:
    """A page of SMS that came from the account's own numbers (with scope admin: from all), newest first."""
    sender = read_number(ask.text("from"), ask.api.rules.region, "from") if ask.text("from") else ""
    since_ms, limit, before = ask.moment("since", 0), ask.whole("limit", 50, 1, 500), ask.before()

    def read(books: BooksOfStore) -> Page:
        listings = Listings(books.tx)
        numbers: list[str] | None = [sender] if sender else None
        if not ask.sees_all:
            own = {row["number"] for row in listings.phones_of(ask.account_id) if row["proved_ms"]}
            numbers = sorted(own & {sender} if sender else own)
        return listings.incoming(numbers, since_ms=since_ms, before=before, limit=limit)

    page = await ask.api.desk.read(read)
    return json_answer(
        {
            "messages": [
                {
                    "id": str(row["id"]),
                    "from": row["sender"],
                    "to": row["recipient"],
                    "text": row["text"],
                    "link": row["link"],
                    "received": iso(row["received_ms"]),
                }
                for row in page.rows
            ],
            "next": str(page.before) if page.before is not None else None,
        }
    )
