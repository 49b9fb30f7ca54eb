"""Handlers for previews: what the owners of phones will see, or saw, made from the very octets that go out.

Pictures stand in the answer itself, in Base64: they need no place to be kept, no time to be deleted, and no address
that somebody without a token could guess.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Final

from aiohttp import web

from gateway.core.accounts import Account
from gateway.core.errors import NotFound
from gateway.core.mms import Way
from gateway.core.outbox import Kind
from gateway.fitting import FittingDied
from gateway.store.desk import BooksOfStore
from gateway.web.answers import json_answer
from gateway.web.asking import Ask
from gateway.web.mms import draft_of, letter_of
from gateway.web.mms_json import CONTENT, read_given
from gateway.web.problems import FieldError, Problem, invalid, missing, too_many
from mms.fitting import DrawingJob, Drawn, FittingJob, MessageRefused, Picturing
from mms.handsets.catalogue import built_in
from mms.handsets.handset import Handset
from mms.media.plan import Plan
from mms.pickup import waiting_text
from templates.engine import sms_texts

#: Handsets of one request, and those of one that names none: today's, two of old, one without MMS.
MAX_HANDSETS: Final = 8
USUAL: Final = ("smartphone-today", "nokia-n73", "nokia-6610", "nokia-3310")
#: Previews that may wait for their turn.
MAX_WAITING: Final = 16
LANGUAGES: Final = ("zh", "en")
_FIELDS: Final = (*CONTENT, "handsets", "language", "read_report")
_BUSY_S: Final = 5
#: Octets of all pictures of one answer.
MAX_PICTURES: Final = 32 << 20


async def post_preview(ask: Ask) -> web.StreamResponse:
    """What an MMS would be on phones; nothing is sent."""
    given = await read_given(ask, _FIELDS)
    handsets = _handsets(given.fields.get("handsets", list(USUAL)))
    ask.api.spend(ask.token, len(handsets))
    draft = await draft_of(given, ask)
    account = await _account(ask)
    language = _language(given.fields.get("language", account.language))
    letter = await letter_of(draft, account.address, (), ask.api.desk.new_id(), ask)
    found = []
    async with _turn(ask):
        room = MAX_PICTURES
        for handset in handsets:
            if not handset.mms:
                found.append(_as_page(ask, account, handset))
                continue
            told, octets = await _as_mms(ask, letter, handset, language)
            room -= octets
            if room < 0:
                raise Problem(422, "too_large", "the pictures are too large for one answer", "Ask for fewer handsets.")
            found.append(told)
    return json_answer({"subject": draft.title, "previews": found})


async def get_message_preview(ask: Ask) -> web.StreamResponse:
    """What a message that was sent is on its phone, or on another."""
    message_id = ask.an_id("message")

    def read(books: BooksOfStore) -> tuple[str, Mapping[str, Any]] | None:
        row = books.outbox.get(message_id)
        if row is None or row["kind"] != Kind.MMS or not (ask.sees_all or row["account_id"] == ask.account_id):
            return None
        facts = books.mms.facts([message_id]).get(message_id)
        return None if facts is None else (row["blob"], dict(facts))

    found = await ask.api.desk.read(read)
    if found is None:
        raise missing(f"MMS {message_id}")
    blob, facts = found
    if not blob or facts["way"] == Way.MAILBOX:
        raise Problem(
            409, "not_fitted", "it was not made for a phone: it waits to be, or lies in the mailbox of its number",
            "Look at its state and way: GET /api/v1/messages/{id}.",
        )  # fmt: skip
    ask.api.spend(ask.token)
    (handset,) = _handsets([ask.text("handset") or facts["handset"]])
    language = _language(ask.text("language") or (await _account(ask)).language)
    try:
        pdu = await asyncio.to_thread(ask.api.desk.blobs.get, blob)
    except NotFound:
        raise missing(f"MMS {message_id} on the disk any more") from None
    try:
        async with _turn(ask):
            drawn = await ask.api.media.pool.draw(DrawingJob(Picturing.MESSAGE, pdu, handset, language=language))
    except (MessageRefused, FittingDied) as error:
        raise Problem(422, "not_drawn", f"it could not be drawn: {error}", "Choose another handset.") from None
    return json_answer(
        {
            **_facts(handset),
            "way": Way.MMS.value,
            "octets": len(pdu),
            **_plan(facts["receipt"], language),
            **_pictures(drawn),
        }
    )


async def _as_mms(ask: Ask, letter: bytes, handset: Handset, language: str) -> tuple[dict[str, Any], int]:
    """What is told of an MMS on a phone, and how many octets its pictures have."""
    config = ask.api.media.config
    job = FittingJob(
        letter=letter,
        handset=handset,
        max_octets=min(handset.max_octets, config.max_octets),
        sender=config.access_number,
        recipient="",
        date_ms=ask.api.desk.now_ms(),
    )
    try:
        fitted = await ask.api.media.pool.fit(job)
        drawn = await ask.api.media.pool.draw(DrawingJob(Picturing.MESSAGE, fitted.pdu, handset, language=language))
    except (MessageRefused, FittingDied) as error:
        return {**_facts(handset), "way": Way.MMS.value, "refused": str(error)}, 0
    told = {
        **_facts(handset),
        "way": Way.MMS.value,
        "octets": len(fitted.pdu),
        **_plan(fitted.receipt, language),
        **_pictures(drawn),
    }
    return told, len(drawn.animated) + sum(len(screen.png) for screen in drawn.screens)


def _as_page(ask: Ask, account: Account, handset: Handset) -> dict[str, Any]:
    """A phone without MMS gets an SMS that says where it can be looked at, and the PIN."""
    config = ask.api.media.config
    until = datetime.now(UTC).astimezone(timezone(timedelta(hours=8))) + timedelta(days=config.look_within_days)
    signature = ask.api.signature
    text = waiting_text(
        account.language,
        signature=sms_texts(account.language).render("signature") if signature is None else signature,
        from_name=account.display_name or account.address,
        until=until,
        url=f"{config.page_url.rstrip('/')}/p/…",
        pin="······",
    )
    return {**_facts(handset), "way": Way.MAILBOX.value, "sms": text}


def _facts(handset: Handset) -> dict[str, Any]:
    return {"handset": handset.key, "name": handset.name, "screen": list(handset.screen)}


def _plan(receipt: str, language: str) -> dict[str, Any]:
    try:
        plan = Plan.from_json(receipt)
    except ValueError:
        return {"max_octets": None, "lines": [], "receipt": None}
    return {"max_octets": plan.max_octets, "lines": plan.lines(language), "receipt": json.loads(receipt)}


def _pictures(drawn: Drawn) -> dict[str, Any]:
    return {
        "slides": [
            {"png": _base64(screen.png), "duration_ms": screen.duration_ms, "notes": list(screen.notes)}
            for screen in drawn.screens
        ],
        "animated": _base64(drawn.animated),
        "warnings": list(drawn.warnings),
    }


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


@contextlib.asynccontextmanager
async def _turn(ask: Ask) -> AsyncIterator[None]:
    """A turn of the processes that draw, within the time one MMS may take. Raises Problem when many wait."""
    media = ask.api.media
    if media.waiting >= MAX_WAITING:
        raise too_many("many previews are being drawn", _BUSY_S)
    media.waiting += 1
    try:
        async with asyncio.timeout(media.config.fit_timeout_s):
            await media.turns.acquire()
    except TimeoutError:
        raise too_many("many previews are being drawn", _BUSY_S) from None
    finally:
        media.waiting -= 1
    try:
        async with asyncio.timeout(media.config.fit_timeout_s):
            yield
    except TimeoutError:
        raise Problem(422, "too_slow", "it takes too long to draw", "Send smaller media, or fewer handsets.") from None
    finally:
        media.turns.release()


async def _account(ask: Ask) -> Account:
    account = await ask.api.desk.read(lambda books: books.accounts.by_id(ask.account_id))
    assert account is not None, "a token belongs to an account"
    return account


def _handsets(value: object) -> list[Handset]:
    if not isinstance(value, list) or not 1 <= len(value) <= MAX_HANDSETS:
        raise invalid([FieldError("handsets", f"name 1 to {MAX_HANDSETS} handsets", "Give keys of /api/v1/handsets.")])
    catalogue = built_in()
    for place, key in enumerate(value):
        if not isinstance(key, str) or key not in catalogue:
            where = f"handsets[{place}]"
            raise invalid([FieldError(where, "there is no such handset", "Give a key of /api/v1/handsets.")])
    return [catalogue.resolve(key) for key in dict.fromkeys(value)]


def _language(value: object) -> str:
    if value not in LANGUAGES:
        raise invalid([FieldError("language", "there is no such language", f"Use {' or '.join(LANGUAGES)}.")])
    return str(value)
