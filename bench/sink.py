"""The SMPP carrier all systems are measured against: as little work as a carrier can do, the same for everybody.

Takes any bind, answers every submit_sm at once or after a fixed delay, and sends a delivery receipt for each when told
to. It knows nothing of our codec. Counters are written to a file as JSON every 100 ms, with the moment each thousandth
submit came, so that a run is timed by what reached the carrier.
"""

from __future__ import annotations

import argparse
import asyncio
import collections
import json
import os
import struct
import time

import uvloop

_HEADER = struct.Struct(">LLLL")
_RECEIPT = b"id:%b sub:001 dlvrd:001 submit date:2601011200 done date:2601011201 stat:DELIVRD err:000 text:"

GENERIC_NACK, SUBMIT, DELIVER_RESP, ENQUIRE, UNBIND = 0x80000000, 4, 0x80000005, 0x15, 6
BINDS = {1, 2, 9}


class Sink:
    """Counters and options shared by all connections."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.submits = 0
        self.receipts_sent = 0
        self.receipts_acked = 0
        self.first = 0.0
        self.last = 0.0
        self.last_ack = 0.0
        self.arrivals: list[tuple[str, float]] = []
        self.receivers: list[Connection] = []

    def report(self) -> dict[str, object]:
        """What happened so far."""
        return {
            "submits": self.submits,
            "first": self.first,
            "last": self.last,
            "receipts_sent": self.receipts_sent,
            "receipts_acked": self.receipts_acked,
            "last_ack": self.last_ack,
        }


class Connection(asyncio.Protocol):
    """One bound ESME."""

    def __init__(self, sink: Sink) -> None:
        self.sink = sink
        self.rest = b""
        self.sequence = 0
        self.out: list[bytes] = []
        self.waiting: collections.deque[bytes] = collections.deque()
        self.unacked = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        if self in self.sink.receivers:
            self.sink.receivers.remove(self)

    def data_received(self, data: bytes) -> None:
        data = self.rest + data
        at, end = 0, len(data)
        sink = self.sink
        answers: list[bytes] = []
        receipts: list[bytes] = []
        while end - at >= 16:
            length, command, _, sequence = _HEADER.unpack_from(data, at)
            if end - at < length:
                break
            if command == SUBMIT:
                sink.submits += 1
                message_id = b"%x" % sink.submits
                answers.append(_HEADER.pack(17 + len(message_id), 0x80000004, 0, sequence) + message_id + b"\0")
                if sink.options.stamps:
                    sink.arrivals.append((data[at + 16 : at + length].hex(), time.time()))
                if sink.options.receipts:
                    receipts.append(self.receipt(data, at, message_id))
            elif command == DELIVER_RESP:
                sink.receipts_acked += 1
                sink.last_ack = time.time()
                self.unacked -= 1
            elif command in BINDS:
                self.out.append(_HEADER.pack(21, command | 0x80000000, 0, sequence) + b"sink\0")
                if command != 2:
                    sink.receivers.append(self)
            elif command in (ENQUIRE, UNBIND):
                self.out.append(_HEADER.pack(16, command | 0x80000000, 0, sequence))
            at += length
        self.rest = data[at:]
        if answers:
            now = time.time()
            sink.first = sink.first or now
            sink.last = now
            if sink.options.delay_ms:
                asyncio.get_running_loop().call_later(sink.options.delay_ms / 1000, self.answer, answers, receipts)
            else:
                self.answer(answers, receipts)
        elif self.out:
            self.flush()
        self.push()

    def answer(self, answers: list[bytes], receipts: list[bytes]) -> None:
        self.out += answers
        if receipts:
            receivers = self.sink.receivers
            target = self if self in receivers else (receivers[0] if receivers else None)
            if target is not None:
                target.waiting.extend(receipts)
                target.push()
        self.flush()

    def push(self) -> None:
        """Send receipts, at most 50 unanswered ones."""
        while self.waiting and self.unacked < 50:
            self.sequence += 1
            body = self.waiting.popleft()
            self.out.append(_HEADER.pack(16 + len(body), 5, 0, self.sequence) + body)
            self.unacked += 1
            self.sink.receipts_sent += 1
        self.flush()

    def flush(self) -> None:
        if self.out:
            self.transport.write(b"".join(self.out))  # type: ignore[attr-defined]
            self.out = []

    @staticmethod
    def receipt(data: bytes, at: int, message_id: bytes) -> bytes:
        position = data.index(b"\0", at + 16) + 1
        source_end = data.index(b"\0", position + 2) + 1
        target_end = data.index(b"\0", source_end + 2) + 1
        text = _RECEIPT % message_id
        return (
            b"\0"
            + data[source_end:target_end]
            + data[position:source_end]
            + b"\x04\0\0\0\0\0\0\0\0"
            + bytes([len(text)])
            + text
            + b"\x00\x1e"
            + struct.pack(">H", len(message_id) + 1)
            + message_id
            + b"\0\x04\x27\0\x01\x02"
        )


async def serve(options: argparse.Namespace) -> None:
    sink = Sink(options)
    loop = asyncio.get_running_loop()
    await loop.create_server(lambda: Connection(sink), "127.0.0.1", options.port)
    while True:
        await asyncio.sleep(0.1)
        temporary = options.figures + ".new"
        with open(temporary, "w") as file:
            json.dump(sink.report() | ({"arrivals": sink.arrivals} if options.stamps else {}), file)
        os.replace(temporary, options.figures)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--figures", required=True, help="file the counters are written to")
    parser.add_argument("--delay-ms", type=float, default=0)
    parser.add_argument("--receipts", action="store_true")
    parser.add_argument("--stamps", action="store_true", help="keep every submit with the moment it came")
    uvloop.run(serve(parser.parse_args()))


if __name__ == "__main__":
    main()
