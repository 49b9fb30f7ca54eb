"""Proof of the shared secret at CONNECT, for both sides (CMPP 2.0/3.0, CONNECT).

AuthenticatorSource = MD5(Source_Addr + nine NUL octets + secret + ten digits MMDDHHMMSS);
AuthenticatorISMG = MD5(Status + AuthenticatorSource + secret). MD5 is what the protocol prescribes.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING

from carriers.cmpp.pdu import Connect, ConnectResp, Version

if TYPE_CHECKING:
    from datetime import datetime

_SOURCE_ADDR_OCTETS = 6
_STATUS_OCTETS = {Version.V2: 1, Version.V3: 4}


def source_digest(source_addr: bytes, secret: bytes, timestamp: int) -> bytes:
    """AuthenticatorSource for a Source_Addr taken as it is given; the time has ten digits, in January too."""
    return _md5(source_addr + bytes(9) + secret + b"%010d" % timestamp)


def gateway_digest(status: int, authenticator_source: bytes, secret: bytes, version: Version) -> bytes:
    """AuthenticatorISMG as specified: Status as wide as in the PDU, one octet in 2.x, four in 3.0."""
    return _md5(status.to_bytes(_STATUS_OCTETS[version], "big") + authenticator_source + secret)


def connect_request(sp_id: str, secret: str, version: int, moment: datetime) -> Connect:
    """The CONNECT of a service provider; `version` is the octet, `moment` the gateway's local time."""
    source_addr = sp_id.encode("ascii", "replace")
    timestamp = int(moment.strftime("%m%d%H%M%S"))
    digest = source_digest(source_addr, secret.encode(), timestamp)
    return Connect(source_addr, digest, version, timestamp)


def is_genuine_source(connect: Connect, secret: bytes) -> bool:
    """Does the service provider know the secret?

    A Source_Addr of less than six characters is hashed bare by some programs and filled up to six by others;
    both are taken. Compares in constant time.
    """
    bare = connect.source_addr.rstrip(b"\0")
    filled = bare.ljust(_SOURCE_ADDR_OCTETS, b"\0")
    found = [
        hmac.compare_digest(connect.authenticator_source, source_digest(address, secret, connect.timestamp))
        for address in (bare, filled)
    ]
    return any(found)


def is_genuine_gateway(answer: ConnectResp, authenticator_source: bytes, secret: bytes) -> bool:
    """Does the gateway know the secret?

    Some gateways hash four octets of Status in 2.x too; both widths are taken. Compares in constant time.
    """
    found = [
        hmac.compare_digest(
            answer.authenticator_ismg,
            _md5(answer.status.to_bytes(width, "big") + authenticator_source + secret),
        )
        for width in (1, 4)
        if answer.status < 256**width
    ]
    return any(found)


def _md5(data: bytes) -> bytes:
    return hashlib.md5(data, usedforsecurity=False).digest()
