"""The operator's MMS centre: MM7 on a real socket, phones that fetch, reports, and faults on demand."""

from __future__ import annotations

import asyncio
import itertools
from collections import deque
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from carriers.mm7.centre import Centre
from carriers.mm7.client import Access
from carriers.mm7.door import Cut, Raw
from carriers.mm7.status import SUCCESS, UNAVAILABLE, UNSUPPORTED_OPERATION, answer_to, status
from carriers.simulator.config import Account
from carriers.simulator.faults import longest_prefix
from carriers.simulator.operator import MOST_SENDS, Operator
from gateway.core.errors import NotFound
from mms.codec.mm7 import dialect as dialects
from mms.codec.mm7.envelope import Envelope
from mms.codec.mm7.messages import DeliverReq, DeliveryReportReq, Fault, Message, ReadReplyReq, Request, SubmitReq
from mms.codec.mm7.values import Address, Recipients
from mms.content import Body

#: Words that `report_state` has for SMS and what a centre says in their place.
STATUSES: Final = {
    "DELIVRD": "Retrieved",
    "EXPIRED": "Expired",
    "REJECTD": "Rejected",
    "UNDELIV": "Unrecognised",
    "DEFER": "Deferred",
    "FORWARD": "Forwarded",
    "UNKNOWN": "Indeterminate",
}
GARBAGE: Final = b"<env:Envelope><env:Body><SubmitRsp><Status>"


@dataclass(frozen=True, slots=True)
class ReceivedMms:
    """An MMS as a phone got it."""

    number: str
    sender: str
    subject: str
    body: Body
    message_id: str
    account: str
    at: datetime
    repeated: bool = False  # the same transaction once more


