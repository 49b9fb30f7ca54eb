"""The session as the link sees it, against a gateway on the same wire."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carriers.cmpp.carrier import CmppConfig, CmppSession
from carriers.cmpp.events import RequestReceived, ResponseReceived
from carriers.cmpp.message_id import hex_form
from carriers.cmpp.pdu import Deliver, DeliverResp, Submit, SubmitResp
from carriers.cmpp.protocol import CmppProtocol
from carriers.cmpp.reports import Report
from carriers.cmpp.rules import Role, Settings
from carriers.numbers import source_of, written_number
from carriers.session import (
    Bound,
    CarrierSession,
    Closed,
    LoginRefused,
    Misbehaved,
    ReportArrived,
    SmsArrived,
    SubmitAnswered,
)
from gateway.core.errors import ConfigError, LocalProtocolError
from gateway.core.messages import Concat, DeliveryReport, IncomingSms, Outcome, ReportState, Segment
from gateway.core.text import Alphabet

CONFIG = CmppConfig(
    "gw.example", "901234", "gw#Secret9", access_number="106575501234", service_id="MSXZ", version="3.0"
)
MSG_ID = 0xCFDFBE8134FDFFFF
SEGMENT = Segment(1, 1, 1, "", "+8613800138000", "hello", Alphabet.GSM7)


def wall_clock() -> datetime:
    return datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


class Gateway:
    """The far end; `step` carries bytes both ways once, `submits` are the messages it was given."""

    def __init__(self, **changes: Any) -> None:
        self.config = dataclasses.replace(CONFIG, **changes)
        self.session = CmppSession(self.config, wall_clock)
        self.contract: CarrierSession = self.session
        self.protocol = CmppProtocol(Role.GATEWAY, Settings())
        self.now = 50.0
        self.submits: list[tuple[int, Submit]] = []
        self.answers: list[DeliverResp] = []

    def step(self) -> None:
        self.protocol.receive(self.session.data_to_send(), self.now)
        for event in self.protocol.events():
            if isinstance(event, RequestReceived) and isinstance(event.pdu, Submit):
                self.submits.append((event.sequence_id, event.pdu))
            elif isinstance(event, ResponseReceived) and isinstance(event.response, DeliverResp):
                self.answers.append(event.response)
        self.session.receive(self.protocol.data_to_send(), self.now)

    def open(self) -> Gateway:
        self.session.start(self.now)
        self.step()
        assert self.protocol.accept_login(self.config.secret.encode())
        self.step()
        version = "3.0"
        assert self.session.events() == [Bound("gw.example", version)]
        return self

    def submit(self, segment: Segment = SEGMENT) -> Submit:
        self.session.submit(segment, self.now)
        self.step()
        return self.submits[-1][1]

    def answer(self, response: SubmitResp, index: int = -1) -> list[Any]:
        self.protocol.respond(self.submits[index][0], response)
        self.step()
        return self.session.events()

    def deliver(self, deliver: Deliver) -> list[Any]:
        self.protocol.send_request(deliver, self.now)
        self.step()
        return self.session.events()


def changed(**changes: Any) -> Segment:
    return SEGMENT._replace(**changes)


@pytest.mark.parametrize("version", ["2.0", "2.1", "3.0"])
def test_a_message_there_and_its_report_back(version: str) -> None:
    gateway = Gateway(version=version).open()
    submit = gateway.submit()
    assert submit == Submit(
        registered_delivery=1,
        service_id=b"MSXZ",
        fee_user_type=2,
        msg_src=b"901234",
        fee_type=b"01",
        fee_code=b"000000",
        src_id=b"106575501234",
        dest_terminal_id=(b"13800138000",),
        msg_content=b"hello",
    )
    assert gateway.answer(SubmitResp(MSG_ID, 0)) == [
        SubmitAnswered(SEGMENT, Outcome.ACCEPTED, ("cfdfbe8134fdffff",), 0, "accepted")
    ]
    report = Report(MSG_ID, b"DELIVRD", b"2512312359", b"2601010000", b"13800138000", 9)
    (arrived,) = gateway.deliver(Deliver(msg_id=5, registered_delivery=1, msg_content=report.encode()))
    assert isinstance(arrived, ReportArrived)
    assert arrived.report == DeliveryReport(
        "cfdfbe8134fdffff", ReportState.DELIVERED, "DELIVRD", "13800138000", "2601010000", str(report)
    )
    gateway.session.acknowledge(arrived.receipt, accepted=True)
    gateway.step()
    assert gateway.answers == [DeliverResp(5, 0)]


def test_a_report_before_the_answer_and_one_of_another_connection_are_just_events() -> None:
    gateway = Gateway().open()
    gateway.submit()
    for msg_id in (MSG_ID, 2**64 - 1):
        content = Report(msg_id, b"MB:0045").encode(32)
        report = Deliver(msg_id=5, registered_delivery=1, src_terminal_id=b"139", msg_content=content)
        (arrived,) = gateway.deliver(report)
        assert isinstance(arrived, ReportArrived)
        assert arrived.report.carrier_id == hex_form(msg_id)
        assert (arrived.report.state, arrived.report.recipient) == (ReportState.FAILED, "139")
    (answered,) = gateway.answer(SubmitResp(MSG_ID, 0))
    assert answered.outcome is Outcome.ACCEPTED


@pytest.mark.parametrize(
    ("result", "outcome"),
    [(8, Outcome.THROTTLED), (13, Outcome.PERMANENT), (3, Outcome.UNCERTAIN), (155, Outcome.PERMANENT)],
)
def test_refused_submits(result: int, outcome: Outcome) -> None:
    gateway = Gateway().open()
    gateway.submit()
    (answered,) = gateway.answer(SubmitResp(MSG_ID, result))
    assert (answered.outcome, answered.code, answered.carrier_ids) == (outcome, result, ())


def test_the_window_and_answers_in_any_order() -> None:
    gateway = Gateway(window=2).open()
    assert gateway.session.free_window == 2
    first, second = changed(message_id=1), changed(message_id=2)
    gateway.submit(first)
    gateway.submit(second)
    assert gateway.session.free_window == 0
    with pytest.raises(LocalProtocolError):
        gateway.session.submit(SEGMENT, 0)
    assert gateway.answer(SubmitResp(2, 0), 1)[0].segment is second
    assert gateway.answer(SubmitResp(1, 0), 0)[0].segment is first
    assert gateway.session.free_window == 2


def test_no_answer_in_time_is_uncertain_and_is_not_sent_again() -> None:
    gateway = Gateway().open()
    gateway.submit()
    gateway.session.tick(gateway.now + 60)
    assert gateway.session.events() == [SubmitAnswered(SEGMENT, Outcome.UNCERTAIN, reason="no answer in time")]
    gateway.step()
    assert len(gateway.submits) == 1


def test_a_lost_connection_leaves_submits_uncertain() -> None:
    gateway = Gateway().open()
    gateway.submit()
    gateway.session.connection_lost()
    answered, closed = gateway.session.events()
    assert answered == SubmitAnswered(SEGMENT, Outcome.UNCERTAIN, reason="connection lost")
    assert isinstance(closed, Closed)
    gateway.session.connection_lost()
    gateway.session.tick(1e9)
    gateway.session.close(1e9)
    assert gateway.session.events() == []
    assert gateway.session.free_window == 0


@pytest.mark.parametrize(("number", "permanent"), [(3, True), (2, True), (5, False), (120, False)])
def test_a_refused_login(number: int, permanent: bool) -> None:
    gateway = Gateway()
    with pytest.raises(LocalProtocolError):
        gateway.session.submit(SEGMENT, 0)
    gateway.session.start(0)
    gateway.step()
    gateway.protocol.refuse_login(number)
    gateway.step()
    refused, closed = gateway.session.events()
    assert isinstance(refused, LoginRefused)
    assert (refused.code, refused.permanent) == (number, permanent)
    assert isinstance(closed, Closed)


def test_a_gateway_that_does_not_know_the_secret_is_told_of() -> None:
    gateway = Gateway()
    gateway.session.start(0)
    gateway.step()
    gateway.protocol.accept_login(b"other")
    gateway.step()
    assert [type(event) for event in gateway.session.events()] == [Bound, Misbehaved]


def test_leaving_in_order() -> None:
    gateway = Gateway().open()
    gateway.session.close(0)
    gateway.step()
    assert gateway.session.events() == [Closed("left in order")]


def test_a_delivery_refused_for_now_comes_again_and_after_the_end_nothing_is_answered() -> None:
    gateway = Gateway().open()
    (arrived,) = gateway.deliver(Deliver(msg_id=6, msg_content=b"hi"))
    gateway.session.acknowledge(arrived.receipt, accepted=False)
    gateway.step()
    assert gateway.answers == [DeliverResp(6, 9)]
    (arrived,) = gateway.deliver(Deliver(msg_id=6, msg_content=b"hi"))
    gateway.session.connection_lost()
    gateway.session.acknowledge(arrived.receipt, accepted=True)
    assert gateway.session.data_to_send() == b""


def test_a_report_too_short_to_be_one_is_answered() -> None:
    gateway = Gateway().open()
    (event,) = gateway.deliver(Deliver(msg_id=6, registered_delivery=1, msg_content=b"id:1 stat:DELIVRD"))
    assert isinstance(event, Misbehaved)
    gateway.step()
    assert gateway.answers == [DeliverResp(6, 1)]


@pytest.mark.parametrize(
    ("fmt", "content", "alphabet", "text"),
    [
        (0, b"\0@\x1b\x65", Alphabet.GSM7, "@¡€"),
        (3, b"sim", Alphabet.GSM7, "sim"),
        (8, "退订😀".encode("utf-16-be"), Alphabet.UCS2, "退订😀"),
        (9, "甲".encode("utf-16-be"), Alphabet.UCS2, "甲"),
        (24, "甲".encode("utf-16-be"), Alphabet.UCS2, "甲"),
        (25, "甲".encode("utf-16-be"), Alphabet.UCS2, "甲"),
        (15, "退订TD".encode("gbk"), Alphabet.GBK, "退订TD"),
        (4, b"\1\2", Alphabet.BINARY, ""),
        (99, b"\1\2", Alphabet.BINARY, ""),
    ],
)
def test_messages_from_phones(fmt: int, content: bytes, alphabet: Alphabet, text: str) -> None:
    gateway = Gateway().open()
    deliver = Deliver(
        msg_id=2**63,
        dest_id=b"10657550123499",
        src_terminal_id=b"8613800138000",
        msg_fmt=fmt,
        msg_content=content,
        link_id=b"LINK0000000000000001",
    )
    (arrived,) = gateway.deliver(deliver)
    assert isinstance(arrived, SmsArrived)
    assert arrived.sms == IncomingSms(
        "8000000000000000", "8613800138000", "10657550123499", text, alphabet, None, content, "LINK0000000000000001"
    )


@pytest.mark.parametrize(
    ("header", "concat"),
    [
        ("050003ff0302", Concat(255, 3, 2)),
        ("060804012c0302", Concat(300, 3, 2)),
        ("0b0504158a00000003010201", Concat(1, 2, 1)),
        ("06050415820000", None),
        ("050003010203", None),
        ("050003010001", None),
        ("050003010200", None),
        ("0400030102", None),
        ("00", None),
    ],
)
def test_user_data_headers(header: str, concat: Concat | None) -> None:
    gateway = Gateway().open()
    content = bytes.fromhex(header) + b"text"
    (arrived,) = gateway.deliver(Deliver(tp_udhi=1, msg_content=content))
    assert (arrived.sms.concat, arrived.sms.data) == (concat, b"text")


@pytest.mark.parametrize("content", [b"Hello", b"\x05Hell"])
def test_a_header_longer_than_the_message_is_none(content: bytes) -> None:
    gateway = Gateway().open()
    (arrived,) = gateway.deliver(Deliver(tp_udhi=1, msg_content=content))
    assert (arrived.sms.concat, arrived.sms.data) == (None, content)


@pytest.mark.parametrize(("tp_udhi", "size"), [(0, 10), (1, 4), (0x41, 4), (2, 10)])
def test_the_lowest_bit_says_that_there_is_a_header(tp_udhi: int, size: int) -> None:
    gateway = Gateway().open()
    content = bytes.fromhex("050003010201") + b"text"
    (arrived,) = gateway.deliver(Deliver(tp_udhi=tp_udhi, msg_content=content))
    assert len(arrived.sms.data) == size


@pytest.mark.parametrize(
    ("changes", "config", "fmt", "content"),
    [
        ({"text": "a@€"}, {}, 0, b"a\0\x1b\x65"),
        ({"text": "a@"}, {"ascii_as": "ascii"}, 0, b"a@"),
        ({"text": "é"}, {"ascii_as": "ascii"}, 8, b"\0\xe9"),
        ({"text": "é", "alphabet": Alphabet.LATIN1}, {}, 8, b"\0\xe9"),
        ({"text": "甲", "alphabet": Alphabet.UCS2}, {}, 8, b"\x75\x32"),
        ({"text": "甲", "alphabet": Alphabet.UCS2}, {"chinese_alphabet": "gbk"}, 15, b"\xbc\xd7"),
        ({"text": "甲", "alphabet": Alphabet.GBK}, {}, 15, b"\xbc\xd7"),
        ({"text": "😀", "alphabet": Alphabet.UCS2}, {"chinese_alphabet": "gbk"}, 8, b"\xd8\x3d\xde\x00"),
        ({"text": "", "data": b"\1\2", "alphabet": Alphabet.BINARY}, {}, 4, b"\1\2"),
        ({"text": "a" * 160}, {}, 0, b"a" * 160),
    ],
)
def test_alphabets(changes: dict[str, Any], config: dict[str, Any], fmt: int, content: bytes) -> None:
    submit = Gateway(**config).open().submit(changed(**changes))
    assert (submit.msg_fmt, submit.msg_content, submit.tp_udhi) == (fmt, content, 0)


@pytest.mark.parametrize(("reference", "header"), [(42, "0500032a0302"), (0x1234, "06080412340302")])
def test_parts_of_a_long_message(reference: int, header: str) -> None:
    gateway = Gateway(chinese_alphabet="gbk").open()
    part = changed(number=2, total=3, reference=reference, text="甲" * 66, alphabet=Alphabet.UCS2)
    submit = gateway.submit(part)
    assert submit.msg_content == bytes.fromhex(header) + b"\x75\x32" * 66
    assert (submit.tp_udhi, submit.pk_total, submit.pk_number, submit.msg_fmt) == (1, 3, 2, 8)


def test_binary_with_ports_and_parts() -> None:
    ports = bytes.fromhex("05040b8423f0")
    push = changed(text="", data=b"\1", udh=ports, alphabet=Alphabet.BINARY)
    assert Gateway().open().submit(push).msg_content == b"\6" + ports + b"\1"
    part = push._replace(total=2, reference=7)
    content = Gateway().open().submit(part).msg_content
    assert content == bytes.fromhex("0b0003070201") + ports + b"\1"


def test_what_the_segment_and_the_account_say() -> None:
    gateway = Gateway(fee_user_type=3, fee_terminal="13700137000", msg_level=5, number_form="86").open()
    submit = gateway.submit(changed(sender="10657550123456", want_report=False, validity_s=3600, service="OTHER"))
    assert submit.src_id == b"10657550123456"
    assert submit.registered_delivery == 0
    assert submit.service_id == b"OTHER"
    assert (submit.fee_user_type, submit.fee_terminal_id, submit.msg_level) == (3, b"13700137000", 5)
    assert submit.dest_terminal_id == (b"8613800138000",)
    assert submit.valid_time == b"260102120405032+"


def test_another_clock() -> None:
    gateway = Gateway(clock_offset_h=-3.5).open()
    assert gateway.submit(changed(validity_s=60)).valid_time == b"260101233505014-"


@pytest.mark.parametrize(("validity_s", "written"), [(10**15, b"270103110405032+"), (-(10**15), b"260102110405032+")])
def test_a_validity_lies_between_now_and_a_year(validity_s: int, written: bytes) -> None:
    assert Gateway().open().submit(changed(validity_s=validity_s)).valid_time == written


@pytest.mark.parametrize(
    "changes",
    [
        {"text": "a" * 161},
        {"text": "甲" * 71, "alphabet": Alphabet.UCS2},
        {"text": "甲" * 68, "alphabet": Alphabet.UCS2, "total": 2},
        {"text": "\ud800", "alphabet": Alphabet.UCS2},
        {"recipient": "１３８００１３８０００"},
        {"recipient": "1" * 33},
        {"service": "x" * 11},
        {"total": 256},
        {"number": 2},
        {"total": 2, "reference": 65536},
        {"udh": bytes(300), "alphabet": Alphabet.BINARY},
    ],
    ids=repr,
)
def test_what_cannot_be_carried_is_refused_at_once(changes: dict[str, Any]) -> None:
    gateway = Gateway().open()
    segment = changed(**changes)
    gateway.session.submit(segment, gateway.now)
    (answered,) = gateway.session.events()
    assert (answered.segment, answered.outcome) == (segment, Outcome.PERMANENT)
    assert answered.reason
    assert gateway.session.data_to_send() == b""
    assert gateway.session.free_window == 16


@pytest.mark.parametrize(
    ("number", "national", "with_code", "with_plus"),
    [
        ("+8613800138000", "13800138000", "8613800138000", "+8613800138000"),
        ("8613800138000", "13800138000", "8613800138000", "+8613800138000"),
        ("13800138000", "13800138000", "8613800138000", "+8613800138000"),
        ("+85291234567", "85291234567", "85291234567", "+85291234567"),
        ("+861440012345678", "1440012345678", "861440012345678", "+861440012345678"),
        ("1440012345678", "1440012345678", "861440012345678", "+861440012345678"),
    ],
)
def test_forms_of_a_number(number: str, national: str, with_code: str, with_plus: str) -> None:
    assert written_number(number, "national") == national
    assert written_number(number, "86") == with_code
    assert written_number(number, "+86") == with_plus


def test_the_sender_is_the_access_number_or_an_extension_of_it() -> None:
    assert source_of("", "1065755") == "1065755"
    assert source_of("106575501", "1065755") == "106575501"
    assert source_of("10650000", "1065755") == "1065755"
    assert source_of("Shop", "1065755") == "1065755"
    assert source_of("1065755x", "1065755") == "1065755"


def test_the_secret_is_never_shown() -> None:
    assert "gw#Secret9" not in repr(CONFIG)


@pytest.mark.parametrize(
    "changes",
    [
        {"version": "1.2"},
        {"sp_id": ""},
        {"sp_id": "1234567"},
        {"service_id": "彩邮"},
        {"fee_terminal": "1" * 22},
        {"number_form": "0086"},
        {"chinese_alphabet": "big5"},
        {"window": 0},
        {"msg_level": 10},
        {"response_timeout_s": 0},
        {"clock_offset_h": 20},
        {"report_width": 30},
    ],
    ids=repr,
)
def test_a_configuration_that_cannot_work_names_its_key(changes: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=next(iter(changes))):
        dataclasses.replace(CONFIG, **changes)


@given(st.lists(st.binary(max_size=80), max_size=5), st.booleans())
def test_hostile_bytes_never_raise(chunks: list[bytes], is_open: bool) -> None:
    gateway = Gateway()
    if is_open:
        gateway.open()
        gateway.submit()
    else:
        gateway.session.start(0)
    for chunk in chunks:
        gateway.session.receive(chunk, 100)
    gateway.session.tick(200)
    gateway.session.events()


@given(
    st.builds(
        Deliver,
        msg_id=st.integers(0, 2**64 - 1),
        src_terminal_id=st.binary(max_size=21),
        tp_udhi=st.integers(0, 255),
        msg_fmt=st.integers(0, 255),
        registered_delivery=st.integers(0, 2),
        msg_content=st.binary(max_size=160),
    )
)
def test_any_delivery_is_understood_or_refused(deliver: Deliver) -> None:
    (event,) = Gateway().open().deliver(deliver)
    assert isinstance(event, SmsArrived | ReportArrived | Misbehaved)
