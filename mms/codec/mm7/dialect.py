"""A dialect of MM7: everything that centres want written differently, as data. Of reading it says the zone of times.

docs/mm7.md is the reference. `caiyou wire mm7 --dialect-of FILE` finds the one that fits a sample.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import timedelta, timezone
from importlib import resources
from pathlib import Path
from typing import Any, Final

from gateway.core.errors import ConfigError
from mms.codec.mm7.values import Address, AddressKind

#: What all namespaces of MM7 begin with; REL-5-MM7-1-0 and so on follow.
NAMESPACES: Final = "http://www.3gpp.org/ftp/Specs/archive/23_series/23.140/schema/"
SOAP: Final = "http://schemas.xmlsoap.org/soap/envelope/"
MAX_SIZE: Final = 20_000

_CHOICES: Final[Mapping[str, tuple[str, ...]]] = {
    "charset": ("utf-8", "gb2312", "gbk", "gb18030"),
    "numbers": ("e164", "digits", "national"),
    "short_codes": ("ShortCode", "Number"),
    "report_time": ("Date", "TimeStamp"),
    "encoding": ("binary", "8bit", "base64"),
    "expiry": ("absolute", "relative"),
    "auth": ("none", "basic", "digest"),
}


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one kind of centre wants MM7 written."""

    #: What people call it.
    title: str = "3GPP"
    #: Of the elements of MM7.
    namespace: str = f"{NAMESPACES}REL-6-MM7-1-4"
    #: MM7Version.
    version: str = "6.8.0"
    #: Before the elements of the body; "" = the namespace is the default one.
    prefix: str = ""
    #: Before TransactionID in the header.
    header_prefix: str = "mm7"
    #: Before Envelope, Header and Body.
    soap_prefix: str = "env"
    #: mustUnderstand="1" also in answers.
    must_understand_in_answers: bool = True
    #: Charset of the XML; what it does not hold is written as a reference.
    charset: str = "utf-8"
    #: +8613800138000 (e164), 8613800138000 (digits), 13800138000 (national).
    numbers: str = "e164"
    #: Country code that `national` leaves out.
    country: str = "86"
    #: Write /TYPE=PLMN behind numbers.
    typed: bool = False
    #: Element of short codes.
    short_codes: str = "ShortCode"
    #: The sender is the text of SenderAddress and Sender, without an element of its own.
    raw_sender: bool = False
    #: Name the part with the content in an element; without it the content is the next part.
    content_element: bool = True
    #: Say allowAdaptations in it.
    allow_adaptations: bool = False
    #: Put angle brackets around Content-ID.
    brackets: bool = True
    #: A blank behind the colon of the fields of MIME parts.
    header_blank: bool = True
    #: Content-ID of the part with the XML.
    root_id: str = "mm7-soap"
    #: What the boundary begins with.
    boundary: str = "=_mm7_"
    #: A line before the first part, "" = none.
    preamble: str = ""
    #: Repeat Content-ID and Content-Transfer-Encoding of the XML in the head of the HTTP request.
    root_fields_in_head: bool = False
    #: Of media; texts and SMIL are 8bit unless it is base64.
    encoding: str = "binary"
    #: Element with the time of a delivery report.
    report_time: str = "Date"
    #: ExpiryDate as a moment or as a duration.
    expiry: str = "absolute"
    #: Minutes east of Greenwich in which times are written, and read when they name no zone.
    utc_offset_minutes: int = 0
    #: Elements of a submit that must have a value.
    required: tuple[str, ...] = ()
    #: What a service provider's fault holds.
    vasp_error: str = "VASPErrorRsp"
    #: How requests are authorised unless the link says otherwise.
    auth: str = "basic"

    @property
    def zone(self) -> timezone:
        """Of its times."""
        return timezone(timedelta(minutes=self.utc_offset_minutes))

    def answering(self, namespace: str, version: str) -> Dialect:
        """The same, in namespace and version of a request, when these are MM7's."""
        if not namespace.startswith(NAMESPACES) or not re.fullmatch(r"[0-9.]{1,12}", version):
            return self
        return replace(self, namespace=namespace, version=version)

    def address_text(self, address: Address) -> str:
        """An address as it is written."""
        value = address.value
        if address.kind is AddressKind.MAIL:
            return value
        if address.kind is AddressKind.NUMBER and value.startswith("+") and self.numbers != "e164":
            value = value[1:]
            if self.numbers == "national":
                value = value.removeprefix(self.country)
        return f"{value}/TYPE=PLMN" if self.typed else value

    def address_element(self, address: Address) -> str:
        """The element an address is written in."""
        return self.short_codes if address.kind is AddressKind.SHORT_CODE else address.kind.value


