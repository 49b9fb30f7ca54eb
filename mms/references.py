"""Which part the `src` of a SMIL means. Pure.

Senders write cid: with and without brackets, the Content-Location, the name, a path, per cent signs, other cases; and
some name parts that came without any name, and mean their order.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from urllib.parse import unquote

from mms.codec.smil import Medium as Element
from mms.codec.smil import Presentation
from mms.content import Part

_CID: Final = "cid:"
_BY_ORDER: Final = ("img", "text", "audio", "video")
_KINDS: Final = {"img": "image", "text": "text", "audio": "audio", "video": "video"}


class References:
    """Finds the parts of one body."""

    def __init__(self, parts: Sequence[Part], as_they_came: Sequence[Part]) -> None:
        """`parts` are found, by what they were called as they came: names that were made for them mean nothing."""
        self._nameless: list[Part] = []
        self._by_id: dict[str, Part] = {}
        self._by_name: dict[str, Part] = {}
        for part, before in zip(parts, as_they_came, strict=True):
            self._note(self._by_id, before.content_id.strip("<> "), part)
            named = [value for name, value in before.parameters if name in ("name", "filename")]
            if not before.name and not before.content_id:
                self._nameless.append(part)
            for key in (before.name, *named):
                self._note(self._by_name, key, part)
        self._in_order: dict[tuple[str, str], Part] = {}

    @staticmethod
    def _note(table: dict[str, Part], key: str, part: Part) -> None:
        if key:
            for spelling in (key, key.lower(), unquote(key).lower()):
                table.setdefault(spelling, part)

    def take_order(self, presentation: Presentation) -> None:
        """From now on, what means nothing is found by its order, where as many parts of its kind have no name."""
        elements = [element for page in presentation.pages for element in page.media]
        found = [self.find(element) for element in elements]
        for tag in _BY_ORDER:
            missing = dict.fromkeys(
                element.src
                for element, part in zip(elements, found, strict=True)
                if part is None and element.tag == tag
            )
            free = [part for part in self._nameless if part.media_type.startswith(f"{_KINDS[tag]}/")]
            if len(missing) == len(free):
                self._in_order |= {(tag, src): part for src, part in zip(missing, free, strict=True)}

    def find(self, element: Element) -> Part | None:
        """By Content-ID for what begins with cid:, else by name; then the other way round, unquoted, in any case."""
        src = element.src
        is_id = src[:4].lower() == _CID
        bare = src[4:].strip("<> ") if is_id else src
        plain = unquote(bare).strip("<> ").lower()
        tables = (self._by_id, self._by_name) if is_id else (self._by_name, self._by_id)
        for key in dict.fromkeys((bare, unquote(bare), plain, plain.replace("\\", "/").rpartition("/")[2])):
            for table in tables:
                if key and (part := table.get(key)) is not None:
                    return part
        return self._in_order.get((element.tag, src))
