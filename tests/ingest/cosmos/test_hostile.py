"""Whatever a Cosmos endpoint answers, a reading gives facts that pass the gate, or an error that is ours."""

import copy
import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.cosmos.readings import readings
from ingest.network import Reading
from ingest.networks import akash
from store.faults import ReadingError
from store.impossible import check
from tests.ingest.cosmos.test_lcd import pinned
from tests.ingest.cosmos.test_networks import whole_chain
from tests.ingest.cosmos.test_stake import at_once
from tests.worlds.examples import examples
from tests.worlds.lcd import chain
from tests.worlds.servers import Reply, Request

pytestmark = pytest.mark.slow
STATE = whole_chain(akash.NETWORK, votes=3, proposals=1)
READINGS = [reading for reading in readings("uakt", 10**6) if reading.name not in ("past_votes", "parameters")]
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**40), 10**40)
    | st.floats(allow_nan=False)
    | st.text(max_size=5)
    | st.sampled_from(["-1", "1e9", "9" * 5000, "\ud800", "0x1", "1.5", "==", "VOTE_OPTION_YES"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)
# Where in a body to put it: at each level the child of this number, counted around.
PLACES = st.lists(st.integers(0, 7), min_size=1, max_size=7)


def spoilt(body: Any, place: list[int], value: Any) -> Any:
    """The body with another value at one place."""
    if not isinstance(body, dict | list) or not body or not place:
        return value
    keys = list(body) if isinstance(body, dict) else range(len(body))
    key = keys[place[0] % len(keys)]
    body[key] = spoilt(body[key], place[1:], value)
    return body


def hostile(turn: int, place: list[int], value: Any) -> Callable[[Request], Reply]:
    """A node one of whose answers is spoilt."""
    asked: list[str] = []

    def answer(request: Request) -> Reply:
        reply = chain(STATE)(request)
        asked.append(request.path)
        if len(asked) != turn:
            return reply
        body = spoilt(copy.deepcopy(reply.body), place, value)
        return Reply(json.dumps(body).encode(), reply.status, reply.headers)

    return answer


@examples(150)
@given(reading=st.sampled_from(READINGS), turn=st.integers(1, 12), place=PLACES, value=JSON)
def test_no_answer_breaks_a_reading(reading: Reading, turn: int, place: list[int], value: Any) -> None:
    with suppress(ReadingError), pinned(hostile(turn, place, value)) as node:
        facts = reading.facts(node, at_once, list)
        check(facts, reading.kind, tolerance=reading.tolerance)
