"""What a scenario makes of a population, as SQL: the same whole numbers as `analytics.spread.whatif`, to the last unit.

A statement follows from the kind of scenario, its number and its parties; whatever is written by anybody stands in it
as a placeholder. Every step is of whole numbers up to 38 digits, and one that has more is an error and no number.
"""

import re
from collections.abc import Mapping
from fractions import Fraction
from typing import Final

from analytics.spread.batches import Threshold
from analytics.spread.whatif import SHARES
from questions.ranking import LEFT_OUT
from questions.scenario import PARTIES, QUESTIONS

# What a number of a scenario may be: of per cent with so many digits, of a count.
NUMBER: Final = r"[0-9]{1,5}(?:[.][0-9]{1,6})?"
COUNTS: Final = re.compile(r"nc_(ge|gt)_([0-9]{1,9})_([0-9]{1,9})(?:_edi)?")

# --- who has how much now -----------------------------------------------------------------------------------------

# Parties as a ranking has them, the largest first; what is below so many, or was not read, counts as dust: so many base
# units, each of another.
_NOW: Final = """
    one AS (
        SELECT s.id AS snapshot, p.id AS population, s.network, s.time,
            g.total::HUGEINT + CASE WHEN coalesce(d.reported_total, 0) - d.total > d.n_all
                THEN coalesce(d.reported_total, 0)::HUGEINT - d.total::HUGEINT ELSE 0 END AS counted
        FROM snapshot s
        JOIN distribution d ON d.snapshot = s.id AND d.grouping = 'address' JOIN population p ON p.id = d.population
        JOIN size_under({grouping}) g ON (g.snapshot, g.population) = (s.id, p.id)
        WHERE (s.network, s.chain_id, s.reading, s.height, p.name)
            = ({network}, {chain_id}, {reading}, {height}, {population})
    ),
    label AS (
        SELECT l.holder, any_value(l.entity) AS entity, any_value(l.kind) AS kind FROM holder_label l, one
        WHERE {grouping} <> 'address' AND l.network = one.network AND in_force(l.valid_from, l.valid_to, one.time)
        GROUP BY l.holder
    ),
    party AS (
        SELECT sum(o.amount)::HUGEINT AS amount,
            bool_or(list_contains(string_split({chosen}, ' '), h.address)) AS chosen
        FROM one JOIN holding o ON (o.snapshot, o.population) = (one.snapshot, one.population)
        JOIN holder h ON h.id = o.holder LEFT JOIN label l ON l.holder = o.holder
        WHERE o.amount > 0 AND NOT is_sink(h.address)
            AND NOT list_contains(string_split({left_out}, ' '), coalesce(l.kind, ' '))
        GROUP BY l.entity, CASE WHEN l.entity IS NULL THEN o.holder END
    ),
    now AS (
        SELECT amount, chosen, row_number() OVER (ORDER BY amount DESC) AS place FROM party QUALIFY place <= {most}
    ),
    before AS (
        SELECT coalesce(sum(amount), 0)::HUGEINT AS held, greatest(counted - held, 0) AS dust, held + dust AS whole
        FROM one LEFT JOIN now ON true GROUP BY counted
    )"""
# A share of the whole, rounded down: divided before it is multiplied.
_PART: Final = "(whole // {denominator} * {numerator} + whole % {denominator} * {numerator} // {denominator})"

# --- what a scenario makes of it: `dealt` has the amounts, `rest` the dust ------------------------------------------

_SAME_DUST: Final = "rest AS (SELECT dust FROM before)"
_CUT: Final = f"""
    dealt AS (SELECT least(amount, {_PART}) AS amount FROM now, before),
    {_SAME_DUST}"""
_SPLIT: Final = f"""
    dealt AS (
        SELECT amount FROM now WHERE NOT chosen
        UNION ALL SELECT amount // {{numerator}} + (part <= amount % {{numerator}})::HUGEINT
        FROM now, range(1, {{numerator}} + 1) parts(part) WHERE chosen
    ),
    {_SAME_DUST}"""
_MERGED: Final = f"""
    dealt AS (
        SELECT amount FROM now WHERE NOT chosen UNION ALL SELECT sum(amount)::HUGEINT FROM now WHERE chosen
    ),
    {_SAME_DUST}"""
_WITHOUT_LARGEST: Final = f"""
    dealt AS (SELECT amount FROM now WHERE place > {{numerator}}),
    {_SAME_DUST}"""
_LEAVING: Final = f"""
    dealt AS (SELECT amount FROM now WHERE NOT chosen),
    {_SAME_DUST}"""
