"""Cards that are put over CardDAV: DavError, or octets that are kept, shown in every version, and filtered."""

from __future__ import annotations

from collections.abc import Iterator

from addressbook.dav.card import lines_named, read_card, unfold, with_lines
from addressbook.dav.errors import DavError
from addressbook.dav.versions import written_as
from tests.fakes import dav_requests as asked
from tests.fuzz.target import Target, at_most

_TIME_S = 2.0
_MOST = 65_536


def check(data: bytes) -> None:
    with at_most(_TIME_S):
        try:
            given = read_card(data, max_octets=_MOST, uid_if_none="urn:uuid:1")
        except DavError:
            return
        assert given.as_given is (given.data == data)
        # What is kept is taken again.
        again = read_card(given.data, max_octets=2 * _MOST, uid_if_none="urn:uuid:2")
        assert (again.data, again.uid, again.version) == (given.data, given.uid, given.version)
        for version in ("3.0", "4.0"):
            told = written_as(given.data, given.version, version)
            assert "BEGIN:VCARD" in told.upper()
            told.encode("utf-8", "replace")
            card = unfold(told)
            for name in ("FN", "TEL", "ITEM1.EMAIL", "X-ABLABEL"):
                for line in lines_named(card, name):
                    assert line.name == name.rpartition(".")[2]
            assert len(with_lines(told, {"FN"})) <= len(told)


def seeds() -> Iterator[bytes]:
    for card in (asked.APPLE_CARD, asked.APPLE_GROUP, asked.DAVX5_CARD):
        yield card.encode()
    yield (
        b"BEGIN:VCARD\r\nVERSION:2.1\r\nN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=E5=BC=A0;=\r\n=E4=B8=89;;;\r\n"
        b"TEL;CELL;PREF:138\r\nPHOTO;JPEG;BASE64:\r\n /9j/\r\n\r\nAGENT:\r\nEND:VCARD\r\n"
    )


TARGET = Target(
    check,
    seeds,
    max_len=4096,
    words=(
        b"BEGIN:VCARD\r\n",
        b"END:VCARD\r\n",
        b"VERSION:4.0\r\n",
        b"\r\n ",
        b"UID:",
        b"ENCODING=b",
        b"QUOTED-PRINTABLE",
    ),
)
