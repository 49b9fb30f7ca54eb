"""MM7 of any octets: read within a second or refused with the one error; what was read is written and read again."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import replace

from gateway.core.errors import MalformedPdu, NotEncodable
from mms.codec.mm7 import packaging
from mms.codec.mm7.dialect import Dialect, load, ours
from mms.codec.mm7.inference import infer
from mms.codec.mm7.wire import shown
from tests.fuzz.target import Target, assert_storable, at_most
from tests.unit.mms.codec.mm7 import mm7_samples as samples

_TIME_S = 1.0
_HERE = Dialect()
_DIALECTS = [load(name) for name in ours()]
_TYPES = (samples.MBUNI_SUBMIT_TYPE, samples.NOKIA_DELIVER_TYPE, samples.CHINA_MOBILE_TYPE, "text/xml", "")


def check(data: bytes) -> None:
    content_type = _TYPES[data[0] % len(_TYPES)] if data else ""
    document = data[1:]
    with at_most(_TIME_S), contextlib.suppress(MalformedPdu):
        infer(document)
    try:
        with at_most(_TIME_S):
            found = packaging.unpack(content_type, document, _HERE)
    except MalformedPdu as error:
        assert_storable(str(error))
        return
    assert_storable(found.transaction_id, found.namespace, repr(shown(found)))
    for dialect in _DIALECTS:
        try:
            with at_most(_TIME_S):
                packed = packaging.pack(found, dialect)
        except NotEncodable:
            continue  # the dialect wants what the message does not have
        with at_most(_TIME_S):
            again = packaging.unpack(dict(packed.head)["Content-Type"], packed.body, dialect)
        assert type(again.message) is type(found.message)
        assert again.transaction_id == found.transaction_id.strip()
        assert _contents(again.body) == _contents(found.body)
        assert replace(again, body=None).is_answer == found.is_answer


def _contents(body: object) -> list[bytes]:
    # An empty text between two boundaries is nothing at all.
    return [part.data for part in getattr(body, "parts", ()) if part.data]


def seeds() -> Iterator[bytes]:
    for data, kind in (
        (samples.MBUNI_SUBMIT, 0),
        (samples.NOKIA_DELIVER, 1),
        (samples.china_mobile(), 2),
        *((frame, 3) for frame in samples.FRAMES),
        *((frame, 4) for frame in samples.FRAMES),
    ):
        yield bytes((kind,)) + data
    yield b"\3" + b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'


TARGET = Target(
    check,
    seeds,
    max_len=1 << 14,
    words=(
        b"--_b1", b"\r\n\r\n", b"Content-ID: <", b"Content-Type: multipart/related; boundary=", b"cid:", b"<To>",
        b"</Number>", b"&amp;", b"&", b"<![CDATA[", b"]]>", b'encoding="utf-16"', b"xmlns:", b"base64", b"<Status>",
        b"<Fault>", b"<detail>", b"RSErrorRsp", b"StatusCode", b"DeliverReq", b"<!DOCTYPE", b"P1Y", b"T24:00:00",
    ),
)  # fmt: skip
