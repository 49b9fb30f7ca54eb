"""Between the hub's values and SMPP's: a segment to a submit_sm, a deliver_sm or data_sm to an SMS or a report."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from carriers.smpp import receipts, tlv
from carriers.smpp.constants import (
    CODING_ASCII,
    CODING_BINARY,
    CODING_DEFAULT,
    CODING_LATIN1,
    CODING_UCS2,
    ESM_INTERMEDIATE,
    ESM_RECEIPT,
    ESM_TYPE_MASK,
    ESM_UDHI,
    NPI_ISDN,
    NPI_UNKNOWN,
    TON_ALPHANUMERIC,
    TON_INTERNATIONAL,
    TON_UNKNOWN,
)
from carriers.smpp.pdu import DataSm, DeliverSm, SubmitSm
from carriers.user_data import Ports, concat_element, concat_of, split_header, wide_concat_element, with_header
from gateway.core import text as texts
from gateway.core.errors import LocalProtocolError
from gateway.core.messages import Concat, DeliveryReport, IncomingSms
from gateway.core.text import Alphabet

if TYPE_CHECKING:
    from carriers.smpp.config import SmppConfig
    from gateway.core.messages import Segment

#: Alphabets of other countries (section 5.2.19) that Python reads; the hub keeps their text as Unicode.
_FOREIGN: Final = {
    0x05: "shift_jis",
    0x06: "iso8859-5",
    0x07: "iso8859-8",
    0x0A: "iso2022_jp",
    0x0E: "euc_kr",
}


class Translator:
    """The translation for one link; what depends on the configuration alone is worked out once."""

    def __init__(self, config: SmppConfig) -> None:
        self._config = config
        self._default = Alphabet(config.default_alphabet)
        self._codings = {
            Alphabet.GSM7: CODING_DEFAULT,
            Alphabet.LATIN1: CODING_LATIN1 if config.latin1_as_coding_3 else CODING_DEFAULT,
            Alphabet.ASCII: CODING_DEFAULT if self._default is Alphabet.ASCII else CODING_ASCII,
            Alphabet.UCS2: CODING_UCS2,
            Alphabet.BINARY: CODING_BINARY,
            Alphabet.GBK: 0x0F,
        }
        self._sources: dict[str, tuple[int, int, str]] = {}

    def submit(self, segment: Segment) -> SubmitSm:
        """The submit_sm of a segment.

        Raises NotEncodable for text its alphabet does not hold, LocalProtocolError for text with no room.
        """
        config = self._config
        alphabet = segment.alphabet
        if alphabet is Alphabet.GSM7 and self._default is not Alphabet.GSM7:
            alphabet = self._default  # data_coding 0 is that at this carrier, and GSM 7-bit has no other number
            coding = CODING_DEFAULT
        else:
            coding = self._codings[alphabet]
        octets = segment.data if alphabet is Alphabet.BINARY else texts.encode(segment.text, alphabet)
        header = segment.udh
        tlvs: tuple[tlv.Tlv, ...] = ()
        if segment.total > 1:
            if config.long_message == "sar" and not header:
                tlvs = (
                    tlv.Tlv(tlv.SAR_MSG_REF_NUM, (segment.reference & 0xFFFF).to_bytes(2, "big")),
                    tlv.Tlv(tlv.SAR_TOTAL_SEGMENTS, bytes((segment.total,))),
                    tlv.Tlv(tlv.SAR_SEGMENT_SEQNUM, bytes((segment.number,))),
                )
            else:
                # Data is cut for the short form: with its ports and the wide one it would have no room.
                element = wide_concat_element if config.wide_reference and not segment.data else concat_element
                header += element(segment.reference, segment.total, segment.number)
        octets = with_header(header, octets)
        if len(octets) > 254 or (
            config.long_message == "payload" and segment.total == 1 and len(octets) > _lone_octets(alphabet)
        ):
            if config.long_message != "payload" or len(octets) > 65535:
                raise LocalProtocolError(f"{len(octets)} octets have no room in short_message")
            tlvs = (*tlvs, tlv.Tlv(tlv.MESSAGE_PAYLOAD, octets))
            octets = b""
        source_ton, source_npi, source = self._source(segment.sender or config.access_number)
        international = segment.recipient.startswith("+")
        ton = TON_INTERNATIONAL if international else TON_UNKNOWN
        return SubmitSm(
            segment.service or config.service_type,
            source_ton,
            source_npi,
            source,
            ton if config.dest_ton == "auto" else int(config.dest_ton),
            NPI_ISDN if config.dest_npi == "auto" else int(config.dest_npi),
            segment.recipient[1:] if international else segment.recipient,
            ESM_UDHI if header else 0,
            0,
            0,
            "",
            "" if segment.validity_s is None else relative_time(segment.validity_s),
            config.registered_delivery if segment.want_report else 0,
            0,
            coding,
            0,
            octets,
            tlvs=tlvs,
        )

    def delivery(self, request: DeliverSm | DataSm) -> IncomingSms | DeliveryReport | None:
        """The SMS or the report in a delivery; None for a receipt that names no message."""
        octets = request.short_message if isinstance(request, DeliverSm) else b""
        if not octets:
            octets = tlv.find(request.tlvs, tlv.MESSAGE_PAYLOAD) or b""
        kind = request.esm_class & ESM_TYPE_MASK
        elements, octets = split_header(octets) if request.esm_class & ESM_UDHI else ([], octets)
        text, alphabet = self._text(octets, request.data_coding)
        # Some carriers leave esm_class 0 on receipts. Only optional parameters are believed then: phones cannot
        # send those, while anybody can write a text that reads like a receipt. But an id alone is no receipt:
        # Kannel's drive_smpp puts one into everything that phones write.
        disguised = (
            kind == 0
            and tlv.text(request.tlvs, tlv.RECEIPTED_MESSAGE_ID) is not None
            and (tlv.integer(request.tlvs, tlv.MESSAGE_STATE) is not None or bool(receipts.parse(text).stat))
        )
        if kind in (ESM_RECEIPT, ESM_INTERMEDIATE) or disguised:
            return receipts.read(text, request.tlvs, request.esm_class, request.source_addr)
        return IncomingSms(
            carrier_id="",
            sender=request.source_addr,
            recipient=request.destination_addr,
            text=text,
            alphabet=alphabet,
            concat=concat_of(elements) or concat_in_tlvs(request.tlvs),
            data=octets,
        )

    def _text(self, octets: bytes, coding: int) -> tuple[str, Alphabet]:
        foreign = _FOREIGN.get(coding)
        if foreign is not None:
            return octets.decode(foreign, "replace"), Alphabet.UCS2
        alphabet = alphabet_of(coding, self._default)
        return "" if alphabet is Alphabet.BINARY else texts.decode(octets, alphabet), alphabet

    def _source(self, sender: str) -> tuple[int, int, str]:
        known = self._sources.get(sender)
        if known is None:
            config = self._config
            is_number = sender[sender.startswith("+") :].isdecimal() or not sender
            if is_number:
                ton = TON_INTERNATIONAL if sender.startswith("+") else TON_UNKNOWN
                npi = NPI_ISDN if sender else NPI_UNKNOWN
            else:
                ton, npi = TON_ALPHANUMERIC, NPI_UNKNOWN
            known = (
                ton if config.source_ton == "auto" else int(config.source_ton),
                npi if config.source_npi == "auto" else int(config.source_npi),
                sender.removeprefix("+") if is_number else sender,
            )
            if len(self._sources) >= 1024:  # every reply address may be a sender of its own
                self._sources.clear()
            self._sources[sender] = known
        return known


def _lone_octets(alphabet: Alphabet) -> int:
    return 160 if alphabet in (Alphabet.GSM7, Alphabet.ASCII) else 140


def alphabet_of(coding: int, default: Alphabet) -> Alphabet:
    """The alphabet of a data_coding value (3.4 section 5.2.19, then 3GPP TS 23.038 section 4).

    0x0F is read as GBK by analogy with CMPP, which carriers in China use it for.
    """
    fixed = {
        0x01: Alphabet.ASCII,
        0x02: Alphabet.BINARY,
        0x03: Alphabet.LATIN1,
        0x04: Alphabet.BINARY,
        0x08: Alphabet.UCS2,
        0x0F: Alphabet.GBK,
    }.get(coding)
    if fixed is not None:
        return fixed
    group = coding >> 4
    if group in (0x1, 0xF):  # message class; 0xF knows no UCS2
        return (default, Alphabet.BINARY, Alphabet.UCS2 if group == 1 else default, Alphabet.BINARY)[coding >> 2 & 3]
    if group == 0xE:
        return Alphabet.UCS2
    return default


def relative_time(seconds: int) -> str:
    """The validity in the relative form of section 7.1.1.2, a month taken as 30 days and 11 months the most."""
    minutes, second = divmod(max(1, seconds), 60)
    hours, minute = divmod(minutes, 60)
    days, hour = divmod(hours, 24)
    month, day = divmod(days, 30)
    if month > 11:
        month, day, hour, minute, second = 11, 30, 0, 0, 0
    return f"00{month:02d}{day:02d}{hour:02d}{minute:02d}{second:02d}000R"


def concat_in_tlvs(tlvs: tuple[tlv.Tlv, ...]) -> Concat | None:
    """The place of the segment that the three SAR parameters tell; None unless all are there."""
    if not tlvs:
        return None
    reference = tlv.integer(tlvs, tlv.SAR_MSG_REF_NUM)
    total = tlv.integer(tlvs, tlv.SAR_TOTAL_SEGMENTS)
    number = tlv.integer(tlvs, tlv.SAR_SEGMENT_SEQNUM)
    if reference is None or total is None or number is None:
        return None
    return _concat(reference & 0xFFFF, total, number)


def ports_in_tlvs(tlvs: tuple[tlv.Tlv, ...]) -> Ports | None:
    """The ports that parameters tell; None without a destination, and 0 for a source that is not named."""
    destination = tlv.integer(tlvs, tlv.DESTINATION_PORT) if tlvs else None
    if destination is None:
        return None
    return Ports(destination & 0xFFFF, (tlv.integer(tlvs, tlv.SOURCE_PORT) or 0) & 0xFFFF)


def _concat(reference: int, total: int, number: int) -> Concat | None:
    # 3GPP TS 23.040: values that make no sense mean that the element is not there.
    return Concat(reference, total, number) if 1 <= number <= total <= 255 else None
