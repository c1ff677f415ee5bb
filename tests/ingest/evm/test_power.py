"""How few can force and stop what on contracts of a real node, from its answers to the mart's counts, against a hand's.

Tokens, timelocks and multisigs are OpenZeppelin's and Safe's; the bridge is our own with the roles of the FET bridge.
"""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from eth_account import Account
from web3 import Web3
from web3.contract import Contract

from analytics.power.paths import Action, Side
from ingest.evm.node import EvmChain
from ingest.evm.roles import ROLES
from ingest.evm.token import erc20
from ingest.job import read_network
from ingest.network import Network
from ingest.networks.fet import BRIDGE_POWERS
from ingest.publication import build
from ingest.transport import Http
from store.landing import Landing
from store.mart import Mart, opened
from store.rows import Measure
from tests.worlds.evm_node import CHAIN, Anvil, anvil, compiled

pytestmark = pytest.mark.slow
NOBODY = Web3.to_checksum_address("0x" + "00" * 20)
MNEMONIC = "test test test test test test test test test test test junk"
CHANGE, MINT, SEIZE, HALT = Action.CHANGE_RULES, Action.MINT, Action.SEIZE, Action.HALT
FORCE, STOP = Side.FORCE, Side.STOP
# Accounts 1 to 5 sign the Safe, of whom the fifth borrows a contract's code (EIP-7702).
SIGNERS, PROPOSER, CANCELLER, RELAYER, MONITOR, APPROVER, MODULE = slice(1, 6), 6, 7, 8, 9, 10, 11
DAYS = 2 * 86_400


def a_token(node: Anvil, admin: str, **holders: str) -> Contract:
    """A token whose admin is one alone, with a holder of each of some roles."""
    token = node.compiled("Token", node.accounts[0])
    for role, holder in {"admin": admin, **holders}.items():
        node.send(token.functions.grantRole(ROLES[role], holder))
    for role in ("minter", "admin"):
        node.send(token.functions.renounceRole(ROLES[role], node.accounts[0]))
    return token


def a_bridge(node: Anvil, admin: str, relayer: int | None = RELAYER) -> Callable[[str], Contract]:
    """A bridge of a token, with a relayer, a monitor and an approver, each one key."""

    def of(token: str) -> Contract:
        me, accounts = node.accounts[0], node.accounts
        made = node.compiled("Bridge", token, me, accounts[relayer or 0], accounts[MONITOR])
        node.send(made.functions.grantRole(ROLES["approver"], accounts[APPROVER]))
        if relayer is None:
            node.send(made.functions.revokeRole(ROLES["relayer"], me))
        node.send(made.functions.grantRole(ROLES["admin"], admin))
        node.send(made.functions.renounceRole(ROLES["admin"], me))
        return made

    return of


def bridged(node: Anvil, admin: str, bridge: Callable[[str], Contract]) -> dict[str, Contract]:
    """A token that the bridge alone mints."""
    me = node.accounts[0]
    token = node.compiled("Token", me)
    made = bridge(str(token.address))
    for role, holder in (("minter", made.address), ("admin", admin)):
        node.send(token.functions.grantRole(ROLES[role], holder))
    for role in ("minter", "admin"):
        node.send(token.functions.renounceRole(ROLES[role], me))
    return {"token": token, "bridge": made}


def a_timelock(node: Anvil, proposer: str) -> Contract:
    """A timelock of two days for a proposer, whom another key can cancel; anyone carries out, nobody is its admin."""
    made, me = compiled()["TimelockController"], node.accounts[0]
    timelock = node.deploy(made["abi"], made["bytecode"], DAYS, [proposer], [NOBODY], me)
    node.send(timelock.functions.revokeRole(ROLES["canceller"], proposer))
    node.send(timelock.functions.grantRole(ROLES["canceller"], node.accounts[CANCELLER]))
    node.send(timelock.functions.renounceRole(ROLES["admin"], me))
    return timelock


