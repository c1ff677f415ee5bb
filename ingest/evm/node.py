"""EVM chains over JSON-RPC: proves providers, names the newest final block, reads contracts and logs at that block.

What one provider answers is judged in ingest/evm/provider.py, what it says when it refuses in ingest/evm/refusals.py.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Final, TypeVar

from ingest import stopping
from ingest.allowance import Exhausted
from ingest.endpoints import Rotation, named
from ingest.evm.calls import MULTICALL3, Call, apart, together
from ingest.evm.logs import SEGMENT_BLOCKS, Logs, Span, Wanted
from ingest.evm.provider import TO_FINALITY, Provider
from ingest.evm.refusals import NoLogs, TooWide, Unable
from ingest.network import is_of_now
from ingest.transport import GivenUp, Http, bare
from store.faults import Cause, ReadingError, SourceChanged, SourceDown
from store.rows import Block

OLDEST_HEAD: Final = timedelta(minutes=5)
CALLS_AT_ONCE: Final = 200
WITNESSES_ASKED: Final = 2
# Remembered where no node answers for several words of storage at once.
NO_PROOFS: Final = "no proofs"

Item = TypeVar("Item")
T = TypeVar("T")


def now() -> datetime:
    """The time of this machine."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class EvmChain:
    """An EVM chain by its CAIP-2 id (eip155:1 is Ethereum), with public endpoints.

    EIP155_<number>_ARCHIVE_URL names nodes with full history, where somebody has one; EIP155_<number>_EXPLORER_URL
    Blockscouts other than `explorer`, which ranks holders. pauses: seconds between rounds over all endpoints while one
    of them asks for patience.

    since: the first block whose logs public nodes still have. day: the stretch of blocks that is read and kept as one
    part, about a day of them. seconds: from a block to the next. finality: what makes a block final, for people.
    to_finality: after how many blocks it is, where a node does not name the final one; None: by its name alone.
    """

    chain_id: str
    endpoints: tuple[str, ...]
    explorer: str = ""
    multicall: str = MULTICALL3
    since: int = 0
    day: int = SEGMENT_BLOCKS
    seconds: float = 12.0
    finality: str = ""
    to_finality: int | None = TO_FINALITY
    pauses: tuple[float, ...] = (1.0, 4.0, 16.0)
    clock: Callable[[], datetime] = now

    @property
    def number(self) -> int:
        """The number that eth_chainId answers."""
        return int(self.chain_id.removeprefix("eip155:"))

    @property
    def archives(self) -> tuple[str, ...]:
        """Configured endpoints that have the whole history; none where nobody has one."""
        return named(f"EIP155_{self.number}_ARCHIVE_URL")

    @property
    def explorers(self) -> tuple[str, ...]:
        """The explorers that rank holders; none where none is known."""
        return named(f"EIP155_{self.number}_EXPLORER_URL") or ((self.explorer,) if self.explorer else ())

    def head(self, http: Http, endpoints: Sequence[str]) -> "EvmNode":
        """The newest final block of the first endpoint that proves itself; raises SourceDown.

        Proved: the chain id, a newest block younger than five minutes, and the same final block at a second endpoint.
        """
        return self._first_proved(http, endpoints, self._newest_final)

    def at(self, http: Http, endpoints: Sequence[str], height: int) -> "EvmNode":
        """The block at `height`; raises SourceDown when it is not final or nobody has its state any more."""

        def with_state(provider: Provider) -> Block:
            if height > provider.final().height:
                raise Unable(f"{provider.name}: block {height} is not final")
            provider.balance(self.multicall, height)
            return provider.block(height)

        return self._first_proved(http, endpoints, with_state)

    def past(self, http: Http, endpoints: Sequence[str]) -> "EvmPast":
        """The past as the first of some providers tells it; others are asked where it fails, or has no logs."""
        provider = self._provider(http, endpoints[0].strip())
        self._prove(provider)
        return EvmPast(self, provider, endpoints)

    def _newest_final(self, provider: Provider) -> Block:
        newest = provider.newest()
        if not is_of_now(newest, self.clock(), OLDEST_HEAD):
            why = f"the newest block {newest.height} is of {newest.time:%Y-%m-%d %H:%M:%S}"
            raise Unable(f"{provider.name}: {why}").of(Cause.BEHIND, why)
        return provider.final()

    def _first_proved(self, http: Http, endpoints: Sequence[str], pinned: Callable[[Provider], Block]) -> "EvmNode":
        addresses = [endpoint.strip() for endpoint in endpoints if endpoint.strip()]
        rotation = Rotation(addresses)

        def proved(provider: Provider) -> EvmNode:
            self._prove(provider)
            block, software = pinned(provider), provider.software()
            # In the line's order, where those that failed come last: one that has another block stands in nobody's way.
            others = [self._provider(http, other) for other in rotation.endpoints if other != provider.address]
            witness = _confirm(provider, block, others[:WITNESSES_ASKED])
            return EvmNode(self, http, rotation, block, software, witness, proved={provider.address})

        return rotation.ask(lambda endpoint: _as_it_is(proved, self._provider(http, endpoint)))

    def _prove(self, provider: Provider) -> None:
        number = provider.chain_number()
        if number != self.number:
            raise Unable(f"{provider.name} is a node of eip155:{number}, not of {self.chain_id}")

    def _provider(self, http: Http, address: str) -> Provider:
        return Provider(http, address, self.to_finality)


