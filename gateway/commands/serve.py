"""`caiyou serve`: the hub itself."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gc
import signal
import sys
from pathlib import Path

import uvloop

from gateway import logs
from gateway.app import App, build, reactions
from gateway.config import Config, read_config
from gateway.front import run_worker


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `serve`."""
    serve = commands.add_parser("serve", help="run the hub")
    serve.add_argument("--roles", help="only these, divided by commas: smtp,web,links,peers,house")
    serve.set_defaults(run=_serve)
    front = commands.add_parser("front", help=argparse.SUPPRESS)  # the hub starts these itself
    front.add_argument("number", type=int)
    front.set_defaults(run=_front)


def _serve(options: argparse.Namespace) -> None:
    config = read_config(options.config)
    if options.roles:
        config = config.with_roles(options.roles.split(","))
    logs.set_up(config.log)
    uvloop.run(run(config, options.config))


def _front(options: argparse.Namespace) -> None:
    config = read_config(options.config)
    logs.set_up(config.log)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the hub, and the worker goes with it
    tune_collector()
    uvloop.run(run_worker(config, options.number, reactions(config)))


async def run(config: Config, file: Path) -> None:
    """Build the hub, run it until SIGTERM or SIGINT, stop it in order."""
    app = build(config, file)
    tune_collector()
    await app.start()
    _say_where(app)
    await _signal()
    with contextlib.suppress(asyncio.CancelledError):
        await app.stop()


def tune_collector() -> None:
    """Set the garbage collector up for a process that runs long and makes many short-lived values."""
    # What was made up to here lives as long as the process: the collector need not look at it again.
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


def _say_where(app: App) -> None:
    places = [f"{name} {host}:{port}" for name, host, port in app.doors()]
    print("caiyou is ready: " + ", ".join(places or ["no doors"]), file=sys.stderr, flush=True)


async def _signal() -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    await stopped.wait()
