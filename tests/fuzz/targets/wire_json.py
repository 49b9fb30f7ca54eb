"""Any lines of JSON to the encoding side of the line tool: hexadecimal or an object with the error, never a raise."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from carriers.wire import TOOLS, decode_lines, encode_lines
from tests.fuzz.target import Target, records, script
from tests.unit.carriers.wire_frames import FRAMES

_LINES = [(name, json.loads(line)) for name, frame in FRAMES for line in decode_lines(TOOLS[name], [frame])]
_KEYS = sorted({key for _, line in _LINES for key in line})
_VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 255, 256, 65536, 2**32, 2**64, 10**400, 0.5, float("nan"), float("inf"), 1e300, "",
    "x", "彩", "\ud800", "\0", "x" * 300, "00" * 70_000, "zz", [], {}, [[]], [{}], [None], {"hex": ""}, {"hex": "00"},
    {"hex": 1}, {"hex": "é"}, {"text": "x"}, {"hex": "\ud800"}, [{"tag": "message_state", "value": 2}],
    [{"tag": -1, "hex": ""}], [{"tag": 2**20, "hex": ""}], [{"tag": True, "hex": "00"}], [{"tag": [], "value": {}}],
    [{"tag": "message_state", "value": 10**400}], [{"tag": "message_payload", "value": "x"}], [{"dl_name": 1}],
    [{"tag": "receipted_message_id", "value": "\ud800"}], [{"destination_addr": "x", "dest_addr_ton": -1}],
    [{"dl_name": "x"}] * 300, "13800138000", ["13800138000"] * 300, ["彩"], [{"hex": "00"}], "0" * 16,
)  # fmt: skip


def check(data: bytes) -> None:
    if not data:
        return
    if data[0] < 128:
        name = tuple(TOOLS)[data[0] % len(TOOLS)]
        _encode(name, data[1:].decode("utf-8", "replace").split("\n"))
    else:
        # Two octets choose the line: there are more than one can count.
        name, line = _LINES[int.from_bytes(data[:2], "big") % len(_LINES)]
        _encode(name, [json.dumps(_changed(dict(line), data[2:]))])


def _encode(name: str, lines: list[str]) -> None:
    for out in encode_lines(TOOLS[name], lines):
        out.encode()
        if out.startswith("{"):
            error = json.loads(out)["error"]
            assert isinstance(error["reason"], str)
            assert isinstance(error["offset"], int)
        else:
            bytes.fromhex(out)
            list(decode_lines(TOOLS[name], [out]))


def _changed(line: dict[str, Any], data: bytes) -> dict[str, Any]:
    """The line with the changes that the input names: one key each, to a value of ours or its own text."""
    for step, octets in records(data):
        keys = sorted(line) if step < 128 else _KEYS
        if not keys:
            break
        key = keys[step % len(keys)]
        if not octets:
            line.pop(key, None)
        elif octets[0] < len(_VALUES):
            line[key] = _VALUES[octets[0]]
        elif octets[0] < 128:
            line[key] = int.from_bytes(octets[1:9], "big", signed=True)
        else:
            line[key] = octets[1:].decode("utf-8", "replace")
    return line


def _choice(number: int) -> bytes:
    """The two octets, the first of them 128 or more, that choose this line."""
    first = 0x8000 + (number - 0x8000) % len(_LINES)
    return first.to_bytes(2, "big")


def seeds() -> Iterator[bytes]:
    names = tuple(TOOLS)
    for name, line in _LINES:
        yield bytes((names.index(name),)) + json.dumps(line, ensure_ascii=False).encode()
    for number in range(len(_LINES)):
        yield _choice(number) + script(*((key, bytes((key % len(_VALUES),))) for key in range(0, 256, 17)))
    yield b"\0" + b'{"command_id": ' + b"[" * 950 + b"]" * 950 + b"}"
    yield b"\1" + b'{"PDU": "\\ud800", "Sequence_Id": 1}'


TARGET = Target(check, seeds, words=(b"\\ud800", b"1e999", b'{"hex": "', *(f'"{key}": '.encode() for key in _KEYS)))
