"""Delivery receipts in any text and any parameters: read or None; every id has the form that finds it again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import get_args

from carriers.smpp import receipts, tlv
from carriers.smpp.constants import ESM_INTERMEDIATE
from gateway.core import text
from gateway.core.errors import MalformedPdu
from gateway.core.messages import ReportState
from gateway.core.text import Alphabet
from tests.fuzz.target import Target, assert_storable, at_most

_ALPHABETS = tuple(Alphabet)
_TIME_S = 2.0
_HEAD = 3  # octets of the input that choose esm_class, alphabet and the length of the parameters


def check(data: bytes) -> None:
    if len(data) < _HEAD:
        return
    esm_class, alphabet, size = data[0], _ALPHABETS[data[1] % len(_ALPHABETS)], data[2]
    try:
        parameters, _ = tlv.decode(data[_HEAD : _HEAD + size], 0)
    except MalformedPdu:
        parameters = ()
    octets = data[_HEAD + size :]
    for shown in (text.decode(octets, alphabet), octets.decode("utf-8", "replace")):
        with at_most(_TIME_S):
            _check_text(shown, parameters, esm_class)


def _check_text(shown: str, parameters: tuple[tlv.Tlv, ...], esm_class: int) -> None:
    parts = receipts.parse(shown)
    assert_storable(*parts)
    report = receipts.read(shown, parameters, esm_class, "13800138000")
    if report is None:
        assert not parts.id
        return
    assert_storable(report.carrier_id, report.code, report.done_at, report.text)
    assert report.carrier_id
    assert esm_class & 0x3C != ESM_INTERMEDIATE or report.state is ReportState.ENROUTE
    if parts.id:
        for form in get_args(receipts.IdForm):
            forms = receipts.id_forms(parts.id, form)
            assert forms[0] == parts.id
            assert len(set(forms)) == len(forms)
            assert receipts.normal_form(parts.id) in forms
            assert_storable(*forms)


def seeds() -> Iterator[bytes]:
    parameters = tlv.encode((tlv.make("receipted_message_id", "2A3F9D01"), tlv.make("message_state", 2)))
    parameters += tlv.encode((tlv.Tlv(0x0423, b"\3\0\x0b"),))
    for line in (
        "id:2A3F9D01 sub:001 dlvrd:001 submit date:2601011200 done date:2601011201 stat:DELIVRD err:000 text:hello",
        "ID:0708812033 Stat: undeliv Err: 069 Done_Date: 260101120155", "id:12,stat:FAILED,donedate:1",
        "id:\"a-b'\0 stat:", "", "text: id:1 stat:EXPIRED", "id:000 stat:ACCEPTD submitdate:1;err:00A",
    ):  # fmt: skip
        for number, alphabet in enumerate(_ALPHABETS):
            octets = line.encode("utf-16-be" if alphabet is Alphabet.UCS2 else "latin-1")
            yield bytes((4, number, 0)) + octets
            yield bytes((0x20, number, len(parameters))) + parameters + octets


TARGET = Target(
    check,
    seeds,
    max_len=512,
    words=(
        b"id:", b"sub:", b"dlvrd:", b"submit date:", b"done date:", b"stat:", b"err:", b"text:", b"submit_date:",
        b"DELIVRD", b"UNDELIV", b"\0\x1e\0\4", b"\4\x27\0\1", b"\4\x23\0\3", "ſ".encode(), "ı".encode(), "İ".encode(),
    ),
)  # fmt: skip
