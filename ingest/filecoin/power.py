"""Power over Filecoin: which miners prove how much storage, who owns them, and what they have pledged for it.

The sum over miners is compared with the chain's own total, so that it does not matter who proposed them: those of the
last reading and winners of blocks, at first all that the map of claims has, each object of it compared with its hash.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from ingest.fields import flag, not_negative
from ingest.filecoin.cbor import Link, big, decoded, named
from ingest.filecoin.chain import FilecoinNode
from ingest.filecoin.hamt import actor_of, found, key_of, pairs
from ingest.filecoin.rpc import AT_ONCE
from ingest.filecoin.tipsets import actor
from ingest.network import Earlier
from store.faults import BadData, SourceChanged
from store.rows import Facts, holdings

MINERS, OWNERS = "miners", "owners"
# Fields of the state of power since the first actors; the map of claims is the last of its links.
RAW, RAW_COMMITTED, QA, PLEDGE, COUNT, COUNT_ABOVE = 0, 1, 2, 4, 9, 10
STATE_FIELDS: Final = 16
# A claim is [kind of proof, raw, quality-adjusted]; those of the first actors had no kind.
CLAIM_FIELDS: Final = (2, 3)
# The largest claims that are compared with the map of claims, object by object: in 2026 most of all power.
PROVED: Final = 50
# Where more than this part of all power is nobody's that is known, the whole map is walked again.
MISSING: Final = 100
# Fields of a miner's state, and of the information that it leads to.
INFO, LOCKED, PLEDGED, OWNER = 0, 2, 5, 0
MINER_FIELDS: Final = 12


@dataclass(frozen=True, slots=True)
class Totals:
    """What the chain itself adds up; committed: miners below the minimum of ten TiB too. claims: the map of them."""

    raw: int
    raw_committed: int
    qa: int
    pledge: int
    miners: int
    miners_above: int
    claims: str


@dataclass(frozen=True, slots=True)
class Claim:
    """The power of a miner in bytes, and whether it is enough to count."""

    raw: int
    qa: int
    counts: bool


def totals(node: FilecoinNode) -> Totals:
    """The chain's own totals: the state of power under the hash that endpoints agreed on."""
    return node.once("totals", lambda: totals_of(node.objects([node.power])[node.power]))


def totals_of(content: bytes) -> Totals:
    """The totals in a state of power; raises SourceChanged."""
    match decoded(content):
        case [*fields] if len(fields) >= STATE_FIELDS:
            links = [one for one in fields if isinstance(one, Link)]
        case other:
            raise SourceChanged(f"no state of power: {str(other)[:80]}")
    counts = fields[COUNT], fields[COUNT_ABOVE]
    if not links or not all(type(one) is int and one >= 0 for one in counts):
        raise SourceChanged(f"a state of power of another layout: {str(fields)[:80]}")
    raw, committed, qa, pledged = (_amount(fields[place]) for place in (RAW, RAW_COMMITTED, QA, PLEDGE))
    return Totals(raw, committed, qa, pledged, *counts, named(links[-1]))


def claim_of(value: Any) -> tuple[int, int]:
    """Raw and quality-adjusted bytes of a claim in the map; raises SourceChanged."""
    if not isinstance(value, list) or len(value) not in CLAIM_FIELDS:
        raise SourceChanged(f"no claim: {str(value)[:80]}")
    return _amount(value[-2]), _amount(value[-1])


def _amount(value: Any) -> int:
    number = big(value)
    if number < 0:
        raise BadData(f"the power actor has an amount of {number}")
    return number


def every_claim(node: FilecoinNode) -> dict[str, tuple[int, int]]:
    """All miners with power, from the whole map of claims: some forty thousand objects, each proved by its hash."""
    return node.once("every claim", lambda: _every_claim(node))


def _every_claim(node: FilecoinNode) -> dict[str, tuple[int, int]]:
    told = totals(node)
    claims = {actor_of(key): claim_of(value) for key, value in pairs(told.claims, node.objects)}
    if len(claims) != told.miners:
        raise BadData(f"{len(claims)} claims of {told.miners} miners at height {node.block.height}")
    return {miner: claim for miner, claim in claims.items() if any(claim)}


