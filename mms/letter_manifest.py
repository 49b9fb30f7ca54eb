"""The manifest of a letter: all that an MMS is beyond its pictures and attachments, as a comment in HTML. Pure.

JSON, compressed, in base64: nothing of it can end the comment. Media are named by the digest of their octets and lie
in the mail once; what a mail program would show as a stray file (SMIL, texts, the source of a card) is held here.
"""

from __future__ import annotations

import base64
import binascii
import enum
import json
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from gateway.core.errors import BadRequest
from mms.content import SMIL, Arrangement, Body, Part
from mms.letter_view import MAX_SHOWN_TEXT, digest_of, is_text

#: Version of the layout.
VERSION: Final = "1"
#: Octets of the JSON.
MAX_JSON: Final = 1 << 20
MAX_PARTS: Final = 500

#: Media type of what a card is made from.
SOURCE_TYPE: Final = "application/vnd.caiyou.card+json"

_Choice = TypeVar("_Choice", bound=enum.StrEnum)
_OPENING: Final = "<!-- caiyou-mms "
_LINE: Final = 76


class Facts:
    """An object of the JSON, read field by field. Raises BadRequest for a field of the wrong kind."""

    def __init__(self, values: dict[str, Any]) -> None:
        self.values = values

    def text(self, name: str) -> str:
        """A text, "" when it is not there."""
        value = self.values.get(name, "")
        if not isinstance(value, str):
            raise BadRequest(f"letter: {name} is no text")
        return value

    def texts(self, name: str) -> tuple[str, ...]:
        """A list of texts, empty when it is not there."""
        value = self.values.get(name, [])
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            raise BadRequest(f"letter: {name} is no list of texts")
        return tuple(value)

    def pairs(self, name: str) -> tuple[tuple[str, str], ...]:
        """A list of pairs of texts, empty when it is not there."""
        value = self.values.get(name, [])
        if not isinstance(value, list):
            raise BadRequest(f"letter: {name} is no list")
        pairs = []
        for one in value:
            match one:
                case [str(left), str(right)]:
                    pairs.append((left, right))
                case _:
                    raise BadRequest(f"letter: {name} holds what is no pair of texts")
        return tuple(pairs)

    def number(self, name: str) -> int:
        """A whole number of at most 64 bits that is not negative, 0 when it is not there."""
        value = self.values.get(name, 0)
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 1 << 63:
            raise BadRequest(f"letter: {name} is no number")
        return value

    def truth(self, name: str) -> bool:
        """Yes or no; no when it is not there."""
        value = self.values.get(name, False)
        if not isinstance(value, bool):
            raise BadRequest(f"letter: {name} is neither true nor false")
        return value

    def choice(self, name: str, among: type[_Choice]) -> _Choice:
        """One of the words of an enumeration."""
        try:
            return among(self.text(name))
        except ValueError as error:
            raise BadRequest(f"letter: {name} is unknown") from error

    def objects(self, name: str) -> tuple[Facts, ...]:
        """A list of at most MAX_PARTS objects."""
        value = self.values.get(name)
        if not isinstance(value, list) or len(value) > MAX_PARTS or not all(isinstance(one, dict) for one in value):
            raise BadRequest(f"letter: {name} is no list of objects")
        return tuple(map(Facts, value))


