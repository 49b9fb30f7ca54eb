"""`caiyou link` and `caiyou alarm` as they are typed: values as in TOML, errors by name, secrets never shown."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gateway import cli
from gateway.commands.books import open_desk
from gateway.core.link_orders import LinkOrder, Wish

Run = Callable[..., tuple[int, str, str]]

CONFIG = """
[store]
data_dir = "{directory}/data"
[[link]]
name = "fixed"
protocol = "smpp"
host = "10.0.0.9"
password = "of-file1"
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    file = tmp_path / "caiyou.toml"
    file.write_text(CONFIG.format(directory=tmp_path))
    return file


def typed(config: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a command; gives the exit code and what was printed."""

    def command(*words: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            cli.main(["--config", str(config), *words])
        out, err = capsys.readouterr()
        return int(ended.value.code or 0), out, err

    return command


@pytest.fixture
def run(config: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    return typed(config, capsys)


@pytest.fixture(scope="module")
def unchanged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A hub for commands that change nothing; made once."""
    directory = tmp_path_factory.mktemp("hub")
    file = directory / "caiyou.toml"
    file.write_text(CONFIG.format(directory=directory))
    return file


def order(config: Path, name: str) -> LinkOrder:
    with open_desk(config) as desk:
        found = desk.read_now(lambda books: books.link_orders.get(name))
    assert found is not None
    return found


def test_a_link_is_added_shown_and_changed_without_its_secret_being_seen(
    run: Run, config: Path, tmp_path: Path
) -> None:
    (tmp_path / "pw").write_text("secret08\n")
    words = ("protocol=cmpp", "host=10.0.0.1", "sp_id=900001", "window=32", "uncertain=wait", "service_id=007")
    assert run("link", "add", "x", *words, "--secret-file", str(tmp_path / "pw")) == (0, "", "")
    code, shown, _ = run("link", "show", "x")
    assert code == 0
    assert "secret08" not in shown
    table = dict(line.split(maxsplit=1) for line in shown.splitlines() if len(line.split(maxsplit=1)) == 2)
    assert (table["window"], table["sp_id"], table["service_id"], table["secret"]) == ("32", "900001", "007", "*")
    assert '"secret": "secret08"' in order(config, "x").options
    before = order(config, "x").revision
    assert run("link", "change", "x", "window=8", "rate_per_s=12.5")[0] == 0
    after = order(config, "x")
    assert after.revision != before
    assert all(part in after.options for part in ('"window": 8', '"rate_per_s": 12.5', '"secret": "secret08"'))
    _, listed, _ = run("link", "list")
    assert [line.split()[:3] for line in listed.splitlines()] == [
        ["fixed", "smpp", "unserved"], ["x", "cmpp", "unserved"]
    ]  # fmt: skip
    assert "of-file1" not in run("link", "show", "fixed")[1]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("add", "x", "protocol=smtp", "host=h"), "protocol must be one of"),
        (("add", "x", "protocol=smpp"), "host is needed"),
        (("add", "x", "protocol=smpp", "host=h", "port=0"), "port"),
        (("add", "x", "protocol=smpp", "host=h", "windows=1"), "there is no option 'windows'"),
        (("add", "x", "protocol=smpp", "host=h", "window=many"), "window must be a whole number"),
        (("add", "x", "protocol"), "write OPTION=VALUE"),
        (("add", "x", "name=y"), "write OPTION=VALUE"),
        (("add", "a b", "protocol=smpp", "host=h"), "no blanks"),
        (("add", "x" * 33, "protocol=smpp", "host=h"), "at most 32"),
        (("add", "fixed", "protocol=smpp", "host=h"), "already"),
        (("change", "fixed", "window=1"), "change it there"),
        (("change", "nobody", "window=1"), "no link called nobody"),
        (("remove", "fixed"), "take it out there"),
        (("pause", "nobody"), "no link is called nobody"),
        (("move", "nobody", "--to", "1"), "no link is called nobody"),
        (("trace", "fixed"), "name the --file"),
        (("trace", "fixed", "--file", "x", "--seconds", "0"), "at least 1"),
        (("show", "nobody"), "no link is called nobody"),
    ],
)
def test_what_cannot_be_is_refused_by_name(
    unchanged: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], told: str
) -> None:
    code, out, err = typed(unchanged, capsys)("link", *words)
    assert (code, out) == (1, "")
    assert told in err


def test_orders_of_a_link_of_the_file(run: Run, config: Path, tmp_path: Path) -> None:
    for word, wish in (("pause", Wish.PAUSE), ("drain", Wish.DRAIN), ("resume", Wish.RUN)):
        assert run("link", word, "fixed")[0] == 0
        assert order(config, "fixed").wish is wish
    run("link", "move", "fixed", "--to", "3")
    assert order(config, "fixed").move_to == 3
    run("link", "trace", "fixed", "--file", str(tmp_path / "x.pcap"), "--mask", "--octets", "1000")
    trace: Any = order(config, "fixed").trace
    assert (trace.file, trace.most_octets, trace.mask) == (str(tmp_path / "x.pcap"), 1000, True)
    run("link", "trace", "fixed", "--stop")
    assert order(config, "fixed").trace is None


def test_a_link_that_is_being_removed_is_not_used_again(run: Run) -> None:
    run("link", "add", "x", "protocol=smpp", "host=h")
    assert run("link", "remove", "x")[0] == 0
    for words in (
        ("resume", "x"),
        ("pause", "x"),
        ("change", "x", "window=3"),
        ("add", "x", "protocol=smpp", "host=h"),
    ):
        assert run("link", *words)[0] == 1


def test_an_alarm_is_tested_only_when_somebody_is_told(run: Run, config: Path) -> None:
    code, _, err = run("alarm", "test")
    assert code == 1
    assert "nobody is to be told" in err
    config.write_text(config.read_text() + '[alarms]\nsms = ["+8613900000001"]\n')
    code, out, _ = run("alarm", "test")
    assert (code, "1 number(s)" in out) == (0, True)
    assert "test:" in run("alarm", "list")[1]
    assert '"kind": "test"' in run("alarm", "list", "--json")[1]
