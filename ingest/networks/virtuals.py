"""Virtuals Protocol (agents) on Base: who has locked VIRTUAL, who votes with it, who types in what a quorum is of.

VIRTUAL is a token of Ethereum; what is read here is its copy on Base, which Base's own bridge mints for what it holds
there: the two are never added. Sources: Virtual-Protocol/protocol-contracts at ba4aef6f (VP), agent-commerce-protocol
at 7b490591 (ACP), acp-node-v2 at 776741a7.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any, Final

from analytics.power.paths import Action, Side
from ingest.allowance import REPLAY
from ingest.evm.base import BASE
from ingest.evm.bulk import numbers
from ingest.evm.calls import Call
from ingest.evm.events import MANY_WORDS, Period, address, events, history, last_blocks, signature
from ingest.evm.governance import NAMING, readings
from ingest.evm.governor import ANSWERS_A_RUN, TYPED, Governor, mistaken
from ingest.evm.holders import RANKED_NOW, ranked_holders
from ingest.evm.keys import PROXY_SLOTS, UNKNOWN, Powers
from ingest.evm.logs import NOBODY, AnswersLeft
from ingest.evm.node import EvmNode
from ingest.evm.powers import HALT, RULES, SEIZE, Actions
from ingest.evm.safes import addressed
from ingest.evm.storage import element
from ingest.evm.token import POWERS, control, erc20
from ingest.network import (
    DAILY,
    InParts,
    Key,
    Memo,
    Network,
    Reading,
    Rule,
    Unit,
    Unlisted,
    Way,
    counted,
)
from store.columns import Column
from store.rows import (
    SINK,
    BadData,
    Decision,
    Facts,
    Kind,
    Measure,
    SourceChanged,
    SourceDown,
    frame,
    holdings,
    observation,
)

VIRTUAL: Final = "0x0b3e328455c4059eeb9e3f84b5543f74e24e7e1b"
# Where the token is one (helpers/queries/virtual-protocol.sql of DefiLlama/dimension-adapters at e7346b0e).
ON_ETHEREUM: Final = "0x44ff8620b8ca30902395a7bd3f2407e1a091bf73"
# VP, .openzeppelin/base.json at 05f74c66; the first block as DefiLlama's adapter has it.
ESCROW: Final = "0x60a203ddcde45fbfb325bdeea93824b5726b4df8"
SINCE: Final = 30_172_056
AGENTS: Final = "0x50725af160260a316b2673c71c8c21469f6732c0"
# ACP in three generations: acp-node-v2, src/core/constants.ts line 34 (the newest); a public inventory of June 2026.
MARKET: Final = "0x238e541bfefd82238730d00a2208e5497f1832e0"
PAYMENTS: Final = "0xef4364fe4487353df46eb7c811d4fac78b856c7f"
USDC: Final = "0x833589fcd6edb6e08f4c7c32d4f71b54bda02913"
CONTRACTS: Final[Mapping[str, str]] = {"token": VIRTUAL, "escrow": ESCROW, "market": MARKET, "payments": PAYMENTS}
# Its address is of that inventory and in no list of the project: the contract says by its name that it is the one. It
# asks the escrow for votes, and is no older.
GOVERNOR: Final = Governor("0xa1a98f9aa6c56652e4f306d38a78fff554776665", SINCE, TYPED, named="VirtualProtocol")
POWER: Final = "avevirtual"

STAKED: Final = signature("Stake(address,uint256,uint256,uint8)")
JOB: Final = signature("JobCreated(uint256,address,address,address,uint256,address)")
PAID: Final = signature("PaymentReleased(uint256,address,uint256)")
PAID_BEFORE: Final = signature("PaymentReleased(uint256,address,uint256,address,string)")
# getJob(id) -> client, status, provider, expiredAt, evaluator, hook, budget, description, which may be any bytes.
A_JOB: Final = ("(address,uint8,address,uint48,address,address,uint256,bytes)",)
# VP, IAgentNft.sol line 7: virtualInfos(id) -> DAO, token, founder, account.
AN_AGENT: Final = ("address",) * 4
# Thirty days of two-second blocks.
PERIOD_BLOCKS: Final = 1_296_000
# AccessControl's role of that name in these contracts (VP, veVirtual.sol line 28; ACP, PaymentManager.sol line 27).
ADMIN_ROLE: Final = f"role_{signature('ADMIN_ROLE').removeprefix('0x')}"
# VP, VirtualProtocolDAOV2.sol lines 21 to 26, over OpenZeppelin 5.0.2: where the contract stores what no function tells
# (its admin), between what functions do tell.
THRESHOLD_SLOT, PROPOSALS_SLOT, BASES_SLOT, ADMIN_SLOT, NUMERATORS_SLOT = 7, 9, 13, 14, 15
# Bits of the time before the number in a checkpoint (Checkpoints.Trace224 and Trace208).
BASE_BITS, NUMERATOR_BITS = 32, 48


def lockers(node: EvmNode, memo: Memo) -> Facts:
    """VIRTUAL that everybody has locked, by the escrow's word (stakedAmountOf) at one final block.

    Known from its events of locking (Stake), the newest first. Locks that ran out stay until they are withdrawn: they
    count here and do not vote. All that the escrow holds is the total: what is not known yet, or was sent there without
    a lock, is shown as missing coverage.
    """
    locked = _locked(node, memo)
    return Facts(_held("lockers", locked), reported={"lockers": _all_locked(node)}, empty=not any(locked.values()))


def voters(node: EvmNode, memo: Memo) -> Facts:
    """What everybody who has locked VIRTUAL can vote with now, by the escrow's word (balanceOf) at one final block.

    A lock of the longest time votes with all of it, a shorter one with its part of that time; both fall to nothing at
    their end, but for a lock that renews itself: it never falls. The escrow tells no total: that of those who are known
    is all there is once they have all that is locked. Until then what others have locked, which votes with no more than
    that, is shown as missing coverage.
    """
    locked = _locked(node, memo)
    power = dict(zip(locked, _of_each(node, ESCROW, "balanceOf(address)", locked), strict=True))
    unknown = _all_locked(node) - sum(locked.values())
    if unknown < 0:
        raise BadData(f"{-unknown} more is locked in {ESCROW} than it holds")
    if more := [one for one, amount in locked.items() if power[one] > amount]:
        raise BadData(f"{ESCROW} gives {more[0]} {power[more[0]]} votes for {locked[more[0]]}")
    total = sum(power.values()) + unknown
    return Facts(_held("voters", power), reported={"voters": total}, empty=not any(power.values()))


def _locked(node: EvmNode, memo: Memo) -> dict[str, int]:
    """What each who ever locked something has there, as far as the escrow's events are read by now."""
    token = node.call(Call(ESCROW, "baseToken()", returns=("address",)))
    if token != VIRTUAL:
        raise SourceChanged(f"{ESCROW} is not proved: it locks {token}, not {VIRTUAL}")
    answers = AnswersLeft.a_run(ANSWERS_A_RUN, node.chain.day)
    found = history(node, memo, ESCROW, {STAKED: (1, 3)}, SINCE, answers, NAMING)
    known = sorted({address(event.topics[0]) for event in found.events})
    if not known:
        raise SourceDown(f"no event names who locked in {ESCROW}; {found.unread} blocks are left for later runs")
    return dict(zip(known, _of_each(node, ESCROW, "stakedAmountOf(address)", known), strict=True))


