"""The CMPP side of the operator against a service provider on the same wire; no sockets."""

from __future__ import annotations

from typing import Any

import pytest

from carriers.cmpp import status
from carriers.cmpp.events import Ended, Event, LoggedIn, LoginFailed, RequestReceived, ResponseReceived
from carriers.cmpp.message_id import group_ids
from carriers.cmpp.pdu import Cancel, CancelResp, Deliver, DeliverResp, Query, QueryResp, Submit, SubmitResp
from carriers.cmpp.protocol import CmppProtocol
from carriers.cmpp.reports import Report
from carriers.cmpp.rules import Role, Settings
from carriers.simulator.cmpp_line import CmppLine
from carriers.simulator.operator import Operator
from tests.unit.carriers.simulator.operator_bench import BEGIN, PHONE, operator_of

V2, V3 = 0x20, 0x30


class Wire:
    """A service provider and the line it talks to."""

    def __init__(self, operator: Operator, version: int = V3, sp_id: str = "900001", secret: str = "888888") -> None:
        self.operator = operator
        self.now = 0.0
        self.line = CmppLine(operator, "test", 0.0)
        self.provider = CmppProtocol(Role.PROVIDER, Settings(window=1000, active_test_s=1e9))
        self.provider.log_in(sp_id, secret, version, BEGIN, 0.0)
        self.opened = self.pump()

    def pump(self, answer: int | None = 0) -> list[Event]:
        """Pass octets both ways until there are none; deliveries get the answer, or none."""
        events: list[Event] = []
        while True:
            self.line.receive(self.provider.data_to_send(), self.now)
            data = self.line.data_to_send()
            if not data:
                return events
            self.provider.receive(data, self.now)
            for event in self.provider.events():
                events.append(event)
                if isinstance(event, RequestReceived) and answer is not None:
                    assert isinstance(event.pdu, Deliver)
                    self.provider.respond(event.sequence_id, DeliverResp(event.pdu.msg_id, answer))

    def ask(self, request: Any) -> Any:
        self.provider.send_request(request, self.now)
        return next(it.response for it in self.pump() if isinstance(it, ResponseReceived))

    def pass_time(self, seconds: float, answer: int | None = 0) -> list[Event]:
        self.now += seconds
        self.operator.tick(self.now)
        self.line.tick(self.now)
        return self.pump(answer)


def submit(text: str = "你好", to: tuple[bytes, ...] = (b"13800138000",), **fields: Any) -> Submit:
    given = {
        "registered_delivery": 1, "msg_fmt": 8, "msg_src": b"900001", "src_id": b"10657000",
        "service_id": b"MSXZ", "dest_terminal_id": to, "msg_content": text.encode("utf-16-be"),
    }  # fmt: skip
    return Submit(**(given | fields))


def deliveries(events: list[Event]) -> list[Deliver]:
    return [it.pdu for it in events if isinstance(it, RequestReceived) and isinstance(it.pdu, Deliver)]


@pytest.mark.parametrize("version", [V2, V3])
@pytest.mark.parametrize("width", [60, 71])
def test_submit_answer_and_report(version: int, width: int) -> None:
    operator, _ = operator_of(report_delay_s=0.2)
    operator.faults.report_width = width
    operator.faults.report_state = {"138": "MB:0045"}
    wire = Wire(operator, version)
    assert isinstance(wire.opened[0], LoggedIn)
    assert wire.opened[0].is_genuine
    answer = wire.ask(submit("验证码"))
    assert answer.result == 0
    (deliver,) = deliveries(wire.pass_time(0.2))
    assert (deliver.registered_delivery, deliver.dest_id, deliver.service_id) == (1, b"10657000", b"MSXZ")
    assert len(deliver.msg_content) == width
    report = Report.decode(deliver.msg_content)
    assert (report.msg_id, report.stat, report.dest_terminal_id) == (answer.msg_id, b"MB:0045", b"13800138000")
    assert report.submit_time == b"2601020304"
    assert operator.open_reports() == 0
    assert operator.handsets[PHONE].texts[0].text == "验证码"


@pytest.mark.parametrize(
    ("sp_id", "secret", "version", "code"),
    [("999999", "888888", V3, status.SOURCE_ADDRESS_ILLEGAL), ("900001", "wrong", V2, status.AUTHENTICATION_FAILED)],
)
def test_logins_that_are_refused(sp_id: str, secret: str, version: int, code: int) -> None:
    operator, _ = operator_of()
    wire = Wire(operator, version, sp_id, secret)
    assert isinstance(wire.opened[0], LoginFailed)
    assert wire.opened[0].status == code
    assert wire.line.is_over
    assert operator.counters.logins_refused == 1


def test_a_group_submit_has_a_range_of_ids_and_a_report_each() -> None:
    operator, _ = operator_of(report_delay_s=0.0)
    wire = Wire(operator)
    phones = (b"13800138000", b"8613800138001", b"13800138002")
    first = wire.ask(submit(to=phones)).msg_id
    reports = [Report.decode(it.msg_content) for it in deliveries(wire.pass_time(0.1))]
    assert [it.msg_id for it in reports] == list(group_ids(first, 3))
    assert [it.dest_terminal_id for it in reports] == list(phones)
    assert wire.ask(submit()).msg_id not in group_ids(first, 3)
    assert operator.counters.submits == 4


