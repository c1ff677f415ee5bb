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
from ingest.cosmos.emission import DISTRIBUTION, MINT, module_account
from ingest.cosmos.governance import bond_denom
from ingest.cosmos.lcd import VALIDATORS, Lcd, NotServed
from ingest.cosmos.stake import bonded, every_validator, operator_of
from ingest.fields import (
    DURATION,
    address,
    fixed,
    flag,
    key_of,
    listed,
    not_negative,
    once,
    part,
    raw,
    some,
    table,
    text,
    whole,
    word,
)
from ingest.network import Memo
from store.faults import SourceChanged
from store.rows import Facts, Kind, frame, observation

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
    return Facts(frame(Kind.OBSERVATIONS, _parameters(node, *MODULES)))


def parameters_beside_mint(node: Lcd) -> Facts:
    """Every parameter of the staking, distribution, slashing and governance modules, in the chain's own words.

    Governance can change each of them. Subject is the module.
    """
    return Facts(frame(Kind.OBSERVATIONS, _parameters(node, *(name for name in MODULES if name != "mint"))))


def _parameters(node: Lcd, *modules: str) -> list[Row]:
    time = node.block.time
    rows = [row for module in modules for row in node.get(MODULES[module], partial(told, module, time))]
    return [*rows, *parameter_rows("gov", governance.parameters(node), time)]


def told(module: str, time: datetime, body: Row) -> list[Row]:
    """All parameters of a module, which has some."""
    return list(parameter_rows(module, some(body, "params"), time))


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
    time, denom = node.block.time, bond_denom(node)
    signing = node.pages(VALIDATORS, "validators", _signing)
    operators = {key: operator for key, operator, _ in signing}
    power = {key: tokens for key, _, tokens in signing}
    present = _signers(node) & power.keys()
    share = sum(power[key] for key in present) / sum(power.values())
    rows = [
        observation("signing_share", time, share, "ratio"),
        observation("halt_slack", time, share - 2 / 3, "ratio"),
    ]
    absent = power.keys() - present
    rows += [observation("absent", time, power[key], denom, subject=operators[key]) for key in sorted(absent)]
    for key, missed in node.pages(SIGNING_INFOS, "info", _missed):
        if key in operators:
            rows.append(observation("missed_blocks", time, missed, "blocks", subject=operators[key]))
    rows += [
        observation("jailed", time, whole(row, "tokens"), denom, subject=operator_of(row))
        for row in every_validator(node)
        if flag(row, "jailed")
    ]
    return Facts(frame(Kind.OBSERVATIONS, rows))


def parameter_rows(module: str, values: Mapping[str, Any], time: datetime) -> Iterator[Row]:
    """One observation a parameter: coins by denom, durations in seconds, lists as their JSON text."""
    for name, value in values.items():
        # Lists of these modules are of coins or of other messages.
        rows = [table({name: row}, name) for row in value] if isinstance(value, list) else []
        if any("denom" in row for row in rows):
            for coin in rows:
                denom, amount = word(coin, "denom"), _amount(coin)
                yield observation(name, time, amount, denom, subject=f"{module}|{denom}")
        elif not isinstance(value, str):
            yield observation(name, time, json.dumps(value, sort_keys=True), "", subject=module)
        elif duration := DURATION.fullmatch(value):
            yield observation(name, time, duration[1], "s", subject=module)
        else:
            yield observation(name, time, value, "ratio" if DECIMAL.fullmatch(value) else "", subject=module)


def _amount(coin: Mapping[str, Any]) -> str:
    """The amount of a coin, in the chain's words."""
    fixed(coin, "amount")
    return text(coin, "amount")


def _consensus_key(validator: Row) -> bytes:
    """The address under which a validator signs: the hash of its ed25519 key."""
    key = part(validator, "consensus_pubkey")
    if part(key, "@type") != "/cosmos.crypto.ed25519.PubKey":
        raise SourceChanged(f"{operator_of(validator)} signs with a key of type {key['@type']}")
    return sha256(raw(key, "key")).digest()[:20]


def _signing(validators: list[Any]) -> list[tuple[bytes, str, int]]:
    """The key, operator and tokens of each validator that signs blocks."""
    found = [(_consensus_key(row), operator_of(row), whole(row, "tokens")) for row in bonded(validators)]
    once(found, lambda one: one[0].hex())
    return found


