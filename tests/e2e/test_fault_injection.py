"""Disks that fail and a hub that dies at every step of taking one mail and one message, put there by strace.

First a run without faults counts the calls that touch the store's files, by thread because strace counts so; then each
of them fails in turn with EIO and ENOSPC, or the hub is killed at it. After each the hub is started again and must have
what it said it had, once, and nothing half. CAIYOU_FULL=1 takes every call; otherwise a sample.
"""

from __future__ import annotations

import contextlib
import http.client
import os
import shutil
import smtplib
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.fakes.processes import MEMBER, HubProcess, post_sms
from tests.fakes.strace import Call, read_trace, watching, why_not

FULL = os.environ.get("CAIYOU_FULL") == "1"
#: Cases of each call when not all are taken.
SAMPLE = {"fsync": 6, "fdatasync": 3, "rename": 3, "link": 2, "write": 3, "pwrite64": 4}
#: Seconds in which the hub ends what follows its answers (the links into Maildirs), and strace writes of it.
AFTERMATH_S = 0.3
KILL = "signal=KILL"
FAULTS = ("error=EIO", "error=ENOSPC", KILL)
SUBJECT = "under-faults"
BODY = b"whole" * 1000

pytestmark = [pytest.mark.slow]


@pytest.fixture(autouse=True)
def strace() -> None:
    """Skips where strace cannot trace."""
    reason = why_not()
    if reason:
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)


@dataclass(frozen=True)
class Said:
    """What the clients were told."""

    mail: bool
    message: int | None


def talk(hub: HubProcess) -> Said:
    """One mail and one message."""
    mail, message = False, None
    text = f"From: b@c.example\r\nTo: {MEMBER}\r\nSubject: {SUBJECT}\r\n\r\n".encode() + BODY
    with contextlib.suppress(OSError, smtplib.SMTPException):
        line = smtplib.SMTP("127.0.0.1", hub.ports["smtp"], local_hostname="client.example", timeout=10)
        try:
            mail = not line.sendmail("b@c.example", [MEMBER], text)
        finally:
            line.close()
    with contextlib.suppress(OSError, http.client.HTTPException, ValueError):
        status, message_id = post_sms(hub.ports["http"], hub.token, "+8613800138000", "hello")
        message = int(message_id) if status == 202 else None
    return Said(mail, message)


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A store with its member in it, to be copied, and the token."""
    place = tmp_path_factory.mktemp("fresh")
    hub = HubProcess(place)
    hub.close()
    return place, hub.token


def copy_of(fresh: tuple[Path, str], place: Path) -> HubProcess:
    shutil.copytree(fresh[0] / "data", place / "data")
    return HubProcess(place, token=fresh[1])


@pytest.fixture(scope="module")
def counted(fresh: tuple[Path, str], tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[int]]:
    """Which calls on the store's files one mail and one message cause: name -> the how-manieth of their threads."""
    place = tmp_path_factory.mktemp("count")
    hub = copy_of(fresh, place)
    trace = place / "trace"
    try:
        assert hub.start(), hub.said()
        with watching(hub.pid, trace, "-s", "0", "-e", f"trace={','.join(SAMPLE)}"):
            said = talk(hub)
            time.sleep(AFTERMATH_S)
        assert said.mail
        assert said.message is not None
    finally:
        hub.close()
    of_thread: Counter[tuple[str, str]] = Counter()
    found: dict[str, set[int]] = {name: set() for name in SAMPLE}
    for call in read_trace(trace):
        of_thread[call.thread, call.name] += 1
        if hub.config.data_dir in call.arguments and "-shm" not in call.arguments:
            found[call.name].add(of_thread[call.thread, call.name])
    return {name: sorted(numbers) for name, numbers in found.items()}


