"""A link: one line to a carrier, kept up. The only place where a carrier session meets a socket and a clock.

The link connects (TLS where asked), pumps bytes between the socket and the session, lets time pass for it, and when
the line is gone connects again after a pause that grows and is never the same for two links. What happens on the line
goes to the listener in the order it happened.
"""

from __future__ import annotations

import asyncio
import random
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, cast

from carriers.session import Bound, CarrierSession, Closed, LoginRefused, Misbehaved, SessionEvent, SubmitAnswered
from gateway.core.messages import Outcome, Segment

#: Pauses before connecting again, seconds: 1, 2, 4 … up to the last; each is varied by a quarter.
FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 60.0
#: After a login that was refused for good (wrong password) the carrier is not asked again for this long.
REFUSED_PAUSE_S = 300.0

#: How long a line is rested when the carrier says "too fast"; doubled each time it says so again, up to the last.
THROTTLE_PAUSE_S = 1.0
LONGEST_THROTTLE_PAUSE_S = 30.0

CONNECT_TIMEOUT_S = 15.0
CLOSE_TIMEOUT_S = 5.0


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a carrier listens."""

    host: str
    port: int
    tls: bool = False
    tls_ca: str = ""  # file with the carrier's certificate authority; "" = those of the system
    tls_certificate: str = ""  # our own certificate and key, where the carrier wants one
    tls_key: str = ""


class LinkListener(Protocol):
    """Who hears of a link. Called on the event loop; must not block."""

    def link_events(self, link: Link, events: Sequence[SessionEvent]) -> None:
        """Answers, deliveries and reports, in order."""

    def link_up(self, link: Link, peer: str) -> None:
        """The carrier let us in."""

    def link_down(self, link: Link, reason: str, retry_in_s: float) -> None:
        """The line is gone; every unanswered submit has been told of in `link_events` before."""

    def link_refused(self, link: Link, reason: str) -> None:
        """The carrier does not let us in."""

    def link_misbehaved(self, link: Link, reason: str) -> None:
        """The carrier sent something wrong that was survived."""

    def link_throttled(self, link: Link, pause_s: float) -> None:
        """The carrier said "too fast"; the link rests."""

    def link_ready(self, link: Link) -> None:
        """There is room for more submits."""


class Link:
    """One line to a carrier. `run()` keeps it up until it is cancelled or `stop()` is called."""

    def __init__(
        self,
        name: str,
        group: str,
        endpoint: Endpoint,
        make_session: Callable[[], CarrierSession],
        listener: LinkListener,
        *,
        rate_per_s: float = 0.0,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self.name = name
        self.group = group
        self.endpoint = endpoint
        self.state = "down"  # down | connecting | up
        self._make_session = make_session
        self._listener = listener
        self._jitter = jitter
        self._rate = rate_per_s  # segments a second; 0 = as fast as the carrier answers
        self._allowance = rate_per_s
        self._allowance_at = 0.0
        self._session: CarrierSession | None = None
        self._transport: asyncio.Transport | None = None
        self._writable = True
        self._pumping = False
        self._resting_until = 0.0
        self._throttle_pause_s = THROTTLE_PAUSE_S
        self._pause_s = FIRST_PAUSE_S
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

    def acknowledge(self, receipt: object, *, accepted: bool) -> None:
        """Answer a delivery, now that it is on disk (or could not be put there); call `flush()` after the last one."""
        if self._session is not None:
            self._session.acknowledge(receipt, accepted=accepted)

    def flush(self) -> None:
        """Write what was queued."""
        self._pump()

    def _refill(self, now: float) -> None:
        self._allowance = min(self._allowance + (now - self._allowance_at) * self._rate, max(self._rate, 1.0))
        self._allowance_at = now

    # --- keeping it up --------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Connect, and connect again whenever the line is gone, until `stop()`."""
        loop = asyncio.get_running_loop()
        while not self._stopping:
            self.state = "connecting"
            self._reason = ""
            self._over = asyncio.Event()
            try:
                async with asyncio.timeout(CONNECT_TIMEOUT_S):
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
            except (OSError, TimeoutError, ssl.SSLError) as error:
                self._reason = str(error) or "no connection in time"
            finally:
                self._abort()
            if self._stopping:
                break
            pause_s = self._pause_s * (0.75 + self._jitter() / 2)
            self._pause_s = min(self._pause_s * 2, LONGEST_PAUSE_S)
            self.state = "down"
            self._listener.link_down(self, self._reason, pause_s)
            await asyncio.sleep(pause_s)
        self.state = "down"

    async def stop(self) -> None:
        """Take leave in order: unanswered submits get a few seconds, then the line is closed."""
        self._stopping = True
        if self._session is None or self._over is None:
            return
        self._session.close(asyncio.get_running_loop().time())
        self._pump()
        try:
            async with asyncio.timeout(CLOSE_TIMEOUT_S):
                await self._over.wait()
        except TimeoutError:
            self._abort()

    def _next_tick_s(self) -> float:
        # A resting or rate-limited link must look up sooner than once a second, or it would run in bursts.
        return 0.05 if self._rate or self._resting_until else 0.5

    def _tick(self) -> None:
        if self._session is None:
            return
        now = asyncio.get_running_loop().time()
        if self._resting_until and now >= self._resting_until:
            self._resting_until = 0.0
        self._session.tick(now)
        self._pump()
        if self.room() > 0:
            self._listener.link_ready(self)

    # --- called by the wire ---------------------------------------------------------------------------------

    def _connected(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._writable = True
        self._session = self._make_session()
        self._session.start(asyncio.get_running_loop().time())
        self._pump()

    def _received(self, data: bytes) -> None:
        if self._session is not None:
            self._session.receive(data, asyncio.get_running_loop().time())
            self._pump()

    def _disconnected(self, error: Exception | None) -> None:
        self._reason = self._reason or (str(error) if error else "the carrier closed the line")
        self._lose_session()
        if self._over is not None:
            self._over.set()

    def _lose_session(self) -> None:
        session, self._session = self._session, None
        self._transport = None
        self.state = "down"
        if session is not None:
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
                elif event.outcome is Outcome.ACCEPTED and not self._resting_until:
                    self._throttle_pause_s = THROTTLE_PAUSE_S
            elif isinstance(event, Bound):
                self.state = "up"
                self._pause_s = FIRST_PAUSE_S
                self._allowance, self._allowance_at = self._rate, asyncio.get_running_loop().time()
                self._listener.link_up(self, event.peer)
            elif isinstance(event, LoginRefused):
                self._reason = f"login refused: {event.reason} (code {event.code})"
                if event.permanent:
                    self._pause_s = REFUSED_PAUSE_S
                self._listener.link_refused(self, self._reason)
            elif isinstance(event, Misbehaved):
                self._listener.link_misbehaved(self, event.reason)
            elif isinstance(event, Closed):
                closed = event.reason or "closed"
        self._listener.link_events(self, events)
        if closed:
            self._reason = self._reason or closed
            if self._transport is not None:
                self._transport.close()

    def _rest(self) -> None:
        now = asyncio.get_running_loop().time()
        if now < self._resting_until:
            return
        self._resting_until = now + self._throttle_pause_s
        self._listener.link_throttled(self, self._throttle_pause_s)
        self._throttle_pause_s = min(self._throttle_pause_s * 2, LONGEST_THROTTLE_PAUSE_S)


class _Wire(asyncio.Protocol):
    """The socket side of a link."""

    def __init__(self, link: Link) -> None:
        self._link = link

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are no subclasses of asyncio's, so this cannot be asserted.
        self._link._connected(cast("asyncio.Transport", transport))

    def data_received(self, data: bytes) -> None:
        self._link._received(data)

    def connection_lost(self, exc: Exception | None) -> None:
        self._link._disconnected(exc)

    def pause_writing(self) -> None:
        self._link._writable = False

    def resume_writing(self) -> None:
        self._link._writable = True
        self._link._listener.link_ready(self._link)


def _tls_context(endpoint: Endpoint) -> ssl.SSLContext | None:
    if not endpoint.tls:
        return None
    context = ssl.create_default_context(cafile=endpoint.tls_ca or None)
    if endpoint.tls_certificate:
        context.load_cert_chain(endpoint.tls_certificate, endpoint.tls_key or None)
    return context
