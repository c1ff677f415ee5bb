"""Whatever makes something of an answer, a file or a text of strangers, with good ones to spoil; found by themselves.

A decoder is given a good answer in which one thing is wrong (tests/worlds/odd.py). It may refuse it, with an error of
ours, or make something of it that can be: `wrong` says why it cannot. What is found by itself: every function of
ingest.fields, every type of a runtime's storage and calls, every shape of a state file, and every reading of every
network (tests/worlds/readers.py).
"""

import base64
import gzip
import inspect
import json
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cache, partial
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any, Final, cast

from analytics.impossible import Impossible
from ingest import fields
from ingest.archive import package, pieces
from ingest.arweave import rewards
from ingest.evm import logs, refusals
from ingest.filecoin import cbor, hamt
from ingest.filecoin.power import Totals, owner_of, totals_of
from ingest.importer import import_file
from ingest.networks import networks
from ingest.solana import accounts
from ingest.solana.accounts import Account
from ingest.state_file import state
from ingest.substrate.metadata import Metadata, metadata
from ingest.substrate.scale import WIDTHS, Kind, Registry, Type, compact
from ingest.transport import Answer
from ingest.vana import names
from store import addresses
from store.faults import ReadingError
from store.landing import Landing
from store.rows import Facts, Snapshot
from tests.conftest import SHARED
from tests.worlds import arweave_chain, state_files
from tests.worlds.evm_provider import FINAL, TOKEN, error, result, transfer
from tests.worlds.filecoin_state import Cid
from tests.worlds.filecoin_state import address as address_of
from tests.worlds.filecoin_state import cbor as encoded_object
from tests.worlds.good.clock import NOW
from tests.worlds.good.filecoin import filecoin
from tests.worlds.odd import Document, Odd, Wrong, encoded, odd_bytes
from tests.worlds.own_runtime import own_runtime
from tests.worlds.solana_server import account, extended, mint, program, squads_4, token_account, token_multisig
from tests.worlds.solana_server import key as key_of
from tests.worlds.substrate_server import blob

OURS: Final = (ReadingError, Impossible, addresses.NotAnAddress)
# Of the processor, for one try; the longest known takes half of one.
SECONDS: Final = 20.0


class Fault(AssertionError):
    """A decoder ended in another way than it may."""


@dataclass(frozen=True)
class Decoder:
    """Reads an answer with something wrong in it, in the place of one of the good ones."""

    family: str
    name: str
    good: Sequence[Document | bytes]
    read: Callable[[int, bytes], Any]
    wrong: Callable[[int, Odd, Any], str]

    def tried(self, seed: int, number: int) -> str:
        """How one try ended: `taken`, or the name of the error that refused it; raises Fault."""
        dice = Random(f"{seed} {self.name} {number}")
        place = dice.randrange(len(self.good))
        good = self.good[place]
        odd = good.odd(dice) if isinstance(good, Document) else Odd(odd_bytes(good, dice), Wrong.CHANGED)
        try:
            with limited():
                found = self.read(place, odd.content)
                fault = self.wrong(place, odd, found)
        except OURS as refused:
            return type(refused).__name__
        # Any other error is what is looked for: it is told as a fault, with the seed that makes it again.
        except Exception as other:
            raise Fault(f"{self.name}, try {number} of seed {seed}: {type(other).__name__}; {odd}") from other
        if fault:
            raise Fault(f"{self.name}, try {number} of seed {seed}: {fault}; {odd}")
        return "taken"


class Unending(Exception):
    """A decoder takes more of the processor than any answer is worth."""


@contextmanager
def limited() -> Iterator[None]:
    """Ends what goes on for many seconds of the processor."""

    def late(*_: object) -> None:
        raise Unending

    before = signal.signal(signal.SIGVTALRM, late)
    signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def body_of(content: bytes) -> Any:
    """The JSON of an answer, as every client reads it."""
    return Answer("http://odd.example", 200, {}, content).json()


# --- fields of answers ------------------------------------------------------------------------------------------------

