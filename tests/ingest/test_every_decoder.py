"""Nothing that a stranger says ends a decoder in another way than with an error of ours, or loses a row in silence.

Two thousand odd answers a decoder, the same in every run; benchmarks/fuzz.py tries a million. A reading, a field or a
type is tried by being there (tests/worlds/decoders.py, tests/worlds/readers.py).
"""

import logging
import resource
from collections.abc import Iterator

import pytest

from ingest.cosmos.lcd import CosmosChain, Lcd
from ingest.fields import listed
from ingest.network import DAILY, Reading
from ingest.networks import networks
from store.rows import Facts, Kind, frame, observation
from tests.worlds.decoders import Decoder, Fault, of_metadata
from tests.worlds.good import good
from tests.worlds.readers import decoders, found_at, readings_of, unanswered

pytestmark = pytest.mark.slow
SEED, TRIES, TRIES_OF_METADATA = 14, 2_000, 100
# Readings and files take milliseconds a try.
LONG = ("readings of", "importer.import_file")
TRIES_OF_LONG = 150


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """What is left out is said in the log, some thousand times here."""
    logging.disable(logging.WARNING)
    yield
    logging.disable(logging.NOTSET)


def all_decoders() -> list[Decoder]:
    return [*decoders(), next(of_metadata())]


def tries(decoder: Decoder) -> int:
    if decoder.family == "metadata":
        return TRIES_OF_METADATA
    return TRIES_OF_LONG if decoder.name.startswith(LONG) else TRIES


def test_every_reading_of_every_network_is_tried() -> None:
    assert unanswered() == []


def test_no_odd_answer_breaks_a_decoder_or_loses_a_row_invented() -> None:
    """In 256 MB more than the process had, whatever lengths were announced."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    faults = []
    for decoder in all_decoders():
        for number in range(tries(decoder)):
            try:
                decoder.tried(SEED, number)
            except Fault as fault:
                faults.append(str(fault)[:500])
    assert faults == []
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 256 * 2**10


def careless(node: Lcd) -> Facts:
    """A planted reading that takes whatever rows come, and counts nothing."""
    rows = node.get("/cosmos/staking/v1beta1/validators", lambda body: listed(body, "validators"))
    told = [observation("moniker", node.block.time, str(row), "", subject=str(row)[:70]) for row in rows]
    return Facts(frame(Kind.OBSERVATIONS, told))


def test_a_reading_without_judgement_is_found_out() -> None:
    world = good(next(one for one in networks().values() if isinstance(one.chain, CosmosChain) and one.readings))
    reading = Reading("careless", Kind.OBSERVATIONS, None, "", DAILY, careless, others=("<text>",))
    decoder = readings_of("planted", [found_at(world.network, reading, world.answer, [])])
    with pytest.raises(Fault, match="careless"):
        _ = [decoder.tried(SEED, number) for number in range(300)]
