"""The change of thirty days is split into its causes, and they add up."""

from datetime import datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from analytics.spread.change import Known, decomposed
from questions import month
from questions.populations import Population, populations
from store.draft import Draft
from store.labels import ENTITIES
from store.landing import Landing
from store.mart import Mart, opened
from store.rows import Block, Facts, Kind, Measure, Snapshot, holdings
from tests.questions.conftest import one
from tests.questions.test_ranking import NOON


def test_a_change_without_labels_is_real_moves(mart: Mart, known: list[Population]) -> None:
    change = month.month(mart, one(known, "akash", "validators", "validators"))
    assert change is not None
    assert change.after - change.before == pytest.approx(change.moves)
    assert change.population == change.relabelling == change.price == 0


def test_a_first_reading_has_no_month(mart: Mart, known: list[Population]) -> None:
    assert month.month(mart, one(known, "bittensor", "emission", "recipients")) is None


def then_and_now(data: Path, recorded: datetime | None) -> Mart:
    """The worked example of docs/verdicts.md: D joined with 20, and B and C turned out to be one party."""
    for back, amounts in ((30, {"a": 50, "b": 30, "c": 20}), (0, {"a": 50, "b": 10, "c": 20, "d": 20})):
        block = Block(1000 - back, "0a", NOON - timedelta(days=back))
        snapshot = Snapshot("x", "x-1", "validators", Kind.HOLDINGS, Measure.STAKE, "u", block, "", "https://x.example")
        Landing(data).land(snapshot, Facts(holdings(("validators", *row) for row in amounts.items())))
    rows = [("x", where, "bc", "BC", "operator", None, None, "a public page", recorded) for where in "bc"]
    with Draft(data) as draft:
        draft.replace("entity", pl.DataFrame(rows, schema=ENTITIES, orient="row"))
        draft.take_in()
        for batch in draft.unmeasured("1"):
            draft.load_holdings(batch)
            draft.describe_distributions("address")
            draft.mark_measured(batch, "1")
        draft.keep_newest()
        draft.publish(NOON)
    return opened(data)


def test_the_worked_example_comes_out_by_its_causes(tmp_path: Path) -> None:
    with then_and_now(tmp_path, NOON - timedelta(days=1)) as mart:
        (population,) = populations(mart)
        change = month.month(mart, population)
    assert change is not None
    assert (change.before, change.after) == pytest.approx((1 / 0.38, 1 / 0.38))
    assert change.population == pytest.approx(0)
    assert change.relabelling == pytest.approx(2 - 1 / 0.38)
    assert change.moves == pytest.approx(1 / 0.38 - 2)


def test_an_operator_found_from_its_own_words_was_one_party_all_along(tmp_path: Path) -> None:
    with then_and_now(tmp_path, None) as mart:
        (population,) = populations(mart)
        change = month.month(mart, population)
    assert change is not None
    assert change.relabelling == pytest.approx(0)
    assert change.before == pytest.approx(2)


def test_protocol_accounts_are_nobody() -> None:
    known = Known(frozenset("abc"), {"c": month.NOBODY}, None, {"a": 1, "b": 1, "c": 98})
    assert month.effective(known) == 2
    assert decomposed(known, known, month.effective).after == 2
