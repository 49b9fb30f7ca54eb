"""Messages and cards drawn for people to look at. Loads the libraries that read media."""

from __future__ import annotations

import io

from gateway.core.errors import BadRequest, NotFound
from mms.cards.card import Card
from mms.cards.catalogue import Genre, template
from mms.cards.composition import photo_of
from mms.cards.face import face
from mms.codec.errors import MmsFormatError
from mms.content import Part
from mms.fitting import DrawingJob, Drawn, MessageRefused, Picturing, Screen
from mms.handsets.catalogue import resolve
from mms.letters import is_letter, read_letter
from mms.preview.rendering import render

#: Pixels a card may be wide.
LEAST_WIDTH, MOST_WIDTH = 64, 1080


def draw(job: DrawingJob) -> Drawn:
    """The screens, or the card. Raises MessageRefused, with a reason for who asked."""
    try:
        if job.what is Picturing.CARD:
            return Drawn((Screen(_card(job)),))
        preview = render(job.data, job.handset or resolve("unknown"), language=job.language)
    except (BadRequest, NotFound, MmsFormatError) as error:
        raise MessageRefused(str(error)) from error
    screens = tuple(Screen(screen.png, screen.duration_ms, screen.notes) for screen in preview.screens)
    return Drawn(screens, preview.animated, preview.warnings)


def _card(job: DrawingJob) -> bytes:
    media: tuple[Part, ...] = ()
    source = job.data
    if is_letter(job.data):
        letter = read_letter(job.data)
        source, media = letter.source or b"", letter.body.parts
    card = Card.from_json(source)
    look = template(card.template)
    look.check(card)
    width = min(max(job.width, LEAST_WIDTH), MOST_WIDTH)
    high = width * 5 // 8 if look.genre is Genre.BUSINESS else width * 4 // 5
    out = io.BytesIO()
    face(card, look, (width, high), photo=photo_of(card, media)).save(out, "PNG", optimize=True)
    return out.getvalue()
