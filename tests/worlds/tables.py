"""What two marts of the same must have alike: every table, in words that hold in both."""

from pathlib import Path

import polars as pl

from store.mart import opened

# Numbers of snapshots, populations and holders are given as things come; what they stand for is compared.
OF = "s.network, s.chain_id, s.reading, s.height"
TABLES = {
    "snapshot": "SELECT * EXCLUDE (id) FROM snapshot",
    "reported": f"SELECT {OF}, t.* EXCLUDE (snapshot) FROM reported t JOIN snapshot s ON s.id = t.snapshot",
    "measured": f"SELECT {OF}, t.* EXCLUDE (snapshot) FROM measured t JOIN snapshot s ON s.id = t.snapshot",
    "holding": f"""
        SELECT {OF}, p.name, h.network AS whose, h.address, t.amount FROM holding t JOIN snapshot s ON s.id = t.snapshot
        JOIN population p ON p.id = t.population JOIN holder h ON h.id = t.holder
    """,
    **{
        name: f"""
            SELECT {OF}, p.name, t.* EXCLUDE (snapshot, population) FROM {name} t
            JOIN snapshot s ON s.id = t.snapshot JOIN population p ON p.id = t.population
        """
        for name in ("distribution", "metric", "ranked")
    },
    # Of two parts that have the same, a build that saw both takes the first, and one that saw them come keeps its own.
    "sweep": f"""
        SELECT {OF}, p.name, t.* EXCLUDE (snapshot, population, part) FROM sweep t
        JOIN snapshot s ON s.id = t.snapshot JOIN population p ON p.id = t.population
    """,
    **{
        name: f"SELECT {OF}, t.* EXCLUDE (snapshot) FROM {name} t JOIN snapshot s ON s.id = t.snapshot"
        for name in ("observation", "proposal", "vote")
    },
    "delegated": f"""
        SELECT {OF}, p.name, t.* EXCLUDE (snapshot, population) FROM delegated t
        JOIN snapshot s ON s.id = t.snapshot JOIN population p ON p.id = t.population
    """,
    "holder_label": """
        SELECT h.address, t.* EXCLUDE (holder) FROM holder_label t JOIN holder h ON h.id = t.holder
        SEMI JOIN holding o ON o.holder = h.id
    """,
    "change": f"""
        SELECT {OF}, p.name, e.height AS before_height, t.* EXCLUDE (snapshot, population, earlier) FROM change t
        JOIN snapshot s ON s.id = t.snapshot JOIN snapshot e ON e.id = t.earlier
        JOIN population p ON p.id = t.population
    """,
    **{
        name: f"SELECT {OF}, t.* EXCLUDE (snapshot) FROM {name} t LEFT JOIN snapshot s ON s.id = t.snapshot"
        for name in ("slack", "halt_cost", "deciding_set")
    },
    **{name: f"SELECT * EXCLUDE (snapshots) FROM {name}" for name in ("power", "path", "claim_reading")},
    **{name: f"FROM {name}" for name in ("entity", "claim", "alike", "verdict", "run", "run_error", "trouble")},
    **{name: f"FROM {name}" for name in ("flip", "recount", "organisation", "auditor", "reference_file")},
    **{name: f"FROM {name}" for name in ("spend", "spend_side", "spend_party", "spend_day")},
}


def tables(data: Path) -> dict[str, pl.DataFrame]:
    with opened(data) as mart:
        return {name: mart.table(f"FROM ({query}) ORDER BY ALL") for name, query in TABLES.items()}
