"""The grammar of what a modem says: lines, final results, prompts, notices (3GPP TS 27.007 4, ITU-T V.250 5).

Pure, and never raises: a modem's line carries anything, among it the noise of its start, halves of lines after a
reset and another program's answers.
"""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass
from typing import Final

from carriers.gsm.errors import PLAIN, Code, code_of

#: The longest line with a meaning is a USSD answer: 182 characters as hexadecimal UCS-2, 728 octets, and a frame.
MAX_LINE: Final = 2048
MAX_FIELDS: Final = 64
ESCAPE: Final = b"\x1b"
END_OF_MESSAGE: Final = b"\x1a"
#: The token of the prompt; no line is ever handed out as this.
PROMPT: Final = ">"

_LINE_END: Final = re.compile(rb"[\r\n]")
#: What commands of extensions begin with: those of 3GPP, and of makers.
_SIGNS: Final = ("+", "^", "*", "$")
_LONGEST_NAME: Final = 24
_NOT_TEXT: Final = "\x00\x1a\x1b \t"


class LineReader:
    """Lines out of octets that come in any pieces.

    A line ends with CR, LF or both, so that echo (`AT<CR>`) and answers (`<CR><LF>OK<CR><LF>`) come apart in every
    mixture; empty lines are dropped. The prompt has no line end and is looked for only while `awaits_prompt`: text that
    begins with ">" is nothing special else. A line above MAX_LINE octets is dropped whole and counted in `overflows`.
    """

    __slots__ = ("_buffer", "_skipping", "awaits_prompt", "overflows")

    def __init__(self) -> None:
        self.awaits_prompt = False
        self.overflows = 0
        self._buffer = bytearray()
        self._skipping = False

    def feed(self, data: bytes) -> None:
        """Keep the next octets."""
        self._buffer += data

    def next(self) -> str | None:
        """The next line or PROMPT; None until more octets come."""
        buffer = self._buffer
        while True:
            found = _LINE_END.search(buffer)
            if found is None:
                return self._unfinished()
            end = found.start()
            raw = bytes(buffer[:end])
            del buffer[: end + 1]
            if self._skipping or len(raw) > MAX_LINE:
                self.overflows += not self._skipping
                self._skipping = False
                continue
            line = raw.decode("latin-1").strip(_NOT_TEXT)
            if line.startswith(">"):
                if self.awaits_prompt and line == PROMPT:
                    self.awaits_prompt = False
                    return PROMPT
                line = line.lstrip("> ")
            if line:
                return line

    def _unfinished(self) -> str | None:
        buffer = self._buffer
        if self.awaits_prompt and buffer.lstrip(b"\x00 ").startswith(b">"):
            self.awaits_prompt = False
            buffer.clear()
            return PROMPT
        if len(buffer) > MAX_LINE:
            self.overflows += not self._skipping
            self._skipping = True
            buffer.clear()
        return None

    def clear(self) -> None:
        """Forget the half line that waits for its end."""
        self._buffer.clear()
        self._skipping = False


@dataclass(frozen=True, slots=True)
class FinalResult:
    """The end of an answer; `error` is None for OK."""

    error: Code | None = None


_OK: Final = FinalResult()
_ERROR: Final = FinalResult(PLAIN)
_FINALS: Final = {
    "OK": _OK,
    "ERROR": _ERROR,
    # Huawei's words for a command it does not know.
    "COMMAND NOT SUPPORT": _ERROR,
    "TOO MANY PARAMETERS": _ERROR,
    "NO CARRIER": _ERROR,
    "NO DIALTONE": _ERROR,
    "NO ANSWER": _ERROR,
    "BUSY": _ERROR,
}


def final_result(line: str) -> FinalResult | None:
    """What a line that ends an answer says; None for any other line."""
    if line[:1] == "+" and line[4:11] == " ERROR:" and line[1:4] in ("CMS", "CME"):
        return FinalResult(code_of(line[1:4], line[11:]))
    return _FINALS.get(line)


