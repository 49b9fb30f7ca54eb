"""An MMS as its sender wrote it, made into the letter that is kept and sent. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from gateway.core.errors import BadRequest
from mms.assembly import assemble, grouped, place_of
from mms.cards import wording
from mms.cards.card import Card
from mms.cards.catalogue import template
from mms.content import SLIDE_MS, Body, Content, Part, Slide
from mms.handsets import media_types
from mms.letters import Letter, write_letter
from mms.terms import MmsHeaders

MAX_PARTS: Final = 20
MAX_SLIDES: Final = 40
MAX_SUBJECT: Final = 200
MAX_TEXT: Final = 10_000
#: Milliseconds a slide may stand.
LEAST_MS, MOST_MS = 500, 120_000
_SCREEN: Final = (640, 480)
#: NUL, and halves of characters, as a command line or broken JSON may bring them.
_NO_TEXT: Final = re.compile("[\x00\ud800-\udfff]")
#: Of the words of a card in its letter, in units of an SMS.
_WORDS: Final = 1000


@dataclass(frozen=True, slots=True)
class DraftSlide:
    """One page: words, and the names of the parts it shows and plays."""

    text: str = ""
    visual: str = ""
    audio: str = ""
    duration_ms: int = SLIDE_MS


@dataclass(frozen=True, slots=True)
class Draft:
    """Either a card (its photo, if it names one, is its only part), or words and parts, on slides if there are any.

    Raises BadRequest, the field before the colon, for what cannot be sent.
    """

    subject: str = ""
    text: str = ""
    #: Names are unique.
    parts: tuple[Part, ...] = ()
    slides: tuple[DraftSlide, ...] = ()
    card: Card | None = None
    headers: MmsHeaders = field(default_factory=MmsHeaders)

    def __post_init__(self) -> None:
        if len(self.subject) > MAX_SUBJECT:
            raise BadRequest(f"subject: a text of at most {MAX_SUBJECT} characters")
        if len(self.text) > MAX_TEXT or sum(len(slide.text) for slide in self.slides) > MAX_TEXT:
            raise BadRequest(f"text: at most {MAX_TEXT} characters in all")
        for field_, words in (("subject", self.subject), *(("text", one) for one in self._texts())):
            if _NO_TEXT.search(words):
                raise BadRequest(f"{field_}: there are characters in it that no text has")
        if len(self.parts) > MAX_PARTS or len(self.slides) > MAX_SLIDES:
            raise BadRequest(f"parts: at most {MAX_PARTS} parts and {MAX_SLIDES} slides")
        if self.card is not None:
            self._check_card(self.card)
            return
        if not (self.text or self.parts or self.slides):
            raise BadRequest("parts: there is nothing to send")
        if self.text and self.slides:
            raise BadRequest("text: where there are slides, words stand on them")
        self._check_slides()

    def _texts(self) -> Iterator[str]:
        yield self.text
        yield from (slide.text for slide in self.slides)

    def _check_card(self, card: Card) -> None:
        if self.text or self.slides:
            raise BadRequest("card: a card has its own words")
        template(card.template).check(card)
        names = [part.name for part in self.parts]
        if names != ([card.photo] if card.photo else []):
            raise BadRequest("parts: the one part of a card is the photo it names")

    def _check_slides(self) -> None:
        by_name = {part.name: part for part in self.parts}
        for slide in self.slides:
            if not (slide.text or slide.visual or slide.audio):
                raise BadRequest("slides: one of them shows nothing")
            if not LEAST_MS <= slide.duration_ms <= MOST_MS:
                raise BadRequest(f"slides: a slide stands for {LEAST_MS} to {MOST_MS} ms")
            for place, name in (("visual", slide.visual), ("audio", slide.audio)):
                if name and (name not in by_name or place_of(by_name[name]) != place):
                    raise BadRequest(f"slides: there is no part {name[:40]!r} to be shown as {place}")

    @property
    def title(self) -> str:
        """The subject; where none was given that of the card."""
        return self.subject or (wording.subject(self.card) if self.card else "")

    def body(self) -> Body:
        """What is sent; of a card its words, for it is drawn for each phone later."""
        if self.card is not None:
            words = Part("text/plain", wording.text(self.card, _WORDS).encode(), "card.txt", "card", "utf-8")
            return Body((words, *self.parts))
        if not self.slides:
            words = _text(self.text, "text.txt")
            place = 1 if self.parts else 0
            parts = (*self.parts[:place], words, *self.parts[place:]) if self.text else self.parts
            return assemble(Content(parts), screen=_SCREEN, charset="")
        texts = [_text(slide.text, f"slide-{number}.txt") for number, slide in enumerate(self.slides, 1)]
        slides = [
            Slide(slide.visual, text.name if slide.text else "", slide.audio, slide.duration_ms)
            for slide, text in zip(self.slides, texts, strict=True)
        ]
        shown = {name for slide in slides for name in (slide.visual, slide.audio)}
        slides += grouped([part for part in self.parts if part.name not in shown])
        parts = (*self.parts, *(text for text in texts if text.data))
        return assemble(Content(parts, tuple(slides)), screen=_SCREEN, charset="")

    def letter(self, *, sender: str, recipients: Sequence[str], date_ms: int, letter_id: int) -> bytes:
        """The letter, of a sender with a mail address. Raises BadRequest where it is too much for one."""
        domain = sender.rpartition("@")[2]
        return write_letter(
            Letter(
                subject=self.title,
                sender=sender,
                recipients=tuple(recipients),
                body=self.body(),
                date_ms=date_ms,
                message_id=f"<{letter_id}.mms@{domain}>",
                mms=self.headers,
                source=self.card.to_json() if self.card else None,
            ),
            domain=domain,
        )


def named(parts: Sequence[Part]) -> tuple[Part, ...]:
    """The parts, each with a name of its own, and with a type by that name where it said nothing."""
    found: dict[str, Part] = {}
    for number, part in enumerate(parts, 1):
        name = part.name or f"part-{number}"
        while name in found:
            name = f"{number}-{name}"
        kind = media_types.of_file(part.media_type, name)
        found[name] = Part(kind, part.data, name, part.content_id, part.charset, part.parameters)
    return tuple(found.values())


def _text(words: str, name: str) -> Part:
    return Part("text/plain", words.encode(), name, charset="utf-8")
