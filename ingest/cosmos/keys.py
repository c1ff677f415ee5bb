"""Who holds keys beside the governance of a Cosmos chain: who can have its token minted, and the roles of contracts.

Keys are counted, not people: who holds a key is not on the chain. What the account of a module holds is held by nobody:
governance decides over it, and that is a way of its own.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from hashlib import new, sha256
from typing import Any, Final

from analytics.power.paths import Action, Side
from ingest.cosmos.emission import module_account
from ingest.cosmos.lcd import Lcd
from ingest.cosmos.roles import code_admin, contract
from ingest.endpoints import Absent
from ingest.fields import address, key_of, listed, once, optional, part, raw, table, whole, word
from ingest.network import DAILY, Key, Reading, Way
from store.addresses import bech32, unbech32
from store.faults import BadData
from store.rows import Facts, Kind, Measure, frame, holdings, observation
from store.spelling import ADDRESS, is_address

ACCOUNTS: Final = "/cosmos/auth/v1beta1/accounts"
# The module that gives a denom an admin who may mint it (osmosis; strangelove-ventures and fetchai keep its routes).
FACTORY: Final = "/osmosis/tokenfactory/v1beta1"
MIGRATE: Final = "x/wasm, MsgMigrateContract"
MULTISIG: Final = "/cosmos.crypto.multisig.LegacyAminoPubKey"
SECP256K1: Final = "/cosmos.crypto.secp256k1.PubKey"
KEY, CONTRACT, MODULE = "key", "contract", "module"
# Keys have so many bytes, contracts since 2022 more.
BYTES_OF_A_KEY: Final = 20

Row = dict[str, Any]
Read = Callable[[Lcd], Facts]


@dataclass(frozen=True, slots=True)
class Account:
    """What signs for an address: a key, a module or a contract; empty where it never signed, so that nobody can tell.

    A multisig obeys several as a contract does: so many of its signers as `threshold` says.
    """

    what: str
    threshold: int = 0
    signers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Named:
    """Over what keys are read: the token by its denom, contracts with roles, and others, both by name with address."""

    denom: str
    bridges: Mapping[str, str] = field(default_factory=dict)
    contracts: Mapping[str, str] = field(default_factory=dict)

    @property
    def powers(self) -> tuple[str, ...]:
        """Forms of their names: of the token or of a contract by its name, or of a multisig by its address."""
        return (*(f"{name}/<word>" for name in ("token", *self.bridges, *self.contracts)), f"{ADDRESS}/<word>")


def readings(over: Named) -> tuple[Reading[Lcd], ...]:
    """Who holds keys, and what stands behind them."""
    held, told, power = Kind.HOLDINGS, Kind.OBSERVATIONS, Measure.CONTROL
    return (
        Reading("control", held, power, "key", DAILY, control(over), names=over.powers),
        Reading("control_state", told, power, "", DAILY, control_state(over), newest_only=True, others=("<denom>",)),
    )


def ways(over: Named) -> tuple[Way, ...]:
    """What those keys can do. Only minting is a power over the chain; what befalls a contract alone is told beside."""
    bridges = (way for name in over.bridges for way in _of_bridge(name))
    return (
        _by_key(Action.MINT, "minter of the token", "token/minter", "x/tokenfactory, MsgMint"),
        _by_key(
            Action.MINT, "sudo minter of every token", "token/sudo_minter", "x/tokenfactory, enable_admin_sudo_mint"
        ),
        *bridges,
        *map(_of_code, (*over.bridges, *over.contracts)),
    )


def _of_code(name: str) -> Way:
    """Whoever may give a contract another program."""
    effect = f"replace the program of the {name}"
    return _by_key(Action.CHANGE_RULES, f"code admin of the {name}", f"{name}/upgrader", MIGRATE, effect)


def _of_bridge(name: str) -> Iterator[Way]:
    """What the roles of a bridge can do with what it holds (contract.rs of fetchai/fetch-ethereum-bridge-v1)."""
    for action, role, function, effect in (
        (Action.SEIZE, "admin", "try_withdraw", f"take what the {name} holds"),
        (Action.MINT, "relayer", "try_reverse_swap", f"release what the {name} holds, up to its allowance"),
        (Action.HALT, "monitor", "can_pause", f"stop the {name}"),
        (Action.HALT, "admin", "can_pause", f"stop the {name}"),
        (Action.HALT, "approver", "try_set_reverse_aggregated_allowance", f"stop the way back over the {name}"),
    ):
        yield _by_key(action, f"{role} of the {name}", f"{name}/{role}", f"contract.rs, {function}", effect)


def _by_key(action: Action, name: str, population: str, source: str, effect: str = "") -> Way:
    return Way(action, Side.FORCE, name, Key(population), source, takes=0, effect=effect)


def control(over: Named) -> Read:
    """The reading of who holds keys."""

    def read(node: Lcd) -> Facts:
        """Keys over the token and the contracts of the chain, one holder per key and power, each counts one.

        Minters are the admin of the token in the token factory (tokenfactory module); where that is the bridge
        contract, those who have its ADMIN_ROLE and whoever may replace its code, because either can have it mint. Sudo
        minters may mint every token (sudo_admins of that module). Roles are all that stand in the contract's raw state;
        upgraders may replace a contract's code (wasm module). Signers are the keys of a multisig. What modules hold is
        left out: governance decides over it.
        """
        accounts = _accounts(node, over)
        rows = [(population, holder, 1) for population, holder in _held(node, over)]
        rows = [row for row in rows if accounts[row[1]].what != MODULE]
        rows += [(f"{holder}/signers", one, 1) for holder, found in accounts.items() for one in found.signers]
        return Facts(holdings(rows), empty=not rows)

    return read


def control_state(over: Named) -> Read:
    """The reading of what stands behind those keys."""

    def read(node: Lcd) -> Facts:
        """What stands behind those keys: a key, a contract (or a multisig, with how many must sign) or a module; of an
        account that has never signed nobody can tell. The minter of the token, and the state of the bridge contract.
        """
        time = node.block.time
        rows = list(_minting(node, over.denom))
        for name, place in over.bridges.items():
            found = contract(node, place)
            rows += found.observed(name, place, node, over.denom) if found else ()
        for holder, account in _accounts(node, over).items():
            if account.what:
                rows.append(observation("account", time, account.what, "", subject=holder))
            if account.threshold:
                rows.append(observation("threshold", time, account.threshold, "signatures", subject=holder))
                # The chain checks the signatures itself.
                rows.append(observation("proved", time, "LegacyAminoPubKey", "", subject=holder))
        return Facts(frame(Kind.OBSERVATIONS, rows))

    return read


def _held(node: Lcd, over: Named) -> list[tuple[str, str]]:
    """Every power and who has it, each once."""
    minter, known = _minter(node, over.denom), {place: contract(node, place) for place in over.bridges.values()}
    found: list[tuple[str, str]] = []
    for name, place in over.bridges.items():
        one = known[place]
        found += [(f"{name}/{role}", holder) for role, holder in (one.roles if one else ())]
    for name, place in (*over.bridges.items(), *over.contracts.items()):
        found += [(f"{name}/upgrader", admin) for admin in filter(None, [code_admin(node, place)])]
    through = known.get(minter)
    minters = through.minters if through else list(filter(None, [minter]))
    found += [("token/minter", one) for one in minters]
    found += [("token/sudo_minter", one) for one in _sudo_minters(node)]
    return [(power, holder) for power, holder in found if can_sign(node, holder)]


def can_sign(node: Lcd, holder: str) -> bool:
    """Whether an address can be anybody's: contracts give roles to whatever text is written, and chains let an address
    of five bytes replace a contract. No key has such a one, so nobody has that power.
    """
    return is_address(holder, f"bech32:{module_account(node, 'gov').rpartition('1')[0]}")


def _accounts(node: Lcd, over: Named) -> dict[str, Account]:
    """What signs for everybody who has a power, and for the members of multisigs."""
    named = (*over.bridges.values(), *over.contracts.values())
    holders = dict.fromkeys(holder for _, holder in _held(node, over))
    found = {holder: Account(CONTRACT) if holder in named else account(node, holder) for holder in holders}
    members = dict.fromkeys(one for told in found.values() for one in told.signers)
    return {**dict.fromkeys(members, Account(KEY)), **found}


def _minter(node: Lcd, denom: str) -> str:
    """The admin of a token in the token factory; empty where it has none, or the chain no such module."""
    path = f"{FACTORY}/denoms/{denom}/authority_metadata"
    try:
        return node.get(path, lambda body: address(body, "authority_metadata", "admin"))
    except Absent:
        return ""


def _sudo_minters(node: Lcd) -> list[str]:
    """Those who may mint every token, in software that knows such (fetchai/tokenfactory)."""

    def told(body: Row) -> list[str]:
        return once([address({"admin": row}, "admin") for row in listed(body, "sudo_admins")], str)

    try:
        return node.get(f"{FACTORY}/sudo_admins", told)
    except Absent:
        return []


def _minting(node: Lcd, denom: str) -> Iterator[Row]:
    """Whether the chain has a token factory, and whom it lets mint the token."""
    time = node.block.time
    try:
        node.get(f"{FACTORY}/params", lambda body: table(body, "params"))
    except Absent:
        yield observation("token_factory", time, "absent", "", subject=denom)
        return
    yield observation("token_factory", time, "present", "", subject=denom)
    if minter := _minter(node, denom):
        yield observation("token_minter", time, minter, "address", subject=denom)


def account(node: Lcd, holder: str) -> Account:
    """What signs for an address."""
    try:
        return node.get(f"{ACCOUNTS}/{holder}", partial(_behind, holder))
    except Absent:
        return _without_key(holder)


def _behind(holder: str, body: Row) -> Account:
    told = part(body, "account")
    if optional(told, "name") is not None:
        return Account(MODULE)
    base: Any = told
    # Vesting accounts keep their account inside, twice.
    for name in ("base_vesting_account", "base_account"):
        base = optional(base, name) or base
    if (said := address(base, "address")) != holder:
        raise BadData(f"asked for the account of {holder}, got that of {said[:80]}")
    key = optional(base, "pub_key")
    if key is None:
        return _without_key(holder)
    if word(key, "@type") != MULTISIG:
        return Account(KEY)
    signers, needed = listed(key, "public_keys"), whole(key, "threshold")
    if not 0 < needed <= len(signers):
        raise BadData(f"{holder} is a multisig {needed} of {len(signers)}")
    return Account(CONTRACT, needed, _signers(signers, unbech32(holder)[0]))


def _signers(public: Sequence[Any], prefix: str) -> tuple[str, ...]:
    """The addresses of a multisig's keys; none where one is of another kind than usual, or comes twice."""
    if any(word(one, "@type") != SECP256K1 for one in public):
        return ()
    found = dict.fromkeys(addressed(raw(one, "key"), prefix) for one in public)
    return tuple(found) if len(found) == len(public) else ()


