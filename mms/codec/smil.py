"""The SMIL of an MMS: pages of at most one picture or film, one text and one sound (OMA MMS Conformance, section 8).

Written strictly, read leniently: real senders leave regions, sizes and even pages out, put `seq` where none belongs,
quote as they like, and close nothing. Reading never raises; what is no SMIL has no pages. Pure.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple
from xml.sax.saxutils import quoteattr

from mms.codec.errors import MmsFormatError

#: Octets that are read.
MAX_OCTETS: Final = 65_536
#: Pages and media of a presentation; more are left out.
MAX_PAGES: Final = 200
MAX_MEDIA: Final = 500
#: Attributes of a tag that are looked at.
MAX_ATTRIBUTES: Final = 30
#: Longest time on a page that is believed.
MAX_MS: Final = 3_600_000

_VISUAL: Final = frozenset({"img", "video", "animation"})
_MEDIA: Final = _VISUAL | {"text", "audio", "ref", "textstream"}
_NUMBER: Final = re.compile(r"\s*([0-9]{1,9}(?:\.[0-9]{0,9})?)\s*(ms|s|min|h)?\s*", re.IGNORECASE)
_CLOCK: Final = re.compile(r"\s*(?:([0-9]{1,3}):)?([0-9]{1,2}):([0-9]{1,2}(?:\.[0-9]{0,9})?)\s*")
_FACTORS: Final = {"ms": 1, "s": 1000, "min": 60_000, "h": 3_600_000, "": 1000}
#: Pixels from top to bottom of a layout of no size, so that pixels compare with per cents.
_USUAL_HEIGHT: Final = 160
_TAG: Final = re.compile(r"(/?)\s*+([A-Za-z][A-Za-z0-9:_.-]{0,60})")
# No value holds "<", where pieces are cut: a quote that is left open ends with its tag.
_ATTRIBUTE: Final = re.compile(
    r"""[\s/"']*+([^\s=<>/"']++)(?:\s*+=\s*+(?:"([^"]*+)"|'([^']*+)'|["']?+([^\s>"']*+)))?+"""
)
_SIZE: Final = re.compile(r"\s*(-?[0-9]{1,6})(?:\.[0-9]{0,9})?\s*(px|%)?\s*")


class Medium(NamedTuple):
    """One element of a page."""

    #: img, video, text, audio, or ref: whatever its part is.
    tag: str
    #: As it stands there: a name, or "cid:…".
    src: str
    region: str = ""
    #: Words that stand for it.
    alt: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """What is shown at once. 0 ms: not said."""

    media: tuple[Medium, ...]
    duration_ms: int = 0


@dataclass(frozen=True, slots=True)
class Presentation:
    """What a SMIL says."""

    pages: tuple[Page, ...] = ()
    #: Of the layout, in pixels; 0 = not said.
    width: int = 0
    height: int = 0
    #: The region for text is above the one for pictures.
    text_first: bool = False


def write(pages: Sequence[Page], *, width: int, height: int, text_first: bool = False) -> bytes:
    """A SMIL that old phones read: two regions called Image and Text, times in milliseconds; ASCII where names are.

    Pages have visuals (img, video), text and audio, each at most once. Raises MmsFormatError otherwise.
    """
    if not 0 < width < 10_000 or not 0 < height < 10_000:
        raise MmsFormatError("a screen of no size", field="SMIL")
    has_visual = any(medium.tag in _VISUAL for page in pages for medium in page.media)
    has_text = any(medium.tag == "text" for page in pages for medium in page.media)
    share = height * 2 // 3 if has_visual and has_text else height
    heights = {"Image": share, "Text": height - share if has_visual and has_text else height}
    order = ("Text", "Image") if text_first else ("Image", "Text")
    out = [f'<smil><head><layout><root-layout width="{width}" height="{height}"/>']
    top = 0
    for region in order:
        if not (has_visual if region == "Image" else has_text):
            continue
        fit = "meet" if region == "Image" else "scroll"
        out.append(
            f'<region id="{region}" left="0" top="{top}" width="{width}" height="{heights[region]}" fit="{fit}"/>'
        )
        top += heights[region]
    out.append("</layout></head><body>")
    out += (_written(page, text_first) for page in pages)
    out.append("</body></smil>")
    return "".join(out).encode()


def _written(page: Page, text_first: bool) -> str:
    kinds = [_kind(medium.tag) for medium in page.media]
    if len(set(kinds)) < len(kinds) or "ref" in kinds:
        raise MmsFormatError("a page has at most one picture or film, one text and one sound", field="SMIL")
    ranks = {"visual": 1, "text": 0 if text_first else 2, "audio": 3}
    media = sorted(page.media, key=lambda medium: ranks[_kind(medium.tag)])
    inside = "".join(
        f"<{medium.tag} src={quoteattr(medium.src)}"
        + {"visual": ' region="Image"', "text": ' region="Text"', "audio": ""}[_kind(medium.tag)]
        + "/>"
        for medium in media
    )
    return f'<par dur="{max(1, page.duration_ms)}ms">{inside}</par>'


def _kind(tag: str) -> str:
    return "visual" if tag in _VISUAL else tag


def read(octets: bytes) -> Presentation:
    """What a SMIL says, as far as it can be understood. Never raises."""
    text = _decoded(octets[:MAX_OCTETS])
    reader = _Reader()
    for closes, tag, given in _tags(text):
        if closes:
            reader.end(tag)
        else:
            reader.begin(tag, given)
    return reader.presentation()


def _tags(text: str) -> Iterator[tuple[bool, str, dict[str, str]]]:
    """Every tag: whether it closes, its name and attributes in lower case, without prefixes.

    Declarations and instructions are passed over, and nothing they define is known. A scanner of our own: expat refuses
    what real senders write, and the time of html.parser grows with the square of what is left open.
    """
    for piece in _without_comments(text).split("<")[1:]:
        found = _TAG.match(piece)
        if found is None:
            continue
        given: dict[str, str] = {}
        at = found.end()
        while len(given) < MAX_ATTRIBUTES and (attribute := _ATTRIBUTE.match(piece, at)) is not None:
            at = attribute.end()
            value = attribute[2] or attribute[3] or attribute[4] or ""
            if attribute[4] and piece.startswith(">", at):
                value = value.removesuffix("/")  # <img src=a.gif/>
            given.setdefault(attribute[1].lower().rpartition(":")[2], html.unescape(value))
        tag = found[2].lower().rpartition(":")[2]
        yield bool(found[1]), tag, given
        if not found[1] and piece.find("/>", at, at + 4) >= 0:
            yield True, tag, {}


def _without_comments(text: str) -> str:
    kept = []
    at = 0
    while (start := text.find("<!--", at)) >= 0 and (end := text.find("-->", start + 4)) >= 0:
        kept.append(text[at:start])
        at = end + 3
    kept.append(text[at:])
    return "".join(kept)


def _decoded(octets: bytes) -> str:
    for mark, charset in ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")):
        if octets.startswith(mark):
            return octets[len(mark) :].decode(charset, "replace")
    return octets.decode("utf-8", "replace")


@dataclass(slots=True)
class _Draft:
    """A page while it is read."""

    duration_ms: int = 0
    media: list[Medium] = field(default_factory=list)

    def takes(self, medium: Medium) -> bool:
        """Whether it has a place for this."""
        kind = _kind(medium.tag)
        return kind == "ref" or all(_kind(other.tag) != kind for other in self.media)


class _Reader:
    """Collects pages from tags, whatever is open when they come."""

    def __init__(self) -> None:
        self._pages: list[_Draft] = []
        self._open: _Draft | None = None
        self._in_sequence = 0  # seqs that are open, within the par where one is
        self._around = 0  # those around it
        self._par_ms = 0
        self._count = 0
        self._size = (0, 0)
        self._tops: dict[str, float] = {}

    def presentation(self) -> Presentation:
        """What was read."""
        pages = tuple(Page(tuple(page.media), page.duration_ms) for page in self._pages if page.media)
        return Presentation(pages, *self._size, text_first=self._text_first(pages))

    def begin(self, tag: str, given: dict[str, str]) -> None:
        """A tag that opens something."""
        if tag == "par":
            self._around, self._in_sequence = self._around or self._in_sequence, 0
            self._par_ms = _milliseconds(given.get("dur", ""))
            self._begin(self._par_ms)
        elif tag == "seq":
            self._in_sequence += 1
        elif tag == "root-layout":
            self._size = _pixels(given.get("width", "")), _pixels(given.get("height", ""))
        elif tag == "region":
            self._tops.setdefault(given.get("id", "").lower(), _place(given.get("top", ""), self._size[1]))
        elif tag in _MEDIA:
            self._medium(tag, given)

    def end(self, tag: str) -> None:
        """A tag that closes something."""
        if tag == "par":
            self._open = None
            self._around, self._in_sequence = 0, self._around
            self._par_ms = 0
        elif tag == "seq" and self._in_sequence:
            self._in_sequence -= 1

    def _begin(self, duration_ms: int) -> None:
        self._open = None
        if len(self._pages) < MAX_PAGES:
            self._open = _Draft(duration_ms)
            self._pages.append(self._open)

    def _medium(self, tag: str, given: dict[str, str]) -> None:
        src = given.get("src", "").strip()
        if not src or self._count >= MAX_MEDIA:
            return
        self._count += 1
        tag = {"animation": "img", "textstream": "text"}.get(tag, tag)
        medium = Medium(tag, src[:500], given.get("region", "")[:100], given.get("alt", "")[:500])
        is_next = self._in_sequence and self._open is not None and self._open.media and tag != "audio"
        if self._open is None or is_next or not self._open.takes(medium):
            # Media without a page stand on one together; more of a kind, and those one after another, go on the next.
            self._begin(_milliseconds(given.get("dur", "")) or self._par_ms)
        if self._open is not None:
            self._open.media.append(medium)

    def _text_first(self, pages: Sequence[Page]) -> bool:
        """By the places of the regions; without those by the order on the first page that has both."""
        for page in pages:
            kinds = [_kind(medium.tag) for medium in page.media]
            if "text" not in kinds or "visual" not in kinds:
                continue
            text = page.media[kinds.index("text")].region.lower()
            visual = page.media[kinds.index("visual")].region.lower()
            if text in self._tops and visual in self._tops and self._tops[text] != self._tops[visual]:
                return self._tops[text] < self._tops[visual]
            return kinds.index("text") < kinds.index("visual") and not (text or visual)
        return False


def _milliseconds(text: str) -> int:
    """A time as SMIL writes it; 0 for one that is missing, endless or absurd."""
    number = _NUMBER.fullmatch(text)
    if number is not None:
        found = float(number[1]) * _FACTORS[(number[2] or "").lower()]
    elif (clock := _CLOCK.fullmatch(text)) is not None:
        found = (int(clock[1] or 0) * 3600 + int(clock[2]) * 60 + float(clock[3])) * 1000
    else:
        return 0
    return int(found) if found <= MAX_MS else 0


def _pixels(text: str) -> int:
    """A size in pixels; 0 for one in per cent, or none."""
    size = _SIZE.fullmatch(text)
    return max(0, int(size[1])) if size is not None and size[2] != "%" else 0


def _place(text: str, height: int) -> float:
    """Where a region begins, as a share of the height."""
    size = _SIZE.fullmatch(text)
    if size is None:
        return 0.0
    return int(size[1]) / (100 if size[2] == "%" else height or _USUAL_HEIGHT)


def sources(presentation: Presentation) -> Iterable[str]:
    """What the pages name, in order."""
    return (medium.src for page in presentation.pages for medium in page.media)
