"""The message centre's side of an SMPP session, held against an ESME on a fake wire."""

from __future__ import annotations

from typing import Any

import pytest

from carriers.smpp import pdu, status, tlv
from carriers.smpp.layout import DestinationAddress, DistributionList
from carriers.smpp.protocol import (
    BindAccepted,
    BindRefused,
    Limits,
    RequestReceived,
    ResponseReceived,
    SmppProtocol,
)
from carriers.smpp.states import Role
from gateway.core.messages import Concat
from gateway.core.peers import Denial, Peer, Refusal
from gateway.core.text import Alphabet
from gateway.downstream.config import DownstreamSmppConfig
from gateway.downstream.smpp_line import CODES, DENIALS, SmppLine
from tests.unit.downstream.door import NOW_MS, NotingDoor, report, sms

PEER = Peer(name="kite", account_id=7, secret="secret08", id=3, window=4)


class Wire:
    """A line and an ESME, and the octets between them."""

    def __init__(self, peer: Peer = PEER, bind: type[pdu.Bind] = pdu.BindTransceiver, **more: Any) -> None:
        self.door = NotingDoor([peer], **more)
        self.line = SmppLine(self.door, "192.0.2.1", DownstreamSmppConfig(), 0.0)
        self.esme = SmppProtocol(Role.ESME, Limits(window=100), now=0.0)
        self.events: list[Any] = []
        self.esme.send_request(bind("kite", "secret08"), 0.0)
        self.carry()

    def carry(self, now: float = 0.0) -> None:
        for _ in range(10):
            down, up = self.esme.data_to_send(), self.line.data_to_send()
            if down:
                self.line.receive(down, now)
            if up:
                self.esme.receive(up, now)
            self.events += self.esme.events()
            if not down and not up:
                return

    def submit(self, octets: bytes = b"hello", **fields: Any) -> None:
        values = {"source_addr": "1065", "destination_addr": "13800138000", "short_message": octets, **fields}
        self.esme.send_request(pdu.SubmitSm(**values), 0.0)
        self.carry()

    def ask(self, request: Any) -> Any:
        """The response to a request."""
        self.esme.send_request(request, 0.0)
        self.carry()
        self.door.answer_all()
        self.carry()
        return self.responses()[-1]

    def responses(self) -> list[Any]:
        return [event.response for event in self.events if isinstance(event, ResponseReceived)]

    def requests(self) -> list[Any]:
        return [event.request for event in self.events if isinstance(event, RequestReceived)]


def test_a_submit_is_answered_only_when_it_is_on_disk() -> None:
    wire = Wire()
    wire.submit(registered_delivery=1, source_addr_ton=5, dest_addr_ton=1, dest_addr_npi=1,
                destination_addr="8613800138000")  # fmt: skip
    assert wire.responses() == []
    (one,) = wire.door.submits
    assert (one.peer, one.sender, one.text, one.concat, one.report) == (PEER, "1065", "hello", None, 1)
    (place,) = one.destinations
    assert (place.recipient, place.handed) == ("+8613800138000", str(place.id))
    assert place.terms == {
        "source": "1065", "source_ton": 5, "source_npi": 0, "dest": "8613800138000", "dest_ton": 1, "dest_npi": 1,
    }  # fmt: skip
    wire.door.answer_all()
    wire.carry()
    (response,) = wire.responses()
    assert (response.command_status, response.message_id) == (0, place.handed)


@pytest.mark.parametrize("refusal", list(Refusal))
def test_every_refusal_has_its_code(refusal: Refusal) -> None:
    wire = Wire()
    wire.submit()
    wire.door.answer_all(refusal)
    wire.carry()
    (response,) = wire.responses()
    assert (response.command_status, response.has_body) == (CODES[refusal], False)
    assert ("refused", refusal) in wire.door.notes
    wire = Wire(refuse_with=refusal)
    wire.submit()
    assert wire.responses()[0].command_status == CODES[refusal]
    assert wire.door.submits == []


