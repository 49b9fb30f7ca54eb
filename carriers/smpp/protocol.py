"""An SMPP session without socket and clock, from either end of the line.

Feed `receive` what came and `tick` the time, then write `data_to_send()` and look at `events()`. `now` is
monotonic seconds. Requests of the peer come out as events and are answered with `respond`, in any order and
whenever it suits; enquire_link and unbind are answered here, wrong ones are refused here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from carriers.framing import FrameSplitter
from carriers.smpp import pdu, status, tlv
from carriers.smpp.constants import (
    HEADER_OCTETS,
    MAX_PDU_OCTETS,
    MAX_SEQUENCE,
    RESPONSE_BIT,
    VERSION_3_4,
)
from carriers.smpp.layout import HEADER
from carriers.smpp.states import BOUND, BOUND_AS, FIELD_STATUS, PERMITTED, UNANSWERED, Role, State
from gateway.core.errors import LocalProtocolError, MalformedPdu

if TYPE_CHECKING:
    from carriers.smpp.base import Pdu, Response
    from carriers.smpp.pdu import Bind


@dataclass(frozen=True, slots=True)
class Limits:
    """How long and how much; 0 switches a timer off (3.4 section 7.2 names the timers, the values are ours)."""

    window: int = 32  # our requests without response
    session_init_s: float = 30.0  # connection to bind
    enquire_link_s: float = 30.0  # silence before we ask for life
    response_timeout_s: float = 30.0
    inactivity_s: float = 0.0  # neither side asked anything but enquire_link: we unbind
    unbind_s: float = 5.0  # wait for unbind_resp, or for our own responses before we send one
    max_pdu_octets: int = MAX_PDU_OCTETS


@dataclass(frozen=True, slots=True)
class RequestReceived:
    """The peer asks for something that is allowed; answer with `respond`, unless the request has no response."""

    request: Pdu


@dataclass(frozen=True, slots=True)
class ResponseReceived:
    """The peer answered our request, with its own response or with a generic_nack."""

    request: Pdu
    response: Response
    sequence_number: int


@dataclass(frozen=True, slots=True)
class RequestExpired:
    """No answer to our request will be told any more; nobody knows what became of it."""

    request: Pdu
    reason: str
    sequence_number: int


@dataclass(frozen=True, slots=True)
class BindRequested:
    """SMSC: an ESME wants in; `accept_bind` or `refuse_bind` decides."""

    request: Bind


@dataclass(frozen=True, slots=True)
class BindAccepted:
    """ESME: the SMSC let us in; `version` is 0 when it named none, and then it takes no optional parameters."""

    system_id: str
    version: int


@dataclass(frozen=True, slots=True)
class BindRefused:
    """ESME: the SMSC did not let us in; the line closes."""

    command_status: int


@dataclass(frozen=True, slots=True)
class PeerErred:
    """The peer sent something wrong, which was answered or skipped."""

    reason: str
    data: bytes  # at most the first 256 octets


@dataclass(frozen=True, slots=True)
class LineClosed:
    """The session is over; close the connection after writing `data_to_send()`."""

    reason: str


Event = (
    RequestReceived
    | ResponseReceived
    | RequestExpired
    | BindRequested
    | BindAccepted
    | BindRefused
    | PeerErred
    | LineClosed
)


class SmppProtocol:
    """One session. Nothing the peer sends makes it raise; LocalProtocolError says that the caller erred."""

    def __init__(self, role: Role, limits: Limits | None = None, *, now: float = 0.0) -> None:
        self.role = role
        self.limits = limits or Limits()
        self.state = State.OPEN
        self.bound_as: State | None = None  # the bound state, kept while unbinding
        self.peer_version = 0  # interface_version or sc_interface_version of the peer
        self.strays = 0  # responses to nothing we wait for: late, doubled or made up
        self._peer_role = Role.SMSC if role is Role.ESME else Role.ESME
        self._splitter = FrameSplitter(minimum=HEADER_OCTETS, maximum=self.limits.max_pdu_octets)
        self._sequence = 0
        self._pending: dict[int, tuple[Pdu, float]] = {}  # in the order sent, and so of their deadlines
        self._owed: set[int] = set()  # sequence numbers of the peer's requests we have not answered
        self._bind: Bind | None = None  # the one being decided (SMSC), or waiting for its answer (ESME)
        self._bind_sequence = 0
        self._enquired_at: float | None = None
        self._enquire_sequence = 0
        self._unbind_sequence = 0
        self._peer_unbind: int | None = None  # sequence number of the unbind we have yet to answer
        self._leave_by: float | None = None
        self._opened_at = self._heard_at = self._worked_at = self._now = now
        self._out: list[bytes] = []
        self._events: list[Event] = []

    @property
    def free_window(self) -> int:
        """How many requests may be sent now; 0 when not bound."""
        if self.state not in BOUND or self._peer_unbind is not None:
            return 0
        return max(0, self.limits.window - len(self._pending))

    @property
    def is_closed(self) -> bool:
        """Is the session over?"""
        return self.state is State.CLOSED

    @property
    def peer_takes_tlvs(self) -> bool:
        """Did the peer announce 3.4 or later? Send no optional parameters to one that did not (3.4 section 3.4)."""
        return self.peer_version >= VERSION_3_4

    def data_to_send(self) -> bytes:
        """Octets to write now, taken out."""
        if not self._out:
            return b""
        out, self._out = self._out, []
        return b"".join(out)

    def events(self) -> list[Event]:
        """What happened since the last call, taken out."""
        events, self._events = self._events, []
        return events

    # What the caller does.

    def send_request(self, request: Pdu, now: float) -> int:
        """Queue a request and give its sequence number.

        Raises LocalProtocolError when the state or our role forbids it, the window is full, or a field is out
        of its bounds; nothing is sent then.
        """
        roles, states = PERMITTED[request.command_id]
        if self.role not in roles or self.state not in states or self._peer_unbind is not None:
            raise LocalProtocolError(f"{self.role} may not send {request.name} in state {self.state}")
        if request.command_id in BOUND_AS:
            return self._send_bind(request, now)
        sequence = self._next_sequence()
        if request.command_id in UNANSWERED:
            self._out.append(request.encode(sequence))
            return sequence
        if len(self._pending) >= self.limits.window:
            raise LocalProtocolError(f"{self.limits.window} requests wait for their responses already")
        self._out.append(request.encode(sequence))
        self._pending[sequence] = (request, now + self.limits.response_timeout_s)
        self._worked_at = now
        return sequence

    def respond(self, request: Pdu, response: Response) -> None:
        """Answer a request of the peer; the response takes its sequence number.

        Does nothing once the line is closed or when the request was answered before.
        """
        sequence = request.sequence_number
        if self.state is State.CLOSED or sequence not in self._owed:
            return
        if response.command_id not in (request.command_id | RESPONSE_BIT, pdu.GenericNack.command_id):
            raise LocalProtocolError(f"{response.name} does not answer {request.name}")
        self._out.append(response.encode(sequence))
        self._owed.discard(sequence)
        if self._peer_unbind is not None and not self._owed:
            self._answer_unbind()

    def accept_bind(self, system_id: str = "", *, version: int = VERSION_3_4) -> None:
        """SMSC: let the ESME in. A peer of 3.4 or later is told our version, so that it uses optional parameters.

        Does nothing once the line is closed: what came behind the bind may have closed it.
        """
        if self.is_closed:
            return
        bind = self._take_bind()
        tlvs = (tlv.make("sc_interface_version", version),) if self.peer_takes_tlvs else ()
        self._send_bind_response(bind, 0, system_id=system_id, tlvs=tlvs)
        self.state = self.bound_as = BOUND_AS[bind.command_id]

    def refuse_bind(self, command_status: int) -> None:
        """SMSC: do not let the ESME in, and close; does nothing once the line is closed."""
        if self.is_closed:
            return
        bind = self._take_bind()
        self._send_bind_response(bind, command_status, has_body=False)
        self._close("bind refused")

    def unbind(self, now: float) -> None:
        """Take leave: LineClosed follows when the peer answers or does not in time, at once when not bound."""
        if self.state in BOUND:
            self._unbind_sequence = self._next_sequence()
            self._out.append(pdu.Unbind().encode(self._unbind_sequence))
            self.state = State.UNBINDING
            self._leave_by = now + self.limits.unbind_s
        elif self.state is State.OPEN:
            self._close("closed before bind")

    def connection_lost(self, reason: str = "connection lost") -> None:
        """The connection is gone; all our requests expire."""
        self._out.clear()
        self._close(reason)
        self._out.clear()

    def receive(self, data: bytes, now: float) -> None:
        """Take octets as they came."""
        if self.is_closed:
            return
        self._now = self._heard_at = now
        self._enquired_at = None
        self._splitter.feed(data)
        try:
            for frame in self._splitter:
                self._take(frame)
                if self.is_closed:
                    return
        except MalformedPdu as error:
            # The stream cannot be brought into step again, and the header at fault names no request.
            self._out.append(pdu.GenericNack(command_status=status.RINVCMDLEN).encode())
            self._events.append(PeerErred(str(error), b""))
            self._close("impossible command_length")

    def tick(self, now: float) -> None:
        """Let time pass. Call at least once a second."""
        if self.state is State.CLOSED:
            return
        self._now = now
        limits = self.limits
        self._expire_requests(now)
        if self._leave_by is not None and now >= self._leave_by:
            if self._peer_unbind is not None:
                self._answer_unbind()
            else:
                self._close("unbind was not answered")
        elif self.state is State.OPEN:
            if self._bind is None:
                if limits.session_init_s and now - self._opened_at >= limits.session_init_s:
                    self._close("no bind in time")
            elif self.role is Role.ESME and 0 < limits.response_timeout_s <= now - self._worked_at:
                self._close("bind was not answered")
        elif self.state in BOUND:
            self._keep_alive(now)

    # What the peer does.

    def _take(self, frame: bytes) -> None:
        _, command_id, command_status, sequence = HEADER.unpack_from(frame)
        try:
            kind = pdu.PDUS.get(command_id)
            if kind is None:
                self._take_unknown(frame, command_id, sequence)
                return
            message = kind.read(frame, command_status, sequence)
        except MalformedPdu as error:
            self._take_malformed(frame, command_id, sequence, error)
            return
        if command_id & RESPONSE_BIT:
            self._take_response(message, frame)  # type: ignore[arg-type]
        else:
            self._take_request(message, frame)

    def _take_unknown(self, frame: bytes, command_id: int, sequence: int) -> None:
        self._events.append(PeerErred(f"unknown command 0x{command_id:08x}", frame[:256]))
        if not command_id & RESPONSE_BIT:  # two peers that nack each other's nacks would never end
            self._out.append(pdu.GenericNack(command_status=status.RINVCMDID).encode(sequence))

    def _take_malformed(self, frame: bytes, command_id: int, sequence: int, error: MalformedPdu) -> None:
        self._events.append(PeerErred(f"{pdu.PDUS[command_id].name}: {error}", frame[:256]))
        if command_id & RESPONSE_BIT:
            pending = self._pending.get(sequence)
            if pending is not None and pending[0].command_id | RESPONSE_BIT == command_id:
                del self._pending[sequence]
                self._events.append(RequestExpired(pending[0], "response cannot be read", sequence))
        else:
            self._refuse(command_id, sequence, FIELD_STATUS.get(error.field, status.RINVCMDLEN))

    def _take_request(self, request: Pdu, frame: bytes) -> None:
        command_id = request.command_id
        sequence = request.sequence_number
        if command_id == pdu.EnquireLink.command_id:
            self._out.append(pdu.EnquireLinkResp().encode(sequence))
            return
        roles, states = PERMITTED[command_id]
        # While our unbind travels, the peer goes on as before and must be served.
        state = self.bound_as if self.state is State.UNBINDING else self.state
        if self._peer_role not in roles or state not in states or self._peer_unbind is not None:
            again = command_id in BOUND_AS and state in BOUND
            self._events.append(PeerErred(f"{request.name} in state {self.state}", frame[:256]))
            self._refuse(command_id, sequence, status.RALYBND if again else status.RINVBNDSTS)
            return
        if command_id == pdu.Unbind.command_id:
            self._peer_unbind = sequence
            self._leave_by = self._now + self.limits.unbind_s
            if not self._owed:
                self._answer_unbind()
            return
        if command_id in BOUND_AS:
            self._take_bind_request(request, frame)  # type: ignore[arg-type]
            return
        if command_id not in UNANSWERED:
            if sequence in self._owed:
                # One response could not be told from the other: the peer asks again when it has its answer.
                self._events.append(PeerErred(f"{request.name} under a number in use", frame[:256]))
                return
            self._owed.add(sequence)
        self._worked_at = self._now
        self._events.append(RequestReceived(request))

    def _take_bind_request(self, request: Bind, frame: bytes) -> None:
        if self._bind is not None:
            self._events.append(PeerErred(f"{request.name} while another is decided", frame[:256]))
            self._refuse(request.command_id, request.sequence_number, status.RALYBND)
            return
        self._bind = request
        self.peer_version = request.interface_version
        self._events.append(BindRequested(request))

    def _take_response(self, response: Response, frame: bytes) -> None:
        sequence = response.sequence_number
        command_id = response.command_id
        is_nack = command_id == pdu.GenericNack.command_id
        pending = self._pending.get(sequence)
        if pending is not None and (is_nack or pending[0].command_id | RESPONSE_BIT == command_id):
            del self._pending[sequence]
            self._events.append(ResponseReceived(pending[0], response, sequence))
        elif (
            self._bind is not None
            and self.role is Role.ESME
            and sequence == self._bind_sequence
            and (is_nack or command_id == self._bind.command_id | RESPONSE_BIT)
        ):
            self._take_bind_response(response)
        elif (
            self.state is State.UNBINDING
            and sequence == self._unbind_sequence
            and (is_nack or command_id == pdu.UnbindResp.command_id)
        ):
            self._close("unbound")
        elif command_id == pdu.EnquireLinkResp.command_id and sequence == self._enquire_sequence:
            self._enquire_sequence = 0
        elif is_nack and sequence != self._enquire_sequence:
            self.strays += 1
            name = status.look_up(response.command_status).name
            self._events.append(PeerErred(f"generic_nack {name} to nothing we wait for", frame[:256]))
        else:
            self.strays += 1

    def _take_bind_response(self, response: Response) -> None:
        bind, self._bind = self._bind, None
        if response.command_status or bind is None or not isinstance(response, pdu.BindResponse):
            self._events.append(BindRefused(response.command_status))
            self._close("bind refused")
            return
        self.state = self.bound_as = BOUND_AS[bind.command_id]
        self.peer_version = tlv.integer(response.tlvs, tlv.SC_INTERFACE_VERSION) or 0
        self._events.append(BindAccepted(response.system_id, self.peer_version))

    # Steps of both.

    def _next_sequence(self) -> int:
        # A number still waited for after two thousand million others would be mistaken for the new one.
        sequence = self._sequence
        while True:
            sequence = sequence + 1 if sequence < MAX_SEQUENCE else 1
            if sequence not in self._pending:
                self._sequence = sequence
                return sequence

    def _send_bind(self, request: Pdu, now: float) -> int:
        if self._bind is not None or not isinstance(request, pdu.Bind):
            raise LocalProtocolError("a bind waits for its response already")
        sequence = self._next_sequence()
        self._out.append(request.encode(sequence))
        self._bind = request
        self._bind_sequence = sequence
        self._worked_at = now
        return sequence

    def _take_bind(self) -> Bind:
        bind = self._bind
        if bind is None or self.role is not Role.SMSC or self.state is not State.OPEN:
            raise LocalProtocolError("no bind waits for a decision")
        self._bind = None
        self._worked_at = self._now
        return bind

    def _send_bind_response(
        self,
        bind: Bind,
        command_status: int,
        *,
        system_id: str = "",
        tlvs: tuple[tlv.Tlv, ...] = (),
        has_body: bool = True,
    ) -> None:
        kind = pdu.PDUS[bind.command_id | RESPONSE_BIT]
        assert issubclass(kind, pdu.BindResponse)
        response = kind(system_id, command_status=command_status, tlvs=tlvs, has_body=has_body)
        self._out.append(response.encode(bind.sequence_number))

    def _refuse(self, command_id: int, sequence: int, command_status: int) -> None:
        if command_id not in UNANSWERED:
            # The header alone, as every error response may be (3.4 section 4.1.2 and on).
            self._out.append(HEADER.pack(HEADER_OCTETS, command_id | RESPONSE_BIT, command_status, sequence))

    def _answer_unbind(self) -> None:
        assert self._peer_unbind is not None
        self._out.append(pdu.UnbindResp().encode(self._peer_unbind))
        self._close("the peer unbound")

    def _expire_requests(self, now: float) -> None:
        if not self.limits.response_timeout_s:
            return
        while self._pending:
            sequence, (request, deadline) = next(iter(self._pending.items()))
            if deadline > now:
                return
            del self._pending[sequence]
            self._events.append(RequestExpired(request, "no response in time", sequence))

    def _keep_alive(self, now: float) -> None:
        limits = self.limits
        if limits.inactivity_s and now - self._worked_at >= limits.inactivity_s:
            self.unbind(now)
        elif self._enquired_at is not None:
            if limits.response_timeout_s and now - self._enquired_at >= limits.response_timeout_s:
                self._close("the peer gives no sign of life")
        elif limits.enquire_link_s and now - self._heard_at >= limits.enquire_link_s:
            self._enquire_sequence = self._next_sequence()
            self._out.append(pdu.EnquireLink().encode(self._enquire_sequence))
            self._enquired_at = now

    def _close(self, reason: str) -> None:
        if self.state is State.CLOSED:
            return
        self.state = State.CLOSED
        for sequence, (request, _) in self._pending.items():
            self._events.append(RequestExpired(request, reason, sequence))
        self._pending.clear()
        self._owed.clear()
        self._bind = None
        self._events.append(LineClosed(reason))
