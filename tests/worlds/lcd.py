"""The REST interface of a Cosmos chain as the SDK encodes it, over a state that a test makes up."""

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from hashlib import sha256
from typing import Any

from store.addresses import bech32
from tests.worlds.servers import Reply, Request

ONE = 10**18
HEAD = 1000
TENDERMINT = "/cosmos/base/tendermint/v1beta1"
STAKING = "/cosmos/staking/v1beta1"


@cache
def account(number: int, prefix: str = "akash") -> str:
    return bech32(prefix, sha256(f"account {number}".encode()).digest()[:20])


def valoper(number: int, prefix: str = "akash") -> str:
    return account(number, prefix + "valoper")


def decimal(scaled: int) -> str:
    """1e-18 units as the chain writes them."""
    return f"{scaled // ONE}.{scaled % ONE:018d}"


@dataclass(frozen=True)
class Validator:
    number: int
    tokens: int
    shares: int  # in 1e-18
    status: str = "BOND_STATUS_BONDED"
    jailed: bool = False
    moniker: str = "validator"
    identity: str = ""
    website: str = ""

    def encoded(self, prefix: str) -> dict[str, Any]:
        key = base64.b64encode(sha256(f"key {self.number}".encode()).digest()).decode()
        return {
            "operator_address": valoper(self.number, prefix),
            "consensus_pubkey": {"@type": "/cosmos.crypto.ed25519.PubKey", "key": key},
            "jailed": self.jailed,
            "status": self.status,
            "tokens": str(self.tokens),
            "delegator_shares": decimal(self.shares),
            "description": {
                "moniker": self.moniker,
                "identity": self.identity,
                "website": self.website,
                "security_contact": "nobody@example.org",
                "details": "",
            },
            "unbonding_height": "0",
            "unbonding_time": "1970-01-01T00:00:00Z",
            "commission": {
                "commission_rates": {
                    "rate": "0.050000000000000000",
                    "max_rate": "0.200000000000000000",
                    "max_change_rate": "0.010000000000000000",
                },
                "update_time": "2021-03-08T15:00:00Z",
            },
            "min_self_delegation": "1",
        }


@dataclass(frozen=True)
class State:
    """What a chain knows at one block; delegations are (delegator number, validator number, shares in 1e-18).

    most: rows a page at most, whatever was asked. bodies: answers at other paths, or instead of these. sdk: the version
    whose paging it has.
    """

    validators: Sequence[Validator]
    delegations: Sequence[tuple[int, int, int]] = ()
    chain_id: str = "akashnet-2"
    prefix: str = "akash"
    denom: str = "uakt"
    time: datetime = field(default_factory=lambda: datetime.now(UTC).replace(microsecond=0))
    head: int = HEAD
    seconds: float = 6.0
    most: int = 10**9
    bodies: Mapping[str, Any] = field(default_factory=dict)
    sdk: str = "0.53"

    def tokens(self, number: int) -> int:
        return next(row.tokens for row in self.validators if row.number == number)

    def pool(self) -> dict[str, Any]:
        bonded = sum(row.tokens for row in self.validators if row.status == "BOND_STATUS_BONDED")
        rest = sum(row.tokens for row in self.validators) - bonded
        return {"pool": {"not_bonded_tokens": str(rest), "bonded_tokens": str(bonded)}}

    def block(self, height: int) -> dict[str, Any]:
        digest = base64.b64encode(sha256(f"{self.chain_id} {height}".encode()).digest()).decode()
        time = self.time - timedelta(seconds=self.seconds * (self.head - height))
        header = {
            "chain_id": self.chain_id,
            "height": str(height),
            "time": time.isoformat().replace("+00:00", "123Z" if time.microsecond else "Z"),
        }
        return {"block_id": {"hash": digest}, "block": {"header": header, "last_commit": {"signatures": []}}}


Answer = Callable[[Request], Reply]


def chain(state: State) -> Answer:
    """The answers of a node that holds this state at every height up to its head."""

    def answer(request: Request) -> Reply:
        height = int(request.headers.get("x-cosmos-block-height", 0)) or state.head
        if height > state.head:
            return failure(500, 2, "cannot query with height in the future")
        reply = _route(state, request)
        return replace(reply, headers={**reply.headers, "grpc-metadata-x-cosmos-block-height": str(height)})

    return answer


