"""A link to a number: computed again from what landed, and from a node that still has the block."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from tempfile import gettempdir

import polars as pl
import pytest

from ingest import verifying
from ingest.job import recorded
from ingest.networks import networks
from ingest.publication import build
from ingest.sample.world import build_sample
from questions import cited
from questions.populations import populations
from questions.scenario import QUESTIONS, Scenario
from store.landed import contents
from store.landing import SAMPLE, Landing
from store.mart import opened
from store.rows import Facts, Kind, frame
from tests.worlds.archives import HEAD, Archive, archived
from tests.worlds.copied import copied
from tests.worlds.hamlet import address, snapshot
from tests.worlds.moving_chain import called

pytestmark = pytest.mark.slow


def link(data: Path, metric: str, reading: str = "validators", grouping: str = "control") -> str:
    """A link to a number of Akash's validators, as a page gives it."""
    with opened(data) as mart:
        one = next(p for p in populations(mart) if (p.network, p.reading) == ("akash", reading))
    return cited.link("https://deai.example/power", {"net": "akash"}, cited.of_population(one, metric, grouping))


@pytest.fixture
def village(hamlet: Path, tmp_path: Path) -> Path:
    """The small world, for a test that spoils it."""
    shutil.copytree(hamlet, tmp_path / "village")
    return tmp_path / "village"


@pytest.mark.parametrize("metric", ["nc_gt_1_2", "effective_parties", "distribution.n", "distribution.total"])
def test_a_number_comes_out_of_what_landed_again(hamlet: Path, metric: str) -> None:
    code, said, _ = called(hamlet, "verify", link(hamlet, metric))
    assert code == 0
    assert "landing: equal" in said
    assert "SIMULATED" not in said


@pytest.mark.parametrize("kind", list(QUESTIONS))
def test_what_a_scenario_leaves_comes_out_of_what_landed_again(hamlet: Path, kind: str) -> None:
    with opened(hamlet) as mart:
        one = next(p for p in populations(mart) if (p.network, p.reading) == ("akash", "validators"))
    chosen = tuple(address("akashvaloper", place) for place in (0, 1))[
        : {"one": 1, "none": 0}.get(QUESTIONS[kind].asks)
    ]
    origin = cited.of_scenario(one, Scenario(kind, QUESTIONS[kind].usual, chosen), "nc_gt_1_2", "control")
    assert origin
    code, said, _ = called(hamlet, "verify", cited.link("https://deai.example/whatif", {"net": "akash"}, origin))
    assert (code, "landing: equal" in said) == (0, True), said


@pytest.mark.parametrize("metric", ["flip.fewest", "recount.absent_share", "spend_side.usd"])
def test_what_a_build_counts_comes_out_of_what_landed_again(hamlet: Path, metric: str) -> None:
    place = {
        "flip": "SELECT network, chain_id, proposal || '/' || route FROM flip WHERE fewest > 0 ORDER BY ALL",
        "recount": "SELECT network, chain_id, proposal FROM recount WHERE absent > 0 ORDER BY ALL",
        "spend_side": "SELECT network, '', side FROM spend_side ORDER BY ALL",
    }[metric.partition(".")[0]]
    with opened(hamlet) as mart:
        network, chain_id, of = mart.table(f"{place} LIMIT 1").row(0)
    asked = cited.link("/", {}, cited.Origin(metric, network, chain_id, of=of))
    code, said, _ = called(hamlet, "verify", asked)
    assert (code, "landing: equal" in said) == (0, True), said


def test_a_count_of_power_is_computed_from_all_that_it_rests_on(hamlet: Path) -> None:
    halt = cited.link("/", {}, cited.of_power("akash", "number", "force", "halt"))
    code, said, errors = called(hamlet, "verify", halt)
    assert "those of its networks are built again" in errors
    assert (code, "landing: equal" in said) == (0, True)


def test_a_number_of_one_network_is_proved_though_the_file_of_another_is_torn(village: Path) -> None:
    """Everything was built again, for one network's sake."""
    with opened(village) as mart:
        other = mart.table("SELECT file FROM landing_file WHERE NOT starts_with(file, 'akash') ORDER BY file")["file"][
            0
        ]
    path = village / "landing" / other
    path.write_bytes(path.read_bytes()[:-40] + b"\0" * 40)
    halt = cited.link("/", {}, cited.of_power("akash", "number", "force", "halt"))
    code, said, _ = called(village, "verify", halt)
    assert (code, "landing: equal" in said) == (0, True)


