"""A PostgreSQL server of our own for one test run: started in a temporary directory, gone afterwards."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import IO


def find_binaries() -> Path | None:
    """Where `initdb` and `postgres` are; Debian keeps them out of the path."""
    candidates = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    on_path = shutil.which("postgres")
    if on_path:
        candidates.append(Path(on_path).resolve().parent)
    programs = ("initdb", "postgres", "pg_isready", "createdb")
    return next((place for place in candidates if all((place / name).exists() for name in programs)), None)


class Postgres:
    """The server; `url(name)` makes an empty database and returns its URL."""

    def __init__(self) -> None:
        binaries = find_binaries()
        if binaries is None:
            raise FileNotFoundError("PostgreSQL is not installed; run deploy/system-packages.sh")
        self._binaries = binaries
        self._directory = Path(tempfile.mkdtemp(prefix="caiyou-postgres-"))
        self._data = self._directory / "data"
        self._as_user: list[str] = []
        if os.geteuid() == 0:
            # The server refuses to run as root.
            shutil.chown(self._directory, "postgres", "postgres")
            self._directory.chmod(0o700)
            self._as_user = ["runuser", "-u", "postgres", "--"]
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self._run("initdb", "-D", str(self._data), "-U", "caiyou", "-A", "trust", "--no-sync", "-E", "UTF8")
        with (self._directory / "log").open("wb") as log:
            self._process = self._start(log)
        self._count = 0
        self._wait()

    def _start(self, log: IO[bytes]) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [
                *self._as_user,
                str(self._binaries / "postgres"),
                "-D",
                str(self._data),
                "-p",
                str(self.port),
                "-h",
                "127.0.0.1",
                "-k",
                str(self._directory),
                "-c",
                "max_connections=200",
            ],
            stdout=subprocess.DEVNULL,
            stderr=log,
        )

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [*self._as_user, str(self._binaries / program), *arguments], check=True, capture_output=True, cwd="/"
        )

    def _wait(self) -> None:
        for _ in range(200):
            done = subprocess.run(
                [str(self._binaries / "pg_isready"), "-h", "127.0.0.1", "-p", str(self.port)], capture_output=True
            )
            if done.returncode == 0:
                return
            time.sleep(0.05)
        raise TimeoutError((self._directory / "log").read_text())

    def url(self) -> str:
        """The URL of a fresh database."""
        self._count += 1
        name = f"test_{self._count}"
        subprocess.run(
            [str(self._binaries / "createdb"), "-h", "127.0.0.1", "-p", str(self.port), "-U", "caiyou", name],
            check=True,
            capture_output=True,
        )
        return f"postgresql+psycopg://caiyou@127.0.0.1:{self.port}/{name}"

    def kill(self) -> None:
        """End it at once, as a power cut would."""
        self._process.kill()
        self._process.wait()

    def close(self) -> None:
        """Stop it and remove everything."""
        self._process.send_signal(signal.SIGINT)  # "fast": does not wait for clients that forgot to go
        try:
            self._process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        shutil.rmtree(self._directory, ignore_errors=True)
