"""An SGIP link on real sockets: one connection of ours to submit on, and a port on which the gateway calls us.

SGIP asks in one direction only on a connection, from whoever opened it. So the gateway opens connections of its own
to bring SMS and reports: we listen for them as long as the link runs, whether or not we can submit.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import cast

from carriers.link import Link, LinkBasics, LinkListener
from carriers.session import Misbehaved, ReportArrived, SessionEvent, SmsArrived
from carriers.session_link import Endpoint, SessionLink
from carriers.sgip.carrier import SgipSession, Unanswered
from carriers.sgip.config import NO_CALLS, SgipConfig
from carriers.sgip.reception import SgipReception
from carriers.sgip.sequence import SequenceSource
from carriers.tap import Tap
from gateway.core.messages import Segment


@dataclass(frozen=True, slots=True)
class _Receipt:
    """The call a delivery came on, and its number there."""

    call: _Call
    sequence: bytes


class SgipLink:
    """A `carriers.link.Link`. State, line and room speak of submitting; `call_port` is where the gateway may call.

    `wall_clock` gives the time of day (aware); `first` is where the counter of our sequence numbers begins.
    """

    def __init__(
        self,
        basics: LinkBasics,
        config: SgipConfig,
        wall_clock: Callable[[], datetime],
        first: int | None = None,
    ) -> None:
        self.name = basics.name
        self.group = basics.group
        self.config = config
        self.call_port = NO_CALLS  # until the link listens
        self._listener = basics.listener
        self._timing = basics.timing
        sequences = SequenceSource(
            config.node_id,
            lambda: wall_clock().astimezone(config.zone),
            # Links of one node number apart: 32 bits hold all that they submit in the second they might share.
            secrets.randbits(32) if first is None else first,
        )
        unanswered = Unanswered()
        self._submitting = SessionLink(
            replace(basics, listener=_Relay(self, basics.listener)),
            Endpoint(config.host, config.port, keep_alive_s=config.keep_alive_s),
            lambda: SgipSession(config, sequences, unanswered, wall_clock),
        )
        self._networks = config.call_networks()
        self._server: asyncio.Server | None = None
        self._calls: set[_Call] = set()
        self._answered = asyncio.Event()  # something was, since it was last looked
        self._stopping = False

    # --- what the dispatcher uses ---------------------------------------------------------------------------

    @property
    def state(self) -> str:
        """One of down, connecting, up."""
        return self._submitting.state

    @property
    def line(self) -> int:
        """Which submitting connection this is; deliveries know the call they came on by themselves."""
        return self._submitting.line

    @property
    def is_up(self) -> bool:
        """Whether the gateway has let us in to submit."""
        return self._submitting.is_up

    @property
    def tap(self) -> Tap | None:
        """Hears what goes over the submitting connection, and what calls bring."""
        return self._submitting.tap

    @tap.setter
    def tap(self, tap: Tap | None) -> None:
        self._submitting.tap = tap

    @property
    def calls(self) -> int:
        """Calls of the gateway that have logged in."""
        return sum(call.reception.is_open for call in self._calls)

    def room(self) -> int:
        """Segments that may be submitted now."""
        return self._submitting.room()

    def submit(self, segment: Segment) -> None:
        """Queue a segment; call `flush()` after the last one. Only while `room()` is above 0."""
        self._submitting.submit(segment)

    def acknowledge(self, receipt: object, *, accepted: bool, line: int) -> None:
        """Answer a delivery on the call it came on; when that is over nothing is said, and it comes again."""
        assert isinstance(receipt, _Receipt)
        receipt.call.reception.acknowledge(receipt.sequence, accepted=accepted)
        self._answered.set()

    def flush(self) -> None:
        """Write what was queued."""
        self._submitting.flush()
        for call in list(self._calls):
            call.pump()

    # --- keeping it up --------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Listen for calls and keep the submitting connection up, until `stop()`."""
        self._stopping = False
        taking_calls = asyncio.create_task(self._take_calls())
        try:
            await self._submitting.run()
        finally:
            taking_calls.cancel()
            await asyncio.gather(taking_calls, return_exceptions=True)

    async def stop(self) -> None:
        """Take leave in order: what calls brought is answered and submits get their answers, for a few seconds."""
        self._stopping = True
        self._close_server()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._timing.close_timeout_s):
                while self._owes_answers():
                    self._answered.clear()
                    await self._answered.wait()
        self._hang_up("the link stops")
        await self._submitting.stop()

    async def _take_calls(self) -> None:
        if self.config.call_port == NO_CALLS:
            return
        try:
            await self._listen()
            assert self._server is not None
            self.call_port = self._server.sockets[0].getsockname()[1]
            while True:
                await asyncio.sleep(self._timing.tick_s)
                for call in list(self._calls):
                    call.tick()
        finally:
            self.call_port = NO_CALLS
            self._close_server()
            self._hang_up("the link stops")

    async def _listen(self) -> None:
        """Open the port; one that is taken now is tried again, for submitting goes on meanwhile."""
        loop = asyncio.get_running_loop()
        pause_s = self._timing.first_pause_s
        while True:
            try:
                # In two steps: a server that is made and then cancelled would keep its socket, known to nobody.
                self._server = await loop.create_server(
                    lambda: _Call(self), self.config.call_host or None, self.config.call_port, start_serving=False
                )
                await self._server.start_serving()
                return
            except OSError as error:
                self._close_server()
                self._listener.link_misbehaved(self, f"cannot listen for calls: {error}")
            await asyncio.sleep(pause_s)
            pause_s = min(pause_s * 2, self._timing.longest_pause_s)

    def _close_server(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None

    def _owes_answers(self) -> bool:
        return any(call.reception.pending for call in self._calls)

    def _hang_up(self, reason: str) -> None:
        for call in list(self._calls):
            call.hang_up(reason)

    # --- called by calls ------------------------------------------------------------------------------------

    def why_not(self, address: str) -> str:
        """Why a call from that address is not even listened to; "" when it is."""
        if self._stopping:
            return "the link stops"
        if not self._is_from_gateway(address):
            return f"a call from {address}, which is not in call_from"
        # As many more as may still have to prove who they are.
        return "too many calls at once" if len(self._calls) >= 2 * self.config.most_calls else ""

    def may_enter(self) -> bool:
        """Whether one more call may log in."""
        return self.calls < self.config.most_calls

    def tell(self, call: _Call, events: Sequence[SessionEvent]) -> None:
        """Pass on what a call brought."""
        arrived: list[SessionEvent] = []
        for event in events:
            if isinstance(event, SmsArrived | ReportArrived):
                assert isinstance(event.receipt, bytes)
                arrived.append(event._replace(receipt=_Receipt(call, event.receipt)))
            elif isinstance(event, Misbehaved):
                self.misbehaved(event.reason)
        if arrived:
            self._listener.link_events(self, arrived)

    def misbehaved(self, reason: str) -> None:
        """Pass on that a call did something wrong."""
        self._listener.link_misbehaved(self, reason)

    def _is_from_gateway(self, address: str) -> bool:
        if not self._networks:
            return True
        try:
            ip = ipaddress.ip_address(address.partition("%")[0])
        except ValueError:
            return False
        if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped is not None:
            ip = ip.ipv4_mapped
        return any(ip in network for network in self._networks)


class _Call(asyncio.Protocol):
    """The socket side of one call."""

    def __init__(self, link: SgipLink) -> None:
        self._link = link
        self._transport: asyncio.Transport | None = None
        self._cut_at = 0.0  # when to stop waiting for the last octets of a call that is over; 0 = not over
        self._tap: Tap | None = None  # hears of this call, beside the one that hears of the link
        self._tapped: Tap | None = None
        self.reception = SgipReception(link.config, self._now(), link.may_enter)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are no subclasses of asyncio's, so this cannot be asserted.
        self._transport = cast("asyncio.Transport", transport)
        peer = transport.get_extra_info("peername")
        reason = self._link.why_not(peer[0] if peer else "?")
        if reason:
            self._transport.abort()
            self._transport = None
            self._link.misbehaved(reason)
        else:
            self._link._calls.add(self)

    def data_received(self, data: bytes) -> None:
        if self._transport is not None:
            if tap := self._heard_by():
                tap.received(data)
            self.reception.receive(data, self._now())
            self.pump()

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self._link._calls.discard(self)
        if tap := self._heard_by():
            tap.closed()
        self.reception.close("the gateway closed the line")

    def pause_writing(self) -> None:
        # A peer that does not read its answers must not send more.
        if self._transport is not None:
            self._transport.pause_reading()

    def resume_writing(self) -> None:
        if self._transport is not None:
            self._transport.resume_reading()

    def tick(self) -> None:
        """Let time pass."""
        now = self._now()
        if self._cut_at and now >= self._cut_at and self._transport is not None:
            self._transport.abort()
            return
        self.reception.tick(now)
        self.pump()

    def hang_up(self, reason: str) -> None:
        """Write what is left and close."""
        self.reception.close(reason)
        self.pump()

    def pump(self) -> None:
        """Write what there is, tell what happened, close when it is over."""
        transport = self._transport
        if transport is None:
            return
        data = self.reception.data_to_send()
        if data and not transport.is_closing():
            if tap := self._heard_by():
                tap.sent(data)
            transport.write(data)
        events = self.reception.events()
        if events:
            self._link.tell(self, events)
        if self.reception.is_over and not self._cut_at:
            self._cut_at = self._now() + self._link._timing.close_timeout_s
            transport.close()

    def _heard_by(self) -> Tap | None:
        if self._link.tap is not self._tapped:
            self._tapped = self._link.tap
            self._tap = self._tapped.beside() if self._tapped is not None else None
        return self._tap

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()


class _Relay:
    """Hears of the submitting connection and says that it was the link."""

    def __init__(self, link: SgipLink, listener: LinkListener) -> None:
        self._link = link
        self._listener = listener

    def link_events(self, link: Link, events: Sequence[SessionEvent]) -> None:
        self._listener.link_events(self._link, events)

    def link_up(self, link: Link, peer: str) -> None:
        self._listener.link_up(self._link, peer)

    def link_down(self, link: Link, reason: str, retry_in_s: float) -> None:
        self._listener.link_down(self._link, reason, retry_in_s)

    def link_refused(self, link: Link, reason: str) -> None:
        self._listener.link_refused(self._link, reason)

    def link_misbehaved(self, link: Link, reason: str) -> None:
        self._listener.link_misbehaved(self._link, reason)

    def link_throttled(self, link: Link, pause_s: float) -> None:
        self._listener.link_throttled(self._link, pause_s)

    def link_ready(self, link: Link) -> None:
        self._listener.link_ready(self._link)
