"""The licences of everything that requirements.lock installs: checked against what may stand beside Apache-2.0.

`python deploy/licences.py > docs/licences.md` writes the page. What a package says of itself is read from its metadata.
"""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent

#: May be used, and shipped beside our code, without any change to our own licence.
ALLOWED = frozenset(
    {
        "Apache-2.0", "MIT", "MIT-0", "MIT-CMU", "BSD-2-Clause", "BSD-3-Clause", "0BSD", "ISC", "Zlib", "CC0-1.0",
        "PSF-2.0", "MPL-2.0",
    }
)  # fmt: skip

#: Package -> (licence, why it may be here all the same).
EXCEPTIONS = {
    "psycopg": ("LGPL-3.0-only", "a library of its own, installed by pip, unchanged, and replaceable by its user"),
    "psycopg-binary": ("LGPL-3.0-only", "the compiled part of psycopg; the same holds"),
    "av": (
        "BSD-3-Clause",
        (
            "its wheels bring an FFmpeg with parts under the GPL (x264); loaded by processes that fit media alone, "
            "never shipped with the program, and replaceable by a build without them"
        ),
    ),
    "pillow-heif": (
        "BSD-3-Clause",
        (
            "its wheels bring libheif and libde265 (LGPL) and x265 (GPL); loaded only where pictures are opened, never "
            "shipped with the program"
        ),
    ),
    "smpplib": ("LGPL-3.0-only", "judges our SMPP codec in tests; the program neither imports nor requires it"),
    "pycmpp": ("GPL-3.0-only", "judges our CMPP codec in tests; the program neither imports nor requires it"),
    "python-gsmmodem-new": (
        "LGPL-3.0-or-later",
        "judges our GSM PDUs and drives our emulated modem in tests; the program neither imports nor requires it",
    ),
    "python-messaging": ("GPL-2.0-only", "judges our MMS PDUs in tests; the program neither imports nor requires it"),
}
#: Exceptions that hold only for development.
TESTS_ONLY = frozenset({"smpplib", "pycmpp", "python-gsmmodem-new", "python-messaging"})

# Words of packages that do not use SPDX identifiers.
_SPDX = {
    "Apache 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "MIT License": "MIT",
    "Python Software Foundation License": "PSF-2.0",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "GNU Lesser General Public License v3 (LGPLv3)": "LGPL-3.0-only",
    "GNU General Public License v3.0": "GPL-3.0-only",
    "GNU GENERAL PUBLIC LICENSE Version 2, June 1991": "GPL-2.0-only",
    "LGPLv3+": "LGPL-3.0-or-later",
}
# "BSD License" says too little; this is what the LICENSE file says.
_READ = {
    **dict.fromkeys(
        (
            "amqp", "billiard", "click-plugins", "jinja2", "prompt-toolkit", "pyserial", "segno", "vine",
        ),
        "BSD-3-Clause",
    ),
    "python-dateutil": "Apache-2.0 OR BSD-3-Clause",
    "vobject": "Apache-2.0",
}  # fmt: skip

