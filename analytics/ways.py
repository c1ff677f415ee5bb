"""Every known way to force or stop something on a network, from what its chain says: consensus, votes, keys."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Final

from analytics import governance
from analytics.paths import Action, By, Path, Quorum, Side
from analytics.tally import ONE, Thresholds
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
        AND (e.valid_from IS NULL OR e.valid_from <= s.time) AND (e.valid_to IS NULL OR s.time < e.valid_to)
    WHERE s.network = ? AND s.measure = ? AND NOT starts_with(h.address, 'sink:')
    GROUP BY ALL
"""
PARTY: Final[Mapping[str, str]] = {"address": "h.address", "control": "coalesce(e.entity, h.address)"}


def ways(mart: Tables, network: str, grouping: str) -> tuple[Path, ...]:
    """All paths of one network, with addresses counted as they are or merged by who controls them."""
    power = _held(mart, network, Measure.VOTING_POWER, grouping)
    keys = _held(mart, network, Measure.CONTROL, grouping)
    facts = _facts(mart, network)
    return (
        *_by_blocks(mart, network, power),
        *_by_votes(power.get("validators", {}), facts),
        *_by_sudo(keys, facts),
        *_by_finality(keys.get("grandpa", {})),
        *_by_contracts(keys, facts),
    )


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


def _by_sudo(keys: Mapping[str, Votes], facts: Mapping[tuple[str, str], str]) -> Iterator[Path]:
    """The account that can change everything on a Substrate chain, and the multisig behind it."""
    rule = facts.get(("rule", ""))
    if rule is None:
        return
    signers, needed = list(keys.get("sudo", {})), int(facts.get(("sudo_threshold", ""), 0))
    if rule != "sudo":
        yield Path.unknown(Action.CHANGE_RULES, Side.FORCE, "the chain's governance", rule)
    elif facts.get(("sudo_signers", "")) != "verified" or not 0 < needed <= len(signers):
        yield Path.unknown(Action.CHANGE_RULES, Side.FORCE, "the sudo key", "its signers are not proved")
    else:
        name = f"the sudo multisig, {needed} of {len(signers)}"
        stop = len(signers) - needed + 1
        for side, count in ((Side.FORCE, needed), (Side.STOP, stop)):
            yield Path(Action.CHANGE_RULES, side, name, (Quorum.of_signers(count, signers),), independence_shown=False)


def _by_finality(votes: Votes) -> Iterator[Path]:
    """GRANDPA makes a block final with more than two thirds: a third can keep it from that."""
    if votes:
        need = _need(sum(votes.values()), Fraction(1, 3), strict=False)
        yield Path(Action.HALT, Side.FORCE, "block finality (GRANDPA)", (Quorum(votes, need),), _shown(votes), By.VOTES)


def _by_contracts(keys: Mapping[str, Votes], facts: Mapping[tuple[str, str], str]) -> Iterator[Path]:
    """Roles and owners of contracts, with the multisigs behind them."""
    for population, holders in keys.items():
        contract, _, power = population.rpartition("/")
        if contract and not contract.startswith("0x") and power in POWERS:
            for holder in holders:
                yield _key(f"{power} of the {contract}", POWERS[power], holder, keys, facts)
    if any(name == "roles" for name, _ in facts):
        yield Path.unknown(Action.CHANGE_RULES, Side.FORCE, "contract roles", "the contract does not list who has them")


def _key(
    name: str, action: Action, holder: str, keys: Mapping[str, Votes], facts: Mapping[tuple[str, str], str]
) -> Path:
    signers = list(keys.get(f"{holder}/signers", {}))
    needed = int(facts.get(("threshold", holder), 0))
    if signers and 0 < needed <= len(signers):
        multisig = Quorum.of_signers(needed, signers)
        return Path(
            action, Side.FORCE, f"{name}, a multisig {needed} of {len(signers)}", (multisig,), independence_shown=False
        )
    if facts.get(("account", holder)) == "contract":
        return Path.unknown(action, Side.FORCE, name, f"{holder} is a contract whose keys are not known")
    return Path(action, Side.FORCE, f"{name}, one key", (Quorum.of_signers(1, [holder]),), independence_shown=False)


def _need(total: int, share: Fraction, *, strict: bool) -> int:
    """Fewest whole units that are more than (strict) or at least a share of the total."""
    product = share.numerator * total
    return product // share.denominator + 1 if strict else -(-product // share.denominator)


def _shown(votes: Votes) -> bool:
    """Whether somebody looked into who is behind the larger half: labelled parties have names, not addresses."""
    named = sum(amount for party, amount in votes.items() if not party.startswith(("0x", "5")) and "1" not in party)
    return 2 * named > sum(votes.values())
