"""python's caldav finds its way to the home, makes a book, names it, puts, lists, syncs and deletes in it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.fakes.dav_hub import ANN, PASSWORD, dav_hub
from tests.interop.carddav_judges import FOLDER, judge, run

pytestmark = [pytest.mark.interop, pytest.mark.slow]
OK, GONE = "HTTP/1.1 200 OK", "HTTP/1.1 404 Not Found"


async def test_a_walk_by_caldav(tmp_path: Path) -> None:
    python = judge("python")
    async with dav_hub(tmp_path) as hub:
        said = await run(python, str(FOLDER / "webdav.py"), f"{hub.url}/dav/", ANN, PASSWORD)
    told = json.loads(said.strip().splitlines()[-1])
    assert told == {
        "wrong password": "refused",
        "class": "1, 3, access-control, addressbook, extended-mkcol",
        "principal": "/dav/principals/ann@example.cn/",
        "home": "/dav/addressbooks/ann@example.cn/",
        "made": 201,
        "name": "Work",
        "new name": "工作",
        "put": [201, 201, 201],
        "put again": 412,
        "children": ["a.vcf", "b.vcf", "c.vcf"],
        "first": {"a.vcf": OK, "b.vcf": OK, "c.vcf": OK},
        "deleted": 204,
        "then": {"b.vcf": OK, "c.vcf": GONE},
        "gone": 404,
    }
