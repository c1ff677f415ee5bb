"""State files through the command line: what lands, what is refused and in which words. The states are invented."""

import gzip
import json
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from streamlit.testing.v1 import AppTest
from typer.testing import CliRunner

from ingest import state_file
from ingest.__main__ import app
from ingest.importer import parts
from store.addresses import bech32
from store.faults import BadData, ReadingError
from store.impossible import check
from store.landed import contents
from store.landing import Landing
from store.mart import opened
from store.rows import Block, Facts
from tests.worlds.state_files import (
    MONIKERS,
    NOW,
    amino,
    beta,
    counts,
    export,
    oldest,
    paths,
    person,
    validator,
    without,
    written,
)

pytestmark = pytest.mark.slow
APP = str(Path(__file__).parents[2] / "app.py")
YESTERDAY = f"{NOW - timedelta(days=1):%Y-%m-%dT%H:%M:%S}"


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder of its own."""
    monkeypatch.setenv("DEAI_DATA", str(tmp_path / "data"))
    return tmp_path / "data"


@pytest.fixture(scope="module")
def village(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The state of SDK 0.53, imported and published."""
    folder = tmp_path_factory.mktemp("village")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DEAI_DATA", str(folder / "data"))
        code, said = importing(written(folder, export()))
    assert code == 0, said
    return folder / "data"


def importing(path: Path, network: str = "cudos", time: str = YESTERDAY) -> tuple[int, str]:
    """Exit code and all text of an import, unwrapped; a traceback fails the test."""
    done = CliRunner(env={"COLUMNS": "1000"}).invoke(app, ["import", str(path), "--network", network, "--time", time])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.output


def told(data: Path, question: str) -> list[tuple[Any, ...]]:
    with opened(data) as mart:
        return mart.table(question).rows()


DELEGATED = "SELECT amount FROM holding o JOIN population p ON p.id = o.population WHERE p.name = 'delegators'"
TITLES = "SELECT title, type, status FROM proposal WHERE proposal = '3'"
COUNTED = "SELECT yes, abstain, no, no_with_veto FROM proposal WHERE proposal = '1'"


def test_votes_keep_their_weight_and_an_open_proposal_is_counted_from_them(village: Path) -> None:
    weights = told(village, "SELECT voter, option, weight, height FROM vote ORDER BY weight DESC, voter")
    assert {(option, weight) for _, option, weight, _ in weights} == {
        ("yes", Decimal(1)),
        ("yes", Decimal("0.75")),
        ("no", Decimal("0.25")),
    }
    assert {height for *_, height in weights} == {100}
    assert told(village, COUNTED) == [(776, 0, 50, 0)]
    assert told(village, "SELECT yes, voting_end FROM proposal WHERE proposal = '2'") == [(None, None)]
    assert told(village, "SELECT yes, no FROM proposal WHERE proposal = '3'") == [(700, 50)]
    kinds = "/cosmos.gov.v1beta1.TextProposal, /cosmos.bank.v1beta1.MsgSend"
    assert told(village, TITLES) == [("Legacy 3", kinds, "passed")]
    assert sorted(told(village, DELEGATED)) == [(174,), (200,), (300,), (326,)]


