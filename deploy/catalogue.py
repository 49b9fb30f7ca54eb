"""Brings the catalogues of the pages up to what templates and code say: python deploy/catalogue.py

What is new stands in templates/web/locale/<language>/<area>.po with an empty translation; what nobody says any more
goes.
"""

from __future__ import annotations

import io
import sys
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
LOCALES = ROOT / "templates" / "web" / "locale"
#: Areas of the pages: each has its templates, its code and its catalogues under one name.
AREAS = ("site", "webmail", "writing", "arranging", "texting", "studio", "people", "console", "small")
#: Names of what takes a text of a page.
_KEYWORDS = dict.fromkeys(("_", "gettext", "say", "N_", "NotFound", "BadRequest")) | {"ngettext": (1, 2)}


def said(area: str) -> Catalog:
    """Every text that templates and code of an area say."""
    found = Catalog(project="caiyou", charset="utf-8")
    options = {"newstyle_gettext": "true", "trim_blocks": "true", "lstrip_blocks": "true"}
    for folder, pattern, method in (
        (ROOT / "templates" / "web" / area, "**.html", "jinja2"),
        (ROOT / "gateway" / "web" / area, "**.py", "python"),
    ):
        for _, _, text, _, context in extract_from_dir(
            str(folder), [(pattern, method)], options_map={pattern: options}, keywords=_KEYWORDS
        ):
            found.add(text, context=context)
    return found


def updated(language: str, area: str) -> str:
    """The catalogue of an area in a language as it should be."""
    file = LOCALES / language / f"{area}.po"
    known = Catalog(locale=language)
    if file.exists():
        with file.open("rb") as stream:
            known = read_po(stream, locale=language)
    fresh = Catalog(locale=language, charset="utf-8", project="caiyou", fuzzy=False)
    for message in said(area):
        if message.id:
            old = known.get(message.id)
            fresh.add(message.id, old.string if old is not None and not old.fuzzy else None)
    out = io.BytesIO()
    write_po(out, fresh, no_location=True, omit_header=False, sort_output=True, width=120)
    lines = out.getvalue().decode().split("\n")
    return "\n".join(line for line in lines if not line.startswith(('"POT-Creation-Date', '"PO-Revision-Date')))


def missing(language: str, text: str) -> list[str]:
    """Texts of a catalogue that have no translation."""
    catalog = read_po(io.BytesIO(text.encode()), locale=language)
    return [str(message.id) for message in catalog if message.id and not (message.string and all(message.string))]


def main() -> int:
    """Write them; 1 when texts are not translated yet."""
    count = 0
    for folder in sorted(LOCALES.iterdir()):
        for area in AREAS:
            if (ROOT / "templates" / "web" / area).is_dir():
                text = updated(folder.name, area)
                (folder / f"{area}.po").write_text(text, encoding="utf-8")
                for each in missing(folder.name, text):
                    sys.stdout.write(f"{folder.name}/{area}: {each}\n")
                    count += 1
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main())
