"""A rebuild in parts: the metrics of some landing files, wherever they are computed, for the one who builds the mart.

A part follows from what landed, the labels and the formulas alone, and is named by them. Who builds takes in the parts
that are there and computes by himself what is missing; they are gone when the mart is published.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Final

import polars as pl

from analytics.spread.batches import Threshold
from ingest.cluster import Mapped, OtherVersion
from ingest.settings import memory
from publish.concentration import method_version, metrics
from store.draft import Draft, scratch
from store.landing import Landing
from store.layout import LAYOUT
from store.reference import ENTITIES

# Holdings of a part: about a CPU-second; a file that has more is a part by itself.
ROWS: Final = 2_000_000
_FILES: Final = """
    SELECT network, file, sum(n)::BIGINT AS n, string_agg(height || ' ' || sha256, ' ' ORDER BY height) AS hashes
    FROM snapshot WHERE kind = 'holdings' GROUP BY ALL ORDER BY network, file
"""


@dataclass(frozen=True)
class Part:
    """Landing files of one network, by the hashes of what is in them, and its labels.

    data: the data folder, which everybody who computes sees under this path. files: below its landing folder.
    """

    data: Path
    files: Mapping[str, str]
    entity: pl.DataFrame
    rules: tuple[Threshold, ...]
    version: str

    @property
    def name(self) -> str:
        """A hash of all from which it follows."""
        labels = self.entity.write_json()
        return sha256(f"{self.version} {LAYOUT} {sorted(self.files.items())} {labels}".encode()).hexdigest()[:32]


def measure_part(part: Part) -> str:
    """Compute a part and write it, unless it is there; returns its name. Raises OtherVersion."""
    if part.version != method_version(part.rules):
        raise OtherVersion(f"formulas {part.version} are asked for, here are {method_version(part.rules)}")
    Landing(part.data).parts.keep_measured(part.name, lambda: _computed(part))
    return part.name


def _computed(part: Part) -> Mapping[str, pl.DataFrame]:
    landing = Landing(part.data, [part.data / "landing" / name for name in part.files])
    with scratch(part.name, landing, memory()) as draft:
        draft.replace("entity", part.entity)
        draft.take_in()
        draft.measure(part.version, partial(metrics, rules=part.rules))
        return draft.measured()


def measure_elsewhere(draft: Draft, rules: Sequence[Threshold], shared: Mapped) -> None:
    """Let others compute the metrics of all that a draft has, and take them in; after `take_in` and the labels."""
    tasks = _parts(draft, tuple(rules))
    for name in shared(measure_part, tasks, [part.name for part in tasks]):
        draft.take_in_measured(name, method_version(rules))


def _parts(draft: Draft, rules: tuple[Threshold, ...]) -> list[Part]:
    labels = draft.table("FROM entity").select(*ENTITIES)
    before = pl.col("n").cum_sum().over("network") - pl.col("n")
    together = draft.table(_FILES).with_columns(task=before // ROWS).group_by("network", "task", maintain_order=True)
    return [
        Part(
            draft.landing.folder.parent,
            dict(files.select("file", "hashes").iter_rows()),
            labels.filter(network=network),
            rules,
            method_version(rules),
        )
        for (network, _), files in together
    ]
