import pytest
from hypothesis import given
from hypothesis import strategies as st

from carriers.framing import FrameSplitter
from gateway.core.errors import MalformedPdu


def frame(body: bytes) -> bytes:
    return (4 + len(body)).to_bytes(4, "big") + body


def splitter() -> FrameSplitter:
    return FrameSplitter(minimum=6, maximum=200_000)


@given(st.lists(st.binary(min_size=2, max_size=40), max_size=20), st.data())
def test_any_cut_gives_the_same_frames(bodies, data):
    frames = [frame(body) for body in bodies]
    stream = b"".join(frames)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=10)))
    split, found = splitter(), []
    for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        split.feed(stream[start:end])
        found += split
    assert found == frames


@pytest.mark.parametrize("length", [0, 5, 200_001, 0xFFFFFFFF])
def test_impossible_length_comes_after_the_frames_before_it_and_stays(length):
    split = splitter()
    split.feed(frame(b"ab") + length.to_bytes(4, "big") + b"rest")
    frames = iter(split)
    assert next(frames) == frame(b"ab")
    with pytest.raises(MalformedPdu, match="frame length"):
        next(frames)
    split.feed(b"more")
    with pytest.raises(MalformedPdu):
        list(split)


def test_iteration_may_be_broken_off_and_fed_between():
    split = splitter()
    split.feed(frame(b"one") + frame(b"two") + b"\0\0")
    assert next(iter(split)) == frame(b"one")
    split.feed(b"\0\x08four")
    assert list(split) == [frame(b"two"), frame(b"four")]
    frames = iter(split)
    split.feed(frame(b"aa") + frame(b"bb"))
    assert next(frames) == frame(b"aa")
    split.feed(frame(b"cc"))
    assert [*frames, *split] == [frame(b"bb"), frame(b"cc")]


def test_a_large_frame_octet_by_octet():
    # Copying what waits at every octet would take minutes here.
    split = FrameSplitter(minimum=6, maximum=2_000_000)
    stream = frame(bytes(1_000_000))
    for octet in stream:
        split.feed(bytes((octet,)))
        if split._have < len(stream):
            assert list(split) == []
    assert list(split) == [stream]


def test_what_is_fed_while_the_caller_holds_a_frame_stays_behind_the_rest():
    split = splitter()
    split.feed(frame(b"aa") + b"\0\0")
    frames = iter(split)
    assert next(frames) == frame(b"aa")
    split.feed(b"\0\x08four")
    assert [*frames, *split] == [frame(b"four")]
