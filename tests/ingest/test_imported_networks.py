"""Any chain of the Cosmos SDK from a state file, by one command: what it becomes, and what it cannot pass for.

The states are invented, but for those of ../shared/data.
"""

import json
import re
import shutil
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as some
from typer.testing import CliRunner

from ingest.__main__ import app
from ingest.imported import MARK, full_name, imported, refuse_taken, skeleton
from ingest.importer import import_as, import_file
from ingest.network import Network
from ingest.networks import networks
from ingest.publication import build
from ingest.state_file import Mismatch
from ingest.told import Told, described, refuse_time
from store.addresses import bech32
from store.described import FORMS, IMPORTED, STACKS, Described, NotDescribed
from store.faults import BadData, ReadingError
from store.landing import Landing
from store.mart import opened
from tests.conftest import ROOT
from tests.worlds.each import each
from tests.worlds.museum import IMPORTS
from tests.worlds.state_files import amino, beta, export, moment, oldest, paths, person, without, written
from ui.colours import of_network

pytestmark = pytest.mark.wide

NOW = datetime.now(UTC)
YESTERDAY = NOW - timedelta(days=1)
KNOWN = networks().values()
VILLAGE = Described("Old village", "compute", "VIL", 18, "acudos", "cudos", "cudos-1")
Json = dict[str, Any]


def take(
    folder: Path, document: Json, name: str = "old-village", *, time: datetime | None = YESTERDAY, **told: Any
) -> list[str]:
    """What lands of a document under a name; the token and its decimals are told."""
    asked = Told(**{"token": "VIL", "decimals": 18, "time": time, **told})
    found = import_as(written(folder, document), name, asked, Landing(folder), KNOWN, NOW)
    return [one.snapshot.reading for one in found if not one.was_there]


def refused(folder: Path, document: Json, name: str = "old-village", **told: Any) -> str:
    """Why an import is refused, of which then nothing has landed; an error that is none of ours fails the test."""
    before = Landing(folder).files()
    with pytest.raises(ReadingError) as error:
        take(folder, document, name, **told)
    assert Landing(folder).files() == before
    return str(error.value)


def with_coin(*exponents: Any, symbol: Any = "VIL", base: str = "acudos") -> Json:
    """The export with metadata of its coin, one display unit an exponent."""
    units = [{"denom": "vil", "exponent": exponent} for exponent in exponents]
    coin = {"base": base, "display": "vil", "symbol": symbol, "denom_units": [{"denom": base, "exponent": 0}, *units]}
    return without(export(), "app_state", "bank", "denom_metadata", value=[coin])


def genesis(days: int = -1) -> Json:
    """A state that says itself of when it is: nothing in it is later than its genesis."""
    found = without(export(), "initial_height", value="1")
    return {**without(found, "app_state", "gov", value=...), "genesis_time": moment(days)}


# --- what becomes of it -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def village(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Data folder of a published mart with one imported chain, by the command."""
    data = tmp_path_factory.mktemp("village")
    given = ["--as", "old-village", "--token", "VIL", "--decimals", "18", "--stack", "compute"]
    code, said = command(data, str(written(data, export())), *given, "--time", YESTERDAY.isoformat())
    assert code == 0, said
    return data


def command(data: Path, *given: str) -> tuple[int, str]:
    """Exit code and text of an import; a traceback fails the test."""
    done = CliRunner(env={"COLUMNS": "2000", "DEAI_DATA": str(data)}).invoke(app, ["import", *given])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.output


def tables(data: Path, *names: str) -> list[list[tuple[Any, ...]]]:
    """Rows of tables of the published mart."""
    with opened(data) as mart:
        return [mart.table(f"FROM {name} ORDER BY ALL").rows() for name in names]


DESCRIBING = ("network", "unit", "word", "scorecard", "rule", "way")


