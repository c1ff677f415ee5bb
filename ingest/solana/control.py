"""Who can change a token of Solana: its authorities, and the multisigs and programs behind them.

Keys are counted, not people: who holds a key is not on the chain. An address on the curve is a key's, whatever program
owns the account there, since a program signs only for addresses that it derived itself, which are off the curve. Such a
one does not tell whose it is: the vaults of a multisig are found from the multisig, which a network's file names.
"""

from collections import defaultdict, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from ingest.solana import accounts as told
from ingest.solana.accounts import (
    CLOCK,
    SQUADS_4,
    SYSTEM,
    TOKEN,
    Account,
    Accounts,
    Mint,
    Multisig,
    Program,
    TokenAccount,
    decoded,
    programdata,
    vault,
)
from ingest.solana.pda import on_curve
from store.addresses import unbase58
from store.faults import BadData

# Under these names stand the token, its program and the account from which is burned.
TOKEN_NAME, PROGRAM_NAME, BURN_NAME = "token", "token_program", "burn_wallet"
UNKNOWN, UPGRADER, SIGNERS, CONFIG = "unknown", "upgrader", "signers", "config_authority"
KEY, CONTRACT, NOBODY = "key", "contract", "nobody"
# The power of a program that is asked at each transfer.
HOOK: Final = "hook"
# An authority, its program, who may replace it, and who may replace what stands behind that; deeper is not followed.
DEPTH: Final = 4
# Where tokens are sent that nobody shall have (agave, sdk/incinerator); nothing signs for it.
INCINERATOR: Final = "1nc1nerator11111111111111111111111111111111"


@dataclass(frozen=True, slots=True)
class Vault:
    """An address that signs for a multisig of Squads: found once, and proved each time by how it is derived."""

    multisig: str
    index: int = 0
    program: str = SQUADS_4

    @property
    def address(self) -> str:
        """The address that signs."""
        return vault(self.multisig, self.index, self.program)


@dataclass(frozen=True, slots=True)
class Behind:
    """What stands behind an address: a key, a contract (multisig, program, or an account of one), or nobody.

    multisig: as many of its signers as it needs. moved_by: the program that can sign for it. unknown: whether others
    than are told may move it. told: what it is, in words.
    """

    account: str
    told: str = ""
    multisig: Multisig | None = None
    multisig_at: str = ""
    moved_by: str = ""
    unknown: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """What accounts say: powers by population, what is behind each holder, programs, the mint; and what is missing."""

    mint: Mint
    powers: Mapping[str, tuple[str, ...]]
    behind: Mapping[str, Behind]
    programs: Mapping[str, Program | None]
    burns: TokenAccount | None
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Watched:
    """The accounts of one network of Solana.

    mint: the token. program: the token's. programs: others by name. vaults: of multisigs that are known. burns: the
    token account from which is burned.
    """

    mint: str
    program: str = TOKEN
    programs: Mapping[str, str] = field(default_factory=dict)
    vaults: tuple[Vault, ...] = ()
    burns: str = ""

    @property
    def addresses(self) -> tuple[str, ...]:
        """All that are known beforehand; the clock stands first."""
        programs = (self.program, *self.programs.values(), *(one.program for one in self.vaults))
        both = (address for one in programs for address in (one, programdata(one)))
        own = (self.mint, *filter(None, [self.burns]), *(one.multisig for one in self.vaults))
        return tuple(dict.fromkeys((CLOCK, *own, *both)))

    def leads(self, accounts: Accounts) -> Iterable[str]:
        """What else must be asked for."""
        return look(self, accounts).missing

    def lasting(self, accounts: Accounts) -> object:
        """All but amounts: who has which power, what is behind them, the token and its programs.

        That hardly ever changes within seconds.
        """
        found = look(self, accounts)
        return found.powers, found.behind, found.programs, replace(found.mint, supply=0)


def look(watched: Watched, accounts: Accounts) -> Found:
    """What the accounts of a network say; raises SourceChanged or BadData where they cannot be what they must be."""
    return _Look(watched, accounts).found()


