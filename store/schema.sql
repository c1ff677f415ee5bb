-- The mart: everything that pages read. Times are UTC; amounts are whole base units of the row's unit.
-- Built from landing files and reference files alone; a published mart is never written again.
-- What stands beside a column, and above a table or view, is also its COMMENT in the mart and stands in the dictionary.

-- How and when this mart was made; one row.
CREATE TABLE meta (
    generation INTEGER,            -- counts published marts
    built TIMESTAMPTZ,             -- when this one was built
    simulated BOOLEAN,             -- true: every fact in it is invented by `python -m ingest sample`
    layout VARCHAR                 -- names this layout of tables; a mart of another is built again from landing
);

-- The curated files that this mart was built with, so that a number that is computed again by others is told apart.
CREATE TABLE reference_file (
    file VARCHAR,                  -- name in data/reference
    sha256 VARCHAR                 -- of its bytes
);

-- The networks that the program describes, and those that were imported from state files.
CREATE TABLE network (
    name VARCHAR,                  -- the network's short name, as in every other table
    title VARCHAR,                 -- its name as readers know it
    stack VARCHAR,                 -- layer of the field: compute, data, model, agents
    token VARCHAR,                 -- display token
    unit VARCHAR,                  -- base unit of the token
    decimals INTEGER,              -- base units in a token: 10^decimals
    address VARCHAR,               -- how users spell addresses: bech32:<prefix>, ss58:<prefix>, hex, base58, f0, base64url
    chain_id VARCHAR,              -- the chain that is read; null where nothing is
    tokens_vote BOOLEAN,           -- whether its tokens give a say to who holds or stakes them
    decision VARCHAR,              -- how proposals are decided: stake_tally or majority; null where none are
    colour INTEGER,                -- which look is its own, from 1: the theme's colours, then the same with textures
    credit VARCHAR,                -- thanks to those who serve it, beside public nodes
    imported BOOLEAN               -- true: known from a state file alone, which said or was told what it is
);

-- What readers call the units of a network's amounts: 10^decimals of a unit are one token, or it is counted as it is.
CREATE TABLE unit (
    network VARCHAR,               -- short name of the network
    unit VARCHAR,                  -- base unit, as in `snapshot`
    token VARCHAR,                 -- as its users call it
    decimals INTEGER,              -- base units in a token: 10^decimals
    usd DOUBLE                     -- dollars that a token is worth by design, else null
);

-- What readers call the members of a population, in the plural; after a colon, what they call a part of the network.
CREATE TABLE word (
    network VARCHAR,               -- short name of the network
    name VARCHAR,                  -- of the population, or of the kind of part
    word VARCHAR                   -- as readers know it
);

-- The population that stands in a column of the scorecard, one at most; empty where none spans the network.
CREATE TABLE scorecard (
    network VARCHAR,               -- short name of the network
    in_column VARCHAR,             -- the column: what is spread over which kind of parties
    measure VARCHAR,               -- what is spread over parties
    reading VARCHAR,               -- that reads the population
    population VARCHAR             -- its name
);

-- What is read of each network, and how often.
CREATE TABLE reading (
    network VARCHAR,               -- short name of the network
    name VARCHAR,                  -- of the reading, as in `snapshot`
    kind VARCHAR,                  -- holdings, observations, proposals or votes
    measure VARCHAR,               -- what is spread over parties; null where it is none
    unit VARCHAR,                  -- of amounts; empty where each row says its own
    every_seconds BIGINT,          -- cadence; older than twice this is stale
    headline BOOLEAN,              -- part of the first run
    method VARCHAR                 -- what a voter needs to know of how this is read
);

-- The chain's own thresholds: who has more than (strict) or at least numerator/denominator of a population can do it.
CREATE TABLE rule (
    network VARCHAR,               -- short name of the network
    measure VARCHAR,               -- of the population
    population VARCHAR,            -- whose amounts count
    action VARCHAR,                -- what they can do together
    numerator BIGINT,              -- of the share that is needed
    denominator BIGINT,            -- of the share that is needed
    strict BOOLEAN,                -- true: more than the share is needed, not just the share
    metric VARCHAR                 -- name of the count in `metric`
);

-- Ways to power as networks declare them; who has them is in `holding`, what the chain says of them in `observation`.
CREATE TABLE way (
    network VARCHAR,               -- short name of the network
    place INTEGER,                 -- of ways that take equally few parties the first is named
    action VARCHAR,                -- change the rules, mint or redirect, seize or evict, halt, censor
    side VARCHAR,                  -- force: make it happen; stop: keep it from happening
    name VARCHAR,                  -- what a voter reads
    kind VARCHAR,                  -- rule, vote, keys (several), seats (of bodies), key, refuse, inherited, unlisted
    measure VARCHAR,               -- of the population
    population VARCHAR,            -- whose power or keys count
    numerator BIGINT,              -- rule: of the share that is needed
    denominator BIGINT,            -- rule: of the share that is needed
    strict BOOLEAN,                -- rule: true: more than the share is needed, not just the share
    module VARCHAR,                -- vote: subject of its quorum, threshold and veto_threshold
    ballot VARCHAR,                -- vote: what is voted
    against VARCHAR,               -- vote: what all others do
    behind VARCHAR,                -- vote: whose power voters have, who can vote themselves: populations <behind>@<voter>
    needed VARCHAR,                -- keys: the observation of how many must act together
    proof VARCHAR,                 -- keys: the observation that says `verified` where they are proved
    governs VARCHAR,               -- keys, seats: what the observation `rule` names while they decide
    bodies VARCHAR,                -- seats: population and needed share of each body, as JSON
    observation VARCHAR,           -- unlisted: the observation that says that there is such a power
    why VARCHAR,                   -- unlisted: why nobody can say who has it
    given VARCHAR,                 -- key: a population without which it is no power
    other VARCHAR,                 -- inherited: the network whose ways by keys count here too
    part VARCHAR,                  -- inherited: how their populations begin
    effect VARCHAR,                -- what it does where that is less than the action; empty otherwise
    seconds BIGINT,                -- the shortest time from the start to the effect, where it is always the same
    takes VARCHAR,                 -- observations of that time ("name|subject", one space between), of which the shortest counts
    source VARCHAR                 -- the module, pallet or contract whose rule it is
);

