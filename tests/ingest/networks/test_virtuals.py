"""Virtuals: its file says what the research says, and reads contracts of our own that stand in for its own.

The contracts stand at the addresses and after the first block of the file (tests/nodes/evm/virtuals): they prove how it
reads the rules of their sources, and no more.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from urllib3.util import Retry
from web3 import Web3
from web3.contract import Contract

from ingest.evm.base import BASE
from ingest.evm.governor import CAST
from ingest.evm.node import EvmNode
from ingest.job import read_network
from ingest.network import DAILY, HOURLY, Reading
from ingest.networks.virtuals import (
    ADMIN_ROLE,
    AGENTS,
    CONTRACTS,
    ESCROW,
    GOVERNOR,
    MARKET,
    NETWORK,
    ON_ETHEREUM,
    PAYMENTS,
    SINCE,
    USDC,
    VIRTUAL,
)
from ingest.transport import Http
from ingest.virtuals import locks, market, typists
from store.faults import SourceChanged
from store.landing import Landing
from store.rows import Facts
from tests.worlds.evm_node import Anvil, Shelf, at_their_places
from tests.worlds.evm_provider import error
from tests.worlds.good.clock import NOW
from tests.worlds.good.evm import HOLDERS, SECONDS_A_BLOCK, evm
from tests.worlds.servers import Reply, Request, serving

pytestmark = pytest.mark.slow

READINGS = {reading.name: reading for reading in NETWORK.readings}
ONE = 10**18
WEEK = 7 * 86_400
AGAINST, FOR, ABSTAIN, DELIBERATE = range(4)
# Of the first accounts: how much, for how many weeks of 104, and whether it renews itself.
LOCKS = ((1_040, 104, False), (520, 52, False), (300, 104, True), (80, 1, False), (1_040, 104, False))
BRIDGE = "0x4200000000000000000000000000000000000010"
# Who owns the admin of the escrow's proxy, who has the role ADMIN of it, and who typed in the base.
OWNER, ADMIN, TYPIST = 7, 8, 9


def test_its_contracts_are_those_of_the_research(shared: Path) -> None:
    listed = json.loads((shared / "evm" / "contracts.json").read_text())["virtuals"]["contracts"]
    known = {one["lower"]: one for one in listed if one["chain_id"] == 8453}
    assert {*CONTRACTS.values(), GOVERNOR.address, AGENTS, USDC} <= known.keys()
    assert known[ESCROW]["deployed_or_start_block"] == SINCE == GOVERNOR.since
    assert ON_ETHEREUM in {one["lower"] for one in listed if one["chain_id"] == 1}


def test_its_events_are_those_of_the_research(shared: Path) -> None:
    told = json.loads((shared / "evm" / "contracts.json").read_text())["virtuals"]["abi"]
    topics = {one["topic0"] for part in told.values() for one in part if one["kind"] == "event"}
    assert {locks.STAKED, market.JOB, market.PAID, market.PAID_BEFORE, CAST} <= topics


@dataclass
class Base:
    """The chain with all of them at their places; proposals by a name of ours."""

    node: Anvil
    at: Mapping[str, Contract]
    ids: dict[str, int]

    @property
    def accounts(self) -> list[str]:
        return [account.lower() for account in self.node.accounts]

    def ask(self, address: str, function: str, *arguments: Any) -> Any:
        return self.at[address].functions[function](*arguments).call()

    def send(self, address: str, function: str, *arguments: Any, sender: int = 0) -> Any:
        return self.node.send(self.at[address].functions[function](*arguments), sender=sender)

    def wait(self, seconds: int) -> None:
        self.node.ask("evm_increaseTime", seconds)
        self.node.mine(1)

    def action(self) -> tuple[list[str], list[int], list[str]]:
        """What all of them would do."""
        return [VIRTUAL_], [0], [self.at[VIRTUAL].encode_abi("approve", [VIRTUAL_, 0])]

    def propose(self, name: str) -> None:
        receipt = self.send(GOVERNOR.address, "propose", *self.action(), name)
        self.ids[name] = int(receipt["logs"][0]["data"][:32].hex(), 16)


VIRTUAL_ = Web3.to_checksum_address(VIRTUAL)


def deployed(node: Anvil, name: str = "VirtualProtocol") -> Mapping[str, Contract]:
    logic = node.compiled("Escrow", folder="virtuals")
    proxy = node.compiled(
        "Proxied", logic.address, node.accounts[OWNER], logic.encode_abi("maxWeeks"), folder="virtuals"
    )
    escrow = node.w3.eth.contract(proxy.address, abi=logic.abi)
    place = Web3.to_checksum_address(ESCROW)
    return {
        VIRTUAL: node.compiled("Copy", Web3.to_checksum_address(ON_ETHEREUM), BRIDGE, folder="virtuals"),
        ESCROW: escrow,
        GOVERNOR.address: node.compiled("Parliament", name, place, node.accounts[TYPIST], folder="virtuals"),
        AGENTS: node.compiled("Registry", folder="virtuals"),
        MARKET: node.compiled("Market", folder="virtuals"),
        PAYMENTS: node.compiled("Till", folder="virtuals"),
    }


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Base]:
    options = ("--code-size-limit", "60000")
    folder = tmp_path_factory.mktemp("base")
    with at_their_places(folder, deployed, *options, chain=8453, first=SINCE) as (node, contracts):
        chain = Base(node, contracts, {})
        begun(chain)
        locked(chain)
        voted(chain)
        worked(chain)
        yield chain


def begun(chain: Base) -> None:
    """Roles are given where the contracts stand: events of before are of other addresses."""
    admin = chain.node.accounts[ADMIN]
    chain.send(ESCROW, "initialize", VIRTUAL_, admin)
    chain.send(MARKET, "initialize", Web3.to_checksum_address(USDC), admin)
    chain.send(PAYMENTS, "initialize", admin)


def locked(chain: Base) -> None:
    """Five lock, the fourth for a week alone; the fifth is freed with all and takes it out again."""
    for place, (amount, weeks, renews) in enumerate(LOCKS):
        chain.send(VIRTUAL, "mint", chain.node.accounts[place], 10_000 * ONE)
        chain.send(VIRTUAL, "approve", chain.at[ESCROW].address, 10**30, sender=place)
        chain.send(ESCROW, "stake", amount * ONE, weeks, renews, sender=place)
    role = Web3.keccak(text="ADMIN_ROLE")
    chain.send(ESCROW, "setAdminUnlocked", True, sender=ADMIN)
    chain.send(ESCROW, "withdraw", 0, sender=4)
    chain.send(ESCROW, "setAdminUnlocked", False, sender=ADMIN)
    chain.send(ESCROW, "grantRole", role, chain.node.accounts[5], sender=ADMIN)
    chain.send(ESCROW, "revokeRole", role, chain.node.accounts[5], sender=ADMIN)
    chain.wait(4 * WEEK)


def voted(chain: Base) -> None:
    """Three proposals, whose base is typed in after the vote: one passes by it, one fails. Who locked later votes."""
    for name, base in (("without a base", None), ("raised", 10_000 * ONE), ("lowered", 1_000 * ONE)):
        chain.propose(name)
        chain.wait(20)
        if name == "raised":
            # What renews itself counts at a time when it was not there.
            chain.send(ESCROW, "stake", 100 * ONE, 1, True, sender=4)
            chain.send(GOVERNOR.address, "castVote", chain.ids[name], FOR, sender=4)
        for voter, support in ((2, FOR), (0, DELIBERATE), (0, DELIBERATE), (1, ABSTAIN)):
            chain.send(GOVERNOR.address, "castVote", chain.ids[name], support, sender=voter)
        if base is not None:
            end = chain.ask(GOVERNOR.address, "proposalDeadline", chain.ids[name])
            chain.send(GOVERNOR.address, "setTotalSupply", base, end, sender=TYPIST)
        chain.wait(4_000)
    chain.send(GOVERNOR.address, "execute", *chain.action(), Web3.keccak(text="lowered"))


def worked(chain: Base) -> None:
    """Agents, and jobs of which the first is made long before the others."""
    for founder, owner, struck in ((0, 6, False), (0, 6, True), (1, 6, False)):
        chain.send(AGENTS, "add", chain.node.accounts[founder], chain.node.accounts[owner], struck)
    chain.send(AGENTS, "add", "0x" + "00" * 20, chain.node.accounts[6], False)
    chain.send(MARKET, "create", chain.node.accounts[2], sender=0)
    chain.node.mine(200)
    chain.send(MARKET, "create", chain.node.accounts[3], sender=1)
    for job, amount in ((1, 5_000_000), (2, 700_000), (1, 30_000)):
        chain.send(MARKET, "release", job, amount)
    for token, amount in ((USDC, 11), (VIRTUAL, 13)):
        checked = Web3.to_checksum_address(token)
        chain.send(PAYMENTS, "release", 1, chain.node.accounts[3], amount, checked, "nan\ud7ff")
    chain.node.mine(1)


@pytest.fixture
def node(base: Base) -> EvmNode:
    return pinned(base.node)


def pinned(chain: Anvil) -> EvmNode:
    """The newest block at its own time."""
    block = chain.w3.eth.get_block("latest")
    time = datetime.fromtimestamp(block["timestamp"], UTC)
    urls = (chain.url,)
    node = replace(BASE, endpoints=urls, pauses=(), clock=lambda: time).head(Http(per_second=10_000), urls)
    return replace(node, block=node.ask(lambda provider: provider.block(int(block["number"]))))


def read(name: str, node: EvmNode) -> Facts:
    facts = READINGS[name].facts(node, Shelf(), list)
    NETWORK.check(READINGS[name], facts)
    return facts


def held(facts: Facts, population: str) -> dict[str, int]:
    return dict(facts.rows.filter(population=population).select("holder", "amount").iter_rows())


def exact(facts: Facts) -> dict[str, str]:
    return {row["name"]: row["exact"] for row in facts.rows.sort("time").to_dicts()}


def test_locks_are_what_the_escrow_says_and_add_up_to_all_that_it_holds(base: Base, node: EvmNode) -> None:
    facts = read("lockers", node)
    found = held(facts, "lockers")
    assert found == {
        account: amount
        for account in base.accounts
        if (amount := base.ask(ESCROW, "stakedAmountOf", Web3.to_checksum_address(account)))
    }
    # The fifth took out what he had locked first, and has locked less since.
    assert [found[base.accounts[place]] // ONE for place in range(5)] == [1_040, 520, 300, 80, 100]
    assert sum(found.values()) == facts.reported["lockers"] == base.ask(VIRTUAL, "balanceOf", base.at[ESCROW].address)


def test_votes_decay_but_where_a_lock_renews_itself_and_end_with_it(base: Base, node: EvmNode) -> None:
    facts = read("voters", node)
    found = held(facts, "voters")
    ran_out = base.accounts[3]
    assert found == {
        account: base.ask(ESCROW, "balanceOf", Web3.to_checksum_address(account))
        for account in base.accounts[:5]
        if account != ran_out
    }
    assert found[base.accounts[2]] == 300 * ONE
    assert 990 * ONE < found[base.accounts[0]] < 1_000 * ONE
    assert 235 * ONE < found[base.accounts[1]] < 240 * ONE
    # All that is locked is known, so all power is.
    assert sum(found.values()) == facts.reported["voters"]


def test_what_lies_there_without_a_lock_stands_as_missing(base: Base) -> None:
    before = base.node.ask("evm_snapshot")
    base.send(VIRTUAL, "transfer", base.at[ESCROW].address, 7)
    for name in ("lockers", "voters"):
        facts = read(name, pinned(base.node))
        assert facts.reported[name] - facts.rows["amount"].sum() == 7
    base.node.ask("evm_revert", before)


STATES = ("pending", "voting_period", "cancelled", "rejected", "succeeded", "queued", "expired", "executed")


def test_proposals_stand_as_the_governor_says_by_a_base_that_was_typed_in(base: Base, node: EvmNode) -> None:
    found = {row["proposal"]: row for row in read("proposals", node).rows.to_dicts()}
    assert set(found) == {str(number) for number in base.ids.values()}
    for number in base.ids.values():
        row = found[str(number)]
        assert [row["no"], row["yes"], row["abstain"]] == base.ask(GOVERNOR.address, "proposalVotes", number)
        assert row["status"] == STATES[base.ask(GOVERNOR.address, "state", number)]
        end = base.ask(GOVERNOR.address, "proposalDeadline", number)
        assert row["quorum"] == base.ask(GOVERNOR.address, "quorum", end)
        assert row["voting_end"].timestamp() == end
    told = {
        name: (found[str(number)]["status"], found[str(number)]["power"] // ONE) for name, number in base.ids.items()
    }
    assert told == {
        "without a base": ("succeeded", 0),
        "raised": ("rejected", 10_000),
        # Nothing stands between a vote and its effect: no timelock.
        "lowered": ("executed", 1_000),
    }
    assert {row["quorum_counts"] for row in found.values()} == {"yes,abstain"}


def test_votes_carry_what_was_counted_also_of_who_locked_after_the_snapshot(base: Base, node: EvmNode) -> None:
    found = {(row["proposal"], row["voter"]): row["power"] for row in read("votes", node).rows.to_dicts()}
    raised, late = str(base.ids["raised"]), base.accounts[4]
    assert found[raised, late] == 100 * ONE
    for number in base.ids.values():
        counted = sum(base.ask(GOVERNOR.address, "proposalVotes", number))
        assert sum(power for (of, _), power in found.items() if of == str(number)) == counted
        for account in base.accounts:
            voted = base.ask(GOVERNOR.address, "hasVoted", number, Web3.to_checksum_address(account))
            assert ((str(number), account) in found) == voted


def test_the_rule_is_proved_and_has_no_timelock(base: Base, node: EvmNode) -> None:
    found = read("rules", node)
    assert exact(found) == {
        "voting_delay": "10",
        "voting_period": "3600",
        "proposal_threshold": "1",
        "quorum_numerator": "2500",
        "quorum_denominator": "10000",
        "quorum_base": str(1_000 * ONE),
        "proposals": "3",
        "quorum_counts": "yes,abstain",
        "rule": "proved",
        "unread_blocks": "0",
        "to_effect": "3610",
    }
    bases = found.rows.filter(name="quorum_base").sort("time")["exact"].to_list()
    assert bases == [str(10_000 * ONE), str(1_000 * ONE), str(1_000 * ONE)]


def keys_of(node: EvmNode) -> dict[str, list[str]]:
    rows = read("control", node).rows
    return {name: sorted(of["holder"]) for (name,), of in rows.group_by("population", maintain_order=True)}


def test_keys_are_who_types_the_base_who_has_roles_and_who_replaces_code(base: Base, node: EvmNode) -> None:
    found = keys_of(node)
    admin = base.accounts[ADMIN]
    assert found["governor/quorum_base"] == [base.accounts[TYPIST]]
    # The fifth account's was revoked.
    assert found[f"escrow/{ADMIN_ROLE}"] == found["escrow/admin"] == [admin]
    assert found["market/admin"] == found[f"payments/{ADMIN_ROLE}"] == [admin]
    (replaces,) = found["escrow/proxy_admin"]
    assert found[f"{replaces}/owner"] == [base.accounts[OWNER]]
    # A node without the state of before says of none that it was made since: others may have been given before.
    assert {name for name in found if name.endswith("/unknown")} == {
        "escrow/unknown",
        "market/unknown",
        "payments/unknown",
    }


def test_who_types_the_base_is_whoever_was_made_to(base: Base) -> None:
    before = base.node.ask("evm_snapshot")
    base.send(GOVERNOR.address, "setAdmin", base.node.accounts[3], sender=TYPIST)
    assert typists.typists(GOVERNOR, AGENTS)(pinned(base.node))["governor"] == {"quorum_base": (base.accounts[3],)}
    # With other words around it nobody knows whether it is he.
    for slot in (typists.BASES_SLOT, typists.NUMERATORS_SLOT):
        again = base.node.ask("evm_snapshot")
        base.node.ask("anvil_setStorageAt", GOVERNOR.address, hex(slot), f"0x{0:064x}")
        assert typists.typists(GOVERNOR, AGENTS)(pinned(base.node))["governor"] == {"unknown": (GOVERNOR.address,)}
        base.node.ask("evm_revert", again)
    base.node.ask("evm_revert", before)


def test_another_contract_in_the_governors_place_costs_its_readings_and_no_other(tmp_path: Path) -> None:
    def other(node: Anvil) -> Mapping[str, Contract]:
        return deployed(node, "Another")

    with at_their_places(tmp_path, other, "--code-size-limit", "60000", chain=8453, first=SINCE) as (chain, _):
        chain.finalize()
        node = pinned(chain)
        for name in ("proposals", "votes", "past_votes"):
            with pytest.raises(SourceChanged, match="is not proved: it calls itself 'Another'"):
                read(name, node)
        assert exact(read("rules", node)) == {"rule": "not proved: calls itself 'Another', not 'VirtualProtocol'"}
        assert not [name for name in keys_of(node) if name.startswith("governor/")]
        assert exact(read("copy", node)) == {"copy_of": ON_ETHEREUM, "bridge": BRIDGE}


def test_spend_is_what_was_paid_by_provider_and_by_client(
    base: Base, node: EvmNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first job was made before the period: its client is asked for."""
    monkeypatch.setattr("ingest.virtuals.market.PERIOD_BLOCKS", 100)
    facts = read("spend", node)
    assert held(facts, "providers") == {base.accounts[2]: 5_030_000, base.accounts[3]: 700_000}
    assert held(facts, "clients") == {base.accounts[0]: 5_030_000, base.accounts[1]: 700_000}
    assert facts.since is not None
    assert exact(read("market_state", node))["jobs"] == "2"


