"""Our side of one connection to a CMPP gateway, in the words of the hub."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from carriers.cmpp import events, status
from carriers.cmpp.config import CmppConfig
from carriers.cmpp.incoming import report_of, sms_of
from carriers.cmpp.message_id import hex_form
from carriers.cmpp.outgoing import submit_of
from carriers.cmpp.pdu import Deliver, DeliverResp, SubmitResp
from carriers.cmpp.protocol import CmppProtocol
from carriers.cmpp.rules import Role, Settings
from carriers.session import (
    Bound,
    Closed,
    LoginRefused,
    Misbehaved,
    ReportArrived,
    SessionEvent,
    SmsArrived,
    SubmitAnswered,
)
from gateway.core.errors import CaiyouError, LocalProtocolError, MalformedPdu
from gateway.core.messages import Outcome, Segment
from gateway.core.text import Alphabet

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

__all__ = ["CmppConfig", "CmppSession"]


@dataclass(frozen=True, slots=True)
class _Receipt:
    """What is needed to answer a delivery."""

    sequence_id: int
    msg_id: int


class CmppSession:
    """A CarrierSession for CMPP 2.0 and 3.0.

    `login_time` gives the wall clock (aware); it is asked at login and for the validity of a message.
    """

    def __init__(self, config: CmppConfig, login_time: Callable[[], datetime]) -> None:
        self._config = config
        self._wall_clock = login_time
        self._ascii_as = Alphabet(config.ascii_as)
        self._protocol = CmppProtocol(
            Role.PROVIDER,
            Settings(
                window=config.window,
                response_timeout_s=config.response_timeout_s,
                submit_resends=config.submit_resends,
                active_test_s=config.active_test_s,
                active_test_failures=config.active_test_failures,
            ),
        )
        self._events: list[SessionEvent] = []

    @property
    def free_window(self) -> int:
        """How many segments may be submitted now; 0 when not bound."""
        return self._protocol.free_window

    def start(self, now: float) -> None:
        """Queue the CONNECT."""
        moment = self._wall_clock().astimezone(self._config.zone)
        self._protocol.log_in(self._config.sp_id, self._config.secret, self._config.version_octet, moment, now)

    def receive(self, data: bytes, now: float) -> None:
        """Take bytes as they came."""
        self._protocol.receive(data, now)
        self._translate()

    def submit(self, segment: Segment, now: float) -> None:
        """Queue one segment as a SUBMIT.

        A segment that CMPP cannot carry is answered at once as PERMANENT and takes no place in the window.
        Raises LocalProtocolError when not bound or the window is full.
        """
        if self._protocol.free_window == 0:
            raise LocalProtocolError("not bound, or the window is full")
        try:
            submit = submit_of(segment, self._config, self._wall_clock())
            self._protocol.send_request(submit, now, tag=segment)
        except CaiyouError as error:
            self._events.append(SubmitAnswered(segment, Outcome.PERMANENT, reason=str(error)))

    def acknowledge(self, receipt: object, *, accepted: bool) -> None:
        """Answer a DELIVER with Result 0, or 9 ("other error") to get it again later."""
        assert isinstance(receipt, _Receipt)
        self._protocol.respond(
            receipt.sequence_id, DeliverResp(receipt.msg_id, status.OK if accepted else status.OTHER_ERROR)
        )
        self._translate()

    def tick(self, now: float) -> None:
        """Let time pass."""
        self._protocol.tick(now)
        self._translate()

    def close(self, now: float) -> None:
        """Send TERMINATE; `Closed` follows when the gateway answers or in 5 s."""
        self._protocol.leave(now)
        self._translate()

    def connection_lost(self) -> None:
        """The socket is gone: every unanswered submit is uncertain now."""
        self._protocol.connection_lost()
        self._translate()

    def data_to_send(self) -> bytes:
        """Bytes to write now, taken out of the session."""
        return self._protocol.data_to_send()

    def events(self) -> list[SessionEvent]:
        """What happened since the last call, taken out of the session."""
        happened, self._events = self._events, []
        return happened

    def _translate(self) -> None:
        for event in self._protocol.events():
            match event:
                case events.ResponseReceived(response=SubmitResp() as response, tag=Segment() as segment):
                    self._events.append(self._answered(segment, response))
                case events.RequestReceived(sequence_id=sequence_id, pdu=Deliver() as deliver):
                    self._take_delivery(sequence_id, deliver)
                case events.RequestExpired(tag=Segment() as segment, reason=reason):
                    self._events.append(SubmitAnswered(segment, Outcome.UNCERTAIN, reason=reason))
                case events.LoggedIn(answer=answer, is_genuine=is_genuine):
                    version = f"{answer.version >> 4}.{answer.version & 0xF}"
                    self._events.append(Bound(peer=self._config.host, version=version))
                    if not is_genuine:
                        self._events.append(Misbehaved("the gateway did not prove that it knows the secret"))
                case events.LoginFailed(status=number):
                    code = status.connect_status(number)
                    permanent = code.outcome is Outcome.PERMANENT
                    self._events.append(LoginRefused(number, code.meaning, permanent))
                case events.PeerMisbehaved(reason=reason, frame=frame):
                    self._events.append(Misbehaved(reason, frame))
                case events.Ended(reason=reason):
                    self._events.append(Closed(reason))

    def _answered(self, segment: Segment, response: SubmitResp) -> SubmitAnswered:
        code = status.submit_result(response.result, self._config.layout)
        carrier_ids = (hex_form(response.msg_id),) if code.outcome is Outcome.ACCEPTED else ()
        return SubmitAnswered(segment, code.outcome, carrier_ids, code.number, code.meaning)

    def _take_delivery(self, sequence_id: int, deliver: Deliver) -> None:
        receipt = _Receipt(sequence_id, deliver.msg_id)
        if deliver.registered_delivery != 1:
            self._events.append(SmsArrived(sms_of(deliver, self._ascii_as), receipt))
            return
        try:
            self._events.append(ReportArrived(report_of(deliver), receipt))
        except MalformedPdu as error:
            self._events.append(Misbehaved(str(error), deliver.msg_content))
            self._protocol.respond(sequence_id, DeliverResp(deliver.msg_id, status.STRUCTURE_WRONG))
