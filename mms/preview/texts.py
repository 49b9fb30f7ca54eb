"""The remarks of previews, by language."""

from __future__ import annotations

import functools

from templates.engine import FALLBACK, LANGUAGES, Texts, load


@functools.cache
def preview_texts(language: str) -> Texts:
    """The texts of templates/preview/<language>.toml, English for a language that has none."""
    known = language if language in LANGUAGES else FALLBACK
    return Texts(known, load("preview", known))
