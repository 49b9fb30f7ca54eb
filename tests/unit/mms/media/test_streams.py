"""What PyAV is let read: only what the octets are, by its own reader; no other file, no host, no cover as a film."""

from __future__ import annotations

import io
import struct
from pathlib import Path

import av
import pytest
from PIL import Image

from mms.content import Content, Part
from mms.handsets.catalogue import resolve
from mms.media.fitting import fit
from mms.media.kinds import kind_of
from mms.media.pictures import MediaRefused
from mms.media.sound import decode_pcm
from mms.media.streams import opened, picture_of, sound_of
from tests.fakes.media import encoded, film, landscape, sound

TAG = b"ID3\x03\x00\x00\x00\x00\x00\x0a" + bytes(10)  # FFmpeg, guessing, looks behind it
LIST = b"ffconcat version 1.0\nfile media/secret.wav\n"
SESSION = b"v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=x\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 40004 RTP/AVP 0\r\n"
PLAYLIST = b"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nmedia/secret.wav\n#EXT-X-ENDLIST\n"


@pytest.mark.parametrize("media_type", ["audio/mpeg", "audio/wav", "audio/x-ms-wma", "audio/anything", "video/mp4"])
@pytest.mark.parametrize("start", [b"", TAG])
@pytest.mark.parametrize("octets", [LIST, SESSION, PLAYLIST])
def test_a_list_of_files_or_streams_is_no_medium(
    octets: bytes, start: bytes, media_type: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "media").mkdir()
    (tmp_path / "media" / "secret.wav").write_bytes(sound(1))
    monkeypatch.chdir(tmp_path)
    part = Part(media_type, start + octets, "a.mp3")
    with pytest.raises(MediaRefused):
        fit(Content((part,)), resolve("unknown"))


@pytest.mark.parametrize(
    ("codec", "form", "kind"),
    [
        ("pcm_s16be", "aiff", "audio/aiff"),
        ("pcm_s16be", "au", "audio/basic"),
        ("pcm_s16le", "caf", "audio/x-caf"),
        ("libmp3lame", "asf", "video/x-ms-asf"),
        ("flac", "flac", "audio/flac"),
        ("aac", "ipod", "audio/mp4"),
        ("mp2", "vob", "video/mpeg"),
    ],
)
def test_sounds_of_other_makers_become_speech(codec: str, form: str, kind: str) -> None:
    data = sound(2, codec, form)
    assert kind_of(data) == kind
    (part,) = fit(Content((Part("application/octet-stream", data, "a.bin"),)), resolve("nokia-n73")).content.parts
    assert part.media_type.startswith("audio/")


def test_a_file_whose_codec_nobody_has_is_damaged_not_an_accident() -> None:
    data = film(1, (160, 120)).replace(b"avc1", b"xxxx").replace(b"avcC", b"free")
    with pytest.raises(MediaRefused):
        fit(Content((Part("video/mp4", data, "a.mp4"),)), resolve("iphone-13"))


def test_a_film_whose_sound_nobody_has_is_shown_silent() -> None:
    data = film(1, (160, 120)).replace(b"mp4a", b"xxxx").replace(b"esds", b"xxxx")
    (part,) = fit(Content((Part("video/mp4", data, "a.mp4"),)), resolve("iphone-13")).content.parts
    assert part.media_type == "video/mp4"
    with opened(part.data, "video/mp4") as container:
        assert picture_of(container) is not None
        assert sound_of(container) is None


def test_a_song_with_a_cover_is_a_song() -> None:
    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as container, opened(sound(1, "aac", "ipod"), "audio/mp4") as source:
        template = source.streams.audio[0]
        song = container.add_stream_from_template(template)
        cover = container.add_stream("mjpeg", rate=1)
        cover.width, cover.height, cover.pix_fmt = 64, 48, "yuvj420p"
        cover.disposition = av.stream.Disposition.attached_pic
        picture = av.Packet(encoded(landscape((64, 48)), "JPEG"))
        picture.stream, picture.pts, picture.dts = cover, 0, 0
        container.mux(picture)
        for packet in source.demux(template):
            if packet.dts is not None:
                packet.stream = song
                container.mux(packet)
    data = out.getvalue()
    assert kind_of(data) == "video/mp4"
    (part,) = fit(Content((Part("video/mp4", data, "a.mp4"),)), resolve("nokia-n73")).content.parts
    assert part.media_type == "audio/amr"


@pytest.mark.parametrize("rate", [0, 1, 1999, 3_000_000])
def test_a_rate_nobody_hears_is_a_lie(rate: int) -> None:
    data = bytearray(sound(0.2))
    struct.pack_into("<I", data, data.index(b"fmt ") + 12, rate)
    with pytest.raises(MediaRefused):
        decode_pcm(bytes(data), "audio/wav")


def test_no_picture_is_opened_as_a_stream() -> None:
    picture = encoded(Image.new("RGB", (8, 8)), "PNG")
    with pytest.raises(MediaRefused):
        opened(picture, "image/png")
