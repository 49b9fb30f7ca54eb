"""Setting a modem up: from whatever state it is in to one that sends and receives (TS 27.005, TS 27.007).

What a modem may refuse is asked for and gone without: CMEE, CSMS, CNMI in every form, CMMS, CNUM, CSCS. It must have a
SIM that is open and PDU mode.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable
from dataclasses import dataclass, field, replace
from typing import Final, TypeAlias

from carriers.gsm import answers, at
from carriers.gsm.answers import Identity, Registration
from carriers.gsm.dialogue import Answer, Asking, Command, Rest, Result, ask, synchronise
from carriers.gsm.errors import SIM_BUSY, Code
from carriers.gsm.events import Blocked, Cause, Health, ModemSettings
from carriers.gsm.ussd import Form

Found: TypeAlias = Generator[Command | Rest, Answer, "Blocked | SetUp"]

#: Notices from the most useful to none at all: messages stored and announced, reports handed over (ds 1) or stored and
#: announced (ds 2); mode 2 keeps what comes while the line is busy, mode 1 drops it. Huawei refuses bm 2, Wavecom ds 2.
NOTICE_FORMS: Final = (
    "2,1,0,1,0",
    "2,1,0,2,0",
    "2,1,2,1,0",
    "2,1,2,2,0",
    "1,1,0,1,0",
    "1,1,0,2,0",
    "2,1,0,0,0",
    "1,1,0,0,0",
)
#: Ways to ask for the number of the SIM card: Wavecom and most, Quectel, Huawei, SIMCom, Qualcomm.
CARD_NUMBER: Final = (
    ("AT+CCID", "+CCID:"),
    ("AT+QCCID", "+QCCID:"),
    ("AT^ICCID?", "^ICCID:"),
    ("AT+ICCID", "+ICCID:"),
    ("AT$QCCID?", "$QCCID:"),
)
#: Questions for the registration: GSM, and LTE.
NETWORKS: Final = ("CREG", "CEREG")
_SIM_REST_S: Final = 1.0
_SLOW_S: Final = 20.0
#: With fewer tries left somebody else has been wrong already; the last ones are for people.
_ENOUGH_PIN_TRIES: Final = 3


class PinMemory:
    """PINs that were tried, over reconnections and replugging: three wrong ones lock a SIM for good.

    A PIN is noted before it is written and struck off when it was right. Keep one for as long as the process lives.
    """

    def __init__(self) -> None:
        self._tried: set[tuple[str, str]] = set()

    def may_try(self, sim: str, pin: str) -> bool:
        """Has this PIN not been tried on this SIM, or was it right?"""
        return (sim, pin) not in self._tried

    def note(self, sim: str, pin: str) -> None:
        """It is about to be tried."""
        self._tried.add((sim, pin))

    def strike_off(self, sim: str, pin: str) -> None:
        """It was right."""
        self._tried.discard((sim, pin))


@dataclass(frozen=True, slots=True)
class SetUp:
    """What setting up found."""

    identity: Identity
    health: Health
    registrations: dict[str, Registration]
    storages: tuple[str, ...]  # those that can be read, the one that receives first
    report_storage: str  # "SR" where reports have a storage of their own
    notices: str  # the form of +CNMI that was taken; "" = none
    acknowledges: bool  # +CSMS=1 holds
    keeps_link: bool  # +CMMS is known
    ussd_form: Form
    refused: tuple[str, ...] = field(default=())  # what the modem did not take


def set_up(settings: ModemSettings, pins: PinMemory) -> Found:
    """Set up a modem that answers AT. Raises Hung when it stops answering."""
    return (yield from _Startup(settings, pins).run())


class _Startup:
    def __init__(self, settings: ModemSettings, pins: PinMemory) -> None:
        self._settings = settings
        self._pins = pins
        self._refused: list[str] = []

    def run(self) -> Found:
        # V1: results as words. Q0: results at all. Both are lost with the echo on many modems' ATZ.
        yield from self._try("ATE0Q0V1")
        yield from self._try("AT+CMEE=1")
        identity = yield from self._who_is_it()
        blocked = yield from self._open_sim(identity)
        if blocked is not None:
            return blocked
        identity = yield from self._which_sim(identity)
        acknowledges = self._settings.acknowledges and (yield from self._patiently("AT+CSMS=1")).is_ok
        answer = yield from self._patiently("AT+CMGF=0")
        if not answer.is_ok:
            return Blocked(Cause.UNSUITABLE, f"it has no PDU mode: {_why(answer)}", identity)
        identity = yield from self._numbers(identity)
        yield from self._try('AT+CSCS="GSM"')
        registrations = yield from registration_of(self._settings)
        health = yield from look(self._settings, Health(registration=best(registrations)))
        storages, report_storage, health = yield from self._choose_storage(health)
        notices = yield from self._ask_for_notices()
        keeps_link = self._settings.keeps_link and (yield from self._try("AT+CMMS=0")).is_ok
        form = self._settings.ussd_form or (Form.PACKED if "huawei" in identity.manufacturer.lower() else Form.PLAIN)
        return SetUp(
            identity,
            health,
            registrations,
            storages,
            report_storage,
            notices,
            acknowledges,
            keeps_link,
            Form(form),
            tuple(self._refused),
        )

    def _ask(self, text: str, prefix: str = "", *, bare: bool = False, timeout_s: float | None = None) -> Asking:
        command = Command(text, timeout_s or self._settings.command_timeout_s, prefix, bare)
        answer = yield command
        if answer.result is Result.SILENT:
            yield from synchronise(self._settings.hung_tries, is_set_up=False)
        return answer

    def _try(self, text: str) -> Asking:
        """Ask for something the modem may do without."""
        answer = yield from self._ask(text)
        if not answer.is_ok:
            self._refused.append(f"{text}: {_why(answer)}")
        return answer

    def _patiently(self, text: str, prefix: str = "", *, bare: bool = False) -> Asking:
        """Ask again while the SIM is being read."""
        for _ in range(self._settings.sim_tries):
            answer = yield from self._ask(text, prefix, bare=bare, timeout_s=_SLOW_S)
            if answer.error is None or not _is_busy(answer.error):
                break
            yield Rest(_SIM_REST_S)
        return answer

    def _who_is_it(self) -> Generator[Command | Rest, Answer, Identity]:
        manufacturer = yield from self._ask("AT+CGMI", "+CGMI:", bare=True)
        model = yield from self._ask("AT+CGMM", "+CGMM:", bare=True)
        revision = yield from self._ask("AT+CGMR", "+CGMR:", bare=True)
        imei = yield from self._ask("AT+CGSN", "+CGSN:", bare=True)
        return Identity(
            manufacturer=answers.word(manufacturer.lines),
            model=answers.word(model.lines),
            revision=answers.word(revision.lines),
            imei=answers.digits(imei.lines),
        )

    def _open_sim(self, identity: Identity) -> Generator[Command | Rest, Answer, Blocked | None]:
        """None when the SIM is open."""
        for _ in range(self._settings.sim_tries):
            answer = yield from self._patiently("AT+CPIN?", "+CPIN:")
            state = answers.value(answer.lines, 0).upper()
            if state == "READY":
                return None
            if state == "SIM PIN":
                refused = yield from self._enter_pin(identity)
                if refused is not None:
                    return refused
                yield Rest(_SIM_REST_S)
                continue
            if state in ("NOT READY", ""):
                if answer.error is not None and not _is_busy(answer.error):
                    return Blocked(_cause_of(answer.error), str(answer.error), identity)
                yield Rest(_SIM_REST_S)
                continue
            if state in ("SIM PUK", "SIM PUK2"):
                return Blocked(Cause.PUK_NEEDED, "the SIM asks for its PUK; enter it in a phone", identity)
            if "INSERTED" in state or "REMOVED" in state:
                return Blocked(Cause.NO_SIM, state.lower(), identity)
            return Blocked(Cause.LOCKED, f"the modem asks for {state[:40]}", identity)
        return Blocked(Cause.SIM_FAILURE, "the SIM does not become ready", identity)

    def _enter_pin(self, identity: Identity) -> Generator[Command | Rest, Answer, Blocked | None]:
        """Try the PIN, once in the life of this process. None when it was right."""
        pin = self._settings.pin
        if not pin:
            return Blocked(Cause.PIN_NEEDED, "the SIM asks for a PIN and none is configured", identity)
        if not (pin.isascii() and pin.isdigit() and 4 <= len(pin) <= 8):
            return Blocked(Cause.PIN_NEEDED, "the configured PIN is not 4 to 8 digits", identity)
        # Most SIMs give their number before they are open. Where they do not, the modem stands for its SIM.
        sim = (yield from self._card_number()) or identity.imei
        if not self._pins.may_try(sim, pin):
            return Blocked(Cause.PIN_WRONG, "the configured PIN was wrong; it is not tried again", identity)
        answer = yield from self._ask("AT+CPINR", "+CPINR:")
        for line in answer.lines:
            name, left, *_ = [*at.fields(line), ""]
            tries = at.number(left)
            if name == "SIM PIN" and tries is not None and tries < _ENOUGH_PIN_TRIES:
                return Blocked(Cause.PIN_NEEDED, f"only {tries} tries of the PIN are left", identity)
        self._pins.note(sim, pin)
        answer = yield from self._ask(f'AT+CPIN="{pin}"', timeout_s=_SLOW_S)
        if answer.is_ok:
            self._pins.strike_off(sim, pin)
            return None
        if answer.error is not None and _cause_of(answer.error) is Cause.PUK_NEEDED:
            return Blocked(Cause.PUK_NEEDED, "the SIM asks for its PUK; enter it in a phone", identity)
        return Blocked(Cause.PIN_WRONG, f"the PIN was refused: {_why(answer)}", identity)

    def _which_sim(self, identity: Identity) -> Generator[Command | Rest, Answer, Identity]:
        imsi = yield from self._patiently("AT+CIMI", "+CIMI:", bare=True)
        card = yield from self._card_number()
        return replace(identity, imsi=answers.digits(imsi.lines), iccid=card)

    def _card_number(self) -> Generator[Command | Rest, Answer, str]:
        for text, prefix in CARD_NUMBER:
            answer = yield from self._ask(text, prefix, bare=True)
            card = answers.iccid(answer.lines)
            if card:
                return card
        return ""

    def _numbers(self, identity: Identity) -> Generator[Command | Rest, Answer, Identity]:
        centre = yield from self._patiently("AT+CSCA?", "+CSCA:")
        own = yield from self._ask("AT+CNUM", "+CNUM:")
        return replace(identity, smsc=answers.value(centre.lines, 0)[:40], number=answers.own_number(own.lines))

    def _choose_storage(self, health: Health) -> Generator[Command | Rest, Answer, tuple[tuple[str, ...], str, Health]]:
        answer = yield from self._patiently("AT+CPMS=?", "+CPMS:")
        offered = answers.storages(answer.lines)
        readable = offered[0] if offered else ()
        receivable = offered[2] if len(offered) > 2 else readable
        for wanted in self._settings.storages:
            if receivable and wanted not in receivable:
                continue
            answer = yield from self._patiently(f'AT+CPMS="{wanted}","{wanted}","{wanted}"', "+CPMS:")
            if answer.is_ok:
                used, total = (answers.filling(answer.lines) or [(0, 0)])[-1]
                others = [it for it in ("SM", "ME") if it in readable and it != wanted]
                reports = "SR" if "SR" in readable else ""
                return (wanted, *others), reports, replace(health, storage=wanted, used=used, total=total)
            self._refused.append(f"+CPMS {wanted}: {_why(answer)}")
        # It keeps messages where it likes, or it keeps none.
        answer = yield from self._patiently("AT+CPMS?", "+CPMS:")
        names = [it for it in answers.values(answer.lines) if it.isalpha()]
        return tuple(names[:1]), "", replace(health, storage=names[0] if names else "")

    def _ask_for_notices(self) -> Generator[Command | Rest, Answer, str]:
        for form in NOTICE_FORMS:
            answer = yield from self._ask(f"AT+CNMI={form}")
            if answer.is_ok:
                return form
            self._refused.append(f"+CNMI={form}: {_why(answer)}")
        return ""


def registration_of(
    settings: ModemSettings, networks: Iterable[str] = NETWORKS
) -> Generator[Command | Rest, Answer, dict[str, Registration]]:
    """Registration in each of these kinds of network that the modem knows; asks to be told of changes too."""
    found = {}
    for name in networks:
        yield from ask(Command(f"AT+{name}=1", settings.command_timeout_s), settings.hung_tries)
        answer = yield from ask(
            Command(f"AT+{name}?", settings.command_timeout_s, f"+{name}:"),
            settings.hung_tries,
        )
        state = answers.registration(answer.lines)
        if state is not None:
            found[name] = state
    return found


def best(registrations: dict[str, Registration]) -> Registration:
    """The registration that counts: any that lets messages through, else the first; none known lets them through."""
    states = list(registrations.values())
    return next((it for it in states if it.is_registered), states[0] if states else Registration.HOME)


def look(settings: ModemSettings, health: Health) -> Generator[Command | Rest, Answer, Health]:
    """Signal and operator as they are now."""
    answer = yield from ask(Command("AT+CSQ", settings.command_timeout_s, "+CSQ:"), settings.hung_tries)
    strength = answers.signal(answer.lines)
    answer = yield from ask(Command("AT+COPS?", _SLOW_S, "+COPS:"), settings.hung_tries)
    return replace(health, signal=strength, operator=answers.value(answer.lines, 2)[:40])


def _is_busy(error: Code) -> bool:
    return (error.family, error.number) in SIM_BUSY


def _cause_of(error: Code) -> Cause:
    word = error.text.lower()
    if "puk" in word:
        return Cause.PUK_NEEDED
    if "not inserted" in word:
        return Cause.NO_SIM
    if "ph-" in word or "personalization" in word:
        return Cause.LOCKED
    if "sim pin" in word:
        return Cause.PIN_NEEDED
    return Cause.SIM_FAILURE


def _why(answer: Answer) -> str:
    return str(answer.error) if answer.error is not None else answer.result.value
