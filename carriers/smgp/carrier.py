"""Our side of one connection to an SMGP gateway, in the words of the hub."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from carriers.connection_session import ConnectionSession
from carriers.session import (
    Bound,
    LoginRefused,
    Misbehaved,
    ReportArrived,
    SmsArrived,
    SubmitAnswered,
)
from carriers.smgp import events, status
from carriers.smgp.config import SmgpConfig
from carriers.smgp.events import Event
from carriers.smgp.incoming import report_of, sms_of
from carriers.smgp.message_id import hex_form
from carriers.smgp.outgoing import submit_of
from carriers.smgp.pdu import Deliver, DeliverResp, SubmitResp, version_text
from carriers.smgp.protocol import SmgpProtocol
from carriers.smgp.rules import Role, Settings
from gateway.core.errors import MalformedPdu
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


class SmgpSession(ConnectionSession[Event]):
    """A CarrierSession for SMGP 3.0.

    `wall_clock` gives the wall clock (aware); it is asked at login and for the validity of a message.
    """

    def __init__(self, config: SmgpConfig, wall_clock: Callable[[], datetime]) -> None:
        self._config = config
        self._wall_clock = wall_clock
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
        super().__init__(self._protocol)

    def start(self, now: float) -> None:
        """Queue the Login."""
        config = self._config
        moment = self._wall_clock().astimezone(config.zone)
        self._protocol.log_in(config.client_id, config.secret, config.mode, config.version_octet, moment, now)

    def acknowledge(self, receipt: object, *, accepted: bool) -> None:
        """Answer a Deliver with Status 0, or 1 ("busy") to get it again later."""
        assert isinstance(receipt, _Receipt)
        answer = DeliverResp(receipt.msg_id, status.OK if accepted else status.BUSY)
        self._protocol.respond(receipt.sequence_id, answer)
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
            case events.LoggedIn(is_genuine=is_genuine):
                self._events.append(Bound(peer=self._config.host, version=version_text(self._protocol.version)))
                if not is_genuine:
                    self._events.append(Misbehaved("the gateway did not prove that it knows the secret"))
            case events.LoginFailed(status=number, highest_version=highest):
                self._events.append(_refusal(number, highest))

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
