"""Programs from PyPI that speak CardDAV, in an environment of their own: their libraries are not those of the hub."""

from __future__ import annotations

import asyncio
import functools
import os
import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent / "carddav"


@functools.cache
def _install() -> str:
    """Make the environment when it is not there or out of date; what went wrong, or ""."""
    python = FOLDER / ".venv" / "bin" / "python"
    wanted = FOLDER / "requirements.txt"
    made = FOLDER / ".venv" / "made"
    if made.exists() and made.read_text() == wanted.read_text():
        return ""
    steps = ([sys.executable, "-m", "venv", str(FOLDER / ".venv")],
             [str(python), "-m", "pip", "install", "--quiet", "--requirement", str(wanted)])  # fmt: skip
    for step in steps:
        done = subprocess.run(step, capture_output=True, text=True, timeout=300)
        if done.returncode:
            return done.stderr[-300:]
    made.write_text(wanted.read_text())
    return ""


def judge(program: str) -> str:
    """Where a program is; without it the test is skipped on a user's machine and fails where CI=true."""
    if reason := _install():
        if os.environ.get("CI") == "true":
            pytest.fail(f"{program} cannot be installed: {reason}")
        pytest.skip(f"{program} cannot be installed: {reason}")
    return str(FOLDER / ".venv" / "bin" / program)


async def run(*command: str, timeout_s: float = 60, fails: bool = False, **environment: str) -> str:
    """What a program says on both its outputs; it must end well, or (`fails`) badly."""
    started = await asyncio.create_subprocess_exec(
        *command, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        env={**os.environ, "PYTHONPATH": "", **environment},
    )  # fmt: skip
    try:
        told, _ = await asyncio.wait_for(started.communicate(b"y\n" * 50), timeout_s)
    except TimeoutError:
        started.kill()
        await started.communicate()
        raise
    assert bool(started.returncode) is fails, told.decode("utf-8", "replace")
    return told.decode("utf-8", "replace")
