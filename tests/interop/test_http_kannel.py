"""Kannel as a provider behind HTTP: our link asks its sendsms, its smsbox tells us of reports and of what phones write.

Behind Kannel stands the simulated operator, by SMPP; what a handset shows there went through both.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from carriers.http.config import HttpConfig
from carriers.http.link import HttpLink
from carriers.link import Link, LinkBasics
from carriers.session import ReportArrived, SessionEvent, SmsArrived, SubmitAnswered
from gateway.core import text as sms_text
from gateway.core.messages import Outcome, ReportState, Segment
from tests.interop.need import need
from tests.interop.simulated import Simulated, eventually
from tests.interop.test_simulator_kannel import LINK, PORTS, free_ports, listens, running

pytestmark = [pytest.mark.interop, pytest.mark.slow]
PHONE = "8613800138000"

CONFIGURATION = """\
group = core
admin-port = {admin}
admin-password = admin
admin-deny-ip = "*.*.*.*"
admin-allow-ip = "127.0.0.1"
smsbox-port = {boxes}
box-deny-ip = "*.*.*.*"
box-allow-ip = "127.0.0.1"
log-file = "{folder}/bearerbox.log"
log-level = 0
dlr-storage = internal
sms-resend-freq = 1

{link}
group = smsbox
bearerbox-host = 127.0.0.1
sendsms-port = {sendsms}
sendsms-chars = "0123456789 +"
http-request-retry = 5
http-queue-delay = 1
log-file = "{folder}/smsbox.log"
log-level = 0

group = sendsms-user
username = tester
password = "te&ter"
max-messages = 10
concatenation = true

