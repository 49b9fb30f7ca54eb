"""A link to an MMS centre over MM7: submits side by side, and a door for what the centre brings. The shell.

There is no session to be let into, so the link is up when the centre's address takes a connection, and down when
connections fail in a row or the centre says that it does not know us. What was not sent is TEMPORARY; what was sent and
not answered is UNCERTAIN. What the centre brings is answered when it is on disk.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections import deque
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

from carriers.link import LinkBasics
from carriers.mm7 import incoming, outgoing
from carriers.mm7.authorisation import Guard
from carriers.mm7.client import Access, Answer, Client, Lost, Unreachable, tls_context
from carriers.mm7.config import NO_LISTENING, Mm7Config
from carriers.mm7.door import Cut, Door, Raw
from carriers.mm7.status import (
    CLIENT_ERROR,
    SUCCESS,
    UNAVAILABLE,
    Verdict,
    answer_to,
    verdict_of,
    verdict_of_http,
)
from carriers.session import MmsArrived, ReadArrived, ReportArrived, SessionEvent, SubmitAnswered
from gateway.core.errors import BadRequest, CaiyouError, ConfigError, MalformedPdu
from gateway.core.messages import Outcome, Segment
from mms.codec.mm7 import packaging
from mms.codec.mm7.envelope import Envelope
from mms.codec.mm7.messages import (
    DeliverReq,
    DeliveryReportReq,
    Fault,
    Message,
    ReadReplyReq,
    SubmitRsp,
)

#: A link that rests or has a rate looks up this often, seconds.
SHORT_TICK_S: Final = 0.05
#: Seconds until the centre is told to come later although the store may yet take it. Some wait no more than ten
#: (Sinch), and come again after minutes.
STORE_S: Final = 9.0


class Receipt:
    """What one request of the centre waits for."""

    def __init__(self) -> None:
        self._settled: asyncio.Future[bool] = asyncio.get_running_loop().create_future()

    def settle(self, *, accepted: bool) -> None:
        """It is on disk, or is not."""
        if not self._settled.done():
            self._settled.set_result(accepted)

    async def wait(self) -> bool:
        """Whether it is on disk; waits STORE_S at most."""
        try:
            async with asyncio.timeout(STORE_S):
                return await self._settled
        except TimeoutError:
            return False


class Mm7Link:
    """One account at a centre, a `carriers.link.Link`."""

    carries_mms = True

    def __init__(
        self,
        basics: LinkBasics,
        config: Mm7Config,
        clock: Callable[[], datetime],
        nonce: Callable[[], str] = lambda: secrets.token_hex(8),
    ) -> None:
        self.name = basics.name
        self.group = basics.group
        self.state = "down"  # down | connecting | up
        self.line = 0
        self._config = config
        self._dialect = config.how()
        self._listener = basics.listener
        self._timing = basics.timing
        self._jitter = basics.jitter
        self._clock = clock
        self._client = Client(_access(config), clock, nonce)
        self._door = Door(
            self._dialect,
            Guard(config.listen_auth, {config.listen_user: config.listen_password}, secrets.token_bytes(16)),
            (DeliverReq, DeliveryReportReq, ReadReplyReq),
            self._take,
            networks=config.networks(),
            max_octets=config.max_octets,
            is_vasp=True,
            misbehaved=self._misbehaved,
        )
        self._rate = basics.rate_per_s
        self._next_at = 0.0  # when the rate allows the next
        self._resting_until = 0.0
        self._rest_s = basics.timing.throttle_pause_s
        self._submitted: deque[Segment] = deque()  # with those that wait for a request under way to end
        self._requests: set[asyncio.Task[None]] = set()
        self._failures = 0  # connections that failed in a row
        self._pause_s = basics.timing.first_pause_s
        self._lost_because = ""
        self._changed = asyncio.Event()  # lost, or to stop
        self._stopping = False

    # --- what the dispatcher uses -------------------------------------------------------------------------------

    @property
    def is_up(self) -> bool:
        """Whether submits go out."""
        return self.state == "up"

    @property
    def port(self) -> int:
        """Where the centre may call, while the link runs."""
        return self._door.port

    def room(self) -> int:
        """MMS that may be submitted now: requests under way, rate and rest considered."""
        now = asyncio.get_running_loop().time()
        if self.state != "up" or now < self._resting_until:
            return 0
        free = max(0, self._config.parallel - len(self._requests) - len(self._submitted))
        if self._rate and free:
            return 1 if now >= self._next_at else 0
        return free

    def submit(self, segment: Segment) -> None:
        """Queue an MMS; call `flush()` after the last one. Only while `room()` is above 0."""
        self._submitted.append(segment)
        if self._rate:
            self._next_at = max(self._next_at, asyncio.get_running_loop().time()) + 1 / self._rate

    def acknowledge(self, receipt: object, *, accepted: bool, line: int) -> None:
        """Let the request that brought this be answered: with Success, or so that it comes again.

        A request has its own connection, so `line` says nothing here.
        """
        if isinstance(receipt, Receipt):
            receipt.settle(accepted=accepted)

    def flush(self) -> None:
        """Send what was queued."""
        while self._submitted and self.state == "up" and len(self._requests) < self._config.parallel:
            self._requests.add(asyncio.create_task(self._send(self._submitted.popleft())))

    # --- keeping it up ------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Be up, and come up again whenever the centre is gone, until `stop()`."""
        self._stopping = False
        try:
            while not self._stopping:
                reason = await self._hold()
                if self._stopping:
                    return
                self._changed.clear()
                pause_s = self._pause_s * (0.75 + self._jitter() / 2)
                self._pause_s = min(self._pause_s * 2, max(self._timing.longest_pause_s, self._pause_s))
                self._listener.link_down(self, reason, pause_s)
                await self._sleep(pause_s)
        finally:
            await self._close()

    async def stop(self) -> None:
        """Take no more, give requests under way a few seconds for their answers, close."""
        self._stopping = True
        self._changed.set()
        self.state = "down"
        self._give_back("the link stopped")
        if self._requests:
            await asyncio.wait({*self._requests}, timeout=self._timing.close_timeout_s)
        await self._close()

    async def _hold(self) -> str:
        """Reach the centre and stay up until it is lost; returns why it is not, or no longer, up."""
        self._changed.clear()
        self._lost_because = ""
        self.state = "connecting"
        try:
            if self._config.listen_port != NO_LISTENING:
                await self._door.open(self._config.listen_host, self._config.listen_port)
            self._client.open()
            await self._client.probe()
        except (Unreachable, OSError) as error:
            self.state = "down"
            return str(error) or type(error).__name__
        except Exception as error:
            # A link that ended here would stay down until somebody restarts the hub.
            self.state = "down"
            return f"{type(error).__name__}: {error}"
        if self._stopping:
            return ""
        self.state = "up"
        self.line += 1
        self._failures = 0
        self._listener.link_up(self, f"{self._dialect.title} at {self._config.url}")
        while not self._changed.is_set():
            is_watched = self._rate or self._resting_until
            await self._sleep(SHORT_TICK_S if is_watched else self._timing.tick_s)
            if not self._changed.is_set() and self.room() > 0:
                self._resting_until = 0.0
                self._listener.link_ready(self)
        self.state = "down"
        self._give_back(self._lost_because)
        if not self._stopping and self._requests:
            await asyncio.wait({*self._requests})
        return self._lost_because

    async def _close(self) -> None:
        self.state = "down"
        self._give_back("the link stopped")
        under_way = [*self._requests]
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)
        await self._door.close()
        await self._client.close()

    async def _sleep(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._changed.wait()

    def _lose(self, reason: str) -> None:
        if self.state == "up" and not self._changed.is_set():
            self._lost_because = reason
            self.state = "down"
            self._changed.set()

    # --- MMS to the centre --------------------------------------------------------------------------------------

    async def _send(self, segment: Segment) -> None:
        try:
            verdict = await self._ask(segment)
        except asyncio.CancelledError:
            self._answered(segment, Verdict(Outcome.UNCERTAIN, reason="stopped before the answer came"))
            raise
        except Exception as error:
            # Ours to mend; without an answer the message would hang for ever.
            self._answered(segment, Verdict(Outcome.UNCERTAIN, reason=f"{type(error).__name__}: {error}"[:200]))
        else:
            self._answered(segment, verdict)

    async def _ask(self, segment: Segment) -> Verdict:
        try:
            envelope = outgoing.submit_of(segment, self._config, self._dialect, self._clock())
            packed = packaging.pack(envelope, self._dialect)
        except CaiyouError as error:
            return Verdict(Outcome.PERMANENT, reason=str(error)[:200])
        try:
            answer = await self._client.ask(packed)
        except Unreachable as error:
            self._failures += 1
            if self._failures >= self._config.failures:
                self._lose(str(error))
            return Verdict(Outcome.TEMPORARY, reason=f"no connection: {error}"[:200])
        except Lost as error:
            return Verdict(Outcome.UNCERTAIN, reason=f"no answer: {error}"[:200])
        self._failures = 0
        verdict = self._read(answer, envelope.transaction_id, segment.recipient)
        self._note(verdict, answer)
        return verdict

    def _read(self, answer: Answer, transaction_id: str, recipient: str) -> Verdict:
        """What the answer says: the word of MM7 counts, whatever the status of HTTP is."""
        try:
            found = packaging.unpack(answer.content_type, answer.body, self._dialect)
        except MalformedPdu as error:
            if answer.status == 200:
                self._misbehaved(f"an answer that is no MM7: {error}")
            return verdict_of_http(answer.status, answer.retry_after_s, error.reason)
        if not isinstance(found.message, SubmitRsp | Fault):
            self._misbehaved(f"a submit was answered with {type(found.message).__name__}")
            return Verdict(Outcome.UNCERTAIN, reason=f"answered with {type(found.message).__name__}")
        if found.transaction_id and found.transaction_id != transaction_id:
            self._misbehaved(f"the answer to {transaction_id} names {found.transaction_id[:64]}")
        verdict = verdict_of(found.message, recipient)
        if verdict.outcome is Outcome.TEMPORARY and answer.status in (429, 503) and answer.retry_after_s is not None:
            return verdict._replace(outcome=Outcome.THROTTLED)
        return verdict

    def _note(self, verdict: Verdict, answer: Answer) -> None:
        """Learn from what the centre said how the link is."""
        now = asyncio.get_running_loop().time()
        if verdict.outcome is Outcome.THROTTLED and now >= self._resting_until:
            pause_s = max(answer.retry_after_s or 0.0, self._rest_s)
            self._rest_s = min(self._rest_s * 2, self._timing.longest_throttle_pause_s)
            self._resting_until = now + pause_s
            self._listener.link_throttled(self, pause_s)
        if verdict.outcome is Outcome.ACCEPTED:
            self._rest_s = self._timing.throttle_pause_s
            self._pause_s = self._timing.first_pause_s
        if verdict.is_refused and self.state == "up":
            reason = f"refused: {verdict.reason} (code {verdict.code})"
            self._pause_s = self._timing.refused_pause_s
            self._listener.link_refused(self, reason)
            self._lose(reason)

    def _answered(self, segment: Segment, verdict: Verdict) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._requests.discard(task)  # before the listener hears of it: it asks for room at once
        self.flush()
        self._tell([(segment, verdict)])

    def _give_back(self, reason: str) -> None:
        """Answer for what was never sent."""
        unsent = [*self._submitted]
        self._submitted.clear()
        if unsent:
            self._tell([(it, Verdict(Outcome.TEMPORARY, reason=f"not sent: {reason}")) for it in unsent])

    def _tell(self, verdicts: Sequence[tuple[Segment, Verdict]]) -> None:
        events: list[SessionEvent] = [
            SubmitAnswered(segment, it.outcome, (it.carrier_id,) if it.carrier_id else (), it.code, it.reason)
            for segment, it in verdicts
        ]
        self._listener.link_events(self, events)

    # --- what the centre brings ---------------------------------------------------------------------------------

    async def _take(self, _: str, envelope: Envelope, _address: str) -> Message | Raw | Cut:
        request = envelope.message
        receipt = Receipt()
        try:
            event = self._event_of(envelope, receipt)
        except BadRequest as error:
            return answer_to(request, CLIENT_ERROR, details=str(error))
        self._listener.link_events(self, [event])
        return answer_to(request, SUCCESS if await receipt.wait() else UNAVAILABLE)

    def _event_of(self, envelope: Envelope, receipt: Receipt) -> SessionEvent:
        ours = self._config.access_number
        match envelope.message:
            case DeliveryReportReq() as report:
                return ReportArrived(incoming.report_of(report, ours), receipt)
            case ReadReplyReq() as report:
                return ReadArrived(incoming.read_report_of(report, ours), receipt)
            case DeliverReq() as request:
                return MmsArrived(incoming.mms_of(envelope, request, ours), receipt)
        raise BadRequest("this is nothing a centre brings")  # the door lets in no other

    def _misbehaved(self, reason: str) -> None:
        self._listener.link_misbehaved(self, reason)


def _access(config: Mm7Config) -> Access:
    try:
        tls = tls_context(config.tls_ca, config.tls_certificate, config.tls_key) if config.url[4] == "s" else None
    except OSError as error:
        raise ConfigError(f"tls_ca, tls_certificate, tls_key: {error}") from error
    return Access(
        config.url,
        config.scheme(),
        config.user or config.vasp_id,
        config.password,
        config.parallel,
        config.connect_timeout_s,
        config.response_timeout_s,
        tls,
    )