@pytest.mark.slow
def test_it_is_a_network_of_its_own_and_marked_as_imported(village: Path) -> None:
    with opened(village) as mart:
        own = mart.table("FROM network WHERE imported").to_dicts()
        units = mart.table("SELECT unit, token, decimals FROM unit WHERE network = 'imported-old-village'").rows()
        ways = mart.table("SELECT DISTINCT source FROM way WHERE network = 'imported-old-village' ORDER BY 1").rows()
        told = mart.table("SELECT DISTINCT network, chain_id, height FROM snapshot").rows()
    last = max(one.colour for one in KNOWN)
    assert own == [
        {
            "name": "imported-old-village",
            "title": "Old village (imported)",
            "stack": "compute",
            "token": "VIL",
            "unit": "acudos",
            "decimals": 18,
            "address": "bech32:cudos",
            "chain_id": None,
            "tokens_vote": True,
            "decision": "stake_tally",
            "colour": last + 1,
            "credit": "",
            "imported": True,
        }
    ]
    assert ("acudos", "VIL", 18) in units
    assert ways == [
        ("CometBFT, types/validation.go",),
        ("x/gov",),
        ("x/gov, x/mint, x/distribution",),
        ("x/gov, x/upgrade",),
    ]
    assert told == [("imported-old-village", "cudos-1", 100)]


@pytest.mark.slow
def test_a_rebuild_from_landing_alone_on_another_machine_tells_the_same(village: Path, tmp_path: Path) -> None:
    shutil.copytree(village / "landing", tmp_path / "landing")
    build(tmp_path, networks(), afresh=True)
    same = (*DESCRIBING, "verdict", "metric", "distribution", "proposal")
    assert tables(tmp_path, *same) == tables(village, *same)


@pytest.mark.slow
def test_what_the_state_says_of_open_votes_is_counted_by_the_family_s_rule(village: Path) -> None:
    with opened(village) as mart:
        assert mart.table("SELECT yes, abstain, no FROM proposal WHERE proposal = '1'").rows() == [(776, 0, 50)]


def real_parts(shared: Path, name: str) -> tuple[Path, Network, datetime]:
    file, network, time = IMPORTS[name]
    return shared / file, networks()[network], time


@pytest.mark.slow
@pytest.mark.parametrize("name", ["cudos", "akashnet-1", "fetchhub-2"])
def test_a_real_state_has_the_same_rows_under_a_name_of_its_own(name: str, shared: Path, tmp_path: Path) -> None:
    file, network, time = real_parts(shared, name)
    there = Landing(tmp_path)
    as_named = [one.snapshot for one in import_file(file, network, time, there)]
    told = Told(token=network.token, decimals=network.decimals, time=time)
    alone = [one.snapshot for one in import_as(file, "an-old-one", told, there, KNOWN, NOW)]
    assert {one.network for one in alone} == {"imported-an-old-one"}
    for one, other in zip(as_named, alone, strict=True):
        rows, again = (there.read(there.held(each)[0], each.key) for each in (one, other))  # type: ignore[index]
        assert (one.reading, one.reported, one.block, one.unit) == (
            other.reading,
            other.reported,
            other.block,
            other.unit,
        )
        assert rows.equals(again)


# --- who says what it is ----------------------------------------------------------------------------------------------


def test_a_genesis_that_says_everything_needs_a_name_only(tmp_path: Path) -> None:
    state = with_coin(18)["app_state"]
    document = {**genesis(), "app_state": {**genesis()["app_state"], "bank": state["bank"]}}
    assert take(tmp_path, document, token=None, decimals=None, time=None)
    told = Described.read(Landing(tmp_path).descriptions()["imported-old-village"])
    assert told == Described("Old village", "", "VIL", 18, "acudos", "cudos", "cudos-1")


def test_all_that_nobody_says_is_asked_for_at_once(tmp_path: Path) -> None:
    said = refused(tmp_path, without(export(), "chain_id", value=...), token=None, decimals=None, time=None)
    assert [f"--{one}," in said for one in ("chain-id", "token", "decimals", "time")] == [True] * 4
    assert "--unit" not in said
    assert "--prefix" not in said


# What is told, beside what the file says.
DISAGREE: list[tuple[Json, dict[str, Any], str]] = [
    (export(), {"chain_id": "cudos-2"}, "chain id its file says 'cudos-1', you say 'cudos-2'"),
    (export(), {"unit": "uatom"}, "unit its file says 'acudos', you say 'uatom'"),
    (export(), {"prefix": "cosmos"}, "prefix its file says 'cudos', you say 'cosmos'"),
    (export(), {"height": 7}, "its state is of block 100"),
    (with_coin(6), {}, "decimals its file says 6, you say 18"),
    (with_coin(18, symbol="ATOM"), {}, "token its file says 'ATOM', you say 'VIL'"),
    (export(), {"time": NOW - timedelta(days=3)}, "it tells of a vote that began at"),
    (export(), {"time": NOW + timedelta(days=3)}, "is in the future"),
    ({**genesis(2)}, {"time": None}, "is in the future"),
]


