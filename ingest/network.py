"""What a network file must provide: its names, its chain, and what is read from it.

A file in ingest/networks/ ends in `NETWORK = Network(...)`; nothing else has to be edited for a new network.
Chain, reading and network have the type of node that they are of: a reading of one kind fits no chain of another.
"""

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Generic, Protocol, TypeAlias, runtime_checkable

import polars as pl
from typing_extensions import TypeVar

from analytics.power.paths import Action, Side
from ingest.allowance import READING, Limits
from ingest.endpoints import Rotation
from ingest.transport import Http
from store.columns import Column
from store.impossible import check_each
from store.rows import Block, Decision, Facts, Kind, Measure, Parties

HOURLY = timedelta(hours=1)
DAILY = timedelta(days=1)
# Clocks differ by seconds; a block that is further ahead of this machine's is no block of now.
CLOCKS_DIFFER = timedelta(minutes=1)


class Node(Protocol):
    """One or more proved endpoints of a chain, pinned to one final block."""

    @property
    def chain_id(self) -> str: ...
    @property
    def block(self) -> Block: ...
    @property
    def endpoint(self) -> str: ...
    @property
    def witness(self) -> str:
        """Another endpoint that had the same block, empty where none answered."""
        ...

    @property
    def runtime_version(self) -> str: ...
    @property
    def rotation(self) -> Rotation:
        """Its endpoints: a reading whose facts are refused is asked again, led by the next of them."""
        ...

    def forget(self) -> None:
        """Ask everything anew at the same block: of what was told before something cannot be true."""
        ...


# A network of no named kind is of any node: those who treat all alike, as a run does, do not name it.
N = TypeVar("N", bound=Node, default=Any)
N_co = TypeVar("N_co", bound=Node, covariant=True, default=Any)
N_contra = TypeVar("N_contra", bound=Node, contravariant=True, default=Any)


@runtime_checkable
class Sealed(Protocol):
    """A node whose every answer does not name its block by hash, so that it is proved once more when all is read."""

    def prove_again(self) -> list[str]:
        """One question to each address that answered: is it still a node of this chain? Raises SourceDown where not.

        Why no answer came from some: a node that restarts in that minute has not become another one.
        """
        ...


@runtime_checkable
class Keeping(Protocol):
    """A node that may name a block as final whose state it does not keep: then it can be read nothing of."""

    def keeps(self) -> None:
        """One question for the state of the pinned block; raises SourceDown where nobody keeps it."""
        ...


class Chain(Protocol[N_co]):
    """Where a network is read: knows its endpoints and proves them before use."""

    @property
    def chain_id(self) -> str: ...
    @property
    def endpoints(self) -> tuple[str, ...]: ...
    def head(self, http: Http, endpoints: Sequence[str]) -> N_co:
        """The newest final block of the first endpoints that prove themselves; raises SourceDown."""
        ...

    def at(self, http: Http, endpoints: Sequence[str], height: int) -> N_co:
        """The block at `height`, for resuming and backfill; raises SourceDown when nobody still has its state."""
        ...


class Past(Protocol[N_co]):
    """The past of a chain as one proved endpoint tells it.

    What is kept no more is a SourceDown of Cause.LACKS: then nothing older is asked of the endpoint.
    """

    def newest(self) -> Block:
        """The newest final block, however old it is; raises SourceDown."""
        ...

    def block(self, height: int) -> Block:
        """Hash and time of a block; raises SourceDown."""
        ...

    def at(self, height: int) -> N_co:
        """The chain at a block up to the newest final one; raises SourceDown."""
        ...


@runtime_checkable
class Archive(Protocol[N_co]):
    """A chain whose nodes may keep old states, so that past days can be read."""

    @property
    def archives(self) -> tuple[str, ...]:
        """Endpoints that are named for their old states, beside those that are always asked."""
        ...

    def past(self, http: Http, endpoints: Sequence[str]) -> Past[N_co]:
        """The past as the first of some endpoints tells it; raises SourceDown where it is a node of another chain.

        The others are asked for what one alone is not believed, where the chain knows such a thing.
        """
        ...