def _of_each(node: EvmNode, contract: str, function: str, holders: Iterable[str]) -> list[int]:
    return numbers(node, contract, function, [(int(holder, 16),) for holder in holders])


def _all_locked(node: EvmNode) -> int:
    return int(node.call(Call(VIRTUAL, "balanceOf(address)", (ESCROW,))))


def _held(population: str, amounts: Mapping[str, int]) -> Any:
    return holdings((population, holder, amount) for holder, amount in amounts.items() if amount)


def lock_terms(node: EvmNode) -> Facts:
    """For how long VIRTUAL can be locked at most, and whether a key has freed all locks at once, by the escrow's word.

    Whoever has its ADMIN_ROLE sets both (setMaxWeeks, setAdminUnlocked); with the longest time all votes change.
    """
    time = node.block.time
    weeks = node.call(Call(ESCROW, "maxWeeks()"))
    free = node.call(Call(ESCROW, "adminUnlocked()", returns=("bool",)))
    rows = [
        observation("max_weeks", time, int(weeks), "weeks", subject=ESCROW),
        observation("admin_unlocked", time, str(free).lower(), "", subject=ESCROW),
    ]
    return Facts(frame(Kind.OBSERVATIONS, rows))


def copy(node: EvmNode) -> Facts:
    """Of which token of Ethereum VIRTUAL on Base is a copy, and which bridge mints it, by the copy's own word.

    The token itself is 0x44ff8620b8ca30902395a7bd3f2407e1a091bf73 on Ethereum; what is here the bridge holds there.
    """
    asked = [Call(VIRTUAL, function, returns=("address",)) for function in ("remoteToken()", "bridge()")]
    rows = [
        observation(name, node.block.time, said[0], "address", subject=VIRTUAL)
        for name, said in zip(("copy_of", "bridge"), node.calls(asked), strict=True)
        if said
    ]
    if not rows or rows[0]["exact"] != ON_ETHEREUM:
        raise SourceChanged(f"{VIRTUAL} is not proved to be a copy of {ON_ETHEREUM}: it says {rows}")
    return Facts(frame(Kind.OBSERVATIONS, rows))


