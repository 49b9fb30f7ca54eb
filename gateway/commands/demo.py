"""`caiyou demo`: the whole job on this machine, to be looked at; with --once played, checked and ended."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import itertools
import logging
import os
import signal
import sys
import tempfile
import webbrowser
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import uvloop

from gateway.commands.demo_play.post import HOST, sample, send_mail
from gateway.commands.demo_play.screen import LANGUAGES, JournalEar, Screen, language_of
from gateway.commands.demo_play.stage import ANN, LILI, LILI_PHONE, PASSWORD, Ports, Stage
from gateway.commands.demo_play.story import Story
from gateway.core.errors import Conflict

#: Between scenes, so that people can follow.
PAUSE_S: Final = 1.2
#: Between mails with --busy.
BUSY_PAUSE_S: Final = 6.0
_INTERRUPTED: Final = 130
_LOOK_S: Final = 0.2
_BUSY_MAILS: Final = (
    ("broken_gb2312", "zhouzhe@corp.example", LILI),
    ("newsletter", "news@ferry.example", ANN),
    ("photo", "mama@family.example", LILI),
    ("invite", "wang@corp.example", LILI),
    ("code", "no-reply@bank.example", LILI),
)


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `demo`."""
    demo = commands.add_parser("demo", help="the hub with carriers, phones and mails on this machine, to be looked at")
    demo.add_argument("--once", action="store_true", help="play the story, check every step, end; exit code 0 or 1")
    demo.add_argument("--keep", action="store_true", help="keep everything in ./demo-data")
    demo.add_argument("--busy", action="store_true", help="after the story, a mail every few seconds")
    demo.add_argument("--no-browser", action="store_true", help="do not open the page with the phones")
    demo.add_argument("--language", choices=LANGUAGES, help="of the trace (default: by LANG)")
    demo.set_defaults(run=_demo)


def _demo(options: argparse.Namespace) -> int:
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="replace")  # a terminal without Chinese is no reason to stop
    screen = Screen(sys.stdout, options.language or language_of(os.environ))
    ear = JournalEar(screen)
    root = logging.getLogger()
    root.handlers[:] = [ear]
    root.setLevel(logging.INFO)
    with _directory(keep=options.keep) as directory:
        stage = Stage(directory, Ports() if options.once else Ports.friendly())
        was_played = uvloop.run(_run(options, stage, screen, ear))
    return 0 if was_played or not options.once else _INTERRUPTED


@contextlib.contextmanager
def _directory(*, keep: bool) -> Iterator[Path]:
    """Where the demo keeps its data. Raises Conflict when that of an earlier demo is in the way."""
    if not keep:
        with tempfile.TemporaryDirectory(prefix="caiyou-demo-", ignore_cleanup_errors=True) as name:
            yield Path(name)
        return
    directory = Path("demo-data")
    if directory.exists():
        raise Conflict("demo-data is there from an earlier demo; remove it (rm -r demo-data) or go without --keep")
    directory.mkdir()
    yield directory


