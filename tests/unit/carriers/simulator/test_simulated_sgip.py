"""The SGIP side of the operator against a service provider on the same wire; no sockets."""

from __future__ import annotations

from typing import Any

import pytest

from carriers.sgip import status
from carriers.sgip.client import SgipClient
from carriers.sgip.events import Ended, Event, LoggedIn, LoginFailed, LoginRequested, RequestReceived, ResponseReceived
from carriers.sgip.pdu import Deliver, DeliverResp, Hop, Report, ReportResp, Submit, SubmitResp, Trace, TraceResp
from carriers.sgip.rules import ClientSettings, LoginType
from carriers.sgip.sequence import SequenceSource, hex_form, pack
from carriers.sgip.server import SgipServer
from carriers.simulator.command import _parser, config_of
from carriers.simulator.config import Account
from carriers.simulator.operator import Operator
from carriers.simulator.sgip_line import SgipCall, SgipLine
from gateway.core.errors import ConfigError
from tests.unit.carriers.simulator.operator_bench import BEGIN, PHONE, operator_of

SGIP = Account("sgip", "sgipsp", "secret08", "10657000", call_name="smg", call_secret="smg-secret")


def operator(**options: Any) -> Operator:
    made, _ = operator_of(accounts=(SGIP,), **options)
    return made


class Wire:
    """A service provider and the line it submits on."""

    def __init__(self, operator: Operator, name: bytes = b"sgipsp", password: bytes = b"secret08") -> None:
        self.operator = operator
        self.now = 0.0
        self.line = SgipLine(operator, "test", 0.0)
        self.client = SgipClient(SequenceSource(3010092008, lambda: BEGIN), ClientSettings(window=1000))
        self.client.log_in(LoginType.SP_TO_SMG, name, password, 0.0)
        self.opened = self.pump()

    def pump(self) -> list[Event]:
        events: list[Event] = []
        while True:
            self.line.receive(self.client.data_to_send(), self.now)
            data = self.line.data_to_send()
            if not data:
                return events
            self.client.receive(data, self.now)
            events += self.client.events()

    def ask(self, request: Any, sequence: bytes = b"") -> Any:
        self.client.send_request(request, self.now, sequence=sequence)
        return next(it.response for it in self.pump() if isinstance(it, ResponseReceived))


class Called:
    """A service provider that is called."""

    def __init__(self, operator: Operator) -> None:
        self.operator = operator
        self.now = 0.0
        self.ends: list[bool] = []
        self.server = SgipServer(frozenset({LoginType.SMG_TO_SP}))
        self.line = SgipCall(operator, "test", 0.0, SGIP, self.ends.append)
        self.got: list[tuple[bytes, Any]] = []
        self.binds: list[Any] = []

    def pump(self, result: int | None = 0, login: int = 0) -> None:
        """Pass octets both ways until there are none; deliveries get the result, or no answer."""
        while data := self.line.data_to_send():
            self.server.receive(data, self.now)
            for event in self.server.events():
                if isinstance(event, LoginRequested):
                    self.binds.append(event.bind)
                    if login:
                        self.server.refuse_login(login)
                    else:
                        self.server.accept_login(self.now)
                elif isinstance(event, RequestReceived):
                    self.got.append((event.sequence_id, event.pdu))
                    if result is not None:
                        kind = DeliverResp if isinstance(event.pdu, Deliver) else ReportResp
                        self.server.respond(event.sequence_id, kind(result))
            self.line.receive(self.server.data_to_send(), self.now)

    def pass_time(self, seconds: float, result: int | None = 0) -> None:
        self.now += seconds
        self.operator.tick(self.now)
        self.line.tick(self.now)
        self.pump(result)


def submit(text: str = "你好", to: tuple[bytes, ...] = (b"8613800138000",), **fields: Any) -> Submit:
    given = {
        "report_flag": 1, "message_coding": 8, "sp_number": b"1065700088", "corp_id": b"92008", "user_numbers": to,
        "message_content": text.encode("utf-16-be"),
    }  # fmt: skip
    return Submit(**(given | fields))


