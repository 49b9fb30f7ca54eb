"""Options of a link as a form, and the form as the [[link]] table the configuration file would hold. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from gateway.core.errors import BadRequest
from gateway.web.site.services import LinkOption, LinkShelf

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.\-]{0,31}")
#: Options every carrier asks for; the others stand under "more".
_FIRST: Final = frozenset(
    {
        "host", "port", "system_id", "user", "password", "secret", "sp_id", "client_id", "login", "access_number",
        "service_id", "msg_src", "node_id", "url", "vasp_id", "vas_id", "devices", "kind", "provider", "corp_id",
    }
)  # fmt: skip
#: Options of every link that the form offers.
_COMMON: Final = ("group", "rate_per_s", "uncertain", "uncertain_wait_s")


@dataclass(frozen=True, slots=True)
class LinkField:
    """One field of the form."""

    option: LinkOption
    value: str  # as it is written into the field; "" of a secret
    choices: tuple[str, ...]  # of an option with a few values
    is_first: bool

    @property
    def is_required(self) -> bool:
        """Whether it must be filled in."""
        return self.option.default == "" and not self.choices


def fields(shelf: LinkShelf, protocol: str, table: Mapping[str, Any]) -> list[LinkField]:
    """The fields for a protocol, filled in from a table."""
    common = [option for option in shelf.common if option.name in _COMMON]
    found = []
    for option in (*shelf.options[protocol], *common):
        if option.type in ("table", "dict"):
            continue
        required = option.default == ""
        value = table.get(option.name, _plain(option))
        found.append(
            LinkField(
                option, "" if option.is_secret else _written(value), choices_of(option),
                required or option.is_secret or option.name in _FIRST,
            )
        )  # fmt: skip
    return found


def choices_of(option: LinkOption) -> tuple[str, ...]:
    """The values of an option that has only a few."""
    if option.type == "true or false":
        return ("true", "false")
    if " | " in option.type:
        return tuple(choice.strip('"') for choice in option.type.split(" | "))
    return ()


def read_form(
    shelf: LinkShelf, protocol: str, name: str, given: Callable[[str], str], before: Mapping[str, Any]
) -> dict[str, Any]:
    """The [[link]] table of a form: what is as without it is left out, an empty secret stays as it was.

    Raises BadRequest for a name or a number that cannot be; what the values mean is checked by the shelf.
    """
    if protocol not in shelf.options:
        raise BadRequest("There is no such protocol.")
    if not _NAME.fullmatch(name):
        raise BadRequest("The name of a link has up to 32 letters, digits, dots and dashes.")
    table: dict[str, Any] = {"name": name, "protocol": protocol}
    for field in fields(shelf, protocol, {}):
        option = field.option
        text = given(option.name).strip()
        if option.is_secret and not text:
            if option.name in before:
                table[option.name] = before[option.name]
            continue
        if text == field.value and not field.is_required:
            continue
        if not text and option.type in ("a whole number", "a number", "list"):
            continue
        table[option.name] = _read(option, text)
    return table


def shown(table: Mapping[str, Any], options: Iterable[LinkOption]) -> dict[str, Any]:
    """A table as it may stand in the log: a star for each secret."""
    secrets = {option.name for option in options if option.is_secret}
    return {name: "*" if name in secrets else _written(value) for name, value in table.items() if name != "name"}


def _read(option: LinkOption, text: str) -> Any:
    if option.type == "true or false":
        return text == "true"
    try:
        if option.type == "a whole number":
            return int(text[:20])
        if option.type == "a number":
            return float(text[:20])
    except ValueError:
        raise BadRequest(f"{option.name}: {text[:20]!r}") from None
    if option.type == "list":
        pieces = [piece for piece in re.split(r"[\s,]+", text) if piece]
        is_of_numbers = any(isinstance(one, int) for one in _plain(option))
        return [int(piece) if is_of_numbers and piece.isdecimal() else piece for piece in pieces]
    return text[:1024]


def _plain(option: LinkOption) -> Any:
    """The default as a value."""
    if option.default in ("", "(none)"):
        return ""
    try:
        return json.loads(option.default)
    except ValueError:
        return option.default


def _written(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return str(value)
