"""Governors of a real node, read and decided as the contract itself counts and decides.

`Standard` and `Fractional` are OpenZeppelin's own code of 5.7.0, `ForAlone` that of 4.8.3, put together as users do.
"""

import gzip
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, cast

import pytest
from web3 import Web3
from web3.contract import Contract

from ingest.endpoints import Rotation
from ingest.evm.events import history, signature
from ingest.evm.governance import Locks, delegates, lockers, readings, voters
from ingest.evm.governor import (
    CREATED,
    FOR_ALONE,
    OVERRIDABLE,
    SHAPES,
    SIMPLE,
    SPLIT,
    TYPED,
    Dialect,
    Governor,
    created,
)
from ingest.evm.logs import AnswersLeft
from ingest.evm.node import EvmChain, EvmNode
from ingest.network import HOURLY, InParts, Reading
from ingest.publication import build
from ingest.transport import Http
from questions.ballots import Count, absent, count
from questions.proposals import Proposal, proposals
from store.faults import BadData, SourceDown
from store.impossible import check
from store.landing import Landing
from store.mart import Mart, opened
from store.rows import Facts, Kind, Measure, Snapshot, holdings
from tests.worlds.assembly import NETWORK
from tests.worlds.copied import copied, python
from tests.worlds.each import each
from tests.worlds.evm_node import CHAIN, Anvil, Shelf, anvil, at_their_places, compiled, gated

pytestmark = pytest.mark.slow
# For contracts that are compiled as they stand.
ROOMY = ("--code-size-limit", "60000", "--gas-limit", "300000000")
NOBODY = Web3.to_checksum_address("0x" + "00" * 20)
NO, YES, ABSTAIN = range(3)
# Whole supply, of which a tenth is the quorum (90,002), and what each of the first accounts has and delegated to
# itself; the ninth account has the rest and delegated nothing.
SUPPLY = 900_029
POWERS = (60_000, 40_000, 30_001, 20_000, 1)


@dataclass
class Village:
    """A governor on a node, its token, and what was proposed, by a name of ours; does: what each proposal calls."""

    node: Anvil
    token: Contract
    governor: Contract
    ids: dict[str, int]
    does: str = ""

    @property
    def address(self) -> str:
        return str(self.governor.address).lower()

    def of(self, dialect: Dialect) -> Governor:
        return Governor(self.address, 0, dialect)

    def propose(self, name: str, text: str | None = None) -> int:
        to, values, calls, _ = self.action(name)
        made = self.governor.functions.propose(to, values, calls, text or f"# {name}\nIn full.")
        receipt = self.node.send(made)
        number = int(receipt["logs"][0]["data"][:32].hex(), 16)
        self.ids[name] = number
        return number

    def action(self, name: str) -> list[Any]:
        call = self.does or self.token.encode_abi("mint", [self.node.accounts[5], 0])
        return [[self.token.address], [0], [call], Web3.keccak(text=f"# {name}\nIn full.")]

    def vote(self, name: str, *choices: tuple[int, int]) -> None:
        for voter, support in choices:
            self.node.send(self.governor.functions.castVote(self.ids[name], support), sender=voter)


def shared_out(node: Anvil, name: str) -> Contract:
    """A token of which four delegate to themselves, and the rest is nobody's vote."""
    token = node.compiled(name, folder="governors")
    for place, power in enumerate(POWERS):
        node.send(token.functions.mint(node.accounts[place], power))
        node.send(token.functions.delegate(node.accounts[place]), sender=place)
    node.send(token.functions.mint(node.accounts[8], SUPPLY - sum(POWERS)))
    return token


@contextmanager
def a_chain() -> Iterator[Anvil]:
    """A node for one village: the blocks of another would end its votes."""
    with anvil(*ROOMY) as node:
        yield node


@pytest.fixture(scope="module")
def standard() -> Iterator[Village]:
    with a_chain() as chain:
        yield assembled(chain)


def assembled(chain: Anvil) -> Village:
    """One proposal of each outcome."""
    token = shared_out(chain, "Share")
    made = compiled("governors")["TimelockController"]
    timelock = chain.deploy(made["abi"], made["bytecode"], 0, [], [NOBODY], chain.accounts[0])
    governor = chain.compiled("Standard", token.address, timelock.address, folder="governors")
    # A quick machine makes all blocks in one second; what was then must not be of now.
    chain.ask("evm_increaseTime", 60)
    chain.send(timelock.functions.grantRole(Web3.keccak(text="PROPOSER_ROLE"), governor.address))
    village = Village(chain, token, governor, {})
    for name in ("executed", "queued", "succeeded", "no quorum", "tie", "voted down", "cancelled"):
        village.propose(name)
    chain.send(governor.functions.cancel(*village.action("cancelled")))
    chain.mine(3)
    village.vote("executed", (0, YES), (1, YES))
    village.vote("queued", (0, YES), (1, ABSTAIN))
    village.vote("succeeded", (0, YES), (1, NO), (2, ABSTAIN), (3, ABSTAIN), (8, NO))
    # One unit of the quorum is lacking: 90,001 for it or abstaining, whatever there is against it.
    village.vote("no quorum", (0, YES), (2, ABSTAIN), (1, NO))
    village.vote("tie", (0, YES), (3, NO), (2, ABSTAIN), (4, ABSTAIN))
    chain.send(governor.functions.castVoteWithReason(village.ids["tie"], NO, "\ud7ff no"), sender=1)
    village.vote("voted down", (0, NO), (1, YES), (2, ABSTAIN), (3, ABSTAIN), (4, ABSTAIN))
    chain.mine(65)
    for name in ("queued", "executed"):
        chain.send(governor.functions.queue(*village.action(name)))
    chain.send(governor.functions.execute(*village.action("executed")))
    village.propose("open", "# <b>Open</b> \U0001f47e\n" + "x" * 400)
    chain.mine(3)
    village.vote("open", (1, YES), (2, NO))
    return village


