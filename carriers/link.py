"""What a link is to the rest of the hub: a way to a carrier that takes segments and tells what became of them.

A connection that keeps a session (SMPP, CMPP, SGIP, SMGP: `carriers.session_link`), a pool of modems and a provider
behind HTTP are links alike. `KINDS` in `carriers.factory` says how each is made.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

from carriers.link_memory import LinkMemory, PassingMemory
from carriers.session import SessionEvent
from gateway.core.messages import Segment
from mms.codec.mm4 import DeliveryReport, ReadReport


@dataclass(frozen=True, slots=True)
class Timing:
    """How long a link waits, seconds."""

    #: Pauses before connecting again: the first, twice that, and so on to the longest; each is varied by a quarter.
    first_pause_s: float = 1.0
    longest_pause_s: float = 60.0
    #: After a login that was refused for good (wrong password) the carrier is not asked again for this long.
    refused_pause_s: float = 300.0
    #: Rest when the carrier says "too fast"; doubled each time it says so again, up to the longest.
    throttle_pause_s: float = 1.0
    longest_throttle_pause_s: float = 30.0
    #: For TCP and TLS.
    connect_timeout_s: float = 15.0
    #: For the last octets to leave and the carrier's word of leave; then the line is cut.
    close_timeout_s: float = 5.0
    #: How often the session is told the time.
    tick_s: float = 0.5


DEFAULT_TIMING = Timing()


class Link(Protocol):
    """One way to a carrier. `run()` keeps it up until it is cancelled or `stop()` is called."""

    @property
    def name(self) -> str:
        """What routes and stories call it."""

    @property
    def group(self) -> str:
        """The account at the carrier: reports may come on any link of a group."""

    @property
    def state(self) -> str:
        """One of down, connecting, up."""

    @property
    def line(self) -> int:
        """Which connection this is; a delivery can only be answered on the one it came on."""

    @property
    def is_up(self) -> bool:
        """Whether segments can be submitted at all."""

    def room(self) -> int:
        """Segments that may be submitted now: window, rate and rest considered."""

    def submit(self, segment: Segment) -> None:
        """Queue a segment; call `flush()` after the last one. Only while `room()` is above 0."""

    def acknowledge(self, receipt: object, *, accepted: bool, line: int) -> None:
        """Answer a delivery, now that it is on disk (or could not be put there); call `flush()` after the last one.

        `line` is what `self.line` was when it came: on a later connection nothing is said, and it comes again.
        """

    def flush(self) -> None:
        """Send what was queued."""

    async def run(self) -> None:
        """Be up, and come up again whenever the line is gone, until `stop()`."""

    async def stop(self) -> None:
        """Take leave in order: unanswered submits get a few seconds, then the line is closed."""


@runtime_checkable
class TellsOfData(Protocol):
    """A link that may be unable to carry a data SMS, and says so; all others can."""

    @property
    def takes_data(self) -> bool:
        """Whether it carries octets and header elements."""


@runtime_checkable
class CarriesMms(Protocol):
    """A link that carries MMS and nothing else: every segment it is given has `mms`."""

    @property
    def carries_mms(self) -> bool:
        """Always true."""


@runtime_checkable
class TellsCentre(Protocol):
    """A link to another MMS centre, that is to be told what became of its MMS."""

    def tell(self, message: DeliveryReport | ReadReport) -> None:
        """Send a report; it is tried a few times, and forgotten when the link stops."""


class LinkListener(Protocol):
    """Who hears of a link. Called on the event loop; must not block."""

    def link_events(self, link: Link, events: Sequence[SessionEvent]) -> None:
        """Answers, deliveries and reports, in order."""

    def link_up(self, link: Link, peer: str) -> None:
        """The carrier let us in."""

    def link_down(self, link: Link, reason: str, retry_in_s: float) -> None:
        """The line is gone; every unanswered submit has been told of in `link_events` before."""

    def link_refused(self, link: Link, reason: str) -> None:
        """The carrier does not let us in."""

    def link_misbehaved(self, link: Link, reason: str) -> None:
        """The carrier sent something wrong that was survived."""

    def link_throttled(self, link: Link, pause_s: float) -> None:
        """The carrier said "too fast"; the link rests."""

    def link_ready(self, link: Link) -> None:
        """There is room for more submits."""


class NotificationCentre(Protocol):
    """Who keeps the books of an MMS centre: whom it told, who fetched."""

    def serve(self, link: str, config: Any) -> None:
        """A link is there, or has other options."""

    async def tell(self, link: str, segments: Sequence[Segment]) -> Sequence[str]:
        """Have the phones of these MMS told; what each will be reported under, once that is on disk."""


@dataclass(frozen=True, slots=True)
class LinkBasics:
    """What every link is made with, whatever its protocol."""

    name: str
    group: str
    listener: LinkListener
    #: Segments a second; 0 = as fast as the carrier answers.
    rate_per_s: float = 0.0
    timing: Timing = DEFAULT_TIMING
    #: A number from 0 to 1 that differs from link to link, so that they do not all connect again at once.
    jitter: Callable[[], float] = random.random
    #: What it may remember over restarts.
    memory: LinkMemory = field(default_factory=PassingMemory)
    #: Of links over MM1.
    centre: NotificationCentre | None = None
