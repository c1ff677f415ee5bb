"""Every known way to force or stop something on a network, from what its chain says: consensus, votes, keys."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Final

from analytics.decimals import ONE
from analytics.power.paths import Action, By, Path, Quorum, Side
from analytics.votes import rules as governance
from analytics.votes.tally import Thresholds
from store.mart import Tables
from store.rows import Measure

Votes = Mapping[str, int]

# Verbs of the chains' own rules (Network.rules) that mean stopping blocks or leaving them out.
BLOCK_VERBS: Final = ("halt", "fork", "decide every block", "stop finality")
# What the others may do at worst, by which a vote is forced or stopped whatever they do.
WORST: Final[Mapping[tuple[str, str], tuple[Side, str]]] = {
    ("pass", "all others veto"): (Side.FORCE, "governance vote, all others against"),
    ("veto", "all others vote Yes"): (Side.STOP, "governance veto, all others for"),
}
# What a key of a contract can do; roles that only watch or execute are no power of their own.
POWERS: Final[Mapping[str, Action]] = {
    "minter": Action.MINT,
    "relayer": Action.MINT,
    "burner": Action.SEIZE,
    "pauser": Action.HALT,
    **dict.fromkeys(("admin", "owner", "upgrader", "proxy_admin", "delegate", "proposer"), Action.CHANGE_RULES),
}

_HELD: Final = """
    SELECT p.name AS population, {party} AS party, sum(g.amount) AS amount
    FROM holding g
    JOIN snapshot s ON s.id = g.snapshot
    JOIN population p ON p.id = g.population
    JOIN holder h ON h.id = g.holder
    LEFT JOIN entity e ON e.network = h.network AND e.address = h.address
        AND in_force(e.valid_from, e.valid_to, s.time)
    WHERE s.network = ? AND s.measure = ? AND NOT is_sink(h.address)
    GROUP BY ALL
"""
PARTY: Final[Mapping[str, str]] = {"address": "h.address", "control": "coalesce(e.entity, h.address)"}
_LABELLED: Final = """
    SELECT h.address, any_value(e.entity) AS entity
    FROM holding g
    JOIN snapshot s ON s.id = g.snapshot
    JOIN holder h ON h.id = g.holder
    JOIN entity e ON e.network = h.network AND e.address = h.address
        AND in_force(e.valid_from, e.valid_to, s.time)
    WHERE s.network = ? AND s.measure = ?
    GROUP BY h.address
"""
# A proxy's admin has an owner, which is a multisig: longer chains of owners are not followed.
OWNERS: Final = 4


def ways(mart: Tables, network: str, grouping: str) -> tuple[Path, ...]:
    """All paths of one network, with addresses counted as they are or merged by who controls them."""
    power = _held(mart, network, Measure.VOTING_POWER, grouping)
    facts = _facts(mart, network)
    keys = _Keys(mart, network, grouping, facts)
    return (
        *_by_blocks(mart, network, power),
        *_by_votes(power.get("validators", {}), facts),
        *_by_sudo(keys, facts),
        *_by_finality(keys.of("grandpa")),
        *_by_contracts(keys, facts),
    )


class _Keys:
    """Who holds which key: by address, since multisigs are found by their address, and by party, which is counted."""

    def __init__(self, mart: Tables, network: str, grouping: str, facts: Mapping[tuple[str, str], str]) -> None:
        self.held = _held(mart, network, Measure.CONTROL, "address")
        rows = mart.table(_LABELLED, network, Measure.CONTROL).iter_rows() if grouping == "control" else ()
        self.labelled: dict[str, str] = dict(rows)
        self.facts = facts

    def party(self, holder: str) -> str:
        """The party that holds a key."""
        return self.labelled.get(holder, holder)

    def of(self, population: str) -> Votes:
        """The keys of a population by party; one that has several counts as often."""
        counted: dict[str, int] = defaultdict(int)
        for holder, amount in self.held.get(population, {}).items():
            counted[self.party(holder)] += amount
        return dict(counted)

    def behind(self, holder: str, owners: int = OWNERS) -> tuple[str, Quorum] | str:
        """What a holder of a key is, and which parties must act together for it; or why nobody can say."""
        signers, needed = self.of(f"{holder}/signers"), int(self.facts.get(("threshold", holder), 0))
        if 0 < needed <= sum(signers.values()):
            return f"a multisig {needed} of {sum(signers.values())}", Quorum(signers, needed)
        if self.facts.get(("account", holder)) != "contract":
            return "one key", Quorum({self.party(holder): 1}, 1)
        owner = list(self.held.get(f"{holder}/owner", {}))
        if len(owner) == 1 and owners:
            return self.behind(owner[0], owners - 1)
        return f"{holder} is a contract whose keys are not known"


def _held(mart: Tables, network: str, measure: Measure, grouping: str) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for population, party, amount in mart.table(_HELD.format(party=PARTY[grouping]), network, measure).iter_rows():
        found[population][party] = int(amount)
    return found


def _facts(mart: Tables, network: str) -> dict[tuple[str, str], str]:
    """The newest word of the chain on each (name, subject) that says how decisions are made."""
    rows = mart.table(
        """
        SELECT name, subject, max_by(exact, time) AS exact FROM observation
        WHERE network = ? AND name IN ('quorum', 'threshold', 'veto_threshold', 'rule', 'sudo_signers',
                                       'sudo_threshold', 'account', 'roles')
        GROUP BY name, subject
        """,
        network,
    )
    return {(name, subject): exact for name, subject, exact in rows.iter_rows()}


def _by_blocks(mart: Tables, network: str, power: Mapping[str, Votes]) -> Iterator[Path]:
    """The thresholds of consensus, as the network's own rules name them."""
    rules = mart.table(
        "SELECT action, population, numerator, denominator, strict FROM rule WHERE network = ? AND measure = ?",
        network,
        Measure.VOTING_POWER,
    )
    for action, population, numerator, denominator, strict in rules.iter_rows():
        votes = power.get(population, {})
        if sum(votes.values()) and action.startswith(BLOCK_VERBS):
            need = _need(sum(votes.values()), Fraction(numerator, denominator), strict=strict)
            name = f"{population} with {'more than ' if strict else ''}{numerator}/{denominator} of the power"
            yield Path(Action.HALT, Side.FORCE, name, (Quorum(votes, need),), _shown(votes), By.VOTES)


