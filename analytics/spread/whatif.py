"""What would change: scenarios from a distribution to a distribution, so that every metric applies to the result.

Amounts stay whole base units. What a scenario hands on is shared in proportion, and nothing is lost to rounding.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from operator import mul
from typing import Final, TypeVar

from analytics.spread.batches import Threshold
from analytics.spread.bounds import completed

Key = TypeVar("Key")
# Of how many of the largest the shares are told.
SHARES: Final = (1, 3, 10)
LIMB: Final = 2**63


@dataclass(frozen=True)
class Distribution:
    """Who has how much, in whole base units; `scattered` is held by so many that none of them counts."""

    held: Mapping[str, int]
    scattered: int = 0

    @property
    def total(self) -> int:
        """All of it."""
        return sum(self.held.values()) + self.scattered

    def metrics(self, thresholds: Iterable[Threshold] = ()) -> dict[str, float]:
        """Every metric, with each scattered unit as a party of its own; NaN where undefined."""
        return completed(self.held.values(), self.scattered, thresholds=thresholds)

    def of_sums(self) -> dict[str, float]:
        """Metrics that follow from a few sums of whole numbers, so that SQL gives them to the last digit as well.

        Sums are exact; each becomes a float once, and the order of what is done with them is that of
        `questions.supposed`. Of somebody: a distribution of nothing has none.
        """
        held = sorted(filter(None, self.held.values()), reverse=True)
        dust, whole, parties = self.scattered, float(sum(held) + self.scattered), float(len(held) + self.scattered)
        squares, ranks = _squares(held, dust), _ranks(held, dust)
        gini = 2.0 * ranks / (parties * whole) - float(len(held) + dust + 1) / parties
        tops = {count: sum(held[:count]) + min(max(count - len(held), 0), dust) for count in SHARES}
        return {
            "effective_parties": whole * whole / squares,
            "hhi": 10000.0 * squares / (whole * whole),
            **dict.fromkeys(("gini", "gini_all"), gini),
            **{f"top_{count}": float(top) / whole for count, top in tops.items()},
        }


def _squares(held: Sequence[int], dust: int) -> float:
    """Sum of squares as a float, put together of three limbs of 63 bits, the first of all that is above."""
    above, least = divmod(sum(map(mul, held, held)) + dust, LIMB)
    first, middle = divmod(above, LIMB)
    return float(first) * float(LIMB) ** 2 + float(middle) * float(LIMB) + float(least)


def _ranks(held: Sequence[int], dust: int) -> float:
    """Sum of amounts times their place from the smallest; held: the largest first, above dust of one unit each."""
    places = range(len(held), 0, -1)
    return float(dust) * float(dust + 1) / 2.0 + float(dust) * float(sum(held)) + float(sum(map(mul, held, places)))


def cut(now: Distribution, at: Fraction) -> Distribution:
    """A cap on what counts: of a party above this share of the total, the part above does not count."""
    limit = _limit(now, at)
    return replace(now, held={party: limit if amount > limit else amount for party, amount in now.held.items()})


def handed_on(now: Distribution, at: Fraction) -> Distribution:
    """A cap on what is held: what is above goes to the others in proportion, until nobody is above.

    Raises ValueError when the others cannot take it, with the lowest cap: ten parties cannot all stay below 9 %.
    """
    limit = _limit(now, at)
    below = dict(sorted(now.held.items(), key=lambda item: item[1]))
    capped: dict[str, int] = {}
    while below:
        party, amount = next(reversed(below.items()))
        left = now.total - limit * len(capped)
        holding = sum(below.values()) + now.scattered
        # The largest of the others, after all that is left was shared in proportion.
        if holding == 0 or amount * left <= limit * holding:
            break
        capped[party] = limit
        del below[party]
    left = now.total - limit * len(capped)
    if left and not (any(below.values()) or now.scattered):
        many = sum(amount > 0 for amount in now.held.values())
        raise ValueError(
            f"{many} parties cannot all stay below {float(100 * at):g} % of the total; "
            f"the lowest cap that they can keep is {-(-10_000 // many) / 100:g} %"
        )
    shares = _in_proportion({**below, None: now.scattered}, left)
    scattered = shares.pop(None)
    return Distribution({party: capped.get(party, shares.get(party, 0)) for party in now.held}, scattered)


def split(now: Distribution, party: str, parts: int) -> Distribution:
    """One party becomes several equal ones."""
    _known(now, [party])
    if parts < 1:
        raise ValueError(f"{party} cannot be split into {parts} parts")
    shares = _in_proportion({f"{party} {part}/{parts}": 1 for part in range(1, parts + 1)}, now.held[party])
    return replace(now, held={**_others(now, [party]), **shares})


def merged(now: Distribution, parties: Collection[str], name: str = "") -> Distribution:
    """Several parties turn out to be one, or become one."""
    _known(now, parties)
    together = sum(now.held[party] for party in set(parties))
    others = _others(now, parties)
    name = name or " + ".join(dict.fromkeys(parties))
    if name in others:
        raise ValueError(f"{name} is already a party of its own")
    return replace(now, held={**others, name: together})


def without_largest(now: Distribution, count: int) -> Distribution:
    """The largest parties leave with what they hold."""
    ranked = sorted(now.held, key=lambda party: now.held[party], reverse=True)
    return leaving(now, ranked[:count])


def leaving(now: Distribution, parties: Collection[str]) -> Distribution:
    """Parties leave with what they hold, such as a custodian who is taken out of the count."""
    _known(now, parties)
    return replace(now, held=_others(now, parties))


def replaced(now: Distribution, parties: Collection[str]) -> Distribution:
    """Parties leave, and what they held goes to the others in proportion, as when delegators choose again."""
    _known(now, parties)
    others = _others(now, parties)
    if not (any(others.values()) or now.scattered):
        raise ValueError("nobody is left to take over")
    shares = _in_proportion({**others, None: now.scattered}, now.total)
    scattered = shares.pop(None)
    return Distribution({party: shares[party] for party in others}, scattered)


def voting(now: Distribution, parties: Collection[str]) -> Distribution:
    """Only these take part."""
    _known(now, parties)
    return Distribution({party: amount for party, amount in now.held.items() if party in set(parties)})


def turnout(now: Distribution, share: Fraction) -> Distribution:
    """Only the largest take part, as many as this share of the total needs: the turnout that takes the fewest."""
    if not 0 <= share <= 1:
        raise ValueError(f"a turnout of {share} is no share")
    taking: list[str] = []
    missing = share * now.total
    for party in sorted(now.held, key=lambda party: now.held[party], reverse=True):
        if missing <= 0:
            break
        taking.append(party)
        missing -= now.held[party]
    # The largest do not suffice: some of the scattered must vote.
    return replace(voting(now, taking), scattered=max(0, -(-missing.numerator // missing.denominator)))


def overridden(now: Distribution, own: Mapping[str, int], rate: Fraction) -> Distribution:
    """This share of what is delegated to each party votes for itself, each delegator for himself.

    own: what a party holds itself (a validator's self-bond); nobody can override that.
    """
    if not 0 <= rate <= 1:
        raise ValueError(f"an override rate of {rate} is no share")
    _known(now, own)
    kept = {}
    for party, amount in now.held.items():
        delegated = amount - own.get(party, 0)
        if delegated < 0:
            raise ValueError(f"{party} holds {amount}, less than its own {own[party]}")
        kept[party] = amount - rate.numerator * delegated // rate.denominator
    return Distribution(kept, now.total - sum(kept.values()))


def _limit(now: Distribution, at: Fraction) -> int:
    if not 0 < at <= 1:
        raise ValueError(f"a cap at {at} of the total is none")
    return at.numerator * now.total // at.denominator


def _known(now: Distribution, parties: Iterable[str]) -> None:
    for party in parties:
        if party not in now.held:
            raise ValueError(f"{party} is no party here")


def _others(now: Distribution, parties: Collection[str]) -> dict[str, int]:
    gone = set(parties)
    return {party: amount for party, amount in now.held.items() if party not in gone}


def _in_proportion(weights: Mapping[Key, int], amount: int) -> dict[Key, int]:
    """The amount in whole units by weight; units left over go to the largest remainders."""
    total = sum(weights.values())
    if total == 0:
        return dict.fromkeys(weights, 0)
    shares = {key: weight * amount // total for key, weight in weights.items()}
    remainders = sorted(weights, key=lambda key: weights[key] * amount % total, reverse=True)
    for key in remainders[: amount - sum(shares.values())]:
        shares[key] += 1
    return shares
