"""What an MMS shows: its parts and slides; and the multipart body it travels in, whatever carries it.

`Content` is what people write and see: media in slides. `Body` is what travels: the same parts, with the SMIL that
tells of the slides as one more part. PDUs of MM1, MM7, MM4 and mails all carry a `Body`; `mms.assembly` makes one from
the other. Pure.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Final

SMIL: Final = "application/smil"
FORWARD_LOCKED: Final = "application/vnd.oma.drm.message"

#: How long a slide stands when nobody says.
SLIDE_MS: Final = 5000


class Medium(enum.StrEnum):
    """What a part is to people."""

    TEXT = "text"
    IMAGE = "image"
    AUDIO = "audio"
    VIDEO = "video"
    OTHER = "other"  # vCard, calendar, a locked part …


@dataclass(frozen=True, slots=True)
class Part:
    """One part of an MMS."""

    #: "image/jpeg": lower case, without parameters.
    media_type: str
    data: bytes
    #: What slides and SMIL call it (Content-Location); unique in its message, ASCII without blanks when it is sent.
    name: str = ""
    #: Without < >; "" = none.
    content_id: str = ""
    #: Of a text: its character set as IANA names it, lower case; "" = not said.
    charset: str = ""
    #: Further parameters of the media type, lower-case names, as they came.
    parameters: tuple[tuple[str, str], ...] = ()

    @property
    def medium(self) -> Medium:
        """What the part is to people."""
        kind = self.media_type.partition("/")[0]
        if self.media_type in ("text/plain", "text/html") or kind in ("image", "audio", "video"):
            return Medium(kind)
        return Medium.OTHER

    @property
    def is_locked(self) -> bool:
        """Whether it must be left as it is and never be handed on (OMA DRM forward-lock)."""
        return self.media_type == FORWARD_LOCKED


class Arrangement(enum.StrEnum):
    """How the parts of a body belong together."""

    RELATED = "related"  # a SMIL says how to show them
    MIXED = "mixed"  # one after the other
    ALTERNATIVE = "alternative"


@dataclass(frozen=True, slots=True)
class Body:
    """A multipart body, or a single part (one part, arrangement MIXED, as far as anybody can tell)."""

    parts: tuple[Part, ...]
    arrangement: Arrangement = Arrangement.MIXED
    #: Content-ID of the root part, without < >; meaningful when RELATED.
    start: str = ""


@dataclass(frozen=True, slots=True)
class Slide:
    """One page of an MMS; each field names a part, "" = none."""

    visual: str = ""  # an image or a video
    text: str = ""
    audio: str = ""
    duration_ms: int = SLIDE_MS
    #: The text stands above the picture.
    text_first: bool = False


@dataclass(frozen=True, slots=True)
class Content:
    """What an MMS shows. Parts on no slide are attachments."""

    parts: tuple[Part, ...]
    slides: tuple[Slide, ...] = ()

    def part(self, name: str) -> Part | None:
        """The part of that name."""
        return next((part for part in self.parts if part.name == name), None)
