"""Content and body, each made from the other."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mms.assembly import MAX_NAME, assemble, content_of, grouped, linear, text_of, text_of_part
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


def test_a_greeting_before_pictures_with_captions_stands_alone() -> None:
    def named(letters: str) -> list[Part]:
        return [replace(TEXT if letter.islower() else PICTURE, name=letter) for letter in letters]

    def slides(letters: str) -> list[str]:
        return [
            slide.text + slide.visual if slide.text_first else slide.visual + slide.text
            for slide in grouped(named(letters))
        ]

    assert slides("aXbYc") == ["a", "Xb", "Yc"]
    assert slides("aXbY") == ["aX", "bY"]
    assert slides("aX") == ["aX"]
    assert slides("XaYb") == ["Xa", "Yb"]
    assert slides("Xab") == ["Xa", "b"]
    assert slides("aXY") == ["aX", "Y"]
    assert slides("ab") == ["a", "b"]


def test_sound_joins_a_slide_unless_it_is_a_film_s() -> None:
    film = Part("video/3gpp", b"", "f.3gp")
    first, second = replace(TUNE, name="1.amr"), Part("text/x-imelody", b"", "2.imy")
    assert shown(Content((), grouped((first, PICTURE, second)))) == [("照片 1.JPG", "", "1.amr"), ("", "", "2.imy")]
    assert shown(Content((), grouped((film, first)))) == [("f.3gp", "", ""), ("", "", "1.amr")]


def test_a_slide_lasts_as_long_as_its_sound_when_nobody_says() -> None:
    long = replace(TUNE, data=b"#!AMR\n" + b"\x7c" * 400)
    pages = smil('<par><audio src="tune.amr"/></par><par dur="2s"><audio src="tune.amr"/></par>')
    content = content_of(Body((pages, long), Arrangement.RELATED, "smil"))
    assert [slide.duration_ms for slide in content.slides] == [8000, 2000]
    assert grouped((long,))[0].duration_ms == 8000


def test_parts_without_names_are_meant_by_their_order() -> None:
    pages = smil('<par><img src="cid:a"/><text src="cid:b"/></par><par><img src="cid:c"/></par>')
    parts = [replace(part, name="") for part in (PICTURE, TEXT, replace(PICTURE, data=b"2"))]
    content = content_of(Body((pages, *parts), Arrangement.RELATED, "smil"))
    seen = [content.part(name) for slide in content.slides for name in (slide.visual, slide.text) if name]
    assert [part.data for part in seen if part is not None] == [PICTURE.data, TEXT.data, b"2"]
    assert len(content.slides) == 2


def test_the_element_says_what_the_type_does_not() -> None:
    octets = Part("application/octet-stream", b"\xff\xd8", "a.jpg")
    pages = smil('<par><img src="a.jpg"/><text src="a.vcf"/><audio src="m.imy"/></par>')
    body = Body((pages, octets, CARD, Part("text/x-imelody", b"", "m.imy")), Arrangement.RELATED, "smil")
    assert shown(content_of(body)) == [("a.jpg", "", "m.imy")]
    again = content_of(assemble(content_of(body), screen=(128, 128)))
    assert shown(again) == [("a.jpg", "", "m.imy")]


def test_what_says_nothing_or_says_it_again_is_left_out() -> None:
    page = Part("text/html", b"<p>hello</p>", "h.html")
    blank = Part("text/plain", b" \r\n", "b.txt")
    assert [part.name for part in content_of(Body((TEXT, page), Arrangement.ALTERNATIVE)).parts] == ["t.txt"]
    zeros = replace(blank, data=bytes(500))
    assert [part.name for part in content_of(Body((blank, zeros, page))).parts] == ["h.html"]
    assert text_of(content_of(Body((page,)))) == "hello"


@pytest.mark.parametrize("media_type", ["application/smil+xml", "text/xml", "application/octet-stream"])
def test_a_smil_by_another_name(media_type: str) -> None:
    pages = replace(smil('<par dur="3s"><text src="t.txt"/></par>'), media_type=media_type, name="pres.smil")
    content = content_of(Body((pages, TEXT)))
    assert [(slide.text, slide.duration_ms) for slide in content.slides] == [("t.txt", 3000)]
    assert len(content.parts) == 1


def test_a_plain_sequence_follows_the_slides() -> None:
    content = Content((CARD, TEXT, PICTURE), (Slide("照片 1.JPG", "t.txt", text_first=True),))
    assert [part.name for part in linear(content).parts] == ["t.txt", "照片 1.JPG", "a.vcf"]


def test_paths_and_other_scripts_are_no_names() -> None:
    names = ("C:\\tmp\\照片.JPG", "/tmp/a b.jpeg", "a b.jpg", "pres.jpg")
    body = assemble(Content(tuple(replace(PICTURE, name=name) for name in names)), screen=(128, 128))
    other = Part("x/y", b"<smil/>", "照.smil照")
    assert [part.name for part in assemble(Content((other,)), screen=(128, 128)).parts] == ["other1.bin"]
    assert [part.name for part in body.parts] == ["pres.smil", "image1.jpg", "a_b.jpg", "a_b-2.jpg", "pres-2.jpg"]


def test_texts_are_written_in_the_set_that_is_asked_for() -> None:
    def sent(charset: str, part: Part = TEXT) -> tuple[str, bytes]:
        text = assemble(Content((part,)), screen=(128, 128), charset=charset).parts[-1]
        return text.charset, text.data

    assert sent("utf-8") == ("utf-8", "你好".encode())
    assert sent("") == ("gbk", TEXT.data)
    assert sent("gb2312") == ("gb2312", TEXT.data)
    assert sent("us-ascii") == ("utf-8", "你好".encode())  # which lacks them
    assert sent("no such set") == ("utf-8", "你好".encode())


def test_words_are_cut_with_a_mark() -> None:
    content = Content((Part("text/plain", b"hello world", "a"), Part("text/plain", b"again", "b")))
    assert text_of(content) == "hello world\nagain"
    assert text_of(content, 7) == "hello…"
    assert text_of(content, 1) == "…"
    assert text_of(content, 0) == ""
    assert text_of(Content((Part("text/plain", "好👨‍👩‍👧好".encode(), "a"),)), 6) == "好…"


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
    said = [part for part in parts if part.media_type != "text/plain" or text_of_part(part).strip()]
    assert len({part.name for part in content.parts}) == len(content.parts) == len(said)
    sent = assemble(content, screen=(176, 220))
    for part in sent.parts:
        assert part.name.isascii()
        assert 0 < len(part.name) <= MAX_NAME
    assert len({part.name.lower() for part in sent.parts}) == len(sent.parts)
    assert len({part.content_id.lower() for part in sent.parts}) == len(sent.parts)
    again = content_of(decode_body(*encode_body(sent)))
    assert sorted(part.media_type for part in again.parts) == sorted(part.media_type for part in content.parts)
    assert len(again.slides) == len(content.slides)
