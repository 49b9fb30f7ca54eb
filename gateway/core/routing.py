"""Which link an SMS takes. Pure: what is known of routes and links comes in, a ranked list goes out."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Route:
    """One line of the routing table."""

    prefix: str  # of the recipient in E.164 ("+86138"); "" fits every number
    link: str
    cost: int = 0  # millionths of the currency unit per segment
    preference: int = 0  # a lower number is tried first among equally long prefixes
    weight: int = 1


@dataclass(frozen=True, slots=True)
class LinkFacts:
    """What the router needs to know of a link."""

    up: bool
    queued: int = 0


def rank(
    recipient: str,
    routes: Iterable[Route],
    links: Mapping[str, LinkFacts],
    *,
    tried: Collection[str] = (),
) -> list[str]:
    """Links for a recipient, best first; empty when no route fits.

    Longest prefix wins, then preference, then cost. A link that is down or was tried before is not left out but
    put behind the others: with no better link the message waits for it.
    """
    fitting = [route for route in routes if recipient.startswith(route.prefix) and route.link in links]
    fitting.sort(
        key=lambda route: (
            route.link in tried,
            not links[route.link].up,
            -len(route.prefix),
            route.preference,
            route.cost,
            links[route.link].queued / max(route.weight, 1),
            route.link,
        )
    )
    ranked: dict[str, None] = dict.fromkeys(route.link for route in fitting)
    return list(ranked)


class Router:
    """The routing table and the state of the links, as this process knows them."""

    def __init__(self) -> None:
        self._routes: list[Route] = []
        self._links: dict[str, LinkFacts] = {}

    def set_routes(self, routes: Iterable[Route]) -> None:
        """Use another routing table from now on."""
        self._routes = list(routes)

    def set_link(self, name: str, facts: LinkFacts) -> None:
        """Note how a link is."""
        self._links[name] = facts

    def drop_link(self, name: str) -> None:
        """Forget a link that is gone for good: no route leads over it any more."""
        self._links.pop(name, None)

    @property
    def links(self) -> Mapping[str, LinkFacts]:
        """The links known, by name."""
        return self._links

    def choose(self, recipient: str, tried: Collection[str] = ()) -> str:
        """The best link for a recipient; "" when no route fits."""
        ranked = rank(recipient, self._routes, self._links, tried=tried)
        return ranked[0] if ranked else ""

    def price(self, recipient: str, link: str) -> int:
        """What a segment to a recipient costs on a link, in millionths of the currency unit."""
        fitting = [route for route in self._routes if route.link == link and recipient.startswith(route.prefix)]
        return max(fitting, key=lambda route: len(route.prefix)).cost if fitting else 0
