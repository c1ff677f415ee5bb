-- The mart: everything that pages read. Times are UTC; amounts are whole base units of the row's unit.
-- Built from landing files and reference files alone; a published mart is never written again.

CREATE TABLE IF NOT EXISTS meta (
    generation INTEGER,            -- counts published marts
    built TIMESTAMPTZ,             -- when this one was built
    simulated BOOLEAN              -- true: every fact in it is invented by `python -m ingest sample`
);

-- What readers are told of the networks. Every build writes these tables anew, in the columns of its own version.
CREATE OR REPLACE TABLE network (
    name VARCHAR, title VARCHAR,
    stack VARCHAR,                 -- layer of the field: compute, data, model, agents
    token VARCHAR, unit VARCHAR,   -- display token and its base unit
    decimals INTEGER,              -- base units in a token: 10^decimals
    address VARCHAR,               -- how users spell addresses: bech32:<prefix>, ss58:<prefix>, hex
    chain_id VARCHAR,
    tokens_vote BOOLEAN,           -- whether its tokens give a say to who holds or stakes them
    decision VARCHAR,              -- how proposals are decided: stake_tally; null where none are
    colour INTEGER,                -- which of the theme's colours is its own, from 1; 0 where it has none
    credit VARCHAR                 -- thanks to those who serve it, beside public nodes
);

-- What readers call the units of a network's amounts: 10^decimals of a unit are one token, or it is counted as it is.
CREATE OR REPLACE TABLE unit (
    network VARCHAR, unit VARCHAR, token VARCHAR, decimals INTEGER,
    usd DOUBLE                     -- dollars that a token is worth by design, else null
);

-- What readers call the members of a population, in the plural; after a colon, what they call a part of the network.
CREATE OR REPLACE TABLE word (network VARCHAR, name VARCHAR, word VARCHAR);

-- The population that is told of a measure, one at most; empty where none spans the network.
CREATE OR REPLACE TABLE scorecard (network VARCHAR, measure VARCHAR, reading VARCHAR, population VARCHAR);

CREATE OR REPLACE TABLE reading (
    network VARCHAR, name VARCHAR, kind VARCHAR, measure VARCHAR, unit VARCHAR,
    every_seconds BIGINT,          -- cadence; older than twice this is stale
    headline BOOLEAN, method VARCHAR
);

-- The chain's own thresholds: who has more than (strict) or at least numerator/denominator of a population can do it.
CREATE OR REPLACE TABLE rule (
    network VARCHAR, measure VARCHAR, population VARCHAR, action VARCHAR,
    numerator BIGINT, denominator BIGINT, strict BOOLEAN,
    metric VARCHAR                 -- name of the count in `metric`
);

-- A landing file that this mart knows; a changed size or time means that it is read again.
CREATE TABLE IF NOT EXISTS landing_file (file VARCHAR, size BIGINT, mtime_ns BIGINT);

CREATE TABLE IF NOT EXISTS snapshot (
    id INTEGER, file VARCHAR,
    network VARCHAR, chain_id VARCHAR, reading VARCHAR, kind VARCHAR, measure VARCHAR, unit VARCHAR,
    height BIGINT, hash VARCHAR, time TIMESTAMPTZ,
    since TIMESTAMPTZ,             -- start of the period of a flow, else null
    n BIGINT,                      -- rows
    method VARCHAR,                -- what a voter needs to know of how this was read
    endpoint VARCHAR,
    witness VARCHAR,               -- another endpoint that had the same block, empty where none was asked
    runtime_version VARCHAR,
    newest_only BOOLEAN, simulated BOOLEAN, schema_version INTEGER, sha256 VARCHAR
);

-- The chain's own total of a population.
CREATE TABLE IF NOT EXISTS reported (snapshot INTEGER, population VARCHAR, total DECIMAL(38, 0));

CREATE TABLE IF NOT EXISTS population (id INTEGER, name VARCHAR);

CREATE TABLE IF NOT EXISTS holder (id INTEGER, network VARCHAR, address VARCHAR);

-- Only the newest snapshot of each reading; older ones stay in landing. No primary key: it would cost four times the size.
CREATE TABLE IF NOT EXISTS holding (snapshot INTEGER, population INTEGER, holder INTEGER, amount DECIMAL(38, 0));

-- One population at one block under one grouping: address, control (one party's addresses merged, protocol accounts
-- left out), ownership (control without custodians), custodians (they alone). A grouping that no label touches has no
-- row: it equals `address`.
CREATE TABLE IF NOT EXISTS distribution (
    snapshot INTEGER, population INTEGER, grouping VARCHAR,
    labels_version VARCHAR,        -- of the entities used; empty for `address`
    n BIGINT,                      -- holders with more than nothing
    n_all BIGINT,                  -- holders with those that hold nothing
    total DECIMAL(38, 0),
    reported_total DECIMAL(38, 0), -- the chain's own figure, null when it has none
    coverage DOUBLE,               -- total / reported_total of the addresses read, null without a reported total
    exclusions VARCHAR             -- what was left out as JSON, kind -> share of the addresses' total
);

