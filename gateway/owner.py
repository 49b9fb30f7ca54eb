"""The name under which a process holds leases, and whether the process behind such a name has died."""

from __future__ import annotations

import hashlib
import os
import secrets
import socket
from pathlib import Path

#: Characters of the host name in it: a lease has room for 64 in all.
_HOST_LENGTH = 24


def owner_name(node: int) -> str:
    """Host, process, process space, number of the process (`store.node`) and a few dice, divided by colons."""
    host = socket.gethostname()[:_HOST_LENGTH].replace(":", "-")
    return f"{host}:{os.getpid()}:{_process_space()}:{node}:{secrets.token_hex(4)}"


def node_of(owner: str) -> int | None:
    """The number of the process that calls itself so; None when the name tells none."""
    fields = owner.split(":")
    return int(fields[3]) if len(fields) == 5 and fields[3].isdigit() else None


def is_gone(owner: str) -> bool:
    """Whether the process that calls itself so ran where this one runs and runs no more."""
    fields = owner.split(":")
    if len(fields) != 5 or fields[2] != _process_space() or not fields[1].isdigit():
        return False
    return not Path("/proc", fields[1]).exists()


def _process_space() -> str:
    """Where process numbers mean the same: this boot of this kernel, and within it this container."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii")
        space = os.readlink("/proc/self/ns/pid")  # noqa: PTH115 - not a path, a name of the kernel
    except OSError:
        return "-"
    return hashlib.sha256(f"{boot}{space}".encode()).hexdigest()[:8]
