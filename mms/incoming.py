"""What MMS centres bring, whatever they speak: an MMS from a phone, and word that one of ours was read."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field

from mms.content import Body
from mms.terms import MmsHeaders


@dataclass(frozen=True, slots=True)
class IncomingMms:
    """An MMS that a phone sent to us, or another centre on its behalf."""

    #: Names this MMS at the centre; a repetition has the same. "" where the protocol has none.
    carrier_id: str
    #: A number or mail address, as the centre wrote it without its type and host.
    sender: str
    #: Whom it is for here.
    recipients: tuple[str, ...]
    body: Body
    subject: str = ""
    #: Others its sender wrote to and lets us know of.
    cc: tuple[str, ...] = ()
    #: Names the request it came with.
    transaction_id: str = ""
    #: Of the centre, to be given back in an answer to this MMS (MM7 LinkedID).
    linked_id: str = ""
    #: When it was sent, Unix milliseconds; 0 = not said.
    date_ms: int = 0
    mms: MmsHeaders = field(default_factory=MmsHeaders)


class ReadState(enum.StrEnum):
    """What a person did with an MMS."""

    READ = "read"
    DELETED = "deleted"  # without being read
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class ReadReport:
    """What a centre says a person did with an MMS of ours."""

    #: The id the submit was answered with.
    carrier_id: str
    state: ReadState
    #: Who read it.
    recipient: str = ""
    #: The centre's own words, as they came.
    text: str = ""
