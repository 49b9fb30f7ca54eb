"""Wireshark reads our pushes down to their addresses: in SMS-SUBMITs, and in a trace of a link at work."""

from __future__ import annotations

import struct
import subprocess
from pathlib import Path

import pytest

from carriers.gsm.tpdu.address import Smsc
from carriers.gsm.tpdu.translate import submit_of
from carriers.session_link import SessionLink
from carriers.wire import TOOLS
from gateway.core import data_sms
from gateway.core.link_orders import TraceOrder
from gateway.core.messages import Segment
from gateway.core.text import Alphabet
from gateway.trace import Trace
from mms.codec.push import Push
from mms.codec.push_contents import push_of_indication, push_of_loading, push_of_notification, push_of_settings
from tests.fakes.hub import open_hub
from tests.interop.need import need
from tests.unit.mms.codec.push_vectors import (
    INDICATIONS,
    LOADING,
    MAC_MMS_1234,
    NOTIFICATION_PDU,
    SETTINGS,
    SETTINGS_MMS,
    SI_MAILS,
)

pytestmark = pytest.mark.interop

_GLOBAL = struct.pack("<LHHLLLL", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 147)  # link type 147: what the user says it is
_RP_DATA = 'uat:user_dlts:"User 0 (DLT=147)","gsm_a_rp","0","","0",""'

#: A push, and what Wireshark must have read in the end.
CASES = {
    "mms": (push_of_notification(bytes.fromhex(NOTIFICATION_PDU)), ["http://mmsc.example.net/m/AbC123"]),
    "si": (push_of_indication(INDICATIONS[SI_MAILS]), ["gw.example", "i/42", "2 new mails"]),
    "sl": (push_of_loading(LOADING), ["s?x=1"]),
    "settings": (push_of_settings(SETTINGS[SETTINGS_MMS], pin="1234"), ["http://mmsc.example.net/", MAC_MMS_1234]),
}
each_case = pytest.mark.parametrize(("push", "wanted"), CASES.values(), ids=CASES)


def dissect(path: Path, *options: str) -> str:
    """All that is shown of every packet; fails for anything malformed."""
    command = [need("tshark"), "-r", str(path), "-V", "-o", "gsm_sms_ud.port_number_udh_means_wsp:TRUE", *options]
    done = subprocess.run(command, capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr
    shown = done.stdout.decode("utf-8", "replace")
    assert "Malformed" not in shown, shown
    return shown


def check(shown: str, push: Push, wanted: list[str]) -> None:
    """One push is shown, with all that is in it."""
    assert shown.count("Wireless Session Protocol, Method: Push (0x06)") == 1, shown
    assert f"Content-Type: {push.content_type}" in shown
    for text in wanted:
        assert text in shown, shown


@each_case
def test_in_messages_of_a_modem(tmp_path: Path, push: Push, wanted: list[str]) -> None:
    pieces = data_sms.split(push.encode(), has_port=True)
    udh = data_sms.ports_element(data_sms.WAP_PUSH_PORT, None)
    frames = []
    for number, piece in enumerate(pieces, 1):
        segment = Segment(
            1, number, len(pieces), "", "+8613800138000", "", Alphabet.BINARY, 0x42, data=piece, udh=udh, validity_s=60
        )
        tpdu = submit_of(segment).encode()
        frames.append(b"\x00\x01\x00" + Smsc.of("+8613800100500").encode() + bytes((len(tpdu),)) + tpdu)
    packets = [struct.pack("<LLLL", 1767200000, n, len(frame), len(frame)) + frame for n, frame in enumerate(frames)]
    file = tmp_path / "tpdu.pcap"
    file.write_bytes(_GLOBAL + b"".join(packets))
    check(dissect(file, "-o", _RP_DATA), push, wanted)


@each_case
async def test_on_a_link_at_work(tmp_path: Path, push: Push, wanted: list[str]) -> None:
    file = tmp_path / "line.pcap"
    async with open_hub(tmp_path, "smpp") as hub:
        await hub.up()
        link = hub.link
        assert isinstance(link, SessionLink)
        trace = link.tap = Trace(TraceOrder(str(file), 0, 1_000_000, False), "smpp", TOOLS["smpp"], hub.desk.now_ms)
        (sent,) = await hub.send([""], data=push.encode(), port=2948, source_port=9200)
        await hub.ended([sent])
        link.tap = None
        trace.close()
        (text,) = hub.simulator.operator.handsets[sent.number].texts
        assert (text.data, text.ports) == (push.encode(), (2948, 9200))
    shown = dissect(file)
    assert shown.count("Operation: Submit_sm (0x00000004)") == data_sms.count(len(push.encode()), has_port=True)
    check(shown, push, wanted)
