"""Wireshark's gsm_sms as judge of TPDUs, which it reads inside the RP-DATA of 3GPP TS 24.011."""

from __future__ import annotations

import json
import struct
import subprocess
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from carriers.gsm.tpdu.address import Address, Smsc
from carriers.gsm.tpdu.deliver import Deliver
from carriers.gsm.tpdu.header import SINGLE_SHIFT, Element, concat_element, ports_element
from carriers.gsm.tpdu.modem_pdu import Message
from carriers.gsm.tpdu.submit import Submit
from carriers.gsm.tpdu.timestamp import Timestamp
from carriers.gsm.tpdu.user_data import UserData
from carriers.gsm.tpdu.validity import Enhanced, Relative
from gateway.core.text import Alphabet
from tests.interop.need import need
from tests.interop.tpdu_cases import SMSC, reports, segments, submits

pytestmark = pytest.mark.interop
_GLOBAL = struct.pack("<LHHLLLL", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 147)  # link type 147: what the user says it is
MOMENT = datetime(2026, 11, 25, 12, 34, 56, tzinfo=timezone(timedelta(hours=8)))
AMERICAN = datetime(2026, 11, 25, 12, 34, 56, tzinfo=timezone(timedelta(hours=-3.5)))


def rp_data(message: Message) -> bytes:
    tpdu, centre = message.encode(), Smsc.of(SMSC).encode()
    addresses = b"\x00\x01\x00" + centre if isinstance(message, Submit) else b"\x01\x01" + centre + b"\x00"
    return addresses + bytes((len(tpdu),)) + tpdu


