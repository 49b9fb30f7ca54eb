"""What the simulated operator can be told before it starts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from carriers.simulator.faults import Faults
from gateway.core.errors import ConfigError
from gateway.core.text import Alphabet

Protocol = Literal["smpp", "cmpp", "smgp", "sgip", "mm7", "mm4"]

OFF = -1  # a port that is not opened

#: Where people at a terminal expect an operator and its page; programs name the ports they want.
USUAL_PORTS = {"smpp": 2775, "cmpp": 7890, "smgp": 8890, "sgip": 8801, "mm7": 8807, "mm4": 8825, "web": 8088}


@dataclass(frozen=True, slots=True)
class Account:
    """Who may log in, and which numbers are routed to it."""

    #: One of the protocols it speaks.
    protocol: Protocol
    #: system_id, SP_Id or ClientID.
    name: str
    #: Password or shared secret.
    secret: str = field(repr=False)
    #: Messages to numbers that begin with this go to the account; "" takes the operator's access number.
    access_number: str = ""
    #: SGIP and MM7: where the service provider listens for calls, which bring messages and reports; port 0 calls
    #: nobody.
    call_host: str = "127.0.0.1"
    call_port: int = 0
    #: Login of the operator there; for SGIP "" is the same as above, for MM7 none.
    call_name: str = ""
    call_secret: str = field(default="", repr=False)


DEFAULT_ACCOUNTS = (
    Account("smpp", "caiyou", "secret08"),
    Account("cmpp", "900001", "888888"),
    Account("smgp", "10650001", "s3cret"),
    Account("sgip", "sgipsp", "secret08", call_port=8805),
    Account("mm7", "mm7vasp", "secret08", call_port=8808),
    Account("mm4", "mms.caiyou.example", "", call_port=8826),
)


@dataclass(frozen=True, slots=True)
class SimulatorConfig:
    """One operator on this machine. A port of 0 takes any free one, of -1 none."""

    #: Address to listen on.
    host: str = "127.0.0.1"
    #: Port for SMPP.
    smpp_port: int = OFF
    #: Port for CMPP.
    cmpp_port: int = OFF
    #: Port for SMGP.
    smgp_port: int = OFF
    #: Port for SGIP.
    sgip_port: int = OFF
    #: Seconds of silence after which SGIP connections of service providers are closed; 0 = never.
    sgip_idle_s: float = 60.0
    #: Port of the MMS centre (MM7).
    mm7_port: int = OFF
    #: Its dialect: china-mobile, huawei, 3gpp-rel5, 3gpp-rel6, or a file.
    mm7_dialect: str = "3gpp-rel6"
    #: How service providers log in to it: none, basic, digest.
    mm7_auth: str = "basic"
    #: Port at which another MMS centre takes mails of MM4; the account of MM4 is named by its domain.
    mm4_port: int = OFF
    #: Domain of that centre.
    mm4_domain: str = "mms.simulator.example"
    #: Where phones fetch MMS and hand them in, whatever host a push names: the web door of the hub, as
    #: "http://127.0.0.1:8080"; "direct": as the push says; "": no phone has an MMS program.
    mms_gateway: str = ""
    #: What those phones call themselves: android, nokia-6610, k750.
    mms_make: str = "android"
    #: What they do when they are told of an MMS: fetch, later, reject, silent, no-ack, twice, hangs-up.
    mms_habit: str = "fetch"
    #: Port of the page with the handsets.
    web_port: int = OFF
    #: Who may log in.
    accounts: tuple[Account, ...] = DEFAULT_ACCOUNTS
    #: Number that phones see and write to when an account has none of its own.
    access_number: str = "10657000"
    #: Seconds from a submit to its delivery report.
    report_delay_s: float = 0.2
    #: Seconds until a delivery without answer, or one that was refused, is sent again; three times in all.
    repeat_s: float = 60.0
    #: What data_coding 0 and Msg_Fmt 0 mean: "gsm7", "latin1" or "ascii".
    default_alphabet: str = "gsm7"
    #: Refuse senders that do not begin with the account's access number.
    check_senders: bool = False
    #: Keep counters and ids but no texts and no handsets, for benchmarks.
    count_only: bool = False
    #: Texts kept for each handset, the oldest go first.
    keep_texts: int = 500
    #: Handsets kept, the ones that got their first text longest ago go first.
    keep_handsets: int = 10_000
    #: What CMPP calls this gateway, six digits at most; part of every Msg_Id.
    gateway_code: int = 108001
    #: Deliveries without answer on one line, and requests of the peer without answer (CMPP: more get Result 8).
    window: int = 64
    #: Certificate and key (PEM files) for SMPP over TLS; "" speaks plain TCP.
    tls_certificate: str = ""
    tls_key: str = ""
    #: What goes wrong from the beginning; can be changed while it runs.
    faults: Faults = field(default_factory=Faults)

    def __post_init__(self) -> None:
        """Raises ConfigError, naming the key."""
        if self.default_alphabet not in (Alphabet.GSM7, Alphabet.LATIN1, Alphabet.ASCII):
            raise ConfigError("default_alphabet: one of gsm7, latin1, ascii")
        for key in USUAL_PORTS:
            if not OFF <= getattr(self, f"{key}_port") <= 65535:
                raise ConfigError(f"{key}_port: -1 to 65535")
        if not all(0 <= it.call_port <= 65535 for it in self.accounts):
            raise ConfigError("call_port of an account: 0 to 65535")
        if self.mm7_auth not in ("none", "basic", "digest"):
            raise ConfigError("mm7_auth: one of none, basic, digest")
        if len({it.name for it in self.accounts}) < len(self.accounts):
            raise ConfigError("accounts: a name must not come twice")
        if self.report_delay_s < 0 or self.repeat_s <= 0 or self.sgip_idle_s < 0:
            raise ConfigError("report_delay_s, repeat_s, sgip_idle_s: no negative time")
        if not 0 <= self.gateway_code < 1 << 22:
            raise ConfigError("gateway_code: at most 22 bits")
        if min(self.window, self.keep_texts, self.keep_handsets) < 1:
            raise ConfigError("window, keep_texts, keep_handsets: at least 1")

    def port_of(self, protocol: Protocol) -> int:
        """Where a protocol is to be spoken."""
        return int(getattr(self, f"{protocol}_port"))

    def access_number_of(self, account: Account) -> str:
        """The number that is routed to the account."""
        return account.access_number or self.access_number