def agents(node: EvmNode) -> Facts:
    """Agents in the registry (AgentNftV2), by who founded them and by who owns their token; each counts one.

    Registered, not proved to run, and no supply of compute. From the contract (virtualInfos, ownerOf) for each number
    that it gave. Most are owned by a vault of the protocol, which so has the account of each. Agents that are still on
    a bonding curve have no number yet. Founders that the registry does not name are nobody.
    """
    every = [(number,) for number in range(1, _agents(node) + 1)]
    said = node.calls([Call(AGENTS, "virtualInfos(uint256)", one, AN_AGENT) for one in every])
    if not all(said):
        raise SourceChanged(f"{AGENTS} does not know agent {1 + said.index(())} of {len(every)}")
    owned = numbers(node, AGENTS, "ownerOf(uint256)", every)
    rows = [("founders", *one) for one in _each(founder for _, _, founder, _ in said)]
    rows += [("owners", *one) for one in _each(address(who) for who in owned)]
    return Facts(holdings(rows), reported=dict.fromkeys(("founders", "owners"), len(every)), empty=not every)


def _agents(node: EvmNode) -> int:
    return int(node.call(Call(AGENTS, "totalSupply()")))


def _each(names: Iterable[str]) -> list[tuple[str, int]]:
    """How often each is named; nobody is a sink."""
    return _summed((f"{SINK}nobody" if name == NOBODY else name, 1) for name in names)


def _summed(rows: Iterable[tuple[str, int]]) -> list[tuple[str, int]]:
    totals: dict[str, int] = defaultdict(int)
    for name, amount in rows:
        totals[name] += amount
    return sorted(totals.items())


def registry(node: EvmNode) -> Facts:
    """How many agents are registered, and how many of them whoever has the registry's ADMIN_ROLE struck off."""
    every = [(number,) for number in range(1, _agents(node) + 1)]
    struck = sum(numbers(node, AGENTS, "isBlacklisted(uint256)", every))
    counts = {"agents": len(every), "blacklisted": struck}
    rows = [observation(name, node.block.time, count, "agents") for name, count in counts.items()]
    return Facts(frame(Kind.OBSERVATIONS, rows))


def spend(node: EvmNode, memo: Memo) -> Facts:
    """USDC that agents were paid for jobs in the last thirty days, by provider and by client, in the newest market.

    Realised spend: the amounts of PaymentReleased of the third generation of ACP, after fees; the client is that of the
    job (JobCreated, else getJob). What a job moves as capital, and jobs that never paid, are none. Two generations
    before it count jobs of their own.
    """
    token = node.call(Call(MARKET, "paymentToken()", returns=("address",)))
    if token != USDC:
        raise SourceChanged(f"{MARKET} is not proved: it pays in {token}, not in {USDC}")
    period = _period(node)
    found = events(node, memo, MARKET, {JOB: (3, 3), PAID: (2, 1)}, period.first)
    paid = [(event.topics[0], address(event.topics[1]), event.words[0]) for event in found[PAID]]
    clients = {event.topics[0]: address(event.topics[1]) for event in found[JOB]}
    clients |= _clients(node, sorted({job for job, _, _ in paid} - clients.keys()))
    rows = [("providers", *one) for one in _summed((provider, amount) for _, provider, amount in paid)]
    rows += [("clients", *one) for one in _summed((clients[job], amount) for job, _, amount in paid)]
    return Facts(holdings(rows), since=period.since, empty=not rows)


