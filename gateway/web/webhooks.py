"""Webhooks: what happened is told to the members' own programs, at least once, until they say they have it.

A call is a row written in the transaction of the event. It is claimed with a lease, POSTed, and settled by the answer:
2xx is delivered, 410 is never again, everything else is tried later, for three days. A receiver that does not answer
makes only its own calls wait.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from dataclasses import dataclass
from typing import Final

import aiohttp

from gateway.core.errors import CaiyouError, Refused
from gateway.core.events import SmsReceived
from gateway.store.desk import BooksOfStore, Desk
from gateway.store.webhooks import Call
from gateway.web.egress import GuardedResolver, check_url
from gateway.web.signing import headers

#: Pauses between attempts of a call, seconds; the last one repeats.
PAUSES_S: Final = (5, 30, 120, 600, 1800, 3600, 7200, 14_400, 21_600)
#: How long a call is tried.
LIFETIME_MS: Final = 3 * 86_400_000
#: Pauses of a receiver that cannot be reached, seconds, by how often in a row; the last one repeats.
REST_S: Final = (0, 0, 2, 5, 15, 60)
#: Octets of an answer that are read.
MAX_ANSWER: Final = 1024
#: How often the loop looks although nobody woke it, seconds.
LOOK_EVERY_S: Final = 5.0
#: Pause after the store failed, seconds.
STORE_PAUSE_S: Final = 1.0


@dataclass(frozen=True, slots=True)
class WebhookConfig:
    """How members' programs are called."""

    #: Seconds a receiver may take to answer.
    timeout_s: float = 10.0
    #: Calls under way at the same time.
    concurrency: int = 64
    #: Calls under way to one webhook at the same time.
    per_webhook: int = 4
    #: Let webhooks point into private networks; only where every member is trusted.
    allow_private: bool = False


