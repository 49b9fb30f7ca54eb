"""What a device is and can hold, in the three forms of device information (OMA-TS-DS_DevInf 1.0 to 1.2).

1.0 and 1.1 list the properties of a content type flat, at the end of the document: names, values and sizes follow one
another, and each belongs to the name before it. 1.2 nests them in the data store they are of.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from addressbook.syncml.tokens import Version
from gateway.core.wbxml import Element

#: Names of types and versions of cards as devices write them.
CARD_TYPES: Final = ("text/x-vcard", "text/vcard")
_MAX_STORES: Final = 20
_MAX_PROPERTIES: Final = 400
_MAX_TEXT: Final = 128
_MAX_DIGITS: Final = 9


@dataclass(frozen=True, slots=True)
class ContentType:
    """A type and its version: text/x-vcard 2.1."""

    type: str
    version: str = ""


@dataclass(frozen=True, slots=True)
class Field:
    """A property that a device can hold, how many of them and how long; 0: it does not say."""

    name: str  # upper case
    max_size: int = 0
    max_occur: int = 0
    no_truncate: bool = False
    values: tuple[str, ...] = ()
    types: tuple[str, ...] = ()  # values of TYPE, upper case


@dataclass(frozen=True, slots=True)
class DataStore:
    """A database of a device."""

    source: str
    name: str = ""
    max_guid: int = 0
    receives: tuple[ContentType, ...] = ()  # the preferred one first
    sends: tuple[ContentType, ...] = ()
    fields: tuple[Field, ...] = ()
    sync_types: tuple[int, ...] = ()

    @property
    def holds_cards(self) -> bool:
        """Is it an address book?"""
        return any(one.type.lower() in CARD_TYPES for one in (*self.receives, *self.sends))


@dataclass(frozen=True, slots=True)
class Device:
    """What a device says of itself."""

    man: str = ""
    mod: str = ""
    firmware: str = ""
    software: str = ""
    hardware: str = ""
    device_id: str = ""
    type: str = ""
    oem: str = ""
    utc: bool = False
    large_objects: bool = False
    number_of_changes: bool = False
    stores: tuple[DataStore, ...] = ()
    #: Properties by content type, where they are not said of a store (1.0, 1.1).
    fields: tuple[tuple[str, tuple[Field, ...]], ...] = field(default=())
    #: Properties that its cards have had, whatever it says.
    seen: tuple[str, ...] = ()

    def store(self, source: str) -> DataStore | None:
        """The address book of that name; else the only one there is."""
        books = [one for one in self.stores if one.holds_cards]
        wanted = bare(source)
        return next((one for one in books if bare(one.source) == wanted), books[0] if len(books) == 1 else None)

    def fields_of(self, source: str) -> tuple[Field, ...]:
        """What can be held in an address book; empty where nothing is said."""
        store = self.store(source)
        if store is not None and store.fields:
            return store.fields
        said = {content_type.lower(): fields for content_type, fields in self.fields}
        wanted = [one.type.lower() for one in store.receives] if store is not None else []
        return next((said[name] for name in (*wanted, *CARD_TYPES) if said.get(name)), ())


def bare(uri: str) -> str:
    """The name of a database without what devices write around it: "./Contacts/" is "contacts"."""
    return uri.partition("?")[0].strip().removeprefix(".").strip("/").lower()


# --- reading --------------------------------------------------------------------------------------------------------


def device_of(element: Element) -> Device:
    """What a DevInf says; what is missing is empty."""
    stores = [_store(one) for one in list(element.elements("DataStore"))[:_MAX_STORES]]
    fields: list[tuple[str, tuple[Field, ...]]] = []
    for caps in element.elements("CTCap"):
        fields += _flat(caps)
    return Device(
        man=_text(element, "Man"),
        mod=_text(element, "Mod"),
        firmware=_text(element, "FwV"),
        software=_text(element, "SwV"),
        hardware=_text(element, "HwV"),
        device_id=_text(element, "DevID"),
        type=_text(element, "DevTyp"),
        oem=_text(element, "OEM"),
        utc=_has(element, "UTC"),
        large_objects=_has(element, "SupportLargeObjs"),
        number_of_changes=_has(element, "SupportNumberOfChanges"),
        stores=tuple(stores),
        fields=tuple(fields[:_MAX_STORES]),
    )


def _store(element: Element) -> DataStore:
    fields: tuple[Field, ...] = ()
    for caps in element.elements("CTCap"):
        kind = _text(caps, "CTType").lower()
        if kind in CARD_TYPES and not fields:
            fields = tuple(_nested(caps))
    sync_types = (_number(one.text) for cap in element.elements("SyncCap") for one in cap.elements("SyncType"))
    return DataStore(
        source=_text(element, "SourceRef"),
        name=_text(element, "DisplayName"),
        max_guid=_number(_text(element, "MaxGUIDSize")),
        receives=_types(element, "Rx-Pref", "Rx"),
        sends=_types(element, "Tx-Pref", "Tx"),
        fields=fields,
        sync_types=tuple(one for one in sync_types if one)[:_MAX_STORES],
    )


def _types(element: Element, *names: str) -> tuple[ContentType, ...]:
    found = [
        ContentType(_text(one, "CTType").lower(), _text(one, "VerCT"))
        for name in names
        for one in element.elements(name)
    ]
    return tuple(dict.fromkeys(one for one in found if one.type))[:_MAX_STORES]


def _nested(caps: Element) -> Iterator[Field]:
    for one in list(caps.elements("Property"))[:_MAX_PROPERTIES]:
        name = _text(one, "PropName").upper()
        if name:
            yield Field(
                name,
                _number(_text(one, "MaxSize") or _text(one, "Size")),
                _number(_text(one, "MaxOccur")),
                _has(one, "NoTruncate"),
                _values(one.elements("ValEnum")),
                tuple(
                    value
                    for param in one.elements("PropParam")
                    if _text(param, "ParamName").upper() == "TYPE"
                    for value in _values(param.elements("ValEnum"))
                ),
            )


def _flat(caps: Element) -> Iterator[tuple[str, tuple[Field, ...]]]:
    kind = ""
    fields: list[Field] = []
    parts: dict[str, Any] = {}
    param = ""

    def close() -> None:
        if parts.get("name") and len(fields) < _MAX_PROPERTIES:
            made = parts | {"values": tuple(parts["values"]), "types": tuple(parts["types"])}
            fields.append(Field(**made))
        parts.clear()

    for one in caps.elements():
        text = _said(one)
        if one.name == "CTType":
            close()
            if kind:
                yield kind, tuple(fields)
            kind, fields = text.lower(), []
        elif one.name == "PropName":
            close()
            parts.update(name=text.upper(), values=[], types=[])
            param = ""
        elif not parts:
            continue
        elif one.name == "ParamName":
            # Old devices name the types themselves as parameters: HOME, WORK.
            param = text.upper()
            if param not in ("TYPE", "ENCODING", "CHARSET", "VALUE", "LANGUAGE") and len(parts["types"]) < _MAX_STORES:
                parts["types"].append(param)
        elif one.name == "ValEnum":
            kept = parts["types"] if param == "TYPE" else parts["values"] if not param else None
            if kept is not None and len(kept) < _MAX_STORES:
                kept.append(text.upper())
        elif one.name in ("Size", "MaxSize") and not param:
            parts["max_size"] = _number(text)
        elif one.name == "MaxOccur" and not param:
            parts["max_occur"] = _number(text)
        elif one.name == "NoTruncate" and not param:
            parts["no_truncate"] = True
    close()
    if kind:
        yield kind, tuple(fields)


def _values(elements: Iterable[Element]) -> tuple[str, ...]:
    return tuple(_said(one).upper() for one in elements)[:_MAX_STORES]


def _has(element: Element, name: str) -> bool:
    return any(True for _ in element.elements(name))


def _text(element: Element, name: str) -> str:
    return next((_said(one) for one in element.elements(name)), "")


def _said(element: Element) -> str:
    parts = (
        one if isinstance(one, str) else one.decode("utf-8", "replace") if isinstance(one, bytes) else ""
        for one in element.content
    )
    return "".join(parts).strip()[:_MAX_TEXT]


def _number(text: str) -> int:
    text = text.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _MAX_DIGITS else 0


# --- writing --------------------------------------------------------------------------------------------------------


def device_element(device: Device, version: Version) -> Element:
    """The DevInf of a device (ours), in the form of a version."""
    parts = [_leaf("VerDTD", version.value)]
    for name, text in (
        ("Man", device.man),
        ("Mod", device.mod),
        ("OEM", device.oem),
        ("FwV", device.firmware),
        ("SwV", device.software),
        ("HwV", device.hardware),
        ("DevID", device.device_id),
        ("DevTyp", device.type),
    ):
        if text:
            parts.append(_leaf(name, text))
    if version is not Version.V1_0:
        flags = (
            ("UTC", device.utc),
            ("SupportLargeObjs", device.large_objects),
            ("SupportNumberOfChanges", device.number_of_changes),
        )
        parts += [Element(name) for name, is_so in flags if is_so]
    parts += [_store_element(one, version) for one in device.stores]
    if version is not Version.V1_2:
        listed: list[Element] = []
        for store in device.stores:
            for kind in dict.fromkeys(one.type for one in store.receives):
                listed += [_leaf("CTType", kind), *_flat_fields(store.fields)]
        if listed:
            parts.append(Element("CTCap", content=tuple(listed)))
    return Element("DevInf", content=tuple(parts))


def _store_element(store: DataStore, version: Version) -> Element:
    parts = [_leaf("SourceRef", store.source)]
    if store.name:
        parts.append(_leaf("DisplayName", store.name))
    if store.max_guid:
        parts.append(_leaf("MaxGUIDSize", str(store.max_guid)))
    for first, rest, types in (("Rx-Pref", "Rx", store.receives), ("Tx-Pref", "Tx", store.sends)):
        parts += [
            Element(rest if place else first, content=(_leaf("CTType", one.type), _leaf("VerCT", one.version)))
            for place, one in enumerate(types)
        ]
    if version is Version.V1_2:
        for one in store.receives:
            properties = (_property(one_field) for one_field in store.fields)
            caps = (_leaf("CTType", one.type), _leaf("VerCT", one.version), *properties)
            parts.append(Element("CTCap", content=caps))
    parts.append(Element("SyncCap", content=tuple(_leaf("SyncType", str(one)) for one in store.sync_types)))
    return Element("DataStore", content=tuple(parts))


def _property(one: Field) -> Element:
    parts = [_leaf("PropName", one.name), *(_leaf("ValEnum", value) for value in one.values)]
    if one.types:
        enumerated = (_leaf("ValEnum", value) for value in one.types)
        parts.append(Element("PropParam", content=(_leaf("ParamName", "TYPE"), *enumerated)))
    return Element("Property", content=tuple(parts))


def _flat_fields(fields: Iterable[Field]) -> Iterator[Element]:
    for one in fields:
        yield _leaf("PropName", one.name)
        yield from (_leaf("ValEnum", value) for value in one.values)
        if one.types:
            yield _leaf("ParamName", "TYPE")
            yield from (_leaf("ValEnum", value) for value in one.types)


def _leaf(name: str, text: str) -> Element:
    return Element(name, content=(text,) if text else ())


# --- kept -----------------------------------------------------------------------------------------------------------


def as_json(device: Device) -> str:
    """The device as it is kept."""
    stores = [
        {
            "source": store.source,
            "name": store.name,
            "max_guid": store.max_guid,
            "receives": [[one.type, one.version] for one in store.receives],
            "sends": [[one.type, one.version] for one in store.sends],
            "fields": [_field_json(one) for one in store.fields],
            "sync_types": list(store.sync_types),
        }
        for store in device.stores
    ]
    names = ("man", "mod", "firmware", "software", "hardware", "device_id", "type", "oem")
    flags = ("utc", "large_objects", "number_of_changes")
    return json.dumps(
        {name: getattr(device, name) for name in (*names, *flags)}
        | {"stores": stores, "fields": [[kind, [_field_json(one) for one in each]] for kind, each in device.fields]}
        | {"seen": list(device.seen)},
        ensure_ascii=False,
        separators=(",", ":"),
    )


def from_json(text: str) -> Device:
    """A device that was kept; `{}` is one that nothing is known of."""
    found = json.loads(text)
    stores = tuple(
        DataStore(
            one["source"],
            one["name"],
            one["max_guid"],
            tuple(ContentType(*each) for each in one["receives"]),
            tuple(ContentType(*each) for each in one["sends"]),
            tuple(_field_of(each) for each in one["fields"]),
            tuple(one["sync_types"]),
        )
        for one in found.pop("stores", ())
    )
    fields = tuple((kind, tuple(_field_of(one) for one in each)) for kind, each in found.pop("fields", ()))
    seen = tuple(found.pop("seen", ()))
    return Device(**found, stores=stores, fields=fields, seen=seen)


def _field_json(one: Field) -> list[Any]:
    return [one.name, one.max_size, one.max_occur, int(one.no_truncate), list(one.values), list(one.types)]


def _field_of(found: list[Any]) -> Field:
    name, max_size, max_occur, no_truncate, values, types = found
    return Field(name, max_size, max_occur, bool(no_truncate), tuple(values), tuple(types))
