"""What other implementations write is understood: samples, and each leniency by name."""

from __future__ import annotations

import base64
import contextlib
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import TypeVar

import pytest

from gateway.core.errors import MalformedPdu
from mms.codec.mm7 import packaging
from mms.codec.mm7.dialect import Dialect, load
from mms.codec.mm7.envelope import Envelope, is_known_version
from mms.codec.mm7.markup import MAX_DEPTH, MAX_ELEMENTS, MAX_OCTETS, read_xml
from mms.codec.mm7.messages import (
    CancelReq,
    CancelRsp,
    DeliverReq,
    DeliveryReportReq,
    Fault,
    ReadReplyReq,
    ReplaceReq,
    SubmitReq,
    SubmitRsp,
)
from mms.codec.mm7.values import Address, AddressKind, Recipients, SenderIdentification, Status, parse_time
from mms.content import SMIL, Arrangement, Body, Part
from tests.unit.mms.codec.mm7 import mm7_samples as samples

M = TypeVar("M")
XML = "text/xml; charset=utf-8"
HERE = Dialect()
BEIJING = timezone(timedelta(hours=8))


def read(data: bytes, content_type: str = XML) -> Envelope:
    return packaging.unpack(content_type, data, HERE)


def submit(inner: str) -> SubmitReq:
    """A submit with these elements in it."""
    return message_of(f"<SubmitReq xmlns='{samples.REL_6_4}'>{inner}</SubmitReq>", SubmitReq)


def message_of(xml: str, kind: type[M]) -> M:
    data = f"<e:Envelope xmlns:e='{samples.SOAP}'><e:Body>{xml}</e:Body></e:Envelope>".encode()
    message = read(data).message
    assert isinstance(message, kind)
    return message


# --- samples ---------------------------------------------------------------------------------------------------


def test_submit_of_mbuni() -> None:
    found = read(samples.MBUNI_SUBMIT, samples.MBUNI_SUBMIT_TYPE)
    assert found.transaction_id == "tx-0001"
    assert found.namespace == samples.REL_6_4
    message = found.message
    assert isinstance(message, SubmitReq)
    assert message.sender == SenderIdentification("vasp1", "vas1", Address("+15551230009"))
    assert message.recipients.to == (Address("+15551230001"), Address("bob@example.org", AddressKind.MAIL))
    assert (message.message_class, message.delivery_report, message.read_reply) == ("Informational", True, False)
    assert message.timestamp == datetime(2024, 2, 29, 8, 5, tzinfo=UTC)
    assert found.body == Body((Part("text/plain", b"Hi there", content_id="c1", charset="utf-8"),))


def test_answer_of_mbuni() -> None:
    assert read(samples.MBUNI_SUBMIT_RSP).message == SubmitRsp("6.8.0", Status(1000, "Success"), "MSG-7788")


@pytest.mark.parametrize(("data", "kind", "word"), [
    (samples.MBUNI_REPORT, DeliveryReportReq, "Retrieved"),
    (samples.MBUNI_READ, ReadReplyReq, "Read"),
])  # fmt: skip
def test_reports_of_mbuni_in_an_order_that_is_not_the_schemas(data: bytes, kind: type, word: str) -> None:
    message = read(data).message
    assert isinstance(message, kind)
    assert isinstance(message, DeliveryReportReq | ReadReplyReq)
    assert (message.message_id, message.mm_status) == ("MSG-7788", word)
    assert (message.recipient, message.sender) == (Address("+15551230009"), Address("+15551230001"))
    moment = message.date if isinstance(message, DeliveryReportReq) else message.timestamp
    assert moment == datetime(2024, 2, 29, 8, 5, tzinfo=UTC)


def test_delivery_of_nokia() -> None:
    found = read(samples.NOKIA_DELIVER, samples.NOKIA_DELIVER_TYPE)
    message = found.message
    assert isinstance(message, DeliverReq)
    assert found.transaction_id == "4E073C7AQ479306TW26785I371H3M1HA"  # without the white space around it
    assert (message.server_id, message.linked_id) == ("Nokia MMS Center MC5.0", "0402105226100000000000000")
    assert (message.sender, message.recipients.to) == (Address("+3859100010010"), (Address("88888"),))
    assert found.body is not None
    assert (found.body.arrangement, found.body.start) == (Arrangement.RELATED, "AAAA")
    assert [(it.media_type, it.data[:6]) for it in found.body.parts] == [(SMIL, b"<smil>"), ("image/gif", b"GIF89a")]


