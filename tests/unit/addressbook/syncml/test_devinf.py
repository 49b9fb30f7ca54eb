"""What devices say of themselves, in the forms of three versions."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree

import pytest

from addressbook.syncml.devinf import Device, Field, as_json, bare, device_element, device_of, from_json
from addressbook.syncml.tokens import Version
from gateway.core.wbxml import Element
from tests.unit.addressbook.syncml.vectors import PHONE


@pytest.mark.parametrize("version", list(Version))
def test_what_is_written_is_read(version: Version) -> None:
    device = device_of(device_element(PHONE, version))
    assert (device.man, device.mod, device.software, device.device_id) == ("Nokia", "6600", "4.09", PHONE.device_id)
    assert device.large_objects == (version is not Version.V1_0)
    assert device.fields_of("Contacts") == PHONE.stores[0].fields
    store = device.store("contacts")
    assert store is not None
    assert (store.max_guid, store.receives, store.sync_types) == (8, PHONE.stores[0].receives, (1, 2, 3, 4, 5, 6, 7))


def test_it_is_kept_whole() -> None:
    assert from_json(as_json(PHONE)) == PHONE
    assert from_json("{}") == Device()
    flat = device_of(device_element(PHONE, Version.V1_1))
    assert from_json(as_json(flat)) == flat


def test_flat_lists_of_old_phones() -> None:
    """As an S60 phone of 2004 lists them: types are names of parameters, and Size stands for the property before it."""
    caps = element(
        "<CTCap><CTType>text/x-vcard</CTType><PropName>BEGIN</PropName><ValEnum>VCARD</ValEnum>"
        "<PropName>TEL</PropName><DataType>chr</DataType><Size>48</Size><ParamName>HOME</ParamName>"
        "<ParamName>CELL</ParamName><PropName>PHOTO</PropName><ParamName>ENCODING</ParamName><ValEnum>BASE64</ValEnum>"
        "<PropName>EMAIL</PropName><ParamName>TYPE</ParamName><ValEnum>INTERNET</ValEnum>"
        "<CTType>text/x-vcalendar</CTType><PropName>DTSTART</PropName></CTCap>"
    )
    device = device_of(Element("DevInf", content=(caps,)))
    assert device.fields_of("anything") == (
        Field("BEGIN", values=("VCARD",)),
        Field("TEL", 48, types=("HOME", "CELL")),
        Field("PHOTO"),
        Field("EMAIL", types=("INTERNET",)),
    )


def test_names_of_databases() -> None:
    assert {bare(one) for one in ("card", "./card", "/card/", "./Card", "card?x=1", " card ")} == {"card"}
    assert replace(PHONE, stores=()).fields_of("x") == ()


def element(text: str) -> Element:
    def of(found: ElementTree.Element) -> Element:
        inner = tuple(of(one) for one in found)
        return Element(found.tag, content=inner or ((found.text,) if found.text else ()))

    return of(ElementTree.fromstring(text))