@runtime_checkable
class Forgetful(Protocol):
    """A chain, or a source, whose past nobody tells."""

    @property
    def no_past(self) -> str:
        """Why, as a reader is told: which states nodes keep, and what of them would be needed."""
        ...


# Keeps the finished parts of a long reading: memo(name, make) gives the stored frame of that name, or makes and
# stores it. A run that was cut off goes on where it stopped, at the same block; parts with a Lasting name are kept for
# good, since they hold at every later block (finished stretches of logs).
Memo = Callable[[str, Callable[[], pl.DataFrame]], pl.DataFrame]
# Rows of the snapshots of a reading, oldest first.
Earlier = list[pl.DataFrame]


@runtime_checkable
class Remembering(Protocol[N_co]):
    """A chain whose newest block costs fewer questions where a run keeps what it met for the next one."""

    def head_from(self, http: Http, endpoints: Sequence[str], memo: Memo) -> N_co:
        """As `head`; what is kept says what to ask for, and is never believed. Raises SourceDown."""
        ...


def is_of_now(block: Block, now: datetime, oldest: timedelta) -> bool:
    """Whether a block can be the newest one: not old, nor ahead of the clock by more than clocks differ."""
    return -CLOCKS_DIFFER <= now - block.time <= oldest


@dataclass(frozen=True, slots=True)
class Rule:
    """A threshold of the chain itself: who has more than (strict) or at least numerator/denominator can do `action`."""

    measure: Measure
    population: str
    action: str
    numerator: int
    denominator: int
    strict: bool


@dataclass(frozen=True, slots=True)
class Vote:
    """A vote by the chain's own rule, with all the power of a population: what wins it whatever all others do.

    module: subject of the observations quorum, threshold and veto_threshold. ballot, against: the name and the case of
    a lever of analytics.votes.rules. behind: where voters have power of others, who can vote with it themselves, the
    populations `<behind>@<voter>` of these, of the same measure.
    """

    measure: Measure
    population: str
    module: str
    ballot: str
    against: str
    behind: str = ""


@dataclass(frozen=True, slots=True)
class Keys:
    """As many keys of a population together as the observation `needed` says, or so many that too few are left.

    proof: an observation that says `verified` where the keys are proved to be all there are. governs: what the
    observation `rule` names, with others or alone ("sudo, senate"), while these keys decide.
    """

    population: str
    needed: str
    proof: str = ""
    governs: str = ""
    measure: Measure = Measure.CONTROL


@dataclass(frozen=True, slots=True)
class Seats:
    """Seats of one body or of several together, so much of each.

    bodies: each a population, a seat a key. governs: as of `Keys`, all of them ("triumvirate, senate"); while others
    rule it is no way: so a rule can be ready before the chain has its bodies.
    """

    bodies: tuple[Rule, ...]
    governs: str = ""


@dataclass(frozen=True, slots=True)
class Key:
    """Each key of a population by itself: its holder, or whoever is behind a holder that is a contract.

    population: contract/power; with a `*` at its end all that begin so, of which nobody knows what they may do. given:
    a population without which it is no power ("who can make themselves minters, where there are minters").
    """

    population: str
    measure: Measure = Measure.CONTROL
    given: str = ""


@dataclass(frozen=True, slots=True)
class Refuse:
    """Enough of those who hold keys to the action that nobody else can do it; on populations that begin so."""

    population: str = ""
    measure: Measure = Measure.CONTROL


@dataclass(frozen=True, slots=True)
class Inherited:
    """The ways by keys to do the same on another network: on its populations that begin with `part`."""

    other: str
    part: str
    measure: Measure = Measure.CONTROL


@dataclass(frozen=True, slots=True)
class Unlisted:
    """A power that the chain says there is, by an observation of this name, without a list of who has it."""

    observation: str
    why: str


