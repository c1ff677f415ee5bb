"""How much of a test with many cases is tried: all of it, or a fifth in a fast run, whoever makes the cases."""

from collections.abc import Callable

from hypothesis import settings

ALL = 100


def examples(many: int) -> settings:
    """As many of hypothesis' examples as said; in a fast run as many times fewer as its profile takes."""
    return settings(max_examples=max(many * settings().max_examples // ALL, 5))


def one_of(test: Callable[..., object]) -> int:
    """Of how many cases of a test one is tried: of five where it is marked as a table and the run is fast."""
    table = any(mark.name == "table" for mark in getattr(test, "pytestmark", ()))
    return ALL // settings().max_examples if table else 1
