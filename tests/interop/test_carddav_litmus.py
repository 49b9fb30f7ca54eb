"""litmus, the test programs of WebDAV servers, as far as they apply: a home holds books, and books hold cards alone.

litmus puts plain text beside the file it is given, makes collections within collections, and sets properties of files.
What fails because of that is named here with the reason; everything else has to pass.
"""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest

from tests.fakes.dav_hub import ANN, PASSWORD, dav_hub
from tests.interop.need import need

pytestmark = [pytest.mark.interop, pytest.mark.slow]
_LINE = re.compile(r"^ *\d+\. (\w+)\.+ (pass|FAIL|SKIPPED)", re.MULTILINE)
#: Without a UID: litmus puts the same file in many places.
FOO = b"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:foo\r\nN:foo;;;;\r\nEND:VCARD\r\n"
NO_TEXT = {"put_get", "put_get_utf8_segment", "mkcol_over_plain", "delete"}
NO_COLLECTION_IN_A_BOOK = {"delete_fragment", "mkcol", "mkcol_again", "delete_coll"}
COLLECTIONS = {
    "copy_init", "copy_simple", "copy_overwrite", "copy_nodestcoll", "copy_coll", "copy_shallow", "move", "move_coll",
}  # fmt: skip
NO_PROPERTIES_OF_CARDS = {
    "propset", "propget", "propmove", "propdeletes", "propreplace", "propnullns", "prophighunicode", "propremoveset",
    "propsetremove", "propvalnspace", "propmanyns",
}  # fmt: skip


@pytest.mark.parametrize(
    ("program", "fail"),
    [
        ("basic", NO_TEXT | NO_COLLECTION_IN_A_BOOK),
        ("copymove", COLLECTIONS),
        ("props", NO_PROPERTIES_OF_CARDS),
        ("http", set()),
    ],
)
async def test_litmus(tmp_path: Path, program: str, fail: set[str]) -> None:
    need("litmus")
    (tmp_path / "htdocs").mkdir()
    (tmp_path / "htdocs" / "foo").write_bytes(FOO)
    async with dav_hub(tmp_path / "data") as hub:
        run = await asyncio.create_subprocess_exec(
            f"/usr/libexec/litmus/{program}", hub.url + hub.home(), ANN, PASSWORD,
            cwd=tmp_path, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        told, _ = await asyncio.wait_for(run.communicate(), 60)
    text = told.decode().replace("\r", "\n")
    # Warnings stand in a line of their own before the result.
    results = dict(_LINE.findall(re.sub(r"\.+ WARNING.*\n +\.+ ", ".... ", text)))
    assert len(results) >= 4, text
    assert {name for name, result in results.items() if result != "pass"} == fail, text