def _signers(node: Lcd) -> set[bytes]:
    """Consensus addresses in the commit that the pinned block carries: those that signed the block before."""
    return node.in_block(_commit)


def _commit(body: Row) -> set[bytes]:
    signatures = listed(body, "block", "last_commit", "signatures")
    return {raw(row, "validator_address") for row in signatures if _signed(row)}


def _signed(signature: Row) -> bool:
    return part(signature, "block_id_flag") in ("BLOCK_ID_FLAG_COMMIT", "BLOCK_ID_FLAG_NIL", 2, 3)


def _missed(infos: list[Any]) -> list[tuple[bytes, int]]:
    """How many blocks each key missed."""
    once(infos, lambda info: key_of(info, "address").hex())
    return [(key_of(info, "address"), not_negative(info, "missed_blocks_counter")) for info in infos]


def _module_accounts(node: Lcd) -> dict[str, str]:
    try:
        return node.get(MODULE_ACCOUNTS, _named)
    except NotServed:
        return {name: module_account(node, name) for name in SDK_MODULES}


def _named(body: Row) -> dict[str, str]:
    told = some(body, "accounts")
    once(told, lambda account: word(account, "name"))
    return {word(account, "name"): word(account, "base_account", "address") for account in told}


def _contracts(node: Lcd, memo: Memo) -> Iterator[Row]:
    time = node.block.time
    try:
        codes = node.pages(f"{WASM}/code", "code_infos", _creators)
    except NotServed:
        return
    yield from _upload_rules(node)
    contracts = asked = 0
    for number, creator in codes:
        yield observation("code_creator", time, creator, "address", subject=number)
        found = memo(f"code-{number}", partial(_admins, node, number, CONTRACTS_ASKED - asked))
        known = found.drop_nulls()
        for contract, admin in known.iter_rows():
            yield observation("contract_admin", time, admin, "" if admin == NO_ADMIN else "address", subject=contract)
        contracts, asked = contracts + found.height, asked + known.height
    yield observation("contracts", time, contracts, "count")
    yield observation("contracts_not_asked", time, contracts - asked, "count")


def _creators(codes: list[Any]) -> list[tuple[str, str]]:
    """The number of each code, and who uploaded it."""
    once(codes, lambda code: str(whole(code, "code_id")))
    return [(str(whole(code, "code_id")), address(code, "creator")) for code in codes]


def _admins(node: Lcd, code: str, most: int) -> pl.DataFrame:
    """The contracts of a code, and who may replace them; null for all but so many."""
    addresses = node.pages(f"{WASM}/code/{code}/contracts", "contracts", _addresses)
    admins = [_admin(node, address) for address in addresses[:most]]
    rows = zip_longest(addresses, admins)
    return pl.DataFrame(list(rows), schema={"contract": pl.String(), "admin": pl.String()}, orient="row")


def _addresses(told: list[Any]) -> list[str]:
    return once([word({"contract": one}, "contract") for one in told], str)


def _admin(node: Lcd, contract: str) -> str:
    path = f"{WASM}/contract/{contract}"
    return node.get(path, lambda body: address(body, "contract_info", "admin")) or NO_ADMIN


def _upload_rules(node: Lcd) -> Iterator[Row]:
    """Who may upload contracts; older wasm modules tell it only through the params module."""
    time = node.block.time
    try:
        # It may say nothing.
        yield from node.get(f"{WASM}/codes/params", lambda body: [*parameter_rows("wasm", table(body, "params"), time)])
    except NotServed:
        asked = {"subspace": "wasm", "key": "uploadAccess"}
        access = node.get("/cosmos/params/v1beta1/params", lambda body: text(body, "param", "value"), asked)
        yield observation("code_upload_access", time, access, "", subject="wasm")


# What the readings tell, for the dictionary of facts: name, of whom, unit, meaning.
TELLS: Final = """
parameters:
  <parameter> | <module> | [<unit>] | a parameter of staking, mint, distribution, slashing or gov in the chain's words: seconds, a ratio, or JSON
  <parameter> | <module>|<denom> | <denom> | a parameter of theirs that is an amount
parameters_beside_mint:
  <parameter> | <module> | [<unit>] | a parameter of staking, distribution, slashing or gov in the chain's words: seconds, a ratio, or JSON
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
