"""What a phone is sent by SMS so that it synchronises: the server-alerted notification (OMA-TS-DS_Protocol 1.2, 12).

1.2 has a form of bits with a digest in front, by which the phone knows that it is from its server; 1.1 is a message of
SyncML. Both travel as a WAP push.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from addressbook.syncml.alerts import BY_SERVER
from addressbook.syncml.commands import Alert, Credentials, Header, Item, Message, Place
from addressbook.syncml.documents import Form
from addressbook.syncml.session import octets_of
from addressbook.syncml.tokens import Version
from gateway.core.errors import MalformedPdu, NotEncodable

#: Content types of the push.
TYPE_1_2: Final = "application/vnd.syncml.ds.notification"
TYPE_1_1: Final = "application/vnd.syncml.notification"
#: The program of the phone that it is for.
APPLICATION: Final = "push.syncml"
_DIGEST_OCTETS: Final = 16
_HEADER_OCTETS: Final = 8  # version, mode, initiator, session, length of the server's name
_VERSION: Final = 12  # 1.2
#: text/x-vcard in WSP's table of content types.
_VCARD: Final = 0x07
_MAX_SYNCS: Final = 15


class Mode(IntEnum):
    """What the phone shows of it."""

    UNSAID = 0
    BACKGROUND = 1
    INFORMATIVE = 2
    ASKING = 3


@dataclass(frozen=True, slots=True)
class Notification:
    """A wish of the server: `kinds` are (206 to 210, the address book's name there)."""

    server_id: str
    session_id: int
    kinds: tuple[tuple[int, str], ...]
    mode: Mode = Mode.INFORMATIVE
    digest: bytes = b""  # as it came

    def encode(self, secret: str, nonce: bytes) -> bytes:
        """The octets, with the digest that this secret and nonce give. Raises NotEncodable."""
        server = self.server_id.encode()
        if len(server) > 0xFF or not 0 <= self.session_id <= 0xFFFF or len(self.kinds) > _MAX_SYNCS:
            raise NotEncodable("a notification has a server of 255 octets, a session of 16 bits and 15 books at most")
        head = _VERSION << 54 | self.mode << 52 | 1 << 51 | self.session_id << 8 | len(server)
        trigger = head.to_bytes(_HEADER_OCTETS, "big") + server + bytes((len(self.kinds) << 4,))
        for kind, name in self.kinds:
            uri = name.encode()
            if not BY_SERVER <= kind < BY_SERVER + 5 or len(uri) > 0xFF:
                raise NotEncodable(f"{kind} is none of 206 to 210, or the book's name is longer than 255 octets")
            trigger += bytes(((kind - 200) << 4,)) + _VCARD.to_bytes(3, "big") + bytes((len(uri),)) + uri
        return _digest(self.server_id, secret, nonce, trigger) + trigger

    @classmethod
    def decode(cls, octets: bytes) -> Notification:
        """The notification in these octets. Raises MalformedPdu."""
        if len(octets) < _DIGEST_OCTETS + _HEADER_OCTETS + 1:
            raise MalformedPdu("a notification is longer", offset=len(octets))
        at = _DIGEST_OCTETS + _HEADER_OCTETS
        head = int.from_bytes(octets[_DIGEST_OCTETS:at], "big")
        server = octets[at : at + (head & 0xFF)]
        at += head & 0xFF
        kinds = []
        try:
            count = octets[at] >> 4
            at += 1
            for _ in range(count):
                length = octets[at + 4]
                kinds.append((200 + (octets[at] >> 4), octets[at + 5 : at + 5 + length].decode()))
                at += 5 + length
            if at > len(octets):
                raise IndexError
            name = server.decode()
        except (IndexError, UnicodeDecodeError) as error:
            raise MalformedPdu("the notification ends within a book, or a name is no UTF-8", offset=at) from error
        return cls(name, head >> 8 & 0xFFFF, tuple(kinds), Mode(head >> 52 & 3), octets[:_DIGEST_OCTETS])


def is_from(octets: bytes, secret: str, nonce: bytes) -> bool:
    """Whether a notification was made with this secret. Raises MalformedPdu."""
    found = Notification.decode(octets)
    return hmac.compare_digest(found.digest, _digest(found.server_id, secret, nonce, octets[_DIGEST_OCTETS:]))


def old_form(
    server: str, device_id: str, session_id: int, kinds: tuple[tuple[int, str], ...], credentials: Credentials | None
) -> bytes:
    """The same for a phone of SyncML 1.1: a message with an Alert."""
    header = Header(
        Version.V1_1.value, "SyncML/1.1", str(session_id), "1", Place(device_id), Place(server), credentials=credentials
    )
    alerts = tuple(Alert(str(at), kind, (Item(source=name),)) for at, (kind, name) in enumerate(kinds, 1))
    return octets_of(Message(header, alerts), Form.WBXML, Version.V1_1)


def _digest(server_id: str, secret: str, nonce: bytes, trigger: bytes) -> bytes:
    def md5(octets: bytes) -> bytes:
        return hashlib.md5(octets, usedforsecurity=False).digest()  # what the specification says

    shown = base64.b64encode(md5(f"{server_id}:{secret}".encode()))
    return md5(shown + b":" + nonce + b":" + base64.b64encode(md5(trigger)))
