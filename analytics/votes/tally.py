"""What a count of votes decides, to the last base unit, and whose power each vote carried.

On Cosmos chains the rule is x/gov's Tally, the same from SDK 0.43 to 0.53: a voter decides over its own delegations to
bonded validators; a validator that votes decides over what is left of its own. Numbers with decimals are whole numbers
of 1e-18, rounded half to even after each product and quotient, as the chain's own decimal type does. A contract that
counts votes compares whole units (`Majority`).
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import reduce
from operator import and_
from typing import Any, Final, TypeAlias

import polars as pl

from analytics.decimals import ONE, part_of, product, quotient, reaching, scaled
from analytics.impossible import Impossible

OPTIONS: Final = ("yes", "abstain", "no", "no_with_veto")
# The one outcome that is no failure.
PASSED: Final = "passed"

# What one voter chose: option to weight, in 1e-18; the weights add up to one.
Choice = Mapping[str, int]
# The account that votes for a validator, by its operator address.
Account = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Validator:
    """A bonded validator: its tokens in base units, and all shares of its delegators in 1e-18."""

    tokens: int
    shares: int


@dataclass(frozen=True, slots=True)
class Thresholds:
    """A chain's parameters of a vote, in 1e-18: share that must vote, share of Yes to pass, share of vetoes to fail."""

    quorum: int
    threshold: int
    veto: int
    options = OPTIONS


