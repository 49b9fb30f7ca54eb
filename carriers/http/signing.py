"""Signatures: named steps, each a digest over a template, made in order so that one can use what the others gave.

The same steps sign what goes out and check what comes in. HMAC: RFC 2104.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from carriers.http import template
from carriers.http.template import Escape, Template

#: What a step can compute; `plain` passes the text on, for base64 of "name:password".
ALGORITHMS: Final = ("plain", "md5", "sha1", "sha256", "sha512", "hmac-md5", "hmac-sha1", "hmac-sha256", "hmac-sha512")
ENCODINGS: Final = ("hex", "base64")
KEY_FORMS: Final = ("text", "hex", "base64")
#: Which fields are sorted: those of the query, those of the form, or both.
SOURCES: Final = ("query", "form", "all")
#: How names and values are escaped before they are put together; `underscore` has _ for & and =.
SORT_ESCAPES: Final[dict[str, Escape]] = {
    "none": template.plain,
    "percent": template.percent,
    "underscore": lambda text: text.replace("&", "_").replace("=", "_"),
}


@dataclass(frozen=True, slots=True)
class Sorting:
    """How fields become one text: sorted by name, written as pairs."""

    source: str
    pair: Template  # of {key} and {value}
    separator: str
    escape: str
    without: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Step:
    """One digest; later templates call its text `sign:<name>`."""

    name: str
    algorithm: str
    over: Template
    key: Template
    key_form: str = "text"
    encoding: str = "hex"
    sorting: Sorting | None = None


@dataclass(frozen=True, slots=True)
class Fields:
    """The fields of a request, as they are before escaping."""

    query: Sequence[tuple[str, str]] = ()
    form: Sequence[tuple[str, str]] = ()

    def of(self, source: str) -> Iterable[tuple[str, str]]:
        """Those a sorting asks for."""
        return (*self.query, *self.form) if source == "all" else self.query if source == "query" else self.form


def sign(steps: Sequence[Step], values: Mapping[str, str], fields: Fields) -> dict[str, str]:
    """What every step gives, by `sign:<name>`."""
    known = dict(values)
    given: dict[str, str] = {}
    for step in steps:
        if step.sorting is not None:
            known["sorted"] = _sorted(step.sorting, fields)
        name = f"sign:{step.name}"
        given[name] = known[name] = _digest(step, known)
    return given


def _sorted(sorting: Sorting, fields: Fields) -> str:
    escape = SORT_ESCAPES[sorting.escape]
    pairs = sorted(pair for pair in fields.of(sorting.source) if pair[0] not in sorting.without)
    return sorting.separator.join(
        sorting.pair.render({"key": escape(key), "value": escape(value)}) for key, value in pairs
    )


def _digest(step: Step, values: Mapping[str, str]) -> str:
    data = step.over.render(values).encode("utf-8", "replace")
    kind, _, hash_name = step.algorithm.rpartition("-")
    if kind == "hmac":
        digest = hmac.new(_key(step, values), data, hash_name).digest()
    elif step.algorithm == "plain":
        digest = data
    else:
        # MD5 and SHA-1 are what the providers ask for.
        digest = hashlib.new(step.algorithm, data, usedforsecurity=False).digest()
    return digest.hex() if step.encoding == "hex" else base64.b64encode(digest).decode()


def _key(step: Step, values: Mapping[str, str]) -> bytes:
    key = step.key.render(values)
    if step.key_form == "text":
        return key.encode("utf-8", "replace")
    try:
        return bytes.fromhex(key) if step.key_form == "hex" else base64.b64decode(key)
    except ValueError:
        return b""  # a key that is none fits no signature


def same(ours: str, theirs: str) -> bool:
    """Whether two signatures are the same, in a time that does not tell where they differ."""
    return hmac.compare_digest(ours.encode("utf-8", "replace"), theirs.encode("utf-8", "replace"))
