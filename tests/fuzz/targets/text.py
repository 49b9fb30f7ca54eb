"""Alphabets and cuts: any octets decode; splits lose nothing and exceed nothing; a cut is a beginning that fits."""

from __future__ import annotations

from collections.abc import Iterator

from gateway.core import text
from gateway.core.errors import NotEncodable
from gateway.core.text import Alphabet
from tests.fuzz.target import Target, assert_storable, at_most

_TIME_S = 2.0


def check(data: bytes) -> None:
    if len(data) < 2:
        return
    octets = data[2:]
    texts = [text.decode(octets, alphabet) for alphabet in Alphabet]
    assert_storable(*texts)
    with at_most(_TIME_S):
        utf8 = octets.decode("utf-8", "surrogateescape" if data[0] & 1 else "replace")
        for message in (texts[(data[0] >> 2) % len(texts)], utf8):
            _check_text(message, data[1], 1 + (data[0] >> 1 & 1))


def _check_text(message: str, limit: int, reference_octets: int) -> None:
    for alphabet in (*Alphabet, text.choose(message)):
        try:
            whole = text.encode(message, alphabet)
        except NotEncodable:
            whole = None
        if whole is not None:
            assert text.decode(whole, alphabet) == message
            assert text.units(message, alphabet) == len(whole) // (2 if alphabet is Alphabet.UCS2 else 1)
        parts = text.split(message, alphabet, reference_octets=reference_octets)
        assert "".join(parts) == message
        one = text.capacity(alphabet, 1)
        most = one if len(parts) == 1 else text.capacity(alphabet, 2, reference_octets=reference_octets) // 2
        assert all(text.units(part, alphabet) <= most for part in parts)
        if whole is not None:
            assert b"".join(text.encode(part, alphabet) for part in parts) == whole
        for room in (limit, 3 * limit + 1):
            short = text.cut(message, alphabet, room)
            assert text.units(short, alphabet) <= room
            beginning = short.removesuffix("…").removesuffix("...")
            assert short == message or message.startswith(beginning)
    plain = text.simplify(message)
    assert plain == message or text.choose(plain) is Alphabet.GSM7
    chosen = text.choose(message)
    assert text.fits(message, 3) == (len(text.split(message, chosen)) <= 3)


def seeds() -> Iterator[bytes]:
    for message in (
        "abc €^{}[]~\\|", "各位同事，请…", "é👍🏽𠮷\u0301\u200d\ufe0f", "🇨🇳🇭🇰🇨🇳" * 12, "👨‍👩‍👧" * 20, "한글각" * 40,
        "`ç", "\r\n" * 90,
        "“ＡＢＣ”，—" * 30, "a\u0301" * 120, "€" * 90, "𠮷" * 50, "镕喆–",
    ):  # fmt: skip
        for codec in ("utf-8", "utf-16-be", "gb18030"):
            yield bytes((len(message) & 0xFF, 64)) + message.encode(codec)
    yield b"\0\x46" + bytes(range(256))
    yield b"\0\x46" + b"\x1b" * 20 + bytes.fromhex("1b0a1b141b281b291b2f1b3c1b3d1b3e1b401b65")
    yield b"\1\x46" + b"\xed\xa0\x80\xed\xb0\x80" * 30


TARGET = Target(
    check,
    seeds,
    max_len=1024,
    words=(
        b"\x1b\x65", b"\xd8\x3d\xdc\x4d", b"\x81\x30\x81\x30",
        *(char.encode() for char in "€…👍🇨\u0301\u200d\ufe0f\u1100\u1161\u11a8각\U0001f3fb"),
    ),
)  # fmt: skip