@pytest.mark.parametrize(
    ("fields", "result"),
    [
        ({"dest_terminal_id": ()}, 1), ({"dest_terminal_id": (b"1380013800x",)}, 13),
        ({"dest_terminal_id": (b"13800138000", b"")}, 13), ({"msg_content": bytes(161)}, 6),
        ({"msg_src": b"900002"}, 11), ({"src_id": b"10690000"}, 10),
    ],
)  # fmt: skip
def test_what_a_gateway_refuses(fields: dict[str, Any], result: int) -> None:
    operator, _ = operator_of(check_senders=True)
    assert Wire(operator).ask(submit(**fields)).result == result
    assert operator.handsets == {}


def test_too_fast_is_8_and_unknown_codes_fit_the_octet() -> None:
    operator, _ = operator_of()
    wire = Wire(operator, V2)
    operator.faults.throttle_every_n = 2
    assert [wire.ask(submit()).result for _ in range(2)] == [0, 8]
    operator.change_faults({"throttle_every_n": 0, "unknown_status": 1000}, 0.0)
    assert wire.ask(submit()).result == 255


def test_gbk_and_long_texts_are_joined() -> None:
    operator, _ = operator_of()
    wire = Wire(operator)
    data = "退订回T，谢谢".encode("gbk")
    for number, piece in ((1, data[:5]), (2, data[5:])):  # in the middle of a character
        content = bytes((5, 0, 3, 9, 2, number)) + piece
        wire.ask(submit(msg_fmt=15, tp_udhi=1, msg_content=content, pk_total=2, pk_number=number))
    assert operator.handsets[PHONE].texts[0].text == "退订回T，谢谢"


@pytest.mark.parametrize(("text", "fmt"), [("TD", 0), ("退订", 8)])
def test_what_a_phone_writes(text: str, fmt: int) -> None:
    operator, _ = operator_of()
    wire = Wire(operator)
    operator.say("13800138000", text, "10657000123", 0.0)
    (deliver,) = deliveries(wire.pump())
    assert (deliver.registered_delivery, deliver.msg_fmt, deliver.dest_id) == (0, fmt, b"10657000123")
    assert deliver.src_terminal_id == b"13800138000"
    assert operator.handsets[PHONE].texts[0].word == "taken"


def test_reports_without_answer_are_sent_three_times_and_given_up() -> None:
    operator, _ = operator_of(report_delay_s=0.0, repeat_s=60.0)
    wire = Wire(operator)
    wire.ask(submit())
    sends = [len(deliveries(wire.pass_time(seconds, answer=None))) for seconds in (0.1, 59, 1, 60, 60, 60)]
    # The provider sees a request it has not answered once; what came again it only counts.
    assert sends == [1, 0, 0, 0, 0, 0]
    assert wire.provider.repeated_requests == 2
    assert operator.counters.deliveries_given_up == 1
    assert operator.open_reports() == 0


def test_reports_of_a_lost_line_go_out_on_the_next() -> None:
    operator, _ = operator_of(report_delay_s=0.0)
    wire = Wire(operator)
    wire.ask(submit())
    wire.pass_time(0.1, answer=None)
    wire.line.closed("cut", 1.0)
    assert operator.open_reports() == 1
    assert len(deliveries(Wire(operator).opened)) == 1
    assert operator.open_reports() == 0


def test_query_and_cancel() -> None:
    operator, _ = operator_of()
    wire = Wire(operator)
    answer = wire.ask(submit())
    assert wire.ask(Cancel(answer.msg_id)) == CancelResp(1)
    counted = wire.ask(Query(b"20260102"))
    assert isinstance(counted, QueryResp)
    assert (counted.mt_tlmsg, counted.mt_scs, counted.mt_fl) == (1, 1, 0)


def test_faults_of_answers_work_here_too() -> None:
    operator, _ = operator_of()
    wire = Wire(operator)
    operator.faults.answer_twice = True
    assert isinstance(wire.ask(submit()), SubmitResp)
    assert wire.provider.stray_responses == 1
    operator.change_faults({"answer_twice": False, "answer_delay_s": 1}, 0.0)
    wire.provider.send_request(submit(), 0.0)
    assert wire.pump() == []
    assert sum(isinstance(it, ResponseReceived) for it in wire.pass_time(1.0)) == 1
    operator.change_faults({"answer_delay_s": 0, "drop_line_mid_pdu": True}, 0.0)
    wire.provider.send_request(submit(), 1.0)
    assert wire.pump() == []
    assert wire.line.is_dropped


def test_leave_is_granted() -> None:
    operator, _ = operator_of()
    wire = Wire(operator)
    wire.provider.leave(0.0)
    assert wire.pump() == [Ended("left in order")]
    assert wire.line.is_over
