"""What somebody with a network recorded (`doctor --record DIR`), replayed: `make test RECORDED=DIR`."""

import os
from functools import cache
from pathlib import Path

import pytest

from tests.worlds.bundles import Recorded, Replayed, bundle, replayed

# Read when tests are collected, since no test sees the variable.
FOUND = bundle(Path(os.environ["DEAI_RECORDED"]))
READINGS = [(name, reading) for name, one in FOUND.items() for reading in one.readings]


@cache
def again(name: str) -> Replayed:
    return replayed(FOUND[name])


@pytest.mark.parametrize("one", FOUND.values(), ids=FOUND)
def test_every_file_is_as_it_was_written(one: Recorded) -> None:
    assert one.rotten() == []


@pytest.mark.parametrize(("network", "reading"), READINGS)
def test_a_reading_lands_the_facts_that_were_recorded_or_ends_as_it_did(network: str, reading: str) -> None:
    assert again(network).differs(reading) == ""
