"""SQL that moves facts from landing files into the draft; each statement may run again."""

from collections.abc import Mapping, Sequence
from typing import Final

from store.reference import CUSTODIAN, PROTOCOL
from store.rows import Kind

# Accounts of a Substrate chain's own modules (PalletId): "modl", a name of eight letters and up to four of a part, and
# zeros, in place of a public key. Nobody has a key to them; a key that begins with the same four letters can be found.
PALLET: Final = "length({holder}) = 66 AND starts_with({holder}, '0x6d6f646c') AND ends_with({holder}, repeat('0', 32))"
_PROTOCOL: Final = ", ".join(f"'{kind}'" for kind in (*PROTOCOL, "sink"))

# Rows of the files $1 in the folder $2. Files of schema version 1 hold one snapshot and have no column
# `snapshot_height`; others lack what came later.
_READ: Final = """
    (
        SELECT NULL::BIGINT AS snapshot_height{later} WHERE false
        UNION ALL BY NAME
        SELECT * FROM read_parquet(
            $1::VARCHAR[], filename = true, union_by_name = true, hive_partitioning = false)
    ) r
    JOIN wanted w ON r.filename = $2 || '/' || w.file AND (w.schema_version = 1 OR r.snapshot_height = w.height)
"""
WANTED: Final = """
    CREATE OR REPLACE TEMP TABLE wanted AS
    SELECT id, file, height, schema_version, network, time FROM snapshot WHERE id IN (SELECT unnest(?::INTEGER[]))
"""
LANDED: Final = f"CREATE OR REPLACE TEMP TABLE landed AS SELECT w.id AS snapshot, {{columns}} FROM {_READ}"

FRESH: Final = "SELECT id, n, kind FROM snapshot WHERE id IN (SELECT unnest(?::INTEGER[])) ORDER BY time, id"

# Whatever tells of what others may tell too: a proposal, a day of a series, a state; and the newest of a reading that
# speaks for all, whose silence tells as much.
GAVE_WAY: Final = """
    SELECT DISTINCT network, kind FROM snapshot s
    WHERE id IN (SELECT unnest(?::INTEGER[])) AND (
        id IN (SELECT snapshot FROM proposal UNION ALL SELECT snapshot FROM vote)
        OR EXISTS (SELECT 1 FROM observation o WHERE o.snapshot = s.id AND (s.newest_only OR o.time <> s.time))
        OR id IN (SELECT max_by(id, row(time, id)) FROM snapshot WHERE newest_only OR kind = 'proposals'
                  GROUP BY network, chain_id, reading))
"""
OF_KIND: Final = """
    SELECT id FROM snapshot
    WHERE (network, kind) IN (SELECT (unnest($1::VARCHAR[]), unnest($2::VARCHAR[])))
"""
# Those of some files, and those of some keys.
CONCERNED: Final = """
    SELECT {columns} FROM snapshot
    WHERE file IN (SELECT unnest($1::VARCHAR[])) OR (network, chain_id, reading, height) IN (
        SELECT (unnest($2::VARCHAR[]), unnest($3::VARCHAR[]), unnest($4::VARCHAR[]), unnest($5::BIGINT[])))
    ORDER BY id
"""
REPORTED: Final = "SELECT snapshot, population, total FROM reported WHERE snapshot IN (SELECT unnest(?::INTEGER[]))"
# No file that was torn is known; meanwhile what took the place of its rows may have gone.
MISSED: Final = "SELECT id FROM snapshot WHERE file NOT IN (SELECT file FROM landing_file)"
MOVED: Final = "UPDATE snapshot SET file = ?, schema_version = ? WHERE id = ?"

