"""What agents are paid for jobs, in two generations of the market.

Virtual-Protocol/agent-commerce-protocol at 7b490591 and acp-node-v2 at 776741a7.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Final

from ingest.evm.calls import Call
from ingest.evm.events import MANY_WORDS, Period, address, events, last_blocks, signature
from ingest.evm.node import EvmNode
from ingest.network import Memo
from store.faults import SourceChanged
from store.rows import Facts, Kind, frame, holdings, observation

JOB: Final = signature("JobCreated(uint256,address,address,address,uint256,address)")
PAID: Final = signature("PaymentReleased(uint256,address,uint256)")
PAID_BEFORE: Final = signature("PaymentReleased(uint256,address,uint256,address,string)")
# getJob(id) -> client, status, provider, expiredAt, evaluator, hook, budget, description, which may be any bytes.
A_JOB: Final = ("(address,uint8,address,uint48,address,address,uint256,bytes)",)
# Thirty days of two-second blocks.
PERIOD_BLOCKS: Final = 1_296_000

Read = Callable[[EvmNode], Facts]
ReadInParts = Callable[[EvmNode, Memo], Facts]


def spend(place: str, usdc: str, since: int) -> ReadInParts:
    """The reading of what agents were paid in the newest market; since: a block that is no younger than it."""

    def read(node: EvmNode, memo: Memo) -> Facts:
        """USDC that agents were paid for jobs in the last thirty days, by provider and by client, in the newest market.

        Realised spend: the amounts of PaymentReleased of the third generation of ACP, after fees; the client is that of
        the job (JobCreated, else getJob). What a job moves as capital, and jobs that never paid, are none. Two
        generations before it count jobs of their own.
        """
        token = node.call(Call(place, "paymentToken()", returns=("address",)))
        if token != usdc:
            raise SourceChanged(f"{place} is not proved: it pays in {token}, not in {usdc}")
        period = _period(node, since)
        found = events(node, memo, place, {JOB: (3, 3), PAID: (2, 1)}, period.first)
        paid = [(event.topics[0], address(event.topics[1]), event.words[0]) for event in found[PAID]]
        clients = {event.topics[0]: address(event.topics[1]) for event in found[JOB]}
        clients |= _clients(node, place, sorted({job for job, _, _ in paid} - clients.keys()))
        rows = [("providers", *one) for one in summed((provider, amount) for _, provider, amount in paid)]
        rows += [("clients", *one) for one in summed((clients[job], amount) for job, _, amount in paid)]
        return Facts(holdings(rows), since=period.since, empty=not rows)

    return read


def _period(node: EvmNode, since: int) -> Period:
    """Thirty days; the markets are younger than the escrow."""
    return last_blocks(node, min(PERIOD_BLOCKS, node.block.height - since))


def _clients(node: EvmNode, place: str, jobs: list[int]) -> dict[int, str]:
    """Clients of jobs that were made before the period."""
    said = node.calls([Call(place, "getJob(uint256)", (job,), A_JOB) for job in jobs])
    for job, one in zip(jobs, said, strict=True):
        if not one:
            raise SourceChanged(f"{place} paid for job {job} and does not know it")
    return {job: one[0][0] for job, one in zip(jobs, said, strict=True)}


def summed(rows: Iterable[tuple[str, int]]) -> list[tuple[str, int]]:
    """What each has of all rows, by name."""
    totals: dict[str, int] = defaultdict(int)
    for name, amount in rows:
        totals[name] += amount
    return sorted(totals.items())


def spend_before(place: str, usdc: str, since: int) -> ReadInParts:
    """The reading of what was paid in the market before it."""

    def read(node: EvmNode, memo: Memo) -> Facts:
        """USDC that was paid for jobs of the second generation of ACP in the last thirty days, by recipient.

        The amounts of PaymentReleased of its payment manager, after fees. What is paid in other tokens is left out by
        name: its texts and its tokens are anybody's choice.
        """
        period = _period(node, since)
        paid = events(node, memo, place, {PAID_BEFORE: (2, range(4, MANY_WORDS.stop))}, period.first)[PAID_BEFORE]
        in_usdc = [event for event in paid if address(event.words[1]) == usdc]
        others = {address(event.words[1]) for event in paid} - {usdc}
        rows = [("recipients", *one) for one in summed((address(one.topics[1]), one.words[0]) for one in in_usdc)]
        left_out = dict.fromkeys(sorted(others), "is no USDC")
        return Facts(holdings(rows), since=period.since, empty=not rows, left_out=left_out)

    return read


def market_state(place: str) -> Read:
    """The reading of how the newest market stands."""

    def read(node: EvmNode) -> Facts:
        """How many jobs the newest market was ever asked for, which part of a payment it keeps, and who gets that."""
        time = node.block.time
        asked = [Call(place, "jobCounter()"), Call(place, "platformFeeBP()")]
        jobs, fee = (int(node.call(call)) for call in asked)
        treasury = node.call(Call(place, "platformTreasury()", returns=("address",)))
        rows = [
            observation("jobs", time, jobs, "jobs"),
            observation("platform_fee", time, fee, "parts of 10000"),
            observation("platform_treasury", time, treasury, "address"),
        ]
        return Facts(frame(Kind.OBSERVATIONS, rows))

    return read


# What the readings tell, for the dictionary of facts: name, of whom, unit, meaning.
TELLS: Final = """
spend:
  providers | <address> | | who was paid for jobs in thirty days
  clients | <address> | | whose jobs paid
spend_before:
  recipients | <address> | | who was paid for jobs of the second generation in thirty days
market_state:
  jobs | | jobs | jobs that the newest market was ever asked for
  platform_fee | | parts of 10000 | of each payment, to the treasury
  platform_treasury | | address | who is paid the fee
"""
