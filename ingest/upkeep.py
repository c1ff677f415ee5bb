"""Upkeep of what is stored: the daily pruning, and looking for files that rotted."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from ingest.archive.share import Share
from ingest.job import needed, note_errors
from ingest.network import Network
from ingest.publication import build
from ingest.site import write_site
from store.landing import Landing
from store.mart import Damaged, NoMart, prove


@dataclass(frozen=True, slots=True)
class Pruned:
    """What a pruning did; torn: what is said of each file that is not what was written."""

    thinned: int
    months: int
    published: Path
    torn: tuple[str, ...]


def prune(data: Path, networks: Mapping[str, Network], now: datetime, share: Share | None = None) -> Pruned:
    """Look at every stored file, thin what is older than a week, compact what is older than a month, and publish.

    share: the archive where the same is done.
    """
    landing, share = Landing(data), share or Share(data, None, {})
    share.begin()
    # What is disputed is known only then, and is put into no month.
    share.push()
    torn = dict(landing.torn())
    left = [*torn, *share.disputed()]
    thinned = landing.thin(now, needed(networks.values(), landing), left)
    months = landing.compact(now, left)
    share.push()
    share.prune(thinned)
    landing.ledger.pack(now, torn)
    published, named = build(data, networks, doubted=torn)
    write_site(data)
    share.publish()
    note_errors(data, share.errors, now)
    return Pruned(len(thinned), len(months), published, tuple(dict.fromkeys([*map(str, torn.values()), *named])))


def rotten(data: Path, *, landing: bool) -> Iterator[str]:
    """What is said of each stored file that is not what was written: the mart, and with `landing` all else."""
    try:
        prove(data)
    except Damaged as error:
        yield str(error)
    except NoMart as error:
        if (data / "CURRENT").exists():
            yield str(error)
    if landing:
        yield from (str(error) for _, error in Landing(data).torn())
