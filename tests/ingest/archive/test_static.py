"""An archive as static files: whole at any time, added to and never written again, signed by whom it says."""

import hashlib
import json
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from ingest.archive import static
from ingest.archive.mirror import Mirrored, archive_http, mirror
from ingest.archive.package import LICENCE, PACKAGE, SUMS, read
from ingest.archive.signing import NotSigned
from ingest.archive.static import Simulated, publish_archive
from ingest.networks import networks
from store.faults import BadData
from store.landed import contents
from store.landing import SAMPLE, Landing
from tests.conftest import ROOT
from tests.worlds.libraries import (
    DAYS,
    PLACE,
    Server,
    facts,
    files,
    height,
    land,
    library,
    repackaged,
    snapshot,
)
from tests.worlds.moving_chain import called
from tests.worlds.servers import serving


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return library(tmp_path_factory.mktemp("library")).parent


@pytest.fixture
def shelf(once: Path, tmp_path: Path) -> Path:
    """Landing and archive of the small library, to be changed."""
    return Path(shutil.copytree(once, tmp_path / "shelf"))


def published(shelf: Path, key: Path | None = None) -> static.Archived:
    return publish_archive(shelf / "data", shelf / "archive", key)


def heights(archive: Path) -> list[list[int]]:
    """Heights in each month of an archive, as its package tells them and as its files hold them."""
    package = read((archive / PACKAGE).read_bytes(), "")
    for piece in package.pieces:
        held = [one.snapshot.block.height for one in contents(archive / piece.name)]
        assert held == [one.height for one in piece.snapshots]
    return [[one.height for one in piece.snapshots] for piece in package.months]


def test_snapshots_that_lie_by_themselves_are_put_into_their_months(once: Path) -> None:
    assert heights(once / "archive") == [[height(DAYS[0]), height(DAYS[1])], [height(DAYS[2])]]
    names = [name for name in files(once / "archive") if name.startswith("landing/")]
    assert [len(names), *sorted(name.split("/")[-1][:8] for name in names)] == [2, "2026-09.", "2026-10."]


def test_a_month_of_landing_is_archived_byte_by_byte(tmp_path: Path) -> None:
    Landing(tmp_path / "data").land_months([(snapshot(DAYS[0]), facts())])
    publish_archive(tmp_path / "data", tmp_path / "archive")
    [(_, mine)] = files(tmp_path / "data" / "landing").items()
    assert mine in files(tmp_path / "archive").values()


def test_any_tool_finds_the_hashes_of_all_files(once: Path) -> None:
    archive = once / "archive"
    told = subprocess.run(["sha256sum", "-c", SUMS], cwd=archive, capture_output=True, text=True, check=True).stdout
    assert {line.partition(": ")[0] for line in told.splitlines()} == {*files(archive)} - {SUMS}


def test_the_package_is_a_data_package_with_the_licence_of_the_data(once: Path) -> None:
    package = json.loads((once / "archive" / PACKAGE).read_bytes())
    assert package["$schema"] == "https://datapackage.org/profiles/2.0/datapackage.json"
    assert [one["name"] for one in package["licenses"]] == ["CC-BY-4.0"]
    assert (once / "archive" / LICENCE).read_bytes() == (ROOT / "docs" / "data_licence.md").read_bytes()
    for one in package["resources"]:
        assert (once / "archive" / one["path"]).stat().st_size == one["bytes"]
        assert one["hash"].startswith("sha256:")
        assert {*one["snapshots"][0]} == {"height", "sha256"}


def test_an_archive_to_which_nothing_is_new_stays_byte_by_byte(shelf: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in (shelf / "archive").rglob("*") if path.is_file()}
    assert published(shelf).written == 0
    assert before == {path: path.stat().st_mtime_ns for path in (shelf / "archive").rglob("*") if path.is_file()}


