"""What a data folder lives through in years, in any order; `python -m benchmarks.history` takes 10,000 steps."""

import pytest
from hypothesis import HealthCheck, settings

from tests.worlds.history import History

SLOW = (HealthCheck.too_slow, HealthCheck.data_too_large)

# Ten histories of fifty steps.
TestHistory = pytest.mark.slow(History.TestCase)
TestHistory.settings = settings(
    max_examples=10, stateful_step_count=50, derandomize=True, database=None, deadline=None, suppress_health_check=SLOW
)