def test_submit_and_report_on_different_connections() -> None:
    bench = operator(report_delay_s=0.2)
    bench.faults.report_state = {"138": "25"}
    wire = Wire(bench)
    assert wire.opened == [LoggedIn()]
    sequence = pack(3010092008, 102030405, 77)
    assert wire.ask(submit("验证码"), sequence) == SubmitResp(0)
    assert bench.handsets[PHONE].texts[0].text == "验证码"
    called: list[str] = []
    bench.callers["sgipsp"] = lambda: called.append("ring")
    bench.tick(0.2)
    assert called == ["ring"]
    phone = Called(bench)
    phone.pump()
    assert (phone.binds[0].login_type, phone.binds[0].login_name, phone.binds[0].login_password) == (
        2, b"smg", b"smg-secret",
    )  # fmt: skip
    ((_, report),) = phone.got
    assert report == Report(sequence, 0, b"8613800138000", 2, 25)
    assert bench.open_reports() == 0
    assert bench.messages[hex_form(sequence)].word == "25"


@pytest.mark.parametrize(
    ("word", "state", "error"),
    [("DELIVRD", 0, 0), ("ENROUTE", 1, 0), ("EXPIRED", 2, 25), ("UNKNOWN", 2, 29), ("CB:0007", 2, 28), ("999", 2, 255)],
)
def test_words_of_reports(word: str, state: int, error: int) -> None:
    bench = operator(report_delay_s=0.0)
    bench.faults.report_state = {"138": word}
    phone = Called(bench)
    phone.pump()
    Wire(bench).ask(submit())
    phone.pass_time(0.1)
    ((_, report),) = phone.got
    assert (report.state, report.error_code) == (state, error)


def test_a_group_submit_has_a_report_each_under_one_number() -> None:
    bench = operator(report_delay_s=0.0)
    phone = Called(bench)
    phone.pump()
    sequence = pack(1, 2, 3)
    numbers = (b"13800138000", b"8613800138001", b"8613800138002")
    assert Wire(bench).ask(submit(to=numbers), sequence).result == 0
    phone.pass_time(0.1)
    assert [(report.submit_sequence, report.user_number) for _, report in phone.got] == [
        (sequence, number) for number in numbers
    ]
    assert bench.counters.submits == 3


@pytest.mark.parametrize(
    ("fields", "result"),
    [
        ({"to": ()}, status.FORMAT_WRONG),
        ({"to": (b"1",) * 101}, status.FORMAT_WRONG),
        ({"to": (b"nobody",)}, status.NUMBER_ILLEGAL),
        ({"text": "字" * 81}, status.LENGTH_WRONG),
        ({"sp_number": b"10010"}, status.FORMAT_WRONG),
    ],
)
def test_submits_that_are_refused(fields: dict[str, Any], result: int) -> None:
    bench = operator(check_senders=True)
    assert Wire(bench).ask(submit(**fields)).result == result
    assert bench.counters.accepted == 0


@pytest.mark.parametrize(
    ("faults", "result"),
    [
        ({"throttle_every_n": 1}, status.TOO_FAST),
        ({"unknown_status": 177}, 177),
        ({"unknown_status": 7777}, 255),
        ({"refuse_numbers": {"138": 29}}, 29),
    ],
)
def test_faults_refuse(faults: dict[str, Any], result: int) -> None:
    bench = operator()
    bench.faults.change(faults)
    assert Wire(bench).ask(submit()).result == result


@pytest.mark.parametrize(("flag", "word", "count"), [(0, "DELIVRD", 0), (0, "25", 1), (1, "DELIVRD", 1), (2, "25", 0)])
def test_report_flag(flag: int, word: str, count: int) -> None:
    bench = operator(report_delay_s=0.0)
    bench.faults.report_state = {"138": word}
    phone = Called(bench)
    phone.pump()
    Wire(bench).ask(submit(report_flag=flag))
    phone.pass_time(0.1)
    assert len(phone.got) == count


