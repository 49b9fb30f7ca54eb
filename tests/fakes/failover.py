"""Two links, of which the preferred one dies in a state of one's choice, and how long its messages take to the other.

Clocks run as they do outside: times are real ones.
"""

from __future__ import annotations

import asyncio
import contextlib
import enum
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from carriers.link import Timing
from gateway import housekeeping
from gateway.core.outbox import State, Uncertain
from gateway.lane import LinkPolicy
from tests.fakes.hub import LATIN, LONG, SHORT, Hub, Sent, open_hub, until

DYING, LIVING = "a0", "b1"
UNCERTAIN_WAIT_S = 1
TEXTS = (SHORT, LONG, LATIN)
CHORES = ("leave-bad-links", "find-routes")
#: The dead link does not come back while the test looks; everything else is quick.
STAYS_AWAY = Timing(first_pause_s=0.1, longest_pause_s=1.0, connect_timeout_s=5.0, close_timeout_s=0.3, tick_s=0.02)


class Dies(enum.StrEnum):
    """What the preferred link is doing when it dies."""

    CONNECTING = "connecting"
    IDLE = "bound idle"
    HALF_FULL = "window half full"
    UNANSWERED = "submits sent, none answered"


@dataclass
class Outcome:
    """What became of the messages. Times are seconds from the death of the link to the other carrier's yes."""

    rerouted_s: list[float]  # of messages that were not on the wire
    doubtful_s: list[float]  # of messages in doubt: they wait for a report first
    doubled: int  # on phones; every one of them says in its story that it may be
    by_dying: int  # taken by the link before it died


async def fail(hub: Hub, dies: Dies, count: int) -> Outcome:
    """Put messages in around the death of the link, and wait until every one is delivered."""
    sent: list[Sent] = []
    if dies is Dies.IDLE:
        kill(hub)
        died_ms = hub.desk.now_ms()
    elif dies is Dies.CONNECTING:
        died_ms = hub.desk.now_ms()
    else:
        if dies is Dies.HALF_FULL:
            hub.faults.answer_delay_s = 0.3
            sent += await hub.send(TEXTS[:1] * 4)  # of a window of 8
        else:
            hub.faults.half_open = True
            sent += await hub.send(TEXTS * 8)  # the window and more behind it
        await until(lambda: hub.links[DYING].room() <= 4, 5)
        kill(hub)
        died_ms = hub.desk.now_ms()
        hub.faults.answer_delay_s, hub.faults.half_open = 0.0, False
    sent += await hub.send((TEXTS * (count // 3 + 1))[:count])
    await hub.ended(sent, within_s=20)
    doubled = hub.check(sent)
    return judge(hub, sent, died_ms, doubled)


def kill(hub: Hub) -> None:
    """The carrier of the preferred link is gone: its lines are reset, and nobody answers any more."""
    hub.proxies[DYING].refuse()
    hub.proxies[DYING].drop(reset=True)


def judge(hub: Hub, sent: list[Sent], died_ms: int, doubled: int) -> Outcome:
    """Sort messages by what they went through."""
    found = hub.desk.read_now(lambda books: books.timeline.of([one.id for one in sent]))
    outcome = Outcome([], [], doubled, 0)
    for steps in found.values():
        accepted = next(step for step in reversed(steps) if step.step == "accepted")
        if accepted.detail.startswith(f"by {DYING} "):
            outcome.by_dying += 1
            continue
        words = {step.step for step in steps}
        seconds = (accepted.at_ms - max(died_ms, steps[0].at_ms)) / 1000
        (outcome.doubtful_s if State.UNCERTAIN.value in words else outcome.rerouted_s).append(seconds)
    return outcome


@contextlib.asynccontextmanager
async def two_links(directory: Path, protocol: str, dies: Dies) -> AsyncIterator[Hub]:
    """A hub with a preferred link and another, its chores running; to die connecting the preferred never gets in."""
    policy = LinkPolicy(Uncertain.RESEND, uncertain_wait_s=UNCERTAIN_WAIT_S)
    async with open_hub(
        directory, protocol, accounts=("a", "b"), timing=STAYS_AWAY, speed=1.0, policy=policy, quick=False
    ) as hub:
        await hub.up(LIVING)
        await hub.up(DYING)
        if dies is Dies.CONNECTING:
            hub.proxies[DYING].faults.mute = True
            hub.proxies[DYING].drop()
            await hub.down(DYING)
        house = housekeeping.Housekeeping(hub.journal, chores_of(hub))
        house.start()
        try:
            yield hub
        finally:
            await house.stop()


def chores_of(hub: Hub) -> list[housekeeping.Chore]:
    """The chores of the hub that move messages between links."""

    async def nothing() -> None:
        await asyncio.sleep(0)

    every = housekeeping.chores(
        hub.desk, hub.desk.router, hub.journal, list(hub.links), lambda books: None, give_up_parts=nothing
    )
    return [chore for chore in every if chore.name in CHORES]
