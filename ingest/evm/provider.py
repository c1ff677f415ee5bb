"""One provider of an EVM chain: whatever it answers is a value of the right shape, or one of our errors.

Answers are read as the JSON that they are: web3.py's own readers would take half a byte, or a block with a list for its
number, for something, and raise errors of their own for the rest.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from ingest.evm.logs import Logs, Wanted, columns
from ingest.evm.refusals import TooWide, Unable, result
from ingest.fields import listed, text
from ingest.transport import AnswerTooLarge, Http, bare
from store.faults import SourceChanged
from store.rows import Block

QUANTITY: Final = re.compile(r"0x[0-9a-fA-F]{1,64}")
BYTES: Final = re.compile(r"0x(?:[0-9a-fA-F]{2})*")
WORD: Final = re.compile(r"0x[0-9a-fA-F]{64}")
# Where a chain's nodes do not name the final block: two epochs of Ethereum.
TO_FINALITY: Final = 64


@dataclass(frozen=True, slots=True)
class Provider:
    """One address that answers JSON-RPC.

    to_finality: how many blocks make one final where it does not name the final one; None: nothing else is final.
    """

    http: Http
    address: str
    to_finality: int | None = TO_FINALITY

    @property
    def name(self) -> str:
        """The address as it may be shown."""
        return bare(self.address)

    def result(self, method: str, *params: Any) -> Any:
        """The plain result of a method; raises what a refusal means."""
        question = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        try:
            return result(self.http.post(self.address, question))
        except AnswerTooLarge as error:
            raise TooWide(str(error)) from error

    def chain_number(self) -> int:
        """The number of the chain."""
        return quantity(self.result("eth_chainId"))

    def software(self) -> str:
        """What the node calls itself."""
        return text(self.result("web3_clientVersion"))

    def block(self, height: int) -> Block:
        """The block of a height."""
        found = self._block(hex(height))
        if found.height != height:
            raise SourceChanged(f"{self.name} answered block {found.height} for block {height}")
        return found

    def newest(self) -> Block:
        """The newest block, which may not stay."""
        return self._block("latest")

    def final(self) -> Block:
        """The newest final block; where that name is refused, the one that enough blocks were built upon.

        It must be the block that its height names too: by that the provider is proved again when all is read.
        """
        try:
            named = self._block("finalized")
        except (TooWide, Unable):
            if self.to_finality is None:
                raise
            return self.block(max(0, quantity(self.result("eth_blockNumber")) - self.to_finality))
        if (found := self.block(named.height)) != named:
            raise SourceChanged(f"{self.name} names {named.hash} final, and has {found.hash} as block {named.height}")
        return named

    def _block(self, which: str) -> Block:
        found = self.result("eth_getBlockByNumber", which, False)
        return Block(quantity(found, "number"), word(found, "hash"), _moment(quantity(found, "timestamp")))

    def balance(self, address: str, height: int) -> int:
        """The coins of an address at a block, for which the block's state must be kept."""
        return quantity(self.result("eth_getBalance", address, hex(height)))

    def code(self, address: str, height: int) -> bytes:
        """The code at an address at a block; empty for a key."""
        return raw(self.result("eth_getCode", address, hex(height)))

    def slot(self, contract: str, slot: int, height: int) -> int:
        """One word of a contract's storage at a block."""
        return int(word(self.result("eth_getStorageAt", contract, hex(slot), hex(height))), 16)

    def slots(self, contract: str, slots: Sequence[int], height: int) -> list[int]:
        """Words of a contract's storage at a block, in one question: with their proofs, which are not looked at."""
        answer = self.result("eth_getProof", contract, [f"0x{slot:064x}" for slot in slots], hex(height))
        told = listed(answer, "storageProof")
        if [quantity(one, "key") for one in told] != list(slots):
            raise SourceChanged(f"{self.name} proves other words of {contract} than those that it was asked for")
        return [quantity(one, "value") for one in told]

    def storage(self, contract: str, height: int) -> str:
        """The root of all of a contract's storage at a block."""
        return word(self.result("eth_getProof", contract, [], hex(height)), "storageHash")

    def returned(self, contract: str, question: str, height: int) -> bytes:
        """What a contract returns at a block."""
        return raw(self.result("eth_call", {"to": contract, "data": question}, hex(height)))

    def logs(self, wanted: Wanted, first: int, last: int) -> Logs:
        """Logs of blocks first to last, each of which can be what was asked for."""
        query = {
            "address": wanted.contracts[0] if len(wanted.contracts) == 1 else list(wanted.contracts),
            "topics": [list(wanted.topics), *([wanted.of] if wanted.of else [])],
            "fromBlock": hex(first),
            "toBlock": hex(last),
        }
        return columns(self.result("eth_getLogs", query), wanted, first, last)

    def logs_by_receipts(self, wanted: Wanted, height: int) -> Logs:
        """The same logs of one block, from the receipts of its transactions: another list, with no cap of its own."""
        receipts = listed(self.result("eth_getBlockReceipts", hex(height)))
        written = [log for receipt in receipts for log in listed(receipt, "logs")]
        return columns([log for log in written if wanted.has(log)], wanted, height, height)


def quantity(answer: Any, *names: str) -> int:
    """A whole number, which providers write in hexadecimal."""
    return int(_spelled(QUANTITY, answer, *names), 16)


def raw(answer: Any, *names: str) -> bytes:
    """Bytes, each in two digits."""
    return bytes.fromhex(_spelled(BYTES, answer, *names)[2:])


def word(answer: Any, *names: str) -> str:
    """Thirty-two bytes as text, in lower case."""
    return _spelled(WORD, answer, *names).lower()


def _spelled(form: re.Pattern[str], answer: Any, *names: str) -> str:
    found = text(answer, *names)
    if not form.fullmatch(found):
        raise SourceChanged(f"{'.'.join(names) or 'the answer'} is no hexadecimal value of its kind: {found[:80]!r}")
    return found


def _moment(seconds: int) -> datetime:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError) as error:
        raise SourceChanged(f"a block's time is {seconds} seconds after 1970") from error