@dataclass(frozen=True, slots=True)
class Manifest:
    """The JSON of a letter."""

    facts: Facts

    def encode(self) -> str:
        """The comment. Raises BadRequest when the JSON is larger than MAX_JSON."""
        text = json.dumps(self.facts.values, separators=(",", ":")).encode()
        if len(text) > MAX_JSON:
            raise BadRequest(f"letter: texts and names of more than {MAX_JSON} octets")
        letters = base64.b64encode(zlib.compress(text)).decode()
        lines = "\n".join(letters[start : start + _LINE] for start in range(0, len(letters), _LINE))
        return f"{_OPENING}{VERSION}\n{lines}\n-->\n"

    @classmethod
    def decode(cls, page: str) -> Manifest:
        """The manifest in a page. Raises BadRequest."""
        start = page.find(_OPENING)
        end = page.find("-->", start)
        if start < 0 or end < 0:
            raise BadRequest("letter: the manifest is missing")
        version, _, letters = page[start + len(_OPENING) : end].partition("\n")
        if version.strip() != VERSION:
            raise BadRequest(f"letter: the manifest is of version {version.strip()[:20]!r}")
        return cls(Facts(_json(letters)))

    def restored(self, files: Iterable[bytes]) -> tuple[Body, bytes | None]:
        """The body and the source, with the octets of the mail's parts. Raises BadRequest when one is missing."""
        held = {digest_of(data): data for data in files}
        parts = tuple(
            Part(
                media_type=one.text("type"),
                data=_octets(one, held),
                name=one.text("name"),
                content_id=one.text("id"),
                charset=one.text("charset"),
                parameters=one.pairs("parameters"),
            )
            for one in self.facts.objects("parts")
        )
        body = Body(parts, self.facts.choice("arrangement", Arrangement), self.facts.text("start"))
        source = self.facts.values.get("source")
        if source is None:
            return body, None
        if not isinstance(source, dict):
            raise BadRequest("letter: source is no object")
        return body, _octets(Facts(source), held)


def of(body: Body, source: bytes | None, facts: dict[str, Any]) -> tuple[Manifest, dict[str, Part]]:
    """The manifest, and by their digests the parts that must be carried beside it. Raises BadRequest."""
    if len(body.parts) > MAX_PARTS:
        raise BadRequest(f"letter: more than {MAX_PARTS} parts")
    carried: dict[str, Part] = {}
    parts = []
    for part in body.parts:
        one: dict[str, Any] = {"type": part.media_type, **_placed(part, carried, is_held=_is_held(part))}
        named = (("name", part.name), ("id", part.content_id), ("charset", part.charset))
        one |= {name: value for name, value in named if value}
        if part.parameters:
            one["parameters"] = part.parameters
        parts.append(one)
    values = facts | {"parts": parts, "arrangement": body.arrangement.value, "start": body.start}
    if source is not None:
        card = Part(SOURCE_TYPE, source, name="card.json")
        values["source"] = _placed(card, carried, is_held=len(source) <= MAX_SHOWN_TEXT)
    return Manifest(Facts(values)), carried


def _is_held(part: Part) -> bool:
    return is_text(part) or (part.media_type == SMIL and len(part.data) <= MAX_SHOWN_TEXT)


def _placed(part: Part, carried: dict[str, Part], *, is_held: bool) -> dict[str, Any]:
    if is_held or not part.data:
        return {"data": base64.b64encode(part.data).decode()}
    digest = digest_of(part.data)
    carried.setdefault(digest, part)
    return {"digest": digest}


def _octets(one: Facts, held: dict[str, bytes]) -> bytes:
    if "data" in one.values:
        try:
            return base64.b64decode(one.text("data"), validate=True)
        except (binascii.Error, ValueError) as error:
            raise BadRequest("letter: data is no base64") from error
    data = held.get(one.text("digest"))
    if data is None:
        raise BadRequest("letter: a part of the MMS is missing from the mail")
    return data


def _json(letters: str) -> dict[str, Any]:
    try:
        squeezed = base64.b64decode("".join(letters.split()), validate=True)
        opened = zlib.decompressobj()
        text = opened.decompress(squeezed, MAX_JSON + 1)
        if len(text) > MAX_JSON or not opened.eof:
            raise BadRequest("letter: the manifest is too large or cut off")
        value = json.loads(text)
    except (binascii.Error, zlib.error, ValueError, RecursionError) as error:
        raise BadRequest("letter: the manifest cannot be read") from error
    if not isinstance(value, dict):
        raise BadRequest("letter: the manifest is no object")
    return value
