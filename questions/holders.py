"""Who holds how much of a population: ranks, shares, running sums under a grouping; and where an address stands."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from analytics.akash.supply import domain
from analytics.spread.metrics import lorenz
from questions.populations import Population, in_tokens
from store import addresses
from store.labels import CUSTODIAN, PROTOCOL
from store.mart import Mart

GROUPINGS: Final = ("address", "control", "ownership")
# Measures whose amounts are votes: about blocks, about rules, or as keys of a multisig.
VOTING: Final = ("voting_power", "stake", "control")
LEFT_OUT: Final[dict[str, tuple[str, ...]]] = {
    "address": (),
    "control": PROTOCOL,
    "ownership": (*PROTOCOL, CUSTODIAN),
}
# The name that an address gives itself on its chain; anyone can write any name.
OWN_NAME: Final = "moniker"

# A holder so named is nobody: what a flow gives to no party (burned, withheld, not claimed). It is told apart.
SINK: Final = "sink:"
# No flow has so many sinks.
SINKS: Final = 20
# Labelled holders are few: they are merged apart, so that millions of others need only a sort of their top.
_RANKED: Final = f"""
    WITH label AS (
        SELECT holder, any_value(entity) AS entity, any_value(name) AS name, any_value(kind) AS kind,
               any_value(source) AS evidence
        FROM holder_label
        WHERE network = ?1 AND (valid_from IS NULL OR valid_from <= ?5) AND (valid_to IS NULL OR ?5 < valid_to)
        GROUP BY holder
    ),
    sink AS (SELECT id AS holder FROM holder WHERE network = ?1 AND starts_with(address, '{SINK}')),
    apart AS (SELECT holder FROM label WHERE ?4 <> 'address'),
    merged AS (
        SELECT arg_max(o.holder, o.amount) AS holder, sum(o.amount) AS amount,
               list(o.holder ORDER BY o.amount DESC, o.holder) AS members
        FROM holding o JOIN label l ON l.holder = o.holder
        WHERE ?4 <> 'address' AND o.snapshot = ?2 AND o.population = ?3 AND NOT list_contains(?6::VARCHAR[], l.kind)
        GROUP BY l.entity
    ),
    largest AS (
        SELECT holder, amount FROM holding WHERE snapshot = ?2 AND population = ?3 AND amount > 0
        ORDER BY amount DESC, holder
        LIMIT ?9
    ),
    single AS (
        SELECT o.holder, o.amount, [o.holder] AS members
        FROM largest o ANTI JOIN apart ON apart.holder = o.holder ANTI JOIN sink ON sink.holder = o.holder
    ),
    top AS (
        SELECT * FROM (SELECT * FROM merged WHERE amount > 0 UNION ALL SELECT * FROM single)
        ORDER BY amount DESC, holder LIMIT ?7
    ),
    spelled AS MATERIALIZED (SELECT t.*, h.address FROM top t JOIN holder h ON h.id = t.holder),
    others AS (
        SELECT m.holder, list(h.address ORDER BY m.place) AS addresses
        FROM (SELECT holder, unnest(members) AS member, generate_subscripts(members, 1) AS place
              FROM spelled WHERE len(members) > 1) m
        JOIN holder h ON h.id = m.member GROUP BY m.holder
    ),
    told AS (
        SELECT o.subject AS address, any_value(o.exact ORDER BY o.time DESC) AS own_name
        FROM observation o
        WHERE o.network = ?1 AND o.name = ?8 AND o.subject IN (SELECT address FROM spelled)
        GROUP BY o.subject
    )
    SELECT row_number() OVER (ORDER BY t.amount DESC, t.holder) AS rank, t.address, l.entity, l.name, l.kind,
           l.evidence, told.own_name, len(t.members) AS members, t.amount, others.addresses
    FROM spelled t
    LEFT JOIN others ON others.holder = t.holder
    LEFT JOIN label l ON l.holder = t.holder LEFT JOIN told ON told.address = t.address
    ORDER BY rank
