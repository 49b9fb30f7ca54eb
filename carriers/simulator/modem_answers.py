"""What an emulated modem answers to each command but +CMGS (TS 27.005, TS 27.007, V.250)."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from carriers.gsm import at, errors, ussd
from gateway.core.text import Alphabet, decode

if TYPE_CHECKING:
    from carriers.simulator.modem import EmulatedModem

_BASIC: Final = re.compile(r"(?:[EQVHZXMLS&][A-Z0-9=&]*)?")
_CHARACTER_SETS: Final = ("GSM", "IRA", "UCS2")
_SIM_ERRORS: Final = {"SIM PIN": (11, 311), "SIM PUK": (12, 316), "NOT INSERTED": (10, 310)}


class Refused(Exception):
    """A command is refused: `family` CMS or CME with a number, or "" for the modem not knowing the command."""

    def __init__(self, family: str = "", number: int = -1) -> None:
        super().__init__(family, number)
        self.family = family
        self.number = number

    @property
    def text(self) -> str:
        """The words of the number."""
        return errors.code_of(self.family, str(self.number)).text


class Answers:
    """Commands of one modem."""

    def __init__(self, modem: EmulatedModem) -> None:
        self._modem = modem
        self._name = ""  # of the command that is answered
        self._commands: dict[str, Callable[[str, float], list[str]]] = {
            "CMEE": self._cmee,
            "CGMI": lambda _, __: [modem.dialect.manufacturer],
            "GMI": lambda _, __: [modem.dialect.manufacturer],
            "CGMM": lambda _, __: [modem.dialect.model],
            "GMM": lambda _, __: [modem.dialect.model],
            "CGMR": lambda _, __: [modem.dialect.revision],
            "GMR": lambda _, __: [modem.dialect.revision],
            "GSN": lambda _, __: [modem.config.imei],
            "CIMI": self._cimi,
            "CPIN": self._cpin,
            "CSMS": self._csms,
            "CMGF": self._cmgf,
            "CSCA": self._csca,
            "CSCS": self._cscs,
            "CNUM": self._cnum,
            "CREG": self._creg,
            "CEREG": self._creg,
            "CGREG": self._creg,
            "COPS": self._cops,
            "CSQ": self._csq,
            "CPMS": self._cpms,
            "CNMI": self._cnmi,
            "CMMS": self._cmms,
            "CMGL": self._cmgl,
            "CMGR": self._cmgr,
            "CMGD": self._cmgd,
            "CNMA": self._cnma,
            "CUSD": self._cusd,
            "CFUN": self._cfun,
            "CHUP": lambda _, __: [],
            "CLIP": lambda _, __: [],
            "CRC": lambda _, __: [],
            "CBC": lambda _, __: ["+CBC: 0,100"],
        }

    def to(self, line: str, now: float) -> list[str]:
        """The lines of the answer but the last, which is OK; raises Refused."""
        if line[:2].upper() != "AT":
            raise Refused
        lines: list[str] = []
        for command in _parted(line[2:]):
            lines += self._one(command, now)
        return lines

    def _one(self, command: str, now: float) -> list[str]:
        modem = self._modem
        whole = f"AT{command}"
        own = modem.dialect.own.get(whole)
        if own is not None:
            if "{iccid}" in "".join(own):
                self._needs_card()
            filled = {"iccid": modem.sim.iccid, "imei": modem.config.imei, "left": str(modem.sim.tries_left)}
            return [line.format(**filled) for line in own]
        if whole.startswith(modem.dialect.refused):
            raise Refused
        if not command.startswith("+"):
            return self._basic(command.upper(), now)
        found = re.match(r"\+([A-Z]+)(.*)", command)
        handle = self._commands.get(found[1]) if found is not None else None
        if handle is None or found is None:
            raise Refused
        self._name = found[1]
        return handle(found[2], now)

    def _basic(self, command: str, now: float) -> list[str]:
        if not _BASIC.fullmatch(command):
            raise Refused
        modem = self._modem
        if "E0" in command:
            modem.echoes = modem.faults.echo_stays_on
        elif "E1" in command:
            modem.echoes = True
        if command[:1] in ("Z", "&") and "F" not in command[1:2]:
            modem.echoes = True
        return []

    # --- modem and SIM --------------------------------------------------------------------------------------

    def _cmee(self, rest: str, now: float) -> list[str]:
        if rest == "?":
            return [f"+CMEE: {int(self._modem.numeric_errors)}"]
        self._modem.numeric_errors = rest in ("=1", "=2")
        return []

    def _cpin(self, rest: str, now: float) -> list[str]:
        modem = self._modem
        if rest == "?":
            self._needs_card()
            return [f"+CPIN: {modem.sim.state}"]
        if not modem.sim.enter(rest.lstrip("=").strip('"')):
            raise Refused("CME", 12 if modem.sim.state == "SIM PUK" else 16)
        return []

    def _cimi(self, rest: str, now: float) -> list[str]:
        self._needs_sim("CME")
        return [self._modem.sim.imsi]

    def _cfun(self, rest: str, now: float) -> list[str]:
        modem = self._modem
        if rest == "?":
            return [f"+CFUN: {int(modem.is_on)}"]
        values = rest.lstrip("=").split(",")
        if values[-1] == "1" and len(values) == 2:
            modem.start_again(now)
        modem.is_on = values[0] == "1"
        return []

    def _needs_card(self) -> None:
        modem = self._modem
        if modem.faults.sim_busy:
            modem.faults.sim_busy -= 1
            raise Refused("CME", 14)
        if not modem.sim.is_inserted:
            raise Refused("CME", 10)

    def _needs_sim(self, family: str) -> None:
        modem = self._modem
        if modem.faults.sim_busy:
            modem.faults.sim_busy -= 1
            raise Refused(family, 314 if family == "CMS" else 14)
        found = _SIM_ERRORS.get(modem.sim.state)
        if found is not None:
            raise Refused(family, found[family == "CMS"])

    # --- network --------------------------------------------------------------------------------------------

    def _creg(self, rest: str, now: float) -> list[str]:
        modem = self._modem
        if rest == "?":
            return [f"+{self._name}: {modem.registration_notices},{modem.registration}"]
        if rest == "=?":
            return [f"+{self._name}: (0-2)"]
        modem.registration_notices = at.number(rest[1:]) or 0
        return []

    def _cops(self, rest: str, now: float) -> list[str]:
        registered = self._modem.registration in (1, 5)
        return ([f'+COPS: 0,0,"{self._modem.config.operator}"'] if registered else ["+COPS: 0"]) if rest == "?" else []

    def _csq(self, rest: str, now: float) -> list[str]:
        return [f"+CSQ: {self._modem.signal},99"]

    def _cnum(self, rest: str, now: float) -> list[str]:
        self._needs_sim("CME")
        return [f'+CNUM: "","{self._modem.sim.number}",145']

    def _csca(self, rest: str, now: float) -> list[str]:
        self._needs_sim("CMS")
        return ['+CSCA: "+8613800100500",145'] if rest == "?" else []

    def _cusd(self, rest: str, now: float) -> list[str]:
        modem = self._modem
        if rest in ("?", "=?") or rest[:2] == "=0":
            return ["+CUSD: 1"] if rest == "?" else []
        values = at.fields(f":{rest[1:]}")
        if len(values) > 1:
            code = values[1]
            if modem.character_set == "UCS2":
                code = decode(at.octets(code) or b"", Alphabet.UCS2)
            elif modem.dialect.packed_ussd:
                octets = at.octets(code)
                if octets is None:
                    raise Refused
                code = ussd.unpacked(octets)
            modem.say_ussd(code, now)
        return []

    # --- messages -------------------------------------------------------------------------------------------

    def _csms(self, rest: str, now: float) -> list[str]:
        if rest == "?":
            return [f"+CSMS: {int(self._modem.phase_2_plus)},1,1,1"]
        self._needs_sim("CMS")
        self._modem.phase_2_plus = rest == "=1"
        return ["+CSMS: 1,1,1"]

    def _cmgf(self, rest: str, now: float) -> list[str]:
        modem = self._modem
        if rest in ("?", "=?"):
            return [f"+CMGF: {'(0)' if rest == '=?' else int(not modem.pdu_mode)}"]
        if rest != "=0":
            raise Refused("CMS", 303)
        modem.pdu_mode = True
        return []

    def _cscs(self, rest: str, now: float) -> list[str]:
        if rest == "=?":
            return ["+CSCS: (" + ",".join(f'"{it}"' for it in _CHARACTER_SETS) + ")"]
        if rest == "?":
            return [f'+CSCS: "{self._modem.character_set}"']
        wanted = rest.lstrip("=").strip('"')
        if wanted not in _CHARACTER_SETS:
            raise Refused("CME", 4)
        self._modem.character_set = wanted
        return []

    def _cpms(self, rest: str, now: float) -> list[str]:
        modem, storages = self._modem, self._modem.storages
        self._needs_sim("CMS")
        if rest == "=?":
            readable = ",".join(f'"{it}"' for it in storages.capacity)
            receiving = ",".join(f'"{it}"' for it in modem.dialect.receiving)
            return [f"+CPMS: ({readable}),({receiving}),({receiving})"]
        chosen = [storages.reading, storages.writing, storages.receiving]
        if rest == "?":
            return ["+CPMS: " + ",".join(f'"{name}",{storages.filling(name)}' for name in chosen)]
        names = at.fields(f":{rest[1:]}")
        chosen[: len(names)] = names
        known = chosen[0] in storages.capacity and set(chosen[1:]) <= set(modem.dialect.receiving)
        if not known or len(names) > 3:
            raise Refused("CMS", 302)
        storages.reading, storages.writing, storages.receiving = chosen
        return [f"+CPMS: {storages.filling(*chosen)}"]

    def _cnmi(self, rest: str, now: float) -> list[str]:
        modem = self._modem
        if rest == "?":
            return ["+CNMI: " + ",".join(map(str, modem.notices))]
        if rest == "=?":
            return ["+CNMI: (0-2),(0-2),(0,2),(0-2),(0,1)"]
        values = [-1 if (it := at.number(word)) is None else it for word in rest[1:].split(",")]
        values += list(modem.notices[len(values) :])
        if modem.faults.notices_refused:
            modem.faults.notices_refused -= 1
            raise Refused("CMS", 303)
        mode, mt, bm, ds, bfr = values[:5]
        dialect = modem.dialect
        if (
            mode not in dialect.modes
            or mt not in (0, 1, 2)
            or bm not in dialect.broadcasts
            or ds not in dialect.reports
        ):
            raise Refused("CMS", 302)
        modem.notices = (mode, mt, bm, ds, bfr)
        return []

    def _cmms(self, rest: str, now: float) -> list[str]:
        if rest not in ("?", "=?"):
            self._modem.kept_link = at.number(rest[1:]) or 0
        return []

    def _cmgl(self, rest: str, now: float) -> list[str]:
        self._needs_sim("CMS")
        wanted = at.number(rest[1:]) if rest else 0
        if wanted is None or wanted > 4:
            raise Refused("CMS", 305)
        lines = []
        for index, message in sorted(self._modem.storages.open.items()):
            if wanted in (message.status, 4):
                length = len(message.pdu) - message.pdu[0] - 1
                lines.append(f"+CMGL: {index},{message.status},,{length}\r\n{message.pdu.hex().upper()}")
                message.status = 1 if message.status == 0 else message.status
        return lines

    def _cmgr(self, rest: str, now: float) -> list[str]:
        self._needs_sim("CMS")
        message = self._modem.storages.open.get(at.number(rest[1:]) or 0)
        if message is None:
            raise Refused("CMS", 321)
        status, message.status = message.status, 1 if message.status == 0 else message.status
        length = len(message.pdu) - message.pdu[0] - 1
        return [f"+CMGR: {status},,{length}\r\n{message.pdu.hex().upper()}"]

    def _cmgd(self, rest: str, now: float) -> list[str]:
        self._needs_sim("CMS")
        values = [at.number(it) for it in rest.lstrip("=").split(",")]
        if len(values) > 1 and values[1] == 4:
            self._modem.storages.open.clear()
        elif values[0] is None or values[0] > self._modem.storages.capacity[self._modem.storages.reading]:
            raise Refused("CMS", 321)
        else:
            self._modem.storages.open.pop(values[0], None)
        return []

    def _cnma(self, rest: str, now: float) -> list[str]:
        if not self._modem.acknowledged():
            raise Refused("CMS", 340)
        return []


def _parted(commands: str) -> list[str]:
    """The commands of one line, which semicolons part; those within quotes do not."""
    parts, quoted = [""], False
    for char in commands:
        quoted ^= char == '"'
        if char == ";" and not quoted:
            parts.append("")
        else:
            parts[-1] += char
    return parts
