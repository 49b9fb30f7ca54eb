"""Small media formats against programs we did not write: gammu for ring tones, mido for MIDI, PyAV and netpbm."""

from __future__ import annotations

import io
import subprocess
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


@pytest.mark.parametrize("tune", TUNES, ids=[tune.partition(b":")[0].decode() for tune in TUNES])
def test_gammu_writes_the_same_imelody(tune: bytes, tmp_path: Path) -> None:
    gammu = need("gammu")
    (tmp_path / "in.rttl").write_bytes(tune + b"\n")
    (tmp_path / "config").write_text("[gammu]\nconnection = none\ndevice = none\n")
    subprocess.run(
        [gammu, "-c", tmp_path / "config", "copyringtone", tmp_path / "in.rttl", tmp_path / "out.imy"],
        check=True, capture_output=True, timeout=30,
    )  # fmt: skip
    theirs = imelody.decode((tmp_path / "out.imy").read_bytes())
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
