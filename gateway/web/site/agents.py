"""What browser is that? The short name of a User-Agent, for lists of sessions. Pure."""

from __future__ import annotations

import re
from typing import Final

_BROWSERS: Final = (
    ("MicroMessenger", "WeChat"),
    ("Edg", "Edge"),
    ("EdgA", "Edge"),
    ("OPR", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("UCBrowser", "UC Browser"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("HeadlessChrome", "Chrome"),
    ("Chrome", "Chrome"),
    ("Version", "Safari"),
)
_SYSTEMS: Final = (
    ("HarmonyOS", "HarmonyOS"),
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)
_SHOWN: Final = 40


def browser_of(agent: str) -> str:
    """Browser, version and system, as "Firefox 130 · Windows"; the beginning of an agent nobody knows."""
    for sign, name in _BROWSERS:
        found = re.search(rf"\b{sign}/(\d{{1,4}})", agent)
        if found is not None:
            system = next((name for sign, name in _SYSTEMS if sign in agent), "")
            return " · ".join(filter(None, (f"{name} {found[1]}", system)))
    return agent[:_SHOWN]
