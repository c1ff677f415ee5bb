"""Stored keys of a Substrate chain, a page at a time, and what shows that none follow."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

from ingest.allowance import Exhausted
from ingest.endpoints import Absent, AskSmaller
from ingest.substrate.rpc import NOW, WITNESSES_ASKED, Ask, Rpc
from ingest.transport import bare
from store.faults import ReadingError, SourceChanged, SourceDown

# What every key begins with, and how much of it names the pallet.
ANY_KEY: Final = "0x"
PALLET: Final = len("0x") + 32
# So many of the last keys are told anew where no key behind them can be had.
TOLD_ANEW: Final = 10


def stored(ask: Ask, places: Sequence[str], block_hash: str) -> list[Any]:
    """Values under storage keys; raises SourceChanged unless the answer has exactly these keys in this order."""
    answer = ask("state_queryStorageAt", places, block_hash)
    try:
        [changes] = answer
        block, pairs = changes["block"], changes["changes"]
        keys, values = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    except (TypeError, ValueError, KeyError, IndexError) as error:
        raise SourceChanged(f"storage answers as {str(answer)[:80]}") from error
    if block != block_hash:
        raise SourceDown(f"answered at block {block}, not {block_hash}")
    if keys != list(places):
        raise SourceChanged(f"{len(keys)} values for {len(places)} keys, or in another order")
    return values


@dataclass(frozen=True, slots=True)
class Keys:
    """Keys that start with a prefix, at one block; `most` a page."""

    rpc: Rpc
    block_hash: str
    prefix: str
    most: int

    def page(self, ask: Ask, last: str) -> tuple[list[str], list[str]]:
        """Keys after `last`; and, where they are fewer than asked for, the first key behind them.

        That one is of the same prefix where more follow; there is none where that none follow was shown otherwise.
        """
        found = self._listed(ask, self.prefix, self.most, last)
        places = [place for place in found if place.startswith(self.prefix)]
        if len(places) == self.most:
            return places, []
        behind = self._behind(ask, places[-1] if places else last)
        if not behind:
            self._agreed(ask, *self._end(last, places))
        return places, behind

    def _behind(self, ask: Ask, reached: str) -> list[str]:
        """The first key after `reached`, of whatever item it is; of this prefix only where others are refused."""
        try:
            found = self._listed(ask, self.prefix[:PALLET], 1, reached) or self._listed(ask, ANY_KEY, 1, reached)
        except Exhausted:
            raise
        except (SourceDown, Absent, AskSmaller):
            # Who refuses the pallet is not asked for all of them: two questions in vain are silence, and given up.
            return self._listed(ask, self.prefix, 1, reached)
        if not found and self.prefix < NOW:
            raise SourceDown(f"names no key after {reached}, not even that of the block's time")
        return found

    def _end(self, last: str, places: list[str]) -> tuple[str, list[str]]:
        """Where to begin so as to be told the last keys anew, and these keys; none where there never was one."""
        if len(places) > TOLD_ANEW:
            return places[-TOLD_ANEW - 1], places[-TOLD_ANEW:]
        if places or last == self.prefix:
            return last, places
        return last[:-2], [last]

    def _agreed(self, ask: Ask, start: str, end: list[str]) -> None:
        """That a second endpoint tells the same end; where none does, that this one tells it again, asked otherwise.

        Raises SourceDown where it does not, or a second one has a key more.
        """
        # Who is asked leads the others.
        if any(self._confirms(other, start, end) for other in self.rpc.rotation.endpoints[1:][:WITNESSES_ASKED]):
            return
        # Cutting by count and cutting by share do not agree with both questions.
        if not end or any(self._listed(ask, self.prefix, most, start) != end for most in (self.most, len(end))):
            raise SourceDown(f"names no key behind {end or self.prefix}, and nobody says that none is there")

    def _confirms(self, other: str, start: str, end: list[str]) -> bool:
        """Whether another endpoint tells the same; who tells less, or a key without a value, is no witness."""
        ask = self.rpc.of(other)
        try:
            found = self._listed(ask, self.prefix, self.most, start)
            more = [place for place in found if place not in end and place.startswith(self.prefix)]
            contradicts = bool(more) and isinstance(stored(ask, more[:1], self.block_hash)[0], str)
        except Exhausted:
            raise
        except ReadingError:
            return False
        if contradicts:
            raise SourceDown(f"names no key behind {end or self.prefix}, and {bare(other)} has {more[0]}")
        return found == end

    def _listed(self, ask: Ask, prefix: str, most: int, last: str) -> list[str]:
        """Stored keys after `last`; empty where there are none."""
        page = ask("state_getKeysPaged", prefix, most, last, self.block_hash)
        if not isinstance(page, list) or not all(isinstance(place, str) for place in page):
            raise SourceChanged(f"keys under {prefix} come as {str(page)[:80]}")
        # Some servers hand out the last key for ever; a server that begins anew would hide all that follows.
        if set(page) <= {last}:
            return []
        if len(page) > most:
            raise SourceChanged(f"{len(page)} keys under {prefix}, {most} were asked for")
        if any(after <= before for before, after in pairwise([last, *page])):
            raise SourceChanged(f"keys under {prefix} come twice or unordered")
        return page
