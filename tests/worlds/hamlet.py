"""A small world for pages: three networks over forty days, with names that strangers meant to harm.

Real facts in form, invented in content, landed and built as a run does it; it is served as if it were real.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from ingest.networks import networks
from ingest.publication import build
from ingest.sample import evm
from store.addresses import account, bech32
from store.landing import Landing
from store.rows import Block, Facts, Kind, Measure, Snapshot, frame, holdings, observation
from tests.worlds.gallery_names import HOSTILE

DAYS = 40
VALIDATORS = 12
CHAINS = {"akash": ("akashnet-2", "akash", "uakt", 10**6), "fetch": ("fetchhub-4", "fetch", "afet", 10**18)}

ALIKE = [(place, "identity", "5489ADE7B1B91C65") for place in (1, 2)]
ALIKE += [(place, "website", f"https://{site}") for place, site in ((1, "a.example"), (2, "a.example"))]
ALIKE += [(place, "website", "https://b.example/x") for place in (4, 5)]


def address(prefix: str, place: int) -> str:
    """The n-th account of a chain; the same key on every chain."""
    return bech32(prefix, bytes([place + 1]) * 20)


def snapshot(network: str, chain: str, reading: str, kind: Kind, time: datetime, **more: object) -> Snapshot:
    """Provenance of a reading at a time."""
    height = int(time.timestamp()) // 6
    block = Block(height, f"{height:064x}", time)
    plain = {"measure": None, "unit": "", "method": "Invented <b>for</b> a test.", "endpoint": "https://lcd.example"}
    return Snapshot(network, chain, reading, kind, block=block, **{**plain, **more})  # type: ignore[arg-type]


def build_hamlet(data: Path, *, hours_old: int = 0, votes_over: int = 1) -> Path:
    """Land the world in a data folder and publish it; its newest blocks are of this hour, or so many hours older."""
    landing = Landing(data)
    now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=hours_old)
    for one, facts in [
        *cosmos(now, votes_over),
        *compute(now),
        *bittensor(now),
        subnets(now),
        services(now),
        *merged(now),
    ]:
        landing.land(one, facts)
    published, torn = build(data, networks())
    assert torn == ()
    return published


def build_ruin(data: Path) -> Path:
    """The same world nine hours old, after a run that did not get everything, with networks that were never read."""
    started = datetime.now(UTC) - timedelta(minutes=20)
    refused = {"error": "SourceDown", "message": f"refused {HOSTILE[0]}"}
    stopped = ("validators", "consensus", "names")
    errors = [{"network": network, "reading": name, **refused} for network in ("akash", "fetch") for name in stopped]
    # One host that serves two networks, of which the second has another one.
    at = {"cause": "silent", "message": f"refused {HOSTILE[0]}"}
    faults = [
        {"network": network, "readings": stopped, "host": host, **at}
        for network, host in (("akash", "lcd.example"), ("fetch", "lcd.example"), ("fetch", "rest.example:1317"))
    ]
    entry = {
        "id": "20260101T000000-1",
        "started": started.isoformat(),
        "finished": started.isoformat(),
        "status": "partial",
        "landed": 3,
        "requests": 12,
        "argv": "run",
        "version": "1",
        "host": "test",
        "errors": errors,
        "faults": faults,
        "read": [],
    }
    Landing(data).ledger.record(str(entry["id"]), entry)
    return build_hamlet(data, hours_old=9)


Landed = tuple[Snapshot, Facts]


def cosmos(now: datetime, votes_over: int) -> Iterator[Landed]:
    """Stake, votes and names of two chains."""
    for network, (chain, prefix, unit, whole) in CHAINS.items():
        for back in range(DAYS):
            amounts = [(1000 // (place + 1) + back) * whole for place in range(VALIDATORS)]
            operators = [address(f"{prefix}valoper", place) for place in range(VALIDATORS)]
            stake = [("validators", *row) for row in zip(operators, amounts, strict=True)]
            power = [("validators", operator, amount // whole) for _, operator, amount in stake]
            yield (
                snapshot(
                    network,
                    chain,
                    "validators",
                    Kind.HOLDINGS,
                    now - timedelta(days=back),
                    measure=Measure.STAKE,
                    unit=unit,
                    reported={"validators": sum(amounts)},
                ),
                Facts(holdings(stake)),
            )
            yield (
                snapshot(
                    network,
                    chain,
                    "consensus",
                    Kind.HOLDINGS,
                    now - timedelta(days=back),
                    measure=Measure.VOTING_POWER,
                    unit="power",
                ),
                Facts(holdings(power)),
            )
        yield delegated(network, stake, now)
        if network == "fetch":
            yield unsigned(network, operators[-1], now)
        yield named(network, now)
        yield from governed(network, now, votes_over)
    yield in_shares("fetch", now)


def delegated(network: str, stake: list[tuple[str, str, int]], now: datetime) -> Landed:
    """Each validator has two delegators: its own account with a third, and a common one with the rest."""
    chain, prefix, unit, _ = CHAINS[network]
    rows: dict[tuple[str, str], int] = {}
    for _, operator, amount in stake:
        for delegator, part in ((account(operator), amount // 3), (address(prefix, 99), amount - amount // 3)):
            for population in ("delegators", f"delegators@{operator}"):
                rows[population, delegator] = rows.get((population, delegator), 0) + part
    return (
        snapshot(network, chain, "delegators", Kind.HOLDINGS, now, measure=Measure.STAKE, unit=unit),
        Facts(holdings((population, delegator, amount) for (population, delegator), amount in rows.items())),
    )


def unsigned(network: str, absent: str, now: datetime) -> Landed:
    """All but one signed the newest block."""
    rows = [observation("absent", now, 1, CHAINS[network][2], subject=absent)]
    return (
        snapshot(network, CHAINS[network][0], "signing", Kind.OBSERVATIONS, now, newest_only=True),
        Facts(frame(Kind.OBSERVATIONS, rows)),
    )


def named(network: str, now: datetime) -> Landed:
    """Every second validator has a hostile name; two say one identity and website, two more one website alone."""
    chain, prefix, _, _ = CHAINS[network]
    rows = []
    for place in range(VALIDATORS):
        name = HOSTILE[place // 2] if place % 2 else f"Honest {place}"
        rows.append(observation("moniker", now, name, "", subject=address(f"{prefix}valoper", place)))
    for place, name, text in ALIKE:
        rows.append(observation(name, now, text, "", subject=address(f"{prefix}valoper", place)))
    rows += [
        observation(name, now, value, "ratio", subject="gov")
        for name, value in (("quorum", "0.334"), ("threshold", "0.5"), ("veto_threshold", "0.334"))
    ]
    return snapshot(network, chain, "names", Kind.OBSERVATIONS, now, newest_only=True), Facts(
        frame(Kind.OBSERVATIONS, rows)
    )


def in_shares(network: str, now: datetime) -> Landed:
    """Every delegation in shares while the second proposal is open; a share is worth half a token."""
    chain, prefix, unit, whole = CHAINS[network]
    rows = []
    for place in range(VALIDATORS):
        operator, tokens = address(f"{prefix}valoper", place), 1000 // (place + 1) * whole
        rows.append(observation("validator_tokens", now, tokens, unit, subject=operator))
        rows.append(observation("validator_shares", now, f"{2 * tokens}.0", "shares", subject=operator))
        rows.append(
            observation("shares", now, f"{2 * tokens}.0", "shares", subject=f"{address(prefix, 99)}|{operator}")
        )
    one = snapshot(network, chain, "shares", Kind.OBSERVATIONS, now, newest_only=True)
    return one, Facts(frame(Kind.OBSERVATIONS, rows))


def governed(network: str, now: datetime, votes_over: int) -> Iterator[Landed]:
    """Proposals that are over, twenty days apart, and an open one, all with votes."""
    chain, prefix, _, whole = CHAINS[network]
    rows, votes = [], []
    ended = [("passed", -20 * back) for back in range(votes_over, 0, -1)]
    for number, (status, end) in enumerate([*ended, ("voting_period", 3)], start=1):
        start = now + timedelta(days=end - 7)
        tally = {"yes": 1500, "abstain": 20, "no": 300, "no_with_veto": 50}
        rows.append(
            {
                "proposal": str(number),
                "title": HOSTILE[number],
                "type": "/cosmos.gov.v1.MsgUpdateParams",
                "status": status,
                "proposer": address(prefix, 0),
                "submitted": start,
                "deposit_end": start,
                "voting_start": start,
                "voting_end": start + timedelta(days=7),
                "deposit": 100 * whole,
                "expedited": False,
                **{option: amount * whole for option, amount in tally.items()},
            }
        )
        for place, option in enumerate(("yes", "yes", "no", "abstain", "no_with_veto")):
            voter = address(prefix, place)
            one = {"proposal": str(number), "voter": voter, "option": option, "weight": Decimal(1), "height": 7}
            votes.append(one)
    proposals = Facts(frame(Kind.PROPOSALS, rows))
    yield snapshot(network, chain, "proposals", Kind.PROPOSALS, now), proposals
    yield snapshot(network, chain, "votes", Kind.VOTES, now), Facts(frame(Kind.VOTES, votes))


def compute(now: datetime) -> Iterator[Landed]:
    """Spend on Akash, a flow of a day."""
    fine = 10**24
    for back in range(DAYS):
        rows = []
        for population, n in (("providers", 6), ("payers", 4), ("tenants", 9), ("auditors", 1)):
            total = sum(range(1, n + 1))
            rows += [(population, address("akash", p), 7000 * fine * (p + 1) // total) for p in range(n)]
        one = snapshot("akash", "akashnet-2", "leases_uact", Kind.HOLDINGS, now - timedelta(days=back))
        since = one.block.time - timedelta(days=1)
        yield with_unit(one, Measure.COMPUTE_SPEND, "1e-18 uact", since), Facts(holdings(rows), since=since)


def bittensor(now: datetime) -> Iterator[Landed]:
    """A network that the program does not describe: pages must show it nevertheless."""
    keys = ["0x" + f"{place:02x}" * 32 for place in range(1, 31)]
    for back in range(DAYS):
        one = snapshot("bittensor", "0xabc", "stake", Kind.HOLDINGS, now - timedelta(days=back))
        rows = [("coldkeys", key, (place + 1) ** 3 * 10**9) for place, key in enumerate(keys)]
        yield with_unit(one, Measure.STAKE, "rao", None), Facts(holdings(rows))
    one = snapshot("bittensor", "0xabc", "emission", Kind.HOLDINGS, now)
    since = one.block.time - timedelta(days=1)
    rows = [("subnets", f"netuid {place}", place**2 * 10**9) for place in range(1, 9)]
    rows += [("recipients", key, 10**9) for key in keys]
    rows.append(("recipients", "sink:withheld", 20 * 10**9))
    yield with_unit(one, Measure.EMISSION, "rao", since), Facts(holdings(rows), since=since)


def subnets(now: datetime) -> Landed:
    """Three subnets with hostile names, one of them switched off."""
    rows = []
    for place in range(1, 4):
        label = f"subnet:{place}.0"
        rows.append(observation("moniker", now, HOSTILE[place], "", subject=label))
        parts = {"owner": 18, "miners": 30, "takes": 5, "nominators": 36, "withheld": 11, "issued": 100}
        rows += [observation(f"emission_{name}", now, part, "", subject=label) for name, part in parts.items()]
    rows.append(observation("emission_switch", now, "off", "", subject="subnet:3.0"))
    return snapshot("bittensor", "0xabc", "emission_parts", Kind.OBSERVATIONS, now), Facts(
        frame(Kind.OBSERVATIONS, rows)
    )


def services(now: datetime) -> Landed:
    """Claims for services in FET."""
    rows = [(side, f"0x{place:040x}", place * 10**18) for side in ("recipients", "senders") for place in range(1, 6)]
    one = snapshot("singularitynet", "eip155:1", "claims", Kind.HOLDINGS, now)
    since = one.block.time - timedelta(days=1)
    return with_unit(one, Measure.COMPUTE_SPEND, "afet", since), Facts(holdings(rows), since=since)


def merged(now: datetime) -> Iterator[Landed]:
    """Tokens that became another one, and when."""
    known = networks().values()
    network = next(one for one in known if any(reading.name == "migration" for reading in one.readings))
    for name, rows in (("migration", evm.migration), ("conversions", evm.conversions)):
        one = snapshot(network.name, "eip155:1", name, Kind.OBSERVATIONS, now)
        yield one, Facts(frame(Kind.OBSERVATIONS, rows(network, now)))


def with_unit(one: Snapshot, measure: Measure, unit: str, since: datetime | None) -> Snapshot:
    """The same provenance with what is measured."""
    return Snapshot(
        one.network,
        one.chain_id,
        one.reading,
        one.kind,
        measure,
        unit,
        one.block,
        one.method,
        one.endpoint,
        since=since,
    )
