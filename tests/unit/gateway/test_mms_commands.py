"""`caiyou mms` and `caiyou card`: what is fitted, drawn, kept and put into the outbox."""

from __future__ import annotations

import functools
import io
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from gateway.commands.books import open_desk
from gateway.core.mms import PREPARING
from gateway.store.desk import BooksOfStore
from mms.codec.pdu import RetrieveConf, decode
from mms.letters import read_letter
from tests.fakes.commands import reply_of
from tests.fakes.media import jpeg, sound

Typed = Callable[..., str]
PHONE = "13800138000"
NUMBER = "+8613800138000"
FILES = {"beach.jpg": jpeg((1000, 750)), "waves.wav": sound(1)}


@pytest.fixture
def typed(tmp_path: Path) -> Typed:
    """Types a command; gives what it prints, or the sentence with which it gives up."""
    config = tmp_path / "caiyou.toml"
    config.write_text(f'[store]\ndata_dir = "{tmp_path}/data"\n')
    with open_desk(config) as desk:
        desk.run_now(lambda books: books.accounts.add_domain("example.cn"))
        desk.run_now(lambda books: books.accounts.add("ann@example.cn", display_name="安"))
    for name, data in FILES.items():
        (tmp_path / name).write_bytes(data)

    return functools.partial(reply_of, config)


def outbox(folder: Path, message_id: str) -> tuple[dict[str, object], bytes]:
    """The row of a message and its letter."""

    def read(books: BooksOfStore) -> tuple[dict[str, object], str]:
        row = books.outbox.get(int(message_id))
        assert row is not None
        return dict(row), books.mms.facts([int(message_id)])[int(message_id)]["letter"]

    with open_desk(folder / "caiyou.toml") as desk:
        row, letter = desk.read_now(read)
        return row, desk.blobs.get(letter)


def test_files_are_fitted_and_drawn(typed: Typed, tmp_path: Path) -> None:
    pdu = tmp_path / "out.mms"
    said = typed(
        "mms", "fit", str(tmp_path / "beach.jpg"), str(tmp_path / "waves.wav"),
        "--handset", "sony-ericsson-t610", "--out", str(pdu),
    ).splitlines()  # fmt: skip
    message = decode(pdu.read_bytes())
    assert isinstance(message, RetrieveConf)
    assert message.body is not None
    assert said[0].startswith(f"Sony Ericsson T610: {pdu.stat().st_size} of ")
    assert any(line.startswith("  beach.jpg: 1000x750 image/jpeg") for line in said)
    assert [part.media_type for part in message.body.parts] == ["application/smil", "image/jpeg", "audio/amr"]
    out = tmp_path / "screens"
    drawn = typed(
        "mms", "preview", "--handset", "nokia-6610", "--handset", "nokia-3310", "--out", str(out),
        "--text", "你好", "--file", str(tmp_path / "beach.jpg"),
    )  # fmt: skip
    assert "Nokia 3310: it takes no MMS" in drawn
    assert sorted(path.name for path in out.iterdir())[:2] == ["nokia-6610-1.png", "nokia-6610.png"]
    assert Image.open(io.BytesIO((out / "nokia-6610-1.png").read_bytes())).size == (128, 128)


def test_an_mms_is_put_into_the_outbox(typed: Typed, tmp_path: Path) -> None:
    sent = typed(
        "mms", "send", "--to", PHONE, "--to", "13900139000", "--subject", "海边", "--text", "我们在海边。",
        "--file", str(tmp_path / "beach.jpg"), "--account", "ann@example.cn",
    ).split()  # fmt: skip
    assert sent[1::2] == [NUMBER, "+8613900139000"]
    row, letter = outbox(tmp_path, sent[0])
    assert (row["link"], row["state"], row["kind"]) == (PREPARING, "queued", "mms")
    assert read_letter(letter).sender == "ann@example.cn"
    alone = typed("mms", "send", "--to", PHONE, "--text", "hello", "--at", "2099-01-01T08:00+08:00").split()
    row, letter = outbox(tmp_path, alone[0])
    assert (row["account_id"], read_letter(letter).sender) == (0, "mms@example.cn")
    assert row["due_ms"] == 4_070_908_800_000


def test_a_card_is_made_listed_and_sent(typed: Typed, tmp_path: Path) -> None:
    looks = typed("card", "templates", "--language", "zh").splitlines()
    assert len(looks) == 16
    assert looks[0].split()[:2] == ["business-plain", "名片·素白"]
    picture = tmp_path / "card.png"
    made = typed(
        "card", "make", "business-plain", "name=王芳", "phone=13800138000", "--photo", str(tmp_path / "beach.jpg"),
        "--account", "ann@example.cn", "--out", str(picture), "--width", "240",
    ).strip()  # fmt: skip
    assert Image.open(io.BytesIO(picture.read_bytes())).size == (240, 150)
    (line,) = typed("card", "list", "ann@example.cn").splitlines()
    assert line.startswith(made)
    assert line.endswith("王芳")
    sent = typed("card", "send", "ann@example.cn", made, "--to", PHONE).split()
    row, letter = outbox(tmp_path, sent[0])
    assert row["purpose"] == "card"
    source = read_letter(letter).source
    assert source is not None
    assert "王芳".encode() in source


WRONG: list[tuple[tuple[str, ...], str]] = [
    (("mms", "send", "--to", PHONE), "parts: there is nothing to send"),
    (("mms", "send", "--to", "12", "--text", "x"), "'12' is no mobile number"),
    (("mms", "send", "--to", PHONE, "--text", "x", "--account", "bob@example.cn"), "there is no account bob"),
    (("mms", "send", "--to", PHONE, "--file", "/nowhere/a.jpg"), "/nowhere/a.jpg cannot be read"),
    (("mms", "fit", "/dev/null", "--handset", "nokia-6610"), "/dev/null is empty"),
    (("mms", "fit", "/dev/null", "--handset", "typewriter"), "there is no handset 'typewriter'"),
    (("mms", "preview", "--handset", "nokia-6610", "--out", "/tmp", "--message", "5"), "there is no MMS 5"),
    (("card", "make", "love"), "give --account"),
    (("card", "make", "none", "--account", "ann@example.cn"), "There is no card template 'none'"),
    (("card", "send", "ann@example.cn", "5", "--to", PHONE), "ann@example.cn keeps no card 5"),
]


def test_what_cannot_be_done_is_said(typed: Typed) -> None:
    for words, said in WRONG:
        assert said in typed(*words)