group = sms-service
keyword = default
catch-all = true
max-messages = 0
get-url = "http://127.0.0.1:{hooks}/sms?token=t0k&id=%I&from=%p&to=%P&text=%b&coding=%c"
"""


class HubSide:
    """A link on a loop of its own, and what it told."""

    def __init__(self, sendsms: int, hooks: int, **options: Any) -> None:
        self.answers: list[SubmitAnswered] = []
        self.reports: list[ReportArrived] = []
        self.texts: list[SmsArrived] = []
        self.misbehaviour: list[str] = []
        self.refusals = 0  # how many deliveries are told to come again before one is taken
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        config = HttpConfig(
            provider="kannel",
            options={"username": "tester", "password": "te&ter"} | options,
            base_url=f"http://127.0.0.1:{sendsms}",
            access_number="10657000",
            webhook_port=hooks,
            webhook_token="t0k",
        )
        self.link = self._on_loop(
            lambda: HttpLink(LinkBasics("kannel", "kannel", self), config, lambda: datetime.now(UTC))
        )
        self._running = asyncio.run_coroutine_threadsafe(self.link.run(), self._loop)

    def close(self) -> None:
        asyncio.run_coroutine_threadsafe(self.link.stop(), self._loop).result(20)
        self._running.result(20)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def send(self, text: str, message_id: int = 7001) -> SubmitAnswered:
        """Submit as a lane does, and wait for the answer."""
        alphabet = sms_text.choose(text)
        total = len(sms_text.split(text, alphabet))
        one = Segment(message_id, 1, total, "", "+" + PHONE, text, alphabet, validity_s=3600)

        def submit() -> None:
            assert self.link.room() > 0
            self.link.submit(one)
            self.link.flush()

        before = len(self.answers)
        self._on_loop(submit)
        eventually(lambda: len(self.answers) > before, "an answer of sendsms")
        return self.answers[-1]

    def _on_loop(self, action: Callable[[], Any]) -> Any:
        async def act() -> Any:
            return action()

        return asyncio.run_coroutine_threadsafe(act(), self._loop).result(20)

    # --- the listener ------------------------------------------------------------------------------------------

    def link_events(self, link: Link, events: Sequence[SessionEvent]) -> None:
        for event in events:
            if isinstance(event, SubmitAnswered):
                self.answers.append(event)
            elif isinstance(event, ReportArrived | SmsArrived):
                accepted = self.refusals <= 0
                self.refusals -= 1
                if accepted:
                    (self.reports if isinstance(event, ReportArrived) else self.texts).append(event)  # type: ignore[arg-type]
                link.acknowledge(event.receipt, accepted=accepted, line=link.line)

    def link_up(self, link: Link, peer: str) -> None: ...

    def link_down(self, link: Link, reason: str, retry_in_s: float) -> None: ...

    def link_refused(self, link: Link, reason: str) -> None: ...

    def link_misbehaved(self, link: Link, reason: str) -> None:
        self.misbehaviour.append(reason)

    def link_throttled(self, link: Link, pause_s: float) -> None: ...

    def link_ready(self, link: Link) -> None: ...


@pytest.fixture
def operator() -> Iterator[Simulated]:
    with Simulated(report_delay_s=0.2) as started:
        yield started


@pytest.fixture
def hub(operator: Simulated, tmp_path: Path) -> Iterator[HubSide]:
    bearerbox, smsbox = need("bearerbox"), need("smsbox")
    admin, boxes, sendsms, hooks = free_ports(4)
    (port,) = PORTS["transceiver"]
    link = LINK.format(ports=port.format(smpp=operator.simulator.ports["smpp"]))
    configuration = tmp_path / "kannel.conf"
    configuration.write_text(
        CONFIGURATION.format(admin=admin, boxes=boxes, sendsms=sendsms, link=link, hooks=hooks, folder=tmp_path)
    )
    with running(bearerbox, configuration):
        eventually(lambda: listens(boxes), "bearerbox")
        with running(smsbox, configuration):
            eventually(lambda: listens(sendsms), "smsbox")
            operator.wait_for(lines=1)
            side = HubSide(sendsms, hooks)
            try:
                eventually(lambda: side.link.is_up, "the link")
                yield side
            finally:
                side.close()


@pytest.mark.parametrize("text", ["您好，这是一条测试短信 & “+%”", "Hello {you} @ 5 € & more=1?"])
def test_there_and_the_report_back(operator: Simulated, hub: HubSide, text: str) -> None:
    answer = hub.send(text)
    assert (answer.outcome, answer.carrier_ids) == (Outcome.ACCEPTED, ("7001",))
    (shown,) = eventually(lambda: [it for it in operator.texts(PHONE) if it.word], "the report on the phone")
    assert (shown.text, shown.peer, shown.word) == (text, "10657000", "DELIVRD")
    (report,) = eventually(lambda: hub.reports, "the report at the hub")
    assert (report.report.carrier_id, report.report.state) == ("7001", ReportState.DELIVERED)
    assert "DELIVRD" in report.report.text
    assert hub.misbehaviour == []


def test_a_long_text_is_one_request(operator: Simulated, hub: HubSide) -> None:
    text = "长" * 150
    assert hub.send(text).outcome is Outcome.ACCEPTED
    (shown,) = eventually(lambda: [it for it in operator.texts(PHONE) if it.is_whole], "the long text")
    assert (shown.text, shown.total) == (text, 3)
    # Kannel asks for a report of the first part only.
    (report,) = eventually(lambda: hub.reports, "a report")
    assert report.report.carrier_id == "7001"


def test_a_failure_is_told(operator: Simulated, hub: HubSide) -> None:
    operator.faults(report_state={"138": "UNDELIV"})
    hub.send("到不了")
    (report,) = eventually(lambda: hub.reports, "the report")
    assert report.report.state is ReportState.FAILED


def test_a_phone_writes_and_a_hub_that_cannot_file_it_is_asked_again(operator: Simulated, hub: HubSide) -> None:
    hub.refusals = 1
    operator.say("13800138000", "退订 ✂", "10657000")
    (arrived,) = eventually(lambda: hub.texts, "the text of the phone")
    assert (arrived.sms.sender, arrived.sms.recipient, arrived.sms.text) == ("+" + PHONE, "10657000", "退订 ✂")
    assert arrived.sms.carrier_id
    operator.say("13800138000", "plain @ text", "10657000")
    (_, plain) = eventually(lambda: len(hub.texts) == 2 and hub.texts, "the second text")
    assert plain.sms.text == "plain @ text"


def test_kannel_does_not_know_us(operator: Simulated, hub: HubSide) -> None:
    hub.link._options["option:password"] = "wrong"
    answer = hub.send("您好")
    assert (answer.outcome, answer.code) == (Outcome.TEMPORARY, 403)
    assert not hub.link.is_up
