"""The usual ways to power over a Substrate chain: the root's powers, and the votes that make blocks final."""

from collections.abc import Iterator, Mapping
from typing import Final

from analytics.power.paths import Action, Side
from ingest.network import Keys, Needs, Rule, Way
from store.rows import Measure

# GRANDPA makes a block final with more than two thirds of the votes.
STOP_FINALITY: Final = Rule(Measure.CONTROL, "grandpa", "stop finality", 1, 3, strict=False)
FINALITY: Final = (STOP_FINALITY, Rule(Measure.CONTROL, "grandpa", "make any block final alone", 2, 3, strict=True))
FINALITY_STOPPED: Final = Way(
    Action.HALT,
    Side.FORCE,
    "1/3 of the finality votes (GRANDPA)",
    STOP_FINALITY,
    "pallet Grandpa",
    takes=0,
    effect="stop finality, while blocks go on,",
)

# The signers of the multisig that is the sudo key, where they derive it.
SUDO: Final = Keys("sudo", needed="sudo_threshold", proof="sudo_signers", governs="sudo")


def root(calls: Mapping[Action, str], side: Side, name: str, needs: Needs, *, takes: int) -> Iterator[Way]:
    """Every power of the root's origin for those who have it, or can keep others from it.

    calls: by action the calls that only the root may make.
    """
    for action, source in calls.items():
        yield Way(action, side, name, needs, source, takes=takes)
