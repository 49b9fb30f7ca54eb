"""Regular expressions of descriptions do not run away."""

from __future__ import annotations

import time

import pytest

from carriers.http.pattern import MAX_TEXT, compile_pattern
from gateway.core.errors import ConfigError

REFUSED = [
    "(a+)+b", "(?:a*)*", "(a|aa)+$", "(.*)(.*)(.*)x", "a*a*a*b", r"(\w)\1", "(?=a)b", "(?<!a)b", "(?i)a", "(", "[a",
    "a?" * 6 + "b", "a|b|c|d|e|f|g", "(?:a{1,9}){2,}", "x" * 501, "(a){5}", "a{1,5}b{1,5}c{1,5}", "*",
    "[[a]b",
]  # fmt: skip
WORST = [
    r"(.*).*x", r"\w*\w*\b!", r"(?:a|a)(?:a|a)(?:a|a)(?:a|a)(?:a|a)a*a*b", "a?a?a?a?a?a*a*b",
    r"[^b]+[^c]+?d", "a{0,900}a*b",
]  # fmt: skip
TAKEN = [r"(?P<code>\d+): (?P<reason>.*)", r"OK|ERR: (?P<reason>.+)", r"<id>(?P<id>[0-9a-f]{32})</id>", "", r"[^]x]\)?"]


@pytest.mark.parametrize("text", REFUSED)
def test_refused(text: str) -> None:
    with pytest.raises(ConfigError, match=r"^f \[response\] pattern: "):
        compile_pattern(text, "f [response] pattern")


@pytest.mark.parametrize("text", TAKEN)
def test_taken(text: str) -> None:
    assert compile_pattern(text, "f").pattern == text


@pytest.mark.parametrize("text", WORST)
def test_the_worst_that_is_taken_ends_soon(text: str) -> None:
    pattern = compile_pattern(text, "f")
    for hostile in ("a" * MAX_TEXT, "ab" * (MAX_TEXT // 2), " " * MAX_TEXT):
        began = time.process_time()
        pattern.match(hostile)
        assert time.process_time() - began < 2.0