@pytest.mark.parametrize("denial", list(Denial))
def test_every_denial_has_its_code(denial: Denial) -> None:
    wire = Wire(denial=denial)
    assert wire.events == [BindRefused(DENIALS[denial]), wire.events[-1]]
    assert wire.line.is_over


def test_a_wrong_password_and_an_unknown_name() -> None:
    assert Wire(Peer(name="kite", account_id=1, secret="other")).events[0] == BindRefused(status.RINVPASWD)
    assert Wire(Peer(name="crow", account_id=1, secret="secret08")).events[0] == BindRefused(status.RINVSYSID)


@pytest.mark.parametrize(
    ("octets", "fields", "text", "concat"),
    [
        (b"\x00\x1b\x65", {}, "@€", None),
        ("你好".encode("utf-16-be"), {"data_coding": 8}, "你好", None),
        (b"caf\xe9", {"data_coding": 3}, "café", None),
        (b"\x05\x00\x03\x2a\x03\x02part", {"esm_class": 0x40}, "part", Concat(0x2A, 3, 2)),
        (b"\x06\x08\x04\x12\x34\x02\x01part", {"esm_class": 0x40}, "part", Concat(0x1234, 2, 1)),
        (b"\x05\x00\x03\x2a\x00\x02part", {"esm_class": 0x40}, "part", None),  # a place that cannot be
        (b"\x03\x01\x01\x00part", {"esm_class": 0x40}, "part", None),  # a lamp to light: left out
        (b"", {"tlvs": (tlv.Tlv(tlv.MESSAGE_PAYLOAD, b"by payload"),)}, "by payload", None),
        (
            b"part",
            {
                "tlvs": (
                    tlv.make("sar_msg_ref_num", 513),
                    tlv.make("sar_total_segments", 2),
                    tlv.make("sar_segment_seqnum", 1),
                )
            },
            "part",
            Concat(513, 2, 1),
        ),
    ],
)
def test_what_is_read(octets: bytes, fields: dict[str, Any], text: str, concat: Concat | None) -> None:
    wire = Wire()
    wire.submit(octets, **fields)
    (one,) = wire.door.submits
    assert (one.text, one.concat) == (text, concat)


@pytest.mark.parametrize(
    ("octets", "fields", "code"),
    [
        (b"\x01\x02", {"data_coding": 5}, 0x104),
        (b"\x01\x02", {"data_coding": 0xF6}, 0x104),  # for the SIM
        (b"", {"data_coding": 4}, 0x104),
        (b"\x04\x04\x02\xf0\xf1data", {"esm_class": 0x40, "data_coding": 4}, 0x104),  # ports of eight bits
        (b"\x02\x70\x00data", {"esm_class": 0x40, "data_coding": 4}, 0x104),  # a command for the SIM
        (b"\x07\x05\x04\x0b\x84\x23\xf0\x00data", {"esm_class": 0x40, "data_coding": 4}, 0x104),
        (b"\x05\x05\x04\x0b\x84\x23data", {"esm_class": 0x40, "data_coding": 4}, 0x104),
        (b"\x03\x00\x03\x2adata", {"esm_class": 0x40, "data_coding": 4}, 0x104),
        (b"x", {"tlvs": (tlv.make("destination_port", 9204),)}, 0x104),  # a text for a program
        (b"x" * 141, {"data_coding": 4, "max_segments": 1}, status.RINVMSGLEN),
        (
            b"\x05\x00\x03\x2a\x03\x02data",
            {"esm_class": 0x40, "data_coding": 4, "max_segments": 2},
            status.RINVMSGLEN,
        ),
        (b"\x06\x05\x04\x0b\x84\x23\xf0push", {"esm_class": 0x40}, 0x104),  # application ports
        (b"\x09abc", {"esm_class": 0x40}, 0x43),  # a header longer than all
        (b"", {"esm_class": 0x40}, 0x43),
        (b"x" * 254, {"max_segments": 1}, status.RINVMSGLEN),
        (b"\x05\x00\x03\x2a\x03\x02part", {"esm_class": 0x40, "max_segments": 2}, status.RINVMSGLEN),
        (b"x", {"destination_addr": "12"}, status.RINVDSTADR),
        (b"x", {"destination_addr": "02112345678"}, status.RINVDSTADR),
        (b"x", {"validity_period": "2603010000"}, status.RINVEXPIRY),
        (b"x", {"schedule_delivery_time": "991301000000000+"}, status.RINVEXPIRY),
    ],
)
def test_what_is_not_taken(octets: bytes, fields: dict[str, Any], code: int) -> None:
    wire = Wire(max_segments=fields.pop("max_segments", 20))
    wire.submit(octets, **fields)
    assert wire.responses()[0].command_status == code
    assert wire.door.submits == []


