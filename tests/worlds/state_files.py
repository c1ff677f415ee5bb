"""State files of Cosmos chains, in the shapes of several versions of the SDK. Invented values, real shapes."""

import gzip
import json
from collections.abc import Iterator
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from store.addresses import bech32

Json = dict[str, Any]
# Tokens and shares of the validators.
STAKE = ((500, 500), (300, 400), (200, 200))
MONIKERS = ("NaN", "1e309", "1_000")
DAY = timedelta(days=1)
NOW = datetime.now(UTC).replace(microsecond=0)
ZEROS = "0" * 18


def person(place: int) -> str:
    """The n-th account."""
    return bech32("cudos", bytes([place]) * 20)


def validator(place: int) -> str:
    """The operator address of the n-th account."""
    return bech32("cudosvaloper", bytes([place]) * 20)


def moment(days: int) -> str:
    """A time so many days from now, with the nanoseconds of the chain."""
    return f"{NOW + days * DAY:%Y-%m-%dT%H:%M:%S}.123456789Z"


def export() -> Json:
    """A state of SDK 0.53: 1,000 acudos are bonded with three validators; the second was slashed by a quarter.

    Proposal 1 is open (`ballots`), 2 collects deposits, 3 has passed.
    """
    rows = [
        {
            "operator_address": validator(place),
            "status": "BOND_STATUS_BONDED",
            "tokens": str(tokens),
            "delegator_shares": f"{shares}.{ZEROS}",
            "description": {"moniker": MONIKERS[place], "identity": "", "website": ""},
        }
        for place, (tokens, shares) in enumerate(STAKE)
    ]
    held = ((0, 8, 326), (0, 9, 174), (1, 1, 400), (2, 2, 200))
    delegations = [
        {"delegator_address": person(who), "validator_address": validator(place), "shares": f"{shares}.{ZEROS}"}
        for place, who, shares in held
    ]
    return {
        "app_name": "cudos-noded",
        "chain_id": "cudos-1",
        "initial_height": 101,
        "app_state": {
            "staking": {"params": {"bond_denom": "acudos"}, "validators": rows, "delegations": delegations},
            "bank": {"supply": [{"denom": "acudos", "amount": "5000"}]},
            "distribution": {
                "params": {"community_tax": "0.02"},
                "fee_pool": {"community_pool": [{"denom": "acudos", "amount": "70.5"}]},
            },
            "gov": {
                "params": {
                    "quorum": "0.334",
                    "threshold": "0.5",
                    "veto_threshold": "0.334",
                    "expedited_threshold": "0.667",
                },
                "proposals": [
                    proposal(1, "VOTING_PERIOD"),
                    {**proposal(2, "DEPOSIT_PERIOD"), "voting_start_time": None, "voting_end_time": None},
                    {**proposal(3, "PASSED"), "final_tally_result": counts(700, 0, 50, 0)},
                ],
                "votes": ballots(),
            },
        },
    }


def proposal(number: int, status: str) -> Json:
    """A proposal of gov v1; exports state zeros for a vote that is open."""
    return {
        "id": str(number),
        "messages": [
            {
                "@type": "/cosmos.gov.v1.MsgExecLegacyContent",
                "content": {"@type": "/cosmos.gov.v1beta1.TextProposal", "title": f"Legacy {number}"},
            },
            {"@type": "/cosmos.bank.v1beta1.MsgSend"},
        ],
        "status": f"PROPOSAL_STATUS_{status}",
        "final_tally_result": counts(0, 0, 0, 0),
        "submit_time": moment(-3),
        "deposit_end_time": moment(10),
        "total_deposit": [{"denom": "acudos", "amount": "9"}, {"denom": "other", "amount": "1"}],
        "voting_start_time": moment(-2),
        "voting_end_time": moment(2),
        "metadata": "",
        "title": "",
        "proposer": person(9),
        "expedited": False,
    }


def counts(yes: int, abstain: int, no: int, veto: int) -> Json:
    """A tally of gov v1."""
    return {"yes_count": str(yes), "abstain_count": str(abstain), "no_count": str(no), "no_with_veto_count": str(veto)}


