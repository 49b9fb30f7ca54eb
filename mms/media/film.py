"""Films made to fit: 3GP with H.263 and AMR for phones of its time, MP4 for later ones, one picture for the others."""

from __future__ import annotations

import io
from dataclasses import replace
from fractions import Fraction
from typing import Final

import av
from av.audio.resampler import AudioResampler
from PIL import Image

from mms.handsets.handset import Handset
from mms.handsets.media_types import MP4, THREE_GP
from mms.media.kinds import kind_of
from mms.media.pictures import Made, MediaRefused, Picture, TooLarge
from mms.media.plan import octets_words
from mms.media.streams import LIES, THREADS, has_pictures, opened, picture_of, sound_of

#: Seconds of a film that are looked at, and pixels of one picture of it.
MAX_S: Final = 600
MAX_PIXELS: Final = 9_000_000
#: Less than this for picture and sound together is a film nobody wants to see; it is cut short instead.
_LEAST_BITS_PER_S: Final = {THREE_GP: 36_000, MP4: 90_000}
_SHORTEST_S: Final = 1.5
_TRIES: Final = 3
#: Of the room; a film of less is tried once more at a higher rate.
_ENOUGH: Final = 0.85
#: Phones made from this year on play H.264 of any size.
_H264_SINCE: Final = 2009
#: Share of the room for picture and sound; the rest is the frame around them.
_SHARE: Final = 0.9


#: By degrees against the clock.
_TURNS: Final = {90: Image.Transpose.ROTATE_90, 180: Image.Transpose.ROTATE_180, 270: Image.Transpose.ROTATE_270}
_ACROSS: Final = frozenset({Image.Transpose.ROTATE_90, Image.Transpose.ROTATE_270})


class NoFilm(MediaRefused):
    """A file of the kind films are in, with sound alone."""


