"""The SMPP side of the operator against an ESME on the same wire; no sockets."""

from __future__ import annotations

from typing import Any

import pytest

from carriers.simulator.line import GARBAGE
from carriers.simulator.operator import Operator
from carriers.simulator.smpp_line import SmppLine
from carriers.smpp import pdu, receipts, status, tlv
from carriers.smpp.layout import DestinationAddress, UnsuccessfulDelivery
from carriers.smpp.protocol import (
    BindAccepted,
    BindRefused,
    Event,
    Limits,
    LineClosed,
    RequestReceived,
    ResponseReceived,
    SmppProtocol,
)
from carriers.smpp.states import Role
from gateway.core.messages import Concat
from tests.unit.carriers.simulator.operator_bench import PHONE, operator_of


class Wire:
    """An ESME and the line it talks to; `raw` is all that the line wrote since the last look."""

    def __init__(self, operator: Operator, bind: type[pdu.Bind] = pdu.BindTransceiver, **fields: Any) -> None:
        self.operator = operator
        self.now = 0.0
        self.line = SmppLine(operator, "test", 0.0)
        self.esme = SmppProtocol(Role.ESME, Limits(window=1000))
        self.raw: list[bytes] = []
        given = {"system_id": "caiyou", "password": "secret08"} | fields
        self.esme.send_request(bind(**given), 0.0)
        self.bound = self.pump()

    def pump(self, answer: int | None = 0) -> list[Event]:
        """Pass octets both ways until there are none; deliveries get the answer, or none."""
        events: list[Event] = []
        while True:
            self.line.receive(self.esme.data_to_send(), self.now)
            data = self.line.data_to_send()
            if not data:
                return events
            self.raw.append(data)
            self.esme.receive(data, self.now)
            for event in self.esme.events():
                events.append(event)
                if isinstance(event, RequestReceived) and answer is not None:
                    self.esme.respond(event.request, pdu.DeliverSmResp(command_status=answer))

    def ask(self, request: Any) -> Any:
        """The response to a request."""
        self.esme.send_request(request, self.now)
        return next(it.response for it in self.pump() if isinstance(it, ResponseReceived))

    def pass_time(self, seconds: float, answer: int | None = 0) -> list[Event]:
        self.now += seconds
        self.operator.tick(self.now)
        self.line.tick(self.now)
        return self.pump(answer)


def submit(text: str = "你好", to: str = "8613800138000", **fields: Any) -> pdu.SubmitSm:
    given = {
        "source_addr": "10657000", "dest_addr_ton": 1, "dest_addr_npi": 1, "destination_addr": to,
        "registered_delivery": 1, "data_coding": 8, "short_message": text.encode("utf-16-be"),
    }  # fmt: skip
    return pdu.SubmitSm(**(given | fields))


def deliveries(events: list[Event]) -> list[pdu.DeliverSm]:
    return [it.request for it in events if isinstance(it, RequestReceived) and isinstance(it.request, pdu.DeliverSm)]


def test_submit_answer_and_receipt() -> None:
    operator, _ = operator_of(report_delay_s=0.2)
    wire = Wire(operator)
    assert wire.bound == [BindAccepted("CAIYOU-SIM", 0x34)]
    answer = wire.ask(submit("验证码"))
    assert int(answer.message_id, 16)
    (receipt,) = deliveries(wire.pass_time(0.2))
    assert (receipt.esm_class, receipt.source_addr, receipt.destination_addr) == (4, "8613800138000", "10657000")
    assert (receipt.source_addr_ton, receipt.source_addr_npi) == (1, 1)
    parts = receipts.parse(receipt.short_message.decode())
    assert (parts.id, parts.stat, parts.submit_date) == (answer.message_id, "DELIVRD", "2601020304")
    assert tlv.text(receipt.tlvs, tlv.RECEIPTED_MESSAGE_ID) == answer.message_id
    assert tlv.integer(receipt.tlvs, tlv.MESSAGE_STATE) == 2
    assert operator.open_reports() == 0
    assert operator.handsets[PHONE].texts[0].text == "验证码"