def _period(node: EvmNode) -> Period:
    """Thirty days; the markets are younger than the escrow."""
    return last_blocks(node, min(PERIOD_BLOCKS, node.block.height - SINCE))


def _clients(node: EvmNode, jobs: list[int]) -> dict[int, str]:
    """Clients of jobs that were made before the period."""
    said = node.calls([Call(MARKET, "getJob(uint256)", (job,), A_JOB) for job in jobs])
    for job, one in zip(jobs, said, strict=True):
        if not one:
            raise SourceChanged(f"{MARKET} paid for job {job} and does not know it")
    return {job: one[0][0] for job, one in zip(jobs, said, strict=True)}


def spend_before(node: EvmNode, memo: Memo) -> Facts:
    """USDC that was paid for jobs of the second generation of ACP in the last thirty days, by recipient.

    The amounts of PaymentReleased of its payment manager, after fees. What is paid in other tokens is left out by name:
    its texts and its tokens are anybody's choice.
    """
    period = _period(node)
    paid = events(node, memo, PAYMENTS, {PAID_BEFORE: (2, range(4, MANY_WORDS.stop))}, period.first)[PAID_BEFORE]
    in_usdc = [event for event in paid if address(event.words[1]) == USDC]
    others = {address(event.words[1]) for event in paid} - {USDC}
    rows = [("recipients", *one) for one in _summed((address(one.topics[1]), one.words[0]) for one in in_usdc)]
    left_out = dict.fromkeys(sorted(others), "is no USDC")
    return Facts(holdings(rows), since=period.since, empty=not rows, left_out=left_out)


def market_state(node: EvmNode) -> Facts:
    """How many jobs the newest market was ever asked for, which part of a payment it keeps, and who is paid that."""
    time = node.block.time
    asked = [Call(MARKET, "jobCounter()"), Call(MARKET, "platformFeeBP()")]
    jobs, fee = (int(node.call(call)) for call in asked)
    treasury = node.call(Call(MARKET, "platformTreasury()", returns=("address",)))
    rows = [
        observation("jobs", time, jobs, "jobs"),
        observation("platform_fee", time, fee, "parts of 10000"),
        observation("platform_treasury", time, treasury, "address"),
    ]
    return Facts(frame(Kind.OBSERVATIONS, rows))


def typists(node: EvmNode) -> dict[str, Powers]:
    """Who types in what the quorum is a part of, and who can replace the registry's code.

    The governor has an admin and no function that tells him. He is read where the contract stores him, where all that
    is stored around him is what its functions tell; else whoever he is is unknown.
    """
    found: dict[str, Powers] = {}
    if not mistaken(node, GOVERNOR):
        admin = _admin(node)
        found["governor"] = {UNKNOWN: (GOVERNOR.address,)} if admin is None else {"quorum_base": (admin,)}
    if replaces := node.slot(AGENTS, PROXY_SLOTS["proxy_admin"]):
        found["agents"] = {"proxy_admin": (addressed(replaces),)}
    return found


def _admin(node: EvmNode) -> str | None:
    """The governor's admin, who may be nobody; None where what is stored is not as its source says."""
    of = partial(Call, GOVERNOR.address)
    functions = ("proposalThreshold()", "proposalCount()", "latestTotalSupply()", "quorumNumerator()")
    said = node.calls([of(function) for function in functions])
    stored = partial(node.slot, GOVERNOR.address)
    # Asked together, answered below from memory: one request for all.
    node.slots(GOVERNOR.address, (THRESHOLD_SLOT, PROPOSALS_SLOT, BASES_SLOT, ADMIN_SLOT, NUMERATORS_SLOT))
    kept = [
        (stored(THRESHOLD_SLOT),),
        (stored(PROPOSALS_SLOT),),
        _last(node, BASES_SLOT, BASE_BITS),
        _last(node, NUMERATORS_SLOT, NUMERATOR_BITS),
    ]
    return addressed(stored(ADMIN_SLOT)) if kept == list(said) else None