@pytest.mark.parametrize(("data", "code", "text", "transaction"), [
    (samples.FAULT, 4002, "Unsupported version", "123456"),
    (samples.FAULT_WITH_PREFIXES, 2002, "Address Error", "0_1500103103727"),
])  # fmt: skip
def test_faults(data: bytes, code: int, text: str, transaction: str) -> None:
    found = read(data)
    assert isinstance(found.message, Fault)
    assert found.message.status == Status(code, text)
    assert (found.message.fault_code, found.transaction_id) == ("Client", transaction)


def test_submit_of_china_mobile() -> None:
    found = read(samples.china_mobile("贺卡 镕"), samples.CHINA_MOBILE_TYPE)
    message = found.message
    assert isinstance(message, SubmitReq)
    assert message.subject == "贺卡 镕"  # which GB 2312 does not hold, though the XML says so
    assert message.sender == SenderIdentification("111", "4321", Address("18910229166"))
    assert (message.service_code, message.charged_party) == ("1234", "Recipient")
    assert message.content is None
    assert found.body is not None
    assert [(it.name, it.data) for it in found.body.parts] == [("a.gif", b"GIF89a")]


def test_report_of_china_mobile() -> None:
    message = read(samples.CHINA_MOBILE_REPORT).message
    assert isinstance(message, DeliveryReportReq)
    assert message.date == datetime(2014, 3, 24, 10, 34, 50, tzinfo=BEIJING)
    assert (message.mm_status, message.error_code, message.server_id) == ("Expired", "4446", "931100")
    assert message.sender == Address("1065712345")


def test_delivery_of_huawei() -> None:
    message = read(samples.HUAWEI_DELIVER).message
    assert isinstance(message, DeliverReq)
    assert (message.sender, message.vasp_id) == (Address("13951900000"), "88")


# --- leniencies, by name ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("schema", [
    *(f"REL-5-MM7-1-{minor}" for minor in range(6)), *(f"REL-6-MM7-1-{minor}" for minor in range(5)), "REL-6-MM7-6-7",
])  # fmt: skip
def test_any_schema_of_release_5_and_6(schema: str) -> None:
    data = samples.MBUNI_REPORT.replace(b"REL-6-MM7-1-4", schema.encode())
    found = read(data)
    assert isinstance(found.message, DeliveryReportReq)
    assert found.namespace.endswith(schema)
    assert is_known_version(found)


def test_an_unknown_major_version_is_told_apart() -> None:
    found = read(samples.MBUNI_REPORT.replace(b"REL-6-MM7-1-4", b"REL-9-MM7-1-0").replace(b"6.8.0", b"9.0.0"))
    assert not is_known_version(found)


@pytest.mark.parametrize("prefix", ["env", "soap", "SOAP-ENV", "soapenv", "S"])
def test_any_prefix_of_soap(prefix: str) -> None:
    data = samples.FAULT.replace(b"soap:", f"{prefix}:".encode()).replace(b":soap=", f":{prefix}=".encode())
    assert isinstance(read(data).message, Fault)


def test_prefixes_that_nobody_declared() -> None:
    assert read(b"<e:Envelope><e:Body><x:CancelRsp/></e:Body></e:Envelope>").message == CancelRsp()


def test_misspelt_elements() -> None:
    message = submit("<EarlistDeliveryTime>2020-01-01T00:00:00Z</EarlistDeliveryTime><AuxApplicId>x</AuxApplicId>")
    assert (message.earliest, message.aux_applic_info) == (datetime(2020, 1, 1, tzinfo=UTC), "x")


def test_reply_charging_as_elements() -> None:
    message = submit(
        "<ReplyCharging><replyChargingSize>100</replyChargingSize><replyDeadline>PT1H</replyDeadline></ReplyCharging>"
    )
    assert message.reply_charging is not None
    assert (message.reply_charging.size, message.reply_charging.deadline) == (100, timedelta(hours=1))
    assert submit("<ReplyCharging>False</ReplyCharging>").reply_charging is None


@pytest.mark.parametrize(
    ("word", "value"), [("True", True), ("FALSE", False), (" true\n", True), ("1", True), ("?", None)]
)
def test_booleans_in_any_case(word: str, value: bool | None) -> None:
    assert submit(f"<DeliveryReport>{word}</DeliveryReport>").delivery_report is value


@pytest.mark.parametrize(("word", "kept"), [("high", "High"), ("HIGH", "High"), ("urgent", "urgent")])
def test_words_in_any_case(word: str, kept: str) -> None:
    assert submit(f"<Priority>{word}</Priority>").priority == kept