@pytest.mark.parametrize(
    ("fields", "code"),
    [({"system_id": "nobody"}, status.RINVSYSID), ({"password": "wrong"}, status.RINVPASWD)],
)
def test_logins_that_are_refused(fields: dict[str, Any], code: int) -> None:
    operator, _ = operator_of()
    wire = Wire(operator, **fields)
    assert wire.bound[:1] == [BindRefused(code)]
    assert wire.line.is_over
    assert operator.counters.logins_refused == 1


def test_login_fault() -> None:
    operator, _ = operator_of()
    operator.faults.refuse_login = status.RBINDFAIL
    assert Wire(operator).bound[:1] == [BindRefused(status.RBINDFAIL)]


@pytest.mark.parametrize("way", ["udh8", "udh16", "sar", "payload"])
def test_every_way_of_long_messages_is_joined(way: str) -> None:
    operator, _ = operator_of()
    wire = Wire(operator)
    text = "长短信" * 40
    octets = text.encode("utf-16-be")
    if way == "payload":
        wire.ask(submit(short_message=b"", tlvs=(tlv.make("message_payload", octets),)))
    else:
        for number in (2, 1):
            piece = octets[120 * (number - 1) : 120 * number]
            if way == "sar":
                tlvs = (
                    tlv.make("sar_msg_ref_num", 300),
                    tlv.make("sar_total_segments", 2),
                    tlv.make("sar_segment_seqnum", number),
                )
                wire.ask(submit(short_message=piece, tlvs=tlvs))
            else:
                header = bytes((5, 0, 3, 7, 2, number)) if way == "udh8" else bytes((6, 8, 4, 1, 7, 2, number))
                wire.ask(submit(short_message=header + piece, esm_class=0x40))
    (shown,) = operator.handsets[PHONE].texts
    assert shown.text == text


def test_what_a_phone_writes_arrives_with_its_header() -> None:
    operator, _ = operator_of()
    wire = Wire(operator)
    operator.say("13800138000", "长" * 80, "10657000123", 0.0)
    first, second = deliveries(wire.pump())
    assert (first.esm_class, first.data_coding, first.short_message[:6]) == (0x40, 8, bytes((5, 0, 3, 1, 2, 1)))
    assert second.short_message[6:].decode("utf-16-be") == "长" * 13
    assert (first.source_addr_ton, first.source_addr, first.destination_addr) == (1, "8613800138000", "10657000123")
    assert operator.handsets[PHONE].texts[0].word == "taken"


def test_transmitters_get_nothing_and_receivers_everything() -> None:
    operator, _ = operator_of(report_delay_s=0.0)
    sender = Wire(operator, pdu.BindTransmitter)
    sender.ask(submit())
    assert deliveries(sender.pass_time(0.1)) == []
    receiver = Wire(operator, pdu.BindReceiver)
    assert len(deliveries(receiver.bound)) == 1


def test_a_receipt_without_answer_comes_again_on_the_next_bind() -> None:
    operator, _ = operator_of(report_delay_s=0.0, repeat_s=10.0)
    wire = Wire(operator)
    wire.ask(submit())
    assert len(deliveries(wire.pass_time(0.1, answer=None))) == 1
    assert deliveries(wire.pass_time(20, answer=None)) == []
    assert operator.open_reports() == 1
    wire.line.closed("cut", wire.now)
    assert len(deliveries(Wire(operator).bound)) == 1
    assert operator.open_reports() == 0


def test_a_receipt_refused_for_now_comes_again_later() -> None:
    operator, _ = operator_of(report_delay_s=0.0, repeat_s=10.0)
    wire = Wire(operator)
    wire.ask(submit())
    assert len(deliveries(wire.pass_time(0.1, answer=status.RX_T_APPN))) == 1
    assert len(deliveries(wire.pass_time(10.0))) == 1
    assert operator.open_reports() == 0


def test_query_cancel_replace() -> None:
    operator, _ = operator_of(report_delay_s=0.5)
    wire = Wire(operator)
    message_id = wire.ask(submit()).message_id
    assert wire.ask(pdu.QuerySm(message_id, source_addr="10657000")).message_state == 1
    wire.pass_time(0.5)
    answer = wire.ask(pdu.QuerySm(message_id, source_addr="10657000"))
    assert (answer.message_state, answer.final_date) == (2, "260102030405032+")
    assert wire.ask(pdu.QuerySm(message_id, source_addr="x")).command_status == 0x67
    assert wire.ask(pdu.QuerySm("none", source_addr="10657000")).command_status == 0x67
    assert wire.ask(pdu.CancelSm(message_id=message_id)).command_status == 0x11
    assert wire.ask(pdu.ReplaceSm(message_id=message_id)).command_status == 0x13