"""


def ranking(mart: Mart, population: Population, grouping: str, limit: int = 1000) -> pl.DataFrame:
    """The largest parties of a population (a row of `populations`), the largest first.

    Columns: rank, address (as its users write it), name, name_from (label, chain or nobody), kind, evidence, members
    (how many addresses), addresses (all of them), amount (base units, exact), base_units (the same as text),
    amount_tokens, share and cumulative (of what the grouping counts).
    """
    labelled = mart.table("SELECT count(*) AS n FROM holder_label WHERE network = ?", population.network)["n"][0]
    rows = mart.table(
        _RANKED,
        population.network,
        population.snapshot,
        population.population_id,
        grouping,
        population.time,
        list(LEFT_OUT[grouping]),
        limit,
        OWN_NAME,
        # Whoever is merged or left out may be among the largest. A number, because for a query DuckDB would sort all.
        limit + int(labelled) + SINKS,
    )
    total = float(counted_total(mart, population, grouping))
    share = pl.col("amount").cast(pl.Float64) / total
    # One address of several is told by its own name, a party by that of its label.
    first, second = ("own_name", "name") if grouping == "address" else ("name", "own_name")
    sources = {"name": "label", "own_name": "chain"}
    shown = [addresses.display(one, population.spelling) for one in rows["address"]]
    all_of = [
        one if several is None else ", ".join(addresses.display(each, population.spelling) for each in several)
        for one, several in zip(shown, rows["addresses"], strict=True)
    ]
    return rows.with_columns(
        address=pl.Series(shown, dtype=pl.String),
        addresses=pl.Series(all_of, dtype=pl.String),
        name_from=pl.when(pl.col(first).is_not_null())
        .then(pl.lit(sources[first]))
        .when(pl.col(second).is_not_null())
        .then(pl.lit(sources[second]))
        .otherwise(pl.lit("nobody")),
        name=pl.coalesce(first, second),
        amount_tokens=in_tokens("amount", population.token_decimals),
        base_units=pl.col("amount").cast(pl.String),
        share=share,
        cumulative=share.cum_sum().clip(0, 1),
    ).drop("own_name")


def counted_total(mart: Mart, population: Population, grouping: str) -> int:
    """What a grouping counts of a population, in base units; a grouping that no label touches counts everything."""
    rows = mart.table(
        """
        SELECT total FROM distribution WHERE snapshot = ? AND population = ? AND grouping IN (?, 'address')
        ORDER BY grouping = 'address', labels_version DESC LIMIT 1
        """,
        population.snapshot,
        population.population_id,
        grouping,
    )
    return int(rows["total"][0])


_AMOUNTS: Final = f"""
    WITH label AS (
        SELECT holder, any_value(entity) AS entity, any_value(kind) AS kind FROM holder_label
        WHERE ?4 <> 'address' AND network = ?1
            AND (valid_from IS NULL OR valid_from <= ?5) AND (valid_to IS NULL OR ?5 < valid_to)
        GROUP BY holder
    ),
    apart AS (
        SELECT holder FROM label UNION ALL SELECT id FROM holder WHERE network = ?1 AND starts_with(address, '{SINK}')
    )
    SELECT o.amount::DOUBLE AS amount FROM holding o ANTI JOIN apart ON apart.holder = o.holder
    WHERE o.snapshot = ?2 AND o.population = ?3 AND o.amount > 0
    UNION ALL
    SELECT sum(o.amount)::DOUBLE FROM holding o JOIN label l ON l.holder = o.holder
    WHERE o.snapshot = ?2 AND o.population = ?3 AND o.amount > 0 AND NOT list_contains(?6::VARCHAR[], l.kind)
    GROUP BY l.entity