@pytest.mark.parametrize(
    ("octets", "fields", "ports", "concat"),
    [
        (b"data", {"data_coding": 4}, (None, None), None),
        (b"data", {"data_coding": 2}, (None, None), None),
        (b"\x06\x05\x04\x0b\x84\x23\xf0data", {"esm_class": 0x40, "data_coding": 0xF5}, (2948, 9200), None),
        (
            b"\x0b\x00\x03\x2a\x03\x02\x05\x04\x0b\x84\x23\xf0data",
            {"esm_class": 0x40, "data_coding": 4},
            (2948, 9200),
            Concat(0x2A, 3, 2),
        ),
        (
            b"\x0c\x05\x04\x0b\x84\x00\x00\x08\x04\x12\x34\x02\x01data",
            {"esm_class": 0x40, "data_coding": 4},
            (2948, 0),
            Concat(0x1234, 2, 1),
        ),
        (
            b"data",
            {
                "data_coding": 4,
                "tlvs": (
                    tlv.make("source_port", 9200),
                    tlv.make("destination_port", 2948),
                    tlv.make("sar_msg_ref_num", 513),
                    tlv.make("sar_total_segments", 2),
                    tlv.make("sar_segment_seqnum", 1),
                ),
            },
            (2948, 9200),
            Concat(513, 2, 1),
        ),
    ],
)
def test_data(
    octets: bytes, fields: dict[str, Any], ports: tuple[int | None, int | None], concat: Concat | None
) -> None:
    wire = Wire()
    wire.submit(octets, **fields)
    (one,) = wire.door.submits
    assert (one.text, one.data, (one.port, one.source_port), one.concat) == ("", b"data", ports, concat)


def test_times_become_a_beginning_and_a_validity() -> None:
    wire = Wire()
    wire.submit(schedule_delivery_time="260301090000032+", validity_period="000002000000000R")
    (one,) = wire.door.submits
    assert one.not_before_ms == NOW_MS + 3600_000  # 09:00 eight hours ahead of UTC
    assert one.validity_s == 47 * 3600


def test_the_rules_of_the_peer() -> None:
    peer = Peer(name="kite", account_id=7, secret="secret08", senders=("1065*",), prefixes=("+86138",),
                alphabet=Alphabet.LATIN1)  # fmt: skip
    wire = Wire(peer)
    wire.submit(source_addr="ACME")
    wire.submit(destination_addr="13900139000")
    wire.submit(b"\xe9", source_addr="")
    assert [it.command_status for it in wire.responses()] == [status.RINVSRCADR, status.RINVDSTADR]
    assert [(one.sender, one.text) for one in wire.door.submits] == [("", "é")]


