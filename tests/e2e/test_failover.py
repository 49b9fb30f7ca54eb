"""A link dies in every state there is: nothing is lost, nothing comes twice unsaid, and the other link has it soon."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from gateway.core.health import Breaker, Health, HealthRules
from gateway.core.messages import Outcome
from tests.fakes.failover import DYING, LIVING, UNCERTAIN_WAIT_S, Dies, fail, two_links
from tests.fakes.hub import SHORT, until

COUNT = 60
#: A message that was not on the wire is taken by the other carrier within this.
REROUTED_WITHIN_S = 8.0  # on a machine that does much else; bench/failover.py holds it to 2 s


def p99(values: list[float]) -> float:
    """The largest but for one in a hundred."""
    return sorted(values)[int(len(values) * 0.99)] if values else 0.0


@pytest.mark.parametrize("dies", list(Dies), ids=lambda dies: dies.value.replace(" ", "-"))
@pytest.mark.parametrize("protocol", ["smpp", "cmpp"])
async def test_the_other_link_takes_over(tmp_path: Path, protocol: str, dies: Dies) -> None:
    async with two_links(tmp_path, protocol, dies) as hub:
        outcome = await fail(hub, dies, COUNT)
    assert p99(outcome.rerouted_s) < REROUTED_WITHIN_S
    assert p99(outcome.doubtful_s) < UNCERTAIN_WAIT_S + REROUTED_WITHIN_S
    assert outcome.doubled <= len(outcome.doubtful_s)
    if dies in (Dies.CONNECTING, Dies.IDLE):
        assert (len(outcome.rerouted_s), outcome.doubtful_s, outcome.doubled) == (COUNT, [], 0)
    else:
        assert outcome.doubtful_s, "some were on the wire"
        assert len(outcome.rerouted_s) >= COUNT


async def test_a_link_that_is_not_trusted_is_left_and_then_tried_again(tmp_path: Path) -> None:
    """Its line is up all the time: only what it answered tells."""
    async with two_links(tmp_path, "smpp", Dies.IDLE) as hub:
        router = hub.desk.router
        router.health = Health(HealthRules(open_s=0.6))

        async def takes(count: int) -> set[str]:
            sent = await hub.send([SHORT] * count)
            await hub.ended(sent)
            assert hub.check(sent) == 0
            return {row["link"] for row in hub.rows(sent)}

        assert await takes(3) == {DYING}
        router.note_answers(DYING, [("+8613800138000", Outcome.TEMPORARY, True)] * 10, time.monotonic())
        assert await takes(10) == {LIVING}
        await until(lambda: router.health.breaker(DYING, "cmcc") is Breaker.HALF_OPEN, 5)
        assert await takes(3) == {DYING}, "a few may try it"
        assert router.health.breaker(DYING, "cmcc") is Breaker.CLOSED
        assert await takes(10) == {DYING}
