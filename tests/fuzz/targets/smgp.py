"""SMGP: frames through codec and readable line to the same octets; reports; both ends of a line, which never raise."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterator
from datetime import UTC, datetime

from carriers.smgp import events, login, status
from carriers.smgp.carrier import SmgpConfig, SmgpSession
from carriers.smgp.codec import decode, encode
from carriers.smgp.incoming import report_of, sms_of
from carriers.smgp.pdu import (
    NO_MSG_ID,
    Deliver,
    DeliverResp,
    Exit,
    Forward,
    ForwardResp,
    Login,
    LoginMode,
    LoginResp,
    Pdu,
    Query,
    QueryResp,
    Submit,
    SubmitResp,
)
from carriers.smgp.protocol import SmgpProtocol
from carriers.smgp.reports import Report
from carriers.smgp.rules import Role, Settings
from carriers.smgp.tables import DECODE, ROUTES, UNREAD
from carriers.smgp.tlv import Tag, Tlv
from carriers.wire import TOOLS, decode_lines, encode_lines
from gateway.core.errors import MalformedPdu
from gateway.core.text import Alphabet
from tests.fuzz.line import ACKNOWLEDGE, CLOSE, FRAME, RAW, SUBMIT, TICK, drive
from tests.fuzz.target import Target, assert_storable, records, script, with_true_length
from tests.unit.carriers.smgp.smgp_vectors import VECTORS

_SECRET = b"gw#Secret9"
_STAMP = 102030405
_MOMENT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
_CONFIG = SmgpConfig(
    "gw", "10650001", "gw#Secret9", access_number="106590001", window=4, submit_resends=1, chinese_alphabet="gbk"
)
_ANSWERS: dict[type[Pdu], Pdu] = {
    Submit: SubmitResp(NO_MSG_ID, 0),
    Query: QueryResp(),
    Forward: ForwardResp(NO_MSG_ID, 0),
}
_PROVIDER, _GATEWAY = 0, 1


def check(data: bytes) -> None:
    for fixed_fee in (True, False):
        _check_frame(data, fixed_fee=fixed_fee)
        _check_frame(with_true_length(data), fixed_fee=fixed_fee)
    _check_report(data)
    _check_report(b"id:" + data)
    if not data:
        return
    if data[0] & 1 == _PROVIDER:
        _check_session(data)
    else:
        _Gateway(accepts=not data[0] & 2).play(data[1:])


def _check_frame(octets: bytes, *, fixed_fee: bool) -> None:
    if not octets:
        return
    tool = TOOLS["smgp" if fixed_fee else "smgp13"]
    (line,) = decode_lines(tool, [octets.hex()])
    line.encode()
    try:
        sequence_id, pdu = decode(octets, fixed_fee=fixed_fee)
    except MalformedPdu:
        error = json.loads(line)["error"]
        assert 0 <= error["offset"] <= len(octets)
        assert error["field"]
        return
    assert encode(pdu, sequence_id, fixed_fee=fixed_fee) == octets
    assert list(encode_lines(tool, [line])) == [octets.hex()]


def _check_report(data: bytes) -> None:
    sms = sms_of(Deliver(msg_format=data[0] if data else 0, msg_content=data, tlvs=_UDHI), Alphabet.ASCII)
    assert_storable(sms.text, sms.sender)
    assert sms.data in data
    try:
        report = Report.decode(data)
    except MalformedPdu:
        return
    assert report.msg_id == data[3:13]
    told = report_of(Deliver(is_report=1, msg_content=data))
    assert_storable(told.carrier_id, told.code, told.done_at, told.text)
    assert told.state is status.stat(told.code).state


def _check_session(data: bytes) -> None:
    session = SmgpSession(_CONFIG, lambda: _MOMENT)
    session.start(0.0)
    if data[0] < 192:
        session.receive(encode(LoginResp(0), 1), 0.0)
    drive(session, data[1:], 0.0)


class _Gateway:
    """The carrier's end plays a script; all that it sent must be settled exactly once when the socket is gone."""

    def __init__(self, *, accepts: bool) -> None:
        self.line = SmgpProtocol(Role.GATEWAY, Settings(window=4, peer_window=8))
        self.line.await_login(0.0)
        self.accepts = accepts
        self.asked: deque[events.RequestReceived] = deque()
        self.sent = self.settled = self.ended = 0

    def play(self, data: bytes) -> None:
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
                self.line.send_request(Deliver(msg_content=octets[:255]), now)
                self.sent += 1
            elif kind == ACKNOWLEDGE and self.asked:
                request = self.asked.popleft()
                self.line.respond(request.sequence_id, _ANSWERS[type(request.pdu)])
            elif kind == CLOSE:
                self.line.leave(now)
            self._look()
        self.line.connection_lost()
        self._look()
        assert self.ended == 1
        assert self.sent == self.settled

    def _look(self) -> None:
        self.line.data_to_send()
        for event in self.line.events():
            assert_storable(getattr(event, "reason", ""))
            match event:
                case events.LoginRequested(login=request):
                    login.is_genuine_client(request, _SECRET)
                    if self.accepts:
                        self.line.accept_login(_SECRET)
                    else:
                        self.line.refuse_login(1 + request.client_version)
                case events.RequestReceived():
                    self.asked.append(event)
                case events.ResponseReceived() | events.RequestExpired():
                    self.settled += 1
                case events.Ended():
                    self.ended += 1


