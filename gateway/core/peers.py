"""Peers: platforms that send through the hub over SMPP, CMPP or MM7, and what each of them may do. Pure.

A peer belongs to an account: its messages are the account's, in stories, caps and the ledger.
"""

from __future__ import annotations

import enum
import ipaddress
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

from gateway.core.errors import BadRequest
from gateway.core.messages import Concat
from gateway.core.text import Alphabet

PROTOCOLS: Final = ("smpp", "cmpp", "mm7")
#: What a peer speaks of which nothing else is said.
USUAL: Final = ("smpp", "cmpp")
#: Octets of a name: SP_Id of CMPP, system_id of SMPP (3.4 section 5.2.1, without its NUL), VASPID of MM7.
MOST_NAME: Final = {"cmpp": 6, "smpp": 15, "mm7": 15}
MOST_CALLBACK: Final = 300
#: Octets of a secret. SMPP says 8 (3.4 section 5.2.2); carriers give out longer ones, and clients send them.
MOST_SECRET: Final = 64


class Refusal(enum.StrEnum):
    """Why a submit was not taken; each protocol has its own code for it."""

    THROTTLED = "throttled"  # above the peer's rate or window
    QUEUE_FULL = "queue-full"  # too much waits already
    BALANCE = "balance"  # nothing is left of what was paid for
    SENDER = "sender"  # not a sender this peer may use
    RECIPIENT = "recipient"  # no phone number, or not one this peer may send to
    STOPPED = "stopped"  # the phone wants nothing more
    LENGTH = "length"  # longer than the hub sends
    CONTENT = "content"  # octets the hub has neither a text nor a program for
    RULE = "rule"  # a rule of the hub forbids it: lists, forbidden words
    STRUCTURE = "structure"  # fields that contradict each other
    UNAVAILABLE = "unavailable"  # the store takes nothing now


class Denial(enum.StrEnum):
    """Why a peer was not let in."""

    UNKNOWN = "unknown"  # no peer of that name speaks this protocol, or it is switched off
    SECRET = "secret"  # noqa: S105 - a word, not a secret
    ADDRESS = "address"
    TOO_MANY = "too-many"  # it is connected as often as it may be
    TOO_OFTEN = "too-often"  # this address was turned away too often


class WantedReport(enum.IntEnum):
    """Which ends of a message a peer wants to hear of (registered_delivery, SMPP 3.4 section 5.2.17, 5.0: 3)."""

    NONE = 0
    ANY = 1
    FAILURE = 2
    SUCCESS = 3


@dataclass(frozen=True, slots=True)
class Peer:
    """A platform that may connect to the hub, and what it may do."""

    name: str  # system_id, SP_Id
    account_id: int
    secret: str = field(repr=False)
    id: int = 0
    protocols: tuple[str, ...] = USUAL
    networks: tuple[str, ...] = ()  # CIDR; none = from anywhere
    binds: int = 4  # connections at once, of both protocols together
    window: int = 64  # requests without answer, in either direction
    rate_per_s: int = 0  # recipients a second; 0 = no limit
    balance: int | None = None  # segments still paid for; None = not counted
    refund: bool = False  # whether a segment that fails is given back
    senders: tuple[str, ...] = ()  # patterns; none = any sender
    forced_sender: str = ""  # put in the place of whatever the peer gives
    prefixes: tuple[str, ...] = ()  # of recipients, "+86138"; none = every phone
    numbers: tuple[str, ...] = ()  # beginnings of access numbers: what phones write to them goes to the peer
    alphabet: Alphabet = Alphabet.GSM7  # what data_coding 0 and Msg_Fmt 0 mean
    enabled: bool = True
    callback: str = field(
        default="", repr=False
    )  # MM7: URL it is called at, with user and password where it wants them

    def may_come_from(self, address: str) -> bool:
        """Whether it may connect from this IP address."""
        if not self.networks:
            return True
        try:
            ip = ipaddress.ip_address(address.partition("%")[0])
        except ValueError:
            return False
        if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped is not None:
            ip = ip.ipv4_mapped
        return any(ip in ipaddress.ip_network(network) for network in self.networks)

    def sender_for(self, asked: str) -> str | None:
        """The sender its message goes out with, "" for the link's own; None when it may not use the one it asked for.

        To name none is always allowed: the link's own number stands then.
        """
        if self.forced_sender:
            return self.forced_sender
        if not asked or not self.senders or any(fits(asked, pattern) for pattern in self.senders):
            return asked
        return None

    def may_send_to(self, number: str) -> bool:
        """Whether it may send to this number, which is in the form of `gateway.core.phone`."""
        return not self.prefixes or number.startswith(self.prefixes)

    def owns(self, access_number: str) -> int:
        """How many characters of an access number say that it is this peer's; 0 for none."""
        return max((len(prefix) for prefix in self.numbers if access_number.startswith(prefix)), default=0)


