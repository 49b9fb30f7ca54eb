"""The simulated operator on real sockets."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import cast

from carriers.simulator import mms_page, mms_phones_page
from carriers.simulator.calls import Calls
from carriers.simulator.cmpp_line import CmppLine
from carriers.simulator.config import OFF, Account, Protocol, SimulatorConfig
from carriers.simulator.line import SimulatedLine
from carriers.simulator.mm4_centre import Mm4Centre
from carriers.simulator.mms_phones import MAKES, Habit, MmsPhones
from carriers.simulator.mmsc import Mmsc
from carriers.simulator.operator import Operator
from carriers.simulator.page import Page
from carriers.simulator.sgip_line import SgipCall, SgipLine
from carriers.simulator.smgp_line import SmgpLine
from carriers.simulator.smpp_line import SmppLine
from gateway.core.data_sms import WAP_PUSH_PORT
from gateway.core.errors import ConfigError

#: An operator, who called and when -> the operator's side of the line.
MakeLine = Callable[[Operator, str, float], SimulatedLine]

#: What is spoken. Another protocol is a line here, its name in `config.Protocol` and its port in the configuration.
LINES: dict[Protocol, MakeLine] = {"smpp": SmppLine, "cmpp": CmppLine, "smgp": SmgpLine, "sgip": SgipLine}

BEIJING = timezone(timedelta(hours=8))
_TICK_S = 0.5
_LEAST_PAUSE_S = 0.005  # what is due within that is done together
_LEAVE_S = 1.0
_SLICE = 4096  # most octets taken at once from a line that is read slowly


def _wall_clock() -> datetime:
    return datetime.now(BEIJING)


class Simulator:
    """An operator that listens. Start and stop it on one event loop; the ports are known once it has started."""

    def __init__(
        self, config: SimulatorConfig | None = None, *, wall_clock: Callable[[], datetime] = _wall_clock
    ) -> None:
        self.config = config or SimulatorConfig()
        self.operator = Operator(self.config, wall_clock)
        self.ports: dict[str, int] = {}  # where it listens; OFF for what it does not speak
        self.web_port = OFF
        self._servers: list[asyncio.Server] = []
        self.mmsc: Mmsc | None = None  # while it runs, if it has a port
        self.mm4: Mm4Centre | None = None
        self.phones: MmsPhones | None = None  # those with an MMS program
        self._page: Page | None = None
        self._connections: dict[SimulatedLine, _Connection] = {}
        self._calls: list[Calls] = []
        self._ticker: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._flushing = False

    async def start(self) -> None:
        """Listen. Raises OSError when a port is taken, ConfigError for a certificate that cannot be used."""
        config = self.config
        self._loop = asyncio.get_running_loop()
        try:
            for protocol, make in LINES.items():
                tls = _tls_context(config) if protocol == "smpp" else None
                self.ports[protocol] = await self._listen(make, config.port_of(protocol), tls)
            for account in config.accounts:
                if account.call_port and account.protocol == "sgip":
                    self.call(account, account.call_host, account.call_port)
            self.ports["mm7"] = OFF
            if config.mm7_port != OFF:
                self.mmsc = Mmsc(self.operator)
                self.ports["mm7"] = await self.mmsc.start(config.host, config.mm7_port)
            self.ports["mm4"] = OFF
            peer = next((it for it in config.accounts if it.protocol == "mm4"), None)
            if config.mm4_port != OFF and peer is not None:
                self.mm4 = Mm4Centre(self.operator, peer)
                self.ports["mm4"] = await self.mm4.start()
            if config.mms_gateway:
                self.phones = _mms_phones(self.operator)
                self.operator.programs[WAP_PUSH_PORT] = self.phones.take
            if config.web_port != OFF:
                more = [
                    *(mms_page.routes(self.mmsc) if self.mmsc is not None else ()),
                    *(mms_phones_page.routes(self.phones) if self.phones is not None else ()),
                ]
                self._page = Page(self.operator, self.touch, more)
                self.web_port = await self._page.start(config.host, config.web_port)
        except BaseException:
            await self.stop()
            raise
        self._ticker = asyncio.create_task(self._tick())

    async def stop(self) -> None:
        """Take leave of every line, then close."""
        for server in self._servers:
            server.close()
        for calls in self._calls:
            await calls.stop()
        self._calls.clear()
        now = asyncio.get_running_loop().time()
        for line in list(self._connections):
            if not line.is_deaf:
                line.leave(now)
        self.flush_all()
        deadline = now + _LEAVE_S
        while self._connections and asyncio.get_running_loop().time() < deadline:
            if all(line.is_deaf for line in self._connections):
                break
            await asyncio.sleep(0.01)
        for connection in list(self._connections.values()):
            connection.abort()
        if self._ticker is not None:
            self._ticker.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._ticker
            self._ticker = None
        if self._timer is not None:
            self._timer.cancel()
        if self.mmsc is not None:
            await self.mmsc.stop()
            self.mmsc = None
        if self.mm4 is not None:
            await self.mm4.stop()
            self.mm4 = None
        if self.phones is not None:
            self.operator.programs.pop(WAP_PUSH_PORT, None)
            await self.phones.stop()
        if self._page is not None:
            await self._page.stop()
            self._page = None
        for server in self._servers:
            await server.wait_closed()
        self._servers.clear()

    def call(self, account: Account, host: str, port: int) -> None:
        """Call an account's service provider there from now on, when something waits for it (SGIP)."""

        async def connect(account: Account, ended: Callable[[bool], None]) -> None:
            def make(operator: Operator, peer: str, now: float) -> SimulatedLine:
                return SgipCall(operator, peer, now, account, ended)

            await self._loop.create_connection(lambda: _Connection(self, make), host, port)

        calls = Calls(account, connect, lambda: self.operator.has_waiting(account.name))
        self._calls.append(calls)
        self.operator.callers[account.name] = calls.ask
        if self.operator.has_waiting(account.name):
            calls.ask()

    def touch(self) -> None:
        """Something was asked of the operator from outside: write what came of it."""
        self.operator.tick(self._loop.time())
        self.flush_touched()
        self._set_timer()

    def flush_all(self) -> None:
        """Write what every line has."""
        for connection in list(self._connections.values()):
            connection.flush()

    def flush_touched(self) -> None:
        """Write what deliveries brought about on other lines."""
        touched = self.operator.touched
        if self._flushing:
            return
        self._flushing = True
        try:
            while touched:
                connection = self._connections.get(touched.pop())  # type: ignore[call-overload]
                if connection is not None:
                    connection.flush()
        finally:
            self._flushing = False

    def received(self) -> None:
        """After octets were taken from a line: flush the others, wake up for what is due."""
        if self.operator.touched:
            self.flush_touched()
        if self._timer is None:
            self._set_timer()

    async def _listen(
        self,
        make: MakeLine,
        port: int,
        tls: ssl.SSLContext | None,
    ) -> int:
        if port == OFF:
            return OFF
        server = await self._loop.create_server(lambda: _Connection(self, make), self.config.host, port, ssl=tls)
        self._servers.append(server)
        return int(server.sockets[0].getsockname()[1])

    async def _tick(self) -> None:
        ticks = 0
        while True:
            await asyncio.sleep(_TICK_S)
            now = self._loop.time()
            for line in list(self._connections):
                line.tick(now)
            self.operator.tick(now)
            self.flush_all()
            ticks += 1
            if ticks % 2 == 0:
                self.operator.rate.sample(self.operator.counters.submits, now)

    def _set_timer(self) -> None:
        due = self.operator.next_due()
        if due is None:
            return
        when = max(due, self._loop.time() + _LEAST_PAUSE_S)
        if self._timer is not None:
            if self._timer.when() <= when:
                return
            self._timer.cancel()
        self._timer = self._loop.call_at(when, self._fire)

    def _fire(self) -> None:
        self._timer = None
        self.operator.tick(self._loop.time())
        self.flush_touched()
        self._set_timer()


