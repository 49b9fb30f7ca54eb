"""Paths: read in every spelling, written in one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from addressbook.dav.errors import DavError
from addressbook.dav.paths import Kind, Place, read_href, read_path


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("/", Place(Kind.ROOT, fall_back="/")),
        ("/dav", Place(Kind.ROOT)),
        ("/dav/", Place(Kind.ROOT)),
        ("/principals/", Place(Kind.ROOT, fall_back="/principals/")),
        ("/dav/principals/", Place(Kind.PRINCIPALS)),
        ("/dav/principals/li@example.cn/", Place(Kind.PRINCIPAL, "li@example.cn")),
        ("/dav/principals/Li%40Example.CN", Place(Kind.PRINCIPAL, "li@example.cn")),
        ("/dav/addressbooks", Place(Kind.HOMES)),
        ("/dav/addressbooks/li@example.cn/", Place(Kind.HOME, "li@example.cn")),
        ("/dav/addressbooks/li@example.cn/contacts", Place(Kind.BOOK, "li@example.cn", "contacts")),
        ("/dav/addressbooks/li@example.cn/contacts/", Place(Kind.BOOK, "li@example.cn", "contacts")),
        ("/dav/addressbooks/l/c/%E5%BC%A0.vcf", Place(Kind.CARD, "l", "c", "张.vcf", False)),
        ("/dav/addressbooks/l/c/a%2eb%2Evcf", Place(Kind.CARD, "l", "c", "a.b.vcf", False)),
        ("/dav/addressbooks/l/c/urn:uuid:1.vcf?x=1", Place(Kind.CARD, "l", "c", "urn:uuid:1.vcf", False)),
        ("/dav/addressbooks/l/c/sub/", Place(Kind.CARD, "l", "c", "sub", True)),
    ],
)
def test_read(path: str, place: Place) -> None:
    assert read_path(path) == place


@pytest.mark.parametrize(
    "path",
    [
        "//", "/dav//", "/dav/other/", "/dav/addressbooks//c/", "/dav/addressbooks/l//x.vcf",
        "/dav/addressbooks/l/c/a/b", "/dav/addressbooks/l/c/%ff", "/dav/addressbooks/l/c/%00",
        "/dav/addressbooks/l/c/a%2Fb", "/dav/addressbooks/l/..", "/dav/addressbooks/l/c/" + "x" * 256,
        "/dav/addressbooks/l/c/a%0d%0ab",
    ],
)  # fmt: skip
def test_what_names_nothing(path: str) -> None:
    with pytest.raises(DavError) as refused:
        read_path(path)
    assert refused.value.status == 404


def test_one_spelling() -> None:
    assert Place(Kind.CARD, "li@example.cn", "my book", "张:a+b.vcf").path == (
        "/dav/addressbooks/li@example.cn/my%20book/%E5%BC%A0%3Aa%2Bb.vcf"
    )
    assert Place(Kind.PRINCIPAL, "li@example.cn").path == "/dav/principals/li@example.cn/"


@given(st.text(min_size=1, max_size=60).filter(lambda it: it.isprintable() and "/" not in it and it not in (".", "..")))
def test_what_is_written_is_read(name: str) -> None:
    place = Place(Kind.CARD, "l", "c", name, False)
    assert read_path(place.path) == place


def test_hrefs_may_be_whole_addresses() -> None:
    assert read_href("http://h.example:80/dav/addressbooks/l/c/a.vcf") == Place(Kind.CARD, "l", "c", "a.vcf", False)
    assert read_href(" /dav/addressbooks/l/c/a.vcf\n") == Place(Kind.CARD, "l", "c", "a.vcf", False)
    assert read_href("/elsewhere/a.vcf") is None
    assert read_href("http://[bad/dav/") is None
