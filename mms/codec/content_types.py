"""Media types with their parameters as WSP writes them: by number where they have one (WAP-230, section 8.4.2.24).

Multiparts come out under their names of WAP ("application/vnd.wap.multipart.mixed"), whatever they were sent as.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from mms.codec import charsets, wsp
from mms.codec.errors import MmsFormatError

#: Numbers of media types (WAP assigned numbers).
MEDIA_TYPES: Final = {
    0x00: "*/*",
    0x01: "text/*",
    0x02: "text/html",
    0x03: "text/plain",
    0x04: "text/x-hdml",
    0x05: "text/x-ttml",
    0x06: "text/x-vcalendar",
    0x07: "text/x-vcard",
    0x08: "text/vnd.wap.wml",
    0x09: "text/vnd.wap.wmlscript",
    0x0A: "text/vnd.wap.wta-event",
    0x0B: "multipart/*",
    0x0C: "multipart/mixed",
    0x0D: "multipart/form-data",
    0x0E: "multipart/byteranges",
    0x0F: "multipart/alternative",
    0x10: "application/*",
    0x11: "application/java-vm",
    0x12: "application/x-www-form-urlencoded",
    0x13: "application/x-hdmlc",
    0x14: "application/vnd.wap.wmlc",
    0x15: "application/vnd.wap.wmlscriptc",
    0x16: "application/vnd.wap.wta-eventc",
    0x17: "application/vnd.wap.uaprof",
    0x18: "application/vnd.wap.wtls-ca-certificate",
    0x19: "application/vnd.wap.wtls-user-certificate",
    0x1A: "application/x-x509-ca-cert",
    0x1B: "application/x-x509-user-cert",
    0x1C: "image/*",
    0x1D: "image/gif",
    0x1E: "image/jpeg",
    0x1F: "image/tiff",
    0x20: "image/png",
    0x21: "image/vnd.wap.wbmp",
    0x22: "application/vnd.wap.multipart.*",
    0x23: "application/vnd.wap.multipart.mixed",
    0x24: "application/vnd.wap.multipart.form-data",
    0x25: "application/vnd.wap.multipart.byteranges",
    0x26: "application/vnd.wap.multipart.alternative",
    0x27: "application/xml",
    0x28: "text/xml",
    0x29: "application/vnd.wap.wbxml",
    0x2A: "application/x-x968-cross-cert",
    0x2B: "application/x-x968-ca-cert",
    0x2C: "application/x-x968-user-cert",
    0x2D: "text/vnd.wap.si",
    0x2E: "application/vnd.wap.sic",
    0x2F: "text/vnd.wap.sl",
    0x30: "application/vnd.wap.slc",
    0x31: "text/vnd.wap.co",
    0x32: "application/vnd.wap.coc",
    0x33: "application/vnd.wap.multipart.related",
    0x34: "application/vnd.wap.sia",
    0x35: "text/vnd.wap.connectivity-xml",
    0x36: "application/vnd.wap.connectivity-wbxml",
    0x37: "application/pkcs7-mime",
    0x38: "application/vnd.wap.hashed-certificate",
    0x39: "application/vnd.wap.signed-certificate",
    0x3A: "application/vnd.wap.cert-response",
    0x3B: "application/xhtml+xml",
    0x3C: "application/wml+xml",
    0x3D: "text/css",
    0x3E: "application/vnd.wap.mms-message",
    0x3F: "application/vnd.wap.rollover-certificate",
    0x40: "application/vnd.wap.locc+wbxml",
    0x41: "application/vnd.wap.loc+xml",
    0x42: "application/vnd.syncml.dm+wbxml",
    0x43: "application/vnd.syncml.dm+xml",
    0x44: "application/vnd.syncml.notification",
    0x45: "application/vnd.wap.xhtml+xml",
    0x46: "application/vnd.wv.csp.cir",
    0x47: "application/vnd.oma.dd+xml",
    0x48: "application/vnd.oma.drm.message",
    0x49: "application/vnd.oma.drm.content",
    0x4A: "application/vnd.oma.drm.rights+xml",
    0x4B: "application/vnd.oma.drm.rights+wbxml",
    0x4C: "application/vnd.wv.csp+xml",
    0x4D: "application/vnd.wv.csp+wbxml",
    0x4E: "application/vnd.syncml.ds.notification",
    0x4F: "audio/*",
    0x50: "video/*",
    0x51: "application/vnd.oma.dd2+xml",
    0x52: "application/mikey",
}
_CODES: Final = {name: code for code, name in MEDIA_TYPES.items()}
UNKNOWN: Final = "application/octet-stream"

MULTIPART: Final = "application/vnd.wap.multipart."
MIXED: Final = MULTIPART + "mixed"
ALTERNATIVE: Final = MULTIPART + "alternative"
RELATED: Final = MULTIPART + "related"

#: Names of parameters by their numbers; two numbers are two ways to write the value.
_PARAMETERS: Final = {
    0x00: "q",
    0x01: "charset",
    0x02: "level",
    0x03: "type",
    0x05: "name",
    0x06: "filename",
    0x07: "differences",
    0x08: "padding",
    0x09: "type",
    0x0A: "start",
    0x0B: "start-info",
    0x0C: "comment",
    0x0D: "domain",
    0x0E: "max-age",
    0x0F: "path",
    0x10: "secure",
    0x11: "sec",
    0x12: "mac",
    0x13: "creation-date",
    0x14: "modification-date",
    0x15: "read-date",
    0x16: "size",
    0x17: "name",
    0x18: "filename",
    0x19: "start",
    0x1A: "start-info",
    0x1B: "comment",
    0x1C: "domain",
    0x1D: "path",
}
_Q, _CHARSET, _TYPE = 0x00, 0x01, 0x09
#: Parameters that are written by these numbers, with a text string as value.
_WRITTEN: Final = {"name": 0x05, "filename": 0x06, "start": 0x0A, "start-info": 0x0B}
#: Their values are texts, also where the first octet is one of 80 to FF and should have been quoted.
_TEXTS: Final = frozenset((0x05, 0x06, 0x0A, 0x0B, 0x0C, 0x0D, 0x0F, *range(0x17, 0x1E)))

#: Parameters of one media type.
MAX_PARAMETERS: Final = 32
_TOKEN: Final = re.compile(r"[A-Za-z0-9!#$&^_.+-]{1,64}")
_MEDIA_TYPE: Final = re.compile(r"[a-z0-9*][a-z0-9!#$&^_.+*-]{0,126}/[a-z0-9*][a-z0-9!#$&^_.+*-]{0,126}")
_BLANKS: Final = "\ufeff" + "".join(chr(code) for code in range(0x3001) if chr(code).isspace())
_CONTROLS: Final = re.compile("[\x00-\x1f\x7f]+")


@dataclass(frozen=True, slots=True)
class ContentType:
    """A media type and its parameters."""

    #: Lower case; multiparts as WAP names them.
    media_type: str
    #: Names in lower case, each once, the charset left out.
    parameters: tuple[tuple[str, str], ...] = ()
    charset: str = ""  # as `mms.codec.charsets` names it; "" = not said, any, or unknown

    def get(self, name: str) -> str:
        """The value of a parameter; "" = not there."""
        return next((value for key, value in self.parameters if key == name), "")

    @property
    def is_multipart(self) -> bool:
        """Whether parts follow."""
        return self.media_type.startswith(MULTIPART)

    def encode(self) -> bytes:
        """The value of a Content-Type header. Raises MmsFormatError for what is no media type or parameter."""
        code = _CODES.get(self.media_type)
        if code is None and not _MEDIA_TYPE.fullmatch(self.media_type):
            raise MmsFormatError(f"{self.media_type[:40]!r} is no media type", field="Content-Type")
        media = bytes((0x80 | code,)) if code is not None else self.media_type.encode() + b"\0"
        if not self.parameters and not self.charset:
            return media
        values = b"".join(_written(name, value) for name, value in self.parameters)
        return wsp.with_length(media + values + (_charset(self.charset) if self.charset else b""))


def read(reader: wsp.Reader, field: str = "Content-Type") -> ContentType:
    """The next media type, passed over. Raises MmsFormatError."""
    first = reader.peek(field)
    if first >= 0x80:
        return ContentType(_named(MEDIA_TYPES.get(reader.octet(field) & 0x7F, UNKNOWN)))
    if first > wsp.LENGTH_QUOTE:
        return _textual(reader.text(field))
    inner = reader.part(reader.value_length(field), field)
    first = inner.peek(field)
    if first >= 0x80 or first < wsp.LENGTH_QUOTE:
        start = ContentType(_named(MEDIA_TYPES.get(inner.integer(field), UNKNOWN)))
    else:
        start = _textual(inner.text(field))
    found = dict(start.parameters)
    charset = start.charset
    while inner.left:
        if len(found) >= MAX_PARAMETERS:
            raise MmsFormatError(f"more than {MAX_PARAMETERS} parameters", offset=inner.at, field=field)
        name, value = _parameter(inner, field)
        if name == "charset":
            charset = charset or value
        elif name:
            found.setdefault(name, value)
    return ContentType(start.media_type, tuple(found.items()), charset)


def parameters(reader: wsp.Reader, field: str) -> dict[str, str]:
    """The parameters up to the end of the reader, as of a Content-Disposition. Raises MmsFormatError."""
    found: dict[str, str] = {}
    while reader.left:
        if len(found) >= MAX_PARAMETERS:
            raise MmsFormatError(f"more than {MAX_PARAMETERS} parameters", offset=reader.at, field=field)
        name, value = _parameter(reader, field)
        found.setdefault(name, value)
    return found


def _textual(octets: bytes) -> ContentType:
    """A media type in text; some senders write the parameters of MIME behind it."""
    media, _, rest = octets.decode("latin-1").strip('" ').partition(";")
    found: dict[str, str] = {}
    for piece in rest.split(";")[:MAX_PARAMETERS]:
        name, _, value = piece.partition("=")
        if _TOKEN.fullmatch(name := name.strip().lower()):
            found.setdefault(name, plain(value.strip().strip('"')))
    charset = found.pop("charset", "")
    return ContentType(_named(media.strip().lower()), tuple(found.items()), charsets.canonical(charset))


def _named(media_type: str) -> str:
    if media_type.startswith("multipart/"):
        return MULTIPART + media_type.removeprefix("multipart/")
    return media_type if _MEDIA_TYPE.fullmatch(media_type) else UNKNOWN


def _parameter(reader: wsp.Reader, field: str) -> tuple[str, str]:
    first = reader.peek(field)
    if first >= 0x80:
        code = reader.octet(field) & 0x7F
        name = _PARAMETERS.get(code, "")
    elif first > wsp.LENGTH_QUOTE:
        code, name = -1, reader.text(field).decode("latin-1").lower()
        if not _TOKEN.fullmatch(name):
            name = ""
    else:
        code = reader.integer(field)
        name = _PARAMETERS.get(code, "")
    if name == "charset":
        return name, _read_charset(reader, field)
    if code == _Q:
        return name, str(reader.uintvar(field))
    value = reader.peek(field)
    if code == _TYPE and value >= 0x80:
        return name, _named(MEDIA_TYPES.get(reader.octet(field) & 0x7F, UNKNOWN))
    if code in _TEXTS or wsp.LENGTH_QUOTE < value < 0x80:
        return name, read_unquoted(reader, field)
    if not value:
        reader.octet(field)
        return name, ""
    return name, str(reader.integer(field))


def _read_charset(reader: wsp.Reader, field: str) -> str:
    first = reader.peek(field)
    if not first:
        reader.octet(field)
        return ""
    if first <= wsp.LENGTH_QUOTE or first >= 0x80:
        return charsets.name_of(reader.integer(field))
    return charsets.canonical(read_unquoted(reader, field)[:60])


def _written(name: str, value: str) -> bytes:
    if name == "type":
        code = _CODES.get(value)
        return b"\x89" + (bytes((0x80 | code,)) if code is not None else wsp.text_string(octets(value)))
    if name in _WRITTEN:
        return bytes((0x80 | _WRITTEN[name],)) + wsp.text_string(octets(value))
    if not _TOKEN.fullmatch(name):
        raise MmsFormatError(f"{name[:40]!r} is no name of a parameter", field="Content-Type")
    text = octets(value)
    return name.lower().encode() + b"\0" + (text + b"\0" if _TOKEN.fullmatch(value) else wsp.quoted_string(text))


def _charset(charset: str) -> bytes:
    mib = charsets.mib_of(charset)
    if mib is not None:
        return bytes((0x80 | _CHARSET,)) + wsp.integer(mib)
    if not _TOKEN.fullmatch(charset):
        raise MmsFormatError(f"{charset[:40]!r} is no character set", field="Content-Type")
    return b"charset\0" + charset.encode() + b"\0"


def read_plain(octets: bytes, label: str = "") -> str:
    """The text that the octets say, as `plain` leaves it; see `mms.codec.charsets.read_text`."""
    if octets.isascii() and not label:
        text = octets.decode("ascii")  # nearly all texts of headers
        return text.strip() if text.isprintable() else plain(text)
    return plain(charsets.read_text(octets, label).text)


def read_unquoted(reader: wsp.Reader, field: str) -> str:
    """The next text without the quotes that a quoted string has: senders write one, two or none wherever they like."""
    text = read_plain(reader.text(field))
    return text.strip('" ') if text.startswith('"') else text


def plain(text: str) -> str:
    """The text without control characters, which no header shows, and without blanks or a mark around it."""
    return _CONTROLS.sub(" ", text).rstrip().lstrip(_BLANKS)


def octets(text: str) -> bytes:
    """The text in UTF-8. Raises MmsFormatError for control characters and half surrogates."""
    if _CONTROLS.search(text):
        raise MmsFormatError(f"{text[:40]!r} has control characters")
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise MmsFormatError("the text has half of a character") from None
