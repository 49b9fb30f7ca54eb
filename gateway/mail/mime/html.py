"""HTML to the text a reader sees: blocks become lines, hidden preheaders, styles, scripts and pictures go.

A scanner of our own in place of html.parser, whose time grows with the square of the length on unclosed
comments and declarations; this one looks at each octet a bounded number of times.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from typing import Final

MAX_LENGTH: Final = 2 << 20  # characters
MAX_DEPTH: Final = 256
MAX_TAGS: Final = 20_000
_MAX_TAG: Final = 8192  # characters of one tag whose quotes are respected

_TAG: Final = re.compile(r"""</?([a-zA-Z][^\s/>]{0,40})((?:[^>"']++|"[^"]*+"|'[^']*+')*+)>""")
_SHORT_TAG: Final = re.compile(r"</?([a-zA-Z][^\s/>]{0,40})")
_STYLE: Final = re.compile(r"""\bstyle\s*+=\s*+(?:"([^"]*+)"|'([^']*+)'|([^\s>]++))""", re.IGNORECASE)
_MARK: Final = re.compile(
    r"""\s(?:hidden(?=[\s=>/]|$)|(?:class|id)\s*+=\s*+["']?[^"'>]{0,200}?pre-?header)""", re.IGNORECASE
)
_INVISIBLE: Final = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|opacity\s*:\s*0(?:\.0+)?\s*(?:;|!|$)"
    r"|max-height\s*:\s*0(?:px)?\s*(?:;|!|$)",
    re.IGNORECASE,
)
_FONT_SIZE: Final = re.compile(r"font-size\s*:\s*([0-9.]+)", re.IGNORECASE)
_SPACES: Final = re.compile(r"[ \t\r\f\u00a0\u3000]+")
_NUMBER: Final = re.compile(r"&#([0-9]{8,});?")
_PADDING: Final = re.compile("[\u00ad\u034f\u061c\u200b-\u200f\u2060\ufeff]+")
_LINES: Final = re.compile(r" *\n[ \n]*")

_VOID: Final = frozenset(
    (
        "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source",
        "track", "wbr",
    )
)  # fmt: skip
_RAW: Final = frozenset(("script", "style", "title", "textarea", "xmp", "noembed", "noframes", "iframe"))
_DROPPED: Final = frozenset(
    ("head", "object", "svg", "math", "select", "template", "canvas", "audio", "video", "button", "map")
)
_BLOCKS: Final = frozenset(
    (
        "address", "article", "aside", "blockquote", "body", "br", "center", "dd", "div", "dl", "dt",
        "fieldset", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "html",
        "li", "main", "nav", "ol", "p", "pre", "section", "table", "tbody", "tfoot", "thead", "tr", "ul",
    )
)  # fmt: skip
_CELLS: Final = frozenset(("td", "th"))


@dataclass(frozen=True, slots=True)
class HtmlText:
    """The text, one block a line without empty lines; truncated if the page went beyond the limits."""

    text: str
    truncated: bool


@dataclass(frozen=True, slots=True)
class _Open:
    name: str
    is_hidden: bool  # for good: nothing inside is shown
    is_tiny: bool  # font-size 0, which an inner element may undo
    is_pre: bool  # line ends count


def html_to_text(page: str) -> HtmlText:
    """What a reader sees of the page; of links the words, not the address.

    Reads at most MAX_LENGTH characters, MAX_TAGS tags, MAX_DEPTH open elements. Never raises.
    """
    truncated = len(page) > MAX_LENGTH
    page = page[:MAX_LENGTH]
    last_close = page.rfind(">")
    pieces: list[str] = []
    stack: list[_Open] = []
    top = _Open("", False, False, False)
    position = tags = 0
    while position < len(page):
        start = page.find("<", position)
        if start < 0:
            start = len(page)
        if start > position and not (top.is_hidden or top.is_tiny):
            run = page[position:start]
            pieces.append(run if top.is_pre else run.replace("\n", " "))
        if start >= len(page):
            break
        if start > last_close and _SHORT_TAG.match(page, start):
            break  # a tag that never ends: the mail was cut here
        if tags >= MAX_TAGS:
            truncated = True
            break
        tags += 1
        if page.startswith("<!", start) or page.startswith("<?", start):
            position = _after_markup(page, start)
            continue
        match = _TAG.match(page, start, start + _MAX_TAG) or _SHORT_TAG.match(page, start)
        if match is None:
            if not (top.is_hidden or top.is_tiny):
                pieces.append("<")
            position = start + 1
            continue
        name = match[1].lower()
        attributes = match[2] if match.re is _TAG else ""
        position = match.end() if match.re is _TAG else page.find(">", match.end() - 1) + 1
        if name in _BLOCKS:
            pieces.append("\n")
        elif name in _CELLS:
            pieces.append(" ")
        if page[start + 1] == "/":
            top = _close(stack, name)
        elif name in _RAW:
            position = _after_raw(page, position, name)
        elif name not in _VOID and not attributes.endswith("/"):
            if len(stack) >= MAX_DEPTH:
                truncated = True
                break
            top = _opened(name, attributes, top)
            stack.append(top)
    return HtmlText(_settle("".join(pieces)), truncated)


def _after_markup(page: str, start: int) -> int:
    """Where the text goes on after a comment, declaration or instruction."""
    if page.startswith("<!--", start):
        end = page.find("-->", start + 2)
        # An unclosed comment is a bogus one up to the next ">"; going on there keeps the scan linear as well,
        # for what was searched in vain is then the rest of the page.
        return end + 3 if end >= 0 else len(page)
    return page.find(">", start) + 1 or len(page)


def _after_raw(page: str, position: int, name: str) -> int:
    """Where the text goes on after an element whose content is no markup."""
    match = re.compile(rf"</{name}[\s/>]", re.IGNORECASE).search(page, position)
    if match is None:
        return len(page)
    return page.find(">", match.end() - 1) + 1 or len(page)


def _opened(name: str, attributes: str, parent: _Open) -> _Open:
    is_pre = parent.is_pre or name == "pre"
    if not attributes and name not in _DROPPED:
        return _Open(name, parent.is_hidden, parent.is_tiny, is_pre)
    is_hidden = parent.is_hidden or name in _DROPPED or _MARK.search(attributes) is not None
    is_tiny = parent.is_tiny
    found = _STYLE.search(attributes)
    if found is not None and not is_hidden:
        style = found[1] or found[2] or found[3] or ""
        is_hidden = _INVISIBLE.search(style) is not None
        size = _FONT_SIZE.search(style)
        if size is not None:
            is_tiny = not size[1].strip("0.")
    return _Open(name, is_hidden, is_tiny, is_pre)


def _close(stack: list[_Open], name: str) -> _Open:
    """Closes the innermost element of that name, if there is one, and what is open inside it."""
    for index in range(len(stack) - 1, -1, -1):
        if stack[index].name == name:
            del stack[index:]
            break
    return stack[-1] if stack else _Open("", False, False, False)


def _settle(text: str) -> str:
    """Spaces collapsed, entities resolved, one line for each block; a newline stands only between blocks."""
    # int() refuses numbers of more than 4300 digits; with eight that are not zeros in front there is no such character.
    text = _NUMBER.sub(lambda match: f"&#{match[1].lstrip('0')[:8] or '0'};", text)
    text = _PADDING.sub("", html.unescape(text))
    return _LINES.sub("\n", _SPACES.sub(" ", text)).strip()
