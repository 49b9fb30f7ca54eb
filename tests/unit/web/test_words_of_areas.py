"""One English word may be two in Chinese, each in its own area."""

from __future__ import annotations

from gateway.web.site.site import ROUTES
from gateway.web.site.words import catalogue, words


def test_the_words_of_an_area_go_before_others() -> None:
    for area in ("site", "webmail", "writing", "arranging", "console"):
        mine = words("zh", area)
        own = catalogue("zh", area)
        assert own, area
        for text, message in own.items():
            if isinstance(message.string, str):
                assert mine.gettext(text) == message.string, (area, text)


def test_words_of_other_areas_are_better_than_none() -> None:
    assert words("zh", "webmail").gettext("Signatures") == words("zh").gettext("Signatures") != "Signatures"
    assert words("en", "webmail").gettext("Signatures") == "Signatures"


def test_every_page_has_an_area_with_words() -> None:
    for route in ROUTES:
        assert catalogue("zh", route.handler.__module__.split(".")[2]), route.pattern
