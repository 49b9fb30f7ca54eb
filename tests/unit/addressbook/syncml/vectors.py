"""Messages that use every command and every part, and what a phone says of itself in each version."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from addressbook.syncml import documents
from addressbook.syncml.auth import md5
from addressbook.syncml.commands import (
    Alert,
    Anchor,
    Challenge,
    Edit,
    Get,
    Header,
    Item,
    Map,
    Message,
    Meta,
    Other,
    Place,
    Put,
    Results,
    Status,
    Sync,
)
from addressbook.syncml.devinf import ContentType, DataStore, Device, Field, device_element
from addressbook.syncml.documents import Document, Form
from addressbook.syncml.tokens import Version
from addressbook.syncml.writing import anchor_element, element_of

CARD: Final = "BEGIN:VCARD\r\nVERSION:2.1\r\nN:张;三\r\nTEL;CELL:+8613800000001\r\nEND:VCARD\r\n".encode()

PHONE: Final = Device(
    man="Nokia",
    mod="6600",
    oem="OEM",
    firmware="1.0",
    software="4.09",
    hardware="2",
    device_id="IMEI:350000000000001",
    type="phone",
    utc=True,
    large_objects=True,
    number_of_changes=True,
    stores=(
        DataStore(
            "./Contacts",
            "Contacts",
            8,
            (ContentType("text/x-vcard", "2.1"), ContentType("text/vcard", "3.0")),
            (ContentType("text/x-vcard", "2.1"),),
            (
                Field("VERSION", values=("2.1",)),
                Field("N"),
                Field("TEL", types=("HOME", "CELL")),
                Field("EMAIL"),
            ),
            (1, 2, 3, 4, 5, 6, 7),
        ),
    ),
)


def header(version: Version, message_id: str = "1", **more: object) -> Header:
    return Header(
        version.value,
        f"SyncML/{version}",
        "42",
        message_id,
        Place("http://sync.example/syncml"),
        Place("IMEI:350000000000001", "ann@example.cn"),
        **more,  # type: ignore[arg-type]
    )


def everything(version: Version, form: Form) -> Message:
    """A message with all there is."""
    newer = version is not Version.V1_0
    devinf = device_element(PHONE, version)
    address = f"./devinf{version.replace('.', '')}"
    device_meta = Meta(type=form.device_type)
    limits = Meta(max_message=10_000, max_object=100_000 if newer else None)
    return Message(
        header(
            version,
            respond_to="http://sync.example/syncml?s=1",
            credentials=md5("Bruce2", "OhBehave", b"Nonce", version),
            meta=limits,
        ),
        (
            Status("1", "1", "0", "SyncHdr", 212, ("a",), ("b",), Challenge("syncml:auth-md5", "Tm9uY2U=")),
            Status("2", "1", "3", "Alert", 200, items=(Item(data=anchor_element(Anchor("9"))),)),
            Alert("3", 200, (Item("./card", "./Contacts", Meta(anchor=Anchor("20261125T100000Z", "8"))),)),
            Put("4", (Item(source=address, data=devinf),), device_meta),
            Get("5", (Item(target=address),), device_meta),
            Results("6", "1", "5", (Item(source=address, data=devinf),), device_meta),
            Sync(
                "7",
                "./card",
                "./Contacts",
                (
                    Edit("8", "Add", (Item(source="1", data=CARD),), Meta(type="text/x-vcard")),
                    Edit("9", "Replace", (Item(target="2", data=CARD[:40], is_partial=True, meta=Meta(size=90)),)),
                    Edit("10", "Delete", (Item(source="3"),), no_response=True, is_soft=True),
                    Other("11", "Copy"),
                ),
                changes=4 if newer else None,
            ),
            Map("12", "./card", "./Contacts", (("100", "1"), ("101", "2"))),
            Other("13", "Exec"),
        ),
    )


#: As they go over the wire, for the line tool.
FRAMES: Final = [
    documents.write(Document(element_of(everything(version, form)), form, version))
    for version in Version
    for form in Form
]


def plain(message: Message) -> Message:
    """The message without what its form does to it: line ends of XML are LF, and types of device information differ."""

    def item(one: Item) -> Item:
        data = one.data
        if isinstance(data, str | bytes):
            data = one.text.replace("\r\n", "\n")
        return replace(one, data=data, meta=replace(one.meta, type=one.meta.type.replace("+xml", "+wbxml")))

    def command(one: Any) -> Any:
        if isinstance(one, Sync):
            return replace(one, edits=tuple(command(inner) for inner in one.edits))
        if hasattr(one, "meta"):
            one = replace(one, meta=replace(one.meta, type=one.meta.type.replace("+xml", "+wbxml")))
        return replace(one, items=tuple(map(item, one.items))) if hasattr(one, "items") else one

    return replace(message, commands=tuple(map(command, message.commands)))
