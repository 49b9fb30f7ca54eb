"""Wireshark reads our notifications, on a line of SMPP and in messages of a modem; phones fetch what they name."""

from __future__ import annotations

import re
import struct
import subprocess
from pathlib import Path

import pytest

from carriers.gsm.tpdu.address import Smsc
from carriers.gsm.tpdu.header import concat_of
from carriers.session_link import SessionLink
from carriers.wire import TOOLS
from gateway.core.link_orders import TraceOrder
from gateway.trace import Trace
from tests.fakes.mm1 import Town, open_town
from tests.fakes.pool import Board
from tests.interop.need import need

pytestmark = pytest.mark.interop

PHONE = "+8613800000001"
_GLOBAL = struct.pack("<LHHLLLL", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 147)  # link type 147: what the user says it is
_RP_DATA = 'uat:user_dlts:"User 0 (DLT=147)","gsm_a_rp","0","","0",""'


def location(path: Path, *options: str) -> str:
    """The address that Wireshark finds in a notification; nothing is malformed, and all that phones need is there."""
    command = [need("tshark"), "-r", str(path), "-V", "-o", "gsm_sms_ud.port_number_udh_means_wsp:TRUE", *options]
    done = subprocess.run(command, capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr
    shown = done.stdout.decode("utf-8", "replace")
    assert "Malformed" not in shown, shown
    for wanted in ("m-notification-ind", "X-Mms-Message-Size", "X-Mms-Expiry", "X-Mms-Message-Class: Personal"):
        assert wanted in shown, shown
    assert "From: 10657000/TYPE=PLMN" in shown
    (found,) = set(re.findall(r"X-Mms-Content-Location: (\S+)", shown))
    return found


async def fetched(town: Town, message_id: int, where: str) -> None:
    """A phone is at its MMS: at the address that was found."""
    (one,) = await town.until(lambda: list(town.phones.received))
    (told,) = town.phones.phone(PHONE).told
    assert told.content_location == where
    assert where == f"http://m.example/mm1/{one.message.transaction_id}"
    await town.until(lambda: town.state(message_id) == "delivered")
    assert not town.phones.errors


async def test_on_a_line_of_smpp(tmp_path: Path) -> None:
    file = tmp_path / "line.pcap"
    async with open_town(tmp_path) as town:
        link = town.app.dispatcher.served["sms"].lane.link
        assert isinstance(link, SessionLink)
        order = TraceOrder(str(file), 0, 1_000_000, False)
        trace = link.tap = Trace(order, "smpp", TOOLS["smpp"], town.app.desk.now_ms)
        message_id = await town.send(PHONE)
        await town.until(lambda: town.phones.received)
        link.tap = None
        trace.close()
        await fetched(town, message_id, location(file))


async def test_in_messages_of_a_modem(tmp_path: Path) -> None:
    file = tmp_path / "tpdu.pcap"
    board = Board(tmp_path / "ports")
    board.plug(1)
    modems = {"name": "modems", "protocol": "gsm", "ports": [board.pattern], "look_every_s": 0.2, "poll_s": 2.0}
    try:
        async with open_town(tmp_path, modems) as town:
            message_id = await town.send(PHONE)
            await town.until(lambda: town.state(message_id) == "accepted")
            total = await town.until(lambda: _total(board), 30)
            await town.until(lambda: len(board.sent()) == total)
            frames = [
                b"\x00\x01\x00" + Smsc.of("+8613800100500").encode() + bytes((len(sent.tpdu),)) + sent.tpdu
                for sent in board.sent()
            ]
            heads = [struct.pack("<LLLL", 1767200000, n, len(frame), len(frame)) for n, frame in enumerate(frames)]
            packets = b"".join(head + frame for head, frame in zip(heads, frames, strict=True))
            file.write_bytes(_GLOBAL + packets)
            contents = [sent.submit.user_data.content(sent.submit.dcs) for sent in board.sent()]
            town.phones.take(PHONE, b"".join(content.data for content in contents))
            await fetched(town, message_id, location(file, "-o", _RP_DATA))
    finally:
        await board.pull_all()


def _total(board: Board) -> int:
    """Of how many segments the modem has sent the first; 0 before."""
    for sent in board.sent():
        concat = concat_of(sent.submit.user_data.content(sent.submit.dcs).elements)
        return concat.total if concat is not None else 1
    return 0
