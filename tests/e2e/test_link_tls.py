"""SMPP over TLS: the certificate is checked, by name and by authority."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from carriers.link import Link, LinkBasics
from carriers.session import SessionEvent
from carriers.session_link import Endpoint, SessionLink
from carriers.simulator.config import SimulatorConfig
from carriers.simulator.server import Simulator
from carriers.smpp.carrier import SmppConfig, SmppSession
from tests.fakes.certificates import make_certificate


class Listener:
    """Remembers whether the link came up, or why it did not."""

    def __init__(self) -> None:
        self.told: asyncio.Queue[str] = asyncio.Queue()

    def link_up(self, link: Link, peer: str) -> None:
        self.told.put_nowait("up")

    def link_down(self, link: Link, reason: str, retry_in_s: float) -> None:
        self.told.put_nowait(reason)

    def link_events(self, link: Link, events: list[SessionEvent]) -> None:
        pass

    def __getattr__(self, name: str) -> Any:
        return lambda *values: None


@pytest.mark.parametrize(
    ("host", "trusts", "answer"),
    [
        ("localhost", True, "up"),
        ("127.0.0.1", True, "up"),
        ("localhost", False, "certificate verify failed"),
    ],
)
async def test_a_carrier_over_tls(tmp_path: Path, host: str, trusts: bool, answer: str) -> None:
    certificate = make_certificate(tmp_path)
    simulator = Simulator(
        SimulatorConfig(
            smpp_port=0,
            cmpp_port=-1,
            web_port=-1,
            tls_certificate=certificate.certificate,
            tls_key=certificate.key,
        )
    )
    await simulator.start()
    config = SmppConfig(host, simulator.ports["smpp"], tls=True, system_id="caiyou", password="secret08")
    endpoint = Endpoint(host, simulator.ports["smpp"], tls=True, tls_ca=certificate.certificate if trusts else "")
    listener = Listener()
    link = SessionLink(LinkBasics("tls", "tls", listener), endpoint, lambda: SmppSession(config))  # type: ignore[arg-type]
    running = asyncio.create_task(link.run())
    try:
        assert answer in await asyncio.wait_for(listener.told.get(), 10)
    finally:
        await link.stop()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await simulator.stop()
