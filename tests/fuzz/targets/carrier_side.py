"""The carrier's end of an SMPP and of a CMPP line, which lets strangers in: nothing they send makes it raise."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Iterator

from carriers.cmpp import events, login
from carriers.cmpp.codec import encode
from carriers.cmpp.pdu import (
    Cancel,
    CancelResp,
    Connect,
    Deliver,
    DeliverResp,
    Fwd,
    FwdResp,
    Query,
    QueryResp,
    Submit,
    SubmitResp,
    Terminate,
    Version,
)
from carriers.cmpp.protocol import CmppProtocol
from carriers.cmpp.rules import Role as CmppRole
from carriers.cmpp.rules import Settings
from carriers.smpp import pdu, protocol, states
from carriers.smpp.base import Response
from carriers.smpp.constants import RESPONSE_BIT
from tests.fuzz.line import ACKNOWLEDGE, CLOSE, FRAME, RAW, SUBMIT, TICK
from tests.fuzz.target import Target, assert_storable, records, script
from tests.unit.carriers.smpp.smpp_vectors import VECTORS

_SECRET = b"gw#Secret9"
_MOMENT = 102030405
_ANSWERS = {Submit: SubmitResp(1, 0), Query: QueryResp(), Cancel: CancelResp(0), Fwd: FwdResp(1, 1, 1, 0)}


def check(data: bytes) -> None:
    if data:
        side = (_Smsc if data[0] & 1 else _Gateway)(accepts=not data[0] & 2)
        side.play(data[1:])


class _Side(ABC):
    """Plays a script; `asked` holds what the peer asked and has no answer yet."""

    def __init__(self, line: protocol.SmppProtocol | CmppProtocol, *, accepts: bool) -> None:
        self.line = line
        self.accepts = accepts
        self.asked: deque[object] = deque()
        self.sent = self.settled = self.ended = 0

    def play(self, data: bytes) -> None:
        """Every step; then the socket goes, and all that was sent must have been settled exactly once."""
        now = 0.0
        for step, octets in records(data):
            kind = step % 6
            if kind == FRAME:
                self.line.receive((len(octets) + 4).to_bytes(4, "big") + octets, now)
            elif kind == RAW:
                self.line.receive(octets, now)
            elif kind == TICK:
                now += int.from_bytes(octets[:1], "big")
                self.line.tick(now)
            elif kind == SUBMIT and self.line.free_window:
                self.sent += self.ask(octets[:255], now)
            elif kind == ACKNOWLEDGE and self.asked:
                self.answer(self.asked.popleft())
            elif kind == CLOSE:
                self.leave(now)
            self._look()
        self.line.connection_lost()
        self._look()
        assert self.ended == 1
        assert self.sent == self.settled

    def _look(self) -> None:
        self.line.data_to_send()
        for event in self.line.events():
            assert_storable(getattr(event, "reason", ""))
            self.happened(event)

    @abstractmethod
    def ask(self, octets: bytes, now: float) -> bool:
        """Sends a request; was it sent?"""

    @abstractmethod
    def answer(self, request: object) -> None:
        """Answers what the peer asked."""

    @abstractmethod
    def leave(self, now: float) -> None:
        """Takes leave."""

    @abstractmethod
    def happened(self, event: object) -> None:
        """Counts, decides on binds, notes requests."""


class _Smsc(_Side):
    line: protocol.SmppProtocol

    def __init__(self, *, accepts: bool) -> None:
        limits = protocol.Limits(window=4, inactivity_s=600.0)
        super().__init__(protocol.SmppProtocol(states.Role.SMSC, limits), accepts=accepts)

    def ask(self, octets: bytes, now: float) -> bool:
        if self.line.state is states.State.BOUND_TX:
            return False
        self.line.send_request(pdu.DeliverSm(short_message=octets), now)
        return True

    def answer(self, request: object) -> None:
        assert isinstance(request, pdu.Pdu)
        kind = pdu.PDUS[request.command_id | RESPONSE_BIT]
        assert issubclass(kind, Response)
        self.line.respond(request, kind())

    def leave(self, now: float) -> None:
        self.line.unbind(now)

    def happened(self, event: object) -> None:
        match event:
            case protocol.BindRequested(request=request):
                assert_storable(request.system_id, request.password, request.system_type)
                if self.accepts:
                    self.line.accept_bind("SMSC")
                else:
                    self.line.refuse_bind(0x0D)
            case protocol.RequestReceived(request=request):
                self.asked.append(request)
            case protocol.ResponseReceived() | protocol.RequestExpired():
                self.settled += 1
            case protocol.LineClosed():
                self.ended += 1


class _Gateway(_Side):
    line: CmppProtocol

    def __init__(self, *, accepts: bool) -> None:
        super().__init__(CmppProtocol(CmppRole.GATEWAY, Settings(window=4, peer_window=8)), accepts=accepts)
        self.line.await_login(0.0)

    def ask(self, octets: bytes, now: float) -> bool:
        self.line.send_request(Deliver(msg_content=octets), now)
        return True

    def answer(self, request: object) -> None:
        assert isinstance(request, events.RequestReceived)
        self.line.respond(request.sequence_id, _ANSWERS[type(request.pdu)])

    def leave(self, now: float) -> None:
        self.line.leave(now)

    def happened(self, event: object) -> None:
        match event:
            case events.LoginRequested(connect=connect):
                login.is_genuine_source(connect, _SECRET)
                if self.accepts:
                    self.line.accept_login(_SECRET)
                else:
                    self.line.refuse_login(3 + connect.version)
            case events.RequestReceived():
                self.asked.append(event)
            case events.ResponseReceived() | events.RequestExpired():
                self.settled += 1
            case events.Ended():
                self.ended += 1


def seeds() -> Iterator[bytes]:
    binds = (pdu.BindTransceiver, pdu.BindTransmitter, pdu.BindReceiver)
    frames = [bytes.fromhex(octets) for octets, _ in VECTORS.values()]
    frames += [pdu.DeliverSmResp().encode(1), pdu.DataSm("", tlvs=()).encode(7), pdu.SubmitMulti().encode(8)]
    for number, frame in enumerate(frames):
        bind = binds[number % len(binds)]("esme01", "pw", interface_version=0x34).encode(1)
        yield b"\1" + script(
            (RAW, bind),
            (SUBMIT, b"hello"),
            (FRAME, frame[4:]),
            (ACKNOWLEDGE, b""),
            (TICK, b"\x1f"),
            (RAW, frame),
            (CLOSE, b""),
        )
    for version in Version:
        digest = login.source_digest(b"901234", _SECRET, _MOMENT)
        connect = encode(Connect(b"901234", digest, version, _MOMENT), 1, version)
        requests = (
            Submit(dest_terminal_id=(b"13800138000",), msg_content=b"hello"), Query(b"20260101"), Cancel(1),
            Fwd(dest_id=(b"13800138000",)), DeliverResp(0, 0), Terminate(),
        )  # fmt: skip
        frames = [encode(request, 1 + isinstance(request, Submit), version) for request in requests]
        for frame in frames:
            yield b"\0" + script(
                (RAW, connect),
                (SUBMIT, b"hello"),
                (FRAME, frame[4:]),
                (FRAME, frame[4:]),
                (ACKNOWLEDGE, b""),
                (TICK, b"\x3d"),
            )
        yield b"\2" + script((RAW, connect))
        yield b"\0" + script((RAW, connect + b"".join(frames)), (CLOSE, b""), (TICK, b"\6"))
    yield b"\1" + script((RAW, pdu.BindReceiver("x").encode(1) + b"\0\0\0\1"))
    yield b"\3" + script((RAW, pdu.BindReceiver("x").encode(1)))


TARGET = Target(
    check,
    seeds,
    max_len=2048,
    words=(b"\0\0\0\1", *(command_id.to_bytes(4, "big") for command_id in pdu.PDUS)),
)
