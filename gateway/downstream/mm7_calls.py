"""What peers that speak MM7 are told: rows of the store as requests, and reactions that queue such rows.

Reports come from the ends of messages (`gateway.store.peer_submits`), read replies and MMS from events.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import unquote, urlsplit, urlunsplit

from carriers.mm7.client import Access
from carriers.mm7.outgoing import address_of
from gateway.core.events import MmsRead, MmsReceived
from gateway.core.outbox import Purpose, State
from gateway.core.peers import Peer, owner_of
from gateway.mail.mime.headers import Priority
from gateway.store.desk import BooksOfStore
from mms.codec.mm7.envelope import Envelope
from mms.codec.mm7.messages import DeliverReq, DeliveryReportReq, ReadReplyReq, Request
from mms.codec.mm7.values import Recipients
from mms.letters import read_letter

#: Before the id handed out in the tag of a message whose read reply its peer wants.
WANTS_READ: Final = "mm7-read "
#: Seconds a peer may take to answer: less than a lease lasts, or another process would tell it as well.
CALL_S: Final = 8.0
#: MMStatus of an end (TS 23.140 8.1.4.4).
_STATUSES: Final = {State.DELIVERED: "Retrieved", State.EXPIRED: "Expired"}
_FAILED: Final = "Rejected"
_PRIORITIES: Final = {Priority.HIGH: "High", Priority.LOW: "Low"}


def access_of(peer: Peer, calls: int) -> Access:
    """Where a peer is called, and how that is signed."""
    parts = urlsplit(peer.callback)
    host = parts.hostname or ""
    place = f"[{host}]" if ":" in host else host
    url = urlunsplit(
        (parts.scheme, f"{place}:{parts.port}" if parts.port else place, parts.path or "/", parts.query, "")
    )
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    return Access(
        url,
        "basic" if user else "none",
        user,
        password,
        connections=calls,
        connect_timeout_s=5.0,
        response_timeout_s=CALL_S,
    )


def request_of(
    delivery_id: int, body: Mapping[str, Any], peer: Peer, server_id: str, stored: Callable[[str], bytes]
) -> Envelope:
    """The request that tells a peer this. Raises BadRequest, NotFound for what is not there any more."""
    transaction = f"{server_id}-{delivery_id}"
    if body["kind"] == "mms":
        letter = read_letter(stored(body["blob"]))
        message = DeliverReq(
            server_id=server_id,
            vasp_id=peer.name,
            linked_id=str(body["inbox_id"]),
            sender=address_of(body["sender"]),
            recipients=Recipients((address_of(body["recipient"]),)),
            timestamp=_moment(body["at_ms"]),
            priority=_PRIORITIES.get(letter.mms.priority, "Normal"),
            subject=body["subject"],
        )
        return Envelope(transaction, message, letter.body)
    terms = body["terms"]
    recipient, sender = address_of(terms["to"].get(body["recipient"], body["recipient"])), terms["from"]
    named = address_of(sender) if sender else None
    request: Request
    if body["kind"] == "read":
        request = ReadReplyReq(
            server_id=server_id, message_id=body["handed"], recipient=recipient, sender=named,
            timestamp=_moment(body["at_ms"]), mm_status="Read" if body["is_read"] else "Deleted",
        )  # fmt: skip
    else:
        request = DeliveryReportReq(
            server_id=server_id, message_id=body["handed"], recipient=recipient, sender=named,
            date=_moment(body["done_ms"]), mm_status=_STATUSES.get(State(body["state"]), _FAILED),
            status_text=body["code"] if body["state"] != State.DELIVERED else "",
        )  # fmt: skip
    return Envelope(transaction, request)


def give_mms_to_peer(event: MmsReceived, books: BooksOfStore) -> None:
    """Reaction: queue an MMS for the peer whose number it was written to."""
    for recipient in event.recipients:
        peer = _owner(recipient, books)
        if peer is not None:
            books.peer_deliveries.add(
                peer.id,
                {
                    "kind": "mms",
                    "inbox_id": event.inbox_id,
                    "blob": event.blob,
                    "sender": event.sender,
                    "recipient": recipient,
                    "subject": event.subject,
                    "at_ms": event.received_ms,
                },
            )
            books.timeline.step(event.inbox_id, "peer", f"for peer {peer.name}")
            return


def is_mms_for_peer(event: MmsReceived, books: BooksOfStore) -> bool:
    """Whether it was written to a peer."""
    return any(_owner(recipient, books) is not None for recipient in event.recipients)


def tell_peer_of_reading(event: MmsRead, books: BooksOfStore) -> None:
    """Reaction: queue the read reply of an MMS whose peer wants one."""
    row = books.outbox.get(event.message_id)
    if row is None or row["purpose"] != Purpose.PEER or not row["tag"].startswith(WANTS_READ):
        return
    for peer in books.peers.all():
        if peer.account_id == row["account_id"] and peer.callback:
            books.peer_deliveries.add(
                peer.id,
                {
                    "kind": "read",
                    "handed": row["tag"].removeprefix(WANTS_READ),
                    "recipient": row["recipient"],
                    "is_read": event.is_read,
                    "at_ms": books.now_ms,
                    "terms": {"to": {}, "from": row["sender"]},
                },
            )
            return


def _owner(recipient: str, books: BooksOfStore) -> Peer | None:
    peer = None if "@" in recipient else owner_of(recipient, books.peers.listening())
    return peer if peer is not None and peer.callback else None


def _moment(at_ms: int) -> datetime:
    return datetime.fromtimestamp(at_ms // 1000, UTC)