_UDHI = (Tlv(Tag.TP_UDHI, b"\1"),)
_ID = bytes.fromhex("01006101161700012345")


def seeds() -> Iterator[bytes]:
    report = Report(_ID, b"DELIVRD", b"000", b"2512312359", b"2601010000", text=b"014hello test msg").encode()
    province = b"id:" + _ID + b"sSub:001sDlvrd:001sSubmit_Date:2512312359sStat:RT:0148sErr:148sTxt:"
    frames = [vector.frame for vector in VECTORS]
    frames += [
        encode(SubmitResp(_ID, 0), 2),
        encode(SubmitResp(_ID, 1), 2),
        encode(Deliver(msg_id=_ID, is_report=1, msg_content=report), 3),
        encode(Deliver(msg_id=_ID, is_report=1, msg_content=province), 4),
        encode(Deliver(msg_format=8, msg_content=b"\5\0\3\1\2\1\x4e\x8c", tlvs=_UDHI), 5),
        encode(Deliver(msg_format=15, msg_content=b"\6\x08\4\0\1\2\1\xc4\xfa", tlvs=_UDHI), 6),
        encode(Forward(_ID, msg_content=b"hi"), 7),
        encode(Query(b"20260101"), 8),
        encode(Exit(), 9),
    ]
    yield from frames
    yield from (report, province)
    for layout in ROUTES.values():
        yield layout.octets.to_bytes(4, "big") + layout.request_id.to_bytes(4, "big") + bytes(layout.octets - 8)
    for frame in frames:
        yield b"\0" + script(
            (SUBMIT, b"hello"), (FRAME, frame[4:]), (ACKNOWLEDGE, b""), (RAW, frame), (TICK, b"\x3d"), (CLOSE, b"")
        )
    yield b"\0" + script((SUBMIT, "验证码 123456".encode()), (RAW, b"".join(frames)), (CLOSE, b""), (TICK, b"\6"))
    yield b"\xfe" + script((RAW, b"".join(frames)), (TICK, b"\xff"))
    for mode in (*LoginMode, 7):
        for version in (0x13, 0x30, 0x40):
            digest = login.client_digest(b"10650001", _SECRET, _STAMP)
            request = encode(Login(b"10650001", digest, mode, _STAMP, version), 1)
            yield b"\1" + script(
                (RAW, request),
                (SUBMIT, b"hello"),
                (RAW, VECTORS[5].frame + encode(Submit(dest_term_id=(b"189",), msg_content=b"hello"), 3)),
                (ACKNOWLEDGE, b""),
                (RAW, b"".join(frames)),
                (TICK, b"\x3d"),
            )
            yield b"\3" + script((RAW, request))
    digest = login.client_digest(b"10650001", _SECRET, _STAMP)
    yield b"\1" + script(
        (RAW, encode(Login(b"10650001", digest, LoginMode.BOTH, _STAMP, 0x30), 1)),
        (SUBMIT, b"hello"),
        (RAW, encode(DeliverResp(NO_MSG_ID, 0), 1)),
        (TICK, b"\x1f"),
        (CLOSE, b""),
    )


TARGET = Target(
    check,
    seeds,
    max_len=2048,
    words=(
        *(request_id.to_bytes(4, "big") for request_id in (*DECODE[True], *ROUTES, *UNREAD)),
        *(tag.to_bytes(2, "big") for tag in Tag),
        b"id:", b" stat:", b" err:", b" Text:", b"sStat:", b"DELIVRD", b"UNDELIV",
    ),
)  # fmt: skip