def test_a_number_that_was_published_otherwise_is_found_out(village: Path) -> None:
    asked = link(village, "nc_gt_1_2")
    exchanged(village)
    code, said, _ = called(village, "verify", asked)
    assert (code, "landing: DIFFERENT: the number is" in said) == (4, True)


def exchanged(village: Path) -> None:
    """Put another sealed file in the place of one that a mart was built from."""
    landing = Landing(village)
    path = landing.folder / newest_file(village)
    (before,) = [one.snapshot for one in contents(path)]
    rows = landing.read(path, before.key)
    path.unlink()
    largest = pl.col("amount").cast(pl.Int128) * pl.when(pl.int_range(pl.len()) == 0).then(90).otherwise(1)
    more = rows.with_columns(largest.cast(pl.Decimal(38, 0)))
    total = {"validators": int(more["amount"].sum())}
    landing.land(replace(before, reported=total), Facts(more, reported=total))


@pytest.fixture(scope="module")
def relabelled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program with other curated files than a mart has: two validators are one party, a total is another."""
    tree = copied(tmp_path_factory.mktemp("relabelled") / "tree")
    entities, yardsticks = (tree / "data" / "reference" / f"{name}.toml" for name in ("entities", "yardsticks"))
    told = [
        f"[[entity]]\nnetwork = 'akash'\naddress = '{address('akashvaloper', place)}'\nentity = 'one-party'\n"
        "name = 'One party'\nkind = 'operator'\nsource = 'https://invented.example'\nrecorded_at = 2026-01-01\n"
        for place in (0, 1)
    ]
    entities.write_text("\n".join([entities.read_text(), *told]))
    text = yardsticks.read_text()
    first = re.search(r"^total = ([0-9_]+)$", text, re.MULTILINE)
    assert first
    yardsticks.write_text(text.replace(first[0], f"total = {int(first[1]) * 3}", 1))
    return tree


def verified(tree: Path, data: Path, link: str) -> tuple[int, str]:
    """Exit code, and what is said, of `verify` by the program of a tree."""
    command = [sys.executable, "-m", "ingest", "verify", link]
    run = subprocess.run(
        command, cwd=tree, env={**os.environ, "DEAI_DATA": str(data)}, capture_output=True, text=True, check=False
    )
    return run.returncode, run.stdout


def test_labels_that_changed_since_are_named_and_the_number_is_still_compared(relabelled: Path, hamlet: Path) -> None:
    code, said = verified(relabelled, hamlet, link(hamlet, "nc_gt_1_2"))
    assert (code, "landing: equal" in said) == (0, True), said
    assert re.search(
        r"reference: changed since this was published: entities\.toml was sha256 [0-9a-f]{16}…, and is", said
    )
    halt = cited.link("/", {}, cited.of_power("akash", "number", "force", "halt"))
    assert verified(relabelled, hamlet, halt)[0] == 0


def test_a_landing_that_was_changed_is_found_out_though_labels_have_changed_too(
    relabelled: Path, village: Path
) -> None:
    asked = link(village, "nc_gt_1_2")
    exchanged(village)
    code, said = verified(relabelled, village, asked)
    assert (code, "landing: DIFFERENT: the number is" in said) == (4, True), said


def test_how_many_labels_there_are_cannot_be_compared_with_another_file(relabelled: Path, hamlet: Path) -> None:
    code, said = verified(relabelled, hamlet, cited.link("/", {}, cited.Origin("entity.rows")))
    assert (code, "landing: cannot be compared: the number is" in said) == (3, True), said
    assert said.count("entities.toml was sha256") == 2


def test_what_follows_from_a_curated_file_that_changed_cannot_be_compared(relabelled: Path, hamlet: Path) -> None:
    with opened(hamlet) as mart:
        first = mart.table("SELECT yardstick FROM yardstick ORDER BY ALL")["yardstick"].to_list()
    found = [
        verified(relabelled, hamlet, cited.link("/", {}, cited.Origin("yardstick.m_high", of=one))) for one in first
    ]
    codes = [code for code, _ in found]
    # Of one the total is another; the others come out as they were.
    assert (codes.count(3), codes.count(0)) == (1, len(first) - 1)
    (said,) = [said for code, said in found if code == 3]
    assert "cannot be compared" in said
    assert "yardsticks.toml was sha256" in said


def test_where_no_curated_file_has_changed_none_is_named(hamlet: Path) -> None:
    assert "reference:" not in called(hamlet, "verify", link(hamlet, "nc_gt_1_2"))[1]


def newest_file(data: Path) -> str:
    with opened(data) as mart:
        query = "SELECT file FROM newest WHERE network = 'akash' AND reading = 'validators'"
        return str(mart.table(query)["file"].item())


def test_a_torn_file_is_no_proof(village: Path) -> None:
    asked = link(village, "nc_gt_1_2")
    path = village / "landing" / newest_file(village)
    path.write_bytes(path.read_bytes()[:-40] + b"\0" * 40)
    code, said, _ = called(village, "verify", asked)
    assert (code, "torn" in said) == (4, True)


def test_what_landing_has_no_more_cannot_be_compared(village: Path) -> None:
    asked = link(village, "nc_gt_1_2")
    shutil.rmtree(village / "landing" / "akash" / "akashnet-2" / "validators")
    code, said, _ = called(village, "verify", asked)
    assert (code, "not there" in said) == (3, True)


def test_what_was_packed_since_it_was_published_is_the_same_number(
    tmp_path: Path,
) -> None:
    """As after a prune that was killed before it published."""
    landing, now = Landing(tmp_path), datetime.now(UTC).replace(microsecond=0)
    for number, days in (("1", 100), ("2", 1)):
        cast = {"proposal": number, "voter": address("akash", 1), "option": "yes", "weight": Decimal(1), "height": 7}
        one = snapshot("akash", "akashnet-2", "votes", Kind.VOTES, now - timedelta(days=days))
        landing.land(one, Facts(frame(Kind.VOTES, [cast])))
    build(tmp_path, networks())
    origin = cited.Origin("ballots.cast", "akash", of=address("akash", 1))
    asked = cited.link("https://deai.example/proposals", {}, origin)
    assert called(tmp_path, "verify", asked)[0] == 0
    assert landing.compact(now)
    code, said, errors = called(tmp_path, "verify", asked)
    assert (code, "equal" in said) == (0, True), (said, errors)
    (month,) = landing.folder.rglob("????-??.parquet")
    month.unlink()
    code, said, _ = called(tmp_path, "verify", asked)
    assert (code, "is not there any more" in said) == (3, True)


def test_what_a_killed_verification_left_is_swept_away(hamlet: Path) -> None:
    left = Path(gettempdir()) / "deai-verify.999999999"
    left.mkdir(exist_ok=True)
    assert called(hamlet, "verify", link(hamlet, "nc_gt_1_2"))[0] == 0
    assert not left.exists()


@pytest.mark.parametrize(
    "link",
    ["nonsense", "https://deai.example/power?net=akash", "/?cite=x", "file:///etc/passwd?cite=../../etc"],
)
def test_a_link_without_a_number_is_wrong_usage(hamlet: Path, link: str) -> None:
    assert called(hamlet, "verify", link)[0] == 2


def test_node_without_a_link_and_of_many_readings_is_wrong_usage(hamlet: Path) -> None:
    halt = cited.link("/", {}, cited.of_power("akash", "number", "force", "halt"))
    assert called(hamlet, "verify", "--node")[0] == 2
    assert called(hamlet, "verify", halt, "--node")[0] == 2


@pytest.fixture(scope="module")
def sampled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder that has a sample alone."""
    data = tmp_path_factory.mktemp("sampled")
    build_sample(data / SAMPLE, days=2)
    return data


