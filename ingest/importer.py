"""State of a chain from a file: Cosmos SDK exports and genesis files, and the finney genesis snapshot."""

import gzip
import hashlib
import zlib
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

from ingest.bittensor.genesis import finney_genesis
from ingest.network import Network
from ingest.transport import parsed
from store.landing import Landing
from store.rows import (
    BadData,
    Block,
    Facts,
    Kind,
    Measure,
    Snapshot,
    SourceChanged,
    check,
    frame,
    holdings,
    observation,
)

BONDED: Final = "BOND_STATUS_BONDED"
# Shares are kept with eighteen decimals, so the fractions of one pool may miss its tokens by a rounding.
ROUNDING: Final = 2


@dataclass(frozen=True, slots=True)
class Part:
    """One reading's worth of an imported state."""

    reading: str
    kind: Kind
    measure: Measure | None
    unit: str
    method: str
    facts: Facts
    tolerance: int = 0
    newest_only: bool = False


def import_file(path: Path, network: Network, time: datetime, landing: Landing) -> Iterator[Snapshot]:
    """Land every part of a state file as a snapshot of `network` at `time`; yields what landed.

    Raises BadData for a file that is not JSON, and SourceChanged for a shape that is not known.
    """
    content = path.read_bytes()
    document = _document(path, content)
    own = network.chain.chain_id if network.chain else network.name
    chain_id, height = str(document.get("chain_id") or own), _height(document)
    block = Block(height, hashlib.sha256(content).hexdigest().upper(), time)
    for part in parts(document, time):
        check(part.facts, part.kind, tolerance=part.tolerance)
        snapshot = Snapshot(
            network=network.name,
            chain_id=chain_id,
            reading=part.reading,
            kind=part.kind,
            measure=part.measure,
            unit=part.unit,
            block=block,
            method=part.method,
            endpoint=f"file:{path.name}",
            reported=part.facts.reported,
            newest_only=part.newest_only,
        )
        landing.land(snapshot, part.facts)
        yield snapshot


def parts(document: Mapping[str, Any], time: datetime) -> Iterator[Part]:
    """The readings in a state document; raises SourceChanged when its shape is not known."""
    if {"stakes", "balances"} <= set(document):
        for reading, kind, measure, unit, facts in finney_genesis(document):
            yield Part(reading, kind, measure, unit, FINNEY, facts)
        return
    state = document.get("app_state", document)
    if not isinstance(state, dict) or "staking" not in state:
        raise SourceChanged(f"no known state file: it has {', '.join(list(document)[:8]) or 'nothing'}")
    yield from _cosmos(state, time)