def read(one: Village, dialect: Dialect, name: str, node: EvmNode | None = None, memo: Shelf | None = None) -> Facts:
    """What a reading makes of a governor, at the newest block or another."""
    (reading,) = (reading for reading in readings([one.of(dialect)], "avote") if reading.name == name)
    return facts_of(reading, node or now(one), memo or Shelf())


def facts_of(reading: Reading[EvmNode], node: EvmNode, memo: Shelf) -> Facts:
    assert isinstance(reading.read, InParts)
    facts = reading.read.read(node, memo)
    check(facts, reading.kind)
    return facts


def now(one: Village) -> EvmNode:
    """The newest block at its own time, so that an open vote is still open."""
    block = one.node.w3.eth.get_block("latest")
    time = datetime.fromtimestamp(block["timestamp"], UTC)
    urls = (one.node.url,)
    node = EvmChain(CHAIN, urls, pauses=(), clock=lambda: time).head(Http(per_second=10_000), urls)
    return replace(node, block=node.ask(lambda provider: provider.block(int(block["number"]))))


def rows_of(facts: Facts, key: str) -> dict[str, dict[str, Any]]:
    return {row[key]: row for row in facts.rows.to_dicts()}


STATES = ("pending", "voting_period", "cancelled", "rejected", "succeeded", "queued", "expired", "executed")


def as_the_contract_says(one: Village, found: Mapping[str, dict[str, Any]]) -> None:
    """Each proposal's count, quorum, base, state and proposer equal what the contract answers a plain client."""
    ask = one.governor.functions
    assert set(found) == {str(number) for number in one.ids.values()}
    for number in one.ids.values():
        row = found[str(number)]
        against, in_favour, abstain = ask.proposalVotes(number).call()
        assert (row["no"], row["yes"], row["abstain"]) == (against, in_favour, abstain)
        assert row["status"] == STATES[ask.state(number).call()]
        snapshot = ask.proposalSnapshot(number).call()
        assert row["quorum"] == ask.quorum(snapshot).call()
        assert row["power"] == one.token.functions.getPastTotalSupply(snapshot).call()
        assert row["proposer"] == ask.proposalProposer(number).call().lower()


def test_each_proposal_stands_as_the_contract_says(standard: Village) -> None:
    found = rows_of(read(standard, SIMPLE, "proposals"), "proposal")
    as_the_contract_says(standard, found)
    by_name = {name: found[str(number)] for name, number in standard.ids.items()}
    assert {name: row["status"] for name, row in by_name.items()} == {
        "executed": "executed",
        "queued": "queued",
        "succeeded": "succeeded",
        "no quorum": "rejected",
        "tie": "rejected",
        "voted down": "rejected",
        "cancelled": "cancelled",
        "open": "voting_period",
    }
    assert {row["quorum_counts"] for row in found.values()} == {"yes,abstain"}
    assert by_name["open"]["title"] == "<b>Open</b> \U0001f47e"
    start, end = (by_name["tie"][f"voting_{when}"] for when in ("start", "end"))
    snapshot = standard.governor.functions.proposalSnapshot(standard.ids["tie"]).call()
    assert start.timestamp() == standard.node.w3.eth.get_block(snapshot)["timestamp"]
    assert by_name["tie"]["submitted"] <= start <= end
    block = standard.node.w3.eth.get_block("latest")
    left = standard.governor.functions.proposalDeadline(standard.ids["open"]).call() - block["number"]
    assert by_name["open"]["voting_end"].timestamp() == block["timestamp"] + 12 * left


def test_votes_carry_what_the_contract_counted_and_nobody_else_voted(standard: Village) -> None:
    facts = read(standard, SIMPLE, "votes")
    found: dict[tuple[str, str], int] = {}
    for row in facts.rows.to_dicts():
        assert (row["voter"], row["proposal"]) not in found
        assert row["weight"] == 1
        found[row["voter"], row["proposal"]] = int(row["power"])
    ask = standard.governor.functions
    for number in standard.ids.values():
        snapshot = ask.proposalSnapshot(number).call()
        for account in standard.node.accounts:
            voted = ask.hasVoted(number, account).call()
            assert ((account.lower(), str(number)) in found) == voted
            if voted:
                assert found[account.lower(), str(number)] == ask.getVotes(account, snapshot).call()


