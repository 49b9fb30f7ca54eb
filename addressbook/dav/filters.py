"""The filters of addressbook-query (RFC 6352 8.6 and 10.5): read from XML, held against cards. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from addressbook.dav.card import Line, lines_named
from addressbook.dav.errors import DavError
from addressbook.dav.names import carddav
from addressbook.dav.xml_reader import Node

#: Filters in a filter, and matches in each: clients use five.
MAX_FILTERS: Final = 32
#: Characters of a text that is looked for.
MAX_TEXT: Final = 1024


def _ascii_folded(text: str) -> str:
    return "".join(chr(ord(one) + 32) if "A" <= one <= "Z" else one for one in text)


def _unicode_folded(text: str) -> str:
    return unicodedata.normalize("NFKD", text.casefold())


COLLATIONS: Final[dict[str, Callable[[str], str]]] = {
    "i;ascii-casemap": _ascii_folded,
    "i;unicode-casemap": _unicode_folded,
    "i;octet": str,
}
_MATCHES: Final[dict[str, Callable[[str, str], bool]]] = {
    "equals": lambda value, wanted: value == wanted,
    "contains": lambda value, wanted: wanted in value,
    "starts-with": lambda value, wanted: value.startswith(wanted),
    "ends-with": lambda value, wanted: value.endswith(wanted),
}


@dataclass(frozen=True, slots=True)
class TextMatch:
    """A text that is, or is not, in a value."""

    text: str
    collation: str = "i;unicode-casemap"
    match_type: str = "contains"
    negate: bool = False

    def fits(self, value: str) -> bool:
        """Whether a value fits."""
        folded = COLLATIONS[self.collation]
        return _MATCHES[self.match_type](folded(value), folded(self.text)) is not self.negate


@dataclass(frozen=True, slots=True)
class ParamFilter:
    """What a parameter of a property has to be; without a match it has to be there."""

    name: str  # in upper case
    is_not_defined: bool = False
    match: TextMatch | None = None

    def fits(self, line: Line) -> bool:
        """Whether a line fits."""
        values = [value for name, value in line.parameters if name == self.name]
        if self.is_not_defined:
            return not values
        return any(self.match is None or self.match.fits(value) for value in values)


@dataclass(frozen=True, slots=True)
class PropFilter:
    """What a property has to be; without conditions it has to be there."""

    name: str  # in upper case, a group with it where one is asked for
    is_not_defined: bool = False
    all_of: bool = False
    matches: tuple[TextMatch, ...] = ()
    params: tuple[ParamFilter, ...] = ()

    def fits(self, card: str) -> bool:
        """Whether a card, unfolded, has a line that fits."""
        found = lines_named(card, self.name)
        if self.is_not_defined:
            return not found
        return any(self._fits_line(line) for line in found)

    def _fits_line(self, line: Line) -> bool:
        checks = [match.fits(line.text) for match in self.matches] + [param.fits(line) for param in self.params]
        return (all(checks) if self.all_of else any(checks)) if checks else True


@dataclass(frozen=True, slots=True)
class Filter:
    """Which cards are wanted; without conditions all are."""

    all_of: bool = False
    props: tuple[PropFilter, ...] = ()

    def fits(self, card: str) -> bool:
        """Whether a card, unfolded, is wanted."""
        if not self.props:
            return True
        return (all if self.all_of else any)(one.fits(card) for one in self.props)


def read_filter(node: Node) -> Filter:
    """A CARDDAV:filter. Raises DavError 403 for what is no filter we know, or a collation we have not."""
    props = tuple(_prop_filter(_expect(child, "prop-filter")) for child in node.children)
    _bounded(props)
    return Filter(_all_of(node), props)


def _prop_filter(node: Node) -> PropFilter:
    matches: list[TextMatch] = []
    params: list[ParamFilter] = []
    is_not_defined = False
    for child in node.children:
        if child.name == carddav("is-not-defined"):
            is_not_defined = True
        elif child.name == carddav("text-match"):
            matches.append(_text_match(child))
        else:
            params.append(_param_filter(_expect(child, "param-filter")))
    _bounded(matches)
    _bounded(params)
    return PropFilter(_name(node), is_not_defined, _all_of(node), tuple(matches), tuple(params))


def _param_filter(node: Node) -> ParamFilter:
    children = list(node.children)
    if len(children) > 1:
        raise _unsupported("a param-filter has one condition")
    if not children:
        return ParamFilter(_name(node))
    if children[0].name == carddav("is-not-defined"):
        return ParamFilter(_name(node), is_not_defined=True)
    return ParamFilter(_name(node), match=_text_match(_expect(children[0], "text-match")))


def _text_match(node: Node) -> TextMatch:
    collation = node.attributes.get("collation", "default")
    if collation == "default":
        collation = "i;unicode-casemap"
    match_type = node.attributes.get("match-type", "contains")
    if collation not in COLLATIONS:
        raise DavError(403, f"there is no collation {collation[:64]}", carddav("supported-collation"))
    if match_type not in _MATCHES or len(node.text) > MAX_TEXT:
        raise _unsupported("this text-match is not understood")
    return TextMatch(node.text, collation, match_type, node.attributes.get("negate-condition", "no") == "yes")


def _expect(node: Node, local: str) -> Node:
    if node.name != carddav(local):
        raise _unsupported(f"a {local} was expected")
    return node


def _name(node: Node) -> str:
    name = node.attributes.get("name", "").strip().upper()
    if not name or len(name) > 64:
        raise _unsupported("a filter names what it filters")
    return name


def _all_of(node: Node) -> bool:
    test = node.attributes.get("test", "anyof")
    if test not in ("anyof", "allof"):
        raise _unsupported("test is anyof or allof")
    return test == "allof"


def _bounded(found: Sequence[object]) -> None:
    if len(found) > MAX_FILTERS:
        raise _unsupported(f"a filter has at most {MAX_FILTERS} conditions")


def _unsupported(detail: str) -> DavError:
    return DavError(403, detail, carddav("supported-filter"))