@pytest.mark.parametrize("calls", SAMPLE)
def test_each_call_fails_in_turn(
    fresh: tuple[Path, str],
    counted: dict[str, list[int]],
    tmp_path: Path,
    calls: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert counted[calls]
    cases = [(fault, n) for fault in FAULTS for n in counted[calls]]
    if not FULL:
        cases = cases[:: max(1, len(cases) // SAMPLE[calls])]  # spread over all faults
    lines, wrong, met = [], [], 0
    for number, (fault, n) in enumerate(cases):
        place = tmp_path / f"case{number}"
        place.mkdir()
        hub = copy_of(fresh, place)
        try:
            struck, said, outcome = suffer(hub, calls, fault, n)
        finally:
            hub.close()
            shutil.rmtree(place)
        lines.append(
            f"{calls:10} {fault:13} {n:4}  {'yes' if struck else 'no':6}  {'yes' if said.mail else 'no':4}  "
            f"{'no' if said.message is None else 'yes':3}  {outcome or 'nothing'}"
        )
        met += struck
        if outcome:
            wrong.append(lines[-1])
    with capsys.disabled():
        print("\ncall       fault            n  struck  mail  sms  lost, doubled or half\n" + "\n".join(lines))
    assert wrong == []
    assert met, "no fault was met: which thread makes which call is not always the same, but this is too seldom"


def suffer(hub: HubProcess, calls: str, fault: str, n: int) -> tuple[bool, Said, str]:
    """Let the n-th call of a thread fail, then start again without faults.

    Whether the fault was met, what the clients were told, and what is wrong afterwards.
    """
    data_dir = hub.config.data_dir
    trace = hub.directory / "trace"
    assert hub.start(), hub.said()
    inject = f"inject={calls}:{fault}:when={n}"
    with watching(hub.pid, trace, "-s", "0", "-e", f"trace={calls}", "-e", inject):
        said = talk(hub)
        time.sleep(AFTERMATH_S)
        died = not hub.is_alive()
    hub.kill()
    struck = ("INJECTED" in trace.read_text(errors="replace")) or (fault == KILL and died)
    if not hub.start():
        return struck, said, f"does not start again: {hub.said()[-200:]}"
    _settle(hub)
    hub.stop()
    bodies = Counter(SUBJECT.encode() in body and body.endswith(BODY + b"\r\n") for body in hub.bodies())
    rows, messages = len(hub.mail_subjects()), hub.messages()
    wrong = []
    if said.mail and not (bodies[True] == rows == 1):
        wrong.append(f"mail: {bodies[True]} files, {rows} rows")
    if bodies[False] or bodies[True] != rows or rows > 1:
        wrong.append(f"half or doubled: {dict(bodies)}, {rows} rows")
    if said.message is not None and list(messages) != [said.message]:
        wrong.append(f"message {said.message} is not the one in {list(messages)}")
    if len(messages) > 1:
        wrong.append("message doubled")
    bad_names = [path for path in Path(data_dir, "blob").rglob("*") if path.is_file() and not _whole(path)]
    if bad_names:
        wrong.append(f"half under a name: {bad_names}")
    return struck, said, "; ".join(wrong)


def _whole(path: Path) -> bool:
    return path.name.startswith(".") or path.read_bytes().endswith(BODY + b"\r\n")


def _settle(hub: HubProcess) -> None:
    end = time.monotonic() + 10
    while hub.desk.read_now(lambda books: books.mails.unplaced()) and time.monotonic() < end:
        time.sleep(0.05)


def test_no_answer_leaves_before_everything_is_on_disk(fresh: tuple[Path, str], tmp_path: Path) -> None:
    """The order of the calls, as the kernel saw it: file, name, directory, row, answer."""
    hub = copy_of(fresh, tmp_path)
    trace = tmp_path / "trace"
    calls = "openat,write,pwrite64,fsync,fdatasync,rename,link,sendto,sendmsg,writev"
    try:
        assert hub.start(), hub.said()
        with watching(hub.pid, trace, "-s", "64", "-e", f"trace={calls}"):
            said = talk(hub)
            time.sleep(AFTERMATH_S)  # a client has its answer before strace has written of it
        assert said.mail
        assert said.message is not None
    finally:
        hub.close()
    seen = list(read_trace(trace))
    end_of_data = next(n for n, call in enumerate(seen) if _answers(call, "354"))
    accepted = next(n for n, call in enumerate(seen) if n > end_of_data and _answers(call, "250"))
    between = seen[end_of_data:accepted]
    body = next(call.path for call in between if call.name == "fsync" and call.path.endswith(".tmp"))
    steps = [
        _place(between, lambda c: c.name in ("write", "pwrite64") and c.path == body),
        _place(between, lambda c: c.name == "fsync" and c.path == body),
        _place(between, lambda c: c.name == "rename" and c.paths[0] == body),
        _place(between, lambda c: c.name == "fsync" and c.path == os.path.dirname(body)),
        _place(between, lambda c: c.name == "pwrite64" and c.path.endswith("-wal")),
        _place(between, lambda c: c.name in ("fsync", "fdatasync") and c.path.endswith("-wal")),
    ]
    assert steps == sorted(steps), steps
    last_row = max(n for n, c in enumerate(between) if c.name == "pwrite64" and c.path.endswith("-wal"))
    synced = max(n for n, c in enumerate(between) if c.name in ("fsync", "fdatasync") and c.path.endswith("-wal"))
    assert synced > last_row

    answered = next(n for n, call in enumerate(seen) if n > accepted and _answers(call, "HTTP/1.1 202"))
    rows = [n for n in range(accepted, answered) if seen[n].name == "pwrite64" and seen[n].path.endswith("-wal")]
    syncs = [
        n for n in range(accepted, answered)
        if seen[n].name in ("fsync", "fdatasync") and seen[n].path.endswith("-wal")
    ]  # fmt: skip
    assert rows
    assert max(syncs) > rows[0]


def _answers(call: Call, text: str) -> bool:
    is_socket = call.name in ("write", "sendto", "sendmsg", "writev") and ("socket:" in call.path or "TCP" in call.path)
    return is_socket and f'"{text}' in call.arguments


def _place(calls: list[Call], wanted: object) -> int:
    return next(n for n, call in enumerate(calls) if wanted(call))  # type: ignore[operator]
