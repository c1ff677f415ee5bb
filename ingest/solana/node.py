"""Solana over JSON-RPC: proves an endpoint, and has all accounts of a network from one slot in one answer.

No node has past states, and none can be asked for one slot. So all accounts that a network needs are asked for in one
question, whose answer names its slot: that is the block. In the same batch the endpoint says its genesis and the hash
of its newest final block, which mostly is the same; the clock, an account too, has slot and time.

Refusals (custom_error.rs of solana-rpc-client-api) are that endpoint's reason, whatever they are: -32005 and -32016 say
that it is behind, -32004, -32007, -32009 and -32011 that it has no such block, -32601 that it has no such method.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Final, Protocol, TypeVar

import polars as pl

from ingest.allowance import Exhausted
from ingest.endpoints import Answers, Contradiction, Rotation
from ingest.fields import flag, listed, number, part, raw, text
from ingest.network import Memo, is_of_now
from ingest.solana.accounts import CLOCK, SLICE, Account, Accounts, clock, decoded
from ingest.transport import Http, bare
from store.addresses import is_solana
from store.faults import Cause, ReadingError, SourceChanged, SourceDown
from store.parts import Anew, Shared
from store.rows import Block

OLDEST_HEAD: Final = timedelta(minutes=5)
WITNESSES_ASKED: Final = 2
# What nodes take in one question.
MOST_ACCOUNTS: Final = 100
# An authority, its program, who may replace that, and so on: each may need another look.
LOOKS: Final = 10
LONGEST_VERSION: Final = 40
# Under this name are kept the accounts to which a network's own led in the last run.
MET: Final = "accounts"
FINAL: Final = {"commitment": "finalized"}
CAUSES: Final[Mapping[int, Cause]] = {
    **dict.fromkeys((-32005, -32016), Cause.BEHIND),
    **dict.fromkeys((-32004, -32007, -32009, -32011, -32601), Cause.LACKS),
    **dict.fromkeys((-32429, 429), Cause.REFUSES),
}

Call = tuple[str, list[Any]]
T = TypeVar("T")


class Watch(Protocol):
    """Which accounts a network needs, and what makes of them facts."""

    @property
    def addresses(self) -> tuple[str, ...]:
        """Those that are known beforehand."""
        ...

    def leads(self, accounts: Accounts) -> Iterable[str]:
        """Those to which they lead, among them some that are there already; raises where they cannot be true."""
        ...

    def lasting(self, accounts: Accounts) -> object:
        """What of them a second endpoint must have too, though it may be some slots further on."""
        ...


@dataclass(frozen=True, slots=True)
class Seen:
    """What one endpoint answered in one batch: accounts of one slot, its hash, and the version of its software."""

    block: Block
    accounts: Accounts
    software: str


def now() -> datetime:
    """The time of this machine."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class SolanaChain:
    """Solana by the hash of its first block, with public endpoints, and the accounts of one network of it.

    chain_id: CAIP-2, which has the first 32 letters of that hash.
    """

    genesis: str
    endpoints: tuple[str, ...]
    watch: Watch
    oldest_head: timedelta = OLDEST_HEAD
    clock: Callable[[], datetime] = now

    @property
    def chain_id(self) -> str:
        """CAIP-2 id of the chain."""
        return f"solana:{self.genesis[:32]}"

    def head(self, http: Http, endpoints: Sequence[str]) -> "Solana":
        """The newest final slot of the first endpoint that proves itself: genesis, a clock younger than five minutes.

        A second endpoint, where one answers, must have the same block, and the same keys in it or after it.
        """
        return self._led(http, endpoints, ())

    def head_from(self, http: Http, endpoints: Sequence[str], memo: Memo) -> "Solana":
        """The same, where all accounts that the last run was led to are asked for at once: one question does.

        They are led to again by what is answered, or forgotten.
        """
        before = memo(Shared(MET), partial(_met, ()))["address"].to_list()
        node = self._led(http, endpoints, before)
        found = [one for one in node.accounts if one not in self.watch.addresses]
        if found != before:
            memo(Anew(MET), partial(_met, found))
        return node

    def _led(self, http: Http, endpoints: Sequence[str], met: Sequence[str]) -> "Solana":
        rotation = Rotation([endpoint.strip() for endpoint in endpoints if endpoint.strip()])

        def proved(endpoint: str) -> Solana:
            seen = self._whole(http, endpoint, met)
            if not is_of_now(seen.block, self.clock(), self.oldest_head):
                why = f"is at slot {seen.block.height} of {seen.block.time:%Y-%m-%d %H:%M}"
                raise SourceDown(f"{bare(endpoint)} {why}").of(Cause.BEHIND, why)
            return Solana(self, http, rotation, seen, self._confirm(http, rotation, endpoint, seen))

        return rotation.ask(proved)

    @property
    def no_past(self) -> str:
        """Why it is not read at past days."""
        return "nodes of Solana tell what an account is in their newest slot, and of no slot before"

    def at(self, http: Http, endpoints: Sequence[str], height: int) -> "Solana":
        """Raises SourceDown: no node of Solana tells what an account was."""
        del http, endpoints
        raise SourceDown(f"nodes of Solana have no state of slot {height} any more, but of the newest one alone")

    def seen(self, http: Http, endpoint: str, addresses: Sequence[str], after: int = 0) -> Seen:
        """These accounts at an endpoint's newest final slot, which is `after` or later."""
        newest = {**FINAL, **({"minContextSlot": after} if after else {})}
        calls: list[Call] = [
            ("getGenesisHash", []),
            _accounts(addresses, after),
            ("getLatestBlockhash", [newest]),
        ]
        genesis, told, latest = answered(http, endpoint, calls)
        self.prove(endpoint, genesis)
        slot, accounts = _read(told, addresses)
        time, hashed = _time(slot, accounts), text(latest, "value", "blockhash")
        if _slot(latest) != slot:
            (block,) = answered(http, endpoint, [_block(slot)])
            hashed = text(block, "blockhash")
        return Seen(Block(slot, _hash(hashed), time), accounts, text(told, "context", "apiVersion")[:LONGEST_VERSION])

    def _whole(self, http: Http, endpoint: str, met: Sequence[str]) -> Seen:
        """All that the network needs, of one slot: what accounts lead to is asked for together with them."""
        asked, after = list(dict.fromkeys([*self.watch.addresses, *met]))[:MOST_ACCOUNTS], 0
        for _ in range(LOOKS):
            seen = self.seen(http, endpoint, asked, after)
            needed = self._needed(seen.accounts)
            if seen.accounts.keys() >= set(needed):
                return replace(seen, accounts={one: seen.accounts[one] for one in needed})
            asked, after = needed, seen.block.height
            if len(asked) > MOST_ACCOUNTS:
                raise SourceDown(f"{bare(endpoint)}: more than {MOST_ACCOUNTS} accounts belong together")
        raise SourceDown(f"{bare(endpoint)}: its accounts lead to others each time")

    def _needed(self, accounts: Accounts) -> list[str]:
        """Those known beforehand, and all to which they lead; what nothing leads to any more is none of them."""
        needed = list(self.watch.addresses)
        while True:
            known = {one: accounts[one] for one in needed if one in accounts}
            more = [one for one in dict.fromkeys(self.watch.leads(known)) if one not in needed]
            needed += more
            if not any(one in accounts for one in more):
                return needed

    def _confirm(self, http: Http, rotation: Rotation, endpoint: str, seen: Seen) -> str:
        """The first other endpoint that has the block, and the same keys since; empty where none has."""
        others = [other for other in rotation.endpoints if other != endpoint]
        for other in others[:WITNESSES_ASKED]:
            try:
                hashed, accounts = self._again(http, other, seen)
                lasting = self.watch.lasting(accounts)
            except Exhausted:
                raise
            except ReadingError:
                continue
            if hashed != seen.block.hash or lasting != self.watch.lasting(seen.accounts):
                what = "" if hashed != seen.block.hash else ": other keys"
                raise SourceDown(f"{bare(endpoint)} and {bare(other)} disagree about block {seen.block.height}{what}")
            return other
        return ""

    def _again(self, http: Http, other: str, seen: Seen) -> tuple[str, Accounts]:
        """The hash that another endpoint has for a block, and its accounts then or later."""
        slot = seen.block.height
        calls = [("getGenesisHash", []), _block(slot), _accounts(list(seen.accounts), slot)]
        genesis, block, told = answered(http, other, calls)
        self.prove(other, genesis)
        later, accounts = _read(told, list(seen.accounts))
        if later < slot:
            raise SourceDown(f"{bare(other)} has accounts of slot {later}, asked for {slot} or later")
        return _hash(text(block, "blockhash")), accounts

    def prove(self, endpoint: str, genesis: Any) -> None:
        """Refuses an endpoint that says another genesis; it says it in the same answer as what is asked."""
        if genesis != self.genesis:
            raise SourceDown(f"{bare(endpoint)} is a node of another chain: its genesis is {str(genesis)[:80]}")


