"""Delivery receipts and message ids: read in every form carriers use, written in the one of the specification."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal, NamedTuple

from carriers.smpp import tlv
from carriers.smpp.constants import ESM_INTERMEDIATE, ESM_TYPE_MASK
from gateway.core.messages import DeliveryReport, ReportState

if TYPE_CHECKING:
    from collections.abc import Iterable

    from carriers.smpp.tlv import Tlv

#: How the id in a report may differ from the id the submit was answered with.
IdForm = Literal["as-is", "hex-submit", "decimal-submit", "any"]

#: message_state (3.4 section 5.2.28, 5.0 adds 0 and 9) to its seven letters in receipt text.
STATE_WORDS: dict[int, str] = {
    0: "SCHEDLD",
    1: "ENROUTE",
    2: "DELIVRD",
    3: "EXPIRED",
    4: "DELETED",
    5: "UNDELIV",
    6: "ACCEPTD",
    7: "UNKNOWN",
    8: "REJECTD",
    9: "SKIPPED",
}

#: By the first letters, since peers write the words in full, in seven letters or cut elsewhere. ACCEPTD and
#: UNKNOWN are not taken as final: some carriers send them on the way and the real end later.
_STATES: tuple[tuple[str, ReportState], ...] = (
    ("DELIV", ReportState.DELIVERED),
    ("EXPIR", ReportState.EXPIRED),
    ("DELET", ReportState.FAILED),
    ("UNDEL", ReportState.FAILED),
    ("REJEC", ReportState.FAILED),
    ("FAIL", ReportState.FAILED),
    ("SKIPP", ReportState.FAILED),
)

# A value ends where the next label begins, since dates and words may hold blanks or be empty.
_LABELS = r"id|sub|dlvrd|submit[ _]?date|done[ _]?date|stat|err|text"
# Labels are ASCII: without (?a) the letter case of Unicode makes "ſtat" a label that nothing knows.
_PART = re.compile(rf"(?:^|[\s,;])((?ai:{_LABELS}))\s?:")


class ReceiptText(NamedTuple):
    """The parts of a receipt's text as they came; "" for a part that is missing."""

    id: str = ""
    sub: str = ""
    dlvrd: str = ""
    submit_date: str = ""
    done_date: str = ""
    stat: str = ""
    err: str = ""
    text: str = ""


def parse(text: str) -> ReceiptText:
    """The labelled parts of `id:… sub:… dlvrd:… submit date:… done date:… stat:… err:… Text:…`.

    Labels may come in any case and any order and may be missing; the first of its kind counts, and nothing
    behind `text:` is a label. Appendix B of 3.4 is an example, not a rule: every carrier has its own.
    """
    parts: dict[str, str] = {}
    found = list(_PART.finditer(text))
    for index, match in enumerate(found):
        label = match[1].lower().replace(" ", "_").replace("tdate", "t_date").replace("edate", "e_date")
        is_text = label == "text"
        end = len(text) if is_text or index + 1 == len(found) else found[index + 1].start()
        value = text[match.end() : end]
        parts.setdefault(label, value if is_text else value.strip().rstrip(",;"))
        if is_text:
            break
    for label in ("id", "stat", "err"):
        # One word each: what stands behind it under no label of ours is a vendor's addition.
        parts[label] = (parts.get(label, "").split() or [""])[0].strip("\"'\0")
    return ReceiptText(**parts)


def state_of(word: str) -> ReportState:
    """What a state word means for the segment; words nobody knows are not final."""
    upper = word.upper()
    for start, state in _STATES:
        if upper.startswith(start):
            return state
    return ReportState.ENROUTE


def read(text: str, tlvs: Iterable[Tlv], esm_class: int, recipient: str) -> DeliveryReport | None:
    """The report in a deliver_sm or data_sm; None when it names no message.

    Optional parameters count before the text (3.4 section 5.3.2.12, 5.3.2.35). `carrier_id` is in the normal
    form that `id_forms` always holds. `recipient` is the phone, which a receipt has as its source.
    """
    parts = parse(text)
    message_id = (tlv.text(tlvs, tlv.RECEIPTED_MESSAGE_ID) or "").strip() or parts.id
    if not message_id:
        return None
    number = tlv.integer(tlvs, tlv.MESSAGE_STATE)
    word = parts.stat or ("" if number is None else STATE_WORDS.get(number, str(number)))
    state = state_of(word if number is None else STATE_WORDS.get(number, word))
    if esm_class & ESM_TYPE_MASK == ESM_INTERMEDIATE:
        state = ReportState.ENROUTE
    network = tlv.find(tlvs, tlv.NETWORK_ERROR_CODE)
    error = parts.err
    if not error.strip("0") and network is not None and len(network) == 3:
        error = str(int.from_bytes(network[1:], "big"))
    return DeliveryReport(
        carrier_id=normal_form(message_id),
        state=state,
        code=f"{word}:{error}" if error.strip("0") else word,
        recipient=recipient,
        done_at=parts.done_date,
        text=text,
    )


def write(
    message_id: str, state: int, *, submitted: str, done: str, error: int = 0, text: str = ""
) -> tuple[bytes, tuple[Tlv, ...]]:
    """The short_message and the optional parameters of a receipt, for the carrier's side.

    `submitted` and `done` are YYMMDDhhmm, `error` three decimal digits at most, `text` the message's
    beginning, of which 20 characters are taken.
    """
    delivered = 1 if state == 2 else 0
    line = (
        f"id:{message_id} sub:001 dlvrd:{delivered:03d} submit date:{submitted} done date:{done} "
        f"stat:{STATE_WORDS.get(state, 'UNKNOWN')} err:{error:03d} text:{text[:20]}"
    )
    return line.encode("latin-1", "replace"), (
        tlv.make("receipted_message_id", message_id),
        tlv.make("message_state", state),
    )


def normal_form(message_id: str) -> str:
    """The id without blanks, in lower case and without leading zeros; "0" for zeros alone."""
    bare = message_id.strip().lower()
    return bare.lstrip("0") or bare[:1]


def id_forms(message_id: str, form: IdForm = "as-is") -> tuple[str, ...]:
    """Every form under which a report may name the message, the id itself first, none twice.

    The normal form is always among them. "hex-submit": the id came in hexadecimal and reports name it in
    decimal; "decimal-submit": the other way round; "any": either.
    """
    forms = {message_id: None, normal_form(message_id): None}
    if message_id.isascii() and message_id.isalnum():
        stripped = message_id.lstrip("0") or "0"
        forms |= dict.fromkeys((message_id.lower(), message_id.upper(), stripped, stripped.upper()))
        if form in ("hex-submit", "any") and re.fullmatch("[0-9A-Fa-f]{1,32}", message_id):
            forms[str(int(message_id, 16))] = None
        if form in ("decimal-submit", "any") and re.fullmatch("[0-9]{1,32}", message_id):
            number = int(message_id)
            forms |= dict.fromkeys((f"{number:x}", f"{number:X}"))
    return tuple(forms)
