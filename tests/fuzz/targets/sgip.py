"""SGIP: frames through codec and readable line to the same octets; both ends of a line, which nothing makes raise."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterator
from datetime import UTC, datetime

from carriers.session import Misbehaved, ReportArrived, SmsArrived
from carriers.sgip import events
from carriers.sgip.carrier import SgipConfig, SgipSession, Unanswered
from carriers.sgip.codec import decode, encode
from carriers.sgip.pdu import Bind, BindResp, Deliver, Hop, Pdu, Report, Submit, SubmitResp, Trace, TraceResp, Unbind
from carriers.sgip.reception import SgipReception
from carriers.sgip.rules import LoginType, ServerSettings
from carriers.sgip.sequence import SequenceSource, pack
from carriers.sgip.server import SgipServer
from carriers.sgip.tables import BY_COMMAND, ROUTE_NAMES
from carriers.wire import TOOLS, decode_lines, encode_lines
from gateway.core.errors import MalformedPdu
from tests.fuzz.line import ACKNOWLEDGE, CLOSE, FRAME, RAW, SUBMIT, TICK, drive
from tests.fuzz.target import Target, assert_storable, records, script, with_true_length
from tests.unit.carriers.sgip.sgip_vectors import VECTORS

_TOOL = TOOLS["sgip"]
_CONFIG = SgipConfig(
    "gw", "spuser", "sppass", 3010092008, access_number="10655010", window=4, submit_resends=1, call_window=4,
    call_name="smguser", call_password="smgpass",
)  # fmt: skip
_MOMENT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
_FIRST = pack(3010092008, 102030405, 0)
_FRAMES = [vector.frame for vector in VECTORS]
_ANSWERS: dict[type[Pdu], Pdu] = {Submit: SubmitResp(0), Trace: TraceResp((Hop(0),))}


def check(data: bytes) -> None:
    """A frame, and a script to the submitting session."""
    _check_frame(data)
    _check_frame(with_true_length(data))
    if data:
        session = SgipSession(_CONFIG, SequenceSource(3010092008, lambda: _MOMENT), Unanswered(), lambda: _MOMENT)
        session.start(0.0)
        if data[0] < 192:
            session.receive(encode(BindResp(0), _FIRST), 0.0)
        drive(session, data[1:], 0.0)


def check_calls(data: bytes) -> None:
    """A script to the side that answers: the service provider's, or the gateway's."""
    if data:
        (_play_reception if data[0] & 1 else _play_gateway)(data[1:], opened=not data[0] & 2)


def _check_frame(octets: bytes) -> None:
    if not octets:
        return
    (line,) = decode_lines(_TOOL, [octets.hex()])
    line.encode()
    try:
        sequence, pdu = decode(octets)
    except MalformedPdu:
        assert 0 <= json.loads(line)["error"]["offset"] <= len(octets)
        return
    assert encode(pdu, sequence) == octets
    assert list(encode_lines(_TOOL, [line])) == [octets.hex()]


def _play_reception(data: bytes, *, opened: bool) -> None:
    reception = SgipReception(_CONFIG, 0.0, lambda: True)
    if opened:
        reception.receive(encode(Bind(LoginType.SMG_TO_SP, b"smguser", b"smgpass"), _FIRST), 0.0)
        assert reception.is_open
    owed: deque[bytes] = deque()
    now = 0.0
    for step, octets in records(data):
        kind = step % 6
        if kind == FRAME:
            reception.receive(with_true_length(bytes(4) + octets), now)
        elif kind == RAW:
            reception.receive(octets, now)
        elif kind == TICK:
            now += int.from_bytes(octets[:1], "big")
            reception.tick(now)
        elif kind == ACKNOWLEDGE and owed:
            reception.acknowledge(owed.popleft(), accepted=step < 128)
        elif kind == CLOSE:
            reception.close("enough")
        for event in reception.events():
            if isinstance(event, SmsArrived):
                assert_storable(event.sms.text, event.sms.sender, event.sms.recipient)
                owed.append(event.receipt)  # type: ignore[arg-type]
            elif isinstance(event, ReportArrived):
                assert_storable(event.report.text, event.report.recipient)
                owed.append(event.receipt)  # type: ignore[arg-type]
            else:
                assert isinstance(event, Misbehaved)
                assert_storable(event.reason)
        assert reception.pending <= _CONFIG.call_window
        assert reception.is_over or reception.pending <= len(owed)
    reception.close("the socket is gone")
    assert reception.is_over
    assert reception.pending == 0
    assert_storable(reception.reason)


def _play_gateway(data: bytes, *, opened: bool) -> None:
    server = SgipServer(frozenset({LoginType.SP_TO_SMG, LoginType.TEST}), ServerSettings(window=4))
    server.await_login(0.0)
    asked: deque[events.RequestReceived] = deque()
    ended = 0
    now = 0.0
    before = encode(Bind(LoginType.SP_TO_SMG, b"spuser", b"sppass"), _FIRST) if opened else b""
    for step, octets in [(RAW, before), *records(data)]:
        kind = step % 6
        if kind == FRAME:
            server.receive(with_true_length(bytes(4) + octets), now)
        elif kind == RAW:
            server.receive(octets, now)
        elif kind == TICK:
            now += int.from_bytes(octets[:1], "big")
            server.tick(now)
        elif kind == ACKNOWLEDGE and asked:
            request = asked.popleft()
            server.respond(request.sequence_id, _ANSWERS[type(request.pdu)])
        elif kind == CLOSE:
            server.close("enough")
        while happened := server.events():
            for event in happened:
                assert_storable(getattr(event, "reason", ""))
                if isinstance(event, events.LoginRequested):
                    server.accept_login(now) if event.bind.login_password else server.refuse_login(1)
                elif isinstance(event, events.RequestReceived):
                    asked.append(event)
                elif isinstance(event, events.Ended):
                    ended += 1
        server.data_to_send()
    server.connection_lost()
    ended += len(server.events())
    assert ended == 1


def seeds() -> Iterator[bytes]:
    yield from _FRAMES
    yield encode(TraceResp((Hop(0, b"108001"), Hop(1))), _FIRST)
    answer = encode(SubmitResp(0), pack(3010092008, 102030405, 1))
    for frame in (answer, *_FRAMES):
        yield b"\0" + script(
            (SUBMIT, b"hello"), (FRAME, frame[4:]), (ACKNOWLEDGE, b""), (RAW, frame), (TICK, b"\x1f"), (CLOSE, b"")
        )
    yield b"\0" + script((SUBMIT, "验证码 123456".encode()), (RAW, b"".join(_FRAMES)), (CLOSE, b""), (TICK, b"\6"))
    yield b"\xff" + script((RAW, b"".join(_FRAMES)), (TICK, b"\xff"))


def seeds_of_calls() -> Iterator[bytes]:
    frames = [
        *_FRAMES,
        encode(Deliver(tp_udhi=1, message_coding=8, message_content=b"\5\0\3\1\2\1\x4e\x8c"), _FIRST),
        encode(Deliver(tp_udhi=1, message_coding=15, message_content=b"\6\x08\4\0\1\2\1\xc4\xfa"), _FIRST),
        encode(Report(_FIRST, state=2, error_code=25), _FIRST),
        encode(Submit(user_numbers=(b"1", b"2")), _FIRST),
        encode(Unbind(), _FIRST),
    ]
    for kind in (b"\1", b"\0", b"\3", b"\2"):
        for frame in frames:
            yield kind + script((FRAME, frame[4:]), (RAW, frame), (ACKNOWLEDGE, b""), (TICK, b"\x1f"), (CLOSE, b""))
        yield kind + script((RAW, b"".join(frames)), (ACKNOWLEDGE, b""), (ACKNOWLEDGE, b""), (TICK, b"\xff"))


_WORDS = tuple(command_id.to_bytes(4, "big") for command_id in (*BY_COMMAND, *ROUTE_NAMES))
TARGET = Target(check, seeds, max_len=2048, words=(*_WORDS, _FIRST))
CALLS = Target(check_calls, seeds_of_calls, max_len=2048, words=(*_WORDS, _FIRST, b"smguser", b"smgpass"))
