"""Kannel behind the hub, as it stands behind any carrier: bearerbox binds to us, smsbox sends, reports come back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.interop.need import need
from tests.interop.peered import Peered
from tests.interop.simulated import eventually
from tests.interop.test_simulator_kannel import (
    CONFIGURATION,
    LINK,
    PHONE,
    PORTS,
    Kannel,
    Listener,
    free_ports,
    listens,
    running,
)

pytestmark = [pytest.mark.interop, pytest.mark.slow]
SHOWN = "+" + PHONE


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Peered]:
    with Peered(tmp_path, numbers=("10657000",)) as started:
        yield started


@pytest.fixture(params=list(PORTS))
def kannel(request: pytest.FixtureRequest, hub: Peered, tmp_path: Path) -> Iterator[Kannel]:
    bearerbox, smsbox = need("bearerbox"), need("smsbox")
    listener = Listener()
    admin, boxes, sendsms = free_ports(3)
    links = "\n".join(LINK.format(ports=it.format(smpp=hub.hub.smpp_port)) for it in PORTS[request.param])
    configuration = tmp_path / "kannel.conf"
    configuration.write_text(CONFIGURATION.format(
        admin=admin, boxes=boxes, sendsms=sendsms, links=links, web=listener.port, folder=tmp_path
    ))  # fmt: skip
    try:
        with running(bearerbox, configuration):
            eventually(lambda: listens(boxes), "bearerbox")
            with running(smsbox, configuration):
                eventually(lambda: listens(sendsms), "smsbox")
                eventually(lambda: hub.connections() == len(PORTS[request.param]), "the binds")
                yield Kannel(sendsms, listener)
    finally:
        listener.close()


def test_a_text_its_report_and_an_answer(hub: Peered, kannel: Kannel) -> None:
    assert "Accepted" in kannel.send("您好，这是一条测试短信")
    eventually(lambda: hub.texts(SHOWN) == ["您好，这是一条测试短信"], "the text on the phone")
    # 8: the hub took it; 1: delivered.
    eventually(lambda: len(kannel.listener.found("/dlr")) >= 2, "both delivery reports")
    assert [it["type"] for it in kannel.listener.found("/dlr")] == [["8"], ["1"]]

    hub.say(SHOWN, "退订", "10657000")
    (arrived,) = eventually(lambda: kannel.listener.found("/mo"), "the text of the phone")
    assert (arrived["from"], arrived["to"], arrived["coding"]) == (["+" + PHONE], ["10657000"], ["2"])
    assert arrived["text"][0].encode("latin-1").decode("utf-16-be") == "退订"
    eventually(lambda: hub.open() == {"parts": 0, "messages": 0, "deliveries": 0}, "everything said and answered")
    assert hub.count("peer_misbehaved") == 0


def test_a_long_text_is_one_message_of_the_hub(hub: Peered, kannel: Kannel) -> None:
    text = "长" * 150
    assert "Accepted" in kannel.send(text)
    eventually(lambda: hub.texts(SHOWN) == [text], "the long text")
    eventually(lambda: [it for it in kannel.listener.found("/dlr") if it["type"] == ["1"]], "the report")
    eventually(lambda: hub.open() == {"parts": 0, "messages": 0, "deliveries": 0}, "nothing left")


def test_a_failure_is_told(hub: Peered, kannel: Kannel) -> None:
    hub.faults(report_state={"138": "UNDELIV"})
    assert "Accepted" in kannel.send("x")
    eventually(lambda: [it for it in kannel.listener.found("/dlr") if it["type"] == ["2"]], "the failure")


def test_too_fast_is_tried_again_by_kannel(hub: Peered, kannel: Kannel) -> None:
    hub.wait(hub.hub.change_peer("caiyou", rate_per_s=1))
    for number in range(3):
        assert "Accepted" in kannel.send(f"{number}")
    eventually(lambda: sorted(hub.texts(SHOWN)) == ["0", "1", "2"], "all texts", 40)
    assert hub.count("peer_refused") > 0


def test_what_waits_comes_when_kannel_is_back(hub: Peered, kannel: Kannel) -> None:
    hub.wait(hub.hub.change_peer("caiyou", networks=("192.0.2.0/24",)))
    eventually(lambda: hub.connections() == 0, "the end of the binds")
    for number in range(5):
        hub.say(SHOWN, f"text {number}", "10657000")
    eventually(lambda: hub.open()["deliveries"] == 5, "the texts in the store")
    hub.wait(hub.hub.change_peer("caiyou", networks=()))
    eventually(lambda: len(kannel.listener.found("/mo")) == 5, "the texts at Kannel", 40)