@dataclass(slots=True)
class Solana:
    """A proved endpoint and what it answered: all accounts of a network at one final slot."""

    chain: SolanaChain
    http: Http
    rotation: Rotation
    _seen: Seen
    witness: str = ""
    _anew: bool = False
    _answers: Answers = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._answers = Answers(self.rotation)

    @property
    def chain_id(self) -> str:
        """CAIP-2 id of the chain."""
        return self.chain.chain_id

    @property
    def block(self) -> Block:
        """The slot of all accounts."""
        return self._seen.block

    @property
    def endpoint(self) -> str:
        """The endpoint that is asked first."""
        return self.rotation.first

    @property
    def runtime_version(self) -> str:
        """The version that the endpoint says it runs."""
        return self._seen.software

    def ask(self, method: str, params: list[Any], judge: Callable[[Any], T]) -> T:
        """What the judge makes of the answer to one more question, of the first endpoint of this chain that answers."""
        return self._answers.ask(f" {method} {str(params)[:200]}", partial(self._of, method, params), judge)

    def ask_two(self, method: str, params: list[Any], judge: Callable[[Any], T]) -> T:
        """The same of what nobody counts: a second endpoint that answers must have the same, else Contradiction."""
        found = self.ask(method, params, judge)
        first, *others = self.rotation.endpoints
        for other in others[:WITNESSES_ASKED]:
            try:
                again = judge(self._of(method, params, other))
            except Exhausted:
                raise
            except ReadingError:
                continue
            if again != found:
                what = f"block {self.block.height}: {method}"
                raise Contradiction(f"{bare(first)} and {bare(other)} disagree about {what}")
            break
        return found

    def _of(self, method: str, params: list[Any], endpoint: str) -> Any:
        genesis, found = answered(self.http, endpoint, [("getGenesisHash", []), (method, params)])
        self.chain.prove(endpoint, genesis)
        return found

    @property
    def accounts(self) -> Accounts:
        """All accounts of the network at the slot."""
        if self._anew:
            self._seen = self.rotation.ask(partial(self._same, list(self._seen.accounts)))
            self._anew = False
        return self._seen.accounts

    def forget(self) -> None:
        """Ask everything anew: accounts count only where they still are of the same slot."""
        self._anew = True
        self._answers.forget()

    def _same(self, addresses: Sequence[str], endpoint: str) -> Seen:
        found = self.chain.seen(self.http, endpoint, addresses)
        if found.block != self.block:
            raise SourceDown(f"{bare(endpoint)} is at slot {found.block.height} by now, not at {self.block.height}")
        return found


