"""The values of requests: what a data SMS is to a provider behind HTTP."""

from __future__ import annotations

from datetime import UTC, datetime

from carriers.http.values import Moment, request_values
from gateway.core.messages import Segment
from gateway.core.text import Alphabet

NOON = Moment(datetime(2026, 11, 25, 12, 0, tzinfo=UTC), "0" * 32)
DATA = Segment(7, 1, 1, "", "+8613800138000", "", Alphabet.BINARY, 0x42, data=b"\1\6")
PORTS = bytes.fromhex("05040b8423f0")


def values(segment: Segment) -> tuple[str, str, str]:
    found = request_values([segment], "", {}, NOON)
    return found["data_hex"], found["udh_hex"], found["coding"]


def test_a_data_sms_has_its_header_with_its_length() -> None:
    assert values(DATA) == ("0106", "", "1")
    assert values(DATA._replace(udh=PORTS)) == ("0106", "0605040B8423F0", "1")
    second = DATA._replace(udh=PORTS, number=2, total=2)
    assert values(second) == ("0106", "0B0003420202" + "05040B8423F0", "1")


def test_a_text_has_none() -> None:
    text = DATA._replace(text="hello", data=b"", alphabet=Alphabet.GSM7, total=2)
    assert values(text) == ("", "", "0")
