"""Filecoin's chain: endpoints that prove themselves, one final tipset, and everything read at its state.

Final is what fast finality (F3) says is final, else what 900 epochs were built upon: nodes decide that themselves, and
where one cannot, its head less 900 epochs. Each question names the tipset by the hashes of its blocks, so that no node
answers from another state; an object of the state is compared with its own hash, from the block's own on.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from hashlib import sha256
from typing import Any, Final, TypeVar

from ingest import stopping
from ingest.allowance import Exhausted
from ingest.endpoints import Answers, Rotation
from ingest.fields import raw, whole
from ingest.filecoin.cbor import Link, decoded, link_of, name_of, named
from ingest.filecoin.hamt import found, key_of
from ingest.filecoin.rpc import AT_ONCE, Busy, Call, Lacking, Source, result_of
from ingest.filecoin.tipsets import GENESIS, Tipset, links_of, spelled, tipset_of
from ingest.network import is_of_now
from ingest.transport import Http, bare
from store.faults import BadData, Cause, ReadingError, SourceChanged, SourceDown
from store.rows import Block

# What is final without fast finality is 7.5 hours old.
OLDEST_HEAD: Final = timedelta(hours=9)
EPOCHS_TO_FINALITY: Final = 900
# Epochs in a row without a block, which a height may fall into; more there were never.
NULL_ROUNDS: Final = 20
# For so long public nodes promise a state, 2,000 tipsets.
STATE_KEPT: Final = timedelta(hours=16)
WITNESSES_ASKED: Final = 2
POWER: Final = "f04"
# Fields of a block's header, of the first and of the second layout of a state's root.
HEIGHT, STATE_ROOT = 7, 8
ROOT_PARTS: Final = 3

T = TypeVar("T")


def now() -> datetime:
    """The time of this machine."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class FilecoinChain:
    """Filecoin's mainnet with public endpoints of its JSON-RPC; pauses: seconds between rounds while all are busy."""

    chain_id: str
    endpoints: tuple[str, ...]
    genesis: str = GENESIS
    pauses: tuple[float, ...] = (1.0, 4.0, 16.0)
    clock: Callable[[], datetime] = now

    def head(self, http: Http, endpoints: Sequence[str]) -> "FilecoinNode":
        """The newest final tipset of the first endpoint that proves itself; raises SourceDown.

        Proved: the first block's hash, a time that is the height's, not older than nine hours, and at a second endpoint
        the same tipset and the same state of power.
        """
        return self._first(http, endpoints, self._newest)

    @property
    def no_past(self) -> str:
        """Why it is not read at past days."""
        return "public nodes of Filecoin keep states for sixteen hours"

    def at(self, http: Http, endpoints: Sequence[str], height: int) -> "FilecoinNode":
        """The tipset of a height of the last sixteen hours; raises SourceDown where nobody keeps its state."""
        return self._first(http, endpoints, lambda source: self._past(source, height))

    def _newest(self, source: Source) -> Tipset:
        try:
            (told,) = map(result_of, self._of_this_chain(source, ("ChainGetFinalizedTipSet", ())))
        except Lacking:
            told = self._below_head(source)
        return self._not_older(source, tipset_of(told), OLDEST_HEAD)

    def _below_head(self, source: Source) -> Any:
        """What 900 epochs were built upon, where a node does not say what is final."""
        (told,) = self._of_this_chain(source, ("ChainHead", ()))
        head = tipset_of(result_of(told))
        height = head.height - EPOCHS_TO_FINALITY
        (below,) = source.results([("ChainGetTipSetByHeight", (height, spelled(head.key)))])
        if not 0 <= height - tipset_of(below).height <= NULL_ROUNDS:
            raise BadData(f"{source.name} has the tipset of height {tipset_of(below).height} at {height}")
        return below

    def _past(self, source: Source, height: int) -> Tipset:
        (told,) = self._of_this_chain(source, ("ChainGetTipSetByHeight", (height, None)))
        tipset = tipset_of(result_of(told))
        if tipset.height != height:
            raise SourceDown(f"{source.name} has no block of height {height}; before it {tipset.height}")
        return self._not_older(source, tipset, STATE_KEPT)

    def _not_older(self, source: Source, tipset: Tipset, oldest: timedelta) -> Tipset:
        if not is_of_now(tipset.block, self.clock(), oldest):
            why = f"is at height {tipset.height} of {tipset.block.time:%Y-%m-%d %H:%M:%S}"
            raise SourceDown(f"{source.name} {why}").of(Cause.BEHIND, why)
        return tipset

    def _of_this_chain(self, source: Source, *calls: Call) -> list[Any]:
        """Results, or refusals in their places, of a node whose first block is this chain's."""
        first, *others = source.told([("ChainGetGenesis", ()), *calls])
        names = links_of(result_of(first), "Cids")
        if names != (self.genesis,):
            raise SourceDown(f"{source.name} is a node of another chain: its first block is {' '.join(names)[:80]}")
        return others

    def same(self, source: Source, tipset: Tipset, power: str) -> bool:
        """Whether an endpoint of this chain has the same tipset at its height, and the same state of power."""
        at, actor = self._of_this_chain(
            source,
            ("ChainGetTipSetByHeight", (tipset.height, None)),
            ("StateGetActor", (POWER, spelled(tipset.key))),
        )
        # Who has another tipset knows nothing of the state of this one.
        return tipset_of(result_of(at)) == tipset and link_of(result_of(actor), "Head") == power

    def _first(self, http: Http, endpoints: Sequence[str], tipset_at: Callable[[Source], Tipset]) -> "FilecoinNode":
        addresses = [endpoint.strip() for endpoint in endpoints if endpoint.strip()]
        rotation = Rotation(addresses)

        def proved(endpoint: str) -> FilecoinNode:
            source = Source(http, endpoint)
            tipset = tipset_at(source)
            key = spelled(tipset.key)
            actor, version = source.results([("StateGetActor", (POWER, key)), ("StateNetworkVersion", (key,))])
            power = link_of(actor, "Head")
            # In the line's order, where those that failed come last: one that has another block stands in nobody's way.
            others = [Source(http, other) for other in rotation.endpoints if other != endpoint]
            witness = self._confirmed(source, tipset, power, others[:WITNESSES_ASKED])
            answers = Answers(rotation)
            node = FilecoinNode(self, http, rotation, answers, tipset, power, f"nv{whole(version)}", witness)
            node.proved.update(one for one in (endpoint, witness) if one)
            return node

        return rotation.ask(proved)

    def _confirmed(self, source: Source, tipset: Tipset, power: str, others: Sequence[Source]) -> str:
        """The first witness that answers, which must have the same tipset and power; empty where none does."""
        for witness in others:
            try:
                same = self.same(witness, tipset, power)
            except Exhausted:
                raise
            except ReadingError:
                continue
            if not same:
                raise SourceDown(f"{source.name} and {witness.name} disagree about block {tipset.height}")
            return witness.address
        return ""


