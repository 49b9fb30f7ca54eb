"""A trace of a link at work, opened by Wireshark's dissectors: every PDU is there, none is malformed, no password."""

from __future__ import annotations

import json
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from carriers.session_link import SessionLink
from carriers.tap import PORTS
from carriers.wire import TOOLS
from gateway.core.errors import ConfigError
from gateway.core.link_orders import TraceOrder
from gateway.trace import Trace, tool_for
from tests.fakes.hub import LONG, SHORT, Hub, open_hub
from tests.interop.need import need

pytestmark = pytest.mark.interop

PLENTY = 10_000_000


def dissect(path: Path, protocol: str) -> list[Any]:
    """The layers of every packet."""
    command = [need("tshark"), "-r", str(path), "-T", "json", "--no-duplicate-keys"]
    command += ["-d", f"tcp.port=={PORTS[protocol]},{protocol}"] if protocol == "cmpp" else []
    command += ["-o", "tcp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE"]
    done = subprocess.run(command, capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return [packet["_source"]["layers"] for packet in json.loads(done.stdout.decode("utf-8", "replace"))]


def tap(hub: Hub, order: TraceOrder, protocol: str) -> Trace:
    link = hub.link
    assert isinstance(link, SessionLink)
    tool = "cmpp3" if protocol == "cmpp" else protocol
    link.tap = Trace(order, protocol, TOOLS[tool], hub.desk.now_ms)
    return link.tap


@pytest.mark.parametrize("mask", [False, True])
@pytest.mark.parametrize("protocol", ["smpp", "cmpp"])
async def test_a_session_with_long_texts_a_cut_line_and_reports(tmp_path: Path, protocol: str, mask: bool) -> None:
    file = tmp_path / "line.pcap"
    version = {"version": "3.0"} if protocol == "cmpp" else {}  # Wireshark reads answers of 2.x as those of 3.0
    async with open_hub(tmp_path, protocol, **version) as hub:
        await hub.up()
        trace = tap(hub, TraceOrder(str(file), 0, PLENTY, mask), protocol)  # in the middle of a line
        first = await hub.send([SHORT, LONG])
        await hub.ended(first)
        hub.proxy.drop()
        await hub.up()
        second = await hub.send([SHORT] * 20)
        await hub.ended(second)
        hub.link.tap = None  # type: ignore[attr-defined]
        trace.close()
    assert file.stat().st_mode & 0o777 == 0o600
    data = file.read_bytes()
    assert b"secret08" not in data
    phones = [one.number.removeprefix("+86").encode() for one in first + second]
    assert any(phone in data for phone in phones) is not mask
    assert (SHORT.encode("utf-16-be") in data) is not mask
    names: Counter[str] = Counter()
    for layers in dissect(file, protocol):
        text = json.dumps(layers)
        assert "_ws.malformed" not in text
        assert "tcp.analysis.flags" not in text, text  # no octet is missing, doubled or out of order
        assert '"tcp.checksum.status": "0"' not in text
        found = layers.get(protocol, [])
        for one in found if isinstance(found, list) else [found]:
            names[str(one.get("smpp.command_id") or one.get("cmpp.Command_Id"))] += 1
    submit, deliver = ("0x00000004", "0x00000005")
    assert names[submit] >= 24  # 22 messages, one of three segments
    assert names[deliver] >= 24
    assert names["0x00000009" if protocol == "smpp" else "0x00000001"] == 1  # the second login; the first was before


async def test_a_full_file_ends_the_trace_and_one_that_exists_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "line.pcap"
    async with open_hub(tmp_path) as hub:
        await hub.up()
        trace = tap(hub, TraceOrder(str(file), 0, 2000, False), "smpp")
        await hub.ended(await hub.send([SHORT] * 50))
        assert trace.trouble == "the file is full"
        trace.close()
    assert file.stat().st_size <= 2000
    assert dissect(file, "smpp")
    before = file.read_bytes()
    with pytest.raises(ConfigError, match="exist"):
        Trace(TraceOrder(str(file), 0, PLENTY, False), "smpp", tool_for("smpp", object()), lambda: 0)
    assert file.read_bytes() == before
