"""A private Kannel (bearerbox and smsbox) as the yardstick: HTTP in, SMPP out, on ports and files of its own."""

from __future__ import annotations

import shutil
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

BEARERBOX = "/usr/sbin/bearerbox"
SMSBOX = "/usr/sbin/smsbox"

_CONFIG = """
group = core
admin-port = {admin_port}
smsbox-port = {box_port}
admin-password = bench
log-level = 3
log-file = {directory}/bearerbox.log
box-deny-ip = "*.*.*.*"
box-allow-ip = "127.0.0.1"
dlr-storage = internal
{store}

group = smsc
smsc = smpp
smsc-id = sink
host = 127.0.0.1
port = {sink_port}
transceiver-mode = true
smsc-username = bench
smsc-password = bench
system-type = ""
interface-version = 34
max-pending-submits = {window}
enquire-link-interval = 30

group = smsbox
bearerbox-host = 127.0.0.1
sendsms-port = {http_port}
global-sender = 10657
log-level = 3
log-file = {directory}/smsbox.log

group = sendsms-user
username = bench
password = bench
max-messages = 10

group = sms-service
keyword = default
text = "no"
max-messages = 0
"""


def is_here() -> bool:
    """Whether Kannel is installed."""
    return shutil.which("bearerbox") is not None or Path(BEARERBOX).exists()


class Kannel:
    """Started on `start()`, gone on `stop()`. `store` is "none", "file" or "spool" (a file per message)."""

    def __init__(self, directory: Path, *, store: str, window: int, sink_port: int, base_port: int) -> None:
        self.directory = directory
        self.http_port = base_port
        self._box_port = base_port + 1
        self._admin_port = base_port + 2
        self._processes: list[subprocess.Popen[bytes]] = []
        directory.mkdir(parents=True, exist_ok=True)
        (directory / "spool").mkdir(exist_ok=True)
        stores = {
            "none": "",
            "file": f"store-type = file\nstore-location = {directory}/store\nstore-dump-freq = 10",
            "spool": f"store-type = spool\nstore-location = {directory}/spool",
        }
        self._config = directory / "kannel.conf"
        self._config.write_text(
            _CONFIG.format(
                directory=directory,
                admin_port=self._admin_port,
                box_port=self._box_port,
                http_port=self.http_port,
                sink_port=sink_port,
                window=window,
                store=stores[store],
            )
        )

    def start(self) -> None:
        """Start both boxes and wait until the carrier is bound and HTTP answers."""
        self._run(BEARERBOX)
        self._wait(self._admin_port, "/status.txt?password=bench", "online")
        self._run(SMSBOX)
        self._wait(self.http_port, "/cgi-bin/sendsms", "")

    def _run(self, program: str) -> None:
        with (self.directory / "output").open("ab") as output:
            self._processes.append(subprocess.Popen([program, str(self._config)], stdout=output, stderr=output))

    def _wait(self, port: int, path: str, word: str) -> None:
        for _ in range(200):
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=2) as answer:
                    if word in answer.read().decode():
                        return
            except urllib.error.HTTPError:
                if not word:
                    return
            except OSError:
                pass
            time.sleep(0.1)
        raise TimeoutError(f"Kannel did not come up: {(self.directory / 'output').read_text()[-500:]}")

    def stop(self) -> None:
        """Stop both boxes."""
        for process in reversed(self._processes):
            process.terminate()
        for process in self._processes:
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
