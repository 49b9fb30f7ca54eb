"""The operator's side of one CMPP connection."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carriers.cmpp import login, status
from carriers.cmpp.codec import encode
from carriers.cmpp.events import (
    Ended,
    Event,
    LoginRequested,
    PeerMisbehaved,
    RequestReceived,
    ResponseReceived,
)
from carriers.cmpp.message_id import group_ids, hex_form
from carriers.cmpp.pdu import (
    Cancel,
    CancelResp,
    Connect,
    Deliver,
    DeliverResp,
    Fwd,
    FwdResp,
    Query,
    QueryResp,
    Submit,
    SubmitResp,
    field_text,
)
from carriers.cmpp.protocol import CmppProtocol
from carriers.cmpp.reports import FIELD_WIDTH, SPECIFIED_WIDTH
from carriers.cmpp.reports import Report as ReportContent
from carriers.cmpp.rules import Role, Settings
from carriers.message_format import alphabet_of
from carriers.simulator.delivering_line import DeliveringLine
from carriers.simulator.operator import MOST_SENDS
from carriers.simulator.traffic import Delivery, Report, Submission, Written
from carriers.user_data import concat_element, concat_of, ports_of, split_header, with_header
from gateway.core.text import Alphabet

if TYPE_CHECKING:
    from carriers.cmpp.pdu import Pdu
    from carriers.simulator.operator import Operator

MOST_DESTINATIONS = 99
MOST_CONTENT_OCTETS = 160
_TOO_LONG, _SRC_ID_WRONG, _MSG_SRC_WRONG, _NUMBER_WRONG = 6, 10, 11, 13  # rows of status.SUBMIT_RESULT_V3


class CmppLine(DeliveringLine[Event]):
    """One service provider that is, or wants to be, logged in."""

    def __init__(self, operator: Operator, peer: str, now: float) -> None:
        config = operator.config
        self._protocol = CmppProtocol(
            Role.GATEWAY,
            Settings(
                window=config.window,
                peer_window=config.window * 4,
                response_timeout_s=config.repeat_s,
                other_resends=MOST_SENDS - 1,
            ),
        )
        super().__init__(operator, peer, self._protocol)
        self._protocol.await_login(now)
        self._ascii = Alphabet(config.default_alphabet)

    def deliver(self, delivery: Delivery, now: float) -> None:
        request = self._report(delivery) if isinstance(delivery, Report) else self._written(delivery)
        self._protocol.send_request(request, now, tag=delivery)

    def _note(self, event: Event, now: float) -> None:
        match event:
            case RequestReceived(sequence_id=sequence_id, pdu=request):
                self._take(sequence_id, request, now)
            case ResponseReceived(response=DeliverResp(result=code), tag=tag):
                self._answered(tag, code, now)
            case LoginRequested(connect=connect):
                self._decide(connect, now)
            case PeerMisbehaved(reason=reason):
                self._peer_erred(reason)
            case Ended(reason=reason):
                self._ended(reason)
            case _:
                pass

    def _decide(self, connect: Connect, now: float) -> None:
        name = field_text(connect.source_addr)
        account = self.operator.account("cmpp", name)
        code = self.operator.faults.refuse_login
        if not code and account is None:
            code = status.SOURCE_ADDRESS_ILLEGAL
        if not code and account is not None and not login.is_genuine_source(connect, account.secret.encode()):
            code = status.AUTHENTICATION_FAILED
        if code or account is None:
            self._protocol.refuse_login(code)
        elif self._protocol.accept_login(account.secret.encode()):
            self.account = account
            self.operator.join(self, now, receives=True)
            return
        self.operator.counters.logins_refused += 1
        self.operator.tell("login_refused", account=name, protocol="cmpp", code=code or status.VERSION_TOO_HIGH)

    def _take(self, sequence_id: int, request: Pdu, now: float) -> None:
        is_last = self._counts_as_last()
        answer = self._answer_to(request, now)
        if is_last:
            self._break_at_answer(encode(answer, sequence_id, self._protocol.version))
        elif isinstance(request, Submit) and self.operator.faults.spoils_answers:
            taken = isinstance(answer, SubmitResp) and answer.result == status.OK
            self._answer_on_paper(lambda: self._protocol.respond(sequence_id, answer), now, taken=taken)
        else:
            self._protocol.respond(sequence_id, answer)

    def _answer_to(self, request: Pdu, now: float) -> Pdu:
        match request:
            case Submit():
                return self._submit(request, now)
            case Query():
                return self._query(request)
            case Fwd():
                return FwdResp(request.msg_id, request.pk_total, request.pk_number, status.OTHER_ERROR)
            case Cancel():
                return CancelResp(1)  # the phones have everything at once
            case _:
                raise AssertionError(f"a gateway does not serve {type(request).__name__}")

    def _submit(self, request: Submit, now: float) -> SubmitResp:
        operator = self.operator
        result = self._fault_of(request)
        numbers = tuple(map(field_text, request.dest_terminal_id))
        if result:
            operator.counters.submits += len(numbers)
            operator.counters.refused += len(numbers)
            return SubmitResp(0, result)
        sender = field_text(request.src_id)
        code = operator.judge(self, sender, numbers, now)
        if code is not None:
            return SubmitResp(0, status.FLOW_CONTROL if code < 0 else min(code, 255))
        moment = operator.wall_clock()
        first = operator.cmpp_ids.take(moment, len(numbers))
        elements, data = split_header(request.msg_content) if request.tp_udhi & 1 else ([], request.msg_content)
        concat = concat_of(elements) if elements else None
        alphabet = alphabet_of(request.msg_fmt, self._ascii)
        for number, raw, msg_id in zip(numbers, request.dest_terminal_id, group_ids(first, len(numbers)), strict=True):
            submission = Submission(
                sender,
                number,
                data,
                alphabet,
                concat,
                1 if request.registered_delivery else 0,
                hex_form(msg_id),
                msg_id,
                (request.src_id, raw, request.service_id),
                ports_of(elements) if elements else None,
            )
            operator.take(submission, self, now)
        return SubmitResp(first, status.OK)

    def _fault_of(self, request: Submit) -> int:
        """What a gateway finds wrong with the submit itself; 0 for nothing."""
        assert self.account is not None
        config = self.operator.config
        numbers = request.dest_terminal_id
        if not 1 <= len(numbers) <= MOST_DESTINATIONS:
            return status.STRUCTURE_WRONG
        if len(request.msg_content) > MOST_CONTENT_OCTETS:
            return _TOO_LONG
        if not all(number.removeprefix(b"+").isdigit() for number in numbers):
            return _NUMBER_WRONG
        if config.check_senders:
            if field_text(request.msg_src) != self.account.name:
                return _MSG_SRC_WRONG
            if not field_text(request.src_id).startswith(config.access_number_of(self.account)):
                return _SRC_ID_WRONG
        return status.OK

    def _query(self, request: Query) -> QueryResp:
        counters = self.operator.counters
        return QueryResp(
            request.time,
            request.query_type,
            request.query_code,
            mt_tlmsg=counters.submits & 0xFFFFFFFF,
            mt_tlusr=counters.submits & 0xFFFFFFFF,
            mt_scs=counters.accepted & 0xFFFFFFFF,
            mt_fl=counters.refused & 0xFFFFFFFF,
            mo_scs=counters.messages_acknowledged & 0xFFFFFFFF,
            mo_wt=max(0, counters.messages_written - counters.messages_acknowledged),
        )

    def _report(self, delivery: Report) -> Deliver:
        operator = self.operator
        message = delivery.message
        src_id, number, service_id = message.submission.address
        done = message.done or message.submitted
        width = FIELD_WIDTH if operator.faults.report_width == 71 else SPECIFIED_WIDTH
        content = ReportContent(
            msg_id=message.submission.report_id,
            stat=message.word.encode("ascii", "replace")[:7],
            submit_time=f"{message.submitted:%y%m%d%H%M}".encode(),
            done_time=f"{done:%y%m%d%H%M}".encode(),
            dest_terminal_id=number[:width],
        )
        return Deliver(
            msg_id=operator.cmpp_ids.take(done),
            dest_id=src_id,
            service_id=service_id,
            src_terminal_id=number,
            registered_delivery=1,
            msg_content=content.encode(width),
        )

    def _written(self, delivery: Written) -> Deliver:
        operator = self.operator
        place = delivery.concat
        data = delivery.data
        fmt = 8 if delivery.alphabet is Alphabet.UCS2 else 0
        delivery.msg_id = delivery.msg_id or operator.cmpp_ids.take(operator.wall_clock())
        if place is not None:
            data = with_header(concat_element(place.reference, place.total, place.number), data)
        return Deliver(
            msg_id=delivery.msg_id,
            dest_id=delivery.to.encode("ascii", "replace")[:21],
            tp_udhi=0 if place is None else 1,
            msg_fmt=fmt,
            src_terminal_id=delivery.number.removeprefix("+86").removeprefix("+").encode(),
            msg_content=data,
        )
