"""What simulated readings look like: in the sizes of real networks where these are known, else as declared.

A look belongs to a kind of address and a reading, never to a network's name: the same reading of another network looks
the same. What is listed nowhere is drawn from what its network's file declares.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from ingest.network import Key, Network, Reading
from ingest.sample import arweave
from ingest.sample.draw import address, party
from ingest.sample.evm import HOLDERS, POWERS
from ingest.sample.filecoin import EPOCH_REWARD, MINERS, OWNERS, PLEDGED, QUALITY_ADJUSTED, RAW, ROOT_SIGNERS
from ingest.sample.solana import FREEZER, SIGNERS, VAULT
from ingest.sample.substrate import SUBNETS, SUDO
from store.columns import Column
from store.rows import Measure
from store.spelling import ADDRESS, ANY

SUBNET: Final = "subnet:<number>.0"


@dataclass(frozen=True, slots=True)
class Population:
    """Who shares an amount: n holders with heavy tails; `skew` is the standard deviation of the log of the amounts.

    holders: the form of their names (store.spelling). known: addresses of the first, where these are public.
    """

    name: str
    n: int
    total: int
    skew: float
    holders: str = ADDRESS
    known: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Look:
    """The populations of a reading; every: days between two snapshots of its history, 0 for the newest day alone."""

    populations: tuple[Population, ...]
    every: int = 1


# Unlisted populations: so many parties share so many tokens, or so many things where the unit is no token.
PARTIES: Final = 100
TOKENS: Final = 10**6
THINGS: Final = 1_000
KEYS: Final = 3
SKEW: Final = 1.8
# Base units of a dollar of USDC.
USDC: Final = 10**6
MONTHLY: Final = 30
# Powers over contracts of a Cosmos chain, of one key or of two.
ROLES: Final[Mapping[str, int]] = {
    **{f"bridge/{role}": n for role, n in (("admin", 1), ("relayer", 2), ("approver", 1), ("monitor", 2))},
    **{f"{contract}/upgrader": 1 for contract in ("bridge", "almanac", "names")},
}


def look(network: Network, reading: Reading) -> Look:
    """What a reading looks like: as a real one of its name, where it has the same parties, else as it is declared."""
    looks = LOOKS.get(network.address.partition(":")[0])
    listed = dict(looks(network)).get(reading.name) if looks else None
    if listed and _fits(listed, network, reading):
        return listed
    return Look(tuple(_declared(network, reading)), MONTHLY)


def _fits(listed: Look, network: Network, reading: Reading) -> bool:
    """Whether a reading of the same name has the same populations, and may name whom the listed one does."""
    told = {population.name for population in listed.populations}
    strangers = any(population.holders != ADDRESS for population in listed.populations)
    return told.issuperset(_shown(network, reading)) and (bool(reading.others) or not strangers)


def _declared(network: Network, reading: Reading) -> Iterator[Population]:
    """The populations that a reading declares, else one of its own name; keys count one each."""
    others = [form for form in reading.others if form != ADDRESS]
    holders = ADDRESS if network.address and ANY not in others else (others or [ANY])[0]
    unit = network.all_units.get(reading.unit)
    total = TOKENS * 10**unit.decimals if unit and unit.decimals else THINGS
    for name in _names(network, reading):
        if reading.measure is Measure.CONTROL:
            yield Population(name, KEYS, KEYS, 0, holders)
        else:
            yield Population(name, PARTIES, total, SKEW, holders)


def _names(network: Network, reading: Reading) -> list[str]:
    """What a reading's populations are called: that of the scorecard, and all that it declares."""
    declared = [party(form, network.address, 0) for form in reading.names]
    return list(dict.fromkeys(_shown(network, reading) + declared)) or [reading.name]


def _shown(network: Network, reading: Reading) -> list[str]:
    """Of a reading's populations the one on the scorecard."""
    told = (key.partition("/") for key in network.scorecard.values())
    return [population for name, _, population in told if name == reading.name]


