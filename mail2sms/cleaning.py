"""What of a mail's subject and body is new and meant for a reader: quotes, signatures, disclaimers, noise go.

Pure text work, stopped as soon as enough has been gathered for a short message. Never raises.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

LINK: Final = "\ue000"  # stands for a link until the alphabet of the notice is known
MAX_BODY: Final = 60_000  # characters of body that are looked at
_MAX_LINE: Final = 4_000


class LeftOut(enum.StrEnum):
    """A kind of content that a notice does not show."""

    QUOTE = "quote"
    SIGNATURE = "signature"
    DISCLAIMER = "disclaimer"
    LINK = "link"
    NOISE = "noise"
    CODE = "code"
    PASSWORD = "password"  # noqa: S105 - the kind, not a password
    CARD = "card"
    REST = "rest"  # the text was cut
    ATTACHMENTS = "attachments"


@dataclass(frozen=True, slots=True)
class CleanBody:
    """The reader's text on one line, links as LINK; `left_out` says what was taken away."""

    text: str
    left_out: frozenset[LeftOut]


_PREFIX: Final = re.compile(
    r"\s*(?:(?:re|fwd?|fw|aw|wg|sv|vs|tr|rif|antw|回复|回覆|回信|转发|轉發|轉寄|答复|答覆)"
    r"\s?(?:\[\d{1,3}\]|\(\d{1,3}\)|（\d{1,3}）|\*\d{1,3})?\s?[:：]"
    r"|\[[\w .#&+/-]{1,40}\](?=\s*\S))\s*",
    re.IGNORECASE | re.ASCII,
)
# Controls, direction marks, zero-width padding and half surrogates; LINK, which is ours.
_INVISIBLE: Final = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u00ad\u034f\u061c\u200b\u200e\u200f\u202a-\u202e\u2060"
    "\u2066-\u2069\ufeff\ud800-\udfff\ue000]"
)
_URL: Final = re.compile(
    r"""[<(（\[]?(?:(?:https?|ftp)://|www\.(?=[A-Za-z0-9])|mailto:)[^\s<>"'，。；、！？）】》」“”\])]+[>)）\]]?""",
    re.IGNORECASE,
)
_BARE_ADDRESS: Final = re.compile(r"[^\s@]{1,64}@[^\s@]{1,255}")
_LOOSE: Final = re.compile(r"(?<=[，。；：、！？）】》]) | (?=[，。；：、！？）】》（【《])")
_LINKS: Final = re.compile(rf"{LINK}(?:\s*{LINK})+")
_PLACEHOLDER: Final = re.compile(r"\[(?:cid|image|图片|inline)[:：][^\]]{0,200}\]", re.IGNORECASE)
_BASE64: Final = re.compile(r"[A-Za-z0-9+/=]{60,}")