def dissect(path: Path, messages: list[Message]) -> list[dict[str, Any]]:
    """The fields of every TPDU; fails for anything the dissector finds fault with."""
    frames = [rp_data(message) for message in messages]
    packets = [struct.pack("<LLLL", 1767200000, 0, len(frame), len(frame)) + frame for frame in frames]
    path.write_bytes(_GLOBAL + b"".join(packets))
    command = [
        need("tshark"), "-r", str(path), "-T", "json", "--no-duplicate-keys", "-o", "gsm_sms.reassemble:FALSE",
        "-o", 'uat:user_dlts:"User 0 (DLT=147)","gsm_a_rp","0","","0",""',
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    found = []
    for packet in json.loads(done.stdout):
        layers = packet["_source"]["layers"]
        assert "_ws.malformed" not in layers, layers
        fields: dict[str, Any] = {}
        _flatten(layers["gsm_sms"], fields)
        assert not [name for name in fields if name.startswith("_ws.")], fields
        found.append(fields)
    assert len(found) == len(messages)
    return found


def _flatten(tree: dict[str, Any], fields: dict[str, Any]) -> None:
    for name, value in tree.items():
        if isinstance(value, dict):
            fields[name] = value
            _flatten(value, fields)
        else:
            fields[name] = value


def test_submits(tmp_path: Path) -> None:
    for segment, submit, seen in zip(segments(), submits(), dissect(tmp_path / "x.pcap", [*submits()]), strict=True):
        assert seen["gsm_sms.tp-mti"] == "1"
        assert seen["gsm_sms.tp-srr"] == "1"
        assert seen["gsm_sms.tp-mr"] == str(submit.reference)
        assert seen["gsm_sms.tp-da"] == segment.recipient[1:]
        assert seen["gsm_sms.tp-dcs"] == str(submit.dcs)
        assert seen["gsm_sms.vp.validity_period"] == "167"
        assert seen.get("gsm_sms.sms_text", "") == segment.text
        assert seen["gsm_sms.tp-udhi"] == str(int(segment.total > 1))
        if segment.total > 1:
            assert seen["gsm_sms.udh.mm.msg_id"] == str(segment.reference)
            assert seen["gsm_sms.udh.mm.msg_parts"] == str(segment.total)
            assert seen["gsm_sms.udh.mm.msg_part"] == str(segment.number)


def test_delivers(tmp_path: Path) -> None:
    at, names = (
        Timestamp.of(AMERICAN),
        ["+8613800138000", "sipgate", "Bank 24", "FONIC", "10086", "*100#", "InternetSMS"],
    )
    messages = [
        Deliver(Address.of(names[number % len(names)]), at, submit.user_data, submit.dcs, more_waiting=number % 2 == 0)
        for number, submit in enumerate(submits())
    ]
    for number, (segment, seen) in enumerate(zip(segments(), dissect(tmp_path / "x.pcap", [*messages]), strict=True)):
        assert seen["gsm_sms.tp-mti"] == "0"
        assert seen["gsm_sms.tp-mms"] == str(number % 2)
        assert seen["gsm_sms.tp-oa"] == names[number % len(names)].removeprefix("+")
        assert seen.get("gsm_sms.sms_text", "") == segment.text
        when = [int(seen[f"gsm_sms.scts.{it}"]) for it in ("year", "month", "day", "hour", "minutes", "seconds")]
        assert when == [26, 11, 25, 12, 34, 56]
        assert abs(int(seen["gsm_sms.scts.timezone"])) == 14


def test_status_reports(tmp_path: Path) -> None:
    messages = reports(Timestamp.of(MOMENT), Timestamp.of(AMERICAN))
    for report, seen in zip(messages, dissect(tmp_path / "x.pcap", [*messages]), strict=True):
        assert seen["gsm_sms.tp-mti"] == "2"
        assert seen["gsm_sms.tp-mr"] == str(report.reference)
        assert seen["gsm_sms.tp-ra"] == "8613800138000"
        assert seen["gsm_sms.dis_field.st_error"] == str(report.status >> 5)
        assert seen["gsm_sms.dis.field_st_reason"] == str(report.status & 0x1F)
        assert seen["TP-Service-Centre-Time-Stamp"]["gsm_sms.scts.timezone"] == "32"
        assert seen["TP-Discharge-Time"]["gsm_sms.scts.timezone"] == "14"


def test_flags_classes_and_validities(tmp_path: Path) -> None:
    plain = Submit(Address.of("10086"), UserData.of_text("hi", Alphabet.GSM7))
    messages = [
        replace(plain, rejects_duplicates=True, reply_path=True, protocol=0x41, dcs=0x10),
        replace(plain, validity=Timestamp.of(MOMENT), dcs=0xF1),
        replace(plain, validity=Enhanced.of(30, single_shot=True)),
        replace(plain, validity=Enhanced.of(90_061)),
        replace(plain, validity=Relative(255)),
        replace(
            plain,
            user_data=UserData.of_octets(b"\1\2\3", (concat_element(7, 2, 1), ports_element(2948, 9200))),
            dcs=0x15,
        ),
        replace(plain, user_data=UserData.of_text("Şişli", Alphabet.GSM7, (Element(SINGLE_SHIFT, b"\1"),))),
    ]
    wanted = (
        {"tp-rp": "1", "tp-rd": "1", "tp-srr": "0", "tp-vpf": "0", "tp-pid": "65", "dcs.message_class": "0x00"},
        {"tp-vpf": "3", "dcs.message_class": "0x01", "scts.hour": "12", "scts.timezone": "32", "scts.seconds": "56"},
        {"tp-vpf": "1", "vp.single_shot_sm": "1", "vp.validity_period_format": "2", "vp.validity_period": "30"},
        {"tp-vpf": "1", "vp.validity_period_format": "3", "vp.validity_period.hour": "25",
         "vp.validity_period.minutes": "1", "vp.validity_period.seconds": "1"},
        {"tp-vpf": "2", "vp.validity_period": "255"},
        {"tp.user_data_length": "15", "udh.mm.msg_id": "7", "udh.mm.msg_parts": "2", "udh.mm.msg_part": "1",
         "destination_port": "2948", "originator_port": "9200", "sms_body": "01:02:03", "dcs.character_set": "0x01"},
        # It has no national tables (TS 23.038 A.2) and shows what they hold as U+FFFD; the rest stands in its place.
        {"tp.user_data_length": "12", "dis_iei_lang.single_shift": "1", "sms_text": "\ufffdi\ufffdli"},
    )  # fmt: skip
    for fields, seen in zip(wanted, dissect(tmp_path / "x.pcap", [*messages]), strict=True):
        assert {name: seen.get(f"gsm_sms.{name}") for name in fields} == fields
