"""Olas (agents): who has locked OLAS, who votes with it, what was proposed and voted, and which keys there are beside.

Locked OLAS votes with power that decays to nothing at the end of its lock (veOLAS); what ran out stays locked until it
is withdrawn, and does not vote. Copies of OLAS on other chains are of what a bridge holds here: they are never added.
"""

from collections.abc import Mapping
from typing import Final

from analytics.power.paths import Side
from ingest.allowance import REPLAY
from ingest.evm.ethereum import ETHEREUM
from ingest.evm.events import signature
from ingest.evm.governance import Locks, lockers, readings, voters
from ingest.evm.governor import FOR_ALONE, Governor
from ingest.evm.powers import HALT, MINT, RULES, SEIZE, Actions
from ingest.evm.token import erc20
from ingest.network import DAILY, InParts, Key, Keys, Network, Reading, Rule, Unit, Way
from ingest.olas.chains import EVICTS
from ingest.olas.emission import claimed, emission, emission_voters, nominees
from ingest.olas.guard import Guard, Permission, guard
from store.columns import Column
from store.rows import Decision, Kind, Measure
from store.spelling import ADDRESS

# valory-xyz/autonolas-governance at 9527ff6b, docs/configuration.json; first blocks of the governors by the project's
# own index of them (autonolas-subgraph-studio at 8a65abe1).
OLAS: Final = "0x0001a500a6b18995b03f44bb040a5ffc28e45cb0"
ESCROW: Final = "0x7e01a500805f8a52fad229b3015ad130a332b7b3"
# Answers for the escrow what that answers wrongly for blocks before an account's first lock.
WRAPPED_ESCROW: Final = "0x4039b809e0c0ad04f6fc880193366b251ddf4b40"
TIMELOCK: Final = "0x3c1ff68f5aa342d296d4dee4bb1cacca912d95fe"
# The community's multisig, a Safe of which the timelock is a module: votes move what it holds without its signers.
MULTISIG: Final = "0x04c06323fe3d53deb7364c0055e1f68458cc2570"
GUARD: Final = "0xc0b146d61e2a2c17e024477e01978d1fcf598c6b"
TREASURY: Final = "0xa0da53447c0f6c4987964d8463da7e6628b30f82"
WEIGHTING: Final = "0x95418b46d5566d3d1ea62c12aea91227e566c5c1"
TOKENOMICS: Final = "0xc096362fa6f4a4b1a9ea68b1043416f3381ce300"
DISPENSER: Final = "0x5650300fcbab43a0d7d02f8cb5d0f039402593f0"
DEPOSITORY: Final = "0xff8697d8d2998d6aa2e09b405795c6f4beeb0c81"
CONTRACTS: Final[Mapping[str, str]] = {
    "token": OLAS,
    "timelock": TIMELOCK,
    "multisig": MULTISIG,
    # What the multisig may schedule; it lifts this itself where voters reject a proposal to check on them.
    "guard": GUARD,
    "weighting": WEIGHTING,
    "treasury": TREASURY,
    # valory-xyz/autonolas-tokenomics at ad17cc1e, docs/configuration.json
    "tokenomics": TOKENOMICS,
    "dispenser": DISPENSER,
    "depository": DEPOSITORY,
    "registry": "0x48b6af7b12c71f09e2fc8af4855de4ff54e775ca",
    # Owned by one key, 0xeb2a22b27c7ad5eee424fd90b376c745e60f914e, in February 2026: scripts/audit_chains/
    # ownable_owners.csv of autonolas-registries at 1c5606f3 and of autonolas-tokenomics.
    "service_manager": "0x94a1892d91c05d0c61c3f49f42205d2285b914c9",
    "identity_bridger": "0x461a76074596f080dfba414532ab51280611b8e6",
    "liquidity_manager": "0x83adc54b2828e99a6da3a11263c75e38e0a1a215",
}
# What a key of a contract can do beside changing its rules. The owner of the token names who mints, that of the
# treasury and of what has it mint the same, and pauses them (Treasury.sol, changeManagers and pause; Dispenser.sol,
# setPauseState; Tokenomics.sol, changeManagers).
SPECIAL: Final[Mapping[str, Mapping[str, Actions]]] = {
    "token": {"owner": (RULES, MINT)},
    "treasury": {"owner": (RULES, MINT, HALT)},
    "dispenser": {"owner": (RULES, MINT, HALT)},
    "tokenomics": {"owner": (RULES, MINT)},
    "depository": {"owner": (RULES, MINT)},
    **EVICTS,
}
# One after the other; of the first, what was proposed since the merge.
GOVERNORS: Final = (
    Governor("0x060d0cbddfb0498d610e2ef55c01516b5b1251e6", 25_322_326, FOR_ALONE),
    Governor("0x8e84b5055492901988b831817e4ace5275a3b401", 17_527_057, FOR_ALONE),
    Governor("0x34c895f302d0b5cf52ec0edd3945321eb0f83dd5", ETHEREUM.since, FOR_ALONE),
)
# A lock is for four years at most: of those made before the merge none still votes without an event since.
LOCKS: Final = Locks(
    ESCROW,
    ETHEREUM.since,
    signature("Deposit(address,uint256,uint256,uint8,uint256)"),
    (1, 4),
    votes=WRAPPED_ESCROW,
)
POWER: Final = "aveolas"
# What the guard was told to permit (scripts/proposals/proposal_11/calldata.json there, its thirteenth call): to halt
# the treasury, to close bonds, and to collect slashed deposits on seven chains.
DRAIN, DRAIN_TOKEN = "drain()", "drain(address)"
PERMITTED: Final = tuple(
    Permission(*one)
    for one in (
        (TREASURY, "pause()", 1),
        (TREASURY, "drainServiceSlashedFunds()", 1),
        (DEPOSITORY, "close(uint256[])", 1),
        ("0x3fb926116d454b95c669b6bf2e7c3bad8d19affa", DRAIN_TOKEN, 1),
        ("0x9338b5153ae39bb89f50468e608ed9d764b755fd", DRAIN, 100),
        ("0xa45e64d13a30a51b91ae0eb182e88a40e9b18ed8", DRAIN_TOKEN, 100),
        ("0xe3607b00e75f6405248323a9417ff6b39b244b50", DRAIN, 137),
        ("0xa45e64d13a30a51b91ae0eb182e88a40e9b18ed8", DRAIN_TOKEN, 137),
        ("0xe3607b00e75f6405248323a9417ff6b39b244b50", DRAIN, 42161),
        ("0x3d77596beb0f130a4415df3d2d8232b3d3d31e44", DRAIN_TOKEN, 42161),
        ("0x3d77596beb0f130a4415df3d2d8232b3d3d31e44", DRAIN, 10),
        ("0xbb7e1d6cb6f243d6bde81ce92a9f2aff7fbe7eac", DRAIN_TOKEN, 10),
        ("0x3c1ff68f5aa342d296d4dee4bb1cacca912d95fe", DRAIN, 8453),
        ("0x34c895f302d0b5cf52ec0edd3945321eb0f83dd5", DRAIN_TOKEN, 8453),
        ("0xe3607b00e75f6405248323a9417ff6b39b244b50", DRAIN, 42220),
        ("0x3d77596beb0f130a4415df3d2d8232b3d3d31e44", DRAIN_TOKEN, 42220),
    )
)
LIMITS: Final = Guard(GUARD, MULTISIG, TIMELOCK, GOVERNORS[0], PERMITTED)
# Staking programs by the number of their chain; of chains without such addresses by their bytes.
PROGRAMS: Final = (f"<number>:{ADDRESS}", "<number>:bytes_<word>")
MOVES: Final = "move what the community's multisig holds"


