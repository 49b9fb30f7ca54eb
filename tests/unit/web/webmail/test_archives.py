"""Archives are listed without unpacking; broken ones, bombs and tricks are told apart."""

from __future__ import annotations

import gzip
import io
import random
import tarfile
import zipfile

import pytest

from gateway.web.webmail.archives import MAX_ENTRIES, BadArchive, is_archive, listing


def zipped(files: dict[str, bytes], *, packed: bool = False) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


def tarred(files: dict[str, bytes], mode: str = "w") -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode, format=tarfile.PAX_FORMAT) as archive:  # type: ignore[call-overload]
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


FILES = {"合同/终稿.docx": b"x" * 10, "../../etc/passwd": b"y", "C:\\evil.exe": b"z", "empty/": b""}


def test_a_zip_is_listed() -> None:
    data = zipped(FILES)
    assert is_archive("a.docx", data)
    found = listing("a.zip", data)
    assert [(entry.name, entry.size_octets) for entry in found.entries] == [(n, len(d)) for n, d in FILES.items()]
    assert [entry.is_odd for entry in found.entries] == [False, True, True, False]
    assert found.entries[3].is_folder


def test_names_of_old_chinese_programs_are_read() -> None:
    data = zipped({"XXXX.txt": b""}).replace(b"XXXX", "文档".encode("gbk"))
    assert listing("a.zip", data).entries[0].name == "文档.txt"


@pytest.mark.parametrize(
    ("name", "mode"), [("a.tar", "w"), ("a.tar.gz", "w:gz"), ("a.tgz", "w:gz"), ("a.tar.bz2", "w:bz2")]
)
def test_a_tar_is_listed(name: str, mode: str) -> None:
    data = tarred({"说明.txt": b"12345", "../up": b""}, mode)
    assert is_archive(name, data)
    found = listing(name, data)
    assert [(entry.name, entry.size_octets, entry.is_odd) for entry in found.entries] == [
        ("说明.txt", 5, False), ("../up", 0, True),
    ]  # fmt: skip


def test_links_are_odd() -> None:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        link = tarfile.TarInfo("passwd")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    assert listing("a.tar", out.getvalue()).entries[0].is_odd


def test_long_lists_end() -> None:
    found = listing("a.zip", zipped({f"{n}": b"" for n in range(MAX_ENTRIES + 5)}))
    assert len(found.entries) == MAX_ENTRIES
    assert found.has_more


def test_bombs_do_not_go_off() -> None:
    zeros = gzip.compress(bytes(80 << 20), 1)
    member, pax = tarfile.TarInfo("zeros"), tarfile.TarInfo("pax")
    member.size = 1 << 40  # before the next name
    pax.type, pax.size = tarfile.XHDTYPE, 1 << 30  # a header that wants a gigabyte
    for info in (member, pax):
        bomb = gzip.compress(info.tobuf()) + zeros
        with pytest.raises(BadArchive):
            listing("a.tgz", bomb)
    assert listing("a.zip", zipped({"zeros": bytes(10 << 20)}, packed=True)).entries[0].size_octets == 10 << 20
    forged = bytearray(zipped({"a": b""}))
    forged[-12:-10] = b"\xff\xff"
    forged[-14:-12] = b"\xff\xff"
    with pytest.raises(BadArchive):
        listing("a.zip", bytes(forged))


def test_broken_ones_are_refused_and_nothing_else_happens() -> None:
    chance = random.Random(7)
    for whole, name in (
        (zipped(FILES, packed=True), "a.zip"),
        (tarred(FILES), "a.tar"),
        (tarred(FILES, "w:gz"), "a.tgz"),
    ):
        for _ in range(150):
            data = bytearray(whole)
            for _ in range(chance.randrange(1, 6)):
                data[chance.randrange(len(data))] = chance.randrange(256)
            try:
                listing(name, bytes(data[: chance.randrange(1, len(data) + 1)]))
            except BadArchive:
                continue
