"""The catalogue of handsets: models, their families, the classes of their generation; each value and where it stands.

The data are our own, in `profiles/*.toml`, one table a kind:

    [class.colour-2003]      every value
    [family.nokia-s40-1]     parent = a class or a family, and what differs
    [model]                  nokia-6610 = { name = "Nokia 6610", parent = "nokia-s40-1", year = 2002, agents = [...] }

`agents` are beginnings of what such phones call themselves (`mms.handsets.user_agent`).
"""

from __future__ import annotations

import enum
import functools
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any, Final

from gateway.core.errors import BadRequest, NotFound
from mms.handsets.handset import Handset
from mms.handsets.source import Origin, Source
from mms.handsets.values import FIELDS, LISTS, merge, read_value

UNKNOWN: Final = "unknown"
MAX_DEPTH: Final = 6  # model, three families, class: more is a cycle or a muddle
FIRST_YEAR: Final = 1998

_KEY: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_MAX_KEY: Final = 48


class Level(enum.StrEnum):
    """What an entry of the catalogue is."""

    CLASS = "class"
    FAMILY = "family"
    MODEL = "model"


@dataclass(frozen=True, slots=True)
class Entry:
    """One table of the data, as it stands there."""

    key: str
    level: Level
    name: str
    parent: str  # "" of a class
    year: int
    agents: tuple[str, ...]
    #: Values given here; lists as they stand, with + and -.
    values: Mapping[str, Any]


class Catalogue:
    """Handsets by key, each with its values and where they come from."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        """Raises BadRequest for entries whose parents do not lead to a class that gives every value."""
        self.entries: dict[str, Entry] = {}
        for entry in entries:
            if entry.key in self.entries:
                raise BadRequest(f"{entry.key}: it stands in the catalogue twice")
            self.entries[entry.key] = entry
        self._handsets: dict[str, Handset] = {}
        self._sources: dict[str, dict[str, Source]] = {}
        for key in self.entries:
            self._make(key)

    def __contains__(self, key: object) -> bool:
        return key in self.entries

    def resolve(self, key: str) -> Handset:
        """The handset of that key with all its values. Raises NotFound."""
        try:
            return self._handsets[key]
        except KeyError:
            raise NotFound(f"there is no handset {key[:_MAX_KEY]!r}; see `caiyou handset list`") from None

    def sources(self, key: str) -> dict[str, Source]:
        """For each value of `FIELDS` the entry it stands in. Raises NotFound."""
        self.resolve(key)
        return dict(self._sources[key])

    def lineage(self, key: str) -> list[Entry]:
        """The entry and all above it, the class last. Raises NotFound."""
        self.resolve(key)
        return self._lineage(key)

    def find(self, query: str, limit: int = 50) -> list[Handset]:
        """Handsets whose key or name holds every word of the query, the closest first, then by name."""
        words = [word for word in re.split(r"[\s/_-]+", query.lower()) if word]
        wanted = "".join(words)
        found: list[tuple[bool, bool, int, str, str]] = []
        for key, entry in self.entries.items():
            spelt = f"{key} {entry.name.lower()}"
            if all(word in spelt for word in words) or (wanted and wanted in _squeezed(entry.name)):
                exact = wanted == _squeezed(entry.name) or wanted == key.replace("-", "")
                found.append((not exact, entry.level is not Level.MODEL, len(key), entry.name, key))
        return [self._handsets[one[-1]] for one in sorted(found)[:limit]]

    def _lineage(self, key: str) -> list[Entry]:
        found: list[Entry] = []
        above = key
        while above:
            entry = self.entries.get(above)
            if entry is None:
                raise BadRequest(f"{key}: its parent {above} is not in the catalogue")
            found.append(entry)
            if len(found) > MAX_DEPTH:
                raise BadRequest(f"{key}: more than {MAX_DEPTH} entries above one another")
            above = entry.parent
        return found

    def _make(self, key: str) -> None:
        lineage = self._lineage(key)
        values: dict[str, Any] = {}
        sources: dict[str, Source] = {}
        for entry in reversed(lineage):
            for field, given in entry.values.items():
                try:
                    values[field] = (
                        merge(values.get(field, frozenset()), field, given)
                        if field in LISTS
                        else read_value(field, given)
                    )
                except BadRequest as error:
                    raise BadRequest(f"{entry.key}: {error}") from None
                sources[field] = Source(Origin(entry.level.value), entry.key)
        missing = [field for field in FIELDS if field not in values]
        if missing:
            raise BadRequest(f"{key}: neither it nor what stands above it gives {', '.join(missing)}")
        own = lineage[0]
        self._handsets[key] = Handset(key=key, name=own.name, parent=own.parent, year=own.year, **values)
        self._sources[key] = sources


def read_entries(document: Mapping[str, Any]) -> list[Entry]:
    """The entries of one TOML document. Raises BadRequest naming the entry and the value."""
    found: list[Entry] = []
    for word, tables in document.items():
        if word not in list(Level) or not isinstance(tables, dict):
            raise BadRequest(f"{word[:32]}: tables are named {', '.join(Level)}")
        found += [_entry(Level(word), key, table) for key, table in tables.items()]
    return found


def _entry(level: Level, key: str, table: object) -> Entry:
    if not isinstance(table, dict) or not _KEY.fullmatch(key) or len(key) > _MAX_KEY:
        raise BadRequest(f"{key[:_MAX_KEY]}: keys are lower-case words with - between them, each with a table")
    values = dict(table)
    name, parent, year = values.pop("name", None), values.pop("parent", ""), values.pop("year", None)
    agents = values.pop("agents", [])
    if not isinstance(name, str) or not 0 < len(name) <= 64 or not name.isprintable():
        raise BadRequest(f"{key}: name: give 1 to 64 characters")
    if not isinstance(year, int) or not FIRST_YEAR <= year <= 2100:
        raise BadRequest(f"{key}: year: give the year it came out")
    if not isinstance(parent, str) or (level is Level.CLASS) != (parent == ""):
        raise BadRequest(f"{key}: parent: models and families have one, classes have none")
    if not isinstance(agents, list) or not all(isinstance(one, str) and one for one in agents):
        raise BadRequest(f"{key}: agents: give a list of texts")
    unknown = [field for field in values if field not in FIELDS]
    if unknown:
        raise BadRequest(f"{key}: {unknown[0]}: a handset has no such value; it has {', '.join(FIELDS)}")
    return Entry(key, level, name, parent, year, tuple(agents), values)


def _squeezed(name: str) -> str:
    return re.sub(r"[\s/_-]+", "", name.lower())


@functools.cache
def built_in() -> Catalogue:
    """The catalogue that comes with the hub."""
    folder = resources.files("mms.handsets").joinpath("profiles")
    entries: list[Entry] = []
    for file in sorted(folder.iterdir(), key=lambda one: one.name):
        if file.name.endswith(".toml"):
            entries += read_entries(tomllib.loads(file.read_text(encoding="utf-8")))
    return Catalogue(entries)


def resolve(key: str) -> Handset:
    """A handset of the catalogue that comes with the hub. Raises NotFound."""
    return built_in().resolve(key)
