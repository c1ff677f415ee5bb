"""Governance of a Cosmos chain: proposals, votes and deposits, in the two dialects gov v1 and v1beta1.

The chain deletes the votes of a proposal when it counts them, and its deposits when it ends: they are read while the
proposal is open, in every run.
"""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any, Final

from ingest.cosmos import Lcd
from ingest.cosmos_json import ONE, fixed, listed, moment, optional, own, part, text, whole
from ingest.transport import parsed
from store.rows import LARGEST_AMOUNT, BadData, Facts, Kind, frame, observation

DIALECTS: Final = ("/cosmos/gov/v1", "/cosmos/gov/v1beta1")
# The number that a list can be asked for, and the state that a proposal tells of itself.
DEPOSIT_PERIOD: Final = ("1", "PROPOSAL_STATUS_DEPOSIT_PERIOD")
VOTING_PERIOD: Final = ("2", "PROPOSAL_STATUS_VOTING_PERIOD")
NEWEST: Final = "10"
LONGEST_TEXT: Final = 10_000
OPTIONS: Final = {
    "VOTE_OPTION_YES": "yes",
    "VOTE_OPTION_ABSTAIN": "abstain",
    "VOTE_OPTION_NO": "no",
    "VOTE_OPTION_NO_WITH_VETO": "no_with_veto",
}
ALL_OF_IT: Final = "1.000000000000000000"

Json = dict[str, Any]


def dialect(node: Lcd) -> str:
    """The newest governance interface that the chain serves."""
    path, _ = node.first([f"{base}/params/tallying" for base in DIALECTS])
    return path.removesuffix("/params/tallying")


def parameters(node: Lcd) -> Json:
    """All governance parameters under the chain's own names."""
    base = dialect(node)
    tallying = node.get(f"{base}/params/tallying")
    if tallying.get("params"):
        return dict(part(tallying, "params"))
    # Older software answers three sections and fills only the one that was asked for; the others come as zeros.
    sections = (("voting", "voting_params"), ("deposit", "deposit_params"), ("tallying", "tally_params"))
    found: Json = {}
    for asked, section in sections:
        found |= part(node.get(f"{base}/params/{asked}"), section)
    return found


def in_voting_period(node: Lcd) -> list[Json]:
    """Proposals that can be voted on at this block."""
    return _with_status(node, VOTING_PERIOD)


def proposals(node: Lcd) -> Facts:
    """Every proposal of the governance module, with times, deposit, and its final or running tally."""
    return _proposal_facts(node, node.pages(f"{dialect(node)}/proposals", "proposals"))


def open_proposals(node: Lcd) -> Facts:
    """Proposals that collect deposits or votes, with the chain's running tally, and the ten newest of any state."""
    newest = node.get(f"{dialect(node)}/proposals", {"pagination.limit": NEWEST, "pagination.reverse": "true"})
    rows = [*listed(newest, "proposals"), *_with_status(node, DEPOSIT_PERIOD), *in_voting_period(node)]
    return _proposal_facts(node, {identity(row): row for row in rows}.values())


def votes(node: Lcd) -> Facts:
    """All votes on proposals in their voting period, with the weights of split votes, from the governance module.

    The chain deletes them at the count; what is stored here is the last that was seen.
    """
    rows = []
    for proposal in in_voting_period(node):
        number = identity(proposal)
        cast = node.pages(f"{dialect(node)}/proposals/{number}/votes", "votes")
        for vote in own(cast, number, "proposal_id"):
            rows += vote_rows(number, vote, node.block.height)
    return Facts(frame(Kind.VOTES, rows), empty=not rows)


def deposits(node: Lcd) -> Facts:
    """Who put how much behind proposals that collect deposits or votes; the chain forgets it when they end."""
    rows = []
    for proposal in (*_with_status(node, DEPOSIT_PERIOD), *in_voting_period(node)):
        number = identity(proposal)
        paid = node.pages(f"{dialect(node)}/proposals/{number}/deposits", "deposits")
        for row in own(paid, number, "proposal_id"):
            for coin in listed(row, "amount"):
                denom = text(coin, "denom")
                subject = f"{number}|{text(row, 'depositor')}|{denom}"
                rows.append(observation("deposit", node.block.time, whole(coin, "amount"), denom, subject=subject))
    return Facts(frame(Kind.OBSERVATIONS, rows), empty=not rows)