def test_a_number_in_the_element_of_a_mail_address() -> None:
    to = "<Recipients><To><RFC2822Address>12345</RFC2822Address></To></Recipients>"
    assert submit(to).recipients == Recipients((Address("12345", AddressKind.NUMBER),))


def test_short_codes_in_either_element() -> None:
    to = "<Recipients><To><Number>8878</Number><ShortCode>8878</ShortCode></To></Recipients>"
    assert [it.value for it in submit(to).recipients.all] == ["8878", "8878"]


def test_recipients_without_to_and_several_to() -> None:
    assert len(submit("<Recipients><Number>1393</Number><Number>1394</Number></Recipients>").recipients.all) == 2
    twice = "<Recipients><To><Number>1393</Number></To><To><Number>1394</Number></To></Recipients>"
    assert len(submit(twice).recipients.to) == 2


def test_recipients_that_are_only_shown_get_nothing() -> None:
    to = '<Recipients><To><Number displayOnly="True">1393</Number><Number>1394</Number></To></Recipients>'
    assert [it.value for it in submit(to).recipients.all] == ["1394"]


@pytest.mark.parametrize(("text", "value"), [
    ("2014-3-24T1:04:50+08:00", datetime(2014, 3, 24, 1, 4, 50, tzinfo=BEIJING)),
    ("2014-03-24T10:34:50.123Z", datetime(2014, 3, 24, 10, 34, 50, tzinfo=UTC)),
    ("2014-03-24 10:34", datetime(2014, 3, 24, 10, 34, tzinfo=UTC)),
    ("P1DT2H3M4.5S", timedelta(days=1, hours=2, minutes=3, seconds=4)),
    ("P3M", timedelta(days=90)),
    ("2014-02-30T10:34:50Z", None),
    ("2014-02-28T10:34:50+99:00", datetime(2014, 2, 28, 10, 34, 50, tzinfo=UTC)),
    ("P", None), ("PT", None), ("", None), ("soon", None), ("9" * 40, None),
])  # fmt: skip
def test_times(text: str, value: object) -> None:
    assert parse_time(text) == value


def test_a_time_without_zone_is_the_dialects() -> None:
    data = samples.CHINA_MOBILE_REPORT.replace(b"+08:00", b"")
    message = packaging.unpack(XML, data, load("china-mobile")).message
    assert isinstance(message, DeliveryReportReq)
    assert message.date == datetime(2014, 3, 24, 10, 34, 50, tzinfo=BEIJING)


def test_an_ampersand_that_was_not_escaped() -> None:
    found = read(samples.china_mobile("Tom & Jerry &amp; co"), samples.CHINA_MOBILE_TYPE).message
    assert isinstance(found, SubmitReq)
    assert found.subject == "Tom & Jerry & co"


def test_control_characters_and_blanks_before_the_declaration() -> None:
    data = b"\r\n  " + samples.CHINA_MOBILE_REPORT.replace(b">no<", b">n\x07o<")
    message = read(data).message
    assert isinstance(message, DeliveryReportReq)
    assert message.status_text == "no"


@pytest.mark.parametrize("codec", ["utf-8-sig", "utf-16"])
def test_byte_order_marks(codec: str) -> None:
    text = samples.MBUNI_SUBMIT_RSP.decode().replace("encoding='UTF-8'", "")
    assert isinstance(read(text.encode(codec), "text/xml").message, SubmitRsp)


def test_answers_as_application_xml() -> None:
    assert isinstance(read(samples.MBUNI_SUBMIT_RSP, "application/xml").message, SubmitRsp)


# --- packaging -------------------------------------------------------------------------------------------------


def packaged(
    head: str, *, start: str = "<s1>", content_head: str = "Content-ID: <c1>", href: str = "cid:c1"
) -> Body | None:
    """The content of a submit whose packaging differs in these."""
    data = samples.MBUNI_SUBMIT.replace(b"Content-ID: <c1>", content_head.encode()).replace(b"cid:c1", href.encode())
    return read(data, head).body


HEAD = 'multipart/related; type="text/xml"; start="<s1>"; boundary=_b1'
HI = (b"Hi there",)


@pytest.mark.parametrize("head", [
    HEAD,
    "Multipart/Related; Type=text/xml; Start=<s1>; Boundary=_b1",
    "multipart/related; boundary=_b1",
    "multipart/related; start=s1; boundary=\"_b1\"",
    "multipart/related; start=<nobody>; boundary=_b1",
    "multipart/form-data; boundary=_b1",
    "application/octet-stream",
    "",
])  # fmt: skip
def test_parameters_in_any_form(head: str) -> None:
    found = packaged(head)
    assert found is not None
    assert tuple(it.data for it in found.parts) == HI


