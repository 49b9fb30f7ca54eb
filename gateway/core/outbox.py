"""The rules of the outbox: the states of a message, what may follow what, and when to try again. Pure."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from gateway.core.messages import Outcome, ReportState


class State(enum.StrEnum):
    """Where a message (or one segment of it) stands."""

    QUEUED = "queued"  # waits for its link and its time
    SENDING = "sending"  # claimed by a link; may be on the wire
    ACCEPTED = "accepted"  # the carrier took it
    DELIVERED = "delivered"  # the phone has it
    FAILED = "failed"  # it will not arrive
    EXPIRED = "expired"  # its time ran out
    UNCERTAIN = "uncertain"  # a submit was sent and no answer came
    CANCELLED = "cancelled"  # taken back before it was sent


FINAL = frozenset({State.DELIVERED, State.FAILED, State.EXPIRED, State.CANCELLED})

#: Allowed steps. A final state is never left, but for a late report: EXPIRED or FAILED may still turn out DELIVERED.
STEPS: dict[State, frozenset[State]] = {
    State.QUEUED: frozenset({State.SENDING, State.EXPIRED, State.FAILED, State.CANCELLED}),
    State.SENDING: frozenset(
        {State.ACCEPTED, State.QUEUED, State.FAILED, State.UNCERTAIN, State.EXPIRED, State.DELIVERED}
    ),
    State.UNCERTAIN: frozenset({State.QUEUED, State.ACCEPTED, State.DELIVERED, State.FAILED, State.EXPIRED}),
    # Back to QUEUED goes an MMS that lay in a mailbox, when its phone turns out to show MMS.
    State.ACCEPTED: frozenset({State.DELIVERED, State.FAILED, State.EXPIRED, State.QUEUED}),
    State.EXPIRED: frozenset({State.DELIVERED}),
    State.FAILED: frozenset({State.DELIVERED}),
    State.DELIVERED: frozenset(),
    State.CANCELLED: frozenset(),
}


class Kind(enum.StrEnum):
    """What a row of the outbox is."""

    SMS = "sms"  # a text
    DATA = "data"  # octets for a program on the phone
    MMS = "mms"


class Priority(enum.IntEnum):
    """Which goes first on a link; a lower number goes earlier."""

    URGENT = 0  # one-time codes
    NORMAL = 1
    BULK = 2


class Purpose(enum.StrEnum):
    """Why an SMS exists; shown in its story and in the ledger."""

    API = "api"
    NOTICE = "notice"  # mail told by SMS
    DIGEST = "digest"
    CODE = "code"  # proof of a number
    PHONE_MAIL = "phone-mail"  # mail to number@domain
    REPLY = "reply"  # answer to something a phone wrote
    ALARM = "alarm"  # something is wrong with the hub
    PEER = "peer"  # a platform sent it through us
    REMINDER = "reminder"  # at a time somebody has set
    CARD = "card"  # a card somebody made
    PICKUP = "pickup"  # says where an MMS can be looked at
    PUSH = "push"  # tells a phone of an MMS to be fetched
    HANDED_ON = "handed-on"  # an MMS from a phone or another centre, on its way to a phone


class Uncertain(enum.StrEnum):
    """What a link does with a submit that was never answered."""

    WAIT = "wait"  # wait for a report; without one it fails
    RESEND = "resend"  # wait a little for a report, then send again, marked as maybe twice
    RESEND_AT_ONCE = "resend-at-once"


#: Pauses between attempts, seconds; the last one repeats until the validity is over.
RETRY_PAUSES_S = (5, 15, 60, 300, 900, 1800)


def retry_pause_s(attempt: int) -> int:
    """Seconds to wait after the `attempt`-th try (from 1) failed for the moment."""
    return RETRY_PAUSES_S[min(attempt, len(RETRY_PAUSES_S)) - 1]


class Decision(NamedTuple):
    """What follows from the answers to one attempt of a message."""

    state: State
    due_ms: int = 0  # when to try again, for QUEUED and UNCERTAIN
    other_link: bool = False  # try another link first


def after_attempt(
    outcomes: Iterable[Outcome],
    *,
    attempt: int,
    now_ms: int,
    expires_ms: int,
    uncertain: Uncertain = Uncertain.RESEND,
    uncertain_wait_s: int = 60,
) -> Decision:
    """What becomes of a message whose segments were answered so.

    The worst answer decides: permanent, uncertain, temporary, throttled, accepted. What a carrier refuses for the
    moment is tried until its validity is over, however often: a storm of "too fast" says nothing of the message. An
    uncertain segment is kept apart from a temporary one because sending it again may double it on the phone.
    """
    seen = set(outcomes)
    if Outcome.PERMANENT in seen:
        return Decision(State.FAILED)
    if Outcome.UNCERTAIN in seen:
        wait_s = 0 if uncertain is Uncertain.RESEND_AT_ONCE else uncertain_wait_s
        return Decision(State.UNCERTAIN, due_ms=now_ms + wait_s * 1000)
    if Outcome.TEMPORARY in seen or Outcome.THROTTLED in seen:
        pause_ms = 1000 if Outcome.TEMPORARY not in seen else retry_pause_s(attempt) * 1000
        if now_ms + pause_ms >= expires_ms:
            return Decision(State.EXPIRED)
        return Decision(State.QUEUED, due_ms=now_ms + pause_ms, other_link=Outcome.TEMPORARY in seen)
    return Decision(State.ACCEPTED)


def after_waiting(policy: Uncertain, *, now_ms: int, expires_ms: int) -> State:
    """What becomes of an UNCERTAIN message when the wait for its report is over."""
    if policy is Uncertain.WAIT:
        return State.FAILED
    return State.EXPIRED if now_ms >= expires_ms else State.QUEUED


_REPORTED = {
    ReportState.DELIVERED: State.DELIVERED,
    ReportState.FAILED: State.FAILED,
    ReportState.EXPIRED: State.EXPIRED,
}


def after_report(before: State, report: ReportState) -> State:
    """The state of a segment after a report; unchanged by an intermediate one, and never from delivered to worse."""
    state = _REPORTED.get(report, before)
    return state if state in STEPS[before] else before


def settle(segments: Iterable[State]) -> State:
    """The state of a message from the states of its segments.

    All delivered is delivered; one that failed or expired decides as soon as it is known, because a long SMS with
    a hole is not readable; otherwise the least advanced one.
    """
    states = set(segments)
    for worst in (State.FAILED, State.EXPIRED, State.UNCERTAIN, State.QUEUED, State.SENDING, State.ACCEPTED):
        if worst in states:
            return worst
    return State.DELIVERED


@dataclass(frozen=True, slots=True)
class NewSms:
    """An SMS to put into the outbox: a text, or with `data` a data SMS of no text. Times are Unix milliseconds."""

    recipient: str
    text: str
    purpose: Purpose
    account_id: int = 0  # 0: the hub itself
    sender: str = ""  # "" = the link's own access number
    priority: Priority = Priority.NORMAL
    not_before_ms: int = 0
    validity_s: int = 172_800  # 48 h: as long as carriers keep a message (CMPP 2.0: waits 48 h for a report)
    want_report: bool = True
    key: str | None = None  # idempotency key within the account
    mail_id: int | None = None  # the mail this tells of
    tag: str = ""  # free text of the one who asked, given back in webhooks
    link: str = ""  # "" = let the router choose
    data: bytes = b""  # octets without header, at most gateway.core.data_sms.MAX_OCTETS
    port: int | None = None  # of data: the program on the phone; None = the header names none
    source_port: int | None = None  # None = 9200, with a port
    kind: Kind = (
        Kind.SMS
    )  # MMS only where the router is asked about one that is in the outbox (gateway.core.mms.NewMms)
