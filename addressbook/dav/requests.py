"""The bodies of CardDAV requests as values (RFC 4918, 5689, 6352, 6578, 3744, 3253). Pure.

Every reader raises DavError: 400 for what is no such request, 403 with a condition for what is not supported.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from addressbook.dav.errors import DavError, malformed
from addressbook.dav.filters import Filter, read_filter
from addressbook.dav.names import ADDRESS_DATA, HREF, PROP, RESOURCETYPE, carddav, dav
from addressbook.dav.xml_reader import Node, read_xml

#: Properties in one request: clients ask for forty at most.
MAX_PROPERTIES: Final = 1000
#: Levels of expand-property.
MAX_EXPANSION: Final = 4


@dataclass(frozen=True, slots=True)
class AddressData:
    """How cards are wanted: as which version, and which of their lines."""

    version: str = "3.0"
    lines: frozenset[str] | None = None  # names in upper case; None for all


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which properties are wanted."""

    names: tuple[str, ...] = ()
    everything: bool = False  # allprop: those of RFC 4918 and what clients have set, and `names`
    names_only: bool = False  # propname
    address_data: AddressData | None = None


@dataclass(frozen=True, slots=True)
class PropertyChange:
    """A property that is to be set, or removed where it has no value."""

    name: str
    value: Node | None


@dataclass(frozen=True, slots=True)
class Making:
    """A collection that is to be made."""

    is_book: bool
    changes: tuple[PropertyChange, ...]


@dataclass(frozen=True, slots=True)
class Multiget:
    """Cards by their paths (RFC 6352 8.7)."""

    wanted: Wanted
    hrefs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Query:
    """Cards that fit a filter (RFC 6352 8.6); `limit` 0 for all of them."""

    wanted: Wanted
    filter: Filter
    limit: int = 0


@dataclass(frozen=True, slots=True)
class SyncCollection:
    """What has changed since a token (RFC 6578 3.2); "" for everything."""

    wanted: Wanted
    token: str
    limit: int = 0


@dataclass(frozen=True, slots=True)
class Expansion:
    """A property, and what is wanted of the resources it names (RFC 3253 3.8)."""

    name: str
    inner: tuple[Expansion, ...] = ()


@dataclass(frozen=True, slots=True)
class ExpandProperty:
    """Properties with those of the resources they name."""

    properties: tuple[Expansion, ...]


@dataclass(frozen=True, slots=True)
class PrincipalSearch:
    """Members by their properties (RFC 3744 9.4): nobody is found but by their own name."""

    wanted: Wanted
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SearchableProperties:
    """By which properties members are found (RFC 3744 9.5)."""


Report = Multiget | Query | SyncCollection | ExpandProperty | PrincipalSearch | SearchableProperties


def read_propfind(body: bytes) -> Wanted:
    """A PROPFIND; no body asks for everything (RFC 4918 9.1)."""
    if not body.strip():
        return Wanted(everything=True)
    root = _root(body, dav("propfind"))
    wanted = [child for child in root.children if child.name in (PROP, dav("allprop"), dav("propname"))]
    if len(wanted) != 1:
        raise malformed("a propfind has one of prop, allprop, propname")
    if wanted[0].name == dav("propname"):
        return Wanted(names_only=True)
    if wanted[0].name == dav("allprop"):
        include = root.child(dav("include"))
        names = () if include is None else tuple(child.name for child in include.children)
        return Wanted(_bounded(names), everything=True)
    return _wanted(wanted[0])


def read_proppatch(body: bytes) -> tuple[PropertyChange, ...]:
    """The changes of a PROPPATCH, in order (RFC 4918 9.2)."""
    return _changes(_root(body, dav("propertyupdate")))


def read_mkcol(body: bytes, content_type: str) -> Making:
    """A MKCOL, plain or extended (RFC 5689). Raises DavError 415 for a body that is no XML."""
    if not body.strip():
        return Making(False, ())
    if content_type and "xml" not in content_type.lower():
        raise DavError(415, "the body of a MKCOL is XML")
    changes = _changes(_root(body, dav("mkcol")))
    types = {
        child.name
        for change in changes
        if change.name == RESOURCETYPE and change.value is not None
        for child in change.value.children
    }
    if types - {dav("collection"), carddav("addressbook")} or (types and dav("collection") not in types):
        raise DavError(403, "only address books can be made", dav("valid-resourcetype"))
    return Making(carddav("addressbook") in types, tuple(one for one in changes if one.name != RESOURCETYPE))


def read_report(body: bytes) -> Report:
    """A REPORT. Raises DavError 403 for one that is not supported."""
    root = read_xml(body)
    reader = _REPORTS.get(root.name)
    if reader is None:
        raise DavError(403, "there is no such report", dav("supported-report"))
    return reader(root)


