"""Cards in answers: one response each, ten thousand to an answer, so what is the same for all is made once. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Final

from addressbook.dav.multistatus import FOUND, propstat
from addressbook.dav.names import ADDRESS_DATA, GETCONTENTTYPE, GETETAG, RESOURCETYPE, dav
from addressbook.dav.paths import book_path, name_in_path, principal_path
from addressbook.dav.properties import Viewer, is_in_allprop
from addressbook.dav.requests import Wanted
from addressbook.dav.xml_writer import element, escape, href

CONTENT_TYPE: Final = "text/vcard; charset=utf-8"


@dataclass(frozen=True, slots=True)
class CardFacts:
    """What is told of a card."""

    name: str  # in its book's path
    etag: str
    changed_ms: int
    data: str = ""  # the card as it is wanted, where it is


class CardResponses:
    """The responses of the cards of one book to one request."""

    def __init__(self, viewer: Viewer, slug: str, wanted: Wanted, *, minimal: bool, is_writable: bool) -> None:
        self._base = book_path(viewer.user, slug)
        privileges = "read", "read-current-user-privilege-set", *(("write", "write-content") if is_writable else ())
        fixed: dict[str, str] = {
            RESOURCETYPE: element(RESOURCETYPE),
            GETCONTENTTYPE: element(GETCONTENTTYPE, CONTENT_TYPE),
            dav("supportedlock"): element(dav("supportedlock")),
            dav("lockdiscovery"): element(dav("lockdiscovery")),
            dav("current-user-principal"): element(dav("current-user-principal"), href(principal_path(viewer.user))),
            dav("current-user-privilege-set"): element(
                dav("current-user-privilege-set"),
                "".join(element(dav("privilege"), element(dav(name))) for name in privileges),
            ),
        }
        own: dict[str, Callable[[CardFacts], str]] = {
            GETETAG: lambda card: f"<D:getetag>&quot;{card.etag}&quot;</D:getetag>",
            dav("getlastmodified"): lambda card: element(dav("getlastmodified"), http_date(card.changed_ms)),
        }
        if wanted.address_data is not None:
            own[ADDRESS_DATA] = lambda card: f"<C:address-data>{escape(card.data)}</C:address-data>"
        names = wanted.names
        if wanted.names_only:
            self._same = "".join(map(element, (*fixed, *own)))
            self._own: list[Callable[[CardFacts], str]] = []
            missing: list[str] = []
        else:
            if wanted.everything:
                names = tuple(dict.fromkeys([*names, *filter(is_in_allprop, (*fixed, *own))]))
            self._same = "".join(fixed[name] for name in names if name in fixed)
            self._own = [own[name] for name in names if name in own]
            missing = [] if minimal else [name for name in names if name not in fixed and name not in own]
        self._missing = propstat("".join(map(element, missing)), 404) if missing else ""
        self._has_found = bool(self._same or self._own or not missing)

    def path(self, name: str) -> str:
        """The path of a card of this book."""
        return self._base + name_in_path(name)

    def one(self, card: CardFacts) -> str:
        """The response of a card."""
        found = ""
        if self._has_found:
            own = "".join([tell(card) for tell in self._own])
            found = f"<D:propstat><D:prop>{self._same}{own}</D:prop>{FOUND}</D:propstat>"
        return f"<D:response><D:href>{self._base}{name_in_path(card.name)}</D:href>{found}{self._missing}</D:response>"


def http_date(ms: int) -> str:
    """A moment as HTTP writes it."""
    return format_datetime(datetime.fromtimestamp(ms // 1000, UTC), usegmt=True)
