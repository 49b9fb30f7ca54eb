"""A whole hub with a simulated operator above it and peers below it, and clients to be those peers."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from carriers.cmpp import events as cmpp_events
from carriers.cmpp import pdu as cmpp_pdu
from carriers.cmpp import rules as cmpp_rules
from carriers.cmpp.protocol import CmppProtocol
from carriers.simulator.config import OFF, Account, SimulatorConfig
from carriers.simulator.server import Simulator
from carriers.smpp import pdu, protocol, receipts
from carriers.smpp.base import Pdu, Response
from carriers.smpp.protocol import Limits, SmppProtocol
from carriers.smpp.states import Role
from gateway.app import App, build
from gateway.config import read_tables
from gateway.core.peers import Peer
from gateway.store.database import StoreConfig

MEMBER = "shop@example.cn"
SECRET = "secret08"
ACCESS_NUMBER = "10657000"


@dataclass
class Hub:
    """A hub and an operator, both real."""

    app: App
    simulator: Simulator
    clients: list[SmppClient | CmppClient] = field(default_factory=list)

    async def smpp(self, *, expect: int = 0, **fields: Any) -> SmppClient:
        """A platform that has tried to bind, with this result."""
        client = SmppClient(**fields)
        self.clients.append(client)
        return await client.connect(self.smpp_port, expect=expect)

    async def cmpp(self, *, expect: int = 0, **fields: Any) -> CmppClient:
        """A platform that has tried to log in, with this result."""
        client = CmppClient(**fields)
        self.clients.append(client)
        return await client.connect(self.cmpp_port, expect=expect)

    @property
    def smpp_port(self) -> int:
        return self.app.downstream.ports["smpp"]

    @property
    def cmpp_port(self) -> int:
        return self.app.downstream.ports["cmpp"]

    async def add_peer(self, name: str = "kite", **fields: Any) -> Peer:
        """Let a platform in; returns once the hub knows it."""

        def work(books: Any) -> Peer:
            account = books.accounts.by_address(MEMBER)
            return books.peers.add(Peer(**{"name": name, "account_id": account.id, "secret": SECRET, **fields}))

        peer = await self.app.desk.commit(work)
        await self.app.downstream._learn()
        return peer

    async def change_peer(self, name: str = "kite", **changes: Any) -> None:
        await self.app.desk.commit(lambda books: books.peers.change(name, changes))
        await self.app.downstream._learn()

    async def peer(self, name: str = "kite") -> Peer:
        return await self.app.desk.read(lambda books: books.peers.by_name(name))

    async def open(self, name: str = "kite") -> dict[str, int]:
        """What is open of a peer."""
        return await self.app.desk.read(lambda books: books.peers.figures(books.peers.by_name(name).id))

    def texts(self, number: str) -> list[str]:
        """What a handset shows, oldest first."""
        handset = self.simulator.operator.handset(number)
        return [text.text for text in handset.texts if text.is_whole and not text.from_phone]

    def say(self, number: str, text: str, to: str) -> None:
        """Let a phone write."""
        self.simulator.operator.say(number, text, to, asyncio.get_running_loop().time())
        self.simulator.touch()

    def count(self, fact: str) -> int:
        """What the journal has counted, wherever."""
        return sum(times for (what, _), times in self.app.journal.counts.items() if what == fact)


async def until(is_so: Callable[[], Any], within_s: float = 10.0) -> Any:
    """Wait for something; raises TimeoutError."""
    deadline = time.monotonic() + within_s
    while not (found := is_so()):
        if time.monotonic() > deadline:
            raise TimeoutError("it did not come about in time")
        await asyncio.sleep(0.01)
    return found


@contextlib.asynccontextmanager
async def open_hub(
    store: StoreConfig, *, report_delay_s: float = 0.05, carrier: Simulator | None = None, **tables: Any
) -> AsyncIterator[Hub]:
    """A hub with both doors for peers on free ports, one link to a simulated operator and one member."""
    simulator = carrier or Simulator(
        SimulatorConfig(
            smpp_port=0,
            cmpp_port=OFF,
            web_port=OFF,
            accounts=(Account("smpp", "caiyou", SECRET, ACCESS_NUMBER),),
            report_delay_s=report_delay_s,
        )
    )
    if carrier is None:
        await simulator.start()
    config = read_tables(
        {
            "hub": {"roles": ["links", "peers", "house"]},
            "store": {"data_dir": store.data_dir, "url": store.url, "node": store.node},
            "downstream_smpp": {"port": 0} | tables.pop("downstream_smpp", {}),
            "downstream_cmpp": {"port": 0} | tables.pop("downstream_cmpp", {}),
            "link": [
                {
                    "name": "sim",
                    "protocol": "smpp",
                    "host": "127.0.0.1",
                    "port": simulator.ports["smpp"],
                    "system_id": "caiyou",
                    "password": SECRET,
                    "access_number": ACCESS_NUMBER,
                }
            ],
            **tables,
        },
        "test",
    )
    app = build(config)

    def member(books: Any) -> None:
        if books.accounts.by_address(MEMBER) is None:
            books.accounts.add_domain("example.cn")
            books.accounts.add(MEMBER)

    app.desk.run_now(member)
    hub = Hub(app, simulator)
    try:
        await app.start()
        yield hub
    finally:
        await app.stop()
        for client in hub.clients:
            await client.close()
        if carrier is None:
            await simulator.stop()


@dataclass
class SmppClient:
    """A platform that speaks SMPP: keeps what came, answers deliveries as it is told to."""

    name: str = "kite"
    password: str = SECRET
    bind: type[pdu.Bind] = pdu.BindTransceiver
    window: int = 64
    deliveries: list[pdu.DeliverSm] = field(default_factory=list)
    answer_with: int | None = 0  # None: deliveries are not answered
    closed: str = ""
    bound: int | None = None  # command_status of the bind

    async def connect(self, port: int, *, expect: int = 0) -> SmppClient:
        loop = asyncio.get_running_loop()
        self.line = SmppProtocol(Role.ESME, Limits(window=self.window), now=loop.time())
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", port)
        self.waiting: dict[int, asyncio.Future[Response]] = {}
        self._pump = asyncio.create_task(self._read())
        self.line.send_request(self.bind(self.name, self.password), loop.time())
        self.flush()
        await until(lambda: self.bound is not None or self.closed)
        assert self.bound == expect, (self.bound, self.closed)
        return self

    async def _read(self) -> None:
        with contextlib.suppress(OSError):  # a hub that is killed resets its lines
            while data := await self.reader.read(65536):
                self.line.receive(data, asyncio.get_running_loop().time())
                for event in self.line.events():
                    self._note(event)
                self.flush()
        self.closed = self.closed or "eof"
        for future in self.waiting.values():
            if not future.done():
                future.set_exception(ConnectionError(self.closed))

    def _note(self, event: Any) -> None:
        match event:
            case protocol.BindAccepted():
                self.bound = 0
            case protocol.BindRefused(command_status=code):
                self.bound = code
            case protocol.ResponseReceived(response=response, sequence_number=number):
                future = self.waiting.pop(number, None)
                if future is not None and not future.done():
                    future.set_result(response)
            case protocol.RequestReceived(request=pdu.DeliverSm() as request):
                self.deliveries.append(request)
                if self.answer_with is not None:
                    self.line.respond(request, pdu.DeliverSmResp(command_status=self.answer_with))
            case protocol.LineClosed(reason=reason):
                self.closed = reason
            case _:
                pass

    def flush(self) -> None:
        data = self.line.data_to_send()
        if data and not self.writer.is_closing():
            self.writer.write(data)

    def ask(self, request: Pdu) -> asyncio.Future[Response]:
        """Send a request; the future holds the response."""
        number = self.line.send_request(request, asyncio.get_running_loop().time())
        future: asyncio.Future[Response] = asyncio.get_running_loop().create_future()
        self.waiting[number] = future
        self.flush()
        return future

    async def submit(self, to: str, octets: bytes = b"hello", **fields: Any) -> Any:
        """The response to a submit_sm."""
        values = {"source_addr": ACCESS_NUMBER, "registered_delivery": 1, **fields}
        return await self.ask(pdu.SubmitSm(destination_addr=to, short_message=octets, **values))

    @property
    def receipts(self) -> list[receipts.ReceiptText]:
        """The receipts that came, read."""
        return [receipts.parse(one.short_message.decode("latin-1")) for one in self.deliveries if one.esm_class & 4]

    async def close(self) -> None:
        """Hang up without a word."""
        self.writer.close()
        with contextlib.suppress(Exception):
            await self.writer.wait_closed()
        await asyncio.gather(self._pump, return_exceptions=True)


@dataclass
class CmppClient:
    """A platform that speaks CMPP."""

    name: str = "900001"
    secret: str = SECRET
    version: int = 0x30
    deliveries: list[cmpp_pdu.Deliver] = field(default_factory=list)
    answer_with: int | None = 0
    status: int | None = None
    closed: str = ""

    async def connect(self, port: int, *, expect: int = 0) -> CmppClient:
        loop = asyncio.get_running_loop()
        self.line = CmppProtocol(cmpp_rules.Role.PROVIDER)
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", port)
        self.line.log_in(self.name, self.secret, self.version, datetime.now(), loop.time())  # noqa: DTZ005
        self._pump = asyncio.create_task(self._read())
        self.flush()
        await until(lambda: self.status is not None or self.closed)
        assert self.status == expect, (self.status, self.closed)
        return self

    async def _read(self) -> None:
        with contextlib.suppress(OSError):
            while data := await self.reader.read(65536):
                self.line.receive(data, asyncio.get_running_loop().time())
                for event in self.line.events():
                    self._note(event)
                self.flush()
        self.closed = self.closed or "eof"

    def _note(self, event: Any) -> None:
        match event:
            case cmpp_events.LoggedIn():
                self.status = 0
            case cmpp_events.LoginFailed(status=code):
                self.status = code
            case cmpp_events.ResponseReceived(response=response, tag=asyncio.Future() as future):
                future.set_result(response)
            case cmpp_events.RequestReceived(sequence_id=number, pdu=cmpp_pdu.Deliver() as request):
                self.deliveries.append(request)
                if self.answer_with is not None:
                    self.line.respond(number, cmpp_pdu.DeliverResp(request.msg_id, self.answer_with))
            case cmpp_events.Ended(reason=reason):
                self.closed = reason
            case _:
                pass

    def flush(self) -> None:
        data = self.line.data_to_send()
        if data and not self.writer.is_closing():
            self.writer.write(data)

    async def submit(self, *to: str, octets: bytes = b"hello", **fields: Any) -> cmpp_pdu.SubmitResp:
        """The answer to a SUBMIT."""
        values = {"src_id": ACCESS_NUMBER.encode(), "msg_src": self.name.encode(), "registered_delivery": 1, **fields}
        request = cmpp_pdu.Submit(
            dest_terminal_id=tuple(number.encode() for number in to), msg_content=octets, **values
        )
        future: asyncio.Future[cmpp_pdu.SubmitResp] = asyncio.get_running_loop().create_future()
        self.line.send_request(request, asyncio.get_running_loop().time(), tag=future)
        self.flush()
        return await future

    async def close(self) -> None:
        self.writer.close()
        with contextlib.suppress(Exception):
            await self.writer.wait_closed()
        await asyncio.gather(self._pump, return_exceptions=True)
