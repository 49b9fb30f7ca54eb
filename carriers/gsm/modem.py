"""One GSM modem without port and clock: what goes over the line, and what it means.

`now` is monotonic seconds. Octets that came go into `receive`, octets to write come out of `data_to_send`, what
happened out of `events()`; `tick` at least twice a second. Hostile octets never raise; wrong calls raise
LocalProtocolError. All events are in `carriers.gsm.events`.

    modem = Modem(ModemSettings(pin="1234"), pins)     # pins: one PinMemory for the whole process
    modem.start(now)                                   # the port is open
    modem.receive(octets, now); modem.tick(now); port.write(modem.data_to_send())
    for event in modem.events(): ...
        Ready(identity)            # identity.key names modem and SIM, whatever the port
        Blocked(cause, reason)     # PIN, PUK, no SIM ...; looked at again by itself, no PIN is tried twice
        HealthChanged(health)      # registration, signal, operator, filling of the storage
        PduArrived(receipt, kind, smsc, tpdu)          # kept by the modem until:
    modem.confirm(receipt, now=now)                    # ... it is on disk: deleted, acknowledged
    modem.put_back(receipt)                            # ... it could not be put there: it comes again
    if modem.can_send:                                 # ready, registered, nothing being sent
        modem.send(tpdu, now, tag)                     # SendAnswered(tag, outcome, reference, code) follows, once
    modem.ussd("*100#", now, tag)                      # UssdAnswered or UssdFailed follows; cancel_ussd(now)
    modem.reset(now)                                   # radio off and on, everything set up anew
    modem.port_lost(reason); modem.close()             # Lost is the last event, also when the modem hangs

A modem with two ports: what comes on the second goes into `receive_notices`. A TPDU is octets here, without the address
of the message centre; `len(tpdu)` is what +CMGS counts. `tag` comes back as it was given. A lost modem object is not
used again: open the port and make another, with the same PinMemory.
"""

from __future__ import annotations

import enum
from dataclasses import replace
from typing import Final

from carriers.gsm import answers, at, startup
from carriers.gsm.answers import Identity, Registration
from carriers.gsm.at import Notice
from carriers.gsm.dialogue import Command, Dialogue, Rest, Restarted, Steps, ask, synchronise
from carriers.gsm.events import (
    Blocked,
    Called,
    Cause,
    Health,
    HealthChanged,
    Kind,
    Lost,
    Misbehaved,
    ModemEvent,
    ModemSettings,
    PduArrived,
    Ready,
    Receipt,
)
from carriers.gsm.sending import Sender, Sending
from carriers.gsm.startup import PinMemory, SetUp
from carriers.gsm.storage import Storage
from carriers.gsm.ussd_session import UssdSession
from gateway.core.errors import LocalProtocolError

#: TS 23.040 9.2.2.2: an SMS-SUBMIT has at most 164 octets.
MAX_TPDU: Final = 164
_RADIO_OFF_S: Final = 3.0
_RADIO_ON_S: Final = 5.0
_RADIO_TIMEOUT_S: Final = 15.0
_CALL_PAUSE_S: Final = 6.0  # a call rings every 5 s
_FULL_PAUSE_S: Final = 10.0
_COMPLAINT_SPAN_S: Final = 60.0
_MOST_COMPLAINTS: Final = 10  # in such a span
_SHOWN: Final = 200


class State(enum.StrEnum):
    """Where a modem is in its life."""

    NEW = "new"
    STARTING = "starting"
    READY = "ready"
    BLOCKED = "blocked"
    LOST = "lost"