@pytest.mark.parametrize(("content_head", "href"), [
    ("Content-ID: <forecast-2000102>", "cid:forecast-200102"),  # as an example of the specification has it
    ("Content-ID: content_15", "cid: content_15"),
    ("Content-ID:defaultID", "cid:defaultID"),
    ("Content-ID: <a@b>", "cid:a%40b"),
    ("Content-ID: <a%40b>", "cid:a@b"),
    ("Content-ID: <c1>", "CID:c1"),
    ("X-None: 1", "cid:c1"),
])  # fmt: skip
def test_references_that_do_not_quite_fit(content_head: str, href: str) -> None:
    found = packaged(HEAD, content_head=content_head, href=href)
    assert found is not None
    assert tuple(it.data for it in found.parts) == HI


def test_an_attribute_with_a_prefix() -> None:
    data = samples.MBUNI_SUBMIT.replace(b"Content href", b"Content mm7:href")
    message = read(data, samples.MBUNI_SUBMIT_TYPE).message
    assert isinstance(message, SubmitReq)
    assert message.content is not None
    assert message.content.href == "cid:c1"


def test_blanks_behind_boundaries_and_lines_without_return() -> None:
    data = samples.MBUNI_SUBMIT.replace(b"--_b1\r\n", b"--_b1 \t\r\n")
    assert read(data, samples.MBUNI_SUBMIT_TYPE).body == read(samples.MBUNI_SUBMIT, samples.MBUNI_SUBMIT_TYPE).body
    plain = samples.MBUNI_SUBMIT.replace(b"\r\n", b"\n")
    assert read(plain, samples.MBUNI_SUBMIT_TYPE).body == read(samples.MBUNI_SUBMIT, samples.MBUNI_SUBMIT_TYPE).body


def test_a_boundary_with_blanks() -> None:
    data = samples.MBUNI_SUBMIT.replace(b"_b1", b"StoryParts 74526 8432 2002-77645")
    head = 'multipart/related; boundary="StoryParts 74526 8432 2002-77645"'
    assert read(data, head).body is not None


def test_a_longer_boundary_that_begins_alike_is_none() -> None:
    data = samples.MBUNI_SUBMIT.replace(b"Hi there", b"Hi\r\n--_b1x\r\nthere")
    found = read(data, samples.MBUNI_SUBMIT_TYPE).body
    assert found is not None
    assert found.parts[0].data == b"Hi\r\n--_b1x\r\nthere"


def test_the_last_boundary_may_be_missing() -> None:
    data = samples.MBUNI_SUBMIT.replace(b"\r\n--_b1--\r\n", b"")
    found = read(data, samples.MBUNI_SUBMIT_TYPE).body
    assert found is not None
    assert tuple(it.data for it in found.parts) == HI


def test_xml_in_base64() -> None:
    xml = base64.encodebytes(samples.MBUNI_SUBMIT_XML.encode())
    data = samples.MBUNI_SUBMIT.replace(samples.MBUNI_SUBMIT_XML.encode(), xml).replace(
        b"Content-Type: text/xml", b"Content-Type: text/xml\r\nContent-Transfer-Encoding: BASE64"
    )
    assert read(data, samples.MBUNI_SUBMIT_TYPE).transaction_id == "tx-0001"


def test_several_parts_and_none_that_is_named() -> None:
    more = b"--_b1\r\nContent-Type: application/smil\r\nContent-ID: <s>\r\n\r\n<smil/>\r\n--_b1--"
    data = samples.MBUNI_SUBMIT.replace(b"--_b1--", more).replace(b'<mm7:Content href="cid:c1"/>', b"")
    found = read(data, samples.MBUNI_SUBMIT_TYPE).body
    assert found is not None
    assert ([it.data for it in found.parts], found.start) == ([b"Hi there", b"<smil/>"], "s")


def test_a_whole_http_message() -> None:
    head = f'POST /mm7 HTTP/1.1\r\nHost: x\r\nSOAPAction: ""\r\nContent-Type: {samples.MBUNI_SUBMIT_TYPE}\r\n\r\n'
    found = packaging.unpack_document(head.encode() + samples.MBUNI_SUBMIT, HERE)
    assert found == read(samples.MBUNI_SUBMIT, samples.MBUNI_SUBMIT_TYPE)
    folded = head.replace("; start", ";\r\n\tstart").split("\r\n", 1)[1]
    assert packaging.unpack_document(folded.encode() + samples.MBUNI_SUBMIT, HERE) == found
    assert packaging.unpack_document(samples.china_mobile(), HERE).transaction_id == "1234567890"


