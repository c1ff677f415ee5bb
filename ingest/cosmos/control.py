"""Who can change or stop a Cosmos chain: parameters, authorities, contract permissions, and who signs blocks."""

import json
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import partial
from hashlib import sha256
from itertools import zip_longest
from typing import Any, Final

import polars as pl

from ingest.cosmos import governance
from ingest.cosmos.emission import DISTRIBUTION, MINT, bond_denom, module_account
from ingest.cosmos.lcd import Lcd, NotServed
from ingest.cosmos.stake import all_tokens, bonded_validators, every_validator, operator_of
from ingest.fields import DURATION, address, key_of, listed, part, raw, text, whole
from ingest.network import Memo
from store.rows import Facts, Kind, SourceChanged, frame, observation

WASM: Final = "/cosmwasm/wasm/v1"
MODULES: Final = {
    "staking": "/cosmos/staking/v1beta1/params",
    "mint": f"{MINT}/params",
    "distribution": f"{DISTRIBUTION}/params",
    "slashing": "/cosmos/slashing/v1beta1/params",
}
MODULE_ACCOUNTS: Final = "/cosmos/auth/v1beta1/module_accounts"
# Modules of every SDK chain that own an account; its address is the hash of the name.
SDK_MODULES: Final = (
    "bonded_tokens_pool",
    "distribution",
    "fee_collector",
    "gov",
    "mint",
    "not_bonded_tokens_pool",
    "transfer",
)
SIGNING_INFOS: Final = "/cosmos/slashing/v1beta1/signing_infos"
DECIMAL: Final = re.compile(r"-?[0-9]+\.[0-9]+")
# Admins are asked for one by one; a chain open to every author has thousands of contracts.
CONTRACTS_ASKED: Final = 300
NO_ADMIN: Final = "nobody"

Row = dict[str, Any]


def parameters(node: Lcd) -> Facts:
    """Every parameter of the staking, mint, distribution, slashing and governance modules, in the chain's own words.

    Governance can change each of them. Subject is the module.
    """
    sections = {module: part(node.get(path), "params") for module, path in MODULES.items()}
    sections["gov"] = governance.parameters(node)
    rows = [row for module, values in sections.items() for row in parameter_rows(module, values, node.block.time)]
    return Facts(frame(Kind.OBSERVATIONS, rows))


def authorities(node: Lcd, memo: Memo) -> Facts:
    """Accounts that belong to modules, and who may upload and replace smart contracts.

    The governance account is the authority that changes parameters and upgrades; no key signs for it. Contract admins
    can replace a contract's code alone. Read from the auth and wasm modules where the chain has them; where it does not
    list its module accounts, those of the SDK's own modules follow from their names.
    """
    time = node.block.time
    rows = [observation("authority", time, module_account(node, "gov"), "address", subject="gov")]
    for name, account in _module_accounts(node).items():
        rows.append(observation("module_account", time, account, "address", subject=name))
    rows += _contracts(node, memo)
    return Facts(frame(Kind.OBSERVATIONS, rows))


def signing(node: Lcd) -> Facts:
    """Who signs blocks: absent validators, missed blocks, jailed validators, and the slack before the chain halts.

    From the commit in the pinned block and the slashing module. Slack is the share of all power that may still go
    silent before no more than two thirds sign.
    """
    time, bonded, denom = node.block.time, bonded_validators(node), bond_denom(node)
    operators = {_consensus_key(row): operator_of(row) for row in bonded}
    power = {_consensus_key(row): whole(row, "tokens") for row in bonded}
    present = _signers(node) & power.keys()
    share = sum(power[key] for key in present) / all_tokens(bonded)
    rows = [
        observation("signing_share", time, share, "ratio"),
        observation("halt_slack", time, share - 2 / 3, "ratio"),
    ]
    absent = power.keys() - present
    rows += [observation("absent", time, power[key], denom, subject=operators[key]) for key in sorted(absent)]
    for operator, info in _signing_infos(node, operators):
        rows.append(
            observation("missed_blocks", time, whole(info, "missed_blocks_counter"), "blocks", subject=operator)
        )
    rows += [
        observation("jailed", time, whole(row, "tokens"), denom, subject=operator_of(row))
        for row in every_validator(node)
        if part(row, "jailed")
    ]
    return Facts(frame(Kind.OBSERVATIONS, rows))


def parameter_rows(module: str, values: Mapping[str, Any], time: datetime) -> Iterator[Row]:
    """One observation a parameter: coins by denom, durations in seconds, lists as their JSON text."""
    for name, value in values.items():
        if isinstance(value, list) and value and all(isinstance(row, dict) and "denom" in row for row in value):
            for coin in value:
                denom = text(coin, "denom")
                yield observation(name, time, text(coin, "amount"), denom, subject=f"{module}|{denom}")
        elif not isinstance(value, str):
            yield observation(name, time, json.dumps(value, sort_keys=True), "", subject=module)
        elif duration := DURATION.fullmatch(value):
            yield observation(name, time, duration[1], "s", subject=module)
        else:
            yield observation(name, time, value, "ratio" if DECIMAL.fullmatch(value) else "", subject=module)


