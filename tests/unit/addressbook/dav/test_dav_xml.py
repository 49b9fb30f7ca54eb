"""XML of strangers: read within bounds, never as anything but a DavError; written so that it is read the same."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from addressbook.dav.errors import DavError
from addressbook.dav.xml_reader import MAX_DEPTH, MAX_ELEMENTS, Node, read_xml
from addressbook.dav.xml_writer import document, element, escape, inner_xml, write_node


def test_elements_of_xml_itself_are_not_declared() -> None:
    written = document("{DAV:}prop", element("{http://www.w3.org/XML/1998/namespace}lang"))
    assert next(read_xml(written).children).name == "{http://www.w3.org/XML/1998/namespace}lang"


def test_elements_have_their_namespace() -> None:
    root = read_xml(b'<a xmlns="DAV:" xmlns:c="urn:c"><c:b x="1" c:y="2">t&amp;u</c:b><d xmlns=""/></a>')
    assert root.name == "{DAV:}a"
    inner, bare = root.children
    assert (inner.name, inner.text) == ("{urn:c}b", "t&u")
    assert inner.attributes == {"x": "1", "{urn:c}y": "2"}
    assert bare.name == "d"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"no xml",
        b"<a>",
        b"<a></b>",
        b"<a/><b/>",
        b"<x:a/>",
        b'<?xml version="1.0" encoding="big5"?><a/>',
        b'<?xml version="1.0" encoding="nothing"?><a/>',
        b"<a>\xff</a>",
        b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>",
        b"<!DOCTYPE a SYSTEM 'http://127.0.0.1/'><a/>",
        b"<a>&unknown;</a>",
        b"<a>" * (MAX_DEPTH + 1) + b"</a>" * (MAX_DEPTH + 1),
        b"<a " + b" ".join(b'a%d="1"' % number for number in range(33)) + b"/>",
    ],
)
def test_what_is_not_read(body: bytes) -> None:
    with pytest.raises(DavError) as refused:
        read_xml(body)
    assert refused.value.status == 400


def test_more_elements_than_we_read() -> None:
    with pytest.raises(DavError):
        read_xml(b"<a>" + b"<b/>" * MAX_ELEMENTS + b"</a>")


def test_other_encodings_of_xml_are_read() -> None:
    assert read_xml('<?xml version="1.0" encoding="utf-16"?><a>彩</a>'.encode("utf-16")).text == "彩"
    assert read_xml('<?xml version="1.0" encoding="iso-8859-1"?><a>é</a>'.encode("latin-1")).text == "é"


@given(st.binary(max_size=200))
def test_octets_never_raise_anything_else(data: bytes) -> None:
    try:
        read_xml(data)
    except DavError:
        return
    assert data.lstrip().startswith(b"<")


_TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20)
_NAMES = st.sampled_from(["{DAV:}a", "{urn:ietf:params:xml:ns:carddav}b", "{urn:x&y}c", "bare"])
_NODES = st.recursive(
    st.builds(lambda name, text: Node(name, {}, (text,) if text else ()), _NAMES, _TEXT),
    lambda inner: st.builds(
        lambda name, attributes, content: Node(name, attributes, tuple(content)),
        _NAMES,
        st.dictionaries(st.sampled_from(["x", "{urn:z}y", "{http://www.w3.org/XML/1998/namespace}lang"]), _TEXT),
        st.lists(inner, max_size=3),
    ),
    max_leaves=8,
)


@given(_NODES)
def test_what_is_written_is_read_the_same(node: Node) -> None:
    root = read_xml(document("{DAV:}prop", write_node(node)))
    assert list(root.children) == [node]
    assert inner_xml(root) == write_node(node)


def test_text_that_xml_cannot_say() -> None:
    assert read_xml(document("{DAV:}a", escape('a\x00b\x0b<>&"\r\n'))).text == 'a\ufffdb\ufffd<>&"\r\n'


def test_foreign_names_declare_themselves() -> None:
    assert element("{urn:x}a") == '<X:a xmlns:X="urn:x"/>'
    assert element("{DAV:}a", "1", b="<") == '<D:a b="&lt;">1</D:a>'
