"""What mechs, services that answer requests for money, earned and were asked for, from their balance trackers.

valory-xyz/ai-registry-mech at 53811b7e, contracts/BalanceTrackerBase.sol: who asks is charged at once, delivered or not
(checkAndRecordDeliveryRates), and gets back without an event what was too much; a mech earns with what it delivers
(finalizeDeliveryRates, adjustMechRequesterBalances). The trackers of a chain differ in what they are paid in, and have
the same events.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from ingest.evm.calls import Call
from ingest.evm.events import Event, address, lately, signature
from ingest.evm.governance import Read
from ingest.evm.logs import AnswersLeft
from ingest.evm.node import EvmNode
from ingest.network import Memo
from store.faults import BadData, SourceChanged
from store.rows import Facts, holdings

EARNED: Final = signature("MechBalanceAdjusted(address,uint256,uint256,uint256)")
CHARGED: Final = signature("RequesterBalanceAdjusted(address,uint256,uint256)")
SHAPES: Final = {EARNED: (1, 3), CHARGED: (1, 2)}
POPULATIONS: Final[Mapping[str, str]] = {EARNED: "recipients", CHARGED: "senders"}
PERIOD_DAYS: Final = 30
DAY: Final = 86_400
# A steady day takes a few; of more a first run leaves the oldest for later runs.
ANSWERS_A_RUN: Final = 100


@dataclass(frozen=True, slots=True)
class Tracker:
    """A balance tracker; token: what it is paid in, where that is a token."""

    address: str
    token: str = ""


def mechs(marketplace: str, tracker: Tracker) -> Read:
    """The reading of what mechs earned and requesters were charged at one tracker."""

    def read(node: EvmNode, memo: Memo) -> Facts:
        """What mechs earned by answers that they delivered, and what requesters were charged, in the last thirty days.

        From the events of a balance tracker (MechBalanceAdjusted, RequesterBalanceAdjusted), each in what it is paid
        in. Requesters are charged when they ask, whether anybody delivers or not. After a first run the period is as
        long as was read by then.
        """
        _refuse_another(node, marketplace, tracker)
        blocks = round(PERIOD_DAYS * DAY / node.chain.seconds)
        answers = AnswersLeft(ANSWERS_A_RUN)
        told, period = lately(node, memo, tracker.address, SHAPES, blocks, answers, _paid)
        paid: dict[tuple[str, str], int] = defaultdict(int)
        for event in told:
            paid[_paid(event)] += event.words[0]
        rows = [(*key, amount) for key, amount in sorted(paid.items()) if amount]
        return Facts(holdings(rows), since=period.since, empty=not rows)

    return read


def _refuse_another(node: EvmNode, marketplace: str, tracker: Tracker) -> None:
    expected = {"mechMarketplace()": marketplace} | ({"token()": tracker.token} if tracker.token else {})
    for function, wanted in expected.items():
        said = node.call(Call(tracker.address, function, returns=("address",)))
        if said != wanted:
            raise SourceChanged(f"{function} of {tracker.address} is {said}, not {wanted}")


def _paid(event: Event) -> tuple[str, str]:
    """Population and party; a mech that earned something has no less than that afterwards."""
    amount, balance = event.words[:2]
    if event.kind == EARNED and balance < amount:
        raise BadData(f"a mech earned {amount} in block {event.block}, and had {balance} then")
    return POPULATIONS[event.kind], address(event.topics[0])


# What the reading tells, for the dictionary of facts: name, of whom, unit, meaning.
TELLS: Final = """
mechs:
  recipients | <address> | | mechs, with what they earned in thirty days
  senders | <address> | | requesters, with what they were charged in thirty days
"""
