"""A TPDU with its message centre as a JSON object for people, and back without a bit lost.

The keys are the names of 3GPP TS 23.040 with a hyphen. Flags are numbers as they are on the air, TP-UD is
hexadecimal, addresses and moments are texts or, where the text would not give the same octets again, {"hex": …}.
"Reading" explains the rest; `encode_line` does not look at it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final, TypeVar

from carriers.gsm.tpdu import header
from carriers.gsm.tpdu.address import Address, Smsc
from carriers.gsm.tpdu.coding import coding_of
from carriers.gsm.tpdu.deliver import Deliver
from carriers.gsm.tpdu.optional import Optional
from carriers.gsm.tpdu.status import status_of
from carriers.gsm.tpdu.status_report import StatusReport
from carriers.gsm.tpdu.submit import Submit
from carriers.gsm.tpdu.timestamp import Timestamp
from carriers.gsm.tpdu.user_data import UserData
from carriers.gsm.tpdu.validity import Enhanced, Relative, Validity
from gateway.core.errors import BadRequest, CaiyouError, LocalProtocolError

_Line = dict[str, Any]
_T = TypeVar("_T")
_FORMATS: Final = {type(None): "none", Relative: "relative", Enhanced: "enhanced", Timestamp: "absolute"}


def decode_submit(data: bytes) -> _Line:
    """An SMS-SUBMIT behind its message centre; raises MalformedPdu, which says where and why."""
    smsc, at = Smsc.read(data)
    pdu = Submit.decode(data, at)
    return {
        "PDU": "SMS-SUBMIT",
        "SMSC": _smsc(smsc),
        "TP-MTI": 1,
        "TP-RD": int(pdu.rejects_duplicates),
        "TP-VPF": _FORMATS[type(pdu.validity)],
        "TP-SRR": int(pdu.wants_report),
        "TP-UDHI": int(pdu.user_data.has_header),
        "TP-RP": int(pdu.reply_path),
        "TP-MR": pdu.reference,
        "TP-DA": _address(pdu.destination),
        "TP-PID": pdu.protocol,
        "TP-DCS": pdu.dcs,
        "TP-VP": _validity(pdu.validity),
        "TP-UDL": pdu.user_data.length,
        "TP-UD": pdu.user_data.octets.hex(),
        "Reading": _lifetime(pdu.validity) | _content(pdu.user_data, pdu.dcs),
    }


def decode_deliver(data: bytes) -> _Line:
    """An SMS-DELIVER behind its message centre; raises MalformedPdu, which says where and why."""
    smsc, at = Smsc.read(data)
    pdu = Deliver.decode(data, at)
    return {
        "PDU": "SMS-DELIVER",
        "SMSC": _smsc(smsc),
        "TP-MTI": pdu.spare & 3,
        "TP-MMS": int(not pdu.more_waiting),
        "TP-LP": int(pdu.loop_prevention),
        "TP-SRI": int(pdu.reports_back),
        "TP-UDHI": int(pdu.user_data.has_header),
        "TP-RP": int(pdu.reply_path),
        **_spare(pdu.spare & ~3),
        "TP-OA": _address(pdu.origin),
        "TP-PID": pdu.protocol,
        "TP-DCS": pdu.dcs,
        "TP-SCTS": _moment(pdu.sent_at),
        "TP-UDL": pdu.user_data.length,
        "TP-UD": pdu.user_data.octets.hex(),
        "Reading": _content(pdu.user_data, pdu.dcs),
    }


def decode_status(data: bytes) -> _Line:
    """An SMS-STATUS-REPORT behind its message centre; raises MalformedPdu, which says where and why."""
    smsc, at = Smsc.read(data)
    pdu = StatusReport.decode(data, at)
    line = {
        "PDU": "SMS-STATUS-REPORT",
        "SMSC": _smsc(smsc),
        "TP-MTI": 2,
        "TP-MMS": int(not pdu.more_waiting),
        "TP-LP": int(pdu.loop_prevention),
        "TP-SRQ": int(pdu.of_command),
        "TP-UDHI": int(pdu.optional is not None and pdu.optional.user_data is not None
                       and pdu.optional.user_data.has_header),
        **_spare(pdu.spare),
        "TP-MR": pdu.reference,
        "TP-RA": _address(pdu.recipient),
        "TP-SCTS": _moment(pdu.sent_at),
        "TP-DT": _moment(pdu.discharged_at),
        "TP-ST": pdu.status,
    }  # fmt: skip
    status = status_of(pdu.status)
    reading: _Line = {"status": status.fate.value, "meaning": status.meaning}
    if pdu.optional is not None:
        line |= _optional(pdu.optional)
        if pdu.optional.user_data is not None:
            reading |= _content(pdu.optional.user_data, pdu.optional.dcs or 0)
    return line | {"Reading": reading}


def encode_submit(line: _Line) -> bytes:
    """What `decode_submit` showed; raises BadRequest, which names the field that cannot be used."""
    return _encoded(line, lambda: Submit(
        _address_of(line, "TP-DA"),
        _user_data(line, _flag(line, "TP-UDHI")),
        _octet(line, "TP-DCS"),
        _octet(line, "TP-MR"),
        _octet(line, "TP-PID"),
        _validity_of(line),
        wants_report=_flag(line, "TP-SRR"),
        rejects_duplicates=_flag(line, "TP-RD"),
        reply_path=_flag(line, "TP-RP"),
    ).encode())  # fmt: skip


def encode_deliver(line: _Line) -> bytes:
    """What `decode_deliver` showed; raises BadRequest, which names the field that cannot be used."""
    return _encoded(line, lambda: Deliver(
        _address_of(line, "TP-OA"),
        _moment_of(line, "TP-SCTS"),
        _user_data(line, _flag(line, "TP-UDHI")),
        _octet(line, "TP-DCS"),
        _octet(line, "TP-PID"),
        more_waiting=not _flag(line, "TP-MMS"),
        loop_prevention=_flag(line, "TP-LP"),
        reports_back=_flag(line, "TP-SRI"),
        reply_path=_flag(line, "TP-RP"),
        spare=_octet(line, "spare", 0) | _octet(line, "TP-MTI", 0),
    ).encode())  # fmt: skip


def encode_status(line: _Line) -> bytes:
    """What `decode_status` showed; raises BadRequest, which names the field that cannot be used."""
    return _encoded(line, lambda: StatusReport(
        _octet(line, "TP-MR"),
        _address_of(line, "TP-RA"),
        _moment_of(line, "TP-SCTS"),
        _moment_of(line, "TP-DT"),
        _octet(line, "TP-ST"),
        _optional_of(line),
        more_waiting=not _flag(line, "TP-MMS"),
        loop_prevention=_flag(line, "TP-LP"),
        of_command=_flag(line, "TP-SRQ"),
        spare=_octet(line, "spare", 0),
    ).encode())  # fmt: skip


def _encoded(line: _Line, tpdu: Callable[[], bytes]) -> bytes:
    try:
        return _smsc_of(line).encode() + tpdu()
    except LocalProtocolError as error:
        raise BadRequest(str(error)) from error


def _spare(bits: int) -> _Line:
    return {"spare": bits} if bits else {}


def _smsc(smsc: Smsc) -> Any:
    return _text_or_octets(smsc.text, smsc, Smsc.of, {"hex": smsc.octets.hex()})


def _address(address: Address) -> Any:
    parts = {"type": address.type_of_address, "length": address.length, "hex": address.octets.hex()}
    return _text_or_octets(address.text, address, Address.of, parts | {"text": address.text})


def _moment(timestamp: Timestamp) -> Any:
    def again(text: str) -> Timestamp:
        return Timestamp.of(datetime.fromisoformat(text))

    text = timestamp.text if timestamp.moment is not None else ""
    return _text_or_octets(text, timestamp, again, {"hex": timestamp.octets.hex()})


def _text_or_octets(text: str, value: _T, again: Callable[[str], _T], octets: _Line) -> Any:
    try:
        return text if again(text) == value else octets
    except (CaiyouError, ValueError):
        return octets


def _validity(validity: Validity) -> Any:
    match validity:
        case None:
            return None
        case Relative(octet):
            return octet
        case Enhanced(octets):
            return {"hex": octets.hex()}
        case Timestamp():
            return _moment(validity)


def _lifetime(validity: Validity) -> _Line:
    if isinstance(validity, Relative):
        return {"validity_s": validity.seconds}
    if isinstance(validity, Enhanced):
        return {"validity_s": validity.seconds, "single_shot": validity.single_shot}
    return {}


def _content(user_data: UserData, dcs: int) -> _Line:
    content = user_data.content(dcs)
    coding = coding_of(dcs)
    reading: _Line = {}
    if content.elements:
        reading["user_data_header"] = [
            {"element": f"0x{identifier:02x}", "octets": octets.hex()} for identifier, octets in content.elements
        ]
    concat = header.concat_of(content.elements)
    if concat is not None:
        reading["part"] = f"{concat.number} of {concat.total}, reference {concat.reference}"
    ports = header.ports_of(content.elements)
    if ports is not None:
        reading["ports"] = {"destination": ports.destination, "source": ports.source}
    reading["alphabet"] = content.alphabet.value
    if coding.message_class is not None:
        reading["class"] = coding.message_class
    if coding.compressed:
        reading["compressed"] = True
    if coding.waiting is not None:
        reading["waiting"] = coding.waiting.value
        reading["indicator"] = "on" if coding.indicator_on else "off"
    if content.text or not content.data:
        reading["text"] = content.text
    else:
        reading["data"] = content.data.hex()
    return reading


def _optional(optional: Optional) -> _Line:
    shown: _Line = {"TP-PI": optional.indicators().hex()}
    if optional.protocol is not None:
        shown["TP-PID"] = optional.protocol
    if optional.dcs is not None:
        shown["TP-DCS"] = optional.dcs
    if optional.user_data is not None:
        shown |= {"TP-UDL": optional.user_data.length, "TP-UD": optional.user_data.octets.hex()}
    return shown | ({"rest": optional.rest.hex()} if optional.rest else {})


def _smsc_of(line: _Line) -> Smsc:
    value = line.get("SMSC", "")
    if isinstance(value, dict):
        return Smsc(_hex(value, "hex"))
    return _made("SMSC", Smsc.of, value)


def _address_of(line: _Line, name: str) -> Address:
    value = line.get(name)
    if isinstance(value, dict):
        return Address(_octet(value, "type"), _octet(value, "length"), _hex(value, "hex"))
    return _made(name, Address.of, value)


def _moment_of(line: _Line, name: str) -> Timestamp:
    value = line.get(name)
    if isinstance(value, dict):
        return Timestamp(_hex(value, "hex"))
    return _made(name, lambda text: Timestamp.of(datetime.fromisoformat(text)), value)


def _made(name: str, make: Callable[[str], _T], value: object) -> _T:
    if not isinstance(value, str):
        raise BadRequest(f'{name}: must be a text or {{"hex": …}}')
    try:
        return make(value)
    except (CaiyouError, ValueError) as error:
        raise BadRequest(f"{name}: {error}") from error


def _validity_of(line: _Line) -> Validity:
    match line.get("TP-VPF", "none"):
        case "none":
            return None
        case "relative":
            return Relative(_octet(line, "TP-VP"))
        case "absolute":
            return _moment_of(line, "TP-VP")
        case "enhanced" if isinstance(line.get("TP-VP"), dict):
            return Enhanced(_hex(line["TP-VP"], "hex"))
    raise BadRequest('TP-VPF: must be none, relative, absolute or, with TP-VP {"hex": …}, enhanced')


def _user_data(line: _Line, has_header: bool) -> UserData:
    return UserData(_octet(line, "TP-UDL"), _hex(line, "TP-UD"), has_header)


def _optional_of(line: _Line) -> Optional | None:
    if "TP-PI" not in line:
        return None
    indicators = _hex(line, "TP-PI")
    return Optional(
        _octet(line, "TP-PID") if "TP-PID" in line else None,
        _octet(line, "TP-DCS") if "TP-DCS" in line else None,
        _user_data(line, _flag(line, "TP-UDHI")) if "TP-UDL" in line else None,
        indicators[0] if indicators else 0,
        indicators[1:],
        _hex(line, "rest") if "rest" in line else b"",
    )


def _flag(line: _Line, name: str) -> bool:
    value = line.get(name, 0)
    if value not in (0, 1):
        raise BadRequest(f"{name}: must be 0 or 1")
    return bool(value)


def _octet(line: _Line, name: str, default: int | None = None) -> int:
    value = line.get(name, default)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= 0xFF:
        raise BadRequest(f"{name}: must be given, from 0 to 255")
    return value


def _hex(line: _Line, name: str) -> bytes:
    value = line.get(name)
    try:
        return bytes.fromhex(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        raise BadRequest(f"{name}: must be hexadecimal digits") from None
