"""A made-up Cosmos chain: validators, delegators, votes; and the genesis in which real nodes of three versions take it.

Nothing here knows how readings or the tally work: expected values follow from the shares that were handed out.
"""

import base64
import random
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from hashlib import sha256
from typing import Any, Final

from store.addresses import bech32
from tests.worlds.lcd import ONE, account, decimal, valoper

PREFIX: Final = "cosmos"
DENOM: Final = "stake"
VALIDATORS, BONDED, UNBONDING = 120, 100, 12
DELEGATORS: Final = 1_200
VOTERS: Final = 600
# A bonded, slashed validator that many more delegators are with than a page has rows, and how many at least.
CROWDED, CROWD = 7, 1_100
# Proposals of the genesis, by what becomes of them.
CLOSING, OPEN, IN_DEPOSIT, PASSED, VETOED = 1, 2, 3, 4, 5
DEPOSIT: Final = 10_000_000
OPTIONS: Final = ("YES", "ABSTAIN", "NO", "NO_WITH_VETO")

Json = dict[str, Any]
# Keys of a multisig, of which two must sign, and its address as go-amino makes it: a genesis with another is refused.
KEYS: Final = tuple(b"\x02" + bytes([place]) * 32 for place in (1, 2, 3))
_MEMBERS: Final = b"".join(bytes.fromhex("1226eb5ae98721") + key for key in KEYS)
MULTISIG: Final = bech32(PREFIX, sha256(bytes.fromhex("22c1f7e20802") + _MEMBERS).digest()[:20])


