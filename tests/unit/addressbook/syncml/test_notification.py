"""What a phone is sent by SMS so that it synchronises."""

from __future__ import annotations

import contextlib
import hashlib
import random
from base64 import b64encode

import pytest

from addressbook.syncml import documents
from addressbook.syncml.auth import basic
from addressbook.syncml.commands import Alert
from addressbook.syncml.documents import Form
from addressbook.syncml.notification import Mode, Notification, is_from, old_form
from addressbook.syncml.reading import message_of
from gateway.core.errors import MalformedPdu, NotEncodable

SENT = Notification("caiyou", 0x1234, ((206, "./contacts"), (210, "./work")), Mode.BACKGROUND)


def test_the_bits_are_where_the_specification_has_them() -> None:
    octets = SENT.encode("secret", b"nonce")
    bits = "".join(f"{octet:08b}" for octet in octets[16:])
    assert bits[:10] == "0000001100"  # 1.2
    assert bits[10:12] == "01"  # in the background
    assert bits[12] == "1"  # the server began
    assert bits[13:40] == "0" * 27
    assert int(bits[40:56], 2) == 0x1234
    assert int(bits[56:64], 2) == 6
    assert octets[24:30] == b"caiyou"
    assert octets[30:] == b"\x20\x60\x00\x00\x07\x0a./contacts\xa0\x00\x00\x07\x06./work"


def test_the_digest_says_who_it_is_from() -> None:
    octets = SENT.encode("secret", b"nonce")
    shown = b64encode(hashlib.md5(b"caiyou:secret", usedforsecurity=False).digest())
    rest = b64encode(hashlib.md5(octets[16:], usedforsecurity=False).digest())
    assert octets[:16] == hashlib.md5(shown + b":nonce:" + rest, usedforsecurity=False).digest()
    assert is_from(octets, "secret", b"nonce")
    assert not is_from(octets, "secret", b"")
    assert not is_from(octets, "other", b"nonce")
    assert not is_from(octets[:-1] + b"!", "secret", b"nonce")


def test_it_comes_back() -> None:
    octets = SENT.encode("secret", b"nonce")
    found = Notification.decode(octets)
    assert (found.server_id, found.session_id, found.kinds, found.mode) == ("caiyou", 0x1234, SENT.kinds, SENT.mode)
    for end in range(len(octets)):
        with pytest.raises(MalformedPdu):
            Notification.decode(octets[:end])
    changes = random.Random(7)
    for _ in range(500):
        broken = bytearray(octets)
        broken[changes.randrange(len(broken))] = changes.randrange(256)
        with contextlib.suppress(MalformedPdu):
            Notification.decode(bytes(broken))


def test_what_cannot_be_said() -> None:
    for wrong in (
        Notification("x" * 256, 1, ()), Notification("x", 70_000, ()), Notification("x", 1, ((200, "a"),)),
        Notification("x", 1, ((206, "a" * 256),)), Notification("x", 1, ((206, "a"),) * 16),
    ):  # fmt: skip
        with pytest.raises(NotEncodable):
            wrong.encode("secret", b"")


def test_the_old_form_is_a_message() -> None:
    octets = old_form("http://here/syncml", "IMEI:1", 7, ((206, "./contacts"),), basic("ann", "x"))
    message = message_of(documents.read(octets, Form.WBXML).root)
    assert (message.header.version, message.header.session_id, message.header.target.uri) == ("1.1", "7", "IMEI:1")
    (alert,) = message.commands
    assert isinstance(alert, Alert)
    assert (alert.code, alert.items[0].source) == (206, "./contacts")
