"""The side of an SGIP connection that opened it and asks: a service provider that submits, a gateway that delivers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carriers.connection import State
from carriers.sgip import status
from carriers.sgip.codec import encode
from carriers.sgip.connection import SgipConnection, is_response
from carriers.sgip.events import LoggedIn, LoginFailed, RequestExpired, ResponseReceived
from carriers.sgip.pdu import Bind, BindResp, Pdu, Submit, Unbind, UnbindResp
from carriers.sgip.rules import ANSWER_OF, RIGHTS, ClientSettings, LoginType
from carriers.window import Outstanding, Window
from gateway.core.errors import LocalProtocolError

if TYPE_CHECKING:
    from collections.abc import Callable

    from gateway.core.errors import MalformedPdu


_REQUEST_OF: dict[type[Pdu], type[Pdu]] = {answer: request for request, answer in ANSWER_OF.items()}


class SgipClient(SgipConnection):
    """The rules of the side that asks: login, window, time-outs, resending, leave.

    `sequences` gives fresh sequence numbers; it is shared by all connections of a node.
    """

    def __init__(self, sequences: Callable[[], bytes], settings: ClientSettings | None = None) -> None:
        super().__init__()
        self.settings = settings or ClientSettings()
        self.stray_responses = 0  # late, repeated, or to nothing we asked
        self._sequences = sequences
        self._window: Window[bytes, Pdu] = Window()
        self._login = b""  # sequence of the BIND

    @property
    def free_window(self) -> int:
        """How many requests may be sent now; 0 unless the connection is open."""
        if self.state is not State.OPEN:
            return 0
        return max(0, self.settings.window - len(self._window))

    def log_in(self, login_type: LoginType, name: bytes, password: bytes, now: float) -> None:
        """Send BIND. No answer in time ends it.

        Raises LocalProtocolError when called twice, or for a name or password of more than 16 octets.
        """
        if self.state is not State.NEW:
            raise LocalProtocolError("a login is made once")
        self._login = self._sequences()
        self._send(Bind(login_type, name, password), self._login)
        self.login_type = login_type
        self.state = State.LOGIN
        self._deadline = now + self.settings.response_timeout_s

    def send_request(self, pdu: Pdu, now: float, tag: object = None, *, sequence: bytes = b"") -> bytes:
        """Send a request; its sequence number, which may be given when it was sent on another connection before.

        `tag` comes back with the answer. Raises LocalProtocolError when the connection is not open, the window is
        full, the login type does not allow the request, a value does not fit, or the number waits for its answer.
        """
        if self.free_window == 0:
            raise LocalProtocolError("not logged in" if self.state is not State.OPEN else "the window is full")
        assert self.login_type is not None
        if type(pdu) not in RIGHTS.get(self.login_type, ()):
            raise LocalProtocolError(f"a {type(pdu).__name__} is not allowed with login type {self.login_type}")
        sequence = sequence or self._sequences()
        if sequence in self._window:
            raise LocalProtocolError("that sequence number waits for its answer")
        settings = self.settings
        frame = encode(pdu, sequence)
        resends = settings.submit_resends if isinstance(pdu, Submit) else settings.other_resends
        self._window.add(sequence, Outstanding(pdu, frame, tag, now, now + settings.response_timeout_s, resends))
        self._output.append(frame)
        return sequence

    def leave(self, now: float) -> None:
        """Send UNBIND; `Ended` follows when the server answers or after `leave_timeout_s`."""
        if self.state is not State.OPEN:
            if self.state is not State.LEAVING:
                self._end("left before the login")
            return
        self.state = State.LEAVING
        self._deadline = now + self.settings.leave_timeout_s
        self._send(Unbind(), self._sequences())

    def tick(self, now: float) -> None:
        """Let time pass: time-outs and resends.

        SGIP has no word for asking whether the server is there: one that has said nothing at all since a request that
        is given up is taken for dead, and the connection ends.
        """
        if self.is_closed:
            return
        if self._deadline is not None and now >= self._deadline:
            self._end("no leave granted in time" if self.state is State.LEAVING else "no login in time")
            return
        for due in self._window.due(now, self.settings.response_timeout_s):
            if isinstance(due, bytes):
                self._output.append(due)
                continue
            self._events.append(RequestExpired(due.pdu, due.tag, "no answer in time"))
            if self._last_heard < due.sent_at:
                self._end("nothing heard since a request that was not answered in time")

    def _take_pdu(self, sequence_id: bytes, pdu: Pdu, frame: bytes, now: float) -> None:
        if not is_response(frame):
            self._take_request(sequence_id, pdu, frame)
        elif isinstance(pdu, BindResp) and self.state is State.LOGIN and sequence_id == self._login:
            self._take_login_answer(pdu)
        elif isinstance(pdu, UnbindResp) and self.state is State.LEAVING:
            self._end("left in order")
        else:
            request = self._window.take(sequence_id, _REQUEST_OF.get(type(pdu)))
            if request is None:
                self.stray_responses += 1
            else:
                self._events.append(ResponseReceived(request.pdu, pdu, request.tag))

    def _take_request(self, sequence_id: bytes, pdu: Pdu, frame: bytes) -> None:
        if isinstance(pdu, Unbind):
            # Not the server's to send, and yet clear.
            self._send(UnbindResp(), sequence_id)
            self._end("the server took leave")
        else:
            self._misbehaved(f"{type(pdu).__name__} from the side that only answers", frame)

    def _take_malformed(self, frame: bytes, error: MalformedPdu) -> None:
        if is_response(frame):
            # Which request it answered cannot be known for certain.
            self._end(f"an answer cannot be read: {error}")

    def _take_login_answer(self, answer: BindResp) -> None:
        self._deadline = None
        if answer.result == status.OK:
            self.state = State.OPEN
            self._events.append(LoggedIn())
            return
        self._events.append(LoginFailed(answer.result))
        self._end(f"login refused: {status.result(answer.result).meaning}")

    def _let_go(self, reason: str) -> None:
        self._events += [RequestExpired(lost.pdu, lost.tag, reason) for lost in self._window.drain()]
