"""Logs and balances of a real EVM node (anvil): ours against web3.py, and summing transfers against DuckDB.

CPU-seconds are those of the client alone; the node is another process.
"""

import atexit
import random
from contextlib import ExitStack
from functools import partial

from eth_typing import BlockNumber, HexStr
from web3.types import FilterParams

from benchmarks import OURS, Case, Skip, Work
from ingest.evm.logs import NOBODY, TRANSFER, Transfers, Wanted, added, net_changes, transfers
from tests.worlds.evm_node import ANVIL, PACKAGES, Anvil, anvil, pinned

AGGREGATE3 = [
    {
        "type": "function",
        "name": "aggregate3",
        "stateMutability": "payable",
        "inputs": [
            {
                "name": "calls",
                "type": "tuple[]",
                "components": [
                    {"name": "target", "type": "address"},
                    {"name": "allowFailure", "type": "bool"},
                    {"name": "callData", "type": "bytes"},
                ],
            }
        ],
        "outputs": [
            {
                "name": "returnData",
                "type": "tuple[]",
                "components": [{"name": "success", "type": "bool"}, {"name": "returnData", "type": "bytes"}],
            }
        ],
    }
]
A_TRANSACTION = 500
PARTIES = 2_000


def chain(logs: int) -> tuple[Anvil, str]:
    """A node with so many Transfer logs of one token, all final, and the token's address."""
    if not (ANVIL.exists() and PACKAGES.exists()):
        raise Skip("anvil is not installed: npm ci in tests/nodes/evm")
    stack = ExitStack()
    atexit.register(stack.close)
    node = stack.enter_context(anvil())
    token = node.compiled("Token", node.accounts[0])
    for first in range(0, logs, A_TRANSACTION):
        moves = min(A_TRANSACTION, logs - first)
        if first < PARTIES:
            node.send(token.functions.endow(first, moves, 10**24))
        else:
            node.send(token.functions.churn(first, moves, PARTIES))
    # A round number of logs would be counted twice: it may be a provider's cap.
    node.send(token.functions.mint(node.accounts[0], 1))
    node.finalize()
    return node, str(token.address).lower()


def told(amounts: list[int]) -> dict[str, float]:
    """What all peers must agree upon."""
    return {"logs": len(amounts), "sum": float(sum(amounts))}


def logs_ours(size: int) -> Work:
    """Our client: checked, sliced, exact."""
    node, token = chain(size)
    pin = pinned(node.url)

    def work() -> dict[str, float]:
        moves = pin.logs(Wanted((token,), (TRANSFER,)), 0, pin.block.height, partial(transfers, token=token))
        return told([amount for move in moves for amount in move.amount])

    return work


def logs_of_events(size: int) -> Work:
    """web3.py's decoded events."""
    node, token = chain(size)
    contract = node.w3.eth.contract(node.w3.to_checksum_address(token), abi=_abi())
    height = pinned(node.url).block.height
    return lambda: told(
        [event["args"]["value"] for event in contract.events.Transfer().get_logs(from_block=0, to_block=height)]
    )


def logs_of_web3(size: int) -> Work:
    """web3.py's eth.get_logs, not decoded by ABI."""
    node, token = chain(size)
    height = BlockNumber(pinned(node.url).block.height)
    address = node.w3.to_checksum_address(token)
    query: FilterParams = {
        "address": address,
        "topics": [HexStr(TRANSFER)],
        "fromBlock": BlockNumber(0),
        "toBlock": height,
    }
    return lambda: told([int.from_bytes(log["data"], "big") for log in node.w3.eth.get_logs(query)])


