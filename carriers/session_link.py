"""A link that keeps a session on a connection. The only place where a carrier session meets a socket and a clock.

The link connects (TLS where asked), pumps bytes between the socket and the session, lets time pass for it, and when
the line is gone connects again after a pause that grows and is never the same for two links. What happens on the line
goes to the listener in the order it happened.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from carriers.link import LinkBasics
from carriers.session import Bound, CarrierSession, Closed, LoginRefused, Misbehaved, SessionEvent, SubmitAnswered
from carriers.tap import Tap
from gateway.core.messages import Outcome, Segment

#: A link with a rate keeps at most this many seconds' worth of unused submits: any span of T seconds sees no more than
#: rate x (T + this) and one more. Carriers that count by the second would refuse a whole second's worth saved up.
BURST_S = 0.1
#: A link that rests or has a rate looks up this often, or it would run in bursts.
SHORT_TICK_S = 0.05


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a carrier listens."""

    host: str
    port: int
    tls: bool = False
    tls_ca: str = ""  # file with the carrier's certificate authority; "" = those of the system
    tls_certificate: str = ""  # our own certificate and key, where the carrier wants one
    tls_key: str = ""
    keep_alive_s: int = 0  # silence after which the system asks whether the machine is there; 0 = never


class SessionLink:
    """One line to a carrier, a `carriers.link.Link`."""

    def __init__(
        self,
        basics: LinkBasics,
        endpoint: Endpoint,
        make_session: Callable[[], CarrierSession],
    ) -> None:
        timing, rate_per_s = basics.timing, basics.rate_per_s
        self.name = basics.name
        self.group = basics.group
        self.endpoint = endpoint
        self.state = "down"  # down | connecting | up
        self.tap: Tap | None = None  # hears what goes over the line
        self.line = 0  # which connection this is; a delivery can only be answered on the one it came on
        self._make_session = make_session
        self._listener = basics.listener
        self._jitter = basics.jitter
        self._timing = timing
        self._rate = rate_per_s  # segments a second; 0 = as fast as the carrier answers
        self._most_saved = 1.0 + rate_per_s * BURST_S
        self._allowance = 0.0
        self._allowance_at = 0.0
        self._session: CarrierSession | None = None
        self._wire: _Wire | None = None
        self._transport: asyncio.Transport | None = None
        self._writable = True
        self._pumping = False
        self._resting_until = 0.0
        self._throttle_pause_s = timing.throttle_pause_s
        self._pause_s = timing.first_pause_s
        self._up_at: float | None = None
        self._cut_at = 0.0  # when to stop waiting for the last octets of a session that is over; 0 = not over
        self._reason = ""
        self._stopping = False
        self._over: asyncio.Event | None = None

    # --- what the dispatcher uses ---------------------------------------------------------------------------

    @property
    def is_up(self) -> bool:
        """Whether the carrier has let us in."""
        return self.state == "up"

    def room(self) -> int:
        """Segments that may be submitted now: window, rate and rest considered."""
        if self._session is None or self.state != "up" or not self._writable:
            return 0
        now = asyncio.get_running_loop().time()
        if now < self._resting_until:
            return 0
        room = self._session.free_window
        if self._rate:
            self._refill(now)
            room = min(room, int(self._allowance))
        return room

    def submit(self, segment: Segment) -> None:
        """Queue a segment; call `flush()` after the last one. Only while `room()` is above 0."""
        assert self._session is not None
        self._session.submit(segment, asyncio.get_running_loop().time())
        if self._rate:
            self._allowance -= 1

    def acknowledge(self, receipt: object, *, accepted: bool, line: int) -> None:
        """Answer a delivery, now that it is on disk (or could not be put there); call `flush()` after the last one.

        `line` is what `self.line` was when it came. On a later connection its number stands for another delivery,
        which may not be on disk: then nothing is said, and the carrier sends this one again.
        """
        if self._session is not None and line == self.line:
            self._session.acknowledge(receipt, accepted=accepted)

    def flush(self) -> None:
        """Write what was queued."""
        self._pump()

    def _refill(self, now: float) -> None:
        self._allowance = min(self._allowance + (now - self._allowance_at) * self._rate, self._most_saved)
        self._allowance_at = now

    # --- keeping it up --------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Connect, and connect again whenever the line is gone, until `stop()`."""
        self._stopping = False
        while True:
            await self._hold_a_line()
            if self._stopping:
                return
            pause_s = self._pause_s * (0.75 + self._jitter() / 2)
            self._pause_s = min(self._pause_s * 2, self._timing.longest_pause_s)
            self._listener.link_down(self, self._reason, pause_s)
            await asyncio.sleep(pause_s)

    async def _hold_a_line(self) -> None:
        """Connect once and let time pass until the line is gone."""
        loop = asyncio.get_running_loop()
        self.state = "connecting"
        self._reason = ""
        self._over = asyncio.Event()
        self._up_at = None
        try:
            async with asyncio.timeout(self._timing.connect_timeout_s):
                await loop.create_connection(
                    lambda: _Wire(self),
                    self.endpoint.host,
                    self.endpoint.port,
                    ssl=_tls_context(self.endpoint),
                    server_hostname=self.endpoint.host if self.endpoint.tls else None,
                )
            while not self._over.is_set():
                try:
                    async with asyncio.timeout(self._next_tick_s()):
                        await self._over.wait()
                except TimeoutError:
                    self._tick()
        except (OSError, TimeoutError) as error:
            self._reason = self._reason or str(error) or "no connection in time"
        except Exception as error:
            # A link that ended here would stay down until somebody restarts the hub.
            self._reason = f"{type(error).__name__}: {error}"
        finally:
            self._abort()
        if self._up_at is not None and loop.time() - self._up_at >= self._pause_s:
            self._pause_s = self._timing.first_pause_s

    async def stop(self) -> None:
        """Take leave in order: unanswered submits get a few seconds, then the line is closed."""
        self._stopping = True
        if self._session is None or self._over is None:
            return
        self._session.close(asyncio.get_running_loop().time())
        self._pump()
        try:
            async with asyncio.timeout(self._timing.close_timeout_s):
                await self._over.wait()
        except TimeoutError:
            self._abort()
            self._over.set()

    def _next_tick_s(self) -> float:
        tick_s = self._timing.tick_s
        return min(SHORT_TICK_S, tick_s) if self._rate or self._resting_until else tick_s

    def _tick(self) -> None:
        if self._session is None:
            return
        now = asyncio.get_running_loop().time()
        if self._cut_at and now >= self._cut_at and self._transport is not None:
            # A peer that no longer reads would keep us waiting for the last octets for ever.
            self._transport.abort()
            return
        if self._resting_until and now >= self._resting_until:
            self._resting_until = 0.0
        self._session.tick(now)
        self._pump()
        if self.room() > 0:
            self._listener.link_ready(self)

    # --- called by the wire ---------------------------------------------------------------------------------

    def _connected(self, wire: _Wire, transport: asyncio.Transport) -> None:
        self._wire = wire
        self._transport = transport
        self._writable = True
        self._cut_at = 0.0
        self.line += 1
        if self.tap is not None:
            self.tap.opened(self.line)
        if self.endpoint.keep_alive_s:
            _keep_alive(transport, self.endpoint.keep_alive_s)
        self._session = self._make_session()
        self._session.start(asyncio.get_running_loop().time())
        self._pump()

    def _received(self, wire: _Wire, data: bytes) -> None:
        if self._session is not None and wire is self._wire:
            if self.tap is not None:
                self.tap.received(data)
            self._session.receive(data, asyncio.get_running_loop().time())
            self._pump()

    def _may_write(self, wire: _Wire, *, writable: bool) -> None:
        if wire is not self._wire:
            return
        self._writable = writable
        if writable and self.room() > 0:
            self._listener.link_ready(self)

    def _disconnected(self, wire: _Wire, error: Exception | None) -> None:
        if wire is not self._wire:
            return  # of a line that was given up before
        self._reason = self._reason or (str(error) if error else "the carrier closed the line")
        self._lose_session()
        if self._over is not None:
            self._over.set()

    def _lose_session(self) -> None:
        session, self._session = self._session, None
        self._wire = self._transport = None
        self.state = "down"
        if session is not None:
            if self.tap is not None:
                self.tap.closed()
            session.connection_lost()
            self._tell(session.events())

    def _abort(self) -> None:
        transport = self._transport
        if transport is not None:
            transport.abort()
        self._lose_session()

    def _pump(self) -> None:
        """Write what the session has, tell what happened, until both are empty."""
        session = self._session
        if session is None or self._pumping:
            return
        self._pumping = True
        try:
            while True:
                data = session.data_to_send()
                if data and self._transport is not None:
                    if self.tap is not None:
                        self.tap.sent(data)
                    self._transport.write(data)
                events = session.events()
                if not events:
                    if not data:
                        break
                    continue
                self._tell(events)
                if self._session is not session:
                    return
        finally:
            self._pumping = False

    def _tell(self, events: list[SessionEvent]) -> None:
        closed = ""
        for event in events:
            if isinstance(event, SubmitAnswered):
                if event.outcome is Outcome.THROTTLED:
                    self._rest()
                elif event.outcome is Outcome.ACCEPTED:
                    # Being let in proves little: a carrier may let us in and hang up for hours.
                    self._pause_s = self._timing.first_pause_s
                    if not self._resting_until:
                        self._throttle_pause_s = self._timing.throttle_pause_s
            elif isinstance(event, Bound):
                self.state = "up"
                self._up_at = self._allowance_at = asyncio.get_running_loop().time()
                self._allowance = self._most_saved
                self._listener.link_up(self, event.peer)
            elif isinstance(event, LoginRefused):
                self._reason = f"login refused: {event.reason} (code {event.code})"
                if event.permanent:
                    self._pause_s = self._timing.refused_pause_s
                self._listener.link_refused(self, self._reason)
            elif isinstance(event, Misbehaved):
                self._listener.link_misbehaved(self, event.reason)
            elif isinstance(event, Closed):
                closed = event.reason or "closed"
        self._listener.link_events(self, events)
        if closed:
            self._reason = self._reason or closed
            if self._transport is not None:
                self._cut_at = asyncio.get_running_loop().time() + self._timing.close_timeout_s
                self._transport.close()

    def _rest(self) -> None:
        now = asyncio.get_running_loop().time()
        if now < self._resting_until:
            return
        self._resting_until = now + self._throttle_pause_s
        self._listener.link_throttled(self, self._throttle_pause_s)
        self._throttle_pause_s = min(self._throttle_pause_s * 2, self._timing.longest_throttle_pause_s)


