"""Our side of one SMPP connection to a carrier."""

from __future__ import annotations

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
from carriers.smpp import pdu, protocol, status
from carriers.smpp.config import SmppConfig
from carriers.smpp.receipts import id_forms
from carriers.smpp.states import Role, State
from carriers.smpp.translate import Translator
from gateway.core.errors import LocalProtocolError, NotEncodable
from gateway.core.messages import IncomingSms, Outcome

if TYPE_CHECKING:
    from carriers.smpp.base import Pdu, Response
    from gateway.core.messages import Segment

__all__ = ["SmppConfig", "SmppSession"]

_BINDS: dict[str, type[pdu.Bind]] = {
    "transceiver": pdu.BindTransceiver,
    "transmitter": pdu.BindTransmitter,
    "receiver": pdu.BindReceiver,
}


class SmppSession:
    """A `carriers.session.CarrierSession` that speaks SMPP 3.4."""

    def __init__(self, config: SmppConfig) -> None:
        self._config = config
        self._translator = Translator(config)
        self._protocol = self._new_protocol(0.0)
        self._segments: dict[int, Segment] = {}  # submits without answer, by sequence number
        self._events: list[SessionEvent] = []

    def start(self, now: float) -> None:
        """Queue the bind."""
        config = self._config
        self._protocol = self._new_protocol(now)
        kind = _BINDS[config.bind]
        bind = kind(config.system_id, config.password, config.system_type, address_range=config.address_range)
        self._protocol.send_request(bind, now)

    def receive(self, data: bytes, now: float) -> None:
        """Take bytes as they came; never raises."""
        self._protocol.receive(data, now)
        self._translate()

    def submit(self, segment: Segment, now: float) -> None:
        """Queue one segment. Raises LocalProtocolError when not bound or the window is full.

        A segment that no submit_sm can carry is answered at once as PERMANENT.
        """
        if self.free_window < 1:
            raise LocalProtocolError("no room for a submit: not bound to submit, or the window is full")
        try:
            sequence = self._protocol.send_request(self._translator.submit(segment), now)
        except (NotEncodable, LocalProtocolError) as error:
            self._events.append(SubmitAnswered(segment, Outcome.PERMANENT, reason=str(error)))
        else:
            self._segments[sequence] = segment

    def acknowledge(self, receipt: object, *, accepted: bool) -> None:
        """Answer a delivery: ESME_ROK, or ESME_RX_T_APPN so that the carrier sends it again later."""
        code = status.ROK if accepted else status.RX_T_APPN
        if isinstance(receipt, pdu.DeliverSm):
            self._protocol.respond(receipt, pdu.DeliverSmResp(command_status=code))
        elif isinstance(receipt, pdu.DataSm):
            self._protocol.respond(receipt, pdu.DataSmResp(command_status=code))

    def tick(self, now: float) -> None:
        """Let time pass."""
        self._protocol.tick(now)
        self._translate()

    def close(self, now: float) -> None:
        """Unbind; `Closed` follows when the carrier answers or in 5 s."""
        self._protocol.unbind(now)
        self._translate()

    def connection_lost(self) -> None:
        """The socket is gone: every unanswered submit becomes UNCERTAIN."""
        self._protocol.connection_lost()
        self._translate()

    def data_to_send(self) -> bytes:
        """Bytes to write now, taken out."""
        return self._protocol.data_to_send()

    def events(self) -> list[SessionEvent]:
        """What happened since the last call, taken out."""
        events, self._events = self._events, []
        return events

    @property
    def free_window(self) -> int:
        """How many segments may be submitted now; 0 when not bound, and always for a receiver."""
        return 0 if self._protocol.state is State.BOUND_RX else self._protocol.free_window

    def _new_protocol(self, now: float) -> protocol.SmppProtocol:
        config = self._config
        limits = protocol.Limits(
            window=config.window,
            response_timeout_s=config.response_timeout_s,
            enquire_link_s=config.enquire_link_s,
        )
        return protocol.SmppProtocol(Role.ESME, limits, now=now)

    def _translate(self) -> None:
        for event in self._protocol.events():
            if isinstance(event, protocol.ResponseReceived):
                self._answered(event.response, event.sequence_number)
            elif isinstance(event, protocol.RequestReceived):
                self._requested(event.request)
            elif isinstance(event, protocol.RequestExpired):
                segment = self._segments.pop(event.sequence_number)
                self._events.append(SubmitAnswered(segment, Outcome.UNCERTAIN, reason=event.reason))
            elif isinstance(event, protocol.PeerErred):
                self._events.append(Misbehaved(event.reason, event.data))
            elif isinstance(event, protocol.BindAccepted):
                version = f"{event.version >> 4}.{event.version & 15}" if event.version else ""
                self._events.append(Bound(event.system_id, version))
            elif isinstance(event, protocol.BindRefused):
                known = status.look_up(event.command_status)
                permanent = known.outcome is Outcome.PERMANENT
                self._events.append(LoginRefused(event.command_status, known.name, permanent))
            elif isinstance(event, protocol.LineClosed):
                self._events.append(Closed(event.reason))

    def _answered(self, response: Response, sequence: int) -> None:
        segment = self._segments.pop(sequence)
        code = response.command_status
        known = status.look_up(code)
        if code or not isinstance(response, pdu.SubmitSmResp):
            outcome = known.outcome if code else Outcome.UNCERTAIN  # a nack that says ESME_ROK says nothing
            self._events.append(SubmitAnswered(segment, outcome, code=code, reason=known.name))
            return
        message_id = response.message_id
        ids = id_forms(message_id, self._config.message_id_form) if message_id.strip() else ()
        self._events.append(SubmitAnswered(segment, Outcome.ACCEPTED, ids))

    def _requested(self, request: Pdu) -> None:
        if not isinstance(request, pdu.DeliverSm | pdu.DataSm):
            if isinstance(request, pdu.Outbind):
                self._events.append(Misbehaved("outbind on a line that we bind ourselves"))
            return
        found = self._translator.delivery(request)
        if found is None:
            # Asking for it again would bring the same receipt for ever.
            self.acknowledge(request, accepted=True)
            self._events.append(Misbehaved("a receipt that names no message", request.encode()[:256]))
        elif isinstance(found, IncomingSms):
            self._events.append(SmsArrived(found, request))
        else:
            self._events.append(ReportArrived(found, request))
