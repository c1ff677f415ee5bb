"""Every reading of every network as a decoder: its family's good server, one of whose answers is odd.

A new reading is there by itself once that server answers it; one that it does not answer is named by `unanswered`.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final

import polars as pl

from ingest.network import Earlier, Network, Reading
from ingest.networks import networks
from store.faults import ReadingError
from store.rows import Facts
from tests.worlds.contract import BLOCKS_BETWEEN
from tests.worlds.decoders import (
    Decoder,
    of_archives,
    of_evm,
    of_fields,
    of_files,
    of_objects,
    of_scale,
    of_solana,
    of_texts,
    of_weave,
)
from tests.worlds.good import Answer, Good, good
from tests.worlds.memo import no_memo
from tests.worlds.odd import Document, Odd, Wrong
from tests.worlds.servers import Reply, Request
from tests.worlds.spoiled import Remembered, Wired

# Ten times what the longest asks for.
MOST: Final = 3_000


class Endless(AssertionError):
    """A reader goes on asking."""


@dataclass
class Heard:
    """Answers as a good server does, but for the one answer of a number, which is odd; keeps what it answered."""

    good: Answer
    number: int = -1
    odd: bytes = b""
    told: list[Reply] = field(default_factory=list)

    def __call__(self, request: Request) -> Reply:
        if len(self.told) == MOST:
            raise Endless(f"more than {MOST} questions, the last for {request.path}")
        try:
            reply = self.good(request)
        except (ValueError, IndexError):
            # A key or a number that it never gave.
            reply = Reply({"code": 3, "message": "invalid request"}, 400)
        self.told.append(reply)
        return Reply(self.odd, reply.status, reply.headers) if len(self.told) == self.number + 1 else reply


def facts(network: Network[Any], reading: Reading[Any], answer: Answer, earlier: Earlier) -> Facts:
    """What a reading finds where the server answers so; refused as the job refuses it."""
    assert network.chain
    # Whoever is asked, explorers too, answers so.
    everybody: dict[str, Answer] = defaultdict(lambda: answer)
    head = network.chain.head(Wired(everybody), ["http://good"] * 2)
    found = reading.facts(head, no_memo, lambda: earlier)
    network.check(reading, found)
    return found


@dataclass(frozen=True)
class Tried:
    """A reading at its good server, with what it compares, what it found there and what it was told."""

    network: Network[Any]
    reading: Reading[Any]
    answer: Answer
    earlier: Earlier
    clean: Facts
    told: tuple[Document | bytes, ...]

    def spoilt(self, number: int, content: bytes) -> Facts:
        """What it finds where one answer is this."""
        return facts(self.network, self.reading, Heard(self.answer, number, content), self.earlier)


@cache
def tried() -> Mapping[tuple[str, str], Tried]:
    """Every reading that its good server answers, by network and name."""
    found: dict[tuple[str, str], Tried] = {}
    for network in networks().values():
        if network.chain:
            found |= {(network.name, one.reading.name): one for one in _of(network)}
    return found


def _of(network: Network[Any]) -> Iterator[Tried]:
    world, before = good(network), good(network, BLOCKS_BETWEEN)
    for reading in network.readings:
        try:
            yield found_at(world.network, reading, Remembered(world.answer), _earlier(before, world, reading))
        except ReadingError:
            continue


def _earlier(before: Good, now: Good, reading: Reading[Any]) -> Earlier:
    """What the reading that it compares landed some blocks ago, and now where that is another one."""
    if not reading.after:
        return []
    (other,) = (one for one in now.network.readings if one.name == reading.after)
    if other is reading:
        return [facts(now.network, other, now.answer, []).rows]
    first = facts(before.network, other, before.answer, []).rows
    return [first, facts(now.network, other, now.answer, [first]).rows]


def found_at(network: Network[Any], reading: Reading[Any], answer: Answer, earlier: Earlier) -> Tried:
    """A reading with what it finds and is told at a server; raises ReadingError where it finds nothing."""
    heard = Heard(answer)
    clean = facts(network, reading, heard, earlier)
    told = tuple(reply.body if isinstance(reply.body, bytes) else Document.of(reply.body) for reply in heard.told)
    return Tried(network, reading, answer, earlier, clean, told)


def decoders() -> Iterator[Decoder]:
    """All that makes something of what strangers say, but for metadata, of which each try takes long."""
    answers = (of_fields, of_evm, of_objects, of_solana, of_scale, of_files, of_texts, of_weave, of_archives)
    for found in (*answers, of_readings):
        yield from found()


def unanswered() -> list[str]:
    """Readings that no good server answers."""
    return [
        f"{network.name} {reading.name}"
        for network in networks().values()
        for reading in network.readings
        if (network.name, reading.name) not in tried()
    ]


def of_readings() -> Iterator[Decoder]:
    """The readings of each network."""
    for name in dict.fromkeys(network for network, _ in tried()):
        yield readings_of(name, [one for (network, _), one in tried().items() if network == name])


def readings_of(name: str, found: Sequence[Tried]) -> Decoder:
    """Some readings as one decoder: each answer of each is spoilt as often as any other."""
    places = [(one, number) for one in found for number in range(len(one.told))]

    def read(place: int, content: bytes) -> Facts:
        one, number = places[place]
        return one.spoilt(number, content)

    def wrong(place: int, odd: Odd, found: Facts) -> str:
        return lost(places[place][0], odd, found)

    family = type(found[0].network.chain).__name__.removesuffix("Chain")
    return Decoder(family, f"readings of {name}", [one.told[number] for one, number in places], read, wrong)


def _sorted(found: Facts) -> pl.DataFrame:
    return found.rows.sort(found.rows.columns)


# Lists of which the answers of their source do not tell how many rows they have, and why a lost one is no silent one.
UNCOUNTED: Final[Mapping[str, str]] = {
    "min_mint": "a list of coins that nobody counts; a second endpoint tells them too, where there is one",
    "sources": "a list of parameters, told once: the number that must agree is a parameter beside it",
    "snapshots": "a day that a web service leaves out is a day without a figure, and is shown as one",
    "prices": "a day that a web service leaves out is a day without a figure, and is shown as one",
    "amd": "models of a web service, of which the total is told beside them as another fact",
    "nvidia": "models of a web service, of which the total is told beside them as another fact",
    "earnings": "the console's own list of providers; the chain's leases are read apart",
    "items": "an explorer only proposes holders; how much they hold together is told as coverage",
    "resources": "what a tenant asked for, each once; what is paid for it is told apart",
    "value": "accounts, which do not name themselves: they are counted, the clock stands first, each is of its kind",
    "result": "keys of a map, whose number no node tells; sums are compared with the chain's own totals",
    "contracts": "wasmd counts no list of its own; a reading says how many contracts it found",
    "code_infos": "wasmd counts no list of its own",
    "attributes": "what a provider says of itself, each once",
    "pool": "of a coin that the community has none of nothing is told",
    "signatures": "a block in which a validator's signature is not there says that it did not sign",
    "messages": "what a proposal would do; its type is that of the first",
    "txs": "found by a search",
    "ECChain": "epochs that a certificate of fast finality is of: how old it is is told by one endpoint's word",
}


def lost(one: Tried, odd: Odd, found: Facts) -> str:
    """Why facts cannot be what a list tells of which a row is gone, there twice, or something else."""
    told_of = len(found.left_out) > len(one.clean.left_out)
    if odd.wrong is Wrong.CHANGED or told_of or _sorted(found).equals(_sorted(one.clean)):
        return ""
    named = next((part for part in reversed(odd.place) if isinstance(part, str)), one.reading.name)
    if named in UNCOUNTED and odd.wrong is not Wrong.GARBLED:
        return ""
    return f"{one.reading.name}: {found.rows.height} rows of {one.clean.rows.height} [{named}]"
