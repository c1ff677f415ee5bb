"""Governance of Cosmos chains: proposals, votes and deposits in both dialects."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from ingest.cosmos.governance import deposits, open_proposals, parameters, proposals, votes
from ingest.cosmos.lcd import Lcd
from ingest.cosmos.proposals import proposal_row, vote_rows
from ingest.cosmos.stake import closing_shares, shares
from store.faults import BadData, SourceChanged, SourceDown
from store.impossible import check
from store.rows import Facts, Kind
from tests.ingest.cosmos.test_lcd import pinned
from tests.ingest.cosmos.test_stake import at_once
from tests.worlds.lcd import GOV, OLD_GOV, STAKING, Answer, State, Validator, account, chain, governed, page, proposal
from tests.worlds.servers import Reply, Request

STATE = State([Validator(0, 100, 100 * 10**18)])
SOON = datetime(2026, 11, 30, tzinfo=UTC)
PROPOSALS = [
    proposal(1, "PASSED", SOON),
    proposal(2, "VOTING_PERIOD", SOON),
    proposal(3, "DEPOSIT_PERIOD"),
    *(proposal(number, "REJECTED", SOON) for number in range(4, 16)),
]


def cast(voter: int, **weights: str) -> dict[str, Any]:
    options = [{"option": f"VOTE_OPTION_{name.upper()}", "weight": weight} for name, weight in weights.items()]
    return {"proposal_id": "2", "voter": account(voter), "options": options, "metadata": ""}


VOTES = [cast(1, yes="1.000000000000000000"), cast(2, no="0.300000000000000000", abstain="0.700000000000000000")]
CHAIN = governed(
    STATE,
    PROPOSALS,
    {"2": VOTES},
    [{"proposal_id": "2", "depositor": account(99), "amount": [{"denom": "uakt", "amount": "1000000000"}]}],
)

OLD_PROPOSAL: dict[str, Any] = {
    "proposal_id": "7",
    "content": {"@type": "/cosmos.params.v1beta1.ParameterChangeProposal", "title": "Faster", "description": ""},
    "status": "PROPOSAL_STATUS_VOTING_PERIOD",
    "final_tally_result": {"yes": "0", "abstain": "0", "no": "0", "no_with_veto": "0"},
    "submit_time": "2026-09-18T15:22:26.035897772Z",
    "deposit_end_time": "2026-10-02T15:22:26Z",
    "total_deposit": [{"denom": "ibc/1", "amount": "5"}, {"denom": "uakt", "amount": "7"}],
    "voting_start_time": "2026-09-18T15:22:26.035897772Z",
    "voting_end_time": "2026-11-30T00:00:00Z",
}


def old_chain(*found: dict[str, Any]) -> State:
    """A chain of the 0.45 line: gov v1beta1 only, parameters in three sections of which two come as zeros."""
    zero: dict[str, Any] = {
        "voting_params": {"voting_period": "0s"},
        "deposit_params": {"min_deposit": [], "max_deposit_period": "0s"},
        "tally_params": {"quorum": "0.000", "threshold": "0.000", "veto_threshold": "0.000"},
    }
    told: dict[str, dict[str, Any]] = {
        "voting": {"voting_params": {"voting_period": "432000s"}},
        "deposit": {"deposit_params": {"min_deposit": [{"denom": "uakt", "amount": "1"}]}},
        "tallying": {"tally_params": {"quorum": "0.334", "threshold": "0.5", "veto_threshold": "0.334"}},
    }
    bodies: dict[str, Any] = {f"{OLD_GOV}/params/{kind}": {**zero, **body} for kind, body in told.items()}
    tally = {"yes": "11", "abstain": "0", "no": "3", "no_with_veto": "0"}
    vote = {
        "proposal_id": "7",
        "voter": account(1),
        "option": "VOTE_OPTION_UNSPECIFIED",
        "options": VOTES[1]["options"],
    }

    def listed(request: Request) -> dict[str, Any]:
        return page(found, "proposals", request.params, 100, sdk="0.45")

    bodies |= {
        f"{OLD_GOV}/proposals": listed,
        f"{OLD_GOV}/proposals/7/tally": {"tally": tally},
        f"{OLD_GOV}/proposals/7/votes": {"votes": [vote], "pagination": {"next_key": None, "total": "1"}},
        f"{STAKING}/params": {"params": {"bond_denom": "uakt"}},
    }
    return replace(STATE, bodies=bodies)


def test_all_proposals_are_read_with_their_final_tally() -> None:
    done = {**PROPOSALS[0], "final_tally_result": {**PROPOSALS[0]["final_tally_result"], "yes_count": str(10**30)}}
    with pinned(chain(governed(STATE, [done, *PROPOSALS[1:]], {}))) as node:
        facts = proposals(node)
    check(facts, Kind.PROPOSALS)
    first = facts.rows.row(0, named=True)
    assert len(facts.rows) == 15
    assert (first["proposal"], first["status"], first["yes"], first["expedited"]) == ("1", "passed", 10**30, False)
    assert first["type"] == "/cosmos.gov.v1.MsgUpdateParams"
    assert first["deposit"] == 1_000_000_000
    assert first["submitted"] == datetime(2026, 9, 18, 15, 22, 26, 35897, UTC)


def test_open_proposals_carry_the_running_tally_and_none_before_voting() -> None:
    with pinned(chain(CHAIN)) as node:
        facts = open_proposals(node)
    check(facts, Kind.PROPOSALS)
    found = {row["proposal"]: row for row in facts.rows.iter_rows(named=True)}
    assert set(found) == {"2", "3", *map(str, range(6, 16))}
    assert (found["2"]["yes"], found["2"]["no"]) == (10, 3)
    assert found["3"]["yes"] is found["3"]["voting_end"] is None
    assert found["2"]["voting_end"] == SOON


def test_old_chains_are_read_in_their_dialect() -> None:
    with pinned(chain(old_chain(OLD_PROPOSAL))) as node:
        found = proposals(node).rows.row(0, named=True)
        assert votes(node).rows["option"].to_list() == ["no", "abstain"]
        assert parameters(node) == {
            "voting_period": "432000s",
            "min_deposit": [{"denom": "uakt", "amount": "1"}],
            "quorum": "0.334",
            "threshold": "0.5",
            "veto_threshold": "0.334",
        }
    assert (found["proposal"], found["title"], found["yes"], found["deposit"]) == ("7", "Faster", 11, 7)
    assert found["type"] == "/cosmos.params.v1beta1.ParameterChangeProposal"


def test_votes_are_read_with_their_weights_over_all_pages() -> None:
    many = [cast(number, yes="1.000000000000000000") for number in range(3, 50)]
    state = governed(replace(STATE, most=10), PROPOSALS, {"2": [*VOTES, *many]})
    with pinned(chain(state)) as node:
        facts = votes(node)
    check(facts, Kind.VOTES)
    assert facts.rows["voter"].n_unique() == 49
    split = facts.rows.filter(facts.rows["voter"] == account(2)).select("option", "weight", "height").rows()
    assert split == [("no", Decimal("0.3"), 998), ("abstain", Decimal("0.7"), 998)]


def test_a_weight_is_read_however_its_voter_wrote_it() -> None:
    options = [
        {"option": "VOTE_OPTION_YES", "weight": "+0.5"},
        {"option": "VOTE_OPTION_NO", "weight": "0" * 5_000 + ".25"},
        {"option": "VOTE_OPTION_ABSTAIN", "weight": "+.250000000000000000"},
    ]
    found = vote_rows("5", {"voter": account(1), "options": options}, 9)
    assert [vote["weight"] for vote in found] == [Decimal("0.5"), Decimal("0.25"), Decimal("0.25")]
    for wrong in ("", "+", "half", "+-0.5", ".5", "0.5.", "0x1"):
        with pytest.raises(SourceChanged, match="weight is no decimal number"):
            vote_rows("5", {"voter": account(1), "options": [{"option": "VOTE_OPTION_YES", "weight": wrong}]}, 9)


def test_a_vote_without_options_is_one_whole_vote() -> None:
    row = {"voter": account(1), "option": "VOTE_OPTION_NO_WITH_VETO", "options": []}
    found = vote_rows("5", row, 9)
    assert [(vote["option"], vote["weight"]) for vote in found] == [("no_with_veto", 1)]


def test_an_unknown_option_is_refused() -> None:
    with pytest.raises(BadData, match="VOTE_OPTION_FIVE"):
        vote_rows("5", {"voter": account(1), "options": [{"option": "VOTE_OPTION_FIVE", "weight": "1"}]}, 9)


def test_deposits_name_who_paid_them() -> None:
    with pinned(chain(CHAIN)) as node:
        facts = deposits(node)
    check(facts, Kind.OBSERVATIONS)
    assert facts.rows["subject"].to_list()[0] == f"3|{account(99)}|uakt"
    assert facts.rows["exact"].to_list()[0] == "1000000000"


def test_a_chain_without_open_proposals_says_so() -> None:
    with pinned(chain(governed(STATE, PROPOSALS[:1], {}))) as node:
        assert votes(node).empty
        assert deposits(node).empty


def ignoring_filters(state: State) -> Answer:
    """A node that answers every list of proposals with all of them."""

    def answer(request: Request) -> Reply:
        params = {name: value for name, value in request.params.items() if name != "proposal_status"}
        return chain(state)(replace(request, params=params))

    return answer


def test_the_state_of_a_proposal_is_its_own_word_not_the_filters() -> None:
    with pinned(ignoring_filters(CHAIN)) as node:
        assert votes(node).rows["proposal"].unique().to_list() == ["2"]
        assert {subject[:2] for subject in deposits(node).rows["subject"]} == {"2|", "3|"}


def test_nothing_open_reads_no_delegations_whatever_the_filter_does() -> None:
    """A proposal that never reached voting has no end of it."""
    never = proposal(17, "REJECTED")
    asked: list[str] = []

    def watched(request: Request) -> Reply:
        asked.append(request.path)
        return ignoring_filters(governed(STATE, [PROPOSALS[0], PROPOSALS[2], never], {}))(request)

    with pinned(watched) as node:
        assert shares(node, at_once).empty
        assert closing_shares(node, at_once).empty
        assert votes(node).empty
        assert proposals(node).rows["voting_end"].null_count() == 2
    assert not any(path.endswith("/delegations") for path in asked)


@pytest.mark.parametrize(("kind", "read"), [("votes", votes), ("deposits", deposits)])
def test_an_invented_answer_about_another_proposal_is_refused(kind: str, read: Callable[[Lcd], Facts]) -> None:
    coins = [{"denom": "uakt", "amount": "1"}]
    row = {**cast(1, yes="1"), "proposal_id": "9", "depositor": account(1), "amount": coins}
    strange = {f"{GOV}/proposals/2/{kind}": {kind: [row], "pagination": {"next_key": None}}}
    refused = pytest.raises(SourceDown, match="asked for proposal_id 2, got 9")
    with pinned(chain(replace(CHAIN, bodies={**CHAIN.bodies, **strange}))) as node, refused:
        read(node)


def test_a_deposit_in_which_a_coin_comes_twice_is_refused() -> None:
    coins = [{"denom": "uakt", "amount": "5"}] * 2
    with pytest.raises(BadData, match="uakt is told twice"):
        proposal_row({**proposal(1, "VOTING_PERIOD"), "total_deposit": coins}, "uakt", None)


def test_titles_stand_in_different_places() -> None:
    legacy = {"@type": "/cosmos.gov.v1.MsgExecLegacyContent", "content": OLD_PROPOSAL["content"]}
    bare = {**proposal(1, "PASSED", SOON), "title": ""}
    rows = [
        {**bare, "messages": [legacy]},
        {**bare, "id": "2", "metadata": '{"title": "From metadata"}'},
        {**bare, "id": "3", "metadata": "ipfs://CID"},
        {**bare, "id": "4", "metadata": '["no", "object"]', "messages": []},
        {**bare, "id": "5", "metadata": "[" * 10_000, "messages": []},
    ]
    with pinned(chain(governed(STATE, rows, {}))) as node:
        found = proposals(node).rows
    assert found["title"].to_list() == ["Faster", "From metadata", "", "", ""]
    assert found["type"].to_list()[0] == "/cosmos.params.v1beta1.ParameterChangeProposal"
    assert found["type"].to_list()[3] == ""


def test_a_proposal_of_unknown_shape_is_an_error_that_names_what_is_missing() -> None:
    row = {name: value for name, value in PROPOSALS[0].items() if name != "submit_time"}
    with pinned(chain(governed(STATE, [row], {}))) as node, pytest.raises(SourceDown, match="no submit_time"):
        proposals(node)


def test_the_recorded_akash_proposal_is_read_field_by_field(shared: Path) -> None:
    body = json.loads((shared / "cosmos/akash_2026/akash_gov_v1_proposal_341.json").read_text())["body"]
    with pinned(chain(governed(STATE, [body["proposal"]], {}))) as node:
        found = proposals(node).rows.row(0, named=True)
    assert found == {
        "proposal": "341",
        "title": "Hermes Price Relayer Operations - Foundation AKT Funding Request",
        "type": "/cosmos.distribution.v1beta1.MsgCommunityPoolSpend",
        "status": "voting_period",
        "proposer": "akash1rf2g7shyy4chfa58xkmr504a2fjchydmsxsasq",
        "submitted": datetime(2026, 9, 18, 15, 22, 26, 35897, UTC),
        "deposit_end": datetime(2026, 10, 2, 15, 22, 26, 35897, UTC),
        "voting_start": datetime(2026, 9, 18, 15, 22, 26, 35897, UTC),
        "voting_end": datetime(2026, 9, 25, 15, 22, 26, 35897, UTC),
        "deposit": 1_000_000_000,
        "yes": 10,
        "abstain": 0,
        "no": 3,
        "no_with_veto": 0,
        "expedited": False,
        # A chain of the SDK has one rule for all.
        **dict.fromkeys(("power", "quorum", "quorum_counts", "quota")),
    }


def test_the_recorded_proposals_of_a_real_chain_are_read(shared: Path) -> None:
    path = shared / "cosmos/simapp_0_43_cudos/cosmos__gov__v1beta1__proposals_pagination_limit_100.json"
    rows = [row for row in json.loads(path.read_text())["proposals"] if row["status"].endswith(("PASSED", "REJECTED"))]
    with pinned(chain(old_chain(*rows))) as node:
        facts = proposals(node)
    check(facts, Kind.PROPOSALS)
    merger = facts.rows.filter(facts.rows["proposal"] == "21").row(0, named=True)
    assert "Artificial Superintelligence" in merger["title"]
    assert merger["yes"] == 1911170161171638406604762033
    assert merger["no_with_veto"] == 1700030683661613460873463
