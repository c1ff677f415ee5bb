"""Arweave over HTTP: one block that two peers and a gateway give, and what is proved by its hash.

Its nodes speak plain HTTP on port 1984, and gateways (HTTPS) pass few of their routes on. So nothing that came over
plain HTTP is believed but by its hash: two peers name a block, the gateway gives its header, whose fields hash to that
name, and everything else is held to a hash in the header.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple, TypeVar
from urllib.parse import urlsplit

from ingest.allowance import Exhausted
from ingest.arweave.blocks import Header, header
from ingest.arweave.blocks import named as block_name
from ingest.arweave.rewards import Reward, proved
from ingest.endpoints import Rotation, Unanswered, named
from ingest.fields import listed, text, whole
from ingest.network import is_of_now
from ingest.transport import Answer, Http, bare, host
from store.faults import BadData, Cause, ReadingError, SourceDown
from store.rows import Block

# Names other peers than those that the program brings along.
PEERS_VARIABLE: Final = "ARWEAVE_PEERS_URL"
# Nodes leave a block for another one up to 18 blocks back (ar.hrl, CHECKPOINT_DEPTH), and tell rewards of the last 50.
DEPTH: Final = 20
# The second peer may be some blocks behind the first.
DEEP_ENOUGH: Final = 15
# Twenty blocks are forty minutes; now and then they take twice as long.
OLDEST: Final = timedelta(hours=3)
# Blocks of which the history of rewards tells: 90 days of 720, and 50 more (ar_rewards.erl).
HISTORY: Final = 64_850
# Seven days of blocks, one in two minutes.
WEEK: Final = 5_040

T = TypeVar("T")


def now() -> datetime:
    """The time of this machine."""
    return datetime.now(UTC)


class Agreed(NamedTuple):
    """A block that two peers name, with the one before it."""

    block: str
    previous: str
    witness: str
    peers: Rotation


class History(NamedTuple):
    """The rewards of the last 90 days, the oldest first, and when the block before them was found."""

    rewards: list[Reward]
    since: datetime


@dataclass(frozen=True, slots=True)
class ArweaveChain:
    """A network of Arweave by the name that its nodes give it.

    endpoints: gateways, over HTTPS. peers: nodes over plain HTTP, none of which is believed alone; ARWEAVE_PEERS_URL
    names others. history: of how many blocks the history of rewards tells. window: of how many of them a
    past day needs to know.
    """

    chain_id: str
    endpoints: tuple[str, ...]
    peers: tuple[str, ...]
    history: int = HISTORY
    clock: Callable[[], datetime] = now
    window: int = WEEK
    archives: tuple[str, ...] = ()

    @property
    def peers_variable(self) -> str:
        """Which variable names other peers."""
        return PEERS_VARIABLE

    def head(self, http: Http, endpoints: Sequence[str]) -> "ArweaveNode":
        """The block twenty below the newest; raises SourceDown.

        Proved: two peers name it and the one before it, the gateway is of this network, its header hashes to that name
        and is younger than three hours.
        """
        gateways = Rotation([endpoint.strip().rstrip("/") for endpoint in endpoints if endpoint.strip()])
        agreed = _agreed(http, [peer.rstrip("/") for peer in named(self.peers_variable) or self.peers])
        return gateways.ask(lambda gateway: self._pinned(http, gateway, gateways, agreed))

    def past(self, http: Http, endpoints: Sequence[str]) -> "ArweavePast":
        """The blocks of which the newest one's history of rewards tells, by one gateway."""
        return ArweavePast(self.head(http, endpoints[:1]))

    def at(self, _http: Http, _endpoints: Sequence[str], height: int) -> "ArweaveNode":
        """Raises SourceDown: nodes tell what a block of the past stood for during two hours at most."""
        raise SourceDown(f"{self.chain_id}: of block {height} no node tells the rewards any more")

    def _pinned(self, http: Http, gateway: str, gateways: Rotation, agreed: Agreed) -> "ArweaveNode":
        info = _answer(http, gateway, "/info").json()
        if (name := text(info, "network")) != self.chain_id:
            raise SourceDown(f"{bare(gateway)} is a gateway of {name[:80]}, not of {self.chain_id}")
        found = _header(http, gateway, agreed.block)
        if found.previous != agreed.previous:
            raise BadData(f"block {found.height} follows another block than the peers say")
        block = Block(found.height, found.hash, found.time)
        if not is_of_now(block, self.clock(), OLDEST):
            why = f"block {found.height} is of {found.time:%Y-%m-%d %H:%M:%S}"
            raise SourceDown(f"{bare(gateway)}: {why}").of(Cause.BEHIND, why)
        return ArweaveNode(self, http, gateways, agreed, found, block, str(whole(info, "release")))


