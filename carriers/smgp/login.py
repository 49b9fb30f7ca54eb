"""Proof of the shared secret at Login, for both sides (SMGP 3.0.3, Login).

AuthenticatorClient = MD5(ClientID + seven NUL octets + secret + ten digits MMDDHHMMSS);
AuthenticatorServer = MD5(Status + AuthenticatorClient + secret). MD5 is what the protocol prescribes.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING

from carriers.smgp.pdu import Login, LoginMode, LoginResp

if TYPE_CHECKING:
    from datetime import datetime

_CLIENT_ID_OCTETS = 8


def client_digest(client_id: bytes, secret: bytes, timestamp: int) -> bytes:
    """AuthenticatorClient for a ClientID taken as it is given; the time has ten digits, in January too."""
    return _md5(client_id + bytes(7) + secret + b"%010d" % timestamp)


def server_digest(status: int, authenticator_client: bytes, secret: bytes) -> bytes:
    """AuthenticatorServer; the Status is hashed as it stands in the PDU, four octets."""
    return _md5(status.to_bytes(4, "big") + authenticator_client + secret)


def login_request(client_id: str, secret: str, mode: LoginMode, version: int, moment: datetime) -> Login:
    """The Login of a service provider; `version` is the octet, `moment` the gateway's local time."""
    name = client_id.encode("ascii", "replace")
    timestamp = int(moment.strftime("%m%d%H%M%S"))
    return Login(name, client_digest(name, secret.encode(), timestamp), mode, timestamp, version)


def is_genuine_client(login: Login, secret: bytes) -> bool:
    """Does the service provider know the secret?

    A ClientID of less than eight characters is hashed bare by most programs and filled up to eight by some; both
    are taken. Compares in constant time.
    """
    bare = login.client_id.rstrip(b"\0")
    filled = bare.ljust(_CLIENT_ID_OCTETS, b"\0")
    found = [
        hmac.compare_digest(login.authenticator_client, client_digest(name, secret, login.timestamp))
        for name in (bare, filled)
    ]
    return any(found)


def is_genuine_server(answer: LoginResp, authenticator_client: bytes, secret: bytes) -> bool:
    """Does the gateway know the secret? Compares in constant time."""
    return hmac.compare_digest(answer.authenticator_server, server_digest(answer.status, authenticator_client, secret))


def _md5(data: bytes) -> bytes:
    return hashlib.md5(data, usedforsecurity=False).digest()
