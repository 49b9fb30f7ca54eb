"""The description of the API for programs: an OpenAPI 3.1 document, kept beside the handlers it describes."""

from __future__ import annotations

import functools
from typing import Any, Final

from gateway.core.outbox import Priority, State
from gateway.web import openapi_books, openapi_imports
from gateway.web.messages_json import MAX_BATCH, MAX_KEY, MAX_TAG, MAX_VALIDITY_S
from gateway.web.openapi_words import Schema as _Schema
from gateway.web.openapi_words import a_list as _list
from gateway.web.openapi_words import an_object as _object
from gateway.web.openapi_words import operation
from gateway.web.openapi_words import query as _query
from gateway.web.openapi_words import ref as _ref
from gateway.web.openapi_words import text as _text

PATH: Final = "/api/v1/openapi.json"

_ID: Final = _text("A number of at most 19 digits, as text.", pattern="^[0-9]{1,19}$")
_TIME: Final = {"type": ["string", "null"], "format": "date-time"}
_STATE: Final = _text(enum=[state.value for state in State])
_WHOLE: Final = {"type": "integer"}
_PORT: Final = {"type": "integer", "minimum": 0, "maximum": 0xFFFF}
_NEXT: Final = {
    "type": ["string", "null"],
    "description": "Give it as `before` (ledger: `after`) for the next page; null after the last. A page may be short.",
}

#: What may be sent, by name; each is sent by a test.
EXAMPLES: Final[dict[str, Any]] = {
    "message": {"to": "+8613800138000", "text": "Your code is 482913.", "priority": "urgent", "validity_s": 300},
    "data": {"to": "+8613800138000", "data": "AQYBrgIFagBFxgwDZXhhbXBsZQCFAQNoaQABAQ==", "port": 2948},
    "full": {
        "to": "13800138000",
        "text": "【彩邮】会议改到下午三点。",
        "from": "10690001",
        "key": "7b0c1f6e-1",
        "priority": "normal",
        "validity_s": 86400,
        "report": True,
        "tag": "order 17",
    },
    "batch": {
        "messages": [
            {"to": "13800138000", "text": "One.", "key": "list-7-1"},
            {"to": "+8613900139000", "text": "Two.", "key": "list-7-2"},
        ]
    },
    "phone": {"number": "13800138000"},
    "proof": {"code": "123456"},
    "handset": {"handset": "nokia-6610", "mms": True},
    "rule": {"kind": "arrival", "settings": {"senders": ["@example.org"], "segments": 2}, "position": 0},
    "mms": {
        "to": ["13800138000"],
        "subject": "海边",
        "text": "我们在海边。",
        "parts": [
            {"type": "image/gif", "name": "a.gif", "data": "R0lGODlhAQABAIAAAAAAAP///yH5BAAAAAAALAAAAAABAAEAAAIBRAA7"}
        ],
    },
    "card": {
        "to": ["13800138000"],
        "card": {"template": "spring-festival", "language": "zh", "fields": {"to": "小明", "from": "王芳"}},
    },
    "slides": {
        "to": ["13800138000"],
        "subject": "海边",
        "slides": [{"text": "第一天", "visual": "a.gif", "duration_ms": 4000}, {"text": "第二天"}],
        "parts": [
            {"type": "image/gif", "name": "a.gif", "data": "R0lGODlhAQABAIAAAAAAAP///yH5BAAAAAAALAAAAAABAAEAAAIBRAA7"}
        ],
        "not_before": "2026-03-01T08:30:00+08:00",
        "validity_s": 86400,
    },
    "preview": {
        "card": {"template": "mid-autumn", "language": "zh", "fields": {"from": "王芳"}},
        "handsets": ["smartphone-today", "nokia-6610", "nokia-3310"],
        "language": "zh",
    },
    "keep": {
        "template": "business-plain",
        "language": "zh",
        "fields": {"name": "王芳", "company": "彩邮", "phone": "13800138000"},
    },
    "device": {"name": "Ada's phone"},
    "reminder": {
        "to": "13800138000",
        "text": "交房租",
        "start": "2030-01-01T09:00",
        "repeat": "FREQ=MONTHLY;BYMONTHDAY=1",
    },
    "webhook": {"url": "https://hooks.example.org/caiyou", "events": ["state", "mo"]},
    **openapi_books.EXAMPLES,
    **openapi_imports.EXAMPLES,
}

