"""What a modem tells the code around it, and what it can be told."""

from __future__ import annotations

import enum
import hashlib
from dataclasses import dataclass, field
from typing import Final

from carriers.gsm.answers import Identity, Registration
from carriers.gsm.errors import Code
from carriers.gsm.ussd import Form, Step
from gateway.core.messages import Outcome


@dataclass(frozen=True, slots=True)
class ModemSettings:
    """How a modem is used; times in seconds."""

    #: PIN of the SIM; tried once, never again when it was wrong. "" = none.
    pin: str = field(default="", repr=False)
    #: Storages to receive into, the first the modem has.
    storages: tuple[str, ...] = ("ME", "SM")
    #: Ask for each message to be acknowledged to the network when it is on disk (+CSMS=1), where it comes unstored.
    acknowledges: bool = True
    #: Keep the radio link up between messages (+CMMS); left off again when the modem cannot.
    keeps_link: bool = True
    #: How USSD codes are written: plain, packed (hexadecimal of septets), ucs2, or "" = as the modem takes them.
    ussd_form: str = ""
    #: Calls are hung up: nobody is there to answer.
    hangs_up: bool = True
    command_timeout_s: float = 5.0
    #: From +CMGS to the prompt; nothing has been sent when it does not come.
    prompt_timeout_s: float = 5.0
    #: From the text of a message to its reference number.
    send_timeout_s: float = 60.0
    ussd_timeout_s: float = 60.0
    #: Between looks at signal, registration and storages; modems lose notices.
    poll_s: float = 60.0
    #: How often AT is tried at the start, when the modem may still be starting itself (2 s each).
    start_tries: int = 10
    #: How often AT is tried after a command without answer, before the modem counts as hung.
    hung_tries: int = 3
    #: How often a SIM that is being read is asked again, a second apart.
    sim_tries: int = 15


class Cause(enum.StrEnum):
    """Why a modem that answers cannot be used."""

    PIN_NEEDED = "pin_needed"  # and none, or a wrong one, is configured
    PIN_WRONG = "pin_wrong"
    PUK_NEEDED = "puk_needed"
    LOCKED = "locked"  # to a network, a phone or a corporation
    NO_SIM = "no_sim"
    SIM_FAILURE = "sim_failure"
    UNSUITABLE = "unsuitable"  # no PDU mode


class Kind(enum.StrEnum):
    """How an incoming PDU was announced; its first octet says what it is."""

    MESSAGE = "message"
    REPORT = "report"
    STORED = "stored"


#: The index of a PDU that came itself and lies in no storage.
DIRECT: Final = -1


@dataclass(frozen=True, slots=True)
class Receipt:
    """Where an incoming PDU lies, to be given back to `confirm` or `put_back`."""

    storage: str
    index: int
    number: int  # one for each PDU this modem has given


@dataclass(frozen=True, slots=True)
class Health:
    """How a modem is."""

    registration: Registration = Registration.UNKNOWN
    signal: int | None = None  # 0 to 31, None = not known
    operator: str = ""
    storage: str = ""
    used: int = 0  # messages in it
    total: int = 0

    @property
    def dbm(self) -> int | None:
        """Field strength (TS 27.007 8.5)."""
        return None if self.signal is None else -113 + 2 * self.signal

    @property
    def is_full(self) -> bool:
        """Does the storage take no more messages?"""
        return 0 < self.total <= self.used


@dataclass(frozen=True, slots=True)
class Ready:
    """The modem is set up; `can_send` once it is registered."""

    identity: Identity


@dataclass(frozen=True, slots=True)
class Blocked:
    """The modem answers and cannot be used; it is looked at again every `poll_s`, without trying a PIN again."""

    cause: Cause
    reason: str
    identity: Identity = field(default_factory=Identity)


@dataclass(frozen=True, slots=True)
class SendAnswered:
    """What became of a TPDU. UNCERTAIN: it was handed over and no answer came."""

    tag: object
    outcome: Outcome
    reference: int | None = None  # TP-MR, 0 to 255: reports name it, together with the recipient
    code: Code | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class LateReference:
    """The reference of a TPDU whose sending was UNCERTAIN: the network has taken it after all."""

    tag: object
    reference: int


@dataclass(frozen=True, slots=True)
class PduArrived:
    """A message or a report came. It stays in the modem, or with the network, until it is confirmed."""

    receipt: Receipt
    kind: Kind
    smsc: bytes  # address of the message centre, with its type octet, without its length
    tpdu: bytes

    @property
    def fingerprint(self) -> str:
        """The same for the same PDU, should it be given again after a crash between commit and deletion."""
        return hashlib.sha256(self.smsc + b"/" + self.tpdu).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class HealthChanged:
    """Signal, registration, operator or storage changed."""

    health: Health


@dataclass(frozen=True, slots=True)
class UssdAnswered:
    """The network answered a USSD code; with ASKS the session stays open for another `ussd()`.

    `tag` is None when the network began the session. `text` is empty when `step` is a failure.
    """

    tag: object
    step: Step
    text: str


@dataclass(frozen=True, slots=True)
class UssdFailed:
    """A USSD code got no answer."""

    tag: object
    reason: str


@dataclass(frozen=True, slots=True)
class Called:
    """Somebody calls."""

    number: str  # "" = not told


@dataclass(frozen=True, slots=True)
class Misbehaved:
    """The modem said something wrong that was survived."""

    reason: str  # without numbers and texts
    line: str = field(default="", repr=False)  # what it said


@dataclass(frozen=True, slots=True)
class Lost:
    """It is over: the modem hangs or is gone. Whatever was being sent has been answered before."""

    reason: str


ModemEvent = (
    Ready
    | Blocked
    | SendAnswered
    | LateReference
    | PduArrived
    | HealthChanged
    | UssdAnswered
    | UssdFailed
    | Called
    | Misbehaved
    | Lost
)

__all__ = [
    "DIRECT",
    "Blocked",
    "Called",
    "Cause",
    "Form",
    "Health",
    "HealthChanged",
    "Kind",
    "LateReference",
    "Lost",
    "Misbehaved",
    "ModemEvent",
    "ModemSettings",
    "PduArrived",
    "Ready",
    "Receipt",
    "SendAnswered",
    "Step",
    "UssdAnswered",
    "UssdFailed",
]
