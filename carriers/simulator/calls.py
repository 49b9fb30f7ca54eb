"""The operator calls service providers that listen: SGIP delivers on connections the operator opens."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from carriers.simulator.config import Account

_FIRST_PAUSE_S = 0.05
_LONGEST_PAUSE_S = 5.0


class Calls:
    """Calls to one account, one at a time, whenever something waits for it.

    `connect(account, ended)` opens a connection, raising OSError, whose line calls `ended(was_let_in)` when it is over.
    """

    def __init__(
        self,
        account: Account,
        connect: Callable[[Account, Callable[[bool], None]], Awaitable[None]],
        something_waits: Callable[[], bool],
    ) -> None:
        self.account = account
        self._connect = connect
        self._something_waits = something_waits
        self._pause_s = _FIRST_PAUSE_S
        self._timer: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[None] | None = None
        self._stands = False  # a connection stands or is being opened
        self._stopped = False

    def ask(self) -> None:
        """Something waits for the account and no call stands that could take it."""
        if not self._stands and self._timer is None and not self._stopped:
            self._stands = True
            self._task = asyncio.ensure_future(self._call())

    async def stop(self) -> None:
        """Call no more; connections are not touched."""
        self._stopped = True
        if self._timer is not None:
            self._timer.cancel()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _call(self) -> None:
        try:
            await self._connect(self.account, self._ended)
        except OSError:
            self._ended(False)

    def _ended(self, was_let_in: bool) -> None:
        self._stands = False
        if self._stopped:
            return
        self._pause_s = _FIRST_PAUSE_S if was_let_in else min(self._pause_s * 2, _LONGEST_PAUSE_S)
        self._timer = asyncio.get_running_loop().call_later(self._pause_s, self._again)

    def _again(self) -> None:
        self._timer = None
        if self._something_waits():
            self.ask()
