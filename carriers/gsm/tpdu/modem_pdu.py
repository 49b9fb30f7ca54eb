"""What a modem takes and gives in PDU mode: the message centre, then a TPDU (3GPP TS 27.005 3.1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self

from carriers.gsm.tpdu.address import MODEMS_OWN, Smsc
from carriers.gsm.tpdu.deliver import Deliver
from carriers.gsm.tpdu.status_report import StatusReport
from carriers.gsm.tpdu.submit import Submit
from gateway.core.errors import MalformedPdu

Message = Submit | Deliver | StatusReport

# A memory holds what came and what was written on the phone to be sent: SMS-SUBMIT is what type 1 means there,
# for an SMS-SUBMIT-REPORT is never kept. Type 3 is read as SMS-DELIVER (TS 23.040 9.2.3.1).
_KINDS: Final[tuple[type[Message], ...]] = (Deliver, Submit, StatusReport, Deliver)


@dataclass(frozen=True, slots=True)
class ModemPdu:
    """One PDU with its message centre."""

    message: Message
    smsc: Smsc = MODEMS_OWN

    def encode(self) -> tuple[str, int]:
        """The PDU in capital hexadecimal, and the octets of its TPDU alone: what AT+CMGS wants to be told.

        Raises LocalProtocolError for a value that has no room.
        """
        tpdu = self.message.encode()
        return (self.smsc.encode() + tpdu).hex().upper(), len(tpdu)

    @classmethod
    def decode(cls, digits: str) -> Self:
        """The PDU in a line of hexadecimal as +CMT, +CDS, +CMGR and +CMGL give it; raises MalformedPdu."""
        try:
            data = bytes.fromhex(digits)
        except ValueError:
            raise MalformedPdu("the PDU is not hexadecimal") from None
        smsc, at = Smsc.read(data)
        if at >= len(data):
            raise MalformedPdu("the TPDU is missing", offset=at, field="TP-MTI")
        return cls(_KINDS[data[at] & 3].decode(data, at), smsc)
