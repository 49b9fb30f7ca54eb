"""What is made of a letter may be made again and takes the place of what is there; nothing else ever does."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from gateway.core.errors import StoreUnavailable
from gateway.store.blobs import Blobs
from tests.fakes.desk import START_MS

AN_ID = START_MS << 22


async def test_only_what_may_be_made_again_takes_the_place_of_what_is_there(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path)
    reference = await blobs.put(AN_ID, b"somebody's mail")
    with pytest.raises(StoreUnavailable):
        await blobs.put(AN_ID, b"another")
    assert blobs.get(reference) == b"somebody's mail"
    assert await blobs.put(AN_ID, b"fitted again", anew=True) == reference
    assert blobs.get(reference) == b"fitted again"
    blobs.close()


async def test_another_name_of_what_was_there_keeps_it(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path)
    reference = await blobs.put(AN_ID, b"first")
    os.link(blobs.path(reference), tmp_path / "link")
    await blobs.put(AN_ID, b"second", anew=True)
    assert (tmp_path / "link").read_bytes() == b"first"
    blobs.close()
