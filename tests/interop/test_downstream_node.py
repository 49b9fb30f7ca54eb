"""The npm package smpp as a peer of the hub."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.interop.need import need
from tests.interop.peered import Peered
from tests.interop.simulated import eventually
from tests.interop.test_simulator_node import FOLDER, PHONE, node, submit

pytestmark = pytest.mark.interop
__all__ = ["node"]  # the fixture
SHOWN = "+" + PHONE


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Peered]:
    with Peered(tmp_path, numbers=("1065700055",)) as started:
        yield started


def run(node: str, hub: Peered, **plan: Any) -> dict[str, list[dict[str, Any]]]:
    """What the client got, by kind."""
    told = {"bind": "bind_transceiver", "submits": [], "deliveries": 0} | plan
    command = [need("node"), str(FOLDER / "client.js"), str(hub.hub.smpp_port), json.dumps(told)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    found: dict[str, list[dict[str, Any]]] = {}
    for line in done.stdout.splitlines():
        pdu = json.loads(line)
        found.setdefault(pdu["kind"], []).append(pdu)
    return found


def test_submits_and_receipts(node: str, hub: Peered) -> None:
    texts = ["您好，世界", "hello €{}", "x"]
    submits = [submit(short_message=text, data_coding=0 if text.isascii() or "€" in text else 8) for text in texts]
    got = run(node, hub, submits=submits, deliveries=3)
    assert got["bound"][0]["system_id"] == "CAIYOU"
    assert [it["command_status"] for it in got["answer"]] == [0, 0, 0]
    ids = [it["message_id"] for it in got["answer"]]
    assert sorted(it["receipted_message_id"] for it in got["delivery"]) == sorted(ids)
    assert {it["message_state"] for it in got["delivery"]} == {2}
    assert got["alive"][0]["command_status"] == got["unbound"][0]["command_status"] == 0
    assert sorted(hub.texts(SHOWN)) == sorted(texts)
    assert hub.count("peer_misbehaved") == 0


def test_payload(node: str, hub: Peered) -> None:
    run(node, hub, submits=[submit(message_payload="长" * 200, data_coding=8)], deliveries=1)
    assert hub.texts(SHOWN) == ["长" * 200]


def test_what_a_phone_writes(node: str, hub: Peered) -> None:
    hub.say(SHOWN, "长" * 80, "1065700055")
    eventually(lambda: hub.open()["deliveries"] == 2, "both parts in the store")
    got = run(node, hub, deliveries=2)
    assert "".join(it["short_message"] for it in got["delivery"]) == "长" * 80
    assert {it["destination_addr"] for it in got["delivery"]} == {"1065700055"}


def test_wrong_password(node: str, hub: Peered) -> None:
    assert run(node, hub, password="wrong")["bound"][0]["command_status"] == 0x0E