def _document(path: Path, content: bytes) -> dict[str, Any]:
    try:
        text = gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content
        document = parsed(text)
    except (ValueError, EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise BadData(f"{path} is not JSON: {error}") from error
    if not isinstance(document, dict):
        raise BadData(f"{path} holds a {type(document).__name__}, not a state")
    return document


def _height(document: Mapping[str, Any]) -> int:
    """The block whose state it is: an export for block n + 1 holds the state after n."""
    return max(0, int(document.get("initial_height", 1)) - 1)


def _cosmos(state: Mapping[str, Any], time: datetime) -> Iterator[Part]:
    staking = state["staking"]
    unit = staking["params"]["bond_denom"]
    validators = {row["operator_address"]: row for row in staking["validators"]}
    bonded = {operator: row for operator, row in validators.items() if row["status"] == BONDED}
    tokens = {operator: int(row["tokens"]) for operator, row in bonded.items()}
    yield Part("validators", Kind.HOLDINGS, Measure.STAKE, unit, VALIDATORS, _validators(tokens))
    yield _delegators(staking["delegations"], bonded, unit)
    yield Part("names", Kind.OBSERVATIONS, None, "", NAMES, _names(validators, time), newest_only=True)
    yield Part("economy", Kind.OBSERVATIONS, None, "", CHAIN, _chain(state, sum(tokens.values()), unit, time))
    gov = state.get("gov", {})
    if "proposals" in gov:
        yield Part("proposals", Kind.PROPOSALS, None, unit, PROPOSALS, _proposals(gov, unit))
        yield Part("votes", Kind.VOTES, None, "", VOTES, _votes(gov))


FINNEY: Final = (
    "The state with which finney began in March 2023, from the chain's own snapshot: TAO, before subnets had tokens."
)
VALIDATORS: Final = "Tokens bonded with each validator that signs blocks, from the staking module of a state export."
DELEGATORS: Final = (
    "Tokens of each delegator at validators that sign blocks: its shares' part of each validator's tokens, summed "
    "exactly, then rounded down. From the staking module of a state export."
)
NAMES: Final = "What validators call themselves, from the staking module of a state export."
CHAIN: Final = "Supply, bonded tokens, community pool and governance thresholds of a state export."
PROPOSALS: Final = "Proposals and their final tallies, from the gov module of a state export."
VOTES: Final = "Votes on proposals that were open when the state was exported, from the gov module."


def _validators(tokens: Mapping[str, int]) -> Facts:
    rows = (("validators", operator, amount) for operator, amount in tokens.items())
    return Facts(holdings(rows), {"validators": sum(tokens.values())})


def _delegators(delegations: list[dict[str, Any]], bonded: Mapping[str, Any], unit: str) -> Part:
    held: dict[str, dict[str, Fraction]] = defaultdict(lambda: defaultdict(Fraction))
    for row in delegations:
        operator = row["validator_address"]
        if operator in bonded:
            one = bonded[operator]
            worth = Fraction(row["shares"]) / Fraction(one["delegator_shares"]) * int(one["tokens"])
            held[f"delegators@{operator}"][row["delegator_address"]] += worth
    for operator, one in bonded.items():
        found = sum(held[f"delegators@{operator}"].values(), Fraction())
        if abs(found - int(one["tokens"])) > ROUNDING:
            raise BadData(f"{operator}: delegations are worth {float(found)}, it has {one['tokens']}")
    for delegator, worth in [pair for there in list(held.values()) for pair in there.items()]:
        held["delegators"][delegator] += worth
    reported = {f"delegators@{operator}": int(one["tokens"]) for operator, one in bonded.items()}
    facts = Facts(
        holdings((population, who, int(worth)) for population, there in held.items() for who, worth in there.items()),
        {**reported, "delegators": sum(reported.values())},
    )
    # Rounding down loses less than one unit a holder.
    return Part("delegators", Kind.HOLDINGS, Measure.STAKE, unit, DELEGATORS, facts, len(held["delegators"]) + ROUNDING)


def _names(validators: Mapping[str, Any], time: datetime) -> Facts:
    rows = [
        observation(name, time, text, "", subject=operator)
        for operator, row in validators.items()
        for name in ("moniker", "identity", "website")
        if (text := row["description"].get(name))
    ]
    return Facts(frame(Kind.OBSERVATIONS, rows), empty=not rows)


def _chain(state: Mapping[str, Any], bonded: int, unit: str, time: datetime) -> Facts:
    supply = {row["denom"]: row["amount"] for row in state.get("bank", {}).get("supply", [])}
    pool = {row["denom"]: row["amount"] for row in _at(state, "distribution", "fee_pool", "community_pool") or []}
    tally = _at(state, "gov", "tally_params") or _at(state, "gov", "params") or {}
    found = {
        "bonded": (bonded, unit),
        "supply": (supply.get(unit), unit),
        "community_pool": (pool.get(unit), unit),
        "community_tax": (_at(state, "distribution", "params", "community_tax"), "share"),
        **{name: (tally.get(name), "share") for name in ("quorum", "threshold", "veto_threshold")},
    }
    rows = [observation(name, time, value, of) for name, (value, of) in found.items() if value is not None]
    return Facts(frame(Kind.OBSERVATIONS, rows))


def _at(state: Any, *path: str) -> Any:
    for name in path:
        state = state.get(name) if isinstance(state, dict) else None
    return state


def _proposals(gov: Mapping[str, Any], unit: str) -> Facts:
    rows = [_proposal(row, unit) for row in gov["proposals"]]
    return Facts(frame(Kind.PROPOSALS, rows), empty=not rows)


def _proposal(row: Mapping[str, Any], unit: str) -> dict[str, Any]:
    """A proposal in either dialect: gov v1beta1 has `content` and plain tallies, v1 `messages` and `_count`s."""
    messages = [row["content"]] if row.get("content") else row.get("messages", [])
    tally = row.get("final_tally_result") or {}
    times = {
        "submitted": "submit_time",
        "deposit_end": "deposit_end_time",
        "voting_start": "voting_start_time",
        "voting_end": "voting_end_time",
    }
    return {
        "proposal": str(row.get("proposal_id") or row["id"]),
        "title": str(row.get("title") or (messages[0].get("title") if messages else "") or "")[:10_000],
        "type": str(messages[0].get("@type", "")) if messages else "",
        "status": str(row["status"]).removeprefix("PROPOSAL_STATUS_").lower(),
        "proposer": row.get("proposer", ""),
        **{column: _time(row.get(name)) for column, name in times.items()},
        "deposit": sum(int(coin["amount"]) for coin in row.get("total_deposit", []) if coin["denom"] == unit),
        **{option: _count(tally, option) for option in ("yes", "abstain", "no", "no_with_veto")},
        "expedited": bool(row.get("expedited", False)),
    }


def _count(tally: Mapping[str, Any], option: str) -> int | None:
    text = tally.get(option, tally.get(f"{option}_count"))
    return None if text is None else int(text)


def _time(text: str | None) -> datetime | None:
    """A time of the chain; the year 1 is Go's way of saying that there is none."""
    if not text or text.startswith("0001-"):
        return None
    # Chains write nanoseconds, which Python's parser refuses.
    whole, _, rest = text.removesuffix("Z").partition(".")
    return datetime.fromisoformat(f"{whole}.{(rest + '000000')[:6]}+00:00")


def _votes(gov: Mapping[str, Any]) -> Facts:
    rows = [
        {
            "proposal": str(row["proposal_id"]),
            "voter": row["voter"],
            "option": choice["option"].removeprefix("VOTE_OPTION_").lower(),
            "weight": choice["weight"],
        }
        for row in gov.get("votes", [])
        for choice in row.get("options") or [{"option": row["option"], "weight": "1"}]
    ]
    return Facts(frame(Kind.VOTES, rows), empty=not rows)