def _consensus_key(validator: Row) -> bytes:
    """The address under which a validator signs: the hash of its ed25519 key."""
    key = part(validator, "consensus_pubkey")
    if part(key, "@type") != "/cosmos.crypto.ed25519.PubKey":
        raise SourceChanged(f"{operator_of(validator)} signs with a key of type {key['@type']}")
    return sha256(raw(key, "key")).digest()[:20]


def _signers(node: Lcd) -> set[bytes]:
    """Consensus addresses in the commit that the pinned block carries: those that signed the block before."""
    signatures = listed(node.block_body(node.block.height), "block", "last_commit", "signatures")
    return {raw(row, "validator_address") for row in signatures if _signed(row)}


def _signed(signature: Row) -> bool:
    return part(signature, "block_id_flag") in ("BLOCK_ID_FLAG_COMMIT", "BLOCK_ID_FLAG_NIL", 2, 3)


def _signing_infos(node: Lcd, operators: Mapping[bytes, str]) -> Iterator[tuple[str, Row]]:
    for info in node.pages(SIGNING_INFOS, "info"):
        key = key_of(info, "address")
        if key in operators:
            yield operators[key], info


def _module_accounts(node: Lcd) -> dict[str, str]:
    if node.serves(MODULE_ACCOUNTS):
        told = listed(node.get(MODULE_ACCOUNTS), "accounts")
        return {text(account, "name"): text(account, "base_account", "address") for account in told}
    return {name: module_account(node, name) for name in SDK_MODULES}


def _contracts(node: Lcd, memo: Memo) -> Iterator[Row]:
    time = node.block.time
    if not node.serves(f"{WASM}/code"):
        return
    yield from _upload_rules(node)
    contracts = asked = 0
    for code in node.pages(f"{WASM}/code", "code_infos"):
        number = str(whole(code, "code_id"))
        yield observation("code_creator", time, address(code, "creator"), "address", subject=number)
        found = memo(f"code-{number}", partial(_admins, node, number, CONTRACTS_ASKED - asked))
        known = found.drop_nulls()
        for contract, admin in known.iter_rows():
            yield observation("contract_admin", time, admin, "" if admin == NO_ADMIN else "address", subject=contract)
        contracts, asked = contracts + found.height, asked + known.height
    yield observation("contracts", time, contracts, "count")
    yield observation("contracts_not_asked", time, contracts - asked, "count")


def _admins(node: Lcd, code: str, most: int) -> pl.DataFrame:
    """The contracts of a code, and who may replace them; null for all but so many."""
    addresses = [str(address) for address in node.pages(f"{WASM}/code/{code}/contracts", "contracts")]
    admins = [_admin(node, address) for address in addresses[:most]]
    rows = zip_longest(addresses, admins)
    return pl.DataFrame(list(rows), schema={"contract": pl.String(), "admin": pl.String()}, orient="row")


def _admin(node: Lcd, contract: str) -> str:
    return address(node.get(f"{WASM}/contract/{contract}"), "contract_info", "admin") or NO_ADMIN


def _upload_rules(node: Lcd) -> Iterator[Row]:
    """Who may upload contracts; older wasm modules tell it only through the params module."""
    time = node.block.time
    try:
        found = part(node.get(f"{WASM}/codes/params"), "params")
    except NotServed:
        asked = {"subspace": "wasm", "key": "uploadAccess"}
        access = text(node.get("/cosmos/params/v1beta1/params", asked), "param", "value")
        yield observation("code_upload_access", time, access, "", subject="wasm")
    else:
        yield from parameter_rows("wasm", found, time)


# What the readings tell, for the dictionary of facts: name, of whom, unit, meaning.
TELLS: Final = """
parameters:
  <parameter> | <module> | [<unit>] | a parameter of staking, mint, distribution, slashing or gov in the chain's words: seconds, a ratio, or JSON
  <parameter> | <module>|<denom> | <denom> | a parameter of theirs that is an amount
authorities:
  authority | gov | address | the account that changes parameters and upgrades
  module_account | <module> | address | account that belongs to a module
  code_creator | <number> | address | who uploaded a contract's code
  contract_admin | <address> | address | who can replace a contract's code
  contract_admin | <address> | | nobody: no one can replace it
  contracts | | count | contracts of the chain
  contracts_not_asked | | count | contracts whose admin was not asked for
  code_upload_access | wasm | [<unit>] | who may upload code, as the chain writes it
  instantiate_default_permission | wasm | [<unit>] | who may make a contract of uploaded code
signing:
  signing_share | | ratio | part of all power whose validators signed the block before
  halt_slack | | ratio | part of all power that may still go silent before the chain halts
  absent | <address> | <denom> | tokens of a validator that did not sign
  missed_blocks | <address> | blocks | blocks that a validator missed in the chain's window
  jailed | <address> | <denom> | tokens of a validator that is jailed
"""  # noqa: E501 - a row each