def _met(addresses: Sequence[str]) -> pl.DataFrame:
    return pl.DataFrame({"address": addresses}, schema={"address": pl.String})


def answered(http: Http, endpoint: str, calls: Sequence[Call]) -> list[Any]:
    """The results of some calls in one question, in their order; raises SourceDown or SourceChanged for any other.

    A batch of three is what the strictest public endpoints take.
    """
    asked = [{"jsonrpc": "2.0", "id": place, "method": how, "params": what} for place, (how, what) in enumerate(calls)]
    answer = http.post(endpoint, asked)
    body = answer.json()
    if isinstance(body, dict) and body.get("error") is not None:
        raise _refusal(body["error"], f"{bare(endpoint)} {calls[0][0]}")
    if answer.status != 200:
        raise SourceDown(f"{bare(endpoint)}: status {answer.status}")
    by_id = {_id(one): one for one in listed(body)}
    if len(listed(body)) != len(asked) or by_id.keys() != set(range(len(asked))):
        raise SourceChanged(f"{bare(endpoint)}: no answers to these {len(asked)} questions: {str(body)[:80]}")
    return [_result(by_id[place], f"{bare(endpoint)} {method}") for place, (method, _) in enumerate(calls)]


def _id(one: Any) -> int | None:
    found = part(one, "id")
    return found if type(found) is int else None