def _by_votes(votes: Votes, facts: Mapping[tuple[str, str], str]) -> Iterator[Path]:
    """Governance of a Cosmos chain, if validators vote with all the power behind them."""
    named = [facts.get((name, "gov")) or facts.get((name, "")) for name in ("quorum", "threshold", "veto_threshold")]
    if not votes or None in named:
        return
    quorum, threshold, veto = (int(Fraction(text or 0) * ONE) for text in named)
    bonded = sum(votes.values())
    for action in governance.actions(Thresholds(quorum, threshold, veto), Fraction(1)):
        if (action.name, action.case) in WORST:
            side, name = WORST[action.name, action.case]
            need = action.need(bonded)
            if need is not None and 0 < need <= bonded:
                yield Path(Action.CHANGE_RULES, side, name, (Quorum(votes, need),), _shown(votes), By.VOTES)


def _by_sudo(keys: _Keys, facts: Mapping[tuple[str, str], str]) -> Iterator[Path]:
    """The account that can change everything on a Substrate chain, and the multisig behind it."""
    rule = facts.get(("rule", ""))
    if rule is None:
        return
    signers, needed = keys.of("sudo"), int(facts.get(("sudo_threshold", ""), 0))
    known = sum(signers.values())
    if rule != "sudo":
        yield Path.unknown(Action.CHANGE_RULES, Side.FORCE, "the chain's governance", rule)
    elif facts.get(("sudo_signers", "")) != "verified" or not 0 < needed <= known:
        yield Path.unknown(Action.CHANGE_RULES, Side.FORCE, "the sudo key", "its signers are not proved")
    else:
        name = f"the sudo multisig, {needed} of {known}"
        for side, count in ((Side.FORCE, needed), (Side.STOP, known - needed + 1)):
            yield Path(Action.CHANGE_RULES, side, name, (Quorum(signers, count),), independence_shown=False)


def _by_finality(votes: Votes) -> Iterator[Path]:
    """GRANDPA makes a block final with more than two thirds: a third can keep it from that."""
    if votes:
        need = _need(sum(votes.values()), Fraction(1, 3), strict=False)
        yield Path(Action.HALT, Side.FORCE, "block finality (GRANDPA)", (Quorum(votes, need),), _shown(votes), By.VOTES)


def _by_contracts(keys: _Keys, facts: Mapping[tuple[str, str], str]) -> Iterator[Path]:
    """Roles and owners of contracts, with the multisigs behind them."""
    for population, holders in keys.held.items():
        contract, _, power = population.rpartition("/")
        if contract and not contract.startswith("0x") and power in POWERS:
            for holder in holders:
                yield _key(f"{power} of the {contract}", POWERS[power], keys.behind(holder))
    if any(name == "roles" for name, _ in facts):
        yield Path.unknown(Action.CHANGE_RULES, Side.FORCE, "contract roles", "the contract does not list who has them")


def _key(name: str, action: Action, behind: tuple[str, Quorum] | str) -> Path:
    if isinstance(behind, str):
        return Path.unknown(action, Side.FORCE, name, behind)
    what, quorum = behind
    return Path(action, Side.FORCE, f"{name}, {what}", (quorum,), independence_shown=False)


def _need(total: int, share: Fraction, *, strict: bool) -> int:
    """Fewest whole units that are more than (strict) or at least a share of the total."""
    product = share.numerator * total
    return product // share.denominator + 1 if strict else -(-product // share.denominator)


def _shown(votes: Votes) -> bool:
    """Whether somebody looked into who is behind the larger half: labelled parties have names, not addresses."""
    named = sum(amount for party, amount in votes.items() if not party.startswith(("0x", "5")) and "1" not in party)
    return 2 * named > sum(votes.values())
