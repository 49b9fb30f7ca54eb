"""The arrows and doors of ARCHITECTURE.md, held against the imports of every module."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("gateway", "mail2sms", "mms", "addressbook", "carriers", "templates")

#: From the top down; a module may import from its own layer only within its own part, and from any layer below.
LAYERS: tuple[tuple[str, ...], ...] = (
    ("gateway.__main__",),
    ("gateway.cli",),
    ("gateway.commands", "gateway.worker"),
    ("gateway.app",),
    ("gateway.front", "gateway.switchboard"),
    ("gateway.rooms",),
    ("gateway.config",),
    ("gateway.housekeeping", "gateway.options"),
    ("gateway.alarms", "gateway.dispatcher", "gateway.trace"),
    ("gateway.lane",),
    (
        "gateway.departures",
        "gateway.fetching",
        "gateway.importing",
        "gateway.inbound",
        "gateway.mmsc",
        "gateway.preparer",
    ),
    ("gateway.downstream",),
    ("gateway.mail", "gateway.web", "carriers"),
    ("gateway.store", "gateway.shared_fitting"),
    (
        "gateway.journal",
        "gateway.logs",
        "gateway.passwords",
        "gateway.clock",
        "gateway.owner",
        "gateway.stories_text",
        "gateway.fitting",
        "gateway.hand_over",
    ),
    ("mail2sms", "mms"),
    ("addressbook", "templates"),
    ("gateway.mail.mime",),
    ("gateway.core",),
)

#: One dependency, one door (gateway.web and the simulator's page both speak HTTP).
DOORS: dict[str, tuple[str, ...]] = {
    "sqlalchemy": ("gateway.store",),
    "alembic": ("gateway.store",),
    "psycopg": ("gateway.store",),
    "aiosmtpd": ("gateway.mail", "carriers.mm4"),
    "aiosmtplib": ("gateway.mail", "carriers.mm4"),
    "dns": ("gateway.mail",),
    "aiohttp": ("gateway.web", "gateway.rooms", "gateway.mmsc", "carriers.simulator", "carriers.http", "carriers.mm7"),
    "jinja2": ("gateway.web",),
    "babel": ("gateway.web",),
    "nh3": ("gateway.web",),
    "dateutil": ("mail2sms.recurrence",),
    "phonenumbers": ("mail2sms.quiet", "addressbook.numbers"),
    "prometheus_client": ("gateway.web",),
    "argon2": ("gateway.passwords",),
    "cryptography": ("gateway.store.sealing",),
    "smpplib": (),  # the judge of our codec, in tests only
    "mido": (),  # reads our MIDI, in tests only
    "serial": ("carriers.gsm",),
    "messaging": (),  # reads our MMS, in tests only
    "gsmmodem": (),  # drives our emulated modem, in tests only
    "orjson": ("gateway.web",),
    "uvloop": ("gateway.commands", "carriers.simulator"),
    "PIL": ("mms.media", "mms.preview", "mms.cards"),
    "pillow_heif": ("mms.media",),
    "av": ("mms.media",),
    "segno": ("mms.cards", "gateway.web"),
    "celery": ("gateway.worker", "gateway.hand_over"),
    "vobject": (),  # loses data that ours keeps; the comparison, in tests only
}

#: Calls that make files durable or give them names: only `gateway.store.durable` may.
DURABLE_CALLS = re.compile(r"\bos\.(rename|replace|link|fsync|fdatasync|renames)\(|\.(rename|hardlink_to|link_to)\(")


def modules() -> Iterator[tuple[str, Path]]:
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
            yield name.removesuffix(".__init__"), path


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            assert node.module is not None
            # `from package import module` names a module only its last word does.
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def part_of(module: str) -> tuple[int, str] | None:
    """The layer and the part a module belongs to: the longest part that fits."""
    found: tuple[int, str] | None = None
    for depth, parts in enumerate(LAYERS):
        for part in parts:
            if (module == part or module.startswith(part + ".")) and (found is None or len(part) > len(found[1])):
                found = depth, part
    return found


ALL = list(modules())


@pytest.mark.parametrize(("name", "path"), ALL, ids=[name for name, _ in ALL])
def test_arrows_point_down(name: str, path: Path) -> None:
    here = part_of(name)
    if here is None:
        assert name in ("gateway", *PACKAGES), f"{name} has no place in the layers"
        return
    for imported in imports(path):
        if imported.split(".")[0] not in PACKAGES:
            continue
        there = part_of(imported)
        assert there is not None, f"{name} imports {imported}, which has no place in the layers"
        assert there == here or there[0] > here[0], f"{name} ({here[1]}) must not import {imported} ({there[1]})"


@pytest.mark.parametrize(("name", "path"), ALL, ids=[name for name, _ in ALL])
def test_every_dependency_has_one_door(name: str, path: Path) -> None:
    for imported in imports(path):
        doors = DOORS.get(imported.split(".")[0])
        if doors is not None:
            assert any(name == door or name.startswith(door + ".") for door in doors), f"{name} imports {imported}"


def test_the_core_needs_nothing_but_the_standard_library() -> None:
    import sys

    for name, path in ALL:
        if name.startswith(("gateway.core", "gateway.mail.mime")):
            for imported in imports(path):
                top = imported.split(".")[0]
                assert top == "gateway" or top in sys.stdlib_module_names, f"{name} imports {imported}"


#: Folders of carriers that each speak one protocol, blind to one another.
PROTOCOLS = ("smpp", "cmpp", "sgip", "smgp", "gsm", "http", "mm4", "mm7")
#: Modules of theirs that meet a socket, a serial port or a clock; all others are sans-IO.
SHELLS: tuple[str, ...] = (
    "carriers.gsm.port",
    "carriers.gsm.discovery",
    "carriers.gsm.pool",
    "carriers.gsm.pool_ports",
    "carriers.gsm.pool_slot",
    "carriers.sgip.link",
    "carriers.mm1.link",
    "carriers.http.link",
    "carriers.http.receiver",
    "carriers.mm7.centre",
    "carriers.mm7.client",
    "carriers.mm7.door",
    "carriers.mm7.link",
    "carriers.mm4.courier",
    "carriers.mm4.link",
    "carriers.mm4.listener",
)
#: What several of them do alike: as pure, and blind to all of them.
SHARED = (
    "connection", "connection_events", "connection_session", "framing", "line_fields", "message_format", "numbers",
    "option_checks", "session", "two_way", "user_data", "validity", "window",
)  # fmt: skip
PURE = re.compile(rf"^(carriers\.({'|'.join(PROTOCOLS + SHARED)})|gateway\.core|gateway\.mail\.mime)(\.|$)")


def test_protocols_and_core_touch_no_socket_and_no_clock() -> None:
    banned = {"socket", "asyncio", "selectors", "ssl", "time", "threading", "subprocess", "logging"}
    for name, path in ALL:
        if PURE.match(name) and name not in SHELLS:
            used = {imported.split(".")[0] for imported in imports(path)}
            assert not used & banned, f"{name} imports {used & banned}"


def test_no_protocol_imports_another() -> None:
    for name, path in ALL:
        match = re.match(rf"carriers\.({'|'.join(PROTOCOLS)})\.", name)
        if match:
            for imported in imports(path):
                other = re.match(rf"carriers\.({'|'.join(PROTOCOLS)})(\.|$)", imported)
                assert other is None or other[1] == match[1], f"{name} imports {imported}"


def test_what_protocols_share_knows_none_of_them() -> None:
    found = {name: path for name, path in ALL if name.removeprefix("carriers.") in SHARED}
    assert len(found) == len(SHARED)
    for name, path in found.items():
        for imported in imports(path):
            assert not re.match(rf"carriers\.({'|'.join(PROTOCOLS)})(\.|$)", imported), f"{name} imports {imported}"


def test_only_one_module_makes_files_durable() -> None:
    for name, path in ALL:
        if name != "gateway.store.durable":
            found = DURABLE_CALLS.search(path.read_text())
            assert found is None, f"{name} calls {found[0] if found else ''} itself"


def test_package_files_hold_a_docstring_only() -> None:
    for path in ROOT.glob("*/**/__init__.py"):
        if path.parts[len(ROOT.parts)] in PACKAGES:
            body = ast.parse(path.read_text()).body
            assert len(body) == 1, f"{path} holds code"
            assert isinstance(body[0], ast.Expr)