# Labels have a version a network, so that a label changed on one chain leaves the metrics of the others alone. From a
# day on, and until that day, are not the same.
LABEL_VERSIONS: Final = """
    CREATE OR REPLACE TEMP TABLE label_version AS
    SELECT s.network, coalesce(any_value(e.version), '') AS version
    FROM (SELECT DISTINCT network FROM snapshot) s
    LEFT JOIN (
        SELECT network, md5(string_agg(label, ' ' ORDER BY label))[:12] AS version
        FROM (SELECT network, concat_ws('|', address, entity, kind,
                     if(valid_to IS NULL, valid_from::VARCHAR, coalesce(valid_from::VARCHAR, '')), valid_to) AS label
              FROM entity)
        GROUP BY network
    ) e ON e.network = s.network
    GROUP BY s.network
"""
UNMEASURED: Final = """
    SELECT s.id, s.n FROM snapshot s JOIN label_version v USING (network)
    WHERE s.kind = 'holdings' AND NOT EXISTS (
        SELECT 1 FROM measured m
        WHERE m.snapshot = s.id AND m.method_version = ? AND m.labels_version = v.version)
    ORDER BY s.time, s.id
"""
MEASURED: Final = """
    INSERT INTO measured
    SELECT s.id, ?, v.version FROM snapshot s JOIN label_version v USING (network)
    WHERE s.id IN (SELECT unnest(?::INTEGER[]))
"""

ANY_MEASURED: Final = "SELECT 1 FROM measured WHERE snapshot IN (SELECT unnest(?::INTEGER[])) LIMIT 1"
MEASURED_ANEW: Final = (
    "DELETE FROM metric WHERE grouping = 'unlabelled_one' AND snapshot IN (SELECT unnest(?::INTEGER[]))"
)

# What older labels gave, of snapshots that are measured with those in force: nothing says which of two is newer. And
# that it was measured, so that a label that comes back is measured again.
_BEFORE: Final = """
    EXISTS (
        SELECT 1 FROM measured m JOIN snapshot s ON s.id = m.snapshot JOIN label_version v ON v.network = s.network
        WHERE m.snapshot = o.snapshot AND m.labels_version = v.version AND v.version <> o.labels_version)
"""
ANY_OUTDATED: Final = f"SELECT 1 FROM measured o WHERE {_BEFORE} LIMIT 1"
OUTDATED: Final[Sequence[str]] = tuple(
    f"DELETE FROM {table} o WHERE {where} {_BEFORE}"
    for table, where in (
        ("metric", "grouping <> 'address' AND"),
        ("distribution", "grouping <> 'address' AND"),
        ("sweep", "grouping <> 'address' AND"),
        ("measured", ""),
    )
)

# Metrics and sizes with what they are of in words that hold in another mart.
MEASURED_ROWS: Final = """
    SELECT s.network, s.chain_id, s.reading, s.height, s.sha256, p.name, t.* EXCLUDE (snapshot, population)
    FROM {table} t JOIN snapshot s ON s.id = t.snapshot JOIN population p ON p.id = t.population ORDER BY ALL
"""
_ELSEWHERE: Final = "read_parquet(?, hive_partitioning = false)"
POPULATIONS_ELSEWHERE: Final = f"""
    INSERT INTO population
    SELECT (SELECT count(*) FROM population) + row_number() OVER (ORDER BY name), name
    FROM (SELECT DISTINCT name FROM {_ELSEWHERE} WHERE name NOT IN (SELECT name FROM population))
"""
# A snapshot that two files hold, since a compaction was cut off, may be in two parts: the first counts.
ELSEWHERE: Final = f"""
    INSERT INTO {{table}} BY NAME
    SELECT s.id AS snapshot, p.id AS population, w.* EXCLUDE (network, chain_id, reading, height, sha256, name)
    FROM {_ELSEWHERE} w
    JOIN snapshot s USING (network, chain_id, reading, height, sha256) JOIN population p USING (name)
    WHERE s.id NOT IN (SELECT snapshot FROM measured) ORDER BY s.id, p.id
"""
MEASURED_ELSEWHERE: Final = f"""
    INSERT INTO measured
    SELECT DISTINCT s.id, ?, v.version FROM {_ELSEWHERE} w
    JOIN snapshot s USING (network, chain_id, reading, height, sha256) JOIN label_version v ON v.network = s.network
    WHERE s.id NOT IN (SELECT snapshot FROM measured)
"""

