"""SingularityNET: who is paid for AI services, who pays, and who offers them, from its contracts on Ethereum.

Services are paid in FET through the MultiPartyEscrow: a sender opens a channel to a recipient, and the recipient
claims what the sender signed for. Contracts and ABI: singnet/platform-contracts, package/.
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from typing import Any, Final

from ingest.evm.calls import Call
from ingest.evm.ethereum import ETHEREUM
from ingest.evm.events import Event, Period, address, events, last_blocks, signature
from ingest.evm.node import EvmNode
from ingest.evm.powers import inherited
from ingest.network import DAILY, InParts, Memo, Network, Reading, counted
from store.columns import Column
from store.faults import BadData, SourceChanged
from store.rows import Facts, Kind, Measure, frame, holdings, observation
from store.spelling import ANY

ESCROW: Final = "0xdf8d4826e016afa8803d94a716feb70ad5d2b8ac"
REGISTRY: Final = "0x247debebb766e4fa99667265a158060018d5f4f8"
FET: Final = "0xaea46a60368a7bd060eec7df8cba43b7ef41ad85"

# Thirty days of 12-second slots.
PERIOD_BLOCKS: Final = 216_000
CLAIM: Final = signature("ChannelClaim(uint256,uint256,address,uint256,uint256,uint256,uint256)")
DEPOSIT: Final = signature("DepositFunds(address,uint256)")
WITHDRAWAL: Final = signature("WithdrawFunds(address,uint256)")
# Of a claim channel and recipient are topics, of the others who put in or takes out.
CLAIMS: Final = {CLAIM: (2, 5)}
FUNDS: Final = {DEPOSIT: (1, 1), WITHDRAWAL: (1, 1)}
# channels(id) -> nonce, sender, signer, recipient, groupId, value, expiration
CHANNEL: Final = ("uint256", "address", "address", "address", "bytes32", "uint256", "uint256")
# getOrganizationById(id) -> found, id, metadata URI, owner, members, service ids
ORGANIZATION: Final = ("bool", "bytes32", "bytes", "address", "address[]", "bytes32[]")
READABLE: Final = re.compile(rb"[A-Za-z0-9][A-Za-z0-9_.-]*")


def claims(node: EvmNode, memo: Memo) -> Facts:
    """FET that service providers claimed for AI services in the last thirty days, by recipient and by sender.

    Realised spend: the amounts of the MultiPartyEscrow's ChannelClaim events, in FET; the sender is that of the
    payment channel. Money that is deposited but not claimed is not spend.
    """
    period = _period(node)
    claimed = [(event.topics[0], address(event.topics[1]), event.words[1]) for event in _events(node, memo, period)]
    senders = _senders(node, {channel: recipient for channel, recipient, _ in claimed})
    paid = _summed((recipient, amount) for _, recipient, amount in claimed)
    spent = _summed((senders[channel], amount) for channel, _, amount in claimed)
    rows = [("recipients", holder, amount) for holder, amount in sorted(paid.items())]
    rows += [("senders", holder, amount) for holder, amount in sorted(spent.items())]
    return Facts(holdings(rows), since=period.since, empty=not rows)


def deposits(node: EvmNode, memo: Memo) -> Facts:
    """FET put into and taken out of the MultiPartyEscrow in the last thirty days, and what it holds now.

    Prepayments, not spend. Subject of `deposited` is who put it in (DepositFunds events); escrow_balance is what the
    token says that the escrow holds; channels is the number of payment channels ever opened.
    """
    time, period = node.block.time, _period(node)
    found = events(node, memo, ESCROW, FUNDS, period.first)
    by_depositor = _summed((address(event.topics[0]), event.words[0]) for event in found[DEPOSIT])
    out = sum(event.words[0] for event in found[WITHDRAWAL])
    rows = [
        observation("deposits", time, sum(by_depositor.values()), "afet"),
        observation("withdrawals", time, out, "afet"),
        observation("escrow_balance", time, node.call(Call(FET, "balanceOf(address)", (ESCROW,))), "afet"),
        observation("channels", time, node.call(Call(ESCROW, "nextChannelId()")), "channels"),
    ]
    rows += [
        observation("deposited", time, amount, "afet", subject=depositor)
        for depositor, amount in sorted(by_depositor.items())
    ]
    return Facts(frame(Kind.OBSERVATIONS, rows))


def organizations(node: EvmNode) -> Facts:
    """AI services on offer, by the organisation that registered them; each registered service counts one.

    Registered, not proved to run. From the Registry contract (listOrganizations, getOrganizationById).
    """
    found = _organizations(node)
    rows = [("organizations", name, len(said[5])) for name, said in sorted(found.items()) if said[5]]
    return Facts(holdings(rows), empty=not rows)


def directory(node: EvmNode) -> Facts:
    """Owner and number of members of each organisation in the Registry, and how many organisations and services."""
    found, time = _organizations(node), node.block.time
    rows = [
        observation("organizations", time, len(found), "organizations"),
        observation("services", time, sum(len(said[5]) for said in found.values()), "services"),
    ]
    for name, said in sorted(found.items()):
        rows.append(observation("organization_owner", time, said[3], "address", subject=name))
        rows.append(observation("organization_members", time, len(said[4]), "keys", subject=name))
    return Facts(frame(Kind.OBSERVATIONS, rows))


def _period(node: EvmNode) -> Period:
    token = node.call(Call(ESCROW, "token()", returns=("address",)))
    if token != FET:
        raise SourceChanged(f"the escrow {ESCROW} pays in {token}, not in FET")
    return last_blocks(node, PERIOD_BLOCKS)


def _events(node: EvmNode, memo: Memo, period: Period) -> list[Event]:
    """Claims of a period.

    Only the second word, the amount, is of use: with `isSendback` the contract clears the channel before it tells
    what was sent back, so that word is always zero.
    """
    return events(node, memo, ESCROW, CLAIMS, period.first)[CLAIM]


def _senders(node: EvmNode, recipients: dict[int, str]) -> dict[int, str]:
    """Sender of each channel; raises BadData when a channel pays somebody else than its claim says."""
    asked = [Call(ESCROW, "channels(uint256)", (channel,), CHANNEL) for channel in recipients]
    senders = {}
    for channel, said in zip(recipients, node.calls(asked), strict=True):
        if not said or said[3] != recipients[channel]:
            raise BadData(f"channel {channel} was claimed by {recipients[channel]}, the escrow says {said}")
        senders[channel] = said[1]
    return senders


def _organizations(node: EvmNode) -> dict[str, tuple[Any, ...]]:
    """What the Registry says of each organisation, by its id as text."""
    listed: tuple[bytes, ...] = node.call(Call(REGISTRY, "listOrganizations()", returns=("bytes32[]",)))
    asked = [Call(REGISTRY, "getOrganizationById(bytes32)", (key,), ORGANIZATION) for key in listed]
    found = {}
    for key, said in zip(listed, node.calls(asked), strict=True):
        if not said or not said[0]:
            raise SourceChanged(f"the registry {REGISTRY} lists {_name(key)} and does not know it")
        found[_name(key)] = said
    return found


def _name(key: bytes) -> str:
    """An id as its owner wrote it, where that is plain text; else in hex."""
    text = key.rstrip(b"\0")
    return text.decode("ascii") if READABLE.fullmatch(text) else f"0x{key.hex()}"


def _summed(rows: Iterable[tuple[str, int]]) -> dict[str, int]:
    totals: dict[str, int] = defaultdict(int)
    for holder, amount in rows:
        totals[holder] += amount
    return dict(totals)


NETWORK = Network(
    name="singularitynet",
    title="SingularityNET",
    stack="agents",
    token="FET",
    unit="afet",
    decimals=18,
    address="hex",
    chain=ETHEREUM,
    readings=(
        Reading(
            "organizations",
            Kind.HOLDINGS,
            Measure.COMPUTE_SUPPLY,
            "service",
            DAILY,
            organizations,
            headline=True,
            others=(ANY,),
        ),
        Reading("directory", Kind.OBSERVATIONS, None, "", DAILY, directory, newest_only=True, others=(ANY,)),
        Reading("claims", Kind.HOLDINGS, Measure.COMPUTE_SPEND, "afet", DAILY, InParts(claims)),
        Reading("deposits", Kind.OBSERVATIONS, Measure.COMPUTE_SPEND, "", DAILY, InParts(deposits)),
    ),
    ways=inherited(
        "fet", "token", "the keys of FET, in which services are paid", "MultiPartyEscrow, which has no owner"
    ),
    units=counted("service"),
    scorecard={
        # Anybody registers services for gas: that is no supply.
        Column.COMPUTE_SUPPLY: "",
        Column.COMPUTE_SPEND: "claims/recipients",
    },
    colour=5,
)

# What the readings tell, for the dictionary of facts: name, of whom, unit, meaning.
TELLS: Final = """
claims:
  recipients | <address> | | who was paid for services in thirty days
  senders | <address> | | whose payment channels paid
deposits:
  deposits | | afet | what was put into the escrow in thirty days
  withdrawals | | afet | what was taken out of it in thirty days
  escrow_balance | | afet | what it holds
  channels | | channels | payment channels ever opened
  deposited | <address> | afet | what somebody put into the escrow in thirty days
organizations:
  organizations | <name> | | organizations, with the services that they have registered
directory:
  organizations | | organizations | organizations that are registered
  services | | services | services that are registered
  organization_owner | <name> | address | owner of an organization
  organization_members | <name> | keys | members of an organization
"""
