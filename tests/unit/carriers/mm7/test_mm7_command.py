"""`caiyou wire mm7`: a file as JSON, and the dialect of a sample."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gateway import cli
from mms.codec.mm7.dialect import load
from tests.unit.mms.codec.mm7 import mm7_samples as samples


def main(*words: str) -> int:
    """The status that the command ends with."""
    with pytest.raises(SystemExit) as ended:
        cli.main(list(words))
    return int(ended.value.code or 0)


def test_a_file_is_read_as_it_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "sample"
    path.write_bytes(samples.china_mobile())
    assert main("wire", "mm7", "--file", str(path)) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["message"], said["transaction_id"], said["subject"]) == ("SubmitReq", "1234567890", "贺卡")
    assert said["body"]["parts"][0]["type"] == "image/gif"
    assert bytes.fromhex(said["octets"]) == samples.china_mobile()


def test_the_dialect_of_a_sample_is_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "sample"
    path.write_bytes(samples.NOKIA_DELIVER)
    assert main("wire", "mm7", "--dialect-of", str(path)) == 0
    said = capsys.readouterr().out
    assert said.startswith("# 3gpp-rel6: ")
    assert "#   typed: False, in the sample True" in said
    made = tmp_path / "seen.toml"
    made.write_text(said, encoding="utf-8")
    assert load(str(made)).prefix == "mm7p6a0"


@pytest.mark.parametrize("option", ["--file", "--dialect-of"])
def test_a_file_that_is_not_there_or_no_mm7(option: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main("wire", "mm7", option, str(tmp_path / "nothing")) != 0
    path = tmp_path / "sample"
    path.write_bytes(b"hello")
    assert main("wire", "mm7", option, str(path)) != 0
    assert "no XML" in "".join(capsys.readouterr())
