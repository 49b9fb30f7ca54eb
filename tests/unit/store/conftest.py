"""A desk on each database."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from gateway.store.database import Store
from tests.fakes.desk import Bench


@pytest.fixture
def bench(store: Store) -> Iterator[Bench]:
    """A desk over an empty store, with a stopped clock and links a and b."""
    made = Bench(store)
    yield made
    made.close()
