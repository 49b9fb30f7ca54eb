"""A link to phones over MM1. It asks the centre to tell a phone; what became of an MMS comes as a report.

The centre (`carriers.link.NotificationCentre`) keeps the books: who was told, who fetched. An MMS is accepted when the
telling is on disk.
"""

from __future__ import annotations

import asyncio

from carriers.link import LinkBasics, NotificationCentre
from carriers.mm1.config import Mm1Config
from carriers.session import SubmitAnswered
from gateway.core.errors import CaiyouError, ConfigError, MalformedPdu
from gateway.core.messages import Outcome, Segment


class Mm1Link:
    """Phones that fetch their MMS here, a `carriers.link.Link`."""

    carries_mms = True

    def __init__(self, basics: LinkBasics, config: Mm1Config) -> None:
        if basics.centre is None:
            raise ConfigError("mm1: there is nobody who keeps the books of this centre")
        self.name = basics.name
        self.group = basics.group
        self.state = "down"
        self.line = 0
        self._config = config
        self._listener = basics.listener
        self._centre: NotificationCentre = basics.centre
        self._centre.serve(basics.name, config)
        self._submitted: list[Segment] = []
        self._open = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._stopped = asyncio.Event()

    @property
    def is_up(self) -> bool:
        """Whether MMS can be taken: always, while it runs."""
        return self.state == "up"

    def room(self) -> int:
        """MMS that may be submitted now."""
        return max(0, self._config.window - self._open - len(self._submitted)) if self.is_up else 0

    def submit(self, segment: Segment) -> None:
        """Queue an MMS; call `flush()` after the last one."""
        self._submitted.append(segment)

    def acknowledge(self, receipt: object, *, accepted: bool, line: int) -> None:
        """Nothing comes in here: phones hand in their MMS at the web door."""

    def flush(self) -> None:
        """Have the phones told."""
        segments, self._submitted = self._submitted, []
        if segments:
            self._open += len(segments)
            task = asyncio.get_running_loop().create_task(self._tell(segments), name=f"mm1-{self.name}")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _tell(self, segments: list[Segment]) -> None:
        answers = await self._answers(segments)
        self._open -= len(segments)
        self._listener.link_events(self, answers)
        self._listener.link_ready(self)

    async def _answers(self, segments: list[Segment]) -> list[SubmitAnswered]:
        try:
            tokens = await self._centre.tell(self.name, segments)
        except MalformedPdu as error:
            if len(segments) == 1:
                return [SubmitAnswered(segments[0], Outcome.PERMANENT, reason=str(error)[:60])]
            return [answer for one in segments for answer in await self._answers([one])]  # the others are well
        except CaiyouError as error:
            return [SubmitAnswered(one, Outcome.TEMPORARY, reason=str(error)[:60]) for one in segments]
        return [SubmitAnswered(one, Outcome.ACCEPTED, (token,)) for one, token in zip(segments, tokens, strict=True)]

    async def run(self) -> None:
        """Be up until `stop()`."""
        self._stopped.clear()
        self.state = "up"
        self.line += 1
        self._listener.link_up(self, "phones")
        try:
            await self._stopped.wait()
        finally:
            self.state = "down"

    async def stop(self) -> None:
        """Take no more, and wait for what is on its way to the books."""
        self.state = "down"
        self._stopped.set()
        await asyncio.gather(*self._tasks, return_exceptions=True)
