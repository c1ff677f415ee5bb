"""What it costs to stop a chain, and how few more it takes today: from what landed, unknown where something did not."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from ingest.networks import networks
from ingest.publication import build
from questions import halting
from store.addresses import account
from store.landing import Landing
from store.mart import opened
from store.rows import Facts, Kind, Measure, frame, holdings, observation
from tests.worlds.hamlet import address, snapshot

pytestmark = pytest.mark.slow

NOW = datetime(2026, 7, 17, 12, tzinfo=UTC)
OPERATORS = [address("akashvaloper", place) for place in range(4)]
# With A 40, B 30, C 20, D 10; of it their own: A 20, B 3, C 2, D nothing.
BONDED, OWN = (40, 30, 20, 10), (20, 3, 2, 0)
FRACTIONS = {"slash_fraction_downtime": "0.01", "slash_fraction_double_sign": "0.05"}
CHAIN = ("akash", "akashnet-2")


def bonds(data: Path) -> None:
    """Delegations of each operator's own account, and of one other."""
    rows = [
        (f"delegators@{operator}", holder, amount * 10**6)
        for operator, bonded, own in zip(OPERATORS, BONDED, OWN, strict=True)
        for holder, amount in ((account(operator), own), (address("akash", 99), bonded - own))
        if amount
    ]
    one = snapshot(*CHAIN, "delegators", Kind.HOLDINGS, NOW, measure=Measure.STAKE, unit="uakt")
    Landing(data).land(one, Facts(holdings(rows)))


def fractions(data: Path) -> None:
    rows = [observation(name, NOW, value, "ratio", subject="slashing") for name, value in FRACTIONS.items()]
    Landing(data).land(snapshot(*CHAIN, "parameters", Kind.OBSERVATIONS, NOW), Facts(frame(Kind.OBSERVATIONS, rows)))


def price(data: Path, at: datetime = NOW) -> None:
    row = observation("price_usd", at, 2, "USD", subject="AKT", source="coingecko")
    one = snapshot("prices", "prices", "now_coingecko", Kind.OBSERVATIONS, at)
    Landing(data).land(one, Facts(frame(Kind.OBSERVATIONS, [row])))


def costs(data: Path) -> dict[str, dict[str, Any]]:
    build(data, networks())
    with opened(data) as mart:
        return {row["fault"]: row for row in mart.table("FROM halt_cost").iter_rows(named=True)}


def test_the_cost_of_a_halt_is_what_the_cheapest_third_can_lose(tmp_path: Path) -> None:
    bonds(tmp_path)
    fractions(tmp_path)
    price(tmp_path)
    found = costs(tmp_path)
    halt, fork = found["silence"], found["double signing"]
    # B needs C or D, and D has nothing of its own: 40 of 100 with 3 of their own.
    for one in (halt, fork):
        assert sorted(json.loads(one["operators"])) == sorted([OPERATORS[1], OPERATORS[3]])
        assert (one["bonded"], one["own"], one["controlled_usd"], one["reason"]) == (40 * 10**6, 3 * 10**6, 80, "")
    assert (halt["loss_usd"], halt["delegators_loss_usd"]) == pytest.approx((0.06, 0.74))
    assert (fork["loss_usd"], fork["delegators_loss_usd"]) == pytest.approx((0.3, 3.7))


def test_what_was_not_read_is_unknown_and_never_nothing(tmp_path: Path) -> None:
    bonds(tmp_path)
    price(tmp_path, NOW - timedelta(days=9))
    halt = costs(tmp_path)["silence"]
    assert (halt["bonded"], halt["own"]) == (40 * 10**6, 3 * 10**6)
    assert halt["controlled_usd"] is halt["loss_usd"] is halt["fraction"] is None
    assert halt["reason"].startswith("slash_fraction_downtime was not read; no price: stale")


def test_of_a_chain_whose_self_bonds_were_not_read_nothing_is_told(tmp_path: Path) -> None:
    fractions(tmp_path)
    price(tmp_path)
    assert costs(tmp_path) == {}


def signed(data: Path, back: int, *absent: int) -> None:
    """Who signed at a block so many days ago, and who had which power."""
    at = NOW - timedelta(days=back)
    power = holdings(("validators", operator, bonded) for operator, bonded in zip(OPERATORS, BONDED, strict=True))
    one = snapshot(*CHAIN, "consensus", Kind.HOLDINGS, at, measure=Measure.VOTING_POWER, unit="power")
    Landing(data).land(one, Facts(power))
    rows = [observation("signing_share", at, 0.5, "ratio")]
    rows += [observation("absent", at, BONDED[place], "uakt", subject=OPERATORS[place]) for place in absent]
    of = snapshot(*CHAIN, "signing", Kind.OBSERVATIONS, at, newest_only=True)
    Landing(data).land(of, Facts(frame(Kind.OBSERVATIONS, rows)))


def slack(data: Path) -> pl.DataFrame:
    with opened(data) as mart:
        return mart.table(
            "SELECT date_diff('day', s.time, ?) AS back, k.* FROM slack k JOIN snapshot s ON s.id = k.snapshot "
            "ORDER BY s.time DESC",
            NOW,
        )


def test_slack_is_told_of_thirty_days_and_a_rebuild_tells_the_same(tmp_path: Path) -> None:
    signed(tmp_path, 40)
    signed(tmp_path, 9, 1)
    signed(tmp_path, 2, 0)
    build(tmp_path, networks())
    signed(tmp_path, 0, 3)
    build(tmp_path, networks())
    found = slack(tmp_path)
    # Without D a third needs A; without B any other is enough; A alone is a third.
    assert found["back"].to_list() == [0, 2, 9]
    assert found["operators"].to_list() == [1, 0, 1]
    assert found["absent"].to_list() == [1, 1, 1]
    assert found["share"].to_list() == [0.1, 0.4, 0.3]
    with opened(tmp_path) as mart:
        now = halting.slack(mart, "akash")
        assert now is not None
        assert (now.operators, now.least, now.least_at, now.blocks) == (1, 0, NOW - timedelta(days=2), 3)
        assert halting.slack(mart, "fetch") is None
    build(tmp_path, networks(), afresh=True)
    assert slack(tmp_path).drop("snapshot").equals(found.drop("snapshot"))


def test_who_has_which_power_at_another_block_is_not_told(tmp_path: Path) -> None:
    rows = [observation("signing_share", NOW, 1, "ratio")]
    one = snapshot(*CHAIN, "signing", Kind.OBSERVATIONS, NOW, newest_only=True)
    Landing(tmp_path).land(one, Facts(frame(Kind.OBSERVATIONS, rows)))
    signed(tmp_path, 1)
    build(tmp_path, networks())
    assert slack(tmp_path)["back"].to_list() == [1]


def test_churn_is_a_half_where_half_of_it_went_to_others(tmp_path: Path) -> None:
    for back, holders in ((30, (0, 1)), (0, (0, 2))):
        at = NOW - timedelta(days=back)
        rows = holdings(("validators", OPERATORS[place], 5) for place in holders)
        one = snapshot(*CHAIN, "consensus", Kind.HOLDINGS, at, measure=Measure.VOTING_POWER, unit="power")
        Landing(tmp_path).land(one, Facts(rows))
    build(tmp_path, networks())
    with opened(tmp_path) as mart:
        assert mart.table("SELECT churn FROM change")["churn"].to_list() == [0.5]