@pytest.mark.parametrize(("name", "password"), [(b"nobody", b"secret08"), (b"sgipsp", b"wrong")])
def test_logins_that_are_refused(name: bytes, password: bytes) -> None:
    bench = operator()
    wire = Wire(bench, name, password)
    assert wire.opened[0] == LoginFailed(status.ILLEGAL_LOGIN)
    assert wire.line.is_over
    assert bench.counters.logins_refused == 1


def test_a_login_refused_by_a_fault() -> None:
    bench = operator()
    bench.faults.refuse_login = 3
    assert Wire(bench).opened[0] == LoginFailed(3)


def test_a_repeat_is_not_taken_twice() -> None:
    bench = operator()
    wire = Wire(bench)
    sequence = pack(1, 2, 3)
    wire.ask(submit(), sequence)
    assert wire.ask(submit(), sequence) == SubmitResp(0)
    assert bench.counters.accepted == 1


def test_the_way_of_a_message() -> None:
    bench = operator(report_delay_s=1.0)
    wire = Wire(bench)
    sequence = pack(1, 2, 3)
    assert wire.ask(Trace(sequence)) == TraceResp()
    wire.ask(submit(), sequence)
    assert wire.ask(Trace(sequence)) == TraceResp((Hop(1, b"108001", b"260102030405", b"260102030405"),))
    bench.tick(2.0)
    assert wire.ask(Trace(sequence)).hops[0].result == 0


def test_a_long_message_is_put_together() -> None:
    bench = operator()
    wire = Wire(bench)
    for header, part in (("050003070202", "好"), ("050003070201", "你")):
        content = bytes.fromhex(header) + part.encode("utf-16-be")
        wire.ask(submit(tp_udhi=1, message_content=content))
    assert [text.text for text in bench.handsets[PHONE].texts] == ["你好"]


def test_what_a_phone_writes_goes_out_on_a_call() -> None:
    bench = operator()
    bench.say("13800138000", "退订", None, 0.0)
    phone = Called(bench)
    phone.pump()
    bench.say("13800138000", "a@b", "1065700088", 0.0)
    phone.pump()
    bench.say("13800138000", "é", None, 0.0)
    phone.pump()
    assert [deliver for _, deliver in phone.got] == [
        Deliver(b"8613800138000", b"10657000", message_coding=8, message_content="退订".encode("utf-16-be")),
        Deliver(b"8613800138000", b"1065700088", message_coding=0, message_content=b"a@b"),
        Deliver(b"8613800138000", b"10657000", message_coding=8, message_content="é".encode("utf-16-be")),
    ]
    assert bench.counters.messages_acknowledged == 3


def test_a_long_text_of_a_phone_goes_out_in_parts() -> None:
    bench = operator()
    phone = Called(bench)
    phone.pump()
    bench.say("13800138000", "字" * 100, None, 0.0)
    phone.pump()
    assert [deliver.message_content[:6].hex() for _, deliver in phone.got] == ["050003010201", "050003010202"]
    assert all(deliver.tp_udhi == 1 for _, deliver in phone.got)


def test_a_delivery_keeps_its_number_whenever_it_is_sent() -> None:
    bench = operator(repeat_s=10.0)
    phone = Called(bench)
    phone.pump()
    bench.say("13800138000", "hi", None, 0.0)
    phone.pump(status.NODE_BUSY)
    phone.pass_time(10.0, None)
    phone.line.closed("cut", phone.now)
    assert phone.ends == [True]
    later = Called(bench)
    later.pump()
    assert [sequence for sequence, _ in phone.got + later.got] == [phone.got[0][0]] * 3
    assert bench.counters.messages_acknowledged == 1


