"""The tokens of SyncML and of device information as binary XML (OMA-TS-SyncML-RepPro, -DevInf, -MetaInfo 1.2).

A message has two pages of tags: its own, and that of meta information. Device information is a document of its own
inside an item. The older versions have fewer tokens and other public identifiers; what is newer does not occur there.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Final

from gateway.core.wbxml import Dialect, Token


class Version(enum.StrEnum):
    """Of SyncML."""

    V1_0 = "1.0"
    V1_1 = "1.1"
    V1_2 = "1.2"


_SYNCML: Final = (
    "Add", "Alert", "Archive", "Atomic", "Chal", "Cmd", "CmdID", "CmdRef", "Copy", "Cred", "Data", "Delete", "Exec",
    "Final", "Get", "Item", "Lang", "LocName", "LocURI", "Map", "MapItem", "Meta", "MsgID", "MsgRef", "NoResp",
    "NoResults", "Put", "Replace", "RespURI", "Results", "Search", "Sequence", "SessionID", "SftDel", "Source",
    "SourceRef", "Status", "Sync", "SyncBody", "SyncHdr", "SyncML", "Target", "TargetRef", "", "VerDTD", "VerProto",
    "NumberOfChanges", "MoreData", "Field", "Filter", "Record", "FilterType", "SourceParent", "TargetParent", "Move",
    "Correlator",
)  # fmt: skip
_META: Final = (
    "Anchor", "EMI", "Format", "FreeID", "FreeMem", "Last", "Mark", "MaxMsgSize", "Mem", "MetInf", "Next", "NextNonce",
    "SharedMem", "Size", "Type", "Version", "MaxObjSize", "FieldLevel",
)  # fmt: skip
_DEVINF: Final = (
    "CTCap", "CTType", "DataStore", "DataType", "DevID", "DevInf", "DevTyp", "DisplayName", "DSMem", "Ext", "FwV",
    "HwV", "Man", "MaxGUIDSize", "MaxID", "MaxMem", "Mod", "OEM", "ParamName", "PropName", "Rx", "Rx-Pref",
    "SharedMem", "Size", "SourceRef", "SwV", "SyncCap", "SyncType", "Tx", "Tx-Pref", "ValEnum", "VerCT", "VerDTD",
    "XNam", "XVal", "UTC", "SupportNumberOfChanges", "SupportLargeObjs", "Property", "PropParam", "MaxOccur",
    "NoTruncate", "", "Filter-Rx", "FilterCap", "FilterKeyword", "FieldLevel", "SupportHierarchicalSync",
)  # fmt: skip
_FIRST: Final = 0x05

#: Tags of meta information: in XML they name their namespace.
META_TAGS: Final = frozenset(_META)


def _page(page: int, names: tuple[str, ...]) -> dict[Token, str]:
    return {(page, _FIRST + place): name for place, name in enumerate(names) if name}


_MESSAGE_TAGS: Final = _page(0, _SYNCML) | _page(1, _META)
_DEVINF_TAGS: Final = _page(0, _DEVINF)


@dataclass(frozen=True, slots=True)
class Family:
    """What belongs to a version."""

    message: Dialect
    message_name: str  # the public identifier in words
    device: Dialect
    device_name: str

    @property
    def names(self) -> tuple[str, str]:
        """The public identifiers in words, of messages and of device information."""
        return self.message_name, self.device_name


FAMILIES: Final = {
    version: Family(
        Dialect(message, _MESSAGE_TAGS),
        f"-//SYNCML//DTD SyncML {version}//EN",
        Dialect(device, _DEVINF_TAGS),
        f"-//SYNCML//DTD DevInf {version}//EN",
    )
    for version, message, device in (
        (Version.V1_0, 0xFD1, 0xFD2),
        (Version.V1_1, 0xFD3, 0xFD4),
        (Version.V1_2, 0x1201, 0x1203),
    )
}