@dataclass(frozen=True, slots=True)
class ArweavePast:
    """Who found the blocks of the last 90 days, all proved by the newest: of a past block it tells what came before."""

    head: "ArweaveNode"

    def newest(self) -> Block:
        """The newest final block."""
        return self.head.block

    def block(self, height: int) -> Block:
        """Hash and time of a block of those days."""
        return self.head.before(height).block

    def at(self, height: int) -> "ArweaveNode":
        """A block of those days, with the rewards up to it."""
        return self.head.before(height)


class ArweaveNode:
    """A gateway and peers, pinned to one block; the history of rewards is asked for once."""

    def __init__(
        self,
        chain: ArweaveChain,
        http: Http,
        rotation: Rotation,
        agreed: Agreed,
        pinned: Header,
        block: Block,
        release: str,
    ) -> None:
        self.chain_id = chain.chain_id
        self.block = block
        self.header = pinned
        self.runtime_version = release
        self.rotation = rotation
        self.witness = agreed.witness
        self._chain = chain
        self._http = http
        self._agreed = agreed
        self._peers = agreed.peers
        self._history: History | None = None

    @property
    def endpoint(self) -> str:
        """The gateway that is asked first."""
        return self.rotation.first

    def forget(self) -> None:
        """Ask everything anew at the same block."""
        self._history = None

    def from_peer(self, path: str, judge: Callable[[Answer], T]) -> T:
        """What `judge` makes of a peer's answer; raises Unanswered with every peer's reason."""
        return self._peers.ask(lambda peer: judge(_answer(self._http, peer, path, direct=True)))

    def history(self) -> History:
        """The rewards of the last 90 days, each proved by the header; raises Unanswered with every peer's reason."""
        if self._history is None:
            # Of the block before the first whose reward is told.
            end, count = self.header.rewards, self._chain.history
            before = self._earlier(self.block.height - count)

            def told(answer: Answer) -> list[Reward]:
                return proved(answer.content, before.rewards, end, count)

            self._history = History(self.from_peer(f"/reward_history/{self.block.hash}", told), before.time)
        return self._history

    def before(self, height: int) -> "ArweaveNode":
        """The chain at a block of the last 90 days, with the rewards up to it; raises SourceDown."""
        history = self.history()
        many = height - (self.block.height - self._chain.history)
        if many < self._chain.window:
            why = f"of the rewards up to block {height} nodes tell no {self._chain.window} any more"
            raise SourceDown(why).of(Cause.LACKS, why)
        found = self.header if height == self.block.height else self._earlier(height)
        if found.rewards != history.rewards[many - 1].link:
            raise BadData(f"block {height} has other rewards than block {self.block.height} proves")
        block, alone = Block(found.height, found.hash, found.time), self._agreed._replace(witness="")
        node = ArweaveNode(self._chain, self._http, self.rotation, alone, found, block, self.runtime_version)
        node._history = History(history.rewards[:many], history.since)
        return node

    def _earlier(self, height: int) -> Header:
        """The header of a block before the pinned one: a peer names it, a gateway has it."""

        def told(answer: Answer) -> Header:
            rows = listed(answer.json())
            if len(rows) != 1:
                raise BadData(f"{len(rows)} blocks have height {height}")
            name = block_name(rows[0])
            try:
                found = self.rotation.ask(lambda gateway: _header(self._http, gateway, name))
            except Unanswered as error:
                # The peer may have named a block that there is not.
                raise SourceDown(f"{bare(answer.url)} names a block {height} that no gateway has: {error}") from error
            if found.height != height or found.time >= self.block.time:
                raise BadData(f"block {found.height} of {found.time} is named as block {height}")
            return found

        return self.from_peer(f"/block_index/{height}/{height}", told)


