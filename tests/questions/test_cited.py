"""A number has an origin, from which its link and its SQL follow; links are written by anybody."""

from dataclasses import replace
from datetime import UTC, datetime

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from questions import cited
from questions.cited import NotCited, Origin
from questions.populations import Population
from store.mart import Mart
from tests.questions.conftest import one
from tests.worlds.hamlet import address

STAKE = Origin("nc_ge_1_3", "akash", "akashnet-2", "validators", 12, "control", "validators")
HALT = Origin("power.number", "akash", grouping="control", of="force/halt")


@pytest.mark.parametrize("origin", [STAKE, HALT, Origin("yardstick.m_low", of="clouds")])
def test_a_link_names_its_number_whatever_host_and_page_it_leads_to(origin: Origin) -> None:
    for page in ("https://deai.example/power", "http://127.0.0.1:8501/x/", "/trends", ""):
        link = cited.link(page, {"net": "akash", cited.CITE: "an older one"}, origin)
        assert cited.linked(link) == origin
        assert "net=akash" in link


@pytest.mark.slow
@given(st.text(max_size=60))
def test_whatever_text_a_number_is_about_comes_back_out_of_its_statement_as_it_was(text: str) -> None:
    statement = cited.sql(Origin("yardstick.m_low", of=text.replace("\0", "")))
    assert len(duckdb.extract_statements(statement)) == 1
    with duckdb.connect() as plain:
        plain.execute("CREATE TABLE yardstick (yardstick VARCHAR, m_low DOUBLE)")
        plain.execute("INSERT INTO yardstick VALUES (?, 1.5), ('other', 2)", [text.replace("\0", "")])
        assert plain.execute(statement).fetchall() == [(1.5,)]


@pytest.mark.parametrize(
    "link",
    [
        "",
        "https://deai.example/power?net=akash",
        "?cite=",
        "?cite=effective_parties",
        "?cite=a/b/c/d/1/control/x&cite=a/b/c/d/1/control/x",
        "?cite=../akash/akashnet-2/validators/1/control/validators",
        "?cite=effective_parties/..%2F..%2Fetc/akashnet-2/validators/1/control/validators",
        "?cite=effective_parties/akash/../validators/1/control/validators",
        "?cite=effective_parties/akash/akashnet-2/..%2Fx/1/control/validators",
        "?cite=effective_parties/akash/akashnet-2/validators/one/control/validators",
        "?cite=effective_parties/akash/akashnet-2/validators/-1/control/validators",
        "?cite=effective_parties/akash/akashnet-2/validators/1/control')%20--/validators",
        "?cite=effective_parties/akash/akashnet-2/validators//control/validators",
        "?cite=power.parties/akash////control/force/halt",
        "?cite=power.number/akash////control/force",
        "?cite=snapshot.file/akash/akashnet-2/validators/1//",
        "?cite=meta.rows//////",
        "?cite=value);DROP TABLE metric/a/b/c/1/control/x",
        "?cite=effective_parties/akash/akashnet-2/validators/1/control/a%00b",
        "?cite=effective_parties/akash/akashnet-2/validators/1/control/a%0Ab",
        "http://[::1/power?cite=x",
        f"?cite=effective_parties/akash/akashnet-2/validators/1/control/{'x' * 500}",
        f"?cite={'x' * 5000}",
        "?" + "&".join(f"a{n}=1" for n in range(60)),
    ],
)
def test_a_link_that_names_no_number_of_the_mart_is_refused(link: str) -> None:
    with pytest.raises(NotCited):
        cited.linked(link)


def test_a_number_is_found_with_all_that_it_rests_on(mart: Mart, known: list[Population]) -> None:
    stake = one(known, "akash", "validators", "validators")
    found = cited.found(mart, cited.of_population(stake, "nc_gt_1_2"))
    assert found is not None
    # 1000, 500, 333, ... of twelve: the first two have less than half, the first three more.
    assert found.value == 3.0
    assert found.method_version == "v1"
    (row,) = found.snapshots.to_dicts()
    assert (row["chain_id"], row["height"], row["hash"]) == ("akashnet-2", stake.height, f"{stake.height:064x}")
    assert len(row["sha256"]) == 64
    assert not row["simulated"]
    assert row["time"] <= datetime.now(UTC)


def test_a_number_that_the_mart_does_not_have_is_none(mart: Mart) -> None:
    assert cited.found(mart, STAKE) is None
    assert cited.found(mart, Origin("power.number", "nobody", grouping="control", of="force/")) is None


@pytest.mark.parametrize(
    "metric", ["nc_gt_1_2", "distribution.n", "snapshot.n", "power", "proposal.yes", "recount.voters", "event.rows"]
)
def test_whatever_else_a_link_names_there_is_no_such_number(mart: Mart, known: list[Population], metric: str) -> None:
    """Each part of a link is that of its number: of kinds that lack a part nobody has one."""
    stake = one(known, "akash", "validators", "validators")
    own = cited.of_population(stake, metric)
    right = {
        "snapshot.n": replace(own, grouping="", of=""),
        "power": cited.of_power("akash", "number", "force", "halt"),
        "proposal.yes": Origin(metric, "akash", "akashnet-2", of="2"),
        "recount.voters": Origin(metric, "akash", "akashnet-2", of="2"),
        "event.rows": Origin(metric),
    }.get(metric, own)
    assert cited.found(mart, right) is not None
    other = {"network": "q", "chain_id": "q", "reading": "q", "height": 5, "of": "q/q"}
    wrong = [replace(right, **{name: told}) for name, told in other.items()]  # type: ignore[arg-type]
    wrong += [replace(right, grouping=grouping) for grouping in ("friends", "unlabelled_one", "custodians")]
    wrong += [replace(right, grouping="")] * bool(right.grouping)
    for origin in wrong:
        assert none_found(mart, origin), origin


def none_found(mart: Mart, origin: Origin) -> bool:
    try:
        return cited.found(mart, origin) is None
    except NotCited:
        return True


def test_what_a_link_is_about_is_told_beside_the_question_and_never_in_it(mart: Mart) -> None:
    quoted = "x' OR '1'='1"
    assert cited.found(mart, Origin("yardstick.m_low", of=quoted)) is None
    assert "'x'' OR ''1''=''1'" in cited.sql(Origin("yardstick.m_low", of=quoted))


def test_what_one_address_holds_is_a_number_too(mart: Mart, known: list[Population]) -> None:
    stake = one(known, "akash", "validators", "validators")
    found = cited.found(mart, cited.of_holder(stake, address("akashvaloper", 0)))
    assert found is not None
    assert found.value == 1000 * 10**6
