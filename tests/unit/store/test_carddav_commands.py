"""`caiyou carddav`: a password for a device, with all a phone needs; how devices do; taking a password back."""

from __future__ import annotations

import functools
import plistlib
from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.commands.books import open_desk
from tests.fakes.commands import reply_of

Typed = Callable[..., str]


@pytest.fixture
def typed(tmp_path: Path) -> Typed:
    """Types a command; gives what it prints, or the sentence with which it gives up."""
    config = tmp_path / "caiyou.toml"
    config.write_text(f'[store]\ndata_dir = "{tmp_path}/data"\n[mms]\npage_url = "https://m.example.cn"\n')
    with open_desk(config) as desk:
        desk.run_now(lambda books: books.accounts.add_domain("x.example"))
        desk.run_now(lambda books: books.accounts.add("ann@x.example"))

    return functools.partial(reply_of, config, "carddav")


def test_a_device(typed: Typed, tmp_path: Path) -> None:
    told = typed("add", "ann@x.example", "my phone", "--profile", str(tmp_path / "a.mobileconfig"))
    said = dict(line.split(None, 1) for line in told.splitlines()[:4])
    assert said["server"] == "https://m.example.cn/dav/"
    assert said["user"] == "ann@x.example"
    assert said["DAVx5"] == f"davx5://ann%40x.example:{said['password']}@m.example.cn/dav/"
    profile = plistlib.loads((tmp_path / "a.mobileconfig").read_bytes())
    assert profile["PayloadContent"][0]["CardDAVPassword"] == said["password"]
    assert (tmp_path / "a.mobileconfig").stat().st_mode & 0o077 == 0
    device, name, step, *_ = typed("list", "ann@x.example").split("\t")
    assert (name, step) == ("my phone", "waiting")
    assert typed("remove", "ann@x.example", device) == ""
    assert typed("list", "ann@x.example") == ""
    assert "has no device" in typed("remove", "ann@x.example", device)


def test_a_member_that_there_is_not(typed: Typed) -> None:
    assert "there is no account" in typed("add", "who@x.example", "phone")
