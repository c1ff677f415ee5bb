"""Ocean (data), which joined the ASI Alliance and left it: its token, who made FET of it by then, and what is left.

AGIX and OCEAN can be made FET by contracts at a fixed rate; CUDOS became native FET on the Fetch.ai chain. The address
of OCEAN's contract was inferred: what is read of it is told where its own functions prove that it is that.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import polars as pl
from eth_utils.crypto import keccak

from ingest.allowance import REPLAY
from ingest.evm import keys
from ingest.evm.calls import Call
from ingest.evm.ethereum import ETHEREUM
from ingest.evm.events import Event, Judge, Keeping, address, history, naming, signature
from ingest.evm.governance import Locks, lockers
from ingest.evm.governor import ANSWERS_A_RUN
from ingest.evm.logs import TRANSFER, AnswersLeft
from ingest.evm.node import EvmNode
from ingest.evm.powers import MINT, RULES, Actions
from ingest.evm.token import erc20
from ingest.network import DAILY, InParts, Memo, Network, Reading, Unit
from store.columns import Column
from store.faults import BadData, SourceChanged
from store.parts import Lasting
from store.rows import Facts, Kind, Measure, Time, frame, holdings, observation

# Ocean's own package ocean-contracts 3.1.0, addresses/address.json.
OCEAN: Final = "0x967da4048cd07ab37855c090aaf366e4ce1b9f48"
ESCROW: Final = "0xe86bf3b0d3a20444de7c78932ace6e5effe92379"
# Inferred: an exchange's wallet got FET from it on 2024-07-02 and sent as much OCEAN to DEAD in as many transfers.
MIGRATOR: Final = "0x664d2f142cbc89ee9ed20c8e4eeb66c63b9ce663"
FET: Final = "0xaea46a60368a7bd060eec7df8cba43b7ef41ad85"
DEAD: Final = "0x000000000000000000000000000000000000dead"
CONTRACTS: Final[Mapping[str, str]] = {"token": OCEAN, "migrator": MIGRATOR, "vote_escrow": ESCROW}
# OCEAN's owner mints up to the cap. MigrateToken.sol of 17ff199e: its owner can do nothing once it is set up; another
# version that was published has an admin who takes out what it holds (recoverTokens). veOCEAN.vy: a controller changes
# nothing but himself.
SPECIAL: Final[Mapping[str, Mapping[str, Actions]]] = {
    "token": {"owner": (RULES, MINT)},
    "migrator": {"owner": (), "admin": (MINT,)},
    "vote_escrow": {"controller": ()},
}


@dataclass(frozen=True, slots=True)
class Merged:
    """A token that became FET, with what was said of it: nobody can ask a contract for that.

    whole: base units of one token. rate, minted: afet that one token becomes, and that were minted for all.
    not_found: what is told of it by no contract that is known, and why.
    """

    symbol: str
    address: str
    unit: str
    whole: int
    rate: int
    minted: int
    source: str
    not_found: str = ""


WHOLE: Final = 10**18
MINTED: Final = "https://fetch.ai/blog/fet-token-supply-increased-to-support-forthcoming-asi-token-merge"
MERGED: Final = (
    Merged("OCEAN", OCEAN, "aocean", WHOLE, 433_226 * 10**12, 610_849_199 * WHOLE, MINTED),
    # singularitynet-token-contracts, README
    Merged(
        "AGIX",
        "0x5b7533812759b45c2b44c19e320ba2cd2681b542",
        "cog",
        10**8,
        433_350 * 10**12,
        866_700_367 * WHOLE,
        MINTED,
        "the contract that makes FET of it: no public source names its address; what is made FET is burned, so that "
        "the supply falls",
    ),
    # 118.344 CUDOS for one FET, minted on the Fetch.ai chain.
    Merged(
        "CUDOS",
        "0x817bbdbc3e8a1204f3691d14bb44992841e3db35",
        "acudos",
        WHOLE,
        10**21 // 118_344,
        88_946_755_672 * 10**15,
        "https://github.com/fetchai/fetchd/blob/644eddd7/app/upgrade_network_config.go",
        "the bridge to its own chain, which is gone: no public source names its address",
    ),
)
# The supply of FET before that.
BEFORE: Final = 1_152_997_575 * WHOLE

# oceanprotocol/asi-token-migration-contracts at 17ff199e, migration/contracts/MigrateToken.sol, first of 2024-05-24:
# the curve begins with that day. Events are read from the merge on; an older one would be found too.
FIRST: Final = 19_900_000
MIGRATED: Final = signature("Migrated(address,address,address,uint256,uint256)")
RECOVER: Final = keccak(text="recoverTokens(uint256)")[:4]
# Its clones borrow the code of one (EIP-1167), whose address stands between these.
CLONE: Final = (bytes.fromhex("363d3d373d3d3d363d73"), bytes.fromhex("5af43d82803e903d91602b57fd5bf3"))
# What it is asked, by the name of the observation.
VIEWS: Final[Mapping[str, tuple[str, str]]] = {
    "old_token": ("oldToken()", "address"),
    "new_token": ("newToken()", "address"),
    "conversion_ratio": ("conversionRatio()", "uint256"),
    "old_token_burnable": ("isOldTokenBurnable()", "bool"),
    "new_token_mintable": ("isNewTokenMintable()", "bool"),
    "burn_address": ("burnAddress()", "address"),
    "migrator_owner": ("owner()", "address"),
    "paused": ("paused()", "bool"),
}
VIEW_UNITS: Final[Mapping[str, str]] = {"address": "address", "uint256": "afet", "bool": ""}
# Those that are told one by one, and blocks from one point of the curve to the next: about a month.
LARGEST: Final = 10
MOST_SENT: Final = 40
APART: Final = 219_000
# veOCEAN, contracts/ve/veOCEAN.vy of the same package. A lock is for four years at most, and the first were made in the
# month of the merge.
LOCKS: Final = Locks(
    ESCROW,
    ETHEREUM.since,
    signature("Deposit(address,uint256,uint256,int128,uint256)"),
    (2, 3),
    locked="locked(address)",
    words=2,
    all_locked="supply()",
)


def migration(node: EvmNode) -> Facts:
    """Tokens that became FET: what was said, what their contracts say, and what OCEAN's conversion still holds.

    Subject is the contract. `stated_...` is what a public source says, named beside it; all else is read at one final
    block. `proof` says whether a contract is what it is taken for, by its own functions; of one that is not proved
    nothing is told. All that lies at the burn address is not made FET: some may have been sent there otherwise.
    """
    time = node.block.time
    rows = [observation("new_supply", time, node.call(Call(FET, "totalSupply()")), "afet", subject=FET)]
    rows.append(observation("stated_before", time, BEFORE, "afet", subject=FET, source=MINTED))
    for one in MERGED:
        rows += _merged(node, one)
    locked, power = node.calls([Call(ESCROW, "supply()"), Call(ESCROW, "totalSupply()")])
    if locked and power:
        rows.append(observation("locked", time, locked[0], "aocean", subject=ESCROW))
        rows.append(observation("locked_power", time, power[0], "aveocean", subject=ESCROW))
    said, doubt = _migrator(node)
    rows.append(observation("proof", time, _proof(doubt), "", subject=MIGRATOR))
    if not doubt:
        rows += _conversion(node, said)
    return Facts(frame(Kind.OBSERVATIONS, rows))


def _proof(doubt: str) -> str:
    return f"not proved: {doubt}" if doubt else "proved"


def _merged(node: EvmNode, one: Merged) -> Iterator[dict[str, object]]:
    """What is said of a token, and what it says."""
    time, source = node.block.time, one.source
    yield observation("stated_name", time, one.symbol, "", subject=one.address, source=source)
    yield observation("stated_rate", time, one.rate, "afet", subject=one.address, source=source)
    yield observation("stated_minted", time, one.minted, "afet", subject=one.address, source=source)
    asked = [Call(one.address, "symbol()", returns=("string",)), *_numbers(one.address)]
    symbol, decimals, supply, burned = node.calls(asked)
    wrong = symbol != (one.symbol,) or not decimals or 10 ** decimals[0] != one.whole or not supply or not burned
    doubt = "its symbol, decimals and supply are not those of the token" if wrong else ""
    yield observation("proof", time, _proof(doubt), "", subject=one.address)
    if one.not_found:
        yield observation("not_found", time, one.not_found, "", subject=one.address)
    if not doubt:
        yield observation("old_supply", time, supply[0], one.unit, subject=one.address)
        yield observation("old_burned", time, burned[0], one.unit, subject=one.address)


def _numbers(token: str) -> tuple[Call, ...]:
    return (
        Call(token, "decimals()", returns=("uint8",)),
        Call(token, "totalSupply()"),
        Call(token, "balanceOf(address)", (DEAD,)),
    )


def _migrator(node: EvmNode) -> tuple[dict[str, Any], str]:
    """What the migrator says of itself, and why it is not OCEAN's; empty where it is."""
    asked = [Call(MIGRATOR, function, returns=(kind,)) for function, kind in VIEWS.values()]
    said = {name: one[0] for name, one in zip(VIEWS, node.calls(asked), strict=True) if one}
    wanted = {"old_token": OCEAN, "new_token": FET, "old_token_burnable": False, "new_token_mintable": False}
    lacking = [name for name in (*wanted, "conversion_ratio", "burn_address") if name not in said]
    if lacking:
        return said, f"it does not answer {VIEWS[lacking[0]][0]}"
    other = [name for name, value in wanted.items() if said[name] != value]
    return said, f"its {other[0].replace('_', ' ')} is another" if other else ""