"""


def curve(mart: Mart, population: Population, grouping: str) -> pl.DataFrame:
    """The Lorenz curve of the parties: network, title, holders and amount (running fractions, smallest first)."""
    rows = mart.table(
        _AMOUNTS,
        population.network,
        population.snapshot,
        population.population_id,
        grouping,
        population.time,
        list(LEFT_OUT[grouping]),
    )
    points = lorenz(rows["amount"].to_numpy())
    return pl.DataFrame(
        {"network": population.network, "title": population.title, "holders": points[:, 0], "amount": points[:, 1]}
    )


def names(mart: Mart, network: str) -> dict[str, str]:
    """What the addresses of a network are called: by a label, by their own word, or by the domain of their host."""
    rows = mart.table(
        """
        SELECT address, name, 0 AS place FROM entity WHERE network = ?1
        UNION ALL SELECT subject, exact, 1 FROM observation WHERE network = ?1 AND name = ?2
        UNION ALL SELECT subject, exact, 2 FROM observation WHERE network = ?1 AND name = 'host_uri'
        ORDER BY place DESC
        """,
        network,
        OWN_NAME,
    )
    return {address: domain(name) if place == 2 else name for address, name, place in rows.iter_rows()}


def with_coalition(rows: pl.DataFrame, k: int | None) -> pl.DataFrame:
    """The ranking, marking the k largest: the fewest that reach a threshold."""
    return rows.with_columns(coalition=pl.col("rank") <= (k or 0))


@dataclass(frozen=True, slots=True)
class Found:
    """A holder that a search may mean."""

    network: str
    title: str
    address: str
    name: str
    canonical: str

    @property
    def key(self) -> str:
        """Network and address: what a permalink carries."""
        return f"{self.network}:{self.canonical}"


def search(mart: Mart, text: str, limit: int = 20) -> list[Found]:
    """Holders whose address was pasted, or whose name or label contains the text; empty when nobody is meant.

    An account also finds its operator, and on every Cosmos chain the account of the same key.
    """
    text = text.strip()[: addresses.LONGEST_PASTED]
    if not text:
        return []
    try:
        return _spelled(mart, addresses.pasted(text))
    except addresses.NotAnAddress:
        return _named(mart, text, limit)


# A name is shorter, or has blanks; what is as long as an address was meant as one.
AS_LONG: Final = 30


def misspelled(text: str) -> str:
    """Why a text that looks like an address is none; empty where it is one, or looks like a name."""
    text = text.strip()
    if len(text) < AS_LONG or " " in text:
        return ""
    try:
        addresses.pasted(text)
    except addresses.NotAnAddress as error:
        return str(error)
    return ""


def respelled(text: str) -> str:
    """What to know of the spelling of an address: that it is another Substrate chain's; empty where it is not."""
    try:
        wanted = addresses.pasted(text)
    except addresses.NotAnAddress:
        return ""
    if wanted.kind != "substrate" or wanted.prefix in ("", *map(str, addresses.BITTENSOR_PREFIXES)):
        return ""
    own = addresses.ss58(wanted.raw)
    return f"Spelled with ss58 prefix {wanted.prefix}, as on another chain; the same key on Bittensor is {own}."


def _spelled(mart: Mart, wanted: addresses.Address) -> list[Found]:
    """Holders of a key; each spelling is asked for by itself, because that lets the mart skip what cannot hold it."""
    asked = _spellings(mart, wanted)
    one = "SELECT network, address FROM holder WHERE address = ?"
    return _found(mart.table(_WHO.format(found=" UNION ALL ".join([one] * len(asked))), *asked))


_WHO: Final = """
    SELECT f.network, coalesce(w.title, f.network) AS title, f.address, coalesce(w.address, '') AS spelling,
           coalesce((SELECT any_value(o.exact ORDER BY o.time DESC) FROM observation o
                     WHERE o.network = f.network AND o.subject = f.address AND o.name = 'moniker'),
                    (SELECT any_value(e.name) FROM entity e WHERE e.network = f.network AND e.address = f.address),
                    '') AS name
    FROM ({found}) f LEFT JOIN network w ON w.name = f.network ORDER BY name, f.network, f.address
"""
_CALLED: Final = """
    SELECT network, address FROM (
        SELECT network, subject AS address, exact AS name FROM observation
        WHERE name = ?2 AND subject NOT LIKE 'subnet:%' AND contains(lower(exact), lower(?1))
        UNION SELECT network, address, name FROM entity WHERE contains(lower(name), lower(?1))
    ) ORDER BY lower(name) <> lower(?1), length(name), name, network, address LIMIT ?3
"""


def _named(mart: Mart, text: str, limit: int) -> list[Found]:
    found = _found(mart.table(_WHO.format(found=_CALLED), text, OWN_NAME, limit))
    # Who is called just so comes first, then the shorter name.
    return sorted(found, key=lambda one: (one.name.lower() != text.lower(), len(one.name)))


def _found(rows: pl.DataFrame) -> list[Found]:
    return [
        Found(network, title, addresses.display(address, spelling), name, address)
        for network, title, address, spelling, name in rows.iter_rows()
    ]


