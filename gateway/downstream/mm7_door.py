"""The door for peers that send MMS over MM7: the hub is their MMS centre. The shell.

A submit is answered when it is in the outbox. Reports, read replies and MMS of phones are brought to the peer's own
address, by one process, until the peer has said yes.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Final

from carriers.mm7.centre import Centre
from carriers.mm7.door import Cut, Raw
from carriers.mm7.status import SUCCESS, UNAVAILABLE, UNSUPPORTED_OPERATION, answer_to
from gateway.core.errors import BadRequest, NotFound, StoreUnavailable
from gateway.core.mms import NewMms
from gateway.core.outbox import Kind, NewSms, Purpose
from gateway.core.peers import Denial, Peer, Refusal
from gateway.downstream.config import DownstreamMm7Config, tls_context
from gateway.downstream.mm7_calls import WANTS_READ, access_of, request_of
from gateway.downstream.mm7_submits import (
    IMPROPER_IDENTIFICATION,
    OPERATION_RESTRICTED,
    SERVICE_DENIED,
    Asked,
    Refused,
    asked_of,
)
from gateway.journal import Journal
from gateway.mail.limits import Rate, networks
from gateway.store.desk import BooksOfStore, Desk
from gateway.store.peer_deliveries import Delivery
from mms.codec.mm7 import dialect as dialects
from mms.codec.mm7.envelope import Envelope
from mms.codec.mm7.messages import CancelReq, Message, SubmitReq

#: How often it is looked whether a peer is to be told something.
LOOK_EVERY_S: Final = 1.0
#: Rows read at once for a peer.
PAGE: Final = 50
#: StatusCodes for a message nobody knows, and for one that cannot be taken back any more.
NOT_FOUND, NOT_POSSIBLE = 2005, 3001

_REFUSALS: Final[Mapping[Refusal, int]] = {Refusal.THROTTLED: UNAVAILABLE, Refusal.QUEUE_FULL: UNAVAILABLE}


class Mm7Door:
    """Takes MMS of peers, and tells them what became of them."""

    def __init__(
        self,
        desk: Desk,
        journal: Journal,
        config: DownstreamMm7Config,
        refusal: Callable[[Peer, int], Refusal | None],
        owner: str,
        is_gone: Callable[[str], bool],
        region: str,
        failed: Rate,
    ) -> None:
        self._desk = desk
        self._journal = journal
        self._config = config
        self._refusal = refusal
        self._owner = owner
        self._is_gone = is_gone
        self._region = region
        self._failed = failed  # logins, by network
        self._peers: dict[str, Peer] = {}
        self._passwords: dict[str, str] = {}
        self._work = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._centre = Centre(
            dialects.load(config.dialect),
            scheme=config.auth,
            passwords=self._passwords,
            take=self._take,
            clock=lambda: datetime.now(UTC),
            misbehaved=lambda reason: journal.peer_misbehaved("downstream_mm7", reason),
            max_octets=config.max_octets,
            gate=self,
        )

    async def open(self) -> int:
        """Listen, and begin to tell; the port. Raises ConfigError, OSError for a port in use."""
        config = self._config
        tls = tls_context(config.tls_certificate, config.tls_key, "downstream_mm7")
        await self._centre.open(config.host, config.port, tls)
        self._task = asyncio.create_task(self._tell_for_ever(), name="peers-mm7")
        return self._centre.port

    async def close(self) -> None:
        """Close; what peers were being told is told again by the next run."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        await self._centre.close()

    def learn(self, peers: Iterable[Peer]) -> None:
        """These are the peers from now on."""
        self._peers = {peer.name: peer for peer in peers if peer.enabled and "mm7" in peer.protocols}
        self._passwords.clear()  # the door looks into this very table
        self._passwords.update({name: peer.secret for name, peer in self._peers.items()})

    def wake(self) -> None:
        """A commit queued something."""
        self._work.set()

    def is_shut(self, address: str) -> bool:
        """Whether logins from there failed too often of late."""
        return self._failed.is_empty(networks(address)[0], asyncio.get_running_loop().time())

    def failed(self, address: str) -> None:
        """A login from there failed."""
        self._journal.login_failed("downstream_mm7", address)
        self._journal.count("peer_denied", Denial.SECRET.value)
        self._failed.take(networks(address)[0], asyncio.get_running_loop().time())

    # --- what peers ask ---------------------------------------------------------------------------------------

    async def _take(self, user: str, envelope: Envelope, address: str) -> Message | Raw | Cut:
        request, peer = envelope.message, self._peers.get(user)
        if peer is None or not peer.may_come_from(address):
            self._journal.login_failed("downstream_mm7", address)
            return answer_to(request, IMPROPER_IDENTIFICATION)
        try:
            if isinstance(request, SubmitReq):
                return answer_to(request, SUCCESS, message_id=await self._submit(peer, envelope, request))
            if isinstance(request, CancelReq):
                return answer_to(request, await self._cancel(peer, request.message_id))
        except Refused as refused:
            self._journal.count("peer_refused", f"{peer.name} {refused.code}")
            return answer_to(request, refused.code, details=str(refused))
        except StoreUnavailable:
            return answer_to(request, UNAVAILABLE)
        return answer_to(request, UNSUPPORTED_OPERATION, details="a message is not replaced; cancel it")

    async def _submit(self, peer: Peer, envelope: Envelope, request: SubmitReq) -> str:
        """The id of what was taken. Raises Refused, StoreUnavailable."""
        now_ms, config = self._desk.now_ms(), self._config
        asked = await asyncio.to_thread(
            asked_of, envelope, request, peer, now_ms=now_ms, region=self._region, most=config.max_recipients
        )
        refusal = self._refusal(peer, len(asked.numbers))
        if refusal is not None:
            raise Refused(_REFUSALS.get(refusal, UNAVAILABLE), refusal.value)
        letter_id = self._desk.new_id()
        blob = await self._desk.blobs.put(letter_id, asked.letter)
        handed = await self._desk.commit(lambda books: _put_in(books, peer, asked, blob))
        self._journal.count("peer_submitted", peer.name, len(asked.numbers))
        return handed

    async def _cancel(self, peer: Peer, handed: str) -> int:
        found, cancelled = await self._desk.commit(lambda books: books.peer_submits.cancel(peer, handed[:20]))
        if not found:
            return NOT_FOUND
        return SUCCESS if cancelled == found else NOT_POSSIBLE

    # --- what peers are told ----------------------------------------------------------------------------------

    async def _tell_for_ever(self) -> None:
        while True:
            try:
                told = await self._tell_all()
            except StoreUnavailable:
                told = 0
            except Exception as error:
                self._journal.task_failed("peers-mm7", f"{type(error).__name__}: {error}")
                told = 0
            if not told:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(LOOK_EVERY_S):
                        await self._work.wait()
                self._work.clear()

    async def _tell_all(self) -> int:
        """Tell every peer what waits for it; returns how much was taken."""
        called = {peer.id: peer for peer in self._peers.values() if peer.callback}
        if not called:
            return 0
        waiting = await self._desk.read(
            lambda books: {peer_id: books.peer_deliveries.waiting(peer_id, 0, PAGE) for peer_id in called}
        )
        wanted = [peer_id for peer_id, rows in waiting.items() if rows]
        if not wanted:
            return 0
        leased = await self._desk.commit(lambda books: books.peers.lease(wanted, self._owner, self._is_gone))
        counts = await asyncio.gather(*(self._tell(called[peer_id], waiting[peer_id]) for peer_id in leased))
        return sum(counts)

    async def _tell(self, peer: Peer, rows: Iterable[Delivery]) -> int:
        access = access_of(peer, self._config.calls_per_peer)
        room = asyncio.Semaphore(self._config.calls_per_peer)
        done: list[int] = []
        again: list[tuple[int, int]] = []

        async def tell(row: Delivery) -> None:
            try:
                envelope = await asyncio.to_thread(
                    request_of, row.id, row.body, peer, self._config.server_id, self._desk.blobs.get
                )
            except (BadRequest, NotFound) as error:
                self._journal.peer_misbehaved("downstream_mm7", f"{peer.name} cannot be told {row.id}: {error}")
                done.append(row.id)
                return
            async with room:
                told = await self._centre.tell(access, envelope)
            if told.is_taken:
                done.append(row.id)
            else:
                self._journal.count("peer_delivery_refused", f"{peer.name} {told.code}")
                again.append((row.id, row.attempt + 1))

        await asyncio.gather(*(tell(row) for row in rows))

        def settle(books: BooksOfStore) -> None:
            books.peer_deliveries.done(done)
            for delivery_id, attempt in again:
                books.peer_deliveries.again(delivery_id, attempt)

        await self._desk.commit(settle)
        self._journal.count("peer_delivered", peer.name, len(done))
        return len(done)


