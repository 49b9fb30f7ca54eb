"""What we write is valid by the schema in every dialect, says what was meant, and comes back the same."""

from __future__ import annotations

import email
import xml.etree.ElementTree as ET
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.core.errors import ConfigError, NotEncodable
from mms.codec.mm7 import dialect as dialects
from mms.codec.mm7 import packaging
from mms.codec.mm7.dialect import Dialect, load, ours
from mms.codec.mm7.envelope import Envelope
from mms.codec.mm7.messages import (
    CancelReq,
    CancelRsp,
    DeliverReq,
    DeliverRsp,
    DeliveryReportReq,
    DeliveryReportRsp,
    Fault,
    Message,
    ReadReplyReq,
    ReadReplyRsp,
    ReplaceReq,
    ReplaceRsp,
    SubmitReq,
    SubmitRsp,
)
from mms.codec.mm7.values import (
    Address,
    AddressKind,
    Capabilities,
    Recipients,
    ReplyCharging,
    SenderIdentification,
    Status,
)
from mms.content import SMIL, Arrangement, Body, Part
from tests.unit.mms.codec.mm7.mm7_schema import faults

PHONE = Address("+8613800138000")
CODE = Address("106588", AddressKind.SHORT_CODE)
MAIL = Address("a@b.example", AddressKind.MAIL)
SENDER = SenderIdentification("900001", "10657000", Address("+8613900000001"))
NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
OK = Status(1000, "Success")
FULL: tuple[Message, ...] = (
    SubmitReq(
        sender=SENDER,
        recipients=Recipients((PHONE, MAIL), (CODE,), (replace(PHONE, display_only=True),)),
        service_code="S",
        linked_id="L",
        message_class="Informational",
        timestamp=NOON,
        reply_charging=ReplyCharging(1000, NOON),
        earliest=NOON,
        expiry=timedelta(hours=1),
        delivery_report=True,
        read_reply=False,
        priority="High",
        subject="Tom & <Jerry> \"贺卡\" \U0001f600",
        charged_party="Sender",
        charged_party_id="900001",
        distribution=False,
        delivery_conditions=("99",),
        applic_id="a",
        reply_applic_id="r",
        aux_applic_info="x",
        content_class="image-rich",
        drm_content=False,
    ),
    SubmitReq(sender=SENDER, recipients=Recipients((PHONE,)), service_code="S"),
    SubmitRsp(status=Status(1100, "Partial success", "+8613900000002"), message_id="m-1"),
    DeliverReq(
        server_id="mmsc", vasp_id="v", vas_id="a", linked_id="L", sender=PHONE, recipients=Recipients((CODE,)),
        sender_spi="s", recipient_spi="r", timestamp=NOON, reply_charging_id="c", priority="Low", subject="s",
        applic_id="a", reply_applic_id="b", aux_applic_info="x",
        capabilities=Capabilities("http://x.example/a.xml", NOON),
    ),
    DeliverRsp(status=OK, service_code="S"),
    CancelReq(sender=SENDER, message_id="m-1", recipients=Recipients((PHONE,)), applic_id="a"),
    CancelRsp(status=OK),
    ReplaceReq(
        sender=SENDER, message_id="m-1", service_code="S", timestamp=NOON, read_reply=True, earliest=NOON,
        distribution=True, content_class="text", drm_content=True, applic_id="a",
    ),
    ReplaceRsp(status=OK),
    DeliveryReportReq(
        server_id="mmsc", message_id="m-1", recipient=PHONE, sender=CODE, date=NOON, mm_status="Rejected",
        mm_status_extension="RejectionByMMSRecipient", status_text="no", applic_id="a",
        capabilities=Capabilities("http://x.example/a.xml"),
    ),
    DeliveryReportRsp(status=OK),
    ReadReplyReq(message_id="m-1", recipient=PHONE, sender=CODE, timestamp=NOON, mm_status="Read", status_text="t"),
    ReadReplyRsp(status=OK),
    Fault(status=Status(4002, "Unsupported version"), fault_text="Client error"),
    Fault(status=Status(2000, "Client error"), fault_code="Client", fault_text="x", by_vasp=True),
)  # fmt: skip
PICTURE = bytes(range(256)) * 40
BODY = Body(
    (
        Part(SMIL, b"<smil><body/></smil>", "smil.xml", "smil"),
        Part("image/jpeg", PICTURE, "a.jpg", "a.jpg"),
        Part("text/plain", "贺卡".encode(), "t.txt", "t.txt", "utf-8"),
    ),
    Arrangement.RELATED,
    "smil",
)
WITH_BODY = tuple(it for it in FULL if isinstance(it, SubmitReq | DeliverReq | ReplaceReq))


