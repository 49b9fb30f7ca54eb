"""Segments on their way through a pool: which wait, and which long message belongs to which SIM. Pure."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Final

from carriers.session import SubmitAnswered
from gateway.core.messages import Segment

#: For so long places are kept for the rest of a long message, seconds; the hub may have taken it elsewhere.
RESERVED_S: Final = 60.0
#: Long messages that are remembered; a hub that sends more of them at a time has more modems than any pool.
MAX_LONG: Final = 4096


@dataclass(slots=True)
class LongMessage:
    """What is known of a message of several segments."""

    sim: str = ""  # that has the first of its segments; "" = none has yet
    is_begun: bool = False  # a segment was taken, or may have been: the others have to go by the same SIM
    missing_since: float | None = None  # since when that SIM is gone
    refusal: SubmitAnswered | None = None  # the final word on a segment, which holds for the others
    left: int = 0  # segments that are still to be handed over
    touched: float = 0.0  # monotonic, when one was last


@dataclass(slots=True)
class Parcel:
    """One segment that the pool has taken."""

    segment: Segment
    tpdu: bytes
    long: LongMessage | None  # None = it is a message of its own
    not_by: set[str] = field(default_factory=set)  # modems that have refused it
    refusal: SubmitAnswered | None = None  # the last of them
    only: str = ""  # the modem it waits for, when there is but one that may take it
    sent_at: float = 0.0  # monotonic, when it was handed over

    @property
    def is_tied(self) -> bool:
        """Must it go by the SIM that has the others?"""
        return self.long is not None and self.long.sim != ""


class LongMessages:
    """Long messages by id, the latest ones."""

    def __init__(self) -> None:
        self._known: OrderedDict[int, LongMessage] = OrderedDict()

    def of(self, segment: Segment, now: float) -> LongMessage | None:
        """What is known of the message of a segment; None when it has but one."""
        if segment.total <= 1:
            return None
        found = self._known.setdefault(segment.message_id, LongMessage())
        found.touched = now
        self._known.move_to_end(segment.message_id)
        if len(self._known) > MAX_LONG:
            self._known.popitem(last=False)
        return found

    def reserved(self, sim: str, now: float) -> int:
        """Segments that are still to go by this SIM, for others have."""
        total = 0
        for long in reversed(self._known.values()):
            if now - long.touched > RESERVED_S:
                break
            if long.sim == sim:
                total += long.left
        return total
