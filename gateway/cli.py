"""The `caiyou` command: parses the words and hands over to a module of `gateway.commands`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from gateway.commands import (
    accounts,
    address_book,
    alarms,
    card,
    carddav,
    demo,
    describe,
    device,
    handset,
    imports,
    links,
    mailbox,
    mms,
    modem,
    numbers,
    peers,
    reminders,
    routes,
    serve,
    stories,
    wire,
)
from gateway.core.errors import CaiyouError

#: Each adds its subcommands to the parser; a parsed command carries its function in `run`.
GROUPS = (
    serve, demo, wire, stories, accounts, links, alarms, routes, numbers, handset, mailbox, mms, card, peers,
    reminders, modem, carddav, device, address_book, imports, describe,
)  # fmt: skip


def parser() -> argparse.ArgumentParser:
    """The parser of the whole command line."""
    top = argparse.ArgumentParser(prog="caiyou", description="A messaging hub: e-mail, SMS and MMS as one thing.")
    top.add_argument(
        "--config", type=Path, default=Path("caiyou.toml"), metavar="FILE", help="configuration (default: caiyou.toml)"
    )
    commands = top.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for group in GROUPS:
        group.add_commands(commands)
    # The simulator has options of its own; they are read where they are defined.
    simulate = commands.add_parser("simulate", help="be an operator: carrier sides, handsets, faults", add_help=False)
    simulate.set_defaults(run=None)
    return top


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command; exits with 0, or with 1 and a sentence on standard error, or with 2 for a misspelt command."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if words[:1] == ["simulate"]:
        from carriers.simulator import command  # its web page need not be loaded for anything else

        sys.exit(command.main(words[1:]))
    options, more = parser().parse_known_args(words)
    if more:
        # `caiyou wire smpp --encode LINE`: argparse gives up on a list of words that an option interrupts.
        if not hasattr(options, "lines") or any(word.startswith("--") for word in more):
            parser().error(f"unrecognized arguments: {' '.join(more)}")
        options.lines += more
    try:
        sys.exit(options.run(options) or 0)
    except CaiyouError as error:
        print(f"caiyou: {error}", file=sys.stderr)
        sys.exit(1)
    except BrokenPipeError:
        sys.stderr.close()  # the reader of our output went away (head, less): nothing to say
        sys.exit(0)
    except KeyboardInterrupt:
        sys.exit(130)
