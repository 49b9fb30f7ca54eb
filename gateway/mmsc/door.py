"""The door of the MMS centre: phones fetch their MMS, say what they did with it, and hand in their own.

    GET  /mm1/<token>      the message (m-retrieve.conf)
    POST /mm1, /mm1/<token>    m-notifyresp.ind, m-acknowledge.ind, m-read-rec.ind, m-send.req

Who a phone is when it hands in is known by the address it uses (its token's number), or by what a trusted gateway of
the operator says in a header. A fetch changes nothing but that it is noted: the same address gives the same octets
however often it is asked.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from typing import Final

from aiohttp import web

from gateway.core.errors import NotFound, StoreUnavailable
from gateway.core.messages import ReportState
from gateway.core.phone import normalise
from gateway.mmsc.centre import MINUTE_MS, retrieve_conf, settle
from gateway.store.desk import BooksOfStore, Desk
from gateway.store.mm1 import Notification
from gateway.web.answers import text_answer
from gateway.web.limits import Buckets
from mms.codec.codes import V1_0, PduType, ReadStatus, ResponseStatus, RetrieveStatus, Status
from mms.codec.errors import MmsFormatError, UnsupportedPdu
from mms.codec.pdu import (
    AcknowledgeInd,
    NotifyRespInd,
    ReadRecInd,
    RetrieveConf,
    SendConf,
    SendReq,
    decode,
    glimpse,
)
from mms.config import MmsConfig
from mms.handsets.evidence import Fetched, Seen
from mms.incoming import IncomingMms
from mms.incoming_letter import fingerprint_of, letter_of
from mms.terms import MessageClass, MmsHeaders

MEDIA_TYPE: Final = "application/vnd.wap.mms-message"
#: Octets of what a phone may hand in, and seconds in which it must come.
MAX_OCTETS: Final = 4 << 20
TIMEOUT_S: Final = 120.0
#: Requests a second from one address, and at once; operators' gateways stand for many phones and are not counted.
RATE, BURST = 20.0, 200.0
#: Headers in which operators' gateways say whose phone it is.
NUMBER_HEADERS: Final = (
    "X-WAP-Network-Client-MSISDN", "X-MSISDN", "X-Nokia-MSISDN", "X-Up-Calling-Line-ID", "MSISDN",
)  # fmt: skip
#: Link names under which MMS handed in here are filed.
LINK: Final = "mm1"


class Mm1Door:
    """Answers below /mm1."""

    def __init__(
        self,
        desk: Desk,
        config: MmsConfig,
        *,
        address_of: Callable[[web.BaseRequest], str],
        clock: Callable[[], float],
        region: str,
    ) -> None:
        self._desk = desk
        self._address_of = address_of
        self._clock = clock
        self._region = region
        self._gateways: Collection[str] = frozenset(config.mm1_gateways)
        self._acknowledge_ms = config.mm1_acknowledge_minutes * MINUTE_MS
        self._buckets = Buckets(BURST)

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        """One request for /mm1…"""
        address = self._address_of(request)
        if address not in self._gateways and self._buckets.take(address, RATE, self._clock()):
            return text_answer("too many requests\n", 429)
        names = request.path.strip("/").split("/")[1:]
        one = await self._desk.read(lambda books: books.mm1.get(names[0])) if len(names) == 1 else None
        if request.method == "GET":
            return await self._fetch(request, one)
        if request.method == "POST" and (not names or one is not None):
            return await self._take(request, one)
        return text_answer("there is nothing here\n", 404)

    # --- fetched ------------------------------------------------------------------------------------------------

    async def _fetch(self, request: web.BaseRequest, one: Notification | None) -> web.StreamResponse:
        if one is None:
            return text_answer("there is no such message\n", 404)
        if one.state == "expired" or self._desk.now_ms() >= one.expires_ms:
            gone = RetrieveConf(retrieve_status=RetrieveStatus.NOT_FOUND, retrieve_text="its time is over")
            return _pdu(gone.encode())
        try:
            octets = await self._desk.read(lambda books: self._message(books, one))
        except (NotFound, MmsFormatError):
            gone = RetrieveConf(retrieve_status=RetrieveStatus.PERMANENT_FAILURE)
            return _pdu(gone.encode())
        seen = _seen(request, self._desk.now_ms())

        def note(books: BooksOfStore) -> None:
            if seen is not None:
                books.handsets.learn(one.number, seen)
            books.mm1.update(
                one.token,
                ["told", "deferred"],
                state="fetched",
                fetched_ms=books.now_ms,
                next_ms=books.now_ms + self._acknowledge_ms,
                user_agent=request.headers.get("User-Agent", ""),
            )

        await self._desk.commit(note)
        return _pdu(octets)

    @staticmethod
    def _message(books: BooksOfStore, one: Notification) -> bytes:
        row = books.outbox.get(one.message_id)
        if row is None or not row["blob"]:
            raise NotFound("what is sent is gone")
        return retrieve_conf(books.stored(row["blob"]), one)

    # --- said and handed in ---------------------------------------------------------------------------------------

    async def _take(self, request: web.BaseRequest, one: Notification | None) -> web.StreamResponse:
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
        if isinstance(pdu, SendReq):
            return await self._hand_in(request, pdu, one)
        if isinstance(pdu, NotifyRespInd | AcknowledgeInd | ReadRecInd):
            await self._said(pdu, _seen(request, self._desk.now_ms()))
            return text_answer("", 200)
        return text_answer("phones do not send this\n", 400)

    def _broken(self, octets: bytes, error: MmsFormatError) -> web.StreamResponse:
        """What cannot be read: a hand-in is answered so that the phone can say why, anything else by HTTP."""
        self._desk.journal.task_failed("mm1", f"hostile or broken PDU: {error.reason}")
        seen = glimpse(octets)
        if seen.type is not PduType.SEND_REQ or not seen.transaction_id:
            return text_answer("not an MMS PDU\n", 400)
        unsupported = isinstance(error, UnsupportedPdu)
        status = ResponseStatus.PERMANENT_FAILURE if unsupported else ResponseStatus.FORMAT_CORRUPT
        conf = SendConf(transaction_id=seen.transaction_id, response_status=status, version=seen.version or V1_0)
        return _pdu(conf.encode())

    async def _said(self, pdu: NotifyRespInd | AcknowledgeInd | ReadRecInd, seen: Seen | None) -> None:
        token = pdu.message_id if isinstance(pdu, ReadRecInd) else pdu.transaction_id

        def work(books: BooksOfStore) -> None:
            one = books.mm1.get(token.strip("<> ")[:64])
            if one is None:
                return
            if seen is not None:
                books.handsets.learn(one.number, seen)
            if isinstance(pdu, ReadRecInd):
                if pdu.read_status is ReadStatus.READ and books.mms.was_read(one.message_id):
                    books.timeline.step(one.message_id, "read", "its owner has read it")
            elif isinstance(pdu, AcknowledgeInd) or pdu.status is Status.RETRIEVED:
                books.handsets.learn(one.number, Fetched(books.now_ms))
                settle(books, one, "done", ReportState.DELIVERED, "retrieved")
            elif pdu.status is Status.DEFERRED:
                last_ms = max(books.now_ms, one.expires_ms - 24 * 60 * MINUTE_MS)
                books.mm1.update(one.token, ["told"], state="deferred", next_ms=last_ms)
                books.timeline.step(one.message_id, "deferred", "the phone fetches it later")
            elif pdu.status in (Status.REJECTED, Status.UNRECOGNISED):
                settle(books, one, "rejected", ReportState.FAILED, pdu.status.name.capitalize())

        await self._desk.commit(work)

    async def _hand_in(self, request: web.BaseRequest, pdu: SendReq, one: Notification | None) -> web.StreamResponse:
        sender = self._sender(request, one)
        if not sender:
            conf = SendConf(
                transaction_id=pdu.transaction_id, response_status=ResponseStatus.SERVICE_DENIED, version=pdu.version
            )
            return _pdu(conf.encode())
        mms = IncomingMms(
            carrier_id=f"{sender} {pdu.transaction_id}",
            sender=sender,
            recipients=(*pdu.to, *pdu.cc, *pdu.bcc),
            body=pdu.body,
            subject=pdu.subject,
            transaction_id=pdu.transaction_id,
            date_ms=(pdu.date_s or 0) * 1000,
            mms=MmsHeaders(
                message_class=MessageClass.AUTO if pdu.message_class == "auto" else MessageClass.PERSONAL,
                delivery_report=bool(pdu.delivery_report),
                read_report=bool(pdu.read_report),
                sender_visible=not pdu.sender_hidden,
            ),
        )
        inbox_id = self._desk.new_id()
        letter = await asyncio.to_thread(letter_of, mms, sender=sender, now_ms=self._desk.now_ms())
        try:
            blob = await self._desk.blobs.put(inbox_id, letter)
            await self._desk.commit(
                lambda books: books.take_mms(
                    inbox_id, link=LINK, group=LINK, carrier_id=mms.carrier_id, sender=sender,
                    recipients=mms.recipients, subject=mms.subject, blob=blob, letter=letter,
                    fingerprint=fingerprint_of(mms),
                )
            )  # fmt: skip
        except StoreUnavailable:
            status, message_id = ResponseStatus.TRANSIENT_FAILURE, ""
        else:
            status, message_id = ResponseStatus.OK, f"{inbox_id}"
            self._desk.journal.message_arrived(LINK, sender, inbox_id, "mms")
        conf = SendConf(
            transaction_id=pdu.transaction_id, response_status=status, message_id=message_id, version=pdu.version
        )
        return _pdu(conf.encode())

    def _sender(self, request: web.BaseRequest, one: Notification | None) -> str:
        """Whose phone it is; "" where nobody vouches for it."""
        if request.remote in self._gateways:
            for header in NUMBER_HEADERS:
                number = normalise(request.headers.get(header, "").split(",")[0].strip()[:40], self._region)
                if number is not None:
                    return number
        return one.number if one is not None else ""


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


async def _read(request: web.BaseRequest) -> bytes | None:
    pieces, size = [], 0
    async for piece in request.content.iter_chunked(65_536):
        size += len(piece)
        if size > MAX_OCTETS:
            return None
        pieces.append(piece)
    return b"".join(pieces)


def _pdu(octets: bytes) -> web.Response:
    return text_answer(octets, content_type=MEDIA_TYPE)
