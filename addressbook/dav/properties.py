"""What is known of principals, homes and books, as properties. Pure.

RFC 4918 15, 3744, 4331, 5397, 5842, 5995, 6352 (6.2, 7), 6578. Every value is a whole element. Clients ask for these at
whatever path their user has typed, so homes and books tell the
home and the principal as well (iOS), and both the token of RFC 6578 and Apple's older tag are given.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from addressbook.dav.filters import COLLATIONS
from addressbook.dav.names import (
    ADDRESSBOOK,
    COLOUR,
    DESCRIPTION,
    DISPLAYNAME,
    RESOURCETYPE,
    SYNC_TOKEN,
    calendarserver,
    carddav,
    dav,
)
from addressbook.dav.paths import PRINCIPALS_PATH, Place, book_path, home_path, principal_path
from addressbook.dav.requests import Wanted
from addressbook.dav.xml_writer import element, escape, href
from gateway.core.book import MAX_CARD_OCTETS, Book

#: What Apple's programs may make of a photo before they send it: three quarters of a card.
MAX_IMAGE_OCTETS: Final = MAX_CARD_OCTETS // 4 * 3
#: Namespace of the ids that resources keep whatever they are called (RFC 5842).
_IDS: Final = uuid.UUID("6e2f4c1e-6f0b-5d3a-9d5e-0d1c6f3a7b21")
#: What allprop gives (RFC 4918 9.1): its own properties, none of those that later documents add.
_ALLPROP: Final = frozenset(
    dav(name)
    for name in (
        "creationdate", "displayname", "getcontentlength", "getcontenttype", "getetag", "getlastmodified",
        "lockdiscovery", "resourcetype", "supportedlock",
    )
)  # fmt: skip
_READ: Final = ("read", "read-current-user-privilege-set")
_WRITE: Final = ("write", "write-content", "write-properties", "bind", "unbind")
_BOOK_REPORTS: Final = (
    dav("sync-collection"), carddav("addressbook-multiget"), carddav("addressbook-query"), dav("expand-property"),
)  # fmt: skip
_PRINCIPAL_REPORTS: Final = (
    dav("expand-property"), dav("principal-property-search"), dav("principal-search-property-set"),
)  # fmt: skip

Properties = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who looks."""

    user: str  # the address
    name: str  # as people write it
    account_id: int


def sync_token(book_id: int, revision: int) -> str:
    """The token of a book at a revision (RFC 6578 3.1): a URI."""
    return f"urn:caiyou:book:{book_id}:{revision}"


def read_sync_token(token: str) -> tuple[int, int] | None:
    """Book and revision; None for a token that is none of ours."""
    book_id, _, revision = token.removeprefix("urn:caiyou:book:").partition(":")
    if not token.startswith("urn:") or not all(one.isascii() and one.isdigit() for one in (book_id, revision)):
        return None
    return (int(book_id), int(revision)) if len(token) < 80 else None


def root_properties(place: Place, viewer: Viewer) -> Properties:
    """Of the root and the collections of principals and homes."""
    return _named(
        *_of_everybody(viewer),
        element(DISPLAYNAME, "caiyou"),
        element(RESOURCETYPE, element(dav("collection"))),
        _privileges(_READ),
        _reports(_PRINCIPAL_REPORTS),
        element(dav("resource-id"), href(_id(place.path))),
    )


def principal_properties(viewer: Viewer) -> Properties:
    """Of the one who looks."""
    path = principal_path(viewer.user)
    return _named(
        *_of_everybody(viewer),
        element(DISPLAYNAME, escape(viewer.name)),
        element(RESOURCETYPE, element(dav("principal")) + element(dav("collection"))),
        element(dav("alternate-URI-set"), href(f"mailto:{viewer.user}")),
        element(dav("group-member-set")),
        element(dav("group-membership")),
        element(calendarserver("email-address-set"), element(calendarserver("email-address"), escape(viewer.user))),
        _privileges(_READ),
        _reports(_PRINCIPAL_REPORTS),
        element(dav("owner"), href(path)),
        element(dav("resource-id"), href(_id(path))),
    )


def other_principal_properties(user: str, name: str) -> Properties:
    """Of somebody who shares a book with the one who looks: nothing but what to call them."""
    path = principal_path(user)
    return _named(
        element(DISPLAYNAME, escape(name)),
        element(RESOURCETYPE, element(dav("principal"))),
        element(dav("principal-URL"), href(path)),
    )


def home_properties(viewer: Viewer, books: Iterable[Book]) -> Properties:
    """Of the home of the one who looks."""
    path = home_path(viewer.user)
    own = [book for book in books if book.is_own]
    return _named(
        *_of_everybody(viewer),
        *_of_owned(path, principal_path(viewer.user), (*_READ, "bind", "unbind"), all_of=True),
        element(DISPLAYNAME, escape(viewer.name)),
        element(RESOURCETYPE, element(dav("collection"))),
        _reports((dav("expand-property"),)),
        element(calendarserver("getctag"), escape(str(sum(book.revision + 1 for book in own)))),
        *_quota(sum(book.used_octets for book in own), sum(book.quota_octets for book in own)),
    )


