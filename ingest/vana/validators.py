"""Who may propose blocks of Vana: the deposit contract, where a key says who may become a validator.

vana-com/vana-smart-contracts at ea6a85c7, contracts/chain/l1Deposit/DepositImplementation.sol: Ethereum's deposit
contract, with a list of keys that may deposit while it is `restricted` (lines 147-159).
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Final

from ingest.evm.calls import Call
from ingest.evm.events import MANY_WORDS, Event, History, Keeping, decoded, history, signature
from ingest.evm.logs import AnswersLeft
from ingest.evm.node import EvmNode
from ingest.network import Memo
from store.faults import BadData, SourceChanged
from store.rows import Facts, Kind, frame, observation

ALLOWED: Final = signature("AllowedValidatorsAdded(bytes)")
REFUSED: Final = signature("AllowedValidatorsRemoved(bytes)")
# Key, to whom its coins go, amount, signature, number.
DEPOSITED: Final = signature("DepositEvent(bytes,bytes,bytes,bytes,bytes)")
EVENTS: Final = dict.fromkeys((ALLOWED, REFUSED, DEPOSITED), (0, MANY_WORDS))
KEY_BYTES: Final = 48
# Coins go to the address in the last twenty bytes (consensus-specs, capella and electra).
TO_AN_ADDRESS: Final = (1, 2)
# Allowed keys change a few times a year: four days are one part.
DAYS: Final = 4
ANSWERS_A_RUN: Final = 100

Row = dict[str, Any]


def validators(deposit: str) -> Callable[[EvmNode, Memo], Facts]:
    """The reading of who may become a validator."""

    def read(node: EvmNode, memo: Memo) -> Facts:
        """Who may deposit to become a validator, and who did: blocks are proposed by those alone.

        `restricted` is true while only keys that the contract's owner allowed may deposit. Keys are known from its
        events, and each is asked for at one final block (validators); keys of the first day that were allowed without
        an event and never deposited are not told. Who left since stands on the consensus layer, which these nodes do
        not tell. `unread_blocks` are left for later runs, the oldest last.
        """
        time = node.block.time
        found = [observation(what, time, value, unit) for what, (value, unit) in _rules(node, deposit).items()]
        keeping = Keeping(DAYS * node.chain.day, partial(_read, deposit))
        told = history(node, memo, deposit, EVENTS, 0, AnswersLeft(ANSWERS_A_RUN), keeping)
        found += [observation("unread_blocks", time, told.unread, "blocks"), *_keys(node, deposit, told)]
        return Facts(frame(Kind.OBSERVATIONS, found))

    return read


def _rules(node: EvmNode, deposit: str) -> dict[str, tuple[int | str, str]]:
    """What the contract says of all; raises SourceChanged where none of this kind stands there."""
    restricted = Call(deposit, "restricted()", returns=("bool",))
    count = Call(deposit, "get_deposit_count()", returns=("bytes",))
    least, most = Call(deposit, "minDepositAmount()"), Call(deposit, "maxDepositAmount()")
    holds = Call(node.chain.multicall, "getEthBalance(address)", (deposit,))
    node.calls([restricted, count, least, most, holds])
    return {
        "restricted": ("true" if node.call(restricted) else "false", ""),
        "deposits": (int.from_bytes(node.call(count), "little"), "deposits"),
        "deposit_least": (int(node.call(least)), "avana"),
        "deposit_most": (int(node.call(most)), "avana"),
        "deposits_held": (int(node.call(holds)), "avana"),
    }


def _keys(node: EvmNode, deposit: str, told: History) -> Iterator[Row]:
    """Every key that an event names, with what the contract says of it."""
    receivers: dict[bytes, str] = {}
    for event in told.events:
        key, *rest = _read(deposit, event)
        # Who deposits first says to whom the coins go; whoever adds to it later changes nothing.
        receivers[key] = receivers.get(key) or (_receiver(rest[0]) if rest else "")
    asked = [Call(deposit, "validators(bytes)", (key,), ("bool", "bool")) for key in receivers]
    for key, said in zip(receivers, node.calls(asked), strict=True):
        if not said:
            raise SourceChanged(f"{deposit} does not say whether {key.hex()} is allowed")
        values = (("validator_allowed", said[0]), ("validator_deposited", said[1]))
        for what, value in values:
            yield _of(node, key, what, "true" if value else "false", "")
        if receivers[key]:
            yield _of(node, key, "validator_pays", receivers[key], "address")


def _of(node: EvmNode, key: bytes, what: str, value: str, unit: str) -> Row:
    return observation(what, node.block.time, value, unit, subject=f"validator:{key.hex()}")


def _read(deposit: str, event: Event) -> tuple[Any, ...]:
    """The texts of bytes in an event; raises BadData where the first is no key."""
    found = decoded(event, ["bytes"] * (5 if event.kind == DEPOSITED else 1))
    if len(found[0]) != KEY_BYTES:
        raise BadData(f"an event of {deposit} in block {event.block} names the key {found[0].hex()[:200]}")
    return found


def _receiver(credentials: bytes) -> str:
    """The address to which a validator's coins go; empty where that is a key of the consensus layer."""
    is_address = len(credentials) == 32 and credentials[0] in TO_AN_ADDRESS
    return f"0x{credentials[-20:].hex()}" if is_address else ""


# What the readings tell, for the dictionary of facts: name, of whom, unit, meaning.
TELLS: Final = """
validators:
  restricted | | | true while only keys that the contract's owner allowed may deposit
  deposits | | deposits | deposits that were ever made
  deposit_least | | avana | the least that one can deposit
  deposit_most | | avana | the most that one can deposit at once
  deposits_held | | avana | what the contract holds: all deposits, those too that were paid back
  unread_blocks | | blocks | blocks with events that were not read yet
  validator_allowed | validator:<word> | | whether a key may deposit while deposits are restricted
  validator_deposited | validator:<word> | | whether it has deposited
  validator_pays | validator:<word> | address | to whom its coins go
"""
