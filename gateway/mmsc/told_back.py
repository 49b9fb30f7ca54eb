"""Who sent an MMS through here and asked is told what became of it: phones by push, other centres over their link."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from carriers.mm1.config import Mm1Config
from gateway.core.errors import BadRequest, NotFound
from gateway.core.events import MessageSettled, MmsRead, MmsReceived
from gateway.core.mms import REPORTED, Way
from gateway.core.outbox import Purpose, State
from gateway.core.phone import is_mobile
from gateway.mmsc import pushes
from gateway.store.desk import BooksOfStore
from gateway.store.multimedia import NOT_LOOKED_AT
from mms.codec import mm4
from mms.codec.codes import ReadStatus, Status
from mms.codec.pdu import DeliveryInd, ReadOrigInd
from mms.letters import read_letter
from mms.terms import MmsHeaders

#: Link name under which MMS handed in here are filed.
LINK: Final = "mm1"
#: Beginning of the key of an MMS that one phone sent to another; then the inbox id and the number.
HANDED_ON: Final = "handed on"

_STATUSES: Final = {
    State.DELIVERED.value: Status.RETRIEVED,
    State.EXPIRED.value: Status.EXPIRED,
    "Rejected": Status.REJECTED,
    "Unrecognised": Status.UNRECOGNISED,
}
_AS_MM4: Final = {
    Status.RETRIEVED: mm4.MmStatus.RETRIEVED,
    Status.EXPIRED: mm4.MmStatus.EXPIRED,
    Status.REJECTED: mm4.MmStatus.REJECTED,
    Status.UNRECOGNISED: mm4.MmStatus.UNRECOGNISED,
}


class _Origin(NamedTuple):
    """An MMS that came in here, and what its sender asked."""

    came: Mapping[Any, Any]
    asked: MmsHeaders


class ToldBack:
    """Tells senders what became of what they sent."""

    def __init__(self, config: Mm1Config | None) -> None:
        self._config = config  # how phones are told; None = this hub tells none

    def settled(self, event: MessageSettled, books: BooksOfStore) -> None:
        """Reaction: a delivery report for who sent it. One that went to the mailbox of its number is not at its end."""
        row = books.outbox.get(event.message_id) if event.tag == REPORTED else None
        origin = _origin(row, books) if row is not None else None
        if row is None or origin is None:
            return
        facts = books.mms.facts([event.message_id]).get(event.message_id)
        waits = facts is not None and facts["way"] == Way.MAILBOX and event.code != NOT_LOOKED_AT
        if event.state != State.DELIVERED and waits:
            return
        status = _STATUSES.get(event.state) or _STATUSES.get(event.code, Status.INDETERMINATE)
        self._delivery(books, origin, row["recipient"], status, f"{event.message_id} {status.title}")

    def refused(self, event: MmsReceived, recipient: str, books: BooksOfStore) -> None:
        """Tell who sent an MMS that this recipient is not served."""
        came = books.inbox.get(event.inbox_id)
        if came is not None:
            origin = _Origin(came, read_letter(event.content).mms)
            self._delivery(books, origin, recipient, Status.REJECTED, f"{event.inbox_id} {recipient}")

    def read(self, event: MmsRead, books: BooksOfStore) -> None:
        """Reaction: a read report for who sent it."""
        row = books.outbox.get(event.message_id)
        origin = _origin(row, books) if row is not None else None
        if row is None or origin is None or not origin.asked.read_report:
            return
        came, key = origin.came, f"read {event.message_id}"
        if came["link"] == LINK:
            status = ReadStatus.READ if event.is_read else ReadStatus.DELETED_UNREAD
            pdu = ReadOrigInd(
                message_id=str(came["id"]),
                to=came["sender"],
                read_status=status,
                date_s=books.now_ms // 1000,
                sender=row["recipient"],
            )
            self._push(books, came, pdu, key)
            return
        report = mm4.ReadReport(
            transaction_id=key.replace(" ", "."),
            mms_id=origin.asked.mms_id,
            sender=row["recipient"],
            recipients=(came["sender"],),
            date=_now(books),
            ack_request=False,
            status=mm4.ReadStatus.READ if event.is_read else mm4.ReadStatus.DELETED,
        )
        _over_link(books, origin, report)

    def _delivery(self, books: BooksOfStore, origin: _Origin, recipient: str, status: Status, key: str) -> None:
        came, asked = origin
        if not asked.delivery_report:
            return
        if came["link"] == LINK:
            pdu = DeliveryInd(message_id=str(came["id"]), to=recipient, date_s=books.now_ms // 1000, status=status)
            self._push(books, came, pdu, f"delivery {key}")
            return
        report = mm4.DeliveryReport(
            transaction_id=f"delivery.{key}".replace(" ", "."),
            mms_id=asked.mms_id,
            sender=recipient,
            recipients=(came["sender"],),
            date=_now(books),
            ack_request=False,
            status=_AS_MM4.get(status, mm4.MmStatus.INDETERMINATE),
        )
        _over_link(books, origin, report)

    def _push(self, books: BooksOfStore, came: Mapping[Any, Any], pdu: DeliveryInd | ReadOrigInd, key: str) -> None:
        config = self._config
        if config is None or not is_mobile(came["sender"]) or books.outbox.with_key(0, [key]):
            return
        push_id = books.outbox.add(pushes.report(config, pdu, came["sender"], key))
        books.timeline.step(came["id"], "told back", f"its sender, by push {push_id}")


def _over_link(books: BooksOfStore, origin: _Origin, report: mm4.DeliveryReport | mm4.ReadReport) -> None:
    came = origin.came
    if origin.asked.mms_id and books.tell_centre(came["link"], report):
        books.timeline.step(came["id"], "told back", f"its centre, over {came['link']}: {report.status}")


def _now(books: BooksOfStore) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(books.now_ms / 1000, datetime.UTC)


def _origin(row: Mapping[Any, Any], books: BooksOfStore) -> _Origin | None:
    """The MMS that a message hands on, and what its sender asked; None where none came in here."""
    if row["purpose"] != Purpose.HANDED_ON or not (row["key"] or "").startswith(f"{HANDED_ON} "):
        return None
    inbox_id = row["key"].split()[2]
    came = books.inbox.get(int(inbox_id)) if inbox_id.isdigit() else None
    if came is None:
        return None
    try:
        return _Origin(came, read_letter(books.stored(came["blob"])).mms)
    except (BadRequest, NotFound):
        return None
