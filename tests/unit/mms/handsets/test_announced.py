"""Accept and Accept-Charset of clients, read into values of the catalogue."""

from __future__ import annotations

import pytest

from mms.handsets.announced import MAX_HEADER, read_accept
from mms.handsets.media_types import canonical


@pytest.mark.parametrize(
    ("accept", "values"),
    [
        ("", {}),
        ("*/*", {}),
        ("application/vnd.wap.mms-message, text/plain, application/smil", {}),
        (
            "image/jpeg, image/gif;q=0.5, image/vnd.wap.wbmp, audio/amr, text/x-vCard",
            {
                "images": ["image/gif", "image/jpeg", "image/vnd.wap.wbmp"],
                "sounds": ["audio/amr"],
                "others": ["+text/x-vcard"],
            },
        ),
        # A list beside */* says what is liked, not what is all.
        ("*/*, image/png, image/jpg", {"images": ["+image/jpeg", "+image/png"]}),
        # Without a picture every phone shows, the list was not made with care.
        ("image/png, audio/amr", {"images": ["+image/png"], "sounds": ["+audio/amr"]}),
        ("image/*, audio/x", {"images": ["+image/gif", "+image/jpeg", "+image/vnd.wap.wbmp"], "sounds": ["+audio/x"]}),
        ("image/*, image/jpeg", {"images": ["+image/gif", "+image/jpeg", "+image/vnd.wap.wbmp"]}),
        ("image/jpeg;q=0, image/gif", {"images": ["image/gif"]}),
        ("image/jpeg, text/x-imelody, image/<script>", {"images": ["image/jpeg"], "others": []}),
        (",,;;,", {}),
    ],
)  # fmt: skip
def test_accept(accept: str, values: dict[str, list[str]]) -> None:
    found = read_accept(accept)
    for field, wanted in values.items():
        assert found.get(field, []) == wanted
    assert values or not found


def test_charsets_are_added() -> None:
    found = read_accept("", "utf-8, GBK;q=0.7, *, no such thing")
    assert found == {"charsets": ["+utf-8", "+gbk"]}


def test_a_long_header_is_cut() -> None:
    assert read_accept("image/png," + " " * MAX_HEADER + "image/jpeg") == {"images": ["+image/png"]}


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("image/JPG", "image/jpeg"),
        ("text/x-iMelody", "audio/imelody"),
        ("audio/x-amr; rate=8000", "audio/amr"),
        ("a/b", "a/b"),
    ],
)
def test_one_name_for_each_format(written: str, name: str) -> None:
    assert canonical(written) == name