def failure(status: int, code: int, message: str) -> Reply:
    return Reply({"code": code, "message": message, "details": []}, status)


def _route(state: State, request: Request) -> Reply:
    body = state.bodies.get(request.path)
    if body is None and request.path == "/cosmos/mint/v1beta1/annual_provisions":
        body = {"annual_provisions": decimal(int(request.headers.get("x-cosmos-block-height", 0)) * ONE)}
    if callable(body):
        body = body(request)
    if body is None:
        body = _staking(state, request) if request.path.startswith(STAKING) else _tendermint(state, request.path)
    if isinstance(body, Reply):
        return body
    return failure(501, 12, "Not Implemented") if body is None else Reply(body)


def _tendermint(state: State, path: str) -> dict[str, Any] | Reply | None:
    if path == f"{TENDERMINT}/node_info":
        version = {"name": "node", "version": "1.2.3", "cosmos_sdk_version": f"v{state.sdk}.5"}
        return {"default_node_info": {"network": state.chain_id}, "application_version": version}
    if not path.startswith(f"{TENDERMINT}/blocks/"):
        return None
    height = int(path.rsplit("/", 1)[1])
    if height > state.head:
        return failure(400, 3, "requested block height is bigger then the chain length")
    return state.block(height)


def _staking(state: State, request: Request) -> dict[str, Any] | None:
    path = request.path.removeprefix(STAKING)
    if path == "/pool":
        return state.pool()
    if path == "/validators":
        wanted = request.params.get("status", "")
        shown = page(
            state.validators, "validators", request.params, state.most, hit=lambda row: wanted in ("", row.status)
        )
        return {**shown, "validators": [row.encoded(state.prefix) for row in shown["validators"]]}
    if path.endswith("/delegations"):
        asked = path.split("/")[-2]
        numbers = [row.number for row in state.validators if valoper(row.number, state.prefix) == asked]
        return delegations(state, numbers[0], request.params) if numbers else None
    return None


def delegations(state: State, number: int, params: Mapping[str, str]) -> dict[str, Any]:
    """A page of the delegations to a validator, from the store of all delegations."""
    field = "delegation_responses"
    shown = page(state.delegations, field, params, state.most, hit=lambda row: row[1] == number, sdk=state.sdk)
    return {**shown, field: [delegation(state, *row) for row in shown[field]]}


