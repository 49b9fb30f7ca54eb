"""SMIL: what real senders write is read, what we write is what a strict reader takes."""

from __future__ import annotations

import time
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mms.codec import smil
from mms.codec.errors import MmsFormatError
from mms.codec.smil import Medium, Page

LAYOUT = (
    b'<head><layout><root-layout width="160" height="120"/><region id="Image" left="0" top="0" width="160" '
    b'height="80" fit="meet"/><region id="Text" left="0" top="80" width="160" height="40" fit="scroll"/>'
    b"</layout></head>"
)
#: As phones and programs send them; pages as (tags and sources, milliseconds).
SENT = {
    "two regions": (
        b"<smil>" + LAYOUT + b'<body><par dur="5000ms"><img src="a.gif" region="Image"/>'
        b'<text src="t.txt" region="Text"/></par></body></smil>',
        [("img a.gif text t.txt", 5000)],
    ),
    "a text on no page": (
        (b'<smil><head><layout><root-layout width="120" height="160"/><region id="Image" width="100%" height="50%" '
        b'top="0%" left="0%"/><region id="Text" width="100%" height="50%" top="50%" left="0%"/></layout></head>'
        b'<body><text src="cid:Generic_Text.txt" region="Text"/></body></smil>'),
        [("text cid:Generic_Text.txt", 0)],
    ),
    "no size": (
        (b'<smil><head><layout> <root-layout/><region id="Text" top="70%" left="0%" height="30%" width="100%" '
        b'fit="scroll"/><region id="Image" top="0%" left="0%" height="70%" width="100%" fit="meet"/></layout></head>'
        b'<body><par dur="10s"><img src="IMG_6807.jpg" region="Image"/></par></body></smil>'),
        [("img IMG_6807.jpg", 10000)],
    ),
    "two pages, sound that begins later, colours of text": (
        (b'<smil><head><layout><root-layout/><region id="Image" top="0" left="0" height="50%" width="100%" '
        b'fit="hidden"/><region id="Text" top="50%" left="0" height="50%" width="100%" fit="hidden"/></layout></head>'
        b'<body><par dur="6825ms"><img src="pic1.gif" region="Image"></img><text src="Text0000.txt" region="Text">'
        b'<param name="textsize" value="small"/></text><audio src="catchy_g.amr" begin="350ms" end="6350ms"></audio>'
        b'</par><par dur="3000ms"><text src="Text0001.txt" region="Text"><param name="foreground-color" '
        b'value="#000000"/></text></par></body></smil>'),
        [("img pic1.gif text Text0000.txt audio catchy_g.amr", 6825), ("text Text0001.txt", 3000)],
    ),
    "a sequence on a page": (
        (
            b'<smil><body><par><seq repeatcount="4"><img src="1.gif" start="1s"/><img src="2.gif"/></seq></par>'
            b"</body></smil>"
        ),
        [("img 1.gif", 0), ("img 2.gif", 0)],
    ),
    "pages in a sequence, parameters": (
        (b'<smil><body><par dur="2000ms">\r\n<text src="0.txt" region="text">\r\n <param name="textsize" value="1"/>'
        b'\r\n</text>\r\n<audio src="a.amr" start="1000ms"/>\r\n</par>\r\n<seq repeatcount="4">\r\n<par dur="1500ms">'
        b'<img src="1.gif"/><text src="1.txt" region="text"/></par>\r\n<par dur="1500ms"><text src="2.txt"/></par>\r\n'
        b'<img src="3.gif" dur="1s"/><img src="4.gif"/></seq>\r\n<par dur="10000ms"><text src="5.txt"/></par></body>'),
        [("text 0.txt audio a.amr", 2000), ("img 1.gif text 1.txt", 1500), ("text 2.txt", 1500), ("img 3.gif", 1000),
         ("img 4.gif", 0), ("text 5.txt", 10000)],
    ),
    "no head, apostrophes, unclosed": (
        b"<smil><body><par dur='3s'><img src='cid:image' /></par>",
        [("img cid:image", 3000)],
    ),
    "byte order mark and declaration": (
        (b'\xef\xbb\xbf<?xml version="1.0"?><!DOCTYPE smil PUBLIC "-//W3C//DTD SMIL 1.0//EN" "http://x/s.dtd">'
        b'<smil><body><par dur="1.5s"><img src="a&amp;b.gif"/></par></body></smil>'),
        [("img a&b.gif", 1500)],
    ),
    "two pictures on one page": (
        b'<smil><body><par dur="2s"><img src="1.jpg"/><img src="2.jpg"/><text src="t"/></par></body></smil>',
        [("img 1.jpg", 2000), ("img 2.jpg text t", 2000)],
    ),
    "upper case and a namespace": (
        b'<s:SMIL xmlns:s="x"><s:BODY><s:PAR DUR="00:07"><s:IMG SRC="A.GIF"/></s:PAR></s:BODY></s:SMIL>',
        [("img A.GIF", 7000)],
    ),
    "times nobody can mean": (
        (b'<smil><par dur="indefinite"><img src="1"/></par><par dur="-5s"><img src="2"/></par>'
        b'<par dur="99999999s"><img src="3"/></par></smil>'),
        [("img 1", 0), ("img 2", 0), ("img 3", 0)],
    ),
    "nothing": (b"<smil/>", []),
    "no SMIL at all": (b"\x00\xff\xfe hello <", []),
}  # fmt: skip


