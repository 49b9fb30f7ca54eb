"""The line to a carrier is cut at every octet of a session, in both directions, in both protocols: nothing is lost.

The normal run samples the offsets; CAIYOU_FULL=1 takes every one of the first 2000.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.fakes.hub import LATIN, LONG, SHORT, open_hub, until

LAST = 2000
STRIDE = 1 if os.environ.get("CAIYOU_FULL") == "1" else 41
#: Three segments each the long ones: more than 2000 octets either way in both protocols.
TEXTS = (SHORT, LONG, LATIN, SHORT, LONG, SHORT, LATIN, SHORT, LONG)


@pytest.mark.slow
@pytest.mark.parametrize("way", ["up", "down"])
@pytest.mark.parametrize(("protocol", "options"), [("smpp", {}), ("cmpp", {"version": "3.0"}), ("cmpp", {})])
async def test_cut_at_every_octet(tmp_path: Path, protocol: str, options: dict[str, str], way: str) -> None:
    """A message ends delivered and whole; twice on the phone only where the story says that it may be."""
    first = {"up": 0, "down": STRIDE // 2}[way]
    async with open_hub(tmp_path, protocol, **options) as hub:
        await hub.up()
        doubled = 0
        offsets = range(first, LAST, STRIDE)
        for offset in offsets:
            hub.proxy.drop()
            await hub.down()
            hub.proxy.faults.reset = offset % 2 == 1
            setattr(hub.proxy.faults, f"cut_{way}_at", offset)
            sent = await hub.send(TEXTS)
            await hub.ended(sent)
            assert hub.proxy.cuts == offsets.index(offset) + 1, f"{offset}: {hub.proxy.newest}"
            doubled += hub.check(sent)
            hub.simulator.operator.handsets.clear()
        counts = hub.simulator.operator.counters
        assert not hub.journal.counts["task_failed", f"lane-{hub.link.name}"]
        await until(lambda: not hub.simulator.operator.open_reports(), 5.0)
        cuts = f"{protocol} {options} {way}: {len(offsets)} cuts"
        print(f"{cuts}, {counts.accepted} segments taken, {doubled} messages doubled")