@dataclass(frozen=True)
class World:
    """Stake and votes before the first block; `key` is the consensus key of the validator that makes blocks alone."""

    key: str
    start: datetime
    signers: tuple[str, ...] = ()
    seed: int = 7

    @cached_property
    def delegations(self) -> dict[tuple[str, int], int]:
        """Shares in 1e-18 by delegator address and validator number."""
        dice = random.Random(self.seed)
        found: dict[tuple[str, int], int] = {}
        for number in range(VALIDATORS):
            found[self.operator_account(number), number] = dice.randrange(10**9, 10**12) * ONE
        for signer in self.signers:
            found[signer, 3] = dice.randrange(10**9, 10**12) * ONE
        for delegator in range(DELEGATORS):
            for number in dice.sample(range(VALIDATORS), dice.randint(1, 4)):
                whole = int(dice.lognormvariate(20, 2)) + 1
                # Only shares of a slashed validator have decimals.
                rest = dice.randrange(ONE) if slashed(number) else 0
                found[account(delegator, PREFIX), number] = whole * ONE + rest
        for delegator in range(CROWD):
            found[account(delegator, PREFIX), CROWDED] = dice.randrange(1, 10**9) * ONE + dice.randrange(ONE)
        others = sum(shares for (_, number), shares in found.items() if number)
        found[self.operator_account(0), 0] += (others // ONE * 3) * ONE
        return found

    @cached_property
    def shares(self) -> dict[int, int]:
        """All shares of each validator."""
        found: dict[int, int] = defaultdict(int)
        for (_, number), amount in self.delegations.items():
            found[number] += amount
        return found

    def tokens(self, number: int) -> int:
        """Tokens left to a validator after slashing."""
        return self.shares[number] * (ONE - slashed(number)) // ONE // ONE

    @cached_property
    def ranks(self) -> list[int]:
        """Validators that are not jailed, by their tokens; the first hundred sign blocks."""
        free = [number for number in range(VALIDATORS) if not jailed(number)]
        return sorted(free, key=self.tokens, reverse=True)

    @cached_property
    def bonded(self) -> set[int]:
        return set(self.ranks[:BONDED])

    def status(self, number: int) -> str:
        if number in self.bonded:
            return "BOND_STATUS_BONDED"
        unbonding = [other for other in range(VALIDATORS) if other not in self.bonded][:UNBONDING]
        return "BOND_STATUS_UNBONDING" if number in unbonding else "BOND_STATUS_UNBONDED"

    def operator_account(self, number: int) -> str:
        return account(10_000 + number, PREFIX)

    def operator(self, number: int) -> str:
        return valoper(10_000 + number, PREFIX)

    def consensus_key(self, number: int) -> str:
        return base64.b64encode(sha256(f"key {number}".encode()).digest()).decode() if number else self.key

    @cached_property
    def votes(self) -> dict[int, dict[str, dict[str, int]]]:
        """Weights in 1e-18 by proposal, voter and option: delegators, and some forty operators."""
        dice = random.Random(self.seed + 1)
        found: dict[int, dict[str, dict[str, int]]] = {}
        for proposal in (CLOSING, OPEN):
            voters = [account(number, PREFIX) for number in dice.sample(range(DELEGATORS), VOTERS)]
            voters += [self.operator_account(number) for number in dice.sample(range(VALIDATORS), 40)]
            found[proposal] = {voter: _choice(dice) for voter in voters}
        # With its three quarters of the power the one validator that signs lets the first proposal pass.
        found[CLOSING][self.operator_account(0)] = {"YES": 7 * ONE // 10, "ABSTAIN": 3 * ONE // 10}
        return found


def slashed(number: int) -> int:
    """Part of a validator's tokens that was slashed, in 1e-18: every third lost some."""
    return (number % 3 == 1) * (10**15 * (number % 7 + 1) + 1)


def jailed(number: int) -> bool:
    return number % 12 == 5


def _choice(dice: random.Random) -> dict[str, int]:
    if dice.random() < 0.85:
        return {dice.choices(OPTIONS, (5, 1, 3, 1))[0]: ONE}
    first, second = dice.sample(OPTIONS, 2)
    weight = dice.randrange(1, 100) * 10**16
    return {first: weight, second: ONE - weight}


def genesis(world: World, default: Json, version: str) -> Json:
    """The default genesis of a version with the world in it; `version` is sdk45, sdk46 or sdk53."""
    state = default["app_state"]
    _set_stake(state, world)
    _set_slashing(state, world)
    _set_governance(state, world, version)
    return {**default, "genesis_time": text(world.start)}


def text(time: datetime) -> str:
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def module_account(name: str) -> str:
    return bech32(PREFIX, sha256(name.encode()).digest()[:20])


def _set_stake(state: Json, world: World) -> None:
    staking = state["staking"]
    staking["params"]["max_validators"] = BONDED
    staking["validators"] = [_validator(world, number) for number in range(VALIDATORS)]
    staking["delegations"] = [
        {"delegator_address": delegator, "validator_address": world.operator(number), "shares": decimal(amount)}
        for (delegator, number), amount in world.delegations.items()
    ]
    bonded = sum(world.tokens(number) for number in world.bonded)
    rest = sum(world.tokens(number) for number in range(VALIDATORS)) - bonded
    balances = {"bonded_tokens_pool": bonded, "not_bonded_tokens_pool": rest, "gov": 3 * DEPOSIT}
    state["bank"]["balances"] = [
        {"address": module_account(name), "coins": [{"denom": DENOM, "amount": str(amount)}]}
        for name, amount in balances.items()
    ]
    coins = [{"denom": "ibc/1", "amount": "7"}, {"denom": DENOM, "amount": "1000000000"}]
    state["bank"]["balances"] += [{"address": signer, "coins": coins} for signer in world.signers]
    state["auth"]["accounts"] = [
        {"@type": "/cosmos.auth.v1beta1.BaseAccount", "address": signer, "account_number": str(place), "sequence": "0"}
        for place, signer in enumerate(world.signers)
    ]
    state["auth"]["accounts"].append(
        {
            "@type": "/cosmos.auth.v1beta1.BaseAccount",
            "address": MULTISIG,
            "pub_key": {
                "@type": "/cosmos.crypto.multisig.LegacyAminoPubKey",
                "threshold": 2,
                "public_keys": [
                    {"@type": "/cosmos.crypto.secp256k1.PubKey", "key": base64.b64encode(key).decode()} for key in KEYS
                ],
            },
            "account_number": str(len(world.signers)),
            "sequence": "0",
        }
    )


def _validator(world: World, number: int) -> Json:
    bonded = number in world.bonded
    return {
        "operator_address": world.operator(number),
        "consensus_pubkey": {"@type": "/cosmos.crypto.ed25519.PubKey", "key": world.consensus_key(number)},
        "jailed": jailed(number),
        "status": world.status(number),
        "tokens": str(world.tokens(number)),
        "delegator_shares": decimal(world.shares[number]),
        "description": {
            "moniker": f"validator {number}",
            "identity": f"{number // 2:016X}",
            "website": f"https://validator-{number}.example",
            "security_contact": "",
            "details": "",
        },
        "unbonding_height": "0" if bonded else "1",
        "unbonding_time": text(world.start + timedelta(days=21)) if not bonded else "1970-01-01T00:00:00Z",
        "commission": {
            "commission_rates": {
                "rate": decimal(number % 20 * 10**16),
                "max_rate": "0.500000000000000000",
                "max_change_rate": "0.010000000000000000",
            },
            "update_time": text(world.start - timedelta(days=30)),
        },
        "min_self_delegation": "1",
    }


def _set_slashing(state: Json, world: World) -> None:
    """Nobody is jailed while the node runs, though ninety-nine of the hundred never sign."""
    params = state["slashing"]["params"]
    params.update(signed_blocks_window="1000000", min_signed_per_window="0.050000000000000000")
    infos = []
    for number in sorted(world.bonded):
        key = base64.b64decode(world.consensus_key(number))
        address = bech32(PREFIX + "valcons", sha256(key).digest()[:20])
        info = {
            "address": address,
            "start_height": "0",
            "index_offset": "0",
            "jailed_until": "1970-01-01T00:00:00Z",
            "tombstoned": False,
            "missed_blocks_counter": "0",
        }
        infos.append({"address": address, "validator_signing_info": info})
    state["slashing"]["signing_infos"] = infos


def _set_governance(state: Json, world: World, version: str) -> None:
    gov = state["gov"]
    proposal, vote = (_old_proposal, _old_vote) if version == "sdk45" else (_new_proposal, _new_vote)
    gov["starting_proposal_id"] = "6"
    gov["proposals"] = [proposal(world, number) for number in (CLOSING, OPEN, IN_DEPOSIT, PASSED, VETOED)]
    if version == "sdk53":
        for row in gov["proposals"]:
            number = int(row["id"])
            row |= {"title": title(number), "summary": "made up", "proposer": account(0, PREFIX)}
            row |= {"expedited": number == OPEN, "failed_reason": ""}
    gov["votes"] = [
        vote(number, voter, choice) for number, found in world.votes.items() for voter, choice in found.items()
    ]
    coin = [{"denom": DENOM, "amount": str(DEPOSIT)}]
    gov["deposits"] = [
        {"proposal_id": str(number), "depositor": account(number, PREFIX), "amount": coin}
        for number in (CLOSING, OPEN, IN_DEPOSIT)
    ]


def title(number: int) -> str:
    return f"Proposal {number}"


def _times(world: World, number: int) -> Json:
    """The closing one ends a second after the first block, so at the second; the open one in two days."""
    week = timedelta(days=7)
    end = {CLOSING: timedelta(seconds=1), OPEN: timedelta(days=2)}.get(number, -week)
    voting = number != IN_DEPOSIT
    return {
        "submit_time": text(world.start - 3 * week),
        "deposit_end_time": text(world.start + week),
        "total_deposit": [{"denom": DENOM, "amount": str(DEPOSIT)}],
        "voting_start_time": text(world.start - 2 * week) if voting else None,
        "voting_end_time": text(world.start + end) if voting else None,
    }


STATUS: Final[Mapping[int, str]] = {
    CLOSING: "PROPOSAL_STATUS_VOTING_PERIOD",
    OPEN: "PROPOSAL_STATUS_VOTING_PERIOD",
    IN_DEPOSIT: "PROPOSAL_STATUS_DEPOSIT_PERIOD",
    PASSED: "PROPOSAL_STATUS_PASSED",
    VETOED: "PROPOSAL_STATUS_REJECTED",
}
FINAL: Final[Mapping[int, Mapping[str, int]]] = {
    PASSED: {"yes": 10**30, "abstain": 5, "no": 7, "no_with_veto": 0},
    VETOED: {"yes": 1, "abstain": 0, "no": 2, "no_with_veto": 3},
}
NO_VOTES: Final[Mapping[str, int]] = {"yes": 0, "abstain": 0, "no": 0, "no_with_veto": 0}


def _content(number: int) -> Json:
    return {"@type": "/cosmos.gov.v1beta1.TextProposal", "title": title(number), "description": "made up"}


def _old_proposal(world: World, number: int) -> Json:
    times = {name: value or "0001-01-01T00:00:00Z" for name, value in _times(world, number).items()}
    final = {option: str(amount) for option, amount in FINAL.get(number, NO_VOTES).items()}
    return {
        "proposal_id": str(number),
        "content": _content(number),
        "status": STATUS[number],
        "final_tally_result": final,
        **times,
    }


def _new_proposal(world: World, number: int) -> Json:
    message = {
        "@type": "/cosmos.gov.v1.MsgExecLegacyContent",
        "content": _content(number),
        "authority": module_account("gov"),
    }
    return {
        "id": str(number),
        "messages": [message],
        "status": STATUS[number],
        "final_tally_result": {f"{name}_count": str(x) for name, x in FINAL.get(number, NO_VOTES).items()},
        "metadata": "",
        **_times(world, number),
    }


def _options(choice: Mapping[str, int]) -> list[Json]:
    return [{"option": f"VOTE_OPTION_{option}", "weight": decimal(weight)} for option, weight in choice.items()]


def _old_vote(number: int, voter: str, choice: Mapping[str, int]) -> Json:
    return {"proposal_id": str(number), "voter": voter, "options": _options(choice)}


def _new_vote(number: int, voter: str, choice: Mapping[str, int]) -> Json:
    return {"proposal_id": str(number), "voter": voter, "options": _options(choice), "metadata": ""}
