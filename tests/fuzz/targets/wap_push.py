"""WAP pushes and what is in them: octets through every reader, values back to octets, the line tool."""

from __future__ import annotations

from collections.abc import Iterator

from gateway.core.errors import MalformedPdu, NotEncodable
from mms.codec import push_wire
from mms.codec.provisioning import Settings, as_json, from_json
from mms.codec.push import Push
from mms.codec.si import ServiceIndication
from mms.codec.sl import ServiceLoading
from tests.fuzz.target import Target, assert_storable
from tests.unit.mms.codec.push_vectors import PUSHES, SL_CACHE_KANNEL


def check(data: bytes) -> None:
    _check_documents(data)
    try:
        push = Push.decode(data)
    except MalformedPdu:
        return
    assert_storable(push.content_type, push.application)
    assert push_wire.encode_line(push_wire.decode_line(data)) == data
    try:
        again = Push.decode(push.encode())
    except NotEncodable:
        return
    assert again.data == push.data
    _check_documents(push.data)


def _check_documents(data: bytes) -> None:
    try:
        settings = Settings.decode(data)
        assert from_json(as_json(settings)) == settings
    except MalformedPdu:
        pass
    for kind in (ServiceIndication, ServiceLoading):
        try:
            found = kind.decode(data)  # type: ignore[attr-defined]
            assert_storable(found.href)
            assert kind.decode(found.encode()) == found  # type: ignore[attr-defined]
        except (MalformedPdu, NotEncodable):
            pass


def seeds() -> Iterator[bytes]:
    for vector in PUSHES.values():
        yield bytes.fromhex(vector.octets)
        yield vector.push.data
    yield bytes.fromhex(SL_CACHE_KANNEL)


TARGET = Target(check, seeds, max_len=1024, words=(b"\x00\x01", b"\x03http://", b"\xc3\x07", b"\x83"))
