"""What an account at an SMGP carrier needs to be told."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timezone

from carriers.option_checks import check_choices, check_widths, clock_zone
from carriers.smgp import status
from carriers.smgp.pdu import VERSION_1_3, VERSION_3_0, LoginMode
from gateway.core.errors import ConfigError

_VERSIONS = {"3.0": VERSION_3_0, "1.3": VERSION_1_3}
_MODES = {"send": LoginMode.SEND, "receive": LoginMode.RECEIVE, "both": LoginMode.BOTH}
_CHOICES = {
    "version": tuple(_VERSIONS),
    "login_mode": tuple(_MODES),
}
_WIDTHS = {
    "client_id": 8,
    "access_number": 21,
    "service_id": 10,
    "fee_type": 2,
    "fee_code": 6,
    "fixed_fee": 6,
    "charge_terminal": 21,
    "sp_code": 8,
    "product_id": 21,
}


@dataclass(frozen=True, slots=True)
class SmgpConfig:
    """One account at a gateway that speaks SMGP 3.0."""

    #: Name or address of the gateway.
    host: str
    #: The account (ClientID) the carrier issued, at most 8 characters.
    client_id: str
    #: The shared secret of the account.
    secret: str = field(repr=False)
    #: The number the account sends from (106…); extensions are digits behind it.
    access_number: str = ""
    #: TCP port of the gateway.
    port: int = 8890
    #: Version of the protocol: "3.0" or "1.3".
    version: str = "3.0"
    #: Whether a Submit of version 1.3 has the field FixedFee; ask the carrier. 3.0 always has it.
    fixed_fee_in_1_3: bool = True
    #: What the connection is for (LoginMode): "both", "send" or "receive"; reports come only on those that receive.
    login_mode: str = "both"
    #: Service code agreed with the carrier (ServiceID), at most 10 characters.
    service_id: str = ""
    #: Kind of charge (FeeType): "00" free, "01" per message, "02" monthly, "03" capped.
    fee_type: str = "00"
    #: Price of a message in fen (FeeCode), at most 6 digits.
    fee_code: str = "000000"
    #: Monthly price or cap in fen (FixedFee), at most 6 digits.
    fixed_fee: str = "000000"
    #: The number to charge (ChargeTermID); "" charges the phone, if anybody.
    charge_terminal: str = ""
    #: Enterprise code, sent as MsgSrc when set, at most 8 characters.
    sp_code: str = ""
    #: Product of the mobile network, sent as MServiceID when set, at most 21 characters.
    product_id: str = ""
    #: Priority, 0 (low) to 3 (high).
    priority: int = 1
    #: How many submits may wait for their answer at once.
    window: int = 16
    #: Seconds until a request without an answer is sent again or given up.
    response_timeout_s: float = 60.0
    #: How often a submit without an answer is sent again; more than 0 may double messages.
    submit_resends: int = 0
    #: Seconds of silence after which the gateway is asked whether it is there.
    active_test_s: float = 30.0
    #: How many unanswered questions end the connection.
    active_test_failures: int = 3
    #: Codes with which the gateway says "too fast"; the specification has none, most say 1 (busy).
    throttle_codes: tuple[int, ...] = (status.BUSY,)
    #: How numbers are written to the gateway: "national" (18900000000), "86" or "+86".
    number_form: str = "national"
    #: Alphabet of single messages with Chinese text: "ucs2" or "gbk"; what GBK lacks goes as UCS-2.
    chinese_alphabet: str = "ucs2"
    #: What the gateway takes MsgFormat 0 for: "gsm7" (GSM 7-bit alphabet, one character an octet) or "ascii".
    ascii_as: str = "ascii"
    #: Most octets of a message of MsgFormat 0: gateways take 160, the specification says 140.
    most_text_octets: int = 160
    #: Hours between UTC and the gateway's clock.
    clock_offset_h: float = 8.0

    def __post_init__(self) -> None:
        """Raises ConfigError, naming the key."""
        check_choices(self, _CHOICES)
        check_widths(self, _WIDTHS)
        clock_zone(self.clock_offset_h)
        if not self.client_id:
            raise ConfigError("client_id must not be empty")
        if self.window < 1 or not 0 <= self.priority <= 3 or self.submit_resends < 0:
            raise ConfigError("window must be at least 1, priority 0 to 3, submit_resends at least 0")
        if min(self.response_timeout_s, self.active_test_s, self.active_test_failures) <= 0:
            raise ConfigError("response_timeout_s, active_test_s and active_test_failures must be above 0")
        if not 1 <= self.most_text_octets <= 255:
            raise ConfigError("most_text_octets must be 1 to 255")
        if status.OK in self.throttle_codes:
            raise ConfigError("throttle_codes must not hold 0, which is success")

    @property
    def version_octet(self) -> int:
        """The ClientVersion of the login."""
        return _VERSIONS[self.version]

    @property
    def mode(self) -> LoginMode:
        """The LoginMode of the login."""
        return _MODES[self.login_mode]

    @property
    def zone(self) -> timezone:
        """The zone of the gateway's clock."""
        return clock_zone(self.clock_offset_h)
