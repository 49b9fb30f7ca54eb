"""What phones write to a peer's numbers: queued for the peer in the transaction in which it came."""

from __future__ import annotations

import functools
from collections.abc import Callable

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


def unless_for_peer(
    reaction: Callable[[SmsReceived, BooksOfStore], None],
) -> Callable[[SmsReceived, BooksOfStore], None]:
    """A reaction that leaves alone what phones write to peers: the hub must not answer in a peer's name."""

    @functools.wraps(reaction)
    def react(event: SmsReceived, books: BooksOfStore) -> None:
        if _owner(event, books) is None:
            reaction(event, books)

    return react


def _owner(event: SmsReceived, books: BooksOfStore) -> Peer | None:
    return owner_of(event.recipient, books.peers.listening())
