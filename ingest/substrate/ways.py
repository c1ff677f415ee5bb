"""The usual ways to power over a Substrate chain: the sudo key, and the votes that make blocks final."""

from typing import Final

from analytics.power.paths import Action, Side
from ingest.network import Keys, Rule, Way
from store.rows import Measure

# GRANDPA makes a block final with more than two thirds of the votes.
STOP_FINALITY: Final = Rule(Measure.CONTROL, "grandpa", "stop finality", 1, 3, strict=False)
FINALITY: Final = (STOP_FINALITY, Rule(Measure.CONTROL, "grandpa", "make any block final alone", 2, 3, strict=True))

# The signers of the multisig that is the sudo key, where they derive it.
_SUDO: Final = Keys("sudo", needed="sudo_threshold", proof="sudo_signers", governs="sudo")
WAYS: Final = (
    Way(Action.CHANGE_RULES, Side.FORCE, "the sudo multisig", _SUDO, "pallet Sudo", takes=0),
    Way(Action.CHANGE_RULES, Side.STOP, "the sudo multisig", _SUDO, "pallet Sudo", takes=0),
    Way(
        Action.HALT,
        Side.FORCE,
        "1/3 of the finality votes (GRANDPA)",
        STOP_FINALITY,
        "pallet Grandpa",
        takes=0,
        effect="stop finality, while blocks go on,",
    ),
)
