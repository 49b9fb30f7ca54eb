"""A link to another MMS centre: mails there, a door for what comes from there. The shell.

An MMS counts as taken when the other centre answers it (MM4_forward.RES), or without `confirmed` when its mail server
has it. What was not handed over is TEMPORARY; what was, and is never answered, is UNCERTAIN. What comes in is answered
when it is on disk: first the mail, then, where that is asked for, the request in it.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine, Sequence
from datetime import datetime
from typing import Any, Final

from carriers.link import LinkBasics
from carriers.mm4 import incoming
from carriers.mm4.config import Mm4Config
from carriers.mm4.courier import Courier, Lost, Reply, Unreachable
from carriers.mm4.exchange import Exchange, Verdict, Waiting
from carriers.mm4.listener import Listener
from carriers.mm4.outgoing import Unpacked, carrier_id, forward_of, unpack
from carriers.mm4.status import LOGIN_CODES, outcome_of, outcome_of_reply
from carriers.session import MmsArrived, ReadArrived, ReportArrived, SessionEvent, SubmitAnswered
from gateway.core.errors import CaiyouError, MalformedPdu
from gateway.core.messages import Outcome, Segment
from mms.codec.device_address import device_address, read_address
from mms.codec.mm4 import (
    DeliveryReport,
    Forward,
    Message,
    ReadReport,
    RequestStatus,
    Response,
    response_to,
)
from mms.codec.mm4_mail import read_mm4, write_mm4

#: Pauses before an answer or report of ours is tried again, seconds; then the other centre has to ask again.
RETRY_PAUSES_S: Final = (5.0, 30.0, 120.0)
#: Answers and reports of ours that may wait to leave; more are dropped, and asked for again.
MAX_TELLING: Final = 200
#: A link that has a rate looks up this often, seconds.
SHORT_TICK_S: Final = 0.05
#: Seconds until a mail is put off although the store may yet take it.
STORE_S: Final = 60.0


class Receipt:
    """What one mail from the other centre waits for."""

    def __init__(self) -> None:
        self.settled: asyncio.Future[bool] = asyncio.get_running_loop().create_future()

    def settle(self, *, accepted: bool) -> None:
        """It is on disk, or is not."""
        if not self.settled.done():
            self.settled.set_result(accepted)


class Mm4Link:
    """Another MMS centre, a `carriers.link.Link`."""

    carries_mms = True

    def __init__(
        self,
        basics: LinkBasics,
        config: Mm4Config,
        clock: Callable[[], datetime],
        unpack: Callable[[bytes], Unpacked] = unpack,
    ) -> None:
        self.name = basics.name
        self.group = basics.group
        self.state = "down"  # down | connecting | up
        self.line = 0
        self._config = config
        self._listener = basics.listener
        self._timing = basics.timing
        self._jitter = basics.jitter
        self._clock = clock
        self._unpack = unpack
        self._courier = Courier(config)
        self._door = Listener(config, self._take, self._misbehaved)
        self._exchange = Exchange(config.answer_timeout_s, config.resends)
        self._submitted: list[Segment] = []
        self._sending: set[asyncio.Task[None]] = set()
        self._telling: set[asyncio.Task[None]] = set()
        self._places = asyncio.Semaphore(config.parallel)
        self._rate = basics.rate_per_s
        self._next_at = 0.0  # when the rate allows the next
        self._failures = 0
        self._pause_s = basics.timing.first_pause_s
        self._lost_because = ""
        self._changed = asyncio.Event()  # lost, or to stop
        self._ended = asyncio.Event()  # something under way has, since it was last looked
        self._leaving = asyncio.Event()  # to stop: nothing is tried again later
        self._stopping = False

    # --- what the dispatcher uses -------------------------------------------------------------------------------

    @property
    def is_up(self) -> bool:
        """Whether the other mail server lets us in."""
        return self.state == "up"

    @property
    def port(self) -> int:
        """Where the other centre may bring mails, while the link runs."""
        return self._door.port

    def room(self) -> int:
        """MMS that may be submitted now: the window and the rate considered."""
        if self.state != "up":
            return 0
        free = max(0, self._config.window - len(self._exchange) - len(self._submitted))
        if self._rate and free:
            return 1 if asyncio.get_running_loop().time() >= self._next_at else 0
        return free

    def submit(self, segment: Segment) -> None:
        """Queue an MMS; call `flush()` after the last one. Only while `room()` is above 0."""
        self._submitted.append(segment)
        if self._rate:
            self._next_at = max(self._next_at, asyncio.get_running_loop().time()) + 1 / self._rate

    def acknowledge(self, receipt: object, *, accepted: bool, line: int) -> None:
        """Let the mail that brought this be answered with 250, or 451 so that it comes again.

        It waits on a connection of its own, so `line` says nothing here.
        """
        if isinstance(receipt, Receipt):
            receipt.settle(accepted=accepted)

    def flush(self) -> None:
        """Send what was queued."""
        submitted, self._submitted = self._submitted, []
        for segment in submitted:
            self._send(segment)

    def tell(self, message: DeliveryReport | ReadReport) -> None:
        """Send a report about an MMS of the other centre; it is tried a few times, and forgotten when we stop."""
        recipients = tuple(device_address(one, self._config.peer_domain) for one in message.recipients)
        self._tell_peer(message, recipients)

    # --- keeping it up ------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Be up, and come up again whenever the other server is gone, until `stop()`."""
        self._stopping = False
        self._leaving.clear()
        try:
            while not self._stopping:
                reason = await self._hold()
                if self._stopping:
                    return
                self._changed.clear()
                pause_s = self._pause_s * (0.75 + self._jitter() / 2)
                self._pause_s = min(self._pause_s * 2, self._timing.longest_pause_s)
                self._listener.link_down(self, reason, pause_s)
                await self._sleep(pause_s)
        finally:
            if not self._stopping:
                await self._close()  # else stop() does, when answers have had their time

    async def stop(self) -> None:
        """Take no more, give mails under way a few seconds, close."""
        self._stopping = True
        self._changed.set()
        self.state = "down"
        self._leaving.set()
        try:
            async with asyncio.timeout(self._timing.close_timeout_s):
                while len(self._exchange) or self._telling:
                    self._ended.clear()
                    await self._ended.wait()
        except TimeoutError:
            pass
        finally:
            await self._close()

    async def _hold(self) -> str:
        """Reach the server and stay up until it is lost; returns why it is not, or no longer, up."""
        self._changed.clear()
        self._lost_because = ""
        self.state = "connecting"
        try:
            await self._door.open()
            peer = await self._courier.probe()
        except (Unreachable, OSError) as error:
            self.state = "down"
            return str(error) or type(error).__name__
        if self._stopping:
            return ""
        self.state = "up"
        self.line += 1
        self._failures = 0
        self._pause_s = self._timing.first_pause_s
        self._listener.link_up(self, peer)
        while not self._changed.is_set():
            await self._sleep(SHORT_TICK_S if self._rate else self._timing.tick_s)
            self._tick()
        self.state = "down"
        if not self._stopping:
            self._let_go(self._lost_because)
        return self._lost_because

    def _tick(self) -> None:
        now = asyncio.get_running_loop().time()
        for waiting in self._exchange.overdue(now):
            self._spawn(self._sending, self._carry(waiting, is_first=False))
        self._give_up(self._exchange.unanswered(now), "the other mail server took it, and no answer came")
        if self.room() > 0:
            self._listener.link_ready(self)

    async def _close(self) -> None:
        self.state = "down"
        under_way = [*self._sending, *self._telling]
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)
        self._let_go("the link stopped")
        await self._door.close(self._timing.close_timeout_s)
        self._courier.close()

    def _let_go(self, reason: str) -> None:
        """Answer for what was not sent, and for what has no answer."""
        unsent, self._submitted = self._submitted, []
        self._answer([Verdict(segment, Outcome.TEMPORARY, f"not sent: {reason}") for segment in unsent])
        self._give_up(self._exchange.clear(), f"no answer: {reason}")

    async def _sleep(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._changed.wait()

    def _lose(self, reason: str) -> None:
        if self.state == "up" and not self._changed.is_set():
            self._lost_because = reason
            self.state = "down"
            self._changed.set()

    # --- MMS to the other centre --------------------------------------------------------------------------------

    def _send(self, segment: Segment) -> None:
        config = self._config
        try:
            forward = forward_of(segment, self._unpack(segment.mms), config, self._clock())
            mail = write_mm4(forward, own_host=config.own_domain, peer_host=config.peer_domain)
        except CaiyouError as error:
            self._spawn(self._sending, self._refuse(segment, str(error)))
            return
        waiting = self._exchange.begin(forward.transaction_id, segment, mail)
        self._spawn(self._sending, self._carry(waiting, is_first=True))

    async def _refuse(self, segment: Segment, reason: str) -> None:
        self._answer([Verdict(segment, Outcome.PERMANENT, reason)])

    async def _carry(self, waiting: Waiting, *, is_first: bool) -> None:
        recipient = device_address(waiting.segment.recipient, self._config.peer_domain)
        try:
            reply = await self._hand_over((recipient,), waiting.mail)
        except asyncio.CancelledError:
            self._end(waiting, Outcome.UNCERTAIN, "stopped before the answer came")
            raise
        except Unreachable as error:
            self._failed(str(error))
            self._end(waiting, Outcome.TEMPORARY if is_first else Outcome.UNCERTAIN, f"no connection: {error}")
        except Exception as error:
            # Without an answer the message would hang for ever, whatever this is.
            reason = f"no reply: {error}" if isinstance(error, Lost) else f"{type(error).__name__}: {error}"
            self._end(waiting, Outcome.UNCERTAIN, reason)
        else:
            self._failures = 0
            self._replied(waiting, reply, is_first=is_first)

    def _replied(self, waiting: Waiting, reply: Reply, *, is_first: bool) -> None:
        outcome = outcome_of_reply(reply.code)
        if outcome is Outcome.ACCEPTED and self._config.confirmed:
            self._exchange.left(waiting, asyncio.get_running_loop().time())
            return
        if reply.code in LOGIN_CODES:
            self._listener.link_refused(self, f"{reply.code} {reply.text}")
            self._pause_s = self._timing.refused_pause_s
            self._lose(f"refused: {reply.code} {reply.text}")
        if outcome is not Outcome.ACCEPTED and not is_first:
            outcome = Outcome.UNCERTAIN  # the first copy was taken
        self._end(waiting, outcome, reply.text, reply.code)

    async def _hand_over(self, recipients: Sequence[str], mail: bytes) -> Reply:
        async with self._places:
            now = asyncio.get_running_loop().time()
            return await self._courier.carry(self._config.system, recipients, mail, now)

    def _failed(self, reason: str) -> None:
        self._failures += 1
        if self._failures >= self._config.failures:
            self._lose(reason)

    def _end(self, waiting: Waiting, outcome: Outcome, reason: str, code: int = 0) -> None:
        if self._exchange.is_open(waiting):
            self._exchange.end(waiting.transaction_id)
            self._answer([Verdict(waiting.segment, outcome, reason, code)])

    def _give_up(self, waiting: Sequence[Waiting], reason: str) -> None:
        self._answer([Verdict(one.segment, Outcome.UNCERTAIN, reason) for one in waiting])

    def _answer(self, verdicts: Sequence[Verdict]) -> None:
        events: list[SessionEvent] = [
            SubmitAnswered(
                one.segment,
                one.outcome,
                (carrier_id(one.segment, self._config),) if one.outcome is not Outcome.PERMANENT else (),
                one.code,
                one.reason,
            )
            for one in verdicts
        ]
        self._ended.set()
        if events:
            self._listener.link_events(self, events)

    # --- what the other centre brings ---------------------------------------------------------------------------

    async def _take(self, recipients: Sequence[str], mail: bytes) -> str:
        """File a mail; the reply of SMTP."""
        try:
            message = read_mm4(mail)
        except MalformedPdu as error:
            self._misbehaved(f"a mail that is no MM4: {error}")
            return f"554 5.6.0 This is no message of MM4: {error.reason}"
        if isinstance(message, Response):
            self._answered(message)
            return "250 2.0.0 OK"
        status = RequestStatus.OK
        receipt = Receipt()
        event = self._event_of(message, recipients, receipt)
        if event is None:
            status = RequestStatus.ADDRESS_UNRESOLVED
        else:
            self._listener.link_events(self, [event])
            if not await _is_settled(receipt):
                return "451 4.3.0 It could not be stored, try again later"
        if message.ack_request and message.originator_system:
            self._tell_peer(response_to(message, status, self._config.system), (message.originator_system,))
        return "250 2.0.0 OK"

    def _event_of(
        self, message: Forward | DeliveryReport | ReadReport, recipients: Sequence[str], receipt: Receipt
    ) -> SessionEvent | None:
        """What a request tells the hub; None when it is for nobody."""
        match message:
            case DeliveryReport():
                return ReportArrived(incoming.report_of(message), receipt)
            case ReadReport():
                return ReadArrived(incoming.read_report_of(message), receipt)
        hosts = {self._config.own_domain}
        numbers = tuple(dict.fromkeys(filter(None, (read_address(one, hosts) for one in recipients))))
        if not numbers:
            return None
        return MmsArrived(incoming.mms_of(message, numbers, self._clock()), receipt)

    def _answered(self, response: Response) -> None:
        waiting = self._exchange.end(response.transaction_id)
        if waiting is None:
            return  # to a report of ours, or a second time
        outcome = outcome_of(response.status)
        reason = " ".join(filter(None, (response.status, response.text)))
        self._answer([Verdict(waiting.segment, outcome, "" if response.is_ok else reason)])
        if self.room() > 0:
            self._listener.link_ready(self)

    # --- answers and reports of ours ----------------------------------------------------------------------------

    def _tell_peer(self, message: Message, recipients: tuple[str, ...]) -> None:
        if len(self._telling) >= MAX_TELLING:
            self._misbehaved("answers and reports do not get out; one was dropped")
            return
        self._spawn(self._telling, self._keep_telling(message, recipients))

    async def _keep_telling(self, message: Message, recipients: tuple[str, ...]) -> None:
        config = self._config
        try:
            mail = write_mm4(message, own_host=config.own_domain, peer_host=config.peer_domain)
        except CaiyouError as error:
            self._misbehaved(f"cannot be answered: {error}")
            return
        reason = ""
        for pause_s in (*RETRY_PAUSES_S, 0.0):
            try:
                reply = await self._hand_over(recipients, mail)
            except (Unreachable, Lost) as error:
                reason = str(error)
            else:
                outcome = outcome_of_reply(reply.code)
                if outcome is Outcome.ACCEPTED:
                    return
                reason = f"{reply.code} {reply.text}"
                if outcome is Outcome.PERMANENT:
                    break
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause_s):
                    await self._leaving.wait()
        self._misbehaved(f"an answer or report did not get out: {reason}")

    # --- tasks --------------------------------------------------------------------------------------------------

    def _spawn(self, tasks: set[asyncio.Task[None]], work: Coroutine[Any, Any, None]) -> None:
        def ended(task: asyncio.Task[None]) -> None:
            tasks.discard(task)
            self._ended.set()

        task = asyncio.create_task(work)
        tasks.add(task)
        task.add_done_callback(ended)

    def _misbehaved(self, reason: str) -> None:
        self._listener.link_misbehaved(self, reason)


async def _is_settled(receipt: Receipt) -> bool:
    try:
        async with asyncio.timeout(STORE_S):
            return await receipt.settled
    except TimeoutError:
        return False