def ours() -> list[str]:
    """The names of the dialects that come with the hub."""
    folder = resources.files("mms.codec.mm7.dialects")
    return sorted(item.name.removesuffix(".toml") for item in folder.iterdir() if item.name.endswith(".toml"))


def load(name: str) -> Dialect:
    """The dialect of that name, or in that file when it has a slash or ends in .toml. Raises ConfigError."""
    if "/" in name or name.endswith(".toml"):
        try:
            data = Path(name).read_bytes()
        except OSError as error:
            raise ConfigError(f"{name}: {error.strerror}") from error
    elif name in ours():
        data = resources.files("mms.codec.mm7.dialects").joinpath(f"{name}.toml").read_bytes()
    else:
        raise ConfigError(f"dialect: there is no {name!r}; there are {', '.join(ours())}, or name a .toml file")
    if len(data) > MAX_SIZE:
        raise ConfigError(f"{name}: more than {MAX_SIZE} octets")
    try:
        return read(tomllib.loads(data.decode("utf-8")), name)
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{name}: {error}") from error


def read(table: Mapping[str, Any], where: str) -> Dialect:
    """The dialect of a TOML table. Raises ConfigError, naming the key."""
    kinds = {it.name: type(it.default) for it in fields(Dialect)}
    values: dict[str, Any] = {}
    for key, value in table.items():
        kind = kinds.get(key)
        if kind is None:
            raise ConfigError(f"{where}: there is no {key!r}; there are {', '.join(kinds)}")
        if kind is tuple and isinstance(value, list) and all(isinstance(it, str) for it in value):
            value = tuple(value)
        if type(value) is not kind:
            raise ConfigError(f"{where}: {key} must be {'a list of texts' if kind is tuple else kind.__name__}")
        if key in _CHOICES and value not in _CHOICES[key]:
            raise ConfigError(f"{where}: {key} must be one of {', '.join(_CHOICES[key])}")
        values[key] = value
    found = Dialect(**values)
    _check(found, where)
    return found


def toml(dialect: Dialect) -> str:
    """The dialect as a file: every key that differs from the standard."""
    lines = []
    for it in fields(Dialect):
        value = getattr(dialect, it.name)
        if value != it.default or it.name in ("title", "namespace", "version"):
            lines.append(f"{it.name} = {_toml_value(value)}")
    return "\n".join(lines) + "\n"


def _toml_value(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return f"[{', '.join(map(_toml_value, value))}]"
    if isinstance(value, int):
        return str(value)
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(it if it.isprintable() else f"\\u{ord(it):04x}" for it in escaped) + '"'


def _check(dialect: Dialect, where: str) -> None:
    for key in ("prefix", "header_prefix", "soap_prefix"):
        prefix = getattr(dialect, key)
        if prefix and not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_.-]{0,30}", prefix):
            raise ConfigError(f"{where}: {key} is no prefix of XML")
    if not dialect.soap_prefix:
        raise ConfigError(f"{where}: soap_prefix: mustUnderstand needs one")
    for key in ("root_id", "boundary", "version", "namespace", "country"):
        if not re.fullmatch(r"[!#-;=?-~]{1,200}", getattr(dialect, key)):
            raise ConfigError(f"{where}: {key}: printable ASCII without blanks, quotes and angle brackets")
    if len(dialect.boundary) > 40:  # with what is put behind it no more than the 70 of RFC 2046 section 5.1.1
        raise ConfigError(f"{where}: boundary: at most 40 characters")
    if dialect.preamble and not re.fullmatch(r"[^-\r\n][ -~]{0,200}", dialect.preamble):
        raise ConfigError(f"{where}: preamble: one line of ASCII that does not begin with -")
    if not -14 * 60 <= dialect.utc_offset_minutes <= 14 * 60:
        raise ConfigError(f"{where}: utc_offset_minutes: at most 14 hours")
