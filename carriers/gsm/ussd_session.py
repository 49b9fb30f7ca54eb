"""One USSD code at a time: said to the network, answered by it, or given up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from carriers.gsm import ussd
from carriers.gsm.dialogue import Command, Steps, ask
from carriers.gsm.errors import Remedy
from carriers.gsm.events import ModemSettings, UssdAnswered, UssdFailed
from carriers.gsm.ussd import Form


@dataclass(slots=True)
class _Waiting:
    """A code that waits for the network's answer."""

    tag: object
    deadline: float | None = None  # once the modem has taken the code


class UssdSession:
    """What was asked of the network and is not answered."""

    def __init__(
        self,
        settings: ModemSettings,
        tell: Callable[[UssdAnswered | UssdFailed], None],
        clock: Callable[[], float],
    ) -> None:
        """`clock` gives the time the modem was last told."""
        self.form = Form.PLAIN
        self._settings = settings
        self._tell = tell
        self._clock = clock
        self._waiting: _Waiting | None = None

    @property
    def is_busy(self) -> bool:
        """Does a code wait?"""
        return self._waiting is not None

    @property
    def is_expired(self) -> bool:
        """Has it waited too long?"""
        deadline = self._waiting.deadline if self._waiting is not None else None
        return deadline is not None and self._clock() >= deadline

    def say(self, code: str, tag: object) -> Steps:
        """The procedure. Raises BadRequest, at once, for what is no code."""
        text = ussd.command(code, self.form)
        self._waiting = _Waiting(tag)
        return self._steps(self._waiting, code, text)

    def hear(self, line: str) -> None:
        """A +CUSD line."""
        reply = ussd.reply_of(line, self.form)
        waiting, self._waiting = self._waiting, None
        self._tell(UssdAnswered(waiting.tag if waiting is not None else None, reply.step, reply.text))

    def fail(self, reason: str) -> None:
        """No answer will come."""
        waiting, self._waiting = self._waiting, None
        if waiting is not None:
            self._tell(UssdFailed(waiting.tag, reason))

    def _steps(self, waiting: _Waiting, code: str, text: str) -> Steps:
        settings = self._settings
        if self._waiting is not waiting:
            return  # cancelled before its turn
        answer = yield from ask(Command(text, settings.ussd_timeout_s), settings.hung_tries)
        if answer.error is not None and not settings.ussd_form and answer.error.remedy is not Remedy.ILL:
            # It may want the string otherwise written.
            other = Form.PACKED if self.form is Form.PLAIN else Form.PLAIN
            answer = yield from ask(Command(ussd.command(code, other), settings.ussd_timeout_s), settings.hung_tries)
            if answer.is_ok:
                self.form = other
        if self._waiting is not waiting:
            return
        if answer.is_ok:
            waiting.deadline = self._clock() + settings.ussd_timeout_s
        else:
            self.fail(str(answer.error) if answer.error is not None else "the modem did not answer")
