"""Sending one TPDU at a time: +CMGS, the prompt, the octets, the reference number (TS 27.005 3.5.1 and 4.3)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from carriers.gsm import answers, at
from carriers.gsm.dialogue import Abandoned, Answer, Command, Restarted, Result, Steps, ask, synchronise
from carriers.gsm.errors import CMS_UNKNOWN, Remedy
from carriers.gsm.events import LateReference, ModemSettings, SendAnswered
from gateway.core.messages import Outcome


@dataclass(frozen=True, slots=True)
class Sending:
    """A TPDU that waits for its answer."""

    tag: object
    tpdu: bytes
    smsc: bytes
    more_follow: bool


class Sender:
    """What is being sent, and what was sent without an answer."""

    def __init__(self, settings: ModemSettings, tell: Callable[[SendAnswered | LateReference], None]) -> None:
        self._settings = settings
        self._tell = tell
        self.keeps_link = False  # +CMMS may be used
        self._sending: Sending | None = None
        self._unanswered: Sending | None = None

    @property
    def is_busy(self) -> bool:
        """Does a TPDU wait for its answer?"""
        return self._sending is not None

    def send(self, sending: Sending) -> Steps:
        """The procedure; it answers once, whatever happens to it. Raises Restarted when the SIM needs a look."""
        self._sending = sending
        return self._steps(sending)

    def give_up(self, reason: str) -> None:
        """What has not been handed over will not be."""
        sending, self._sending = self._sending, None
        if sending is not None:
            self._tell(SendAnswered(sending.tag, Outcome.TEMPORARY, reason=f"not handed over: {reason}"))

    def take_late(self, line: str) -> bool:
        """A +CMGS line that nobody waits for any more; False when it belongs to nothing."""
        reference = at.number(answers.value([line], 0))
        if self._unanswered is None or reference is None:
            return False
        late, self._unanswered = self._unanswered, None
        self._tell(LateReference(late.tag, reference & 0xFF))
        return True

    def _steps(self, sending: Sending) -> Steps:
        settings = self._settings
        if self.keeps_link and sending.more_follow:
            yield from ask(Command("AT+CMMS=1", settings.command_timeout_s), settings.hung_tries)
        payload = bytes([len(sending.smsc)]) + sending.smsc + sending.tpdu
        try:
            answer = yield Command(
                f"AT+CMGS={len(sending.tpdu)}",
                settings.send_timeout_s,
                "+CMGS:",
                needs_line=True,
                payload=payload.hex().upper().encode(),
                prompt_timeout_s=settings.prompt_timeout_s,
            )
        except Abandoned as end:
            if end.payload_written:
                self._answer(Answer(Result.SILENT, payload_written=True))
            raise
        self._answer(answer)
        if answer.result is Result.SILENT:
            yield from synchronise(settings.hung_tries, is_set_up=True)
        elif answer.error is not None and answer.error.number == CMS_UNKNOWN and self.keeps_link:
            # Sticks are known that answer so to everything once the link is kept.
            self.keeps_link = False
            yield from ask(Command("AT+CMMS=0", settings.command_timeout_s), settings.hung_tries)
        elif answer.error is not None and answer.error.remedy is Remedy.ILL:
            raise Restarted

    def _answer(self, answer: Answer) -> None:
        sending, self._sending = self._sending, None
        assert sending is not None
        if answer.is_ok:
            reference = at.number(answers.value(answer.lines, 0))
            told = SendAnswered(sending.tag, Outcome.ACCEPTED, None if reference is None else reference & 0xFF)
        elif answer.error is not None:
            told = SendAnswered(sending.tag, answer.error.outcome, code=answer.error, reason=str(answer.error))
        elif answer.payload_written:
            told = SendAnswered(sending.tag, Outcome.UNCERTAIN, reason="handed over, and no answer came")
        else:
            told = SendAnswered(sending.tag, Outcome.TEMPORARY, reason="the modem did not ask for the text")
        self._unanswered = sending if told.outcome is Outcome.UNCERTAIN and answer.payload_written else None
        self._tell(told)
