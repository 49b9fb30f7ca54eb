"""Fuzzes every target for a while and says what was found: `python -m tests.fuzz.run [--seconds N] [--only NAME]`.

Inputs that reach new code are kept in fuzz-corpus/NAME/corpus and taken up by the next run, those that made a target
fail in fuzz-corpus/NAME/findings. One process after the other; the status is 1 when there was a finding.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from tests.fuzz.table import TARGETS
from tests.fuzz.target import Target

CORPUS = Path(__file__).parents[2] / "fuzz-corpus"
_INPUT_TIMEOUT_S = 5
_MAX_RSS_MB = 1024
_MAX_GROWTH_MB = 150  # of the process after its warm-up; libFuzzer's own tables are a small part of it
_WARM_UP = 0.2  # of the time, but no more than _WARM_UP_S
_WARM_UP_S = 60.0
_TAIL = 25  # lines of the log that a finding is told with

_STATUS = re.compile(r"^#(\d+)\s.*?cov: (\d+) ft: (\d+)", re.MULTILINE)
_DONE = re.compile(r"^stat::number_of_executed_units:\s*(\d+)", re.MULTILINE)
_ARTIFACT = re.compile(r"Test unit written to (\S+)")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one target."""

    name: str
    seconds: float
    executions: int
    edges: int
    features: int
    rss_start_mb: int  # after the warm-up
    rss_end_mb: int
    findings: tuple[str, ...]

    @property
    def row(self) -> str:
        """A line of the table."""
        speed = self.executions / self.seconds if self.seconds else 0
        return (
            f"{self.name:<13}{self.seconds:>8.0f}{self.executions:>13}{speed:>9.0f}{self.edges:>7}{self.features:>10}"
            f"{self.rss_start_mb:>8}{self.rss_end_mb:>8}{len(self.findings):>10}"
        )


HEAD = (
    f"{'target':<13}{'seconds':>8}{'executions':>13}{'exec/s':>9}{'edges':>7}{'features':>10}"
    f"{'MB from':>8}{'MB to':>8}{'findings':>10}"
)


def fuzz(name: str, target: Target, seconds: int) -> Outcome:
    """Runs libFuzzer on the target in a process of its own."""
    home = CORPUS / name
    folders = {kind: home / kind for kind in ("corpus", "seeds", "findings")}
    for folder in folders.values():
        folder.mkdir(parents=True, exist_ok=True)
    for seed in target.seeds():
        (folders["seeds"] / hashlib.sha256(seed).hexdigest()[:16]).write_bytes(seed)
    words = home / "words"
    words.write_text("".join(f'"{_escaped(word)}"\n' for word in target.words))
    log = home / "log"
    command = [
        sys.executable, "-m", "tests.fuzz.engine", name,
        f"-max_total_time={seconds}", f"-timeout={_INPUT_TIMEOUT_S}", f"-rss_limit_mb={_MAX_RSS_MB}",
        f"-max_len={target.max_len}", f"-artifact_prefix={folders['findings']}/", f"-dict={words}",
        "-print_final_stats=1", str(folders["corpus"]), str(folders["seeds"]),
    ]  # fmt: skip
    started = time.monotonic()
    with log.open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out, cwd=CORPUS.parent)
        try:
            rss_start, rss_end = _watch(process, min(_WARM_UP * seconds, _WARM_UP_S))
        finally:
            process.kill()
            process.wait()
    told = log.read_text(errors="replace")
    findings = []
    if process.returncode:
        artifact = _ARTIFACT.search(told)
        findings.append(f"status {process.returncode}, {artifact[1] if artifact else 'no input written'}, {log}")
    if rss_end - rss_start > _MAX_GROWTH_MB:
        findings.append(f"grew from {rss_start} to {rss_end} MB")
    states = _STATUS.findall(told)
    done = _DONE.search(told)
    last = states[-1] if states else ("0", "0", "0")
    return Outcome(
        name=name,
        seconds=time.monotonic() - started,
        executions=int(done[1] if done else last[0]),
        edges=int(last[1]),
        features=int(last[2]),
        rss_start_mb=rss_start,
        rss_end_mb=rss_end,
        findings=tuple(findings),
    )


def _escaped(word: bytes) -> str:
    return "".join(f"\\x{octet:02x}" for octet in word)


def _watch(process: subprocess.Popen[bytes], warm_up_s: float) -> tuple[int, int]:
    """Waits for the end; resident memory in MB after the warm-up and at last."""
    seen = psutil.Process(process.pid)
    started = time.monotonic()
    first = last = 0
    while process.poll() is None:
        try:
            last = seen.memory_info().rss >> 20 or last
        except psutil.NoSuchProcess:
            break
        if time.monotonic() - started <= warm_up_s:
            first = last
        time.sleep(0.5)
    process.wait()
    return first, last


def main() -> int:
    """The command; its status."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.run", description=__doc__)
    parser.add_argument("--seconds", type=int, default=600, help="for each target (600)")
    parser.add_argument("--only", action="append", choices=TARGETS, help="this target alone; may be given again")
    chosen = parser.parse_args()
    outcomes = []
    print(HEAD, flush=True)
    for name in chosen.only or TARGETS:
        outcome = fuzz(name, TARGETS[name], chosen.seconds)
        print(outcome.row, flush=True)
        outcomes.append(outcome)
    found = [(outcome, finding) for outcome in outcomes for finding in outcome.findings]
    for outcome, finding in found:
        print(f"\n{outcome.name}: {finding}")
        print("\n".join((CORPUS / outcome.name / "log").read_text(errors="replace").splitlines()[-_TAIL:]))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
