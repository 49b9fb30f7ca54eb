"""Another operator's MMS centre: MM4 on real sockets, phones that fetch, reports, and faults on demand."""

from __future__ import annotations

import asyncio
import itertools
from collections import deque
from collections.abc import Coroutine, Sequence
from typing import Any, Final

from carriers.mm4.config import Mm4Config
from carriers.mm4.courier import Courier, Lost, Unreachable
from carriers.mm4.listener import Listener
from carriers.simulator.config import Account
from carriers.simulator.faults import longest_prefix
from carriers.simulator.mmsc import STATUSES, ReceivedMms
from carriers.simulator.operator import MOST_SENDS, Operator
from gateway.core.errors import BadRequest, MalformedPdu, NotFound
from mms.codec.device_address import device_address, read_address
from mms.codec.mm4 import (
    DeliveryReport,
    Forward,
    Message,
    MmStatus,
    ReadReport,
    RequestStatus,
    Response,
    response_to,
)
from mms.codec.mm4_mail import read_mm4, write_mm4
from mms.content import Body

#: In this order codes of `refuse_numbers` stand for words: 1 is Error-unspecified.
REFUSALS: Final = tuple(RequestStatus)
GARBAGE: Final = b"Subject: out of office\r\n\r\nI am away.\r\n"


