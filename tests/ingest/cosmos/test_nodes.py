"""Readings against real Cosmos SDK nodes: 0.45 (Fetch.ai's dialect), 0.46 (the first gov v1) and 0.53 (Akash's)."""

import base64
from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from urllib3.util import Retry

from analytics.decimals import scaled
from analytics.votes.tally import Tally, choices, stake, tally, thresholds
from ingest.backfill import Backfill, Day, Lacking, readable
from ingest.cosmos import keys
from ingest.cosmos.control import authorities, parameters, signing
from ingest.cosmos.emission import economy, economy_beside_mint, emission, span, supply
from ingest.cosmos.governance import deposits, open_proposals, proposals, votes
from ingest.cosmos.keys import Account, Named
from ingest.cosmos.lcd import PROVISIONS, CosmosChain, Lcd
from ingest.cosmos.liquid import liquid_shares
from ingest.cosmos.past_votes import votes_cast
from ingest.cosmos.readings import readings
from ingest.cosmos.stake import consensus_power, delegators, names, shares, validators
from ingest.fields import instant
from ingest.job import Outcome, read_at, read_network
from ingest.network import Network
from ingest.recording import CUT, READ, record
from ingest.transport import Http
from store.addresses import account, bech32
from store.faults import Cause
from store.impossible import check
from store.landed import contents
from store.landing import Landing
from store.rows import Facts, Kind
from tests.ingest.cosmos.test_stake import amounts, as_the_chain_rounds, at_once
from tests.worlds.bundles import bundle, replayed
from tests.worlds.cosmos_node import VERSIONS, Node, running
from tests.worlds.cosmos_world import (
    CLOSING,
    CROWDED,
    DELEGATORS,
    DENOM,
    FINAL,
    IN_DEPOSIT,
    KEYS,
    MULTISIG,
    OPEN,
    PASSED,
    PREFIX,
    VALIDATORS,
    VETOED,
    module_account,
)
from tests.worlds.lcd import ONE
from tests.worlds.servers import free_port

pytestmark = pytest.mark.slow
OPTIONS = ("yes", "abstain", "no", "no_with_veto")


