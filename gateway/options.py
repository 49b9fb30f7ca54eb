"""Options: tables of TOML read into frozen dataclasses, and described from their field comments.

A dataclass is declared beside the code it configures. Each field has a `#:` comment above it, which is the reference:
`caiyou config describe` and docs/configuration.md print it.
"""

from __future__ import annotations

import dataclasses
import enum
import inspect
import re
import types
import typing
from collections.abc import Mapping
from typing import Any, TypeVar

from gateway.core.errors import ConfigError

T = TypeVar("T")

_COMMENT = re.compile(r"^\s+#: ?(.*)$")
_FIELD = re.compile(r"^\s+(\w+):")


def read_table(kind: type[T], table: Mapping[str, Any], where: str) -> T:
    """Fill a dataclass from a table; `where` names file and table in errors. Raises ConfigError."""
    hints = typing.get_type_hints(kind)
    fields = {field.name: field for field in dataclasses.fields(kind)}  # type: ignore[arg-type]
    unknown = sorted(set(table) - set(fields))
    if unknown:
        raise ConfigError(f"{where}: there is no option {unknown[0]!r}; the options are {', '.join(sorted(fields))}")
    values = {key: _value(hints[key], value, f"{where}: {key}") for key, value in table.items()}
    missing = [name for name, field in fields.items() if name not in values and _is_required(field)]
    if missing:
        raise ConfigError(f"{where}: {missing[0]} is needed")
    try:
        return kind(**values)
    except ConfigError as error:
        raise ConfigError(f"{where}: {error}") from error


def _is_required(field: dataclasses.Field[Any]) -> bool:
    return field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING


def _value(hint: Any, value: Any, where: str) -> Any:
    origin = typing.get_origin(hint)
    if origin in (types.UnionType, typing.Union):
        return (
            value
            if value is None
            else _value(next(a for a in typing.get_args(hint) if a is not type(None)), value, where)
        )
    if origin is typing.Literal:
        if value not in typing.get_args(hint):
            raise ConfigError(f"{where} must be one of {', '.join(map(str, typing.get_args(hint)))}")
        return value
    if origin is dict:
        if not isinstance(value, dict):
            raise ConfigError(f"{where} must be a table")
        return {key: _value(typing.get_args(hint)[1], item, f"{where}.{key}") for key, item in value.items()}
    if origin is tuple:
        if not isinstance(value, list):
            raise ConfigError(f"{where} must be a list")
        return tuple(_value(typing.get_args(hint)[0], item, where) for item in value)
    if isinstance(hint, type) and issubclass(hint, enum.Enum):
        try:
            return hint(value)
        except ValueError:
            raise ConfigError(f"{where} must be one of {', '.join(str(member.value) for member in hint)}") from None
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, hint) or (hint is int and isinstance(value, bool)):
        raise ConfigError(f"{where} must be {_word(hint)}, not {value!r}")
    return value


def _word(hint: type) -> str:
    return {str: "text", int: "a whole number", float: "a number", bool: "true or false"}.get(hint, hint.__name__)


@dataclasses.dataclass(frozen=True, slots=True)
class Option:
    """One option, as the reference shows it."""

    name: str
    type: str
    default: str  # "" when it must be given
    text: str


def describe(kind: type) -> list[Option]:
    """The options of a dataclass with the comments above its fields."""
    hints = typing.get_type_hints(kind)
    texts = _comments(kind)
    options = []
    for field in dataclasses.fields(kind):
        default = "" if _is_required(field) else _show(_default(field))
        options.append(Option(field.name, _type_words(hints[field.name]), default, texts.get(field.name, "")))
    return options


def _default(field: dataclasses.Field[Any]) -> Any:
    if field.default is not dataclasses.MISSING:
        return field.default
    assert field.default_factory is not dataclasses.MISSING
    return field.default_factory()


def _type_words(hint: Any) -> str:
    if typing.get_origin(hint) in (types.UnionType, typing.Union):
        return _type_words(next(a for a in typing.get_args(hint) if a is not type(None)))
    if typing.get_origin(hint) in (tuple, dict):
        return "list" if typing.get_origin(hint) is tuple else "table"
    if typing.get_origin(hint) is typing.Literal:
        return " | ".join(_show(choice) for choice in typing.get_args(hint))
    if isinstance(hint, type) and issubclass(hint, enum.Enum):
        return " | ".join(f'"{member.value}"' for member in hint)
    return _word(hint)


def _show(value: Any) -> str:
    if isinstance(value, enum.Enum):
        value = value.value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "{}" if not value else "{" + ", ".join(f"{key} = {_show(item)}" for key, item in value.items()) + "}"
    if isinstance(value, tuple):
        return "[" + ", ".join(_show(item) for item in value) + "]"
    if value is None:
        return "(none)"
    return f'"{value}"' if isinstance(value, str) else str(value)


def _comments(kind: type) -> dict[str, str]:
    found: dict[str, str] = {}
    text: list[str] = []
    for line in inspect.getsource(kind).splitlines():
        comment = _COMMENT.match(line)
        field = _FIELD.match(line)
        if comment:
            text.append(comment[1])
        elif field and text:
            found[field[1]] = " ".join(text)
            text = []
        else:
            text = []
    return found
