"""A hub for benchmarks: `caiyou serve` with one link (SMPP to the sink as a rule), an account, a token, a directory."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from pathlib import Path

CAIYOU = [sys.executable, "-m", "gateway"]

_CONFIG = """
[store]
data_dir = "{directory}/data"

[log]
level = "warning"

[smtp]
port = 0
connections_per_address = 500

[web]
port = {http_port}
workers = {workers}
recipient_daily_cap = 0
"""
_SINK = """
[[link]]
name = "sink"
protocol = "smpp"
host = "127.0.0.1"
port = {sink_port}
system_id = "bench"
password = "bench"
window = {window}
"""


class Hub:
    """Prepared on making, started by `start()`, gone on `stop()`. The data stay between two starts."""

    def __init__(
        self,
        directory: Path,
        *,
        window: int = 0,
        sink_port: int = 0,
        http_port: int,
        workers: int = 1,
        tables: str = "",  # in place of the link to the sink
    ) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self.directory = directory
        self.http_port = http_port
        self.smtp_port = 0
        self._config = directory / "caiyou.toml"
        self._config.write_text(
            _CONFIG.format(directory=directory, http_port=http_port, workers=workers)
            + (tables or _SINK.format(sink_port=sink_port, window=window))
        )
        self._process: subprocess.Popen[str] | None = None
        token = directory / "token"
        if not token.exists():
            self.command("domain", "add", "bench.example")
            self.command("account", "add", "bench@bench.example", "--no-password")
            token.write_text(self.command("token", "add", "bench@bench.example"))
        self.token = token.read_text().strip()

    def command(self, *words: str) -> str:
        """Run a command of the hub and return what it prints."""
        return subprocess.run(
            [*CAIYOU, "--config", str(self._config), *words], check=True, capture_output=True, text=True, timeout=60
        ).stdout

    def start(self) -> None:
        """Start the hub and wait until its doors are open and its link is up."""
        self._process = subprocess.Popen(
            [*CAIYOU, "--config", str(self._config), "serve"],
            stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self._process.stderr is not None
        for line in self._process.stderr:
            if line.startswith("caiyou is ready"):
                found = re.search(r"smtp [\d.]+:(\d+)", line)
                self.smtp_port = int(found[1]) if found else 0
                break
        else:
            raise RuntimeError("the hub did not start")
        for _ in range(200):
            if " up " in self.command("link", "list"):
                return
            time.sleep(0.05)
        raise TimeoutError("the link did not come up")

    @property
    def pids(self) -> list[int]:
        """The hub and its workers."""
        assert self._process is not None
        found = subprocess.run(["pgrep", "-P", str(self._process.pid)], capture_output=True, text=True).stdout
        return [self._process.pid, *map(int, found.split())]

    def memory_mib(self) -> float:
        """Resident memory of the hub and its workers."""
        total = 0
        for pid in self.pids:
            for line in Path(f"/proc/{pid}/status").read_text().splitlines():
                if line.startswith("VmRSS"):
                    total += int(line.split()[1])
        return total / 1024

    def stop(self) -> None:
        """Stop the hub in order."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stderr is not None:
            self._process.stderr.close()
        self._process = None
