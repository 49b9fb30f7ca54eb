"""An emulated GSM modem without port and clock: AT commands in, answers and notices out (TS 27.005, TS 27.007, V.250).

`now` is monotonic seconds. Octets of the computer go into `receive`, the modem's come out of `data_to_send`; `tick`
lets time pass. `say` is a phone that writes, `sent` is what went out, `faults` what it does wrong.
"""

from __future__ import annotations

import heapq
import itertools
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from carriers.gsm import at, ussd
from carriers.gsm.tpdu.submit import Submit
from carriers.simulator.modem_answers import Answers, Refused
from carriers.simulator.modem_dialects import DIALECTS, Dialect
from carriers.simulator.modem_faults import ModemFaults
from carriers.simulator.modem_network import Network, Sent, with_smsc
from carriers.simulator.modem_sim import Sim
from carriers.simulator.modem_storage import Storages, Stored
from gateway.core.errors import CaiyouError
from gateway.core.text import Alphabet, encode

_REPORT: Final = 2  # message type of SMS-STATUS-REPORT
#: How long the network waits for +CNMA; then the modem stops handing messages over (TS 27.005 3.4.4).
ACKNOWLEDGEMENT_S: Final = 15.0
_MAX_INPUT: Final = 4096
_MOST_KEPT: Final = 10_000


@dataclass(frozen=True, slots=True)
class ModemConfig:
    """What modem it is."""

    dialect: str = "simcom"
    imei: str = "861234050000017"
    sim: Sim = field(default_factory=Sim)
    #: Seconds that sending one message takes.
    send_s: float = 3.0
    #: Seconds between a message and the report on it.
    report_s: float = 2.0
    #: Signal, 0 to 31, 99 = not known.
    signal: int = 20
    #: Second value of +CREG.
    registration: int = 1
    operator: str = "CHINA MOBILE"
    #: Seconds from power on to the first word.
    boot_s: float = 0.0


