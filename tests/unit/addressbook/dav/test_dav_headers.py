"""Headers of WebDAV requests."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from addressbook.dav.errors import DavError
from addressbook.dav.headers import (
    Credentials,
    Tags,
    overwrites,
    read_credentials,
    read_depth,
    read_destination,
    read_tags,
    wants_minimum,
    wants_representation,
)
from addressbook.dav.paths import Kind, Place


def basic(octets: bytes) -> str:
    return "Basic " + base64.b64encode(octets).decode()


def test_credentials() -> None:
    assert read_credentials(basic("li@example.cn:pä:ss".encode())) == Credentials("li@example.cn", "pä:ss")
    assert read_credentials(basic("li:é".encode("latin-1"))) == Credentials("li", "é")
    for header in (
        None,
        "",
        "Bearer x",
        "Basic",
        "Basic !!!",
        basic(b"nocolon"),
        basic(b"a\0:b"),
        basic(b"a:" + b"b" * 2048),
    ):
        assert read_credentials(header) is None
    assert "secret" not in repr(Credentials("li", "secret"))


def test_tags() -> None:
    assert read_tags(None) is None
    assert read_tags("*") == Tags(anything=True)
    assert read_tags('"a", W/"b"') == Tags(frozenset({"a", "b"}))
    assert read_tags("bare") == Tags(frozenset({"bare"}))
    assert Tags(anything=True).fits("a")
    assert not Tags(anything=True).fits(None)
    assert not Tags(frozenset({"a"})).fits("b")


def test_depth_and_overwrite() -> None:
    assert read_depth(None, "infinity") == "infinity"
    assert read_depth(" Infinity", "0") == "infinity"
    assert not overwrites("f")
    assert overwrites(None)
    for bad in (lambda: read_depth("2", "0"), lambda: overwrites("x")):
        with pytest.raises(DavError):
            bad()


def test_destination() -> None:
    there = Place(Kind.CARD, "l", "c", "a.vcf", False)
    path = "/dav/addressbooks/l/c/a.vcf"
    assert read_destination(path, "h") == there
    assert read_destination("https://h:8080" + path, "H:8080") == there
    for header, status in ((None, 400), ("http://other" + path, 502), ("/x/y", 409)):
        with pytest.raises(DavError) as refused:
            read_destination(header, "h")
        assert refused.value.status == status


def test_preferences() -> None:
    assert wants_minimum({"Brief": "t"})
    assert wants_minimum({"Prefer": "return=minimal, depth-noroot"})
    assert not wants_minimum({"Brief": "f", "Prefer": "return=representation"})
    assert wants_representation({"Prefer": "return=representation"})


@given(st.text(max_size=40))
def test_nothing_else_is_raised(text: str) -> None:
    read_credentials("Basic " + text)
    read_tags(text)
    for read in (lambda: read_destination(text, "h"), lambda: read_depth(text, "0")):
        try:
            read()
        except DavError:
            continue
