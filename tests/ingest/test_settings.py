"""What the environment sets, and what cannot be meant."""

from pathlib import Path

import pytest

from ingest import settings
from ingest.publication import build
from ingest.settings import WrongSetting, memory
from store.draft import Draft


@pytest.mark.parametrize(("told", "size"), [("1GB", 10**9), ("512 MiB", 2**29), ("1.5gb", 1_500_000_000)])
def test_the_memory_of_a_build_is_a_size(monkeypatch: pytest.MonkeyPatch, told: str, size: int) -> None:
    monkeypatch.setenv("DEAI_MEMORY", told)
    assert memory() == size


@pytest.mark.parametrize("told", ["", "1", "0GB", "-1GB", "much", "1GB; DROP TABLE meta"])
def test_a_memory_that_is_no_size_is_refused_before_anything_is_built(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told: str
) -> None:
    monkeypatch.setenv("DEAI_MEMORY", told)
    with pytest.raises(WrongSetting, match="DEAI_MEMORY"):
        build(tmp_path, {})
    assert not list(tmp_path.iterdir())


def test_unless_set_it_is_a_quarter_of_what_a_container_may_take(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    limited, unlimited = tmp_path / "limited", tmp_path / "unlimited"
    limited.write_text("400000000\n")
    unlimited.write_text("max\n")
    monkeypatch.delenv("DEAI_MEMORY", raising=False)
    monkeypatch.setattr(settings, "CONTAINER", (unlimited, tmp_path / "none", limited))
    assert memory() == 100_000_000


def test_the_database_of_a_build_keeps_to_it(tmp_path: Path) -> None:
    with Draft(tmp_path, memory=500 * 2**20) as draft:
        assert draft.table("SELECT current_setting('memory_limit') AS most")["most"].item() == "500.0 MiB"
