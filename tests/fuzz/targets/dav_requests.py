"""Requests over CardDAV: DavError, or a value; and whatever a client has a book keep comes back as well-formed XML."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree import ElementTree

from addressbook.dav.card import unfold
from addressbook.dav.errors import DavError
from addressbook.dav.headers import read_credentials, read_depth, read_destination, read_tags
from addressbook.dav.multistatus import error_body, multistatus, response
from addressbook.dav.patching import plan, propstats, read_dead, write_dead
from addressbook.dav.paths import read_href, read_path
from addressbook.dav.properties import read_sync_token
from addressbook.dav.requests import (
    Query,
    Wanted,
    read_mkcol,
    read_propfind,
    read_proppatch,
    read_report,
)
from addressbook.dav.xml_writer import document, element
from tests.fakes import dav_requests as asked
from tests.fuzz.target import Target, assert_storable, at_most

_TIME_S = 2.0
_CARD = unfold(asked.APPLE_CARD)
_PATCH = (
    '<D:propertyupdate xmlns:D="DAV:" xmlns:X="urn:x"><D:set><D:prop><D:displayname>a</D:displayname><X:own X:a="1" '
    'xml:lang="zh">t<X:deep/>&lt;</X:own></D:prop></D:set><D:remove><D:prop><X:gone/></D:prop></D:remove>'
    "</D:propertyupdate>"
)
_QUERY = (
    '<C:addressbook-query xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:carddav"><D:prop><C:address-data '
    'version="4.0"><C:prop name="FN"/></C:address-data></D:prop><C:filter test="allof">'
    '<C:prop-filter name="item1.EMAIL" test="anyof"><C:text-match collation="i;unicode-casemap" match-type="ends-with" '
    'negate-condition="yes">x</C:text-match><C:param-filter name="TYPE"><C:text-match>pref</C:text-match>'
    '</C:param-filter></C:prop-filter><C:prop-filter name="NOTE"><C:is-not-defined/></C:prop-filter></C:filter>'
    "<C:limit><C:nresults>5</C:nresults></C:limit></C:addressbook-query>"
)


def check(data: bytes) -> None:
    with at_most(_TIME_S):
        refused = _refused(data)
        if refused is not None:
            assert 400 <= refused.status < 600, refused
            ElementTree.fromstring(error_body(refused) or b"<none/>")


def _refused(data: bytes) -> DavError | None:
    try:
        _READERS[data[0] % len(_READERS) if data else 0](data[1:])
    except DavError as error:
        return error
    return None


def _propfind(body: bytes) -> None:
    _told(read_propfind(body))


def _report(body: bytes) -> None:
    report = read_report(body)
    if isinstance(report, Query):
        report.filter.fits(_CARD)
    wanted = getattr(report, "wanted", None)
    if isinstance(wanted, Wanted):
        _told(wanted)


def _told(wanted: Wanted) -> None:
    """What nobody has goes back by name."""
    ElementTree.fromstring(multistatus([response("/dav/", [], wanted.names)]))


def _proppatch(body: bytes) -> None:
    patch = plan(read_proppatch(body), {}, "book")
    ElementTree.fromstring(document("{DAV:}mkcol-response", propstats(patch)))
    kept = read_dead(write_dead(patch.dead))
    for name, xml in kept.items():
        assert_storable(name, xml)
    told = ElementTree.fromstring(document("{DAV:}prop", "".join(kept.values())))
    assert len(told) == len(kept)
    # What is kept is the same when it is set again.
    again = plan(read_proppatch(document("{DAV:}propertyupdate", _set("".join(kept.values())))), {}, "book")
    assert not kept or dict(again.dead) == kept


def _set(xml: str) -> str:
    return element("{DAV:}set", element("{DAV:}prop", xml))


def _mkcol(body: bytes) -> None:
    propstats(plan(read_mkcol(body, "application/xml").changes, {}, "book"))


def _words(body: bytes) -> None:
    text = body.decode("latin-1")
    read_tags(text)
    read_credentials(text)
    read_sync_token(text)
    for reader in (lambda: read_depth(text, "0"), lambda: read_destination(text, "h"), lambda: read_path(text)):
        try:
            reader()
        except DavError:
            continue
    place = read_href(text)
    if place is not None:
        assert_storable(place.path)
        again = read_path(place.path)
        assert (again.kind, again.user, again.book, again.card) == (place.kind, place.user, place.book, place.card)


_READERS = (_propfind, _report, _proppatch, _mkcol, _words)


def seeds() -> Iterator[bytes]:
    for which, bodies in enumerate(
        (
            (asked.APPLE_HOME, asked.DAVX5_HOME, '<propfind xmlns="DAV:"><allprop/><include><x/></include></propfind>'),
            (asked.APPLE_SYNC, asked.DAVX5_MULTIGET.format("<href>/dav/a</href>"), _QUERY),
            (_PATCH, asked.APPLE_ME),
            (_PATCH.replace("propertyupdate", "mkcol"),),
            (
                '"a", W/"b"',
                "Basic YTpi",
                "urn:caiyou:book:1:2",
                "/dav/addressbooks/a@b/c/%E5%BC%A0.vcf",
                "http://h/dav/",
            ),
        )
    ):
        for body in bodies:
            yield bytes((which,)) + body.encode()


TARGET = Target(
    check,
    seeds,
    max_len=4096,
    words=(b'xmlns="', b"DAV:", b"<D:prop>", b"</", b"<![CDATA[", b"]]>", b"&#x0;", b"&#xFFFE;", b"xml:lang", b"%2F"),
)
