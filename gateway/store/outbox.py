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

from gateway.core import text as sms_text
from gateway.core.attempts import Attempt, Claimed
from gateway.core.billing import Fact, LedgerLine
from gateway.core.events import MessageSettled
from gateway.core.messages import Outcome
from gateway.core.outbox import NewSms, State, Uncertain, after_attempt, after_waiting
from gateway.store.database import Transaction
from gateway.store.ledger import Ledger
from gateway.store.schema import outbox, segment_aliases, segments
from gateway.store.timeline import Timeline

_INSERT = sa.insert(outbox)
_INSERT_SEGMENT = sa.insert(segments)
_INSERT_ALIAS = sa.insert(segment_aliases)

_DUE = sa.text(
    "SELECT id, account_id, attempt, sender, recipient, text, alphabet, segments, want_report, expires_ms, maybe_twice "
    "FROM outbox WHERE state = 'queued' AND link = :link AND priority = :priority AND due_ms <= :now "
    "ORDER BY due_ms, id LIMIT :limit"
)
_DUE_SHARED = sa.text(_DUE.text + " FOR UPDATE SKIP LOCKED")

_CLAIM = (
    sa.update(outbox)
    .where(outbox.c.id == bindparam("b_id"))
    .values(state=State.SENDING.value, attempt=bindparam("b_attempt"), lease_by=bindparam("b_owner"))
)
_FINISH = (
    sa.update(outbox)
    .where(outbox.c.id == bindparam("b_id"))
    .values(
        state=bindparam("b_state"),
        due_ms=bindparam("b_due"),
        code=bindparam("b_code"),
        settled_ms=bindparam("b_settled"),
        lease_by="",
    )
)
_REQUEUE = (
    sa.update(outbox)
    .where(outbox.c.id == bindparam("b_id"))
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
#: Writes the answer to a submit; `gateway.store.reports` has to see it.
ANSWER = (
    sa.update(segments)
    .where(segments.c.message_id == bindparam("b_id"), segments.c.number == bindparam("b_number"))
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


class Outbox:
    """The outbox within one transaction."""

    def __init__(
        self,
        tx: Transaction,
        new_id: Callable[[], int],
        now_ms: int,
        timeline: Timeline,
        ledger: Ledger,
        choose_link: Callable[[str, Sequence[str]], str],
        woken: set[str],
    ) -> None:
        self._tx = tx
        self._new_id = new_id
        self._now_ms = now_ms
        self._timeline = timeline
        self._ledger = ledger
        self._choose_link = choose_link  # (recipient, links tried) -> link, "" when no route fits
        self._woken = woken  # links that have new work, for whoever follows the commit

    # --- in -------------------------------------------------------------------------------------------------

    def add(self, sms: NewSms, message_id: int | None = None) -> int:
        """Queue an SMS and return its id. The caller has checked the recipient and the right to send."""
        message_id = message_id or self._new_id()
        alphabet = sms_text.choose(sms.text)
        parts = len(sms_text.split(sms.text, alphabet))
        link = sms.link or self._choose_link(sms.recipient, ())
        due_ms = max(sms.not_before_ms, self._now_ms)
        self._woken.add(link)
        self._tx.defer(
            _INSERT,
            {
                "id": message_id,
                "account_id": sms.account_id,
                "key": sms.key,
                "purpose": sms.purpose.value,
                "state": State.QUEUED.value,
                "link": link,
                "priority": int(sms.priority),
                "due_ms": due_ms,
                "expires_ms": due_ms + sms.validity_s * 1000,
                "sender": sms.sender,
                "recipient": sms.recipient,
                "text": sms.text,
                "alphabet": alphabet.value,
                "segments": parts,
                "want_report": sms.want_report,
                "mail_id": sms.mail_id,
                "tag": sms.tag,
                "created_ms": self._now_ms,
            },
        )
        where = f"for link {link}" if link else "no route fits this number yet"
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

        Messages whose validity is over are settled as EXPIRED instead.
        """
        due = _DUE if self._tx.dialect == "sqlite" else _DUE_SHARED
        rows: list[Any] = []
        for priority in (0, 1, 2):
            if len(rows) >= limit:
                break
            rows += self._tx.read(
                due, {"link": link, "priority": priority, "now": self._now_ms, "limit": limit - len(rows)}
            ).all()
        if not rows:
            return []
        again = [row.id for row in rows if row.attempt > 0]
        known = self._segment_states(again) if again else {}
        claimed: list[Claimed] = []
        for row in rows:
            if row.expires_ms <= self._now_ms:
                self._finish(row.id, State.EXPIRED, "validity is over")
                self._timeline.step(row.id, "expired", "its validity was over before a carrier took it")
                continue
            states = known.get(row.id, {})
            numbers = range(1, row.segments + 1)
            open_numbers = tuple(n for n in numbers if states.get(n) not in (State.ACCEPTED, State.DELIVERED))
            self._tx.defer(_CLAIM, {"b_id": row.id, "b_attempt": row.attempt + 1, "b_owner": owner})
            for number in numbers:
                if number not in states:
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
            claimed.append(
                Claimed(
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
            )
        return claimed

    def _segment_states(self, message_ids: Sequence[int]) -> dict[int, dict[int, State]]:
        found: dict[int, dict[int, State]] = {}
        for row in self._tx.read(
            sa.select(segments.c.message_id, segments.c.number, segments.c.state).where(
                segments.c.message_id.in_(list(message_ids))
            )
        ):
            found.setdefault(row.message_id, {})[row.number] = State(row.state)
        return found

    def release(self, messages: Iterable[Claimed], reason: str) -> None:
        """Give back claimed messages of which nothing went on the wire."""
        for message in messages:
            self._tx.execute(
                sa.update(outbox)
                .where(outbox.c.id == message.id, outbox.c.state == State.SENDING.value)
                .values(state=State.QUEUED.value, lease_by="", due_ms=self._now_ms)
            )
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

        The caller then looks for parked reports of the ids that are new (`Reports.settle_parked`).
        """
        settled: list[MessageSettled] = []
        for attempt in attempts:
            message = attempt.message
            for answer in attempt.answers:
                self._record_answer(message, answer.number, answer.outcome, answer.carrier_ids, answer.code, group)
                if answer.outcome is Outcome.ACCEPTED:
                    self._ledger.add(
                        LedgerLine(
                            message.account_id,
                            Fact.SMS_SENT,
                            message.id,
                            segment=answer.number,
                            link=link,
                            party=message.recipient,
                            price=price(message.recipient),
                        )
                    )
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
            if state is State.QUEUED:
                pinned = any(answer.outcome is Outcome.ACCEPTED for answer in attempt.answers) or (
                    len(message.open_numbers) < message.segments
                )
                self._try_again(message, link, decision.due_ms, code, other_link=decision.other_link and not pinned)
                continue
            self._tx.defer(
                _FINISH,
                {
                    "b_id": message.id,
                    "b_state": state.value,
                    "b_due": decision.due_ms,
                    "b_code": code,
                    "b_settled": self._now_ms if state in (State.FAILED, State.EXPIRED) else None,
                },
            )
            if state is State.ACCEPTED:
                ids = ", ".join(answer.carrier_ids[0] for answer in attempt.answers if answer.carrier_ids)
                self._timeline.step(message.id, "accepted", f"by {link} as {ids}")
                if not message.want_report:
                    settled.append(MessageSettled(message.id, message.account_id, state.value, ""))
            else:
                words = {
                    State.FAILED: f"{link} refused it: {code}",
                    State.EXPIRED: f"its validity is over; the last word of {link} was {code}",
                    State.UNCERTAIN: f"no answer from {link}: {code}; nobody knows whether it was taken",
                }
                self._timeline.step(message.id, state.value, words[state])
                if state is not State.UNCERTAIN:
                    settled.append(MessageSettled(message.id, message.account_id, state.value, code))
        return settled

    def _record_answer(
        self,
        message: Claimed,
        number: int,
        outcome: Outcome,
        carrier_ids: tuple[str, ...],
        code: str,
        group: str,
    ) -> None:
        self._tx.defer(
            ANSWER,
            {
                "b_id": message.id,
                "b_number": number,
                "b_state": _SEGMENT_STATES[outcome].value,
                "b_carrier_id": carrier_ids[0] if carrier_ids else None,
                "b_code": code,
                "b_now": self._now_ms,
            },
        )
        for carrier_id in carrier_ids[1:]:
            self._tx.defer(
                _INSERT_ALIAS,
                {"link_group": group, "carrier_id": carrier_id, "message_id": message.id, "number": number},
            )

    def _try_again(self, message: Claimed, link: str, due_ms: int, code: str, *, other_link: bool) -> None:
        new_link, tried = link, ""
        if other_link:
            tried = link
            new_link = self._choose_link(message.recipient, (link,)) or link
        if new_link != link:
            # The parts go to the other link as if for the first time: ids of the first carrier mean nothing there.
            self._tx.execute(sa.delete(segments).where(segments.c.message_id == message.id))
            due_ms = self._now_ms
            self._woken.add(new_link)
        self._tx.execute(
            _REQUEUE,
            [
                {
                    "b_id": message.id,
                    "b_due": due_ms,
                    "b_code": code,
                    "b_link": new_link,
                    "b_tried": tried,
                    "b_twice": message.maybe_twice,
                }
            ],
        )
        where = f"going over to {new_link}" if new_link != link else "trying again"
        self._timeline.step(message.id, "retry", f"{link} said {code}; {where}")

    def _finish(self, message_id: int, state: State, code: str) -> None:
        self._tx.defer(
            _FINISH,
            {
                "b_id": message_id,
                "b_state": state.value,
                "b_due": 0,
                "b_code": code,
                "b_settled": self._now_ms,
            },
        )

    # --- housekeeping -----------------------------------------------------------------------------------------

    def recover(self, owner: str, link: str) -> int:
        """After a crash: every message of the link that somebody else left SENDING becomes UNCERTAIN, due at once.

        Only the owner of the link's lease calls this, so nobody else can be sending. Returns how many.
        """
        rows = self._tx.read(
            sa.text("SELECT id FROM outbox WHERE state = 'sending' AND link = :link AND lease_by <> :owner"),
            {"link": link, "owner": owner},
        ).all()
        for row in rows:
            self._tx.execute(
                sa.update(outbox)
                .where(outbox.c.id == row.id)
                .values(state=State.UNCERTAIN.value, due_ms=self._now_ms, lease_by="")
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
        return self._tx.read(
            sa.text(
                "SELECT id, account_id, recipient, segments, created_ms, expires_ms, tag FROM outbox "
                "WHERE state = 'uncertain' AND link = :link AND due_ms <= :now ORDER BY due_ms LIMIT :limit"
            ),
            {"link": link, "now": self._now_ms, "limit": limit},
        ).all()

    def settle_uncertain(self, message: sa.Row[Any], policy: Uncertain) -> list[MessageSettled]:
        """Give an UNCERTAIN message up, or send it again, by the link's policy."""
        state = after_waiting(policy, now_ms=self._now_ms, expires_ms=message.expires_ms)
        if state is State.QUEUED:
            self._tx.execute(
                sa.update(outbox)
                .where(outbox.c.id == message.id)
                .values(state=State.QUEUED.value, due_ms=self._now_ms, maybe_twice=True)
            )
            self._timeline.step(message.id, "resend", "no report came; sent again, so the phone may get it twice")
            return []
        self._finish(message.id, state, "never answered")
        self._timeline.step(message.id, state.value, "no answer and no report came")
        return [MessageSettled(message.id, message.account_id, state.value, "never answered", message.tag)]

    def reroute(self, limit: int = 500) -> int:
        """Find a link for messages that had none when they came in. Returns how many found one."""
        rows = self._tx.read(
            sa.text("SELECT id, recipient FROM outbox WHERE state = 'queued' AND link = '' ORDER BY id LIMIT :limit"),
            {"limit": limit},
        ).all()
        moved = 0
        for row in rows:
            link = self._choose_link(row.recipient, ())
            if link:
                self._woken.add(link)
                self._tx.execute(sa.update(outbox).where(outbox.c.id == row.id).values(link=link))
                self._timeline.step(row.id, "routed", f"for link {link}")
                moved += 1
        return moved

    def leave_link(self, link: str, limit: int = 500) -> int:
        """Move queued messages away from a link that is down, where another one serves them. Returns how many."""
        rows = self._tx.read(
            sa.text(
                "SELECT id, recipient FROM outbox WHERE state = 'queued' AND link = :link AND attempt = 0 "
                "ORDER BY priority, due_ms LIMIT :limit"
            ),
            {"link": link, "limit": limit},
        ).all()
        moved = 0
        for row in rows:
            other = self._choose_link(row.recipient, (link,))
            if other and other != link:
                self._woken.add(other)
                self._tx.execute(sa.update(outbox).where(outbox.c.id == row.id).values(link=other))
                self._timeline.step(row.id, "routed", f"link {link} is down; for link {other} now")
                moved += 1
        return moved

    def overdue(self, limit: int = 500) -> list[int]:
        """Queued messages whose validity is over while no link took them. Reads every queued row: not often."""
        rows = self._tx.read(
            sa.text("SELECT id FROM outbox WHERE state = 'queued' AND expires_ms <= :now LIMIT :limit"),
            {"now": self._now_ms, "limit": limit},
        )
        return list(rows.scalars())

    def expire(self, message_ids: Sequence[int]) -> list[MessageSettled]:
        """Settle those of these messages as EXPIRED that are still queued."""
        rows = self._tx.read(
            sa.select(outbox.c.id, outbox.c.account_id, outbox.c.tag).where(
                outbox.c.id.in_(list(message_ids)), outbox.c.state == State.QUEUED.value
            )
        ).all()
        settled = []
        for row in rows:
            self._finish(row.id, State.EXPIRED, "validity is over")
            self._timeline.step(row.id, "expired", "its validity was over before a carrier took it")
            settled.append(MessageSettled(row.id, row.account_id, State.EXPIRED.value, "validity is over", row.tag))
        return settled

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