_PARTS: Final = _list(
    _object(
        ("type", "data"),
        closed=True,
        type=_text("The media type; what it really is, the octets say."),
        name=_text("The name of the file."),
        data=_text("The file in Base64.", contentEncoding="base64"),
    ),
    maxItems=20,
    description="Pictures, sounds, films, contacts; each phone gets them as it can show them.",
)
_SLIDES: Final = _list(
    _object(
        closed=True,
        text=_text("Words."),
        visual=_text("The name of the part it shows: a picture or a film."),
        audio=_text("The name of the part it plays."),
        duration_ms={"type": "integer", "minimum": 500, "maximum": 120_000, "default": 5000},
    ),
    maxItems=40,
    description="Left out: a slide for each picture, the text on the first. What is on none comes after them.",
)
_CARD: Final[dict[str, _Schema]] = {
    "template": _text("A key of /api/v1/cards/templates."),
    "language": _text(enum=["zh", "en"], default="zh"),
    "fields": {"type": "object", "additionalProperties": {"type": "string"}},
    "photo": _text("The name of a part."),
    "tune": _text("A key of a tune; left out: that of the template; none: silence."),
}

_SCHEMAS: Final[dict[str, _Schema]] = {
    "Message": _object(
        ("to",),
        closed=True,
        to=_text(
            "A mobile number, best in E.164; national numbers are read by the home country's plan. group:NAME: "
            "everybody in a group of the address book who has one."
        ),
        text=_text("The text. What is not in the GSM 7-bit alphabet makes it UCS-2: 70 characters a segment."),
        data=_text("Instead of a text: octets for a program on the phone, in Base64.", contentEncoding="base64"),
        port={**_PORT, "description": "With data: the program. WAP pushes go to 2948; left out: no port."},
        source_port={**_PORT, "default": 9200},
        **{"from": _text("Access number with extension, or a name of 11 letters; left out: the link's own.")},
        key=_text("Idempotency key: the same key is the same message.", maxLength=MAX_KEY),
        priority=_text(enum=[priority.name.lower() for priority in Priority], default="normal"),
        not_before=_text("Not sent before this moment; ISO 8601 with offset.", format="date-time"),
        quiet_hours=_text("Not sent in these hours of the recipient's own zone, like 22:00-08:00."),
        validity_s={"type": "integer", "minimum": 1, "maximum": MAX_VALIDITY_S, "default": 172_800},
        report={"type": "boolean", "default": True},
        tag=_text("Given back in webhooks and lists.", maxLength=MAX_TAG),
        link=_text("Send by this link; needs the scope route."),
    )
    | {"oneOf": [{"required": ["text"]}, {"required": ["data"]}]},
    "Batch": _object(("messages",), closed=True, messages=_list(_ref("Message"), minItems=1, maxItems=MAX_BATCH)),
    "Taken": _object(
        ("id", "state", "segments", "alphabet", "link"),
        id=_ID,
        state=_STATE,
        segments=_WHOLE,
        alphabet=_text(enum=["gsm7", "ucs2", "binary"]),
        link=_text("The link it waits for; empty while no route fits."),
        repeated={"type": "boolean", "description": "The key was used before: this is the first answer again."},
    ),
    "BatchAnswer": _object(
        ("messages",),
        messages=_list(
            {"anyOf": [_ref("Taken"), _ref("Problem")]},
            description="One per message, in order; `status` says 202, 200 (repeated) or what went wrong.",
        ),
    ),
    "Story": _object(
        ("id", "state", "timeline"),
        id=_ID,
        kind=_text(),
        state=_STATE,
        to=_text(),
        text=_text(),
        subject=_text("Of an MMS, in place of the text."),
        way=_text("Of an MMS: how it goes; empty until it is fitted.", enum=["", "mms", "mailbox"]),
        handset=_text("Of an MMS: the phone it was made for, a key of /api/v1/handsets."),
        receipt={"type": ["array", "object", "null"], "description": "Of an MMS: what was made of each part."},
        read={"type": ["string", "null"], "format": "date-time", "description": "Of an MMS: when it was read."},
        link=_text(),
        code=_text("The last word of a carrier."),
        created=_TIME,
        due=_TIME,
        expires=_TIME,
        settled=_TIME,
        parts=_list(
            _object(number=_WHOLE, state=_STATE, carrier_id={"type": ["string", "null"]}, reports=_list(_object()))
        ),
        timeline=_list(_object(at=_TIME, step=_text(), detail=_text())),
    ),
    "Problem": _object(
        ("type", "title", "status", "code", "detail", "remedy"),
        type=_text(),
        title=_text(),
        status=_WHOLE,
        code=_text("A word for programs."),
        detail=_text("What is wrong."),
        remedy=_text("What to do."),
        retry_after_s=_WHOLE,
        errors=_list(_object(("field", "what", "remedy"), field=_text(), what=_text(), remedy=_text())),
    ),
    "Phone": _object(("number",), closed=True, number=_text()),
    "Proof": _object(("code",), closed=True, code=_text()),
    "Handset": _object(
        closed=True,
        handset=_text("Which phone it is: a key of /api/v1/handsets."),
        mms={"type": "boolean", "description": "Whether it takes MMS."},
    ),
    "Rule": _object(closed=True, kind=_text(enum=["arrival", "send"]), settings={"type": "object"}, position=_WHOLE),
    "Mms": _object(
        ("to",),
        closed=True,
        to=_list(_text("A mobile number, or group:NAME of the address book."), minItems=1, maxItems=100),
        subject=_text("What it is about.", maxLength=200),
        text=_text("Words, shown with the first picture.", maxLength=10_000),
        parts=_PARTS,
        slides=_SLIDES,
        card=_ref("Card"),
        saved=_text("Instead of anything else: the id of a card of /api/v1/cards."),
        key=_text("Idempotency key: the same key is the same MMS to the same phone.", maxLength=100),
        tag=_text("Given back in webhooks and lists.", maxLength=MAX_TAG),
        report={"type": "boolean", "default": True},
        read_report={"type": "boolean", "default": False},
        way=_text("Left out: as the phone is known.", enum=["mms", "mailbox"]),
        not_before=_text("Not sent before this moment; ISO 8601 with offset.", format="date-time"),
        validity_s={"type": "integer", "minimum": 1, "maximum": MAX_VALIDITY_S, "default": 604_800},
    ),
    "Preview": _object(
        closed=True,
        subject=_text(),
        text=_text(),
        parts=_PARTS,
        slides=_SLIDES,
        card=_ref("Card"),
        saved=_text("The id of a card of /api/v1/cards."),
        read_report={"type": "boolean"},
        handsets=_list(_text("A key of /api/v1/handsets."), minItems=1, maxItems=8),
        language=_text("Of what is said about it.", enum=["zh", "en"]),
    ),
    "Previewed": _object(
        ("handset", "name", "screen", "way"),
        handset=_text(),
        name=_text(),
        screen=_list(_WHOLE, description="Width and height in pixels."),
        way=_text("mailbox: this phone takes no MMS.", enum=["mms", "mailbox"]),
        sms=_text("Of a phone without MMS: what it is told; link and PIN are made when it is sent."),
        refused=_text("Why it cannot be made for this phone; then nothing else is here."),
        octets={"type": "integer", "description": "Of the encoded message."},
        max_octets={"type": ["integer", "null"], "description": "The most it may have."},
        lines=_list(_text(), description="What was made of each part that is not as it was."),
        receipt={"type": ["object", "null"], "description": "The same for programs."},
        slides=_list(
            _object(
                png=_text("A screen as PNG.", contentEncoding="base64"),
                duration_ms=_WHOLE,
                notes=_list(_text()),
            )
        ),
        animated=_text("All screens with what moves on them, as APNG.", contentEncoding="base64"),
        warnings=_list(_text()),
    ),
    "Previews": _object(subject=_text(), previews=_list(_ref("Previewed"))),
    "Card": _object(("template",), closed=True, **_CARD),
    "CardToKeep": _object(("template",), closed=True, **_CARD, parts=_PARTS, folder=_text(default="Cards")),
    "CardChange": _object(closed=True, starred={"type": "boolean"}, folder=_text()),
    "Reminder": _object(
        ("text", "start"),
        closed=True,
        to=_text("A mobile number; left out: the one the account has proved."),
        text=_text("The text, at most four segments."),
        start=_text("The first time, ISO 8601; without offset it is local time in `zone`."),
        repeat=_text("How it comes again: a recurrence rule of RFC 5545, at most hourly; empty: once."),
        zone=_text("IANA time zone; left out: the account's."),
    ),
    "Device": _object(("name",), closed=True, name=_text("How the member calls the device, 1 to 64 characters.")),
    "Webhook": _object(
        ("url",), closed=True, url=_text(format="uri"), events=_list(_text(enum=["state", "mo", "read"]))
    ),
    "Page": _object(next=_NEXT),
    "Anything": {"type": "object"},
    **openapi_books.SCHEMAS,
    **openapi_imports.SCHEMAS,
}