# What a way needs; each kind is counted by the function of its name in publish/ways.py.
Needs: TypeAlias = Rule | Vote | Keys | Seats | Key | Refuse | Inherited | Unlisted


@dataclass(frozen=True, slots=True)
class Way:
    """A way to power: what can be forced or stopped, and what that needs; who has it is read.

    name: what a voter reads. source: the module, pallet or contract whose rule it is. takes: the shortest time from the
    start to the effect, in seconds, or the observations ("voting_period|gov": name and subject) of which the shortest
    counts; None: not known. effect: what it does where that is less than the action ("stop finality"); such a way is
    told, and counts nowhere. Of ways that take equally few the first of a network is named.
    """

    action: Action
    side: Side
    name: str
    needs: Needs
    source: str
    takes: int | tuple[str, ...] | None = None
    effect: str = ""


@dataclass(frozen=True, slots=True)
class Gate:
    """Those without whom a part of a measure does not happen: what each of them gates is held in a population.

    name: what a voter reads ("auditors"). population: reading/population of holdings in units of the measure, with what
    nobody gates as a sink. Of several gates of a measure the one that takes the fewest counts.
    """

    measure: Measure
    name: str
    population: str


@dataclass(frozen=True, slots=True)
class Deciding:
    """Who decides over what each part of the network gets: so much of a population of the part as the part asks for.

    population: reading/population, which each part has. need: the observation of each part of how much of it decides,
    in parts of `denominator`. over: reading/population whose holders are the parts, with what each gets. told: of what
    a share is decided, and how ("of what the parts get is scored").
    """

    population: str
    need: str
    denominator: int
    over: str
    told: str


@dataclass(frozen=True, slots=True)
class InParts(Generic[N_contra]):
    """Reads what takes long: takes (node, memo) and keeps its parts, so that it goes on where it was cut off."""

    read: Callable[[N_contra, Memo], Facts]


@dataclass(frozen=True, slots=True)
class Since(Generic[N_contra]):
    """Reads what only shows between two blocks: takes (node, earlier).

    earlier: the rows of the snapshots of `after`, a reading of the same network, since this one last landed, oldest
    first, this block's among them.
    """

    after: str
    read: Callable[[N_contra, Earlier], Facts]


# A plain function reads all at once.
Reads: TypeAlias = Callable[[N_contra], Facts] | InParts[N_contra] | Since[N_contra]


@dataclass(frozen=True, slots=True)
class Reading(Generic[N_contra]):
    """Asks one network for one thing in one unit at one block; the docstring of `read` is the method shown to readers.

    tolerance: base units by which a total may differ from the chain's own; partial: coverage may be below one.
    headline: part of `make run`, which must end within a minute. newest_only: observations that describe a state.
    limits: what it may ask for, where that is more than usual. others: forms of holders or subjects that are no address
    of the network; names: the only forms of its populations, or of its observations' names, where these hold addresses
    (store.rows). flow: amounts of the time since this reading last landed, in periods that join; a rate at a block is
    none. of_now: why it tells nothing of a past day that it does not tell of now, or cannot know then.
    """

    name: str
    kind: Kind
    measure: Measure | None
    unit: str
    every: timedelta
    read: Reads[N_contra]
    tolerance: int = 0
    partial: bool = False
    headline: bool = False
    newest_only: bool = False
    limits: Limits = READING
    others: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    flow: bool = False
    of_now: str = ""

    @property
    def no_past(self) -> str:
        """Why it is not read at past days; empty where it can be."""
        if self.newest_only:
            return "of such states only the newest is kept"
        if self.kind in (Kind.PROPOSALS, Kind.VOTES):
            return "all proposals that nodes know are told now, and votes on past ones as far as transactions are kept"
        if self.after:
            return "it is compared with what was read before, so that it goes forwards alone"
        return self.of_now

    @property
    def long(self) -> bool:
        """Whether it keeps its parts, and is resumed at the block where it was cut off."""
        return isinstance(self.read, InParts)

    @property
    def after(self) -> str:
        """Name of the reading whose snapshots it compares, empty where it compares none."""
        return self.read.after if isinstance(self.read, Since) else ""

    @property
    def method(self) -> str:
        """What a voter needs to know of how this was read."""
        return inspect.getdoc(self.read.read if isinstance(self.read, InParts | Since) else self.read) or ""

    def facts(self, node: N_contra, memo: Memo, earlier: Callable[[], Earlier]) -> Facts:
        """What it reads at the block; earlier rows are only sought where they are of use. Raises ReadingError."""
        match self.read:
            case InParts(read):
                return read(node, memo)
            case Since(_, read):
                return read(node, earlier())
            case read:
                return read(node)