def _conversion(node: EvmNode, said: Mapping[str, Any]) -> Iterator[dict[str, object]]:
    """What a proved migrator says, and what it holds."""
    time = node.block.time
    for name, value in said.items():
        text = str(value).lower() if isinstance(value, bool) else value
        yield observation(name, time, text, VIEW_UNITS[VIEWS[name][1]], subject=MIGRATOR)
    left = node.call(Call(FET, "balanceOf(address)", (MIGRATOR,)))
    yield observation("left", time, left, "afet", subject=MIGRATOR)
    takes = "true" if RECOVER in _code(node, MIGRATOR) else "false"
    yield observation("recoverable", time, takes, "", subject=MIGRATOR)


def _code(node: EvmNode, contract: str) -> bytes:
    """The code of a contract; of a clone that which it borrows."""
    code, (before, after) = node.code(contract), CLONE
    if code.startswith(before) and code.endswith(after):
        return node.code(f"0x{code[len(before) : -len(after)].hex()}")
    return code


@dataclass(frozen=True, slots=True)
class Migrations:
    """What was made FET, in the order of the chain, as far as that is read by now; burned: all at the burn address."""

    events: Sequence[Event]
    unread: int
    burned: int


def _by_rate(rate: int) -> Judge:
    """A judge of conversions: of OCEAN into FET, by the contract's own rate."""

    def judge(event: Event) -> None:
        old, new, given, got = event.words
        address(event.topics[0])
        if (address(old), address(new)) != (OCEAN, FET) or got != given * rate // WHOLE:
            raise BadData(f"{MIGRATOR} made {got} of {given} base units in block {event.block}: not by its own rate")

    return judge


