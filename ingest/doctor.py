"""What an endpoint says of itself: its chain, its newest block and its version, or why it cannot be used."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from ingest.job import LONGEST_FAULT, endpoints
from ingest.network import Keeping, Network
from ingest.offchain.feed import OffChain
from ingest.spoken import spoken
from ingest.transport import Http, bare
from questions.trouble import Failing
from store.faults import Cause, Fault, ReadingError

UNASKED: Final = "not asked, "


@dataclass(frozen=True, slots=True)
class Seen:
    """One address of a network, as it may be shown, and what it said.

    usable: whether it can be read; None where nobody asks it for anything.
    """

    network: str
    address: str
    usable: bool | None
    said: str
    failing: tuple[Failing, ...] = ()


def examined(network: Network, http: Http) -> Iterator[Seen]:
    """Each address of a network, in their order; a source off chain has no block and is asked a small question."""
    for place, endpoint in enumerate(endpoints(network)):
        address = bare(endpoint)
        try:
            with http.allowing(f"{network.name}: {address}"):
                said = _said(network, place, http)
            yield Seen(network.name, address, None if said.startswith(UNASKED) else True, said)
        except ReadingError as error:
            said = str(error).removeprefix(address).lstrip("/: ")
            failing = tuple(Failing(network.name, network.title, "", *_told(one), None) for one in error.faults)
            yield Seen(network.name, address, usable=False, said=said, failing=failing)


def _told(fault: Fault) -> tuple[str, Cause, str]:
    return fault.host, fault.cause, spoken(fault.message, LONGEST_FAULT)


def _said(network: Network, place: int, http: Http) -> str:
    """What an address says of itself; raises ReadingError."""
    chain = network.chain
    if isinstance(chain, OffChain):
        return "answers" if chain.probe(http, endpoints(network), place) else f"{UNASKED}nothing is read from it"
    if chain is None:
        return f"{UNASKED}its state is imported"
    node = chain.head(http, [endpoints(network)[place]])
    if isinstance(node, Keeping):
        node.keeps()
    age = (datetime.now(UTC) - node.block.time).total_seconds()
    return f"{node.chain_id}, block {node.block.height} {age:.0f} s old, version {node.runtime_version or 'not told'}"
