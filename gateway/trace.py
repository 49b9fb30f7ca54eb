"""A trace: the octets of one link's line in a capture file, with passwords struck out, bounded in size and time."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from carriers.masking import Frames, begins_like_pdu, masked
from carriers.tap import FILE_HEAD, PORTS, Conversation
from carriers.wire import TOOLS, WireTool
from gateway.core.errors import ConfigError
from gateway.core.link_orders import TraceOrder


class Trace:
    """A `carriers.tap.Tap` that writes a capture file of mode 0600; it stops by itself when the file is full.

    A file that exists is left alone. What is told to it after `close()` is not written.
    """

    def __init__(self, order: TraceOrder, protocol: str, tool: WireTool | None, now_ms: Callable[[], int]) -> None:
        self.order = order
        self._tool = tool
        self._now_ms = now_ms
        self._port = PORTS.get(protocol, 0)
        self.trouble = ""  # why it stopped by itself
        self._octets = 0
        self._lines = 0
        self._talk: Conversation | None = None
        self._ours, self._carriers = Frames(), Frames()
        self._waits_for_pdu = False  # set in the middle of a line: the first octets may be the rest of a PDU
        self._file: BinaryIO | None = _create(order.file)
        self._write(FILE_HEAD)

    def opened(self, line: int) -> None:
        """A connection stands."""
        self._begin(line, in_the_middle=False)

    def sent(self, data: bytes) -> None:
        """We wrote this."""
        self._note(self._ours, data, by_us=True)

    def received(self, data: bytes) -> None:
        """The carrier wrote this."""
        if self._talk is None:
            self._begin(self._lines + 1, in_the_middle=True)
        if self._waits_for_pdu:
            if not begins_like_pdu(data):
                return
            self._waits_for_pdu = False
        self._note(self._carriers, data, by_us=False)

    def closed(self) -> None:
        """The connection is gone."""
        if self._talk is not None:
            self._write(self._talk.end(self._now_ms() * 1000))
            self._talk = None

    def flush(self) -> None:
        """Let readers of the file see what was written."""
        if self._file is not None:
            try:
                self._file.flush()
            except OSError as error:
                self._give_up(f"the file takes nothing: {error.strerror}")

    def close(self) -> None:
        """End the file."""
        self.closed()
        self._give_up()

    def _begin(self, line: int, *, in_the_middle: bool) -> None:
        self._lines = line
        self._talk = Conversation(self._port, line)
        self._ours, self._carriers = Frames(), Frames()
        self._waits_for_pdu = in_the_middle
        self._write(self._talk.begin(self._now_ms() * 1000))

    def _note(self, frames: Frames, data: bytes, *, by_us: bool) -> None:
        if self._file is None:
            return
        if self._talk is None:
            self._begin(self._lines + 1, in_the_middle=True)
            assert self._talk is not None
        for frame in frames.feed(data):
            shown = masked(frame, self._tool, everything=self.order.mask)
            self._write(self._talk.data(self._now_ms() * 1000, shown, by_us=by_us))

    def _write(self, octets: bytes) -> None:
        if self._file is None:
            return
        self._octets += len(octets)
        try:
            if self._octets <= self.order.most_octets:
                self._file.write(octets)
                return
            self._give_up("the file is full")
        except OSError as error:
            self._give_up(f"the file takes nothing: {error.strerror}")

    def _give_up(self, trouble: str = "") -> None:
        self.trouble = self.trouble or trouble
        file, self._file = self._file, None
        if file is not None:
            with contextlib.suppress(OSError):  # what is buffered may not fit any more
                file.close()


def tool_for(protocol: str, options: object) -> WireTool | None:
    """How PDUs of a link are read; None where there is no way, then bodies that could hold secrets are struck out."""
    version = str(getattr(options, "version", ""))
    if protocol == "cmpp":
        return TOOLS["cmpp3" if version.startswith("3") else "cmpp2"]
    if protocol == "smgp" and version.startswith("1"):
        return TOOLS["smgp13"]
    return TOOLS.get(protocol)


def _create(file: str) -> BinaryIO:
    try:
        return os.fdopen(os.open(Path(file), os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600), "wb")
    except OSError as error:
        raise ConfigError(
            f"the trace {file} cannot be written: {error.strerror}; name a file that is not there yet"
        ) from error
