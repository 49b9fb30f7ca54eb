"""Sounds made to fit: AMR at the rate the room allows, tunes in the form the phone plays."""

from __future__ import annotations

import array
import io
from collections.abc import Callable
from dataclasses import replace
from typing import Final

import av
from av.audio.resampler import AudioResampler

from mms.codec import amr, imelody, midi, rtttl
from mms.codec.errors import MmsFormatError
from mms.codec.tune import Tune
from mms.handsets.handset import Handset
from mms.media import tones
from mms.media.kinds import kind_of
from mms.media.metadata import bare
from mms.media.pictures import Made, MediaRefused
from mms.media.plan import octets_words
from mms.media.streams import LIES, opened, sound_of

#: Seconds of a sound that are read.
MAX_S: Final = 600
RATE: Final = 8000  # samples a second
_FADE_S: Final = 0.4
#: A sound cut to less is not worth sending.
_SHORTEST_MS: Final = 800
#: Tunes by notes, and what reads them.
TUNES: Final[dict[str, Callable[[bytes], Tune]]] = {
    "audio/midi": midi.decode,
    "audio/sp-midi": midi.decode,
    "audio/imelody": imelody.decode,
    "audio/rtttl": rtttl.decode,
}
#: Streams of frames: there is no place for metadata in them.
_UNTOLD: Final = frozenset({"audio/aac", "audio/amr-wb"})
#: Containers that are written anew, by their names in FFmpeg.
_CONTAINERS: Final = {"audio/mp4": "ipod", "audio/3gpp": "3gp", "audio/ogg": "ogg", "audio/flac": "flac"}


