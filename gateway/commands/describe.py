"""`caiyou config`: what can be configured, and whether a file is right."""

from __future__ import annotations

import argparse

from carriers.factory import KINDS
from gateway.config import TABLES, LinkConfig, read_config
from gateway.options import Option, describe


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `config`."""
    config = commands.add_parser("config", help="what can be configured").add_subparsers(
        metavar="ACTION", required=True
    )
    show = config.add_parser("describe", help="print every option with its meaning and default")
    show.add_argument("--markdown", action="store_true")
    show.set_defaults(run=_describe)
    check = config.add_parser("check", help="read the configuration and say what is wrong with it")
    check.set_defaults(run=_check)


def _tables() -> list[tuple[str, type]]:
    tables: list[tuple[str, type]] = [(f"[{name}]", kind) for name, kind in TABLES.items()]
    tables.append(("[[link]]", LinkConfig))
    tables += [(f'[[link]] with protocol = "{name}"', kind.options) for name, kind in KINDS.items()]
    return tables


def reference() -> str:
    """The configuration reference as Markdown: docs/configuration.md."""
    parts = [
        "# Configuration\n",
        "One TOML file, `caiyou.toml` (or `caiyou --config FILE`). An unknown key is an error that names it.\n",
        "The tables `[smtp]`, `[lmtp]` and `[submission]` open their doors by being there.\n",
        "This page is made from the code by `make docs`.\n",
    ]
    for title, kind in _tables():
        summary = (kind.__doc__ or "").strip().splitlines()[0]
        parts.append(f"## `{title}`\n\n{summary}\n\n| option | type | default | meaning |\n|---|---|---|---|")
        parts += [_row(option) for option in describe(kind)]
        parts.append("")
    return "\n".join(parts)


def _row(option: Option) -> str:
    default = f"`{option.default}`" if option.default else "(needed)"
    cells = (f"`{option.name}`", option.type, default, option.text)
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _describe(options: argparse.Namespace) -> None:
    if options.markdown:
        print(reference())
        return
    for title, kind in _tables():
        print(title)
        for option in describe(kind):
            print(f"  {option.name} = {option.default or '…'}    {option.text}")
        print()


def _check(options: argparse.Namespace) -> None:
    config = read_config(options.config)
    print(f"{options.config} is right: {len(config.links)} link(s)")