@dataclass(frozen=True, slots=True)
class Majority:
    """The rule of a contract that counts: more Yes than No, and at least `needed` of what the options `counts` got.

    needed, power: in one unit, as the contract tells them of one proposal; power: all that could vote, None where it
    does not tell it. The contract compares whole units: nothing is rounded. A majority of whom nobody else voted is
    one. quota: where not more Yes than No is asked for, but this part of both, in 1e-18, rounded down: half of each is
    enough then.
    """

    needed: int
    power: int | None
    counts: tuple[str, ...]
    quota: int | None = None
    options = ("yes", "abstain", "no")
    veto = None

    def __post_init__(self) -> None:
        if min(self.needed, self.power or 0) < 0 or not {*self.counts} <= {*self.options}:
            raise ValueError(f"no quorum: {self.needed} of {self.power} by {', '.join(self.counts)}")

    @property
    def threshold(self) -> int:
        """The part of Yes and No that is asked for, in 1e-18."""
        return ONE // 2 if self.quota is None else self.quota

    def agreed(self, *, yes: int, no: int) -> bool:
        """Whether enough is Yes; of arrays one each."""
        if self.quota is None:
            return yes > no
        enough: bool = yes >= part_of(self.quota, yes + no)
        return enough

    @property
    def quorum(self) -> int | None:
        """The quorum as a share of all power, in 1e-18; None where nobody says how much that is, or it is nothing."""
        return self.needed * ONE // self.power if self.power else None

    def quorate(self, *, yes: int, abstain: int, no: int) -> int:
        """What counts for the quorum; of arrays one each."""
        parts = {"yes": yes, "abstain": abstain, "no": no}
        return sum(parts[option] for option in self.counts)

    def need(self, power: int) -> int:
        """The quorum where all power is so much: in another unit, or of others; as told where nobody knows of what."""
        return -(-self.needed * power // self.power) if self.power else self.needed


Rule: TypeAlias = Thresholds | Majority

# Why a vote fails, by the first condition that does not hold.
FAILURES: Final = ("no stake", "quorum", "abstained", "vetoed", "rejected")


def conditions(rule: Rule, *, bonded: Any, total: Any, yes: Any, abstain: Any, veto: Any) -> tuple[Any, ...]:
    """What a vote needs to pass, in the order in which the chain looks (x/gov/keeper/tally.go): one for each failure.

    All powers in one unit: whole numbers, or int64 arrays below 2^33. total: all that voted.
    """
    deciding = total - abstain
    if isinstance(rule, Majority):
        no = deciding - yes
        reached = rule.quorate(yes=yes, abstain=abstain, no=no) >= rule.need(bonded)
        return (True, reached, True, True, rule.agreed(yes=yes, no=no))
    # Vetoes are compared with everything that voted, Yes only with what did not abstain.
    return (
        bonded > 0,
        total >= reaching(rule.quorum, bonded),
        deciding > 0,
        veto < reaching(rule.veto + 1, total),
        yes >= reaching(rule.threshold + 1, deciding),
    )


def passes(rule: Rule, **powers: Any) -> Any:
    """Whether a vote passes, for numbers or for each element of arrays; powers as in `conditions`."""
    return reduce(and_, conditions(rule, **powers))


def outcome(rule: Rule, **powers: int) -> str:
    """What the chain decides: passed, or why not (one of FAILURES); powers as in `conditions`."""
    holds = conditions(rule, **powers)
    return PASSED if all(holds) else FAILURES[holds.index(False)]


@dataclass(frozen=True, slots=True)
class VotingPower:
    """Voting power of one voter, in 1e-18 base units.

    own: of its own delegations. inherited: of a validator's delegators who did not vote. overridden: of those who did,
    and so took it from the validator (a validator's own delegation to itself is among them).
    """

    own: int = 0
    inherited: int = 0
    overridden: int = 0

    @property
    def used(self) -> int:
        """What the voter's choice carried."""
        return self.own + self.inherited


@dataclass(frozen=True, slots=True)
class Tally:
    """The count of one proposal: base units by option as the chain states them, and who carried how much."""

    options: Mapping[str, int]
    exact: Mapping[str, int]
    turnout: int
    bonded: int
    voters: Mapping[str, VotingPower] = field(repr=False)

    def outcome(self, rule: Rule) -> str:
        """What the chain would decide now."""
        yes, abstain, veto = (self.exact[option] for option in ("yes", "abstain", "no_with_veto"))
        unit = ONE
        if isinstance(rule, Majority):
            # A contract compares whole units, and rounds to them.
            yes, abstain, veto, unit = yes // ONE, abstain // ONE, 0, 1
        total = self.turnout * unit // ONE
        return outcome(rule, bonded=self.bonded * unit, total=total, yes=yes, abstain=abstain, veto=veto)


def tally(
    validators: Mapping[str, Validator],
    delegations: Iterable[tuple[str, str, int]],
    votes: Mapping[str, Choice],
    *,
    account: Account,
    bonded: int | None = None,
) -> Tally:
    """The chain's count of these votes over this stake.

    validators: bonded ones by operator address. delegations: (delegator, operator, shares in 1e-18); those to other
    validators carry no power. bonded: the chain's own total of bonded tokens, else the sum of the validators'.
    """
    own: dict[str, int] = defaultdict(int)
    deducted: dict[str, int] = defaultdict(int)
    exact = dict.fromkeys(OPTIONS, 0)
    for delegator, operator, shares in delegations:
        if delegator in votes and operator in validators:
            power = power_of(shares, validators[operator])
            deducted[operator] += shares
            own[delegator] += power
            _count(exact, power, votes[delegator])
    voters = {voter: VotingPower(own=own[voter]) for voter in votes}
    for operator, validator in validators.items():
        voter = account(operator)
        if voter in votes:
            left = power_of(validator.shares - deducted[operator], validator)
            voters[voter] = VotingPower(own[voter], left, power_of(deducted[operator], validator))
            _count(exact, left, votes[voter])
    total = sum(validator.tokens for validator in validators.values()) if bonded is None else bonded
    return Tally(
        options={option: power // ONE for option, power in exact.items()},
        exact=exact,
        turnout=sum(power.used for power in voters.values()),
        bonded=total,
        voters=voters,
    )


def power_of(shares: int, validator: Validator) -> int:
    """Voting power of some shares of a validator, both in 1e-18; none of one whose shares were all taken back."""
    return 0 if not validator.shares else quotient(shares * validator.tokens, validator.shares)


def _count(exact: dict[str, int], power: int, choice: Choice) -> None:
    for option, weight in choice.items():
        exact[option] += product(power, weight)


def choices(votes: pl.DataFrame, proposal: str) -> dict[str, Choice]:
    """What each voter chose on a proposal, from rows in the schema VOTES."""
    found: dict[str, dict[str, int]] = defaultdict(dict)
    rows = votes.filter(pl.col("proposal") == proposal).select("voter", "option", "weight")
    for voter, option, weight in rows.iter_rows():
        found[voter][option] = scaled(weight)
    return dict(found)


def stake(shares: pl.DataFrame) -> tuple[dict[str, Validator], list[tuple[str, str, int]]]:
    """Validators and delegations from the observations of the reading `shares` at one block.

    Raises Impossible where a validator's delegations do not add up to its shares.
    """
    exact: dict[str, dict[str, int]] = defaultdict(dict)
    for name, subject, text in shares.select("name", "subject", "exact").iter_rows():
        exact[name][subject] = scaled(text)
    validators = {
        operator: Validator(tokens // ONE, exact["validator_shares"][operator])
        for operator, tokens in exact["validator_tokens"].items()
    }
    delegations, found = [], dict.fromkeys(validators, 0)
    for subject, amount in exact["shares"].items():
        delegator, _, operator = subject.partition("|")
        delegations.append((delegator, operator, amount))
        found[operator] += amount
    for operator, validator in validators.items():
        if found[operator] != validator.shares:
            raise Impossible(
                f"{operator} has {validator.shares}e-18 shares, its delegations add up to {found[operator]}"
            )
    return validators, delegations


def thresholds(parameters: pl.DataFrame, *, expedited: bool = False) -> Thresholds:
    """What a vote needs, from the observations of the reading `parameters`; raises Impossible where one is missing."""
    rows = parameters.filter(pl.col("subject") == "gov").select("name", "exact")
    found: dict[str, str] = dict(rows.iter_rows())
    needed = ("quorum", "expedited_threshold" if expedited else "threshold", "veto_threshold")
    missing = [name for name in needed if name not in found]
    if missing:
        raise Impossible(f"no governance parameter {', '.join(missing)}")
    return Thresholds(*(scaled(found[name]) for name in needed))
