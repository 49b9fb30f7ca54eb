"""Sounds and films opened by PyAV, each by the one reader for what its octets say it is.

FFmpeg left to guess also reads lists of other files and descriptions of live streams: a "sound" of one line would have
named a file of the hub, or a host to connect to, and had it read.
"""

from __future__ import annotations

import io
from typing import Final

import av
from av.container import InputContainer
from av.stream import Disposition

from mms.media.pictures import MediaRefused

#: What FFmpeg calls the reader of each kind.
_READERS: Final = {
    "audio/aac": "aac", "audio/aiff": "aiff", "audio/amr": "amr", "audio/amr-wb": "amr", "audio/basic": "au",
    "audio/flac": "flac", "audio/mp4": "mov", "audio/mpeg": "mp3", "audio/ogg": "ogg", "audio/qcelp": "qcp",
    "audio/wav": "wav", "audio/x-caf": "caf", "video/3gpp": "mov", "video/mp4": "mov", "video/mpeg": "mpeg",
    "video/quicktime": "mov", "video/webm": "matroska", "video/x-flv": "flv", "video/x-ms-asf": "asf",
    "video/x-msvideo": "avi",
}  # fmt: skip
# What PyAV raises is an OSError, a ValueError, or one of its own that is both.
LIES: Final = (av.FFmpegError, OSError, ValueError, ArithmeticError, LookupError, RuntimeError, MemoryError, TypeError)
#: Of one decoder or encoder: on machines of many cores each would start as many, with memory of their own.
THREADS: Final = 2
#: Samples a second of sounds that are heard; others are lies that would be drawn out to hours.
_RATES: Final = range(2_000, 400_000)


def opened(data: bytes, kind: str) -> InputContainer:
    """The streams of a file of that kind. Raises MediaRefused for kinds nobody reads here, and what PyAV raises."""
    reader = _READERS.get(kind)
    if reader is None:
        raise MediaRefused("nobody knows what it is")
    container = av.open(io.BytesIO(data), "r", format=reader, metadata_errors="ignore")
    assert isinstance(container, InputContainer)
    return container


def has_pictures(container: InputContainer) -> bool:
    """Whether there are pictures that move, known or not; the cover of a record is none."""
    return any(not stream.disposition & Disposition.attached_pic for stream in container.streams.video)


def picture_of(container: InputContainer) -> av.VideoStream | None:
    """The stream of pictures that move and can be decoded."""
    for stream in container.streams.video:
        if _is_known(stream) and not stream.disposition & Disposition.attached_pic:
            stream.codec_context.thread_count = THREADS
            return stream
    return None


def sound_of(container: InputContainer) -> av.AudioStream | None:
    """The stream of sound that can be decoded."""
    for stream in container.streams.audio:
        if _is_known(stream) and stream.codec_context.sample_rate in _RATES:
            stream.codec_context.thread_count = THREADS
            return stream
    return None


def _is_known(stream: av.VideoStream | av.AudioStream) -> bool:
    context: object = stream.codec_context  # None where FFmpeg has no decoder, whatever its type says
    return context is not None