def _agreed(http: Http, peers: Sequence[str]) -> Agreed:
    """The block that a peer has twenty below its newest, and that a second one has as well.

    Raises Unanswered with each peer's reason: two that disagree about it are two.
    """
    told: list[tuple[str, list[str]]] = []
    reasons: list[ReadingError] = []
    for peer in peers:
        try:
            recent = _recent(http, peer)
        except Exhausted:
            raise
        except ReadingError as error:
            why = str(error) if str(error).startswith(("http://", "https://")) else f"{bare(peer)}: {error}"
            reasons.append(SourceDown(why).of(error.origin.cause, error.origin.reason or str(error)))
            reasons[-1].faults = (reasons[-1].at(host(peer)),)
            continue
        for other, before in told:
            if urlsplit(other).netloc != urlsplit(peer).netloc and _has(recent, before[DEPTH : DEPTH + 2]):
                return Agreed(before[DEPTH], before[DEPTH + 1], peer, Rotation([other, peer, *peers]))
        told.append((peer, recent))
    raise _unconfirmed([peer for peer, _ in told], reasons)


def _has(recent: Sequence[str], pair: Sequence[str]) -> bool:
    """Whether a block and the one before it are both there, in this order and deep enough."""
    block, previous = pair
    return block in recent[DEEP_ENOUGH:-1] and recent[recent.index(block) + 1] == previous


def _unconfirmed(peers: Sequence[str], reasons: Sequence[ReadingError]) -> Unanswered:
    """Why no block is named by two peers."""
    names = [bare(peer) for peer in peers]
    why = f"{' and '.join(names)} disagree about block -{DEPTH}" if len(names) > 1 else ""
    alone = f"{names[0]} is one peer alone" if len(names) == 1 else ""
    told = [one for one in (why, alone, *map(str, reasons)) if one]
    found = Unanswered("; ".join(told) or "no peer is configured")
    found.faults = tuple(fault for reason in reasons for fault in reason.faults)
    return found


def _recent(http: Http, peer: str) -> list[str]:
    """Names of the newest blocks of a peer, the newest first."""
    rows = [block_name(row) for row in listed(_answer(http, peer, "/recent_hash_list", direct=True).json())]
    if len(set(rows)) != len(rows) or len(rows) < DEPTH + 2:
        raise BadData(f"{len(rows)} names of recent blocks, {len(set(rows))} of them different")
    return rows


def _header(http: Http, gateway: str, name: str) -> Header:
    """The header of the block of this name."""
    found = header(_answer(http, gateway, f"/block/hash/{name}").json())
    if found.hash != name:
        raise BadData(f"asked for block {name}, got {found.hash}")
    return found


def _answer(http: Http, endpoint: str, path: str, *, direct: bool = False) -> Answer:
    """The answer of an endpoint; raises SourceDown for another status than that of a good one."""
    answer = http.get(endpoint + path, direct=direct)
    if answer.status != 200:
        why, said = f"answers {answer.status} to /{path.split('/')[1]}", answer.content[:200].decode("utf-8", "replace")
        lacks = Cause.LACKS if answer.status == 404 else Cause.DOWN
        raise SourceDown(f"{bare(endpoint)} {why}: {said}").of(lacks, why)
    return answer
