"""Documents of providers: JSON, forms and queries, read with bounds, and the paths that find values in them.

A path is names with dots between and positions in brackets: `Response.SendStatusSet[0].Code`; `[0]` alone begins at a
list, `$.` in front may be written and means nothing. A name that is a key as it stands wins over its parts.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, unquote_plus

from gateway.core.errors import BadRequest, ConfigError

#: Fields of a form or a query that are read; documented callbacks have about thirty.
MAX_FIELDS = 200
#: Steps of a path.
MAX_STEPS = 16

_STEP = re.compile(r"([^.\[\]]+)|\[([0-9]{1,6})\]")
_SHAPE = re.compile(r"(?:[^.\[\]]+|\[[0-9]{1,6}\])(?:\.[^.\[\]]+|\[[0-9]{1,6}\])*")


@dataclass(frozen=True, slots=True)
class Path:
    """Where a value stands in a document."""

    text: str
    steps: tuple[str | int, ...]

    def find(self, document: Any) -> Any:
        """The value, None when there is none."""
        if self.text and isinstance(document, dict) and self.text in document:
            return document[self.text]
        for step in self.steps:
            if isinstance(step, int):
                document = document[step] if isinstance(document, list) and step < len(document) else None
            else:
                document = document.get(step) if isinstance(document, dict) else None
        return document


def path(text: str, where: str) -> Path:
    """Read a path. Raises ConfigError."""
    bare = text.removeprefix("$").removeprefix(".")
    if bare == "":
        return Path("", ())
    if not _SHAPE.fullmatch(bare):
        raise ConfigError(f"{where}: {text!r} is no path; write names with dots between and positions in brackets")
    steps = tuple(name or int(index) for name, index in _STEP.findall(bare))
    if len(steps) > MAX_STEPS:
        raise ConfigError(f"{where}: a path has at most {MAX_STEPS} steps")
    return Path(bare, steps)


def first(paths: Sequence[Path], document: Any) -> str:
    """The first of these that holds a scalar, as text; "" when none does."""
    for it in paths:
        text = scalar(it.find(document))
        if text:
            return text
    return ""


def scalar(value: Any) -> str:
    """A value of JSON as text: true, 12, words; "" for null, lists and objects."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    return ""


def read_json(data: bytes | str) -> Any:
    """JSON as Python has it. Raises BadRequest; the caller has bounded the size."""
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        raise BadRequest(f"no JSON: {type(error).__name__}") from error


def read_json_in_field(text: str) -> Any:
    """JSON in a form field, which some providers escape a second time. Raises BadRequest."""
    try:
        return read_json(text)
    except BadRequest:
        return read_json(unquote_plus(text))


def read_form(data: str, charset: str = "utf-8") -> list[tuple[str, str]]:
    """The fields of a form or a query, in order. Raises BadRequest for more than MAX_FIELDS."""
    try:
        return parse_qsl(
            data, keep_blank_values=True, encoding=charset, errors="replace", max_num_fields=MAX_FIELDS, separator="&"
        )
    except ValueError as error:
        raise BadRequest(f"no form: {error}") from error
