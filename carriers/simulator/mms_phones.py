"""Phones with an MMS program: they read WAP pushes, fetch over HTTP, say what they did, and hand in MMS.

What they do about a push is a habit, by phone, for centres have to live with all of them. They are strict as today's
phones are: an answer of another content type, or of another length than it says, is no MMS.
"""

from __future__ import annotations

import asyncio
import enum
import itertools
from collections import deque
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit

import aiohttp

from gateway.core.errors import BadRequest, MalformedPdu
from mms.codec.codes import V1_0, V1_1, V1_2, ReadStatus, Status, Version
from mms.codec.errors import MmsFormatError
from mms.codec.layout import Pdu
from mms.codec.pdu import (
    AcknowledgeInd,
    DeliveryInd,
    NotificationInd,
    NotifyRespInd,
    ReadOrigInd,
    ReadRecInd,
    RetrieveConf,
    SendConf,
    SendReq,
    decode,
)
from mms.codec.push import Push
from mms.codec.push_contents import MMS_MESSAGE, is_notification
from mms.content import Body

MAX_OCTETS: Final = 8 << 20
TIMEOUT_S: Final = 60.0
#: Fetches at once, of all phones.
MAX_FETCHES: Final = 200


class Habit(enum.StrEnum):
    """What a phone does when it is told of an MMS."""

    FETCH = "fetch"  # at once, and says so
    LATER = "later"  # says so; fetches when it is told again, and acknowledges
    REJECT = "reject"
    SILENT = "silent"  # no MMS program, or no GPRS
    NO_ACK = "no-ack"  # fetches and says nothing, or it is lost on the way
    TWICE = "twice"  # fetches twice and says everything twice
    HANGS_UP = "hangs-up"  # breaks off in the middle of the first fetch


@dataclass(frozen=True, slots=True)
class Make:
    """What a phone calls itself."""

    user_agent: str
    profile: str = ""  # address of its UAProf
    accept: str = "*/*, application/vnd.wap.mms-message, application/vnd.wap.sic"
    version: Version = V1_0


MAKES: Final = {
    "android": Make("Android-Mms/2.0", "http://www.google.com/oha/rdf/ua-profile-kila.xml", version=V1_2),
    "nokia-6610": Make("Nokia6610/1.0 (5.52) Profile/MIDP-1.0 Configuration/CLDC-1.0"),
    "k750": Make(
        "SonyEricssonK750i/R1CA Browser/SEMC-Browser/4.2 Profile/MIDP-2.0 Configuration/CLDC-1.1", version=V1_1
    ),
}


@dataclass(frozen=True, slots=True)
class FetchedMms:
    """An MMS as a phone got it."""

    number: str
    message: RetrieveConf
    octets: int
    at: datetime


@dataclass(slots=True)
class MmsPhone:
    """The MMS program of one phone."""

    number: str
    make: Make
    habit: Habit
    told: list[NotificationInd] = field(default_factory=list)
    #: Transactions it has fetched; a push that tells of one again brings nothing new.
    fetched: set[str] = field(default_factory=set)
    #: What it was told of MMS it sent.
    reports: list[DeliveryInd | ReadOrigInd] = field(default_factory=list)


