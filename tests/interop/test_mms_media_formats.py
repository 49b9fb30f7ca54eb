"""Small media formats against programs we did not write: gammu for ring tones, mido for MIDI, PyAV and netpbm."""

from __future__ import annotations

import io
import random
import subprocess
from fractions import Fraction
from pathlib import Path

import av
import mido
import pytest

from mms.codec import amr, imelody, midi, rtttl, wbmp
from tests.interop.need import need

pytestmark = pytest.mark.interop

TUNES = (
    b"Scale:d=4,o=5,b=120:c,d,e,f,8g,8a.,p,2b,c6,16c#6",
    b"Jasmine:d=8,o=5,b=90:4e,e,g,a,c6,c6,a,4g,g,a,2g,4e,e,g,a,c6,c6,a,4g,g,a,2g",
    b"Dots:d=16,o=6,b=160:c.,d#.,2p,4g#.,32a",
)


def ringtone(tune: bytes, folder: Path, kind: str) -> bytes:
    """What gammu makes of a tune in RTTTL."""
    gammu = need("gammu")
    (folder / "in.rttl").write_bytes(tune + b"\n")
    (folder / "config").write_text("[gammu]\nconnection = none\ndevice = none\n")
    subprocess.run(
        [gammu, "-c", folder / "config", "copyringtone", folder / "in.rttl", folder / f"out.{kind}"],
        check=True, capture_output=True, timeout=30,
    )  # fmt: skip
    return (folder / f"out.{kind}").read_bytes()


@pytest.mark.parametrize("tune", TUNES, ids=[tune.partition(b":")[0].decode() for tune in TUNES])
def test_gammu_writes_the_same_imelody(tune: bytes, tmp_path: Path) -> None:
    theirs = imelody.decode(ringtone(tune, tmp_path, "imy"))
    ours = imelody.decode(imelody.encode(rtttl.decode(tune)))
    assert theirs.notes == ours.notes
    assert theirs.beat == ours.beat


@pytest.mark.parametrize("tune", TUNES, ids=[tune.partition(b":")[0].decode() for tune in TUNES])
def test_mido_reads_our_midi(tune: bytes) -> None:
    ours = rtttl.decode(tune)
    file = mido.MidiFile(file=io.BytesIO(midi.encode(ours)))
    struck = [message.note for track in file.tracks for message in track if message.type == "note_on"]
    assert struck == [note.pitch for note in ours.notes if note.pitch is not None]
    assert file.length * 1000 == pytest.approx(ours.duration_ms, abs=20)


@pytest.mark.parametrize("tune", TUNES, ids=[tune.partition(b":")[0].decode() for tune in TUNES])
def test_gammu_writes_the_same_midi_an_octave_lower(tune: bytes, tmp_path: Path) -> None:
    """Its own iMelody of the tune is in our octave: its MIDI takes the octave whose A has 880 Hz for that of 440."""
    theirs = midi.decode(ringtone(tune, tmp_path, "mid"))
    ours = rtttl.decode(tune)
    assert theirs.beat == ours.beat
    assert [note.length for note in theirs.notes] == [note.length for note in ours.notes]
    assert [note.pitch and note.pitch + 12 for note in theirs.notes] == [note.pitch for note in ours.notes]


def test_we_read_what_mido_writes() -> None:
    file = mido.MidiFile(type=1, ticks_per_beat=96)
    head, melody, bass, drums = (file.add_track() for _ in range(4))
    head.append(mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(100)))
    pitches = (72, 74, 76, 77, 79)
    for track, channel, keys in ((melody, 1, pitches), (bass, 2, (36, 38, 40)), (drums, 9, (90,) * 20)):
        track.append(mido.Message("program_change", channel=channel, program=5))
        for key in keys:
            track.append(mido.Message("note_on", channel=channel, note=key, velocity=80, time=12))
            track.append(mido.Message("pitchwheel", channel=channel, pitch=100, time=30))
            track.append(mido.Message("note_on", channel=channel, note=key, velocity=0, time=54))
    octets = io.BytesIO()
    file.save(file=octets)
    found = midi.decode(octets.getvalue())
    assert (found.beat, [note.pitch for note in found.notes if note.pitch is not None]) == (100, list(pitches))
    assert {note.length for note in found.notes} == {Fraction(84, 384), Fraction(12, 384)}


