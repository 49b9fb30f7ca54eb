"""Long texts put together again on a phone."""

from __future__ import annotations

import pytest

from carriers.simulator.handsets import Handset, ReceivedSegment, Text
from gateway.core.messages import Concat
from gateway.core.text import Alphabet, encode
from tests.unit.carriers.simulator.operator_bench import BEGIN

WHOLE = "春眠不觉晓，处处闻啼鸟。😀夜来风雨声"


def segment(data: bytes, place: tuple[int, int, int] | None, alphabet: Alphabet = Alphabet.UCS2) -> ReceivedSegment:
    return ReceivedSegment("10657000", data, alphabet, Concat(*place) if place else None, "a", "id", BEGIN)


def receive(handset: Handset, *segments: ReceivedSegment) -> list[Text]:
    for it in segments:
        handset.receive(it)
    return list(handset.texts)


@pytest.mark.parametrize("order", [(1, 2, 3), (3, 1, 2), (2, 3, 1)])
def test_parts_may_come_in_any_order(order: tuple[int, ...]) -> None:
    data = encode(WHOLE, Alphabet.UCS2)
    parts = {1: data[:14], 2: data[14:26], 3: data[26:]}
    (text,) = receive(Handset("1"), *(segment(parts[it], (9, 3, it)) for it in order))
    assert text.is_whole
    assert text.text == WHOLE


def test_a_character_cut_in_two_is_whole_again() -> None:
    data = encode("a😀b", Alphabet.UCS2)
    (text,) = receive(Handset("1"), segment(data[:4], (9, 2, 1)), segment(data[4:], (9, 2, 2)))
    assert text.text == "a😀b"


def test_missing_parts_show_as_an_ellipsis() -> None:
    (text,) = receive(Handset("1"), segment(b"\x4e\x00", (9, 3, 1)), segment(b"\x4e\x09", (9, 3, 3)))
    assert not text.is_whole
    assert text.text == "一…三"


def test_the_same_part_twice_is_kept_as_a_segment_and_shown_once() -> None:
    first = segment(b"\x4e\x00", (9, 2, 1))
    (text,) = receive(Handset("1"), first, segment(b"\x4e\x00", (9, 2, 1)), segment(b"\x4e\x8c", (9, 2, 2)))
    assert text.text == "一二"
    assert len(text.segments) == 3


def test_a_reference_that_comes_again_begins_another_text() -> None:
    handset = Handset("1")
    one, two = segment(b"\x4e\x00", (9, 2, 1)), segment(b"\x4e\x8c", (9, 2, 2))
    other = segment(b"\x4e\x09", (9, 2, 1))
    texts = receive(handset, one, two, one, other, two)
    assert [it.text for it in texts] == ["一二", "一…", "三二"]


def test_parts_in_two_alphabets_are_read_each_in_its_own() -> None:
    parts = (segment(b"abc", (9, 2, 1), Alphabet.GSM7), segment(b"\x4e\x00", (9, 2, 2)))
    (text,) = receive(Handset("1"), *parts)
    assert text.text == "abc一"


def test_binary_is_shown_in_hexadecimal() -> None:
    (text,) = receive(Handset("1"), segment(b"\x00\xff", None, Alphabet.BINARY))
    assert text.text == "00 ff"


def test_the_word_of_a_long_text_is_the_worst_of_its_parts() -> None:
    parts = [segment(b"\x4e\x00", (9, 2, 1)), segment(b"\x4e\x8c", (9, 2, 2))]
    (text,) = receive(Handset("1"), *parts)
    assert text.word == ""
    parts[0].state = "DELIVRD"
    assert text.word == ""
    parts[1].state = "EXPIRED"
    assert text.word == "EXPIRED"
    parts[1].state = "DELIVRD"
    assert text.word == "DELIVRD"
