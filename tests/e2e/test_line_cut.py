"""The line to a carrier is cut at every octet of a session, in both directions, in every protocol: nothing is lost.

The normal run samples the offsets; CAIYOU_FULL=1 takes every one of the first 2000. SGIP has two kinds of lines: that
on which we submit, with nothing but answers on the way down, and the calls that bring reports.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.hub import LATIN, LONG, SHORT, Hub, calls_through_a_proxy, open_hub, until
from tests.fakes.proxy import Proxy

#: Three segments each the long ones: more than 2000 octets either way where reports come on the line.
TEXTS = (SHORT, LONG, LATIN, SHORT, LONG, SHORT, LATIN, SHORT, LONG)


@dataclass(frozen=True)
class Session:
    """The sessions of one account: how far they are cut, up and down, and in which steps in a normal run."""

    protocol: str
    options: dict[str, Any] = field(default_factory=dict)
    up: int = 2000
    down: int = 2000
    stride: int = 41

    def offsets(self, way: str) -> range:
        """Where the line is cut."""
        stride = 1 if os.environ.get("CAIYOU_FULL") == "1" else self.stride
        return range(0 if way == "up" else stride // 2, getattr(self, way), stride)


SESSIONS = {
    "smpp": Session("smpp"),
    "cmpp3": Session("cmpp", {"version": "3.0"}),
    "cmpp2": Session("cmpp"),
    "smgp": Session("smgp", stride=149),
    # An answer to the login and one for each of 15 segments.
    "sgip": Session("sgip", down=16 * 29, stride=149),
}
#: What the operator says on the one call it needs: its login and 15 reports; and what it is answered.
CALLS = Session("sgip", up=61 + 15 * 64, down=16 * 29, stride=149)

each_way = pytest.mark.parametrize("way", ["up", "down"])


@pytest.mark.slow
@each_way
@pytest.mark.parametrize("name", SESSIONS)
async def test_cut_at_every_octet(tmp_path: Path, name: str, way: str) -> None:
    """A message ends delivered and whole; twice on the phone only where the story says that it may be."""
    session = SESSIONS[name]
    async with open_hub(tmp_path, session.protocol, **session.options) as hub:
        await hub.up()
        await cut_everywhere(hub, hub.proxy, name, way, session.offsets(way))


@pytest.mark.slow
@each_way
async def test_a_call_cut_at_every_octet(tmp_path: Path, way: str) -> None:
    """Reports that a cut call did not bring, or did not hear the answer of, come by the next; nothing is sent again."""
    async with open_hub(tmp_path, CALLS.protocol, repeat_s=0.05) as hub, calls_through_a_proxy(hub) as calls:
        await hub.up()
        assert await cut_everywhere(hub, calls, "calls of sgip", way, CALLS.offsets(way)) == 0


async def cut_everywhere(hub: Hub, proxy: Proxy, name: str, way: str, offsets: range) -> int:
    """Send messages over a fresh line for each offset and cut it there; returns how many came twice."""
    doubled = 0
    for number, offset in enumerate(offsets, 1):
        proxy.drop()
        if proxy is hub.proxy:
            await hub.down()
        proxy.faults.reset = offset % 2 == 1
        setattr(proxy.faults, f"cut_{way}_at", offset)
        sent = await hub.send(TEXTS)
        await hub.ended(sent)
        await until(lambda: proxy.cuts == number, 5.0, lambda: f"{offset}: {proxy.newest}")  # noqa: B023
        doubled += hub.check(sent)
        hub.simulator.operator.handsets.clear()
    counts = hub.simulator.operator.counters
    assert not hub.journal.counts["task_failed", f"lane-{hub.link.name}"]
    await until(lambda: not hub.simulator.operator.open_reports(), 5.0)
    print(f"{name} {way}: {len(offsets)} cuts, {counts.accepted} segments taken, {doubled} messages doubled")
    return doubled
