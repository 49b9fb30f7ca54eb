"""The npm package smpp as an ESME of the simulator."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.interop.need import need
from tests.interop.simulated import Simulated

pytestmark = pytest.mark.interop
FOLDER = Path(__file__).parent / "node"
PHONE = "8613800138000"


@pytest.fixture(scope="session")
def node() -> str:
    """The program, with its packages beside the scripts."""
    program = need("node")
    lock = FOLDER / "package-lock.json"
    installed = FOLDER / "node_modules" / ".package-lock.json"
    if not installed.exists() or installed.stat().st_mtime < lock.stat().st_mtime:
        command = [need("npm"), "ci", "--no-audit", "--no-fund"]
        done = subprocess.run(command, cwd=FOLDER, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
    return program


@pytest.fixture
def operator() -> Iterator[Simulated]:
    with Simulated(report_delay_s=0.05) as started:
        yield started


def run(node: str, operator: Simulated, **plan: Any) -> dict[str, list[dict[str, Any]]]:
    """What the client got, by kind."""
    told = {"bind": "bind_transceiver", "submits": [], "deliveries": 0} | plan
    command = [node, str(FOLDER / "client.js"), str(operator.simulator.ports["smpp"]), json.dumps(told)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    found: dict[str, list[dict[str, Any]]] = {}
    for line in done.stdout.splitlines():
        pdu = json.loads(line)
        found.setdefault(pdu["kind"], []).append(pdu)
    return found


def submit(**fields: Any) -> dict[str, Any]:
    return {"source_addr": "10657000", "destination_addr": PHONE, "dest_addr_ton": 1, "registered_delivery": 1} | fields


def test_submits_and_receipts(node: str, operator: Simulated) -> None:
    texts = ["您好，世界", "hello €{}", "x"]
    # Left to itself node-smpp writes its GSM alphabet under data_coding 1, which is ASCII.
    submits = [submit(short_message=text, data_coding=0 if text.isascii() or "€" in text else 8) for text in texts]
    got = run(node, operator, submits=submits, deliveries=3)
    assert got["bound"][0]["system_id"] == "CAIYOU-SIM"
    assert got["bound"][0]["sc_interface_version"] == 0x34
    assert [it["command_status"] for it in got["answer"]] == [0, 0, 0]
    ids = [it["message_id"] for it in got["answer"]]
    assert sorted(it["receipted_message_id"] for it in got["delivery"]) == sorted(ids)
    assert {it["message_state"] for it in got["delivery"]} == {2}
    assert got["delivery"][0]["short_message"].startswith("id:")
    assert got["alive"][0]["command_status"] == got["unbound"][0]["command_status"] == 0
    assert [it.text for it in operator.texts(PHONE)] == texts
    assert operator.tally()["peer_errors"] == 0


def test_payload(node: str, operator: Simulated) -> None:
    run(node, operator, submits=[submit(message_payload="长" * 200, data_coding=8)], deliveries=1)
    assert operator.texts(PHONE)[0].text == "长" * 200


def test_what_a_phone_writes(node: str, operator: Simulated) -> None:
    operator.say("13800138000", "长" * 80, "1065700055")
    got = run(node, operator, bind="bind_receiver", deliveries=2)
    assert [it["short_message"] for it in got["delivery"]] == ["长" * 67, "长" * 13]
    assert {(it["source_addr"], it["destination_addr"]) for it in got["delivery"]} == {(PHONE, "1065700055")}
    assert all(it["udh"] for it in got["delivery"])
    operator.wait_for(messages_acknowledged=2)


def test_refusals(node: str, operator: Simulated) -> None:
    assert run(node, operator, password="wrong")["bound"][0]["command_status"] == 0x0E
    operator.faults(unknown_status=0x4A5)
    assert run(node, operator, submits=[submit(short_message="x")])["answer"][0]["command_status"] == 0x4A5
