"""Every locked package has a licence that may stand beside ours, and docs/licences.md says which."""

from __future__ import annotations

import dataclasses

import pytest

from deploy.licences import ROOT, Package, is_allowed, packages, page

FOUND = packages()


@pytest.mark.parametrize("package", FOUND, ids=lambda package: package.name)
def test_the_licence_is_allowed(package: Package) -> None:
    assert is_allowed(package), f"{package.name}: {package.licence!r}"


@pytest.mark.parametrize(
    ("licence", "allowed"),
    [
        ("MIT", True),
        ("Apache-2.0 OR BSD-2-Clause", True),
        ("GPL-3.0-only OR MIT", True),
        ("MPL-2.0 AND (Apache-2.0 OR MIT)", True),
        ("MIT AND GPL-3.0-only", False),
        ("GPL-3.0-only", False),
        ("AGPL-3.0-only", False),
        ("Proprietary", False),
        ("", False),
    ],
)
def test_what_is_allowed(licence: str, allowed: bool) -> None:
    assert is_allowed(Package("x", "1", licence, True, "")) is allowed


def test_judges_of_the_tests_stay_in_the_tests() -> None:
    running = {package.name for package in FOUND if package.is_needed_to_run}
    assert {
        "sqlalchemy",
        "psycopg",
        "psycopg-binary",
        "aiohttp",
        "multidict",
        "mako",
        "argon2-cffi-bindings",
    } <= running
    assert running.isdisjoint({"smpplib", "pycmpp", "pytest", "hypothesis", "mypy", "ruff"})
    judge = next(package for package in FOUND if package.name == "smpplib")
    assert not is_allowed(dataclasses.replace(judge, is_needed_to_run=True))


def test_the_page_is_as_made() -> None:
    assert (ROOT / "docs" / "licences.md").read_text() == "\n".join(page(FOUND)) + "\n", (
        "run: python deploy/licences.py > docs/licences.md"
    )