def with_module(node: Anvil, safe: Contract, module: str) -> Contract:
    """The Safe with a module that acts without its signers.

    Written into its circle of modules as enableModule does: a Safe that has executed anything keeps a zero for its
    guard on anvil, which counts it into the root of the storage; on Ethereum there are no zeros.
    """
    for one, following in ((1, int(module, 16)), (int(module, 16), 1)):
        slot = Web3.solidity_keccak(["uint256", "uint256"], [one, 1]).to_0x_hex()
        node.ask("anvil_setStorageAt", safe.address, slot, f"0x{following:064x}")
    return safe


def of_other_code(node: Anvil, safe: Contract) -> Contract:
    """The Safe, once its code is another that answers the same."""
    singleton, copy = f"0x{int(node.ask('eth_getStorageAt', safe.address, '0x0', 'latest'), 16):040x}", "0x" + "5a" * 20
    node.ask("anvil_setCode", copy, node.ask("eth_getCode", singleton, "latest") + "00")
    node.ask("anvil_setStorageAt", safe.address, "0x" + "00" * 32, f"0x{int(copy, 16):064x}")
    return safe


def borrow_code(node: Anvil, place: int, code: str) -> None:
    """The account lets the code of a contract act for it, by a real transaction of EIP-7702."""
    Account.enable_unaudited_hdwallet_features()
    account = Account.from_mnemonic(MNEMONIC, account_path=f"m/44'/60'/0'/0/{place}")
    nonce = node.w3.eth.get_transaction_count(account.address)
    signed = account.sign_authorization({"chainId": 31337, "address": code, "nonce": nonce})
    me = node.accounts[0]
    hashed = node.w3.eth.send_transaction({"from": me, "to": me, "authorizationList": [signed], "gas": 200_000})
    assert node.w3.eth.wait_for_transaction_receipt(hashed)["status"] == 1
    assert bytes(node.w3.eth.get_code(account.address)).startswith(bytes.fromhex("ef0100"))


def worlds(node: Anvil) -> dict[str, dict[str, Contract]]:
    """Contracts by the name of the network whose they are."""
    accounts = node.accounts
    borrow_code(node, 5, str(node.compiled("Bare").address))
    council = node.safe(accounts[SIGNERS], 3)
    small = with_module(node, node.safe(accounts[1:4], 2), accounts[MODULE])
    nested = node.safe([str(node.safe(accounts[12:14], 2).address), *accounts[14:16]], 2)
    bare = node.compiled("Bare")
    liar = node.compiled("Liar", accounts[SIGNERS], 3)
    other = of_other_code(node, node.safe(accounts[1:5], 3))
    return {
        "liar": {"token": a_token(node, str(liar.address))},
        "other_code": {"token": a_token(node, str(other.address))},
        "as_made": bridged(node, str(council.address), a_bridge(node, str(council.address))),
        "no_relayer": bridged(node, str(council.address), a_bridge(node, str(council.address), None)),
        "module": {"token": a_token(node, str(small.address))},
        "timelock": {"token": a_token(node, str(a_timelock(node, str(council.address)).address))},
        "proposer": {"token": a_token(node, str(a_timelock(node, accounts[PROPOSER]).address))},
        "nested": {"token": a_token(node, str(nested.address), pauser=accounts[MONITOR])},
        "unknown": {"token": a_token(node, str(council.address), minter=str(bare.address))},
    }


