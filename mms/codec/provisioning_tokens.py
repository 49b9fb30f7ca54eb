"""The tokens of OMA client provisioning 1.1 (WBXML, section 6 of its content type), two code pages of attributes."""

from __future__ import annotations

from typing import Final

from gateway.core.wbxml import Dialect, Token

_TYPES: Final[dict[Token, str]] = {
    (0, 0x51): "PXLOGICAL", (0, 0x52): "PXPHYSICAL", (0, 0x53): "PORT", (0, 0x54): "VALIDITY", (0, 0x55): "NAPDEF",
    (0, 0x56): "BOOTSTRAP", (0, 0x57): "VENDORCONFIG", (0, 0x58): "CLIENTIDENTITY", (0, 0x59): "PXAUTHINFO",
    (0, 0x5A): "NAPAUTHINFO", (0, 0x5B): "ACCESS",
    (1, 0x53): "PORT", (1, 0x55): "APPLICATION", (1, 0x56): "APPADDR", (1, 0x57): "APPAUTH",
    (1, 0x58): "CLIENTIDENTITY", (1, 0x59): "RESOURCE",
}  # fmt: skip

_NAMES: Final[dict[Token, str]] = {
    (0, 0x07): "NAME", (0, 0x08): "NAP-ADDRESS", (0, 0x09): "NAP-ADDRTYPE", (0, 0x0A): "CALLTYPE",
    (0, 0x0B): "VALIDUNTIL", (0, 0x0C): "AUTHTYPE", (0, 0x0D): "AUTHNAME", (0, 0x0E): "AUTHSECRET",
    (0, 0x0F): "LINGER", (0, 0x10): "BEARER", (0, 0x11): "NAPID", (0, 0x12): "COUNTRY", (0, 0x13): "NETWORK",
    (0, 0x14): "INTERNET", (0, 0x15): "PROXY-ID", (0, 0x16): "PROXY-PROVIDER-ID", (0, 0x17): "DOMAIN",
    (0, 0x18): "PROVURL", (0, 0x19): "PXAUTH-TYPE", (0, 0x1A): "PXAUTH-ID", (0, 0x1B): "PXAUTH-PW",
    (0, 0x1C): "STARTPAGE", (0, 0x1D): "BASAUTH-ID", (0, 0x1E): "BASAUTH-PW", (0, 0x1F): "PUSHENABLED",
    (0, 0x20): "PXADDR", (0, 0x21): "PXADDRTYPE", (0, 0x22): "TO-NAPID", (0, 0x23): "PORTNBR",
    (0, 0x24): "SERVICE", (0, 0x25): "LINKSPEED", (0, 0x26): "DNLINKSPEED", (0, 0x27): "LOCAL-ADDR",
    (0, 0x28): "LOCAL-ADDRTYPE", (0, 0x29): "CONTEXT-ALLOW", (0, 0x2A): "TRUST", (0, 0x2B): "MASTER",
    (0, 0x2C): "SID", (0, 0x2D): "SOC", (0, 0x2E): "WSP-VERSION", (0, 0x2F): "PHYSICAL-PROXY-ID",
    (0, 0x30): "CLIENT-ID", (0, 0x31): "DELIVERY-ERR-SDU", (0, 0x32): "DELIVERY-ORDER",
    (0, 0x33): "TRAFFIC-CLASS", (0, 0x34): "MAX-SDU-SIZE", (0, 0x35): "MAX-BITRATE-UPLINK",
    (0, 0x36): "MAX-BITRATE-DNLINK", (0, 0x37): "RESIDUAL-BER", (0, 0x38): "SDU-ERROR-RATIO",
    (0, 0x39): "TRAFFIC-HANDL-PRIO", (0, 0x3A): "TRANSFER-DELAY", (0, 0x3B): "GUARANTEED-BITRATE-UPLINK",
    (0, 0x3C): "GUARANTEED-BITRATE-DNLINK", (0, 0x3D): "PXADDR-FQDN", (0, 0x3E): "PROXY-PW",
    (0, 0x3F): "PPGAUTH-TYPE", (0, 0x47): "PULLENABLED", (0, 0x48): "DNS-ADDR", (0, 0x49): "MAX-NUM-RETRY",
    (0, 0x4A): "FIRST-RETRY-TIMEOUT", (0, 0x4B): "REREG-THRESHOLD", (0, 0x4C): "T-BIT", (0, 0x4E): "AUTH-ENTITY",
    (0, 0x4F): "SPI",
    (1, 0x07): "NAME", (1, 0x14): "INTERNET", (1, 0x1C): "STARTPAGE", (1, 0x22): "TO-NAPID", (1, 0x23): "PORTNBR",
    (1, 0x24): "SERVICE", (1, 0x2E): "AACCEPT", (1, 0x2F): "AAUTHDATA", (1, 0x30): "AAUTHLEVEL",
    (1, 0x31): "AAUTHNAME", (1, 0x32): "AAUTHSECRET", (1, 0x33): "AAUTHTYPE", (1, 0x34): "ADDR",
    (1, 0x35): "ADDRTYPE", (1, 0x36): "APPID", (1, 0x37): "APROTOCOL", (1, 0x38): "PROVIDER-ID",
    (1, 0x39): "TO-PROXY", (1, 0x3A): "URI", (1, 0x3B): "RULE",
}  # fmt: skip

