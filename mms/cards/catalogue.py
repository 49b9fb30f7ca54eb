"""The templates of cards: what they are called, what is filled in, where the words stand on the artwork.

The data are files: templates/cards/fields.toml has the fields of each kind, templates/cards/looks/<key>.toml one
template each.
"""

from __future__ import annotations

import enum
import functools
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any, Final

from gateway.core.errors import NotFound
from mms.cards.card import Card
from mms.cards.fields import CardIncomplete, Field, Kind, problems
from mms.preview.fonts import Face
from mms.preview.lettering import Align


class Genre(enum.StrEnum):
    """What a card is for."""

    BUSINESS = "business"
    GREETING = "greeting"
    INVITATION = "invitation"


@dataclass(frozen=True, slots=True)
class Place:
    """Where words or a picture stand; the box in shares of width and height: left, top, right, bottom."""

    box: tuple[float, float, float, float]
    #: One colour, or two for letters that go from one to the other; "#rrggbb".
    ink: tuple[str, ...] = ("#000000",)
    #: Colour around letters; "" = none.
    edge: str = ""
    #: A second colour, of what is set apart.
    accent: str = ""
    face: Face = Face.SANS
    align: Align = Align.CENTRE

    def within(self, width: int, height: int) -> tuple[float, float, float, float]:
        """The box in pixels of a picture."""
        left, top, right, bottom = self.box
        return left * width, top * height, right * width, bottom * height


@dataclass(frozen=True, slots=True)
class CardTemplate:
    """One template. Tables by language have a text for each of `mms.cards.card.LANGUAGES`."""

    key: str
    genre: Genre
    names: Mapping[str, str]
    fields: tuple[Field, ...]
    #: What stands on it unless the card says else; empty of business cards.
    headlines: Mapping[str, str]
    words: Mapping[str, str]
    examples: Mapping[str, Mapping[str, str]]
    #: Of `mms.cards.scenery`.
    scene: str
    places: Mapping[str, Place]
    #: The key of its tune; "" = none.
    tune: str
    #: It has pictures that move.
    moves: bool
    #: The first letter of the name stands where a photo would.
    marked: bool

    def check(self, card: Card) -> None:
        """Raises CardIncomplete with a sentence for each field that keeps the card from being sent."""
        found = problems(card, self.fields)
        if found:
            raise CardIncomplete(found)

    def example(self, language: str) -> Card:
        """A card filled in to show the template."""
        return Card.of(self.key, language, self.examples[language])


def templates() -> tuple[CardTemplate, ...]:
    """All templates, in the order they are offered."""
    return tuple(_catalogue().values())


def template(key: str) -> CardTemplate:
    """The template of that key. Raises NotFound."""
    try:
        return _catalogue()[key]
    except KeyError:
        raise NotFound(f"There is no card template {key[:40]!r}.") from None


_FOLDER: Final = "cards"


@functools.cache
def _catalogue() -> Mapping[str, CardTemplate]:
    folder = resources.files("templates").joinpath(_FOLDER)
    kinds = tomllib.loads(folder.joinpath("fields.toml").read_text(encoding="utf-8"))
    fields = {genre: tuple(_field(one) for one in kinds[genre]) for genre in Genre}
    found: list[tuple[int, CardTemplate]] = []
    for file in folder.joinpath("looks").iterdir():
        if file.name.endswith(".toml"):
            look = tomllib.loads(file.read_text(encoding="utf-8"))
            found.append((look["order"], _template(file.name.removesuffix(".toml"), look, fields)))
    return {one.key: one for _, one in sorted(found, key=lambda pair: pair[0])}


def _field(table: Mapping[str, Any]) -> Field:
    return Field(
        key=table["key"],
        kind=Kind(table["kind"]),
        required=table.get("required", False),
        max_length=table["max"],
        labels=table["label"],
        prompts=table["prompt"],
    )


def _template(key: str, look: Mapping[str, Any], fields: Mapping[Genre, tuple[Field, ...]]) -> CardTemplate:
    genre = Genre(look["kind"])
    return CardTemplate(
        key=key,
        genre=genre,
        names=look["name"],
        fields=fields[genre],
        headlines=look.get("headline", {}),
        words=look.get("words", {}),
        examples=look["example"],
        scene=look["scene"],
        places={name: _place(table) for name, table in look["place"].items()},
        tune=look.get("tune", ""),
        moves=look.get("moves", False),
        marked=look.get("marked", False),
    )


def _place(table: Mapping[str, Any]) -> Place:
    left, top, right, bottom = table["box"]
    return Place(
        box=(left, top, right, bottom),
        ink=tuple(table.get("ink", ("#000000",))),
        edge=table.get("edge", ""),
        accent=table.get("accent", ""),
        face=Face(table.get("face", Face.SANS)),
        align=Align(table.get("align", Align.CENTRE)),
    )
