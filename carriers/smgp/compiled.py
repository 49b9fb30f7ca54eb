"""Straight-line functions for one layout and the class of its PDU, made from the field table.

A loop over the fields takes four times as long, and Submit and Deliver are what a busy link does all day. Only what is
right is done here: whatever does not fit is left to `Layout`, which says what is wrong and where.
"""

from __future__ import annotations

import struct
from dataclasses import MISSING, fields
from typing import TYPE_CHECKING, Any

from carriers.smgp.tlv import read_tlvs, write_tlvs

if TYPE_CHECKING:
    from collections.abc import Callable

    from carriers.smgp.layout import Layout
    from carriers.smgp.pdu import Pdu

_HEADER_OCTETS = 12


def compiled(layout: Layout, kind: type[Pdu]) -> tuple[Callable[[Pdu, int], bytes], Callable[[bytes], Pdu]]:
    """What `encode` and `decode` of the layout do, for values in a PDU of that class."""

    def encode_slowly(pdu: Pdu, sequence_id: int) -> bytes:
        return layout.encode([getattr(pdu, name) for name in layout.attributes], sequence_id)

    def decode_slowly(frame: bytes) -> Pdu:
        return kind(**dict(zip(layout.attributes, layout.decode(frame), strict=True)))

    counted = "" if layout.content is None else "B"
    body = "".join(field.code for field in layout.fields) + counted
    names: dict[str, Any] = {
        "encode_slowly": encode_slowly,
        "decode_slowly": decode_slowly,
        "pack": struct.Struct(">LLL" + body).pack,
        "unpack": struct.Struct(">" + body).unpack_from,
        "error": struct.error,
        "read_tlvs": read_tlvs,
        "write_tlvs": write_tlvs,
        # A frozen dataclass takes its fields through object.__setattr__, which would be most of the cost of
        # decoding. A plain class with the same slots takes them directly and then gets its real class.
        "Unfinished": type(f"Unfinished{kind.__name__}", (), {"__slots__": kind.__slots__}),
        "kind": kind,
    }
    exec("\n".join((*_encoder(layout), *_decoder(layout, kind))), names)  # noqa: S102 (made from our own tables only)
    return names["encode"], names["decode"]


def _encoder(layout: Layout) -> list[str]:
    content = layout.content
    checks = [
        f"len(pdu.{field.attribute}) {'!=' if field.raw else '>'} {field.octets}"
        for field in layout.fields
        if field.code.endswith("s")
    ]
    lines = ["def encode(pdu, sequence_id):"]
    octets = str(layout.octets)
    tail = ""
    count = ""
    if content is not None:
        reserve = f"pdu.{content.reserve.attribute}"
        checks += [f"len({reserve}) > {content.reserve.octets}", "len(text) > 255"]
        lines.append("    text = pdu.msg_content")
        octets += " + len(text)"
        count = ", len(text)"
        tail = f" + text + {reserve}.ljust({content.reserve.octets}, b'\\0')"
        if content.destinations is not None:
            width = content.destinations.octets
            lines += [
                f"    numbers = pdu.{content.destinations.attribute}",
                f"    packed = b''.join([number.ljust({width}, b'\\0') for number in numbers])",
            ]
            checks.append(f"len(packed) != {width} * len(numbers)")
            octets += " + len(packed)"
            count = ", len(numbers)"
            tail = f" + packed + bytes((len(text),)){tail}"
    if layout.has_tlvs:
        lines.append("    tlvs = write_tlvs(pdu.tlvs) if pdu.tlvs else b''")
        octets += " + len(tlvs)"
        tail += " + tlvs"
    if checks:
        lines += [f"    if {' or '.join(checks)}:", "        return encode_slowly(pdu, sequence_id)"]
    values = "".join(f", pdu.{field.attribute}" for field in layout.fields)
    return [
        *lines,
        "    try:",
        f"        return pack({octets}, {layout.request_id}, sequence_id{values}{count}){tail}",
        "    except error:",
        "        return encode_slowly(pdu, sequence_id)",
    ]


def _decoder(layout: Layout, kind: type[Pdu]) -> list[str]:
    content = layout.content
    varies = content is not None or layout.has_tlvs
    lines = [
        "def decode(frame):",
        "    size = len(frame)",
        f"    if size {'<' if varies else '!='} {layout.octets}:",
        "        return decode_slowly(frame)",
        "    pdu = Unfinished()",
    ]
    targets = [f"pdu.{field.attribute}" for field in layout.fields] + ([] if content is None else ["length"])
    if targets:
        lines.append(f"    {', '.join(targets)}, = unpack(frame, {_HEADER_OCTETS})")
    lines += [f"    pdu.{it.attribute} = pdu.{it.attribute}.rstrip(b'\\0')" for it in layout.fields if it.is_text]
    at = str(layout.octets)
    if content is not None:
        reserve = content.reserve
        start = _HEADER_OCTETS + sum(field.octets for field in layout.fields) + 1
        lines.append(f"    at = {start}")
        if content.destinations is not None:
            width = content.destinations.octets
            lines += [
                f"    end = at + {width} * length",
                f"    if end + 1 + {reserve.octets} > size:",
                "        return decode_slowly(frame)",
                f"    numbers = [frame[i : i + {width}].rstrip(b'\\0') for i in range(at, end, {width})]",
                f"    pdu.{content.destinations.attribute} = tuple(numbers)",
                "    length = frame[end]",
                "    at = end + 1",
            ]
        at = "behind"
        lines += [
            "    end = at + length",
            f"    behind = end + {reserve.octets}",
            "    if behind > size:",
            "        return decode_slowly(frame)",
            "    pdu.msg_content = frame[at:end]",
            f"    pdu.{reserve.attribute} = frame[end:behind].rstrip(b'\\0')",
        ]
    if layout.has_tlvs:
        lines.append(f"    pdu.tlvs = read_tlvs(frame, {at}) if size > {at} else ()")
    for field in fields(kind):
        if field.name not in layout.attributes:
            assert field.default is not MISSING, f"{layout.name} lacks {field.name}"
            lines.append(f"    pdu.{field.name} = {field.default!r}")
    return [*lines, "    pdu.__class__ = kind", "    return pdu"]