CREATE TABLE IF NOT EXISTS metric (
    snapshot INTEGER, population INTEGER, grouping VARCHAR, metric VARCHAR,
    value DOUBLE,                  -- null: undefined
    low DOUBLE, high DOUBLE,       -- sharp bounds under partial coverage, null for a census
    method_version VARCHAR, labels_version VARCHAR,
    backend VARCHAR                -- numpy or cupy
);

-- Snapshots whose metrics are computed under these versions.
CREATE TABLE IF NOT EXISTS measured (snapshot INTEGER, method_version VARCHAR, labels_version VARCHAR);

CREATE TABLE IF NOT EXISTS observation (
    snapshot INTEGER, network VARCHAR, name VARCHAR, subject VARCHAR, time TIMESTAMPTZ,
    value DOUBLE, exact VARCHAR, unit VARCHAR, source VARCHAR
);

CREATE TABLE IF NOT EXISTS proposal (
    snapshot INTEGER, network VARCHAR, chain_id VARCHAR, proposal VARCHAR,
    title VARCHAR, type VARCHAR,
    status VARCHAR,                -- the chain's word, or gone: an open one that the newest reading no longer has
    proposer VARCHAR,
    submitted TIMESTAMPTZ, deposit_end TIMESTAMPTZ, voting_start TIMESTAMPTZ, voting_end TIMESTAMPTZ,
    deposit DECIMAL(38, 0),
    yes DECIMAL(38, 0), abstain DECIMAL(38, 0), no DECIMAL(38, 0), no_with_veto DECIMAL(38, 0), -- base units of stake
    expedited BOOLEAN
);

-- One option of one voter, from the newest snapshot that has votes of the proposal: chains delete them at the tally.
CREATE TABLE IF NOT EXISTS vote (
    snapshot INTEGER, network VARCHAR, chain_id VARCHAR, proposal VARCHAR,
    voter VARCHAR, option VARCHAR, weight DECIMAL(38, 18), height BIGINT
);

-- Who is behind an address, with public evidence. recorded_at is empty for operators found from their own words.
CREATE TABLE IF NOT EXISTS entity (
    network VARCHAR, address VARCHAR, entity VARCHAR, name VARCHAR, kind VARCHAR,
    valid_from TIMESTAMPTZ, valid_to TIMESTAMPTZ, source VARCHAR, recorded_at TIMESTAMPTZ
);

-- The same by number of holder, so that a ranking of millions compares no addresses.
CREATE TABLE IF NOT EXISTS holder_label (
    holder INTEGER, network VARCHAR, entity VARCHAR, name VARCHAR, kind VARCHAR,
    valid_from TIMESTAMPTZ, valid_to TIMESTAMPTZ, source VARCHAR
);

-- What the numbers are called, one row an axis of a network and measure (docs/verdicts.md); of the newest blocks.
CREATE TABLE IF NOT EXISTS verdict (
    network VARCHAR, measure VARCHAR,
    axis VARCHAR,                  -- math; force: how few can force something; stop: how few can stop something
    state VARCHAR,                 -- rated, not rated, not applicable, not read, not verifiable
    number DOUBLE,                 -- effective parties, or fewest parties
    words VARCHAR, letter VARCHAR, -- the word (several where borderline) and the letter of confidence
    text VARCHAR,                  -- what a page prints
    reason VARCHAR, how VARCHAR, note VARCHAR,
    parties VARCHAR,               -- who they are, as JSON
    stable INTEGER, settings INTEGER, -- ways of counting that give the headline's word, of all that were computed
    by_address DOUBLE,             -- effective parties without merging
    excluded VARCHAR,              -- what is no party as JSON, kind -> share
    version VARCHAR                -- of the verdict rule
);

-- The ledger.
CREATE TABLE IF NOT EXISTS run (
    id VARCHAR, started TIMESTAMPTZ, finished TIMESTAMPTZ,
    status VARCHAR,                -- fresh, partial, failed
    landed INTEGER, requests INTEGER, argv VARCHAR, version VARCHAR, host VARCHAR
);
CREATE TABLE IF NOT EXISTS run_error (run VARCHAR, network VARCHAR, reading VARCHAR, error VARCHAR, message VARCHAR);

-- What this build found torn: a sentence for each landing file, and each line of the ledger, that is not what was written.
CREATE TABLE IF NOT EXISTS torn (message VARCHAR);