def _last(node: EvmNode, slot: int, bits: int) -> tuple[int, ...]:
    """The number in the last checkpoint of a list; none where the list has none."""
    count = node.slot(GOVERNOR.address, slot)
    if not 0 < count < 2**bits:
        return ()
    return (node.slot(GOVERNOR.address, element(slot, count - 1)) >> bits,)


# Code that is replaced does anything with what lies there; it makes no VIRTUAL, which the bridge alone does.
REPLACING: Final = dict.fromkeys(("proxy_admin", "upgrader", "beacon", UNKNOWN), (RULES, SEIZE, HALT))
SPECIAL: Final[Mapping[str, Mapping[str, Actions]]] = dict.fromkeys(("escrow", "market", "payments"), REPLACING)
SUPPLY_METHOD: Final = """
    VIRTUAL on Base, and what the escrow of locks holds of it: a copy of the token of Ethereum, never added to it.

    Read from the copy (totalSupply, balanceOf) at one final block.
    """
FORCE, STOP = Side.FORCE, Side.STOP
AGAINST_ALL: Final = Rule(Measure.VOTING_POWER, "voters", "pass a proposal against all others", 1, 2, strict=True)
# What can be done beside what the keys of all contracts can.
WAYS: Final = (
    # VP, GovernorCountingVP.sol line 57: more For than Against; it is carried out by anybody at once, by no timelock.
    Way(
        Action.CHANGE_RULES,
        FORCE,
        "votes of locked tokens",
        AGAINST_ALL,
        "VirtualProtocolDAOV2, no timelock",
        takes=(f"to_effect|{GOVERNOR.address}",),
    ),
    # VP, VirtualProtocolDAOV2.sol lines 40, 95, 121 and 128.
    Way(
        Action.CHANGE_RULES,
        FORCE,
        "whoever types in of how much the quorum is a part, and which part",
        Key("governor/quorum_base"),
        "VirtualProtocolDAOV2, setTotalSupply and updateQuorumNumerator",
        takes=0,
    ),
    # A base that counts at the end of a vote may be typed in until then.
    Way(
        Action.CHANGE_RULES,
        STOP,
        "whoever types in of how much the quorum is a part",
        Key("governor/quorum_base"),
        "VirtualProtocolDAOV2, setTotalSupply; GovernorCountingVP, line 51",
        takes=0,
        effect="keeps a proposal from its quorum until its vote ends",
    ),
    Way(
        Action.CHANGE_RULES,
        FORCE,
        "unknown keys of the governor",
        Key("governor/unknown"),
        f"VirtualProtocolDAOV2, {GOVERNOR.address}",
        takes=0,
    ),
    # VP, veVirtual.sol lines 252 and 281.
    Way(
        Action.CHANGE_RULES,
        FORCE,
        "whoever sets how long locks are, and frees all of them",
        Key(f"escrow/{ADMIN_ROLE}"),
        "veVirtual, setMaxWeeks and setAdminUnlocked",
        takes=0,
    ),
    # ACP, PaymentManager.sol line 247; line 470: the same role replaces its code.
    Way(
        Action.SEIZE,
        FORCE,
        "whoever may withdraw what jobs paid in",
        Key(f"payments/{ADMIN_ROLE}"),
        "PaymentManager, emergencyWithdraw",
        takes=0,
        effect="takes what is paid in for jobs of the second generation",
    ),
    Way(
        Action.CHANGE_RULES,
        FORCE,
        "proxy admin of the agents",
        Key("agents/proxy_admin"),
        f"EIP-1967, {AGENTS}",
        takes=0,
        effect="replaces the registry of agents, whose tokens are their accounts",
    ),
    Way(
        Action.MINT,
        FORCE,
        "Base's own bridge",
        Unlisted("bridge", "the bridge mints for what Ethereum's side says: who changes that is decided on Ethereum"),
        "OptimismMintableERC20",
    ),
)

