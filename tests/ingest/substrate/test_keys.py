"""Where a map of stored keys ends, asked of endpoints that list none under short prefixes (invented)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from ingest.substrate.keys import Keys
from ingest.substrate.rpc import Rpc
from store.faults import SourceDown
from tests.worlds.each import each

BLOCK = "0x" + "ab" * 32
# Below the key of a block's time, as every map that is read.
MAP = "0x" + "11" * 32
PLACES = [f"{MAP}{place:02x}aa" for place in range(25)]


@dataclass
class Endpoint:
    """Keys of one map, all with a value but those in `hollow`; prefixes shorter than that of an item are refused."""

    places: Sequence[str]
    hollow: frozenset[str] = frozenset()
    asked: list[str] = field(default_factory=list)

    def __call__(self, method: str, *params: Any) -> Any:
        self.asked.append(method)
        if method == "state_queryStorageAt":
            return [
                {"block": params[1], "changes": [[one, None if one in self.hollow else "0x00"] for one in params[0]]}
            ]
        prefix, most, last, _ = params
        if len(prefix) < len(MAP):
            raise SourceDown("this prefix is not allowed")
        return [place for place in self.places if place > last and place.startswith(prefix)][:most]


@dataclass
class Endpoints:
    """As Rpc: the first leads."""

    by_name: dict[str, Endpoint]

    @property
    def rotation(self) -> "Endpoints":
        return self

    @property
    def endpoints(self) -> tuple[str, ...]:
        return tuple(self.by_name)

    def of(self, name: str) -> Endpoint:
        return self.by_name[name]


def read(*endpoints: Endpoint) -> list[str]:
    """All keys of the map, ten a page, as the first endpoint tells them."""
    rpc = Endpoints({f"http://{place}": one for place, one in enumerate(endpoints)})
    keys, found, behind = Keys(cast(Rpc, rpc), BLOCK, MAP, 10), [MAP], list[str]()
    while not behind:
        page, behind = keys.page(endpoints[0], found[-1])
        found += page
        if len(page) < 10:
            break
    return found[1:]


def test_one_that_tells_the_end_twice_is_believed_where_nobody_else_answers() -> None:
    assert read(Endpoint(PLACES)) == PLACES


def test_a_second_one_that_tells_the_same_end_confirms_it() -> None:
    second = Endpoint(PLACES)
    assert read(Endpoint(PLACES), second) == PLACES
    assert second.asked


def test_one_that_lost_the_end_is_found_out_by_a_key_with_a_value() -> None:
    with pytest.raises(SourceDown, match="http://1 has"):
        read(Endpoint(PLACES[:-1]), Endpoint(PLACES))


def test_a_key_without_a_value_is_no_witness() -> None:
    invented = Endpoint([*PLACES, MAP + "ffaa"], frozenset({MAP + "ffaa"}))
    assert read(Endpoint(PLACES), invented) == PLACES


@each("count", [0, 10, 20])
def test_a_map_of_whole_pages_ends_as_others_do_and_an_empty_one_is_nobodys_word_alone(count: int) -> None:
    if count:
        assert read(Endpoint(PLACES[:count])) == PLACES[:count]
    else:
        with pytest.raises(SourceDown, match="nobody says that none is there"):
            read(Endpoint([]))
    assert read(Endpoint(PLACES[:count]), Endpoint(PLACES[:count])) == PLACES[:count]
