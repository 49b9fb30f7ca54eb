"""The words that the description of the API is written in: schemas, parameters, operations of OpenAPI 3.1. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

Schema = dict[str, Any]


def an_object(required: tuple[str, ...] = (), *, closed: bool = False, **properties: Schema) -> Schema:
    """An object; `closed`: of these properties alone."""
    found: Schema = {"type": "object", "properties": properties}
    if required:
        found["required"] = list(required)
    if closed:
        found["additionalProperties"] = False
    return found


def text(description: str = "", **more: Any) -> Schema:
    """A text."""
    return {"type": "string", **({"description": description} if description else {}), **more}


def a_list(items: Schema, **more: Any) -> Schema:
    """A list of such items."""
    return {"type": "array", "items": items, **more}


def ref(name: str) -> Schema:
    """The schema of that name."""
    return {"$ref": f"#/components/schemas/{name}"}


def query(name: str, description: str, schema: Schema | None = None) -> Schema:
    """A parameter behind the question mark."""
    return {"name": name, "in": "query", "description": description, "schema": schema or {"type": "string"}}


def operation(
    summary: str,
    scope: str,
    *,
    body: tuple[str, ...] = (),
    examples: Mapping[str, Any] | None = None,
    form: bool = False,
    answers: dict[str, str],
    parameters: tuple[Schema, ...] = (),
) -> Schema:
    """One method on one path; `body` and `answers` are names of schemas, `examples` bodies by their names."""
    found: Schema = {"summary": summary, "security": [{"token": [scope]}], "x-scope": scope}
    if parameters:
        found["parameters"] = list(parameters)
    if body:
        schema = ref(body[0]) if len(body) == 1 else {"oneOf": [ref(name) for name in body]}
        content = {"schema": schema, "examples": {name: {"value": value} for name, value in (examples or {}).items()}}
        found["requestBody"] = {"required": True, "content": {"application/json": content}}
        if form:
            found["requestBody"]["content"]["multipart/form-data"] = {"schema": _FORM}
    found["responses"] = {status: _answer(status, name) for status, name in answers.items()} | {
        "default": {
            "description": "A problem (RFC 9457) with a remedy in words.",
            "content": {"application/problem+json": {"schema": ref("Problem")}},
        }
    }
    return found


def _answer(status: str, name: str) -> Schema:
    content = {"image/png": {}} if name == "Picture" else {"application/json": {"schema": ref(name)}}
    return {"description": _STATUS[status], "content": content}


#: Files instead of `parts`; whatever is an object or a list of objects in JSON is written as JSON.
_FORM: Final = an_object() | {"description": "The same fields; each part is a file, with its name and type."}

_STATUS: Final = {
    "200": "Here it is; for a message: the key was used before, the first answer again.",
    "201": "Made, and on disk.",
    "202": "Taken, and on disk.",
    "207": "Some messages of the batch were not taken: look at each.",
}