def test_what_is_paid_in_other_tokens_is_left_out_by_name(base: Base, node: EvmNode) -> None:
    facts = read("spend_before", node)
    assert held(facts, "recipients") == {base.accounts[3]: 11}
    assert facts.left_out == {VIRTUAL: "is no USDC"}


def test_agents_are_counted_by_who_founded_and_who_owns_them(base: Base, node: EvmNode) -> None:
    facts = read("agents", node)
    assert held(facts, "founders") == {base.accounts[0]: 2, base.accounts[1]: 1, "sink:nobody": 1}
    assert held(facts, "owners") == {base.accounts[6]: 4}
    assert facts.reported == {"founders": 4, "owners": 4}
    assert exact(read("registry", node)) == {"agents": "4", "blacklisted": "1"}


# Questions of a steady hour and of a steady day, whoever they go to.
AN_HOUR, A_DAY = 60, 500
CAP = 10_000


def test_a_steady_hour_and_a_steady_day_take_few_questions_of_an_invented_node(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It tells logs of 10,000 blocks at once, and three pages of what it tells of each of five holders, as of 3,000."""
    monkeypatch.setattr("ingest.evm.bulk.AT_ONCE", 2)
    landing = Landing(tmp_path)
    hourly = [one for one in NETWORK.readings if one.every == HOURLY]
    daily = [one for one in NETWORK.readings if one.every <= DAILY]
    # The last hour of a part of the history takes the most: all of it is read anew.
    runs = ((0, daily), (BASE.day, daily), (BASE.day + 1_800, hourly), (2 * BASE.day - 100, hourly))
    first, day, *hours = (asked_at(*run, landing) for run in runs)
    assert 0 < max(hours) <= AN_HOUR
    # Twenty pages of holders where the invented explorer has two.
    assert max(hours) < day < first
    assert day <= A_DAY - 18


def asked_at(blocks: int, readings: Sequence[Reading[EvmNode]], landing: Landing) -> int:
    """How many questions readings take so many blocks after the first two days, all of which land."""
    height = 2 * BASE.day + blocks
    time = NOW + timedelta(seconds=SECONDS_A_BLOCK * height)
    network = replace(NETWORK, chain=replace(BASE, pauses=(), clock=lambda: time))
    answer = partial(capped, height)
    http = Http(100_000, Retry(0))
    with serving(answer) as url, serving(answer) as other, pytest.MonkeyPatch.context() as patch:
        patch.setenv("VIRTUALS_URL", f"{url},{other}")
        patch.setenv("EIP155_8453_EXPLORER_URL", url)
        outcomes = read_network(network, readings, http, landing, lambda _: None)
    assert {one.reading: one.message for one in outcomes} == {one.name: "" for one in readings}
    return http.requests


def capped(height: int, request: Request) -> Reply:
    """A good provider so many blocks later, which refuses to look for logs in more blocks than it allows."""
    asked: dict[str, Any] = json.loads(request.body) if request.method == "POST" else {"method": ""}
    if asked["method"] == "eth_getLogs":
        (query,) = asked["params"]
        if int(query["toBlock"], 16) - int(query["fromBlock"], 16) >= CAP:
            return error(-32614, f"eth_getLogs is limited to a {CAP} range")
    return evm(request, replace(BASE, since=SINCE), -height)


@pytest.mark.parametrize("nobodies", [0, 1])
def test_an_invented_ranking_of_those_who_hold_nothing_gives_way_to_the_next(
    nobodies: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One of ten whom an explorer ranks may have sold all meanwhile; one of five is too many."""
    strangers = [f"0x{10**6 + place:040x}" for place in range(nobodies)]
    ranked = [*HOLDERS[: 5 - nobodies], *strangers]
    told = {"items": [{"address": {"hash": one}} for one in ranked], "next_page_params": None}
    answer = partial(evm, chain=replace(BASE, since=SINCE))
    with serving(answer) as url, serving(lambda _: Reply(told)) as odd:
        monkeypatch.setenv("EIP155_8453_EXPLORER_URL", f"{odd},{url}")
        node = replace(BASE, pauses=(), clock=lambda: NOW).head(Http(100_000, Retry(0)), (url,))
        found = held(READINGS["holders"].facts(node, Shelf(), list), "holders")
    assert found == {holder: 7 + place for place, holder in enumerate(HOLDERS)}
