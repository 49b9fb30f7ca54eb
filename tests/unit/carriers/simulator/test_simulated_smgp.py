"""The SMGP side of the operator against a service provider on the same wire; no sockets."""

from __future__ import annotations

from typing import Any

import pytest

from carriers.simulator.config import Account
from carriers.simulator.operator import Operator
from carriers.simulator.smgp_line import SmgpLine
from carriers.smgp import status
from carriers.smgp.events import Ended, Event, LoggedIn, LoginFailed, RequestReceived, ResponseReceived
from carriers.smgp.message_id import MessageId, group_ids
from carriers.smgp.pdu import Deliver, DeliverResp, LoginMode, Query, QueryResp, Submit, SubmitResp
from carriers.smgp.protocol import SmgpProtocol
from carriers.smgp.reports import Report
from carriers.smgp.rules import Role, Settings
from carriers.smgp.tlv import Tag, Tlv
from tests.unit.carriers.simulator.operator_bench import BEGIN, PHONE, operator_of
from tests.unit.carriers.smgp.smgp_vectors import VECTORS

HEADER = (Tlv(Tag.TP_UDHI, b"\1"),)


class Wire:
    """A service provider and the line it talks to."""

    def __init__(
        self,
        operator: Operator,
        mode: LoginMode = LoginMode.BOTH,
        client_id: str = "10650001",
        secret: str = "s3cret",
        version: int = 0x30,
    ) -> None:
        self.operator = operator
        self.now = 0.0
        self.line = SmgpLine(operator, "test", 0.0)
        self.provider = SmgpProtocol(Role.PROVIDER, Settings(window=1000, active_test_s=1e9))
        self.provider.log_in(client_id, secret, mode, version, BEGIN, 0.0)
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
    given: dict[str, Any] = {
        "need_report": 1, "msg_format": 8, "src_term_id": b"10657000", "dest_term_id": to,
        "msg_content": text.encode("utf-16-be"),
    }  # fmt: skip
    return Submit(**(given | fields))


def deliveries(events: list[Event]) -> list[Deliver]:
    return [it.pdu for it in events if isinstance(it, RequestReceived) and isinstance(it.pdu, Deliver)]


def test_a_dialogue_in_frames_of_others() -> None:
    """Login, long part to two phones, active test and leave, octet by octet as other implementations write them."""
    frames = [vector.frame for vector in VECTORS]
    login, let_in, long_part, active_test, tested, leave, left = (frames[it] for it in (1, 2, 5, 11, 12, 13, 14))
    operator, _ = operator_of(report_delay_s=0.0)
    line = SmgpLine(operator, "test", 0.0)
    line.receive(login, 0.0)
    assert line.data_to_send() == let_in
    line.receive(long_part, 0.0)
    answer = line.data_to_send()
    assert answer[:12] == bytes.fromhex("0000001a8000000200000002")
    assert answer[22:] == bytes(4)
    line.receive(active_test, 0.0)
    assert line.data_to_send() == tested
    operator.tick(0.1)
    reports = line.data_to_send()
    assert len(reports) == 2 * 211
    assert reports[81:94] == b"id:" + answer[12:22]
    assert reports[38:49] == b"13301234567"
    assert reports[211 + 38 : 211 + 49] == b"18901234567"
    line.receive(leave, 0.1)
    assert line.data_to_send() == left
    assert line.is_over


@pytest.mark.parametrize(
    ("word", "dlvrd", "err"),
    [
        ("DELIVRD", b"001", b"000"),
        ("EXPIRED", b"000", b"001"),
        ("RT:0148", b"000", b"148"),
        ("UNKNOWN", b"000", b"999"),
    ],
)
@pytest.mark.parametrize("version", [0x13, 0x30])
def test_submit_answer_and_report(word: str, dlvrd: bytes, err: bytes, version: int) -> None:
    operator, _ = operator_of(report_delay_s=0.2)
    operator.faults.report_state = {"138": word}
    wire = Wire(operator, version=version)
    assert isinstance(wire.opened[0], LoggedIn)
    assert wire.opened[0].is_genuine
    answer = wire.ask(submit("验证码" * 5))
    assert answer.status == 0
    parts = MessageId.unpack(answer.msg_id)
    assert parts is not None
    assert (parts.gateway, parts.minute) == ("108001", "01020304")
    (deliver,) = deliveries(wire.pass_time(0.2))
    assert (deliver.is_report, deliver.msg_format) == (1, 0)
    assert (deliver.src_term_id, deliver.dest_term_id) == (b"13800138000", b"10657000")
    assert deliver.recv_time == b"20260102030405"
    assert deliver.msg_id != answer.msg_id
    assert len(deliver.msg_content) == 122
    report = Report.decode(deliver.msg_content)
    assert (report.msg_id, report.word, report.dlvrd, report.err) == (answer.msg_id, word, dlvrd, err)
    assert (report.submit_date, report.done_date) == (b"2601020304", b"2601020304")
    assert report.text == b"030" + ("验证码" * 5).encode("utf-16-be")[:16]
    assert operator.open_reports() == 0
    assert operator.handsets[PHONE].texts[0].text == "验证码" * 5