# What opens a quoted mail; all that follows is old.
_QUOTE_START: Final = re.compile(
    r"""[-_=*—\s]*(?:
        [-—]{2,}\s*(?:原始?邮件|邮件原件|原始信息|原始?郵件|转发的?邮件|轉寄郵件|回复的?原邮件|original\s+(?:message|e?mail)
            |(?:begin\ )?forwarded\s+(?:message|mail)(?:\s+by.{0,60})?|replied\s+message|转发邮件信息)\s*[-—]*
        |begin\ forwarded\ message\s*[:：]
        |(?:on|le|am)\ .{6,200}(?:wrote|écrit|schrieb)\s*[:：]
        |(?:在|于)\s?\d{4}.{4,120}(?:写道|寫道)\s*[:：]?
        |(?:在|于)\s?.{2,80}(?:，|,|\s).{0,80}(?:写道|寫道)\s*[:：]?
        |.{0,80}<[^<>\s]{3,80}@[^<>\s]{3,80}>\s*(?:于|在)?.{0,60}(?:写道|寫道|wrote)\s*[:：]?
        |(?:\d{4}[-/年]\d{1,2}[-/月]\d{1,2}).{0,80}(?:写道|寫道|wrote)\s*[:：]?
        |.{0,40}(?:写道|寫道)\s*[:：]
    )[-_=*—\s]*""",
    re.IGNORECASE | re.VERBOSE,
)
_QUOTE_HINT: Final = re.compile(
    r"写道|寫道|wrote|schrieb|écrit|原始?邮件|邮件原件|原始?郵件|原始信息|original|forwarded|replied|转发|轉寄|回复的",
    re.IGNORECASE,
)
_HEADER_LINE: Final = re.compile(
    r"[>\s*]*(?:发件人|寄件者|寄件人|发送时间|发送日期|收件人|收件者|抄送|主题|主旨|日期|时间"
    r"|from|sent|date|to|cc|subject|reply-to)\s*\**\s*[:：]",
    re.IGNORECASE,
)
_FIRST_HEADER: Final = re.compile(r"\s*\**\s*(?:发件人|寄件者|寄件人|from)\s*\**\s*[:：]", re.IGNORECASE)
_DIVIDER: Final = re.compile(r"[-=_*~#·.…—–\s+|:]{3,}")
_PHONE_SIGNATURE: Final = re.compile(
    r"(?:发自|來自|来自|發自)\s?(?:我的|新浪|网易|手机|.{0,12}(?:iphone|ipad|android|手机|邮箱|郵箱|客户端))"
    r"|从(?:我的)?\s?.{0,20}(?:发送|手机).{0,10}$|由.{0,20}(?:邮箱|手机)发送"
    r"|sent from (?:my|mail for|outlook|yahoo|samsung)|get outlook for|获取\s?outlook|下载.{0,10}邮箱大师"
    r"|此邮件由.{0,20}(?:发送|发出)$"
    r"|（由手机 \+?\d{5,20} 短信回复）$|\(answered by sms from \+?\d{5,20}\)$",  # what `replies` puts under an SMS
    re.IGNORECASE,
)
_DISCLAIMER: Final = re.compile(
    r"(?:免责声明|法律声明|保密(?:声明|提示|条款)|(?:本|此|该)(?:电子)?邮件(?:及|和|包|含|中|所|可能|内容|是|仅)"
    r"|本邮件由系统自动发(?:出|送)|(?:这是|此为)(?:一封)?(?:系统)?自动(?:发送|生成)"
    r"|confidentiality\s+(?:notice|note)|disclaimer\b|legal\s+notice"
    r"|this\s+(?:e-?mail|message|communication)(?:\s+\(?(?:and|including|together)\b.{0,60})?"
    r"\s+(?:is|are|may|contains?|was|and)\b"
    r"|you\s+(?:get|receive|received|are\s+receiving)\s+this\s+(?:e-?mail|mail|message|newsletter)\b"
    r"|the\s+information\s+(?:contained|transmitted)|please\s+consider\s+the\s+environment"
    r"|如(?:果)?(?:您)?(?:不想|无法|不希望|需).{0,20}(?:退订|接收|浏览|查看)|退订|点击(?:此处)?退订"
    r"|to\s+unsubscribe|unsubscribe|if\s+you\s+(?:no\s+longer|cannot\s+see|can't\s+see)|view\s+(?:this|in)\b.{0,30}browser)",
    re.IGNORECASE,
)
# A line that may be any of these has one of these signs or words; most lines have none, and this finds out
# quickly: the class at the front spares the alternatives at most positions.
_SUSPECT: Final = re.compile(
    r"(?=[-_=*—~#·|>:：\[发發来來从由邮郵写寫声自退获下如保转轉原回sgtlwfocdubpSGTLWFOCDUBP])"
    r"(?:[-_=*—~#·|]{2}|[>:：\[]|www\.|发自|發自|来自|來自|从|由|邮件|郵件|写道|寫道|声明|自动|退订|获取|下载|保密|如|原始|转发|轉寄|回复的"
    r"|sent|get\s|by\ssms|this|the\s|to\s|legal|wrote|forwarded|original|confid|disclaim|unsub|browser|please|powered)",
    re.IGNORECASE,
)
_MAX_QUOTE_START: Final = 300  # characters of a line that opens a quote; bounds the backtracking
_MIN_NOISE: Final = 60  # characters without a space that are looked at as base64


def one_line(text: str) -> str:
    """The text without invisible characters, every run of white space one space."""
    return " ".join(_INVISIBLE.sub("", text).split())


def clean_subject(subject: str) -> str:
    """The subject on one line without the Re:, Fwd:, 回复：, 转发： chain and ASCII [list] tags before it."""
    text = one_line(subject[:1000])
    position = 0
    while match := _PREFIX.match(text, position):
        position = match.end()
    return text[position:] or text


