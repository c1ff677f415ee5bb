"""Proposals and votes as the governance module writes them: in the answer of a node, and in a file of its state.

Known shapes: SDK 0.34 to 0.39 (amino: `type` and `value`, proposal_status, options such as NoWithVeto), 0.40 to 0.45
(gov v1beta1: `content`, plain tallies) and since 0.46 (gov v1: `messages`, tallies that end in _count).
"""

import re
from decimal import Decimal
from typing import Any, Final

from analytics.decimals import ONE
from ingest.fields import address, fixed, listed, moment, once, optional, part, text, whole
from ingest.parsing import parsed
from store.faults import BadData
from store.rows import LARGEST_AMOUNT, VOTE_OPTIONS

LONGEST_TEXT: Final = 10_000
ALL_OF_IT: Final = "1.000000000000000000"
NEXT_WORD: Final = re.compile("(?<=[a-z])(?=[A-Z])")

Json = dict[str, Any]


def rows_of(body: Any, name: str) -> list[Any]:
    """A list that the software writes as null, or leaves out, where it is empty; raises SourceChanged for another."""
    return [] if optional(body, name) is None else listed(body, name)


def identity(proposal: Json) -> str:
    """The number of a proposal, in any dialect."""
    return str(whole(proposal, "proposal_id" if optional(proposal, "id") is None else "id"))


def status(proposal: Json) -> str:
    """The state of a proposal: deposit_period, voting_period, passed, rejected or failed."""
    name = "proposal_status" if optional(proposal, "status") is None else "status"
    return spelled(text(proposal, name), "PROPOSAL_STATUS_")


def spelled(name: str, prefix: str) -> str:
    """A name of the chain as it is stored: VOTE_OPTION_NO_WITH_VETO and NoWithVeto are no_with_veto."""
    return NEXT_WORD.sub("_", name.removeprefix(prefix)).lower()


def proposal_row(proposal: Json, denom: str, tally: Json | None) -> Json:
    """A proposal as a row of PROPOSALS; the deposit is that in `denom`, and without a tally there is no count."""
    return {
        "proposal": identity(proposal),
        "title": _title(proposal)[:LONGEST_TEXT],
        "type": ", ".join(dict.fromkeys(_type(content) for content in _contents(proposal))),
        "status": status(proposal),
        "proposer": address(proposal, "proposer") if proposal.get("proposer") else None,
        "submitted": moment(proposal, "submit_time"),
        "deposit_end": moment(proposal, "deposit_end_time"),
        "voting_start": moment(proposal, "voting_start_time"),
        "voting_end": moment(proposal, "voting_end_time"),
        "deposit": sum(_amount(coin) for coin in _coins(proposal) if text(coin, "denom") == denom),
        "expedited": bool(proposal.get("expedited", False)),
        **({} if tally is None else _counts(tally)),
    }


def vote_rows(proposal: str, vote: Json, height: int) -> list[Json]:
    """The options of one vote with their weights, in any dialect."""
    voter = address(vote, "voter")
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
    found = spelled(text, "VOTE_OPTION_")
    if found not in VOTE_OPTIONS:
        raise BadData(f"no vote option: {str(text)[:80]!r}")
    return found


def tally_told(tally: Json) -> Json:
    """A count that has every option; raises SourceChanged or BadData for another."""
    _counts(tally)
    return tally


def final_tally(proposal: Json) -> Json:
    """The count of a proposal that is over."""
    return tally_told(part(proposal, "final_tally_result"))


def _counts(tally: Json) -> Json:
    suffix = "" if optional(tally, "yes_count") is None else "_count"
    return {option: _limited(whole(tally, option + suffix)) for option in VOTE_OPTIONS}


def _contents(proposal: Json) -> list[Json]:
    """What a proposal would do: its messages, or its one content; old contents travel inside a message."""
    for name in ("content", "proposal_content"):
        if name in proposal:
            return [part(proposal, name)]
    return [optional(message, "content") or message for message in rows_of(proposal, "messages")]


def _type(content: Json) -> str:
    return text(content, "type" if optional(content, "@type") is None else "@type")


def _title(proposal: Json) -> str:
    """The title in whichever place the dialect keeps it: its own field, the content, or the metadata."""
    if proposal.get("title"):
        return str(proposal["title"])
    for content in _contents(proposal):
        if title := optional(content, "title") or optional(optional(content, "value") or {}, "title"):
            return str(title)
    try:
        metadata = parsed(str(proposal.get("metadata") or "{}"))
    except ValueError:
        return ""
    return str(metadata.get("title") or "") if isinstance(metadata, dict) else ""


def _coins(proposal: Json) -> list[Json]:
    """The coins of a deposit, of which the chain tells each once."""
    return once(rows_of(proposal, "total_deposit"), lambda coin: text(coin, "denom"))


def _amount(coin: Json) -> int:
    return _limited(whole(coin, "amount"))


def _limited(amount: int) -> int:
    if not 0 <= amount <= LARGEST_AMOUNT:
        raise BadData(f"{amount} base units do not fit 38 digits")
    return amount