async def _run(options: argparse.Namespace, stage: Stage, screen: Screen, ear: JournalEar) -> bool:
    """Play, and without --once go on until a signal. False when a signal came before the story was over."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    try:
        await stage.open()
        _say_what(stage, screen, options)
        if not (options.once or options.no_browser):
            await asyncio.to_thread(_open_page, _phones(stage))
        story = asyncio.create_task(Story(stage, screen, ear, 0.0 if options.once else PAUSE_S).play())
        if not await _done_before(story, stopped):
            return False
        if options.once:
            screen.say("演示全部通过。", "The demo came out as it should.", indent="\n")
            return True
        _say_where(stage, screen)
        if not options.no_browser:
            await asyncio.to_thread(_open_page, _web_mail(stage))
        await _done_before(asyncio.create_task(_go_on(stage, screen, busy=options.busy)), stopped)
        return True
    finally:
        await stage.close()


async def _done_before(task: asyncio.Task[None], stopped: asyncio.Event) -> bool:
    """Run the task to its end; False, with the task ended, when the demo is to stop before. Raises what it raises."""
    waiting = asyncio.create_task(stopped.wait())
    await asyncio.wait({task, waiting}, return_when=asyncio.FIRST_COMPLETED)
    for one in (task, waiting):
        one.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    try:
        await task
    except asyncio.CancelledError:
        return False
    return True


async def _go_on(stage: Stage, screen: Screen, *, busy: bool) -> None:
    async with asyncio.TaskGroup() as group:
        group.create_task(_show_for_ever(stage, screen))
        if busy:
            group.create_task(_send_for_ever(stage, screen))


async def _send_for_ever(stage: Stage, screen: Screen) -> None:
    for name, sender, recipient in itertools.cycle(_BUSY_MAILS):
        await asyncio.sleep(BUSY_PAUSE_S)
        screen.plain(f"  ✉ {sender} → {recipient}")
        await send_mail(stage.ports.smtp, sample(name), sender, recipient)


async def _show_for_ever(stage: Stage, screen: Screen) -> None:
    """Draw every text from now on, once its fate is known."""
    handsets = stage.simulator.operator.handsets
    seen = {number: handset.texts[-1] for number, handset in handsets.items() if handset.texts}
    while True:
        await asyncio.sleep(_LOOK_S)
        for number, handset in list(handsets.items()):
            fresh = list(itertools.takewhile(lambda text: text is not seen.get(number), reversed(handset.texts)))  # noqa: B023
            for text in reversed(fresh):
                if not text.word:
                    break  # looked at again the next time
                screen.phone(number, text)
                seen[number] = text


def _open_page(url: str) -> None:
    """Show the phones in a browser where there is a display."""
    if sys.platform == "linux" and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        return
    with contextlib.suppress(webbrowser.Error, OSError):
        webbrowser.open(url)


def _phones(stage: Stage) -> str:
    """Where the phones are shown."""
    return f"http://{HOST}:{stage.ports.phones}/"


def _web_mail(stage: Stage) -> str:
    """Where the pages are, signed in on the first visit."""
    return f"http://{HOST}:{stage.ports.http}{stage.way_in}"


def _say_what(stage: Stage, screen: Screen, options: argparse.Namespace) -> None:
    screen.title("彩邮：邮件进来，手机响起", "caiyou: mail comes in, the phone rings")
    screen.say(
        "一台真的彩邮，模拟的运营商（CMPP、SMPP、彩信中心 MM7），真的 SMTP 与 HTTP；样信与号码皆为虚构。",
        "A real hub, simulated carriers (CMPP, SMPP, MM7), real SMTP and HTTP; mails and numbers are made up.",
    )
    if not options.once:
        screen.say(f"手机页面：{_phones(stage)}", f"The phones: {_phones(stage)}")


def _say_where(stage: Stage, screen: Screen) -> None:
    ports = stage.ports
    phone = LILI_PHONE.removeprefix("+86")
    screen.title("现在轮到您（Ctrl-C 结束）", "Now it is your turn (Ctrl-C ends it)")
    for zh, en, line in (
        (
            f"邮箱网页与管理台（已替 {LILI} 登录，链接只能用一次；口令 {PASSWORD}）",
            f"Web mail and console (signs {LILI} in, once; her password is {PASSWORD})",
            _web_mail(stage),
        ),
        ("手机页面（可以打字回短信）", "The phones (type to answer)", _phones(stage)),
        ("彩邮状态页", "Status of the hub", f"http://{HOST}:{ports.http}/status"),
        (
            "写一封邮件",
            "Write a mail",
            (
                f"swaks --server {HOST}:{ports.smtp} --from you@elsewhere.example --to {LILI} "
                "--header 'Subject: 你好' --body '晚上一起吃饭？'"
            ),
        ),
        (
            f"以 {LILI} 登录投递，给手机写邮件",
            f"As {LILI}, write a mail to a phone",
            (
                f"swaks --server {HOST}:{ports.submission} --auth-user {LILI} --auth-password {PASSWORD} "
                f"--from {LILI} --to 13900139000@hub.example --body '到家了'"
            ),
        ),
        (
            "用接口发短信",
            "Send an SMS by the API",
            (
                f"curl -H 'Authorization: Bearer {stage.token}' -H 'Content-Type: application/json' "
                f'-d \'{{"to":"{phone}","text":"你好"}}\' http://{HOST}:{ports.http}/api/v1/messages'
            ),
        ),
        (
            "用接口发贺卡（彩信）",
            "Send a card (MMS) by the API",
            (
                f"curl -H 'Authorization: Bearer {stage.token}' -H 'Content-Type: application/json' "
                f'-d \'{{"to":["{phone}"],"card":{{"template":"mid-autumn"}}}}\' http://{HOST}:{ports.http}/api/v1/mms'
            ),
        ),
        (
            "用短信做贺卡：在手机页面上发 8878",
            "Make a card by SMS: write 8878 on the page of the phones",
            _phones(stage),
        ),
        (
            "手机屏幕的图片",
            "Pictures of the screens",
            str(stage.directory.resolve() / "*.png"),
        ),
        (
            "查一个号码的全部经过",
            "All that went to and from a number",
            f"caiyou --config {stage.config_file.resolve()} trace {phone}",
        ),
        (
            "运营商线路",
            "The carriers' lines",
            f"CMPP {HOST}:{ports.cmpp}  SMPP {HOST}:{ports.smpp}",
        ),
    ):
        screen.say(f"{zh}：", f"{en}:")
        screen.plain(f"      {line}")
