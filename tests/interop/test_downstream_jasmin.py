"""Jasmin's SMPP connector as a peer of the hub: its own client classes, without the broker behind them.

Jasmin needs other versions of libraries than we do, so it lives in an environment of its own beside its script.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.interop.peered import Peered
from tests.interop.simulated import eventually

pytestmark = [pytest.mark.interop, pytest.mark.slow]
FOLDER = Path(__file__).parent / "jasmin"
SHOWN = "+8613800138000"


@pytest.fixture(scope="session")
def jasmin() -> Path:
    """The interpreter of Jasmin's environment, made when it is not there or out of date."""
    python = FOLDER / ".venv" / "bin" / "python"
    wanted = FOLDER / "requirements.txt"
    made = FOLDER / ".venv" / "made"
    if not made.exists() or made.read_text() != wanted.read_text():
        steps = ([sys.executable, "-m", "venv", str(FOLDER / ".venv")],
                 [str(python), "-m", "pip", "install", "--quiet", "--requirement", str(wanted)])  # fmt: skip
        for step in steps:
            done = subprocess.run(step, capture_output=True, text=True, timeout=300)
            if done.returncode:  # half a hundred packages from the network: one hiccup is no reason
                done = subprocess.run(step, capture_output=True, text=True, timeout=300)
            if done.returncode:
                reason = f"Jasmin cannot be installed: {done.stderr[-300:]}"
                if os.environ.get("CI") == "true":
                    pytest.fail(reason)
                pytest.skip(reason)
        made.write_text(wanted.read_text())
    return python


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Peered]:
    with Peered(tmp_path, numbers=("10657000",)) as started:
        yield started


def run(jasmin: Path, hub: Peered, **plan: Any) -> dict[str, list[dict[str, Any]]]:
    """What Jasmin got, by kind."""
    told = {"submits": [], "deliveries": 0} | plan
    command = [str(jasmin), str(FOLDER / "client.py"), str(hub.hub.smpp_port), json.dumps(told)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, (done.stdout, done.stderr)
    found: dict[str, list[dict[str, Any]]] = {}
    for line in done.stdout.splitlines():
        pdu = json.loads(line)
        found.setdefault(pdu["kind"], []).append(pdu)
    return found


def test_texts_and_receipts(jasmin: Path, hub: Peered) -> None:
    long = "长" * 100
    submits = [{"hex": b"hello".hex()}, {"hex": long.encode("utf-16-be").hex(), "data_coding": 8}]
    got = run(jasmin, hub, submits=submits, deliveries=3)
    assert [it["status"] for it in got["answer"]] == ["ESME_ROK", "ESME_ROK"]
    assert [it["stat"] for it in got["receipt"]] == ["DELIVRD"] * 3
    # Of a long text Jasmin tells the answer to the last part.
    assert {it["message_id"] for it in got["answer"]} <= {it["id"] for it in got["receipt"]}
    assert sorted(hub.texts(SHOWN)) == sorted(["hello", long])
    assert hub.count("peer_misbehaved") == 0


def test_parts_by_sar_parameters(jasmin: Path, hub: Peered) -> None:
    long = "长" * 100
    submits = [{"hex": long.encode("utf-16-be").hex(), "data_coding": 8}]
    run(jasmin, hub, submits=submits, deliveries=2, config={"long_content_split": "sar"})
    assert hub.texts(SHOWN) == [long]


def test_what_a_phone_writes(jasmin: Path, hub: Peered) -> None:
    hub.say(SHOWN, "hello there", "10657000")
    eventually(lambda: hub.open()["deliveries"] == 1, "the text in the store")
    got = run(jasmin, hub, deliveries=1)
    assert [(it["text"], it["sender"]) for it in got["mo"]] == [("hello there", "8613800138000")]