SPELLED: Final[Sequence[Any]] = (
    *(None, True, 0, 7, -7, 0.5, "", "a", "AKASH1A", "7", "-7", "1.5", "0.000000000000000001", "AAE=", "1.5s"),
    *("2026-09-18T15:22:26.035897772Z", "2026-07-17", "0001-01-01T00:00:00Z", addresses.bech32("akash", bytes(20))),
    *([1], {"a": 1}),
)
# What a function makes of a value, told again as it was told; of all others the value itself.
TOLD_AGAIN: Final[Mapping[Callable[..., Any], Callable[[Any, Any], bool]]] = {
    fields.address: lambda found, told: found == told.lower(),
    fields.whole: lambda found, told: found == Fraction(str(told)),
    fields.not_negative: lambda found, told: found == Fraction(str(told)) >= 0,
    fields.share: lambda found, told: 0 <= found == Fraction(str(told)) * 10**18 <= 10**18,
    fields.fixed: lambda found, told: found == Fraction(str(told)) * 10**18,
    fields.raw: lambda found, told: base64.b64encode(found).decode() == told,
    fields.key_of: lambda found, told: addresses.bech32(told.lower().rpartition("1")[0], found) == told.lower(),
    fields.duration: lambda found, told: abs(Fraction(found.total_seconds()) - Fraction(told[:-1])) < Fraction(1, 1000),
    fields.moment: lambda found, told: (
        (f"{found:%Y-%m-%dT%H:%M:%S}" if found else None) == (told and told[:19])
        or (found is None and str(told).startswith("0001-"))
    ),
    fields.instant: lambda found, told: f"{found:%Y-%m-%dT%H:%M:%S}" == told[:19],
    fields.day_or_time: lambda found, told: found.tzinfo is not None and isinstance(told, str),
}


def of_fields() -> Iterator[Decoder]:
    """Every function that reads a field; what it takes is what stands there."""
    good = [Document.of({"around": {"its_field": value}}) for value in SPELLED]
    for name, read in inspect.getmembers(fields, inspect.isfunction):
        if not name.startswith("_") and next(iter(inspect.signature(read).parameters)) == "body":
            named = ("its_field",) if read is fields.optional else ("around", "its_field")
            yield Decoder("LCD", f"fields.{name}", good, partial(_field, read, named), partial(_same, read))


def _field(read: Callable[..., Any], names: Sequence[str], _: int, content: bytes) -> Any:
    body = body_of(content)
    around = body.get("around") if isinstance(body, dict) and len(names) == 1 else body
    told = around.get("its_field") if isinstance(around, dict) and len(names) == 1 else None
    found = read(around, *names)
    return found, told if len(names) == 1 else body["around"]["its_field"]


def _same(read: Callable[..., Any], _: int, __: Odd, found: Any) -> str:
    value, told = found
    again = TOLD_AGAIN.get(read, lambda value, told: value is told)
    return "" if again(value, told) else f"{told!r} was taken for {value!r}"


# --- EVM --------------------------------------------------------------------------------------------------------------


WANTED: Final = logs.Wanted((TOKEN,), (logs.TRANSFER,))


def of_evm() -> Iterator[Decoder]:
    """Replies and refusals of providers, and logs."""
    replies = [result("0x1").body, result([]).body, result(None).body, [result("0x1").body]]
    replies += [error(code, text).body for code, text in ((-32005, "limit"), (-32601, "no method"), (3, "reverted"))]
    replies.append(error(-32602, "this block range should work: [0x7e9b85, 0x7e9d78]").body)
    good = [Document.of(reply) for reply in replies]
    for status in (200, 403, 429, 500):
        yield Decoder("EVM", f"refusals.result of {status}", good, partial(_reply, status), lambda *_: "")
    found = [transfer(block, index, 5, 6 + index, 7) for block in (3, 4) for index in (0, 1)]
    yield Decoder("EVM", "logs.columns", [Document.of(found)], _logs, partial(_moves, found))
    called = [b"nan", "\u00e9 \U0001f47e".encode(), b"x" * names.LONGEST]
    yield Decoder("EVM", "names.name", called, lambda _, text: names.name(text), _a_name)


def _a_name(_: int, odd: Odd, found: str) -> str:
    """Any bytes are a name: as they are where they are letters."""
    letters = odd.content.decode("utf-8", "ignore").replace("\0", "")
    return "" if len(found) <= names.LONGEST and found.replace("\ufffd", "") in letters else f"reads {found!r}"


