"""One view function asked many times at once, where it takes and returns whole words.

Coded by fixed widths, since all calls are of one size: an ABI coder needs a hundred times the CPU.
"""

from collections.abc import Collection, Sequence
from typing import Final

from eth_utils.crypto import keccak

from ingest.evm.calls import AGGREGATE3
from ingest.evm.node import EvmNode
from ingest.evm.provider import Provider
from store.faults import SourceChanged

# Calls in one eth_call: a thousand balances take about 5 million gas of the 50 million that geth allows.
AT_ONCE: Final = 1_000
WORD: Final = 32
SELECTOR: Final = 4
# Of a call: contract, whether it may fail, where its bytes begin, and how many there are.
CALL_HEAD: Final = 4 * WORD
# Of what is returned, before its words: whether the call succeeded, where its bytes begin, how many there are.
RESULT_HEAD: Final = 3 * WORD

Words = tuple[int, ...]


def numbers(node: EvmNode, contract: str, function: str, arguments: Sequence[Words], words: int = 1) -> list[int]:
    """What a function returns for each of many arguments at the pinned block; halves a question that is too large.

    function: as Solidity spells it; arguments: as many words each as it takes. words: how many it returns, of which the
    first is told. Raises SourceChanged where a contract does not return so many each time.
    """
    return [found[0] for found in rows(node, contract, function, arguments, (words,))]


def rows(
    node: EvmNode, contract: str, function: str, arguments: Sequence[Words], sizes: Collection[int]
) -> list[Words]:
    """The words that a function returns for each of many arguments, as `numbers` does.

    sizes: how many words it may return, one each version. Raises SourceChanged where a contract returns another number
    of words, or not the same each time.
    """
    selector = keccak(text=function)[:SELECTOR]

    def asked(provider: Provider, some: Sequence[Words]) -> list[Words]:
        answer = provider.returned(node.chain.multicall, _question(contract, selector, some), node.block.height)
        found = _answer(answer, len(some), sizes)
        if found is None:
            wanted = " or ".join("a word" if size == 1 else f"{size} words" for size in sizes)
            raise SourceChanged(
                f"{function} of {contract}, asked {len(some)} times, is {answer[:100].hex()}, not {wanted} each"
            )
        return found

    return node.ask_in_pieces(asked, arguments, AT_ONCE)


def _question(contract: str, selector: bytes, some: Sequence[Words]) -> str:
    """The calls as a question to Multicall3, of which none may fail."""
    size = SELECTOR + WORD * len(some[0])
    padded = -size % WORD
    before = _words(int(contract, 16), 0, 3 * WORD, size) + selector
    calls = b"".join(before + _words(*words) + bytes(padded) for words in some)
    offsets = (WORD * len(some) + (CALL_HEAD + size + padded) * place for place in range(len(some)))
    return "0x" + (AGGREGATE3 + _words(WORD, len(some), *offsets) + calls).hex()


def _answer(answer: bytes, count: int, sizes: Collection[int]) -> list[Words] | None:
    """The words in an answer of Multicall3, in which every other word is known before it comes; None for another."""
    for size in sizes:
        result = RESULT_HEAD + WORD * size
        head = _words(WORD, count, *(WORD * count + result * place for place in range(count)))
        if not answer.startswith(head) or len(answer) != len(head) + result * count:
            continue
        found = [answer[start : start + result] for start in range(len(head), len(answer), result)]
        before = _words(1, 2 * WORD, WORD * size)
        if all(one.startswith(before) for one in found):
            return [_numbers(one[RESULT_HEAD:]) for one in found]
    return None


def _words(*numbers: int) -> bytes:
    return b"".join(number.to_bytes(WORD) for number in numbers)


def _numbers(words: bytes) -> Words:
    return tuple(int.from_bytes(words[start : start + WORD]) for start in range(0, len(words), WORD))
