"""The operator's side of one SMPP connection."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carriers.simulator.ids import smpp_forms
from carriers.simulator.line import SimulatedLine
from carriers.simulator.traffic import Delivery, Message, Report, Submission
from carriers.smpp import pdu, receipts, status, tlv
from carriers.smpp.constants import (
    CODING_DEFAULT,
    CODING_UCS2,
    ESM_RECEIPT,
    ESM_UDHI,
    NPI_ISDN,
    TON_INTERNATIONAL,
    TON_UNKNOWN,
    VERSION_3_4,
)
from carriers.smpp.layout import DestinationAddress, UnsuccessfulDelivery
from carriers.smpp.protocol import (
    BindRequested,
    Event,
    Limits,
    LineClosed,
    PeerErred,
    RequestExpired,
    RequestReceived,
    ResponseReceived,
    SmppProtocol,
)
from carriers.smpp.states import Role, State
from carriers.smpp.translate import alphabet_of, concat_in_tlvs, ports_in_tlvs
from carriers.user_data import concat_of, ports_of, split_header
from gateway.core import text as texts
from gateway.core.text import Alphabet

if TYPE_CHECKING:
    from carriers.simulator.operator import Operator
    from carriers.smpp.base import Pdu, Response
    from carriers.smpp.tlv import Tlv

SYSTEM_ID = "CAIYOU-SIM"
_STATES = {word: number for number, word in receipts.STATE_WORDS.items()}
_FAILED = 5  # UNDELIVERABLE, for words that message_state does not know


class SmppLine(SimulatedLine):
    """One ESME that is, or wants to be, bound."""

    def __init__(self, operator: Operator, peer: str, now: float) -> None:
        super().__init__(operator, peer)
        config = operator.config
        self._protocol = SmppProtocol(
            Role.SMSC, Limits(window=config.window, response_timeout_s=config.repeat_s), now=now
        )
        self._default = Alphabet(config.default_alphabet)
        self._out: dict[int, Delivery] = {}  # without response, by sequence number
        self._expired: list[Delivery] = []  # SMPP sends again only on the next bind

    @property
    def room(self) -> int:
        return 0 if self.is_over or self.is_deaf else self._protocol.free_window

    def deliver(self, delivery: Delivery, now: float) -> None:
        request = self._receipt(delivery.message) if isinstance(delivery, Report) else _written(delivery)
        self._out[self._protocol.send_request(request, now)] = delivery

    def leave(self, now: float) -> None:
        self._protocol.unbind(now)
        self._follow(now)

    def _receive(self, data: bytes, now: float) -> None:
        self._protocol.receive(data, now)
        self._follow(now)

    def _tick(self, now: float) -> None:
        self._protocol.tick(now)
        self._follow(now)

    def _protocol_data(self) -> bytes:
        return self._protocol.data_to_send()

    def _lose(self) -> list[Delivery]:
        lost = [*self._expired, *self._out.values()]
        self._expired.clear()
        self._out.clear()
        return lost

    def _follow(self, now: float) -> None:
        for event in self._protocol.events():
            if self.is_over:
                return
            if isinstance(event, RequestReceived):
                self._take(event.request, now)
            else:
                self._note(event, now)

    def _note(self, event: Event, now: float) -> None:
        match event:
            case ResponseReceived(response=response, sequence_number=sequence):
                delivery = self._out.pop(sequence, None)
                if delivery is None:
                    return
                if response.command_status:
                    self.operator.refused(delivery, response.command_status, now)
                else:
                    self.operator.acknowledged(delivery, now)
            case RequestExpired(sequence_number=sequence):
                delivery = self._out.pop(sequence, None)
                if delivery is not None:
                    self._expired.append(delivery)
            case BindRequested(request=bind):
                self._decide(bind, now)
            case PeerErred(reason=reason):
                self._peer_erred(reason)
            case LineClosed(reason=reason):
                self._ended(reason)
            case _:
                pass

    def _decide(self, bind: pdu.Bind, now: float) -> None:
        account = self.operator.account("smpp", bind.system_id)
        code = self.operator.faults.refuse_login
        if not code and account is None:
            code = status.RINVSYSID
        if not code and account is not None and account.secret != bind.password:
            code = status.RINVPASWD
        if code or account is None:
            self.operator.counters.logins_refused += 1
            self.operator.tell("login_refused", account=bind.system_id, protocol="smpp", code=code)
            self._protocol.refuse_bind(code)
            return
        self.account = account
        self._protocol.accept_bind(SYSTEM_ID)
        receives = self._protocol.state in (State.BOUND_RX, State.BOUND_TRX)
        self.operator.join(self, now, receives=receives)

    def _take(self, request: Pdu, now: float) -> None:
        if self._counts_as_last():
            answer = self._answer_to(request, now)
            self._break_at_answer(answer.encode(request.sequence_number) if answer else b"")
            return
        answer = self._answer_to(request, now)
        if answer is None:
            return
        is_submit = isinstance(request, pdu.SubmitSm | pdu.DataSm | pdu.SubmitMulti)
        if is_submit and self.operator.faults.spoils_answers:
            self._answer_on_paper(lambda: self._protocol.respond(request, answer), now, taken=not answer.command_status)
        else:
            self._protocol.respond(request, answer)

    def _answer_to(self, request: Pdu, now: float) -> Response | None:
        match request:
            case pdu.SubmitSm():
                return self._submit(request, now)
            case pdu.DataSm():
                return self._data(request, now)
            case pdu.SubmitMulti():
                return self._multi(request, now)
            case pdu.QuerySm():
                return self._query(request)
            # The phones have everything at once, so it is always too late for these two.
            case pdu.CancelSm():
                return pdu.CancelSmResp(command_status=status.CODES["ESME_RCANCELFAIL"])
            case pdu.ReplaceSm():
                return pdu.ReplaceSmResp(command_status=status.CODES["ESME_RREPLACEFAIL"])
            case _:
                return None

    def _submit(self, request: pdu.SubmitSm, now: float) -> Response:
        code = self._judge(request.source_addr, (request.destination_addr,), now)
        if code:
            return pdu.SubmitSmResp(command_status=code, has_body=False)
        destination = (request.dest_addr_ton, request.dest_addr_npi, request.destination_addr)
        carrier_id = self._accept(request, request.short_message, destination, now)
        return pdu.SubmitSmResp(carrier_id)

    def _data(self, request: pdu.DataSm, now: float) -> Response:
        code = self._judge(request.source_addr, (request.destination_addr,), now)
        if code:
            return pdu.DataSmResp(command_status=code, has_body=False)
        destination = (request.dest_addr_ton, request.dest_addr_npi, request.destination_addr)
        return pdu.DataSmResp(self._accept(request, b"", destination, now))

    def _multi(self, request: pdu.SubmitMulti, now: float) -> Response:
        refused = []
        carrier_id = ""
        for it in request.dest_addresses:
            if not isinstance(it, DestinationAddress):
                return pdu.SubmitMultiResp(command_status=status.RINVDLNAME, has_body=False)
            code = self._judge(request.source_addr, (it.destination_addr,), now)
            destination = (it.dest_addr_ton, it.dest_addr_npi, it.destination_addr)
            if code:
                refused.append(UnsuccessfulDelivery(it.destination_addr, code, it.dest_addr_ton, it.dest_addr_npi))
            else:
                # One id for all of them: a receipt tells them apart by its source address.
                carrier_id = self._accept(request, request.short_message, destination, now, carrier_id)
        return pdu.SubmitMultiResp(carrier_id, tuple(refused))

    def _judge(self, sender: str, recipients: tuple[str, ...], now: float) -> int:
        assert self.account is not None
        operator = self.operator
        if not recipients[0].removeprefix("+").isdecimal():
            operator.counters.submits += 1
            operator.counters.refused += 1
            return status.RINVDSTADR
        code = operator.judge(self, sender, recipients, now)
        if code is not None:
            return status.RTHROTTLED if code < 0 else code
        if operator.config.check_senders and sender:
            number = operator.config.access_number_of(self.account)
            if not sender.startswith(number):
                operator.counters.refused += 1
                return status.RINVSRCADR
        return 0

    def _accept(
        self,
        request: pdu.SubmitSm | pdu.DataSm | pdu.SubmitMulti,
        octets: bytes,
        destination: tuple[int, int, str],
        now: float,
        carrier_id: str = "",
    ) -> str:
        operator = self.operator
        tlvs = request.tlvs
        if tlvs and not octets:
            octets = tlv.find(tlvs, tlv.MESSAGE_PAYLOAD) or b""
        elements, octets = split_header(octets) if request.esm_class & ESM_UDHI else ([], octets)
        concat = concat_of(elements)
        if tlvs and concat is None:
            concat = concat_in_tlvs(tlvs)
        is_old = self._protocol.peer_version < VERSION_3_4
        answered, reported = smpp_forms(operator.smpp_ids.take(), operator.faults.id_form, short=is_old)
        if carrier_id:
            answered, reported = carrier_id, _report_form(carrier_id, operator.faults.id_form)
        ton, npi, number = destination
        international = ton == TON_INTERNATIONAL and not number.startswith("+")
        submission = Submission(
            request.source_addr,
            "+" + number if international else number,
            octets,
            alphabet_of(request.data_coding, self._default),
            concat,
            request.registered_delivery & 3,
            answered,
            reported,
            (request.source_addr_ton, request.source_addr_npi, request.source_addr, ton, npi, number),
            ports_of(elements) or ports_in_tlvs(tlvs),
        )
        operator.take(submission, self, now)
        return answered

    def _query(self, request: pdu.QuerySm) -> Response:
        message = self.operator.messages.get(request.message_id)
        if message is None or message.submission.sender != request.source_addr:
            return pdu.QuerySmResp(command_status=status.CODES["ESME_RQUERYFAIL"], has_body=False)
        final = f"{message.done:%y%m%d%H%M%S}032+" if message.done else ""
        return pdu.QuerySmResp(request.message_id, final, _STATES.get(message.word, _FAILED), 0)

    def _receipt(self, message: Message) -> pdu.DeliverSm:
        submission = message.submission
        source_ton, source_npi, source, ton, npi, number = submission.address
        beginning = ""
        if submission.alphabet is not Alphabet.BINARY:
            beginning = texts.decode(submission.data[:40], submission.alphabet)[:20]
        state = _STATES.get(message.word, _FAILED)
        octets, tlvs = receipts.write(
            submission.report_id,
            state,
            submitted=f"{message.submitted:%y%m%d%H%M}",
            done=f"{message.done or message.submitted:%y%m%d%H%M}",
            text=beginning,
        )
        if message.word not in _STATES:  # a vendor's own word
            octets = octets.replace(b"stat:UNDELIV", b"stat:" + message.word.encode("ascii", "replace"))
        return pdu.DeliverSm(
            source_addr_ton=ton,
            source_addr_npi=npi,
            source_addr=number,
            dest_addr_ton=source_ton,
            dest_addr_npi=source_npi,
            destination_addr=source,
            esm_class=ESM_RECEIPT,
            short_message=octets,
            tlvs=self._parameters(tlvs),
        )

    def _parameters(self, tlvs: tuple[Tlv, ...]) -> tuple[Tlv, ...]:
        return tlvs if self._protocol.peer_takes_tlvs else ()


def _report_form(carrier_id: str, form: str) -> str:
    if form == "hex-decimal":
        return str(int(carrier_id, 16))
    return f"{int(carrier_id):08X}" if form == "decimal-hex" else carrier_id


def _written(delivery: Delivery) -> pdu.DeliverSm:
    """The deliver_sm of what a phone wrote."""
    assert not isinstance(delivery, Report)
    octets = delivery.data
    place = delivery.concat
    if place is not None:
        octets = bytes((5, 0, 3, place.reference, place.total, place.number)) + octets
    is_international = delivery.number.startswith("+")
    return pdu.DeliverSm(
        source_addr_ton=TON_INTERNATIONAL if is_international else TON_UNKNOWN,
        source_addr_npi=NPI_ISDN,
        source_addr=delivery.number.removeprefix("+"),
        dest_addr_npi=NPI_ISDN,
        destination_addr=delivery.to,
        esm_class=ESM_UDHI if place is not None else 0,
        data_coding=CODING_UCS2 if delivery.alphabet is Alphabet.UCS2 else CODING_DEFAULT,
        short_message=octets,
    )