def _reply(status: int, _: int, content: bytes) -> Any:
    return refusals.result(Answer("http://odd.example", status, {}, content))


def _logs(_: int, content: bytes) -> logs.Transfers:
    return logs.transfers(logs.columns(body_of(content), WANTED, 0, FINAL), TOKEN)


def _moves(good: Sequence[Any], _: int, odd: Odd, found: logs.Transfers) -> str:
    """Of logs nobody tells how many there are; what is there is an address each, and a number."""
    told = zip(found.sender, found.receiver, found.amount, strict=True)
    if any(len(addresses.address(one).raw) != 20 for move in told for one in move[:2]):
        return "an address of another width"
    most = len(good) - (odd.wrong is Wrong.DROPPED)
    return "" if len(found.amount) == most or odd.wrong is Wrong.CHANGED else f"{len(found.amount)} moves of {most}"


# --- Arweave ----------------------------------------------------------------------------------------------------------

PAID: Final = arweave_chain.Small(0).paid


def of_weave() -> Iterator[Decoder]:
    """A history of rewards: what is taken is the right one, since it leads to the hash of a block."""
    start, good = bytes(32), b"".join(PAID)
    end = arweave_chain.linked(start, PAID)

    def read(_: int, content: bytes) -> Any:
        return rewards.proved(content, start, end, len(PAID))

    yield Decoder("Arweave", "rewards.proved", [good], read, lambda _, odd, __: "" if odd.content == good else "taken")


# --- archives of strangers --------------------------------------------------------------------------------------------


def of_archives() -> Iterator[Decoder]:
    """What an archive says that it has."""
    months = [f"landing/akash/akashnet-2/validators/2026-{month}.parquet" for month in ("09", "10")]
    held = (pieces.Held(7, "ab" * 32), pieces.Held(8, "cd" * 32))
    files = tuple(pieces.Piece(month, 4_000, "ef" * 32, held) for month in months)
    mart = package.Mart(pieces.Piece("mart-000012.duckdb", 9_000, "12" * 32), 12, NOW)
    good = Document.of(json.loads(package.written(package.Package(files, mart))))
    yield Decoder("archive", "package.read", [good], lambda _, content: package.read(content, "there"), _leads_astray)


def _leads_astray(_: int, odd: Odd, found: package.Package) -> str:
    """Whatever is taken lies where such files lie, and has a size and a hash."""
    wrong = [one for one in found.pieces if pieces.named(one.name).path != one.path or not 0 < one.bytes < 2**50]
    return f"takes {wrong}" if wrong else ""


# --- objects of Filecoin's states -------------------------------------------------------------------------------------


def of_objects() -> Iterator[Decoder]:
    """Objects, told again as the same bytes; totals of the power actor; keys of maps."""
    node = filecoin(NOW)
    _ = node.tipsets
    objects, power = list(node.store.values()), node.store[node.power.text]
    keys = [address_of(actor) for actor in ("f00", "f080", "f01000", "f03759983", "f09223372036854775807")]
    yield Decoder("CBOR", "cbor.decoded", objects, lambda _, content: cbor.decoded(content), _same_object)
    yield Decoder("CBOR", "power.totals_of", [power], lambda _, content: totals_of(content), _not_owed)
    info = encoded_object([address_of("f01938223"), address_of("f0999"), [], None, b"", []])
    yield Decoder("CBOR", "power.owner_of", [info], lambda _, content: owner_of(content), _named_there)
    yield Decoder("CBOR", "hamt.actor_of", keys, lambda _, content: hamt.actor_of(content), _same_key)


def _same_object(_: int, odd: Odd, found: Any) -> str:
    return "" if encoded_object(_with_cids(found)) == odd.content else f"reads {found!r:.200}"


def _with_cids(value: Any) -> Any:
    """A value whose links are those of the worlds."""
    if isinstance(value, list):
        return [_with_cids(one) for one in value]
    if isinstance(value, dict):
        return {name: _with_cids(one) for name, one in value.items()}
    return Cid(value) if isinstance(value, cbor.Link) else value


