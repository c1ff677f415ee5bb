"""One view function asked many times at once, where it takes and returns whole words.

Coded by fixed widths, since all calls are of one size: an ABI coder needs a hundred times the CPU.
"""

from collections.abc import Sequence
from typing import Final

from eth_utils.crypto import keccak

from ingest.evm.calls import AGGREGATE3
from ingest.evm.node import EvmNode
from ingest.evm.provider import Provider
from store.rows import SourceChanged

# Calls in one eth_call: a thousand balances take about 5 million gas of the 50 million that geth allows.
AT_ONCE: Final = 1_000
WORD: Final = 32
SELECTOR: Final = 4
# Of a call: contract, whether it may fail, where its bytes begin, and how many there are.
CALL_HEAD: Final = 4 * WORD
# Of what is returned, before the bytes: whether the call succeeded, where they begin, and how many there are.
RESULT_HEAD: Final = 3 * WORD

Arguments = tuple[int, ...]


def numbers(node: EvmNode, contract: str, function: str, arguments: Sequence[Arguments], words: int = 1) -> list[int]:
    """What a function returns for each of many arguments at the pinned block; halves a question that is too large.

    function: as Solidity spells it; arguments: as many words each as it takes. words: how many it returns, of which the
    first is told. Raises SourceChanged where a contract does not return so many each time.
    """
    selector = keccak(text=function)[:SELECTOR]

    def asked(provider: Provider, some: Sequence[Arguments]) -> list[int]:
        question = _question(contract, selector, some)
        return _answer(
            provider.returned(node.chain.multicall, question, node.block.height), function, contract, some, words
        )

    return node.ask_in_pieces(asked, arguments, AT_ONCE)


def _question(contract: str, selector: bytes, some: Sequence[Arguments]) -> str:
    """The calls as a question to Multicall3, of which none may fail."""
    size = SELECTOR + WORD * len(some[0])
    padded = -size % WORD
    before = _words(int(contract, 16), 0, 3 * WORD, size) + selector
    calls = b"".join(before + _words(*words) + bytes(padded) for words in some)
    offsets = (WORD * len(some) + (CALL_HEAD + size + padded) * place for place in range(len(some)))
    return "0x" + (AGGREGATE3 + _words(WORD, len(some), *offsets) + calls).hex()


def _answer(answer: bytes, function: str, contract: str, some: Sequence[Arguments], words: int) -> list[int]:
    """The words in an answer of Multicall3, in which every other word is known before it comes."""
    count, size = len(some), RESULT_HEAD + WORD * words
    head = _words(WORD, count, *(WORD * count + size * place for place in range(count)))
    results = [answer[start : start + size] for start in range(len(head), len(answer), size)]
    before = _words(1, 2 * WORD, WORD * words)
    whole = all(len(result) == size and result.startswith(before) for result in results)
    if not answer.startswith(head) or len(results) != count or not whole:
        each = "a word" if words == 1 else f"{words} words"
        raise SourceChanged(f"{function} of {contract}, asked {count} times, is {answer[:100].hex()}, not {each} each")
    return [int.from_bytes(result[RESULT_HEAD : RESULT_HEAD + WORD]) for result in results]


def _words(*numbers: int) -> bytes:
    return b"".join(number.to_bytes(WORD) for number in numbers)