def _multiget(root: Node) -> Multiget:
    hrefs = tuple(child.text for child in root.children if child.name == HREF)
    return Multiget(_wanted_in(root), hrefs)


def _query(root: Node) -> Query:
    filters = root.child(carddav("filter"))
    limit = root.child(carddav("limit"))
    return Query(
        _wanted_in(root),
        Filter() if filters is None else read_filter(filters),
        0 if limit is None else _number(limit.child(carddav("nresults"))),
    )


def _sync_collection(root: Node) -> SyncCollection:
    token, level, limit = (root.child(dav(name)) for name in ("sync-token", "sync-level", "limit"))
    if token is None:
        raise malformed("a sync-collection has a sync-token")
    if level is not None and level.text.strip() not in ("1", "infinite", ""):
        raise malformed("sync-level is 1 or infinite")
    return SyncCollection(
        _wanted_in(root), token.text.strip(), 0 if limit is None else _number(limit.child(dav("nresults")))
    )


def _expand_property(root: Node) -> ExpandProperty:
    return ExpandProperty(_expansions(root, MAX_EXPANSION))


def _expansions(node: Node, depth: int) -> tuple[Expansion, ...]:
    children = [child for child in node.children if child.name == dav("property")]
    if not depth or len(children) > MAX_PROPERTIES:
        if children:
            raise malformed("the properties are nested too deeply")
        return ()
    return tuple(
        Expansion(
            "{" + child.attributes.get("namespace", "DAV:") + "}" + child.attributes.get("name", ""),
            _expansions(child, depth - 1),
        )
        for child in children
    )


def _principal_search(root: Node) -> PrincipalSearch:
    texts = []
    for search in root.children:
        if search.name == dav("property-search"):
            match = search.child(dav("match"))
            if match is None:
                raise malformed("a property-search has a match")
            texts.append(match.text)
    if not texts:
        raise malformed("a principal-property-search has a property-search")
    return PrincipalSearch(_wanted_in(root), tuple(texts))


_REPORTS: Final[dict[str, Callable[[Node], Report]]] = {
    carddav("addressbook-multiget"): _multiget,
    carddav("addressbook-query"): _query,
    dav("sync-collection"): _sync_collection,
    dav("expand-property"): _expand_property,
    dav("principal-property-search"): _principal_search,
    dav("principal-search-property-set"): lambda _: SearchableProperties(),
}


# --- parts ------------------------------------------------------------------------------------------------------------


def _root(body: bytes, name: str) -> Node:
    root = read_xml(body)
    if root.name != name:
        raise malformed(f"the body is no {name.rpartition('}')[2]}")
    return root


def _wanted_in(root: Node) -> Wanted:
    prop = root.child(PROP)
    if prop is not None:
        return _wanted(prop)
    if root.child(dav("propname")) is not None:
        return Wanted(names_only=True)
    return Wanted(everything=root.child(dav("allprop")) is not None)


def _wanted(prop: Node) -> Wanted:
    names = tuple(dict.fromkeys(child.name for child in prop.children))
    data = prop.child(ADDRESS_DATA)
    return Wanted(_bounded(names), address_data=None if data is None else _address_data(data))


def _address_data(node: Node) -> AddressData:
    version = node.attributes.get("version", "3.0")
    content_type = node.attributes.get("content-type", "text/vcard")
    if content_type.lower() not in ("text/vcard", "text/x-vcard") or version not in ("3.0", "4.0"):
        raise DavError(403, "cards are written as vCard 3.0 or 4.0", carddav("supported-address-data"))
    lines = frozenset(
        child.attributes.get("name", "").strip().upper() for child in node.children if child.name == carddav("prop")
    )
    return AddressData(version, lines or None)


def _changes(root: Node) -> tuple[PropertyChange, ...]:
    changes: list[PropertyChange] = []
    for step in root.children:
        if step.name not in (dav("set"), dav("remove")):
            continue
        prop = step.child(PROP)
        if prop is None:
            raise malformed("set and remove hold a prop")
        changes += [PropertyChange(one.name, one if step.name == dav("set") else None) for one in prop.children]
    if not changes and root.name == dav("propertyupdate"):
        raise malformed("a propertyupdate changes something")
    _bounded(tuple(one.name for one in changes))
    return tuple(changes)


def _number(node: Node | None) -> int:
    text = "" if node is None else node.text.strip()
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise malformed("nresults is a number")
    return int(text)


def _bounded(names: tuple[str, ...]) -> tuple[str, ...]:
    if len(names) > MAX_PROPERTIES or any(len(name) > 512 for name in names):
        raise malformed("the request names too many properties")
    return names
