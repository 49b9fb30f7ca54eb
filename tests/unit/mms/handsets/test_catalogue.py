"""The catalogue: every entry is sound, and values are inherited and explained as they should be."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from gateway.core.errors import BadRequest, NotFound
from mms.handsets.catalogue import UNKNOWN, Catalogue, Entry, Level, built_in, read_entries, resolve
from mms.handsets.handset import Handset, Smil
from mms.handsets.source import Origin, Source
from mms.handsets.values import FIELDS

ALL = built_in()
KEYS = sorted(ALL.entries)
CLASSES = [key for key in KEYS if ALL.entries[key].level is Level.CLASS]
MODELS = [key for key in KEYS if ALL.entries[key].level is Level.MODEL]

#: The least that a phone with MMS shows (OMA MMS Conformance, image basic) and reads.
LEAST_IMAGES = {"image/jpeg", "image/gif"}
LEAST_CHARSETS = {"us-ascii", "utf-8", "utf-16", "iso-8859-1"}


def entry(key: str, level: Level, parent: str = "", **values: object) -> Entry:
    return Entry(key, level, key.title(), parent, 2005, (), values)


def whole(key: str, **more: object) -> Entry:
    """A class that gives every value."""
    handset = resolve("colour-2004")
    values = {field: getattr(handset, field) for field in FIELDS}
    lists = {field: sorted(value) for field, value in values.items() if isinstance(value, frozenset)}
    return entry(key, Level.CLASS, **{**values, **lists, **more})


@pytest.mark.parametrize("key", KEYS)
def test_every_entry_is_sound(key: str) -> None:
    handset = ALL.resolve(key)
    assert isinstance(handset, Handset)
    assert 1998 <= handset.year <= 2030
    assert set(ALL.sources(key)) == set(FIELDS)
    assert ALL.lineage(key)[-1].level is Level.CLASS
    assert handset.text_height * 3 <= handset.screen[1]
    assert all(kind.startswith("image/") for kind in handset.images)
    assert all(kind.startswith("audio/") for kind in handset.sounds)
    assert all(kind.startswith("video/") for kind in handset.videos)
    assert not any(kind.startswith(("image/", "audio/", "video/")) for kind in handset.others)
    assert handset.charsets >= LEAST_CHARSETS
    if handset.mms:
        assert handset.images >= LEAST_IMAGES
        assert "audio/amr" in handset.sounds
        assert handset.max_octets >= 30 * 1024
        assert min(handset.max_image) >= 96


@pytest.mark.parametrize("key", [key for key in CLASSES if key != UNKNOWN])
def test_classes_of_the_time_of_wap_show_its_bitmaps_and_play_its_tunes(key: str) -> None:
    handset = ALL.resolve(key)
    assert "image/vnd.wap.wbmp" in handset.images
    if handset.mms and handset.year < 2018:
        assert "audio/imelody" in handset.sounds


@pytest.mark.parametrize("key", MODELS)
def test_models_stand_below_a_family_or_a_class(key: str) -> None:
    parent = ALL.entries[ALL.entries[key].parent]
    assert parent.level in (Level.FAMILY, Level.CLASS)


def test_values_come_from_model_family_and_class() -> None:
    handset, sources = ALL.resolve("nokia-3510i"), ALL.sources("nokia-3510i")
    assert handset.screen == (96, 65)
    assert str(sources["screen"]) == "model nokia-3510i"
    assert handset.max_octets == 46_080
    assert str(sources["sounds"]) == "family nokia-s40-1"
    assert handset.colours == 4096
    assert sources["colours"] == Source(Origin.CLASS, "colour-2003")
    assert "audio/imelody" not in handset.sounds
    assert "audio/sp-midi" in handset.sounds


def test_the_unknown_phone_is_sent_what_shows_everywhere() -> None:
    handset = resolve(UNKNOWN)
    assert (handset.max_octets, handset.max_image) == (307_200, (640, 480))
    assert handset.images == LEAST_IMAGES
    assert handset.sounds == {"audio/amr"}
    assert not handset.progressive
    assert handset.smil is Smil.SCROLL


def test_an_unknown_key_is_said_to_be_unknown() -> None:
    with pytest.raises(NotFound, match="no-such-phone"):
        resolve("no-such-phone")


@pytest.mark.parametrize(
    ("entries", "reason"),
    [
        ([entry("a", Level.MODEL, "b")], "its parent b is not"),
        ([entry("a", Level.FAMILY, "b"), entry("b", Level.FAMILY, "a")], "above one another"),
        ([whole("a"), whole("a")], "twice"),
        ([entry("a", Level.CLASS, mms=True)], "gives mms_version"),
        ([whole("a", colours=3)], "a: colours: '3' cannot be used; give one of 2, 4"),
        ([whole("a", screen=[128])], "give width and height"),
        ([whole("a", screen=[128, 0])], "from 32 to 8192"),
        ([whole("a", max_octets=True)], "whole number"),
        ([whole("a", mms=1)], "true or false"),
        ([whole("a", smil="loud")], "slides, scroll, parts"),
        ([whole("a", images=["jpeg"])], "media types"),
        ([whole("a", images=["image/jpeg", "+image/png"])], "before every entry"),
        ([whole("a", charsets=["no such"])], "character sets"),
    ],
)
def test_data_that_cannot_be_used_are_named(entries: list[Entry], reason: str) -> None:
    with pytest.raises(BadRequest, match=reason):
        Catalogue(entries)


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ({"phone": {}}, "class, family, model"),
        ({"model": {"A B": {}}}, "lower-case"),
        ({"model": {"a": {"name": "", "year": 2000}}}, "1 to 64"),
        ({"model": {"a": {"name": "A", "year": 1900, "parent": "b"}}}, "the year it came out"),
        ({"model": {"a": {"name": "A", "year": 2000}}}, "classes have none"),
        ({"class": {"a": {"name": "A", "year": 2000, "parent": "b"}}}, "classes have none"),
        ({"class": {"a": {"name": "A", "year": 2000, "agents": "x"}}}, "agents"),
        ({"class": {"a": {"name": "A", "year": 2000, "weight": 90}}}, "weight"),
    ],
)
def test_documents_that_cannot_be_read_are_named(document: dict[str, object], reason: str) -> None:
    with pytest.raises(BadRequest, match=reason):
        read_entries(document)


def test_lists_grow_and_shrink_on_the_way_down() -> None:
    catalogue = Catalogue(
        [
            whole("top", images=["image/gif", "image/jpeg"]),
            entry("middle", Level.FAMILY, "top", images=["+image/png", "-image/gif"]),
            entry("low", Level.MODEL, "middle", images=["image/vnd.wap.wbmp"]),
        ]
    )
    assert catalogue.resolve("middle").images == {"image/jpeg", "image/png"}
    assert catalogue.resolve("low").images == {"image/vnd.wap.wbmp"}
    assert catalogue.resolve("top").images == {"image/gif", "image/jpeg"}


@pytest.mark.parametrize(
    ("query", "first"),
    [("6610", "nokia-6610"), ("Nokia 6610i", "nokia-6610i"), ("iphone 4s", "iphone-4s"), ("iPhone4S", "iphone-4s")],
)
def test_people_find_their_phone(query: str, first: str) -> None:
    assert ALL.find(query)[0].key == first


def test_a_query_that_fits_nothing_finds_nothing() -> None:
    assert ALL.find("typewriter") == []
    assert len(ALL.find("", limit=7)) == 7


PAGE = (Path(__file__).parents[4] / "docs" / "handsets.md").read_text()


def test_the_documentation_shows_how_a_phone_is_added() -> None:
    (block,) = re.findall(r"^```toml handset\n(.*?)^```", PAGE, flags=re.MULTILINE | re.DOTALL)
    (shown,) = read_entries(tomllib.loads(block))
    assert shown == ALL.entries[shown.key]


def test_the_documentation_has_every_class() -> None:
    for key in CLASSES:
        one = ALL.resolve(key)
        size = str(one.max_octets // 1024) if one.mms else "no MMS"
        sides = [f"{width} x {height}" for width, height in (one.screen, one.max_image)]
        assert f"| `{key}` | {one.name} | {one.year} | {sides[0]} | {size} | {sides[1]} |" in PAGE