def _migrations(node: EvmNode, memo: Memo, answers: AnswersLeft) -> Migrations:
    """Raises SourceChanged where the migrator is not proved, SourceDown where nobody has events by its rate."""
    said, doubt = _migrator(node)
    if doubt:
        raise SourceChanged(f"the migrator {MIGRATOR} is not proved: {doubt}")
    judged = Keeping(judge=_by_rate(said["conversion_ratio"]))
    told = history(node, memo, MIGRATOR, {MIGRATED: (1, 4)}, ETHEREUM.since, answers, judged)
    burned = node.call(Call(OCEAN, "balanceOf(address)", (said["burn_address"],)))
    return Migrations(told.events, told.unread, burned)


def converters(node: EvmNode, memo: Memo) -> Facts:
    """Who made FET of how much OCEAN, by the events of the conversion (Migrated), newest blocks first.

    The whole is what lies at the burn address: what is missing was not read yet, or was sent there otherwise. Read at
    one final block, where the contract's own functions prove it; each event is held to its rate.
    """
    told, given = _migrations(node, memo, AnswersLeft(ANSWERS_A_RUN)), defaultdict[str, int](int)
    for event in told.events:
        given[address(event.topics[0])] += event.words[2]
    rows = [("converters", who, amount) for who, amount in sorted(given.items()) if amount]
    return Facts(holdings(rows), reported={"converters": told.burned}, empty=not rows)


