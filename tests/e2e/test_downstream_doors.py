"""The doors for peers: TLS, two processes on one database, and the command that lets peers in."""

from __future__ import annotations

import asyncio
import io
import ssl
from pathlib import Path
from typing import Any

import pytest

from carriers.smpp import pdu
from gateway import cli
from gateway.commands.books import open_desk
from gateway.config import read_tables
from gateway.core.errors import ConfigError
from gateway.core.peers import Peer
from gateway.core.text import Alphabet
from gateway.store.database import StoreConfig
from tests.fakes.certificates import make_certificate
from tests.fakes.downstream import MEMBER, open_hub, until

PHONE = "+8613800138000"


async def test_the_smpp_door_speaks_tls(tmp_path: Path) -> None:
    made = make_certificate(tmp_path)
    tls = {"tls_certificate": made.certificate, "tls_key": made.key}
    async with open_hub(StoreConfig(data_dir=str(tmp_path / "data")), downstream_smpp=tls) as hub:
        await hub.add_peer()
        context = ssl.create_default_context(cafile=made.certificate)
        reader, writer = await asyncio.open_connection("localhost", hub.smpp_port, ssl=context)
        writer.write(pdu.BindTransceiver("kite", "secret08").encode(1))
        head = await reader.readexactly(4)
        answer = pdu.decode(head + await reader.readexactly(int.from_bytes(head, "big") - 4))
        assert isinstance(answer, pdu.BindTransceiverResp)
        assert answer.command_status == 0
        writer.close()
        reader, writer = await asyncio.open_connection("localhost", hub.smpp_port)
        writer.write(pdu.BindTransceiver("kite", "secret08").encode(1))
        async with asyncio.timeout(5):
            assert not (await reader.read(4096)).startswith(b"\0\0\0")
        writer.close()


@pytest.mark.parametrize(
    "tables",
    [
        {"downstream_smpp": {"tls_key": "key.pem"}},
        {"downstream_smpp": {"system_id": "sixteen letters!"}},
        {"downstream_cmpp": {"gateway_code": 1 << 22}},
        {"downstream": {"max_segments": 256}},
        {"downstream": {"part_wait_s": 0}},
    ],
)
def test_what_cannot_be_configured(tables: dict[str, Any]) -> None:
    with pytest.raises(ConfigError):
        read_tables(tables, "test")


async def test_a_certificate_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="tls_certificate"):
        async with open_hub(
            StoreConfig(data_dir=str(tmp_path)), downstream_smpp={"tls_certificate": str(tmp_path / "none.pem")}
        ):
            pass


async def test_one_process_delivers_and_another_goes_on_when_it_ends(store_config: StoreConfig) -> None:
    """Both processes have a connection of the peer; only the one that holds the lease delivers."""
    other = StoreConfig(url=store_config.url, data_dir=store_config.data_dir, node=1)
    async with open_hub(store_config) as second_to_go:
        async with open_hub(other) as first_to_go:
            await first_to_go.add_peer(numbers=("1065700088",))
            await second_to_go.app.downstream._learn()
            early = await first_to_go.smpp()
            await asyncio.sleep(0.2)
            late = await second_to_go.smpp()
            second_to_go.say(PHONE, "one", "1065700088")
            await until(lambda: early.deliveries)
            await asyncio.sleep(0.3)
            assert late.deliveries == []
            assert [one.short_message for one in early.deliveries] == [b"one"]
        second_to_go.say(PHONE, "two", "1065700088")
        await until(lambda: late.deliveries, 15)
        assert [one.short_message for one in late.deliveries] == [b"two"]


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    config = tmp_path / "caiyou.toml"
    config.write_text(f'[store]\ndata_dir = "{tmp_path / "data"}"\n')

    def run(*words: str) -> str:
        with pytest.raises(SystemExit) as ended:
            cli.main(["--config", str(config), *words])
        told = capsys.readouterr()
        assert ended.value.code == 0, told.err
        return told.out

    run("domain", "add", "example.cn")
    run("account", "add", MEMBER, "--no-password")
    told = run("peer", "add", "kite", MEMBER, "--balance", "100", "--networks", "192.0.2.0/24,2001:db8::/32")
    secret = told.split("secret: ")[1].strip()
    assert len(secret) == 8
    assert "kite" in run("peer", "list")
    monkeypatch.setattr("sys.stdin", io.StringIO("from a file\n"))
    run("peer", "set", "kite", "--secret-stdin", "--senders", "1065*,ACME", "--refund", "yes", "--balance", "none",
        "--networks", "", "--enabled", "no", "--alphabet", "latin1", "--rate", "50")  # fmt: skip
    assert "switched off" in run("peer", "list")
    shown = run("peer", "show", "kite")
    assert "from a file" not in shown
    assert secret not in shown
    assert "1065* ACME" in shown
    assert "open deliveries" in shown
    assert "12 segments" in run("peer", "top-up", "kite", "12")
    peer = _peer(config)
    assert (peer.secret, peer.senders, peer.refund, peer.balance) == ("from a file", ("1065*", "ACME"), True, 12)
    assert (peer.networks, peer.enabled, peer.alphabet, peer.rate_per_s) == ((), False, Alphabet.LATIN1, 50)
    run("peer", "remove", "kite")
    assert run("peer", "list") == ""
    with pytest.raises(SystemExit) as ended:
        cli.main(["--config", str(config), "peer", "show", "kite"])
    assert ended.value.code == 1


def _peer(config: Path) -> Peer:
    with open_desk(config) as desk:
        return desk.read_now(lambda books: books.peers.by_name("kite"))