@dataclass(frozen=True, slots=True)
class FilecoinNode:
    """Endpoints of Filecoin, pinned to one final tipset; each is proved before its first answer counts.

    remembered: what is put together of several answers, for several readings. winners: miners that won blocks lately.
    """

    chain: FilecoinChain
    http: Http
    rotation: Rotation
    answers: Answers
    tipset: Tipset
    power: str
    runtime_version: str
    witness: str = ""
    proved: set[str] = field(default_factory=set)
    remembered: dict[str, Any] = field(default_factory=dict)
    winners: set[str] = field(default_factory=set)
    busy: set[str] = field(default_factory=set)

    @property
    def chain_id(self) -> str:
        """CAIP-2 id of the chain."""
        return self.chain.chain_id

    @property
    def block(self) -> Block:
        """The final tipset."""
        return self.tipset.block

    @property
    def endpoint(self) -> str:
        """The endpoint that is asked first, without its key."""
        return bare(self.rotation.first)

    def forget(self) -> None:
        """Ask everything anew at the same tipset."""
        self.remembered.clear()
        self.answers.forget()

    def once(self, name: str, make: Callable[[], T]) -> T:
        """What is put together of several answers, once for several readings."""
        if name not in self.remembered:
            self.remembered[name] = make()
        made: T = self.remembered[name]
        return made

    def state(self, method: str, *params: Any) -> Call:
        """A question about the state of the tipset."""
        return method, (*params, spelled(self.tipset.key))

    def ask(self, calls: Sequence[Call], judge: Callable[[list[Any]], T]) -> T:
        """What `judge` makes of the results of some questions, asked once and together; raises as Rotation.ask does."""
        asked = sha256(json.dumps(calls).encode()).hexdigest()[:16]
        name, question = f" {calls[0][0]} and {len(calls) - 1} more ({asked})", partial(self._asked, calls)
        return self._patiently(partial(self.answers.ask, name, question, judge))

    def each(self, calls: Sequence[Call], judge: Callable[[Any], T], at_once: int = AT_ONCE) -> list[T]:
        """What `judge` makes of each of many results, so many questions at once."""
        judged: list[T] = []
        for start in range(0, len(calls), at_once):
            judged += self.ask(calls[start : start + at_once], lambda results: [judge(one) for one in results])
        return judged

    def objects(self, names: Sequence[str]) -> dict[str, bytes]:
        """Objects of the state by their names; none is remembered, and none is another than its name says."""
        contents: dict[str, bytes] = {}
        for start in range(0, len(names), AT_ONCE):
            wanted = names[start : start + AT_ONCE]
            contents |= self._patiently(partial(self.rotation.ask, partial(self._objects, wanted)))
        return contents

    def actors(self, *addresses: str) -> Mapping[str, Any]:
        """The states of actors, proved from the tipset's own hash on; raises SourceChanged where one is not there."""
        roots = found(self.once("actors", self._root), [key_of(one) for one in addresses], self.objects)
        absent = [one for one in addresses if key_of(one) not in roots]
        if absent:
            raise SourceChanged(f"no actor {', '.join(absent)} in the state of height {self.tipset.height}")
        heads = {one: _head(one, roots[key_of(one)]) for one in addresses}
        if heads.get(POWER, self.power) != self.power:
            raise BadData(f"{self.endpoint} told {self.power} as the state of power, which is {heads[POWER]}")
        contents = self.objects(list(dict.fromkeys(heads.values())))
        return {one: decoded(contents[head]) for one, head in heads.items()}

    def _root(self) -> str:
        """The map of all actors in the state of the tipset: that before its own messages."""
        header = decoded(self.objects(self.tipset.key[:1])[self.tipset.key[0]])
        match header:
            case [*parts] if len(parts) > STATE_ROOT and parts[HEIGHT] == self.tipset.height:
                root = named(parts[STATE_ROOT])
            case _:
                raise SourceChanged(f"no header of height {self.tipset.height}: {str(header)[:80]}")
        match decoded(self.objects([root])[root]):
            case [int(), Link() as inner, Link()]:
                return named(inner)
            case _:
                # The first states had the map itself.
                return root

    def _objects(self, names: Sequence[str], endpoint: str) -> dict[str, bytes]:
        results = self._asked([("ChainReadObj", ({"/": name},)) for name in names], endpoint)
        contents = {name: raw(one) for name, one in zip(names, results, strict=True)}
        for name, content in contents.items():
            if name_of(content) != name:
                raise BadData(f"{bare(endpoint)} hands out {name_of(content)} as {name}")
        return contents

    def _asked(self, calls: Sequence[Call], endpoint: str) -> list[Any]:
        source = Source(self.http, endpoint)
        try:
            if endpoint not in self.proved:
                self._prove(source)
            return source.results(calls)
        except Busy:
            self.busy.add(endpoint)
            raise

    def _prove(self, source: Source) -> None:
        """Refuses an endpoint that has another tipset, or none, at the pinned height."""
        if not self.chain.same(source, self.tipset, self.power):
            raise SourceDown(f"{source.name} has another tipset of height {self.tipset.height}, or another power")
        self.proved.add(source.address)

    def _patiently(self, ask: Callable[[], T]) -> T:
        """The answer; waits between rounds while somebody may still answer."""
        for pause in self.chain.pauses:
            self.busy.clear()
            try:
                return ask()
            except Exhausted:
                raise
            except SourceDown:
                if not self.busy:
                    raise
                stopping.sleep(pause)
        return ask()


def _head(address: str, actor: Any) -> str:
    """The name of an actor's state."""
    match actor:
        case [Link(), Link() as head, *_]:
            return named(head)
        case _:
            raise SourceChanged(f"{address} is no actor: {str(actor)[:80]}")