def test_submit_multi_tells_which_phones_it_was_not_taken_for() -> None:
    operator, _ = operator_of(report_delay_s=0.0)
    operator.faults.refuse_numbers = {"139": status.RINVDSTADR}
    wire = Wire(operator)
    phones = tuple(DestinationAddress(it, 1, 1) for it in ("8613800138000", "8613900139000", "8613800138001"))
    answer = wire.ask(
        pdu.SubmitMulti(source_addr="10657000", dest_addresses=phones, registered_delivery=1, short_message=b"hi")
    )
    assert answer.unsuccess_sme == (UnsuccessfulDelivery("8613900139000", status.RINVDSTADR, 1, 1),)
    reports = deliveries(wire.pass_time(0.1))
    assert [it.source_addr for it in reports] == ["8613800138000", "8613800138001"]
    ids = {receipts.parse(it.short_message.decode()).id for it in reports}
    assert ids == {answer.message_id}


def test_data_sm_reaches_the_phone() -> None:
    operator, _ = operator_of()
    wire = Wire(operator)
    payload = (tlv.make("message_payload", b"hello"),)
    assert wire.ask(pdu.DataSm(source_addr="1", destination_addr="13800138000", tlvs=payload)).message_id
    assert operator.handsets[PHONE].texts[0].text == "hello"


@pytest.mark.parametrize("to", ["", "alice", "12a"])
def test_bad_destinations(to: str) -> None:
    operator, _ = operator_of()
    assert Wire(operator).ask(submit(to=to)).command_status == status.RINVDSTADR


def test_senders_are_checked_when_wanted() -> None:
    operator, _ = operator_of(check_senders=True)
    wire = Wire(operator)
    assert wire.ask(submit(source_addr="10690000")).command_status == status.RINVSRCADR
    assert wire.ask(submit(source_addr="1065700099")).command_status == 0


def test_a_peer_older_than_3_4_gets_short_ids_and_no_parameters() -> None:
    operator, _ = operator_of(report_delay_s=0.0)
    wire = Wire(operator, interface_version=0x33)
    answer = wire.ask(submit())
    assert len(answer.message_id) <= 8
    (receipt,) = deliveries(wire.pass_time(0.1))
    assert receipt.tlvs == ()
    assert receipts.parse(receipt.short_message.decode()).id == answer.message_id


@pytest.mark.parametrize("form", ["hex", "decimal", "hex-decimal", "decimal-hex"])
def test_forms_of_the_id_in_answer_and_receipt(form: str) -> None:
    operator, _ = operator_of(report_delay_s=0.0)
    operator.faults.id_form = form
    wire = Wire(operator)
    answered = wire.ask(submit()).message_id
    (receipt,) = deliveries(wire.pass_time(0.1))
    reported = receipts.parse(receipt.short_message.decode()).id
    base = {"hex": (16, 16), "decimal": (10, 10), "hex-decimal": (16, 10), "decimal-hex": (10, 16)}[form]
    assert int(answered, base[0]) == int(reported, base[1])
    assert (answered == reported) is (base[0] == base[1])


def test_a_vendors_word_in_a_receipt() -> None:
    operator, _ = operator_of(report_delay_s=0.0)
    operator.faults.report_state = {"138": "CB:0007"}
    wire = Wire(operator)
    wire.ask(submit())
    (receipt,) = deliveries(wire.pass_time(0.1))
    assert b" stat:CB:0007 " in receipt.short_message
    assert tlv.integer(receipt.tlvs, tlv.MESSAGE_STATE) == 5


# What goes wrong.


def test_answers_may_be_late() -> None:
    operator, _ = operator_of()
    operator.faults.answer_delay_s = 2.0
    wire = Wire(operator)
    wire.esme.send_request(submit(), 0.0)
    assert wire.pump() == []
    assert wire.pass_time(1.9) == []
    (answer,) = wire.pass_time(0.1)
    assert isinstance(answer, ResponseReceived)


