"""The simulator in a terminal: what happens as lines, and what people type."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable
from typing import TextIO

from carriers.simulator.operator import Operator
from carriers.simulator.traffic import Fact
from gateway.core.errors import BadRequest, CaiyouError

HELP = """\
say NUMBER [>TO] TEXT     a phone writes (without >TO it answers whoever wrote last)
faults [NAME=VALUE …]     show or change what goes wrong
handsets [NUMBER]         phones, or the conversation of one
counters                  what was counted
drop                      break every line
help                      this"""

_COLOURS = {
    "received": "32", "reported": "36", "said": "35", "taken": "35", "refused": "33", "login_refused": "31",
    "erred": "31", "unbound": "31", "given_up": "31", "delivery_refused": "33", "bound": "1",
}  # fmt: skip


class Terminal:
    """Writes facts to `out`, readable or as one JSON object a line."""

    def __init__(self, operator: Operator, out: TextIO, *, as_json: bool, colours: bool) -> None:
        self._operator = operator
        self._out = out
        self._as_json = as_json
        self._colours = colours

    def hear(self, fact: Fact) -> None:
        """A listener of the operator."""
        if self._as_json:
            at = self._operator.wall_clock().isoformat(timespec="milliseconds")
            line = json.dumps({"event": fact.name, "at": at} | fact.values, ensure_ascii=False)
        else:
            shown = readable(fact)
            if not shown:
                return
            line = f"{self._operator.wall_clock():%H:%M:%S} {shown}"
            if self._colours:
                line = f"\x1b[{_COLOURS.get(fact.name, '0')}m{line}\x1b[0m"
        self._out.write(line + "\n")
        self._out.flush()

    def obey(self, line: str, now: float) -> str:
        """Do what was typed; what to say about it."""
        name, _, rest = line.strip().partition(" ")
        action = self._commands().get(name)
        if action is None:
            return f"{name}: unknown; type help" if name else ""
        try:
            return action(rest.strip(), now)
        except CaiyouError as error:
            return str(error)

    def _commands(self) -> dict[str, Callable[[str, float], str]]:
        return {
            "say": self._say,
            "faults": self._faults,
            "handsets": self._handsets,
            "counters": lambda rest, now: _table(self._operator.tally()),
            "drop": lambda rest, now: f"{self._operator.drop_lines()} lines broken",
            "help": lambda rest, now: HELP,
        }

    def _say(self, rest: str, now: float) -> str:
        number, _, text = rest.partition(" ")
        to = None
        if text.startswith(">"):
            to, _, text = text[1:].partition(" ")
        self._operator.say(number, text.strip(), to, now)
        return ""

    def _faults(self, rest: str, now: float) -> str:
        try:
            words = shlex.split(rest)
        except ValueError as error:
            raise BadRequest(f"faults: {error}") from error
        pairs = [it.partition("=") for it in words]
        if not all(equals for _, equals, _ in pairs):
            raise BadRequest("faults: NAME=VALUE …")
        if pairs:
            self._operator.change_faults({name: value for name, _, value in pairs}, now)
        return _table(self._operator.faults.values())

    def _handsets(self, rest: str, now: float) -> str:
        if not rest:
            return "\n".join(f"{it.number:16} {len(it.texts)}" for it in self._operator.handsets.values())
        found = self._operator.handsets.get(self._operator.number(rest))
        if found is None:
            return f"{rest}: nothing"
        return "\n".join(
            f"{it.at:%H:%M:%S} {'→' if it.from_phone else '←'} {it.peer}: {printable(it.text)} {it.word}"
            for it in found.texts
        )


def readable(fact: Fact) -> str:
    """The fact in one line for people; "" for those that say no more than another one."""
    it = fact.values
    match fact.name:
        case "received":
            parts = f" ({it['parts']} parts)" if it["parts"] > 1 else ""
            again = " REPEATED" if it["repeated"] else ""
            port = f" (port {it['port']})" if "port" in it else ""
            return f"{it['number']} ← {it['sender']}: {printable(it['text'])}{parts}{port}{again}"
        case "said":
            return f"{it['number']} → {it['to']}: {printable(it['text'])}"
        case "reported":
            return f"{it['number']} {it['state']} {it['id']}"
        case "taken":
            return f"{it['number']} → {it['to']}: taken by {it['account']}"
        case "refused":
            return f"refused with {it['code']}: {it['sender']} to {', '.join(it['numbers'])}"
        case "segment" | "faults_changed":
            return ""
        case _:
            return f"{fact.name.replace('_', ' ')}: " + " ".join(
                f"{name}={printable(str(v))}" for name, v in it.items()
            )


def printable(text: str) -> str:
    """The text without what would move the cursor or change colours of a terminal."""
    return "".join(char if char.isprintable() else "⏎" if char == "\n" else "\ufffd" for char in text)


def _table(values: dict[str, object]) -> str:
    return "\n".join(f"{name:24} {value}" for name, value in values.items())
