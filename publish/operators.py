"""Validators that one operator runs, by what they say of themselves: the same keybase identity or website domain.

These are claims: anyone can write anybody's identity or website into a validator. Each row says which claim joined it.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Final

import polars as pl

from analytics.linked import linked
from store.addresses import account
from store.domains import domain
from store.reference import ENTITIES

# A keybase identity is the last sixteen hexadecimal digits of a key's fingerprint.
IDENTITY: Final = re.compile(r"[0-9A-F]{16}")

Claims = Mapping[tuple[str, str], Iterable[str]]


# The newest of what every validator of every Cosmos network says of itself, for `with_operators`.
TEXTS: Final = """
    SELECT network, name, subject, max_by(exact, time) AS exact FROM observation
    WHERE name IN ('moniker', 'identity', 'website') AND contains(subject, 'valoper1')
    GROUP BY network, name, subject ORDER BY network, subject, name
"""


def with_operators(curated: pl.DataFrame, texts: pl.DataFrame) -> pl.DataFrame:
    """Curated entities, and the operators that follow from what validators say of themselves.

    curated: rows of ENTITIES, which stay as they are. A group with a member that is curated takes its name.
    texts: rows of TEXTS.
    """
    known = curated.select("network", "address")
    found = operators(texts)
    called = (
        found.select("network", "address", slug="entity")
        .join(curated.select("network", "address", "entity", "name"), on=["network", "address"])
        .group_by("slug")
        .agg(pl.col("entity").min(), pl.col("name").get(pl.col("entity").arg_min()))
    )
    named = (
        found.join(called, left_on="entity", right_on="slug", how="left", suffix="_curated")
        .with_columns(
            entity=pl.coalesce("entity_curated", "entity"),
            name=pl.coalesce("name_curated", "name"),
        )
        .join(known, on=["network", "address"], how="anti")
    )
    return pl.concat([curated, named.select(ENTITIES.names())])


def operators(texts: pl.DataFrame) -> pl.DataFrame:
    """Validators that share an operator with another one, as entity rows; each address once, as operator and account.

    texts: columns network, name (moniker, identity, website), subject (operator address) and exact. Operators are
    merged across networks. `recorded_at` stays empty: nobody recorded them, they are found anew at each build.
    """
    said = _said(texts)
    claims = {validator: _claims(words) for validator, words in said.items()}
    rows = []
    for members in (group for group in linked(claims) if len(group) > 1):
        slug = _slug(members, claims)
        name = _name(said[member].get("moniker", "") for member in members)
        for network, valoper in members:
            evidence = _evidence((network, valoper), members, claims)
            rows += [
                (network, address, slug, name, "operator", None, None, evidence, None, None)
                for address in (valoper, account(valoper))
            ]
    return pl.DataFrame(rows, schema=ENTITIES, orient="row").sort("network", "entity", "address")


def identity(text: str) -> str:
    """A keybase identity in one spelling, or nothing where the text is none."""
    found = text.strip().upper()
    return found if IDENTITY.fullmatch(found) else ""


def _said(texts: pl.DataFrame) -> dict[tuple[str, str], dict[str, str]]:
    """What each validator says of itself, by network and operator address."""
    found: dict[tuple[str, str], dict[str, str]] = defaultdict(dict)
    for network, name, subject, exact in texts.select("network", "name", "subject", "exact").iter_rows():
        found[network, subject][name] = exact
    return dict(sorted(found.items()))


def _claims(words: Mapping[str, str]) -> tuple[str, ...]:
    """What a validator can share with others: `identity X`, `domain Y`."""
    key, site = identity(words.get("identity", "")), domain(words.get("website", ""))
    return tuple(f"{kind} {value}" for kind, value in (("identity", key), ("domain", site)) if value)


def _slug(members: list[tuple[str, str]], claims: Claims) -> str:
    """A name that stays while the group keeps its most common claim; the first in the alphabet of equals."""
    counted = Counter(claim for member in members for claim in claims[member])
    most = min(counted, key=lambda claim: (-counted[claim], claim))
    return "operator-" + most.partition(" ")[2].lower()


def _name(monikers: Iterable[str]) -> str:
    counted = Counter(moniker for moniker in monikers if moniker)
    return min(counted, key=lambda moniker: (-counted[moniker], moniker), default="")


def _evidence(validator: tuple[str, str], members: list[tuple[str, str]], claims: Claims) -> str:
    """The claims that a validator shares with others of its group."""
    shared = [
        f"{claim} (also of {len(others)} more)"
        for claim in claims[validator]
        if (others := [member for member in members if member != validator and claim in claims[member]])
    ]
    return "said by the validator in the staking module: " + "; ".join(shared)