def denominations(network: Network) -> list[str]:
    """What leases are paid in, the usual first."""
    names = (reading.name.partition("leases_") for reading in network.readings)
    return [denomination for before, _, denomination in names if denomination and not before]


def _compute(network: Network) -> Iterator[tuple[str, Look]]:
    """Spend in 1e-18 of a denomination; most is paid in the first, a little in the others."""
    parties = (("providers", 60, 1.6), ("payers", 120, 2.6), ("tenants", 420, 1.9), ("auditors", 3, 2.5))
    for denom, a_day in zip(denominations(network), (7_534, 90, 40), strict=False):
        of = tuple(Population(name, n, a_day * 10**24, skew) for name, n, skew in parties)
        yield f"leases_{denom}", Look(of)
        for name in ("accrued", "settled", "external_least", "external_most"):
            yield f"{name}_{denom}", Look(of, every=30)
        yield f"deposited_{denom}", Look((of[1],), every=30)
    for resource, total in (("cpu", 9_000_000), ("memory", 2**44), ("storage", 2**47), ("gpu", 248)):
        yield f"leased_{resource}", Look((Population("providers", 60, total, 1.2),), every=15)
    yield "control", Look(tuple(Population(name, n, n, 0) for name, n in ROLES.items()), MONTHLY)
    yield "oracle_sources", Look((Population("oracle/source", 1, 1, 0),), MONTHLY)


def _subnets(network: Network) -> Iterator[tuple[str, Look]]:
    """Stake, emission and keys of a chain of 128 subnets."""
    token = 10**network.decimals

    def each(role: str, n: int, tokens: int, skew: float) -> tuple[Population, ...]:
        return tuple(Population(f"{subnet}/{role}", n, tokens * token, skew) for subnet in SUBNETS)

    def whole(name: str, n: int, tokens: int, skew: float, holders: str = ADDRESS) -> Population:
        return Population(name, n, tokens * token, skew, holders)

    def keys(name: str, n: int, known: tuple[str, ...] = ()) -> Population:
        return Population(name, n, n, 0, known=known)

    yield "stake", Look((whole("hotkeys", 2_000, 7_446_311, 2.2), whole("coldkeys", 30_000, 7_446_311, 2.6)), every=30)
    yield "stake_alpha", Look(each("coldkeys", 256, 2_000_000, 2.0), every=0)
    yield "validators", Look((whole("validators", 300, 6_000_000, 1.9),))
    yield "subnet_validators", Look(each("validators", 64, 500_000, 1.8), every=0)
    yield "subnet_emission", Look((whole("subnets", 128, 3_600, 1.6, SUBNET),))
    yield "gated_emission", Look((whole("subnet_owners", 79, 3_600, 1.6),), every=15)
    yield "recipients", Look((whole("recipients", 9_000, 3_600, 2.1),), every=15)
    roles = each("miners", 191, 2_952, 1.7) + each("validators", 64, 2_952, 1.7) + each("owner", 1, 1_296, 0)
    yield "alpha_emission", Look(roles, every=0)
    yield "balances", Look((whole("coldkeys", 60_000, 3_700_000, 2.8),), every=30)
    yield "control_keys", Look((keys("sudo", 3, SUDO), keys("authorities", 20)), every=30)
    yield "grandpa", Look((keys("grandpa", 20),), every=30)
    yield "subnet_owners", Look((Population("subnet_owners", 90, 128, 0.3),), every=30)


