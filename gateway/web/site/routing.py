"""Which page answers which path, and who may see it: a literal table."""

from __future__ import annotations

import enum
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from aiohttp import web

if TYPE_CHECKING:
    from gateway.web.site.visit import Visit

Handler = Callable[["Visit"], Awaitable[web.StreamResponse]]
#: Octets of a form without files.
FORM_OCTETS: Final = 262_144
#: Octets of a form with files.
UPLOAD_OCTETS: Final = 33_554_432


class Access(enum.IntEnum):
    """Who may: each may what those before it may."""

    OPEN = 0  # anybody
    HALF = 1  # who has shown a password, but not yet the second factor
    MEMBER = 2
    DOMAIN = 3  # administrators of domains
    SYSTEM = 4


@dataclass(frozen=True, slots=True)
class Route:
    """One page or action. `{name}` in the pattern stands for one piece of the path."""

    method: str  # GET (with HEAD) or POST
    pattern: str
    access: Access
    handler: Handler
    max_octets: int = FORM_OCTETS  # of the body

    @property
    def pieces(self) -> tuple[str, ...]:
        """The pattern in pieces."""
        return tuple(self.pattern.strip("/").split("/"))


class Table:
    """All routes; plain pieces go before names."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self.routes: Final = tuple(routes)
        self._by_shape: dict[tuple[int, str], list[Route]] = {}
        for route in sorted(self.routes, key=lambda it: [piece.startswith("{") for piece in it.pieces]):
            self._by_shape.setdefault((len(route.pieces), route.pieces[0]), []).append(route)

    @property
    def words(self) -> frozenset[str]:
        """The first pieces of all paths."""
        return frozenset(first for _, first in self._by_shape)

    def find(self, method: str, path: str) -> tuple[Route | None, dict[str, str], bool]:
        """The route, what its names stand for, and whether there is one for another method."""
        pieces = path.strip("/").split("/")
        other = False
        for route in self._by_shape.get((len(pieces), pieces[0]), ()):
            names = _fit(route.pieces, pieces)
            if names is None:
                continue
            if route.method == method or (route.method == "GET" and method == "HEAD"):
                return route, names, False
            other = True
        return None, {}, other


def _fit(pattern: tuple[str, ...], pieces: list[str]) -> dict[str, str] | None:
    names: dict[str, str] = {}
    for wanted, given in zip(pattern, pieces, strict=True):
        if wanted.startswith("{"):
            if not given:
                return None
            names[wanted[1:-1]] = given
        elif wanted != given:
            return None
    return names