def test_beyond_twice_the_window_is_too_fast_and_nothing_is_read_beyond_it() -> None:
    wire = Wire()
    for number in range(3):
        wire.submit(b"%d" % number)
    assert not wire.line.is_full
    for number in range(3, 10):
        wire.submit(b"%d" % number)
    assert wire.line.is_full
    assert [it.command_status for it in wire.responses()] == [status.RTHROTTLED] * 2
    wire.door.answer_all()
    wire.carry()
    assert not wire.line.is_full
    assert [it.command_status for it in wire.responses()].count(0) == 8


def test_submit_multi() -> None:
    wire = Wire()
    places = tuple(DestinationAddress(number) for number in ("13800138000", "12", "13800138001"))
    response = wire.ask(pdu.SubmitMulti(dest_addresses=places, short_message=b"x"))
    (one,) = wire.door.submits
    assert not one.all_or_none
    assert [place.recipient for place in one.destinations] == ["+8613800138000", "+8613800138001"]
    assert {place.handed for place in one.destinations} == {response.message_id}
    assert [it.destination_addr for it in response.unsuccess_sme] == ["12"]
    response = wire.ask(pdu.SubmitMulti(dest_addresses=(DestinationAddress("12"),), short_message=b"x"))
    assert (response.message_id, len(response.unsuccess_sme)) == ("", 1)
    response = wire.ask(pdu.SubmitMulti(dest_addresses=(DistributionList("all"),), short_message=b"x"))
    assert response.command_status == status.RINVDSTADR


def test_data_sm_and_its_time_to_live() -> None:
    wire = Wire()
    tlvs = (tlv.Tlv(tlv.MESSAGE_PAYLOAD, b"hello"), tlv.make("qos_time_to_live", 3600))
    response = wire.ask(pdu.DataSm(source_addr="1065", destination_addr="13800138000", tlvs=tlvs))
    (one,) = wire.door.submits
    assert (one.text, one.validity_s) == ("hello", 3600)
    assert response.message_id == one.destinations[0].handed


def test_a_receiver_may_not_submit() -> None:
    wire = Wire(bind=pdu.BindReceiver)
    response = wire.ask(pdu.DataSm(destination_addr="13800138000"))
    assert response.command_status == status.RINVBNDSTS
    assert wire.line.room == PEER.window


def test_a_transmitter_is_sent_nothing() -> None:
    wire = Wire(bind=pdu.BindTransmitter)
    assert wire.door.notes == [("joined", False)]
    assert wire.line.room == 0


@pytest.mark.parametrize(
    ("state", "code", "words"),
    [
        ("delivered", "DELIVRD", "dlvrd:001 stat:DELIVRD err:000"),
        ("failed", "UNDELIV:069", "dlvrd:000 stat:UNDELIV err:069"),
        ("failed", "REJECTD", "dlvrd:000 stat:REJECTD err:000"),
        ("failed", "ESME_RINVDSTADR (11)", "dlvrd:000 stat:UNDELIV err:000"),
        ("failed", "MK:0012", "dlvrd:000 stat:UNDELIV err:012"),
        ("expired", "validity is over", "dlvrd:000 stat:EXPIRED err:000"),
        ("cancelled", "", "dlvrd:000 stat:DELETED err:000"),
    ],
)
def test_a_receipt(state: str, code: str, words: str) -> None:
    wire = Wire()
    wire.line.deliver(report(state=state, code=code, dest_ton=1, dest_npi=1, source_ton=5), 0.0)
    wire.carry()
    (request,) = wire.requests()
    text = request.short_message.decode("latin-1")
    for word in words.split():
        assert word in text, text
    assert text.startswith("id:14695981039346656037 sub:001 ")
    assert "submit date:2603010000 done date:2603010001" in text
    assert (request.esm_class, request.source_addr, request.source_addr_ton) == (4, "8613800138000", 1)
    assert (request.destination_addr, request.dest_addr_ton) == ("1065", 5)
    assert tlv.text(request.tlvs, tlv.RECEIPTED_MESSAGE_ID) == "14695981039346656037"


