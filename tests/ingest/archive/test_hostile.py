"""An archive that means ill: months that would fill the memory, hide rows, or say what no note of ours says.

The server is real, what it serves is invented: no archive is known that does so.
"""

import hashlib
import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import polars as pl
import pyarrow.parquet as pq
import pytest

from ingest.archive.mirror import Mirrored, archive_http, mirror
from ingest.archive.package import PACKAGE, Package, written
from ingest.archive.pieces import LANDING, Held, Piece
from ingest.networks import networks
from store.sealed import BLANK, METADATA, note, restamped
from tests.worlds.each import each
from tests.worlds.libraries import PLACE, Server, files, landed, library
from tests.worlds.servers import serving

MONTH: Final = "/".join((LANDING, *PLACE, "2026-10.parquet"))
OTHER: Final = "/".join((*PLACE, "2026-09.parquet"))


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Landing and archive of the small library."""
    return library(tmp_path_factory.mktemp("library")).parent


def sealed(content: bytes) -> bytes:
    """The same bytes with a seal that holds, whatever else its note says."""
    place = content.rfind(BLANK.encode())
    return content[:place] + hashlib.sha256(content).hexdigest().encode() + content[place + len(BLANK) :]


@dataclass
class Month:
    """A month's file as whoever means ill writes it: rows, note, and how it is written."""

    rows: pl.DataFrame
    told: dict[str, Any]
    options: dict[str, Any] = field(default_factory=dict)
    text: str = ""

    @property
    def entry(self) -> dict[str, Any]:
        """What its note tells of the one snapshot."""
        entry: dict[str, Any] = self.told["snapshots"][0]
        return entry

    def many(self, rows: pl.DataFrame) -> None:
        """Other rows, of which the note tells as many."""
        self.rows = rows.select(self.rows.columns).cast(dict(self.rows.schema))  # type: ignore[arg-type]
        self.entry["n"] = rows.height

    @property
    def content(self) -> bytes:
        """The file, with a seal that holds."""
        text = self.text or json.dumps({"seal": BLANK, **{k: v for k, v in self.told.items() if k != "seal"}})
        table = self.rows.to_arrow(compat_level=pl.CompatLevel.oldest()).replace_schema_metadata({METADATA: text})
        file = io.BytesIO()
        pq.write_table(table, file, **{"compression": "zstd", **self.options})
        if BLANK not in text:
            return file.getvalue()
        return sealed(file.getvalue()) if self.text else restamped(file.getvalue())

    def archived(self, beside: Mapping[str, bytes]) -> dict[str, bytes]:
        """An archive that has it, and tells of it what is so, and another month that is as it should be."""
        content = self.content
        held = tuple(Held(int(one["height"]), one["sha256"]) for one in self.told["snapshots"])
        piece = Piece(MONTH, len(content), hashlib.sha256(content).hexdigest(), held)
        whole = json.loads(written(Package((piece,))))
        whole["resources"] += [one for one in json.loads(beside[PACKAGE])["resources"] if "2026-09" in one["path"]]
        return {**beside, PACKAGE: json.dumps(whole).encode(), piece.name: content}


def october(shelf: Path) -> Month:
    """The month as it was landed."""
    [right] = (shelf / "archive").rglob("2026-10.*.parquet")
    return Month(pl.read_parquet(right, glob=False), note(right))


def taken(month: Month, beside: Mapping[str, bytes], data: Path) -> Mirrored:
    """What comes of mirroring it."""
    with serving(Server(month.archived(beside))) as url, archive_http() as http:
        return mirror(url, data, http, networks())


def of_rows(rows: Callable[[pl.DataFrame], pl.DataFrame]) -> Callable[[Month], None]:
    """Other rows."""
    return lambda month: month.many(rows(month.rows))


def of_note(**other: object) -> Callable[[Month], None]:
    """Something else in the note of its snapshot."""
    return lambda month: month.entry.update(other)


def with_column(**columns: pl.Expr) -> Callable[[Month], None]:
    """Columns that no file of ours has, or that have other values."""

    def change(month: Month) -> None:
        month.rows = month.rows.with_columns(**columns)

    return change


def written_so(**options: object) -> Callable[[Month], None]:
    """The same rows, written in another way."""
    return lambda month: month.options.update(options)


def longer(rows: pl.DataFrame) -> pl.DataFrame:
    """One holder of a hundred million letters, which zstd makes a few thousand of."""
    return rows.with_columns(holder=pl.when(pl.int_range(pl.len()) == 0).then(pl.lit("x" * 10**8)).otherwise("holder"))


