"""The files of each publish: whatever publishes writes them, of what it published."""

import json
import shutil
from errno import ENOSPC
from pathlib import Path

import pytest

from files import site
from ingest.settings import WrongSetting, site_address
from store.mart import current, opened, site_folder
from tests.worlds.moving_chain import called, moving_chain

RUN = ("run", "--network", "akash", "--reading", "validators", "--all")


def told(folder: Path) -> int:
    """The generation of which the files tell."""
    return int(json.loads((folder / "latest.json").read_bytes())["generation"])


@pytest.mark.slow
def test_a_run_and_a_rebuild_write_what_they_published(tmp_path: Path) -> None:
    data, public = tmp_path / "data", tmp_path / "elsewhere"
    with moving_chain() as address:
        code, _, errors = called(
            data, *RUN, AKASH_URL=address, DEAI_SITE=str(public), DEAI_SITE_AT="https://a.example/d"
        )
    assert code == 0, errors
    assert told(public) == 1
    assert not (data / "site").exists()
    assert 'content="https://a.example/d/akash/power.html"' in (public / "akash/power.html").read_text()
    for command in ("rebuild", "prune"):
        assert called(data, command)[0] == 0
        with opened(data) as mart:
            assert told(data / "site") == mart.table("SELECT generation FROM meta").item()


def test_an_address_that_is_none_is_refused_before_anything_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for wrong in (
        "example.org",
        "javascript:alert(1)",
        "https://a.example/?x=1",
        "https://user:word@a.example/",
        "https://",
    ):
        monkeypatch.setenv("DEAI_SITE_AT", wrong)
        with pytest.raises(WrongSetting):
            site_address()
    code, _, errors = called(tmp_path, *RUN, AKASH_URL="http://127.0.0.1:9", DEAI_SITE_AT="example.org")
    assert (code, "DEAI_SITE_AT" in errors) == (2, True)
    monkeypatch.setenv("DEAI_SITE_AT", "http://127.0.0.1:8080/data/")
    assert site_address() == "http://127.0.0.1:8080/data/"


def test_the_sample_never_takes_the_place_of_real_files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DEAI_SITE", str(tmp_path / "public"))
    assert site_folder(tmp_path) == tmp_path / "public"
    assert site_folder(tmp_path / "sample") == tmp_path / "sample/site"


@pytest.mark.slow
def test_a_disk_that_is_full_for_the_files_is_told_and_the_next_publish_writes_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with moving_chain() as address:
        assert called(tmp_path, *RUN, AKASH_URL=address)[0] == 0

    def full(path: Path, content: bytes) -> None:
        raise OSError(ENOSPC, "No space left on device", str(path))

    shutil.rmtree(tmp_path / "site")
    with monkeypatch.context() as disk:
        disk.setattr(site, "remake", full)
        code, _, errors = called(tmp_path, "rebuild")
    assert (code, "No space left" in errors) == (74, True)
    assert current(tmp_path).name == "mart-000002.duckdb"
    assert not (tmp_path / "site/latest.json").exists()
    assert called(tmp_path, "rebuild")[0] == 0
    assert told(tmp_path / "site") == 3
