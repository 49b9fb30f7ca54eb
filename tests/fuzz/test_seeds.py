"""Every fuzz target takes its seeds, its seeds cut short and nothing at all; coverage-guided runs are `make fuzz`."""

import random

import pytest

from tests.fuzz.table import TARGETS
from tests.fuzz.target import records, script


@pytest.mark.parametrize("name", TARGETS)
def test_seeds_are_no_findings(name: str) -> None:
    target = TARGETS[name]
    seeds = list(target.seeds())
    assert seeds
    for seed in (b"", *seeds):
        target.check(seed[: target.max_len])


@pytest.mark.parametrize("name", TARGETS)
def test_damaged_seeds_are_no_findings(name: str) -> None:
    target = TARGETS[name]
    chance = random.Random(name)
    for seed in target.seeds():
        damaged = bytearray(seed[: chance.randint(1, 2000)])
        for _ in range(3):
            at = chance.randrange(len(damaged) + 1)
            damaged[at : at + chance.randrange(3)] = chance.randbytes(chance.randrange(3))
        target.check(bytes(damaged))


def test_a_script_is_read_as_it_was_written() -> None:
    steps = [(0, b""), (255, b"x" * 300), (7, b"\0")]
    assert list(records(script(*steps))) == steps
    assert list(records(script(*steps)[:-1])) == [*steps[:-1], (7, b"")]
    assert list(records(b"\0\0")) == []
