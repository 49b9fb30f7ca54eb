"""An operator with a clock that tests set, and lines that keep what they are given."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

from carriers.simulator.config import Account, SimulatorConfig
from carriers.simulator.operator import Operator
from carriers.simulator.traffic import Delivery, Fact, Report, Submission, Written
from gateway.core.messages import Concat
from gateway.core.text import Alphabet, encode

PHONE = "+8613800138000"
BEGIN = datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone(timedelta(hours=8)))
SMPP, CMPP = Account("smpp", "caiyou", "secret08"), Account("cmpp", "900001", "888888")


class Clock:
    """The wall clock, moved by hand."""

    def __init__(self) -> None:
        self.moment = BEGIN

    def __call__(self) -> datetime:
        return self.moment


class FakeLine:
    """A line with as much room as it says."""

    def __init__(self, account: Account, room: int = 10, name: str = "fake") -> None:
        self.account: Account | None = account
        self.name = name
        self.room = room
        self.got: list[Delivery] = []
        self.is_dropped = False

    def deliver(self, delivery: Delivery, now: float) -> None:
        self.room -= 1
        self.got.append(delivery)

    def drop(self) -> None:
        self.is_dropped = True

    @property
    def words(self) -> list[str]:
        """Words of the reports it got."""
        return [it.message.word for it in self.got if isinstance(it, Report)]

    @property
    def written(self) -> list[Written]:
        return [it for it in self.got if isinstance(it, Written)]


def operator_of(**options: Any) -> tuple[Operator, list[Fact]]:
    operator = Operator(SimulatorConfig(**options), Clock())
    facts: list[Fact] = []
    operator.listeners.append(facts.append)
    return operator, facts


def submission(
    text: str = "你好", *, to: str = "13800138000", sender: str = "10657000", wants: int = 1,
    concat: Concat | None = None, carrier_id: str = "ID1",
) -> Submission:  # fmt: skip
    return Submission(sender, to, encode(text, Alphabet.UCS2), Alphabet.UCS2, concat, wants, carrier_id, carrier_id, ())
