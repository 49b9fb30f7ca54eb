"""`caiyou simulate`: the operator as a process."""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import os
import signal
import sys
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any, cast, get_args

import uvloop

from carriers.simulator.config import DEFAULT_ACCOUNTS, OFF, USUAL_PORTS, Account, Protocol, SimulatorConfig
from carriers.simulator.faults import Faults
from carriers.simulator.modem_dialects import DIALECTS
from carriers.simulator.modem_rack import Rack, RackConfig
from carriers.simulator.server import Simulator
from carriers.simulator.terminal import Terminal
from gateway.core.errors import CaiyouError, ConfigError

USAGE_ERROR = 2


def main(argv: Sequence[str]) -> int:
    """Run until interrupted. 0 when stopped in order, 1 when it cannot listen, 2 for options that make no sense."""
    options = _parser().parse_args(argv)
    try:
        config = config_of(options)
        rack_of(options)
        return uvloop.run(_run(config, options))
    except CaiyouError as error:
        sys.stderr.write(f"{error}\n")
        return USAGE_ERROR
    except OSError as error:
        sys.stderr.write(f"cannot listen: {error}\n")
        return 1


def config_of(options: argparse.Namespace) -> SimulatorConfig:
    """The configuration in the options. Raises ConfigError or BadRequest, naming the option."""
    faults = Faults()
    faults.change(
        {it.name: getattr(options, it.name) for it in fields(Faults) if getattr(options, it.name) is not None}
    )
    taken: dict[str, Any] = {
        it.name: getattr(options, it.name)
        for it in fields(SimulatorConfig)
        if getattr(options, it.name, None) is not None
    }
    taken["accounts"] = tuple(map(_account, options.account)) if options.account else DEFAULT_ACCOUNTS
    return SimulatorConfig(**taken, faults=faults)


def rack_of(options: argparse.Namespace) -> RackConfig:
    """The modems in the options. Raises ConfigError."""
    return RackConfig(
        options.modems, tuple(options.modem_dialects.split(",")), options.modem_send_s, options.modem_links
    )


