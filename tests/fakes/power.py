"""A disk whose power can be cut: what was done to files in order, and what of it may be left after a crash.

The rules are those every Linux file system keeps (ALICE, OSDI '14): what was written to a file is there after an fsync
of it, and before that wholly, partly, as zeros or not at all; a name that was made, moved or taken away is so after an
fsync of its directory, and before that each change by itself may be there or not; a rename is never half done.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

#: Changes that are not on disk are tried in all combinations up to this many, beyond that at random.
ALL_COMBINATIONS = 6


@dataclass(frozen=True)
class Step:
    """One thing done: to a file (by its number) or to names below the root."""

    kind: str  # mkdir create write sync syncdir rename link unlink truncate ack
    path: str = ""
    target: str = ""
    file: int = 0
    offset: int = 0
    data: bytes = b""


@dataclass
class Recorder:
    """Notes what this process does to files below `root` while `recording()` is on."""

    root: Path
    steps: list[Step] = field(default_factory=list)
    _files: dict[str, int] = field(default_factory=dict)
    _open: dict[int, tuple[str, int]] = field(default_factory=dict)  # descriptor -> name, position
    _directories: dict[int, str] = field(default_factory=dict)

    def ack(self, name: str) -> None:
        """Somebody was told that this is safe."""
        self.steps.append(Step("ack", name))

    @contextlib.contextmanager
    def recording(self) -> Iterator[None]:
        """Put wrappers around the calls of `os` that change files."""
        real = {
            name: getattr(os, name) for name in ("open", "write", "fsync", "close", "mkdir", "rename", "link", "unlink")
        }

        def inside(path: Any) -> str | None:
            text = os.fspath(path)
            if not isinstance(text, str) or not text.startswith(f"{self.root}"):
                return None
            return os.path.relpath(text, self.root)

        def open_(path: Any, flags: int, *rest: Any, **more: Any) -> int:
            name = inside(path)
            new = name is not None and bool(flags & os.O_CREAT) and not os.path.exists(path)
            descriptor = int(real["open"](path, flags, *rest, **more))
            if name is not None and os.path.isdir(path):
                self._directories[descriptor] = name
            elif name is not None:
                if new:
                    self._files[name] = len(self.steps) + 1
                    self.steps.append(Step("create", name, file=self._files[name]))
                self._open[descriptor] = (name, 0)
            return descriptor

        def write(descriptor: int, data: Any) -> int:
            written = int(real["write"](descriptor, data))
            if descriptor in self._open:
                name, position = self._open[descriptor]
                part = bytes(data[:written])
                self.steps.append(Step("write", name, file=self._files[name], offset=position, data=part))
                self._open[descriptor] = (name, position + written)
            return written

        def fsync(descriptor: int) -> None:
            real["fsync"](descriptor)
            if descriptor in self._open:
                name = self._open[descriptor][0]
                self.steps.append(Step("sync", name, file=self._files[name]))
            elif descriptor in self._directories:
                self.steps.append(Step("syncdir", self._directories[descriptor]))

        def close(descriptor: int) -> None:
            self._open.pop(descriptor, None)
            self._directories.pop(descriptor, None)
            real["close"](descriptor)

        def mkdir(path: Any, *rest: Any, **more: Any) -> None:
            real["mkdir"](path, *rest, **more)
            if (name := inside(path)) is not None:
                self.steps.append(Step("mkdir", name))

        def rename(source: Any, target: Any, **more: Any) -> None:
            real["rename"](source, target, **more)
            if (name := inside(source)) is not None and (to := inside(target)) is not None:
                self._files[to] = self._files.pop(name)
                self.steps.append(Step("rename", name, to, file=self._files[to]))

        def link(source: Any, target: Any, **more: Any) -> None:
            real["link"](source, target, **more)
            if (name := inside(source)) is not None and (to := inside(target)) is not None:
                self._files[to] = self._files[name]
                self.steps.append(Step("link", name, to, file=self._files[to]))

        def unlink(path: Any, **more: Any) -> None:
            real["unlink"](path, **more)
            if (name := inside(path)) is not None:
                self.steps.append(Step("unlink", name))

        wrappers = {
            "open": open_, "write": write, "fsync": fsync, "close": close,
            "mkdir": mkdir, "rename": rename, "link": link, "unlink": unlink,
        }  # fmt: skip
        try:
            for name, wrapper in wrappers.items():
                setattr(os, name, wrapper)
            yield
        finally:
            for name, function in real.items():
                setattr(os, name, function)


NAMES = frozenset({"mkdir", "create", "rename", "link", "unlink"})


@dataclass(frozen=True)
class Remains:
    """A disk after the power came back: directories, and files by name."""

    directories: frozenset[str]
    files: dict[str, bytes]

    def write(self, place: Path) -> None:
        """Make it real."""
        for name in sorted(self.directories):
            (place / name).mkdir(parents=True, exist_ok=True)
        for name, data in self.files.items():
            (place / name).write_bytes(data)


def crashes(steps: Sequence[Step], dice: random.Random, tries: int = 24) -> Iterator[tuple[Remains, list[str]]]:
    """What may be left after a power cut before each step and at the end, with what was promised until then.

    The first of each has lost everything that was not on disk, the second nothing.
    """
    for length in range(len(steps) + 1):
        done = steps[:length]
        promised = [step.path for step in done if step.kind == "ack"]
        loose = [n for n, step in enumerate(done) if step.kind in NAMES and not _is_synced(done, n)]
        for kept in _choices(loose, dice, tries):
            for content in ("none", "all", "half", "zeros") if _has_loose_data(done) else ("none",):
                yield _remains(done, set(loose) - set(kept), content), promised


def _choices(loose: Sequence[int], dice: random.Random, tries: int) -> Iterator[Sequence[int]]:
    yield ()
    if loose:
        yield loose
    if len(loose) <= ALL_COMBINATIONS:
        for size in range(1, len(loose)):
            yield from itertools.combinations(loose, size)
    else:
        for _ in range(tries):
            yield [n for n in loose if dice.random() < 0.5]


def _is_synced(done: Sequence[Step], n: int) -> bool:
    step = done[n]
    directory = os.path.dirname(step.target or step.path) or "."
    return any(later.kind == "syncdir" and later.path == directory for later in done[n + 1 :])


def _last_sync(done: Sequence[Step], file: int) -> int:
    return max((n for n, step in enumerate(done) if step.kind == "sync" and step.file == file), default=-1)


def _has_loose_data(done: Sequence[Step]) -> bool:
    return any(step.kind == "write" and n > _last_sync(done, step.file) for n, step in enumerate(done))


def _remains(done: Sequence[Step], lost: set[int], content: str) -> Remains:
    directories = {"."}
    names: dict[str, int] = {}
    for n, step in enumerate(done):
        if n in lost or step.kind not in NAMES:
            continue
        place = os.path.dirname(step.target or step.path) or "."
        if place not in directories:
            continue  # the directory itself was lost
        if step.kind == "mkdir":
            directories.add(step.path)
        elif step.kind == "create":
            names[step.path] = step.file
        elif step.kind == "rename":
            names.pop(step.path, None)
            names[step.target] = step.file
        elif step.kind == "link":
            names[step.target] = step.file
        else:
            names.pop(step.path, None)
    return Remains(frozenset(directories), {name: _content(done, file, content) for name, file in names.items()})


def _content(done: Sequence[Step], file: int, loose: str) -> bytes:
    synced = _last_sync(done, file)
    data = bytearray()
    for n, step in enumerate(done):
        if step.kind != "write" or step.file != file:
            continue
        part = step.data
        if n > synced:
            if loose == "none":
                continue
            part = {"all": part, "half": part[: len(part) // 2], "zeros": bytes(len(part))}[loose]
        data[step.offset : step.offset + len(part)] = part
    return bytes(data)
