"""The hub is killed while it takes MMS, fits them, submits them over MM7 and takes reports: none answered for is lost.

CAIYOU_ROUNDS sets the number of kills, CAIYOU_MMS how many MMS there are at least, CAIYOU_SEED the dice.
"""

from __future__ import annotations

import contextlib
import http.client
import itertools
import json
import os
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from gateway.core.outbox import Kind
from tests.e2e.test_mm7_link import free_port
from tests.fakes.processes import HubProcess, Operator

ROUNDS = int(os.environ.get("CAIYOU_ROUNDS", "3"))
MMS = int(os.environ.get("CAIYOU_MMS", "150"))
SEED = int(os.environ.get("CAIYOU_SEED", "0")) or random.SystemRandom().randrange(1 << 32)
#: Phones of one request.
PHONES = 5
#: How long everything may take to arrive after the last start.
SETTLE_S = 30.0 + MMS / 20
ENDS = {"delivered", "failed", "expired", "cancelled"}

LINK = """
[mms]
workers = 1
[[link]]
name = "mmsc"
protocol = "mm7"
url = "http://127.0.0.1:{port}/mm7"
dialect = "3gpp-rel6"
vasp_id = "vasp1"
auth = "basic"
password = "s3cret08"
service_code = "S"
access_number = "10657000"
listen_port = {call_port}
listen_allow = ["127.0.0.1"]
response_timeout_s = 3
uncertain = "resend"
uncertain_wait_s = 1
"""

pytestmark = pytest.mark.slow


@dataclass
class Driver:
    """A client that never sends anything twice, and remembers what it was told."""

    hub: HubProcess
    messages: dict[int, str] = field(default_factory=dict)  # id -> number, answered with 202
    numbers: Iterator[int] = field(default_factory=itertools.count)
    pause_s: float = 0.03
    over: bool = False

    def run(self) -> None:
        self.thread = threading.Thread(target=self._post_all)
        self.thread.start()

    def stop(self) -> None:
        self.over = True
        self.thread.join()

    def _post_all(self) -> None:
        while not self.over:
            time.sleep(self.pause_s)
            port = self.hub.ports.get("http")
            if port is not None:
                with contextlib.suppress(OSError, http.client.HTTPException, ValueError):
                    self._post(port)

    def _post(self, port: int) -> None:
        phones = [f"+86138{next(self.numbers):08}" for _ in range(PHONES)]
        body = json.dumps({"to": phones, "subject": "kill", "text": f"to {phones[0]}", "way": "mms"})
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        try:
            head = {"Authorization": f"Bearer {self.hub.token}", "Content-Type": "application/json"}
            connection.request("POST", "/api/v1/mms", body, head)
            answer = connection.getresponse()
            document = json.loads(answer.read())
            assert answer.status == 202, document
            self.messages |= {int(one["id"]): one["to"] for one in document["messages"]}
        finally:
            connection.close()


def test_no_mms_answered_for_is_lost_by_kills(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    dice = random.Random(SEED)
    call_port = free_port()
    account = f"mm7:vasp1:s3cret08:10657000:127.0.0.1:{call_port}"
    options = ("--answer-delay-s", "0.05", "--report-delay-s", "0.1", "--repeat-s", "2")
    operator = Operator(tmp_path, "--mm7-port", "0", "--account", account, *options)
    hub = HubProcess(tmp_path, more=LINK.format(port=operator.ports["mm7"], call_port=call_port))
    driver = Driver(hub)
    try:
        driver.run()
        for place in range(ROUNDS):
            assert hub.start(), hub.said()
            _wait_for_arrivals(operator, (place + 1) * MMS // (ROUNDS + 1))
            time.sleep(dice.uniform(0.0, 0.3))
            hub.ports.clear()
            hub.kill()
            hub.free_leases()
        assert hub.start(), hub.said()
        while len(driver.messages) < MMS:
            time.sleep(0.05)
        driver.stop()
        _wait_until_settled(hub, operator)
        arrived = Counter(one["number"] for one in operator.ask("/api/mms"))
        counters = operator.ask("/api/counters")
        hub.stop()
        there, doubtful = hub.messages(), hub.doubtful()
    finally:
        driver.over = True
        hub.close()
        operator.close()

    rows = {row.recipient: row for row in there.values() if row.kind == Kind.MMS}
    states = Counter(row.state for row in rows.values())
    lost = [number for one, number in driver.messages.items() if one not in there or not arrived[number]]
    doubled = [number for number, count in arrived.items() if count > 1]
    unmarked = [number for number in doubled if rows[number].id not in doubtful]
    with capsys.disabled():
        print(
            f"\nkills with MM7 (CAIYOU_SEED={SEED}): rounds {ROUNDS}, acknowledged {len(driver.messages)}, lost "
            f"{len(lost)}, doubled {len(doubled)}, doubled without mark {len(unmarked)}, in doubt at some time "
            f"{len(doubtful)}; {dict(states)}"
        )
    assert (lost, unmarked) == ([], []), SEED
    assert len(driver.messages) >= MMS
    assert set(states) <= {"delivered", "accepted"}, states
    # The centre brings a report three times; what was down for all of them hears no more of it.
    assert states["accepted"] <= counters["deliveries_given_up"], (states, counters, SEED)


def _wait_for_arrivals(operator: Operator, count: int) -> None:
    """The kill is to come while MMS are under way."""
    end = time.monotonic() + SETTLE_S
    while operator.ask("/api/counters")["accepted"] < count:
        assert time.monotonic() < end, f"{operator.ask('/api/counters')} ({SEED})"
        time.sleep(0.02)


def _wait_until_settled(hub: HubProcess, operator: Operator) -> None:
    end = time.monotonic() + SETTLE_S
    while time.monotonic() < end:
        left = Counter(row.state for row in hub.messages().values() if row.state not in ENDS)
        if not left or (
            set(left) == {"accepted"} and left["accepted"] <= operator.ask("/api/counters")["deliveries_given_up"]
        ):
            return
        time.sleep(0.2)
