"""The session as the link sees it, against a gateway on the same wire."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
from carriers.smgp.carrier import SmgpConfig, SmgpSession
from carriers.smgp.events import RequestReceived, ResponseReceived
from carriers.smgp.pdu import NO_MSG_ID, Deliver, DeliverResp, Submit, SubmitResp
from carriers.smgp.protocol import SmgpProtocol
from carriers.smgp.reports import Report
from carriers.smgp.rules import Role, Settings
from carriers.smgp.tlv import Tag, Tlv
from gateway.core.errors import ConfigError, LocalProtocolError
from gateway.core.messages import Concat, DeliveryReport, IncomingSms, Outcome, ReportState, Segment
from gateway.core.text import Alphabet
from tests.unit.carriers.smgp.smgp_vectors import VECTORS

CONFIG = SmgpConfig("gw.example", "10650001", "gw#Secret9", access_number="106590001", service_id="MSXZ")
MSG_ID = bytes.fromhex("01006101161700012345")
#: Not decimal, with a NUL, a blank and a colon in it.
ODD_ID = bytes.fromhex("0000ff0020203a3a7475")
SEGMENT = Segment(1, 1, 1, "", "+8618900000000", "hello", Alphabet.GSM7)


def wall_clock() -> datetime:
    return datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


class Gateway:
    """The far end; `step` carries bytes both ways once, `submits` are the messages it was given."""

    def __init__(self, **changes: Any) -> None:
        self.config = dataclasses.replace(CONFIG, **changes)
        self.session = SmgpSession(self.config, wall_clock)
        self.contract: CarrierSession = self.session
        self.protocol = SmgpProtocol(Role.GATEWAY, Settings(fixed_fee_in_1_3=self.config.fixed_fee_in_1_3))
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
        assert self.session.events() == [Bound("gw.example", self.config.version)]
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


def report(msg_id: bytes, stat: bytes = b"DELIVRD", err: bytes = b"000") -> Deliver:
    content = Report(msg_id, stat, err, b"2601161700", b"2601161701").encode()
    return Deliver(MSG_ID, 1, 0, b"20260116170105", b"18900000000", b"106590001", content)


@pytest.mark.parametrize("fixed_fee", [True, False])
@pytest.mark.parametrize("version", ["3.0", "1.3"])
@pytest.mark.parametrize("msg_id", [MSG_ID, ODD_ID], ids=bytes.hex)
def test_a_message_there_and_its_report_back(version: str, fixed_fee: bool, msg_id: bytes) -> None:
    gateway = Gateway(version=version, fixed_fee_in_1_3=fixed_fee).open()
    submit = gateway.submit()
    assert submit == Submit(
        msg_type=6,
        need_report=1,
        priority=1,
        service_id=b"MSXZ",
        fee_type=b"00",
        fee_code=b"000000",
        fixed_fee=b"000000" if fixed_fee or version == "3.0" else b"",
        src_term_id=b"106590001",
        dest_term_id=(b"18900000000",),
        msg_content=b"hello",
    )
    assert gateway.answer(SubmitResp(msg_id, 0)) == [
        SubmitAnswered(SEGMENT, Outcome.ACCEPTED, (msg_id.hex(),), 0, "accepted")
    ]
    (arrived,) = gateway.deliver(report(msg_id))
    assert isinstance(arrived, ReportArrived)
    assert arrived.report == DeliveryReport(
        msg_id.hex(),
        ReportState.DELIVERED,
        "DELIVRD",
        "18900000000",
        "2601161701",
        f"id {msg_id.hex()} stat DELIVRD err 000 submitted 2601161700 done 2601161701",
    )
    gateway.session.acknowledge(arrived.receipt, accepted=True)
    gateway.step()
    assert gateway.answers == [DeliverResp(MSG_ID, 0)]


def test_a_dialogue_in_frames_of_others() -> None:
    """Login, report and active test, octet by octet as other implementations write them."""
    frames = [vector.frame for vector in VECTORS]
    config = dataclasses.replace(CONFIG, secret="s3cret")
    session = SmgpSession(config, lambda: datetime(2026, 2, 28, 16, 0, tzinfo=UTC))
    session.start(0.0)
    assert session.data_to_send() == frames[1]
    session.receive(frames[2], 0.0)
    assert session.events() == [Bound("gw.example", "3.0")]
    session.receive(frames[9] + frames[11], 0.0)
    assert session.data_to_send() == frames[12]
    (arrived,) = session.events()
    assert isinstance(arrived, ReportArrived)
    assert arrived.report.carrier_id == "01006101161700012345"
    session.acknowledge(arrived.receipt, accepted=True)
    assert session.data_to_send() == frames[10]


def test_a_report_before_the_answer_and_one_of_another_connection_are_just_events() -> None:
    gateway = Gateway().open()
    gateway.submit()
    for msg_id in (MSG_ID, ODD_ID):
        (arrived,) = gateway.deliver(report(msg_id, b"RT:0148", b"148"))
        assert isinstance(arrived, ReportArrived)
        assert arrived.report.carrier_id == msg_id.hex()
        assert (arrived.report.state, arrived.report.code) == (ReportState.FAILED, "RT:0148")
    (answered,) = gateway.answer(SubmitResp(MSG_ID, 0))
    assert answered.outcome is Outcome.ACCEPTED


@pytest.mark.parametrize(
    ("number", "config", "outcome"),
    [
        (1, {}, Outcome.THROTTLED),
        (1, {"throttle_codes": (200,)}, Outcome.TEMPORARY),
        (200, {"throttle_codes": (200,)}, Outcome.THROTTLED),
        (47, {}, Outcome.PERMANENT),
        (12, {}, Outcome.UNCERTAIN),
        (75, {}, Outcome.TEMPORARY),
        (200, {}, Outcome.PERMANENT),
    ],
)
def test_refused_submits(number: int, config: dict[str, Any], outcome: Outcome) -> None:
    gateway = Gateway(**config).open()
    gateway.submit()
    (answered,) = gateway.answer(SubmitResp(MSG_ID, number))
    assert (answered.outcome, answered.code, answered.carrier_ids) == (outcome, number, ())


def test_the_window_and_answers_in_any_order() -> None:
    gateway = Gateway(window=2).open()
    assert gateway.session.free_window == 2
    first, second = changed(message_id=1), changed(message_id=2)
    gateway.submit(first)
    gateway.submit(second)
    assert gateway.session.free_window == 0
    with pytest.raises(LocalProtocolError):
        gateway.session.submit(SEGMENT, 0)
    assert gateway.answer(SubmitResp(ODD_ID, 0), 1)[0].segment is second
    assert gateway.answer(SubmitResp(MSG_ID, 0), 0)[0].segment is first
    assert gateway.session.free_window == 2


def test_a_link_that_receives_has_no_room() -> None:
    gateway = Gateway(login_mode="receive").open()
    assert gateway.session.free_window == 0
    with pytest.raises(LocalProtocolError):
        gateway.session.submit(SEGMENT, 0)
    assert isinstance(gateway.deliver(report(MSG_ID))[0], ReportArrived)


def test_a_link_that_sends_gets_nothing() -> None:
    gateway = Gateway(login_mode="send").open()
    assert gateway.submit().msg_content == b"hello"
    assert gateway.protocol.free_window == 0


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


@pytest.mark.parametrize(
    ("number", "permanent"), [(21, True), (20, True), (22, True), (1, False), (2, False), (150, False)]
)
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
    assert ("3.0" in refused.reason) == (number == 22)
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
    (arrived,) = gateway.deliver(Deliver(msg_id=MSG_ID, msg_content=b"hi"))
    gateway.session.acknowledge(arrived.receipt, accepted=False)
    gateway.step()
    assert gateway.answers == [DeliverResp(MSG_ID, 1)]
    (arrived,) = gateway.deliver(Deliver(msg_id=MSG_ID, msg_content=b"hi"))
    gateway.session.connection_lost()
    gateway.session.acknowledge(arrived.receipt, accepted=True)
    assert gateway.session.data_to_send() == b""


def test_a_report_that_is_none_is_answered() -> None:
    gateway = Gateway().open()
    (event,) = gateway.deliver(Deliver(msg_id=MSG_ID, is_report=1, msg_content=b"id:1 stat:DELIVRD"))
    assert isinstance(event, Misbehaved)
    gateway.step()
    assert gateway.answers == [DeliverResp(MSG_ID, 10)]


@pytest.mark.parametrize(
    ("msg_format", "content", "config", "alphabet", "text"),
    [
        (0, b"a@_$", {}, Alphabet.ASCII, "a@_$"),
        (0, b"\0@\x1b\x65", {"ascii_as": "gsm7"}, Alphabet.GSM7, "@¡€"),
        (3, b"sim", {}, Alphabet.ASCII, "sim"),
        (8, "退订😀".encode("utf-16-be"), {}, Alphabet.UCS2, "退订😀"),
        (15, "退订TD".encode("gbk"), {}, Alphabet.GBK, "退订TD"),
        (15, "😀".encode("gb18030"), {}, Alphabet.GBK, "😀"),
        (4, b"\1\2", {}, Alphabet.BINARY, ""),
        (246, b"\1\2", {}, Alphabet.BINARY, ""),
    ],
)
def test_messages_from_phones(
    msg_format: int, content: bytes, config: dict[str, Any], alphabet: Alphabet, text: str
) -> None:
    gateway = Gateway(**config).open()
    deliver = Deliver(
        msg_id=ODD_ID,
        msg_format=msg_format,
        recv_time=b"20260116170001",
        src_term_id=b"8618900000000",
        dest_term_id=b"10659000199",
        msg_content=content,
        tlvs=(Tlv(Tag.LINK_ID, b"LINK00000001\0"),),
    )
    (arrived,) = gateway.deliver(deliver)
    assert isinstance(arrived, SmsArrived)
    assert arrived.sms == IncomingSms(
        ODD_ID.hex(), "8618900000000", "10659000199", text, alphabet, None, content, "LINK00000001"
    )


def test_a_pseudonym_stands_for_a_number_that_is_not_told() -> None:
    (arrived,) = Gateway().open().deliver(Deliver(tlvs=(Tlv(Tag.SRC_TERM_PSEUDO, b"P0001"),)))
    assert arrived.sms.sender == "P0001"


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
    content = bytes.fromhex(header) + b"text"
    for udhi, expected in ((b"\1", (concat, b"text")), (b"\0", (None, content)), (b"", (None, content))):
        (arrived,) = Gateway().open().deliver(Deliver(msg_content=content, tlvs=(Tlv(Tag.TP_UDHI, udhi),)))
        assert (arrived.sms.concat, arrived.sms.data) == expected


@pytest.mark.parametrize("content", [b"Hello", b"\x05Hell", b""])
def test_a_header_longer_than_the_message_is_none(content: bytes) -> None:
    (arrived,) = Gateway().open().deliver(Deliver(msg_content=content, tlvs=(Tlv(Tag.TP_UDHI, b"\1"),)))
    assert (arrived.sms.concat, arrived.sms.data) == (None, content)


@pytest.mark.parametrize(
    ("changes", "config", "fmt", "content"),
    [
        ({"text": "a@_"}, {}, 0, b"a@_"),
        ({"text": "a@€"}, {"ascii_as": "gsm7"}, 0, b"a\0\x1b\x65"),
        ({"text": "é"}, {}, 8, b"\0\xe9"),
        ({"text": "é", "alphabet": Alphabet.LATIN1}, {}, 8, b"\0\xe9"),
        ({"text": "甲", "alphabet": Alphabet.UCS2}, {}, 8, b"\x75\x32"),
        ({"text": "甲", "alphabet": Alphabet.UCS2}, {"chinese_alphabet": "gbk"}, 15, b"\xbc\xd7"),
        ({"text": "甲", "alphabet": Alphabet.GBK}, {}, 15, b"\xbc\xd7"),
        ({"text": "😀", "alphabet": Alphabet.UCS2}, {"chinese_alphabet": "gbk"}, 8, b"\xd8\x3d\xde\x00"),
        ({"text": "", "data": b"\1\2", "alphabet": Alphabet.BINARY}, {}, 4, b"\1\2"),
        ({"text": "a" * 160}, {}, 0, b"a" * 160),
        ({"text": "甲" * 70, "alphabet": Alphabet.UCS2}, {}, 8, b"\x75\x32" * 70),
    ],
)
def test_alphabets(changes: dict[str, Any], config: dict[str, Any], fmt: int, content: bytes) -> None:
    submit = Gateway(**config).open().submit(changed(**changes))
    assert (submit.msg_format, submit.msg_content, submit.tlvs) == (fmt, content, ())


@pytest.mark.parametrize(("reference", "header"), [(42, "0500032a0302"), (0x1234, "06080412340302")])
def test_parts_of_a_long_message(reference: int, header: str) -> None:
    gateway = Gateway(chinese_alphabet="gbk").open()
    part = changed(number=2, total=3, reference=reference, text="甲" * 66, alphabet=Alphabet.UCS2)
    submit = gateway.submit(part)
    assert submit.msg_content == bytes.fromhex(header) + b"\x75\x32" * 66
    assert submit.msg_format == 8
    assert submit.tlvs == (Tlv(Tag.TP_UDHI, b"\1"), Tlv(Tag.PK_TOTAL, b"\3"), Tlv(Tag.PK_NUMBER, b"\2"))


def test_binary_with_ports_and_parts() -> None:
    ports = bytes.fromhex("05040b8423f0")
    push = changed(text="", data=b"\1", udh=ports, alphabet=Alphabet.BINARY)
    submit = Gateway().open().submit(push)
    assert submit.msg_content == b"\6" + ports + b"\1"
    assert submit.tlvs == (Tlv(Tag.TP_UDHI, b"\1"),)
    part = push._replace(total=2, reference=7)
    content = Gateway().open().submit(part).msg_content
    assert content == bytes.fromhex("0b0003070201") + ports + b"\1"


def test_what_the_segment_and_the_account_say() -> None:
    gateway = Gateway(
        fee_type="03", fee_code="000010", fixed_fee="000200", charge_terminal="18911111111", sp_code="12100",
        product_id="P1", priority=3, number_form="86",
    ).open()  # fmt: skip
    submit = gateway.submit(changed(sender="10659000156", want_report=False, validity_s=3600, service="OTHER"))
    assert submit.src_term_id == b"10659000156"
    assert (submit.need_report, submit.priority) == (0, 3)
    assert submit.service_id == b"OTHER"
    assert (submit.fee_type, submit.fee_code, submit.fixed_fee) == (b"03", b"000010", b"000200")
    assert submit.charge_term_id == b"18911111111"
    assert submit.dest_term_id == (b"8618900000000",)
    assert submit.valid_time == b"260102120405032+"
    assert submit.tlvs == (Tlv(Tag.MSG_SRC, b"12100\0\0\0"), Tlv(Tag.M_SERVICE_ID, b"P1" + bytes(19)))


def test_another_clock() -> None:
    gateway = Gateway(clock_offset_h=-3.5).open()
    assert gateway.submit(changed(validity_s=60)).valid_time == b"260101233505014-"


@pytest.mark.parametrize(("validity_s", "written"), [(10**15, b"270103110405032+"), (-(10**15), b"260102110405032+")])
def test_a_validity_lies_between_now_and_a_year(validity_s: int, written: bytes) -> None:
    assert Gateway().open().submit(changed(validity_s=validity_s)).valid_time == written


@pytest.mark.parametrize(
    ("changes", "config"),
    [
        ({"text": "a" * 161}, {}),
        ({"text": "a" * 141}, {"most_text_octets": 140}),
        ({"text": "甲" * 71, "alphabet": Alphabet.UCS2}, {}),
        ({"text": "甲" * 68, "alphabet": Alphabet.UCS2, "total": 2}, {}),
        ({"text": "\ud800", "alphabet": Alphabet.UCS2}, {}),
        ({"recipient": "１８９００００００００"}, {}),
        ({"recipient": "1" * 22}, {}),
        ({"service": "x" * 11}, {}),
        ({"total": 256}, {}),
        ({"number": 2}, {}),
        ({"total": 2, "reference": 65536}, {}),
        ({"udh": bytes(300), "alphabet": Alphabet.BINARY}, {}),
    ],
    ids=repr,
)
def test_what_cannot_be_carried_is_refused_at_once(changes: dict[str, Any], config: dict[str, Any]) -> None:
    gateway = Gateway(**config).open()
    segment = changed(**changes)
    gateway.session.submit(segment, gateway.now)
    (answered,) = gateway.session.events()
    assert isinstance(answered, SubmitAnswered)
    assert (answered.segment, answered.outcome) == (segment, Outcome.PERMANENT)
    assert answered.reason
    assert gateway.session.data_to_send() == b""
    assert gateway.session.free_window == 16


@pytest.mark.parametrize(
    ("number", "national", "with_code", "with_plus"),
    [
        ("+8618900000000", "18900000000", "8618900000000", "+8618900000000"),
        ("8618900000000", "18900000000", "8618900000000", "+8618900000000"),
        ("18900000000", "18900000000", "8618900000000", "+8618900000000"),
        ("+85291234567", "85291234567", "85291234567", "+85291234567"),
        ("+861410012345678", "1410012345678", "861410012345678", "+861410012345678"),
        ("1410012345678", "1410012345678", "861410012345678", "+861410012345678"),
    ],
)
def test_forms_of_a_number(number: str, national: str, with_code: str, with_plus: str) -> None:
    assert written_number(number, "national") == national
    assert written_number(number, "86") == with_code
    assert written_number(number, "+86") == with_plus


def test_the_sender_is_the_access_number_or_an_extension_of_it() -> None:
    assert source_of("", "1065900") == "1065900"
    assert source_of("106590001", "1065900") == "106590001"
    assert source_of("10650000", "1065900") == "1065900"
    assert source_of("Shop", "1065900") == "1065900"
    assert source_of("1065900x", "1065900") == "1065900"


def test_the_secret_is_never_shown() -> None:
    assert "gw#Secret9" not in repr(CONFIG)


@pytest.mark.parametrize(
    "changes",
    [
        {"version": "2.0"},
        {"login_mode": "all"},
        {"client_id": ""},
        {"client_id": "123456789"},
        {"service_id": "彩邮"},
        {"charge_terminal": "1" * 22},
        {"sp_code": "123456789"},
        {"product_id": "1" * 22},
        {"number_form": "0086"},
        {"chinese_alphabet": "big5"},
        {"ascii_as": "latin1"},
        {"window": 0},
        {"priority": 4},
        {"submit_resends": -1},
        {"response_timeout_s": 0},
        {"most_text_octets": 256},
        {"throttle_codes": (0,)},
        {"clock_offset_h": 20},
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
        msg_id=st.binary(min_size=10, max_size=10),
        src_term_id=st.binary(max_size=21),
        msg_format=st.integers(0, 255),
        is_report=st.integers(0, 2),
        msg_content=st.binary(max_size=160) | st.binary(max_size=140).map(b"id:".__add__),
        tlvs=st.lists(st.builds(Tlv, st.sampled_from(Tag).map(int), st.binary(max_size=20)), max_size=4).map(tuple),
    )
)
def test_any_delivery_is_understood_or_refused(deliver: Deliver) -> None:
    (event,) = Gateway().open().deliver(deliver)
    assert isinstance(event, SmsArrived | ReportArrived | Misbehaved)


def test_a_submit_that_the_gateway_refuses_has_no_id() -> None:
    gateway = Gateway().open()
    gateway.submit()
    (answered,) = gateway.answer(SubmitResp(NO_MSG_ID, 36))
    assert (answered.carrier_ids, answered.reason) == ((), "MsgLength wrong")