def _not_owed(_: int, __: Odd, found: Totals) -> str:
    amounts = (found.raw, found.raw_committed, found.qa, found.pledge, found.miners, found.miners_above)
    return "" if min(amounts) >= 0 else f"{found} owes something"


def _named_there(_: int, odd: Odd, found: str) -> str:
    return "" if address_of(found) in odd.content else f"nobody named {found}"


def _same_key(_: int, odd: Odd, found: str) -> str:
    return "" if address_of(found) == odd.content else f"{found} has another key"


# --- Solana -----------------------------------------------------------------------------------------------------------


def of_solana() -> Iterator[Decoder]:
    """The bytes of every kind of account; who has a power is an address, and a multisig can be met."""
    one, two = key_of(1), key_of(2)
    hook = extended([(14, addresses.unbase58(one) * 2), (26, addresses.unbase58(two) + b"\1"), (19, bytes(99))])
    multisig, of_squads = squads_4(1, {one: 7, two: 2}, config=two)
    of_squads_3 = (
        accounts.OF_SQUADS_3 + b"\1" + bytes(45) + b"\2\0\0\0" + addresses.unbase58(one) + addresses.unbase58(two)
    )
    good: dict[str, tuple[Callable[[str, Account], Any], list[Account]]] = {
        "mint": (accounts.mint, [account(accounts.TOKEN, mint(one, two)), account(accounts.TOKEN_2022, hook)]),
        "token_account": (accounts.token_account, [account(accounts.TOKEN, token_account(one, two))]),
        "token_multisig": (accounts.token_multisig, [account(accounts.TOKEN, token_multisig(2, [one, two, one]))]),
        "squads_4": (lambda at, found: accounts.squads_4(at, found.data), [of_squads]),
        "squads_3": (lambda at, found: accounts.squads_3(at, found.data), [account("", of_squads_3)]),
        "program": (lambda at, found: accounts.program(at, {**program(at), at: found}), [program(multisig)[multisig]]),
    }
    for name, (reader, known) in good.items():
        found = [one.data for one in known]
        yield Decoder("Solana", f"accounts.{name}", found, partial(_account, reader, multisig, known), _signed)


def _account(reader: Callable[[str, Account], Any], at: str, known: Sequence[Account], place: int, odd: bytes) -> Any:
    return reader(at, Account(known[place].owner, odd[: accounts.SLICE], len(odd)))


def _signed(_: int, __: Odd, found: Any) -> str:
    """Why an account cannot say so: powers of no addresses, or a multisig that nobody can meet."""
    match found:
        case accounts.Mint():
            return "" if all(map(addresses.is_solana, found.powers.values())) else f"{found.powers} are no addresses"
        case accounts.Multisig():
            return "" if 0 < found.needed <= len(found.signers) else f"{found.needed} of {len(found.signers)}"
    return ""


# --- SCALE ------------------------------------------------------------------------------------------------------------


def runtimes() -> list[bytes]:
    """Metadata of runtimes: real ones (V14 to V16) where they are at hand, and our own."""
    real = [blob(SHARED, version) for version in (218, 240, 424)] if SHARED.is_dir() else []
    return [own_runtime(), *real]


@cache
def known(place: int) -> Metadata:
    """What one of them says."""
    return metadata(runtimes()[place])


def of_scale() -> Iterator[Decoder]:
    """Every type of a value in a runtime's storage, and of an answer of its calls; told again, it is the same bytes."""
    for place, _ in enumerate(runtimes()):
        runtime = known(place)
        wanted = {item.value for item in runtime.items.values()} | {call.answer for call in runtime.calls.values()}
        good = {one: _drawn(runtime.types, one) for one in sorted(wanted)}
        of = [(one, raw) for one, raw in good.items() if raw is not None]
        yield Decoder(
            "SCALE",
            f"types of a runtime V{runtime.version} ({place})",
            [raw for _, raw in of],
            partial(_value, runtime.types, [one for one, _ in of]),
            partial(_again, runtime.types, [one for one, _ in of]),
        )


def _drawn(types: Registry, type_id: int) -> bytes | None:
    """Bytes of a type, as many as two elements of each list need; None where it is not read here."""
    return _made(types, type_id, 3)


