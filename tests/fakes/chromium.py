"""Debian's Chromium, driven by Playwright, and what it complains of: errors, policies broken, strangers asked."""

from __future__ import annotations

import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from tests.interop.need import need

DESKTOP: Final = {"width": 1280, "height": 800}
PHONE: Final = {"width": 360, "height": 740}
LOCALES: Final = {"zh": "zh-CN", "en": "en-GB"}
_NODE: Final = Path(__file__).resolve().parents[1] / "interop" / "node"
#: What axe-core calls bad enough to be mended before anything else.
_BAD: Final = ("serious", "critical")


@dataclass
class Watched:
    """A page, and what went wrong on it so far."""

    page: Page
    host: str
    troubles: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", lambda said: self._hear(said.type, said.text))
        self.page.on("pageerror", lambda error: self.troubles.append(f"script: {error}"))
        self.page.on("request", lambda request: self._ask(request.url))

    def _hear(self, kind: str, text: str) -> None:
        if kind == "error" and "Failed to load resource: the server responded" not in text:
            self.troubles.append(f"console: {text}")

    def _ask(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme in ("http", "https", "ws", "wss") and parts.netloc != self.host:
            self.troubles.append(f"a stranger was asked: {url}")

    async def axe(self) -> list[str]:
        """What axe-core finds serious or critical, in words."""
        await self.page.evaluate(axe_core())
        found = await self.page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        return [
            f"{one['id']}: {one['help']}: {[node['target'] for node in one['nodes'][:3]]}"
            for one in found["violations"]
            if one["impact"] in _BAD
        ]


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """A browser without profile."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=need("chromium"), args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        try:
            yield browser
        finally:
            await browser.close()


@asynccontextmanager
async def window(
    browser: Browser, url: str, *, language: str = "zh", phone: bool = False, **more: Any
) -> AsyncIterator[Watched]:
    """A fresh window on a hub: nothing kept from others."""
    context: BrowserContext = await browser.new_context(
        base_url=url, viewport=PHONE if phone else DESKTOP, locale=LOCALES[language], has_touch=phone, **more
    )
    try:
        yield Watched(await context.new_page(), urlsplit(url).netloc)
    finally:
        await context.close()


def axe_core() -> str:
    """The script of axe-core, which tests run in pages and nobody ships."""
    file = _NODE / "node_modules" / "axe-core" / "axe.min.js"
    if not file.exists():
        subprocess.run([need("npm"), "ci", "--no-audit", "--no-fund"], cwd=_NODE, check=True, capture_output=True)
    return file.read_text(encoding="utf-8")
