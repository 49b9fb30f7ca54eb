"""Cards of people of whom little is known."""

from __future__ import annotations

from collections.abc import Iterable


def new_card(uid: str, name: str, mails: Iterable[str] = (), numbers: Iterable[str] = ()) -> bytes:
    """A vCard 3.0 of a name, mail addresses and mobile numbers."""
    shown = _escaped(name)
    lines = ["BEGIN:VCARD", "VERSION:3.0", f"UID:{uid}", f"FN:{shown}", f"N:{shown};;;;"]
    lines += [f"TEL;TYPE=CELL:{_escaped(number)}" for number in numbers]
    lines += [f"EMAIL;TYPE=INTERNET:{_escaped(address)}" for address in mails]
    return "".join(_folded(line) + "\r\n" for line in [*lines, "END:VCARD"]).encode()


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\r", "").replace("\n", "\\n")


def _folded(line: str) -> str:
    # RFC 2426 2.6: lines of at most 75 octets; a character of Chinese has three.
    pieces, piece, used = [], "", 0
    for char in line:
        size = len(char.encode())
        if used + size > 75:
            pieces.append(piece)
            piece, used = " ", 1
        piece += char
        used += size
    return "\r\n".join([*pieces, piece])
