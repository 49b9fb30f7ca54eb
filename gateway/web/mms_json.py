"""An MMS as the API takes it, JSON or form, made into a draft; and the names by which it is told what is wrong."""

from __future__ import annotations

import base64
import binascii
import contextlib
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson

from gateway.core.errors import BadRequest, NotFound
from gateway.core.mms import Way
from gateway.core.phone import is_mobile
from gateway.web.asking import Ask
from gateway.web.forms import Form, is_form, read_form
from gateway.web.messages_json import MAX_AHEAD_MS, MAX_TAG, MAX_VALIDITY_S, read_number, read_time
from gateway.web.problems import FieldError, Problem, bad_json, invalid
from mms.cards.card import Card
from mms.content import SLIDE_MS, Part
from mms.drafts import MAX_PARTS, MAX_SLIDES, Draft, DraftSlide, named
from mms.terms import MmsHeaders

MAX_RECIPIENTS: Final = 100
MAX_KEY: Final = 100
#: What says what is sent.
CONTENT: Final = ("subject", "text", "parts", "slides", "card", "saved")
#: And what says to whom and how.
FIELDS: Final = ("to", *CONTENT, "key", "tag", "report", "read_report", "way", "not_before", "validity_s")
#: Of a card, where it stands alone.
CARD: Final = ("template", "language", "fields", "photo", "tune")

#: Octets of all that is no medium.
_WORDS: Final = 1 << 20
_TYPE: Final = 100
_TABLES: Final = frozenset({"card", "slides", "fields"})
_LISTS: Final = frozenset({"to", "handsets"})
_TRUTHS: Final = {"true": True, "false": False}


@dataclass(frozen=True, slots=True)
class Given:
    """The fields of a request, and the files that came with it."""

    fields: Mapping[str, Any]
    parts: tuple[Part, ...]

    def text(self, name: str, most: int) -> str:
        """A text; "" when it is not there. Raises Problem."""
        value = self.fields.get(name, "")
        if not isinstance(value, str) or len(value) > most or "\x00" in value:
            raise _wrong(name, f"a text of at most {most} characters", "Make it shorter.")
        return value

    def truth(self, name: str, default: bool) -> bool:
        """True or false. Raises Problem."""
        value = self.fields.get(name, default)
        if not isinstance(value, bool):
            raise _wrong(name, "this is true or false", "Write true or false, without quotation marks.")
        return value


