"""What a peer may do: addresses, senders, recipients, numbers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from gateway.core.errors import BadRequest
from gateway.core.peers import Peer, check, fits, is_wanted, owner_of
from gateway.core.text import Alphabet
from gateway.downstream import times
from gateway.downstream.content import pieces
from tests.unit.downstream.door import NOW_MS

PEER = Peer(name="kite", account_id=1, secret="secret08", id=1)


@pytest.mark.parametrize(
    ("networks", "address", "may"),
    [
        ((), "203.0.113.9", True),
        (("192.0.2.0/24",), "192.0.2.77", True),
        (("192.0.2.0/24",), "192.0.3.77", False),
        (("192.0.2.0/24",), "::ffff:192.0.2.77", True),
        (("192.0.2.0/24", "2001:db8::/32"), "2001:db8::1", True),
        (("fe80::/10",), "fe80::1%eth0", True),
        (("192.0.2.7",), "192.0.2.7", True),
        (("192.0.2.0/24",), "?", False),
    ],
)
def test_networks(networks: tuple[str, ...], address: str, may: bool) -> None:
    assert replace(PEER, networks=networks).may_come_from(address) is may


@pytest.mark.parametrize(
    ("text", "pattern", "does"),
    [
        ("1065", "1065", True), ("10650", "1065", False), ("10650", "1065*", True), ("1065", "1065*", True),
        ("1066", "1065*", False), ("ACME", "AC?E", True), ("ACE", "AC?E", False), ("anything", "*", True),
        ("106500", "10?5*", True), ("a.c", "a.c", True), ("abc", "a.c", False), ("[a]", "[a]", True),
        ("a", "[a]", False),
    ],
)  # fmt: skip
def test_patterns(text: str, pattern: str, does: bool) -> None:
    assert fits(text, pattern) is does


def test_senders() -> None:
    assert PEER.sender_for("anything") == "anything"
    peer = replace(PEER, senders=("1065*", "ACME"))
    assert [peer.sender_for(asked) for asked in ("10657", "ACME", "", "acme")] == ["10657", "ACME", "", None]
    assert replace(peer, forced_sender="106500").sender_for("acme") == "106500"


def test_numbers_go_to_the_longest_beginning_that_is_switched_on() -> None:
    wide, narrow = replace(PEER, numbers=("1065",)), replace(PEER, id=2, numbers=("10657", "1069"))
    assert owner_of("106570", [wide, narrow]) is narrow
    assert owner_of("106580", [wide, narrow]) is wide
    assert owner_of("106570", [wide, replace(narrow, enabled=False)]) is wide
    assert owner_of("10086", [wide, narrow]) is None
    assert owner_of("106570", []) is None


@pytest.mark.parametrize("field", [
    {"name": ""}, {"name": "sevenis"}, {"name": "a b"}, {"name": "名"}, {"name": "x" * 16, "protocols": ("smpp",)},
    {"secret": ""}, {"secret": "x" * 65}, {"secret": "a\nb"}, {"protocols": ()}, {"protocols": ("http",)},
    {"networks": ("192.0.2.1/24",)}, {"networks": ("home",)}, {"prefixes": ("86138",)}, {"numbers": ("ACME",)},
    {"senders": ("a*b",)}, {"senders": ("",)}, {"forced_sender": "x" * 21}, {"binds": 0}, {"window": 0},
    {"rate_per_s": -1}, {"balance": 1 << 60}, {"alphabet": Alphabet.UCS2},
])  # fmt: skip
def test_what_no_peer_can_be(field: dict[str, Any]) -> None:
    with pytest.raises(BadRequest):
        check(replace(PEER, **field))


def test_what_a_peer_can_be() -> None:
    assert check(PEER) is PEER
    assert check(replace(PEER, name="fifteen-letters", protocols=("smpp",), balance=-5, senders=("*",)))


def test_wanted_reports() -> None:
    assert [is_wanted(n, delivered=True) for n in range(4)] == [False, True, False, True]
    assert [is_wanted(n, delivered=False) for n in range(4)] == [False, True, True, False]


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("", None),
        ("260301000000000+", NOW_MS),
        ("260301080000032+", NOW_MS),
        ("260228190000020-", NOW_MS),
        ("000000000100000R", NOW_MS + 60_000),
        ("000102030405000R", NOW_MS + ((30 + 2) * 86_400 + 3 * 3600 + 4 * 60 + 5) * 1000),
    ],
)
def test_times(written: str, moment: int | None) -> None:
    assert times.moment_ms(written, NOW_MS) == moment


@pytest.mark.parametrize("written", ["2603", "260301000000000", "261301000000000+", "270401000000000+", "x" * 16,
                                     "26030100000000²+", "020000000000000R"])  # fmt: skip
def test_what_is_no_time(written: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        times.moment_ms(written, NOW_MS)


def test_texts_of_phones_are_cut_in_the_alphabet_of_the_peer() -> None:
    assert pieces("é" * 10, Alphabet.LATIN1) == (Alphabet.LATIN1, ["é" * 10])
    assert pieces("你好", Alphabet.GSM7) == (Alphabet.UCS2, ["你好"])
    assert pieces("你" * 70, Alphabet.GBK) == (Alphabet.GBK, ["你" * 70])
    alphabet, texts = pieces("x" * 161, Alphabet.ASCII)
    assert (alphabet, [len(text) for text in texts]) == (Alphabet.ASCII, [153, 8])
