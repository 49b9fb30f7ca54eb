"""What a trace must not show: passwords never, texts and numbers on wish; every PDU keeps its length. Pure.

The codecs of `carriers.wire` take a PDU apart and put it together again; the names of the specifications say which
fields are which. A PDU that could hold a secret and cannot be read is shown with its body struck out.
"""

from __future__ import annotations

import re
from typing import Any, Final

from carriers.wire import WireTool

#: Octets of length, command and sequence number that every protocol here begins with.
HEAD: Final = 12
#: No PDU is longer (a submit_multi of SMPP with all it can hold has about 71 000 octets).
MAX_PDU: Final = 200_000

#: Commands that log in or answer a login: bind_* and outbind of SMPP, CONNECT, Bind and Login of the others.
_LOGINS: Final = frozenset({0x1, 0x2, 0x9, 0xB, 0x8000_0001})
_SECRET: Final = re.compile(r"password|authenticator|secret", re.IGNORECASE)
_NUMBER: Final = re.compile(
    r"addr|terminal_?id|term_?id|src_?id|dest_?id|sp_?number|user_?number|charge_?number|number$", re.IGNORECASE
)
_TEXT: Final = re.compile(r"short_message|msg_?content|message_?content|message_payload", re.IGNORECASE)
_DIGITS: Final = re.compile(r"\+?[0-9]{5,}")
_HEX: Final = re.compile(r"(?:[0-9a-fA-F]{2})+")
#: Last digits of a number that stay.
_SHOWN_DIGITS: Final = 4
_STAR: Final = "2a"
#: Where the text of the message begins in a report written as text.
_REPORT_TEXT: Final = re.compile(rb"(?:text|txt):", re.IGNORECASE)
_CMPP_REPORT_NUMBER: Final = 35  # octets before Dest_terminal_Id in a CMPP report; 4 come behind it


class Frames:
    """Cuts a stream of one side into PDUs: each begins with its length, big-endian."""

    def __init__(self) -> None:
        self._came = bytearray()
        self._lost = False

    def feed(self, data: bytes) -> list[bytes]:
        """The PDUs that are whole now. From a length on that cannot be, octets come out as they came."""
        if self._lost:
            return [data]
        self._came += data
        found = []
        at = 0
        while len(self._came) - at >= 4:
            length = int.from_bytes(self._came[at : at + 4], "big")
            if not HEAD <= length <= MAX_PDU:
                self._lost = True
                found.append(bytes(self._came[at:]))
                at = len(self._came)
                break
            if len(self._came) - at < length:
                break
            found.append(bytes(self._came[at : at + length]))
            at += length
        del self._came[:at]
        return found


def begins_like_pdu(data: bytes) -> bool:
    """Whether these octets can be the beginning of a PDU; a tap may be set in the middle of one."""
    return len(data) >= HEAD and HEAD <= int.from_bytes(data[:4], "big") <= MAX_PDU and data[5] in (0, 1)


def masked(frame: bytes, tool: WireTool | None, *, everything: bool) -> bytes:
    """A PDU without its secrets; `everything` strikes out texts and all but the last digits of numbers too."""
    login = len(frame) < HEAD or int.from_bytes(frame[4:8], "big") in _LOGINS
    if not login and not everything:
        return frame
    struck = frame[:HEAD] + bytes(len(frame) - HEAD) if len(frame) > HEAD else frame
    if tool is None:
        return struck
    try:
        line = tool.decode(frame)
        _strike(line, line, everything=everything)
        again = tool.encode(line)
    except Exception:
        # Not only what the codec refuses: whatever is wrong with a PDU, looking at it must not cost the line.
        return struck
    return again if len(again) == len(frame) else struck


def _strike(table: dict[str, Any], line: dict[str, Any], *, everything: bool) -> None:
    name_of_parameter = str(table.get("tag", ""))
    for name, value in table.items():
        if _SECRET.search(name):
            table[name] = _stars(value)
        elif isinstance(value, list):
            table[name] = [_in_list(name, item, line, everything=everything) for item in value]
        elif not everything:
            continue
        elif _TEXT.search(name) or (_TEXT.search(name_of_parameter) and name in ("value", "hex")):
            table[name] = _without_text(value, line)
        elif isinstance(value, str):
            table[name] = _without_number(name, value)


def _in_list(name: str, item: Any, line: dict[str, Any], *, everything: bool) -> Any:
    if isinstance(item, dict):
        _strike(item, line, everything=everything)
    elif isinstance(item, str) and everything:
        return _without_number(name, item)
    return item


def _stars(value: Any) -> Any:
    if isinstance(value, dict):
        return {"hex": "00" * (len(str(value.get("hex", ""))) // 2)}
    text = str(value)
    # A digest is written in hexadecimal, a password as it is.
    return "0" * len(text) if len(text) == 32 and _HEX.fullmatch(text) else "*" * len(text)


def _without_number(name: str, value: str) -> str:
    if _NUMBER.search(name) and _DIGITS.fullmatch(value):
        return "*" * (len(value) - _SHOWN_DIGITS) + value[-_SHOWN_DIGITS:]
    return value


def _without_text(value: Any, line: dict[str, Any]) -> Any:
    digits = value.get("hex", "") if isinstance(value, dict) else value
    if not isinstance(digits, str) or not _HEX.fullmatch(digits):
        return value
    octets = bytes.fromhex(digits)
    kept = _kept(octets, line)
    struck = (octets[:kept].hex() + _STAR * (len(octets) - kept)) if kept >= 0 else _without_report_number(octets).hex()
    return {"hex": struck} if isinstance(value, dict) else struck


def _kept(octets: bytes, line: dict[str, Any]) -> int:
    """How many octets from the beginning are no text; -1 for a report of CMPP, which is all numbers."""
    if "receipt" in line or line.get("IsReport") == 1:
        found = _REPORT_TEXT.search(octets)
        if found:
            return found.end()
        return len(octets) if octets.startswith(b"id:") else 0
    if line.get("PDU") == "DELIVER" and line.get("Registered_Delivery") == 1:
        return -1
    parameters = {it.get("Tag"): it.get("Value") for it in line.get("TLVs", ())}
    has_header = int(line.get("esm_class") or 0) & 0x40 or line.get("TP_udhi") or parameters.get("TP_udhi")
    return min(octets[0] + 1, len(octets)) if has_header and octets else 0


def _without_report_number(octets: bytes) -> bytes:
    number = octets[_CMPP_REPORT_NUMBER:-4]
    kept = number.rstrip(b"\0")
    struck = b"*" * max(0, len(kept) - _SHOWN_DIGITS) + kept[-_SHOWN_DIGITS:] + bytes(len(number) - len(kept))
    return octets[:_CMPP_REPORT_NUMBER] + struck + octets[-4:]
