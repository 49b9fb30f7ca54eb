"""What may be filled in on a card, and what is wrong with what was, in sentences for people."""

from __future__ import annotations

import enum
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from gateway.core import phone
from gateway.core.addresses import Address
from gateway.core.errors import BadRequest
from mms.cards.card import Card
from mms.cards.texts import card_texts

_DIALLED: Final = re.compile(r"[0-9+][0-9 ()./\-]{2,30}(?:(?:转|ext\.?|x|,) ?[0-9]{1,6})?", re.IGNORECASE)
_WEB: Final = re.compile(r"(?:https?://)?[\w\-]+(?:\.[\w\-]+)+(?::[0-9]{1,5})?(?:/[^\s<>\"]*)?")


class Kind(enum.StrEnum):
    """What a field takes."""

    LINE = "line"  # one line
    TEXT = "text"  # several
    PHONE = "phone"
    EMAIL = "email"
    WEB = "web"


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a card."""

    key: str
    kind: Kind
    required: bool
    max_length: int  # characters
    #: By language: what it is called, and a question to ask for it.
    labels: Mapping[str, str]
    prompts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one field."""

    field: str
    sentence: str


class CardIncomplete(BadRequest):
    """Something on the card is missing or wrong; `problems` says what."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(" ".join(problem.sentence for problem in problems))
        self.problems = tuple(problems)


def problems(card: Card, fields: Sequence[Field]) -> list[Problem]:
    """What keeps the card from being sent, in its own language, in the order of the fields."""
    texts = card_texts(card.language)
    known = {field.key for field in fields}
    found = [Problem(key, texts.render("unknown_field", field=key)) for key, _ in card.fields if key not in known]
    for field in fields:
        value = card.value(field.key)
        label = field.labels[card.language]
        if not value:
            if field.required:
                found.append(Problem(field.key, texts.render("missing", label=label)))
            continue
        flaw = _flaw(field, value)
        if flaw:
            found.append(Problem(field.key, texts.render(flaw, label=label, max=field.max_length, length=len(value))))
    return found


def _flaw(field: Field, value: str) -> str:
    """The key of the sentence about it; "" when it is good."""
    if len(value) > field.max_length:
        return "too_long"
    if field.kind is not Kind.TEXT and "\n" in value:
        return "one_line"
    if field.kind is Kind.PHONE and phone.normalise(value) is None and not _DIALLED.fullmatch(value):
        return "no_phone"
    if field.kind is Kind.EMAIL:
        try:
            Address.parse(value)
        except BadRequest:
            return "no_email"
    if field.kind is Kind.WEB and not _WEB.fullmatch(value):
        return "no_web"
    return ""