# What a sweep by other formulas left, or a part that is gone.
UNSWEPT: Final = "DELETE FROM sweep WHERE method_version <> ? OR part NOT IN (SELECT unnest(?::VARCHAR[]))"
ROWS_OF_SWEPT: Final = "SELECT count(*) AS rows FROM read_parquet(?, hive_partitioning = false)"
# Of a part of a sweep what is of snapshots, formulas and labels as they are; nothing twice, in whichever parts it is.
SWEPT: Final = """
    INSERT INTO sweep BY NAME
    SELECT s.id AS snapshot, p.id AS population, ? AS part,
           w.* EXCLUDE (network, chain_id, reading, height, sha256, population)
    FROM read_parquet(?, hive_partitioning = false) w
    JOIN snapshot s USING (network, chain_id, reading, height, sha256)
    JOIN population p ON p.name = w.population
    JOIN label_version v ON v.network = s.network AND w.labels_version IN ('', v.version)
    WHERE w.method_version = ? AND NOT EXISTS (
        SELECT 1 FROM sweep o
        WHERE o.snapshot = s.id AND o.population = p.id AND o.grouping = w.grouping AND o.scenario = w.scenario
            AND o.metric = w.metric)
    ORDER BY s.id, p.id, w.scenario, w.metric
"""

# As the view `newest`, but of what is whole.
NEWEST: Final = """
    SELECT max_by(id, row(time, id)) AS id FROM snapshot
    WHERE kind = 'holdings' AND id NOT IN (SELECT unnest(?::INTEGER[])) GROUP BY network, reading
"""

# The last block of each day of the last year of every reading that has a population on the scorecard.
LAST_OF_DAYS: Final = """
    SELECT max_by(s.id, row(s.time, s.id)) AS id FROM snapshot s
    JOIN newest n ON n.network = s.network AND n.reading = s.reading
    WHERE s.kind = 'holdings' AND s.n > 0 AND s.id NOT IN (SELECT unnest(?::INTEGER[]))
        AND s.time > n.time - INTERVAL 366 DAY
        AND (s.network, s.reading) IN (SELECT (network, reading) FROM scorecard)
    GROUP BY s.network, s.reading, s.time::DATE
"""
_RANKED: Final = 100
# No population has so many sinks: what nobody got is among the largest, and has no rank.
_SINKS: Final = 20
# Of equal amounts those that come first in the alphabet are among the hundred.
_AMONG: Final = f"""
    INSERT INTO ranked
    SELECT snapshot, population, rank() OVER (PARTITION BY snapshot, population ORDER BY amount DESC), address, amount
    FROM ({{largest}})
    WHERE NOT is_sink(address)
    QUALIFY row_number() OVER (PARTITION BY snapshot, population ORDER BY amount DESC, address) <= {_RANKED}
    ORDER BY population, snapshot, amount DESC, address
"""
RANKED: Final = _AMONG.format(
    largest=f"""
        SELECT snapshot, population, unnest(largest, recursive := true) FROM (
            SELECT w.id AS snapshot, p.id AS population,
                   min_by(struct_pack(address := r.holder, amount := r.amount), row(-r.amount, r.holder),
                          {_RANKED + _SINKS}) AS largest
            FROM {_READ.format(later="")} JOIN population p ON p.name = r.population
            JOIN snapshot s ON s.id = w.id
            SEMI JOIN scorecard c
                ON c.network = s.network AND c.reading = s.reading AND c.population = r.population
            WHERE r.amount > 0
            GROUP BY w.id, p.id
        )"""
)
# The same of snapshots that stand in `holding`: of millions of addresses only those of the largest are looked at. Who
# they are is put down first, since a plan that does not know how few they are reads every address.
LARGEST_HELD: Final = f"""
    CREATE OR REPLACE TEMP TABLE largest_held AS
    WITH shown AS (
        SELECT s.id AS snapshot, p.id AS population FROM snapshot s
        JOIN scorecard c ON c.network = s.network AND c.reading = s.reading
        JOIN population p ON p.name = c.population WHERE s.id IN (SELECT unnest($1::INTEGER[]))
    ),
    held AS NOT MATERIALIZED (
        FROM holding SEMI JOIN shown USING (snapshot, population)
        WHERE amount > 0 AND snapshot IN (SELECT unnest($1::INTEGER[]))
    ),
    least AS (
        SELECT snapshot, population, list_min(max(amount, {_RANKED + _SINKS})) AS amount FROM held GROUP BY ALL
    )
    SELECT o.* FROM held o JOIN least l USING (snapshot, population) WHERE o.amount >= l.amount
"""
RANKED_OF_HELD: Final = _AMONG.format(
    largest="""
        WITH named AS MATERIALIZED (SELECT id, address FROM holder WHERE id IN (SELECT holder FROM largest_held))
        SELECT o.snapshot, o.population, h.address, o.amount FROM largest_held o JOIN named h ON h.id = o.holder"""
)
# What is no longer on the scorecard; and all of a snapshot of which another population has come onto it.
UNRANKED: Final = """
    WITH shown AS (
        SELECT s.id AS snapshot, p.id AS population FROM snapshot s
        JOIN scorecard c ON c.network = s.network AND c.reading = s.reading JOIN population p ON p.name = c.population
    ),
    lacking AS (
        SELECT d.snapshot FROM distribution d SEMI JOIN shown USING (snapshot, population)
        ANTI JOIN ranked USING (snapshot, population) WHERE d.grouping = 'address' AND d.n > 0
    )
    DELETE FROM ranked WHERE (snapshot, population) NOT IN (FROM shown) OR snapshot IN (FROM lacking)
"""

