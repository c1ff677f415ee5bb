"""How many examples hypothesis draws for a test that says it itself: all of them, or a fifth in a fast run."""

from hypothesis import settings


def examples(many: int) -> settings:
    """As many examples as said; in a fast run as many times fewer as its profile takes."""
    return settings(max_examples=max(many * settings().max_examples // 100, 5))
