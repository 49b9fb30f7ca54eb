"""One SMGP connection without socket and clock, for either side of it.

`now` is monotonic seconds. Bytes that came go into `receive`, bytes to write come out of `data_to_send`, and what
happened out of `events`. Hostile bytes never raise; wrong calls raise LocalProtocolError. Rules: SMGP 3.0.3, Login,
Active_Test, Exit, and the section on connections.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from carriers.connection import State
from carriers.framing import FrameSplitter
from carriers.smgp import login, status
from carriers.smgp.codec import decode, encode
from carriers.smgp.events import (
    Event,
    LoggedIn,
    LoginFailed,
    LoginRequested,
    RequestReceived,
)
from carriers.smgp.pdu import (
    HEADER_OCTETS,
    MAX_OCTETS,
    MSG_ID_OCTETS,
    NO_MSG_ID,
    RESPONSE,
    VERSION_3_0,
    ActiveTest,
    ActiveTestResp,
    Deliver,
    DeliverResp,
    Exit,
    ExitResp,
    Login,
    LoginMode,
    LoginResp,
    Pdu,
    Request,
    Submit,
    SubmitResp,
)
from carriers.smgp.rules import ANSWER_OF, ASKS, FORBIDDEN, SERVES, TRAFFIC, Role, Settings
from carriers.two_way import TwoWayConnection, Words
from gateway.core.errors import LocalProtocolError, MalformedPdu

if TYPE_CHECKING:
    from datetime import datetime

_WORDS: Words[Pdu] = Words(ANSWER_OF, ActiveTest(), Exit(), ExitResp())


class SmgpProtocol(TwoWayConnection[Pdu, Event]):
    """The rules of one connection: login, its mode and version, window, numbers, time-outs, heartbeat, leave."""

    def __init__(self, role: Role, settings: Settings | None = None) -> None:
        self.role = role
        self.settings = settings or Settings()
        super().__init__(FrameSplitter(minimum=HEADER_OCTETS, maximum=MAX_OCTETS), _WORDS, self.settings)
        self.mode = LoginMode.BOTH
        self.version = VERSION_3_0  # the octet both sides have
        self._login: tuple[int, Login, bytes] | None = None  # SequenceID, Login, secret (provider only)

    # What both sides do.

    @property
    def free_window(self) -> int:
        """How many messages may be sent now; 0 unless the connection is open and of a mode that sends them."""
        return 0 if TRAFFIC[self.role] in FORBIDDEN[self.mode] else self._room

    @property
    def has_fixed_fee(self) -> bool:
        """Does a Submit have a FixedFee on this connection?"""
        return self.version >= VERSION_3_0 or self.settings.fixed_fee_in_1_3

    def send_request(self, pdu: Pdu, now: float, tag: object = None) -> int:
        """Send a request; its SequenceID. `tag` comes back with the answer.

        Raises LocalProtocolError when the connection is not open, the window is full, the request is not for
        this side or this login mode to make, or a value does not fit.
        """
        if type(pdu) not in ASKS[self.role]:
            raise LocalProtocolError(f"a {self.role} does not send {type(pdu).__name__}")
        if type(pdu) in FORBIDDEN[self.mode]:
            raise LocalProtocolError(f"login mode {self.mode:d} does not allow {type(pdu).__name__}")
        if self._room == 0:
            raise LocalProtocolError("not logged in" if self.state is not State.OPEN else "the window is full")
        resends = self.settings.submit_resends if isinstance(pdu, Submit) else self.settings.other_resends
        return self._ask(pdu, now, tag, resends)

    # The provider's login.

    def log_in(
        self, client_id: str, secret: str, mode: LoginMode, version_octet: int, moment: datetime, now: float
    ) -> None:
        """Provider: send Login; `moment` is the gateway's wall clock. No answer in time ends it.

        Raises LocalProtocolError when called twice, or for too long a ClientID.
        """
        if self.role is not Role.PROVIDER or self.state is not State.NEW:
            raise LocalProtocolError("a login is made once, by a provider")
        request = login.login_request(client_id, secret, mode, version_octet, moment)
        sequence_id = self._next_sequence_id()
        self._send(request, sequence_id)
        self.mode = mode
        self.version = version_octet
        self.state = State.LOGIN
        self._login = (sequence_id, request, secret.encode())
        self._deadline = now + self.settings.response_timeout_s

    # The gateway's side of the login.

    def await_login(self, now: float) -> None:
        """Gateway: the connection stands; a Login must come within `response_timeout_s`."""
        if self.role is not Role.GATEWAY or self.state is not State.NEW:
            raise LocalProtocolError("only a gateway waits for a login, and once")
        self._deadline = now + self.settings.response_timeout_s

    def accept_login(self, secret: bytes) -> bool:
        """Gateway: let the peer in; False for a version above ours or a mode unknown, which is answered and ends all.

        False as well once the connection is closed: what came behind the Login may have ended it.
        """
        if self.is_closed:
            return False
        sequence_id, request = self._login_to_answer()
        if request.login_mode not in set(LoginMode):
            self.refuse_login(status.STRUCTURE_WRONG)
            return False
        if request.client_version > self.settings.version_octet:
            self.refuse_login(status.VERSION_TOO_HIGH)
            return False
        self.mode = LoginMode(request.login_mode)
        self.version = request.client_version
        digest = login.server_digest(status.OK, request.authenticator_client, secret)
        self._send(LoginResp(status.OK, digest, self.settings.version_octet), sequence_id)
        self._login = None
        self.state = State.OPEN
        return True

    def refuse_login(self, code: int) -> None:
        """Gateway: send the peer away with a Status that is not 0, and end; does nothing once it is closed."""
        if self.is_closed:
            return
        sequence_id, _ = self._login_to_answer()
        self._turn_away(sequence_id, code)

    def _turn_away(self, sequence_id: int, code: int) -> None:
        self._send(LoginResp(code, server_version=self.settings.version_octet), sequence_id)
        self._end(f"login refused: {status.login_result(code).meaning}")

    def _login_to_answer(self) -> tuple[int, Login]:
        if self.role is not Role.GATEWAY or self.state is not State.LOGIN or self._login is None:
            raise LocalProtocolError("no login waits for an answer")
        return self._login[:2]

    # What came.

    def _take_pdu(self, sequence_id: int, pdu: Pdu, frame: bytes, now: float) -> None:
        if frame[4] & 0x80:
            self._take_response(sequence_id, pdu, now)
        elif self.state in (State.OPEN, State.LEAVING):
            self._take_request(sequence_id, pdu, frame)
        elif self.role is Role.GATEWAY and self.state is State.NEW and isinstance(pdu, Login):
            self.state = State.LOGIN
            self._deadline = None
            self._login = (sequence_id, pdu, b"")
            self._events.append(LoginRequested(pdu))
        else:
            self._misbehaved(f"{type(pdu).__name__} before the login", frame)
            self._end("a request came before the login")

    def _take_malformed(self, frame: bytes, error: MalformedPdu) -> None:
        request_id = int.from_bytes(frame[4:8], "big")
        sequence_id = int.from_bytes(frame[8:12], "big")
        if self.state not in (State.OPEN, State.LEAVING):
            if request_id == Request.LOGIN and self.role is Role.GATEWAY and self.state is State.NEW:
                self._turn_away(sequence_id, status.STRUCTURE_WRONG)
            elif request_id == RESPONSE | Request.LOGIN and self.role is Role.PROVIDER:
                self._events.append(LoginFailed(status.STRUCTURE_WRONG, 0))
                self._end(f"the answer to the login cannot be read: {error}")
            else:
                self._end(f"no login: {error}")
        elif request_id == Request.SUBMIT and self.role is Role.GATEWAY:
            self._send(SubmitResp(NO_MSG_ID, _status_of(error)), sequence_id)
        elif request_id == Request.DELIVER and self.role is Role.PROVIDER:
            msg_id = frame[HEADER_OCTETS : HEADER_OCTETS + MSG_ID_OCTETS].ljust(MSG_ID_OCTETS, b"\0")
            self._send(DeliverResp(msg_id, _status_of(error)), sequence_id)

    def _take_request(self, sequence_id: int, pdu: Pdu, frame: bytes) -> None:
        if isinstance(pdu, ActiveTest):
            self._send(ActiveTestResp(), sequence_id)
        elif isinstance(pdu, Exit):
            self._leave_asked = sequence_id
            self._grant_leave()
        elif self.state is State.LEAVING or self._leave_asked is not None:
            return  # after an Exit: without an answer the peer sends it again on its next connection
        elif type(pdu) not in SERVES[self.role]:
            self._misbehaved(f"{type(pdu).__name__} is no request to a {self.role}", frame)
        elif type(pdu) in FORBIDDEN[self.mode] and self.role is Role.GATEWAY:
            self._misbehaved(f"login mode {self.mode:d} does not allow {type(pdu).__name__}", frame)
            self._send(SubmitResp(NO_MSG_ID, status.COMMAND_WRONG), sequence_id)
        elif self._is_new(sequence_id, frame, self.settings.peer_window, pdu):
            if type(pdu) in FORBIDDEN[self.mode]:
                # A report that came where it should not is worth more than the rule.
                self._misbehaved(f"login mode {self.mode:d} does not allow {type(pdu).__name__}", frame)
            self._served.add(sequence_id, pdu, frame)
            self._events.append(RequestReceived(sequence_id, pdu))

    def _refuse_for_now(self, sequence_id: int, pdu: Pdu, frame: bytes) -> None:
        self._misbehaved(f"more than {self.settings.peer_window} requests without an answer", frame)
        if isinstance(pdu, Submit):
            self._send(SubmitResp(NO_MSG_ID, self.settings.busy_status), sequence_id)
        elif isinstance(pdu, Deliver):
            self._send(DeliverResp(pdu.msg_id, status.BUSY), sequence_id)

    def _take_response(self, sequence_id: int, pdu: Pdu, now: float) -> None:
        if isinstance(pdu, ActiveTestResp) and sequence_id in self._tests:
            self._tests.discard(sequence_id)
        elif isinstance(pdu, LoginResp) and self._is_answer_to_login(sequence_id):
            self._take_login_answer(pdu)
        elif isinstance(pdu, ExitResp) and self.state is State.LEAVING:
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

    def _take_login_answer(self, answer: LoginResp) -> None:
        assert self._login is not None
        _, request, secret = self._login
        self._login = None
        self._deadline = None
        if answer.status != status.OK:
            self._events.append(LoginFailed(answer.status, answer.server_version))
            self._end(f"login refused: {status.login_result(answer.status).meaning}")
            return
        # A gateway that lets a newer client in speaks what it has; some leave the octet 0.
        self.version = min(self.version, answer.server_version or self.version)
        self.state = State.OPEN
        genuine = login.is_genuine_server(answer, request.authenticator_client, secret)
        self._events.append(LoggedIn(answer, genuine))

    # The codec.

    def _encode(self, pdu: Pdu, sequence_id: int) -> bytes:
        return encode(pdu, sequence_id, fixed_fee=self.has_fixed_fee)

    def _decode(self, frame: bytes) -> tuple[int, Pdu]:
        return decode(frame, fixed_fee=self.has_fixed_fee)

    def _takes(self, response: Pdu) -> bool:
        # Only what was taken: a request that was refused for now must be looked at when it comes again.
        return getattr(response, "status", status.OK) == status.OK


def _status_of(error: MalformedPdu) -> int:
    return status.LENGTH_WRONG if error.field in ("MsgLength", "PacketLength") else status.STRUCTURE_WRONG