def test_a_number_of_the_sample_says_that_it_is_simulated_and_asks_no_node(sampled: Path) -> None:
    asked = link(sampled / SAMPLE, "effective_parties")
    code, said, _ = called(sampled, "verify", asked)
    assert (code, "SIMULATED" in said, "landing: equal" in said) == (0, True, True)
    assert called(sampled, "verify", asked, "--node")[0] == 2


def test_what_happens_in_a_sample_cannot_be_compared(sampled: Path) -> None:
    code, said, _ = called(sampled, "verify", cited.link("/", {}, cited.Origin("event.rows")))
    assert (code, "landing: not there: what happens in a sample is invented with it" in said) == (3, True)


@pytest.mark.parametrize("of", ["", "interrupted"])
def test_a_run_that_is_at_work_is_none_of_those_that_are_counted(village: Path, of: str) -> None:
    with recorded(Landing(village), datetime.now(UTC)):
        code, said, _ = called(village, "verify", cited.link("/", {}, cited.Origin("run.rows", of=of)))
    assert (code, "landing: equal" in said) == (0, True), said


def test_a_run_that_the_ledger_has_lost_is_found_out(village: Path) -> None:
    asked, landing = cited.link("/", {}, cited.Origin("run.rows")), Landing(village)
    with recorded(landing, datetime.now(UTC)) as record:
        record.end([], [])
    build(village, networks())
    assert called(village, "verify", asked)[0] == 0
    for line in landing.ledger.lines():
        line.unlink()
    code, said, _ = called(village, "verify", asked)
    assert (code, "landing: DIFFERENT" in said) == (4, True)


