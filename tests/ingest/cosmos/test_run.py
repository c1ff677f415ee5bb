"""`python -m ingest run` on chains that behave as real ones do: what is published, the exit code, and the words."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from questions.proposals import proposals
from questions.voting_record import ended
from store.mart import opened
from tests.ingest.cosmos.test_governance import ignoring_filters
from tests.ingest.cosmos.test_pages import HELD
from tests.ingest.cosmos.test_past_votes import ENDED, searching
from tests.worlds.lcd import GOV_PARAMS, ONE, Answer, State, Validator, account, chain, governed, proposal, wasm_page
from tests.worlds.moving_chain import command, finished
from tests.worlds.servers import Reply, Request, free_port, serving
from ui.votes import stands

pytestmark = pytest.mark.slow
VALIDATORS = [Validator(0, 1_250, 1_250 * ONE), Validator(1, 1_250, 1_250 * ONE)]


def ran(data: Path, network: str, answer: Answer, *readings: str, dead: bool = False) -> tuple[int, str]:
    """Exit code and log of a run of some readings; with `dead` an address comes first that nobody listens at."""
    wanted = [part for name in readings for part in ("--reading", name)]
    with serving(answer) as address:
        addresses = f"http://127.0.0.1:{free_port()},{address}" if dead else address
        run = command(data, "run", "--network", network, "--all", *wanted, **{f"{network.upper()}_URL": addresses})
        code, _, errors = finished(run)
    return code, errors


def published(data: Path, query: str) -> list[tuple[Any, ...]]:
    with opened(data) as mart:
        return mart.table(query).rows()


def now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


def test_one_live_endpoint_of_two_with_the_paging_of_sdk_45_lands_every_delegator(tmp_path: Path) -> None:
    codes = [{"code_id": str(number), "creator": account(number, "fetch")} for number in range(1, 4)]
    empty = {"contracts": [], "pagination": {"next_key": None}}
    bodies: dict[str, Any] = {
        "/cosmos/staking/v1beta1/params": {"params": {"bond_denom": "afet"}},
        "/cosmos/gov/v1beta1/params/tallying": {"params": GOV_PARAMS},
        "/cosmos/gov/v1beta1/proposals": {"proposals": [], "pagination": {"next_key": None}},
        "/cosmwasm/wasm/v1/code": lambda request: wasm_page(codes, "code_infos", request.params, 1_000),
        "/cosmwasm/wasm/v1/codes/params": {"params": {}},
        **{f"/cosmwasm/wasm/v1/code/{code['code_id']}/contracts": empty for code in codes},
    }
    state = State(VALIDATORS, HELD, "fetchhub-4", "fetch", "afet", bodies=bodies, sdk="0.45", time=now())
    readings = ("delegators", "shares", "votes", "deposits", "authorities")
    code, errors = ran(tmp_path, "fetch", chain(state), *readings, dead=True)
    assert (code, errors.count("Error")) == (0, 0), errors
    population = "SELECT d.n FROM distribution d JOIN population p ON p.id = d.population WHERE p.name = 'delegators'"
    assert published(tmp_path, population) == [(2_500,)]
    creators = "SELECT count(*) FROM observation WHERE name = 'code_creator'"
    assert published(tmp_path, creators) == [(3,)]


def test_a_proposal_that_the_chain_deleted_is_not_published_as_open(tmp_path: Path) -> None:
    open_ones = [proposal(1, "VOTING_PERIOD", now() + timedelta(days=2)), proposal(2, "DEPOSIT_PERIOD")]
    statuses = "SELECT proposal, status FROM proposal ORDER BY proposal"
    before = State(VALIDATORS, time=now())
    code, errors = ran(tmp_path, "akash", chain(governed(before, open_ones, {})), "open_proposals")
    assert code == 0, errors
    assert published(tmp_path, statuses) == [("1", "voting_period"), ("2", "deposit_period")]
    code, errors = ran(
        tmp_path, "akash", chain(governed(replace(before, head=1_001, time=now()), [], {})), "open_proposals"
    )
    assert code == 0, errors
    assert published(tmp_path, statuses) == [("1", "gone"), ("2", "gone")]
    with opened(tmp_path) as mart:
        said = {stands(one, now()).partition(" Turnout")[0] for one in proposals(mart)}
        assert ended(mart, "akash") == []
    assert said == {"**No longer open on the chain: cancelled, its deposit lapsed, or ended since.**"}


def test_what_was_sent_to_the_bonded_pool_is_told_as_not_covered(tmp_path: Path) -> None:
    pool = {"pool": {"not_bonded_tokens": "1", "bonded_tokens": "3000"}}
    state = State(VALIDATORS, HELD, time=now(), bodies={"/cosmos/staking/v1beta1/pool": pool})
    code, errors = ran(tmp_path, "akash", chain(state), "validators", "delegators")
    assert code == 0, errors
    query = """
        SELECT p.name, d.total, d.reported_total, round(d.coverage, 4) FROM distribution d
        JOIN population p ON p.id = d.population WHERE NOT contains(p.name, '@') AND d.grouping = 'address' ORDER BY ALL
    """
    told = published(tmp_path, query)
    assert told == [("delegators", 2_500, 3_000, 0.8333), ("validators", 2_500, 3_000, 0.8333)]


def test_what_a_node_invents_is_told_and_not_published(tmp_path: Path) -> None:
    """Deposits without end, page 1 of a search again and again, and a list of proposals that ignores its filter."""
    open_one = proposal(3, "DEPOSIT_PERIOD")
    seen = replace(searching(lambda found, _: (found[:100], 250)), time=now())
    state = governed(seen, [proposal(1, "PASSED", ENDED), open_one], {})
    turns = count()

    def hostile(request: Request) -> Reply:
        if request.path.endswith("/deposits"):
            body = {"deposits": [], "pagination": {"next_key": str(next(turns))}}
            return Reply(body, headers={"grpc-metadata-x-cosmos-block-height": str(state.head - 2)})
        return ignoring_filters(state)(request)

    code, errors = ran(tmp_path, "akash", hostile, "deposits", "past_votes", "shares", "votes")
    assert code == 3, errors
    assert "deposits at block 998: an empty page says that more follow" in errors
    assert "100 of 250 transactions came, then no new one" in errors
    query = "SELECT reading, n FROM snapshot ORDER BY reading"
    assert published(tmp_path, query) == [("shares", 0), ("votes", 0)]
