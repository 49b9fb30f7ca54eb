"""The reference of the configuration is as the code makes it, and the example configuration can be used."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from carriers.http.description import read as read_description
from gateway.commands.describe import reference
from gateway.config import read_config, read_tables

ROOT = Path(__file__).parent.parent.parent.parent


def test_the_reference_is_as_made() -> None:
    assert (ROOT / "docs" / "configuration.md").read_text() == reference() + "\n", "run: make docs"


def test_every_option_is_explained() -> None:
    bare = [line for line in reference().splitlines() if line.startswith("| `") and line.endswith("|  |")]
    assert bare == []


def test_the_example_can_be_used() -> None:
    config = read_config(ROOT / "deploy" / "caiyou.toml")
    assert [entry.link.protocol for entry in config.links] == ["smpp", "cmpp"]
    assert config.smtp is not None
    assert config.submission is not None


def test_options_that_are_commented_out_exist() -> None:
    text = (ROOT / "deploy" / "caiyou.toml").read_text()
    shown = re.sub(r"^# (?=[a-z_]+ = )", "", text, flags=re.MULTILINE)
    assert shown.count("\n") == text.count("\n")
    assert shown != text
    read_tables(tomllib.loads(shown), "caiyou.toml")


@pytest.mark.parametrize("page", sorted((ROOT / "docs").glob("*.md")), ids=lambda path: path.name)
def test_toml_in_the_pages_can_be_read(page: Path) -> None:
    for block in re.findall(r"^```toml\n(.*?)^```", page.read_text(), flags=re.MULTILINE | re.DOTALL):
        read_tables(tomllib.loads(block), page.name)
    for block in re.findall(r"^```toml provider\n(.*?)^```", page.read_text(), flags=re.MULTILINE | re.DOTALL):
        read_description(block, page.name)
