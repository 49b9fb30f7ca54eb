"""Signatures, against values computed by `openssl dgst -sha256 -hmac`."""

from __future__ import annotations

import pytest

from gateway.web.signing import is_genuine, sign

# printf '<t>.<body>' | openssl dgst -sha256 -hmac <secret>
VECTORS = (
    (
        "whsec_test",
        b'{"event":"state"}',
        1_700_000_000,
        "b556f5a8cf4a2be96560790e534926c8edd9e2bf675934156dda6240a15aa8d4",
    ),
    ("key", "彩邮".encode(), 0, "033a802f1366dc6bcb1c64e19b1a2ea978814b07dd18592ac16d4aef5289dcdb"),
    ("", b"", 1, "c026d3e9b78f258f71e236d9191954480d6b609fd93524964f0643741eaf81b3"),
)


@pytest.mark.parametrize(("secret", "body", "at_s", "digest"), VECTORS)
def test_vectors(secret: str, body: bytes, at_s: int, digest: str) -> None:
    header = sign(secret, body, at_s)
    assert header == f"t={at_s},v1={digest}"
    assert is_genuine(secret, body, header, at_s + 300)


def test_what_was_changed_or_is_old_is_refused() -> None:
    header = sign("s", b"body", 1000)
    assert is_genuine("s", b"body", header, 1000)
    assert not is_genuine("s", b"body2", header, 1000)
    assert not is_genuine("t", b"body", header, 1000)
    assert not is_genuine("s", b"body", header, 1301)
    assert not is_genuine("s", b"body", header, 699)
    assert not is_genuine("s", b"body", header.replace("t=1000", "t=1001"), 1000)


@pytest.mark.parametrize("header", ["", "t=,v1=", "v1=abc", "t=x,v1=y", "t=1000", "t=²,v1=", "t=1000,v1=\ud800"])
def test_no_header_makes_it_stumble(header: str) -> None:
    assert not is_genuine("s", b"body", header, 1000)