_INNERMOST = re.compile(r"\(([^()]*)\)")
_PINNED = re.compile(r"^([A-Za-z0-9._-]+)==(\S+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Package:
    """A locked package."""

    name: str
    version: str
    licence: str
    is_needed_to_run: bool
    home: str


def packages(root: Path = ROOT) -> list[Package]:
    """Every package of requirements.lock, those the program runs with first. Raises PackageNotFoundError."""
    pinned = _PINNED.findall((root / "requirements.lock").read_text())
    locked = {canonicalize_name(name): version for name, version in pinned}
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    running = _closure(project["dependencies"])
    found = [Package(name, version, licence_of(name), name in running, _home(name)) for name, version in locked.items()]
    return sorted(found, key=lambda package: (not package.is_needed_to_run, package.name))


def licence_of(name: str) -> str:
    """The licence expression of an installed package, in SPDX words where they are known."""
    if name in _READ:
        return _READ[name]
    about = metadata.metadata(name)
    given = next((str(about[key]) for key in ("License-Expression", "License") if key in about), "")
    if not given or "\n" in given:
        classifiers = [
            it.rpartition(" :: ")[2] for it in about.get_all("Classifier", []) if it.startswith("License ::")
        ]
        given = " OR ".join(_SPDX.get(it, it) for it in classifiers if it != "OSI Approved")
    return _SPDX.get(given, given)


def is_allowed(package: Package) -> bool:
    """Whether the package may be where it is."""
    if package.name in EXCEPTIONS:
        return package.licence == EXCEPTIONS[package.name][0] and not (
            package.is_needed_to_run and package.name in TESTS_ONLY
        )
    return _fits(package.licence)


def _fits(expression: str) -> bool:
    """Whether an SPDX expression can be fulfilled with allowed licences: AND binds closer than OR."""
    while (inner := _INNERMOST.search(expression)) is not None:
        expression = expression.replace(inner[0], "MIT" if _fits(inner[1]) else "none")
    return any(
        all(licence.strip() in ALLOWED for licence in alternative.split(" AND "))
        for alternative in expression.split(" OR ")
    )


def _closure(wanted: Iterable[str]) -> set[str]:
    """Names of everything these requirements bring along on this machine."""
    seen: set[tuple[str, str]] = set()
    waiting = [(Requirement(text), "") for text in wanted]
    while waiting:
        requirement, extra = waiting.pop()
        if requirement.marker is not None and not requirement.marker.evaluate({"extra": extra}):
            continue
        name = canonicalize_name(requirement.name)
        for wanted_extra in ("", *requirement.extras):
            if (name, wanted_extra) not in seen:
                seen.add((name, wanted_extra))
                waiting += [(Requirement(text), wanted_extra) for text in _requires(name)]
    return {name for name, _ in seen}


def _requires(name: str) -> list[str]:
    try:
        return metadata.requires(name) or []
    except metadata.PackageNotFoundError:
        return []  # for another platform


def _home(name: str) -> str:
    return f"https://pypi.org/project/{name}/"


def page(found: Iterable[Package]) -> Iterator[str]:
    """The lines of docs/licences.md."""
    found = list(found)
    yield "# Licences"
    yield ""
    yield "caiyou is under the [Apache License 2.0](../LICENSE). pip installs the packages below beside it,"
    yield "each under its own licence. `python deploy/licences.py` makes this page from `requirements.lock` and what"
    yield "the packages say of themselves; a test fails when one has a licence that is not allowed here."
    yield ""
    yield f"Allowed: {', '.join(sorted(ALLOWED))}. Exceptions, with their reasons:"
    yield ""
    for name, (licence, reason) in EXCEPTIONS.items():
        yield f"- **{name}** ({licence}): {reason}."
    yield ""
    yield "MPL-2.0 is a licence of files: it asks that changed files stay under it, and we change none."
    yield ""
    for title, needed in (("## What the program runs with", True), ("## What only its tests and checks use", False)):
        yield title
        yield ""
        yield "| package | version | licence |"
        yield "|---|---|---|"
        for package in found:
            if package.is_needed_to_run is needed:
                yield f"| [{package.name}]({package.home}) | {package.version} | {package.licence} |"
        yield ""
    yield "Not in these lists, because they are neither shipped nor linked: the Debian packages that tests use as peers"
    yield "(`deploy/system-packages.sh`), the Node.js packages of `tests/interop/node`, and atheris (`make fuzz`)."


def main() -> int:
    """Print the page; 1 when something is not allowed."""
    found = packages()
    print("\n".join(page(found)))
    bad = [package for package in found if not is_allowed(package)]
    for package in bad:
        print(f"{package.name}: {package.licence} is not allowed", file=sys.stderr)
    return int(bool(bad))


if __name__ == "__main__":
    sys.exit(main())
