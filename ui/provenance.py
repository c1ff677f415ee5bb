"""Where a drawn number comes from: the line under every chart and the last columns of every CSV."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import polars as pl

from ui import inert, words

# More networks than these are counted, not named.
NAMED: Final = 3


@dataclass(frozen=True, slots=True)
class Provenance:
    """One set of facts behind a chart: whose, of what, in which unit, at which block, asked from whom, and how."""

    network: str
    population: str
    unit: str
    height: int | None
    time: datetime
    source: str
    method: str = ""
    grouping: str = ""
    n: int | None = None
    simulated: bool = False
    chain_id: str = ""
    hash: str = ""

    @property
    def host(self) -> str:
        """The source without its scheme: a reader wants the name, and a browser makes no link of it."""
        return self.source.partition("://")[2] or self.source

    def line(self, now: datetime) -> str:
        """Network, unit, block, age and source as one line of Markdown."""
        where = words.block(self.height) if self.height is not None else f"fetched {words.moment(self.time)}"
        parts = [inert.markdown(self.network)]
        counted = [inert.markdown(words.counted(self.n, self.population))] if self.n is not None else []
        counted += [inert.markdown(self.grouping)] if self.grouping else []
        parts += [", ".join(counted)] if counted else []
        parts += [f"in {inert.markdown(self.unit)}"] if self.unit else []
        said = "**simulated**" if self.simulated else f"source {inert.markdown(self.host)}"
        return " · ".join([*parts, where, words.age(self.time, now), said])


def line(sources: Sequence[Provenance], now: datetime) -> str:
    """All sources of a chart; several networks one after the other."""
    return "  \n".join(dict.fromkeys(source.line(now) for source in sources))


def stem(sources: Sequence[Provenance]) -> list[str]:
    """What the name of a file says of its source: the network where there is one, and the block of the first."""
    networks = list(dict.fromkeys(source.network for source in sources))
    # Of several networks the block of one would name all.
    heights = [str(source.height) for source in sources[:1] if source.height is not None]
    return [*networks, *heights] if len(networks) == 1 else []


def signature(sources: Sequence[Provenance]) -> str:
    """Networks, population, block and whether it is simulated, short enough for the foot of a small picture."""
    networks = list(dict.fromkeys(source.network for source in sources))
    told = networks if len(networks) <= NAMED else [f"{len(networks)} networks"]
    things = {source.population for source in sources}
    told += [things.pop()] if len(things) == 1 else []
    heights = {source.height for source in sources}
    told += [words.block(height) for height in heights if height is not None and len(heights) == 1]
    told += ["simulated"] if any(source.simulated for source in sources) else []
    return " · ".join(part for part in told if part)


# What each row of a file says of itself, and which column of its own says it better: that of a history, row by row.
OWN: Final = {
    "source_population": "population",
    "source_block": "height",
    "source_hash": "hash",
    "source_time": "time",
    "source_chain": "chain_id",
    "source_endpoint": "endpoint",
    "source_simulated": "simulated",
}
TOLD: Final = pl.Schema(
    {
        "network": pl.String(),
        "source_population": pl.String(),
        "source_grouping": pl.String(),
        "source_unit": pl.String(),
        "source_chain": pl.String(),
        "source_block": pl.Int64(),
        "source_hash": pl.String(),
        "source_time": pl.Datetime("us", "UTC"),
        "source_endpoint": pl.String(),
        "source_simulated": pl.Boolean(),
    }
)
# What names the version of the formula by which a row was computed.
VERSIONS: Final = ("method_version", "resampled_by", "rule")


def with_provenance(frame: pl.DataFrame, sources: Sequence[Provenance], metric: str = "") -> pl.DataFrame:
    """A frame whose rows say what they are and where they come from, so that a CSV stands on its own.

    With several sources, the rows' own column `network` says which source is theirs; where a network has several, only
    what they agree on is told. metric: what the rows are of, where they do not say it themselves.
    """
    found = _joined(frame, pl.DataFrame(list(map(_row, sources)), schema=TOLD, orient="row"))
    if {"height", "hash"} <= {*frame.columns}:
        # Rows of many blocks: each tells of its own.
        found = found.with_columns(pl.col(own).alias(name) for name, own in OWN.items() if own in frame.columns)
    named = pl.col("metric") if "metric" in frame.columns else pl.lit(metric)
    version = next((pl.col(name) for name in VERSIONS if name in frame.columns), pl.lit(None, pl.String))
    return found.with_columns(source_metric=named, source_method_version=version)


def _row(source: Provenance) -> tuple[object, ...]:
    """What a source says of itself, in the order of TOLD."""
    read = (source.chain_id, source.height, source.hash, source.time, source.source, source.simulated)
    return (source.network, source.population, source.grouping, source.unit, *read)


def _joined(frame: pl.DataFrame, told: pl.DataFrame) -> pl.DataFrame:
    """Each row with what its source says; where nobody can tell which one that is, with nothing of each."""
    if told.height == 1:
        return frame.join(told.drop("network") if "network" in frame.columns else told, how="cross")
    if "network" not in frame.columns or told.is_empty():
        nothing = [pl.lit(None, dtype).alias(name) for name, dtype in TOLD.items() if name not in frame.columns]
        return frame.with_columns(nothing)
    agreed = [pl.when(pl.col(name).n_unique() == 1).then(pl.col(name).first()) for name in told.columns[1:]]
    return frame.join(told.group_by("network").agg(agreed), on="network", how="left", maintain_order="left")
