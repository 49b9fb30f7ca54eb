"""Where the outbox asks the router: a message as it is put in, queued again, taken from a link that does not serve it.

`Outbox` is built on this: here is what concerns the choice of a link, what is sent on it, and when.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import bindparam

from gateway.core.events import MessageSettled
from gateway.core.health import Breaker
from gateway.core.outbox import Kind, NewSms, Purpose, State
from gateway.core.routing import Plan, Router
from gateway.store.database import Transaction
from gateway.store.schema import accounts, outbox, segments
from gateway.store.timeline import Timeline

#: How often one claim looks behind messages that have to wait for their turn.
SHAPING_ROUNDS = 8


_DUE_COLUMNS = tuple(
    outbox.c[name]
    for name in (
        "id", "account_id", "attempt", "sender", "recipient", "text", "alphabet", "segments", "want_report",
        "expires_ms", "maybe_twice", "tag", "kind",
    )
)  # fmt: skip
_DUE = (
    sa.select(*_DUE_COLUMNS)
    .where(
        sa.text("outbox.state = 'queued'"),
        outbox.c.link == bindparam("link"),
        outbox.c.priority == bindparam("priority"),
        outbox.c.due_ms <= bindparam("now"),
    )
    .order_by(outbox.c.due_ms, outbox.c.id)
    .limit(bindparam("limit"))
    .with_for_update(skip_locked=True)  # SQLite has one writer, and no such words
)

# What a plan is made of again.
_PLAN_COLUMNS = tuple(
    outbox.c[name]
    for name in (
        "id", "account_id", "purpose", "recipient", "sender", "text", "asked_sender", "asked_text",
        "want_report", "tag", "attempt", "data", "port", "source_port", "kind",
    )
)  # fmt: skip
_PAGE = (
    sa.select(*_PLAN_COLUMNS)
    .where(sa.text("outbox.state = 'queued'"), outbox.c.link == bindparam("link"), outbox.c.id > bindparam("after"))
    .order_by(outbox.c.id)
    .limit(bindparam("limit"))
)
_NOT_BEGUN = _PAGE.where(
    sa.text(
        "(outbox.attempt = 0 OR NOT EXISTS (SELECT 1 FROM segments s WHERE s.message_id = outbox.id "
        "AND s.state IN ('accepted', 'delivered')))"
    )
)
PLANNED = sa.select(*_PLAN_COLUMNS).where(outbox.c.id == bindparam("message_id"))
_DOMAIN = sa.select(accounts.c.domain_id).where(accounts.c.id == bindparam("account_id"))

_PUT_OFF = (
    sa.update(outbox)
    .where(outbox.c.id == bindparam("b_id"), outbox.c.state == State.QUEUED.value)
    .values(due_ms=bindparam("b_due"))
)
# `b_from` is the state the decision was made in: what has gone on since then (a report, another process) stands.
FINISH = (
    sa.update(outbox)
    .where(outbox.c.id == bindparam("b_id"), outbox.c.state == bindparam("b_from"))
    .values(
        state=bindparam("b_state"),
        due_ms=bindparam("b_due"),
        code=bindparam("b_code"),
        settled_ms=bindparam("b_settled"),
        lease_by="",
    )
)


class Placing:
    """The choice of links within one transaction."""

    def __init__(
        self,
        tx: Transaction,
        now_ms: int,
        timeline: Timeline,
        router: Router,
        woken: set[str],
        tell: Callable[[Sequence[MessageSettled]], None],
    ) -> None:
        self._tx = tx
        self._now_ms = now_ms
        self._timeline = timeline
        self._router = router
        self._woken = woken  # links that have new work, for whoever follows the commit
        self._tell = tell  # tells the owners what became of messages

    def plan(self, sms: NewSms, message_id: int = 0, tried: Sequence[str] = ()) -> Plan:
        """How a message would go now: its link, what is sent there, or which rule refuses it. Writes nothing."""
        router = self._router
        if not router.lists.needs_domain:
            return router.plan(sms, message_id, self._now_ms, tried=tried)
        domain_id = int(self._tx.ask(_DOMAIN, {"account_id": sms.account_id}).scalar() or 0)
        return router.plan(sms, message_id, self._now_ms, domain_id=domain_id, tried=tried)

    def due(self, link: str, limit: int) -> list[Any]:
        """Rows whose time has come; those that a rate lets wait are put off to their turn, and others go before."""
        shaping = self._router.shaping
        for _ in range(SHAPING_ROUNDS):
            rows: list[Any] = []
            for priority in (0, 1, 2):
                if len(rows) >= limit:
                    break
                rows += self._tx.ask(
                    _DUE, {"link": link, "priority": priority, "now": self._now_ms, "limit": limit - len(rows)}
                )
            if shaping.is_empty:
                return rows
            now, whose = self._now_ms, self._router.numbering.whose
            ready, later = [], []
            for row in rows:
                operator = whose(row.recipient)[1]
                turn = shaping.turn_ms(row.id, row.recipient, operator, row.account_id, row.segments, now)
                if turn <= now:
                    ready.append(row)
                else:
                    later.append({"b_id": row.id, "b_due": turn})
                    self._timeline.step(row.id, "waits", f"for its turn by a rate, {(turn - now) / 1000:.1f} s")
            if not later:
                return rows
            self._tx.execute(_PUT_OFF, later)
        self._woken.add(link)  # there may be more behind those that wait
        return ready

    def reroute(self, after_id: int = 0, limit: int = 500) -> tuple[int, int | None]:
        """Find a link for messages that had none when they came in, and settle those that a rule refuses.

        Looks at `limit` messages behind `after_id`; returns how many were moved or settled, and where to go on (None
        at the end).
        """
        self._tx.flush()
        rows = self._tx.read(_PAGE, {"link": "", "after": after_id, "limit": limit}).all()
        moved = 0
        refused: list[MessageSettled] = []
        for row in rows:
            plan = self.plan(as_asked(row), row.id)
            if plan.link:
                self._woken.add(plan.link)
                self._tx.execute(sa.update(outbox).where(outbox.c.id == row.id).values(link=plan.link))
                self.redress(row, plan)
                self._timeline.step(row.id, "routed", f"for link {plan.link}")
                moved += 1
            elif plan.refusal is not None:
                code = plan.refusal.code
                self.finish(row.id, State.QUEUED, State.FAILED, code)
                self._timeline.step(row.id, "failed", plan.refusal.rule)
                refused.append(MessageSettled(row.id, row.account_id, State.FAILED.value, code, row.tag))
                moved += 1
        if refused:
            self._tell(refused)
        return moved, rows[-1].id if len(rows) == limit else None

    def leave_link(self, link: str, after_id: int = 0, limit: int = 500) -> tuple[int, int | None]:
        """Move queued messages away from a link that is down or not trusted, where another one serves them.

        A link whose breaker is open for one operator keeps the messages to others. A message of which the carrier has
        accepted a segment stays: its parts must come from one carrier. Looks at `limit` messages behind `after_id`;
        returns how many moved, and where to go on (None at the end).
        """
        self._tx.flush()  # some may be claimed in this batch
        rows = self._tx.read(_NOT_BEGUN, {"link": link, "after": after_id, "limit": limit}).all()
        moved = sum(self._leave(row, link) for row in rows if self.is_bad(link, row.recipient))
        return moved, rows[-1].id if len(rows) == limit else None

    def is_bad(self, link: str, recipient: str) -> bool:
        """Whether a link is down, or not trusted with this number."""
        router = self._router
        here = router.facts_of(link, router.numbering.whose(recipient)[1])
        return here is None or not here.up or here.breaker is Breaker.OPEN

    def _leave(self, row: Any, link: str) -> bool:
        """Move a queued message from a link to a better one; False when there is none."""
        router = self._router
        plan = self.plan(as_asked(row), row.id, (link,))
        if plan.link in ("", link):
            return False
        operator = router.numbering.whose(row.recipient)[1]
        other, here = router.facts_of(plan.link, operator), router.facts_of(link, operator)
        if other is None or not other.up or other.breaker is Breaker.OPEN:
            return False
        self._woken.add(plan.link)
        if row.attempt:
            # Ids and the group of the carrier that is left mean nothing at the other one.
            self._tx.execute(sa.delete(segments).where(segments.c.message_id == row.id))
        self._tx.execute(sa.update(outbox).where(outbox.c.id == row.id).values(link=plan.link))
        self.redress(row, plan)
        why = "is down" if here is None or not here.up else "is not trusted now"
        self._timeline.step(row.id, "routed", f"link {link} {why}; for link {plan.link} now")
        return True

    def leave_if_bad(self, message_id: int, link: str) -> None:
        """Move a message that was queued again for a link that cannot take it now, unless the carrier has a part."""
        rows = self._tx.read(_NOT_BEGUN, {"link": link, "after": message_id - 1, "limit": 1}).all()
        if rows and rows[0].id == message_id and self.is_bad(link, rows[0].recipient):
            self._leave(rows[0], link)

    def redress(self, row: Any, plan: Plan) -> None:
        """Write what is sent on another link, where its rules make something else of it."""
        if (row.text, row.sender) != (plan.text, plan.sender):
            asked = as_asked(row)
            self._tx.execute(
                sa.update(outbox)
                .where(outbox.c.id == row.id)
                .values(
                    text=plan.text,
                    sender=plan.sender,
                    alphabet=plan.alphabet.value,
                    segments=plan.segments,
                    asked_text=asked.text,
                    asked_sender=asked.sender,
                )
            )

    def finish(self, message_id: int, before: State, state: State, code: str) -> None:
        """Write that a message is at its end, if it still stands where the decision was made."""
        self._tx.defer(
            FINISH,
            {
                "b_id": message_id,
                "b_from": before.value,
                "b_state": state.value,
                "b_due": 0,
                "b_code": code,
                "b_settled": self._now_ms,
            },
        )


def as_asked(row: Any) -> NewSms:
    """A message of the outbox as it was put in, as far as routing looks at it."""
    return NewSms(
        row.recipient,
        row.text if row.asked_text is None else row.asked_text,
        Purpose(row.purpose),
        account_id=row.account_id,
        sender=row.sender if row.asked_sender is None else row.asked_sender,
        want_report=bool(row.want_report),
        tag=row.tag,
        data=row.data or b"",
        port=row.port,
        source_port=row.source_port,
        kind=Kind(row.kind),
    )