def _account(text: str) -> Account:
    protocol, *rest = text.split(":")
    if protocol not in get_args(Protocol) or len(rest) not in (2, 3, 5) or not rest[0]:
        raise ConfigError(
            "--account: PROTOCOL:NAME:PASSWORD[:ACCESS NUMBER[:HOST:PORT]], "
            f"PROTOCOL one of {', '.join(get_args(Protocol))}, HOST and PORT where SGIP, MM7 and MM4 call"
        )
    name, secret, access_number, host, port = (*rest, *("", "", "0")[len(rest) - 2 :])
    if not port.isdigit():
        raise ConfigError("--account: PORT must be a number")
    return Account(cast("Protocol", protocol), name, secret, access_number, host, int(port))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="caiyou simulate",
        description="An operator here: SMPP, CMPP, SMGP, SGIP, MM7, MM4, phones, and everything that can go wrong.",
    )
    defaults = SimulatorConfig()
    parser.add_argument("--host", help=f"address to listen on ({defaults.host})")
    for name, port in USUAL_PORTS.items():
        parser.add_argument(f"--{name}-port", type=int, default=port, help=f"{port}; 0 any free one, {OFF} none")
    parser.add_argument(
        "--account", action="append", metavar="PROTOCOL:NAME:SECRET[:NUMBER[:HOST:PORT]]", help="who may log in"
    )
    parser.add_argument("--access-number", help=f"what phones see and write to ({defaults.access_number})")
    parser.add_argument("--report-delay-s", type=float, help=f"submit to report ({defaults.report_delay_s})")
    parser.add_argument("--repeat-s", type=float, help=f"until a delivery is sent again ({defaults.repeat_s})")
    parser.add_argument("--default-alphabet", help="gsm7, latin1 or ascii")
    parser.add_argument("--check-senders", action="store_true", default=None, help="refuse foreign senders")
    parser.add_argument("--count-only", action="store_true", default=None, help="keep no texts: for benchmarks")
    parser.add_argument("--window", type=int, help=f"deliveries without answer on a line ({defaults.window})")
    parser.add_argument("--tls-certificate", help="PEM file: SMPP over TLS")
    parser.add_argument("--tls-key", help="PEM file")
    parser.add_argument("--mm7-dialect", help=f"of the MMS centre ({defaults.mm7_dialect})")
    parser.add_argument("--mm7-auth", help=f"none, basic or digest ({defaults.mm7_auth})")
    parser.add_argument("--mms-gateway", metavar="URL", help="where phones fetch MMS, or direct: as pushes say")
    parser.add_argument("--mms-make", help=f"what phones with MMS are ({defaults.mms_make})")
    parser.add_argument("--mms-habit", help=f"what they do when told of an MMS ({defaults.mms_habit})")
    parser.add_argument("--quiet", action="store_true", help="print nothing about messages")
    parser.add_argument("--json", action="store_true", help="print one JSON object for every event")
    parser.add_argument("--listen-file", type=Path, help="file to write the ports to, as JSON, once it listens")
    rack = RackConfig()
    parser.add_argument("--modems", type=int, default=rack.count, metavar="N", help="GSM modems on pseudo-terminals")
    parser.add_argument(
        "--modem-dialects", default="simcom", metavar="MAKE,…", help=f"of {', '.join(DIALECTS)}, in turn"
    )
    parser.add_argument("--modem-send-s", type=float, default=rack.send_s, help=f"for one message ({rack.send_s})")
    parser.add_argument("--modem-links", default="", metavar="DIR", help="directory for links modem1, modem2 …")
    faults = parser.add_argument_group("faults", "can be changed while it runs, on the page or by typing")
    for name, value in Faults().values().items():
        option = f"--{name.replace('_', '-')}"
        if isinstance(value, bool):
            faults.add_argument(option, action="store_true", default=None)
        else:
            metavar = "PREFIX=VALUE,…" if isinstance(value, dict) else None
            faults.add_argument(option, metavar=metavar)
    return parser


async def _run(config: SimulatorConfig, options: argparse.Namespace) -> int:
    simulator = Simulator(config)
    rack = Rack(rack_of(options), None if options.quiet or options.json else _print_line)
    colours = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    terminal = Terminal(simulator.operator, sys.stdout, as_json=options.json, colours=colours)
    if not options.quiet:
        simulator.operator.listeners.append(terminal.hear)
    await simulator.start()
    rack.start()
    # Thousands of small objects come and go each second and none of them in circles: look for those seldom.
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)
    ports = {**simulator.ports, "web": simulator.web_port}
    modems = {"modems": rack.paths} if rack.modems else {}
    if options.listen_file is not None:
        _write_whole(options.listen_file, json.dumps({"host": config.host, "pid": os.getpid()} | ports | modems))
    if not options.quiet and not options.json:
        shown = "  ".join(f"{name} {config.host}:{port}" for name, port in ports.items() if port != OFF)
        sys.stdout.write("".join(f"{line}\n" for line in filter(None, [shown, *rack.lines()])))
        sys.stdout.flush()
    loop = asyncio.get_running_loop()
    over = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, over.set)
    if sys.stdin is not None and sys.stdin.isatty():
        loop.add_reader(sys.stdin.fileno(), _read_line, simulator, terminal, over)
    await over.wait()
    await rack.stop()
    await simulator.stop()
    return 0


def _read_line(simulator: Simulator, terminal: Terminal, over: asyncio.Event) -> None:
    loop = asyncio.get_running_loop()
    line = sys.stdin.readline()
    if not line:
        loop.remove_reader(sys.stdin.fileno())
        over.set()
        return
    answer = terminal.obey(line, loop.time())
    if answer:
        sys.stdout.write(answer + "\n")
        sys.stdout.flush()
    simulator.touch()


def _print_line(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _write_whole(path: Path, text: str) -> None:
    """Write so that nobody ever reads half of it."""
    draft = path.with_name(path.name + ".new")
    draft.write_text(text, "utf-8")
    draft.replace(path)
