"""Every reading of Fetch.ai against answers of a real fetchd v0.14.1 and of a chain on SDK 0.53 with liquid staking."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from analytics.decimals import ONE
from analytics.power.delegations import Delegations
from analytics.votes.rules import seats
from analytics.votes.tally import choices, power_of, stake, tally
from ingest.cosmos.governance import dialect, votes
from ingest.cosmos.lcd import Lcd
from ingest.cosmos.stake import delegators, shares, validators
from ingest.fields import table
from ingest.network import Reading
from ingest.networks import fetch
from publish.voters import Stake
from store.addresses import account, bech32, keyless, module_address
from store.impossible import check
from store.rows import Facts
from tests.ingest.cosmos.test_stake import amounts, at_once
from tests.worlds.recordings import Recording, recorded_chain, recording, with_invented_past

# The folder of the recording and its block.
RECORDED = {"fetchd_v0_14_1": 243, "sdk_0_53_standin": 166}
# Readings that measure the time of a block, for which only one block was recorded.
TIMED = ("economy", "emission", "emission_split")
# The contracts of the second code were not asked for when the answers were recorded.
UNASKED = {"/cosmwasm/wasm/v1/code/2/contracts": {"contracts": [], "pagination": {"next_key": None}}}


@pytest.fixture(scope="module", params=RECORDED)
def found(request: pytest.FixtureRequest, shared: Path) -> Recording:
    return recording(shared / "cosmos" / request.param, RECORDED[request.param], **UNASKED)


@pytest.fixture(name="node")
def recorded_node(found: Recording) -> Iterator[Lcd]:
    with recorded_chain(found) as node:
        yield node


def taken(reading: Reading, node: Lcd) -> Facts:
    facts: Facts = reading.facts(node, at_once, list)
    check(facts, reading.kind, tolerance=reading.tolerance)
    return facts


@pytest.mark.parametrize("name", [one.name for one in fetch.READINGS if one.name not in TIMED])
def test_every_reading_reads_what_a_real_node_answered(node: Lcd, name: str) -> None:
    reading = next(one for one in fetch.READINGS if one.name == name)
    facts = taken(reading, node)
    assert facts.empty or not facts.rows.is_empty()


@pytest.mark.parametrize("name", TIMED)
def test_emission_is_read_with_an_invented_block_before_the_recorded_one(found: Recording, name: str) -> None:
    reading = next(one for one in fetch.READINGS if one.name == name)
    with recorded_chain(with_invented_past(found, 100, timedelta(seconds=100))) as node:
        assert not taken(reading, node).rows.is_empty()


def test_each_delegation_is_worth_what_the_node_says(node: Lcd) -> None:
    facts, told = delegators(node, at_once), 0
    for operator in validators(node).rows["holder"]:
        held = amounts(facts, f"delegators@{operator}")
        listed = node.pages(f"/cosmos/staking/v1beta1/validators/{operator}/delegations", "delegation_responses", list)
        assert held == {row["delegation"]["delegator_address"]: int(row["balance"]["amount"]) for row in listed}
        told += len(listed)
    assert told > 10


def test_the_tally_repeated_from_what_is_read_is_the_nodes(node: Lcd) -> None:
    ballots, held = votes(node).rows, shares(node, at_once).rows
    for proposal in ("2", "5"):
        body = node.get(f"{dialect(node)}/proposals/{proposal}/tally", table)["tally"]
        result = tally(*stake(held), choices(ballots, proposal), account=account)
        assert result.options == {name.removesuffix("_count"): int(amount) for name, amount in body.items()}
        assert sum(result.options.values()) > 0


def test_nobody_votes_for_tokenised_shares_so_their_validator_keeps_them(shared: Path) -> None:
    folder = shared / "cosmos/sdk_0_53_standin"
    with recorded_chain(recording(folder, RECORDED[folder.name], **UNASKED)) as node:
        bonded, delegations = stake(shares(node, at_once).rows)
        records = node.pages("/gaia/liquid/v1beta1/tokenize_share_records", "records", list)
        liquid = node.get("/gaia/liquid/v1beta1/total_liquid_staked", table)["tokens"]
    powers = [(delegator, operator, power_of(held, bonded[operator])) for delegator, operator, held in delegations]
    tokenised = {(delegator, operator) for delegator, operator, _ in powers if delegator in keyless([delegator])}
    accounts = {bech32("fetch", module_address("lsm", row["module_account"])): row["validator"] for row in records}
    assert tokenised == set(accounts.items())
    assert len(tokenised) == 3
    own = sum(power for delegator, operator, power in powers if delegator == account(operator))
    tokens = {operator: one.tokens * ONE for operator, one in bonded.items()}
    nobody = keyless(delegator for delegator, _, _ in powers)
    kept = sum(seat.kept for seat in seats(tokens, powers, account=account, keyless=nobody))
    assert (kept - own) // ONE == int(liquid)
    elsewhere: Counter[str] = Counter()
    for delegator, operator, power in powers:
        for other in tokens:
            elsewhere[other] += power if delegator == account(other) != account(operator) else 0
    held = Stake.of(tokens, Delegations.of(powers)).delegations
    # If all vote for themselves who can, this is left to validators.
    found = {voter: power for voter, _, power in held.voted(held.names).rows()}
    assert not found.keys() & accounts.keys()
    for seat in seats(tokens, powers, account=account, keyless=nobody):
        assert found.get(seat.name, 0) == pytest.approx(seat.kept + elsewhere[seat.name], rel=1e-12)


def test_an_address_of_a_contract_is_no_tokenised_share(shared: Path) -> None:
    with recorded_chain(recording(shared / "cosmos/fetchd_v0_14_1", 243, **UNASKED)) as node:
        contracts = node.pages("/cosmwasm/wasm/v1/code/1/contracts", "contracts", list)
    assert len(contracts) == 3
    assert not keyless(contracts)