class Film:
    """One film; `fit` makes it as good as phone and room allow."""

    def __init__(self, data: bytes, handset: Handset) -> None:
        """Raises MediaRefused for what cannot be read."""
        self._data = data
        self._handset = handset
        self.kind = kind_of(data)
        try:
            with opened(data, self.kind) as container:
                video, audio = picture_of(container), sound_of(container)
                if video is None and has_pictures(container):
                    raise MediaRefused("nobody knows how its pictures are kept")
                if video is None:
                    raise NoFilm("there is no film in it")
                self.size = (video.codec_context.width, video.codec_context.height)
                self.seconds = float(container.duration or 0) / av.time_base
                self._codecs = {one.codec_context.name for one in (video, audio) if one is not None}
        except MediaRefused:
            raise
        except LIES as error:
            raise MediaRefused("this film is damaged, or nobody knows what it is") from error
        if not 0 < self.size[0] * self.size[1] <= MAX_PIXELS:
            raise TooLarge(f"a film of {self.size[0]}x{self.size[1]} pixels cannot be sent")
        self._turn = self._turned()
        if self._turn in _ACROSS:
            self.size = self.size[1], self.size[0]
        self.before = f"{self.size[0]}x{self.size[1]} {self.kind}, {self.seconds:.0f} s, {octets_words(len(data))}"

    def _turned(self) -> Image.Transpose | None:
        """How its pictures are to be turned: phones held upright write them lying, and say so beside them."""
        try:
            with opened(self._data, self.kind) as container:
                for frame in container.decode(picture_of(container)):
                    assert isinstance(frame, av.VideoFrame)
                    return _TURNS.get(frame.rotation % 360)
        except LIES as error:
            raise MediaRefused("this film is damaged, or nobody knows what it is") from error
        raise MediaRefused("there is no picture in this film")

    def fit(self, room: int) -> Made:
        """The film in at most so many octets, or a picture of it. Raises MediaRefused."""
        videos = self._handset.videos
        try:
            if self.kind in videos and self._is_plain():
                data = self._without_metadata()
                if len(data) <= room:
                    reasons = ("metadata",) if data != self._data else ()
                    return Made(data, self.kind, f"{self.seconds:.0f} s, {octets_words(len(data))}", reasons)
            for kind in (MP4, THREE_GP) if self._handset.year >= _H264_SINCE else (THREE_GP, MP4):
                if kind in videos:
                    made = self._made(kind, room)
                    if made is not None:
                        return made
            return self._poster(room)
        except MediaRefused:
            raise
        except LIES as error:
            raise MediaRefused("this film is damaged") from error

    def _is_plain(self) -> bool:
        """Whether the phone can be thought to have what plays it."""
        if self.kind == THREE_GP:
            return self._codecs <= {"h263", "amrnb", "amr_nb", "mpeg4", "aac", "h264", "libopencore_amrnb"} and (
                max(self.size) <= 2 * max(self._handset.screen)
            )
        if self._handset.year < _H264_SINCE:
            return self._codecs <= {"mpeg4", "aac", "h263"} and max(self.size) <= 2 * max(self._handset.screen)
        return self._codecs <= {"h264", "aac", "mpeg4"} and max(self.size) <= max(1920, max(self._handset.screen))

    def _without_metadata(self) -> bytes:
        """The same streams in a new file: places and names of devices do not come along."""
        out = io.BytesIO()
        with (
            opened(self._data, self.kind) as source,
            av.open(out, "w", format="3gp" if self.kind == THREE_GP else "mp4") as target,
        ):
            wanted = [one for one in (picture_of(source), sound_of(source)) if one is not None]
            streams = {one.index: target.add_stream_from_template(one) for one in wanted}
            for packet in source.demux(wanted):
                if packet.dts is not None:
                    packet.stream = streams[packet.stream.index]
                    target.mux(packet)
        return out.getvalue()

    def _made(self, kind: str, room: int) -> Made | None:
        """The film anew, in tries that come closer to the room; None where not even its beginning fits."""
        seconds = min(self.seconds or MAX_S, MAX_S)
        least = _LEAST_BITS_PER_S[kind]
        bits = room * 8 * _SHARE
        shown = min(seconds, bits / least)
        rate = bits / shown
        reasons = ["format", *(["cut"] if shown < seconds - 0.5 else []), "budget"]
        best: Made | None = None
        for _ in range(_TRIES):
            if shown < _SHORTEST_S:
                break
            data = self._encoded(kind, rate, shown)
            over = len(data) / room
            if over <= 1:
                size = _small_size(self.size) if kind == THREE_GP else _fit_size(self.size, self._handset)
                after = f"{size[0]}x{size[1]}, {shown:.0f} s, {octets_words(len(data))}"
                before, best = best, Made(data, kind, after, tuple(reasons))
                if over >= _ENOUGH:
                    break
                if before is not None and len(data) <= len(before.data) * 1.02:
                    # Its pictures are as good as so few pixels can be.
                    best = replace(best, reasons=tuple(reason for reason in reasons if reason != "budget"))
                    break
                rate = rate / over * 0.96
                continue
            rate = rate / over * 0.93
            if rate < least * 0.7:
                if best is not None:
                    break
                shown = shown / over * 0.93
                rate = least
                reasons = ["format", "cut", "budget"]
        return best

    def _encoded(self, kind: str, bits_per_s: float, seconds: float) -> bytes:
        out = io.BytesIO()
        small = kind == THREE_GP
        size = _small_size(self.size) if small else _fit_size(self.size, self._handset)
        sound_rate = (4750 if bits_per_s < 50_000 else 7950 if bits_per_s < 90_000 else 12_200) if small else 32_000
        with (
            opened(self._data, self.kind) as source,
            av.open(out, "w", format="3gp" if small else "mp4") as target,
        ):
            source_video, source_audio = picture_of(source), sound_of(source)
            frames_per_s = 10 if small and bits_per_s < 64_000 else 15 if small else 24
            video = target.add_stream("h263" if small else "libx264", rate=frames_per_s)
            video.width, video.height, video.pix_fmt = *size, "yuv420p"
            video.bit_rate = max(16_000, int(bits_per_s - (sound_rate if source_audio is not None else 0)))
            video.thread_count = THREADS
            if not small:
                video.options = {"profile": "baseline", "preset": "veryfast"}
            audio = None
            if source_audio is not None:
                audio = target.add_stream("libopencore_amrnb" if small else "aac", rate=8000 if small else 32_000)
                audio.layout = "mono"
                audio.bit_rate = sound_rate
            resampler = AudioResampler(
                "s16" if small else "fltp", "mono", 8000 if small else 32_000, 160 if small else 1024
            )
            shown = 0
            for frame in source.decode([one for one in (source_video, source_audio) if one is not None]):
                if not isinstance(frame, av.VideoFrame | av.AudioFrame):
                    continue
                if frame.time is not None and frame.time > seconds:
                    if isinstance(frame, av.VideoFrame):
                        break
                    continue
                if isinstance(frame, av.VideoFrame):
                    due = int((frame.time or shown / frames_per_s) * frames_per_s)
                    if due < shown:
                        continue
                    picture = _letterboxed(frame, size, self._turn)
                    picture.pts, picture.time_base = due, Fraction(1, frames_per_s)
                    shown = due + 1
                    target.mux(video.encode(picture))
                elif audio is not None:
                    frame.pts = None
                    for made in resampler.resample(frame):
                        target.mux(audio.encode(made))
            target.mux(video.encode(None))
            if audio is not None:
                for made in resampler.resample(None):
                    if made.samples == 160 or not small:
                        target.mux(audio.encode(made))
                target.mux(audio.encode(None))
        return out.getvalue()

    def _poster(self, room: int) -> Made:
        """One picture of it, a little behind its beginning, which is often black."""
        with opened(self._data, self.kind) as container:
            picture: Image.Image | None = None
            for number, frame in enumerate(container.decode(picture_of(container))):
                assert isinstance(frame, av.VideoFrame)
                picture = frame.to_image()  # type: ignore[no-untyped-call]
                if number >= 24 or (frame.time or 0) >= 1.0:
                    break
        if picture is None:
            raise MediaRefused("there is no picture in this film")
        if self._turn is not None:
            picture = picture.transpose(self._turn)
        still = io.BytesIO()
        picture.save(still, "PNG", compress_level=1)
        made = Picture(still.getvalue(), self._handset).fit(room)
        return Made(made.data, made.media_type, made.after, ("poster",))


