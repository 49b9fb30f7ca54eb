"""The routing table: which lines ask for what, and the lines that fit a message, found without looking at the others.

Lines are grouped by what they ask for (so many digits, an operator, an account …) and each group is a table by the
values: a message is looked up once in each group, however many lines there are. Pure.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, NamedTuple

from gateway.core import hours
from gateway.core.errors import BadRequest
from gateway.core.numbering import is_operator
from gateway.core.outbox import Purpose

#: How narrow a condition on the recipient is, in characters of a prefix: "+86138" is as narrow as an operator.
OPERATOR_REACH: Final = 6
COUNTRY_REACH: Final = 2

_PREFIX: Final = re.compile(r"\+[0-9]{1,15}|[0-9]{1,20}|")
_COUNTRY: Final = re.compile(r"[A-Z]{2}|")


@dataclass(frozen=True, slots=True)
class Route:
    """One line of the routing table. Conditions left empty ask for nothing."""

    prefix: str  # of the recipient in E.164 ("+86138"); "" fits every number
    link: str
    cost: int = 0  # millionths of the currency unit per segment
    preference: int = 0  # a lower number is tried first among equally narrow lines
    weight: int = 1  # share among lines that are equal in everything before
    operator: str = ""  # of the recipient
    country: str = ""  # of the recipient, ISO 3166-1 alpha-2
    sender: str = ""  # as asked; * behind: begins so
    account_id: int = 0
    purpose: str = ""
    tag: str = ""
    hours: str = ""  # as gateway.core.hours reads it
    id: int = 0

    @property
    def conditions(self) -> int:
        """How many conditions it has on the message beside the recipient's."""
        return sum(map(bool, (self.sender, self.account_id, self.purpose, self.tag, self.hours)))

    @property
    def reach(self) -> int:
        """How narrow it is on the recipient."""
        least = OPERATOR_REACH if self.operator else COUNTRY_REACH if self.country else 0
        return max(len(self.prefix), least)

    @property
    def order(self) -> tuple[int, int, int, int]:
        """Smaller goes first: more conditions, narrower, preferred, cheaper."""
        return -self.conditions, -self.reach, self.preference, self.cost


class Enquiry(NamedTuple):
    """A message, as far as routes look at it."""

    recipient: str
    country: str = ""
    operator: str = ""
    sender: str = ""
    account_id: int = 0
    purpose: str = ""
    tag: str = ""
    minute: int = 0  # Unix minutes
    want_report: bool = False
    message_id: int = 0


def mismatch(route: Route, enquiry: Enquiry) -> str:
    """Why a route does not fit a message, in words; "" when it does."""
    asked = (
        (not enquiry.recipient.startswith(route.prefix), f"for numbers that begin with {route.prefix}"),
        (route.operator not in ("", enquiry.operator), f"for operator {route.operator}"),
        (route.country not in ("", enquiry.country), f"for country {route.country}"),
        (not _sender_fits(route.sender, enquiry.sender), f"for sender {route.sender}"),
        (route.account_id not in (0, enquiry.account_id), f"for account {route.account_id}"),
        (route.purpose not in ("", enquiry.purpose), f"for purpose {route.purpose}"),
        (route.tag not in ("", enquiry.tag), f"for tag {route.tag}"),
        (route.hours != "" and not hours.holds(route.hours, enquiry.minute), f"open {route.hours}"),
    )
    return "; ".join(words for wrong, words in asked if wrong)


class Line(NamedTuple):
    """A route with its order worked out."""

    order: tuple[int, int, int, int]
    route: Route
    number: int  # its place in the table

    @property
    def has_rest(self) -> bool:
        """Whether it has conditions that no table knows: hours, a beginning of a sender."""
        return bool(self.route.hours) or self.route.sender.endswith("*")


@dataclass(frozen=True, slots=True)
class Shelf:
    """The lines that ask for the same values."""

    number: int
    lines: tuple[Line, ...]
    has_rest: bool


