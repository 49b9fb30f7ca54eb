"""`caiyou demo --once` as newcomers run it: the whole story, checked by itself, and nothing left behind."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path

import psutil
import pytest

pytestmark = pytest.mark.slow

ONCE = [sys.executable, "-m", "gateway", "demo", "--once"]
USUAL_PORTS = (2525, 2587, 8080, 8088, 2775, 7890)


def start(command: list[str], temporary: Path, **more: str) -> subprocess.Popen[str]:
    environment = os.environ | {"TMPDIR": str(temporary), "LANG": "C.UTF-8", "LC_ALL": ""} | more
    environment.pop("LC_MESSAGES", None)
    return subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        encoding="utf-8", env=environment,
    )  # fmt: skip


def said_by(demo: subprocess.Popen[str]) -> str:
    """What it said until its end; it is not waited for longer than a minute."""
    try:
        return demo.communicate(timeout=60)[0]
    finally:
        demo.kill()
        demo.communicate()


def ended(demo: subprocess.Popen[str]) -> str:
    """What it said, once it has ended well."""
    said = said_by(demo)
    assert demo.returncode == 0, said
    return said


def test_the_demo_plays_checks_and_leaves_nothing_behind(tmp_path: Path) -> None:
    began = time.monotonic()
    demo = start(ONCE, tmp_path)
    children: set[int] = set()
    while demo.poll() is None and time.monotonic() - began < 2:
        children |= {child.pid for child in psutil.Process(demo.pid).children(recursive=True)}
        time.sleep(0.2)
    said = ended(demo)
    for line in (
        "【彩邮】周喆",
        "李镕的入职材料",
        "含验证码，请登录查看",
        "邮件提醒已暂停",
        "The books: nothing is lost",
        "9 mails, 28 SMS, 4 MMS, all delivered",
        "attempt 2 on link",
        "The demo came out as it should.",
    ):
        assert line in said
    assert "482913" not in said
    assert "\x1b" not in said, "colours are for terminals"
    assert list(tmp_path.iterdir()) == []
    assert not any(psutil.pid_exists(pid) for pid in children)


def test_two_at_a_time_beside_whatever_holds_the_usual_ports(tmp_path: Path) -> None:
    with ExitStack() as stack:
        for port in USUAL_PORTS:
            holder = stack.enter_context(socket.socket())
            holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                holder.bind(("127.0.0.1", port))
                holder.listen()
            except OSError:
                pass  # somebody else holds it, which will do
        live = start([sys.executable, "-m", "gateway", "demo", "--no-browser"], tmp_path, LANG="en_GB.UTF-8")
        try:
            assert "came out as it should" in ended(start(ONCE, tmp_path, LANG="en_GB.UTF-8"))
            assert live.poll() is None
            said = ""
            assert live.stdout is not None
            for line in live.stdout:
                said += line
                if "The carriers' lines" in line:
                    break
            live.send_signal(signal.SIGTERM)
            said += ended(live)
        finally:
            live.kill()
            live.communicate()
    for place in ("swaks --server 127.0.0.1:", "Authorization: Bearer cy_", "trace 13800138000", "The phones"):
        assert place in said
    assert not any(f"127.0.0.1:{port}" in said for port in USUAL_PORTS)
    assert "李丽验证手机号" not in said, "English is what the locale asked for"
    assert list(tmp_path.iterdir()) == []


def test_an_interrupted_demo_has_not_passed_and_leaves_nothing_behind(tmp_path: Path) -> None:
    demo = start(ONCE, tmp_path)
    assert demo.stdout is not None
    for line in demo.stdout:
        if line.startswith("3."):
            break
    demo.send_signal(signal.SIGINT)
    said = said_by(demo)
    assert demo.returncode == 130, said
    assert "Traceback" not in said
    assert list(tmp_path.iterdir()) == []


def test_a_step_that_fails_is_named(tmp_path: Path) -> None:
    script = (
        "from gateway import cli\nfrom gateway.commands.demo_play import story\n"
        "story.TEXT_CODE = story.TEXT_CODE.replace('含', '含有')\ncli.main(['demo', '--once'])\n"
    )
    demo = start([sys.executable, "-c", script], tmp_path)
    said = said_by(demo)
    assert demo.returncode == 1
    assert said.splitlines()[-1].startswith(
        "caiyou: step 9 (A code by mail: withheld) failed: expected '【彩邮】江南银行"
    )
    assert "Traceback" not in said
    assert list(tmp_path.iterdir()) == []


def test_what_an_earlier_demo_kept_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "demo-data").mkdir()
    done = subprocess.run(
        [*ONCE, "--keep"], cwd=tmp_path, capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL
    )
    assert done.returncode == 1
    assert "remove it (rm -r demo-data)" in done.stderr
