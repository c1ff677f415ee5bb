"""The ways to power over Bittensor: what the root can do and who is the root, who makes blocks, who takes subnets over.

Calls are those of subtensor at spec 425 (pallets/subtensor/src/macros/dispatches.rs, pallets/admin-utils/src/lib.rs,
runtime/src/lib.rs). Who runs the authorities nobody has published.
"""

from typing import Final

from analytics.power.paths import Action, Side
from ingest.network import Deciding, Gate, Rule, Seats, Unlisted, Way
from ingest.substrate.ways import FINALITY_STOPPED, SUDO, root
from store.rows import Measure

# All these ask for the root's origin (ensure_root).
CALLS: Final = {
    Action.CHANGE_RULES: "System.set_code, AdminUtils.sudo_set_kappa",
    Action.MINT: "Balances.force_set_balance, AdminUtils.sudo_set_subnet_emission_enabled",
    Action.SEIZE: "SubtensorModule.swap_coldkey, reset_coldkey_swap, root_dissolve_network",
    Action.HALT: "SafeMode.force_enter, AdminUtils.swap_authorities",
    Action.CENSOR: "AdminUtils.swap_authorities, schedule_grandpa_change",
}


def _part(body: str, numerator: int, denominator: int, *, strict: bool = False) -> Rule:
    return Rule(Measure.CONTROL, body, "", numerator, denominator, strict)


def _one(body: str) -> Rule:
    """A single seat: more than none."""
    return _part(body, 0, 1, strict=True)


# Until about spec 329: one of the triumvirate proposes, more than half of the senate says Yes, and it is done at once
# (pallets/collective/src/lib.rs at b24b181b: propose, do_close). Half of the senate, or all who propose, keep it away.
OLD: Final = "triumvirate, senate"
SENATE: Final = Seats((_one("triumvirate"), _part("senate", 1, 2, strict=True)), OLD)
HALF_OF_SENATE: Final = Seats((_part("senate", 1, 2),), OLD)
ALL_WHO_PROPOSE: Final = Seats((_part("triumvirate", 1, 1),), OLD)

# Pull request 2804, not on the chain in mid-2026: a proposer and two thirds of the triumvirate; a day later it is made
# unless 51 % of at most 32 reviewers say No (runtime/src/governance/tracks.rs at d0910bde).
NEW: Final = "proposers, triumvirate, reviewers"
STAGES: Final = Seats((_one("proposers"), _part("triumvirate", 2, 3)), NEW)
TWO_THIRDS: Final = Seats((_part("triumvirate", 2, 3),), NEW)
CANCEL: Final = Seats((_part("reviewers", 51, 100),), NEW)
REVIEW: Final = 24 * 3600

PREPARED: Final = Unlisted(
    "two_stage",
    "rule ready, pallets absent: a proposer and two of three would force, two of three or 51 % of the reviewers stop",
)

# Slots go round: whoever makes one block in twenty can put a transaction into it, so only all together leave one out.
# That a majority could outgrow the others' blocks is no rule of the chain: what is final by then stays.
EVERY_AUTHOR: Final = Seats((_part("authorities", 1, 1),))

ANYBODY: Final = Unlisted("takeover_per_cent", "whoever locks enough of its token; nobody lists who could")

WAYS: Final = (
    *root(CALLS, Side.FORCE, "the sudo multisig", SUDO, takes=0),
    *root(CALLS, Side.STOP, "the sudo multisig", SUDO, takes=0),
    *root(CALLS, Side.FORCE, "the triumvirate and the senate", SENATE, takes=0),
    *root(CALLS, Side.STOP, "half of the senate", HALF_OF_SENATE, takes=0),
    *root(CALLS, Side.STOP, "all of the triumvirate", ALL_WHO_PROPOSE, takes=0),
    *root(CALLS, Side.FORCE, "a proposer and the triumvirate", STAGES, takes=REVIEW),
    *root(CALLS, Side.STOP, "the triumvirate", TWO_THIRDS, takes=0),
    *root(CALLS, Side.STOP, "the reviewers", CANCEL, takes=0),
    Way(
        Action.CHANGE_RULES,
        Side.FORCE,
        "a proposer and the triumvirate",
        PREPARED,
        "pull request 2804",
        effect="change the rules once it is on the chain,",
    ),
    Way(Action.HALT, Side.FORCE, "all block authors", EVERY_AUTHOR, "pallet Aura", takes=0),
    Way(Action.CENSOR, Side.FORCE, "all block authors", EVERY_AUTHOR, "pallet Aura", takes=0),
    FINALITY_STOPPED,
    Way(
        Action.SEIZE,
        Side.FORCE,
        "conviction",
        ANYBODY,
        "SubtensorModule.change_subnet_owner_if_needed",
        effect="take over one subnet",
    ),
)

# The weight that kappa of a subnet's active stake weight supports is what a miner is scored (epoch/run_epoch.rs).
SCORING: Final = Deciding(
    population="subnet_validators/validators",
    need="kappa",
    denominator=65_535,
    over="subnet_emission/subnets",
    told="of the TAO that subnets get is scored",
)

# Who owns a subnet sets what it pays for and gets 18 % of its token before anybody else (docs/concepts/emissions.mdx).
GATES: Final = (Gate(Measure.EMISSION, "subnet owners", "gated_emission/subnet_owners"),)