def _spellings(mart: Mart, wanted: addresses.Address) -> list[str]:
    """Canonical spellings under which the same key may hold something."""
    found = list(wanted.candidates)
    if wanted.kind == "cosmos":
        prefixes = mart.table("SELECT DISTINCT address FROM network WHERE starts_with(address, 'bech32:')")["address"]
        for prefix in (spelling.partition(":")[2] for spelling in prefixes):
            found += addresses.Address("cosmos", wanted.raw, prefix).candidates
    return list(dict.fromkeys(found))


_STANDS: Final = """
    WITH mine AS (
        SELECT o.snapshot, o.population, o.amount FROM holding o
        WHERE o.holder = (SELECT id FROM holder WHERE network = ? AND address = ?)
    )
    SELECT m.snapshot, m.population AS population_id, m.amount,
           (SELECT count(*) + 1 FROM holding o
            WHERE o.snapshot = m.snapshot AND o.population = m.population AND o.amount > m.amount) AS rank
    FROM mine m
"""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where one address stands in one population: its place, and what it has of how much.

    address: as its users write it. others: fewest other addresses that together have more, where this is a vote; None
    where it is none, or where all others together have less.
    """

    population: Population
    address: str
    rank: int
    amount: int
    others: int | None

    @property
    def share(self) -> float:
        """Part of everything that the population has."""
        return self.amount / self.population.total if self.population.total else 0.0

    @property
    def amount_tokens(self) -> float:
        """What it has, in the unit that readers know."""
        return float(self.amount) / 10.0**self.population.token_decimals


def standing(mart: Mart, known: Sequence[Population], found: Found) -> list[Standing]:
    """Where one address stands in every population that has it."""
    by_id = {(one.snapshot, one.population_id): one for one in known}
    rows = mart.table(_STANDS, found.network, found.canonical).iter_rows()
    stands = []
    for snapshot, population, amount, rank in rows:
        among = by_id.get((snapshot, population))
        if among is not None:
            others = _others(mart, among, int(rank), int(amount))
            stands.append(Standing(among, found.address, int(rank), int(amount), others))
    return stands


def everywhere(mart: Mart, known: Sequence[Population], found: Found) -> list[Standing]:
    """Where a key stands on all networks, by all its spellings: first where it votes, then the largest share first."""
    try:
        same = _spelled(mart, addresses.address(found.canonical))
    except addresses.NotAnAddress:
        same = [found]
    stands = [one for spelling in same for one in standing(mart, known, spelling)]
    return sorted(stands, key=lambda one: (votes(one.population), one.share, one.population.key), reverse=True)


def one_each(found: Sequence[Found]) -> list[Found]:
    """The first spelling of each key among what a search found."""
    first: dict[tuple[str, ...] | bytes, Found] = {}
    for one in found:
        first.setdefault(_key(one), one)
    return list(first.values())


def _key(one: Found) -> tuple[str, ...] | bytes:
    try:
        return addresses.address(one.canonical).raw
    except addresses.NotAnAddress:
        return one.network, one.canonical


def votes(population: Population) -> bool:
    """Whether the amounts of a population are votes among its parties; delegators of one validator decide nothing."""
    return population.measure in VOTING and "@" not in population.population


def _others(mart: Mart, population: Population, rank: int, amount: int) -> int | None:
    """Fewest others that together have more than the address at this rank, which holds this amount."""
    if not votes(population) or 2 * amount >= population.total:
        return None
    if rank > 1:
        return 1
    # The thousand largest are nearly always enough.
    few = outvoted_by(ranking(mart, population, "address"), 1)
    return few or outvoted_by(ranking(mart, population, "address", population.n), 1)


def outvoted_by(rows: pl.DataFrame, rank: int) -> int | None:
    """Fewest other parties, the largest first, that together have more than the party at this rank.

    rows: a ranking. None when all others together have less, so that nothing outvotes it.
    """
    amounts = {place: int(amount) for place, amount in rows.select("rank", "amount").iter_rows()}
    wanted, held = amounts.pop(rank), 0
    for count, amount in enumerate(sorted(amounts.values(), reverse=True), start=1):
        held += amount
        if held > wanted:
            return count
    return None
