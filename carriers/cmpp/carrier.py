"""Our side of one connection to a CMPP gateway, in the words of the hub."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from carriers.cmpp import events, status
from carriers.cmpp.config import CmppConfig
from carriers.cmpp.events import Event
from carriers.cmpp.incoming import report_of, sms_of
from carriers.cmpp.message_id import hex_form
from carriers.cmpp.outgoing import submit_of
from carriers.cmpp.pdu import Deliver, DeliverResp, SubmitResp
from carriers.cmpp.protocol import CmppProtocol
from carriers.cmpp.rules import Role, Settings
from carriers.connection_session import ConnectionSession
from carriers.session import (
    Bound,
    LoginRefused,
    Misbehaved,
    ReportArrived,
    SmsArrived,
    SubmitAnswered,
)
from gateway.core.errors import MalformedPdu
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


class CmppSession(ConnectionSession[Event]):
    """A CarrierSession for CMPP 2.0 and 3.0.

    `wall_clock` gives the wall clock (aware); it is asked at login and for the validity of a message.
    """

    def __init__(self, config: CmppConfig, wall_clock: Callable[[], datetime]) -> None:
        self._config = config
        self._wall_clock = wall_clock
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
        super().__init__(self._protocol)

    def start(self, now: float) -> None:
        """Queue the CONNECT."""
        moment = self._wall_clock().astimezone(self._config.zone)
        self._protocol.log_in(self._config.sp_id, self._config.secret, self._config.version_octet, moment, now)

    def acknowledge(self, receipt: object, *, accepted: bool) -> None:
        """Answer a DELIVER with Result 0, or 9 ("other error") to get it again later."""
        assert isinstance(receipt, _Receipt)
        self._protocol.respond(
            receipt.sequence_id, DeliverResp(receipt.msg_id, status.OK if accepted else status.OTHER_ERROR)
        )
        self._translate()

    def _send(self, segment: Segment, now: float) -> None:
        self._protocol.send_request(submit_of(segment, self._config, self._wall_clock()), now, tag=segment)

    def _take(self, event: Event) -> None:
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
