"""Wireshark's mmse and wsp as judges of MMS PDUs, which they read in the requests of phones."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from mms.codec import headers as h
from mms.codec.codes import CLASSES, Code
from mms.codec.headers import Header, Moment, Numbered
from mms.codec.layout import Pdu
from mms.codec.pdu_address import write_address
from mms.content import Body
from tests.interop import pcap
from tests.interop.need import need
from tests.interop.pcap import Sent
from tests.unit.mms.codec.mms_samples import SAMPLES
from tests.unit.mms.codec.mms_vectors import VECTORS

pytestmark = pytest.mark.interop
PDUS: dict[str, Pdu] = SAMPLES | {f"vector, {name}": vector.pdu for name, vector in VECTORS.items()}
#: Headers it has no name for, by the kind of value it finds.
NAMELESS = frozenset(range(0xB1, 0xC0))
ADDRESSES = (h.FROM, h.FROM_PHONE, h.TO, h.CC, h.BCC)


@dataclass(frozen=True, slots=True)
class Seen:
    """What the dissector says of one PDU."""

    fields: dict[str, Any]

    def all(self, name: str) -> list[Any]:
        """Every value of a field, in order."""
        value = self.fields.get(f"mmse.{name}", [])
        return value if isinstance(value, list) else [value]


@pytest.fixture(scope="module")
def dissected(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Seen]:
    path = tmp_path_factory.mktemp("mms") / "mms.pcap"
    sent = []
    for pdu in PDUS.values():
        octets = pdu.encode()
        head = (
            b"POST /mms HTTP/1.1\r\nHost: mms.example\r\nContent-Type: application/vnd.wap.mms-message\r\n"
            b"Content-Length: %d\r\n\r\n" % len(octets)
        )
        sent += [Sent(False, head + octets), Sent(True, b"HTTP/1.1 204 No Content\r\n\r\n")]
    pcap.write(path, 80, sent)
    return dict(zip(PDUS, dissect(path), strict=True))


def dissect(path: Path) -> Iterator[Seen]:
    command = [need("tshark"), "-r", str(path), "-T", "json", "--no-duplicate-keys", "-Y", "mmse"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    for packet in json.loads(done.stdout):
        layers = packet["_source"]["layers"]
        assert "_ws.malformed" not in layers
        yield Seen(layers["mmse"])


def time_of(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%b %e, %Y %H:%M:%S}.000000000 UTC"


def shown(text: str) -> str:
    """An encoded string as it is shown: it takes every character set for ASCII and leaves the quote where it is."""
    octets = text.encode()
    if text.isascii():
        return text
    return ("\x7f" if octets[0] >= 0x80 else "") + octets.decode("ascii", "replace")


def told(header: Header, value: Any) -> tuple[str, str]:
    """The field of the dissector for one value, and what it says."""
    if header.code in NAMELESS:
        return nameless(header, value)
    name = header.name.removeprefix("X-Mms-").lower().replace("-", "_")
    if header in ADDRESSES:
        return name, shown(write_address(value)) if value else "<insert address>"
    if header is h.MESSAGE_CLASS:
        return ("message_class.id", f"0x{0x80 + CLASSES.index(value):02x}") if value in CLASSES else (
            "message_class.str", value
        )  # fmt: skip
    match value:
        case Moment():
            return (f"{name}.rel", f"{value.seconds}.000000000") if value.is_relative else (
                f"{name}.abs", time_of(value.seconds)
            )  # fmt: skip
        case Numbered():
            what = value.value
            return name, write_address(what) if isinstance(what, str) else time_of(what)
        case Code():
            return name, f"0x{value:02x}"
        case bool():
            return name, "0x80" if value else "0x81"
        case int() if header is h.DATE:
            return name, time_of(value)
    return name, shown(str(value))


def nameless(header: Header, value: Any) -> tuple[str, str]:
    octets: bytes = header.form.write(value)
    if octets[0] >= 0x80:
        return "header.uint", str(octets[0])
    if octets[0] < 0x20:
        return "header.bytes", ":".join(f"{octet:02x}" for octet in bytes((header.code,)) + octets)
    return "header.string", str(value)


@pytest.mark.parametrize("name", PDUS)
def test_every_field_is_read_as_it_was_meant(name: str, dissected: dict[str, Seen]) -> None:
    pdu, seen = PDUS[name], dissected[name]
    wanted: dict[str, list[str]] = {"message_type": [f"0x{pdu.TYPE:02x}"]}
    for header, attribute, _, many in pdu.LAYOUT:
        value = getattr(pdu, attribute)
        if value in (None, "", ()) and header is not h.FROM_PHONE:
            continue
        for one in value if many else (value,):
            field, text = told(header, one)
            wanted.setdefault(field, []).append(text)
    found = {key.removeprefix("mmse.") for key in seen.fields if key.startswith("mmse.") and not key.endswith("_tree")}
    assert found == set(wanted)
    for field, values in wanted.items():
        assert seen.all(field) == values


@pytest.mark.parametrize("name", [name for name, pdu in PDUS.items() if getattr(pdu, "body", None) is not None])
def test_every_part_is_read_as_it_was_meant(name: str, dissected: dict[str, Seen]) -> None:
    body: Body = PDUS[name].body  # type: ignore[attr-defined]
    fields = dissected[name].fields
    assert fields["wsp.header.content_type"] == f"application/vnd.wap.multipart.{body.arrangement.value}"
    if body.start:
        tree = fields["wsp.header.content_type_tree"]
        assert tree["wsp.parameter.start"] == f"<{body.start}>"
        assert tree["wsp.parameter.upart.type"] == "application/smil"
    trees = fields["wsp.post.data"]["Multipart body"]["wsp.multipart_tree"]
    trees = trees if isinstance(trees, list) else [trees]
    assert len(trees) == len(body.parts)
    known: dict[str, Callable[[str], str]] = {"text/x-vcard": lambda _: "text/x-vCard"}
    for tree, part in zip(trees, body.parts, strict=True):
        kind = part.media_type
        assert tree["wsp.header.content_type"] == known.get(kind, str)(kind)
        assert tree["wsp.header.content_type_tree"]["wsp.parameter.name"] == part.name
        assert tree["wsp.headers"]["wsp.header.content_id"] == f'"<{part.content_id}>"'
        assert tree["wsp.headers"]["wsp.header.content_location"] == part.name
