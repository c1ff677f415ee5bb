"""Stake of Cosmos chains at one block."""

from dataclasses import replace

import pytest

from ingest.cosmos_stake import validators
from store.rows import BadData, Kind, check
from tests.lcd import State, Validator, chain, valoper
from tests.test_cosmos import pinned

BONDED = [Validator(number, 100 + number, (100 + number) * 10**18) for number in range(3)]
IDLE = [
    Validator(3, 10**9, 10**27, "BOND_STATUS_UNBONDING", jailed=True),
    Validator(4, 10**9, 10**27, "BOND_STATUS_UNBONDED"),
]
STATE = State([*BONDED, *IDLE])


def test_stake_is_that_of_validators_who_sign() -> None:
    with pinned(chain(STATE)) as node:
        facts = validators(node)
    check(facts, Kind.HOLDINGS)
    assert facts.rows["holder"].to_list() == [valoper(number) for number in range(3)]
    assert facts.rows["amount"].to_list() == [100, 101, 102]
    assert facts.reported == {"validators": 303}


def test_stake_that_is_not_the_chains_own_total_is_refused() -> None:
    lossy = replace(STATE, bodies={"/cosmos/staking/v1beta1/pool": State(STATE.validators[:2]).pool()})
    with pinned(chain(lossy)) as node, pytest.raises(BadData, match="add up to 303, the chain reports 201"):
        check(validators(node), Kind.HOLDINGS)
