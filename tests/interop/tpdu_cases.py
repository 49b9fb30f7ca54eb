"""Short messages that judges of TPDUs are asked about: every alphabet, around the limits, in parts, with a header."""

from __future__ import annotations

from carriers.gsm.tpdu.status_report import StatusReport
from carriers.gsm.tpdu.submit import Submit
from carriers.gsm.tpdu.timestamp import Timestamp
from carriers.gsm.tpdu.translate import submit_of
from gateway.core.messages import Segment
from gateway.core.text import Alphabet, split

PHONE = "+8613800138000"
SMSC = "+8613800250500"
#: Every character of the default alphabet and its extension but form feed, CR and LF, which judges print in ways of
#: their own.
GSM7_ALL = (
    "@£$¥èéùìòÇØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà^{}\\[~]|€"
)
LONG_GSM7 = "Meeting at {noon}, bring 20 € [cash] and a pen. " * 9
LONG_UCS2 = "彩邮：会议改到明天下午三点，请带上身份证😀。" * 9

LONE = [
    *(("x" * length, Alphabet.GSM7) for length in (0, 1, 6, 7, 8, 9, 15, 16, 159, 160)),
    (GSM7_ALL, Alphabet.GSM7),
    ("ends with @@", Alphabet.GSM7),
    ("seven.@", Alphabet.GSM7),
    ("x" * 158 + "€", Alphabet.GSM7),
    ("您好，世界", Alphabet.UCS2),
    ("中" * 70, Alphabet.UCS2),
    ("😀" * 35, Alphabet.UCS2),
]


def segments() -> list[Segment]:
    """Lone texts, then a long text of each alphabet with references of both widths."""
    found = [_segment(text, alphabet) for text, alphabet in LONE]
    for text, alphabet in ((LONG_GSM7, Alphabet.GSM7), (LONG_UCS2, Alphabet.UCS2)):
        for reference in (0xA7, 0x1A7):
            parts = split(text, alphabet, reference_octets=1 if reference < 256 else 2)
            found += [
                _segment(part, alphabet, number, len(parts), reference) for number, part in enumerate(parts, 1)
            ]  # fmt: skip
    return found


def _segment(text: str, alphabet: Alphabet, number: int = 1, total: int = 1, reference: int = 0) -> Segment:
    return Segment(1, number, total, "", PHONE, text, alphabet, reference, validity_s=86_400)


def submits() -> list[Submit]:
    """An SMS-SUBMIT of each segment, with references that tell them apart."""
    return [submit_of(segment, number) for number, segment in enumerate(segments(), 1)]


def reports(sent_at: Timestamp, done_at: Timestamp) -> list[StatusReport]:
    """A status report of each kind."""
    to = submits()[0].destination
    return [
        StatusReport(number, to, sent_at, done_at, status)
        for number, status in enumerate((0x00, 0x01, 0x20, 0x30, 0x43, 0x46, 0x60, 0x63), 1)
    ]
