"""A message fitted for one phone, addressed to another of the same kind. Pure."""

from __future__ import annotations

from dataclasses import replace

from gateway.core.errors import MalformedPdu
from mms.codec.pdu import RetrieveConf, decode


def for_phone(pdu: bytes, recipient: str, date_ms: int) -> bytes:
    """The same m-retrieve.conf to this phone, made at this moment. Raises MalformedPdu for octets that are none."""
    found = decode(pdu)
    if not isinstance(found, RetrieveConf):
        raise MalformedPdu(f"{type(found).__name__} is no message for a phone")
    return replace(found, to=(recipient,), date_s=date_ms // 1000).encode()
