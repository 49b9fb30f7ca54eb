"""The description of the API for programs: address books, contacts, groups."""

from __future__ import annotations

from typing import Any, Final

from gateway.core.reach import BySms
from gateway.web.openapi_words import Schema, a_list, an_object, operation, query, text

SCOPE: Final = "settings"

#: What may be sent, by name; each is sent by a test.
EXAMPLES: Final[dict[str, Any]] = {
    "contact": {"name": "王小明", "mails": ["wang@example.org"], "numbers": ["13800138000"]},
    "full_contact": {
        "name": "李四",
        "parts": {"family": "李", "given": "四"},
        "organisation": "彩邮有限公司",
        "units": ["研发部"],
        "title": "工程师",
        "numbers": [{"value": "13900139000", "types": ["cell"], "preferred": True}, {"value": "010-12345678"}],
        "mails": [{"value": "li@example.org", "types": ["work"]}],
        "addresses": [{"street": "长安街 1", "locality": "北京", "types": ["home"]}],
        "birthday": "1985-04-12",
        "categories": ["朋友"],
        "note": "大学同学",
    },
    "vcard": {"card": "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Ada\r\nN:;Ada;;;\r\nTEL:+8613700137000\r\nEND:VCARD\r\n"},
    "book": {"name": "Work", "description": "Customers", "colour": "#3366cc"},
    "reach": {"to": ["13800138000", "li@example.org"]},
}

_VALUES: Final = a_list(
    {
        "oneOf": [
            text("The value alone."),
            an_object(
                ("value",),
                closed=True,
                value=text(),
                types=a_list(text("cell, work, home, fax …")),
                label=text("What the member calls it."),
                preferred={"type": "boolean"},
                number=text("In answers: as it is dialled."),
                kind=text("In answers: what the number is.", enum=["mobile", "fixed", "short", "unknown"]),
            ),
        ]
    },
    maxItems=100,
)
_NAME: Final = an_object(closed=True, family=text(), given=text(), additional=text(), prefix=text(), suffix=text())
_WORDS: Final = a_list(text(), maxItems=100)
_FIELDS: Final[dict[str, Any]] = {
    "name": text("As it is shown."),
    "parts": _NAME,
    "phonetic": _NAME,
    "organisation": text(),
    "units": _WORDS,
    "title": text(),
    "role": text(),
    "birthday": text("1985-04-12, or --04-12 without the year."),
    "anniversary": text(),
    "note": text(),
    "nicknames": _WORDS,
    "categories": _WORDS,
    "numbers": _VALUES,
    "mails": _VALUES,
    "urls": _VALUES,
    "messengers": _VALUES,
    "related": _VALUES,
    "addresses": a_list(an_object(), maxItems=100),
    "photo": {"type": ["object", "null"], "description": "type and data (Base64), or uri."},
}
_CONTACTS: Final = an_object(("contacts",), closed=True, contacts=a_list(text("An id."), maxItems=1000))
_CARD: Final = text("A vCard 2.1, 3.0 or 4.0; it is kept to the octet.")

SCHEMAS: Final[dict[str, Schema]] = {
    "Contact": an_object(closed=True, book=text("The id of a book; left out: the member's own."), **_FIELDS),
    "ContactChange": an_object(closed=True, **_FIELDS),
    "ContactCard": an_object(("card",), closed=True, card=_CARD, book=text()),
    "ContactFound": an_object(
        ("id", "book", "etag", "card"),
        id=text(),
        book=text(),
        uid=text(),
        etag=text(),
        revision={"type": "integer"},
        changed=text(format="date-time"),
        by=text("The device or door that wrote it."),
        card=_CARD,
        **_FIELDS,
    ),
    "Restore": an_object(("revision",), closed=True, revision={"type": "integer"}),
    "Recipients": an_object(
        ("to",),
        closed=True,
        to=a_list(text("A number, a mail address, or group:NAME."), minItems=1, maxItems=1000),
    ),
    "Reached": an_object(
        recipients=a_list(
            an_object(
                to=text(),
                name=text("As the member's book calls it."),
                number=text(),
                mail=text(),
                sms=text(enum=[one.value for one in BySms]),
                mms=text(enum=["yes", "no", "unknown"]),
                handset=text(),
            )
        )
    ),
    "Book": an_object(
        ("name",),
        closed=True,
        name=text(maxLength=128),
        description=text(),
        colour=text(maxLength=16),
        slug=text("Its name in addresses of CardDAV; left out: one is made."),
    ),
    "BookChange": an_object(closed=True, name=text(), description=text(), colour=text()),
    "Share": an_object(closed=True, writable={"type": "boolean", "default": False}),
    "Contacts": _CONTACTS,
    "BatchTaken": an_object(("batch",), closed=True, batch=text("The id that merging or importing told.")),
    "Group": an_object(("name",), closed=True, name=text(maxLength=128), contacts=a_list(text("An id."))),
    "GroupChange": an_object(closed=True, name=text(), add=a_list(text("An id.")), remove=a_list(text("An id."))),
}


