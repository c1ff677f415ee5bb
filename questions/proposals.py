"""Proposals as a voter asks about them: how many voted, what is needed, what the count says, and until when."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from operator import itemgetter
from typing import Any, Final

import polars as pl

from analytics.decimals import ONE, scaled
from analytics.votes.tally import Majority, Rule, Thresholds
from store.mart import Tables
from store.rows import VOTE_OPTIONS, Decision

OPEN: Final = "voting_period"
# What the mart calls an open proposal that the chain deleted: it was never counted.
GONE: Final = "gone"
# What a contract says of one that was taken back: it is not counted, whatever was voted.
CANCELLED: Final = "cancelled"
# What waits for its vote: deposits on one chain, a delay on another.
WAITING: Final = ("deposit_period", "pending")


LONGEST_NUMBER: Final = 12


@dataclass(frozen=True, slots=True)
class Electorate:
    """What readers call those who vote, and all that they could vote with."""

    voter: str
    power: str


ELECTORATES: Final = {
    Decision.STAKE_TALLY: Electorate("validator", "bonded tokens"),
    Decision.MAJORITY: Electorate("voter", "voting power"),
}

# The bonded tokens and the parameters that were known last before the vote ended, or else first after it.
_PROPOSALS: Final = """
    WITH bonded AS (
        SELECT s.network, s.time, max(d.total) AS total
        FROM distribution d JOIN snapshot s ON s.id = d.snapshot JOIN population p ON p.id = d.population
        WHERE s.measure = 'stake' AND p.name = 'validators' AND d.grouping = 'address'
        GROUP BY s.network, s.time
    ),
    told AS (
        SELECT p.*, s.unit, s.height, s.hash, s.time AS read_at, s.endpoint, s.method, s.simulated,
               least(coalesce(p.voting_end, s.time), s.time) AS counted_at
        FROM proposal p JOIN snapshot s ON s.id = p.snapshot
    )
    SELECT t.*, coalesce(w.title, t.network) AS network_title, coalesce(u.token, w.token, '') AS token,
           coalesce(u.decimals, w.decimals, 0) AS decimals, coalesce(w.address, '') AS spelling, w.decision,
           (SELECT arg_min(b.total, abs(epoch(b.time) - epoch(t.counted_at))) FROM bonded b WHERE b.network = t.network)
               AS bonded
    FROM told t LEFT JOIN network w ON w.name = t.network
    LEFT JOIN unit u ON u.network = t.network AND u.unit = t.unit
    ORDER BY t.voting_end DESC NULLS LAST, t.network, t.proposal DESC
"""
_PARAMETERS: Final = """
    SELECT network, name, time, any_value(exact) AS exact FROM observation
    WHERE name IN ('quorum', 'threshold', 'veto_threshold', 'expedited_threshold') AND subject IN ('', 'gov')
    GROUP BY network, name, time ORDER BY time
