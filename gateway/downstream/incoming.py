"""What phones write to a peer's numbers: queued for the peer in the transaction in which it came."""

from __future__ import annotations

from gateway.core.events import SmsReceived
from gateway.core.peers import Peer, owner_of
from gateway.downstream.content import pieces
from gateway.store.desk import BooksOfStore


def give_to_peer(event: SmsReceived, books: BooksOfStore) -> None:
    """Reaction: queue an SMS for the peer whose number it was written to, part by part where it is long."""
    peer = _owner(event, books)
    if peer is None:
        return
    alphabet, texts = pieces(event.text, peer.alphabet)
    for number, piece in enumerate(texts, 1):
        books.peer_deliveries.add(
            peer.id,
            {
                "kind": "sms",
                "sender": event.sender,
                "recipient": event.recipient,
                "text": piece,
                "alphabet": alphabet.value,
                "reference": event.inbox_id & 0xFF,
                "total": len(texts),
                "number": number,
            },
        )
    books.timeline.step(event.inbox_id, "peer", f"for peer {peer.name}")


def is_for_peer(event: SmsReceived, books: BooksOfStore) -> bool:
    """Whether it was written to a peer: the hub must not answer in a peer's name."""
    return _owner(event, books) is not None


def _owner(event: SmsReceived, books: BooksOfStore) -> Peer | None:
    return owner_of(event.recipient, books.peers.listening())