@pytest.mark.parametrize(("client_id", "secret"), [("99999999", "s3cret"), ("10650001", "wrong"), ("900001", "888888")])
def test_logins_that_are_refused(client_id: str, secret: str) -> None:
    operator, facts = operator_of()
    wire = Wire(operator, client_id=client_id, secret=secret)
    assert isinstance(wire.opened[0], LoginFailed)
    assert wire.opened[0].status == status.AUTHENTICATION_FAILED
    assert wire.line.is_over
    assert operator.counters.logins_refused == 1
    assert facts[-1].name == "login_refused"


def test_a_refusal_on_demand_and_a_version_too_high() -> None:
    operator, _ = operator_of()
    operator.faults.refuse_login = 2
    assert Wire(operator).opened[0] == LoginFailed(2, 0x30)
    operator.faults.refuse_login = 0
    assert Wire(operator, version=0x40).opened[0] == LoginFailed(22, 0x30)
    assert operator.counters.logins_refused == 2


def test_a_group_submit_has_a_range_of_ids_and_a_report_each() -> None:
    operator, _ = operator_of(report_delay_s=0.0)
    wire = Wire(operator)
    phones = (b"13800138000", b"8613800138001", b"13800138002")
    first = wire.ask(submit(to=phones)).msg_id
    assert wire.ask(submit(need_report=0)).msg_id not in group_ids(first, 3)
    delivered = deliveries(wire.pass_time(0.1))
    assert [Report.decode(it.msg_content).msg_id for it in delivered] == list(group_ids(first, 3))
    assert [it.src_term_id for it in delivered] == list(phones)
    assert {it.msg_id for it in delivered}.isdisjoint(group_ids(first, 3))
    assert operator.counters.submits == 4


@pytest.mark.parametrize(
    ("fields", "number"),
    [
        ({"dest_term_id": ()}, 10), ({"dest_term_id": (b"13800138000",) * 101}, 10),
        ({"dest_term_id": (b"1380013800x",)}, 47), ({"dest_term_id": (b"13800138000", b"")}, 47),
        ({"msg_content": bytes(141)}, 36), ({"msg_content": bytes(161), "msg_format": 0}, 36),
        ({"msg_format": 9}, 34), ({"src_term_id": b"10690000"}, 46),
    ],
)  # fmt: skip
def test_what_a_gateway_refuses(fields: dict[str, Any], number: int) -> None:
    operator, _ = operator_of(check_senders=True)
    assert Wire(operator).ask(submit(**fields)).status == number
    assert operator.handsets == {}


def test_too_fast_is_busy_and_any_code_can_be_given() -> None:
    operator, _ = operator_of()
    wire = Wire(operator)
    operator.faults.throttle_every_n = 2
    assert [wire.ask(submit()).status for _ in range(2)] == [0, 1]
    operator.change_faults({"throttle_every_n": 0, "unknown_status": 1000}, 0.0)
    assert wire.ask(submit()).status == 1000
    operator.change_faults({"unknown_status": 0, "refuse_numbers": {"138": 58}}, 0.0)
    assert wire.ask(submit()).status == 58


def test_alphabets_and_long_texts_are_joined() -> None:
    operator, _ = operator_of()
    wire = Wire(operator)
    data = "退订回T，谢谢".encode("gbk")
    for number, piece in ((1, data[:5]), (2, data[5:])):  # in the middle of a character
        content = bytes((5, 0, 3, 9, 2, number)) + piece
        wire.ask(submit(msg_format=15, tlvs=HEADER, msg_content=content))
    wire.ask(submit(msg_format=0, msg_content=b"a@b_$"))
    wire.ask(submit(msg_format=3, msg_content=b"on the SIM"))
    assert [it.text for it in operator.handsets[PHONE].texts] == ["退订回T，谢谢", "a@b_$", "on the SIM"]