def _result(one: Any, where: str) -> Any:
    if part(one, "jsonrpc") == "2.0" and "error" in one:
        raise _refusal(one["error"], where)
    return part(one, "result")


def _refusal(error: Any, where: str) -> ReadingError:
    """What a refusal means: one endpoint's reason; codes only name the cause."""
    told = error if isinstance(error, Mapping) else {"message": error}
    code, more = told.get("code"), told.get("data")
    says = f"{where}: {str(code)[:20]} {str(told.get('message'))[:300]} {str(more)[:200] if more else ''}"
    return SourceDown(says.strip()).of(CAUSES.get(code, Cause.DOWN) if type(code) is int else Cause.DOWN)


def _accounts(addresses: Sequence[str], after: int) -> Call:
    how = {"encoding": "base64", "dataSlice": {"offset": 0, "length": SLICE}, **FINAL}
    return "getMultipleAccounts", [list(addresses), {**how, **({"minContextSlot": after} if after else {})}]


def _block(slot: int) -> Call:
    how = {"transactionDetails": "none", "rewards": False, "maxSupportedTransactionVersion": 0, **FINAL}
    return "getBlock", [slot, how]


def _read(told: Any, addresses: Sequence[str]) -> tuple[int, Accounts]:
    """Slot and accounts of an answer, which has one for each address, in their order."""
    found = listed(told, "value")
    if len(found) != len(addresses):
        raise SourceChanged(f"asked for {len(addresses)} accounts, got {len(found)}")
    slot, accounts = _slot(told), dict(zip(addresses, map(_account, found), strict=True))
    # The answer names no addresses: that the clock stands in its place shows that they are in order.
    if decoded(clock, accounts, CLOCK, "clock")[0] != slot:
        raise SourceChanged(f"an answer of slot {slot} has the clock of another")
    return slot, accounts


def _account(told: Any) -> Account | None:
    if told is None:
        return None
    owner, space = text(told, "owner"), _whole(told, "space")
    flag(told, "executable")
    data, encoding = _pair(part(told, "data"))
    if not is_solana(owner) or encoding != "base64":
        raise SourceChanged(f"an account belongs to {owner[:80]!r}, in {encoding[:20]!r}")
    content = raw({"data": data}, "data")
    if len(content) != min(space, SLICE):
        raise SourceChanged(f"an account of {space} bytes came with {len(content)}, {min(space, SLICE)} were asked for")
    return Account(owner, content, space)


def _pair(told: Any) -> tuple[str, str]:
    match told:
        case [str(data), str(encoding)]:
            return data, encoding
    raise SourceChanged(f"the bytes of an account are {str(told)[:80]!r}")


def _time(slot: int, accounts: Accounts) -> datetime:
    _, seconds = decoded(clock, accounts, CLOCK, "clock")
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError) as error:
        raise SourceChanged(f"slot {slot} is of {seconds} seconds after 1970") from error


def _slot(told: Any) -> int:
    return _whole(told, "context", "slot")


def _whole(told: Any, *names: str) -> int:
    found = number(told, *names)
    if not isinstance(found, int) or not 0 <= found < 2**63:
        raise SourceChanged(f"{'.'.join(names)} is {found}")
    return found


def _hash(told: str) -> str:
    if not is_solana(told):
        raise SourceChanged(f"{told[:80]!r} is no hash of a block")
    return told
