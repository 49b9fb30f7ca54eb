"""One command at a time: what is written to a modem, and what of that which comes back answers it.

Everything a modem is asked to do is a procedure, a generator that yields commands and is given their answers. One
procedure runs until it is through, then the next; within it one command is in flight at a time. A command is a lock:
nothing else is written before its final result or the end of its time, least of all between a prompt and its text.
Time-outs count from the writing; what comes meanwhile does not move them.

A command that was not answered may be answered later, and that answer must not be taken for the next command's: after
a time-out the dialogue asks for something with an answer of its own shape and lets everything before it go by.
"""

from __future__ import annotations

import contextlib
import enum
from collections import deque
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from carriers.gsm import answers, at
from carriers.gsm.at import Notice
from carriers.gsm.errors import Code

#: Lines of one answer that are kept: 255 stored messages of two lines are the most a storage gives.
MAX_LINES: Final = 2048
#: Lines of one notice: a USSD text has 182 characters.
_MOST_TEXT_LINES: Final = 32
#: After ESC the modem drops what it took for a text and says so; what it says is let go by.
ESCAPE_REST_S: Final = 0.5
_LATE_REST_S: Final = 0.3
_SYNC_TIMEOUT_S: Final = 2.0


class Result(enum.StrEnum):
    """How a command ended."""

    OK = "ok"
    REFUSED = "refused"
    SILENT = "silent"  # no final result in time


@dataclass(frozen=True, slots=True)
class Command:
    """One AT command. Its answer is lines that begin with `prefix`, with `bare` also lines without any."""

    text: str
    timeout_s: float = 5.0
    prefix: str = ""
    bare: bool = False
    has_bodies: bool = False  # a line with a PDU follows each line
    needs_line: bool = False  # an OK without a line is another command's
    payload: bytes = field(default=b"", repr=False)  # what goes behind the prompt
    prompt_timeout_s: float = 5.0