class Sound:
    """One sound; `fit` makes it as good as phone and room allow."""

    def __init__(self, data: bytes, media_type: str, handset: Handset) -> None:
        self._data = data
        self._handset = handset
        self.kind = kind_of(data) or media_type
        if self.kind == "audio/rtttl" or media_type in ("audio/rtttl", "application/x-rtttl", "text/x-rtttl"):
            self.kind = "audio/rtttl"
        self.before = f"{self.kind}, {octets_words(len(data))}"
        self._pcm: bytes | None = None

    def fit(self, room: int) -> Made:
        """The sound in at most so many octets. Raises MediaRefused."""
        if self.kind in TUNES:
            return self._tune(room)
        if self._plays(self.kind) and self.kind != "audio/amr":
            data = self._without_metadata()
            if data is not None and len(data) <= room:
                reasons = () if data is self._data else ("metadata",)
                return Made(data, self.kind, f"{self.kind}, {octets_words(len(data))}", reasons)
        if self.kind == "audio/amr" and self._plays("audio/amr"):
            sound = self._amr_facts()
            if sound.octets <= room:
                data = self._data[: sound.octets]
                return Made(data, "audio/amr", f"{sound.duration_ms / 1000:.0f} s, {octets_words(len(data))}")
        if not self._plays("audio/amr"):
            raise MediaRefused("the phone plays no sound of this kind", "unsupported")
        return self._amr(room)

    def _without_metadata(self) -> bytes | None:
        """The same sound without titles, names and places; None where that is not possible."""
        if self.kind in _UNTOLD:
            return self._data
        form = _CONTAINERS.get(self.kind)
        return bare(self._data, self.kind) if form is None else _packed_anew(self._data, self.kind, form)

    def _plays(self, kind: str) -> bool:
        sounds = self._handset.sounds
        return kind in sounds or (kind == "audio/midi" and "audio/sp-midi" in sounds)

    def _amr_facts(self) -> amr.Sound:
        try:
            return amr.read(self._data)
        except MmsFormatError as error:
            raise MediaRefused("this sound is damaged") from error

    def _amr(self, room: int) -> Made:
        """At the best of the eight rates that fits; cut, with its end fading, where even the least does not."""
        pcm = self._read()
        length_ms = len(pcm) * 1000 // (2 * RATE)
        rate = next((bits for bits in reversed(amr.RATES) if amr.octets_of(length_ms, bits) <= room), min(amr.RATES))
        reasons = ["format"] if self.kind != "audio/amr" else ["budget"]
        fitting_ms = (room - len(amr.MAGIC)) // amr.RATES[rate] * amr.FRAME_MS
        if fitting_ms < length_ms:
            if fitting_ms < _SHORTEST_MS:
                raise MediaRefused(f"there are {octets_words(room)} for it, less than a second of sound", "no-room")
            pcm = _faded(pcm[: fitting_ms * RATE // 1000 * 2])
            reasons.append("cut")
        data = amr.cut(encode_amr(pcm, rate), max_octets=room)
        seconds = amr.read(data).duration_ms / 1000
        after = f"{seconds:.0f} s at {rate / 1000:g} kbit/s, {octets_words(len(data))}"
        return Made(data, "audio/amr", after, tuple(reasons))

    def _read(self) -> bytes:
        if self._pcm is None:
            self._pcm = decode_pcm(self._data, self.kind)
        return self._pcm

    def _tune(self, room: int) -> Made:
        """The tune as it came, in another form the phone plays, or in tones."""
        if self._plays(self.kind) and len(self._data) <= room:
            return Made(self._data, self.kind, self.before)
        try:
            tune = TUNES[self.kind](self._data)
        except MmsFormatError as error:
            raise MediaRefused("this tune is damaged, or has no melody") from error
        for kind, write in (("audio/midi", midi.encode), ("audio/imelody", imelody.encode)):
            if self._plays(kind):
                data = write(tune)
                if len(data) <= room:
                    kind = "audio/sp-midi" if kind not in self._handset.sounds and kind == "audio/midi" else kind
                    return Made(data, kind, f"{len(tune.notes)} notes, {octets_words(len(data))}", ("tune",))
        if not self._plays("audio/amr"):
            raise MediaRefused("the phone plays no tune of this kind", "unsupported")
        if self._pcm is None:
            self._pcm = tones.played(tune)
        made = self._amr(room)
        return replace(made, reasons=("tune", *(reason for reason in made.reasons if reason != "format")))


def decode_pcm(data: bytes, kind: str) -> bytes:
    """Mono, 8000 samples a second of 16 bits; at most MAX_S. Raises MediaRefused."""
    out = bytearray()
    try:
        with opened(data, kind) as container:
            stream = sound_of(container)
            if stream is None:
                raise MediaRefused("there is no sound in it")
            resampler = AudioResampler(format="s16", layout="mono", rate=RATE)
            for frame in container.decode(stream):
                assert isinstance(frame, av.AudioFrame)
                frame.pts = None
                for made in resampler.resample(frame):
                    out += bytes(made.planes[0])[: made.samples * 2]
                if len(out) >= MAX_S * RATE * 2:
                    break
            for made in resampler.resample(None):
                out += bytes(made.planes[0])[: made.samples * 2]
    except MediaRefused:
        raise
    except LIES as error:
        if len(out) < RATE // 2:
            raise MediaRefused("this sound is damaged, or nobody knows what it is") from error
    if not out:
        raise MediaRefused("there is no sound in it")
    return bytes(out)


def _packed_anew(data: bytes, kind: str, form: str) -> bytes | None:
    """The same frames in a new container that says nothing of them but how to play them."""
    out = io.BytesIO()
    try:
        with opened(data, kind) as source, av.open(out, "w", format=form) as target:
            template = sound_of(source)
            if template is None:
                return None
            stream = target.add_stream_from_template(template)
            stream.metadata.clear()
            for packet in source.demux(template):
                if packet.dts is not None:
                    packet.stream = stream
                    target.mux(packet)
    except LIES:
        return None
    return out.getvalue()


def encode_amr(pcm: bytes, bits_per_s: int) -> bytes:
    """An AMR file of mono samples of 16 bits, 8000 a second."""
    file = io.BytesIO()
    with av.open(file, "w", format="amr") as container:
        stream = container.add_stream("libopencore_amrnb", rate=RATE)
        stream.layout = "mono"
        stream.bit_rate = bits_per_s
        for start in range(0, len(pcm), 320):
            frame = av.AudioFrame(format="s16", layout="mono", samples=160)
            frame.planes[0].update(pcm[start : start + 320].ljust(320, b"\0"))
            frame.sample_rate, frame.pts = RATE, start // 2
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return file.getvalue()


def _faded(pcm: bytes) -> bytes:
    """With its last moments growing silent."""
    samples = array.array("h", pcm)
    fade = min(len(samples), int(_FADE_S * RATE))
    start = len(samples) - fade
    for number in range(fade):
        samples[start + number] = samples[start + number] * (fade - number) // fade
    return samples.tobytes()