class _Look:
    """One walk from a token's authorities to whoever stands behind them, the nearest first."""

    def __init__(self, watched: Watched, accounts: Accounts) -> None:
        self._watched, self._accounts = watched, accounts
        self._vaults = {one.address: one for one in watched.vaults}
        self._powers: dict[str, dict[str, None]] = defaultdict(dict)
        self._behind: dict[str, Behind] = {}
        self._programs: dict[str, Program | None] = {}
        self._missing: dict[str, None] = {}
        self._left: deque[tuple[str, int]] = deque()

    def found(self) -> Found:
        mint = decoded(told.mint, self._accounts, self._watched.mint, "mint")
        for power, holder in mint.powers.items():
            self._hold(f"{TOKEN_NAME}/{power}", holder, 1, power == HOOK, mint.program)
        if mint.unknown:
            self._powers[f"{TOKEN_NAME}/{UNKNOWN}"][self._watched.mint] = None
        burns = self._burns(mint)
        for name, address in {PROGRAM_NAME: mint.program, **self._watched.programs}.items():
            self._replaced(name, address, address, 1)
        while self._left:
            self._follow(*self._left.popleft())
        held = {name: tuple(holders) for name, holders in self._powers.items() if holders}
        return Found(mint, held, self._behind, self._programs, burns, tuple(self._missing))

    def _burns(self, mint: Mint) -> TokenAccount | None:
        """The account from which is burned, and whose it is."""
        place = self._watched.burns
        if not place:
            return None
        found = decoded(told.token_account, self._accounts, place, "token account")
        if found.mint != self._watched.mint:
            raise BadData(f"{place} holds the token {found.mint}, not {self._watched.mint}")
        for power, holder in (("owner", found.owner), ("delegate", found.delegate), ("closer", found.closer)):
            if holder:
                self._hold(f"{BURN_NAME}/{power}", holder, 1, False, mint.program)
        return found

    def _hold(self, population: str, holder: str, depth: int, is_program: bool = False, token: str = "") -> None:
        """Note that an address has a power, and that what is behind it must be followed.

        token: the token program, where that asks for the power: it alone knows its own multisigs.
        """
        behind = self._behind.get(holder)
        if behind is None:
            behind = _alone(holder, is_program) or self._what(holder, depth, token)
            if behind is None:
                return
            self._behind[holder] = behind
            self._left.append((holder, depth))
        if behind.account != NOBODY:
            self._powers[population][holder] = None
        if behind.told == told.TOKEN_MULTISIG and not token:
            # To all other programs its own key is enough.
            self._powers[f"{holder}/{UNKNOWN}"][holder] = None

    def _follow(self, holder: str, depth: int) -> None:
        behind = self._behind[holder]
        if behind.multisig:
            for one in behind.multisig.signers:
                self._hold(f"{holder}/{SIGNERS}", one, depth + 1)
            if behind.multisig.config:
                self._hold(f"{holder}/{CONFIG}", behind.multisig.config, depth + 1)
        if behind.unknown:
            self._powers[f"{holder}/{UNKNOWN}"][holder] = None
        if behind.moved_by:
            self._replaced(holder, behind.moved_by, holder, depth + 1)

    def _what(self, holder: str, depth: int, token: str) -> Behind | None:
        """What is behind an address; None where its account must be asked for first."""
        is_key = on_curve(unbase58(holder))
        if is_key and not token:
            return Behind(KEY)
        if holder in self._vaults:
            return self._vault(self._vaults[holder])
        if depth > DEPTH:
            return Behind(CONTRACT, "deeper than is followed", unknown=True)
        if holder not in self._accounts:
            self._missing[holder] = None
            return None
        account = self._accounts[holder]
        if account and account.owner == token and (multisig := told.token_multisig(holder, account)):
            twice = len(set(multisig.signers)) != len(multisig.signers)
            return Behind(CONTRACT, multisig.kind, None if twice else multisig, unknown=twice)
        return Behind(KEY) if is_key else self._derived(holder, account)

    def _derived(self, holder: str, account: Account | None) -> Behind:
        """An address that only a program signs for, and which is no vault that is known."""
        if account is None or account.owner == SYSTEM:
            return Behind(CONTRACT, "an address of a program that is not known", unknown=True)
        if told.is_squads(account):
            # Only its vaults sign, never the account of the multisig itself.
            told.squads(holder, account)
            fixed = self._upgrader(account.owner) == ""
            return Behind(NOBODY if fixed else CONTRACT, "a multisig itself, not its vault", moved_by=account.owner)
        return Behind(CONTRACT, f"an account of {account.owner}", moved_by=account.owner, unknown=True)

    def _vault(self, known: Vault) -> Behind:
        multisig = decoded(told.squads, self._accounts, known.multisig, "multisig")
        if (owner := decoded(_owner, self._accounts, known.multisig, "multisig")) != known.program:
            raise BadData(f"{known.multisig} belongs to {owner}, not to {known.program}")
        return Behind(CONTRACT, f"{multisig.kind}, vault {known.index}", multisig, known.multisig, known.program)

    def _upgrader(self, address: str) -> str | None:
        """Who may replace a program: empty where nobody, None where that is not known (yet)."""
        if address not in self._programs:
            wanted = [one for one in (address, programdata(address)) if one not in self._accounts]
            self._missing |= dict.fromkeys(wanted)
            if wanted:
                return None
            self._programs[address] = told.program(address, self._accounts)
        found = self._programs[address]
        return found.upgrader if found else None

    def _replaced(self, name: str, address: str, whom: str, depth: int) -> None:
        """Note who may replace the program at an address, by a name; whom: who is moved by whoever that is."""
        who = self._upgrader(address)
        if who:
            self._hold(f"{name}/{UPGRADER}", who, depth)
        elif who is None:
            self._powers[f"{name}/{UNKNOWN}"][whom] = None


def _alone(holder: str, is_program: bool) -> Behind | None:
    """What an address is whatever its account says: one that nobody signs for, or a program; else None.

    A program acts by its own code: whom that obeys nobody can tell, and whoever replaces it decides.
    """
    if holder in (SYSTEM, INCINERATOR):
        # Programs leave the first where nobody was named. It is a point of the curve, whose signatures none takes.
        return Behind(NOBODY, "an address that nobody signs for")
    return Behind(CONTRACT, "a program", moved_by=holder, unknown=True) if is_program else None


def _owner(_: str, account: Account) -> str:
    return account.owner
