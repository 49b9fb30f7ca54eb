"""The end of a message in the words of a report (SMPP 3.4 appendix B, CMPP status report). Pure."""

from __future__ import annotations

import re
from typing import Final

from gateway.core.outbox import State

_DELIVERED: Final = "DELIVRD"
_WORDS: Final = {State.DELIVERED: _DELIVERED, State.EXPIRED: "EXPIRED", State.CANCELLED: "DELETED"}
_FAILED: Final = "UNDELIV"
#: Words for failures that both protocols have, and those that carriers in China add (MK:0001, CB:0010).
_PASSED_ON: Final = re.compile(r"(UNDELIV|REJECTD|DELETED|EXPIRED|UNKNOWN)\b", re.ASCII)
_VENDOR: Final = re.compile(r"[A-Z]{2}:[0-9]{4}", re.ASCII)
_NUMBER: Final = re.compile(r":0*([0-9]{1,3})$", re.ASCII)


def word(state: str, code: str) -> str:
    """The seven letters for an end; a carrier's own word for a failure is passed on where all know it."""
    found = _WORDS.get(State(state))
    if found is not None:
        return found
    known = _PASSED_ON.match(code)
    return known[1] if known else _FAILED


def vendor_word(state: str, code: str) -> str:
    """As `word`, for CMPP: the words of carriers in China are passed on too."""
    if state == State.FAILED and _VENDOR.fullmatch(code):
        return code
    return word(state, code)


def error_number(state: str, code: str) -> int:
    """The carrier's number for a failure, 0 to 999; 0 where it gave none."""
    found = None if state == State.DELIVERED else _NUMBER.search(code)
    return int(found[1]) if found else 0