"""


# What was known of each parameter when, the oldest first.
Parameters = Mapping[str, list[tuple[datetime, str]]]


@dataclass(frozen=True, slots=True)
class Proposal:
    """A proposal with the chain's own count; rule is None where it was not read, or is not proved.

    regular: of an expedited one the rule by which it goes on if it fails (x/gov, abci.go: the votes are deleted,
    and the end becomes that of a regular vote since the start); None for all others, and where it was not read.

    bonded: all that could vote, None where it was not read: of a chain of stake the bonded tokens at that time, of a
    contract what it says of this proposal. decision: how its network decides.
    """

    network: str
    network_title: str
    chain_id: str
    number: str
    title: str
    type: str
    status: str
    proposer: str | None
    voting_start: datetime | None
    voting_end: datetime | None
    counts: dict[str, int] | None
    bonded: int | None
    rule: Rule | None
    decision: Decision
    expedited: bool
    token: str
    decimals: int
    spelling: str
    height: int
    read_at: datetime
    endpoint: str
    method: str
    simulated: bool
    hash: str = ""
    regular: Rule | None = None

    @property
    def key(self) -> str:
        """What a permalink carries; numbers start again with a new chain id of the same network."""
        return f"{self.network}:{self.chain_id}:{self.number}"

    @property
    def is_open(self) -> bool:
        """Whether it can be voted on."""
        return self.status == OPEN

    @property
    def is_gone(self) -> bool:
        """Whether it was never counted: deleted by the chain, or taken back."""
        return self.status in (GONE, CANCELLED)

    @property
    def is_over(self) -> bool:
        """Whether its vote was held and has ended."""
        return not (self.is_open or self.is_gone or self.status in WAITING)

    @property
    def electorate(self) -> Electorate:
        """What those who vote and their power are called."""
        return ELECTORATES[self.decision]

    @property
    def voted(self) -> int:
        """Base units that voted."""
        return sum((self.counts or {}).values())

    @property
    def turnout(self) -> float | None:
        """Part of what could vote that did."""
        return self.voted / self.bonded if self.bonded and self.counts else None

    @property
    def quorum(self) -> float | None:
        """Part of what could vote that the rule asks for; None where the rule, or how much all is, is not known."""
        needed = self.rule.quorum if self.rule else None
        return None if needed is None else fraction(needed)

    @property
    def quorate(self) -> float | None:
        """Part of what could vote that counts for the quorum."""
        if not isinstance(self.rule, Majority):
            return self.turnout
        if not (self.bonded and self.counts):
            return None
        return float(self.rule.quorate(**{one: self.counts[one] for one in self.rule.options}) / self.bonded)

    @property
    def yes(self) -> float | None:
        """Part of Yes among what voted and did not abstain."""
        return _part(self.counts, "yes", leaving_out="abstain")

    @property
    def veto(self) -> float | None:
        """Part of vetoes among everything that voted; None where there are none."""
        return None if self.decision is Decision.MAJORITY else _part(self.counts, "no_with_veto", leaving_out="")

    @property
    def shares(self) -> list[tuple[str, float]]:
        """Each option's part of all bonded tokens, and what did not vote."""
        if not self.bonded or not self.counts:
            return []
        options = VOTE_OPTIONS if self.decision is Decision.STAKE_TALLY else Majority.options
        parts = [(option, self.counts[option] / self.bonded) for option in options]
        return [*parts, ("not voted", max(0.0, 1 - self.voted / self.bonded))]


def _part(counts: dict[str, int] | None, option: str, *, leaving_out: str) -> float | None:
    if not counts:
        return None
    whole = sum(amount for name, amount in counts.items() if name != leaving_out)
    return counts[option] / whole if whole else None


def proposals(mart: Tables) -> list[Proposal]:
    """Every proposal, open ones first, then the newest."""
    told: dict[str, dict[str, list[tuple[datetime, str]]]] = defaultdict(lambda: defaultdict(list))
    for network, name, time, exact in mart.table(_PARAMETERS).iter_rows():
        told[network][name].append((time, exact))
    found = [_proposal(row, told[row["network"]]) for row in mart.table(_PROPOSALS).iter_rows(named=True)]
    return sorted(found, key=lambda one: not one.is_open)