# Labels by number, and two that have no row in the reference: of what nobody got, and of a chain's own modules.
_SINK, _MODULE, _NOBODY = -1, -2, 0
LABELS: Final = f"""
    CREATE OR REPLACE TEMP TABLE label AS
    SELECT row_number() OVER ()::INTEGER AS id, network, address, entity, kind, valid_from, valid_to FROM entity
    UNION ALL VALUES ({_SINK}, NULL, NULL, 'sink', 'sink', NULL, NULL),
                     ({_MODULE}, NULL, NULL, 'pallets', 'protocol', NULL, NULL)
"""
POPULATIONS: Final = f"""
    INSERT INTO population
    SELECT (SELECT count(*) FROM population) + row_number() OVER (ORDER BY population), population
    FROM (SELECT DISTINCT r.population FROM {_READ.format(later="")}
          WHERE r.population NOT IN (SELECT name FROM population))
"""
# Amounts, and under which label: an address is looked at once, where it is read, and not kept.
LABELLED: Final = f"""
    CREATE OR REPLACE TEMP TABLE labelled AS
    SELECT w.id AS snapshot, p.id AS population, r.amount,
           CASE WHEN is_sink(r.holder) THEN {_SINK} WHEN l.id IS NOT NULL THEN l.id
                WHEN {PALLET.format(holder="r.holder")} THEN {_MODULE} ELSE {_NOBODY} END::INTEGER AS label
    FROM {_READ.format(later="")}
    JOIN population p ON p.name = r.population
    LEFT JOIN label l ON l.network = w.network AND l.address = r.holder AND in_force(l.valid_from, l.valid_to, w.time)
"""
# What there is under each label: a few rows a population, from which all of it but the metrics follows.
COUNTED: Final = """
    CREATE OR REPLACE TEMP TABLE counted AS
    SELECT o.*, l.entity, l.kind FROM (
        SELECT snapshot, population, label, sum(amount) AS amount, count(*) FILTER (amount > 0) AS n, count(*) AS n_all
        FROM labelled GROUP BY ALL
    ) o LEFT JOIN label l ON l.id = o.label
"""
ANY_LABEL: Final = f"SELECT label FROM counted WHERE label <> {_NOBODY} LIMIT 1"

