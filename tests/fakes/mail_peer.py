"""Another mail server and a name server, as the relay meets them."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import cast

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset


@dataclass
class Received:
    sender: str
    recipients: list[str]
    data: bytes
    encrypted: bool
    connection: int


@dataclass
class Peer:
    """A server that answers as it is told: `answers` maps the beginning of a command to the reply in its place."""

    answers: dict[str, str] = field(default_factory=dict)
    offers: tuple[str, ...] = ("SIZE 1000000", "8BITMIME")
    tls: ssl.SSLContext | None = None
    greeting: str = "220 peer.example ready"
    mails: list[Received] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    connections: int = 0
    at_once: int = 0
    most_at_once: int = 0
    before_data_reply: Callable[[], object] | None = None
    port: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            await self._talk(reader, writer, self.connections)
        self.at_once -= 1
        writer.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, connection: int) -> None:
        def say(line: str) -> None:
            writer.write(line.encode() + b"\r\n")

        say(self.greeting)
        if not self.greeting.startswith("220"):
            return
        encrypted, sender, recipients = False, "", list[str]()
        while True:
            line = (await reader.readuntil(b"\r\n")).decode().rstrip("\r\n")
            self.commands.append(line)
            fitting = [reply for start, reply in self.answers.items() if line.upper().startswith(start.upper())]
            answer = fitting[0] if fitting else ""
            if answer == "close":
                return
            word = line.split(" ")[0].upper()
            if word == "EHLO" and not answer:
                offers = [*self.offers, *(["STARTTLS"] if self.tls and not encrypted else [])]
                for offer in ["peer.example", *offers]:
                    say(f"250-{offer}")
                say("250 OK")
            elif word == "STARTTLS" and not answer:
                say("220 go")
                assert self.tls is not None
                await writer.start_tls(self.tls)
                encrypted = True
            elif word == "DATA" and not answer:
                say("354 go")
                data = (await reader.readuntil(b"\r\n.\r\n"))[:-3]
                if self.before_data_reply is not None:
                    result = self.before_data_reply()
                    if asyncio.iscoroutine(result):
                        await result
                reply = self.answers.get(".", "250 2.0.0 taken")
                if reply == "close":
                    return
                if reply.startswith("2"):
                    self.mails.append(
                        Received(sender, recipients, data.replace(b"\r\n..", b"\r\n."), encrypted, connection)
                    )
                sender, recipients = "", []
                say(reply)
            else:
                reply = answer or "250 2.0.0 ok"
                if word == "MAIL":
                    sender, recipients = line, []
                elif word == "RCPT" and reply.startswith("2"):
                    recipients.append(line.partition("<")[2].rpartition(">")[0])
                say("221 bye" if word == "QUIT" else reply)
                if word == "QUIT":
                    return


@contextlib.asynccontextmanager
async def open_peer(peer: Peer, host: str = "127.0.0.1") -> AsyncIterator[Peer]:
    server = await asyncio.start_server(peer.serve, host, peer.port, limit=1 << 22)
    peer.port = server.sockets[0].getsockname()[1]
    try:
        yield peer
    finally:
        server.close()
        await server.wait_closed()


class NameServer(asyncio.DatagramProtocol):
    """Answers from a table of (name, type) -> records; a missing name does not exist, a missing type is no answer."""

    def __init__(self, records: dict[tuple[str, str], list[str]]) -> None:
        self.records = records
        self.transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.DatagramTransport", transport)  # a selector's is no subclass of it

    def datagram_received(self, data: bytes, address: tuple[str, int]) -> None:
        question = dns.message.from_wire(data)
        reply = dns.message.make_response(question)
        reply.flags |= dns.flags.RA
        name = question.question[0].name
        kind = dns.rdatatype.to_text(question.question[0].rdtype)
        text = name.to_text(omit_final_dot=True).lower()
        values = self.records.get((text, kind), [])
        if values == ["SERVFAIL"]:
            reply.set_rcode(dns.rcode.SERVFAIL)
        elif values:
            reply.answer.append(dns.rrset.from_text(name, 60, "IN", kind, *values))
        elif not any(known == text for known, _ in self.records):
            reply.set_rcode(dns.rcode.NXDOMAIN)
        assert self.transport is not None
        self.transport.sendto(reply.to_wire(), address)


@contextlib.asynccontextmanager
async def open_name_server(records: dict[tuple[str, str], list[str]]) -> AsyncIterator[str]:
    """A name server on a free port; gives `address:port`."""
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(lambda: NameServer(records), local_addr=("127.0.0.1", 0))
    try:
        yield f"127.0.0.1:{transport.get_extra_info('sockname')[1]}"
    finally:
        transport.close()
