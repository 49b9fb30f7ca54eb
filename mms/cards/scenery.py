"""Which artwork a look may name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from mms.cards.canvas import Canvas
from mms.cards.scenes import festival, occasion, plates, season

#: Of greetings: drawn at a phase from 0 to 1 of what moves in them; 0 is the picture that stands still.
SCENES: Final[Mapping[str, Callable[[Canvas, float], None]]] = {
    "spring-festival": festival.spring_festival,
    "lantern-festival": festival.lantern_festival,
    "dragon-boat": festival.dragon_boat,
    "mid-autumn": festival.mid_autumn,
    "new-year": season.new_year,
    "christmas": season.christmas,
    "birthday": occasion.birthday,
    "wedding": occasion.wedding,
    "thank-you": occasion.thank_you,
    "invitation": occasion.invitation,
    "love": occasion.love,
    "postcard": occasion.postcard,
}
#: Of business cards: drawn with the first letter of the name.
PLATES: Final[Mapping[str, Callable[[Canvas, str], None]]] = {
    "plain": plates.plain,
    "dark": plates.dark,
    "ink": plates.ink,
    "bright": plates.bright,
}
