from collections.abc import Iterator
from pathlib import Path

import pytest

from questions.populations import Population, populations
from store.mart import Mart, opened


@pytest.fixture(scope="session")
def mart(hamlet: Path) -> Iterator[Mart]:
    with opened(hamlet) as found:
        yield found


@pytest.fixture(scope="session")
def known(mart: Mart) -> list[Population]:
    return populations(mart)


def one(known: list[Population], network: str, reading: str, population: str) -> Population:
    return next(p for p in known if (p.network, p.reading, p.population) == (network, reading, population))
