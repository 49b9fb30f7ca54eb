"""When the operator calls, and how soon it calls again; connections are made up."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from carriers.simulator.calls import Calls
from carriers.simulator.config import Account

ACCOUNT = Account("sgip", "sgipsp", "secret08")


class Exchange:
    """Connects, or not, and remembers; `ends` are to be called when a call is over."""

    def __init__(self) -> None:
        self.answers = True
        self.waits = True
        self.dialled = 0
        self.ends: list[Callable[[bool], None]] = []
        self.calls = Calls(ACCOUNT, self.connect, lambda: self.waits)

    async def connect(self, account: Account, ended: Callable[[bool], None]) -> None:
        assert account is ACCOUNT
        self.dialled += 1
        if not self.answers:
            raise ConnectionRefusedError
        self.ends.append(ended)

    def pause(self) -> float:
        """Seconds until it calls again; the wait is cut short."""
        timer = self.calls._timer
        assert timer is not None
        pause_s = timer.when() - asyncio.get_running_loop().time()
        timer.cancel()
        self.calls._again()
        return round(pause_s, 2)


async def turns() -> None:
    """Let tasks run that wait for nothing."""
    for _ in range(3):
        await asyncio.sleep(0)


async def test_one_call_at_a_time() -> None:
    exchange = Exchange()
    exchange.calls.ask()
    exchange.calls.ask()
    await turns()
    exchange.calls.ask()
    await turns()
    assert exchange.dialled == 1
    exchange.ends[0](True)
    exchange.calls.ask()
    await turns()
    assert exchange.dialled == 1  # a moment later
    exchange.pause()
    await turns()
    assert exchange.dialled == 2
    await exchange.calls.stop()


async def test_pauses_grow_until_a_call_is_let_in() -> None:
    exchange = Exchange()
    exchange.answers = False
    exchange.calls.ask()
    pauses = []
    for _ in range(9):
        await turns()
        pauses.append(exchange.pause())
    assert pauses == [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0, 5.0]
    exchange.answers = True
    await turns()
    exchange.ends[0](False)
    assert exchange.pause() == 5.0
    await turns()
    exchange.ends[1](True)
    assert exchange.pause() == 0.05
    await exchange.calls.stop()


async def test_nobody_is_called_for_nothing() -> None:
    exchange = Exchange()
    exchange.calls.ask()
    await turns()
    exchange.waits = False
    exchange.ends[0](True)
    exchange.pause()
    await turns()
    assert exchange.dialled == 1
    exchange.calls.ask()
    await turns()
    assert exchange.dialled == 2
    await exchange.calls.stop()


async def test_no_call_after_the_end() -> None:
    exchange = Exchange()
    exchange.calls.ask()
    await turns()
    await exchange.calls.stop()
    exchange.ends[0](True)
    exchange.calls.ask()
    await turns()
    assert exchange.dialled == 1


async def test_the_end_while_it_dials() -> None:
    exchange = Exchange()
    exchange.calls.ask()
    await exchange.calls.stop()
    assert exchange.dialled == 0
    assert exchange.calls._timer is None
