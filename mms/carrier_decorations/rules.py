"""The rules by which decoration is known, read from `carriers.toml`. Pure but for reading that file."""

from __future__ import annotations

import fnmatch
import functools
import re
import tomllib
from dataclasses import dataclass
from importlib import resources
from typing import Any

from gateway.core.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Carrier:
    """One carrier's habits."""

    name: str
    domains: tuple[str, ...]
    #: Of names of pictures, whole.
    pictures: re.Pattern[str] | None
    #: Of a line that begins an advert.
    adverts: re.Pattern[str] | None

    def sends_from(self, domain: str) -> bool:
        """Whether mail from there is through this carrier's gateway."""
        return any(domain == one or domain.endswith("." + one) for one in self.domains)


@dataclass(frozen=True, slots=True)
class Rules:
    """All of them."""

    carriers: tuple[Carrier, ...]
    footers: re.Pattern[str] | None
    pictures: re.Pattern[str] | None
    subjects: frozenset[str]

    def carrier_of(self, domain: str) -> Carrier | None:
        """Whose gateway mail from a domain came through."""
        return next((one for one in self.carriers if one.sends_from(domain)), None)


@functools.cache
def load() -> Rules:
    """The rules that come with the hub."""
    text = resources.files("mms.carrier_decorations").joinpath("carriers.toml").read_text(encoding="utf-8")
    return read(text)


def read(text: str) -> Rules:
    """The rules in a text. Raises ConfigError for what is no TOML, an unknown key, or no regular expression."""
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"carriers.toml: {error}") from error
    common: dict[str, Any] = _table(tables.get("common", {}), {"footers", "subjects", "pictures"})
    carriers = []
    for table in tables.get("carrier", []):
        one = _table(table, {"name", "domains", "pictures", "adverts"})
        carriers.append(
            Carrier(
                str(one["name"]),
                tuple(str(domain).lower() for domain in one["domains"]),
                _names(one["pictures"]),
                _lines(one["adverts"]),
            )
        )
    return Rules(
        tuple(carriers),
        _lines(common.get("footers", [])),
        _names(common.get("pictures", [])),
        frozenset(str(one).lower() for one in common.get("subjects", [])),
    )


def _table(table: Any, keys: set[str]) -> dict[str, Any]:
    if not isinstance(table, dict) or set(table) - keys:
        raise ConfigError(f"carriers.toml: a table has {', '.join(sorted(keys))} and nothing else")
    return table


def _names(globs: list[str]) -> re.Pattern[str] | None:
    return re.compile("|".join(map(fnmatch.translate, globs)), re.IGNORECASE) if globs else None


def _lines(expressions: list[str]) -> re.Pattern[str] | None:
    if not expressions:
        return None
    try:
        return re.compile("|".join(f"(?:{one})" for one in expressions), re.IGNORECASE)
    except re.error as error:
        raise ConfigError(f"carriers.toml: {error}") from error