def _small_size(size: tuple[int, int]) -> tuple[int, int]:
    """H.263 knows few sizes; phones show two of them."""
    return (128, 96) if max(size) < 176 else (176, 144)


def _fit_size(size: tuple[int, int], handset: Handset) -> tuple[int, int]:
    """Even sides, at most what the screen shows, never larger than it was."""
    longer, shorter = max(handset.screen), min(handset.screen)
    box = (longer, shorter) if size[0] >= size[1] else (shorter, longer)
    scale = min(1.0, box[0] / size[0], box[1] / size[1], 640 / max(size))
    return max(16, int(size[0] * scale) // 2 * 2), max(16, int(size[1] * scale) // 2 * 2)


def _letterboxed(frame: av.VideoFrame, size: tuple[int, int], turn: Image.Transpose | None) -> av.VideoFrame:
    """The picture upright, with its aspect kept, black where it is narrower."""
    wide, high = (frame.height, frame.width) if turn in _ACROSS else (frame.width, frame.height)
    fits = abs(wide * size[1] - high * size[0]) * 50 <= wide * size[1]
    if fits and turn is None:
        return frame.reformat(*size, format="yuv420p")
    scale = min(size[0] / wide, size[1] / high)
    inner = size if fits else (max(2, round(wide * scale)), max(2, round(high * scale)))
    lying = (inner[1], inner[0]) if turn in _ACROSS else inner
    picture: Image.Image = frame.reformat(*lying, format="rgb24").to_image()  # type: ignore[no-untyped-call]
    if turn is not None:
        picture = picture.transpose(turn)
    canvas = Image.new("RGB", size)
    canvas.paste(picture, ((size[0] - inner[0]) // 2, (size[1] - inner[1]) // 2))
    whole: av.VideoFrame = av.VideoFrame.from_image(canvas)  # type: ignore[no-untyped-call]
    return whole.reformat(format="yuv420p")
