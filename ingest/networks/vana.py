"""Vana (data): who stakes, which data pools are rewarded and by whose word, and which keys there are: nothing is voted.

Its own chain. No governor stands on it: whoever has a role of its contracts decides, and roles are rebuilt from the
events of granting them. All contracts are proxies whose code their admin replaces.
"""

from collections.abc import Mapping
from typing import Final

from analytics.power.paths import Action, Side
from ingest.allowance import REPLAY
from ingest.evm import powers
from ingest.evm.calls import Call
from ingest.evm.coin import coin_holders
from ingest.evm.holders import RANKED_NOW
from ingest.evm.node import EvmNode
from ingest.evm.powers import EVERYTHING, HALT, MINT, RULES, SEIZE, Actions
from ingest.evm.token import POWERS, control, control_state
from ingest.evm.vana import VANA
from ingest.network import DAILY, HOURLY, InParts, Key, Network, Reading, Since, Unlisted, Way, counted
from ingest.vana import pools, staking, validators
from store.columns import Column
from store.rows import Facts, Kind, Measure, frame, observation

# vana-com/vana-smart-contracts at ea6a85c7, deployments-official/vana; the oldest is of block 2,442,348.
STAKING: Final = "0x641c18e2f286c86f96ce95c8ec1eb9fc0415ca0e"
ENTITIES: Final = "0x44f20490a82e1f1f1cc25dd3ba8647034eddce30"
TREASURY: Final = "0x143be72cf2541604a7691933caccd6d9cc17c003"
REGISTRY: Final = "0x4d59880a924526d1dd33260552ff4328b1e18a43"
REGISTRY_TREASURY: Final = "0xb12ce1d27beefe39b6f0110b1ab77c21aa0c9f9a"
EPOCHS: Final = "0x2063cff0609d59bccc196e20eb58a8696a6b15a0"
PERFORMANCE: Final = "0x847715c7db37cf286611182be0bd333cbfa29cc1"
REWARDS: Final = "0xefd0f9ba9de70586b7c4189971cf754adc923b04"
REWARDS_TREASURY: Final = "0xb547ca8fe4990fe330feaeb1c2ebb42f925af5b8"
# Named by the project's own script alone (scripts/deposit/deposit.ts:11), not among what it deployed: where nothing of
# its kind stands there `validators` says so.
DEPOSIT: Final = "0x4242424242424242424242424242424242424242"
DEAD: Final = "0x000000000000000000000000000000000000dead"
CONTRACTS: Final[Mapping[str, str]] = {
    "staking": STAKING,
    "entities": ENTITIES,
    "treasury": TREASURY,
    "pools": REGISTRY,
    "pools_treasury": REGISTRY_TREASURY,
    "epochs": EPOCHS,
    "performance": PERFORMANCE,
    "rewards": REWARDS,
    "rewards_treasury": REWARDS_TREASURY,
    "validators": DEPOSIT,
}
LOCKED: Final[Mapping[str, str]] = {
    "stakes_locked": TREASURY,
    "rewards_locked": REWARDS_TREASURY,
    "registrations_locked": REGISTRY_TREASURY,
    "validators_locked": DEPOSIT,
    "burned": DEAD,
}
# What roles can do, in the sources at ea6a85c7. Every admin replaces code (`_authorizeUpgrade` of each).
CODE: Final[Mapping[str, Actions]] = {"admin": EVERYTHING}
SPECIAL: Final[Mapping[str, Mapping[str, Actions]]] = {
    # VanaPoolStakingImplementation.sol:386-442: names the contract that says what a share is worth, at which stakes are
    # paid out, and who may speak for a staker; pauses.
    "staking": {**CODE, "maintainer": (RULES, SEIZE, HALT), "vana_pool_entity": (SEIZE,)},
    # VanaPoolEntityImplementation.sol:174-213, 387, 436-460: says who has an entity, what it may pay, and who writes
    # what its stakers have.
    "entities": {**CODE, "maintainer": (RULES, SEIZE, HALT), "vana_pool": (SEIZE,)},
    # VanaPoolTreasuryImplementation.sol:39-60: its admin pays stakes out to anybody.
    "treasury": CODE,
    # DLPRegistryImplementation.sol:142-225: verifies pools, of which only such are rewarded.
    "pools": {**CODE, "maintainer": (RULES, MINT, HALT)},
    # TreasuryImplementation.sol:72-91: a custodian pays out to anybody.
    "pools_treasury": {**CODE, "custodian": (SEIZE,)},
    "rewards_treasury": {**CODE, "custodian": (MINT, SEIZE)},
    # VanaEpochImplementation.sol:131-161, 179-321, 355-393: writes rewards and bonuses, or names who does.
    "epochs": {
        **CODE,
        "maintainer": (RULES, MINT, HALT),
        "dlp_performance": (MINT,),
        "dlp_reward_deployer": (MINT,),
    },
    # DLPPerformanceImplementation.sol:149-181, 267-378: says how pools did, confirms it, writes over it.
    "performance": {**CODE, "maintainer": (RULES, MINT, HALT), "manager": (MINT,)},
    # DLPRewardDeployerImplementation.sol:86-124, 163-219: names the market through which rewards go, withdraws
    # penalties to anybody; who has the other role pays what was written, or does not.
    "rewards": {**CODE, "maintainer": (RULES, MINT, HALT), "reward_deployer": (HALT,)},
    # DepositImplementation.sol:71-120: says who may become a validator, and replaces the code by whose events they do.
    "validators": {"owner": EVERYTHING, "pending_owner": EVERYTHING},
}
UNTOLD: Final = (
    "who proposes blocks stands on the consensus layer, which public nodes of this side do not tell; the deposit "
    "contract tells who was let in, and not who left"
)
PARTIES: Final[Mapping[str, str]] = {
    "stakers": "stakers",
    "entities": "entities",
    "pools": "data pools",
    "owners": "owners of data pools",
    "maintainer": "maintainers",
    "custodian": "custodians",
    "dlp_performance": "writers of rewards",
    "dlp_reward_deployer": "writers of bonuses",
    "reward_deployer": "payers of rewards",
    "vana_pool": "writers of stakes",
    "vana_pool_entity": "writers of stakes",
}

