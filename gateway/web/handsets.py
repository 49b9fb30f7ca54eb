"""Handlers for handsets: the catalogue, and what is known of the phone of a number."""

from __future__ import annotations

from typing import Any, Final

from aiohttp import web

from gateway.store.desk import BooksOfStore
from gateway.web.answers import iso, json_answer
from gateway.web.asking import Ask
from gateway.web.messages_json import read_number
from gateway.web.problems import FieldError, Problem, invalid, missing
from mms.handsets.catalogue import built_in
from mms.handsets.evidence import Known, Stated
from mms.handsets.explaining import known_json, shown_json

MAX_QUERY: Final = 64


async def list_handsets(ask: Ask) -> web.StreamResponse:
    """Handsets whose name holds the words of the query."""
    catalogue = built_in()
    found = catalogue.find(ask.text("query")[:MAX_QUERY], ask.whole("limit", 50, 1, 500))
    return json_answer(
        {
            "handsets": [
                {
                    "key": one.key,
                    "name": one.name,
                    "kind": catalogue.entries[one.key].level.value,
                    "parent": one.parent or None,
                    "year": one.year,
                    "mms": one.mms,
                }
                for one in found
            ]
        }
    )


async def get_handset(ask: Ask) -> web.StreamResponse:
    """A handset with all its values and where each stands."""
    catalogue, key = built_in(), ask.names[0]
    if key not in catalogue:
        raise missing(f"handset {key[:48]}")
    return json_answer(shown_json(catalogue.resolve(key), catalogue.sources(key)))


async def get_phone_handset(ask: Ask) -> web.StreamResponse:
    """What is known of the phone of a number: the account's own, for administrators any."""
    number = read_number(ask.names[0], ask.api.rules.region)

    def read(books: BooksOfStore) -> Known:
        _own(books, ask, number)
        return books.handsets.of(number)

    return _known(number, await ask.api.desk.read(read))


async def put_phone_handset(ask: Ask) -> web.StreamResponse:
    """State which phone a number has, or whether it takes MMS."""
    number = read_number(ask.names[0], ask.api.rules.region)
    given = await ask.an_object(("handset", "mms"))
    key, takes_mms = given.get("handset", ""), given.get("mms")
    errors: list[FieldError] = []
    if not isinstance(key, str) or (key and key not in built_in()):
        errors.append(FieldError("handset", "there is no such handset", "Give a key of /api/v1/handsets."))
    if takes_mms is not None and not isinstance(takes_mms, bool):
        errors.append(FieldError("mms", "it is neither true nor false", "Give true or false, or leave it out."))
    if not errors and not key and takes_mms is None:
        errors.append(FieldError("handset", "nothing is stated", "Give a handset, or mms, or both."))
    if errors:
        raise invalid(errors)

    def work(books: BooksOfStore) -> Known:
        is_theirs = _own(books, ask, number)
        books.handsets.learn(number, Stated(books.now_ms, str(key), takes_mms, by_operator=not is_theirs))
        return books.handsets.of(number)

    return _known(number, await ask.api.desk.commit(work))


async def delete_phone_handset(ask: Ask) -> web.StreamResponse:
    """Take back what was stated; with everything=true forget what was learnt as well."""
    number = read_number(ask.names[0], ask.api.rules.region)
    everything = ask.text("everything") == "true"

    def work(books: BooksOfStore) -> Known:
        _own(books, ask, number)
        if everything:
            books.handsets.forget(number)
        else:
            books.handsets.withdraw(number)
        return books.handsets.of(number)

    return _known(number, await ask.api.desk.commit(work))


def _own(books: BooksOfStore, ask: Ask, number: str) -> bool:
    """Whether the number is one the account has proved. Raises Problem for others, but for administrators."""
    phone = books.phones.get(ask.account_id, number)
    if phone is not None and phone.proved_ms is not None:
        return True
    if ask.sees_all:
        return False
    raise Problem(404, "not_found", "this number is not the account's", "Prove it: POST /api/v1/phones.")


def _known(number: str, known: Known) -> web.StreamResponse:
    answer: dict[str, Any] = {"number": number, **known_json(known)}
    answer["since"] = iso(known.since_ms) if known.since_ms else None
    return json_answer(answer)
