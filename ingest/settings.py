"""What the environment sets for a run; what cannot be meant is told by the command line as wrong usage."""

import os


class WrongSetting(Exception):
    """An environment variable holds what cannot be meant."""


def above_zero(variable: str, usual: float) -> float:
    """The number that is set, else the usual one; raises WrongSetting where it is no number above 0."""
    told = os.environ.get(variable, str(usual))
    try:
        found = float(told)
    except ValueError:
        found = 0.0
    if not 0 < found < float("inf"):
        raise WrongSetting(f"{variable}: {told!r} is no number above 0")
    return found