# In whose words readers are told of keys.
CONTROL_METHOD: Final = """
    Keys that can change, pause or pay out of Vana's contracts; one holder per key and power, each counts one.

    From the events of granting and revoking roles since the chain's first block, each proved by the contract's own word
    (hasRole), from owners and proxy slots (EIP-1967), and from the multisigs and timelocks that hold keys: there
    `signers` are the owners of a Safe, of whom its threshold must sign, and a `module` acts without them. The newest
    blocks are read first, over many runs: until all are read a contract has `unknown` keys too. Keys, not people.
    """


def supply(node: EvmNode) -> Facts:
    """VANA that lies in contracts of the chain's own: stakes, rewards, deposits of pools and of validators.

    VANA is the chain's coin: no contract tells how much there is. Asked of the chain (getEthBalance) at one final
    block. What validators deposited stays there when they leave: it is paid back as new coins.
    """
    asked = {name: Call(node.chain.multicall, "getEthBalance(address)", (place,)) for name, place in LOCKED.items()}
    node.calls(list(asked.values()))
    found = [
        observation(name, node.block.time, int(node.call(call)), "avana", subject=LOCKED[name])
        for name, call in asked.items()
    ]
    return Facts(frame(Kind.OBSERVATIONS, found))


def _readings() -> tuple[Reading[EvmNode], ...]:
    told, held, stake = Kind.OBSERVATIONS, Kind.HOLDINGS, Measure.STAKE
    who, what = control(CONTRACTS, VANA.since), control_state(CONTRACTS)
    who.__doc__ = CONTROL_METHOD
    of_entities, of_pools = ("entity:<number>",), ("pool:<number>", pools.UNOWNED)
    # What takes long comes last.
    return (
        Reading("supply", told, Measure.TOKEN, "", HOURLY, supply, headline=True),
        Reading("entities", held, stake, "avana", DAILY, staking.staked(ENTITIES), headline=True, others=of_entities),
        Reading(
            "staking",
            told,
            stake,
            "",
            DAILY,
            staking.state(STAKING, ENTITIES, TREASURY),
            newest_only=True,
            others=of_entities,
        ),
        Reading("epochs", told, Measure.EMISSION, "", DAILY, pools.epochs(EPOCHS), newest_only=True, others=of_pools),
        Reading("pools", held, Measure.COMPUTE_SUPPLY, "pool", DAILY, pools.owners(REGISTRY), headline=True),
        Reading("directory", told, None, "", DAILY, pools.directory(REGISTRY), newest_only=True, others=of_pools),
        Reading(
            "stakers",
            held,
            stake,
            "avana",
            DAILY,
            InParts(staking.stakers(STAKING, ENTITIES)),
            tolerance=staking.MOST_STAKERS,
        ),
        Reading(
            "rewards",
            held,
            Measure.EMISSION,
            "avana",
            DAILY,
            InParts(pools.rewards(REWARDS, REGISTRY)),
            others=of_pools,
            limits=REPLAY,
        ),
        Reading("control", held, Measure.CONTROL, "key", DAILY, InParts(who), names=POWERS, limits=REPLAY),
        Reading("control_state", told, Measure.CONTROL, "", DAILY, Since("control", what), newest_only=True),
        Reading(
            "validators",
            told,
            Measure.CONTROL,
            "",
            DAILY,
            InParts(validators.validators(DEPOSIT)),
            others=("validator:<word>",),
            limits=REPLAY,
        ),
        Reading("holders", held, Measure.TOKEN, "avana", DAILY, coin_holders(18), partial=True, of_now=RANKED_NOW),
    )


NETWORK = Network(
    name="vana",
    title="Vana",
    stack="data",
    token="VANA",
    unit="avana",
    decimals=18,
    address="hex",
    chain=VANA,
    colour=16,
    readings=_readings(),
    ways=(
        *powers.ways(CONTRACTS, SPECIAL),
        Way(
            Action.CENSOR,
            Side.FORCE,
            "owner of the deposit contract",
            Key("validators/owner"),
            "DepositImplementation.sol:100-120",
            takes=0,
            effect="let in validators, and keep others out while deposits are restricted",
        ),
        *(
            Way(action, Side.FORCE, "who proposes blocks", Unlisted("restricted", UNTOLD), "proof of stake, deposits")
            for action in (Action.HALT, Action.CENSOR)
        ),
    ),
    units=counted("key", "pool"),
    parties={**powers.PARTIES, **PARTIES},
    parts={"entity": "Entity"},
    scorecard={
        Column.STAKE: "stakers/stakers",
        # Data pools are lists of contracts: what they hold stands nowhere on the chain.
        Column.COMPUTE_SUPPLY: "",
        Column.EMISSION_BY_OPERATOR: "rewards/owners",
        Column.TOKEN: "holders/holders",
        Column.CONTROL: "",
    },
    prices={"VANA": "vana"},
    credit="Vana's list of holders: Blockscout.",
)

# What the readings tell, for the dictionary of facts: name, of whom, unit, meaning.
TELLS: Final = """
supply:
  <contract>_locked | <address> | avana | what a contract of the chain's own holds
  burned | <address> | avana | what lies where nobody has a key
"""
