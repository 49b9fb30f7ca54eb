"""The switchboard: links added, changed, paused, moved, removed and traced while the hub runs.

What operators want stands in the books (`caiyou link …` writes it there) and every process looks at it once a second;
the configuration file stays what it is. Options are read by the same code as those of the file.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Callable, Sequence

from carriers.link import Link
from carriers.tap import Tappable
from gateway.config import LinkEntry, read_link
from gateway.core.errors import CaiyouError, ConfigError
from gateway.core.link_orders import LinkOrder, TraceOrder, known_links
from gateway.core.routing import LinkFacts
from gateway.dispatcher import Dispatcher
from gateway.store.desk import Desk
from gateway.trace import Trace, tool_for

#: Seconds between two looks.
LOOK_EVERY_S = 1.0


class Switchboard:
    """Keeps the links of this process as the file and the books say."""

    def __init__(
        self,
        desk: Desk,
        dispatcher: Dispatcher,
        entries: Sequence[LinkEntry],
        make: Callable[[LinkEntry], Link],
        *,
        look_every_s: float = LOOK_EVERY_S,
    ) -> None:
        self.names = [entry.link.name for entry in entries]  # of all links there are; always the same list
        self._desk = desk
        self._dispatcher = dispatcher
        self._of_the_file = {entry.link.name: entry for entry in entries}
        self._make = make
        self._look_every_s = look_every_s
        self._entries: dict[str, LinkEntry] = {}  # of every link that is served here
        self._revisions: dict[str, int] = {}  # of links from the books
        self._refused: dict[str, int] = {}  # revisions that could not be read
        self._traces: dict[str, Trace] = {}
        self._changes: dict[str, asyncio.Task[None]] = {}  # taking leave of a carrier may last seconds
        self._task: asyncio.Task[None] | None = None
        for entry in entries:
            self._add(entry, None)

    async def start(self) -> None:
        """Look once, then go on looking."""
        with contextlib.suppress(CaiyouError):
            await self.look()
        self._task = asyncio.create_task(self._look_on(), name="switchboard")

    async def stop(self) -> None:
        """Look no more; traces end."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await asyncio.gather(*self._changes.values(), return_exceptions=True)
        for name in list(self._traces):
            self._end_trace(name)

    async def _look_on(self) -> None:
        while True:
            await asyncio.sleep(self._look_every_s)
            try:
                await self.look()
            except Exception as error:
                # Orders would be heeded by nobody until a restart.
                self._desk.journal.task_failed("switchboard", f"{type(error).__name__}: {error}")

    async def look(self) -> None:
        """Do what is ordered."""
        orders, up = await self._desk.read(lambda books: (books.link_orders.all(), books.links.up()))
        ordered = {order.name: order for order in orders}
        self.names[:] = known_links(self._of_the_file, orders)
        self._changes = {name: task for name, task in self._changes.items() if not task.done()}
        for name in [name for name in self._revisions if name not in ordered]:
            self._change(name, None, None)
        for order in orders:
            if order.options and order.name not in self._of_the_file:
                self._follow(order)
        for name, served in self._dispatcher.served.items():
            self._dispatcher.order(ordered.get(name) or LinkOrder(name))
            if not served.held and name in self.names:
                # Another process has it: what is up there is a way for the messages of this one too.
                self._desk.router.set_link(name, LinkFacts(up=name in up))
        await self._trace(ordered)

    # --- links of the books -------------------------------------------------------------------------------------

    def _follow(self, order: LinkOrder) -> None:
        """Serve a link of the books as its newest options say."""
        name = order.name
        if order.revision in (self._revisions.get(name), self._refused.get(name)):
            return
        try:
            entry = read_link(json.loads(order.options), f"link {name}")
        except (ConfigError, ValueError) as error:
            self._refused[name] = order.revision  # made by another version: the old options go on
            self._desk.journal.task_failed(f"link-{name}", str(error))
            return
        self._change(name, entry, order)

    def _change(self, name: str, entry: LinkEntry | None, order: LinkOrder | None) -> None:
        """Put another link in the place of one, or none."""
        if name in self._changes:
            return
        if name in self._revisions:
            self._changes[name] = asyncio.create_task(self._replace(name, entry, order), name=f"change-{name}")
        elif entry is not None and order is not None:
            self._add(entry, order)
            self._revisions[name] = order.revision

    async def _replace(self, name: str, entry: LinkEntry | None, order: LinkOrder | None) -> None:
        self._end_trace(name)
        await self._dispatcher.remove(name)
        del self._entries[name], self._revisions[name]
        if entry is not None and order is not None:
            self._add(entry, order)
            self._revisions[name] = order.revision

    def _add(self, entry: LinkEntry, order: LinkOrder | None) -> None:
        self._entries[entry.link.name] = entry
        self._dispatcher.add(
            self._make(entry),
            entry.link.protocol,
            entry.policy,
            window=getattr(entry.options, "window", 0),
            order=order,
        )

    # --- traces -------------------------------------------------------------------------------------------------

    async def _trace(self, ordered: dict[str, LinkOrder]) -> None:
        now_ms = self._desk.now_ms()
        for name, served in self._dispatcher.served.items():
            order = ordered.get(name)
            wanted = order.trace if order is not None and served.held else None
            running = self._traces.get(name)
            trouble = running.trouble if running is not None else ""
            if wanted is not None and (trouble or 0 < wanted.until_ms <= now_ms):
                await self._trace_is_over(name, trouble or "its time is over")
                wanted = None
            if running is not None and running.order != wanted:
                self._end_trace(name)
                running = None
            if running is not None:
                running.flush()
            elif wanted is not None:
                await self._begin_trace(name, wanted)

    async def _begin_trace(self, name: str, order: TraceOrder) -> None:
        link = self._dispatcher.served[name].lane.link
        entry = self._entries[name]
        if not isinstance(link, Tappable):
            await self._trace_is_over(name, f"{entry.link.protocol} has no line that can be traced")
            return
        try:
            tool = tool_for(entry.link.protocol, entry.options)
            link.tap = self._traces[name] = Trace(order, entry.link.protocol, tool, self._desk.now_ms)
        except ConfigError as error:
            await self._trace_is_over(name, str(error))
        else:
            self._desk.journal.trace_began(name, order.file)

    async def _trace_is_over(self, name: str, reason: str) -> None:
        self._desk.journal.trace_ended(name, reason)
        await self._desk.commit(lambda books: books.link_orders.set_trace(name, None))

    def _end_trace(self, name: str) -> None:
        trace = self._traces.pop(name, None)
        if trace is None:
            return
        link = self._dispatcher.served[name].lane.link
        assert isinstance(link, Tappable)
        link.tap = None
        trace.close()