class Modem:
    """Our side of one modem."""

    def __init__(self, settings: ModemSettings | None = None, pins: PinMemory | None = None) -> None:
        self.settings = settings or ModemSettings()
        self.state = State.NEW
        self.identity = Identity()
        self.health = Health()
        self.set_up: SetUp | None = None  # what the modem took and refused, once it is ready
        self._pins = pins or PinMemory()
        self._events: list[ModemEvent] = []
        self._now = 0.0
        self._dialogue = Dialogue(self._hear, self._take_stray, self._complain, self._take_failure)
        self._notices = at.LineReader()  # of the second port
        self._storage = Storage(self.settings, self._give, self._complain)
        self._sender = Sender(self.settings, self._events.append)
        self._session = UssdSession(self.settings, self._events.append, lambda: self._now)
        self._registrations: dict[str, Registration] = {}
        self._poll_at: float | None = None
        self._called_at: float | None = None
        self._full_again_at = 0.0
        self._complaints = 0
        self._complaints_again_at = 0.0
        self._is_fetching = False
        self._is_deleting = False
        self._starts_again = False
        self._blocked: Cause | None = None

    # --- what the owner asks --------------------------------------------------------------------------------

    @property
    def can_send(self) -> bool:
        """May `send` be called now?"""
        return self.state is State.READY and not self._sender.is_busy and self.health.registration.is_registered

    @property
    def is_sending(self) -> bool:
        """Is a TPDU on its way to an answer?"""
        return self._sender.is_busy

    @property
    def is_lost(self) -> bool:
        """Is it over?"""
        return self.state is State.LOST

    def start(self, now: float) -> None:
        """The port is open: bring the modem up. Ready, Blocked or Lost follows."""
        if self.state is not State.NEW:
            raise LocalProtocolError("a modem is started once")
        self._now = now
        self._dialogue.run(self._bring_up(), now)

    def send(
        self, tpdu: bytes, now: float, tag: object = None, *, smsc: bytes = b"", more_follow: bool = False
    ) -> None:
        """Send an SMS-SUBMIT; SendAnswered with this tag follows, once.

        `smsc`: type octet and digits of another message centre than the SIM's. `more_follow`: keep the radio link
        for the next one. Raises LocalProtocolError unless `can_send`, and for octets that are no SUBMIT or COMMAND.
        """
        if not self.can_send:
            raise LocalProtocolError("the modem cannot send now")
        if not 2 <= len(tpdu) <= MAX_TPDU or not tpdu[0] & 3 or len(smsc) > 12:
            raise LocalProtocolError("a TPDU to be sent has 2 to 164 octets and is a SUBMIT or a COMMAND")
        self._now = now
        self._dialogue.run(self._sender.send(Sending(tag, tpdu, smsc, more_follow)), now, first=True)

    def confirm(self, *receipts: Receipt, now: float) -> None:
        """These are on disk: they are deleted in the modem and acknowledged to the network."""
        self._now = now
        for receipt in receipts:
            self._storage.confirm(receipt)
        if self._storage.has_confirmed and not self._is_deleting and self.state is State.READY:
            self._is_deleting = True
            self._dialogue.run(self._delete(), now, first=True)

    def put_back(self, *receipts: Receipt) -> None:
        """These could not be put on disk: they are given again."""
        for receipt in receipts:
            self._storage.put_back(receipt)

    def ussd(self, code: str, now: float, tag: object = None) -> None:
        """Say a code to the network, or answer it where it ASKS. UssdAnswered or UssdFailed follows.

        Raises LocalProtocolError while another waits or the modem is not ready, BadRequest for no code.
        """
        if self.state is not State.READY or self._session.is_busy:
            raise LocalProtocolError("the modem is not ready, or another code waits for its answer")
        self._now = now
        self._dialogue.run(self._session.say(code, tag), now, first=True)

    def cancel_ussd(self, now: float) -> None:
        """End the USSD session."""
        self._now = now
        self._session.fail("cancelled")
        if self.state is State.READY:
            self._dialogue.run(self._tell(Command("AT+CUSD=2", self.settings.command_timeout_s)), now)

    def look(self, now: float) -> None:
        """Look at signal, registration and storages now instead of at the next poll."""
        self._poll_at = now
        self.tick(now)

    def reset(self, now: float) -> None:
        """Switch the radio off and on and set everything up anew; for a modem that answers and does not work."""
        if self.state in (State.READY, State.BLOCKED):
            self._now = now
            self._restart(self._reset())

    def port_lost(self, reason: str) -> None:
        """The port is gone: what was being sent is UNCERTAIN, the rest is undone."""
        self._lose(reason)

    def close(self) -> None:
        """Stop using it. Wait for `is_sending` to end before, or what is being sent becomes UNCERTAIN."""
        self._lose("closed")

    # --- octets and time ------------------------------------------------------------------------------------

    def receive(self, data: bytes, now: float) -> None:
        """Take octets as they came; never raises."""
        self._now = now
        self._dialogue.receive(data, now)

    def receive_notices(self, data: bytes, now: float) -> None:
        """Take octets of the second port, where only notices come; never raises."""
        if self.is_lost:
            return
        self._now = now
        self._notices.feed(data)
        while (line := self._notices.next()) is not None:
            notice = at.notice_of(line)
            # What comes with a body comes on the port of the commands, where it can be acknowledged.
            if notice is not None and notice not in at.WITH_BODY:
                self._hear(notice, line, None)

    def tick(self, now: float) -> None:
        """Let time pass: time-outs, looks at signal and storages."""
        if self.is_lost:
            return
        self._now = now
        self._dialogue.tick(now)
        if self._session.is_expired:
            self._session.fail("no answer in time")
            self._dialogue.run(self._tell(Command("AT+CUSD=2", self.settings.command_timeout_s)), now)
        if self._poll_at is not None and now >= self._poll_at and not self.is_lost:
            self._poll_at = None
            self._dialogue.run(self._poll() if self.state is State.READY else self._bring_up(), now)

    def data_to_send(self) -> bytes:
        """Octets to write now, taken out."""
        return self._dialogue.data_to_send()

    def events(self) -> list[ModemEvent]:
        """What happened since the last call, taken out."""
        events = self._events.copy()
        self._events.clear()
        return events

    # --- procedures -----------------------------------------------------------------------------------------

    def _bring_up(self) -> Steps:
        self.state = State.STARTING
        self._poll_at = None
        self._starts_again = True
        while self._starts_again:
            yield from synchronise(self.settings.start_tries, is_set_up=False)
            # What it said of its start by now was of the start that is over; what it says later is of another.
            self._starts_again = False
            found = yield from startup.set_up(self.settings, self._pins)
        self._poll_at = self._now + self.settings.poll_s
        self.identity = found.identity
        if isinstance(found, Blocked):
            self.state = State.BLOCKED
            if found.cause is not self._blocked:
                self._blocked = found.cause
                self._events.append(found)
            return
        self._blocked = None
        self.set_up = found
        self._session.form = found.ussd_form
        self._sender.keeps_link = found.keeps_link
        self._registrations = found.registrations
        self._storage.begin(found.storages, found.report_storage, found.health)
        self.state = State.READY
        self._events.append(Ready(found.identity))
        self._set_health(found.health)
        yield from self._storage.look_through()
        self._set_health(self._storage.health)

    def _reset(self) -> Steps:
        for mode, rest_s in ((0, _RADIO_OFF_S), (1, _RADIO_ON_S)):
            yield from ask(Command(f"AT+CFUN={mode}", _RADIO_TIMEOUT_S), self.settings.hung_tries)
            yield Rest(rest_s)
        yield from self._bring_up()

    def _poll(self) -> Steps:
        """Signal, registration, operator; then the storages, for notices are lost."""
        known = list(self._registrations)
        self._registrations |= yield from startup.registration_of(self.settings, known)
        seen = yield from startup.look(
            self.settings, replace(self.health, registration=startup.best(self._registrations))
        )
        if self.set_up is not None and self.set_up.notices:
            # Modems forget it after a direct message that was not acknowledged in time, and some by themselves.
            yield from self._tell(Command(f"AT+CNMI={self.set_up.notices}", self.settings.command_timeout_s))
        yield from self._storage.look_through()
        stored = self._storage.health
        self._set_health(replace(seen, storage=stored.storage, used=stored.used, total=stored.total))
        self._poll_at = self._now + self.settings.poll_s

    def _delete(self) -> Steps:
        self._is_deleting = False
        yield from self._storage.delete_confirmed()

    def _fetch(self) -> Steps:
        self._is_fetching = False
        yield from self._storage.fetch_announced()

    def _tell(self, command: Command) -> Steps:
        """Something whose answer changes nothing."""
        yield from ask(command, self.settings.hung_tries)

    # --- what the modem says unasked ------------------------------------------------------------------------

    def _hear(self, notice: Notice, line: str, body: str | None) -> None:
        if notice in (Notice.STORED, Notice.STORED_REPORT):
            place = answers.located(line)
            if place is not None and self.state is State.READY:
                self._storage.announce(*place)
                if not self._is_fetching:
                    self._is_fetching = True
                    self._dialogue.run(self._fetch(), self._now)
        elif notice in (Notice.MESSAGE, Notice.REPORT) and body is not None:
            kind = Kind.MESSAGE if notice is Notice.MESSAGE else Kind.REPORT
            waits = self.set_up.acknowledges if self.set_up is not None else False
            self._storage.take_direct(kind, body, to_be_acknowledged=waits)
        elif notice is Notice.REGISTRATION:
            self._hear_registration(line)
        elif notice is Notice.USSD:
            self._session.hear(line)
        elif notice is Notice.CALL:
            self._hear_call(line)
        elif notice is Notice.FULL and self.state is State.READY and self._now >= self._full_again_at:
            # Some say it with every message they turn away.
            self._full_again_at = self._now + _FULL_PAUSE_S
            self._dialogue.run(self._look_because_full(), self._now)
        elif notice is Notice.SIM:
            went = "NOT" in line.upper() or "REMOVED" in line.upper()
            if self.state is State.BLOCKED or (self.state is State.READY and went):
                self._restart(self._bring_up())
        elif notice is Notice.STARTED:
            self._starts_again = self.state is State.STARTING
            if self.state in (State.READY, State.BLOCKED):
                self._restart(self._bring_up())

    def _look_because_full(self) -> Steps:
        yield from self._storage.look_through()
        stored = self._storage.health
        self._set_health(replace(self.health, storage=stored.storage, used=stored.used, total=stored.total))

    def _hear_registration(self, line: str) -> None:
        state = answers.noticed_registration(line)
        name = line.partition(":")[0].lstrip("+")
        # +CGREG is about data; messages go without it.
        if state is not None and name in startup.NETWORKS and self.state is State.READY:
            self._registrations[name] = state
            self._set_health(replace(self.health, registration=startup.best(self._registrations)))

    def _hear_call(self, line: str) -> None:
        if line.startswith("+CLIP:"):
            self._events.append(Called(answers.value([line], 0)[:40]))
            return
        if self._called_at is not None and self._now < self._called_at + _CALL_PAUSE_S:
            return
        self._called_at = self._now
        self._events.append(Called(""))
        if self.settings.hangs_up and self.state is State.READY:
            self._dialogue.run(self._tell(Command("ATH", self.settings.command_timeout_s)), self._now)

    def _take_stray(self, line: str) -> None:
        if line.startswith("+CMGS:") and self._sender.take_late(line):
            return
        if line[:1] in ("+", "^", "*", "$") and ":" in line:
            return  # a notice of its maker's
        if self.state is not State.STARTING:
            self._complain(f"not asked for: {at.outline(line)}", line)

    # --- ends and turns -------------------------------------------------------------------------------------

    def _take_failure(self, failure: Exception) -> None:
        if isinstance(failure, Restarted):
            self._restart(self._bring_up())
        else:
            self._lose("the modem does not answer any more")

    def _restart(self, steps: Steps) -> None:
        """Set everything up anew: what was in flight and what waits comes to nothing."""
        self.state = State.STARTING
        self._poll_at = None
        self._abandon("the modem started again")
        self._dialogue.run(steps, self._now)

    def _abandon(self, reason: str) -> None:
        self._dialogue.abandon()
        self._is_fetching = self._is_deleting = False
        self._sender.give_up(reason)
        self._session.fail(reason)

    def _lose(self, reason: str) -> None:
        if self.is_lost:
            return
        self._dialogue.cut()
        self._abandon(reason)
        self.state = State.LOST
        self._poll_at = None
        self._events.append(Lost(reason))

    def _give(self, arrived: PduArrived) -> None:
        self._events.append(arrived)

    def _complain(self, reason: str, line: str = "") -> None:
        """Tell of it, but not without end: a line that is all noise would fill the journal."""
        if self._now >= self._complaints_again_at:
            self._complaints_again_at = self._now + _COMPLAINT_SPAN_S
            self._complaints = 0
        self._complaints += 1
        if self._complaints <= _MOST_COMPLAINTS:
            self._events.append(Misbehaved(reason, line[:_SHOWN]))

    def _set_health(self, health: Health) -> None:
        if health != self.health and not self.is_lost:
            self.health = health
            self._events.append(HealthChanged(health))
