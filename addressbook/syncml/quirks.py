"""What certain phones do otherwise than they say, as a table. Pure.

Found by maker and model (and software) as device information names them; the first line that fits counts. Sources: the
remote rules of the Synthesis engine, and the device files of Horde.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from addressbook.syncml.devinf import Device


@dataclass(frozen=True, slots=True)
class Quirks:
    """How a device differs."""

    name: str = ""
    #: Charset of its cards where they name none.
    codec: str | None = None
    #: Sizes in its device information mean nothing.
    ignores_sizes: bool = False
    #: Dates before this year are refused, "" = none.
    earliest_year: str = ""
    #: It sends no status for single items.
    no_item_status: bool = False
    #: The only version of vCard to send it, "" = as it says.
    version: str = ""
    #: It holds no photos whatever it says.
    no_photo: bool = False


@dataclass(frozen=True, slots=True)
class _Rule:
    man: str
    mod: str
    quirks: Quirks


_RULES: Final = (
    _Rule("nokia", ".*", Quirks("nokia", ignores_sizes=True, earliest_year="1980", version="2.1")),
    _Rule(r"sony ?ericsson", r"p800|p900|p910.*", Quirks("symbian-uiq", "latin-1", no_item_status=True, version="2.1")),
    _Rule(r"sony ?ericsson", ".*", Quirks("sony-ericsson", "latin-1", version="2.1")),
    _Rule(r"motorola.*", ".*", Quirks("motorola", version="2.1")),
    _Rule(r"siemens|benq.*", ".*", Quirks("siemens", version="2.1", no_photo=True)),
    _Rule(r"mtk|mediatek|.*", r"mt6\d\d\d.*", Quirks("mtk", "gbk", ignores_sizes=True, version="2.1")),
)


def quirks_of(device: Device) -> Quirks:
    """The line of the table for a device; one without quirks for most."""
    for rule in _RULES:
        if re.fullmatch(rule.man, device.man.strip(), re.IGNORECASE) and re.fullmatch(
            rule.mod, device.mod.strip(), re.IGNORECASE
        ):
            return rule.quirks
    return Quirks()