# Some decoders have AAA and HA (E0, E1) on page 1; the specification and the others say page 0.
_VALUES: Final[dict[Token, str]] = {
    (0, 0x85): "IPV4", (0, 0x86): "IPV6", (0, 0x87): "E164", (0, 0x88): "ALPHA", (0, 0x89): "APN",
    (0, 0x8A): "SCODE", (0, 0x8B): "TETRA-ITSI", (0, 0x8C): "MAN", (0, 0x90): "ANALOG-MODEM", (0, 0x91): "V.120",
    (0, 0x92): "V.110", (0, 0x93): "X.31", (0, 0x94): "BIT-TRANSPARENT",
    (0, 0x95): "DIRECT-ASYNCHRONOUS-DATA-SERVICE", (0, 0x9A): "PAP", (0, 0x9B): "CHAP", (0, 0x9C): "HTTP-BASIC",
    (0, 0x9D): "HTTP-DIGEST", (0, 0x9E): "WTLS-SS", (0, 0x9F): "MD5", (0, 0xA2): "GSM-USSD", (0, 0xA3): "GSM-SMS",
    (0, 0xA4): "ANSI-136-GUTS", (0, 0xA5): "IS-95-CDMA-SMS", (0, 0xA6): "IS-95-CDMA-CSD",
    (0, 0xA7): "IS-95-CDMA-PACKET", (0, 0xA8): "ANSI-136-CSD", (0, 0xA9): "ANSI-136-GPRS", (0, 0xAA): "GSM-CSD",
    (0, 0xAB): "GSM-GPRS", (0, 0xAC): "AMPS-CDPD", (0, 0xAD): "PDC-CSD", (0, 0xAE): "PDC-PACKET",
    (0, 0xAF): "IDEN-SMS", (0, 0xB0): "IDEN-CSD", (0, 0xB1): "IDEN-PACKET", (0, 0xB2): "FLEX/REFLEX",
    (0, 0xB3): "PHS-SMS", (0, 0xB4): "PHS-CSD", (0, 0xB5): "TETRA-SDS", (0, 0xB6): "TETRA-PACKET",
    (0, 0xB7): "ANSI-136-GHOST", (0, 0xB8): "MOBITEX-MPAK", (0, 0xB9): "CDMA2000-1X-SIMPLE-IP",
    (0, 0xBA): "CDMA2000-1X-MOBILE-IP", (0, 0xC5): "AUTOBAUDING", (0, 0xCA): "CL-WSP", (0, 0xCB): "CO-WSP",
    (0, 0xCC): "CL-SEC-WSP", (0, 0xCD): "CO-SEC-WSP", (0, 0xCE): "CL-SEC-WTA", (0, 0xCF): "CO-SEC-WTA",
    (0, 0xD0): "OTA-HTTP-TO", (0, 0xD1): "OTA-HTTP-TLS-TO", (0, 0xD2): "OTA-HTTP-PO", (0, 0xD3): "OTA-HTTP-TLS-PO",
    (0, 0xE0): "AAA", (0, 0xE1): "HA",
    (1, 0x86): "IPV6", (1, 0x87): "E164", (1, 0x88): "ALPHA", (1, 0x8D): "APPSRV", (1, 0x8E): "OBEX",
    (1, 0x90): ",", (1, 0x91): "HTTP-", (1, 0x92): "BASIC", (1, 0x93): "DIGEST",
}  # fmt: skip

_STARTS: Final[dict[Token, tuple[str, str]]] = {
    (0, 0x05): ("name", ""), (0, 0x06): ("value", ""), (0, 0x45): ("version", ""), (0, 0x46): ("version", "1.0"),
    (0, 0x50): ("type", ""), (1, 0x50): ("type", ""),
}  # fmt: skip

_TAGS: Final = {0x05: "wap-provisioningdoc", 0x06: "characteristic", 0x07: "parm"}

DIALECT: Final = Dialect(
    public_id=0x0B,
    tags={(0, code): name for code, name in _TAGS.items()} | {(1, code): _TAGS[code] for code in (0x06, 0x07)},
    attributes=_STARTS
    | {token: ("type", word) for token, word in _TYPES.items()}
    | {token: ("name", word) for token, word in _NAMES.items()},
    values=_VALUES,
)
