"""Questions to contracts: view functions as Solidity spells them, many in one question to Multicall3."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from typing import Any, Final

from eth_abi.abi import encode
from eth_abi.codec import ABIDecoder
from eth_abi.decoding import ContextFramesBytesIO
from eth_abi.exceptions import DecodingError
from eth_abi.registry import registry
from eth_utils.crypto import keccak

from store.faults import SourceChanged

# mds1/multicall3: the same address on nearly every EVM chain.
MULTICALL3: Final = "0xcA11bde05977b3631167028862bE2a173976CA11"
AGGREGATE3: Final = keccak(text="aggregate3((address,bool,bytes)[])")[:4]
WORD: Final = 32
# What no bytes of an answer may end otherwise in: an offset beyond every file is an OverflowError.
UNREADABLE: Final = (DecodingError, ValueError, OverflowError)
# How often a decoder may read every byte: once for what it says, and pointers twice more, to see that they lie within.
PASSES: Final = 4


@dataclass(frozen=True, slots=True)
class Call:
    """A view function of a contract, as Solidity spells it: Call(token, "balanceOf(address)", (holder,))."""

    to: str
    function: str
    arguments: tuple[Any, ...] = ()
    returns: tuple[str, ...] = ("uint256",)

    @property
    def data(self) -> bytes:
        """Selector and encoded arguments."""
        types = self.function[self.function.index("(") + 1 : -1]
        return _selector(self.function) + encode(types.split(",") if types else (), self.arguments)


@lru_cache(maxsize=1_000)
def _selector(function: str) -> bytes:
    return keccak(text=function)[:4]


class _Frugal(ContextFramesBytesIO):
    """Bytes that are read a few times each: ten thousand pointers to one megabyte would make ten gigabytes of it."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data)  # type: ignore[no-untyped-call]
        self._left = PASSES * len(data)

    def read(self, size: int | None = -1) -> bytes:
        found = super().read(size)
        self._left -= len(found)
        if self._left < 0:
            raise DecodingError("the same bytes are pointed at again and again")
        return found


class _Decoder(ABIDecoder):
    stream_class = _Frugal


_DECODER: Final = _Decoder(registry)


def decode(types: Sequence[str], data: bytes) -> tuple[Any, ...]:
    """The values in bytes of a contract; raises one of UNREADABLE for what is none or unfolds to much more."""
    return _DECODER.decode(types, data)


def together(calls: Sequence[Call]) -> bytes:
    """Many calls as one question to Multicall3, of which each may fail by itself."""
    said = [_said(call.to, call.data) for call in calls]
    # A list of what has no fixed size: how many, where each begins behind that number, and they.
    begins = accumulate(map(len, said[:-1]), initial=WORD * len(said)) if said else ()
    head = (number.to_bytes(WORD) for number in (WORD, len(said), *begins))
    return b"".join((AGGREGATE3, *head, *said))


# The same contracts are asked the same at every block.
@lru_cache(maxsize=1_000)
def _said(to: str, data: bytes) -> bytes:
    """A call of Multicall3 that may fail."""
    return encode(("address", "bool", "bytes"), (to, True, data))


def apart(calls: Sequence[Call], answer: bytes) -> list[tuple[Any, ...]]:
    """What each call returned; () where a contract has no such function. Raises SourceChanged for another answer."""
    try:
        (found,) = decode(["(bool,bytes)[]"], answer)
    except UNREADABLE as error:
        raise SourceChanged(f"no answer of Multicall3: {answer[:100].hex()} ({error})") from error
    if len(found) != len(calls):
        raise SourceChanged(f"Multicall3 answers {len(found)} calls, {len(calls)} were asked")
    return [_returned(call, *one) for call, one in zip(calls, found, strict=True)]


def _returned(call: Call, succeeded: bool, returned: bytes) -> tuple[Any, ...]:
    if not succeeded:
        return ()
    try:
        # Addresses come in lower case.
        return decode(call.returns, returned)
    except UNREADABLE:
        return ()