def test_delegates_are_who_can_vote_with_the_rest_as_nobodys(standard: Village) -> None:
    facts = delegates_of(standard)(now(standard), Shelf())
    assert dict(facts.rows.select("holder", "amount").iter_rows()) == {
        standard.node.accounts[place].lower(): power for place, power in enumerate(POWERS)
    }
    assert facts.reported == {"voters": SUPPLY}
    check(facts, Kind.HOLDINGS, partial=True)


def test_the_rule_is_told_with_how_it_was_changed(standard: Village) -> None:
    found = read(standard, SIMPLE, "rules").rows
    newest = {row["name"]: row["exact"] for row in found.sort("time").to_dicts()}
    assert newest == {
        "voting_delay": "2",
        "voting_period": "60",
        "proposal_threshold": "1",
        "quorum_numerator": "10",
        "quorum_denominator": "100",
        "quorum_counts": "yes,abstain",
        "rule": "proved",
        "unread_blocks": "0",
        "timelock_delay": "0",
        # 2 and 60 blocks of twelve seconds.
        "to_effect": "744",
    }
    # The contract told of each as it was made, at the time of that block.
    assert found.filter(name="voting_delay").height == 2


def test_a_rule_that_the_contract_contradicts_is_not_proved(standard: Village) -> None:
    """Of For alone the quorum was not met where the contract says so; and it counts by another name."""
    for wrong, why in (
        (replace(SIMPLE, counts=("yes",)), "calls queued what has 60000 yes"),
        (replace(SIMPLE, mode="support=bravo&quorum=bravo"), "counts by 'support=bravo&quorum=for,abstain'"),
    ):
        found = read(standard, wrong, "proposals").rows
        assert found["quorum_counts"].to_list() == [None] * found.height
        rule = rows_of(read(standard, wrong, "rules"), "name")["rule"]["exact"]
        assert rule.startswith("not proved: ")
        assert why in rule