class RouteTable:
    """Lines, ready to be asked. `is_plain`: only the beginning of the number decides."""

    def __init__(self, routes: Iterable[Route] = ()) -> None:
        self.routes = tuple(routes)
        shelves: dict[tuple[int, tuple[int, ...]], dict[object, list[Line]]] = {}
        for number, route in enumerate(self.routes):
            values = _values(route)
            asked = tuple(n for n, value in enumerate(values) if value)
            key = (route.prefix, *[values[n] for n in asked]) if asked else route.prefix
            table = shelves.setdefault((len(route.prefix), asked), {})
            table.setdefault(key, []).append(Line(route.order, route, number))
        numbers = itertools.count()
        self._plain: list[tuple[int, dict[object, Shelf]]] = []
        self._others: list[tuple[int, tuple[int, ...], dict[object, Shelf]]] = []
        has_rest = False
        for (length, asked), lines_by_key in sorted(shelves.items(), reverse=True):
            table_of_shelves = {
                key: Shelf(next(numbers), tuple(lines), any(line.has_rest for line in lines))
                for key, lines in lines_by_key.items()
            }
            has_rest = has_rest or any(shelf.has_rest for shelf in table_of_shelves.values())
            if asked:
                self._others.append((length, asked, table_of_shelves))
            else:
                self._plain.append((length, table_of_shelves))
        self.is_plain = not self._others and not has_rest
        self.longest = max((len(route.prefix) for route in self.routes), default=0)

    def find(self, enquiry: Enquiry) -> tuple[tuple[int, ...], list[Shelf]]:
        """The shelves whose lines may fit a message, and a key that is the same whenever the same lines fit."""
        recipient = enquiry[0]
        found = [shelf for length, table in self._plain if (shelf := table.get(recipient[:length])) is not None]
        if self._others:
            values = enquiry[1:7]
            for length, asked, table in self._others:
                shelf = table.get((recipient[:length], *[values[n] for n in asked]))
                if shelf is not None:
                    found.append(shelf)
        key = tuple([shelf.number for shelf in found])
        if self.is_plain or not any(shelf.has_rest for shelf in found):
            return key, found
        fits = [
            line.number
            for shelf in found
            if shelf.has_rest
            for line in shelf.lines
            if line.has_rest and _rest_fits(line.route, enquiry)
        ]
        return (*key, -1, *fits), found

    def fitting(self, enquiry: Enquiry) -> list[Line]:
        """The lines that fit a message, in no order."""
        _, found = self.find(enquiry)
        return [
            line
            for shelf in found
            for line in shelf.lines
            if not (shelf.has_rest and line.has_rest) or _rest_fits(line.route, enquiry)
        ]


def checked(route: Route) -> Route:
    """The same route when it can be used. Raises BadRequest naming the field."""
    if not _PREFIX.fullmatch(route.prefix):
        raise BadRequest("prefix: write it in the international form, like +86138; service numbers as they are")
    if route.operator and not is_operator(route.operator):
        raise BadRequest(f"operator: {route.operator[:32]!r} is no word like cmcc")
    if not _COUNTRY.fullmatch(route.country):
        raise BadRequest("country: two capital letters, like CN")
    if route.purpose and route.purpose not in list(Purpose):
        raise BadRequest(f"purpose: one of {', '.join(Purpose)}")
    if len(route.sender) > 32 or len(route.tag) > 128:
        raise BadRequest("sender: at most 32 characters, a tag at most 128")
    if not 1 <= route.weight <= 1_000_000:
        raise BadRequest("weight: give 1 to 1000000")
    if not 0 <= route.cost < 1 << 53 or abs(route.preference) > 1_000_000:
        raise BadRequest("cost: millionths of the currency unit, not below 0; a preference at most 1000000")
    if route.hours:
        hours.read_hours(route.hours)
    return route


def _values(route: Route) -> tuple[str, str, str, int, str, str]:
    sender = "" if route.sender.endswith("*") else route.sender
    return route.country, route.operator, sender, route.account_id, route.purpose, route.tag


def _rest_fits(route: Route, enquiry: Enquiry) -> bool:
    if route.hours and not hours.holds(route.hours, enquiry.minute):
        return False
    return _sender_fits(route.sender, enquiry.sender)


def _sender_fits(wanted: str, sender: str) -> bool:
    return sender.startswith(wanted[:-1]) if wanted.endswith("*") else wanted in ("", sender)
