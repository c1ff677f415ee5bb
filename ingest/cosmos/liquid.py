"""Tokenised (liquid) shares of a Cosmos chain: stake that a module's account holds, for whoever has the token of it.

No key signs for such an account, so its validator's vote stands: who counts votes knows these accounts by their
addresses, which follow from the numbers of the records (store.addresses.keyless). What is read here is whose they are.
"""

from typing import Any, Final

from ingest.cosmos.governance import bond_denom
from ingest.cosmos.lcd import Lcd
from ingest.endpoints import Absent
from ingest.fields import address, key_of, not_negative, once, whole, word
from store.addresses import bech32, module_address
from store.faults import BadData
from store.rows import Facts, Kind, frame, observation

LIQUID: Final = "/gaia/liquid/v1beta1"
MODULE: Final = "lsm"

Row = dict[str, Any]


def liquid_shares(node: Lcd) -> Facts:
    """Records of tokenised shares: the account that holds them, to which validator they are delegated, and who owns the
    record and so its rewards (liquid module); the tokens of all of them. Nobody votes with them. A chain without the
    module says that it is absent.
    """
    time = node.block.time
    try:
        records = node.pages(f"{LIQUID}/tokenize_share_records", "records", _records)
    except Absent:
        return Facts(frame(Kind.OBSERVATIONS, [observation("module", time, "absent", "", subject="liquid")]))
    tokens = node.get(f"{LIQUID}/total_liquid_staked", lambda body: not_negative(body, "tokens"))
    rows = [observation("liquid_staked", time, tokens, bond_denom(node))]
    for account, owner, operator in records:
        rows.append(observation("liquid_owner", time, owner, "address", subject=account))
        rows.append(observation("liquid_validator", time, operator, "", subject=account))
    return Facts(frame(Kind.OBSERVATIONS, rows))


def _records(rows: list[Any]) -> list[tuple[str, str, str]]:
    """The account, owner and validator of each record."""
    return [_record(row) for row in once(rows, lambda row: str(whole(row, "id")))]


def _record(row: Row) -> tuple[str, str, str]:
    owner, operator, name = address(row, "owner"), address(row, "validator"), word(row, "module_account")
    if name != f"tokenizeshare_{whole(row, 'id')}":
        raise BadData(f"record {row['id']} has the account {name[:80]}")
    key_of(row, "validator"), key_of(row, "owner")
    return bech32(owner.rpartition("1")[0], module_address(MODULE, name)), owner, operator


# What the readings tell, for the dictionary of facts: name, of whom, unit, meaning.
TELLS: Final = """
liquid_shares:
  module | liquid | | absent: the chain has no such module
  liquid_staked | | <denom> | tokens of all tokenised shares
  liquid_owner | <address> | address | who owns the record of an account of tokenised shares, and gets its rewards
  liquid_validator | <address> | | operator to whom the account has delegated
"""