@each(("document", "told", "words"), DISAGREE, ids=lambda one: one if isinstance(one, str) else "")
def test_what_is_told_must_agree_with_the_file(
    tmp_path: Path, document: Json, told: dict[str, Any], words: str
) -> None:
    assert words in refused(tmp_path, document, **told)


def test_an_export_does_not_say_of_which_time_it_is_though_it_has_the_time_of_its_genesis(tmp_path: Path) -> None:
    for document in (
        genesis() | {"initial_height": "101"},
        {**export(), "initial_height": "1", "genesis_time": moment(-9)},
    ):
        assert "--time" in refused(tmp_path, document, time=None)


def test_what_a_file_lacks_may_be_told(tmp_path: Path) -> None:
    bare = without(without(export(), "chain_id", value=...), "initial_height", value=...)
    assert take(tmp_path, bare, chain_id="village-1", height=5)
    (path, *_) = Landing(tmp_path).files()
    assert path.relative_to(tmp_path / "landing").parts[:2] == ("imported-old-village", "village-1")
    assert path.name == "5.parquet"


def test_the_same_again_is_there_already_and_needs_to_be_told_nothing(tmp_path: Path) -> None:
    assert take(tmp_path, export(), title="The Village", stack="data")
    assert take(tmp_path, export(), token=None, decimals=None) == []
    later = without(export(), "initial_height", value=201)
    assert take(tmp_path, later, token=None, decimals=None)
    assert len(Landing(tmp_path).descriptions()) == 1


AGAIN: list[tuple[Json, dict[str, Any], str]] = [
    (without(export(), "chain_id", value="cudos-2"), {}, "chain id its file says 'cudos-2', what landed as"),
    (export(), {"title": "Another"}, "title you say 'Another', what landed as imported-old-village says 'Old village'"),
    (export(), {"decimals": 6}, "decimals you say 6, what landed as"),
    (export(), {"token": "ATOM"}, "token you say 'ATOM', what landed as"),
    (without(export(), "app_state", "staking", "params", "bond_denom", value="ufoo"), {}, "unit its file says 'ufoo'"),
]


def test_the_same_name_is_the_same_chain(tmp_path: Path) -> None:
    take(tmp_path, export())
    for document, told, words in AGAIN:
        assert words in refused(tmp_path, document, **told)


@pytest.mark.parametrize("shape", [beta, amino, oldest])
def test_old_shapes_are_read(tmp_path: Path, shape: Callable[[], Json]) -> None:
    assert take(tmp_path, shape(), height=100)[:3] == ["validators", "delegators", "names"]


def test_the_power_that_an_old_export_spells_with_capitals_is_read(tmp_path: Path) -> None:
    document = amino()
    staking = document["app_state"]["staking"]
    powers = [{"Address": row["operator_address"], "Power": row["tokens"]} for row in staking["validators"]]
    staking |= {"exported": True, "last_validator_powers": powers, "last_total_power": "1000"}
    assert "consensus" in take(tmp_path, document)
    staking["last_total_power"] = "1001"
    assert "the chain reports 1001" in refused(tmp_path, document, "second-village")


# --- what it cannot pass for ------------------------------------------------------------------------------------------

TAKEN = [name for one in KNOWN for name in (one.name, one.title, one.title.upper())]
# Written otherwise, and together with other words.
DRESSED: list[Callable[[str], str]] = [
    lambda name: name.replace("a", "4"),
    lambda name: name.replace("o", "0"),
    lambda name: name.replace("i", "1"),
    lambda name: name.replace("l", "I"),
    "-".join,
    lambda name: f"The {name}",
    lambda name: f"{name} mainnet",
]


@each("name", TAKEN)
def test_no_title_is_that_of_a_network_or_looks_like_one(name: str) -> None:
    for dressed in [name, *(dress(name) for dress in DRESSED)]:
        title = "".join(letter for letter in dressed if letter not in "()_")
        try:
            own = Described(title, "", "VIL", 6, "uvil", "vil", "vil-1")
        except NotDescribed:
            continue
        with pytest.raises(Mismatch, match="has the name of"):
            refuse_taken("imported-harmless", own, KNOWN, [])