class Mmsc:
    """One centre for all accounts of MM7."""

    def __init__(self, operator: Operator) -> None:
        config = operator.config
        self._operator = operator
        self._faults = operator.faults
        self._clock: Callable[[], datetime] = operator.wall_clock
        self._accounts = {it.name: it for it in config.accounts if it.protocol == "mm7"}
        self._centre = Centre(
            dialects.load(config.mm7_dialect),
            scheme=config.mm7_auth,
            passwords={it.name: it.secret for it in self._accounts.values()},
            take=self._take,
            clock=self._clock,
            misbehaved=self._misbehaved,
        )
        #: What phones got, the oldest go first.
        self.received: deque[ReceivedMms] = deque(maxlen=config.keep_handsets)
        self._seen: set[tuple[str, str]] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._ids = itertools.count(1)
        self._judged = 0
        self._answers = 0
        self._throttled_until = 0.0

    async def start(self, host: str, port: int) -> int:
        """Listen; the port. Raises OSError when it is taken."""
        await self._centre.open(host, port)
        return self._centre.port

    async def stop(self) -> None:
        """Close; reports under way are dropped."""
        tasks = [*self._tasks]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._centre.close()

    def say(self, number: str, body: Body, *, subject: str = "", to: str = "", linked_id: str = "") -> None:
        """A phone sends an MMS to a service. Raises NotFound when no account has that number."""
        to = to or self._operator.config.access_number
        account = next((it for it in self._accounts.values() if to.startswith(self._number_of(it))), None)
        if account is None or not account.call_port:
            raise NotFound(f"{to}: no account of MM7 has that number and is called")
        request = DeliverReq(
            server_id="simulator",
            linked_id=linked_id,
            sender=Address(self._operator.number(number)),
            recipients=Recipients((Address(to),)),
            timestamp=self._clock(),
            subject=subject,
        )
        self._operator.counters.messages_written += 1
        self._spawn(self._bring(account, request, body))

    # --- submits ------------------------------------------------------------------------------------------------

    async def _take(self, user: str, envelope: Envelope, _address: str) -> Message | Raw | Cut:
        request = envelope.message
        account = self._accounts.get(user) or next(iter(self._accounts.values()), None)
        if account is None or self._faults.refuse_login:
            self._operator.counters.logins_refused += 1
            return Raw(401)
        if not isinstance(request, SubmitReq):
            return answer_to(request, UNSUPPORTED_OPERATION)
        answer = self._judged_answer(request)
        if answer is None:
            answer = self._accepted(account, envelope, request)
        if self._faults.answer_delay_s:
            await asyncio.sleep(self._faults.answer_delay_s)
        return self._spoilt(answer)

    def _judged_answer(self, request: SubmitReq) -> Message | Raw | None:
        """What a submit is refused with, or None."""
        faults, counters = self._faults, self._operator.counters
        now = asyncio.get_running_loop().time()
        counters.submits += len(request.recipients.all)
        self._judged += 1
        if faults.throttle_every_n and self._judged % faults.throttle_every_n == 0:
            self._throttled_until = now + faults.throttle_for_s
            counters.throttled += 1
            return Raw(503, head=(("Retry-After", "1"),))
        if now < self._throttled_until:
            counters.throttled += 1
            return answer_to(request, UNAVAILABLE)
        if faults.http_status:
            return Raw(faults.http_status)
        code = faults.unknown_status
        for address in request.recipients.all:
            code = code or longest_prefix(faults.refuse_numbers, self._operator.number(address.value)) or 0
        if not code:
            return None
        counters.refused += 1
        if faults.soap_faults:
            return Fault(status=status(code), fault_code="Server" if code // 1000 in (3, 4) else "Client")
        return answer_to(request, code)

    def _accepted(self, account: Account, envelope: Envelope, request: SubmitReq) -> Message:
        operator = self._operator
        moment = self._clock()
        message_id = f"{moment:%m%d%H%M%S}{next(self._ids):010d}"
        key = (account.name, envelope.transaction_id)
        repeated = key in self._seen
        operator.counters.repeated += repeated
        self._seen.add(key)
        sender = request.sender.address
        for address in request.recipients.all:
            number = operator.number(address.value)
            operator.counters.accepted += 1
            if not operator.config.count_only:
                self.received.append(
                    ReceivedMms(
                        number,
                        sender.value if sender is not None else "",
                        request.subject,
                        envelope.body or Body(()),
                        message_id,
                        account.name,
                        moment,
                        repeated,
                    )
                )
            operator.tell("mms", number=number, account=account.name, subject=request.subject, id=message_id)
            if account.call_port and not self._faults.report_never:
                self._spawn(self._report(account, message_id, request, address))
        return answer_to(request, SUCCESS, message_id=message_id)

    def _spoilt(self, answer: Message | Raw) -> Message | Raw | Cut:
        """The answer, or what a fault makes of it."""
        faults = self._faults
        self._answers += 1
        if faults.drop_line_mid_pdu or faults.silent:
            return Cut()
        if faults.never_answer_every_n and self._answers % faults.never_answer_every_n == 0:
            self._operator.counters.unanswered += 1
            return Cut()
        if faults.garbage_bytes_every_n and self._answers % faults.garbage_bytes_every_n == 0:
            return Raw(200, GARBAGE, (("Content-Type", "text/xml"),))
        return answer

    # --- what the account is told -------------------------------------------------------------------------------

    async def _report(self, account: Account, message_id: str, request: SubmitReq, address: Address) -> None:
        faults, delay_s = self._faults, self._operator.config.report_delay_s
        if not faults.report_before_response:
            await asyncio.sleep(faults.answer_delay_s + delay_s)
        number = self._operator.number(address.value)
        word = longest_prefix(faults.report_state, number) or "DELIVRD"
        sender = request.sender.address or Address(self._number_of(account))
        if request.delivery_report:
            self._operator.counters.reports_made += 1
            report = DeliveryReportReq(
                server_id="simulator",
                message_id=message_id,
                recipient=address,
                sender=sender,
                date=self._clock(),
                mm_status=STATUSES.get(word, word),
            )
            for _ in range(2 if faults.report_twice else 1):
                await self._bring(account, report)
        if request.read_reply and word == "DELIVRD":
            await asyncio.sleep(delay_s)
            await self._bring(
                account,
                ReadReplyReq(
                    message_id=message_id, recipient=address, sender=sender, timestamp=self._clock(), mm_status="Read"
                ),
            )

    async def _bring(self, account: Account, request: Request, body: Body | None = None) -> None:
        """Until the account takes it, three times in all."""
        counters = self._operator.counters
        is_message = isinstance(request, DeliverReq)
        envelope = Envelope(f"sim{next(self._ids):010d}", request, body)
        access = Access(
            f"http://{account.call_host}:{account.call_port}/",
            "basic" if account.call_name else "none",
            account.call_name,
            account.call_secret,
        )
        for sends in range(1, MOST_SENDS + 1):
            if is_message:
                counters.messages_sent += 1
            else:
                counters.reports_sent += 1
            told = await self._centre.tell(access, envelope)
            if told.is_taken:
                counters.messages_acknowledged += is_message
                counters.reports_acknowledged += not is_message
                return
            counters.deliveries_refused += 1
            self._operator.tell("delivery_refused", account=account.name, code=told.code, sends=sends)
            await asyncio.sleep(self._operator.config.repeat_s)
        counters.deliveries_given_up += 1

    # --- the rest -----------------------------------------------------------------------------------------------

    def _number_of(self, account: Account) -> str:
        return self._operator.config.access_number_of(account)

    def _misbehaved(self, reason: str) -> None:
        self._operator.counters.peer_errors += 1
        self._operator.tell("erred", reason=reason)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
