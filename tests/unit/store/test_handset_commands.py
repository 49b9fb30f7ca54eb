"""`caiyou handset`: the catalogue, and what is known of the phone of a number and why."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.fakes.commands import reply_of

Typed = Callable[..., str]
PHONE = "13800138000"


@pytest.fixture
def typed(tmp_path: Path) -> Typed:
    """Types a command; gives what it prints, or the sentence with which it gives up."""
    config = tmp_path / "caiyou.toml"
    config.write_text(f'[store]\ndata_dir = "{tmp_path}/data"\n')

    return functools.partial(reply_of, config, "handset")


def test_the_catalogue_is_listed_and_shown(typed: Typed) -> None:
    first = typed("list", "6610").splitlines()[0]
    assert first.split() == ["nokia-6610", "model", "2002", "128x128", "45", "KiB", "Nokia", "6610"]
    shown = typed("show", "nokia-6610").splitlines()
    assert shown[0] == "Nokia 6610 (nokia-6610 < nokia-s40-1 < colour-2003), 2002"
    assert "  screen       128 x 128  (class colour-2003)" in shown
    assert json.loads(typed("show", "--user-agent", "SIE-S55/04", "--json"))["key"] == "siemens-s55"
    assert typed("show", "typewriter").startswith("caiyou: there is no handset 'typewriter'")
    assert typed("show", "--user-agent", "curl/8.0").startswith("caiyou: no handset of the catalogue")


def test_a_number_is_explained(typed: Typed) -> None:
    assert typed("of", PHONE).splitlines()[:3] == [
        "+8613800138000",
        "Unknown phone (unknown): nobody says which phone it is",
        "MMS unknown: nothing is known of the phone",
    ]
    agent = "Nokia6610/1.0 (5.63)"
    typed("learn", PHONE, "--user-agent", agent, "--accept", "image/jpeg", "--profile", "http://a.example/1.xml")
    typed("learn", PHONE, "--refused", "E5")
    lines = typed("of", PHONE).splitlines()
    assert lines[1].startswith("Nokia 6610 (nokia-6610): User-Agent 2")
    assert lines[2].startswith("MMS yes: User-Agent 2")
    assert any(line.startswith("  images       image/jpeg  (Accept 2") for line in lines)
    assert f"  calls itself {agent}" in lines
    assert "  its maker's profile: http://a.example/1.xml" in lines
    assert "  refused an MMS last: E5" in lines


def test_what_is_stated_can_be_taken_back(typed: Typed) -> None:
    typed("learn", PHONE, "--unfetched")
    assert json.loads(typed("of", PHONE, "--json"))["mms"] == "no"
    typed("learn", PHONE, "--fetched")
    typed("set", PHONE, "iphone-4s", "--mms", "no")
    found = json.loads(typed("of", PHONE, "--json"))
    assert (found["handset"]["key"], found["mms"]) == ("iphone-4s", "no")
    assert found["why"].startswith("operator said 2")
    typed("forget", PHONE, "--stated")
    found = json.loads(typed("of", PHONE, "--json"))
    assert (found["handset"]["key"], found["mms"]) == ("unknown", "yes")
    typed("forget", PHONE)
    assert typed("forget", PHONE) == "caiyou: nothing is known of the phone of +8613800138000\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("set", PHONE), "give a key"),
        (("set", PHONE, "typewriter"), "there is no handset 'typewriter'"),
        (("of", "12"), "'12' is no phone number"),
        (("learn", PHONE, "--user-agent", "x", "--profile", "ftp://x"), "profile: write http://host/path"),
    ],
)
def test_what_cannot_be_asked(typed: Typed, words: tuple[str, ...], said: str) -> None:
    assert said in typed(*words)
