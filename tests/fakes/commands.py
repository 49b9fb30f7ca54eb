"""The `caiyou` command, typed without a process of its own: starting one takes seconds, and the command is the same."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path

from gateway.cli import main


def typed(config: Path, *words: str) -> str:
    """What a command prints; raises RuntimeError with its complaint when it fails."""
    out, err = io.StringIO(), io.StringIO()
    code: object = 0
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            main(["--config", str(config), *words])
        except SystemExit as end:
            code = end.code
    if code:
        raise RuntimeError(err.getvalue() or str(code))
    return out.getvalue()
