"""What a process did to its files and sockets, as strace tells it, and faults put into its calls."""

from __future__ import annotations

import contextlib
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ATTACH_TIMEOUT_S = 20.0


def why_not() -> str:
    """Why strace cannot be used here; "" when it can."""
    program = shutil.which("strace")
    if program is None:
        return "strace is not installed (deploy/system-packages.sh installs it)"
    tried = subprocess.run([program, "-f", "-o", "/dev/null", "true"], capture_output=True, text=True)
    return "" if tried.returncode == 0 else f"strace may not trace here: {tried.stderr.strip()[:100]}"


@contextlib.contextmanager
def watching(process_id: int, trace: Path, *options: str) -> Iterator[None]:
    """Trace a running process with all its threads; what is counted for faults is counted from here.

    Not with --seccomp-bpf: strace 6.1 loses injected signals then.
    """
    complaints = trace.with_suffix(".err")
    with complaints.open("wb") as said:
        watcher = subprocess.Popen(
            ["strace", "-f", "-y", "-o", str(trace), "-e", "signal=none", *options, "-p", str(process_id)], stderr=said
        )
    try:
        end = time.monotonic() + ATTACH_TIMEOUT_S
        while b"attached" not in complaints.read_bytes():
            if watcher.poll() is not None or time.monotonic() > end:
                raise TimeoutError(complaints.read_text(errors="replace"))
            time.sleep(0.02)
        yield
    finally:
        watcher.terminate()
        watcher.wait(20)


@dataclass(frozen=True)
class Call:
    """A call that has returned."""

    name: str
    arguments: str
    result: str
    thread: str = ""

    @property
    def path(self) -> str:
        """The file behind the first descriptor (strace -y), or the first quoted path."""
        found = re.match(r"\d+<([^>]*)>", self.arguments)
        if found:
            return found[1]
        quoted = re.search(r'"((?:[^"\\]|\\.)*)"', self.arguments)
        return quoted[1] if quoted else ""

    @property
    def paths(self) -> list[str]:
        """Every quoted path."""
        return re.findall(r'"((?:[^"\\]|\\.)*)"', self.arguments)

    @property
    def data(self) -> bytes:
        """The bytes written (strace -xx)."""
        quoted = re.search(r', "((?:\\x[0-9a-f]{2})*)"', self.arguments)
        return bytes.fromhex(quoted[1].replace("\\x", "")) if quoted else b""

    @property
    def failed(self) -> bool:
        return self.result.startswith("-1")


_LINE = re.compile(r"^(?:(\d+)\s+)?(?:\d+\.\d+\s+)?(\w+)\((.*)\)\s+= (.*)$")
_UNFINISHED = re.compile(r"^(?:(\d+)\s+)?(\w+)\((.*) <unfinished \.\.\.>$")
_RESUMED = re.compile(r"^(?:(\d+)\s+)?<\.\.\. (\w+) resumed>(.*)\)\s+= (.*)$")


def read_trace(path: Path) -> Iterator[Call]:
    """The calls in a trace, in the order in which they returned."""
    begun: dict[tuple[str, str], str] = {}
    with path.open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            text = line.rstrip("\n")
            if match := _UNFINISHED.match(text):
                begun[match[1] or "", match[2]] = match[3]
            elif match := _RESUMED.match(text):
                yield Call(match[2], begun.pop((match[1] or "", match[2]), "") + match[3], match[4], match[1] or "")
            elif match := _LINE.match(text):
                yield Call(match[2], match[3], match[4], match[1] or "")
