"""Content and body, each made from the other."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mms.assembly import MAX_NAME, assemble, content_of, linear, text_of
from mms.codec.multipart import decode_body, encode_body
from mms.content import FORWARD_LOCKED, SMIL, Arrangement, Body, Content, Part, Slide

PICTURE = Part("image/jpeg", b"\xff\xd8\xff", "照片 1.JPG")
TEXT = Part("text/plain", "你好".encode("gbk"), "t.txt", charset="gbk")
TUNE = Part("audio/amr", b"#!AMR\n", "tune.amr")
CARD = Part("text/x-vcard", b"BEGIN:VCARD", "a.vcf")


def smil(body: str) -> Part:
    return Part(SMIL, f"<smil><body>{body}</body></smil>".encode(), "smil.xml", "smil")


def shown(content: Content) -> list[tuple[str, str, str]]:
    return [(slide.visual, slide.text, slide.audio) for slide in content.slides]


def test_a_content_travels_and_comes_back() -> None:
    content = Content((TEXT, CARD, PICTURE, TUNE), (Slide("照片 1.JPG", "t.txt", "tune.amr", 7000),))
    body = assemble(content, screen=(128, 160))
    assert (body.arrangement, body.start) == (Arrangement.RELATED, body.parts[0].content_id)
    assert [part.media_type for part in body.parts] == [SMIL, "image/jpeg", "text/plain", "audio/amr", "text/x-vcard"]
    assert b'src="1.jpg"' in body.parts[0].data
    assert (body.parts[2].charset, body.parts[2].data.decode()) == ("utf-8", "你好")
    again = content_of(decode_body(*encode_body(body)))
    assert shown(again) == [("1.jpg", "t.txt", "tune.amr")]
    assert (again.slides[0].duration_ms, text_of(again)) == (7000, "你好")


def test_without_slides_a_picture_has_the_text_behind_it() -> None:
    parts = (PICTURE, TEXT, replace(PICTURE, name="2.jpg"), replace(TEXT, name="u.txt"), TUNE, CARD)
    content = content_of(Body(parts))
    assert shown(content) == [("照片 1.JPG", "t.txt", ""), ("2.jpg", "u.txt", "tune.amr")]


def test_nothing_to_show_is_sent_without_a_smil() -> None:
    body = assemble(Content((CARD,)), screen=(128, 160))
    assert (body.arrangement, [part.name for part in body.parts]) == (Arrangement.MIXED, ["a.vcf"])


@pytest.mark.parametrize(
    ("src", "part"),
    [
        ("cid:pic", replace(PICTURE, name="x.jpg", content_id="pic")),
        ("cid:%3Cpic%3E", replace(PICTURE, name="x.jpg", content_id="<pic>")),
        ("CID:Pic", replace(PICTURE, name="", content_id="pic")),
        ("x%20y.jpg", replace(PICTURE, name="x y.jpg")),
        ("X.JPG", replace(PICTURE, name="x.jpg")),
        ("cid:x.jpg", replace(PICTURE, name="x.jpg", content_id="other")),
        ("pic", replace(PICTURE, name="", content_id="pic")),
        ("file.jpg", replace(PICTURE, name="x.jpg", parameters=(("name", "file.jpg"),))),
        ("http://phone/x.jpg", replace(PICTURE, name="x.jpg")),
    ],
)
def test_a_page_finds_its_part_by_many_names(src: str, part: Part) -> None:
    content = content_of(Body((smil(f'<par><img src="{src}"/></par>'), part), Arrangement.RELATED, "smil"))
    assert [slide.visual for slide in content.slides] == [content.parts[0].name]
    assert len(content.slides) == 1


def test_what_no_page_names_is_shown_behind_and_what_is_not_there_is_left_out() -> None:
    pages = smil('<par><img src="gone.jpg"/></par><par><text src="t.txt"/></par>')
    content = content_of(Body((pages, TEXT, PICTURE, CARD), Arrangement.RELATED, "smil"))
    assert shown(content) == [("", "t.txt", ""), ("照片 1.JPG", "", "")]
    assert [part.name for part in content.parts] == ["t.txt", "照片 1.JPG", "a.vcf"]


def test_the_root_is_the_smil_that_is_named_and_another_where_it_says_nothing() -> None:
    first, second = smil("<par/>"), replace(smil('<par dur="2s"><text src="t.txt"/></par>'), content_id="b")
    assert content_of(Body((first, second, TEXT), Arrangement.RELATED, "smil")).slides[0].duration_ms == 2000


def test_pages_go_by_what_parts_are_and_a_locked_part_by_its_element() -> None:
    locked = Part(FORWARD_LOCKED, b"x", "l.dm")
    pages = smil('<par><text src="照片 1.JPG"/><audio src="l.dm"/></par>')
    content = content_of(Body((pages, PICTURE, locked), Arrangement.RELATED, "smil"))
    assert shown(content) == [("照片 1.JPG", "", "l.dm")]


def test_parts_of_one_name_are_told_apart() -> None:
    content = content_of(Body((PICTURE, PICTURE, replace(PICTURE, name=""), replace(PICTURE, name=""))))
    assert len({part.name for part in content.parts}) == 4


def test_a_plain_sequence_follows_the_slides() -> None:
    content = Content((CARD, TEXT, PICTURE), (Slide("照片 1.JPG", "t.txt", text_first=True),))
    assert [part.name for part in linear(content).parts] == ["t.txt", "照片 1.JPG", "a.vcf"]


def test_words_are_cut_with_a_mark() -> None:
    content = Content((Part("text/plain", b"hello world", "a"), Part("text/plain", b"again", "b")))
    assert text_of(content) == "hello world\nagain"
    assert text_of(content, 7) == "hello…"


NAMES = st.text(max_size=60)
PARTS = st.lists(
    st.builds(
        Part, st.sampled_from(["image/jpeg", "text/plain", "audio/amr", "video/3gpp", "text/x-vcard", "x/y"]),
        st.binary(max_size=20), NAMES, NAMES,
    ),
    max_size=8,
)  # fmt: skip


@given(PARTS, st.booleans())
def test_any_parts_can_be_sent_and_read(parts: list[Part], with_smil: bool) -> None:
    body = Body(tuple([smil('<par><img src="a"/></par>'), *parts] if with_smil else parts))
    content = content_of(body)
    assert len({part.name for part in content.parts}) == len(content.parts) == len(parts)
    sent = assemble(content, screen=(176, 220))
    for part in sent.parts:
        assert part.name.isascii()
        assert 0 < len(part.name) <= MAX_NAME
    assert len({part.name.lower() for part in sent.parts}) == len(sent.parts)
    assert len({part.content_id.lower() for part in sent.parts}) == len(sent.parts)
    again = content_of(decode_body(*encode_body(sent)))
    assert sorted(part.media_type for part in again.parts) == sorted(part.media_type for part in content.parts)
    assert len(again.slides) == len(content.slides)