class WebhookLoop:
    """Makes the calls of this process."""

    def __init__(self, desk: Desk, config: WebhookConfig) -> None:
        self._desk = desk
        self._config = config
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._calls: set[asyncio.Task[None]] = set()
        self._busy: Counter[int] = Counter()  # webhook -> calls under way
        self._missed: Counter[int] = Counter()  # webhook -> times in a row it could not be reached
        self._rests: dict[int, float] = {}  # webhook -> when it is called again
        self._client: aiohttp.ClientSession | None = None
        desk.work_for_webhooks = self._wake.set

    async def start(self) -> None:
        """Begin to call."""
        config = self._config
        self._client = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                limit=config.concurrency,
                limit_per_host=config.per_webhook * 4,
                resolver=GuardedResolver(allow_private=config.allow_private),
                use_dns_cache=False,  # the guard looks at what is connected to, each time
            ),
            timeout=aiohttp.ClientTimeout(total=config.timeout_s),
            headers={"User-Agent": "caiyou-webhook/1", "Content-Type": "application/json"},
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            trust_env=False,
        )
        self._task = asyncio.create_task(self._run(), name="webhooks")

    async def stop(self) -> None:
        """Let calls that are under way end; those that do not are made again after their lease."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            self._task = None
        if self._calls:
            await asyncio.wait(self._calls, timeout=self._config.timeout_s + 1)
        for task in self._calls:
            task.cancel()
        if self._client is not None:
            await self._client.close()
            self._client = None

    async def _run(self) -> None:
        while True:
            self._wake.clear()
            try:
                pause_s = 0.0 if await self._claim() else await self._pause_s()
            except CaiyouError:
                await asyncio.sleep(STORE_PAUSE_S)
                continue
            except Exception as error:
                # Ours to mend; without this one bad row would end every webhook of the hub.
                self._desk.journal.task_failed("webhooks", f"{type(error).__name__}: {error}")
                await asyncio.sleep(STORE_PAUSE_S)
                continue
            if pause_s:
                # Not wait_for: when it is cancelled in the moment of a wake, it forgets the cancelling (Python 3.11).
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(pause_s):
                        await self._wake.wait()

    async def _claim(self) -> bool:
        """Claim what is due and begin to call; whether there may be more at once."""
        config = self._config
        room = config.concurrency - len(self._calls)
        if room <= 0:
            return False
        now = asyncio.get_running_loop().time()
        self._rests = {webhook_id: until for webhook_id, until in self._rests.items() if until > now}
        busy = dict(self._busy) | dict.fromkeys(self._rests, config.per_webhook)
        calls = await self._desk.commit(
            lambda books: books.webhooks.claim(
                room, lease_s=int(config.timeout_s) + 20, each=config.per_webhook, busy=busy
            )
        )
        for call in calls:
            self._busy[call.webhook_id] += 1
            task = asyncio.create_task(self._make(call))
            self._calls.add(task)
            task.add_done_callback(self._done)
        return bool(calls)

    async def _pause_s(self) -> float:
        """Seconds until something can be due without anybody telling."""
        due_ms = await self._desk.read(lambda books: books.webhooks.next_due_ms())
        now = asyncio.get_running_loop().time()
        waits = [LOOK_EVERY_S, *(until - now for until in self._rests.values())]
        if due_ms is not None and (wait_ms := due_ms - self._desk.now_ms()) > 0:
            waits.append(wait_ms / 1000)  # what is due already belongs to receivers that are busy or rest
        return max(0.05, min(waits))

    def _done(self, task: asyncio.Task[None]) -> None:
        self._calls.discard(task)
        self._wake.set()
        if not task.cancelled() and (error := task.exception()) is not None:
            self._desk.journal.task_failed("webhook-call", f"{type(error).__name__}: {error}")

    async def _make(self, call: Call) -> None:
        try:
            status, answer = await self._post(call)
            self._note(call.webhook_id, reached=status != 0)
            await self._settle(call, status, answer)
        finally:
            self._busy[call.webhook_id] -= 1
            if self._busy[call.webhook_id] <= 0:
                del self._busy[call.webhook_id]

    async def _post(self, call: Call) -> tuple[int, str]:
        """The status and first words of the answer; status 0 when there was none."""
        assert self._client is not None
        body = call.body.encode()
        signed = headers(call.secret, body, str(call.id), self._desk.now_ms() // 1000)
        try:
            url = check_url(call.url, allow_private=self._config.allow_private)
            async with self._client.post(url, data=body, headers=signed, allow_redirects=False) as response:
                words = await response.content.read(MAX_ANSWER)
                return response.status, words.decode("utf-8", "replace").replace("\x00", "")
        except (aiohttp.ClientError, OSError, TimeoutError, Refused, ValueError) as error:
            return 0, f"{type(error).__name__}: {error}"

    async def _settle(self, call: Call, status: int, answer: str) -> None:
        now_ms = self._desk.now_ms()
        words = " ".join(f"{status or ''} {answer}".split())
        due_ms = 0
        if 200 <= status < 300:
            state = "delivered"
        elif status == 410 or now_ms - call.created_ms >= LIFETIME_MS:
            state = "failed"
        else:
            state = "queued"
            due_ms = now_ms + PAUSES_S[min(call.attempt, len(PAUSES_S)) - 1] * 1000
        if state != "delivered":
            self._desk.journal.webhook_failed(call.id, words[:120])
        with contextlib.suppress(CaiyouError):  # unsettled, it is due again when its lease is over
            await self._desk.commit(lambda books: books.webhooks.settle(call.id, state, words, due_ms))

    def _note(self, webhook_id: int, *, reached: bool) -> None:
        if reached:
            self._missed.pop(webhook_id, None)
            return
        self._missed[webhook_id] += 1
        rest_s = REST_S[min(self._missed[webhook_id], len(REST_S)) - 1]
        if rest_s:
            self._rests[webhook_id] = asyncio.get_running_loop().time() + rest_s


def announce_sms(event: SmsReceived, books: BooksOfStore) -> None:
    """Tell webhooks of an SMS: those of accounts that proved the phone's number, and of whose notice it answers."""
    accounts = set(books.phones.accounts_of(event.sender))
    notice = books.notices.last_to(event.sender)
    if notice is not None:
        accounts.add(notice.account_id)
    if not accounts:
        return
    for webhook_ids in books.webhooks.wanted_by(accounts, "mo").values():
        for webhook_id in webhook_ids:
            books.aftermath.calls = True
            books.webhooks.call(
                webhook_id,
                {
                    "event": "mo",
                    "message_id": str(event.inbox_id),
                    "from": event.sender,
                    "to": event.recipient,
                    "text": event.text,
                    "at_ms": event.received_ms,
                },
            )
