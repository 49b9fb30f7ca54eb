"""A RabbitMQ of the test: one node with a directory, a port and a name of its own."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

from tests.interop.need import need

#: Until the node takes connections, seconds.
START_S = 60.0


class RabbitMq:
    """A broker that runs until `close()`."""

    def __init__(self) -> None:
        self._directory = Path(tempfile.mkdtemp(prefix="caiyou-rabbit-"))
        self.port, distribution, self._epmd = (_free_port() for _ in range(3))
        # The wrapper of Debian only changes the user; the script behind it runs as anybody.
        script = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
        command = str(script) if script.exists() else need("rabbitmq-server")
        home = str(self._directory)
        (self._directory / "rabbitmq.conf").write_text(
            f"listeners.tcp.1 = 127.0.0.1:{self.port}\nlog.console = false\nconsumer_timeout = 600000\n"
        )
        (self._directory / "plugins").write_text("[].\n")
        environment = {
            "HOME": home,
            "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
            "RABBITMQ_NODENAME": f"test{self.port}@localhost",
            "RABBITMQ_MNESIA_BASE": home,
            "RABBITMQ_LOG_BASE": home,
            "RABBITMQ_CONFIG_FILE": f"{home}/rabbitmq",
            "RABBITMQ_ENABLED_PLUGINS_FILE": f"{home}/plugins",
            "RABBITMQ_PID_FILE": f"{home}/pid",
            "RABBITMQ_DIST_PORT": str(distribution),
            "ERL_EPMD_PORT": str(self._epmd),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
        }
        self._log = (self._directory / "server.log").open("wb")
        self._process = subprocess.Popen(
            [command], env=environment, stdout=self._log, stderr=self._log, start_new_session=True
        )
        self._wait()

    @property
    def url(self) -> str:
        """For Celery."""
        return f"amqp://guest:guest@127.0.0.1:{self.port}//"

    def _wait(self) -> None:
        until = time.monotonic() + START_S
        while time.monotonic() < until:
            if self._process.poll() is not None:
                break
            with socket.socket() as probe:
                probe.settimeout(1.0)
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.2)
        said = (self._directory / "server.log").read_text(errors="replace")[-2000:]
        self.close()
        raise RuntimeError(f"RabbitMQ did not start: {said}")

    def close(self) -> None:
        """End the node and everything it started, and remove what it wrote."""
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGTERM)
            try:
                self._process.wait(15)
            except subprocess.TimeoutExpired:
                os.killpg(self._process.pid, signal.SIGKILL)
                self._process.wait()
        # Erlang's name server leaves the group it was started in; it knows no node any more and may go.
        subprocess.run(["epmd", "-port", str(self._epmd), "-kill"], check=False, capture_output=True)
        self._log.close()
        shutil.rmtree(self._directory, ignore_errors=True)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
