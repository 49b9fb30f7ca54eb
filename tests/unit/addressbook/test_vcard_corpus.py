"""Every card of the corpus says what its writer meant, in its own version and in the two others, and comes back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from addressbook.contact import Contact
from addressbook.vcard.composing import VERSIONS, write
from addressbook.vcard.conversion import KEPT, converted, is_same
from addressbook.vcard.files import as_utf8, pieces
from addressbook.vcard.lines import read
from addressbook.vcard.meaning import contact_of
from addressbook.vcard.merging import merged
from tests.fakes.vcards import corpus

CARDS = {name: (octets, said) for name, octets, said in corpus()}
HANDS = sorted({name.split("-")[0] for name in CARDS})
MAIL = CARDS["iphone-p2"][1].mails[0]
#: Hands in 8-bit charsets without a label: their lines are told in UTF-8 when new ones join them.
UNLABELLED = {"mtk", "foxmail", "outlook_8bit", "utf16_pim"}


def cards_of(hand: str) -> Iterator[tuple[str, bytes, Contact]]:
    """The cards of one hand, each with its name and what it says."""
    return ((name, *card) for name, card in CARDS.items() if name.split("-")[0] == hand)


def test_the_corpus_is_large() -> None:
    assert len(CARDS) >= 300


@pytest.mark.parametrize("hand", HANDS)
def test_a_card_says_what_its_writer_meant(hand: str) -> None:
    for name, octets, said in cards_of(hand):
        assert contact_of(octets) == said, name


@pytest.mark.parametrize("hand", HANDS)
def test_a_card_goes_through_the_versions_and_comes_back(hand: str) -> None:
    for name, octets, said in cards_of(hand):
        before = read(octets)
        wanted = [one for one in before.properties if one.name]
        others = [version for version in VERSIONS if version != before.version]
        for way in (others, others[::-1]):
            card = octets
            for version in way:
                card = converted(card, version)
                assert read(card).version == version
                assert contact_of(card) == said, (name, way, version)
            after = read(converted(card, before.version))
            assert not list(after.all(KEPT)), name
            assert len(after.properties) == len(wanted), name
            for one in wanted:
                assert any(is_same(one, other) for other in after.properties), (name, way, one, after.properties)


@pytest.mark.parametrize("hand", HANDS)
def test_a_change_leaves_the_rest_octet_for_octet(hand: str) -> None:
    for name, octets, said in cards_of(hand):
        assert merged(octets, said) is octets
        changed = replace(said, title="总裁", mails=(*said.mails, replace(MAIL)))
        card = merged(octets, changed)
        assert contact_of(card) == changed, name
        if read(octets).first("TITLE") is None and hand not in UNLABELLED:
            for one in read(octets).properties:
                assert one.raw in card, name


@pytest.mark.parametrize("hand", HANDS)
def test_a_contact_is_written_and_read(hand: str) -> None:
    for name, _, said in cards_of(hand):
        for version in VERSIONS:
            assert contact_of(write(said, version)) == said, (name, version)


def test_a_file_of_all_of_them_comes_apart_again() -> None:
    cards = [octets for name, (octets, _) in CARDS.items() if name.split("-")[0] not in ("utf16_pim", "mac_old")]
    file = b"\r\n".join(cards)
    found = list(pieces(as_utf8(file)[0]))
    assert [piece.octets.strip() for piece in found] == [card.strip() for card in cards]
    assert not [piece for piece in found if piece.error]
    assert [file[: file.index(piece.octets)].count(b"\n") + 1 for piece in found[:5]] == [p.line for p in found[:5]]
