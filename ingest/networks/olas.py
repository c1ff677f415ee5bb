"""Olas (agents): who has locked OLAS, who votes with it, what was proposed and voted, and which keys there are beside.

Locked OLAS votes with power that decays to nothing at the end of its lock (veOLAS); what ran out stays locked until it
is withdrawn, and does not vote. Copies of OLAS on other chains are of what a bridge holds here: they are never added.
"""

from collections.abc import Mapping
from typing import Final

from analytics.power.paths import Action, Side
from ingest.evm.ethereum import ETHEREUM
from ingest.evm.events import signature
from ingest.evm.governance import Locks, lockers, readings, voters
from ingest.evm.governor import FOR_ALONE, Governor
from ingest.evm.token import erc20
from ingest.network import DAILY, HOURLY, InParts, Network, Reading, Rule, Unit, Way
from store.columns import Column
from store.rows import Decision, Kind, Measure

# valory-xyz/autonolas-governance at 9527ff6b, docs/configuration.json; first blocks of the governors by the project's
# own index of them (autonolas-subgraph-studio at 8a65abe1).
OLAS: Final = "0x0001a500a6b18995b03f44bb040a5ffc28e45cb0"
ESCROW: Final = "0x7e01a500805f8a52fad229b3015ad130a332b7b3"
# Answers for the escrow what that answers wrongly for blocks before an account's first lock.
WRAPPED_ESCROW: Final = "0x4039b809e0c0ad04f6fc880193366b251ddf4b40"
TIMELOCK: Final = "0x3c1ff68f5aa342d296d4dee4bb1cacca912d95fe"
CONTRACTS: Final[Mapping[str, str]] = {
    "token": OLAS,
    "timelock": TIMELOCK,
    # What the community's multisig may schedule; it lifts this itself where voters reject a proposal to check on them.
    "guard": "0xc0b146d61e2a2c17e024477e01978d1fcf598c6b",
    "weighting": "0x95418b46d5566d3d1ea62c12aea91227e566c5c1",
    "treasury": "0xa0da53447c0f6c4987964d8463da7e6628b30f82",
    "registry": "0x48b6af7b12c71f09e2fc8af4855de4ff54e775ca",
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
                Action.CHANGE_RULES,
                Side.FORCE,
                "votes of locked tokens",
                Rule(Measure.VOTING_POWER, "voters", "pass a proposal against all others", 1, 2, strict=True),
                "Governor, Timelock",
            ),
        ),
        units={POWER: Unit("veOLAS", 18)},
        parties={"lockers": "lockers", "voters": "voters"},
        scorecard={Column.STAKE: "lockers/lockers", Column.VOTING_POWER: "voters/voters"},
        prices={"OLAS": "autonolas"},
        credit="Ethereum's list of holders: Blockscout.",
    ),
    CONTRACTS,
    more=(
        Reading("voters", Kind.HOLDINGS, Measure.VOTING_POWER, POWER, HOURLY, InParts(voters(LOCKS)), partial=True),
        Reading("lockers", Kind.HOLDINGS, Measure.STAKE, "aolas", DAILY, InParts(lockers(LOCKS)), partial=True),
        *readings(GOVERNORS, POWER),
    ),
)