def test_the_page_of_an_open_proposal_of_an_export_tells_its_true_count(
    village: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEAI_DATA", str(village))
    page = AppTest.from_file(APP, default_timeout=60).switch_page("pages/proposals.py").run()
    assert not page.exception
    said = " ".join(one.value for one in page.markdown)
    assert "82.6% of the bonded tokens voted" in said
    assert "it would **pass**" in said
    voters = next(table.value for table in page.dataframe if "inherited_tokens" in table.value.columns)
    assert round(voters["share"].sum(), 6) == 82.6


def test_an_open_proposal_without_a_vote_in_the_file_is_told_as_not_counted(data: Path, tmp_path: Path) -> None:
    importing(written(tmp_path, without(export(), "app_state", "gov", "votes", value=[])))
    assert told(data, COUNTED) == [(None, None, None, None)]
    page = AppTest.from_file(APP, default_timeout=60).switch_page("pages/proposals.py").run()
    assert not page.exception
    said = " ".join(one.value for one in (*page.markdown, *page.info, *page.caption))
    assert "want of a quorum" not in said
    assert "of the bonded tokens voted" not in said
    assert "No count of this proposal was read" in said


@pytest.mark.parametrize(
    ("shape", "counted", "kind"),
    [
        (beta, (776, 0, 50, 0), "/cosmos.gov.v1beta1.TextProposal"),
        (amino, (626, 0, 0, 200), "cosmos-sdk/TextProposal"),
        (oldest, (626, 0, 0, 200), "cosmos-sdk/TextProposal"),
    ],
)
def test_older_shapes_give_the_same_facts(
    data: Path, tmp_path: Path, shape: Callable[[], Any], counted: tuple[int, ...], kind: str
) -> None:
    code, said = importing(written(tmp_path, shape()))
    assert code == 0, said
    assert told(data, COUNTED) == [counted]
    assert told(data, TITLES) == [("Legacy 3", kind, "passed")]
    assert told(data, "SELECT exact FROM observation WHERE name = 'veto_threshold'") == [("0.334",)]
    assert told(data, "SELECT exact FROM observation WHERE name = 'community_tax'") == [("0.02",)]
    assert sorted(told(data, DELEGATED)) == [(174,), (200,), (300,), (326,)]


def test_names_that_look_like_numbers_stay_texts(village: Path) -> None:
    names = told(village, "SELECT exact, value FROM observation WHERE name = 'moniker'")
    assert sorted(names) == sorted((name, None) for name in MONIKERS)


# --- what belongs together ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("document", "network", "words"),
    [
        (without(export(), "chain_id", value="cosmoshub-4"), "cudos", ("cosmoshub-4", "cudos-1")),
        (without(export(), "chain_id", value=...), "akash", ("acudos", "uakt")),
        (
            without(export(), "app_state", "staking", "params", "bond_denom", value="uatom"),
            "cudos",
            ("uatom", "acudos"),
        ),
        (without(export(), "chain_id", value=...), "singularitynet", ("Cosmos", "SingularityNET")),
        (export(), "prices", ("Cosmos", "Prices")),
        (export(), "bittensor", ("Cosmos", "Bittensor")),
        ({"stakes": {}, "balances": {}}, "fetch", ("Substrate", "Fetch.ai")),
        (
            without(export(), "app_state", "staking", "validators", "0", "operator_address", value="COSMOS"),
            "cudos",
            ("cosmosvaloper1", "cudosvaloper1"),
        ),
    ],
)
def test_a_file_of_another_chain_is_refused_in_words(
    data: Path, tmp_path: Path, document: Any, network: str, words: tuple[str, str]
) -> None:
    text = json.dumps(document).replace("COSMOS", bech32("cosmosvaloper", bytes(20)))
    path = tmp_path / "state.json"
    path.write_text(text)
    code, said = importing(path, network)
    assert code == 2, said
    assert all(word in said for word in words), said
    assert Landing(data).files() == []


@pytest.mark.parametrize(
    ("file", "network"),
    [
        ("cosmos/cudos_export_trimmed.json.gz", "akash"),
        ("cosmos/fetchhub2_stage_2021.json.gz", "fetch"),
        ("cosmos/akashnet1_state_2021.json.gz", "cudos"),
        ("bittensor/finney_genesis_snapshot.json.gz", "singularitynet"),
        ("bittensor/finney_genesis_snapshot.json.gz", "prices"),
    ],
)
def test_a_real_state_is_refused_by_another_network(data: Path, shared: Path, file: str, network: str) -> None:
    code, said = importing(shared / file, network, "2024-09-01")
    assert code == 2, said
    assert Landing(data).files() == []


def test_a_state_of_an_earlier_chain_of_the_same_network_is_taken(data: Path, tmp_path: Path) -> None:
    text = json.dumps(without(export(), "chain_id", value="fetchhub-2")).replace("acudos", "afet")
    for place in range(10):
        key = bytes([place]) * 20
        text = text.replace(validator(place), bech32("fetchvaloper", key)).replace(person(place), bech32("fetch", key))
    path = tmp_path / "state.json"
    path.write_text(text)
    code, said = importing(path, "fetch")
    assert code == 0, said
    assert told(data, "SELECT DISTINCT network, chain_id FROM snapshot") == [("fetch", "fetchhub-2")]


@pytest.mark.parametrize(
    ("time", "stored"),
    [
        ("2024-09-25T01:02:03", datetime(2024, 9, 25, 1, 2, 3, tzinfo=UTC)),
        ("2024-09-25T02:00:00+02:00", datetime(2024, 9, 25, tzinfo=UTC)),
        ("2024-09-25T00:00:00.123456789Z", datetime(2024, 9, 25, 0, 0, 0, 123456, tzinfo=UTC)),
    ],
)
def test_a_time_is_understood_with_and_without_a_zone(data: Path, tmp_path: Path, time: str, stored: datetime) -> None:
    code, said = importing(written(tmp_path, without(export(), "app_state", "gov", value=...)), time=time)
    assert code == 0, said
    assert told(data, "SELECT DISTINCT time FROM snapshot") == [(stored,)]


@pytest.mark.parametrize("time", ["2124-01-01", "in seven minutes", "yesterday", ""])
def test_a_time_in_the_future_or_none_at_all_is_refused(data: Path, tmp_path: Path, time: str) -> None:
    soon = f"{datetime.now(UTC) + timedelta(minutes=7):%Y-%m-%dT%H:%M:%SZ}"
    code, said = importing(written(tmp_path, export()), time=time.replace("in seven minutes", soon))
    assert code == 2
    assert "in the future" in said or "no time" in said
    assert Landing(data).files() == []