@pytest.fixture(scope="module")
def pruned(standard: Village, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A node with the same chain that keeps the state of its last blocks alone."""
    state = tmp_path_factory.mktemp("pruned") / "state.json"
    state.write_bytes(gzip.decompress(bytes.fromhex(standard.node.ask("anvil_dumpState", True)[2:])))
    with anvil("--load-state", str(state), "--prune-history", "1") as node:
        node.mine(3)
        yield node.url


@contextmanager
def obstacle(name: str, good: str, pruned: str) -> Iterator[tuple[str, ...]]:
    """Endpoints among which something is in the way."""
    with ExitStack() as stack:
        if name == "no state":
            yield pruned, good
        elif name == "another chain":
            with anvil("--chain-id", "31337") as other:
                other.mine(200)
                yield other.url, good
        else:
            faults = {"caps": (), "answers that end midway": ("cut",) * 3, "refused and cut": ("cut", "", "cut")}[name]
            width = {"caps": 7, "answers that end midway": 10**6, "refused and cut": 20}[name]
            yield stack.enter_context(gated(good, width, faults))[0], good


@each("name", ["caps", "answers that end midway", "refused and cut", "no state", "another chain"])
def test_whatever_stands_between_us_and_a_governor_its_readings_are_the_same(
    name: str, standard: Village, pruned: str
) -> None:
    """As for tokens (tests/ingest/evm/test_anvil.py): caps on ranges, cut connections, pruned and strange nodes."""
    clean = now(standard)
    with obstacle(name, standard.node.url, pruned) as urls:
        hindered = replace(clean, rotation=Rotation(urls), proved=set(), spans={}, remembered={})
        for reading in ("proposals", "votes", "rules"):
            straight = read(standard, SIMPLE, reading, clean).rows
            assert read(standard, SIMPLE, reading, hindered).rows.equals(straight), reading
        if name in ("no state", "another chain"):
            assert hindered.rotation.first == standard.node.url
        assert delegates_of(standard)(hindered, Shelf()).rows.equals(delegates_of(standard)(clean, Shelf()).rows)


def test_a_vote_after_the_final_block_is_not_counted_whether_it_stays_or_not() -> None:
    """The chain is reorganised after it; what was read of the final block is read again the same."""
    with a_chain() as chain:
        village = Village(chain, shared_out(chain, "Share"), cast("Contract", None), {})
        governor = chain.compiled("Fractional", village.token.address, folder="governors")
        village = replace(village, governor=governor)
        village.propose("first")
        chain.mine(3)
        village.vote("first", (0, YES))
        final = now(village)
        village.vote("first", (1, NO))
        read_twice = []
        for _ in range(2):
            at = replace(final, remembered={})
            found = rows_of(read(village, SPLIT, "proposals", at), "proposal")[str(village.ids["first"])]
            read_twice.append((int(found["yes"]), int(found["no"]), read(village, SPLIT, "votes", at).rows.height))
            chain.ask("anvil_reorg", 1, [])
        assert governor.functions.proposalVotes(village.ids["first"]).call() == [0, POWERS[0], 0]
    assert read_twice == [(POWERS[0], 0, 1)] * 2


def test_a_vote_that_a_node_hides_is_missed(standard: Village) -> None:
    """Its votes do not add up to the contract's own count."""
    node, hidden = now(standard), standard.node.accounts[1][2:].lower()

    def partly(*asked: Any) -> Iterator[Any]:
        wanted, first, last, make = asked

        def without(logs: Any) -> Any:
            shown = [place for place, topics in enumerate(logs.topics) if not topics[-1].endswith(hidden)]
            told = {
                name: [getattr(logs, name)[place] for place in shown]
                for name in ("contract", "block", "topics", "data")
            }
            return make(replace(logs, **told))

        return EvmNode.logs(node, wanted, first, last, without)

    lying = Lying(node, partly)
    with pytest.raises(BadData, match="its votes add up to"):
        read(standard, SIMPLE, "votes", lying)  # type: ignore[arg-type]


@dataclass
class Lying:
    """A node whose logs are not all there."""

    node: EvmNode
    logs: Callable[..., Iterator[Any]]

    def __getattr__(self, name: str) -> Any:
        return getattr(self.node, name)


def test_a_proposal_of_other_words_is_refused(standard: Village) -> None:
    """Its number is the hash of what it would do and of its text: no node can put other words into its mouth."""
    governor = standard.of(SIMPLE)
    node = now(standard)
    event, *_ = history(node, Shelf(), governor.address, {CREATED: SHAPES[CREATED]}, 0, AnswersLeft.all()).events
    assert created(governor, event).title == "executed"
    changed = replace(event, words=(*event.words[:-1], event.words[-1] ^ (1 << 255)))
    with pytest.raises(BadData, match="is of other actions or words"):
        created(governor, changed)


def test_pages_count_as_the_contract_does(standard: Village, tmp_path: Path) -> None:
    """What was read lands, is built, and counted again by the page: the contract's tally, outcome and absent voters."""
    as_on_pages(standard, SIMPLE, delegates_of(standard), tmp_path)
    ask, able = standard.governor.functions, standard.node.accounts[: len(POWERS)]
    with opened(tmp_path) as mart:
        for told, counted in counts_of(mart):
            voted = {voter for voter in standard.node.accounts if ask.hasVoted(int(told.number), voter).call()}
            assert set(absent(counted, {})["address"]) == {one.lower() for one in able if one not in voted}


def as_on_pages(one: Village, dialect: Dialect, who: Callable[[EvmNode, Any], Facts], data: Path) -> None:
    """Lands what was read, builds, and compares each count of the page with the contract's."""
    node = now(one)
    could = Reading("voters", Kind.HOLDINGS, Measure.VOTING_POWER, "avote", HOURLY, InParts(who))
    network = replace(NETWORK, readings=(*readings([one.of(dialect)], "avote"), replace(could, partial=True)))
    for reading in network.readings:
        facts = reading.facts(node, Shelf(), list)
        network.check(reading, facts)
        snapshot = Snapshot(
            network.name, node.chain_id, reading.name, reading.kind, reading.measure, reading.unit, node.block,
            reading.method, node.endpoint, reported=facts.reported,
        )  # fmt: skip
        Landing(data).land(snapshot, facts)
    build(data, {network.name: network})
    pages_agree(one, data)


def pages_agree(one: Village, data: Path) -> None:
    """Each proposal of the mart is counted and decided as the contract does."""
    ask = one.governor.functions
    with opened(data) as mart:
        assert {told.number for told in proposals(mart)} == {str(number) for number in one.ids.values()}
        counted = {told.number: again for told, again in counts_of(mart)}
        for told in proposals(mart):
            against, in_favour, abstain = ask.proposalVotes(int(told.number)).call()
            if told.number not in counted:
                assert (against, in_favour, abstain) == (0, 0, 0)
                continue
            again, whole = counted[told.number].tally, {"yes": in_favour, "abstain": abstain, "no": against}
            assert again.options == {**whole, "no_with_veto": 0}
            assert told.rule is not None
            if told.is_over:
                passed = again.outcome(told.rule) == "passed"
                assert passed == (ask.state(int(told.number)).call() != STATES.index("rejected"))


def counts_of(mart: Mart) -> Iterator[tuple[Proposal, Count]]:
    """Each proposal with the page's count of it, of those with votes."""
    counted = ((told, count(mart, told)) for told in proposals(mart))
    return ((told, again) for told, again in counted if again is not None)


def delegates_of(one: Village) -> Callable[[EvmNode, Any], Facts]:
    return delegates(str(one.token.address).lower(), 0)


@pytest.fixture(scope="module")
def fractional() -> Iterator[Village]:
    with a_chain() as chain:
        yield splitting(chain)


def splitting(chain: Anvil) -> Village:
    """Votes that are split, and cast in parts, by the clock of a token that counts seconds."""
    token = shared_out(chain, "TimedShare")
    governor = chain.compiled("Fractional", token.address, folder="governors")
    village = Village(chain, token, governor, {})
    chain.ask("evm_increaseTime", 5)
    village.propose("split")
    village.propose("plain")
    chain.ask("evm_increaseTime", 5)
    chain.mine(1)
    ask = governor.functions

    def split(voter: int, *parts: int) -> None:
        params = b"".join(part.to_bytes(16) for part in parts)
        chain.send(ask.castVoteWithReasonAndParams(village.ids["split"], 255, "", params), sender=voter)

    split(0, 10_000, 20_000, 5_000)
    split(0, 0, 1, 24_999)
    split(1, 0, 40_000, 0)
    village.vote("split", (2, ABSTAIN))
    village.vote("plain", (0, YES), (1, NO))
    return village


def test_a_split_vote_is_told_option_by_option_to_the_last_unit(fractional: Village) -> None:
    facts = read(fractional, replace(SPLIT, clock="timestamp"), "votes").rows.filter(
        proposal=str(fractional.ids["split"])
    )
    accounts = [account.lower() for account in fractional.node.accounts]
    found = {(accounts.index(row["voter"]), row["option"]): int(row["power"]) for row in facts.to_dicts()}
    assert found == {
        (0, "no"): 10_000,
        (0, "yes"): 20_001,
        (0, "abstain"): 29_999,
        (1, "yes"): 40_000,
        (2, "abstain"): 30_001,
    }
    assert float(facts.filter(voter=accounts[0])["weight"].sum()) == pytest.approx(1)
    for place in range(3):
        used = fractional.governor.functions.usedVotes(fractional.ids["split"], fractional.node.accounts[place]).call()
        assert used == sum(power for (who, _), power in found.items() if who == place)


def test_a_clock_of_seconds_is_read_as_such(fractional: Village) -> None:
    found = rows_of(read(fractional, replace(SPLIT, clock="timestamp"), "proposals"), "proposal")
    as_the_contract_says(fractional, found)
    ask = fractional.governor.functions
    for number in fractional.ids.values():
        assert found[str(number)]["voting_end"].timestamp() == ask.proposalDeadline(number).call()


def test_another_clock_than_the_dialects_is_refused(fractional: Village) -> None:
    with pytest.raises(Exception, match="counts time in 'timestamp', not in blocknumber"):
        read(fractional, SPLIT, "proposals")


# --- For alone makes the quorum: OpenZeppelin 4.8.3 in the ways of Compound, over locks whose power decays ------------

YEAR = 365 * 86_400
# Amount and years of each lock; the fifth runs out at once.
LOCKED = ((4_000_000, 4), (3_000_000, 2), (50_000, 4), (2_000_000, 1), (900_000, 0))


@pytest.fixture(scope="module")
def for_alone() -> Iterator[Village]:
    with a_chain() as chain:
        yield locking(chain)


def locking(chain: Anvil) -> Village:
    """Proposals that the quorum of For decides; the locks are our own and prove how they are read, no more."""
    locks = chain.compiled("Locks", folder="governors")
    for place, (amount, years) in enumerate(LOCKED):
        chain.send(locks.functions.lock(amount * 10**18, years * YEAR), sender=place)
    made = compiled("governors")["TimelockController"]
    timelock = chain.deploy(made["abi"], made["bytecode"], 0, [], [NOBODY], chain.accounts[0])
    governor = chain.compiled("ForAlone", locks.address, timelock.address, folder="governors")
    chain.send(timelock.functions.grantRole(Web3.keccak(text="PROPOSER_ROLE"), governor.address))
    village = Village(chain, locks, governor, {})
    propose = governor.get_function_by_signature("propose(address[],uint256[],bytes[],string)")
    for name in ("passed", "abstained", "too few", "voted down"):
        receipt = chain.send(propose([locks.address], [0], [b""], name))
        village.ids[name] = int(receipt["logs"][0]["data"][:32].hex(), 16)
    chain.mine(3)
    village.vote("passed", (0, YES), (1, NO), (3, ABSTAIN))
    # A quorum of 3 % is far exceeded by who abstains and who is against it, and not met by who is for it.
    village.vote("abstained", (2, YES), (0, ABSTAIN))
    village.vote("too few", (2, YES), (4, NO))
    village.vote("voted down", (1, YES), (0, NO))
    chain.mine(65)
    return village


def test_where_for_alone_makes_the_quorum_proposals_stand_as_the_contract_says(for_alone: Village) -> None:
    found = rows_of(read(for_alone, FOR_ALONE, "proposals"), "proposal")
    ask = for_alone.governor.functions
    for number in for_alone.ids.values():
        row, says = found[str(number)], ask.proposals(number).call()
        assert (row["yes"], row["no"], row["abstain"]) == tuple(says[5:8])
        assert row["status"] == STATES[ask.state(number).call()]
        assert row["quorum"] == ask.quorum(says[3]).call()
        assert row["power"] == for_alone.token.functions.getPastTotalSupply(says[3]).call()
        assert row["proposer"] == says[1].lower()
    by_name = {name: found[str(number)]["status"] for name, number in for_alone.ids.items()}
    assert by_name == {
        "passed": "succeeded",
        "abstained": "rejected",
        "too few": "rejected",
        "voted down": "rejected",
    }
    assert {row["quorum_counts"] for row in found.values()} == {"yes"}


def test_as_a_usual_governor_it_is_not_proved(for_alone: Village) -> None:
    """Who abstains would make the quorum, and more For than Against would be there."""
    usual = replace(FOR_ALONE, counts=("yes", "abstain"))
    (rule,) = read(for_alone, usual, "rules").rows.filter(name="rule")["exact"]
    assert rule.startswith("not proved: calls rejected")


def test_votes_carry_the_decayed_power_of_their_receipts(for_alone: Village) -> None:
    found = {
        (row["voter"], row["proposal"]): (row["option"], int(row["power"]))
        for row in read(for_alone, FOR_ALONE, "votes").rows.to_dicts()
    }
    ask, options = for_alone.governor.functions, ("no", "yes", "abstain")
    receipts = {}
    for number in for_alone.ids.values():
        for account in for_alone.node.accounts:
            voted, support, power = ask.getReceipt(number, account).call()
            if voted:
                receipts[account.lower(), str(number)] = (options[support], power)
    assert found == receipts
    # Its lock ran out before the vote began.
    assert found[for_alone.node.accounts[4].lower(), str(for_alone.ids["too few"])] == ("no", 0)


def test_locks_and_their_power_add_up_to_the_contracts_totals_also_when_they_ran_out(for_alone: Village) -> None:
    where = str(for_alone.token.address).lower()
    locks = Locks(where, 0, signature("Deposit(address,uint256,uint256,uint8,uint256)"), (1, 4))
    node, accounts = now(for_alone), [account.lower() for account in for_alone.node.accounts]
    stake = lockers(locks)(node, Shelf())
    votes = voters(locks)(node, Shelf())
    check(stake, Kind.HOLDINGS)
    check(votes, Kind.HOLDINGS)
    held, voting = (dict(facts.rows.select("holder", "amount").iter_rows()) for facts in (stake, votes))
    assert held == {accounts[place]: amount * 10**18 for place, (amount, _) in enumerate(LOCKED)}
    assert set(voting) == set(held) - {accounts[4]}
    assert sum(voting.values()) == votes.reported["voters"]


# --- the quorum is a part of a number that a key types in -------------------------------------------------------------


@pytest.fixture(scope="module")
def typed() -> Iterator[Village]:
    with a_chain() as chain:
        yield typing(chain)


def typing(chain: Anvil) -> Village:
    """A contract of our own (Typed): it proves that the rule is read as we read it in its source, and no more."""
    token = chain.compiled("Share", folder="governors")
    for place, power in enumerate((300, 200, 100)):
        chain.send(token.functions.mint(chain.accounts[place], power))
    governor = chain.compiled("Typed", token.address, folder="governors")
    village = Village(chain, token, governor, {})
    for name in ("no base", "raised", "lowered"):
        village.propose(name)
        chain.ask("evm_increaseTime", 20)
        chain.mine(1)
        village.vote(name, (2, YES), (0, 3), (0, 3), (1, ABSTAIN))
        if name != "no base":
            base = {"raised": 1_204, "lowered": 1_200}[name]
            end = governor.functions.proposalDeadline(village.ids[name]).call()
            chain.send(governor.functions.setTotalSupply(base, end))
        chain.ask("evm_increaseTime", 4_000)
        chain.mine(1)
    return village


def test_a_base_that_is_typed_in_until_the_end_decides_as_the_contract_says(typed: Village) -> None:
    """Yes and abstentions are 300: a quarter of 1,200, one unit less than that of 1,204, and of nothing enough."""
    found = rows_of(read(typed, TYPED, "proposals"), "proposal")
    ask = typed.governor.functions
    for number in typed.ids.values():
        row = found[str(number)]
        assert (row["no"], row["yes"], row["abstain"]) == tuple(ask.proposalVotes(number).call())
        assert row["status"] == STATES[ask.state(number).call()]
        assert row["quorum"] == ask.quorum(ask.proposalDeadline(number).call()).call()
    by_name = {name: found[str(number)] for name, number in typed.ids.items()}
    told = {name: (row["status"], int(row["quorum"]), int(row["power"])) for name, row in by_name.items()}
    assert told == {
        "no base": ("succeeded", 0, 0),
        "raised": ("rejected", 301, 1_204),
        "lowered": ("succeeded", 300, 1_200),
    }
    assert {row["quorum_counts"] for row in found.values()} == {"yes,abstain"}


def test_a_choice_that_is_written_down_and_not_counted_is_no_vote(typed: Village) -> None:
    found = read(typed, TYPED, "votes").rows
    assert set(found["voter"]) == {account.lower() for account in typed.node.accounts[1:3]}
    with pytest.raises(SourceDown, match="is for option 3"):
        read(typed, replace(TYPED, unheard=()), "votes")


def test_at_the_beginning_of_the_vote_the_quorum_was_another_one(typed: Village) -> None:
    """Read as a usual governor of a clock of seconds, its own outcomes contradict the rule."""
    usual = replace(TYPED, at_end=False)
    (rule,) = read(typed, usual, "rules").rows.filter(name="rule")["exact"]
    assert rule.startswith("not proved: calls rejected what has 100 yes, 0 no and 200 abstain of 0")


def test_who_types_the_base_is_seen_in_the_history_of_the_rule(typed: Village) -> None:
    found = read(typed, TYPED, "rules").rows.filter(name="quorum_base").sort("time")
    assert found["exact"].to_list() == ["1204", "1200"]


# --- a vote takes its power from that of its delegate; by rounds; half of Yes and No is enough ------------------------

# Whom each bonds to, and how much of all 9,001; the last has no bond, and Fay's is with one who keeps none of his own.
BONDS = ((0, 4_000), (1, 1_000), (0, 2_001), (0, 500), (1, 300), (7, 1_200))
ANN, BEN, CAM, DEE, EVE, FAY, GUS = range(7)


@pytest.fixture(scope="module")
def overriding() -> Iterator[Village]:
    with a_chain() as chain:
        yield bonding(chain)


def bonding(chain: Anvil) -> Village:
    """Contracts of our own (Overridable, Bonds): they prove that the rule is read as we read it in its source."""
    return quarrelled(chain, bonded_house(chain)[1])


def bonded_house(chain: Anvil) -> tuple[Contract, Contract]:
    """Bonds of some, and the governor that counts them."""
    bonds = chain.compiled("Bonds", folder="governors")
    for place, (to, amount) in enumerate(BONDS):
        chain.send(bonds.functions.bond(chain.accounts[to], amount), sender=place)
    return bonds, chain.compiled("Overridable", bonds.address, folder="governors")


def quarrelled(chain: Anvil, governor: Contract) -> Village:
    """One proposal of each outcome, and of each way to override."""
    bonds = chain.w3.eth.contract(governor.functions.votes().call(), abi=compiled("governors")["Bonds"]["abi"])
    village = Village(chain, bonds, governor, {}, bonds.encode_abi("clock"))

    def rounds(count: int) -> None:
        for _ in range(count):
            chain.send(bonds.functions.nextRound())

    for name in ("overridden", "half", "half less one", "less than half", "by No", "no quorum", "nobody"):
        village.propose(name)
    village.propose("carried out")
    rounds(2)
    # Dee before her delegate, Cam after him: he keeps 4,000 of 6,501. Gus bonded nothing, and votes with it.
    village.vote("overridden", (DEE, NO), (ANN, YES), (CAM, ABSTAIN), (EVE, NO), (GUS, NO))
    # 2,501 each, by who overrides and who votes before her delegate; one less for it is half of an odd number still.
    village.vote("half", (CAM, YES), (DEE, YES), (FAY, NO), (BEN, NO), (EVE, ABSTAIN))
    village.vote("half less one", (FAY, YES), (BEN, NO), (EVE, YES), (ANN, ABSTAIN))
    village.vote("less than half", (ANN, NO), (BEN, YES), (CAM, YES))
    village.vote("by No", (ANN, NO))
    village.vote("no quorum", (FAY, YES), (BEN, YES))
    village.vote("nobody", (ANN, ABSTAIN))
    village.vote("carried out", (ANN, YES))
    rounds(11)
    chain.send(governor.functions.execute(*village.action("carried out")))
    village.propose("open")
    rounds(2)
    village.vote("open", (CAM, NO), (BEN, YES), (EVE, NO), (FAY, YES))
    return village


def test_where_votes_are_overridden_proposals_stand_as_the_contract_says(overriding: Village) -> None:
    found = rows_of(read(overriding, OVERRIDABLE, "proposals"), "proposal")
    as_the_contract_says(overriding, found)
    by_name = {name: found[str(number)] for name, number in overriding.ids.items()}
    assert {name: (int(row["yes"]), int(row["no"]), row["status"]) for name, row in by_name.items()} == {
        "overridden": (4_000, 800, "succeeded"),
        "half": (2_501, 2_200, "succeeded"),
        "half less one": (1_500, 1_000, "succeeded"),
        "less than half": (3_301, 4_500, "rejected"),
        "by No": (0, 6_501, "rejected"),
        "no quorum": (2_500, 0, "rejected"),
        "nobody": (0, 0, "succeeded"),
        "carried out": (6_501, 0, "executed"),
        "open": (2_200, 2_301, "voting_period"),
    }
    assert {row["quota"] for row in found.values()} == {Decimal("0.5")}
    assert {row["quorum_counts"] for row in found.values()} == {"yes,abstain,no"}


def test_a_vote_of_rounds_ends_by_their_pace(overriding: Village) -> None:
    node = now(overriding)
    found = rows_of(read(overriding, OVERRIDABLE, "proposals", node), "proposal")
    clock, ask = overriding.token.functions.clock().call(), overriding.governor.functions
    row = found[str(overriding.ids["open"])]
    left = ask.proposalDeadline(overriding.ids["open"]).call() - clock
    assert row["voting_end"] - node.block.time == timedelta(seconds=left * 5_760 * 12)
    # Rounds of a moment: whatever their pace says, nothing begins before it is proposed.
    assert all(row["submitted"] <= row["voting_start"] <= row["voting_end"] for row in found.values())
    units = {row["name"]: row["unit"] for row in read(overriding, OVERRIDABLE, "rules").rows.to_dicts()}
    assert (units["voting_period"], units["quota"]) == ("rounds", "parts")


def test_votes_carry_what_is_left_of_them_and_say_from_whom_they_took_it(overriding: Village) -> None:
    rows = read(overriding, OVERRIDABLE, "votes").rows.to_dicts()
    accounts, ask = [account.lower() for account in overriding.node.accounts], overriding.governor.functions
    for name, number in overriding.ids.items():
        voted = {accounts.index(row["voter"]) for row in rows if row["proposal"] == str(number)}
        asked = overriding.node.accounts
        assert voted == {place for place, one in enumerate(asked) if ask.hasVoted(number, one).call()}, name
    told = {
        accounts.index(row["voter"]): (row["option"], int(row["power"]), row["overrides"])
        for row in rows
        if row["proposal"] == str(overriding.ids["overridden"])
    }
    assert told == {
        DEE: ("no", 500, accounts[ANN]),
        ANN: ("yes", 4_000, None),
        CAM: ("abstain", 2_001, accounts[ANN]),
        EVE: ("no", 300, accounts[BEN]),
        GUS: ("no", 0, None),
    }


def test_read_without_overrides_the_weights_of_votes_are_more_than_was_counted(overriding: Village) -> None:
    plain = replace(OVERRIDABLE, overrides=None)
    with pytest.raises(BadData, match="its votes add up to"):
        read(overriding, plain, "votes")


@pytest.mark.parametrize(("wrong", "why"), [({"quota": None}, "calls succeeded"), ({"counts": ("yes",)}, "calls succ")])
def test_read_by_another_rule_overridable_votes_are_not_proved(
    overriding: Village, wrong: dict[str, Any], why: str
) -> None:
    (rule,) = read(overriding, replace(OVERRIDABLE, **wrong), "rules").rows.filter(name="rule")["exact"]
    assert rule.startswith(f"not proved: {why}")


def test_pages_count_overridden_votes_as_the_contract_does(overriding: Village, tmp_path: Path) -> None:
    """And who did not vote has no more than what nobody took from him; who stays home gives hers to her delegate."""
    as_on_pages(overriding, OVERRIDABLE, bonded(overriding), tmp_path)
    accounts = [account.lower() for account in overriding.node.accounts]
    with opened(tmp_path) as mart:
        counted = {told.number: again for told, again in counts_of(mart)}
    opened_one = counted[str(overriding.ids["open"])]
    silent = {accounts.index(row["address"]): row["share"] for row in absent(opened_one, {}).to_dicts()}
    assert silent == {ANN: pytest.approx(4_500 / 9_001)}
    # Eve at home: her 300 are Ben's again, who votes for it: 2,500 against 2,001.
    home = opened_one.flips["boycott"]
    assert home is not None
    assert [accounts.index(voter) for voter in home.voters or ()] in ([EVE], [CAM])


def bonded(one: Village) -> Callable[[EvmNode, Any], Facts]:
    """Power of those who keep their own, as a network file would read it from the pool."""

    def read(_: EvmNode, memo: Any) -> Facts:
        """Power of each who keeps his own."""
        power = one.token.functions.getVotes
        rows = [
            ("voters", one.node.accounts[place].lower(), power(one.node.accounts[place]).call()) for place in (ANN, BEN)
        ]
        return Facts(holdings(rows), reported={"voters": one.token.functions.totalSupply().call()})

    return read


# --- the next network whose token votes is one file -------------------------------------------------------------------

PLACE: Final = "0x9a7159a7159a7159a7159a7159a7159a7159a715"
# What the file of such a network is.
FILE: Final = f'''"""Parish (agents): an invented network whose token votes, and overrides its delegates."""

from ingest.evm.ethereum import ETHEREUM
from ingest.evm.governance import readings
from ingest.evm.governor import OVERRIDABLE, Governor
from ingest.network import Network, Unit
from store.rows import Decision

NETWORK = Network(
    name="parish",
    title="Parish",
    stack="agents",
    token="PAR",
    unit="apar",
    decimals=18,
    address="hex",
    chain=ETHEREUM,
    colour=99,
    tokens_vote=True,
    decision=Decision.MAJORITY,
    units={{"avote": Unit("PAR", 18)}},
    readings=readings((Governor("{PLACE}", 0, OVERRIDABLE),), "avote"),
)
'''


def test_a_made_up_network_with_overridden_votes_is_one_file(tmp_path: Path) -> None:
    tree, data = copied(tmp_path / "tree"), tmp_path / "data"
    (tree / "ingest" / "networks" / "parish.py").write_text(FILE)

    def deployed(node: Anvil) -> dict[str, Contract]:
        return {PLACE: bonded_house(node)[1]}

    with at_their_places(tmp_path, deployed, *ROOMY) as (chain, contracts):
        village = quarrelled(chain, contracts[PLACE])
        chain.finalize()
        # As an operator does.
        python(tree, "-m", "ingest", "run", "--network", "parish", "--all", PARISH_URL=chain.url, DEAI_DATA=str(data))
        pages_agree(village, data)
