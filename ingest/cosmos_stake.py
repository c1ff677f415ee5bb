"""Stake on a Cosmos chain: validators and their consensus power, at one block."""

from typing import Any

from ingest.cosmos import VALIDATORS, Lcd, part, whole
from store.rows import BadData, Facts, holdings

POOL = "/cosmos/staking/v1beta1/pool"


def every_validator(node: Lcd) -> list[dict[str, Any]]:
    """All validators of the staking module, in whatever state."""
    return node.pages(VALIDATORS, "validators")


def bonded_validators(node: Lcd) -> list[dict[str, Any]]:
    """The validators that sign blocks; raises BadData when there are none."""
    bonded = [row for row in every_validator(node) if part(row, "status") == "BOND_STATUS_BONDED"]
    if not bonded:
        raise BadData(f"no bonded validator at block {node.block.height} of {node.chain_id}")
    return bonded


def bonded_tokens(node: Lcd) -> int:
    """All bonded tokens as the chain counts them, in base units."""
    return whole(node.get(POOL), "pool", "bonded_tokens")


def validators(node: Lcd) -> Facts:
    """Tokens bonded with each validator that signs blocks: its own and its delegators', from the staking module.

    Jailed, unbonding and waiting validators hold tokens too but no power; they are not counted. The sum is exactly the
    chain's own bonded pool.
    """
    rows = [("validators", part(row, "operator_address"), whole(row, "tokens")) for row in bonded_validators(node)]
    return Facts(holdings(rows), reported={"validators": bonded_tokens(node)})
