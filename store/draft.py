"""The draft: the next mart while it is being built, from the current one and from what has landed since.

What a published mart says is a function of landing and the reference files alone; every step here may run again.
"""

import logging
import os
import shutil
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from dataclasses import replace as changed
from datetime import datetime
from pathlib import Path
from tempfile import gettempdir
from types import TracebackType
from typing import Any, Final, Self

import duckdb
import numpy as np
import numpy.typing as npt
import polars as pl

from store import statements as sql
from store.disk import fault
from store.faults import BadData
from store.grounds import program
from store.landed import HEIGHT, Landed, intact
from store.landing import Landing
from store.layout import LAYOUT, empty
from store.mart import (
    Damaged,
    NoMart,
    Outdated,
    current,
    fetched,
    first_line,
    generation,
    is_of_now,
    marts,
    prove,
    publish,
    refuse_without_room,
)
from store.rows import LATER, SCHEMAS, Key, Kind, Time
from store.sealed import literal, note

# How addresses are pressed (store.layout.STORAGE_VERSION).
PRESSED_BY_LETTERS: Final = "fsst"
ROWS_A_BATCH: Final = 4_000_000
# As many as DuckDB has in a piece of a table. What several of its threads insert from other pieces is all pressed and
# written once more at the checkpoint, and the room of the first time stays in the file.
ROW_GROUP: Final = 122_880
# A commit that cannot be written is a fault of a transaction; nobody else is at work on a draft who could be another.
DISK: Final = (duckdb.IOException, duckdb.FatalException, duckdb.TransactionException)
KEY: Final = ("snapshot", "population")
# The two words of a DECIMAL(38,0) of Arrow.
WORDS: Final = np.dtype(("<i8", 2))
NOBODY: Final = np.empty(0, WORDS)

log = logging.getLogger(__name__)

SNAPSHOT = pl.Schema(
    {
        "id": pl.Int32(),
        "file": pl.String(),
        "network": pl.String(),
        "chain_id": pl.String(),
        "reading": pl.String(),
        "kind": pl.String(),
        "measure": pl.String(),
        "unit": pl.String(),
        "height": pl.Int64(),
        "hash": pl.String(),
        "time": Time,
        "since": Time,
        "n": pl.Int64(),
        "method": pl.String(),
        "endpoint": pl.String(),
        "witness": pl.String(),
        "runtime_version": pl.String(),
        "newest_only": pl.Boolean(),
        "simulated": pl.Boolean(),
        "schema_version": pl.Int32(),
        "sha256": pl.String(),
        "described": pl.String(),
        "mirrored": pl.String(),
    }
)
GROUND = pl.Schema(dict.fromkeys(("part", "network", "hash"), pl.String()))
SWEPT_PART = pl.Schema({"part": pl.String(), "rows": pl.Int64()})
LANDING_FILE = pl.Schema({"file": pl.String(), "size": pl.Int64(), "mtime_ns": pl.Int64()})
REPORTED = pl.Schema({"snapshot": pl.Int32(), "population": pl.String(), "total": pl.Decimal(38, 0)})


@dataclass(frozen=True, slots=True)
class Distributions:
    """Many populations at once: the amounts of one lie at offsets[i]:offsets[i+1].

    amounts: the low and the high 64 bits of each, shape (cells, 2), as Arrow keeps DECIMAL(38,0). labels: the version
    of the labels by snapshot, empty where the grouping needs none. unseen: what the chain reports beyond what was
    read, by snapshot and population; roundings do not count.
    """

    grouping: str
    snapshot: npt.NDArray[np.int64]
    population: npt.NDArray[np.int64]
    offsets: npt.NDArray[np.int64]
    amounts: npt.NDArray[np.int64]
    labels: Mapping[int, str]
    unseen: Mapping[tuple[int, int], int]

    def without(self, some: Collection[tuple[int, int]]) -> "Distributions":
        """The others than these, by snapshot and population."""
        keys = zip(self.snapshot.tolist(), self.population.tolist(), strict=True)
        stays = [place for place, key in enumerate(keys) if key not in some]
        slices = [self.amounts[self.offsets[place] : self.offsets[place + 1]] for place in stays]
        return changed(
            self,
            snapshot=self.snapshot[stays],
            population=self.population[stays],
            offsets=np.cumsum([0, *map(len, slices)]),
            amounts=np.concatenate([NOBODY, *slices]),
        )


