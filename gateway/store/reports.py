"""Delivery reports: filed as they come, matched to their segment now or when the answer arrives.

A report may come before the answer to its submit, on another connection, twice, or never. It is matched within the
link group (all links of one account at one carrier), by the id the carrier gave; one that fits nothing is parked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import bindparam

from gateway.core.events import MessageSettled
from gateway.core.messages import DeliveryReport, ReportState
from gateway.core.outbox import State, after_report, settle
from gateway.store.database import Transaction
from gateway.store.outbox import ANSWER
from gateway.store.schema import outbox, reports, segment_aliases, segments
from gateway.store.timeline import Timeline

_INSERT = sa.insert(reports)

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
_PARKED = sa.text(
    "SELECT id, carrier_id, state, code, link FROM reports "
    "WHERE message_id IS NULL AND carrier_id IN :ids AND link_group = :group ORDER BY id"
).bindparams(bindparam("ids", expanding=True))
_SIBLINGS = sa.select(segments.c.message_id, segments.c.number, segments.c.state).where(
    segments.c.message_id.in_(bindparam("ids", expanding=True))
)
_SETTLE_SEGMENT = (
    sa.update(segments)
    .where(segments.c.message_id == bindparam("b_id"), segments.c.number == bindparam("b_number"))
    .values(state=bindparam("b_state"), code=bindparam("b_code"), settled_ms=bindparam("b_now"))
)
_SETTLE_MESSAGE = (
    sa.update(outbox)
    .where(outbox.c.id == bindparam("b_id"))
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


class Reports:
    """Delivery reports within one transaction."""

    def __init__(self, tx: Transaction, new_id: Callable[[], int], now_ms: int, timeline: Timeline) -> None:
        self._tx = tx
        self._new_id = new_id
        self._now_ms = now_ms
        self._timeline = timeline

    def file(self, link: str, group: str, arrived: Sequence[DeliveryReport]) -> list[MessageSettled]:
        """Keep every report, and settle what they are about; returns what is worth telling the owners."""
        self._tx.flush_for(ANSWER)  # the answer may be in this very batch
        targets = self._targets(group, {report.carrier_id for report in arrived})
        matched: list[tuple[_Target, DeliveryReport]] = []
        for report in arrived:
            target = targets.get(report.carrier_id)
            self._tx.defer(
                _INSERT,
                {
                    "id": self._new_id(),
                    "link_group": group,
                    "link": link,
                    "carrier_id": report.carrier_id,
                    "recipient": report.recipient,
                    "state": report.state.value,
                    "code": report.code,
                    "text": report.text,
                    "message_id": target.message_id if target else None,
                    "number": target.number if target else None,
                    "received_ms": self._now_ms,
                },
            )
            if target:
                matched.append((target, report))
        return self._apply(link, matched)

    def settle_parked(self, group: str, carrier_ids: Iterable[str]) -> list[MessageSettled]:
        """Apply reports that came before the answers which gave these ids."""
        ids = list(carrier_ids)
        if not ids:
            return []
        self._tx.flush_for(_INSERT)  # the report may be in this very batch
        parked = self._tx.read(_PARKED, {"ids": ids, "group": group}).all()
        if not parked:
            return []
        self._tx.flush()
        targets = self._targets(group, {row.carrier_id for row in parked})
        matched: list[tuple[_Target, DeliveryReport]] = []
        for row in parked:
            target = targets.get(row.carrier_id)
            if target is None:
                continue
            self._tx.defer(_CLAIM_PARKED, {"b_id": row.id, "b_message": target.message_id, "b_number": target.number})
            matched.append((target, DeliveryReport(row.carrier_id, ReportState(row.state), row.code)))
        return self._apply(parked[0].link, matched)

    def _targets(self, group: str, carrier_ids: set[str]) -> dict[str, _Target]:
        """Who a carrier's ids stand for. An id the carrier has used again stands for its newest segment."""
        found: dict[str, _Target] = {}
        by_segment: dict[tuple[int, int], _Target] = {}

        def learn(rows: Iterable[Any]) -> None:
            for row in sorted(rows, key=lambda row: int(row.message_id)):
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
                    ),
                )
                found[row.carrier_id] = target

        learn(self._tx.read(_SEGMENTS, {"ids": list(carrier_ids), "group": group}))
        missing = [carrier_id for carrier_id in carrier_ids if carrier_id not in found]
        if missing:
            learn(self._tx.read(_ALIASED, {"ids": missing, "group": group}))
        return found

    def _apply(self, link: str, matched: Sequence[tuple[_Target, DeliveryReport]]) -> list[MessageSettled]:
        touched: dict[int, list[tuple[_Target, str]]] = {}
        for target, report in matched:
            state = after_report(target.state, report.state)
            place = f" segment {target.number} of {target.total}" if target.total > 1 else ""
            self._timeline.step(target.message_id, "report", f"{link}:{place} {report.state.value} ({report.code})")
            if state is target.state:
                continue
            target.state = state
            self._tx.defer(
                _SETTLE_SEGMENT,
                {
                    "b_id": target.message_id,
                    "b_number": target.number,
                    "b_state": state.value,
                    "b_code": report.code,
                    "b_now": self._now_ms,
                },
            )
            touched.setdefault(target.message_id, []).append((target, report.code))
        long_ones = [message_id for message_id, found in touched.items() if found[0][0].total > 1]
        siblings = self._siblings(long_ones) if long_ones else {}
        settled: list[MessageSettled] = []
        for message_id, found in touched.items():
            first = found[0][0]
            states = siblings.get(message_id, {})
            states.update({target.number: target.state for target, _ in found})
            state = settle(states.values())
            if state is first.message_state:
                continue
            code = found[-1][1]
            self._tx.defer(
                _SETTLE_MESSAGE,
                {"b_id": message_id, "b_state": state.value, "b_code": code, "b_now": self._now_ms},
            )
            self._timeline.step(message_id, state.value, code)
            settled.append(MessageSettled(message_id, first.account_id, state.value, code, first.tag))
        return settled

    def _siblings(self, message_ids: Sequence[int]) -> dict[int, dict[int, State]]:
        self._tx.flush()
        found: dict[int, dict[int, State]] = {}
        for row in self._tx.read(_SIBLINGS, {"ids": list(message_ids)}):
            found.setdefault(row.message_id, {})[row.number] = State(row.state)
        return found

    def adopt_for(self, message_id: int, group: str, recipient: str, since_ms: int) -> list[MessageSettled] | None:
        """Find a parked report for an UNCERTAIN one-segment message by its recipient, and settle it by that.

        A submit that was never answered has no id to be matched by; a report to the same number, after it was sent
        and asked for by nobody else, is taken as its own. None when there is no such report.
        """
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
        self._timeline.step(message_id, "adopted", f"a report of {row.link} to this number must be its own")
        return self.settle_parked(group, [row.carrier_id])

    def of(self, message_ids: Sequence[int]) -> list[sa.RowMapping]:
        """Every report about these messages, as they came."""
        return list(
            self._tx.read(
                sa.select(reports).where(reports.c.message_id.in_(list(message_ids))).order_by(reports.c.id)
            ).mappings()
        )
