"""What comes out of a modem as the hub's values, and the names under which reports find their segment. Pure.

A message centre names a message by its reference (0 to 255, its modem's count) and the recipient. With the SIM before
both, `01234567/8613800138000/17` is an id that can be made from the answer and from the report alike, so that no table
is needed and nothing is lost with a restart. It comes round after 256 messages to the same number.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from carriers.gsm.events import PduArrived
from carriers.gsm.tpdu.coding import coding_of
from carriers.gsm.tpdu.deliver import Deliver
from carriers.gsm.tpdu.status_report import MTI, MTI_MASK, StatusReport
from carriers.gsm.tpdu.translate import incoming_of, report_of
from carriers.session import ReportArrived, SmsArrived
from gateway.core.errors import MalformedPdu
from gateway.core.messages import IncomingSms
from gateway.core.phone import REGIONS
from gateway.core.text import Alphabet

#: Digits at the end of a SIM's number that tell it from others.
TAIL: Final = 8
#: Stands for the sender of what could not be read.
UNREADABLE: Final = "unreadable"


class Reading(NamedTuple):
    """What a PDU is to the hub: an event, or nothing that anybody must see; and what was wrong with it."""

    event: SmsArrived | ReportArrived | None
    complaint: str = ""


def tail_of(sim: str) -> str:
    """How a SIM is called in ids."""
    return sim[-TAIL:]


def national_of(recipient: str, region: str) -> str:
    """The number as it is dialled inside the country, without the digit that leads out of a town; "" when abroad."""
    code = REGIONS.get(region, ("", ""))[0]
    digits = recipient.removeprefix("+")
    return digits[len(code) :] if code and recipient[:1] == "+" and digits.startswith(code) else ""


def names_of(sim: str, recipient: str, reference: int, region: str) -> tuple[str, ...]:
    """Every id under which a report may come, the one to show first.

    Message centres write the recipient as it was sent, or with or without the code of their country.
    """
    national = national_of(recipient, region)
    code, trunk = REGIONS.get(region, ("", ""))
    forms = [recipient.lstrip("+")]
    if national:
        forms.append(national)
        if trunk:
            forms.append(trunk + national)
    elif recipient[:1] != "+" and code:
        forms.append(code + recipient.removeprefix(trunk))
    return tuple(dict.fromkeys(f"{tail_of(sim)}/{form}/{reference}" for form in forms))


def read(pdu: PduArrived, sim: str, number: str, receipt: object) -> Reading:
    """The SMS or report in a PDU that came to this SIM. Never raises; what cannot be read is shown in hexadecimal.

    `number` is the SIM's own, `receipt` goes into the event.
    """
    if pdu.tpdu and pdu.tpdu[0] & MTI_MASK == MTI:
        return _report(pdu, sim, receipt)
    carrier_id = f"{tail_of(sim)}/{pdu.fingerprint}"
    try:
        deliver = Deliver.decode(pdu.tpdu)
    except MalformedPdu as error:
        # Thrown away it would be lost, left in the modem it would fill the SIM.
        text = f"\N{REPLACEMENT CHARACTER} {pdu.tpdu.hex().upper()}"
        sms = IncomingSms(carrier_id, UNREADABLE, number, text, Alphabet.BINARY, data=pdu.tpdu)
        return Reading(SmsArrived(sms, receipt), f"an SMS that cannot be read: {error}")
    if deliver.is_silent:
        return Reading(None, "a silent SMS came")
    coding = coding_of(deliver.dcs)
    if coding.waiting is not None and coding.discard:
        return Reading(None)
    return Reading(SmsArrived(incoming_of(deliver, recipient=number, carrier_id=carrier_id), receipt))


def _report(pdu: PduArrived, sim: str, receipt: object) -> Reading:
    try:
        found = StatusReport.decode(pdu.tpdu, forgiving=True)
    except MalformedPdu as error:
        return Reading(None, f"a status report that cannot be read: {error}")
    if found.of_command:
        return Reading(None)
    report = report_of(found)
    digits = report.recipient.lstrip("+").removeprefix("00")
    return Reading(ReportArrived(report._replace(carrier_id=f"{tail_of(sim)}/{digits}/{found.reference}"), receipt))
