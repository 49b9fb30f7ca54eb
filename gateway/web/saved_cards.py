"""Handlers for cards: their templates, and those a member keeps as mails, to edit, copy, sort and send again.

A card that is kept is a letter of kind card in a folder of the mailbox: any mail program shows it, and its source lies
in it. An edited card is a new version of that mail under the same id.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Final

from aiohttp import web

from gateway.core.errors import NotFound
from gateway.core.webmail import FIXED, MAX_FOLDER, folder_name
from gateway.fitting import FittingDied
from gateway.store.desk import BooksOfStore
from gateway.web.answers import iso, json_answer, text_answer
from gateway.web.asking import Ask
from gateway.web.mms_json import CARD, Given, read_card, read_given, told
from gateway.web.problems import FieldError, Problem, invalid, missing
from mms.cards.card import LANGUAGES
from mms.cards.catalogue import template, templates
from mms.drafts import Draft
from mms.fitting import DrawingJob, MessageRefused, Picturing
from mms.kept_cards import FOLDER, KIND, card_of, draft_of_card, draft_to_keep, drawing_of, kept_letter

WIDTH: Final = 160
_FIELDS: Final = (*CARD, "parts", "folder")
#: Flags of a Maildir: its owner has made it, so it is not new.
_SEEN: Final = "S"
_STAR: Final = "F"


# --- templates ------------------------------------------------------------------------------------------------------


async def list_card_templates(ask: Ask) -> web.StreamResponse:
    """The templates of cards, with their fields in both languages."""
    return json_answer(
        {
            "templates": [
                {
                    "key": look.key,
                    "kind": look.genre.value,
                    "names": dict(look.names),
                    "moves": look.moves,
                    "fields": [
                        {
                            "key": field.key,
                            "kind": field.kind.value,
                            "required": field.required,
                            "max_length": field.max_length,
                            "labels": dict(field.labels),
                        }
                        for field in look.fields
                    ],
                    "examples": {language: dict(values) for language, values in look.examples.items()},
                }
                for look in templates()
            ]
        }
    )


async def get_template_picture(ask: Ask) -> web.StreamResponse:
    """A template with its example, as PNG."""
    language = ask.text("language") or "zh"
    if language not in LANGUAGES:
        raise invalid([FieldError("language", "there is no such language", f"Use {' or '.join(LANGUAGES)}.")])
    try:
        card = template(ask.names[0]).example(language)
    except NotFound:
        raise missing(f"template {ask.names[0][:40]}") from None
    return await _picture(card.to_json(), ask)


# --- cards that are kept --------------------------------------------------------------------------------------------


async def list_cards(ask: Ask) -> web.StreamResponse:
    """A page of the cards in a folder, the last made first."""
    folder = _folder(ask.text("folder") or FOLDER)
    limit, before, is_starred = ask.whole("limit", 50, 1, 500), ask.before(), ask.text("starred") == "true"

    def read(books: BooksOfStore) -> Sequence[Mapping[str, Any]]:
        mailbox_id = books.mails.mailbox_of(ask.account_id)
        if mailbox_id is None:
            return []
        found = books.mails.page_of_kind(mailbox_id, KIND, folder, before=before, limit=limit, is_starred=is_starred)
        return [dict(row) for row in found]

    rows = await ask.api.desk.read(read)
    return json_answer(
        {"cards": [_row(row) for row in rows], "next": str(rows[-1]["id"]) if len(rows) == limit else None}
    )


async def post_card(ask: Ask) -> web.StreamResponse:
    """Keep a card: 201 with its id."""
    given = await read_given(ask, _FIELDS)
    draft = _draft(given)
    return await _keep(draft, _folder(given.fields.get("folder", FOLDER)), ask)


async def get_card(ask: Ask) -> web.StreamResponse:
    """One card with its source."""
    row = await _own(ask)
    return json_answer({**_row(row), **_source(await _letter(row, ask))})


async def put_card(ask: Ask) -> web.StreamResponse:
    """Edit a card: it is drawn anew and keeps its id; a photo that is named and not sent is the one it had."""
    given = await read_given(ask, (*CARD, "parts"))
    row = await _own(ask)
    draft = _draft(given, draft_of_card(await _letter(row, ask)))
    ask.api.spend(ask.token)
    version_id = ask.api.desk.new_id()
    data = await _drawn(draft, version_id, ask)
    blob = await ask.api.desk.blobs.put(version_id, data)

    def work(books: BooksOfStore) -> Mapping[str, Any]:
        before = _again(books, ask)
        _check_room(books, ask, len(data) - before["size_octets"])
        books.replace_letter(before, blob=blob, data=data, version_id=version_id)
        return _again(books, ask)

    return json_answer({**_row(await _or_forget(blob, work, ask)), **_source(data)})


async def patch_card(ask: Ask) -> web.StreamResponse:
    """Star a card or take its star, or move it to another folder."""
    given = await ask.an_object(("starred", "folder"))
    starred = given.get("starred")
    if starred is not None and not isinstance(starred, bool):
        raise invalid([FieldError("starred", "this is true or false", "Write true or false.")])
    folder = _folder(given["folder"]) if "folder" in given else None

    def work(books: BooksOfStore) -> Mapping[str, Any]:
        row = _again(books, ask)
        mailbox_id, which = row["mailbox_id"], [row["id"]]
        if starred is not None:
            books.webmail.set_flags(mailbox_id, which, **{"add" if starred else "remove": _STAR})
        if folder is not None:
            books.mails.folder_id(mailbox_id, folder)  # made where it is not there yet
            books.webmail.move(mailbox_id, which, folder)
        return _again(books, ask)

    return json_answer(_row(await ask.api.desk.commit(work)))


async def copy_card(ask: Ask) -> web.StreamResponse:
    """A card of its own with the same source, in the same folder: 201 with its id."""
    row = await _own(ask)
    return await _keep(draft_of_card(await _letter(row, ask)), row["folder"], ask)


async def delete_card(ask: Ask) -> web.StreamResponse:
    """Forget a card; what was sent of it stays sent."""
    row = await _own(ask)

    def work(books: BooksOfStore) -> None:
        books.remove_letter(_again(books, ask))

    await ask.api.desk.commit(work)
    return json_answer({"id": str(row["id"])})


async def get_card_picture(ask: Ask) -> web.StreamResponse:
    """A card that is kept, as PNG."""
    return await _picture(await _letter(await _own(ask), ask), ask)


async def saved_draft(value: object, ask: Ask) -> Draft:
    """The draft of a card that is kept, by its id. Raises Problem."""
    if not isinstance(value, str) or not value.isascii() or not value.isdigit() or not 1 <= len(value) <= 18:
        raise invalid([FieldError("saved", "it is the id of no card", "Give an id of /api/v1/cards, as text.")])
    row = await ask.api.desk.read(lambda books: _find(books, ask.account_id, int(value)))
    if row is None:
        raise invalid([FieldError("saved", "there is no such card", "Give an id of /api/v1/cards.")])
    with told():
        return draft_of_card(await _letter(row, ask))


# --- parts ----------------------------------------------------------------------------------------------------------


def _draft(given: Given, before: Draft | None = None) -> Draft:
    """The card of a request; its photo under a name nothing that is drawn has. Raises Problem."""
    with told():
        card = read_card({name: given.fields[name] for name in CARD if name in given.fields})
        return draft_to_keep(card, given.parts, before)


async def _drawn(draft: Draft, letter_id: int, ask: Ask) -> bytes:
    """The letter that keeps a card: its picture for mail programs, and its photo for the next time it is drawn."""
    account = await ask.api.desk.read(lambda books: books.accounts.by_id(ask.account_id))
    assert account is not None, "a token belongs to an account"
    media = ask.api.media
    with told():
        job = drawing_of(
            draft,
            sender=account.address,
            date_ms=ask.api.desk.now_ms(),
            letter_id=letter_id,
            max_octets=media.config.max_octets,
        )
    try:
        drawn = await media.pool.fit(job)
    except (MessageRefused, FittingDied) as error:
        raise invalid([FieldError("card", f"it cannot be drawn: {error}", "Change it, or its photo.")]) from None
    return await asyncio.to_thread(kept_letter, draft, drawn.pdu, sender=account.address)


async def _keep(draft: Draft, folder: str, ask: Ask) -> web.StreamResponse:
    ask.api.spend(ask.token)
    mail_id = ask.api.desk.new_id()
    data = await _drawn(draft, mail_id, ask)
    blob = await ask.api.desk.blobs.put(mail_id, data)

    def work(books: BooksOfStore) -> Mapping[str, Any]:
        _check_room(books, ask, len(data))
        made = books.file_letter(
            ask.account_id, blob=blob, data=data, kind=KIND, folder=folder, flags=_SEEN, announce=False, mail_id=mail_id
        )
        if made is None:
            raise Problem(409, "no_mailbox", "this account has no mailbox", "Use an account that has one.")
        books.tx.flush()
        row = _find(books, ask.account_id, made)
        assert row is not None
        return row

    return json_answer({**_row(await _or_forget(blob, work, ask)), **_source(data)}, 201)


async def _or_forget(blob: str, work: Any, ask: Ask) -> Mapping[str, Any]:
    """Commit; where that is refused the body goes again."""
    try:
        row: Mapping[str, Any] = await ask.api.desk.commit(work)
    except Problem:
        await asyncio.to_thread(ask.api.desk.blobs.forget, [blob], [])
        raise
    return row


def _check_room(books: BooksOfStore, ask: Ask, octets: int) -> None:
    if octets > books.free_octets(ask.account_id):
        raise Problem(507, "mailbox_full", "the mailbox has no room for this card", "Delete something first.")


def _find(books: BooksOfStore, account_id: int, mail_id: int) -> Mapping[str, Any] | None:
    mailbox_id = books.mails.mailbox_of(account_id)
    row = None if mailbox_id is None else books.mails.of_kind(mailbox_id, KIND, mail_id)
    return None if row is None else dict(row)


def _again(books: BooksOfStore, ask: Ask) -> Mapping[str, Any]:
    """The row as it is in this transaction. Raises Problem where the card is gone."""
    books.tx.flush()
    row = _find(books, ask.account_id, ask.an_id("card"))
    if row is None:
        raise missing(f"card {ask.names[0][:20]}")
    return row


async def _own(ask: Ask) -> Mapping[str, Any]:
    return await ask.api.desk.read(lambda books: _again(books, ask))


async def _letter(row: Mapping[str, Any], ask: Ask) -> bytes:
    return await asyncio.to_thread(ask.api.desk.blobs.get, row["blob"])


async def _picture(data: bytes, ask: Ask) -> web.StreamResponse:
    width = ask.whole("width", WIDTH, 64, 1080)
    try:
        drawn = await ask.api.media.pool.draw(DrawingJob(Picturing.CARD, data, width=width))
    except (MessageRefused, FittingDied) as error:
        raise Problem(422, "not_drawn", f"it could not be drawn: {error}", "Change the card.") from None
    return text_answer(drawn.screens[0].png, content_type="image/png")


def _row(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": str(row["id"]),
        "subject": row["subject"],
        "folder": row["folder"],
        "starred": _STAR in row["flags"],
        "octets": row["size_octets"],
        "changed": iso(row["received_ms"]),
    }


def _source(letter: bytes) -> dict[str, Any]:
    """What a card is made of."""
    card = card_of(letter)
    return {
        "template": card.template,
        "language": card.language,
        "fields": dict(card.fields),
        "photo": card.photo,
        "tune": card.tune,
    }


def _folder(value: object) -> str:
    """The name of a folder for cards, as it is kept. Raises Problem."""
    kept = folder_name(value) if isinstance(value, str) else ""
    if not kept or kept in FIXED:
        raise invalid(
            [FieldError("folder", "no folder for cards can have this name", f"Use 1 to {MAX_FOLDER} letters.")]
        )
    return kept
