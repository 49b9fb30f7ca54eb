"""The operator's side of one SMGP connection."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carriers.message_format import alphabet_of
from carriers.simulator.delivering_line import DeliveringLine
from carriers.simulator.operator import MOST_SENDS
from carriers.simulator.traffic import Delivery, Report, Submission, Written
from carriers.smgp import login, status
from carriers.smgp.codec import encode
from carriers.smgp.events import (
    Ended,
    Event,
    LoginRequested,
    PeerMisbehaved,
    RequestReceived,
    ResponseReceived,
)
from carriers.smgp.message_id import MessageId, group_ids, hex_form
from carriers.smgp.pdu import (
    MOST_DESTINATIONS,
    NO_MSG_ID,
    Deliver,
    DeliverResp,
    Forward,
    ForwardResp,
    Login,
    LoginMode,
    Query,
    QueryResp,
    Submit,
    SubmitResp,
    field_text,
)
from carriers.smgp.protocol import SmgpProtocol
from carriers.smgp.reports import Report as ReportContent
from carriers.smgp.reports import quoted
from carriers.smgp.rules import Role, Settings
from carriers.smgp.tlv import Tag, Tlv, number_of
from carriers.user_data import concat_element, concat_of, ports_of, split_header, with_header
from gateway.core.text import Alphabet, decode

if TYPE_CHECKING:
    from datetime import datetime

    from carriers.simulator.operator import Operator
    from carriers.smgp.pdu import Pdu

#: More than the 140 of the specification, for MsgFormat 0: gateways take what fits on the air.
MOST_TEXT_OCTETS = 160
MOST_OCTETS = 140
_FORMATS = (0, 3, 4, 8, 15, 246)
_SEQUENCES = 1_000_000
_ROOM_IN_DELIVER = 255 - 7  # octets, beside a header
_ERRORS = {"DELIVRD": b"000", "EXPIRED": b"001", "UNDELIV": b"003", "REJECTD": b"006", "DELETED": b"006"}
_UNKNOWN_ERROR = b"999"


class SmgpLine(DeliveringLine[Event]):
    """One service provider that is, or wants to be, logged in."""

    def __init__(self, operator: Operator, peer: str, now: float) -> None:
        config = operator.config
        self._protocol = SmgpProtocol(
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

    def deliver(self, delivery: Delivery, now: float) -> None:
        request = self._report(delivery) if isinstance(delivery, Report) else self._written(delivery)
        self._protocol.send_request(request, now, tag=delivery)

    def _note(self, event: Event, now: float) -> None:
        match event:
            case RequestReceived(sequence_id=sequence_id, pdu=request):
                self._take(sequence_id, request, now)
            case ResponseReceived(response=DeliverResp(status=code), tag=tag):
                self._answered(tag, code, now)
            case LoginRequested(login=login_request):
                self._decide(login_request, now)
            case PeerMisbehaved(reason=reason):
                self._peer_erred(reason)
            case Ended(reason=reason):
                self._ended(reason)
            case _:
                pass

    def _decide(self, request: Login, now: float) -> None:
        name = field_text(request.client_id)
        account = self.operator.account("smgp", name)
        code = self.operator.faults.refuse_login
        if not code and (account is None or not login.is_genuine_client(request, account.secret.encode())):
            code = status.AUTHENTICATION_FAILED
        if code or account is None:
            self._protocol.refuse_login(code)
        elif self._protocol.accept_login(account.secret.encode()):
            self.account = account
            self.operator.join(self, now, receives=self._protocol.mode is not LoginMode.SEND)
            return
        self.operator.counters.logins_refused += 1
        self.operator.tell("login_refused", account=name, protocol="smgp", code=code or status.VERSION_TOO_HIGH)

    def _take(self, sequence_id: int, request: Pdu, now: float) -> None:
        is_last = self._counts_as_last()
        answer = self._answer_to(request, now)
        if is_last:
            self._break_at_answer(encode(answer, sequence_id))
        elif isinstance(request, Submit) and self.operator.faults.spoils_answers:
            taken = isinstance(answer, SubmitResp) and answer.status == status.OK
            self._answer_on_paper(lambda: self._protocol.respond(sequence_id, answer), now, taken=taken)
        else:
            self._protocol.respond(sequence_id, answer)

    def _answer_to(self, request: Pdu, now: float) -> Pdu:
        match request:
            case Submit():
                return self._submit(request, now)
            case Query():
                return self._query(request)
            case Forward():
                return ForwardResp(request.msg_id, status.COMMAND_WRONG)
            case _:
                raise AssertionError(f"a gateway does not serve {type(request).__name__}")

    def _submit(self, request: Submit, now: float) -> SubmitResp:
        operator = self.operator
        fault = self._fault_of(request)
        numbers = tuple(map(field_text, request.dest_term_id))
        if fault:
            operator.counters.submits += len(numbers)
            operator.counters.refused += len(numbers)
            return SubmitResp(NO_MSG_ID, fault)
        sender = field_text(request.src_term_id)
        code = operator.judge(self, sender, numbers, now)
        if code is not None:
            return SubmitResp(NO_MSG_ID, status.BUSY if code < 0 else code)
        first = self._ids(operator.wall_clock(), len(numbers))
        has_header = number_of(request.tlvs, Tag.TP_UDHI) & 1
        elements, data = split_header(request.msg_content) if has_header else ([], request.msg_content)
        alphabet = alphabet_of(request.msg_format, Alphabet.ASCII)
        for number, raw, msg_id in zip(numbers, request.dest_term_id, group_ids(first, len(numbers)), strict=True):
            submission = Submission(
                sender,
                number,
                data,
                alphabet,
                concat_of(elements),
                1 if request.need_report else 0,
                hex_form(msg_id),
                msg_id,
                (request.src_term_id, raw),
                ports_of(elements),
            )
            operator.take(submission, self, now)
        return SubmitResp(first, status.OK)

    def _fault_of(self, request: Submit) -> int:
        """What a gateway finds wrong with the submit itself; 0 for nothing."""
        assert self.account is not None
        config = self.operator.config
        numbers = request.dest_term_id
        if not 1 <= len(numbers) <= MOST_DESTINATIONS:
            return status.STRUCTURE_WRONG
        if request.msg_format not in _FORMATS:
            return status.FORMAT_WRONG
        if len(request.msg_content) > (MOST_OCTETS if request.msg_format else MOST_TEXT_OCTETS):
            return status.LENGTH_WRONG
        if not all(number.removeprefix(b"+").isdigit() for number in numbers):
            return status.DEST_TERM_ID_WRONG
        if config.check_senders and not field_text(request.src_term_id).startswith(
            config.access_number_of(self.account)
        ):
            return status.SRC_TERM_ID_WRONG
        return status.OK

    def _query(self, request: Query) -> QueryResp:
        counters = self.operator.counters
        return QueryResp(
            request.query_time,
            request.query_type,
            request.query_code,
            mt_tlmsg=counters.submits & 0xFFFFFFFF,
            mt_tlusr=counters.submits & 0xFFFFFFFF,
            mt_scs=counters.accepted & 0xFFFFFFFF,
            mt_fl=counters.refused & 0xFFFFFFFF,
            mo_scs=counters.messages_acknowledged & 0xFFFFFFFF,
            mo_wt=max(0, counters.messages_written - counters.messages_acknowledged),
        )

    def _ids(self, moment: datetime, count: int = 1) -> bytes:
        """The first of `count` ids in a row. None comes twice while fewer than a million are used in a minute."""
        operator = self.operator
        first = operator.smpp_ids.take()
        for _ in range(count - 1):
            operator.smpp_ids.take()
        gateway = f"{operator.config.gateway_code % _SEQUENCES:06}"
        return MessageId(gateway, f"{moment:%m%d%H%M}", f"{first % _SEQUENCES:06}").pack()

    def _report(self, delivery: Report) -> Deliver:
        message = delivery.message
        submission = message.submission
        source, number = submission.address
        done = message.done or message.submitted
        word = message.word.encode("ascii", "replace")[:7]
        content = ReportContent(
            msg_id=submission.report_id,
            stat=word,
            err=_ERRORS.get(message.word) or (word[-3:] if word[-3:].isdigit() else _UNKNOWN_ERROR),
            submit_date=f"{message.submitted:%y%m%d%H%M}".encode(),
            done_date=f"{done:%y%m%d%H%M}".encode(),
            dlvrd=b"001" if word == b"DELIVRD" else b"000",
            text=quoted(submission.data, submission.alphabet),
        )
        return Deliver(
            msg_id=self._ids(done),
            is_report=1,
            recv_time=f"{done:%Y%m%d%H%M%S}".encode(),
            src_term_id=number,
            dest_term_id=source,
            msg_content=content.encode(),
        )

    def _written(self, delivery: Written) -> Deliver:
        moment = self.operator.wall_clock()
        place = delivery.concat
        msg_format, data = _coded(delivery)
        # Known by the same id when it is sent again.
        delivery.msg_id = delivery.msg_id or int.from_bytes(self._ids(moment), "big")
        if place is not None:
            data = with_header(concat_element(place.reference, place.total, place.number), data)
        return Deliver(
            msg_id=delivery.msg_id.to_bytes(len(NO_MSG_ID), "big"),
            msg_format=msg_format,
            recv_time=f"{moment:%Y%m%d%H%M%S}".encode(),
            src_term_id=delivery.number.removeprefix("+86").removeprefix("+").encode(),
            dest_term_id=delivery.to.encode("ascii", "replace")[:21],
            msg_content=data,
            tlvs=() if place is None else (Tlv(Tag.TP_UDHI, b"\1"),),
        )


def _coded(delivery: Written) -> tuple[int, bytes]:
    """MsgFormat and octets: UCS-2 as it is, the GSM alphabet as ASCII (0), or as GB18030 (15) where that lacks it."""
    if delivery.alphabet is Alphabet.UCS2:
        return 8, delivery.data
    text = decode(delivery.data, delivery.alphabet)
    if text.isascii():
        return 0, text.encode("ascii")
    data = text.encode("gb18030")
    return (15, data) if len(data) <= _ROOM_IN_DELIVER else (0, text.encode("ascii", "replace"))