-- Those without whom a part of a measure does not happen, as the networks' files declare it.
CREATE TABLE gate (
    network VARCHAR,               -- short name of the network
    measure VARCHAR,               -- what they gate
    name VARCHAR,                  -- what a voter reads
    reading VARCHAR,               -- of the population
    population VARCHAR             -- who gates how much; what nobody gates is held by a sink
);

-- Who decides over what each part of a network gets, as the networks' files declare it.
CREATE TABLE deciding (
    network VARCHAR,               -- short name of the network
    reading VARCHAR,               -- of the population
    population VARCHAR,            -- of each part: whose amounts decide
    need VARCHAR,                  -- the observation of each part of how much of them decides
    denominator BIGINT,            -- in parts of so many
    over VARCHAR,                  -- reading/population whose holders are the parts, with what each gets
    told VARCHAR                   -- of what a share is decided, and how
);

-- What parts of this mart follow from: a build leaves a part as it is where that has not changed since the build before.
CREATE TABLE ground (
    part VARCHAR,                  -- the table, or what several tables tell
    network VARCHAR,               -- whose rows; empty: of all
    hash VARCHAR                   -- of facts, labels and declarations, and of the program
);

-- A landing file that this mart knows; a changed size or time means that it is read again.
CREATE TABLE landing_file (
    file VARCHAR,                  -- path below the landing folder
    size BIGINT,                   -- bytes
    mtime_ns BIGINT                -- when it was changed last, in nanoseconds
);

-- One reading of one network at one block.
CREATE TABLE snapshot (
    id INTEGER,                    -- number within this mart
    file VARCHAR,                  -- landing file that holds its rows
    network VARCHAR,               -- short name of the network
    chain_id VARCHAR,              -- the chain that was read
    reading VARCHAR,               -- what was asked
    kind VARCHAR,                  -- holdings, observations, proposals or votes
    measure VARCHAR,               -- what is spread over parties; null where it is none
    unit VARCHAR,                  -- of amounts; empty where each row says its own
    height BIGINT,                 -- of the block; of a source off chain the time of the fetch
    hash VARCHAR,                  -- of the block; empty for a source off chain
    time TIMESTAMPTZ,              -- of the block
    since TIMESTAMPTZ,             -- start of the period of a flow, else null
    n BIGINT,                      -- rows
    method VARCHAR,                -- what a voter needs to know of how this was read
    endpoint VARCHAR,              -- who answered, and from which archive that was taken where it was
    witness VARCHAR,               -- another endpoint that had the same block, empty where none was asked
    runtime_version VARCHAR,       -- of the chain's program, as it names itself
    newest_only BOOLEAN,           -- a state, of which the mart keeps the newest alone
    simulated BOOLEAN,             -- true: invented
    schema_version INTEGER,        -- of the landing file
    sha256 VARCHAR,                -- of the rows
    described VARCHAR,             -- of an imported network: what landed with it as JSON, else empty
    mirrored VARCHAR               -- the archive it was taken from, empty where it was read here
);

-- The chain's own total of a population.
CREATE TABLE reported (
    snapshot INTEGER,              -- id of the snapshot
    population VARCHAR,            -- name of the population
    total DECIMAL(38, 0)           -- in base units
);

-- Names of populations: parties that are compared with each other.
CREATE TABLE population (
    id INTEGER,                    -- number within this mart
    name VARCHAR                   -- as in the dictionary of facts
);

-- Every address that holds something in a newest snapshot, or delegated while a vote was open.
CREATE TABLE holder (
    id INTEGER,                    -- number within this mart
    network VARCHAR,               -- short name of the network
    address VARCHAR                -- in its canonical spelling, or sink:<what> for what reaches nobody
);

-- Only the newest snapshot of each reading; older ones stay in landing. No primary key: it would cost four times the size.
CREATE TABLE holding (
    snapshot INTEGER,              -- id of the snapshot
    population INTEGER,            -- id of the population
    holder INTEGER,                -- id of the holder
    amount DECIMAL(38, 0)          -- in base units
);

-- Where the hundred largest addresses of the populations on the scorecard stood at the last block of each day of the
-- last year. Older holdings stay in landing; of who was smaller nothing is kept.
CREATE TABLE ranked (
    snapshot INTEGER,              -- id of the snapshot
    population INTEGER,            -- id of the population
    rank INTEGER,                  -- place by amount, the same for equal amounts
    address VARCHAR,               -- in its canonical spelling
    amount DECIMAL(38, 0)          -- in base units
);

