"""HTML of a mail made harmless: what is on a list stays, everything else goes. Pure.

nh3 parses and writes the page anew; this module says what may stay, where pictures lead, and refuses pages that would
cost too much. It is the first of four walls: the page is shown in a sandboxed frame without scripts, under a policy
that loads pictures of ours only, and from it no request carries a cookie.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import nh3

MAX_LENGTH: Final = 2 << 20  # characters
MAX_TAGS: Final = 20_000
MAX_DEPTH: Final = 256
#: Elements that the rules for unclosed formatting (HTML 13.2.4.3) may make, all together.
MAX_MADE: Final = 400_000
#: Character references: the parser moves the rest of a text at each (measured: 100 000 of them take a second).
MAX_REFERENCES: Final = 50_000
#: Attributes of one tag, and of all: a parser compares each with all before it.
MAX_ATTRIBUTES: Final = 200
MAX_ALL_ATTRIBUTES: Final = 100_000
#: Characters of a name or of a value without quotes.
MAX_WORD: Final = 4096
#: Characters of a `data:` picture.
MAX_DATA: Final = 262_144
MAX_LINK: Final = 2048

_TAGS: Final = {
    "a", "abbr", "acronym", "address", "b", "bdi", "bdo", "big", "blockquote", "br", "caption", "center", "cite",
    "code", "col", "colgroup", "dd", "del", "dfn", "div", "dl", "dt", "em", "figcaption", "figure", "font", "h1", "h2",
    "h3", "h4", "h5", "h6", "hr", "i", "img", "ins", "kbd", "li", "mark", "ol", "p", "pre", "q", "rp", "rt", "ruby",
    "s", "samp", "small", "span", "strike", "strong", "sub", "sup", "table", "tbody", "td", "tfoot", "th", "thead",
    "tr", "tt", "u", "ul", "var", "wbr",
}  # fmt: skip
_CONTENT_GOES: Final = {
    "script", "style", "title", "head", "template", "noscript", "iframe", "noembed", "noframes", "object", "applet",
    "svg", "math", "xmp", "plaintext", "select", "textarea", "canvas", "audio", "video", "frameset",
}  # fmt: skip
_BOX: Final = {"align", "valign", "bgcolor", "width", "height"}
_ATTRIBUTES: Final[dict[str, set[str]]] = {
    "*": {"style", "dir", "lang", "title", "align"},
    "a": {"href"},
    "img": {"src", "alt", "width", "height", "border", "hspace", "vspace"},
    "font": {"color", "face", "size"},
    "ol": {"start", "type", "reversed"},
    "li": {"value", "type"},
    "ul": {"type"},
    "hr": {"width", "size", "color", "noshade"},
    "table": _BOX | {"border", "cellpadding", "cellspacing", "summary"},
    "tr": _BOX,
    "td": _BOX | {"colspan", "rowspan", "nowrap"},
    "th": _BOX | {"colspan", "rowspan", "nowrap", "scope"},
    "col": {"span", "width"},
    "colgroup": {"span", "width"},
    "tbody": _BOX,
    "thead": _BOX,
    "tfoot": _BOX,
}
#: None of these fetches anything or leaves its box.
_STYLES: Final = {
    "background-color", "border", "border-bottom", "border-bottom-color", "border-bottom-style", "border-bottom-width",
    "border-collapse", "border-color", "border-left", "border-left-color", "border-left-style", "border-left-width",
    "border-radius", "border-right", "border-right-color", "border-right-style", "border-right-width", "border-spacing",
    "border-style", "border-top", "border-top-color", "border-top-style", "border-top-width", "border-width", "clear",
    "color", "direction", "display", "float", "font", "font-family", "font-size", "font-style", "font-variant",
    "font-weight", "height", "letter-spacing", "line-height", "list-style-type", "margin", "margin-bottom",
    "margin-left", "margin-right", "margin-top", "max-height", "max-width", "min-height", "min-width", "overflow",
    "overflow-wrap", "padding", "padding-bottom", "padding-left", "padding-right", "padding-top", "table-layout",
    "text-align", "text-decoration", "text-indent", "text-transform", "vertical-align", "visibility", "white-space",
    "width", "word-break", "word-spacing", "word-wrap",
}  # fmt: skip
_SCHEMES: Final = {"http", "https", "mailto", "tel", "cid", "data"}

_TAG: Final = re.compile(r"<(/?)([a-zA-Z][^\s/>]{0,40})")
_ATTRIBUTE: Final = re.compile(
    rf"[\s/]{{0,{MAX_WORD}}}+=?[^\s/>=]{{0,{MAX_WORD}}}+(?:\s{{0,{MAX_WORD}}}+=\s{{0,{MAX_WORD}}}+"
    rf"(?:([\"'])|[^\s>]{{0,{MAX_WORD}}}+))?"
)
_VOID: Final = frozenset(
    ("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr")
)
#: What an HTML parser opens again in the next block when it was left open in the last.
_FORMATTING: Final = frozenset(
    ("a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u")
)
_DATA_PICTURE: Final = re.compile(r"data:image/(?:png|gif|jpe?g|webp|bmp);base64,[A-Za-z0-9+/=\s]*", re.IGNORECASE)
_BAD_STYLE: Final = re.compile(
    r"""[\\@<>]|/\*|(?<!rgb)(?<!rgba)(?<!hsl)(?<!hsla)(?<!calc)\(|javascript|-moz-binding""", re.IGNORECASE
)  # functions that fetch nothing may stay
_LINK: Final = re.compile(r"(?:https?://|mailto:|tel:)[^\x00-\x20\x7f]*", re.IGNORECASE)
_REMOTE: Final = re.compile(r"https?://[^\x00-\x20\x7f\\@]+", re.IGNORECASE)

#: Where a picture leads: for a Content-ID, or for an address elsewhere; None = it is not shown.
Lead = Callable[[str], str | None]


@dataclass(frozen=True, slots=True)
class SafePage:
    """The harmless page, and what it wanted to load from elsewhere."""

    html: str
    remote: tuple[str, ...] = ()  # addresses of pictures elsewhere, each once


@dataclass(slots=True)
class _Pictures:
    inside: Lead
    elsewhere: Lead
    remote: dict[str, None] = field(default_factory=dict)

    def lead(self, address: str) -> str | None:
        """Where a picture of this address leads."""
        address = address.strip()
        if address[:4].lower() == "cid:":
            return self.inside(address[4:])
        if _DATA_PICTURE.fullmatch(address):
            return address if len(address) <= MAX_DATA else None
        if len(address) <= MAX_LINK and _REMOTE.fullmatch(address):
            self.remote[address] = None
            return self.elsewhere(address)
        return None


def safe_page(page: str, inside: Lead, elsewhere: Lead) -> SafePage | None:
    """The page without what could harm; None for one too large or too deep, whose text is to be shown instead."""
    if is_too_much(page):
        return None
    pictures = _Pictures(inside, elsewhere)

    def keep(tag: str, name: str, value: str) -> str | None:
        if name == "style":
            return ";".join(one for one in value.split(";") if not _BAD_STYLE.search(one))
        if name == "href":
            return value.strip() if len(value) <= MAX_LINK and _LINK.fullmatch(value.strip()) else None
        if name == "src":
            return pictures.lead(value)
        return value

    cleaned = nh3.clean(
        page,
        tags=_TAGS,
        clean_content_tags=_CONTENT_GOES,
        attributes=_ATTRIBUTES,
        attribute_filter=keep,
        url_schemes=_SCHEMES,
        filter_style_properties=_STYLES,
        link_rel="noopener noreferrer nofollow",
        set_tag_attribute_values={"a": {"target": "_blank"}},
        strip_comments=True,
    )
    return SafePage(cleaned, tuple(pictures.remote))


def is_too_much(page: str) -> bool:
    """Whether parsing this could take long: measured before any tree is made, in time that grows with the length."""
    if len(page) > MAX_LENGTH or page.count("&") > MAX_REFERENCES:
        return True
    depth = formatting = made = attributes = 0
    quotes = {quote: [match.start() for match in re.finditer(quote, page)] for quote in "\"'"}
    for tags, match in enumerate(_TAG.finditer(page), 1):
        name = match[2].lower()
        is_formatting = name in _FORMATTING
        if match[1]:
            depth = max(0, depth - 1)
            formatting = max(0, formatting - is_formatting)
        elif name not in _VOID:
            depth += 1
            formatting += is_formatting
        made += formatting
        attributes += _attributes(page, match.end(), quotes)
        if tags > MAX_TAGS or depth > MAX_DEPTH or made > MAX_MADE or attributes > MAX_ALL_ATTRIBUTES:
            return True
    return False


def _attributes(page: str, position: int, quotes: Mapping[str, Sequence[int]]) -> int:
    """How many attributes a tag has whose name ends here, if a tag it is; too many when it cannot be said.

    As a parser reads them (HTML 13.2.5.32). Comments and scripts are not left out: where they end depends on the tree.
    """
    for count in range(MAX_ATTRIBUTES + 1):
        if position >= len(page) or page[position] == ">":
            return count
        match = _ATTRIBUTE.match(page, position)
        assert match is not None, "it may be empty"
        if match.end() == position or match.end() - position >= MAX_WORD:
            break
        position = match.end()
        if match[1]:
            places = quotes[match[1]]
            following = bisect_left(places, position)
            position = places[following] + 1 if following < len(places) else len(page)
    return MAX_ALL_ATTRIBUTES + 1
