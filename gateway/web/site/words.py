"""The words of the pages: English in the templates, other languages by Babel's catalogues, read as they are."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib import resources
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel import Locale
from babel.dates import format_date, format_datetime, format_time
from babel.messages.catalog import Message
from babel.messages.pofile import read_po

LANGUAGES: Final = ("zh", "en")
_LOCALES: Final = {"zh": Locale("zh", script="Hans"), "en": Locale("en", "GB")}


def N_(text: str) -> str:  # noqa: N802 - what gettext calls it
    """Marks a text for the catalogues that is translated where it is shown."""
    return text


class Words:
    """One language as one area says it: texts, plurals, dates, numbers. "" is no area."""

    def __init__(self, language: str, area: str = "") -> None:
        self.language = language
        self.area = area
        self.locale = _LOCALES[language]
        self._own = catalogue(language, area) if area else {}  # two areas may mean other things by one word
        self._all = catalogue(language)

    def gettext(self, text: str) -> str:
        """The text in this language; itself where there is none."""
        found = self._found(text)
        return str(found.string) if found is not None else text

    def ngettext(self, one: str, many: str, count: int) -> str:
        """The text for a number of things."""
        found = self._found(one)
        if found is None:
            return one if count == 1 else many
        forms = found.string if isinstance(found.string, tuple | list) else (found.string,)
        return str(forms[min(_plural(self.language, count), len(forms) - 1)])

    def _found(self, text: str) -> Message | None:
        return self._own.get(text) or self._all.get(text)

    def moment(self, at_ms: int | None, zone: str, now_ms: int) -> str:
        """A moment as short as it can be understood: a time of today, a day of this year, else the date."""
        if not at_ms:
            return ""
        at, now = in_zone(at_ms, zone), in_zone(now_ms, zone)
        if at.date() == now.date():
            return format_time(at, "HH:mm", locale=self.locale)
        if at.year == now.year:
            return format_date(at, "M月d日" if self.language == "zh" else "d MMM", locale=self.locale)
        return format_date(at, "yyyy-MM-dd", locale=self.locale)

    def full_moment(self, at_ms: int | None, zone: str) -> str:
        """A moment with day and time."""
        return format_datetime(in_zone(at_ms, zone), "medium", locale=self.locale) if at_ms else ""

    def octets(self, count: int) -> str:
        """A size for people."""
        size = float(count)
        for unit in ("B", "KB", "MB", "GB", "TB"):
            if size < 1000 or unit == "TB":
                return f"{size:.0f} {unit}" if unit == "B" or size >= 100 else f"{size:.1f} {unit}"
            size /= 1024
        raise AssertionError("the last unit ends it")


@functools.cache
def words(language: str, area: str = "") -> Words:
    """The words of a language, those of one area before others; English where there is none."""
    return Words(language if language in LANGUAGES else "en", area)


@functools.cache
def catalogue(language: str, area: str = "") -> Mapping[str, Message]:
    """What the catalogue of an area (or of all) says in a language; nothing for English, in which pages are written."""
    folder = resources.files("templates").joinpath("web", "locale", language)
    found: dict[str, Message] = {}
    for file in sorted(folder.iterdir(), key=lambda it: it.name) if folder.is_dir() else ():
        if file.name == f"{area}.po" or (not area and file.name.endswith(".po")):
            with file.open("rb") as stream:
                for message in read_po(stream, locale=language):
                    if message.id and message.string and not message.fuzzy:
                        found[message.id if isinstance(message.id, str) else message.id[0]] = message
    return found


def in_zone(at_ms: int, zone: str) -> datetime:
    """A moment on the clock of a time zone; UTC for a zone nobody knows."""
    try:
        return datetime.fromtimestamp(at_ms / 1000, ZoneInfo(zone))
    except (ZoneInfoNotFoundError, ValueError):
        return datetime.fromtimestamp(at_ms / 1000, UTC)


def _plural(language: str, count: int) -> int:
    return 0 if language == "zh" or count == 1 else 1