@dataclass(frozen=True, slots=True)
class Rest:
    """Nothing is written for so long, and what comes is no answer; `write` goes out before."""

    seconds: float
    write: bytes = b""


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a command; of a Rest, an OK without lines."""

    result: Result
    lines: tuple[str, ...] = ()
    error: Code | None = None
    payload_written: bool = False

    @property
    def is_ok(self) -> bool:
        """Did the modem do it?"""
        return self.result is Result.OK


Steps: TypeAlias = Generator[Command | Rest, Answer, None]
Asking: TypeAlias = Generator[Command | Rest, Answer, Answer]


class Abandoned(Exception):
    """Nobody will answer what is in flight: the line is gone or the modem has started again."""

    def __init__(self, *, payload_written: bool) -> None:
        super().__init__()
        self.payload_written = payload_written


class Hung(Exception):
    """The modem does not answer AT any more."""


class Restarted(Exception):
    """The modem has forgotten what it was told: it has been off."""


def ask(command: Command, tries: int) -> Asking:
    """The answer to a command. After silence the dialogue is made sure of before anything else is asked.

    Raises Hung when the modem does not answer `tries` times, Restarted when it has lost its settings.
    """
    answer = yield command
    if answer.result is Result.SILENT:
        yield from synchronise(tries, is_set_up=True)
    return answer


def synchronise(tries: int, *, is_set_up: bool) -> Steps:
    """Get an answer that belongs to its question, whatever the modem was doing. Raises Hung, Restarted.

    ESC ends a prompt that hangs. Once it is set up, the modem must still be in PDU mode.
    """
    for attempt in range(tries):
        yield Rest(ESCAPE_REST_S if attempt or is_set_up else 0.0, at.ESCAPE)
        # Another program may have left it with numbers for results, or with its mouth shut.
        answer = yield Command("ATQ0V1" if attempt % 2 else "AT", _SYNC_TIMEOUT_S)
        if answer.result is Result.SILENT:
            continue
        if not answer.is_ok:
            # It took the ESC for a character of the command.
            answer = yield Command("AT", _SYNC_TIMEOUT_S)
            if not answer.is_ok:
                continue
        yield Rest(_LATE_REST_S)
        if not is_set_up:
            return
        answer = yield Command("AT+CMGF?", prefix="+CMGF:", needs_line=True)
        if answer.result is Result.SILENT:
            continue
        if answer.is_ok and answers.value(answer.lines, 0) != "0":
            raise Restarted
        return
    raise Hung


@dataclass(slots=True)
class _InFlight:
    command: Command
    deadline: float
    lines: list[str] = field(default_factory=list)
    has_prompt: bool = False  # the payload is written
    is_echoed: bool = False


class Dialogue:
    """Runs procedures over one line. The owner gives time, octets and procedures, and hears of notices."""

    def __init__(
        self,
        heard: Callable[[Notice, str, str | None], None],
        stray: Callable[[str], None],
        complain: Callable[[str, str], None],
        failed: Callable[[Exception], None],
    ) -> None:
        """`heard(notice, line, body)`; `stray(line)`, which nobody asked for; `complain(reason, line)`.

        `failed` is given the Hung or Restarted that ended a procedure.
        """
        self.is_cut = False
        self._heard = heard
        self._stray = stray
        self._complain = complain
        self._failed = failed
        self._reader = at.LineReader()
        self._output: list[bytes] = []
        self._waiting: deque[Steps] = deque()
        self._running: Steps | None = None
        self._in_flight: _InFlight | None = None
        self._resting_until: float | None = None
        self._bodies: list[tuple[Notice | None, str]] = []  # headers whose next line has not come; None: the answer's
        self._unfinished: list[str] = []  # lines of a notice with a text of several lines
        self._overflows = 0

    @property
    def is_idle(self) -> bool:
        """Is nothing asked and nothing to be asked?"""
        return self._running is None and not self._waiting

    def data_to_send(self) -> bytes:
        """The octets to write now, taken out."""
        data = b"".join(self._output)
        self._output.clear()
        return data

    def run(self, steps: Steps, now: float, *, first: bool = False) -> None:
        """Begin a procedure, or put it behind those that wait (`first`: before them)."""
        if first:
            self._waiting.appendleft(steps)
        else:
            self._waiting.append(steps)
        self._next_procedure(now)

    def receive(self, data: bytes, now: float) -> None:
        """Take octets as they came."""
        if self.is_cut:
            return
        self._reader.feed(data)
        while (line := self._reader.next()) is not None:
            if line == at.PROMPT:
                self._write_payload(now)
            else:
                self._take(line, now)
            if self.is_cut:
                return
        if self._reader.overflows != self._overflows:
            self._overflows = self._reader.overflows
            self._complain("a line without end", "")

    def tick(self, now: float) -> None:
        """Let time pass."""
        if self._resting_until is not None and now >= self._resting_until:
            self._resting_until = None
            self._go_on(Answer(Result.OK), now)
            self._next_procedure(now)
        elif self._in_flight is not None and now >= self._in_flight.deadline:
            self._end_command(Result.SILENT, None, now)

    def abandon(self) -> None:
        """Nothing that was asked will be answered: the procedure that runs gets Abandoned, the others never begin."""
        in_flight, self._in_flight = self._in_flight, None
        running, self._running = self._running, None
        self._resting_until = None
        self._reader.awaits_prompt = False
        self._waiting.clear()
        if running is not None:
            with contextlib.suppress(Abandoned):
                running.throw(Abandoned(payload_written=in_flight is not None and in_flight.has_prompt))

    def cut(self) -> None:
        """The line is gone."""
        self.is_cut = True
        self.abandon()
        self._output.clear()

    # Procedures.

    def _next_procedure(self, now: float) -> None:
        while self._running is None and self._waiting and not self.is_cut:
            self._running = self._waiting.popleft()
            self._go_on(None, now)

    def _go_on(self, answer: Answer | None, now: float) -> None:
        """Give the running procedure its answer (None at its begin) and do what it wants next."""
        steps = self._running
        if steps is None:
            return
        try:
            step = next(steps) if answer is None else steps.send(answer)
        except StopIteration:
            self._running = None
            return
        except (Hung, Restarted) as failure:
            self._running = None
            self._failed(failure)
            return
        if isinstance(step, Rest):
            if step.write:
                self._output.append(step.write)
            self._resting_until = now + step.seconds
            return
        self._bodies = [it for it in self._bodies if it[0] is not None]
        self._in_flight = _InFlight(step, now + (step.prompt_timeout_s if step.payload else step.timeout_s))
        self._reader.awaits_prompt = bool(step.payload)
        self._output.append(f"{step.text}\r".encode("latin-1", "replace"))

    def _end_command(self, result: Result, error: Code | None, now: float) -> None:
        in_flight, self._in_flight = self._in_flight, None
        assert in_flight is not None
        self._reader.awaits_prompt = False
        self._go_on(Answer(result, tuple(in_flight.lines), error, in_flight.has_prompt), now)
        self._next_procedure(now)

    def _write_payload(self, now: float) -> None:
        if self._in_flight is not None and not self._in_flight.has_prompt:
            self._in_flight.has_prompt = True
            self._in_flight.deadline = now + self._in_flight.command.timeout_s
            self._output.append(self._in_flight.command.payload + at.END_OF_MESSAGE)

    # Lines.

    def _take(self, line: str, now: float) -> None:
        if self._unfinished and not self._join(line):
            return
        if self._bodies and at.octets(line) is not None:
            notice, header = self._bodies.pop()
            if notice is not None:
                self._heard(notice, header, line)
            elif self._in_flight is not None:
                self._keep(line)
            return
        in_flight = self._in_flight
        if in_flight is not None and self._is_echo(in_flight, line):
            return
        if in_flight is not None and self._belongs(in_flight, line):
            self._keep(line)
            if in_flight.command.has_bodies:
                self._bodies.append((None, line))
            return
        notice = at.notice_of(line)
        if notice is not None:
            if notice in at.WITH_BODY:
                self._bodies.append((notice, line))
                del self._bodies[:-4]
            elif at.has_open_quote(line):
                self._unfinished = [line]
            else:
                self._heard(notice, line, None)
            return
        final = at.final_result(line)
        if self._bodies and self._bodies[-1][0] is not None:
            self._complain("no PDU behind its header", self._bodies.pop()[1])
        if final is not None and in_flight is not None:
            self._take_final(in_flight, final, now)
        elif final is None and self._bodies:
            # What should be a PDU and is none: whoever listed the storage has to know which message it was.
            self._bodies.pop()
            self._keep(line)
        elif in_flight is not None and in_flight.command.bare and line[:1] not in ("+", "^", "*", "$"):
            self._keep(line)
        elif final is None or final.error is not None:
            self._stray(line)

    def _join(self, line: str) -> bool:
        """A line behind a notice whose text has not ended; False when it belongs to that text."""
        in_flight = self._in_flight
        answers_us = in_flight is not None and (at.final_result(line) is not None or self._belongs(in_flight, line))
        if answers_us or at.notice_of(line) is not None or len(self._unfinished) == _MOST_TEXT_LINES:
            self._complain("a text without end", "\n".join(self._unfinished))
            self._unfinished = []
            return True
        self._unfinished.append(line)
        if at.has_open_quote(line):
            text = "\n".join(self._unfinished)
            self._unfinished = []
            notice = at.notice_of(text)
            if notice is not None:
                self._heard(notice, text, None)
        return False

    def _take_final(self, in_flight: _InFlight, final: at.FinalResult, now: float) -> None:
        if final.error is not None:
            self._end_command(Result.REFUSED, final.error, now)
        elif in_flight.command.payload and not in_flight.has_prompt:
            self._complain("OK where a prompt was due", "")
        elif in_flight.command.needs_line and not in_flight.lines:
            self._complain("OK without its line", "")
        else:
            self._end_command(Result.OK, None, now)

    def _keep(self, line: str) -> None:
        if self._in_flight is not None and len(self._in_flight.lines) < MAX_LINES:
            self._in_flight.lines.append(line)

    def _is_echo(self, in_flight: _InFlight, line: str) -> bool:
        """The command comes back when echo is on, and so does the text behind the prompt."""
        if in_flight.has_prompt and line.encode("latin-1", "replace") == in_flight.command.payload:
            return True
        if in_flight.is_echoed or line != in_flight.command.text:
            return False
        in_flight.is_echoed = True
        return True

    def _belongs(self, in_flight: _InFlight, line: str) -> bool:
        command = in_flight.command
        if not command.prefix or not line.startswith(command.prefix):
            return False
        if command.payload and not in_flight.has_prompt:
            return False  # the reference of a message before this one, late
        # A change of the registration looks like the answer to the question for it.
        return "REG:" not in command.prefix or answers.answers_a_question(line)