def claims(node: FilecoinNode, earlier: Earlier) -> dict[str, Claim]:
    """The power of the miners that had some at the last reading, or won blocks since; of all where much is missing."""
    told: dict[str, Claim] = node.once("claims", dict)
    known = {miner for rows in earlier[-1:] for miner in miners_in(rows)}
    _ask_power(node, told, known | node.winners if known else every_claim(node).keys())
    if (totals(node).qa - sum(one.qa for one in told.values() if one.counts)) * MISSING > totals(node).qa:
        _ask_power(node, told, every_claim(node).keys())
    _prove_largest(node, told)
    return told


def miners_in(rows: pl.DataFrame) -> list[str]:
    """The miners in rows of holdings, the largest first."""
    of_miners = rows.filter(population=MINERS).sort("amount", "holder", descending=True)
    return of_miners["holder"].to_list()


def _ask_power(node: FilecoinNode, told: dict[str, Claim], asked: Iterable[str]) -> None:
    """Add the power of miners that is not told yet."""
    total, miners = totals(node), sorted(set(asked) - told.keys(), key=_number)

    def judged(body: Any) -> Claim:
        seen = (_bytes(body, "TotalPower", "RawBytePower"), _bytes(body, "TotalPower", "QualityAdjPower"))
        if seen != (total.raw, total.qa):
            raise BadData(f"the power of all is told as {seen}, and is {(total.raw, total.qa)}")
        raw, qa = _bytes(body, "MinerPower", "RawBytePower"), _bytes(body, "MinerPower", "QualityAdjPower")
        return Claim(raw, qa, flag(body, "HasMinPower") and qa > 0)

    calls = [node.state("StateMinerPower", miner) for miner in miners]
    told |= zip(miners, node.each(calls, judged), strict=True)


def _bytes(body: Any, *names: str) -> int:
    return not_negative(body, *names)


def _prove_largest(node: FilecoinNode, told: Mapping[str, Claim]) -> None:
    """Compare the largest claims with the map of claims itself, which nobody can change under its hash."""
    largest = sorted(told, key=lambda miner: (-told[miner].qa, _number(miner)))[:PROVED]
    keys = {key_of(miner): miner for miner in largest}

    def proved() -> dict[bytes, Any]:
        return found(totals(node).claims, list(keys), node.objects)

    values = node.once(f"proved {largest}", proved)
    for key, miner in keys.items():
        seen = claim_of(values[key]) if key in values else (0, 0)
        if seen != (told[miner].raw, told[miner].qa):
            raise BadData(f"{miner} was told to have {told[miner].qa} bytes of power, and has {seen[1]}")


def _number(miner: str) -> int:
    return int(miner[2:])


def owners(node: FilecoinNode, miners: Iterable[str]) -> dict[str, str]:
    """Who owns each of some miners, by the miner's own state."""
    told: dict[str, str] = node.once("owners", dict)
    new = sorted(set(miners) - told.keys(), key=_number)
    calls = [node.state("StateMinerInfo", miner) for miner in new]
    told |= zip(new, node.each(calls, lambda body: actor(body, "Owner"), AT_ONCE), strict=True)
    return told


def by_owner(of_miners: Mapping[str, int], owner: Mapping[str, str]) -> Iterator[tuple[str, str, int]]:
    """Amounts of miners, and the same by who owns them."""
    sums: dict[str, int] = defaultdict(int)
    for miner, amount in of_miners.items():
        sums[owner[miner]] += amount
        yield MINERS, miner, amount
    yield from ((OWNERS, holder, amount) for holder, amount in sums.items())


