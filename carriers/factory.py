"""Every protocol a link can speak: one line each. A new carrier is a folder and a line here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from carriers.cmpp.carrier import CmppConfig, CmppSession
from carriers.gsm.config import GsmConfig
from carriers.gsm.pool import PoolLink
from carriers.http.config import HttpConfig
from carriers.http.link import HttpLink
from carriers.link import Link, LinkBasics
from carriers.mm1.config import Mm1Config
from carriers.mm1.link import Mm1Link
from carriers.mm4.config import Mm4Config
from carriers.mm4.link import Mm4Link
from carriers.mm7.config import Mm7Config
from carriers.mm7.link import Mm7Link
from carriers.session import CarrierSession
from carriers.session_link import Endpoint, SessionLink
from carriers.sgip.config import SgipConfig
from carriers.sgip.link import SgipLink
from carriers.smgp.carrier import SmgpConfig, SmgpSession
from carriers.smpp.carrier import SmppConfig, SmppSession


def wall_clock() -> datetime:
    """The time of day, aware."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class CarrierKind:
    """A protocol: its options, and how a link is made with them."""

    options: type
    make: Callable[[LinkBasics, Any], Link]
    title: str


def _session_link(session: Callable[[Any], CarrierSession]) -> Callable[[LinkBasics, Any], Link]:
    def make(basics: LinkBasics, options: Any) -> Link:
        return SessionLink(basics, endpoint(options), lambda: session(options))

    return make


def endpoint(options: Any) -> Endpoint:
    """Where the carrier of these options listens."""
    return Endpoint(
        options.host,
        options.port,
        tls=getattr(options, "tls", False),
        tls_ca=getattr(options, "tls_ca", ""),
        tls_certificate=getattr(options, "tls_certificate", ""),
        tls_key=getattr(options, "tls_key", ""),
    )


KINDS: dict[str, CarrierKind] = {
    "smpp": CarrierKind(SmppConfig, _session_link(SmppSession), "SMPP 3.4"),
    "cmpp": CarrierKind(CmppConfig, _session_link(lambda config: CmppSession(config, wall_clock)), "CMPP 2.0 and 3.0"),
    "sgip": CarrierKind(SgipConfig, lambda basics, config: SgipLink(basics, config, wall_clock), "SGIP 1.2"),
    "smgp": CarrierKind(SmgpConfig, _session_link(lambda config: SmgpSession(config, wall_clock)), "SMGP 3.0"),
    "http": CarrierKind(
        HttpConfig, lambda basics, config: HttpLink(basics, config, wall_clock), "Providers behind HTTP"
    ),
    "mm1": CarrierKind(Mm1Config, Mm1Link, "MM1, phones that fetch their MMS here"),
    "mm4": CarrierKind(
        Mm4Config, lambda basics, config: Mm4Link(basics, config, wall_clock), "MM4, another MMS centre"
    ),
    "gsm": CarrierKind(
        GsmConfig, lambda basics, config: PoolLink(basics, config, wall_clock), "GSM modems, a pool of them"
    ),
    "mm7": CarrierKind(
        Mm7Config, lambda basics, config: Mm7Link(basics, config, wall_clock), "MM7, an MMS centre by SOAP"
    ),
}
