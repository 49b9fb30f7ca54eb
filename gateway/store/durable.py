"""The one place that makes files durable: nothing else in the tree renames, links or fsyncs.

The order is always: data, then name, then directory, then (elsewhere) the row, then the answer. An fsync that failed
is never tried again on the same file: the kernel has marked the pages clean and would lie (Rebello et al., ATC '20).
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path


def write_all(files: Sequence[tuple[Path, bytes]], anew: Collection[Path] = ()) -> None:
    """Write each file under its final name so that a power cut after the return loses none of them.

    Each is written to a temporary name beside it, fsynced and renamed; each directory is fsynced once for all.
    Raises OSError; then none of the files may be relied on, and those already there are removed. A name that is taken
    is an error: after a clock was set back an id may come again, and the bytes under it are somebody's mail. Only those
    in `anew` take the place of what is there.
    """
    renamed: list[Path] = []
    try:
        for path, data in files:
            ensure_directory(path.parent)
            temporary = path.with_name(f".{path.name}.tmp")
            try:
                _write_synced(temporary, data)
                if path not in anew and path.exists():
                    raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path))
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


#: Directories this process has made durable. That one is there says nothing: another thread, or an earlier process
#: that was killed, may have made it without having come to the fsync of its parent.
_safe_directories: set[Path] = set()


def write_secret(path: Path, data: bytes) -> bool:
    """Make a file that its owner alone may read; False when it is there already."""
    ensure_directory(path.parent)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        return False
    try:
        os.write(descriptor, data)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    sync_directories([path.parent])
    return True


def ensure_directory(path: Path) -> None:
    """Make a directory and those above it, each made durable in its parent."""
    if path in _safe_directories or path.parent == path:
        return
    ensure_directory(path.parent)
    with contextlib.suppress(FileExistsError):
        path.mkdir(mode=0o750)
    try:
        sync_directories((path.parent,))
    except PermissionError:
        # A directory above ours that we may not read was not made by us.
        if os.access(path.parent, os.R_OK):
            raise
    _safe_directories.add(path)


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


def give_name(source: Path, target: Path) -> None:
    """Give a file or directory another name. Not durable: rows say what its name is, and it can be given again."""
    ensure_directory(target.parent)
    with contextlib.suppress(FileNotFoundError):
        os.rename(source, target)  # noqa: PTH104 (this module is the seam)


def remove(path: Path) -> None:
    """Take a name away; nothing happens when it is gone already."""
    with contextlib.suppress(FileNotFoundError):
        path.unlink()


def remove_tree(path: Path) -> None:
    """Take a directory with all that is in it away; nothing happens when it is gone already."""
    shutil.rmtree(path, ignore_errors=True)
    _safe_directories.difference_update({known for known in _safe_directories if known.is_relative_to(path)})