@pytest.fixture
def read_once(tmp_path: Path) -> Iterator[tuple[Path, Archive, str, str]]:
    """A day of a chain that was read from its node, and published; the node; its address; a link to a number."""
    node = Archive()
    with archived(node) as (_, (url,)):
        wanted = ("backfill", "--network", "akash", "--reading", "validators", "--reading", "consensus")
        code, _, errors = called(tmp_path, *wanted, "--weeks", "1", "--most", "1", AKASH_URL=url)
        assert code == 0, errors
        yield tmp_path, node, url, link(tmp_path, "effective_parties")


def test_a_node_that_still_has_the_block_gives_the_same_number(read_once: tuple[Path, Archive, str, str]) -> None:
    data, node, url, asked = read_once
    node.asked = []
    code, said, _ = called(data, "verify", asked, "--node", AKASH_URL=url)
    assert (code, said.count(": equal: ")) == (0, 2)
    # Only of the block that is meant, and nothing of it stays.
    assert node.read == {cited.linked(asked).height}
    assert sorted(path.name for path in data.glob("verify-*")) == []


def test_a_node_that_tells_another_state_of_the_block_is_told_as_different(
    read_once: tuple[Path, Archive, str, str],
) -> None:
    data, node, url, asked = read_once
    larger = [
        replace(one, tokens=one.tokens * (9 if place == 0 else 1)) for place, one in enumerate(node.state.validators)
    ]
    node.state = replace(node.state, validators=larger)
    code, said, _ = called(data, "verify", asked, "--node", AKASH_URL=url)
    assert (code, "landing: equal" in said, "node: DIFFERENT" in said) == (4, True, True)


def test_a_block_that_no_node_keeps_is_no_longer_served(read_once: tuple[Path, Archive, str, str]) -> None:
    data, node, url, asked = read_once
    node.states = HEAD - 1
    code, said, _ = called(data, "verify", asked, "--node", AKASH_URL=url)
    assert (code, "landing: equal" in said, "node: not there" in said) == (3, True, True)


def test_a_sample_of_snapshots_is_equal_at_a_node_that_still_has_them(
    read_once: tuple[Path, Archive, str, str],
) -> None:
    data, node, url, _ = read_once
    node.asked = []
    code, said, _ = called(data, "verify", "--sample", "2", "--seed", "7", AKASH_URL=url)
    assert (code, said.count(": equal")) == (0, 2)
    assert "2 equal, 0 different, 0 no longer served; 2 of 2 that nodes may still tell, drawn by --seed 7" in said
    assert len(node.read) == 1
    assert sorted(path.name for path in data.glob("verify-*")) == []


def test_a_sample_tells_what_a_node_tells_otherwise(read_once: tuple[Path, Archive, str, str]) -> None:
    data, node, url, _ = read_once
    node.state = replace(node.state, validators=[replace(one, tokens=one.tokens + 1) for one in node.state.validators])
    code, said, _ = called(data, "verify", "--sample", "9", AKASH_URL=url)
    assert code == 4
    assert f"akash validators at block {max(node.read)}: DIFFERENT: 4 of 4 rows are others than {url} tells" in said


def test_a_sample_that_nobody_serves_any_more_says_so(read_once: tuple[Path, Archive, str, str]) -> None:
    data, node, url, _ = read_once
    node.states = HEAD - 1
    code, said, _ = called(data, "verify", "--sample", "1", AKASH_URL=url)
    assert (code, "1 no longer served" in said) == (3, True)


def test_the_same_seed_draws_the_same_and_another_one_others(hamlet: Path) -> None:
    def drawn(seed: int) -> list[str]:
        return [one.called for one in verifying.drawn(Landing(hamlet), networks(), 6, seed)[0]]

    assert drawn(1) == drawn(1) != drawn(2)
    assert len({*drawn(1)}) == 6


def test_a_sample_goes_with_no_link(hamlet: Path) -> None:
    assert called(hamlet, "verify", "--sample", "1", "--landing")[0] == 2
