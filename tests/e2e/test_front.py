"""Front workers: HTTP in a process of its own, messages in the hub's outbox, and neither outlives the other wrongly."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.commands import typed

CAIYOU = [sys.executable, "-m", "gateway"]


class Hub:
    """`caiyou serve` with one front worker."""

    def __init__(self, directory: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.config = directory / "caiyou.toml"
        self.config.write_text(
            f'[store]\ndata_dir = "{directory}/data"\n[web]\nport = {self.port}\nworkers = 1\n'
            '[[link]]\nname = "nobody"\nprotocol = "smpp"\nhost = "127.0.0.1"\nport = 9\n'
        )
        self.command("domain", "add", "example.cn")
        self.command("account", "add", "li@example.cn", "--no-password")
        self.token = self.command("token", "add", "li@example.cn", "--scopes", "send read admin").strip()
        self.log = directory / "log"
        with self.log.open("w") as log:
            self.process = subprocess.Popen([*CAIYOU, "--config", str(self.config), "serve"], stderr=log)
        self.wait(lambda: "caiyou is ready" in self.log.read_text())

    def command(self, *words: str) -> str:
        return typed(self.config, *words)

    def wait(self, what: Any, seconds: float = 30) -> Any:
        end = time.monotonic() + seconds
        while not (found := what()):
            assert time.monotonic() < end, self.log.read_text()
            time.sleep(0.05)
        return found

    def ask(self, path: str, body: Any = None) -> tuple[int, Any]:
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}",
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {self.token}"},
        )
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                text = answer.read().decode()
                return answer.status, json.loads(text) if "json" in answer.headers["Content-Type"] else text
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.loads(error.read())
        except OSError:
            return 0, None

    def worker(self) -> int:
        found = subprocess.run(["pgrep", "-P", str(self.process.pid)], capture_output=True, text=True).stdout.split()
        return int(found[0]) if found else 0


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    running = Hub(tmp_path)
    yield running
    if running.process.poll() is None:
        running.process.terminate()
        running.process.wait(timeout=30)


def test_messages_go_into_the_hubs_outbox(hub: Hub) -> None:
    status, taken = hub.ask("/api/v1/messages", {"to": "13800138000", "text": "你好", "key": "one"})
    assert (status, taken["link"], taken["segments"]) == (202, "nobody", 1)
    assert hub.ask("/api/v1/messages", {"to": "13800138000", "text": "你好", "key": "one"}) == (
        200,
        taken | {"repeated": True},
    )
    status, problem = hub.ask("/api/v1/messages", {"to": "13800138000", "text": "another", "key": "one"})
    assert (status, problem["code"]) == (409, "key_reused")
    status, batch = hub.ask(
        "/api/v1/messages", {"messages": [{"to": f"139001380{n:02d}", "text": str(n)} for n in range(50)]}
    )
    assert status == 202
    assert len({message["id"] for message in batch["messages"]}) == 50
    status, story = hub.ask(f"/api/v1/messages/{taken['id']}")
    assert (status, story["state"]) == (200, "queued")


def test_counters_of_the_hub_show_on_the_workers_page(hub: Hub) -> None:
    assert hub.wait(lambda: "link_down" in hub.ask("/metrics")[1])


def test_the_figures_on_the_workers_page_are_those_of_the_hub(hub: Hub) -> None:
    def value(name: str) -> float:
        line = next(line for line in hub.ask("/metrics")[1].splitlines() if line.startswith(name + " "))
        return float(line.rpartition(" ")[2])

    # The hub commits a lease every two seconds; the worker itself commits nothing.
    hub.wait(lambda: value("caiyou_store_commits_total") > 0)
    first = value("caiyou_store_commits_total")
    hub.wait(lambda: value("caiyou_store_commits_total") > first)
    started = float(Path(f"/proc/{hub.process.pid}/stat").read_text().rpartition(")")[2].split()[19])
    booted = next(float(line.split()[1]) for line in Path("/proc/stat").read_text().splitlines() if line[:5] == "btime")
    assert abs(value("process_start_time_seconds") - booted - started / os.sysconf("SC_CLK_TCK")) < 1
    assert value("caiyou_front_loop_lag_seconds") >= 0


def test_a_worker_that_dies_is_replaced_and_nothing_is_lost(hub: Hub) -> None:
    first = hub.worker()
    status, taken = hub.ask("/api/v1/messages", {"to": "13800138000", "text": "before"})
    assert status == 202
    os.kill(first, signal.SIGKILL)
    hub.wait(lambda: hub.worker() not in (0, first))
    hub.wait(lambda: hub.ask("/healthz")[0] == 200)
    assert hub.ask(f"/api/v1/messages/{taken['id']}")[0] == 200
    assert hub.ask("/api/v1/messages", {"to": "13800138000", "text": "after"})[0] == 202


def test_the_worker_goes_when_the_hub_is_killed(hub: Hub) -> None:
    worker = hub.worker()
    hub.process.kill()
    hub.process.wait()
    hub.wait(lambda: not Path(f"/proc/{worker}").exists())
