"""Routes in the order a message tries them, with a reason for each place. Pure.

First come links that can take the message now: not tried before, up, breaker not open, able to report when a report is
wanted. Among those the line with more conditions, the narrower one, the preferred, the cheaper goes first; lines that
are equal in all that share messages by weight and health, decided by the id of the message: asked again, the answer is
the same.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple
from zlib import crc32

from gateway.core.health import Breaker
from gateway.core.routes import Enquiry, Line, Route, mismatch


@dataclass(frozen=True, slots=True)
class LinkFacts:
    """What the router needs to know of a link."""

    up: bool
    queued: int = 0
    breaker: Breaker = Breaker.CLOSED
    score: int = 100  # 0-100
    report: bool = True  # whether it can bring delivery reports


#: What is against a link, each word worse than those behind it: (tried, down, breaker, no reports).
Against = tuple[bool, bool, bool, bool]
_WORDS: Final = ("tried before", "down", "breaker {breaker}", "brings no reports")


class Rank(NamedTuple):
    """A line that fits, and where it stands: smaller goes first."""

    against: Against
    order: tuple[int, int, int, int]
    route: Route


class Candidate(NamedTuple):
    """A line of the routing table, considered for a message."""

    route: Route
    place: int  # from 1; 0 = left out
    reason: str


def rank(
    enquiry: Enquiry,
    lines: Iterable[Line],
    links: Mapping[str, LinkFacts],
    *,
    tried: Collection[str] = (),
    probe: str = "",
) -> list[list[Rank]]:
    """The lines that fit, best first, each link once; lines in one list are equals (see `spread`).

    A link that is down or was tried before is not left out but put behind the others: with no better link the message
    waits for it. `probe` is a half-open link that this message may try as if it were closed.
    """
    ranks = [
        Rank(_against(facts, route.link, enquiry.want_report, tried, probe), order, route)
        for order, route, _ in lines
        if (facts := links.get(route.link)) is not None
    ]
    if len(ranks) > 1:
        ranks.sort(key=lambda one: (one.against, one.order, one.route.link))
        seen: set[str] = set()
        once: list[Rank] = []
        for one in ranks:
            if one.route.link not in seen:
                seen.add(one.route.link)
                once.append(one)
        ranks = once
    return [list(equals) for _, equals in itertools.groupby(ranks, key=lambda one: (one.against, one.order))]


def spread(equals: Sequence[Rank], message_id: int, links: Mapping[str, LinkFacts]) -> list[Rank]:
    """Equals in the order this message takes them: each is first for its share of all messages."""
    if len(equals) == 1:
        return list(equals)
    return sorted(equals, key=lambda one: _draw(message_id, one.route, links[one.route.link].score))


def share_of(one: Rank, equals: Sequence[Rank], links: Mapping[str, LinkFacts]) -> float:
    """The share of messages that take this one of equals first."""
    weights = [_weight(other.route, links[other.route.link].score) for other in equals]
    return _weight(one.route, links[one.route.link].score) / sum(weights)


def considered(
    enquiry: Enquiry,
    routes: Iterable[Route],
    ranked: Sequence[Sequence[Rank]],
    links: Mapping[str, LinkFacts],
) -> list[Candidate]:
    """Every route with the reason for its place: the ranked ones first, then those left out.

    A table of many lines tells of those only that fit the number.
    """
    routes = list(routes)
    found: list[Candidate] = []
    taken: set[Route] = set()
    before: Rank | None = None
    for equals in ranked:
        for one in spread(equals, enquiry.message_id, links):
            found.append(Candidate(one.route, len(found) + 1, _why(one, before, equals, links)))
            taken.add(one.route)
            before = one
    links_taken = {candidate.route.link for candidate in found}
    for route in routes:
        if route in taken:
            continue
        why = mismatch(route, enquiry)
        if not why:
            why = (
                "another line for the same link goes before"
                if route.link in links_taken
                else f"there is no link {route.link}"
            )
        elif len(routes) > 100 and not enquiry.recipient.startswith(route.prefix):
            continue
        found.append(Candidate(route, 0, why))
    return found


def _against(facts: LinkFacts, link: str, want_report: bool, tried: Collection[str], probe: str) -> Against:
    doubtful = facts.breaker is not Breaker.CLOSED and link != probe
    return link in tried, not facts.up, doubtful, want_report and not facts.report


def _weight(route: Route, score: int) -> float:
    return max(route.weight, 1) * max(score // 10, 1)


def _draw(message_id: int, route: Route, score: int) -> float:
    """Weighted rendezvous hashing: the smallest of -ln(u)/weight wins, u from a hash of message and link."""
    mixed = (message_id ^ crc32(route.link.encode()) * 0x9E3779B97F4A7C15) & 0xFFFFFFFFFFFFFFFF
    mixed = ((mixed ^ mixed >> 30) * 0xBF58476D1CE4E5B9) & 0xFFFFFFFFFFFFFFFF
    mixed = ((mixed ^ mixed >> 27) * 0x94D049BB133111EB) & 0xFFFFFFFFFFFFFFFF
    return -math.log(((mixed ^ mixed >> 31) + 1) / 0x10000000000000001) / _weight(route, score)


def _why(one: Rank, before: Rank | None, equals: Sequence[Rank], links: Mapping[str, LinkFacts]) -> str:
    facts = links[one.route.link]
    words = [
        word.format(breaker=facts.breaker.value) for against, word in zip(one.against, _WORDS, strict=True) if against
    ]
    if before is None:
        words.append("first: " + _merits(one.route))
    elif one.against > before.against and words:
        words.append("behind all that have nothing against them")
    elif one.order == before.order and len(equals) > 1:
        words.append("equal to the one before")
    else:
        names = ("fewer conditions", "less narrow", "less preferred", "dearer")
        words.append(
            next(
                (name for name, own, other in zip(names, one.order, before.order, strict=True) if own > other),
                "behind the one before",
            )
        )
    if len(equals) > 1:
        words.append(f"takes {share_of(one, equals, links):.0%} of the messages among equals, by their ids")
    return "; ".join(words)


def _merits(route: Route) -> str:
    asked = [
        words
        for value, words in (
            (route.prefix, f"prefix {route.prefix}"),
            (route.operator, f"operator {route.operator}"),
            (route.country, f"country {route.country}"),
            (route.sender, f"sender {route.sender}"),
            (route.account_id, f"account {route.account_id}"),
            (route.purpose, f"purpose {route.purpose}"),
            (route.tag, f"tag {route.tag}"),
            (route.hours, f"open {route.hours}"),
        )
        if value
    ]
    return f"{', '.join(asked) or 'every number'}, preference {route.preference}, cost {route.cost}"