@pytest.mark.parametrize("name", SENT)
def test_what_is_sent_is_read(name: str) -> None:
    octets, pages = SENT[name]
    found = smil.read(octets)
    assert [(" ".join(f"{m.tag} {m.src}" for m in page.media), page.duration_ms) for page in found.pages] == pages


def test_sizes_and_the_order_of_regions_are_read() -> None:
    found = smil.read(b"<smil>" + LAYOUT + b"</smil>")
    assert (found.width, found.height) == (160, 120)
    body = b'<body><par><img src="a" region="Image"/><text src="t" region="Text"/></par></body></smil>'
    assert not smil.read(b"<smil>" + LAYOUT + body).text_first
    swapped = LAYOUT.replace(b'top="80"', b'top="-1"')
    assert smil.read(b"<smil>" + swapped + body).text_first


@given(st.binary(max_size=400))
def test_reading_never_raises(octets: bytes) -> None:
    smil.read(octets)
    smil.read(b"<smil><body><par>" + octets)


def test_a_broken_declaration_costs_nothing() -> None:
    found = smil.read(b'<smil><par><img src="1"/></par><![foo <par><img src="2"/></par>')
    assert [page.media[0].src for page in found.pages] == ["1", "2"]


def test_what_a_document_declares_is_not_known() -> None:
    found = smil.read(
        b'<!DOCTYPE smil [<!ENTITY x SYSTEM "file:///etc/passwd">]><smil><par><img src="&x;"/></par></smil>'
    )
    assert [page.media[0].src for page in found.pages] == ["&x;"]


def test_comments_are_none_of_it() -> None:
    found = smil.read(
        b'<smil><!-- <par><img src="0"/></par> --><par><img src="1"/></par><!-- <par><img src="2"/></par>'
    )
    assert [page.media[0].src for page in found.pages] == ["1", "2"]  # the second is never closed


def test_quotes_that_are_open_or_missing() -> None:
    found = smil.read(b'<smil><par dur=2s><img src=a.gif/><text src=\'t.txt></par><par><img src="b.gif"" alt=x>')
    assert [([m.src for m in page.media], page.duration_ms) for page in found.pages] == [
        (["a.gif", "t.txt"], 2000),
        (["b.gif"], 0),
    ]


def test_pixels_are_compared_with_per_cents() -> None:
    head = (
        b'<smil><head><layout><root-layout height="200"/><region id="I" top="80"/><region id="T" top="50%"/></layout>'
    )
    body = b'<body><par><text src="t" region="T"/><img src="a" region="I"/></par></body></smil>'
    assert not smil.read(head + body).text_first
    assert smil.read(head.replace(b"50%", b"30%") + body).text_first


@pytest.mark.parametrize(
    "tag", [b"<a ", b'<a b="', b"<a b='c", b"<a b=c ", b"<p", b"<!--", b"<!", b"</", b"<", b"&", b'="']
)
def test_time_grows_with_the_length_alone(tag: bytes) -> None:
    for start in (b"<smil>", b'<smil><img src="'):
        document = start + tag * (smil.MAX_OCTETS // len(tag))
        started = time.process_time()
        smil.read(document)
        assert time.process_time() - started < 1


def test_it_is_bounded() -> None:
    many = b"<smil><body>" + b'<par><img src="a"/></par>' * 3000
    assert len(smil.read(many).pages) == smil.MAX_PAGES


NAMES = (
    st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), min_size=1, max_size=20).map(str.strip).filter(bool)
)
PAGES = st.lists(
    st.builds(
        lambda visual, text, audio, ms: Page(
            tuple(m for m in (visual, text, audio) if m is not None) or (Medium("text", "t"),), ms
        ),
        st.none() | st.builds(Medium, st.sampled_from(["img", "video"]), NAMES),
        st.none() | st.builds(Medium, st.just("text"), NAMES),
        st.none() | st.builds(Medium, st.just("audio"), NAMES),
        st.integers(1, smil.MAX_MS),
    ),
    min_size=1,
    max_size=5,
)


@given(PAGES, st.booleans())
def test_what_is_written_is_read_and_is_xml(pages: list[Page], text_first: bool) -> None:
    octets = smil.write(pages, width=176, height=208, text_first=text_first)
    found = smil.read(octets)
    assert [(sorted((m.tag, m.src) for m in page.media), page.duration_ms) for page in found.pages] == [
        (sorted((m.tag, m.src) for m in page.media), page.duration_ms) for page in pages
    ]
    root = ET.fromstring(octets)
    assert [child.tag for child in root] == ["head", "body"]
    regions = {region.get("id"): region for region in root.iter("region")}
    for par in root.iter("par"):
        tags = [element.tag for element in par]
        assert len(set(tags)) == len(tags)
        assert {element.get("region") for element in par} - {None} <= set(regions)
    assert sum(int(region.get("height", "0")) for region in regions.values()) in (0, 208)


@pytest.mark.parametrize(
    "media",
    [(Medium("img", "a"), Medium("video", "b")), (Medium("text", "a"), Medium("text", "b")), (Medium("ref", "a"),)],
)
def test_no_page_is_written_that_phones_cannot_show(media: tuple[Medium, ...]) -> None:
    with pytest.raises(MmsFormatError):
        smil.write([Page(media, 1000)], width=100, height=100)
