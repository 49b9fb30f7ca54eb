"""What people see of the demo: lines in their language, the texts as they stand on the phone, no number in clear."""

from __future__ import annotations

import logging
import os
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Final, TextIO

from carriers.simulator.handsets import Text
from gateway.core.phone import mask
from mms.preview.terminal import in_terminal

#: Columns of a text on the small screens drawn here.
PHONE_WIDTH: Final = 34
#: Columns of a picture.
PICTURE_WIDTH: Final = 24
LANGUAGES: Final = ("zh", "en", "both")

_NEVER_FIRST: Final = frozenset("，。；：、！？）】》…”’\N{VARIATION SELECTOR-16}")

_BOLD, _DIM, _GREEN, _YELLOW, _RED, _CYAN = "1", "2", "32", "33", "31", "36"
_STATES: Final = {"DELIVRD": ("已送达", "delivered"), "": ("等回执", "no report yet")}
_WRITTEN: Final = ("手机发出", "written on the phone")
#: Facts of the journal that belong into the trace; the others are said by the phones.
_TOLD: Final = {
    "link_up": ("线路接通", "line up", _GREEN),
    "link_down": ("线路断开", "line down", _RED),
    "login_refused": ("运营商拒绝登录", "the carrier refuses the login", _YELLOW),
}


def language_of(environment: Mapping[str, str]) -> str:
    """The language of the trace by the locale of the terminal; both where it names neither Chinese nor English."""
    locale = next((environment[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if environment.get(name)), "")
    return next((language for language in ("zh", "en") if locale.lower().startswith(language)), "both")


class Screen:
    """Writes the trace to `out`; `language` is "zh", "en" or "both" (Chinese, English beneath)."""

    def __init__(self, out: TextIO, language: str) -> None:
        self._out = out
        self._language = language
        self._colours = out.isatty() and "NO_COLOR" not in os.environ

    def title(self, zh: str, en: str) -> None:
        """A heading."""
        self.plain("")
        self.say(zh, en, colour=_BOLD, indent="")

    def say(self, zh: str, en: str, *, colour: str = "", indent: str = "  ") -> None:
        """A line."""
        if self._language != "en":
            self.plain(self._coloured(indent + zh, colour))
        if self._language != "zh":
            self.plain(self._coloured(indent + en, _DIM if self._language == "both" else colour))

    def good(self, zh: str, en: str) -> None:
        """A line about something that was checked and is so."""
        self.say(f"✓ {zh}", f"✓ {en}", colour=_GREEN)

    def plain(self, text: str) -> None:
        """Text as it is."""
        self._out.write(text + "\n")
        self._out.flush()

    def phone(self, number: str, text: Text, link: str = "") -> None:
        """A text as it stands on a phone; what the phone wrote itself stands further right."""
        zh, en = _WRITTEN if text.from_phone else _STATES.get(text.word, (text.word, text.word))
        state = zh if self._language != "en" else en
        parts = f" {text.total}×" if text.total > 1 else ""
        arrow = "→" if text.from_phone else "←"
        head = f"📱 {mask(number)} {arrow} {text.peer}"
        foot = " · ".join(filter(None, (link, f"{state}{parts}")))
        left = " " * (12 if text.from_phone else 4)
        colour = _CYAN if text.from_phone else _GREEN
        for line in framed(head, text.text, foot):
            self.plain(left + self._coloured(line, colour))

    def picture(self, label: str, png: bytes) -> None:
        """The screen of a phone, drawn where the terminal has colours."""
        self.plain(f"    {label}")
        for line in in_terminal(png, PICTURE_WIDTH) if self._colours else ():
            self.plain(f"    {line}")

    @property
    def language(self) -> str:
        """Of what is drawn, where there is room for one language only."""
        return "en" if self._language == "en" else "zh"

    def journal(self, name: str, facts: Mapping[str, object]) -> None:
        """A fact of the hub's journal."""
        told = _TOLD.get(name)
        if told is not None:
            zh, en, colour = told
            reason = f"：{facts['reason']}" if "reason" in facts else ""
            self.say(f"· {facts.get('where')} {zh}{reason}", f"· {facts.get('where')}: {en}", colour=colour)

    def _coloured(self, text: str, colour: str) -> str:
        return f"\x1b[{colour}m{text}\x1b[0m" if colour and self._colours else text


class JournalEar(logging.Handler):
    """Takes the log of the process: facts go to the screen, what should not happen is kept in `troubles`."""

    def __init__(self, screen: Screen) -> None:
        super().__init__(logging.INFO)
        self.troubles: list[str] = []
        self._screen = screen

    def emit(self, record: logging.LogRecord) -> None:
        """See logging.Handler."""
        facts = getattr(record, "facts", {})
        name = record.getMessage()
        if name in _TOLD:
            self._screen.journal(name, facts)
        elif record.levelno >= logging.ERROR:
            self.troubles.append(" ".join([name, *(f"{key}={value}" for key, value in facts.items())]))


def framed(head: str, text: str, foot: str, width: int = PHONE_WIDTH) -> Sequence[str]:
    """A box of `width` columns inside, with a line above and below the text."""
    lines = [piece for line in text.split("\n") for piece in wrapped(line, width)]
    body = [f"│ {line}{' ' * (width - columns(line))} │" for line in lines]
    return [_edge("╭", head, "╮", width), *body, _edge("╰", foot, "╯", width)]


def _edge(left: str, label: str, right: str, width: int) -> str:
    label = next(iter(wrapped(label, width - 1)))
    return f"{left}─ {label} {'─' * (width - 1 - columns(label))}{right}"


def wrapped(line: str, width: int) -> list[str]:
    """The line in pieces of at most so many columns, broken as phones do: no word cut, no line begun by a stop."""
    pieces, piece = [], ""
    for char in line:
        if columns(piece + char) <= width:
            piece += char
            continue
        kept = _break(piece, char)
        pieces.append(piece[:kept].rstrip(" "))
        piece = piece[kept:] + ("" if char == " " and kept == len(piece) else char)
    return [*pieces, piece]


def _break(piece: str, char: str) -> int:
    """How many characters of a full line stay on it when this one comes next."""
    space = piece.rfind(" ")
    if _is_of_word(char) and _is_of_word(piece[-1]) and space > len(piece) // 2:
        return space + 1
    return len(piece) - 1 if char in _NEVER_FIRST and len(piece) > 1 else len(piece)


def _is_of_word(char: str) -> bool:
    return not char.isspace() and _columns(char) == 1


def columns(text: str) -> int:
    """How many columns of a terminal the text takes."""
    return sum(_columns(char) for char in text)


def _columns(char: str) -> int:
    if char == "\N{VARIATION SELECTOR-16}":
        return 1  # what stands before it becomes as wide as two
    if unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1
