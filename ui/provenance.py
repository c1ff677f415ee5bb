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
    heights = [str(source.height) for source in sources[:1] if source.height is not None]
    return [*(networks if len(networks) == 1 else []), *heights]


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


def with_provenance(frame: pl.DataFrame, sources: Sequence[Provenance]) -> pl.DataFrame:
    """A frame whose rows say where they come from, so that a CSV stands on its own.

    With several sources, the rows' own column `network` says which source is theirs; where a network has several, only
    what they agree on is told.
    """
    if not sources:
        return frame
    told = pl.DataFrame(
        [
            {
                "network": source.network,
                "source_population": source.population,
                "source_grouping": source.grouping,
                "source_unit": source.unit,
                "source_block": source.height,
                "source_time": source.time,
                "source_endpoint": source.source,
                "source_simulated": source.simulated,
            }
            for source in sources
        ],
        infer_schema_length=None,
    )
    if len(sources) == 1:
        return frame.join(told.drop("network") if "network" in frame.columns else told, how="cross")
    if "network" not in frame.columns:
        return frame
    agreed = [pl.when(pl.col(name).n_unique() == 1).then(pl.col(name).first()) for name in told.columns[1:]]
    return frame.join(told.group_by("network").agg(agreed), on="network", how="left", maintain_order="left")
