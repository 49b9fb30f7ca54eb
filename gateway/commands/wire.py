"""`caiyou wire PROTOCOL`: PDUs in hexadecimal to JSON and back."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable

from carriers.wire import TOOLS, decode_lines, encode_lines


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `wire`."""
    wire = commands.add_parser(
        "wire",
        help="read PDUs in hexadecimal, print them as JSON",
        description="Reads PDUs in hexadecimal, one a line, from the arguments or from standard input, and prints one "
        "JSON object a line. With --encode the other way round. A line that cannot be read gives an object with "
        "`error`, and the next line is read; the exit code is then 1.",
    )
    wire.add_argument("protocol", choices=sorted(TOOLS), help=", ".join(f"{k}: {t.title}" for k, t in TOOLS.items()))
    wire.add_argument("lines", nargs="*", metavar="PDU", help="hexadecimal (or JSON with --encode); none: from stdin")
    wire.add_argument("--encode", action="store_true", help="JSON in, hexadecimal out")
    wire.set_defaults(run=_wire)


def _wire(options: argparse.Namespace) -> int:
    lines: Iterable[str] = options.lines or sys.stdin
    tool = TOOLS[options.protocol]
    failed = False
    for line in encode_lines(tool, lines) if options.encode else decode_lines(tool, lines):
        failed = failed or line.startswith('{"error"')
        print(line, flush=True)
    return int(failed)
