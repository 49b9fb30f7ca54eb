"""Tables of TOML into dataclasses, and their description: every kind of value, every kind of mistake."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import Any, Literal

import pytest

from gateway.core.errors import ConfigError
from gateway.options import describe, read_table


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


@dataclass(frozen=True, slots=True)
class Options:
    """All there is."""

    #: What it is called.
    name: str
    #: How many.
    count: int = 3
    #: How long; whole numbers do as well.
    seconds: float = 1.5
    #: On or off.
    on: bool = False
    #: Which.
    colour: Colour = Colour.RED
    #: One of two.
    side: Literal["left", "right"] = "left"
    #: Several.
    hosts: tuple[str, ...] = ("a", "b")
    #: By name.
    keys: dict[str, str] = field(default_factory=dict)
    #: Perhaps.
    port: int | None = None


def test_every_kind_of_value_is_read() -> None:
    given = {"name": "x", "count": 4, "seconds": 2, "on": True, "colour": "blue", "side": "right", "hosts": ["c"],
             "keys": {"a": "1"}, "port": 5}  # fmt: skip
    found = read_table(Options, given, "f [t]")
    assert found == Options("x", 4, 2.0, True, Colour.BLUE, "right", ("c",), {"a": "1"}, 5)
    assert isinstance(found.seconds, float)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({}, "f [t]: name is needed"),
        ({"name": "x", "nmae": 1}, "there is no option 'nmae'; the options are colour, count"),
        ({"name": 1}, "name must be text, not 1"),
        ({"name": "x", "count": True}, "count must be a whole number"),
        ({"name": "x", "count": 1.5}, "count must be a whole number"),
        ({"name": "x", "seconds": "1"}, "seconds must be a number"),
        ({"name": "x", "on": 1}, "on must be true or false"),
        ({"name": "x", "colour": "green"}, "colour must be one of red, blue"),
        ({"name": "x", "side": "up"}, "side must be one of left, right"),
        ({"name": "x", "hosts": "a"}, "hosts must be a list"),
        ({"name": "x", "hosts": [1]}, "hosts must be text"),
        ({"name": "x", "keys": ["a"]}, "keys must be a table"),
        ({"name": "x", "keys": {"a": 1}}, "keys.a must be text"),
        ({"name": "x", "port": "5"}, "port must be a whole number"),
    ],
)
def test_a_mistake_is_told_with_its_place(given: dict[str, Any], told: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read_table(Options, given, "f [t]")
    assert told in str(caught.value)


def test_the_description_says_types_defaults_and_comments() -> None:
    found = {option.name: (option.type, option.default, option.text) for option in describe(Options)}
    assert found == {
        "name": ("text", "", "What it is called."),
        "count": ("a whole number", "3", "How many."),
        "seconds": ("a number", "1.5", "How long; whole numbers do as well."),
        "on": ("true or false", "false", "On or off."),
        "colour": ('"red" | "blue"', '"red"', "Which."),
        "side": ('"left" | "right"', '"left"', "One of two."),
        "hosts": ("list", '["a", "b"]', "Several."),
        "keys": ("table", "{}", "By name."),
        "port": ("a whole number", "(none)", "Perhaps."),
    }
