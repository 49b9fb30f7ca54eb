"""Handlers for files of contacts: looked at, let in, watched, taken back; and books as files."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any, Final

from aiohttp import web

from addressbook.csv_file.targets import all_targets, read_target
from addressbook.exports import exported, kind_of
from addressbook.imports.decisions import Doubles
from addressbook.imports.source import MAX_FILE, Source, recognise
from gateway.core.errors import BadRequest
from gateway.core.imports import Batch, Choices
from gateway.store.contacts import PAGE
from gateway.store.desk import BooksOfStore
from gateway.store.importing import chosen_targets
from gateway.store.importing import kind_of as word_for
from gateway.web.answers import FILE_HEADERS, iso, json_answer
from gateway.web.asking import Ask, check_encoding, read_id, too_large, too_slow
from gateway.web.forms import is_form, read_form
from gateway.web.problems import FieldError, invalid

#: Fields by which an import is chosen, in a query, a form, or a JSON object.
FIELDS: Final = ("book", "doubles", "columns", "day_first")
#: Octets of the fields of a form.
_WORDS: Final = 1 << 16
#: Seconds for which an answer may be held back until the import has gone on.
MAX_WAIT_S: Final = 30
_LOOK_S: Final = 0.2
#: What is not shown in a list.
_DETAILS: Final = ("samples", "doubles", "asides", "findings", "columns", "reasons")
_AT_ONCE: Final = 1 << 18
_TRUTHS: Final = {"true": True, "false": False, "": None}


async def post_import(ask: Ask) -> web.StreamResponse:
    """Take a file and look at it; nothing comes in before `start`."""
    octets, name, given = await _file(ask)
    source = await asyncio.to_thread(recognise, octets)
    choices = _choices(given)
    chosen_targets(source, choices.columns)
    batch_id = ask.api.desk.new_id()
    blob = await ask.api.desk.blobs.put(batch_id, octets)

    def work(books: BooksOfStore) -> Batch:
        columns = choices.columns
        if columns is None and source.layout is not None:
            columns = _remembered(books, ask, source)
        book_id = _book(books, ask, given)
        books.imports.add(
            batch_id,
            account_id=ask.account_id,
            book_id=book_id,
            file_name=name,
            blob=blob,
            choices=Choices(choices.doubles, columns, choices.day_first),
        )
        return books.imports.get(ask.account_id, batch_id)

    document = as_json(await ask.api.desk.commit(work))
    return json_answer({**document, "kind": word_for(source)}, 202)


def _remembered(books: BooksOfStore, ask: Ask, source: Source) -> tuple[str, ...] | None:
    assert source.layout is not None
    found = books.imports.columns(ask.account_id, source.header_digest)
    return tuple(found) if found is not None and len(found) == len(source.layout.headings) else None


async def list_imports(ask: Ask) -> web.StreamResponse:
    """The account's imports, the latest first."""
    batches = await ask.api.desk.read(lambda books: books.imports.of(ask.account_id))
    return json_answer({"imports": [as_json(batch, details=False) for batch in batches]})


async def get_import(ask: Ask) -> web.StreamResponse:
    """One import: what it would do or has done; `wait` holds the answer back while there is something to do."""
    batch_id = ask.an_id("import")
    left_s: float = ask.whole("wait", 0, 0, MAX_WAIT_S)
    while True:
        batch = await ask.api.desk.read(lambda books: books.imports.get(ask.account_id, batch_id))
        if left_s <= 0 or not batch.state.is_open:
            return json_answer(as_json(batch))
        await asyncio.sleep(_LOOK_S)
        left_s -= _LOOK_S


async def put_import(ask: Ask) -> web.StreamResponse:
    """Choose otherwise, and look again; before `start` only."""
    batch_id = ask.an_id("import")
    given = await ask.an_object(FIELDS)

    def work(books: BooksOfStore) -> Batch:
        batch = books.imports.get(ask.account_id, batch_id)
        old = batch.choices
        choices = _choices({"doubles": old.doubles, "columns": old.columns, "day_first": old.day_first, **given})
        book_id = _book(books, ask, given) if "book" in given else batch.book_id
        books.imports.check_again(batch, book_id, choices)
        return books.imports.get(ask.account_id, batch_id)

    return json_answer(as_json(await ask.api.desk.commit(work)), 202)


async def post_start(ask: Ask) -> web.StreamResponse:
    """Let a file in that was looked at."""
    return await _moved(ask, lambda books, batch: books.imports.begin(batch))


async def post_undo(ask: Ask) -> web.StreamResponse:
    """Take an import back: what it added goes, what it changed is as before, what was changed since stays."""
    return await _moved(ask, lambda books, batch: books.imports.undo(batch))


async def _moved(ask: Ask, move: Any) -> web.StreamResponse:
    batch_id = ask.an_id("import")

    def work(books: BooksOfStore) -> Batch:
        move(books, books.imports.get(ask.account_id, batch_id))
        return books.imports.get(ask.account_id, batch_id)

    return json_answer(as_json(await ask.api.desk.commit(work), details=False), 202)


async def delete_import(ask: Ask) -> web.StreamResponse:
    """Forget an import that has not begun, or is over; what it brought stays."""
    batch_id = ask.an_id("import")

    def work(books: BooksOfStore) -> Batch:
        batch = books.imports.get(ask.account_id, batch_id)
        books.imports.forget(batch)
        return batch

    batch = await ask.api.desk.commit(work)
    if batch.blob:
        await asyncio.to_thread(ask.api.desk.blobs.forget, [batch.blob], [])
    return json_answer({"id": str(batch_id), "removed": True})