@dataclass(frozen=True, slots=True)
class Unit:
    """What readers call a base unit: 10^decimals of it are one token. usd: what a token is worth by design.

    What is no token is counted as it is: Unit("keys", 0).
    """

    token: str
    decimals: int
    usd: float | None = None


def counted(*units: str) -> dict[str, Unit]:
    """Units that are no token, such as keys and votes: each is counted as it is."""
    return {unit: Unit(unit, 0) for unit in units}


@dataclass(frozen=True, slots=True)
class Network(Generic[N]):
    """One network of the field; `stack` is its layer: compute, data, model or agents.

    address: how its addresses are spelled (`store.spelling.KINDS`, a prefix after a colon); empty where it has none.
    chain_ids: chains beside `chain` whose states are of this network: those it was before, and those made of it.

    What readers are told of it; all of it travels through the mart, and what a protocol family has in common is
    declared with the family. tokens_vote: whether tokens give a say to who holds or stakes them; of others readers are
    told that they do not. decision: how proposals are decided. units: base units beside `unit`, for all that is read
    in them. parties: what the members of a population are called, in the plural, where its name does not say it.
    parts: how the parts of the network are called whose populations begin with that word and a colon. scorecard: the
    population that stands in a column (store.columns), as reading/population; empty where none spans the network.
    deciding: who decides over what each of its parts gets. colour: which look is its own, from 1: the theme's ten
    colours, then the same with dashes and hatching, and so on; 0 where it needs none. prices: CoinGecko's ids of
    tokens. credit: thanks to those who serve it, beside public nodes.
    """

    name: str
    title: str
    stack: str
    token: str
    unit: str
    decimals: int
    address: str
    chain: Chain[N] | None = None
    readings: tuple[Reading[N], ...] = ()
    rules: tuple[Rule, ...] = ()
    ways: tuple[Way, ...] = ()
    gates: tuple[Gate, ...] = ()
    deciding: Deciding | None = None
    chain_ids: tuple[str, ...] = ()
    tokens_vote: bool = False
    decision: Decision | None = None
    units: Mapping[str, Unit] = field(default_factory=dict)
    parties: Mapping[str, str] = field(default_factory=dict)
    parts: Mapping[str, str] = field(default_factory=dict)
    scorecard: Mapping[Column, str] = field(default_factory=dict)
    colour: int = 0
    prices: Mapping[str, str] = field(default_factory=dict)
    credit: str = ""

    @property
    def all_units(self) -> Mapping[str, Unit]:
        """Every unit that its amounts have, its own first."""
        return {self.unit: Unit(self.token, self.decimals), **self.units}

    def check(self, reading: Reading[N], facts: Facts) -> None:
        """Refuse facts of one of its readings that cannot be true; raises BadData."""
        self.check_each(reading, [facts])

    def check_each(self, reading: Reading[N], found: Sequence[Facts]) -> None:
        """The same of what a reading found at several blocks."""
        parties = Parties(self.address, reading.others, reading.names)
        check_each(found, reading.kind, tolerance=reading.tolerance, partial=reading.partial, parties=parties)
