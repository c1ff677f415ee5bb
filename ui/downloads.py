"""Files that a reader takes along: CSV for spreadsheets, Parquet for programs, each row with its source."""

from collections.abc import Sequence
from io import BytesIO
from typing import Final

import polars as pl
import streamlit as st

from questions import freshness
from store.mart import current
from ui import inert, provenance, served
from ui.provenance import Provenance, with_provenance

# Room for a whole proposal title or identity; a name of ten thousand letters is cut in files too.
LONGEST_TEXT: Final = 1000
# A browser's download passes through the memory of the server.
LARGEST_DOWNLOAD: Final = 200 * 10**6


def csv(frame: pl.DataFrame) -> bytes:
    """The frame as CSV in UTF-8 with a byte-order mark, which Excel needs; no cell runs as a formula."""
    return inert.cells(frame, LONGEST_TEXT).write_csv(include_bom=True).encode()


def parquet(frame: pl.DataFrame) -> bytes:
    """The frame as Parquet; programs read text as text, so only invisible letters are taken out."""
    texts = [name for name, kind in frame.schema.items() if kind == pl.String]
    plain = [
        pl.Series(name, [None if text is None else inert.plain(text, LONGEST_TEXT) for text in frame[name]])
        for name in texts
    ]
    target = BytesIO()
    frame.with_columns(plain).write_parquet(target)
    return target.getvalue()


def marked(frame: pl.DataFrame, *, simulated: bool) -> pl.DataFrame:
    """The frame; where every number of the mart is invented each row says so, of whatever source it is."""
    return frame.with_columns(mart_simulated=pl.lit(value=True)) if simulated else frame


def buttons(frame: pl.DataFrame, name: str, sources: Sequence[Provenance], *, key: str) -> None:
    """CSV and Parquet of a table; the bytes are made when somebody clicks."""
    # Sources say it of themselves; what rests on many readings has the mart to say it.
    simulated = any(one.simulated for one in sources) if sources else served.asked(freshness.simulated)
    # on_click: Streamlit would run the whole page again for each file.
    stem = inert.file_name("deai", *["simulated"] * simulated, name, *provenance.stem(sources))
    with st.container(horizontal=True):
        st.download_button(
            "CSV",
            lambda: csv(marked(with_provenance(frame, sources, name), simulated=simulated)),
            f"{stem}.csv",
            "text/csv",
            key=f"{key}-csv",
            on_click="ignore",
            icon=":material/download:",
        )
        st.download_button(
            "Parquet",
            lambda: parquet(marked(with_provenance(frame, sources, name), simulated=simulated)),
            f"{stem}.parquet",
            "application/vnd.apache.parquet",
            key=f"{key}-parquet",
            on_click="ignore",
            icon=":material/download:",
        )


def mart_file() -> None:
    """The published database, as one file."""
    path = current(served.folder())
    size = path.stat().st_size
    if size > LARGEST_DOWNLOAD:
        st.caption(f"The database has {size / 1e6:,.0f} MB; copy `{path.name}` from the data folder of the server.")
        return
    st.download_button(
        f"Database ({size / 1e6:,.0f} MB)",
        path.read_bytes,
        path.name,
        "application/vnd.duckdb",
        key="mart",
        on_click="ignore",
        icon=":material/database:",
    )