def conversions(node: EvmNode, memo: Memo) -> Facts:
    """The largest conversions one by one, how much there was from month to month, and who signs for the largest.

    From the events of the conversion (Migrated), each at the time of its block. `converted` adds up what is read by
    now; `unread_blocks` are left for later runs, the oldest last. Who signs is as of the block that is read: who could
    sign when it was converted may have been others. What the largest has sent since (Transfer) is read once all
    conversions are; whose the receiving addresses are the chain does not say.
    """
    answers = AnswersLeft(ANSWERS_A_RUN)
    told = _migrations(node, memo, answers)
    rows = [observation("unread_blocks", node.block.time, told.unread, "blocks", subject=MIGRATOR)]
    by_block, by_user = defaultdict[tuple[str, int], list[int]](lambda: [0, 0]), defaultdict[str, int](int)
    for event in told.events:
        who = address(event.topics[0])
        for place in (0, 1):
            by_block[who, event.block][place] += event.words[2 + place]
        by_user[who] += event.words[2]
    largest = dict(sorted(by_block.items(), key=lambda one: one[1], reverse=True)[:LARGEST])
    for (who, time), (block, (given, got)) in _at_times(node, memo, largest).items():
        rows.append(observation("conversion", time, given, "aocean", subject=who))
        rows.append(observation("conversion_got", time, got, "afet", subject=who))
        rows.append(observation("conversion_block", time, block, "block", subject=who))
    rows += _curve(node, memo, told)
    if by_user:
        largest_of_all = max(by_user, key=by_user.__getitem__)
        rows += _signed(node, largest_of_all)
        if not told.unread:
            first = min(block for who, block in by_block if who == largest_of_all)
            rows += _sent(node, memo, largest_of_all, first, answers)
    return Facts(frame(Kind.OBSERVATIONS, rows))


def _time(node: EvmNode, memo: Memo, block: int) -> datetime:
    """The time of a final block, which is asked for once."""

    def make() -> pl.DataFrame:
        return pl.DataFrame({"time": [node.ask(lambda provider: provider.block(block)).time]}, schema={"time": Time})

    time: datetime = memo(Lasting(f"final-time-{block}"), make)["time"][0]
    return time


def _at_times(
    node: EvmNode, memo: Memo, found: Mapping[tuple[str, int], list[int]]
) -> dict[tuple[str, datetime], tuple[int, list[int]]]:
    """Amounts of somebody by the time of their block, with the last such block; blocks may have one time."""
    told: dict[tuple[str, datetime], tuple[int, list[int]]] = {}
    for (who, block), amounts in found.items():
        key = who, _time(node, memo, block)
        last, before = told.get(key, (block, [0] * len(amounts)))
        told[key] = max(last, block), [one + more for one, more in zip(before, amounts, strict=True)]
    return told


def _curve(node: EvmNode, memo: Memo, told: Migrations) -> Iterator[dict[str, object]]:
    """How much was made FET until some blocks, a month apart."""
    for block in (*range(FIRST + APART, node.block.height, APART), node.block.height):
        time = node.block.time if block == node.block.height else _time(node, memo, block)
        given = sum(event.words[2] for event in told.events if event.block <= block)
        yield observation("converted", time, given, "aocean", subject=MIGRATOR)


def _signed(node: EvmNode, who: str) -> Iterator[dict[str, object]]:
    """What the largest converter is, and who signs for it."""
    time = node.block.time
    for name, (value, unit) in keys.state(node, who).items():
        yield observation(name, time, value, unit, subject=who)
    (owners,) = node.calls([Call(who, "getOwners()", returns=("address[]",))])
    for owner in owners[0] if owners else ():
        yield observation("signer", time, who, "address", subject=owner)


def _sent(node: EvmNode, memo: Memo, who: str, since: int, answers: AnswersLeft) -> Iterator[dict[str, object]]:
    """What somebody has sent of FET since a block: all of it, and the largest one by one."""
    time, keeping = node.block.time, Keeping(judge=naming(1), of=f"0x{int(who, 16):064x}")
    told = history(node, memo, FET, {TRANSFER: (2, 1)}, since, answers, keeping)
    sent = defaultdict[tuple[str, int], list[int]](lambda: [0])
    for event in told.events:
        sent[address(event.topics[1]), event.block][0] += event.words[0]
    yield observation("sent_total", time, sum(amount for (amount,) in sent.values()), "afet", subject=who)
    yield observation("sent_to", time, len({receiver for receiver, _ in sent}), "addresses", subject=who)
    yield observation("sent_unread_blocks", time, told.unread, "blocks", subject=who)
    largest = dict(sorted(sent.items(), key=lambda one: (-one[1][0], one[0]))[:MOST_SENT])
    for (receiver, when), (_, (amount,)) in _at_times(node, memo, largest).items():
        yield observation("sent", when, amount, "afet", subject=receiver)


