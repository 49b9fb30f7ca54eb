"""`caiyou route`, `number`, `list`: what is typed is in the books, and what is asked is told."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.fakes.commands import reply_of

CONFIG = """
[store]
data_dir = "{directory}/data"
[[link]]
name = "a"
protocol = "smpp"
host = "127.0.0.1"
port = 1
system_id = "x"
password = "x"
[[link]]
name = "b"
protocol = "smpp"
host = "127.0.0.1"
port = 1
system_id = "x"
password = "x"
"""
Typed = Callable[..., str]


@pytest.fixture
def typed(tmp_path: Path) -> Typed:
    """Types a command; gives what it prints, or the sentence with which it gives up."""
    config = tmp_path / "caiyou.toml"
    config.write_text(CONFIG.format(directory=tmp_path))

    run = functools.partial(reply_of, config)
    run("domain", "add", "one.example")
    run("account", "add", "ann@one.example", "--no-password")
    return run


def chosen(typed: Typed, number: str = "13800138000", *more: str) -> str:
    found = json.loads(typed("route", "explain", number, "--json", *more))
    return found["chosen"]["link"] if found["chosen"] else (found["refused"] or {"code": ""})["code"]


def test_routes_are_added_changed_and_removed(typed: Typed) -> None:
    assert chosen(typed) == "a", "without a table every number goes over every link, in the order of the file"
    first = typed("route", "add", "+86138", "b", "--cost", "30", "--weight", "2").strip()
    assert chosen(typed) == "b"
    assert chosen(typed, "13900139000") == ""
    assert "same link and conditions" in typed("route", "add", "+86138", "b")
    typed("route", "set", first, "--prefix", "+86139", "--operator", "cmcc", "--account", "ann@one.example")
    assert chosen(typed, "13900139000", "--account", "ann@one.example") == "b"
    assert chosen(typed, "13900139000") == ""
    (line,) = typed("route", "list", "--json").splitlines()
    assert {key: json.loads(line)[key] for key in ("prefix", "cost", "weight", "operator")} == {
        "prefix": "+86139", "cost": 30, "weight": 2, "operator": "cmcc",
    }  # fmt: skip
    assert "+86139" in typed("route", "list")
    typed("route", "set", first, "--account", "-", "--hours", "09:00-10:00 UTC")
    assert chosen(typed, "13900139000", "--at", "2026-11-25T09:30+00:00") == "b"
    assert chosen(typed, "13900139000", "--at", "2026-11-25T10:30+00:00") == ""
    typed("route", "remove", first)
    assert typed("route", "list") == ""
    assert f"there is no route {first}" in typed("route", "remove", first)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("route", "add", "86x", "a"), "prefix"),
        (("route", "add", "+86", "nowhere"), "no link is called nowhere"),
        (("route", "add", "+86", "a", "--hours", "always"), "hours"),
        (("route", "add", "+86", "a", "--account", "bob@one.example"), "no account bob@one.example"),
        (("route", "rules", "a", "colour=red"), "colour"),
        (("route", "rules", "a", "colour"), "not like"),
        (("route", "template", "add", "a", "{x}{y}"), "pattern"),
        (("route", "template", "remove", "x"), "id"),
        (("route", "rate", "operator", "cmcc", "-5"), "per_s"),
        (("route", "rate", "operator"), "value"),
        (("route", "explain", "hello"), "no phone number"),
        (("number", "look-up", "hello"), "no phone number"),
        (("number", "import", "/nowhere"), "cannot be read"),
        (("list", "add", "black", "hello"), "pattern"),
        (("list", "remove", "black", "+86170*"), "not on that list"),
        (("list", "add", "black", "+86170*", "--domain", "two.example"), "no domain"),
    ],
)
def test_what_cannot_be_is_one_sentence(typed: Typed, words: tuple[str, ...], expected: str) -> None:
    said = typed(*words)
    assert expected in said
    assert "Traceback" not in said


def test_rules_templates_and_rates(typed: Typed) -> None:
    typed("route", "rules", "a", "signature_place=front", "signature=彩邮", "forced_sender=10690001", "long=false")
    assert json.loads(typed("route", "rules", "a").partition(": ")[2]) == {
        "signature_place": "front", "signature": "彩邮", "forced_sender": "10690001", "long": False,
    }  # fmt: skip
    words = typed("route", "explain", "13800138000", "--text", "您好")
    assert "goes over a, from 10690001, 1 segment(s) ucs2" in words
    assert "text: 【彩邮】您好" in words
    assert chosen(typed, "13800138000", "--text", "好" * 70) == "b", "with the signature it would be long"
    typed("route", "rules", "a", "signature_place=-", "signature=-", "forced_sender=-", "long=-")
    assert typed("route", "rules") == ""
    template_id = typed("route", "template", "add", "a", "验证码{code}").strip()
    typed("route", "rules", "a", "templates_required=true")
    assert chosen(typed, "13800138000", "--text", "改期") == "b"
    assert template_id in typed("route", "template", "list")
    typed("route", "template", "remove", template_id)
    assert typed("route", "template", "list") == ""
    assert "5 segments/s, burst 2" in typed("route", "rate", "account", "ann@one.example", "5", "--burst", "2")
    assert "rate: account" in typed("route", "explain", "13800138000", "--account", "ann@one.example")
    assert typed("route", "rate", "account", "ann@one.example", "0") == ""
    assert typed("route", "health") == ""


def test_numbers_and_lists(typed: Typed, tmp_path: Path) -> None:
    ported = tmp_path / "ported.csv"
    ported.write_text("number,operator,source,dated\n+8613800138000,unicom,dip,2026-11-01\n")
    assert typed("number", "import", str(ported)) == "1 ported numbers\n"
    assert json.loads(typed("number", "look-up", "13800138000", "--json"))["operator"] == "unicom"
    assert "ported to unicom; dip, 2026-11-01" in typed("number", "look-up", "13800138000")
    typed("route", "add", "", "b", "--operator", "unicom")
    typed("route", "add", "", "a")
    assert (chosen(typed), chosen(typed, "13800138001")) == ("b", "a")
    ranges = tmp_path / "ranges.csv"
    ranges.write_text("prefix,country,operator,kind,source,dated\n+86139,CN,unicom,mobile,ours,2026-11-01\n")
    assert typed("number", "import", str(ranges)) == "1 ranges\n"
    assert chosen(typed, "13900139000") == "b"
    assert "(imported)" in typed("number", "look-up", "13900139000")
    typed("list", "add", "black", "138 0013 8000", "--account", "ann@one.example", "--reason", "asked for it")
    typed("list", "add", "white", "+86138*", "--domain", "one.example")
    typed("list", "add", "word", "贷款")
    assert chosen(typed, "13800138000", "--account", "ann@one.example") == "blacklisted"
    assert chosen(typed, "13900139000", "--account", "ann@one.example") == "not_whitelisted"
    assert chosen(typed, "13800138000", "--text", "贷款") == "forbidden_word"
    assert chosen(typed) == "b"
    assert "asked for it" in typed("list", "show", "black")
    assert len(typed("list", "show").splitlines()) == 3
    typed("list", "remove", "black", "13800138000", "--account", "ann@one.example")
    typed("list", "remove", "word", "贷款")
    assert chosen(typed, "13800138000", "--account", "ann@one.example", "--text", "贷款") == "b"
