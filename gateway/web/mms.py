"""Handlers for MMS: media or a card, to phones; each goes as an MMS, or to the mailbox of its number."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from typing import Any, Final

from aiohttp import web

from gateway.core.errors import BadRequest, NotFound
from gateway.core.mms import NewMms, Way
from gateway.core.outbox import Purpose
from gateway.core.phone import is_mobile
from gateway.store.desk import BooksOfStore
from gateway.store.listings import Listings
from gateway.web.answers import json_answer
from gateway.web.asking import Ask
from gateway.web.messages_json import read_number
from gateway.web.problems import FieldError, Problem, invalid
from mms.assembly import assemble
from mms.cards import wording
from mms.cards.card import Card
from mms.cards.catalogue import template, templates
from mms.content import Body, Content, Part
from mms.letters import Letter, write_letter
from mms.terms import MmsHeaders

_FIELDS: Final = ("to", "subject", "text", "parts", "card", "key", "tag", "report", "read_report", "way")
MAX_RECIPIENTS: Final = 100
MAX_PARTS: Final = 20
MAX_SUBJECT: Final = 200
MAX_TEXT: Final = 10_000
DAY_MS: Final = 86_400_000
_SCREEN: Final = (640, 480)


async def post_mms(ask: Ask) -> web.StreamResponse:
    """Send an MMS to phones: 202 with an id for each."""
    given = await ask.an_object(_FIELDS)
    numbers = _numbers(given.get("to"), ask)
    ask.api.spend(ask.token, len(numbers))
    subject = _text(given, "subject", MAX_SUBJECT)
    card = _card(given["card"]) if "card" in given else None
    body = _body(given, card)
    way = _way(given.get("way"))
    account = await ask.api.desk.read(lambda books: books.accounts.by_id(ask.account_id))
    assert account is not None, "a token belongs to an account"
    key = _text(given, "key", 100)
    headers = MmsHeaders(read_report=given.get("read_report") is True)
    letter_id = ask.api.desk.new_id()
    letter = write_letter(
        Letter(
            subject=subject or (wording.subject(card) if card else ""),
            sender=account.address,
            recipients=tuple(numbers),
            body=body,
            date_ms=ask.api.desk.now_ms(),
            message_id=f"<{letter_id}.mms@{account.address.rpartition('@')[2]}>",
            mms=headers,
            source=card.to_json() if card else None,
        ),
        domain=account.address.rpartition("@")[2],
    )
    blob = await ask.api.desk.blobs.put(letter_id, letter)

    def work(books: BooksOfStore) -> list[dict[str, Any]]:
        keys = [f"{key}:{number}" for number in numbers] if key else []
        known = books.outbox.with_key(ask.account_id, keys)
        fresh = [number for number in numbers if f"{key}:{number}" not in known]
        _check_caps(books, fresh, ask)
        mail_id = None
        if fresh:
            mail_id = books.file_letter(
                ask.account_id, blob=blob, data=letter, kind="mms", folder="Sent", announce=False
            )
        answers = []
        for number in numbers:
            row = known.get(f"{key}:{number}")
            if row is not None:
                answers.append({"id": str(row["id"]), "to": number, "state": row["state"], "repeated": True})
                continue
            message_id = books.mms.add(
                NewMms(
                    recipient=number,
                    letter=blob,
                    size_octets=len(letter),
                    purpose=Purpose.CARD if card else Purpose.API,
                    subject=subject or (wording.subject(card) if card else ""),
                    account_id=ask.account_id,
                    from_name=account.display_name or account.address,
                    want_report=given.get("report") is not False,
                    want_read=headers.read_report,
                    key=f"{key}:{number}" if key else None,
                    mail_id=mail_id,
                    tag=_text(given, "tag", 128),
                    way=way,
                )
            )
            answers.append({"id": str(message_id), "to": number, "state": "queued"})
        return answers

    return json_answer({"messages": await ask.api.desk.commit(work)}, 202)


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


# --- reading --------------------------------------------------------------------------------------------------------


def _numbers(value: object, ask: Ask) -> list[str]:
    wanted = [value] if isinstance(value, str) else value
    if not isinstance(wanted, list) or not 1 <= len(wanted) <= MAX_RECIPIENTS:
        raise invalid([FieldError("to", f"name 1 to {MAX_RECIPIENTS} phones", 'Send "to": ["+86…"].')])
    numbers = []
    for place, one in enumerate(wanted):
        number = read_number(one, ask.api.rules.region, f"to[{place}]")
        if not is_mobile(number):
            raise invalid([FieldError(f"to[{place}]", "this is no mobile number", "MMS go to mobile phones.")])
        if ask.api.rules.prefixes and not number.startswith(ask.api.rules.prefixes):
            raise Problem(
                403, "destination_not_allowed", f"to[{place}]: this hub does not send to this country",
                "Ask the administrator to allow the prefix (web.allowed_prefixes).",
            )  # fmt: skip
        numbers.append(number)
    return list(dict.fromkeys(numbers))


def _check_caps(books: BooksOfStore, numbers: Sequence[str], ask: Ask) -> None:
    """Stop words and the daily cap of messages to one number hold for MMS as for SMS. Raises Problem."""
    stopped = books.stops.among(numbers)
    if stopped:
        raise Problem(403, "stopped", f"{len(stopped)} of these phones want nothing more", "Leave them out.")
    cap = ask.api.recipient_daily_cap
    if not cap:
        return
    sent = Listings(books.tx).sent_to(numbers, books.now_ms - DAY_MS)
    if any(sent.get((ask.account_id, number), 0) >= cap for number in numbers):
        raise Problem(429, "recipient_cap", f"a phone has had {cap} messages today", "Send more tomorrow.")


def _text(given: Mapping[str, Any], name: str, most: int) -> str:
    value = given.get(name, "")
    if not isinstance(value, str) or len(value) > most:
        raise invalid([FieldError(name, f"a text of at most {most} characters", "Make it shorter.")])
    return value


def _way(value: object) -> Way | None:
    if value is None:
        return None
    if value not in list(Way):
        raise invalid([FieldError("way", "there is no such way", f"Use {', '.join(Way)}, or leave it out.")])
    return Way(str(value))


def _card(value: object) -> Card:
    if not isinstance(value, dict) or not isinstance(value.get("fields", {}), dict):
        raise invalid([FieldError("card", "a card is a JSON object", "See /api/v1/cards/templates.")])
    try:
        fields = {str(key): str(said) for key, said in value.get("fields", {}).items()}
        card = Card.of(str(value.get("template", "")), str(value.get("language", "zh")), fields)
        template(card.template).check(card)
    except (BadRequest, NotFound) as error:
        raise invalid([FieldError("card", str(error), "See /api/v1/cards/templates.")]) from None
    return card


def _body(given: Mapping[str, Any], card: Card | None) -> Body:
    """What is sent: the card's words (it is drawn for each phone later), or text and parts. Raises Problem."""
    if card is not None:
        return Body((Part("text/plain", wording.text(card, 1000).encode(), "card.txt", "card", "utf-8"),))
    parts = []
    text = _text(given, "text", MAX_TEXT)
    for place, one in enumerate(_list_of_parts(given.get("parts", []))):
        where = f"parts[{place}]"
        if not isinstance(one, dict) or set(one) - {"type", "name", "data"}:
            raise invalid([FieldError(where, "a part is an object", "Give type, name and data.")])
        try:
            data = base64.b64decode(str(one.get("data", "")), validate=True)
        except (ValueError, binascii.Error):
            raise invalid([FieldError(f"{where}.data", "this is no Base64", "Encode the file in Base64.")]) from None
        if not data:
            raise invalid([FieldError(f"{where}.data", "it is empty", "Give the octets of the file in Base64.")])
        kind = str(one.get("type", "application/octet-stream"))[:100].lower()
        parts.append(Part(kind, data, str(one.get("name", ""))[:100] or f"part-{place + 1}"))
    if text:
        parts.insert(1 if parts else 0, Part("text/plain", text.encode(), "text.txt", charset="utf-8"))
    if not parts:
        raise invalid([FieldError("parts", "there is nothing to send", "Give text, parts or a card.")])
    return assemble(Content(tuple(parts)), screen=_SCREEN, charset="")


def _list_of_parts(value: object) -> list[Any]:
    if not isinstance(value, list) or len(value) > MAX_PARTS:
        raise invalid([FieldError("parts", f"a list of at most {MAX_PARTS} parts", "Send fewer.")])
    return value