def test_answers_may_come_twice() -> None:
    operator, _ = operator_of()
    operator.faults.answer_twice = True
    wire = Wire(operator)
    wire.ask(submit())
    assert wire.raw[-1][:25] == wire.raw[-1][len(wire.raw[-1]) // 2 :][:25]
    assert wire.esme.strays == 1


def test_every_second_submit_is_taken_and_never_answered() -> None:
    operator, _ = operator_of()
    operator.faults.never_answer_every_n = 2
    wire = Wire(operator)
    for index in range(4):
        wire.esme.send_request(submit(str(index)), 0.0)
    answered = [it for it in wire.pump() if isinstance(it, ResponseReceived)]
    assert [it.sequence_number for it in answered] == [2, 4]
    assert (operator.counters.accepted, operator.counters.unanswered) == (4, 2)


def test_the_report_may_overtake_the_answer() -> None:
    operator, _ = operator_of()
    operator.faults.report_before_response = True
    wire = Wire(operator)
    wire.esme.send_request(submit(), 0.0)
    first, second = wire.pump()[:2]
    assert isinstance(first, RequestReceived)
    assert isinstance(second, ResponseReceived)


def test_too_fast() -> None:
    operator, _ = operator_of()
    operator.faults.throttle_every_n = 2
    wire = Wire(operator)
    assert [wire.ask(submit()).command_status for _ in range(4)] == [0, 0x58, 0, 0x58]


def test_the_line_breaks_at_the_third_request_which_is_taken() -> None:
    operator, _ = operator_of()
    operator.faults.drop_line_after_n_pdus = 3
    wire = Wire(operator)
    for index in range(5):
        wire.esme.send_request(submit(str(index)), 0.0)
    answers = [it for it in wire.pump() if isinstance(it, ResponseReceived)]
    assert len(answers) == 2
    assert wire.line.is_dropped
    assert (operator.counters.accepted, operator.counters.lines_dropped) == (3, 1)


def test_the_line_breaks_in_the_middle_of_an_answer() -> None:
    operator, _ = operator_of()
    operator.faults.drop_line_mid_pdu = True
    wire = Wire(operator)
    wire.esme.send_request(submit(), 0.0)
    assert wire.pump() == []
    assert wire.line.is_dropped
    half = wire.raw[-1]
    assert half[4:8] == bytes.fromhex("80000004")
    assert 0 < len(half) < int.from_bytes(half[:4], "big")


def test_garbage_follows_every_second_answer() -> None:
    operator, _ = operator_of()
    operator.faults.garbage_bytes_every_n = 2
    wire = Wire(operator)
    wire.ask(submit("1"))
    assert GARBAGE not in wire.raw[-1]
    wire.esme.send_request(submit("2"), 0.0)
    events = wire.pump()
    assert any(isinstance(it, ResponseReceived) for it in events)
    assert any(isinstance(it, LineClosed) for it in events)
    assert any(it.endswith(GARBAGE) for it in wire.raw)


def test_silent_lines_say_nothing_at_all_and_stay_so() -> None:
    operator, _ = operator_of()
    operator.faults.silent = True
    wire = Wire(operator)
    assert wire.bound == []
    operator.faults.silent = False
    assert wire.pass_time(1) == []
    assert not wire.line.is_over


def test_half_open_lines_let_in_and_then_say_nothing() -> None:
    operator, _ = operator_of()
    operator.faults.half_open = True
    wire = Wire(operator)
    assert isinstance(wire.bound[0], BindAccepted)
    wire.esme.send_request(submit(), 0.0)
    assert wire.pump() == []
    assert wire.line.room == 0
    assert operator.counters.accepted == 0


def test_concat_of_a_segment_is_kept_for_the_api() -> None:
    operator, _ = operator_of()
    wire = Wire(operator)
    wire.ask(submit(short_message=bytes((5, 0, 3, 7, 2, 1)) + b"\x4e\x00", esm_class=0x40))
    (text,) = operator.handsets[PHONE].texts
    assert text.segments[0].concat == Concat(7, 2, 1)
    line = text.line()
    assert (line["whole"], line["parts"], line["segments"][0]["hex"]) == (False, 2, "4e00")