class Draft:
    """A copy of the current mart, or an empty one, that becomes the next when `publish` is called."""

    def __init__(
        self, data: Path, *, afresh: bool = False, memory: int | None = None, landing: Landing | None = None
    ) -> None:
        """memory: bytes that the database may take; what needs more goes through a file beside the draft.

        landing: where what is taken in lies, if not beside it.
        """
        self.data = data
        self.landing = landing or Landing(data)
        # Of one that is no mart nobody reads what is said of its columns.
        self._read = landing is None
        # Landing files that are not what landed, with the reason.
        self.torn: dict[Path, BadData] = {}
        self._proved: set[str] = set()
        self._path = data / "draft.duckdb"
        self._afresh = afresh
        self._grounds: dict[tuple[str, str], str] = {}
        self._all_stands = True
        # Networks with holders whose labels are not known by number yet.
        self._joined: set[str] = set()
        self._memory = memory

    def __enter__(self) -> Self:
        self.data.mkdir(parents=True, exist_ok=True)
        self._remove()
        refuse_without_room(self.data)
        # No name is used twice, also where the pointer was lost.
        self.generation = max(map(generation, marts(self.data)), default=0) + 1
        with ExitStack() as undone:
            undone.callback(self._remove)
            try:
                self._connection = self._begun()
                self.execute("BEGIN")
                # The labels that `holder_label` has by number.
                self._numbered = self.table("FROM entity")
            except DISK as error:
                raise fault(error, self.data) from error
            undone.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._connection.close()
        finally:
            self._remove()
        if isinstance(error, DISK):
            raise fault(error, self.data) from error

    def _begun(self) -> duckdb.DuckDBPyConnection:
        """A connection to a copy of the current mart, or to an empty one where there is none that is whole."""
        if not self._afresh:
            try:
                with self._path.open("wb") as copy:
                    prove(self.data, copy.write)
                connection = _connected(self._path, self._memory)
                if is_of_now(connection, current(self.data)):
                    return connection
                connection.close()
                log.info(Outdated(current(self.data)))
            except Damaged as error:
                log.warning(error)
            except duckdb.Error as error:
                # One of before marts had hashes.
                log.warning(Damaged(current(self.data), first_line(error)))
            except NoMart:
                pass
            self._remove()
        self._path.write_bytes(empty(read=self._read))
        return _connected(self._path, self._memory)

    def table(self, query: str, *parameters: object) -> pl.DataFrame:
        """Rows of a query on the draft."""
        return fetched(self._connection.sql(query, params=list(parameters)))

    def execute(self, statement: str, *parameters: object) -> None:
        """Run a statement on the draft."""
        self._connection.execute(statement, list(parameters)).fetchall()

    def append(self, table: str, rows: pl.DataFrame, *, unless_known: str = "") -> None:
        """Add rows to a table; through a Parquet file, because DuckDB 2.0.0 may read frames wrongly.

        unless_known: columns, comma-separated, by which rows that the table has already are left out; among them the
        snapshot.
        """
        if rows.is_empty():
            return
        exchange = self.data / "exchange.parquet"
        with exchange.open("wb") as file:
            try:
                # It is read once, and at once.
                rows.write_parquet(file, compression="uncompressed", row_group_size=ROW_GROUP, statistics=False)
            except pl.exceptions.ComputeError as error:
                raise fault(error, self.data) from error
        fresh = ""
        if unless_known:
            # Of a table that is long only what it has of these snapshots is looked at.
            first, *_, last = sorted([*rows["snapshot"].unique(), *rows["snapshot"].unique()])
            ends = f"BETWEEN {first} AND {last}"
            fresh = f"ANTI JOIN (FROM {table} WHERE snapshot {ends}) USING ({unless_known})"
        order = f"ORDER BY {sql.IN_ORDER[table]}" if table in sql.IN_ORDER else ""
        source = "read_parquet(?, hive_partitioning = false)"
        self.execute(f"INSERT INTO {table} BY NAME SELECT * FROM {source} {fresh} {order}", literal(exchange))
        exchange.unlink()

    def replace(self, table: str, rows: pl.DataFrame) -> None:
        """Make a table hold these rows and no others."""
        self.execute(f"DELETE FROM {table}")
        self.append(table, rows)

    def stands(self, part: str, ground: str, network: str = "") -> bool:
        """Whether a part of the mart follows from the same as in the mart before; remembers what it follows from.

        Where a file is torn nothing does, nor in the build after: what follows from it is not known to be whole.
        """
        (before,) = self.table("SELECT any_value(hash) FROM ground WHERE part = ? AND network = ?", part, network).row(
            0
        )
        self._grounds[part, network] = ground
        stands = before == ground and not self.torn
        self._all_stands &= stands
        return stands

    def doubt(self, paths: Collection[Path]) -> None:
        """Look at landing files again, although neither their size nor their time has changed."""
        self._forget(self._name(path) for path in paths)

    def _forget(self, names: Iterable[str]) -> None:
        if wanted := sorted(names):
            self.execute("DELETE FROM landing_file WHERE file IN (SELECT unnest(?::VARCHAR[]))", wanted)

    def take_in(self) -> dict[Path, BadData]:
        """Load what landing has that the draft does not know, and drop what landing no longer has.

        Returns the files that could not be read with the reason; what the draft knew of them stays.
        """
        paths = {self._name(path): path for path in self.landing.files()}
        signs = {name: (path.stat().st_size, path.stat().st_mtime_ns) for name, path in paths.items()}
        known = {name: (size, mtime) for name, size, mtime in self.table("FROM landing_file").iter_rows()}
        # A torn file is not known, but what it held before is: where somebody deletes it, that is gone too.
        gone = {*known, *self.table("SELECT DISTINCT file FROM snapshot")["file"]} - paths.keys()
        # A snapshot of a file that is gone, or holds less than it did, may be in another file of its folder.
        folders = {name.rpartition("/")[0] for name in gone | {n for n in known if known[n] != signs.get(n)}}
        changed = [n for n in paths if n not in known or n.rpartition("/")[0] in folders]
        found = self._readable(changed)
        read = set(changed) & self._proved
        missed = self.table(sql.MISSED)["id"].to_list()
        stays, dropped = self._reconcile(found, gone | read, paths.keys() - set(changed))
        again = self._drop(dropped, missed)
        fresh = self._register({key: where for key, where in found.items() if key not in stays})
        self._load_facts([*again, *fresh])
        # A torn file is looked at by each build, until it is mended or gone.
        forgotten = gone | set(changed) | {self._name(path) for path in self.torn}
        self._forget(forgotten)
        self.append("landing_file", pl.DataFrame([(n, *signs[n]) for n in sorted(read)], LANDING_FILE, orient="row"))
        return self.torn

    def measure(self, method_version: str, metrics: Callable[[Distributions], pl.DataFrame]) -> None:
        """Put into the mart what `metrics` makes of every snapshot that is not measured under these formulas.

        metrics: distributions under one grouping to rows of the table `metric`.
        """
        for batch in self.unmeasured(method_version):
            self._load_holdings(batch)
            labels, unseen = self._label_versions(batch), self._unseen("counted", batch)
            # Of what was never measured there is nothing to compare with.
            known = not self.table(sql.ANY_MEASURED, batch).is_empty()
            # Where no label touches anybody, no grouping by labels has anything.
            labelled = not self.table(sql.ANY_LABEL).is_empty()
            for grouping in sql.GROUPINGS if labelled else (sql.UNLABELLED,):
                self._describe(grouping)
                versions = dict.fromkeys(batch, "") if grouping == sql.UNLABELLED else labels
                found = self._grouped(sql.groups(grouping), grouping, versions, unseen)
                if len(found.snapshot):
                    self.append("metric", metrics(found), unless_known=sql.METRIC_KEY if known else "")
            self.execute(sql.MEASURED, method_version, batch)
            # By other formulas it may be another number.
            self.execute(sql.MEASURED_ANEW, batch)
        for statement in () if self.table(sql.ANY_OUTDATED).is_empty() else sql.OUTDATED:
            self.execute(statement)

    def unmeasured(self, method_version: str) -> Iterator[list[int]]:
        """Snapshots without metrics under these formulas and the labels in force, in batches that fit memory."""
        self.execute(sql.LABEL_VERSIONS)
        self.execute(sql.LABELS)
        wanted = self.table(sql.UNMEASURED, method_version)
        return _batches(wanted.filter(~pl.col("id").is_in(list(self._unproved(wanted["id"])))))

    def measured(self) -> dict[str, pl.DataFrame]:
        """All sizes and metrics, for another draft to take in."""
        return {table: self.table(sql.MEASURED_ROWS.format(table=table)) for table in ("distribution", "metric")}

    def take_in_measured(self, name: str, method_version: str) -> None:
        """Load what somebody else measured by these formulas and labels; `measure` does what is missing or torn."""
        paths = self.landing.parts.measured(name)
        try:
            for path in paths.values():
                note(path)
        except BadData as error:
            log.warning("%s: it is computed here", error)
            return
        self.execute(sql.LABEL_VERSIONS)
        self.execute(sql.POPULATIONS_ELSEWHERE, literal(paths["distribution"]))
        for table, path in paths.items():
            self.execute(sql.ELSEWHERE.format(table=table), literal(path))
        self.execute(sql.MEASURED_ELSEWHERE, method_version, literal(paths["distribution"]))

    def take_in_swept(self, method_version: str) -> None:
        """Load what sweeps under these formulas have left, of snapshots and labels as they are; after `measure`.

        Of a part that is not here to the last row the rest may be of labels that came back, or of what landed again.
        """
        paths = {path.stem: path for path in self.landing.parts.swept()}
        self.execute(sql.UNSWEPT, method_version, list(paths))
        known = dict(self.table("FROM swept_part").iter_rows())
        held = dict(self.table("SELECT part, count(*) FROM sweep GROUP BY part").iter_rows())
        told = []
        for part, path in paths.items():
            rows = known.get(part)
            if rows is None or held.get(part, 0) < rows:
                try:
                    note(path)
                except BadData as error:
                    log.warning("%s: it is computed again by the next sweep", error)
                    path.unlink()
                    self.execute("DELETE FROM sweep WHERE part = ?", part)
                    continue
                self.execute(sql.SWEPT, part, literal(path), method_version)
                rows = self.table(sql.ROWS_OF_SWEPT, literal(path))["rows"].item()
            told.append((part, rows))
        if dict(told) != known:
            self.replace("swept_part", pl.DataFrame(told, SWEPT_PART, orient="row"))

    def _label_versions(self, snapshots: Sequence[int]) -> dict[int, str]:
        """The version of the labels in force for each snapshot's network."""
        found = self.table("SELECT id, version FROM snapshot JOIN label_version USING (network)")
        return dict(found.filter(pl.col("id").is_in(list(snapshots))).iter_rows())

    def _load_holdings(self, snapshots: Sequence[int]) -> None:
        """Put the amounts of these snapshots into a temporary table, with the labels that hold at their time."""
        files = self._wanted(snapshots)
        self.execute(sql.POPULATIONS, *files)
        self.execute(sql.LABELLED, *files)
        self.execute(sql.COUNTED)

    def measure_newest(self, metrics: Callable[[Distributions], pl.DataFrame]) -> None:
        """Put into the mart what `metrics` makes of the newest holdings under groupings that have no history.

        After `keep_newest`, and after the tables `entity` and `claim` are as they are to be.
        """
        newest = self.table("SELECT DISTINCT snapshot FROM holding")["snapshot"].to_list()
        self.execute(sql.LABEL_VERSIONS)
        self.execute(sql.NOT_OF_NEWEST)
        if not self.stands(sql.UNLABELLED_ONE, program()):
            self.execute(sql.UNLABELLED_ANEW)
        labels = self._label_versions(newest)
        for grouping, query in sql.OF_NEWEST.items():
            unseen = {} if grouping == sql.UNLABELLED_ONE else self._unseen(sql.HELD, newest)
            found = self._grouped(query, grouping, labels, unseen)
            if len(found.snapshot):
                self.append("metric", metrics(found))

    def by_party(self, snapshots: Sequence[int]) -> Iterator[Distributions]:
        """Holdings of snapshots by who is known to be one party; by addresses where no label touches a population.

        In batches that fit memory, after the table `entity` is as it is to be.
        """
        self.execute(sql.LABEL_VERSIONS)
        self.execute(sql.LABELS)
        for batch in _batches(self.table(sql.FRESH, list(snapshots))):
            self._load_holdings(batch)
            unseen = self._unseen("counted", batch)
            merged = self._grouped(sql.groups("control"), "control", self._label_versions(batch), unseen)
            touched = set(zip(merged.snapshot.tolist(), merged.population.tolist(), strict=True))
            yield merged
            unlabelled = dict.fromkeys(batch, "")
            alone = self._grouped(sql.groups(sql.UNLABELLED), sql.UNLABELLED, unlabelled, unseen)
            yield alone.without(touched)

    def _grouped(
        self, query: str, grouping: str, labels: Mapping[int, str], unseen: Mapping[tuple[int, int], int]
    ) -> Distributions:
        """What a query gives, an amount a party, in order of snapshot and population; nothing of an empty one."""
        found = self._connection.sql(query).to_arrow_table()
        snapshot, population = (_array(found[name], str(found[name].type)) for name in KEY)
        amounts = _array(found["amount"], WORDS)
        key = snapshot.astype(np.int64) << 32 | population
        # Mostly they lie so already, which the database would find by sorting them.
        if (key[1:] < key[:-1]).any():
            order = np.argsort(key, kind="stable")
            snapshot, population, amounts = snapshot[order], population[order], amounts[order]
        starts = np.flatnonzero(np.diff(snapshot, prepend=-1) | np.diff(population, prepend=-1))
        return Distributions(
            grouping=grouping,
            snapshot=snapshot[starts].astype(np.int64),
            population=population[starts].astype(np.int64),
            offsets=np.append(starts, len(snapshot)),
            amounts=amounts,
            labels=labels,
            unseen=unseen,
        )

    def landed(self, kind: Kind, snapshots: Sequence[int]) -> pl.DataFrame:
        """Rows of snapshots as they landed, each with the id of its own; those that are torn are left out."""
        whole = sorted(set(snapshots) - self._unproved(snapshots))
        if not whole:
            return pl.DataFrame(schema={"snapshot": pl.Int32(), **SCHEMAS[kind]})
        self._load(whole, kind)
        return self.table("FROM landed")

    def _unseen(self, counted: str, snapshots: Sequence[int]) -> dict[tuple[int, int], int]:
        """What the chain reports beyond what was read, by snapshot and population; roundings do not count.

        counted: the relation of snapshot, population, amount and number of holders of what was read.
        """
        found = self.table(sql.UNSEEN.format(counted=counted), list(snapshots))
        return {(snapshot, population): int(rest) for snapshot, population, rest in found.iter_rows()}

    def _describe(self, grouping: str) -> None:
        """Write size, total, coverage and exclusions of the loaded holdings under a grouping."""
        self.execute(sql.describe(grouping))
        self.execute(sql.ADD_DESCRIBED)

    def keep_newest(self) -> None:
        """Let `holding`, `share` and the states among the observations have what is newest, or still counts, only."""
        for network, batch in self._only("holding", sql.NEWEST):
            held = self._held(batch)
            self.append("holding", held.with_columns(holder=self._numbers(network, held["address"])).drop("address"))
        for network, batch in self._only("share", sql.TALLIED):
            shares = self.table(sql.SHARES.format(later=_later(Kind.OBSERVATIONS)), *self._wanted(batch))
            both = self._numbers(network, shares["operator"].append(shares["delegator"]))
            numbers = {"operator": both.head(shares.height), "delegator": both.tail(shares.height)}
            self.append("share", shares.with_columns(**numbers))
        self._number_labels()
        self.execute(sql.DROP_OLD_STATES)
        # What comes now asks again and again for a little of what is large: where that is, is known of the committed.
        self.execute("COMMIT")
        self.execute("BEGIN")

    def _held(self, snapshots: Sequence[int]) -> pl.DataFrame:
        """Who holds what in some snapshots, by address: read by Polars, to which DuckDB would copy all addresses."""
        populations = self.table("SELECT name AS value, id AS population FROM population")
        found = []
        for number, file, height, version in self.table(sql.WHERE_HELD, list(snapshots)).iter_rows():
            rows = pl.scan_parquet(self.landing.folder / file, glob=False)
            # Files of the first version hold one snapshot, and do not tell its height.
            rows = rows.filter(pl.col(HEIGHT) == height) if version > 1 else rows
            holder, amount, population = rows.select("holder", "amount", "population").collect()
            # What landed lies in runs of a population.
            runs = population.rle().struct.unnest().join(populations, on="value", maintain_order="left")
            numbers = np.repeat(runs["population"].to_numpy(), runs["len"].to_numpy())
            snapshot = pl.repeat(number, len(holder), dtype=pl.Int32, eager=True)
            found.append(
                pl.DataFrame({"snapshot": snapshot, "population": numbers, "address": holder, "amount": amount})
            )
        return pl.concat(found)

    def keep_ranks(self) -> None:
        """Let `ranked` have who is largest at the last block of each day.

        After `keep_newest`, and after `scorecard` is as it is to be.
        """
        self.execute(sql.UNRANKED)
        newest = set(self.table("SELECT DISTINCT snapshot FROM holding")["snapshot"])
        for _, batch in self._only("ranked", sql.LAST_OF_DAYS):
            if held := sorted(newest & set(batch)):
                self.execute(sql.LARGEST_HELD, held)
                self.execute(sql.RANKED_OF_HELD)
            if older := sorted(set(batch) - newest):
                self.execute(sql.RANKED, *self._wanted(older))

    def _number_labels(self) -> None:
        """Say by number who is behind a holder, of networks that have other labels than before, or other holders."""
        entities = self.table("FROM entity")
        both = ((entities, self._numbered), (self._numbered, entities))
        other = {
            name for one, two in both for name in one.join(two, entities.columns, "anti", nulls_equal=True)["network"]
        }
        for network in sorted(other | self._joined):
            for statement in sql.NUMBER_LABELS:
                self.execute(statement, network)
        self._numbered, self._joined = entities, set()

    def _numbers(self, network: str, addresses: pl.Series) -> pl.Series:
        """The number of each address of a network in `holder`; new ones get theirs in the order of the alphabet."""
        # What landed lies in runs of this order, one a population: they are merged, and nothing is hashed.
        in_order = addresses.is_sorted()
        order = np.arange(len(addresses)) if in_order else addresses.arg_sort().to_numpy()
        ascending = addresses if in_order else addresses.gather(order)
        first = ascending.is_not_null() & (ascending != ascending.shift()).fill_null(value=True)
        known = self.table("SELECT id, address FROM holder WHERE network = ?", network)
        last = int(self.table("SELECT coalesce(max(id), 0) AS id FROM holder")["id"].item())
        new = pl.col("id").is_null()
        numbered = (
            ascending.filter(first)
            .to_frame("address")
            .join(known, on="address", how="left", maintain_order="left")
            .select("address", new.alias("new"), id=pl.coalesce("id", last + new.cum_sum()).cast(pl.Int32))
        )
        fresh = numbered.filter("new").select("id", "address", network=pl.lit(network))
        if not fresh.is_empty():
            self._joined.add(network)
        self.execute(f"SET force_compression = '{PRESSED_BY_LETTERS}'")
        self.append("holder", fresh)
        self.execute("SET force_compression = 'auto'")
        # Back in the order in which they were given; who is nobody has no number.
        place = np.empty(len(order), np.int64)
        place[order] = np.where(ascending.is_null(), -1, first.cum_sum().cast(pl.Int64) - 1)
        return numbered["id"].gather(pl.Series(place).replace(-1, None))

    def _only(self, table: str, query: str) -> Iterator[tuple[str, list[int]]]:
        """Let a table have the snapshots that a query names and no others; gives those that it lacks, by network.

        Those that are torn are told to the query, so that the next best stand in for them.
        """
        held = set(self.table(f"SELECT DISTINCT snapshot FROM {table}")["snapshot"].to_list())
        lost: set[int] = set()
        while True:
            wanted = set(self.table(query, sorted(lost))["id"].to_list())
            more = self._unproved(wanted - held)
            if not more:
                break
            lost |= more
        if old := sorted(held - wanted):
            self.execute(f"DELETE FROM {table} WHERE snapshot IN (SELECT unnest(?::INTEGER[]))", old)
        if new := sorted(wanted - held):
            lacking = self.table(
                "SELECT network, id, n FROM snapshot WHERE id IN (SELECT unnest(?::INTEGER[])) ORDER BY network, id",
                new,
            )
            for (name,), of_network in lacking.partition_by("network", as_dict=True, maintain_order=True).items():
                for batch in _batches(of_network):
                    yield str(name), batch

    def publish(self, built: datetime) -> Path:
        """Make the draft the current mart."""
        # Where all stands, nobody asked for the parts of parts.
        if self.torn or not self._all_stands:
            grounds = [] if self.torn else [(*part, ground) for part, ground in self._grounds.items()]
            self.replace("ground", pl.DataFrame(grounds, GROUND, orient="row"))
        meta = {"generation": [self.generation], "built": [built], "simulated": [self.landing.simulated]}
        self.replace("meta", pl.DataFrame({**meta, "layout": [LAYOUT]}))
        self.execute("COMMIT")
        self.execute("CHECKPOINT")
        self._connection.close()
        return publish(self._path, self.data, self.generation)

    def _name(self, path: Path) -> str:
        return path.relative_to(self.landing.folder).as_posix()

    def _remove(self) -> None:
        for path in (self._path, self._path.with_name(self._path.name + ".wal"), self.data / "exchange.parquet"):
            path.unlink(missing_ok=True)
        # Where DuckDB puts what does not fit into memory.
        shutil.rmtree(self._path.with_name(self._path.name + ".tmp"), ignore_errors=True)

    def _readable(self, names: Iterable[str]) -> dict[Key, tuple[str, Landed]]:
        """Snapshots of the landing files of these names and where they are; torn files are remembered."""
        found: dict[Key, tuple[str, Landed]] = {}
        for name in names:
            path = self.landing.folder / name
            try:
                for landed in intact(path):
                    found.setdefault(landed.snapshot.key, (name, landed))
                self._proved.add(name)
            except BadData as error:
                self.torn[path] = error
        return found

    def _unproved(self, snapshots: Iterable[int]) -> set[int]:
        """Those of the snapshots whose file is not what landed: each file is read again once a build before its use."""
        if not (asked := list(snapshots)):
            return set()
        wanted = self.table("SELECT id, file FROM snapshot WHERE id IN (SELECT unnest(?::INTEGER[]))", asked)
        self._readable(set(wanted["file"]) - self._proved)
        return set(wanted.filter(~pl.col("file").is_in(list(self._proved)))["id"])

    def _reconcile(
        self, found: Mapping[Key, tuple[str, Landed]], known: set[str], unread: set[str]
    ) -> tuple[set[Key], list[int]]:
        """Follow snapshots that moved to another file; returns keys that stay, and numbers of those that are gone.

        known: the files of which it is known what they hold, nothing where they are gone. unread: those that are as
        they were. Of two files that hold a snapshot, since a compaction was cut off, the first by name counts.
        """
        kept: set[Key] = set()
        dropped = []
        columns = zip(*found, strict=True) if found else ([], [], [], [])
        rows = self.table(sql.CONCERNED.format(columns=", ".join(SNAPSHOT)), sorted(known), *map(list, columns))
        totals: dict[int, dict[str, int]] = {}
        for number, population, total in self.table(sql.REPORTED, rows["id"].to_list()).iter_rows():
            totals.setdefault(number, {})[population] = int(total)
        for row in rows.iter_rows(named=True):
            key: Key = (row["network"], row["chain_id"], row["reading"], row["height"])
            told = _told(row["id"], *found[key]) if key in found else {}
            if told and row["file"] in unread and row["file"] < told["file"]:
                kept.add(key)
            elif _same(told, row) and found[key][1].snapshot.reported == totals.get(row["id"], {}):
                kept.add(key)
                if told != row:
                    self.execute(sql.MOVED, told["file"], told["schema_version"], row["id"])
            else:
                dropped.append(row["id"])
        return kept, dropped

    def _drop(self, dropped: Sequence[int], missed: Sequence[int]) -> list[int]:
        """Forget snapshots; returns those whose rows may have given way to theirs, to be loaded again.

        missed: those that could not be loaded again by the builds before, since their file was torn.
        """
        if not dropped and not missed:
            return []
        touched = self.table(sql.GAVE_WAY, list(dropped))
        again = self.table(sql.OF_KIND, touched["network"].to_list(), touched["kind"].to_list())["id"].to_list()
        wanted = {*again, *missed} - set(dropped)
        again = sorted(wanted - self._unproved(wanted))
        for table in sql.TABLES:
            self.execute(f"DELETE FROM {table} WHERE snapshot IN (SELECT unnest(?::INTEGER[]))", again)
        for table in sql.OF_SNAPSHOT:
            self.execute(f"DELETE FROM {table} WHERE snapshot IN (SELECT unnest(?::INTEGER[]))", dropped)
        self.execute("DELETE FROM snapshot WHERE id IN (SELECT unnest(?::INTEGER[]))", dropped)
        return again

    def _register(self, found: Mapping[Key, tuple[str, Landed]]) -> range:
        """Give new snapshots their numbers, oldest first; returns the numbers."""
        first = 1 + int(self.table("SELECT coalesce(max(id), 0) AS id FROM snapshot")["id"][0])
        ordered = sorted(found.values(), key=lambda where: (where[1].snapshot.block.time, where[1].snapshot.key))
        numbered = [(first + place, file, landed) for place, (file, landed) in enumerate(ordered)]
        self.append("snapshot", pl.DataFrame([_snapshot_row(*row) for row in numbered], SNAPSHOT, orient="row"))
        reported = [
            (number, population, total)
            for number, _, landed in numbered
            for population, total in landed.snapshot.reported.items()
        ]
        self.append("reported", pl.DataFrame(reported, REPORTED, orient="row"))
        return range(first, first + len(numbered))

    def _load_facts(self, snapshots: Sequence[int]) -> None:
        """Load of these snapshots what is not holdings."""
        fresh = self.table(sql.FRESH, list(snapshots))
        for kind, statements in sql.LOAD.items():
            for batch in _batches(fresh.filter(kind=kind)):
                self._load(batch, Kind(kind))
                for statement in statements:
                    self.execute(statement)

    def _load(self, snapshots: Sequence[int], kind: Kind) -> None:
        """Read the rows of snapshots from their landing files into the temporary table `landed`."""
        columns = ", ".join(f"r.{column}" for column in SCHEMAS[kind])
        self.execute(sql.LANDED.format(columns=columns, later=_later(kind)), *self._wanted(snapshots))

    def _wanted(self, snapshots: Sequence[int]) -> tuple[list[str], str]:
        """Say which snapshots a statement is to read; gives their files, and the folder."""
        self.execute(sql.WANTED, list(snapshots))
        files = self.table("SELECT DISTINCT file FROM wanted")["file"]
        return [literal(self.landing.folder / file) for file in files], str(self.landing.folder)