NETWORK = erc20(
    Network(
        name="olas",
        title="Olas",
        stack="agents",
        token="OLAS",
        unit="aolas",
        decimals=18,
        address="hex",
        chain=ETHEREUM,
        colour=14,
        tokens_vote=True,
        decision=Decision.MAJORITY,
        rules=(
            # A quorum is 3 % by For alone; against everybody else it takes more than half.
            Rule(Measure.VOTING_POWER, "voters", "pass a proposal where nobody else votes", 3, 100, strict=False),
            Rule(Measure.VOTING_POWER, "voters", "pass a proposal against all others", 1, 2, strict=True),
        ),
        ways=(
            Way(
                RULES,
                Side.FORCE,
                "votes of locked tokens",
                Rule(Measure.VOTING_POWER, "voters", "pass a proposal against all others", 1, 2, strict=True),
                "Governor, Timelock",
                takes=(f"to_effect|{GOVERNORS[0].address}",),
            ),
            Way(
                SEIZE,
                Side.FORCE,
                "signers of the community's multisig",
                Keys("multisig/signers", needed="multisig_threshold"),
                "Safe",
                takes=0,
                effect=MOVES,
            ),
            Way(
                SEIZE,
                Side.FORCE,
                "a module of the community's multisig, without its signers",
                Key("multisig/module"),
                "Safe, ModuleManager",
                takes=0,
                effect=MOVES,
            ),
        ),
        units={POWER: Unit("veOLAS", 18)},
        parties={
            "lockers": "lockers",
            "voters": "voters",
            "nominees": "staking programs",
            "emission_voters": "voters on emission",
            "programs": "staking programs",
            "developers": "developers",
        },
        scorecard={
            Column.STAKE: "lockers/lockers",
            Column.VOTING_POWER: "voters/voters",
            # Programs pay those who stake in them: no population is of those who own what was paid.
            Column.EMISSION: "",
        },
        prices={"OLAS": "autonolas"},
        credit="Ethereum's list of holders: Blockscout.",
    ),
    CONTRACTS,
    more=(
        Reading("voters", Kind.HOLDINGS, Measure.VOTING_POWER, POWER, DAILY, InParts(voters(LOCKS)), partial=True),
        Reading("lockers", Kind.HOLDINGS, Measure.STAKE, "aolas", DAILY, InParts(lockers(LOCKS)), partial=True),
        *readings(GOVERNORS, POWER),
        Reading(
            "nominees",
            Kind.HOLDINGS,
            Measure.VOTING_POWER,
            POWER,
            DAILY,
            nominees(WEIGHTING),
            others=PROGRAMS,
        ),
        Reading(
            "emission_voters",
            Kind.HOLDINGS,
            Measure.VOTING_POWER,
            POWER,
            DAILY,
            InParts(emission_voters(WEIGHTING, ETHEREUM.since)),
            partial=True,
            limits=REPLAY,
        ),
        Reading("emission", Kind.OBSERVATIONS, Measure.EMISSION, "", DAILY, emission(TOKENOMICS, "aolas")),
        Reading(
            "claimed",
            Kind.HOLDINGS,
            Measure.EMISSION,
            "aolas",
            DAILY,
            InParts(claimed(DISPENSER)),
            limits=REPLAY,
            others=PROGRAMS,
        ),
        Reading(
            "guard",
            Kind.OBSERVATIONS,
            Measure.CONTROL,
            "",
            DAILY,
            InParts(guard(LIMITS)),
            limits=REPLAY,
            others=(f"{ADDRESS}/<word>@<number>",),
        ),
    ),
    special=SPECIAL,
    # There 1 is that it runs, and 2 that it is paused; the dispenser has four states.
    own_pauses=("guard", "treasury", "dispenser"),
)