@pytest.mark.parametrize(("width", "height"), [(8, 2), (10, 3), (160, 120), (127, 128), (1, 1), (300, 7)])
def test_netpbm_reads_our_wbmp_and_we_its(width: int, height: int) -> None:
    to_pbm, to_wbmp = need("wbmptopbm"), need("pbmtowbmp")
    stride = (width + 7) // 8
    chance = random.Random(width)
    last = 0xFF << (-width % 8) & 0xFF
    rows = b"".join(chance.randbytes(stride - 1) + bytes((chance.randrange(256) & last,)) for _ in range(height))
    ours = wbmp.encode(wbmp.Bitmap(width, height, rows))
    pbm = subprocess.run([to_pbm], input=ours, capture_output=True, check=True, timeout=30).stdout
    assert pbm.split(None, 3)[:3] == [b"P4", b"%d" % width, b"%d" % height]
    black = pbm[-stride * height :]  # in PBM 1 is black
    assert all((~octet & 0xFF) & mask == row & mask for octet, row, mask in zip(
        black, rows, (b"\xff" * (stride - 1) + bytes((last,))) * height, strict=True
    ))  # fmt: skip
    theirs = subprocess.run([to_wbmp], input=pbm, capture_output=True, check=True, timeout=30).stdout
    assert theirs == ours
    assert wbmp.decode(theirs).rows == rows


def test_we_read_the_wbmp_of_pyav() -> None:
    frame = av.VideoFrame(160, 120, "monob")
    line = frame.planes[0].line_size
    frame.planes[0].update(bytes((x + y) & 0xFF for y in range(120) for x in range(line)))
    codec = av.CodecContext.create("wbmp", "w")
    codec.width, codec.height, codec.pix_fmt, codec.time_base = 160, 120, "monob", Fraction(1, 1)
    packets = [*codec.encode(frame), *codec.encode(None)]
    found = wbmp.decode(b"".join(map(bytes, packets)))
    assert (found.width, found.height) == (160, 120)
    assert found.rows == bytes((x + y) & 0xFF for y in range(120) for x in range(20))


def test_pyav_reads_our_wbmp_and_we_its() -> None:
    rows = bytes((x * 37 + y) & 0xFF for y in range(120) for x in range(20))
    ours = wbmp.encode(wbmp.Bitmap(160, 120, rows))
    codec = av.CodecContext.create("wbmp", "r")
    (frame,) = codec.decode(av.Packet(ours))
    assert (frame.width, frame.height) == (160, 120)
    plane = frame.planes[0]
    seen = bytes(plane)
    assert b"".join(seen[y * plane.line_size : y * plane.line_size + 20] for y in range(120)) == rows


@pytest.mark.parametrize("rate", ["4.75k", "12.2k"])
def test_the_length_of_amr_as_pyav_made_it(rate: str) -> None:
    file = io.BytesIO()
    with av.open(file, "w", format="amr") as container:
        stream = container.add_stream("libopencore_amrnb", rate=8000)
        stream.layout = "mono"
        stream.bit_rate = int(float(rate[:-1]) * 1000)
        for number in range(50):
            frame = av.AudioFrame(format="s16", layout="mono", samples=160)
            frame.planes[0].update(bytes(320))
            frame.sample_rate, frame.pts = 8000, number * 160
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    found = amr.read(file.getvalue())
    assert found.octets == len(file.getvalue())
    assert found.bits_per_s == int(float(rate[:-1]) * 1000)
    assert 50 <= found.frames <= 52
    short = amr.cut(file.getvalue(), max_ms=500)
    with av.open(io.BytesIO(short)) as container:
        samples = sum(frame.samples for frame in container.decode(audio=0))
    assert samples * 1000 // 8000 == amr.read(short).duration_ms == 500
