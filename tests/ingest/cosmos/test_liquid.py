"""Tokenised shares: whose they are, and that the accounts which follow from the records are those that delegate."""

from dataclasses import replace
from pathlib import Path

import pytest

from ingest.cosmos.liquid import liquid_shares
from ingest.cosmos.stake import delegators
from store.addresses import keyless
from store.faults import SourceDown
from store.rows import Facts
from tests.ingest.cosmos.test_lcd import pinned
from tests.ingest.cosmos.test_stake import amounts, at_once
from tests.worlds.lcd import ONE, State, Validator, account, chain, valoper
from tests.worlds.recordings import recorded_chain, recording

RECORD = {
    "id": "1",
    "owner": account(1),
    "module_account": "tokenizeshare_1",
    "validator": valoper(1),
}
STATE = State([Validator(0, 10, 10 * ONE)])


def told(facts: Facts) -> dict[tuple[str, str], str]:
    rows = facts.rows.select("name", "subject", "exact").iter_rows()
    return {(name, subject): exact for name, subject, exact in rows}


def test_the_recorded_accounts_hold_all_that_the_chain_calls_liquid(shared: Path) -> None:
    with recorded_chain(recording(shared / "cosmos/sdk_0_53_standin", 166)) as node:
        found, held = told(liquid_shares(node)), amounts(delegators(node, at_once), "delegators")
    accounts = {subject for name, subject in found if name == "liquid_owner"}
    assert len(accounts) == 3
    assert keyless(accounts) == accounts
    # Each account's tokens are cut to whole units.
    assert 0 <= int(found["liquid_staked", ""]) - sum(held[one] for one in accounts) <= len(accounts)
    assert {exact for (name, _), exact in found.items() if name == "liquid_owner"} == {
        "fetch1dp6wv0jnvrjec6hcyfr35gv43agwem2pteadu6",
        "fetch1682rzsqhfr8mp4lkyg0nnkpf5m7gpjv9apclww",
        "fetch1k8f00z0j34xa3mvxjfeh4kkft7vhgh27gha36z",
    }


def test_a_chain_without_tokenised_shares_says_so() -> None:
    with pinned(chain(STATE)) as node:
        assert told(liquid_shares(node)) == {("module", "liquid"): "absent"}


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"module_account": "tokenizeshare_2"}, "has the account tokenizeshare_2"),
        ({"owner": ""}, "is no address"),
        ({"validator": "nobody"}, "is no address"),
        ({"id": "one"}, "is no whole number"),
    ],
)
def test_a_record_of_another_shape_is_refused(wrong: dict[str, str], said: str) -> None:
    path = "/gaia/liquid/v1beta1/tokenize_share_records"
    bodies = {path: {"records": [RECORD | wrong], "pagination": {"next_key": None, "total": "1"}}}
    with pinned(chain(replace(STATE, bodies=bodies))) as node, pytest.raises(SourceDown, match=said):
        liquid_shares(node)
