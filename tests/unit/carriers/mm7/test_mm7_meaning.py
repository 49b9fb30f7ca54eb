"""What codes, reports and MMS of MM7 mean to the hub, and what the hub's MMS are in MM7."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from carriers.mm7 import incoming
from carriers.mm7.config import Mm7Config
from carriers.mm7.outgoing import address_of, submit_of
from carriers.mm7.status import CODES, answer_to, outcome_of, verdict_of, verdict_of_http
from gateway.core.errors import BadRequest, ConfigError, MalformedPdu
from gateway.core.messages import Outcome, ReportState, Segment
from gateway.core.text import Alphabet
from gateway.mail.mime.headers import Priority
from mms.codec import codes, pdu
from mms.codec.mm7.dialect import Dialect
from mms.codec.mm7.envelope import Envelope
from mms.codec.mm7.messages import (
    ANSWERS,
    DeliverReq,
    DeliveryReportReq,
    Fault,
    ReadReplyReq,
    SubmitReq,
    SubmitRsp,
)
from mms.codec.mm7.values import Address, AddressKind, Recipients, Status
from mms.content import Body, Part
from mms.incoming import ReadState

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
PHONE = Address("+8613800138000")
OURS = "10657000"
BODY = Body((Part("text/plain", b"hi", "t.txt", "t", "utf-8"),))
CONFIG = Mm7Config(url="http://mmsc.example/vas", vasp_id="v", vas_id="s", access_number=OURS)


def segment(**changes: Any) -> Segment:
    retrieved = pdu.RetrieveConf(
        body=BODY, date_s=0, priority=codes.Priority.LOW, read_report=True, message_class="advertisement"
    )
    values = {
        "message_id": 7, "number": 1, "total": 1, "sender": "", "recipient": PHONE.value, "text": "s",
        "alphabet": Alphabet.GSM7, "validity_s": 60, "mms": retrieved.encode(),
    }  # fmt: skip
    return Segment(**(values | changes))


# --- statuses --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("codes_", "outcome"), [
    ((1000, 1100, 1999), Outcome.ACCEPTED),
    ((2000, 2001, 2002, 2003, 2004, 2005, 2006, 2007, 2008, 2009, 2500), Outcome.PERMANENT),
    ((3002, 3003, 3004, 3005, 4002, 4003, 4004, 4007, 4008), Outcome.PERMANENT),
    ((3000, 3001, 3999, 4000, 4001, 4005, 4006, 4999, -102, 9999), Outcome.TEMPORARY),
    ((0,), Outcome.UNCERTAIN),
])  # fmt: skip
def test_codes_by_their_class(codes_: tuple[int, ...], outcome: Outcome) -> None:
    assert {code: outcome_of(code) for code in codes_} == dict.fromkeys(codes_, outcome)


def test_every_code_has_a_name() -> None:
    assert all(name for name, _ in CODES.values())
    assert len({name for name, _ in CODES.values()}) == len(CODES)


def test_success_gives_the_id() -> None:
    assert verdict_of(SubmitRsp(status=Status(1000), message_id="m-1"), PHONE.value).carrier_id == "m-1"


@pytest.mark.parametrize(("details", "outcome"), [
    ("", Outcome.ACCEPTED),
    ("+8613900000000 failed", Outcome.ACCEPTED),
    ("failed: +8613800138000", Outcome.PERMANENT),
    ("13800138000", Outcome.PERMANENT),
])  # fmt: skip
def test_partial_success_counts_unless_it_names_our_phone(details: str, outcome: Outcome) -> None:
    answer = SubmitRsp(status=Status(1100, "Partial success", details), message_id="m-1")
    assert verdict_of(answer, PHONE.value).outcome is outcome


def test_a_refusal_says_why_and_who_is_not_known_is_refused() -> None:
    verdict = verdict_of(SubmitRsp(status=Status(2004, "too\n large", "600 KB")), PHONE.value)
    assert (verdict.outcome, verdict.code, verdict.reason) == (Outcome.PERMANENT, 2004, "too large 600 KB")
    assert not verdict.is_refused
    assert verdict_of(Fault(status=Status(4001)), PHONE.value).is_refused
    assert verdict_of(Fault(status=Status(2004)), PHONE.value).reason == "Multimedia content refused"


def test_a_fault_that_says_success_is_not_believed() -> None:
    assert verdict_of(Fault(status=Status(1000)), PHONE.value).outcome is Outcome.UNCERTAIN


@pytest.mark.parametrize(("code", "after", "outcome", "is_refused"), [
    (200, None, Outcome.UNCERTAIN, False), (202, None, Outcome.UNCERTAIN, False),
    (302, None, Outcome.TEMPORARY, True), (401, None, Outcome.TEMPORARY, True),
    (404, None, Outcome.TEMPORARY, True), (408, None, Outcome.UNCERTAIN, False),
    (413, None, Outcome.PERMANENT, False), (418, None, Outcome.PERMANENT, False),
    (429, None, Outcome.THROTTLED, False), (500, None, Outcome.UNCERTAIN, False),
    (501, None, Outcome.PERMANENT, False), (502, None, Outcome.UNCERTAIN, False),
    (503, None, Outcome.TEMPORARY, False), (503, 3.0, Outcome.THROTTLED, False),
    (504, None, Outcome.UNCERTAIN, False),
])  # fmt: skip
def test_http_alone(code: int, after: float | None, outcome: Outcome, is_refused: bool) -> None:
    verdict = verdict_of_http(code, after, "nothing")
    assert (verdict.outcome, verdict.code, verdict.is_refused) == (outcome, code, is_refused)


def test_every_request_has_its_answer() -> None:
    for request, answer in ANSWERS.items():
        made = answer_to(request(), 1000, message_id="m")
        assert isinstance(made, answer)
        assert made.status == Status(1000, "Success")
        assert getattr(made, "message_id", "m") == "m"


# --- what goes out ---------------------------------------------------------------------------------------------


def test_a_submit() -> None:
    envelope = submit_of(segment(), CONFIG, Dialect(), NOON)
    request = envelope.message
    assert isinstance(request, SubmitReq)
    assert (envelope.transaction_id, envelope.body) == ("7.1", BODY)
    assert request.recipients == Recipients((PHONE,))
    assert request.sender.address == Address(OURS, AddressKind.NUMBER)
    assert (request.expiry, request.timestamp) == (NOON + timedelta(seconds=60), NOON)
    assert (request.delivery_report, request.read_reply) == (True, True)
    assert (request.priority, request.message_class, request.subject) == ("Low", "Advertisement", "s")


def test_what_a_message_and_a_dialect_say() -> None:
    config = replace(CONFIG, charged_party="Recipient", service_code="A")
    dialect = replace(Dialect(), expiry="relative")
    request = submit_of(segment(sender="8878", service="B", want_report=False), config, dialect, NOON).message
    assert isinstance(request, SubmitReq)
    assert request.sender.address == Address("8878", AddressKind.SHORT_CODE)
    assert (request.expiry, request.service_code, request.delivery_report) == (timedelta(seconds=60), "B", False)
    assert (request.charged_party, request.charged_party_id) == ("Recipient", "8613800138000")


@pytest.mark.parametrize("octets", [b"", b"\x8c\x84\x8d\x92", pdu.AcknowledgeInd(transaction_id="t").encode()])
def test_what_is_no_mms(octets: bytes) -> None:
    with pytest.raises((BadRequest, MalformedPdu)):
        submit_of(segment(mms=octets), CONFIG, Dialect(), NOON)


@pytest.mark.parametrize(("text", "kind"), [
    ("+8613800138000", AddressKind.NUMBER), ("13800138000", AddressKind.NUMBER), ("10657000", AddressKind.NUMBER),
    ("8878", AddressKind.SHORT_CODE), ("CAIYOU", AddressKind.SHORT_CODE), ("a@b.example", AddressKind.MAIL),
])  # fmt: skip
def test_kinds_of_addresses(text: str, kind: AddressKind) -> None:
    assert address_of(text) == Address(text, kind)


# --- what comes in ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("word", "state"), [
    ("Retrieved", ReportState.DELIVERED), ("retrieved", ReportState.DELIVERED), ("Expired", ReportState.EXPIRED),
    ("Rejected", ReportState.FAILED), ("Unrecognised", ReportState.FAILED),
    ("DeliveryConditionNotMet", ReportState.FAILED), ("Deferred", ReportState.ENROUTE),
    ("Forwarded", ReportState.ENROUTE), ("Indeterminate", ReportState.ENROUTE), ("Eaten", ReportState.ENROUTE),
    ("", ReportState.ENROUTE),
])  # fmt: skip
def test_states_of_reports(word: str, state: ReportState) -> None:
    report = DeliveryReportReq(
        message_id="m", recipient=PHONE, sender=Address(OURS), date=NOON, mm_status=word, error_code="44"
    )
    found = incoming.report_of(report, OURS)
    assert (found.carrier_id, found.state, found.recipient) == ("m", state, PHONE.value)
    assert found.code == f"{word} 44".strip()


def test_the_phone_of_a_report_is_whoever_is_not_us() -> None:
    swapped = DeliveryReportReq(message_id="m", recipient=Address(f"+{OURS}77"), sender=PHONE, mm_status="Retrieved")
    assert incoming.report_of(swapped, OURS).recipient == PHONE.value
    assert incoming.report_of(replace(swapped, sender=None, recipient=None), OURS).recipient == ""
    assert incoming.report_of(replace(swapped, recipient=PHONE), "").recipient == PHONE.value


@pytest.mark.parametrize(("word", "state"), [
    ("Read", ReadState.READ), ("Deleted", ReadState.DELETED), ("Indeterminate", ReadState.UNKNOWN),
    ("", ReadState.UNKNOWN),
])  # fmt: skip
def test_states_of_read_reports(word: str, state: ReadState) -> None:
    found = incoming.read_report_of(ReadReplyReq(message_id="m", recipient=PHONE, mm_status=word), OURS)
    assert (found.carrier_id, found.state, found.recipient) == ("m", state, PHONE.value)


def test_an_mms_of_a_phone() -> None:
    request = DeliverReq(
        linked_id="L", sender=PHONE, recipients=Recipients((Address(OURS),), (Address("+8613900000000"),)),
        timestamp=NOON, priority="High", subject="s",
    )  # fmt: skip
    found = incoming.mms_of(Envelope("t-1", request, BODY), request, OURS)
    assert (found.carrier_id, found.transaction_id, found.linked_id) == ("t-1", "t-1", "L")
    assert (found.sender, found.recipients, found.cc) == (PHONE.value, (OURS,), ("+8613900000000",))
    assert (found.body, found.subject, found.mms.priority) == (BODY, "s", Priority.HIGH)
    assert found.date_ms == int(NOON.timestamp() * 1000)


def test_an_mms_without_transaction_is_known_by_its_content() -> None:
    request = DeliverReq(sender=PHONE)
    first = incoming.mms_of(Envelope("", request, BODY), request, OURS)
    again = incoming.mms_of(Envelope("", request, BODY), request, OURS)
    other = incoming.mms_of(Envelope("", request, Body((Part("text/plain", b"ho"),))), request, OURS)
    assert first.carrier_id == again.carrier_id != other.carrier_id
    assert first.recipients == (OURS,)  # a centre that names nobody means us


def test_an_mms_of_nobody() -> None:
    with pytest.raises(BadRequest):
        incoming.mms_of(Envelope("t", DeliverReq()), DeliverReq(), OURS)


# --- options ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("options", "word"), [
    ({"url": "mmsc.example"}, "url"), ({"url": "http://"}, "url"), ({"url": "http://a:99999/"}, "url"),
    ({"url": "ftp://a/"}, "url"), ({"url": "http://[::1/"}, "url"), ({"url": "http://例/"}, "url"),
    ({"dialect": "martian"}, "dialect"),
    ({"dialect": "china-mobile"}, "service_code"),
    ({"charged_party": "Nobody"}, "charged_party"),
    ({"auth": "ntlm"}, "auth"),
    ({"auth": "basic"}, "password"),
    ({"parallel": 0}, "parallel"),
    ({"failures": 0}, "failures"),
    ({"response_timeout_s": 0.0}, "response_timeout_s"),
    ({"tls_key": "k.pem"}, "tls_certificate"),
    ({"listen_port": 70_000}, "listen_port"),
    ({"listen_port": 0}, "listen_allow"),
    ({"listen_allow": ("here",)}, "listen_allow"),
    ({"listen_auth": "basic"}, "listen_auth"),
    ({"listen_user": "a", "listen_password": "b"}, "listen_auth"),
    ({"max_octets": 1}, "max_octets"),
])  # fmt: skip
def test_options_that_cannot_be(options: dict[str, Any], word: str) -> None:
    with pytest.raises(ConfigError, match=word):
        Mm7Config(**({"url": "http://mmsc.example/"} | options))


def test_how_requests_are_authorised() -> None:
    assert CONFIG.scheme() == "none"  # without a password
    assert replace(CONFIG, password="p").scheme() == "basic"
    assert replace(CONFIG, password="p", dialect="china-mobile", service_code="S").scheme() == "digest"
    assert replace(CONFIG, password="p", auth="none").scheme() == "none"
    assert "p4ss" not in repr(replace(CONFIG, password="p4ss"))
