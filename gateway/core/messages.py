"""What passes between the hub and a carrier link: an SMS segment out, an SMS in, a delivery report in.

These values carry no protocol words; each carrier folder translates them to and from its PDUs. They are named tuples:
one is made for every message several times over, and a frozen dataclass takes five times as long to make.
"""

from __future__ import annotations

import enum
from typing import NamedTuple

from gateway.core.text import Alphabet


class Outcome(enum.StrEnum):
    """What became of a request to a carrier, and so what may be done next."""

    ACCEPTED = "accepted"  # the carrier took it
    TEMPORARY = "temporary"  # not now; try again later, on another link first
    THROTTLED = "throttled"  # too fast: the whole link must slow down, the message is fine
    PERMANENT = "permanent"  # never, by this carrier
    UNCERTAIN = "uncertain"  # nobody knows whether it was taken


class ReportState(enum.StrEnum):
    """What a delivery report says of a segment."""

    DELIVERED = "delivered"
    FAILED = "failed"
    EXPIRED = "expired"
    ENROUTE = "enroute"  # intermediate: not final


class Concat(NamedTuple):
    """The place of one segment in a long SMS."""

    reference: int  # 0-65535; the same for all segments of one SMS
    total: int  # 1-255
    number: int  # from 1


class Segment(NamedTuple):
    """One SMS-sized piece of a message, ready for a link to submit."""

    message_id: int
    number: int  # from 1
    total: int
    sender: str  # access number with extension, or a name of at most 11 letters; "" = the link's own
    recipient: str  # E.164 with "+" where known, else as given
    text: str  # this segment's text; empty when `data` is set
    alphabet: Alphabet
    reference: int = 0  # concatenation reference, meaningful when total > 1
    want_report: bool = True
    validity_s: int | None = None  # seconds from now, None = the carrier's default
    data: bytes = b""  # binary user data without header (alphabet BINARY)
    udh: bytes = b""  # extra user data header elements for binary messages, without the length octet
    service: str = ""  # the carrier's service code; "" = the link's own
    mms: bytes = b""  # an MMS as its phone gets it, an m-retrieve.conf; `text` is its subject then


class IncomingSms(NamedTuple):
    """An SMS (or one segment of a long one) that a phone sent to us."""

    carrier_id: str  # the carrier's id of this delivery, or "" where the protocol has none
    sender: str  # the phone, as the carrier wrote it
    recipient: str  # the access number with extension the phone wrote to
    text: str
    alphabet: Alphabet
    concat: Concat | None = None
    data: bytes = b""  # the octets behind the header, as they came
    link_token: str = ""  # the carrier's order identifier (CMPP LinkID), given back in the answer


class DeliveryReport(NamedTuple):
    """What a carrier says became of a segment."""

    carrier_id: str  # the id the submit was answered with
    state: ReportState
    code: str  # the carrier's own word or number, as it came
    recipient: str = ""
    done_at: str = ""  # the carrier's own time text, as it came; never relied on
    text: str = ""  # the whole report as text where there is one, for the story of the message