def again(packed: packaging.Packed, dialect: Dialect) -> Envelope:
    return packaging.unpack(dict(packed.head)["Content-Type"], packed.body, dialect)


def xml_of(packed: packaging.Packed) -> bytes:
    return packaging.open_package(dict(packed.head)["Content-Type"], packed.body).xml


@pytest.mark.parametrize("name", ours())
@pytest.mark.parametrize("message", FULL, ids=[type(it).__name__ for it in FULL])
def test_valid_by_the_schema_in_every_dialect(name: str, message: Message) -> None:
    dialect = load(name)
    body = BODY if message in WITH_BODY else None
    xml = xml_of(packaging.pack(Envelope("t-1", message, body), dialect))
    found = faults(
        xml.replace(dialect.vasp_error.encode(), b"VASPErrorRsp"),
        dialect.namespace,
        raw_sender=dialect.raw_sender,
        content_element=dialect.content_element,
        report_time=dialect.report_time,
    )
    assert found == []


def test_the_judge_finds_what_is_wrong() -> None:
    dialect = load("3gpp-rel6")
    xml = xml_of(packaging.pack(Envelope("t-1", FULL[0], BODY), dialect))
    service, linked = b"<mm7:ServiceCode>S</mm7:ServiceCode>", b"<mm7:LinkedID>L</mm7:LinkedID>"
    for good, bad in (
        (b"Priority>High<", b"Priority>Urgent<"),
        (service + linked, linked + service),
        (b"true<", b"True<"),
        (b"cid:", b"cd:"),
        (b">t-1<", b"><"),
        (b"REL-6-MM7-1-4\"><mm7:MM7", b"REL-6-MM7-1-3\"><mm7:MM7"),
    ):  # fmt: skip
        assert good in xml
        assert faults(xml.replace(good, bad), dialect.namespace), bad


@pytest.mark.parametrize("name", ours())
@pytest.mark.parametrize("message", FULL, ids=[type(it).__name__ for it in FULL])
def test_comes_back_the_same(name: str, message: Message) -> None:
    dialect = load(name)
    body = BODY if message in WITH_BODY else None
    found = again(packaging.pack(Envelope("t-1", message, body), dialect), dialect)
    assert found.transaction_id == "t-1"
    assert found.body == body
    expected = replace(message, version=dialect.version)
    got = found.message
    if isinstance(got, SubmitReq | DeliverReq | ReplaceReq):
        got = replace(got, content=None)
    if dialect.numbers == "e164" and not dialect.raw_sender:
        assert got == expected
    else:
        assert type(got) is type(expected)  # numbers have lost their plus, and short codes their element


@pytest.mark.parametrize(("name", "number", "sender"), [
    ("3gpp-rel5", b"<Number>+8613800138000</Number>", b"<SenderAddress><Number>+8613900000001</Number>"),
    ("3gpp-rel6", b"<mm7:Number>+8613800138000</mm7:Number>", b"<mm7:Number>+8613900000001</mm7:Number>"),
    ("china-mobile", b"<Number>8613800138000</Number>", b"<SenderAddress>8613900000001</SenderAddress>"),
    ("huawei", b"<Number>13800138000</Number>", b"<SenderAddress>13900000001</SenderAddress>"),
])  # fmt: skip
def test_addresses_as_each_dialect_has_them(name: str, number: bytes, sender: bytes) -> None:
    xml = xml_of(packaging.pack(Envelope("t", FULL[1]), load(name)))
    assert number in xml
    assert sender in xml


