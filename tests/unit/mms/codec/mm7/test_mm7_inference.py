"""Shown a sample, the dialect is found, and what differs is named."""

from __future__ import annotations

import tomllib

import pytest

from gateway.core.errors import MalformedPdu
from mms.codec.mm7 import dialect as dialects
from mms.codec.mm7 import packaging
from mms.codec.mm7.dialect import load, ours
from mms.codec.mm7.envelope import Envelope
from mms.codec.mm7.inference import infer
from tests.unit.mms.codec.mm7 import mm7_samples as samples
from tests.unit.mms.codec.mm7.test_mm7_writing import BODY, FULL


@pytest.mark.parametrize("name", ours())
def test_our_own_requests_fit_their_dialect(name: str) -> None:
    packed = packaging.pack(Envelope("t", FULL[1], BODY), load(name))
    head = "".join(f"{key}: {value}\r\n" for key, value in packed.head)
    found = infer(f"POST / HTTP/1.1\r\n{head}\r\n".encode() + packed.body)
    assert (found.fits[0].name, found.fits[0].share, dict(found.fits[0].differs)) == (name, 1.0, {})


@pytest.mark.parametrize(("data", "name", "differs"), [
    (samples.china_mobile(), "china-mobile", set()),
    (samples.CHINA_MOBILE_REPORT, "china-mobile", {"charset", "numbers"}),
    (samples.HUAWEI_DELIVER, "huawei", set()),
    (samples.MBUNI_SUBMIT, "3gpp-rel6", {"soap_prefix"}),
    (samples.FAULT, "3gpp-rel6", {"soap_prefix", "prefix", "header_prefix"}),
    (samples.FAULT_WITH_PREFIXES, "3gpp-rel5", {"namespace", "header_prefix"}),
])  # fmt: skip
def test_samples_of_others(data: bytes, name: str, differs: set[str]) -> None:
    found = infer(data)
    assert found.fits[0].name == name
    assert set(found.fits[0].differs) <= differs


def test_the_dialect_that_was_seen_can_be_used() -> None:
    found = infer(samples.NOKIA_DELIVER).dialect
    assert (found.prefix, found.soap_prefix, found.typed, found.encoding) == ("mm7p6a0", "soap", True, "base64")
    again = dialects.read(tomllib.loads(dialects.toml(found)), "seen")
    assert again == found
    xml = packaging.pack(Envelope("t", FULL[1]), again).body
    assert b"<mm7p6a0:Number>+8613800138000/TYPE=PLMN</mm7p6a0:Number>" in xml


@pytest.mark.parametrize("data", [b"", b"<a/>", b"hello"])
def test_what_is_no_mm7(data: bytes) -> None:
    with pytest.raises(MalformedPdu):
        infer(data)