def addressed(key: bytes, prefix: str) -> str:
    """The address of a public key (secp256k1, 33 bytes) on a Cosmos chain."""
    return bech32(prefix, new("ripemd160", sha256(key).digest()).digest())


def _without_key(holder: str) -> Account:
    """An address that never signed: of a short one nobody can tell what it is."""
    return Account(CONTRACT if len(key_of({"holder": holder}, "holder")) > BYTES_OF_A_KEY else "")


# What the readings tell, for the dictionary of facts: name, of whom, unit, meaning.
TELLS: Final = """
control:
  token/minter | <address> | | who can have the chain's token minted through the token factory
  token/sudo_minter | <address> | | who may mint every token
  <contract>/<role> | <address> | | who has a role of the contract: admin, relayer, approver, monitor; upgrader: may replace its code
  <address>/signers | <address> | | keys of a multisig that has one of these powers
control_state:
  token_factory | <denom> | | whether the chain has a module that lets others than itself mint: present or absent
  token_minter | <denom> | address | the admin of the token in that module
  contract | <address> | | the name of a contract with roles
  <contract>_version | <address> | | version that the contract says it has
  <contract>_<amount> | <address> | <denom> | supply (native tokens on the other side), cap, fees accrued, allowance of the way back
  <contract>_<pause> | <address> | | whether a side of the bridge stands still: true or false
  account | <address> | | what signs: key, contract (a multisig as well), module; missing where it has never signed
  threshold | <address> | signatures | how many of a multisig's keys must sign
  proved | <address> | | the kind of a multisig whose signatures the chain itself checks
"""  # noqa: E501 - a row each
