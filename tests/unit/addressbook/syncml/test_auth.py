"""Who a device says it is."""

from __future__ import annotations

import base64

from addressbook.syncml.auth import basic, digest, fits, md5, name_and_password
from addressbook.syncml.commands import BASIC, MD5, Credentials
from addressbook.syncml.tokens import Version


def test_the_example_of_the_specification() -> None:
    """OMA-TS-DS_Protocol, "MD5 digest access authentication": Bruce2, OhBehave, Nonce."""
    assert digest("Bruce2", "OhBehave", b"Nonce", Version.V1_1) == "Zz6EivR3yeaaENcRN6lpAQ=="


def test_digests_are_believed_in_both_kinds() -> None:
    for version in Version:
        given = md5("ann@example.cn", "密码", b"\x00\xff", version)
        assert fits(given, "ann@example.cn", "密码", b"\x00\xff")
        assert not fits(given, "ann@example.cn", "密码", b"")
        assert not fits(given, "ben@example.cn", "密码", b"\x00\xff")
    assert digest("u", "p", b"", Version.V1_0) != digest("u", "p", b"", Version.V1_2)


def test_names_and_passwords() -> None:
    assert name_and_password(basic("ann", "a:b")) == ("ann", "a:b")
    for wrong in ("", "!", "é", base64.b64encode(b"ann").decode()):
        assert name_and_password(Credentials(BASIC, wrong)) is None
        assert not fits(Credentials(MD5, wrong), "ann", "x", b"")
    assert name_and_password(md5("ann", "x", b"", Version.V1_2)) is None
    assert not fits(basic("ann", "x"), "ann", "x", b"")