@cache
def _made(types: Registry, type_id: int, depth: int) -> bytes | None:
    shape = types[type_id]
    if shape.kind is Kind.BITS or depth < -3:
        return None
    match shape.kind:
        case Kind.PRIMITIVE:
            return b"\x08ab" if shape.primitive == "str" else b"\1" + bytes((types.width(type_id) or 1) - 1)
        case Kind.COMPACT:
            return compact(2**31 + 5)
        case Kind.SEQUENCE | Kind.ARRAY:
            length = 2 * (depth > 0) if shape.kind is Kind.SEQUENCE else shape.length
            inner = _made(types, shape.inner, depth - 1) if length else b""
            head = compact(length) if shape.kind is Kind.SEQUENCE else b""
            return None if inner is None else head + inner * length
        case Kind.VARIANT:
            cases = [(case.index, _members(types, case.fields, depth - 1)) for case in shape.variants]
            made = [bytes([index]) + inner for index, inner in cases if inner is not None]
            return max(made, key=len) if depth > 0 and made else min(made, key=len, default=None)
    return _members(types, shape.fields, depth - 1)


def _members(types: Registry, members: Sequence[Any], depth: int) -> bytes | None:
    made = [_made(types, member.type, depth) for member in members]
    return None if None in made else b"".join(part for part in made if part is not None)


def _value(types: Registry, ids: Sequence[int], place: int, content: bytes) -> Any:
    return types.value(ids[place], content)


def _again(types: Registry, ids: Sequence[int], place: int, odd: Odd, found: Any) -> str:
    """Nothing is lost: what was read is written as the same bytes."""
    again = rewritten(types, ids[place], found)
    return "" if again == odd.content else f"type {ids[place]} reads {found!r:.200}, which is {again.hex():.200}"


def rewritten(types: Registry, type_id: int, value: Any) -> bytes:
    """The bytes of a value by the format's own description, written apart from the reader's code."""
    shape = types[type_id]
    match shape.kind:
        case Kind.PRIMITIVE:
            return _primitive(shape, value)
        case Kind.COMPACT:
            return compact(value)
        case Kind.SEQUENCE:
            return compact(len(value)) + _elements(types, shape.inner, value)
        case Kind.ARRAY:
            return _elements(types, shape.inner, value)
        case Kind.VARIANT:
            return _case(types, shape, value)
    return _rewritten(types, shape.fields, value)


def _primitive(shape: Type, value: Any) -> bytes:
    if shape.primitive == "str":
        return compact(len(value.encode())) + bytes(value.encode())
    return int(value).to_bytes(WIDTHS[shape.primitive], "little", signed=shape.primitive[0] == "i")


def _elements(types: Registry, inner: int, value: Any) -> bytes:
    of_bytes = types[inner].primitive == "u8"
    return bytes(value) if of_bytes else b"".join(rewritten(types, inner, one) for one in value)


def _case(types: Registry, shape: Type, value: Any) -> bytes:
    """An option is told by its value, but an option of one by its name, as any other case."""
    if shape.path == "Option" and types[shape.variants[-1].fields[0].type].path != "Option":
        return b"\0" if value is None else b"\1" + _rewritten(types, shape.variants[-1].fields, value)
    case = next(one for one in shape.variants if one.name == value[0])
    return bytes([case.index]) + _rewritten(types, case.fields, value[1])


def _rewritten(types: Registry, members: Sequence[Any], value: Any) -> bytes:
    if len(members) == 1:
        return rewritten(types, members[0].type, value)
    told = value.values() if isinstance(value, dict) else value
    return b"".join(rewritten(types, member.type, one) for member, one in zip(members, told, strict=True))


def of_metadata() -> Iterator[Decoder]:
    """What runtimes say of themselves; of what is taken every item and call can be read, or is refused."""
    for place, raw in enumerate(runtimes()):
        yield Decoder("metadata", f"metadata ({place})", [raw], lambda _, content: metadata(content), _usable)


def _usable(_: int, __: Odd, runtime: Metadata) -> str:
    for item in runtime.items.values():
        assert len(item.prefix) == 32
        for one in (item.value, *item.keys):
            _asked(runtime.types, one)
    for call in runtime.calls.values():
        _asked(runtime.types, call.answer)
    return ""


