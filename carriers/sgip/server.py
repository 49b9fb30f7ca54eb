"""The side of an SGIP connection that took it and answers: a gateway submitted to, a provider delivered to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carriers.connection import State
from carriers.sgip import status
from carriers.sgip.codec import encode
from carriers.sgip.connection import SgipConnection, is_response
from carriers.sgip.events import LoginRequested, RequestReceived
from carriers.sgip.pdu import RESPONSE, Bind, BindResp, Pdu, Route, Unbind, UnbindResp
from carriers.sgip.rules import ANSWER_OF, REFUSAL_OF, RIGHTS, LoginType, ServerSettings
from carriers.sgip.tables import BY_COMMAND
from carriers.window import Repeat, Served
from gateway.core.errors import LocalProtocolError

if TYPE_CHECKING:
    from gateway.core.errors import MalformedPdu


class SgipServer(SgipConnection):
    """The rules of the side that answers: login, the client's window, repeats, silence, leave.

    `serves` are the login types let in; another is refused with Result 4. The `result` of a response says what became
    of a request; only what was taken is remembered for its repeats.
    """

    def __init__(self, serves: frozenset[LoginType], settings: ServerSettings | None = None) -> None:
        super().__init__()
        self.settings = settings or ServerSettings()
        self.repeated_requests = 0
        self._serves = serves
        self._served: Served[bytes, Pdu] = Served()
        self._login = b""  # sequence of the BIND that waits for its answer
        self._leave_asked: bytes | None = None  # sequence of the UNBIND

    @property
    def pending(self) -> int:
        """Requests that wait for their answer."""
        return len(self._served)

    def await_login(self, now: float) -> None:
        """The connection stands; a BIND must come within `login_timeout_s`."""
        if self.state is not State.NEW:
            raise LocalProtocolError("a login is awaited once")
        self._deadline = now + self.settings.login_timeout_s

    def accept_login(self, now: float) -> bool:
        """Let the client in; False once the connection is closed: what came behind the BIND may have ended it."""
        if self.is_closed:
            return False
        self._check_login()
        self._send(BindResp(status.OK), self._login)
        self.state = State.OPEN
        self._last_heard = now
        return True

    def refuse_login(self, result: int) -> None:
        """Send the client away with a Result that is not 0, and end; does nothing once it is closed."""
        if self.is_closed:
            return
        self._check_login()
        self._send(BindResp(min(result, 0xFF)), self._login)
        self._end(f"login refused: {status.result(result).meaning}")

    def respond(self, sequence_id: bytes, response: Pdu) -> None:
        """Answer a request; does nothing once the connection is closed.

        Answers may be given in any order. Raises LocalProtocolError when no such request waits.
        """
        if self.is_closed:
            return
        kind = self._served.kind(sequence_id)
        if kind is None or type(response) is not ANSWER_OF[kind]:
            raise LocalProtocolError(f"no request waits for that {type(response).__name__}")
        answer = encode(response, sequence_id)
        self._served.answered(sequence_id, answer, taken=getattr(response, "result", status.OK) == status.OK)
        self._output.append(answer)
        self._grant_leave()

    def close(self, reason: str) -> None:
        """Hang up: the side that answers cannot take leave in order."""
        self._end(reason)

    def tick(self, now: float) -> None:
        """Let time pass: time-outs and silence."""
        if self.is_closed:
            return
        if self._deadline is not None and now >= self._deadline:
            if self._leave_asked is None:
                self._end("no login in time")
            else:
                self._served.forget()
                self._grant_leave()
            return
        if self._leave_asked is not None and self._deadline is None:
            self._deadline = now + self.settings.leave_timeout_s
        idle_s = self.settings.idle_s
        if self.state is State.OPEN and idle_s and not self._served and now - self._last_heard >= idle_s:
            self._end(f"nothing heard for {idle_s:g} s")

    def _check_login(self) -> None:
        if self.state is not State.LOGIN:
            raise LocalProtocolError("no login waits for an answer")

    # What came.

    def _take_pdu(self, sequence_id: bytes, pdu: Pdu, frame: bytes, now: float) -> None:
        if is_response(frame):
            self._misbehaved(f"{type(pdu).__name__} to nothing we asked", frame)
        elif isinstance(pdu, Bind):
            self._take_bind(sequence_id, pdu, frame)
        elif self.state is not State.OPEN:
            self._misbehaved(f"{type(pdu).__name__} before the login", frame)
            self._end("a request came before the login")
        elif isinstance(pdu, Unbind):
            self._leave_asked = sequence_id
            self._grant_leave()
        elif self._leave_asked is None:  # after an UNBIND: without an answer the client asks again on its next call
            self._take_request(sequence_id, pdu, frame)

    def _take_bind(self, sequence_id: bytes, bind: Bind, frame: bytes) -> None:
        if self.state is not State.NEW:
            self._misbehaved("a second BIND", frame)
            self._send(BindResp(status.LOGIN_REPEATED), sequence_id)
            return
        self.state = State.LOGIN
        self._login = sequence_id
        self._deadline = None
        if bind.login_type not in self._serves:
            self._misbehaved(f"login type {bind.login_type} is not served here", frame[:21])
            self.refuse_login(status.LOGIN_TYPE_WRONG)
            return
        self.login_type = LoginType(bind.login_type)
        self._events.append(LoginRequested(bind))

    def _take_request(self, sequence_id: bytes, pdu: Pdu, frame: bytes) -> None:
        assert self.login_type is not None
        repeat = self._served.look(sequence_id, frame)
        if repeat is not Repeat.NEW or self._served.has_answered(sequence_id):
            self.repeated_requests += 1
        if repeat is Repeat.REUSED:
            self._misbehaved("a sequence number was used again before it was answered", frame)
        elif repeat is Repeat.ANSWERED:
            self._output.append(self._served.answer_of(sequence_id))
        elif repeat is Repeat.PENDING:
            return
        elif self._served.has_answered(sequence_id):
            self._refuse(sequence_id, pdu, frame, status.SEQUENCE_ILLEGAL, "a sequence number was used again")
        elif type(pdu) not in RIGHTS.get(self.login_type, ()):
            reason = f"{type(pdu).__name__} is not allowed with login type {self.login_type}"
            self._refuse(sequence_id, pdu, frame, status.LOGIN_TYPE_WRONG, reason)
        elif len(self._served) >= self.settings.window:
            reason = f"more than {self.settings.window} requests without an answer"
            self._refuse(sequence_id, pdu, frame, status.NODE_BUSY, reason)
        else:
            self._served.add(sequence_id, pdu, frame)
            self._events.append(RequestReceived(sequence_id, pdu))

    def _refuse(self, sequence_id: bytes, pdu: Pdu, frame: bytes, result: int, reason: str) -> None:
        self._misbehaved(reason, frame)
        if isinstance(pdu, Route):
            self._send(Route(RESPONSE | pdu.command_id, bytes((result,)) + bytes(8)), sequence_id)
        else:
            self._send(REFUSAL_OF[type(pdu)](result), sequence_id)

    def _take_malformed(self, frame: bytes, error: MalformedPdu) -> None:
        """The specification hangs up; where the answer is clear, the client is told, or it would repeat for ever."""
        layout = BY_COMMAND.get(int.from_bytes(frame[4:8], "big"))
        refusal = REFUSAL_OF.get(layout.kind) if layout is not None else None
        if self.state is not State.OPEN or refusal is None:
            self._end(f"a request cannot be read: {error}")
            return
        is_length = error.field in ("Message Length", "MessageLength", "UserCount")
        self._send(refusal(status.LENGTH_WRONG if is_length else status.FORMAT_WRONG), frame[8:20])

    def _grant_leave(self) -> None:
        """Answer UNBIND once nothing asked before is open."""
        if self._leave_asked is not None and not self._served:
            self._send(UnbindResp(), self._leave_asked)
            self._end("the client took leave")

    def _let_go(self, reason: str) -> None:
        self._served.forget()
