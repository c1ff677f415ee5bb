"""A cited number computed again by the same formulas: from what landed, and from a node that still has its block.

A link says which number is meant, and nothing else: whom to ask stands in the networks' files and the settings.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random
from typing import Final, TypeVar

import polars as pl

from ingest.backfill import addresses, readable, untold
from ingest.job import read_at
from ingest.network import Archive, Network, Reading
from ingest.publication import fill, ledger, thresholds
from ingest.settings import memory
from ingest.transport import Http, bare
from publish.concentration import method_version, metrics
from questions import cited
from questions.cited import KINDS, Found, Origin
from store import reference
from store.draft import aside, scratch
from store.landed import contents, rows_of
from store.landing import Landing
from store.mart import Mart
from store.rows import Place
from store.statements import GROUPINGS

# Tables whose numbers follow from one snapshot alone, as metrics do under groupings that have a history.
OF_ONE: Final = ("after", "distribution", "holding", "observation", "party", "snapshot")

T = TypeVar("T")

# Folders of a verification: of what is computed again, and of what a node tells.
VERIFIED, ASKED = "verify", "verify-asked"

# The networks that the program describes, by their names.
Networks = Mapping[str, Network]


# The curated file of labels, of which a mart keeps every row; of the others it keeps what followed from them.
LABELS: Final = "entities.toml"


class Gone(Exception):
    """What a number is to be compared with is not there any more, or nobody serves it."""


def of_one_snapshot(origin: Origin) -> bool:
    """Whether a number follows from one snapshot and the labels; others rest on the newest of many readings."""
    table = origin.metric.partition(".")[0]
    return origin.height is not None and (table in OF_ONE or (table not in KINDS and origin.grouping in GROUPINGS))


def changed(mart: Mart) -> dict[str, str]:
    """Curated files that are not those with which a mart was built, each with how it differs."""
    then, now = (dict(rows.iter_rows()) for rows in (mart.table("FROM reference_file"), reference.files()))
    return {
        name: f"{name} was {_short(then.get(name))}, and is {_short(now.get(name))}"
        for name in sorted(then.keys() | now.keys())
        if then.get(name) != now.get(name)
    }


def _short(sha256: str | None) -> str:
    return f"sha256 {sha256[:16]}…" if sha256 else "not there"


def labels_of(mart: Mart, origin: Origin) -> pl.DataFrame | None:
    """The labels by which a number was computed, where those of today are others; None: those of the file.

    How many labels there are is what the file says, and is counted in it.
    """
    if LABELS not in changed(mart) or origin.metric.startswith("entity."):
        return None
    return mart.table("FROM entity")


def incomparable(mart: Mart, origin: Origin) -> str:
    """Why a number that comes out otherwise says nothing of what landed, in words; empty where it does.

    A number of one snapshot follows from it and the labels, and the mart has the labels that it was built with.
    """
    others = changed(mart)
    if not origin.metric.startswith("entity."):
        others.pop(LABELS, None)
    if of_one_snapshot(origin):
        return ""
    return "; ".join(others.values())


def from_landing(data: Path, mart: Mart, origin: Origin, known: Networks) -> Found:
    """The number as it follows from the sealed files that landed, by the labels with which the mart was built.

    Of the mart only these and the files' names are asked. Raises Gone where they lack it, BadData where one is torn.
    """
    landing = Landing(data)
    if landing.simulated and origin.metric.startswith("event."):
        raise Gone("what happens in a sample is invented with it, and lies in no file to compare with")
    if of_one_snapshot(origin):
        path = landing.holding((origin.network, origin.chain_id, origin.reading), origin.height or 0)
        if path is None:
            raise Gone(f"{landing.folder} has no {origin.reading} of {origin.network} at block {origin.height}")
        return _of_file(Landing(data, [path]), origin, known, labels_of(mart, origin))
    files = mart.table("SELECT file FROM landing_file ORDER BY file")["file"].to_list()
    said = cited.found(mart, origin)
    if said is not None and (few := _of_networks(said, origin, files)) != files:
        # Mostly that is enough; what rests on more, such as a price, comes out otherwise, or not at all.
        with suppress(Gone):
            again = _of_files(data, mart, few, origin, known)
            if not differs(said, again):
                return again
    return _of_files(data, mart, files, origin, known)


def _of_networks(said: Found, origin: Origin, files: Sequence[str]) -> list[str]:
    """The files of the networks that a number is of, and of which it says that it rests on them."""
    own = {origin.network, *said.snapshots["network"]}
    return [name for name in files if name.partition("/")[0] in own]


def _of_files(data: Path, mart: Mart, files: Sequence[str], origin: Origin, known: Networks) -> Found:
    """The number as everything gives it that is built from some files."""
    landing = Landing(data)
    held = Landing(data, sorted({_where_it_lies(landing, landing.folder / name) for name in files}))
    with scratch(VERIFIED, held, memory()) as draft:
        fill(draft, known, labels=labels_of(mart, origin))
        # The mart names the runs that it counts; one that is at work, or came later, is in the ledger too.
        counted = mart.table("SELECT id FROM run")["id"]
        runs = landing.ledger.runs()[0].filter(pl.col("id").is_in(counted.implode()))
        for table, rows in ledger(runs).items():
            draft.replace(table, rows)
        for error in draft.torn.values():
            raise error
        return _surely(cited.found(draft, origin))


def _where_it_lies(landing: Landing, path: Path) -> Path:
    """A file, or the month in which it was packed since it was published; raises Gone naming what is nowhere."""
    if path.exists():
        return path
    network, chain_id, reading = path.parent.parts[-3:]
    month = landing.holding((network, chain_id, reading), int(path.stem)) if path.stem.isdecimal() else None
    if month is None:
        raise Gone(f"{path} is not there any more")
    return month


def _of_file(landing: Landing, origin: Origin, known: Networks, labels: pl.DataFrame | None) -> Found:
    rules = thresholds(known)
    with scratch(VERIFIED, landing, memory()) as draft:
        draft.replace("entity", reference.entities() if labels is None else labels)
        draft.take_in()
        for error in draft.torn.values():
            raise error
        draft.measure(method_version(rules), partial(metrics, rules=rules))
        draft.keep_newest()
        return _surely(cited.found(draft, origin))


def _surely(found: Found | None) -> Found:
    if found is None:
        raise Gone("what landed there gives no such number")
    return found


def from_node(origin: Origin, known: Networks, http: Http, labels: pl.DataFrame | None) -> Found:
    """The number as it follows from what a node tells of the same block today, named as its endpoint.

    labels: those with which the mart was built, where they are others today.

    Nothing of it stays. Raises Gone with the reason of each endpoint where none serves the block.
    """
    network, reading = _readable(origin, known)

    def again(landing: Landing) -> Found:
        return _of_file(landing, origin, known, labels)

    return _again(network, reading, origin.height or 0, http, again)


def _again(network: Network, reading: Reading, height: int, http: Http, take: Callable[[Landing], T]) -> T:
    """What `take` makes of a landing that has a reading as a node tells it of a block today; nothing of it stays.

    Raises Gone with the reason of each endpoint where none serves the block.
    """
    reasons = []
    line = addresses(network)
    for address in line:
        others = [other for other in line if other != address]
        with aside(ASKED) as folder:
            landing = Landing(folder)
            http.begin_anew()
            at = partial(_at, network, http, [address, *others], height)
            outcomes = read_at(network, (reading,), at, http, landing)
            failed = next((one for one in outcomes if one.reading == reading.name and one.error), None)
            if failed is None:
                return take(Landing(folder, landing.files()))
            reasons.append(f"{bare(address)}: {failed.message}")
    raise Gone("; ".join(reasons) or f"{network.name} has no endpoint")


def _at(network: Network, http: Http, line: list[str], height: int) -> object:
    """The chain at the block, as the first of some endpoints tells it."""
    assert isinstance(network.chain, Archive)
    return network.chain.past(http, line).at(height)


def _readable(origin: Origin, known: Networks) -> tuple[Network, Reading]:
    """The network and the reading of a number, if its past can be asked for; raises Gone."""
    network = known.get(origin.network)
    if network is None or network.chain is None:
        raise Gone(f"{origin.network} has no chain that is asked")
    if not isinstance(network.chain, Archive):
        raise Gone(next(iter(untold(network))))
    if network.chain.chain_id != origin.chain_id:
        raise Gone(f"{origin.network} is on the chain {network.chain.chain_id} today, not on {origin.chain_id}")
    reading = next((one for one in network.readings if one.name == origin.reading), None)
    if reading is None or reading.no_past:
        raise Gone(f"{origin.reading}: {reading.no_past if reading else 'it is read no more'}")
    return network, reading


def differs(said: Found, again: Found) -> str:
    """How a number that was computed again differs, in words; empty where it is the same to the last bit."""
    if said.value != again.value or type(said.value) is not type(again.value):
        return f"the number is {again.value!r}, not {said.value!r}"
    keys = ("network", "chain_id", "reading", "height")
    rows = {tuple(row[key] for key in keys): row for row in again.snapshots.to_dicts()}
    for row in said.snapshots.to_dicts():
        other = rows.get(tuple(row[key] for key in keys))
        if other is None:
            return f"it rests on no {row['reading']} of {row['network']} at block {row['height']}"
        for name in ("hash", "sha256"):
            if row[name] != other[name]:
                return f"the number is the same, but {name} of {row['reading']} is {other[name]}, not {row[name]}"
    return ""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A snapshot that landed, by its reading and height, which a node can be asked for again."""

    network: Network
    reading: Reading
    place: Place
    height: int

    @property
    def called(self) -> str:
        """How it is told."""
        return f"{self.network.name} {self.reading.name} at block {self.height}"


