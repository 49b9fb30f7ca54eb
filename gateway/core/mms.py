"""An MMS on its way to a phone: what is asked for, the ways it may take, and the stages of one that waits. Pure.

An MMS is a row of the outbox like an SMS, of kind `mms`. It comes in for the link PREPARING, where it is fitted to its
phone; from there it goes on to a link that carries MMS, or to MAILBOX, where its owner looks at it on a page.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Final, NamedTuple

from gateway.core.outbox import Priority, Purpose

#: Links that are no carrier's; no configured link can have such a name.
PREPARING: Final = "~preparing"
MAILBOX: Final = "~mailbox"

#: Begins the tag of an MMS whose end its maker, whose number follows, is to be told by SMS, also when it arrives.
AWAITED: Final = "card by "
#: Tag of an MMS from a phone that asked what becomes of it; its end is told also when it arrives.
REPORTED: Final = "reported to its phone"

#: Longest subject that is kept.
MAX_SUBJECT: Final = 255


class Way(enum.StrEnum):
    """How an MMS reaches its phone."""

    MMS = "mms"  # as an MMS
    MAILBOX = "mailbox"  # filed in the mailbox of the number; an SMS says where to look


class CanMms(enum.StrEnum):
    """What is known of a phone."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


def way_of(known: CanMms, *, unknown: Way, has_link: bool, wanted: Way | None = None) -> tuple[Way, str]:
    """The way for a phone, and why. `unknown` is the way for phones of which nothing is known."""
    if wanted is not None:
        return wanted, "asked for"
    if not has_link:
        return Way.MAILBOX, "no link of this hub carries MMS"
    if known is CanMms.UNKNOWN:
        return unknown, "nothing is known of the phone"
    return (Way.MMS, "the phone shows MMS") if known is CanMms.YES else (Way.MAILBOX, "the phone shows no MMS")


@dataclass(frozen=True, slots=True)
class NewMms:
    """An MMS to put into the outbox. Times are Unix milliseconds."""

    recipient: str  # E.164
    #: The letter (`mms.letters`) as it was handed in, on disk already: its reference.
    letter: str
    size_octets: int
    purpose: Purpose
    subject: str = ""
    account_id: int = 0  # 0: the hub itself
    #: What the phone shows as sender and answers to; "" = the link's own number.
    sender: str = ""
    #: What people are told of the sender: a name, an address, a number.
    from_name: str = ""
    priority: Priority = Priority.NORMAL
    not_before_ms: int = 0
    validity_s: int = 604_800  # a week, as MMSCs keep a message
    want_report: bool = True
    want_read: bool = False
    key: str | None = None  # idempotency key within the account
    mail_id: int | None = None  # the mail it was made of, or the copy in the sender's mailbox
    tag: str = ""
    link: str = ""  # "" = let the router choose
    way: Way | None = None  # None = as the phone is known
    #: What the phone is told by SMS where it takes no MMS; "" = the MMS waits in the mailbox of the number.
    instead: str = ""


class PickupState(enum.StrEnum):
    """Where an MMS stands that waits in a mailbox for its owner to look."""

    WAITING = "waiting"
    READ = "read"
    OVERDUE = "overdue"  # the time to look is over; the sender was told
    SENT = "sent"  # the phone turned out to show MMS, and got it


class Pickup(NamedTuple):
    """An MMS that waits for its owner to look."""

    id: int
    token: str
    account_id: int
    mail_id: int
    message_id: int
    number: str
    state: PickupState
    look_by_ms: int
    notice_id: int | None  # the SMS that tells of it; None while it waits for one that tells of several
    made_ms: int
    read_ms: int | None


class AutomaticState(enum.StrEnum):
    """Where a mailbox stands that was opened for a phone's number unasked (mission C3)."""

    OPEN = "open"  # waits to be looked at
    ACTIVE = "active"  # its owner has been in
    SUSPENDED = "suspended"  # nobody looked in time; its owner may still come
    PURGED = "purged"


@dataclass(frozen=True, slots=True)
class AutomaticMailbox:
    """A mailbox opened for a number."""

    account_id: int
    number: str
    state: AutomaticState
    opened_ms: int
    look_by_ms: int  # deadline of the oldest MMS nobody looked at; 0 = nothing waits
    purge_ms: int  # when it is purged unless its owner has come


def after_deadline(box: AutomaticMailbox, now_ms: int) -> AutomaticState:
    """What becomes of a mailbox by the time alone."""
    if box.state in (AutomaticState.OPEN, AutomaticState.SUSPENDED) and now_ms >= box.purge_ms:
        return AutomaticState.PURGED
    if box.state is AutomaticState.OPEN and box.look_by_ms and now_ms >= box.look_by_ms:
        return AutomaticState.SUSPENDED
    return box.state
