"""What simulated EVM chains tell of themselves."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

from analytics.votes.tally import Majority
from ingest.network import Network
from ingest.sample.draw import DAY, Row, address, dice
from store.rows import VOTE_OPTIONS, observation

# Who holds the powers over a simulated token: three, each one key.
POWERS: Final = ("minter", "pauser", "admin")
HOLDERS: Final = 3


def control_state(network: Network, time: datetime) -> list[Row]:
    """What holds the powers: keys, no contracts."""
    return [
        observation("account", time, "key", "", subject=address(network.address, place)) for place in range(HOLDERS)
    ]


# Proposals that a contract counts, three days of voting each; the last one is open. About a tenth of all power votes,
# and three in a hundred are needed for it.
PROPOSALS: Final = 6
APART: Final = 10
VOTING: Final = 3
VOTERS: Final = 40
LARGEST: Final = 24_000
POWER: Final = 10**6
NEEDED: Final = 30_000
FAILING: Final = 3
LIKELY: Final = (0.7, 0.1, 0.2)


def _cast(network: Network, number: int) -> dict[int, tuple[str, int]]:
    """What each voter chose by place, with base units of power; every third proposal is quarrelled over."""
    random = dice(f"{network.name} proposal {number}")
    likely = LIKELY if number % FAILING else LIKELY[::-1]
    chosen = random.choice(Majority.options, VOTERS, p=likely).tolist()
    return {place: (option, LARGEST // (place + 1) * 10**network.decimals) for place, option in enumerate(chosen)}


def proposals(network: Network, end: datetime) -> list[Row]:
    """Proposals with the contract's count of them, and what it decided by its rule."""
    return [_proposal(network, end, number) for number in range(1, PROPOSALS + 1)]


def _proposal(network: Network, end: datetime, number: int) -> Row:
    token = 10**network.decimals
    counts = dict.fromkeys(VOTE_OPTIONS, 0)
    for option, power in _cast(network, number).values():
        counts[option] += power
    passed = counts["yes"] >= NEEDED * token and counts["yes"] > counts["no"]
    start = end - (PROPOSALS - number) * APART * DAY - DAY
    return {
        "proposal": str(number),
        "title": f"Sample proposal {number}",
        "type": "",
        "status": "voting_period" if number == PROPOSALS else "executed" if passed else "rejected",
        "proposer": address(network.address, number),
        "submitted": start - DAY,
        "voting_start": start,
        "voting_end": start + VOTING * DAY,
        "deposit": 0,
        **counts,
        "expedited": False,
        "power": POWER * token,
        "quorum": NEEDED * token,
        "quorum_counts": "yes",
    }


def votes(network: Network, _: datetime) -> list[Row]:
    """The votes on all of them, each with its power."""
    return [
        {
            "proposal": str(number),
            "voter": address(network.address, place),
            "option": option,
            "weight": 1,
            "height": 1,
            "power": power,
        }
        for number in range(1, PROPOSALS + 1)
        for place, (option, power) in _cast(network, number).items()
    ]


# Tokens that became another one: what one of them becomes, in millionths, and millions of it, of which some are left.
RATES: Final = (433_226, 433_350, 8_450)
SUPPLIES: Final = (1_410, 900, 10_000)
BURNED: Final = 1_135
LEFT: Final = 119
NEW: Final = 2_630
MONTHS: Final = 28
CONVERSIONS: Final = 10
LARGEST_CONVERSION: Final = 420
OLD_TOKEN, CONVERSION, LOCKS = 1_001, 1_011, 1_012


def _coins(network: Network) -> tuple[str, str, list[tuple[str, str, int]]]:
    """Units of what others became and of power; of each of those others unit, contract and base units of a million."""
    coins = {unit: 10 ** (told.decimals + 6) for unit, told in network.all_units.items() if told.decimals}
    own, new, power, *others = coins
    places = (address(network.address, OLD_TOKEN + place) for place in range(len(coins)))
    return new, power, [(unit, place, coins[unit]) for unit, place in zip([own, *others], places, strict=False)]


