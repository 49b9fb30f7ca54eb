"""gammu as a judge, run by the system's Python for which Debian packages it: JSON requests in, JSON answers out.

A request is {"decode": hexadecimal}, {"encode": fields of an SMS, "layout": its kind} or
{"split": text, "unicode": bool, "kind": how}; an answer is gammu's fields or hexadecimal. Octets are hexadecimal.
"""

from __future__ import annotations

import datetime
import json
import sys
from typing import Any

import gammu

MOMENT = datetime.datetime(2026, 1, 2, 3, 4, 5)  # noqa: DTZ001 - gammu knows no zones


def fresh(**fields: Any) -> dict[str, Any]:
    smsc = {
        "Location": 0,
        "Name": "",
        "Format": "Text",
        "Validity": "NA",
        "Number": "+15550000000",
        "DefaultNumber": "",
    }
    header = {"Type": "NoUDH", "Text": "", "ID8bit": 0, "ID16bit": 0, "PartNumber": -1, "AllParts": 0}
    header |= fields.pop("UDH", {})
    header["Text"] = bytes.fromhex(header["Text"])
    smsc |= fields.pop("SMSC", {})
    sms = {
        "SMSC": smsc, "UDH": header, "Folder": 0, "InboxFolder": 0, "Memory": "ME", "Location": 0, "Name": "",
        "Number": "+15551230001", "Text": "", "Type": "Submit", "Coding": "Default_No_Compression",
        "DateTime": MOMENT, "SMSCDateTime": MOMENT, "DeliveryStatus": 0, "ReplyViaSameSMSC": 0, "State": "UnSent",
        "Class": -1, "MessageReference": 0, "ReplaceMessage": 0, "RejectDuplicates": 0,
    }  # fmt: skip
    sms |= fields
    if sms["Coding"] == "8bit":
        sms["Text"] = bytes.fromhex(sms["Text"])
    return sms


def plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: plain(it) for key, it in value.items()}
    if isinstance(value, bytes):
        return value.hex()
    return str(value) if isinstance(value, datetime.datetime) else value


def answer(request: dict[str, Any]) -> Any:
    if "decode" in request:
        return plain(gammu.DecodePDU(bytes.fromhex(request["decode"]), True))
    if "split" in request:
        entry = {"ID": request["kind"], "Buffer": request["split"]}
        parts = gammu.EncodeSMS({"Class": -1, "Unicode": request["unicode"], "Entries": [entry]})
        for part in parts:
            part |= {"SMSC": {"Number": "+15550000000"}, "Number": "+15551230001"}
        return [gammu.EncodePDU(part).hex() for part in parts]
    return gammu.EncodePDU(fresh(**request["encode"]), request["layout"]).hex()


print(json.dumps([answer(request) for request in json.load(sys.stdin)]))
