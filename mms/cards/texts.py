"""The hub's own words on and about cards, by language."""

from __future__ import annotations

import functools

from templates.engine import Texts, load


@functools.cache
def card_texts(language: str) -> Texts:
    """The texts of templates/cards/<language>.toml; one of `mms.cards.card.LANGUAGES`."""
    return Texts(language, load("cards", language))
