"""Regular expressions of a description, kept from running away.

Python's engine tries again and again where one repeat can give to the next; with nested repeats that takes time without
end. So: two open repeats and five choices at most, no group repeated, nothing that looks back or ahead, little text.
"""

from __future__ import annotations

import re
import warnings

from gateway.core.errors import ConfigError

#: Characters of an answer that a pattern is tried on.
MAX_TEXT = 1024
MAX_PATTERN = 500
#: Repeats of no fixed length, of which each may try every length.
MAX_REPEATS = 2
#: `?` and `|`, of which each may double the work.
MAX_CHOICES = 5

_GROUP = re.compile(r"\((?:\?P<\w+>|\?:|(?!\?))")
_COUNT = re.compile(r"\{([0-9]{0,4})(?:,([0-9]{0,4}))?\}")


def compile_pattern(text: str, where: str) -> re.Pattern[str]:
    """A pattern that is safe to try on MAX_TEXT characters; it is matched from the beginning. Raises ConfigError."""
    if len(text) > MAX_PATTERN:
        raise ConfigError(f"{where}: a pattern has at most {MAX_PATTERN} characters")
    _check(text, where)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # Python warns of "[[" and the like, which may mean something else one day
            return re.compile(text, re.DOTALL)
    except (re.error, OverflowError, RecursionError, Warning) as error:
        raise ConfigError(f"{where}: {error}") from error


def _check(text: str, where: str) -> None:
    at, repeats, choices, after_group = 0, 0, 0, False
    while at < len(text):
        char = text[at]
        if char == "\\":
            if text[at + 1 : at + 2].isdigit():
                raise ConfigError(f"{where}: a pattern cannot ask for a group again")
            at, after_group = at + 2, False
        elif char == "[":
            at, after_group = _class_end(text, at), False
        elif char == "(":
            group = _GROUP.match(text, at)
            if group is None:
                raise ConfigError(f"{where}: groups are (...), (?:...) and (?P<name>...), nothing else")
            at, after_group = group.end(), False
        elif char in "*+?" or (char == "{" and _COUNT.match(text, at)):
            count = _COUNT.match(text, at)
            if after_group and char != "?":
                raise ConfigError(f"{where}: a group cannot be repeated; write it out")
            repeats += _is_open(char, count)
            choices += char == "?"
            at = count.end() if count else at + 1
            at += text[at : at + 1] in ("?", "+")
            after_group = False
        else:
            choices += char == "|"
            at, after_group = at + 1, char == ")"
    if repeats > MAX_REPEATS:
        raise ConfigError(f"{where}: at most {MAX_REPEATS} repeats of no fixed length (* + {{n,m}}) in a pattern")
    if choices > MAX_CHOICES:
        raise ConfigError(f"{where}: at most {MAX_CHOICES} choices (? |) in a pattern")


def _is_open(char: str, count: re.Match[str] | None) -> bool:
    if count is None:
        return char != "?"
    return count[2] is not None and count[1] != count[2]


def _class_end(text: str, at: int) -> int:
    at += 1
    if text[at : at + 1] == "^":
        at += 1
    if text[at : at + 1] == "]":
        at += 1
    while at < len(text) and text[at] != "]":
        at += 2 if text[at] == "\\" else 1
    return at + 1
