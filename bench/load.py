"""The load: one message per HTTP request over keep-alive connections, as light as Python allows.

Prints one JSON object: how many were accepted, how long that took, and (with --rate) when each was sent.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import time
from urllib.parse import quote

import uvloop

TEXT = "benchmark message number {n:07d}, forty characters or so"


def caiyou_request(n: int, options: argparse.Namespace) -> bytes:
    body = json.dumps(
        {"to": f"+86138{n % 100_000_000:08d}", "text": TEXT.format(n=n), "report": options.receipts}
    ).encode()
    return (
        f"POST /api/v1/messages HTTP/1.1\r\nHost: 127.0.0.1:{options.port}\r\nAuthorization: Bearer {options.token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode() + body


def kannel_request(n: int, options: argparse.Namespace) -> bytes:
    dlr = "&dlr-mask=31&dlr-url=" + quote("http://127.0.0.1:9/none") if options.receipts else ""
    return (
        f"GET /cgi-bin/sendsms?username=bench&password=bench&from=10657&to=86138{n % 100_000_000:08d}"
        f"&text={quote(TEXT.format(n=n))}{dlr} HTTP/1.1\r\nHost: 127.0.0.1:{options.port}\r\n\r\n"
    ).encode()


class Load:
    """What is still to be sent, and what came back."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.next = options.first
        self.end = options.first + options.count
        self.accepted = 0
        self.refused: list[str] = []
        self.sent: dict[int, float] = {}
        self.make = caiyou_request if options.kind == "caiyou" else kannel_request
        self.done = asyncio.Event()

    def take(self) -> bytes | None:
        if self.next >= self.end:
            return None
        n, self.next = self.next, self.next + 1
        if self.options.rate:
            self.sent[n] = time.time()
        return self.make(n, self.options)

    def answered(self, head: bytes) -> None:
        if head[9:10] == b"2":
            self.accepted += 1
        elif len(self.refused) < 5:
            self.refused.append(head[:200].decode("latin-1"))
        if self.accepted + len(self.refused) >= self.options.count or self.refused:
            self.done.set()


class Client(asyncio.Protocol):
    """One keep-alive connection: the next request goes out when the answer is in."""

    def __init__(self, load: Load) -> None:
        self.load = load
        self.buffer = b""
        self.idle = True

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        if not self.load.options.rate:
            self.send()

    def send(self) -> None:
        request = self.load.take()
        if request is not None:
            self.idle = False
            self.transport.write(request)  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while True:
            end = self.buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            head = self.buffer[:end].lower()
            if b"content-length:" in head:
                length = int(head.split(b"content-length:")[1].split(b"\r\n")[0])
                whole = end + 4 + length
            elif b"transfer-encoding: chunked" in head:
                tail = self.buffer.find(b"0\r\n\r\n", end)
                if tail < 0:
                    return
                whole = tail + 5
            else:
                whole = end + 4
            if len(self.buffer) < whole:
                return
            self.load.answered(self.buffer[:end])
            self.buffer = self.buffer[whole:]
            self.idle = True
            if not self.load.options.rate:
                self.send()


async def run(options: argparse.Namespace) -> None:
    load = Load(options)
    loop = asyncio.get_running_loop()
    start = time.time()
    clients = [
        (await loop.create_connection(lambda: Client(load), "127.0.0.1", options.port))[1]
        for _ in range(options.connections)
    ]
    if options.rate:
        begin = loop.time()
        for k in range(options.count):
            await asyncio.sleep(max(0.0, begin + k / options.rate - loop.time()))
            client = next((client for client in clients if client.idle), clients[k % len(clients)])
            client.send()
    await asyncio.wait_for(load.done.wait(), options.timeout)
    end = time.time()
    print(
        json.dumps({"accepted": load.accepted, "refused": load.refused, "start": start, "end": end, "sent": load.sent})
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kind", choices=("caiyou", "kannel"), required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--count", type=int, required=True)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--rate", type=float, default=0, help="requests a second; 0: as fast as they are answered")
    parser.add_argument("--token", default="")
    parser.add_argument("--receipts", action="store_true")
    parser.add_argument("--timeout", type=float, default=120)
    uvloop.run(run(parser.parse_args()))


if __name__ == "__main__":
    main()
