"""The line tool: hexadecimal to JSON and back, a line each, and an object with the error for a line that is none."""

import json
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from carriers.wire import MAX_LINE, TOOLS, decode_lines, encode_lines
from tests.unit.carriers.wire_frames import FRAMES

#: Of a WAP push without data; the others are longer.
LEAST_OCTETS = 4
LINES = [(name, next(decode_lines(TOOLS[name], [frame]))) for name, frame in FRAMES]
KEYS = sorted({key for _, line in LINES for key in json.loads(line)})
NAMES = st.sampled_from(sorted(TOOLS))
TEXTS = st.text() | st.sampled_from(["", "00", "0" * 16, "zz", "\ud800", "彩", "message_state", "ESME_ROK", "SUBMIT"])
NUMBERS = st.integers() | st.sampled_from([0, 1, -1, 255, 256, 2**32, 2**64, 10**400])
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.floats() | TEXTS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from([*KEYS, "hex", "text", "tag", "value", "dl_name"]) | TEXTS, inner, max_size=4)
    ),
    max_leaves=12,
)


def judge(name: str, lines: list[str], outs: list[str]) -> None:
    """Every line has its answer, which can be printed: octets, or an error that names the line."""
    wanted = [number for number, line in enumerate(lines, 1) if line.strip()]
    assert len(outs) == len(wanted)
    for number, out in zip(wanted, outs, strict=True):
        out.encode()
        if out.startswith("{"):
            said = json.loads(out)
            assert said["line"] == number
            assert set(said["error"]) == {"reason", "offset", "field"}
            assert said["error"]["reason"]
        else:
            assert len(bytes.fromhex(out)) >= LEAST_OCTETS


def test_every_tool_has_frames() -> None:
    assert {name for name, _ in FRAMES} == set(TOOLS)


@pytest.mark.parametrize(("name", "frame"), FRAMES)
def test_a_frame_goes_there_and_back(name: str, frame: str) -> None:
    spaced = " ".join(frame[at : at + 7] for at in range(0, len(frame), 7)).upper()
    lines = list(decode_lines(TOOLS[name], [frame, "", " \t", spaced + "\n"]))
    assert lines[0] == lines[1]
    assert list(encode_lines(TOOLS[name], lines)) == [frame, frame]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("0", "not hexadecimal"),
        ("zz", "not hexadecimal"),
        ("００", "not hexadecimal"),
        ("00", "header|the TPDU ends here|cut off|no XML"),
        ("00" * (MAX_LINE // 2 + 1), "more than any PDU"),
    ],
)
@pytest.mark.parametrize("name", TOOLS)
def test_a_line_that_is_no_pdu_says_why_and_the_next_goes_on(name: str, line: str, reason: str) -> None:
    (frame,) = [frame for tool, frame in FRAMES if tool == name][:1]
    first, second = decode_lines(TOOLS[name], [line, frame])
    assert re.search(reason, json.loads(first)["error"]["reason"])
    assert json.loads(first)["line"] == 1
    assert "error" not in json.loads(second)


@pytest.mark.parametrize(
    "line",
    [
        "{", "[]", "1", '"x"', "null", "[" * 100_000, "1" * 5000, '{"a": ' * 2000, "NaN", "\ufeff{}", "\0", "{}",
        '{"command_id": ' + "[" * 900 + "]" * 900 + "}", '{"PDU": {"a": ' + "[" * 900 + "]" * 900 + "}}",
        '{"PDU": "\\ud800", "Sequence_Id": 1}', '{"command_id": "\\ud800"}',
        '{"command_id": "submit_sm", "tlvs": [{"tag": "\\ud800", "hex": ""}]}',
        '{"command_id": "submit_sm", "tlvs": [{"tag": "message_state", "value": 1' + "0" * 4000 + "}]}",
        '{"command_id": "submit_sm", "source_addr": "\\ud800"}',
        '{"command_id": "submit_sm", "sequence_number": 1e999}',
    ],
)  # fmt: skip
@pytest.mark.parametrize("name", TOOLS)
def test_a_line_that_is_no_message_is_answered_with_an_error(name: str, line: str) -> None:
    (out,) = encode_lines(TOOLS[name], [line])
    judge(name, [line], [out])
    assert out.startswith("{")


@given(name=NAMES, lines=st.lists(st.text() | st.binary(max_size=80).map(bytes.hex), max_size=4))
def test_any_line_is_decoded_or_answered_with_an_error(name: str, lines: list[str]) -> None:
    outs = list(decode_lines(TOOLS[name], lines))
    assert len(outs) == sum(bool(line.split()) for line in lines)
    for out in outs:
        out.encode()
        assert isinstance(json.loads(out), dict)


@given(frame=st.sampled_from(FRAMES), data=st.data())
def test_a_changed_frame_comes_back_or_is_answered_with_an_error(frame: tuple[str, str], data: st.DataObject) -> None:
    name, digits = frame
    octets = bytearray.fromhex(digits)
    for _ in range(data.draw(st.integers(1, 3))):
        octets[data.draw(st.integers(4, len(octets) - 1))] = data.draw(st.integers(0, 255))
    (line,) = decode_lines(TOOLS[name], [octets.hex()])
    line.encode()
    if "error" not in json.loads(line):
        assert list(encode_lines(TOOLS[name], [line])) == [octets.hex()]


@given(name=NAMES, lines=st.lists(st.text(max_size=60) | JSON.map(json.dumps), max_size=4))
def test_any_json_is_encoded_or_answered_with_an_error(name: str, lines: list[str]) -> None:
    judge(name, lines, list(encode_lines(TOOLS[name], lines)))


@settings(max_examples=300)
@given(line=st.sampled_from(LINES), changes=st.dictionaries(st.sampled_from(KEYS), JSON, max_size=3), gone=st.data())
def test_a_changed_line_is_encoded_or_answered_with_an_error(
    line: tuple[str, str], changes: dict[str, Any], gone: st.DataObject
) -> None:
    name, text = line
    message = json.loads(text)
    for key in gone.draw(st.lists(st.sampled_from(sorted(message)), max_size=2)):
        message.pop(key, None)
    lines = [json.dumps(message | changes)]
    judge(name, lines, list(encode_lines(TOOLS[name], lines)))
