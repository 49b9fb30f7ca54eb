"""The whole of an MMS made to fit: never over, the room used, nothing lost without a word."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from mms.assembly import content_of
from mms.codec.multipart import decode_body, encode_body, encoded_size
from mms.content import FORWARD_LOCKED, Content, Part, Slide
from mms.handsets.catalogue import resolve
from mms.media.fitting import fit
from mms.media.kinds import kind_of
from mms.media.pictures import MediaRefused
from mms.media.plan import Plan, What
from tests.fakes.media import camera_exif, drawing, encoded, film, jpeg, moving, sound

PHONES = ("unknown", "nokia-6610", "nokia-n73", "mono-2002", "iphone-13")
PHOTO = Part("image/jpeg", jpeg((1600, 1200), quality=93), "照片.jpg")
SECOND = Part("image/jpeg", jpeg((1200, 1600), quality=93, seed=2), "b.jpg")
MOVING = Part("image/gif", moving((200, 150), 8), "ball.gif")
TEXT = Part("text/plain", ("这是一段文字。" * 20).encode(), "t.txt", charset="utf-8")
TONE = Part("audio/wav", sound(6), "tone.wav")
CARD = Part("text/x-vcard", b"BEGIN:VCARD\r\nVERSION:2.1\r\nN:A\r\nEND:VCARD\r\n", "a.vcf")
ARCHIVE = Part("application/zip", b"PK\x03\x04", "z.zip")
EVERYTHING = Content(
    (PHOTO, SECOND, MOVING, TEXT, TONE, CARD, ARCHIVE),
    (Slide("照片.jpg", "t.txt", "tone.wav"), Slide("b.jpg"), Slide("ball.gif")),
)


@pytest.mark.parametrize(("key", "limit"), list(itertools.product(PHONES, (None, 100_000, 30_000, 12_000))))
def test_never_over_and_every_part_has_its_line(key: str, limit: int | None) -> None:
    handset = resolve(key)
    fitted = fit(EVERYTHING, handset, max_octets=limit)
    most = min(handset.max_octets, limit or handset.max_octets)
    assert encoded_size(fitted.body) < fitted.octets <= most
    assert sum(map(len, encode_body(fitted.body))) == encoded_size(fitted.body)
    told = {step.part for step in fitted.plan.steps}
    assert {part.name for part in EVERYTHING.parts} <= told
    sent = {part.name for part in fitted.content.parts}
    for step in fitted.plan.steps:
        assert (step.part in sent) is (step.what is not What.LOST)
        assert step.what is not What.LOST or step.reasons
    for part in fitted.content.parts:
        kind = kind_of(part.data)
        assert not kind or kind in handset.images | handset.sounds | handset.videos, (part.name, kind)
    assert Plan.from_json(fitted.plan.to_json()) == fitted.plan
    assert fitted.plan.lines("zh")
    shown = content_of(decode_body(*encode_body(fitted.body)))
    assert len(shown.parts) == len(fitted.content.parts)


@pytest.mark.parametrize("limit", [200_000, 100_000, 40_000])
@pytest.mark.parametrize("parts", [(PHOTO,), (PHOTO, SECOND), (PHOTO, SECOND, TEXT), (PHOTO, MOVING)])
def test_the_room_is_used_where_there_is_more_to_show(limit: int, parts: tuple[Part, ...]) -> None:
    handset = replace(resolve("unknown"), max_image=(1600, 1200), screen=(1080, 1920))
    fitted = fit(Content(parts), handset, max_octets=limit)
    unlimited = fit(Content(parts), replace(handset, max_octets=10_000_000))
    assert fitted.octets >= min(0.85 * limit, unlimited.octets)


def test_a_small_part_is_left_alone_beside_a_large_one() -> None:
    small = Part("image/png", encoded(drawing((60, 40)), "PNG"), "logo.png")
    fitted = fit(Content((PHOTO, small)), resolve("nokia-n73"), max_octets=30_000)
    assert next(part for part in fitted.content.parts if part.name == "logo.png").data == small.data


def test_a_long_text_goes_on_several_slides_of_a_small_screen() -> None:
    text = Part("text/plain", ("第一句话。第二句话！" * 120).encode(), "t.txt", charset="utf-8")
    fitted = fit(Content((PHOTO, text)), resolve("nokia-6610"))
    texts = [part.data.decode() for part in fitted.content.parts if part.media_type == "text/plain"]
    assert len(texts) > 2
    assert "".join(texts) == "第一句话。第二句话！" * 120
    assert all(one.endswith(("。", "！")) for one in texts)
    assert len([slide for slide in fitted.content.slides if slide.text]) == len(texts)
    scrolled = fit(Content((PHOTO, text)), resolve("unknown"))
    assert len([part for part in scrolled.content.parts if part.media_type == "text/plain"]) == 1


@pytest.mark.parametrize("key", ["unknown", "nokia-6610"])
@pytest.mark.parametrize("charset", ["utf-8", "utf-16", "us-ascii"])
@pytest.mark.parametrize("count", [500, 200_000])
def test_of_a_text_too_long_for_the_phone_its_beginning_arrives(key: str, charset: str, count: int) -> None:
    text = ("hello world. " if charset == "us-ascii" else "你好世界。") * count
    handset = replace(resolve(key), charsets=frozenset({charset}), max_octets=30_000)
    fitted = fit(Content((Part("text/plain", text.encode(), "t.txt", charset="utf-8"),)), handset)
    shown = "".join(part.data.decode(part.charset) for part in fitted.content.parts)
    assert text.replace(" ", "").startswith(shown.rstrip("….").replace(" ", ""))
    assert fitted.octets <= 30_000
    if count > 500:
        assert fitted.octets > 0.85 * 30_000
        assert "cut" in fitted.plan.steps[0].reasons
        assert shown.endswith(("…", "..."))
    assert not fitted.plan.lost


def test_many_texts_are_not_split_without_end() -> None:
    parts = tuple(Part("text/plain", b"a word or two. " * 60, f"{n}.txt", charset="us-ascii") for n in range(100))
    handset = replace(resolve("nokia-6610"), max_octets=300_000)
    assert len(fit(Content(parts), handset).content.parts) <= 200


def test_a_locked_part_is_sent_as_it_is() -> None:
    locked = Part(FORWARD_LOCKED, b"\xff\xd8\xff" + bytes(3000), "l.dm")
    fitted = fit(Content((locked, PHOTO)), resolve("unknown"))
    assert next(part for part in fitted.content.parts if part.name == "l.dm") == locked
    with pytest.raises(MediaRefused):
        fit(Content((replace(locked, data=bytes(60_000)),)), resolve("nokia-6610"))


def test_types_are_what_the_octets_say() -> None:
    liar = replace(PHOTO, media_type="image/gif", name="x.gif")
    (part,) = fit(Content((liar,)), resolve("unknown")).content.parts
    assert part.media_type == "image/jpeg"


def test_a_picture_called_a_text_is_a_picture_and_a_text_is_a_text() -> None:
    (part,) = fit(Content((replace(PHOTO, media_type="text/plain", name="x.txt"),)), resolve("unknown")).content.parts
    assert part.media_type == "image/jpeg"
    for words in (b"BMW is a car", "ID3 \u4f60".encode(), "FLV".encode("utf-16")):
        text = Part("text/plain", words, "t.txt", charset="utf-16" if words[0] > 127 else "utf-8")
        assert fit(Content((text,)), resolve("unknown")).content.parts[0].media_type == "text/plain"


def test_what_one_leaves_is_shared_by_those_that_want_more() -> None:
    handset = replace(resolve("unknown"), max_image=(1600, 1200), screen=(1080, 1920))
    photos = [replace(PHOTO, data=jpeg((1600, 1200), quality=95, seed=3), name=f"{n}.jpg") for n in range(3)]
    little = Part("image/jpeg", jpeg((320, 240), quality=90, exif=camera_exif()), "s.jpg")
    fitted = fit(Content((*photos, little)), handset, max_octets=200_000)
    sizes = [len(part.data) for part in fitted.content.parts if part.name != "s.jpg"]
    assert max(sizes) < 1.15 * min(sizes)
    assert fitted.octets > 170_000


def test_broken_parts_are_left_out_and_said_the_rest_is_sent() -> None:
    broken = replace(PHOTO, data=PHOTO.data[:200], name="broken.jpg")
    fitted = fit(Content((broken, TEXT)), resolve("unknown"))
    assert [step.reasons for step in fitted.plan.lost] == [("broken",)]
    assert [part.name for part in fitted.content.parts] == ["t.txt"]


def test_when_nothing_is_left_that_is_an_error() -> None:
    with pytest.raises(MediaRefused):
        fit(Content((ARCHIVE,)), resolve("unknown"))


def test_a_film_for_each_phone() -> None:
    part = Part("video/mp4", film(), "f.mp4")
    assert fit(Content((part,)), resolve("iphone-13")).content.parts[0].media_type == "video/mp4"
    poster = fit(Content((part,)), resolve("unknown"))
    assert poster.content.parts[0].media_type == "image/jpeg"
    assert poster.plan.steps[0].reasons == ("poster",)


def test_texts_in_the_characters_of_the_phone() -> None:
    handset = replace(resolve("unknown"), charsets=frozenset({"utf-16"}))
    (part,) = fit(Content((replace(TEXT, data="你好".encode("gbk"), charset="gbk"),)), handset).content.parts
    assert (part.charset, part.data.decode("utf-16")) == ("utf-16", "你好")
