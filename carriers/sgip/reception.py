"""One call of the gateway to us, which brings SMS and reports, in the words of the hub; no socket and no clock."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING

from carriers.connection import State
from carriers.session import Misbehaved, ReportArrived, SessionEvent, SmsArrived
from carriers.sgip import events, status
from carriers.sgip.incoming import report_of, sms_of
from carriers.sgip.pdu import Bind, Deliver, DeliverResp, Report, ReportResp, UserRpt, UserRptResp
from carriers.sgip.rules import LoginType, ServerSettings
from carriers.sgip.server import SgipServer
from gateway.core.text import Alphabet

if TYPE_CHECKING:
    from collections.abc import Callable

    from carriers.sgip.config import SgipConfig
    from carriers.sgip.events import Event

_SERVES = frozenset({LoginType.SMG_TO_SP})


class SgipReception:
    """The service provider's end of a call.

    Receipts of its events are the sequence numbers of the deliveries. `may_enter` is asked at the login whether one
    more call is welcome.
    """

    def __init__(self, config: SgipConfig, now: float, may_enter: Callable[[], bool]) -> None:
        self._name = (config.call_name or config.login_name).encode()
        self._password = (config.call_password or config.password).encode()
        self._ascii_as = Alphabet(config.ascii_as)
        self._may_enter = may_enter
        self._server = SgipServer(
            _SERVES,
            ServerSettings(
                window=config.call_window, login_timeout_s=config.response_timeout_s, idle_s=config.call_idle_s
            ),
        )
        self._server.await_login(now)
        self._events: list[SessionEvent] = []
        self._numbers: dict[bytes, type[DeliverResp] | type[ReportResp]] = {}
        self.reason = ""  # why it is over

    @property
    def is_over(self) -> bool:
        """Must the socket be closed, after `data_to_send()` was written?"""
        return self._server.is_closed

    @property
    def is_open(self) -> bool:
        """Has the gateway proved who it is?"""
        return self._server.state is State.OPEN

    @property
    def pending(self) -> int:
        """Deliveries that wait for their answer."""
        return self._server.pending

    def receive(self, data: bytes, now: float) -> None:
        """Take bytes as they came; never raises."""
        self._server.receive(data, now)
        self._translate(now)

    def acknowledge(self, receipt: bytes, *, accepted: bool) -> None:
        """Answer a delivery with Result 0, or with "busy" to get it again later; nothing once the call is over."""
        kind = self._numbers.pop(receipt, None)
        if kind is not None:
            self._server.respond(receipt, kind(status.OK if accepted else status.NODE_BUSY))
            self._translate(0.0)

    def tick(self, now: float) -> None:
        """Let time pass."""
        self._server.tick(now)
        self._translate(now)

    def close(self, reason: str) -> None:
        """Hang up, or note that the socket is gone."""
        self._server.close(reason)
        self._translate(0.0)

    def data_to_send(self) -> bytes:
        """Bytes to write now, taken out."""
        return self._server.data_to_send()

    def events(self) -> list[SessionEvent]:
        """What happened since the last call, taken out: SmsArrived, ReportArrived, Misbehaved."""
        happened, self._events = self._events, []
        return happened

    def _translate(self, now: float) -> None:
        # What is answered here brings about further events: a login refused ends the call.
        while happened := self._server.events():
            for event in happened:
                self._take(event, now)

    def _take(self, event: Event, now: float) -> None:
        match event:
            case events.RequestReceived(sequence_id=sequence, pdu=Deliver() as deliver):
                self._numbers[sequence] = DeliverResp
                self._events.append(SmsArrived(sms_of(sequence, deliver, self._ascii_as), sequence))
            case events.RequestReceived(sequence_id=sequence, pdu=Report() as report):
                self._numbers[sequence] = ReportResp
                self._events.append(ReportArrived(report_of(report), sequence))
            case events.RequestReceived(sequence_id=sequence, pdu=UserRpt()):
                # A subscriber who leaves or owes money changes nothing here: the reports of his messages tell.
                self._server.respond(sequence, UserRptResp(status.OK))
            case events.LoginRequested(bind=bind):
                self._decide(bind, now)
            case events.PeerMisbehaved(reason=reason, frame=frame):
                self._events.append(Misbehaved(reason, frame))
            case events.Ended(reason=reason):
                self._numbers.clear()
                self.reason = self.reason or reason

    def _decide(self, bind: Bind, now: float) -> None:
        is_genuine = hmac.compare_digest(bind.login_name, self._name) & hmac.compare_digest(
            bind.login_password, self._password
        )
        if not is_genuine:
            self._events.append(Misbehaved("a call with a wrong name or password"))
            self._server.refuse_login(status.ILLEGAL_LOGIN)
        elif not self._may_enter():
            self._events.append(Misbehaved("more calls than most_calls"))
            self._server.refuse_login(status.TOO_MANY_CONNECTIONS)
        else:
            self._server.accept_login(now)