class Mm4Centre:
    """One centre, and the hub that is its peer: the account of MM4."""

    def __init__(self, operator: Operator, account: Account) -> None:
        config = operator.config
        self._operator = operator
        self._faults = operator.faults
        self._account = account
        self._options = Mm4Config(
            peer_domain=account.name,
            own_domain=config.mm4_domain,
            host=account.call_host,
            port=account.call_port or 25,
            listen_host=config.host,
            listen_port=config.mm4_port,
            listen_allow=("0.0.0.0/0", "::/0"),
            listen_user=account.name if account.secret else "",
            listen_password=account.secret,
        )
        self._door = Listener(self._options, self._take, self._misbehaved)
        self._courier = Courier(self._options)
        #: What phones got, the oldest go first.
        self.received: deque[ReceivedMms] = deque(maxlen=config.keep_handsets)
        #: What the hub told of MMS of our phones.
        self.told: deque[DeliveryReport | ReadReport] = deque(maxlen=config.keep_handsets)
        self._seen: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._ids = itertools.count(1)
        self._judged = 0
        self._answers = 0

    async def start(self) -> int:
        """Listen; the port. Raises OSError when it is taken."""
        await self._door.open()
        return self._door.port

    async def stop(self) -> None:
        """Close; reports under way are dropped."""
        tasks = [*self._tasks]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._door.close(1.0)
        self._courier.close()

    def say(self, number: str, body: Body, *, subject: str = "", to: str = "") -> None:
        """A phone sends an MMS to a number of the hub. Raises NotFound when nobody listens there."""
        if not self._account.call_port:
            raise NotFound(f"{self._account.name}: the account has no port to be called on")
        transaction = f"sim{next(self._ids)}"
        forward = Forward(
            transaction,
            f"{transaction}@{self._options.own_domain}",
            self._operator.number(number),
            (to or self._operator.config.access_number_of(self._account),),
            self._operator.wall_clock(),
            self._options.system,
            body=body,
            subject=subject,
            delivery_report=True,
            read_reply=True,
        )
        self._operator.counters.messages_written += 1
        self._spawn(self._bring(forward, forward.recipients))

    # --- what the hub brings ------------------------------------------------------------------------------------

    async def _take(self, recipients: Sequence[str], mail: bytes) -> str:
        faults, counters = self._faults, self._operator.counters
        try:
            message = read_mm4(mail)
        except MalformedPdu as error:
            self._misbehaved(str(error))
            return "554 5.6.0 This is no message of MM4"
        if isinstance(message, Response):
            return "250 2.0.0 OK"
        if not isinstance(message, Forward):
            self.told.append(message)
            self._answer(message, RequestStatus.OK)
            return "250 2.0.0 OK"
        numbers = [read_address(one, {self._options.own_domain}) for one in recipients]
        counters.submits += len(numbers)
        self._judged += 1
        if faults.throttle_every_n and self._judged % faults.throttle_every_n == 0:
            counters.throttled += 1
            return "451 4.7.0 Too fast"
        plain = map(self._operator.number, numbers)
        code = next((code for one in plain if (code := longest_prefix(faults.refuse_numbers, one))), 0)
        if code or faults.unknown_status:
            counters.refused += 1
            self._answer(message, REFUSALS[min(code, len(REFUSALS) - 1)] if code else None)
            return "250 2.0.0 OK"
        for number in numbers:
            self._accept(message, number)
        self._answer(message, RequestStatus.OK)
        return "250 2.0.0 OK"

    def _accept(self, message: Forward, number: str) -> None:
        operator = self._operator
        repeated = message.mms_id in self._seen
        self._seen.add(message.mms_id)
        operator.counters.repeated += repeated
        operator.counters.accepted += 1
        if not operator.config.count_only:
            self.received.append(
                ReceivedMms(
                    number, message.sender, message.subject, message.body, message.mms_id, self._account.name,
                    operator.wall_clock(), repeated,
                )
            )  # fmt: skip
        operator.tell("mms", number=number, account=self._account.name, subject=message.subject, id=message.mms_id)
        if self._account.call_port and not self._faults.report_never:
            self._spawn(self._report(message, number))

    def _answer(self, message: Forward | DeliveryReport | ReadReport, status: RequestStatus | None) -> None:
        """Answer a request; None stands for a word nobody knows."""
        faults = self._faults
        self._answers += 1
        if not message.ack_request or not message.originator_system:
            return
        if faults.never_answer_every_n and self._answers % faults.never_answer_every_n == 0:
            self._operator.counters.unanswered += 1
            return
        answer = response_to(message, status or RequestStatus.UNSPECIFIED, self._options.system)
        mail = self._written(answer)
        if status is None:
            mail = mail.replace(b"Error-unspecified", f"Error-{faults.unknown_status}".encode())
        if faults.garbage_bytes_every_n and self._answers % faults.garbage_bytes_every_n == 0:
            mail = GARBAGE
        for _ in range(2 if faults.answer_twice else 1):
            self._spawn(self._carry(mail, (message.originator_system,), faults.answer_delay_s))

    # --- what the hub is told -----------------------------------------------------------------------------------

    async def _report(self, message: Forward, number: str) -> None:
        faults, delay_s = self._faults, self._operator.config.report_delay_s
        if not faults.report_before_response:
            await asyncio.sleep(faults.answer_delay_s + delay_s)
        word = longest_prefix(faults.report_state, self._operator.number(number)) or "DELIVRD"
        named = STATUSES.get(word, word).lower()
        status = next((one for one in MmStatus if one.value.lower() == named), MmStatus.INDETERMINATE)
        clock, system = self._operator.wall_clock, self._options.system
        if message.delivery_report:
            self._operator.counters.reports_made += 1
            for _ in range(2 if faults.report_twice else 1):
                report = DeliveryReport(
                    f"sim{next(self._ids)}", message.mms_id, number, (message.sender,), clock(), system, status=status
                )
                await self._bring(report, report.recipients)
        if message.read_reply and status is MmStatus.RETRIEVED:
            await asyncio.sleep(delay_s)
            read = ReadReport(f"sim{next(self._ids)}", message.mms_id, number, (message.sender,), clock(), system)
            await self._bring(read, read.recipients)

    async def _bring(self, message: Forward | DeliveryReport | ReadReport, recipients: Sequence[str]) -> None:
        """Until the hub takes it, three times in all."""
        counters = self._operator.counters
        is_message = isinstance(message, Forward)
        addresses = [device_address(one, self._options.peer_domain) for one in recipients]
        mail = self._written(message)
        for sends in range(1, MOST_SENDS + 1):
            counters.messages_sent += is_message
            counters.reports_sent += not is_message
            if await self._carry(mail, addresses):
                counters.messages_acknowledged += is_message
                counters.reports_acknowledged += not is_message
                return
            counters.deliveries_refused += 1
            self._operator.tell("delivery_refused", account=self._account.name, code=0, sends=sends)
            await asyncio.sleep(self._operator.config.repeat_s)
        counters.deliveries_given_up += 1

    async def _carry(self, mail: bytes, recipients: Sequence[str], delay_s: float = 0.0) -> bool:
        """Whether the hub took a mail."""
        if delay_s:
            await asyncio.sleep(delay_s)
        try:
            now = asyncio.get_running_loop().time()
            reply = await self._courier.carry(self._options.system, recipients, mail, now)
        except (Unreachable, Lost) as error:
            self._misbehaved(str(error))
            return False
        return reply.code // 100 == 2

    # --- the rest -----------------------------------------------------------------------------------------------

    def _written(self, message: Message) -> bytes:
        try:
            return write_mm4(message, own_host=self._options.own_domain, peer_host=self._options.peer_domain)
        except BadRequest as error:
            self._misbehaved(str(error))
            return GARBAGE

    def _misbehaved(self, reason: str) -> None:
        self._operator.counters.peer_errors += 1
        self._operator.tell("erred", reason=reason)

    def _spawn(self, work: Coroutine[Any, Any, Any]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
