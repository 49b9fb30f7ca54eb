"""Delivery reports: filed as they come, matched to their segment now or when the answer arrives.

A report may come before the answer to its submit, on another connection, twice, or never. It is matched within the
link group (all links of one account at one carrier), by the id the carrier gave; one that fits nothing is parked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy import bindparam

from gateway.core.billing import Fact, LedgerLine
from gateway.core.events import MessageSettled
from gateway.core.ids import first_id_at
from gateway.core.messages import DeliveryReport, ReportState
from gateway.core.outbox import FINAL, STEPS, Kind, State, after_report, settle
from gateway.store.columns import fitting
from gateway.store.database import Transaction
from gateway.store.ledger import Ledger
from gateway.store.outbox import ANSWER, CARRIER_ID_LENGTH
from gateway.store.schema import outbox, reports, segment_aliases, segments
from gateway.store.timeline import Timeline

#: How long after the validity of a message a report is still taken to be about it. Later the carrier has come round
#: to the id again (CMPP after a year, some SMPP centres after days), and means a message whose answer is yet to come.
LATE_REPORT_MS = 7 * 86_400_000
#: How long a report is kept that fits nothing: no answer that could name its message comes later than that.
PARKED_MS = 30 * 86_400_000
#: How much the clocks of two hosts of the hub may differ.
CLOCK_SKEW_MS = 60_000
#: How long before a message another one to its number can have been in doubt whose report is still to come.
RIVAL_MS = 600_000

_INSERT = sa.insert(reports)
_LOCK = sa.text("SELECT id FROM outbox WHERE id IN :ids ORDER BY id FOR UPDATE").bindparams(
    bindparam("ids", expanding=True)
)

_SEGMENTS = (
    sa.select(
        segments.c.message_id,
        segments.c.number,
        segments.c.state,
        segments.c.carrier_id,
        outbox.c.segments,
        outbox.c.state.label("message_state"),
        outbox.c.account_id,
        outbox.c.tag,
        outbox.c.kind,
        outbox.c.created_ms,
        outbox.c.expires_ms,
    )
    .join(outbox, outbox.c.id == segments.c.message_id)
    .where(
        segments.c.carrier_id.in_(bindparam("ids", expanding=True)),
        segments.c.link_group == bindparam("group"),
    )
)
_ALIASED = (
    sa.select(
        segments.c.message_id,
        segments.c.number,
        segments.c.state,
        segment_aliases.c.carrier_id,
        outbox.c.segments,
        outbox.c.state.label("message_state"),
        outbox.c.account_id,
        outbox.c.tag,
        outbox.c.kind,
        outbox.c.created_ms,
        outbox.c.expires_ms,
    )
    .join(
        segments,
        (segments.c.message_id == segment_aliases.c.message_id) & (segments.c.number == segment_aliases.c.number),
    )
    .join(outbox, outbox.c.id == segments.c.message_id)
    .where(
        segment_aliases.c.carrier_id.in_(bindparam("ids", expanding=True)),
        segment_aliases.c.link_group == bindparam("group"),
    )
)
_PARKED = (
    sa.select(
        reports.c.id, reports.c.carrier_id, reports.c.state, reports.c.code, reports.c.link, reports.c.received_ms
    )
    .where(
        reports.c.message_id.is_(None),
        reports.c.carrier_id.in_(bindparam("ids", expanding=True)),
        reports.c.link_group == bindparam("group"),
    )
    .order_by(reports.c.id)
)
_OLD_PARKED = sa.text("SELECT id FROM reports WHERE message_id IS NULL AND id < :before LIMIT :limit")
_SIBLINGS = sa.select(segments.c.message_id, segments.c.number, segments.c.state).where(
    segments.c.message_id.in_(bindparam("ids", expanding=True))
)
#: Another message to a number whose submit was not answered either.
_RIVAL = sa.text(
    "SELECT 1 FROM outbox o JOIN timeline t ON t.subject_id = o.id WHERE o.recipient = :recipient AND o.id <> :id "
    "AND t.step = 'uncertain' AND t.at_ms >= :since LIMIT 1"
)
_SETTLE_SEGMENT = (
    sa.update(segments)
    .where(
        segments.c.message_id == bindparam("b_id"),
        segments.c.number == bindparam("b_number"),
        segments.c.state == bindparam("b_from"),  # another process may have had another report
    )
    .values(state=bindparam("b_state"), code=bindparam("b_code"), settled_ms=bindparam("b_now"))
)
_SETTLE_MESSAGE = (
    sa.update(outbox)
    .where(outbox.c.id == bindparam("b_id"), outbox.c.state == bindparam("b_from"))
    .values(state=bindparam("b_state"), code=bindparam("b_code"), settled_ms=bindparam("b_now"))
)
_CLAIM_PARKED = (
    sa.update(reports)
    .where(reports.c.id == bindparam("b_id"))
    .values(message_id=bindparam("b_message"), number=bindparam("b_number"))
)


@dataclass(slots=True)
class _Target:
    """A segment a report may be about, with what is known of its message."""

    message_id: int
    number: int
    state: State
    total: int
    message_state: State
    account_id: int
    tag: str
    is_mms: bool
    created_ms: int
    expires_ms: int
    fellows: list[_Target] = field(default_factory=list)  # segments of the same message under the same id


class Reports:
    """Delivery reports within one transaction."""

    def __init__(
        self,
        tx: Transaction,
        new_id: Callable[[], int],
        now_ms: int,
        timeline: Timeline,
        ledger: Ledger,
        price: Callable[[str, str], int],
    ) -> None:
        self._tx = tx
        self._new_id = new_id
        self._now_ms = now_ms
        self._timeline = timeline
        self._ledger = ledger
        self._price = price  # (recipient, link) -> of a segment

    def file(self, link: str, group: str, arrived: Sequence[DeliveryReport]) -> list[MessageSettled]:
        """Keep every report, and settle what they are about; returns what is worth telling the owners."""
        self._tx.flush_for(ANSWER)  # the answer may be in this very batch
        keys = [fitting(report.carrier_id, CARRIER_ID_LENGTH) for report in arrived]
        targets = self._targets(group, set(keys))
        if targets and not {t.message_id for t in targets.values()}.isdisjoint(
            row["b_id"] for row in self._tx.waiting(_SETTLE_SEGMENT)
        ):
            self._tx.flush()  # so may another report of the same message
            targets = self._targets(group, set(targets))
        matched: list[tuple[_Target, DeliveryReport]] = []
        for key, report in zip(keys, arrived, strict=True):
            target = targets.get(key)
            if target is not None and self._now_ms > target.expires_ms + LATE_REPORT_MS:
                target = None
            self._tx.defer(
                _INSERT,
                {
                    "id": self._new_id(),
                    "link_group": group,
                    "link": link,
                    "carrier_id": key,
                    "recipient": fitting(report.recipient, 32),
                    "state": report.state.value,
                    "code": fitting(report.code, 64),
                    "text": fitting(report.text),
                    "message_id": target.message_id if target else None,
                    "number": target.number if target else None,
                    "received_ms": self._now_ms,
                },
            )
            if target:
                matched.append((target, report))
        return self._apply(link, matched)

    def forget_parked(self, limit: int = 1000) -> int:
        """Let go of reports that fitted nothing for too long; returns how many."""
        old = self._tx.read(_OLD_PARKED, {"before": first_id_at(self._now_ms - PARKED_MS), "limit": limit}).scalars()
        ids = list(old)
        if ids:
            self._tx.execute(sa.delete(reports).where(reports.c.id.in_(ids)))
        return len(ids)

    def message_of(self, group: str, carrier_id: str) -> int | None:
        """The message that a carrier of this group knows under an id."""
        key = fitting(carrier_id, CARRIER_ID_LENGTH)
        self._tx.flush()
        target = self._targets(group, {key}).get(key)
        return None if target is None else target.message_id

    def settle_parked(self, group: str, carrier_ids: Iterable[str]) -> list[MessageSettled]:
        """Apply reports that came before the answers which gave these ids."""
        ids = [fitting(carrier_id, CARRIER_ID_LENGTH) for carrier_id in carrier_ids]
        if not ids:
            return []
        self._tx.flush_for(_INSERT)  # the report may be in this very batch
        parked = self._tx.ask_among(_PARKED, "ids", ids, group=group)
        if not parked:
            return []
        self._tx.flush()
        targets = self._targets(group, {row.carrier_id for row in parked})
        matched: list[tuple[_Target, DeliveryReport]] = []
        for row in parked:
            target = targets.get(row.carrier_id)
            if target is None or row.received_ms < target.created_ms - CLOCK_SKEW_MS:
                continue  # it is older than the message: the carrier has come round to an id again
            self._tx.defer(_CLAIM_PARKED, {"b_id": row.id, "b_message": target.message_id, "b_number": target.number})
            matched.append((target, DeliveryReport(row.carrier_id, ReportState(row.state), row.code)))
        return self._apply(parked[0].link, matched)

    def _targets(self, group: str, carrier_ids: set[str]) -> dict[str, _Target]:
        """Who a carrier's ids stand for. An id the carrier has used again stands for its newest message.

        Segments of one message with the same id went as a whole; the first has the others as its fellows.
        """
        found: dict[str, _Target] = {}
        by_segment: dict[tuple[int, int], _Target] = {}

        def learn(rows: Iterable[Any]) -> None:
            for row in sorted(rows, key=lambda row: (int(row.message_id), int(row.number))):
                target = by_segment.setdefault(
                    (row.message_id, row.number),
                    _Target(
                        row.message_id,
                        row.number,
                        State(row.state),
                        row.segments,
                        State(row.message_state),
                        row.account_id,
                        row.tag,
                        row.kind == Kind.MMS,
                        row.created_ms,
                        row.expires_ms,
                    ),
                )
                known = found.get(row.carrier_id)
                if known is not None and known.message_id == target.message_id:
                    known.fellows.append(target)
                else:
                    found[row.carrier_id] = target

        learn(self._tx.ask_among(_SEGMENTS, "ids", list(carrier_ids), group=group))
        missing = [carrier_id for carrier_id in carrier_ids if carrier_id not in found]
        if missing:
            learn(self._tx.ask_among(_ALIASED, "ids", missing, group=group))
        return found

    def _apply(self, link: str, matched: Sequence[tuple[_Target, DeliveryReport]]) -> list[MessageSettled]:
        touched: dict[int, list[tuple[_Target, str]]] = {}
        for target, report in matched:
            place = f" segment {target.number} of {target.total}" if target.total > 1 and not target.fellows else ""
            self._timeline.step(target.message_id, "report", f"{link}:{place} {report.state.value} ({report.code})")
            for one in (target, *target.fellows):
                state = after_report(one.state, report.state)
                if state is one.state:
                    continue
                before, one.state = one.state, state
                self._tx.defer(
                    _SETTLE_SEGMENT,
                    {
                        "b_id": one.message_id,
                        "b_number": one.number,
                        "b_from": before.value,
                        "b_state": state.value,
                        "b_code": fitting(report.code, 64),
                        "b_now": self._now_ms,
                    },
                )
                touched.setdefault(one.message_id, []).append((one, report.code))
        long_ones = [message_id for message_id, found in touched.items() if found[0][0].total > 1]
        siblings = self._siblings(long_ones) if long_ones else {}
        settled: list[MessageSettled] = []
        for message_id, found in touched.items():
            first = found[0][0]
            states = siblings.get(message_id, {})
            states.update({target.number: target.state for target, _ in found})
            state = settle(states.values())
            # While other segments are still on their way it is the dispatcher's to say where the message stands.
            if state not in FINAL or state not in STEPS[first.message_state]:
                continue
            code = found[-1][1]
            self._tx.defer(
                _SETTLE_MESSAGE,
                {
                    "b_id": message_id,
                    "b_from": first.message_state.value,
                    "b_state": state.value,
                    "b_code": fitting(code, 64),
                    "b_now": self._now_ms,
                },
            )
            self._timeline.step(message_id, state.value, code)
            event = MessageSettled(message_id, first.account_id, state.value, code, first.tag, is_mms=first.is_mms)
            settled.append(event)
        return settled

    def _siblings(self, message_ids: Sequence[int]) -> dict[int, dict[int, State]]:
        self._tx.flush()
        if self._tx.dialect != "sqlite":
            # Reports about two segments may come in two processes at once: without the lock each would see the other's
            # segment undelivered and neither would settle the message.
            self._tx.read(_LOCK, {"ids": sorted(message_ids)})
        found: dict[int, dict[int, State]] = {}
        for row in self._tx.ask_among(_SIBLINGS, "ids", list(message_ids)):
            found.setdefault(row.message_id, {})[row.number] = State(row.state)
        return found

    def adopt_for(self, message_id: int, group: str, recipient: str, since_ms: int) -> list[MessageSettled] | None:
        """Find a parked report for an UNCERTAIN one-segment message by its recipient, and settle it by that.

        A submit that was never answered has no id to be matched by; a report to the same number, after it was sent
        and asked for by nobody else, is taken as its own. None when there is no such report, and when another message
        to the number was in doubt too: taken for the wrong one, that would never be sent.
        """
        self._tx.flush()  # a report may be in this batch, or have been adopted in it by another message
        asked = {"recipient": recipient, "id": message_id, "since": since_ms - RIVAL_MS}
        if self._tx.read(_RIVAL, asked).first() is not None:
            return None
        digits = recipient.lstrip("+")
        row = self._tx.read(
            sa.text(
                "SELECT id, carrier_id, state, code, link FROM reports WHERE message_id IS NULL "
                "AND link_group = :group AND received_ms >= :since AND recipient IN (:r0, :r1, :r2) "
                "AND state <> 'enroute' ORDER BY id LIMIT 1"
            ),
            {
                "group": group,
                "since": since_ms,
                "r0": recipient,
                "r1": digits,
                "r2": digits.removeprefix("86"),
            },
        ).first()
        if row is None:
            return None
        self._tx.execute(
            sa.update(segments)
            .where(segments.c.message_id == message_id, segments.c.number == 1)
            .values(carrier_id=row.carrier_id, state=State.ACCEPTED.value)
        )
        account_id = self._tx.read(sa.select(outbox.c.account_id).where(outbox.c.id == message_id)).scalar_one()
        self._ledger.add(
            LedgerLine(
                account_id,
                Fact.SMS_SENT,
                message_id,
                segment=1,
                link=row.link,
                party=recipient,
                price=self._price(recipient, row.link),
            )
        )
        self._timeline.step(message_id, "adopted", f"a report of {row.link} to this number must be its own")
        return self.settle_parked(group, [row.carrier_id])

    def of(self, message_ids: Sequence[int]) -> list[sa.RowMapping]:
        """Every report about these messages, as they came."""
        return list(
            self._tx.read(
                sa.select(reports).where(reports.c.message_id.in_(list(message_ids))).order_by(reports.c.id)
            ).mappings()
        )
