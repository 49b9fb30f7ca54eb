"""What phones sent: filed before it is acknowledged, so that a resend is harmless, and put together when long."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from gateway.core.messages import IncomingSms
from gateway.store.columns import fitting
from gateway.store.database import Transaction
from gateway.store.parts import generations
from gateway.store.schema import inbox
from gateway.store.timeline import Timeline

#: How long a resend is recognised: by the carrier's id, and by the same words from the same phone where it has none.
RESEND_WINDOW_MS = 72 * 3600 * 1000
SAME_WORDS_WINDOW_MS = 120 * 1000

#: How long the parts of a long SMS are waited for; carriers try for a day or more, but hardly ever to any avail.
PART_PATIENCE_MS = 3600 * 1000
#: Stands where a part never came.
MISSING = "[…]"

_INSERT = sa.insert(inbox)
_OVERDUE = (
    sa.select(
        sa.func.max(inbox.c.link).label("link"),
        inbox.c.link_group,
        inbox.c.sender,
        inbox.c.recipient,
        inbox.c.reference,
        inbox.c.total,
    )
    .where(inbox.c.state == sa.literal_column("'part'"))
    .group_by(inbox.c.link_group, inbox.c.sender, inbox.c.recipient, inbox.c.reference, inbox.c.total)
    .having(sa.func.max(inbox.c.received_ms) < sa.bindparam("before"))
    .limit(100)
)


@dataclass(frozen=True, slots=True)
class Filed:
    """What became of an SMS that came in."""

    inbox_id: int  # of the whole SMS
    link: str
    sender: str
    recipient: str
    text: str


@dataclass(frozen=True, slots=True)
class _Long:
    """What the parts of one long SMS have in common."""

    link: str
    group: str
    sender: str
    recipient: str
    reference: int
    total: int


class Inbox:
    """SMS from phones, within one transaction."""

    def __init__(self, tx: Transaction, new_id: Callable[[], int], now_ms: int, timeline: Timeline) -> None:
        self._tx = tx
        self._new_id = new_id
        self._now_ms = now_ms
        self._timeline = timeline

    def file(self, link: str, group: str, sms: IncomingSms, sender: str, *, is_new: bool = False) -> Filed | None:
        """Keep an SMS (`sender` in E.164 where known); the whole text when it is complete, else None.

        None too for a resend of what is filed already, unless `is_new` says that it cannot be one.
        """
        sender, recipient, text = fitting(sender, 32), fitting(sms.recipient, 32), fitting(sms.text)
        fingerprint = _fingerprint(sms)
        window = RESEND_WINDOW_MS if sms.carrier_id else SAME_WORDS_WINDOW_MS
        if not is_new and self._is_known(fingerprint, link, group, window):
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
            return Filed(inbox_id, link, sender, recipient, text)
        return self._join(_Long(link, group, sender, recipient, concat.reference, concat.total))

    def file_mms(
        self,
        inbox_id: int,
        *,
        link: str,
        group: str,
        carrier_id: str,
        sender: str,
        recipient: str,
        subject: str,
        blob: str,
        fingerprint: str,
    ) -> bool:
        """Keep an MMS whose letter lies on disk under its id; False for a resend of what is filed already."""
        window = RESEND_WINDOW_MS if carrier_id else SAME_WORDS_WINDOW_MS
        if self._is_known(fingerprint, link, group, window):
            return False
        self._tx.execute(
            _INSERT,
            {
                "id": inbox_id,
                "kind": "mms",
                "link_group": group,
                "link": link,
                "carrier_id": fitting(carrier_id, 65) or None,
                "fingerprint": fingerprint,
                "sender": fitting(sender, 32),
                "recipient": fitting(recipient, 32),
                "text": fitting(subject),
                "blob": blob,
                "state": "whole",
                "received_ms": self._now_ms,
            },
        )
        self._timeline.step(inbox_id, "arrived", f"by {link}")
        return True

    def _is_known(self, fingerprint: str, link: str, group: str, window_ms: int) -> bool:
        """Whether this came before, which its story then says."""
        self._tx.flush()
        known = self._tx.read(
            sa.select(inbox.c.id).where(
                inbox.c.fingerprint == fingerprint,
                inbox.c.link_group == group,
                inbox.c.received_ms >= self._now_ms - window_ms,
            )
        ).first()
        if known is not None:
            self._timeline.step(known.id, "resent", f"{link} sent it again; dropped")
        return known is not None

    def overdue(self) -> bool:
        """Whether parts wait whose others have not come in time."""
        return bool(self._tx.read(_OVERDUE, {"before": self._now_ms - PART_PATIENCE_MS}).first())

    def give_up_parts(self) -> list[Filed]:
        """Put together what came of long SMS whose other parts have not come in time; a mark stands for those."""
        given: list[Filed] = []
        for row in self._tx.read(_OVERDUE, {"before": self._now_ms - PART_PATIENCE_MS}).all():
            long = _Long(row.link, row.link_group, row.sender, row.recipient, row.reference, row.total)
            given += [self._put_together(long, part) for part in generations(self._parts_of(long, since_ms=0))]
        return given

    def _parts_of(self, long: _Long, since_ms: int) -> Sequence[sa.Row[Any]]:
        return self._tx.read(
            sa.select(inbox.c.id, inbox.c.number, inbox.c.text)
            .where(
                inbox.c.state == sa.literal_column("'part'"),
                inbox.c.link_group == long.group,
                inbox.c.sender == long.sender,
                inbox.c.recipient == long.recipient,
                inbox.c.reference == long.reference,
                inbox.c.total == long.total,
                inbox.c.received_ms >= since_ms,
            )
            .order_by(inbox.c.id)
        ).all()

    def _join(self, long: _Long) -> Filed | None:
        """Put the parts of a long SMS together once all are there.

        Parts older than the resend window are not looked at.
        """
        newest = generations(self._parts_of(long, since_ms=self._now_ms - RESEND_WINDOW_MS))[-1]
        if len({part.number for part in newest if 1 <= part.number <= long.total}) < long.total:
            return None
        return self._put_together(long, newest)

    def _put_together(self, long: _Long, generation: Sequence[sa.Row[Any]]) -> Filed:
        """The whole of the parts there are; one mark stands for any number of parts missing side by side."""
        whole_id = self._new_id()
        parts = {part.number: part.text for part in generation if 1 <= part.number <= long.total}
        pieces: list[str] = []
        for number in range(1, long.total + 1):
            if number in parts:
                pieces.append(parts[number])
            elif not pieces or pieces[-1] is not MISSING:
                pieces.append(MISSING)
        text = "".join(pieces)
        self._tx.execute(
            _INSERT,
            {
                "id": whole_id,
                "link_group": long.group,
                "link": long.link,
                "carrier_id": None,
                "fingerprint": f"joined:{whole_id}",
                "sender": long.sender,
                "recipient": long.recipient,
                "text": text,
                "state": "joined",
                "received_ms": self._now_ms,
            },
        )
        used = [part.id for part in generation]
        self._tx.execute(sa.update(inbox).where(inbox.c.id.in_(used)).values(state="done", joined_id=whole_id))
        told = f"from {long.total} segments"
        if len(parts) < long.total:
            told = f"from {len(parts)} of {long.total} segments, the others never came"
        self._timeline.step(whole_id, "joined", told)
        return Filed(whole_id, long.link, long.sender, long.recipient, text)

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
