"""The operator's side of SGIP: connections a service provider submits on, and calls of the operator that deliver."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carriers.message_format import alphabet_of
from carriers.sgip import status
from carriers.sgip.client import SgipClient
from carriers.sgip.codec import encode
from carriers.sgip.events import (
    Ended,
    Event,
    LoggedIn,
    LoginFailed,
    LoginRequested,
    PeerMisbehaved,
    RequestReceived,
    ResponseReceived,
)
from carriers.sgip.pdu import (
    MOST_USERS,
    Bind,
    Deliver,
    DeliverResp,
    Hop,
    ReportResp,
    Submit,
    SubmitResp,
    Trace,
    TraceResp,
    field_text,
)
from carriers.sgip.pdu import Report as ReportPdu
from carriers.sgip.rules import ClientSettings, LoginType, ServerSettings
from carriers.sgip.sequence import hex_form
from carriers.sgip.server import SgipServer
from carriers.simulator.delivering_line import DeliveringLine
from carriers.simulator.line import SimulatedLine
from carriers.simulator.operator import MOST_SENDS
from carriers.simulator.traffic import Delivery, Report, Submission, Wants, Written
from carriers.user_data import concat_element, concat_of, ports_of, split_header, with_header
from gateway.core import text as texts
from gateway.core.errors import NotEncodable
from gateway.core.text import Alphabet

if TYPE_CHECKING:
    from collections.abc import Callable

    from carriers.sgip.pdu import Pdu
    from carriers.simulator.config import Account
    from carriers.simulator.operator import Operator

MOST_CONTENT_OCTETS = 160
_REMEMBERED_SUBMITS = 100_000
_SERVES = frozenset({LoginType.SP_TO_SMG, LoginType.TEST})
_WANTS = {0: Wants.ON_FAILURE, 1: Wants.ALWAYS, 2: Wants.NEVER, 3: Wants.ALWAYS}
#: Words of reports as State and ErrorCode; a word of digits is State 2 with that code.
_STATES = {
    "DELIVRD": (status.DELIVERED, 0),
    "ENROUTE": (status.WAITING, 0),
    "ACCEPTD": (status.WAITING, 0),
    "EXPIRED": (status.FAILED, status.UNREACHABLE_USER),
    "UNKNOWN": (status.FAILED, status.UNKNOWN_USER),
}


class SgipLine(SimulatedLine):
    """One connection on which a service provider submits; nothing is ever delivered on it."""

    def __init__(self, operator: Operator, peer: str, now: float) -> None:
        super().__init__(operator, peer)
        self._server = SgipServer(
            _SERVES, ServerSettings(window=operator.config.window * 4, idle_s=operator.config.sgip_idle_s)
        )
        self._server.await_login(now)

    @property
    def room(self) -> int:
        return 0

    def deliver(self, delivery: Delivery, now: float) -> None:
        raise AssertionError("nothing is delivered to a connection that submits")

    def leave(self, now: float) -> None:
        self._server.close("the operator stops")
        self._follow(now)

    def _receive(self, data: bytes, now: float) -> None:
        self._server.receive(data, now)
        self._follow(now)

    def _tick(self, now: float) -> None:
        self._server.tick(now)
        self._follow(now)

    def _protocol_data(self) -> bytes:
        return self._server.data_to_send()

    def _lose(self) -> list[Delivery]:
        self._server.connection_lost()
        return []

    def _follow(self, now: float) -> None:
        while events := self._server.events():
            for event in events:
                if self.is_over:
                    return
                self._note(event, now)

    def _note(self, event: Event, now: float) -> None:
        match event:
            case RequestReceived(sequence_id=sequence, pdu=request):
                self._take(sequence, request, now)
            case LoginRequested(bind=bind):
                self._decide(bind, now)
            case PeerMisbehaved(reason=reason):
                self._peer_erred(reason)
            case Ended(reason=reason):
                self._ended(reason)

    def _decide(self, bind: Bind, now: float) -> None:
        name = field_text(bind.login_name)
        account = self.operator.account("sgip", name)
        code = self.operator.faults.refuse_login
        if not code and (account is None or account.secret.encode() != bind.login_password):
            code = status.ILLEGAL_LOGIN
        if code or account is None:
            self.operator.counters.logins_refused += 1
            self.operator.tell("login_refused", account=name, protocol="sgip", code=code)
            self._server.refuse_login(code)
        elif self._server.accept_login(now):
            self.account = account
            self.operator.join(self, now, receives=False)

    def _take(self, sequence: bytes, request: Pdu, now: float) -> None:
        is_last = self._counts_as_last()
        answer: Pdu
        if isinstance(request, Submit):
            answer = self._submit(sequence, request, now)
        else:
            assert isinstance(request, Trace)
            answer = self._trace(request)
        if is_last:
            self._break_at_answer(encode(answer, sequence))
        elif isinstance(request, Submit) and self.operator.faults.spoils_answers:
            taken = isinstance(answer, SubmitResp) and answer.result == status.OK
            self._answer_on_paper(lambda: self._server.respond(sequence, answer), now, taken=taken)
        else:
            self._server.respond(sequence, answer)

    def _submit(self, sequence: bytes, request: Submit, now: float) -> SubmitResp:
        operator = self.operator
        result = self._fault_of(request)
        numbers = tuple(map(field_text, request.user_numbers))
        if result:
            operator.counters.submits += len(numbers)
            operator.counters.refused += len(numbers)
            return SubmitResp(result)
        assert self.account is not None
        key, content = (self.account.name, sequence), hash(request)
        known = operator.sgip_submits.get(key)
        if known is not None:
            # Sent again on another connection, because the answer was lost.
            return SubmitResp(status.OK if known == content else status.SEQUENCE_ILLEGAL)
        sender = field_text(request.sp_number)
        code = operator.judge(self, sender, numbers, now)
        if code is not None:
            return SubmitResp(status.TOO_FAST if code < 0 else min(code, 255))
        message = request.message_content
        elements, data = split_header(message) if request.tp_udhi & 1 else ([], message)
        concat = concat_of(elements)
        alphabet = alphabet_of(request.message_coding, Alphabet.ASCII)
        wants = _WANTS.get(request.report_flag, Wants.NEVER)
        carrier_id = hex_form(sequence)
        for number, raw in zip(numbers, request.user_numbers, strict=True):
            submission = Submission(
                sender, number, data, alphabet, concat, wants, carrier_id, sequence, (request.sp_number, raw),
                ports_of(elements),
            )  # fmt: skip
            operator.take(submission, self, now)
        operator.sgip_submits[key] = content
        if len(operator.sgip_submits) > _REMEMBERED_SUBMITS:
            del operator.sgip_submits[next(iter(operator.sgip_submits))]
        return SubmitResp(status.OK)

    def _fault_of(self, request: Submit) -> int:
        """What a gateway finds wrong with the submit itself; 0 for nothing."""
        assert self.account is not None
        config = self.operator.config
        numbers = request.user_numbers
        if not 1 <= len(numbers) <= MOST_USERS:
            return status.FORMAT_WRONG
        if len(request.message_content) > MOST_CONTENT_OCTETS:
            return status.LENGTH_WRONG
        if not all(number.removeprefix(b"+").isdigit() for number in numbers):
            return status.NUMBER_ILLEGAL
        if config.check_senders and not field_text(request.sp_number).startswith(config.access_number_of(self.account)):
            return status.FORMAT_WRONG
        return status.OK

    def _trace(self, request: Trace) -> TraceResp:
        message = self.operator.messages.get(hex_form(request.submit_sequence))
        if message is None:
            return TraceResp()
        node = str(self.operator.config.gateway_code).encode()[:6]
        sent = message.done or message.submitted
        waits = message.done is None
        return TraceResp(
            (Hop(int(waits), node, f"{message.submitted:%y%m%d%H%M%S}".encode(), f"{sent:%y%m%d%H%M%S}".encode()),)
        )


class SgipCall(DeliveringLine[Event]):
    """One call of the operator to a service provider; `ended` is told whether the call was let in."""

    def __init__(
        self, operator: Operator, peer: str, now: float, account: Account, ended: Callable[[bool], None]
    ) -> None:
        config = operator.config
        self._client = SgipClient(
            operator.sgip_sequences,
            ClientSettings(window=config.window, response_timeout_s=config.repeat_s, other_resends=MOST_SENDS - 1),
        )
        super().__init__(operator, peer, self._client)
        self._called = account
        self._call_ended = ended
        name, secret = account.call_name or account.name, account.call_secret or account.secret
        self._client.log_in(LoginType.SMG_TO_SP, name.encode(), secret.encode(), now)

    def deliver(self, delivery: Delivery, now: float) -> None:
        request = _report(delivery) if isinstance(delivery, Report) else _written(delivery)
        # The same number whenever it is sent, on whatever call: so a service provider knows it again.
        delivery.msg_id = delivery.msg_id or int.from_bytes(self.operator.sgip_sequences(), "big")
        self._client.send_request(request, now, tag=delivery, sequence=delivery.msg_id.to_bytes(12, "big"))

    def closed(self, reason: str, now: float) -> None:
        was_in = self.account is not None
        super().closed(reason, now)
        self._call_ended(was_in)

    def _note(self, event: Event, now: float) -> None:
        match event:
            case ResponseReceived(response=DeliverResp(result=code) | ReportResp(result=code), tag=tag):
                self._answered(tag, code, now)
            case LoggedIn():
                self.account = self._called
                self.operator.join(self, now, receives=True)
            case LoginFailed(result=result):
                self.operator.tell("call_refused", account=self._called.name, protocol="sgip", code=result)
            case PeerMisbehaved(reason=reason):
                self._peer_erred(reason)
            case Ended(reason=reason):
                self._ended(reason)


def _report(delivery: Report) -> ReportPdu:
    message = delivery.message
    word = message.word
    state, code = _STATES.get(word, (status.FAILED, status.RECEPTION_FAILED))
    if word.isdigit():
        state, code = status.FAILED, min(int(word), 255)
    return ReportPdu(message.submission.report_id, 0, message.submission.address[1], state, code)


def _written(delivery: Written) -> Deliver:
    coding, data = 8, delivery.data
    if delivery.alphabet is not Alphabet.UCS2:
        text = texts.decode(data, delivery.alphabet)
        try:
            coding, data = 0, texts.encode(text, Alphabet.ASCII)
        except NotEncodable:
            data = texts.encode(text, Alphabet.UCS2)
    place = delivery.concat
    if place is not None:
        data = with_header(concat_element(place.reference, place.total, place.number), data)
    return Deliver(
        user_number=delivery.number.removeprefix("+").encode(),
        sp_number=delivery.to.encode("ascii", "replace")[:21],
        tp_udhi=0 if place is None else 1,
        message_coding=coding,
        message_content=data,
    )