_WITHOUT: Final = f"FROM {{table}} SEMI JOIN touched USING (snapshot, population) WHERE label = {_NOBODY}"
_MERGED: Final = """
    FROM (SELECT snapshot, population, sum(amount) AS amount FROM counted
          WHERE {where} GROUP BY snapshot, population, entity)
"""
# Who is left out as no party under a grouping, and who is one, by the kind of the label; a population that no label
# touches has none of the groupings by labels.
EXCLUDED: Final[Mapping[str, str]] = {
    "address": "kind = 'sink'",
    "control": f"kind IN ({_PROTOCOL})",
    "ownership": f"kind IN ({_PROTOCOL}, '{CUSTODIAN}')",
    "custodians": "false",
}
_PARTY: Final[Mapping[str, str]] = {
    "control": f"kind NOT IN ({_PROTOCOL})",
    "ownership": f"kind NOT IN ({_PROTOCOL}, '{CUSTODIAN}')",
    "custodians": f"kind = '{CUSTODIAN}'",
}
# Does not depend on who is behind an address.
UNLABELLED: Final = "address"
GROUPINGS: Final = (UNLABELLED, *_PARTY)


def _parties(grouping: str, of_many: str, columns: str, of_one: str) -> str:
    """Columns of the table `of_many` for whoever is counted alone, and of each party that a label names."""
    if grouping == UNLABELLED:
        return f"SELECT {columns} FROM {of_many} WHERE label <> {_SINK}"
    merged = f"SELECT {of_one} {_MERGED.format(where=_PARTY[grouping])}"
    if grouping == "custodians":
        return merged
    touched = f"WITH touched AS (SELECT DISTINCT snapshot, population FROM counted WHERE label <> {_NOBODY})"
    return f"{touched} SELECT {columns} {_WITHOUT.format(table=of_many)} UNION ALL {merged}"


METRIC_KEY: Final = "snapshot, population, grouping, metric, method_version, labels_version"


def groups(grouping: str) -> str:
    """Snapshot, population and amount of every party of the loaded holdings."""
    return _parties(grouping, "labelled", *["snapshot, population, amount"] * 2)


def describe(grouping: str) -> str:
    """Puts size, total, coverage and exclusions of the loaded holdings under a grouping into the table `described`."""
    columns = "snapshot, population, n, n_all, amount"
    parties = _parties(
        grouping, "counted", columns, "snapshot, population, (amount > 0)::BIGINT AS n, 1 AS n_all, amount"
    )
    labels = "''" if grouping == UNLABELLED else "any_value(v.version)"
    return _DESCRIBE.format(parties=parties, excluded=EXCLUDED[grouping], grouping=grouping, labels=labels)


_DESCRIBE: Final = """
    CREATE OR REPLACE TEMP TABLE described AS
    WITH addresses AS (SELECT snapshot, population, sum(amount) AS total FROM counted GROUP BY ALL),
    excluded AS (
        SELECT snapshot, population,
               to_json(map_from_entries(list((kind, amount / nullif(total, 0)) ORDER BY kind)))::VARCHAR AS exclusions
        FROM (SELECT snapshot, population, kind, sum(amount) AS amount FROM counted WHERE {excluded} GROUP BY ALL)
        JOIN addresses USING (snapshot, population)
        GROUP BY ALL
    )
    SELECT g.snapshot, g.population, '{grouping}' AS grouping, {labels} AS labels_version,
           sum(g.n)::BIGINT AS n, sum(g.n_all)::BIGINT AS n_all, sum(g.amount) AS total,
           any_value(r.total) AS reported_total, any_value(a.total / nullif(r.total, 0)) AS coverage,
           any_value(x.exclusions) AS exclusions
    FROM ({parties}) g
    JOIN population p ON p.id = g.population
    JOIN snapshot s ON s.id = g.snapshot
    JOIN label_version v ON v.network = s.network
    JOIN addresses a ON a.snapshot = g.snapshot AND a.population = g.population
    LEFT JOIN reported r ON r.snapshot = g.snapshot AND r.population = p.name
    LEFT JOIN excluded x ON x.snapshot = g.snapshot AND x.population = g.population
    GROUP BY g.snapshot, g.population
"""

