"""MMS of the outbox before a link has them: taken in, claimed to be fitted, and what the fitting came to."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy import bindparam

from gateway.core.events import MessageSettled
from gateway.core.mms import MAILBOX, MAX_SUBJECT, PREPARING, NewMms, Way
from gateway.core.outbox import Kind, State, retry_pause_s
from gateway.core.text import Alphabet
from gateway.store.columns import fitting
from gateway.store.database import Transaction
from gateway.store.outbox import Outbox
from gateway.store.placing import PLANNED, as_asked
from gateway.store.schema import mms, outbox
from gateway.store.timeline import Timeline

#: How often the fitting of an MMS is begun: one that kills its worker must not do so for ever.
MAX_FITTINGS = 3
#: Code of an MMS that lay in a mailbox too long.
NOT_LOOKED_AT = "not looked at"
#: Validity of an MMS that lay in a mailbox and goes to its phone after all.
AGAIN_S = 172_800

_INSERT = sa.insert(mms)
_INSERT_MESSAGE = sa.insert(outbox)
_FACTS = (
    *(
        outbox.c[name]
        for name in (
            "id", "account_id", "purpose", "sender", "recipient", "attempt", "priority", "expires_ms", "want_report",
            "mail_id", "tag", "created_ms",
        )
    ),
    *(mms.c[name] for name in ("letter", "subject", "from_name", "way", "want_read", "instead")),
    mms.c.link.label("asked_link"),
)  # fmt: skip
_DUE = (
    sa.select(*_FACTS)
    .join(mms, mms.c.message_id == outbox.c.id)
    .where(sa.text("outbox.state = 'queued'"), outbox.c.link == PREPARING, outbox.c.due_ms <= bindparam("now"))
    .order_by(outbox.c.priority, outbox.c.due_ms, outbox.c.id)
    .limit(bindparam("limit"))
    .with_for_update(skip_locked=True, of=outbox)
)
_CLAIM = (
    sa.update(outbox)
    .where(outbox.c.id == bindparam("b_id"))
    .values(attempt=outbox.c.attempt + 1, due_ms=bindparam("b_due"), lease_by=bindparam("b_owner"))
)
_HOLDER = sa.select(outbox.c.lease_by).where(
    outbox.c.id == bindparam("message_id"), sa.text("outbox.state = 'queued'"), outbox.c.link == PREPARING
)
_CLAIMERS = (
    sa.select(outbox.c.lease_by)
    .where(sa.text("outbox.state = 'queued'"), outbox.c.link == PREPARING, outbox.c.lease_by != "")
    .distinct()
)
_LINK = sa.select(mms.c.link).where(mms.c.message_id == bindparam("message_id"))
_GO_ON = (
    sa.update(outbox)
    .where(outbox.c.id == bindparam("b_id"))
    .values(link=bindparam("b_link"), blob=bindparam("b_blob"), due_ms=bindparam("b_due"), attempt=0, lease_by="")
)
_WAS_FITTED = (
    sa.update(mms)
    .where(mms.c.message_id == bindparam("b_id"))
    .values(way=Way.MMS.value, handset=bindparam("b_handset"), receipt=bindparam("b_receipt"))
)


class Unfitted(NamedTuple):
    """An MMS that is to be fitted to its phone."""

    id: int
    account_id: int
    purpose: str
    sender: str
    recipient: str
    attempt: int  # from 1
    priority: int
    expires_ms: int
    want_report: bool
    mail_id: int | None
    tag: str
    created_ms: int
    letter: str
    subject: str
    from_name: str
    way: Way | None
    want_read: bool
    link: str  # asked for; "" = the router chooses
    instead: str  # the SMS for a phone that takes no MMS; "" = the mailbox


class Multimedia:
    """MMS within one transaction."""

    def __init__(
        self,
        tx: Transaction,
        new_id: Callable[[], int],
        now_ms: int,
        timeline: Timeline,
        outbox_: Outbox,
        woken: set[str],
    ) -> None:
        self._tx = tx
        self._new_id = new_id
        self._now_ms = now_ms
        self._timeline = timeline
        self._outbox = outbox_
        self._woken = woken

    def add(self, message: NewMms, message_id: int | None = None) -> int:
        """Queue an MMS to be fitted and sent; returns its id. The caller has checked recipient and right to send."""
        message_id = message_id or self._new_id()
        due_ms = max(message.not_before_ms, self._now_ms)
        self._tx.defer(
            _INSERT_MESSAGE,
            {
                "id": message_id,
                "account_id": message.account_id,
                "key": message.key,
                "kind": Kind.MMS.value,
                "purpose": message.purpose.value,
                "state": State.QUEUED.value,
                "link": PREPARING,
                "priority": int(message.priority),
                "due_ms": due_ms,
                "expires_ms": due_ms + message.validity_s * 1000,
                "sender": message.sender,
                "recipient": message.recipient,
                "text": fitting(message.subject, MAX_SUBJECT),
                "alphabet": Alphabet.BINARY.value,
                "segments": 1,
                "want_report": message.want_report,
                "mail_id": message.mail_id,
                "tag": message.tag,
                "created_ms": self._now_ms,
            },
        )
        self._tx.defer(
            _INSERT,
            {
                "message_id": message_id,
                "letter": message.letter,
                "subject": fitting(message.subject, MAX_SUBJECT),
                "from_name": fitting(message.from_name, 255),
                "way": message.way.value if message.way else "",
                "want_read": message.want_read,
                "link": message.link,
                "instead": message.instead,
            },
        )
        self._woken.add(PREPARING)
        self._timeline.step(
            message_id, "queued", f"{message.purpose.value}, an MMS of {message.size_octets} octets, to be fitted"
        )
        return message_id

    def is_any_due(self) -> bool:
        """Whether an MMS waits to be fitted."""
        return (
            self._tx.read(
                sa.text("SELECT 1 FROM outbox WHERE state = 'queued' AND link = :link AND due_ms <= :now LIMIT 1"),
                {"link": PREPARING, "now": self._now_ms},
            ).first()
            is not None
        )

    def claim(
        self, owner: str, limit: int, lease_s: int, *, letters: int | None = None, known: Collection[str] = ()
    ) -> list[Unfitted]:
        """Take MMS that are to be fitted; one whose claimer dies is due again after `lease_s`.

        With `letters` they are of so many letters at most, those in `known` not counted: a letter that goes to many
        phones costs little more than one that goes to one.
        One that was begun MAX_FITTINGS times and never ended is given out once more, with `attempt` above that: it is
        to be refused.
        """
        self._tx.flush()
        rows: Sequence[Any] = self._tx.ask(_DUE, {"now": self._now_ms, "limit": limit})
        if letters is not None:
            fresh = dict.fromkeys(row.letter for row in rows if row.letter not in known)
            wanted = {*known, *itertools.islice(fresh, letters)}
            rows = [row for row in rows if row.letter in wanted]
        for row in rows:
            self._tx.defer(_CLAIM, {"b_id": row.id, "b_due": self._now_ms + lease_s * 1000, "b_owner": owner})
        return [_unfitted(row, row.attempt + 1) for row in rows]

    def claimers(self) -> list[str]:
        """Who holds claims on MMS that are to be fitted."""
        return self._tx.ask(_CLAIMERS, {}).scalars()

    def free(self, owners: Sequence[str]) -> None:
        """Make what these have claimed due now: they are known to be dead.

        That does not count against the messages: what a message can kill is the process that fits it, which dies alone.
        """
        before = sa.case((outbox.c.attempt > 0, outbox.c.attempt - 1), else_=0)
        self._tx.execute(
            sa.update(outbox)
            .where(
                outbox.c.state == State.QUEUED.value, outbox.c.link == PREPARING, outbox.c.lease_by.in_(list(owners))
            )
            .values(due_ms=self._now_ms, lease_by="", attempt=before)
        )
        self._woken.add(PREPARING)

    def take(self, message_ids: Sequence[int], owner: str, lease_s: int) -> list[Unfitted]:
        """Take those of these messages that were claimed for somebody else to fit and still wait."""
        self._tx.flush()
        rows = self._tx.read(
            sa.select(*_FACTS)
            .join(mms, mms.c.message_id == outbox.c.id)
            .where(outbox.c.id.in_(list(message_ids)), outbox.c.state == State.QUEUED.value, outbox.c.link == PREPARING)
        ).all()
        for row in rows:
            self._set(row.id, due_ms=self._now_ms + lease_s * 1000, lease_by=owner)
        return [_unfitted(row, row.attempt) for row in rows]

    def is_claimed(self, message_id: int, owner: str) -> bool:
        """Whether an MMS is still being fitted by this owner: it may have been cancelled, expired, or taken over."""
        self._tx.flush()
        return bool(self._tx.ask(_HOLDER, {"message_id": message_id}).scalar() == owner)

    def fitted(self, message_id: int, *, blob: str, handset: str, receipt: str, story: str) -> str:
        """Hand an MMS on to a link; returns its name ("" where no route leads yet). The caller holds the claim."""
        self._tx.flush()
        link: str = self._tx.ask(_LINK, {"message_id": message_id}).scalar() or ""
        if not link:
            (row,) = self._tx.ask(PLANNED, {"message_id": message_id})
            link = self._outbox.plan(as_asked(row), message_id).link
        self._tx.defer(_GO_ON, {"b_id": message_id, "b_link": link, "b_blob": blob, "b_due": self._now_ms})
        self._tx.defer(_WAS_FITTED, {"b_id": message_id, "b_handset": handset, "b_receipt": receipt})
        self._timeline.step(message_id, "fitted", story)
        self._woken.add(link)
        return link

    def in_mailbox(self, message_id: int, *, handset: str, story: str) -> None:
        """An MMS lies in a mailbox now and waits for its owner to look. The caller holds the claim.

        One that its phone did not take has failed or expired and stays so until somebody looks.
        """
        self._tx.execute(
            sa.update(outbox)
            .where(outbox.c.id == message_id, outbox.c.state == State.QUEUED.value)
            .values(link=MAILBOX, state=State.ACCEPTED.value, due_ms=0, lease_by="")
        )
        self._note(message_id, way=Way.MAILBOX.value, handset=handset)
        self._timeline.step(message_id, "in-mailbox", story)

    def again(self, message_id: int, attempt: int, reason: str) -> None:
        """Fit an MMS once more, after a pause."""
        self._set(message_id, due_ms=self._now_ms + retry_pause_s(attempt) * 1000, lease_by="")
        self._timeline.step(message_id, "retry", f"{reason}; trying again")

    def refuse(self, message_id: int, code: str, reason: str) -> list[MessageSettled]:
        """An MMS that cannot go: settle it as failed; returns what its owner is to be told."""
        return self._end(message_id, State.QUEUED, State.FAILED, code, reason)

    def has_arrived(self, message_id: int, reason: str) -> list[MessageSettled]:
        """Its owner has an MMS that went to a mailbox, in time or late."""
        settled: list[MessageSettled] = []
        for before in (State.ACCEPTED, State.EXPIRED, State.FAILED):
            settled += self._end(message_id, before, State.DELIVERED, "", reason)
        return settled

    def out_of_mailbox(self, message_id: int) -> bool:
        """Send an MMS that lies in a mailbox to its phone after all; False when it does not lie there any more."""
        self._tx.flush()
        taken = self._tx.execute(
            sa.update(outbox)
            .where(outbox.c.id == message_id, outbox.c.link == MAILBOX, outbox.c.state == State.ACCEPTED.value)
            .values(
                state=State.QUEUED.value,
                link=PREPARING,
                due_ms=self._now_ms,
                expires_ms=self._now_ms + AGAIN_S * 1000,
                attempt=0,
                settled_ms=None,
            )
        ).rowcount
        if taken:
            self._note(message_id, way=Way.MMS.value)
            self._timeline.step(message_id, "queued", "the phone shows MMS: it gets this one now")
            self._woken.add(PREPARING)
        return bool(taken)

    def overdue(self, message_id: int) -> list[MessageSettled]:
        """Nobody looked at an MMS in its mailbox in time."""
        reason = "nobody looked at it in time"
        settled = self._end(message_id, State.ACCEPTED, State.EXPIRED, NOT_LOOKED_AT, reason)
        if settled:
            return settled
        # Its phone had not taken it before; only now is there nothing more to hope for.
        row = self._tx.read(
            sa.select(outbox.c.account_id, outbox.c.tag, outbox.c.state).where(
                outbox.c.id == message_id, outbox.c.state.in_((State.FAILED.value, State.EXPIRED.value))
            )
        ).first()
        if row is None:
            return []
        self._timeline.step(message_id, row.state, reason)
        return [MessageSettled(message_id, row.account_id, row.state, NOT_LOOKED_AT, row.tag)]

    def facts(self, message_ids: Sequence[int]) -> dict[int, sa.RowMapping]:
        """What the outbox does not say of MMS, by id."""
        rows = self._tx.read(sa.select(mms).where(mms.c.message_id.in_(list(message_ids)))).mappings()
        return {row["message_id"]: row for row in rows}

    def was_read(self, message_id: int) -> bool:
        """Note that the phone says its owner has read an MMS; False where that was known."""
        return bool(
            self._tx.execute(
                sa.update(mms)
                .where(mms.c.message_id == message_id, mms.c.read_ms.is_(None))
                .values(read_ms=self._now_ms)
            ).rowcount
        )

    def _end(self, message_id: int, before: State, after: State, code: str, reason: str) -> list[MessageSettled]:
        self._tx.flush()
        done = self._tx.execute(
            sa.update(outbox)
            .where(outbox.c.id == message_id, outbox.c.state == before.value)
            .values(state=after.value, code=fitting(code, 64), settled_ms=self._now_ms, lease_by="")
        ).rowcount
        if not done:
            return []
        self._timeline.step(message_id, after.value, reason)
        row = self._tx.read(sa.select(outbox.c.account_id, outbox.c.tag).where(outbox.c.id == message_id)).one()
        return [MessageSettled(message_id, row.account_id, after.value, code, row.tag)]

    def _set(self, message_id: int, **values: Any) -> None:
        self._tx.execute(sa.update(outbox).where(outbox.c.id == message_id).values(**values))

    def _note(self, message_id: int, **values: Any) -> None:
        self._tx.execute(sa.update(mms).where(mms.c.message_id == message_id).values(**values))


def _unfitted(row: Any, attempt: int) -> Unfitted:
    return Unfitted(
        row.id, row.account_id, row.purpose, row.sender, row.recipient, attempt, row.priority, row.expires_ms,
        bool(row.want_report), row.mail_id, row.tag, row.created_ms, row.letter, row.subject, row.from_name,
        Way(row.way) if row.way else None, bool(row.want_read), row.asked_link, row.instead,
    )  # fmt: skip
