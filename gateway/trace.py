"""A trace: the octets of one link's line in a capture file, with passwords struck out, bounded in size and time."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from carriers.masking import Frames, begins_like_pdu, masked
from carriers.tap import FILE_HEAD, PORTS, Conversation, Tap
from carriers.wire import TOOLS, WireTool
from gateway.core.errors import ConfigError
from gateway.core.link_orders import TraceOrder


class Trace:
    """A `carriers.tap.Tap` that writes a capture file of mode 0600; it stops by itself when the file is full.

    A file that exists is left alone. What is told to it after `close()` is not written.
    """

    def __init__(self, order: TraceOrder, protocol: str, tool: WireTool | None, now_ms: Callable[[], int]) -> None:
        self.order = order
        self.tool = tool
        self.port = PORTS.get(protocol, 0)
        self.trouble = ""  # why it stopped by itself
        self._now_ms = now_ms
        self._octets = 0
        self._lines = 0
        self._file: BinaryIO | None = _create(order.file)
        self._main = _Line(self)
        self.write(FILE_HEAD)

    def opened(self, line: int) -> None:
        """A connection stands."""
        self._main.opened(line)

    def sent(self, data: bytes) -> None:
        """We wrote this."""
        self._main.sent(data)

    def received(self, data: bytes) -> None:
        """The carrier wrote this."""
        self._main.received(data)

    def closed(self) -> None:
        """The connection is gone."""
        self._main.closed()

    def beside(self) -> Tap:
        """A tap for another connection of the link, into the same file."""
        return _Line(self)

    @property
    def now_us(self) -> int:
        """This moment, Unix microseconds."""
        return self._now_ms() * 1000

    @property
    def is_open(self) -> bool:
        """Whether anything is still written."""
        return self._file is not None

    def number(self) -> int:
        """A number for a connection, none given twice."""
        self._lines += 1
        return self._lines

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

    def write(self, octets: bytes) -> None:
        """Put octets into the file, as long as it takes them."""
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


class _Line:
    """One connection in a trace; a `carriers.tap.Tap`."""

    def __init__(self, trace: Trace) -> None:
        self._trace = trace
        self._talk: Conversation | None = None
        self._ours, self._carriers = Frames(), Frames()
        self._waits_for_pdu = False  # set in the middle of a line: the first octets may be the rest of a PDU

    def opened(self, line: int) -> None:
        self._begin(in_the_middle=False)

    def sent(self, data: bytes) -> None:
        self._note(self._ours, data, by_us=True)

    def received(self, data: bytes) -> None:
        if self._talk is None:
            self._begin(in_the_middle=True)
        if self._waits_for_pdu:
            if not begins_like_pdu(data):
                return
            self._waits_for_pdu = False
        self._note(self._carriers, data, by_us=False)

    def closed(self) -> None:
        if self._talk is not None:
            self._trace.write(self._talk.end(self._trace.now_us))
            self._talk = None

    def beside(self) -> Tap:
        return self._trace.beside()

    def _begin(self, *, in_the_middle: bool) -> None:
        trace = self._trace
        self._talk = Conversation(trace.port, trace.number())
        self._ours, self._carriers = Frames(), Frames()
        self._waits_for_pdu = in_the_middle
        trace.write(self._talk.begin(trace.now_us))

    def _note(self, frames: Frames, data: bytes, *, by_us: bool) -> None:
        trace = self._trace
        if not trace.is_open:
            return
        if self._talk is None:
            self._begin(in_the_middle=True)
            assert self._talk is not None
        for frame in frames.feed(data):
            shown = masked(frame, trace.tool, everything=trace.order.mask)
            trace.write(self._talk.data(trace.now_us, shown, by_us=by_us))


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
