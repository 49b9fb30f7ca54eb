"""One CMPP connection without socket and clock, for either side of it.

`now` is monotonic seconds. Bytes that came go into `receive`, bytes to write come out of `data_to_send`, and
what happened out of `events`. Hostile bytes never raise; wrong calls raise LocalProtocolError.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from carriers.cmpp import login, status
from carriers.cmpp.codec import decode, encode
from carriers.cmpp.events import (
    Event,
    LoggedIn,
    LoginFailed,
    LoginRequested,
    RequestReceived,
)
from carriers.cmpp.pdu import (
    HEADER_OCTETS,
    MAX_OCTETS,
    RESPONSE,
    ActiveTest,
    ActiveTestResp,
    Command,
    Connect,
    ConnectResp,
    Deliver,
    DeliverResp,
    Pdu,
    Submit,
    SubmitResp,
    Terminate,
    TerminateResp,
    Version,
)
from carriers.cmpp.rules import ANSWER_OF, ASKS, SERVES, Role, Settings
from carriers.connection import State
from carriers.framing import FrameSplitter
from carriers.two_way import TwoWayConnection, Words
from gateway.core.errors import LocalProtocolError, MalformedPdu

if TYPE_CHECKING:
    from datetime import datetime

_WORDS: Words[Pdu] = Words(ANSWER_OF, ActiveTest(), Terminate(), TerminateResp())


class CmppProtocol(TwoWayConnection[Pdu, Event]):
    """The rules of one connection: login, window, numbers, time-outs, heartbeat, leave."""

    def __init__(self, role: Role, settings: Settings | None = None) -> None:
        self.role = role
        self.settings = settings or Settings()
        super().__init__(FrameSplitter(minimum=HEADER_OCTETS, maximum=MAX_OCTETS), _WORDS, self.settings)
        self.version = Version.V2
        self._login: tuple[int, Connect, bytes] | None = None  # Sequence_Id, CONNECT, secret (provider only)

    # What both sides do.

    @property
    def free_window(self) -> int:
        """How many requests may be sent now; 0 unless the connection is open."""
        return self._room

    def send_request(self, pdu: Pdu, now: float, tag: object = None) -> int:
        """Send a request; its Sequence_Id. `tag` comes back with the answer.

        Raises LocalProtocolError when the connection is not open, the window is full, the request is not for
        this side to make, or a value does not fit.
        """
        if type(pdu) not in ASKS[self.role]:
            raise LocalProtocolError(f"a {self.role} does not send {type(pdu).__name__}")
        if self._room == 0:
            raise LocalProtocolError("not logged in" if self.state is not State.OPEN else "the window is full")
        resends = self.settings.submit_resends if isinstance(pdu, Submit) else self.settings.other_resends
        return self._ask(pdu, now, tag, resends)

    # The provider's login.

    def log_in(self, sp_id: str, secret: str, version_octet: int, moment: datetime, now: float) -> None:
        """Provider: send CONNECT; `moment` is the gateway's wall clock. No answer in time ends it.

        Raises LocalProtocolError when called twice, for a version without layout, or for too long an SP_Id.
        """
        version = Version.of_octet(version_octet)
        if self.role is not Role.PROVIDER or self.state is not State.NEW or version is None:
            raise LocalProtocolError("a login is made once, by a provider, with version 2.x or 3.0")
        connect = login.connect_request(sp_id, secret, version_octet, moment)
        sequence_id = self._next_sequence_id()
        self._send(connect, sequence_id)
        self.version = version
        self.state = State.LOGIN
        self._login = (sequence_id, connect, secret.encode())
        self._deadline = now + self.settings.response_timeout_s

    # The gateway's side of the login.

    def await_login(self, now: float) -> None:
        """Gateway: the connection stands; a CONNECT must come within `response_timeout_s`."""
        if self.role is not Role.GATEWAY or self.state is not State.NEW:
            raise LocalProtocolError("only a gateway waits for a login, and once")
        self._deadline = now + self.settings.response_timeout_s

    def accept_login(self, secret: bytes) -> bool:
        """Gateway: let the peer in; False when its version is above ours, which is answered and ends all.

        False as well once the connection is closed: what came behind the CONNECT may have ended it.
        """
        if self.is_closed:
            return False
        sequence_id, connect = self._login_to_answer()
        version = Version.of_octet(connect.version)
        if version is None or version > self.settings.version_octet:
            self.refuse_login(status.VERSION_TOO_HIGH)
            return False
        digest = login.gateway_digest(status.OK, connect.authenticator_source, secret, version)
        self._send(ConnectResp(status.OK, digest, self.settings.version_octet), sequence_id)
        self._login = None
        self.state = State.OPEN
        return True

    def refuse_login(self, code: int) -> None:
        """Gateway: send the peer away with a Status that is not 0, and end; does nothing once it is closed."""
        if self.is_closed:
            return
        sequence_id, _ = self._login_to_answer()
        # In 2.x the Status is one octet.
        wide_enough = code if self.version is Version.V3 else min(code, 0xFF)
        self._send(ConnectResp(wide_enough, version=self.settings.version_octet), sequence_id)
        self._end(f"login refused: {status.connect_status(code).meaning}")

    def _login_to_answer(self) -> tuple[int, Connect]:
        if self.role is not Role.GATEWAY or self.state is not State.LOGIN or self._login is None:
            raise LocalProtocolError("no login waits for an answer")
        return self._login[:2]

    # What came.

    def _take_pdu(self, sequence_id: int, pdu: Pdu, frame: bytes, now: float) -> None:
        if frame[4] & 0x80:
            self._take_response(sequence_id, pdu)
        elif self.state in (State.OPEN, State.LEAVING):
            self._take_request(sequence_id, pdu, frame)
        elif self.role is Role.GATEWAY and self.state is State.NEW and isinstance(pdu, Connect):
            self._take_login(sequence_id, pdu)
        else:
            self._misbehaved(f"{type(pdu).__name__} before the login", frame)
            self._end("a request came before the login")

    def _take_malformed(self, frame: bytes, error: MalformedPdu) -> None:
        command_id = int.from_bytes(frame[4:8], "big")
        sequence_id = int.from_bytes(frame[8:12], "big")
        if command_id == RESPONSE | Command.CONNECT and self.state is State.LOGIN and self.role is Role.PROVIDER:
            # Most likely the gateway answers in the layout of the version it has, which is not ours.
            self._events.append(LoginFailed(status.VERSION_TOO_HIGH, frame[-1]))
            self._end(f"the answer to the login cannot be read: {error}")
        elif self.state not in (State.OPEN, State.LEAVING):
            self._end(f"no login: {error}")
        elif command_id == Command.SUBMIT and self.role is Role.GATEWAY:
            self._send(SubmitResp(0, _result_of(error)), sequence_id)
        elif command_id == Command.DELIVER and self.role is Role.PROVIDER:
            self._send(DeliverResp(int.from_bytes(frame[12:20], "big"), _result_of(error)), sequence_id)

    def _take_login(self, sequence_id: int, connect: Connect) -> None:
        version = Version.of_octet(connect.version)
        # A version above all layouts is answered in the newest, one below them in the oldest.
        self.version = version or (Version.V3 if connect.version > Version.V3 else Version.V2)
        self.state = State.LOGIN
        self._deadline = None
        self._login = (sequence_id, connect, b"")
        self._events.append(LoginRequested(connect, version))

    def _take_request(self, sequence_id: int, pdu: Pdu, frame: bytes) -> None:
        if isinstance(pdu, ActiveTest):
            self._send(ActiveTestResp(), sequence_id)
        elif isinstance(pdu, Terminate):
            self._leave_asked = sequence_id
            self._grant_leave()
        elif self.state is State.LEAVING or self._leave_asked is not None:
            return  # after a TERMINATE: without an answer the peer sends it again on its next connection
        elif type(pdu) not in SERVES[self.role]:
            self._misbehaved(f"{type(pdu).__name__} is no request to a {self.role}", frame)
        elif self._is_new(sequence_id, frame, self.settings.peer_window, pdu):
            self._served.add(sequence_id, pdu, frame)
            self._events.append(RequestReceived(sequence_id, pdu))

    def _refuse_for_now(self, sequence_id: int, pdu: Pdu, frame: bytes) -> None:
        self._misbehaved(f"more than {self.settings.peer_window} requests without an answer", frame)
        if isinstance(pdu, Submit):
            self._send(SubmitResp(0, status.FLOW_CONTROL), sequence_id)
        elif isinstance(pdu, Deliver):
            self._send(DeliverResp(pdu.msg_id, status.FLOW_CONTROL), sequence_id)

    def _take_response(self, sequence_id: int, pdu: Pdu) -> None:
        if isinstance(pdu, ActiveTestResp) and sequence_id in self._tests:
            self._tests.discard(sequence_id)
        elif isinstance(pdu, ConnectResp) and self._is_answer_to_login(sequence_id):
            self._take_login_answer(pdu)
        elif isinstance(pdu, TerminateResp) and self.state is State.LEAVING:
            self._end("left in order")
        else:
            self._take_answer(sequence_id, pdu)

    def _is_answer_to_login(self, sequence_id: int) -> bool:
        return (
            self.role is Role.PROVIDER
            and self.state is State.LOGIN
            and self._login is not None
            and self._login[0] == sequence_id
        )

    def _take_login_answer(self, answer: ConnectResp) -> None:
        assert self._login is not None
        _, connect, secret = self._login
        self._login = None
        self._deadline = None
        if answer.status != status.OK:
            self._events.append(LoginFailed(answer.status, answer.version))
            self._end(f"login refused: {status.connect_status(answer.status).meaning}")
            return
        self.state = State.OPEN
        genuine = login.is_genuine_gateway(answer, connect.authenticator_source, secret)
        self._events.append(LoggedIn(answer, genuine))

    # The codec.

    def _encode(self, pdu: Pdu, sequence_id: int) -> bytes:
        return encode(pdu, sequence_id, self.version)

    def _decode(self, frame: bytes) -> tuple[int, Pdu]:
        return decode(frame, self.version)

    def _takes(self, response: Pdu) -> bool:
        # Only what was taken: a request that was refused for now must be looked at when it comes again.
        return getattr(response, "result", status.OK) == status.OK


def _result_of(error: MalformedPdu) -> int:
    return status.LENGTH_WRONG if error.field in ("Msg_Length", "Total_Length") else status.STRUCTURE_WRONG