@contextmanager
def scratch(name: str, landing: Landing, memory: int) -> Iterator[Draft]:
    """A draft that nobody publishes, of some landing files, on this machine's own disk; it leaves nothing behind."""
    with aside(name) as folder, Draft(folder, memory=memory, landing=landing) as draft:
        # Whoever computes parts has a process for each core.
        draft.execute("SET threads = 1")
        yield draft


@contextmanager
def aside(name: str) -> Iterator[Path]:
    """A folder of this process on this machine's own disk, which is gone afterwards.

    What a killed process of the same name has left is taken away too; one that is at work, given up for lost, is not.
    """
    folder = Path(gettempdir()) / f"deai-{name}.{os.getpid()}"
    for left in folder.parent.glob(f"deai-{name}.*"):
        if left == folder or not _at_work(int(left.suffix[1:])):
            shutil.rmtree(left, ignore_errors=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _at_work(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _later(kind: Kind) -> str:
    """Columns that files of before may lack, as nothing of their type."""
    added = [name for kinds in LATER.values() for name in kinds.get(kind, ())]
    return "".join(f", NULL::{_sql_type(SCHEMAS[kind][name])} AS {name}" for name in added)


def _sql_type(dtype: pl.DataType) -> str:
    return f"DECIMAL({dtype.precision}, {dtype.scale})" if isinstance(dtype, pl.Decimal) else "VARCHAR"


def _connected(path: Path, memory: int | None) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(str(path))
    settings = ["TimeZone = 'UTC'", "python_enable_replacements = false", "enable_progress_bar = false"]
    if memory:
        settings.append(f"memory_limit = '{memory // 2**20}MiB'")
    connection.execute("; ".join(f"SET {one}" for one in settings)).fetchall()
    return connection


def _array(column: Any, dtype: npt.DTypeLike) -> npt.NDArray[Any]:
    """A column of Arrow without gaps; what Arrow itself has for this imports pandas, 0.4 CPU-s of each process."""
    cells = [
        np.frombuffer(chunk.buffers()[1], dtype)[chunk.offset : chunk.offset + len(chunk)] for chunk in column.chunks
    ]
    return np.concatenate([np.empty(0, dtype), *cells])


def _batches(sizes: pl.DataFrame) -> Iterator[list[int]]:
    """Ids of a frame (id, n), in groups of a bounded number of rows."""
    batch: list[int] = []
    rows = 0
    for number, n in sizes.select("id", "n").iter_rows():
        if batch and rows + n > ROWS_A_BATCH:
            yield batch
            batch, rows = [], 0
        batch.append(number)
        rows += n
    if batch:
        yield batch


def _told(number: int, file: str, landed: Landed) -> dict[str, Any]:
    """The row of a snapshot by its columns."""
    return dict(zip(SNAPSHOT, _snapshot_row(number, file, landed), strict=True))


def _same(told: Mapping[str, Any], row: Mapping[str, Any]) -> bool:
    """Whether what landed tells what a row does, in whichever file and however that is written."""
    return bool(told) and {**told, "file": row["file"], "schema_version": row["schema_version"]} == row


def _snapshot_row(number: int, file: str, landed: Landed) -> tuple[Any, ...]:
    one = landed.snapshot
    return (
        number,
        file,
        one.network,
        one.chain_id,
        one.reading,
        one.kind,
        one.measure,
        one.unit,
        one.block.height,
        one.block.hash,
        one.block.time,
        one.since,
        landed.n,
        one.method,
        one.origin,
        one.witness,
        one.runtime_version,
        one.newest_only,
        one.simulated,
        landed.schema_version,
        landed.sha256,
        one.described,
        one.mirrored,
    )
