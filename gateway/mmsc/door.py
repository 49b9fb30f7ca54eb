"""The door of the MMS centre: phones fetch their MMS, say what they did with it, and hand in their own.

    GET  /mm1/<token>          the message (m-retrieve.conf)
    POST /mm1, /mm1/<token>    m-notifyresp.ind, m-acknowledge.ind, m-read-rec.ind, m-send.req, m-forward.req,
                               m-delete.req

Who a phone is when it hands in is known by the address it uses (its token's number), or by what a trusted gateway of
the operator says in a header. A fetch changes nothing but that it is noted: the same address gives the same octets
however often it is asked.
"""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Callable, Sequence
from typing import Final

from aiohttp import web

from gateway.core.errors import ConfigError, NotFound
from gateway.core.phone import normalise
from gateway.mmsc.answers import PhoneAnswers
from gateway.mmsc.centre import MINUTE_MS
from gateway.mmsc.handed_in import HandedIn
from gateway.mmsc.retrieval import Fitting, Retrieval
from gateway.store.desk import BooksOfStore, Desk
from gateway.store.mm1 import Notification
from gateway.web.answers import text_answer
from gateway.web.limits import Buckets
from mms.codec.codes import V1_0, PduType, ResponseStatus, RetrieveStatus
from mms.codec.errors import MmsFormatError, UnsupportedPdu
from mms.codec.layout import Pdu
from mms.codec.pdu import (
    AcknowledgeInd,
    DeleteReq,
    ForwardReq,
    NotifyRespInd,
    ReadRecInd,
    RetrieveConf,
    SendConf,
    SendReq,
    decode,
    glimpse,
)
from mms.codec.push_contents import MMS_MESSAGE
from mms.config import MmsConfig
from mms.handsets.evidence import Seen

#: Octets of what a phone may hand in, and seconds in which it must come.
MAX_OCTETS: Final = 4 << 20
TIMEOUT_S: Final = 120.0
#: Requests a second from one address, and at once; many phones may come from one. Operators' gateways are not counted.
RATE, BURST = 200.0, 2000.0
#: MMS a second that one phone may hand in, and at once.
PHONE_RATE, PHONE_BURST = 0.5, 20.0
#: Headers in which operators' gateways say whose phone it is.
NUMBER_HEADERS: Final = (
    "X-WAP-Network-Client-MSISDN", "X-MSISDN", "X-Nokia-MSISDN", "X-Up-Calling-Line-ID", "MSISDN",
)  # fmt: skip