class _Wire(asyncio.Protocol):
    """The socket side of a link."""

    def __init__(self, link: SessionLink) -> None:
        self._link = link

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are no subclasses of asyncio's, so this cannot be asserted.
        self._link._connected(self, cast("asyncio.Transport", transport))

    def data_received(self, data: bytes) -> None:
        self._link._received(self, data)

    def connection_lost(self, exc: Exception | None) -> None:
        self._link._disconnected(self, exc)

    def pause_writing(self) -> None:
        self._link._may_write(self, writable=False)

    def resume_writing(self) -> None:
        self._link._may_write(self, writable=True)


def _keep_alive(transport: asyncio.Transport, silence_s: int) -> None:
    """Let the system find out that the peer's machine is gone: for protocols that have no word for asking."""
    line = transport.get_extra_info("socket")
    line.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in (("TCP_KEEPIDLE", silence_s), ("TCP_KEEPINTVL", max(1, silence_s // 3)), ("TCP_KEEPCNT", 3)):
        if hasattr(socket, option):
            line.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), value)


def _tls_context(endpoint: Endpoint) -> ssl.SSLContext | None:
    if not endpoint.tls:
        return None
    context = ssl.create_default_context(cafile=endpoint.tls_ca or None)
    if endpoint.tls_certificate:
        context.load_cert_chain(endpoint.tls_certificate, endpoint.tls_key or None)
    return context
