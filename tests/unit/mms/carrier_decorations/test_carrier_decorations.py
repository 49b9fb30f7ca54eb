"""A photo mailed from a phone is a photo: what carriers put around it goes, what people sent stays. Mails are made."""

from __future__ import annotations

import datetime
import struct
from email.message import EmailMessage

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.core.errors import ConfigError
from gateway.mail.mime.reader import read_mail
from mms.carrier_decorations import rules
from mms.carrier_decorations.decorations import NONE, decorations_of
from mms.carrier_decorations.picture_size import size_of
from mms.mail_mapping.reading import mms_of_mail

DATE = datetime.datetime(2026, 11, 24, tzinfo=datetime.UTC)


def gif(width: int, height: int) -> bytes:
    return b"GIF89a" + struct.pack("<HH", width, height) + bytes(20) + f"{width}x{height}".encode()


def jpeg(width: int, height: int) -> bytes:
    frame = b"\xff\xc0\x00\x11\x08" + struct.pack(">HH", height, width) + bytes(10)
    return b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + bytes(9) + frame + b"\xff\xd9"


PHOTO = jpeg(1600, 1200)


def mail(sender: str, subject: str, text: str, *files: tuple[str, bytes, bool], page: str = "") -> bytes:
    """A mail; each file has a name, octets, and whether it stands in the page."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"], message["Date"] = sender, "u@hub.example", subject, "x"
    del message["Date"]
    message["Date"] = DATE
    if page or any(inline for _, _, inline in files):
        images = "".join(f'<img src="cid:{name}">' for name, _, inline in files if inline)
        message.set_content(f"<html><body>{page or f'<p>{text}</p>'}{images}</body></html>", subtype="html")
        for name, data, inline in files:
            if inline:
                message.add_related(
                    data, "image", "gif" if data[:3] == b"GIF" else "jpeg", cid=f"<{name}>", filename=name
                )
    else:
        message.set_content(text)
    for name, data, inline in files:
        if not inline:
            kind = ("text", "plain") if name.endswith(".txt") else ("image", "gif" if data[:3] == b"GIF" else "jpeg")
            message.add_attachment(data, *kind, filename=name)
    return message.as_bytes()


#: What a mail is, and what is left of it: its subject, its words, the names of its pictures.
CORPUS: dict[str, tuple[bytes, str, str, list[str]]] = {
    "a logo, dividers and the photo in one page": (
        mail("13035550100@tmomail.net", "Multimedia Message", "Look!", ("dottedline600.gif", gif(600, 1), True),
             ("tmobilelogo.gif", gif(150, 60), True), ("photo1.jpg", PHOTO, True)),
        "", "Look!", ["photo1.jpg"],
    ),
    "nothing but a text file and the photo": (
        mail("8613800138000@139.com", "彩信", "", ("text_0.txt", "你好".encode(), False), ("1.jpg", PHOTO, False)),
        "", "你好", ["1.jpg"],
    ),
    "an advert behind the words": (
        mail("5195550100@pcs.rogers.com", "holiday", "at the lake\n\n"
             "This mobile text message was sent to you by Rogers.\nGet your own today!", ("img.jpg", PHOTO, False)),
        "holiday", "at the lake", ["img.jpg"],
    ),
    "a Chinese advert": (
        mail("13800138000@139.com", "照片", "在西湖\n本邮件由中国移动139邮箱发送\n下载客户端",
             ("DSC.jpg", PHOTO, False)),
        "照片", "在西湖", ["DSC.jpg"],
    ),
    "an iPhone": (
        mail("anna@x.example", "cat", "the cat\n\nSent from my iPhone", ("IMG_0001.jpg", PHOTO, False)),
        "cat", "the cat", ["IMG_0001.jpg"],
    ),
    "a Chinese iPhone": (
        mail("anna@x.example", "", "猫\n\n发自我的 iPhone", ("IMG_0001.jpg", PHOTO, False)),
        "", "猫", ["IMG_0001.jpg"],
    ),
    "a picture that counts readers": (
        mail("anna@x.example", "hi", "hello", ("open.gif", gif(1, 1), True), ("a.jpg", PHOTO, True)),
        "hi", "hello", ["a.jpg"],
    ),
    "somebody's own logo as an attachment": (
        mail("anna@x.example", "our logo", "what do you think?", ("new_logo.jpg", jpeg(300, 200), False),
             ("photo.jpg", PHOTO, False)),
        "our logo", "what do you think?", ["new_logo.jpg", "photo.jpg"],
    ),
    "a logo that is all there is": (
        mail("anna@x.example", "our logo", "", ("logo.gif", gif(300, 200), True)),
        "our logo", "", ["logo.gif"],
    ),
    "a panorama": (
        mail("anna@x.example", "wide", "", ("pano.jpg", jpeg(12000, 900), True)),
        "wide", "", ["pano.jpg"],
    ),
    "words about Vodafone from somebody else": (
        mail("anna@x.example", "bill", "This was sent to me by Vodafone today\nand it is wrong",
             ("a.jpg", PHOTO, False)),
        "bill", "This was sent to me by Vodafone today\nand it is wrong", ["a.jpg"],
    ),
    "the same words in the middle stay": (
        mail("anna@x.example", "x", "Sent from my garden\nlast week\na\nb\nc\nd", ("a.jpg", PHOTO, False)),
        "x", "Sent from my garden\nlast week\na\nb\nc\nd", ["a.jpg"],
    ),
    "two photos of one carrier": (
        mail("447700900000@mmsemail.orange.co.uk", "MMS", "", ("orange_logo.gif", gif(200, 50), True),
             ("1.jpg", PHOTO, True), ("2.jpg", jpeg(640, 480), True)),
        "", "", ["1.jpg", "2.jpg"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CORPUS)
def test_a_photo_is_a_photo(name: str) -> None:
    data, subject, words, pictures = CORPUS[name]
    made = mms_of_mail(data)
    texts = [part.data.decode() for part in made.content.parts if part.media_type == "text/plain"]
    assert made.subject == subject
    assert "\n".join(texts) == words
    assert [part.name for part in made.content.parts if part.media_type.startswith("image/")] == pictures
    assert made.content.slides or not (texts or pictures)


def test_each_that_is_dropped_has_its_reason() -> None:
    found = decorations_of(read_mail(CORPUS["a logo, dividers and the photo in one page"][0]))
    assert found.carrier == "T-Mobile USA"
    assert {one.name: one.reason for one in found.dropped} == {
        "dottedline600.gif": "nobody could see anything on it",
        "tmobilelogo.gif": "T-Mobile USA puts it into every mail",
    }
    assert decorations_of(read_mail(CORPUS["an iPhone"][0])).dropped == ()


def test_a_line_in_the_page_goes_and_an_attached_one_stays() -> None:
    line = gif(600, 8)
    in_page = mail("a@x.example", "x", "hi", ("rule.gif", line, True), ("a.jpg", PHOTO, True))
    attached = mail("a@x.example", "x", "hi", ("rule.gif", line, False), ("a.jpg", PHOTO, False))
    assert [one.reason for one in decorations_of(read_mail(in_page)).dropped] == ["it is a line"]
    assert decorations_of(read_mail(attached)).dropped == ()


def test_domains_end_where_they_say() -> None:
    loaded = rules.load()
    assert loaded.carrier_of("mm.tmomail.net") is not None
    assert loaded.carrier_of("eviltmomail.net") is None
    assert loaded.carrier_of("") is None


def test_the_rules_are_whole() -> None:
    loaded = rules.load()
    names = [one.name for one in loaded.carriers]
    domains = [domain for one in loaded.carriers for domain in one.domains]
    assert len(names) == len(set(names)) >= 10
    assert len(domains) == len(set(domains))
    assert all(one.domains for one in loaded.carriers)
    assert "chinamobile" in "".join(domains)


@pytest.mark.parametrize(
    "text",
    ["[common]\nfooter = []", '[[carrier]]\nname = "x"\ncolour = 1', "common = 3", '[common]\nfooters = ["("]', "[["],
)
def test_rules_that_are_none(text: str) -> None:
    with pytest.raises(ConfigError, match=r"carriers\.toml"):
        rules.read(text)


def test_sizes() -> None:
    assert size_of(gif(600, 1)) == (600, 1)
    assert size_of(PHOTO) == (1600, 1200)
    png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + struct.pack(">II", 7, 9)
    assert size_of(png) == (7, 9)
    for data in (gif(6, 6), PHOTO, png):
        for end in range(len(data)):
            size_of(data[:end])
    assert size_of(b"\xff\xd8" + b"\xff\xe0\x00\x00" * 200) is None


@settings(max_examples=100)
@given(st.text(max_size=300))
def test_no_text_grows(text: str) -> None:
    found = decorations_of(read_mail(CORPUS["a Chinese advert"][0]))
    assert len(found.words(text)) <= len(text)
    assert NONE.words(text) == text
