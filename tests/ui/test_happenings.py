"""What happened is read without a chart: number, day, network, what, and who says so."""

from datetime import UTC, datetime

import polars as pl

from tests.worlds.gallery_names import HOSTILE
from ui import happenings, inert

WHEN = datetime(2026, 6, 23, tzinfo=UTC)


def event(mark: str, time: datetime, title: str, source: str | None) -> pl.DataFrame:
    return pl.DataFrame(
        {"mark": [mark], "time": [time], "called": ["Bittensor"], "title": [title], "source": [source]},
        schema_overrides={"source": pl.String},
    )


def test_each_event_is_a_line_by_its_number_in_order_of_time() -> None:
    later = event("28", WHEN.replace(day=30), "Simulated", None)
    rows = pl.concat([later, event("27", WHEN, HOSTILE[0], "https://github.com/a/b")])
    first, second = happenings.listed(rows).splitlines()
    title = inert.markdown(HOSTILE[0], 300)
    assert first == f"* **27** · 23 Jun 2026 · Bittensor: {title} ([github.com](https://github.com/a/b))"
    assert second.endswith("30 Jun 2026 · Bittensor: Simulated (simulated)")
    assert happenings.listed(rows.clear()) == "No event in this period."