def test_a_second_state_under_one_key_is_refused_and_the_same_again_is_there_already(
    data: Path, tmp_path: Path
) -> None:
    genesis = without(export(), "initial_height", value=...)
    importing(written(tmp_path, genesis), time="2021-03-01")
    before = {path: path.read_bytes() for path in Landing(data).files()}
    code, said = importing(written(tmp_path, genesis), time="2021-03-01")
    assert (code, said.count("already there")) == (0, len(before))
    for again, time, words in [
        (genesis, "2022-03-01", "2021-03-01"),
        (
            without(genesis, "app_state", "gov", "proposals", "2", "final_tally_result", value=counts(1, 2, 3, 4)),
            "2021-03-01",
            "two states",
        ),
    ]:
        code, said = importing(written(tmp_path, again), time=time)
        assert code == 2, said
        assert words in said
    assert {path: path.read_bytes() for path in Landing(data).files()} == before


def test_a_file_that_an_earlier_version_read_otherwise_is_told_as_such(data: Path, tmp_path: Path) -> None:
    state = written(tmp_path, export())
    importing(state, time="2021-03-01")
    path = next(path for path in Landing(data).files() if path.parent.name == "names")
    landed = contents(path)[0]
    rows = Landing(data).read(path, landed.snapshot.key)
    path.unlink()
    Landing(data).land(landed.snapshot, Facts(rows.with_columns(exact=pl.lit("?"))))
    code, said = importing(state, time="2021-03-01")
    assert code == 2
    assert "an earlier version read the same file" in said
    path.unlink()
    assert importing(state, time="2021-03-01")[0] == 0


def test_a_second_state_is_refused_when_the_first_was_put_into_its_month(data: Path, tmp_path: Path) -> None:
    genesis = without(export(), "initial_height", value=...)
    importing(written(tmp_path, genesis), time="2021-03-01")
    Landing(data).compact(datetime.now(UTC))
    assert importing(written(tmp_path, genesis), time="2021-03-01")[0] == 0
    assert importing(written(tmp_path, genesis), time="2022-03-01")[0] == 2
    assert {path.name for path in Landing(data).files()} == {"2021-03.parquet"}


# --- all or nothing, and never a traceback -----------------------------------------------------------------------

STAKING = ("app_state", "staking")
GOV = ("app_state", "gov")
BROKEN: list[tuple[tuple[str, ...], Any, str]] = [
    ((*STAKING, "validators"), None, "nobody who signs blocks"),
    ((*STAKING, "validators"), "x", "validators"),
    ((*STAKING, "validators"), [None], "operator_address"),
    ((*STAKING, "params"), None, "bond_denom"),
    ((*STAKING, "delegations"), None, "delegations are worth 0"),
    ((*STAKING, "delegations", "0", "shares"), "٣", "shares"),
    ((*STAKING, "validators", "0", "status"), 7, "status"),
    ((*STAKING, "validators", "0", "tokens"), None, "tokens"),
    ((*STAKING, "validators", "0", "tokens"), "1_000", "tokens"),
    ((*STAKING, "validators", "0", "delegator_shares"), "0", "shares"),
    ((*STAKING, "validators", "0", "description"), None, "moniker"),
    ((*STAKING, "validators", "0", "description", "moniker"), 5, "moniker"),
    ((*STAKING, "validators", "0", "description", "moniker"), "\ud800", "exact"),
    ((*STAKING, "validators", "0", "operator_address"), "cudosvaloper1xyz", "operator_address"),
    ((*STAKING, "validators", "1", "operator_address"), validator(0), "twice"),
    (("initial_height",), None, "initial_height"),
    (("initial_height",), "", "initial_height"),
    (("initial_height",), "9" * 30, "initial_height"),
    (("chain_id",), 5, "chain"),
    (("chain_id",), [None], "chain"),
    (("app_state",), None, "no known state"),
    (("app_state", "bank", "supply", "0", "amount"), "NaN", "supply"),
    (("app_state", "bank", "supply", "0", "amount"), [], "supply"),
    (GOV, "x", "proposals"),
    ((*GOV, "proposals"), 5, "proposals"),
    ((*GOV, "params"), None, ""),
    ((*GOV, "params", "quorum"), "inf", "quorum"),
    ((*GOV, "proposals", "0", "status"), None, "status"),
    ((*GOV, "proposals", "0", "id"), None, "proposal_id"),
    ((*GOV, "proposals", "0", "title"), "\ud800", "title"),
    ((*GOV, "proposals", "0", "voting_end_time"), None, "proposal 1"),
    ((*GOV, "proposals", "0", "submit_time"), "soon", "soon"),
    ((*GOV, "proposals", "2", "final_tally_result", "yes_count"), "1.5", "yes_count"),
    ((*GOV, "votes", "0", "voter"), None, "voter"),
    ((*GOV, "votes", "0", "options", "0", "option"), "VOTE_OPTION_EMPTY", "EMPTY"),
    ((*GOV, "votes", "0", "options", "0", "weight"), "0.3333333333333333333", "weight"),
    ((*GOV, "votes", "0", "options", "0", "weight"), "1.5", "weights"),
    ((*GOV, "votes", "0", "voter"), person(1), "twice"),
]


