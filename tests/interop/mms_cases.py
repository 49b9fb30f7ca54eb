"""What judges of MMS PDUs are given: every sample, and the same with what MMS 1.0 has alone."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

from mms.codec.codes import ResponseStatus, Status
from mms.codec.layout import Pdu
from mms.codec.pdu import DeliveryInd, RetrieveConf, SendConf
from tests.unit.mms.codec.mms_samples import SAMPLES

#: The last header and the last type of PDU of MMS 1.0.
_LAST_HEADER, _LAST_TYPE = 0x98, 0x86


def of_1_0() -> dict[str, Pdu]:
    """The samples of types that MMS 1.0 has, without later headers."""
    found = {}
    for name, pdu in SAMPLES.items():
        if pdu.TYPE > _LAST_TYPE or (isinstance(pdu, RetrieveConf) and pdu.body is None):
            continue
        defaults = {field.name: field.default for field in fields(pdu)}
        later: dict[str, Any] = {
            place.attribute: defaults[place.attribute] for place in pdu.LAYOUT if place.header.code > _LAST_HEADER
        }
        if isinstance(pdu, DeliveryInd):
            later["status"] = Status.RETRIEVED
        elif isinstance(pdu, SendConf):
            later["response_status"] = ResponseStatus.OK
        found[name] = replace(pdu, **later)
    return found