def ballots() -> list[Json]:
    """Votes on proposal 1, of 826 of 1,000: the first validator is silent, one of its delegators is not."""
    return [
        ballot(8, VOTE_OPTION_YES="1.000000000000000000"),
        ballot(1, VOTE_OPTION_YES="1.000000000000000000"),
        ballot(2, VOTE_OPTION_YES="0.750000000000000000", VOTE_OPTION_NO="0.250000000000000000"),
    ]


def ballot(place: int, **weights: str) -> Json:
    """One vote on proposal 1."""
    options = [{"option": option, "weight": weight} for option, weight in weights.items()]
    return {"proposal_id": "1", "voter": person(place), "options": options, "metadata": ""}


def without(document: Json, *path: str, value: Any = None) -> Json:
    """The document with something else at a path; gone where the value is Ellipsis."""
    changed = deepcopy(document)
    place: Any = changed
    for name in path[:-1]:
        place = place[_step(place, name)]
    last = _step(place, path[-1])
    if value is ...:
        del place[last]
    else:
        place[last] = value
    return changed


def _step(place: Any, name: str) -> str | int:
    return int(name) if isinstance(place, list) else name


def paths(document: Any, above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every place in a document, by the names that lead to it."""
    inner = (
        document.items() if isinstance(document, dict) else enumerate(document) if isinstance(document, list) else ()
    )
    for name, value in inner:
        yield (*above, str(name))
        yield from paths(value, (*above, str(name)))


def written(folder: Path, document: object) -> Path:
    """A state file in gzip."""
    path = folder / "state.json.gz"
    path.write_bytes(gzip.compress(json.dumps(document).encode(), 1))
    return path


def amino() -> Json:
    """The same state as SDK 0.37 and 0.38 write it, with null for what is empty."""
    document = export()
    state = document["app_state"]
    for row in state["staking"]["validators"]:
        row["status"] = 2
    votes = [{"proposal_id": "1", "voter": person(place), "option": "Yes"} for place in (8, 1)]
    state["gov"] = {
        "deposits": None,
        "tally_params": {"quorum": "0.334", "threshold": "0.5", "veto": "0.334"},
        "proposals": [_amino_proposal(1, "VotingPeriod", 0), _amino_proposal(3, "Passed", 700)],
        "votes": [*votes, {"proposal_id": "1", "voter": person(2), "option": "NoWithVeto"}],
    }
    state["supply"] = {"supply": state.pop("bank")["supply"]}
    state["distribution"] = {"community_tax": "0.02", "fee_pool": {"community_pool": None}}
    state["genutil"] = {"gentxs": None}
    return {"chain_id": "cudos-1", "app_state": state}


def _amino_proposal(number: int, status: str, yes: int) -> Json:
    return {
        "content": {"type": "cosmos-sdk/TextProposal", "value": {"title": f"Legacy {number}", "description": ""}},
        "id": str(number),
        "proposal_status": status,
        "final_tally_result": {"yes": str(yes), "abstain": "0", "no": "0", "no_with_veto": "0"},
        "submit_time": moment(-3),
        "deposit_end_time": moment(10),
        "total_deposit": None,
        "voting_start_time": moment(-2),
        "voting_end_time": moment(2),
    }


def oldest() -> Json:
    """The same state as SDK 0.34 (cosmoshub-2) writes it: nested votes, proposal_content, the module distr."""
    document = amino()
    state = document["app_state"]
    for row in state["gov"]["proposals"]:
        row["proposal_content"] = row.pop("content")
        row["proposal_id"] = row.pop("id")
    state["gov"]["votes"] = [{"proposal_id": row["proposal_id"], "vote": row} for row in state["gov"]["votes"]]
    state["distr"] = state.pop("distribution")
    del state["supply"]
    return document


def beta() -> Json:
    """The same state as SDK 0.40 to 0.45 write it: gov v1beta1."""
    document = export()
    gov = document["app_state"]["gov"]
    gov["tally_params"] = gov.pop("params")
    for row in gov["proposals"]:
        row["proposal_id"] = row.pop("id")
        row["content"] = row.pop("messages")[0]["content"]
        row["final_tally_result"] = {
            name.removesuffix("_count"): count for name, count in row["final_tally_result"].items()
        }
        for name in ("metadata", "title", "proposer", "expedited"):
            del row[name]
    for row in gov["votes"]:
        row["option"] = "VOTE_OPTION_UNSPECIFIED"
    return document
