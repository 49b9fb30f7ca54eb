"""MMS that phones hand in, or send on without having fetched them: filed durably, then answered.

A phone that heard no answer hands the same in again under the same transaction; it is filed once and gets the same
message id. Some phones begin their transactions anew after every start, so what is in the MMS belongs to its name.
"""

from __future__ import annotations

import asyncio
import hashlib
from typing import Final

from gateway.core.errors import BadRequest, NotFound, StoreUnavailable
from gateway.core.phone import normalise
from gateway.mail.mime.headers import Priority as MailPriority
from gateway.mmsc.answers import token_in
from gateway.mmsc.told_back import LINK
from gateway.store.desk import BooksOfStore, Desk
from mms.codec.codes import AUTO, Priority, ResponseStatus
from mms.codec.pdu import ForwardConf, ForwardReq, SendConf, SendReq
from mms.content import Body
from mms.incoming import IncomingMms
from mms.incoming_letter import fingerprint_of, letter_of
from mms.letters import read_letter
from mms.reception import MAX_RECIPIENTS
from mms.terms import MessageClass, MmsHeaders

#: Characters of the name of an MMS that are kept, as the inbox has room for.
_MAX_NAME: Final = 64

_PRIORITIES = {Priority.HIGH: MailPriority.HIGH, Priority.LOW: MailPriority.LOW}


class _Refused(Exception):
    """An MMS that is not taken, and what the phone is told."""

    def __init__(self, status: ResponseStatus, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.text = text


class HandedIn:
    """Takes MMS from phones."""

    def __init__(self, desk: Desk, region: str) -> None:
        self._desk = desk
        self._region = region

    async def take(self, request: SendReq, sender: str) -> SendConf:
        """File what a phone sends; `sender` is "" where nobody vouches for its number."""
        status, text, message_id = await self._answer(request, sender)
        return SendConf(
            transaction_id=request.transaction_id,
            response_status=status,
            response_text=text,
            message_id=message_id,
            version=request.version,
        )

    async def send_on(self, request: ForwardReq) -> ForwardConf:
        """File, as sent by its phone, an MMS that waits for it here; knowing its address is proof enough."""
        status, text, message_id = await self._answer(request, "")
        return ForwardConf(
            transaction_id=request.transaction_id,
            response_status=status,
            response_text=text,
            message_id=message_id,
            version=request.version,
        )

    async def _answer(self, request: SendReq | ForwardReq, sender: str) -> tuple[ResponseStatus, str, str]:
        try:
            recipients = self._recipients(request)
            if isinstance(request, ForwardReq):
                mms = await self._waiting(request, recipients)
            elif sender:
                mms = _incoming(request, recipients, sender)
            else:
                raise _Refused(ResponseStatus.SERVICE_DENIED, "this hub does not know your number")
            return ResponseStatus.OK, "", str(await self._file(mms))
        except _Refused as refused:
            return refused.status, refused.text, ""
        except BadRequest as error:
            return ResponseStatus.CONTENT_NOT_ACCEPTED, str(error)[:80], ""
        except StoreUnavailable:
            return ResponseStatus.TRANSIENT_FAILURE, "try again later", ""

    def _recipients(self, request: SendReq | ForwardReq) -> tuple[str, ...]:
        everybody = tuple(dict.fromkeys((*request.to, *request.cc, *request.bcc)))
        if len(everybody) > MAX_RECIPIENTS:
            raise _Refused(ResponseStatus.SERVICE_DENIED, f"at most {MAX_RECIPIENTS} recipients")
        known = tuple(one for one in everybody if "@" in one or normalise(one, self._region) or one.isdigit())
        if len(known) < len(everybody):
            raise _Refused(ResponseStatus.ADDRESS_UNRESOLVED, "a recipient is neither a number nor a mail address")
        return known

    async def _waiting(self, request: ForwardReq, recipients: tuple[str, ...]) -> IncomingMms:
        """The MMS behind a location, as its phone sends it on."""

        def find(books: BooksOfStore) -> tuple[str, bytes]:
            one = books.mm1.get(token_in(request.content_location))
            facts = books.mms.facts([one.message_id]).get(one.message_id) if one is not None else None
            if one is None or facts is None:
                raise NotFound("there is no such MMS")
            return one.number, books.stored(facts["letter"])

        try:
            sender, octets = await self._desk.read(find)
        except NotFound:
            raise _Refused(ResponseStatus.NOT_FOUND, "it is not here, or not any more") from None
        letter = await asyncio.to_thread(read_letter, octets)
        return IncomingMms(
            carrier_id=_name(sender, request.transaction_id, letter.body, letter.subject, recipients),
            sender=sender,
            recipients=recipients,
            body=letter.body,
            subject=letter.subject,
            transaction_id=request.transaction_id,
            mms=MmsHeaders(
                delivery_report=bool(request.delivery_report),
                read_report=bool(request.read_report),
            ),
        )

    async def _file(self, mms: IncomingMms) -> int:
        """Put it on disk and into the inbox; returns its id, the old one for what came before."""
        inbox_id = self._desk.new_id()
        letter = await asyncio.to_thread(letter_of, mms, sender=mms.sender, now_ms=self._desk.now_ms())
        blob = await self._desk.blobs.put(inbox_id, letter)
        fingerprint = fingerprint_of(mms)

        def work(books: BooksOfStore) -> int:
            is_new = books.take_mms(
                inbox_id,
                link=LINK,
                group=LINK,
                carrier_id=mms.carrier_id,
                sender=mms.sender,
                recipients=mms.recipients,
                subject=mms.subject,
                blob=blob,
                letter=letter,
                fingerprint=fingerprint,
            )
            return inbox_id if is_new else books.mm1.handed_in(LINK, fingerprint) or inbox_id

        filed = await self._desk.commit(work)
        if filed == inbox_id:
            self._desk.journal.message_arrived(LINK, mms.sender, inbox_id, "mms")
        return filed


def _incoming(request: SendReq, recipients: tuple[str, ...], sender: str) -> IncomingMms:
    is_auto = request.message_class.lower() == AUTO
    return IncomingMms(
        carrier_id=_name(sender, request.transaction_id, request.body, request.subject, recipients),
        sender=sender,
        recipients=recipients,
        body=request.body,
        subject=request.subject,
        transaction_id=request.transaction_id,
        date_ms=(request.date_s or 0) * 1000,
        mms=MmsHeaders(
            message_class=MessageClass.AUTO if is_auto else MessageClass.PERSONAL,
            priority=_PRIORITIES.get(request.priority or Priority.NORMAL, MailPriority.NORMAL),
            delivery_report=bool(request.delivery_report),
            read_report=bool(request.read_report),
            sender_visible=not request.sender_hidden,
        ),
    )


def _name(sender: str, transaction_id: str, body: Body, subject: str, recipients: tuple[str, ...]) -> str:
    digest = hashlib.sha256("\0".join((subject, *recipients)).encode("utf-8", "surrogatepass"))
    for part in body.parts:
        digest.update(part.data)
    return f"{sender} {digest.hexdigest()[:16]} {transaction_id}"[:_MAX_NAME]
