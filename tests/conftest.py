"""What all tests share: where real data lies, and which skips are expected."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

# The same examples in every run, and no deadline: tests do not measure time.
settings.register_profile("observatory", derandomize=True, deadline=None)
settings.load_profile("observatory")

ROOT = Path(__file__).parent.parent
SHARED = ROOT.parent / "shared" / "data"


@pytest.fixture(scope="session")
def shared() -> Path:
    """Real chain data and recorded answers beside the checkout."""
    if not SHARED.is_dir():
        pytest.skip("real data (../shared/data) is not on this machine")
    return SHARED


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Loopback servers are asked directly."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")
    for name in list(os.environ):
        if name.endswith("_URL") or name.startswith("DEAI_"):
            monkeypatch.delenv(name)
