"""The outbox: what must leave for a phone, and what became of it.

`add` puts a message in, `claim` takes what is due for a link, `record` writes what the carrier answered, `release` and
`recover` deal with attempts that never ended. Conditions on `state` are literal text so that the partial indexes serve
them however many finished messages lie in the table.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import bindparam

from gateway.core.attempts import Answer, Attempt, Claimed
from gateway.core.billing import Fact, LedgerLine
from gateway.core.events import MessageSettled
from gateway.core.ids import first_id_at
from gateway.core.messages import Outcome
from gateway.core.outbox import FINAL, Kind, NewSms, Purpose, State, Uncertain, after_attempt, after_waiting, settle
from gateway.core.routing import Plan, Router
from gateway.store.columns import fitting
from gateway.store.database import Transaction
from gateway.store.ledger import Ledger
from gateway.store.placing import FINISH, PLANNED, Placing, as_asked
from gateway.store.schema import outbox, segments
from gateway.store.timeline import Timeline

#: Longest id of a carrier that is kept.
CARRIER_ID_LENGTH = 65

_QUEUED = State.QUEUED.value
_UNANSWERED = frozenset({State.SENDING.value, State.UNCERTAIN.value})

_INSERT = sa.insert(outbox)
_INSERT_DATA = sa.insert(outbox)  # of its own: the rows of one statement have the same columns
_INSERT_SEGMENT = sa.insert(segments)
# A carrier that gives two segments the same id must not keep every other answer of the batch from being written.
_INSERT_ALIAS = sa.text(
    "INSERT INTO segment_aliases (link_group, carrier_id, message_id, number) "
    "VALUES (:link_group, :carrier_id, :message_id, :number) ON CONFLICT DO NOTHING"
)

_CLAIM = (
    sa.update(outbox)
    .where(outbox.c.id == bindparam("b_id"))
    .values(state=State.SENDING.value, attempt=bindparam("b_attempt"), lease_by=bindparam("b_owner"))
)
_REQUEUE = (
    sa.update(outbox)
    .where(outbox.c.id == bindparam("b_id"), outbox.c.state == bindparam("b_from"))
    .values(
        state=State.QUEUED.value,
        due_ms=bindparam("b_due"),
        code=bindparam("b_code"),
        link=bindparam("b_link"),
        tried=bindparam("b_tried"),
        maybe_twice=bindparam("b_twice"),
        lease_by="",
    )
)
_SEND_AGAIN = (
    sa.update(segments)
    .where(segments.c.message_id == bindparam("b_id"), segments.c.number == bindparam("b_number"))
    .values(state=State.SENDING.value)
)
_STANDING = sa.select(outbox.c.id, outbox.c.state, outbox.c.attempt, outbox.c.tag, outbox.c.tried).where(
    outbox.c.id.in_(bindparam("ids", expanding=True))
)
# What a message carries beside its text; asked for those that do.
_LOADS = sa.select(outbox.c.id, outbox.c.data, outbox.c.port, outbox.c.source_port, outbox.c.blob).where(
    outbox.c.id.in_(bindparam("ids", expanding=True))
)
_STATES_OF_SEGMENTS = sa.select(segments.c.message_id, segments.c.number, segments.c.state).where(
    segments.c.message_id.in_(bindparam("ids", expanding=True))
)
#: Writes the answer to a submit; `gateway.store.reports` has to see it.
ANSWER = (
    sa.update(segments)
    .where(
        segments.c.message_id == bindparam("b_id"),
        segments.c.number == bindparam("b_number"),
        sa.text("segments.state IN ('sending', 'queued', 'uncertain')"),  # a late answer changes no report
    )
    .values(
        state=bindparam("b_state"),
        carrier_id=bindparam("b_carrier_id"),
        code=bindparam("b_code"),
        answered_ms=bindparam("b_now"),
    )
)
_SEGMENT_STATES: dict[Outcome, State] = {
    Outcome.ACCEPTED: State.ACCEPTED,
    Outcome.TEMPORARY: State.QUEUED,
    Outcome.THROTTLED: State.QUEUED,
    Outcome.PERMANENT: State.FAILED,
    Outcome.UNCERTAIN: State.UNCERTAIN,
}


class Outbox(Placing):
    """The outbox within one transaction."""

    def __init__(
        self,
        tx: Transaction,
        new_id: Callable[[], int],
        now_ms: int,
        timeline: Timeline,
        ledger: Ledger,
        router: Router,
        woken: set[str],
        tell: Callable[[Sequence[MessageSettled]], None],
    ) -> None:
        super().__init__(tx, now_ms, timeline, router, woken, tell)
        self._new_id = new_id
        self._ledger = ledger

    # --- in -------------------------------------------------------------------------------------------------

    def add(self, sms: NewSms, message_id: int | None = None, plan: Plan | None = None) -> int:
        """Queue an SMS and return its id. The caller has checked the recipient and the right to send.

        `plan` is what `plan()` said of it a moment ago. One that a rule refuses is queued for no link; `reroute`
        settles it as failed and tells its owner, when whoever put it in is done.
        """
        message_id = message_id or self._new_id()
        link, sender, text, alphabet, parts, refusal = plan or self.plan(sms, message_id)
        due_ms = max(sms.not_before_ms, self._now_ms)
        self._woken.add(link)
        row = {
            "id": message_id,
            "account_id": sms.account_id,
            "key": sms.key,
            "purpose": sms.purpose.value,
            "state": State.QUEUED.value,
            "link": link,
            "priority": int(sms.priority),
            "due_ms": due_ms,
            "expires_ms": due_ms + sms.validity_s * 1000,
            "sender": sender,
            "recipient": sms.recipient,
            "text": text,
            "alphabet": alphabet.value,
            "segments": parts,
            "want_report": sms.want_report,
            "mail_id": sms.mail_id,
            "tag": sms.tag,
            "created_ms": self._now_ms,
            "asked_text": None if text == sms.text else sms.text,
            "asked_sender": None if sender == sms.sender else sms.sender,
        }
        if sms.data:
            ports = {"port": sms.port, "source_port": sms.source_port}
            self._tx.defer(_INSERT_DATA, row | {"kind": Kind.DATA.value, "data": sms.data} | ports)
        else:
            self._tx.defer(_INSERT, row)
        where = f"for link {link}" if link else refusal.rule if refusal else "no route fits this number yet"
        self._timeline.step(message_id, "queued", f"{sms.purpose.value}, {parts} segment(s) {alphabet.value}, {where}")
        return message_id

    def with_key(self, account_id: int, keys: Iterable[str]) -> dict[str, sa.RowMapping]:
        """Messages of an account that were put in under these idempotency keys."""
        wanted = list(keys)
        if not wanted:
            return {}
        rows = self._tx.read(
            sa.select(outbox).where(
                outbox.c.account_id == account_id, outbox.c.key.in_(wanted), outbox.c.key.is_not(None)
            )
        ).mappings()
        return {row["key"]: row for row in rows}

    # --- out ------------------------------------------------------------------------------------------------

    def claim(self, link: str, group: str, owner: str, limit: int) -> list[Claimed]:
        """Take up to `limit` due messages of a link, most urgent first, oldest first, and mark them SENDING.

        Messages whose validity is over are settled as EXPIRED instead, and their owners told.
        """
        rows = self.due(link, limit)
        if not rows:
            return []
        again = [row.id for row in rows if row.attempt > 0]
        known = self._segment_states(again) if again else {}
        loaded = [row.id for row in rows if row.kind != Kind.SMS]
        loads = {row.id: row for row in self._tx.ask_among(_LOADS, "ids", loaded)} if loaded else {}
        claimed: list[Claimed] = []
        ended: list[MessageSettled] = []
        for row in rows:
            if row.expires_ms <= self._now_ms:
                ended.append(self._expire(row))
                continue
            states = known.get(row.id, {})
            numbers = range(1, row.segments + 1)
            open_numbers = tuple(n for n in numbers if states.get(n) not in (State.ACCEPTED, State.DELIVERED))
            if not open_numbers:
                self._is_taken(row, settle(states.values()), ended)
                continue
            self._tx.defer(_CLAIM, {"b_id": row.id, "b_attempt": row.attempt + 1, "b_owner": owner})
            for number in numbers:
                if number in states:
                    if number in open_numbers:
                        self._tx.defer(_SEND_AGAIN, {"b_id": row.id, "b_number": number})
                else:
                    self._tx.defer(
                        _INSERT_SEGMENT,
                        {
                            "message_id": row.id,
                            "number": number,
                            "state": State.SENDING.value,
                            "link_group": group,
                        },
                    )
            self._timeline.step(row.id, "sending", f"attempt {row.attempt + 1} on link {link}")
            message = Claimed(
                row.id,
                row.account_id,
                row.attempt + 1,
                row.sender,
                row.recipient,
                row.text,
                row.alphabet,
                row.segments,
                bool(row.want_report),
                row.expires_ms,
                open_numbers,
                bool(row.maybe_twice),
            )
            if loads and row.id in loads:
                load = loads[row.id]
                message = message._replace(
                    kind=row.kind,
                    data=load.data or b"",
                    port=load.port,
                    source_port=load.source_port,
                    blob=load.blob,
                )
            claimed.append(message)
        if ended:
            self._tell(ended)
        return claimed

    def _is_taken(self, row: Any, state: State, ended: list[MessageSettled]) -> None:
        """A message that waits though all its segments were taken: no answer to anything would ever end it."""
        is_end = state is State.DELIVERED or not row.want_report
        settled_ms = self._now_ms if is_end else None
        self._tx.defer(
            FINISH,
            {
                "b_id": row.id,
                "b_from": _QUEUED,
                "b_state": state.value,
                "b_due": 0,
                "b_code": "",
                "b_settled": settled_ms,
            },
        )
        self._timeline.step(row.id, state.value, "every segment was taken before")
        if is_end:
            ended.append(MessageSettled(row.id, row.account_id, state.value, "", row.tag))

    def _expire(self, row: sa.Row[Any]) -> MessageSettled:
        self.finish(row.id, State.QUEUED, State.EXPIRED, "validity is over")
        self._timeline.step(row.id, "expired", "its validity was over before a carrier took it")
        return MessageSettled(row.id, row.account_id, State.EXPIRED.value, "validity is over", row.tag)

    def _segment_states(self, message_ids: Sequence[int]) -> dict[int, dict[int, State]]:
        found: dict[int, dict[int, State]] = {}
        for row in self._tx.ask_among(_STATES_OF_SEGMENTS, "ids", message_ids):
            found.setdefault(row.message_id, {})[row.number] = State(row.state)
        return found

    def _answered(self, message_id: int) -> set[int]:
        """Segments of a message that a carrier has taken."""
        self._tx.flush()
        states = self._segment_states([message_id]).get(message_id, {})
        return {number for number, state in states.items() if state in (State.ACCEPTED, *FINAL)}

    def release(self, messages: Iterable[Claimed], reason: str) -> None:
        """Give back claimed messages of which nothing went on the wire."""
        for message in messages:
            released = self._tx.execute(
                sa.update(outbox)
                .where(
                    outbox.c.id == message.id,
                    outbox.c.state == State.SENDING.value,
                    outbox.c.attempt == message.attempt,
                )
                .values(state=State.QUEUED.value, lease_by="", due_ms=self._now_ms)
            ).rowcount
            if released:
                self._timeline.step(message.id, "released", reason)

    def record(
        self,
        link: str,
        group: str,
        attempts: Iterable[Attempt],
        *,
        uncertain: Uncertain,
        uncertain_wait_s: int,
        price: Callable[[str], int],
    ) -> list[MessageSettled]:
        """Write what the carrier answered; returns what is worth telling the owners.

        The caller then looks for parked reports of the ids that are new (`Reports.settle_parked`). An answer may come
        when the message has been given up to another process or was settled by a report about another segment: then
        what was accepted is billed, and the state stands.
        """
        attempts = list(attempts)
        standing = {row.id: row for row in self._tx.ask_among(_STANDING, "ids", [a.message.id for a in attempts])}
        settled: list[MessageSettled] = []
        for attempt in attempts:
            message = attempt.message
            row = standing[message.id]
            is_ours = row.attempt == message.attempt and row.state != _QUEUED
            is_open = is_ours and row.state in _UNANSWERED
            # A connection that broke at the commit leaves open whether it was done: the lane records it again.
            recorded = () if is_open or not is_ours else self._answered(message.id)
            for answer in attempt.answers:
                if is_ours:
                    self._record_answer(message, answer, group)
                if answer.outcome is Outcome.ACCEPTED and answer.number not in recorded:
                    self._ledger.add(
                        LedgerLine(
                            message.account_id,
                            Fact.MMS_SENT if message.kind == Kind.MMS else Fact.SMS_SENT,
                            message.id,
                            segment=answer.number,
                            link=link,
                            party=message.recipient,
                            price=price(message.recipient),
                        )
                    )
            if not is_open:
                self._timeline.step(message.id, "late-answer", f"{link} answered when its fate was decided already")
                continue
            code = next((answer.code for answer in attempt.answers if answer.outcome is not Outcome.ACCEPTED), "")
            decision = after_attempt(
                (answer.outcome for answer in attempt.answers),
                attempt=message.attempt,
                now_ms=self._now_ms,
                expires_ms=message.expires_ms,
                uncertain=uncertain,
                uncertain_wait_s=uncertain_wait_s,
            )
            state = decision.state
            if state == row.state:
                continue  # in doubt already, by a process that took the link over
            if state is State.QUEUED:
                pinned = any(answer.outcome is Outcome.ACCEPTED for answer in attempt.answers) or (
                    len(message.open_numbers) < message.segments
                )
                self._try_again(message, link, row, decision.due_ms, code, decision.other_link and not pinned)
                continue
            self._tx.defer(
                FINISH,
                {
                    "b_id": message.id,
                    "b_from": row.state,
                    "b_state": state.value,
                    "b_due": decision.due_ms,
                    "b_code": fitting(code, 64),
                    "b_settled": self._now_ms if state in (State.FAILED, State.EXPIRED) else None,
                },
            )
            if state is State.ACCEPTED:
                ids = ", ".join(answer.carrier_ids[0] for answer in attempt.answers if answer.carrier_ids)
                self._timeline.step(message.id, "accepted", f"by {link} as {ids}")
                if not message.want_report:
                    settled.append(MessageSettled(message.id, message.account_id, state.value, "", row.tag))
            else:
                words = {
                    State.FAILED: f"{link} refused it: {code}",
                    State.EXPIRED: f"its validity is over; the last word of {link} was {code}",
                    State.UNCERTAIN: f"no answer from {link}: {code}; nobody knows whether it was taken",
                }
                self._timeline.step(message.id, state.value, words[state])
                if state is not State.UNCERTAIN:
                    settled.append(MessageSettled(message.id, message.account_id, state.value, code, row.tag))
        return settled

    def _record_answer(self, message: Claimed, answer: Answer, group: str) -> None:
        ids = [fitting(carrier_id, CARRIER_ID_LENGTH) for carrier_id in answer.carrier_ids]
        self._tx.defer(
            ANSWER,
            {
                "b_id": message.id,
                "b_number": answer.number,
                "b_state": _SEGMENT_STATES[answer.outcome].value,
                "b_carrier_id": ids[0] if ids else None,
                "b_code": fitting(answer.code, 64),
                "b_now": self._now_ms,
            },
        )
        for carrier_id in ids[1:]:
            self._tx.defer(
                _INSERT_ALIAS,
                {"link_group": group, "carrier_id": carrier_id, "message_id": message.id, "number": answer.number},
            )

    def _try_again(
        self, message: Claimed, link: str, row: sa.Row[Any], due_ms: int, code: str, other_link: bool
    ) -> None:
        """Queue a message again: at once for a link that has not refused it in this round, else after the pause."""
        new_link, tried = link, ""
        if other_link:
            refused = [*row.tried.split(), link]
            standing = self._tx.ask(PLANNED, {"message_id": message.id}).first()
            plan = self.plan(as_asked(standing), message.id, refused)
            if plan.link in ("", *refused):
                # Every link has been asked: a new round, after the pause, with the link that is best by itself.
                plan = self.plan(as_asked(standing), message.id)
            else:
                tried, due_ms = " ".join(refused)[-255:], self._now_ms
            new_link = plan.link or link
            if new_link != link:
                # The parts go there as if for the first time: ids of the first carrier mean nothing at the other.
                self._tx.execute(sa.delete(segments).where(segments.c.message_id == message.id))
                self.redress(standing, plan)
                self._woken.add(new_link)
        self._tx.execute(
            _REQUEUE,
            [
                {
                    "b_id": message.id,
                    "b_from": row.state,
                    "b_due": due_ms,
                    "b_code": fitting(code, 64),
                    "b_link": new_link,
                    "b_tried": tried,
                    "b_twice": message.maybe_twice,
                }
            ],
        )
        where = f"going over to {new_link}" if new_link != link else "trying again"
        self._timeline.step(message.id, "retry", f"{link} said {code}; {where}")

    # --- housekeeping -----------------------------------------------------------------------------------------

    def recover(self, owner: str, link: str, wait_s: int = 0) -> int:
        """After a crash: every message of the link that somebody else left SENDING becomes UNCERTAIN.

        They are due when a report for them has had `wait_s` seconds to come. Only the owner of the link's lease calls
        this, so nobody else can be sending. Returns how many.
        """
        self._tx.flush()
        rows = self._tx.read(
            sa.text("SELECT id FROM outbox WHERE state = 'sending' AND link = :link AND lease_by <> :owner"),
            {"link": link, "owner": owner},
        ).all()
        for row in rows:
            self._tx.execute(
                sa.update(outbox)
                .where(outbox.c.id == row.id)
                .values(state=State.UNCERTAIN.value, due_ms=self._now_ms + wait_s * 1000, lease_by="")
            )
            self._tx.execute(
                sa.update(segments)
                .where(segments.c.message_id == row.id, segments.c.state == State.SENDING.value)
                .values(state=State.UNCERTAIN.value)
            )
            self._timeline.step(row.id, "uncertain", "the hub stopped while it was being sent")
        return len(rows)

    def uncertain_due(self, link: str, limit: int = 500) -> Sequence[sa.Row[Any]]:
        """UNCERTAIN messages of a link whose wait for an answer or a report is over."""
        self._tx.flush()
        return self._tx.read(
            sa.text(
                "SELECT id, account_id, recipient, segments, created_ms, expires_ms, tag, link FROM outbox "
                "WHERE state = 'uncertain' AND link = :link AND due_ms <= :now ORDER BY due_ms LIMIT :limit"
            ),
            {"link": link, "now": self._now_ms, "limit": limit},
        ).all()

    def settle_uncertain(self, message: sa.Row[Any], policy: Uncertain) -> list[MessageSettled]:
        """Give an UNCERTAIN message up, or send it again, by the link's policy."""
        state = after_waiting(policy, now_ms=self._now_ms, expires_ms=message.expires_ms)
        if state is State.QUEUED:
            queued = self._tx.execute(
                sa.update(outbox)
                .where(outbox.c.id == message.id, outbox.c.state == State.UNCERTAIN.value)
                .values(state=State.QUEUED.value, due_ms=self._now_ms, maybe_twice=True)
            ).rowcount
            if queued:
                self._timeline.step(message.id, "resend", "no report came; sent again, so the phone may get it twice")
                self.leave_if_bad(message.id, message.link)
            return []
        self.finish(message.id, State.UNCERTAIN, state, "never answered")
        self._timeline.step(message.id, state.value, "no answer and no report came")
        return [MessageSettled(message.id, message.account_id, state.value, "never answered", message.tag)]

    def overdue(self, limit: int = 500) -> list[int]:
        """Queued messages whose validity is over while no link took them. Reads every queued row: not often."""
        rows = self._tx.read(
            sa.text("SELECT id FROM outbox WHERE state = 'queued' AND expires_ms <= :now LIMIT :limit"),
            {"now": self._now_ms, "limit": limit},
        )
        return list(rows.scalars())

    def expire(self, message_ids: Sequence[int]) -> list[MessageSettled]:
        """Settle those of these messages as EXPIRED that are still queued."""
        self._tx.flush()
        rows = self._tx.read(
            sa.select(outbox.c.id, outbox.c.account_id, outbox.c.tag).where(
                outbox.c.id.in_(list(message_ids)), outbox.c.state == State.QUEUED.value
            )
        ).all()
        return [self._expire(row) for row in rows]

    def has_unrouted(self) -> bool:
        """Whether any message waits without a link."""
        return (
            self._tx.read(sa.text("SELECT 1 FROM outbox WHERE state = 'queued' AND link = '' LIMIT 1")).first()
            is not None
        )

    def cancel(self, message_id: int) -> bool:
        """Take back a message that has not been claimed; False when it is too late."""
        done = self._tx.execute(
            sa.update(outbox)
            .where(outbox.c.id == message_id, outbox.c.state == State.QUEUED.value)
            .values(state=State.CANCELLED.value, settled_ms=self._now_ms)
        ).rowcount
        if done:
            self._timeline.step(message_id, "cancelled", "taken back before it was sent")
        return bool(done)

    def count_replies(self, number: str, since_ms: int) -> int:
        """Answers a phone was given since a moment."""
        return int(
            self._tx.read(
                sa.select(sa.func.count())
                .select_from(outbox)
                .where(
                    outbox.c.recipient == number,
                    outbox.c.id >= first_id_at(since_ms),
                    outbox.c.purpose == Purpose.REPLY.value,
                )
            ).scalar_one()
        )

    # --- questions ------------------------------------------------------------------------------------------

    def get(self, message_id: int) -> sa.RowMapping | None:
        """The row of a message."""
        return self._tx.read(sa.select(outbox).where(outbox.c.id == message_id)).mappings().first()

    def segments_of(self, message_ids: Sequence[int]) -> list[sa.RowMapping]:
        """The segments of messages, in order."""
        return list(
            self._tx.read(
                sa.select(segments)
                .where(segments.c.message_id.in_(list(message_ids)))
                .order_by(segments.c.message_id, segments.c.number)
            ).mappings()
        )

    def about_mail(self, mail_id: int) -> list[int]:
        """Ids of the SMS that tell of a mail."""
        return list(self._tx.read(sa.select(outbox.c.id).where(outbox.c.mail_id == mail_id)).scalars())

    def to_number(self, number: str, limit: int = 50) -> list[int]:
        """Ids of the newest SMS to a number, newest first."""
        return list(
            self._tx.read(
                sa.select(outbox.c.id).where(outbox.c.recipient == number).order_by(outbox.c.id.desc()).limit(limit)
            ).scalars()
        )

    def depth(self) -> dict[tuple[str, str], int]:
        """How many messages wait or are on their way: (link, state) -> count."""
        rows = self._tx.read(
            sa.text(
                "SELECT link, state, count(*) AS n FROM outbox WHERE state = 'queued' GROUP BY link, state "
                "UNION ALL SELECT link, state, count(*) FROM outbox "
                "WHERE state IN ('sending', 'uncertain') GROUP BY link, state"
            )
        )
        return {(row.link, row.state): row.n for row in rows}
