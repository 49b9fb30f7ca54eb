"""libwbxml as judge of service indications, service loadings and settings, both ways."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mms.codec import si, sl
from mms.codec.provisioning import (
    Application,
    Database,
    Settings,
    access_point,
    mail_server,
    mms,
    proxy,
    synchronisation,
)
from mms.codec.si import ServiceIndication
from mms.codec.sl import ServiceLoading
from tests.interop.need import need
from tests.unit.mms.codec.push_vectors import INDICATIONS, LOADING, SETTINGS

pytestmark = pytest.mark.interop

EVERYTHING = Settings(
    (
        access_point("net", "cmwap", name="移动梦网", login="wap", secret="wap", chap=True),
        proxy("proxy", "10.0.0.172", 80, ["net"], name="Proxy"),
        mms("http://mmsc.example.net/", name="MMS", to_proxy="proxy"),
        mail_server(Application.SMTP, "mail.example.net", 587, provider="hub", sender="ann@example.net"),
        mail_server(Application.POP3, "mail.example.net", 995, provider="hub", login="ann", secret="a b"),
        synchronisation("https://sync.example.net/", [Database("card", "text/x-vcard", "Contacts")], name="Sync"),
    )
)
DOCUMENTS: list[ServiceIndication | ServiceLoading | Settings] = [
    *INDICATIONS.values(),
    ServiceIndication("彩信 <&>", "http://www.example.com/a.org/?x=1&y=2", "7", action=si.Action.NONE),
    ServiceIndication("", "https://www.example.edu/", expires=datetime(2030, 1, 2, 3, tzinfo=UTC)),
    LOADING,
    ServiceLoading("https://www.example.org/.com/", sl.Action.HIGH),
    ServiceLoading("http://example.net"),
    *SETTINGS.values(),
    EVERYTHING,
]


def run(program: str, source: Path, target: Path, *more: str) -> bytes:
    done = subprocess.run(
        [need(program), *more, "-o", str(target), str(source)], capture_output=True, text=True, timeout=30
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert target.exists(), done.stdout + done.stderr
    return target.read_bytes()


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda one: type(one).__name__)
def test_what_we_write_comes_back_from_xml(tmp_path: Path, document: ServiceIndication) -> None:
    written = tmp_path / "ours.wbxml"
    written.write_bytes(document.encode(version=3))
    xml = run("wbxml2xml", written, tmp_path / "theirs.xml")
    assert b"<?xml" in xml
    octets = run("xml2wbxml", tmp_path / "theirs.xml", tmp_path / "theirs.wbxml", "-v", "1.3")
    assert type(document).decode(octets) == document


@pytest.mark.parametrize("document", [*INDICATIONS.values(), LOADING, *SETTINGS.values()])
def test_octets_are_theirs(tmp_path: Path, document: ServiceIndication) -> None:
    ours = document.encode(version=3)
    (tmp_path / "ours.wbxml").write_bytes(ours)
    run("wbxml2xml", tmp_path / "ours.wbxml", tmp_path / "theirs.xml")
    # -n keeps them from putting strings into a table, which no phone needs.
    theirs = run("xml2wbxml", tmp_path / "theirs.xml", tmp_path / "theirs.wbxml", "-v", "1.3", "-n")
    assert theirs == ours