def test_without_the_parameter_a_header_is_text() -> None:
    operator, _ = operator_of()
    Wire(operator).ask(submit(msg_format=0, msg_content=b"\5\0\3\1\2\1hi"))
    assert operator.handsets[PHONE].texts[0].text == "\5\0\3\1\2\1hi"


@pytest.mark.parametrize(
    ("text", "fmt", "content"),
    [("TD @_", 0, b"TD @_"), ("退订", 8, "退订".encode("utf-16-be")), ("café", 15, "café".encode("gb18030")),
     ("Ø" * 150, 0, b"?" * 150)],
)  # fmt: skip
def test_what_a_phone_writes(text: str, fmt: int, content: bytes) -> None:
    operator, _ = operator_of()
    wire = Wire(operator)
    operator.say("13800138000", text, "10657000123", 0.0)
    (deliver,) = deliveries(wire.pump())
    assert (deliver.is_report, deliver.msg_format, deliver.dest_term_id) == (0, fmt, b"10657000123")
    assert (deliver.src_term_id, deliver.msg_content, deliver.tlvs) == (b"13800138000", content, ())
    assert operator.handsets[PHONE].texts[0].word == "taken"


def test_a_long_text_of_a_phone_comes_in_parts() -> None:
    operator, _ = operator_of()
    wire = Wire(operator)
    operator.say("13800138000", "请回电" * 40, "10657000", 0.0)
    first, second = deliveries(wire.pump())
    assert first.tlvs == second.tlvs == HEADER
    assert first.msg_content[:6] == bytes((5, 0, 3, 1, 2, 1))
    assert second.msg_content[:6] == bytes((5, 0, 3, 1, 2, 2))
    assert first.msg_id != second.msg_id


def test_a_line_that_only_sends_gets_no_reports_and_one_that_receives_gets_them() -> None:
    operator, _ = operator_of(report_delay_s=0.0)
    sender = Wire(operator, LoginMode.SEND)
    sender.ask(submit())
    assert deliveries(sender.pass_time(0.1)) == []
    assert operator.open_reports() == 1
    receiver = Wire(operator, LoginMode.RECEIVE)
    assert len(deliveries(receiver.opened)) == 1
    assert operator.open_reports() == 0


def test_of_two_accounts_with_one_number_the_one_that_receives_gets_what_a_phone_writes() -> None:
    accounts = tuple(Account("smgp", name, "s3cret") for name in ("10650001", "10650002"))
    operator, _ = operator_of(accounts=accounts)
    sender = Wire(operator, LoginMode.SEND)
    receiver = Wire(operator, LoginMode.RECEIVE, client_id="10650002")
    operator.say("13800138000", "TD", "10657000", 0.0)
    assert deliveries(sender.pump()) == []
    assert len(deliveries(receiver.pump())) == 1


def test_a_refused_delivery_comes_again_under_its_id() -> None:
    operator, _ = operator_of(repeat_s=10.0)
    wire = Wire(operator)
    operator.say("13800138000", "TD", "10657000", 0.0)
    (first,) = deliveries(wire.pump(answer=1))
    (second,) = deliveries(wire.pass_time(10.0))
    assert first.msg_id == second.msg_id
    assert operator.counters.messages_acknowledged == 1


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


def test_query() -> None:
    operator, _ = operator_of()
    wire = Wire(operator)
    wire.ask(submit())
    counted = wire.ask(Query(b"20260102"))
    assert isinstance(counted, QueryResp)
    assert (counted.query_time, counted.mt_tlmsg, counted.mt_scs, counted.mt_fl) == (b"20260102", 1, 1, 0)


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
    operator.change_faults({"answer_delay_s": 0, "never_answer_every_n": 1}, 0.0)
    wire.provider.send_request(submit(), 1.0)
    assert wire.pump() == []
    operator.change_faults({"never_answer_every_n": 0, "drop_line_mid_pdu": True}, 0.0)
    wire.provider.send_request(submit(), 1.0)
    assert wire.pump() == []
    assert wire.line.is_dropped


def test_the_line_breaks_at_the_request_it_was_told_to() -> None:
    operator, _ = operator_of()
    wire = Wire(operator)
    operator.faults.drop_line_after_n_pdus = 2
    assert wire.ask(submit()).status == 0
    wire.provider.send_request(submit(), 0.0)
    assert wire.pump() == []
    assert wire.line.is_dropped
    assert operator.counters.accepted == 2


def test_leave_is_granted() -> None:
    operator, _ = operator_of()
    wire = Wire(operator)
    wire.provider.leave(0.0)
    assert wire.pump() == [Ended("left in order")]
    assert wire.line.is_over
