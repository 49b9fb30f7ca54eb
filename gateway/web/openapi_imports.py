"""The description of the API for programs: files of contacts coming in, and books as files."""

from __future__ import annotations

from typing import Any, Final

from addressbook.exports import KINDS
from addressbook.imports.decisions import Doubles
from gateway.core.imports import BatchState
from gateway.web.openapi_words import Schema, a_list, an_object, operation, query, text

SCOPE: Final = "settings"

#: Choices for a file that was looked at, by name; each is sent by a test.
EXAMPLES: Final[dict[str, Any]] = {
    "choices": {"doubles": "skip", "columns": ["shown", "number:cell", "mail", "note"], "day_first": True},
}

_WAYS: Final = text(
    "What becomes of who is known already: left alone, completed, written over, or added beside.",
    enum=[one.value for one in Doubles],
    default=Doubles.MERGE.value,
)
_WHOLE: Final = {"type": "integer"}
_ROWS: Final = a_list({"type": "object"})
_MAYBE: Final = {"type": ["string", "null"]}

SCHEMAS: Final[dict[str, Schema]] = {
    "ImportChoices": an_object(
        closed=True,
        book=text("The id of a book the account may write; left out: its own."),
        doubles=_WAYS,
        columns=a_list(text("What the column is: see /api/v1/imports/columns; empty: it is left out."), maxItems=1000),
        day_first={"type": ["boolean", "null"], "description": "How 3/4/1985 is meant; null: as the file tells."},
    ),
    "Import": an_object(
        ("id", "state"),
        id=text(pattern="^[0-9]{1,19}$"),
        book=text(),
        name=text("Of the file."),
        kind=text("What the file is: vcard, ldif, csv-google, csv-outlook-zh, csv-table …"),
        state=text(enum=[one.value for one in BatchState]),
        doubles=_WAYS,
        day_first={"type": ["boolean", "null"]},
        done=_WHOLE,
        of={"type": ["integer", "null"], "description": "Entries of the file, once they are counted."},
        counts=an_object() | {"description": "What would become, or has become, of the entries."},
        columns=_ROWS | {"description": "Of a table: heading, what it becomes, some values."},
        samples=_ROWS | {"description": "The first people as they would come in."},
        known_already=_ROWS | {"description": "Who is known already, with the reason."},
        asides=_ROWS | {"description": "What is no contact, with line and reason."},
        findings=_ROWS | {"description": "Values that are not taken, with line, column and reason."},
        reason=_MAYBE,
        created=_MAYBE,
        finished=_MAYBE,
        undone=_MAYBE,
    ),
}


def _operation(summary: str, answers: dict[str, str], **more: Any) -> Schema:
    return operation(summary, SCOPE, answers=answers, **more)


def _upload() -> Schema:
    found = _operation(
        "Take a file of contacts (vCard, CSV, LDIF) and look at it; nothing comes in before it is started.",
        {"202": "Import"},
        parameters=(
            query("name", "The name of the file."),
            query("book", "The id of the book it is for; left out: the account's own."),
            query("doubles", "What becomes of who is known already.", _WAYS),
            query("columns", "What each column is, with | between; left out: as last time, or as it is told."),
            query("day_first", "How 3/4/1985 is meant.", {"type": "string", "enum": ["true", "false"]}),
        ),
    )
    octets = {"schema": {"type": "string", "format": "binary"}}
    fields = {name: text() for name in ("book", "doubles", "columns", "day_first")}
    form = {"schema": {"type": "object", "properties": {"file": octets["schema"], **fields}, "required": ["file"]}}
    found["requestBody"] = {
        "required": True,
        "content": {"application/octet-stream": octets, "multipart/form-data": form},
    }
    return found


def _export() -> Schema:
    found = _operation(
        "A book as a file; safe to open in a spreadsheet.",
        {"200": "Anything"},
        parameters=(
            query("format", "Of the file.", {"type": "string", "enum": list(KINDS), "default": "vcard"}),
            query("book", "The id of a book; left out: all the account's own."),
        ),
    )
    kinds = sorted({kind.media_type.partition(";")[0] for kind in KINDS.values()})
    found["responses"]["200"]["content"] = {kind: {} for kind in kinds}
    return found


PATHS: Final[dict[str, dict[str, Schema]]] = {
    "/api/v1/imports": {
        "get": _operation("The account's imports, the latest first.", {"200": "Anything"}),
        "post": _upload(),
    },
    "/api/v1/imports/columns": {
        "get": _operation("Everything that a column of a table can be.", {"200": "Anything"}),
    },
    "/api/v1/imports/{id}": {
        "get": _operation(
            "One import: what it would do, or has done, and how far it is.",
            {"200": "Import"},
            parameters=(
                query("wait", "Seconds to wait until it is done.", {"type": "integer", "minimum": 0, "maximum": 30}),
            ),
        ),
        "put": _operation(
            "Choose otherwise, and look again.", {"202": "Import"}, body=("ImportChoices",), examples=EXAMPLES
        ),
        "delete": _operation("Forget an import; what it brought stays.", {"200": "Anything"}),
    },
    "/api/v1/imports/{id}/start": {"post": _operation("Let it in.", {"202": "Import"})},
    "/api/v1/imports/{id}/undo": {
        "post": _operation(
            "Take it back: what it added goes, what it changed is as before, what was changed since stays.",
            {"202": "Import"},
        )
    },
    "/api/v1/exports": {"get": _export()},
}
