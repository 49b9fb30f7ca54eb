"""Many mails in one file: mbox, in the form that loses nothing. Pure.

That form (mboxrd) puts one more ">" before each line that may be taken for the beginning of a mail. Flags stand in
front of each mail as Status and X-Status.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from gateway.core.webmail import SEEN, STARRED

MAX_MAILS: Final = 20_000

_QUOTED: Final = re.compile(rb"^(>*From )", re.MULTILINE)
_UNQUOTED: Final = re.compile(rb"^>(>*From )", re.MULTILINE)
_BEGIN: Final = re.compile(rb"(?:\A|(?<=\n\n)|(?<=\n\r\n))From [^\n]*\n")
_STATUS: Final = re.compile(rb"(?:Status: ([^\n]{0,20})\n)?(?:X-Status: ([^\n]{0,20})\n)?")
_ADDRESS: Final = re.compile(r"[^\s\x00-\x20\x7f-\uffff]{1,200}")


@dataclass(frozen=True, slots=True)
class Boxed:
    """A mail of a file."""

    data: bytes
    flags: str  # Maildir letters


def is_mbox(data: bytes) -> bool:
    """Whether a file holds mails one after the other, and is not one mail."""
    return data.startswith(b"From ") and not data.startswith(b"From :")


def boxed(data: bytes, *, sender: str, at_ms: int, flags: str) -> bytes:
    """A mail as a piece of a file."""
    who = sender if _ADDRESS.fullmatch(sender) else "MAILER-DAEMON"
    when = time.strftime("%a %b %d %H:%M:%S %Y", time.gmtime(at_ms / 1000))
    status = f"Status: {'RO' if SEEN in flags else 'O'}\n"
    marks = ("F" if STARRED in flags else "") + ("A" if "R" in flags else "")
    more = f"X-Status: {marks}\n" if marks else ""
    plain = data.replace(b"\r\n", b"\n")
    end = b"\n" if plain.endswith(b"\n") else b"\n\n"
    return f"From {who} {when}\n{status}{more}".encode() + _QUOTED.sub(rb">\1", plain) + end


def unboxed(data: bytes) -> Iterator[Boxed]:
    """The mails of a file, at most MAX_MAILS; of a file that is one mail, that mail."""
    if not is_mbox(data):
        if data.strip():
            yield Boxed(data, SEEN)
        return
    begins = [(match.start(), match.end()) for match in _BEGIN.finditer(data)][: MAX_MAILS + 1]
    ends = [start for start, _ in begins[1:]] + [len(data)]
    for (_, start), end in list(zip(begins, ends, strict=True))[:MAX_MAILS]:
        body = data[start:end].replace(b"\r\n", b"\n")
        found = _STATUS.match(body)
        assert found is not None, "it may be empty"
        status, marks = found[1], found[2] or b""
        flags = SEEN if status is None or b"R" in status else ""
        flags += (STARRED if b"F" in marks else "") + ("R" if b"A" in marks else "")
        mail = _UNQUOTED.sub(rb"\1", body[found.end() :])
        if mail.strip():
            yield Boxed((mail.removesuffix(b"\n")).replace(b"\n", b"\r\n"), "".join(sorted(flags)))