def power(node: FilecoinNode, earlier: Earlier) -> Facts:
    """Quality-adjusted power of each miner that has enough to win blocks (10 TiB), and of those who own miners.

    Read from the power actor at one final tipset (StateMinerPower), owners from the miners (StateMinerInfo). The sum is
    held against the chain's own total, which leaves out miners below the minimum: where it is equal nobody is missing;
    where it is less, so much is told as not covered. The largest fifty claims are proved by the hashes of the state.
    The first reading goes through the whole map of claims. An owner may be a contract or a multisig of several.
    """
    told = {miner: one.qa for miner, one in claims(node, earlier).items() if one.counts}
    total = totals(node).qa
    rows = holdings(by_owner(told, owners(node, told)))
    return Facts(rows, reported={MINERS: total, OWNERS: total})


def storage(node: FilecoinNode, earlier: Earlier) -> Facts:
    """Bytes of disk that each miner proves every day (WindowPoSt), and of those who own miners; from the power actor.

    Miners below the minimum for winning blocks are in it, and in the chain's total of committed bytes, of which some
    may be missing: what a miner had that is known by neither the last reading nor a won block. Faulty bytes count not.
    """
    told = {miner: one.raw for miner, one in claims(node, earlier).items() if one.raw}
    total = totals(node).raw_committed
    rows = holdings(by_owner(told, owners(node, told)))
    return Facts(rows, reported={MINERS: total, OWNERS: total})


def pledge(node: FilecoinNode, earlier: Earlier) -> Facts:
    """What each miner's owner has put up for its storage: initial pledge, and rewards that are still locked.

    From each miner's own state (StateReadState), which lose it for faults. The chain's own total has the pledge of
    miners below the minimum too; what is missing of it is told as not covered. Pledge and owners of the fifty with the
    most power are proved by the hashes of the state.
    """
    largest = miners_in(earlier[-1]) if earlier else []
    miners = sorted(largest, key=_number)

    def judged(body: Any) -> int:
        return sum(not_negative(body, "State", name) for name in ("InitialPledge", "LockedFunds"))

    calls = [node.state("StateReadState", miner) for miner in miners]
    amounts = dict(zip(miners, node.each(calls, judged), strict=True))
    owner = owners(node, miners)
    for miner, proved in proved_miners(node, largest[:PROVED]).items():
        if proved != (owner[miner], amounts[miner]):
            raise BadData(f"{miner} was told to be {owner[miner]}'s with {amounts[miner]}, and is {proved}")
    rows = holdings(by_owner(amounts, owner))
    total = totals(node).pledge
    return Facts(rows, reported={MINERS: total, OWNERS: total})


def proved_miners(node: FilecoinNode, miners: Sequence[str]) -> dict[str, tuple[str, int]]:
    """Owner, and pledge with locked rewards, of some miners from the tipset's own hash on."""
    told = {miner: miner_of(state) for miner, state in node.actors(*miners).items()} if miners else {}
    infos = node.objects(list(dict.fromkeys(info for info, _ in told.values())))
    return {miner: (owner_of(infos[info]), amount) for miner, (info, amount) in told.items()}


def miner_of(state: Any) -> tuple[str, int]:
    """The name of what a miner's state says of it, and its pledge with locked rewards; raises SourceChanged."""
    match state:
        case [Link() as info, *others] if len(others) >= MINER_FIELDS:
            return named(info), _amount(state[LOCKED]) + _amount(state[PLEDGED])
        case _:
            raise SourceChanged(f"no state of a miner: {str(state)[:80]}")


def owner_of(content: bytes) -> str:
    """Who owns a miner, in the information that its state leads to; raises SourceChanged."""
    match decoded(content):
        case [bytes() as owner, bytes(), *_]:
            return actor_of(owner)
        case other:
            raise SourceChanged(f"no information of a miner: {str(other)[:80]}")


# What the readings tell, for the dictionary of facts: name, of whom, unit, meaning.
TELLS: Final = """
power:
  miners | <address> | | miners with enough power to win blocks, with their quality-adjusted bytes
  owners | <address> | | who owns such miners, with the power of all that are its own
storage:
  miners | <address> | | miners with the bytes of disk that they prove
  owners | <address> | | who owns miners, with the bytes of all that are its own
pledge:
  miners | <address> | | miners with their initial pledge and locked rewards
  owners | <address> | | who owns miners, with the pledge of all that are its own
"""