def test_china_mobile_has_preamble_boundary_and_no_content_element() -> None:
    packed = packaging.pack(Envelope("t", FULL[1], BODY), load("china-mobile"))
    assert packed.body.startswith(b"this is a multi-part message in MIME format\r\n\r\n\r\n----NextPart_0_")
    assert b"\r\nContent-ID:</tnn-200102/mm7-vasp>\r\n" in packed.body
    assert b"<Content" not in packed.body
    head = dict(packed.head)
    assert head["Content-ID"] == "</tnn-200102/mm7-vasp>"
    assert 'start="</tnn-200102/mm7-vasp>"' in head["Content-Type"]
    assert head["SOAPAction"] == '""'
    assert PICTURE in packed.body


def test_a_charset_that_holds_not_all_writes_references() -> None:
    message = SubmitReq(sender=SENDER, recipients=Recipients((PHONE,)), service_code="S", subject="贺卡 镕 😀")
    packed = packaging.pack(Envelope("t", message), load("china-mobile"))
    assert "贺卡 &#38229; &#128512;".encode("gb2312") in packed.body
    found = again(packed, load("china-mobile")).message
    assert isinstance(found, SubmitReq)
    assert found.subject == message.subject


def test_what_a_dialect_requires_must_be_there() -> None:
    with pytest.raises(NotEncodable, match="ServiceCode"):
        packaging.pack(Envelope("t", replace(FULL[1], service_code="")), load("china-mobile"))


def test_answers_are_in_version_and_namespace_of_the_request() -> None:
    mine = load("3gpp-rel6")
    theirs = mine.answering(f"{dialects.NAMESPACES}REL-5-MM7-1-3", "5.6.0")
    xml = packaging.pack(Envelope("t", SubmitRsp(status=OK, message_id="m")), theirs).body
    assert b"REL-5-MM7-1-3" in xml
    assert b"5.6.0" in xml
    assert mine.answering("urn:evil", "5.6.0") is mine
    assert mine.answering(f"{dialects.NAMESPACES}REL-5-MM7-1-3", "<evil>") is mine


def test_media_in_each_encoding() -> None:
    for encoding, line in (("base64", b"base64"), ("binary", b"binary"), ("8bit", b"binary")):  # 8bit holds no NUL
        dialect = replace(load("3gpp-rel6"), encoding=encoding)
        packed = packaging.pack(Envelope("t", FULL[1], BODY), dialect)
        assert b"Content-Type: image/jpeg" in packed.body
        assert b"Content-Transfer-Encoding: " + line in packed.body
        assert again(packed, dialect).body == BODY


def test_a_boundary_stands_nowhere_in_the_content() -> None:
    dialect = load("3gpp-rel6")
    plain = Body((Part("text/plain", b"x"),))
    first = packaging.pack(Envelope("t", FULL[1], plain), dialect)
    marks = [it for it in first.body.replace(b'"', b"\n").split() if it.startswith(b"=_mm")]
    assert marks
    evil = Body((Part("text/plain", b"\r\n--" + b"\r\n--".join({*marks}) + b"--\r\n"),))
    assert again(packaging.pack(Envelope("t", FULL[1], evil), dialect), dialect).body == evil


def test_names_cannot_break_out_of_their_line() -> None:
    evil = Part("image/gif\r\nX: y", b"1", 'a"\r\nX: y', "i>\r\nX: y", "utf\r\n8", (("x\r\ny", "1"), ("z", 'a"\r\nb')))
    packed = packaging.pack(Envelope('t"&<', FULL[1], Body((evil,))), load("3gpp-rel6"))
    assert b"\r\nX: y" not in packed.body
    found = again(packed, load("3gpp-rel6"))
    assert found.transaction_id == 't"&<'
    assert found.body is not None
    assert found.body.parts[0].data == b"1"


TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), max_size=40).map(
    str.strip
)


@settings(max_examples=60, deadline=None)
@given(subject=TEXTS, transaction=TEXTS.filter(bool), name=st.sampled_from(ours()), data=st.binary(max_size=300))
def test_any_text_and_octets_come_back(subject: str, transaction: str, name: str, data: bytes) -> None:
    dialect = load(name)
    message = SubmitReq(sender=SENDER, recipients=Recipients((PHONE,)), service_code="S", subject=subject)
    body = Body((Part("image/gif", data, "a.gif", "a"),))
    found = again(packaging.pack(Envelope(transaction, message, body), dialect), dialect)
    assert isinstance(found.message, SubmitReq)
    assert (found.transaction_id, found.message.subject, found.body) == (transaction, subject, body)


# --- dialects as data ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ours())
def test_a_dialect_as_a_file_is_the_same_dialect(name: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("d") / "mine.toml"
    path.write_text(dialects.toml(load(name)), encoding="utf-8")
    assert load(str(path)) == load(name)


@pytest.mark.parametrize(("table", "word"), [
    ({"namespce": "x"}, "namespce"),
    ({"numbers": "roman"}, "numbers"),
    ({"typed": "yes"}, "typed"),
    ({"required": ["a", 1]}, "required"),
    ({"boundary": "a b"}, "boundary"),
    ({"boundary": "x" * 41}, "boundary"),
    ({"prefix": "1:"}, "prefix"),
    ({"soap_prefix": ""}, "soap_prefix"),
    ({"preamble": "--x"}, "preamble"),
    ({"utc_offset_minutes": 10_000}, "utc_offset_minutes"),
])  # fmt: skip
def test_a_wrong_dialect_names_the_key(table: dict[str, object], word: str) -> None:
    with pytest.raises(ConfigError, match=word):
        dialects.read(table, "mine.toml")


@pytest.mark.parametrize("name", ["nobody", "/nowhere/x.toml"])
def test_a_dialect_that_is_not_there(name: str) -> None:
    with pytest.raises(ConfigError):
        load(name)


@pytest.mark.parametrize("message", FULL, ids=[type(it).__name__ for it in FULL])
@settings(max_examples=8, deadline=None)
@given(random=st.randoms(use_true_random=False))
def test_elements_in_any_order_say_the_same(message: Message, random: Random) -> None:
    dialect = load("3gpp-rel6")
    xml = packaging.pack(Envelope("t", message), dialect).body
    root = ET.fromstring(xml)
    for element in root.iter():
        if element.tag.endswith(("Req", "Rsp", "Status", "SenderIdentification", "Recipients")):
            children = list(element)
            random.shuffle(children)
            element[:] = children
    shuffled = packaging.unpack("text/xml", ET.tostring(root, "utf-8"), dialect)
    assert shuffled.message == packaging.unpack("text/xml", xml, dialect).message


@pytest.mark.parametrize("name", ours())
def test_another_reader_of_mime_finds_the_same_parts(name: str) -> None:
    packed = packaging.pack(Envelope("t", FULL[1], BODY), load(name))
    head = "".join(f"{key}: {value}\r\n" for key, value in packed.head)
    mail = email.message_from_bytes(head.encode() + b"\r\n" + packed.body)
    assert mail.get_param("type") == "text/xml"
    soap, content = mail.get_payload()
    assert soap["Content-ID"] == mail.get_param("start")
    assert soap.get_content_type() == "text/xml"
    assert content.get_content_type() == "multipart/related"
    parts = content.get_payload()
    assert [it.get_content_type() for it in parts] == [part.media_type for part in BODY.parts]
    assert [it.get_payload(decode=True) for it in parts][::2] == [part.data for part in BODY.parts][::2]
    if load(name).encoding == "base64":  # elsewhere Python's reader makes lines of octets
        assert parts[1].get_payload(decode=True) == PICTURE
    assert parts[0]["Content-ID"] == content.get_param("start")
