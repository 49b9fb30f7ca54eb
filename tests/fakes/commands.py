"""The `caiyou` command, typed without a process of its own: starting one takes seconds, and the command is the same."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path

import pytest

from gateway.cli import main


def ran(config: Path, *words: str) -> tuple[int, str, str]:
    """Exit code of a command, what it prints, and its complaint."""
    out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", newline="\n") for _ in range(2))
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), pytest.raises(SystemExit) as end:
        main(["--config", str(config), *words])
    told = []
    for stream in (out, err):
        stream.flush()
        assert isinstance(stream.buffer, io.BytesIO)
        told.append(stream.buffer.getvalue().decode())
    return int(end.value.code or 0), told[0], told[1]


def reply_of(config: Path, *words: str) -> str:
    """What a command prints, or the sentence with which it gives up."""
    code, out, err = ran(config, *words)
    return err if code else out


def typed(config: Path, *words: str) -> str:
    """What a command prints; raises RuntimeError with its complaint when it fails."""
    code, out, err = ran(config, *words)
    if code:
        raise RuntimeError(err)
    return out
