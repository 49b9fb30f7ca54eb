"""OMA client provisioning 1.1: settings a phone takes over with one tap, as a document in binary XML. Pure.

A document is a tree of characteristics, each with parameters: how to the network (`access_point`, `proxy`), and what
is reached there (`mms`, `mail_server`, `synchronisation`), each a function that gives its characteristic. Who the
document comes from is proved by `mms.codec.provisioning_mac`.
"""

from __future__ import annotations

import enum
import ipaddress
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from gateway.core import wbxml
from gateway.core.errors import BadRequest, MalformedPdu
from gateway.core.wbxml import Element
from mms.codec.provisioning_tokens import DIALECT

CONTENT_TYPE: Final = "application/vnd.wap.connectivity-wbxml"

_ROOT: Final = "wap-provisioningdoc"
_MAX_DEPTH: Final = 16


class Application(enum.StrEnum):
    """What the settings of an application are for (its APPID)."""

    BROWSER = "w2"
    MMS = "w4"
    SYNCML = "w5"
    DEVICE_MANAGEMENT = "w7"
    SMTP = "25"
    POP3 = "110"
    IMAP4 = "143"


@dataclass(frozen=True, slots=True)
class Characteristic:
    """A group of settings; a parameter without a value is None."""

    type: str
    parameters: tuple[tuple[str, str | None], ...] = ()
    inner: tuple[Characteristic, ...] = ()

    def get(self, name: str) -> str | None:
        """A parameter; None without it, or without its value."""
        return next((value for key, value in self.parameters if key == name), None)


@dataclass(frozen=True, slots=True)
class Settings:
    """A document."""

    characteristics: tuple[Characteristic, ...]
    version: str = "1.0"

    def encode(self, *, version: int = 3) -> bytes:
        """WBXML of that minor version; raises NotEncodable for NUL in a value."""
        content = tuple(_element(one) for one in self.characteristics)
        return wbxml.write(Element(_ROOT, (("version", self.version),), content), DIALECT, version=version)

    @classmethod
    def decode(cls, data: bytes) -> Settings:
        """From WBXML; raises MalformedPdu. Elements that are no settings are left out."""
        root = wbxml.read(data, DIALECT).root
        if root.name != _ROOT:
            raise MalformedPdu("this is no provisioning document")
        version = root.get("version")
        return cls(
            tuple(_characteristic(one) for one in root.elements("characteristic")),
            version if isinstance(version, str) else "",
        )

    def applications(self, application: Application) -> list[Characteristic]:
        """The settings of an application."""
        return [one for one in self.characteristics if one.type == "APPLICATION" and one.get("APPID") == application]


def _element(characteristic: Characteristic) -> Element:
    parameters = (
        Element("parm", (("name", name),) if value is None else (("name", name), ("value", value)))
        for name, value in characteristic.parameters
    )
    inner = (_element(one) for one in characteristic.inner)
    return Element("characteristic", (("type", characteristic.type),), (*parameters, *inner))


def _characteristic(element: Element) -> Characteristic:
    return Characteristic(
        _text(element, "type") or "",
        tuple((_text(one, "name") or "", _text(one, "value")) for one in element.elements("parm")),
        tuple(_characteristic(one) for one in element.elements("characteristic")),
    )


def _text(element: Element, name: str) -> str | None:
    value = element.get(name)
    return value.hex() if isinstance(value, bytes) else value


# --- JSON -----------------------------------------------------------------------------------------------------------


def as_json(settings: Settings) -> dict[str, Any]:
    """The document as JSON values: {"version": …, "characteristics": [{"type": …, "parameters": [[…, …]], …}]}."""
    return {"version": settings.version, "characteristics": [_json(one) for one in settings.characteristics]}


def _json(characteristic: Characteristic) -> dict[str, Any]:
    found: dict[str, Any] = {"type": characteristic.type}
    if characteristic.parameters:
        found["parameters"] = [list(parameter) for parameter in characteristic.parameters]
    if characteristic.inner:
        found["characteristics"] = [_json(one) for one in characteristic.inner]
    return found


def from_json(value: Any) -> Settings:
    """A document from what `as_json` gave. Raises BadRequest."""
    if not isinstance(value, Mapping) or not isinstance(value.get("version", "1.0"), str):
        raise BadRequest("settings: an object with characteristics")
    return Settings(_from_json(value.get("characteristics", []), 0), value.get("version", "1.0"))


def _from_json(values: Any, depth: int) -> tuple[Characteristic, ...]:
    if not isinstance(values, list) or depth > _MAX_DEPTH:
        raise BadRequest(f"characteristics: a list, at most {_MAX_DEPTH} deep")
    found = []
    for value in values:
        parameters = value.get("parameters", []) if isinstance(value, Mapping) else None
        if not isinstance(parameters, list) or not isinstance(value.get("type"), str):
            raise BadRequest("characteristics: objects with type and parameters")
        pairs = []
        for pair in parameters:
            match pair:
                case [str(name), str() | None as given]:
                    pairs.append((name, given))
                case _:
                    raise BadRequest("parameters: pairs of name and value")
        inner = _from_json(value.get("characteristics", []), depth + 1)
        found.append(Characteristic(value["type"], tuple(pairs), inner))
    return tuple(found)