def _limit(default: int, most: int) -> Schema:
    return query("limit", "Entries.", {"type": "integer", "minimum": 1, "maximum": most, "default": default})


def _asked(summary: str, answer: str = "Anything", *parameters: Schema) -> Schema:
    return operation(summary, SCOPE, answers={"200": answer}, parameters=parameters)


def _sent(
    summary: str, *body: str, examples: tuple[str, ...] = (), answer: str = "Anything", status: str = "200"
) -> Schema:
    shown = {name: EXAMPLES[name] for name in examples}
    return operation(summary, SCOPE, body=body, examples=shown, answers={status: answer})


_IF_MATCH: Final[Schema] = {
    "name": "If-Match",
    "in": "header",
    "description": "The etag it must have now; else 412.",
    "schema": {"type": "string"},
}

PATHS: Final[dict[str, dict[str, Schema]]] = {
    "/api/v1/contacts": {
        "get": _asked(
            "Contacts by name; whom a member means; who is behind a number.",
            "Anything",
            query("find", "The beginning of a name, its pinyin or initials, a number, a mail address."),
            query("who", "A number or a mail address: the contact it belongs to."),
            query("book", "Only of this book; left out: all of one's own."),
            query("after", "Where the page begins: `next` of the page before."),
            _limit(200, 1000),
        ),
        "post": _sent(
            "Add a contact.",
            "Contact",
            "ContactCard",
            examples=("contact", "full_contact", "vcard"),
            answer="ContactFound",
            status="201",
        ),
    },
    "/api/v1/contacts/reach": {
        "post": _sent(
            "Which recipients can be reached by SMS and by MMS.", "Recipients", examples=("reach",), answer="Reached"
        )
    },
    "/api/v1/contacts/{id}": {
        "get": _asked("A contact with all its fields and its card.", "ContactFound"),
        "put": _sent("Write a vCard in place of its own.", "ContactCard", answer="ContactFound")
        | {"parameters": [_IF_MATCH]},
        "patch": _sent("Change some fields; everything else stays.", "ContactChange", answer="ContactFound")
        | {"parameters": [_IF_MATCH]},
        "delete": _asked("Delete a contact; it can be restored for a year.", "Anything", _IF_MATCH),
    },
    "/api/v1/contacts/{id}/versions": {
        "get": _asked("What a contact was, the newest version first, and who wrote it.")
    },
    "/api/v1/contacts/{id}/restore": {
        "post": _sent("Make an earlier version the present one.", "Restore", answer="ContactFound")
    },
    "/api/v1/books": {
        "get": _asked("The books the account may read, with what it may do and how full they are."),
        "post": _sent("Make a book.", "Book", examples=("book",), status="201"),
    },
    "/api/v1/books/{book}": {
        "patch": _sent("Change name, description or colour.", "BookChange"),
        "delete": _asked("Delete a book with all contacts in it, for good."),
    },
    "/api/v1/books/{book}/shares": {"get": _asked("Who else may read or write a book.")},
    "/api/v1/books/{book}/shares/{account}": {
        "put": _sent("Let another account (its address) read a book, or also write.", "Share"),
        "delete": _asked("Take that back, or let go of a shared book."),
    },
    "/api/v1/books/{book}/changes": {
        "get": _asked(
            "What is new, different or (no etag) gone since a revision.",
            "Anything",
            query("since", "`revision` of the answer before; 0: all there is.", {"type": "integer", "default": 0}),
            _limit(1000, 5000),
        )
    },
    "/api/v1/books/{book}/deleted": {
        "get": _asked("What was deleted, the latest first, to be restored.", "Anything", _limit(50, 500))
    },
    "/api/v1/books/{book}/duplicates": {
        "get": _asked("Contacts that may be one person, with the reasons.", "Anything", _limit(100, 500))
    },
    "/api/v1/books/{book}/merge": {
        "post": _sent("Make contacts one: the first stays, with everything of the others.", "Contacts")
    },
    "/api/v1/books/{book}/apart": {"post": _sent("Say that two contacts are two people.", "Contacts")},
    "/api/v1/books/{book}/undo": {"post": _sent("Take back a merging or an import.", "BatchTaken")},
    "/api/v1/books/{book}/groups": {
        "get": _asked("The groups of a book."),
        "post": _sent("Make a group.", "Group", status="201"),
    },
    "/api/v1/books/{book}/groups/{name}": {
        "get": _asked("Who is in a group."),
        "patch": _sent("Put contacts in, take some out, or give it another name.", "GroupChange"),
        "delete": _asked("Delete a group; its members stay."),
    },
}