def book_properties(viewer: Viewer, book: Book, owner: str, dead: Properties) -> Properties:
    """Of a book in the home of the one who looks; `owner` is the address of whose it is, "" for nobody's."""
    path = book_path(viewer.user, book.slug)
    token = sync_token(book.id, book.revision)
    privileges = (*_READ, *_WRITE) if book.is_writable else _READ
    known = _named(
        *_of_everybody(viewer),
        *_of_owned(path, principal_path(owner or viewer.user), privileges, all_of=book.is_own),
        element(DISPLAYNAME, escape(book.name)),
        element(RESOURCETYPE, element(dav("collection")) + element(ADDRESSBOOK)),
        _reports(_BOOK_REPORTS),
        element(DESCRIPTION, escape(book.description)),
        element(SYNC_TOKEN, escape(token)),
        element(calendarserver("getctag"), escape(token)),
        element(dav("creationdate"), f"{datetime.fromtimestamp(book.created_ms // 1000, UTC):%Y-%m-%dT%H:%M:%SZ}"),
        element(dav("add-member"), href(path)),
        element(carddav("max-resource-size"), str(MAX_CARD_OCTETS)),
        element(carddav("max-image-size"), str(MAX_IMAGE_OCTETS)),
        _address_data_types(),
        element(
            carddav("supported-collation-set"),
            "".join(element(carddav("supported-collation"), name) for name in sorted(COLLATIONS)),
        ),
        *([element(COLOUR, escape(book.colour))] if book.colour else []),
        *_quota(book.used_octets, book.quota_octets),
    )
    return {**dead, **known}


def pick(known: Properties, wanted: Wanted, *, minimal: bool = False) -> tuple[list[str], list[str]]:
    """The elements that are wanted and there, and the names of those that are wanted and not there."""
    if wanted.names_only:
        return [element(name) for name in known], []
    found: list[str] = []
    missing: list[str] = []
    if wanted.everything:
        found = [value for name, value in known.items() if is_in_allprop(name) and name not in wanted.names]
    for name in wanted.names:
        if name in known:
            found.append(known[name])
        elif not minimal:
            missing.append(name)
    return found, missing


def is_in_allprop(name: str) -> bool:
    """Whether allprop gives a property: those of RFC 4918, and what clients have set."""
    return name in _ALLPROP or not name.startswith(("{DAV:}", "{urn:ietf:", "{http://calendarserver.org/"))


# --- parts ------------------------------------------------------------------------------------------------------------


def _named(*elements: str | tuple[str, str]) -> Properties:
    found: dict[str, str] = {}
    for one in elements:
        name, value = one if isinstance(one, tuple) else (_name_of(one), one)
        found[name] = value
    return found


def _name_of(xml: str) -> str:
    """The name of an element that this module has written."""
    tag = xml[1 : min(at for at in (xml.find(mark) for mark in (" ", "/", ">")) if at > 0)]
    prefix, _, local = tag.partition(":")
    return {"D": dav, "C": carddav, "CS": calendarserver}.get(prefix, lambda _: COLOUR)(local)


def _of_everybody(viewer: Viewer) -> tuple[str, ...]:
    """What is the same wherever one looks."""
    principal, home = principal_path(viewer.user), home_path(viewer.user)
    return (
        element(dav("current-user-principal"), href(principal)),
        element(dav("principal-URL"), href(principal)),
        element(dav("principal-collection-set"), href(PRINCIPALS_PATH)),
        element(carddav("addressbook-home-set"), href(home)),
        element(dav("supportedlock")),
        element(dav("lockdiscovery")),
        element(dav("acl-restrictions"), element(dav("grant-only")) + element(dav("no-invert"))),
        element(dav("inherited-acl-set")),
        element(dav("group")),
        _SUPPORTED_PRIVILEGES,
    )


def _of_owned(path: str, owner: str, privileges: Iterable[str], *, all_of: bool) -> tuple[str, ...]:
    granted = ("all",) if all_of else tuple(privileges)
    grant = "".join(element(dav("privilege"), element(dav(name))) for name in granted)
    principal = element(dav("principal"), href(owner) if all_of else element(dav("authenticated")))
    return (
        element(dav("owner"), href(owner)),
        element(dav("resource-id"), href(_id(path))),
        element(dav("acl"), element(dav("ace"), principal + element(dav("grant"), grant) + element(dav("protected")))),
        _privileges(privileges),
    )


def _privileges(names: Iterable[str]) -> str:
    return element(
        dav("current-user-privilege-set"), "".join(element(dav("privilege"), element(dav(name))) for name in names)
    )


def _reports(names: Iterable[str]) -> str:
    return element(
        dav("supported-report-set"),
        "".join(element(dav("supported-report"), element(dav("report"), element(name))) for name in names),
    )


def _quota(used: int, allowed: int) -> tuple[str, str]:
    return (
        element(dav("quota-used-bytes"), str(used)),
        element(dav("quota-available-bytes"), str(max(0, allowed - used))),
    )


def _address_data_types() -> str:
    types = (("text/vcard", "3.0"), ("text/vcard", "4.0"))
    return element(
        carddav("supported-address-data"),
        "".join(
            element(carddav("address-data-type"), **{"content-type": media, "version": version})
            for media, version in types
        ),
    )


def _id(path: str) -> str:
    return f"urn:uuid:{uuid.uuid5(_IDS, path)}"


def _supported(name: str, description: str, *inner: str) -> str:
    return element(
        dav("supported-privilege"),
        element(dav("privilege"), element(dav(name))) + element(dav("description"), description) + "".join(inner),
    )


_SUPPORTED_PRIVILEGES: Final = element(
    dav("supported-privilege-set"),
    _supported(
        "all",
        "everything",
        _supported("read", "read", _supported("read-current-user-privilege-set", "read one's own privileges")),
        _supported(
            "write",
            "write",
            _supported("write-content", "change cards"),
            _supported("write-properties", "change properties"),
            _supported("bind", "add cards"),
            _supported("unbind", "delete cards"),
        ),
    ),
)
