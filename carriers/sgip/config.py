"""What an account at an SGIP carrier needs to be told."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from datetime import timezone

from carriers.option_checks import check_choices, check_widths, clock_zone
from gateway.core.errors import ConfigError

#: ChargeNumber of messages that the account itself pays for.
ACCOUNT_PAYS = "0" * 21
PHONE_PAYS = "phone"
NO_CALLS = -1

_WIDTHS = {
    "login_name": 16,
    "password": 16,
    "call_name": 16,
    "call_password": 16,
    "corp_id": 5,
    "access_number": 20,
    "service_type": 10,
    "fee_value": 6,
    "given_value": 6,
    "charge_number": 21,
}


@dataclass(frozen=True, slots=True)
class SgipConfig:
    """One account at a gateway (SMG) that speaks SGIP 1.2. The passwords never show in a repr."""

    #: Name or address of the gateway.
    host: str
    #: Login name the carrier gave, at most 16 characters.
    login_name: str
    #: Password the carrier gave, at most 16 characters; SGIP sends it in clear.
    password: str = field(repr=False)
    #: Our node number: 3, area code (4 digits), enterprise code (5 digits), such as 3010092008.
    node_id: int
    #: TCP port of the gateway.
    port: int = 8801
    #: The number the account sends from (106…); extensions are digits behind it.
    access_number: str = ""
    #: Enterprise code (CorpId), at most 5 digits; "" takes the last five of node_id.
    corp_id: str = ""
    #: Address to listen on for the gateway's calls; "" is every address of this machine.
    call_host: str = ""
    #: Port to listen on for the gateway's calls, which bring SMS and reports; 0 any free one, -1 none. Links on one
    #: machine need different ports: where several share an account, one listens, and all have the same group.
    call_port: int = 8801
    #: Login name the gateway uses when it calls us; "" is the same as login_name.
    call_name: str = ""
    #: Password the gateway uses when it calls us; "" is the same as password.
    call_password: str = field(default="", repr=False)
    #: Addresses or networks the gateway calls from (10.1.2.3, 10.1.0.0/16); empty lets any address try.
    call_from: tuple[str, ...] = ()
    #: Calls of the gateway at once; more are answered with "too many connections".
    most_calls: int = 8
    #: Deliveries of a call that may wait for their answer; more are answered with "busy".
    call_window: int = 64
    #: Seconds of silence after which a call is closed; 0 = never.
    call_idle_s: float = 60.0
    #: How many submits may wait for their answer at once.
    window: int = 32
    #: Seconds until a request without an answer is sent again or given up.
    response_timeout_s: float = 30.0
    #: How often a submit without an answer is sent again with the same number; gateways that follow the specification
    #: know it again, others may double the message.
    submit_resends: int = 0
    #: Seconds of silence after which the system asks whether the gateway's machine is there; SGIP has no such request.
    keep_alive_s: int = 30
    #: Service code agreed with the carrier (ServiceType), at most 10 characters.
    service_type: str = ""
    #: Kind of charge (FeeType): 0 sending only, 1 free, 2 per message, 3 monthly, 4 by the account.
    fee_type: int = 1
    #: Price in fen (FeeValue), at most 6 digits.
    fee_value: str = "0"
    #: Fen given to the phone (GivenValue), at most 6 digits.
    given_value: str = "0"
    #: 0 receivable, 1 received (AgentFlag).
    agent_flag: int = 0
    #: Why a message is sent (MorelatetoMTFlag): 0 first after an order, 1 later, 2 not ordered, 3 by the system.
    more_late_to_mt_flag: int = 2
    #: Priority, 0 to 9; what it does depends on the carrier.
    priority: int = 0
    #: Who pays (ChargeNumber): a number with 86, "phone" for the phone written to, or 21 zeros for the account.
    charge_number: str = ACCOUNT_PAYS
    #: How numbers are written to the gateway: "86" as specified (8613001125453), "national" or "+86".
    number_form: str = "86"
    #: Alphabet of single messages with Chinese text: "ucs2" or "gbk"; what GBK lacks goes as UCS-2.
    chinese_alphabet: str = "ucs2"
    #: What the gateway takes MessageCoding 0 for: "ascii" as specified, or "gsm7" (one character an octet).
    ascii_as: str = "ascii"
    #: Hours between UTC and the gateway's clock.
    clock_offset_h: float = 8.0

    def __post_init__(self) -> None:
        """Raises ConfigError, naming the key, for values the protocol has no room for."""
        check_choices(self, {})
        check_widths(self, _WIDTHS)
        clock_zone(self.clock_offset_h)
        if not self.login_name:
            raise ConfigError("login_name must not be empty")
        if not 0 <= self.node_id < 1 << 32:
            raise ConfigError("node_id must be a number of 32 bits, such as 3010092008")
        if not 1 <= self.port <= 65535 or not NO_CALLS <= self.call_port <= 65535:
            raise ConfigError("port must be 1 to 65535, call_port -1 to 65535")
        if min(self.window, self.most_calls, self.call_window) < 1 or self.submit_resends < 0:
            raise ConfigError("window, most_calls and call_window must be at least 1, submit_resends at least 0")
        if not 0 <= self.priority <= 9 or not 0 <= self.fee_type <= 4:
            raise ConfigError("priority must be 0 to 9, fee_type 0 to 4")
        if not 0 <= self.more_late_to_mt_flag <= 3 or not 0 <= self.agent_flag <= 1:
            raise ConfigError("more_late_to_mt_flag must be 0 to 3, agent_flag 0 or 1")
        if self.response_timeout_s <= 0 or self.call_idle_s < 0 or self.keep_alive_s < 0:
            raise ConfigError("response_timeout_s must be above 0, call_idle_s and keep_alive_s not below")
        try:
            self.call_networks()
        except ValueError as error:
            raise ConfigError(f"call_from: {error}") from error

    @property
    def zone(self) -> timezone:
        """The zone of the gateway's clock."""
        return clock_zone(self.clock_offset_h)

    @property
    def enterprise(self) -> str:
        """CorpId."""
        return self.corp_id or f"{self.node_id % 100_000:05}"

    def call_networks(self) -> tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]:
        """Where the gateway may call from; raises ValueError for what is no network."""
        return tuple(ipaddress.ip_network(network) for network in self.call_from)
