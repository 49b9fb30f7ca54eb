"""The PyPI package python-messaging as judge of MMS PDUs: every one of MMS 1.0, the only version it knows.

Where it is wrong it is not asked: of several recipients it keeps the last, Content-IDs lose their first bracket, a
value in quotes ends at a blank.
"""

from __future__ import annotations

import array
import warnings
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from mms.codec.codes import CLASSES, Code
from mms.codec.headers import Header, Moment
from mms.codec.pdu import SendReq
from mms.codec.pdu_address import write_address
from mms.content import Body, Part
from tests.interop.mms_cases import of_1_0

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from messaging.mms.mms_pdu import MMSDecoder

pytestmark = pytest.mark.interop

CASES = of_1_0()
#: Names it has for character sets; others it tells by their number.
CHARSETS = {"utf-8": "utf-8", "us-ascii": "us-ascii", "gb18030": "114", "utf-16": "1015"}


def seen(octets: bytes) -> Any:
    return MMSDecoder().decode_data(array.array("B", octets))


def said(header: Header, value: Any) -> Any:
    """A value as it is told."""
    if header.name in ("To", "Cc", "Bcc"):
        return write_address(value[-1] if isinstance(value, tuple) else value)
    how: dict[str, Callable[[Any], Any]] = {
        "From": lambda it: write_address(it) or "<not inserted>",
        "Date": lambda it: datetime.fromtimestamp(it, UTC).replace(tzinfo=None),
        "X-Mms-Message-Class": lambda it: it.title() if it in CLASSES else it,
        "X-Mms-Sender-Visibility": lambda it: "Hide" if it else "Show",
        "X-Mms-Delivery-Time": lambda it: ("relative" if it.is_relative else "absolute", it.seconds),
    }
    if header.name in how:
        return how[header.name](value)
    if isinstance(value, Moment):
        return value.seconds if value.is_relative else datetime.fromtimestamp(value.seconds, UTC).replace(tzinfo=None)
    return value.title.title() if isinstance(value, Code) else str(value) if header.name.endswith("Version") else value


def name_of(header: Header) -> str:
    name = header.name.removeprefix("X-Mms-")
    return {"Transaction-ID": "Transaction-Id", "Read-Report": "Read-Reply"}.get(name, name)


@pytest.mark.parametrize("name", CASES)
def test_every_field_is_read_as_it_was_meant(name: str) -> None:
    pdu = CASES[name]
    headers = dict(seen(pdu.encode()).headers)
    assert headers.pop("Message-Type") == pdu.TYPE.title
    headers.pop("Content-Type")  # it supposes one where there is none
    wanted = {
        name_of(header): said(header, getattr(pdu, attribute))
        for header, attribute, _, _ in pdu.LAYOUT
        if getattr(pdu, attribute) not in (None, "", ()) or (header.name == "From" and isinstance(pdu, SendReq))
    }
    if "Transaction-Id" not in wanted:
        assert headers.pop("Transaction-Id") == "1234"  # and a transaction
    assert headers == wanted


@pytest.mark.parametrize("name", [name for name, pdu in CASES.items() if hasattr(pdu, "body")])
def test_every_part_is_read_as_it_was_meant(name: str) -> None:
    body: Body = CASES[name].body  # type: ignore[attr-defined]
    message = seen(CASES[name].encode())
    kind, parameters = message.headers["Content-Type"]
    assert kind == f"application/vnd.wap.multipart.{body.arrangement.value}"
    if body.start:
        assert parameters == {"Start": f"<{body.start}>", "Type": "application/smil"}
    assert len(message.data_parts) == len(body.parts)
    for found, part in zip(message.data_parts, body.parts, strict=True):
        check_part(found, part)


def check_part(found: Any, part: Part) -> None:
    assert found.content_type.lower() == part.media_type
    assert bytes(found.data) == part.data
    parameters = found.headers["Content-Type"][1]
    assert parameters["Name"] == part.name
    assert parameters.get("Charset", "") == (CHARSETS[part.charset] if part.charset else "")
    assert found.headers['"'] == f"{part.content_id}>"