@each("name", ["akash", "ak4sh", "a-kash", "my-akash", "fetch-ai", "fetch-a1", "bittens0r", "cud0s", "singu1aritynet"])
def test_no_name_is_that_of_a_network_or_looks_like_one(tmp_path: Path, name: str) -> None:
    assert "has the name of" in refused(tmp_path, export(), name, title="Harmless")


@each("name", ["imported", "1mported", "im-ported", "not-imported"])
def test_imported_is_no_name(tmp_path: Path, name: str) -> None:
    assert refused(tmp_path, export(), name, title="Harmless")


@each("name", ["", "A", "é", "a_b", "a b", "-a", "a-", "a--b", "../a", "a/b", "9a", "a" * 31, "а", "a\n"])
def test_a_name_has_one_form(tmp_path: Path, name: str) -> None:
    with pytest.raises(Mismatch):
        full_name(name)


def test_two_imported_chains_do_not_look_alike(tmp_path: Path) -> None:
    take(tmp_path, export())
    other = without(export(), "chain_id", value="cudos-9")
    assert "has the name of Old village (imported)" in refused(tmp_path, other, "old-vi11age", title="Harmless")
    assert "has the name of Old village (imported)" in refused(tmp_path, other, "harmless", title="OLD-VILLAGE")
    assert take(tmp_path, other, "harmless")


@given(some.text(alphabet="aobBAO01i-lIL .", min_size=1, max_size=12))
def test_what_looks_alike_has_one_skeleton(text: str) -> None:
    assert skeleton(text) == skeleton(text.swapcase()) == skeleton(f" {text}-") == skeleton(text.replace("o", "0"))


def test_no_file_of_the_program_can_have_the_name_of_an_import() -> None:
    assert not any(one.name.startswith(IMPORTED) or MARK in one.title for one in KNOWN)
    assert not IMPORTED.removesuffix("x").isidentifier()


def test_imported_networks_have_looks_that_no_other_has() -> None:
    names = [f"{IMPORTED}{place}" for place in range(40)]
    found = imported(dict.fromkeys(names, VILLAGE.written), KNOWN)
    looks = [of_network(one.colour) for one in (*found.values(), *KNOWN) if one.colour]
    assert len(set(looks)) == len(looks)


# --- a hostile founder ------------------------------------------------------------------------------------------------

STAKING = ("app_state", "staking")
COIN = ("app_state", "bank", "denom_metadata", "0")
RTL, BIDI = "\u202e", "VIL\u202e"
HOSTILE: list[tuple[tuple[str, ...], Any, str]] = [
    (("chain_id",), "../../etc", "--chain-id"),
    (("chain_id",), "a" * 51, "--chain-id"),
    (("chain_id",), f"vil{RTL}-1", "--chain-id"),
    (("chain_id",), ["cudos-1"], "chain_id"),
    ((*STAKING, "params", "bond_denom"), "<b>", "--unit"),
    ((*STAKING, "params", "bond_denom"), "power", "counted as it is"),
    ((*STAKING, "params", "bond_denom"), "a" * 400, "--unit"),
    ((*STAKING, "validators", "0", "operator_address"), bech32("cosmosvaloper", bytes(20)), "prefixes"),
    ((*STAKING, "validators", "0", "operator_address"), person(0), "prefixes"),
    ((*STAKING, "validators", "0", "commission"), {"update_time": "2099-01-01T00:00:00Z"}, "a changed commission"),
    ((*STAKING, "validators", "0", "commission"), {"update_time": "soon"}, "update_time"),
    ((*STAKING, "delegations", "0", "delegator_address"), bech32("cosmos", bytes(20)), "is no"),
    ((*STAKING, "delegations", "0", "delegator_address"), person(9), "appears twice"),
    ((*STAKING, "validators", "0", "tokens"), "9" * 60, "38 digits"),
    ((*STAKING, "validators", "0", "tokens"), str(10**38), "38 digits"),
    (COIN, [1], "base"),
]
ODD_COINS = [
    (with_coin(77), "decimals '77' is not"),
    (with_coin(-1), "decimals '-1' is not"),
    (with_coin(0), "0, as if vil were acudos"),
    (with_coin("18"), "decimals '18' is not"),
    (with_coin(True), "decimals 'True' is not"),
    (with_coin(18.0), "decimals '18.0' is not"),
    (with_coin(18, symbol="<script>"), "token '<script>' is not"),
    (with_coin(18, symbol=BIDI), "is not up to 16 letters"),
    (with_coin(18, symbol="A" * 17), "is not up to 16 letters"),
    (with_coin(18, symbol=5), "token '5' is not"),
]