# --- settings -------------------------------------------------------------------------------------------------------


def access_point(
    identifier: str, apn: str, *, name: str = "", login: str = "", secret: str = "", chap: bool = False
) -> Characteristic:
    """A GPRS access point (NAPDEF)."""
    authentication: tuple[Characteristic, ...] = ()
    if login:
        authentication = (
            Characteristic(
                "NAPAUTHINFO",
                (("AUTHTYPE", "CHAP" if chap else "PAP"), *_given(("AUTHNAME", login), ("AUTHSECRET", secret))),
            ),
        )
    return Characteristic(
        "NAPDEF",
        (
            ("NAPID", identifier),
            ("BEARER", "GSM-GPRS"),
            *_given(("NAME", name)),
            ("NAP-ADDRESS", apn),
            ("NAP-ADDRTYPE", "APN"),
        ),
        authentication,
    )


def proxy(identifier: str, address: str, port: int, access_points: Iterable[str], *, name: str = "") -> Characteristic:
    """A proxy reached by access points (PXLOGICAL with one PXPHYSICAL)."""
    physical = Characteristic(
        "PXPHYSICAL",
        (
            ("PHYSICAL-PROXY-ID", f"{identifier}-1"),
            ("PXADDR", address),
            ("PXADDRTYPE", _address_type(address)),
            *(("TO-NAPID", one) for one in access_points),
        ),
        (_port(port),),
    )
    return Characteristic("PXLOGICAL", (("PROXY-ID", identifier), *_given(("NAME", name))), (physical,))


def mms(url: str, *, name: str = "", to_proxy: str = "", to_access_point: str = "") -> Characteristic:
    """The MMSC, and the proxy or access point it is reached by; some phones take it with a proxy only."""
    return Characteristic(
        "APPLICATION",
        (
            ("APPID", Application.MMS.value),
            *_given(("NAME", name), ("TO-PROXY", to_proxy), ("TO-NAPID", to_access_point)),
            ("ADDR", url),
        ),
    )


def mail_server(
    application: Application,
    host: str,
    port: int,
    *,
    provider: str,
    name: str = "",
    login: str = "",
    secret: str = "",
    sender: str = "",
    to_access_point: str = "",
) -> Characteristic:
    """A server for mail: SMTP, POP3 or IMAP4; those of one account have one `provider`. `sender`: with SMTP."""
    address = Characteristic("APPADDR", (("ADDR", host),), (_port(port, str(port)),))
    parameters = (
        ("APPID", application.value),
        ("PROVIDER-ID", provider),
        *_given(("NAME", name), ("TO-NAPID", to_access_point), ("FROM", sender)),
    )
    return Characteristic("APPLICATION", parameters, (address, *_authentication(login, secret)))


@dataclass(frozen=True, slots=True)
class Database:
    """What is synchronised: where it is on the server, and what is in it."""

    uri: str
    media_type: str  # "text/x-vcard"
    name: str = ""


def synchronisation(
    url: str, databases: Iterable[Database], *, name: str, login: str = "", secret: str = "", to_access_point: str = ""
) -> Characteristic:
    """A SyncML server with its databases."""
    resources = (
        Characteristic("RESOURCE", (("URI", one.uri), *_given(("NAME", one.name)), ("AACCEPT", one.media_type)))
        for one in databases
    )
    return Characteristic(
        "APPLICATION",
        (("APPID", Application.SYNCML.value), ("NAME", name), *_given(("TO-NAPID", to_access_point))),
        (Characteristic("APPADDR", (("ADDR", url),)), *_authentication(login, secret, "APPSRV"), *resources),
    )


def _authentication(login: str, secret: str, level: str = "") -> tuple[Characteristic, ...]:
    if not login:
        return ()
    return (Characteristic("APPAUTH", _given(("AAUTHLEVEL", level), ("AAUTHNAME", login), ("AAUTHSECRET", secret))),)


def _port(port: int, service: str = "") -> Characteristic:
    return Characteristic("PORT", (("PORTNBR", str(port)), *_given(("SERVICE", service))))


def _address_type(address: str) -> str:
    try:
        return "IPV4" if ipaddress.ip_address(address).version == 4 else "IPV6"
    except ValueError:
        return "ALPHA"


def _given(*pairs: tuple[str, str]) -> tuple[tuple[str, str | None], ...]:
    """Those that have a value."""
    return tuple((name, value) for name, value in pairs if value)
