"""`caiyou serve`: the hub itself."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gc
import signal
import sys

import uvloop

from gateway import logs
from gateway.app import App, build
from gateway.config import Config, read_config


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `serve`."""
    serve = commands.add_parser("serve", help="run the hub")
    serve.add_argument("--roles", help="only these, divided by commas: smtp,web,links,house")
    serve.set_defaults(run=_serve)


def _serve(options: argparse.Namespace) -> None:
    config = read_config(options.config)
    if options.roles:
        config = config.with_roles(options.roles.split(","))
    logs.set_up(config.log)
    uvloop.run(run(config))


async def run(config: Config) -> None:
    """Build the hub, run it until SIGTERM or SIGINT, stop it in order."""
    app = build(config)
    # What was made up to here lives as long as the process: the collector need not look at it again.
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
    await app.start()
    _say_where(app)
    await _signal()
    with contextlib.suppress(asyncio.CancelledError):
        await app.stop()


def _say_where(app: App) -> None:
    places = [f"{name} {host}:{port}" for name, host, port in app.doors()]
    print("caiyou is ready: " + ", ".join(places or ["no doors"]), file=sys.stderr, flush=True)


async def _signal() -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    await stopped.wait()