ADD_DESCRIBED: Final = """
    INSERT INTO distribution BY NAME
    SELECT * FROM described
    ANTI JOIN (FROM distribution SEMI JOIN described USING (snapshot)) d
        USING (snapshot, population, grouping, labels_version)
"""

# Rounding down loses less than one base unit a holder.
UNSEEN: Final = """
    SELECT a.snapshot, p.id, r.total - a.total
    FROM (SELECT snapshot, population, sum(amount) AS total, sum(n_all) AS n FROM {counted} GROUP BY ALL) a
    JOIN population p ON p.id = a.population
    JOIN reported r ON r.snapshot = a.snapshot AND r.population = p.name
    WHERE r.total - a.total > a.n AND a.snapshot IN (SELECT unnest(?::INTEGER[]))
"""

WHERE_HELD: Final = """
    SELECT id, file, height, schema_version FROM snapshot WHERE id IN (SELECT unnest(?::INTEGER[])) ORDER BY id
"""
IN_ORDER: Final[Mapping[str, str]] = {
    "holding": "snapshot, population, amount DESC, holder",
    "share": "snapshot, name, operator, delegator",
}

# Who is behind a holder of the newest snapshots, by a label, and by what it says of itself. By number: no address of
# millions is looked at.
_KNOWN: Final = f"""
    WITH own AS (
        SELECT id AS holder, if(is_sink(address), 'sink', 'protocol') AS kind FROM holder
        WHERE is_sink(address) OR {PALLET.format(holder="address")}
    ),
    label AS (
        SELECT s.id AS snapshot, l.holder, any_value(l.entity) AS entity, any_value(l.kind) AS kind
        FROM holder_label l JOIN snapshot s ON s.network = l.network AND in_force(l.valid_from, l.valid_to, s.time)
        WHERE s.id IN (SELECT DISTINCT snapshot FROM holding) GROUP BY ALL
    ),
    claimed AS (
        SELECT h.id AS holder, c.entity FROM claim c JOIN holder h ON h.network = c.network AND h.address = c.address
    ),
    {{wanted}},
    party AS (
        SELECT o.snapshot, o.population, o.holder, o.amount, l.entity, coalesce(l.kind, n.kind, '') AS kind,
               coalesce(l.entity, c.entity) AS claimed
        FROM holding o SEMI JOIN wanted USING (snapshot, population) {{only}}
        LEFT JOIN label l ON l.snapshot = o.snapshot AND l.holder = o.holder
        LEFT JOIN own n ON n.holder = o.holder LEFT JOIN claimed c ON c.holder = o.holder
    ),
    counted AS (SELECT * FROM party WHERE kind NOT IN ({_PROTOCOL}) AND amount > 0)
"""
# What is newest, as UNSEEN needs it.
HELD: Final = "(SELECT snapshot, population, amount, 1 AS n_all FROM holding)"
UNLABELLED_ONE: Final = "unlabelled_one"
# What claims merge follows from what was read last of all; the other from its snapshot, its labels and the scorecard.
NOT_OF_NEWEST: Final = f"""
    DELETE FROM metric o WHERE grouping = 'claimed' OR (grouping = '{UNLABELLED_ONE}' AND NOT EXISTS (
        SELECT 1 FROM scorecard c
        JOIN newest s ON s.network = c.network AND s.measure = c.measure AND s.reading = c.reading
        JOIN population p ON p.name = c.population JOIN label_version v ON v.network = s.network
        WHERE s.id = o.snapshot AND p.id = o.population AND v.version = o.labels_version))
"""
UNLABELLED_ANEW: Final = f"DELETE FROM metric WHERE grouping = '{UNLABELLED_ONE}'"
# Groupings of what is newest alone, with what they are computed from: snapshot, population and amount of each party.
OF_NEWEST: Final[Mapping[str, str]] = {
    # As control, with those that claim one operator merged too; only where that merges somebody.
    "claimed": _KNOWN.format(
        wanted="wanted AS (SELECT DISTINCT snapshot, population FROM holding SEMI JOIN claimed USING (holder))", only=""
    )
    + """,
    merging AS (
        SELECT snapshot, population FROM counted WHERE claimed IS NOT NULL GROUP BY ALL
        HAVING count(DISTINCT claimed) < count(DISTINCT coalesce(entity, holder::VARCHAR))
    )
    SELECT snapshot::BIGINT AS snapshot, population::BIGINT AS population, sum(amount) AS amount
    FROM counted JOIN merging USING (snapshot, population)
    GROUP BY snapshot, population, claimed, if(claimed IS NULL, holder, 0)
    """,
    # All without a label, and what was not read, are the largest labelled party's: no headline population can be less
    # spread, and nobody makes it look more spread by moving what he has to addresses without a label.
    UNLABELLED_ONE: _KNOWN.format(
        wanted="""wanted AS (
        SELECT DISTINCT s.id AS snapshot, p.id AS population, p.name FROM scorecard c
        JOIN newest s ON s.network = c.network AND s.measure = c.measure AND s.reading = c.reading
        JOIN population p ON p.name = c.population
        ANTI JOIN (SELECT snapshot, population FROM metric WHERE grouping = 'unlabelled_one') m
            ON m.snapshot = s.id AND m.population = p.id
    ),
    marked AS (SELECT holder FROM label UNION SELECT holder FROM own)""",
        only="SEMI JOIN marked USING (holder)",
    )
    + """,
    -- What all have, less who is known: nobody of millions without a label is looked at.
    whole AS (
        SELECT snapshot, population, sum(amount) AS amount
        FROM holding SEMI JOIN wanted USING (snapshot, population) GROUP BY ALL
    ),
    rest AS (
        SELECT w.snapshot, w.population, NULL, w.amount - coalesce(sum(p.amount), 0) AS amount
        FROM whole w LEFT JOIN party p USING (snapshot, population)
        GROUP BY w.snapshot, w.population, w.amount HAVING w.amount > coalesce(sum(p.amount), 0)
    ),
    unread AS (
        SELECT o.snapshot, o.population, NULL, any_value(r.total) - sum(o.amount) AS amount
        FROM holding o JOIN wanted h USING (snapshot, population)
        JOIN reported r ON r.snapshot = h.snapshot AND r.population = h.name
        GROUP BY ALL HAVING any_value(r.total) - sum(o.amount) > count(*)
    ),
    told AS (
        SELECT snapshot, population, entity, amount FROM counted
        UNION ALL FROM rest
        UNION ALL FROM unread
    ),
    parties AS (SELECT snapshot, population, entity, sum(amount) AS amount FROM told GROUP BY ALL),
    ranked AS (
        SELECT *, row_number() OVER (PARTITION BY snapshot, population, entity IS NULL ORDER BY amount DESC) AS place
        FROM parties
    )
    SELECT snapshot::BIGINT AS snapshot, population::BIGINT AS population, sum(amount) AS amount
    FROM ranked GROUP BY snapshot, population, place
    """,
}
# All delegations of a chain in shares, read while a vote is open: they have a table of their own.
_IN_SHARES: Final = "s.reading IN ('shares', 'closing_shares')"
# What is counted: the last that was read in shares while a proposal was open, if its votes are known. Nothing else of
# it is kept, because it is as long as all delegations of a chain.
TALLIED: Final = f"""
    SELECT DISTINCT id FROM (
        SELECT s.id FROM proposal p JOIN snapshot s ON s.network = p.network AND s.chain_id = p.chain_id
        WHERE {_IN_SHARES} AND s.n > 0 AND s.time BETWEEN p.voting_start AND p.voting_end
            AND s.id NOT IN (SELECT unnest(?::INTEGER[]))
            AND EXISTS (SELECT 1 FROM vote v
                        WHERE v.network = p.network AND v.chain_id = p.chain_id AND v.proposal = p.proposal)
        QUALIFY row_number() OVER (
            PARTITION BY p.network, p.chain_id, p.proposal ORDER BY s.time DESC, s.reading DESC) = 1
    )
"""
# Of what all hold together the subject is the operator alone.
SHARES: Final = f"""
    SELECT w.id AS snapshot, r.name, split_part(r.subject, '|', -1) AS operator, r.exact,
           if(r.name = 'shares', split_part(r.subject, '|', 1), NULL) AS delegator
    FROM {_READ}
"""