def test_a_month_that_grows_is_another_file_and_the_old_one_stays_for_who_reads_it(shelf: Path) -> None:
    before = files(shelf / "archive")
    day = DAYS[2].replace(day=9)
    land(shelf / "data", [(snapshot(day), facts())])
    assert published(shelf).written == 1
    assert heights(shelf / "archive")[1] == [height(DAYS[2]), height(day)]
    after = files(shelf / "archive")
    assert {name for name in before if name.startswith("landing/")} <= after.keys()
    # The next one takes away what is in neither.
    assert published(shelf).written == 0
    assert sorted(name[-28:-21] for name in files(shelf / "archive") if "2026-10" in name) == ["2026-10"]


def test_what_landing_thinned_stays_in_the_archive(shelf: Path) -> None:
    (Landing(shelf / "data").folder.joinpath(*PLACE) / f"{height(DAYS[1])}.parquet").unlink()
    before = files(shelf / "archive")
    assert published(shelf).written == 0
    assert files(shelf / "archive") == before


def test_other_facts_of_a_block_are_told_and_the_archive_keeps_its_own(shelf: Path) -> None:
    before = files(shelf / "archive")
    (Landing(shelf / "data").folder.joinpath(*PLACE) / f"{height(DAYS[1])}.parquet").unlink()
    land(shelf / "data", [(snapshot(DAYS[1]), facts((99, 30, 20)))])
    done = published(shelf)
    assert [f"other facts of block {height(DAYS[1])}" in why for why in done.disputed] == [True]
    assert files(shelf / "archive") == before


def test_a_torn_file_is_named_and_costs_no_other(shelf: Path) -> None:
    path = Landing(shelf / "data").folder.joinpath(*PLACE) / f"{height(DAYS[1])}.parquet"
    path.write_bytes(path.read_bytes()[:-9])
    day = DAYS[2].replace(day=9)
    land(shelf / "data", [(snapshot(day), facts())])
    done = published(shelf)
    assert [str(path) in why for why in done.torn] == [True]
    assert heights(shelf / "archive")[1] == [height(DAYS[2]), height(day)]


def test_a_file_of_the_archive_that_is_gone_is_told_and_archived_again(shelf: Path) -> None:
    before = files(shelf / "archive")
    next((shelf / "archive").glob("landing/*/*/*/2026-10*")).unlink()
    assert ["is gone" in why for why in published(shelf).torn] == [True]
    assert files(shelf / "archive") == before


def test_what_is_of_nobody_here_stays_in_the_folder(shelf: Path) -> None:
    beside = [shelf / "archive" / "index.html", shelf / "archive" / "marts" / "readme.txt"]
    for path in beside:
        path.parent.mkdir(exist_ok=True)
        path.write_text("hers")
    published(shelf)
    assert all(path.read_text() == "hers" for path in beside)


def test_simulated_data_is_no_archive(tmp_path: Path) -> None:
    land(tmp_path / SAMPLE, [(snapshot(DAYS[0], simulated=True), facts())])
    with pytest.raises(Simulated):
        publish_archive(tmp_path / SAMPLE, tmp_path / "archive")
    assert called(tmp_path / SAMPLE, "publish-archive", str(tmp_path / "archive"))[0] == 2
    assert files(tmp_path / "archive").keys() <= {"ingest.lock"}


def test_a_folder_with_a_package_of_somebody_else_is_left_alone(shelf: Path) -> None:
    (shelf / "archive" / PACKAGE).write_text('{"name": "hers", "resources": []}')
    with pytest.raises(BadData, match="is no archive of format"):
        published(shelf)
    assert json.loads((shelf / "archive" / PACKAGE).read_text())["name"] == "hers"