def _proposal(row: dict[str, Any], told: Parameters) -> Proposal:
    decision = Decision(row["decision"] or Decision.STAKE_TALLY)
    majority, tallied = decision is Decision.MAJORITY, row["decision"] == Decision.STAKE_TALLY
    expedited = bool(row["expedited"])
    regular = _rule(told, row["counted_at"], expedited=False) if tallied else None
    by_stake = _rule(told, row["counted_at"], expedited=True) if tallied and expedited else regular
    bonded = row["power"] if majority else row["bonded"]
    known = all(row[option] is not None for option in VOTE_OPTIONS)
    return Proposal(
        network=row["network"],
        network_title=row["network_title"],
        chain_id=row["chain_id"],
        number=row["proposal"],
        title=row["title"],
        type=row["type"],
        status=row["status"],
        proposer=row["proposer"],
        voting_start=row["voting_start"],
        voting_end=row["voting_end"],
        counts={option: int(row[option]) for option in VOTE_OPTIONS} if known else None,
        bonded=None if bonded is None else int(bonded),
        rule=_majority(row) if majority else by_stake,
        decision=decision,
        expedited=expedited,
        token=row["token"],
        decimals=row["decimals"],
        spelling=row["spelling"],
        height=row["height"],
        read_at=row["read_at"],
        endpoint=row["endpoint"],
        method=row["method"],
        simulated=row["simulated"],
        hash=row["hash"],
        regular=regular if expedited else None,
    )


def _rule(told: Parameters, time: datetime, *, expedited: bool) -> Thresholds | None:
    """The parameters that were known last before a time, or else first after it; None where one was never read."""
    found = {name: known[max(0, bisect_right(known, time, key=itemgetter(0)) - 1)][1] for name, known in told.items()}
    needed = ("quorum", "expedited_threshold" if expedited else "threshold", "veto_threshold")
    return Thresholds(*(scaled(found[name]) for name in needed)) if found.keys() >= {*needed} else None


def _majority(row: dict[str, Any]) -> Majority | None:
    """The rule that the contract tells with the proposal; None where it does not prove it."""
    if row["quorum"] is None or row["quorum_counts"] is None:
        return None
    quota = None if row["quota"] is None else scaled(row["quota"])
    power = None if row["power"] is None else int(row["power"])
    return Majority(int(row["quorum"]), power, tuple(row["quorum_counts"].split(",")), quota)


def linked(found: Sequence[Proposal], asked: str) -> str:
    """The key that a permalink means; one of up to version 1.0.0 names no chain, and means the network's newest."""
    same = [one for one in found if f"{one.network}:{one.number}" == asked]
    return max(same, key=lambda one: one.read_at).key if same else asked


def short(number: str) -> str:
    """A number that can be read; that of a contract is a hash of 77 digits."""
    return number if len(number) <= LONGEST_NUMBER else f"{number[:6]}…{number[-4:]}"


def numbered(one: Proposal, found: Sequence[Proposal]) -> str:
    """Network and number, with the chain id where proposals of several chains of the network were read."""
    chains = {other.chain_id for other in found if other.network == one.network}
    return f"{one.network_title} {short(one.number)}" + (f" on {one.chain_id}" if len(chains) > 1 else "")


def still_open(found: Sequence[Proposal], now: datetime) -> list[Proposal]:
    """Proposals on which votes are still taken; one that was read while it was open may be over."""
    return [one for one in found if one.is_open and one.voting_end is not None and one.voting_end > now]


def table(found: Sequence[Proposal]) -> pl.DataFrame:
    """Proposals as rows: what voted, what is needed, how it stands."""
    return pl.DataFrame(
        [
            {
                "network": one.network_title,
                "proposal": short(one.number),
                "title": one.title,
                "status": one.status,
                "ends": one.voting_end,
                "turnout": one.turnout,
                "quorum": one.quorum,
                "yes": one.yes,
                "threshold": fraction(one.rule.threshold) if one.rule else None,
                "veto": one.veto,
                "veto_threshold": None if one.rule is None or one.rule.veto is None else fraction(one.rule.veto),
                "type": one.type,
                "proposer": one.proposer,
                "chain": one.chain_id,
                "block": one.height,
                "read_at": one.read_at,
                "chain_id": one.chain_id,
                "height": one.height,
                "hash": one.hash,
                "time": one.read_at,
                "endpoint": one.endpoint,
                "simulated": one.simulated,
            }
            for one in found
        ],
        infer_schema_length=None,
    )


def fraction(number: int) -> float:
    """A number in 1e-18 as a fraction."""
    return float(Decimal(number) / ONE)
