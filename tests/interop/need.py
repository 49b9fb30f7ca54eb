"""Programs of others that a test wants."""

from __future__ import annotations

import os
import shutil

import pytest


def need(program: str) -> str:
    """Where the program is; without it the test is skipped on a user's machine and fails where CI=true."""
    found = shutil.which(program, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if found is not None:
        return found
    reason = f"{program} is not installed"
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)
