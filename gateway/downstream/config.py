"""What can be set of the doors for peers."""

from __future__ import annotations

import ssl
from dataclasses import dataclass

from gateway.core.errors import CaiyouError, ConfigError
from mms.codec.mm7 import dialect as dialects


@dataclass(frozen=True, slots=True)
class DownstreamConfig:
    """What holds for peers of every protocol. The peers themselves are in the database (`caiyou peer`)."""

    #: Seconds the parts of a long SMS are waited for; then what came is sent as it is.
    part_wait_s: int = 120
    #: Days a report or an SMS from a phone is kept for a peer that does not take it.
    delivery_days: int = 7
    #: Messages and parts of one peer that may be on their way; more are answered with "queue full".
    queue_limit: int = 1_000_000
    #: Submits of all peers that may wait for the disk; more are answered with "queue full".
    unanswered_limit: int = 20_000
    #: Segments of one text.
    max_segments: int = 20
    #: Logins an address may fail within a minute; then it is turned away unheard.
    failed_logins: int = 10

    def __post_init__(self) -> None:
        if self.part_wait_s < 1 or self.delivery_days < 1 or not 1 <= self.max_segments <= 255:
            raise ConfigError("part_wait_s and delivery_days must be at least 1, max_segments 1 to 255")


@dataclass(frozen=True, slots=True)
class DownstreamSmppConfig:
    """The door for peers that speak SMPP 3.4 (or 3.3, 5.0); it opens by being there."""

    #: Address to listen on.
    host: str = "127.0.0.1"
    #: Port to listen on; 0 takes a free one.
    port: int = 2775
    #: PEM file with the certificate chain; with it the door speaks TLS alone.
    tls_certificate: str = ""
    #: PEM file with the private key.
    tls_key: str = ""
    #: Name this side gives itself in bind responses.
    system_id: str = "CAIYOU"
    #: Connections at the same time.
    connections: int = 1000
    #: Connections from one address.
    per_address: int = 200
    #: Seconds from connecting to a bind.
    login_s: float = 15.0
    #: Seconds of silence before the peer is asked whether it is there.
    enquire_link_s: float = 30.0
    #: Seconds to wait for a response.
    response_timeout_s: float = 30.0
    #: Hours from UTC of the times in receipts.
    clock_offset_h: float = 0.0

    def __post_init__(self) -> None:
        if bool(self.tls_key) and not self.tls_certificate:
            raise ConfigError("tls_key needs tls_certificate")
        if not (self.system_id.isascii() and len(self.system_id) <= 15):
            raise ConfigError("system_id must be 15 ASCII characters at most")


@dataclass(frozen=True, slots=True)
class DownstreamCmppConfig:
    """The door for peers that speak CMPP 2.0 or 3.0; it opens by being there."""

    #: Address to listen on.
    host: str = "127.0.0.1"
    #: Port to listen on; 0 takes a free one.
    port: int = 7890
    #: The gateway's code in the ids it hands out, 0 to 4194303. Give processes that share a store different ones.
    gateway_code: int = 1
    #: Connections at the same time.
    connections: int = 1000
    #: Connections from one address.
    per_address: int = 200
    #: Seconds from connecting to a login.
    login_s: float = 15.0
    #: Seconds of silence before the peer is asked whether it is there.
    active_test_s: float = 30.0
    #: Seconds to wait for a response.
    response_timeout_s: float = 60.0
    #: Hours from UTC of the times in reports and ids.
    clock_offset_h: float = 8.0

    def __post_init__(self) -> None:
        if not 0 <= self.gateway_code <= 0x3FFFFF:
            raise ConfigError("gateway_code must be 0 to 4194303")


@dataclass(frozen=True, slots=True)
class DownstreamMm7Config:
    """The door for peers that send MMS over MM7; it opens by being there."""

    #: Address to listen on.
    host: str = "127.0.0.1"
    #: Port to listen on; 0 takes a free one.
    port: int = 7777
    #: How peers sign requests: basic or digest.
    auth: str = "basic"
    #: How the hub writes what it asks of peers; answers are in the dialect of the question.
    dialect: str = "3gpp-rel6"
    #: PEM file with the certificate chain; with it the door speaks TLS alone.
    tls_certificate: str = ""
    #: PEM file with the private key.
    tls_key: str = ""
    #: Octets of one request.
    max_octets: int = 12_000_000
    #: Recipients of one submit.
    max_recipients: int = 100
    #: Name this side gives itself in what it brings.
    server_id: str = "caiyou"
    #: Calls to one peer at the same time.
    calls_per_peer: int = 4

    def __post_init__(self) -> None:
        if self.auth not in ("basic", "digest"):
            raise ConfigError("auth must be basic or digest")
        if bool(self.tls_key) and not self.tls_certificate:
            raise ConfigError("tls_key needs tls_certificate")
        if self.max_recipients < 1 or self.calls_per_peer < 1:
            raise ConfigError("max_recipients and calls_per_peer must be at least 1")
        try:
            dialects.load(self.dialect)
        except CaiyouError as error:
            raise ConfigError(f"dialect: {error}") from error


def tls_context(certificate: str, key: str, table: str) -> ssl.SSLContext | None:
    """What a door speaks TLS with; None for a door without. Raises ConfigError."""
    if not certificate:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(certificate, key or None)
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(f"[{table}] tls_certificate: {error}") from error
    return context
