"""What a link to another MMS centre can be told: one table for both directions."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from typing import Final

from gateway.core.addresses import Address
from gateway.core.errors import BadRequest, ConfigError
from mms.codec.mm4 import VERSION

#: A port that is not opened.
NO_LISTENING: Final = -1

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True)
class Mm4Config:
    """The other centre. Passwords never show in a repr."""

    #: Domain of the other centre, in which its phones have addresses, as mms.mnc006.mcc260.gprs.
    peer_domain: str
    #: Domain of ours.
    own_domain: str
    #: Its mail server; "" is the same as peer_domain.
    host: str = ""
    #: Port of it.
    port: int = 25
    #: TLS: "none", "may" (when offered, certificate not checked), "starttls" (or not at all, checked), "tls".
    tls: str = "none"
    #: File with the certificate authority of the other centre; "" takes those of the system.
    tls_ca: str = ""
    #: User name there; "" sends no login.
    user: str = ""
    #: Password there.
    password: str = field(default="", repr=False)
    #: What stands before our domain in the address that answers go to (X-Mms-Originator-System).
    system_user: str = "system-user"
    #: Number phones see when a message names no sender.
    access_number: str = ""
    #: Version of the specification that is said.
    version: str = VERSION
    #: Ask for an answer to each MMS (MM4_forward.RES) and take it for sent when that is there; without, when the other
    #: mail server has it.
    confirmed: bool = True
    #: Seconds until an MMS without answer is sent again.
    answer_timeout_s: float = 120.0
    #: How often; centres know it again by its ids. Then nobody knows.
    resends: int = 1
    #: MMS without answer at the same time; each is kept in memory.
    window: int = 32
    #: Connections at the same time.
    parallel: int = 4
    #: Seconds for name, TCP and TLS.
    connect_timeout_s: float = 15.0
    #: Seconds for the answer to a command of SMTP.
    command_timeout_s: float = 60.0
    #: Connections that fail in a row before the link counts as down.
    failures: int = 3
    #: Address to listen on for what the other centre sends.
    listen_host: str = "127.0.0.1"
    #: Port for it, of this link alone; 0 takes a free one, -1 does not listen, so that no answers come.
    listen_port: int = NO_LISTENING
    #: Addresses and networks the other centre sends from; [] = all that log in.
    listen_allow: tuple[str, ...] = ()
    #: User name the other centre logs in with; "" wants no login.
    listen_user: str = ""
    #: Its password.
    listen_password: str = field(default="", repr=False)
    #: PEM file with our certificate chain; with it STARTTLS is offered, and wanted before a login.
    listen_certificate: str = ""
    #: PEM file with its key.
    listen_key: str = ""
    #: Octets of a mail from the other centre at most.
    max_octets: int = 4_000_000

    def __post_init__(self) -> None:
        """Raises ConfigError, naming the key."""
        if self.tls not in ("none", "may", "starttls", "tls"):
            raise ConfigError('tls must be one of "none", "may", "starttls", "tls"')
        for key in ("peer_domain", "own_domain"):
            try:
                domain = Address.parse(f"{self.system_user}@{getattr(self, key)}").domain
            except BadRequest as error:
                raise ConfigError(f"{key}, system_user: {error}") from error
            if domain != getattr(self, key):
                raise ConfigError(f"{key}: a domain in lower case, without a full stop at the end")
        if self.own_domain == self.peer_domain:
            raise ConfigError("own_domain and peer_domain must differ, or MMS go in circles")
        for key in ("window", "parallel", "failures"):
            if getattr(self, key) < 1:
                raise ConfigError(f"{key}: at least 1")
        if min(self.answer_timeout_s, self.connect_timeout_s, self.command_timeout_s) <= 0 or self.resends < 0:
            raise ConfigError("time-outs must be above 0 seconds, resends at least 0")
        if not 1 <= self.port <= 65535 or not NO_LISTENING <= self.listen_port <= 65535:
            raise ConfigError("port must be 1 to 65535, listen_port -1 to 65535")
        if self.max_octets < 10_000:
            raise ConfigError("max_octets: at least 10000")
        try:
            self.networks()
        except ValueError as error:
            raise ConfigError(f"listen_allow: {error}") from error
        if self.listen_port == NO_LISTENING:
            if self.confirmed:
                raise ConfigError("confirmed wants answers, and they come to listen_port; set one or the other")
        elif not self.listen_allow and not self.listen_user:
            raise ConfigError("listen_allow or listen_user: without either anybody could bring MMS")
        if bool(self.listen_user) != bool(self.listen_password) or bool(self.user) != bool(self.password):
            raise ConfigError("user and password, listen_user and listen_password belong together")
        if bool(self.listen_certificate) != bool(self.listen_key):
            raise ConfigError("listen_certificate and listen_key belong together")

    @property
    def system(self) -> str:
        """The address that answers to us go to."""
        return f"{self.system_user}@{self.own_domain}"

    @property
    def server(self) -> str:
        """The other centre's mail server."""
        return self.host or self.peer_domain

    def networks(self) -> tuple[Network, ...]:
        """Where the other centre may send from; raises ValueError for what is no network."""
        return tuple(ipaddress.ip_network(network) for network in self.listen_allow)