def delegation(state: State, delegator: int, number: int, shares: int) -> dict[str, Any]:
    validator = next(row for row in state.validators if row.number == number)
    return {
        "delegation": {
            "delegator_address": account(delegator, state.prefix),
            "validator_address": valoper(number, state.prefix),
            "shares": decimal(shares),
        },
        "balance": {"denom": state.denom, "amount": str(shares * validator.tokens // validator.shares)},
    }


def everything(_: Any) -> bool:
    return True


def page(
    rows: Sequence[Any],
    field: str,
    params: Mapping[str, str],
    most: int,
    *,
    hit: Callable[[Any], bool] = everything,
    sdk: str = "0.53",
) -> dict[str, Any]:
    """One page as the SDK's pagination gives it over the rows of a store, of which those that `hit` are in the list.

    The key is the place of a row, the total stands only where it was asked for. While SDK 0.45 counts, the key moves on
    over rows that are not in the list, so that the row before them is on no page (FilteredPaginate, issue 11407).
    """
    limit = min(int(params.get("pagination.limit", "0")) or 100, most)
    start = int.from_bytes(base64.b64decode(params.get("pagination.key", "")))
    counting = params.get("pagination.count_total") == "true" and "pagination.key" not in params
    found: list[Any] = []
    hits, key = 0, None
    for place in range(start, len(rows)):
        if "pagination.key" in params and hits == limit:
            key = place
            break
        if hit(rows[place]):
            hits += 1
            found += [rows[place]][: hits <= limit]
        if hits == limit + 1 and "pagination.key" not in params:
            key = place if sdk == "0.45" or key is None else key
            if not counting:
                break
    told = None if key is None else base64.b64encode(key.to_bytes(4)).decode()
    return {field: found, "pagination": {"next_key": told, "total": str(hits if counting else 0)}}


def wasm_page(rows: Sequence[Any], field: str, params: Mapping[str, str], most: int) -> dict[str, Any] | Reply:
    """One page as wasmd gives it since 0.60."""
    if "pagination.count_total" in params or "pagination.offset" in params:
        return failure(400, 3, "offset and count queries not supported")
    return page(rows, field, params, most)


GOV = "/cosmos/gov/v1"
OLD_GOV = "/cosmos/gov/v1beta1"
GOV_PARAMS = {"quorum": "0.334000000000000000", "voting_period": "604800s", "expedited_voting_period": "86400s"}


def proposal(number: int, status: str, ends: datetime | None = None) -> dict[str, Any]:
    """A proposal as gov v1 writes it."""
    end = None if ends is None else ends.isoformat().replace("+00:00", "Z")
    none = {"yes_count": "0", "abstain_count": "0", "no_count": "0", "no_with_veto_count": "0"}
    return {
        "id": str(number),
        "messages": [{"@type": "/cosmos.gov.v1.MsgUpdateParams"}],
        "status": f"PROPOSAL_STATUS_{status}",
        "final_tally_result": none,
        "submit_time": "2026-09-18T15:22:26.035897772Z",
        "deposit_end_time": "2026-10-02T15:22:26.035897772Z",
        "total_deposit": [{"denom": "uakt", "amount": "1000000000"}],
        "voting_start_time": end,
        "voting_end_time": end,
        "metadata": "",
        "title": f"Proposal {number}",
        "summary": "",
        "proposer": account(99),
        "expedited": False,
        "failed_reason": "",
    }


def governed(
    state: State,
    proposals: Sequence[dict[str, Any]],
    votes: Mapping[str, Sequence[dict[str, Any]]],
    deposits: Sequence[dict[str, Any]] = (),
) -> State:
    """The chain with these proposals, votes by proposal, and each with these deposits, served as gov v1."""
    names = {"1": "PROPOSAL_STATUS_DEPOSIT_PERIOD", "2": "PROPOSAL_STATUS_VOTING_PERIOD"}

    def listed(request: Request) -> dict[str, Any]:
        wanted = names.get(request.params.get("proposal_status", ""))
        rows = proposals[::-1] if request.params.get("pagination.reverse") == "true" else proposals
        matching = partial(_has_status, wanted)
        return page(rows, "proposals", request.params, state.most, hit=matching, sdk=state.sdk)

    bodies: dict[str, Any] = {
        f"{GOV}/params/tallying": {"params": GOV_PARAMS},
        f"{GOV}/proposals": listed,
        f"{STAKING}/params": {"params": {"bond_denom": state.denom}},
    }
    for row in proposals:
        number = row["id"]
        cast = [{**vote, "proposal_id": number} for vote in votes.get(number, ())]
        paid = [{**deposit, "proposal_id": number} for deposit in deposits]
        tally = {"yes_count": "10", "abstain_count": "0", "no_count": "3", "no_with_veto_count": "0"}
        bodies[f"{GOV}/proposals/{number}/tally"] = {"tally": tally}
        bodies[f"{GOV}/proposals/{number}/votes"] = _listing(cast, "votes", state.most)
        bodies[f"{GOV}/proposals/{number}/deposits"] = _listing(paid, "deposits", state.most)
    return replace(state, bodies={**state.bodies, **bodies})


def _has_status(wanted: str | None, row: Mapping[str, Any]) -> bool:
    return wanted in (None, row["status"])


def _listing(rows: Sequence[dict[str, Any]], field: str, most: int) -> Callable[[Request], dict[str, Any]]:
    return lambda request: page(rows, field, request.params, most)


def voting(state: State, ends: datetime | None = None) -> State:
    """The chain with one proposal in its voting period."""
    return governed(state, [proposal(1, "VOTING_PERIOD", ends or state.time + timedelta(days=2))], {})