def _asked(types: Registry, type_id: int) -> None:
    types.width(type_id)
    types.leaf(type_id)
    types.opaque(type_id)
    try:
        types.reader(type_id)
    except ReadingError:
        return


# --- files ------------------------------------------------------------------------------------------------------------

SHAPES: Final = (state_files.export, state_files.amino, state_files.oldest, state_files.beta)
CUDOS: Final = networks()["cudos"]
# By whether it is a state of finney.
OF: Final = (CUDOS, replace(CUDOS, unit="rao", decimals=9, address="ss58:42"))
ALICE, BOB = addresses.ss58(bytes(32)), addresses.ss58(bytes([7]) * 32)
FINNEY: Final = {"stakes": {ALICE: {BOB: [5, 0], ALICE: [7, 0]}}, "balances": {ALICE: 12, BOB: 3}}
# Rows of a state that no other part of it counts: a chain tells its votes, its proposals and its coins once.
UNCOUNTED: Final = ("proposals", "votes", "options", "messages", "total_deposit", "supply", "community_pool")


def of_files() -> Iterator[Decoder]:
    """Every shape of a state, and the files that hold them."""
    documents = [shape() for shape in SHAPES] + [FINNEY]
    clean = [_imported(place, encoded(document)) for place, document in enumerate(documents)]
    good = [Document.of(document) for document in documents]
    yield Decoder("importer", "importer.import_file", good, _imported, partial(_kept, clean))
    packed = [gzip.compress(encoded(document), 1) for document in documents]
    yield Decoder("importer", "state_file.state", packed, lambda _, content: state(_written(content)), lambda *_: "")


Told = dict[str, list[tuple[Any, ...]]]


@dataclass
class Shelf:
    """A landing in memory, in which nothing is yet."""

    told: Told = field(default_factory=dict)

    def held(self, _: Snapshot) -> None:
        return None

    def land(self, snapshot: Snapshot, facts: Facts) -> None:
        self.told[snapshot.reading] = sorted(facts.rows.rows(), key=repr)


@cache
def _folder() -> TemporaryDirectory[str]:
    return TemporaryDirectory()


def _written(content: bytes) -> Path:
    path = Path(_folder().name, "state.json.gz")
    path.write_bytes(content)
    return path


def _imported(place: int, content: bytes) -> Told:
    shelf = Shelf()
    for _ in import_file(_written(content), OF[place == len(SHAPES)], state_files.NOW, cast("Landing", shelf)):
        pass
    return shelf.told


def _kept(clean: Sequence[Told], place: int, odd: Odd, found: Told) -> str:
    if odd.wrong is Wrong.CHANGED or found == clean[place]:
        return ""
    if odd.wrong is not Wrong.GARBLED and odd.place[-2] in UNCOUNTED:
        return ""
    other = {name: len(rows) for name, rows in clean[place].items() if rows != found.get(name)}
    return f"other rows than before: {other}"


# --- texts of people --------------------------------------------------------------------------------------------------

PASTED: Final = (
    *(addresses.bech32("akash", bytes(range(20))), addresses.bech32("fetchvaloper", bytes(range(20)))),
    *(addresses.ss58(bytes(range(32))), addresses.ss58(bytes(range(32)), 13116), "0x" + "ab" * 20, "0x" + "ab" * 32),
    *("https://www.mintscan.io/akash/address/" + addresses.bech32("akash", bytes(20)), "eip155:1:0x" + "cd" * 20),
    *(
        addresses.base58(bytes(range(32))),
        addresses.base64url(bytes(range(32))),
        "f01234",
        "https://a.example/f01234?b=1",
    ),
)


def of_texts() -> Iterator[Decoder]:
    """Addresses as people have them; what is taken reads as the same address again."""
    good = [text.encode() for text in PASTED]
    for read in (addresses.address, addresses.pasted):
        yield Decoder("text", f"addresses.{read.__name__}", good, partial(_address, read), _readable)


def _address(read: Callable[[str], addresses.Address], _: int, content: bytes) -> addresses.Address:
    return read(content.decode("utf-8", "surrogateescape"))


def _readable(_: int, __: Odd, found: addresses.Address) -> str:
    again = addresses.address(found.canonical)
    return "" if again.raw == found.raw and found.candidates else f"{found} reads as {again}"