_LIMIT: Final = _query("limit", "Entries of a page.", {"type": "integer", "minimum": 1, "maximum": 500, "default": 50})
_SINCE: Final = _query("since", "Not older than this moment.", {"type": "string", "format": "date-time"})
_BEFORE: Final = _query("before", "Where the page begins: `next` of the page before.")
_WIDTH: Final = _query("width", "Pixels.", {"type": "integer", "minimum": 64, "maximum": 1080, "default": 160})
_KEY: Final[_Schema] = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "As the field `key`; for a single message.",
    "schema": {"type": "string", "maxLength": MAX_KEY},
}


def _operation(summary: str, scope: str, *, examples: tuple[str, ...] = (), **more: Any) -> _Schema:
    return operation(summary, scope, examples={name: EXAMPLES[name] for name in examples}, **more)


_PATHS: Final[dict[str, dict[str, _Schema]]] = {
    "/api/v1/messages": {
        "post": _operation(
            "Send one SMS, or up to a thousand.",
            "send",
            body=("Message", "Batch"),
            examples=("message", "data", "full", "batch"),
            answers={"200": "Taken", "202": "Taken", "207": "BatchAnswer"},
            parameters=(_KEY,),
        ),
        "get": _operation(
            "List the account's SMS, newest first.",
            "read",
            answers={"200": "Page"},
            parameters=(
                _query("to", "Only those to this number."),
                _query("state", "Only those in this state.", _STATE),
                _SINCE,
                _LIMIT,
                _BEFORE,
            ),
        ),
    },
    "/api/v1/messages/{id}": {
        "get": _operation("One SMS with its segments, reports and timeline.", "read", answers={"200": "Story"}),
        "delete": _operation("Take back an SMS that has not been sent.", "send", answers={"200": "Anything"}),
    },
    "/api/v1/inbox": {
        "get": _operation(
            "SMS that came from the account's own numbers.",
            "read",
            answers={"200": "Page"},
            parameters=(_query("from", "Only those from this number."), _SINCE, _LIMIT, _BEFORE),
        )
    },
    "/api/v1/ledger": {
        "get": _operation(
            "Detail records, oldest first, as JSON or CSV.",
            "ledger",
            answers={"200": "Page"},
            parameters=(
                _SINCE,
                _query("until", "Older than this moment.", {"type": "string", "format": "date-time"}),
                _query("after", "Where the page begins: `next` of the page before, or the header X-Caiyou-Next."),
                _query("limit", "Lines.", {"type": "integer", "minimum": 1, "maximum": 10_000, "default": 1000}),
                _query("format", "json or csv.", {"type": "string", "enum": ["json", "csv"]}),
            ),
        )
    },
    "/api/v1/routes/explain": {
        "get": _operation(
            "Why a message would go where it would go; nothing is sent.",
            "route",
            answers={"200": "Anything"},
            parameters=(
                _query("to", "The number."),
                _query("text", "The text."),
                _query("from", "The sender."),
                _query("tag", "The tag."),
                _query("at", "When it would be sent; left out: now.", {"type": "string", "format": "date-time"}),
            ),
        )
    },
    "/api/v1/phones": {
        "get": _operation("The account's numbers.", "settings", answers={"200": "Anything"}),
        "post": _operation(
            "Name a number; a code goes to it by SMS.",
            "settings",
            body=("Phone",),
            examples=("phone",),
            answers={"202": "Anything"},
        ),
    },
    "/api/v1/phones/{number}/proof": {
        "post": _operation(
            "Give the code back: the number is the account's.",
            "settings",
            body=("Proof",),
            examples=("proof",),
            answers={"200": "Anything"},
        )
    },
    "/api/v1/phones/{number}/handset": {
        "get": _operation(
            "What is known of the phone of a number, and who says so: the account's own, for administrators any.",
            "settings",
            answers={"200": "Anything"},
        ),
        "put": _operation(
            "State which phone it is, or whether it takes MMS.",
            "settings",
            body=("Handset",),
            examples=("handset",),
            answers={"200": "Anything"},
        ),
        "delete": _operation(
            "Take back what was stated.",
            "settings",
            answers={"200": "Anything"},
            parameters=(
                _query("everything", "true: forget what was learnt as well.", {"type": "string", "enum": ["true"]}),
            ),
        ),
    },
    "/api/v1/handsets": {
        "get": _operation(
            "Handsets of the catalogue, the closest first.",
            "read",
            answers={"200": "Anything"},
            parameters=(
                _query("query", "Words of their names."),
                _query("limit", "Entries.", {"type": "integer", "minimum": 1, "maximum": 500, "default": 50}),
            ),
        )
    },
    "/api/v1/handsets/{key}": {
        "get": _operation("One handset: its values, and where each stands.", "read", answers={"200": "Anything"})
    },
    "/api/v1/rules": {
        "get": _operation("The account's notice rules, in order.", "settings", answers={"200": "Anything"}),
        "post": _operation(
            "Add a notice rule.", "settings", body=("Rule",), examples=("rule",), answers={"201": "Anything"}
        ),
    },
    "/api/v1/rules/{id}": {"delete": _operation("Forget a rule.", "settings", answers={"200": "Anything"})},
    "/api/v1/mms": {
        "post": _operation(
            "Send pictures, sounds, films, or a card to phones; what one cannot show is in the mailbox of its number.",
            "send",
            body=("Mms",),
            examples=("mms", "slides", "card"),
            form=True,
            answers={"202": "Anything"},
        ),
    },
    "/api/v1/mms/preview": {
        "post": _operation(
            "What an MMS would be on phones, made from the octets that would go out; nothing is sent.",
            "send",
            body=("Preview",),
            examples=("preview",),
            form=True,
            answers={"200": "Previews"},
        ),
    },
    "/api/v1/messages/{id}/preview": {
        "get": _operation(
            "What an MMS that was made for its phone looks like there, or on another.",
            "read",
            answers={"200": "Previewed"},
            parameters=(
                _query("handset", "A key of /api/v1/handsets; left out: the one it was made for."),
                _query("language", "Of what is said about it.", {"type": "string", "enum": ["zh", "en"]}),
            ),
        ),
    },
    "/api/v1/cards/templates": {
        "get": _operation("Templates of cards, with their fields.", "read", answers={"200": "Anything"}),
    },
    "/api/v1/cards/templates/{key}/picture": {
        "get": _operation(
            "A template with its example, as PNG.",
            "read",
            answers={"200": "Picture"},
            parameters=(_query("language", "zh or en.", {"type": "string", "enum": ["zh", "en"]}), _WIDTH),
        ),
    },
    "/api/v1/cards": {
        "get": _operation(
            "Cards the account keeps, the last made first.",
            "read",
            answers={"200": "Page"},
            parameters=(
                _query("folder", "Those in this folder; left out: Cards."),
                _query("starred", "true: only those with a star.", {"type": "string", "enum": ["true"]}),
                _LIMIT,
                _BEFORE,
            ),
        ),
        "post": _operation(
            "Keep a card: a mail that any mail program shows, in a folder of the mailbox.",
            "send",
            body=("CardToKeep",),
            examples=("keep",),
            form=True,
            answers={"201": "Anything"},
        ),
    },
    "/api/v1/cards/{id}": {
        "get": _operation("A card with what it is made of.", "read", answers={"200": "Anything"}),
        "put": _operation(
            "Edit a card; it keeps its id, and its photo where that is named and not sent.",
            "send",
            body=("CardToKeep",),
            form=True,
            answers={"200": "Anything"},
        ),
        "patch": _operation(
            "Star a card, or move it to a folder.", "send", body=("CardChange",), answers={"200": "Anything"}
        ),
        "delete": _operation("Forget a card.", "send", answers={"200": "Anything"}),
    },
    "/api/v1/cards/{id}/copy": {"post": _operation("A card just like it.", "send", answers={"201": "Anything"})},
    "/api/v1/cards/{id}/picture": {
        "get": _operation("A card as PNG.", "read", answers={"200": "Picture"}, parameters=(_WIDTH,)),
    },
    "/api/v1/reminders": {
        "get": _operation("The account's reminders, the next one first.", "read", answers={"200": "Anything"}),
        "post": _operation(
            "Plan an SMS for a time, once or again and again.",
            "send",
            body=("Reminder",),
            examples=("reminder",),
            answers={"201": "Anything"},
        ),
    },
    "/api/v1/reminders/{id}": {"delete": _operation("Forget a reminder.", "send", answers={"200": "Anything"})},
    "/api/v1/dav-passwords": {
        "get": _operation(
            "The account's devices with a password of their own, and how each does.",
            "settings",
            answers={"200": "Anything"},
        ),
        "post": _operation(
            "Make a password for a device, with all it needs to find the address book; it is in this answer alone.",
            "settings",
            body=("Device",),
            examples=("device",),
            answers={"201": "Anything"},
        ),
    },
    "/api/v1/dav-passwords/{id}": {
        "get": _operation(
            "Whether the device has come, has synced, or what is wrong.", "settings", answers={"200": "Anything"}
        ),
        "delete": _operation("Take the password of a device back.", "settings", answers={"200": "Anything"}),
    },
    "/api/v1/webhooks": {
        "get": _operation("The account's webhooks.", "webhooks", answers={"200": "Anything"}),
        "post": _operation(
            "Register a webhook; its secret is in this answer and nowhere else.",
            "webhooks",
            body=("Webhook",),
            examples=("webhook",),
            answers={"201": "Anything"},
        ),
    },
    "/api/v1/webhooks/{id}": {"delete": _operation("Forget a webhook.", "webhooks", answers={"200": "Anything"})},
    **openapi_books.PATHS,
    **openapi_imports.PATHS,
}


@functools.cache
def document() -> dict[str, Any]:
    """The whole document."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "caiyou",
            "version": "1",
            "description": (
                "SMS by HTTP. A 2xx answer is given when the message is on disk. Webhook calls carry "
                "`X-Caiyou-Signature: t=<seconds>,v1=<hex>`, HMAC-SHA256 of `<t>.<body>` under the webhook's secret; "
                "the same `X-Caiyou-Event-Id` is the same event again."
            ),
        },
        "paths": {path: _with_names(path, methods) for path, methods in _PATHS.items()},
        "components": {
            "schemas": _SCHEMAS,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _with_names(path: str, methods: dict[str, _Schema]) -> dict[str, Any]:
    names = [part[1:-1] for part in path.split("/") if part.startswith("{")]
    if not names:
        return dict(methods)
    parameters = [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in names]
    return {"parameters": parameters, **methods}