def _put_in(books: BooksOfStore, peer: Peer, asked: Asked, blob: str) -> str:
    """Put a submit into the outbox whole, or nothing of it; the id it is known by. Raises Refused."""
    keys = {number: f"{asked.key}:{number}" for number in asked.numbers} if asked.key else {}
    known = books.outbox.with_key(peer.account_id, keys.values())
    if known:  # the peer had no answer, and asks once more
        return str(min(row["id"] for row in known.values()))
    stopped = books.stops.among(asked.numbers)
    if stopped:
        raise Refused(OPERATION_RESTRICTED, f"{len(stopped)} of the phones want nothing more")
    left = books.peers.balances([peer.id] if peer.balance is not None else [])
    if left.get(peer.id, len(asked.numbers)) < len(asked.numbers):
        raise Refused(SERVICE_DENIED, "nothing is left of what was paid for")
    ids = [books.new_id() for _ in asked.numbers]
    handed = str(ids[0])
    messages = []
    for message_id, number in zip(ids, asked.numbers, strict=True):
        sms = NewSms(number, asked.subject, Purpose.PEER, peer.account_id, asked.sender, kind=Kind.MMS)
        if books.outbox.plan(sms, message_id).refusal is not None:
            raise Refused(OPERATION_RESTRICTED, "a rule of the hub forbids it")
        message = NewMms(
            recipient=number,
            letter=blob,
            size_octets=len(asked.letter),
            purpose=Purpose.PEER,
            subject=asked.subject,
            account_id=peer.account_id,
            sender=asked.sender,
            from_name=asked.sender or peer.name,
            not_before_ms=asked.not_before_ms,
            validity_s=asked.validity_s,
            want_report=asked.want_report,
            want_read=asked.want_read,
            key=keys.get(number),
            tag=f"{WANTS_READ}{handed}" if asked.want_read else "",
        )
        messages.append((message_id, message))
    books.peer_submits.take_mms(peer, handed, messages, {"to": dict(asked.addresses), "from": asked.sender})
    return handed