def drawn(landing: Landing, known: Networks, most: int, seed: int) -> tuple[list[Drawn], int]:
    """At most so many snapshots at random, the same for the same seed and landing; and of how many they are drawn.

    Of those alone that nodes can be asked for: readings that tell of past days, on the chain that is read today.
    """
    found = [
        Drawn(network, reading, place, height)
        for _, network in sorted(known.items())
        if isinstance(network.chain, Archive)
        for reading in readable(network)
        for place in [(network.name, network.chain.chain_id if network.chain else "", reading.name)]
        for height in sorted(landing.told(place))
    ]
    return Random(seed).sample(found, min(most, len(found))), len(found)


def compared(data: Path, one: Drawn, http: Http) -> str:
    """How a snapshot differs from what a node tells of its block today, in words; empty where all is the same.

    Raises Gone where nobody serves the block, BadData where what landed is torn.
    """
    landing = Landing(data)
    path = landing.holding(one.place, one.height)
    if path is None:
        raise Gone(f"{landing.folder} does not hold it any more")
    (mine,) = [held for held in contents(path) if held.snapshot.block.height == one.height]
    [(_, here)] = rows_of(path, [mine])

    def differs(again: Landing) -> str:
        place = again.holding(one.place, one.height)
        assert place is not None
        (theirs,) = contents(place)
        if theirs.snapshot.block != mine.snapshot.block:
            return f"the block is {theirs.snapshot.block.hash}, not {mine.snapshot.block.hash}"
        [(_, there)] = rows_of(place, [theirs])
        other = here.join(there, here.columns, "anti", nulls_equal=True).height
        if here.equals(there):
            return ""
        return (
            f"{other} of {here.height} rows are others than {theirs.snapshot.endpoint} tells, which has {there.height}"
        )

    return _again(one.network, one.reading, one.height, http, differs)