def identity(proposal: Json) -> str:
    """The number of a proposal, in either dialect."""
    return str(whole(proposal, "proposal_id" if optional(proposal, "id") is None else "id"))


def vote_rows(proposal: str, vote: Json, height: int) -> list[Json]:
    """The options of one vote with their weights, in either dialect."""
    voter = text(vote, "voter")
    # Before weighted votes (SDK 0.43) there was one option and no list.
    single = [{"option": optional(vote, "option"), "weight": ALL_OF_IT}]
    options = listed(vote, "options") if optional(vote, "options") else single
    if any(not 0 < fixed(option, "weight") <= ONE for option in options):
        raise BadData(f"{voter} voted on proposal {proposal} with impossible weights: {str(options)[:200]}")
    return [
        {
            "proposal": proposal,
            "voter": voter,
            "option": option_of(text(option, "option")),
            "weight": Decimal(fixed(option, "weight")).scaleb(-18),
            "height": height,
        }
        for option in options
    ]


def option_of(text: str) -> str:
    """The stored name of a vote option; raises BadData for one that no chain of this family has."""
    if text not in OPTIONS:
        raise BadData(f"no vote option: {str(text)[:80]!r}")
    return OPTIONS[text]


def _with_status(node: Lcd, status: tuple[str, str]) -> list[Json]:
    """Proposals that say themselves that they are in this state: a node may not know the filter."""
    asked, told = status
    found = node.pages(f"{dialect(node)}/proposals", "proposals", {"proposal_status": asked})
    return [row for row in found if text(row, "status") == told]


def _proposal_facts(node: Lcd, found: Iterable[Json]) -> Facts:
    denom = text(node.get("/cosmos/staking/v1beta1/params"), "params", "bond_denom")
    rows = [_proposal_row(node, proposal, denom) for proposal in found]
    return Facts(frame(Kind.PROPOSALS, rows), empty=not rows)


def _proposal_row(node: Lcd, proposal: Json, denom: str) -> Json:
    status = text(proposal, "status").removeprefix("PROPOSAL_STATUS_").lower()
    return {
        "proposal": identity(proposal),
        "title": _title(proposal)[:LONGEST_TEXT],
        "type": ", ".join(dict.fromkeys(text(content, "@type") for content in _contents(proposal))),
        "status": status,
        "proposer": text(proposal, "proposer") if proposal.get("proposer") else None,
        "submitted": moment(part(proposal, "submit_time")),
        "deposit_end": moment(part(proposal, "deposit_end_time")),
        "voting_start": moment(part(proposal, "voting_start_time")),
        "voting_end": moment(part(proposal, "voting_end_time")),
        "deposit": sum(_amount(coin) for coin in listed(proposal, "total_deposit") if text(coin, "denom") == denom),
        "expedited": bool(proposal.get("expedited", False)),
        **_tally(node, proposal, status),
    }


def _tally(node: Lcd, proposal: Json, status: str) -> Json:
    """The running tally while votes come in, then the final one; none before."""
    if status == "deposit_period":
        return {}
    if status == "voting_period":
        found = part(node.get(f"{dialect(node)}/proposals/{identity(proposal)}/tally"), "tally")
    else:
        found = part(proposal, "final_tally_result")
    suffix = "" if optional(found, "yes_count") is None else "_count"
    return {option: _limited(whole(found, option + suffix)) for option in OPTIONS.values()}


def _contents(proposal: Json) -> list[Json]:
    """What a proposal would do: its messages (v1) or its content (v1beta1); old contents travel inside a message."""
    if "content" in proposal:
        return [part(proposal, "content")]
    return [optional(message, "content") or message for message in listed(proposal, "messages")]


def _title(proposal: Json) -> str:
    """The title in whichever place the dialect keeps it: its own field, the content, or the metadata."""
    if proposal.get("title"):
        return str(proposal["title"])
    for content in _contents(proposal):
        if title := optional(content, "title"):
            return str(title)
    try:
        metadata = parsed(str(proposal.get("metadata") or "{}"))
    except ValueError:
        return ""
    return str(metadata.get("title") or "") if isinstance(metadata, dict) else ""


def _amount(coin: Json) -> int:
    return _limited(whole(coin, "amount"))


def _limited(amount: int) -> int:
    if not 0 <= amount <= LARGEST_AMOUNT:
        raise BadData(f"{amount} base units do not fit 38 digits")
    return amount
