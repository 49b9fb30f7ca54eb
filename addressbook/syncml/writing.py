"""Messages as the elements of a document, each command's parts in the order of the document type."""

from __future__ import annotations

from collections.abc import Iterator

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
from gateway.core.wbxml import Element


def element_of(message: Message) -> Element:
    """The document of a message."""
    body = [command_element(one) for one in message.commands]
    if message.is_final:
        body.append(Element("Final"))
    return Element("SyncML", content=(_header(message.header), Element("SyncBody", content=tuple(body))))


def command_element(command: Command) -> Element:
    """The element of one command."""
    match command:
        case Status():
            return _element("Status", *_status(command))
        case Alert():
            return _element("Alert", *_start(command), _leaf("Data", str(command.code)), *_items(command.items))
        case Put() | Get():
            name = type(command).__name__
            return _element(name, *_start(command), *_meta(command.meta), *_items(command.items))
        case Results():
            return _element(
                "Results",
                _leaf("CmdID", command.command_id),
                _leaf("MsgRef", command.message_ref),
                _leaf("CmdRef", command.command_ref),
                *_meta(command.meta),
                *_items(command.items),
            )
        case Edit():
            soft = [Element("SftDel")] if command.is_soft else []
            return _element(command.name, *_start(command), *soft, *_meta(command.meta), *_items(command.items))
        case Sync():
            return _element("Sync", *_sync(command))
        case Map():
            return _element("Map", *_map(command))
        case Other():
            return _element(command.name, *_start(command))


def anchor_element(anchor: Anchor) -> Element:
    """The marks of a synchronisation."""
    last = [_leaf("Last", anchor.last)] if anchor.last else []
    return _element("Anchor", *last, _leaf("Next", anchor.next))


def _header(header: Header) -> Element:
    respond_to = [_leaf("RespURI", header.respond_to)] if header.respond_to else []
    quiet = [Element("NoResp")] if header.no_response else []
    return _element(
        "SyncHdr",
        _leaf("VerDTD", header.version),
        _leaf("VerProto", header.protocol),
        _leaf("SessionID", header.session_id),
        _leaf("MsgID", header.message_id),
        _place("Target", header.target),
        _place("Source", header.source),
        *respond_to,
        *quiet,
        *_credentials(header.credentials),
        *_meta(header.meta),
    )


def _start(command: Alert | Put | Get | Edit | Sync | Other) -> Iterator[Element]:
    yield _leaf("CmdID", command.command_id)
    if command.no_response:
        yield Element("NoResp")


def _status(status: Status) -> Iterator[Element]:
    yield _leaf("CmdID", status.command_id)
    yield _leaf("MsgRef", status.message_ref)
    yield _leaf("CmdRef", status.command_ref)
    yield _leaf("Cmd", status.command)
    yield from (_leaf("TargetRef", one) for one in status.targets)
    yield from (_leaf("SourceRef", one) for one in status.sources)
    if status.challenge is not None:
        yield _challenge(status.challenge)
    yield _leaf("Data", str(status.code))
    yield from _items(status.items)


def _sync(sync: Sync) -> Iterator[Element]:
    yield from _start(sync)
    yield _place("Target", Place(sync.target))
    yield _place("Source", Place(sync.source))
    if sync.changes is not None:
        yield _leaf("NumberOfChanges", str(sync.changes))
    yield from (command_element(one) for one in sync.edits)


def _map(command: Map) -> Iterator[Element]:
    yield _leaf("CmdID", command.command_id)
    yield _place("Target", Place(command.target))
    yield _place("Source", Place(command.source))
    for ours, theirs in command.pairs:
        yield _element("MapItem", _place("Target", Place(ours)), _place("Source", Place(theirs)))


def _items(items: tuple[Item, ...]) -> Iterator[Element]:
    for item in items:
        parts: list[Element] = []
        if item.target:
            parts.append(_place("Target", Place(item.target)))
        if item.source:
            parts.append(_place("Source", Place(item.source)))
        parts += _meta(item.meta)
        if item.data is not None:
            parts.append(Element("Data", content=(item.data,) if item.data else ()))
        if item.is_partial:
            parts.append(Element("MoreData"))
        yield _element("Item", *parts)


def _meta(meta: Meta) -> list[Element]:
    parts: list[Element] = []
    if meta.format:
        parts.append(_leaf("Format", meta.format))
    if meta.type:
        parts.append(_leaf("Type", meta.type))
    if meta.size is not None:
        parts.append(_leaf("Size", str(meta.size)))
    if meta.anchor is not None:
        parts.append(anchor_element(meta.anchor))
    if meta.next_nonce:
        parts.append(_leaf("NextNonce", meta.next_nonce))
    if meta.max_message is not None:
        parts.append(_leaf("MaxMsgSize", str(meta.max_message)))
    if meta.max_object is not None:
        parts.append(_leaf("MaxObjSize", str(meta.max_object)))
    return [_element("Meta", *parts)] if parts else []


def _credentials(credentials: Credentials | None) -> list[Element]:
    if credentials is None:
        return []
    meta = _meta(Meta(credentials.format, credentials.type))
    return [_element("Cred", *meta, _leaf("Data", credentials.data))]


def _challenge(challenge: Challenge) -> Element:
    return _element("Chal", *_meta(Meta(challenge.format, challenge.type, next_nonce=challenge.next_nonce)))


def _place(name: str, place: Place) -> Element:
    named = [_leaf("LocName", place.name)] if place.name else []
    return _element(name, _leaf("LocURI", place.uri), *named)


def _leaf(name: str, text: str) -> Element:
    return Element(name, content=(text,) if text else ())


def _element(name: str, *parts: Element) -> Element:
    return Element(name, content=parts)
