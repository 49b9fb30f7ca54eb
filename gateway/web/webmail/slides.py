"""An MMS in a mailbox as its slides: pictures, words and sounds, one page after the other. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from gateway.core.errors import CaiyouError
from gateway.web.picture_types import picture_type
from mms.assembly import arranged, content_of, words_of
from mms.content import Content, Medium, Part
from mms.letters import is_letter, read_letter

#: Sounds and films that browsers play, as most of them do.
PLAYED: Final = frozenset(
    (
        "audio/mpeg", "audio/mp3", "audio/mp4", "audio/x-m4a", "audio/aac", "audio/ogg", "audio/wav", "audio/x-wav",
        "video/mp4", "video/webm", "video/3gpp", "video/ogg",
    )
)  # fmt: skip
MAX_SLIDES: Final = 100


@dataclass(frozen=True, slots=True)
class SlideView:
    """A slide; -1 for a part it has not. What browsers cannot play is to be kept as a file."""

    words: str
    picture: int
    film: int
    sound: int
    plays_film: bool
    plays_sound: bool
    is_locked: bool  # a part of it must not leave the phone it was bought for
    text_first: bool


def content_of_letter(data: bytes) -> Content | None:
    """What the MMS in a mail shows; None for a mail that is none, or whose parts are gone."""
    if not is_letter(data):
        return None
    try:
        return arranged(content_of(read_letter(data).body))
    except (CaiyouError, ValueError):
        return None


def slides_of(content: Content) -> list[SlideView]:
    """The slides of an MMS."""
    places = {part.name: place for place, part in enumerate(content.parts)}
    found: list[SlideView] = []
    for slide in content.slides[:MAX_SLIDES]:
        visual, text, audio = (content.part(name) for name in (slide.visual, slide.text, slide.audio))
        film = visual is not None and visual.medium is Medium.VIDEO
        is_locked = any(part is not None and part.is_locked for part in (visual, audio))
        found.append(
            SlideView(
                words=words_of(text) if text is not None else "",
                picture=places[visual.name] if visual is not None and picture_type(visual.data) else -1,
                film=places[visual.name] if visual is not None and film else -1,
                sound=places[audio.name] if audio is not None and not audio.is_locked else -1,
                plays_film=visual is not None and visual.media_type in PLAYED,
                plays_sound=audio is not None and audio.media_type in PLAYED,
                is_locked=is_locked,
                text_first=slide.text_first,
            )
        )
    return found


def shown_type(part: Part) -> str:
    """The type under which a part is shown inside a page; "" for what is only handed out as a file."""
    return picture_type(part.data) or (part.media_type if part.media_type in PLAYED else "")
