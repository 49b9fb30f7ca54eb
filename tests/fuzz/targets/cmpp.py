"""CMPP 2.0 and 3.0: frames through codec and readable line to the same octets; a session that nothing makes raise."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial

from carriers.cmpp.carrier import CmppConfig, CmppSession
from carriers.cmpp.codec import decode, encode
from carriers.cmpp.pdu import ConnectResp, Deliver, SubmitResp, Terminate, Version
from carriers.cmpp.reports import Report
from carriers.cmpp.tables import BY_COMMAND
from carriers.wire import TOOLS, decode_lines, encode_lines
from gateway.core.errors import MalformedPdu
from tests.fuzz.line import ACKNOWLEDGE, CLOSE, FRAME, RAW, SUBMIT, TICK, drive
from tests.fuzz.target import Target, script, with_true_length
from tests.unit.carriers.cmpp.cmpp_vectors import VECTORS

_TOOLS = {Version.V2: TOOLS["cmpp2"], Version.V3: TOOLS["cmpp3"]}
_CONFIGS = {
    version: CmppConfig(
        "gw", "901234", "gw#Secret9", access_number="106575501234", version=name, window=4, submit_resends=1
    )
    for version, name in ((Version.V2, "2.1"), (Version.V3, "3.0"))
}
_MOMENT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def check(version: Version, data: bytes) -> None:
    _check_frame(version, data)
    _check_frame(version, with_true_length(data))
    if data:
        _check_session(version, data)


def _check_frame(version: Version, octets: bytes) -> None:
    if not octets:
        return
    (line,) = decode_lines(_TOOLS[version], [octets.hex()])
    line.encode()
    try:
        sequence_id, pdu = decode(octets, version)
    except MalformedPdu:
        assert 0 <= json.loads(line)["error"]["offset"] <= len(octets)
        return
    assert encode(pdu, sequence_id, version) == octets
    assert list(encode_lines(_TOOLS[version], [line])) == [octets.hex()]


def _check_session(version: Version, data: bytes) -> None:
    session = CmppSession(_CONFIGS[version], lambda: _MOMENT)
    session.start(0.0)
    if data[0] < 192:
        session.receive(encode(ConnectResp(0, version=version), 1, version), 0.0)
    drive(session, data[1:], 0.0)


def seeds(version: Version) -> Iterator[bytes]:
    frames = [vector.frame for vector in VECTORS if vector.version is version or len(vector.frame) <= 63]
    report = Report(0xCFDFBE8134FDFFFF, b"DELIVRD", b"2512312359", b"2601010000", b"13800138000", 9)
    frames += [
        encode(SubmitResp(0xCFDFBE8134FDFFFF, 0), 2, version),
        encode(Deliver(msg_id=5, registered_delivery=1, msg_content=report.encode()), 3, version),
        encode(Deliver(msg_id=5, registered_delivery=1, msg_content=report.encode(32)), 4, version),
        encode(Deliver(tp_udhi=1, msg_fmt=8, msg_content=b"\5\0\3\1\2\1\x4e\x8c"), 5, version),
        encode(Deliver(tp_udhi=1, msg_fmt=15, msg_content=b"\6\x08\4\0\1\2\1\xc4\xfa"), 6, version),
        encode(Terminate(), 7, version),
    ]
    yield from frames
    for frame in frames:
        yield b"\0" + script(
            (SUBMIT, b"hello"), (FRAME, frame[4:]), (ACKNOWLEDGE, b""), (RAW, frame), (TICK, b"\x3d"), (CLOSE, b"")
        )
    yield b"\0" + script((SUBMIT, "验证码 123456".encode()), (RAW, b"".join(frames)), (CLOSE, b""), (TICK, b"\6"))
    yield b"\xff" + script((RAW, b"".join(frames)), (TICK, b"\xff"))


def _target(version: Version) -> Target:
    words = tuple(command_id.to_bytes(4, "big") for command_id in BY_COMMAND[version])
    return Target(
        partial(check, version), partial(seeds, version), max_len=2048, words=(*words, b"DELIVRD", b"MB:0045")
    )


TARGET_2 = _target(Version.V2)
TARGET_3 = _target(Version.V3)
