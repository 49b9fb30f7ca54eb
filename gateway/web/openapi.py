"""The description of the API for programs: an OpenAPI 3.1 document, kept beside the handlers it describes."""

from __future__ import annotations

import functools
from typing import Any, Final

from gateway.core.outbox import Priority, State
from gateway.web.messages_json import MAX_BATCH, MAX_KEY, MAX_TAG, MAX_VALIDITY_S

PATH: Final = "/api/v1/openapi.json"

_Schema = dict[str, Any]


def _object(required: tuple[str, ...] = (), *, closed: bool = False, **properties: _Schema) -> _Schema:
    found: _Schema = {"type": "object", "properties": properties}
    if required:
        found["required"] = list(required)
    if closed:
        found["additionalProperties"] = False
    return found


def _text(description: str = "", **more: Any) -> _Schema:
    return {"type": "string", **({"description": description} if description else {}), **more}


def _list(items: _Schema, **more: Any) -> _Schema:
    return {"type": "array", "items": items, **more}


def _ref(name: str) -> _Schema:
    return {"$ref": f"#/components/schemas/{name}"}


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
    "contact": {"name": "王小明", "mails": ["wang@example.org"], "numbers": ["13800138000"]},
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
    "reminder": {
        "to": "13800138000",
        "text": "交房租",
        "start": "2030-01-01T09:00",
        "repeat": "FREQ=MONTHLY;BYMONTHDAY=1",
    },
    "webhook": {"url": "https://hooks.example.org/caiyou", "events": ["state", "mo"]},
}

_SCHEMAS: Final[dict[str, _Schema]] = {
    "Message": _object(
        ("to",),
        closed=True,
        to=_text("A mobile number, best in E.164; national numbers are read by the home country's plan."),
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
    "Contact": _object(("name",), closed=True, name=_text(), mails=_list(_text()), numbers=_list(_text())),
    "Rule": _object(closed=True, kind=_text(enum=["arrival", "send"]), settings={"type": "object"}, position=_WHOLE),
    "Mms": _object(
        ("to",),
        closed=True,
        to=_list(_text("A mobile number."), minItems=1, maxItems=100),
        subject=_text("What it is about.", maxLength=200),
        text=_text("Words, shown with the first picture.", maxLength=10_000),
        parts=_list(
            _object(
                ("type", "data"),
                closed=True,
                type=_text("The media type; what it really is, the octets say."),
                name=_text("The name of the file."),
                data=_text("The file in Base64.", contentEncoding="base64"),
            ),
            maxItems=20,
            description="Pictures, sounds, films, contacts; each phone gets them as it can show them.",
        ),
        card=_object(
            ("template",),
            template=_text("A key of /api/v1/cards/templates."),
            language=_text(enum=["zh", "en"], default="zh"),
            fields={"type": "object", "additionalProperties": {"type": "string"}},
        ),
        key=_text("Idempotency key: the same key is the same MMS to the same phone.", maxLength=100),
        tag=_text("Given back in webhooks and lists.", maxLength=MAX_TAG),
        report={"type": "boolean", "default": True},
        read_report={"type": "boolean", "default": False},
        way=_text("Left out: as the phone is known.", enum=["mms", "mailbox"]),
    ),
    "Reminder": _object(
        ("text", "start"),
        closed=True,
        to=_text("A mobile number; left out: the one the account has proved."),
        text=_text("The text, at most four segments."),
        start=_text("The first time, ISO 8601; without offset it is local time in `zone`."),
        repeat=_text("How it comes again: a recurrence rule of RFC 5545, at most hourly; empty: once."),
        zone=_text("IANA time zone; left out: the account's."),
    ),
    "Webhook": _object(
        ("url",), closed=True, url=_text(format="uri"), events=_list(_text(enum=["state", "mo", "read"]))
    ),
    "Page": _object(next=_NEXT),
    "Anything": {"type": "object"},
}


def _query(name: str, description: str, schema: _Schema | None = None) -> _Schema:
    return {"name": name, "in": "query", "description": description, "schema": schema or {"type": "string"}}


_LIMIT: Final = _query("limit", "Entries of a page.", {"type": "integer", "minimum": 1, "maximum": 500, "default": 50})
_SINCE: Final = _query("since", "Not older than this moment.", {"type": "string", "format": "date-time"})
_BEFORE: Final = _query("before", "Where the page begins: `next` of the page before.")
_KEY: Final[_Schema] = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "As the field `key`; for a single message.",
    "schema": {"type": "string", "maxLength": MAX_KEY},
}


def _operation(
    summary: str,
    scope: str,
    *,
    body: tuple[str, ...] = (),
    examples: tuple[str, ...] = (),
    answers: dict[str, str],
    parameters: tuple[_Schema, ...] = (),
) -> _Schema:
    found: _Schema = {"summary": summary, "security": [{"token": [scope]}], "x-scope": scope}
    if parameters:
        found["parameters"] = list(parameters)
    if body:
        schema = _ref(body[0]) if len(body) == 1 else {"oneOf": [_ref(name) for name in body]}
        content = {"schema": schema, "examples": {name: {"value": EXAMPLES[name]} for name in examples}}
        found["requestBody"] = {"required": True, "content": {"application/json": content}}
    found["responses"] = {
        status: {"description": _STATUS[status], "content": {"application/json": {"schema": _ref(name)}}}
        for status, name in answers.items()
    } | {
        "default": {
            "description": "A problem (RFC 9457) with a remedy in words.",
            "content": {"application/problem+json": {"schema": _ref("Problem")}},
        }
    }
    return found


_STATUS: Final = {
    "200": "Here it is; for a message: the key was used before, the first answer again.",
    "201": "Made, and on disk.",
    "202": "Taken, and on disk.",
    "207": "Some messages of the batch were not taken: look at each.",
}

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
    "/api/v1/contacts": {
        "get": _operation("The account's address book.", "settings", answers={"200": "Anything"}),
        "post": _operation(
            "Add a person.", "settings", body=("Contact",), examples=("contact",), answers={"201": "Anything"}
        ),
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
            examples=("mms", "card"),
            answers={"202": "Anything"},
        ),
    },
    "/api/v1/cards/templates": {
        "get": _operation("Templates of cards, with their fields.", "read", answers={"200": "Anything"}),
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