class _Connection(asyncio.Protocol):
    """The socket side of a line."""

    def __init__(self, simulator: Simulator, make: MakeLine) -> None:
        self._simulator = simulator
        self._make = make
        self._transport: asyncio.Transport | None = None
        self._late = b""  # taken from the socket, not read yet, while the line is read slowly
        self._reader: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is none by its class
        peer = transport.get_extra_info("peername")
        name = f"{peer[0]}:{peer[1]}" if peer else "?"
        self._line = self._make(self._simulator.operator, name, self._simulator._loop.time())
        self._simulator._connections[self._line] = self
        self.flush()  # who opened it speaks first

    def data_received(self, data: bytes) -> None:
        simulator = self._simulator
        if self._late or simulator.operator.faults.slow_read_octets_s:
            self._read_slowly(data)
            return
        self._line.receive(data, simulator._loop.time())
        self.flush()
        simulator.received()

    def connection_lost(self, exc: Exception | None) -> None:
        simulator = self._simulator
        if self._reader is not None:
            self._reader.cancel()
        self._transport = None
        simulator._connections.pop(self._line, None)
        self._line.closed(str(exc) if exc else "the peer closed the connection", simulator._loop.time())
        simulator.received()

    def flush(self) -> None:
        """Write what the line has; hang up when it is over."""
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        line = self._line
        data = line.data_to_send()
        if data:
            transport.write(data)
        if line.is_over:
            if line.is_dropped:
                self.abort()
            else:
                transport.close()

    def abort(self) -> None:
        """Hang up at once."""
        if self._transport is not None:
            self._transport.abort()

    def _read_slowly(self, data: bytes) -> None:
        self._late += data
        assert self._transport is not None
        self._transport.pause_reading()
        if self._reader is None:
            self._read_some()

    def _read_some(self) -> None:
        self._reader = None
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        if not self._late:
            transport.resume_reading()
            return
        simulator = self._simulator
        speed = simulator.operator.faults.slow_read_octets_s
        # A tenth of a second's worth at a time, or all that is left once the fault is off.
        size = max(1, min(speed // 10, _SLICE)) if speed else len(self._late)
        piece, self._late = self._late[:size], self._late[size:]
        self._reader = simulator._loop.call_later(size / speed if speed else 0.0, self._read_some)
        self._line.receive(piece, simulator._loop.time())
        self.flush()
        simulator.received()


def _mms_phones(operator: Operator) -> MmsPhones:
    config = operator.config
    if config.mms_make not in MAKES or config.mms_habit not in list(Habit):
        raise ConfigError(f"mms_make: one of {', '.join(MAKES)}; mms_habit: one of {', '.join(Habit)}")
    return MmsPhones(
        wall_clock=operator.wall_clock,
        tell=operator.tell,
        gateway="" if config.mms_gateway == "direct" else config.mms_gateway,
        make=MAKES[config.mms_make],
        habit=Habit(config.mms_habit),
        keep=config.keep_handsets,
    )


def _tls_context(config: SimulatorConfig) -> ssl.SSLContext | None:
    if not config.tls_certificate:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(config.tls_certificate, config.tls_key or None)
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(f"tls_certificate: {error}") from error
    return context
