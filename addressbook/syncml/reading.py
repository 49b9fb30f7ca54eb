"""Messages out of the elements of a document.

What is missing is read as empty, what is unknown is passed over: phones write what their makers understood. Only what
makes an answer impossible - no header, no device, no session - is refused.
"""

from __future__ import annotations

from typing import Final

from addressbook.syncml.commands import (
    Alert,
    Anchor,
    Challenge,
    Command,
    Credentials,
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
from gateway.core.errors import MalformedPdu
from gateway.core.wbxml import Element

#: Characters of a name, an address, an anchor: what is longer is not meant to be one.
MAX_TEXT: Final = 1_024
_MAX_DIGITS: Final = 10
_EDITS: Final = ("Add", "Replace", "Delete")
_NESTED: Final = ("Atomic", "Sequence")


def message_of(root: Element) -> Message:
    """The message. Raises MalformedPdu."""
    header = _child(root, "SyncHdr")
    body = _child(root, "SyncBody")
    if header is None or body is None:
        raise MalformedPdu("a message has a header and a body")
    commands = [command for one in body.elements() if (command := _command(one)) is not None]
    return Message(_header(header), tuple(commands), _child(body, "Final") is not None)


def _header(element: Element) -> Header:
    header = Header(
        version=_text(element, "VerDTD"),
        protocol=_text(element, "VerProto"),
        session_id=_text(element, "SessionID"),
        message_id=_text(element, "MsgID"),
        target=_place(element, "Target"),
        source=_place(element, "Source"),
        respond_to=_text(element, "RespURI"),
        no_response=_child(element, "NoResp") is not None,
        credentials=_credentials(element),
        meta=_meta(element),
    )
    if not (header.session_id and header.message_id and header.source.uri):
        raise MalformedPdu("a header names its session, its message and where it comes from")
    return header


def _command(element: Element) -> Command | None:
    name = element.name
    command_id = _text(element, "CmdID")
    quiet = _child(element, "NoResp") is not None
    if name == "Status":
        return _status(element, command_id)
    if name == "Alert":
        return Alert(command_id, _number(_text(element, "Data")) or 0, _items(element), quiet)
    if name == "Put":
        return Put(command_id, _items(element), _meta(element), quiet)
    if name == "Get":
        return Get(command_id, _items(element), _meta(element), quiet)
    if name == "Results":
        message_ref, command_ref = _text(element, "MsgRef"), _text(element, "CmdRef")
        return Results(command_id, message_ref, command_ref, _items(element), _meta(element))
    if name == "Sync":
        return _sync(element, command_id, quiet=quiet)
    if name == "Map":
        pairs = tuple((_place(one, "Target").uri, _place(one, "Source").uri) for one in element.elements("MapItem"))
        return Map(command_id, _place(element, "Target").uri, _place(element, "Source").uri, pairs)
    if name in _EDITS:
        return _edit(element)
    return None if name == "Final" else Other(command_id, name[:40], quiet)


def _status(element: Element, command_id: str) -> Status:
    return Status(
        command_id,
        _text(element, "MsgRef"),
        _text(element, "CmdRef"),
        _text(element, "Cmd"),
        _number(_text(element, "Data")) or 0,
        tuple(one.text.strip()[:MAX_TEXT] for one in element.elements("TargetRef")),
        tuple(one.text.strip()[:MAX_TEXT] for one in element.elements("SourceRef")),
        _challenge(element),
        _items(element),
    )


def _sync(element: Element, command_id: str, *, quiet: bool) -> Sync:
    edits: list[Edit | Other] = []
    for one in element.elements():
        if one.name in _EDITS:
            edits.append(_edit(one))
        elif one.name in _NESTED:
            edits.append(Other(_text(one, "CmdID"), one.name, _child(one, "NoResp") is not None))
            # What is in it is not carried out, but each command of it wants its status (section 6.5.5).
            edits += [Other(_text(inner, "CmdID"), inner.name) for inner in one.elements() if _text(inner, "CmdID")]
        elif _text(one, "CmdID"):
            edits.append(Other(_text(one, "CmdID"), one.name[:40], _child(one, "NoResp") is not None))
    return Sync(
        command_id,
        _place(element, "Target").uri,
        _place(element, "Source").uri,
        tuple(edits),
        _number(_text(element, "NumberOfChanges")),
        quiet,
    )


def _edit(element: Element) -> Edit:
    return Edit(
        _text(element, "CmdID"),
        element.name,
        _items(element),
        _meta(element),
        _child(element, "NoResp") is not None,
        _child(element, "SftDel") is not None or _child(element, "Archive") is not None,
    )


def _items(element: Element) -> tuple[Item, ...]:
    return tuple(_item(one) for one in element.elements("Item"))


def _item(element: Element) -> Item:
    return Item(
        _place(element, "Target").uri,
        _place(element, "Source").uri,
        _meta(element),
        _data(element),
        _child(element, "MoreData") is not None,
    )


def _data(element: Element) -> bytes | str | Element | None:
    data = _child(element, "Data")
    if data is None:
        return None
    inner = next(data.elements(), None)
    if inner is not None:
        return inner
    if any(isinstance(one, bytes) for one in data.content):
        return b"".join(one if isinstance(one, bytes) else str(one).encode("utf-8", "replace") for one in data.content)
    return data.text


def _meta(element: Element) -> Meta:
    meta = _child(element, "Meta")
    if meta is None:
        return Meta()
    inner = _child(meta, "MetInf") or meta
    anchor = _child(inner, "Anchor")
    return Meta(
        _text(inner, "Format"),
        _text(inner, "Type"),
        _number(_text(inner, "Size")),
        None if anchor is None else anchor_of(anchor),
        _text(inner, "NextNonce"),
        _number(_text(inner, "MaxMsgSize")),
        _number(_text(inner, "MaxObjSize")),
    )


def anchor_of(element: Element) -> Anchor:
    """The marks in an Anchor."""
    return Anchor(_text(element, "Next"), _text(element, "Last"))


def _credentials(element: Element) -> Credentials | None:
    cred = _child(element, "Cred")
    if cred is None:
        return None
    meta = _meta(cred)
    data = _child(cred, "Data")
    octets = b"" if data is None else b"".join(one for one in data.content if isinstance(one, bytes))
    text = octets.decode("ascii", "replace") if octets else "" if data is None else data.text
    return Credentials((meta.type or "syncml:auth-basic").lower(), text.strip()[: 2 * MAX_TEXT], meta.format or "b64")


def _challenge(element: Element) -> Challenge | None:
    chal = _child(element, "Chal")
    if chal is None:
        return None
    meta = _meta(chal)
    return Challenge(meta.type.lower(), meta.next_nonce, meta.format or "b64")


def _place(element: Element, name: str) -> Place:
    place = _child(element, name)
    return Place() if place is None else Place(_text(place, "LocURI"), _text(place, "LocName"))


def _child(element: Element, name: str) -> Element | None:
    return next(element.elements(name), None)


def _text(element: Element, name: str) -> str:
    """The text of a child; some phones write texts as opaque data."""
    child = _child(element, name)
    if child is None:
        return ""
    text = "".join(one if isinstance(one, str) else _shown(one) for one in child.content)
    return text.strip()[:MAX_TEXT]


def _shown(one: Element | bytes) -> str:
    return one.decode("utf-8", "replace") if isinstance(one, bytes) else ""


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _MAX_DIGITS else None
