"""Answers that say several things: multistatus bodies, and the bodies of errors (RFC 4918 13 and 16). Pure.

Thunderbird decides the order: it takes the first status of a response for that of the whole, and compares it with
`HTTP/1.1 200 OK` letter by letter. What was found comes first, and a response has no status of its own but when the
resource is not there.
"""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus

from addressbook.dav.errors import DavError
from addressbook.dav.names import dav
from addressbook.dav.xml_writer import document, element, escape, href

FOUND = "<D:status>HTTP/1.1 200 OK</D:status>"


def status_line(status: int) -> str:
    """A DAV:status."""
    return f"<D:status>HTTP/1.1 {status} {HTTPStatus(status).phrase}</D:status>"


def propstat(content: str, status: int, condition: str = "") -> str:
    """Properties that share a status."""
    error = element(dav("error"), element(condition)) if condition else ""
    return f"<D:propstat><D:prop>{content}</D:prop>{status_line(status)}{error}</D:propstat>"


def response(path: str, found: Iterable[str], missing: Iterable[str] = ()) -> str:
    """What is known of a resource: whole elements that were found, names of those that were not."""
    stats = ""
    content = "".join(found)
    lacking = "".join(map(element, missing))
    if content or not lacking:
        stats = propstat(content, 200)
    if lacking:
        stats += propstat(lacking, 404)
    return f"<D:response>{href(path)}{stats}</D:response>"


def status_response(path: str, status: int, condition: str = "") -> str:
    """A resource of which only a status is told: 404 for one that is gone, 507 for "there is more"."""
    error = element(dav("error"), element(condition)) if condition else ""
    return f"<D:response>{href(path)}{status_line(status)}{error}</D:response>"


def multistatus(responses: Iterable[str], sync_token: str = "") -> bytes:
    """The whole body."""
    token = element(dav("sync-token"), escape(sync_token)) if sync_token else ""
    return document(dav("multistatus"), "".join(responses) + token)


def error_body(error: DavError) -> bytes:
    """The body of a refusal; b"" where its status says it all."""
    if not error.condition:
        return b""
    return document(dav("error"), element(error.condition, href(error.href) if error.href else ""))