def clean_body(body: str, enough: int) -> CleanBody:
    """The reader's part of a plain text body; `enough` octets of UTF-8 are gathered, no more than a line beyond."""
    left_out: set[LeftOut] = set()
    lines: list[str] = []
    spare: list[str] = []  # disclaimers at the top: better than nothing if nothing follows
    gathered = 0
    is_past_header = False
    for line in _lines(body):
        if _SUSPECT.search(line) or (len(line) >= _MIN_NOISE and " " not in line):
            verdict = _judge(line, lines)
            if verdict is _Verdict.SKIP_NOISE:
                left_out.add(LeftOut.NOISE)
                continue
            if verdict is _Verdict.SKIP_QUOTE:
                left_out.add(LeftOut.QUOTE)
                continue
            if verdict is _Verdict.SKIP_SIGNATURE:
                left_out.add(LeftOut.SIGNATURE)
                continue
            if verdict is not _Verdict.KEEP and (lines or verdict is not _Verdict.QUOTE):
                left_out.add(LeftOut(verdict.value))
                if lines:
                    break
                spare.append(line)
                continue
            if verdict is _Verdict.QUOTE:
                is_past_header = True  # nothing but a forwarded mail: its text is the news
                continue
            if is_past_header and _HEADER_LINE.match(line):
                continue
            line = _without_noise(line, left_out)
            if not line:
                continue
            line = _URL.sub(LINK, line)
        lines.append(line)
        gathered += len(line.encode("utf-8", "replace"))
        if gathered >= enough:
            left_out.add(LeftOut.REST)
            break
    lines = lines or spare
    while len(lines) > 1 and _BARE_ADDRESS.fullmatch(lines[-1]):  # what Foxmail puts under a text
        lines.pop()
        left_out.add(LeftOut.SIGNATURE)
    text = _LOOSE.sub("", _joined(lines))
    if LINK in text:
        left_out.add(LeftOut.LINK)
        text = _LINKS.sub(LINK, text)
    return CleanBody(text.strip(), frozenset(left_out - {LeftOut.REST}))


class _Verdict(enum.Enum):
    KEEP = "keep"
    QUOTE = "quote"
    SIGNATURE = "signature"
    DISCLAIMER = "disclaimer"
    SKIP_NOISE = "skip noise"
    SKIP_QUOTE = "skip quote"
    SKIP_SIGNATURE = "skip signature"


def _lines(body: str) -> Iterator[str]:
    """The lines that hold something, spaces collapsed; made one by one, since few are needed."""
    waiting = ""
    for raw in _raw_lines(body[:MAX_BODY]):
        line = one_line(raw[:_MAX_LINE])
        if not line:
            continue
        # "On … wrote:" is often wrapped before its last words.
        if waiting.startswith(("On ", "在", "于")) and line.endswith(("wrote:", "写道：", "写道:")):
            line = f"{waiting} {line}"
        elif waiting:
            yield waiting
        waiting = line
    if waiting:
        yield waiting


def _raw_lines(text: str) -> Iterator[str]:
    start = 0
    while start < len(text):
        end = text.find("\n", start)
        end = len(text) if end < 0 else end
        yield text[start:end]
        start = end + 1


def _judge(line: str, before: list[str]) -> _Verdict:
    if line[0] == ">":
        return _Verdict.SKIP_QUOTE
    if line in ("--", "—", "——", "-- "):
        return _Verdict.SIGNATURE if before else _Verdict.SKIP_NOISE
    if len(line) <= _MAX_QUOTE_START and _QUOTE_HINT.search(line) and _QUOTE_START.fullmatch(line):
        return _Verdict.QUOTE
    if _FIRST_HEADER.match(line) and ("@" in line or before or len(line) < 60):
        return _Verdict.QUOTE
    if _DIVIDER.fullmatch(line) or _BASE64.fullmatch(line):
        return _Verdict.SKIP_NOISE
    if len(line) < 80 and _PHONE_SIGNATURE.match(line):
        return _Verdict.SKIP_SIGNATURE
    if _DISCLAIMER.match(line):
        return _Verdict.DISCLAIMER
    return _Verdict.KEEP


def _without_noise(line: str, left_out: set[LeftOut]) -> str:
    text = _PLACEHOLDER.sub("", line)
    if "://" not in text:
        text = _BASE64.sub("", text)
    if text != line:
        left_out.add(LeftOut.NOISE)
    return " ".join(text.split())


def _joined(lines: list[str]) -> str:
    """The lines as one: no space where Chinese was wrapped in the middle of a sentence."""
    pieces: list[str] = []
    last = ""
    for line in lines:
        if last:
            before, after = last[-1], line[0]
            if len(last) < 30 or before < "\u2e80" or after < "\u2e80":
                pieces.append(" ")
        pieces.append(line)
        last = line
    return "".join(pieces)
