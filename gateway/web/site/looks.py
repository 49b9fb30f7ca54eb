"""Templates and static files of the pages: rendered with autoescape, served under names that change with them."""

from __future__ import annotations

import functools
import hashlib
from importlib import resources
from typing import Any, Final

import jinja2

from gateway.web.site.words import Words, words

STATIC: Final = "/static/"
TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".webmanifest": "application/manifest+json",
}


def render(template: str, spoken: Words, **values: Any) -> str:
    """A page, or a piece of one."""
    return _environment(spoken.language, spoken.area).get_template(template).render(words=spoken, **values)


@functools.cache
def static_file(name: str) -> tuple[bytes, str, str] | None:
    """A static file: octets, type, mark of its content; None when there is none of that name."""
    suffix = "." + name.rpartition(".")[2]
    if "/" in name or suffix not in TYPES:
        return None
    file = resources.files("templates").joinpath("web", "static", name)
    if not file.is_file():
        return None
    data = file.read_bytes()
    return data, TYPES[suffix], hashlib.sha256(data).hexdigest()[:12]


def static(name: str) -> str:
    """The address of a static file, with the mark that lets browsers keep it for ever."""
    found = static_file(name)
    if found is None:
        raise FileNotFoundError(f"templates/web/static/{name}")
    return f"{STATIC}{name}?{found[2]}"


@functools.cache
def _environment(language: str, area: str) -> jinja2.Environment:
    found = jinja2.Environment(
        loader=jinja2.PackageLoader("templates", "web"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    mine = words(language, area)
    found.install_gettext_callables(mine.gettext, mine.ngettext, newstyle=True)  # type: ignore[attr-defined]
    found.globals["static"] = static
    found.filters["octets"] = mine.octets
    return found
