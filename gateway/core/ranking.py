"""Routes in the order a message tries them, with a reason for each place. Pure.

First come links that can take the message now: not tried before, up, breaker not open, able to report when a report is
wanted. Among those the line with more conditions, the narrower one, the preferred, the cheaper goes first; lines that
are equal in all that share messages by weight and health, decided by the id of the message: asked again, the answer is
the same.
"""

from __future__ import annotations

import bisect
import itertools
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

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
    data: bool = True  # whether it can carry a data SMS
    mms: bool = False  # whether it carries MMS, and nothing else


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


class Equals(NamedTuple):
    """Lines between which nothing but weight and health decides."""

    ranks: tuple[Rank, ...]
    ends: tuple[int, ...]  # where the share of each ends, of the last number in all

    def first(self, message_id: int) -> Rank:
        """The line this message takes."""
        if len(self.ends) == 1:
            return self.ranks[0]
        return self.ranks[bisect.bisect_right(self.ends, _mixed(message_id) % self.ends[-1])]

    def in_turn(self, message_id: int) -> tuple[Rank, ...]:
        """All of them in the order this message tries them."""
        if len(self.ends) == 1:
            return self.ranks
        first = self.ranks.index(self.first(message_id))
        return self.ranks[first:] + self.ranks[:first]

    def share(self, rank: Rank) -> float:
        """The part of all messages that takes this line."""
        place = self.ranks.index(rank)
        return (self.ends[place] - (self.ends[place - 1] if place else 0)) / self.ends[-1]


def rank(
    enquiry: Enquiry,
    lines: Iterable[Line],
    links: Mapping[str, LinkFacts],
    *,
    tried: Collection[str] = (),
    probe: str = "",
) -> tuple[Equals, ...]:
    """The lines that fit, best first, each link once.

    A link that is down or was tried before is not left out but put behind the others: with no better link the message
    waits for it. `probe` is a half-open link that this message may try as if it were closed.
    """
    ranks = [
        Rank(_against(facts, route.link, enquiry.want_report, tried, probe), order, route)
        for order, route, _ in lines
        if (facts := links.get(route.link)) is not None
    ]
    ranks.sort(key=lambda one: (one.against, one.order, one.route.link))
    once = {one.route.link: one for one in reversed(ranks)}
    groups = itertools.groupby(
        (one for one in ranks if once[one.route.link] is one), key=lambda one: (one.against, one.order)
    )
    return tuple(_equals(tuple(group), links) for _, group in groups)


def _equals(ranks: tuple[Rank, ...], links: Mapping[str, LinkFacts]) -> Equals:
    weights = [max(one.route.weight, 1) * max(links[one.route.link].score // 10, 1) for one in ranks]
    return Equals(ranks, tuple(itertools.accumulate(weights)))


def considered(
    enquiry: Enquiry,
    routes: Iterable[Route],
    ranked: Sequence[Equals],
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
        for one in equals.in_turn(enquiry.message_id):
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


def _mixed(message_id: int) -> int:
    """An id stirred until every bit of it moves every other (the finaliser of SplitMix64): ids follow one another."""
    mixed = ((message_id ^ message_id >> 30) * 0xBF58476D1CE4E5B9) & 0xFFFFFFFFFFFFFFFF
    mixed = ((mixed ^ mixed >> 27) * 0x94D049BB133111EB) & 0xFFFFFFFFFFFFFFFF
    return mixed ^ mixed >> 31


def _why(one: Rank, before: Rank | None, equals: Equals, links: Mapping[str, LinkFacts]) -> str:
    facts = links[one.route.link]
    words = [
        word.format(breaker=facts.breaker.value) for against, word in zip(one.against, _WORDS, strict=True) if against
    ]
    if before is None:
        words.append("first: " + _merits(one.route))
    elif one.against > before.against and words:
        words.append("behind all that have nothing against them")
    elif one.order == before.order and len(equals.ranks) > 1:
        words.append("equal to the one before")
    else:
        names = ("fewer conditions", "less narrow", "less preferred", "dearer")
        words.append(
            next(
                (name for name, own, other in zip(names, one.order, before.order, strict=True) if own > other),
                "behind the one before",
            )
        )
    if len(equals.ranks) > 1:
        words.append(f"takes {equals.share(one):.0%} of the messages among equals, by their ids")
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
