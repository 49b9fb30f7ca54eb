"""What a link to an MMS centre over MM7 can be told: one table for both directions."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from gateway.core.errors import ConfigError
from mms.codec.mm7 import dialect as dialects
from mms.codec.mm7.dialect import Dialect

#: A port that is not opened.
NO_LISTENING: Final = -1
SCHEMES: Final = ("none", "basic", "digest")
CHARGED: Final = ("", "Sender", "Recipient", "Both", "Neither", "ThirdParty")

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True)
class Mm7Config:
    """One account at an MMS centre. Passwords never show in a repr."""

    #: Where the centre takes submits, as http://mmsc.example:8080/vas.
    url: str
    #: Who we are to it (VASPID; China Mobile: the SP id).
    vasp_id: str = ""
    #: Which of our services this is (VASID).
    vas_id: str = ""
    #: How the centre wants MM7 written: china-mobile, huawei, 3gpp-rel5, 3gpp-rel6, or the path of a file of your own
    #: (docs/mm7.md). `caiyou wire mm7 --dialect-of FILE` finds the one for a sample.
    dialect: str = "3gpp-rel6"
    #: Number phones see when a message names no sender.
    access_number: str = ""
    #: ServiceCode of every submit; what a message says goes before it.
    service_code: str = ""
    #: Who pays: Sender, Recipient, Both, Neither, ThirdParty; "" says nothing.
    charged_party: str = ""
    #: How requests are authorised: none, basic, digest; "" as the dialect has it, and none without a user.
    auth: str = ""
    #: User name there; "" = the VASPID.
    user: str = ""
    #: Password there.
    password: str = field(default="", repr=False)
    #: Connections, and so submits without answer, at the same time.
    parallel: int = 16
    #: Seconds for name, TCP and TLS.
    connect_timeout_s: float = 10.0
    #: Seconds for the answer; after that nobody knows whether the MMS was taken.
    response_timeout_s: float = 60.0
    #: Connections that fail in a row before the link counts as down.
    failures: int = 3
    #: File with the certificate authority of the centre; "" takes those of the system.
    tls_ca: str = ""
    #: PEM file with our certificate, where the centre wants one.
    tls_certificate: str = ""
    #: PEM file with its key.
    tls_key: str = ""
    #: Address to listen on for what the centre brings: MMS from phones, delivery reports, read reports.
    listen_host: str = "127.0.0.1"
    #: Port for it; 0 takes a free one, -1 does not listen.
    listen_port: int = NO_LISTENING
    #: Addresses and networks the centre calls from; [] = all that log in.
    listen_allow: tuple[str, ...] = ()
    #: How the centre logs in: none, basic, digest.
    listen_auth: str = "none"
    #: Its user name.
    listen_user: str = ""
    #: Its password.
    listen_password: str = field(default="", repr=False)
    #: Octets of a request of the centre at most.
    max_octets: int = 4_000_000

    def __post_init__(self) -> None:
        """Raises ConfigError, naming the key or the file with its key."""
        try:
            url = urlsplit(self.url)
            is_usable = url.scheme in ("http", "https") and bool(url.hostname) and url.port != 0
        except ValueError:
            is_usable = False
        if not is_usable or not self.url.isascii():
            raise ConfigError("url: as http://mmsc.example:8080/vas, in ASCII")
        found = dialects.load(self.dialect)
        if "ServiceCode" in found.required and not self.service_code:
            raise ConfigError(f"service_code: {found.title} wants one in every submit")
        if self.charged_party not in CHARGED:
            raise ConfigError(f"charged_party: one of {', '.join(filter(None, CHARGED))}")
        if self.auth not in ("", *SCHEMES) or self.listen_auth not in SCHEMES:
            raise ConfigError(f"auth, listen_auth: one of {', '.join(SCHEMES)}")
        if self.auth in ("basic", "digest") and not self.password:
            raise ConfigError("password: auth needs one")
        for key in ("parallel", "failures"):
            if getattr(self, key) < 1:
                raise ConfigError(f"{key}: at least 1")
        if self.connect_timeout_s <= 0 or self.response_timeout_s <= 0:
            raise ConfigError("connect_timeout_s, response_timeout_s: more than 0 seconds")
        if bool(self.tls_certificate) != bool(self.tls_key):
            raise ConfigError("tls_certificate and tls_key belong together")
        if not NO_LISTENING <= self.listen_port <= 65535:
            raise ConfigError("listen_port: a port, 0 for a free one, -1 for none")
        if self.max_octets < 10_000:
            raise ConfigError("max_octets: at least 10000")
        try:
            self.networks()
        except ValueError as error:
            raise ConfigError(f"listen_allow: {error}") from error
        if (self.listen_auth != "none") != bool(self.listen_user and self.listen_password):
            raise ConfigError("listen_auth, listen_user and listen_password belong together")
        if self.listen_port != NO_LISTENING and self.listen_auth == "none" and not self.listen_allow:
            raise ConfigError("listen_allow or listen_auth: without either anybody could bring MMS and reports")

    def networks(self) -> tuple[Network, ...]:
        """Who may call. Raises ValueError."""
        return tuple(ipaddress.ip_network(text, strict=False) for text in self.listen_allow)

    def how(self) -> Dialect:
        """The dialect. Raises ConfigError."""
        return dialects.load(self.dialect)

    def scheme(self) -> str:
        """How our requests are authorised."""
        if self.auth:
            return self.auth
        return self.how().auth if self.password else "none"