_TURNOUT: Final = """
    wanted AS (SELECT whole // {denominator} * {numerator}
        + (whole % {denominator} * {numerator} + {denominator} - 1) // {denominator} AS units FROM before),
    dealt AS (
        SELECT amount FROM wanted, (
            SELECT amount, (sum(amount) OVER (ORDER BY place) - amount)::HUGEINT AS above FROM now
        ) WHERE above < units
    ),
    rest AS (
        SELECT greatest(units - coalesce(sum(amount), 0)::HUGEINT, 0) AS dust FROM wanted LEFT JOIN dealt ON true
        GROUP BY units
    )"""
# A product of two amounts has too many digits: one is taken six digits at a time, and what is left over is carried on.
_DIGITS: Final = 10**6
_PIECES: Final = 7


def _divided(weight: str, amount: str, whole: str) -> str:
    """Columns of `weight * amount // whole` as `quotient`, and of what is left over as `remainder`."""
    told = []
    for place in reversed(range(_PIECES)):
        piece = f"{weight} * ({amount} // {_DIGITS**place} % {_DIGITS})"
        carried = "" if place == _PIECES - 1 else f"(c{place + 1} % {whole}) * {_DIGITS} + "
        told.append(f"{carried}{piece} AS c{place}")
    quotient = " + ".join(f"c{place} // {whole} * {_DIGITS**place}" for place in reversed(range(_PIECES)))
    return ",\n            ".join([*told, f"{quotient} AS quotient", f"c0 % {whole} AS remainder"])


# In whole units; units that are left over go to the largest remainders.
_DEALT: Final = f"""
    weights AS (
        SELECT weight, place FROM weighing UNION ALL SELECT dust, NULL FROM before
    ),
    divided AS (
        SELECT weight, place, {{amount}} AS all_of_it, sum(weight) OVER ()::HUGEINT AS together,
            {_divided("weight", "all_of_it", "together")}
        FROM weights, before, capped
    ),
    shared AS (
        SELECT place, quotient + (row_number() OVER (ORDER BY remainder DESC, {{order}})
            <= all_of_it - sum(quotient) OVER ()::HUGEINT)::HUGEINT AS amount
        FROM divided
    ),
    rest AS (SELECT amount AS dust FROM shared WHERE place IS NULL)"""
_HANDED: Final = f"""
    capped AS (SELECT 0 AS n),
    weighing AS (SELECT amount AS weight, place FROM now WHERE NOT chosen),
    {_DEALT.replace("{amount}", "whole").replace("{order}", "place NULLS LAST")},
    dealt AS (SELECT amount FROM shared WHERE place IS NOT NULL)"""
# Of the largest so many are capped that the next one, after all that is left was shared in proportion, is not above.
_SPREAD: Final = f"""
    tried AS (
        SELECT place - 1 AS n, {_PART} AS most, amount AS next, whole - most * n AS remains,
            whole - (sum(amount) OVER (ORDER BY place) - amount)::HUGEINT AS together,
            {_divided("next", "remains", "together")}
        FROM now, before
    ),
    capped AS (
        SELECT coalesce(min(n) FILTER (quotient + (remainder > 0)::HUGEINT <= most),
            (SELECT count(*) FROM now)) AS n, any_value(most) AS most FROM tried
    ),
    weighing AS (SELECT amount AS weight, -place AS place FROM now, capped WHERE place > n),
    {_DEALT.replace("{amount}", "whole - most * n").replace("{order}", "place NULLS LAST")},
    dealt AS (
        SELECT amount FROM shared WHERE place IS NOT NULL
        UNION ALL SELECT most FROM capped, range(n)
    )"""
STEPS: Final[Mapping[str, str]] = {
    "cap": _CUT,
    "spread": _SPREAD,
    "split": _SPLIT,
    "merge": _MERGED,
    "remove": _WITHOUT_LARGEST,
    "exit": _HANDED,
    "abstain": _LEAVING,
    "turnout": _TURNOUT,
}

# --- what is counted of it ------------------------------------------------------------------------------------------

