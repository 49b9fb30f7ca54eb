"""Multipart bodies: octets as the specification has them, sizes, bounds, and what is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mms.codec import wsp
from mms.codec.content_types import ContentType, read
from mms.codec.errors import MmsFormatError
from mms.codec.multipart import MAX_DEPTH, MAX_PARTS, decode_body, encode_body, encoded_size
from mms.content import SMIL, Arrangement, Body, Part

NAMES = st.text(st.sampled_from("abcdefghij0123456789._-"), min_size=1, max_size=40) | st.just("图片.jpg")
IDS = st.text(st.sampled_from("abcdefghij0123456789._-@"), min_size=1, max_size=30)
MEDIA_TYPES = st.sampled_from(["text/plain", "image/jpeg", "audio/amr", "video/3gpp", "text/x-vcard", "x-a/b.c+d"])
CHARSETS = st.sampled_from(["", "utf-8", "us-ascii", "gbk", "big5", "utf-16", "x-mine"])
PARAMETERS = st.lists(
    st.tuples(st.sampled_from(["start-info", "x-a", "codecs"]), st.sampled_from(["", "a", "a b", "ü"])),
    max_size=2,
    unique_by=lambda pair: pair[0],
).map(tuple)
PARTS = st.builds(
    Part, MEDIA_TYPES, st.binary(max_size=300), NAMES | st.just(""), IDS | st.just(""), CHARSETS, PARAMETERS
)
BODIES = st.builds(
    Body,
    st.lists(PARTS, max_size=6).map(tuple),
    st.sampled_from([Arrangement.MIXED, Arrangement.ALTERNATIVE]),
)


def test_octets_of_a_part() -> None:
    part = Part("text/plain", "Hello wörld".encode(), "t.txt", "t1", "utf-8")
    assert encode_body(Body((part,))) == (
        b"\xa3",
        bytes.fromhex("01 19 0c 0a 83 85 742e747874 00 81ea c0 22 3c74313e 00 8e 742e747874 00") + part.data,
    )


def test_octets_of_a_related_type() -> None:
    kind, _ = encode_body(Body((Part(SMIL, b"", content_id="smil"),), Arrangement.RELATED, "smil"))
    assert kind.hex() == "1bb38a3c736d696c3e0089" + b"application/smil".hex() + "00"


@pytest.mark.parametrize(
    ("parts", "start", "kind"),
    [
        ((), "", "b3"),
        ((Part("image/gif", b""),), "", "03b3899d"),
        (
            (Part("image/gif", b""), Part(SMIL, b"", content_id="s")),
            "",
            "18b38a3c733e0089" + SMIL.encode().hex() + "00",
        ),
        ((Part("image/gif", b"", content_id="g"), Part(SMIL, b"", content_id="s")), "g", "08b38a3c673e00899d"),
        ((Part("image/gif", b"", content_id="g >é"),), "g >é", "08b38a3c673e00899d"),
    ],
)
def test_the_root_of_a_related_body(parts: tuple[Part, ...], start: str, kind: str) -> None:
    written, _ = encode_body(Body(parts, Arrangement.RELATED, start))
    assert written.hex() == kind


@given(BODIES)
def test_bodies_come_through(body: Body) -> None:
    kind, octets = encode_body(body)
    assert decode_body(kind, octets) == body
    assert encoded_size(body) == len(kind) + len(octets)


@given(st.lists(PARTS, min_size=1, max_size=4), IDS)
def test_presentations_come_through(parts: list[Part], start: str) -> None:
    body = Body((Part(SMIL, b"<smil/>", "s.smil", start), *parts), Arrangement.RELATED, start)
    kind, octets = encode_body(body)
    assert decode_body(kind, octets) == body
    assert encoded_size(body) == len(kind) + len(octets)


@pytest.mark.parametrize("size", [0, 1, 127, 128, 16_383, 16_384, 2_097_151, 2_097_152])
def test_sizes_at_the_steps_of_the_length(size: int) -> None:
    body = Body((Part("image/jpeg", bytes(size), "p.jpg"),))
    kind, octets = encode_body(body)
    assert encoded_size(body) == len(kind) + len(octets)
    assert decode_body(kind, octets) == body


@pytest.mark.parametrize(
    ("part", "field"),
    [
        (Part("nonsense", b""), "Content-Type"),
        (Part("", b""), "Content-Type"),
        (Part("text/plain\0", b""), "Content-Type"),
        (Part("text/plain", b"", "a\nb"), ""),
        (Part("text/plain", b"", "\ud800"), ""),
        (Part("text/plain", b"", "a" * 256), "Content-Location"),
        (Part("text/plain", b"", charset="a b"), "Content-Type"),
        (Part("text/plain", b"", parameters=(("a b", ""),)), "Content-Type"),
        (Part("text/plain", b"", parameters=(("a", "\0"),)), ""),
    ],
)
def test_what_no_phone_could_read_is_not_written(part: Part, field: str) -> None:
    for write in (encode_body, encoded_size):
        with pytest.raises(MmsFormatError) as caught:
            write(Body((part,)))
        assert caught.value.field == field


def test_too_many_parts() -> None:
    parts = (Part("text/plain", b""),) * (MAX_PARTS + 1)
    with pytest.raises(MmsFormatError):
        encode_body(Body(parts))
    kind, octets = encode_body(Body(parts[1:]))
    assert len(decode_body(kind, octets).parts) == MAX_PARTS
    one_more = b"\x02" + b"\x01" + wsp.uintvar(len(octets)) + b"\xa3" + octets + b"\x01\x00\x83"
    with pytest.raises(MmsFormatError, match="more than 500 parts"):
        decode_body(b"\xa3", one_more)
    with pytest.raises(MmsFormatError, match="501 parts"):
        decode_body(b"\xa3", wsp.uintvar(501))


def test_how_deep_multiparts_may_go() -> None:
    octets = b"\x01\x01\x01\x83x"
    for _ in range(MAX_DEPTH - 1):
        octets = b"\x01\x01" + wsp.uintvar(len(octets)) + b"\xa3" + octets
    assert [part.data for part in decode_body(b"\xa3", octets).parts] == [b"x"]
    octets = b"\x01\x01" + wsp.uintvar(len(octets)) + b"\xa3" + octets
    with pytest.raises(MmsFormatError, match="more than 4"):
        decode_body(b"\xa3", octets)


@pytest.mark.parametrize(
    ("kind", "octets"),
    [
        ("a3", ""),
        ("a3", "01"),
        ("a3", "01 01 02 83 61"),  # one octet is missing
        ("a3", "01 8fffffff7f 01 83"),  # four gigabytes of headers
        ("a3", "01 01 8fffffff7f 83"),
        ("a3", "01 ffffffffff 7f"),  # no uintvar
        ("a3", "01 00 00"),  # no media type
        ("a3", "01 c02000" + "00"),  # more headers than one reads
        ("a3", "01 02 00 03 83"),  # a length beyond the headers
        ("a3 00", "00"),
        ("", "00"),
        ("00", "00"),
        ("03 a3", "00"),
        ("03 a3 85 61", "00"),  # a name without its end
    ],
)
def test_what_is_no_body(kind: str, octets: str) -> None:
    with pytest.raises(MmsFormatError):
        decode_body(bytes.fromhex(kind), bytes.fromhex(octets))


def test_a_name_beyond_the_bound_is_cut() -> None:
    head = b"\x83\x8e" + b"a" * 3000 + b"\0"
    (part,) = decode_body(b"\xa3", b"\x01" + wsp.uintvar(len(head)) + b"\0" + head).parts
    assert part.name == "a" * 255


@pytest.mark.parametrize(
    ("digits", "media_type", "parameters", "charset"),
    [
        ("83", "text/plain", (), ""),
        ("9e", "image/jpeg", (), ""),
        ("5a", "application/octet-stream", (), ""),  # a text without a slash: "Z"
        ("da", "application/octet-stream", (), ""),
        ("d3", "application/octet-stream", (), ""),  # a number that nobody knows
        ("02 01 03", "text/plain", (), ""),
        ("03 83 81 ea", "text/plain", (), "utf-8"),
        ("07 83 80 05 87 80 82 b3", "text/plain", (("q", "5"), ("differences", "0"), ("level", "51")), ""),
        ("03 9e 90 00", "image/jpeg", (("secure", ""),), ""),
        ("05 9e 96 02 0400", "image/jpeg", (("size", "1024"),), ""),
        ("08 b3 89 b3 8a 41 41 41 00", "application/vnd.wap.multipart.related",
         (("type", "application/vnd.wap.multipart.related"), ("start", "AAA")), ""),
        ("06 83 78 2d 62 00 81", "text/plain", (("x-b", "1"),), ""),
    ],
)  # fmt: skip
def test_media_types(digits: str, media_type: str, parameters: tuple[tuple[str, str], ...], charset: str) -> None:
    octets = bytes.fromhex(digits + ("00" if digits == "5a" else ""))
    reader = wsp.Reader(octets)
    assert read(reader) == ContentType(media_type, parameters, charset)
    assert reader.left == 0


def test_too_many_parameters() -> None:
    many = b"\x83" + b"".join(b"x%d\0\x81" % number for number in range(40))
    with pytest.raises(MmsFormatError, match="more than 32"):
        read(wsp.Reader(wsp.with_length(many)))
