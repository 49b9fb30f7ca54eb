"""The gateway's side of a CMPP connection, held against a service provider on a fake wire."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from carriers.cmpp import pdu
from carriers.cmpp.events import LoggedIn, LoginFailed, RequestReceived, ResponseReceived
from carriers.cmpp.message_id import MessageId, group_ids
from carriers.cmpp.protocol import CmppProtocol
from carriers.cmpp.reports import Report
from carriers.cmpp.rules import Role, Settings
from gateway.core.messages import Concat
from gateway.core.peers import Denial, Peer, Refusal
from gateway.downstream.cmpp_line import CODES, DENIALS, CmppIds, CmppLine
from gateway.downstream.config import DownstreamCmppConfig
from tests.unit.downstream.door import NOW_MS, NotingDoor, report, sms

PEER = Peer(name="900001", account_id=7, secret="secret08", id=3, window=4)


class Wire:
    """A line and a provider, and the octets between them."""

    def __init__(self, version: int = 0x30, peer: Peer = PEER, secret: str = "secret08", **more: Any) -> None:
        config = DownstreamCmppConfig()
        self.door = NotingDoor([peer], **more)
        self.line = CmppLine(self.door, "192.0.2.1", config, CmppIds(config), 0.0)
        self.provider = CmppProtocol(Role.PROVIDER, Settings(window=100))
        self.events: list[Any] = []
        self.provider.log_in("900001", secret, version, datetime(2026, 3, 1, tzinfo=UTC), 0.0)
        self.carry()

    def carry(self) -> None:
        for _ in range(10):
            down, up = self.provider.data_to_send(), self.line.data_to_send()
            if down:
                self.line.receive(down, 0.0)
            if up:
                self.provider.receive(up, 0.0)
            self.events += self.provider.events()
            if not down and not up:
                return

    def submit(self, octets: bytes = b"hello", *numbers: bytes, **fields: Any) -> None:
        request = pdu.Submit(
            src_id=b"1065", dest_terminal_id=numbers or (b"13800138000",), msg_content=octets, **fields
        )
        self.provider.send_request(request, 0.0)
        self.carry()

    def results(self) -> list[int]:
        return [it.response.result for it in self.events if isinstance(it, ResponseReceived)]

    def requests(self) -> list[Any]:
        return [event for event in self.events if isinstance(event, RequestReceived)]


@pytest.mark.parametrize("version", [0x20, 0x21, 0x30])
def test_login_and_submit(version: int) -> None:
    wire = Wire(version)
    assert isinstance(wire.events[0], LoggedIn)
    assert wire.events[0].is_genuine
    wire.submit(registered_delivery=1, service_id=b"HELP")
    assert wire.results() == []
    (one,) = wire.door.submits
    assert (one.text, one.sender, one.report, one.all_or_none) == ("hello", "1065", 1, True)
    (place,) = one.destinations
    assert place.recipient == "+8613800138000"
    assert place.terms == {"source": "1065", "service": "HELP", "dest": "13800138000"}
    wire.door.answer_all()
    wire.carry()
    (answer,) = [it.response for it in wire.events if isinstance(it, ResponseReceived)]
    assert answer == pdu.SubmitResp(int(place.handed), 0)
    moment = MessageId.unpack(answer.msg_id)
    assert (moment.month, moment.day, moment.hour, moment.gateway) == (3, 1, 8, 1)


@pytest.mark.parametrize("denial", list(Denial))
def test_every_denial_has_its_code(denial: Denial) -> None:
    wire = Wire(denial=denial)
    assert isinstance(wire.events[0], LoginFailed)
    assert wire.events[0].status == DENIALS[denial]
    assert wire.line.is_over


def test_a_wrong_secret_and_too_high_a_version() -> None:
    assert Wire(secret="other").events[0].status == 3
    wire = Wire()
    line = CmppLine(wire.door, "192.0.2.1", DownstreamCmppConfig(), CmppIds(DownstreamCmppConfig()), 0.0)
    line.receive(bytes.fromhex("000000270000000100000001") + b"900001" + bytes(16) + b"\x40" + bytes(4), 0.0)
    assert line.peer is None


@pytest.mark.parametrize("refusal", list(Refusal))
def test_every_refusal_has_its_code(refusal: Refusal) -> None:
    wire = Wire()
    wire.submit()
    wire.door.answer_all(refusal)
    wire.carry()
    assert wire.results() == [CODES[refusal]]
    wire = Wire(0x20, refuse_with=refusal)
    wire.submit()
    assert wire.results() == [CODES[refusal]]


def test_a_group_has_ids_that_follow_one_another() -> None:
    wire = Wire()
    wire.submit(b"hello", b"13800138001", b"8613800138002", b"+8613800138003", registered_delivery=1)
    (one,) = wire.door.submits
    ids = [int(place.handed) for place in one.destinations]
    assert tuple(ids) == group_ids(ids[0], 3)
    assert len({place.id for place in one.destinations}) == 3
    assert [place.terms["dest"] for place in one.destinations] == ["13800138001", "8613800138002", "+8613800138003"]


@pytest.mark.parametrize(
    ("octets", "fields", "text", "concat"),
    [
        ("你好".encode("utf-16-be"), {"msg_fmt": 8}, "你好", None),
        ("你好".encode("gbk"), {"msg_fmt": 15}, "你好", None),
        (b"\x05\x00\x03\x07\x02\x01" + "长".encode("utf-16-be"), {"msg_fmt": 8, "tp_udhi": 1}, "长", Concat(7, 2, 1)),
    ],
)
def test_what_is_read(octets: bytes, fields: dict[str, Any], text: str, concat: Concat | None) -> None:
    wire = Wire()
    wire.submit(octets, **fields)
    assert (wire.door.submits[0].text, wire.door.submits[0].concat) == (text, concat)


def test_data() -> None:
    wire = Wire()
    wire.submit(bytes.fromhex("0b0003070201" + "05040b8423f0") + b"\0data", msg_fmt=4, tp_udhi=1)
    (one,) = wire.door.submits
    assert (one.text, one.data, one.port, one.source_port) == ("", b"\0data", 2948, 9200)
    assert one.concat == Concat(7, 2, 1)


@pytest.mark.parametrize(
    ("octets", "numbers", "fields", "result"),
    [
        (b"", (b"13800138000",), {"msg_fmt": 4}, 1),
        (b"\x02\x70\x00\x01", (b"13800138000",), {"msg_fmt": 4, "tp_udhi": 1}, 1),
        (b"x", (b"12",), {}, 13),
        (b"x", (b"13800138000", b"12"), {}, 13),
        (b"x", (b"13800138000",) * 100, {}, 1),
        (b"x", (b"13800138000",), {"valid_time": b"tomorrow"}, 1),
        (b"\xff", (b"13800138000",), {"tp_udhi": 1}, 1),
    ],
)
def test_what_is_not_taken(octets: bytes, numbers: tuple[bytes, ...], fields: dict[str, Any], result: int) -> None:
    wire = Wire()
    wire.submit(octets, *numbers, **fields)
    assert wire.results() == [result]
    assert wire.door.submits == []


def test_too_many_at_once_are_flow_control() -> None:
    wire = Wire()
    for _ in range(10):
        wire.submit()
    assert wire.line.is_full
    assert wire.results() == [8, 8]


@pytest.mark.parametrize(
    ("version", "state", "code", "word", "octets"),
    [
        (0x20, "delivered", "DELIVRD", "DELIVRD", 60),
        (0x30, "delivered", "DELIVRD", "DELIVRD", 71),
        (0x30, "failed", "MK:0012", "MK:0012", 71),
        (0x30, "failed", "UNDELIV:001", "UNDELIV", 71),
        (0x30, "failed", "no such thing", "UNDELIV", 71),
        (0x30, "expired", "", "EXPIRED", 71),
    ],
)
def test_a_report(version: int, state: str, code: str, word: str, octets: int) -> None:
    wire = Wire(version)
    wire.line.deliver(report(state=state, code=code, dest="13800138000", service="HELP"), 0.0)
    wire.carry()
    (event,) = wire.requests()
    deliver = event.pdu
    assert (deliver.dest_id, deliver.src_terminal_id, deliver.service_id) == (b"1065", b"13800138000", b"HELP")
    assert (deliver.registered_delivery, len(deliver.msg_content)) == (1, octets)
    found = Report.decode(deliver.msg_content)
    assert (found.msg_id, found.word) == (14695981039346656037, word)
    assert (found.submit_time, found.done_time) == (b"2603010800", b"2603010801")
    assert found.dest_terminal_id == b"13800138000"


def test_what_a_phone_wrote_and_its_answers() -> None:
    wire = Wire()
    wire.line.deliver(sms(77, "你好", "ucs2", total=2, number=2), 0.0)
    wire.line.deliver(sms(78, "hi"), 0.0)
    wire.carry()
    long, short = wire.requests()
    assert (long.pdu.msg_id, long.pdu.tp_udhi, long.pdu.msg_fmt) == (77, 1, 8)
    assert long.pdu.msg_content == b"\x05\x00\x03\x09\x02\x02" + "你好".encode("utf-16-be")
    assert (short.pdu.msg_content, short.pdu.msg_fmt, short.pdu.src_terminal_id) == (b"hi", 0, b"13800138000")
    wire.provider.respond(long.sequence_id, pdu.DeliverResp(77, 0))
    wire.provider.respond(short.sequence_id, pdu.DeliverResp(78, 9))
    wire.carry()
    assert wire.door.notes[1:] == [("delivered", 77), ("declined", (78, 9))]


def test_a_line_that_is_lost_gives_back_what_was_not_answered() -> None:
    wire = Wire()
    wire.line.deliver(sms(77), 0.0)
    assert [one.id for one in wire.line.lose()] == [77]
    assert wire.line.room == 0


def test_other_requests_are_answered_in_form() -> None:
    wire = Wire()
    wire.provider.send_request(pdu.Query(b"20260301"), 0.0)
    wire.provider.send_request(pdu.Cancel(5), 0.0)
    wire.carry()
    answers = [it.response for it in wire.events if isinstance(it, ResponseReceived)]
    assert answers == [pdu.QueryResp(b"20260301"), pdu.CancelResp(1)]


def test_a_farewell_waits_for_the_answers() -> None:
    wire = Wire()
    wire.submit()
    wire.provider.leave(0.0)
    wire.carry()
    assert not wire.line.is_over
    wire.door.answer_all()
    wire.carry()
    assert wire.line.is_over


def test_ids_of_a_group_never_cross_a_second() -> None:
    ids = CmppIds(DownstreamCmppConfig())
    ids._source.next(datetime(2026, 3, 1, 8, 0, 0, tzinfo=UTC))
    ids._source._sequence = 0xFFFF  # one is left of this second
    found = ids.take(NOW_MS, 3)
    assert found == group_ids(found[0], 3)