async def list_columns(ask: Ask) -> web.StreamResponse:
    """Everything that a column of a table can be."""
    return json_answer({"columns": all_targets()})


async def get_export(ask: Ask) -> web.StreamResponse:
    """A book, or all the account's own, as a file."""
    kind = kind_of(ask.text("format") or "vcard")
    book = ask.text("book")

    def read(books: BooksOfStore) -> list[bytes]:
        if book:
            ids = [books.address_books.get(ask.account_id, read_id(book, "book")).id]
        else:
            ids = [one.id for one in books.address_books.of(ask.account_id) if one.is_own]
        return [card for book_id in ids for card in cards_of(books, book_id)]

    cards = await ask.api.desk.read(read)
    answer = web.StreamResponse(headers=(("Content-Type", kind.media_type), *FILE_HEADERS))
    answer.headers["Content-Disposition"] = f'attachment; filename="contacts.{kind.extension}"'
    await answer.prepare(ask.request)
    pieces = exported(cards, kind)
    while piece := await asyncio.to_thread(_gathered, pieces):
        await answer.write(piece)
    await answer.write_eof()
    return answer


def cards_of(books: BooksOfStore, book_id: int) -> Iterator[bytes]:
    """The cards of a book."""
    names = [entry.href for entry in books.contacts.entries(book_id)]
    for start in range(0, len(names), PAGE):
        page = names[start : start + PAGE]
        found = books.contacts.get_many(book_id, page)
        yield from (found[name].data for name in page if name in found)


def _gathered(pieces: Iterator[bytes]) -> bytes:
    found = bytearray()
    for piece in pieces:
        found += piece
        if len(found) >= _AT_ONCE:
            break
    return bytes(found)


# --- what comes, and what is answered --------------------------------------------------------------------------


async def _file(ask: Ask) -> tuple[bytes, str, dict[str, Any]]:
    """The file, its name, and the choices: in a form, or as the body with the choices behind the question mark."""
    if is_form(ask.request):
        form = await read_form(ask.api, ask.request, media=MAX_FILE, words=_WORDS, files=1)
        if not form.files:
            raise invalid([FieldError("file", "there is no file in the form", "Send one file.")])
        given = dict(form.fields)
        name = form.files[0].name
        octets = form.files[0].data
    else:
        given = {name: value for name, value in ask.request.query.items() if name != "name"}
        name = ask.text("name")
        octets = await _body(ask)
    use = f"Use only {', '.join(FIELDS)}."
    unknown = [FieldError(field[:64], "there is no such field", use) for field in given if field not in FIELDS]
    if unknown:
        raise invalid(unknown)
    return octets, name.replace("\\", "/").rpartition("/")[2][:255] or "contacts", given


async def _body(ask: Ask) -> bytes:
    check_encoding(ask.request)
    if (ask.request.content_length or 0) > MAX_FILE:
        raise too_large(MAX_FILE)
    found = bytearray()
    try:
        async with asyncio.timeout(ask.api.body_seconds(MAX_FILE)):
            async for chunk in ask.request.content.iter_chunked(1 << 16):
                found += chunk
                if len(found) > MAX_FILE:
                    raise too_large(MAX_FILE)
    except TimeoutError:
        raise too_slow() from None
    return bytes(found)


def _book(books: BooksOfStore, ask: Ask, given: dict[str, Any]) -> int:
    wanted = given.get("book")
    if not wanted:
        return books.address_books.default(ask.account_id).id
    return books.address_books.writable(ask.account_id, read_id(str(wanted), "book")).id


def _choices(given: dict[str, Any]) -> Choices:
    """The choices of a form (texts) or of JSON. Raises Problem."""
    doubles = given.get("doubles") or Doubles.MERGE.value
    if doubles not in list(Doubles):
        raise invalid([FieldError("doubles", "there is no such way", f"Use {', '.join(Doubles)}.")])
    columns = given.get("columns")
    if isinstance(columns, str):
        columns = [text.strip() for text in columns.split("|")] if columns else None
    if columns is not None and not (isinstance(columns, list | tuple) and all(isinstance(one, str) for one in columns)):
        raise invalid([FieldError("columns", "this is no list of texts", "Name what each column is, or leave it out.")])
    for place, text in enumerate(columns or ()):
        try:
            read_target(text)
        except BadRequest as error:
            remedy = "GET /api/v1/imports/columns lists what there is."
            raise invalid([FieldError(f"columns[{place}]", str(error), remedy)]) from None
    day_first = given.get("day_first")
    if isinstance(day_first, str):
        day_first = _TRUTHS.get(day_first, day_first)
    if day_first is not None and not isinstance(day_first, bool):
        raise invalid([FieldError("day_first", "it is neither true nor false", "Use true for 3/4 = 3 April.")])
    return Choices(str(doubles), None if columns is None else tuple(columns), day_first)


def as_json(batch: Batch, *, details: bool = True) -> dict[str, Any]:
    """An import as it is answered."""
    counts = {name: value for name, value in batch.counts.items() if details or name not in _DETAILS}
    shown = {name: counts.pop(name) for name in _DETAILS if name in counts}
    return {
        "id": str(batch.id),
        "book": str(batch.book_id),
        "name": batch.file_name,
        "kind": batch.kind,
        "state": batch.state.value,
        "doubles": batch.choices.doubles,
        "day_first": batch.choices.day_first,
        "done": batch.done_rows,
        "of": batch.all_rows or None,
        "counts": counts,
        **{("known_already" if name == "doubles" else name): value for name, value in shown.items()},
        "reason": batch.reason or None,
        "created": iso(batch.created_ms),
        "finished": iso(batch.finished_ms),
        "undone": iso(batch.undone_ms),
    }