def test_a_peer_of_3_3_is_sent_no_parameters() -> None:
    wire = Wire()
    wire.line._protocol.peer_version = 0x33
    wire.line.deliver(report(), 0.0)
    wire.carry()
    assert wire.requests()[0].tlvs == ()


def test_what_a_phone_wrote() -> None:
    wire = Wire()
    wire.line.deliver(sms(text="é@"), 0.0)
    wire.line.deliver(sms(3, "你好", "ucs2", total=2, number=1), 0.0)
    wire.carry()
    short, long = wire.requests()
    assert (short.short_message, short.data_coding, short.esm_class) == (b"\x05\x00", 0, 0)
    assert (short.source_addr_ton, short.source_addr, short.destination_addr) == (1, "8613800138000", "106588")
    assert long.short_message == b"\x05\x00\x03\x09\x02\x01" + "你好".encode("utf-16-be")
    assert (long.data_coding, long.esm_class) == (8, 0x40)


def test_answers_to_deliveries() -> None:
    wire = Wire()
    for number in range(4):
        wire.line.deliver(sms(number), 0.0)
    assert wire.line.room == 0
    wire.carry()
    for request, code in zip(wire.requests(), (0, status.RX_T_APPN), strict=False):
        wire.esme.respond(request, pdu.DeliverSmResp(command_status=code))
    wire.carry()
    wire.line.tick(31.0)
    assert wire.door.notes[1:4] == [("delivered", 0), ("declined", (1, status.RX_T_APPN)), ("returned", 2)]
    assert wire.line.lose() == []


def test_a_line_that_is_lost_gives_back_what_was_not_answered() -> None:
    wire = Wire()
    wire.line.deliver(sms(5), 0.0)
    assert [one.id for one in wire.line.lose()] == [5]
    wire.submit()
    assert wire.door.submits == []


def test_an_answer_after_the_end_is_not_said() -> None:
    wire = Wire()
    wire.submit()
    wire.line.lose()
    wire.door.answer_all()
    assert wire.line.data_to_send() == b""


def test_query_and_cancel() -> None:
    wire = Wire()
    wire.door.message = {"id": 5, "state": "delivered", "code": "", "settled_ms": NOW_MS}
    response = wire.ask(pdu.QuerySm("5"))
    assert (response.message_state, response.final_date) == (2, "260301000000000+")
    assert wire.ask(pdu.CancelSm(message_id="5")).command_status == 0
    wire.door.message = None
    assert wire.ask(pdu.QuerySm("5")).command_status == 0x67
    assert wire.ask(pdu.CancelSm(message_id="5")).command_status == 0x11
    assert wire.ask(pdu.CancelSm(source_addr="1065", destination_addr="13800138000")).command_status == 0x11
    assert wire.ask(pdu.QuerySm("²")).command_status == 0x67
    assert wire.ask(pdu.ReplaceSm("5")).command_status == 0x13
    assert wire.door.asked == [5, 5, 5, 5]


def test_a_farewell_waits_for_the_answers() -> None:
    wire = Wire()
    wire.submit()
    wire.esme.unbind(0.0)
    wire.carry()
    assert not wire.line.is_over
    wire.door.answer_all()
    wire.carry()
    assert wire.line.is_over
    assert wire.responses()[0].command_status == 0


def test_hostile_octets_end_the_line() -> None:
    wire = Wire()
    wire.line.receive(b"\xff" * 64, 0.0)
    assert wire.line.is_over
    assert wire.door.notes[-1][0] == "misbehaved"


def test_who_says_nothing_is_sent_away() -> None:
    line = SmppLine(NotingDoor(), "192.0.2.1", DownstreamSmppConfig(login_s=5.0), 0.0)
    line.tick(4.9)
    assert not line.is_over
    line.tick(5.0)
    assert line.is_over


def test_the_bind_is_answered_with_our_name() -> None:
    wire = Wire()
    assert wire.events[0] == BindAccepted("CAIYOU", 0x34)
