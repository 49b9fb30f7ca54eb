"""Our side of one connection to an SMGP gateway, in the words of the hub."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

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
from carriers.smgp import events, status
from carriers.smgp.config import SmgpConfig
from carriers.smgp.incoming import report_of, sms_of
from carriers.smgp.message_id import hex_form
from carriers.smgp.outgoing import submit_of
from carriers.smgp.pdu import Deliver, DeliverResp, SubmitResp, version_text
from carriers.smgp.protocol import SmgpProtocol
from carriers.smgp.rules import Role, Settings
from gateway.core.errors import CaiyouError, LocalProtocolError, MalformedPdu
from gateway.core.messages import Outcome, Segment
from gateway.core.text import Alphabet

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

__all__ = ["SmgpConfig", "SmgpSession"]


@dataclass(frozen=True, slots=True)
class _Receipt:
    """What is needed to answer a delivery."""

    sequence_id: int
    msg_id: bytes


class SmgpSession:
    """A CarrierSession for SMGP 3.0.

    `login_time` gives the wall clock (aware); it is asked at login and for the validity of a message.
    """

    def __init__(self, config: SmgpConfig, login_time: Callable[[], datetime]) -> None:
        self._config = config
        self._wall_clock = login_time
        self._ascii_as = Alphabet(config.ascii_as)
        self._protocol = SmgpProtocol(
            Role.PROVIDER,
            Settings(
                window=config.window,
                response_timeout_s=config.response_timeout_s,
                submit_resends=config.submit_resends,
                active_test_s=config.active_test_s,
                active_test_failures=config.active_test_failures,
                fixed_fee_in_1_3=config.fixed_fee_in_1_3,
            ),
        )
        self._events: list[SessionEvent] = []

    @property
    def free_window(self) -> int:
        """How many segments may be submitted now; 0 when not bound, and with login mode "receive"."""
        return self._protocol.free_window

    def start(self, now: float) -> None:
        """Queue the Login."""
        config = self._config
        moment = self._wall_clock().astimezone(config.zone)
        self._protocol.log_in(config.client_id, config.secret, config.mode, config.version_octet, moment, now)

    def receive(self, data: bytes, now: float) -> None:
        """Take bytes as they came."""
        self._protocol.receive(data, now)
        self._translate()

    def submit(self, segment: Segment, now: float) -> None:
        """Queue one segment as a Submit.

        A segment that SMGP cannot carry is answered at once as PERMANENT and takes no place in the window.
        Raises LocalProtocolError when not bound, the window is full, or the login mode is "receive".
        """
        if self._protocol.free_window == 0:
            raise LocalProtocolError("not bound to send, or the window is full")
        try:
            submit = submit_of(segment, self._config, self._wall_clock())
            self._protocol.send_request(submit, now, tag=segment)
        except CaiyouError as error:
            self._events.append(SubmitAnswered(segment, Outcome.PERMANENT, reason=str(error)))

    def acknowledge(self, receipt: object, *, accepted: bool) -> None:
        """Answer a Deliver with Status 0, or 1 ("busy") to get it again later."""
        assert isinstance(receipt, _Receipt)
        answer = DeliverResp(receipt.msg_id, status.OK if accepted else status.BUSY)
        self._protocol.respond(receipt.sequence_id, answer)
        self._translate()

    def tick(self, now: float) -> None:
        """Let time pass."""
        self._protocol.tick(now)
        self._translate()

    def close(self, now: float) -> None:
        """Send Exit; `Closed` follows when the gateway answers or in 5 s."""
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
                case events.LoggedIn(is_genuine=is_genuine):
                    self._events.append(Bound(peer=self._config.host, version=version_text(self._protocol.version)))
                    if not is_genuine:
                        self._events.append(Misbehaved("the gateway did not prove that it knows the secret"))
                case events.LoginFailed(status=number, highest_version=highest):
                    self._events.append(_refusal(number, highest))
                case events.PeerMisbehaved(reason=reason, frame=frame):
                    self._events.append(Misbehaved(reason, frame))
                case events.Ended(reason=reason):
                    self._events.append(Closed(reason))

    def _answered(self, segment: Segment, response: SubmitResp) -> SubmitAnswered:
        code = status.result(response.status, self._config.throttle_codes)
        carrier_ids = (hex_form(response.msg_id),) if code.outcome is Outcome.ACCEPTED else ()
        return SubmitAnswered(segment, code.outcome, carrier_ids, code.number, code.meaning)

    def _take_delivery(self, sequence_id: int, deliver: Deliver) -> None:
        receipt = _Receipt(sequence_id, deliver.msg_id)
        if deliver.is_report != 1:
            self._events.append(SmsArrived(sms_of(deliver, self._ascii_as), receipt))
            return
        try:
            self._events.append(ReportArrived(report_of(deliver), receipt))
        except MalformedPdu as error:
            self._events.append(Misbehaved(str(error), deliver.msg_content))
            self._protocol.respond(sequence_id, DeliverResp(deliver.msg_id, status.STRUCTURE_WRONG))


def _refusal(number: int, highest: int) -> LoginRefused:
    code = status.login_result(number)
    reason = code.meaning
    if number == status.VERSION_TOO_HIGH:
        reason += f", which has {version_text(highest)}"
    return LoginRefused(number, reason, code.outcome is Outcome.PERMANENT)
