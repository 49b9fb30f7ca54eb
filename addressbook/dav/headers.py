"""The headers of WebDAV requests as values. Pure."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from addressbook.dav.errors import DavError, malformed
from addressbook.dav.paths import Place, read_href

#: Characters of user and password together.
MAX_CREDENTIALS: Final = 2048
_ETAG: Final = re.compile(r'\s*(?:W/)?"([^"]*)"\s*(?:,|$)')


@dataclass(frozen=True, slots=True)
class Credentials:
    """Who says to be whom."""

    user: str
    password: str

    def __repr__(self) -> str:
        return f"Credentials({self.user!r})"


@dataclass(frozen=True, slots=True)
class Tags:
    """The entity tags of an If-Match or If-None-Match header; `anything` for `*`."""

    values: frozenset[str] = frozenset()  # without quotes
    anything: bool = False

    def fits(self, etag: str | None) -> bool:
        """Whether a resource with this tag is among them; None for no resource."""
        return etag is not None and (self.anything or etag in self.values)


def read_credentials(header: str | None) -> Credentials | None:
    """User and password of Basic authentication (RFC 7617); None without any, or with what cannot be read.

    UTF-8 first, as we ask for; older clients write what their system calls ANSI.
    """
    if not header or header[:6].lower() != "basic " or len(header) > MAX_CREDENTIALS:
        return None
    try:
        octets = base64.b64decode(header[6:].strip(), validate=True)
    except (binascii.Error, ValueError):
        return None
    try:
        text = octets.decode()
    except UnicodeDecodeError:
        text = octets.decode("latin-1")
    user, colon, password = text.partition(":")
    if not colon or "\0" in text:
        return None
    return Credentials(user.strip(), password)


def read_depth(header: str | None, default: str) -> str:
    """ "0", "1" or "infinity" (RFC 4918 10.2). Raises DavError 400."""
    depth = (header or default).strip().lower()
    if depth not in ("0", "1", "infinity"):
        raise malformed("the header Depth is 0, 1 or infinity")
    return depth


def read_tags(header: str | None) -> Tags | None:
    """The tags of a condition; None without the header."""
    if header is None:
        return None
    if header.strip() == "*":
        return Tags(anything=True)
    found = frozenset(_ETAG.findall(header))
    # Some clients leave the quotes off.
    return Tags(found or frozenset({header.strip()}))


def overwrites(header: str | None) -> bool:
    """Whether COPY and MOVE may replace what is there (RFC 4918 10.6). Raises DavError 400."""
    said = (header or "T").strip().upper()
    if said not in ("T", "F"):
        raise malformed("the header Overwrite is T or F")
    return said == "T"


def read_destination(header: str | None, host: str) -> Place:
    """Where COPY and MOVE go (RFC 4918 10.3). Raises DavError: 400 without one, 502 for another server."""
    if not header:
        raise malformed("the header Destination is missing")
    scheme, separator, rest = header.strip().partition("://")
    if separator and scheme.isalpha():
        named, _, path = rest.partition("/")
        if named.rpartition("@")[2].lower() != host.lower():
            raise DavError(502, "the destination is another server")
        header = "/" + path
    place = read_href(header)
    if place is None:
        raise DavError(409, "the destination is no place for a card")
    return place


def wants_minimum(headers: Mapping[str, str]) -> bool:
    """Whether what is missing need not be told: `Prefer: return=minimal` (RFC 8144), or Microsoft's `Brief: t`."""
    if headers.get("Brief", "").strip().lower() == "t":
        return True
    preferred = headers.get("Prefer", "").lower().replace(" ", "")
    return "return=minimal" in preferred or "return-minimal" in preferred


def wants_representation(headers: Mapping[str, str]) -> bool:
    """Whether the answer to a PUT is to hold the card (RFC 8144)."""
    return "return=representation" in headers.get("Prefer", "").lower().replace(" ", "")
