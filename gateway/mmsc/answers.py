"""What phones say of MMS they were told of: fetched, later, no, read, delete."""

from __future__ import annotations

from typing import Final

from gateway.core.messages import ReportState
from gateway.mmsc.centre import DAY_MS, LAST_CALL_MS, settle, settle_late
from gateway.store.desk import BooksOfStore, Desk
from gateway.store.mm1 import OPEN, Notification
from mms.codec.codes import ReadStatus, ResponseStatus, Status
from mms.codec.pdu import AcknowledgeInd, DeleteConf, DeleteReq, NotifyRespInd, ReadRecInd
from mms.handsets.evidence import Seen
from mms.incoming import ReadState

#: Locations in one m-delete-req that are looked at.
MAX_LOCATIONS: Final = 50

Said = NotifyRespInd | AcknowledgeInd | ReadRecInd


def token_in(text: str) -> str:
    """The token of an address, a transaction or message id."""
    return text.strip("<> ").rstrip("/").rpartition("/")[2][:64]


class PhoneAnswers:
    """Notes what phones say."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def take(self, said: Said, seen: Seen | None) -> None:
        """Note it once it is on disk. What names no MMS of ours changes nothing. Raises StoreUnavailable."""
        token = token_in(said.message_id if isinstance(said, ReadRecInd) else said.transaction_id)

        def work(books: BooksOfStore) -> None:
            one = books.mm1.get(token)
            if one is None:
                return
            if seen is not None:
                books.handsets.learn(one.number, seen)
            if isinstance(said, ReadRecInd):
                was_read = said.read_status is ReadStatus.READ
                books.note_read(one.message_id, ReadState.READ if was_read else ReadState.DELETED)
            elif isinstance(said, AcknowledgeInd) or said.status is Status.RETRIEVED:
                _retrieved(books, one)
            elif said.status is Status.DEFERRED:
                _deferred(books, one)
            elif said.status in (Status.REJECTED, Status.UNRECOGNISED):
                settle(books, one, "rejected", ReportState.FAILED, said.status.name.capitalize())

        await self._desk.commit(work)

    async def delete(self, request: DeleteReq) -> DeleteConf:
        """The phone will not fetch these. Raises StoreUnavailable."""

        def work(books: BooksOfStore) -> tuple[str, ...]:
            unknown = []
            for location in request.locations[:MAX_LOCATIONS]:
                one = books.mm1.get(token_in(location))
                if one is None:
                    unknown.append(location)
                elif one.state in OPEN:
                    settle(books, one, "rejected", ReportState.FAILED, "Rejected")
            return (*unknown, *request.locations[MAX_LOCATIONS:])

        unknown = await self._desk.commit(work)
        return DeleteConf(
            transaction_id=request.transaction_id,
            response_status=ResponseStatus.NOT_FOUND if unknown else ResponseStatus.OK,
            locations=unknown,
            version=request.version,
        )


def _retrieved(books: BooksOfStore, one: Notification) -> None:
    if one.state in OPEN:
        settle(books, one, "done", ReportState.DELIVERED, "retrieved")
    else:
        settle_late(books, one)


def _deferred(books: BooksOfStore, one: Notification) -> None:
    """The phone is left alone until the time is nearly over, or half of what is left where that is sooner."""
    left_ms = max(0, one.expires_ms - books.now_ms)
    next_ms = one.expires_ms - min(LAST_CALL_MS, left_ms // 2)
    if books.mm1.update(one.token, ["told"], state="deferred", next_ms=next_ms):
        days = left_ms / DAY_MS
        books.timeline.step(one.message_id, "deferred", f"the phone fetches it later; {days:.1f} days are left")