@pytest.fixture(scope="module", params=VERSIONS)
def node(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    with running(request.param, tmp_path_factory.mktemp(request.param)) as found:
        yield found


@pytest.fixture(name="http", scope="module")
def impatient_http() -> Iterator[Http]:
    with Http(per_second=1_000, patience=Retry(0)) as found:
        yield found


@pytest.fixture(name="lcd", scope="module")
def head(node: Node, http: Http) -> Lcd:
    """The chain at one of its newest blocks; what a test has asked there is remembered for the next."""
    return CosmosChain(node.chain_id, ()).head(http, [node.url])


@pytest.fixture(name="first", scope="module")
def first_block(node: Node, http: Http) -> Lcd:
    """The chain at its first block: both proposals can still be voted on, however late the test runs."""
    return CosmosChain(node.chain_id, ()).at(http, [node.url], 1)


def gov(node: Node) -> str:
    return "/cosmos/gov/v1beta1" if node.version == "sdk45" else "/cosmos/gov/v1"


def told_tally(found: dict[str, Any]) -> dict[str, int]:
    return {option: int(found.get(option, found.get(f"{option}_count", ""))) for option in OPTIONS}


def told_votes(node: Node, proposal: int, height: int | None = None) -> list[Any]:
    """The votes that the node has, in pages that stay below its message size."""
    rows, key = [], ""
    while True:
        asked = {"pagination.limit": "50", **({"pagination.key": key} if key else {})}
        body = node.get(f"{gov(node)}/proposals/{proposal}/votes", asked, height)
        rows += body["votes"]
        if not (key := body["pagination"]["next_key"]):
            return rows


def captured_tally(at: Lcd, proposal: int) -> Tally:
    """The tally repeated from nothing but captured facts."""
    ballots, held = votes(at), shares(at, at_once)
    check(ballots, Kind.VOTES)
    check(held, Kind.OBSERVATIONS)
    found, delegations = stake(held.rows)
    return tally(found, delegations, choices(ballots.rows, str(proposal)), account=account)


def test_stake_is_what_the_node_reports(node: Node, lcd: Lcd) -> None:
    facts = validators(lcd)
    check(facts, Kind.HOLDINGS)
    world = node.world
    assert amounts(facts, "validators") == {world.operator(number): world.tokens(number) for number in world.bonded}
    pool = node.get("/cosmos/staking/v1beta1/pool", height=lcd.block.height)["pool"]
    assert facts.reported == {"validators": int(pool["bonded_tokens"])}
    assert len(facts.rows) == 100


def test_consensus_power_is_what_the_node_signs_with(node: Node, lcd: Lcd) -> None:
    facts = consensus_power(10**6)(lcd)
    path = f"/cosmos/base/tendermint/v1beta1/validatorsets/{lcd.block.height}"
    signers = node.get(path, {"pagination.limit": "100"})["validators"]
    assert sorted(facts.rows["amount"].to_list()) == sorted(int(row["voting_power"]) for row in signers)


def test_every_delegator_has_what_the_node_reports(node: Node, lcd: Lcd) -> None:
    facts = delegators(lcd, at_once)
    check(facts, Kind.HOLDINGS, tolerance=10**4)
    world = node.world
    held: dict[str, int] = defaultdict(int)
    for (delegator, number), amount in world.delegations.items():
        if number in world.bonded:
            held[delegator] += as_the_chain_rounds(Fraction(amount * world.tokens(number), world.shares[number]))
    found = amounts(facts, "delegators")
    assert found == {delegator: tokens // ONE for delegator, tokens in held.items()}
    assert len(found) > DELEGATORS * 0.9
    for delegator in sorted(found)[::60]:
        rows = node.get(f"/cosmos/staking/v1beta1/delegations/{delegator}")["delegation_responses"]
        for row in rows:
            operator = row["delegation"]["validator_address"]
            behind = amounts(facts, f"delegators@{operator}")
            assert behind.get(delegator, int(row["balance"]["amount"])) == int(row["balance"]["amount"])


def test_the_tally_while_voting_goes_on_is_the_nodes(node: Node, first: Lcd) -> None:
    for proposal in (CLOSING, OPEN):
        result = captured_tally(first, proposal)
        told = node.get(f"{gov(node)}/proposals/{proposal}/tally", height=1)["tally"]
        assert result.options == told_tally(told)
        assert len(result.voters) == len(told_votes(node, proposal, height=1)) >= 640
        assert any(power.overridden for power in result.voters.values())
        assert any(len(choice) > 1 for choice in choices(votes(first).rows, str(proposal)).values())


def test_the_tally_of_the_newest_block_is_the_nodes(node: Node, lcd: Lcd) -> None:
    told = node.get(f"{gov(node)}/proposals/{OPEN}/tally", height=lcd.block.height)["tally"]
    assert captured_tally(lcd, OPEN).options == told_tally(told)


def test_after_the_count_the_votes_are_gone_and_the_capture_still_gives_the_result(
    node: Node, first: Lcd, lcd: Lcd
) -> None:
    assert told_votes(node, CLOSING) == []
    assert str(CLOSING) not in set(votes(lcd).rows["proposal"])
    final = node.get(f"{gov(node)}/proposals/{CLOSING}")["proposal"]
    result = captured_tally(first, CLOSING)
    assert result.options == told_tally(final["final_tally_result"])
    rule = thresholds(parameters(lcd).rows)
    assert (result.outcome(rule), final["status"]) == ("passed", "PROPOSAL_STATUS_PASSED")


def test_proposals_are_what_the_node_reports(node: Node, lcd: Lcd) -> None:
    facts = proposals(lcd)
    check(facts, Kind.PROPOSALS)
    found = {int(row["proposal"]): row for row in facts.rows.iter_rows(named=True)}
    assert {number: {option: found[number][option] for option in OPTIONS} for number in FINAL} == FINAL
    assert found[IN_DEPOSIT]["status"] == "deposit_period"
    assert found[IN_DEPOSIT]["yes"] is found[IN_DEPOSIT]["voting_end"] is None
    assert found[PASSED]["title"] == f"Proposal {PASSED}"
    assert found[VETOED]["status"] == "rejected"
    assert found[OPEN]["voting_end"] == node.world.start + timedelta(days=2)
    assert found[OPEN]["expedited"] == (node.version == "sdk53")
    told = node.get(f"{gov(node)}/proposals/{OPEN}/tally", height=lcd.block.height)["tally"]
    assert {option: found[OPEN][option] for option in OPTIONS} == told_tally(told)
    assert set(open_proposals(lcd).rows["proposal"]) >= {str(OPEN), str(IN_DEPOSIT)}


def test_deposits_are_what_the_node_holds_for_open_proposals(node: Node, lcd: Lcd) -> None:
    facts = deposits(lcd)
    check(facts, Kind.OBSERVATIONS)
    held = node.get(f"/cosmos/bank/v1beta1/balances/{module_account('gov')}", height=lcd.block.height)["balances"]
    assert sum(int(amount) for amount in facts.rows["exact"]) == sum(int(coin["amount"]) for coin in held)


def test_parameters_are_what_the_node_reports(node: Node, lcd: Lcd) -> None:
    facts = parameters(lcd)
    check(facts, Kind.OBSERVATIONS)
    found = {(row["subject"], row["name"]): row["exact"] for row in facts.rows.iter_rows(named=True)}
    staking = node.get("/cosmos/staking/v1beta1/params")["params"]
    assert found["staking", "unbonding_time"] + "s" == staking["unbonding_time"]
    assert found["staking", "max_validators"] == str(staking["max_validators"]) == "100"
    assert found["gov", "quorum"] == node.get(f"{gov(node)}/params/tallying")["tally_params"]["quorum"]
    assert found["gov", "voting_period"] == "172800"
    assert found[f"gov|{DENOM}", "min_deposit"] == "10000000"
    assert found["slashing", "signed_blocks_window"] == "1000000"
    assert found["distribution", "community_tax"] == "0.020000000000000000"
    assert "mint_denom" in {name for module, name in found if module == "mint"}


def test_emission_is_what_a_block_adds_to_the_supply(node: Node, lcd: Lcd, http: Http) -> None:
    facts = emission(lcd)
    check(facts, Kind.HOLDINGS)
    before = CosmosChain(node.chain_id, ()).at(http, [node.url], lcd.block.height - 1)
    minted = supply(lcd, DENOM) - supply(before, DENOM)
    # Each of the hundred validators' shares is cut to whole units.
    assert 0 <= span(lcd).a_day(minted) - sum(facts.rows["amount"].to_list()) <= 101
    pool = amounts(facts, "pool")[module_account("distribution")]
    assert pool == span(lcd).a_day(minted) * 2 // 100


def test_the_economy_is_what_the_node_reports(node: Node, lcd: Lcd) -> None:
    facts = economy(lcd)
    check(facts, Kind.OBSERVATIONS)
    found = {(row["name"], row["subject"]): row["exact"] for row in facts.rows.iter_rows(named=True)}
    height = lcd.block.height
    assert found["inflation", ""] == node.get("/cosmos/mint/v1beta1/inflation", height=height)["inflation"]
    pool = node.get("/cosmos/distribution/v1beta1/community_pool", height=height)["pool"]
    assert found["community_pool", DENOM] == next(coin["amount"] for coin in pool if coin["denom"] == DENOM)
    listed = node.get("/cosmos/bank/v1beta1/supply", height=height)["supply"]
    assert found["supply", ""] == next(coin["amount"] for coin in listed if coin["denom"] == DENOM)


def test_the_supply_of_the_staked_token_seals_a_block_as_well(node: Node, lcd: Lcd, http: Http) -> None:
    """As on a chain whose mint module is its own: what does not ask that module is the same."""
    bank = "/cosmos/bank/v1beta1/supply"
    route = f"{bank}/{DENOM}" if node.version == "sdk45" else f"{bank}/by_denom?denom={DENOM}"
    chain = CosmosChain(node.chain_id, (), sealed_by=route)
    one, before = (chain.at(http, [node.url], lcd.block.height - back) for back in (0, 1))
    assert one.block == lcd.block
    told = {name: (exact, unit) for name, exact, unit in told_by(economy_beside_mint(one))}
    assert told["supply"] == (str(supply(lcd, DENOM)), DENOM)
    assert told.items() <= {name: (exact, unit) for name, exact, unit in told_by(economy(lcd))}.items()
    assert supply(before, DENOM) < supply(one, DENOM), "it tells one block from the next"


def told_by(facts: Facts) -> Iterator[tuple[str, str, str]]:
    yield from facts.rows.select("name", "exact", "unit").iter_rows()


def test_who_signs_is_what_the_last_commit_says(node: Node, lcd: Lcd) -> None:
    facts = signing(lcd)
    check(facts, Kind.OBSERVATIONS)
    rows = facts.rows.filter(pl.col("name") == "absent")
    world = node.world
    assert set(rows["subject"]) == {world.operator(number) for number in world.bonded if number}
    share = facts.rows.filter(pl.col("name") == "signing_share")["value"][0]
    assert share == pytest.approx(world.tokens(0) / sum(world.tokens(number) for number in world.bonded))
    jailed = facts.rows.filter(pl.col("name") == "jailed")
    assert set(jailed["subject"]) == {world.operator(number) for number in range(5, VALIDATORS, 12)}


def test_names_and_authorities_are_read(node: Node, lcd: Lcd) -> None:
    facts = names(lcd)
    check(facts, Kind.OBSERVATIONS)
    monikers = facts.rows.filter(pl.col("name") == "moniker")
    assert dict(monikers.select("subject", "exact").rows()) == {
        node.world.operator(number): f"validator {number}" for number in range(VALIDATORS)
    }
    found = authorities(lcd, at_once)
    check(found, Kind.OBSERVATIONS)
    authority = found.rows.filter(pl.col("name") == "authority")["exact"].to_list()
    assert authority == [module_account("gov")]


def test_a_page_too_large_for_the_node_is_read_in_smaller_ones(node: Node, lcd: Lcd) -> None:
    path = f"{gov(node)}/proposals/{OPEN}/votes"
    answer = node.answer(path, {"pagination.limit": "1000"})
    if node.version == "sdk45":  # which has no limit
        assert len(answer.json()["votes"]) == 640
    else:
        assert (answer.status_code, answer.json()["code"]) == (429, 8)
        assert "larger than max" in answer.text
    assert len(lcd.pages(path, "votes", list)) == 640


def proposing(node: Node, title: str, deposit: str) -> tuple[str, ...]:
    """The command that proposes a text."""
    kind = "submit-proposal" if node.version == "sdk45" else "submit-legacy-proposal"
    return ("gov", kind, "--title", title, "--description", "again", "--type", "Text", "--deposit", deposit)


def test_votes_sent_as_transactions_are_found_again(node: Node, http: Http) -> None:
    node.send(("alice", *proposing(node, "Found", f"10000000{DENOM}")))
    listed = node.get(f"{gov(node)}/proposals", {"pagination.limit": "100", "proposal_status": "2"})["proposals"]
    number = max(int(row.get("id", row.get("proposal_id"))) for row in listed)
    node.send(
        ("alice", "gov", "vote", str(number), "yes"),
        ("bob", "gov", "weighted-vote", str(number), "yes=0.6,no=0.3,no_with_veto=0.1"),
        ("carol", "gov", "vote", str(number), "abstain"),
    )
    node.send(("carol", "gov", "vote", str(number), "no"))
    height = int(node.get("/cosmos/base/tendermint/v1beta1/blocks/latest")["block"]["header"]["height"])
    node.wait_for(height + 3)
    lcd = CosmosChain(node.chain_id, ()).head(http, [node.url])
    key = ["proposal", "voter", "option", "weight"]
    told = node.get(f"{gov(node)}/proposals/{number}")["proposal"]
    found = votes_cast(lcd, told).select(key).sort(key)
    stored = votes(lcd).rows.filter(pl.col("proposal") == str(number)).select(key).sort(key)
    assert found.equals(stored)
    assert set(found["voter"]) == set(node.world.signers)
    assert len(found) == 5


def test_what_signs_for_an_account_is_what_the_node_knows(node: Node, http: Http) -> None:
    """A key that has signed, the keys of a multisig, a module, and an address of which the chain knows nothing."""
    alice, *_ = node.world.signers
    node.send(("alice", *proposing(node, "Signed", f"100000{DENOM}")))
    height = int(node.get("/cosmos/base/tendermint/v1beta1/blocks/latest")["block"]["header"]["height"])
    node.wait_for(height + 3)
    lcd = CosmosChain(node.chain_id, ()).head(http, [node.url])
    told = node.get(f"{keys.ACCOUNTS}/{alice}")["account"]["pub_key"]["key"]
    assert keys.addressed(base64.b64decode(told), PREFIX) == alice
    assert keys.account(lcd, alice) == Account("key")
    assert keys.account(lcd, MULTISIG) == Account("contract", 2, tuple(keys.addressed(one, PREFIX) for one in KEYS))
    assert keys.account(lcd, module_account("gov")) == Account("module")
    assert keys.account(lcd, bech32(PREFIX, bytes(20))) == Account("")
    # None of these has a token factory, contracts or tokenised shares.
    over = Named(DENOM, {"bridge": bech32(PREFIX, bytes(32))})
    assert keys.control(over)(lcd).rows.is_empty()
    absent = (keys.control_state(over)(lcd), liquid_shares(lcd))
    assert [facts.rows["exact"].to_list() for facts in absent] == [["absent"], ["absent"]]


def landed(node: Node, http: Http, folder: Path, *names: str, at: Lcd | None = None) -> tuple[Landing, list[Outcome]]:
    """What a run makes of readings over two endpoints of which the first is dead, or at a block of the past."""
    chain = CosmosChain(node.chain_id, (f"http://127.0.0.1:{free_port()}", node.url))
    wanted = [reading for reading in readings(DENOM, 10**6) if not names or reading.name in names]
    network = Network("cosmos", "", "", "", DENOM, 6, f"bech32:{PREFIX}", chain, tuple(wanted))
    landing = Landing(folder)
    if at is None:
        return landing, read_network(network, wanted, http, landing, lambda _: None)
    return landing, read_at(network, wanted, lambda: at, http, landing)


def test_what_a_node_answers_is_recorded_and_replayed(
    node: Node, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chain = CosmosChain(node.chain_id, ())
    network = Network("cosmos", "", "", "", DENOM, 6, f"bech32:{PREFIX}", chain, readings(DENOM, 10**6))
    monkeypatch.setenv("COSMOS_URL", f"http://127.0.0.1:{free_port()},{node.url}")
    record([network], tmp_path / "bundle", per_second=1_000, patience=Retry(0))
    again = replayed(bundle(tmp_path / "bundle")["cosmos"], {"cosmos": network})
    told = again.recorded.readings
    assert [name for name, one in told.items() if one["became"] not in (READ, CUT)] == []
    assert len([name for name, one in told.items() if one["became"] == READ]) > 12
    assert {name: why for name in told if (why := again.differs(name))} == {}


def rows_of(landing: Landing, node: Node, reading: str) -> pl.DataFrame:
    (path,) = (landing.folder / "cosmos" / node.chain_id / reading).glob("*.parquet")
    (found,) = contents(path)
    return landing.read(path, found.snapshot.key)


def test_with_one_endpoint_of_two_dead_every_reading_lands(node: Node, http: Http, tmp_path: Path) -> None:
    landing, outcomes = landed(node, http, tmp_path)
    assert [(one.reading, one.message) for one in outcomes if one.error] == []
    assert len(outcomes) == 18
    behind = rows_of(landing, node, "delegators").filter(population=f"delegators@{node.world.operator(CROWDED)}")
    shares = [amount for (_, number), amount in node.world.delegations.items() if number == CROWDED]
    assert len(behind) == len(shares) > 1_000
    held = rows_of(landing, node, "shares").filter(pl.col("subject").str.ends_with(node.world.operator(CROWDED)))
    assert sum(scaled(text) for text in held.filter(name="shares")["exact"]) == sum(shares)


def test_the_shares_of_a_closing_vote_land_whole(node: Node, http: Http, first: Lcd, tmp_path: Path) -> None:
    """At the first block, where one of the proposals ends with the second."""
    landing, (outcome,) = landed(node, http, tmp_path, "closing_shares", at=first)
    assert outcome.message == ""
    held = rows_of(landing, node, "closing_shares").filter(name="shares")
    of_bonded = [key for key in node.world.delegations if key[1] in node.world.bonded]
    assert len(held) == len(of_bonded)


def past(node: Node, http: Http, height: int, folder: Path) -> tuple[Landing, list[Day]]:
    """What a backfill makes of the moment just before a block, of which it knows no more than its time."""
    time = instant(node.get(f"/cosmos/base/tendermint/v1beta1/blocks/{height}"), "block", "header", "time")
    chain = CosmosChain(node.chain_id, (node.url,))
    network = Network("cosmos", "", "", "", DENOM, 6, f"bech32:{PREFIX}", chain, readings(DENOM, 10**6))
    wanted = (*readable(network), *readable(network, ["delegators"]))
    lacking = Lacking(network, time - timedelta(microseconds=1), timedelta(days=1), wanted)
    landing = Landing(folder)
    return landing, list(Backfill([network], http).read([lacking], landing))


def test_a_moment_of_the_past_is_read_at_its_own_state(node: Node, http: Http, tmp_path: Path) -> None:
    landing, (day,) = past(node, http, 13, tmp_path)
    assert [(one.reading, one.message) for one in day.outcomes if one.error] == []
    assert day.height == 13
    then, now = (node.get(PROVISIONS, height=height)["annual_provisions"] for height in (13, 14))
    told = rows_of(landing, node, "economy").filter(name="annual_provisions")["exact"].to_list()
    assert [scaled(one) for one in told] == [scaled(then)] != [scaled(now)]


def test_a_node_that_prunes_says_that_it_keeps_no_state_that_old(http: Http, tmp_path: Path) -> None:
    """In words that all three versions have in common; to start each takes ten seconds."""
    with running("sdk53", tmp_path / "home", keeps=5) as node:
        node.wait_for(30)
        _, (day,) = past(node, http, 7, tmp_path)
        newest = int(node.get("/cosmos/base/tendermint/v1beta1/blocks/latest")["block"]["header"]["height"])
        landing, (kept,) = past(node, http, newest - 3, tmp_path)
    assert day.height is None
    assert {fault.cause for one in day.outcomes for fault in one.faults} == {Cause.LACKS}
    assert (kept.height, len(landing.files()) > 5) == (newest - 3, True)
