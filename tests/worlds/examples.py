"""How much of a test with many cases is tried: all of it, or a few in a fast run, whoever makes the cases."""

from collections.abc import Sequence
from typing import Final, TypeVar

from hypothesis import settings

ALL: Final = 100
# Cases of one test that a fast run tries.
FEW: Final = 4

Case = TypeVar("Case")


def examples(many: int) -> settings:
    """As many of hypothesis' examples as said; in a fast run as many times fewer as its profile takes."""
    return settings(max_examples=max(many * settings().max_examples // ALL, 5))


def few(cases: Sequence[Case]) -> Sequence[Case]:
    """All cases of a test; in a fast run the first and some others, as far from each other as can be."""
    return cases[:: -(-len(cases) // FEW)] if settings().max_examples < ALL and cases else cases
