"""One store for all tests of an archive; each has buckets of its own."""

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

from ingest.archive.share import Share
from tests.worlds.object_store import Bucket, Store, running

NUMBERS = count()


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A real object store."""
    with running(tmp_path_factory.mktemp("store")) as found:
        yield found


@pytest.fixture
def no_marts(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pruning is of files alone: what it publishes takes longer than all else, and is tried where a run is."""
    monkeypatch.setattr("ingest.upkeep.build", lambda *_, **__: (Path("none"), ()))
    monkeypatch.setattr("ingest.upkeep.write_site", lambda _: None)
    monkeypatch.setattr(Share, "publish", lambda _: "")


@pytest.fixture
def store_bucket(store: Store) -> Callable[[], Bucket]:
    """Makes buckets."""
    return lambda: store.bucket(f"bucket-{next(NUMBERS)}")


@pytest.fixture
def bucket(store_bucket: Callable[[], Bucket]) -> Bucket:
    """A new one."""
    return store_bucket()