class EmulatedModem:
    """One modem with a SIM in it."""

    def __init__(self, config: ModemConfig | None = None, faults: ModemFaults | None = None) -> None:
        self.config = config or ModemConfig()
        self.faults = faults or ModemFaults()
        self.dialect: Dialect = DIALECTS[self.config.dialect]
        self.sim = self.config.sim
        self.network = Network()
        self.storages = Storages(self.dialect.storages)
        self.sent: deque[Sent] = deque(maxlen=_MOST_KEPT)
        self.heard: deque[str] = deque(maxlen=_MOST_KEPT)  # commands
        self.on_sent: Callable[[Sent, float], None] | None = None  # hears of each message that went out
        self.ussd_answers: dict[str, tuple[int, str]] = {"*100#": (0, "Balance 12.50")}
        self.registration = self.config.registration
        self.signal = self.config.signal
        self.is_gone = False  # the cable was pulled
        self.echoes = True
        self.pdu_mode = True
        self.numeric_errors = False
        self.phase_2_plus = False
        self.notices = (0, 0, 0, 0, 0)
        self.kept_link = 0
        self.character_set = "GSM"
        self.registration_notices = 0
        self.is_on = True
        self._answers = Answers(self)
        self._input = bytearray()
        self._output: list[bytes] = []
        self._later: list[tuple[float, int, Callable[[float], None]]] = []
        self._ticket = itertools.count()
        self._is_busy = False
        self._collects: int | None = None  # octets of the TPDU whose text is awaited
        self._deaf_until = 0.0
        self._next_reference = 0
        self._waiting: list[bytes] = []  # TPDUs the network holds
        self._handed: bytes | None = None  # the one that waits for +CNMA
        self._handed_until = 0.0
        self._concat_reference = 0
        self._told_full = False
        self._chatter = 0

    # --- the world around it --------------------------------------------------------------------------------

    def power_on(self, now: float) -> None:
        """It starts: everything it was told is forgotten, and it says so in its maker's words."""
        self.echoes, self.pdu_mode, self.numeric_errors, self.phase_2_plus = True, True, False, False
        self.notices, self.kept_link, self.registration_notices = (0, 0, 0, 0, 0), 0, 0
        self.is_on, self.character_set = True, "GSM"
        self._is_busy, self._collects, self._handed = False, None, None
        self._later.clear()
        self._input.clear()
        self.storages.select_first()
        self.sim.lock()
        self._deaf_until = now + self.config.boot_s

        def speak(_: float) -> None:
            for line in self.dialect.boot:
                if line != "+CPIN: READY" or self.sim.state == "READY":
                    self._say(line)

        self._in(self.config.boot_s, speak, now)

    def say(self, sender: str, text: str, now: float, *, turns: tuple[int, ...] = ()) -> None:
        """A phone writes to the SIM; a long text comes in parts, in the order of `turns` when given."""
        self._concat_reference += 1
        parts = self.network.messages(sender, text, now, concat_reference=self._concat_reference)
        for turn in turns or range(len(parts)):
            self.arrive(parts[turn], now)

    def arrive(self, tpdu: bytes, now: float) -> None:
        """The network has a TPDU for the SIM."""
        self._waiting.append(tpdu)
        self._hand_over(now)

    def call(self) -> None:
        """Somebody rings."""
        self._say("RING")

    def register(self, state: int, now: float) -> None:
        """The registration changes."""
        self.registration = state
        if self.registration_notices:
            self._say(f"+CREG: {state}")
        self._hand_over(now)

    def ask_by_ussd(self, text: str) -> None:
        """The network begins a USSD session."""
        self._say_ussd(ussd.Step.ASKS, text)

    def deafen(self, seconds: float, now: float) -> None:
        """It hangs: nothing is heard and nothing said for so long."""
        self._deaf_until = now + seconds

    def vanish(self) -> None:
        """The cable is pulled."""
        self.is_gone = True
        self._output.clear()

    # --- octets and time ------------------------------------------------------------------------------------

    def data_to_send(self) -> bytes:
        """Octets for the computer, taken out."""
        data = b"".join(self._output)
        self._output.clear()
        return data

    def receive(self, data: bytes, now: float) -> None:
        """Take octets of the computer."""
        if self.is_gone or now < self._deaf_until:
            return
        self._input += data[: _MAX_INPUT - len(self._input)]
        self._work(now)

    def tick(self, now: float) -> None:
        """Let time pass."""
        if self.is_gone or now < self._deaf_until:
            return
        while self._later and self._later[0][0] <= now:
            heapq.heappop(self._later)[2](now)
        if self._handed is not None and now >= self._handed_until:
            # Not acknowledged: the network keeps it, and nothing more is handed over.
            self._waiting.insert(0, self._handed)
            self._handed = None
            mode, _, bm, _, bfr = self.notices
            self.notices = (mode, 0, bm, 0, bfr)
        self._work(now)

    @property
    def next_due(self) -> float | None:
        """When `tick` has something to do next."""
        return self._later[0][0] if self._later else None

    def _work(self, now: float) -> None:
        """Take commands and texts out of what came, one at a time."""
        while not self._is_busy and self._input:
            if self._collects is not None:
                if not self._take_text(now):
                    return
                continue
            end = self._input.find(b"\r")
            if end < 0:
                return
            raw = bytes(self._input[: end + 1])
            del self._input[: end + 1]
            if self.echoes:
                self._output.append(raw.replace(b"\x1b", b""))
            line = raw.decode("latin-1").strip("\r\n\x1b\x1a ")
            if line:
                self._obey(line, now)

    def _take_text(self, now: float) -> bool:
        """The text behind the prompt, up to Ctrl-Z or ESC; False while it is not whole."""
        ends = [it for it in (self._input.find(b"\x1a"), self._input.find(b"\x1b")) if it >= 0]
        if not ends:
            return False
        end = min(ends)
        text, mark = bytes(self._input[:end]), self._input[end]
        del self._input[: end + 1]
        if self.echoes:
            self._output.append(text)
        wanted, self._collects = self._collects or 0, None
        if mark == 0x1B:
            self._say("OK")
        else:
            self._send(text.decode("latin-1").strip(), wanted, now)
        return True

    # --- commands -------------------------------------------------------------------------------------------

    def _obey(self, line: str, now: float) -> None:
        self.heard.append(line)
        if line.upper().startswith("AT+CMGS="):
            self._prompt(line, now)
            return
        try:
            lines = self._answers.to(line, now)
        except Refused as refusal:
            self._answer(line, [], self.error(refusal), now)
            return
        self._answer(line, lines, "OK", now)
        self._hand_over(now)

    def _prompt(self, line: str, now: float) -> None:
        if self.faults.prompts_missing:
            self.faults.prompts_missing -= 1
            return
        length = at.number(line[8:])
        if self.sim.state != "READY":
            self._answer(line, [], self.error(Refused("CMS", 311)), now)
        elif length is None or not 7 <= length <= 164:
            self._answer(line, [], self.error(Refused("CMS", 304)), now)
        else:
            self._collects = length
            if self.faults.prompts_unsaid:
                self.faults.prompts_unsaid -= 1
            else:
                self._output.append(b"\r\n> ")

    def _send(self, digits: str, length: int, now: float) -> None:
        try:
            octets = bytes.fromhex(digits)
            tpdu = octets[octets[0] + 1 :]
            if len(tpdu) != length:
                raise ValueError
            submit = Submit.decode(tpdu)
        except (ValueError, IndexError, CaiyouError):
            self._answer("AT+CMGS=", [], self.error(Refused("CMS", 304)), now)
            return
        self._is_busy = True
        self._in(self.config.send_s, lambda later: self._sent(submit, tpdu, later), now)

    def _sent(self, submit: Submit, tpdu: bytes, now: float) -> None:
        self._is_busy = False
        faults = self.faults
        refusal = ""
        if self.registration not in (1, 5):
            refusal = "331"
        elif self.kept_link and faults.dislikes_kept_link:
            refusal = "500"
        elif faults.refuse_messages:
            refusal = faults.refuse_messages.pop(0)
        if refusal:
            code = Refused("CMS", int(refusal)) if refusal.isdigit() else None
            self._answer("AT+CMGS=", [], self.error(code) if code else f"+CMS ERROR: {refusal}", now)
            return
        sent = Sent(self._next_reference, tpdu, submit)
        self._next_reference = (self._next_reference + 1) % 256
        self.sent.append(sent)
        if self.on_sent is not None:
            self.on_sent(sent, now)
        report = self.network.report(sent, now, faults.report_status) if submit.wants_report else None
        if report is not None and faults.report_first:
            self.arrive(report, now)
        elif report is not None:
            self._in(self.config.report_s, lambda later: self.arrive(report, later), now)
        if faults.answers_missing:
            faults.answers_missing -= 1
        else:
            self._answer("AT+CMGS=", [f"+CMGS: {sent.reference}"], "OK", now)

    def error(self, refusal: Refused) -> str:
        """The line that refuses a command, as this modem words it now."""
        if refusal.family == "":
            return self.dialect.refusal
        if not self.numeric_errors:
            return "ERROR"
        if self.dialect.speaks_verbose:
            return f"+{refusal.family} ERROR: {refusal.text}"
        return f"+{refusal.family} ERROR: {refusal.number}"

    def say_ussd(self, code: str, now: float) -> None:
        """The network answers a code, a second later."""
        step, text = self.ussd_answers.get(code, (ussd.Step.UNSUPPORTED, ""))
        self._in(1.0, lambda _: self._say_ussd(step, text), now)

    def start_again(self, now: float) -> None:
        """It was told to reset itself."""
        self._in(0.1, self.power_on, now)

    def acknowledged(self) -> bool:
        """+CNMA: what was handed over is on disk; False when nothing was."""
        had, self._handed = self._handed, None
        return had is not None

    # --- words ----------------------------------------------------------------------------------------------

    def _answer(self, command: str, lines: list[str], last: str, now: float) -> None:
        faults = self.faults
        late_s = next((faults.late_answer_to.pop(it) for it in [*faults.late_answer_to] if command.startswith(it)), 0.0)
        if late_s:
            self._in(late_s, lambda _: self._speak(command, lines, last), now)
        else:
            self._speak(command, lines, last)

    def _speak(self, command: str, lines: list[str], last: str) -> None:
        faults = self.faults
        within = [faults.said_within.pop(it) for it in [*faults.said_within] if command.startswith(it)]
        if faults.chatters and self.dialect.chatter:
            within.append(self.dialect.chatter[self._chatter % len(self.dialect.chatter)])
            self._chatter += 1
        words = "".join(f"\r\n{line}\r\n" for line in [*lines[:1], *within, *lines[1:], last]).encode("latin-1")
        if faults.half_answer_to and command.startswith(faults.half_answer_to):
            faults.half_answer_to = ""
            words = words[: len(words) // 2]
        self._output.append(words)

    def _say(self, *lines: str) -> None:
        if not self.is_gone:
            self._output.append("".join(f"\r\n{line}\r\n" for line in lines).encode("latin-1"))

    def _say_ussd(self, step: int, text: str) -> None:
        if not text:
            self._say(f"+CUSD: {step}")
        elif not text.isascii() or self.character_set == "UCS2":
            self._say(f'+CUSD: {step},"{encode(text, Alphabet.UCS2).hex().upper()}",72')
        elif self.dialect.packed_ussd:
            written = ussd.packed(text).hex().upper()
            self._say(f'+CUSD: {step},"{written}",15')
        else:
            self._say(f'+CUSD: {step}, "{text}", 15')

    def _in(self, seconds: float, action: Callable[[float], None], now: float) -> None:
        heapq.heappush(self._later, (now + seconds, next(self._ticket), action))

    # --- what comes in --------------------------------------------------------------------------------------

    def _hand_over(self, now: float) -> None:
        """Give the computer what the network holds, as +CNMI says."""
        if self.sim.state != "READY" or self.registration not in (1, 5) or not self.is_on:
            return
        held: list[bytes] = []
        while self._waiting:
            tpdu = self._waiting.pop(0)
            if not self._hand_over_one(tpdu, now):
                held.append(tpdu)
        self._waiting = held

    def _hand_over_one(self, tpdu: bytes, now: float) -> bool:
        is_report = tpdu[0] & 3 == _REPORT
        wanted = self.notices[3] if is_report else self.notices[1]
        direct = 1 if is_report else 2
        pdu = with_smsc(tpdu)
        if wanted == direct:
            if self._handed is not None:
                return False
            if self.phase_2_plus:
                self._handed, self._handed_until = tpdu, now + ACKNOWLEDGEMENT_S
            self._say(f"{'+CDS' if is_report else '+CMT'}: {'' if is_report else ','}{len(tpdu)}")
            self._output[-1] += f"{pdu.hex().upper()}\r\n".encode()
            return True
        if is_report and not wanted:
            return False
        name = "SR" if is_report and "SR" in self.storages.capacity else self.storages.receiving
        index = self.storages.put(name, Stored(0, pdu))
        if index is None:
            if self.dialect.full and not self._told_full:
                self._told_full = True
                self._say(self.dialect.full.format(storage=name))
            return False
        self._told_full = False
        if wanted and not self.faults.announces_nothing:
            self._say(f'{"+CDSI" if is_report else "+CMTI"}: "{name}",{index}')
        return True
