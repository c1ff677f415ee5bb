"""Filecoin (data): power, storage, block rewards and pledge of its miners, and who can make power."""

from analytics.power.paths import Action, Side
from ingest.filecoin import control, power, wins
from ingest.filecoin.chain import FilecoinChain
from ingest.network import DAILY, HOURLY, Keys, Network, Reading, Rule, Since, Unit, Way, counted
from store.columns import Column
from store.rows import Kind, Measure

# docs.filecoin.io and the list of chainlist.org, 2026; each proves itself by the hash of the first block.
ENDPOINTS = (
    "https://api.node.glif.io/rpc/v1",
    "https://filfox.info/rpc/v1",
    "https://filecoin.chainup.net/rpc/v1",
    "https://filecoin.lava.build",
)

# A million FIL, a hundredth of all pledge: first states lock rewards that the chain's total has not, and nobody has
# added up what other exceptions there are.
NOT_IN_PLEDGE = 10**24
BYTES, KEYS, DATACAP = "bytes", "keys", "bytes of DataCap"
_POWER, _SUPPLY = Measure.VOTING_POWER, Measure.COMPUTE_SUPPLY

READINGS = (
    Reading("chain", Kind.OBSERVATIONS, None, "", HOURLY, wins.chain, headline=True),
    Reading("finality", Kind.OBSERVATIONS, None, "", HOURLY, wins.finality, headline=True),
    # Before power: who has won blocks lately is asked for its power too.
    Reading(
        "wins", Kind.HOLDINGS, Measure.EMISSION, wins.UNIT, HOURLY, Since("chain", wins.wins), headline=True, flow=True
    ),
    Reading("root_keys", Kind.HOLDINGS, Measure.CONTROL, KEYS, DAILY, control.root_keys, headline=True),
    Reading("root_threshold", Kind.OBSERVATIONS, Measure.CONTROL, "", DAILY, control.root_threshold, headline=True),
    # The first time it goes through the whole map of claims, which takes a quarter of an hour. Before power, which so
    # asks for miners again that have disk and were too small to count.
    Reading("storage", Kind.HOLDINGS, _SUPPLY, BYTES, HOURLY, Since("storage", power.storage), partial=True),
    Reading("power", Kind.HOLDINGS, _POWER, BYTES, HOURLY, Since("power", power.power), partial=True),
    Reading(
        "pledge",
        Kind.HOLDINGS,
        Measure.STAKE,
        wins.UNIT,
        DAILY,
        Since("power", power.pledge),
        tolerance=NOT_IN_PLEDGE,
        partial=True,
    ),
    Reading("allocators", Kind.HOLDINGS, Measure.CONTROL, DATACAP, DAILY, control.allocators),
    Reading("owner_kinds", Kind.OBSERVATIONS, None, "", DAILY, Since("power", control.owner_kinds), newest_only=True),
)

# Expected Consensus follows the heaviest chain: who has more than half of the power makes a heavier one than all others
# together, and blocks of others are left out of it (filecoin spec, expected consensus; go-f3, gpbft, for finality).
_CENSOR = Rule(_POWER, "owners", "leave out the blocks of all others", 1, 2, strict=True)
# No rule that readers are shown first: fast finality stood still before, and blocks went on.
_STALL = Rule(_POWER, "owners", "stop fast finality (F3), where it runs", 1, 3, strict=False)

WAYS = (
    Way(
        Action.CENSOR,
        Side.FORCE,
        "owners of miners with more than 1/2 of the power",
        _CENSOR,
        "Expected Consensus, lotus chain/store/weight.go",
        takes=0,
    ),
    Way(
        Action.HALT,
        Side.FORCE,
        "owners of miners with 1/3 of the power",
        _STALL,
        "F3, go-f3 gpbft",
        takes=0,
        effect="stop fast finality where it runs, and no block",
    ),
    Way(
        Action.MINT,
        Side.FORCE,
        "signers of the root key of the verified registry",
        Keys("root_key", needed="root_threshold"),
        "verified registry f06",
        takes=0,
        effect="name allocators of DataCap, which makes power count ten times, and no FIL",
    ),
    Way(
        Action.MINT,
        Side.STOP,
        "refusal of the root key's signers",
        Keys("root_key", needed="root_threshold"),
        "verified registry f06",
        takes=0,
        effect="let nobody become an allocator of DataCap",
    ),
)

NETWORK = Network(
    name="filecoin",
    title="Filecoin",
    stack="data",
    token="FIL",
    unit=wins.UNIT,
    decimals=18,
    address="f0",
    chain=FilecoinChain("fil:f", ENDPOINTS),
    readings=READINGS,
    rules=(_CENSOR,),
    ways=WAYS,
    # Nobody reads twenty digits, and a browser keeps sixteen.
    units={BYTES: Unit("PB", 15), DATACAP: Unit("TB of DataCap", 12), **counted(KEYS)},
    parties={"root_key": "signers"},
    scorecard={
        Column.VOTING_POWER: "power/owners",
        Column.COMPUTE_SUPPLY: "storage/owners",
        Column.EMISSION_BY_OPERATOR: "wins/owners",
        Column.STAKE: "pledge/owners",
        # Its keys make power out of nothing, and rule nothing else.
        Column.CONTROL: "",
    },
    colour=7,
    prices={"FIL": "filecoin"},
)