@pytest.mark.parametrize("step", ["landed", "copy", "_beside", "_put"])
def test_one_that_is_cut_off_shows_the_archive_of_before_and_is_finished_by_the_next(
    step: str, shelf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    day = DAYS[2].replace(month=11)
    land(shelf / "data", [(snapshot(day), facts())])
    Landing(shelf / "data").land_months([(replace(snapshot(DAYS[0]), reading="consensus"), facts())])
    undisturbed = Path(shutil.copytree(shelf, tmp_path / "undisturbed"))
    before = (shelf / "archive" / PACKAGE).read_bytes()
    with monkeypatch.context() as cut:
        cut.setattr(static, step, _killed)
        with pytest.raises(KeyboardInterrupt):
            published(shelf)
    assert (shelf / "archive" / PACKAGE).read_bytes() == before
    assert len(heights(shelf / "archive")) == 2
    published(shelf)
    published(undisturbed)
    assert files(shelf / "archive") == files(undisturbed / "archive")


def _killed(*_: object) -> None:
    raise KeyboardInterrupt


# Signatures.


def keyed(folder: Path, name: str, passphrase: str = "") -> Path:
    """A new key of OpenSSH."""
    made = ["ssh-keygen", "-q", "-t", "ed25519", "-N", passphrase, "-C", name, "-f", str(folder / name)]
    subprocess.run(made, check=True, stdin=subprocess.DEVNULL)
    return folder / name


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Keys of Ann, who signs, and of Bob; and who may sign: Ann."""
    if shutil.which("ssh-keygen") is None:
        pytest.skip("ssh-keygen is not installed")
    folder = tmp_path_factory.mktemp("keys")
    for name in ("ann", "bob"):
        keyed(folder, name)
    (folder / "signers").write_text(f"ann@example.org {(folder / 'ann.pub').read_text()}")
    return folder


@pytest.fixture(scope="module")
def signed(once: Path, keys: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The files of an archive that Ann signed."""
    shelf = Path(shutil.copytree(once, tmp_path_factory.mktemp("signed") / "shelf"))
    published(shelf, keys / "ann")
    return files(shelf / "archive")


def taken(told: dict[str, bytes], data: Path, keys: Path) -> Mirrored:
    with serving(Server(told)) as url, archive_http() as http:
        return mirror(url, data, http, networks(), signers=keys / "signers")


def test_an_archive_of_who_may_sign_is_taken(signed: dict[str, bytes], keys: Path, tmp_path: Path) -> None:
    assert taken(signed, tmp_path, keys).snapshots == 3


def test_an_archive_without_a_signature_is_refused_where_one_is_asked_for(
    once: Path, keys: Path, tmp_path: Path
) -> None:
    with pytest.raises(Exception, match=r"signatures/.*answered 404"):
        taken(files(once / "archive"), tmp_path, keys)


def test_an_archive_that_somebody_else_signed_is_refused(shelf: Path, keys: Path, tmp_path: Path) -> None:
    published(shelf, keys / "bob")
    with pytest.raises(BadData, match="no signer that"):
        taken(files(shelf / "archive"), tmp_path, keys)


def test_a_package_that_was_changed_after_it_was_signed_is_refused(
    signed: dict[str, bytes], keys: Path, tmp_path: Path
) -> None:
    """Its signature is renamed to go with it."""
    changed = repackaged(signed, lambda package: package.update(title="Mine"))
    [signature] = [content for name, content in signed.items() if name.startswith("signatures/")]
    renamed = f"signatures/{hashlib.sha256(changed[PACKAGE]).hexdigest()}.sig"
    with pytest.raises(BadData, match="does not hold"):
        taken({**changed, renamed: signature}, tmp_path, keys)


def test_an_archive_that_is_signed_already_is_left_as_it_is(shelf: Path, keys: Path) -> None:
    published(shelf, keys / "ann")
    before = files(shelf / "archive")
    published(shelf, keys / "ann")
    assert files(shelf / "archive") == before


@pytest.mark.slow
def test_nobody_is_asked_for_a_passphrase(shelf: Path, keys: Path, tmp_path: Path) -> None:
    before = files(shelf / "archive")
    with pytest.raises(NotSigned, match="not signed with"):
        published(shelf, keyed(tmp_path, "locked", "a passphrase"))
    assert (shelf / "archive" / PACKAGE).read_bytes() == before[PACKAGE]
