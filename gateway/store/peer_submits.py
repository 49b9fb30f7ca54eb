"""What peers submitted: taken into the outbox, and told of when it has come to its end.

A row stands for an id that was handed out, until its end is known. The parts of a long SMS come one by one and are
answered one by one; they wait here, and the last one puts the whole text into the outbox as one message, so that it
goes over one link under one reference.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy import bindparam

from gateway.core.events import MessageSettled
from gateway.core.ids import first_id_at
from gateway.core.mms import NewMms
from gateway.core.outbox import NewSms, Purpose, State
from gateway.core.peers import Destination, Peer, Refusal, Submitted, WantedReport, is_wanted
from gateway.core.ports import StopsPort
from gateway.core.routing import Plan
from gateway.store.columns import fitting
from gateway.store.database import Transaction
from gateway.store.multimedia import Multimedia
from gateway.store.outbox import Outbox
from gateway.store.parts import generations
from gateway.store.peer_deliveries import PeerDeliveries
from gateway.store.peers import Peers
from gateway.store.schema import peer_submits

#: Characters of a text that its receipts repeat (SMPP 3.4 appendix B).
BEGINNING = 20
#: A validity no peer can go beyond, seconds.
MOST_VALIDITY_S = 7 * 86_400
DEFAULT_VALIDITY_S = 172_800
#: How long an id is kept whose message never came to an end: its validity and the time a report may be late are over.
KEPT_MS = 30 * 86_400_000

_INSERT = sa.insert(peer_submits)
_PARTS = (
    sa.select(
        peer_submits.c.id,
        peer_submits.c.peer_id,
        peer_submits.c.recipient,
        peer_submits.c.sender,
        peer_submits.c.reference,
        peer_submits.c.total,
        peer_submits.c.number,
        peer_submits.c.text,
        peer_submits.c.report,
        peer_submits.c.terms,
        peer_submits.c.submitted_ms,
    )
    .where(
        peer_submits.c.message_id.is_(None),
        peer_submits.c.peer_id == bindparam("peer"),
        peer_submits.c.recipient == bindparam("recipient"),
        peer_submits.c.reference == bindparam("reference"),
        peer_submits.c.sender == bindparam("sender"),
        peer_submits.c.total == bindparam("total"),
    )
    .order_by(peer_submits.c.id)
)
_OVERDUE = sa.text(
    "SELECT DISTINCT peer_id, recipient, sender, reference, total FROM peer_submits "
    "WHERE message_id IS NULL AND submitted_ms <= :before LIMIT 100"
)
_LOCK_PEER = sa.text("SELECT id FROM peers WHERE id = :peer FOR UPDATE")
_JOINED = (
    sa.update(peer_submits)
    .where(peer_submits.c.id == bindparam("b_id"), peer_submits.c.message_id.is_(None))
    .values(message_id=bindparam("b_message"), text=bindparam("b_text"))
)
_OF_MESSAGES = sa.text(
    "SELECT s.id, s.peer_id, s.handed, s.message_id, s.recipient, s.text, s.report, s.units, s.terms, s.submitted_ms, "
    "p.refund FROM peer_submits s JOIN peers p ON p.id = s.peer_id WHERE s.message_id IN :ids ORDER BY s.id"
).bindparams(bindparam("ids", expanding=True))
_END = sa.delete(peer_submits).where(peer_submits.c.id == bindparam("b_id"))
_OLD = sa.text("SELECT id FROM peer_submits WHERE id < :before ORDER BY id LIMIT :limit")
_OPEN = sa.text("SELECT peer_id, count(*) AS n FROM peer_submits GROUP BY peer_id")


class Long(NamedTuple):
    """What the parts of one long SMS have in common."""

    peer_id: int
    recipient: str
    sender: str
    reference: int
    total: int


#: Added to the references of data, so that their parts are never put together with those of texts.
_DATA_REFERENCES = 0x10000


class _Whole(NamedTuple):
    """A long SMS of which all parts are there."""

    text: str
    sender: str
    report: int
    validity_s: int | None
    not_before_ms: int
    data: bytes = b""
    port: int | None = None
    source_port: int | None = None


class _Entry(NamedTuple):
    """What is to be done for one destination, and what it costs."""

    units: int
    sms: NewSms | None = None  # None: a part, which waits
    plan: Plan | None = None


_PART = _Entry(1)


class PeerSubmits:
    """What peers submitted, within one transaction."""

    def __init__(
        self,
        tx: Transaction,
        new_id: Callable[[], int],
        now_ms: int,
        outbox: Outbox,
        stops: StopsPort,
        owners: Peers,
        deliveries: PeerDeliveries,
        multimedia: Multimedia,
    ) -> None:
        self._tx = tx
        self._new_id = new_id
        self._now_ms = now_ms
        self._outbox = outbox
        self._stops = stops
        self._peers = owners
        self._deliveries = deliveries
        self._mms = multimedia

    # --- in -------------------------------------------------------------------------------------------------

    def take(self, submits: Sequence[Submitted]) -> list[tuple[Refusal | None, ...]]:
        """Take submits; for each, what became of it for every destination: None where it was taken.

        A part is taken when it is kept; the whole goes into the outbox with its last part.
        """
        stopped = self._stops.among({place.recipient for one in submits for place in one.destinations})
        left = self._peers.balances({one.peer.id for one in submits if one.peer.balance is not None})
        answers: list[tuple[Refusal | None, ...]] = []
        longs: dict[Long, None] = {}
        for one in submits:
            judged = self._judge(one, stopped, left.get(one.peer.id))
            found = tuple(entry if isinstance(entry, Refusal) else None for entry in judged)
            if one.all_or_none and any(found):
                reason = next(filter(None, found))
                answers.append((reason,) * len(found))
                continue
            for place, entry in zip(one.destinations, judged, strict=True):
                if not isinstance(entry, Refusal):
                    self._keep(one, place, entry, longs)
            units = sum(entry.units for entry in judged if not isinstance(entry, Refusal))
            if one.peer.id in left:
                left[one.peer.id] -= units
                self._peers.change_balance(one.peer.id, -units)
            answers.append(found)
        for long in longs:
            self._join(long)
        return answers

    def _judge(self, one: Submitted, stopped: set[str], budget: int | None) -> list[_Entry | Refusal]:
        """For each destination how the message is to go, or why it is not taken."""
        found: list[_Entry | Refusal] = []
        for place in one.destinations:
            if place.recipient in stopped:
                found.append(Refusal.STOPPED)
                continue
            entry = _PART
            if not one.is_part:
                sms = _sms(one, one.peer.account_id, place.recipient)
                plan = self._outbox.plan(sms, place.id)
                if plan.refusal is not None:
                    found.append(Refusal.RULE)
                    continue
                entry = _Entry(plan.segments, sms, plan)
            if budget is not None and budget < entry.units:
                found.append(Refusal.BALANCE)
                continue
            budget = None if budget is None else budget - entry.units
            found.append(entry)
        return found

    def _keep(self, one: Submitted, place: Destination, entry: _Entry, longs: dict[Long, None]) -> None:
        """Keep a part, or queue a message and what its end will be told by."""
        peer, concat = one.peer, one.concat
        charged = entry.units if peer.balance is not None else 0
        row = {
            "id": place.id,
            "peer_id": peer.id,
            "handed": place.handed,
            "message_id": place.id,
            "recipient": place.recipient,
            "sender": one.sender,
            "reference": None,
            "total": None,
            "number": None,
            "text": fitting(one.text, BEGINNING),
            "report": one.report,
            "units": charged,
            "terms": json.dumps(place.terms),
            "submitted_ms": self._now_ms,
        }
        if entry.sms is not None:
            if one.report or (charged and peer.refund):
                self._tx.defer(_INSERT, row)
            self._outbox.add(entry.sms, place.id, entry.plan)
            return
        assert concat is not None
        how = {"validity_s": one.validity_s, "not_before_ms": one.not_before_ms, "account_id": peer.account_id}
        reference, text = concat.reference, fitting(one.text)
        if one.data:
            how |= {"port": one.port, "source_port": one.source_port}
            reference, text = reference + _DATA_REFERENCES, one.data.hex()
        row |= {"message_id": None, "reference": reference, "total": concat.total, "number": concat.number}
        row |= {"text": text, "terms": json.dumps({**place.terms, "how": how})}
        self._tx.defer(_INSERT, row)
        longs[Long(peer.id, place.recipient, one.sender, reference, concat.total)] = None

    def take_mms(
        self, peer: Peer, handed: str, messages: Sequence[tuple[int, NewMms]], terms: Mapping[str, Any]
    ) -> None:
        """Put MMS of one submit into the outbox, by the ids of their messages; the caller has judged them."""
        charged = 1 if peer.balance is not None else 0
        for message_id, message in messages:
            if message.want_report or (charged and peer.refund):
                self._tx.defer(
                    _INSERT,
                    {
                        "id": message_id,
                        "peer_id": peer.id,
                        "handed": handed,
                        "message_id": message_id,
                        "recipient": message.recipient,
                        "sender": message.sender,
                        "reference": None,
                        "total": None,
                        "number": None,
                        "text": "",
                        "report": int(WantedReport.ANY if message.want_report else WantedReport.NONE),
                        "units": charged,
                        "terms": json.dumps(dict(terms)),
                        "submitted_ms": self._now_ms,
                    },
                )
            self._mms.add(message, message_id)
        if charged:
            self._peers.change_balance(peer.id, -len(messages))

    def cancel(self, peer: Peer, handed: str) -> tuple[int, int]:
        """Take back the messages of an id handed out; how many are open, and how many of them were early enough."""
        self._tx.flush_for(_INSERT, _JOINED)
        asked = sa.select(peer_submits.c.message_id).where(
            peer_submits.c.peer_id == peer.id, peer_submits.c.handed == handed, peer_submits.c.message_id.is_not(None)
        )
        ids = list(self._tx.read(asked).scalars())
        cancelled = [message_id for message_id in ids if self._outbox.cancel(message_id)]
        self.settle(
            [MessageSettled(message_id, peer.account_id, State.CANCELLED.value, "DELETED") for message_id in cancelled]
        )
        return len(ids), len(cancelled)

    # --- parts ----------------------------------------------------------------------------------------------

    def _join(self, long: Long) -> None:
        """Put the parts of a long SMS together once all are there."""
        messages = self._messages(long)
        if messages and len({part.number for part in messages[-1]}) == long.total:
            self._send(long, messages[-1])

    def _messages(self, long: Long) -> list[list[Any]]:
        self._tx.flush_for(_INSERT, _JOINED)
        if self._tx.dialect != "sqlite":
            # Two parts may come in two processes at once: without the lock neither would see the other.
            self._tx.read(_LOCK_PEER, {"peer": long.peer_id})
        return generations(
            self._tx.ask(
                _PARTS,
                {
                    "peer": long.peer_id,
                    "recipient": long.recipient,
                    "reference": long.reference,
                    "sender": long.sender,
                    "total": long.total,
                },
            )
        )

    def _send(self, long: Long, parts: Sequence[Any]) -> None:
        """Send parts that follow one another as one message; a part that came twice is there once."""
        texts = {part.number: part.text for part in parts}
        how = json.loads(parts[0].terms)["how"]
        text = "".join(texts[number] for number in sorted(texts))
        is_data = long.reference >= _DATA_REFERENCES
        whole = _Whole(
            "" if is_data else text,
            long.sender,
            max(part.report for part in parts),
            how["validity_s"],
            how["not_before_ms"],
            bytes.fromhex(text) if is_data else b"",
            how.get("port"),
            how.get("source_port"),
        )
        message_id = self._new_id()
        for part in parts:
            beginning = "" if is_data else part.text[:BEGINNING]
            self._tx.defer(_JOINED, {"b_id": part.id, "b_message": message_id, "b_text": beginning})
        # Every part has been answered with yes: what a rule says against the whole is told in the reports.
        self._outbox.add(_sms(whole, how["account_id"], long.recipient), message_id)

    def overdue(self, before_ms: int) -> bool:
        """Whether parts wait since before a moment."""
        return self._tx.read(_OVERDUE, {"before": before_ms}).first() is not None

    def give_up_parts(self, before_ms: int) -> int:
        """Send what came of long SMS whose other parts did not; returns how many messages that makes.

        Parts that follow one another go as one message. One that came in two generations of a reference goes in each.
        """
        sent = 0
        for row in self._tx.read(_OVERDUE, {"before": before_ms}).all():
            long = Long(row.peer_id, row.recipient, row.sender, row.reference, row.total)
            for generation in self._messages(long):
                if generation[-1].submitted_ms > before_ms:
                    continue  # it is still growing
                for run in _runs(generation):
                    self._send(long, run)
                    sent += 1
        return sent

    # --- back -----------------------------------------------------------------------------------------------

    def settle(self, settled: Sequence[MessageSettled]) -> None:
        """Queue the reports that peers asked for, and give back units of what failed."""
        accounts = self._peers.account_ids()
        ends = {event.message_id: event for event in settled if event.account_id in accounts}
        if not ends:
            return
        self._tx.flush_for(_INSERT, _JOINED)
        for row in self._tx.read(_OF_MESSAGES, {"ids": list(ends)}).all():
            event = ends[row.message_id]
            delivered = event.state in (State.DELIVERED, State.ACCEPTED)
            if not delivered and row.refund and row.units:
                self._peers.change_balance(row.peer_id, row.units)
            if event.state != State.ACCEPTED and is_wanted(row.report, delivered=delivered):
                terms = json.loads(row.terms)
                terms.pop("how", None)
                self._deliveries.add(
                    row.peer_id,
                    {
                        "kind": "report",
                        "handed": row.handed,
                        "state": event.state,
                        "code": event.code,
                        "recipient": row.recipient,
                        "text": row.text[:BEGINNING],
                        "submitted_ms": row.submitted_ms,
                        "done_ms": self._now_ms,
                        "terms": terms,
                    },
                )
            self._tx.defer(_END, {"b_id": row.id})

    # --- questions and housekeeping ----------------------------------------------------------------------------

    def open_by_peer(self) -> dict[int, int]:
        """How many ids of each peer are still open."""
        return {row.peer_id: row.n for row in self._tx.read(_OPEN)}

    def message_of(self, peer: Peer, submit_id: int) -> Mapping[Any, Any] | None:
        """The message that an id handed out to a peer stands for; None for a part that waits, or nothing of its own."""
        self._tx.flush_for(_INSERT, _JOINED)
        row = self._tx.read(
            sa.select(peer_submits.c.message_id).where(
                peer_submits.c.id == submit_id, peer_submits.c.peer_id == peer.id
            )
        ).first()
        message_id = submit_id if row is None else row.message_id
        message = None if message_id is None else self._outbox.get(message_id)
        if message is None or message["account_id"] != peer.account_id or message["purpose"] != Purpose.PEER:
            return None
        return message

    def forget(self, limit: int = 1000) -> int:
        """Let go of ids whose message never came to an end that was told; returns how many."""
        ids = list(self._tx.read(_OLD, {"before": first_id_at(self._now_ms - KEPT_MS), "limit": limit}).scalars())
        if ids:
            self._tx.execute(sa.delete(peer_submits).where(peer_submits.c.id.in_(ids)))
        return len(ids)


def _sms(one: Submitted | _Whole, account_id: int, recipient: str) -> NewSms:
    return NewSms(
        recipient=recipient,
        text=fitting(one.text),
        purpose=Purpose.PEER,
        account_id=account_id,
        sender=one.sender,
        not_before_ms=one.not_before_ms,
        validity_s=min(one.validity_s or DEFAULT_VALIDITY_S, MOST_VALIDITY_S),
        want_report=one.report != WantedReport.NONE,
        data=one.data,
        port=one.port,
        source_port=one.source_port,
    )


def _runs(parts: Collection[Any]) -> list[list[Any]]:
    """Parts in the order of their numbers, divided where one is missing."""
    runs: list[list[Any]] = []
    for part in sorted(parts, key=lambda part: int(part.number)):
        if runs and part.number <= runs[-1][-1].number + 1:
            runs[-1].append(part)
        else:
            runs.append([part])
    return runs
