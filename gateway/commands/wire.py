"""`caiyou wire PROTOCOL`: PDUs in hexadecimal to JSON and back."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from pathlib import Path

from carriers.wire import MAX_LINE, TOOLS, decode_lines, encode_lines
from gateway.core.errors import BadRequest
from mms.codec.mm7.dialect import toml
from mms.codec.mm7.inference import infer


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
    wire.add_argument("--file", type=Path, help="read one PDU from a file, octets as they are (mm4, mm7, mms …)")
    wire.add_argument(
        "--dialect-of", type=Path, metavar="FILE", help="mm7: which dialect a centre's sample is in, and what differs"
    )
    wire.set_defaults(run=_wire)


def _wire(options: argparse.Namespace) -> int:
    if options.dialect_of is not None:
        return _dialect_of(options.dialect_of)
    lines: Iterable[str] = options.lines or sys.stdin
    if options.file is not None:
        lines = [_octets(options.file).hex()]
    tool = TOOLS[options.protocol]
    failed = False
    for line in encode_lines(tool, lines) if options.encode else decode_lines(tool, lines):
        failed = failed or line.startswith('{"error"')
        print(line, flush=True)
    return int(failed)


def _dialect_of(path: Path) -> int:
    """Print how our dialects fit, and as a file the one that was seen."""
    finding = infer(_octets(path))
    for fit in finding.fits:
        print(f"# {fit.name}: {fit.share:.0%}")
        for key, (ours, theirs) in fit.differs.items():
            print(f"#   {key}: {ours!r}, in the sample {theirs!r}")
    print(f"\n# As the sample has it; what it does not show is as in {finding.fits[0].name}.")
    print(toml(finding.dialect), end="")
    return 0


def _octets(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MAX_LINE // 2 + 1)
    except OSError as error:
        raise BadRequest(f"{path}: {error.strerror}") from error
