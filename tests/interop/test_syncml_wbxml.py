"""libwbxml as judge of our messages, both ways, in every version: SyncML with meta information, device information."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from addressbook.syncml import documents
from addressbook.syncml.devinf import device_element, device_of
from addressbook.syncml.documents import Document, Form
from addressbook.syncml.reading import message_of
from addressbook.syncml.tokens import FAMILIES, Version
from addressbook.syncml.writing import element_of
from gateway.core import wbxml
from tests.interop.need import need
from tests.unit.addressbook.syncml.vectors import PHONE, everything, plain

pytestmark = pytest.mark.interop


def run(program: str, source: Path, target: Path, *more: str) -> bytes:
    done = subprocess.run(
        [need(program), *more, "-o", str(target), str(source)], capture_output=True, text=True, timeout=30
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert target.exists(), done.stdout + done.stderr
    return target.read_bytes()


@pytest.mark.parametrize("version", list(Version))
def test_they_read_what_we_write(tmp_path: Path, version: Version) -> None:
    message = everything(version, Form.WBXML)
    (tmp_path / "ours.wbxml").write_bytes(documents.write(Document(element_of(message), Form.WBXML, version)))
    xml = run("wbxml2xml", tmp_path / "ours.wbxml", tmp_path / "theirs.xml", "-m", "0")
    read = documents.read(xml, Form.XML)
    assert read.version is version
    assert plain(message_of(read.root)) == plain(message)


@pytest.mark.parametrize("version", list(Version))
def test_we_read_what_they_write(tmp_path: Path, version: Version) -> None:
    message = everything(version, Form.XML)
    (tmp_path / "ours.xml").write_bytes(documents.write(Document(element_of(message), Form.XML, version)))
    octets = run("xml2wbxml", tmp_path / "ours.xml", tmp_path / "theirs.wbxml", "-v", "1.2", "-n")
    read = documents.read(octets, Form.WBXML)
    assert read.version is version
    assert plain(message_of(read.root)) == plain(message)


@pytest.mark.parametrize("version", list(Version))
def test_device_information_of_its_own(tmp_path: Path, version: Version) -> None:
    family = FAMILIES[version]
    ours = wbxml.write(device_element(PHONE, version), family.device, version=2)
    (tmp_path / "ours.wbxml").write_bytes(ours)
    run("wbxml2xml", tmp_path / "ours.wbxml", tmp_path / "theirs.xml", "-m", "0")
    theirs = run("xml2wbxml", tmp_path / "theirs.xml", tmp_path / "theirs.wbxml", "-v", "1.2", "-n")
    assert theirs == ours
    assert device_of(documents.read_device(theirs)) == device_of(device_element(PHONE, version))
