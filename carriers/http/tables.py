"""Tables of a description, read key by key; what nobody asked for is an error that names file and key."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from gateway.core.errors import ConfigError


class Table:
    """A TOML table of which every key must be asked for before `done()`."""

    def __init__(self, values: Mapping[str, Any], where: str) -> None:
        self._values = dict(values)
        self._asked: set[str] = set()
        self.where = where

    def at(self, key: str) -> str:
        """How errors call a key of this table."""
        return f"{self.where} {key}"

    def text(self, key: str, default: str | None = None) -> str:
        """A text; without a default it must be there."""
        value = self._take(key, default)
        if not isinstance(value, str):
            raise ConfigError(f"{self.at(key)} must be text, not {value!r}")
        return value

    def word(self, key: str, words: Collection[str], default: str | None = None) -> str:
        """One of these words."""
        value = self.text(key, default)
        if value not in words:
            raise ConfigError(f"{self.at(key)} must be one of {', '.join(words)}, not {value!r}")
        return value

    def number(self, key: str, default: int, least: int, most: int) -> int:
        """A whole number between two others."""
        value = self._take(key, default)
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise ConfigError(f"{self.at(key)} must be a whole number from {least} to {most}, not {value!r}")
        return value

    def flag(self, key: str) -> bool:
        """True or false; false when it is not there."""
        value = self._take(key, False)
        if not isinstance(value, bool):
            raise ConfigError(f"{self.at(key)} must be true or false, not {value!r}")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """One text or a list of them; () when it is not there."""
        value = self._take(key, [])
        found = [value] if isinstance(value, str) else value
        if not isinstance(found, list) or not all(isinstance(item, str) for item in found):
            raise ConfigError(f"{self.at(key)} must be text or a list of texts, not {value!r}")
        return tuple(found)

    def words(self, key: str) -> dict[str, str]:
        """A table of texts, in order; {} when it is not there."""
        value = self._take(key, {})
        if not isinstance(value, dict):
            raise ConfigError(f"{self.at(key)} must be a table, not {value!r}")
        for name, word in value.items():
            if not isinstance(word, str):
                raise ConfigError(f"{self.at(key)}.{name} must be text, not {word!r}")
        return dict(value)

    def table(self, key: str) -> Table:
        """A table in this one, empty when it is not there."""
        value = self._take(key, {})
        if not isinstance(value, dict):
            raise ConfigError(f"{self.at(key)} must be a table, not {value!r}")
        return Table(value, f"{self.where} [{key}]")

    def tables(self, key: str) -> list[Table]:
        """The tables of a list."""
        value = self._take(key, [])
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            raise ConfigError(f"{self.at(key)} must be tables, each begun with [[{key}]]")
        return [Table(item, f"{self.where} [[{key}]] {number}") for number, item in enumerate(value, 1)]

    def tree(self, key: str) -> Any:
        """Whatever stands there, None for nothing."""
        return self._take(key, None, needed=False)

    def names(self) -> list[str]:
        """Every key of the table."""
        return list(self._values)

    def done(self) -> None:
        """Raises ConfigError for a key nobody asked for."""
        unknown = sorted(set(self._values) - self._asked)
        if unknown:
            known = ", ".join(sorted(self._asked))
            raise ConfigError(f"{self.where}: there is no key {unknown[0]!r}; the keys are {known}")

    def _take(self, key: str, default: Any, *, needed: bool = True) -> Any:
        self._asked.add(key)
        if key in self._values:
            return self._values[key]
        if default is None and needed:
            raise ConfigError(f"{self.where}: {key} is needed")
        return default
