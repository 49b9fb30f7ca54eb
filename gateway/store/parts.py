"""Parts of long SMS under one reference, divided into the messages they are of."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


def generations(rows: Iterable[Any]) -> list[list[Any]]:
    """The parts of each message, oldest message first; a row has `number` and `text`.

    References are 8 bits in most phones and programs and come again: a part whose number is there already with another
    text begins another message; one with the same text was sent again because its answer was lost.
    """
    found: list[list[Any]] = []
    texts: dict[int, str] = {}
    for row in rows:
        if not found or texts.get(row.number, row.text) != row.text:
            found.append([])
            texts = {}
        texts[row.number] = row.text
        found[-1].append(row)
    return found
