"""What is broken by the ledger: what failed when it was last asked for, and since when."""

from datetime import UTC, datetime
from typing import Any

import pytest

from publish.trouble import troubles
from store.ledger import Run, frame

DAY = datetime(2026, 3, 1, tzinfo=UTC)


def run(hour: int, *, failed: tuple[str, ...] = (), read: tuple[str, ...] | None = None) -> Run:
    """A run that began at an hour; `read` of None: a line of before it was told what was read, and who is to blame."""
    places = [tuple(place.split("/")) for place in failed]
    told: dict[str, Any] = {
        "id": str(hour),
        "started": DAY.replace(hour=hour).isoformat(),
        "errors": [{"network": n, "reading": r, "error": "SourceDown", "message": "refused"} for n, r in places],
    }
    if read is not None:
        told["read"] = list(read)
        told["faults"] = [
            {"network": n, "readings": [r], "host": "lcd.example", "cause": "silent", "message": "refused"}
            for n, r in places
        ]
    return told  # type: ignore[return-value]


STAKE, NAMES = "akash/stake", "akash/names"


@pytest.mark.parametrize(
    ("runs", "since"),
    [
        ([], {}),
        ([run(1, read=(STAKE,))], {}),
        ([run(1, failed=(STAKE,), read=())], {STAKE: 1}),
        ([run(1, failed=(STAKE,), read=()), run(2, failed=(STAKE,), read=())], {STAKE: 1}),
        ([run(1, failed=(STAKE,), read=()), run(2, read=(STAKE,))], {}),
        ([run(1, failed=(STAKE,), read=()), run(2, read=(STAKE,)), run(3, failed=(STAKE,), read=())], {STAKE: 3}),
        # A run that did not ask for it says nothing of it.
        (
            [run(1, failed=(STAKE,), read=()), run(2, read=(NAMES,)), run(3, failed=(NAMES,), read=())],
            {STAKE: 1, NAMES: 3},
        ),
        # Lines of before: what they do not call failed was read.
        ([run(1, failed=(STAKE, NAMES)), run(2, failed=(NAMES,))], {NAMES: 1}),
        ([run(1, failed=(STAKE,)), run(2, failed=(STAKE,), read=())], {STAKE: 1}),
    ],
)
def test_a_reading_is_broken_since_the_first_of_the_runs_in_which_it_failed_in_a_row(
    runs: list[Run], since: dict[str, int]
) -> None:
    found = {
        f"{row['network']}/{row['reading']}": row["since"].hour for row in troubles(frame(runs)).iter_rows(named=True)
    }
    assert found == since


def test_a_line_of_before_blames_no_host_and_tells_the_error() -> None:
    (row,) = troubles(frame([run(1, failed=(STAKE,))])).to_dicts()
    assert (row["host"], row["cause"], row["message"]) == ("", "down", "SourceDown: refused")


def test_a_torn_file_is_no_reading_that_fails() -> None:
    torn = run(1, read=())
    torn["errors"] = [{"network": "", "reading": "", "error": "BadData", "message": "torn"}]
    assert troubles(frame([torn])).is_empty()