async def read_given(ask: Ask, fields: tuple[str, ...]) -> Given:
    """The fields and files of a request, with no field but these. Raises Problem."""
    most = ask.api.media.config.max_source_octets
    async with _turn(ask):
        if is_form(ask.request):
            form = await read_form(ask.api, ask.request, media=most, words=_WORDS, files=MAX_PARTS)
            found, parts = _of_form(form, fields), form.files
        else:
            body = await ask.api.read_body(ask.request, most * 4 // 3 + _WORDS)
            found, parts = _of_json(body), ()
    unknown = [
        FieldError(str(name)[:64], "there is no such field", f"Use only {', '.join(fields)}.")
        for name in found
        if name not in fields
    ]
    if unknown:
        raise invalid(unknown)
    parts = named((*parts, *_parts(found.get("parts", []))))
    if sum(len(part.data) for part in parts) > most:
        raise Problem(413, "too_large", f"the files are larger than {most} octets together", "Send less at once.")
    return Given(found, parts)


@contextlib.asynccontextmanager
async def _turn(ask: Ask) -> AsyncIterator[None]:
    """A turn among the large bodies; what says that it is small need not wait."""
    length = ask.request.content_length
    if length is not None and length <= ask.api.max_body_octets:
        yield
        return
    async with ask.api.media.bodies:
        yield


def read_draft(given: Given, saved: Draft | None = None) -> Draft:
    """What is to be sent; a card that is kept takes the place of one that is written. Raises Problem."""
    headers = MmsHeaders(read_report=given.truth("read_report", False))
    subject = given.text("subject", 200)
    with told():
        if saved is not None:
            if given.parts or any(name in given.fields for name in ("text", "slides", "card")):
                raise BadRequest("saved: a card that is kept is sent as it is")
            return Draft(subject or saved.subject, parts=saved.parts, card=saved.card, headers=headers)
        card = read_card(given.fields["card"]) if "card" in given.fields else None
        text = given.text("text", 10_000)
        return Draft(subject, text, given.parts, _slides(given.fields.get("slides", [])), card, headers)


def read_card(value: object) -> Card:
    """A card. Raises BadRequest or NotFound."""
    if not isinstance(value, dict) or not isinstance(value.get("fields", {}), dict):
        raise BadRequest("card: a card is a JSON object, and so are its fields")
    unknown = [str(name)[:40] for name in value if name not in CARD]
    if unknown:
        raise BadRequest(f"card: there is no {unknown[0]!r}; use {', '.join(CARD)}")
    words = {name: value.get(name, default) for name, default in zip(CARD, ("", "zh", {}, "", ""), strict=True)}
    fields = words.pop("fields")
    if not all(isinstance(word, str) for word in (*words.values(), *fields.values())):
        raise BadRequest("card: its members are texts, its fields a table of texts")
    return Card.of(words["template"], words["language"], fields, photo=words["photo"], tune=words["tune"])


@contextlib.contextmanager
def told() -> Iterator[None]:
    """What is wrong with a draft or a card, as a problem with its field."""
    try:
        yield
    except (BadRequest, NotFound) as error:
        field, colon, what = str(error).partition(": ")
        if not colon or not field.isidentifier():
            field, what = "card", str(error)
        raise _wrong(field, what, "See /api/v1/openapi.json and /api/v1/cards/templates.") from None


def read_numbers(given: Given, ask: Ask) -> list[str]:
    """The phones it goes to, each once. Raises Problem."""
    value = given.fields.get("to")
    wanted = [value] if isinstance(value, str) else value
    if not isinstance(wanted, list) or not 1 <= len(wanted) <= MAX_RECIPIENTS:
        raise _wrong("to", f"name 1 to {MAX_RECIPIENTS} phones", 'Send "to": ["+86…"].')
    numbers = []
    for place, one in enumerate(wanted):
        number = read_number(one, ask.api.rules.region, f"to[{place}]")
        if not is_mobile(number):
            raise _wrong(f"to[{place}]", "this is no mobile number", "MMS go to mobile phones.")
        if ask.api.rules.prefixes and not number.startswith(ask.api.rules.prefixes):
            raise Problem(
                403,
                "destination_not_allowed",
                f"to[{place}]: this hub does not send to this country",
                "Ask the administrator to allow the prefix (web.allowed_prefixes).",
            )
        numbers.append(number)
    return list(dict.fromkeys(numbers))


@dataclass(frozen=True, slots=True)
class Terms:
    """How it is to be sent."""

    key: str
    tag: str
    want_report: bool
    way: Way | None
    not_before_ms: int
    validity_s: int


def read_terms(given: Given, now_ms: int, validity_s: int) -> Terms:
    """How it is to be sent; `validity_s` where nothing is said. Raises Problem."""
    way = given.fields.get("way")
    if way is not None and way not in list(Way):
        raise _wrong("way", "there is no such way", f"Use {', '.join(Way)}, or leave it out.")
    not_before_ms = 0
    if "not_before" in given.fields:
        not_before_ms = max(0, read_time(given.fields["not_before"], "not_before"))
        if not_before_ms > now_ms + MAX_AHEAD_MS:
            raise _wrong("not_before", "this time is more than a year ahead", "Give a time within a year.")
    valid = given.fields.get("validity_s", validity_s)
    if not isinstance(valid, int) or isinstance(valid, bool) or not 1 <= valid <= MAX_VALIDITY_S:
        raise _wrong("validity_s", "this is no time an MMS can be valid for", f"Give 1 to {MAX_VALIDITY_S} seconds.")
    return Terms(
        key=given.text("key", MAX_KEY),
        tag=given.text("tag", MAX_TAG),
        want_report=given.truth("report", True),
        way=Way(str(way)) if way is not None else None,
        not_before_ms=not_before_ms,
        validity_s=valid,
    )


def _of_json(body: bytes) -> dict[str, Any]:
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise bad_json(str(error)) from None
    if not isinstance(found, dict):
        raise _wrong("body", "it is no JSON object", "Send an object.")
    return found


def _of_form(form: Form, fields: tuple[str, ...]) -> dict[str, Any]:
    """The fields of a form as JSON would have them."""
    found: dict[str, Any] = {}
    for name, value in form.fields:
        if name in _LISTS:
            found.setdefault(name, []).append(value)
            continue
        if name in found:
            raise _wrong(name[:64], "it is there twice", "Send it once.")
        if name in _TABLES:
            try:
                found[name] = orjson.loads(value)
            except orjson.JSONDecodeError as error:
                raise _wrong(name, f"it is no JSON: {error}", "Write it as in the JSON form.") from None
        elif name == "validity_s":
            found[name] = int(value) if value.isascii() and value.isdecimal() and len(value) < 12 else value
        elif name in ("report", "read_report"):
            found[name] = _TRUTHS.get(value, value)
        elif name == "parts":
            raise _wrong(name, "in a form parts are files", "Send each as a file.")
        else:
            found[name] = value
    return found


def _parts(value: object) -> Iterator[Part]:
    if not isinstance(value, list) or len(value) > MAX_PARTS:
        raise _wrong("parts", f"a list of at most {MAX_PARTS} parts", "Send fewer.")
    for place, one in enumerate(value):
        where = f"parts[{place}]"
        if not isinstance(one, dict) or set(one) - {"type", "name", "data"}:
            raise _wrong(where, "a part is an object", "Give type, name and data.")
        if not all(isinstance(word, str) for word in one.values()):
            raise _wrong(where, "its members are texts", "Give type, name and data.")
        try:
            data = base64.b64decode(one.get("data", ""), validate=True)
        except (ValueError, binascii.Error):
            raise _wrong(f"{where}.data", "this is no Base64", "Encode the file in Base64.") from None
        if not data:
            raise _wrong(f"{where}.data", "it is empty", "Give the octets of the file in Base64.")
        yield Part(media_type(one.get("type", "")), data, one.get("name", "")[:100])


def media_type(given: str) -> str:
    """A media type as parts have it, whatever was written."""
    return given.partition(";")[0].strip()[:_TYPE].lower() or "application/octet-stream"


def _slides(value: object) -> tuple[DraftSlide, ...]:
    if not isinstance(value, list) or len(value) > MAX_SLIDES:
        raise BadRequest(f"slides: a list of at most {MAX_SLIDES} slides")
    found = []
    for one in value:
        if not isinstance(one, dict) or set(one) - {"text", "visual", "audio", "duration_ms"}:
            raise BadRequest("slides: a slide is an object of text, visual, audio and duration_ms")
        text, visual, audio = (one.get(name, "") for name in ("text", "visual", "audio"))
        duration_ms = one.get("duration_ms", SLIDE_MS)
        if not all(isinstance(word, str) for word in (text, visual, audio)) or type(duration_ms) is not int:
            raise BadRequest("slides: duration_ms is a whole number, the rest are texts")
        found.append(DraftSlide(text, visual, audio, duration_ms))
    return tuple(found)


def _wrong(field: str, what: str, remedy: str) -> Problem:
    return invalid([FieldError(field, what, remedy)])
