"""The tunes of cards, in a format that a handset plays."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping
from importlib import resources

from gateway.core.errors import NotFound
from mms.codec import imelody, midi, rtttl
from mms.codec.tune import Tune
from mms.content import Part
from mms.handsets.handset import Handset
from mms.handsets.media_types import IMELODY, MIDI

_SP_MIDI = "audio/sp-midi"


def tunes() -> Mapping[str, Tune]:
    """All tunes by key, in the order they are offered."""
    return _tunes()


def tune(key: str, handset: Handset) -> Part | None:
    """The tune as MIDI, else as iMelody; None for a handset that plays neither. Raises NotFound."""
    try:
        melody = _tunes()[key]
    except KeyError:
        raise NotFound(f"There is no tune {key[:40]!r}.") from None
    if MIDI in handset.sounds or _SP_MIDI in handset.sounds:
        return Part(MIDI if MIDI in handset.sounds else _SP_MIDI, midi.encode(melody), "tune.mid")
    if IMELODY in handset.sounds:
        return Part(IMELODY, imelody.encode(melody), "tune.imy")
    return None


@functools.cache
def _tunes() -> Mapping[str, Tune]:
    file = resources.files("templates").joinpath("cards", "tunes.toml")
    return {key: rtttl.decode(text.encode()) for key, text in tomllib.loads(file.read_text(encoding="utf-8")).items()}