def nested(month: Month) -> None:
    """A note that is nested without end."""
    month.text = f'{{"seal": "{BLANK}", "snapshots": ' + "[" * 100_000


def unsealed(month: Month) -> None:
    """Many rows in a file as they were written before there were seals."""
    month.many(pl.concat([month.rows.head(1)] * 1_000_000))
    month.text = json.dumps(
        {**{name: told for name, told in month.told.items() if name != "seal"}, "schema_version": 2}
    )


def twice(month: Month) -> None:
    """A note that tells of one block twice."""
    month.rows = pl.concat([month.rows] * 2)
    month.told["snapshots"].append(month.entry)


HOSTILE: Final[dict[str, tuple[Callable[[Month], None], str]]] = {
    "many-rows": (
        of_rows(lambda rows: pl.concat([rows.head(1)] * 1_000_000)),
        "would take 61 MiB of memory, 46 are allowed; DEAI_MEMORY allows more",
    ),
    "many-rows-without-a-seal": (unsealed, "would take 61 MiB of memory"),
    "a-long-text": (of_rows(longer), "would take 95 MiB of memory"),
    "a-shared-text": (
        of_rows(lambda rows: pl.concat([rows.head(1)] * 20_000).with_columns(holder=pl.lit("x" * 10_000))),
        "would take 191 MiB of memory",
    ),
    "texts-that-begin-as-those-before": (
        written_so(use_dictionary=False, column_encoding={"holder": "DELTA_BYTE_ARRAY"}),
        "a page that is not written as ours are",
    ),
    "a-column-more": (with_column(more=pl.lit(1)), "has other columns than its snapshots"),
    "columns-in-a-column": (with_column(population=pl.struct("population")), "columns in columns"),
    "a-list": (with_column(holder=pl.concat_list("holder")), "columns in columns"),
    "bytes-for-texts": (with_column(holder=pl.col("holder").cast(pl.Binary)), "columns of other kinds"),
    "numbers-for-amounts": (with_column(amount=pl.col("amount").cast(pl.Float64)), "columns of other kinds"),
    "rows-of-no-snapshot": (
        lambda month: setattr(
            month, "rows", pl.concat([month.rows, month.rows.with_columns(snapshot_height=pl.lit(7, pl.Int64))])
        ),
        "has 6 rows, its snapshots 3",
    ),
    "rows-of-no-height": (
        with_column(snapshot_height=pl.when(pl.col("holder") > "b").then(None)),
        "not those it tells of",
    ),
    "a-block-twice": (twice, "it holds a block twice"),
    "nested": (nested, "recursion"),
    "an-endpoint-that-is-a-number": (of_note(endpoint=5), "endpoint is '5'"),
    "a-reading-that-is-a-list": (of_note(reading=["validators"]), "reading is"),
    "totals-that-are-a-list": (of_note(reported=["validators"]), "reported is"),
    "rows-that-are-true": (of_note(n=True), "True rows"),
    "rows-that-are-less-than-none": (of_note(n=-3), "-3 rows"),
    "a-time-of-another-zone": (of_note(time="9999-12-31T23:59:59-05:00"), "which is not in UTC"),
    "a-time-of-no-zone": (of_note(since="2026-10-01T00:00:00"), "which is not in UTC"),
    "a-total-without-end": (of_note(reported={"validators": "9" * 5000}), "no landing file"),
}


@pytest.mark.slow
@each("name", HOSTILE)
def test_a_month_that_means_ill_is_refused_by_name_and_costs_no_other(
    name: str, shelf: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    right = next((shelf / "data").rglob("2026-10.parquet"), None) or next(
        (shelf / "archive").rglob("2026-10.*.parquet")
    )
    month = Month(pl.read_parquet(right, glob=False), note(right))
    HOSTILE[name][0](month)
    data = tmp_path_factory.mktemp(name)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DEAI_MEMORY", "48MB")
        came = taken(month, files(shelf / "archive"), data)
    [why] = came.refused
    assert "2026-10." in why
    assert HOSTILE[name][1] in why
    assert list(landed(data)) == [OTHER]


def test_a_height_that_is_no_whole_number_names_no_block(shelf: Path, tmp_path: Path) -> None:
    month = october(shelf)
    month.entry["height"] = float(month.entry["height"])
    assert "height is" in taken(month, files(shelf / "archive"), tmp_path).refused[0]


def test_what_is_written_otherwise_and_says_the_same_is_taken(shelf: Path, tmp_path: Path) -> None:
    month = october(shelf)
    month.options = {"row_group_size": 1, "data_page_version": "2.0"}
    came = taken(month, files(shelf / "archive"), tmp_path)
    assert (came.files, came.refused) == (2, [])
