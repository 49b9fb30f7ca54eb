"""What PROPPATCH and MKCOL change of a book: all of it or nothing (RFC 4918 9.2, RFC 5689 3). Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from addressbook.dav.multistatus import propstat
from addressbook.dav.names import COLOUR, DESCRIPTION, DISPLAYNAME, dav
from addressbook.dav.properties import is_in_allprop
from addressbook.dav.requests import PropertyChange
from addressbook.dav.xml_writer import element, write_node

MAX_NAME: Final = 128
MAX_DESCRIPTION: Final = 4096
#: Properties of clients' own that a book keeps, and octets of all of them.
MAX_DEAD: Final = 100
MAX_DEAD_OCTETS: Final = 65_536
_COLOUR: Final = re.compile(r"#[0-9A-Fa-f]{6}(?:[0-9A-Fa-f]{2})?")
_PROTECTED: Final = dav("cannot-modify-protected-property")


@dataclass(frozen=True, slots=True)
class Patch:
    """What becomes of a book; None for what stays."""

    name: str | None = None
    description: str | None = None
    colour: str | None = None
    dead: Mapping[str, str] = field(default_factory=dict)  # all that clients keep with it, by name
    refused: Mapping[str, tuple[int, str]] = field(default_factory=dict)  # status and condition, by name
    names: tuple[str, ...] = ()  # all that were asked for

    @property
    def works(self) -> bool:
        """Whether it can be done."""
        return not self.refused


def read_dead(properties: str) -> dict[str, str]:
    """What clients keep with a book, from its row."""
    return {str(name): str(value) for name, value in json.loads(properties or "{}").items()}


def write_dead(dead: Mapping[str, str]) -> str:
    """What clients keep with a book, for its row."""
    return json.dumps(dict(dead), ensure_ascii=False)


def plan(changes: Iterable[PropertyChange], dead: Mapping[str, str], fallback_name: str) -> Patch:
    """What the changes, in order, make of a book."""
    changes = tuple(changes)
    kept = dict(dead)
    set_to: dict[str, str] = {}
    refused: dict[str, tuple[int, str]] = {}
    for change in changes:
        name, value = change.name, change.value
        text = "" if value is None else value.text.strip()
        if name == DISPLAYNAME:
            set_to[name] = text[:MAX_NAME] or fallback_name
        elif name == DESCRIPTION:
            set_to[name] = text[:MAX_DESCRIPTION]
        elif name == COLOUR and (not text or _COLOUR.fullmatch(text)):
            set_to[name] = text
        elif name == COLOUR:
            refused[name] = (409, "")
        elif not is_in_allprop(name) or name.startswith("{DAV:}"):
            refused[name] = (403, _PROTECTED)
        elif value is None:
            kept.pop(name, None)
        else:
            kept[name] = write_node(value)
    if len(kept) > MAX_DEAD or sum(len(name) + len(value.encode()) for name, value in kept.items()) > MAX_DEAD_OCTETS:
        refused |= {change.name: (507, "") for change in changes if change.name in kept}
    return Patch(
        set_to.get(DISPLAYNAME),
        set_to.get(DESCRIPTION),
        set_to.get(COLOUR),
        kept,
        refused,
        tuple(dict.fromkeys(change.name for change in changes)),
    )


def propstats(patch: Patch) -> str:
    """What became of each property: when one is refused, the others fail because of it (424)."""
    if patch.works:
        return propstat("".join(map(element, patch.names)), 200)
    others = [name for name in patch.names if name not in patch.refused]
    stats = [propstat(element(name), status, condition) for name, (status, condition) in patch.refused.items()]
    if others:
        stats.append(propstat("".join(map(element, others)), 424))
    return "".join(stats)
