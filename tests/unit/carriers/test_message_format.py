"""Contents of CMPP, SGIP and SMGP: alphabets, what becomes of signs that ASCII lacks, headers, room; their times."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from carriers.cmpp.config import CmppConfig
from carriers.cmpp.outgoing import submit_of as cmpp_submit
from carriers.message_format import BINARY, GBK, TEXT, UCS2, alphabet_of, content_of, nearest_ascii
from carriers.sgip.config import SgipConfig
from carriers.sgip.outgoing import submit_of as sgip_submit
from carriers.smgp.config import SmgpConfig
from carriers.smgp.outgoing import submit_of as smgp_submit
from carriers.user_data import elements_of, with_header
from carriers.validity import expiry_time
from gateway.core.errors import NotEncodable
from gateway.core.messages import Segment
from gateway.core.text import Alphabet

SEGMENT = Segment(1, 1, 1, "", "+8613800138000", "hello", Alphabet.GSM7)
NOON = datetime(2026, 11, 25, 12, 0, 0, tzinfo=UTC)
#: 93 characters of the GSM alphabet, which UCS-2 has no room for.
LATIN = "Votre colis est arrivé à la gare du Nord, quai n° 3. " + "Merci de votre visite, à bientôt." + " " * 7


def content(text: str, plain: Alphabet = Alphabet.ASCII, **changes: Any) -> tuple[int, bytes]:
    message_format, octets, _ = content_of(SEGMENT._replace(text=text, **changes), plain, Alphabet.UCS2)
    return message_format, octets


# --- signs that ASCII lacks ---------------------------------------------------------------------------------------


def cmpp_content(segment: Segment) -> tuple[int, bytes]:
    submit = cmpp_submit(segment, CmppConfig("g", "900001", secret="", ascii_as="ascii"), NOON)
    return submit.msg_fmt, submit.msg_content


def smgp_content(segment: Segment) -> tuple[int, bytes]:
    submit = smgp_submit(segment, SmgpConfig("g", "10650001", secret="", ascii_as="ascii"), NOON)
    return submit.msg_format, submit.msg_content


def sgip_content(segment: Segment) -> tuple[int, bytes]:
    config = SgipConfig("g", "sp", password="", node_id=3010092008, ascii_as="ascii")
    submit = sgip_submit(segment, config, NOON)
    return submit.message_coding, submit.message_content


each_protocol = pytest.mark.parametrize("carried", [cmpp_content, smgp_content, sgip_content])
Carried = Callable[[Segment], tuple[int, bytes]]


@each_protocol
def test_a_long_latin_text_loses_its_accents_and_nothing_else(carried: Carried) -> None:
    message_format, octets = carried(SEGMENT._replace(text=LATIN))
    assert (message_format, len(octets)) == (TEXT, len(LATIN))
    assert octets.startswith(b"Votre colis est arrive a la gare du Nord, quai n")


@each_protocol
def test_a_short_one_keeps_them(carried: Carried) -> None:
    assert carried(SEGMENT._replace(text="é" * 70)) == (UCS2, b"\0\xe9" * 70)
    assert carried(SEGMENT._replace(text="é" * 71)) == (TEXT, b"e" * 71)


@each_protocol
def test_parts_of_a_long_message_are_in_one_alphabet(carried: Carried) -> None:
    part = SEGMENT._replace(text="Grüße", number=2, total=2, reference=5)
    assert carried(part) == (TEXT, bytes.fromhex("050003050202") + b"Gruse")
    assert carried(part._replace(text="plain")) == (TEXT, bytes.fromhex("050003050202") + b"plain")


@each_protocol
def test_every_sign_of_the_gsm_alphabet_has_a_place(carried: Carried) -> None:
    signs = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCÄÖÑÜ§¿abcäöñüà^{}\\[~]|€"
    message_format, octets = carried(SEGMENT._replace(text=signs))
    assert (message_format, len(octets)) == (TEXT, len(signs))
    assert octets.decode("ascii").count("?") == signs.count("?") + len("ΔΦΓΛΩΠΨΣΘΞ") + len("¿")


def test_a_header_takes_room_from_ucs2() -> None:
    assert content("é" * 67, udh=b"\5\0")[0] == UCS2  # 134 octets behind a header of 3
    assert content("é" * 69, udh=b"\5\0")[0] == TEXT


def test_likenesses() -> None:
    assert nearest_ascii("Grüße à 5 €: ΔÅñç½") == "Gruse a 5 E: ?Anc1"
    assert content("a`b" + "x" * 80, Alphabet.GSM7) == (TEXT, b"a'b" + b"x" * 80)


# --- the rest -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("message_format", "alphabet"),
    [
        (0, Alphabet.GSM7), (3, Alphabet.GSM7), (4, Alphabet.BINARY), (8, Alphabet.UCS2), (9, Alphabet.UCS2),
        (15, Alphabet.GBK), (24, Alphabet.UCS2), (25, Alphabet.UCS2), (21, Alphabet.BINARY), (246, Alphabet.BINARY),
    ],
)  # fmt: skip
def test_alphabets(message_format: int, alphabet: Alphabet) -> None:
    assert alphabet_of(message_format, Alphabet.GSM7) is alphabet


def test_room() -> None:
    assert content("a" * 160) == (TEXT, b"a" * 160)
    with pytest.raises(NotEncodable, match="161 octets"):
        content("a" * 161)
    with pytest.raises(NotEncodable, match="which takes 100"):
        content_of(SEGMENT._replace(text="a" * 101), Alphabet.ASCII, Alphabet.UCS2, 100)
    binary = SEGMENT._replace(text="", data=bytes(140), alphabet=Alphabet.BINARY)
    assert content_of(binary, Alphabet.ASCII, Alphabet.UCS2).message_format == BINARY
    with pytest.raises(NotEncodable, match="143 octets"):
        content_of(binary._replace(udh=b"\5\0"), Alphabet.ASCII, Alphabet.UCS2)
    gbk = SEGMENT._replace(text="甲" * 70, alphabet=Alphabet.UCS2)
    assert content_of(gbk, Alphabet.ASCII, Alphabet.GBK).message_format == GBK


@pytest.mark.parametrize("place", [{"number": 0}, {"number": 2}, {"total": 256}, {"reference": 65536}])
def test_places_that_no_header_can_name(place: dict[str, int]) -> None:
    with pytest.raises(NotEncodable, match="no place"):
        elements_of(SEGMENT._replace(**place))


def test_a_header_has_an_end() -> None:
    assert with_header(bytes(255), b"a") == b"\xff" + bytes(255) + b"a"
    with pytest.raises(NotEncodable, match="256 octets"):
        with_header(bytes(256), b"a")


@pytest.mark.parametrize(
    ("validity_s", "hours", "written"),
    [
        (None, 8, b""),
        (3600, 8, b"261125210000032+"),
        (3600, -3.5, b"261125093000014-"),
        (0, 0, b"261125120000000+"),
        (10**9, 0, b"271126120000000+"),
        (-5, 5.75, b"261125174500023+"),
    ],
)
def test_times_of_expiry(validity_s: int | None, hours: float, written: bytes) -> None:
    assert expiry_time(validity_s, NOON, timezone(timedelta(hours=hours))) == written