# Counted by hand: parties that are enough, the least that it could be, and seconds; None: not rated.
Counted = dict[tuple[Side, Action], tuple[int, int, int] | None]
BY_HAND: dict[str, Counted] = {
    # The Safe 3 of 5 is the admin of both; the relayer releases what is locked; monitor and approver halt, each alone.
    "as_made": {
        (FORCE, CHANGE): (3, 3, 0),
        (FORCE, MINT): (1, 1, 0),
        (FORCE, SEIZE): (3, 3, 0),
        (FORCE, HALT): (1, 1, 0),
        # Three of the five refuse; of minting the relayer too; of halting the monitor and the approver too.
        (STOP, CHANGE): (3, 3, 0),
        (STOP, MINT): (4, 4, 0),
        (STOP, SEIZE): (3, 3, 0),
        (STOP, HALT): (5, 5, 0),
    },
    # Without a relayer the Safe alone makes the bridge, the only minter, mint.
    "no_relayer": {(FORCE, MINT): (3, 3, 0), (STOP, MINT): (3, 3, 0), (FORCE, HALT): (1, 1, 0)},
    # What a contract says of itself is no proof: one key can do with the liar what it likes, though it says 3 of 5.
    "liar": {(FORCE, CHANGE): (3, 1, 0), (FORCE, MINT): (3, 1, 0), (STOP, CHANGE): None, (STOP, MINT): None},
    "other_code": {(FORCE, CHANGE): (3, 1, 0), (STOP, CHANGE): None},
    # A Safe 2 of 3 whose module acts alone: two signers and the module must refuse.
    "module": {(FORCE, CHANGE): (1, 1, 0), (FORCE, MINT): (1, 1, 0), (STOP, CHANGE): (3, 3, 0)},
    # Three of five propose, and wait two days, in which one cancels; but that it is a timelock is its own word.
    "timelock": {
        (FORCE, CHANGE): (3, 1, DAYS),
        (FORCE, MINT): (3, 1, DAYS),
        (STOP, CHANGE): None,
        (STOP, MINT): None,
    },
    "proposer": {(FORCE, CHANGE): (1, 1, DAYS), (STOP, CHANGE): None},
    # Two keys and a Safe 2 of 2: both keys, or one and both of the Safe; one key and one of the Safe refuse. One
    # pauses; so does the admin, who makes pausers: to keep the token running all three must refuse.
    "nested": {
        (FORCE, CHANGE): (2, 2, 0),
        (STOP, CHANGE): (2, 2, 0),
        (FORCE, HALT): (1, 1, 0),
        (STOP, HALT): (3, 3, 0),
    },
    # Nobody knows who makes the minter mint: at most the Safe, which can make minters; and nobody knows who stops it.
    "unknown": {(FORCE, CHANGE): (3, 3, 0), (FORCE, MINT): (3, 1, 0), (STOP, MINT): None, (FORCE, SEIZE): None},
}


@pytest.fixture(scope="module")
def mart(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mart]:
    """All worlds on one chain, read by the readings of a token's network, and built."""
    folder = tmp_path_factory.mktemp("power")
    with anvil("--hardfork", "prague", "--accounts", "20") as node:
        found = worlds(node)
        node.finalize()
        known: dict[str, Network[Any]] = {}
        chain = EvmChain(CHAIN, (node.url,), pauses=())
        for name, contracts in found.items():
            own = Network(name, name, "agents", "T", "at", 18, "hex", chain=chain)
            places = {called: str(contract.address).lower() for called, contract in contracts.items()}
            special = {"bridge": BRIDGE_POWERS} if "bridge" in places else {}
            known[name] = erc20(own, places, special=special, since=0)
            keys = [reading for reading in known[name].readings if reading.measure is Measure.CONTROL]
            outcomes = read_network(known[name], keys, Http(per_second=10_000), Landing(folder), lambda _: None)
            assert [one.message for one in outcomes] == ["", ""]
        build(folder, known)
    with opened(folder) as built:
        yield built


@pytest.mark.parametrize("name", BY_HAND)
def test_each_count_is_what_a_person_counts(mart: Mart, name: str) -> None:
    rows = mart.table("FROM power WHERE network = ? AND grouping = 'control'", name).to_dicts()
    said = {(Side(row["side"]), row["action"]): row for row in rows}
    found: Counted = {}
    for side, action in BY_HAND[name]:
        row = said[side, str(action)]
        found[side, action] = (row["number"], row["least"], row["seconds"]) if row["number"] else None
    assert found == BY_HAND[name]


def test_the_table_names_the_way_that_counts(mart: Mart) -> None:
    rows = mart.table(
        "SELECT network, path FROM power WHERE grouping = 'control' AND side = 'force' AND action = ?", str(MINT)
    )
    told = dict(rows.iter_rows())
    assert told["as_made"] == "relayer of the bridge, one key"
    assert told["module"] == "admin of the token, a module of a multisig, one key"
    assert told["timelock"] == "admin of the token, a timelock of 2 days, a multisig 3 of 5"
    paths = mart.table("SELECT name FROM path WHERE network = 'no_relayer' AND grouping = 'control'")["name"]
    assert "minter of the token, the bridge, admin, a multisig 3 of 5" in [*paths]
