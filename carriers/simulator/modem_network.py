"""The network behind an emulated modem: what people write to its SIM, what becomes of what it sends. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from carriers.gsm.tpdu import header
from carriers.gsm.tpdu.address import Address, Smsc
from carriers.gsm.tpdu.coding import octet_of
from carriers.gsm.tpdu.deliver import Deliver
from carriers.gsm.tpdu.status_report import StatusReport
from carriers.gsm.tpdu.submit import Submit
from carriers.gsm.tpdu.timestamp import Timestamp
from carriers.gsm.tpdu.user_data import UserData
from gateway.core.text import choose, split

SMSC = "+8613800100500"


@dataclass(frozen=True, slots=True)
class Sent:
    """A message that the modem has sent."""

    reference: int
    tpdu: bytes
    submit: Submit

    @property
    def recipient(self) -> str:
        """The number it is for."""
        return self.submit.destination.text

    @property
    def text(self) -> str:
        """What this segment says."""
        return self.submit.user_data.content(self.submit.dcs).text


@dataclass(frozen=True, slots=True)
class Network:
    """Makes TPDUs; `begin` is the moment at `now` = 0."""

    begin: datetime = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)

    def moment(self, now: float) -> Timestamp:
        """The time of the message centre."""
        return Timestamp.of(self.begin + timedelta(seconds=int(now)))

    def messages(self, sender: str, text: str, now: float, *, concat_reference: int) -> list[bytes]:
        """What a phone writes, as the SMS-DELIVERs it comes in, in order."""
        alphabet = choose(text)
        parts = split(text, alphabet)
        delivers = []
        for number, part in enumerate(parts, 1):
            elements = [header.concat_element(concat_reference & 0xFF, len(parts), number)] if len(parts) > 1 else []
            user_data = UserData.of_text(part, alphabet, elements)
            delivers.append(Deliver(Address.of(sender), self.moment(now), user_data, octet_of(alphabet)).encode())
        return delivers

    def forwarded(self, sender: str, sent: Sent, now: float) -> bytes:
        """What one SIM has sent, as the SMS-DELIVER that another gets."""
        submit = sent.submit
        return Deliver(
            Address.of(sender), self.moment(now), submit.user_data, submit.dcs, protocol=submit.protocol
        ).encode()

    def report(self, sent: Sent, now: float, status: int) -> bytes:
        """The SMS-STATUS-REPORT on a message."""
        moment = self.moment(now)
        return StatusReport(sent.reference, sent.submit.destination, moment, moment, status).encode()


def with_smsc(tpdu: bytes) -> bytes:
    """A TPDU as a modem shows it: the message centre's address in front."""
    return Smsc.of(SMSC).encode() + tpdu
