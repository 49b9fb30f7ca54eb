"""The one place that makes files durable: nothing else in the tree renames, links or fsyncs.

The order is always: data, then name, then directory, then (elsewhere) the row, then the answer. An fsync that failed
is never tried again on the same file: the kernel has marked the pages clean and would lie (Rebello et al., ATC '20).
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Sequence
from pathlib import Path


def write_all(files: Sequence[tuple[Path, bytes]]) -> None:
    """Write each file under its final name so that a power cut after the return loses none of them.

    Each is written to a temporary name beside it, fsynced and renamed; each directory is fsynced once for all.
    Raises OSError; then none of the files may be relied on, and those already there are removed.
    """
    renamed: list[Path] = []
    try:
        for path, data in files:
            ensure_directory(path.parent)
            temporary = path.with_name(f".{path.name}.tmp")
            try:
                _write_synced(temporary, data)
                os.rename(temporary, path)  # noqa: PTH104 (this module is the seam)
            except OSError:
                with contextlib.suppress(OSError):
                    temporary.unlink()
                raise
            renamed.append(path)
        sync_directories(path.parent for path, _ in files)
    except OSError:
        for path in renamed:
            with contextlib.suppress(OSError):
                path.unlink()
        raise


def _write_synced(path: Path, data: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o640)
    try:
        view = memoryview(data)
        while view:
            view = view[os.write(descriptor, view) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def ensure_directory(path: Path) -> None:
    """Make a directory and those above it, each made durable in its parent."""
    if path.is_dir():
        return
    ensure_directory(path.parent)
    with contextlib.suppress(FileExistsError):
        path.mkdir(mode=0o750)
    sync_directories((path.parent,))


def sync_directories(paths: Iterable[Path]) -> None:
    """Make the names in these directories durable."""
    for path in set(paths):
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def link(source: Path, target: Path) -> bool:
    """Give a file a second name; False when the target is there already. Not durable: it can be made again."""
    try:
        os.link(source, target)
    except FileExistsError:
        return False
    except FileNotFoundError:
        if not source.exists():
            raise
        ensure_directory(target.parent)
        with contextlib.suppress(FileExistsError):
            os.link(source, target)
    return True


def remove(path: Path) -> None:
    """Take a name away; nothing happens when it is gone already."""
    with contextlib.suppress(FileNotFoundError):
        path.unlink()
