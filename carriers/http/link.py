"""A link to a provider behind HTTP: requests side by side, and a door for what the provider tells. The shell.

There is no session to be let into, so the link is up when the provider's address takes a connection, and down when
connections fail in a row or the provider says that it does not know us. What was not sent is TEMPORARY; what was sent
and not answered is UNCERTAIN.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import uuid
from collections import deque
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

import aiohttp
from yarl import URL

from carriers.http import description, response
from carriers.http.callback import Told, Turned, shared_id
from carriers.http.config import HttpConfig
from carriers.http.pace import Pace
from carriers.http.poll import Poll
from carriers.http.receiver import Delivery, Receiver
from carriers.http.request import Request
from carriers.http.response import Answer, Verdict
from carriers.http.values import Moment, moment_values, own_id, request_values
from carriers.link import LinkBasics
from carriers.session import ReportArrived, SessionEvent, SmsArrived, SubmitAnswered
from gateway.core.messages import DeliveryReport, Outcome, Segment

#: An unused connection is closed after this: less than servers have (nginx 75 s, Node.js 5 s), or a request would meet
#: a connection that is just being closed, and nobody would know its fate.
KEEPALIVE_S: Final = 4.0
#: A link that rests or has a rate looks up this often.
SHORT_TICK_S: Final = 0.05


def _nonce() -> str:
    return uuid.uuid4().hex


class HttpLink:
    """One account at a provider, a `carriers.link.Link`."""

    def __init__(
        self,
        basics: LinkBasics,
        config: HttpConfig,
        clock: Callable[[], datetime],
        nonce: Callable[[], str] = _nonce,
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
        self._nonce = nonce
        self._provider = description.load(config.provider)
        self._options = self._provider.option_values(config.options)
        self._base_url = self._provider.request.base_url(self._options, config.base_url)
        self._batch = config.batch or self._provider.batch
        self._pace = Pace(basics.rate_per_s, basics.timing)
        self._callback_values = self._options | {"access_number": config.access_number}
        self._receiver = Receiver(
            config,
            self._provider.webhooks,
            self._callback_values,
            shared_ids=self._provider.ids_are_shared,
            take=self._told,
            misbehaved=self._misbehaved,
        )
        self._tls = ssl.create_default_context(cafile=config.tls_ca or None) if self._base_url[4] == "s" else None
        self._client: aiohttp.ClientSession | None = None
        self._submitted: list[Segment] = []
        self._waiting: deque[list[Segment]] = deque()  # requests that wait for one under way to end
        self._requests: set[asyncio.Task[None]] = set()
        self._polls: list[asyncio.Task[None]] = []
        self._failures = 0  # connections that failed in a row
        self._pause_s = basics.timing.first_pause_s
        self._lost_because = ""
        self._changed = asyncio.Event()  # lost, or to stop
        self._stopping = False

    # --- what the dispatcher uses ---------------------------------------------------------------------------

    @property
    def is_up(self) -> bool:
        """Whether the provider takes connections and knows us."""
        return self.state == "up"

    @property
    def takes_data(self) -> bool:
        """Whether the provider's description has a place for the octets of a data SMS."""
        return self._provider.request.takes_data

    @property
    def webhook_port(self) -> int:
        """Where the door for what the provider tells is, while the link runs."""
        return self._receiver.port

    def room(self) -> int:
        """SMS that may be submitted now: requests under way, rate and rest considered."""
        if self.state != "up":
            return 0
        held = len(self._submitted) + sum(map(len, self._waiting))
        free = (self._config.parallel - len(self._requests)) * self._batch - held
        return self._pace.allows(max(0, free), asyncio.get_running_loop().time())

    def submit(self, segment: Segment) -> None:
        """Queue an SMS; call `flush()` after the last one. Only while `room()` is above 0."""
        self._submitted.append(segment)
        self._pace.spend()

    def acknowledge(self, receipt: object, *, accepted: bool, line: int) -> None:
        """Let the call that brought this be answered: as the description says, or with 503 so that it comes again.

        A call has its own connection, so `line` says nothing here.
        """
        if isinstance(receipt, Delivery):
            receipt.settle(accepted=accepted)

    def flush(self) -> None:
        """Send what was queued, SMS that differ in nothing but the recipient in one request."""
        submitted, self._submitted = self._submitted, []
        if self._batch == 1:
            self._waiting.extend([segment] for segment in submitted)
        else:
            together: dict[Segment, list[Segment]] = {}
            for segment in submitted:
                together.setdefault(segment._replace(message_id=0, recipient=""), []).append(segment)
            for alike in together.values():
                self._waiting.extend(alike[at : at + self._batch] for at in range(0, len(alike), self._batch))
        self._send_waiting()

    # --- keeping it up --------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Be up, and come up again whenever the provider is gone, until `stop()`."""
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

    async def _hold(self) -> str:
        """Reach the provider and stay up until it is lost; returns why it is not, or no longer, up."""
        self._changed.clear()
        self._lost_because = ""
        self.state = "connecting"
        try:
            await self._open()
            await self._probe()
        except (OSError, TimeoutError) as error:
            self.state = "down"
            return str(error) or "no connection in time"
        except Exception as error:
            # A link that ended here would stay down until somebody restarts the hub.
            self.state = "down"
            return f"{type(error).__name__}: {error}"
        if self._stopping:
            return ""
        self.state = "up"
        self.line += 1
        self._failures = 0
        self._listener.link_up(self, f"{self._provider.title} at {self._base_url}")
        if self._config.poll_every_s:
            self._polls = [asyncio.create_task(self._keep_asking(it)) for it in self._provider.polls]
        while not self._changed.is_set():
            await self._sleep(SHORT_TICK_S if self._pace.is_watched else self._timing.tick_s)
            if not self._changed.is_set() and self.room() > 0:
                self._listener.link_ready(self)
        self.state = "down"
        self._give_back(self._lost_because)
        under_way = {*self._requests, *self._polls}
        if not self._stopping and under_way:
            await asyncio.wait(under_way)
        return self._lost_because

    async def _open(self) -> None:
        config = self._config
        if config.webhook_port >= 0:
            await self._receiver.start()
        if self._client is None:
            self._client = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0, ssl=self._tls or True, keepalive_timeout=KEEPALIVE_S),
                timeout=aiohttp.ClientTimeout(
                    total=config.connect_timeout_s + config.response_timeout_s,
                    connect=config.connect_timeout_s,
                    sock_connect=config.connect_timeout_s,
                    sock_read=config.response_timeout_s,
                ),
                headers={"User-Agent": "caiyou", "Accept-Encoding": "identity"},
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                trust_env=False,
            )

    async def _probe(self) -> None:
        """See whether the provider's address takes a connection. Raises OSError, TimeoutError."""
        url = urlsplit(self._base_url)
        port = url.port or (80 if self._tls is None else 443)
        async with asyncio.timeout(self._config.connect_timeout_s):
            _, writer = await asyncio.open_connection(url.hostname, port, ssl=self._tls)
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()

    async def stop(self) -> None:
        """Take no more, give requests under way a few seconds for their answers, close."""
        self._stopping = True
        self._changed.set()
        self.state = "down"
        self._give_back("the link stopped")
        under_way = {*self._requests, *self._polls}
        if under_way:
            await asyncio.wait(under_way, timeout=self._timing.close_timeout_s)
        await self._close()

    async def _close(self) -> None:
        self.state = "down"
        self._give_back("the link stopped")
        under_way = [*self._requests, *self._polls]
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)
        self._polls = []
        await self._receiver.stop()
        client, self._client = self._client, None
        if client is not None:
            await client.close()

    async def _sleep(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._changed.wait()

    def _lose(self, reason: str) -> None:
        if self.state == "up" and not self._changed.is_set():
            self._lost_because = reason
            self.state = "down"
            self._changed.set()

    # --- requests -------------------------------------------------------------------------------------------

    def _send_waiting(self) -> None:
        while self._waiting and self.state == "up" and len(self._requests) < self._config.parallel:
            task = asyncio.create_task(self._send(self._waiting.popleft()))
            self._requests.add(task)

    async def _send(self, group: list[Segment]) -> None:
        try:
            verdicts = await self._ask(group)
        except asyncio.CancelledError:
            self._answered(group, _for_all(group, Outcome.UNCERTAIN, "stopped before the answer came"))
            raise
        except Exception as error:
            # Ours to mend; without an answer the messages would hang for ever.
            self._answered(group, _for_all(group, Outcome.UNCERTAIN, f"{type(error).__name__}: {error}"))
        else:
            self._answered(group, verdicts)

    async def _ask(self, group: list[Segment]) -> list[Verdict]:
        plan = self._provider.request
        if group[0].data and not plan.takes_data:
            return _for_all(group, Outcome.PERMANENT, f"{self._provider.title} takes no binary SMS")
        try:
            answer = await self._exchange(plan.build(self._base_url, self._values(group)))
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            self._failures += 1
            if self._failures >= self._config.failures:
                self._lose(str(error) or "no connection in time")
            return _for_all(group, Outcome.TEMPORARY, f"no connection: {error}")
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            return _for_all(group, Outcome.UNCERTAIN, f"no answer: {error or type(error).__name__}")
        self._failures = 0
        recipients = [segment.recipient for segment in group]
        verdicts = self._provider.response.verdicts(answer, recipients, [own_id(segment) for segment in group])
        self._note(verdicts, answer)
        return verdicts

    def _values(self, group: list[Segment]) -> dict[str, str]:
        fixed = self._receiver.addresses()
        if self._config.webhook_port < 0:
            fixed = dict.fromkeys(fixed, "")
            if not self._config.poll_every_s:
                group = [segment._replace(want_report=False) for segment in group]  # there is nowhere to send them
        moment = Moment(self._clock(), self._nonce())
        return request_values(group, self._config.access_number, self._options | fixed, moment)

    async def _exchange(self, request: Request) -> Answer:
        assert self._client is not None
        async with self._client.request(
            request.method,
            URL(request.url, encoded=True),
            headers=request.headers,
            data=request.body or None,
            allow_redirects=False,
            middlewares=(_ask_once,),
        ) as answer:
            parts: list[bytes] = []
            size = 0
            async for part in answer.content.iter_chunked(65536):
                parts.append(part)
                size += len(part)
                if size > response.MAX_ANSWER:
                    break
            after = response.retry_after_s(answer.headers.get("Retry-After", ""), self._clock())
            return Answer(answer.status, b"".join(parts)[: response.MAX_ANSWER], after)

    def _note(self, verdicts: Sequence[Verdict], answer: Answer) -> None:
        """Learn from what the provider said how the link is."""
        now = asyncio.get_running_loop().time()
        outcomes = {verdict.outcome for verdict in verdicts}
        if Outcome.THROTTLED in outcomes:
            pause_s = self._pace.rest(now, answer.retry_after_s)
            if pause_s is not None:
                self._listener.link_throttled(self, pause_s)
        if Outcome.ACCEPTED in outcomes:
            self._pace.taken(now)
            self._pause_s = self._timing.first_pause_s
        refused = next((verdict for verdict in verdicts if verdict.is_refused), None)
        if refused is not None and self.state == "up":
            reason = f"refused: {refused.reason} (code {refused.code})"
            self._pause_s = self._timing.refused_pause_s
            self._listener.link_refused(self, reason)
            self._lose(reason)

    def _answered(self, group: Sequence[Segment], verdicts: Sequence[Verdict]) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._requests.discard(task)  # before the listener hears of it: it asks for room at once
        self._send_waiting()
        self._tell(group, verdicts)

    def _give_back(self, reason: str) -> None:
        """Answer for what was never sent."""
        unsent = [segment for group in self._waiting for segment in group] + self._submitted
        self._waiting.clear()
        self._submitted.clear()
        if unsent:
            self._tell(unsent, _for_all(unsent, Outcome.TEMPORARY, f"not sent: {reason}"))

    def _tell(self, group: Sequence[Segment], verdicts: Sequence[Verdict]) -> None:
        events: list[SessionEvent] = []
        for segment, verdict in zip(group, verdicts, strict=True):
            ids = verdict.carrier_ids
            if self._provider.ids_are_shared:
                ids = tuple(shared_id(it, segment.recipient) for it in ids)
            events.append(SubmitAnswered(segment, verdict.outcome, ids, verdict.code, verdict.reason))
        self._listener.link_events(self, events)

    # --- what the provider tells ----------------------------------------------------------------------------

    def _told(self, told: Told, delivery: Delivery) -> None:
        events: list[SessionEvent] = [
            ReportArrived(one, delivery) if isinstance(one, DeliveryReport) else SmsArrived(one, delivery)
            for one in told.found
        ]
        self._listener.link_events(self, events)

    async def _keep_asking(self, poll: Poll) -> None:
        """Ask one question as long as the link is up; soon again while something comes."""
        while not self._changed.is_set():
            try:
                found = await self._ask_for(poll)
            except (Turned, aiohttp.ClientError, OSError, TimeoutError) as error:
                self._misbehaved(f"poll {poll.name}: {error or type(error).__name__}")
                found = False
            await self._sleep(min(1.0, self._config.poll_every_s) if found else self._config.poll_every_s)

    async def _ask_for(self, poll: Poll) -> bool:
        moment = Moment(self._clock(), self._nonce())
        answer = await self._exchange(poll.request.build(self._base_url, self._options | moment_values(moment)))
        told = poll.read(answer, self._callback_values, shared_ids=self._provider.ids_are_shared)
        for problem in told.problems:
            self._misbehaved(f"poll {problem}")
        # What was given out is gone at the provider: it is offered to the store until the store takes it.
        while told.found:
            if await self._is_on_disk(told) or self._stopping:
                break
            await asyncio.sleep(self._timing.first_pause_s)
        return bool(told.found)

    async def _is_on_disk(self, told: Told) -> bool:
        delivery = Delivery(len(told.found))
        self._told(told, delivery)
        return await delivery.wait()

    def _misbehaved(self, reason: str) -> None:
        self._listener.link_misbehaved(self, reason)


class _Unanswered(aiohttp.ClientError):
    """The request went out, at least in part, and the connection ended without an answer."""


async def _ask_once(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    """Keep aiohttp from sending a GET again that was not answered: the phone would get two."""
    try:
        return await handler(request)
    except aiohttp.ClientConnectorError:
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        raise _Unanswered(str(error)) from error


def _for_all(group: Sequence[Segment], outcome: Outcome, reason: str) -> list[Verdict]:
    return [Verdict(outcome, reason=" ".join(reason.split())[: response.MAX_REASON])] * len(group)