@each(("path", "value", "words"), HOSTILE)
def test_a_hostile_file_is_refused_in_words(tmp_path: Path, path: tuple[str, ...], value: Any, words: str) -> None:
    said = refused(tmp_path, without(with_coin(18), *path, value=value))
    assert words in said
    assert RTL not in said


ANYTHING: tuple[Any, ...] = (None, [None], "x", {}, 10**40, 1.5, True, ...)


@pytest.mark.slow
def test_whatever_stands_in_a_field_is_understood_or_refused() -> None:
    document = without(with_coin(18), "app_state", "gov", value=...) | {
        "genesis_time": moment(-1),
        "initial_height": "1",
    }
    understood = 0
    for path in [("chain_id",), ("genesis_time",), ("initial_height",), *paths(document["app_state"], ("app_state",))]:
        for value in ANYTHING:
            changed = without(document, *path, value=value)
            with suppress(ReadingError):
                _, time = described(changed, changed["app_state"], "imported-a-chain", Told(title="A chain"), None)
                refuse_time(changed["app_state"], time, NOW)
                understood += 1
    assert understood


@each(("document", "words"), ODD_COINS, ids=lambda one: one if isinstance(one, str) else "")
def test_a_coin_that_cannot_be_is_named(tmp_path: Path, document: Json, words: str) -> None:
    said = refused(tmp_path, document, token=None, decimals=None)
    assert words in said
    assert RTL not in said


def test_what_a_coin_says_wrongly_may_be_told(tmp_path: Path) -> None:
    assert take(tmp_path, with_coin(77, symbol="<script>"), token="VIL", decimals=18)


@each(
    "told",
    [
        *({"decimals": number} for number in (-1, 19, 77, 10**30)),
        *({"token": text} for text in ("", "A" * 17, "<b>", "5", "VIL\n", BIDI, "ＶIL")),
        *({"title": text} for text in ("", "x", "<b>x</b>", "a" * 61, f"a{RTL}b", "Аkash", "Old (village)", "[a](b)")),
        *({"stack": text} for text in ("other", "Compute")),
        *({"unit": text} for text in ("", "a b", "9a")),
        *({"prefix": text} for text in ("", "CUDOS", "a1 ")),
        *({"chain_id": text} for text in ("", "..", "/a", ".a")),
    ],
)
def test_what_people_tell_has_its_form_too(tmp_path: Path, told: dict[str, Any]) -> None:
    bare = without(export(), "chain_id", value=...)
    said = refused(tmp_path, bare, **{"chain_id": "village-1", **told})
    assert "is not" in said


@given(
    some.sampled_from(sorted(FORMS)), some.one_of(some.text(max_size=70), some.integers(), some.none(), some.booleans())
)
def test_a_description_is_read_as_it_was_written_or_refused(part: str, value: object) -> None:
    told = {name: getattr(VILLAGE, name) for name in FORMS} | {part: value}
    try:
        own = Described(**told)
    except NotDescribed:
        return
    assert Described.read(own.written) == own
    assert own.stack in STACKS


@each(
    "text", ["", "{}", "[]", "5", "null", '{"title": "x"}', VILLAGE.written[:-1], VILLAGE.written.replace("18", "99")]
)
def test_a_description_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(NotDescribed):
        Described.read(text)


# --- how it lies in landing -------------------------------------------------------------------------------------------


def test_a_torn_file_costs_what_it_held_and_the_others_still_say_what_the_network_is(tmp_path: Path) -> None:
    take(tmp_path, export())
    first, *rest = Landing(tmp_path).files()
    first.write_bytes(first.read_bytes()[:-50])
    assert Landing(tmp_path).descriptions() == {"imported-old-village": VILLAGE_OF_TESTS.written}
    assert [path for path, _ in Landing(tmp_path).torn()] == [first]
    for path in rest:
        path.write_bytes(b"PAR1")
    assert Landing(tmp_path).descriptions() == {}
    assert "is torn" in refused(tmp_path, export())
    shutil.rmtree(tmp_path / "landing" / "imported-old-village")
    assert take(tmp_path, export())


