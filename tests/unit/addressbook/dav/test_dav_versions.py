"""Cards as a client asks for them, and never without what their version needs."""

from __future__ import annotations

import pytest

from addressbook.dav.versions import written_as


def card(version: str, *lines: str) -> bytes:
    return "\r\n".join(["BEGIN:VCARD", f"VERSION:{version}", *lines, "END:VCARD", ""]).encode()


def test_a_card_of_that_version_is_not_touched() -> None:
    odd = b"BEGIN:VCARD\r\nVERSION:3.0\r\nfn:x\r\n  folded\r\nTEL;type=cell:1\r\nEND:VCARD"
    assert written_as(odd, "3.0", "3.0") == odd.decode()


@pytest.mark.parametrize(
    ("given", "version", "wanted", "lines"),
    [
        (card("2.1", "N:Li;Ming"), "2.1", "3.0", ["N:Li;Ming", "FN:Ming Li"]),
        (card("2.1", "N:Li;Ming"), "2.1", "4.0", ["N:Li;Ming", "FN:Ming Li"]),
        (card("2.1", "TEL;CELL:13800138000"), "2.1", "3.0", ["N:;13800138000;;;", "FN:13800138000"]),
        (card("4.0", "FN:李明"), "4.0", "3.0", ["N:;李明;;;", "FN:李明"]),
        (card("4.0", "KIND:group", "FN:同事", "MEMBER:urn:uuid:1"), "4.0", "3.0", [
            "X-ADDRESSBOOKSERVER-KIND:group", "FN:同事", "X-ADDRESSBOOKSERVER-MEMBER:urn:uuid:1"]),
        (card("3.0", "N:李;明;;;", "FN:李明", "TEL;TYPE=PREF:1"), "3.0", "4.0", ["FN:李明", "TEL;PREF=1:1"]),
    ],
)  # fmt: skip
def test_what_a_card_has_in_another_version(given: bytes, version: str, wanted: str, lines: list[str]) -> None:
    told = written_as(given, version, wanted)
    assert f"\r\nVERSION:{wanted}\r\n" in told
    for line in lines:
        assert f"\r\n{line}\r\n" in told
    for name in ("FN:", "N:"):
        assert told.count(f"\r\n{name}") <= 1


def test_what_is_no_card_goes_out_as_it_came() -> None:
    assert written_as(b"BEGIN:VCARD\r\n\xff", "2.1", "3.0") == "BEGIN:VCARD\r\n\ufffd"
