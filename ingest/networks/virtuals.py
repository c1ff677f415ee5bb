"""Virtuals Protocol (agents) on Base: who has locked VIRTUAL, who votes with it, who types in what a quorum is of.

VIRTUAL is a token of Ethereum; what is read here is its copy on Base, which Base's own bridge mints for what it holds
there: the two are never added. Sources: Virtual-Protocol/protocol-contracts at ba4aef6f (VP), agent-commerce-protocol
at 7b490591 (ACP), acp-node-v2 at 776741a7.
"""

from collections.abc import Mapping
from typing import Final

from analytics.power.paths import Action, Side
from ingest.allowance import REPLAY
from ingest.evm.base import BASE
from ingest.evm.events import signature
from ingest.evm.governance import readings
from ingest.evm.governor import TYPED, Governor
from ingest.evm.holders import RANKED_NOW, ranked_holders
from ingest.evm.keys import UNKNOWN
from ingest.evm.powers import HALT, RULES, SEIZE, Actions
from ingest.evm.token import POWERS, control, erc20
from ingest.network import DAILY, InParts, Key, Network, Reading, Rule, Unit, Unlisted, Way, counted
from ingest.virtuals import agents, locks, market
from ingest.virtuals.typists import typists
from store.columns import Column
from store.rows import Decision, Kind, Measure

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

# AccessControl's role of that name in these contracts (VP, veVirtual.sol line 28; ACP, PaymentManager.sol line 27).
ADMIN_ROLE: Final = f"role_{signature('ADMIN_ROLE').removeprefix('0x')}"
LOCKS: Final = locks.Escrow(ESCROW, VIRTUAL, SINCE)

# Code that is replaced does anything with what lies there; it makes no VIRTUAL, which the bridge alone does.
REPLACING: Final = dict.fromkeys(("proxy_admin", "upgrader", "beacon", UNKNOWN), (RULES, SEIZE, HALT))
SPECIAL: Final[Mapping[str, Mapping[str, Actions]]] = dict.fromkeys(("escrow", "market", "payments"), REPLACING)
SUPPLY_METHOD: Final = """
    VIRTUAL on Base, and what the escrow of locks holds of it: a copy of the token of Ethereum, never added to it.

    Read from the copy (totalSupply, balanceOf) at one final block.
    """
FORCE, STOP = Side.FORCE, Side.STOP
TOLD, HELD, SPEND = Kind.OBSERVATIONS, Kind.HOLDINGS, Measure.COMPUTE_SPEND
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
        Reading(
            "copy", TOLD, Measure.TOKEN, "", DAILY, locks.copy(VIRTUAL, ON_ETHEREUM), headline=True, newest_only=True
        ),
        Reading("lock_terms", TOLD, Measure.CONTROL, "", DAILY, locks.lock_terms(ESCROW), headline=True),
        Reading("voters", HELD, Measure.VOTING_POWER, POWER, DAILY, InParts(locks.voters(LOCKS)), partial=True),
        Reading("lockers", HELD, Measure.STAKE, "avirtual", DAILY, InParts(locks.lockers(LOCKS)), partial=True),
        *readings((GOVERNOR,), POWER),
        Reading("market_state", TOLD, SPEND, "", DAILY, market.market_state(MARKET)),
        Reading("spend", HELD, SPEND, "uusdc", DAILY, InParts(market.spend(MARKET, USDC, SINCE))),
        Reading("spend_before", HELD, SPEND, "uusdc", DAILY, InParts(market.spend_before(PAYMENTS, USDC, SINCE))),
        Reading("registry", TOLD, Measure.COMPUTE_SUPPLY, "", DAILY, agents.registry(AGENTS)),
        Reading(
            "agents",
            HELD,
            Measure.COMPUTE_SUPPLY,
            "agent",
            DAILY,
            agents.agents(AGENTS),
            others=(agents.NOBODY_ELSE,),
        ),
        Reading(
            "control",
            Kind.HOLDINGS,
            Measure.CONTROL,
            "key",
            DAILY,
            InParts(control(CONTRACTS, SINCE, typists(GOVERNOR, AGENTS))),
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