VILLAGE_OF_TESTS = Described("Old village", "", "VIL", 18, "acudos", "cudos", "cudos-1")


def test_a_month_in_one_file_still_says_what_the_network_is(tmp_path: Path) -> None:
    take(tmp_path, genesis(-90), time=NOW - timedelta(days=80))
    assert Landing(tmp_path).compact(NOW)
    assert Landing(tmp_path).descriptions() == {"imported-old-village": VILLAGE_OF_TESTS.written}
    assert take(tmp_path, genesis(-90), time=NOW - timedelta(days=80), token=None, decimals=None) == []


@pytest.mark.slow
def test_what_is_deleted_from_landing_is_gone_and_may_come_again_as_something_else(
    village: Path, tmp_path: Path
) -> None:
    shutil.copytree(village, tmp_path / "data")
    data = tmp_path / "data"
    take(data, without(export(), "chain_id", value="cudos-9"), "another")
    build(data, networks())
    shutil.rmtree(data / "landing" / "imported-old-village")
    take(data, export(), "old-village", title="Another village", token="ATOM", decimals=6)
    build(data, networks())
    with opened(data) as mart:
        assert mart.table("SELECT title, token FROM network WHERE imported ORDER BY 1").rows() == [
            ("Another (imported)", "VIL"),
            ("Another village (imported)", "ATOM"),
        ]


# --- the command ------------------------------------------------------------------------------------------------------


@each(
    ("given", "words"),
    [
        ((), "give --network"),
        (("--as", "old-village", "--network", "fetch"), "give --network"),
        (("--network", "fetch"), "--network needs --time"),
        (("--network", "fetch", "--time", "2024-01-01", "--token", "FET"), "takes no other option"),
        (("--as", "old-village", "--time", "2124-01-01"), "in the future"),
        (("--as", "old-village", "--height", "-1"), "--height"),
        (("--network", "imported-old-village", "--time", "2024-01-01"), "was imported from a file"),
        (("--as", "old-village"), "--token"),
    ],
)
def test_wrong_usage_is_told_and_nothing_lands(tmp_path: Path, given: tuple[str, ...], words: str) -> None:
    code, said = command(tmp_path / "data", str(written(tmp_path, export())), *given)
    assert (code, words in said) == (2, True), said
    assert Landing(tmp_path / "data").files() == []


IMPORTING = re.compile(r"^python -m ingest (import export\.json .*?)(?: +#.*)?$", re.MULTILINE)


@pytest.mark.slow
@pytest.mark.parametrize("document", ["README.md", "docs/operations.md"])
def test_the_command_in_the_documents_works_as_it_is_written(document: str, tmp_path: Path) -> None:
    (told,) = IMPORTING.findall((ROOT / document).read_text())
    file = tmp_path / "export.json"
    file.write_text(json.dumps(without(export(), "app_state", "gov", value=...)))
    code, said = command(tmp_path / "data", *told.replace("import export.json", str(file)).split())
    assert code == 0, said
    assert list(Landing(tmp_path / "data").descriptions()) == ["imported-a-chain"]


@pytest.mark.slow
def test_doctor_and_status_tell_of_it(village: Path) -> None:
    run = CliRunner(env={"COLUMNS": "2000", "DEAI_DATA": str(village)})
    rows = json.loads(run.invoke(app, ["status", "--json"]).output)["readings"]
    assert {row["state"] for row in rows if row["network"] == "imported-old-village"} == {"imported"}
    assert "nobody is asked" in run.invoke(app, ["doctor", "--network", "imported-old-village"]).output


@pytest.mark.slow
def test_export_tells_of_it(village: Path, tmp_path: Path) -> None:
    run = CliRunner(env={"DEAI_DATA": str(village)})
    assert run.invoke(app, ["export", "network", str(tmp_path / "network.csv")]).exit_code == 0
    rows = pl.read_csv(tmp_path / "network.csv").filter(pl.col("imported"))
    assert rows["name"].to_list() == ["imported-old-village"]


def test_a_finney_snapshot_is_no_chain_that_can_be_described(tmp_path: Path) -> None:
    with pytest.raises((Mismatch, BadData), match="Substrate"):
        take(tmp_path, {"stakes": {}, "balances": {}})
