"""Yardsticks are measured by our own metrics, from shares that a person can check."""

from pathlib import Path

import polars as pl
import pytest

from publish.yardsticks import rows
from store import reference
from store.faults import BadData
from store.reference import YARDSTICKS

PLAIN = {
    "yardstick": "a", "title": "A", "thing": "parties", "amounts": [40, 30, 10], "total": 100, "unit": "1/100",
    "rule": "nc_gt_1_2", "deciding": "for half", "of_day": None, "note": "n", "source": "s", "recorded_at": None,
    "checked_at": None,
}  # fmt: skip


def measured(**changed: object) -> dict[str, object]:
    found = rows(pl.DataFrame([{**PLAIN, **changed}], schema=YARDSTICKS))
    return found.select("m_low", "m_high", "k_low", "k_high").row(0, named=True)


def test_whoever_is_not_listed_has_no_more_than_the_last_that_is() -> None:
    # The missing fifth is two of ten, or dust.
    found = measured()
    assert found["m_low"] == pytest.approx(1 / (0.16 + 0.09 + 0.03))
    assert found["m_high"] == pytest.approx(1 / (0.16 + 0.09 + 0.01 + 20 * 0.0001))
    assert (found["k_low"], found["k_high"]) == (2, 2)


def test_a_whole_list_has_one_number() -> None:
    found = measured(amounts=[50, 25, 25], rule="nc_ge_1_3")
    assert list(found.values()) == [pytest.approx(1 / 0.375), pytest.approx(1 / 0.375), 1, 1]


def test_a_rule_that_is_no_metric_is_refused() -> None:
    with pytest.raises(BadData, match=r"^yardsticks\.toml: a has a rule 'half', which is no metric"):
        measured(rule="half")


@pytest.mark.parametrize("amounts", ["[]", "[1, 2]", "[90, 20]", "[5, 0]", "[5, -1]", "[1.5]", "5", '["5"]', "[true]"])
def test_amounts_that_are_not_the_largest_first_are_refused(tmp_path: Path, amounts: str) -> None:
    row = {"yardstick": '"a"', "title": '"A"', "thing": '"p"', "amounts": amounts, "total": "100", "unit": '"u"',
           "rule": '"nc_gt_1_2"', "deciding": '"d"', "of_day": "2026-01-01", "note": '"n"', "source": '"s"',
           "recorded_at": "2026-01-01"}  # fmt: skip
    path = tmp_path / "yardsticks.toml"
    path.write_text("[[yardstick]]\n" + "\n".join(f"{name} = {text}" for name, text in row.items()))
    with pytest.raises(BadData, match=r"^yardsticks\.toml: a has "):
        reference.yardsticks(path)


# By hand: two of 37 and 14 % are over half; 25, 7.5 and 7.5 % over a third; of 121,093,128 ATOM a third is 40,364,376,
# and the first four have 40,167,678; 28, 21 and 14 % are over half; one has 53 %.
FEWEST = {"bitcoin-pools": 2, "ethereum-stakers": 3, "cosmos-hub-2019": 5, "clouds": 3, "labs": 1}


def test_the_files_own_numbers_are_those_counted_by_hand() -> None:
    found = rows(reference.yardsticks())
    assert dict(found.select("yardstick", "k_low").iter_rows()) == FEWEST
    assert dict(found.select("yardstick", "k_high").iter_rows()) == FEWEST
    assert (found["m_low"] <= found["m_high"]).all()
    assert found["source"].str.starts_with("https://").all()