def _contracts(network: Network) -> Iterator[tuple[str, Look]]:
    """A token with its keys, and services that are paid with it."""
    token = 10**network.decimals
    # Of a token that is looked at for what is locked of it a small crowd is enough.
    crowd = 1_000 if Column.STAKE in network.scorecard else 100_000
    yield "holders", Look((Population("holders", crowd, 2_600_000_000 * token, 2.9),), every=30)
    ruled = next((way.needs.population for way in network.ways if isinstance(way.needs, Key)), "token/")
    powers = (f"{ruled.partition('/')[0]}/{power}" for power in POWERS)
    yield "control", Look(tuple(Population(power, HOLDERS, HOLDERS, 0) for power in powers), 30)
    paid = (Population("recipients", 40, 4_000 * token, 1.8), Population("senders", 160, 4_000 * token, 2.0))
    yield "claims", Look(paid)
    yield "converters", Look((Population("converters", 300, 1_100_000_000 * token, 2.9),), MONTHLY)
    yield "stakers", Look((Population("stakers", crowd, 10_000_000 * token, 2.2),), every=30)
    yield "entities", Look((Population("entities", 3, 10_000_000 * token, 1.0, "entity:<number>"),), every=30)
    yield "pools", Look((Population("owners", 30, 60, 0.8),), every=30)
    paid_for = 300_000 * token
    pools = (Population("pools", 20, paid_for, 1.2, "pool:<number>"), Population("owners", 18, paid_for, 1.3))
    yield "rewards", Look(pools, every=30)
    yield "organizations", Look((Population("organizations", 70, 140, 0.8, "organization <number>"),), every=7)
    yield "services", Look((Population("owners", 120, 600, 1.4),), MONTHLY)
    yield "claimed", Look((Population("programs", 30, TOKENS * token, 1.2), Population("developers", 40, token, 1.8)))
    yield "agents", Look((Population("founders", 400, 18_000, 1.8), Population("owners", 4, 18_000, 2.5)), MONTHLY)
    yield (
        "spend",
        Look((Population("providers", 60, 90_000 * USDC, 2.0), Population("clients", 160, 90_000 * USDC, 2.2)), 7),
    )
    yield "spend_before", Look((Population("recipients", 60, 40_000 * USDC, 2.0),), MONTHLY)
    for name in (one.name for one in network.readings if one.name.startswith("mechs_")):
        yield name, Look((Population("recipients", 30, THINGS * token, 1.8), Population("senders", 80, token, 2.2)), 7)


def _blocks(network: Network) -> Iterator[tuple[str, Look]]:
    """Blocks of a week and what is paid for those of a day, by the same miners."""
    yield "blocks", Look((Population("miners", arweave.MINERS, arweave.A_WEEK, arweave.SKEW),), every=7)
    paid = arweave.A_DAY * 10**network.decimals
    yield "rewards", Look((Population("miners", arweave.MINERS, paid, arweave.SKEW),), every=7)


def _storage(network: Network) -> Iterator[tuple[str, Look]]:
    """Power, storage, block rewards and pledge of miners and of their owners; keys that make power."""
    a_day = EPOCH_REWARD * 2_880

    def shared(total: int, owners: float, every: int) -> Look:
        return Look((Population("miners", MINERS, total, 1.4), Population("owners", OWNERS, total, owners)), every)

    # Some twenty equal owners, as in 2026; of each the dice fall otherwise.
    yield "power", shared(QUALITY_ADJUSTED, 3.3, 7)
    yield "storage", shared(RAW, 1.6, 15)
    yield "wins", shared(a_day, 1.8, 7)
    yield "pledge", shared(PLEDGED * 10**network.decimals, 1.9, 30)
    yield "root_keys", Look((Population("root_key", ROOT_SIGNERS, ROOT_SIGNERS, 0),), MONTHLY)
    yield "allocators", Look((Population("allocators", 60, 2**58, 1.6),), MONTHLY)


def _mints(network: Network) -> Iterator[tuple[str, Look]]:
    """A token that a vault mints and a key freezes."""
    vault, freezer, *signers = (address(network.address, place) for place in (VAULT, FREEZER, *SIGNERS))
    held = {"token/minter": [vault], "token/freezer": [freezer], f"{vault}/signers": signers}
    of = tuple(Population(name, len(keys), len(keys), 0, known=tuple(keys)) for name, keys in held.items())
    yield "control", Look(of, MONTHLY)


# Looks by the kind of the network's addresses.
LOOKS: Final[Mapping[str, Callable[[Network], Iterator[tuple[str, Look]]]]] = {
    "bech32": _compute,
    "ss58": _subnets,
    "hex": _contracts,
    "base64url": _blocks,
    "f0": _storage,
    "base58": _mints,
}
