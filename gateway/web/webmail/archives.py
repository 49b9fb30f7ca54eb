"""What is in an archive, without taking anything out of it. Never raises anything but BadArchive.

Only names and sizes are read; of a packed tar so much is unpacked, and thrown away, as its headers are apart, up to
MAX_UNPACKED. Names in zip files of old programs are in the character set of their maker, which is guessed.
"""

from __future__ import annotations

import bz2
import contextlib
import gzip
import io
import struct
import tarfile
import zipfile
from dataclasses import dataclass
from typing import IO, Final, cast

from gateway.core.errors import CaiyouError
from gateway.mail.mime.charsets import guess_text

MAX_ENTRIES: Final = 2000
#: Entries of a zip file, all of which are read at once.
MAX_ZIP_ENTRIES: Final = 20_000
MAX_UNPACKED: Final = 64 << 20
MAX_NAME: Final = 300

_ZIP_END: Final = struct.Struct("<4s4H2LH")
_UTF8_NAME: Final = 0x800
_ENCRYPTED: Final = 0x1


class BadArchive(CaiyouError):
    """The archive is broken, or too large to be looked into."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A file in an archive."""

    name: str
    size_octets: int
    is_folder: bool
    is_odd: bool  # its name leads out of the folder it is unpacked to, or it is a link
    is_locked: bool  # only a password opens it


@dataclass(frozen=True, slots=True)
class Listing:
    """The files of an archive, at most MAX_ENTRIES."""

    entries: tuple[Entry, ...]
    has_more: bool


def is_archive(name: str, octets: bytes) -> bool:
    """Whether `listing` may know what to do with it."""
    return octets[:4] in (b"PK\3\4", b"PK\5\6") or _is_tar(name, octets)


def listing(name: str, octets: bytes) -> Listing:
    """What is in it. Raises BadArchive."""
    try:
        return _tar(octets) if _is_tar(name, octets) else _zip(octets)
    except (tarfile.TarError, zipfile.BadZipFile, OSError, EOFError, ValueError, RuntimeError, struct.error) as error:
        raise BadArchive from error
    except (NotImplementedError, LookupError, ArithmeticError, MemoryError) as error:
        raise BadArchive from error


def _is_tar(name: str, octets: bytes) -> bool:
    lower = name.lower()
    packed = lower.endswith((".tgz", ".tar.gz", ".tbz2", ".tar.bz2"))
    return octets[257:262] == b"ustar" or packed or lower.endswith(".tar")


def _zip(octets: bytes) -> Listing:
    place = octets.rfind(b"PK\5\6", max(0, len(octets) - 65_600))
    if place < 0 or len(octets) - place < _ZIP_END.size:
        raise BadArchive
    _, _, _, _, count, size, *_ = _ZIP_END.unpack_from(octets, place)
    if count > MAX_ZIP_ENTRIES or size > 100 * MAX_ZIP_ENTRIES or octets.count(b"PK\1\2") > 2 * MAX_ZIP_ENTRIES:
        raise BadArchive
    with zipfile.ZipFile(io.BytesIO(octets)) as archive:
        found = archive.infolist()
        return Listing(tuple(map(_zip_entry, found[:MAX_ENTRIES])), len(found) > MAX_ENTRIES)


def _zip_entry(info: zipfile.ZipInfo) -> Entry:
    name = info.orig_filename
    if not info.flag_bits & _UTF8_NAME:
        with contextlib.suppress(UnicodeEncodeError):
            name = guess_text(name.encode("cp437"))
    is_link = (info.external_attr >> 16) & 0o170000 == 0o120000
    return Entry(
        name[:MAX_NAME],
        info.file_size,
        name.endswith("/"),
        _leads_out(name) or is_link,
        bool(info.flag_bits & _ENCRYPTED),
    )


def _tar(octets: bytes) -> Listing:
    found: list[Entry] = []
    plain: object = io.BytesIO(octets)
    if octets[:2] == b"\x1f\x8b":
        plain = gzip.GzipFile(fileobj=io.BytesIO(octets))
    elif octets[:3] == b"BZh":
        plain = bz2.BZ2File(io.BytesIO(octets))
    bounded = cast("IO[bytes]", _Bounded(plain))
    with tarfile.open(fileobj=bounded, mode="r:", encoding="utf-8", errors="surrogateescape") as archive:
        for member in archive:
            if len(found) == MAX_ENTRIES:
                return Listing(tuple(found), True)
            name = guess_text(member.name.encode("utf-8", "surrogateescape"))
            is_odd = _leads_out(name) or not (member.isfile() or member.isdir())
            found.append(Entry(name[:MAX_NAME], max(0, member.size), member.isdir(), is_odd, False))
    return Listing(tuple(found), False)


def _leads_out(name: str) -> bool:
    path = name.replace("\\", "/")
    return path.startswith("/") or ".." in path.split("/") or path[1:2] == ":"


class _Bounded:
    """A file that ends with an error when too much was unpacked to reach a place in it."""

    def __init__(self, file: object) -> None:
        self._file = cast("IO[bytes]", file)
        self.name = ""

    def read(self, size: int = -1) -> bytes:
        if size < 0 or self._file.tell() + size > MAX_UNPACKED:
            raise BadArchive
        return self._file.read(size)

    def seek(self, place: int, whence: int = 0) -> int:
        if whence == 0 and place > MAX_UNPACKED:
            raise BadArchive
        return self._file.seek(place, whence)

    def tell(self) -> int:
        return self._file.tell()

    def close(self) -> None:
        self._file.close()
