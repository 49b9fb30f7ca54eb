"""The submitting session and the reception of calls as the link sees them, against a gateway on the same wire."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta
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
from carriers.sgip import status
from carriers.sgip.carrier import SgipConfig, SgipSession, Unanswered
from carriers.sgip.client import SgipClient
from carriers.sgip.codec import encode
from carriers.sgip.config import ACCOUNT_PAYS
from carriers.sgip.events import Ended, LoggedIn, LoginFailed, LoginRequested, RequestReceived, ResponseReceived
from carriers.sgip.pdu import Bind, Deliver, DeliverResp, Report, ReportResp, Submit, SubmitResp, UserRpt, UserRptResp
from carriers.sgip.reception import SgipReception
from carriers.sgip.rules import LoginType
from carriers.sgip.sequence import SequenceSource, hex_form, pack
from carriers.sgip.server import SgipServer
from carriers.user_data import concat_element, concat_of, split_header, with_header
from gateway.core.errors import ConfigError, LocalProtocolError
from gateway.core.messages import Concat, DeliveryReport, IncomingSms, Outcome, ReportState, Segment
from gateway.core.text import Alphabet

CONFIG = SgipConfig(
    "smg.example", "spuser", "sp-secret", 3010092008, access_number="10655010", service_type="TPCQ",
    call_name="smguser", call_password="smg-secret",
)  # fmt: skip
SEGMENT = Segment(1, 1, 1, "", "+8613001125453", "hello", Alphabet.GSM7)
ID = pack(3010092008, 102110405, 1)  # of the first submit: the login has number 0


def wall_clock() -> datetime:
    return datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


class Gateway:
    """The far end of a submitting session."""

    clock = wall_clock()

    def __init__(self, **changes: Any) -> None:
        self.config = dataclasses.replace(CONFIG, **changes)
        self.sequences = SequenceSource(self.config.node_id, lambda: wall_clock().astimezone(self.config.zone))
        self.unanswered = Unanswered()
        self.now = 50.0
        self.submits: list[tuple[bytes, Submit]] = []
        self.binds: list[Bind] = []
        self.connect()

    def connect(self) -> None:
        """Anew, as a link does."""
        self.session = SgipSession(self.config, self.sequences, self.unanswered, lambda: self.clock)
        self.contract: CarrierSession = self.session
        self.server = SgipServer(frozenset({LoginType.SP_TO_SMG}))

    def step(self) -> None:
        self.server.receive(self.session.data_to_send(), self.now)
        for event in self.server.events():
            if isinstance(event, LoginRequested):
                self.binds.append(event.bind)
            elif isinstance(event, RequestReceived) and isinstance(event.pdu, Submit):
                self.submits.append((event.sequence_id, event.pdu))
        self.session.receive(self.server.data_to_send(), self.now)

    def open(self) -> Gateway:
        self.session.start(self.now)
        self.step()
        assert self.server.accept_login(self.now)
        self.step()
        assert self.session.events() == [Bound("smg.example", "1.2")]
        return self

    def submit(self, segment: Segment = SEGMENT) -> Submit:
        self.session.submit(segment, self.now)
        self.step()
        return self.submits[-1][1]

    def answer(self, result: int) -> SubmitAnswered:
        self.server.respond(self.submits[-1][0], SubmitResp(result))
        self.step()
        (event,) = self.session.events()
        assert isinstance(event, SubmitAnswered)
        return event


# Submitting.


def test_the_login_is_of_type_1() -> None:
    gateway = Gateway().open()
    assert gateway.binds == [Bind(1, b"spuser", b"sp-secret")]


def test_every_field_of_a_submit() -> None:
    submit = Gateway().open().submit(SEGMENT._replace(sender="1065501078", validity_s=3600))
    assert submit == Submit(
        sp_number=b"1065501078",
        charge_number=ACCOUNT_PAYS.encode(),
        user_numbers=(b"8613001125453",),
        corp_id=b"92008",
        service_type=b"TPCQ",
        fee_type=1,
        fee_value=b"0",
        given_value=b"0",
        agent_flag=0,
        more_late_to_mt_flag=2,
        priority=0,
        expire_time=b"260102120405032+",
        report_flag=1,
        message_coding=0,
        message_content=b"hello",
    )


def test_the_options_go_into_the_submit() -> None:
    submit = Gateway(
        corp_id="12345", charge_number="phone", fee_type=2, fee_value="10", given_value="3", agent_flag=1,
        more_late_to_mt_flag=0, priority=9, number_form="national", clock_offset_h=-3.5,
    ).open().submit(SEGMENT._replace(want_report=False, validity_s=0, service="OTHER"))  # fmt: skip
    assert (submit.corp_id, submit.charge_number, submit.user_numbers) == (b"12345", b"13001125453", (b"13001125453",))
    assert (submit.fee_type, submit.fee_value, submit.given_value, submit.agent_flag) == (2, b"10", b"3", 1)
    assert (submit.more_late_to_mt_flag, submit.priority, submit.report_flag) == (0, 9, 2)
    assert (submit.expire_time, submit.service_type) == (b"260101233405014-", b"OTHER")


def test_the_number_of_the_submit_is_the_id() -> None:
    gateway = Gateway().open()
    gateway.submit()
    assert gateway.submits[0][0] == ID
    answered = gateway.answer(0)
    assert answered == SubmitAnswered(SEGMENT, Outcome.ACCEPTED, ("b36a5be8061614c500000001",), 0, "accepted")


@pytest.mark.parametrize(
    ("result", "outcome"),
    [
        (1, Outcome.PERMANENT), (4, Outcome.PERMANENT), (5, Outcome.PERMANENT), (6, Outcome.PERMANENT),
        (8, Outcome.PERMANENT), (9, Outcome.UNCERTAIN), (11, Outcome.THROTTLED), (88, Outcome.THROTTLED),
        (21, Outcome.TEMPORARY), (23, Outcome.PERMANENT), (25, Outcome.TEMPORARY), (26, Outcome.TEMPORARY),
        (29, Outcome.PERMANENT), (32, Outcome.TEMPORARY), (33, Outcome.TEMPORARY), (177, Outcome.PERMANENT),
    ],
)  # fmt: skip
def test_what_a_result_means(result: int, outcome: Outcome) -> None:
    gateway = Gateway().open()
    gateway.submit()
    answered = gateway.answer(result)
    assert (answered.outcome, answered.code) == (outcome, result)
    assert answered.carrier_ids == ()
    assert answered.reason


def test_every_listed_result_has_its_own_name() -> None:
    assert [number for number in status.RESULTS if status.result(number).number != number] == []
    assert len({code.name for code in status.RESULTS.values()}) == len(status.RESULTS) == 26
    assert status.result(200).name == "vendor"


@pytest.mark.parametrize(
    ("changes", "coding", "octets"),
    [
        ({"text": "it's {5}"}, 0, b"it's {5}"),
        ({"text": "5 €"}, 8, "5 €".encode("utf-16-be")),
        ({"text": "a@b", "alphabet": Alphabet.ASCII}, 0, b"a@b"),
        ({"text": "联通测试", "alphabet": Alphabet.UCS2}, 8, "联通测试".encode("utf-16-be")),
        ({"text": "联通测试", "alphabet": Alphabet.GBK}, 15, "联通测试".encode("gbk")),
        ({"text": "😀", "alphabet": Alphabet.GBK}, 8, "😀".encode("utf-16-be")),
        ({"text": "", "data": b"\1\2", "alphabet": Alphabet.BINARY}, 4, b"\1\2"),
        ({"text": "", "data": b"\1", "udh": b"\5\4\0\1\0\2", "alphabet": Alphabet.BINARY}, 4, b"\6\5\4\0\1\0\2\1"),
    ],
)  # fmt: skip
def test_codings(changes: dict[str, Any], coding: int, octets: bytes) -> None:
    submit = Gateway().open().submit(SEGMENT._replace(**changes))
    assert (submit.message_coding, submit.message_content) == (coding, octets)
    assert submit.tp_udhi == (1 if changes.get("udh") else 0)


def test_signs_that_ascii_lacks() -> None:
    gateway = Gateway().open()
    short = SEGMENT._replace(text="é" * 70)
    assert gateway.submit(short).message_coding == 8
    long = gateway.submit(SEGMENT._replace(text="Grüße à 5 €: ΔÅñç " + "x" * 60))
    assert (long.message_coding, long.message_content) == (0, b"Gruse a 5 E: ?Anc " + b"x" * 60)
    part = gateway.submit(SEGMENT._replace(text="Grüße", number=2, total=2, reference=5))
    assert (part.message_coding, part.message_content) == (0, bytes.fromhex("050003050202") + b"Gruse")
    assert Gateway(ascii_as="gsm7").open().submit(SEGMENT._replace(text="é" * 160)).message_coding == 0


def test_codings_that_are_configured() -> None:
    assert Gateway(ascii_as="gsm7").open().submit(SEGMENT._replace(text="a@€")).message_content == b"a\0\x1b\x65"
    chinese = SEGMENT._replace(text="联通", alphabet=Alphabet.UCS2)
    gateway = Gateway(chinese_alphabet="gbk").open()
    assert gateway.submit(chinese).message_coding == 15
    assert gateway.submit(chinese._replace(total=2, reference=7)).message_coding == 8
    assert gateway.submit(chinese._replace(text="😀")).message_coding == 8


@pytest.mark.parametrize(("reference", "header"), [(7, "050003070302"), (0x1234, "06080412340302")])
def test_a_part_of_a_long_message(reference: int, header: str) -> None:
    segment = SEGMENT._replace(number=2, total=3, reference=reference, text="节", alphabet=Alphabet.UCS2)
    submit = Gateway().open().submit(segment)
    assert submit.tp_udhi == 1
    assert submit.message_content == bytes.fromhex(header) + "节".encode("utf-16-be")


@pytest.mark.parametrize(
    "segment",
    [
        SEGMENT._replace(text="x" * 161),
        SEGMENT._replace(text="x" * 155, total=2, reference=1),
        SEGMENT._replace(text="字" * 71, alphabet=Alphabet.UCS2),
        SEGMENT._replace(text="\ud800", alphabet=Alphabet.UCS2),
        SEGMENT._replace(number=2, total=1),
        SEGMENT._replace(total=256),
        SEGMENT._replace(total=2, reference=65536),
        SEGMENT._replace(recipient="彩"),
        SEGMENT._replace(recipient="1" * 22),
        SEGMENT._replace(service="x" * 11),
    ],
)
def test_what_sgip_cannot_carry_is_answered_at_once(segment: Segment) -> None:
    gateway = Gateway(window=1).open()
    gateway.session.submit(segment, gateway.now)
    (answered,) = gateway.session.events()
    assert isinstance(answered, SubmitAnswered)
    assert answered.outcome is Outcome.PERMANENT
    assert answered.reason
    assert gateway.session.free_window == 1
    assert gateway.session.data_to_send() == b""


def test_full_parts_fit() -> None:
    gateway = Gateway().open()
    gateway.submit(SEGMENT._replace(text="x" * 160))
    gateway.submit(SEGMENT._replace(text="x" * 153, total=2, reference=1))
    gateway.submit(SEGMENT._replace(text="字" * 67, total=2, reference=1, alphabet=Alphabet.UCS2))
    assert len(gateway.submits[-1][1].message_content) == 140
    gateway.submit(SEGMENT._replace(text="字" * 66, total=2, reference=999, alphabet=Alphabet.UCS2))
    assert len(gateway.submits) == 4


def test_the_window_is_kept() -> None:
    gateway = Gateway(window=2).open()
    gateway.submit()
    gateway.submit()
    with pytest.raises(LocalProtocolError):
        gateway.session.submit(SEGMENT, gateway.now)
    with pytest.raises(LocalProtocolError):
        Gateway().session.submit(SEGMENT, 0.0)


def test_an_answer_that_does_not_come() -> None:
    gateway = Gateway(response_timeout_s=30.0).open()
    gateway.submit()
    gateway.now += 30.0
    gateway.session.tick(gateway.now)
    assert gateway.session.events() == [SubmitAnswered(SEGMENT, Outcome.UNCERTAIN, reason="no answer in time")]


def test_a_lost_line() -> None:
    gateway = Gateway().open()
    gateway.submit()
    gateway.session.connection_lost()
    assert gateway.session.events() == [
        SubmitAnswered(SEGMENT, Outcome.UNCERTAIN, reason="connection lost"),
        Closed("connection lost"),
    ]


@pytest.mark.parametrize("result", [0, status.SEQUENCE_ILLEGAL])
def test_what_was_not_answered_is_sent_again_as_it_was(result: int) -> None:
    gateway = Gateway().open()
    other = SEGMENT._replace(message_id=2)
    first = gateway.submit(SEGMENT._replace(validity_s=600))
    gateway.session.connection_lost()
    gateway.session.events()
    gateway.connect()
    gateway.open()
    gateway.clock += timedelta(minutes=5)
    gateway.submit(other)
    assert gateway.answer(0).outcome is Outcome.ACCEPTED
    again = gateway.submit(SEGMENT._replace(validity_s=300))
    assert again == first
    assert gateway.submits[-1][0] == gateway.submits[0][0] == ID
    answered = gateway.answer(result)
    assert (answered.outcome, answered.carrier_ids) == (Outcome.ACCEPTED, (hex_form(ID),))
    gateway.submit(SEGMENT)
    assert gateway.submits[-1][0] != ID
    assert gateway.answer(status.SEQUENCE_ILLEGAL).outcome is Outcome.UNCERTAIN


def test_what_is_never_answered_is_forgotten_in_the_end() -> None:
    unanswered = Unanswered()
    for number in range(10_001):
        unanswered.keep(SEGMENT._replace(message_id=number), ID, Submit())
    assert unanswered.take(SEGMENT._replace(message_id=0)) is None
    assert unanswered.take(SEGMENT._replace(message_id=1)) == (ID, Submit())
    assert unanswered.take(SEGMENT._replace(message_id=1)) is None


@pytest.mark.parametrize(("result", "permanent"), [(1, True), (4, True), (2, False), (3, False), (11, False)])
def test_a_refused_login(result: int, permanent: bool) -> None:
    gateway = Gateway()
    gateway.session.start(0.0)
    gateway.step()
    gateway.server.refuse_login(result)
    gateway.step()
    refused, closed = gateway.session.events()
    assert isinstance(refused, LoginRefused)
    assert (refused.code, refused.permanent) == (result, permanent)
    assert isinstance(closed, Closed)


def test_leaving_and_being_left() -> None:
    gateway = Gateway().open()
    gateway.session.close(0.0)
    gateway.step()
    assert gateway.session.events() == [Closed("left in order")]
    gateway.session.acknowledge(object(), accepted=True)


def test_a_gateway_that_misbehaves() -> None:
    gateway = Gateway().open()
    gateway.session.receive(encode(Deliver(), pack(1, 1, 1)), 0.0)
    (misbehaved,) = gateway.session.events()
    assert isinstance(misbehaved, Misbehaved)
    gateway.session.receive(b"\xff" * 20, 0.0)
    assert [type(event) for event in gateway.session.events()] == [Misbehaved, Closed]


# Receiving.


class Caller:
    """A gateway that calls."""

    def __init__(self, may_enter: bool = True, **changes: Any) -> None:
        self.config = dataclasses.replace(CONFIG, **changes)
        self.now = 10.0
        self.reception = SgipReception(self.config, self.now, lambda: may_enter)
        self.client = SgipClient(SequenceSource(100101, lambda: datetime(2026, 1, 1, tzinfo=UTC)))
        self.heard: list[Any] = []
        self.answers: list[Any] = []

    def bind(self, name: bytes = b"smguser", password: bytes = b"smg-secret", kind: LoginType | None = None) -> Caller:
        self.client.log_in(kind or LoginType.SMG_TO_SP, name, password, self.now)
        self.step()
        return self

    def step(self) -> None:
        self.reception.receive(self.client.data_to_send(), self.now)
        self.back()

    def back(self) -> None:
        self.client.receive(self.reception.data_to_send(), self.now)
        for event in self.client.events():
            (self.answers if isinstance(event, ResponseReceived) else self.heard).append(event)

    def ask(self, pdu: Any) -> Any:
        self.client.send_request(pdu, self.now)
        self.step()
        (event,) = self.reception.events()
        return event


def test_a_call_is_let_in() -> None:
    caller = Caller().bind()
    assert caller.heard == [LoggedIn()]
    assert caller.reception.is_open
    assert not caller.reception.is_over


@pytest.mark.parametrize(
    ("name", "password", "kind", "may_enter", "result"),
    [
        (b"smguser", b"wrong", LoginType.SMG_TO_SP, True, 1),
        (b"wrong", b"smg-secret", LoginType.SMG_TO_SP, True, 1),
        (b"spuser", b"sp-secret", LoginType.SMG_TO_SP, True, 1),
        (b"", b"", LoginType.SMG_TO_SP, True, 1),
        (b"smguser", b"smg-secret", LoginType.SP_TO_SMG, True, 4),
        (b"smguser", b"smg-secret", LoginType.SMG_TO_SMG, True, 4),
        (b"smguser", b"smg-secret", LoginType.SMG_TO_SP, False, 3),
    ],
)
def test_calls_that_are_not_let_in(name: bytes, password: bytes, kind: LoginType, may_enter: bool, result: int) -> None:
    caller = Caller(may_enter).bind(name, password, kind)
    assert caller.heard[0] == LoginFailed(result)
    assert isinstance(caller.heard[1], Ended)
    assert caller.reception.is_over
    assert caller.reception.reason
    assert [type(event) for event in caller.reception.events()] == [Misbehaved]


def test_one_login_may_serve_both_directions() -> None:
    assert Caller(call_name="", call_password="").bind(b"spuser", b"sp-secret").heard == [LoggedIn()]


def test_what_a_phone_wrote() -> None:
    caller = Caller().bind()
    deliver = Deliver(b"8613001125453", b"106550101", message_coding=15, message_content="你好".encode("gbk"))
    event = caller.ask(deliver)
    assert isinstance(event, SmsArrived)
    assert event.sms == IncomingSms(
        hex_form(pack(100101, 101000000, 1)), "8613001125453", "106550101", "你好", Alphabet.GBK,
        data="你好".encode("gbk"),
    )  # fmt: skip
    assert caller.answers == []
    assert caller.reception.pending == 1
    caller.reception.acknowledge(event.receipt, accepted=True)
    caller.back()
    assert [answer.response for answer in caller.answers] == [DeliverResp(0)]


@pytest.mark.parametrize(
    ("coding", "octets", "alphabet", "text"),
    [
        (0, b"a@b", Alphabet.ASCII, "a@b"),
        (3, b"ok", Alphabet.ASCII, "ok"),
        (0, b"\xff", Alphabet.ASCII, "\ufffd"),
        (4, b"\1\2", Alphabet.BINARY, ""),
        (8, "中文😀".encode("utf-16-be"), Alphabet.UCS2, "中文😀"),
        (8, b"\x4e", Alphabet.UCS2, "\ufffd"),
        (25, "中".encode("utf-16-be"), Alphabet.UCS2, "中"),
        (99, b"xy", Alphabet.BINARY, ""),
    ],
)  # fmt: skip
def test_codings_of_phones(coding: int, octets: bytes, alphabet: Alphabet, text: str) -> None:
    event = Caller().bind().ask(Deliver(message_coding=coding, message_content=octets))
    assert (event.sms.alphabet, event.sms.text, event.sms.data) == (alphabet, text, octets)


@pytest.mark.parametrize(
    ("content", "concat", "text"),
    [
        ("0500030902014f60", Concat(9, 2, 1), "你"),
        ("06080412340302597d", Concat(0x1234, 3, 2), "好"),
        ("0500030902034f60", None, "你"),
        ("0500030902004f60", None, "你"),
    ],
)
def test_parts_of_phones(content: str, concat: Concat | None, text: str) -> None:
    event = Caller().bind().ask(Deliver(tp_udhi=1, message_coding=8, message_content=bytes.fromhex(content)))
    assert (event.sms.concat, event.sms.text) == (concat, text)


@pytest.mark.parametrize(
    ("state", "error", "is_called", "word"),
    [
        (0, 0, ReportState.DELIVERED, "delivered to the phone"),
        (1, 0, ReportState.ENROUTE, "waiting, not final"),
        (2, 25, ReportState.FAILED, "not delivered, error 25: phone cannot be reached: no coverage or switched off"),
        (2, 200, ReportState.FAILED, "not delivered, error 200: the vendor's own code 200"),
        (7, 0, ReportState.FAILED, "unknown state 7"),
    ],
)
def test_a_report(state: int, error: int, is_called: ReportState, word: str) -> None:
    caller = Caller().bind()
    event = caller.ask(Report(ID, 0, b"8613001125453", state, error))
    assert isinstance(event, ReportArrived)
    assert event.report == DeliveryReport(
        hex_form(ID), is_called, str(error), "8613001125453",
        text=f"3010092008 0102110405 1 to 8613001125453: {word}",
    )  # fmt: skip
    caller.reception.acknowledge(event.receipt, accepted=False)
    caller.back()
    assert [answer.response for answer in caller.answers] == [ReportResp(status.NODE_BUSY)]


def test_a_report_refused_for_now_comes_again_and_is_taken() -> None:
    caller = Caller().bind()
    event = caller.ask(Report(ID))
    caller.reception.acknowledge(event.receipt, accepted=False)
    caller.back()
    caller.client.send_request(Report(ID), caller.now, sequence=event.receipt)
    caller.step()
    (again,) = caller.reception.events()
    assert again == event
    caller.reception.acknowledge(again.receipt, accepted=True)
    caller.back()
    assert caller.answers[-1].response == ReportResp(0)


def test_the_state_of_a_subscriber_is_answered_and_not_acted_upon() -> None:
    caller = Caller().bind()
    caller.client.send_request(UserRpt(user_condition=1), caller.now)
    caller.step()
    assert caller.reception.events() == []
    assert caller.answers[0].response == UserRptResp(0)


def test_nothing_is_said_of_what_is_not_known_or_over() -> None:
    caller = Caller().bind()
    caller.reception.acknowledge(b"never", accepted=True)
    event = caller.ask(Report(ID))
    caller.reception.acknowledge(event.receipt, accepted=True)
    caller.reception.acknowledge(event.receipt, accepted=True)
    caller.back()
    assert len(caller.answers) == 1
    other = caller.ask(Report(ID, 1))
    caller.reception.close("gone")
    caller.reception.acknowledge(other.receipt, accepted=True)
    assert caller.reception.data_to_send() == b""
    assert caller.reception.reason == "gone"


def test_a_call_that_is_silent_is_closed() -> None:
    caller = Caller(call_idle_s=60.0).bind()
    caller.reception.tick(69.0)
    assert not caller.reception.is_over
    caller.reception.tick(70.0)
    assert caller.reception.is_over
    assert caller.reception.reason == "nothing heard for 60 s"


def test_a_call_without_a_login_is_closed() -> None:
    caller = Caller(response_timeout_s=30.0)
    caller.reception.tick(40.0)
    assert caller.reception.is_over


def test_garbage_ends_a_call() -> None:
    caller = Caller().bind()
    caller.reception.receive(b"GET / HTTP/1.1\r\n\r\n", 0.0)
    assert caller.reception.is_over
    assert [type(event) for event in caller.reception.events()] == [Misbehaved]


def test_a_gateway_that_takes_leave_is_answered_once_all_is() -> None:
    caller = Caller().bind()
    event = caller.ask(Report(ID))
    caller.client.leave(caller.now)
    caller.step()
    assert not caller.reception.is_over
    caller.reception.acknowledge(event.receipt, accepted=True)
    assert caller.reception.is_over
    caller.back()
    assert isinstance(caller.heard[-1], Ended)
    assert len(caller.answers) == 1


@given(st.lists(st.binary(max_size=80), max_size=10))
def test_any_octets_are_survived(pieces: list[bytes]) -> None:
    caller = Caller().bind()
    for piece in pieces:
        caller.reception.receive(piece, 1.0)
        for event in caller.reception.events():
            if isinstance(event, SmsArrived | ReportArrived):
                caller.reception.acknowledge(event.receipt, accepted=True)
    caller.reception.close("end")
    assert caller.reception.is_over


# Numbers, headers, options.


@pytest.mark.parametrize(
    ("number", "form", "written"),
    [
        ("+8613001125453", "86", "8613001125453"),
        ("13001125453", "86", "8613001125453"),
        ("8613001125453", "86", "8613001125453"),
        ("+8613001125453", "national", "13001125453"),
        ("+8613001125453", "+86", "+8613001125453"),
        ("+85261234567", "86", "85261234567"),
        ("+85261234567", "+86", "+85261234567"),
    ],
)
def test_numbers(number: str, form: str, written: str) -> None:
    assert written_number(number, form) == written


def test_senders() -> None:
    assert source_of("1065501088", "10655010") == "1065501088"
    assert source_of("10010", "10655010") == "10655010"
    assert source_of("", "10655010") == "10655010"
    assert source_of("CAIYOU", "10655010") == "10655010"


@given(st.binary(max_size=20))
def test_any_header_is_read(content: bytes) -> None:
    elements, data = split_header(content)
    place = concat_of(elements)
    assert content.endswith(data)
    if place is not None:
        assert 1 <= place.number <= place.total <= 255


@given(st.builds(Concat, st.integers(0, 65535), st.integers(1, 255), st.just(1)), st.binary(min_size=1, max_size=30))
def test_a_header_comes_back(place: Concat, data: bytes) -> None:
    element = concat_element(place.reference, place.total, place.number)
    for header in (element, b"\x24\1\1" + element, element + b"\x24\1\1"):
        elements, text = split_header(with_header(header, data))
        assert (concat_of(elements), text) == (place, data)


def test_secrets_do_not_show() -> None:
    assert "secret" not in repr(CONFIG)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"login_name": ""}, "login_name"),
        ({"login_name": "n" * 17}, "login_name"),
        ({"password": "密"}, "password"),
        ({"call_password": "p" * 17}, "call_password"),
        ({"node_id": 1 << 32}, "node_id"),
        ({"node_id": -1}, "node_id"),
        ({"port": 0}, "port"),
        ({"call_port": -2}, "call_port"),
        ({"window": 0}, "window"),
        ({"most_calls": 0}, "most_calls"),
        ({"priority": 10}, "priority"),
        ({"fee_type": 5}, "fee_type"),
        ({"more_late_to_mt_flag": 4}, "more_late_to_mt_flag"),
        ({"response_timeout_s": 0.0}, "response_timeout_s"),
        ({"clock_offset_h": 15.0}, "clock_offset_h"),
        ({"call_from": ("nowhere",)}, "call_from"),
        ({"call_from": ("10.0.0.1/8",)}, "call_from"),
        ({"number_form": "0086"}, "number_form"),
        ({"charge_number": "1" * 22}, "charge_number"),
    ],
)
def test_options_that_make_no_sense(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        dataclasses.replace(CONFIG, **changes)


def test_the_enterprise_code_is_the_end_of_the_node() -> None:
    assert CONFIG.enterprise == "92008"
    assert dataclasses.replace(CONFIG, node_id=3010000007).enterprise == "00007"
