"""Documents of SyncML: both forms say the same, and what must not be believed is refused."""

from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from addressbook.syncml import documents, wire
from addressbook.syncml.documents import Document, Form, form_of
from addressbook.syncml.reading import message_of
from addressbook.syncml.tokens import Version
from addressbook.syncml.writing import element_of
from gateway.core.errors import BadRequest, MalformedPdu, NotEncodable
from tests.unit.addressbook.syncml.vectors import everything, plain

PAIRS = [(version, form) for version in Version for form in Form]


@pytest.mark.parametrize(("version", "form"), PAIRS)
def test_a_message_comes_back(version: Version, form: Form) -> None:
    message = everything(version, form)
    octets = documents.write(Document(element_of(message), form, version))
    read = documents.read(octets, form)
    assert (read.form, read.version) == (form, version)
    again = message_of(read.root)
    assert plain(again) == plain(message)
    if form is Form.WBXML:
        assert again == message


def test_pages_are_switched_within_a_message() -> None:
    """As a server's answer with an anchor was recorded: 54 4f 00 01 45 4f 03 … (Item, Data, page 1, Anchor, Next)."""
    octets = documents.write(Document(element_of(everything(Version.V1_2, Form.WBXML)), Form.WBXML, Version.V1_2))
    assert bytes.fromhex("544f0001454f0339000101") in octets
    assert octets.startswith(bytes.fromhex("02a4016a00"))
    assert bytes.fromhex("02a4036a004a") in octets  # device information has a header of its own


def test_the_type_may_be_named_in_words() -> None:
    """SyncEvolution writes SyncML 1.0 so: 00 00, and the public identifier in the string table."""
    octets = documents.write(Document(element_of(everything(Version.V1_0, Form.WBXML)), Form.WBXML, Version.V1_0))
    name = b"-//SYNCML//DTD SyncML 1.0//EN"
    assert octets.startswith(bytes.fromhex("029f516a00"))
    told = bytes.fromhex("0200006a") + bytes((len(name),)) + name + octets[5:]
    read = documents.read(told, Form.WBXML)
    assert read.version is Version.V1_0
    assert message_of(read.root) == everything(Version.V1_0, Form.WBXML)


@pytest.mark.parametrize(
    ("content_type", "form"),
    [
        ("application/vnd.syncml+wbxml", Form.WBXML),
        ("application/vnd.syncml+wbxml; charset=utf-8", Form.WBXML),
        ("Application/vnd.SyncML+XML;charset=UTF-8", Form.XML),
        ("text/xml", None),
        ("", None),
    ],
)
def test_forms(content_type: str, form: Form | None) -> None:
    assert form_of(content_type) is form


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<SyncML>",
        "<Other/>",
        '<!DOCTYPE a [<!ENTITY x "y">]><SyncML>&x;</SyncML>',
        '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><SyncML>&x;</SyncML>',
        "<a>" * 100 + "</a>" * 100,
        '<?xml version="1.0" encoding="nothing"?><SyncML/>',
        "<SyncML>" + "<a/>" * 200_001 + "</SyncML>",
    ],
    ids=range(8),
)
def test_what_is_no_xml_of_ours_is_refused(text: str) -> None:
    with pytest.raises(MalformedPdu):
        documents.read(text.encode(), Form.XML)


def test_what_is_no_binary_of_ours_is_refused() -> None:
    for octets in (b"", b"\x02", b"\x02\x05\x6a\x00\x45\x01", b"\x02\xa4\x01\x6a\x00" + b"\x6d" * 100, b"\x03\x01"):
        with pytest.raises(MalformedPdu):
            documents.read(octets, Form.WBXML)
    many = b"\x02\xa4\x01\x6a\x00\x6d" + b"\x05" * 200_001 + b"\x01"
    with pytest.raises(MalformedPdu, match="elements"):
        documents.read(many, Form.WBXML)


def test_a_message_without_its_names_is_refused() -> None:
    for part in ("SessionID", "MsgID", "Source"):
        root = element_of(everything(Version.V1_2, Form.XML))
        octets = documents.write(Document(root, Form.XML, Version.V1_2)).replace(part.encode(), b"Nothing")
        with pytest.raises(MalformedPdu):
            message_of(documents.read(octets, Form.XML).root)


def test_xml_as_phones_write_it() -> None:
    text = """<?xml version="1.0"?><!DOCTYPE SyncML PUBLIC "-//SYNCML//DTD SyncML 1.1//EN" "syncml.dtd">
    <s:SyncML xmlns:s="syncml:SYNCML1.1"><s:SyncHdr><s:VerDTD> 1.1 </s:VerDTD><s:VerProto>SyncML/1.1</s:VerProto>
    <s:SessionID>1</s:SessionID><s:MsgID>1</s:MsgID><s:Source><s:LocURI>x</s:LocURI></s:Source>
    <s:Meta><m:MetInf xmlns:m="syncml:metinf"><m:MaxMsgSize>5000</m:MaxMsgSize></m:MetInf></s:Meta></s:SyncHdr>
    <s:SyncBody><s:Final/></s:SyncBody></s:SyncML>\0"""
    message = message_of(documents.read(text.encode(), Form.XML).root)
    assert (message.header.version, message.header.meta.max_message, message.is_final) == ("1.1", 5000, True)


@pytest.mark.parametrize(("version", "form"), PAIRS)
def test_the_line_tool_loses_nothing(version: Version, form: Form) -> None:
    octets = documents.write(Document(element_of(everything(version, form)), form, version))
    line = json.loads(json.dumps(wire.decode_line(octets)))
    assert wire.encode_line(line) == octets
    assert ("octets" in line) == (form is Form.XML)  # line ends of the card in it
    told = octets[:1] + b"\x01" + octets[1:] if form is Form.WBXML else b" " + octets
    with contextlib.suppress(MalformedPdu):
        assert wire.encode_line(wire.decode_line(told)) == told


@pytest.mark.parametrize(
    "line",
    [
        {},
        {"form": "x"},
        {"version": 2},
        {"document": []},
        {"document": {"SyncML": ""}},
        {"document": {"": []}},
        {"document": {"Sync ML": []}},
        {"document": {"SyncML": [{"octets": "zz"}]}},
        {"document": {"SyncML": [{"octets": 1}]}},
        {"document": {"SyncML": [{"data": 1}]}},
        {"document": {"SyncML": [1]}},
        {"document": {"SyncML": ["\0"]}},
        {"document": {"SyncML": ["\ud800"]}},
        {"document": {"SyncML": [{"data": "\ud800"}]}},
        {"document": {"Nothing": []}},
        {"octets": "00"},
    ],
    ids=str,
)
def test_lines_that_cannot_be_encoded(line: dict[str, object]) -> None:
    with pytest.raises((BadRequest, NotEncodable)):
        wire.encode_line(line)


@given(st.binary(max_size=200))
def test_any_octets(octets: bytes) -> None:
    start = documents.write(Document(element_of(everything(Version.V1_1, Form.WBXML)), Form.WBXML, Version.V1_1))
    for data, form in ((octets, Form.XML), (octets, Form.WBXML), (start[: len(octets) * 5] + octets, Form.WBXML)):
        try:
            found = documents.read(data, form)
        except MalformedPdu:
            continue
        with contextlib.suppress(MalformedPdu):
            message_of(found.root)
