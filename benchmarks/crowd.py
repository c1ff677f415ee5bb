"""What beside ten million holdings makes questions long: delegators, recorded votes, networks of one key, subnets.

All of it lands as readings of the sample's form, newer than what the sample has; nothing is measured here.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final
from unittest.mock import patch

import numpy as np
import polars as pl

from ingest.network import Network
from ingest.networks import networks
from ingest.sample import cosmos, votes
from ingest.sample.cosmos import VALIDATORS, Chain, Economy
from ingest.sample.draw import address, holding, parties
from store.addresses import bech32, unbech32
from store.described import IMPORTED, Described
from store.landing import Landing
from store.rows import KEYS, PROPOSALS, VOTE_OPTIONS, VOTES, Block, Facts, Kind, Measure, Snapshot

CROWDED: Final = "akash"
DELEGATORS: Final = 1_000_000
# Ended proposals whose votes are known, and who voted on each: two thirds of the validators, and some of those
# delegators who ever do.
RECORDED: Final = 300
VOTERS, EVER = 400, 20_000
IMPORTED_CHAINS: Final = 19
SUBNETS, MEMBERS = 1_024, 16


def land(landing: Landing, end: datetime) -> None:
    """Everything of this file, as of a time."""
    network = networks()[CROWDED]
    chain = cosmos.chain_of(network)
    assert chain is not None
    for snapshot, facts in (*_crowd(network, chain, end), *_recorded(network, chain, end), _subnets(end)):
        landing.land(snapshot, facts)
    for place in range(IMPORTED_CHAINS):
        for snapshot, facts in _imported(chain, place, end):
            landing.land(snapshot, facts)


def _snapshot(network: Network | str, chain_id: str, reading: str, kind: Kind, end: datetime) -> Snapshot:
    name = network if isinstance(network, str) else network.name
    block = Block(int(end.timestamp()) // 6, "0" * 64, end)
    return Snapshot(name, chain_id, reading, kind, None, "", block, "Simulated.", "simulated", simulated=True)


def _of_stake(snapshot: Snapshot, unit: str, rows: pl.DataFrame) -> tuple[Snapshot, Facts]:
    sums = rows.group_by("population").agg(pl.col("amount").sum())
    reported = {name: int(total) for name, total in sums.iter_rows() if "@" not in name}
    return replace(snapshot, measure=Measure.STAKE, unit=unit, reported=reported), Facts(rows, reported=reported)


def _crowd(network: Network, chain: Chain, end: datetime) -> Iterator[tuple[Snapshot, Facts]]:
    """A million delegators of a chain, each with one to three of its validators."""
    assert network.chain is not None
    with patch.object(cosmos, "DELEGATORS", DELEGATORS):
        crowded = replace(chain, network=f"{chain.network} crowded")
        for reading, rows in (("validators", cosmos.validators), ("delegators", cosmos.delegators)):
            snapshot = _snapshot(network, network.chain.chain_id, reading, Kind.HOLDINGS, end)
            yield _of_stake(snapshot, network.unit, rows(crowded, 0).sort(KEYS[Kind.HOLDINGS]))


def _recorded(network: Network, chain: Chain, end: datetime) -> Iterator[tuple[Snapshot, Facts]]:
    """Ended proposals and one that is open, with everybody's votes; the counts are invented."""
    assert network.chain is not None
    dice = np.random.default_rng(11)
    ends = [end + timedelta(days=3) - timedelta(hours=12) * (RECORDED - place) for place in range(RECORDED + 1)]
    parts = [5 * 10**13, 10**13, 10**13, 10**12]
    proposals = pl.DataFrame(
        [
            {
                **dict.fromkeys(PROPOSALS.names()),
                "proposal": str(1_000 + place),
                "title": f"Recorded proposal {place}",
                "type": "/cosmos.gov.v1.MsgExecLegacyContent",
                "status": "voting_period" if closes > end else "passed",
                "proposer": address(chain.account, place % 40),
                "submitted": closes - timedelta(days=7),
                "deposit_end": closes,
                "voting_start": closes - timedelta(days=7),
                "voting_end": closes,
                "deposit": 10**9,
                **dict(zip(VOTE_OPTIONS, parts, strict=True)),
                "expedited": False,
            }
            for place, closes in enumerate(ends)
        ],
        schema=PROPOSALS,
    )
    accounts = parties("<address>", chain.account, EVER)
    cast = []
    for place in range(RECORDED + 1):
        validators = dice.choice(VALIDATORS, VALIDATORS * 2 // 3, replace=False)
        delegators = dice.choice(np.arange(VALIDATORS, EVER), VOTERS, replace=False)
        voters = accounts.gather(np.concatenate([validators, delegators]))
        options = pl.Series(dice.choice(VOTE_OPTIONS, len(voters), p=votes.CONTESTED))
        cast.append(pl.DataFrame({"proposal": [str(1_000 + place)] * len(voters), "voter": voters, "option": options}))
    rows = pl.concat(cast).with_columns(
        weight=pl.lit(1).cast(VOTES["weight"]),
        height=pl.lit(1, pl.Int64),
        power=pl.lit(None, VOTES["power"]),
        overrides=pl.lit(None, pl.String),
    )
    for kind, found in ((Kind.PROPOSALS, proposals), (Kind.VOTES, rows)):
        snapshot = _snapshot(network, network.chain.chain_id, str(kind), kind, end)
        yield snapshot, Facts(found.sort(KEYS[kind]))


def _subnets(end: datetime) -> tuple[Snapshot, Facts]:
    """A chain of so many subnets, each with validators of its own."""
    network = networks()["bittensor"]
    assert network.chain is not None
    accounts = parties("<address>", network.address, SUBNETS + MEMBERS)
    names = [f"subnet:{place + 1}.0/validators" for place in range(SUBNETS) for _ in range(MEMBERS)]
    places = [place + member for place in range(SUBNETS) for member in range(MEMBERS)]
    who = pl.DataFrame({"population": names, "holder": accounts.gather(places)})
    amounts = np.random.default_rng(13).integers(1, 10**6, who.height)
    rows = holding(who, amounts, pl.Series([10**network.decimals], dtype=pl.Int128))
    snapshot = _snapshot(network, network.chain.chain_id, "subnet_validators", Kind.HOLDINGS, end)
    reading = next(one for one in network.readings if one.name == "subnet_validators")
    return replace(snapshot, measure=reading.measure, unit=reading.unit), Facts(rows.sort(KEYS[Kind.HOLDINGS]))


def _imported(chain: Chain, place: int, end: datetime) -> Iterator[tuple[Snapshot, Facts]]:
    """A chain that was imported, whose delegators have the keys of those of the crowded one."""
    letters = f"{chr(ord('a') + place)}chain"
    told = Described(f"Crowd {letters}", "", "CRD", 6, f"u{letters}", letters, f"{letters}-1")
    other = replace(chain, network=f"{IMPORTED}{letters}", denom=told.unit, economy=Economy(10**8, 5 * 10**7, 1, 0.3))
    for reading, rows in (("validators", cosmos.validators), ("delegators", cosmos.delegators)):
        found = rows(other, 0)
        spelled = {one: _again(one, chain.prefix, letters) for one in found["holder"].unique()}
        of = {f"delegators@{one}": f"delegators@{two}" for one, two in spelled.items()}
        respelled = found.with_columns(pl.col("holder").replace_strict(spelled), pl.col("population").replace(of)).sort(
            KEYS[Kind.HOLDINGS]
        )
        snapshot = _snapshot(other.network, told.chain_id, reading, Kind.HOLDINGS, end)
        yield _of_stake(replace(snapshot, described=told.written), told.unit, respelled)


def _again(text: str, prefix: str, other: str) -> str:
    """The same key as another chain spells it."""
    was, raw = unbech32(text)
    return bech32(other + was.removeprefix(prefix), raw)