-- One population at one block under one grouping: address, control (one party's addresses merged, protocol accounts
-- left out), ownership (control without custodians), custodians (they alone). A grouping that no label touches has no
-- row: it equals `address`. `claimed` has none: it counts as much as `control`.
CREATE TABLE distribution (
    snapshot INTEGER,              -- id of the snapshot
    population INTEGER,            -- id of the population
    grouping VARCHAR,              -- address, control, ownership or custodians
    labels_version VARCHAR,        -- of the entities used; empty for `address`
    n BIGINT,                      -- holders with more than nothing
    n_all BIGINT,                  -- holders with those that hold nothing
    total DECIMAL(38, 0),          -- of what the grouping counts
    reported_total DECIMAL(38, 0), -- the chain's own figure, null when it has none
    coverage DOUBLE,               -- total / reported_total of the addresses read, null without a reported total
    exclusions VARCHAR             -- what was left out as JSON, kind -> share of the addresses' total
);

-- What is computed from a distribution, a row each. Of the newest snapshots alone there are `claimed` (as control, with
-- those that claim one operator merged too; where that merges nobody there is no row: it equals `control`) and
-- `unlabelled_one` (effective parties of headline populations if all addresses without a label were the largest party's).
CREATE TABLE metric (
    snapshot INTEGER,              -- id of the snapshot
    population INTEGER,            -- id of the population
    grouping VARCHAR,              -- address, control, ownership, custodians, claimed or unlabelled_one
    metric VARCHAR,                -- its name (docs/metrics.md)
    value DOUBLE,                  -- null: undefined
    low DOUBLE,                    -- lower sharp bound under partial coverage, null for a census
    high DOUBLE,                   -- upper sharp bound under partial coverage, null for a census
    method_version VARCHAR,        -- of the formula
    labels_version VARCHAR,        -- of the entities used; empty for `address`
    backend VARCHAR                -- numpy or cupy
);

-- What `python -m ingest sweep` computed: metrics and power indices of one day's parties under scenarios, each with the
-- ends between which 95 % of resampled populations lie (docs/metrics.md). Under `control`; where no label touches the
-- population, under `address`. Populations that were read in part have none: they have bounds.
CREATE TABLE sweep (
    snapshot INTEGER,              -- id of the snapshot, the last of its day
    population INTEGER,            -- id of the population
    grouping VARCHAR,              -- control or address
    scenario VARCHAR,              -- cap, remove or turnout, as on the page What if; empty: nothing changes
    number DOUBLE,                 -- of the scenario: per cent, or how many
    metric VARCHAR,                -- its name (docs/metrics.md)
    value DOUBLE,                  -- of the parties as they are; null: undefined
    low DOUBLE,                    -- 2.5 % of resampled populations have less; null of a power index
    high DOUBLE,                   -- 2.5 % of resampled populations have more; null of a power index
    tail DOUBLE,                   -- estimated tail index of the amounts; at 2 or below the ends are too near
    replicates INTEGER,            -- resampled populations
    method_version VARCHAR,        -- names the formulas, the scenarios and the draws
    labels_version VARCHAR,        -- of the entities used; empty for `address`
    backend VARCHAR,               -- numpy or cupy
    part VARCHAR                   -- file that holds it, below landing/_swept
);

-- The files of sweeps of which this mart knows; of one of which not every row stands in `sweep` more is taken in once
-- snapshots and labels are those of which it tells.
CREATE TABLE swept_part (
    part VARCHAR,                  -- file below landing/_swept
    rows BIGINT                    -- that it has
);

-- Snapshots whose metrics are computed under these versions.
CREATE TABLE measured (
    snapshot INTEGER,              -- id of the snapshot
    method_version VARCHAR,        -- names all formulas in force
    labels_version VARCHAR         -- of the network's entities
);

-- Why effective parties of a population differ from those of thirty days before, of populations of up to 50,000; the
-- four causes add up to the difference. Computed here, because the earlier holdings stay in landing.
CREATE TABLE change (
    snapshot INTEGER,              -- id of the newest snapshot
    population INTEGER,            -- id of the population
    earlier INTEGER,               -- id of the snapshot that it is compared with
    before DOUBLE,                 -- effective parties then, by what was known then
    after DOUBLE,                  -- effective parties now
    by_population DOUBLE,          -- because others are counted
    by_labels DOUBLE,              -- because more is known of who is one party
    by_price DOUBLE,               -- because units cost something else
    by_moves DOUBLE,               -- because holdings moved
    churn DOUBLE                   -- share of it that other parties have than did then, by who is known to be one now
);

-- What it costs to stop or to fork a chain of the Cosmos SDK, by the operators who could with the least of their own. In
-- dollars null where a price was not read; all null where what operators have of their own was not.
CREATE TABLE halt_cost (
    network VARCHAR,               -- short name of the network
    fault VARCHAR,                 -- silence: a third of the power stops blocks; double signing: more than a third forks
    operators VARCHAR,             -- who they are, as JSON
    bonded DECIMAL(38, 0),         -- with them, in base units
    own DECIMAL(38, 0),            -- of it their own
    own_least DECIMAL(38, 0),      -- no set of operators that could do it has less of its own
    fraction DOUBLE,               -- of bonded tokens that the chain takes for the fault
    usd DOUBLE,                    -- price of a token, the lower where sources differ
    controlled_usd DOUBLE,         -- what they control
    loss_usd DOUBLE,               -- what they lose of their own
    delegators_loss_usd DOUBLE,    -- what those lose who delegated to them
    reason VARCHAR,                -- why something is null; empty where nothing is
    snapshot INTEGER,              -- id of the snapshot of the bonds
    priced TIMESTAMPTZ             -- when the price was told
);

-- How close a chain was to standing still, at every block of the last thirty days of which it was read who signs.
CREATE TABLE slack (
    snapshot INTEGER,              -- id of the snapshot that says who signs
    labels_version VARCHAR,        -- of the entities used
    operators INTEGER,             -- fewest further operators whose silence stops blocks, given those absent
    absent INTEGER,                -- operators that sign blocks and did not sign the one before
    share DOUBLE                   -- part of the power that was absent
);

-- Delegations in shares at the last block that was read while a vote was open, for proposals whose votes are known:
-- with them the chain's count is repeated to the last unit. Apart from `observation`, and by number, because there is
-- one for every delegation of a chain.
CREATE TABLE share (
    snapshot INTEGER,              -- id of the snapshot
    name VARCHAR,                  -- validator_tokens, validator_shares, or shares: of one delegator
    operator INTEGER,              -- id of the validator's operator address in `holder`
    delegator INTEGER,             -- id of the delegator in `holder`, null for all of the validator
    exact VARCHAR                  -- as the chain writes it: it may have more digits than a DECIMAL
);

-- What those delegate at the newest blocks who voted, who validate, or who have long addresses (some have no key): a
-- count of votes looks at nobody else, of millions.
CREATE TABLE delegated (
    network VARCHAR,               -- short name of the network
    snapshot INTEGER,              -- id of the snapshot
    population INTEGER,            -- id of the population, delegators@ and the validator
    delegator VARCHAR,             -- address
    amount DECIMAL(38, 0)          -- in base units
);

-- A named value of a chain or of a source.
CREATE TABLE observation (
    snapshot INTEGER,              -- id of the snapshot
    network VARCHAR,               -- short name of the network
    name VARCHAR,                  -- what is told, as in the dictionary of facts
    subject VARCHAR,               -- of whom or what; empty: of the whole network
    time TIMESTAMPTZ,              -- of which it tells
    value DOUBLE,                  -- for charts; null for a text
    exact VARCHAR,                 -- the source's own text: large integers, names, addresses, JSON
    unit VARCHAR,                  -- empty for a text, address where the text is one
    source VARCHAR                 -- chain, or who else says so
);

-- A proposal as the newest reading tells it.
CREATE TABLE proposal (
    snapshot INTEGER,              -- id of the snapshot
    network VARCHAR,               -- short name of the network
    chain_id VARCHAR,              -- numbers start again with a new chain
    proposal VARCHAR,              -- its number
    title VARCHAR,                 -- as its proposer wrote it
    type VARCHAR,                  -- the chain's name of what it would do
    status VARCHAR,                -- the chain's word, or gone: an open one that the newest reading no longer has
    proposer VARCHAR,              -- address; null where the chain does not keep it
    submitted TIMESTAMPTZ,         -- when it was made
    deposit_end TIMESTAMPTZ,       -- until when its deposit must be there
    voting_start TIMESTAMPTZ,      -- null before it comes to a vote
    voting_end TIMESTAMPTZ,        -- null before it comes to a vote
    deposit DECIMAL(38, 0),        -- base units
    yes DECIMAL(38, 0),            -- the chain's running or final count, in base units of stake; null where it tells none
    abstain DECIMAL(38, 0),        -- the same of abstentions
    no DECIMAL(38, 0),             -- the same of No
    no_with_veto DECIMAL(38, 0),   -- the same of vetoes
    expedited BOOLEAN,             -- a shorter vote with a higher mark
    power DECIMAL(38, 0),          -- of all who could vote, where a contract tells it of each proposal
    quorum DECIMAL(38, 0),         -- how much of the options below it needs, likewise
    quorum_counts VARCHAR,         -- which options make its quorum, commas between; null where that is not proved
    quota DECIMAL(38, 18)          -- which part of Yes and No must be Yes; null where more Yes than No is enough
);

-- One option of one voter, from the newest snapshot that has votes of the proposal: chains delete them at the tally.
CREATE TABLE vote (
    snapshot INTEGER,              -- id of the snapshot
    network VARCHAR,               -- short name of the network
    chain_id VARCHAR,              -- of the proposal
    proposal VARCHAR,              -- number of the proposal
    voter VARCHAR,                 -- address
    option VARCHAR,                -- yes, abstain, no, no_with_veto
    weight DECIMAL(38, 18),        -- part of the voter's power; those of a voter add up to one
    height BIGINT,                 -- block at which it was cast or read
    power DECIMAL(38, 0),          -- what the option got by it, where whoever counts tells it with the vote
    overrides VARCHAR              -- address from whose vote it took that, or would take it
);

-- How few voters would have turned each vote by choosing otherwise, all others unchanged: a row for each route of a
-- proposal whose votes, stake and rule are known (docs/metrics.md). Delegators who left it to their validator could vote,
-- too: `fewest` counts with them.
CREATE TABLE flip (
    network VARCHAR,               -- short name of the network
    chain_id VARCHAR,              -- of the proposal
    proposal VARCHAR,              -- number of the proposal
    route VARCHAR,                 -- what they do instead: boycott (stay home), abstain, no, veto, yes
    fewest INTEGER,                -- no smaller set can; 1 where delegators were not read; null: not even all together
    most INTEGER,                  -- of a set that can; more than `fewest` where that was not settled, null: none was found
    voters VARCHAR,                -- addresses of the first of that set, as JSON
    rule VARCHAR                   -- that they break, or that asks for most of them: quorum, veto, threshold
);

-- The votes of each proposal counted again by the chain's own rule over the stake that is known best.
CREATE TABLE recount (
    network VARCHAR,               -- short name of the network
    chain_id VARCHAR,              -- of the proposal
    proposal VARCHAR,              -- number of the proposal
    exact BOOLEAN,                 -- true: over the stake that was read while the vote was open; false: over today's
    voters INTEGER,                -- who voted
    absent INTEGER,                -- validators, or who could vote, that did not
    turnout DOUBLE,                -- part of all that could vote that did
    absent_share DOUBLE            -- part that is with those who did not
);

-- Who is behind an address, with public evidence (data/reference/entities.toml); nothing that anybody writes of himself.
CREATE TABLE entity (
    network VARCHAR,               -- short name of the network
    address VARCHAR,               -- in its canonical spelling
    entity VARCHAR,                -- slug of the party; addresses with the same one are one party
    name VARCHAR,                  -- of the party as it is publicly known
    kind VARCHAR,                  -- custodian, bridge, burn, escrow, multisig, migration, staking, protocol, operator
    valid_from TIMESTAMPTZ,        -- null: the source does not say
    valid_to TIMESTAMPTZ,          -- null: it still holds, or the source does not say
    source VARCHAR,                -- the evidence
    recorded_at TIMESTAMPTZ,       -- when the evidence was read
    checked_at TIMESTAMPTZ,        -- when somebody opened the source; null: nobody could
    CHECK (recorded_at IS NOT NULL AND source <> '')
);

-- Addresses of validators that sign blocks and say both the same identity and the same website as another: one party
-- under the grouping `claimed`, and nowhere else. Nobody checks what they say, so that no headline rests on it.
CREATE TABLE claim (
    network VARCHAR,               -- short name of the network
    address VARCHAR,               -- of the operator, or the account of the same key
    entity VARCHAR,                -- addresses with the same one count as one party; that of a label where one has it
    name VARCHAR,                  -- the commonest of the names that they give themselves, or the label's
    source VARCHAR                 -- what they say
);

-- What validators that sign blocks say alike of themselves, a row for each text and validator; nobody checks it.
CREATE TABLE alike (
    network VARCHAR,               -- short name of the network
    alike VARCHAR,                 -- identity and website, identity, website, or name: it reads alike
    said VARCHAR,                  -- the text in one spelling
    address VARCHAR,               -- of the operator
    name VARCHAR,                  -- that it gives itself
    share DOUBLE,                  -- of the power of its network
    joined BOOLEAN                 -- true: one party under `claimed`; false: not confirmed, and merged nowhere
);

-- The same by number of holder, so that a ranking of millions compares no addresses.
CREATE TABLE holder_label (
    holder INTEGER,                -- id of the holder
    network VARCHAR,               -- short name of the network
    entity VARCHAR,                -- slug of the party
    name VARCHAR,                  -- of the party
    kind VARCHAR,                  -- as in `entity`
    valid_from TIMESTAMPTZ,        -- null: the source does not say
    valid_to TIMESTAMPTZ,          -- null: it still holds, or the source does not say
    source VARCHAR                 -- the evidence
);

-- What the numbers are called, one row an axis of a network and measure (docs/verdicts.md); of the newest blocks.
CREATE TABLE verdict (
    network VARCHAR,               -- short name of the network
    measure VARCHAR,               -- the column of the scorecard
    axis VARCHAR,                  -- math; gate: how few gatekeepers gate half of it
    state VARCHAR,                 -- rated, not rated, not applicable, not read, not verifiable
    number DOUBLE,                 -- effective parties, or fewest gatekeepers for half of it
    lower DOUBLE,                  -- the same if all addresses without a label were one party's
    claimed DOUBLE,                -- effective parties if who claims to be one operator is one; moves no word
    third INTEGER,                 -- fewest gatekeepers for a third of it
    words VARCHAR,                 -- the words without the letter
    letter VARCHAR,                -- of confidence
    text VARCHAR,                  -- what a page prints
    reason VARCHAR,                -- why there is no word
    how VARCHAR,                   -- which gate
    parties VARCHAR,               -- its gatekeepers, as JSON
    stable INTEGER,                -- ways of counting that give the headline's word
    settings INTEGER,              -- ways of counting that were computed
    by_address DOUBLE,             -- effective parties without merging
    excluded VARCHAR,              -- what is no party as JSON, kind -> share
    version VARCHAR                -- of the verdict rule
);

-- K and K_stop: how few can force or stop each action on a network, and the least of all (docs/verdicts.md).
CREATE TABLE power (
    network VARCHAR,               -- short name of the network
    grouping VARCHAR,              -- control (labels in force: the headline), address, claimed (self-claims too), voters of late
    side VARCHAR,                  -- force: make it happen; stop: keep it from happening
    action VARCHAR,                -- change the rules, mint or redirect, seize or evict, halt, censor; empty: the least of all
    state VARCHAR,                 -- rated, not rated, not applicable, not read, not verifiable
    number INTEGER,                -- parties that are enough; null where no path is known
    least INTEGER,                 -- fewest that it could be, where a way is unknown or could not be counted exactly
    lower INTEGER,                 -- the same if all addresses without a label were one party's
    at_most BOOLEAN,               -- `least` is fewer; `lower` can be fewer still
    words VARCHAR,                 -- the words without the letter
    letter VARCHAR,                -- of confidence, of what was read of the path
    text VARCHAR,                  -- what a page prints
    reason VARCHAR,                -- why there is no number
    unknown VARCHAR,               -- ways of which nobody knows who holds them
    how VARCHAR,                   -- what is done, and by which path
    path VARCHAR,                  -- name of the path
    seconds BIGINT,                -- the shortest time from the start of the path to its effect; null: not known
    note VARCHAR,                  -- what limits it
    parties VARCHAR,               -- who they are, as JSON
    snapshots VARCHAR,             -- ids of what was read of the path, as JSON
    version VARCHAR                -- of the verdict rule
);

-- Every path to power that was looked at, those that count nowhere as well.
CREATE TABLE path (
    network VARCHAR,               -- short name of the network
    grouping VARCHAR,              -- as in `power`
    place INTEGER,                 -- in the order of the network's file
    side VARCHAR,                  -- force or stop
    action VARCHAR,                -- as in `power`
    effect VARCHAR,                -- what it does where that is less than the action: then it counts nowhere
    name VARCHAR,                  -- what a voter reads
    number INTEGER,                -- parties that are enough; null where nobody knows who holds it
    least INTEGER,                 -- fewest that it could be, where it could not be counted exactly
    missing VARCHAR,               -- why nobody knows who holds it
    seconds BIGINT,                -- the shortest time from the start to the effect; null: not known
    letter VARCHAR,                -- of confidence
    parties VARCHAR,               -- who they are, as JSON
    alone VARCHAR,                 -- all who are enough by themselves, as JSON
    needed VARCHAR,                -- those without whom all others are not enough, as JSON
    snapshots VARCHAR,             -- ids of what was read of it, as JSON
    basis VARCHAR                  -- which way it is and how it was read, without the numbers in its name
);

-- The fewest parties that decide over what a part of a network gets (docs/metrics.md).
CREATE TABLE deciding_set (
    network VARCHAR,               -- short name of the network
    grouping VARCHAR,              -- control: with labels in force; address: without
    part VARCHAR,                  -- of the network
    amount DECIMAL(38, 0),         -- what it gets, in base units of `unit`
    unit VARCHAR,                  -- of the amount
    fewest INTEGER,                -- how few decide; 0: nobody does; null: not known
    parties VARCHAR,               -- who they are, as JSON
    snapshot INTEGER               -- id of the snapshot in which they hold what decides
);

-- Powers over networks that no chain tells of (data/reference/offchain_powers.toml): shown, and counted nowhere.
CREATE TABLE offchain_power (
    network VARCHAR,               -- short name of the network
    kind VARCHAR,                  -- release, endpoint, front end, registry, migration
    power VARCHAR,                 -- what it lets somebody do
    who VARCHAR,                   -- as the source names it
    source VARCHAR,                -- public evidence
    recorded_at DATE,              -- when it was written down
    checked_at DATE                -- when somebody opened the source; null: nobody could
);

-- Networks that are planned (data/reference/planned.toml): shown where their layer stands, and counted nowhere.
CREATE TABLE planned (
    title VARCHAR,                 -- as readers know it
    stack VARCHAR,                 -- layer of the field: compute, data, model, agents
    says VARCHAR,                  -- what there is of it, as the source says
    inferred VARCHAR,              -- what follows from the source and stands nowhere in it; empty where nothing does
    source VARCHAR,                -- public evidence
    recorded_at DATE,              -- when it was written down
    checked_at DATE                -- when somebody opened the source; null: nobody could
);

-- Where else an address of a network can be looked up (data/reference/explorers.toml).
CREATE TABLE explorer (
    place INTEGER,                 -- order of the file
    network VARCHAR,               -- short name of the network
    title VARCHAR,                 -- of the explorer
    account VARCHAR,               -- address of its page of an account, {address} in the account's place
    source VARCHAR,                -- who says that its pages have this form
    recorded_at DATE,              -- when it was written down
    checked_at DATE                -- when somebody opened the source; null: nobody could
);

-- What happened to the networks (data/reference/events.toml).
CREATE TABLE event (
    time TIMESTAMPTZ,              -- when
    network VARCHAR,               -- short name of the network
    title VARCHAR,                 -- what was done or stated, and by whom
    source VARCHAR,                -- public evidence
    kind VARCHAR,                  -- merger, exit, upgrade and such; empty where nothing fits
    checked_at TIMESTAMPTZ         -- when somebody opened the source; null: nobody could
);

-- What others claim, a row a reading of a sentence (data/reference/claims.toml), held against what was read by the rule
-- of docs/claims.md.
CREATE TABLE claim_reading (
    place INTEGER,                 -- order of the file
    claim VARCHAR,                 -- slug of the sentence
    reading VARCHAR,               -- slug of one way to read it
    sentence VARCHAR,              -- what is claimed, in short
    says VARCHAR,                  -- what it says when it is read this way
    plain BOOLEAN,                 -- true: how the sentence reads at first
    network VARCHAR,               -- short name of the network, or the name of one that is not read
    measure VARCHAR,               -- of what it speaks
    period_start DATE,             -- first day of which it speaks; null where it names none
    period_end DATE,               -- last day of which it speaks
    claimed DOUBLE,                -- the number that is claimed; null where there is none
    unit VARCHAR,                  -- of claimed and measured
    bound VARCHAR,                 -- near, at_least, at_most, needs (less refutes it, as much proves nothing)
    tolerance DOUBLE,              -- part of the claimed number by which the measured one may miss it
    formula VARCHAR,               -- how it is measured; empty where no chain can tell
    subject VARCHAR,               -- of which observation or population
    word VARCHAR,                  -- what it is called (docs/claims.md)
    falsifier VARCHAR,             -- what would refute it
    ambiguity VARCHAR,             -- what the sentence leaves open
    public VARCHAR,                -- what is public, with its date
    who VARCHAR,                   -- who says so
    kind VARCHAR,                  -- article, report, press, probe, statement, derived
    source VARCHAR,                -- where it was read
    recorded_at DATE,              -- when it was written down
    checked_at DATE,               -- when somebody opened the source; null: nobody could
    note VARCHAR,                  -- how the number came about, or why there is none
    measured DOUBLE,               -- what the formula gives; null where it gives nothing
    measured_at TIMESTAMPTZ,       -- when it was so
    snapshots VARCHAR              -- ids of the snapshots behind it, as JSON
);

-- What is spent on a market for compute, by every way of counting it, in tokens and in dollars (docs/compute_spend.md); of
-- the newest periods.
CREATE TABLE spend (
    network VARCHAR,               -- short name of the network
    letter VARCHAR,                -- R, A, S, D, E: which way of counting; they are never added to each other
    title VARCHAR,                 -- the same in words
    token VARCHAR,                 -- in which it is paid
    tokens DOUBLE,                 -- of that token
    low_usd DOUBLE,                -- in dollars, by the lower price where sources differ; null where none may be told
    high_usd DOUBLE,               -- by the higher one
    sources VARCHAR,               -- who tells the price
    priced_at TIMESTAMPTZ,         -- when the price was told
    notes VARCHAR,                 -- what to know of the price, or why there is none
    since TIMESTAMPTZ,             -- first moment of the period
    until TIMESTAMPTZ              -- last moment of the period
);

-- How concentrated the run rate of a market is on each of its sides, in dollars of a day at the lower price; addresses of
-- one party are merged by labels in force, those of a protocol left out.
CREATE TABLE spend_side (
    network VARCHAR,               -- short name of the network
    side VARCHAR,                  -- providers, payers, tenants, auditors
    parties INTEGER,               -- on that side
    usd DOUBLE,                    -- that they are paid, pay or sign for
    of_spend DOUBLE,               -- part of what all providers are paid
    effective_parties DOUBLE,      -- as in `metric`, of millionths of dollars
    nc_gt_1_2 DOUBLE,              -- fewest that have more than half
    top_1 DOUBLE,                  -- share of the largest
    top_3 DOUBLE,                  -- share of the largest three
    hhi DOUBLE                     -- Herfindahl-Hirschman index
);

-- The parties of those sides, the largest first.
CREATE TABLE spend_party (
    network VARCHAR,               -- short name of the network
    side VARCHAR,                  -- as in `spend_side`
    rank INTEGER,                  -- from 1, by dollars
    party VARCHAR,                 -- slug of a label, else the address
    holder VARCHAR,                -- its largest address
    addresses INTEGER,             -- that were merged into it
    low_usd DOUBLE,                -- dollars of a day, by the lower price
    high_usd DOUBLE,               -- by the higher one
    share DOUBLE,                  -- of the side
    cumulative DOUBLE              -- share of all up to this rank
);

-- Dollars of each day as a source off the chain counts them, and the run rate that was read on chain that day.
CREATE TABLE spend_day (
    network VARCHAR,               -- short name of the network
    day DATE,                      -- in UTC
    readings INTEGER,              -- of the run rate on that day; null where there were none
    low_usd DOUBLE,                -- mean run rate at the close of the day; null where a denom has no price
    high_usd DOUBLE,               -- by the higher price where sources differ
    notes VARCHAR,                 -- what to know of the price, or why there is none
    console_usd DOUBLE,            -- as the source counts it; null where it tells nothing
    ratio DOUBLE                   -- run rate over that
);

-- Who leases out hardware: providers that name one organisation, or share a domain; nobody checks what they say.
CREATE TABLE organisation (
    network VARCHAR,               -- short name of the network
    organisation VARCHAR,          -- as most of its providers name it, else their domain, else the address
    providers INTEGER,             -- how many
    cpu_cores DOUBLE,              -- leased out
    memory_gib DOUBLE,             -- leased out
    storage_gib DOUBLE,            -- leased out
    gpus DOUBLE                    -- leased out
);

-- Whose signature orders demand of a provider, by the spend that needs it.
CREATE TABLE auditor (
    network VARCHAR,               -- short name of the network
    auditor VARCHAR,               -- a party's largest address; empty: spend that needs no signature
    low_usd DOUBLE,                -- dollars of a day that need it
    of_spend DOUBLE,               -- part of all that providers are paid
    signed INTEGER,                -- providers that are paid and have it; null where none is needed
    of_providers DOUBLE            -- part of those that are paid
);

-- What else is concentrated, and how much (data/reference/yardsticks.toml), by the metrics of this program; as ranges,
-- since only the largest are listed and whoever is not has no more than the last of them.
CREATE TABLE yardstick (
    yardstick VARCHAR,             -- slug
    title VARCHAR,                 -- what it is
    thing VARCHAR,                 -- what its parties are called, in the plural
    m_low DOUBLE,                  -- effective parties, at least
    m_high DOUBLE,                 -- effective parties, at most
    k_low INTEGER,                 -- fewest who can decide, at least
    k_high INTEGER,                -- fewest who can decide, at most
    rule VARCHAR,                  -- the metric that counts them
    deciding VARCHAR,              -- for what they are enough
    listed INTEGER,                -- parties with an amount of their own
    listed_share DOUBLE,           -- what these have of all
    unit VARCHAR,                  -- of the amounts
    of_day DATE,                   -- of which it is told
    note VARCHAR,                  -- who they are, and what to know
    source VARCHAR,                -- where it was read
    recorded_at DATE,              -- when it was written down
    checked_at DATE                -- when somebody opened the source; null: nobody could
);

-- The ledger: every run.
CREATE TABLE run (
    id VARCHAR,                    -- its start and process
    started TIMESTAMPTZ,           -- when
    finished TIMESTAMPTZ,          -- when
    status VARCHAR,                -- fresh, partial, failed, interrupted
    landed INTEGER,                -- snapshots
    requests INTEGER,              -- what was asked of endpoints
    argv VARCHAR,                  -- the command
    version VARCHAR,               -- of the program
    host VARCHAR                   -- machine
);

-- What failed in a run.
CREATE TABLE run_error (
    run VARCHAR,                   -- id of the run
    network VARCHAR,               -- short name of the network
    reading VARCHAR,               -- what was asked
    error VARCHAR,                 -- SourceDown, SourceChanged, BadData
    message VARCHAR                -- where and why
);

-- What failed when it was last asked for: a row for each host that is to blame, and reading that it stopped.
CREATE TABLE trouble (
    network VARCHAR,               -- short name of the network
    reading VARCHAR,               -- what was asked
    host VARCHAR,                  -- who is to blame, empty where no host is
    cause VARCHAR,                 -- silent, refuses, fails, lacks, behind, down, changed, wrong, endless, ours
    message VARCHAR,               -- why, in the words of the error
    since TIMESTAMPTZ              -- start of the first run in which it failed and since which it was not read
);

-- What this build found torn.
CREATE TABLE torn (
    message VARCHAR                -- a sentence for each landing file, and line of the ledger, that is not what was written
);

-- Whether something that holds from one time to another holds at a moment; null is without end.
CREATE MACRO in_force(valid_from, valid_to, moment) AS
    (valid_from IS NULL OR valid_from <= moment) AND (valid_to IS NULL OR moment < valid_to);

-- Whether a holder is nobody: where an amount went that no party got (burned, withheld). In the total, not a party.
CREATE MACRO is_sink(address) AS starts_with(address, 'sink:');

-- Which of several rows of a metric is told under a grouping: the one that is largest by this.
CREATE MACRO precedence(grouping, wanted, labels_version, method_version) AS
    row(grouping <> 'address', grouping = wanted, labels_version, length(method_version), method_version);

-- Whether a row of a grouping may be told under another.
CREATE MACRO may_tell(grouping, wanted) AS
    grouping IN (wanted, 'address') OR (grouping = 'control' AND wanted = 'claimed');

-- Metrics of every population under a grouping, each by the newest formulas and labels; a population in which claims
-- merge nobody has those under `control`, one that no label touches those of its addresses.
CREATE MACRO metric_under(wanted) AS TABLE
    SELECT * FROM metric WHERE may_tell(grouping, wanted)
    QUALIFY row_number() OVER (
        PARTITION BY snapshot, population, metric
        ORDER BY precedence(grouping, wanted, labels_version, method_version) DESC
    ) = 1;

-- Sizes of every population under a grouping, by the newest labels; one that no label touches has that of its addresses.
CREATE MACRO size_under(wanted) AS TABLE
    SELECT * FROM distribution WHERE grouping IN (CASE wanted WHEN 'claimed' THEN 'control' ELSE wanted END, 'address')
    QUALIFY row_number() OVER (
        PARTITION BY snapshot, population ORDER BY grouping = 'address', labels_version DESC
    ) = 1;

-- The newest snapshot of every reading: by block time, never by height, which starts again with a new chain id.
CREATE VIEW newest AS
    SELECT s.* FROM snapshot s
    JOIN (SELECT max_by(id, row(time, id)) AS id FROM snapshot GROUP BY network, reading) USING (id);

-- Who holds how much, in words: every newest holding with its address, population and where it was read.
CREATE VIEW held AS
    SELECT o.snapshot, s.network, s.reading, s.measure, s.unit, s.height, s.since, s.time,
           o.population AS population_id, p.name AS population, o.holder, h.address, o.amount
    FROM holding o
    JOIN snapshot s ON s.id = o.snapshot
    JOIN population p ON p.id = o.population
    JOIN holder h ON h.id = o.holder;

-- What an address calls itself on its chain, by its newest word; anyone can write any name.
CREATE VIEW own_name AS
    SELECT network, subject AS address, any_value(exact ORDER BY time DESC) AS name
    FROM observation WHERE name = 'moniker' GROUP BY network, subject;
