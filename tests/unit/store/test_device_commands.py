"""`caiyou device`: secrets, set-up by SMS, what phones have, and their end."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.fakes.commands import reply_of

Typed = Callable[..., str]
ANN = "ann@example.cn"


@pytest.fixture
def typed(tmp_path: Path) -> Typed:
    """Types a command; gives what it prints, or the sentence with which it gives up."""
    config = tmp_path / "caiyou.toml"
    config.write_text(
        f'[store]\ndata_dir = "{tmp_path}/data"\n[mms]\npage_url = "https://hub.example.cn"\n'
        '[phones]\nimap = "mail.example.cn:143"\n'
        '[[link]]\nname = "one"\nprotocol = "smpp"\nhost = "127.0.0.1"\nport = 2775\nsystem_id = "x"\npassword = "x"\n'
    )

    return functools.partial(reply_of, config)


def test_devices_of_a_member(typed: Typed) -> None:
    typed("domain", "add", "example.cn")
    typed("account", "add", ANN, "--no-password")
    assert typed("device", "list", ANN) == ""
    assert typed("device", "list", "ben@example.cn") == "caiyou: there is no account ben@example.cn\n"
    told = dict(line.split() for line in typed("device", "secret", ANN, "--name", "old-phone").splitlines())
    assert (told["server"], told["user"], len(told["password"])) == ("https://hub.example.cn/syncml", ANN, 12)
    (line,) = typed("device", "list", ANN).splitlines()
    number = line.split("\t")[0]
    assert line.split("\t")[1:] == ["old-phone", "not seen yet", "-", "own password", "-"]
    assert typed("device", "sync", ANN, number).startswith("caiyou: old-phone has no number")
    again = typed("device", "secret", ANN, number, "--number", "13800138000")
    assert again.split()[-1] != told["password"]
    assert int(typed("device", "sync", ANN, number)) > 0
    assert int(typed("device", "sync", ANN, number, "--old")) > 0
    assert typed("device", "secret", ANN, "7").startswith(f"caiyou: {ANN} has no device 7")
    assert typed("device", "forget", ANN, number) == ""
    assert typed("device", "list", ANN) == ""


def test_a_phone_is_set_up_by_sms(typed: Typed) -> None:
    typed("domain", "add", "example.cn")
    typed("account", "add", ANN, "--no-password")
    told = dict(line.split() for line in typed("device", "set-up", ANN, "138 0013 8000").splitlines())
    assert len(told["PIN"]) == 6
    assert typed("device", "list", ANN).split("\t")[3] == "+8613800138000"
    assert typed("device", "set-up", ANN, "x").startswith("caiyou: x is no phone number")
