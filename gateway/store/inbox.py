"""What phones wrote: filed before it is acknowledged, so that a resend is harmless, and put together when long."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from gateway.core.messages import IncomingSms
from gateway.store.columns import fitting
from gateway.store.database import Transaction
from gateway.store.schema import inbox
from gateway.store.timeline import Timeline

#: How long a resend is recognised: by the carrier's id, and by the same words from the same phone where it has none.
RESEND_WINDOW_MS = 72 * 3600 * 1000
SAME_WORDS_WINDOW_MS = 120 * 1000

_INSERT = sa.insert(inbox)


@dataclass(frozen=True, slots=True)
class Filed:
    """What became of an SMS that came in."""

    inbox_id: int  # of the whole SMS
    sender: str
    recipient: str
    text: str


class Inbox:
    """SMS from phones, within one transaction."""

    def __init__(self, tx: Transaction, new_id: Callable[[], int], now_ms: int, timeline: Timeline) -> None:
        self._tx = tx
        self._new_id = new_id
        self._now_ms = now_ms
        self._timeline = timeline

    def file(self, link: str, group: str, sms: IncomingSms, sender: str) -> Filed | None:
        """Keep an SMS (`sender` in E.164 where known); the whole text when it is complete, else None.

        None too for a resend of what is filed already.
        """
        sender, recipient, text = fitting(sender, 32), fitting(sms.recipient, 32), fitting(sms.text)
        fingerprint = _fingerprint(sms)
        window = RESEND_WINDOW_MS if sms.carrier_id else SAME_WORDS_WINDOW_MS
        self._tx.flush()
        known = self._tx.read(
            sa.select(inbox.c.id).where(
                inbox.c.fingerprint == fingerprint,
                inbox.c.link_group == group,
                inbox.c.received_ms >= self._now_ms - window,
            )
        ).first()
        if known is not None:
            self._timeline.step(known.id, "resent", f"{link} sent it again; dropped")
            return None
        concat = sms.concat if sms.concat is not None and sms.concat.total > 1 else None
        inbox_id = self._new_id()
        self._tx.execute(
            _INSERT,
            {
                "id": inbox_id,
                "link_group": group,
                "link": link,
                "carrier_id": fitting(sms.carrier_id, 65) or None,
                "fingerprint": fingerprint,
                "sender": sender,
                "recipient": recipient,
                "text": text,
                "reference": concat.reference if concat else None,
                "number": concat.number if concat else None,
                "total": concat.total if concat else None,
                "state": "part" if concat else "whole",
                "received_ms": self._now_ms,
            },
        )
        self._timeline.step(inbox_id, "arrived", f"by {link}")
        if concat is None:
            return Filed(inbox_id, sender, recipient, text)
        return self._join(link, group, sender, recipient, concat.reference, concat.total)

    def _join(self, link: str, group: str, sender: str, recipient: str, reference: int, total: int) -> Filed | None:
        """Put the parts of a long SMS together once all are there.

        References are 8 bits in most phones and come again: a part whose number is there already with other words
        begins another SMS, and what came before it waits in vain. Parts older than the resend window are not looked at.
        """
        rows = self._tx.read(
            sa.select(inbox.c.id, inbox.c.number, inbox.c.text)
            .where(
                inbox.c.state == sa.literal_column("'part'"),
                inbox.c.link_group == group,
                inbox.c.sender == sender,
                inbox.c.recipient == recipient,
                inbox.c.reference == reference,
                inbox.c.total == total,
                inbox.c.received_ms >= self._now_ms - RESEND_WINDOW_MS,
            )
            .order_by(inbox.c.id)
        ).all()
        parts: dict[int, sa.Row[Any]] = {}
        for row in rows:
            known = parts.get(row.number)
            if known is not None and known.text != row.text:
                parts.clear()
            if 1 <= row.number <= total:
                parts[row.number] = row
        if len(parts) < total:
            return None
        whole_id = self._new_id()
        text = "".join(parts[number].text for number in sorted(parts))
        self._tx.execute(
            _INSERT,
            {
                "id": whole_id,
                "link_group": group,
                "link": link,
                "carrier_id": None,
                "fingerprint": f"joined:{whole_id}",
                "sender": sender,
                "recipient": recipient,
                "text": text,
                "state": "joined",
                "received_ms": self._now_ms,
            },
        )
        self._tx.execute(
            sa.update(inbox).where(inbox.c.id.in_([row.id for row in rows])).values(state="done", joined_id=whole_id)
        )
        self._timeline.step(whole_id, "joined", f"from {total} segments")
        return Filed(whole_id, sender, recipient, text)

    def get(self, inbox_id: int) -> sa.RowMapping | None:
        """The row of an SMS that came in."""
        return self._tx.read(sa.select(inbox).where(inbox.c.id == inbox_id)).mappings().first()

    def from_number(self, number: str, limit: int = 50) -> list[int]:
        """Ids of the newest whole SMS from a number, newest first."""
        return list(
            self._tx.read(
                sa.select(inbox.c.id)
                .where(inbox.c.sender == number, inbox.c.state.in_(("whole", "joined")))
                .order_by(inbox.c.id.desc())
                .limit(limit)
            ).scalars()
        )


def _fingerprint(sms: IncomingSms) -> str:
    """What a resend would repeat: the carrier's id (with the part's number), else sender, recipient, words and part."""
    part = f"{sms.concat.reference}/{sms.concat.number}" if sms.concat else ""
    if sms.carrier_id:
        text = f"id\0{sms.carrier_id}\0{sms.sender}\0{part}"
    else:
        text = f"words\0{sms.sender}\0{sms.recipient}\0{sms.text}\0{part}\0{sms.data.hex()}"
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
