"""The map of modules in ARCHITECTURE.md, from what each module says of itself in its first sentence.

`python deploy/module_map.py` writes everything behind the heading "Map" again.
"""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "ARCHITECTURE.md"
HEADING = "## Map\n"

#: Folder -> what it is for, in the order of the map.
FOLDERS = {
    "gateway": "The hub: the process and what ties it together.",
    "gateway/core": "The vocabulary and the rules; pure.",
    "gateway/store": "The only door to the database and to durable files.",
    "gateway/mail": "Mail in and out.",
    "gateway/mail/mime": "Reading and writing mails; pure.",
    "gateway/web": "HTTP API, status page, webhooks, metrics.",
    "gateway/commands": "The command line.",
    "gateway/commands/demo_play": "The demo.",
    "mail2sms": "Mail told by SMS, and SMS answered by mail.",
    "carriers": "Lines to carriers.",
    "carriers/smpp": "SMPP 3.4.",
    "carriers/cmpp": "CMPP 2.0 and 3.0.",
    "carriers/simulator": "An operator on your machine.",
    "templates": "Texts and looks, no decisions: `sms/`, `mail/`, `web/`, per language.",
}

_REST = """\
### The rest

- `mms/`, `addressbook/`: empty so far.
- `gateway/store/migrations/`: one file a migration, made by `gateway.store.upgrade.write_migration`.
- `tests/unit/`: one folder a package, without sleeps and sockets; `tests/interop/`: programs that are not ours;
  `tests/e2e/`: stories on the real parts; `tests/fuzz/`: every decoder; `tests/fakes/`: stores, hubs and peers.
- `bench/`: speed, as ratios against Kannel and smpplib in the same run.
- `deploy/`: [example configuration](deploy/caiyou.toml), [systemd unit](deploy/caiyou.service),
  [Dovecot](deploy/dovecot.conf), the Debian packages, the scripts behind this map and the page of licences.
- `docs/`: what you are reading."""


def first_words(path: Path) -> str:
    """The first paragraph of a module's docstring, on one line, without its final stop."""
    text = ast.get_docstring(ast.parse(path.read_text())) or ""
    return " ".join(text.partition("\n\n")[0].split()).rstrip(".")


def lines() -> Iterator[str]:
    """The map, without its heading."""
    yield "\nFolders and modules, each with what it says of itself.\n"
    for folder, purpose in FOLDERS.items():
        yield f"### `{folder}/`\n\n{purpose}\n"
        for path in sorted((ROOT / folder).glob("*.py")):
            if not path.name.startswith("__"):
                entry = f"- `{path.name}`: {first_words(path)}."
                yield textwrap.fill(entry, 118, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)
        yield ""
    yield _REST


def main() -> None:
    """Write the map into the page."""
    head, _, _ = PAGE.read_text().partition(HEADING)
    PAGE.write_text(head + HEADING + "\n".join(lines()) + "\n")


if __name__ == "__main__":
    main()
