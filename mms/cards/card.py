"""A card as it is kept: which template, in which language, what was filled in. Small, and editable for ever.

It travels as one more part of the mail or MMS made from it, as JSON:

    {"card": 1, "template": "mid-autumn", "language": "zh", "fields": {"to": "…"}, "photo": "", "tune": ""}
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from gateway.core.errors import BadRequest

MEDIA_TYPE: Final = "application/vnd.caiyou.card+json"
VERSION: Final = 1
MAX_OCTETS: Final = 16_384
MAX_FIELDS: Final = 24
MAX_VALUE: Final = 1_000  # characters; templates say less
LANGUAGES: Final = ("zh", "en")
#: As `tune`: none at all, whatever the template plays.
SILENT: Final = "none"

_KEY: Final = re.compile(r"[a-z0-9]+(?:[-_][a-z0-9]+)*")
_MAX_KEY: Final = 40
_MAX_NAME: Final = 80
_FORBIDDEN: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class Card:
    """The source of a card. Raises BadRequest for what no template could take."""

    template: str
    language: str
    #: Field and what stands in it, in the order they were given; none twice, none empty.
    fields: tuple[tuple[str, str], ...] = ()
    #: The name of the part that is its photo; "" = none.
    photo: str = ""
    #: The key of a tune; "" = the template's, SILENT = none.
    tune: str = ""

    def __post_init__(self) -> None:
        for word, value in (("template", self.template), ("tune", self.tune)):
            if value and not _is_key(value):
                raise BadRequest(f"{word}: a key is lower-case letters, digits and -, at most {_MAX_KEY}.")
        if not self.template:
            raise BadRequest("template: name one.")
        if self.language not in LANGUAGES:
            raise BadRequest(f"language: one of {', '.join(LANGUAGES)}.")
        if len(self.photo) > _MAX_NAME or _FORBIDDEN.search(self.photo):
            raise BadRequest(f"photo: the name of a part, at most {_MAX_NAME} characters.")
        if len(self.fields) > MAX_FIELDS or len({key for key, _ in self.fields}) < len(self.fields):
            raise BadRequest(f"fields: at most {MAX_FIELDS}, none twice.")
        for key, value in self.fields:
            if not _is_key(key):
                raise BadRequest("fields: a key is lower-case letters, digits and _.")
            if not value or len(value) > MAX_VALUE or _FORBIDDEN.search(value):
                raise BadRequest(f"{key}: 1 to {MAX_VALUE} characters without control characters.")

    @classmethod
    def of(cls, template: str, language: str, values: Mapping[str, str], *, photo: str = "", tune: str = "") -> Card:
        """The card with these values; blanks around them are taken off, empty ones left out. Raises BadRequest."""
        tidy = {key: value.replace("\r\n", "\n").replace("\r", "\n").strip() for key, value in values.items()}
        return cls(template, language, tuple((key, value) for key, value in tidy.items() if value), photo, tune)

    def value(self, key: str) -> str:
        """What stands in a field; "" when nothing does."""
        return dict(self.fields).get(key, "")

    def changed(self, values: Mapping[str, str]) -> Card:
        """A card with these values put in; an empty one takes its field out. Raises BadRequest."""
        return replace(self, fields=Card.of(self.template, self.language, dict(self.fields) | dict(values)).fields)

    def to_json(self) -> bytes:
        """The octets of its part."""
        document = {
            "card": VERSION,
            "template": self.template,
            "language": self.language,
            "fields": dict(self.fields),
            "photo": self.photo,
            "tune": self.tune,
        }
        return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()

    @classmethod
    def from_json(cls, data: bytes) -> Card:
        """The card in the octets; members it does not know are left out. Raises BadRequest."""
        if len(data) > MAX_OCTETS:
            raise BadRequest(f"A card has at most {MAX_OCTETS} octets.")
        try:
            document: Any = json.loads(data)
        except (ValueError, RecursionError) as error:
            raise BadRequest("This is no card: its JSON cannot be read.") from error
        if not isinstance(document, dict) or document.get("card") != VERSION:
            raise BadRequest(f"This is no card of version {VERSION}.")
        fields = document.get("fields", {})
        words = [document.get(key, "") for key in ("template", "language", "photo", "tune")]
        if not isinstance(fields, dict) or not all(isinstance(word, str) for word in (*words, *fields.values())):
            raise BadRequest("This is no card: its members are texts, its fields a table of texts.")
        return cls.of(words[0], words[1], fields, photo=words[2], tune=words[3])


def _is_key(text: str) -> bool:
    return len(text) <= _MAX_KEY and _KEY.fullmatch(text) is not None
