"""The hub is killed at random moments while it takes mails and messages: nothing it has answered for may be missing.

CAIYOU_ROUNDS sets the number of kills (half of them on each database), CAIYOU_SEED the dice.
"""

from __future__ import annotations

import contextlib
import http.client
import itertools
import os
import random
import smtplib
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from gateway.store.database import StoreConfig
from tests.fakes.processes import MEMBER, HubProcess, Operator, post_sms

ROUNDS = int(os.environ.get("CAIYOU_ROUNDS", "20"))
SEED = int(os.environ.get("CAIYOU_SEED", "0")) or random.SystemRandom().randrange(1 << 32)
#: How long everything may take to arrive after the last start.
SETTLE_S = 60.0
CLIENTS = 3
PAUSE_S = 0.02

pytestmark = pytest.mark.slow


@dataclass
class Driver:
    """Clients that never send anything twice, and remember what they were told."""

    hub: HubProcess
    mails: set[str] = field(default_factory=set)  # subjects answered with 250
    messages: dict[int, str] = field(default_factory=dict)  # id -> number, answered with 202
    numbers: Iterator[int] = field(default_factory=itertools.count)
    over: bool = False

    def run(self) -> None:
        threads = [threading.Thread(target=work) for work in (self._mail, self._sms) for _ in range(CLIENTS)]
        for thread in threads:
            thread.start()
        self.threads = threads

    def stop(self) -> None:
        self.over = True
        for thread in self.threads:
            thread.join()

    def _mail(self) -> None:
        while not self.over:
            port = self.hub.ports.get("smtp")
            if port is None:
                time.sleep(PAUSE_S)
                continue
            with contextlib.suppress(OSError, smtplib.SMTPException):
                self._mails_on_one_line(port)

    def _mails_on_one_line(self, port: int) -> None:
        line = smtplib.SMTP("127.0.0.1", port, local_hostname="client.example", timeout=10)
        try:
            while not self.over:
                subject = f"mail-{next(self.numbers)}-end"
                text = f"From: b@c.example\r\nTo: {MEMBER}\r\nSubject: {subject}\r\n\r\n" + "x" * 3000
                if not line.sendmail("b@c.example", [MEMBER], text):
                    self.mails.add(subject)
                time.sleep(PAUSE_S)
        finally:
            line.close()

    def _sms(self) -> None:
        while not self.over:
            time.sleep(PAUSE_S)
            port = self.hub.ports.get("http")
            if port is None:
                continue
            number = f"+86138{next(self.numbers):08}"
            with contextlib.suppress(OSError, http.client.HTTPException, ValueError):
                status, message_id = post_sms(port, self.hub.token, number, "hello")
                if status == 202:
                    self.messages[int(message_id)] = number


def test_what_was_answered_for_survives_kills(
    store_config: StoreConfig, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    dice = random.Random(SEED)
    operator = Operator(tmp_path, "--answer-delay-s", "0.1")  # so that some are always in flight
    hub = HubProcess(tmp_path, url=store_config.url, smpp_port=operator.smpp_port)
    driver = Driver(hub)
    rounds = ROUNDS // 2
    try:
        driver.run()
        for _ in range(rounds):
            assert hub.start(), hub.said()
            time.sleep(dice.uniform(0.0, 2.0))
            hub.ports.clear()
            hub.kill()
            hub.free_leases()
        assert hub.start(), hub.said()
        time.sleep(0.5)
        driver.stop()
        settled = _wait_until_settled(hub)
        texts = operator.texts()
        hub.stop()
        bodies, subjects, there, doubtful = hub.bodies(), hub.mail_subjects(), hub.messages(), hub.doubtful()
    finally:
        driver.over = True
        hub.close()
        operator.close()

    shown = Counter(body.split(b"Subject: ")[1].split(b"\r\n")[0].decode() for body in bodies)
    rows = Counter(subjects)
    of_number = {row.recipient: row for row in there.values()}
    lost_mails = [subject for subject in driver.mails if not shown[subject] or not rows[subject]]
    lost_messages = [i for i, number in driver.messages.items() if i not in there or not texts.get(number)]
    doubled_mails = [subject for subject, count in (shown | rows).items() if count > 1]
    doubled = [number for number, count in texts.items() if count > 1]
    unmarked = [number for number in doubled if of_number[number].id not in doubtful]
    half = [body for body in bodies if not body.endswith(b"x" * 3000 + b"\r\n")]
    with capsys.disabled():
        print(
            f"\nkills on {'SQLite' if not store_config.url else 'PostgreSQL'} (CAIYOU_SEED={SEED}): rounds {rounds}, "
            f"acknowledged mails {len(driver.mails)}, acknowledged messages {len(driver.messages)}, "
            f"lost {len(lost_mails) + len(lost_messages)}, doubled {len(doubled) + len(doubled_mails)}, "
            f"doubled without mark {len(unmarked) + len(doubled_mails)}, in doubt at some time {len(doubtful)}"
        )
    assert (lost_mails, lost_messages, doubled_mails, unmarked, half) == ([], [], [], [], [])
    assert sorted(shown) == sorted(rows)  # no mail without a row, no row without a mail
    assert settled == {}, "messages that never came to an end"
    assert driver.mails
    assert driver.messages


def _wait_until_settled(hub: HubProcess) -> dict[str, int]:
    """How many messages of each open state are left when all had time to arrive."""
    end = time.monotonic() + SETTLE_S
    while True:
        left = Counter(row.state for row in hub.messages().values())
        for state in ("delivered", "failed", "expired"):
            left.pop(state, None)
        unplaced = hub.desk.read_now(lambda books: len(books.mails.unplaced()))
        if (not left and not unplaced) or time.monotonic() > end:
            return dict(left)
        time.sleep(0.2)
