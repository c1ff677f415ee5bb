"""What the bytes of Solana's accounts say: mints, token accounts, multisigs and programs, each by who owns it.

Layouts are those of the programs' own sources: spl-token and token-2022 (state.rs, extension/mod.rs), the upgradeable
loader (UpgradeableLoaderState), Squads v3 (squads-mpl) and v4 (state/multisig.rs). Numbers are little-endian.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final, TypeVar

from ingest.solana.pda import derived
from store.addresses import base58, unbase58
from store.faults import BadData, SourceChanged

TOKEN: Final = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA"
TOKEN_2022: Final = "TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb"
SYSTEM: Final = "11111111111111111111111111111111"
CLOCK: Final = "SysvarC1ock11111111111111111111111111111111"
SYSVAR: Final = "Sysvar1111111111111111111111111111111111111"
LOADER: Final = "BPFLoaderUpgradeab1e11111111111111111111111"
# Programs that these own nobody can replace but the chain itself.
FIXED_LOADERS: Final = (
    "BPFLoader2111111111111111111111111111111111",
    "BPFLoader1111111111111111111111111111111111",
    "NativeLoader1111111111111111111111111111111",
)
SQUADS_3: Final = "SMPLecH534NA9acpos4G6x7uf3LWbCAwZQE9e8ZekMu"
SQUADS_4: Final = "SQDS4ep65T869zMMBKyuUq6aD6EgTu8psMjkvj52pCf"

TOKEN_MULTISIG: Final = "multisig of the token program"
NOBODY: Final = bytes(32)
MINT_SIZE, ACCOUNT_SIZE, MULTISIG_SIZE = 82, 165, 355
# Extensions follow a byte that says what kind of account they are of.
TYPE_OF_MINT: Final = b"\1"
MOST_SIGNERS: Final = 11
# Its address and whether a member may start, vote on or carry out what the others sign.
MEMBER: Final = 33
VOTES: Final = 2
# Discriminators: the first bytes of sha256 of "account:Multisig" and "account:Ms".
OF_SQUADS_4: Final = bytes.fromhex("e07479ba44a14fec")
OF_SQUADS_3: Final = bytes.fromhex("4676096cfed71f78")

# Who has a power by an extension of a mint of token-2022, by its number: powers with where their holders stand. What
# has none only says how the token is. Numbers and layouts of all others are unknown, and so is who has which power.
EXTENSIONS: Final[Mapping[int, tuple[str, Mapping[str, int]]]] = {
    1: ("transfer fee", {"fee_authority": 0, "fee_collector": 32}),
    3: ("closable", {"closer": 0}),
    4: ("confidential transfers", {"confidential_authority": 0}),
    6: ("default state of accounts", {}),
    9: ("not transferable", {}),
    10: ("interest", {"rate_authority": 0}),
    12: ("permanent delegate", {"permanent_delegate": 0}),
    14: ("transfer hook", {"hook_authority": 0, "hook": 32}),
    16: ("confidential fee", {"confidential_fee_authority": 0}),
    18: ("pointer to metadata", {"pointer_authority": 0}),
    19: ("metadata", {"metadata_authority": 0}),
    20: ("pointer to a group", {"group_pointer_authority": 0}),
    21: ("group", {"group_authority": 0}),
    22: ("pointer to a member", {"member_pointer_authority": 0}),
    23: ("member", {}),
    24: ("confidential mint and burn", {}),
    25: ("scaled amounts", {"scale_authority": 0}),
    26: ("pausable", {"pauser": 0}),
    28: ("permissioned burn", {"burner": 0}),
}
PAUSABLE: Final = 26

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Account:
    """One account at one slot: the program that owns it, its first bytes, and how many there are."""

    owner: str
    data: bytes
    space: int


# By address; None: there is no such account.
Accounts = Mapping[str, Account | None]


class Fields:
    """The bytes of an account, taken one after the other; raises SourceChanged where they end too early."""

    def __init__(self, data: bytes, what: str) -> None:
        self._data, self._what, self._place = data, what, 0

    def take(self, size: int) -> bytes:
        """So many bytes."""
        found = self._data[self._place : self._place + size]
        if len(found) != size:
            raise SourceChanged(f"{self._what} ends after {len(self._data)} bytes, {self._place + size} are needed")
        self._place += size
        return found

    def number(self, size: int) -> int:
        """A whole number of so many bytes."""
        return int.from_bytes(self.take(size), "little")

    def key(self) -> str:
        """An address."""
        return base58(self.take(32))

    def somebody(self) -> str:
        """An address, empty where all its bytes are nought."""
        found = self.take(32)
        return base58(found) if found != NOBODY else ""

    def optional(self, size: int) -> bytes:
        """Whether there is one, in so many bytes, and 32 bytes where there is."""
        return self.take(32) if self.flag(size) else b""

    def flag(self, size: int = 1) -> bool:
        """Nought or one."""
        found = self.number(size)
        if found > 1:
            raise SourceChanged(f"{self._what} has {found} where nought or one must be, before byte {self._place}")
        return bool(found)

    def holder(self) -> str:
        """Of spl-token: an address that may be missing, which then is 32 bytes of whatever."""
        is_there = self.flag(4)
        found = self.take(32)
        return base58(found) if is_there else ""


@dataclass(frozen=True, slots=True)
class Mint:
    """A token: its supply, and who has which power over it. extensions: by name; paused: None where it cannot be."""

    program: str
    supply: int
    decimals: int
    powers: Mapping[str, str]
    extensions: tuple[str, ...] = ()
    paused: bool | None = None
    unknown: bool = False


@dataclass(frozen=True, slots=True)
class TokenAccount:
    """Who holds how much of a token; delegate, closer: who may move it, or close it, beside the owner."""

    mint: str
    owner: str
    amount: int
    delegate: str = ""
    closer: str = ""


@dataclass(frozen=True, slots=True)
class Multisig:
    """So many of some keys. kind: whose code asks for them. config: whoever may change them alone; delay: in seconds.

    create_key: from which the address follows.
    """

    kind: str
    needed: int
    signers: tuple[str, ...]
    config: str = ""
    delay: int = 0
    create_key: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class Program:
    """Who may replace a program: nobody where `upgrader` is empty. slot: of its last deployment."""

    upgrader: str
    slot: int = 0


def decoded(read: Callable[[str, Account], T], accounts: Accounts, address: str, what: str) -> T:
    """What an account that must be there says; raises SourceChanged where it is missing."""
    found = accounts.get(address)
    if found is None:
        raise SourceChanged(f"the {what} {address} is not there")
    return read(address, found)


def clock(address: str, account: Account) -> tuple[int, int]:
    """Slot, and time in seconds since 1970, of the state that holds this account."""
    _owned(address, account, (SYSVAR,))
    fields = Fields(account.data, "the clock")
    slot, _, _, _, time = (fields.number(8) for _ in range(5))
    return slot, time


def mint(address: str, account: Account) -> Mint:
    """The token of a mint; raises SourceChanged for another account."""
    _owned(address, account, (TOKEN, TOKEN_2022))
    extended = account.owner == TOKEN_2022 and ACCOUNT_SIZE < account.space == len(account.data) != MULTISIG_SIZE
    if account.space != MINT_SIZE and not extended:
        raise SourceChanged(f"{address} has {account.space} bytes, as no mint that is read whole")
    fields = Fields(account.data, f"the mint {address}")
    minter, supply, decimals = fields.holder(), fields.number(8), fields.number(1)
    if not fields.flag():
        raise SourceChanged(f"{address} is a mint that was never begun")
    powers = {"minter": minter, "freezer": fields.holder()}
    names, unknown, paused = [], False, None
    for number, value in _extensions(address, account.data[MINT_SIZE:]):
        name, places = EXTENSIONS.get(number, (f"extension {number}", {}))
        names.append(name)
        unknown |= number not in EXTENSIONS
        for power, place in places.items():
            powers[power] = Fields(value[place:], f"{name} of {address}").somebody()
        if number == PAUSABLE:
            paused = Fields(value[32:], f"{name} of {address}").flag()
    held = {power: holder for power, holder in powers.items() if holder}
    return Mint(account.owner, supply, decimals, held, tuple(names), paused, unknown)


def _extensions(address: str, data: bytes) -> Iterator[tuple[int, bytes]]:
    """Number and bytes of each extension that follows a mint; raises SourceChanged where one comes twice."""
    if not data:
        return
    fields = Fields(data, f"the extensions of {address}")
    padding = fields.take(ACCOUNT_SIZE - MINT_SIZE)
    if any(padding) or fields.take(1) != TYPE_OF_MINT:
        raise SourceChanged(f"{address} has extensions, and not those of a mint")
    left, seen = len(data) - (ACCOUNT_SIZE - MINT_SIZE) - 1, set[int]()
    while left >= 4:
        number, size = fields.number(2), fields.number(2)
        if not number:
            return
        if number in seen:
            raise SourceChanged(f"{address} has the extension {number} twice")
        seen.add(number)
        yield number, fields.take(size)
        left -= 4 + size


def token_account(address: str, account: Account) -> TokenAccount:
    """Who holds how much; raises SourceChanged for another account."""
    _owned(address, account, (TOKEN, TOKEN_2022))
    is_one = account.data[ACCOUNT_SIZE : ACCOUNT_SIZE + 1] in (b"", b"\2")
    if account.space < ACCOUNT_SIZE or account.space == MULTISIG_SIZE or not is_one:
        raise SourceChanged(f"{address} has {account.space} bytes, as no token account")
    fields = Fields(account.data, f"the token account {address}")
    of, owner, amount, delegate, state = fields.key(), fields.key(), fields.number(8), fields.holder(), fields.number(1)
    if state not in (1, 2):
        raise SourceChanged(f"{address} is a token account in the state {state}")
    fields.take(4 + 8)
    delegated = fields.number(8)
    return TokenAccount(of, owner, amount, delegate if delegated else "", fields.holder())


def token_multisig(address: str, account: Account) -> Multisig | None:
    """The multisig of the token program; None for another account."""
    if account.owner not in (TOKEN, TOKEN_2022) or account.space != MULTISIG_SIZE:
        return None
    fields = Fields(account.data, f"the multisig {address}")
    needed, count, begun = fields.number(1), fields.number(1), fields.flag()
    if not (begun and 0 < needed <= count <= MOST_SIGNERS):
        raise SourceChanged(f"{address} is a multisig {needed} of {count}")
    return Multisig(TOKEN_MULTISIG, needed, tuple(fields.key() for _ in range(count)))


def is_squads(account: Account) -> bool:
    """Whether an account is a multisig of Squads, by its owner and its first bytes."""
    return (account.owner, account.data[:8]) in ((SQUADS_4, OF_SQUADS_4), (SQUADS_3, OF_SQUADS_3))


def squads(address: str, account: Account) -> Multisig:
    """A multisig of Squads, v3 or v4, whose address follows from what it says; raises SourceChanged for another."""
    readers = {SQUADS_4: (squads_4, b"multisig", (b"multisig",)), SQUADS_3: (squads_3, b"squad", ())}
    _owned(address, account, tuple(readers))
    read, first, more = readers[account.owner]
    found = read(address, account.data)
    last = () if more else (b"multisig",)
    if derived([first, *more, found.create_key, *last], account.owner) != address:
        raise BadData(f"{address} has the create key of another multisig: {base58(found.create_key)}")
    return found


def squads_4(address: str, data: bytes) -> Multisig:
    """The multisig of Squads v4: of its members those count who may vote."""
    fields = Fields(data, f"the multisig {address}")
    _marked(address, fields, OF_SQUADS_4)
    create_key, config, needed, delay = fields.take(32), fields.somebody(), fields.number(2), fields.number(4)
    # How many transactions there were, and which are stale.
    fields.take(16)
    fields.optional(1)
    fields.take(1)
    members = [(fields.key(), fields.number(1)) for _ in range(_count(address, fields))]
    voters = tuple(member for member, mask in members if mask & VOTES)
    return _possible(address, Multisig("Squads v4", needed, voters, config, delay, create_key))


def squads_3(address: str, data: bytes) -> Multisig:
    """The multisig of Squads v3, whose members all vote."""
    fields = Fields(data, f"the multisig {address}")
    _marked(address, fields, OF_SQUADS_3)
    needed = fields.number(2)
    # Indices of authorities, transactions and changes, and the bump.
    fields.take(2 + 4 + 4 + 1)
    create_key, _ = fields.take(32), fields.flag()
    signers = tuple(fields.key() for _ in range(_count(address, fields)))
    return _possible(address, Multisig("Squads v3", needed, signers, create_key=create_key))


@lru_cache(maxsize=1_000)
def vault(multisig: str, index: int, program: str) -> str:
    """The address that signs for a multisig of Squads: a vault of v4, an authority of v3 (numbered from one)."""
    if program == SQUADS_4:
        return derived([b"multisig", unbase58(multisig), b"vault", bytes([index])], program)
    return derived([b"squad", unbase58(multisig), index.to_bytes(4, "little"), b"authority"], program)


@lru_cache(maxsize=1_000)
def programdata(program: str) -> str:
    """Where the upgradeable loader keeps the code of a program, and who may replace it."""
    return derived([unbase58(program)], LOADER)


def program(address: str, accounts: Accounts) -> Program | None:
    """Who may replace a program; None where its loader is unknown. Raises SourceChanged where a part is missing."""
    account = decoded(lambda _, found: found, accounts, address, "program")
    if account.owner in FIXED_LOADERS:
        return Program("")
    if account.owner != LOADER:
        return None
    fields = Fields(account.data, f"the program {address}")
    if (kind := fields.number(4)) != 2 or fields.key() != (place := programdata(address)):
        raise SourceChanged(f"{address} is no program of the upgradeable loader: kind {kind}")
    return decoded(_code, accounts, place, f"code of {address} at")


def _code(address: str, account: Account) -> Program:
    _owned(address, account, (LOADER,))
    fields = Fields(account.data, f"the code at {address}")
    kind, slot = fields.number(4), fields.number(8)
    if kind != 3:
        raise SourceChanged(f"{address} holds no code of a program: kind {kind}")
    found = fields.optional(1)
    return Program(base58(found) if found else "", slot)


def _owned(address: str, account: Account, owners: tuple[str, ...]) -> None:
    if account.owner not in owners:
        raise SourceChanged(f"{address} belongs to {account.owner}, not to {' or '.join(owners)}")


def _marked(address: str, fields: Fields, mark: bytes) -> None:
    if (found := fields.take(8)) != mark:
        raise SourceChanged(f"{address} is another kind of account: {found.hex()}")


def _count(address: str, fields: Fields) -> int:
    """How many members follow; more than a slice holds are refused before they are taken."""
    if (count := fields.number(4)) > MOST_MEMBERS:
        raise SourceChanged(f"the multisig {address} has {count:,} members, more than are read")
    return count


def _possible(address: str, found: Multisig) -> Multisig:
    if not 0 < found.needed <= len(found.signers) or len(set(found.signers)) != len(found.signers):
        raise BadData(f"{address} is a multisig {found.needed} of {len(found.signers)}")
    return found


# As many bytes of each account are asked for: the code of a program has megabytes.
SLICE: Final = 4096
MOST_MEMBERS: Final = SLICE // 32
