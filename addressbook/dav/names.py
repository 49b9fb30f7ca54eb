"""The names of WebDAV and CardDAV elements, as `{namespace}local`."""

from __future__ import annotations

from typing import Final

DAV: Final = "DAV:"
CARDDAV: Final = "urn:ietf:params:xml:ns:carddav"
CALENDARSERVER: Final = "http://calendarserver.org/ns/"
ME: Final = "http://me.com/_namespace/"
INFCLOUD: Final = "http://inf-it.com/ns/ab/"
XML: Final = "http://www.w3.org/XML/1998/namespace"

#: Prefixes that every answer declares; other namespaces are declared where they are used.
PREFIXES: Final = {DAV: "D", CARDDAV: "C", CALENDARSERVER: "CS"}


def dav(local: str) -> str:
    """A name of RFC 4918, 3744, 6578 and their kin."""
    return f"{{{DAV}}}{local}"


def carddav(local: str) -> str:
    """A name of RFC 6352."""
    return f"{{{CARDDAV}}}{local}"


def calendarserver(local: str) -> str:
    """A name that Apple made up before there was a standard."""
    return f"{{{CALENDARSERVER}}}{local}"


def split(name: str) -> tuple[str, str]:
    """Namespace and local name; "" for no namespace."""
    if name.startswith("{"):
        namespace, _, local = name[1:].partition("}")
        return namespace, local
    return "", name


PROP: Final = dav("prop")
HREF: Final = dav("href")
RESOURCETYPE: Final = dav("resourcetype")
DISPLAYNAME: Final = dav("displayname")
GETETAG: Final = dav("getetag")
GETCONTENTTYPE: Final = dav("getcontenttype")
SYNC_TOKEN: Final = dav("sync-token")
ADDRESSBOOK: Final = carddav("addressbook")
ADDRESS_DATA: Final = carddav("address-data")
DESCRIPTION: Final = carddav("addressbook-description")
COLOUR: Final = f"{{{INFCLOUD}}}addressbook-color"
