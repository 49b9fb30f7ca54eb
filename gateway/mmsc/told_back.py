"""Phones that handed in an MMS here and asked for it are told what became of it: delivery and read reports."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from carriers.mm1.config import Mm1Config
from gateway.core.errors import BadRequest, NotFound
from gateway.core.events import MessageSettled
from gateway.core.mms import REPORTED, Way
from gateway.core.outbox import Purpose, State
from gateway.core.phone import is_mobile
from gateway.mmsc import pushes
from gateway.store.desk import BooksOfStore
from gateway.store.multimedia import NOT_LOOKED_AT
from mms.codec.codes import ReadStatus, Status
from mms.codec.layout import Pdu
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


class ToldBack:
    """Tells phones what became of what they sent."""

    def __init__(self, config: Mm1Config | None) -> None:
        self._config = config  # how phones are told; None = this hub tells none

    def settled(self, event: MessageSettled, books: BooksOfStore) -> None:
        """Reaction: a delivery report for the phone an MMS came from.

        One that went to the mailbox of its number instead is not at its end.
        """
        row = books.outbox.get(event.message_id) if event.tag == REPORTED else None
        if row is None:
            return
        came, asked = _origin(row, books)
        if came is None or not asked.delivery_report:
            return
        facts = books.mms.facts([event.message_id]).get(event.message_id)
        waits = facts is not None and facts["way"] == Way.MAILBOX and event.code != NOT_LOOKED_AT
        if event.state != State.DELIVERED and waits:
            return
        status = _STATUSES.get(event.state) or _STATUSES.get(event.code, Status.INDETERMINATE)
        pdu = DeliveryInd(message_id=str(came["id"]), to=row["recipient"], date_s=books.now_ms // 1000, status=status)
        self._tell(books, came, pdu, f"delivery {event.message_id} {status.title}")

    def read(self, message_id: int, status: ReadStatus, books: BooksOfStore) -> None:
        """A read report for the phone an MMS came from."""
        row = books.outbox.get(message_id)
        came, asked = (None, MmsHeaders()) if row is None else _origin(row, books)
        if row is None or came is None or not asked.read_report:
            return
        pdu = ReadOrigInd(
            message_id=str(came["id"]),
            to=came["sender"],
            read_status=status,
            date_s=books.now_ms // 1000,
            sender=row["recipient"],
        )
        self._tell(books, came, pdu, f"read {message_id}")

    def _tell(self, books: BooksOfStore, came: Mapping[Any, Any], pdu: Pdu, key: str) -> None:
        config = self._config
        if config is None or not is_mobile(came["sender"]) or books.outbox.with_key(0, [key]):
            return
        push_id = books.outbox.add(pushes.report(config, pdu, came["sender"], key))
        books.timeline.step(came["id"], "told back", f"its sender, by push {push_id}")


def _origin(row: Mapping[Any, Any], books: BooksOfStore) -> tuple[Mapping[Any, Any] | None, MmsHeaders]:
    """The MMS that a message hands on, and what its sender asked; (None, …) where no phone sent it here."""
    if row["purpose"] != Purpose.HANDED_ON or not (row["key"] or "").startswith(f"{HANDED_ON} "):
        return None, MmsHeaders()
    inbox_id = row["key"].split()[2]
    came = books.inbox.get(int(inbox_id)) if inbox_id.isdigit() else None
    if came is None or came["link"] != LINK:
        return None, MmsHeaders()
    try:
        return came, read_letter(books.stored(came["blob"])).mms
    except (BadRequest, NotFound):
        return None, MmsHeaders()
