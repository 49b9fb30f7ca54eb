"""How long a sound plays, where that can be told without decoding it."""

from __future__ import annotations

from typing import Final

from mms.codec import amr, imelody, midi
from mms.codec.errors import MmsFormatError
from mms.content import Part
from mms.handsets import media_types

_MIDI: Final = (media_types.MIDI, "audio/sp-midi")


def duration_ms(part: Part, kind: str) -> int:
    """Milliseconds; 0 where nobody here can tell, or the sound is damaged. `kind` is the canonical media type."""
    try:
        if kind == media_types.AMR:
            return amr.read(part.data).duration_ms
        if kind == media_types.IMELODY:
            return imelody.decode(part.data).duration_ms
        if kind in _MIDI:
            return midi.decode(part.data).duration_ms
    except MmsFormatError:
        return 0
    return 0