class MmsPhones:
    """All of them. `gateway` is where their HTTP goes ("http://127.0.0.1:8080"), "" = where the push says.

    As a WAP gateway it says whose phone it is (X-MSISDN). `tell` is told what happens.
    """

    def __init__(
        self,
        *,
        wall_clock: Callable[[], datetime],
        tell: Callable[..., None],
        gateway: str = "",
        make: Make = MAKES["android"],
        habit: Habit = Habit.FETCH,
        keep: int = 10_000,
    ) -> None:
        self._clock = wall_clock
        self._tell = tell
        self.gateway = gateway.rstrip("/")
        self._make = make
        self._habit = habit
        self._keep = keep
        self.phones: dict[str, MmsPhone] = {}
        self.received: deque[FetchedMms] = deque(maxlen=keep)
        self.errors: deque[str] = deque(maxlen=keep)
        self._tasks: set[asyncio.Task[None]] = set()
        self._session: aiohttp.ClientSession | None = None
        self._room = asyncio.Semaphore(MAX_FETCHES)
        self._ids = itertools.count(1)

    def phone(self, number: str) -> MmsPhone:
        """The phone of a number, made when it is new."""
        found = self.phones.get(number)
        if found is None:
            if len(self.phones) >= self._keep:
                del self.phones[next(iter(self.phones))]
            found = self.phones[number] = MmsPhone(number, self._make, self._habit)
        return found

    def take(self, number: str, data: bytes) -> None:
        """A WAP push has come; whatever is no MMS is for other programs."""
        phone = self.phone(number)
        try:
            push = Push.decode(data)
            pdu = decode(push.data) if is_notification(push) else None
        except (MalformedPdu, MmsFormatError) as error:
            self._err(phone, f"push: {error}")
            return
        if isinstance(pdu, NotificationInd):
            phone.told.append(pdu)
            self._spawn(self._react(phone, pdu))
        elif isinstance(pdu, DeliveryInd | ReadOrigInd):
            phone.reports.append(pdu)
            self._tell("mms_report", number=number, id=pdu.message_id, kind=pdu.TYPE.title)

    async def send(
        self, number: str, body: Body, to: tuple[str, ...], *, subject: str = "", wants_reports: bool = False
    ) -> SendConf:
        """A phone hands in an MMS; what it is answered. Raises BadRequest where there is no gateway or no answer."""
        if not self.gateway:
            raise BadRequest("phones hand in MMS only where the simulator knows their gateway")
        phone = self.phone(number)
        request = SendReq(
            transaction_id=f"T{next(self._ids)}",
            version=phone.make.version,
            body=body,
            to=to,
            subject=subject,
            delivery_report=wants_reports,
            read_report=wants_reports,
        )
        try:
            conf = decode(await self._post(phone, f"{self.gateway}/mm1", request))
        except (aiohttp.ClientError, TimeoutError, MmsFormatError) as error:
            raise BadRequest(f"no answer from the MMS centre: {error}") from error
        if not isinstance(conf, SendConf):
            raise BadRequest("the MMS centre answers something else")
        self._tell("mms_sent", number=number, to=list(to), status=conf.response_status.title, id=conf.message_id)
        return conf

    async def read(self, one: FetchedMms) -> None:
        """Its owner reads an MMS; the phone says so."""
        pdu = ReadRecInd(message_id=one.message.message_id, to=one.message.sender or "0", read_status=ReadStatus.READ)
        told = self.phone(one.number).told[-1]
        await self._post(self.phone(one.number), self._where(_base(told.content_location)), pdu)

    async def stop(self) -> None:
        """Let go of everything."""
        for task in [*self._tasks]:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._session is not None:
            await self._session.close()
            self._session = None

    # --- habits -------------------------------------------------------------------------------------------------

    async def _react(self, phone: MmsPhone, told: NotificationInd) -> None:
        try:
            async with self._room:
                await self._follow(phone, told)
        except (aiohttp.ClientError, TimeoutError, MmsFormatError, ConnectionError) as error:
            self._err(phone, f"{type(error).__name__}: {error}")

    async def _follow(self, phone: MmsPhone, told: NotificationInd) -> None:
        transaction = told.transaction_id
        match phone.habit:
            case Habit.SILENT:
                return
            case Habit.REJECT:
                await self._respond(phone, told, Status.REJECTED)
            case Habit.LATER if sum(one.transaction_id == transaction for one in phone.told) == 1:
                await self._respond(phone, told, Status.DEFERRED)
            case _ if transaction in phone.fetched:
                await self._respond(phone, told, Status.RETRIEVED)
            case Habit.LATER:
                if await self._fetch(phone, told):
                    acknowledge = AcknowledgeInd(transaction_id=transaction, version=phone.make.version)
                    await self._post(phone, self._where(_base(told.content_location)), acknowledge)
            case Habit.NO_ACK:
                await self._fetch(phone, told)
            case Habit.HANGS_UP:
                await self._break_off(phone, told)
                if await self._fetch(phone, told):
                    await self._respond(phone, told, Status.RETRIEVED)
            case _:
                for _ in range(2 if phone.habit is Habit.TWICE else 1):
                    if await self._fetch(phone, told):
                        await self._respond(phone, told, Status.RETRIEVED)

    async def _respond(self, phone: MmsPhone, told: NotificationInd, status: Status) -> None:
        pdu = NotifyRespInd(transaction_id=told.transaction_id, status=status, version=phone.make.version)
        await self._post(phone, self._where(_base(told.content_location)), pdu)

    async def _fetch(self, phone: MmsPhone, told: NotificationInd) -> bool:
        """Fetch an MMS; False where the centre says that there is none, or answers badly."""
        async with self._http().get(self._where(told.content_location), headers=self._headers(phone)) as answer:
            octets = await answer.content.read(MAX_OCTETS) if answer.status == 200 else b""
            while answer.status == 200 and not answer.content.at_eof():
                octets += await answer.content.read(MAX_OCTETS)
            wrong = _wrong(answer, octets)
        message = decode(octets) if not wrong else None
        if not isinstance(message, RetrieveConf) or message.body is None:
            self._err(phone, wrong or "there is no MMS in the answer")
            return False
        if told.transaction_id not in phone.fetched:
            phone.fetched.add(told.transaction_id)
            self.received.append(FetchedMms(phone.number, message, len(octets), self._clock()))
            self._tell("mms", number=phone.number, account="mm1", subject=message.subject, id=message.message_id)
        return True

    async def _break_off(self, phone: MmsPhone, told: NotificationInd) -> None:
        answer = await self._http().get(self._where(told.content_location), headers=self._headers(phone))
        await answer.content.read(1)
        answer.close()

    # --- HTTP ---------------------------------------------------------------------------------------------------

    async def _post(self, phone: MmsPhone, url: str, pdu: Pdu) -> bytes:
        headers = {**self._headers(phone), "Content-Type": MMS_MESSAGE}
        async with self._http().post(url, data=pdu.encode(), headers=headers) as answer:
            octets = await answer.read()
            if answer.status != 200:
                self._err(phone, f"{pdu.TYPE.title} was answered {answer.status}")
            return octets

    def _http(self) -> aiohttp.ClientSession:
        if self._session is None:
            connector = aiohttp.TCPConnector(limit=MAX_FETCHES)
            self._session = aiohttp.ClientSession(
                connector=connector, timeout=aiohttp.ClientTimeout(TIMEOUT_S), auto_decompress=False
            )
        return self._session

    def _headers(self, phone: MmsPhone) -> dict[str, str]:
        headers = {"User-Agent": phone.make.user_agent, "Accept": phone.make.accept}
        if phone.make.profile:
            headers["x-wap-profile"] = f'"{phone.make.profile}"'
        if self.gateway:
            headers["X-MSISDN"] = phone.number.lstrip("+")
        return headers

    def _where(self, url: str) -> str:
        return self.gateway + urlsplit(url).path if self.gateway else url

    def _err(self, phone: MmsPhone, reason: str) -> None:
        self.errors.append(f"{phone.number}: {reason}")
        self._tell("erred", number=phone.number, reason=reason)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _base(location: str) -> str:
    """Where a phone posts: its centre's address, which stands before the token."""
    return location.rpartition("/")[0]


def _wrong(answer: aiohttp.ClientResponse, octets: bytes) -> str:
    if answer.status != 200:
        return f"answered {answer.status}"
    if answer.headers.get("Content-Type", "").partition(";")[0].strip() != MMS_MESSAGE:
        return "the answer is of another content type"
    if answer.headers.get("Content-Length") != str(len(octets)):
        return "the answer does not say how long it is"
    return ""
