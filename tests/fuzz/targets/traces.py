"""What goes over a traced line, in any octets and pieces: nothing stops it, nothing grows, no secret comes through."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from carriers.masking import HEAD, Frames, masked
from carriers.smpp import pdu
from carriers.wire import TOOLS
from gateway.core.link_orders import TraceOrder
from gateway.trace import Trace
from tests.fuzz.target import Target, at_most

_NAMES = ("smpp", "cmpp2", "cmpp3", "sgip", "smgp", "smgp13")
_TIME_S = 2.0
_SECRET = b"pa55w0rd"
_MOST_OCTETS = 8192


def check(data: bytes) -> None:
    if len(data) < 3:
        return
    name, size, everything = _NAMES[data[0] % len(_NAMES)], data[1] % 64 + 1, bool(data[2] & 1)
    stream = data[3:]
    with at_most(_TIME_S):
        frames = Frames()
        pieces = [stream[at : at + size] for at in range(0, len(stream), size)]
        found = [frame for piece in pieces for frame in frames.feed(piece)]
        assert stream.startswith(b"".join(found))
        for frame in found:
            shown = masked(frame, TOOLS[name], everything=everything)
            assert len(shown) == len(frame)
            assert shown[:HEAD] == frame[:HEAD]
        bind = pdu.BindTransceiver("caiyou", _SECRET.decode(), address_range=stream[:20].hex()).encode()
        assert _SECRET not in masked(bind, TOOLS["smpp"], everything=everything)
        _trace(pieces, name, everything=everything)


def _trace(pieces: list[bytes], name: str, *, everything: bool) -> None:
    with TemporaryDirectory() as directory:
        file = Path(directory, "x.pcap")
        trace = Trace(TraceOrder(str(file), 0, _MOST_OCTETS, everything), name[:4], TOOLS[name], lambda: 1)
        for number, piece in enumerate(pieces):
            (trace.received if number % 2 else trace.sent)(piece)
        trace.close()
        assert file.stat().st_size <= _MOST_OCTETS


def seeds() -> Iterator[bytes]:
    for number, name in enumerate(_NAMES):
        yield bytes((number, 16, 1)) + b"\0\0\0\x10\0\0\0\x15\0\0\0\0\0\0\0\1"
        yield bytes((number, 63, 0)) + pdu.BindTransceiver(name, "secret").encode()
    part = pdu.SubmitSm(destination_addr="8613800138000", esm_class=0x40, short_message=b"\5\0\3\1\2\1text").encode()
    yield bytes((0, 63, 1)) + part * 2
    yield bytes((0, 1, 1)) + part[:-3]


TARGET = Target(check, seeds, max_len=600, words=(b"\0\0\0\x10", b"\0\0\0\1", b"\x80\0\0\1", b"text:", b"id:"))
