"""A sweep in parts: what is to be computed, and one part of it, wherever it is computed.

A part is some days of one reading. What comes of it follows from what landed, the labels and the formulas alone; it is
named by them, so that what is there is never computed twice, and whoever was killed left nothing half done.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

import polars as pl

from ingest.cluster import OtherVersion
from ingest.settings import memory
from publish.swept import REPLICATES, SCHEMA, Day, rows, version
from store.draft import scratch
from store.landing import Landing
from store.mart import Tables
from store.reference import ENTITIES

# Amounts to resample in a part: two to four CPU-seconds.
CELLS: Final = 10_000_000
# The last block of each day, of those that stand on the scorecard. What was read in part has bounds; what is swept
# under these formulas, by parties as they are known now, is done.
_UNSWEPT: Final = """
    WITH last AS (
        SELECT max_by(id, row(time, id)) AS id FROM snapshot WHERE kind = 'holdings'
        GROUP BY network, chain_id, reading, time::DATE
    ),
    known AS (SELECT snapshot, any_value(labels_version) AS labels FROM measured GROUP BY snapshot)
    SELECT s.network, s.chain_id, s.reading, s.height, p.name AS population, s.sha256, s.file, d.n_all AS n, k.labels
    FROM last JOIN snapshot s USING (id)
    JOIN (SELECT DISTINCT network, reading, population FROM scorecard) c USING (network, reading)
    JOIN population p ON p.name = c.population
    JOIN distribution d ON d.snapshot = s.id AND d.population = p.id AND d.grouping = 'address'
    JOIN known k ON k.snapshot = s.id
    LEFT JOIN distribution m ON m.snapshot = s.id AND m.population = p.id AND m.grouping = 'control'
    WHERE NOT EXISTS (
        SELECT 1 FROM metric b
        WHERE b.snapshot = s.id AND b.population = p.id AND b.grouping = 'address' AND b.low IS NOT NULL)
    AND NOT EXISTS (
        SELECT 1 FROM sweep w
        WHERE w.snapshot = s.id AND w.population = p.id AND w.method_version = ?
            AND w.grouping = coalesce(m.grouping, d.grouping))
    ORDER BY s.network, s.chain_id, s.reading, s.time, s.height, p.name
"""
_PLACE: Final = ("network", "chain_id", "reading", "labels")


@dataclass(frozen=True)
class Part:
    """Some days of one reading: the landing files that hold them, and the labels of their network.

    data: the data folder, which everybody who computes sees under this path. files: below its landing folder.
    """

    data: Path
    files: tuple[str, ...]
    days: tuple[Day, ...]
    entity: pl.DataFrame
    labels: str
    version: str

    @property
    def name(self) -> str:
        """A hash of all from which it follows."""
        return sha256(f"{self.version} {self.labels} {self.days}".encode()).hexdigest()[:32]


def parts(mart: Tables, data: Path, networks: Collection[str] = ()) -> list[Part]:
    """What is to be computed: every day that is not, of these networks or of all."""
    todo = mart.table(_UNSWEPT, version())
    if networks:
        todo = todo.filter(pl.col("network").is_in(list(networks)))
    labels = mart.table("FROM entity").select(*ENTITIES)
    # As many days of a reading as are worth a task; a day that is worth several is one.
    cells = pl.col("n") * REPLICATES
    todo = todo.with_columns(cells=cells, task=(cells.cum_sum() - cells).over(*_PLACE) // CELLS)
    together = todo.group_by(*_PLACE, "task", maintain_order=True)
    return [_part(data, days, labels.filter(network=key[0])) for key, days in together]


def _part(data: Path, days: pl.DataFrame, entity: pl.DataFrame) -> Part:
    told = [Day(*row) for row in days.select(*Day.__slots__).iter_rows()]
    files = tuple(days["file"].unique(maintain_order=True))
    return Part(data, files, tuple(told), entity, days["labels"][0], version())


def sweep_part(part: Part) -> str:
    """Compute a part and write it, unless it is there; returns its name.

    Raises OtherVersion where it is to be computed by other formulas than those here.
    """
    if part.version != version():
        raise OtherVersion(f"formulas {part.version} are asked for, here are {version()}")
    Landing(part.data).parts.keep_swept(part.name, lambda: _computed(part))
    return part.name


def _computed(part: Part) -> pl.DataFrame:
    """All that a part tells, in an order of its own."""
    wanted = {(day.height, day.population): day for day in part.days}
    landing = Landing(part.data, [part.data / "landing" / name for name in part.files])
    found = [pl.DataFrame(schema=SCHEMA)]
    with scratch(part.name, landing, memory()) as draft:
        draft.replace("entity", part.entity)
        draft.take_in()
        heights = dict(draft.table("SELECT id, height FROM snapshot").iter_rows())
        asked = {height for height, _ in wanted}
        for groups in draft.by_party(sorted(one for one, height in heights.items() if height in asked)):
            names = dict(draft.table("SELECT id, name FROM population").iter_rows())
            keys = zip(groups.snapshot.tolist(), groups.population.tolist(), strict=True)
            days = {place: wanted.get((heights[one], names[of])) for place, (one, of) in enumerate(keys)}
            found.append(rows(groups, {place: day for place, day in days.items() if day}))
    return pl.concat(found).sort("height", "population", "scenario", "metric")


def forget_unused(mart: Tables, landing: Landing) -> Sequence[Path]:
    """Drop the parts of which a mart has nothing, of other formulas, labels or snapshots; returns them."""
    used = set(mart.table("SELECT DISTINCT part FROM sweep")["part"])
    unused = [path for path in landing.parts.swept() if path.stem not in used]
    for path in unused:
        path.unlink()
    return unused