def test_every_request_is_read() -> None:
    inner = "<MessageID>m</MessageID><ServiceCode>s</ServiceCode>"
    assert message_of(f"<ReplaceReq>{inner}</ReplaceReq>", ReplaceReq) == ReplaceReq(message_id="m", service_code="s")
    assert message_of("<CancelReq><MessageID>m</MessageID></CancelReq>", CancelReq) == CancelReq(message_id="m")


# --- hostile octets --------------------------------------------------------------------------------------------

LAUGHS = (
    b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">'
    b'<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]><l>&c;</l>'
)


@pytest.mark.parametrize("data", [
    b"", b"<", b"<a>", b"<a/>", b"hello", b"\xff\xfe", b"\0" * 1000,
    LAUGHS,
    b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>',
    b"<a>" * (MAX_DEPTH + 1) + b"</a>" * (MAX_DEPTH + 1),
    b"<a>" + b"<b/>" * MAX_ELEMENTS + b"</a>",
    b"<a " + b" ".join(b"x%d='1'" % it for it in range(65)) + b"/>",
    b"<a>" + b"x" * MAX_OCTETS + b"</a>",
    b"<a>&nbsp;</a>", b"<a b='&undefined;'/>",
    b"<e:Envelope xmlns:e='x'><e:Body/></e:Envelope>",
])  # fmt: skip
def test_what_is_no_mm7_gives_one_error(data: bytes) -> None:
    with pytest.raises(MalformedPdu):
        read(data)
    with pytest.raises(MalformedPdu):
        packaging.unpack_document(data, HERE)


def test_a_thousand_recipients_and_no_more() -> None:
    one = "<Number>13900000000</Number>"
    assert len(submit(f"<Recipients><To>{one * 1000}</To></Recipients>").recipients.all) == 1000
    with pytest.raises(MalformedPdu, match="recipients"):
        submit(f"<Recipients><To>{one * 600}</To><Cc>{one * 401}</Cc></Recipients>")


def test_too_many_parts() -> None:
    data = b"--_b1\r\nContent-Type: text/xml\r\n\r\n<a/>\r\n" * 150 + b"--_b1--"
    with pytest.raises(MalformedPdu, match="parts"):
        read(data, HEAD)


@pytest.mark.parametrize(("data", "content_type"), [
    (samples.MBUNI_SUBMIT, samples.MBUNI_SUBMIT_TYPE),
    (samples.NOKIA_DELIVER, samples.NOKIA_DELIVER_TYPE),
    (samples.china_mobile(), samples.CHINA_MOBILE_TYPE),
    (samples.FAULT, XML),
    (samples.CHINA_MOBILE_REPORT, XML),
])  # fmt: skip
def test_cut_off_anywhere_it_is_an_error_or_the_message(data: bytes, content_type: str) -> None:
    whole = read(data, content_type)
    for length in range(len(data)):
        try:
            found = read(data[:length], content_type)
        except MalformedPdu:
            continue
        # The content may be cut, as nothing in it says how long it is; what MM7 says must be whole.
        assert replace(found, body=None) == replace(whole, body=None), length


def test_hostile_documents_take_no_time() -> None:
    evil = [
        b"--_b1" * 200_000,
        b"\r\n--_b1 " * 100_000,
        b"--_b1\r\n" + b"Content-Type:" * 80_000,
        b"<a>" + b"&" * 900_000 + b"</a>",
        b"<" * 900_000,
        b"x: y\r\n " * 120_000,
        b"POST " + b" " * 900_000,
    ]
    started = time.process_time()
    for data in evil:
        for content_type in (HEAD, XML, ""):
            with contextlib.suppress(MalformedPdu):
                packaging.unpack(content_type, data, HERE)
        with contextlib.suppress(MalformedPdu):
            packaging.unpack_document(data, HERE)
    assert time.process_time() - started < 5


def test_the_tree_knows_prefix_and_namespace() -> None:
    root = read_xml(b"<a:b xmlns:a='u' xmlns='v' a:c='1'><d/></a:b>")
    assert (root.name, root.prefix, root.namespace, root.attributes) == ("b", "a", "u", {"c": "1"})
    assert root.children[0].namespace == "v"