def migration(network: Network, time: datetime) -> list[Row]:
    """Tokens that became another one, and the contract by which the first of them does."""
    new, power, old = _coins(network)
    token = 10 ** network.all_units[new].decimals
    becomes, contract = address(network.address, OLD_TOKEN - 1), address(network.address, CONVERSION)
    rows = [observation("new_supply", time, NEW * 10**6 * token, new, subject=becomes)]
    rows.append(observation("stated_before", time, 1_153 * 10**6 * token, new, subject=becomes, source="sample"))
    for (unit, place, million), rate, supply in zip(old, RATES, SUPPLIES, strict=False):
        said = {"stated_rate": rate * token // 10**6, "stated_minted": supply * rate * token}
        rows += [observation(name, time, value, new, subject=place, source="sample") for name, value in said.items()]
        name = network.all_units[unit].token
        rows.append(observation("stated_name", time, name, "", subject=place, source="sample"))
        held = {"old_supply": supply * million, "old_burned": BURNED * million if place == old[0][1] else 0}
        rows += [observation(name, time, value, unit, subject=place) for name, value in held.items()]
        rows.append(observation("proof", time, "proved", "", subject=place))
        if place != old[0][1]:
            rows.append(observation("not_found", time, "the contract by which it becomes another", "", subject=place))
    said_of_it = {
        "proof": ("proved", ""),
        "old_token": (old[0][1], "address"),
        "conversion_ratio": (RATES[0] * token // 10**6, new),
        "migrator_owner": (address(network.address, 1), "address"),
        "left": (LEFT * 10**6 * token, new),
        "recoverable": ("false", ""),
    }
    rows += [observation(name, time, *value, subject=contract) for name, value in said_of_it.items()]
    locks = address(network.address, LOCKS)
    rows.append(observation("locked", time, 30 * old[0][2], network.unit, subject=locks))
    return [*rows, observation("locked_power", time, 2 * old[0][2], power, subject=locks)]


def conversions(network: Network, time: datetime) -> list[Row]:
    """The largest conversions of a token into another, how much there was from month to month, and who signs."""
    new, _, ((unit, _, million), *_) = _coins(network)
    contract, first = address(network.address, CONVERSION), address(network.address, 0)
    token = 10 ** network.all_units[new].decimals
    rows = [observation("unread_blocks", time, 0, "blocks", subject=contract)]
    for place in range(CONVERSIONS):
        day, who = time - (500 + 11 * place) * DAY, address(network.address, place)
        given = LARGEST_CONVERSION * million // (place + 1) ** 2
        rows.append(observation("conversion", day, given, unit, subject=who))
        rows.append(observation("conversion_got", day, given * RATES[0] // 10**6, new, subject=who))
        rows.append(observation("conversion_block", day, int(day.timestamp()) // 6, "block", subject=who))
    for month in range(MONTHS + 1):
        so_far = BURNED * million * month // MONTHS
        day = time - (MONTHS - month) * 30 * DAY
        rows.append(observation("converted", day, so_far, unit, subject=contract))
    rows.append(observation("account", time, "contract", "", subject=first))
    rows.append(observation("threshold", time, 2, "signatures", subject=first))
    rows.append(observation("sent_total", time, 180 * 10**6 * token, new, subject=first))
    rows.append(observation("sent_to", time, 12, "addresses", subject=first))
    rows.append(observation("sent_unread_blocks", time, 0, "blocks", subject=first))
    for place in range(12):
        who, day = address(network.address, 1_040 + place), time - (480 - place) * DAY
        rows.append(observation("sent", day, (20 - place) * 10**6 * token, new, subject=who))
    signers = [address(network.address, 1_020 + place) for place in range(HOLDERS)]
    return rows + [observation("signer", time, first, "address", subject=signer) for signer in signers]


# Days between two snapshots of what is told, by reading.
TOLD: Final[Mapping[str, tuple[Callable[[Network, datetime], list[Row]], int]]] = {
    "control_state": (control_state, 30),
    "proposals": (proposals, 0),
    "votes": (votes, 0),
    "migration": (migration, 0),
    "conversions": (conversions, 0),
}