def moved(transfers_: int) -> Transfers:
    """Seeded transfers among a tenth as many parties, of amounts of up to 27 digits."""
    chance = random.Random(1)
    parties = [f"0x{chance.getrandbits(160):040x}" for _ in range(transfers_ // 10)]
    return Transfers(
        sender=chance.choices(parties, k=transfers_),
        receiver=chance.choices(parties, k=transfers_),
        amount=[chance.getrandbits(88) for _ in range(transfers_)],
    )


def holders_ours(size: int) -> Work:
    """Net change by address in Python's own integers."""
    moves = moved(size)

    def work() -> dict[str, float]:
        changes = added([net_changes([moves])])
        return {"holders": len(changes), "largest": float(max(changes.values()))}

    return work


def holders_duckdb(size: int) -> Work:
    """The same in DuckDB, with the transfers as an Arrow table already."""
    import duckdb
    import polars as pl

    moves = moved(size)
    exact = pl.Series("amount", moves.amount, dtype=pl.Int128).cast(pl.Decimal(38, 0))
    frame = pl.DataFrame({"sender": moves.sender, "receiver": moves.receiver, "amount": exact}).to_arrow()
    con = duckdb.connect()
    con.execute("set enable_progress_bar = false")
    con.register("moves", frame)
    query = """
    select count(*), max(change)::double from (
        select address, sum(change) as change from (
            select sender as address, -amount as change from moves union all select receiver, amount from moves
        ) group by address)
    """

    def work() -> dict[str, float]:
        row = con.execute(query).fetchone()
        assert row is not None
        return {"holders": row[0], "largest": row[1]}

    return work


def balances_ours(size: int) -> Work:
    """Multicall3 coded by fixed widths."""
    from ingest.evm.holders import balances

    node, token = chain(PARTIES)
    pin, holders = pinned(node.url), _parties(node, token, size)
    return lambda: told(balances(pin, token, holders))


def balances_of_web3(size: int) -> Work:
    """The same Multicall3 through web3.py's contract."""
    from ingest.evm.calls import MULTICALL3

    node, token = chain(PARTIES)
    height = pinned(node.url).block.height
    contract = node.w3.eth.contract(node.w3.to_checksum_address(token), abi=_abi())
    multicall = node.w3.eth.contract(node.w3.to_checksum_address(MULTICALL3), abi=AGGREGATE3)
    holders = [node.w3.to_checksum_address(holder) for holder in _parties(node, token, size)]

    def work() -> dict[str, float]:
        calls = [(contract.address, False, contract.encode_abi("balanceOf", [holder])) for holder in holders]
        found = multicall.functions.aggregate3(calls).call(block_identifier=height)
        return told([int.from_bytes(returned, "big") for _, returned in found])

    return work


def _parties(node: Anvil, token: str, count: int) -> list[str]:
    """So many who took part."""
    pin = pinned(node.url)
    moves = pin.logs(Wanted((token,), (TRANSFER,)), 0, pin.block.height, partial(transfers, token=token))
    seen = {party for move in moves for party in move.receiver} - {NOBODY}
    return sorted(seen)[:count]


def _abi() -> list[object]:
    from tests.worlds.evm_node import compiled

    found: list[object] = compiled()["Token"]["abi"]
    return found


LOGS = "Read {:,} ERC-20 transfers from a node"
HOLDERS = "Net change by address of {:,} transfers"
BALANCES = "Balances of {:,} addresses at one block"
CASES = (
    Case(LOGS, OURS, logs_ours, sizes=(2_000, 20_000)),
    Case(LOGS, "web3.py contract.events", logs_of_events, sizes=(2_000, 20_000), beat=30),
    Case(LOGS, "web3.py eth.get_logs", logs_of_web3, sizes=(2_000, 20_000), beat=8),
    Case(HOLDERS, OURS, holders_ours, sizes=(10_000, 200_000)),
    Case(HOLDERS, "DuckDB", holders_duckdb, sizes=(10_000, 200_000)),
    Case(BALANCES, OURS, balances_ours, sizes=(1_000,)),
    Case(BALANCES, "web3.py contract", balances_of_web3, sizes=(1_000,), beat=20),
)