# After loading, only the newest snapshot that speaks of a thing keeps its row.
_SUPERSEDED: Final = """
    DELETE FROM {table} WHERE rowid IN (
        SELECT o.rowid FROM {table} o JOIN snapshot s ON s.id = o.snapshot
        WHERE (o.network, o.{name}) IN (SELECT (f.network, l.{name}) FROM landed l JOIN snapshot f ON f.id = l.snapshot)
        QUALIFY rank() OVER (PARTITION BY {key} ORDER BY s.time DESC, s.reading DESC, s.height DESC, s.id DESC) > 1
    )
"""
_INSERTED: Final = """
    INSERT INTO {table} BY NAME
    SELECT l.*, s.network{more} FROM landed l JOIN snapshot s ON s.id = l.snapshot WHERE {where} ORDER BY s.time, s.id
"""
_OF_PROPOSAL: Final = "o.network, o.chain_id, o.proposal"
# Every reading of proposals has all that are open, and two of one block have the same. One that the newest lack was
# deleted by the chain (cancelled, or its deposit lapsed), else a later reading says how it ended.
_GONE: Final = """
    UPDATE proposal SET status = 'gone'
    WHERE status IN ('deposit_period', 'pending', 'voting_period') AND snapshot NOT IN (
        SELECT id FROM snapshot WHERE kind = 'proposals'
        QUALIFY rank() OVER (PARTITION BY network, chain_id ORDER BY time DESC) = 1
    )
"""
LOAD: Final[Mapping[str, Sequence[str]]] = {
    Kind.OBSERVATIONS: (
        _INSERTED.format(table="observation", more="", where=f"NOT ({_IN_SHARES})"),
        _SUPERSEDED.format(table="observation", name="name", key="o.network, o.name, o.subject, o.time, o.source"),
    ),
    Kind.PROPOSALS: (
        _INSERTED.format(table="proposal", more=", s.chain_id", where="true"),
        _SUPERSEDED.format(table="proposal", name="proposal", key=_OF_PROPOSAL),
        _GONE,
    ),
    Kind.VOTES: (
        _INSERTED.format(table="vote", more=", s.chain_id", where="true"),
        _SUPERSEDED.format(table="vote", name="proposal", key=_OF_PROPOSAL),
    ),
}

TABLES: Final = ("observation", "proposal", "vote")
OF_SNAPSHOT: Final = (
    *TABLES,
    "holding",
    "distribution",
    "reported",
    "metric",
    "sweep",
    "measured",
    "share",
    "slack",
    "ranked",
)

# Labels by number of holder, of one network.
NUMBER_LABELS: Final[Sequence[str]] = (
    "DELETE FROM holder_label WHERE network = ?",
    """
    INSERT INTO holder_label
    SELECT h.id, e.network, e.entity, e.name, e.kind, e.valid_from, e.valid_to, e.source
    FROM entity e JOIN holder h ON h.network = e.network AND h.address = e.address WHERE h.network = ? ORDER BY h.id
    """,
)

DROP_OLD_STATES: Final = """
    DELETE FROM observation WHERE snapshot IN (
        SELECT id FROM snapshot WHERE kind = 'observations' AND newest_only
        QUALIFY row_number() OVER (PARTITION BY network, reading ORDER BY time DESC, id DESC) > 1
    )
"""