def test_a_delivery_without_answer_is_given_up_in_the_end() -> None:
    bench = operator(repeat_s=10.0)
    phone = Called(bench)
    phone.pump()
    bench.say("13800138000", "hi", None, 0.0)
    for _ in range(4):
        phone.pass_time(10.0, None)
    assert bench.counters.deliveries_given_up == 1


def test_a_call_that_is_refused() -> None:
    bench = operator()
    phone = Called(bench)
    phone.pump(login=1)
    assert phone.line.is_over
    phone.line.closed("", 0.0)
    assert phone.ends == [False]
    assert bench.counters.logins == 0


def test_taking_leave() -> None:
    bench = operator()
    wire, phone = Wire(bench), Called(bench)
    phone.pump()
    wire.line.leave(0.0)
    assert wire.line.is_over
    phone.line.leave(0.0)
    phone.pump()
    assert phone.line.is_over
    assert [type(event) for event in phone.server.events()] in ([], [Ended])


def test_the_line_breaks_at_an_answer() -> None:
    bench = operator()
    bench.faults.drop_line_after_n_pdus = 1
    bench.faults.drop_line_mid_pdu = True
    wire = Wire(bench)
    wire.client.send_request(submit(), 0.0)
    wire.line.receive(wire.client.data_to_send(), 0.0)
    assert len(wire.line.data_to_send()) == 14
    assert wire.line.is_dropped
    assert bench.counters.accepted == 1


@pytest.mark.parametrize(
    ("faults", "octets"),
    [({"answer_twice": True}, 58), ({"garbage_bytes_every_n": 1}, 42), ({"never_answer_every_n": 1}, 0)],
)
def test_spoilt_answers(faults: dict[str, Any], octets: int) -> None:
    bench = operator()
    bench.faults.change(faults)
    wire = Wire(bench)
    wire.client.send_request(submit(), 0.0)
    wire.line.receive(wire.client.data_to_send(), 0.0)
    assert len(wire.line.data_to_send()) == octets


def test_a_report_may_come_first() -> None:
    bench = operator()
    bench.faults.report_before_response = True
    phone = Called(bench)
    phone.pump()
    wire = Wire(bench)
    wire.client.send_request(submit(), 0.0)
    wire.line.receive(wire.client.data_to_send(), 0.0)
    phone.pump()
    assert len(phone.got) == 1


def test_silence_ends_a_submitting_line() -> None:
    bench = operator(sgip_idle_s=60.0)
    wire = Wire(bench)
    wire.line.tick(61.0)
    assert wire.line.is_over


def test_a_repeat_on_another_connection_is_known_by_its_number() -> None:
    bench = operator()
    sequence = pack(1, 2, 3)
    assert Wire(bench).ask(submit(), sequence) == SubmitResp(0)
    assert Wire(bench).ask(submit(), sequence) == SubmitResp(0)
    assert Wire(bench).ask(submit("other"), sequence) == SubmitResp(status.SEQUENCE_ILLEGAL)
    assert bench.counters.accepted == 1


def accounts(*texts: str) -> tuple[Account, ...]:
    """As given on the command line."""
    return config_of(_parser().parse_args([word for text in texts for word in ("--account", text)])).accounts


def test_accounts_on_the_command_line() -> None:
    assert accounts("sgip:sp:secret:106:127.0.0.1:8805", "smpp:a:b") == (
        Account("sgip", "sp", "secret", "106", "127.0.0.1", 8805),
        Account("smpp", "a", "b", "", ""),
    )


@pytest.mark.parametrize(
    "text",
    ["sgip:sp", "sgip:sp:x:106:host", "sgip:sp:x:106:host:port", "sgip:sp:x:106:host:70000", "telex:a:b", "sgip::b"],
)
def test_accounts_that_make_no_sense(text: str) -> None:
    with pytest.raises(ConfigError):
        accounts(text)
