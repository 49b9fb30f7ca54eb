"""The texts of the hub by medium, language and key: fields by name, English where a language has no text.

A file is templates/<medium>/<language>.toml with one `key = "text"` per text. {name} stands for a field; {{ and }}
for braces. Names are plain words: no attributes, indexes or formats, so that a text can show nothing but what it
is given.
"""

from __future__ import annotations

import functools
import string
import tomllib
from dataclasses import dataclass
from importlib import resources
from typing import Final

from gateway.core.errors import CaiyouError

FALLBACK: Final = "en"
LANGUAGES: Final = ("zh", "en")
MEDIA: Final = ("sms", "mail")


class TextMissing(CaiyouError):
    """A text or one of its fields is missing; the message names the file and the key."""


@dataclass(frozen=True, slots=True)
class Template:
    """One text, cut at its fields: literals[0] fields[0] literals[1] … literals[-1]."""

    key: str
    source: str  # the file, for error messages
    literals: tuple[str, ...]
    fields: tuple[str, ...]

    @classmethod
    def parse(cls, key: str, text: str, source: str) -> Template:
        """The template in the text; raises TextMissing if a field is no plain word."""
        literals = [""]
        fields = []
        try:
            pieces = list(string.Formatter().parse(text))
        except ValueError as error:
            raise TextMissing(f"{source}: {key}: {error}") from error
        for literal, name, format_spec, conversion in pieces:
            literals[-1] += literal
            if name is None:
                continue
            if not name.isidentifier() or format_spec or conversion:
                raise TextMissing(f"{source}: {key}: {{{name}}} is no plain field name")
            fields.append(name)
            literals.append("")
        return cls(key, source, tuple(literals), tuple(fields))

    def fill(self, values: dict[str, object]) -> str:
        """The text with its fields; raises TextMissing if one is not given. Fields it does not use are ignored."""
        pieces = [self.literals[0]]
        for name, literal in zip(self.fields, self.literals[1:], strict=True):
            if name not in values:
                raise TextMissing(f"{self.source}: {self.key}: the field {name} is not given")
            pieces.append(str(values[name]))
            pieces.append(literal)
        return "".join(pieces)


@dataclass(frozen=True, slots=True)
class Texts:
    """The texts of one medium in one language."""

    language: str
    templates: dict[str, Template]

    def render(self, key: str, **fields: object) -> str:
        """The text under the key. {signature} is the text of that key unless it is given (a route may sign itself)."""
        template = self.templates.get(key)
        if template is None:
            raise TextMissing(f"There is no text {key} in {self.language} or {FALLBACK}.")
        if "signature" in template.fields and "signature" not in fields:
            fields["signature"] = self.templates["signature"].fill({})
        return template.fill(fields)


def sms_texts(language: str) -> Texts:
    """The texts of short messages: notices, answers, prompts."""
    return _texts("sms", language)


def mail_texts(language: str) -> Texts:
    """The texts of mails the hub writes itself."""
    return _texts("mail", language)


@functools.cache
def _texts(medium: str, language: str) -> Texts:
    known = language if language in LANGUAGES else FALLBACK
    templates = load(medium, FALLBACK)
    if known != FALLBACK:
        templates |= load(medium, known)
    return Texts(known, templates)


def load(medium: str, language: str) -> dict[str, Template]:
    """The templates of one file by key, without any fallback."""
    source = f"templates/{medium}/{language}.toml"
    file = resources.files("templates").joinpath(medium, f"{language}.toml")
    values = tomllib.loads(file.read_text(encoding="utf-8"))
    return {key: Template.parse(key, text, source) for key, text in values.items()}