@pytest.mark.parametrize(
    ("path", "value", "named"), BROKEN, ids=[f"{'.'.join(path)} {value!a}" for path, value, _ in BROKEN]
)
def test_a_state_with_one_broken_field_names_it_and_nothing_lands(
    data: Path, tmp_path: Path, path: tuple[str, ...], value: Any, named: str
) -> None:
    code, said = importing(written(tmp_path, without(export(), *path, value=value)))
    if not named:
        assert code == 0, said
        return
    assert code == (2 if path == ("chain_id",) else 4), said
    assert named in said
    assert Landing(data).files() == []


def test_whatever_stands_in_a_field_is_read_or_refused_and_no_error_of_ours() -> None:
    block, document = Block(1, "", NOW), export()
    for path in paths(document):
        for value in (None, [None], "x"):
            changed = without(document, *path, value=value)
            with suppress(ReadingError):
                for part in parts(changed, block, "uakt"):
                    check(part.facts, part.kind, tolerance=part.tolerance)


def test_a_delegation_to_nobody_is_refused_since_a_validator_is_missing() -> None:
    document = export()
    lost = document["app_state"]["staking"]["validators"].pop(1)
    with pytest.raises(BadData, match=f"{lost['operator_address']}.* staking.validators does not name"):
        parts(document, Block(100, "AB", NOW), "acudos")


def test_a_genesis_of_first_transactions_only_says_so(data: Path, tmp_path: Path) -> None:
    genesis = without(export(), *STAKING, "validators", value=[])
    genesis["app_state"]["genutil"] = {"gen_txs": [{}, {}]}
    code, said = importing(written(tmp_path, genesis))
    assert (code, "a genesis of 2 gen_txs" in said) == (4, True)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        pytest.param(b"", "not JSON", id="empty"),
        pytest.param(b"<html>", "not JSON", id="html"),
        pytest.param(b"[1, 2]", "holds a list", id="list"),
        pytest.param(b"[" * 100_000, "nested without end", id="deep list"),
        pytest.param(b'{"app_state":' * 100_000, "nested without end", id="deep object"),
        pytest.param(gzip.compress(b"{}" * 1000, mtime=0)[:-9], "not JSON", id="torn gzip"),
        pytest.param(b"\x1f\x8b torn", "not JSON", id="no gzip"),
        pytest.param(b"\xff\xfe\x00", "not JSON", id="no text"),
        pytest.param(b'{"a": ' + b"9" * 5000 + b"}", "not JSON", id="long number"),
        pytest.param(b"{}", "no known state", id="nothing"),
        pytest.param(b'{"stakes": null, "balances": {}}', "stakes", id="finney without stakes"),
        pytest.param(b'{"stakes": {"a": {}}, "balances": {}}', "the snapshot names", id="finney without addresses"),
    ],
)
def test_a_file_that_is_no_state_is_refused_in_words(data: Path, tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "state.json"
    path.write_bytes(content)
    code, said = importing(path, "bittensor" if b"stakes" in content else "cudos")
    assert code == 4, said
    assert words in said
    assert Landing(data).files() == []


def test_a_folder_or_a_missing_file_is_wrong_usage(data: Path, tmp_path: Path) -> None:
    assert importing(tmp_path)[0] == 2
    assert importing(tmp_path / "nowhere.json")[0] == 2


def test_a_small_gzip_that_unpacks_without_end_is_refused_before_memory_goes(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(state_file, "LARGEST_STATE", 2**26)
    path = tmp_path / "bomb.json.gz"
    # 6.3 GB of blanks in 6 MB, which zlib unpacks as one file.
    path.write_bytes(gzip.compress(b" " * 2**24) * 375)
    code, said = importing(path)
    assert (code, "bomb.json.gz has more than 64 MiB of text" in said) == (4, True), said


def test_a_file_of_punctuation_is_refused_before_it_is_parsed(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(state_file, "MOST_VALUES", 1000)
    path = tmp_path / "state.json"
    path.write_bytes(b'{"a": [' + b"{}," * 999 + b"{}]}")
    code, said = importing(path)
    assert (code, "more than 1,000 values" in said) == (4, True)