@dataclass(frozen=True, slots=True)
class EvmPast:
    """The past of an EVM chain at one provider: nodes keep all blocks, and but archives few states."""

    chain: EvmChain
    provider: Provider
    endpoints: Sequence[str]

    def newest(self) -> Block:
        """The newest final block."""
        return self.provider.final()

    def block(self, height: int) -> Block:
        """Hash and time of a block."""
        return self.provider.block(height)

    def at(self, height: int) -> "EvmNode":
        """The chain at a block of the past; raises Unable where the provider does not keep its state."""
        block, provider = self.block(height), self.provider
        provider.balance(self.chain.multicall, height)
        rotation, proved = Rotation(self.endpoints), {provider.address}
        return EvmNode(self.chain, provider.http, rotation, block, provider.software(), proved=proved)


@dataclass(frozen=True, slots=True)
class EvmNode:
    """Providers of one chain, pinned to one final block; each is proved before its first answer counts."""

    chain: EvmChain
    http: Http
    rotation: Rotation
    block: Block
    runtime_version: str
    witness: str = ""
    proved: set[str] = field(default_factory=set)
    spans: dict[str, Span] = field(default_factory=dict)
    remembered: dict[Any, Any] = field(default_factory=dict)

    @property
    def chain_id(self) -> str:
        """CAIP-2 id of the chain."""
        return self.chain.chain_id

    @property
    def endpoint(self) -> str:
        """The provider that is asked first, without its key."""
        return bare(self.rotation.first)

    def prove_again(self) -> list[str]:
        """Asks each provider that was proved for the pinned block once more: it may stand for another chain meanwhile.

        Raises SourceDown for another block; one that tells no block now has not changed what it said.
        """
        doubts = []
        for provider in (Provider(self.http, address) for address in sorted(self.proved)):
            try:
                seen = provider.block(self.block.height)
            except ReadingError as error:
                doubts.append(f"{provider.name}: {error}")
                continue
            if seen.hash != self.block.hash:
                raise SourceDown(f"{provider.name} came to have {seen.hash} as block {self.block.height}")
        return doubts

    def keeps(self) -> None:
        """One call of a contract at the pinned block; raises SourceDown where nobody keeps that block's state.

        A rollup's final block may be older than the 128 whose state a node keeps that is no archive.
        """
        try:
            self.ask_in_pieces(lambda provider, _: [self._called(provider, [])], [()], 1)
        except SourceDown as error:
            raise SourceDown(f"keeps no state of its final block {self.block.height}: {error}") from error

    def forget(self) -> None:
        """Ask everything anew at the same block."""
        self.remembered.clear()

    def archive(self) -> "EvmNode | None":
        """The same block at the configured archive endpoints; None where none is configured."""
        archives = self.chain.archives
        return (
            EvmNode(self.chain, self.http, Rotation(archives), self.block, self.runtime_version) if archives else None
        )

    def ask(self, question: Callable[[Provider], T]) -> T:
        """The first proved provider's answer; raises SourceDown with every provider's reason.

        The answer is judged within the question: whatever that raises is this provider's reason, and the next is asked.
        """
        return self._answered(partial(_as_it_is, question))

    def ask_in_pieces(
        self, question: Callable[[Provider, Sequence[Item]], Sequence[T]], items: Sequence[Item], at_once: int
    ) -> list[T]:
        """Answers for each of many items, so many at once; half as many where that is too much for a provider."""
        found: list[T] = []
        for start in range(0, len(items), at_once):
            found += self._in_halves(question, items[start : start + at_once])
        return found

    def _in_halves(self, question: Callable[[Provider, Sequence[Item]], Sequence[T]], items: Sequence[Item]) -> list[T]:
        def asked(provider: Provider) -> Sequence[T]:
            return question(provider, items)

        if len(items) == 1:
            return list(self.ask(asked))
        try:
            return list(self._answered(asked))
        except TooWide:
            middle = len(items) // 2
            return self._in_halves(question, items[:middle]) + self._in_halves(question, items[middle:])

    def calls(self, calls: Sequence[Call]) -> list[tuple[Any, ...]]:
        """What view functions return at the pinned block; () where a contract has no function of this shape.

        Each call is asked once, then remembered.
        """
        new = [call for call in dict.fromkeys(calls) if call not in self.remembered]
        self.remembered.update(zip(new, self.ask_in_pieces(self._called, new, CALLS_AT_ONCE), strict=True))
        return [self.remembered[call] for call in calls]

    def call(self, call: Call) -> Any:
        """The one value that a view function must return; raises SourceChanged when there is none."""
        (answer,) = self.calls([call])
        if not answer:
            raise SourceChanged(f"{call.to} does not answer {call.function} at block {self.block.height}")
        return answer[0]

    def code(self, address: str) -> bytes:
        """The code at an address at the pinned block; empty for a key."""
        return self._once(("code", address), lambda provider: provider.code(address, self.block.height))

    def slot(self, contract: str, slot: int) -> int:
        """One word of a contract's storage at the pinned block."""
        return self._once((contract, slot), lambda provider: provider.slot(contract, slot, self.block.height))

    def slots(self, contract: str, slots: Sequence[int]) -> list[int]:
        """Words of a contract's storage at the pinned block: in one question, or one each where no node has that."""
        new = [slot for slot in slots if (contract, slot) not in self.remembered]
        if len(new) > 1 and NO_PROOFS not in self.remembered:
            try:
                words = self.ask(lambda provider: provider.slots(contract, new, self.block.height))
                self.remembered.update(zip(((contract, slot) for slot in new), words, strict=True))
            except Exhausted:
                raise
            except SourceDown:
                self.remembered[NO_PROOFS] = True
        return [self.slot(contract, slot) for slot in slots]

    def storage(self, contract: str) -> str:
        """The root of all of a contract's storage at the pinned block."""
        return self._once(("storage", contract), lambda provider: provider.storage(contract, self.block.height))

    def logs(self, wanted: Wanted, first: int, last: int, read: Callable[[Logs], T]) -> Iterator[T]:
        """What `read` makes of contracts' logs from block first to last, in pieces as wide as the provider allows.

        Nothing is ever missing: a piece is whole, or an error; a size to which providers cut is confirmed by halves,
        and by a second provider that a contract has none. Raises SourceDown when one block alone is too much for every
        provider, or none gives logs of which `read` can make something.
        """
        if last > self.block.height:
            raise ValueError(f"block {last} comes after the pinned block {self.block.height}")
        start = first
        while start <= last:
            end = min(last, start + self._span(self.rotation.first).blocks - 1)
            try:
                count, found = self._whole(wanted, start, end, read)
            except TooWide as error:
                self._span(self.rotation.first).narrow(end - start + 1, error.blocks)
                continue
            self._span(self.rotation.first).widen(end - start + 1, count)
            yield found
            start = end + 1

    def _whole(self, wanted: Wanted, first: int, last: int, read: Callable[[Logs], T]) -> tuple[int, T]:
        """How many logs there are, and what `read` makes of them; raises TooWide where some are held back."""
        try:
            address, count, found = self._told(wanted, first, last, read)
        except NoLogs:
            return 0, read(Logs([], [], [], []))
        span = self._span(address)
        if first < last and span.doubts(count) and self._is_cut(span, wanted, first, last, count):
            span.caps.add(count)
            raise TooWide(f"{bare(address)} hands out {count} logs of more in blocks {first} to {last}")
        return count, found

    def _told(self, wanted: Wanted, first: int, last: int, read: Callable[[Logs], T]) -> tuple[str, int, T]:
        """Who answers, how many logs, and what `read` makes of them; of whom it has none, another has none either."""
        for _ in self.rotation.endpoints:
            address, logs, made = self._answered(partial(self._piece, wanted, first, last, read))
            silent = tuple(sorted({*wanted.contracts} - {*logs.contract}))
            if not silent or self._have_none(replace(wanted, contracts=silent), first, last, address):
                return address, len(logs), made
        raise SourceDown(f"providers contradict each other on logs of {wanted.of_whom} in blocks {first} to {last}")

    def _have_none(self, wanted: Wanted, first: int, last: int, by: str) -> bool:
        """Whether others have no such log either; where one has, who told of none is asked after all others."""

        def told(provider: Provider) -> object:
            if provider.address == by:
                raise NoLogs(f"{provider.name} has no log of {wanted.of_whom} in blocks {first} to {last}")
            return self._piece(wanted, first, last, len, provider)

        try:
            self._answered(told)
        except NoLogs:
            return True
        return False

    def _is_cut(self, span: Span, wanted: Wanted, first: int, last: int, count: int) -> bool:
        """Whether there are other than the `count` logs that were answered for blocks first to last, by their halves.

        A half that has all of them is doubted as well, down to one block: two questions for each halving.
        """
        middle = (first + last) // 2
        halves = ((first, middle), (middle + 1, last))
        return count in span.caps or sum(self._whole(wanted, *half, len)[0] for half in halves) != count

    def _piece(
        self, wanted: Wanted, first: int, last: int, read: Callable[[Logs], T], provider: Provider
    ) -> tuple[str, Logs, T]:
        """Who answers, with which logs, and what `read` makes of them; those of one block are whole."""
        try:
            logs = provider.logs(wanted, first, last)
            if first == last and self._span(provider.address).doubts(len(logs)):
                written = len(provider.logs_by_receipts(wanted, first))
                if written != len(logs):
                    raise Unable(f"{provider.name} hands out {len(logs)} of {written} logs in block {first}")
        except TooWide as error:
            if first == last:
                raise Unable(f"block {first} alone is too much: {error}") from error
            raise
        if not len(logs):
            raise NoLogs(f"{provider.name} has no log of {wanted.of_whom} in blocks {first} to {last}")
        if logs.hashes.get(self.block.height, self.block.hash) != self.block.hash:
            raise Unable(f"{provider.name} has logs of another block {self.block.height}")
        return provider.address, logs, read(logs)

    def _called(self, provider: Provider, calls: Sequence[Call]) -> list[tuple[Any, ...]]:
        question = "0x" + together(calls).hex()
        return apart(calls, provider.returned(self.chain.multicall, question, self.block.height))

    def _once(self, key: Any, question: Callable[[Provider], T]) -> T:
        if key not in self.remembered:
            self.remembered[key] = self.ask(question)
        answer: T = self.remembered[key]
        return answer

    def _answered(self, question: Callable[[Provider], T]) -> T:
        """The first proved provider's answer, or TooWide; waits between rounds while one of them may still answer."""
        for pause in (*self.chain.pauses, None):
            failures: list[ReadingError] = []
            try:
                return self.rotation.ask(partial(self._asked, question, failures))
            except Exhausted:
                raise
            except SourceDown:
                if pause is None or not any(map(_may_pass, failures)):
                    raise
                stopping.sleep(pause)
        raise AssertionError("the last round returns or raises")

    def _asked(self, question: Callable[[Provider], T], failures: list[ReadingError], endpoint: str) -> T:
        provider = Provider(self.http, endpoint)
        try:
            if endpoint not in self.proved:
                _as_it_is(self._prove, provider)
            return question(provider)
        except ReadingError as error:
            failures.append(error)
            raise

    def _prove(self, provider: Provider) -> None:
        """Refuses a provider that has another block, or none, at the pinned height; the witness has told it."""
        seen = self.block if provider.address == self.witness else provider.block(self.block.height)
        if seen.hash != self.block.hash:
            raise Unable(f"{provider.name} has {seen.hash} as block {self.block.height}, not {self.block.hash}")
        self.proved.add(provider.address)

    def _span(self, endpoint: str) -> Span:
        return self.spans.setdefault(endpoint, Span())


def _as_it_is(question: Callable[[Provider], T], provider: Provider) -> T:
    """The answer to a question of which there is no smaller one: too much for one provider, it is another's."""
    try:
        return question(provider)
    except TooWide as error:
        raise Unable(str(error)) from error


def _may_pass(error: ReadingError) -> bool:
    return isinstance(error, SourceDown) and not isinstance(error, (Unable, GivenUp))


def _confirm(provider: Provider, block: Block, witnesses: Sequence[Provider]) -> str:
    """The first witness that answers, which must have the same final block; empty where none does."""
    for witness in witnesses:
        try:
            seen = witness.block(block.height)
            if seen.hash != block.hash:
                # Who contradicts itself is no witness.
                witness.final()
        except ReadingError:
            continue
        if seen.hash != block.hash:
            raise SourceDown(f"{provider.name} and {witness.name} disagree about block {block.height}")
        return witness.address
    return ""