def is_wanted(report: int, *, delivered: bool) -> bool:
    """Whether an end is one that a submit asked to hear of."""
    return report in (WantedReport.ANY, WantedReport.SUCCESS if delivered else WantedReport.FAILURE)


def fits(text: str, pattern: str) -> bool:
    """Whether a sender fits a pattern: "?" is any one character, "*" at the end any number of them."""
    if pattern.endswith("*"):
        pattern = pattern[:-1]
        text = text[: len(pattern)]
    return len(text) == len(pattern) and all(p in ("?", t) for t, p in zip(text, pattern, strict=True))


def owner_of(access_number: str, peers: Iterable[Peer]) -> Peer | None:
    """The enabled peer to whom goes what phones write to this number: the one with the longest beginning of it."""
    owners = [peer for peer in peers if peer.enabled and peer.owns(access_number)]
    return max(owners, key=lambda peer: (peer.owns(access_number), -peer.id), default=None)


def check(peer: Peer) -> Peer:
    """The peer, if it can be one. Raises BadRequest naming what is wrong."""
    if not peer.protocols or not set(peer.protocols) <= set(PROTOCOLS):
        raise BadRequest(f"protocols are {' and '.join(PROTOCOLS)}")
    if "mm7" in peer.protocols and len(peer.protocols) > 1:
        raise BadRequest("a peer speaks MM7 alone: what phones write goes either way, not both")
    _check_callback(peer)
    most = min(MOST_NAME[protocol] for protocol in peer.protocols)
    if not (peer.name.isascii() and peer.name.isprintable() and " " not in peer.name and 1 <= len(peer.name) <= most):
        raise BadRequest(
            f"the name must be 1 to {most} ASCII characters without blanks for {' and '.join(peer.protocols)}"
        )
    if not (peer.secret.isascii() and peer.secret.isprintable() and 1 <= len(peer.secret) <= MOST_SECRET):
        raise BadRequest(f"the secret must be 1 to {MOST_SECRET} printable ASCII characters")
    for network in peer.networks:
        try:
            ipaddress.ip_network(network)
        except ValueError as error:
            raise BadRequest(f"{network} is no network: {error}; write 192.0.2.0/24") from error
    for prefix in peer.prefixes:
        if not (prefix.startswith("+") and prefix[1:].isdecimal()):
            raise BadRequest(f"{prefix} is no beginning of a phone number; write +86138")
    for number in peer.numbers:
        if not number.removeprefix("+").isdecimal():
            raise BadRequest(f"{number} is no beginning of an access number")
    if any(not word or any(c.isspace() for c in word) or "*" in word[:-1] for word in peer.senders):
        raise BadRequest('a sender pattern has no blanks, and "*" only at its end')
    if len(peer.forced_sender) > 20:
        raise BadRequest("a sender has 20 characters at most")
    for name, value, least, top in (
        ("binds", peer.binds, 1, 1000),
        ("window", peer.window, 1, 10_000),
        ("rate", peer.rate_per_s, 0, 1_000_000),
        ("balance", peer.balance or 0, -(1 << 53), 1 << 53),
    ):
        if not least <= value <= top:
            raise BadRequest(f"{name} must be {least} to {top}")
    if peer.alphabet in (Alphabet.UCS2, Alphabet.BINARY):
        raise BadRequest("the alphabet must be one of gsm7, latin1, ascii, gbk")
    return peer


def _check_callback(peer: Peer) -> None:
    if not peer.callback:
        return
    parts = urlsplit(peer.callback)
    is_url = parts.scheme in ("http", "https") and bool(parts.hostname)
    if not is_url or len(peer.callback) > MOST_CALLBACK or not peer.callback.isprintable() or " " in peer.callback:
        raise BadRequest("the callback is an address like https://user:password@vasp.example/mm7")
    if "mm7" not in peer.protocols:
        raise BadRequest("only peers that speak MM7 are called")


class Destination(NamedTuple):
    """One recipient of a submit."""

    id: int  # of its message, or of the part
    recipient: str  # as `gateway.core.phone` writes it
    handed: str  # the id it is answered with, in decimal; one for all destinations of a submit_multi
    terms: Mapping[str, Any]  # what a report has to repeat, as it came


class Submitted(NamedTuple):
    """What a peer asked to be sent: one text or data, or one part of it, to one phone or several."""

    peer: Peer
    destinations: tuple[Destination, ...]
    sender: str
    text: str
    concat: Concat | None = None
    report: int = 0  # a WantedReport
    validity_s: int | None = None  # None = the hub's default
    not_before_ms: int = 0
    all_or_none: bool = True  # a group is taken whole or not at all
    data: bytes = b""  # of a data SMS, whose text is ""
    port: int | None = None
    source_port: int | None = None

    @property
    def is_part(self) -> bool:
        """Whether others belong to it."""
        return self.concat is not None and self.concat.total > 1
