"""The simulated MMS centre against a link: MMS, reports, MMS from phones, and everything that goes wrong on demand."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest

from carriers.mm4.config import Mm4Config
from carriers.mm4.link import Mm4Link
from carriers.simulator.config import Account, SimulatorConfig
from carriers.simulator.faults import Faults
from carriers.simulator.server import Simulator
from gateway.core.errors import NotFound
from gateway.core.messages import Outcome, ReportState
from tests.fakes.mm4 import BODY, Noted, free_port, make_link, segment, until

OURS, THEIRS = "mms.caiyou.example", "mms.simulator.example"


@dataclass(slots=True)
class Stage:
    simulator: Simulator
    link: Mm4Link
    noted: Noted

    def send(self, *numbers: int) -> None:
        for number in numbers:
            self.link.submit(segment(number))
        self.link.flush()


@contextlib.asynccontextmanager
async def stage(secret: str = "", **faults: Any) -> AsyncIterator[Stage]:
    port = free_port()
    account = Account("mm4", OURS, secret, call_port=port)
    config = SimulatorConfig(
        mm4_port=0, accounts=(account,), report_delay_s=0.01, repeat_s=0.05, faults=Faults(**faults)
    )
    simulator = Simulator(config)
    await simulator.start()
    options = Mm4Config(
        peer_domain=THEIRS, own_domain=OURS, host="127.0.0.1", port=simulator.ports["mm4"], listen_port=port,
        listen_allow=("127.0.0.1",), answer_timeout_s=0.4, resends=1, user=OURS if secret else "", password=secret,
    )  # fmt: skip
    noted = Noted()
    link = make_link(options, noted)
    running = asyncio.create_task(link.run())
    try:
        await until(lambda: link.is_up)
        yield Stage(simulator, link, noted)
    finally:
        await link.stop()
        await running
        await simulator.stop()


@pytest.mark.parametrize("secret", ["", "pass"])
async def test_a_phone_gets_an_mms_and_tells(secret: str) -> None:
    async with stage(secret) as at:
        at.send(1)
        (answer,) = await until(lambda: at.noted.answers)
        assert answer.outcome is Outcome.ACCEPTED
        assert at.simulator.mm4 is not None
        (got,) = at.simulator.mm4.received
        assert (got.number, got.sender, got.subject, got.body) == ("+447900000001", "10657000", "生日快乐", BODY)
        (told,) = await until(lambda: at.noted.reports)
        assert (told.report.carrier_id, told.report.state) == (answer.carrier_ids[0], ReportState.DELIVERED)
        await until(lambda: at.simulator.operator.counters.reports_acknowledged == 1)


async def test_a_phone_writes_to_us() -> None:
    async with stage() as at:
        assert at.simulator.mm4 is not None
        at.simulator.mm4.say("+447900000009", BODY, subject="hi", to="10657000")
        (arrived,) = await until(lambda: at.noted.mms)
        assert (arrived.mms.body, arrived.mms.recipients) == (BODY, ("10657000",))
        await until(lambda: at.simulator.operator.counters.messages_acknowledged == 1)


@pytest.mark.parametrize(
    ("faults", "outcome"),
    [
        ({"refuse_numbers": {"": 2}}, Outcome.PERMANENT),  # service denied
        ({"refuse_numbers": {"": 5}}, Outcome.TEMPORARY),  # network problem
        ({"unknown_status": 77}, Outcome.TEMPORARY),
        ({"throttle_every_n": 1}, Outcome.TEMPORARY),
        ({"never_answer_every_n": 1}, Outcome.UNCERTAIN),
        ({"garbage_bytes_every_n": 1}, Outcome.UNCERTAIN),
        ({"answer_twice": True}, Outcome.ACCEPTED),
        ({"report_before_response": True, "answer_delay_s": 0.1}, Outcome.ACCEPTED),
    ],
    ids=str,
)
async def test_faults(faults: dict[str, Any], outcome: Outcome) -> None:
    async with stage(**faults) as at:
        at.send(1)
        (answer,) = await until(lambda: at.noted.answers)
    assert answer.outcome is outcome


async def test_reports_of_every_kind() -> None:
    words = {"447900000001": "EXPIRED", "447900000002": "REJECTD", "447900000003": "DEFER"}
    both_ways = words | {f"+{number}": word for number, word in words.items()}
    async with stage(report_state=both_ways, report_twice=True) as at:
        at.send(1, 2, 3)
        await until(lambda: len(at.noted.reports) == 6)
    states = {told.report.recipient[-1]: told.report.state for told in at.noted.reports}
    assert states == {"1": ReportState.EXPIRED, "2": ReportState.FAILED, "3": ReportState.ENROUTE}


async def test_nobody_to_write_to() -> None:
    config = SimulatorConfig(mm4_port=0, accounts=(Account("mm4", OURS, ""),))
    simulator = Simulator(config)
    await simulator.start()
    try:
        assert simulator.mm4 is not None
        with pytest.raises(NotFound):
            simulator.mm4.say("1", BODY)
    finally:
        await simulator.stop()