NETWORK = erc20(
    Network(
        name="virtuals",
        title="Virtuals Protocol",
        stack="agents",
        token="VIRTUAL",
        unit="avirtual",
        decimals=18,
        address="hex",
        chain=BASE,
        colour=15,
        tokens_vote=True,
        decision=Decision.MAJORITY,
        # The quorum is no part of the power that there is: its base is typed in.
        rules=(AGAINST_ALL,),
        ways=WAYS,
        units={POWER: Unit("veVIRTUAL", 18), "uusdc": Unit("USDC", 6), **counted("agent")},
        parties={
            "lockers": "lockers",
            "voters": "voters",
            "clients": "clients",
            "quorum_base": "keys that type in the quorum's base",
        },
        scorecard={
            Column.STAKE: "lockers/lockers",
            Column.VOTING_POWER: "voters/voters",
            # Anybody launches an agent for a fee: that is no supply.
            Column.COMPUTE_SUPPLY: "",
            Column.COMPUTE_SPEND: "spend/providers",
        },
        prices={"VIRTUAL": "virtual-protocol"},
        credit="Base's list of holders: Blockscout.",
    ),
    CONTRACTS,
    locked={"escrow_locked": ESCROW},
    more=(
        Reading("copy", Kind.OBSERVATIONS, Measure.TOKEN, "", DAILY, copy, headline=True, newest_only=True),
        Reading("lock_terms", Kind.OBSERVATIONS, Measure.CONTROL, "", DAILY, lock_terms, headline=True),
        Reading("voters", Kind.HOLDINGS, Measure.VOTING_POWER, POWER, DAILY, InParts(voters), partial=True),
        Reading("lockers", Kind.HOLDINGS, Measure.STAKE, "avirtual", DAILY, InParts(lockers), partial=True),
        *readings((GOVERNOR,), POWER),
        Reading("market_state", Kind.OBSERVATIONS, Measure.COMPUTE_SPEND, "", DAILY, market_state),
        Reading("spend", Kind.HOLDINGS, Measure.COMPUTE_SPEND, "uusdc", DAILY, InParts(spend)),
        Reading("spend_before", Kind.HOLDINGS, Measure.COMPUTE_SPEND, "uusdc", DAILY, InParts(spend_before)),
        Reading("registry", Kind.OBSERVATIONS, Measure.COMPUTE_SUPPLY, "", DAILY, registry),
        Reading("agents", Kind.HOLDINGS, Measure.COMPUTE_SUPPLY, "agent", DAILY, agents, others=(f"{SINK}nobody",)),
        Reading(
            "control",
            Kind.HOLDINGS,
            Measure.CONTROL,
            "key",
            DAILY,
            InParts(control(CONTRACTS, SINCE, typists)),
            headline=True,
            names=POWERS,
            limits=REPLAY,
        ),
        Reading(
            "holders",
            Kind.HOLDINGS,
            Measure.TOKEN,
            "avirtual",
            DAILY,
            ranked_holders(VIRTUAL),
            partial=True,
            of_now=RANKED_NOW,
        ),
    ),
    methods={"supply": SUPPLY_METHOD},
    special=SPECIAL,
)

# What the readings tell, for the dictionary of facts: name, of whom, unit, meaning.
TELLS: Final = """
lockers:
  lockers | <address> | | who has locked how much
voters:
  voters | <address> | | who can vote with how much
lock_terms:
  max_weeks | <address> | weeks | the longest time of a lock
  admin_unlocked | <address> | | true where a key has freed all locks at once
copy:
  copy_of | <address> | address | the token of Ethereum of which this is a copy
  bridge | <address> | address | the bridge that mints it
agents:
  founders | <address> or sink:nobody | | who founded agents, by the registry
  owners | <address> or sink:nobody | | who owns the tokens of agents, and so the account of each
registry:
  agents | | agents | agents that are registered
  blacklisted | | agents | agents that were struck off
spend:
  providers | <address> | | who was paid for jobs in thirty days
  clients | <address> | | whose jobs paid
spend_before:
  recipients | <address> | | who was paid for jobs of the second generation in thirty days
market_state:
  jobs | | jobs | jobs that the newest market was ever asked for
  platform_fee | | parts of 10000 | of each payment, to the treasury
  platform_treasury | | address | who is paid the fee
"""