_LIMB: Final = 2**63
# Squares in two limbs of 63 bits, so that each sum is one of whole numbers.
_COUNTED: Final = f"""
    held AS (
        SELECT amount, row_number() OVER (ORDER BY amount DESC) AS place,
            sum(amount) OVER (ORDER BY amount DESC ROWS UNBOUNDED PRECEDING)::HUGEINT AS running
        FROM dealt WHERE amount > 0
    ),
    after AS (
        SELECT count(amount)::HUGEINT AS n, coalesce(sum(amount), 0)::HUGEINT AS held, dust, held + dust AS whole,
            coalesce(sum((amount // {_LIMB}) * (amount // {_LIMB})), 0)::HUGEINT AS high,
            coalesce(sum((amount // {_LIMB}) * (amount % {_LIMB})), 0)::HUGEINT * 2
                + coalesce(sum((amount % {_LIMB}) * (amount % {_LIMB}) // {_LIMB}), 0)::HUGEINT AS middle,
            coalesce(sum((amount % {_LIMB}) * (amount % {_LIMB}) % {_LIMB}), 0)::HUGEINT + dust AS low,
            coalesce(sum(amount * (n_held - place + 1)), 0)::HUGEINT AS ranks
        FROM rest LEFT JOIN (SELECT *, count(*) OVER () AS n_held FROM held) ON true GROUP BY dust
    )"""


def _exact(number: str) -> str:
    """A whole number as the double that is nearest to it: a cast of large ones may be off in the last bit."""
    return f"{number}::VARCHAR::DOUBLE"


_MIDDLE: Final = f"(middle + low // {_LIMB})"
_SQUARES: Final = (
    f"({_exact(f'(high + {_MIDDLE} // {_LIMB})')} * {float(_LIMB) ** 2!r} "
    f"+ {_exact(f'({_MIDDLE} % {_LIMB})')} * {float(_LIMB)!r} + {_exact(f'(low % {_LIMB})')})"
)
_DUST: Final = _exact("dust")
_RANKS: Final = f"({_DUST} * {_exact('(dust + 1)')} / 2.0::DOUBLE + {_DUST} * {_exact('held')} + {_exact('ranks')})"
_PARTIES: Final = _exact("(n + dust)")
_GINI: Final = f"2.0::DOUBLE * {_RANKS} / ({_PARTIES} * {_exact('whole')}) - {_exact('(n + dust + 1)')} / {_PARTIES}"


def _top(count: int) -> str:
    of_held = f"coalesce((SELECT sum(amount)::HUGEINT FROM held WHERE place <= {count}), 0)"
    return f"{_exact(f'({of_held} + least(greatest({count} - n, 0), dust))')} / {_exact('whole')}"


FORMULAS: Final[Mapping[str, str]] = {
    "effective_parties": f"{_exact('whole')} * {_exact('whole')} / {_SQUARES}",
    "hhi": f"10000.0::DOUBLE * {_SQUARES} / ({_exact('whole')} * {_exact('whole')})",
    "gini": _GINI,
    "gini_all": _GINI,
    **{f"top_{count}": _top(count) for count in SHARES},
}


def _fewest(rule: Threshold) -> str:
    """Fewest that reach a threshold; of what nobody holds each unit is another's."""
    part = f"whole % {rule.denominator} * {rule.numerator}"
    over = (
        f"{part} // {rule.denominator} + 1"
        if rule.strict
        else (f"({part} + {rule.denominator - 1}) // {rule.denominator}")
    )
    need = f"(whole // {rule.denominator} * {rule.numerator} + {over})"
    few = f"(SELECT count(*) + 1 FROM held WHERE running < {need})"
    return _exact(f"(CASE WHEN {need} <= held THEN {few} ELSE n + {need} - held END)")


def formula(metric: str) -> str | None:
    """The SQL of a metric of what a scenario leaves; None of one that has logarithms in it, which differ by machine."""
    found = COUNTS.fullmatch(metric)
    if not found:
        return FORMULAS.get(metric)
    try:
        return _fewest(Threshold(int(found[2]), int(found[3]), strict=found[1] == "gt"))
    except ValueError:
        return None


def relation(kind: str, metric: str) -> str:
    """The relation with the number as `value` and its snapshot; what is asked stands in braces."""
    return f"""(WITH {_NOW},{STEPS[kind]},{_COUNTED}
    SELECT one.snapshot, {formula(metric)} AS value FROM one, after) x
JOIN snapshot s ON s.id = x.snapshot"""


def placeholders(kind: str, number: str, chosen: str, population: str, grouping: str) -> dict[str, int | str]:
    """What stands in the braces, beside where the population is. chosen: addresses with spaces between."""
    part = Fraction(number or "0") / (100 if QUESTIONS[kind].unit == "percent" else 1)
    return {
        "population": population,
        "grouping": grouping,
        "left_out": " ".join(LEFT_OUT[grouping]),
        "chosen": chosen,
        "numerator": part.numerator,
        "denominator": part.denominator,
        "most": PARTIES,
    }
