"""What an account at a CMPP carrier needs to be told."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timezone

from carriers.cmpp.pdu import Version
from carriers.cmpp.reports import FIELD_WIDTH, SPECIFIED_WIDTH
from carriers.option_checks import check_choices, check_widths, clock_zone
from gateway.core.errors import ConfigError

_VERSIONS = {"2.0": 0x20, "2.1": 0x21, "3.0": 0x30}
_CHOICES = {
    "version": tuple(_VERSIONS),
    "fee_user_type": (0, 1, 2, 3),
    "report_width": (SPECIFIED_WIDTH, FIELD_WIDTH),
}
_WIDTHS = {"sp_id": 6, "access_number": 21, "service_id": 10, "fee_type": 2, "fee_code": 6, "fee_terminal": 21}


@dataclass(frozen=True, slots=True)
class CmppConfig:
    """One account at a gateway that speaks CMPP 2.0 or 3.0."""

    #: Name or address of the gateway.
    host: str
    #: The enterprise code (SP_Id) the carrier issued, at most 6 characters.
    sp_id: str
    #: The shared secret of the account.
    secret: str = field(repr=False)
    #: The number the account sends from (106…); extensions are digits behind it.
    access_number: str = ""
    #: TCP port of the gateway.
    port: int = 7890
    #: Version of the protocol: "2.0", "2.1" or "3.0".
    version: str = "2.0"
    #: Service code agreed with the carrier (Service_Id), at most 10 characters.
    service_id: str = ""
    #: Who is charged: 0 the phone, 1 the sender, 2 the account, 3 the number in fee_terminal.
    fee_user_type: int = 2
    #: Kind of charge (FeeType): "01" free, "02" per message, "03" monthly, "04" capped, "05" by the account.
    fee_type: str = "01"
    #: Price in fen (FeeCode), at most 6 digits.
    fee_code: str = "000000"
    #: The number to charge when fee_user_type is 3.
    fee_terminal: str = ""
    #: Priority, 0 to 9; what it does depends on the carrier.
    msg_level: int = 0
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
    #: Octets of the number in reports that are written (simulator): 21 as specified, or 32.
    report_width: int = SPECIFIED_WIDTH
    #: How numbers are written to the gateway: "national" (13800138000), "86" or "+86".
    number_form: str = "national"
    #: Alphabet of single messages with Chinese text: "ucs2" or "gbk"; what GBK lacks goes as UCS-2.
    chinese_alphabet: str = "ucs2"
    #: What the gateway takes Msg_Fmt 0 for: "gsm7" (GSM 7-bit alphabet, one character an octet) or "ascii".
    ascii_as: str = "gsm7"
    #: Hours between UTC and the gateway's clock.
    clock_offset_h: float = 8.0

    def __post_init__(self) -> None:
        check_choices(self, _CHOICES)
        check_widths(self, _WIDTHS)
        clock_zone(self.clock_offset_h)
        if not self.sp_id:
            raise ConfigError("sp_id must not be empty")
        if self.window < 1 or not 0 <= self.msg_level <= 9 or self.submit_resends < 0:
            raise ConfigError("window must be at least 1, msg_level 0 to 9, submit_resends at least 0")
        if min(self.response_timeout_s, self.active_test_s, self.active_test_failures) <= 0:
            raise ConfigError("response_timeout_s, active_test_s and active_test_failures must be above 0")

    @property
    def version_octet(self) -> int:
        """The Version octet of the login."""
        return _VERSIONS[self.version]

    @property
    def layout(self) -> Version:
        """The layout of the PDUs."""
        return Version.V3 if self.version_octet >= Version.V3 else Version.V2

    @property
    def zone(self) -> timezone:
        """The zone of the gateway's clock."""
        return clock_zone(self.clock_offset_h)