NETWORK = erc20(
    Network(
        name="ocean",
        title="Ocean",
        stack="data",
        token="OCEAN",
        unit="aocean",
        decimals=18,
        address="hex",
        chain=ETHEREUM,
        colour=19,
        units={
            "afet": Unit("FET", 18),
            "aveocean": Unit("veOCEAN", 18),
            "cog": Unit("AGIX", 8),
            "acudos": Unit("CUDOS", 18),
        },
        parties={"lockers": "lockers", "converters": "converters"},
        scorecard={Column.STAKE: "lockers/lockers"},
        prices={"OCEAN": "ocean-protocol"},
        credit="Ethereum's list of holders: Blockscout.",
    ),
    CONTRACTS,
    locked={"burned": DEAD, "vote_escrow_locked": ESCROW},
    special=SPECIAL,
    more=(
        Reading("migration", Kind.OBSERVATIONS, Measure.TOKEN, "", DAILY, migration, headline=True),
        Reading("lockers", Kind.HOLDINGS, Measure.STAKE, "aocean", DAILY, InParts(lockers(LOCKS)), partial=True),
        Reading(
            "converters",
            Kind.HOLDINGS,
            Measure.TOKEN,
            "aocean",
            DAILY,
            InParts(converters),
            partial=True,
            limits=REPLAY,
        ),
        Reading("conversions", Kind.OBSERVATIONS, Measure.TOKEN, "", DAILY, InParts(conversions), limits=REPLAY),
    ),
)

# What the readings tell, for the dictionary of facts: name, of whom, unit, meaning.
TELLS: Final = """
migration:
  new_supply | <address> | afet | all FET on Ethereum
  stated_before | <address> | afet | the supply of FET before the others joined, as a public source says
  stated_name | <address> | | what a public source calls a token that became FET
  stated_rate | <address> | afet | what one token becomes, as a public source says
  stated_minted | <address> | afet | what was minted for all of a token, as a public source says
  proof | <address> | | proved, or why a contract is not what it is taken for
  not_found | <address> | | what no public source names
  old_supply | <address> | <unit> | all of a token that became FET
  old_burned | <address> | <unit> | what of it lies where nobody has a key
  locked | <address> | aocean | what is locked for votes, with what ran out and was not withdrawn
  locked_power | <address> | aveocean | what of that still votes
  old_token | <address> | address | what the conversion takes
  new_token | <address> | address | what it pays out
  conversion_ratio | <address> | afet | what it pays out for one token
  old_token_burnable | <address> | | true where it burns what it takes
  new_token_mintable | <address> | | true where it mints what it pays out
  burn_address | <address> | address | where it sends what it takes
  migrator_owner | <address> | address | who owns the contract of the conversion
  paused | <address> | | true or false; missing where it cannot be paused
  left | <address> | afet | what it can still pay out
  recoverable | <address> | | true where its code has a function that takes out what it holds
converters:
  converters | <address> | | who made FET of how much
conversions:
  unread_blocks | <address> | blocks | blocks with conversions that were not read yet
  conversion | <address> | aocean | what somebody made FET in one block, of the largest
  conversion_got | <address> | afet | what that became
  conversion_block | <address> | block | the block in which that was
  converted | <address> | aocean | all that was made FET by then, as far as it is read
  sent | <address> | afet | what whoever converted most sent to somebody in one block since, of the largest
  sent_total | <address> | afet | all that it sent since, as far as it is read
  sent_to | <address> | addresses | to how many
  sent_unread_blocks | <address> | blocks | blocks with what it sent that were not read yet
  account | <address> | | key or contract, of whoever converted most
  signer | <address> | address | the multisig for which a key signs
  threshold | <address> | signatures | how many signers of it must sign
  guard | <address> | address | a contract that may refuse what the signers want
  proved | <address> | | the Safe that it is by its code and storage; missing where it is not proved
  version | <address> | | version of a contract, by its own word
  delegated | <address> | address | the contract whose code a key borrows
  delay | <address> | s | how long a timelock waits
  executor | <address> | | anyone, where a timelock lets everybody carry out what has waited
  proxy_admin | <address> | address | who can replace a proxy's code
  implementation | <address> | address | a proxy's code
  beacon | <address> | address | the contract that tells a proxy its code
"""