class Notice(enum.StrEnum):
    """What a modem says unasked."""

    STORED = "stored"  # +CMTI: a message lies in a storage
    STORED_REPORT = "stored_report"  # +CDSI
    MESSAGE = "message"  # +CMT: a message itself, in the next line
    REPORT = "report"  # +CDS
    BROADCAST = "broadcast"  # +CBM: a cell broadcast, in the next line
    REGISTRATION = "registration"
    USSD = "ussd"
    CALL = "call"
    FULL = "full"  # the storage takes no more messages
    SIM = "sim"  # the SIM came, went, or is being read
    STARTED = "started"  # the modem has just started: everything it was told is forgotten
    NOISE = "noise"


_NOTICES: Final = {
    "+CMTI:": Notice.STORED,
    "+CDSI:": Notice.STORED_REPORT,
    "+CMT:": Notice.MESSAGE,
    "+CDS:": Notice.REPORT,
    "+CBM:": Notice.BROADCAST,
    "+CREG:": Notice.REGISTRATION,
    "+CEREG:": Notice.REGISTRATION,
    "+CGREG:": Notice.REGISTRATION,
    "+CUSD:": Notice.USSD,
    "+CRING:": Notice.CALL,
    "+CLIP:": Notice.CALL,
    "^SMMEMFULL:": Notice.FULL,
    "+CPIN:": Notice.SIM,
    "^SIMST:": Notice.SIM,
    "+QUSIM:": Notice.SIM,
    "^SYSSTART": Notice.STARTED,
    "+SYSSTART": Notice.STARTED,
}
_WORDS: Final = {
    "RING": Notice.CALL,
    "RDY": Notice.STARTED,
    "SMS FULL": Notice.FULL,
    "+SMS FULL": Notice.FULL,
    '+QIND: "smsfull"': Notice.FULL,
    "Call Ready": Notice.NOISE,
    "SMS Ready": Notice.SIM,
    "SMS DONE": Notice.SIM,
    "PB DONE": Notice.NOISE,
    "NORMAL POWER DOWN": Notice.NOISE,
    "UNDER-VOLTAGE WARNNING": Notice.NOISE,
    "OVER-VOLTAGE WARNNING": Notice.NOISE,
    "VOICE NO CARRIER": Notice.NOISE,
}
#: Notices whose message comes in the line after them.
WITH_BODY: Final = frozenset({Notice.MESSAGE, Notice.REPORT, Notice.BROADCAST})


def notice_of(line: str) -> Notice | None:
    """What a line is that nobody asked for; None for a line that may be part of an answer.

    The two look alike for some (+CREG, +CPIN, +CUSD): whoever has such a question open looks at its answer first.
    """
    word = _WORDS.get(line)
    if word is not None:
        return word
    head, colon, _ = line.partition(":")
    known = _NOTICES.get(head + colon)
    if known is not None:
        return known
    if line.startswith('+QIND: "smsfull"'):
        return Notice.FULL
    return Notice.NOISE if line.startswith("DST:") else None


def has_open_quote(line: str) -> bool:
    """Does a text begin in this line that goes on in the next? Menus of USSD have line ends."""
    return line.count('"') % 2 == 1


def outline(line: str) -> str:
    """A line as it may be logged: its name and its length, for numbers and texts may be in it."""
    head, colon, rest = line.partition(":")
    if colon and head[:1] in _SIGNS and len(head) <= _LONGEST_NAME and head.isascii() and head.isprintable():
        return f"{head}: and {len(rest)} characters"
    return f"{len(line)} characters"


def fields(line: str) -> list[str]:
    """What stands behind the colon of a line: values between commas, without their quotes; at most MAX_FIELDS.

    Commas within quotes or parentheses part nothing: `+CPMS: ("SM","ME"),("SM")` has two values.
    """
    found: list[str] = []
    value: list[str] = []
    quoted = False
    depth = 0
    for char in line.partition(":")[2].strip():
        if char == '"' and not depth:
            quoted = not quoted
        elif char == "," and not quoted and not depth:
            found.append("".join(value).strip())
            value = []
            if len(found) == MAX_FIELDS:
                return found
        else:
            if not quoted:
                depth = max(0, depth + (char == "(") - (char == ")"))
            value.append(char)
    return [*found, "".join(value).strip()]


def number(text: str) -> int | None:
    """A number of at most nine digits as modems write it; None for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else None


def octets(line: str) -> bytes | None:
    """The octets of a line in hexadecimal, as PDUs come; None for anything else."""
    try:
        return bytes.fromhex(line) if line.isalnum() and line.isascii() else None
    except ValueError:
        return None