class Mm1Door:
    """Answers below /mm1."""

    def __init__(
        self,
        desk: Desk,
        config: MmsConfig,
        pool: Fitting,
        *,
        address_of: Callable[[web.BaseRequest], str],
        clock: Callable[[], float],
        region: str,
    ) -> None:
        self._desk = desk
        self._address_of = address_of
        self._clock = clock
        self._region = region
        self._gateways = _networks(config.mm1_gateways)
        self._acknowledge_ms = config.mm1_acknowledge_minutes * MINUTE_MS
        self._retrieval = Retrieval(desk, config, pool)
        self._answers = PhoneAnswers(desk)
        self._handed_in = HandedIn(desk, region)
        self._addresses = Buckets(BURST)
        self._phones = Buckets(PHONE_BURST)

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        """One request for /mm1…"""
        is_gateway = self._is_gateway(request)
        if not is_gateway and self._addresses.take(self._address_of(request), RATE, self._clock()):
            return text_answer("too many requests\n", 429)
        names = request.path.strip("/").split("/")[1:]
        one = await self._desk.read(lambda books: books.mm1.get(names[0])) if len(names) == 1 else None
        if request.method == "GET" and one is not None:
            return await self._fetch(request, one)
        if request.method == "POST" and (not names or one is not None):
            return await self._take(request, one, is_gateway=is_gateway)
        return text_answer("there is nothing here\n", 404)

    # --- fetched ------------------------------------------------------------------------------------------------

    async def _fetch(self, request: web.BaseRequest, one: Notification) -> web.StreamResponse:
        if self._desk.now_ms() >= one.expires_ms:
            return _pdu(RetrieveConf(retrieve_status=RetrieveStatus.NOT_FOUND, retrieve_text="its time is over"))
        seen = _seen(request, self._desk.now_ms())
        try:
            octets = await self._retrieval.octets(one, seen)
        except (NotFound, MmsFormatError) as error:
            self._desk.journal.task_failed("mm1", f"message {one.message_id} cannot be given to its phone: {error}")
            return _pdu(RetrieveConf(retrieve_status=RetrieveStatus.PERMANENT_FAILURE))
        answer = text_answer(octets, content_type=MMS_MESSAGE)
        # Noted when it is written: a phone that hung up in the middle is told again.
        if not await _is_written(request, answer):
            self._desk.journal.count("mm1_broken_off", one.link)
            return answer

        def note(books: BooksOfStore) -> None:
            if seen is not None:
                books.handsets.learn(one.number, seen)
            is_first = books.mm1.update(
                one.token,
                ["told", "deferred"],
                state="fetched",
                fetched_ms=books.now_ms,
                next_ms=books.now_ms + self._acknowledge_ms,
                user_agent=request.headers.get("User-Agent", ""),
            )
            if is_first:
                books.timeline.step(one.message_id, "fetched", f"by the phone, {len(octets)} octets")

        await self._desk.commit(note)
        self._desk.journal.count("mm1_fetched", one.link)
        return answer

    # --- said and handed in ---------------------------------------------------------------------------------------

    async def _take(
        self, request: web.BaseRequest, one: Notification | None, *, is_gateway: bool
    ) -> web.StreamResponse:
        if (request.content_length or 0) > MAX_OCTETS:
            return text_answer("too large\n", 413)
        try:
            async with asyncio.timeout(TIMEOUT_S):
                octets = await _read(request)
        except TimeoutError:
            return text_answer("too slow\n", 408)
        if octets is None:
            return text_answer("too large\n", 413)
        try:
            pdu = await asyncio.to_thread(decode, octets)
        except MmsFormatError as error:
            return self._broken(octets, error)
        match pdu:
            case SendReq():
                return await self._hand_in(pdu, self._sender(request, one, is_gateway=is_gateway))
            case ForwardReq():
                return _pdu(await self._handed_in.send_on(pdu))
            case DeleteReq():
                return _pdu(await self._answers.delete(pdu))
            case NotifyRespInd() | AcknowledgeInd() | ReadRecInd():
                await self._answers.take(pdu, _seen(request, self._desk.now_ms()))
                self._desk.journal.count("mm1_said", pdu.TYPE.title)
                return text_answer("", 200)
            case _:
                self._desk.journal.count("mm1_refused", pdu.TYPE.title)
                return text_answer("phones do not send this\n", 400)

    async def _hand_in(self, pdu: SendReq, sender: str) -> web.StreamResponse:
        if sender and self._phones.take(sender, PHONE_RATE, self._clock()):
            status = ResponseStatus.TRANSIENT_FAILURE
            return _pdu(
                SendConf(
                    transaction_id=pdu.transaction_id,
                    response_status=status,
                    response_text="too many at once",
                    version=pdu.version,
                )
            )
        conf = await self._handed_in.take(pdu, sender)
        self._desk.journal.count("mm1_handed_in", conf.response_status.title)
        return _pdu(conf)

    def _broken(self, octets: bytes, error: MmsFormatError) -> web.StreamResponse:
        """What cannot be read: a hand-in is answered so that the phone can say why, anything else by HTTP."""
        seen = glimpse(octets)
        self._desk.journal.count("mm1_refused", seen.type.title if seen.type is not None else "no PDU")
        if seen.type is not PduType.SEND_REQ or not seen.transaction_id:
            return text_answer("not an MMS PDU\n", 400)
        unsupported = isinstance(error, UnsupportedPdu)
        status = ResponseStatus.PERMANENT_FAILURE if unsupported else ResponseStatus.FORMAT_CORRUPT
        return _pdu(SendConf(transaction_id=seen.transaction_id, response_status=status, version=seen.version or V1_0))

    def _sender(self, request: web.BaseRequest, one: Notification | None, *, is_gateway: bool) -> str:
        """Whose phone it is; "" where nobody vouches for it."""
        if is_gateway:
            for header in NUMBER_HEADERS:
                number = normalise(request.headers.get(header, "").split(",")[0].strip()[:40], self._region)
                if number is not None:
                    return number
        return one.number if one is not None else ""

    def _is_gateway(self, request: web.BaseRequest) -> bool:
        try:
            address = ipaddress.ip_address(self._address_of(request).partition("%")[0])
        except ValueError:
            return False
        mapped = getattr(address, "ipv4_mapped", None)
        return any((mapped or address) in network for network in self._gateways)


def _networks(addresses: Sequence[str]) -> tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]:
    """Addresses and networks ("10.0.0.172", "10.8.0.0/16"). Raises ConfigError."""
    try:
        return tuple(ipaddress.ip_network(text, strict=False) for text in addresses)
    except ValueError as error:
        raise ConfigError(f"[mms] mm1_gateways: {error}") from error


def _seen(request: web.BaseRequest, now_ms: int) -> Seen | None:
    """What the phone tells of itself."""
    agent = request.headers.get("User-Agent", "")
    if not agent:
        return None
    headers = request.headers
    profile = headers.get("x-wap-profile", "") or headers.get("Profile", "")
    return Seen(
        now_ms, agent[:500], headers.get("Accept", "")[:2000], headers.get("Accept-Charset", "")[:500], profile[:1000]
    )


async def _is_written(request: web.BaseRequest, answer: web.StreamResponse) -> bool:
    """Write an answer; False when the phone has hung up meanwhile."""
    if request.transport is not None:
        request.transport.set_write_buffer_limits(0)  # written is what the system has taken, all of it
    try:
        writer = await answer.prepare(request)
        await answer.write_eof()
        if writer is not None:
            await writer.drain()
    except ConnectionError:
        return False
    return request.transport is not None


async def _read(request: web.BaseRequest) -> bytes | None:
    pieces, size = [], 0
    async for piece in request.content.iter_chunked(65_536):
        size += len(piece)
        if size > MAX_OCTETS:
            return None
        pieces.append(piece)
    return b"".join(pieces)


def _pdu(pdu: Pdu) -> web.Response:
    return text_answer(pdu.encode(), content_type=MMS_MESSAGE)
